/* logs: what the workers of an endpoint, or of all, print (`slipway logs`). Thread: main. */
#ifndef SLIPWAY_APP_LOGS_H
#define SLIPWAY_APP_LOGS_H

#include "app/command.h"

int logs_call(struct call *c);

#endif
