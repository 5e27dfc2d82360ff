/* Lines of the log file are "2026-11-23T06:05:00.123Z info  part: …" (base/log.h). Only whole ones are
 * taken; the rest is there at the next look. A file that became shorter is a new one. */
#include "app/logs_internal.h"
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_MAX = 1 << 20, LINE_ARENA = 64 * 1024, STAMP = 24, LEVEL = 5 };

static void hand_out(const char *s, size_t n, logs_own_fn *each, void *arg)
{
    char at[STAMP + 1] = "", level[LEVEL + 1] = "";
    struct log_line line = {.source = LINE_OWN, .percent = -1, .origin = TEXT("slipway")};
    struct arena *a = n > STAMP + LEVEL + 2 ? arena_new(LINE_ARENA) : NULL;
    if (!a)
        return;
    memcpy(at, s, STAMP);
    memcpy(level, s + STAMP + 1, LEVEL);
    level[strcspn(level, " ")] = '\0';
    if (clock_parse_rfc3339(at, &line.at_ms) == 0 && line_level_named(level, &line.level) == 0) {
        line.line = text_new(a, s + STAMP + LEVEL + 2, n - STAMP - LEVEL - 2, TEXT_LINE);
        each(arg, &line);
    }
    arena_free(a);
}

/* From *at on, at most READ_MAX; *at goes behind the last whole line. */
static void read_lines(int fd, int64_t *at, bool cut, logs_own_fn *each, void *arg)
{
    struct buf bytes;
    buf_init(&bytes, READ_MAX);
    if (buf_reserve(&bytes, READ_MAX) == 0) {
        ssize_t got = pread(fd, bytes.data, READ_MAX, (off_t)*at);
        bytes.len = got > 0 ? (size_t)got : 0;
    }
    size_t begin = 0;
    for (const char *end; begin < bytes.len; begin = (size_t)(end + 1 - bytes.data)) {
        if (!(end = memchr(bytes.data + begin, '\n', bytes.len - begin)))
            break;
        if (!(cut && begin == 0)) /* else it is the end of a line */
            hand_out(bytes.data + begin, (size_t)(end - bytes.data) - begin, each, arg);
    }
    *at += (int64_t)begin;
    buf_release(&bytes);
}

void logs_own_read(const char *path, int64_t *at, logs_own_fn *each, void *arg)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        bool from_end = *at == 0 && st.st_size > READ_MAX;
        if (from_end)
            *at = st.st_size - READ_MAX;
        else if (st.st_size < *at)
            *at = 0;
        if (st.st_size > *at)
            read_lines(fd, at, from_end, each, arg);
    }
    close(fd);
}
