/* demo: the stand-in as a child process, a profile that points at it with throw-away state, and a registry
 * filled with rows to look at, one of them a training job that goes on.
 *
 * The child ends when its standard input does, so it goes with us however we end. The folder with the
 * state is removed by demo_stop.
 *
 * Thread: main, but for demo_fill. */
#ifndef SLIPWAY_APP_DEMO_H
#define SLIPWAY_APP_DEMO_H

#include "app/config.h"
#include "app/engine.h"

#include <sys/types.h>

struct demo {
    pid_t pid;                          /* 0 = not running */
    int input;                          /* the child's standard input; -1 */
    char data[128], api[128], hub[128]; /* its addresses */
    char folder[128];                   /* "" = none */
};

/* Starts slipway-sim (the one beside this program, else the one on the PATH). ERR_INPUT when it does not
 * like the scenario or the speed; ERR_IO when it cannot be started. */
int demo_start(struct demo *d, const char *scenario, const char *speed, struct err *e);
void demo_stop(struct demo *d); /* an empty one is fine */

/* The environment a profile for it is loaded from; borrows d. */
struct config_environment demo_environment(struct demo *d);

/* Makes the registry's tables and rows, then moves the training job on until cancelled. For
 * dashboard_options.beside; `arg` is unused. Thread: its own. */
void demo_fill(struct engine *g, struct cancel *cancel, void *arg);

#endif
