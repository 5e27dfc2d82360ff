/* Times of test requests as quantiles and classes, against the plain way of working them out; and what is said
 * about a price that nobody knows. */
#include "dice.h"

#include "model/burst.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The least value that at least that part of all do not pass, counted one by one. */
static int64_t plain_quantile(const int64_t *sorted, size_t n, int hundredths)
{
    for (size_t i = 0; i < n; i++)
        if ((i + 1) * 100 >= n * (size_t)hundredths)
            return sorted[i];
    return -1;
}

static void quantiles_are_those_of_the_sorted_values(void **state)
{
    (void)state;
    struct dice d = dice_new(20261123);
    for (int round = 0; round < 200; round++) {
        struct burst_samples s = {0};
        int64_t all[300];
        size_t n = 1 + dice_below(&d, 300);
        int64_t most = 1 + (int64_t)dice_below(&d, 2000000);
        for (size_t i = 0; i < n; i++) {
            all[i] = (int64_t)dice_below(&d, (size_t)most);
            assert_int_equal(burst_samples_add(&s, all[i]), 0);
        }
        qsort(all, n, sizeof *all, by_size);
        struct burst_times t = burst_times_of(&s);
        assert_int_equal(t.count, n);
        assert_int_equal(t.least, all[0]);
        assert_int_equal(t.p50, plain_quantile(all, n, 50));
        assert_int_equal(t.p95, plain_quantile(all, n, 95));
        assert_int_equal(t.p99, plain_quantile(all, n, 99));
        assert_int_equal(t.most, all[n - 1]);
        int64_t counted = 0;
        for (int i = 0; i < BURST_CLASSES; i++) {
            int64_t in = 0;
            for (size_t k = 0; k < n; k++)
                in += all[k] >= burst_class_from(i) &&
                      (i + 1 == BURST_CLASSES || all[k] < burst_class_from(i + 1));
            assert_int_equal(t.classes[i], in);
            counted += in;
        }
        assert_int_equal(counted, n);
        burst_samples_release(&s);
    }
}

static void nothing_measured_is_unknown(void **state)
{
    (void)state;
    struct burst_samples s = {0};
    struct burst_times t = burst_times_of(&s);
    assert_int_equal(t.count, 0);
    assert_int_equal(t.least, -1);
    assert_int_equal(t.p50, -1);
    assert_int_equal(t.p99, -1);
    assert_int_equal(t.most, -1);
    assert_int_equal(burst_samples_add(&s, -5), 0); /* a clock that went back */
    assert_int_equal(burst_quantile(&s, 0.5), 0);
    assert_int_equal(burst_quantile(&s, -1), 0);
    assert_int_equal(burst_quantile(&s, 7), 0);
    burst_samples_release(&s);
}

static void samples_are_bounded(void **state)
{
    (void)state;
    struct burst_samples s = {0};
    for (int i = 0; i < BURST_COUNT_MAX; i++)
        assert_int_equal(burst_samples_add(&s, BURST_COUNT_MAX - i), 0);
    assert_int_equal(burst_samples_add(&s, 1), -1);
    assert_int_equal(burst_quantile(&s, 1), BURST_COUNT_MAX);
    assert_int_equal(burst_quantile(&s, 0.5), BURST_COUNT_MAX / 2);
    burst_samples_release(&s);
}

static void classes_join_without_gaps(void **state)
{
    (void)state;
    static const int64_t usual[] = {0, 10, 15, 20, 30, 50, 70, 100, 150};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        assert_int_equal(burst_class_from((int)i), usual[i]);
    for (int i = 1; i < BURST_CLASSES; i++) {
        assert_true(burst_class_from(i) > burst_class_from(i - 1));
        assert_int_equal(burst_class_of(burst_class_from(i)), i);
        assert_int_equal(burst_class_of(burst_class_from(i) - 1), i - 1);
    }
    assert_int_equal(burst_class_from(BURST_CLASSES - 1), 1000000);
    assert_int_equal(burst_class_of(INT64_MAX), BURST_CLASSES - 1);
    assert_int_equal(burst_class_of(INT64_MIN), 0);
}

static void routes_have_names(void **state)
{
    (void)state;
    for (enum burst_route r = 0; r < BURST_ROUTES; r++)
        assert_int_equal(burst_route_of(burst_route_name(r)), r);
    assert_int_equal(burst_route_of("Async"), BURST_ROUTES);
    assert_int_equal(burst_route_of(""), BURST_ROUTES);
    assert_int_equal(burst_route_of(NULL), BURST_ROUTES);
}

/* ---- the price ----------------------------------------------------------------------------------- */

static void the_past_is_what_was_completed_there(void **state)
{
    (void)state;
    const struct request past[] = {
        {.endpoint_id = "a", .status = REQUEST_COMPLETED, .cost = 0.02, .execution_ms = 1000},
        {.endpoint_id = "a", .status = REQUEST_COMPLETED, .cost = 0.04, .execution_ms = 3000},
        {.endpoint_id = "a", .status = REQUEST_COMPLETED, .cost = NAN, .execution_ms = 5000},
        {.endpoint_id = "a", .status = REQUEST_COMPLETED, .cost = NAN, .execution_ms = -1},
        {.endpoint_id = "a", .status = REQUEST_FAILED, .cost = 100, .execution_ms = 1},
        {.endpoint_id = "b", .status = REQUEST_COMPLETED, .cost = 100, .execution_ms = 1},
    };
    const struct request *list[sizeof past / sizeof *past];
    for (size_t i = 0; i < sizeof past / sizeof *past; i++)
        list[i] = &past[i];
    struct burst_evidence v = burst_evidence_none();
    burst_evidence_past(&v, "a", list, sizeof list / sizeof *list);
    assert_int_equal(v.cost_count, 2);
    assert_true(fabs(v.cost_request - 0.03) < 1e-12);
    assert_true(fabs(v.run_ms - 3000) < 1e-9);
    burst_evidence_past(&v, "c", list, sizeof list / sizeof *list);
    assert_true(isnan(v.cost_request) && isnan(v.run_ms));
}

