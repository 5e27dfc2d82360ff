/* RunPod's client thread end to end: what it tells, how often it asks, what it does when the service
 * is out, refuses the key, or never answers. */
#include "runpod_world.h"

#include "client/runpod_watch.h"
#include "model/news.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { TYPES = NEWS_KINDS };

/* What main would see. */
struct seen {
    struct inbox *inbox;
    int count[TYPES];
    struct source_state source; /* of the last NEWS_SOURCE; texts gone */
    char who[64];
    size_t endpoints; /* in the last list */
    int64_t in_queue; /* in the last health */
    char health_of[64][ENDPOINT_ID_MAX];
    int healths;
    size_t lines, errors;
    int64_t last_line_ms;
    bool unsorted, foreign;
};

static struct seen seen;
static struct runpod_watch *running; /* NULL = none */

static void look_at_lines(const struct log_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct log_line *l = &page->lines[i];
        seen.unsorted = seen.unsorted || (i > 0 && page->lines[i - 1].order_ms > l->order_ms);
        seen.foreign = seen.foreign || !memchr(l->origin.s, '/', l->origin.len) ||
                       memmem(l->line.s, l->line.len, "hf_kDq", 6);
        seen.errors += l->level == LINE_ERROR;
        seen.lines++;
    }
}

static void look_at(const struct message *m)
{
    seen.count[m->type]++;
    if (m->type == NEWS_SOURCE) {
        const struct source_state *s = m->payload;
        assert_string_equal(m->key, "source/runpod");
        snprintf(seen.who, sizeof seen.who, "%s", s->who.s);
        seen.source = *s;
    } else if (m->type == NEWS_ENDPOINTS) {
        seen.endpoints = ((const struct endpoint_page *)m->payload)->count;
    } else if (m->type == NEWS_HEALTH) {
        const struct health *h = m->payload;
        if (seen.healths < 64)
            memcpy(seen.health_of[seen.healths++], h->endpoint_id, ENDPOINT_ID_MAX);
        seen.in_queue = h->in_queue;
    } else if (m->type == NEWS_LOG) {
        assert_int_equal(m->kind, MESSAGE_LOG);
        look_at_lines(m->payload);
    }
}

/* Receives what waits; sleeps a little when nothing does. */
static void receive(void)
{
    struct pollfd ready = {.fd = inbox_fd(seen.inbox), .events = POLLIN};
    (void)poll(&ready, 1, 50);
    for (struct message *m = inbox_receive(seen.inbox, NULL), *next; m; m = next) {
        next = m->next;
        look_at(m);
        message_free(m);
    }
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        int64_t give_up = now_ms() + PATIENCE_MS;                                                  \
        while (!(condition) && now_ms() < give_up)                                                 \
            receive();                                                                             \
        if (!(condition))                                                                          \
            fail_msg("never: %s (source %d: %s)", #condition, (int)seen.source.health,             \
                seen.source.error.message);                                                        \
    } while (0)

static struct runpod_watch *begin(const struct runpod_watch_options *options, struct runpod *r)
{
    const struct inbox_limits limits = {
        .statuses = 1024, .logs = 512, .log_bytes = 8 << 20, .results = 16};
    memset(&seen, 0, sizeof seen);
    seen.inbox = inbox_new(&limits);
    assert_non_null(seen.inbox);
    struct runpod_watch *w =
        runpod_watch_new(r, options, seen.inbox, clock_real(), world.cancel, &world.e);
    if (!w)
        fail_msg("%s", world.e.message);
    running = w;
    return w;
}

static void end(struct runpod_watch *w)
{
    int64_t began = now_ms();
    running = NULL;
    runpod_watch_free(w);
    assert_true(now_ms() - began < 2000);
    inbox_free(seen.inbox);
}

static const struct runpod_watch_options fast = {.health_ms = 200, .endpoints_ms = 400};

/* ---- what it tells --------------------------------------------------------------------------------- */

static void everything_arrives(void **state)
{
    (void)state;
    world_reset("demo");
    struct runpod_watch *w =
        begin(&(struct runpod_watch_options){.logs = true, .health_ms = 200, .endpoints_ms = 400},
            world.r);
    UNTIL(seen.count[NEWS_ENDPOINTS] && seen.count[NEWS_GPUS] && seen.count[NEWS_ACCOUNT]);
    UNTIL(seen.healths >= 6 && seen.count[NEWS_WORKERS] >= 6 && seen.lines > 50);
    UNTIL(seen.errors > 0); /* the crashing one's */
    UNTIL(seen.source.health == SOURCE_OK && seen.who[0]);
    assert_int_equal(seen.endpoints, 6);
    assert_int_equal(seen.source.error.class, ERR_NONE);
    assert_true(seen.source.seen_ms > 0 && seen.source.seen_ms <= now_ms());
    assert_string_equal(seen.who, "operator@example.com");
    assert_false(seen.unsorted);
    assert_false(seen.foreign);
    end(w);
}

