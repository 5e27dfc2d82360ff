/* The built-in scenarios that say what a triage has to find ("expect"): each is really in the state it is
 * said to be in, stays so by itself, and is mended by what it names. */
#include "world.h"

static const int64_t mend_ms = INT64_C(60) * MINUTE;

static struct json *scenario(const char *name)
{
    struct err e;
    struct json *j = scenario_load(name, &e);
    if (!j)
        fail_msg("%s: %s", name, e.message);
    return j;
}

static struct endpoint *named(struct sim *s, const char *scenario_name, const struct json *x)
{
    struct endpoint *e = endpoint_named(s->runpod, json_str_or(x, "endpoint", ""));
    if (!e)
        fail_msg("%s expects something of an endpoint that there is not", scenario_name);
    return e;
}

static size_t open_jobs(const struct endpoint *e)
{
    return e->queue.count + e->in_progress;
}

/* Whether nothing that is open at the beginning is open at the end of `ms`. */
static bool drains(struct sim *s, struct endpoint *e, int64_t ms)
{
    int64_t last = e->world->advanced_to;
    for (; ms > 0; ms -= 10 * SECOND) {
        const struct job *j = e->jobs;
        while (j && (job_final(j) || j->submitted > last))
            j = j->next;
        if (!j)
            return true;
        world_run(s, 10 * SECOND);
    }
    return false;
}

static void change(struct sim *s, struct endpoint *e, const struct json *settings)
{
    struct json *diff = NULL;
    bool container = false;
    if (!settings)
        return;
    assert_int_equal(endpoint_read(e, settings, &container, &diff), 0);
    endpoint_released(s, e, container, diff);
    world_run(s, 5 * SECOND);
}

static void mend(struct sim *s, struct endpoint *e, const struct json *x)
{
    const struct json *entry = json_get(x, "cured_by_play");
    if (entry)
        timeline_play(s->runpod, entry);
    change(s, e, json_get(x, "cured_by"));
    change(s, e, json_get(x, "cured_by_then"));
}

static void check_stuck(const char *name, const struct json *x, size_t index)
{
    struct sim *s = world_start_json(scenario(name));
    struct endpoint *e = named(s, name, x);
    if (open_jobs(e) == 0)
        fail_msg("%s[%zu]: nothing waits", name, index);
    int64_t completed = e->completed;
    const struct job *first = e->jobs;
    while (first && job_final(first))
        first = first->next;
    int64_t oldest = first->submitted;
    world_run(s, 20 * MINUTE);
    first = e->jobs;
    while (first && job_final(first))
        first = first->next;
    bool served = e->completed > completed && (!first || first->submitted > oldest);
    if (served && !json_bool(x, "cured_by_time", false))
        fail_msg("%s[%zu]: it does not stay stuck", name, index);
    mend(s, e, x);
    bool curable = json_get(x, "cured_by") || json_get(x, "cured_by_play");
    if (curable && !drains(s, e, mend_ms))
        fail_msg("%s[%zu]: what is named does not mend it", name, index);
    world_check(s);
    world_end(s);
}

static void check_moving(const char *name, const struct json *x, size_t index)
{
    struct sim *s = world_start_json(scenario(name));
    struct endpoint *e = named(s, name, x);
    bool waiting = strcmp(json_str_or(x, "verdict", ""), "waiting") == 0;
    if (waiting && open_jobs(e) == 0)
        fail_msg("%s[%zu]: nothing waits", name, index);
    if (!drains(s, e, mend_ms))
        fail_msg("%s[%zu]: it does not get on by itself", name, index);
    world_check(s);
    world_end(s);
}

/* What becomes of the request that a client would send. */
static void check_sent(const char *name, const struct json *x, size_t index)
{
    const struct json *send = json_get(x, "send"), *policy = json_get(send, "policy");
    const char *state = json_str(x, "job");
    if (!state) /* it does not get as far as the queue */
        return;
    struct sim *s = world_start_json(scenario(name));
    struct endpoint *e = named(s, name, x);
    struct job *j = job_submit(s, e, json_dup(json_get(send, "input")), false);
    assert_non_null(j);
    j->low_priority = json_bool(policy, "lowPriority", false);
    j->ttl = json_int(policy, "ttl", 0);
    char id[sizeof j->id];
    (void)snprintf(id, sizeof id, "%s", j->id);
    if (json_get(x, "then_play"))
        timeline_play(s->runpod, json_get(x, "then_play"));
    for (int i = 0; i < 20 && (j = job_find(s, e, id)) && !job_final(j); i++)
        world_run(s, MINUTE);
    const char *now = j ? job_state_name(j->state) : "GONE";
    if (strcmp(now, state) != 0)
        fail_msg("%s[%zu]: the request is %s, not %s", name, index, now, state);
    mend(s, e, x);
    if (json_get(x, "cured_by") && !drains(s, e, mend_ms))
        fail_msg("%s[%zu]: what is named does not mend it", name, index);
    world_end(s);
}

