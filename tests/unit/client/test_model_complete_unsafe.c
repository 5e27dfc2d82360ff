/* A cache that somebody else filled: links out of it, what is no file, what is no content. None of it is
 * copied, read elsewhere or waited for, and the rest is completed all the same. */
#include "complete_fixture.h"

#include <sys/resource.h>

static void unlink_cached(void **state, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, SNAPSHOT "%s", name);
    drop(state, path);
}

static void link_cached(void **state, const char *to, const char *name)
{
    char path[256], link[PATH_MAX];
    unlink_cached(state, name);
    snprintf(path, sizeof path, SNAPSHOT "%s", name);
    assert_int_equal(symlink(to, temp_folder_path(link, state, path)), 0);
}

static void set_up(void **state)
{
    put_bare_model(state);
    put_good_base(state);
}

/* The one file is told of and the others are added. */
static void assert_only_refused(void **state, const char *name, const char *words)
{
    char note[256];
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, name);
    snprintf(note, sizeof note, "%s: %s", name, words);
    assert_note(d, note);
    assert_sent(d, "tokenizer.json", GOOD_TOKENIZER);
    assert_int_equal(d->report.added, 4);
    completed_free(d);
}

/* ---- links ------------------------------------------------------------------------------------- */

static void links_lead_only_to_blobs(void **state)
{
    set_up(state);
    put(state, "secret.json", BASE_TOKENIZER_CONFIG);
    put(state, CACHED "/secret.json", BASE_TOKENIZER_CONFIG);
    put(state, CACHED "/blobs/below/secret.json", BASE_TOKENIZER_CONFIG);
    char absolute[PATH_MAX];
    temp_folder_path(absolute, state, "secret.json");
    const char *const targets[] = {absolute, "../../../../secret.json", "../../secret.json",
        "../../blobs/below/secret.json", "../../refs/main", "../" COMMIT "/chat_template.jinja",
        "../../blobs/../secret.json"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        link_cached(state, targets[i], "tokenizer_config.json");
        assert_only_refused(state, "tokenizer_config.json", "in the cache it is a link");
    }
}

static void links_to_links_and_to_nothing(void **state)
{
    char hop[PATH_MAX];
    set_up(state);
    put(state, "secret.json", BASE_TOKENIZER_CONFIG);
    assert_int_equal(
        symlink("../../../secret.json", temp_folder_path(hop, state, CACHED "/blobs/hop")), 0);
    static const char *const targets[] = {
        "../../blobs/hop", "../../blobs/gone", "tokenizer_config.json", "../../blobs"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        link_cached(state, targets[i], "tokenizer_config.json");
        assert_only_refused(state, "tokenizer_config.json", "in the cache it is a link");
    }
}

