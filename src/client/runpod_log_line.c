/* runpod_log_line: what a line says, taken out of its wrappings.
 *
 * The event is JSON with the container's line in it; the worker SDK's own line is JSON once more. Both
 * are foreign: what does not parse is shown whole. The level of an SDK line is the SDK's word, else
 * what the line itself shows. */
#include "client/runpod_log_line.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    UNPACKED_MAX = 1024 * 1024,
    /* Of a longer line only the beginning is looked at: so much that no secret, however it is encoded, that
     * is cut at its end reaches into what is shown. */
    HEAD_MAX = 128 * 1024,
    SURE_MAX = HEAD_MAX - 8 * SECRET_BYTES_MAX
};

static bool is_blank(const char *s, size_t n)
{
    while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
        n--;
    return n == 0;
}

/* Behind the last carriage return that something to see follows: what a terminal would show in the end. */
static const char *last_written(const char *s, size_t *n)
{
    const char *cr;
    while (*n > 0 && (s[*n - 1] == '\r' || s[*n - 1] == '\n'))
        --*n;
    while ((cr = memrchr(s, '\r', *n))) {
        size_t behind = *n - (size_t)(cr + 1 - s);
        if (!is_blank(cr + 1, behind)) {
            *n = behind;
            return cr + 1;
        }
        *n = (size_t)(cr - s);
    }
    return s;
}

/* ---- the SDK's lines ----------------------------------------------------------------------------- */

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

/* ---- cutting --------------------------------------------------------------------------------------- */

/* How much of the line is to be cleaned; see HEAD_MAX. What would not fill the line is cleaned whole. */
static size_t head_of(const char *s, size_t n)
{
    struct buf clean;
    if (n <= HEAD_MAX)
        return n;
    buf_init(&clean, LOG_LINE_SHOWN_MAX + 1);
    bool fills = text_safe(&clean, s, SURE_MAX, TEXT_LINE) != 0;
    buf_release(&clean);
    return fills ? HEAD_MAX : n;
}

/* Cuts it at a character and says how much is missing. */
static void cut_behind(struct buf *safe, size_t missing)
{
    size_t end = LOG_LINE_SHOWN_MAX;
    while (end > 0 && ((unsigned char)safe->data[end] & 0xC0) == 0x80)
        end--;
    missing += safe->len - end;
    safe->len = end;
    (void)buf_printf(safe, "… (+%zu bytes)", missing);
}

/* At most LOG_LINE_SHOWN_MAX bytes of it. */
static struct text cut_line(struct arena *a, const char *s, size_t n)
{
    struct buf safe;
    struct text t = TEXT("");
    size_t head = head_of(s, n);
    buf_init(&safe, 8 * head + LOG_LINE_TAIL_MAX); /* a TAB becomes up to 8 spaces */
    if (text_safe(&safe, s, head, TEXT_LINE) == 0) {
        if (safe.len > LOG_LINE_SHOWN_MAX)
            cut_behind(&safe, n - head);
        t = text_dup(a, (struct text){buf_str(&safe), safe.len});
    }
    buf_release(&safe);
    return t;
}

/* ---- a line ---------------------------------------------------------------------------------------- */

/* A text without room is empty. Room for one that could be shown tells that from a line of nothing. */
static enum runpod_log_line outcome(const struct log_line *line, struct arena *a)
{
    if (line->line.len > 0)
        return RUNPOD_LOG_LINE;
    return arena_alloc(a, LOG_LINE_SHOWN_MAX + LOG_LINE_TAIL_MAX + 1) ? RUNPOD_LOG_LINE_NOTHING
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
        out->line = cut_line(a, s, n);
    if (!says)
        out->level = line_level_of(out->line);
    out->bar = line_bar_of(out->line, &out->percent);
    buf_release(&message);
    return any ? outcome(out, a) : RUNPOD_LOG_LINE_NOTHING;
}

/* ---- an event -------------------------------------------------------------------------------------- */

static int hex_of(const char *s, size_t n)
{
    char digits[5] = "";
    if (n < 4)
        return -1;
    memcpy(digits, s, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? (int)strtol(digits, NULL, 16) : -1;
}

/* One escape, *at its backslash: what cJSON does not take (NUL, half a pair) becomes something to see.
 * False when it is not whole. */
static bool mend_escape(struct buf *out, const char *s, size_t n, size_t *at)
{
    const char *p = s + *at;
    size_t left = n - *at;
    if (left < 2 || (p[1] == 'u' && left < 6))
        return false;
    int code = p[1] == 'u' ? hex_of(p + 2, left - 2) : -1;
    bool high = code >= 0xD800 && code < 0xDC00;
    if (high && left >= 12 && p[6] == '\\' && p[7] == 'u' && hex_of(p + 8, left - 8) >= 0xDC00 &&
        hex_of(p + 8, left - 8) < 0xE000) {
        *at += 12;
        return buf_append(out, p, 12) == 0;
    }
    size_t length = p[1] == 'u' ? 6 : 2;
    *at += length;
    if (code == 0)
        return buf_str_append(out, "\\u2400") == 0;
    if (code >= 0xD800 && code < 0xE000)
        return buf_str_append(out, "\\ufffd") == 0;
    return buf_append(out, p, length) == 0;
}

/* An object whose end was cut off within a text, or that holds what the parser does not take: as much
 * of it as is whole. NULL = it cannot be mended. */
static struct json *parse_mended(const char *data, size_t n)
{
    struct buf mended;
    bool quoted = false, whole = n > 0 && data[0] == '{';
    buf_init(&mended, 3 * n + 8);
    for (size_t at = 0; whole && at < n;) {
        if (quoted && data[at] == '\\') {
            if (!mend_escape(&mended, data, n, &at))
                break;
            continue;
        }
        quoted = quoted != (data[at] == '"');
        if (data[at])
            (void)buf_char(&mended, data[at]);
        else
            (void)buf_str_append(&mended, "\u2400");
        at++;
    }
    if (quoted)
        (void)buf_str_append(&mended, "\"}");
    struct json *j = whole && !mended.full ? json_parse(buf_str(&mended), mended.len, NULL) : NULL;
    buf_release(&mended);
    return j;
}

enum runpod_log_line runpod_log_line_read(
    const char *data, size_t n, int64_t at_ms, struct arena *a, struct log_line *out)
{
    *out = (struct log_line){
        .at_ms = at_ms, .origin = TEXT(""), .level = LINE_INFO, .line = TEXT(""), .percent = -1};
    struct json *event = json_parse(data, n, NULL);
    if (!event)
        event = parse_mended(data, n);
    const char *line = json_str(event, "line"), *ts = json_str(event, "ts");
    enum runpod_log_line result = RUNPOD_LOG_LINE_NOTHING;
    int64_t said;
    if (ts && clock_parse_rfc3339(ts, &said) == 0)
        out->at_ms = said;
    if (strcmp(json_str_or(event, "source", ""), "system") == 0)
        out->source = LINE_SYSTEM;
    if (line)
        result = show(line, strlen(line), a, out);
    else if (json_kind(event) != JSON_OBJECT)
        result = show(data, n, a, out);
    out->order_ms = out->at_ms;
    json_free(event);
    return result;
}
