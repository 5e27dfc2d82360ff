/* file: reading and writing small files of our own, safely.
 *
 * Writes are atomic (temporary file in the same folder, fsync, rename, fsync of the folder) with mode
 * 0600; folders are made with 0700. Nothing is ever half-written. Threads: any. */
#ifndef SLIPWAY_BASE_FILE_H
#define SLIPWAY_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

/* Appends the whole regular file to `out`. ERR_INPUT when it does not exist or is not a regular
 * file, ERR_IO otherwise, also when it is larger than the room in `out`. Never blocks on a FIFO. */
int file_read(const char *path, struct buf *out, struct err *e);

/* Replaces the file's content in one step. */
int file_write(const char *path, const void *bytes, size_t n, struct err *e);

/* Makes the folder and its missing parents, mode 0700. An existing folder is fine. */
int file_make_folder(const char *path, struct err *e);

/* Refuses (ERR_INPUT, with the chmod that mends it) a file that others may read or write, or that is
 * not ours: for configuration and tokens. */
int file_check_private(const char *path, struct err *e);

bool file_exists(const char *path);

#endif
