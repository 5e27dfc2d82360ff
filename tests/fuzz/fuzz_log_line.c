/* Any bytes as an event of a log stream: what comes of it can be drawn, holds no key, is no longer than a
 * line may be, and stays what it is when it is folded and read again. The first byte chooses whether the
 * rest is the whole event, or the line in a well-formed one, or a stream of events. */
#include "base/json.h"
#include "base/text.h"
#include "client/runpod_log_line.h"
#include "client/sse.h"
#include "model/log_fold.h"

#include <stdint.h>
#include <string.h>

enum { ARENA = 4 << 20, EVENT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(const struct log_line *line)
{
    struct buf again;
    if (line->line.len == 0 || line->line.len > LOG_LINE_SHOWN_MAX + LOG_LINE_TAIL_MAX ||
        memchr(line->line.s, '\n', line->line.len) || memchr(line->line.s, '\x1b', line->line.len))
        __builtin_trap();
    buf_init(&again, 8 * line->line.len + 64);
    if (text_safe(&again, line->line.s, line->line.len, TEXT_LINE) != 0 ||
        again.len != line->line.len || memcmp(buf_str(&again), line->line.s, again.len) != 0)
        __builtin_trap(); /* it was not clean, or not masked */
    buf_release(&again);
    if ((unsigned)line->level >= LINE_LEVELS || (unsigned)line->source >= LINE_SOURCES ||
        line->percent < -1 || line->percent > 100)
        __builtin_trap();
}

static void read_event(const char *data, size_t n)
{
    struct arena *a = arena_new(ARENA);
    struct log_line lines[3];
    if (!a)
        return;
    if (runpod_log_line_read(data, n, 1, a, &lines[0]) == RUNPOD_LOG_LINE) {
        check(&lines[0]);
        lines[1] = lines[2] = lines[0];
        if (log_fold_lines(lines, 3) != 1)
            __builtin_trap();
    }
    arena_free(a);
}

static void take(const struct sse_event *event, void *arg)
{
    (void)arg;
    read_event(event->data, event->length);
}

static void read_wrapped(const char *line, size_t n)
{
    struct buf text, event;
    struct json *j = json_new_object();
    buf_init(&text, EVENT_MAX);
    buf_init(&event, 8 * EVENT_MAX);
    for (size_t i = 0; i < n; i++)
        (void)buf_char(&text, line[i] ? line[i] : ' ');
    if (text_is_utf8(buf_str(&text), text.len) && json_add_str(j, "line", buf_str(&text)) == 0 &&
        json_print(j, &event) == 0)
        read_event(buf_str(&event), event.len);
    json_free(j);
    buf_release(&text);
    buf_release(&event);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct sse s;
    if (n < 1)
        return 0;
    const char *rest = (const char *)bytes + 1;
    switch (bytes[0] % 3) {
    case 0:
        read_event(rest, n - 1);
        return 0;
    case 1:
        read_wrapped(rest, n - 1);
        return 0;
    default:
        sse_init(&s);
        s.line.max = s.data.max = 256;
        sse_feed(&s, rest, n - 1, take, NULL);
        sse_release(&s);
        return 0;
    }
}
