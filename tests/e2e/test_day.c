/* A day of an endpoint on the stand-in, seen from outside: what its health counters, worker list, logs,
 * releases, bills and account say must agree with each other at every look, or differ only where the real
 * ones do (counters that come late, parked workers counted as ready).
 *
 * Time stands still while a look is taken. Between looks it is moved on, or, with DAY_SPEED=600 in the
 * environment, really runs at that speed (a day then takes 144 s). */
#include "sim_process.h"

#include "client/sse.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BUSY    "day0busy0day00"
#define SLEEPER "day0sleep0day0"
#define STEADY  "day0steady0day"

static const char *const endpoints[] = {BUSY, SLEEPER, STEADY};
enum { ENDPOINTS = 3, MINUTE = 60, HOUR = 3600, LOOKS_AN_HOUR = 6 };

static struct sim_process sim;

/* ---- time and calls ------------------------------------------------------------------------------ */

static void pass_time(int64_t seconds)
{
    const char *words = getenv("DAY_SPEED");
    double speed = words ? strtod(words, NULL) : 0;
    if (speed <= 0) {
        sim_advance(&sim, seconds);
        return;
    }
    double real = (double)seconds / speed;
    struct timespec t = {(time_t)real, (long)((real - floor(real)) * 1e9)};
    sim_speed(&sim, speed);
    nanosleep(&t, NULL);
    sim_speed(&sim, 0);
}

static struct json *control(const char *id, const char *rest)
{
    char path[160];
    snprintf(path, sizeof path, "/v2/serverless/%s%s", id, rest);
    return sim_get(&sim, sim.control, path);
}

static struct json *health_of(const char *id)
{
    char path[64];
    snprintf(path, sizeof path, "/%s/health", id);
    return sim_get(&sim, sim.data, path);
}

/* The endpoint's part of the truth, borrowed from the state. */
static const struct json *truth_of(const struct json *state, const char *id)
{
    const struct json *i = json_first(json_get(json_get(state, "runpod"), "endpoints"));
    while (i && strcmp(json_str_or(i, "id", ""), id) != 0)
        i = json_next(i);
    assert_non_null(i);
    return i;
}

/* ---- what must agree ----------------------------------------------------------------------------- */

/* The summary is a histogram of the list. */
static void list_agrees_with_itself(const struct json *workers)
{
    static const char *const names[] = {
        "running", "idle", "initializing", "throttled", "unhealthy"};
    const struct json *summary = json_get(workers, "summary"), *list = json_get(workers, "workers");
    int64_t counted = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t n = 0;
        for (const struct json *w = json_first(list); w; w = json_next(w))
            n += strcasecmp(json_str_or(w, "status", ""), names[i]) == 0;
        assert_int_equal(json_int(summary, names[i], -1), n);
        counted += n;
    }
    assert_int_equal(json_int(summary, "total", -1), counted);
    assert_int_equal(json_count(list), counted);
}

static void releases_agree(const struct json *releases, const struct json *workers)
{
    const struct json *rollout = json_get(releases, "rollout");
    int64_t version = json_int(workers, "endpointVersion", -1), latest = 0, total = 0;
    assert_int_equal(json_int(releases, "endpointVersion", -2), version);
    assert_int_equal(json_int(json_first(json_get(releases, "releases")), "version", -3), version);
    for (const struct json *w = json_first(json_get(workers, "workers")); w; w = json_next(w)) {
        assert_int_equal(json_bool(w, "isStale", false), json_int(w, "version", -1) < version);
        latest += !json_bool(w, "isStale", true);
        total++;
    }
    assert_int_equal(json_int(rollout, "workersTotal", -1), total);
    assert_int_equal(json_int(rollout, "workersOnLatest", -1), latest);
    assert_int_equal(json_bool(rollout, "inProgress", latest == total), latest < total);
}

