/* Money: what is billed, and that all sums agree (spec/runpod.md §3.4, §6.2). */
#include "world.h"

#include <math.h>

#define ASK "{'text':'hello'}"
enum { BUCKETS = 200 };

static double bucket_sum(struct sim *s, double *seconds)
{
    double sum = 0;
    *seconds = 0;
    for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next) {
        struct bill_bucket b[BUCKETS];
        size_t n = endpoint_bills(s, e, 0, INT64_MAX, b, BUCKETS);
        for (size_t i = 0; i < n; i++) {
            sum += b[i].gpu + b[i].disk;
            *seconds += b[i].worker_seconds;
        }
    }
    return sum;
}

/* A worker of $0.68 an hour on a disk of 0 GB. */
#define CHEAP ",'disk':0,'gpu':{'pools':['AMPERE_24'],'count':1}"

static void pulling_is_free_and_the_container_is_billed_until_it_stops(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        "", ENDPOINT(CHEAP ",'behaviour':{'cached':0,'pull_s':100,'load_s':30,'exec_ms':5000}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 200000, world_count(e, WORKER_STARTING) == 1);
    assert_true(sim_now(s) - WORLD_START > 100000);
    assert_true(endpoint_cost_per_hour(e) > 0.679);
    int64_t begun = e->workers->started;
    WORLD_UNTIL(s, 120000, world_count(e, WORKER_GONE) == 1); /* idle timeout of 20 s included */
    int64_t seconds = (e->workers->ended - begun + 999) / 1000;
    assert_int_equal(e->workers->billed_total, seconds);
    assert_true(seconds >= 55 && seconds <= 58);
    assert_true(endpoint_cost_per_hour(e) < 1e-9);
    double billed = 0, sum = bucket_sum(s, &billed);
    assert_true(fabs(billed - (double)seconds) < 1e-6);
    assert_true(fabs(sum - (double)seconds * 0.68 / 3600) < 1e-7);
    world_end(s);
}

static void throttled_parked_and_unplaced_workers_cost_nothing(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(",'stock':{'default':'LOW'}",
        ENDPOINT(CHEAP ",'behaviour':{'throttle':{'LOW':{'chance':1,'s':3600}}}")));
    (void)world_ask(s, ASK);
    world_run(s, 50 * MINUTE);
    assert_true(runpod_spend_per_hour(s) < 1e-9);
    assert_true(fabs(s->runpod->balance - 100) < 1e-9);
    world_end(s);
    s = world_start(SCENARIO("", ENDPOINT(CHEAP ",'flashboot':'FLASHBOOT'")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 60000, world_count(e, WORKER_PARKED) == 1);
    double before = s->runpod->balance;
    world_run(s, 10 * MINUTE);
    assert_int_equal(world_count(e, WORKER_PARKED), 1);
    assert_true(fabs(s->runpod->balance - before) < 1e-12);
    world_end(s);
}

static void an_active_worker_is_billed_round_the_clock(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(CHEAP ",'workers':{'min':1,'max':1}")));
    world_run(s, 24 * (int64_t)HOUR);
    double billed = 0, sum = bucket_sum(s, &billed);
    assert_true(billed > 86390 && billed < 86400);
    assert_true(fabs(sum - 24 * 0.68) < 0.01);
    assert_true(fabs(s->runpod->balance - (100 - sum)) < 1e-6);
    struct bill_bucket b[BUCKETS];
    size_t n = endpoint_bills(s, world_endpoint(s), 0, INT64_MAX, b, BUCKETS);
    assert_int_equal(n, 24);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(b[i].start, WORLD_START + (int64_t)i * HOUR);
        if (i > 0)
            assert_true(fabs(b[i].worker_seconds - 3600) < 1e-9);
    }
    world_end(s);
}

static void several_gpus_cost_several_times_as_much(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        "", ENDPOINT(",'gpu':{'pools':['ADA_80_PRO'],'count':4},'workers':{'min':2,'max':2}")));
    world_run(s, 60000);
    assert_true(fabs(runpod_spend_per_hour(s) - 8 * 4.18) < 1e-9);
    world_end(s);
}

static void the_disk_is_charged_in_steps(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'disk':150,'workers':{'min':1,'max':1}")));
    world_run(s, 10 * (int64_t)HOUR);
    struct bill_bucket b[BUCKETS];
    size_t n = endpoint_bills(s, world_endpoint(s), 0, INT64_MAX, b, BUCKETS);
    double disk = 0;
    for (size_t i = 0; i < n; i++)
        disk += b[i].disk;
    assert_true(fabs(disk - 150 * 0.10 * 10 / 720) < 0.003); /* $0.10 a GB and month of 720 h */
    world_end(s);
}

static void windows_are_half_open_and_limited(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(CHEAP ",'workers':{'min':1,'max':1}")));
    world_run(s, 5 * (int64_t)HOUR + MINUTE);
    struct endpoint *e = world_endpoint(s);
    struct bill_bucket b[BUCKETS];
    assert_int_equal(
        endpoint_bills(s, e, WORLD_START + HOUR, WORLD_START + 3 * (int64_t)HOUR, b, BUCKETS), 2);
    assert_int_equal(b[0].start, WORLD_START + HOUR);
    assert_int_equal(endpoint_bills(s, e, 0, INT64_MAX, b, 3), 3);
    assert_int_equal(
        endpoint_bills(s, e, WORLD_START + 9 * (int64_t)HOUR, INT64_MAX, b, BUCKETS), 0);
    assert_int_equal(endpoint_bills(s, NULL, 0, INT64_MAX, b, BUCKETS), 0);
    world_end(s);
}

