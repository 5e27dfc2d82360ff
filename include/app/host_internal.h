/* What the files of the host share: what carries out an intent, by subject. For src/app/host*.c only. */
#ifndef SLIPWAY_APP_HOST_INTERNAL_H
#define SLIPWAY_APP_HOST_INTERNAL_H

#include "app/host.h"

/* Thread: main; does not sleep. What fails is told as a toast by the caller. */
typedef int host_act_fn(struct host_state *h, const struct intent *i, struct err *e);

/* ---- host_requests.c: requests that were sent ---- */
/* ---- host_change.c: an endpoint's settings, queue and end ---- */
/* ---- host_test.c: test requests ---- */

#endif