static void jobs_agree(const struct json *health, const struct json *truth)
{
    const struct json *seen = json_get(health, "jobs"), *real = json_get(truth, "jobs");
    assert_int_equal(json_int(seen, "inQueue", -1), json_int(real, "queued", -2));
    assert_int_equal(json_int(seen, "inProgress", -1), json_int(real, "in_progress", -2));
    assert_int_equal(json_int(seen, "completed", -1), json_int(real, "completed", -2));
    assert_int_equal(json_int(real, "submitted", -1),
        json_int(real, "queued", 0) + json_int(real, "in_progress", 0) +
            json_int(real, "completed", 0) + json_int(real, "failed", 0) +
            json_int(real, "timed_out", 0) + json_int(real, "cancelled", 0) +
            json_int(real, "expired", 0));
}

/* Whether both lists hold the same workers in the same states. */
static bool same_workers(const struct json *a, const struct json *b)
{
    const struct json *i = json_first(json_get(a, "workers")),
                      *k = json_first(json_get(b, "workers"));
    for (; i && k; i = json_next(i), k = json_next(k))
        if (strcmp(json_str_or(i, "id", ""), json_str_or(k, "id", "")) != 0 ||
            strcmp(json_str_or(i, "status", ""), json_str_or(k, "status", "")) != 0)
            return false;
    return !i && !k;
}

/* Counters of a list that is as it was before they could lag. A worker may have been idle and busy in
 * between; parked ones are counted as idle and ready though the list has dropped them. */
static void health_agrees(const struct json *health, const struct json *workers)
{
    const struct json *h = json_get(health, "workers"), *s = json_get(workers, "summary");
    assert_int_equal(json_int(h, "throttled", -1), json_int(s, "throttled", -2));
    assert_int_equal(json_int(h, "initializing", -1), json_int(s, "initializing", -2));
    assert_true(json_int(h, "running", -1) + json_int(h, "idle", -1) >=
                json_int(s, "running", 0) + json_int(s, "idle", 0));
    assert_true(json_int(h, "ready", -1) >= json_int(h, "idle", 0));
}

/* ---- logs ---------------------------------------------------------------------------------------- */

struct log_count {
    int starts, mentions;
    char last_start[CLOCK_RFC3339_MAX]; /* its time, to the second */
    const char *mention;
};

static void count_line(const struct sse_event *event, void *arg)
{
    struct log_count *count = arg;
    struct json *j = json_parse(event->data, event->length, NULL);
    assert_non_null(j);
    const char *line = json_str_or(j, "line", "");
    if (strstr(line, "start container") && strstr(line, ": begin")) {
        int64_t at = 0;
        assert_int_equal(clock_parse_rfc3339(json_str_or(j, "ts", ""), &at), 0);
        clock_rfc3339(count->last_start, at, 0);
        count->starts++;
    }
    count->mentions += count->mention && strstr(line, count->mention);
    json_free(j);
}

/* Reads a worker's log until nothing has come for a while (the stream itself never ends). */
static void read_log(
    const char *endpoint, const char *worker, const char *query, struct log_count *count)
{
    char url[256];
    snprintf(url, sizeof url, "%s/v2/serverless/%s/workers/%s/logs?%s", sim.control, endpoint,
        worker, query);
    struct http_request request = {.method = HTTP_GET,
        .url = url,
        .bearer = sim.key,
        .deadline_ms = 20000,
        .answer_max = 1 << 20};
    struct wait wait;
    struct sse sse;
    struct buf bytes;
    struct err e;
    assert_int_equal(wait_init(&wait), 0);
    sse_init(&sse);
    buf_init(&bytes, 4 << 20);
    struct http_stream *stream = http_stream_open(sim.http, &request, &wait, &e);
    assert_non_null(stream);
    for (bool more = true; more;) {
        uint64_t seen = wait_seen(&wait);
        int status = 0;
        enum http_stream_state state = http_stream_read(stream, &bytes, &status, &e);
        assert_true(status == 0 || status == 200);
        assert_true(state == HTTP_STREAM_WAITING || state == HTTP_STREAM_OPEN);
        sse_feed(&sse, buf_str(&bytes), bytes.len, count_line, count);
        bool idle = bytes.len == 0;
        buf_clear(&bytes);
        more = !idle || wait_until(&wait, seen, 300);
    }
    http_stream_close(stream);
    buf_release(&bytes);
    sse_release(&sse);
    wait_release(&wait);
}

