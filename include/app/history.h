/* history: what the state database remembers, brought to the screen at the start: requests of the ledger,
 * and operations of the journal that are over or were interrupted. Read on a thread of its own, told as
 * NEWS_REQUESTS, the newest first, and NEWS_OPERATION. A file that cannot be read is told as a NEWS_OUTCOME. */
#ifndef SLIPWAY_APP_HISTORY_H
#define SLIPWAY_APP_HISTORY_H

#include "app/engine.h"
#include "model/store.h"

enum { HISTORY_REQUESTS = STORE_REQUESTS_MAX, HISTORY_OPERATIONS = 100 };

struct history;

struct history *history_new(struct engine *g, struct err *e);
void history_free(struct history *h); /* joins; NULL is fine */

#endif
