/* What to read next, cheap things first (spec/runpod.md §8.2): nothing for an endpoint where nothing waits, and
 * nothing more than it takes to know. What could not be read once is not asked for again. */
#include "model/triage_internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_done(const struct triage_evidence *v, const char *what, bool read)
{
    return read || triage_could_not(v, what);
}

static bool is_proof(const struct triage_reader *r)
{
    const struct account *a = &r->v->account;
    bool money = r->v->account_read && r->up == 0 &&
                 (a->balance <= 0 || (a->spend_limit > 0 && a->spend_hour >= a->spend_limit));
    return (r->v->workers_read && money && r->listed == 0);
}

/* Workers whose log could tell why: all but those that are at work, and are seen to get something done. */
static bool unread_suspects(const struct triage_reader *r)
{
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        bool at_work = w->worker.status == WORKER_RUNNING && !w->vanished && r->serves_now &&
                       r->served_ms >= 0;
        if (!w->logs_read && !at_work)
            return true;
    }
    return false;
}

static bool has_stale(const struct triage_reader *r)
{
    for (size_t i = 0; i < r->v->worker_count; i++)
        if (!r->v->workers[i].vanished && r->v->workers[i].worker.stale)
            return true;
    return false;
}

static unsigned no_worker(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    unsigned wants = 0;
    if (!is_done(v, "account", v->account_read))
        wants |= TRIAGE_WANT_ACCOUNT;
    if (!is_done(v, "settings", v->detail_read))
        wants |= TRIAGE_WANT_DETAIL;
    if (!is_done(v, "catalog", v->catalog != NULL))
        wants |= TRIAGE_WANT_CATALOG;
    return wants;
}

/* A cause in the log: what its remedies are computed from. */
static unsigned for_remedies(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    unsigned wants = 0;
    if (!is_done(v, "settings", v->detail_read))
        wants |= TRIAGE_WANT_DETAIL;
    if (!is_done(v, "catalog", v->catalog != NULL))
        wants |= TRIAGE_WANT_CATALOG;
    bool model = v->facts != NULL || v->endpoint.model.len == 0 || triage_could_not(v, "hub");
    if (!is_done(v, "model", model))
        wants |= TRIAGE_WANT_MODEL;
    return wants;
}

/* Workers that start and say nothing yet: what became of a cached model comes with the account. */
static bool waits_for_host(const struct triage_reader *r)
{
    bool long_ago = r->late || r->coming_ms > TRIAGE_GRACE_PLACE;
    return long_ago && r->up == 0 && r->starting > 0 && r->loading + r->pulling + r->serving == 0;
}

/* What a cached model that fails is mended by, and what more workers cost. */
static unsigned for_prices(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    bool settings =
        r->running > 0 || r->up > 0 || v->endpoint.load_balancer || v->cached_failure.len > 0;
    unsigned wants = 0;
    if (settings && r->late && !is_done(v, "settings", v->detail_read))
        wants |= TRIAGE_WANT_DETAIL;
    if (r->late && r->running > 0 && !is_done(v, "catalog", v->catalog != NULL))
        wants |= TRIAGE_WANT_CATALOG;
    return wants;
}

static unsigned of_workers(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    bool suspects = unread_suspects(r) && !triage_could_not(v, "logs");
    unsigned wants = 0;
    if (r->listed == r->unplaced)
        wants |= no_worker(r);
    if (suspects)
        return wants | TRIAGE_WANT_LOGS;
    if (r->crashing > 0)
        return wants | for_remedies(r);
    if (waits_for_host(r) && !is_done(v, "account", v->account_read))
        wants |= TRIAGE_WANT_ACCOUNT;
    if (r->by[WORKER_THROTTLED] > 0 && r->up == 0)
        wants |= no_worker(r) & ~(unsigned)TRIAGE_WANT_ACCOUNT;
    return wants | for_prices(r);
}

/* It is known why; since when, and what the way back costs, is not. */
static unsigned switched_off(const struct triage_evidence *v)
{
    unsigned detail = is_done(v, "settings", v->detail_read) ? 0 : TRIAGE_WANT_DETAIL;
    return detail | (is_done(v, "catalog", v->catalog != NULL) ? 0 : TRIAGE_WANT_CATALOG);
}

static unsigned wants_of(const struct triage_reader *r)
{
    const struct triage_evidence *v = r->v;
    unsigned wants = 0;
    bool work = r->waits || r->running > 0, balancer = v->endpoint.load_balancer;
    if (v->look_count == 0 && !balancer)
        return triage_could_not(v, "health") ? 0 : TRIAGE_WANT_LOOK;
    if (balancer && !is_done(v, "workers", v->workers_read))
        return TRIAGE_WANT_WORKERS;
    if (!work)
        return 0;
    if (r->waits && v->endpoint.workers_max == 0)
        return switched_off(v);
    bool jobs = v->job_count > 0 && !v->jobs_recalled;
    if (!balancer && (v->oldest_ms < 0 || v->jobs_recalled) && !is_done(v, "jobs", jobs))
        wants |= TRIAGE_WANT_JOBS;
    if (!is_done(v, "workers", v->workers_read))
        return wants | TRIAGE_WANT_WORKERS;
    if (!r->waits && r->serves_now)
        return wants;
    bool well = r->serves_now && !r->late;
    if (!r->two_looks && !is_proof(r) && !well)
        wants |= TRIAGE_WANT_LOOK;
    if (r->waits && has_stale(r) && !is_done(v, "settings", v->detail_read))
        wants |= TRIAGE_WANT_DETAIL;
    return well ? wants : wants | of_workers(r);
}

unsigned triage_wants(const struct triage_evidence *v)
{
    struct triage_reader *r = malloc(sizeof *r);
    if (!r)
        return 0;
    triage_read(r, v, NULL);
    unsigned wants = wants_of(r);
    free(r);
    return wants;
}
