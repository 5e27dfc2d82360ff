/* The door to the JSON library: what comes through it, what is refused, and what is printed. */
#include "base/json.h"

#include "dice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <float.h>
#include <pthread.h>

static struct json *parse_bytes(const void *bytes, size_t n)
{
    struct err e = {0};
    struct json *j = json_parse(bytes, n, &e);
    if (!j)
        fail_msg("\"%.*s\": %s", (int)n, (const char *)bytes, e.message);
    return j;
}

static struct json *parse(const char *s)
{
    return parse_bytes(s, strlen(s));
}

static void assert_prints(const struct json *j, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(json_print(j, &b), 0);
    assert_string_equal(buf_str(&b), expected);
    buf_release(&b);
}

/* ---- parsing ----------------------------------------------------------------------------------- */

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"null", "null"}, {" \t\r\n true \n", "true"}, {"false", "false"}, {"-12.5e1", "-125"},
        {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
            "\"a\\\"\\\\/\\b\\f\\n\\r\\t\u00E9\U0001F600\""},
        {"[ ]", "[]"}, {"{ }", "{}"}, {"[1,[2,{\"a\":[3]}],null]", "[1,[2,{\"a\":[3]}],null]"},
        {"{\"a\":1,\"b\":{\"c\":\"d\"}}", "{\"a\":1,\"b\":{\"c\":\"d\"}}"},
        {"9007199254740991", "9007199254740991"}, {"0.1", "0.1"}, {"\"\\u0001\"", "\"\\u0001\""},
        {"\"\\\\u0000\"", "\"\\\\u0000\""}, /* an escaped backslash, no NUL */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *j = parse(cases[i].in);
        assert_prints(j, cases[i].out);
        json_free(j);
    }
}

static void assert_refused(const void *bytes, size_t n)
{
    /* A copy of exactly this size, so that reading past it is seen. */
    void *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    struct err e = {0};
    struct json *j = json_parse(copy, n, &e);
    if (j)
        fail_msg("\"%.*s\" is taken", (int)n, (const char *)bytes);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_true(e.message[0] != '\0');
    assert_null(json_parse(copy, n, NULL));
    free(copy);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"", " ", "nul", "nullx", "tru", "[", "]", "[1", "[1,",
        "[1,]", "[,]", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{a:1}", "{1:1}", "\"", "\"abc", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u123", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\udc00\"", "1 2", "{} {}", "[] x", "null,", "'a'", "+1", "-",
        ".5", "NaN", "Infinity", "//c\n1", "\xFF", "{\"a\":\"b\"", "[\"", "[\"a", "{\"",
        "{\"\":\"\\u"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i], strlen(cases[i]));
    assert_refused("{\"a\":1}\0", 8);
    assert_refused("\0", 1);
    assert_refused("\"a\0b\"", 5);
}

/* A C string could not carry it, and a cut name is a lie. */
static void test_nul_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"\"\\u0000\"", "\"a\\u0000b\"", "{\"a\\u0000b\":1}",
        "[\"\\\\\\u0000\"]", "{\"a\":{\"b\":[1,\"\\u0000\"]}}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i], strlen(cases[i]));
}

/* JSON_DEPTH_MAX levels and not one more, of either kind, closed or not. */
static void test_depth(void **state)
{
    (void)state;
    char s[4 * JSON_DEPTH_MAX + 8];
    for (size_t depth = 1; depth <= JSON_DEPTH_MAX; depth += JSON_DEPTH_MAX - 1) {
        memset(s, '[', depth);
        memset(s + depth, ']', depth);
        s[2 * depth] = '\0';
        json_free(parse(s));
    }
    enum { DEEP = JSON_DEPTH_MAX + 1 };
    memset(s, '[', DEEP);
    memset(s + DEEP, ']', DEEP);
    assert_refused(s, 2 * DEEP);
    assert_refused(s, DEEP);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < DEEP; i++)
        buf_str_append(&b, "{\"a\":");
    assert_refused(buf_str(&b), b.len);
    buf_clear(&b);
    for (int i = 0; i < 100000; i++)
        buf_char(&b, '[');
    assert_refused(buf_str(&b), b.len);
    buf_release(&b);
    /* Brackets in strings are no levels; what is closed counts no more. */
    json_free(
        parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]"));
    buf_init(&b, 1 << 20);
    buf_char(&b, '[');
    for (int i = 0; i < 1000; i++)
        buf_str_append(&b, "[{}],");
    buf_str_append(&b, "1]");
    json_free(parse_bytes(buf_str(&b), b.len));
    buf_release(&b);
}

