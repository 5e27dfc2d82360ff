/* Where a request's body goes: nowhere, to memory, or to a file, hashed as it passes, so that an upload of
 * many gigabytes is read once and never held.
 *
 * A body with a place of its own in a file (struct body_place) is written straight there, so that parts
 * which are sent side by side make one file without being copied again. Its bytes are locked meanwhile:
 * who wants to write the same ones gets a file of its own, and who wants to read them can wait. The lock
 * goes with the descriptor, however the request ends. */
#include "sim/exchange.h"
#include "sim/fingerprint.h"
#include "sim/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void upload_init(struct upload *u)
{
    memset(u, 0, sizeof *u);
    u->fd = -1;
}

void upload_to_memory(struct upload *u, struct buf *memory)
{
    u->kind = UPLOAD_MEMORY;
    u->memory = memory;
}

/* ---- files ------------------------------------------------------------------------------------- */

static int open_own(struct upload *u, const char *folder, struct err *e)
{
    int n = snprintf(u->file.path, sizeof u->file.path, "%s/upload-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof u->file.path) {
        u->file.path[0] = '\0';
        return err_set(e, ERR_IO, ENAMETOOLONG, "the store folder's path is too long");
    }
    u->fd = mkostemp(u->file.path, O_CLOEXEC);
    if (u->fd >= 0)
        return 0;
    u->file.path[0] = '\0';
    return err_errno(e, errno, "cannot make a file in %s", folder);
}

int upload_to_file(struct upload *u, const char *folder, struct err *e)
{
    u->hash = sha256_new();
    if (!u->hash)
        return err_set(e, ERR_IO, ENOMEM, "cannot start a SHA-256");
    u->kind = UPLOAD_FILE;
    return open_own(u, folder, e);
}

/* False when somebody is writing there, or for any other reason why it cannot be had. */
static bool open_place(struct upload *u, const struct body_place *place)
{
    struct flock lock = {.l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)place->offset,
        .l_len = (off_t)place->length};
    u->fd = open(place->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (u->fd >= 0 && fcntl(u->fd, F_OFD_SETLK, &lock) == 0) {
        u->at = place->offset;
        u->file.placed = true;
        return true;
    }
    if (u->fd >= 0)
        close(u->fd);
    u->fd = -1;
    return false;
}

int upload_to_place(struct upload *u, const struct body_place *place, int64_t length,
    const char *folder, struct err *e)
{
    u->print = fingerprint_new();
    if (!u->print)
        return err_set(e, ERR_IO, ENOMEM, "cannot start a fingerprint");
    u->kind = UPLOAD_FILE;
    bool fits = !place->taken && length > 0 && length == place->length;
    return fits && open_place(u, place) ? 0 : open_own(u, folder, e);
}

static int write_all(struct upload *u, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = pwrite(u->fd, bytes, n, (off_t)u->at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
        u->at += written;
    }
    return 0;
}

static int file_append(struct upload *u, const void *bytes, size_t n)
{
    if (u->hash ? sha256_add(u->hash, bytes, n) : fingerprint_add(u->print, bytes, n))
        return 500;
    if (write_all(u, bytes, n))
        return 507;
    u->file.length += (int64_t)n;
    return 0;
}

int upload_write(struct upload *u, const void *bytes, size_t n)
{
    if (u->kind == UPLOAD_MEMORY)
        return buf_append(u->memory, bytes, n) ? 413 : 0;
    return u->kind == UPLOAD_FILE ? file_append(u, bytes, n) : 0;
}

/* A place stays locked until the handler has noted what lies there. */
int upload_end(struct upload *u)
{
    if (u->kind != UPLOAD_FILE)
        return 0;
    if (u->hash ? sha256_finish(u->hash, u->file.sha256)
                : fingerprint_finish(u->print, u->file.print))
        return 500;
    if (u->file.placed)
        return 0;
    int failed = close(u->fd);
    u->fd = -1;
    return failed ? 507 : 0;
}

void upload_release(struct upload *u)
{
    if (u->fd >= 0)
        close(u->fd);
    if (u->file.path[0])
        unlink(u->file.path);
    sha256_free(u->hash);
    fingerprint_free(u->print);
    upload_init(u);
}
