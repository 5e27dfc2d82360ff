/* model_folder: reads a model folder on disk and says, file by file, whether it can be uploaded and
 * served (the table of spec/huggingface.md §8.2; safetensors by §10.1). Reads headers and small
 * files, never the weights themselves. Never follows a link out of the folder, never opens what is
 * not a regular file, never writes.
 *
 * Thread: any that may block (an operation's, a worker). Everything lands in the arena. */
#ifndef SLIPWAY_CLIENT_MODEL_FOLDER_H
#define SLIPWAY_CLIENT_MODEL_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "core/cancel.h"
#include "model/checklist.h"

enum { MODEL_FOLDER_FILES_MAX = 20000, MODEL_FOLDER_DEPTH_MAX = 16, MODEL_FOLDER_ARENA = 64 << 20 };

/* ERR_INPUT: no such folder, not a folder, nothing in it, too many files; ERR_IO. A bad file in it is
 * no failure: it is a line of the checklist. */
int model_folder_read(const char *folder, struct arena *a, struct checklist **out,
    struct cancel *cancel, struct err *e);

/* Opens a file of the list for reading its bytes: by its raw path below the folder, without following
 * links out of it, and only when size and mtime are still those of the list (else ERR_STATE: "changed
 * while it was being uploaded"). The descriptor is the caller's; -1 on failure. */
int model_folder_open(const struct checklist *list, const struct check_file *file, struct err *e);

/* SHA-256 of a whole open file, as 64 hex digits; reads in steps and looks at the token between them.
 * `done` (may be NULL) counts bytes. Also the git blob id (SHA-1 of "blob SIZE\0" and the bytes) when
 * `git` is not NULL. ERR_STATE when it is not `size` bytes long any more. */
int model_folder_hash(int fd, int64_t size, char sha256[65], char git[41], _Atomic int64_t *done,
    struct cancel *cancel, struct err *e);

#endif
