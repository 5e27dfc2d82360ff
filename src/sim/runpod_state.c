/* runpod_state: the truth about the account, for GET /_sim/state.
 *
 * Tests compare with this what a client believes: real states of workers (not what /health says),
 * counts of jobs that must add up, charges to the last unit. */
#include "sim/runpod_physics.h"

static const char *state_word(enum worker_state s)
{
    static const char *const words[] = {"PLACING", "PULLING", "STARTING", "IDLE", "RUNNING",
        "THROTTLED", "UNHEALTHY", "PARKED", "GONE"};
    return s <= WORKER_GONE ? words[s] : "GONE";
}

static struct json *worker_state(const struct worker *w)
{
    struct json *j = json_new_object();
    (void)json_add_str(j, "id", w->id);
    (void)json_add_str(j, "state", state_word(w->state));
    (void)json_add_str(j, "gpu", w->gpu ? w->gpu->id : NULL);
    (void)json_add_str(j, "data_center", w->data_center);
    (void)json_add_str(j, "host_cuda", w->cuda);
    (void)json_add_int(j, "version", w->version);
    (void)json_add_bool(j, "stale", w->stale);
    (void)json_add_int(j, "starts", w->starts);
    (void)json_add_int(j, "crashes", w->crashes);
    (void)json_add_int(j, "jobs", (int64_t)w->jobs.count);
    (void)json_add_bool(j, "billed", w->billed_from != 0);
    (void)json_add_int(j, "billed_seconds", w->billed_total);
    (void)json_add_str(j, "trouble", json_str(w->trouble, "name"));
    (void)json_add_int(j, "log_lines", (int64_t)(w->log[0].count + w->log[1].count));
    return j;
}

static struct json *job_counts(const struct endpoint *e)
{
    struct json *j = json_new_object();
    (void)json_add_int(j, "submitted", e->submitted);
    (void)json_add_int(j, "queued", (int64_t)e->queue.count);
    (void)json_add_int(j, "in_progress", (int64_t)e->in_progress);
    (void)json_add_int(j, "completed", e->completed);
    (void)json_add_int(j, "failed", e->failed);
    (void)json_add_int(j, "timed_out", e->timed_out);
    (void)json_add_int(j, "cancelled", e->cancelled);
    (void)json_add_int(j, "expired", e->expired);
    (void)json_add_int(j, "retried", e->retried);
    (void)json_add_int(j, "kept", (int64_t)e->job_count);
    return j;
}

static struct json *endpoint_state(const struct endpoint *e)
{
    struct json *j = json_new_object(), *workers = json_new_array();
    (void)json_add_str(j, "id", e->id);
    (void)json_add_str(j, "name", e->name);
    (void)json_add_int(j, "version", e->version);
    (void)json_add_int(j, "workers_min", e->workers_min);
    (void)json_add_int(j, "workers_max", e->workers_max);
    (void)json_add(j, "jobs", job_counts(e));
    for (const struct worker *w = e->workers; w; w = w->next)
        (void)json_push(workers, worker_state(w));
    (void)json_add(j, "workers", workers);
    (void)json_add_num(j, "cost_per_hour", endpoint_cost_per_hour(e));
    return j;
}

struct json *runpod_state(struct sim *s)
{
    struct json *j = json_new_object(), *endpoints = json_new_array();
    const struct runpod_world *world = s ? s->runpod : NULL;
    for (const struct endpoint *e = world ? world->endpoints : NULL; e; e = e->next)
        (void)json_push(endpoints, endpoint_state(e));
    (void)json_add(j, "endpoints", endpoints);
    if (world) {
        (void)json_add_int(j, "now", world->advanced_to);
        (void)json_add_num(j, "balance", world_balance(world));
        (void)json_add_num(j, "spent", (double)world->spent / 1e12);
        (void)json_add_num(j, "spend_per_hour", runpod_spend_per_hour(s));
        (void)json_add_int(j, "worker_quota", world->worker_quota);
    }
    return j;
}
