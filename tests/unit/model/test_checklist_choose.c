/* Choosing what is sent of a folder, as people who know --include and --exclude of the Hub's own client
 * expect it: patterns as Python's fnmatch has them, against the whole path. */
#include "model/checklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FILES_MAX = 32 };

struct made {
    struct check_file files[FILES_MAX];
    struct checklist list;
};

static struct check_file *add(struct made *m, const char *path, enum check_kind kind,
    enum check_state line_state, int64_t size)
{
    assert_true(m->list.count < FILES_MAX);
    struct check_file *file = &m->files[m->list.count++];
    *file = (struct check_file){.path = {path, strlen(path)},
        .raw_path = line_state == CHECK_MISSING ? NULL : path,
        .size = line_state == CHECK_MISSING ? -1 : size,
        .kind = kind,
        .state = line_state,
        .send = size >= 0 && kind != CHECK_KEEP_OUT && line_state != CHECK_MISSING,
        .result = TEXT("as it was read")};
    return file;
}

static void make(struct made *m)
{
    *m = (struct made){.list = {.files = m->files}};
    add(m, "model.safetensors", CHECK_WEIGHTS, CHECK_VALID, 1000);
    add(m, "config.json", CHECK_REQUIRED, CHECK_VALID, 100);
    add(m, "tokenizer.json", CHECK_REQUIRED, CHECK_VALID, 200);
    add(m, "README.md", CHECK_RECOMMENDED, CHECK_WARNING, 50);
    add(m, "LICENSE", CHECK_RECOMMENDED, CHECK_MISSING, -1);
    add(m, "onnx/model.onnx", CHECK_OPTIONAL, CHECK_BAD, 10);
    add(m, "notes.txt", CHECK_OPTIONAL, CHECK_PRESENT, 5);
    add(m, "pipe", CHECK_OPTIONAL, CHECK_WARNING, -1);
    add(m, "optimizer.pt", CHECK_KEEP_OUT, CHECK_PRESENT, 2000);
    add(m, "checkpoint-500/model.safetensors", CHECK_KEEP_OUT, CHECK_PRESENT, 1000);
    add(m, ".venv/", CHECK_KEEP_OUT, CHECK_PRESENT, -1);
    add(m, ".env", CHECK_KEEP_OUT, CHECK_PRESENT, 9)->guarded = true;
    add(m, "keys.txt", CHECK_KEEP_OUT, CHECK_WARNING, 9)->guarded = true;
    checklist_sum(&m->list);
    assert_int_equal(m->list.blockers, 1); /* the ONNX file */
}

static const struct check_file *line_of(const struct made *m, const char *path)
{
    for (size_t i = 0; i < m->list.count; i++)
        if (strcmp(m->files[i].path.s, path) == 0)
            return &m->files[i];
    fail_msg("no line for %s", path);
    return NULL;
}

static void assert_unchanged(const struct made *m)
{
    struct made before;
    make(&before);
    for (size_t i = 0; i < before.list.count; i++) {
        const struct check_file *a = &m->files[i], *b = &before.files[i];
        if (a->path.s != b->path.s || a->kind != b->kind || a->state != b->state ||
            a->send != b->send || a->result.s != b->result.s)
            fail_msg("%s is not as it was: %s", b->path.s, a->result.s);
    }
    assert_int_equal(m->list.send_bytes, before.list.send_bytes);
}

struct patterns {
    const char *include[4], *exclude[4];
};

static size_t count_of(const char *const patterns[4])
{
    size_t n = 0;
    while (n < 4 && patterns[n])
        n++;
    return n;
}

static int choose(struct made *m, struct patterns p, struct err *e)
{
    return checklist_choose(
        &m->list, p.include, count_of(p.include), p.exclude, count_of(p.exclude), e);
}

static void chosen(struct made *m, struct patterns p)
{
    struct err e = {0};
    make(m);
    if (choose(m, p, &e))
        fail_msg("%s", e.message);
}

/* `files`: all that is sent, in any order. */
static void assert_sent(const struct made *m, const char *const files[8])
{
    size_t n = 0;
    int64_t bytes = 0;
    for (; n < 8 && files[n]; n++) {
        const struct check_file *file = line_of(m, files[n]);
        if (!file->send)
            fail_msg("%s is not sent: %s", files[n], file->result.s);
        bytes += file->size;
    }
    assert_int_equal(m->list.send_count, n);
    assert_int_equal(m->list.send_bytes, bytes);
}

#define SENT(...)     ((const char *const[8]){__VA_ARGS__})
#define PATTERNS(...) ((struct patterns){__VA_ARGS__})

static void assert_line(const struct made *m, const char *path, enum check_kind kind,
    enum check_state line_state, const char *words)
{
    const struct check_file *file = line_of(m, path);
    if (file->kind != kind || file->state != line_state || !strstr(file->result.s, words))
        fail_msg("%s: %s %s \"%s\"", path, check_kind_name(file->kind),
            check_state_name(file->state), file->result.s);
}

