/* pace: the limits of one endpoint's data plane (spec/runpod.md §2.6), kept by all who send to it side by
 * side: each kind of call has its interval, and a refusal (429) holds all of them.
 *
 * Threads: any; nothing here sleeps. The lock is held for arithmetic alone. */
#ifndef SLIPWAY_APP_PACE_H
#define SLIPWAY_APP_PACE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum pace_call { PACE_RUN, PACE_SYNC, PACE_LOOK, PACE_CHAT, PACE_CANCEL, PACE_CALLS };

struct pace {
    pthread_mutex_t lock;
    int64_t next_us[PACE_CALLS]; /* when the next one may begin, monotonic */
    int64_t held_ms;             /* nothing is sent before this */
    int64_t backoff_ms;          /* of the last refusal; 0 = none since something was taken */
    int64_t refused;             /* so many in all */
};

void pace_init(struct pace *p);
void pace_release(struct pace *p);

/* Books a call: how many ms from now it may begin, 0 = now. Who does not wait that long and call then has
 * wasted one. Looking and cancelling are not held by refusals of sending. */
int64_t pace_book(struct pace *p, enum pace_call call, int64_t now_ms);
/* The service said “not now”: everybody waits as long as it asked for, at least a back-off that doubles
 * (1 s to 30 s) until something is taken again. Refusals that were under way together count as one. */
void pace_refused(struct pace *p, int64_t now_ms, int64_t asked_ms);
void pace_taken(struct pace *p);
int64_t pace_refusals(struct pace *p);
/* How long sending is held, ms; 0 = it is not. */
int64_t pace_held(struct pace *p, int64_t now_ms);

#endif
