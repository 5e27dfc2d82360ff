/* The Hub's client where it is pure: names and addresses (who gets the token is decided by them), and
 * reading what the Hub answers, also when it is made to do harm. */
#include "client/hub_digest.h"
#include "client/hub_upload_internal.h"
#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEX40 "0123456789abcdef0123456789abcdef01234567"
#define HEX64 HEX40 "0123456789abcdef01234567"

static struct hub *hub_at(const char *endpoint, const struct secret *token)
{
    struct err e;
    struct hub *h = hub_new(&(struct hub_options){.endpoint = endpoint, .token = token}, NULL, &e);
    if (!h)
        fail_msg("%s: %s", endpoint, e.message);
    return h;
}

static struct json *parse(const char *text)
{
    struct err e;
    struct json *j = json_parse(text, strlen(text), &e);
    if (!j)
        fail_msg("%s: %s", text, e.message);
    return j;
}

/* ---- names ----------------------------------------------------------------------------------- */

static void repository_ids(void **state)
{
    (void)state;
    char part[100], id[256];
    static const char *const good[] = {
        "acme/tiny-chat", "a/b", "A_1.b/x-y.Z", "0/9", "a/git", "a/x.gitx", "_a/b_"};
    static const char *const bad[] = {"", "acme", "acme/", "/x", "a/b/c", "a//b", "a/-b", "a/b-",
        "a/.b", "a/b.", "a/b--c", "a/b..c", "a/b.git", "a b/c", "a/b?c", "a/b%2Fc", "a/b#c", "../x",
        "a/\xc3\xa9", "a/b\n", "a\\b/c", "a:b/c", "a@b/c"};
    struct err e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (hub_check_repo_id(good[i], &e))
            fail_msg("%s: %s", good[i], e.message);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (hub_check_repo_id(bad[i], &e) == 0)
            fail_msg("\"%s\" is taken", bad[i]);
        assert_int_equal(e.class, ERR_INPUT);
    }
    assert_int_equal(hub_check_repo_id(NULL, &e), -1);
    memset(part, 'x', sizeof part);
    snprintf(id, sizeof id, "%.96s/%.96s", part, part);
    assert_int_equal(hub_check_repo_id(id, &e), 0);
    snprintf(id, sizeof id, "%.96s/%.97s", part, part);
    assert_int_equal(hub_check_repo_id(id, &e), -1);
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "huggingface.co", "ftp://x", "//x"};
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(hub_new(&(struct hub_options){.endpoint = bad[i]}, NULL, &e));
        assert_int_equal(e.class, ERR_INPUT);
    }
    struct hub *h = hub_at("https://hub.example//", NULL);
    assert_string_equal(hub_endpoint(h), "https://hub.example");
    assert_false(hub_has_token(h));
    hub_free(h);
    hub_free(NULL);
}

static void a_revision_is_one_segment(void **state)
{
    (void)state;
    struct hub *h = hub_at("https://hub.example", NULL);
    struct buf url;
    struct err e;
    buf_init(&url, 1000);
    assert_int_equal(hub_repo_url(h, "a/b", "tree", "refs/pr/3?x#\xc3\xa9 ..", &url, &e), 0);
    assert_string_equal(
        buf_str(&url), "https://hub.example/api/models/a/b/tree/refs%2Fpr%2F3%3Fx%23%C3%A9%20..");
    buf_clear(&url);
    assert_int_equal(hub_repo_url(h, "a/../b", NULL, NULL, &url, &e), -1);
    assert_int_equal(url.len, 0);
    buf_release(&url);
    hub_free(h);
}

/* ---- the token ------------------------------------------------------------------------------- */

