/* Where a request's body goes: nowhere, to memory, or to a file whose SHA-256 is taken as it passes,
 * so that an upload of many gigabytes is read once and never held. */
#include "sim/exchange.h"
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

int upload_to_file(struct upload *u, const char *folder, struct err *e)
{
    int n = snprintf(u->file.path, sizeof u->file.path, "%s/upload-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof u->file.path)
        return err_set(e, ERR_IO, ENAMETOOLONG, "the store folder's path is too long");
    u->hash = sha256_new();
    if (!u->hash) {
        u->file.path[0] = '\0';
        return err_set(e, ERR_IO, ENOMEM, "cannot start a SHA-256");
    }
    u->fd = mkostemp(u->file.path, O_CLOEXEC);
    if (u->fd < 0) {
        u->file.path[0] = '\0';
        return err_errno(e, errno, "cannot make a file in %s", folder);
    }
    u->kind = UPLOAD_FILE;
    return 0;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

static int file_append(struct upload *u, const void *bytes, size_t n)
{
    if (sha256_add(u->hash, bytes, n))
        return 500;
    if (write_all(u->fd, bytes, n))
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

int upload_end(struct upload *u)
{
    if (u->kind != UPLOAD_FILE)
        return 0;
    if (sha256_finish(u->hash, u->file.sha256))
        return 500;
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
    upload_init(u);
}
