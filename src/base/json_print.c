/* Printed here and not by the library, which rounds doubles to 15 digits where 17 may be needed, and
 * passes stray bytes through. What would do harm on a terminal (controls, bidi, what is invisible) is
 * escaped: the reader of the JSON loses nothing, and who only looks at it is safe. Recursion is as deep as
 * the tree: JSON_DEPTH_MAX for what was parsed. */
#include "base/json.h"
#include "base/json_internal.h"
#include "base/text_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const struct json *j, struct buf *b);

/* The fewest digits that read as the same value. */
static void format_double(char *out, size_t size, double v)
{
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(out, size, "%.*g", precision, v);
        double back = strtod(out, NULL);
        if (!(back < v) && !(back > v))
            break;
    }
    /* Whatever the locale has for a point. */
    out += strspn(out, "-0123456789");
    if (*out && *out != 'e')
        *out = '.';
}

static void print_number(const struct json *j, struct buf *b)
{
    const char *exact = json_digits(j);
    double v = json_number(j, 0);
    char digits[32];
    if (exact)
        buf_str_append(b, exact);
    else if (!isfinite(v)) /* the source said something like this */
        buf_str_append(b, v > 0 ? "1e999" : "-1e999");
    else if (v >= -9007199254740992.0 && v <= 9007199254740992.0 && !(v < floor(v)) &&
             !(v > floor(v)))
        buf_printf(b, "%.0f", v);
    else {
        format_double(digits, sizeof digits, v);
        buf_str_append(b, digits);
    }
}

static void print_unit(uint32_t unit, struct buf *b)
{
    static const char named[] = "\"\"\\\\b\bf\fn\nr\rt\t"; /* letter, character */
    for (size_t i = 0; i + 1 < sizeof named; i += 2) {
        if ((unsigned char)named[i + 1] == unit) {
            buf_char(b, '\\');
            buf_char(b, named[i]);
            return;
        }
    }
    buf_printf(b, "\\u%04x", unit);
}

static void print_escaped(int32_t code, struct buf *b)
{
    uint32_t above = (uint32_t)code - 0x10000;
    if (code < 0x10000) {
        print_unit((uint32_t)code, b);
        return;
    }
    print_unit(0xD800 + (above >> 10), b);
    print_unit(0xDC00 + (above & 0x3FF), b);
}

static bool is_harmless(int32_t code)
{
    enum text_class class = text_class(code);
    return class == TEXT_CLASS_BASE || class == TEXT_CLASS_MARK;
}

static void print_string(const char *s, struct buf *b)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n = strlen(s);
    buf_char(b, '"');
    for (size_t at = 0, used; at < n; at += used) {
        int32_t code;
        int length = text_decode(p + at, n - at, &code);
        used = (size_t)(length < 0 ? -length : length);
        if (length < 0)
            buf_str_append(b, "\uFFFD");
        else if (code == '"' || code == '\\' || !is_harmless(code))
            print_escaped(code, b);
        else
            buf_append(b, p + at, used);
    }
    buf_char(b, '"');
}

static void print_items(const struct json *j, bool keys, struct buf *b)
{
    buf_char(b, keys ? '{' : '[');
    for (const struct json *i = json_first(j); i && !b->full; i = json_next(i)) {
        if (i != json_first(j))
            buf_char(b, ',');
        if (keys) {
            print_string(json_key(i), b);
            buf_char(b, ':');
        }
        print_value(i, b);
    }
    buf_char(b, keys ? '}' : ']');
}

static void print_value(const struct json *j, struct buf *b)
{
    switch (json_kind(j)) {
    case JSON_BOOL:
        buf_str_append(b, json_is_true(j) ? "true" : "false");
        break;
    case JSON_NUMBER:
        print_number(j, b);
        break;
    case JSON_STRING:
        print_string(json_string(j), b);
        break;
    case JSON_ARRAY:
        print_items(j, false, b);
        break;
    case JSON_OBJECT:
        print_items(j, true, b);
        break;
    default:
        buf_str_append(b, "null");
    }
}

int json_print(const struct json *j, struct buf *out_buf)
{
    if (!j)
        return -1;
    size_t before = out_buf->len;
    print_value(j, out_buf);
    if (!out_buf->full)
        return 0;
    if (out_buf->data) {
        out_buf->len = before; /* half a document is of no use */
        out_buf->data[before] = '\0';
    }
    return -1;
}
