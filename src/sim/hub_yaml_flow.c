/* The part of a YAML document that stands on a line: flow collections, quoted and plain scalars.
 *
 * These read the text character by character and may run over line ends; the blocks around them
 * (hub_yaml.c) work line by line. */
#include "sim/hub_yaml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool yaml_starts_flow(char c)
{
    return c && strchr("[{\"'", c);
}

bool yaml_only_comment(const char *s, const char *end)
{
    const char *from = s;
    while (s < end && strchr(" \t\r", *s))
        s++;
    return s == end || *s == '\n' || (*s == '#' && s > from);
}

/* ---- plain scalars --------------------------------------------------------------------------- */

size_t yaml_plain_length(const char *s, size_t n)
{
    size_t length = 0;
    while (length < n && !(s[length] == '#' && length > 0 && strchr(" \t", s[length - 1])))
        length++;
    while (length > 0 && strchr(" \t\r", s[length - 1]))
        length--;
    return length;
}

struct word {
    const char *text;
    enum { WORD_NULL, WORD_TRUE, WORD_FALSE } means;
};
static const struct word words[] = {
    {"~", WORD_NULL},
    {"null", WORD_NULL},
    {"Null", WORD_NULL},
    {"NULL", WORD_NULL},
    {"true", WORD_TRUE},
    {"True", WORD_TRUE},
    {"TRUE", WORD_TRUE},
    {"false", WORD_FALSE},
    {"False", WORD_FALSE},
    {"FALSE", WORD_FALSE},
};

/* The number a text spells by YAML's core rules; false when it spells none. */
static bool read_number(const char *text, double *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    bool decimal = strspn(digits, "0123456789.eE+-") == strlen(digits);
    bool other = strncmp(text, "0x", 2) == 0 &&
                 strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2) && text[2];
    if (!other && (!decimal || !strpbrk(digits, "0123456789") || !strchr(".0123456789", *digits)))
        return false;
    char *end = NULL;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

struct json *yaml_plain(const char *s, size_t n)
{
    char text[64];
    double number = 0;
    struct buf all;
    if (n == 0)
        return json_new_null();
    if (n < sizeof text) {
        memcpy(text, s, n);
        text[n] = '\0';
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strcmp(text, words[i].text) == 0)
                return words[i].means == WORD_NULL ? json_new_null()
                                                   : json_new_bool(words[i].means == WORD_TRUE);
        if (read_number(text, &number))
            return json_new_num(number);
    }
    buf_init(&all, HUB_YAML_BYTES_MAX);
    struct json *j = buf_append(&all, s, n) == 0 ? json_new_string(buf_str(&all)) : NULL;
    buf_release(&all);
    return j;
}

/* ---- quoted scalars -------------------------------------------------------------------------- */

/* A line end inside quotes: it and the spaces around it become one space, empty lines stay. */
static void fold(struct yaml *y, const char **s, struct buf *out)
{
    while (out->len > 0 && strchr(" \t", out->data[out->len - 1]))
        out->data[--out->len] = '\0';
    int ends = 0;
    while (*s < y->end && strchr(" \t\r\n", **s))
        ends += *(*s)++ == '\n';
    for (int i = 1; i < ends; i++)
        buf_char(out, '\n');
    if (ends == 1)
        buf_char(out, ' ');
}

static void put_code_point(struct buf *out, unsigned long c)
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        buf_char(out, (char)c);
    } else if (c < 0x800) {
        buf_char(out, (char)(0xc0 | c >> 6));
        buf_char(out, (char)(0x80 | (c & 63)));
    } else {
        if (c >= 0x10000) {
            buf_char(out, (char)(0xf0 | c >> 18));
            buf_char(out, (char)(0x80 | (c >> 12 & 63)));
        } else {
            buf_char(out, (char)(0xe0 | c >> 12));
        }
        buf_char(out, (char)(0x80 | (c >> 6 & 63)));
        buf_char(out, (char)(0x80 | (c & 63)));
    }
}

/* \xNN, \uNNNN, \UNNNNNNNN: *s stands on the letter. */
static int hex_escape(struct yaml *y, const char **s, size_t digits, struct buf *out)
{
    char hex[9];
    if ((size_t)(y->end - *s) <= digits)
        return -1;
    memcpy(hex, *s + 1, digits);
    hex[digits] = '\0';
    if (strspn(hex, "0123456789abcdefABCDEF") != digits)
        return -1;
    put_code_point(out, strtoul(hex, NULL, 16));
    *s += digits;
    return 0;
}

static int escape(struct yaml *y, const char **s, struct buf *out)
{
    static const char from[] = "abtnvfre \"/\\0", to[] = "\a\b\t\n\v\f\r\033 \"/\\";
    if (**s == 'x' || **s == 'u' || **s == 'U')
        return hex_escape(y, s, **s == 'x' ? 2 : **s == 'u' ? 4 : 8, out);
    const char *at = strchr(from, **s);
    if (!at || !**s)
        return -1;
    if (**s == '0')
        put_code_point(out, 0);
    else
        buf_char(out, to[at - from]);
    return 0;
}

