/* A line is made outside the lock: formatted whole, made safe (text_safe), and only then cut to
 * LOG_LINE_MAX: a cut through a secret would leave a beginning that nobody recognises. A line too
 * long even to be made whole is not cut but replaced by a note.
 *
 * Under the lock it gets its time stamp (so that the file is in order) and goes out in one write, so
 * that two processes with the same file do not mix their lines. */
#include "base/log.h"

#include "base/secret.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RAW_MAX = 256 * 1024,    /* of a line before it is cut */
    CLEAN_MAX = 8 * RAW_MAX, /* cleaning never makes more of it */
    STAMP = sizeof "2026-11-23T06:05:00.123Z" - 1,
    CLOSED = LOG_ERROR + 1, /* as the least level: everything is dropped */
};

static struct {
    pthread_mutex_t lock;
    atomic_int least; /* read without the lock, to drop lines early */
    atomic_uint_fast64_t lost;
    /* under the lock */
    int fd; /* -1 = closed */
    char path[PATH_MAX];
    struct clock *clock;
    bool torn; /* the last write stopped within a line */
} the = {.lock = PTHREAD_MUTEX_INITIALIZER, .least = CLOSED, .fd = -1};

static const char ellipsis[] = "\u2026";
static const char *const level_names[] = {"debug", "info ", "warn ", "error"};

/* ---- the file ---------------------------------------------------------------------------------- */

static int make_private(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return -1;
    return S_ISREG(st.st_mode) && (st.st_mode & 077) ? fchmod(fd, 0600) : 0;
}

/* O_NONBLOCK: a FIFO without a reader must not hang us; regular files do not care. */
static int open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0 || make_private(fd) == 0)
        return fd;
    int failed = errno;
    close(fd);
    errno = failed;
    return -1;
}

int log_open(const char *path, enum log_level least, struct clock *clock, struct err *e)
{
    log_close();
    if (strlen(path) + sizeof ".1" > sizeof the.path)
        return err_errno(e, ENAMETOOLONG, "cannot open the log");
    int fd = open_file(path);
    if (fd < 0)
        return err_errno(e, errno, "cannot open the log %s", path);
    pthread_mutex_lock(&the.lock);
    the.fd = fd;
    the.clock = clock;
    the.torn = false;
    snprintf(the.path, sizeof the.path, "%s", path);
    the.lost = 0;
    the.least = (int)least;
    pthread_mutex_unlock(&the.lock);
    return 0;
}

void log_close(void)
{
    pthread_mutex_lock(&the.lock);
    the.least = CLOSED;
    if (the.fd >= 0)
        close(the.fd);
    the.fd = -1;
    the.clock = NULL;
    pthread_mutex_unlock(&the.lock);
}

uint64_t log_lost(void)
{
    return the.lost;
}

/* Lock held. Whether the path still leads to our file: another process may have cut it over. */
static bool is_ours(const struct stat *ours)
{
    struct stat st;
    return stat(the.path, &st) == 0 && st.st_dev == ours->st_dev && st.st_ino == ours->st_ino;
}

/* Lock held. Begins a new file where the present one has no room for `n` more bytes; on failure the
 * present one stays open, but gets no longer. */
static int make_room(size_t n)
{
    struct stat st;
    if (fstat(the.fd, &st))
        return -1;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size + n <= LOG_FILE_BYTES_MAX)
        return 0;
    char old[PATH_MAX];
    int length = snprintf(old, sizeof old, "%s.1", the.path);
    if (length < 0 || (size_t)length >= sizeof old || (is_ours(&st) && rename(the.path, old)))
        return -1;
    int fd = open_file(the.path);
    if (fd < 0)
        return -1;
    close(the.fd);
    the.fd = fd;
    the.torn = false;
    return 0;
}

/* Lock held. */
static int write_whole(const char *line, size_t n)
{
    ssize_t written;
    do
        written = write(the.fd, line, n);
    while (written < 0 && errno == EINTR);
    if (written > 0)
        the.torn = (size_t)written < n;
    return written >= 0 && (size_t)written == n ? 0 : -1;
}

/* Lock held. Gives the line its time and writes it. What a full disk cut off is ended first, so that
 * this line stands alone. */
static int write_line(char *line, size_t n)
{
    char stamp[CLOCK_RFC3339_MAX];
    clock_rfc3339(stamp, clock_wall_ms(the.clock), 1);
    memcpy(line + 1, stamp, strnlen(stamp, STAMP));
    if (make_room(the.torn ? n : n - 1))
        return -1;
    return the.torn ? write_whole(line, n) : write_whole(line + 1, n - 1);
}

/* ---- making a line ----------------------------------------------------------------------------- */

/* Appends " info  http: …" as it may leave the process. */
__attribute__((format(printf, 4, 0))) static int make_text(
    struct buf *out, enum log_level level, const char *part, const char *format, va_list args)
{
    struct buf raw;
    buf_init(&raw, RAW_MAX);
    int failed = buf_printf(&raw, " %s %s: ", level_names[level], part);
    if (buf_vprintf(&raw, format, args))
        failed |= buf_printf(&raw, "(more than %d bytes, left out)", RAW_MAX);
    failed |= text_safe(out, buf_str(&raw), raw.len, TEXT_LINE);
    buf_release_secret(&raw);
    return failed;
}

/* Copies clean text into `out`, cut at a character with an ellipsis where it does not fit. */
static size_t copy_cut(char *out, size_t room, const char *s, size_t n)
{
    if (n <= room) {
        memcpy(out, s, n);
        return n;
    }
    size_t keep = room - (sizeof ellipsis - 1);
    while (keep > 0 && ((unsigned char)s[keep] & 0xC0) == 0x80)
        keep--;
    memcpy(out, s, keep);
    memcpy(out + keep, ellipsis, sizeof ellipsis - 1);
    return keep + sizeof ellipsis - 1;
}

__attribute__((format(printf, 3, 0))) static void log_args(
    enum log_level level, const char *part, const char *format, va_list args)
{
    /* A line feed that is used after a torn line, the stamp, the text, a line feed. */
    char line[1 + LOG_LINE_MAX] = "\n";
    memset(line + 1, ' ', STAMP);
    struct buf safe;
    buf_init(&safe, CLEAN_MAX);
    int failed = make_text(&safe, level, part, format, args);
    size_t n = 1 + STAMP;
    n += copy_cut(line + n, sizeof line - n - 1, buf_str(&safe), safe.len);
    line[n++] = '\n';
    buf_release(&safe);
    pthread_mutex_lock(&the.lock);
    if (the.fd >= 0 && (failed || write_line(line, n)))
        the.lost++;
    pthread_mutex_unlock(&the.lock);
}

void log_line(enum log_level level, const char *part, const char *format, ...)
{
    if ((int)level < the.least)
        return;
    int kept = errno;
    va_list args;
    va_start(args, format);
    log_args(level, part, format, args);
    va_end(args);
    errno = kept;
}

void log_err(enum log_level level, const char *part, const struct err *e)
{
    log_line(level, part, "[%s %d] %s%s%s", err_class_name(e->class), e->number, e->message,
        e->hint[0] ? " -- " : "", e->hint);
}