static void the_token_goes_to_the_hub_alone(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool own;
    } urls[] = {{"https://hub.example/api/x", true}, {"https://hub.example", true},
        {"https://hub.example?x", true}, {"https://hub.example:8443/api", false},
        {"https://hub.example.evil.org/api", false}, {"https://hub.example@evil.org/", false},
        {"https://hub.example\\@evil.org/", false}, {"http://hub.example/api", false},
        {"https://hub.exampl/api", false}, {"https://evil.org/https://hub.example/", false},
        {"", false}};
    struct err e;
    const struct secret *token = secret_register("HF_TOKEN", "hf_unitTestToken01234567", &e);
    struct hub *h = hub_at("https://hub.example/", token);
    struct http_request r;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct hub_call call = {.url = urls[i].url};
        hub_request(h, &call, &r);
        if ((r.bearer == token) != urls[i].own || (r.bearer == NULL) == urls[i].own)
            fail_msg("%s", urls[i].url);
        assert_false(r.log_quiet);
        call.presigned = true;
        hub_request(h, &call, &r);
        assert_null(r.bearer);
        assert_true(r.log_quiet);
    }
    hub_free(h);
}

static void a_proxy_gets_what_is_meant_for_the_public_hub(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"https://huggingface.co/api/x?y=1", "http://127.0.0.1:8080/api/x?y=1"},
        {"https://huggingface.co.evil.org/x", "https://huggingface.co.evil.org/x"},
        {"https://s3.example/x", "https://s3.example/x"}};
    struct hub *h = hub_at("http://127.0.0.1:8080", NULL);
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        buf_clear(&out);
        assert_int_equal(hub_turn_url(h, urls[i][0], &out), 0);
        assert_string_equal(buf_str(&out), urls[i][1]);
    }
    buf_release(&out);
    hub_free(h);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void the_next_page(void **state)
{
    (void)state;
    static const char *const links[][2] = {
        {"<https://hub.example/a?cursor=x,y>; rel=\"next\"", "https://hub.example/a?cursor=x,y"},
        {"</api/a?cursor=2>; rel=\"next\"", "https://hub.example/api/a?cursor=2"},
        {"</p>; rel=\"prev\", </n>; rel=\"next\"", "https://hub.example/n"},
        {"</n>; title=x ; rel=next , </p>; rel=\"prev\"", "https://hub.example/n"},
        {"</n>; REL=\"NEXT\"", "https://hub.example/n"}, {"</p>; rel=\"prev\"", ""},
        {"</p>; rel=\"nextish\"", ""}, {"", ""}, {"</n", ""}, {"nonsense; rel=\"next\"", ""},
        {"</p>, x; rel=\"next\"", ""}};
    static const char *const away[] = {"<https://evil.org/a>; rel=\"next\"",
        "<//evil.org/a>; rel=\"next\"", "<https://hub.example@evil.org/>; rel=\"next\"",
        "<relative>; rel=\"next\"", "<>; rel=\"next\"", "</>; rel=\"prev\", <x>; rel=next"};
    struct hub *h = hub_at("https://hub.example", NULL);
    struct buf out;
    struct err e;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (hub_next_page(h, links[i][0], &out, &e))
            fail_msg("%s: %s", links[i][0], e.message);
        assert_string_equal(buf_str(&out), links[i][1]);
    }
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) {
        assert_int_equal(hub_next_page(h, away[i], &out, &e), -1);
        assert_int_equal(e.class, ERR_REMOTE);
    }
    buf_release(&out);
    hub_free(h);
}

/* Whatever a Link header holds, no page leads off the endpoint. */
static void no_link_leads_away(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<", ">", ";", ",", " ", "rel=\"next\"", "rel=next", "/",
        "https://hub.example", "https://evil.org", "//", "@", "x", "\"", "?cursor=", "="};
    enum { SEED = 4711, RUNS = 20000 };
    struct dice dice = {SEED};
    struct hub *h = hub_at("https://hub.example", NULL);
    struct buf link, out;
    buf_init(&link, 1000);
    buf_init(&out, 1000);
    for (int run = 0; run < RUNS; run++) {
        buf_clear(&link);
        for (uint64_t n = dice_below(&dice, 16); n > 0; n--)
            buf_str_append(&link, pieces[dice_below(&dice, sizeof pieces / sizeof *pieces)]);
        if (hub_next_page(h, buf_str(&link), &out, NULL) == 0 && out.len > 0 &&
            !hub_owns(h, buf_str(&out)))
            fail_msg("seed %d, run %d: %s leads to %s", SEED, run, buf_str(&link), buf_str(&out));
    }
    buf_release(&link);
    buf_release(&out);
    hub_free(h);
}

/* ---- LFS instructions ------------------------------------------------------------------------ */