static void an_estimate_has_a_basis_or_is_none(void **state)
{
    (void)state;
    struct burst_evidence v = burst_evidence_none();
    struct burst_estimate e = burst_estimate(&v, 60);
    assert_int_equal(e.basis, BURST_UNKNOWN);
    assert_true(isnan(e.least) && isnan(e.most));
    v.price_least = 0.36, v.price_most = 0.72; /* a price alone says nothing of a request */
    assert_int_equal(burst_estimate(&v, 60).basis, BURST_UNKNOWN);
    v.run_ms = 2000;
    e = burst_estimate(&v, 60);
    assert_int_equal(e.basis, BURST_BY_TIME);
    assert_true(fabs(e.least - 0.012) < 1e-12 && fabs(e.most - 0.024) < 1e-12);
    v.cost_request = 0.001;
    e = burst_estimate(&v, 60);
    assert_int_equal(e.basis, BURST_BY_COST);
    assert_true(fabs(e.least - 0.06) < 1e-12 && e.least == e.most);
}

static void prices_are_those_of_the_pools(void **state)
{
    (void)state;
    struct gpu gpus[] = {
        {.pool = {"ADA_24", 6}, .price_hour = 0.7},
        {.pool = {"AMPERE_24", 9}, .price_hour = 0.4},
        {.pool = {"ADA_80", 6}, .price_hour = 4},
        {.pool = {"", 0}, .price_hour = 0.01},
        {.pool = {"ADA_24", 6}, .price_hour = NAN},
    };
    const struct gpu_page page = {.gpus = gpus, .count = sizeof gpus / sizeof *gpus};
    struct endpoint e = {
        .pools = {{"AMPERE_24", 9}, {"ADA_24", 6}}, .pool_count = 2, .gpu_count = 2};
    struct burst_evidence v = burst_evidence_none();
    burst_evidence_price(&v, &e, &page);
    assert_true(fabs(v.price_least - 0.8) < 1e-12 && fabs(v.price_most - 1.4) < 1e-12);
    burst_evidence_price(&v, NULL, &page);
    assert_true(isnan(v.price_least) && isnan(v.price_most));
    e.pool_count = 0;
    burst_evidence_price(&v, &e, &page);
    assert_true(isnan(v.price_least));
}

static void workers_that_sleep_are_not_up(void **state)
{
    (void)state;
    struct health health = {.ready = 3, .idle = 0, .running = 1};
    struct worker list[] = {{.status = WORKER_RUNNING}, {.status = WORKER_INITIALIZING},
        {.status = WORKER_IDLE}, {.status = WORKER_THROTTLED}, {.status = WORKER_UNHEALTHY}};
    const struct worker_page page = {.workers = list, .count = 5}, none = {.count = 0};
    struct burst_evidence v = burst_evidence_none();
    assert_int_equal(v.workers_up, -1);
    burst_evidence_workers(&v, NULL, &health);
    assert_int_equal(v.workers_up, 1);
    assert_false(v.workers_may_sleep);
    health.idle = 2; /* … which FlashBoot may have put to sleep */
    burst_evidence_workers(&v, NULL, &health);
    assert_int_equal(v.workers_up, 3);
    assert_true(v.workers_may_sleep);
    burst_evidence_workers(&v, &page, &health);
    assert_int_equal(v.workers_up, 2);
    assert_false(v.workers_may_sleep);
    burst_evidence_workers(&v, &none, &health);
    assert_int_equal(v.workers_up, 0);
    burst_evidence_workers(&v, NULL, NULL);
    assert_int_equal(v.workers_up, -1);
}

static void what_ended_is_told_from_what_failed(void **state)
{
    (void)state;
    struct burst_report r = {.count = 20};
    r.outcomes[REQUEST_IN_QUEUE] = 5;
    r.outcomes[REQUEST_IN_PROGRESS] = 1;
    r.outcomes[REQUEST_COMPLETED] = 7;
    r.outcomes[REQUEST_FAILED] = 2;
    r.outcomes[REQUEST_TIMED_OUT] = 1;
    r.outcomes[REQUEST_CANCELLED] = 4;
    assert_int_equal(burst_ended(&r), 14);
    assert_int_equal(burst_failed(&r), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_those_of_the_sorted_values),
        cmocka_unit_test(nothing_measured_is_unknown),
        cmocka_unit_test(samples_are_bounded),
        cmocka_unit_test(classes_join_without_gaps),
        cmocka_unit_test(routes_have_names),
        cmocka_unit_test(the_past_is_what_was_completed_there),
        cmocka_unit_test(an_estimate_has_a_basis_or_is_none),
        cmocka_unit_test(prices_are_those_of_the_pools),
        cmocka_unit_test(workers_that_sleep_are_not_up),
        cmocka_unit_test(what_ended_is_told_from_what_failed),
    };
    return cmocka_run_group_tests_name("burst", tests, NULL, NULL);
}