/* ---- include --------------------------------------------------------------------------------------- */

static void test_no_patterns_change_nothing(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {NULL}));
    assert_unchanged(&m);
}

static void test_include_restricts(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {"README.md", "notes.*"}));
    assert_sent(&m, SENT("README.md", "notes.txt"));
    assert_line(&m, "config.json", CHECK_REQUIRED, CHECK_BAD, "not included, but needed");
    assert_line(&m, "model.safetensors", CHECK_WEIGHTS, CHECK_BAD, "not included, but needed");
    assert_line(&m, "onnx/model.onnx", CHECK_KEEP_OUT, CHECK_PRESENT, "not included");
    assert_line(&m, "README.md", CHECK_RECOMMENDED, CHECK_WARNING, "as it was read");
    assert_line(&m, "optimizer.pt", CHECK_KEEP_OUT, CHECK_PRESENT, "as it was read");
    assert_int_equal(m.list.blockers, 3);
}

/* A bad file that is asked for is as bad as before. */
static void test_include_does_not_heal(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {"*"}));
    assert_line(&m, "onnx/model.onnx", CHECK_OPTIONAL, CHECK_BAD, "as it was read");
    assert_line(&m, "pipe", CHECK_OPTIONAL, CHECK_WARNING, "as it was read");
    assert_int_equal(m.list.blockers, 1);
}

static void test_include_puts_back(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {"*.json", "*.safetensors", "opt*"}));
    assert_sent(&m, SENT("config.json", "tokenizer.json", "model.safetensors", "optimizer.pt",
                        "checkpoint-500/model.safetensors")); /* '*' crosses '/' */
    assert_line(&m, "optimizer.pt", CHECK_OPTIONAL, CHECK_PRESENT, "put back");
    assert_int_equal(m.list.blockers, 0);
    chosen(&m, PATTERNS(.include = {"checkpoint-500/"}));
    assert_sent(&m, SENT("checkpoint-500/model.safetensors"));
}

/* "*" means the model: not the optimizer, and never a key. */
static void test_wildcards_do_not_put_back(void **state)
{
    (void)state;
    static const char *const all[] = {"*", "**", "**/*", "./*", "?*", "*.*"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct made m;
        chosen(&m, PATTERNS(.include = {all[i], "README.md"}));
        for (size_t k = 0; k < m.list.count; k++)
            assert_false(m.files[k].kind == CHECK_KEEP_OUT && m.files[k].send);
    }
}

static void test_keys_come_back_by_exact_name(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {"keys.txt", "README.md"}));
    assert_sent(&m, SENT("keys.txt", "README.md"));
    assert_line(&m, "keys.txt", CHECK_OPTIONAL, CHECK_WARNING, "as it was read");
    chosen(&m, PATTERNS(.include = {"*.txt", "./.env"}));
    assert_sent(&m, SENT("notes.txt", ".env"));
    assert_line(&m, "keys.txt", CHECK_KEEP_OUT, CHECK_WARNING, "as it was read");
}

/* ---- exclude --------------------------------------------------------------------------------------- */

static void test_exclude(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.exclude = {"onnx/", "*.md"}));
    assert_sent(&m, SENT("model.safetensors", "config.json", "tokenizer.json", "notes.txt"));
    assert_int_equal(m.list.blockers, 0); /* the bad file blocks no more */
    assert_line(&m, "onnx/model.onnx", CHECK_KEEP_OUT, CHECK_PRESENT, "excluded");
    assert_line(&m, "README.md", CHECK_KEEP_OUT, CHECK_PRESENT, "excluded");
    assert_line(&m, "pipe", CHECK_OPTIONAL, CHECK_WARNING, "as it was read");
    assert_line(&m, "LICENSE", CHECK_RECOMMENDED, CHECK_MISSING, "as it was read");
}

static void test_exclude_of_what_is_needed(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.exclude = {"*.json", "onnx/*"}));
    assert_line(&m, "config.json", CHECK_REQUIRED, CHECK_BAD, "excluded, but needed");
    assert_int_equal(m.list.blockers, 2);
    assert_sent(&m, SENT("model.safetensors", "README.md", "notes.txt"));
}

static void test_exclude_wins(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.include = {"*.safetensors", "*.json"}, .exclude = {"checkpoint-*/"}));
    assert_sent(&m, SENT("model.safetensors", "config.json", "tokenizer.json"));
}

/* ---- weights twice --------------------------------------------------------------------------------- */

static void make_twice(struct made *m)
{
    make(m);
    add(m, "model-00001-of-00002.safetensors", CHECK_WEIGHTS, CHECK_VALID, 500);
    add(m, "model-00002-of-00002.safetensors", CHECK_WEIGHTS, CHECK_VALID, 500);
    add(m, "model.safetensors.index.json", CHECK_REQUIRED, CHECK_VALID, 10);
}

