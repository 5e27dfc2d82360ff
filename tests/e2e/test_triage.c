/* Every scenario that says what is to be found in it ("expect", src/sim/scenarios/README.md): the evidence is gathered
 * through the program's own client, the rules judge, and the deciding diagnosis, the verdict and how sure it is are
 * compared; nothing that is certain may be wrong. Then the remedy is applied, time goes by, and the endpoint
 * has to serve. The calls that it took are printed.
 *
 * Both clocks run SPEED times as fast, so that what lies five seconds apart is a fraction of one. TRIAGE_ONLY names one
 * scenario; with TRIAGE_SHOW all that was found is printed. */
#include "sim_process.h"

#include "base/file.h"
#include "client/hub.h"
#include "client/runpod_control.h"
#include "client/runpod_evidence.h"
#include "client/runpod_jobs.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    SPEED = 20,
    QUIET_MS = 150,
    GATHER_MS = 30000,
    SCENARIOS_MAX = 256,
    NAME_BYTES = 128,
    FILE_BYTES = 4 << 20,
    SENT_S = 30,
    ROUND_S = 300, /* from one looking into it to the next */
    ROUNDS = 4,
    SERVE_STEP_S = 60,
    SERVE_STEPS = 40,
    CALLS_MOST = 16 /* of one endpoint */
};

#define FOLDER "src/sim/scenarios"

static struct sim_process sim;
static struct cancel *cancel;
static struct secret *hub_token;

struct tally {
    int cases, wrong_id, wrong_verdict, certain_wrong, alarms, uncured, calls, calls_most,
        looks_most;
};
static struct tally tally;

/* ---- what is expected ------------------------------------------------------------------------------------- */

static bool is_among(const struct json *list, const char *word)
{
    for (const struct json *w = json_first(list); w; w = json_next(w))
        if (json_string(w) && strcmp(json_string(w), word) == 0)
            return true;
    return false;
}

static bool verdict_fits(const struct json *expect, const struct triage *t)
{
    const char *verdict = triage_verdict_name(t->verdict);
    return strcmp(json_str_or(expect, "verdict", ""), verdict) == 0 ||
           is_among(json_get(expect, "or"), verdict);
}

static bool id_fits(const struct json *expect, const struct triage *t)
{
    const char *id = json_str(expect, "id");
    if (!id)
        return t->count == 0 || t->verdict <= TRIAGE_WAITING;
    return t->count > 0 && strcmp(t->diagnoses[0].id, id) == 0;
}

/* Sure of what the scenario knows nothing of. */
static bool is_wrongly_certain(const struct json *expect, const struct triage *t)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct triage_diagnosis *d = &t->diagnoses[i];
        const char *id = json_str_or(expect, "id", "");
        bool named = strcmp(d->id, id) == 0 || is_among(json_get(expect, "also"), d->id);
        if (d->certainty == TRIAGE_CERTAIN && !named)
            return true;
    }
    return false;
}

/* ---- one endpoint of a scenario ----------------------------------------------------------------------------- */

struct world {
    struct clock *clock;
    struct runpod *runpod;
    struct hub *hub;
    struct arena *arena;
    struct endpoint endpoint;
};

static void begin(struct world *w, const char *endpoint)
{
    struct err e;
    bool found = false;
    struct json *state = sim_get(&sim, sim.control, "/_sim/state");
    int64_t now = json_int(json_get(state, "clock"), "now_ms", 0);
    json_free(state);
    *w = (struct world){.clock = clock_new(now, SPEED), .arena = arena_new(16 << 20)};
    const struct runpod_options runpod = {
        .api_base = sim.control, .endpoint_base = sim.data, .key = sim.key, .clock = clock_real()};
    const struct hub_options hub = {.endpoint = sim.hub, .token = hub_token};
    w->runpod = runpod_new(&runpod, sim.http, &e);
    w->hub = hub_new(&hub, sim.http, &e);
    assert_true(w->clock && w->arena && w->runpod && w->hub);
    if (runpod_endpoint_find(w->runpod, endpoint, w->arena, &w->endpoint, &found, cancel, &e))
        fail_msg("%s", e.message);
    if (!found)
        fail_msg("there is no endpoint %s", endpoint);
}

static void end(struct world *w)
{
    hub_free(w->hub);
    runpod_free(w->runpod);
    arena_free(w->arena);
    clock_free(w->clock);
}

static char *printed(const struct json *j)
{
    struct buf b;
    buf_init(&b, FILE_BYTES);
    assert_int_equal(json_print(j, &b), 0);
    return buf_take(&b, NULL);
}

static void post(const char *path, const struct json *body)
{
    char *text = printed(body);
    json_free(sim_call(&sim, HTTP_POST, sim.control, path, text, NULL));
    free(text);
}

