/* hints: the last line: the keys that are of use here, from the action table. Thread: main. */
#ifndef SLIPWAY_UI_HINTS_H
#define SLIPWAY_UI_HINTS_H

#include "ui/action.h"
#include "ui/canvas.h"

/* In the table's order, as many as fit; help and quit stay longest. `usable` says whether an action
 * would do anything now. While one types, an action goes by its first key that is no letter (F1 for `?`), or
 * is left out. */
void hints_draw(struct canvas *c, struct rect r, const struct action_table *t, enum place place,
    bool typing, bool (*usable)(void *arg, const struct action *action), void *arg);

#endif
