/* chart: many points on few cells. A braille line chart has 2 by 4 dots a cell; a sparkline is
 * text.
 *
 * Points are first brought down to one span a dot column: the least and the most of all points
 * that fall into it, and the first and last of them, so that a spike of one point among a
 * million stays, and the line joins what followed each other. That costs one look at every point
 * and is done only when the points, the size or the options changed; drawing costs what the
 * cells cost.
 *
 * A value that is not finite is a gap in the line; on a log scale also one that is not above
 * zero. In ASCII a cell has 1 by 2 dots, drawn as . ' and :
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_CHART_H
#define SLIPWAY_UI_CHART_H

#include "base/text.h"
#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed during the call. */
struct chart_points {
    const double *x; /* rising; NULL = 0, 1, 2 … */
    const double *y;
    size_t count;
    uint64_t version; /* changes whenever any of these do */
};

struct chart_options {
    bool log;           /* logarithmic scale */
    bool area;          /* filled down to the bottom */
    double least, most; /* of the scale; NAN = of the data. A scale of no height gets some. */
    enum role role;
};

/* What fell into a dot column, or several. */
struct chart_span {
    size_t count; /* 0: the others mean nothing */
    double least, most, first, last;
    bool broken; /* a gap lies between the last value before and the first here */
};

/* Brings points down to `columns` spans: x from the first to the last, evenly. Pure. */
void chart_reduce(const struct chart_points *p, bool log, struct chart_span *spans, size_t columns);

struct chart; /* what the last drawing worked out */

struct chart *chart_new(void); /* NULL when memory is out */
void chart_free(struct chart *ch);

/* Draws the line into r, in which nothing else is touched: what was there shines through where
 * no dot is, and another chart's dots are kept beside the new ones. When memory is out nothing
 * is drawn. */
void chart_draw(struct chart *ch, struct canvas *c, struct rect r, const struct chart_points *p,
    const struct chart_options *o);

/* Of what was drawn last. The scale's ends, false when there was nothing to scale. */
bool chart_scale(const struct chart *ch, double *least, double *most);
/* What lies in a column of cells (0 = the first of r); count 0 when nothing does or it is
 * outside. */
struct chart_span chart_read(const struct chart *ch, int column);
/* The column of cells in which x lies, for marks; -1 outside. */
int chart_column(const struct chart *ch, double x);

/* Bars ▁ to █ as a text of exactly `width` columns in `out` (3 bytes a column and a NUL must
 * fit; what does not is left out), for a cell of a table. Scaled from `least` to `most`, NAN =
 * of the data. A column into which several values fall shows the one farthest from the mean of
 * all, so that spikes stay; one into which none falls, or only gaps, is a space. Looks at every
 * value: hand it a short history. */
struct text chart_spark(char *out, size_t size, int width, const double *values, size_t count,
    double least, double most);

/* A bar of full and empty blocks, as text like chart_spark's. More than nothing is never shown
 * as nothing, less than all never as all. */
struct text chart_meter(char *out, size_t size, int width, double part);

#endif
