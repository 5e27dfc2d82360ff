/* The table's cursor, marks and upkeep. What is known of the rows is in table_rows.c, their order in
 * table_order.c; table_changes.c keeps both up row by row, and what is here makes them anew; table_draw.c
 * draws.
 *
 * When all is made anew, the cursor's row is looked for by its identity. If it is gone, the rows that stood
 * behind it in the old order are tried one after the other, then those before it: for that the new
 * identities are sorted once, so that even a table whose rows all changed costs n log n. */
#include "ui/table.h"

#include "ui/table_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 1 << 28 }; /* bytes of what rows are sorted by */

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
    t->stale_rows = true;
    t->page = 1;
    buf_init(&t->texts, TEXTS_MAX);
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    table_rows_release(&t->rows);
    buf_release(&t->texts);
    free(t->order);
    marks_release(&t->marks);
    free(t);
}

/* ---- where the cursor goes ------------------------------------------------------------------------- */

/* A row of the new order, by its identity. */
struct known {
    uint64_t id;
    size_t place;
};

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static struct known *know_all(const struct table *t)
{
    struct known *known = calloc(t->count + 1, sizeof *known);
    for (size_t i = 0; known && i < t->count; i++)
        known[i] = (struct known){t->rows.at[t->order[i]].id, i};
    if (known)
        qsort(known, t->count, sizeof *known, compare_known);
    return known;
}

/* What the table was like before. */
struct former {
    struct table_rows rows;
    uint32_t *order;
    size_t count, cursor;
};

static const struct known *same_row(
    const struct table *t, const struct known *known, const struct former *f, size_t place)
{
    const struct known row = {.id = f->rows.at[f->order[place]].id};
    return bsearch(&row, known, t->count, sizeof row, compare_known);
}

/* Who takes over when the cursor's row is gone: the next in the old order that is left, else the
 * one before. When none is, the place stays as near as it can. */
static size_t successor(const struct table *t, const struct former *f)
{
    struct known *known = know_all(t);
    const struct known *found = NULL;
    size_t place = f->cursor;
    for (size_t i = f->cursor + 1; known && i < f->count && !found; i++)
        found = same_row(t, known, f, i);
    for (size_t i = f->cursor < f->count ? f->cursor : f->count; known && i > 0 && !found; i--)
        found = same_row(t, known, f, i - 1);
    if (found)
        place = found->place;
    free(known);
    return place;
}

static bool is_at(const struct table *t, size_t place, const char *id, uint64_t number)
{
    char own[TABLE_ID_MAX];
    if (t->rows.at[t->order[place]].id != number)
        return false;
    table_id(t, table_row_at(t, place), own);
    return strcmp(own, id) == 0;
}

static bool find_id(const struct table *t, const char *id, size_t *place)
{
    uint64_t number = table_id_number(id);
    for (size_t i = 0; i < t->count; i++) {
        if (is_at(t, i, id, number)) {
            *place = i;
            return true;
        }
    }
    return false;
}

static void put_cursor(struct table *t, size_t place)
{
    t->cursor = place < t->count ? place : t->count - 1;
    table_id(t, table_row_at(t, t->cursor), t->cursor_id);
}

/* The rows on the screen move as little as they can: a scrolled view keeps the cursor's row
 * where it is; one that shows the beginning goes on doing so, for that is where trouble appears. */
static void settle_cursor(struct table *t, size_t place, size_t former_cursor)
{
    t->cursor = 0;
    if (t->count == 0)
        return;
    put_cursor(t, place);
    if (t->top == 0)
        return;
    size_t offset = former_cursor >= t->top ? former_cursor - t->top : 0;
    t->top = t->cursor >= offset ? t->cursor - offset : 0;
}

/* ---- a new order ----------------------------------------------------------------------------------- */

/* What all shown rows are sorted by. 0, -1 when memory is out. */
static int ask_keys(struct table *t)
{
    buf_clear(&t->texts);
    for (size_t i = 0; i < t->rows.count; i++) {
        size_t spot = t->rows.first + i;
        if (t->rows.at[spot].shown && table_ask_key(t, spot))
            return -1;
    }
    t->texts_built = t->texts.len;
    return 0;
}

/* All rows of the source, as they are now. The cursor is found by its identity. */
static int ask_all(struct table *t, struct former *f)
{
    struct table_rows rows;
    if (table_rows_make(&rows, t->source.rows(t->source.data)))
        return -1;
    f->rows = t->rows;
    t->rows = rows;
    marks_see(&t->marks, false);
    for (size_t i = 0; i < t->rows.count; i++)
        table_ask_row(t, t->rows.first + i);
    marks_drop_unseen(&t->marks);
    return ask_keys(t) || table_order_make(t, &f->order) ? -1 : 0;
}

/* The same rows, filtered and sorted anew. */
static int ask_again(struct table *t, struct former *f)
{
    for (size_t spot = t->rows.first, end = spot + t->rows.count; spot < end; spot++)
        if (t->stale_hidden || t->rows.at[spot].shown)
            table_ask_shown(t, spot);
    return ask_keys(t) || table_order_make(t, &f->order) ? -1 : 0;
}

/* Nothing can be shown until there is memory again; who stood where is not known any more. */
static void show_nothing(struct table *t)
{
    table_rows_release(&t->rows);
    free(t->order);
    t->order = NULL;
    t->order_room = t->count = t->attention = t->moving = t->cursor = 0;
    t->stale_rows = true;
}

