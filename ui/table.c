/* The table's cursor, marks and upkeep; its order is built in table_order.c, drawn in
 * table_draw.c.
 *
 * When the order was rebuilt, the cursor is looked for by its identity. If that row is gone, the
 * rows that stood behind it in the old order are tried one after the other, then those before
 * it: for that the new identities are sorted once, so that even a table whose rows all changed
 * costs n log n. */
#include "ui/table.h"

#include "ui/table_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells ----------------------------------------------------------------------------------------- */

static bool is_plain(const char *s)
{
    for (; *s; s++)
        if (*s < ' ' || *s > '~')
            return false;
    return true;
}

void table_cell_printf(struct table_cell *cell, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(cell->bytes, sizeof cell->bytes, format, args);
    va_end(args);
    if (n < 0)
        cell->bytes[0] = '\0';
    if (!is_plain(cell->bytes)) {
        struct buf clean;
        buf_init(&clean, TABLE_CELL_MAX - 1);
        /* a full buffer holds a clean beginning */
        text_clean(&clean, cell->bytes, strlen(cell->bytes), TEXT_LINE);
        memcpy(cell->bytes, buf_str(&clean), clean.len + 1);
        buf_release(&clean);
    }
    cell->text = (struct text){cell->bytes, strlen(cell->bytes)};
}

void table_ask(const struct table *t, size_t row, size_t column, struct table_cell *out)
{
    out->text = TEXT("");
    out->role = ROLE_NORMAL;
    out->style = 0;
    out->number = NAN;
    out->rest = false;
    out->bytes[0] = '\0';
    t->source.cell(t->source.data, row, column, out);
}

/* ---- life ------------------------------------------------------------------------------------------ */

struct table *table_new(const struct table_source *source)
{
    struct table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->source = *source;
    if (t->source.column_count > TABLE_COLUMNS_MAX)
        t->source.column_count = TABLE_COLUMNS_MAX;
    t->sort_column = -1;
    t->stale = true;
    t->page = 1;
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    free(t->order);
    marks_release(&t->marks);
    free(t);
}

/* ---- where the cursor goes ------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    const struct table_row *const *x = a, *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static int compare_id(const void *id, const void *row)
{
    const struct table_row *const *r = row;
    return strcmp(id, (*r)->id);
}

static const struct table_row **sorted_by_id(const struct table_row *order, size_t count)
{
    const struct table_row **sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &order[i];
    qsort(sorted, count, sizeof *sorted, compare_ids);
    return sorted;
}

/* The place in the new order that a row of the old one has, or false. */
static bool place_of(const struct table_row **sorted, const struct table_row *order, size_t count,
    const char *id, size_t *place)
{
    const struct table_row **found = bsearch(id, sorted, count, sizeof *sorted, compare_id);
    if (found)
        *place = (size_t)(*found - order);
    return found != NULL;
}

/* Who takes over when the cursor's row is gone: the next in the old order that is left, else the
 * one before. When none is, the place stays as near as it can. */
static size_t successor(const struct table *t, const struct table_row *order, size_t count)
{
    size_t place = t->cursor < count ? t->cursor : count - 1;
    const struct table_row **sorted = sorted_by_id(order, count);
    if (!sorted)
        return place;
    bool found = false;
    for (size_t i = t->cursor + 1; i < t->count && !found; i++)
        found = place_of(sorted, order, count, t->order[i].id, &place);
    for (size_t i = t->cursor; i > 0 && !found; i--)
        found = place_of(sorted, order, count, t->order[i - 1].id, &place);
    free(sorted);
    return place;
}

static bool find_id(const struct table_row *order, size_t count, const char *id, size_t *place)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(order[i].id, id) == 0) {
            *place = i;
            return true;
        }
    }
    return false;
}

static void put_cursor(struct table *t, size_t place)
{
    t->cursor = place;
    memcpy(t->cursor_id, t->order[place].id, TABLE_ID_MAX);
}

/* ---- a new order ----------------------------------------------------------------------------------- */

static void note_worst(struct table *t)
{
    t->worst_count = 0;
    for (size_t i = 0; i < t->count && t->worst_count < TABLE_WORST_MAX; i++)
        if (t->order[i].attention)
            t->worst[t->worst_count++] = i;
}

/* The rows on the screen move as little as they can: a scrolled view keeps the cursor's row
 * where it is; one that shows the beginning goes on doing so, for that is where trouble appears. */
