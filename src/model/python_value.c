/* A recursive descent over Python's literals that writes JSON as it goes. Whatever is not plainly a literal
 * ends it: half of an error turned into JSON would be worse than all of it as it came. */
#include "model/python_value.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const char *at, *end;
    struct buf *out;
};

static int value(struct reader *r, int depth);

static void skip_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_space(r);
    if (r->at >= r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings ------------------------------------------------------------------------------------- */

/* One character of a JSON string. */
static int put_code(struct buf *out, uint32_t code)
{
    if (code == 0 || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF)
        return -1;
    if (code >= 0x10000) {
        code -= 0x10000;
        return buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xD800 + (code >> 10)),
            (unsigned)(0xDC00 + (code & 0x3FF)));
    }
    return buf_printf(out, "\\u%04x", (unsigned)code);
}

/* Exactly `digits` hexadecimal digits. */
static int put_hex(struct reader *r, int digits)
{
    uint32_t code = 0;
    for (int i = 0; i < digits; i++, r->at++) {
        const char *found = r->at < r->end ? strchr("0123456789abcdef", *r->at | 0x20) : NULL;
        if (!found || *found == 0)
            return -1;
        code = code << 4 | (uint32_t)(found - "0123456789abcdef");
    }
    return put_code(r->out, code);
}

static int put_escape(struct reader *r)
{
    static const char names[] = "nrtabfv\\'\"", codes[] = "\n\r\t\a\b\f\v\\'\"";
    if (r->at >= r->end)
        return -1;
    char c = *r->at++;
    const char *found = c ? strchr(names, c) : NULL;
    if (found)
        return put_code(r->out, (unsigned char)codes[found - names]);
    return c == 'x' ? put_hex(r, 2) : c == 'u' ? put_hex(r, 4) : c == 'U' ? put_hex(r, 8) : -1;
}

static int string(struct reader *r, char quote)
{
    int failed = buf_char(r->out, '"');
    while (!failed && r->at < r->end && *r->at != quote) {
        char c = *r->at++;
        if (c == '\\')
            failed = put_escape(r);
        else if (c == '"' || (unsigned char)c < 0x20)
            failed = put_code(r->out, (unsigned char)c);
        else
            failed = buf_char(r->out, c);
    }
    if (failed || r->at >= r->end)
        return -1;
    r->at++;
    return buf_char(r->out, '"');
}

/* ---- words and numbers --------------------------------------------------------------------------- */

static int word(struct reader *r)
{
    static const struct {
        const char *python, *json;
    } words[] = {{"None", "null"}, {"True", "true"}, {"False", "false"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].python);
        if ((size_t)(r->end - r->at) >= n && memcmp(r->at, words[i].python, n) == 0) {
            r->at += n;
            return buf_str_append(r->out, words[i].json);
        }
    }
    return -1;
}

static size_t digits(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - from);
}

/* As repr writes them: -12, 0.5, 1e-05. */
static int number(struct reader *r)
{
    const char *from = r->at;
    if (*r->at == '-')
        r->at++;
    const char *first = r->at;
    size_t whole = digits(r);
    if (whole == 0 || (whole > 1 && *first == '0'))
        return -1;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (digits(r) == 0)
            return -1;
    }
    if (r->at < r->end && *r->at == 'e') {
        r->at++;
        if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
            r->at++;
        if (digits(r) == 0)
            return -1;
    }
    return buf_append(r->out, from, (size_t)(r->at - from));
}

/* ---- lists and dicts ----------------------------------------------------------------------------- */

static int list(struct reader *r, char close, int depth)
{
    int failed = buf_char(r->out, '[');
    for (bool first = true; !failed && !take(r, close); first = false) {
        if (!first && (!take(r, ',') || buf_char(r->out, ',')))
            return -1;
        if (!first && take(r, close)) { /* "(1,)" */
            r->out->len--;
            break;
        }
        failed = value(r, depth);
    }
    return failed || buf_char(r->out, ']') ? -1 : 0;
}

static int key(struct reader *r)
{
    skip_space(r);
    if (r->at >= r->end)
        return -1;
    char c = *r->at;
    if (c == '\'' || c == '"') {
        r->at++;
        return string(r, c);
    }
    return buf_char(r->out, '"') || (word(r) && number(r)) || buf_char(r->out, '"') ? -1 : 0;
}

static int dict(struct reader *r, int depth)
{
    int failed = buf_char(r->out, '{');
    for (bool first = true; !failed && !take(r, '}'); first = false) {
        if (!first && (!take(r, ',') || buf_char(r->out, ',')))
            return -1;
        failed = key(r) || !take(r, ':') || buf_char(r->out, ':') || value(r, depth);
    }
    return failed || buf_char(r->out, '}') ? -1 : 0;
}

static int value(struct reader *r, int depth)
{
    skip_space(r);
    if (r->at >= r->end || depth > PYTHON_DEPTH_MAX)
        return -1;
    char c = *r->at;
    if (!strchr("{[('\"", c))
        return word(r) && number(r) ? -1 : 0;
    r->at++;
    switch (c) {
    case '{':
        return dict(r, depth + 1);
    case '[':
        return list(r, ']', depth + 1);
    case '(':
        return list(r, ')', depth + 1);
    default:
        return string(r, c);
    }
}

int python_value_json(const char *s, size_t n, struct buf *out)
{
    struct reader r = {.at = s, .end = s + n, .out = out};
    size_t before = out->len;
    skip_space(&r);
    bool opens = r.at < r.end && *r.at && strchr("{[(", *r.at);
    int failed = !opens || value(&r, 0);
    skip_space(&r);
    if (!failed && r.at == r.end)
        return 0;
    if (out->data) {
        out->len = before;
        out->data[before] = '\0';
    }
    return -1;
}
