/* What is added goes out in one call, so that two processes with the same file do not mix their lines. What
 * a full disk cut off is ended first, so that the next line stands alone. */
#include "base/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int make_private(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return -1;
    return S_ISREG(st.st_mode) && (st.st_mode & 077) ? fchmod(fd, 0600) : 0;
}

/* O_NONBLOCK: a FIFO without a reader must not hang us; regular files do not care. */
static int open_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0 || make_private(fd) == 0)
        return fd;
    int failed = errno;
    close(fd);
    errno = failed;
    return -1;
}

int log_file_open(struct log_file *f, const char *path, uint64_t bytes_max, struct err *e)
{
    *f = (struct log_file){.fd = -1, .bytes_max = bytes_max};
    if (strlen(path) + sizeof ".1" > sizeof f->path)
        return err_errno(e, ENAMETOOLONG, "cannot open the log");
    if ((f->fd = open_private(path)) < 0)
        return err_errno(e, errno, "cannot open the log %s", path);
    snprintf(f->path, sizeof f->path, "%s", path);
    return 0;
}

void log_file_close(struct log_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* Whether the path still leads to our file: another process may have cut it over. */
static bool is_ours(const struct log_file *f, const struct stat *ours)
{
    struct stat st;
    return stat(f->path, &st) == 0 && st.st_dev == ours->st_dev && st.st_ino == ours->st_ino;
}

/* Begins a new file where the present one has no room for `n` more bytes; on failure the present one
 * stays open, but gets no longer. */
static int make_room(struct log_file *f, size_t n)
{
    struct stat st;
    if (fstat(f->fd, &st))
        return -1;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size + n <= f->bytes_max)
        return 0;
    char old[PATH_MAX];
    int length = snprintf(old, sizeof old, "%s.1", f->path);
    if (length < 0 || (size_t)length >= sizeof old || (is_ours(f, &st) && rename(f->path, old)))
        return -1;
    int fd = open_private(f->path);
    if (fd < 0)
        return -1;
    close(f->fd);
    f->fd = fd;
    f->torn = false;
    return 0;
}

int log_file_append(struct log_file *f, const char *lines, size_t n)
{
    if (f->fd < 0 || make_room(f, n + f->torn))
        return -1;
    char end[] = "\n";
    struct iovec parts[] = {
        {end, f->torn}, {(void *)(uintptr_t)lines, n}}; /* writev writes nothing to them */
    size_t whole = n + f->torn;
    ssize_t written;
    do
        written = writev(f->fd, parts, 2);
    while (written < 0 && errno == EINTR);
    if (written > 0)
        f->torn = (size_t)written < whole;
    return written >= 0 && (size_t)written == whole ? 0 : -1;
}
