/* Time, real and made. Tests with the real clock only compare it with itself and with the system's,
 * and allow for a machine that stalls. */
#include "base/clock.h"

#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>

enum { START = 1763877900 };
static const int64_t start_ms = (int64_t)START * 1000 + 123;

static struct clock *new_clock(double speed)
{
    struct clock *c = clock_new(start_ms, speed);
    assert_non_null(c);
    return c;
}

static int64_t system_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- reading ----------------------------------------------------------------------------------- */

static void test_real_clock(void **state)
{
    (void)state;
    struct clock *c = clock_real();
    assert_ptr_equal(c, clock_real());
    int64_t before = system_ms(CLOCK_MONOTONIC), wall_before = system_ms(CLOCK_REALTIME);
    int64_t mono = clock_mono_ms(c), wall = clock_wall_ms(c);
    assert_true(mono >= before && mono <= system_ms(CLOCK_MONOTONIC));
    assert_true(wall >= wall_before && wall <= system_ms(CLOCK_REALTIME));
    assert_true(clock_speed(c) == 1);
    /* It cannot be set. */
    clock_advance(c, 1000000000);
    clock_set_speed(c, 1000);
    assert_true(clock_mono_ms(c) < before + 1000000);
    assert_true(clock_speed(c) == 1);
    clock_free(c);
    assert_true(clock_mono_ms(c) >= before);
    clock_free(NULL);
}

static void test_clock_that_stands_still(void **state)
{
    (void)state;
    struct clock *c = new_clock(0);
    assert_int_equal(clock_wall_ms(c), start_ms);
    assert_true(clock_speed(c) == 0);
    int64_t mono = clock_mono_ms(c);
    clock_advance(c, 1500);
    assert_int_equal(clock_wall_ms(c), start_ms + 1500);
    assert_int_equal(clock_mono_ms(c), mono + 1500);
    clock_advance(c, 0);
    clock_advance(c, -1000); /* never backwards */
    assert_int_equal(clock_mono_ms(c), mono + 1500);
    clock_advance(c, (int64_t)400 * 24 * 3600 * 1000);
    assert_int_equal(clock_mono_ms(c), mono + 1500 + (int64_t)400 * 24 * 3600 * 1000);
    assert_int_equal(clock_real_wait_ms(c, 1), -1);
    assert_int_equal(clock_real_wait_ms(c, 0), 0);
    clock_free(c);
}

/* At a million times the pace a thousand seconds pass within a millisecond. */
static void test_clock_that_runs(void **state)
{
    (void)state;
    struct clock *c = new_clock(1e6);
    int64_t deadline = system_ms(CLOCK_MONOTONIC) + 10000;
    while (clock_mono_ms(c) < 1000 * 1000 && system_ms(CLOCK_MONOTONIC) < deadline)
        continue;
    assert_true(clock_mono_ms(c) >= 1000 * 1000);
    assert_true(clock_wall_ms(c) >= start_ms + 1000 * 1000);
    clock_set_speed(c, 0);
    int64_t stopped = clock_mono_ms(c), wall = clock_wall_ms(c);
    assert_int_equal(wall - start_ms, stopped);
    clock_advance(c, 5);
    assert_int_equal(clock_mono_ms(c), stopped + 5);
    clock_set_speed(c, -3); /* no such thing: stands still */
    assert_true(clock_speed(c) == 0);
    assert_int_equal(clock_mono_ms(c), stopped + 5);
    clock_free(c);
}

/* Whatever is done to it, mono never goes back and keeps its distance to wall. */
static void test_never_backwards(void **state)
{
    (void)state;
    struct dice d = dice_new(1);
    struct clock *c = new_clock(1);
    int64_t last = clock_mono_ms(c);
    for (int i = 0; i < 5000; i++) {
        switch (dice_below(&d, 3)) {
        case 0:
            clock_advance(c, (int64_t)dice_below(&d, 1000));
            break;
        case 1:
            clock_set_speed(c, (double)dice_below(&d, 100000));
            break;
        default:
            break;
        }
        int64_t now = clock_mono_ms(c);
        assert_true(now >= last);
        last = now;
    }
    clock_set_speed(c, 0);
    assert_int_equal(clock_wall_ms(c) - clock_mono_ms(c), start_ms);
    clock_free(c);
}

