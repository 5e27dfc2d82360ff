/* Playing time: the result does not depend on how an advance is cut, days pass without breaking
 * what must hold, and every built-in scenario plays for hours. */
#include "world.h"

#include "dice.h"

#include <time.h>

enum { DAY = 24 * HOUR };

/* Under valgrind everything takes thirty times as long: then less is played. */
static int64_t shorter(int64_t ms, int64_t slow)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload") ? slow : ms;
}

/* Everything that can be seen of a world, as one number. */
static void digest_text(uint64_t *h, const char *s)
{
    *h = (*h ^ text_hash(s ? s : "-")) * 0x100000001b3U;
}

static void digest_int(uint64_t *h, int64_t n)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)n);
    digest_text(h, text);
}

static void digest_worker(uint64_t *h, const struct worker *w)
{
    digest_text(h, w->id);
    digest_int(h, w->state);
    digest_int(h, w->state_since);
    digest_int(h, w->starts * 1000 + w->crashes);
    digest_int(h, w->billed_total);
    digest_text(h, w->data_center);
    digest_text(h, w->gpu ? w->gpu->id : NULL);
    for (int i = 0; i < LOG_SOURCES; i++)
        for (size_t k = 0; k < w->log[i].count; k++) {
            const struct log_entry *l = log_ring_at(&w->log[i], k);
            digest_int(h, l->at);
            digest_int(h, (int64_t)l->seq);
            digest_text(h, l->line);
        }
}

static void digest_job(uint64_t *h, const struct job *j)
{
    digest_text(h, j->id);
    digest_int(h, j->state);
    digest_int(h, j->submitted);
    digest_int(h, j->picked);
    digest_int(h, j->ended);
    digest_int(h, j->retries);
    digest_text(h, j->worker);
    digest_text(h, j->error);
}

static uint64_t digest(struct sim *s)
{
    uint64_t h = 1;
    for (struct endpoint *e = s->runpod->endpoints; e; e = e->next) {
        struct bill_bucket b[64];
        size_t n = endpoint_bills(s, e, WORLD_START - DAY, INT64_MAX, b, 64);
        for (size_t i = 0; i < n; i++) {
            digest_int(&h, (int64_t)(b[i].gpu * 1e10));
            digest_int(&h, (int64_t)(b[i].disk * 1e10));
        }
        for (const struct worker *w = e->workers; w; w = w->next)
            digest_worker(&h, w);
        for (const struct job *j = e->jobs; j; j = j->next)
            if (!job_final(j) || j->expires > sim_now(s))
                digest_job(&h, j);
        digest_int(&h, e->completed * 7 + e->failed * 5 + e->expired * 3 + e->retried);
        digest_int(&h, e->health.taken);
        digest_int(&h, e->health.ready * 100 + e->health.running * 10 + e->health.initializing);
        digest_int(&h, e->version * 100 + e->workers_max);
    }
    digest_int(&h, (int64_t)(s->runpod->balance * 1e9));
    return h;
}

static struct sim *load(const char *name)
{
    struct err e;
    struct json *j = scenario_load(name, &e);
    if (!j)
        fail_msg("%s: %s", name, e.message);
    return world_start_json(j);
}

/* ---- cutting --------------------------------------------------------------------------------- */

/* What a client does at set times, whatever the steps are. */
static void act(struct sim *s, int k)
{
    struct endpoint *e = world_endpoint(s);
    switch (k % 4) {
    case 0:
        (void)job_submit(s, e, world_json("{'prompt':'from a client'}"), k % 3 == 0);
        break;
    case 1:
        if (e->queue.last)
            job_cancel(s, e, e->queue.last);
        break;
    case 2:
        world_set(s, k % 8 == 2 ? "{'disk':61}" : "{'workers':{'min':0,'max':3}}");
        break;
    default:
        if (k % 16 == 3)
            (void)job_purge(s, e);
    }
}

static uint64_t play_cut(const char *name, int64_t ms, struct dice *d, int64_t longest, int actions)
{
    struct sim *s = load(name);
    int64_t each = ms / (actions + 1);
    for (int k = 0; k <= actions; k++) {
        for (int64_t left = each; left > 0;) {
            int64_t step = longest ? 1 + (int64_t)dice_below(d, (size_t)longest) : left;
            step = step > left ? left : step;
            world_run(s, step);
            left -= step;
        }
        if (k < actions)
            act(s, k);
    }
    uint64_t h = digest(s);
    world_check(s);
    world_end(s);
    return h;
}

static void steps_do_not_matter(void **state)
{
    (void)state;
    static const char *const names[] = {
        "healthy", "crash-loop", "frightening-rollout", "account-no-funds", "cold-start", "throttled", "init-timeout-loop"};
    static const int64_t longest[] = {900, 60000};
    const int64_t ms = shorter(40 * MINUTE, 4 * MINUTE);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t whole = play_cut(names[i], ms, NULL, 0, 0);
        uint64_t acted = play_cut(names[i], ms, NULL, 0, 21);
        assert_true(whole != acted);
        for (size_t k = 0; k < sizeof longest / sizeof *longest; k++) {
            uint64_t seed = 100 * i + k;
            struct dice d = dice_new(seed);
            bool same = play_cut(names[i], ms, &d, longest[k], 0) == whole &&
                        play_cut(names[i], ms, &d, longest[k], 21) == acted;
            if (!same)
                fail_msg("%s differs when cut into steps up to %lld ms (seed %llu)", names[i],
                    (long long)longest[k], (unsigned long long)seed);
        }
    }
}

