/* What the log reader says to runpod_watch beside client/runpod_logs.h, and its queue. */
#ifndef SLIPWAY_CLIENT_RUNPOD_LOGS_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_LOGS_INTERNAL_H

#include "base/buf.h"
#include "client/runpod_logs.h"
#include "client/sse.h"

enum { RUNPOD_LOG_ID_MAX = 64 };

/* The id of the last line handed out, "" = none; and to go on behind it. Before the first read. */
const char *runpod_log_last_id(const struct runpod_log *l);
void runpod_log_resume(struct runpod_log *l, const char *last_id);

/* As runpod_log_read, but at most `most` lines. */
size_t runpod_log_read_some(struct runpod_log *l, size_t most, struct arena *a, runpod_log_fn *each,
    void *arg, int64_t *next_ms);

/* Takes in what has come without reading it, the newest that there is room for: cheap however much it is.
 * Returns when it wants to be called again, as *next_ms above. A log that is only read lets the service
 * wait instead. */
int64_t runpod_log_take_in(struct runpod_log *l);
/* Whether there are lines to read. */
bool runpod_log_holds(const struct runpod_log *l);
/* Lines that were let go since this was asked last; they were before those that are held. */
uint64_t runpod_log_take_lost(struct runpod_log *l);

/* ---- runpod_log_queue.c: events that wait to be read, oldest first ---- */

enum { LOG_QUEUE_BYTES_MAX = SSE_EVENT_MAX + 256 * 1024 };

struct log_queue {
    struct buf bytes;
    size_t head, count; /* where the oldest begins; how many there are */
    uint64_t dropped;
};

void log_queue_init(struct log_queue *q);
void log_queue_release(struct log_queue *q);
/* Drops the oldest where there is no room. The id is one that fits RUNPOD_LOG_ID_MAX. */
void log_queue_push(struct log_queue *q, const char *data, size_t n, const char *id);
/* The oldest, borrowed until the queue changes; false when there is none. `data` ends in a NUL. */
bool log_queue_first(const struct log_queue *q, const char **data, size_t *n, const char **id);
void log_queue_pop(struct log_queue *q);
size_t log_queue_bytes(const struct log_queue *q);

#endif
