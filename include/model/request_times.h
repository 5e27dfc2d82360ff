/* request_times: how long the requests to one endpoint waited and ran: percentiles of the newest that
 * ended. Adding and removing cost the same however many there are; summing up costs at most
 * REQUEST_TIMES_MAX values, and only after something changed.
 *
 * Thread: one at a time. Pure. */
#ifndef SLIPWAY_MODEL_REQUEST_TIMES_H
#define SLIPWAY_MODEL_REQUEST_TIMES_H

#include "model/request.h"

enum { REQUEST_TIMES_MAX = 1000, REQUEST_COLD_MS = 5000 };

/* ms; count 0 = none. Cold: those that waited longer than REQUEST_COLD_MS. Percentiles by nearest rank: a
 * value that was measured. The answer's time is waiting and running together. */
struct endpoint_times {
    size_t count, cold;
    int64_t delay_p50, delay_p95, execution_p50, execution_p95; /* -1 = unknown */
    int64_t answer_p50, answer_p95;
};

struct request_time {
    int64_t ended_ms, delay_ms, execution_ms;
};
struct request_times {
    struct request_time *kept; /* a heap: the one that ended first is at 0 */
    size_t count, room;
    bool summed; /* `sum` is of what is kept now */
    struct endpoint_times sum;
};

/* A request that is not over, or of which no time is known, is left out, as is one that ended before all
 * that are kept when there is no more room. Memory that runs out leaves it out too. */
void request_times_add(struct request_times *t, const struct request *q);
/* The request as it was when it was added; one that is not kept is no harm. */
void request_times_remove(struct request_times *t, const struct request *q);
struct endpoint_times request_times_sum(struct request_times *t);
void request_times_release(struct request_times *t);

#endif
