/* Where one is: a line and, where lines are wrapped, a row of it. Everything is counted in rows of the
 * screen as they were drawn last, so that moving down and up again ends where it began. Who reaches the end
 * follows again. */
#include "ui/log_view_internal.h"

#include <limits.h>

/* So many rows up; stops at the first. */
static struct log_spot back(const struct log_view *v, struct log_spot at, long rows)
{
    while (rows > 0 && (at.row > 0 || at.place > 0)) {
        if (at.row == 0) {
            at.place--;
            at.row = log_view_height(v, at.place);
        }
        int step = at.row < rows ? at.row : (int)rows;
        at.row -= step;
        rows -= step;
    }
    return at;
}

/* So many rows down; stops behind the last line. */
static struct log_spot ahead(const struct log_view *v, struct log_spot at, long rows)
{
    size_t count = log_index_count(&v->index);
    while (rows > 0 && at.place < count) {
        int left = log_view_height(v, at.place) - at.row;
        if (left > rows) {
            at.row += (int)rows;
            break;
        }
        rows -= left;
        at = (struct log_spot){at.place + 1, 0};
    }
    return at;
}

static bool before(struct log_spot a, struct log_spot b)
{
    return a.place != b.place ? a.place < b.place : a.row < b.row;
}

struct log_spot log_view_last_spot(const struct log_view *v)
{
    return back(v, (struct log_spot){log_index_count(&v->index), 0}, v->rows > 0 ? v->rows : 1);
}

static struct log_spot spot(const struct log_view *v)
{
    struct log_spot at = {log_index_find(&v->index, v->top), 0}, last = log_view_last_spot(v);
    if (v->follow || at.place >= log_index_count(&v->index))
        return last;
    int height = log_view_height(v, at.place);
    if (log_index_at(&v->index, at.place).number == v->top.number)
        at.row = v->top_row < height ? v->top_row : height - 1;
    return before(last, at) ? last : at;
}

static void set(struct log_view *v, struct log_spot at)
{
    if (at.place < log_index_count(&v->index))
        v->top = log_index_at(&v->index, at.place);
    v->top_row = at.row;
}

struct log_spot log_view_top_spot(struct log_view *v)
{
    struct log_spot at = spot(v);
    set(v, at);
    return at;
}

void log_view_scroll(struct log_view *v, long rows)
{
    if (log_index_count(&v->index) == 0)
        return;
    struct log_spot at = spot(v), last = log_view_last_spot(v);
    if (rows == LONG_MIN)
        at = (struct log_spot){0, 0};
    else if (rows < 0)
        at = back(v, at, -rows);
    else
        at = ahead(v, at, rows);
    v->follow = (rows > 0 || v->follow) && !before(at, last) && rows != LONG_MIN;
    if (before(last, at))
        at = last;
    set(v, at);
}

/* In sight it stays where it is; else it comes to the middle. */
void log_view_to(struct log_view *v, struct log_place place)
{
    struct log_spot at = {log_index_find(&v->index, place), 0}, top = spot(v);
    if (at.place >= log_index_count(&v->index))
        return;
    struct log_spot bottom = ahead(v, top, v->rows > 0 ? v->rows - 1 : 0);
    v->follow = false;
    if (!before(at, top) && !before(bottom, at)) {
        set(v, top);
        return;
    }
    at = back(v, at, v->rows / 2);
    set(v, before(log_view_last_spot(v), at) ? log_view_last_spot(v) : at);
}
