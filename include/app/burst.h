/* burst: a number of test requests to one endpoint, a few at once, each by a thread of its own: never more
 * than asked for, within the limits of spec/runpod.md §2.6, all waiting when the service says “not now”.
 * Each is in the ledger before it is sent and is told to main like any other (NEWS_REQUEST).
 *
 * It ends early when sending fails for a reason that the next one would meet as well: a wrong key, an endpoint
 * that is gone, a body that is refused; or when nothing gets through.
 *
 * Thread: one that may sleep. */
#ifndef SLIPWAY_APP_BURST_H
#define SLIPWAY_APP_BURST_H

#include "app/sending.h"
#include "core/wait.h"

struct burst {
    struct engine *engine;
    struct state *ledger; /* the calling thread's; NULL = not kept */
    const char *endpoint_id, *model;
    const struct sending_body *body;
    struct wait *wake; /* the calling thread's; `cancel` pokes it */
    /* Now and then, and at the end; the report's texts are borrowed during the call. `note`: what is going
     * on, one line. */
    void (*told)(void *arg, const struct burst_report *report, const char *note);
    void *arg;
    struct cancel *cancel; /* what is not sent stays so, what is queued is cancelled there */
};
/* `report` has its evidence and estimate; the rest is filled. 0 when all ended, however; -1 with ERR_CANCEL
 * when stopped, or with what ended it early. Its texts are in the arena. */
int burst_run(const struct burst *b, struct burst_report *report, struct arena *a, struct err *e);

/* What is known about the price beforehand: from the ledger, the endpoint's health and settings, and the
 * catalog. What cannot be learnt stays unknown. */
struct burst_evidence burst_evidence_gather(struct engine *g, struct state *ledger,
    const struct endpoint *endpoint, struct arena *a, struct cancel *c);

/* The workers that were seen, with what they cost. */
enum { BURST_WORKERS_MAX = 256 };
struct priced_worker {
    char id[WORKER_ID_MAX];
    struct text gpu;
    double price_hour;
};
struct burst_prices {
    struct priced_worker workers[BURST_WORKERS_MAX];
    size_t count;
    struct arena *keep; /* of the types' names; borrowed, must outlast the requests */
    int64_t ask_ms;     /* monotonic: not before */
};
/* Fills gpu, price_hour and cost of a request as far as they can be known; the list of workers is asked for
 * rarely, however many requests there are. Set `keep` first, the rest 0. */
void burst_price(struct burst_prices *p, struct engine *g, struct request *q, struct cancel *c);

/* As a document of schema "slipway.burst/1". NULL: no memory. */
struct json *burst_json(const struct burst_report *r);

#endif
