/* .gitattributes: when one is written, what is in it, and what is said of the folder's own. */
#include "complete_fixture.h"

#include "client/hub_digest.h"

#define LFS " filter=lfs diff=lfs merge=lfs -text\n"

/* A repository that is there, with these files. */
static struct hub_info repository(struct hub_file *files, size_t n)
{
    return (struct hub_info){.files = files, .file_count = n};
}

static bool has_line(const char *text, const char *line)
{
    for (const char *s = text; (s = strstr(s, line)); s++)
        if (s == text || s[-1] == '\n')
            return true;
    return false;
}

static void put_whole_model(void **state)
{
    void *model = make_below(state, "model");
    put_good_model(&model);
    free(model);
}

static void put_sized(void **state, const char *name, const char *begins, off_t size)
{
    char path[PATH_MAX];
    put(state, name, begins);
    assert_int_equal(truncate(temp_folder_path(path, state, name), size), 0);
}

/* ---- written ----------------------------------------------------------------------------------- */

static void only_where_the_hub_makes_none(void **state)
{
    struct hub_file files[] = {{.path = ".gitattributes"}};
    struct hub_info without = repository(files, 0), with = repository(files, 1);
    put_whole_model(state);
    struct completed *d = complete(state, "model", NULL); /* to be created: the Hub makes one */
    assert_not_added(d, ".gitattributes");
    completed_free(d);
    d = complete(state, "model", &(struct complete_options){.there = &with});
    assert_not_added(d, ".gitattributes");
    completed_free(d);
    d = complete(state, "model", &(struct complete_options){.there = &without});
    assert_line(&d->c, ".gitattributes", CHECK_OPTIONAL, CHECK_VALID, "written");
    completed_free(d);
}

static void covers_what_a_model_has(void **state)
{
    static const char *const endings[] = {
        "bin", "safetensors", "h5", "msgpack", "onnx", "arrow", "pt", "pth", "model"};
    struct hub_info there = {0};
    put_whole_model(state);
    put_sized(state, "model/tokenizer.json", "{}", (10 << 20) + 1);
    put_bytes(state, "model/weights.gguf", "GGUF\0\0", 6);
    put_bytes(state, "model/b.gguf", "GGUF\0\0", 6);
    put_bytes(state, "model/deep/picture.PNG", "\x89PNG\0", 5);
    put_sized(state, "model/odd [name]*.json", "{}", (10 << 20) + 1);
    put_bytes(state, "model/NOENDING", "\0\1", 2);
    put(state, "model/notes.txt", "plain \xc3\xa9");
    struct completed *d = complete(state, "model", &(struct complete_options){.there = &there});
    char *text = sent_bytes(d, ".gitattributes");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char line[64];
        snprintf(line, sizeof line, "*.%s" LFS, endings[i]);
        assert_true(has_line(text, line));
    }
    assert_true(has_line(text, "tokenizer.json" LFS));
    assert_true(has_line(text, "*.gguf" LFS));
    assert_true(has_line(text, "*.PNG" LFS));
    assert_true(has_line(text, "odd??name??.json" LFS));
    assert_true(has_line(text, "NOENDING" LFS));
    assert_false(has_line(text, "*.json"));
    assert_null(strstr(text, "notes"));
    assert_null(strstr(text, "config.json"));
    assert_null(strstr(strstr(text, "*.gguf") + 6, "gguf")); /* once */
    free(text);
    completed_free(d);
}

/* ---- the folder's own ---------------------------------------------------------------------------- */

static const char *said_of(void **state, const char *text, char result[512])
{
    put(state, "model/.gitattributes", text);
    struct completed *d = complete(state, "model", NULL);
    const struct check_file *line = line_of(&d->c, ".gitattributes");
    snprintf(result, 512, "%s: %s", check_state_name(line->state), line->result.s);
    assert_false(line->send);
    assert_not_added(d, ".gitattributes");
    completed_free(d);
    return result;
}

