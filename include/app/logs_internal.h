/* What the files of `slipway logs` share; for src/app/logs*.c only. */
#ifndef SLIPWAY_APP_LOGS_INTERNAL_H
#define SLIPWAY_APP_LOGS_INTERNAL_H

#include "app/command.h"
#include "client/runpod_logs.h"
#include "model/filter.h"

#include <stdbool.h>

enum { LOGS_TAIL = 100, LOGS_TAIL_MAX = 5000, LOGS_LINES_MAX = 100000 };

/* What was asked for. */
struct logs_ask {
    const char *endpoint, *worker; /* NULL = all */
    bool follow, one_source;
    enum line_source source; /* with one_source */
    enum line_level least;
    struct filter *grep; /* NULL = none; owned */
    int64_t since_ms;    /* wall; 0 = not */
    size_t tail;         /* lines of the past, of all together */
};

/* logs_ask.c: 0, or the exit code after it complained. */
int logs_ask_read(struct logs_ask *ask, struct call *c);
void logs_ask_release(struct logs_ask *ask);
/* For a stream of the service: as many lines as are needed to find those that are asked for. */
struct runpod_log_ask logs_ask_stream(const struct logs_ask *ask);
bool logs_ask_passes(const struct logs_ask *ask, const struct log_line *line);

/* logs_lines.c: lines that wait to be printed in the order of their times. */
struct logs_lines {
    struct arena *arena; /* of their texts */
    struct log_line *lines;
    size_t count, room;
    size_t most;      /* the newest of them are kept */
    uint64_t dropped; /* for lack of memory */
};
int logs_lines_init(struct logs_lines *l, size_t most); /* -1 when memory is out */
void logs_lines_release(struct logs_lines *l);
void logs_lines_add(struct logs_lines *l, const struct log_line *line); /* copies */
/* Prints the newest `most` in order, folded; there are none then. Returns how many it printed. */
size_t logs_lines_print(struct logs_lines *l, struct call *c);

/* logs_own.c: what Slipway did, from its own file (base/log.h). `at` remembers how far it was read; 0 = the
 * end of it is read. */
typedef void logs_own_fn(void *arg, const struct log_line *line);
void logs_own_read(const char *path, int64_t *at, logs_own_fn *each, void *arg);

#endif