/* Every beginning of a document is refused, and never read past its end. */
static void test_every_beginning(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"a\":[1.5e3,true,false,null,\"\\u00e9\\ud83d\\ude00\\n\"],\"b\":{}}";
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_refused(whole, n);
    json_free(parse(whole));
}

/* ---- reading ----------------------------------------------------------------------------------- */

static void test_kinds(void **state)
{
    (void)state;
    struct json *j = parse("[null,true,false,1,\"s\",[],{}]");
    static const enum json_kind kinds[] = {
        JSON_NULL, JSON_BOOL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT};
    size_t i = 0;
    for (const struct json *item = json_first(j); item; item = json_next(item), i++) {
        assert_int_equal(json_kind(item), kinds[i]);
        assert_ptr_equal(json_at(j, i), item);
        assert_null(json_key(item));
    }
    assert_int_equal(i, 7);
    assert_int_equal(json_count(j), 7);
    assert_null(json_at(j, 7));
    assert_null(json_at(j, SIZE_MAX));
    assert_int_equal(json_kind(NULL), JSON_ABSENT);
    json_free(j);
}

static void test_members(void **state)
{
    (void)state;
    struct json *j = parse("{\"a\":1,\"A\":2,\"b\":\"x\",\"a\":3,\"\":4}");
    assert_int_equal(json_int(j, "a", 0), 1); /* first wins */
    assert_int_equal(json_int(j, "A", 0), 2); /* exact case */
    assert_int_equal(json_int(j, "", 0), 4);
    assert_null(json_get(j, "B"));
    assert_null(json_get(j, "aa"));
    assert_int_equal(json_count(j), 5);
    assert_string_equal(json_key(json_first(j)), "a");
    assert_string_equal(json_key(json_next(json_first(j))), "A");
    assert_string_equal(json_str(j, "b"), "x");
    assert_null(json_at(j, 0)); /* of an object: only by key or in turn */
    json_free(j);
}

/* Every reader with every kind, and with nothing at all. */
static void test_wrong_kinds(void **state)
{
    (void)state;
    struct json *j =
        parse("{\"null\":null,\"bool\":true,\"num\":7,\"str\":\"7\",\"arr\":[7],\"obj\":"
              "{\"a\":7}}");
    struct arena *a = arena_new(4096);
    assert_non_null(a);
    static const char *const keys[] = {"null", "bool", "num", "str", "arr", "obj", "none"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *key = keys[i];
        const struct json *v = json_get(j, key);
        assert_int_equal(json_int(j, key, -1), i == 2 ? 7 : -1);
        assert_true(json_num(j, key, -1) == (i == 2 ? 7 : -1));
        assert_true(json_number(v, -1) == (i == 2 ? 7 : -1));
        assert_true(json_bool(j, key, false) == (i == 1));
        assert_true(json_bool(j, key, true));
        assert_true(json_is_true(v) == (i == 1));
        assert_string_equal(json_str_or(j, key, "-"), i == 3 ? "7" : "-");
        assert_true((json_str(j, key) != NULL) == (i == 3));
        assert_true((json_string(v) != NULL) == (i == 3));
        assert_string_equal(json_text(a, j, key).s, i == 3 ? "7" : "");
        assert_int_equal(json_count(v), i == 4 || i == 5 ? 1 : 0);
        assert_true((json_first(v) != NULL) == (i == 4 || i == 5));
        assert_true((json_get(v, "a") != NULL) == (i == 5));
        assert_true((json_at(v, 0) != NULL) == (i == 4));
    }
    assert_null(json_get(NULL, "a"));
    assert_null(json_next(NULL));
    assert_null(json_key(NULL));
    assert_int_equal(json_int(NULL, "a", 5), 5);
    assert_null(json_dup(NULL));
    json_free(NULL);
    arena_free(a);
    json_free(j);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int64_t i;
    } cases[] = {
        {"{\"n\":0}", 0},
        {"{\"n\":-0}", 0},
        {"{\"n\":2.9}", 2},
        {"{\"n\":-2.9}", -2},
        {"{\"n\":9007199254740991}", 9007199254740991},
        {"{\"n\":1e18}", 1000000000000000000},
        {"{\"n\":9223372036854775807}", INT64_MAX},
        {"{\"n\":1e19}", INT64_MAX},
        {"{\"n\":-1e19}", INT64_MIN},
        {"{\"n\":1e400}", INT64_MAX},
        {"{\"n\":-1e400}", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *j = parse(cases[i].s);
        if (json_int(j, "n", 42) != cases[i].i)
            fail_msg("%s", cases[i].s);
        json_free(j);
    }
}

