/* log_index: which rows of the store's log pass, in the order of their times, kept as rows arrive so that
 * drawing need not look at more than it shows. For ui/log_view*.c. Thread: main. */
#ifndef SLIPWAY_UI_LOG_INDEX_H
#define SLIPWAY_UI_LOG_INDEX_H

#include "model/store.h"

/* Where a row stands: by time, those of one time by arrival. */
struct log_place {
    int64_t order_ms;
    uint64_t number;
};

struct log_index {
    struct log_place *places; /* rising */
    size_t count, room;
    uint64_t next;  /* number of the first row not looked at yet */
    uint64_t first; /* of the store, when it was looked at last */
};

typedef bool log_passes(void *arg, const struct log_line *line);

void log_index_release(struct log_index *ix);
void log_index_reset(struct log_index *ix); /* what passes has changed: look at all again */

/* Looks at the rows that came, forgets those that went. A late row is put where its time belongs, but not
 * before `floor_ms` (INT64_MIN = anywhere): so nothing is pushed in between what one reads. Memory that
 * runs out leaves rows out. */
void log_index_update(
    struct log_index *ix, const struct store *s, int64_t floor_ms, log_passes *passes, void *arg);
/* Forgets the rows that do not pass. */
void log_index_keep(struct log_index *ix, const struct store *s, log_passes *stays, void *arg);

size_t log_index_count(const struct log_index *ix);
struct log_place log_index_at(const struct log_index *ix, size_t i);
/* The first that stands there or behind; the count when there is none. */
size_t log_index_find(const struct log_index *ix, struct log_place place);

#endif
