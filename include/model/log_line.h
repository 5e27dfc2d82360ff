/* log_line: one line of a log as it is shown, and batches of them on their way to main. */
#ifndef SLIPWAY_MODEL_LOG_LINE_H
#define SLIPWAY_MODEL_LOG_LINE_H

#include "base/arena.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum line_level { LINE_DEBUG, LINE_INFO, LINE_WARN, LINE_ERROR, LINE_LEVELS };

/* Who says it: the worker's container, the system around it (spec/runpod.md §5), Slipway. */
enum line_source { LINE_CONTAINER, LINE_SYSTEM, LINE_OWN, LINE_SOURCES };

/* A row of the log. Where several lines make one row (model/log_fold.h), `at_ms` is that of the newest. */
struct log_line {
    int64_t at_ms;           /* wall, as the line says */
    int64_t order_ms;        /* where it stands among others; the store's */
    struct text origin;      /* "legal/8g3n5t6r", or "slipway" */
    struct text line;        /* cleaned, one line, cut behind LOG_LINE_SHOWN_MAX bytes */
    const char *endpoint_id; /* NULL = of no endpoint */
    uint64_t lost;           /* > 0: stands for so many lines that were lost */
    enum line_level level;
    enum line_source source;
    uint32_t count; /* equal lines that it stands for; 0 = one */
    uint32_t bar;   /* of which progress bar it is a state (line_bar_of); 0 = none */
    int percent;    /* … and which; -1 = unknown */
};

/* LOG_LINE_TAIL_MAX: what may follow a line that was cut, to say how much was. */
enum { LOG_LINE_SHOWN_MAX = 2048, LOG_LINE_TAIL_MAX = 64 };

struct log_page {
    struct log_line *lines; /* by order_ms */
    size_t count;
};

/* The level that a line shows by its own words or JSON ("level":"ERROR", "ERROR 11-23", Traceback …);
 * LINE_INFO when it says nothing. Pure. */
enum line_level line_level_of(struct text line);
const char *line_level_name(enum line_level level); /* "error", static */
const char *line_source_name(
    enum line_source source); /* "container", "system", "slipway", static */
/* Into *level, *source; -1 when there is none of that name. */
int line_level_named(const char *name, enum line_level *level);
int line_source_named(const char *name, enum line_source *source);

/* Which progress bar the line is a state of (tqdm, docker, pip …), as a number that stays the same from
 * one state to the next: its words without their times. 0 = it is none. `percent` (may be NULL): how far it is,
 * -1 when it does not say. Pure. */
uint32_t line_bar_of(struct text line, int *percent);

/* The part of an origin behind the endpoint's name: the worker's id; empty = it names none. */
struct text line_worker(const struct log_line *line);

/* A row that says how many lines are missing here. Its text is empty when the arena is full. */
struct log_line log_line_of_loss(
    struct arena *a, uint64_t lost, int64_t at_ms, struct text origin, const char *endpoint_id);

#endif
