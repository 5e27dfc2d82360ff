/* A line is made outside the lock: formatted whole, made safe (text_safe), and only then cut to
 * LOG_LINE_MAX: a cut through a secret would leave a beginning that nobody recognises. A line too
 * long even to be made whole is not cut but replaced by a note.
 *
 * Under the lock it gets its time stamp (so that the file is in order) and goes out in one write, so
 * that two processes with the same file do not mix their lines. */
#include "base/log.h"

#include "base/log_file.h"
#include "base/secret.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

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
    struct log_file file;
    struct clock *clock;
} the = {.lock = PTHREAD_MUTEX_INITIALIZER, .least = CLOSED, .file = {.fd = -1}};

static const char ellipsis[] = "\u2026";
static const char *const level_names[] = {"debug", "info ", "warn ", "error"};

/* ---- the file ---------------------------------------------------------------------------------- */

int log_open(const char *path, enum log_level least, struct clock *clock, struct err *e)
{
    struct log_file file;
    log_close();
    if (log_file_open(&file, path, LOG_FILE_BYTES_MAX, e))
        return -1;
    pthread_mutex_lock(&the.lock);
    the.file = file;
    the.clock = clock;
    the.lost = 0;
    the.least = (int)least;
    pthread_mutex_unlock(&the.lock);
    return 0;
}

void log_close(void)
{
    pthread_mutex_lock(&the.lock);
    the.least = CLOSED;
    log_file_close(&the.file);
    the.clock = NULL;
    pthread_mutex_unlock(&the.lock);
}

uint64_t log_lost(void)
{
    return the.lost;
}

/* Lock held. Gives the line its time and writes it. */
static int write_line(char *line, size_t n)
{
    char stamp[CLOCK_RFC3339_MAX];
    clock_rfc3339(stamp, clock_wall_ms(the.clock), 1);
    memcpy(line, stamp, strnlen(stamp, STAMP));
    return log_file_append(&the.file, line, n);
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
    char line[LOG_LINE_MAX]; /* the stamp, the text, a line feed */
    memset(line, ' ', STAMP);
    struct buf safe;
    buf_init(&safe, CLEAN_MAX);
    int failed = make_text(&safe, level, part, format, args);
    size_t n = STAMP;
    n += copy_cut(line + n, sizeof line - n - 1, buf_str(&safe), safe.len);
    line[n++] = '\n';
    buf_release(&safe);
    pthread_mutex_lock(&the.lock);
    if (the.file.fd >= 0 && (failed || write_line(line, n)))
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
