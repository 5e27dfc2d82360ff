/* What /health says, and where it may differ from the list of workers (spec/runpod.md §3). */
#include "world.h"

#define ASK "{'text':'hello'}"

struct list {
    int idle, initializing, running, throttled, unhealthy;
};

static struct list listed(const struct endpoint *e)
{
    struct list l = {0};
    for (const struct worker *w = e->workers; w; w = w->next) {
        if (!worker_listed(w))
            continue;
        const char *name = worker_state_name(w);
        l.idle += !strcmp(name, "IDLE");
        l.initializing += !strcmp(name, "INITIALIZING");
        l.running += !strcmp(name, "RUNNING");
        l.throttled += !strcmp(name, "THROTTLED");
        l.unhealthy += !strcmp(name, "UNHEALTHY");
    }
    return l;
}

static void at_rest_both_agree(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'workers':{'min':2,'max':2}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 2);
    world_run(s, 5000);
    struct health h;
    endpoint_health(s, e, &h);
    struct list l = listed(e);
    assert_int_equal(l.idle, 2);
    assert_int_equal(h.idle, 2);
    assert_int_equal(h.ready, 2); /* the same workers are counted in both */
    assert_int_equal(h.running + h.initializing + h.throttled + h.unhealthy, 0);
    world_end(s);
}

static void health_is_some_seconds_late_but_not_many(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'exec_ms':30000}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    int64_t differ = 0, longest = 0, since = 0;
    for (int i = 0; i < 800; i++) {
        world_run(s, 100);
        struct health h;
        endpoint_health(s, e, &h);
        bool same = h.running == listed(e).running;
        differ += !same;
        since = same ? 0 : since + 100;
        longest = since > longest ? since : longest;
        assert_true(sim_now(s) - h.taken <= 4000);
    }
    assert_true(differ > 0);
    assert_true(longest <= 12000);
    world_end(s);
}

static void a_scheduled_worker_is_called_running_before_its_container_exists(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(",'behaviour':{'cached':0,'pull_s':60,'load_s':60}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 15000, e->health.running == 1);
    assert_false(e->workers->container);
    assert_string_equal(worker_state_name(e->workers), "INITIALIZING");
    WORLD_UNTIL(s, 15000, e->health.initializing == 1);
    assert_int_equal(e->health.running, 0);
    world_end(s);
}

#define LOOP(more) ",'troubles':[{'phase':'load','at_s':6,'lines':['boom'],'restart_s':9" more "}]"

static void a_crash_loop_looks_ready_and_never_unhealthy(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(LOOP(""), ENDPOINT(",'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    int ready = 0, initializing = 0;
    for (int i = 0; i < 3000; i++) {
        world_run(s, 100);
        ready += e->health.ready > 0;
        initializing += e->health.initializing > 0;
        assert_int_equal(e->health.unhealthy, 0);
        assert_int_equal(listed(e).unhealthy, 0);
        assert_int_equal(listed(e).idle, 0);
    }
    assert_true(ready > 100);
    assert_true(initializing > 100);
    assert_true(e->workers->starts > 10);
    assert_int_equal(e->queue.count, 1);
    world_end(s);
}

static void with_unhealthy_after_it_says_so(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(LOOP(",'unhealthy_after':2"), ENDPOINT(",'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    WORLD_UNTIL(s, 120000, e->health.unhealthy == 1);
    assert_true(e->workers->crashes >= 2);
    assert_int_equal(e->workers->billed_from, 0);
    world_end(s);
}

static void a_ghost_stays_in_health_alone(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(",'behaviour':{'ghost':{'initializing':1}}")));
    world_run(s, HOUR);
    struct health h;
    endpoint_health(s, world_endpoint(s), &h);
    assert_int_equal(h.initializing, 1);
    assert_int_equal(endpoint_active_workers(world_endpoint(s)), 0);
    world_end(s);
}

static void too_many_pools_look_like_initializing_for_ever(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO("", ENDPOINT(",'gpu':{'pools':['AMPERE_16','AMPERE_24','ADA_24','AMPERE_48']}")));
    (void)world_ask(s, ASK);
    world_run(s, HOUR);
    struct health h;
    endpoint_health(s, world_endpoint(s), &h);
    assert_true(h.initializing >= 1);
    assert_int_equal(endpoint_active_workers(world_endpoint(s)), 0);
    world_end(s);
}

static void an_image_that_takes_no_jobs_is_ready_while_jobs_wait(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'serve','takes_jobs':false,'lines':['starting local API server']}]",
        ENDPOINT(",'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    (void)world_ask(s, ASK);
    world_run(s, 10 * MINUTE);
    struct health h;
    endpoint_health(s, e, &h);
    assert_int_equal(h.ready, 1);
    assert_int_equal(e->queue.count, 1);
    assert_int_equal(e->in_progress, 0);
    assert_non_null(world_line(e->workers, LOG_CONTAINER, "local API server"));
    world_end(s);
}

static void one_worker_takes_everything_where_the_scenario_says_so(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'behaviour':{'one_worker':true,'concurrency':3,'exec_ms':20000},'workers':{'min':3,'max':3}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 3);
    for (int i = 0; i < 5; i++)
        (void)world_ask(s, ASK);
    world_run(s, 1000);
    assert_int_equal(world_count(e, WORKER_RUNNING), 1);
    assert_int_equal(e->in_progress, 3);
    assert_int_equal(e->queue.count, 2); /* they wait, while two stand idle */
    world_end(s);
}

