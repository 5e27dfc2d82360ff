/* Any bytes as the log of a worker: each line is cleaned as a line of a stream is, its first byte says which source it
 * has, when it came and how often. What is read of it points at lines that were given, holds well-formed
 * texts of a bounded length, does not contradict itself, and is the same the second time. */
#include "base/text.h"
#include "model/crash.h"

#include <stdint.h>
#include <string.h>

enum { ARENA = 8 << 20, LINES_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static size_t lines_of(const char *s, size_t n, struct arena *a, struct log_line *lines)
{
    size_t count = 0;
    while (n > 0 && count < LINES_MAX) {
        const char *end = memchr(s, '\n', n);
        size_t length = end ? (size_t)(end - s) : n;
        unsigned char first = length ? (unsigned char)s[0] : 0;
        bool marked = first < 32;
        size_t shown = length - marked < LOG_LINE_SHOWN_MAX ? length - marked : LOG_LINE_SHOWN_MAX;
        if (length > 0)
            lines[count] = (struct log_line){.line = text_new(a, s + marked, shown, TEXT_LINE),
                .source = marked && (first & 1) ? LINE_SYSTEM : LINE_CONTAINER,
                .at_ms = marked ? (int64_t)count * first * 1000 : -1,
                .count = marked && (first & 2) ? first : 0,
                .lost = first == 4};
        count += length > 0;
        n -= length + (end != NULL);
        s += length + (end != NULL);
    }
    return count;
}

static bool is_one_of(const struct log_line *line, const struct log_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i].line.s == line->line.s)
            return true;
    return false;
}

static void check(const struct crash *c, const struct log_line *lines, size_t count)
{
    bool sound = c->line_count <= CRASH_LINES_MAX && c->value_count <= CRASH_VALUES_MAX &&
                 c->starts >= 0 && c->ends >= 0 && c->crashes >= 0 && !(c->serves && c->crashed) &&
                 !(c->pulling && c->loading) && (!c->cause || c->crashes > 0) &&
                 (!c->crashed || c->line_count > 0) && text_is_utf8(c->version.s, c->version.len);
    for (size_t i = 0; i < c->line_count; i++)
        sound = sound && is_one_of(&c->lines[i], lines, count);
    for (size_t i = 0; i < c->value_count; i++)
        sound = sound && c->values[i].text.len > 0 && c->values[i].kind < CRASH_VALUE_KINDS &&
                text_is_utf8(c->values[i].text.s, c->values[i].text.len);
    if (!sound)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct log_line lines[LINES_MAX];
    struct crash once, again;
    struct arena *a = arena_new(ARENA);
    if (!a)
        return 0;
    size_t count = lines_of((const char *)bytes, n, a, lines);
    if (crash_read(lines, count, a, &once) == 0 && crash_read(lines, count, a, &again) == 0) {
        check(&once, lines, count);
        if (once.cause != again.cause || once.line_count != again.line_count ||
            once.value_count != again.value_count || once.starts != again.starts)
            __builtin_trap();
    }
    arena_free(a);
    return 0;
}
