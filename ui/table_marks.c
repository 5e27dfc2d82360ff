/* The marks of a table: a sorted array, because few rows are marked one by one and all at once
 * is rare. */
#include "ui/table_internal.h"

#include <stdlib.h>
#include <string.h>

void marks_release(struct table_marks *m)
{
    free(m->list);
    *m = (struct table_marks){0};
}

/* Where the id stands or would stand. */
static size_t position(const struct table_marks *m, const char *id)
{
    size_t first = 0, end = m->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(m->list[middle].id, id) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

struct table_mark *marks_find(const struct table_marks *m, const char *id)
{
    size_t at = position(m, id);
    return at < m->count && strcmp(m->list[at].id, id) == 0 ? &m->list[at] : NULL;
}

static int make_room(struct table_marks *m, size_t more)
{
    if (more <= m->room - m->count)
        return 0;
    size_t room = m->count + more + 16;
    struct table_mark *list = realloc(m->list, room * sizeof *list);
    if (!list)
        return -1;
    m->list = list;
    m->room = room;
    return 0;
}

int marks_add(struct table_marks *m, const char *id)
{
    if (marks_find(m, id))
        return 0;
    if (make_room(m, 1))
        return -1;
    size_t at = position(m, id);
    memmove(m->list + at + 1, m->list + at, (m->count - at) * sizeof *m->list);
    m->list[at] = (struct table_mark){.seen = true};
    memcpy(m->list[at].id, id, strnlen(id, TABLE_ID_MAX - 1));
    m->count++;
    return 0;
}

void marks_remove(struct table_marks *m, const char *id)
{
    struct table_mark *mark = marks_find(m, id);
    if (!mark)
        return;
    size_t at = (size_t)(mark - m->list);
    memmove(mark, mark + 1, (m->count - at - 1) * sizeof *mark);
    m->count--;
}

static int compare(const void *a, const void *b)
{
    const struct table_mark *x = a, *y = b;
    return strcmp(x->id, y->id);
}

int marks_reserve(struct table_marks *m, size_t more)
{
    return make_room(m, more);
}

void marks_append(struct table_marks *m, const char *id)
{
    m->list[m->count] = (struct table_mark){.seen = true};
    memcpy(m->list[m->count++].id, id, strnlen(id, TABLE_ID_MAX - 1));
}

void marks_settle(struct table_marks *m)
{
    if (m->count)
        qsort(m->list, m->count, sizeof *m->list, compare);
}

void marks_see(struct table_marks *m, bool seen)
{
    for (size_t i = 0; i < m->count; i++)
        m->list[i].seen = seen;
}

void marks_drop_unseen(struct table_marks *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].seen)
            m->list[kept++] = m->list[i];
    m->count = kept;
}