/* An escaped line end joins the lines without a space. */
static bool escaped_line_end(struct yaml *y, const char **s)
{
    const char *t = *s + (**s == '\r');
    if (t >= y->end || *t != '\n')
        return false;
    for (t++; t < y->end && strchr(" \t", *t); t++)
        ;
    *s = t;
    return true;
}

static int read_quoted(struct yaml *y, const char **s, struct buf *out)
{
    const char quote = *(*s)++;
    while (*s < y->end) {
        if (**s == quote && quote == '\'' && *s + 1 < y->end && (*s)[1] == '\'') {
            buf_char(out, '\'');
            *s += 2;
        } else if (**s == quote) {
            (*s)++;
            return 0;
        } else if (**s == '\\' && quote == '"' && *s + 1 < y->end) {
            (*s)++;
            if (escaped_line_end(y, s))
                continue;
            if (escape(y, s, out) != 0) {
                yaml_fail(y, *s, "unknown escape sequence");
                return -1;
            }
            (*s)++;
        } else if (**s == '\n' || **s == '\r') {
            fold(y, s, out);
        } else {
            buf_char(out, *(*s)++);
        }
    }
    yaml_fail(y, y->end,
        quote == '"' ? "unexpected end of the stream within a double quoted scalar"
                     : "unexpected end of the stream within a single quoted scalar");
    return -1;
}

static struct json *quoted(struct yaml *y, const char **s)
{
    struct buf text;
    buf_init(&text, HUB_YAML_BYTES_MAX);
    struct json *j = read_quoted(y, s, &text) == 0 ? json_new_string(buf_str(&text)) : NULL;
    buf_release(&text);
    return j;
}

/* ---- flow collections ------------------------------------------------------------------------ */

static void skip_space(struct yaml *y, const char **s)
{
    while (*s < y->end && strchr(" \t\r\n#", **s)) {
        if (**s == '#')
            while (*s < y->end && **s != '\n')
                (*s)++;
        else
            (*s)++;
    }
}

/* A plain scalar inside a collection ends at , ] } and at ": ". */
static struct json *flow_plain(struct yaml *y, const char **s)
{
    const char *from = *s;
    while (*s < y->end && !strchr(",[]{}\n", **s)) {
        bool colon = **s == ':' && (*s + 1 == y->end || strchr(" \t\r\n,]}", (*s)[1]));
        if (colon || (**s == '#' && *s > from && (*s)[-1] == ' '))
            break;
        (*s)++;
    }
    return yaml_plain(from, yaml_plain_length(from, (size_t)(*s - from)));
}

static struct json *flow_value(struct yaml *y, const char **s)
{
    return yaml_starts_flow(**s) ? yaml_flow(y, s) : flow_plain(y, s);
}

/* "key: value" at *s into the object. */
static int flow_pair(struct yaml *y, const char **s, struct json *object)
{
    struct json *key = flow_value(y, s), *value = NULL;
    struct buf name;
    buf_init(&name, HUB_YAML_BYTES_MAX);
    int rc = -1;
    if (!key)
        goto out;
    if (json_string(key))
        buf_str_append(&name, json_string(key));
    else
        json_print(key, &name);
    skip_space(y, s);
    if (*s < y->end && **s == ':') {
        (*s)++;
        skip_space(y, s);
        value = *s < y->end ? flow_value(y, s) : json_new_null();
    } else {
        value = json_new_null();
    }
    if (json_get(object, buf_str(&name)))
        yaml_fail(y, *s, "duplicated mapping key");
    else if (value)
        rc = json_add(object, buf_str(&name), json_dup(value));
out:
    json_free(key);
    json_free(value);
    buf_release(&name);
    return rc;
}

static struct json *collection(struct yaml *y, const char **s)
{
    const char close = **s == '[' ? ']' : '}';
    struct json *all = close == ']' ? json_new_array() : json_new_object();
    for ((*s)++;;) {
        skip_space(y, s);
        if (*s == y->end || !all)
            break;
        if (**s == close) {
            (*s)++;
            return all;
        }
        const char *before = *s;
        int rc = close == ']' ? json_push(all, flow_value(y, s)) : flow_pair(y, s, all);
        skip_space(y, s);
        bool ends = *s < y->end && (**s == close || **s == ',');
        if (rc != 0 || !ends || *s == before) {
            yaml_fail(y, *s, "missed comma between flow collection entries");
            json_free(all);
            return NULL;
        }
        *s += **s == ',';
    }
    json_free(all);
    return yaml_fail(y, *s, "unexpected end of the stream within a flow collection");
}

struct json *yaml_flow(struct yaml *y, const char **s)
{
    if (**s == '"' || **s == '\'')
        return quoted(y, s);
    if (y->depth >= HUB_YAML_DEPTH_MAX)
        return yaml_fail(y, *s, "nested too deeply");
    y->depth++;
    struct json *j = collection(y, s);
    y->depth--;
    return j;
}
