/* Rate limits: fixed windows in real time, one for each account and bucket (spec/huggingface.md
 * §7.2), and the hourly quota of commits, which the RateLimit headers do not speak of (§5).
 * Anonymous callers share one window. Scenario keys: rate_api, rate_resolvers, rate_window_s,
 * commits_per_hour. */
#include "sim/hub_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bucket {
    const char *name, *key;
    int64_t quota, quota_anonymous;
};
static const struct bucket buckets[] = {
    {"api", "rate_api", 1000, 500}, {"resolvers", "rate_resolvers", 5000, 3000}};

static const struct bucket *bucket_of(const struct request *r)
{
    if (strstr(r->path, "/resolve/"))
        return &buckets[1];
    return strncmp(r->path, "/api/", 5) == 0 ? &buckets[0] : NULL;
}

/* The window for this key, begun anew when it is over. NULL when memory is out. */
static struct hub_window *window(struct hub_world *h, const char *who, int64_t length_ms)
{
    int64_t now = clock_mono_ms(clock_real());
    struct hub_window *w = h->windows;
    while (w && strcmp(w->who, who) != 0)
        w = w->next;
    if (!w) {
        w = calloc(1, sizeof *w);
        if (!w)
            return NULL;
        snprintf(w->who, sizeof w->who, "%s", who);
        w->begun = now;
        w->next = h->windows;
        h->windows = w;
    } else if (now - w->begun >= length_ms) {
        w->begun = now;
        w->count = 0;
    }
    return w;
}

/* Whole seconds until the window ends, at least 1. */
static int64_t seconds_left(const struct hub_window *w, int64_t length_ms)
{
    int64_t left = w->begun + length_ms - clock_mono_ms(clock_real());
    return left > 1000 ? (left + 999) / 1000 : 1;
}

bool hub_rate(struct sim *s, const struct request *r, struct reply *p, const struct hub_caller *c)
{
    const struct bucket *b = bucket_of(r);
    char who[sizeof((struct hub_window *)0)->who];
    if (!b)
        return true;
    int64_t quota = hub_setting(s->hub, b->key, c->known ? b->quota : b->quota_anonymous);
    int64_t length = hub_setting(s->hub, "rate_window_s", 300) * 1000;
    snprintf(who, sizeof who, "%s %s", b->name, c->name);
    struct hub_window *w = window(s->hub, who, length);
    if (!w)
        return true;
    bool ok = w->count < quota;
    w->count += ok;
    if (!ok)
        hub_refuse(p, 429, NULL,
            "We had to rate limit you. Your account has reached the limit of requests for this "
            "kind "
            "of resource; please retry later.");
    reply_header(p, "RateLimit", "\"%s\";r=%" PRId64 ";t=%" PRId64, b->name, quota - w->count,
        seconds_left(w, length));
    reply_header(p, "RateLimit-Policy", "\"fixed window\";\"%s\";q=%" PRId64 ";w=%" PRId64, b->name,
        quota, length / 1000);
    return ok;
}

bool hub_rate_commit(struct sim *s, struct reply *p, const struct hub_caller *c)
{
    enum { HOUR_MS = 3600 * 1000 };
    int64_t quota = hub_setting(s->hub, "commits_per_hour", 320);
    char who[sizeof((struct hub_window *)0)->who], text[256];
    snprintf(who, sizeof who, "commits %s", c->name);
    struct hub_window *w = window(s->hub, who, HOUR_MS);
    if (!w || w->count++ < quota)
        return true;
    snprintf(text, sizeof text,
        "You have exceeded the rate limit for repository commits (%" PRId64
        " per hour). You can retry this action in about %" PRId64 " minutes.",
        quota, seconds_left(w, HOUR_MS) / 60 + 1);
    hub_refuse(p, 429, NULL, text);
    return false;
}
