/* Memory by lifetime. */
#include "base/arena.h"

#include "dice.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *new_arena(size_t max)
{
    struct arena *a = arena_new(max);
    assert_non_null(a);
    return a;
}

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* Any mixture of sizes: aligned, zeroed, and nobody writes into another's bytes. */
static void test_any_sizes(void **state)
{
    (void)state;
    enum { PIECES = 400 };
    static const size_t limits[] = {16, 600, 5000, 400000};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice d = dice_new(seed);
        struct arena *a = new_arena((size_t)1 << 30);
        unsigned char *piece[PIECES];
        size_t size[PIECES], sum = 0;
        for (size_t i = 0; i < PIECES; i++) {
            size[i] = dice_below(&d, limits[dice_below(&d, i % 50 ? 3 : 4)]);
            piece[i] = arena_alloc(a, size[i]);
            assert_non_null(piece[i]);
            assert_int_equal((uintptr_t)piece[i] % alignof(max_align_t), 0);
            assert_true(is_zero(piece[i], size[i]));
            memset(piece[i], (int)(i % 255) + 1, size[i]);
            sum += size[i];
        }
        for (size_t i = 0; i < PIECES; i++)
            for (size_t k = 0; k < size[i]; k++)
                assert_int_equal(piece[i][k], i % 255 + 1);
        assert_true(arena_size(a) >= sum);
        arena_free(a);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    struct arena *a = new_arena(1000);
    assert_int_equal(arena_size(a), 0);
    void *p = arena_alloc(a, 0), *q = arena_alloc(a, 0);
    assert_non_null(p);
    assert_non_null(q);
    assert_non_null(arena_array(a, 0, 8));
    assert_non_null(arena_array(a, 8, 0));
    arena_free(a);
    arena_free(NULL);
}

static void test_maximum(void **state)
{
    (void)state;
    enum { MAX = 4096 };
    struct arena *a = new_arena(MAX);
    assert_null(arena_alloc(a, MAX + 1));
    size_t given = 0;
    while (arena_alloc(a, 64))
        given += 64;
    assert_true(given > 0 && given <= MAX);
    assert_true(arena_size(a) <= MAX);
    size_t before = arena_size(a);
    assert_null(arena_alloc(a, MAX));
    assert_null(arena_strdup(a, "a string that has no room any more, however short it may look"));
    assert_int_equal(arena_size(a), before); /* a refusal takes nothing */
    arena_free(a);
    a = new_arena(MAX);
    assert_non_null(arena_alloc(a, MAX)); /* all at once */
    assert_null(arena_alloc(a, 1));
    arena_free(a);
    a = new_arena(0);
    assert_null(arena_alloc(a, 1));
    arena_free(a);
}

static void test_sizes_that_wrap(void **state)
{
    (void)state;
    static const size_t maxima[] = {1 << 20, SIZE_MAX};
    static const size_t huge[] = {
        SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX - 100, SIZE_MAX / 2 + 1};
    for (size_t m = 0; m < 2; m++) {
        struct arena *a = new_arena(maxima[m]);
        for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
            assert_null(arena_alloc(a, huge[i]));
            assert_null(arena_dup(a, "x", huge[i]));
            assert_null(arena_array(a, huge[i], 2));
            assert_null(arena_array(a, 2, huge[i]));
        }
        assert_null(arena_array(a, SIZE_MAX / 8 + 2, 8));
        assert_non_null(arena_array(a, 10, 8));
        arena_free(a);
    }
}

static void test_copies(void **state)
{
    (void)state;
    struct arena *a = new_arena(1 << 20);
    char source[] = "source";
    char *s = arena_strdup(a, source), *d = arena_dup(a, "a\0bX", 3);
    char *empty = arena_dup(a, NULL, 0);
    source[0] = 'S';
    assert_string_equal(s, "source");
    assert_memory_equal(d, "a\0b", 4);
    assert_string_equal(empty, "");
    assert_string_equal(arena_strdup(a, ""), "");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_sizes),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_sizes_that_wrap),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