/* Time stands still in the stand-in, so nothing changes: then only the age is told. */
static void nothing_new_is_told_by_age_alone(void **state)
{
    (void)state;
    world_reset("healthy");
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.count[NEWS_ACCOUNT] && seen.healths >= 3 && seen.count[NEWS_WORKERS] >= 3);
    int sources = seen.count[NEWS_SOURCE], all = 0;
    for (int i = 0; i < TYPES; i++)
        all += seen.count[i];
    int64_t before = world_last_request();
    UNTIL(seen.count[NEWS_SOURCE] >= sources + 5);
    for (int i = 0; i < TYPES; i++)
        all -= seen.count[i];
    assert_int_equal(-all, seen.count[NEWS_SOURCE] - sources);
    assert_true(world_count(before, "data", "GET /v2/" LEGAL "/health") >= 3);
    /* A request that is queued meanwhile is told. */
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.data, "/" SUPPORT "/run",
        "{\"input\":{\"prompt\":\"hello\"}}", NULL));
    UNTIL(seen.in_queue == 1);
    end(w);
}

/* ---- how often it asks ------------------------------------------------------------------------------- */

/* What somebody looks at is told again and again, though nothing happens (the world's clock stands). */
static void what_is_looked_at_keeps_its_age(void **state)
{
    (void)state;
    world_reset("healthy");
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.healths >= 3 && seen.count[NEWS_WORKERS] >= 3);
    int before = seen.healths;
    runpod_watch_focus(w, LEGAL);
    UNTIL(seen.healths >= before + 3);
    for (int i = before; i < seen.healths; i++)
        assert_string_equal(seen.health_of[i], LEGAL);
    end(w);
}

/* A person who leans on the refresh key, and a focus that jumps about: still inside the quota, and no
 * 429. The quota is 60 a minute; a burst of 20 and two thirds of a call a second are allowed. */
static void it_stays_inside_the_quota(void **state)
{
    (void)state;
    static const char *const ids[] = {LEGAL, SUPPORT, "c5r2a8s1h0lp7q", ""};
    world_reset("demo");
    sim_speed(&world.sim, 10);
    int64_t before = world_last_request(), began = now_ms();
    struct runpod_watch *w =
        begin(&(struct runpod_watch_options){.logs = true, .health_ms = 200, .endpoints_ms = 400},
            world.r);
    for (size_t i = 0; now_ms() - began < 12000; i++) {
        runpod_watch_hurry(w);
        runpod_watch_focus(w, ids[i % 4]);
        receive();
    }
    int calls = world_count(before, "control", "");
    int64_t most = 20 + (now_ms() - began) * 2 / 3 / 1000 + 2;
    assert_true(calls >= 12);
    if (calls > most)
        fail_msg("%d calls of the control plane, more than %lld", calls, (long long)most);
    assert_int_equal(seen.source.health, SOURCE_OK);
    end(w);
    sim_speed(&world.sim, 0);
}

/* An account that may ask little: 12 calls a minute, 40 an hour. Nobody is refused, and some are left. */
static void a_small_quota_is_kept(void **state)
{
    (void)state;
    char path[256], body[300];
    static const char scenario[] = "{\"base\":\"healthy\",\"rate\":{\"minute\":12,\"hour\":40}}";
    snprintf(path, sizeof path, "%s/slipway-quota-XXXXXX.json",
        getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
    int fd = mkstemps(path, 5);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, scenario, sizeof scenario - 1), (ssize_t)sizeof scenario - 1);
    close(fd);
    world_reset("demo");
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", path);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
    unlink(path);
    int64_t before = world_last_request(), began = now_ms();
    struct runpod_watch *w =
        begin(&(struct runpod_watch_options){.logs = true, .health_ms = 200, .endpoints_ms = 400},
            world.r);
    while (now_ms() - began < 8000) {
        runpod_watch_hurry(w);
        receive();
    }
    int calls = world_count(before, "control", "");
    assert_in_range(calls, 3, 11);
    assert_int_equal(seen.source.health, SOURCE_OK);
    assert_true(world_count(before, "data", "") > 20); /* health has no such quota */
    end(w);
}

/* "Retry-After: 4" of one call silences the whole control plane for 4 s, whoever hurries; the data plane has
 * limits of its own. */
static void silence_is_kept_when_it_is_asked_for(void **state)
{
    (void)state;
    world_reset("healthy");
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.healths >= 3 && seen.count[NEWS_WORKERS] >= 3 && seen.count[NEWS_ACCOUNT]);
    world_fault("{\"plane\":\"control\",\"path\":\"/v2/serverless\",\"kind\":\"status\","
                "\"status\":429,\"headers\":{\"Retry-After\":\"4\"},\"times\":1}");
    runpod_watch_hurry(w);
    UNTIL(seen.source.health == SOURCE_FAILED);
    int64_t told = now_ms(), after = world_last_request();
    assert_int_equal(seen.source.error.class, ERR_RATE);
    while (now_ms() - told < 3000) {
        runpod_watch_hurry(w);
        runpod_watch_focus(w, now_ms() % 2 ? LEGAL : SUPPORT);
        receive();
    }
    assert_int_equal(world_count(after, "control", ""), 0);
    assert_true(world_count(after, "data", "GET /v2/" LEGAL "/health") > 0);
    assert_true(runpod_wait_ms(world.r, 1) > 0);
    UNTIL(world_count(after, "control", "GET /v2/serverless") > 0);
    assert_in_range(now_ms() - told, 3000, 30000);
    UNTIL(seen.source.health == SOURCE_OK);
    end(w);
}

