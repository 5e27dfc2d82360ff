/* canvas: our own grid of cells. Everything is drawn here; one file (terminal_blit.c) puts it on a
 * terminal, and tests compare it as text, so every screen can be tested without a terminal.
 *
 * A cell holds one character with its marks (a cleaned text's text_cell) and a role of the
 * theme, not a colour. A wide character takes its cell and marks the next as continuation; what
 * would be cut in half at an edge, or was half overwritten, becomes a space. Drawing outside is
 * clipped, never an error, whatever the numbers. Only cleaned text can be drawn (design rule 1).
 *
 * What always holds: a cell of 2 columns is followed by one of 0 with the same role and style,
 * and a cell of 0 columns follows one of 2; no other cell is empty.
 *
 * In ASCII every character keeps its columns, so that what was measured stays true: our own
 * signs become the nearest ASCII sign, any other character '?' (a wide one "??"), marks are left
 * out.
 *
 * No call walks over more than `width` columns of its text, however long that is. Ownership: the
 * caller's; bytes of the cells are copied. Thread: main. */
#ifndef SLIPWAY_UI_CANVAS_H
#define SLIPWAY_UI_CANVAS_H

#include "base/buf.h"
#include "base/text.h"
#include "ui/theme_role.h"

#include <stdbool.h>

enum { CELL_BYTES_MAX = 20, CANVAS_COLUMNS_MAX = 1000, CANVAS_ROWS_MAX = 500 };

struct cell {
    char bytes[CELL_BYTES_MAX]; /* NUL-terminated UTF-8; "" = continuation of a wide one */
    unsigned char columns;      /* 1, 2; 0 = continuation */
    unsigned char role;         /* enum role */
    unsigned char style;        /* STYLE_… bits on top of the role's own */
};

enum { STYLE_BOLD = 1, STYLE_REVERSE = 2, STYLE_DIM = 4, STYLE_UNDERLINE = 8 };

struct canvas {
    int columns, rows;
    struct cell *cells;            /* row by row */
    bool ascii;                    /* the caller's to set before drawing; no call changes it */
    int cursor_column, cursor_row; /* where the terminal's cursor shall be; -1 = hidden */
};

struct rect {
    int x, y, w, h;
};

/* A cleared canvas that is not ASCII; sizes are brought into 0..CANVAS_…_MAX. 0, or -1 when
 * memory is out: then it is an empty canvas of 0 by 0, on which drawing does nothing. */
int canvas_init(struct canvas *c, int columns, int rows);
void canvas_release(struct canvas *c);

/* Takes a new size and clears. 0, or -1 when memory is out: then size and content stay. */
int canvas_resize(struct canvas *c, int columns, int rows);

/* Spaces in ROLE_NORMAL, cursor hidden. */
void canvas_clear(struct canvas *c);

/* The cell, or NULL outside. Borrowed until the canvas changes. */
const struct cell *canvas_at(const struct canvas *c, int x, int y);

/* Draws at most `width` columns of `t` from (x, y), showing what lies in `clip`. A line feed is
 * drawn as a space. Returns the columns taken, shown or clipped away: x plus that is where the
 * next text goes. */
int canvas_text(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style);

/* As canvas_text, but what does not fit ends in an ellipsis. */
int canvas_text_cut(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style);

/* As canvas_text_cut, but the text ends at column x+width; what is left of it is not touched. */
int canvas_text_right(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style);

void canvas_fill(struct canvas *c, struct rect r, enum role role, int style);

/* Replaces role and style of what is there, e.g. for the cursor's row. A wide character counts
 * where it begins. */
void canvas_paint(struct canvas *c, struct rect r, enum role role, int style);

/* A frame with a title left and a note right in its top line, as in screens.md. A note for which
 * there is no room is left out, a title is cut. The inside is not touched. The focused one
 * differs in role and, where only ASCII is left, in its signs. */
void canvas_frame(
    struct canvas *c, struct rect r, struct text title, struct text note, bool focused);

/* The top line of a frame alone, without corners: for panes that have no room for more. */
void canvas_rule(
    struct canvas *c, struct rect r, struct text title, struct text note, bool focused);

/* A bar of `width` columns, `part` of it (0..1) full, with eighth blocks where not ASCII; the
 * rest is shown as empty. More than nothing is never drawn as nothing, less than all never as
 * all; NAN is nothing. */
void canvas_bar(
    struct canvas *c, struct rect clip, int x, int y, int width, double part, enum role role);

/* `part` (0..1) of `whole` steps, for whatever shows a part: 0 only for nothing (and NAN),
 * `whole` only for all. */
int canvas_steps(double part, int whole);

struct rect rect_inset(struct rect r, int x, int y); /* never less than 0 wide or high */
struct rect rect_clip(struct rect a, struct rect b); /* what both have; w = h = 0 when nothing */

/* The whole canvas as text, a line a row, trailing spaces cut; with `roles` a line "--" and a
 * second block follow that shows each column's role as its letter (theme_role.h), trailing '.'
 * cut. For golden tests and *save screen*. 0, or -1 when `out` is full. */
int canvas_print(const struct canvas *c, bool roles, struct buf *out);

#endif