static void test_text_is_clean(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    assert_non_null(a);
    struct json *j = parse("{\"a\":\"x\\u001b[1my\\nz\\u202e\xFF\"}");
    struct text t = json_text(a, j, "a");
    assert_string_equal(t.s, "xy\u240Az\uFFFD");
    /* The bytes themselves stay as they came: ids and tokens are compared byte by byte. */
    assert_string_equal(json_str(j, "a"), "x\033[1my\nz\u202e\xFF");
    json_free(j);
    arena_free(a);
}

/* ---- building ---------------------------------------------------------------------------------- */

static void test_build(void **state)
{
    (void)state;
    struct json *j = json_new_object(), *list = json_new_array();
    assert_int_equal(json_push(list, json_new_int(1)), 0);
    assert_int_equal(json_push(list, json_new_null()), 0);
    assert_int_equal(json_push(list, json_new_bool(true)), 0);
    assert_int_equal(json_push(list, json_new_string("s")), 0);
    assert_int_equal(json_push(list, json_new_string(NULL)), 0);
    assert_int_equal(json_add(j, "list", list), 0);
    assert_int_equal(json_add_str(j, "str", "a\"\\\n\001"), 0);
    assert_int_equal(json_add_str(j, "none", NULL), 0);
    assert_int_equal(json_add_int(j, "int", -5), 0);
    assert_int_equal(json_add_num(j, "num", 0.25), 0);
    assert_int_equal(json_add_bool(j, "bool", false), 0);
    assert_int_equal(json_add_text(j, "text", text_cut(TEXT("abcdef"), 3)), 0);
    assert_prints(j, "{\"list\":[1,null,true,\"s\",null],\"str\":\"a\\\"\\\\\\n\\u0001\","
                     "\"none\":null,\"int\":-5,\"num\":0.25,\"bool\":false,\"text\":\"abc\"}");
    json_free(j);
}

static void test_integers_are_exact(void **state)
{
    (void)state;
    static const int64_t values[] = {
        0, 1, -1, INT64_MAX, INT64_MIN, 9007199254740993, 1234567890123456789};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char expected[64];
        struct json *j = json_new_object();
        assert_int_equal(json_add_int(j, "n", values[i]), 0);
        snprintf(expected, sizeof expected, "{\"n\":%lld}", (long long)values[i]);
        assert_prints(j, expected);
        assert_true(json_int(j, "n", 42) == values[i]);
        assert_true(json_num(j, "n", 42) == (double)values[i]);
        assert_int_equal(json_kind(json_get(j, "n")), JSON_NUMBER);
        json_free(j);
    }
}

static void test_no_number(void **state)
{
    (void)state;
    static const double values[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct json *j = json_new_num(values[i]);
        assert_prints(j, "null");
        json_free(j);
    }
}

static void test_strings_are_made_valid(void **state)
{
    (void)state;
    struct json *j = json_new_object();
    assert_int_equal(json_add_str(j, "bad", "a\xFF\nb\xE2\x82"), 0);
    assert_int_equal(json_add_str(j, "good", "\033[1m\u202E"), 0); /* valid: as it is */
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(json_print(j, &b), 0);
    assert_true(text_is_utf8(buf_str(&b), b.len));
    struct json *again = parse_bytes(buf_str(&b), b.len);
    assert_string_equal(json_str(again, "bad"), "a\uFFFD\nb\uFFFD");
    assert_string_equal(json_str(again, "good"), "\033[1m\u202E");
    json_free(again);
    buf_release(&b);
    json_free(j);
}

/* However much a stray byte makes of what stands beside it. */
static void test_invalid_strings_keep_their_length(void **state)
{
    (void)state;
    enum { N = 1000 };
    char s[N + 2];
    memset(s, '\t', N); /* each grows eightfold where it is cleaned */
    s[N] = '\xFF';
    s[N + 1] = '\0';
    struct json *j = json_new_string(s);
    size_t n = strlen(json_string(j));
    assert_true(n > N);
    assert_string_equal(json_string(j) + n - 3, "\uFFFD");
    json_free(j);
}

