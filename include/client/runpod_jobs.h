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
 * REQUEST_GONE, which is no failure. */
int runpod_status(
    struct runpod *r, struct request *q, struct arena *a, struct cancel *c, struct err *e);

int runpod_cancel(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e);

/* What a worker's output says (§7.6, all generations, lists, SSE pieces): the answer's text cleaned
 * as a block (empty = not understood) and token counts (-1 = none said). Pure. */
struct worker_output {
    struct text answer;
    int64_t tokens_in, tokens_out;
};
void runpod_output_read(const struct json *output, struct arena *a, struct worker_output *out);

#endif
