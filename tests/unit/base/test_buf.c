/* The growing buffer and its maximum. */
#include "base/buf.h"

#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What holds after every call. */
static void assert_sound(const struct buf *b, const char *expected, size_t n)
{
    assert_int_equal(b->len, n);
    assert_true(b->len <= b->max);
    assert_memory_equal(buf_str(b), expected, n);
    assert_int_equal(buf_str(b)[n], 0);
    assert_true(!b->data || b->cap > b->len);
}

static void test_empty(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_null(b.data);
    assert_string_equal(buf_str(&b), "");
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_int_equal(buf_append(&b, "", 0), 0);
    assert_int_equal(buf_str_append(&b, ""), 0);
    buf_drop(&b, 0);
    buf_clear(&b);
    assert_sound(&b, "", 0);
    assert_false(b.full);
    buf_release(&b);
    buf_release(&b);
    assert_int_equal(b.max, 10);
}

static void test_append(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(buf_append(&b, "a\0b", 3), 0);
    assert_int_equal(buf_str_append(&b, "cd"), 0);
    assert_int_equal(buf_char(&b, 'e'), 0);
    assert_int_equal(buf_char(&b, '\0'), 0);
    assert_int_equal(buf_printf(&b, "%d-%s", 42, "x"), 0);
    assert_sound(&b,
        "a\0bcde\0"
        "42-x",
        11);
    buf_release(&b);
    assert_sound(&b, "", 0);
}

static void test_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    assert_int_equal(buf_str_append(&b, "abc"), 0);
    assert_int_equal(buf_str_append(&b, "def"), -1);
    assert_true(b.full);
    assert_sound(&b, "abc", 3);
    assert_int_equal(buf_printf(&b, "%d", 123), -1);
    assert_int_equal(buf_reserve(&b, 3), -1);
    assert_int_equal(buf_append(&b, "x", SIZE_MAX), -1);
    assert_int_equal(buf_append(&b, "x", SIZE_MAX - 2), -1);
    assert_sound(&b, "abc", 3);
    /* What fits is still taken, but the refusal is remembered. */
    assert_int_equal(buf_str_append(&b, "de"), 0);
    assert_sound(&b, "abcde", 5);
    assert_true(b.full);
    assert_int_equal(buf_char(&b, 'f'), -1);
    buf_clear(&b);
    assert_false(b.full);
    assert_sound(&b, "", 0);
    assert_int_equal(buf_printf(&b, "%s", "12345"), 0);
    assert_sound(&b, "12345", 5);
    buf_release(&b);
}

static void test_maximum_of_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_int_equal(buf_append(&b, "", 0), 0);
    assert_int_equal(buf_char(&b, 'x'), -1);
    assert_sound(&b, "", 0);
    buf_release(&b);
    /* No maximum at all must not wrap around. */
    buf_init(&b, SIZE_MAX);
    assert_int_equal(buf_str_append(&b, "abc"), 0);
    assert_int_equal(buf_reserve(&b, SIZE_MAX - 2), -1);
    assert_sound(&b, "abc", 3);
    buf_release(&b);
}

static void test_release_clears_full(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1);
    assert_int_equal(buf_str_append(&b, "ab"), -1);
    buf_release(&b);
    assert_false(b.full);
    assert_int_equal(buf_char(&b, 'a'), 0);
    assert_int_equal(buf_char(&b, 'b'), -1);
    buf_release_secret(&b);
    assert_false(b.full);
    assert_int_equal(b.max, 1);
    buf_release_secret(&b);
}

static void test_reserve_and_write_in_place(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(buf_str_append(&b, "head"), 0);
    assert_int_equal(buf_reserve(&b, 900), 0);
    assert_sound(&b, "head", 4);
    memset(b.data + b.len, 'x', 900);
    b.len += 900;
    assert_int_equal(buf_char(&b, '!'), 0);
    assert_int_equal(b.len, 905);
    assert_memory_equal(buf_str(&b), "headx", 5);
    assert_string_equal(buf_str(&b) + 903, "x!");
    buf_release(&b);
}

static void test_drop(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 8);
    assert_int_equal(buf_append(&b, "a\0bcdefg", 8), 0);
    buf_drop(&b, 3);
    assert_sound(&b, "cdefg", 5);
    assert_int_equal(buf_str_append(&b, "hij"), 0);
    buf_drop(&b, 8);
    assert_sound(&b, "", 0);
    assert_int_equal(buf_str_append(&b, "12345678"), 0);
    buf_release(&b);
}

static void test_take(void **state)
{
    (void)state;
    struct buf b;
    size_t n = 99;
    buf_init(&b, 100);
    char *s = buf_take(&b, &n); /* even of nothing */
    assert_non_null(s);
    assert_string_equal(s, "");
    assert_int_equal(n, 0);
    free(s);
    assert_int_equal(buf_append(&b, "a\0b", 3), 0);
    s = buf_take(&b, &n);
    assert_non_null(s);
    assert_int_equal(n, 3);
    assert_memory_equal(s, "a\0b", 4);
    assert_sound(&b, "", 0);
    assert_int_equal(b.max, 100);
    assert_int_equal(buf_str_append(&b, "again"), 0);
    char *other = buf_take(&b, NULL);
    assert_non_null(other);
    assert_string_equal(other, "again");
    assert_memory_equal(s, "a\0b", 4);
    free(s);
    free(other);
}

static void test_long_printf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    assert_int_equal(buf_printf(&b, "%099999d%c", 7, 'x'), 0);
    assert_int_equal(b.len, 100000);
    assert_string_equal(buf_str(&b) + 99998, "7x");
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_printf(&b, "y"), -1);
    buf_release(&b);
}

/* Against a plain array, with any order of calls. */
static void test_any_calls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct dice d = dice_new(seed);
        char model[300], piece[100];
        size_t n = 0, max = dice_below(&d, sizeof model);
        struct buf b;
        buf_init(&b, max);
        for (int step = 0; step < 50; step++) {
            size_t size = dice_below(&d, sizeof piece);
            memset(piece, 'a' + step % 26, size);
            bool fits = size <= max - n;
            if (dice_below(&d, 4) > 0) {
                assert_int_equal(buf_append(&b, piece, size), fits ? 0 : -1);
                memcpy(model + n, piece, fits ? size : 0);
                n += fits ? size : 0;
            } else {
                size_t drop = size < n ? size : n;
                buf_drop(&b, drop);
                memmove(model, model + drop, n - drop);
                n -= drop;
            }
            assert_sound(&b, model, n);
        }
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_maximum_of_nothing),
        cmocka_unit_test(test_release_clears_full),
        cmocka_unit_test(test_reserve_and_write_in_place),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_long_printf),
        cmocka_unit_test(test_any_calls),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
