/* The thread that looks into endpoints whose requests wait. It keeps what it gathered of each, so that what it sees
 * later knows what was before. The looks at health are the watch's own (runpod_watch.h): an endpoint in good order
 * costs nothing, and one in trouble a handful of calls at growing intervals, as long as the quota has room. */
#include "app/triage_watch_internal.h"

#include "base/log.h"
#include "client/state.h"
#include "model/news.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BEGIN_MS = 15 * 1000, /* that something waits before anybody asks why, where nothing is usual */
    AGAIN_MS = 20 * 1000,
    AGAIN_MOST_MS = 5 * 60 * 1000,
    POSTPONE_MS = 10 * 1000,
    QUOTA_CALLS = 8, /* that there must be room for, so that the watch is not starved */
    FORGET_MS = 30 * 60 * 1000,
    SLEEP_MS = 60 * 1000
};

static int64_t now_ms(const struct triages *t)
{
    return clock_mono_ms(t->engine->clock);
}

/* ---- places ------------------------------------------------------------------------------------------------- */

static void free_place(struct place *p)
{
    runpod_evidence_free(p->ev);
    *p = (struct place){.waits_ms = -1, .due_ms = INT64_MAX, .usual_ms = -1};
}

static struct place *find_place(struct triages *t, const char *id)
{
    for (size_t i = 0; i < PLACES; i++)
        if (t->places[i].ev && strcmp(t->places[i].id, id) == 0)
            return &t->places[i];
    return NULL;
}

/* A free one, or that of an endpoint where nothing waits; NULL = all are in trouble. */
static struct place *make_place(struct triages *t)
{
    struct place *found = NULL;
    for (size_t i = 0; i < PLACES; i++) {
        struct place *p = &t->places[i];
        if (!p->ev)
            return p;
        if (p->waits_ms < 0 && (!found || p->seen_ms < found->seen_ms))
            found = p;
    }
    if (found)
        free_place(found);
    return found;
}

static struct place *begin_place(struct triages *t, const struct endpoint *endpoint)
{
    struct engine *g = t->engine;
    const struct runpod_evidence_options options = {
        .runpod = g->runpod, .hub = g->hub, .clock = g->clock, .gpus = triage_gpus, .gpus_arg = g};
    struct place *p = make_place(t);
    struct runpod_evidence *ev = p ? runpod_evidence_new(&options, endpoint) : NULL;
    if (!ev)
        return NULL;
    free_place(p);
    p->ev = ev;
    snprintf(p->id, sizeof p->id, "%s", endpoint->id);
    p->again_ms = AGAIN_MS;
    return p;
}

/* ---- telling -------------------------------------------------------------------------------------------------- */

static void note_troubled(struct triages *t)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < PLACES; i++)
        snprintf(
            t->troubled[i], sizeof t->troubled[i], "%s", t->places[i].ev ? t->places[i].id : "");
    pthread_mutex_unlock(&t->lock);
}

static void tell(struct triages *t, struct place *p)
{
    struct err e;
    struct arena *a = arena_new(TRIAGE_ARENA);
    struct triage *said = a ? arena_alloc(a, sizeof *said) : NULL;
    if (said && !triage_conclude(p->ev, NULL, a, said, &e)) {
        const char *id = said->count ? said->diagnoses[0].id : "";
        bool changed = !p->told || said->verdict != p->verdict || strcmp(id, p->diagnosis) != 0;
        p->again_ms = changed ? AGAIN_MS : 2 * p->again_ms;
        p->again_ms = p->again_ms < AGAIN_MOST_MS ? p->again_ms : AGAIN_MOST_MS;
        p->verdict = said->verdict;
        p->diagnosis = id;
        p->told = true;
        struct message *m = news_triage(said);
        if (m)
            (void)inbox_send(t->engine->inbox, m);
        triage_release(said);
    }
    arena_free(a);
}

/* ---- what main has seen --------------------------------------------------------------------------------------- */

/* Longer than requests to it usually wait, and not just for a moment. */
static int64_t patience(const struct place *p)
{
    return p->usual_ms > BEGIN_MS / 2 ? 2 * p->usual_ms : BEGIN_MS;
}

static void take_health(struct triages *t, struct place *p, const struct seen *s)
{
    int64_t now = now_ms(t);
    runpod_evidence_health(p->ev, s->at_ms, &s->health);
    p->seen_ms = now;
    if (s->health.in_queue > 0 && p->waits_ms < 0) {
        p->waits_ms = now;
        p->due_ms = now + patience(p);
        p->again_ms = AGAIN_MS;
    } else if (s->health.in_queue == 0) {
        bool told = p->told && p->verdict != TRIAGE_HEALTHY;
        p->waits_ms = -1;
        p->due_ms = INT64_MAX;
        if (told)
            tell(t, p); /* what was gathered says that nothing waits any more */
    }
}

