/* The request target taken apart: path segments, query, forms.
 *
 * Everything is decoded exactly once, and a path is cut at '/' before it is decoded, so that an
 * encoded slash stays inside its segment. What cannot be decoded is refused rather than guessed at:
 * a bad escape, and an escaped NUL, which a C string could not carry. */
#include "sim/exchange.h"

#include <string.h>
#include <strings.h>

int pairs_add(struct arena *a, struct pairs *p, const char *name, const char *value)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 16;
        struct pair *items = arena_array(a, room, sizeof *items);
        if (!items)
            return -1;
        if (p->count)
            memcpy(items, p->items, p->count * sizeof *items);
        p->items = items;
        p->room = room;
    }
    p->items[p->count++] = (struct pair){name, value};
    return 0;
}

const char *pairs_find(const struct pairs *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->items[i].name, name) == 0)
            return p->items[i].value;
    return NULL;
}

const char *pairs_find_caseless(const struct pairs *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcasecmp(p->items[i].name, name) == 0)
            return p->items[i].value;
    return NULL;
}

size_t pairs_find_all(const struct pairs *p, const char *name, const char **out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < p->count && found < max; i++)
        if (strcmp(p->items[i].name, name) == 0)
            out[found++] = p->items[i].value;
    return found;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte that the escape at s stands for; -1 when it is none, or NUL. */
static int escape_value(const char *s, size_t n)
{
    if (n < 3)
        return -1;
    int high = hex_digit(s[1]), low = hex_digit(s[2]);
    if (high < 0 || low < 0 || high + low == 0)
        return -1;
    return high * 16 + low;
}

static const char *decode(struct arena *a, const char *s, size_t n, bool form)
{
    char *out = arena_alloc(a, n + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '\0')
            return NULL;
        if (c == '%') {
            int value = escape_value(s + i, n - i);
            if (value < 0)
                return NULL;
            c = (char)value;
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return out;
}

static int pair_parse(struct arena *a, const char *s, size_t n, struct pairs *out)
{
    const char *equals = memchr(s, '=', n);
    size_t name_length = equals ? (size_t)(equals - s) : n;
    const char *name = decode(a, s, name_length, true);
    const char *value = equals ? decode(a, equals + 1, n - name_length - 1, true) : "";
    if (!name || !value)
        return -1;
    return pairs_add(a, out, name, value);
}

int pairs_parse(struct arena *a, const char *bytes, size_t n, struct pairs *out)
{
    while (n > 0) {
        const char *end = memchr(bytes, '&', n);
        size_t length = end ? (size_t)(end - bytes) : n;
        if (length > 0 && pair_parse(a, bytes, length, out))
            return -1;
        size_t step = end ? length + 1 : length;
        bytes += step;
        n -= step;
    }
    return 0;
}

/* Behind "http://host" of the absolute form; the target itself when it is none. */
static const char *path_start(const char *sent)
{
    if (strncasecmp(sent, "http://", 7) != 0)
        return sent;
    const char *slash = strchr(sent + 7, '/');
    return slash ? slash : "/";
}

static size_t count_segments(const char *s, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += s[i] == '/';
    return count;
}

static int segments_parse(struct arena *a, const char *s, size_t n, struct target *out)
{
    out->segments = arena_array(a, count_segments(s, n), sizeof *out->segments);
    if (!out->segments)
        return -1;
    const char *end = s + n;
    while (s < end) {
        s++; /* the slash */
        const char *slash = memchr(s, '/', (size_t)(end - s));
        const char *stop = slash ? slash : end;
        const char *segment = decode(a, s, (size_t)(stop - s), false);
        if (!segment)
            return -1;
        out->segments[out->segment_count++] = segment;
        s = stop;
    }
    return 0;
}

int target_parse(struct arena *a, const char *sent, struct target *out)
{
    memset(out, 0, sizeof *out);
    const char *path = path_start(sent);
    size_t n = strcspn(path, "?#");
    if (n == 0 || path[0] != '/')
        return -1;
    out->path = decode(a, path, n, false);
    if (!out->path || segments_parse(a, path, n, out))
        return -1;
    if (path[n] != '?')
        return 0;
    const char *query = path + n + 1;
    return pairs_parse(a, query, strcspn(query, "#"), &out->query);
}