static void test_real_wait(void **state)
{
    (void)state;
    static const struct {
        double speed;
        int64_t ms, least, most;
    } cases[] = {
        {1, 1000, 1000, 1001},
        {1, 0, 0, 0},
        {1, -5, 0, 0},
        {10, 1000, 100, 101},
        {0.5, 1000, 2000, 2001},
        {3, 1000, 334, 335},
        {1e9, 1000, 1, 1}, /* something has to pass: no busy loop */
        {1, INT64_MAX, INT64_MAX / 4, INT64_MAX},
        {1e-9, INT64_MAX, INT64_MAX / 4, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clock *c = new_clock(cases[i].speed);
        int64_t wait = clock_real_wait_ms(c, cases[i].ms);
        assert_true(wait >= cases[i].least && wait <= cases[i].most);
        clock_free(c);
    }
    assert_in_range(clock_real_wait_ms(clock_real(), 1000), 1000, 1001);
}

/* ---- RFC 3339 ---------------------------------------------------------------------------------- */

static void test_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *with, *without;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00Z"},
        {1763877900123, "2025-11-23T06:05:00.123Z", "2025-11-23T06:05:00Z"},
        {1763877900999, "2025-11-23T06:05:00.999Z", "2025-11-23T06:05:00Z"},
        {951782400000, "2000-02-29T00:00:00.000Z", "2000-02-29T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z"},
        {-30610224000000, "1000-01-01T00:00:00.000Z", "1000-01-01T00:00:00Z"},
        {-62135596800000, "0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z"},
    };
    char out[CLOCK_RFC3339_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clock_rfc3339(out, cases[i].ms, 1);
        assert_string_equal(out, cases[i].with);
        clock_rfc3339(out, cases[i].ms, 0);
        assert_string_equal(out, cases[i].without);
    }
}

/* Years that four digits cannot hold: anything, as long as it stays within `out`. */
static void test_format_far_away(void **state)
{
    (void)state;
    static const int64_t far[] = {253402300800000, INT64_MAX, INT64_MIN, -99999999999999};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        char out[CLOCK_RFC3339_MAX + 1];
        memset(out, 'x', sizeof out);
        clock_rfc3339(out, far[i], 1);
        assert_non_null(memchr(out, '\0', CLOCK_RFC3339_MAX));
        assert_int_equal(out[CLOCK_RFC3339_MAX], 'x');
    }
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0}, {"2025-11-23T06:05:00.123Z", 1763877900123},
        {"2025-11-23t06:05:00.123z", 1763877900123}, {"2025-11-23 06:05:00.123Z", 1763877900123},
        {"2025-11-23T06:05:00.1Z", 1763877900100}, {"2025-11-23T06:05:00.12Z", 1763877900120},
        {"2025-11-23T06:05:00.123999Z", 1763877900123},
        {"2025-11-23T06:05:00.123456789012345678901234567890Z", 1763877900123},
        {"2025-11-23T08:05:00.123+02:00", 1763877900123},
        {"2025-11-23T02:35:00.123-03:30", 1763877900123},
        {"2025-11-22T23:59:00+00:00", 1763855940000}, {"2024-02-29T00:00:00Z", 1709164800000},
        {"2016-12-31T23:59:60Z", 1483228800000}, /* a leap second */
        {"1969-12-31T23:59:59.999Z", -1}, {"9999-12-31T23:59:59Z", 253402300799000},
        {"0001-01-01T00:00:00Z", -62135596800000}, /* Go's zero time */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 42;
        assert_int_equal(clock_parse_rfc3339(cases[i].s, &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {"", "Z", "2025", "2025-11-23", "2025-11-23T06:05:00",
        "2025-11-23T06:05Z", "2025-11-23T06:05:00.Z", "2025-11-23T06:05:00Z ",
        " 2025-11-23T06:05:00Z", "2025-11-23T06:05:00Zx", "2025-13-01T00:00:00Z",
        "2025-00-01T00:00:00Z", "2025-02-29T00:00:00Z", "2025-04-31T00:00:00Z",
        "2025-01-00T00:00:00Z", "2025-11-23T24:00:00Z", "2025-11-23T06:60:00Z",
        "2025-11-23T06:05:61Z", "2025-11-23T06:05:00+24:00", "2025-11-23T06:05:00+02:60",
        "2025-11-23T06:05:00+02", "2025-11-23T06:05:00+0200", "2025-11-23T06:05:00+",
        "20251123T060500Z", "25-11-23T06:05:00Z", "2025-1-23T06:05:00Z", "-025-11-23T06:05:00Z",
        "2025-11-23X06:05:00Z", "2025-11-23T06:05:00,5Z", "12025-11-23T06:05:00Z",
        "2025-11-23T06:05:00.5", "now"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 42;
        if (clock_parse_rfc3339(cases[i], &ms) != -1)
            fail_msg("\"%s\" is taken", cases[i]);
    }
    int64_t ms;
    assert_int_equal(clock_parse_rfc3339(NULL, &ms), -1);
}

static void test_what_is_formatted_parses(void **state)
{
    (void)state;
    struct dice d = dice_new(7);
    for (int i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)dice_below(&d, 253402300800000 + 62135596800000) - 62135596800000;
        char out[CLOCK_RFC3339_MAX];
        int64_t back;
        clock_rfc3339(out, ms, 1);
        assert_int_equal(clock_parse_rfc3339(out, &back), 0);
        assert_int_equal(back, ms);
        clock_rfc3339(out, ms, 0);
        assert_int_equal(clock_parse_rfc3339(out, &back), 0);
        assert_true(ms - back >= 0 && ms - back < 1000);
    }
}