static void missing_patterns_are_named(void **state)
{
    char result[512];
    put_whole_model(state);
    said_of(state,
        "*.bin" LFS "*.safetensors" LFS "*.h5 -text\n# *.onnx" LFS "*.p[a-t]" LFS
        "*.pth filter=lfs\n*.pth !filter\n",
        result);
    assert_non_null(strstr(result, "warning: "));
    assert_non_null(strstr(result, "has no line for *.h5, *.msgpack, *.onnx, *.arrow, *.pth"));
    assert_null(strstr(result, "*.pt,"));

    said_of(state, "*" LFS, result);
    assert_null(strstr(result, "warning"));
}

static void files_that_are_not_covered_are_named(void **state)
{
    char result[512];
    put_whole_model(state);
    put_bytes(state, "model/w.gguf", "GGUF\0\0", 6);
    put_bytes(state, "model/x.gguf", "GGUF\0\0", 6);
    static const char eight[] = "*.bin" LFS "*.safetensors" LFS "*.h5" LFS "*.msgpack" LFS
                                "*.onnx" LFS "*.arrow" LFS "*.pt" LFS "*.pth" LFS;
    assert_non_null(strstr(said_of(state, eight, result), "does not put into LFS: w.gguf, x.gguf"));
    char more[1024];
    snprintf(more, sizeof more, "%s/w.gguf filter=lfs\n**/x.gg?f filter=lfs\n", eight);
    assert_null(strstr(said_of(state, more, result), "LFS"));
}

static void replacing_the_repositorys_is_a_warning(void **state)
{
    static const char own[] = "*" LFS;
    struct hub_file files[] = {{.path = ".gitattributes"}};
    struct hub_info there = repository(files, 1);
    put_whole_model(state);
    put(state, "model/.gitattributes", own);
    struct completed *d = complete(state, "model", &(struct complete_options){.there = &there});
    assert_line(&d->c, ".gitattributes", CHECK_KEEP_OUT, CHECK_WARNING,
        "differs from the repository's, which it would replace");
    completed_free(d);
    assert_int_equal(hub_git_id(own, strlen(own), files[0].oid), 0);
    d = complete(state, "model", &(struct complete_options){.there = &there});
    assert_line(&d->c, ".gitattributes", CHECK_KEEP_OUT, CHECK_PRESENT, "");
    completed_free(d);
}

static void a_repository_without_one_gets_the_folders(void **state)
{
    struct hub_info there = {0};
    put_whole_model(state);
    put(state, "model/.gitattributes", "*" LFS);
    struct completed *d = complete(state, "model", &(struct complete_options){.there = &there});
    const struct check_file *line = line_of(&d->c, ".gitattributes");
    assert_true(line->send);
    assert_int_equal(line->origin, CHECK_HERE);
    assert_null(line->raw_source);
    completed_free(d);
}

/* Patterns of many stars, and lines without end, take no time worth speaking of. */
static void hostile_patterns(void **state)
{
    char stars[8192];
    for (size_t i = 0; i + 1 < sizeof stars; i++)
        stars[i] = i % 2 ? 'a' : '*';
    stars[sizeof stars - 1] = '\0';
    memcpy(stars + 8000, " filter=lfs", 12);
    put_whole_model(state);
    char name[300] = "model/";
    memset(name + 6, 'a', 200);
    memcpy(name + 206, ".bin", 5);
    put(state, name, "x");
    char result[512];
    alarm(60);
    said_of(state, stars, result);
    said_of(
        state, "[ filter=lfs\n[! filter=lfs\n[a- filter=lfs\n\\ filter=lfs\n filter=lfs", result);
    said_of(state, "\xff\xfe filter=lfs filter= filter=lfs -filter\n\r\n\t\n", result);
    alarm(0);
    assert_non_null(strstr(result, "*.h5"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)
        T(only_where_the_hub_makes_none),
        T(covers_what_a_model_has),
        T(missing_patterns_are_named),
        T(files_that_are_not_covered_are_named),
        T(replacing_the_repositorys_is_a_warning),
        T(a_repository_without_one_gets_the_folders),
        T(hostile_patterns),
    };
    return cmocka_run_group_tests_name("model_complete_attributes", tests, NULL, NULL);
}
