/* Preupload and commit (spec/huggingface.md §3, §5) over HTTP: what is made, what is refused and
 * that a refused commit changes nothing. */
#include "hub_live.h"
#include "sim/hub_git.h"
#include "sim/hub_rules.h"

#define COMMIT "/api/models/acme/one/commit/main"
#define HEADER "{\"key\":\"header\",\"value\":{\"summary\":\"Change\",\"description\":\"Why\"}}\n"
#define ND     ADA "Content-Type: application/x-ndjson\r\n"
#define NO_OID "1111111111111111111111111111111111111111111111111111111111111111"

static int start(void **state)
{
    (void)state;
    hub_start(HUB_PEOPLE
        ",\"tree_page\":4,\"repos\":[{\"id\":\"acme/one\",\"files\":{\"a.txt\":\"one\",\"d/"
        "b.txt\":\"two\","
        "\"d/e/c.txt\":\"three\",\"w.bin\":{\"fill\":100},\".gitignore\":\"*.log\\ncache/\\n\"}},"
        "{\"id\":\"other/theirs\",\"files\":{\"x\":\"y\"}}]");
    return 0;
}

/* ---- helpers --------------------------------------------------------------------------------- */

static void head_of(const char *rev, char out[HUB_OID])
{
    char target[128];
    snprintf(target, sizeof target, "/api/models/acme/one/revision/%s", rev);
    struct json *j = hub_json("GET", target, ADA, NULL, 200);
    snprintf(out, HUB_OID, "%s", json_str_or(j, "sha", ""));
    json_free(j);
}

/* Commits and says what came back; the head must have moved exactly when the status is 200. */
static void commit(const char *lines, int status, const char *part)
{
    char before[HUB_OID], after[HUB_OID];
    head_of("main", before);
    hub_expect("POST", COMMIT, ND, lines, status, part);
    head_of("main", after);
    assert_int_equal(strcmp(before, after) != 0, status == 200);
}

/* All paths of the revision, with spaces between. */
static void paths_of(const char *rev, struct buf *out)
{
    char target[512];
    snprintf(target, sizeof target, "/api/models/acme/one/tree/%s?recursive=true", rev);
    for (bool more = true; more;) {
        char link[1024];
        struct answer a = hub_call("GET", target, ADA, NULL);
        struct json *list = json_parse(buf_str(&a.body), a.body.len, NULL);
        assert_int_equal(a.status, 200);
        assert_true(json_count(list) <= 4);
        for (const struct json *e = json_first(list); e; e = json_next(e))
            if (strcmp(json_str_or(e, "type", ""), "file") == 0)
                buf_printf(out, "%s ", json_str(e, "path"));
        more = answer_header(&a, "Link", link, sizeof link);
        if (more) {
            char *end = strstr(link, ">; rel=\"next\"");
            assert_non_null(end);
            *end = '\0';
            snprintf(target, sizeof target, "%s", hub_target(link + 1));
        }
        json_free(list);
        answer_release(&a);
    }
}

static void assert_paths(const char *rev, const char *want)
{
    struct buf got;
    buf_init(&got, 100000);
    paths_of(rev, &got);
    assert_string_equal(buf_str(&got), want);
    buf_release(&got);
}

