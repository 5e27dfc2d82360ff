#include "model/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct text text_of(const char *s)
{
    return (struct text){s, strlen(s)};
}

/* The row that most tests look at. */
static const struct filter_field row[] = {
    {"endpoint", {"legal", 5}},
    {"level", {"error", 5}},
    {"line", {"Engine crash: CUDA reset at 14:02 in /usr/lib, path a/b", 55}},
};

static bool passes(const char *typed)
{
    struct err e;
    err_clear(&e);
    struct filter *f = filter_new(text_of(typed), &e);
    if (!f)
        fail_msg("%s: %s", typed, e.message);
    bool result = filter_matches(f, row, sizeof row / sizeof row[0]);
    filter_free(f);
    return result;
}

static void expect(const char *typed, bool expected)
{
    if (passes(typed) != expected)
        fail_msg("<%s> should%s pass", typed, expected ? "" : " not");
}

static void expect_refused(const char *typed)
{
    struct err e;
    err_clear(&e);
    struct filter *f = filter_new(text_of(typed), &e);
    if (f)
        fail_msg("<%s> was understood", typed);
    assert_int_equal(e.class, ERR_INPUT);
    assert_true(e.message[0] != '\0');
    assert_null(filter_new(text_of(typed), NULL));
}

static void test_words_must_all_be_there(void **state)
{
    (void)state;
    expect("", true);
    expect("   ", true);
    expect("crash", true);
    expect("CRASH  cuda", true);
    expect("crash absent", false);
    expect("legal crash", true); /* in different fields */
    expect("legalerror", false); /* no field holds it */
    expect("rash", true);
    expect("c.ash", false); /* a word is no expression */
    expect("14:02", true);  /* no field's name begins with a digit */
    expect("a/b", true);
    expect("b\"", false);
}

static void test_quoted_words_keep_their_spaces(void **state)
{
    (void)state;
    expect("\"cuda reset\"", true);
    expect("\"reset cuda\"", false);
    expect("cuda\" reset", false); /* a quote inside of a word is a byte as others */
    expect("\"/usr/lib\"", true);
    expect("\"!crash\"", false);
}

static void test_fields(void **state)
{
    (void)state;
    expect("endpoint:legal", true);
    expect("endpoint:LEG", true);
    expect("Endpoint:legal", true);
    expect("endpoint:crash", false);
    expect("level:error line:crash", true);
    expect("line:\"cuda reset\"", true);
    expect("line:/reset.*lib/", true);
    expect("endpoint:/reset/", false);
    expect("nosuch:legal", false);
    expect("!nosuch:legal", true);
    expect("line:a/b", true);
}

static void test_not(void **state)
{
    (void)state;
    expect("!idle", true);
    expect("!crash", false);
    expect("!endpoint:legal", false);
    expect("!endpoint:support crash", true);
    expect("!\"cuda reset\"", false);
    expect("!/timeout|reset/", false);
    expect("!/timeout|gone/", true);
    expect("!!crash", true);
    expect("crash endpoint:legal !idle /timeout|reset/", true);
}

static void test_expressions(void **state)
{
    (void)state;
    expect("/cu.a/", true);
    expect("/CUDA reset at \\d\\d:/", true);
    expect("/^engine/", true);
    expect("/^crash/", false);
    expect("/\\/usr\\/lib/", true);
    expect("/legal$/ /b$/", true);
    expect("/cuda\\\\/", false); /* the backslash is not what closes it */
}