/* ---- when it goes wrong -------------------------------------------------------------------------------- */

static void an_outage_is_told_and_survived(void **state)
{
    (void)state;
    world_reset("healthy");
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.healths >= 3 && seen.source.health == SOURCE_OK);
    int64_t good = seen.source.seen_ms;
    world_fault("{\"kind\":\"reset\"}");
    UNTIL(seen.source.health == SOURCE_FAILED);
    assert_int_equal(seen.source.error.class, ERR_NET);
    assert_true(seen.source.seen_ms >= good && seen.source.retry_ms > 0);
    world_no_faults();
    runpod_watch_hurry(w);
    UNTIL(seen.source.health == SOURCE_OK);
    end(w);
}

static void a_refused_key_is_told_and_not_worn_out(void **state)
{
    (void)state;
    world_reset("healthy");
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/keys",
        "{\"only\":[\"rpa_SOMEBODYELSE\"]}", NULL));
    int64_t before = world_last_request();
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.source.health == SOURCE_FAILED);
    assert_int_equal(seen.source.error.class, ERR_AUTH);
    assert_non_null(strstr(seen.source.error.hint, "RUNPOD_API_KEY"));
    assert_true(seen.source.retry_ms - now_ms() > 60 * 1000);
    int64_t until = now_ms() + 1500;
    while (now_ms() < until)
        receive();
    assert_int_equal(world_count(before, "control", "GET /v2/serverless"), 1);
    json_free(
        sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/keys", "{\"any\":true}", NULL));
    runpod_watch_hurry(w);
    UNTIL(seen.source.health == SOURCE_OK);
    end(w);
}

/* Its health answers 404 for a while (spec/runpod.md §2.1), which is no trouble of the source. */
static void a_new_endpoint_is_not_known_yet(void **state)
{
    (void)state;
    world_reset("healthy");
    world_fault(
        "{\"kind\":\"status\",\"status\":404,\"plane\":\"data\",\"path\":\"*/" LEGAL "/health\"}");
    struct runpod_watch *w = begin(&fast, world.r);
    UNTIL(seen.healths >= 2 && seen.count[NEWS_SOURCE] >= 3);
    assert_int_equal(seen.source.health, SOURCE_OK);
    for (int i = 0; i < seen.healths; i++)
        assert_string_not_equal(seen.health_of[i], LEGAL);
    world_no_faults();
    UNTIL(seen.healths >= 3);
    end(w);
}

static void a_server_that_never_answers_holds_nobody_up(void **state)
{
    (void)state;
    world_reset("healthy");
    world_fault("{\"kind\":\"hang\"}");
    int64_t before = world_last_request();
    struct runpod_watch *w = begin(&fast, world.r);
    int64_t until = now_ms() + PATIENCE_MS;
    while (world_count(before, "control", "GET /v2/serverless") == 0 && now_ms() < until)
        receive();
    end(w); /* measures */
    world_no_faults();
    /* Nor one whose logs hang. */
    world_fault("{\"kind\":\"hang\",\"path\":\"*/logs\"}");
    before = world_last_request();
    w = begin(&(struct runpod_watch_options){.logs = true, .health_ms = 200}, world.r);
    UNTIL(world_count(before, "control", "GET /v2/serverless/" LEGAL "/workers/") > 0);
    end(w);
    world_no_faults();
}

static void without_a_key_nothing_is_asked(void **state)
{
    (void)state;
    world_reset("healthy");
    struct runpod *keyless = world_client(NULL);
    int64_t before = world_last_request();
    struct runpod_watch *w = begin(&fast, keyless);
    UNTIL(seen.source.health == SOURCE_OFF);
    assert_non_null(strstr(seen.source.error.hint, "RUNPOD_API_KEY"));
    runpod_watch_hurry(w);
    end(w);
    assert_int_equal(world_count(before, "control", "") + world_count(before, "data", ""), 0);
    runpod_free(keyless);
}

/* After a test that failed. */
static int clean_up(void **state)
{
    (void)state;
    if (running)
        end(running);
    return 0;
}
#define TEST(function) cmocka_unit_test_teardown(function, clean_up)

static int start(void **state)
{
    (void)state;
    world_start("healthy", "0");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_arrives),
        TEST(nothing_new_is_told_by_age_alone),
        TEST(what_is_looked_at_keeps_its_age),
        TEST(it_stays_inside_the_quota),
        TEST(a_small_quota_is_kept),
        TEST(silence_is_kept_when_it_is_asked_for),
        TEST(an_outage_is_told_and_survived),
        TEST(a_refused_key_is_told_and_not_worn_out),
        TEST(a_new_endpoint_is_not_known_yet),
        TEST(a_server_that_never_answers_holds_nobody_up),
        TEST(without_a_key_nothing_is_asked),
    };
    return cmocka_run_group_tests_name("runpod_watch", tests, start, stop);
}