static void looking_changes_nothing(void **state)
{
    (void)state;
    struct sim *a = load("healthy"), *b = load("healthy");
    for (int i = 0; i < shorter(600, 60); i++) {
        world_run(a, 5000);
        world_run(b, 5000);
        for (struct endpoint *e = b->runpod->endpoints; e; e = e->next) {
            struct health h;
            endpoint_health(b, e, &h);
            for (struct job *j = e->jobs, *next; j; j = next) {
                next = j->next;
                (void)job_find(b, e, j->id);
            }
            (void)runpod_next_event(b);
        }
        json_free(runpod_state(b));
    }
    assert_true(digest(a) == digest(b));
    world_end(a);
    world_end(b);
}

static void one_endpoint_does_not_disturb_another(void **state)
{
    (void)state;
    struct sim *a = load("healthy"), *b = load("healthy");
    struct endpoint *other = b->runpod->endpoints->next;
    for (int i = 0; i < 30; i++) {
        (void)job_submit(b, other, world_json("{'prompt':'x'}"), false);
        world_run(a, 60000);
        world_run(b, 60000);
    }
    uint64_t ha = 1, hb = 1;
    for (const struct worker *w = a->runpod->endpoints->workers; w; w = w->next)
        digest_worker(&ha, w);
    for (const struct worker *w = b->runpod->endpoints->workers; w; w = w->next)
        digest_worker(&hb, w);
    assert_true(ha == hb);
    assert_true(other->completed > a->runpod->endpoints->next->completed);
    world_end(a);
    world_end(b);
}

static void the_seed_decides(void **state)
{
    (void)state;
    uint64_t h[3];
    const int seeds[] = {7, 8, 7};
    for (int i = 0; i < 3; i++) {
        struct json *j = scenario_load("healthy", NULL);
        assert_int_equal(json_set(j, "seed", json_new_int(seeds[i])), 0);
        struct sim *s = world_start_json(j);
        world_run(s, HOUR);
        h[i] = digest(s);
        world_end(s);
    }
    assert_true(h[0] == h[2]);
    assert_true(h[0] != h[1]);
}

static void the_next_event_is_never_skipped(void **state)
{
    (void)state;
    struct sim *s = load("healthy");
    for (int i = 0; i < shorter(20000, 2000); i++) {
        int64_t next = runpod_next_event(s);
        assert_true(next > sim_now(s));
        assert_true(next <= sim_now(s) + SECOND);
        world_run(s, next - sim_now(s));
    }
    world_end(s);
}

/* ---- days ------------------------------------------------------------------------------------ */

static void every_scenario_plays(void **state)
{
    (void)state;
    size_t played = 0;
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++, played++) {
        struct sim *s = load(b->name);
        world_check(s);
        for (int i = 0; i < shorter(6 * 4, 2); i++) {
            world_run(s, 15 * MINUTE);
            world_check(s);
        }
        assert_non_null(json_str(s->runpod->scenario, "about"));
        world_end(s);
    }
    assert_true(played >= 14);
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void a_busy_day_stays_small_and_adds_up(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'image':'runpod/worker-v1-vllm:v2.25.2','env':{'MODEL_NAME':'acme/m-1B'},'workers':{'min':2,"
            "'max':6},'flashboot':'FLASHBOOT','behaviour':{'exec_ms':{'p50':900,'p95':3000},'fail_rate':"
            "0.01,'hang_rate':0.001},'traffic':{'per_hour':2400,'curve':[0.2,1,1.4,0.6],'requests':"
            "[{'weight':3,'input':{'prompt':'$prompt'}},{'sync':true,'input':{'prompt':'$prompt',"
            "'stream':true}}],'prompts':['one two three','four']}")));
    struct endpoint *e = world_endpoint(s);
    double begun = cpu_seconds();
    size_t most_jobs = 0;
    for (int i = 0; i < shorter(24, 2); i++) {
        world_run(s, HOUR);
        world_check(s);
        most_jobs = e->job_count > most_jobs ? e->job_count : most_jobs;
    }
    assert_true(e->submitted > shorter(36000, 900));
    assert_true(e->completed > e->submitted * 96 / 100);
    assert_true(e->timed_out > 0);
    assert_true(most_jobs < 4000); /* half an hour's results, not a day's */
    size_t workers = 0;
    for (const struct worker *w = e->workers; w; w = w->next)
        workers++;
    assert_true(workers <= ENDPOINT_WORKERS_MAX);
    assert_true(cpu_seconds() - begun < 60);
    world_end(s);
}

