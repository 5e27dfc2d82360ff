/* runpod_logs: the log of one worker, followed (spec/runpod.md §5). The stream never ends and sends
 * nothing, not even headers, until there is a line; it reconnects by itself with back-off from the
 * last id seen, or, where events have no ids, from the time of the last line. Never sleeps: `wait` is
 * poked when there is something to read.
 * Thread: the one that opened it. */
#ifndef SLIPWAY_CLIENT_RUNPOD_LOGS_H
#define SLIPWAY_CLIENT_RUNPOD_LOGS_H

#include "base/arena.h"
#include "client/runpod.h"
#include "core/wait.h"
#include "model/log_line.h"

struct runpod_log;

/* What of the past to begin with. */
struct runpod_log_ask {
    int tail;         /* lines, of each source */
    int64_t since_ms; /* wall; instead of `tail`; 0 = not */
    bool one_source;
    enum line_source source; /* with one_source: LINE_CONTAINER or LINE_SYSTEM alone */
};

/* The endpoint's name is for the origin of its lines. NULL for bad ids or out of memory. */
struct runpod_log *runpod_log_open(struct runpod *r, const char *endpoint_id, const char *name,
    const char *worker_id, int tail, struct wait *wait, struct err *e);
struct runpod_log *runpod_log_open_from(struct runpod *r, const char *endpoint_id, const char *name,
    const char *worker_id, const struct runpod_log_ask *ask, struct wait *wait, struct err *e);
void runpod_log_close(struct runpod_log *l); /* NULL is fine */

/* Calls `each` for every whole line that has come, in order; the line is in the arena given, but for its
 * endpoint_id, which the log owns. JSON lines of the worker SDK are unpacked. Stops, to be called again, when
 * the arena is full. Returns the number of lines; *next_ms (may be NULL) says when it wants to be called even
 * without a poke (to reconnect), monotonic, -1 = no need. */
typedef void runpod_log_fn(const struct log_line *line, void *arg);
size_t runpod_log_read(
    struct runpod_log *l, struct arena *a, runpod_log_fn *each, void *arg, int64_t *next_ms);
const char *runpod_log_worker(const struct runpod_log *l);
/* The worker is gone (404) and all was read: nothing more will come. */
bool runpod_log_over(const struct runpod_log *l);
/* The service has answered, with lines or with a refusal. */
bool runpod_log_answered(const struct runpod_log *l);
/* Why it brings nothing: the HTTP status of the last refusal, -1 = the connection was lost; 0 = it was not refused. */
int runpod_log_status(const struct runpod_log *l);

#endif
