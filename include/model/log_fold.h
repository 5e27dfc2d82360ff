/* log_fold: lines that go on what an earlier one began make one row with it: a progress bar is one row
 * with its last state, and a line that an origin says again and again is one row with a count.
 *
 * It remembers, for each origin, the row of its last line and of its last bars, by number; whoever has
 * the rows says what stands in them. A bounded table: what falls out of it begins a new row, nothing
 * worse.
 *
 * Pure; caller's memory. */
#ifndef SLIPWAY_MODEL_LOG_FOLD_H
#define SLIPWAY_MODEL_LOG_FOLD_H

#include "model/log_line.h"

#include <stdbool.h>

enum {
    LOG_FOLD_KEYS = 512, /* origins and bars that are remembered */
    LOG_FOLD_REACH = 64  /* so many rows back a repeated line is still counted there */
};

struct log_fold {
    struct {
        uint64_t key, number; /* key 0 = empty */
    } rows[LOG_FOLD_KEYS];
};

/* The row with this number; NULL = it is gone. */
typedef const struct log_line *log_fold_row(void *arg, uint64_t number);

/* Whether the line belongs to a row that is there: *number. Otherwise it is remembered as the row `next`. */
bool log_fold_find(struct log_fold *f, const struct log_line *line, uint64_t next,
    log_fold_row *row, void *arg, uint64_t *number);

/* What the row is with the line in it: of a bar the line, of repeated lines the row with its count. Where
 * it stands stays. */
struct log_line log_fold_join(const struct log_line *row, const struct log_line *line);

/* Folds lines that lie in one array; returns how many rows there are now, at its beginning. */
size_t log_fold_lines(struct log_line *lines, size_t count);

#endif
