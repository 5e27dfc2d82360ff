/* runpod_dispatch: jobs go from the queue to workers, and come back done.
 *
 * Workers poll, so a job can be had some tens of milliseconds after it was queued. The free worker
 * with the fewest jobs takes it, one of the latest version before a stale one. With the behaviour
 * "one_worker" only the first takes any and the others stand idle, as a known fault of some SDK
 * versions does (spec/runpod.md §8.1 row 27). */
#include "sim/runpod_physics.h"

#include <stdio.h>

static bool has_room(const struct worker *w)
{
    return worker_takes_jobs(w) && w->jobs.count < w->slots;
}

static bool better(const struct worker *a, const struct worker *b)
{
    if (a->stale != b->stale)
        return !a->stale;
    return a->jobs.count < b->jobs.count;
}

/* true, or conditions that all hold. */
static bool one_works(const struct endpoint *e)
{
    const struct json *one = behave(e, "one_worker");
    if (json_kind(one) == JSON_OBJECT)
        return conditions_hold((struct endpoint *)e, NULL, one);
    return json_is_true(one);
}

static struct worker *free_worker(const struct endpoint *e)
{
    struct worker *best = NULL;
    bool one = one_works(e);
    for (struct worker *w = e->workers; w; w = w->next) {
        if (one && worker_takes_jobs(w))
            return has_room(w) ? w : NULL;
        if (has_room(w) && (!best || better(w, best)))
            best = w;
    }
    return best;
}

static void pick_up(struct worker *w, struct job *j)
{
    struct endpoint *e = w->endpoint;
    lane_remove(&e->queue, j);
    lane_push(&w->jobs, j);
    e->in_progress++;
    j->state = JOB_IN_PROGRESS;
    j->picked = e->world->advanced_to;
    (void)snprintf(j->worker, sizeof j->worker, "%s", w->id);
    outcome_plan(w, j);
    worker_up(w);
    log_request_started(w, j);
}

void dispatch(struct endpoint *e)
{
    int64_t now = e->world->advanced_to;
    while (e->queue.first && e->queue.first->available <= now) {
        if (job_past_ttl(e, e->queue.first)) {
            job_delete_by_ttl(e, e->queue.first);
            continue;
        }
        struct worker *w = free_worker(e);
        if (!w)
            return;
        pick_up(w, e->queue.first);
    }
}

int64_t dispatch_next(const struct endpoint *e)
{
    return e->queue.first && free_worker(e) ? e->queue.first->available : NEVER;
}

static struct job *next_done(const struct worker *w)
{
    struct job *first = NULL;
    for (struct job *j = w->jobs.first; j; j = j->lane_next)
        if (!first || j->finish_at < first->finish_at)
            first = j;
    return first && first->finish_at <= w->endpoint->world->advanced_to ? first : NULL;
}

void worker_finish_jobs(struct worker *w)
{
    struct job *j;
    while ((j = next_done(w)) != NULL) {
        if (job_past_ttl(w->endpoint, j))
            job_delete_by_ttl(w->endpoint, j);
        else
            outcome_happens(w, j);
    }
}