static void assert_text(const char *path, const char *want)
{
    char target[256];
    snprintf(target, sizeof target, "/acme/one/resolve/main/%s", path);
    struct answer a = hub_call("GET", target, ADA, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(buf_str(&a.body), want);
    answer_release(&a);
}

static struct json *entry(const char *path)
{
    char body[256];
    snprintf(body, sizeof body, "{\"paths\":[\"%s\"],\"expand\":true}", path);
    struct json *list = hub_json("POST", "/api/models/acme/one/paths-info/main",
        ADA "Content-Type: application/json\r\n", body, 200);
    struct json *e = json_dup(json_first(list));
    json_free(list);
    return e;
}

/* ---- preupload ------------------------------------------------------------------------------- */

static void preupload(void **state)
{
    (void)state;
    static const struct {
        const char *path, *mode;
        bool ignored;
        size_t oid; /* digits */
    } want[] = {{"a.txt", "regular", false, 40}, {"w.bin", "lfs", false, 64},
        {"new.safetensors", "lfs", false, 0}, {"big.json", "lfs", false, 0},
        {"edge.json", "regular", false, 0}, {"x.gguf", "lfs", false, 0},
        {"x.log", "regular", true, 0}, {"cache/y.txt", "regular", true, 0},
        {"e.txt", "regular", false, 0}};
    struct json *j = hub_json("POST", "/api/models/acme/one/preupload/main", ADA,
        "{\"files\":[{\"path\":\"a.txt\",\"size\":3,\"sample\":\"b25l\"},"
        "{\"path\":\"w.bin\",\"size\":100,\"sample\":\"AA==\"},"
        "{\"path\":\"new.safetensors\",\"size\":5,\"sample\":\"aGVsbG8=\"},"
        "{\"path\":\"big.json\",\"size\":10485761,\"sample\":\"e30=\"},"
        "{\"path\":\"edge.json\",\"size\":10485760,\"sample\":\"e30=\"},"
        "{\"path\":\"x.gguf\",\"size\":5,\"sample\":\"R0dVRgA=\"},"
        "{\"path\":\"x.log\",\"size\":1,\"sample\":\"YQ==\"},"
        "{\"path\":\"cache/y.txt\",\"size\":1,\"sample\":\"YQ==\"},"
        "{\"path\":\"e.txt\",\"size\":0,\"sample\":\"\"}]}",
        200);
    const struct json *f = json_first(json_get(j, "files"));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++, f = json_next(f)) {
        assert_string_equal(json_str_or(f, "path", ""), want[i].path);
        assert_string_equal(json_str_or(f, "uploadMode", ""), want[i].mode);
        assert_int_equal(json_bool(f, "shouldIgnore", !want[i].ignored), want[i].ignored);
        assert_int_equal(strlen(json_str_or(f, "oid", "")), want[i].oid);
    }
    assert_null(f);
    assert_int_equal(strlen(json_str_or(j, "commitOid", "")), 40);
    json_free(j);
}

static void preupload_takes_rules_sent_along(void **state)
{
    (void)state;
    hub_expect("POST", "/api/models/acme/one/preupload/main", ADA,
        "{\"gitAttributes\":\"*.txt "
        "filter=lfs\",\"files\":[{\"path\":\"q.txt\",\"size\":1,\"sample\":\"\"}]}",
        200, "\"uploadMode\":\"lfs\"");
    hub_expect("POST", "/api/models/acme/one/preupload/main", ADA,
        "{\"gitIgnore\":\"q*\",\"files\":[{\"path\":\"q.txt\",\"size\":1,\"sample\":\"\"}]}", 200,
        "\"shouldIgnore\":true");
}

static void preupload_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "{\"files\":{}}", "{\"files\":[{\"path\":\"a\"}]}",
        "{\"files\":[{\"path\":\"../a\",\"size\":1}]}",
        "{\"files\":[{\"path\":\"a\",\"size\":-1}]}",
        "{\"files\":[{\"path\":\"a\",\"size\":1,\"sample\":\"?\"}]}", "nonsense"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        hub_expect("POST", "/api/models/acme/one/preupload/main", ADA, bad[i], 422, "error");
    const char *good = "{\"files\":[]}";
    hub_expect("POST", "/api/models/acme/one/preupload/nope", ADA, good, 404, "Invalid rev id");
    hub_expect(
        "POST", "/api/models/acme/none/preupload/main", ADA, good, 404, "Repository not found");
    hub_expect("POST", "/api/models/acme/one/preupload/main", NOBODY, good, 401, NULL);
    hub_expect("POST", "/api/models/acme/one/preupload/main", READER, good, 403, "write token");
    hub_expect("POST", "/api/models/acme/one/preupload/main", BOB, good, 403, "create_pr=1");
    hub_expect("POST", "/api/models/acme/one/preupload/main?create_pr=1", BOB, good, 200, "files");
}

/* ---- commits that are made ------------------------------------------------------------------- */

