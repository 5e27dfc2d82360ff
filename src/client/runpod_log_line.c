/* runpod_log_line: what a line says, taken out of its wrappings.
 *
 * The event is JSON with the container's line in it; the worker SDK's own line is JSON once more. Both
 * are foreign: what does not parse is shown whole. The level of an SDK line is the SDK's word, else
 * what the line itself shows. */
#include "client/runpod_log_line.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/runpod_read.h"

#include <string.h>
#include <strings.h>

enum { UNPACKED_MAX = 1024 * 1024 };

/* Behind the last carriage return that something follows: what a terminal would show in the end. */
static const char *last_written(const char *s, size_t *n)
{
    while (*n > 0 && (s[*n - 1] == '\r' || s[*n - 1] == '\n'))
        --*n;
    const char *cr = memrchr(s, '\r', *n);
    if (cr) {
        *n -= (size_t)(cr + 1 - s);
        s = cr + 1;
    }
    return s;
}

static bool level_of_word(const char *word, enum line_level *level)
{
    static const struct {
        const char *word;
        enum line_level level;
    } words[] = {{"DEBUG", LINE_DEBUG}, {"TRACE", LINE_DEBUG}, {"INFO", LINE_INFO},
        {"WARN", LINE_WARN}, {"WARNING", LINE_WARN}, {"ERROR", LINE_ERROR},
        {"CRITICAL", LINE_ERROR}, {"FATAL", LINE_ERROR}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(word, words[i].word) == 0) {
            *level = words[i].level;
            return true;
        }
    }
    return false;
}

/* An SDK line's message, with the request's id in front; false when it is none. */
static bool unpack(const char *s, size_t n, struct buf *message, enum line_level *level, bool *says)
{
    if (n == 0 || *s != '{')
        return false;
    struct json *j = json_parse(s, n, NULL);
    const char *text = json_str(j, "message");
    if (text) {
        const char *request = json_str(j, "requestId");
        if (request && *request)
            (void)buf_printf(message, "%s | ", request);
        (void)buf_str_append(message, text);
        *says = level_of_word(json_str_or(j, "level", ""), level);
    }
    json_free(j);
    return text && !message->full;
}

/* A text without room is empty. Room for one that could be shown tells that from a line of nothing. */
static enum runpod_log_line outcome(const struct log_line *line, struct arena *a)
{
    if (line->line.len > 0)
        return RUNPOD_LOG_LINE;
    return arena_alloc(a, LOG_LINE_SHOWN_MAX + 1) ? RUNPOD_LOG_LINE_NOTHING
                                                  : RUNPOD_LOG_LINE_NO_ROOM;
}

static enum runpod_log_line show(const char *s, size_t n, struct arena *a, struct log_line *out)
{
    struct buf message;
    bool says = false;
    buf_init(&message, UNPACKED_MAX);
    s = last_written(s, &n);
    if (unpack(s, n, &message, &out->level, &says)) {
        n = message.len;
        s = last_written(buf_str(&message), &n);
    }
    bool any = n > 0;
    if (any)
        out->line = runpod_text(a, s, n, LOG_LINE_SHOWN_MAX, TEXT_LINE);
    if (!says)
        out->level = line_level_of(out->line);
    buf_release(&message);
    return any ? outcome(out, a) : RUNPOD_LOG_LINE_NOTHING;
}

enum runpod_log_line runpod_log_line_read(
    const char *data, size_t n, int64_t at_ms, struct arena *a, struct log_line *out)
{
    *out =
        (struct log_line){.at_ms = at_ms, .origin = TEXT(""), .level = LINE_INFO, .line = TEXT("")};
    struct json *event = json_parse(data, n, NULL);
    const char *line = json_str(event, "line"), *ts = json_str(event, "ts");
    enum runpod_log_line result = RUNPOD_LOG_LINE_NOTHING;
    int64_t said;
    if (ts && clock_parse_rfc3339(ts, &said) == 0)
        out->at_ms = said;
    if (line)
        result = show(line, strlen(line), a, out);
    else if (json_kind(event) != JSON_OBJECT)
        result = show(data, n, a, out);
    json_free(event);
    return result;
}
