/* endpoint_sums: what the ledger says of the requests to each endpoint, in one reading: their times and what
 * they cost.
 *
 * Thread: one that may sleep; the result is then anybody's, one at a time. */
#ifndef SLIPWAY_APP_ENDPOINT_SUMS_H
#define SLIPWAY_APP_ENDPOINT_SUMS_H

#include "app/engine.h"
#include "model/endpoint.h"
#include "model/request_times.h"

struct endpoint_sum {
    const char *id; /* borrowed from the page */
    struct request_times times;
    double cost;  /* $ of those whose cost is known */
    size_t costs; /* how many those are */
};
struct endpoint_sums {
    struct endpoint_sum *sums; /* by id */
    size_t count;
};

/* Of the endpoints of the page. -1 leaves nothing to release. */
int endpoint_sums_read(
    struct engine *g, const struct endpoint_page *page, struct endpoint_sums *out, struct err *e);
void endpoint_sums_release(struct endpoint_sums *s);

/* NULL = none; what was released knows none. */
struct endpoint_sum *endpoint_sums_of(const struct endpoint_sums *s, const char *id);
/* $, a mean; NAN = unknown. */
double endpoint_sum_cost(const struct endpoint_sum *sum);

#endif