static void test_what_is_half_typed_says_why(void **state)
{
    (void)state;
    static const char *const typed[] = {"/", "//", "/time", "/(a/", "/a\\/", "/[a/", "/*/", "!",
        "!!", "\"", "\"two words", "\"\"", "endpoint:", "endpoint: legal", "line:/", "line:\"",
        "crash !", "/a/b", "\"a\"b", "/\\C/", "/\\"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        expect_refused(typed[i]);
}

static void test_null_passes_all(void **state)
{
    (void)state;
    assert_true(filter_matches(NULL, row, 1));
    assert_true(filter_matches(NULL, NULL, 0));
    filter_free(NULL);
}

static void test_a_row_without_fields(void **state)
{
    (void)state;
    struct filter *f = filter_new(TEXT("crash"), NULL), *not = filter_new(TEXT("!crash"), NULL);
    assert_false(filter_matches(f, NULL, 0));
    assert_true(filter_matches(not, NULL, 0));
    filter_free(f);
    filter_free(not );
}

static bool finds(const char *typed, const char *value, size_t len)
{
    struct filter *f = filter_new(text_of(typed), NULL);
    assert_non_null(f);
    bool result = filter_matches(f, &(struct filter_field){"line", {value, len}}, 1);
    filter_free(f);
    return result;
}

static void test_texts_are_what_their_length_says(void **state)
{
    (void)state;
    assert_false(finds("crash", "no crash", 7)); /* a text that was cut has no NUL */
    assert_true(finds("/^no cras$/", "no crash", 7));
    assert_false(finds("x", "", 0));
    assert_false(finds("x", NULL, 0));
    assert_true(finds("ÜBER", "fahrt über land", strlen("fahrt über land")));
    assert_true(finds("λ", "ΑΛΦΑ", strlen("ΑΛΦΑ")));
    assert_true(finds("crash", "bad \xff\xc3 bytes, crash", 21)); /* cannot be, and does no harm */
}

static void test_bounds(void **state)
{
    (void)state;
    char typed[FILTER_BYTES_MAX + 2];
    memset(typed, 'a', sizeof typed);
    typed[FILTER_BYTES_MAX] = '\0';
    expect(typed, false);
    typed[FILTER_BYTES_MAX] = 'a';
    typed[FILTER_BYTES_MAX + 1] = '\0';
    expect_refused(typed);
    typed[0] = '\0';
    for (int i = 0; i < FILTER_TERMS_MAX; i++)
        snprintf(typed + 2 * i, 3, "a ");
    expect(typed, true);
    snprintf(typed + 2 * FILTER_TERMS_MAX, 2, "a");
    expect_refused(typed);
    memset(typed, '(', 200);
    memset(typed + 200, ')', 200);
    typed[0] = typed[399] = '/';
    typed[400] = '\0';
    expect_refused(typed);
}

/* Expressions that would try for ages: they must end, in whatever way. */
static void test_costly_expressions_end(void **state)
{
    (void)state;
    static const char *const costly[] = {"/(a+)+[bc]/", "/(a|aa)+$[bc]/", "/(.+)+[xz]/",
        "/a*a*a*a*a*a*[bc]/", "/(*NO_JIT)(a+)+[bc]/", "/(*LIMIT_MATCH=4000000000)(a+)+[bc]/",
        "/((a{1,100}){1,100})+[bc]/", "/(?=(a+))(a|\\1)*[bc]/", "/(?R)?a+[bc]/"};
    enum { LENGTH = 20000 };
    char *line = malloc(LENGTH);
    assert_non_null(line);
    memset(line, 'a', LENGTH);
    for (size_t i = 0; i < sizeof costly / sizeof costly[0]; i++)
        if (finds(costly[i], line, LENGTH))
            fail_msg("%s", costly[i]);
    assert_true(finds("/a.*[a]/", line, LENGTH));
    free(line);
}

/* Whatever is typed is understood or refused with a reason, and matches without harm. */
static void test_anything_may_be_typed(void **state)
{
    (void)state;
    static const char bytes[] = "a/\\\"!: .*+?()[]{}|^$-,lineCR0\xc3\xbc";
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct dice dice = dice_new(seed);
        char typed[32];
        size_t n = dice_below(&dice, sizeof typed);
        for (size_t i = 0; i < n; i++)
            typed[i] = bytes[dice_below(&dice, sizeof bytes - 1)];
        struct err e;
        err_clear(&e);
        struct filter *f = filter_new((struct text){typed, n}, &e);
        if (!f && e.class != ERR_INPUT)
            fail_msg("seed %llu: %s", (unsigned long long)seed, e.message);
        filter_matches(f, row, sizeof row / sizeof row[0]);
        filter_free(f);
    }
}

/* Where typing on is said to narrow, no row passes that did not pass before; and where it plainly does, it is
 * said. */
static void test_typing_on_narrows(void **state)
{
    (void)state;
    static const char bytes[] = "legale :!\"/ae rs:";
    static const char words[] = "abelgr: ";
    static const char *const yes[][2] = {
        {"le", "leg"}, {"le", "le x"}, {"!le", "!le x"}, {"a le", "a leg"}, {"level:e", "level:er"}};
    static const char *const no[][2] = {{"le", "l"}, {"le", "le"}, {"!le", "!leg"}, {"le", "le:"},
        {"/e/", "/e/ x:"}, {"ab", "xb"}, {"", "!a"}};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(filter_narrows(text_of(yes[i][0]), text_of(yes[i][1])));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(filter_narrows(text_of(no[i][0]), text_of(no[i][1])));
    size_t narrowed = 0;
    for (uint64_t seed = 1; seed <= 30000; seed++) {
        struct dice dice = dice_new(seed);
        char typed[16], value[24];
        size_t n = 1 + dice_below(&dice, 8), more = n + 1 + dice_below(&dice, 4);
        for (size_t i = 0; i < more; i++)
            typed[i] = bytes[dice_below(&dice, sizeof bytes - 1)];
        struct text first = {typed, n}, second = {typed, more};
        struct filter *a = filter_new(first, NULL), *b = filter_new(second, NULL);
        bool narrows = a && b && filter_narrows(first, second);
        narrowed += narrows;
        for (int k = 0; k < 10 && narrows; k++) {
            size_t length = dice_below(&dice, sizeof value);
            for (size_t i = 0; i < length; i++)
                value[i] = words[dice_below(&dice, sizeof words - 1)];
            const struct filter_field fields[] = {{"level", {value, length / 2}},
                {"e", {value + length / 2, length - length / 2}}};
            if (filter_matches(b, fields, 2) && !filter_matches(a, fields, 2))
                fail_msg("seed %llu: <%.*s> is no narrower than <%.*s>", (unsigned long long)seed,
                    (int)more, typed, (int)n, typed);
        }
        filter_free(a);
        filter_free(b);
    }
    assert_true(narrowed > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_must_all_be_there),
        cmocka_unit_test(test_quoted_words_keep_their_spaces),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_not),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_what_is_half_typed_says_why),
        cmocka_unit_test(test_null_passes_all),
        cmocka_unit_test(test_a_row_without_fields),
        cmocka_unit_test(test_texts_are_what_their_length_says),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_costly_expressions_end),
        cmocka_unit_test(test_anything_may_be_typed),
        cmocka_unit_test(test_typing_on_narrows),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
