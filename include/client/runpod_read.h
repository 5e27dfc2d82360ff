/* runpod_read: answers of RunPod as records (spec/runpod.md §2.3, §3, §4.4-§4.7). Pure: no I/O. Every
 * member may be missing, null, or of another kind; numbers are brought into their range; texts are
 * cleaned into the arena, and one that finds no room is empty. Ids that are none become "". For
 * src/client/runpod*.c and their tests. */
#ifndef SLIPWAY_CLIENT_RUNPOD_READ_H
#define SLIPWAY_CLIENT_RUNPOD_READ_H

#include "base/arena.h"
#include "base/json.h"
#include "model/endpoint.h"
#include "model/request.h"

/* Cleaned, and cut behind at most `max` bytes at a character. The whole is masked first. */
struct text runpod_text(
    struct arena *a, const void *bytes, size_t n, size_t max, enum text_mode mode);

/* Of an endpoint's env only the model's name, revision, context and served name are kept. */
void runpod_read_endpoint(const struct json *j, struct arena *a, struct endpoint *out);
void runpod_read_gpu(const struct json *j, struct arena *a, struct gpu *out);

/* These fail with ERR_REMOTE when the answer is something else altogether. seen_ms and endpoint_id
 * are the caller's. */
int runpod_read_workers(
    const struct json *j, struct arena *a, struct worker_page *out, struct err *e);
int runpod_read_health(const struct json *j, struct health *out, struct err *e);
/* Errors beside HTTP 200, and nobody's key, are failures (§4.7). */
int runpod_read_account(
    const struct json *j, struct arena *a, struct account *out, struct text *email, struct err *e);
/* Into what runpod_status says; members that the answer lacks keep their value. */
int runpod_read_job(const struct json *j, struct arena *a, struct request *q, struct err *e);
/* A list of jobs, in whatever shape: see src/client/runpod_requests.c. Each job once, in its order. */
int runpod_read_requests(const struct json *j, const char *endpoint_id, struct arena *a,
    struct request **out, size_t *n, struct err *e);

#endif
