/* runpod_stream: the ways to an answer besides run and status: runsync, and the pieces of a job as they come
 * (spec/runpod.md §2.1, §2.4). For requests that somebody sends to look at: what must not be lost goes by
 * runpod_jobs.h.
 *
 * Threads: any that may sleep. */
#ifndef SLIPWAY_CLIENT_RUNPOD_STREAM_H
#define SLIPWAY_CLIENT_RUNPOD_STREAM_H

#include "base/arena.h"
#include "base/json.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/request.h"

enum {
    RUNSYNC_WAIT_MS = 90 * 1000, /* what the service holds at most before it answers (§2.6) */
    PIECES_BYTES_MAX = 4 * 1024 * 1024
};

/* As runpod_run, but tried once: for a sender that keeps to the limits of several requests itself. ERR_RATE
 * (nothing was queued): *again_ms is what the service asked for, 0 = nothing. Any other failure without an
 * HTTP status leaves open whether it was queued. */
int runpod_run_once(struct runpod *r, const char *endpoint_id, const struct json *input,
    char *job_id, int64_t *again_ms, struct cancel *c, struct err *e);

/* Queues it and holds the connection until the answer, at most RUNSYNC_WAIT_MS. Fills `q` (its endpoint_id
 * says where) as runpod_status does, and job_id. A job that is not over by then has a status that is not
 * final: ask on with runpod_status. Tried once; *again_ms as above. Until it answers there is no id: what is
 * cancelled meanwhile runs on, unknown. */
int runpod_runsync(struct runpod *r, const struct json *input, struct request *q, struct arena *a,
    int64_t *again_ms, struct cancel *c, struct err *e);

/* What came of a job so far, piece by piece, to be read by runpod_output_read. */
struct runpod_pieces {
    struct json *list; /* of the chunks; owned */
    size_t count, bytes;
    bool cut; /* PIECES_BYTES_MAX was reached: the rest is left out */
};
int runpod_pieces_init(struct runpod_pieces *p, struct err *e);
void runpod_pieces_release(struct runpod_pieces *p);

/* Takes what was not delivered yet: the call holds about 10 s when there is nothing. Returns how many
 * pieces came; q->status (of q->endpoint_id, q->job_id) is brought up to date, a 404 makes it REQUEST_GONE.
 * The end is a final status without pieces. */
int runpod_stream(struct runpod *r, struct request *q, struct runpod_pieces *pieces,
    struct cancel *c, struct err *e);

#endif
