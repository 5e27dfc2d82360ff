/* runpod_account: balance and spend rate, the one thing that only GraphQL has (spec/runpod.md §4.7).
 * A file of its own, so that it can be replaced when REST v2 gets it. */
#ifndef SLIPWAY_CLIENT_RUNPOD_ACCOUNT_H
#define SLIPWAY_CLIENT_RUNPOD_ACCOUNT_H

#include "base/arena.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/endpoint.h"

/* `email` (may be NULL) gets who the key belongs to. HTTP 200 with `errors`, and myself: null, are
 * failures. */
int runpod_account(struct runpod *r, struct arena *a, struct account *out, struct text *email,
    struct cancel *c, struct err *e);

#endif
