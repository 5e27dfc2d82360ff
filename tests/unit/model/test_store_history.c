/* What the store remembers of endpoints: minutes of their health, times of their requests, restarts of
 * their workers. */
#include "news_make.h"

#include "dice.h"

#include <stdlib.h>

enum { MINUTE = 60 * 1000 };
static const int64_t BEGIN = 1795442551000;

static struct clock *ticking;
static struct store *s;

static int set_up(void **state)
{
    (void)state;
    ticking = clock_new(BEGIN, 0);
    s = store_new(ticking);
    assert_non_null(ticking);
    assert_non_null(s);
    /* to the beginning of a minute of the monotonic clock */
    clock_advance(ticking, 1000 * (int64_t)MINUTE - clock_mono_ms(ticking) % MINUTE);
    store_apply(s, ENDPOINTS("e1", "e2"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_free(s);
    clock_free(ticking);
    return 0;
}

static void look(int64_t queue, int64_t running, int64_t completed)
{
    struct message *m = health_news("e1", clock_mono_ms(ticking), queue, running, 1);
    ((struct health *)m->payload)->completed = completed;
    store_apply(s, m);
}

static void later(int64_t ms)
{
    clock_advance(ticking, ms);
}

/* ---- history --------------------------------------------------------------------------------------- */

static void test_nothing_seen_is_no_history(void **state)
{
    (void)state;
    assert_int_equal(store_endpoint_history(s, "e1").count, 0);
    assert_int_equal(store_endpoint_history(s, "nobody").count, 0);
    assert_int_equal(store_endpoint_history(s, NULL).count, 0);
}

static void test_the_last_look_of_a_minute_counts(void **state)
{
    (void)state;
    look(4, 1, 100);
    later(20000);
    look(7, 2, 103);
    later(MINUTE);
    look(5, 3, 110);
    later(10000);
    look(2, 1, 112);
    struct endpoint_history h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 2);
    assert_true(h.waiting[0] == 7 && h.running[0] == 2);
    assert_true(h.waiting[1] == 2 && h.running[1] == 1);
    assert_true(isnan(h.done[0])); /* its beginning was not seen */
    assert_true(h.done[1] == 9);
    assert_int_equal(h.begins_ms, clock_wall_ms(ticking) - 30000 - MINUTE);
}

static void test_the_same_again_still_makes_a_minute(void **state)
{
    (void)state;
    uint64_t before;
    look(1, 0, 5);
    before = store_version(s, STORE_ENDPOINTS);
    later(MINUTE);
    look(1, 0, 5);
    struct endpoint_history h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 2);
    assert_true(h.done[1] == 0 && h.waiting[1] == 1);
    assert_int_equal(store_version(s, STORE_ENDPOINTS), before);
}

static void test_a_counter_that_falls_back_is_unknown(void **state)
{
    (void)state;
    look(0, 1, 500);
    later(MINUTE);
    look(0, 1, 3);
    later(20000);
    look(0, 1, 6);
    struct endpoint_history h = store_endpoint_history(s, "e1");
    assert_true(isnan(h.done[1]));
    later(MINUTE);
    look(0, 1, 8);
    later(10000);
    look(0, 1, 2); /* within the minute */
    later(MINUTE);
    look(0, 1, 4);
    h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 4);
    assert_true(isnan(h.done[2]));
    assert_true(h.done[3] == 2);
}

static void test_short_gaps_hold_and_long_ones_are_holes(void **state)
{
    (void)state;
    look(6, 1, 10);
    later(3 * (int64_t)MINUTE);
    look(0, 0, 40);
    struct endpoint_history h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 4);
    assert_true(h.waiting[1] == 6 && h.waiting[2] == 6 && h.waiting[3] == 0);
    assert_true(h.done[1] == 10 && h.done[2] == 10 && h.done[3] == 10);
    later(10 * (int64_t)MINUTE);
    look(1, 0, 41);
    h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 14);
    for (size_t i = 4; i < 13; i++)
        assert_true(isnan(h.waiting[i]) && isnan(h.running[i]) && isnan(h.done[i]));
    assert_true(h.waiting[13] == 1 && isnan(h.done[13]));
}

static void test_it_is_bounded_whatever_the_time_does(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        look(i, 0, 2 * i);
        later(MINUTE);
    }
    struct endpoint_history h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, STORE_HISTORY_MAX);
    for (size_t i = 0; i < h.count; i++)
        assert_true(h.waiting[i] == (double)(200 - STORE_HISTORY_MAX + (int)i) && h.done[i] == 2);
    later(5000 * (int64_t)MINUTE); /* the laptop was shut */
    look(1, 1, 1);
    h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 1);
    /* a look that comes late changes nothing */
    struct message *m = health_news("e1", 5, 99, 99, 1);
    store_apply(s, m);
    h = store_endpoint_history(s, "e1");
    assert_int_equal(h.count, 1);
    assert_true(h.waiting[0] == 1);
    /* and counters that make no sense are no numbers below nothing */
    later(MINUTE);
    look(-7, INT64_MIN, INT64_MAX);
    later(MINUTE);
    look(INT64_MAX, 1, INT64_MIN);
    h = store_endpoint_history(s, "e1");
    assert_true(h.waiting[1] == 0 && h.running[1] == 0);
}