static double last_bucket(struct sim *s, double *seconds)
{
    struct bill_bucket b[BUCKETS];
    size_t n = endpoint_bills(s, world_endpoint(s), 0, INT64_MAX, b, BUCKETS);
    *seconds = n ? b[n - 1].worker_seconds : 0;
    return n ? (double)b[n - 1].start : 0;
}

static void reports_lag_and_then_are_complete(void **state)
{
    (void)state;
    struct sim *s =
        world_start("{'account':{'balance':100,'billing_lag_s':1200},'behaviour':{" EXACT
                    "},'endpoints':[" ENDPOINT(CHEAP ",'workers':{'min':1,'max':1}") "]}");
    double seconds = 0, before = 0;
    world_run(s, HOUR + 30 * MINUTE);
    assert_true(last_bucket(s, &before) > 0);
    assert_true(before > 550 && before < 650); /* of 1800 s, those older than 20 min */
    for (int i = 0; i < 60; i++) {             /* what is shown never shrinks */
        double at = last_bucket(s, &before);
        world_run(s, 30000);
        if (last_bucket(s, &seconds) <= at)
            assert_true(seconds >= before - 1e-9);
    }
    world_run(s, 2 * (int64_t)HOUR);
    struct bill_bucket b[BUCKETS];
    size_t n = endpoint_bills(
        s, world_endpoint(s), WORLD_START + HOUR, WORLD_START + 2 * (int64_t)HOUR, b, BUCKETS);
    assert_int_equal(n, 1);
    assert_true(fabs(b[0].worker_seconds - 3600) < 1e-9);
    world_end(s);
}

static void without_money_everything_stops_until_there_is_some(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(CHEAP ",'workers':{'min':2,'max':2}")));
    struct endpoint *e = world_endpoint(s);
    runpod_balance_set(s, 0.10); /* two workers of $0.68 an hour: about four and a half minutes */
    world_run(s, 4 * MINUTE);
    assert_int_equal(world_count(e, WORKER_IDLE), 2);
    world_run(s, 2 * MINUTE);
    assert_int_equal(world_live(e), 0);
    assert_true(s->runpod->balance <= 0 && s->runpod->balance > -0.03);
    struct job *j = world_ask(s, ASK);
    world_run(s, HOUR);
    assert_int_equal(j->state, JOB_IN_QUEUE);
    assert_int_equal(world_live(e), 0);
    runpod_balance_set(s, 25);
    WORLD_UNTIL(s, 60000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    world_check(s);
    world_end(s);
}

static void at_the_spend_limit_no_worker_is_added(void **state)
{
    (void)state;
    struct sim *s =
        world_start("{'account':{'balance':100,'spend_limit':1.5},'behaviour':{" EXACT
                    "},'endpoints':[" ENDPOINT(CHEAP ",'workers':{'min':5,'max':5}") "]}");
    world_run(s, 10 * MINUTE);
    assert_true(runpod_spend_per_hour(s) < 1.5 + 5 * 0.68); /* those already on their way come up */
    size_t live = world_live(world_endpoint(s));
    world_run(s, HOUR);
    assert_int_equal(world_live(world_endpoint(s)), live);
    world_end(s);
}

static void running_pods_cost_money_too(void **state)
{
    (void)state;
    struct sim *s =
        world_start("{'account':{'balance':10},'pods':[{'id':'p1','status':'RUNNING','cost':0.5},"
                    "{'id':'p2','status':'EXITED','cost':3}]}");
    assert_true(fabs(runpod_spend_per_hour(s) - 0.5) < 1e-12);
    world_run(s, 4 * (int64_t)HOUR);
    assert_true(fabs(s->runpod->balance - 8) < 0.02);
    world_end(s);
}

/* Workers that come, crash, park and go, for a day: what every worker says it was billed, what the
 * hours say and what the balance lost are the same. */
static void all_sums_agree_after_a_day_of_everything(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'serve','chance':0.3,'at_s':[20,400],"
        "'lines':['boom'],'restart_s':4}]",
        ENDPOINT(CHEAP
            ",'flashboot':'FLASHBOOT','workers':{'min':1,'max':4},'behaviour':{'exec_ms':"
            "{'p50':4000,'p95':20000}},'traffic':{'per_hour':150,'requests':[{'input':{'a':1}}]}")));
    struct endpoint *e = world_endpoint(s);
    double seconds = 0;
    int64_t kept = 0;
    for (int i = 0; i < 24 * 6; i++) {
        world_run(s, 10 * MINUTE);
        kept = 0;
        for (const struct worker *w = e->workers; w; w = w->next)
            kept += w->billed_total;
    }
    double sum = bucket_sum(s, &seconds);
    assert_true(seconds > 80000);
    assert_true(fabs(sum - seconds * 0.68 / 3600) < 1e-4); /* price rounded to 1e-12 $ a second */
    assert_true(fabs((100 - s->runpod->balance) - sum) < 1e-6);
    assert_true((double)kept <= seconds + 1e-6);
    world_check(s);
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pulling_is_free_and_the_container_is_billed_until_it_stops),
        cmocka_unit_test(throttled_parked_and_unplaced_workers_cost_nothing),
        cmocka_unit_test(an_active_worker_is_billed_round_the_clock),
        cmocka_unit_test(several_gpus_cost_several_times_as_much),
        cmocka_unit_test(the_disk_is_charged_in_steps),
        cmocka_unit_test(windows_are_half_open_and_limited),
        cmocka_unit_test(reports_lag_and_then_are_complete),
        cmocka_unit_test(without_money_everything_stops_until_there_is_some),
        cmocka_unit_test(at_the_spend_limit_no_worker_is_added),
        cmocka_unit_test(running_pods_cost_money_too),
        cmocka_unit_test(all_sums_agree_after_a_day_of_everything),
    };
    return cmocka_run_group_tests_name("world bill", tests, NULL, NULL);
}
