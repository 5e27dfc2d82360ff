/* A table by hash, one place a key: the origin's for its last line, the origin's and the bar's for each
 * bar. Two keys in one place push each other out. Whether a line really goes on a row is looked up in the
 * row itself, so a hash that two share does no harm.
 *
 * A bar that starts over (less than it was) is a new row. */
#include "model/log_fold.h"

#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t hash, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t key_of(const struct log_line *line)
{
    uint64_t hash = mix(0xcbf29ce484222325u, line->origin.s, line->origin.len);
    hash = mix(hash, (const char *)&line->bar, sizeof line->bar);
    return hash ? hash : 1;
}

static bool same(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || a.s == b.s || memcmp(a.s, b.s, a.len) == 0);
}

static bool goes_on(const struct log_line *row, const struct log_line *line, uint64_t distance)
{
    if (row->bar != line->bar || row->source != line->source || row->lost || line->lost ||
        !same(row->origin, line->origin))
        return false;
    if (line->bar)
        return line->percent < 0 || line->percent >= row->percent;
    return row->level == line->level && distance <= LOG_FOLD_REACH && same(row->line, line->line);
}

bool log_fold_find(struct log_fold *f, const struct log_line *line, uint64_t next,
    log_fold_row *row, void *arg, uint64_t *number)
{
    uint64_t key = key_of(line);
    size_t place = (size_t)((key ^ key >> 32) % LOG_FOLD_KEYS);
    const struct log_line *there =
        f->rows[place].key == key ? row(arg, f->rows[place].number) : NULL;
    if (there && goes_on(there, line, next - f->rows[place].number)) {
        *number = f->rows[place].number;
        return true;
    }
    f->rows[place].key = key;
    f->rows[place].number = next;
    return false;
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    a += !a;
    b += !b;
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

struct log_line log_fold_join(const struct log_line *row, const struct log_line *line)
{
    struct log_line joined = line->bar ? *line : *row;
    joined.order_ms = row->order_ms;
    joined.at_ms = line->at_ms > row->at_ms ? line->at_ms : row->at_ms;
    joined.count = line->bar ? 0 : sum(row->count, line->count);
    return joined;
}

static const struct log_line *row_of_array(void *arg, uint64_t number)
{
    const struct log_line *lines = arg;
    return &lines[number];
}

size_t log_fold_lines(struct log_line *lines, size_t count)
{
    struct log_fold *f = calloc(1, sizeof *f);
    size_t rows = 0;
    uint64_t row;
    for (size_t i = 0; i < count; i++) {
        if (f && log_fold_find(f, &lines[i], rows, row_of_array, lines, &row))
            lines[row] = log_fold_join(&lines[row], &lines[i]);
        else
            lines[rows++] = lines[i];
    }
    free(f);
    return rows;
}
