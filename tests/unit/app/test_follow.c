/* Following requests, against the stand-in: whoever sent one, it comes to its end; the service's list is read
 * while somebody looks, and no more where there is none; what cannot be asked is asked more rarely. The turns of
 * the thread are taken by hand but in the first test, so nothing depends on how long they take. */
#include "app/config.h"
#include "app/follow_internal.h"
#include "client/runpod_jobs.h"
#include "model/store.h"
#include "sim_process.h"
#include "temp_folder.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEGAL "x2x496ymkidl3m"
enum { PATIENCE_MS = 60 * 1000 };

static struct {
    struct sim_process sim;
    void *folder;
    struct profile profile;
    struct engine engine;
    struct store *store;
    struct state *ledger; /* of somebody else */
    struct follow *f;     /* without a thread */
    struct arena *a;
    struct err e;
    int homes;
} world;

#define WORKS(call)                                                                                \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, world.e.message);                                            \
    } while (0)

static int start(void **state)
{
    (void)state;
    sim_process_start(&world.sim, "healthy", "50");
    return temp_folder_make(&world.folder);
}

static int stop(void **state)
{
    (void)state;
    sim_process_stop(&world.sim);
    return temp_folder_remove(&world.folder);
}

static int begin(void **state)
{
    (void)state;
    char home[PATH_MAX], name[32];
    const struct config_flags flags = {0};
    snprintf(name, sizeof name, "home-%d", world.homes++);
    temp_folder_path(home, &world.folder, name);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", "{}", NULL));
    setenv("HOME", home, 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    setenv("RUNPOD_API_KEY", "operators-key-0123456789-tulip", 1);
    setenv("RUNPOD_API_BASE_URL", world.sim.control, 1);
    setenv("RUNPOD_ENDPOINT_BASE_URL", world.sim.data, 1);
    WORKS(config_load(&world.profile, &flags, config_environment_process(), &world.e));
    WORKS(engine_init(&world.engine, &world.profile, &world.e));
    world.store = store_new(world.engine.clock);
    world.ledger = engine_state(&world.engine, &world.e);
    world.a = arena_new(64 << 20);
    world.f = calloc(1, sizeof *world.f);
    world.f->engine = &world.engine;
    world.f->cancel = cancel_new(world.engine.quit);
    world.f->ledger_ms = world.f->looks_ms = world.f->list_ms = world.f->net_ms = INT64_MIN;
    return world.store && world.ledger && world.a ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct followed_request *r, *next;
    HASH_ITER(hh, world.f->requests, r, next)
    follow_untrack(world.f, r);
    state_close(world.f->ledger);
    cancel_unref(world.f->cancel);
    free(world.f);
    state_close(world.ledger);
    engine_release(&world.engine);
    store_free(world.store);
    arena_free(world.a);
    profile_release(&world.profile);
    return 0;
}

static void hear(void)
{
    struct message *m = inbox_receive(world.engine.inbox, NULL);
    for (struct message *next; m; m = next) {
        next = m->next;
        store_apply(world.store, m);
    }
}

/* A request as another process has sent it. */
static struct request sent(const char *id, const char *input)
{
    struct request q;
    struct json *j = json_parse(input, strlen(input), NULL);
    request_init(&q);
    snprintf(q.id, sizeof q.id, "%s", id);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, LEGAL);
    WORKS(runpod_run(world.engine.runpod, LEGAL, j, q.job_id, world.engine.quit, &world.e));
    json_free(j);
    q.status = REQUEST_IN_QUEUE;
    q.submitted_ms = clock_wall_ms(world.engine.clock);
    return q;
}

static struct request kept(const char *id, const char *input)
{
    struct request q = sent(id, input);
    WORKS(state_request_save(world.ledger, &q, &world.e));
    return q;
}

static const struct request *shown(const char *id)
{
    hear();
    return store_request_by_id(world.store, id);
}

static bool is_shown_as(const char *id, enum request_status status)
{
    const struct request *q = shown(id);
    return q && q->status == status;
}

static void turn(void)
{
    follow_ledger(world.f);
    follow_list(world.f);
    follow_statuses(world.f);
    poll(NULL, 0, 10);
}

/* Turns as the thread takes them, until the request is shown so. */
static void turns_until(const char *id, enum request_status status)
{
    int64_t until = clock_mono_ms(world.engine.clock) + PATIENCE_MS;
    for (; !is_shown_as(id, status); turn())
        if (clock_mono_ms(world.engine.clock) > until)
            fail_msg("%s is not %s in time", id, request_status_name(status));
}