static bool any_worker_up(const struct endpoint *e)
{
    return world_count(e, WORKER_IDLE) + world_count(e, WORKER_RUNNING) > 0;
}

/* It has no queue: what counts is whether a worker comes up. */
static void check_balancer(const char *name, const struct json *x)
{
    struct sim *s = world_start_json(scenario(name));
    struct endpoint *e = named(s, name, x);
    for (int i = 0; i < 30; i++, world_run(s, MINUTE))
        assert_false(any_worker_up(e));
    mend(s, e, x);
    WORLD_UNTIL(s, 20 * MINUTE, any_worker_up(e));
    world_end(s);
}

static bool balances(const char *name, const struct json *x)
{
    struct sim *s = world_start_json(scenario(name));
    bool is = named(s, name, x)->load_balancer;
    world_end(s);
    return is;
}

static size_t check_scenario(const char *name)
{
    struct json *j = scenario(name);
    size_t count = 0;
    for (const struct json *x = json_first(json_get(j, "expect")); x; x = json_next(x), count++) {
        const char *verdict = json_str_or(x, "verdict", "");
        if (json_get(x, "send"))
            check_sent(name, x, count);
        else if (balances(name, x))
            check_balancer(name, x);
        else if (strcmp(verdict, "stuck") == 0)
            check_stuck(name, x, count);
        else
            check_moving(name, x, count);
    }
    json_free(j);
    return count;
}

static void what_scenarios_say_of_themselves_is_so(void **state)
{
    (void)state;
    const char *only = getenv("SCENARIO");
    size_t all = 0;
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++)
        if (!only || strncmp(only, b->name, strlen(only)) == 0)
            all += check_scenario(b->name);
    if (!only)
        assert_true(all >= 40);
}

/* ---- what the scenarios need of the world -------------------------------------------------------- */

#define ASK "{'text':'hello'}"

/* A stale record is listed, has no GPU, counts as initializing for ever, and goes with the maximum. */
static void a_ghost_is_listed_without_a_place(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'warm_up_s':600,'timeline':[{'at_s':-500,'endpoint':'one','submit':{'input':{'a':1}}}],"
        "'troubles':[{'phase':'place','listed':true,'when':{'worker_second':{'lt':0}}}]",
        ENDPOINT(",'workers':{'min':0,'max':1}")));
    struct endpoint *e = world_endpoint(s);
    world_run(s, 10 * MINUTE);
    assert_int_equal(endpoint_active_workers(e), 1);
    assert_true(worker_is_ghost(e->workers));
    assert_string_equal(worker_state_name(e->workers), "INITIALIZING");
    assert_null(e->workers->gpu);
    assert_int_equal(e->health.initializing, 1);
    world_set(s, "{'workers':{'min':0,'max':0}}");
    world_run(s, 10 * SECOND);
    assert_int_equal(endpoint_active_workers(e), 0);
    assert_int_equal(e->health.initializing, 0);
    world_set(s, "{'workers':{'min':0,'max':1}}");
    WORLD_UNTIL(s, MINUTE, e->queue.count + e->in_progress == 0);
    world_end(s);
}

static void one_worker_of_several_is_throttled(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(",'troubles':[{'phase':'place','throttled':true,"
                                         "'restart_s':600,'when':{'worker_number':2}}]",
        ENDPOINT(",'workers':{'min':3,'max':3}")));
    struct endpoint *e = world_endpoint(s);
    world_run(s, MINUTE);
    assert_int_equal(world_count(e, WORKER_THROTTLED), 1);
    assert_int_equal(world_count(e, WORKER_IDLE), 2);
    assert_int_equal(e->health.throttled, 1);
    assert_non_null(e->workers->next->gpu);
    WORLD_UNTIL(s, 11 * MINUTE, world_count(e, WORKER_IDLE) == 3);
    world_end(s);
}

static void a_start_may_look_bad_and_go_on(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'load','passes':true,'at':0.5,'lines':['404 Client Error']}]",
        ENDPOINT("")));
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, MINUTE, job_final(j));
    const struct worker *w = world_endpoint(s)->workers;
    const struct log_entry *bad = world_line(w, LOG_CONTAINER, "404 Client Error"),
                           *good = world_line(w, LOG_CONTAINER, "Starting Serverless Worker");
    assert_int_equal(w->starts, 1);
    assert_non_null(bad);
    assert_true(good && good->seq > bad->seq);
    world_end(s);
}

