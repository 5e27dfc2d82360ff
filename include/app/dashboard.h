/* dashboard: the full-screen face: terminal, screen and store on main, the client threads behind the
 * inbox. Thread: main. */
#ifndef SLIPWAY_APP_DASHBOARD_H
#define SLIPWAY_APP_DASHBOARD_H

#include "app/command.h"

struct dashboard_options {
    const char *demo;    /* the scenario's name when everything is the stand-in's; NULL otherwise */
    const char *folder;  /* proposed in the upload form; NULL = what was used last */
    int64_t registry_ms; /* between two looks at the registry; 0 = the usual */
    /* Runs on a thread of its own once the engine stands (the demo fills its registry); may be NULL. */
    void (*beside)(struct engine *g, struct cancel *cancel, void *arg);
    void *arg;
};

/* Runs until it is left; the profile is loaded. Returns the exit code. */
int dashboard_run(struct call *c, const struct dashboard_options *options);

/* `slipway` without a command. */
int dashboard_call(struct call *c);

#endif
