/* A walk over the tree that prints the structure itself and leaves the leaves to json_print, which
 * escapes what must be. Strings with line feeds are the exception: they are printed raw, a line a row,
 * because a traceback in one line cannot be read; the whole is cleaned afterwards like everything
 * foreign. The depth is bounded by json_parse. */
#include "ui/pretty.h"

#include <string.h>

enum { PRETTY_BYTES_MAX = 1 << 20, INDENT = 2 };

static void print(struct buf *b, const struct json *j, int depth);

static void line(struct buf *b, int depth)
{
    buf_printf(b, "\n%*s", depth * INDENT, "");
}

static void print_lines(struct buf *b, const char *s, int depth)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        line(b, depth);
        buf_append(b, s, n);
        s += n + (s[n] == '\n');
    }
}

static void print_key(struct buf *b, const char *key)
{
    struct json *word = json_new_string(key);
    json_print(word, b);
    json_free(word);
    buf_str_append(b, ": ");
}

static void print_members(struct buf *b, const struct json *j, int depth)
{
    bool object = json_kind(j) == JSON_OBJECT;
    if (json_count(j) == 0) {
        buf_str_append(b, object ? "{}" : "[]");
        return;
    }
    buf_char(b, object ? '{' : '[');
    for (const struct json *i = json_first(j); i && !b->full; i = json_next(i)) {
        line(b, depth + 1);
        if (object)
            print_key(b, json_key(i));
        print(b, i, depth + 1);
        if (json_next(i))
            buf_char(b, ',');
    }
    line(b, depth);
    buf_char(b, object ? '}' : ']');
}

static void print(struct buf *b, const struct json *j, int depth)
{
    const char *s = json_string(j);
    if (json_kind(j) == JSON_OBJECT || json_kind(j) == JSON_ARRAY)
        print_members(b, j, depth);
    else if (s && strchr(s, '\n'))
        print_lines(b, s, depth + 1);
    else
        json_print(j, b);
}

struct text pretty_json(struct arena *a, const struct json *j)
{
    struct text pretty = TEXT("");
    struct buf b;
    buf_init(&b, PRETTY_BYTES_MAX);
    print(&b, j, 0);
    if (!b.full)
        pretty = text_new(a, buf_str(&b), b.len, TEXT_BLOCK);
    buf_release(&b);
    return pretty;
}

struct text pretty_text(struct arena *a, struct text t)
{
    if (t.len == 0 || !strchr("{[", t.s[0]))
        return t;
    struct json *j = json_parse(t.s, t.len, NULL);
    if (!j)
        return t;
    struct text pretty = pretty_json(a, j);
    json_free(j);
    return pretty.len > 0 ? pretty : t;
}