static void traffic_follows_its_curve(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'traffic':{'per_hour':100,'hour_at_start':0,'curve':[0,0,0,0,0,0,4,4,4,4,4,4,0,0,0,0,0,0,4,4,4,"
            "4,4,4],'requests':[{'input':{'n':'$number'}}]}")));
    struct endpoint *e = world_endpoint(s);
    world_run(s, 5 * (int64_t)HOUR);
    int64_t night = e->submitted;
    world_run(s, 6 * (int64_t)HOUR);
    int64_t day = e->submitted - night;
    assert_int_equal(night, 0);
    assert_true(day > 1900 && day < 2700);
    const struct json *n = json_get(e->jobs_last->input, "n");
    assert_int_equal(json_kind(n), JSON_NUMBER);
    world_end(s);
}

static void a_clock_that_jumps_weeks_is_survived(void **state)
{
    (void)state;
    struct sim *s = load("healthy");
    world_run(s, shorter(30, 8) * (int64_t)DAY);
    world_check(s);
    for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next)
        if (!e->traffic.plan)
            assert_int_equal(e->workers_max, 0); /* nobody asked for more than a week */
    world_end(s);
}

static void the_timeline_is_played(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'timeline':[{'at_s':10,'endpoint':'one','submit':{'count':4,'input':{'a':1},'policy':{'ttl':20000}}},"
        "{'at_s':15,'endpoint':'one','set':{'workers':{'min':0,'max':0}}},"
        "{'at_s':20,'endpoint':'one','submit':{'count':2,'input':{'a':2}}},{'at_s':21,'balance':7},"
        "{'at_s':60,'endpoint':'aaaaaaaaaaaaa1','purge':true},"
        "{'at_s':70,'endpoint':'one','set':{'workers':{'max':2},'image':'acme/worker:9'},'submit':{'input':{'a':3}}},"
        "{'at_s':71,'endpoint':'one','traffic':{'per_hour':3600,'requests':[{'input':{'b':1}}]}}]",
        ENDPOINT("")));
    struct endpoint *e = world_endpoint(s);
    world_run(s, 9500);
    assert_int_equal(e->submitted, 0);
    world_run(s, 2000);
    assert_int_equal(e->submitted, 4);
    world_run(s, 11000);
    assert_int_equal(e->submitted, 6);
    assert_true(s->runpod->balance < 7.01);
    world_run(s, 20000);
    assert_int_equal(e->expired, 4);
    world_run(s, 20000);
    assert_int_equal(e->cancelled, 2);
    assert_int_equal(e->version, 1);
    world_run(s, 10000);
    assert_int_equal(e->version, 2);
    assert_string_equal(e->image, "acme/worker:9");
    world_run(s, 60000);
    assert_true(e->submitted > 30);
    world_check(s);
    world_end(s);
}

/* A name with a slip in it would do nothing at its time, and nobody would know why. */
static void a_timeline_names_endpoints_that_are_there(void **state)
{
    (void)state;
    struct sim s = {.clock = clock_new(WORLD_START, 0)};
    struct err e;
    struct json *j = world_json(SCENARIO(
        ",'timeline':[{'at_s':1,'endpoint':'one'},{'at_s':2,'endpoint':'nope','purge':true}]",
        ENDPOINT("")));
    assert_null(runpod_world_new(&s, j, &e));
    assert_int_equal(e.class, ERR_INPUT);
    assert_string_equal(e.message,
        "the scenario's timeline[1].endpoint names no endpoint of the scenario: \"nope\"");
    clock_free(s.clock);
}

static void the_truth_is_told(void **state)
{
    (void)state;
    struct sim *s = load("healthy");
    struct json *j = runpod_state(s);
    const struct json *e = json_first(json_get(j, "endpoints"));
    const struct json *jobs = json_get(e, "jobs");
    assert_int_equal(json_int(jobs, "submitted", -1),
        json_int(jobs, "completed", 0) + json_int(jobs, "failed", 0) +
            json_int(jobs, "cancelled", 0) + json_int(jobs, "expired", 0) +
            json_int(jobs, "queued", 0) + json_int(jobs, "in_progress", 0));
    assert_true(json_count(json_get(e, "workers")) > 0);
    assert_true(json_num(j, "balance", 0) > 100);
    json_free(j);
    json_free(runpod_state(NULL));
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_do_not_matter),
        cmocka_unit_test(looking_changes_nothing),
        cmocka_unit_test(one_endpoint_does_not_disturb_another),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(the_next_event_is_never_skipped),
        cmocka_unit_test(every_scenario_plays),
        cmocka_unit_test(a_busy_day_stays_small_and_adds_up),
        cmocka_unit_test(traffic_follows_its_curve),
        cmocka_unit_test(a_clock_that_jumps_weeks_is_survived),
        cmocka_unit_test(the_timeline_is_played),
        cmocka_unit_test(a_timeline_names_endpoints_that_are_there),
        cmocka_unit_test(the_truth_is_told),
    };
    return cmocka_run_group_tests_name("world play", tests, NULL, NULL);
}
