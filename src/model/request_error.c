/* The deciding words lie in different places: the SDK's JSON has error_type and error_message, engines have
 * {"error": {"message": …}}, often printed by Python and with JSON again inside the message. They are looked
 * for from outside in, as deep as that goes on; what is none of these is a text, of which the last line
 * counts in a traceback, else the first. */
#include "model/request_error.h"

#include "base/buf.h"
#include "model/python_value.h"

#include <stdbool.h>
#include <string.h>

enum { INNER_MAX = 3, JSON_MAX = 256 * 1024 };

struct json *request_error_json(struct text error)
{
    struct buf b;
    if (error.len == 0 || !strchr("{[( \n", error.s[0]))
        return NULL;
    struct json *j = json_parse(error.s, error.len, NULL);
    if (!j) {
        buf_init(&b, JSON_MAX);
        if (python_value_json(error.s, error.len, &b) == 0)
            j = json_parse(buf_str(&b), b.len, NULL);
        buf_release(&b);
    }
    if (json_kind(j) == JSON_OBJECT || json_kind(j) == JSON_ARRAY)
        return j;
    json_free(j);
    return NULL;
}

/* ---- one line ------------------------------------------------------------------------------------ */

/* "<class 'torch.cuda.OutOfMemoryError'>" is OutOfMemoryError. */
static struct text short_type(const char *type)
{
    static const char begin[] = "<class '";
    size_t n = strlen(type);
    if (strncmp(type, begin, strlen(begin)) == 0) {
        type += strlen(begin);
        n = strcspn(type, "'");
    }
    for (size_t i = n; i > 0; i--)
        if (type[i - 1] == '.')
            return (struct text){type + i, n - i};
    return (struct text){type, n};
}

static const struct json *first_error(const struct json *j)
{
    static const char *const inside[] = {"error", "errors", "detail", "output"};
    if (json_kind(j) == JSON_ARRAY)
        return json_first(j);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        enum json_kind kind = json_kind(json_get(j, inside[i]));
        if (kind == JSON_OBJECT || kind == JSON_ARRAY)
            return json_get(j, inside[i]);
    }
    return NULL;
}

static const char *message_of(const struct json *j)
{
    static const char *const keys[] = {
        "error_message", "message", "error", "detail", "msg", "title"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *s = json_str(j, keys[i]);
        if (s && *s)
            return s;
    }
    return json_string(j);
}

static bool is_blank(const char *s, size_t n)
{
    while (n > 0 && strchr(" \t\r", s[n - 1]))
        n--;
    return n == 0;
}

/* The last line of a traceback, else the first that is not blank. */
static struct text line_of(const char *s, size_t n)
{
    bool last = memmem(s, n, "Traceback (most recent", 22) != NULL;
    struct text found = {"", 0};
    for (size_t at = 0; at < n;) {
        const char *feed = memchr(s + at, '\n', n - at);
        size_t length = feed ? (size_t)(feed - (s + at)) : n - at;
        if (!is_blank(s + at, length)) {
            found = (struct text){s + at, length};
            if (!last)
                break;
        }
        at += length + 1;
    }
    while (found.len > 0 && *found.s == ' ')
        found.s++, found.len--;
    return found;
}

static void add_text(struct buf *out, const char *s, size_t n, int inner);

/* "ValueError: " unless the words behind it begin with it themselves. */
static void add_type(struct buf *out, struct text type, const char *message)
{
    struct text line = message ? line_of(message, strlen(message)) : (struct text){"", 0};
    bool said = line.len >= type.len && memcmp(line.s, type.s, type.len) == 0;
    if (type.len > 0 && !said)
        (void)buf_printf(out, "%.*s%s", (int)type.len, type.s, message ? ": " : "");
}

static void add_tree(struct buf *out, const struct json *j, int inner)
{
    const struct json *deeper;
    while (!message_of(j) && (deeper = first_error(j)))
        j = deeper;
    const char *type = json_str(j, "error_type"), *message = message_of(j);
    message = message ? message : json_str(j, "error_traceback");
    add_type(out, type ? short_type(type) : (struct text){"", 0}, message);
    if (message)
        add_text(out, message, strlen(message), inner + 1);
    else if (!type)
        (void)json_print(j, out);
}

/* A sentence may end in JSON: "vLLM returned HTTP 400: {…}". */
static void add_text(struct buf *out, const char *s, size_t n, int inner)
{
    const char *brace = inner <= INNER_MAX ? memchr(s, '{', n) : NULL;
    size_t before = brace ? (size_t)(brace - s) : n;
    struct json *j = brace ? request_error_json((struct text){brace, n - before}) : NULL;
    if (j) {
        (void)buf_append(out, s, before);
        add_tree(out, j, inner);
    } else {
        struct text line = line_of(s, n);
        (void)buf_append(out, line.s, line.len);
    }
    json_free(j);
}

/* Whole characters of at most REQUEST_WHY_MAX bytes. */
static size_t cut_at(const struct buf *b)
{
    size_t n = b->len < REQUEST_WHY_MAX ? b->len : REQUEST_WHY_MAX;
    while (n > 0 && n < b->len && ((unsigned char)b->data[n] & 0xC0) == 0x80)
        n--;
    return n;
}

struct text request_error_line(struct arena *a, struct text error)
{
    struct buf line, safe;
    struct text t = TEXT("");
    if (error.len == 0)
        return t;
    buf_init(&line, JSON_MAX);
    buf_init(&safe, 2 * JSON_MAX);
    struct json *j = request_error_json(error);
    if (j)
        add_tree(&line, j, 0);
    else
        add_text(&line, error.s, error.len, 0);
    json_free(j);
    if (text_safe(&safe, buf_str(&line), line.len, TEXT_LINE) == 0)
        t = text_new(a, buf_str(&safe), cut_at(&safe), TEXT_LINE);
    buf_release(&line);
    buf_release(&safe);
    return t;
}