static void test_adding_fails(void **state)
{
    (void)state;
    struct json *object = json_new_object(), *array = json_new_array();
    /* Each takes its child also then: the leak checkers would tell. */
    assert_int_equal(json_add(NULL, "a", json_new_int(1)), -1);
    assert_int_equal(json_add(array, "a", json_new_int(1)), -1);
    assert_int_equal(json_add(object, "a", NULL), -1);
    assert_int_equal(json_push(NULL, json_new_int(1)), -1);
    assert_int_equal(json_push(object, json_new_int(1)), -1);
    assert_int_equal(json_push(array, NULL), -1);
    assert_int_equal(json_set(NULL, "a", json_new_int(1)), -1);
    assert_int_equal(json_set(array, "a", json_new_int(1)), -1);
    assert_int_equal(json_set(object, "a", NULL), -1);
    assert_int_equal(json_add_str(NULL, "a", "x"), -1);
    assert_int_equal(json_add_int(array, "a", 1), -1);
    json_remove(NULL, "a");
    json_remove(array, "a");
    assert_prints(object, "{}");
    assert_prints(array, "[]");
    json_free(object);
    json_free(array);
}

static void test_set_and_remove(void **state)
{
    (void)state;
    struct json *j = parse("{\"a\":1,\"A\":2,\"b\":3}");
    assert_int_equal(json_set(j, "a", json_new_string("new")), 0);
    assert_int_equal(json_set(j, "c", json_new_bool(true)), 0);
    json_remove(j, "b");
    json_remove(j, "none");
    assert_prints(j, "{\"a\":\"new\",\"A\":2,\"c\":true}");
    json_remove(j, "a");
    assert_prints(j, "{\"A\":2,\"c\":true}");
    json_free(j);
}

static void test_dup(void **state)
{
    (void)state;
    struct json *j = parse("{\"a\":[1,{\"b\":\"c\"}],\"n\":null}"), *copy = json_dup(j);
    json_add_int(j, "big", INT64_MAX);
    json_remove(j, "a");
    assert_prints(copy, "{\"a\":[1,{\"b\":\"c\"}],\"n\":null}");
    json_free(copy);
    copy = json_dup(j);
    assert_true(json_int(copy, "big", 0) == INT64_MAX);
    assert_true(json_equal(j, copy));
    json_free(copy);
    json_free(j);
}

/* ---- comparing --------------------------------------------------------------------------------- */

static void test_equal(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"null", "null", true},
        {"null", "false", false},
        {"true", "true", true},
        {"true", "false", false},
        {"1", "1.0", true},
        {"1", "1.5", false},
        {"1", "\"1\"", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"A\"", false},
        {"[1,2]", "[1,2]", true},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1,2,3]", false},
        {"[1,2,3]", "[1,2]", false},
        {"[]", "{}", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1}", false},
        {"{\"a\":null}", "{\"b\":null}", false},
        {"{\"a\":1,\"a\":2}", "{\"a\":1}", true}, /* first wins */
        {"{\"a\":1,\"a\":2}", "{\"a\":2}", false},
        {"{\"a\":[{\"b\":[1]}]}", "{\"a\":[{\"b\":[1]}]}", true},
        {"{\"a\":[{\"b\":[1]}]}", "{\"a\":[{\"b\":[2]}]}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *a = parse(cases[i].a), *b = parse(cases[i].b);
        if (json_equal(a, b) != cases[i].equal || json_equal(b, a) != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        assert_true(json_equal(a, a));
        assert_false(json_equal(a, NULL));
        json_free(a);
        json_free(b);
    }
    assert_true(json_equal(NULL, NULL));
}

/* Built and parsed numbers of the same value are equal. */
static void test_equal_built(void **state)
{
    (void)state;
    struct json *built = json_new_int(5), *parsed = parse("5");
    assert_true(json_equal(built, parsed));
    assert_true(json_equal(parsed, built));
    struct json *max = json_new_int(INT64_MAX), *less = json_new_int(INT64_MAX - 1);
    assert_false(json_equal(max, less)); /* the same as doubles */
    json_free(built);
    json_free(parsed);
    json_free(max);
    json_free(less);
}

/* As deep as may be: comparing must not take two ways at each level. */
static void test_equal_deep(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_str_append(&b, "{\"a\":");
    buf_char(&b, '1');
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        buf_char(&b, '}');
    struct json *j = parse(buf_str(&b)), *k = parse(buf_str(&b));
    assert_true(json_equal(j, k));
    json_free(j);
    json_free(k);
    buf_release(&b);
}

/* ---- printing ---------------------------------------------------------------------------------- */

static void test_print_appends(void **state)
{
    (void)state;
    struct json *j = parse("{\"a\":1}");
    struct buf b;
    buf_init(&b, 10);
    assert_int_equal(buf_str_append(&b, "x"), 0);
    assert_int_equal(json_print(j, &b), 0);
    assert_string_equal(buf_str(&b), "x{\"a\":1}");
    assert_int_equal(json_print(j, &b), -1);
    assert_string_equal(buf_str(&b), "x{\"a\":1}");
    assert_true(b.full);
    assert_int_equal(json_print(NULL, &b), -1);
    buf_release(&b);
    json_free(j);
}

