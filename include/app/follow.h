/* follow: every request that is not over yet comes to its end on the screen, whoever sent it: this dashboard, a
 * command in another process, an earlier run, or somebody else altogether. A thread of its own:
 *   - what is written into the ledger by anybody is told (NEWS_REQUEST);
 *   - what has not ended is asked about (status): every second while it is young, then ever more rarely, every
 *     15 s in the end; at most 20 calls a second in all, some 1/10 of what one endpoint bears (spec/runpod.md §2.6);
 *   - what the data plane lists of the endpoint that a person looks at is read every 10 s, and put into the
 *     ledger as listed. An endpoint that has no such list (404) is not asked for one again.
 * Without a key only the ledger is read.
 *
 * Thread: main calls; nothing here blocks but follow_free. */
#ifndef SLIPWAY_APP_FOLLOW_H
#define SLIPWAY_APP_FOLLOW_H

#include "app/engine.h"

struct follow;

struct follow *follow_new(struct engine *g, struct err *e);
void follow_free(struct follow *f); /* fires, joins within a second; NULL is fine */

/* What a person looks at: an endpoint's requests ("" = none; `fresh`: it was made within the last minutes, so a
 * 404 may pass), and one request ("" = none), which is asked about oftener. May be said again and again. */
void follow_look(struct follow *f, const char *endpoint_id, bool fresh, const char *request_id);
/* Everything anew, as soon as is polite. */
void follow_hurry(struct follow *f);

#endif