static int read_lfs(const char *text, int64_t size, struct hub_lfs_action *out, struct err *e)
{
    static struct json *kept; /* what `out` borrows from, until the next one */
    json_free(kept);
    kept = text ? parse(text) : NULL;
    return text ? hub_lfs_read(kept, size, out, e) : 0;
}

#define OBJECT(upload) "{\"oid\":\"" HEX64 "\",\"size\":250,\"actions\":{\"upload\":" upload "}}"

static void one_put_or_many_parts(void **state)
{
    (void)state;
    struct hub_lfs_action a;
    struct err e;
    assert_int_equal(
        read_lfs(OBJECT("{\"href\":\"https://s3/x\",\"header\":{\"X\":\"1\"}}"), 250, &a, &e), 0);
    assert_false(a.stored || a.multipart);
    assert_int_equal(a.part_count, 1);
    assert_int_equal(a.chunk, 250);
    assert_string_equal(a.parts[0], "https://s3/x");
    hub_lfs_release(&a);

    /* a number or a text; any case; any order; 1 or 00001; other members */
    assert_int_equal(
        read_lfs(OBJECT("{\"href\":\"https://h/done\",\"header\":{\"3\":\"c\",\"00001\":\"a\","
                        "\"X-Other\":\"y\",\"Chunk_Size\":100,\"002\":\"b\"}}"),
            250, &a, &e),
        0);
    assert_true(a.multipart);
    assert_int_equal(a.part_count, 3);
    assert_int_equal(a.chunk, 100);
    assert_string_equal(a.parts[0], "a");
    assert_string_equal(a.parts[1], "b");
    assert_string_equal(a.parts[2], "c");
    assert_string_equal(a.href, "https://h/done");
    hub_lfs_release(&a);

    assert_int_equal(
        read_lfs(OBJECT("{\"href\":\"h\",\"header\":{\"chunk_size\":\"250\",\"1\":\"a\"}}"), 250,
            &a, &e),
        0);
    assert_true(a.multipart);
    assert_int_equal(a.part_count, 1);
    hub_lfs_release(&a);
    (void)read_lfs(NULL, 0, NULL, NULL);
}

static void what_is_stored_needs_nothing(void **state)
{
    (void)state;
    struct hub_lfs_action a;
    struct err e;
    assert_int_equal(read_lfs("{\"oid\":\"x\",\"size\":250}", 250, &a, &e), 0);
    assert_true(a.stored);
    assert_int_equal(
        read_lfs(
            "{\"oid\":\"x\",\"size\":250,\"actions\":{\"verify\":{\"href\":\"v\"}}}", 250, &a, &e),
        0);
    assert_true(a.stored);
    assert_string_equal(a.verify, "v");
    (void)read_lfs(NULL, 0, NULL, NULL);
}

#define PARTS(members) OBJECT("{\"href\":\"h\",\"header\":{" members "}}")

static void wrong_instructions_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{\"size\":251,\"actions\":{\"upload\":{\"href\":\"x\"}}}",
        OBJECT("{\"header\":{}}"),
        OBJECT("{\"href\":7}"),
        PARTS("\"chunk_size\":0,\"1\":\"a\""),
        PARTS("\"chunk_size\":-5,\"1\":\"a\""),
        PARTS("\"chunk_size\":\"1e2\",\"1\":\"a\""),
        PARTS("\"chunk_size\":\"99999999999999999999\",\"1\":\"a\""),
        PARTS("\"chunk_size\":1e300,\"1\":\"a\""),
        PARTS("\"chunk_size\":null,\"1\":\"a\""),
        PARTS("\"chunk_size\":100,\"1\":\"a\",\"2\":\"b\""),
        PARTS("\"chunk_size\":100,\"1\":\"a\",\"2\":\"b\",\"3\":\"c\",\"4\":\"d\""),
        PARTS("\"chunk_size\":100,\"0\":\"a\",\"1\":\"b\",\"2\":\"c\""),
        PARTS("\"chunk_size\":100,\"1\":\"a\",\"01\":\"a\",\"2\":\"b\",\"3\":\"c\""),
        PARTS("\"chunk_size\":100,\"1\":\"a\",\"2\":null,\"3\":\"c\""),
        PARTS("\"chunk_size\":100,\"1\":\"a\",\"2\":\"b\",\"18446744073709551619\":\"c\""),
    };
    struct hub_lfs_action a;
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_lfs(bad[i], 250, &a, &e) == 0)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(e.class, ERR_REMOTE);
        assert_int_equal(e.number, 0);
        assert_null(a.parts);
    }
    /* a part of one byte would be more parts than the storage takes */
    assert_int_equal(read_lfs("{\"size\":10001,\"actions\":{\"upload\":{\"href\":\"h\",\"header\":"
                              "{\"chunk_size\":1}}}}",
                         10001, &a, &e),
        -1);
    assert_int_equal(
        read_lfs("{\"size\":250,\"error\":{\"code\":422,\"message\":\"too \\u001b[31mlarge\"}}",
            250, &a, &e),
        -1);
    assert_int_equal(e.number, 422);
    assert_non_null(strstr(e.message, "too large"));
    assert_int_equal(hub_lfs_read(NULL, 250, &a, &e), -1);
    (void)read_lfs(NULL, 0, NULL, NULL);
}

