/* unfinished: what the journal says is still to be gone on with (`slipway resume` without an id, and the
 * hint when an operation ends badly). Leftovers that bill are among it. Thread: main. */
#ifndef SLIPWAY_APP_UNFINISHED_H
#define SLIPWAY_APP_UNFINISHED_H

#include "app/command.h"

/* Prints them; the exit code. */
int unfinished_call(struct call *c);
/* Says on `errors` how to go on with the operation, where that is possible. */
void unfinished_hint(struct call *c, const char *id);

#endif
