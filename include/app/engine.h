/* engine: what both faces of the program stand on: the HTTP engine, the inbox, the workers, and a
 * connection's settings for each service, made from a profile. The dashboard and every command use the
 * same one.
 *
 * Read-only is set here, once, from the profile: the HTTP engine and the databases refuse every write
 * (design rule 3).
 *
 * Thread: made and released by main; the members are for all threads, as their headers say. */
#ifndef SLIPWAY_APP_ENGINE_H
#define SLIPWAY_APP_ENGINE_H

#include "app/log_keep.h"
#include "app/prices.h"
#include "app/profile.h"
#include "client/hub.h"
#include "client/registry.h"
#include "client/runpod.h"
#include "client/state.h"
#include "core/inbox.h"
#include "core/workers.h"

struct engine {
    const struct profile *profile; /* borrowed */
    struct clock *clock;
    struct cancel *quit; /* the root: firing it stops everything */
    struct inbox *inbox;
    struct workers *workers;
    struct http *http;
    struct runpod *runpod;
    struct hub *hub;
    struct prices *prices;
    struct log_keep *keep; /* the log in a file; NULL = it is not kept (include/app/log_keep.h) */
};

/* Sends nothing yet. On failure nothing is left behind. */
int engine_init(struct engine *g, const struct profile *profile, struct err *e);
/* Fires quit, ends the threads (within a second), frees. Operations and watches must be gone. */
void engine_release(struct engine *g);

/* Whether the profile lets anything be written: 0, or -1 with ERR_STATE saying why not and what to do. */
int engine_may_write(const struct engine *g, struct err *e);

/* A connection of the calling thread's own, to be closed by registry_free / state_close. */
struct registry *engine_registry(struct engine *g, struct cancel *cancel, struct err *e);
/* Whether the registry is the embedded default, which needs no `slipway migrate`. */
bool engine_makes_tables(const struct engine *g);
/* False for the embedded default that was never written and may not be made now: it holds nothing. */
bool engine_has_registry(const struct engine *g);
/* Waits for a locked file, but not for long once quit was fired. */
struct state *engine_state(struct engine *g, struct err *e);
/* For main: hardly waits. */
struct state *engine_state_now(struct engine *g, struct err *e);

#endif
