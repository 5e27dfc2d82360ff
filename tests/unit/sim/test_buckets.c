/* Billing windows: calendars do what calendars do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sim/buckets.h"

#include <stdlib.h>
#include <string.h>

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse_rfc3339(text, &ms), 0);
    return ms;
}

static void starts_of_buckets(void **state)
{
    (void)state;
    static const struct {
        enum bucket_size size;
        const char *when, *start, *next;
    } cases[] = {
        {BUCKET_HOUR, "2026-11-23T06:59:59.999Z", "2026-11-23T06:00:00Z", "2026-11-23T07:00:00Z"},
        {BUCKET_HOUR, "2026-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"},
        {BUCKET_DAY, "2026-02-28T12:00:00Z", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
        {BUCKET_DAY, "2028-02-28T12:00:00Z", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z"},
        {BUCKET_WEEK, "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
        {BUCKET_WEEK, "2026-11-22T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"},
        {BUCKET_WEEK, "2027-01-02T10:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},
        {BUCKET_MONTH, "2026-01-31T10:00:00Z", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
        {BUCKET_MONTH, "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {BUCKET_YEAR, "2026-11-23T06:00:00Z", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t start = bucket_start(cases[i].size, at(cases[i].when));
        if (start != at(cases[i].start)) {
            print_message("%s %s\n", bucket_names[cases[i].size], cases[i].when);
        }
        assert_int_equal(start, at(cases[i].start));
        assert_int_equal(bucket_add(cases[i].size, start, 1), at(cases[i].next));
    }
}

/* Any moment lies in exactly one bucket; buckets touch; steps forth and back meet. */
static void buckets_tile_time(void **state)
{
    (void)state;
    const unsigned seed = 7;
    srand(seed);
    for (int round = 0; round < 5000; round++) {
        enum bucket_size size = (enum bucket_size)(rand() % BUCKET_SIZES);
        int64_t when = (int64_t)(rand() % 4000000) * 1000003 / 2 - INT64_C(100000000000);
        int64_t start = bucket_start(size, when), next = bucket_add(size, start, 1);
        if (!(start <= when && when < next)) {
            print_message("seed %u round %d size %d\n", seed, round, (int)size);
        }
        assert_true(start <= when && when < next);
        assert_int_equal(bucket_start(size, start), start);
        assert_int_equal(bucket_start(size, next), next);
        assert_int_equal(bucket_start(size, next - 1), start);
        assert_int_equal(bucket_add(size, next, -1), start);
    }
}

static void names(void **state)
{
    (void)state;
    enum bucket_size size = BUCKET_HOUR;
    assert_true(bucket_size_read("month", &size));
    assert_int_equal(size, BUCKET_MONTH);
    assert_false(bucket_size_read("months", &size));
    assert_false(bucket_size_read("", &size));
    assert_false(bucket_size_read("HOUR", &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_of_buckets),
        cmocka_unit_test(buckets_tile_time),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("buckets", tests, NULL, NULL);
}