static void turns_until_ended_after(const char *id, int64_t at_ms)
{
    int64_t until = clock_mono_ms(world.engine.clock) + PATIENCE_MS;
    for (const struct request *q = shown(id); !q || q->ended_ms <= at_ms; q = shown(id), turn())
        if (clock_mono_ms(world.engine.clock) > until)
            fail_msg("%s has not ended again in time", id);
}

static int64_t calls(const char *what)
{
    int64_t n = 0;
    struct json *j = sim_get(&world.sim, world.sim.control, "/_sim/requests?after=0");
    for (const struct json *i = json_first(json_get(j, "requests")); i; i = json_next(i))
        n += strstr(json_str_or(i, "target", ""), what) != NULL;
    json_free(j);
    return n;
}

static void fault(const char *rule)
{
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/faults", rule, NULL));
}

/* ---- the ledger -------------------------------------------------------------------------------------- */

/* With its thread: what was open before it began, and what another process sends later. */
static void requests_of_others_come_to_their_end(void **state)
{
    (void)state;
    struct request q;
    bool found;
    kept("before", "{\"prompt\":\"Sent before a restart\"}");
    struct follow *f = follow_new(&world.engine, &world.e);
    assert_non_null(f);
    kept("later", "{\"prompt\":\"Sent by another process\"}");
    int64_t until = clock_mono_ms(world.engine.clock) + PATIENCE_MS;
    while (!is_shown_as("before", REQUEST_COMPLETED) || !is_shown_as("later", REQUEST_COMPLETED)) {
        if (clock_mono_ms(world.engine.clock) > until)
            fail_msg("they did not end in time");
        poll(NULL, 0, 20);
    }
    follow_free(f);
    const struct request *done = shown("later");
    assert_true(done->output.len > 0 && done->tokens_out > 0 && done->worker_id[0]);
    assert_true(done->ended_ms >= done->submitted_ms);
    assert_true(done->cost > 0); /* by the worker's GPU */
    WORKS(state_request_get(world.ledger, "later", world.a, &q, &found, &world.e));
    assert_true(found && q.status == REQUEST_COMPLETED && q.output.len == done->output.len);
}

static void one_that_is_queued_again_is_followed_again(void **state)
{
    (void)state;
    struct request q = kept("again", "{\"messages\":[]}");
    turns_until("again", REQUEST_FAILED);
    assert_int_equal(HASH_COUNT(world.f->requests), 0);
    const struct request_desk d = {
        .engine = &world.engine, .ledger = world.ledger, .cancel = world.engine.quit};
    bool found;
    WORKS(state_request_get(world.ledger, "again", world.a, &q, &found, &world.e));
    int64_t first_ms = q.ended_ms;
    assert_true(found && first_ms > 0);
    WORKS(request_retry(&d, &q, world.a, &world.e)); /* in another process */
    assert_true(q.ended_ms < 0 || q.ended_ms > first_ms); /* it may have failed already */
    turns_until_ended_after("again", first_ms);
    const struct request *done = shown("again");
    assert_int_equal(done->status, REQUEST_FAILED);
    assert_true(done->why.len > 0);
}

/* Nobody sends it any more: it never comes to the service. */
static void one_that_was_never_sent_is_given_up(void **state)
{
    (void)state;
    struct request q;
    request_init(&q);
    snprintf(q.id, sizeof q.id, "unsent");
    snprintf(q.endpoint_id, sizeof q.endpoint_id, LEGAL);
    q.submitted_ms = clock_wall_ms(world.engine.clock) - 31 * 60 * 1000;
    WORKS(state_request_save(world.ledger, &q, &world.e));
    int64_t before = calls("/status/");
    turns_until("unsent", REQUEST_GONE);
    assert_non_null(strstr(shown("unsent")->why.s, "Slipway ended"));
    assert_int_equal(calls("/status/"), before);
}

