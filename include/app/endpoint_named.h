/* endpoint_named: which endpoint of the account a person means, by its id or its name. Names of models mean
 * nothing here: what is about to be changed or deleted is the endpoint itself.
 *
 * Thread: one that may sleep. */
#ifndef SLIPWAY_APP_ENDPOINT_NAMED_H
#define SLIPWAY_APP_ENDPOINT_NAMED_H

#include "app/engine.h"
#include "model/endpoint.h"

/* ERR_INPUT when there is none, or when several are called so. `out`'s texts lie in the arena; `all` (may be
 * NULL) gets the list it was found in. An id goes before a name, and a name stands also for the one with
 * the " -fb" that RunPod may put behind it (spec/runpod.md §4.7). */
int endpoint_named(struct engine *g, const char *asked, struct arena *a, struct endpoint *out,
    struct endpoint_page *all, struct cancel *c, struct err *e);

#endif
