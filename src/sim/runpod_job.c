/* runpod_job: what clients do with jobs, and how a job becomes final.
 *
 * IN_QUEUE → IN_PROGRESS → COMPLETED, FAILED, CANCELLED or TIMED_OUT (spec/runpod.md §2.3). A job
 * whose worker is lost goes back to the head of the queue, once by default; then it fails with the
 * platform's own text. /retry puts a failed one back with the same id and input, its old output
 * dropped. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUE_ALWAYS = 50, /* spec §2.6 */
    QUEUE_PER_WORKER = 500,
    KEEP_ASYNC_MS = 30 * MINUTE,
    KEEP_SYNC_MS = MINUTE,
    POLL_LEAST_MS = 25,  /* a worker's next poll finds a job after that long … */
    POLL_SPREAD_MS = 140 /* … and at most so much more */
};

const char *job_state_name(enum job_state s)
{
    static const char *const names[] = {
        "IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT"};
    return s >= JOB_IN_QUEUE && s <= JOB_TIMED_OUT ? names[s] : "FAILED";
}

bool job_final(const struct job *j)
{
    return j && j->state != JOB_IN_QUEUE && j->state != JOB_IN_PROGRESS;
}

int64_t job_delay_ms(const struct job *j)
{
    return j && j->picked ? j->picked - j->queued : -1;
}

int64_t job_execution_ms(const struct job *j)
{
    return j && j->picked && job_final(j) && j->ended >= j->picked ? j->ended - j->picked : -1;
}

struct worker *job_worker(const struct endpoint *e, const struct job *j)
{
    struct worker *w = e->workers;
    while (w && (w->state == WORKER_GONE || strcmp(w->id, j->worker) != 0))
        w = w->next;
    return w;
}

/* ---- into the queue -------------------------------------------------------------------------- */

struct job *job_new(struct endpoint *e, struct json *take_input, bool sync, bool traffic)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j) {
        json_free(take_input);
        return NULL;
    }
    char uuid[37];
    random_uuid(e, uuid);
    (void)snprintf(j->id, sizeof j->id, "%s%s-u1", sync ? "sync-" : "", uuid);
    int64_t now = e->world->advanced_to;
    j->input = take_input;
    j->sync = sync;
    j->traffic = traffic;
    j->submitted = j->queued = now;
    j->available = now + POLL_LEAST_MS + (int64_t)(random_unit(e) * POLL_SPREAD_MS);
    job_link(e, j);
    lane_push(&e->queue, j);
    e->submitted++;
    e->last_request = now;
    return j;
}

static bool queue_full(const struct endpoint *e)
{
    size_t cap = (size_t)(e->workers_max > 0 ? e->workers_max : 0) * QUEUE_PER_WORKER;
    return e->queue.count > QUEUE_ALWAYS && e->queue.count > cap;
}

struct job *job_submit(struct sim *s, struct endpoint *e, struct json *input, bool sync)
{
    (void)s;
    if (e && e->job_count >= ENDPOINT_JOBS_MAX)
        jobs_expire(e);
    if (!e || queue_full(e) || e->job_count >= ENDPOINT_JOBS_MAX) {
        json_free(input);
        return NULL;
    }
    return job_new(e, input, sync, false);
}

static void forget_attempt(struct job *j)
{
    json_free(j->output);
    json_free(j->chunks);
    json_free(j->all_chunks);
    j->output = j->chunks = j->all_chunks = NULL;
    j->chunks_sent = 0;
    free(j->error);
    j->error = NULL;
    j->picked = j->ended = j->finish_at = 0;
    j->worker[0] = '\0';
    j->trouble = NULL;
}

bool job_retry(struct sim *s, struct endpoint *e, struct job *j)
{
    (void)s;
    if (!e || !j || (j->state != JOB_FAILED && j->state != JOB_TIMED_OUT))
        return false;
    lane_remove(&e->done[j->sync], j);
    e->submitted++; /* the totals of /health only rise */
    forget_attempt(j);
    j->state = JOB_IN_QUEUE;
    j->queued = j->submitted = e->world->advanced_to;
    j->available = j->queued + POLL_LEAST_MS;
    j->retries = 0;
    e->last_request = j->queued;
    e->ttl_at = j->queued; /* it is not among the newest: look at all of them */
    lane_push(&e->queue, j);
    return true;
}

void job_requeue(struct endpoint *e, struct job *j)
{
    int most = (int)json_number(behave(e, "job_retries"), 1);
    if (j->retries >= most) {
        char text[64];
        (void)snprintf(text, sizeof text, "job timed out after %d retries", j->retries);
        job_finish(e, j, JOB_FAILED, text);
        return;
    }
    int retries = j->retries + 1;
    forget_attempt(j);
    j->retries = retries;
    j->state = JOB_IN_QUEUE;
    j->available = e->world->advanced_to + SECOND;
    e->retried++;
    lane_push_first(&e->queue, j);
}

/* ---- final ----------------------------------------------------------------------------------- */

static void count_final(struct endpoint *e, enum job_state state)
{
    e->completed += state == JOB_COMPLETED;
    e->failed += state == JOB_FAILED || state == JOB_TIMED_OUT;
    e->timed_out += state == JOB_TIMED_OUT;
    e->cancelled += state == JOB_CANCELLED;
}

/* The job must be in no lane. */
void job_finish(struct endpoint *e, struct job *j, enum job_state state, const char *error)
{
    int64_t now = e->world->advanced_to;
    j->state = state;
    j->ended = now;
    j->expires = now + (j->sync ? KEEP_SYNC_MS : KEEP_ASYNC_MS);
    if (error && !j->error)
        j->error = strdup(error);
    j->webhook_due = j->webhook != NULL;
    count_final(e, state);
    lane_push(&e->done[j->sync], j);
}

void job_cancel(struct sim *s, struct endpoint *e, struct job *j)
{
    (void)s;
    if (!e || !j || job_final(j))
        return;
    struct worker *w = j->state == JOB_IN_PROGRESS ? job_worker(e, j) : NULL;
    if (w)
        job_reveal(e, j);
    lane_remove(w ? &w->jobs : &e->queue, j);
    e->in_progress -= w ? 1 : 0;
    job_finish(e, j, JOB_CANCELLED, NULL);
    if (w)
        worker_up(w);
}

int job_purge(struct sim *s, struct endpoint *e)
{
    int removed = 0;
    for (; e && e->queue.first; removed++)
        job_cancel(s, e, e->queue.first);
    return removed;
}

int endpoint_queue(const struct endpoint *e)
{
    return e ? (int)e->queue.count : 0;
}

int endpoint_in_progress(const struct endpoint *e)
{
    return e ? (int)e->in_progress : 0;
}
