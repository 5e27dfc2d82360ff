/* prices: what a GPU costs, from the catalog, asked for when first needed and kept ten minutes, for
 * threads that price a request or a deployment. Threads: any; sleeps in the HTTP engine without its
 * lock held. */
#ifndef SLIPWAY_APP_PRICES_H
#define SLIPWAY_APP_PRICES_H

#include "base/arena.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/endpoint.h"
#include "model/request.h"

struct prices;

struct prices *prices_new(
    struct runpod *r, struct clock *clock); /* both borrowed; NULL: no memory */
void prices_free(struct prices *p);         /* NULL is fine */

/* A copy of the catalog's pools and types in the arena. */
int prices_get(
    struct prices *p, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e);

/* Fills gpu, price_hour and cost of a request from its worker and execution time: asks for the
 * endpoint's worker list when the worker's type is not known. What cannot be learnt stays unknown. */
void prices_request(struct prices *p, struct request *q, struct arena *a, struct cancel *c);

#endif
