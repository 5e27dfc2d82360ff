/* What the files of the table share; for table*.c only. */
#ifndef SLIPWAY_UI_TABLE_INTERNAL_H
#define SLIPWAY_UI_TABLE_INTERNAL_H

#include "base/buf.h"
#include "ui/table.h"

enum { TABLE_ROWS_MAX = 1 << 30, TABLE_TEXTS_RECENT = 2048 };

/* What is known of a row of the source, so that it need not be asked again while it is the same. A row's
 * number changes when others come and go; where it lies here, its spot, mostly does not. */
struct table_row {
    uint64_t id;   /* of its identity's bytes: other bytes have, but for once in an age, another number */
    uint64_t rank; /* what it is sorted by, as a number: all of a number, the beginning of a text */
    uint32_t text; /* all of a text: where it lies in table.texts */
    uint8_t kind;  /* enum key_kind */
    bool shown : 1;     /* the filter matches */
    bool attention : 1, marked : 1;
    bool moves : 1; /* what it is sorted by changes by itself */
};
enum key_kind { KEY_NUMBER, KEY_TEXT, KEY_NOTHING }; /* in this order, in either direction */

/* Row r lies at spot first + r; there is room on both sides. */
struct table_rows {
    struct table_row *at;
    size_t first, count, room;
};

/* Rows from `from` up to `to` (not included) have another spot now. */
struct table_shift {
    size_t from, to;
    long by;
};

/* Marks, sorted by id. */
struct table_marks {
    struct table_mark {
        char id[TABLE_ID_MAX];
        bool seen; /* by the rebuild that is going on */
    } * list;
    size_t count, room;
};

struct table {
    struct table_source source;
    const void *filter;
    int sort_column; /* -1 = the source's order */
    bool descending;

    bool stale_rows;  /* all rows must be asked anew, whatever the version */
    bool stale_order; /* filter or sort are others than those the order was made by */
    bool stale_hidden; /* rows that are not shown may have to be */
    uint64_t version; /* of the source, that rows and order are of */
    struct table_rows rows;
    struct buf texts;   /* what rows are sorted by, each with its NUL; rows that changed leave theirs */
    size_t texts_built; /* bytes when all were asked last */
    uint32_t recent[TABLE_TEXTS_RECENT]; /* where texts lie that were kept of late */
    uint32_t *order;    /* spots of the rows shown */
    size_t count, order_room;
    size_t attention, moving; /* how many of them need it, or move */

    size_t cursor;                /* place, < count unless that is 0 */
    char cursor_id[TABLE_ID_MAX]; /* kept while the table is empty */
    size_t top;                   /* place of the first row drawn */
    size_t page;
    struct table_marks marks;
};

/* table.c: asks the source for a cell. */
void table_ask(const struct table *t, size_t row, size_t column, struct table_cell *out);

/* The row of the source that is shown at a place. */
static inline size_t table_row_at(const struct table *t, size_t place)
{
    return t->order[place] - t->rows.first;
}

/* ---- table_rows.c: asking the source, and where the answers lie ---- */

/* `count` rows of which nothing is known, with room on both sides. 0, -1 when memory is out. */
int table_rows_make(struct table_rows *rows, size_t count);
void table_rows_release(struct table_rows *rows);
/* Room for so many more, wherever they come. 0, -1 when memory is out. These and the next two tell which
 * rows lie elsewhere now. */
int table_rows_reserve(struct table_rows *rows, size_t more, struct table_shift *moved);
/* A new row before row `row`, blank, for which room is reserved; or the row goes. */
void table_rows_open(struct table_rows *rows, size_t row, struct table_shift *moved);
void table_rows_close(struct table_rows *rows, size_t row, struct table_shift *moved);

void table_id(const struct table *t, size_t row, char out[TABLE_ID_MAX]);
uint64_t table_id_number(const char *id);
/* Asks who a row is, whether it needs attention, whether it is shown. */
void table_ask_row(struct table *t, size_t spot);
void table_ask_shown(struct table *t, size_t spot);
/* Asks what it is sorted by; 0, -1 when memory is out. */
int table_ask_key(struct table *t, size_t spot);
/* What two texts of the same rank are to each other, as strcmp. */
int table_compare_texts(
    const struct table *t, const struct table_row *a, const struct table_row *b);

/* ---- table_order.c ---- */

/* Sorts spots; 0, -1 when memory is out (then they are as they were). */
int table_order_sort(const struct table *t, uint32_t *spots, size_t count);
/* Where in the order a row stands, or would stand. */
size_t table_order_place(const struct table *t, size_t spot);
/* All rows shown, in order, as the table's new order; the old one is the caller's then. 0, -1 when
 * memory is out: then nothing is another. */
int table_order_make(struct table *t, uint32_t **old);
/* Puts sorted spots in. 0, -1 when memory is out. */
int table_order_insert(struct table *t, const uint32_t *spots, size_t count);
/* Takes out what stands at these places, which ascend. Each was counted out before, while it was known for
 * what it stood there. */
void table_order_remove(struct table *t, const size_t *places, size_t count);
void table_order_count_out(struct table *t, size_t spot);

/* ---- table_changes.c ---- */

/* Asks the source what changed and brings rows and order up to it. 0 and where the cursor is to stand, or
 * -1 when it cannot be done one by one (the source does not know, too much, no memory): then all rows must
 * be asked, and the order is good for nothing but for who stood behind whom. */
int table_changes_take(struct table *t, size_t *cursor);

/* table_marks.c */
void marks_release(struct table_marks *m);
struct table_mark *marks_find(const struct table_marks *m, const char *id);
int marks_add(struct table_marks *m, const char *id); /* 0, -1 when memory is out */
void marks_remove(struct table_marks *m, const char *id);
/* Many at once: room for so many more, each put behind the others, then all into their order. */
int marks_reserve(struct table_marks *m, size_t more);
void marks_append(struct table_marks *m, const char *id);
void marks_settle(struct table_marks *m);
void marks_see(struct table_marks *m, bool seen); /* all */
void marks_drop_unseen(struct table_marks *m);

#endif
