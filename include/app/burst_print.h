/* burst_print: how a burst went, as the command line prints it: a table and a histogram, or with --json a
 * document of schema "slipway.burst/1". Returns an exit code. Thread: main. */
#ifndef SLIPWAY_APP_BURST_PRINT_H
#define SLIPWAY_APP_BURST_PRINT_H

#include "app/command.h"
#include "model/burst.h"

int burst_print(struct call *c, const struct burst_report *r);

#endif