static void keep_view(struct table *t, size_t old_cursor)
{
    if (t->top == 0)
        return;
    size_t offset = old_cursor >= t->top ? old_cursor - t->top : 0;
    t->top = t->cursor >= offset ? t->cursor - offset : 0;
}

static void take_order(struct table *t, struct table_row *order, size_t count)
{
    size_t place = 0, old_cursor = t->cursor;
    if (count > 0 && !find_id(order, count, t->cursor_id, &place))
        place = t->count > 0 ? successor(t, order, count) : 0;
    free(t->order);
    t->order = order;
    t->count = count;
    t->cursor = 0;
    if (count > 0) {
        put_cursor(t, place);
        keep_view(t, old_cursor);
    }
    note_worst(t);
}

bool table_update(struct table *t)
{
    uint64_t version = t->source.version(t->source.data);
    if (!t->stale && version == t->version)
        return false;
    struct table_row *order;
    size_t count;
    if (table_order_build(t, &order, &count)) {
        order = NULL;
        count = 0;
    }
    take_order(t, order, count);
    t->stale = order == NULL;
    t->version = version;
    return true;
}

void table_set_filter(struct table *t, const void *filter)
{
    t->filter = filter;
    t->stale = true;
}

void table_set_columns(struct table *t, const struct table_column *columns, size_t count)
{
    if (t->source.columns == columns && t->source.column_count == count)
        return;
    t->source.columns = columns;
    t->source.column_count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    if (t->sort_column >= (int)t->source.column_count)
        t->sort_column = -1;
    t->stale = true;
}

void table_sort(struct table *t, int column, bool descending)
{
    t->sort_column = column >= 0 && (size_t)column < t->source.column_count ? column : -1;
    t->descending = descending;
    t->stale = true;
}

int table_sorted(const struct table *t, bool *descending)
{
    *descending = t->descending;
    return t->sort_column;
}

/* ---- the cursor ------------------------------------------------------------------------------------ */

void table_move_to(struct table *t, size_t place)
{
    table_update(t);
    if (t->count > 0)
        put_cursor(t, place < t->count ? place : t->count - 1);
}

void table_move(struct table *t, long by)
{
    table_update(t);
    size_t distance = by < 0 ? 0 - (size_t)by : (size_t)by;
    if (by < 0)
        table_move_to(t, t->cursor > distance ? t->cursor - distance : 0);
    else
        table_move_to(t, distance < t->count - t->cursor ? t->cursor + distance : t->count);
}

bool table_select(struct table *t, const char *id)
{
    size_t place;
    table_update(t);
    if (!find_id(t->order, t->count, id, &place))
        return false;
    put_cursor(t, place);
    return true;
}

bool table_cursor(struct table *t, size_t *row)
{
    table_update(t);
    if (t->count == 0)
        return false;
    *row = t->order[t->cursor].row;
    return true;
}

const char *table_cursor_id(struct table *t)
{
    table_update(t);
    return t->count > 0 ? t->cursor_id : "";
}

size_t table_place(struct table *t)
{
    table_update(t);
    return t->cursor;
}

size_t table_page(const struct table *t)
{
    return t->page;
}

size_t table_shown(struct table *t)
{
    table_update(t);
    return t->count;
}

/* ---- marks ----------------------------------------------------------------------------------------- */

void table_mark(struct table *t, const char *id, bool on)
{
    size_t place;
    table_update(t);
    if (!find_id(t->order, t->count, id, &place))
        return;
    struct table_row *row = &t->order[place];
    if (on && marks_add(&t->marks, row->id))
        return;
    if (!on)
        marks_remove(&t->marks, row->id);
    row->marked = on;
}

bool table_is_marked(struct table *t, const char *id)
{
    size_t place;
    table_update(t);
    return find_id(t->order, t->count, id, &place) && t->order[place].marked;
}

void table_mark_all(struct table *t)
{
    bool on = table_marked(t, NULL, 0) < t->count;
    if (on && marks_add_rows(&t->marks, t->order, t->count))
        return;
    if (!on)
        marks_remove_rows(&t->marks, t->order, t->count);
    for (size_t i = 0; i < t->count; i++)
        t->order[i].marked = on;
}

size_t table_marked(struct table *t, char (*ids)[TABLE_ID_MAX], size_t max)
{
    size_t count = 0;
    table_update(t);
    for (size_t i = 0; i < t->count; i++) {
        if (!t->order[i].marked)
            continue;
        if (count < max)
            memcpy(ids[count], t->order[i].id, TABLE_ID_MAX);
        count++;
    }
    return count;
}
