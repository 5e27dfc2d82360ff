/* log: what the program did, in a file. Never to the screen: ncurses owns that.
 *
 * One line a record: "2026-11-23T06:05:00.123Z info  http: …". Every line is cleaned and redacted
 * before it is written; the file has mode 0600, is cut over to FILE.1 at LOG_FILE_BYTES_MAX, and a
 * full disk only counts lost lines. Before log_open (and after log_close) lines are dropped.
 *
 * Threads: any; a lock is held for the one write call. Must not be called from a signal handler. */
#ifndef SLIPWAY_BASE_LOG_H
#define SLIPWAY_BASE_LOG_H

#include "base/clock.h"
#include "base/err.h"

#include <stdint.h>

enum { LOG_LINE_MAX = 4096, LOG_FILE_BYTES_MAX = 8 * 1024 * 1024 };

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Opens (appends to) the file; lines below `least` are dropped. The clock is borrowed. */
int log_open(const char *path, enum log_level least, struct clock *clock, struct err *e);
void log_close(void);

/* Lines that could not be written since log_open. */
uint64_t log_lost(void);

/* `part` says which module speaks ("http"). */
void log_line(enum log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_err(enum log_level level, const char *part, const struct err *e);

#endif