static void test_history_goes_with_its_endpoint(void **state)
{
    (void)state;
    look(1, 1, 1);
    store_apply(s, ENDPOINTS("e2"));
    assert_int_equal(store_endpoint_history(s, "e1").count, 0);
}

/* ---- times ----------------------------------------------------------------------------------------- */

static void ended(const char *id, const char *endpoint, enum request_status status, int64_t at,
    int64_t delay, int64_t execution)
{
    struct message *m = request_news(id, endpoint, at - 10, status, (double)NAN);
    struct request *q = m->payload;
    q->ended_ms = at;
    q->delay_ms = delay;
    q->execution_ms = execution;
    store_apply(s, m);
}

static void test_percentiles_are_values_that_were_measured(void **state)
{
    (void)state;
    struct endpoint_times t = store_endpoint_times(s, "e1");
    assert_int_equal(t.count, 0);
    assert_true(t.delay_p50 == -1 && t.delay_p95 == -1 && t.execution_p95 == -1);
    for (int i = 1; i <= 100; i++) {
        char id[32];
        snprintf(id, sizeof id, "r%d", i);
        ended(id, "e1", REQUEST_COMPLETED, 1000 + i, i * 100, 2000 - i);
    }
    t = store_endpoint_times(s, "e1");
    assert_int_equal(t.count, 100);
    assert_int_equal(t.delay_p50, 5000);
    assert_int_equal(t.delay_p95, 9500);
    assert_int_equal(t.execution_p50, 1949);
    assert_int_equal(t.execution_p95, 1994);
    assert_int_equal(t.cold, 50);
    assert_int_equal(t.answer_p95, 9500 + 1905);
    assert_int_equal(store_endpoint_times(s, "e2").count, 0);
}

static void test_what_is_not_known_or_not_over_does_not_count(void **state)
{
    (void)state;
    ended("r1", "e1", REQUEST_IN_PROGRESS, 10, 5, 5);
    ended("r2", "e1", REQUEST_CANCELLED, 10, -1, -1);
    ended("r3", "e1", REQUEST_FAILED, 10, 700, -1);
    ended("r4", "", REQUEST_COMPLETED, 10, 1, 1);
    struct endpoint_times t = store_endpoint_times(s, "e1");
    assert_int_equal(t.count, 1);
    assert_int_equal(t.delay_p95, 700);
    assert_int_equal(t.execution_p95, -1);
    assert_int_equal(t.answer_p95, -1);
    ended("r1", "e1", REQUEST_COMPLETED, 10, 5, 6); /* ends */
    ended("r3", "e1", REQUEST_FAILED, 10, 900, -1); /* is corrected */
    ended("r5", "e1", REQUEST_COMPLETED, -1, INT64_MAX, INT64_MAX);
    t = store_endpoint_times(s, "e1");
    assert_int_equal(t.count, 3);
    assert_int_equal(t.delay_p50, 900);
    assert_int_equal(t.answer_p95, 11);
    ended("r1", "e2", REQUEST_COMPLETED, 10, 5, 6); /* was another endpoint's all along */
    assert_int_equal(store_endpoint_times(s, "e1").count, 2);
    assert_int_equal(store_endpoint_times(s, "e2").count, 1);
}

/* ---- against what a plain sort says ---- */

enum { MANY = 3000 };
struct one {
    int64_t at, delay;
    bool in;
};

static int newest_first(const void *a, const void *b)
{
    int64_t x = ((const struct one *)a)->at, y = ((const struct one *)b)->at;
    return (x < y) - (x > y);
}

static int by_delay(const void *a, const void *b)
{
    int64_t x = ((const struct one *)a)->delay, y = ((const struct one *)b)->delay;
    return (x > y) - (x < y);
}