/* A request of somebody's, as the scenario says; what came of it. */
static void send_one(const struct world *w, const struct json *send, struct triage_job *job)
{
    char path[160];
    int status = 0;
    const struct json *policy = json_get(send, "policy");
    char *body = printed(send);
    *job = (struct triage_job){.status = REQUEST_IN_QUEUE,
        .running_ms = -1,
        .ttl_ms = json_int(policy, "ttl", -1),
        .low_priority = json_bool(policy, "lowPriority", false),
        .empty_input = json_count(json_get(send, "input")) == 0,
        .error = TEXT("")};
    snprintf(path, sizeof path, "/%s/%s", w->endpoint.id,
        json_bool(send, "sync", false) ? "runsync" : "run");
    struct json *answer = sim_call(&sim, HTTP_POST, sim.data, path, body, &status);
    snprintf(job->id, sizeof job->id, "%s", json_str_or(answer, "id", "sent"));
    job->error_status = status >= 400 ? status : 0;
    json_free(answer);
    free(body);
}

static void print_triage(const char *name, const struct json *expect, const struct triage *t,
    struct runpod_evidence_cost cost, int round, const char *flaw)
{
    printf("# %-34s %-18s %-8s %-28s %-8s calls %d+%d looks %d after %d min%s%s\n", name,
        json_str_or(expect, "endpoint", ""), triage_verdict_name(t->verdict),
        t->count ? t->diagnoses[0].id : "-",
        t->count ? triage_certainty_name(t->diagnoses[0].certainty) : "", cost.calls,
        cost.hub_calls, cost.looks, round * ROUND_S / 60, flaw[0] ? "  WRONG: " : "", flaw);
    if (!flaw[0] && !getenv("TRIAGE_SHOW"))
        return;
    printf("#     expected %s %s; %.*s\n", json_str_or(expect, "verdict", ""),
        json_str_or(expect, "id", "-"), (int)t->sentence.len, t->sentence.s);
    for (size_t i = 0; i < t->count; i++) {
        const struct triage_diagnosis *d = &t->diagnoses[i];
        printf("#     %s %s: %.*s\n", triage_certainty_name(d->certainty), d->id,
            (int)d->summary.len, d->summary.s);
        for (size_t k = 0; k < d->evidence_count; k++)
            printf("#       %s %s %.*s\n", d->evidence[k].source, d->evidence[k].worker,
                (int)d->evidence[k].text.len, d->evidence[k].text.s);
        for (size_t k = 0; k < d->remedy_count; k++)
            printf("#       r%zu %s: %.*s (%+.2f $/h)\n", k + 1, d->remedies[k].id,
                (int)d->remedies[k].text.len, d->remedies[k].text.s,
                d->remedies[k].cost_per_hour_delta);
    }
    for (size_t i = 0; i < t->not_read_count; i++)
        printf("#     not read %s: %.*s\n", t->not_read[i].what, (int)t->not_read[i].why.len,
            t->not_read[i].why.s);
}

static void count(const struct json *expect, const struct triage *t,
    struct runpod_evidence_cost cost, int round, char flaw[NAME_BYTES])
{
    int calls = cost.calls / (round + 1), looks = cost.looks / (round + 1);
    bool id = id_fits(expect, t), verdict = verdict_fits(expect, t);
    bool wrong = is_wrongly_certain(expect, t);
    tally.cases++;
    tally.wrong_id += !id;
    tally.wrong_verdict += !verdict;
    tally.calls += calls;
    tally.calls_most = calls > tally.calls_most ? calls : tally.calls_most;
    tally.looks_most = looks > tally.looks_most ? looks : tally.looks_most;
    snprintf(flaw, NAME_BYTES, "%s%s%s", id ? "" : "id ", verdict ? "" : "verdict ",
        wrong ? "certain" : "");
}

/* What is known of the request that was sent, and how it fares now. */
static void note_sent(
    struct runpod_evidence *ev, struct triage_job *job, const char *name, int64_t age_ms)
{
    struct err e;
    if (!job->error_status && runpod_evidence_read_job(ev, job->id, cancel, &e))
        printf("# %s: %s\n", name, e.message);
    const struct triage_evidence *v = runpod_evidence_get(ev);
    for (size_t i = 0; i < v->job_count; i++)
        if (strcmp(v->jobs[i].id, job->id) == 0) {
            job->status = v->jobs[i].status;
            job->error = v->jobs[i].error;
            job->retries = v->jobs[i].retries;
        }
    job->age_ms = age_ms;
    runpod_evidence_sent(ev, job);
}

/* Nobody has to do anything about it. */
static bool is_alarm(const struct json *expect, const struct triage *t)
{
    return t->verdict == TRIAGE_STUCK && strcmp(json_str_or(expect, "verdict", ""), "stuck") != 0;
}

