/* runpod_watch_round: asking for everything that is due, all at once.
 *
 * The list, the account and the catalog come first, then everything of the endpoint that a person looks at;
 * worker lists get the tokens that are left (runpod_watch_plan), in the order of runpod_watch_turns.
 *
 * What comes back is taken in turn, the list last, because it replaces the endpoints that the other
 * answers belong to. A thing that fails waits longer each time; when the list, which waits least,
 * answers again, everything is due. */
#include "client/runpod_watch_internal.h"

#include "base/log.h"
#include "client/runpod_account.h"
#include "client/runpod_change_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 10 * 1000, /* for one request; the cadence is its retry */
    AT_ONCE = 8,
    REFUSED_MS = 5 * 60 * 1000 /* no right to it: a person must change something first */
};

struct ask {
    enum thing thing;
    size_t endpoint; /* its place, where it is about one */
    struct buf url, body;
};

struct round {
    struct ask ask[WATCH_ASKS_MAX];
    struct http_request request[WATCH_ASKS_MAX];
    struct http_response response[WATCH_ASKS_MAX];
    struct err error[WATCH_ASKS_MAX];
    size_t n;
    int good[THINGS], bad[THINGS];
    struct err why[THINGS]; /* the first that was bad */
};

static const char *const whats[THINGS] = {
    [THING_LIST] = "list the endpoints",
    [THING_ACCOUNT] = "read the account",
    [THING_GPUS] = "list the GPU types",
    [THING_HEALTH] = "read the health",
    [THING_WORKERS] = "list the workers",
    [THING_SETTINGS] = "read the endpoint",
    [THING_RELEASES] = "read the releases",
    [THING_BILLING] = "read what it was billed",
};

/* Of the control plane; the endpoint's id stands between the two. */
static const struct {
    const char *before, *behind;
} paths[THINGS] = {
    [THING_LIST] = {RUNPOD_ENDPOINTS_PATH, ""},
    [THING_ACCOUNT] = {"/graphql", ""},
    [THING_GPUS] = {RUNPOD_GPUS_PATH, ""},
    [THING_WORKERS] = {RUNPOD_ENDPOINTS_PATH "/", "/workers"},
    [THING_SETTINGS] = {RUNPOD_ENDPOINTS_PATH "/", ""},
    [THING_RELEASES] = {RUNPOD_ENDPOINTS_PATH "/", RUNPOD_RELEASES},
    [THING_BILLING] = {RUNPOD_BILLING_PATH, ""},
};

/* ---- asking ------------------------------------------------------------------------------------ */

static void add_ask(struct runpod_watch *w, struct round *rd, enum thing thing, size_t endpoint)
{
    struct ask *ask = &rd->ask[rd->n];
    struct http_request *q = &rd->request[rd->n];
    const char *id = thing >= THING_HEALTH ? w->endpoints[endpoint].id : "";
    struct runpod *r = w->r;
    int failed;
    *ask = (struct ask){.thing = thing, .endpoint = endpoint};
    buf_init(&ask->body, 1024);
    if (thing == THING_HEALTH)
        failed = runpod_url(r, RUNPOD_DATA, &ask->url, NULL, "/%s/health", id);
    else
        failed = runpod_url(r, RUNPOD_CONTROL, &ask->url, NULL, "%s%s%s", paths[thing].before, id,
            paths[thing].behind);
    if (thing == THING_ACCOUNT && !failed)
        failed = buf_str_append(&ask->body, runpod_account_query);
    if (failed) {
        buf_release(&ask->url);
        buf_release(&ask->body);
        return;
    }
    *q = thing == THING_ACCOUNT ? runpod_post(r, buf_str(&ask->url), &ask->body, RUNPOD_SMALL_MAX)
                                : runpod_get(r, buf_str(&ask->url), RUNPOD_LIST_MAX);
    q->reads = true;
    q->retry = HTTP_RETRY_NONE;
    q->deadline_ms = ASK_MS;
    http_response_init(&rd->response[rd->n]);
    rd->n++;
}

