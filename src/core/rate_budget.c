/* The RateLimit headers are lists, parted by commas, of items, parted by semicolons: quoted names
 * and `key=value`. One scanner reads an item of either header; RateLimit needs a name, r and t of
 * it, RateLimit-Policy a name and q. The Hub's policy has two names, of which one is the window's, so
 * an item keeps several.
 *
 * Nothing is copied: names are pieces of the header and are compared as they stand there. */
#include "core/cadence.h"

#include <stddef.h>
#include <string.h>

enum {
    NAMES_MAX = 4,
    NUMBER_MAX = 1000000000, /* larger ones count as this: requests times a day fits in 64 bits */
    DAY_S = 24 * 60 * 60,
    LITTLE_SHARE = 5,   /* little is left when less than a fifth of the quota is */
    LITTLE_UNKNOWN = 10 /* … or fewer requests than this, when the quota is not known */
};

struct piece {
    const char *s, *end;
};

struct item {
    struct piece name[NAMES_MAX];
    int names;
    int64_t r, t, q; /* -1 = not there or malformed */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct piece trimmed(struct piece p)
{
    while (p.s < p.end && is_space(*p.s))
        p.s++;
    while (p.s < p.end && is_space(p.end[-1]))
        p.end--;
    return p;
}

/* The end of the part at `s`: the next ';' or ',' outside quotes, or the end of the header. */
static const char *part_end(const char *s)
{
    bool quoted = false;
    for (; *s && (quoted || (*s != ';' && *s != ',')); s++) {
        if (quoted && *s == '\\' && s[1])
            s++;
        else if (*s == '"')
            quoted = !quoted;
    }
    return s;
}

/* A number without sign or fraction; -1 when it is anything else. */
static int64_t number(struct piece p)
{
    int64_t value = 0;
    if (p.s == p.end)
        return -1;
    for (; p.s < p.end; p.s++) {
        if (*p.s < '0' || *p.s > '9')
            return -1;
        if (value < NUMBER_MAX)
            value = value * 10 + (*p.s - '0');
    }
    return value < NUMBER_MAX ? value : NUMBER_MAX;
}

static bool is_name(struct piece p)
{
    return p.end - p.s > 2 && *p.s == '"' && p.end[-1] == '"';
}

static void read_part(struct item *item, struct piece p)
{
    p = trimmed(p);
    if (is_name(p)) {
        if (item->names < NAMES_MAX)
            item->name[item->names++] = p;
        return;
    }
    if (p.end - p.s < 2 || p.s[1] != '=')
        return;
    int64_t value = number((struct piece){p.s + 2, p.end});
    if (*p.s == 'r')
        item->r = value;
    else if (*p.s == 't')
        item->t = value;
    else if (*p.s == 'q')
        item->q = value;
}

/* Reads the item at *s and moves behind it; false at the end of the header. */
static bool read_item(const char **s, struct item *item)
{
    *item = (struct item){.r = -1, .t = -1, .q = -1};
    if (!*s || !**s)
        return false;
    for (;;) {
        const char *end = part_end(*s);
        read_part(item, (struct piece){*s, end});
        *s = *end ? end + 1 : end;
        if (*end != ';')
            return true;
    }
}

static bool same(struct piece a, struct piece b)
{
    return a.end - a.s == b.end - b.s && memcmp(a.s, b.s, (size_t)(a.end - a.s)) == 0;
}

static bool has_name(const struct item *item, struct piece name)
{
    for (int i = 0; i < item->names; i++)
        if (same(item->name[i], name))
            return true;
    return false;
}

/* What the policy says about the window of that name; 0 = nothing. */
static int64_t quota_of(const char *policy, struct piece name)
{
    struct item item;
    while (read_item(&policy, &item))
        if (item.q > 0 && has_name(&item, name))
            return item.q;
    return 0;
}

/* The reset of a window of which the header says that `t` seconds are left. A second is added,
 * because the header's seconds may be rounded down. */
static int64_t reset_of(int64_t now_ms, int64_t t)
{
    return now_ms + ((t < DAY_S ? t : DAY_S) + 1) * 1000;
}

int rate_budget_read(
    struct rate_budget *b, const char *ratelimit, const char *policy, int64_t now_ms)
{
    struct rate_budget fresh = {0};
    struct item item;
    while (fresh.windows < RATE_WINDOWS_MAX && read_item(&ratelimit, &item)) {
        if (!item.names || item.r < 0 || item.t < 0)
            continue;
        fresh.window[fresh.windows++] = (struct rate_window){
            .left = item.r,
            .reset_ms = reset_of(now_ms, item.t),
            .quota = quota_of(policy, item.name[0]),
        };
    }
    if (fresh.windows)
        *b = fresh;
    return fresh.windows;
}

static bool is_little(const struct rate_window *w)
{
    return w->quota > 0 ? w->left < (w->quota + LITTLE_SHARE - 1) / LITTLE_SHARE
                        : w->left < LITTLE_UNKNOWN;
}

static int64_t window_wait_ms(const struct rate_window *w, int64_t cost, int64_t now_ms)
{
    if (now_ms >= w->reset_ms)
        return 0;
    int64_t remaining = w->reset_ms - now_ms;
    if (w->left < cost)
        return remaining;
    return is_little(w) ? remaining * cost / w->left : 0;
}

int64_t rate_budget_wait_ms(const struct rate_budget *b, int64_t cost, int64_t now_ms)
{
    int64_t longest = 0;
    for (int i = 0; cost > 0 && i < b->windows; i++) {
        int64_t wait = window_wait_ms(&b->window[i], cost, now_ms);
        if (wait > longest)
            longest = wait;
    }
    return longest;
}
