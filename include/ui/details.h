/* details: an error with everything that is known of it, over the screen (`e`). Thread: main. */
#ifndef SLIPWAY_UI_DETAILS_H
#define SLIPWAY_UI_DETAILS_H

#include "base/err.h"
#include "ui/canvas.h"

void details_draw(struct canvas *c, struct rect area, const struct err *e);

#endif