/* ---- waiting ----------------------------------------------------------------------------------- */

static void test_deadline(void **state)
{
    (void)state;
    static const int64_t waits[] = {0, 1, 999, 1000, 1001, 86400000, -5};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int64_t ms = waits[i] > 0 ? waits[i] : 0;
        int64_t before = system_ms(CLOCK_MONOTONIC);
        struct timespec t = clock_deadline(waits[i]);
        int64_t at = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
        assert_true(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
        assert_true(at >= before + ms && at <= system_ms(CLOCK_MONOTONIC) + ms);
    }
    struct timespec far = clock_deadline(INT64_MAX);
    assert_true(far.tv_sec > 0 && far.tv_nsec >= 0 && far.tv_nsec < 1000000000);
}

/* The two go together: a wait ends at its deadline, not before, and not at once. */
static void test_condition(void **state)
{
    (void)state;
    pthread_cond_t cond;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    assert_int_equal(clock_cond_init(&cond), 0);
    int64_t before = system_ms(CLOCK_MONOTONIC);
    struct timespec deadline = clock_deadline(20);
    pthread_mutex_lock(&lock);
    int result;
    do
        result = pthread_cond_timedwait(&cond, &lock, &deadline);
    while (result == 0);
    pthread_mutex_unlock(&lock);
    assert_int_equal(result, ETIMEDOUT);
    assert_true(system_ms(CLOCK_MONOTONIC) - before >= 20);
    pthread_cond_destroy(&cond);
}

/* ---- threads ----------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 2000 };

static void *read_and_advance(void *clock)
{
    static int fault;
    int64_t last = clock_mono_ms(clock);
    for (int i = 0; i < ROUNDS; i++) {
        clock_advance(clock, 1);
        int64_t now = clock_mono_ms(clock);
        if (now <= last)
            return &fault;
        last = now;
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct clock *c = new_clock(0);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_and_advance, c), 0);
    for (int i = 0; i < THREADS; i++) {
        void *fault;
        assert_int_equal(pthread_join(threads[i], &fault), 0);
        assert_null(fault);
    }
    assert_int_equal(clock_mono_ms(c), THREADS * ROUNDS);
    clock_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_clock),
        cmocka_unit_test(test_clock_that_stands_still),
        cmocka_unit_test(test_clock_that_runs),
        cmocka_unit_test(test_never_backwards),
        cmocka_unit_test(test_real_wait),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_far_away),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_what_is_formatted_parses),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_condition),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
