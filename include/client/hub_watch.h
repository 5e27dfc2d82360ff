/* hub_watch: the Hub's client thread: says who the token is (once), lists the repositories of the
 * user and the organisations it may write to (now and then, for completing names) and how the Hub is
 * doing. Sends NEWS_SOURCE and NEWS_REPOS. Without a token: SOURCE_OFF with how to give one. */
#ifndef SLIPWAY_CLIENT_HUB_WATCH_H
#define SLIPWAY_CLIENT_HUB_WATCH_H

#include "client/hub.h"
#include "core/inbox.h"

struct hub_watch;

/* Starts the thread. All are borrowed until hub_watch_free. `parent`: firing it ends the thread. */
struct hub_watch *hub_watch_new(
    struct hub *h, struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e);
void hub_watch_free(struct hub_watch *w);  /* fires, joins within a second; NULL is fine */
void hub_watch_hurry(struct hub_watch *w); /* a person wants fresh data; from main, never blocks */

#endif
