/* log_index: which lines of the store's log pass, by running number, kept as lines arrive so that
 * drawing need not look at more than it shows. For ui/log_view.c. Thread: main. */
#ifndef SLIPWAY_UI_LOG_INDEX_H
#define SLIPWAY_UI_LOG_INDEX_H

#include "model/store.h"

struct log_index {
    uint64_t *numbers; /* rising; live from `head` to `end` */
    size_t head, end, room;
    uint64_t next; /* number of the first line not looked at yet */
};

void log_index_release(struct log_index *ix);
void log_index_reset(struct log_index *ix); /* what passes has changed: look at all again */

/* Looks at the lines that came, forgets those that went. Memory that runs out leaves lines out. */
void log_index_update(struct log_index *ix, const struct store *s,
    bool (*passes)(void *arg, const struct log_line *line), void *arg);

size_t log_index_count(const struct log_index *ix);
uint64_t log_index_number(const struct log_index *ix, size_t place);
/* The first place whose number is at least this; the count when there is none. */
size_t log_index_place(const struct log_index *ix, uint64_t number);

#endif