static void all_operations(void **state)
{
    (void)state;
    struct json *j = hub_json("POST", COMMIT, ND,
        HEADER
        "{\"key\":\"file\",\"value\":{\"path\":\"n/new.txt\",\"content\":\"bmV3Cg==\",\"encoding\":"
        "\"base64\"}}\n"
        "{\"key\":\"file\",\"value\":{\"path\":\"a.txt\",\"content\":\"changed\"}}\n"
        "{\"key\":\"deletedFolder\",\"value\":{\"path\":\"d/e/\"}}\n"
        "{\"key\":\"file\",\"value\":{\"path\":\"moved.txt\",\"oldPath\":\"d/b.txt\"}}\n\n"
        "{\"key\":\"deletedEntry\",\"value\":{\"path\":\".gitignore\"}}",
        200);
    char head[HUB_OID], url[128];
    head_of("main", head);
    assert_true(json_bool(j, "success", false));
    assert_string_equal(json_str_or(j, "commitOid", ""), head);
    snprintf(url, sizeof url, "/acme/one/commit/%s", head);
    assert_string_equal(hub_target(json_str_or(j, "commitUrl", "")), url);
    assert_string_equal(json_str_or(j, "hookOutput", "-"), "");
    assert_null(json_get(j, "pullRequestUrl"));
    json_free(j);
    assert_paths("main", ".gitattributes a.txt moved.txt n/new.txt w.bin ");
    assert_text("n/new.txt", "new\n");
    assert_text("a.txt", "changed");
    assert_text("moved.txt", "two");
    j = entry("n/new.txt");
    assert_string_equal(json_str_or(j, "oid", ""), "3e757656cf36eca53338e520d134963a44f793f8");
    assert_string_equal(json_str_or(json_get(j, "lastCommit"), "title", ""), "Change");
    json_free(j);
    j = entry("w.bin");
    assert_string_equal(json_str_or(json_get(j, "lastCommit"), "title", ""), "Upload model");
    json_free(j);
}

static void lfs_file_known_to_the_repository(void **state)
{
    (void)state;
    char lines[1024];
    struct json *j = entry("w.bin");
    const char *oid = json_str_or(json_get(j, "lfs"), "oid", "");
    snprintf(lines, sizeof lines,
        HEADER
        "{\"key\":\"lfsFile\",\"value\":{\"path\":\"copy of "
        "w.dat\",\"algo\":\"sha256\",\"oid\":\"%s\","
        "\"size\":100}}\n{\"key\":\"lfsFile\",\"value\":{\"path\":\"c.bin\",\"oid\":\"%s\"}}\n",
        oid, oid);
    commit(lines, 200, "success");
    json_free(j);
    struct answer a = hub_call("GET", "/acme/one/resolve/main/.gitattributes", ADA, NULL);
    const char *added = "copy[[:space:]]of[[:space:]]w.dat filter=lfs diff=lfs merge=lfs -text\n";
    assert_true(a.body.len > strlen(added));
    assert_string_equal(buf_str(&a.body) + a.body.len - strlen(added), added);
    assert_null(strstr(buf_str(&a.body), "c.bin")); /* *.bin covers it */
    answer_release(&a);
}

static void parent_must_be_the_head(void **state)
{
    (void)state;
    char head[HUB_OID], lines[512];
    head_of("main", head);
    snprintf(lines, sizeof lines,
        "{\"key\":\"header\",\"value\":{\"summary\":\"x\",\"parentCommit\":\"%s\"}}\n"
        "{\"key\":\"file\",\"value\":{\"path\":\"p.txt\",\"content\":\"p\"}}\n",
        head);
    commit(lines, 200, "success");
    commit(lines, 412, "A commit has happened since. Please refresh and try again.");
    commit("{\"key\":\"header\",\"value\":{\"summary\":\"x\",\"parentCommit\":\"abc\"}}\n", 422,
        "parentCommit");
}

