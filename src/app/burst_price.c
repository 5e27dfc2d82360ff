/* What requests cost: before, from what is known of the past; after, from the worker that each ran on. */
#include "app/burst.h"

#include "client/runpod_control.h"
#include "client/runpod_jobs.h"

#include <math.h>
#include <string.h>

enum { PAST_MAX = 200, PAST_ARENA = 32 << 20, WORKERS_ARENA = 4 << 20, ASK_AGAIN_MS = 10 * 1000 };

/* ---- before --------------------------------------------------------------------------------------- */

static void gather_past(struct burst_evidence *v, struct state *ledger, const char *endpoint_id)
{
    struct request *past;
    size_t n = 0;
    struct arena *a = arena_new(PAST_ARENA);
    const struct request **list = NULL;
    if (a && ledger && !state_requests(ledger, endpoint_id, PAST_MAX, a, &past, &n, NULL))
        list = arena_array(a, n, sizeof *list);
    for (size_t i = 0; list && i < n; i++)
        list[i] = &past[i];
    if (list)
        burst_evidence_past(v, endpoint_id, list, n);
    arena_free(a);
}

struct burst_evidence burst_evidence_gather(struct engine *g, struct state *ledger,
    const struct endpoint *endpoint, struct arena *a, struct cancel *c)
{
    struct burst_evidence v = burst_evidence_none();
    struct worker_page workers;
    struct health health;
    struct gpu_page gpus;
    gather_past(&v, ledger, endpoint->id);
    if (!runpod_workers(g->runpod, endpoint->id, a, &workers, c, NULL))
        burst_evidence_workers(&v, &workers, NULL);
    else if (!runpod_health(g->runpod, endpoint->id, &health, c, NULL))
        burst_evidence_workers(&v, NULL, &health);
    if (!prices_get(g->prices, a, &gpus, c, NULL))
        burst_evidence_price(&v, endpoint, &gpus);
    v.idle_s = endpoint->idle_s;
    return v;
}

/* ---- after ---------------------------------------------------------------------------------------- */

static const struct priced_worker *find(const struct burst_prices *p, const char *id)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->workers[i].id, id) == 0)
            return &p->workers[i];
    return NULL;
}

static void keep(struct burst_prices *p, const struct worker *w, const struct gpu_page *gpus)
{
    if (p->count == BURST_WORKERS_MAX || find(p, w->id))
        return;
    struct priced_worker *k = &p->workers[p->count++];
    memcpy(k->id, w->id, sizeof k->id);
    k->gpu = text_dup(p->keep, w->gpu);
    k->price_hour = gpu_price(gpus, w->gpu) * (w->gpu_count > 0 ? w->gpu_count : 1);
}

/* The list of workers costs a call of the account's quota: all new ones are learnt at once, and not often. */
static void ask(struct burst_prices *p, struct engine *g, const char *endpoint_id, struct cancel *c)
{
    struct worker_page workers;
    struct gpu_page gpus;
    int64_t now = clock_mono_ms(g->clock);
    if (now < p->ask_ms)
        return;
    p->ask_ms = now + ASK_AGAIN_MS;
    struct arena *a = arena_new(WORKERS_ARENA);
    if (a && !runpod_workers(g->runpod, endpoint_id, a, &workers, c, NULL) &&
        !prices_get(g->prices, a, &gpus, c, NULL))
        for (size_t i = 0; i < workers.count; i++)
            keep(p, &workers.workers[i], &gpus);
    arena_free(a);
}

/* The OpenAI route does not say which worker it was: when all have one price, that is it. */
static const struct priced_worker *any(const struct burst_prices *p)
{
    for (size_t i = 1; i < p->count; i++)
        if (!(p->workers[i].price_hour == p->workers[0].price_hour))
            return NULL;
    return p->count ? &p->workers[0] : NULL;
}

void burst_price(struct burst_prices *p, struct engine *g, struct request *q, struct cancel *c)
{
    bool unnamed =
        q->route == REQUEST_ROUTE_OPENAI && !q->worker_id[0] && request_is_final(q->status);
    if (isnan(q->price_hour) && (q->worker_id[0] || unnamed)) {
        if (unnamed ? p->count == 0 : !find(p, q->worker_id))
            ask(p, g, q->endpoint_id, c);
        const struct priced_worker *w = unnamed ? any(p) : find(p, q->worker_id);
        if (w) {
            q->gpu = w->gpu;
            q->price_hour = w->price_hour;
        }
    }
    q->cost = request_cost(q->execution_ms, q->price_hour);
}
