/* log_file: a file of our own that lines are added to: mode 0600, cut over to FILE.1 when it would pass its
 * maximum, whole lines even where a full disk cut the one before. Several processes may add to the same
 * one.
 *
 * Ownership: the caller's struct. Threads: one at a time; writing may sleep as long as the disk does. */
#ifndef SLIPWAY_BASE_LOG_FILE_H
#define SLIPWAY_BASE_LOG_FILE_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_file {
    int fd; /* -1 = closed */
    char path[PATH_MAX];
    uint64_t bytes_max;
    bool torn; /* the last write stopped within a line */
};

/* Opens it, or makes it. On failure it is a closed one. */
int log_file_open(struct log_file *f, const char *path, uint64_t bytes_max, struct err *e);
void log_file_close(struct log_file *f); /* a closed one is fine */
/* Adds whole lines, with their line feeds, in one piece. -1 when not all of it could be written. */
int log_file_append(struct log_file *f, const char *lines, size_t n);

#endif