static void test_one_of_two_sets(void **state)
{
    (void)state;
    static const struct {
        struct patterns patterns;
        size_t blockers;
    } rows[] = {
        {{.exclude = {"model.safetensors", "onnx/"}}, 0},
        {{.exclude = {"model-0*", "*.index.json", "onnx/"}}, 0},
        {{.exclude = {"model-0*", "onnx/"}}, 0},
        {{.exclude = {"*.index.json", "onnx/"}}, 1},
        {{.exclude = {"model-00002*", "onnx/"}}, 1},
        {{.exclude = {"model-00002*", "model.safetensors", "onnx/"}}, 2},
        {{.exclude = {"*.safetensors", "onnx/"}}, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m;
        struct err e = {0};
        make_twice(&m);
        if (choose(&m, rows[i].patterns, &e))
            fail_msg("%zu: %s", i, e.message);
        if (m.list.blockers != rows[i].blockers)
            fail_msg("%zu: %zu blockers", i, m.list.blockers);
    }
}

/* ---- refused --------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        struct patterns patterns;
        const char *words;
    } rows[] = {
        {{.include = {"README.md", "*.gguf"}}, "matches \"*.gguf\""},
        {{.exclude = {"readme.md"}}, "matches \"readme.md\""}, /* the case counts */
        {{.exclude = {"LICENSE"}}, "matches \"LICENSE\""},     /* it is not there */
        {{.exclude = {"model"}}, "matches \"model\""},         /* whole paths */
        {{.exclude = {""}}, "matches \"\""},
        {{.exclude = {"checkpoint-500"}}, "matches \"checkpoint-500\""},
        {{.include = {".venv/"}}, "\".venv/\" matches only what cannot be sent"},
        {{.include = {"pipe"}}, "\"pipe\" matches only what cannot be sent"},
        {{.include = {"keys.*"}}, "left out: keys.txt"},
        {{.include = {"README.md"}, .exclude = {"*.md"}}, "nothing to send"},
        {{.exclude = {"*"}}, "nothing to send"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m;
        struct err e = {0};
        make(&m);
        if (choose(&m, rows[i].patterns, &e) != -1)
            fail_msg("row %zu is not refused", i);
        if (e.class != ERR_INPUT || !strstr(e.message, rows[i].words))
            fail_msg("row %zu: %s", i, e.message);
        assert_unchanged(&m);
        assert_int_equal(choose(&m, rows[i].patterns, NULL), -1);
    }
    struct made m;
    struct err e = {0};
    make(&m);
    assert_int_equal(choose(&m, PATTERNS(.exclude = {"checkpoint-500"}), &e), -1);
    assert_non_null(strstr(e.hint, "checkpoint-500/"));
}

/* ---- patterns -------------------------------------------------------------------------------------- */

/* Answers of Python's fnmatch.fnmatchcase. */
static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } rows[] = {
        {"*.json", "a/b/c.json", true},
        {"a?b", "a/b", true},
        {"*", ".hidden", true},
        {"[ab].txt", "a.txt", true},
        {"[!ab].txt", "a.txt", false},
        {"[!ab].txt", "c.txt", true},
        {"a[x", "a[x", true},
        {"a\\*", "a*", false}, /* a backslash is itself */
        {"a\\*", "a\\b", true},
        {"A*", "ab", false},
        {"sub/", "sub/a/b.txt", true},
        {"sub/", "x/sub/a", false},
        {"sub/*.txt", "sub/a/b.txt", true},
        {"two words", "two words", true},
        {"run[1].txt", "run[1].txt", true}, /* not so in Python: a name is a name */
        {"run[1].txt", "run1.txt", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made m = {.list = {.files = m.files}};
        struct err e = {0};
        add(&m, rows[i].path, CHECK_OPTIONAL, CHECK_PRESENT, 1);
        add(&m, "zz", CHECK_OPTIONAL, CHECK_PRESENT, 1);
        bool matched = choose(&m, PATTERNS(.include = {rows[i].pattern}), &e) == 0 &&
                       line_of(&m, rows[i].path)->send;
        if (matched != rows[i].matches)
            fail_msg("%s and %s", rows[i].pattern, rows[i].path);
    }
}

/* What matters first, also after the choice. */
static void test_order(void **state)
{
    (void)state;
    struct made m;
    chosen(&m, PATTERNS(.exclude = {"config.json", "onnx/"}));
    static const char *const order[] = {"model.safetensors", "config.json", "tokenizer.json",
        "LICENSE", "README.md", "pipe", "notes.txt", "keys.txt", ".env"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        assert_string_equal(m.files[i].path.s, order[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_patterns_change_nothing),
        cmocka_unit_test(test_include_restricts),
        cmocka_unit_test(test_include_does_not_heal),
        cmocka_unit_test(test_include_puts_back),
        cmocka_unit_test(test_wildcards_do_not_put_back),
        cmocka_unit_test(test_keys_come_back_by_exact_name),
        cmocka_unit_test(test_exclude),
        cmocka_unit_test(test_exclude_of_what_is_needed),
        cmocka_unit_test(test_exclude_wins),
        cmocka_unit_test(test_one_of_two_sets),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests_name("checklist_choose", tests, NULL, NULL);
}
