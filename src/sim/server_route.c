/* Which row of the route tables a request belongs to.
 *
 * Tables have at most some hundred rows and are searched from the top: the first row whose pattern
 * and method fit wins, which is the rule that people expect who read the table. */
#include "sim/exchange.h"

#include <stdio.h>
#include <string.h>

/* One segment of a pattern: literal, or "before{name}after", or "{name...}". */
struct piece {
    const char *text;
    size_t length;
    const char *open, *close; /* the braces; NULL = literal */
};

static struct piece piece_at(const char *pattern)
{
    struct piece p = {.text = pattern, .length = strcspn(pattern, "/")};
    p.open = memchr(pattern, '{', p.length);
    p.close = p.open ? memchr(p.open, '}', (size_t)(pattern + p.length - p.open)) : NULL;
    return p;
}

static bool piece_takes_rest(const struct piece *p)
{
    return p->open && p->close - p->open > 4 && memcmp(p->close - 3, "...", 3) == 0;
}

static int add_param(
    struct arena *a, struct pairs *params, const char *name, size_t name_length, const char *value)
{
    if (params->count == REQUEST_PARAMS_MAX || !value)
        return -1;
    const char *copy = arena_dup(a, name, name_length);
    return copy ? pairs_add(a, params, copy, value) : -1;
}

static bool match_piece(
    struct arena *a, const struct piece *p, const char *segment, struct pairs *params)
{
    size_t n = strlen(segment);
    if (!p->open)
        return n == p->length && memcmp(segment, p->text, n) == 0;
    size_t before = (size_t)(p->open - p->text);
    size_t after = p->length - (size_t)(p->close + 1 - p->text);
    if (n <= before + after || memcmp(segment, p->text, before) != 0 ||
        memcmp(segment + n - after, p->close + 1, after) != 0)
        return false;
    return add_param(a, params, p->open + 1, (size_t)(p->close - p->open - 1),
               arena_dup(a, segment + before, n - before - after)) == 0;
}

static const char *join_segments(struct arena *a, const struct target *t, size_t from)
{
    size_t total = 0;
    for (size_t i = from; i < t->segment_count; i++)
        total += strlen(t->segments[i]) + 1;
    char *out = arena_alloc(a, total + 1), *end = out;
    if (!out)
        return NULL;
    for (size_t i = from; i < t->segment_count; i++) {
        size_t n = strlen(t->segments[i]);
        if (i > from)
            *end++ = '/';
        memcpy(end, t->segments[i], n);
        end += n;
    }
    *end = '\0';
    return out;
}

static bool match_rest(struct arena *a, const struct piece *p, const struct target *t, size_t from,
    struct pairs *params)
{
    const char *rest = join_segments(a, t, from);
    return rest && rest[0] != '\0' &&
           add_param(a, params, p->open + 1, (size_t)(p->close - p->open - 4), rest) == 0;
}

bool route_match(struct arena *a, const char *pattern, const struct target *t, struct pairs *params)
{
    params->count = 0;
    size_t i = 0;
    while (*pattern == '/') {
        struct piece p = piece_at(++pattern);
        if (i == t->segment_count)
            return false;
        if (piece_takes_rest(&p))
            return match_rest(a, &p, t, i, params);
        if (!match_piece(a, &p, t->segments[i++], params))
            return false;
        pattern += p.length;
    }
    return i == t->segment_count;
}

static bool table_find(struct arena *a, const struct route *table, const char *method,
    const struct target *t, struct route_found *out)
{
    for (const struct route *r = table; r->method; r++) {
        if (strcmp(r->method, method) == 0 && route_match(a, r->pattern, t, &out->params)) {
            out->route = r;
            return true;
        }
    }
    return false;
}

static void allow_method(char *allow, size_t size, const char *method)
{
    const char *at = strstr(allow, method);
    if (at && (at == allow || at[-1] == ' ')) /* no method's name begins with another's */
        return;
    size_t used = strlen(allow);
    if (used + strlen(method) + 3 <= size)
        snprintf(allow + used, size - used, "%s%s", used ? ", " : "", method);
}

static void collect_allow(
    struct arena *a, const struct route *table, const struct target *t, struct route_found *out)
{
    for (const struct route *r = table; r->method; r++) {
        struct pairs ignored = {0};
        if (!route_match(a, r->pattern, t, &ignored))
            continue;
        allow_method(out->allow, sizeof out->allow, r->method);
        if (strcmp(r->method, "GET") == 0)
            allow_method(out->allow, sizeof out->allow, "HEAD");
    }
}

void route_find(struct arena *a, const struct route *table, const char *method,
    const struct target *t, struct route_found *out)
{
    memset(out, 0, sizeof *out);
    out->surface = t->segment_count > 0 && strcmp(t->segments[0], "_sim") == 0;
    if (out->surface)
        table = control_surface_routes;
    if (table_find(a, table, method, t, out))
        return;
    if (strcmp(method, "HEAD") == 0 && table_find(a, table, "GET", t, out))
        return;
    collect_allow(a, table, t, out);
}