/* A 404: lost, or expired when it may have ended long ago; one that was taken a moment ago is not judged. */
static void unknown_ones_are_lost_or_expired(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int64_t age_ms;
        enum request_status becomes;
    } cases[] = {
        {"lost", 10 * 60 * 1000, REQUEST_GONE}, {"expired", 45 * 60 * 1000, REQUEST_EXPIRED}};
    struct request q;
    request_init(&q);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, LEGAL);
    q.status = REQUEST_IN_QUEUE;
    for (int i = 0; i < 2; i++) {
        snprintf(q.id, sizeof q.id, "%s", cases[i].id);
        snprintf(q.job_id, sizeof q.job_id, "no-such-%d-u1", i);
        q.submitted_ms = clock_wall_ms(world.engine.clock) - cases[i].age_ms;
        WORKS(state_request_save(world.ledger, &q, &world.e));
    }
    snprintf(q.id, sizeof q.id, "young");
    snprintf(q.job_id, sizeof q.job_id, "no-such-yet-u1");
    q.submitted_ms = clock_wall_ms(world.engine.clock);
    WORKS(state_request_save(world.ledger, &q, &world.e));
    for (int i = 0; i < 2; i++)
        turns_until(cases[i].id, cases[i].becomes);
    int64_t until = clock_mono_ms(world.engine.clock) + PATIENCE_MS;
    while (calls("no-such-yet") == 0 && clock_mono_ms(world.engine.clock) < until) {
        follow_ledger(world.f);
        follow_statuses(world.f);
        poll(NULL, 0, 10);
    }
    assert_true(calls("no-such-yet") > 0 && is_shown_as("young", REQUEST_IN_QUEUE));
}

/* ---- the list ---------------------------------------------------------------------------------------- */

static void look_at(const char *endpoint)
{
    snprintf(world.f->endpoint_id, sizeof world.f->endpoint_id, "%s", endpoint);
}

/* One that somebody else sent is shown, and followed to its end; one of ours is not shown twice. */
static void listed_ones_are_shown(void **state)
{
    (void)state;
    char id[REQUEST_ID_MAX], own[REQUEST_ID_MAX];
    struct request foreign = sent("", "{\"prompt\":\"Not from here\"}");
    struct request mine = kept("mine", "{\"prompt\":\"From here\"}");
    request_listed_id(LEGAL, foreign.job_id, id);
    request_listed_id(LEGAL, mine.job_id, own);
    follow_ledger(world.f);
    follow_list(world.f);
    assert_null(shown(id)); /* nobody looks */
    look_at(LEGAL);
    turns_until(id, REQUEST_COMPLETED);
    assert_true(shown(id)->listed);
    turns_until("mine", REQUEST_COMPLETED);
    assert_null(shown(own));
    assert_false(shown("mine")->listed);
    assert_true(
        follow_list_due(world.f) > clock_mono_ms(world.engine.clock)); /* not so soon again */
}

static size_t count_listed(void)
{
    size_t n = 0;
    hear();
    for (size_t i = 0; i < store_requests(world.store); i++)
        n += store_request(world.store, i)->listed;
    return n;
}

static void count_new(void *arg, const struct request *known, const struct request *listed)
{
    (void)listed;
    *(size_t *)arg += known == NULL;
}

/* Of what is over only the newest are taken, however often the list is read; what waits is taken whole. */
static void history_is_left_where_it_is(void **state)
{
    (void)state;
    enum { LONG = 200, OPEN = 50 };
    struct request *rows = calloc(LONG + OPEN, sizeof *rows);
    const struct request_desk d = {
        .engine = &world.engine, .ledger = world.ledger, .cancel = world.engine.quit};
    size_t fresh = 0, again = 0;
    for (int i = 0; i < LONG + OPEN; i++) {
        struct request *q = &rows[i];
        request_init(q);
        q->listed = true;
        q->status = i % 5 == 0 ? REQUEST_IN_QUEUE : REQUEST_COMPLETED;
        snprintf(q->endpoint_id, sizeof q->endpoint_id, LEGAL);
        snprintf(q->job_id, sizeof q->job_id, "job-%d-u1", i);
        request_listed_id(LEGAL, q->job_id, q->id);
    }
    WORKS(requests_take_list(&d, rows, LONG + OPEN, count_new, &fresh, &world.e));
    assert_true(fresh > OPEN && fresh < OPEN + LONG / 2);
    WORKS(requests_take_list(&d, rows, LONG + OPEN, count_new, &again, &world.e));
    assert_int_equal(again, 0);
    assert_int_equal(count_listed(), fresh);
    assert_int_equal(store_requests_open(world.store), OPEN);
    free(rows);
}

