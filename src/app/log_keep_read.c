/* Reading what log_keep.c wrote. The file is ours, but may have been edited: its texts are cleaned like
 * foreign ones, and a line that is none is left out. */
#include "app/log_keep.h"
#include "base/buf.h"
#include "base/clock.h"
#include "client/runpod.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIELDS = 7, LINE_ARENA = 256 * 1024, LINE_BYTES_MAX = 16 * 1024 };
enum field { AT, LEVEL, SOURCE, ENDPOINT, ORIGIN, SAID, COUNT };

/* Cuts the line at its tabs; false when there are too few or too many. */
static bool cut(char *line, char *fields[FIELDS])
{
    size_t n = 0;
    fields[COUNT] = NULL;
    for (char *rest = line; rest;) {
        if (n == FIELDS)
            return false;
        fields[n++] = strsep(&rest, "\t");
    }
    return n > SAID;
}

static void hand_out(char *bytes, log_keep_fn *each, void *arg)
{
    char *fields[FIELDS];
    struct log_line line = {.percent = -1};
    struct arena *a = strlen(bytes) < LINE_BYTES_MAX ? arena_new(LINE_ARENA) : NULL;
    if (a && cut(bytes, fields) && clock_parse_rfc3339(fields[AT], &line.at_ms) == 0 &&
        line_level_named(fields[LEVEL], &line.level) == 0 &&
        line_source_named(fields[SOURCE], &line.source) == 0) {
        line.order_ms = line.at_ms;
        line.origin = text_from(a, fields[ORIGIN]);
        line.line = text_from(a, fields[SAID]);
        line.endpoint_id = runpod_id_ok(fields[ENDPOINT]) ? fields[ENDPOINT] : NULL;
        line.count = fields[COUNT] ? (uint32_t)strtoul(fields[COUNT], NULL, 10) : 0;
        line.bar = line_bar_of(line.line, &line.percent);
        each(arg, &line);
    }
    arena_free(a);
}

static void hand_out_all(char *bytes, log_keep_fn *each, void *arg)
{
    for (char *rest = bytes; rest;) {
        char *line = strsep(&rest, "\n");
        if (rest && *line) /* the last one is not whole, or empty */
            hand_out(line, each, arg);
    }
}

/* The end of a file, from the beginning of a line on. Never blocks on what is no regular file. */
static void read_end(const char *path, size_t most, struct buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    size_t size = good ? (size_t)st.st_size : 0, n = size < most ? size : most;
    buf_init(out, n);
    if (n > 0 && buf_reserve(out, n) == 0) {
        ssize_t got = pread(fd, out->data, n, (off_t)(size - n));
        out->len = got > 0 ? (size_t)got : 0;
        out->data[out->len] = '\0';
    }
    if (fd >= 0)
        close(fd);
    const char *first = n < size && out->len > 0 ? memchr(out->data, '\n', out->len) : NULL;
    if (first)
        buf_drop(out, (size_t)(first + 1 - out->data));
}

void log_keep_read(const char *folder, size_t most, log_keep_fn *each, void *arg)
{
    static const char *const endings[] = {"", ".1"};
    struct buf bytes[2];
    char path[PATH_MAX];
    for (size_t i = 0; i < 2; i++) {
        int length = snprintf(path, sizeof path, "%s/%s%s", folder, LOG_KEEP_NAME, endings[i]);
        read_end(length > 0 && (size_t)length < sizeof path ? path : "", most, &bytes[i]);
        most -= bytes[i].len < most ? bytes[i].len : most;
    }
    for (size_t i = 2; i-- > 0;) {
        if (bytes[i].len > 0)
            hand_out_all(bytes[i].data, each, arg);
        buf_release(&bytes[i]);
    }
}
