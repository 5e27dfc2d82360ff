/* All endpoints at once: health first, one call each; only those where something waits are looked into further,
 * several side by side, because most of the time goes into waiting for a second look. What all need, the account and
 * the catalog, is asked for once. */
#include "app/triage_list.h"

#include "app/triage.h"
#include "client/runpod_control.h"
#include "client/runpod_jobs.h"
#include "client/state.h"
#include "ui/say.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_ARENA = 64 << 20, AT_ONCE = 6, LEAST_MS = 1500 };

struct listing {
    struct call *call;
    struct cancel *cancel;
    struct arena *arena;
    struct endpoint_page page;
    int workers_max; /* of all together */
    int64_t deadline_ms;
    struct row {
        struct arena *arena;
        struct triage result;
        bool judged;
    } * rows; /* as the page */

    pthread_mutex_t lock; /* of what follows */
    size_t next;
    struct account account;
    bool has_account;
    struct err error; /* the first that ends all */
};

/* ---- one endpoint ------------------------------------------------------------------------------------------- */

static bool is_busy(const struct endpoint *p, const struct health *h)
{
    return h->in_queue > 0 || h->unhealthy > 0 || (h->in_progress > 0 && p->workers_max == 0);
}

static int64_t left(struct listing *l)
{
    return l->deadline_ms - clock_mono_ms(l->call->engine.clock);
}

static void share(struct listing *l, struct runpod_evidence *ev)
{
    pthread_mutex_lock(&l->lock);
    if (l->has_account)
        runpod_evidence_account(ev, &l->account);
    pthread_mutex_unlock(&l->lock);
}

static void take_shared(struct listing *l, struct runpod_evidence *ev)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    pthread_mutex_lock(&l->lock);
    if (v->account_read && !l->has_account) {
        l->account = v->account;
        l->has_account = true;
    }
    pthread_mutex_unlock(&l->lock);
}

/* A refused key ends all; one that may not see this endpoint does not. */
static bool ends_all(const struct err *why)
{
    return why->class == ERR_CANCEL || (why->class == ERR_AUTH && why->number != 403);
}

static int health_failed(struct runpod_evidence *ev, const struct err *why, struct err *e)
{
    runpod_evidence_unread(ev, "health", why);
    if (ends_all(why))
        *e = *why;
    return ends_all(why) ? -1 : 0;
}

static int gather(struct listing *l, struct runpod_evidence *ev, const struct endpoint *p,
    struct state *ledger, struct err *e)
{
    struct engine *g = &l->call->engine;
    struct health seen;
    struct err why;
    if (!p->load_balancer) {
        if (runpod_health(g->runpod, p->id, &seen, l->cancel, &why))
            return health_failed(ev, &why, e);
        runpod_evidence_health(ev, clock_wall_ms(g->clock), &seen);
        if (!is_busy(p, &seen))
            return 0;
    }
    if (left(l) < LEAST_MS)
        return cancel_check(l->cancel, e);
    triage_know(ev, g, ledger);
    share(l, ev);
    int64_t ms = left(l);
    int failed =
        runpod_evidence_gather(ev, ms < TRIAGE_GATHER_MS ? ms : TRIAGE_GATHER_MS, l->cancel, e);
    take_shared(l, ev);
    if (!failed)
        triage_remember(ev, g, ledger, l->cancel);
    /* One that is gone since the list was read is no reason to tell nothing of the others. */
    if (failed && !ends_all(e))
        runpod_evidence_unread(ev, "workers", e);
    return failed && ends_all(e) ? -1 : 0;
}

static int look_into(struct listing *l, size_t i, struct state *ledger, struct err *e)
{
    const struct endpoint *p = &l->page.endpoints[i];
    struct engine *g = &l->call->engine;
    const struct runpod_evidence_options options = {
        .runpod = g->runpod, .hub = g->hub, .clock = g->clock, .gpus = triage_gpus, .gpus_arg = g};
    struct runpod_evidence *ev = runpod_evidence_new(&options, p);
    struct row *row = &l->rows[i];
    row->arena = arena_new(TRIAGE_ARENA);
    int failed = ev && row->arena ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    if (!failed) {
        runpod_evidence_elsewhere(ev, l->workers_max - p->workers_max);
        failed =
            gather(l, ev, p, ledger, e) || triage_conclude(ev, NULL, row->arena, &row->result, e);
    }
    row->judged = !failed;
    runpod_evidence_free(ev);
    return failed ? -1 : 0;
}

/* ---- all of them ---------------------------------------------------------------------------------------------- */

static bool take_next(struct listing *l, size_t *i)
{
    pthread_mutex_lock(&l->lock);
    *i = l->next;
    bool more = l->error.class == ERR_NONE && l->next < l->page.count;
    l->next += more;
    pthread_mutex_unlock(&l->lock);
    return more;
}