static void pull_request(void **state)
{
    (void)state;
    char head[HUB_OID], after[HUB_OID];
    head_of("main", head);
    struct json *j = hub_json("POST", COMMIT "?create_pr=1", BOB,
        HEADER "{\"key\":\"file\",\"value\":{\"path\":\"pr.txt\",\"content\":\"p\"}}\n", 200);
    assert_string_equal(
        hub_target(json_str_or(j, "pullRequestUrl", "")), "/acme/one/discussions/1");
    json_free(j);
    head_of("main", after);
    assert_string_equal(head, after);
    assert_paths(
        "refs%2Fpr%2F1", ".gitattributes .gitignore a.txt d/b.txt d/e/c.txt pr.txt w.bin ");
    hub_expect("GET", "/api/models/acme/one/tree/refs/pr/1/d", ADA, NULL, 200, "d/b.txt");
    hub_expect("POST", COMMIT "?create_pr=1", NOBODY, HEADER, 401, NULL);
}

/* The real server takes a JSON object for a commit and drops what is in it. */
static void another_envelope_changes_nothing_but_the_head(void **state)
{
    (void)state;
    commit(
        "{\"summary\":\"x\",\"operations\":[{\"key\":\"file\",\"value\":{\"path\":\"lost.txt\"}}]}",
        200, "commitOid");
    assert_paths("main", ".gitattributes .gitignore a.txt d/b.txt d/e/c.txt w.bin ");
}

static void readme_is_validated(void **state)
{
    (void)state;
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"README.md\",\"content\":\"---\\nlicense:"
                  " x\\n---\\n\"}}",
        400, "\\\"license\\\" must be one of [apache-2.0, mit");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"README.md\",\"content\":\"---\\nlicense:"
                  " mit\\n---\\n\"}}",
        200, NULL);
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"d/"
                  "README.md\",\"content\":\"---\\nlicense: x\\n---\\n\"}}",
        200, NULL);
}

/* ---- commits that are refused ---------------------------------------------------------------- */

static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\n\n", "not json\n", "{\"key\":\"header\"}\n",
        "{\"key\":\"header\",\"value\":{\"summary\":\"\"}}\n",
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"\"}}\n",
        HEADER "{\"key\":\"nope\",\"value\":{}}", HEADER "{\"key\":\"file\"}",
        HEADER "{\"key\":\"file\",\"value\":{\"content\":\"\"}}",
        HEADER "{\"key\":\"file\",\"value\":{\"path\":\"a\"}}",
        HEADER
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"?\",\"encoding\":\"base64\"}}",
        HEADER
        "{\"key\":\"file\",\"value\":{\"path\":\"a\",\"content\":\"\",\"encoding\":\"latin1\"}}",
        HEADER "{\"key\":\"file\",\"value\":{\"path\":\"../a\",\"content\":\"\"}}",
        HEADER "{\"key\":\"file\",\"value\":{\"path\":\"a/.git/b\",\"content\":\"\"}}",
        HEADER "{\"key\":\"lfsFile\",\"value\":{\"path\":\"a\",\"oid\":\"12\"}}",
        HEADER "{\"key\":\"lfsFile\",\"value\":{\"path\":\"a\",\"algo\":\"md5\",\"oid\":\"" NO_OID
               "\"}}",
        HEADER HEADER};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        commit(bad[i], 422, "error");
}

