/* runpod_log_line: one event of a log stream as a line to show (spec/runpod.md §5). Pure. For
 * src/client/runpod_logs.c and its tests. */
#ifndef SLIPWAY_CLIENT_RUNPOD_LOG_LINE_H
#define SLIPWAY_CLIENT_RUNPOD_LOG_LINE_H

#include "base/arena.h"
#include "model/log_line.h"

#include <stdbool.h>

enum runpod_log_line {
    RUNPOD_LOG_LINE,         /* `out` is filled, all but its origin */
    RUNPOD_LOG_LINE_NOTHING, /* there is nothing to show */
    RUNPOD_LOG_LINE_NO_ROOM  /* the arena is full */
};

/* Reads {"source", "line", "ts"}, also when the event was cut in the middle (client/sse.h); what is no
 * object is shown as it is. What a progress bar has overwritten is left out; a line of the worker SDK is
 * shown as "REQUEST | message" with the SDK's level. A line over LOG_LINE_SHOWN_MAX is cut and says by
 * how much. `at_ms`, wall, is for events that do not say when. */
enum runpod_log_line runpod_log_line_read(
    const char *data, size_t n, int64_t at_ms, struct arena *a, struct log_line *out);

#endif
