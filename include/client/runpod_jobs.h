/* runpod_jobs: the data plane of queue endpoints (spec/runpod.md §2, §3, §7.6). `run` and `status`,
 * never `runsync`: no id until the answer arrives (§2.6). */
#ifndef SLIPWAY_CLIENT_RUNPOD_JOBS_H
#define SLIPWAY_CLIENT_RUNPOD_JOBS_H

#include "base/arena.h"
#include "base/json.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/endpoint.h"
#include "model/request.h"

/* 404 for about a minute after creation means "not known yet" (§2.1): ERR_REMOTE number 404. */
int runpod_health(
    struct runpod *r, const char *endpoint_id, struct health *out, struct cancel *c, struct err *e);

/* Queues {"input": input, …}. ERR_INPUT: no object, empty (workers reject it), or too large. Not
 * repeated by itself after a lost answer. `job_id` gets at most REQUEST_ID_MAX. */
int runpod_run(struct runpod *r, const char *endpoint_id, const struct json *input, char *job_id,
    struct cancel *c, struct err *e);

/* Reads the job and fills status, delay_ms, execution_ms, retries, worker_id, tokens_in/out, output,
 * error and seen_ms of `q` (texts in the arena); q->endpoint_id and q->job_id say which. 404 makes it
 * REQUEST_GONE or REQUEST_EXPIRED (request_gone_as), which is no failure. */
int runpod_status(
    struct runpod *r, struct request *q, struct arena *a, struct cancel *c, struct err *e);

/* Several at once, each as runpod_status with its own arena and error, tried once: who asks comes back. */
enum { RUNPOD_LOOKS_MAX = 8 };
struct runpod_look {
    struct request *q;
    struct arena *arena;
    struct err error; /* class ERR_NONE = it went well */
    int64_t again_ms; /* what the service asked to wait; 0 = nothing */
};
void runpod_status_many(struct runpod *r, struct runpod_look *looks, size_t n, struct cancel *c);

int runpod_cancel(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e);
/* The same, given up after so long, tries again and waits in it. */
int runpod_cancel_within(struct runpod *r, const char *endpoint_id, const char *job_id,
    int64_t within_ms, struct cancel *c, struct err *e);

/* Queues it again under the same id; the service takes that only of jobs that FAILED or TIMED_OUT (§2.5). */
int runpod_retry(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e);

/* Drops every queued job of the endpoint; those that run go on. *removed: how many, -1 = not said. */
int runpod_purge(
    struct runpod *r, const char *endpoint_id, int64_t *removed, struct cancel *c, struct err *e);

/* What the data plane lists of an endpoint's requests (§2.1: undocumented; 10 calls in 10 s). Records with
 * job_id, endpoint_id, status, `listed`, and what else the list says (times, worker); submitted_ms is -1 where it
 * does not. Whatever shape it has is borne; what has no id is left out. A 404 of the route is no failure: *n is 0
 * and *out NULL. Tried once. */
int runpod_requests(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct request **out, size_t *n, struct cancel *c, struct err *e);

/* What a worker's output says (§7.6, all generations, lists, SSE pieces): the answer's text cleaned
 * as a block (empty = not understood) and token counts (-1 = none said). Pure. */
struct worker_output {
    struct text answer;
    int64_t tokens_in, tokens_out;
};
void runpod_output_read(const struct json *output, struct arena *a, struct worker_output *out);

#endif