static void what_stops_has_last_words(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        "", ENDPOINT(",'behaviour':{'stopping':['SystemExit',{'source':'system','text':'bye'}]}")));
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, MINUTE, job_final(j));
    const struct worker *w = world_endpoint(s)->workers;
    assert_null(world_line(w, LOG_CONTAINER, "SystemExit"));
    WORLD_UNTIL(s, MINUTE, w->state == WORKER_GONE);
    assert_non_null(world_line(w, LOG_CONTAINER, "SystemExit"));
    assert_true(
        world_line(w, LOG_SYSTEM, "bye")->seq < world_line(w, LOG_SYSTEM, "stop container")->seq);
    world_end(s);
}

static void play_entry(struct sim *s, const char *entry, int expected)
{
    assert_int_equal(runpod_play(s, world_json(entry)), expected);
}

static void entries_are_played_from_outside(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(",'troubles':[{'phase':'job','hangs':true,'when':{'input':{'has':'bad'}}}]",
            ENDPOINT(",'workers':{'min':1,'max':1},'timeout':0")));
    struct endpoint *e = world_endpoint(s);
    play_entry(s, "{'endpoint':'nobody','purge':true}", -1);
    play_entry(s, "{'balance':7}", 0);
    assert_true(world_balance(s->runpod) > 6.9 && world_balance(s->runpod) < 7.1);
    play_entry(s, "{'endpoint':'one','submit':{'input':{'what':'bad'}}}", 0);
    play_entry(s, "{'endpoint':'one','submit':{'count':2,'input':{'what':'good'}}}", 0);
    world_run(s, 10 * MINUTE);
    assert_int_equal(e->in_progress, 1);
    assert_int_equal(e->queue.count, 2);
    play_entry(s, "{'endpoint':'one','cancel':'*nothing like it*'}", 0);
    assert_int_equal(e->cancelled, 0);
    play_entry(s, "{'endpoint':'one','cancel':'*bad*'}", 0);
    assert_int_equal(e->cancelled, 1);
    WORLD_UNTIL(s, MINUTE, e->completed == 2);
    /* what an entry sets stays in use after the call */
    play_entry(s, "{'endpoint':'one','behaviour':{'exec_ms':30000}}", 0);
    struct job *j = world_ask(s, ASK);
    world_run(s, 20 * SECOND);
    assert_int_equal(j->state, JOB_IN_PROGRESS);
    world_check(s);
    world_end(s);
}

static void a_volume_pins_where_rest_says_it_lies(void **state)
{
    (void)state;
    struct sim *s = world_start(
        SCENARIO(",'network_volumes':[{'id':'v1','name':'v','size':5,'dataCenter':'EU-RO-1'}],"
                 "'stock':{'default':'HIGH','data_centers':{'EU-RO-1':{'*':'HIGH'}}}",
            ENDPOINT(",'networkVolumes':['v1'],'workers':{'min':4,'max':4}")));
    world_run(s, MINUTE);
    assert_int_equal(world_count(world_endpoint(s), WORKER_IDLE), 4);
    for (const struct worker *w = world_endpoint(s)->workers; w; w = w->next)
        assert_string_equal(w->data_center, "EU-RO-1");
    world_end(s);
}

static void an_expectation_has_to_name_an_endpoint(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "{'expect':[{'endpoint':'two','verdict':'stuck'}],'endpoints':[" ENDPOINT("") "]}",
    };
    struct err e;
    struct sim s = {.clock = clock_new(WORLD_START, 0)};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(runpod_world_new(&s, world_json(wrong[i]), &e));
        assert_non_null(strstr(e.message, "expect[0].endpoint"));
    }
    clock_free(s.clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_scenarios_say_of_themselves_is_so),
        cmocka_unit_test(a_ghost_is_listed_without_a_place),
        cmocka_unit_test(one_worker_of_several_is_throttled),
        cmocka_unit_test(a_start_may_look_bad_and_go_on),
        cmocka_unit_test(what_stops_has_last_words),
        cmocka_unit_test(entries_are_played_from_outside),
        cmocka_unit_test(a_volume_pins_where_rest_says_it_lies),
        cmocka_unit_test(an_expectation_has_to_name_an_endpoint),
    };
    return cmocka_run_group_tests_name("world_triage", tests, NULL, NULL);
}
