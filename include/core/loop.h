/* loop: main's event loop over poll(2): descriptors, one deadline, nothing else.
 *
 * No timers that redraw: the loop sleeps until a descriptor is ready or the one deadline that
 * somebody set has passed. Callbacks run on the calling thread one after another and may add, remove
 * and stop. Thread: main only. */
#ifndef SLIPWAY_CORE_LOOP_H
#define SLIPWAY_CORE_LOOP_H

#include "base/clock.h"
#include "base/err.h"

#include <stdint.h>

enum { LOOP_FDS_MAX = 16 };

struct loop;

/* `events` are poll's (POLLIN, POLLHUP, …). */
typedef void loop_fn(struct loop *l, int fd, short events, void *arg);

struct loop *loop_new(struct clock *clock); /* the clock is borrowed. NULL when memory is out */
void loop_free(struct loop *l);             /* NULL is fine; descriptors stay open */

/* Watches fd for POLLIN (hang-ups and errors are always told: as long as they last and fd is watched,
 * so remove it then). ERR_STATE past LOOP_FDS_MAX, or when fd is negative or watched already. */
int loop_add(struct loop *l, int fd, loop_fn *fn, void *arg, struct err *e);

/* Its callback is not called any more, even if poll found it ready just now. An fd that is not
 * watched is fine. */
void loop_remove(struct loop *l, int fd);

/* Calls fn once when the clock's monotonic time reaches `mono_ms`; a later call replaces it, a
 * negative time takes it away. fn gets fd -1. Setting or advancing a test's clock does not itself wake
 * a loop that sleeps: do it in a callback, in `idle`, or make a watched descriptor readable. */
void loop_set_deadline(struct loop *l, int64_t mono_ms, loop_fn *fn, void *arg);

/* Sleeps and calls back until loop_stop, or until `idle` (may be NULL) calls that. Returns the number given
 * to loop_stop, or -1 with ERR_IO when poll failed. `idle` runs each time before sleeping: the place
 * to flush the screen, and where tests learn that the program is idle. The loop may be run again. */
int loop_run(struct loop *l, void (*idle)(void *), void *idle_arg, struct err *e);
/* `result` is 0 or more. No callback runs after it. Before loop_run it makes that return at once. */
void loop_stop(struct loop *l, int result);

#endif
