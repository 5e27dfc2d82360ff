/* log_line: one line of a log as it is shown, and batches of them on their way to main. */
#ifndef SLIPWAY_MODEL_LOG_LINE_H
#define SLIPWAY_MODEL_LOG_LINE_H

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

enum line_level { LINE_DEBUG, LINE_INFO, LINE_WARN, LINE_ERROR, LINE_LEVELS };

struct log_line {
    int64_t at_ms;      /* wall */
    struct text origin; /* "legal/8g3n5t6r", or "slipway" */
    enum line_level level;
    struct text line; /* cleaned, one line, cut at LOG_LINE_SHOWN_MAX bytes */
};
enum { LOG_LINE_SHOWN_MAX = 2048 };

struct log_page {
    struct log_line *lines; /* by time */
    size_t count;
};

/* The level that a line shows by its own words or JSON ("level":"ERROR", "ERROR 11-23", Traceback …);
 * LINE_INFO when it says nothing. Pure. */
enum line_level line_level_of(struct text line);
const char *line_level_name(enum line_level level); /* "error", static */

#endif
