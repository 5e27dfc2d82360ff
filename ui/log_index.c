/* A queue in one array: lines are added behind, forgotten in front; when the front half is empty the
 * rest moves forward. Both ends cost a line's worth of work, whatever the log's length. */
#include "ui/log_index.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

void log_index_release(struct log_index *ix)
{
    free(ix->numbers);
    *ix = (struct log_index){0};
}

void log_index_reset(struct log_index *ix)
{
    ix->head = ix->end = 0;
    ix->next = 0;
}

static void forget(struct log_index *ix, uint64_t first)
{
    while (ix->head < ix->end && ix->numbers[ix->head] < first)
        ix->head++;
    if (ix->head > ix->end / 2) {
        memmove(ix->numbers, ix->numbers + ix->head, (ix->end - ix->head) * sizeof *ix->numbers);
        ix->end -= ix->head;
        ix->head = 0;
    }
}

static void add(struct log_index *ix, uint64_t number)
{
    if (ix->end == ix->room) {
        size_t room = ix->room ? 2 * ix->room : FIRST_ROOM;
        uint64_t *numbers = reallocarray(ix->numbers, room, sizeof *numbers);
        if (!numbers)
            return;
        ix->numbers = numbers;
        ix->room = room;
    }
    ix->numbers[ix->end++] = number;
}

void log_index_update(struct log_index *ix, const struct store *s,
    bool (*passes)(void *arg, const struct log_line *line), void *arg)
{
    uint64_t first;
    size_t count = store_log(s, &first);
    forget(ix, first);
    uint64_t number = ix->next > first ? ix->next : first;
    for (; number < first + count; number++)
        if (passes(arg, store_log_line(s, (size_t)(number - first))))
            add(ix, number);
    ix->next = number;
}

size_t log_index_count(const struct log_index *ix)
{
    return ix->end - ix->head;
}

uint64_t log_index_number(const struct log_index *ix, size_t place)
{
    return ix->numbers[ix->head + place];
}

size_t log_index_place(const struct log_index *ix, uint64_t number)
{
    size_t from = ix->head, to = ix->end;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (ix->numbers[middle] < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from - ix->head;
}
