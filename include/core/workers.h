/* workers: a small pool of threads for what burns CPU or disk: hashing, filtering, exporting.
 *
 * Bounded queue; jobs start in the order given. A job owns nothing lasting: it reads its argument,
 * looks at its cancel token often, and writes its result into its argument, which belongs to it until
 * it is done. workers_run_all is the usual way: hand over an array of jobs, sleep until all are done.
 *
 * Threads: all calls from any thread, but never from a job (that could wait for itself). */
#ifndef SLIPWAY_CORE_WORKERS_H
#define SLIPWAY_CORE_WORKERS_H

#include "base/err.h"
#include "core/cancel.h"

#include <stddef.h>

struct workers;

typedef void workers_fn(void *arg, struct cancel *cancel);

/* `threads` 0 = one a core, at least 2; never more than 64. Fewer than asked for will do; ERR_IO when
 * none could be started. */
struct workers *workers_new(size_t threads, size_t queue_max, struct err *e);

/* Ends after the jobs under way, so fire their tokens first; jobs still queued get their function
 * called with a fired token, so that whoever waits for them learns of it. Returns when threads that
 * were inside workers_run_all have left it. NULL is fine. */
void workers_free(struct workers *w);

/* Queues one job; `done` (may be NULL) runs on the worker after fn, and must only wake somebody.
 * ERR_STATE when the queue is full; then neither is called. `cancel` is borrowed until the job is
 * done; NULL is fine. */
int workers_start(struct workers *w, workers_fn *fn, void *arg, struct cancel *cancel,
    void (*done)(void *), void *done_arg, struct err *e);

/* Runs fn on every args[i], at most the pool's width at once, and returns when all are done, also
 * when cancelled (each job then sees its token fired). -1 with ERR_CANCEL if it was fired, or if the
 * pool ended before all were begun. Does not count against queue_max: there is never more than one a
 * calling thread. */
int workers_run_all(struct workers *w, workers_fn *fn, void *const args[], size_t n,
    struct cancel *cancel, struct err *e);

size_t workers_width(const struct workers *w);

#endif
