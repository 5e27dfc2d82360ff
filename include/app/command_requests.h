/* The commands about requests; for src/app/cmd_request*.c only. */
#ifndef SLIPWAY_APP_COMMAND_REQUESTS_H
#define SLIPWAY_APP_COMMAND_REQUESTS_H

#include "app/command.h"

int cmd_requests(struct call *c); /* cmd_requests.c */

#endif
