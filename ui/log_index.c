/* One sorted array. Rows mostly arrive in the order of their times, so they are added at its end; where
 * they do not, the new ones are sorted and merged from behind, once for all that came together. Rows that
 * the store let go may stand anywhere, so forgetting walks over the whole array, but only when some
 * went. */
#include "ui/log_index.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

void log_index_release(struct log_index *ix)
{
    free(ix->places);
    *ix = (struct log_index){0};
}

void log_index_reset(struct log_index *ix)
{
    ix->count = 0;
    ix->next = ix->first = 0;
}

static bool before(struct log_place a, struct log_place b)
{
    return a.order_ms != b.order_ms ? a.order_ms < b.order_ms : a.number < b.number;
}

static int by_place(const void *a, const void *b)
{
    const struct log_place *x = a, *y = b;
    return before(*x, *y) ? -1 : before(*y, *x);
}

static const struct log_line *line_of(const struct store *s, uint64_t number)
{
    uint64_t first;
    size_t count = store_log(s, &first);
    return number >= first && number - first < count ? store_log_line(s, (size_t)(number - first))
                                                     : NULL;
}

static void forget(struct log_index *ix, uint64_t first)
{
    size_t kept = 0;
    if (first == ix->first)
        return;
    ix->first = first;
    for (size_t i = 0; i < ix->count; i++)
        if (ix->places[i].number >= first)
            ix->places[kept++] = ix->places[i];
    ix->count = kept;
}

void log_index_keep(struct log_index *ix, const struct store *s, log_passes *stays, void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < ix->count; i++) {
        const struct log_line *line = line_of(s, ix->places[i].number);
        if (line && stays(arg, line))
            ix->places[kept++] = ix->places[i];
    }
    ix->count = kept;
}

static bool make_room(struct log_index *ix, size_t more)
{
    size_t room = ix->room ? ix->room : FIRST_ROOM;
    while (room < ix->count + more)
        room *= 2;
    if (room == ix->room)
        return true;
    struct log_place *places = reallocarray(ix->places, room, sizeof *places);
    if (!places)
        return false;
    ix->places = places;
    ix->room = room;
    return true;
}

/* The last `added` places are in order, and so are those before them. */
static void merge(struct log_index *ix, size_t added)
{
    struct log_place *all = ix->places, *own;
    size_t old = ix->count - added, to = ix->count;
    if (added == 0 || old == 0 || before(all[old - 1], all[old]))
        return;
    if (!(own = malloc(added * sizeof *own))) {
        qsort(all, ix->count, sizeof *all, by_place);
        return;
    }
    memcpy(own, all + old, added * sizeof *own);
    while (added > 0)
        all[--to] = old > 0 && before(own[added - 1], all[old - 1]) ? all[--old] : own[--added];
    free(own);
}

void log_index_update(
    struct log_index *ix, const struct store *s, int64_t floor_ms, log_passes *passes, void *arg)
{
    uint64_t first;
    size_t count = store_log(s, &first), old;
    bool sorted = true;
    forget(ix, first);
    old = ix->count;
    uint64_t number = ix->next > first ? ix->next : first;
    if (!make_room(ix, (size_t)(first + count - number)))
        return;
    for (; number < first + count; number++) {
        const struct log_line *line = store_log_line(s, (size_t)(number - first));
        if (!passes(arg, line))
            continue;
        int64_t order = line->order_ms > floor_ms ? line->order_ms : floor_ms;
        ix->places[ix->count] = (struct log_place){order, number};
        sorted = sorted &&
                 (ix->count == old || before(ix->places[ix->count - 1], ix->places[ix->count]));
        ix->count++;
    }
    ix->next = number;
    if (!sorted)
        qsort(ix->places + old, ix->count - old, sizeof *ix->places, by_place);
    merge(ix, ix->count - old);
}

size_t log_index_count(const struct log_index *ix)
{
    return ix->count;
}

struct log_place log_index_at(const struct log_index *ix, size_t i)
{
    return ix->places[i];
}

size_t log_index_find(const struct log_index *ix, struct log_place place)
{
    size_t from = 0, to = ix->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (before(ix->places[middle], place))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
