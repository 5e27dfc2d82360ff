/* Small files of our own. Reading opens first and asks afterwards what was opened, so that nothing
 * can be exchanged in between; O_NONBLOCK keeps the opening of a FIFO from waiting for a writer.
 *
 * Writing goes to a temporary file beside the target, which takes the target's place only when all
 * bytes are on the disk: whoever reads, and whatever is left after a crash, sees the old content or
 * the new. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

static const char temporary_name[] = ".slipway-XXXXXX";

/* ---- reading ----------------------------------------------------------------------------------- */

/* What the operator gave is wrong, rather than the machine: ENXIO is a socket or the like. */
static bool is_input_errno(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ENXIO;
}

static int fail(struct err *e, int number, const char *what, const char *path)
{
    err_errno(e, number, "%s %s", what, path);
    if (e && is_input_errno(number))
        e->class = ERR_INPUT;
    return -1;
}

static int not_regular(struct err *e, const char *path)
{
    return err_set(e, ERR_INPUT, 0, "%s is not a regular file", path);
}

/* Opens a regular file for reading. */
static int open_regular(const char *path, struct stat *st, struct err *e)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail(e, errno, "cannot read", path);
    if (fstat(fd, st))
        fail(e, errno, "cannot read", path);
    else if (!S_ISREG(st->st_mode))
        not_regular(e, path);
    else
        return fd;
    close(fd);
    return -1;
}

/* Reads once into `out`. Where that has no room left, reads a byte to see whether the file has ended:
 * EFBIG when not. Returns as read(2). */
static ssize_t read_some(int fd, struct buf *out)
{
    char beyond;
    size_t room = out->max - out->len;
    size_t want = room < CHUNK ? room : CHUNK;
    if (buf_reserve(out, want)) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t got = want > 0 ? read(fd, out->data + out->len, want) : read(fd, &beyond, 1);
    if (got > 0 && want == 0) {
        out->full = true;
        errno = EFBIG;
        return -1;
    }
    if (got > 0)
        out->len += (size_t)got;
    return got;
}

static int read_all(int fd, const struct stat *st, struct buf *out)
{
    size_t size = st->st_size > 0 ? (size_t)st->st_size : 0;
    if (size > out->max - out->len) {
        out->full = true;
        errno = EFBIG;
        return -1;
    }
    /* Room for all at once, so that growing leaves no copies of a secret behind. */
    if (buf_reserve(out, size)) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t got;
    do
        got = read_some(fd, out);
    while (got > 0 || (got < 0 && errno == EINTR));
    return got < 0 ? -1 : 0;
}

int file_read(const char *path, struct buf *out, struct err *e)
{
    struct stat st;
    int fd = open_regular(path, &st, e);
    if (fd < 0)
        return -1;
    size_t before = out->len;
    int result = read_all(fd, &st, out);
    if (result) {
        fail(e, errno, "cannot read", path);
        out->len = before;
    }
    if (out->data)
        out->data[out->len] = '\0';
    close(fd);
    return result;
}

bool file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* The chmod that mends it, quoted for a shell: within single quotes only those need care. */
static int chmod_hint(struct err *e, const char *path)
{
    struct buf b;
    buf_init(&b, 5 * PATH_MAX);
    buf_str_append(&b, "chmod 600 '");
    for (const char *s = path; *s; s++)
        buf_str_append(&b, *s == '\'' ? "'\\''" : (const char[]){*s, '\0'});
    buf_char(&b, '\'');
    err_hint(e, "%s", b.full ? "chmod 600 it" : buf_str(&b));
    buf_release(&b);
    return -1;
}

int file_check_private(const char *path, struct err *e)
{
    struct stat st;
    if (stat(path, &st))
        return fail(e, errno, "cannot look at", path);
    if (!S_ISREG(st.st_mode))
        return not_regular(e, path);
    if (st.st_uid != geteuid()) {
        err_set(e, ERR_INPUT, 0, "%s belongs to another user", path);
        return err_hint(e, "make a copy of your own with mode 600");
    }
    if (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) {
        err_set(e, ERR_INPUT, 0, "%s may be read or written by others", path);
        return chmod_hint(e, path);
    }
    return 0;
}

/* ---- writing ----------------------------------------------------------------------------------- */

/* The folder that holds `path`, as a path. -1 with errno when that is too long. */
static int folder_of(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;
    if (n >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(out, slash ? path : ".", n);
    if (n == 0)
        out[n++] = '/'; /* "/name" */
    out[n] = '\0';
    return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

/* Makes the new name last. File systems that cannot do that for a folder say EINVAL. */
static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    int failed = errno;
    close(fd);
    errno = failed;
    return result && failed != EINVAL ? -1 : 0;
}

/* Fills the temporary file and closes it. */
static int fill(int fd, const void *bytes, size_t n)
{
    int result = fchmod(fd, 0600) || write_all(fd, bytes, n) || fsync(fd) ? -1 : 0;
    int failed = errno;
    if (close(fd) && result == 0)
        return -1;
    errno = failed;
    return result;
}

/* -1 with errno. */
static int replace(const char *path, const char *folder, const void *bytes, size_t n)
{
    char temporary[PATH_MAX + sizeof temporary_name];
    snprintf(temporary, sizeof temporary, "%s/%s", folder, temporary_name);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fill(fd, bytes, n) || rename(temporary, path)) {
        int failed = errno;
        unlink(temporary);
        errno = failed;
        return -1;
    }
    return sync_folder(folder);
}

int file_write(const char *path, const void *bytes, size_t n, struct err *e)
{
    char folder[PATH_MAX];
    if (folder_of(folder, path) || replace(path, folder, bytes, n))
        return err_errno(e, errno, "cannot write %s", path);
    return 0;
}

/* ---- folders ----------------------------------------------------------------------------------- */

static int make_one(const char *path)
{
    struct stat st;
    if (mkdir(path, 0700) == 0)
        return 0;
    int failed = errno;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    errno = failed == EEXIST ? ENOTDIR : failed;
    return -1;
}

int file_make_folder(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof part)
        return err_errno(e, n ? ENAMETOOLONG : ENOENT, "cannot make the folder %s", path);
    /* Every beginning that ends before a slash, then the whole. */
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (make_one(part))
            return err_errno(e, errno, "cannot make the folder %s", part);
    }
    return 0;
}
