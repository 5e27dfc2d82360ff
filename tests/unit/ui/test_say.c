/* Numbers as words at the edges of their units, and lines that hold everything and are never too wide. */
#include "ui/say.h"

#include "dice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_times(void **state)
{
    char out[SAY_MAX];
    (void)state;
    assert_string_equal(say_age(out, -1), "—");
    assert_string_equal(say_age(out, 0), "0s");
    assert_string_equal(say_age(out, 59999), "59s");
    assert_string_equal(say_age(out, 60000), "1m00s");
    assert_string_equal(say_age(out, 860000), "14m20s");
    assert_string_equal(say_age(out, 3600000), "1h00m");
    assert_string_equal(say_age(out, INT64_C(76) * 3600000), "3d4h");
    assert_string_equal(say_age_short(out, 3599999), "59m");
    assert_string_equal(say_age_short(out, INT64_MAX), "106751991167d");
    assert_string_equal(say_span(out, 800), "0.8s");
    assert_string_equal(say_span(out, 1210), "1.21s");
    assert_string_equal(say_span(out, 41000), "41s");
    assert_string_equal(say_left(out, 41), "0:41");
    assert_string_equal(say_left(out, 3723), "1:02:03");
    assert_string_equal(say_left(out, (double)NAN), "—");
    assert_string_equal(say_left(out, INFINITY), "—");
    assert_string_equal(say_clock(out, 1795442551000), "14:02:31");
}

static void test_amounts(void **state)
{
    char out[SAY_MAX];
    (void)state;
    assert_string_equal(say_bytes(out, 718), "718 B");
    assert_string_equal(say_bytes(out, 999), "999 B");
    assert_string_equal(say_bytes(out, 1100), "1.1 kB");
    assert_string_equal(say_bytes(out, 999999), "1.0 MB");
    assert_string_equal(say_bytes(out, 4900000000), "4.9 GB");
    assert_string_equal(say_bytes(out, INT64_MAX), "9.2 EB");
    assert_string_equal(say_bytes(out, -1), "—");
    assert_string_equal(say_speed(out, 118e6), "118 MB/s");
    assert_string_equal(say_speed(out, INFINITY), "—");
    assert_string_equal(say_money(out, 41.2), "$41.20");
    assert_string_equal(say_money(out, 0.00041), "$.00041");
    assert_string_equal(say_money(out, 0.0143), "$0.0143");
    assert_string_equal(say_money(out, 0.79), "$0.79");
    assert_string_equal(say_money(out, -2.04), "−$2.04");
    assert_string_equal(say_amount(out, 0), "0");
    assert_string_equal(say_amount(out, 0.00009), ".00009");
    assert_string_equal(say_amount(out, 0.0099), ".0099");
    assert_string_equal(say_amount(out, 0.00999), "0.0100");
    assert_string_equal(say_amount(out, 1e-30), "0");
    assert_string_equal(say_amount(out, (double)NAN), "—");
    assert_string_equal(say_count(out, 1204), "1 204");
    assert_string_equal(say_count(out, 7), "7");
    assert_string_equal(say_count(out, INT64_MAX), "9 223 372 036 854 775 807");
    assert_string_equal(say_tokens(out, 8192), "8k");
    assert_string_equal(say_tokens(out, 512), "512");
    assert_string_equal(say_value(out, 0.412), "0.412");
    assert_string_equal(say_value(out, 12.345), "12.35");
    assert_string_equal(say_value(out, 1.2e-5), "1.2e-05");
    assert_string_equal(say_value(out, -INFINITY), "-inf");
}

/* No number, however odd, is cut or leaves its room. */
static void test_any_number(void **state)
{
    struct dice dice = dice_new(20261123);
    char out[SAY_MAX];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double value =
            ldexp((double)(int32_t)dice_next(&dice), (int)(dice_next(&dice) % 200) - 100);
        int64_t whole = (int64_t)(dice_next(&dice) << 32 ^ dice_next(&dice));
        assert_true(strlen(say_amount(out, value)) < SAY_MAX - 1);
        assert_true(strlen(say_money(out, value)) < SAY_MAX - 1);
        assert_true(strlen(say_value(out, value)) < SAY_MAX - 1);
        assert_true(strlen(say_left(out, value)) < SAY_MAX - 1);
        assert_true(strlen(say_speed(out, value)) < SAY_MAX - 1);
        assert_true(strlen(say_count(out, whole)) < SAY_MAX - 1);
        assert_true(strlen(say_age(out, whole)) < SAY_MAX - 1);
        assert_true(strlen(say_bytes(out, whole)) < SAY_MAX - 1);
        assert_true(strlen(say_clock(out, whole)) == 8);
    }
}

static void check_line(struct text t, int width, size_t *offset, const char *expected)
{
    struct text line;
    assert_true(say_wrap(t, width, offset, &line));
    assert_int_equal(line.len, strlen(expected));
    assert_memory_equal(line.s, expected, line.len);
}

static void test_wrap(void **state)
{
    struct text t = TEXT("one two three\n\nfourfivesix 日本語");
    struct text line;
    size_t offset = 0;
    (void)state;
    check_line(t, 7, &offset, "one two");
    check_line(t, 7, &offset, "three");
    check_line(t, 7, &offset, "");
    check_line(t, 7, &offset, "fourfiv");
    check_line(t, 7, &offset, "esix");
    check_line(t, 7, &offset, "日本語");
    assert_false(say_wrap(t, 7, &offset, &line));
    assert_int_equal(say_wrap_count(t, 7, 100), 6);
    assert_int_equal(say_wrap_count(t, 7, 2), 2);
    assert_int_equal(say_wrap_count(TEXT(""), 7, 2), 0);
}

/* Whatever the text: no line is too wide, only spaces and line feeds are left out, and it ends. */
static void test_wrap_any(void **state)
{
    static const char *const pieces[] = {
        "a", " ", "\n", "word", "日", "e\xcc\x81", "  ", "longerword"};
    struct dice dice = dice_new(7);
    (void)state;
    for (int round = 0; round < 3000; round++) {
        char bytes[512] = "";
        size_t len = 0, offset = 0, shown = 0, wanted = 0;
        for (uint64_t n = dice_next(&dice) % 40; n > 0; n--)
            len += (size_t)snprintf(
                bytes + len, sizeof bytes - len, "%s", pieces[dice_next(&dice) % 8]);
        struct text t = {bytes, len}, line;
        int width = (int)(dice_next(&dice) % 12) + 2;
        for (size_t i = 0; i < len; i++)
            wanted += bytes[i] != ' ' && bytes[i] != '\n';
        for (int lines = 0; say_wrap(t, width, &offset, &line); lines++) {
            assert_true(lines < 600);
            assert_true(text_width(line) <= (size_t)width);
            for (size_t i = 0; i < line.len; i++)
                shown += line.s[i] != ' ' && line.s[i] != '\n';
        }
        assert_int_equal(shown, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_any_number),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_wrap_any),
    };
    return cmocka_run_group_tests_name("say", tests, NULL, NULL);
}