static void ask_single(struct runpod_watch *w, struct round *rd, enum thing thing, int64_t now)
{
    if (cadence_due(watch_cadence(w, thing), now) && watch_may_call(w))
        add_ask(w, rd, thing, 0);
}

static void ask_workers(struct runpod_watch *w, struct round *rd, int64_t now)
{
    size_t turns[WATCH_ASKS_MAX], taken = 0;
    size_t n = watch_turns(w, THING_WORKERS, now, turns, WATCH_ASKS_MAX - rd->n);
    while (taken < n && watch_may_list(w))
        add_ask(w, rd, THING_WORKERS, turns[taken++]);
    watch_turns_taken(w, THING_WORKERS, turns, taken);
}

/* The parts of the one in focus that are due. */
static void ask_detail(struct runpod_watch *w, struct round *rd, int64_t now)
{
    size_t i = 0;
    while (i < w->count && !w->endpoints[i].focused)
        i++;
    if (i == w->count)
        return;
    for (int thing = THING_SETTINGS; thing < THINGS; thing++)
        if (cadence_due(watch_detail_cadence(w, (enum thing)thing), now) && watch_may_call(w))
            add_ask(w, rd, (enum thing)thing, i);
}

static void ask_health(struct runpod_watch *w, struct round *rd, int64_t now)
{
    size_t turns[WATCH_HEALTH_MAX], left = WATCH_ASKS_MAX - rd->n;
    if (!cadence_due(&w->beat, now) || w->count == 0)
        return;
    size_t n = watch_turns(
        w, THING_HEALTH, now, turns, left < WATCH_HEALTH_MAX ? left : WATCH_HEALTH_MAX);
    for (size_t i = 0; i < n; i++)
        add_ask(w, rd, THING_HEALTH, turns[i]);
    watch_turns_taken(w, THING_HEALTH, turns, n);
    cadence_ok(&w->beat, now);
}

static void plan(struct runpod_watch *w, struct round *rd, int64_t now)
{
    ask_single(w, rd, THING_LIST, now);
    if (watch_key_refused(w))
        return;
    ask_single(w, rd, THING_ACCOUNT, now);
    ask_single(w, rd, THING_GPUS, now);
    ask_detail(w, rd, now);
    ask_health(w, rd, now);
    ask_workers(w, rd, now);
}

/* ---- taking ------------------------------------------------------------------------------------ */

static struct cadence *cadence_of(struct runpod_watch *w, const struct ask *ask)
{
    if (ask->thing < THING_HEALTH)
        return watch_cadence(w, ask->thing);
    if (ask->thing >= THING_SETTINGS)
        return watch_detail_cadence(w, ask->thing);
    struct watched *e = &w->endpoints[ask->endpoint];
    return ask->thing == THING_HEALTH ? &e->health_again : &e->workers_again;
}

/* When it is asked for again. */
static void reschedule(struct runpod_watch *w, const struct ask *ask, const struct err *why,
    int64_t retry_after_ms, int64_t now)
{
    struct watched *e = ask->thing >= THING_HEALTH ? &w->endpoints[ask->endpoint] : NULL;
    struct cadence *c = cadence_of(w, ask);
    if (ask->thing == THING_HEALTH)
        e->health_ms = now;
    else if (ask->thing == THING_WORKERS)
        e->workers_ms = now;
    if (why) {
        cadence_failed(c, now, retry_after_ms);
        if (why->class == ERR_AUTH && c->due_ms < now + REFUSED_MS)
            c->due_ms = now + REFUSED_MS;
        return;
    }
    if (ask->thing == THING_HEALTH) {
        watch_health_due(e, c->random); /* at the next beat */
        return;
    }
    if (ask->thing == THING_WORKERS)
        cadence_set_interval(c, watch_workers_ms(e));
    else if (ask->thing >= THING_SETTINGS)
        cadence_set_interval(c, watch_detail_ms(w, ask->thing));
    cadence_ok(c, now);
}

