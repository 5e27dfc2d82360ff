/* actions: the one table of what a person can do (include/ui/action.h says how it is used). */
#ifndef SLIPWAY_APP_ACTIONS_H
#define SLIPWAY_APP_ACTIONS_H

#include "ui/action.h"

/* Static. In the order of the last line's hints, the most useful first. */
const struct action_table *actions_table(void);

#endif
