/* log_keep: the log that a person reads in the dashboard (lines of workers, and Slipway's own beside them), in
 * a file that outlasts both the workers and the run: workers.log in the state folder, mode 0600, cut over
 * to workers.log.1 at LOG_KEEP_FILE_MAX. A row of it is a line of texts between tabs:
 *
 *     2026-11-23T06:05:00.123Z  error  container  x2x496ymkidl3m  legal/8g3n5t6r  ValueError: …  37
 *
 * the time, level, source, endpoint's id (empty = of none), origin, what was said, and how often where that
 * is more than once. Cleaned and masked like everything that is shown. Of a progress bar only some
 * states are kept.
 *
 * A thread of its own writes, so nobody else ever waits for the disk; what it cannot keep up with is dropped,
 * counted, and said in the file.
 *
 * Threads: log_keep_page any; the others as said. */
#ifndef SLIPWAY_APP_LOG_KEEP_H
#define SLIPWAY_APP_LOG_KEEP_H

#include "base/err.h"
#include "model/log_line.h"

#define LOG_KEEP_NAME "workers.log"

enum { LOG_KEEP_FILE_MAX = 16 * 1024 * 1024, LOG_KEEP_WAITING_MAX = 4 * 1024 * 1024 };

struct log_keep;

/* In the folder, which is there. Main. */
struct log_keep *log_keep_new(const char *folder, struct err *e);
/* Writes what waits; nobody adds any more. NULL is fine. Main. */
void log_keep_free(struct log_keep *k);
/* Copies; never sleeps for the disk. NULL is fine. */
void log_keep_page(struct log_keep *k, const struct log_page *page);

/* Hands out what a folder's files hold, oldest first, of the last `most` bytes; the line is valid during the
 * call. Files that are not there hold nothing. Sleeps as long as the disk does. */
typedef void log_keep_fn(void *arg, const struct log_line *line);
void log_keep_read(const char *folder, size_t most, log_keep_fn *each, void *arg);

#endif
