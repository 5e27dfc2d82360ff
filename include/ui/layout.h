/* layout: where the panes go. A pure function of size, focus and zoom (screens.md): tested from
 * 1x1 to 500x200. Below 60x15 one pane fills the screen.
 *
 * Wide (>= 100 columns, >= 24 rows): two by two panes over a strip, each in a frame; the strip
 * is the log, or the requests when they have the focus; from 45 rows on there is room for both,
 * requests above. Narrow (80x24): an accordion without frames: the focused pane has its full
 * columns, the others their title and two worst rows, fewer where the screen is low; a title
 * line parts them. Zoomed, or small: one pane, all of it. */
#ifndef SLIPWAY_UI_LAYOUT_H
#define SLIPWAY_UI_LAYOUT_H

#include "ui/canvas.h"

enum pane { PANE_JOBS, PANE_UPLOADS, PANE_ENDPOINTS, PANE_MODELS, PANE_REQUESTS, PANE_LOGS, PANES };

enum layout_edge {
    EDGE_NONE, /* too small even for a title */
    EDGE_RULE, /* a title line above: canvas_rule */
    EDGE_BOX   /* a frame around: canvas_frame */
};

struct layout {
    struct rect status;      /* the first line; h = 0: no room */
    struct rect pane[PANES]; /* with its edge; h = 0: not shown. The focused one always is. */
    bool compact[PANES];     /* title and at most two rows, without column titles */
    enum layout_edge edge;   /* the same for all */
    struct rect hints;       /* the last line; h = 0: no room */
    struct rect prompt;      /* the last line, over whatever is there, while somebody types */
};

/* Sizes below 1 are taken as 1, a focus that is none as the first pane. The status, hints and shown
 * panes do not overlap and together are the whole screen. */
struct layout layout_overview(int columns, int rows, enum pane focus, bool zoomed);

/* The same for a screen of its own (a job, the cost, the chat): one area as the panes' and no
 * pane. */
struct layout layout_single(int columns, int rows, struct rect *area);

/* What the edge leaves of a pane; may be of no size. */
struct rect layout_inside(struct rect pane, enum layout_edge edge);

#endif
