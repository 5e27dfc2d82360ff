/* Keeping rows and order up when the source can say what changed, so that one request more or less among
 * 100 000 costs a few comparisons and a few moves of memory.
 *
 * What happened is told in the order in which it happened, but the source can only be asked about how
 * things are now. So rows come and go first; those to be asked are noted, and those that were shown stay in
 * the order by what they were known for. Then their places are looked up, all are asked, and the order
 * loses them and gets them back at once. Rows whose key moves by itself are asked along.
 *
 * Between the two the order still tells who stood behind whom, which is when the cursor's row is found, or
 * the one that takes over from it. */
#include "ui/table_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 1024, TEXTS_WASTE_MAX = 256 * 1024 };

struct noted {
    uint32_t spot;
    bool fresh; /* was not there before */
};

struct batch {
    struct table *t;
    struct noted *list; /* room for all */
    size_t count;
};

/* ---- rows come and go ------------------------------------------------------------------------------ */

static void tell_shift(struct batch *b, const struct table_shift *moved)
{
    uint32_t from = (uint32_t)moved->from, length = (uint32_t)(moved->to - moved->from);
    uint32_t by = (uint32_t)moved->by;
    if (length == 0)
        return;
    uint32_t *order = b->t->order;
    for (size_t i = 0; i < b->t->count; i++)
        order[i] += order[i] - from < length ? by : 0;
    for (size_t i = 0; i < b->count; i++)
        b->list[i].spot += b->list[i].spot - from < length ? by : 0;
}

static struct noted *noted(const struct batch *b, size_t spot)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->list[i].spot == spot)
            return &b->list[i];
    return NULL;
}

static void note(struct batch *b, size_t spot, bool fresh)
{
    b->list[b->count++] = (struct noted){(uint32_t)spot, fresh};
}

static void drop_mark(struct table *t, uint64_t id)
{
    for (size_t i = 0; i < t->marks.count; i++)
        t->marks.list[i].seen = table_id_number(t->marks.list[i].id) != id;
    marks_drop_unseen(&t->marks);
}

static void leave_order(struct batch *b, size_t spot)
{
    struct table *t = b->t;
    size_t place = table_order_place(t, spot);
    t->cursor -= place < t->cursor; /* on its row; when that goes, on the next */
    table_order_count_out(t, spot);
    table_order_remove(t, &place, 1);
}

static void remove_row(struct batch *b, size_t row)
{
    struct table *t = b->t;
    size_t spot = t->rows.first + row;
    struct noted *n = noted(b, spot);
    struct table_shift moved;
    if (t->rows.at[spot].shown)
        leave_order(b, spot);
    if (t->rows.at[spot].marked)
        drop_mark(t, t->rows.at[spot].id);
    if (n)
        *n = b->list[--b->count];
    table_rows_close(&t->rows, row, &moved);
    tell_shift(b, &moved);
}

/* False when there is no such row: the source is not to be trusted. */
static bool happen(struct batch *b, const struct table_change *change)
{
    struct table_rows *rows = &b->t->rows;
    struct table_shift moved;
    size_t spot = rows->first + change->row;
    if (change->row >= rows->count + (change->kind == TABLE_ADDED))
        return false;
    switch (change->kind) {
    case TABLE_ADDED:
        table_rows_open(rows, change->row, &moved);
        tell_shift(b, &moved);
        note(b, rows->first + change->row, true);
        return true;
    case TABLE_REMOVED:
        remove_row(b, change->row);
        return true;
    case TABLE_CHANGED:
        if (!noted(b, spot))
            note(b, spot, false);
        return true;
    }
    return false;
}

static int all_happen(struct batch *b, const struct table_change *changes, size_t count)
{
    struct table *t = b->t;
    struct table_shift moved;
    if (table_rows_reserve(&t->rows, count, &moved))
        return -1;
    tell_shift(b, &moved);
    for (size_t i = 0; i < count; i++)
        if (!happen(b, &changes[i]))
            return -1;
    return t->rows.count == t->source.rows(t->source.data) ? 0 : -1;
}

/* ---- what is noted gets its place ------------------------------------------------------------------ */

static void note_moving(struct batch *b)
{
    struct table *t = b->t;
    size_t others = b->count;
    for (size_t i = 0, left = t->moving; i < t->count && left > 0; i++) {
        if (!t->rows.at[t->order[i]].moves)
            continue;
        bool twice = false;
        for (size_t k = 0; k < others && !twice; k++)
            twice = b->list[k].spot == t->order[i];
        if (!twice)
            note(b, t->order[i], false);
        left--;
    }
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* The places of those that were shown, in order; how many. */
static size_t places_of(const struct batch *b, size_t *places)
{
    struct table *t = b->t;
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++) {
        size_t spot = b->list[i].spot;
        if (b->list[i].fresh || !t->rows.at[spot].shown)
            continue;
        places[count++] = table_order_place(t, spot);
        table_order_count_out(t, spot);
    }
    if (count)
        qsort(places, count, sizeof *places, by_place);
    return count;
}

static int ask(const struct batch *b, uint32_t *spots, size_t *count)
{
    struct table *t = b->t;
    *count = 0;
    for (size_t i = 0; i < b->count; i++) {
        size_t spot = b->list[i].spot;
        table_ask_row(t, spot);
        if (!t->rows.at[spot].shown)
            continue;
        if (table_ask_key(t, spot))
            return -1;
        spots[(*count)++] = (uint32_t)spot;
    }
    return 0;
}

/* The cursor's row, or the next one that is left, or the one before. TABLE_ANYTHING when none is. */
static size_t heir(const struct batch *b)
{
    const struct table *t = b->t;
    for (size_t i = t->cursor; i < t->count; i++)
        if (t->rows.at[t->order[i]].shown)
            return t->order[i];
    for (size_t i = t->cursor; i > 0; i--)
        if (t->rows.at[t->order[i - 1]].shown)
            return t->order[i - 1];
    return TABLE_ANYTHING;
}

static int reorder(struct batch *b, size_t *places, uint32_t *spots, size_t *cursor)
{
    struct table *t = b->t;
    size_t gone = places_of(b, places), come;
    if (ask(b, spots, &come))
        return -1;
    size_t spot = heir(b);
    table_order_remove(t, places, gone);
    if (table_order_sort(t, spots, come) || table_order_insert(t, spots, come))
        return -1;
    *cursor = spot == TABLE_ANYTHING ? t->cursor : table_order_place(t, spot);
    return 0;
}

static int settle(struct batch *b, size_t *cursor)
{
    size_t *places = calloc(b->count + 1, sizeof *places);
    uint32_t *spots = calloc(b->count + 1, sizeof *spots);
    int result = places && spots ? reorder(b, places, spots, cursor) : -1;
    free(places);
    free(spots);
    return result;
}

int table_changes_take(struct table *t, size_t *cursor)
{
    struct table_change changes[CHANGES_MAX];
    size_t count = t->source.changes(t->source.data, changes, CHANGES_MAX);
    if (count > CHANGES_MAX || t->stale_rows || t->stale_order)
        return -1;
    struct batch b = {.t = t, .list = calloc(count + t->moving + 1, sizeof *b.list)};
    int result = b.list ? all_happen(&b, changes, count) : -1;
    if (result == 0) {
        note_moving(&b);
        result = settle(&b, cursor);
    }
    free(b.list);
    if (t->texts.len > 2 * t->texts_built + TEXTS_WASTE_MAX)
        t->stale_order = true; /* next time: the texts of rows that changed are let go */
    return result;
}