static void test_the_newest_thousand_in_any_order(void **state)
{
    static struct one all[MANY], sorted[MANY];
    struct dice d = dice_new(1);
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct request_times t = {0};
        d = dice_new(seed);
        for (size_t i = 0; i < MANY; i++) {
            all[i] = (struct one){(int64_t)i, (int64_t)dice_below(&d, 20000), true};
            size_t other = dice_below(&d, i + 1);
            struct one kept = all[i];
            all[i] = all[other];
            all[other] = kept;
        }
        for (size_t i = 0; i < MANY; i++) {
            struct request q = {.status = REQUEST_COMPLETED,
                .ended_ms = all[i].at,
                .delay_ms = all[i].delay,
                .execution_ms = -1};
            request_times_add(&t, &q);
        }
        memcpy(sorted, all, sizeof sorted);
        qsort(sorted, MANY, sizeof *sorted, newest_first);
        for (size_t i = 0; i < REQUEST_TIMES_MAX; i += 2) { /* half of them go again */
            struct request q = {.status = REQUEST_COMPLETED,
                .ended_ms = sorted[i].at,
                .delay_ms = sorted[i].delay,
                .execution_ms = -1};
            request_times_remove(&t, &q);
            request_times_remove(&t, &q); /* that is not there any more */
            sorted[i].delay = INT64_MAX;
        }
        qsort(sorted, REQUEST_TIMES_MAX, sizeof *sorted, by_delay);
        struct endpoint_times sum = request_times_sum(&t);
        if (sum.delay_p50 != sorted[249].delay || sum.delay_p95 != sorted[474].delay)
            print_message("seed %llu\n", (unsigned long long)seed);
        assert_int_equal(sum.count, REQUEST_TIMES_MAX / 2);
        assert_int_equal(sum.delay_p50, sorted[249].delay);
        assert_int_equal(sum.delay_p95, sorted[474].delay);
        request_times_release(&t);
    }
}

/* ---- restarts -------------------------------------------------------------------------------------- */

static void workers(int64_t started_ms, int64_t uptime_s, bool there)
{
    struct message *m = worker_news("e1", "L40S", clock_mono_ms(ticking));
    struct worker_page *page = m->payload;
    page->workers[0].started_ms = started_ms;
    page->workers[0].uptime_s = uptime_s;
    page->count = there;
    store_apply(s, m);
    later(10000);
}

static void test_restarts_are_counted(void **state)
{
    (void)state;
    assert_int_equal(store_worker_starts(s, "e1", "w1").count, 0);
    int64_t first = clock_mono_ms(ticking);
    workers(1000000, 10, true);
    workers(1000900, 20, true); /* rounded otherwise */
    assert_int_equal(store_worker_starts(s, "e1", "w1").count, 1);
    workers(1030000, 1, true);
    workers(1050000, 2, true);
    assert_int_equal(store_worker_starts(s, "e1", "w1").count, 3);
    assert_int_equal(store_worker_starts(s, "e1", "w1").since_ms, first);
    workers(-1, 1, true); /* by the uptime alone */
    workers(-1, 30, true);
    assert_int_equal(store_worker_starts(s, "e1", "w1").count, 4);
    assert_int_equal(store_worker_starts(s, "e1", "other").count, 0);
}

static void test_being_called_again_is_no_restart(void **state)
{
    (void)state;
    workers(1000000, 600, true);
    workers(0, 0, false); /* scaled down */
    workers(2000000, 1, true);
    assert_int_equal(store_worker_starts(s, "e1", "w1").count, 1);
}

static void test_of_many_workers_some_are_remembered(void **state)
{
    (void)state;
    for (size_t round = 0; round < 100; round++) {
        struct message *m = worker_news("e1", "L40S", clock_mono_ms(ticking));
        struct worker_page *page = m->payload;
        page->workers = news_array(m, 50, sizeof *page->workers);
        page->count = 50;
        for (size_t i = 0; i < page->count; i++) {
            page->workers[i] = (struct worker){.status = WORKER_RUNNING,
                .word = TEXT(""),
                .gpu = TEXT(""),
                .image = TEXT(""),
                .data_center = TEXT(""),
                .started_ms = (int64_t)round * 60000};
            id_set(page->workers[i].id, WORKER_ID_MAX, "w", round / 10 * 50 + i);
        }
        store_apply(s, m);
    }
    assert_int_equal(store_worker_starts(s, "e1", "w450").count, 10);
    assert_int_equal(store_worker_starts(s, "e1", "w499").count, 0); /* more than are kept */
    assert_int_equal(store_worker_starts(s, "e1", "w0").count, 0);
}

#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(test_nothing_seen_is_no_history),
        WITH_STORE(test_the_last_look_of_a_minute_counts),
        WITH_STORE(test_the_same_again_still_makes_a_minute),
        WITH_STORE(test_a_counter_that_falls_back_is_unknown),
        WITH_STORE(test_short_gaps_hold_and_long_ones_are_holes),
        WITH_STORE(test_it_is_bounded_whatever_the_time_does),
        WITH_STORE(test_history_goes_with_its_endpoint),
        WITH_STORE(test_percentiles_are_values_that_were_measured),
        WITH_STORE(test_what_is_not_known_or_not_over_does_not_count),
        cmocka_unit_test(test_the_newest_thousand_in_any_order),
        WITH_STORE(test_restarts_are_counted),
        WITH_STORE(test_being_called_again_is_no_restart),
        WITH_STORE(test_of_many_workers_some_are_remembered),
    };
    return cmocka_run_group_tests_name("store_history", tests, NULL, NULL);
}
