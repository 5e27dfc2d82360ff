/* requests: one inference request by the native route, from sending to its end: `run`, then `status` with
 * growing intervals, the ledger brought up to date and main told (NEWS_REQUEST) whenever something
 * changed, its cost worked out at the end. Used by the deployment's first answer, by `slipway run` and by
 * the dashboard. Also what is done to one by its id, whoever sent it.
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

/* The request that an earlier run began under that id (NULL = none), where the ledger says that the service has
 * it, and it is under way or was answered; else a fresh one. */
int request_resume(const struct request_task *t, const char *id, struct request *q, struct arena *a,
    struct err *e);

/* Sends it (unless it has a job_id already) and follows it to a final status: 0, whatever the status is.
 * -1 when it could not be sent or followed: ERR_TIMEOUT past the deadline. `q` is as it was last seen, its
 * texts in the arena. */
int request_follow(const struct request_task *t, struct request *q, struct arena *a, struct err *e);
/* Sends it alone; what follows it to its end is app/follow.h. */
int request_send(const struct request_task *t, struct request *q, struct arena *a, struct err *e);

/* ---- by its id ------------------------------------------------------------------------------------- */

/* What is done to a request, with whose ledger; NULL = not kept. */
struct request_desk {
    struct engine *engine;
    struct state *ledger; /* the calling thread's; NULL = not kept */
    struct cancel *cancel;
};

/* The request of that job as the ledger has it (texts in the arena), else the record of one that was not sent
 * from here, with nothing known: its seen_ms is -1. */
int request_of_job(const struct request_desk *d, const char *endpoint_id, const char *job_id,
    struct arena *a, struct request *q, struct err *e);

/* After its status was read into `q`, which was `before`: works out its end and price, keeps it and tells
 * main. */
void request_seen(
    const struct request_desk *d, const struct request *before, struct request *q, struct arena *a);

/* Reads its status; ERR_REMOTE 404 when neither the service nor the ledger knows it. */
int request_look(const struct request_desk *d, struct request *q, struct arena *a, struct err *e);
/* Then looks what has become of it; that this fails is no failure. ERR_STATE when it had ended otherwise. */
int request_cancel(const struct request_desk *d, struct request *q, struct arena *a, struct err *e);
/* ERR_STATE when it is no request for that (request_refuses_retry), without asking the service. */
int request_retry(const struct request_desk *d, struct request *q, struct arena *a, struct err *e);

/* Tells main. The texts are copied. */
void request_tell(struct engine *g, const struct request *q);

/* Takes what runpod_requests listed: what the ledger does not know is put into it and told; `each` is called
 * with every job that is known, and (`known` NULL) with every one that was new. */
typedef void request_listed_fn(
    void *arg, const struct request *known, const struct request *listed);
int requests_take_list(const struct request_desk *d, const struct request *listed, size_t n,
    request_listed_fn *each, void *arg, struct err *e);

/* As a document of schema "slipway.request/1". NULL: no memory. */
struct json *request_json(const struct request *q);

#endif