/* ---- records --------------------------------------------------------------------------------- */

static struct hub_user read_user(struct arena *a, const char *text, int expected)
{
    struct hub_user user;
    struct err e;
    struct json *j = parse(text);
    assert_int_equal(hub_read_user(j, a, &user, &e), expected);
    json_free(j);
    return user;
}

#define USER(auth, orgs) "{\"name\":\"ada\",\"auth\":" auth ",\"orgs\":[" orgs "]}"
#define TOKEN(role)      "{\"accessToken\":{\"role\":\"" role "\"}}"
#define FINE(fine)       "{\"accessToken\":{\"role\":\"fineGrained\",\"fineGrained\":" fine "}}"

static void who_may_write(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct hub_user u = read_user(a,
        USER(TOKEN("write"), "{\"name\":\"one\",\"roleInOrg\":\"admin\"},"
                             "{\"name\":\"two\",\"roleInOrg\":\"contributor\"},"
                             "{\"name\":\"no\",\"roleInOrg\":\"read\"},"
                             "{\"name\":\"sso\",\"roleInOrg\":\"write\",\"securityRestrictions\":"
                             "[\"sso\"]},{\"roleInOrg\":\"write\"},7,null"),
        0);
    assert_true(u.can_write);
    assert_int_equal(u.org_count, 2);
    assert_string_equal(u.orgs[1].s, "two");
    assert_false(read_user(a, USER(TOKEN("read"), ""), 0).can_write);
    assert_true(read_user(a, USER("{\"type\":\"oauth\"}", ""), 0).can_write);
    assert_false(read_user(a, USER(FINE("{\"scoped\":[{\"permissions\":[\"repo.read\"]}]}"), ""), 0)
                     .can_write);
    assert_true(read_user(a,
        USER(FINE("{\"scoped\":[{\"permissions\":[\"x\"]},{\"permissions\":[\"repo.write\"]}]}"),
            ""),
        0)
                    .can_write);
    (void)read_user(a, "{\"orgs\":[]}", -1);
    (void)read_user(a, "[]", -1);
    arena_free(a);
}

static void orgs_have_a_limit(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_str_append(&text, "{\"name\":\"ada\",\"orgs\":[{\"name\":\"x\",\"roleInOrg\":\"write\"}");
    for (int i = 0; i < 100; i++)
        buf_str_append(&text, ",{\"name\":\"x\",\"roleInOrg\":\"write\"}");
    buf_str_append(&text, "]}");
    assert_int_equal(read_user(a, buf_str(&text), 0).org_count, 32);
    buf_release(&text);
    arena_free(a);
}

