/* Building the order of a table: every row of the source is asked once whether it matches, who
 * it is and what it is sorted by; then the keys are sorted. This is the only work that grows
 * with the number of rows.
 *
 * Equal keys keep the source's order by comparing row indexes last, so any sort is a stable one.
 * The texts of a sort by text lie one behind the other in one buffer, as offsets because it
 * moves when it grows. */
#include "ui/table_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct key {
    size_t row;
    double number;    /* NAN = by text */
    const char *text; /* set when all offsets are known */
    size_t offset;
    bool attention;
};

struct keys {
    struct key *list;
    size_t count;
    struct buf texts;
};

/* ---- comparing ------------------------------------------------------------------------------------- */

static int by_source(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->attention != y->attention)
        return x->attention ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_source_down(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    return x->attention != y->attention ? by_source(a, b) : by_source(b, a);
}

/* What a person calls the order of two values: capital letters make a difference only between
 * equals. */
static int by_value(const struct key *x, const struct key *y)
{
    if (!isnan(x->number))
        return (x->number > y->number) - (x->number < y->number);
    int order = strcasecmp(x->text, y->text);
    return order ? order : strcmp(x->text, y->text);
}

/* Numbers before texts in either direction, texts that say nothing last of all. */
static int by_kind(const struct key *x, const struct key *y)
{
    int order = (isnan(x->number) != 0) - (isnan(y->number) != 0);
    return order ? order : (*x->text == '\0') - (*y->text == '\0');
}

static int by_column(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = by_kind(x, y);
    order = order ? order : by_value(x, y);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_column_down(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = by_kind(x, y);
    order = order ? order : by_value(y, x);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* ---- keys ------------------------------------------------------------------------------------------ */

static int add_value(const struct table *t, struct keys *keys, struct key *key)
{
    struct table_cell cell;
    table_ask(t, key->row, (size_t)t->sort_column, &cell);
    key->number = cell.number;
    key->offset = keys->texts.len;
    if (!isnan(cell.number))
        return buf_append(&keys->texts, "#", 2);
    struct text shown = text_cut(cell.text, TABLE_CELL_MAX);
    if (buf_append(&keys->texts, shown.s, shown.len))
        return -1;
    return buf_append(&keys->texts, "", 1);
}

static int collect(const struct table *t, struct keys *keys, size_t rows)
{
    const struct table_source *s = &t->source;
    for (size_t row = 0; row < rows; row++) {
        if (s->matches && t->filter && !s->matches(s->data, row, t->filter))
            continue;
        struct key *key = &keys->list[keys->count++];
        *key = (struct key){.row = row, .number = NAN, .text = ""};
        key->attention = s->attention && s->attention(s->data, row);
        if (t->sort_column >= 0 && add_value(t, keys, key))
            return -1;
    }
    for (size_t i = 0; t->sort_column >= 0 && i < keys->count; i++)
        keys->list[i].text = buf_str(&keys->texts) + keys->list[i].offset;
    return 0;
}

/* By source they come in order already: those that need attention only have to come before the others. */
static bool part(struct keys *keys)
{
    size_t first = 0, rest = 0;
    struct key *parted = calloc(keys->count + 1, sizeof *parted);
    if (!parted)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        first += keys->list[i].attention;
    for (size_t i = 0, front = 0; i < keys->count; i++)
        parted[keys->list[i].attention ? front++ : first + rest++] = keys->list[i];
    free(keys->list);
    keys->list = parted;
    return true;
}

static void sort(const struct table *t, struct keys *keys)
{
    if (t->sort_column < 0 && !t->descending && part(keys))
        return;
    int (*compare)(const void *, const void *) = t->sort_column < 0
                                                     ? (t->descending ? by_source_down : by_source)
                                                     : (t->descending ? by_column_down : by_column);
    qsort(keys->list, keys->count, sizeof *keys->list, compare);
}

/* ---- the order ------------------------------------------------------------------------------------- */

/* Marks of rows that the filter hides are kept, so every row of the source counts as seen. */
static void see_hidden(struct table *t, size_t rows)
{
    char id[TABLE_ID_MAX];
    for (size_t row = 0; t->marks.count > 0 && row < rows; row++) {
        id[0] = '\0';
        t->source.id(t->source.data, row, id);
        id[TABLE_ID_MAX - 1] = '\0';
        struct table_mark *mark = marks_find(&t->marks, id);
        if (mark)
            mark->seen = true;
    }
}

static void fill(struct table *t, const struct keys *keys, struct table_row *order)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct table_row *r = &order[i];
        *r = (struct table_row){.row = keys->list[i].row, .attention = keys->list[i].attention};
        t->source.id(t->source.data, r->row, r->id);
        r->id[TABLE_ID_MAX - 1] = '\0';
        r->marked = marks_find(&t->marks, r->id) != NULL;
    }
}

int table_order_build(struct table *t, struct table_row **order, size_t *count)
{
    int result = -1;
    size_t rows = t->source.rows(t->source.data);
    struct keys keys = {.list = calloc(rows + 1, sizeof *keys.list)};
    buf_init(&keys.texts, (rows + 1) * (size_t)TABLE_CELL_MAX * CELL_BYTES_MAX);
    *order = NULL;
    if (!keys.list || collect(t, &keys, rows))
        goto out;
    *order = calloc(keys.count + 1, sizeof **order);
    if (!*order)
        goto out;
    sort(t, &keys);
    marks_unsee(&t->marks);
    see_hidden(t, rows);
    marks_drop_unseen(&t->marks);
    fill(t, &keys, *order);
    *count = keys.count;
    result = 0;
out:
    free(keys.list);
    buf_release(&keys.texts);
    return result;
}