static void make_anew(struct table *t)
{
    struct former f = {.count = t->count, .cursor = t->cursor};
    bool all = t->stale_rows;
    size_t place = 0;
    t->stale_rows = t->stale_order = false;
    if ((all ? ask_all : ask_again)(t, &f)) {
        show_nothing(t);
        f.count = 0;
    }
    t->stale_hidden = false;
    if (t->count > 0 && !find_id(t, t->cursor_id, &place) && f.count > 0)
        place = successor(t, all ? &f : &(struct former){t->rows, f.order, f.count, f.cursor});
    table_rows_release(&f.rows);
    free(f.order);
    settle_cursor(t, place, f.cursor);
}

/* Row by row. False when all has to be asked. */
static bool follow_changes(struct table *t)
{
    size_t place, cursor = t->cursor;
    bool empty = t->count == 0;
    if (!t->source.changes || table_changes_take(t, &place))
        return false;
    if (empty && !find_id(t, t->cursor_id, &place)) /* they may have come back */
        place = 0;
    settle_cursor(t, place, cursor);
    return true;
}

bool table_update(struct table *t)
{
    uint64_t version = t->source.version(t->source.data);
    bool changed = version != t->version || t->stale_rows;
    if (!changed && !t->stale_order)
        return false;
    t->version = version;
    if (changed && follow_changes(t))
        return true;
    t->stale_rows = changed;
    make_anew(t);
    return true;
}

/* What changed is followed by the old rules first, so that only the order is to be made anew. */
static void follow_before(struct table *t)
{
    if (!t->stale_rows && t->source.changes)
        table_update(t);
}

void table_narrow_filter(struct table *t, const void *filter)
{
    follow_before(t);
    t->filter = filter;
    t->stale_order = true;
}

void table_set_filter(struct table *t, const void *filter)
{
    table_narrow_filter(t, filter);
    t->stale_hidden = true;
}

void table_set_columns(struct table *t, const struct table_column *columns, size_t count)
{
    if (t->source.columns == columns && t->source.column_count == count)
        return;
    follow_before(t);
    t->source.columns = columns;
    t->source.column_count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    if (t->sort_column >= (int)t->source.column_count)
        t->sort_column = -1;
    t->stale_order = true;
}

void table_sort(struct table *t, int column, bool descending)
{
    follow_before(t);
    t->sort_column = column >= 0 && (size_t)column < t->source.column_count ? column : -1;
    t->descending = descending;
    t->stale_order = true;
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
        put_cursor(t, place);
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
    if (!find_id(t, id, &place))
        return false;
    put_cursor(t, place);
    return true;
}

bool table_cursor(struct table *t, size_t *row)
{
    table_update(t);
    if (t->count == 0)
        return false;
    *row = table_row_at(t, t->cursor);
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

size_t table_visible(struct table *t, char (*ids)[TABLE_ID_MAX], size_t max)
{
    size_t count = 0;
    table_update(t);
    for (size_t i = t->top; i < t->count && count < t->page && count < max; i++)
        table_id(t, table_row_at(t, i), ids[count++]);
    return count;
}

/* ---- marks ----------------------------------------------------------------------------------------- */

/* The one who asks mostly means the cursor's row. */
static bool place_of(struct table *t, const char *id, size_t *place)
{
    table_update(t);
    *place = t->cursor;
    return (t->count > 0 && strcmp(id, t->cursor_id) == 0) || find_id(t, id, place);
}

void table_mark(struct table *t, const char *id, bool on)
{
    size_t place;
    if (!place_of(t, id, &place) || (on && marks_add(&t->marks, id)))
        return;
    if (!on)
        marks_remove(&t->marks, id);
    t->rows.at[t->order[place]].marked = on;
}

bool table_is_marked(struct table *t, const char *id)
{
    size_t place;
    return place_of(t, id, &place) && t->rows.at[t->order[place]].marked;
}

static int mark_shown(struct table *t)
{
    char id[TABLE_ID_MAX];
    if (marks_reserve(&t->marks, t->count))
        return -1;
    for (size_t i = 0; i < t->count; i++) {
        if (t->rows.at[t->order[i]].marked)
            continue;
        table_id(t, table_row_at(t, i), id);
        marks_append(&t->marks, id);
    }
    marks_settle(&t->marks);
    return 0;
}

static void unmark_shown(struct table *t)
{
    char id[TABLE_ID_MAX];
    marks_see(&t->marks, true);
    for (size_t i = 0; i < t->count; i++) {
        table_id(t, table_row_at(t, i), id);
        struct table_mark *mark = marks_find(&t->marks, id);
        if (mark)
            mark->seen = false;
    }
    marks_drop_unseen(&t->marks);
}

void table_mark_all(struct table *t)
{
    bool on = table_marked(t, NULL, 0) < t->count;
    if (on && mark_shown(t))
        return;
    if (!on)
        unmark_shown(t);
    for (size_t i = 0; i < t->count; i++)
        t->rows.at[t->order[i]].marked = on;
}

size_t table_marked(struct table *t, char (*ids)[TABLE_ID_MAX], size_t max)
{
    size_t count = 0;
    table_update(t);
    for (size_t i = 0; i < t->count && count < t->marks.count; i++) {
        if (!t->rows.at[t->order[i]].marked)
            continue;
        if (count < max)
            table_id(t, table_row_at(t, i), ids[count]);
        count++;
    }
    return count;
}
