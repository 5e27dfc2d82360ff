/* What the files of the table share; for table*.c only. */
#ifndef SLIPWAY_UI_TABLE_INTERNAL_H
#define SLIPWAY_UI_TABLE_INTERNAL_H

#include "ui/table.h"

enum { TABLE_WORST_MAX = 32 };

/* A row in the order. Identities are kept beside, because the next order needs this one's. */
struct table_row {
    size_t row; /* the source's index */
    bool attention, marked;
    char id[TABLE_ID_MAX];
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

    bool stale;       /* the order must be rebuilt whatever the version */
    uint64_t version; /* that the order was built from */
    struct table_row *order;
    size_t count;
    size_t worst[TABLE_WORST_MAX]; /* the first places that need attention */
    size_t worst_count;

    size_t cursor;                /* place, < count unless that is 0 */
    char cursor_id[TABLE_ID_MAX]; /* kept while the table is empty */
    size_t top;                   /* place of the first row drawn */
    size_t page;
    struct table_marks marks;
};

/* table.c: asks the source for a cell. */
void table_ask(const struct table *t, size_t row, size_t column, struct table_cell *out);

/* table_order.c: a new order from the source, in memory that the caller frees with free(). 0, or
 * -1 when memory is out. Rows that carry a mark are noted in both. */
int table_order_build(struct table *t, struct table_row **order, size_t *count);

/* table_marks.c */
void marks_release(struct table_marks *m);
struct table_mark *marks_find(const struct table_marks *m, const char *id);
int marks_add(struct table_marks *m, const char *id); /* 0, -1 when memory is out */
void marks_remove(struct table_marks *m, const char *id);
/* All at once, for many; rows that are marked already have their mark. */
int marks_add_rows(struct table_marks *m, const struct table_row *rows, size_t count);
void marks_remove_rows(struct table_marks *m, const struct table_row *rows, size_t count);
void marks_unsee(struct table_marks *m);
void marks_drop_unseen(struct table_marks *m);

#endif
