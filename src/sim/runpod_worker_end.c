/* runpod_worker_end: how workers crash, park, end and are forgotten.
 *
 * The real platform seldom calls a crashing worker unhealthy (spec/runpod.md §3.2): it starts the
 * container again and again. So a crash leads back to STARTING; only a trouble with
 * "unhealthy_after" makes the worker show UNHEALTHY. A worker that is gone is remembered for an
 * hour, because its system log stays readable; its container's lines go earlier (§5). */
#include "sim/runpod_physics.h"

#include <string.h>

enum { FORGET_MS = HOUR, CONTAINER_LINES_MS = 15 * MINUTE };

static void container_stops(struct worker *w)
{
    bill_stop(w);
    script_clear(w);
    w->container = false;
    w->ready_at = w->crash_at = w->stats_at = NEVER;
    w->tokens_in = w->tokens_out = 0;
}

static void give_jobs_back(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    while (w->jobs.last) {
        struct job *j = w->jobs.last;
        lane_remove(&w->jobs, j);
        e->in_progress--;
        job_requeue(e, j);
    }
}

void worker_crash(struct worker *w, const struct json *trouble)
{
    struct endpoint *e = w->endpoint;
    int64_t now = e->world->advanced_to;
    container_stops(w);
    w->crashes++;
    if (!e->failing_since)
        e->failing_since = now;
    bool old = w->stale || w->draining;
    int after = (int)json_int(trouble, "unhealthy_after", 0);
    bool unhealthy = after > 0 && w->crashes >= after;
    int64_t pause = random_ms(e, json_get(trouble, "restart_s"), 3, 8);
    worker_enter(
        w, unhealthy ? WORKER_UNHEALTHY : WORKER_STARTING, now + (pause < SECOND ? SECOND : pause));
    give_jobs_back(w);
    if (old)
        worker_end(w);
}

/* What it prints when it is told to stop. */
static void last_words(struct worker *w)
{
    script_clear(w);
    (void)script_trouble(w, NULL, behave(w->endpoint, "stopping"), 0);
    script_play_all(w);
}

void worker_park(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    last_words(w);
    log_printf(w, LOG_SYSTEM, "stop container");
    container_stops(w);
    int64_t ms = random_ms(e, behave(e, "parked_s"), 1200, 2400);
    worker_enter(w, WORKER_PARKED, e->world->advanced_to + 1 + ms);
}

void worker_end(struct worker *w)
{
    if (w->state == WORKER_GONE)
        return;
    if (w->state != WORKER_PLACING && w->state != WORKER_THROTTLED) {
        if (w->container) {
            last_words(w);
            log_printf(w, LOG_SYSTEM, "stop container");
        }
        log_printf(w, LOG_SYSTEM, "remove container");
    }
    container_stops(w);
    worker_enter(w, WORKER_GONE, NEVER);
    w->ended = w->state_since;
    give_jobs_back(w);
}

void workers_forget(struct endpoint *e)
{
    int64_t now = e->world->advanced_to;
    for (struct worker **at = &e->workers; *at;) {
        struct worker *w = *at;
        if (w->state != WORKER_GONE || now - w->ended < CONTAINER_LINES_MS) {
            at = &w->next;
            continue;
        }
        log_ring_release(&w->log[LOG_CONTAINER]);
        if (now - w->ended < FORGET_MS) {
            at = &w->next;
            continue;
        }
        *at = w->next;
        worker_free(w);
    }
}

struct worker *worker_find(struct endpoint *e, const char *id)
{
    struct worker *w = e && id ? e->workers : NULL;
    while (w && strcmp(w->id, id) != 0)
        w = w->next;
    return w;
}

size_t endpoint_active_workers(const struct endpoint *e)
{
    size_t n = 0;
    for (const struct worker *w = e ? e->workers : NULL; w; w = w->next)
        n += worker_listed(w);
    return n;
}
