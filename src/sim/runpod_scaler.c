/* runpod_scaler: how many workers an endpoint should have, once a second (spec/runpod.md §4.4,
 * §8.1).
 *
 * QUEUE_DELAY adds a worker when the oldest request has waited longer than the setting and those on
 * their way will not take it, one at a time; the first one at once. REQUEST_COUNT wants
 * ceil((queued + running) / setting). Low-priority requests count in neither. Workers that have had
 * nothing to do for the idle timeout go, down to the minimum.
 *
 * After a release the old workers are stale: those not serving end at once, the others are replaced
 * one by one: a new one comes up (one more than the limit is allowed for that), then an old one
 * finishes its jobs and goes. */
#include "sim/runpod_physics.h"

#include <math.h>
#include <string.h>

enum {
    RETIRE_EVERY_MS = 4 * SECOND,
    DAY_MS = 24 * HOUR,
    FIRST_DAYS = 3,
    LAST_DAYS = 7,
    FIRST_MAX = 2
};

struct census {
    int live, up;                        /* not draining */
    int fresh, fresh_up, fresh_starting; /* of the latest version */
    int stale_up;
    size_t free_slots, coming_slots;
    int waiting;    /* queued, not low priority */
    int64_t oldest; /* since when the first of them waits; NEVER = none */
};

static void count_worker(const struct endpoint *e, const struct worker *w, struct census *c)
{
    if (!worker_live(w) || w->draining)
        return;
    bool up = worker_is_up(w);
    bool stuck = w->state == WORKER_THROTTLED || w->state == WORKER_UNHEALTHY || w->crashes > 0;
    c->live++;
    c->up += up;
    c->fresh += !w->stale;
    c->fresh_up += up && !w->stale;
    c->fresh_starting += !up && !w->stale;
    c->stale_up += up && w->stale;
    if (!up && !stuck)
        c->coming_slots += e->facts->slots;
    if (worker_takes_jobs(w) && w->jobs.count < w->slots)
        c->free_slots += w->slots - w->jobs.count;
}

static void take_census(const struct endpoint *e, struct census *c)
{
    memset(c, 0, sizeof *c);
    c->oldest = NEVER;
    for (const struct worker *w = e->workers; w; w = w->next)
        count_worker(e, w, c);
    double slots = (double)e->facts->slots;
    double each = e->scaler_value > slots ? e->scaler_value : slots;
    double enough = each * (e->workers_max + 1.0); /* more would change nothing */
    for (const struct job *j = e->queue.first; j && c->waiting < enough; j = j->lane_next) {
        if (j->low_priority)
            continue;
        c->waiting++;
        c->oldest = j->queued < c->oldest ? j->queued : c->oldest;
    }
}

/* ---- more ------------------------------------------------------------------------------------ */

static struct worker *newest_parked(const struct endpoint *e)
{
    struct worker *found = NULL;
    for (struct worker *w = e->workers; w; w = w->next)
        if (w->state == WORKER_PARKED && !w->stale)
            found = w;
    return found;
}

static bool add_worker(struct endpoint *e)
{
    struct worker *parked = newest_parked(e);
    if (parked)
        worker_wake(parked);
    else if (!worker_new(e))
        return false;
    e->scale_added = e->world->advanced_to;
    return true;
}

static int wanted_by_count(const struct endpoint *e, const struct census *c)
{
    double load = (double)c->waiting + (double)e->in_progress;
    double n = ceil(load / (e->scaler_value >= 1 ? e->scaler_value : 1));
    return n > ENDPOINT_WORKERS_MAX ? ENDPOINT_WORKERS_MAX : (int)n;
}

/* Whether the queue's delay calls for one more. */
static bool delay_wants_more(const struct endpoint *e, const struct census *c)
{
    if (c->waiting == 0 || (size_t)c->waiting <= c->free_slots)
        return false;
    if (c->live == 0)
        return true;
    int64_t now = e->world->advanced_to;
    double s = e->scaler_value < 1e9 ? e->scaler_value : 1e9;
    int64_t delay = (int64_t)(s * SECOND);
    int64_t pause = delay > SECOND ? delay : SECOND;
    return now - c->oldest > delay && now - e->scale_added >= pause &&
           (size_t)c->waiting > c->free_slots + c->coming_slots;
}

static void scale_up(struct endpoint *e, struct census *c, int least, int most)
{
    if (!e->world->may_spend)
        return;
    int want = least;
    if (e->scaler == SCALER_REQUEST_COUNT || e->load_balancer) {
        int n = wanted_by_count(e, c);
        want = n > want ? n : want;
    } else if (delay_wants_more(e, c) && c->live + 1 > want) {
        want = c->live + 1;
    }
    want = want > most ? most : want;
    for (; c->live < want && add_worker(e); c->live++)
        ;
}

/* ---- less ------------------------------------------------------------------------------------ */

/* The worker that is missed least: not serving before idle before running, newest first. */
static struct worker *least_needed(const struct endpoint *e)
{
    static const enum worker_state order[] = {WORKER_PLACING, WORKER_THROTTLED, WORKER_PULLING,
        WORKER_UNHEALTHY, WORKER_STARTING, WORKER_IDLE, WORKER_RUNNING};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct worker *found = NULL;
        for (struct worker *w = e->workers; w; w = w->next)
            if (w->state == order[i] && !w->draining)
                found = w;
        if (found)
            return found;
    }
    return NULL;
}

