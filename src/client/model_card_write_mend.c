/* Front matter as lines, to read what lists it holds and to put keys in without touching anything else. Of YAML
 * only "key: value", "key: [a, b]" and "key:" with a list below are understood, at the left edge, as in
 * model_folder_card.c; a front matter that is something else as a whole is not found at all, so that it is
 * never mended wrongly. A key that is written but has no value counts as empty: its line is replaced, since
 * a second one of that name would make the card invalid. */
#include "client/model_complete_internal.h"

#include <ctype.h>
#include <string.h>

struct line {
    size_t begin, end, next; /* end: without what ends the line */
};

static struct line line_at(const struct front *f, size_t at, size_t limit)
{
    const char *lf = memchr(f->s + at, '\n', limit - at);
    size_t end = lf ? (size_t)(lf - f->s) : limit;
    struct line l = {at, end, lf ? end + 1 : limit};
    if (l.end > l.begin && f->s[l.end - 1] == '\r')
        l.end--;
    return l;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes blanks off both ends. */
static void trim(const struct front *f, size_t *begin, size_t *end)
{
    while (*begin < *end && is_blank(f->s[*begin]))
        ++*begin;
    while (*end > *begin && is_blank(f->s[*end - 1]))
        --*end;
}

static bool is_fence(const struct front *f, struct line l)
{
    size_t begin = l.begin, end = l.end;
    trim(f, &begin, &end);
    return begin == l.begin && end - begin == 3 && memcmp(f->s + begin, "---", 3) == 0;
}

/* Begins what cannot be told from a key, or hides keys. */
static bool is_strange(const struct front *f, struct line l)
{
    return l.end > l.begin && strchr("{?&*!%@`|>[,}]", f->s[l.begin]) != NULL &&
           f->s[l.begin] != '\0';
}

bool front_find(const char *s, size_t n, struct front *out)
{
    bool bom = n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0, blank = true;
    *out = (struct front){.s = s, .n = n};
    struct line l = {bom ? 3 : 0, 0, bom ? 3 : 0};
    while (blank && l.next < n) {
        l = line_at(out, l.next, n);
        size_t begin = l.begin, end = l.end;
        trim(out, &begin, &end);
        blank = begin == end;
    }
    if (blank || !is_fence(out, l))
        return false;
    out->eol = l.next > l.end + 1 ? "\r\n" : "\n";
    out->begin = l.next;
    while (l.next < n) {
        l = line_at(out, l.next, n);
        out->end = l.begin;
        if (is_fence(out, l))
            return true;
        if (is_strange(out, l))
            return false;
    }
    return false;
}

/* ---- a key ----------------------------------------------------------------------------------- */

/* Where the value begins when the line is this key's, bare or in quotes; 0 when it is not. */
static size_t value_of(const struct front *f, struct line l, const char *key)
{
    size_t n = strlen(key), at = l.begin;
    char quote = at < l.end && strchr("'\"", f->s[at]) && f->s[at] ? f->s[at] : '\0';
    at += quote != '\0';
    if (l.end - at < n || memcmp(f->s + at, key, n) != 0)
        return 0;
    at += n;
    if (quote && (at == l.end || f->s[at++] != quote))
        return 0;
    while (at < l.end && is_blank(f->s[at]))
        at++;
    bool colon = at < l.end && f->s[at] == ':';
    return colon && (at + 1 == l.end || is_blank(f->s[at + 1])) ? at + 1 : 0;
}

static bool find_key(const struct front *f, const char *key, struct line *out, size_t *value)
{
    for (size_t at = f->begin; at < f->end; at = out->next) {
        *out = line_at(f, at, f->end);
        *value = value_of(f, *out, key);
        if (*value)
            return true;
    }
    return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void uncomment(const struct front *f, size_t begin, size_t *end)
{
    for (size_t i = begin; i < *end; i++)
        if (f->s[i] == '#' && (i == begin || is_blank(f->s[i - 1]))) {
            *end = i;
            return;
        }
}

/* A plain or quoted scalar, without its comment; false when it is something else. Empty and null have no
 * bytes. */
static bool read_scalar(const struct front *f, size_t *begin, size_t *end)
{
    trim(f, begin, end);
    char first = *begin < *end ? f->s[*begin] : '\0';
    if (first == '\'' || first == '"') {
        const char *close = memchr(f->s + *begin + 1, first, *end - *begin - 1);
        size_t behind = close ? (size_t)(close - f->s) + 1 : 0, rest = *end;
        if (!close)
            return false;
        uncomment(f, behind, &rest);
        trim(f, &behind, &rest);
        *begin += 1;
        *end = (size_t)(close - f->s);
        return behind == rest && !memchr(f->s + *begin, '\\', *end - *begin);
    }
    uncomment(f, *begin, end);
    trim(f, begin, end);
    bool null = (*end - *begin == 4 && memcmp(f->s + *begin, "null", 4) == 0) ||
                (*end - *begin == 1 && first == '~');
    if (null)
        *end = *begin;
    return *begin == *end || !strchr("{[]}|>&*!%@`,", first);
}

struct values {
    struct arena *arena;
    const char **out;
    size_t count, max;
};

static void keep(const struct front *f, size_t begin, size_t end, struct values *v)
{
    if (v->count == v->max || !read_scalar(f, &begin, &end) || begin == end)
        return;
    struct text t = text_new(v->arena, f->s + begin, end - begin, TEXT_LINE);
    if (t.len)
        v->out[v->count++] = t.s;
}

/* "[a, b]" on one line, of plain items. */
static void read_flow(const struct front *f, size_t begin, size_t end, struct values *v)
{
    const char *close = memchr(f->s + begin, ']', end - begin);
    size_t last = close ? (size_t)(close - f->s) : begin;
    while (begin < last) {
        const char *comma = memchr(f->s + begin, ',', last - begin);
        size_t stop = comma ? (size_t)(comma - f->s) : last;
        keep(f, begin, stop, v);
        begin = stop + 1;
    }
}

/* Lines that begin with "- ", until one at the left edge that does not. True when there is anything below
 * the key, whether or not it was read. */
static bool read_below(const struct front *f, size_t at, struct values *v)
{
    bool any = false;
    while (at < f->end) {
        struct line l = line_at(f, at, f->end);
        size_t begin = l.begin, end = l.end;
        trim(f, &begin, &end);
        bool item =
            begin < end && f->s[begin] == '-' && (begin + 1 == end || is_blank(f->s[begin + 1]));
        bool note = begin == end || f->s[begin] == '#';
        if (!item && !note && begin == l.begin)
            break;
        any |= !note;
        if (item)
            keep(f, begin + 1, end, v);
        at = l.next;
    }
    return any;
}

size_t front_values(
    const struct front *f, const char *key, struct arena *a, const char **out, size_t max)
{
    struct line l;
    size_t begin;
    struct values v = {a, out, 0, max};
    if (!find_key(f, key, &l, &begin))
        return 0;
    size_t end = l.end;
    trim(f, &begin, &end);
    if (begin < end && f->s[begin] == '[')
        read_flow(f, begin + 1, end, &v);
    else
        keep(f, begin, end, &v);
    if (v.count == 0)
        (void)read_below(f, l.next, &v);
    return v.count;
}

enum front_key front_look(const struct front *f, const char *key, size_t *begin, size_t *end)
{
    struct line l;
    size_t value;
    struct values none = {NULL, NULL, 0, 0};
    if (!find_key(f, key, &l, &value))
        return FRONT_ABSENT;
    size_t stop = l.end;
    bool empty = read_scalar(f, &value, &stop) && value == stop;
    if (begin)
        *begin = l.begin;
    if (end)
        *end = l.next;
    return empty && !read_below(f, l.next, &none) ? FRONT_EMPTY : FRONT_GIVEN;
}

/* ---- mending --------------------------------------------------------------------------------- */

struct spot { /* where a row goes */
    enum front_key state;
    size_t begin;
};

/* The row whose empty line begins there; NULL when none does. */
static const struct card_row *row_at(
    const struct spot *spots, const struct card_row *const *rows, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        if (spots[i].state == FRONT_EMPTY && spots[i].begin == at)
            return rows[i];
    return NULL;
}

int front_mend(
    const struct front *f, const struct card_row *const *rows, size_t count, struct buf *out)
{
    struct spot spots[CARD_KEYS] = {0};
    int failed = buf_append(out, f->s, f->begin);
    if (count > CARD_KEYS)
        return -1;
    for (size_t i = 0; i < count; i++)
        spots[i].state = front_look(f, rows[i]->key, &spots[i].begin, NULL);
    for (size_t at = f->begin; at < f->end && !failed;) {
        struct line l = line_at(f, at, f->end);
        const struct card_row *row = row_at(spots, rows, count, at);
        failed |= row ? card_write_row(row, f->eol, out) : buf_append(out, f->s + at, l.next - at);
        at = l.next;
    }
    for (size_t i = 0; i < count; i++)
        if (spots[i].state == FRONT_ABSENT)
            failed |= card_write_row(rows[i], f->eol, out);
    failed |= buf_append(out, f->s + f->end, f->n - f->end);
    return failed ? -1 : 0;
}
