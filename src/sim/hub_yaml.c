/* Blocks of YAML: mappings, sequences, block scalars, plain scalars over several lines.
 *
 * The text is cut into lines once; every function reads from y->lines[y->at] on and leaves y->at on
 * the first line it did not use. An item of a sequence is read by moving the start of its line
 * behind the dash, so that what follows looks like a block that is indented deeper. Depth is
 * bounded. */
#include "sim/hub_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 20000 };

static struct json *node(struct yaml *y, size_t indent);

struct json *yaml_fail(struct yaml *y, const char *where, const char *message)
{
    if (y->error[0])
        return NULL;
    int line = 1;
    const char *from = y->start;
    for (const char *s = y->start; s < where; s++)
        if (*s == '\n') {
            line++;
            from = s + 1;
        }
    snprintf(y->error, HUB_YAML_ERROR_MAX, "%s (%d:%d)", message, line, (int)(where - from) + 1);
    return NULL;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static size_t count_lines(const struct yaml *y)
{
    size_t n = 1;
    for (const char *s = y->start; s < y->end; s++)
        n += *s == '\n';
    return n;
}

static int cut_lines(struct yaml *y)
{
    size_t n = count_lines(y);
    if (n > LINES_MAX) {
        yaml_fail(y, y->start, "too many lines");
        return -1;
    }
    y->lines = calloc(n, sizeof *y->lines);
    for (const char *s = y->start; y->lines && s < y->end;) {
        const char *lf = memchr(s, '\n', (size_t)(y->end - s));
        const char *stop = lf ? lf : y->end, *next = lf ? lf + 1 : y->end, *first = s;
        if (stop > s && stop[-1] == '\r')
            stop--;
        while (first < stop && *first == ' ')
            first++;
        y->lines[y->count++] =
            (struct yaml_line){first, (size_t)(stop - first), (size_t)(first - s)};
        s = next;
    }
    return y->lines ? 0 : -1;
}

static bool blank(const struct yaml_line *l)
{
    return l->n == 0 || l->s[0] == '#' || yaml_only_comment(l->s, l->s + l->n);
}

/* The next line with something on it; NULL at the end. */
static struct yaml_line *peek(struct yaml *y)
{
    while (y->at < y->count && blank(&y->lines[y->at]))
        y->at++;
    return y->at < y->count ? &y->lines[y->at] : NULL;
}

static bool is_item(const struct yaml_line *l)
{
    return l->s[0] == '-' && (l->n == 1 || l->s[1] == ' ' || l->s[1] == '\t');
}

/* After a flow collection or quotes: the line that `s` stands on is done, if nothing else is on it.
 */
static int end_at(struct yaml *y, const char *s)
{
    if (!yaml_only_comment(s, y->end)) {
        yaml_fail(y, s, "bad indentation of a mapping entry");
        return -1;
    }
    while (y->at < y->count && y->lines[y->at].s + y->lines[y->at].n < s)
        y->at++;
    y->at++;
    return 0;
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* The place of the ':' that ends a key on this line; NULL when the line holds none. */
static const char *key_end(const struct yaml_line *l)
{
    const char *s = l->s, *end = l->s + l->n;
    if (*s == '"' || *s == '\'') {
        const char quote = *s++;
        while (s < end && *s != quote)
            s += 1 + (*s == '\\' && quote == '"');
        s++;
        while (s < end && *s == ' ')
            s++;
        return s < end && *s == ':' && (s + 1 == end || strchr(" \t", s[1])) ? s : NULL;
    }
    for (; s < end; s++) {
        if (*s == ':' && (s + 1 == end || strchr(" \t", s[1])))
            return s;
        if (*s == '#' && s > l->s && s[-1] == ' ')
            return NULL;
    }
    return NULL;
}

/* How a block scalar is to be read: its header behind '|' or '>'. */
struct block_style {
    bool folded;
    char chomp;    /* '-' none, '+' all, 0 one line end at the end */
    size_t indent; /* 0 = as its first line has it */
};

static int block_header(struct yaml *y, const char *s, const char *end, struct block_style *style)
{
    *style = (struct block_style){.folded = *s == '>'};
    for (s++; s < end && !strchr(" \t", *s); s++) {
        if (*s == '+' || *s == '-')
            style->chomp = *s;
        else if (*s >= '1' && *s <= '9')
            style->indent = (size_t)(*s - '0');
        else {
            yaml_fail(y, s, "bad indentation indicator of a block scalar");
            return -1;
        }
    }
    return 0;
}

/* A line of a block scalar, with what it has beyond the block's own indentation. */
static void block_line(
    const struct yaml_line *l, const struct block_style *style, size_t indent, struct buf *out)
{
    bool more = l->indent > indent && l->n > 0;
    bool text = style->folded && !more && l->n > 0;
    bool after_blank = out->len > 1 && memcmp(out->data + out->len - 2, "\n\n", 2) == 0;
    if (text && after_blank)
        out->data[--out->len] = '\0';
    else if (text && out->len > 0 && out->data[out->len - 1] == '\n')
        out->data[out->len - 1] = ' ';
    for (size_t i = indent; more && i < l->indent; i++)
        buf_char(out, ' ');
    buf_append(out, l->s, l->n);
    buf_char(out, '\n');
}

static struct json *block_scalar(struct yaml *y, const struct block_style *style, size_t parent)
{
    struct buf out;
    buf_init(&out, HUB_YAML_BYTES_MAX);
    size_t indent = style->indent ? parent + style->indent : 0;
    for (; y->at < y->count; y->at++) {
        const struct yaml_line *l = &y->lines[y->at];
        if (indent == 0 && l->n > 0 && l->indent > parent)
            indent = l->indent;
        if (l->n > 0 && (indent == 0 || l->indent < indent))
            break;
        block_line(l, style, indent, &out);
    }
    size_t keep = style->chomp == '-' ? 0 : 1;
    if (style->chomp != '+')
        while (out.len > keep && out.data[out.len - 1] == '\n' &&
               (keep == 0 || out.data[out.len - 2] == '\n'))
            out.data[--out.len] = '\0';
    struct json *j = out.full ? NULL : json_new_string(buf_str(&out));
    buf_release(&out);
    return j;
}

/* A plain scalar from s to its line's end, and on over lines indented deeper than `parent`. */
static struct json *plain(struct yaml *y, const char *s, const char *end, size_t parent, bool top)
{
    struct yaml_line first = {s, (size_t)(end - s), 0};
    if (strchr("*%@`|>", *s) || key_end(&first))
        return yaml_fail(
            y, s, *s == '*' ? "unidentified alias" : "bad indentation of a mapping entry");
    struct buf text;
    buf_init(&text, HUB_YAML_BYTES_MAX);
    size_t n = yaml_plain_length(s, first.n);
    bool more = n == first.n, several = false;
    buf_append(&text, s, n);
    y->at++;
    struct json *j = NULL;
    for (struct yaml_line *l = more ? peek(y) : NULL; l && (top || l->indent > parent);
         l = peek(y)) {
        if (key_end(l)) {
            yaml_fail(y, l->s, "bad indentation of a mapping entry");
            goto out;
        }
        several = true;
        buf_char(&text, ' ');
        buf_append(&text, l->s, yaml_plain_length(l->s, l->n));
        y->at++;
    }
    j = several ? json_new_string(buf_str(&text)) : yaml_plain(buf_str(&text), text.len);
out:
    buf_release(&text);
    return j;
}

/* Skips "&anchor " and "!tag " before a value. */
static const char *skip_properties(const char *s, const char *end)
{
    while (s < end && (*s == '&' || *s == '!')) {
        while (s < end && *s != ' ')
            s++;
        while (s < end && *s == ' ')
            s++;
    }
    return s;
}

/* The value that begins at s on the present line, whose block is indented by `parent`. */
static struct json *inline_value(struct yaml *y, const char *s, size_t parent, bool top)
{
    const struct yaml_line *l = &y->lines[y->at];
    const char *end = l->s + l->n;
    struct block_style style;
    if (yaml_starts_flow(*s)) {
        struct json *j = yaml_flow(y, &s);
        if (j && end_at(y, s) != 0) {
            json_free(j);
            j = NULL;
        }
        return j;
    }
    if (*s == '|' || *s == '>') {
        if (block_header(y, s, end, &style) != 0)
            return NULL;
        y->at++;
        return block_scalar(y, &style, parent);
    }
    return plain(y, s, end, parent, top);
}

/* ---- mappings and sequences ------------------------------------------------------------------ */

/* What stands under "key:" or "-" alone: a deeper block, for a key also a sequence at its own
 * level. */
static struct json *value_below(struct yaml *y, size_t indent, bool of_key)
{
    const struct yaml_line *l = peek(y);
    bool deeper = l && l->indent > indent;
    bool level = l && of_key && l->indent == indent && is_item(l);
    return deeper || level ? node(y, l->indent) : json_new_null();
}

static struct json *key_text(struct yaml *y, const struct yaml_line *l, const char *colon)
{
    const char *s = l->s;
    if (*s == '"' || *s == '\'')
        return yaml_flow(y, &s);
    struct buf text;
    buf_init(&text, HUB_YAML_BYTES_MAX);
    buf_append(&text, s, yaml_plain_length(s, (size_t)(colon - s)));
    struct json *j = json_new_string(buf_str(&text));
    buf_release(&text);
    return j;
}

static int pair(struct yaml *y, struct yaml_line *l, struct json *object)
{
    const char *colon = key_end(l), *end = l->s + l->n;
    if (!colon || l->s[0] == '\t') {
        yaml_fail(y, colon ? l->s : end,
            l->s[0] == '\t' ? "tab characters must not be used in indentation"
                            : "can not read an implicit mapping pair; a colon is missed");
        return -1;
    }
    struct json *key = key_text(y, l, colon), *value = NULL;
    if (key && json_get(object, json_string(key))) {
        yaml_fail(y, l->s, "duplicated mapping key");
    } else if (key) {
        const char *s = colon + 1;
        while (s < end && strchr(" \t", *s))
            s++;
        s = skip_properties(s, end);
        if (s == end || *s == '#') {
            y->at++;
            value = value_below(y, l->indent, true);
        } else {
            value = inline_value(y, s, l->indent, false);
        }
    }
    int rc = value ? json_add(object, json_string(key), value) : -1;
    json_free(key);
    return rc;
}

static struct json *mapping(struct yaml *y, size_t indent)
{
    struct json *object = json_new_object();
    for (struct yaml_line *l = peek(y); object && l && l->indent >= indent; l = peek(y)) {
        int rc = -1;
        if (l->indent > indent || is_item(l))
            yaml_fail(y, l->s, "bad indentation of a mapping entry");
        else
            rc = pair(y, l, object);
        if (rc != 0) {
            json_free(object);
            return NULL;
        }
    }
    return object;
}

static struct json *item(struct yaml *y, struct yaml_line *l)
{
    size_t indent = l->indent, skip = 1;
    while (skip < l->n && l->s[skip] == ' ')
        skip++;
    if (skip == l->n || l->s[skip] == '#') {
        y->at++;
        return value_below(y, indent, false);
    }
    *l = (struct yaml_line){l->s + skip, l->n - skip, indent + skip};
    return node(y, l->indent);
}

static struct json *sequence(struct yaml *y, size_t indent)
{
    struct json *array = json_new_array();
    for (struct yaml_line *l = peek(y); array && l && l->indent >= indent; l = peek(y)) {
        if (l->indent == indent && !is_item(l))
            break;
        struct json *value = NULL;
        if (l->indent > indent)
            yaml_fail(y, l->s, "bad indentation of a sequence entry");
        else
            value = item(y, l);
        if (!value || json_push(array, value) != 0) {
            json_free(array);
            return NULL;
        }
    }
    return array;
}

/* The block that begins on the present line, which is indented by `indent`. */
static struct json *node(struct yaml *y, size_t indent)
{
    struct yaml_line *l = peek(y);
    if (!l)
        return json_new_null();
    if (l->s[0] == '\t')
        return yaml_fail(y, l->s, "tab characters must not be used in indentation");
    if (y->depth >= HUB_YAML_DEPTH_MAX)
        return yaml_fail(y, l->s, "nested too deeply");
    y->depth++;
    struct json *j = NULL;
    const char *value = skip_properties(l->s, l->s + l->n);
    if (is_item(l)) {
        j = sequence(y, indent);
    } else if (key_end(l) && *l->s != '[' && *l->s != '{') {
        j = mapping(y, indent);
    } else if (yaml_only_comment(value, l->s + l->n)) {
        y->at++;
        j = value_below(y, indent, false);
    } else {
        j = inline_value(y, value, indent ? indent - 1 : 0, indent == 0);
    }
    y->depth--;
    return j;
}

struct json *hub_yaml_parse(const char *text, size_t n, char error[HUB_YAML_ERROR_MAX])
{
    struct yaml y = {.start = text, .end = text + n, .error = error};
    error[0] = '\0';
    struct json *j = NULL;
    if (n > HUB_YAML_BYTES_MAX || memchr(text, '\0', n))
        yaml_fail(&y, text, "the stream contains non-printable characters or is too long");
    else if (cut_lines(&y) == 0)
        j = node(&y, peek(&y) ? peek(&y)->indent : 0);
    const struct yaml_line *rest = j ? peek(&y) : NULL;
    if (rest) {
        yaml_fail(&y, rest->s, "end of the stream or a document separator is expected");
        json_free(j);
        j = NULL;
    }
    free(y.lines);
    if (!j && !error[0])
        snprintf(error, HUB_YAML_ERROR_MAX, "out of memory");
    return j;
}
