/* host: what the screen asks of the app (ui/view.h, struct host): intents carried out, names completed,
 * conversations, and what the forms remember. Thread: main; nothing here sleeps. */
#ifndef SLIPWAY_APP_HOST_H
#define SLIPWAY_APP_HOST_H

#include "app/chats.h"
#include "app/follow.h"
#include "app/history.h"
#include "app/operations.h"
#include "app/triage.h"
#include "client/hub_watch.h"
#include "client/registry_watch.h"
#include "client/runpod_watch.h"
#include "core/loop.h"
#include "ui/view.h"

struct host_state {
    struct host host; /* what the screen gets */
    struct loop **loop;
    struct store *store;
    struct engine *engine;
    const char *folder; /* proposed in the upload form; NULL = none */
    bool suspend;       /* Ctrl-Z was pressed: the dashboard's to do, and to clear */
    /* Set by the dashboard once the engine stands; NULL before. */
    struct operations *operations;
    struct chats *chats;
    struct history *history;
    struct follow *follow;
    struct triages *triages;
    struct runpod_watch *runpod;
    struct hub_watch *hub;
    struct registry_watch *registry;
};

void host_init(struct host_state *h, struct loop **loop, struct store *store, struct engine *g,
    const char *folder);
void host_release(struct host_state *h);

#endif