/* One look into it. What nobody may ever say of it is counted each time. */
static void look_once(struct runpod_evidence *ev, const char *name, const struct json *expect,
    struct triage_job *job, int64_t age_ms, struct arena *a, struct triage *t)
{
    struct err e;
    if (runpod_evidence_gather(ev, GATHER_MS, cancel, &e))
        printf("# %s: %s\n", name, e.message);
    if (job)
        note_sent(ev, job, name, age_ms);
    int failed = job ? triage_judge_job(runpod_evidence_get(ev), job->id, a, t, &e)
                     : triage_judge(runpod_evidence_get(ev), a, t, &e);
    assert_int_equal(failed, 0);
    bool wrong = is_wrongly_certain(expect, t), alarm = is_alarm(expect, t);
    tally.certain_wrong += wrong;
    tally.alarms += alarm;
    if (alarm || wrong)
        printf("# %s: WRONG: %s %s %s\n", name, json_str_or(expect, "endpoint", ""),
            alarm ? "alarm" : "certain", t->count ? t->diagnoses[0].id : "");
}

/* Only what is stuck takes time to be seen as that: nobody knows how long requests wait that others sent. */
static bool may_take_time(const struct json *expect)
{
    return strcmp(json_str_or(expect, "verdict", ""), "healthy") != 0;
}

/* What a command knows besides: what other endpoints may have, and what RunPod once said of the quota. */
static void know(struct world *w, struct runpod_evidence *ev, const struct json *scenario)
{
    struct endpoint_page page;
    struct err e;
    int others = 0;
    int64_t quota = json_int(json_get(scenario, "account"), "worker_quota", 0);
    assert_int_equal(runpod_endpoints(w->runpod, w->arena, &page, cancel, &e), 0);
    for (size_t i = 0; i < page.count; i++)
        others +=
            strcmp(page.endpoints[i].id, w->endpoint.id) == 0 ? 0 : page.endpoints[i].workers_max;
    runpod_evidence_elsewhere(ev, others);
    if (quota > 0)
        runpod_evidence_quota(ev, (int)quota);
}

static void judge(
    struct world *w, const char *name, const struct json *scenario, const struct json *expect)
{
    const struct runpod_evidence_options options = {
        .runpod = w->runpod, .hub = w->hub, .clock = w->clock, .quiet_ms = QUIET_MS};
    const struct json *send = json_get(expect, "send");
    struct runpod_evidence *ev = runpod_evidence_new(&options, &w->endpoint);
    struct triage *t = calloc(1, sizeof *t);
    struct triage_job job;
    char flaw[NAME_BYTES];
    assert_true(ev && t);
    know(w, ev, scenario);
    if (send)
        send_one(w, send, &job);
    if (json_get(expect, "then_play"))
        post("/_sim/play", json_get(expect, "then_play"));
    if (send)
        sim_advance(&sim, SENT_S);
    bool is_told = false;
    for (int round = 0;; round++) {
        struct arena *a = arena_new(4 << 20);
        assert_non_null(a);
        look_once(ev, name, expect, send ? &job : NULL, (SENT_S + round * ROUND_S) * 1000, a, t);
        bool good = id_fits(expect, t) && verdict_fits(expect, t);
        bool decided = good || !may_take_time(expect), told = decided || round == ROUNDS;
        bool last =
            round == ROUNDS || (told && may_take_time(expect)); /* what is well has to stay so */
        if (told && !is_told) {
            is_told = true;
            count(expect, t, runpod_evidence_cost(ev), round, flaw);
            print_triage(name, expect, t, runpod_evidence_cost(ev), round, flaw);
        }
        triage_release(t);
        arena_free(a);
        if (last)
            break;
        sim_advance(&sim, ROUND_S);
        clock_advance(w->clock, ROUND_S * 1000);
    }
    free(t);
    runpod_evidence_free(ev);
}

/* ---- afterwards ------------------------------------------------------------------------------------------------ */

static void patch(const struct world *w, const struct json *body)
{
    char path[160];
    int status = 0;
    char *text = printed(body);
    snprintf(path, sizeof path, "/v2/serverless/%s", w->endpoint.id);
    json_free(sim_call(&sim, HTTP_PATCH, sim.control, path, text, &status));
    if (status >= 300)
        printf("# PATCH %s answers %d\n", text, status);
    free(text);
}

static bool serves(const struct world *w, const struct health *before)
{
    struct health h;
    struct err e;
    if (runpod_health(w->runpod, w->endpoint.id, &h, cancel, &e))
        return false;
    return h.completed > before->completed || (h.in_queue == 0 && h.ready + h.running > 0);
}

