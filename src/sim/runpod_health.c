/* runpod_health: the worker counters of /health, wrong in the ways the real ones are.
 *
 * They are a snapshot some seconds old. A worker is "running" as soon as it is scheduled, before
 * its container exists; a FlashBoot-cached one that sleeps counts as idle and ready; an idle one
 * counts in both; one that crashes and restarts quickly shows as idle and ready, not as unhealthy
 * (spec/runpod.md §3.2). A scenario may add a stale record that never goes away ("ghost", §8.1 row
 * 34). */
#include "sim/runpod_physics.h"

enum { SCHEDULED_MS = 6 * SECOND };

static void count_worker(const struct worker *w, struct health *h)
{
    int64_t now = w->endpoint->world->advanced_to;
    switch (w->state) {
    case WORKER_PLACING: /* more than three pools, or a stale record: initializing for ever */
        h->initializing += json_count(w->endpoint->pools) > POOLS_MAX || worker_is_ghost(w);
        break;
    case WORKER_PULLING:
        if (now - w->state_since < SCHEDULED_MS && !w->trouble)
            h->running++;
        else
            h->initializing++;
        break;
    case WORKER_STARTING:
        if (w->crashes > 0 && !w->container) {
            h->idle++;
            h->ready++;
        } else {
            h->initializing++;
        }
        break;
    case WORKER_IDLE:
    case WORKER_PARKED:
        h->idle++;
        h->ready++;
        break;
    case WORKER_RUNNING:
        h->running++;
        break;
    case WORKER_THROTTLED:
        h->throttled++;
        break;
    case WORKER_UNHEALTHY:
        h->unhealthy++;
        break;
    case WORKER_GONE:
        break;
    }
}

void health_take(struct endpoint *e)
{
    struct health h = {.taken = e->world->advanced_to};
    for (const struct worker *w = e->workers; w; w = w->next)
        count_worker(w, &h);
    const struct json *ghost = behave(e, "ghost");
    if (ghost) {
        h.initializing += (int)json_int(ghost, "initializing", 0);
        h.ready += (int)json_int(ghost, "ready", 0);
        h.running += (int)json_int(ghost, "running", 0);
    }
    e->health = h;
}

void endpoint_health(struct sim *s, struct endpoint *e, struct health *out)
{
    (void)s;
    *out = e ? e->health : (struct health){0};
}