static void a_page_of_a_repository(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct hub_info i;
    struct err e;
    struct json *j = parse(
        "{\"id\":\"acme/x\",\"sha\":\"" HEX40 "\",\"private\":true,\"gated\":\"manual\","
        "\"disabled\":true,\"pipeline_tag\":\"text\\u001b[2J-generation\","
        "\"cardData\":{\"base_model\":[\"b/one\",\"b/two\"]},\"siblings\":["
        "{\"rfilename\":\"a\",\"size\":7,\"blobId\":\"" HEX40 "\"},"
        "{\"rfilename\":\"b\",\"size\":9,\"blobId\":\"" HEX40 "\",\"lfs\":{\"sha256\":\"" HEX64
        "\",\"size\":9}},{\"rfilename\":\"c\",\"blobId\":\"../../etc\"},{\"size\":1}]}");
    assert_int_equal(hub_read_info(j, a, &i, &e), 0);
    json_free(j);
    assert_string_equal(i.sha, HEX40);
    assert_string_equal(i.gated.s, "manual");
    assert_string_equal(i.pipeline_tag.s, "text-generation");
    assert_string_equal(i.base_model.s, "b/one");
    assert_true(i.is_private && i.disabled);
    assert_int_equal(i.file_count, 3);
    assert_string_equal(i.files[0].oid, HEX40);
    assert_string_equal(i.files[1].oid, HEX64);
    assert_true(i.files[1].lfs);
    assert_string_equal(i.files[2].oid, "");
    assert_int_equal(i.files[2].size, -1);

    static const char *const bad[] = {"{}", "[]", "{\"id\":\"acme/x\"}",
        "{\"id\":\"acme/x\",\"sha\":\"main\"}", "{\"id\":\"acme/../x\",\"sha\":\"" HEX40 "\"}",
        "{\"id\":7,\"sha\":\"" HEX40 "\"}"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        j = parse(bad[k]);
        assert_int_equal(hub_read_info(j, a, &i, &e), -1);
        json_free(j);
    }
    arena_free(a);
}

static void entries_of_the_tree(void **state)
{
    (void)state;
    struct hub_file f;
    struct json *j = parse("{\"type\":\"file\",\"oid\":\"" HEX40 "\",\"size\":132,\"path\":\"m\","
                           "\"lfs\":{\"oid\":\"" HEX64 "\",\"size\":5000}}");
    assert_true(hub_read_tree_entry(j, &f));
    assert_int_equal(f.size, 5000);
    assert_string_equal(f.oid, HEX64);
    json_free(j);
    static const char *const none[] = {"{\"type\":\"directory\",\"path\":\"d\"}",
        "{\"type\":\"file\"}", "{\"path\":\"x\"}", "7", "{\"type\":\"file\",\"path\":null}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        j = parse(none[i]);
        assert_false(hub_read_tree_entry(j, &f));
        json_free(j);
    }
}

static void entries_of_a_list(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    struct repo r;
    struct json *j = parse("{\"id\":\"a/b\",\"private\":true,\"lastModified\":"
                           "\"1970-01-01T00:00:01.500Z\"}");
    assert_true(hub_read_repo(j, a, &r));
    assert_int_equal(r.modified_ms, 1500);
    json_free(j);
    j = parse("{\"id\":\"a/b\",\"lastModified\":\"yesterday\"}");
    assert_true(hub_read_repo(j, a, &r));
    assert_int_equal(r.modified_ms, -1);
    json_free(j);
    j = parse("{\"id\":\"datasets/a/b\"}");
    assert_false(hub_read_repo(j, a, &r));
    json_free(j);
    arena_free(a);
}

/* ---- encodings and limits -------------------------------------------------------------------- */

static void base64_and_git_ids(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    struct buf out;
    char id[41];
    buf_init(&out, 64);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        buf_clear(&out);
        assert_int_equal(hub_base64(pairs[i][0], strlen(pairs[i][0]), &out), 0);
        assert_string_equal(buf_str(&out), pairs[i][1]);
    }
    assert_int_equal(hub_base64("012345678901234567890123456789012345678901234567", 48, &out), -1);
    buf_release(&out);
    /* as git hash-object says */
    assert_int_equal(hub_git_id("", 0, id), 0);
    assert_string_equal(id, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    assert_int_equal(hub_git_id("hello\n", 6, id), 0);
    assert_string_equal(id, "ce013625030ba8dba906f756967f9e9ca394464a");
}

