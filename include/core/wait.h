/* wait: one place for one thread to sleep until any of several things happened.
 *
 * A client thread waits for a command, for its next poll, for bytes of a stream and for "stop", all
 * at once. Each source pokes the thread's `struct wait`; the thread then looks at its sources. Pokes
 * are remembered, so one that comes between looking and sleeping is not lost:
 *
 *     for (;;) {
 *         uint64_t seen = wait_seen(w);
 *         ... look at every source, do what is to do ...
 *         wait_until(w, seen, deadline);
 *     }
 *
 * Ownership: caller's memory. Threads: poke from any; until/seen from the one that sleeps. Sources
 * must be told to stop poking before wait_release. Nothing here fails at run time. */
#ifndef SLIPWAY_CORE_WAIT_H
#define SLIPWAY_CORE_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t poked;
    uint64_t pokes;
};

enum { WAIT_FOREVER = -1 }; /* only where a cancel is certain to poke */

int wait_init(struct wait *w); /* 0, or an errno */
void wait_release(struct wait *w);

void wait_poke(struct wait *w);
uint64_t wait_seen(struct wait *w);

/* Sleeps until a poke after `seen`, at most `ms` real milliseconds (0 only looks). False when the
 * time passed without one. */
bool wait_until(struct wait *w, uint64_t seen, int64_t ms);

#endif