static void a_route_that_is_not_there_is_not_asked_again(void **state)
{
    (void)state;
    fault("{\"plane\":\"data\",\"path\":\"*/requests\",\"kind\":\"status\",\"status\":404}");
    follow_ledger(world.f);
    look_at(LEGAL);
    int64_t before = calls("/requests");
    world.f->fresh = true; /* a new endpoint may only be unknown yet */
    follow_list(world.f);
    assert_int_equal(calls("/requests"), before + 1);
    assert_true(follow_list_due(world.f) < INT64_MAX);
    world.f->fresh = false;
    follow_place(world.f, LEGAL)->listed_ms = INT64_MIN; /* 10 s later */
    world.f->list_ms = INT64_MIN;
    follow_list(world.f);
    assert_int_equal(calls("/requests"), before + 2);
    assert_int_equal(follow_list_due(world.f), INT64_MAX);
    for (int i = 0; i < 2; i++) { /* and when it is nowhere, nowhere */
        look_at(i == 0 ? "another1" : "another2");
        world.f->list_ms = INT64_MIN;
        follow_list(world.f);
    }
    look_at("another3");
    assert_int_equal(follow_list_due(world.f), INT64_MAX);
    json_free(sim_call(&world.sim, HTTP_DELETE, world.sim.control, "/_sim/faults", NULL, NULL));
}

/* ---- being polite ------------------------------------------------------------------------------------ */

static void intervals_grow(void **state)
{
    (void)state;
    int64_t last = 0;
    for (int64_t age = 0; age < 600 * 1000; age += 100) {
        int64_t ms = follow_interval_ms(age, false);
        assert_true(ms >= last && ms >= 1000 && ms <= 15 * 1000);
        assert_true(follow_interval_ms(age, true) <= 2000);
        last = ms;
    }
    assert_int_equal(follow_interval_ms(0, false), 1000);
    assert_int_equal(follow_interval_ms(25 * 1000, false), 5000);
    assert_int_equal(last, 15 * 1000);
}

static void what_fails_is_asked_more_rarely(void **state)
{
    (void)state;
    struct err e;
    int64_t now = clock_mono_ms(world.engine.clock), before = 0;
    for (int i = 0; i < 8; i++) {
        err_set(&e, ERR_NET, 0, "no connection");
        world.f->net_ms = INT64_MIN; /* the wait is over */
        follow_failed(world.f, LEGAL, &e, 0);
        follow_failed(world.f, LEGAL, &e, 0); /* side by side with it: counts once */
        int64_t wait = world.f->net_ms - now;
        assert_true(wait >= before && wait >= 1500 && wait <= 65 * 1000);
        before = wait;
    }
    assert_true(before >= 30 * 1000);
    follow_answered(world.f);
    assert_true(world.f->net_ms <= now);
    err_set(&e, ERR_RATE, 429, "slow down"); /* holds that endpoint alone */
    follow_failed(world.f, LEGAL, &e, 40 * 1000);
    assert_true(follow_place(world.f, LEGAL)->held_ms - now >= 40 * 1000);
    assert_true(world.f->net_ms <= now);
    assert_true(follow_place(world.f, "another")->held_ms <= now);
}

/* However many there are, the calls a second stay the same. */
static void the_pace_is_kept(void **state)
{
    (void)state;
    struct request q;
    request_init(&q);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, LEGAL);
    q.status = REQUEST_IN_QUEUE;
    q.submitted_ms = clock_wall_ms(world.engine.clock);
    for (int i = 0; i < 300; i++) {
        snprintf(q.id, sizeof q.id, "r%d", i);
        snprintf(q.job_id, sizeof q.job_id, "job-%d-u1", i);
        WORKS(state_request_save(world.ledger, &q, &world.e));
    }
    follow_ledger(world.f);
    assert_int_equal(HASH_COUNT(world.f->requests), 300);
    int64_t before = calls("/status/"), began = clock_mono_ms(world.engine.clock);
    follow_statuses(world.f);
    follow_statuses(world.f); /* at once: not yet */
    int64_t made = calls("/status/") - before;
    assert_true(made > 0 && made <= RUNPOD_LOOKS_MAX);
    assert_true(world.f->looks_ms - began >= made * 50); /* 20 a second */
    assert_true(follow_statuses_due(world.f) >= world.f->looks_ms);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(requests_of_others_come_to_their_end),
        T(one_that_is_queued_again_is_followed_again),
        T(one_that_was_never_sent_is_given_up),
        T(unknown_ones_are_lost_or_expired),
        T(listed_ones_are_shown),
        T(history_is_left_where_it_is),
        T(a_route_that_is_not_there_is_not_asked_again),
        T(intervals_grow),
        T(what_fails_is_asked_more_rarely),
        T(the_pace_is_kept),
    };
    return cmocka_run_group_tests_name("follow", tests, start, stop);
}
