/* runpod_data_queue: what the data plane says of an endpoint's queue as a whole (spec/runpod.md §2.5, §3):
 * health, the list of requests, worker metrics; and emptying it. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

enum { REQUESTS_SHOWN_MAX = 1000 };

void queue_purge(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_PURGE);
    if (e != NULL) {
        struct json *out = json_new_object();
        (void)json_add_int(out, "removed", job_purge(s, e));
        (void)json_add_str(out, "status", "completed");
        reply_json(p, 200, out);
    }
}

static void add_worker_counts(struct json *out, const struct health *h)
{
    (void)json_add_int(out, "idle", h->idle);
    (void)json_add_int(out, "initializing", h->initializing);
    (void)json_add_int(out, "ready", h->ready);
    (void)json_add_int(out, "running", h->running);
    (void)json_add_int(out, "throttled", h->throttled);
    (void)json_add_int(out, "unhealthy", h->unhealthy);
}

void queue_health(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_NONE);
    if (e == NULL) {
        return;
    }
    struct health h;
    endpoint_health(s, e, &h);
    struct json *out = json_new_object(), *jobs = json_new_object(), *workers = json_new_object();
    (void)json_add_int(jobs, "completed", e->completed);
    (void)json_add_int(jobs, "failed", e->failed);
    (void)json_add_int(jobs, "inProgress", endpoint_in_progress(e));
    (void)json_add_int(jobs, "inQueue", endpoint_queue(e));
    (void)json_add_int(jobs, "retried", e->retried);
    add_worker_counts(workers, &h);
    (void)json_add(out, "jobs", jobs);
    (void)json_add(out, "workers", workers);
    reply_json(p, 200, out);
}

/* Newest first, as a console shows them; the order is not documented. */
void queue_requests(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_REQUESTS);
    if (e == NULL) {
        return;
    }
    struct json *list = json_new_array();
    int shown = 0;
    for (const struct job *j = e->jobs_last; j != NULL && shown < REQUESTS_SHOWN_MAX; j = j->prev) {
        struct json *row = json_new_object();
        (void)json_add_str(row, "id", j->id);
        (void)json_add_str(row, "status", job_state_name(j->state));
        if (job_delay_ms(j) >= 0) {
            (void)json_add_int(row, "delayTime", job_delay_ms(j));
        }
        if (job_execution_ms(j) >= 0) {
            (void)json_add_int(row, "executionTime", job_execution_ms(j));
        }
        (void)json_push(list, row);
        shown++;
    }
    struct json *out = json_new_object();
    (void)json_add(out, "requests", list);
    reply_json(p, 200, out);
}

void queue_metrics(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_NONE);
    if (e == NULL) {
        return;
    }
    struct health h;
    endpoint_health(s, e, &h);
    struct json *out = json_new_object(), *workers = json_new_object(), *ready = json_new_array();
    add_worker_counts(workers, &h);
    for (const struct worker *w = e->workers; w != NULL; w = w->next) {
        if (w->state == WORKER_IDLE || w->state == WORKER_RUNNING) {
            (void)json_push(ready, json_new_string(w->id));
        }
    }
    (void)json_add(out, "workers", workers);
    (void)json_add(out, "readyWorkers", ready);
    reply_json(p, 200, out);
}