static void take(struct triages *t, const struct seen *s)
{
    struct place *p = find_place(t, s->endpoint.id);
    if (!p && (s->asked || s->health.in_queue > 0))
        p = begin_place(t, &s->endpoint);
    if (!p)
        return;
    runpod_evidence_endpoint(p->ev, &s->endpoint);
    if (s->has_health)
        take_health(t, p, s);
    if (s->asked)
        p->due_ms = now_ms(t);
}

static void take_orders(struct triages *t)
{
    struct seen *orders = NULL;
    pthread_mutex_lock(&t->lock);
    size_t n = t->order_count;
    if (n > 0 && (orders = malloc(n * sizeof *orders))) {
        memcpy(orders, t->orders, n * sizeof *orders);
        t->order_count = 0;
    }
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; orders && i < n; i++) {
        take(t, &orders[i]);
        arena_free(orders[i].arena);
    }
    if (orders)
        note_troubled(t);
    free(orders);
}

/* ---- looking into one ------------------------------------------------------------------------------------------ */

static int gather(struct triages *t, struct place *p, struct err *e)
{
    struct state *ledger = engine_state(t->engine, NULL);
    triage_know(p->ev, t->engine, ledger);
    p->usual_ms = runpod_evidence_get(p->ev)->usual_ms;
    int failed = runpod_evidence_gather(p->ev, TRIAGE_GATHER_MS, t->cancel, e);
    if (!failed)
        triage_remember(p->ev, t->engine, ledger, t->cancel);
    state_close(ledger);
    return failed;
}

static void look_into(struct triages *t, struct place *p)
{
    struct err e;
    if (runpod_wait_ms(t->engine->runpod, QUOTA_CALLS) > 0) {
        p->due_ms = now_ms(t) + POSTPONE_MS;
        return;
    }
    if (gather(t, p, &e)) {
        if (e.class == ERR_REMOTE && e.number == 404)
            free_place(p);
        else
            p->due_ms = now_ms(t) + AGAIN_MOST_MS;
        return;
    }
    tell(t, p);
    p->due_ms =
        p->verdict == TRIAGE_HEALTHY && p->waits_ms < 0 ? INT64_MAX : now_ms(t) + p->again_ms;
}

static struct place *next_due(struct triages *t)
{
    struct place *found = NULL;
    for (size_t i = 0; i < PLACES; i++)
        if (t->places[i].ev && (!found || t->places[i].due_ms < found->due_ms))
            found = &t->places[i];
    return found;
}

static void forget(struct triages *t)
{
    for (size_t i = 0; i < PLACES; i++) {
        struct place *p = &t->places[i];
        if (p->ev && p->waits_ms < 0 && p->due_ms == INT64_MAX &&
            now_ms(t) - p->seen_ms > FORGET_MS)
            free_place(p);
    }
}

static void *run(void *arg)
{
    struct triages *t = arg;
    while (!cancel_fired(t->cancel)) {
        uint64_t seen = wait_seen(&t->wait);
        take_orders(t);
        struct place *p = next_due(t);
        int64_t now = now_ms(t), ms = SLEEP_MS;
        if (p && p->due_ms <= now) {
            look_into(t, p);
            continue;
        }
        if (p && p->due_ms - now < ms)
            ms = p->due_ms - now;
        forget(t);
        (void)wait_until(&t->wait, seen, ms);
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static void poke(void *wait)
{
    wait_poke(wait);
}

/* Signals are main's. */
static int start(struct triages *t)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int fault = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct triages *triages_new(struct engine *g, struct err *e)
{
    int fault = ENOMEM;
    struct triages *t = calloc(1, sizeof *t);
    if (!t || !(t->cancel = cancel_new(g->quit)))
        goto no_cancel;
    t->engine = g;
    for (size_t i = 0; i < PLACES; i++)
        free_place(&t->places[i]);
    if ((fault = wait_init(&t->wait)) != 0)
        goto no_wait;
    if ((fault = pthread_mutex_init(&t->lock, NULL)) != 0)
        goto no_lock;
    t->hook = (struct cancel_hook){.poke = poke, .arg = &t->wait};
    cancel_add(t->cancel, &t->hook);
    if ((fault = start(t)) == 0)
        return t;
    cancel_remove(t->cancel, &t->hook);
    pthread_mutex_destroy(&t->lock);
no_lock:
    wait_release(&t->wait);
no_wait:
    cancel_unref(t->cancel);
no_cancel:
    free(t);
    err_errno(e, fault, "cannot look into endpoints");
    return NULL;
}

void triages_free(struct triages *t)
{
    if (!t)
        return;
    cancel_fire(t->cancel);
    pthread_join(t->thread, NULL);
    cancel_remove(t->cancel, &t->hook);
    cancel_unref(t->cancel);
    for (size_t i = 0; i < t->order_count; i++)
        arena_free(t->orders[i].arena);
    for (size_t i = 0; i < PLACES; i++)
        free_place(&t->places[i]);
    pthread_mutex_destroy(&t->lock);
    wait_release(&t->wait);
    free(t);
}
