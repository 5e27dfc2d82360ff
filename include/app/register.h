/* register: a deployment's row in the registry, at its end or later. Thread: an operation's. */
#ifndef SLIPWAY_APP_REGISTER_H
#define SLIPWAY_APP_REGISTER_H

#include "app/work.h"

/* Enters the deployment that was asked for with `asked` and got as far as `done` says (endpoint_id,
 * revision, context, cost_per_request, answered), and fills record.model_id. A failure leaves nothing
 * behind in the registry, and the deployment as it is. */
int register_deployment(
    struct work *w, const struct json *asked, const struct json *done, struct err *e);

#endif
