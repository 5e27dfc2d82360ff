/* triage_list: `slipway triage` of all endpoints, the worst first (spec/triage.md). Thread: main. */
#ifndef SLIPWAY_APP_TRIAGE_LIST_H
#define SLIPWAY_APP_TRIAGE_LIST_H

#include "app/command.h"

/* Prints; the exit code. */
int triage_list(struct call *c);

#endif