static void retire(struct worker *w)
{
    w->draining = true;
    if (w->jobs.count == 0)
        worker_end(w);
}

static void trim(struct endpoint *e, struct census *c, int most)
{
    for (; c->live > most; c->live--) {
        struct worker *w = least_needed(e);
        if (!w)
            return;
        retire(w);
    }
    for (struct worker *w = e->workers; w && e->workers_max == 0; w = w->next)
        if (w->state == WORKER_PARKED)
            worker_end(w);
}

static bool idle_long_enough(const struct endpoint *e, const struct worker *w)
{
    int64_t limit = (int64_t)(e->idle_timeout_s > 0 ? e->idle_timeout_s : 1) * SECOND;
    return w->state == WORKER_IDLE && e->world->advanced_to - w->idle_since >= limit;
}

/* Nobody waits for it any more, and it does not get on by itself. */
static bool pointless(const struct worker *w)
{
    return w->state == WORKER_PLACING || w->state == WORKER_THROTTLED ||
           w->state == WORKER_UNHEALTHY || (w->state == WORKER_PULLING && w->trouble) ||
           (w->state == WORKER_STARTING && w->crashes > 0);
}

static void scale_down(struct endpoint *e, struct census *c, int least)
{
    if (e->queue.count > 0 || c->stale_up > 0)
        return;
    int keep = least;
    if (e->scaler == SCALER_REQUEST_COUNT && wanted_by_count(e, c) > keep)
        keep = wanted_by_count(e, c);
    bool parks = strcmp(e->flashboot, "OFF") != 0 && e->flashboot[0];
    for (struct worker *w = e->workers; w && c->live > keep; w = w->next) {
        if (!worker_live(w) || w->draining || (!idle_long_enough(e, w) && !pointless(w)))
            continue;
        if (parks && w->state == WORKER_IDLE)
            worker_park(w);
        else
            worker_end(w);
        c->live--;
    }
}

/* ---- releases -------------------------------------------------------------------------------- */

void scaler_released(struct endpoint *e)
{
    int up = 0;
    e->place_at = 0;
    for (struct worker *w = e->workers; w; w = w->next) {
        if (w->state == WORKER_GONE || w->version >= e->version)
            continue;
        w->stale = true;
        if (worker_is_up(w))
            up++;
        else
            worker_end(w);
    }
    e->rollout_need = up;
    e->retire_at = 0;
}

static struct worker *oldest_stale(const struct endpoint *e)
{
    struct worker *w = e->workers;
    while (w && !(w->stale && worker_is_up(w) && !w->draining))
        w = w->next;
    return w;
}

/* Returns how many workers beyond the limit are allowed. */
static int roll(struct endpoint *e, struct census *c)
{
    if (c->stale_up == 0) {
        e->rollout_need = 0;
        return 0;
    }
    int64_t now = e->world->advanced_to;
    bool enough = c->fresh_up + c->stale_up > e->rollout_need || c->fresh_up >= e->workers_max;
    if (c->fresh_up > 0 && enough && now >= e->retire_at) {
        retire(oldest_stale(e));
        e->retire_at = now + RETIRE_EVERY_MS;
        c->live--;
        c->stale_up--;
    }
    if (c->fresh < e->rollout_need && c->fresh_starting == 0 && e->world->may_spend &&
        c->live <= e->workers_max && e->workers_max > 0 && add_worker(e))
        c->live++;
    return 1;
}

void endpoint_rollout(const struct endpoint *e, int *total, int *latest)
{
    *total = *latest = 0;
    for (const struct worker *w = e ? e->workers : NULL; w; w = w->next)
        if (worker_listed(w)) {
            *total += 1;
            *latest += w->version == e->version;
        }
}

/* ---- once a second --------------------------------------------------------------------------- */

void scaler_run(struct endpoint *e)
{
    struct census c;
    take_census(e, &c);
    int most = e->workers_max < ENDPOINT_WORKERS_MAX ? e->workers_max : ENDPOINT_WORKERS_MAX;
    most = most < 0 ? 0 : most;
    int least = e->workers_min < most ? e->workers_min : most;
    int extra = roll(e, &c);
    trim(e, &c, most + extra);
    scale_up(e, &c, least, most);
    scale_down(e, &c, least);
}

/* Spec §8.1 row 1: three days without a request leave at most two workers, seven none; so do seven
 * days in which no worker came up. */
void idle_scale_down(struct endpoint *e)
{
    int64_t now = e->world->advanced_to;
    int64_t since = e->last_request > e->changed ? e->last_request : e->changed;
    bool failing = e->failing_since && now - e->failing_since >= LAST_DAYS * (int64_t)DAY_MS;
    int most = e->workers_max;
    if (now - since >= FIRST_DAYS * (int64_t)DAY_MS && most > FIRST_MAX)
        most = FIRST_MAX;
    if (now - since >= LAST_DAYS * (int64_t)DAY_MS || failing)
        most = 0;
    e->workers_max = most;
    if (e->workers_min > most)
        e->workers_min = most;
    if (failing)
        e->failing_since = 0;
}
