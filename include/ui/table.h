/* table: rows and columns with a cursor that stays on its row when data moves.
 *
 * The table owns no data: it asks a source for rows by index and for their identity. It keeps
 * the order (filter and sort applied) as an array, made anew only when the source's version or the filter
 * or the sort changed; a source that can say which rows changed is asked for those alone. Drawing touches
 * visible rows only. The cursor and
 * the marks are kept by identity: when data moves they move along, when their row goes the
 * cursor goes to the next one in order (the one before when it was the last).
 *
 * Every function first looks at the version, so that no index is ever used that the source no
 * longer has. A "place" is a position in the order. When memory is out the table is empty until
 * it can be rebuilt; cursor and marks are not lost.
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_TABLE_H
#define SLIPWAY_UI_TABLE_H

#include "base/text.h"
#include "ui/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABLE_COLUMNS_MAX = 16, TABLE_ID_MAX = 96, TABLE_CELL_MAX = 160 };

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct table_column {
    const char *title; /* ASCII, upper case */
    int least, most;   /* columns, 1 <= least <= most; most 0 = takes what is left */
    int priority;      /* lower stays longer when space is short; 0 = always */
    enum align align;
};

/* One cell. The source gets it empty in ROLE_NORMAL without a number, and fills it. */
struct table_cell {
    struct text text; /* borrowed until the table asks for the next cell; may lie in bytes */
    enum role role;
    int style;
    double number; /* for sorting; NAN = sort by text, behind all numbers */
    bool rest; /* takes the rest of the row: for a sentence where the other columns say nothing */
    char bytes[TABLE_CELL_MAX];
};

/* Writes the cell's text, cleaned, cut where it does not fit. The format's own bytes may be
 * UTF-8. */
void table_cell_printf(struct table_cell *cell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a row is sorted by in a column. */
struct table_key {
    double number;    /* NAN = by the text, behind all numbers */
    struct text text; /* borrowed until the table asks again */
    bool moves;       /* becomes another by itself, as an age does */
};

/* What became of a row, by its number at that time. */
enum table_change_kind { TABLE_ADDED, TABLE_REMOVED, TABLE_CHANGED };
struct table_change {
    enum table_change_kind kind;
    size_t row;
};
#define TABLE_ANYTHING SIZE_MAX

struct table_source {
    const struct table_column *columns;
    size_t column_count; /* 1..TABLE_COLUMNS_MAX; what is more is not shown */
    size_t (*rows)(void *data);
    uint64_t (*version)(void *data); /* changes whenever rows or their cells do */
    /* A stable identity of the row, no other row's, as a NUL-terminated string into out. */
    void (*id)(void *data, size_t row, char out[TABLE_ID_MAX]);
    void (*cell)(void *data, size_t row, size_t column, struct table_cell *out);
    bool (*attention)(void *data, size_t row); /* sorts to the top and gets the '!'; NULL = none */
    bool (*matches)(void *data, size_t row, const void *filter); /* NULL = all */
    void *data;

    /* For sources of very many rows; both may be NULL.
     * What happened since the last call, one after the other, at most `max` of it into `out`; how much, or
     * TABLE_ANYTHING when that is not known. */
    size_t (*changes)(void *data, struct table_change *out, size_t max);
    /* What the cell would be sorted by, without its words; false = ask for the cell. It comes with number
     * NAN and no text. What does not move must not depend on the time. */
    bool (*key)(void *data, size_t row, size_t column, struct table_key *out);
};

struct table;

/* The source is copied; its columns and data are borrowed. NULL when memory is out. */
struct table *table_new(const struct table_source *source);
void table_free(struct table *t); /* NULL is allowed */

/* Borrowed; NULL = all. To be called again when what the filter points to has changed. The former one must
 * still be there. */
void table_set_filter(struct table *t, const void *filter);
/* The same for one that no row passes which the former one did not let pass. */
void table_narrow_filter(struct table *t, const void *filter);

/* Other columns from now on, as for table_new; the sort is kept where its column is still there. */
void table_set_columns(struct table *t, const struct table_column *columns, size_t count);

/* By a column, equal rows in the source's order. -1 = the source's order (or that turned round),
 * in which rows that need attention come first in either direction. */
void table_sort(struct table *t, int column, bool descending);
int table_sorted(const struct table *t, bool *descending); /* what was set */

/* Looks at the version; cheap when nothing changed. True when the order was rebuilt. */
bool table_update(struct table *t);

void table_move(struct table *t, long by);         /* clamped */
void table_move_to(struct table *t, size_t place); /* clamped */
bool table_select(
    struct table *t, const char *id);            /* puts the cursor on a row; false = not shown */
bool table_cursor(struct table *t, size_t *row); /* the source's row index; false when empty */
const char *table_cursor_id(struct table *t);    /* "" when empty; valid until the next call */
size_t table_place(struct table *t);             /* the cursor's; 0 when empty */
size_t table_page(
    const struct table *t); /* rows that the last table_draw had room for, at least 1 */

/* Marks. The mark of a row that the filter hides stays, but nothing acts on it: nobody is to be
 * surprised by what he does not see. The mark of a row that the source no longer has is gone. */
void table_mark(
    struct table *t, const char *id, bool on);         /* only rows that are shown can be marked */
bool table_is_marked(struct table *t, const char *id); /* false when not shown */
void table_mark_all(struct table *t);                  /* all shown; when all are, none */

/* The marked rows that are shown, in order, at most `max` into ids (which may be NULL for max
 * 0). Returns how many there are. */
size_t table_marked(struct table *t, char (*ids)[TABLE_ID_MAX], size_t max);
size_t table_shown(struct table *t);
/* The ids of those that the last table_draw drew, at most `max`; returns how many. */
size_t table_visible(struct table *t, char (*ids)[TABLE_ID_MAX], size_t max);

/* Draws titles and rows into r; the cursor is drawn as ▸ (ASCII '>') and painted when focused.
 * Before the first column stands ▸ or '!', then '*' for marked rows, where there is room. What
 * was on the canvas below the last row stays. */
void table_draw(struct table *t, struct canvas *c, struct rect r, bool focused, bool titles);

/* The first rows of the order, those that need attention before all others, without titles and
 * cursor: for a pane that shrank. */
void table_draw_brief(struct table *t, struct canvas *c, struct rect r);

/* How wide each of at most TABLE_COLUMNS_MAX columns is drawn in `width` columns, 0 = left out;
 * returns the gap between two. Pure. From a width of 1 on, one column is always there. Columns
 * are dropped from the highest priority number on until the least widths fit, then widened up to
 * their most, important ones first; what is left goes to those that take it. When even those of
 * priority 0 do not fit, the first ones get what there is. */
int table_fit(const struct table_column *columns, size_t count, int width, int widths[]);

#endif
