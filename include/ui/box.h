/* box: what stands over the screen for a moment: a cleared frame in the middle or at the bottom, and
 * texts wrapped into it. Thread: main. */
#ifndef SLIPWAY_UI_BOX_H
#define SLIPWAY_UI_BOX_H

#include "ui/canvas.h"

/* Draws `t` wrapped from the top of r; returns the rows used. */
int box_text(struct canvas *c, struct rect r, struct text t, enum role role, int style);

/* A frame of at most `w` by `h` columns and rows with its edge, in the middle of `area`, cleared;
 * returns its inside. Without room for a frame it is all of `area`. */
struct rect box_open(
    struct canvas *c, struct rect area, int w, int h, struct text title, struct text note);

/* Takes `rows` from the top of r. */
struct rect box_below(struct rect r, int rows);

#endif