/* As copied to a file system without links. */
static void regular_files_are_fine(void **state)
{
    set_up(state);
    unlink_cached(state, "tokenizer_config.json");
    put(state, SNAPSHOT "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    struct completed *d = complete(state, "model", NULL);
    assert_sent(d, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    completed_free(d);
}

static void folders_that_are_links(void **state)
{
    char from[PATH_MAX], to[PATH_MAX];
    static const char *const folders[] = {
        CACHED, CACHED "/snapshots", CACHED "/snapshots/" COMMIT, CACHED "/blobs"};
    set_up(state);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        temp_folder_path(from, state, folders[i]);
        temp_folder_path(to, state, "elsewhere");
        assert_int_equal(rename(from, to), 0);
        assert_int_equal(symlink(to, from), 0);
        struct completed *d = complete(state, "model", NULL);
        assert_int_equal(d->report.added, 1); /* README.md */
        assert_int_equal(d->c.list->blockers, 2);
        completed_free(d);
        assert_int_equal(unlink(from), 0);
        assert_int_equal(rename(to, from), 0);
    }
}

/* ---- what is no file ----------------------------------------------------------------------------- */

static void nobody_waits_for_a_fifo(void **state)
{
    char path[PATH_MAX];
    set_up(state);
    unlink_cached(state, "tokenizer_config.json");
    temp_folder_path(path, state, SNAPSHOT "tokenizer_config.json");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_only_refused(state, "tokenizer_config.json", "in the cache it is not a regular file");

    assert_int_equal(mkfifo(temp_folder_path(path, state, CACHED "/blobs/fifo"), 0600), 0);
    link_cached(state, "../../blobs/fifo", "tokenizer_config.json");
    assert_only_refused(state, "tokenizer_config.json", "in the cache it is not a regular file");

    unlink_cached(state, "tokenizer_config.json");
    put(state, SNAPSHOT "tokenizer_config.json/x", "a folder");
    assert_only_refused(state, "tokenizer_config.json", "in the cache it is a folder");
}

static void a_fifo_for_refs_main(void **state)
{
    char path[PATH_MAX];
    set_up(state);
    drop(state, CACHED "/refs/main");
    assert_int_equal(mkfifo(temp_folder_path(path, state, CACHED "/refs/main"), 0600), 0);
    struct completed *d = complete(state, "model", NULL);
    assert_int_equal(d->report.added, 1);
    assert_note(d, "refs/main");
    completed_free(d);
}

static void refs_that_name_no_commit(void **state)
{
    static const char *const refs[] = {"", "main", (COMMIT "\n" COMMIT),
        "../../../../../../../../tmp", (COMMIT "0"), "0123456789ABCDEF0123456789ABCDEF01234567",
        (" " COMMIT), "0123456789abcdef0123456789abcdef0123456/", "\xff\xfe",
        "..............................."};
    set_up(state);
    for (size_t i = 0; i < sizeof refs / sizeof *refs; i++) {
        put(state, CACHED "/refs/main", refs[i]);
        struct completed *d = complete(state, "model", NULL);
        assert_int_equal(d->report.added, 1);
        assert_note(d, "refs/main in the cache names no commit");
        assert_string_equal(d->report.base_commit, "");
        completed_free(d);
    }
    put(state, CACHED "/refs/main", COMMIT "\r\n"); /* as an editor leaves it */
    struct completed *d = complete(state, "model", NULL);
    assert_string_equal(d->report.base_commit, COMMIT);
    assert_int_equal(d->report.added, 5);
    completed_free(d);
}

/* ---- what is no content -------------------------------------------------------------------------- */

static void content_that_is_none(void **state)
{
    static const struct {
        const char *content, *words;
    } rows[] = {
        {"", "empty"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a Git LFS pointer"},
        {"{\"eos_token\":", "not valid JSON"},
        {"[1]", "not a JSON object"},
        {"{} {}", "not valid JSON"},
        {"{\"a\":\"\xff\"}", "not valid UTF-8"},
        {"\"words\"", "not a JSON object"},
    };
    set_up(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put_cached(state, "tokenizer_config.json", rows[i].content);
        assert_only_refused(state, "tokenizer_config.json", rows[i].words);
    }
}

static char *repeat(const char *word, size_t n)
{
    size_t length = strlen(word);
    char *s = malloc(n * length + 1);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++)
        memcpy(s + i * length, word, length);
    s[n * length] = '\0';
    return s;
}

static void json_bombs(void **state)
{
    set_up(state);
    char *deep = repeat("{\"a\":", 100000), *wide = repeat(",[]", 6000000);
    put_cached(state, "tokenizer_config.json", deep);
    assert_only_refused(state, "tokenizer_config.json", "not valid JSON");
    put_cached(state, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);

    wide[0] = '[';
    put_cached(state, "tokenizer.json", wide);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct completed *d = complete(state, "model", NULL);
    getrusage(RUSAGE_SELF, &after);
    assert_not_added(d, "tokenizer.json");
    assert_note(d, "tokenizer.json: more values than a tokenizer can have");
    assert_true(after.ru_maxrss - before.ru_maxrss < 200 * 1024); /* parsed: half a gigabyte */
    completed_free(d);
    free(deep);
    free(wide);
}

static void sizes_are_looked_at_before_reading(void **state)
{
    static const struct {
        const char *name;
        off_t size;
    } rows[] = {{"tokenizer.json", (64 << 20) + 1}, {"tokenizer_config.json", (16 << 20) + 1},
        {"chat_template.jinja", 1LL << 40}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[256], path[PATH_MAX], note[256];
        set_up(state);
        unlink_cached(state, rows[i].name);
        snprintf(name, sizeof name, SNAPSHOT "%s", rows[i].name);
        put(state, name, "");
        assert_int_equal(truncate(temp_folder_path(path, state, name), rows[i].size), 0);
        struct completed *d = complete(state, "model", NULL);
        assert_not_added(d, rows[i].name);
        snprintf(note, sizeof note, "%s: in the cache it is larger", rows[i].name);
        assert_note(d, note);
        completed_free(d);
        drop(state, name);
    }
}

/* What passes as JSON and fails as what it should be is taken back out of the staging folder. */
static void a_tokenizer_without_a_model(void **state)
{
    set_up(state);
    put_cached(state, "tokenizer.json", "{\"version\":\"1.0\"}");
    put_cached(state, "tokenizer.model", "sentencepiece");
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, "tokenizer.json");
    assert_note(d, "no model.type");
    assert_sent(d, "tokenizer.model", "sentencepiece");
    assert_int_equal(d->c.list->blockers, 0);
    completed_free(d);
}

