/* The order of a table: spots of the rows shown, sorted. It is made anew by a merge sort of small items
 * that hold what is compared, and kept up by putting in and taking out, where only its one array of
 * integers moves.
 *
 * Equal keys keep the source's order, in either direction: the spot decides last. */
#include "ui/table_internal.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 16, ROOM_MORE = 256 };

struct item {
    uint64_t rank;
    uint32_t spot;
    uint32_t kind;
};

/* In the source's order what needs attention comes first, whichever way round. */
static struct item item_of(const struct table *t, size_t spot)
{
    const struct table_row *r = &t->rows.at[spot];
    if (t->sort_column < 0)
        return (struct item){spot, (uint32_t)spot, !r->attention};
    return (struct item){r->rank, (uint32_t)spot, r->kind};
}

static bool before(const struct table *t, const struct item *a, const struct item *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    if (a->rank != b->rank)
        return (a->rank < b->rank) != t->descending;
    int order = 0;
    if (t->sort_column >= 0 && a->kind == KEY_TEXT)
        order = table_compare_texts(t, &t->rows.at[a->spot], &t->rows.at[b->spot]);
    if (order)
        return (order < 0) != t->descending;
    return a->spot < b->spot;
}

/* ---- sorting --------------------------------------------------------------------------------------- */

static void sort_run(const struct table *t, struct item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct item item = items[i];
        size_t at = i;
        for (; at > 0 && before(t, &item, &items[at - 1]); at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Merges two neighbours, both sorted; spare has room for the first. */
static void merge(
    const struct table *t, struct item *items, size_t middle, size_t count, struct item *spare)
{
    if (!before(t, &items[middle], &items[middle - 1]))
        return;
    memcpy(spare, items, middle * sizeof *items);
    size_t a = 0, b = middle, to = 0;
    while (a < middle && b < count)
        items[to++] = before(t, &items[b], &spare[a]) ? items[b++] : spare[a++];
    memcpy(items + to, spare + a, (middle - a) * sizeof *items);
}

static void sort(const struct table *t, struct item *items, size_t count, struct item *spare)
{
    for (size_t i = 0; i < count; i += RUN)
        sort_run(t, items + i, count - i < RUN ? count - i : RUN);
    for (size_t width = RUN; width < count; width *= 2)
        for (size_t i = 0; i + width < count; i += 2 * width)
            merge(t, items + i, width, count - i < 2 * width ? count - i : 2 * width, spare);
}

int table_order_sort(const struct table *t, uint32_t *spots, size_t count)
{
    struct item *items = calloc(2 * count + 1, sizeof *items);
    if (!items)
        return -1;
    for (size_t i = 0; i < count; i++)
        items[i] = item_of(t, spots[i]);
    sort(t, items, count, items + count);
    for (size_t i = 0; i < count; i++)
        spots[i] = items[i].spot;
    free(items);
    return 0;
}

/* ---- the whole order ------------------------------------------------------------------------------- */

static void count_in(struct table *t, size_t spot)
{
    t->attention += t->rows.at[spot].attention;
    t->moving += t->rows.at[spot].moves;
}

void table_order_count_out(struct table *t, size_t spot)
{
    t->attention -= t->rows.at[spot].attention;
    t->moving -= t->rows.at[spot].moves;
}

int table_order_make(struct table *t, uint32_t **old)
{
    const struct table_rows *rows = &t->rows;
    size_t count = 0, room = rows->count + ROOM_MORE, end = rows->first + rows->count;
    uint32_t *order = calloc(room, sizeof *order);
    if (!order)
        return -1;
    for (size_t spot = rows->first; spot < end; spot++)
        if (rows->at[spot].shown)
            order[count++] = (uint32_t)spot;
    if (table_order_sort(t, order, count)) {
        free(order);
        return -1;
    }
    *old = t->order;
    t->order = order;
    t->order_room = room;
    t->count = count;
    t->attention = t->moving = 0;
    for (size_t i = 0; i < count; i++)
        count_in(t, order[i]);
    return 0;
}

/* ---- single rows ----------------------------------------------------------------------------------- */

/* Among the first `count`. */
static size_t place_among(const struct table *t, size_t spot, size_t count)
{
    struct item item = item_of(t, spot);
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct item other = item_of(t, t->order[middle]);
        if (before(t, &other, &item))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t table_order_place(const struct table *t, size_t spot)
{
    return place_among(t, spot, t->count);
}

static int make_room(struct table *t, size_t more)
{
    if (t->order_room - t->count >= more)
        return 0;
    size_t room = t->count + more + t->count / 8 + ROOM_MORE;
    uint32_t *order = realloc(t->order, room * sizeof *order);
    if (!order)
        return -1;
    t->order = order;
    t->order_room = room;
    return 0;
}

/* From behind, so that every stretch moves once. */
int table_order_insert(struct table *t, const uint32_t *spots, size_t count)
{
    if (make_room(t, count))
        return -1;
    size_t end = t->count;
    for (size_t i = count; i-- > 0;) {
        size_t place = place_among(t, spots[i], end);
        memmove(t->order + place + i + 1, t->order + place, (end - place) * sizeof *t->order);
        t->order[place + i] = spots[i];
        end = place;
        count_in(t, spots[i]);
    }
    t->count += count;
    return 0;
}

void table_order_remove(struct table *t, const size_t *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t from = places[i] + 1, end = i + 1 < count ? places[i + 1] : t->count;
        memmove(t->order + places[i] - i, t->order + from, (end - from) * sizeof *t->order);
    }
    t->count -= count;
}
