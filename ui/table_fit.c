/* How wide the columns of a table are: a pure function of their wishes and the width there is. */
#include "ui/table.h"

#include <string.h>

enum { GAP_WIDE = 2, GAP_NARROW = 1 };

struct fit {
    const struct table_column *columns;
    size_t count;
    int *widths; /* 0 = dropped */
};

static int least_of(const struct table_column *c)
{
    return c->least > 1 ? c->least : 1;
}

/* What the columns that are left take with such gaps. */
static long needed(const struct fit *f, int gap)
{
    long sum = -gap;
    for (size_t i = 0; i < f->count; i++)
        if (f->widths[i] > 0)
            sum += (long)f->widths[i] + gap;
    return sum;
}

/* Drops the least important column, the last of equals; false when all others must stay. One
 * always does. */
static bool drop_one(const struct fit *f)
{
    size_t worst = f->count, left = 0;
    for (size_t i = 0; i < f->count; i++)
        left += f->widths[i] > 0;
    for (size_t i = 0; i < f->count && left > 1; i++)
        if (f->widths[i] > 0 && f->columns[i].priority > 0 &&
            (worst == f->count || f->columns[i].priority >= f->columns[worst].priority))
            worst = i;
    if (worst == f->count)
        return false;
    f->widths[worst] = 0;
    return true;
}

/* Only columns that must stay are left, and they do not fit: the first ones get what there is. */
static void squeeze(const struct fit *f, int width)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->widths[i] == 0)
            continue;
        f->widths[i] = f->widths[i] < width ? f->widths[i] : width > 0 ? width : 0;
        width -= f->widths[i] + GAP_NARROW;
    }
}

/* The most important column that may be wider and was not looked at; f->count when there is
 * none. */
static size_t next_to_widen(const struct fit *f, const bool done[])
{
    size_t best = f->count;
    for (size_t i = 0; i < f->count; i++)
        if (f->widths[i] > 0 && f->columns[i].most > 0 && !done[i] &&
            (best == f->count || f->columns[i].priority < f->columns[best].priority))
            best = i;
    return best;
}

static long widen_bounded(const struct fit *f, long left)
{
    bool done[TABLE_COLUMNS_MAX] = {false};
    for (size_t i; left > 0 && (i = next_to_widen(f, done)) < f->count;) {
        long wish = (long)f->columns[i].most - f->widths[i];
        long more = wish < 0 ? 0 : wish < left ? wish : left;
        f->widths[i] += (int)more;
        left -= more;
        done[i] = true;
    }
    return left;
}

static void widen_rest(const struct fit *f, long left)
{
    int takers = 0;
    for (size_t i = 0; i < f->count; i++)
        takers += f->widths[i] > 0 && f->columns[i].most <= 0;
    for (size_t i = 0; i < f->count && takers > 0; i++) {
        if (f->widths[i] == 0 || f->columns[i].most > 0)
            continue;
        long more = (left + takers - 1) / takers;
        takers--;
        f->widths[i] += (int)more;
        left -= more;
    }
}

int table_fit(const struct table_column *columns, size_t count, int width, int widths[])
{
    struct fit f = {columns, count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX, widths};
    for (size_t i = 0; i < f.count; i++)
        widths[i] = least_of(&columns[i]);
    if (needed(&f, GAP_WIDE) > width)
        while (needed(&f, GAP_NARROW) > width && drop_one(&f))
            continue;
    int gap = needed(&f, GAP_WIDE) <= width ? GAP_WIDE : GAP_NARROW;
    if (needed(&f, gap) > width)
        squeeze(&f, width);
    else
        widen_rest(&f, widen_bounded(&f, width - needed(&f, gap)));
    return gap;
}