static void hook_refusals(void **state)
{
    (void)state;
    commit(HEADER "{\"key\":\"lfsFile\",\"value\":{\"path\":\"m.bin\",\"oid\":\"" NO_OID
                  "\",\"size\":5}}",
        400, "LFS pointer pointed to a file that does not exist");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"x.dat\",\"content\":\"AAEC\","
                  "\"encoding\":\"base64\"}}",
        400, "contains binary files");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"x.bin\",\"content\":\"text\"}}", 400,
        "contains binary files"); /* what preupload called lfs */
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"pointer\",\"content\":\"version "
                  "https://git-lfs.github.com/spec/v1\\noid sha256:" NO_OID "\\nsize 5\\n\"}}",
        400, "LFS pointer pointed to a file that does not exist");
    commit(HEADER "{\"key\":\"deletedFile\",\"value\":{\"path\":\"nope\"}}", 404, "does not exist");
    commit(HEADER "{\"key\":\"deletedFile\",\"value\":{\"path\":\"d\"}}", 404, "does not exist");
    commit(
        HEADER "{\"key\":\"deletedFolder\",\"value\":{\"path\":\"a.txt\"}}", 404, "does not exist");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"n\",\"oldPath\":\"nope\"}}", 404,
        "does not exist");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"d\",\"content\":\"x\"}}", 400,
        "in the way");
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"a.txt/b\",\"content\":\"x\"}}", 400,
        "in the way");
    /* one bad operation undoes those before it */
    commit(HEADER "{\"key\":\"file\",\"value\":{\"path\":\"kept.txt\",\"content\":\"x\"}}\n"
                  "{\"key\":\"deletedFile\",\"value\":{\"path\":\"nope\"}}",
        404, NULL);
    assert_paths("main", ".gitattributes .gitignore a.txt d/b.txt d/e/c.txt w.bin ");
}

static void too_large_for_inline(void **state)
{
    (void)state;
    struct buf lines;
    buf_init(&lines, 12 * 1024 * 1024);
    buf_str_append(
        &lines, HEADER "{\"key\":\"file\",\"value\":{\"path\":\"big.txt\",\"content\":\"");
    assert_int_equal(buf_reserve(&lines, 10485761), 0);
    memset(lines.data + lines.len, 'x', 10485761);
    lines.len += 10485761;
    buf_str_append(&lines, "\"}}\n");
    commit(buf_str(&lines), 400, "contains files larger than 10 MiB");
    buf_release(&lines);
}

static void rights_and_revisions(void **state)
{
    (void)state;
    char head[HUB_OID], target[128];
    head_of("main", head);
    hub_expect("POST", COMMIT, NOBODY, HEADER, 401, NULL);
    hub_expect("POST", COMMIT, READER, HEADER, 403, "write token");
    hub_expect("POST", COMMIT, BOB, HEADER, 403, "create_pr=1");
    hub_expect("POST", "/api/models/other/theirs/commit/main", ADA, HEADER, 403, NULL);
    hub_expect("POST", "/api/models/acme/one/commit/nope", ADA, HEADER, 404, "Invalid rev id");
    snprintf(target, sizeof target, "/api/models/acme/one/commit/%s", head);
    hub_expect("POST", target, ADA, HEADER, 400, "only be made on a branch");
    hub_expect("POST", COMMIT, "Authorization: Bearer hf_fine\r\n", HEADER, 200, "success");
    hub_expect("POST", "/api/models/acme/one/branch/dev", "Authorization: Bearer hf_fine\r\n", "{}",
        200, NULL);
    hub_expect("POST", "/api/repos/create", "Authorization: Bearer hf_fine\r\n",
        "{\"name\":\"two\",\"organization\":\"acme\"}", 403, "rights");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(preupload, start, hub_end),
        cmocka_unit_test_setup_teardown(preupload_takes_rules_sent_along, start, hub_end),
        cmocka_unit_test_setup_teardown(preupload_refuses, start, hub_end),
        cmocka_unit_test_setup_teardown(all_operations, start, hub_end),
        cmocka_unit_test_setup_teardown(lfs_file_known_to_the_repository, start, hub_end),
        cmocka_unit_test_setup_teardown(parent_must_be_the_head, start, hub_end),
        cmocka_unit_test_setup_teardown(pull_request, start, hub_end),
        cmocka_unit_test_setup_teardown(
            another_envelope_changes_nothing_but_the_head, start, hub_end),
        cmocka_unit_test_setup_teardown(readme_is_validated, start, hub_end),
        cmocka_unit_test_setup_teardown(malformed, start, hub_end),
        cmocka_unit_test_setup_teardown(hook_refusals, start, hub_end),
        cmocka_unit_test_setup_teardown(too_large_for_inline, start, hub_end),
        cmocka_unit_test_setup_teardown(rights_and_revisions, start, hub_end),
    };
    return cmocka_run_group_tests_name("hub_commit", tests, NULL, NULL);
}