static void one_worker_may_hang_on_a_setting(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        "", ENDPOINT(
                ",'behaviour':{'one_worker':{'env.SDK':'1.9'},'exec_ms':20000},'env':{'SDK':'1.9'},"
                "'workers':{'min':3,'max':3}")));
    struct endpoint *e = world_endpoint(s);
    WORLD_UNTIL(s, 30000, world_count(e, WORKER_IDLE) == 3);
    for (int i = 0; i < 3; i++)
        (void)world_ask(s, ASK);
    world_run(s, 1000);
    assert_int_equal(e->in_progress, 1);
    world_set(s, "{'env':{'SDK':'1.10'}}");
    WORLD_UNTIL(s, 90000, e->in_progress + e->queue.count == 0);
    world_end(s);
}

static void the_totals_only_rise(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'completed':40,'failed':2,'retried':1,'behaviour':{'fail_rate':0.3,'fail_errors':['no']},"
            "'traffic':{'per_hour':400,'requests':[{'input':{'a':1}}]}")));
    struct endpoint *e = world_endpoint(s);
    assert_int_equal(e->completed, 40);
    int64_t completed = 0, failed = 0;
    for (int i = 0; i < 200; i++) {
        world_run(s, 20000);
        assert_true(e->completed >= completed && e->failed >= failed);
        completed = e->completed;
        failed = e->failed;
    }
    assert_true(completed > 300 && failed > 60);
    world_check(s);
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_rest_both_agree),
        cmocka_unit_test(health_is_some_seconds_late_but_not_many),
        cmocka_unit_test(a_scheduled_worker_is_called_running_before_its_container_exists),
        cmocka_unit_test(a_crash_loop_looks_ready_and_never_unhealthy),
        cmocka_unit_test(with_unhealthy_after_it_says_so),
        cmocka_unit_test(a_ghost_stays_in_health_alone),
        cmocka_unit_test(too_many_pools_look_like_initializing_for_ever),
        cmocka_unit_test(an_image_that_takes_no_jobs_is_ready_while_jobs_wait),
        cmocka_unit_test(one_worker_takes_everything_where_the_scenario_says_so),
        cmocka_unit_test(one_worker_may_hang_on_a_setting),
        cmocka_unit_test(the_totals_only_rise),
    };
    return cmocka_run_group_tests_name("world health", tests, NULL, NULL);
}