/* An endpoint that the service does not know yet, or no longer: nothing is wrong with the source. */
static bool not_known(const struct ask *ask, const struct err *why)
{
    return ask->thing >= THING_HEALTH && why->class == ERR_REMOTE && why->number == 404;
}

static void take(struct runpod_watch *w, struct round *rd, size_t i)
{
    const struct ask *ask = &rd->ask[i];
    struct http_response *response = &rd->response[i];
    struct err *why = &rd->error[i];
    struct watched *e = ask->thing >= THING_HEALTH ? &w->endpoints[ask->endpoint] : NULL;
    struct json *answer = NULL;
    if (why->class == ERR_NONE)
        answer = runpod_answer(w->r, response, whats[ask->thing], why);
    else
        err_wrap(why, "%s", whats[ask->thing]);
    buf_release_secret(&response->body);
    int failed = answer ? watch_take(w, ask->thing, e, answer, why) : -1;
    int64_t now = clock_mono_ms(w->clock);
    if (cancel_fired(w->cancel))
        return;
    if (ask->thing >= THING_SETTINGS)
        watch_detail_note(w, ask->thing, failed ? why : NULL);
    reschedule(w, ask, failed ? why : NULL, response->retry_after_ms, now);
    if (!failed) {
        rd->good[ask->thing]++;
        w->seen_ms = now;
    } else if (!not_known(ask, why) && rd->bad[ask->thing]++ == 0) {
        rd->why[ask->thing] = *why;
    }
}

/* A thing is in trouble when all that was asked of it failed, until something of it answers. */
static void tally(struct runpod_watch *w, const struct round *rd)
{
    bool outage = w->trouble[THING_LIST].class != ERR_NONE;
    for (int i = 0; i < THINGS; i++) {
        if (rd->bad[i] > 0)
            log_err(LOG_WARN, "runpod", &rd->why[i]);
        if (rd->good[i] > 0)
            err_clear(&w->trouble[i]);
        else if (rd->bad[i] > 0)
            w->trouble[i] = rd->why[i];
    }
    if (outage && w->trouble[THING_LIST].class == ERR_NONE)
        watch_hurry_all(w);
}

static void release(struct round *rd)
{
    for (size_t i = 0; i < rd->n; i++) {
        buf_release(&rd->ask[i].url);
        buf_release(&rd->ask[i].body);
        http_response_release(&rd->response[i]);
    }
    free(rd);
}

static int control_calls(const struct round *rd)
{
    int n = 0;
    for (size_t i = 0; i < rd->n; i++)
        n += rd->ask[i].thing != THING_HEALTH;
    return n;
}

static void do_round(struct runpod_watch *w, struct round *rd)
{
    runpod_spend(w->r, control_calls(rd));
    (void)http_batch(w->r->http, rd->request, rd->response, rd->error, rd->n, AT_ONCE, w->cancel);
    if (cancel_fired(w->cancel))
        return;
    for (size_t i = 0; i < rd->n; i++)
        if (rd->ask[i].thing != THING_LIST)
            take(w, rd, i);
    for (size_t i = 0; i < rd->n; i++)
        if (rd->ask[i].thing == THING_LIST)
            take(w, rd, i);
    if (cancel_fired(w->cancel))
        return;
    tally(w, rd);
    watch_detail_send(w);
    watch_send_source(w);
}

void watch_round(struct runpod_watch *w)
{
    if (watch_next_ms(w) > clock_mono_ms(w->clock))
        return;
    struct round *rd = calloc(1, sizeof *rd);
    if (!rd)
        return;
    plan(w, rd, clock_mono_ms(w->clock));
    if (rd->n > 0)
        do_round(w, rd);
    release(rd);
}