/* The newest container start in a listed worker's system log is when the list says that it started. */
static void logs_agree(const char *endpoint, const struct json *workers)
{
    for (const struct json *w = json_first(json_get(workers, "workers")); w; w = json_next(w)) {
        struct log_count count = {0};
        if (!json_str(w, "startedAt"))
            continue;
        read_log(endpoint, json_str_or(w, "id", ""), "source=system&tail=5000", &count);
        assert_true(count.starts >= 1);
        assert_string_equal(count.last_start, json_str(w, "startedAt"));
    }
}

/* ---- money --------------------------------------------------------------------------------------- */

struct account {
    double balance, spend;
};

static struct account account_now(void)
{
    struct json *answer = sim_call(&sim, HTTP_POST, sim.control, "/graphql",
        "{\"query\":\"query { myself { clientBalance currentSpendPerHr } }\"}", NULL);
    const struct json *me = json_get(json_get(answer, "data"), "myself");
    struct account a = {json_num(me, "clientBalance", NAN), json_num(me, "currentSpendPerHr", NAN)};
    json_free(answer);
    assert_false(isnan(a.balance) || isnan(a.spend));
    return a;
}

/* All that was ever billed, whatever the endpoint; `gpu` (may be NULL) gets the GPU part. */
static double billed(double *gpu)
{
    struct json *bills = sim_get(&sim, sim.control,
        "/v2/billing/serverless?bucketSize=hour&startTime=2026-11-20T00:00:00Z&"
        "endTime=2026-11-25T00:00:00Z");
    const struct json *totals = json_get(json_get(bills, "metadata"), "totals");
    double sum = 0, total = json_num(totals, "totalAmount", NAN);
    for (const struct json *r = json_first(json_get(bills, "records")); r; r = json_next(r))
        sum += json_num(r, "totalAmount", NAN);
    if (gpu)
        *gpu = json_num(totals, "gpuAmount", NAN);
    json_free(bills);
    assert_true(fabs(sum - total) < 1e-6);
    return total;
}

/* ---- looks --------------------------------------------------------------------------------------- */

static void look_at(const char *id, const struct json *before, bool with_logs)
{
    struct json *workers = control(id, "/workers"), *releases = control(id, "/releases");
    struct json *health = health_of(id), *state = sim_get(&sim, sim.control, "/_sim/state");
    const struct json *truth = truth_of(state, id);
    list_agrees_with_itself(workers);
    releases_agree(releases, workers);
    jobs_agree(health, truth);
    if (same_workers(before, workers))
        health_agrees(health, workers);
    if (with_logs)
        logs_agree(id, workers);
    json_free(workers);
    json_free(releases);
    json_free(health);
    json_free(state);
}

/* A look at everything, of which the counters are compared where nothing moved for half a minute. */
static void look(bool with_logs)
{
    struct json *before[ENDPOINTS];
    for (size_t i = 0; i < ENDPOINTS; i++)
        before[i] = control(endpoints[i], "/workers");
    pass_time(30);
    for (size_t i = 0; i < ENDPOINTS; i++) {
        look_at(endpoints[i], before[i], with_logs);
        json_free(before[i]);
    }
}

static int64_t completed(const char *id)
{
    struct json *health = health_of(id);
    int64_t n = json_int(json_get(health, "jobs"), "completed", -1);
    json_free(health);
    return n;
}

static void a_day_agrees_at_every_look(void **state)
{
    (void)state;
    int64_t done = completed(BUSY), first = done;
    struct account begin = account_now();
    double billed_before = billed(NULL);
    for (int i = 0; i < 24 * LOOKS_AN_HOUR; i++) {
        look(i % (2 * LOOKS_AN_HOUR) == 0);
        struct account now = account_now();
        double spent = begin.balance - now.balance;
        if (fabs(spent - (billed(NULL) - billed_before)) > 1e-4)
            fail_msg("look %d: %.6f left the account, %.6f is on the bills", i, spent,
                billed(NULL) - billed_before);
        int64_t n = completed(BUSY);
        assert_true(n >= done);
        done = n;
        pass_time(10 * MINUTE - 30);
    }
    assert_true(done - first > 1000);
}