static void cure(struct world *w, const char *name, const struct json *expect)
{
    const struct json *change = json_get(expect, "cured_by");
    const struct json *play = json_get(expect, "cured_by_play");
    const struct json *then = json_get(expect, "cured_by_then");
    struct health before = {0};
    struct err e;
    if ((!change && !play) || w->endpoint.load_balancer)
        return;
    assert_int_equal(runpod_health(w->runpod, w->endpoint.id, &before, cancel, &e), 0);
    if (play)
        post("/_sim/play", play);
    if (change)
        patch(w, change);
    if (then) {
        sim_advance(&sim, SERVE_STEP_S);
        patch(w, then);
    }
    int steps = 0;
    while (steps < SERVE_STEPS && !serves(w, &before)) {
        sim_advance(&sim, SERVE_STEP_S);
        steps++;
    }
    if (steps == SERVE_STEPS) {
        tally.uncured++;
        printf("# %s: WRONG: the endpoint does not serve after its remedy\n", name);
    }
}

/* ---- all scenarios ----------------------------------------------------------------------------------------------- */

static struct json *read_scenario(const char *path)
{
    struct buf bytes;
    struct err e;
    buf_init(&bytes, FILE_BYTES);
    if (file_read(path, &bytes, &e))
        fail_msg("%s: %s", path, e.message);
    struct json *j = json_parse(buf_str(&bytes), bytes.len, &e);
    if (!j)
        fail_msg("%s: %s", path, e.message);
    buf_release(&bytes);
    return j;
}

static void reset(const char *path)
{
    char whole[1024], folder[512], body[1100];
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(whole, sizeof whole, "%s/%s", folder, path);
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", whole);
    json_free(sim_call(&sim, HTTP_POST, sim.control, "/_sim/reset", body, NULL));
}

static void play(const char *name, const char *path)
{
    struct json *scenario = read_scenario(path);
    const struct json *expect = json_get(scenario, "expect");
    for (const struct json *x = json_first(expect); x; x = json_next(x)) {
        struct world w;
        reset(path);
        begin(&w, json_str_or(x, "endpoint", ""));
        judge(&w, name, scenario, x);
        cure(&w, name, x);
        end(&w);
    }
    json_free(scenario);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t list(char names[SCENARIOS_MAX][NAME_BYTES])
{
    const char *only = getenv("TRIAGE_ONLY");
    size_t n = 0;
    DIR *d = opendir(FOLDER);
    assert_non_null(d);
    for (struct dirent *x; (x = readdir(d)) && n < SCENARIOS_MAX;) {
        size_t length = strlen(x->d_name);
        if (length < 6 || strcmp(x->d_name + length - 5, ".json") != 0 || length >= NAME_BYTES)
            continue;
        snprintf(names[n], NAME_BYTES, "%.*s", (int)(length - 5), x->d_name);
        n += !only || strcmp(only, names[n]) == 0;
    }
    closedir(d);
    qsort(names, n, NAME_BYTES, by_name);
    return n;
}

static void test_every_scenario(void **state)
{
    (void)state;
    static char names[SCENARIOS_MAX][NAME_BYTES];
    size_t n = list(names);
    for (size_t i = 0; i < n; i++) {
        char path[sizeof FOLDER + NAME_BYTES + 8];
        snprintf(path, sizeof path, "%s/%.*s.json", FOLDER, NAME_BYTES - 1, names[i]);
        play(names[i], path);
    }
    printf(
        "# %d cases: %d with a wrong id, %d with a wrong verdict, %d wrongly certain, %d false alarms, %d not cured; %.1f calls each, "
        "%d at most, %d looks at most\n",
        tally.cases, tally.wrong_id, tally.wrong_verdict, tally.certain_wrong, tally.alarms,
        tally.uncured, tally.cases ? (double)tally.calls / tally.cases : 0, tally.calls_most,
        tally.looks_most);
    assert_true(tally.cases > 0);
    assert_int_equal(tally.certain_wrong, 0);
    assert_int_equal(tally.alarms, 0);
    assert_int_equal(tally.wrong_id, 0);
    assert_int_equal(tally.wrong_verdict, 0);
    assert_int_equal(tally.uncured, 0);
    assert_in_range(tally.calls_most, 1, CALLS_MOST);
    assert_in_range(tally.looks_most, 1, 3);
}

static int start(void **state)
{
    (void)state;
    struct err e;
    char speed[16];
    snprintf(speed, sizeof speed, "%d", SPEED);
    sim_process_start(&sim, "healthy", speed);
    cancel = cancel_new(NULL);
    hub_token = secret_register("HF_TOKEN", "hf_kDqSlipwayExampleTokenNotReal00000", &e);
    return cancel && hub_token ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    cancel_unref(cancel);
    sim_process_stop(&sim);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_scenario)};
    return cmocka_run_group_tests_name("triage", tests, start, stop);
}
