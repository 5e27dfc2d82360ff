/* What the files of the host share: what carries out an intent, by subject. For src/app/host*.c only. */
#ifndef SLIPWAY_APP_HOST_INTERNAL_H
#define SLIPWAY_APP_HOST_INTERNAL_H

#include "app/host.h"

/* Thread: main; does not sleep. What fails is told as a toast by the caller. */
typedef int host_act_fn(struct host_state *h, const struct intent *i, struct err *e);

/* ---- host_requests.c: requests that were sent ---- */
host_act_fn host_cancel_request, host_retry_request, host_send_again, host_looked_up;
void host_look(void *arg, const char *endpoint_id, const char *request_id);
/* ---- host_change.c: an endpoint's settings, queue and end ---- */
host_act_fn host_change, host_pause_endpoint, host_delete_endpoint, host_rollback, host_redeploy,
    host_purge, host_remedy;
/* ---- host_test.c: test requests ---- */
host_act_fn host_test; /* values of the form */
/* As struct host's `edit`. */
int host_edit(void *arg, struct text initial, size_t most, struct arena *a, struct text *out,
    struct err *e);

#endif