static void *work(void *arg)
{
    struct listing *l = arg;
    struct state *ledger = engine_state(&l->call->engine, NULL);
    struct err e;
    for (size_t i; take_next(l, &i);) {
        if (!l->page.endpoints[i].id[0] || !look_into(l, i, ledger, &e))
            continue;
        pthread_mutex_lock(&l->lock);
        if (l->error.class == ERR_NONE)
            l->error = e;
        pthread_mutex_unlock(&l->lock);
    }
    state_close(ledger);
    return NULL;
}

static void work_side_by_side(struct listing *l)
{
    pthread_t threads[AT_ONCE];
    size_t n = 0;
    while (n < AT_ONCE - 1 && n + 1 < l->page.count && !pthread_create(&threads[n], NULL, work, l))
        n++;
    (void)work(l);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static int look_at_all(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct listing *l = arg;
    l->cancel = cancel;
    l->deadline_ms = clock_mono_ms(c->engine.clock) + TRIAGE_WITHIN_MS;
    int64_t until = clock_mono_ms(clock_real()) + TRIAGE_WITHIN_MS;
    runpod_hurry(c->engine.runpod, TRIAGE_CALL_MS, until);
    hub_hurry(c->engine.hub, TRIAGE_CALL_MS, until);
    if (!c->quiet && !c->json && call_shows_progress(c))
        fputs("slipway: looking at all endpoints, twice where something waits\n", c->errors);
    if (runpod_endpoints(c->engine.runpod, l->arena, &l->page, cancel, e))
        return -1;
    for (size_t i = 0; i < l->page.count; i++)
        l->workers_max += l->page.endpoints[i].workers_max;
    if (!(l->rows = calloc(l->page.count + 1, sizeof *l->rows)))
        return err_set(e, ERR_IO, 0, "out of memory");
    work_side_by_side(l);
    if (l->error.class != ERR_NONE)
        *e = l->error;
    return l->error.class == ERR_NONE ? 0 : -1;
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

static int print(struct call *c, struct triage *const sorted[], size_t n)
{
    struct json *j = json_new_object(), *rows = json_new_array();
    for (size_t i = 0; i < n; i++) {
        const struct triage *t = sorted[i];
        if (c->json) {
            struct json *row = triage_json(t);
            json_add_str(row, "schema", "slipway.triage/1");
            json_push(rows, row);
            continue;
        }
        triage_print_line(c, t);
        if (t->count > 0 && t->verdict != TRIAGE_HEALTHY)
            call_line(c, "    %s: %.*s (%s)", triage_certainty_name(t->diagnoses[0].certainty),
                SAY_ARGS(t->diagnoses[0].summary), t->diagnoses[0].id);
    }
    json_add(j, "endpoints", rows);
    if (c->json)
        return call_print(c, j, "slipway.triage-list/1");
    json_free(j);
    if (n == 0)
        call_line(c, "there are no endpoints in this account");
    else if (sorted[0]->verdict > TRIAGE_WAITING)
        call_line(c, "`slipway triage ENDPOINT` tells what shows it, and what helps");
    return call_flushed(c);
}

static int print_sorted(struct call *c, struct listing *l)
{
    struct triage **sorted = calloc(l->page.count + 1, sizeof *sorted);
    size_t n = 0;
    if (!sorted)
        return EXIT_CODE_STATE;
    for (size_t i = 0; i < l->page.count; i++)
        if (l->rows[i].judged)
            sorted[n++] = &l->rows[i].result;
    qsort(sorted, n, sizeof *sorted, triage_compare);
    int code = print(c, sorted, n);
    if (!code && n > 0 && sorted[0]->verdict == TRIAGE_STUCK)
        code = EXIT_CODE_BAD;
    free(sorted);
    return code;
}

int triage_list(struct call *c)
{
    struct listing l = {.call = c, .arena = arena_new(LIST_ARENA)};
    struct err e;
    int code = EXIT_CODE_STATE;
    err_clear(&l.error);
    if (!l.arena || pthread_mutex_init(&l.lock, NULL)) {
        arena_free(l.arena);
        return code;
    }
    code = call_task(c, look_at_all, NULL, &l, &e) ? call_fail(c, &e) : print_sorted(c, &l);
    for (size_t i = 0; l.rows && i < l.page.count; i++) {
        if (l.rows[i].judged)
            triage_release(&l.rows[i].result);
        arena_free(l.rows[i].arena);
    }
    free(l.rows);
    pthread_mutex_destroy(&l.lock);
    arena_free(l.arena);
    return code;
}