/* The spend rate that the account shows, summed up over an hour, is what the hour costs. */
static void spend_rate_adds_up_to_the_bill(void **state)
{
    (void)state;
    double gpu_before, gpu_after, integral = 0;
    billed(&gpu_before);
    for (int i = 0; i < HOUR / 5; i++) {
        double rate = account_now().spend;
        sim_advance(&sim, 5);
        integral += (rate + account_now().spend) / 2 * 5 / HOUR;
    }
    billed(&gpu_after);
    double bill = gpu_after - gpu_before;
    if (bill <= 0 || fabs(integral - bill) > 0.05 * bill)
        fail_msg("summed up %.4f, billed %.4f", integral, bill);
}

static struct json *patch(const char *id, const char *body)
{
    char path[96];
    snprintf(path, sizeof path, "/v2/serverless/%s", id);
    return sim_call(&sim, HTTP_PATCH, sim.control, path, body, NULL);
}

static void a_new_environment_rolls_through(void **state)
{
    (void)state;
    struct json *before = control(STEADY, "/releases");
    int64_t version = json_int(before, "endpointVersion", -1);
    json_free(before);
    json_free(patch(STEADY, "{\"env\":{\"MODEL_NAMES\":\"BAAI/bge-m3\",\"BATCH_SIZE\":\"16\"}}"));
    struct json *during = control(STEADY, "/releases");
    assert_int_equal(json_int(during, "endpointVersion", -1), version + 1);
    assert_true(json_bool(json_get(during, "rollout"), "inProgress", false));
    assert_true(json_count(json_get(json_first(json_get(during, "releases")), "diff")) > 0);
    json_free(during);
    bool rolling = true;
    for (int i = 0; i < 120 && rolling; i++) {
        look(false);
        struct json *now = control(STEADY, "/releases");
        rolling = json_bool(json_get(now, "rollout"), "inProgress", true);
        json_free(now);
    }
    assert_false(rolling);
}

/* An endpoint that sleeps costs nothing; a request wakes it, and its worker's log names the request. */
static void a_sleeper_wakes_for_a_request(void **state)
{
    (void)state;
    struct json *asleep = control(SLEEPER, "/workers");
    assert_int_equal(json_int(json_get(asleep, "summary"), "total", -1), 0);
    json_free(asleep);
    struct json *job = sim_call(&sim, HTTP_POST, sim.data, "/" SLEEPER "/run",
        "{\"input\":{\"openai_route\":\"/v1/embeddings\",\"openai_input\":{\"input\":\"Hello\"}}}",
        NULL);
    char path[128], id[64], status[16] = "", worker[32] = "";
    snprintf(id, sizeof id, "%s", json_str_or(job, "id", ""));
    assert_string_equal(json_str_or(job, "status", ""), "IN_QUEUE");
    json_free(job);
    snprintf(path, sizeof path, "/" SLEEPER "/status/%s", id);
    int64_t delay = -1;
    for (int i = 0; i < 600 && strcmp(status, "COMPLETED") != 0; i++) {
        sim_advance(&sim, 1);
        job = sim_get(&sim, sim.data, path);
        snprintf(status, sizeof status, "%s", json_str_or(job, "status", ""));
        snprintf(worker, sizeof worker, "%s", json_str_or(job, "workerId", ""));
        delay = json_int(job, "delayTime", -1);
        json_free(job);
    }
    assert_string_equal(status, "COMPLETED");
    assert_true(delay > 1000); /* it had to start */
    struct log_count count = {.mention = id};
    read_log(SLEEPER, worker, "tail=5000", &count);
    assert_int_equal(count.starts, 1);
    assert_true(count.mentions >= 1);
}

static int start(void **state)
{
    (void)state;
    sim_process_start(&sim, "tests/data/day.json", "0");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sim_process_stop(&sim);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleeper_wakes_for_a_request),
        cmocka_unit_test(a_day_agrees_at_every_look),
        cmocka_unit_test(spend_rate_adds_up_to_the_bill),
        cmocka_unit_test(a_new_environment_rolls_through),
    };
    return cmocka_run_group_tests_name("day", tests, start, stop);
}
