/* requests: one inference request by the native route, from sending to its end: `run`, then `status` with
 * growing intervals, the ledger brought up to date and main told (NEWS_REQUEST) whenever something
 * changed, its cost worked out at the end. Used by the deployment's first answer, by `slipway run` and by
 * the dashboard.
 *
 * Thread: one that may sleep. */
#ifndef SLIPWAY_APP_REQUESTS_H
#define SLIPWAY_APP_REQUESTS_H

#include "app/engine.h"
#include "base/json.h"
#include "model/request.h"

struct request_task {
    struct engine *engine;
    struct state *ledger;            /* the calling thread's; NULL = not kept */
    const char *endpoint_id, *model; /* model may be NULL */
    const struct json *input;        /* the value of "input" */
    int64_t deadline_ms;             /* for the end of the request; required */
    int64_t
        unknown_ms; /* how long a 404 of a fresh endpoint is waited for (spec/runpod.md §2.1); 0 = not */
    /* After every look; -1 with an error gives up waiting (the request itself stays). May be NULL. */
    int (*looked)(void *arg, const struct request *q, struct err *e);
    void *arg;
    struct cancel *cancel;
};

/* A fresh request for the task: id, time, input. */
void request_begin(const struct request_task *t, struct request *q, struct arena *a);

/* Sends it (unless it has a job_id already) and follows it to a final status: 0, whatever the status is.
 * -1 when it could not be sent or followed: ERR_TIMEOUT past the deadline. `q` is as it was last seen, its
 * texts in the arena. */
int request_follow(const struct request_task *t, struct request *q, struct arena *a, struct err *e);

/* Tells main. The texts are copied. */
void request_tell(struct engine *g, const struct request *q);

/* As a document of schema "slipway.request/1". NULL: no memory. */
struct json *request_json(const struct request *q);

#endif