static void a_key_is_not_passed_on(void **state)
{
    set_up(state);
    put_cached(state, "generation_config.json",
        "{\"eos_token_id\":1,\"x\":\"hf_abcdefghij0123456789ABCDEFGHIJKLMN\"}");
    assert_only_refused(state, "generation_config.json", "from acme/tiny-base@01234567; holds");
}

static void no_cache_at_all(void **state)
{
    static const char *const caches[] = {"", "/", "/dev/null", "/nowhere/at/all", "\xff"};
    put_bare_model(state);
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        struct completed *d =
            complete(state, "model", &(struct complete_options){.cache = caches[i]});
        assert_int_equal(d->report.added, 1);
        assert_note(d, "tokenizer.json: ");
        completed_free(d);
    }
}

/* ---- the environment ------------------------------------------------------------------------------ */

static void where_the_cache_is(void **state)
{
    static const char *const names[] = {
        "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"};
    static const char *const expected[] = {
        "/a", "/a", "/a/hub", "/a/huggingface/hub", "/a/.cache/huggingface/hub"};
    enum { N = sizeof names / sizeof *names };
    (void)state;
    struct arena *a = arena_new(1 << 16);
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "/");
    for (size_t i = 0; i < N; i++)
        setenv(names[i], "/a", 1);
    for (size_t i = 0; i < N; i++) {
        assert_string_equal(hub_cache_folder(a), expected[i]);
        setenv(names[i], "", 1); /* empty is as if not set */
    }
    assert_null(hub_cache_folder(a));
    for (size_t i = 0; i < N; i++)
        unsetenv(names[i]);
    assert_null(hub_cache_folder(a));
    setenv("HOME", home, 1);
    free(home);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)
        T(links_lead_only_to_blobs),
        T(links_to_links_and_to_nothing),
        T(regular_files_are_fine),
        T(folders_that_are_links),
        T(nobody_waits_for_a_fifo),
        T(a_fifo_for_refs_main),
        T(refs_that_name_no_commit),
        T(content_that_is_none),
        T(json_bombs),
        T(sizes_are_looked_at_before_reading),
        T(a_tokenizer_without_a_model),
        T(a_key_is_not_passed_on),
        T(no_cache_at_all),
        cmocka_unit_test(where_the_cache_is),
    };
    return cmocka_run_group_tests_name("model_complete_unsafe", tests, NULL, NULL);
}