/* Controls, bidi and the invisible are escaped, so that looking at it does no harm; nothing is lost. */
static void test_print_is_safe_on_a_terminal(void **state)
{
    (void)state;
    const char *hostile = "a\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\x8b\xf3\xa0\x80\xa1"
                          "\xe2\x80\xa8\xee\x80\x80\xc3\xa9\xf0\x9f\x9a\x80";
    struct json *j = json_new_string(hostile);
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(json_print(j, &b), 0);
    assert_string_equal(buf_str(&b),
        "\"a\\u001b[31m\\u007f\\u009b\\u202e\\u200b\\udb40\\udc21\\u2028\\ue000\u00e9\U0001f680\"");
    struct json *again = parse(buf_str(&b));
    assert_string_equal(json_string(again), hostile);
    json_free(j);
    json_free(again);
    buf_release(&b);
}

/* What is printed reads as the same value: any double, any string. */
static void test_print_and_parse(void **state)
{
    (void)state;
    struct dice d = dice_new(3);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = dice_next(&d);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (i % 3 == 0)
            v = (double)(int64_t)bits / 1e6;
        char s[8] = {
            (char)(1 + dice_below(&d, 127)), (char)(1 + dice_below(&d, 127)), '\xC3', '\xA9'};
        struct json *j = json_new_array();
        json_push(j, json_new_num(v));
        json_push(j, json_new_string(s));
        json_push(j, json_new_int((int64_t)bits));
        struct buf b;
        buf_init(&b, 1000);
        assert_int_equal(json_print(j, &b), 0);
        struct json *again = parse_bytes(buf_str(&b), b.len);
        if (isfinite(v) && json_number(json_at(again, 0), 0) != v)
            fail_msg("%.17g is printed as %s", v, buf_str(&b));
        assert_string_equal(json_string(json_at(again, 1)), s);
        assert_true(json_equal(j, again) || !isfinite(v));
        json_free(again);
        json_free(j);
        buf_release(&b);
    }
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 500 };

static void *parse_and_print(void *arg)
{
    static int fault;
    char s[64];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(s, sizeof s, "{\"thread\":%d,\"round\":[%d]}", *(int *)arg, i);
        struct buf b;
        buf_init(&b, 100);
        struct json *j = json_parse(s, strlen(s), NULL);
        bool bad = !j || json_print(j, &b) || strcmp(buf_str(&b), s) != 0 ||
                   json_parse(s, strlen(s) - 1, NULL);
        json_free(j);
        buf_release(&b);
        if (bad)
            return &fault;
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, parse_and_print, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *fault;
        assert_int_equal(pthread_join(threads[i], &fault), 0);
        assert_null(fault);
    }
}

/* 0.1 + 0.2 is not 0.3 in binary; what is printed is what was counted in cents. */
static void test_money_has_no_binary_fractions(void **state)
{
    (void)state;
    const struct {
        double dollars;
        const char *printed;
    } rows[] = {{0.1 + 0.2, "0.3"}, {5.6000000000000005, "5.6"}, {0.69 * 3, "2.07"},
        {1.0 / 3, "0.333333"}, {0.000123456789, "0.000123457"}, {1234567.891, "1234567.891"},
        {0, "0"}, {-2.04, "-2.04"}, {NAN, "null"}, {INFINITY, "null"}, {1e300, "1e+300"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct json *j = json_new_money(rows[i].dollars);
        buf_init(&out, 64);
        assert_int_equal(json_print(j, &out), 0);
        assert_string_equal(buf_str(&out), rows[i].printed);
        buf_release(&out);
        json_free(j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul_is_refused),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_every_beginning),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_wrong_kinds),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_text_is_clean),
        cmocka_unit_test(test_build),
        cmocka_unit_test(test_integers_are_exact),
        cmocka_unit_test(test_no_number),
        cmocka_unit_test(test_strings_are_made_valid),
        cmocka_unit_test(test_invalid_strings_keep_their_length),
        cmocka_unit_test(test_adding_fails),
        cmocka_unit_test(test_set_and_remove),
        cmocka_unit_test(test_dup),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_built),
        cmocka_unit_test(test_equal_deep),
        cmocka_unit_test(test_print_appends),
        cmocka_unit_test(test_print_is_safe_on_a_terminal),
        cmocka_unit_test(test_print_and_parse),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_money_has_no_binary_fractions),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
