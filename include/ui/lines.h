/* lines: rows of text that a person scrolls, as opened views show them: facts, small tables, long
 * foreign texts wrapped at words.
 *
 * A view builds its rows anew for the width it gets (lines_begin, then rows from the top down) and
 * draws them; where one has scrolled to stays. Rows are made of pieces, each at a column of its own
 * that never leaves the width. Texts are borrowed until the next lines_begin: take them from the store
 * or from lines_arena.
 *
 * Bounds: LINES_ROWS_MAX rows; what is more is left out and said so. Memory that runs out ends the rows
 * in the same way.
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_LINES_H
#define SLIPWAY_UI_LINES_H

#include "base/arena.h"
#include "ui/action.h"
#include "ui/canvas.h"
#include "ui/table.h"

enum { LINES_ROWS_MAX = 100000, LINES_ARENA_MAX = 16 << 20 };

struct lines;

struct lines *lines_new(void); /* NULL when memory is out */
void lines_free(struct lines *l);

/* Drops all rows and texts and starts again for so many columns. */
void lines_begin(struct lines *l, int width);
struct arena *lines_arena(struct lines *l); /* never NULL */
int lines_width(const struct lines *l);

/* A new row, empty, with the pen at column x. */
void lines_row(struct lines *l, int x);
void lines_at(struct lines *l, int x); /* the pen to column x of the same row */
void lines_gap(struct lines *l);       /* an empty row, unless the last one is */
/* At the pen, which moves behind it; cut with an ellipsis at the right edge. */
void lines_add(struct lines *l, struct text t, enum role role, int style);
/* Within `width` columns from column x; the pen goes behind them. */
void lines_cell(
    struct lines *l, int x, int width, enum align align, struct text t, enum role role, int style);
void lines_bar(struct lines *l, int x, int width, double part, enum role role);
/* From the pen on over as many rows as it takes, broken at words and line feeds; the rows that follow
 * begin at the pen's column. */
void lines_wrap(struct lines *l, struct text t, enum role role, int style);

/* "label   text" on a row of its own, the text wrapped behind a column for labels. */
void lines_fact(struct lines *l, const char *label, struct text t, enum role role);
void lines_heading(struct lines *l, struct text t);

/* A table within the rows: columns fitted as ui/table.h's, their titles as a row. */
struct lines_columns {
    const struct table_column *columns;
    size_t count;
    int x[TABLE_COLUMNS_MAX], width[TABLE_COLUMNS_MAX]; /* width 0 = left out */
};
void lines_columns(struct lines *l, struct lines_columns *fit, int indent,
    const struct table_column *columns, size_t count);
/* One cell of the last row. */
void lines_in(struct lines *l, const struct lines_columns *fit, size_t column, struct text t,
    enum role role, int style);

size_t lines_count(const struct lines *l);
/* Stays at the end while rows are added, until somebody scrolls up. */
void lines_follow(struct lines *l);
/* Scrolls (up, down, pages, first, last); false for other actions. */
bool lines_act(struct lines *l, enum action_id action);
/* The next drawing shows these rows, the first one above all, and scrolls no further than that takes. */
void lines_show(struct lines *l, size_t first, size_t last);
/* The row of r that a row was drawn on last; -1 = it was not to be seen. */
int lines_place(const struct lines *l, size_t row);
/* When not all fits, the last row of r says how much is above and below. */
void lines_draw(struct lines *l, struct canvas *c, struct rect r);

#endif