/* Larger than the pieces that it is done in. */
static void base64_of_many_bytes(void **state)
{
    (void)state;
    enum { N = (3 << 20) * 2 + 1 };
    struct buf out;
    unsigned char *bytes = calloc(N, 1);
    assert_non_null(bytes);
    buf_init(&out, 16 << 20);
    assert_int_equal(hub_base64(bytes, N, &out), 0);
    assert_int_equal(out.len, (N + 2) / 3 * 4);
    assert_int_equal(strspn(buf_str(&out), "A"), out.len - 2);
    buf_release(&out);
    free(bytes);
}

static void small_files_have_to_fit_into_one_commit(void **state)
{
    (void)state;
    struct check_file files[3] = {{.raw_path = "a", .size = 40000000},
        {.raw_path = "b", .size = 20000000}, {.raw_path = "c", .size = 20000000}};
    struct upload_item items[3] = {{.file = &files[0]}, {.file = &files[1]}, {.file = &files[2]}};
    struct upload u = {.items = items, .count = 3};
    struct err e;
    assert_int_equal(upload_check_inline(&u, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.message, "80 MB"));
    items[2].unchanged = true;
    assert_int_equal(upload_check_inline(&u, &e), 0);
    items[2].unchanged = false;
    items[0].lfs = true;
    files[0].size = INT64_MAX;
    assert_int_equal(upload_check_inline(&u, &e), 0);
    items[0].lfs = false;
    assert_int_equal(upload_check_inline(&u, &e), -1);
}

/* ---- what is refused before anything is asked ------------------------------------------------ */

static int try_upload(struct check_file *files, size_t n, const char *repo, struct err *e)
{
    struct hub *h = hub_at("https://hub.example", NULL);
    struct checklist list = {.raw_folder = "/", .files = files, .count = n};
    struct hub_upload_plan plan = {.list = &list, .repo = repo, .message = "m"};
    struct hub_upload_result out;
    int rc = hub_upload(h, &plan, &out, NULL, e);
    hub_free(h);
    return rc;
}

static void paths_that_no_repository_takes(void **state)
{
    (void)state;
    char deep[1002];
    memset(deep, 'x', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    const char *const bad[] = {"", "/a", "a//b", "a/", "./a", "a/../b", "..", ".git/config",
        "a/.git/b", "a\nb", "a\\b", "\xff", "a\x7f", deep};
    struct err e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct check_file f = {.path = TEXT("the file"), .raw_path = bad[i], .send = true};
        if (try_upload(&f, 1, "a/b", &e) == 0 || e.class != ERR_INPUT)
            fail_msg("%s: %s", bad[i], e.message);
    }
    struct check_file twice[2] = {{.path = TEXT("x"), .raw_path = "x", .send = true},
        {.path = TEXT("x"), .raw_path = "x", .send = true}};
    assert_int_equal(try_upload(twice, 2, "a/b", &e), -1);
    assert_non_null(strstr(e.message, "twice"));
    twice[0].send = twice[1].send = false;
    assert_int_equal(try_upload(twice, 2, "a/b", &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    twice[0].send = true;
    assert_int_equal(try_upload(twice, 2, "no-owner", &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    twice[0].raw_path = NULL;
    assert_int_equal(try_upload(twice, 2, "a/b", &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repository_ids),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(a_revision_is_one_segment),
        cmocka_unit_test(the_token_goes_to_the_hub_alone),
        cmocka_unit_test(a_proxy_gets_what_is_meant_for_the_public_hub),
        cmocka_unit_test(the_next_page),
        cmocka_unit_test(no_link_leads_away),
        cmocka_unit_test(one_put_or_many_parts),
        cmocka_unit_test(what_is_stored_needs_nothing),
        cmocka_unit_test(wrong_instructions_are_refused),
        cmocka_unit_test(who_may_write),
        cmocka_unit_test(orgs_have_a_limit),
        cmocka_unit_test(a_page_of_a_repository),
        cmocka_unit_test(entries_of_the_tree),
        cmocka_unit_test(entries_of_a_list),
        cmocka_unit_test(base64_and_git_ids),
        cmocka_unit_test(base64_of_many_bytes),
        cmocka_unit_test(small_files_have_to_fit_into_one_commit),
        cmocka_unit_test(paths_that_no_repository_takes),
    };
    return cmocka_run_group_tests_name("hub", tests, NULL, NULL);
}
