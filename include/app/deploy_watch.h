/* deploy_watch: what happens to a new endpoint until its first request is under way: which workers there are, and
 * by their logs how far the furthest one is (model/worker_stage.h). It is told as a step of the operation, and it
 * is said when waiting on is in vain: an image that cannot be had, a container that dies at each start.
 *
 * Polite: the list of workers every few seconds, at most DEPLOY_FOLLOWED logs, and nothing while the account's
 * quota of calls is used up.
 *
 * Thread: the operation's. */
#ifndef SLIPWAY_APP_DEPLOY_WATCH_H
#define SLIPWAY_APP_DEPLOY_WATCH_H

#include "app/work.h"
#include "client/runpod_logs.h"
#include "model/worker_stage.h"

enum { DEPLOY_FOLLOWED = 3, DEPLOY_WORKERS_SHOWN = 96 };

struct deploy_watch {
    struct work *w;
    size_t step; /* where it is told */
    const char *endpoint_id, *name, *image;
    int64_t wait_ms; /* as long as the first answer is waited for */
    struct {
        struct runpod_log *log; /* NULL = none */
        struct worker_stage stage;
    } followed[DEPLOY_FOLLOWED];
    size_t followed_next;
    int64_t since_ms, workers_due_ms,
        fetching_ms;         /* monotonic; fetching: since when, -1 = it does not */
    bool throttled, any, up; /* all are throttled; there is a worker; one has come up */
    char workers[DEPLOY_WORKERS_SHOWN];
};

void deploy_watch_init(struct deploy_watch *d);
void deploy_watch_release(struct deploy_watch *d);
/* Looks at what is due and tells; -1 when waiting on is in vain, with why and what to do. */
int deploy_watch_look(struct deploy_watch *d, struct err *e);
/* It was waited for long enough: says what did not come. */
int deploy_watch_explain(const struct deploy_watch *d, struct err *e);
/* The request is under way: somebody is up. */
void deploy_watch_up(struct deploy_watch *d, const char *gpu);

#endif
