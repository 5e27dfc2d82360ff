/* runpod_limits: counters that belong to the HTTP side of the RunPod world.
 *
 * All limits are fixed windows in real time, because the clients live in it: a window begins with its
 * first call and ends a fixed time later. Endpoints are remembered in a table of fixed size; when it
 * is full the one that was quiet longest is forgotten. Only ids of endpoints that exist come here, so
 * that needs more than ENDPOINTS_MAX of them. */
#include "sim/runpod_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDPOINTS_MAX = 256, DATA_WINDOW_MS = 10 * 1000 };

struct window {
    int64_t began;
    int used;
};

struct endpoint_limits {
    char id[20];
    int64_t last;
    struct window window[LIMITED_OPS];
    int held[LIMITED_OPS];
};

struct runpod_surface {
    struct window quota[QUOTA_WINDOWS];
    struct endpoint_limits endpoints[ENDPOINTS_MAX];
    size_t count;
    struct json *ssh_keys;
};

/* Spec §2.6: calls per 10 s, and at the same time (0 = not limited). */
static const struct limit {
    int calls, held;
} limits[LIMITED_OPS] = {
    [LIMIT_RUN] = {1000, 200},
    [LIMIT_RUNSYNC] = {2000, 400},
    [LIMIT_STATUS] = {2000, 400},
    [LIMIT_OPENAI] = {2000, 400},
    [LIMIT_CANCEL] = {100, 20},
    [LIMIT_PURGE] = {2, 0},
    [LIMIT_REQUESTS] = {10, 2},
};

struct runpod_surface *surface_of(struct sim *s)
{
    if (s->runpod->surface == NULL) {
        s->runpod->surface = calloc(1, sizeof *s->runpod->surface);
    }
    return s->runpod->surface;
}

void runpod_surface_free(struct runpod_surface *f)
{
    if (f != NULL) {
        json_free(f->ssh_keys);
        free(f);
    }
}

struct json **surface_ssh_keys(struct runpod_surface *f)
{
    if (f->ssh_keys == NULL) {
        f->ssh_keys = json_new_array();
    }
    return &f->ssh_keys;
}

/* Counts one call; milliseconds until the window ends when it was one too many, else 0. */
static int64_t window_count(struct window *w, int most, int64_t length_ms, int64_t now)
{
    if (w->used == 0 || now - w->began >= length_ms) {
        w->began = now;
        w->used = 0;
    }
    if (w->used >= most) {
        return w->began + length_ms - now;
    }
    w->used++;
    return 0;
}

static struct endpoint_limits *limits_of(struct runpod_surface *f, const char *id)
{
    struct endpoint_limits *oldest = &f->endpoints[0];
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->endpoints[i].id, id) == 0) {
            return &f->endpoints[i];
        }
        if (f->endpoints[i].last < oldest->last) {
            oldest = &f->endpoints[i];
        }
    }
    struct endpoint_limits *fresh = f->count < ENDPOINTS_MAX ? &f->endpoints[f->count++] : oldest;
    memset(fresh, 0, sizeof *fresh);
    (void)snprintf(fresh->id, sizeof fresh->id, "%s", id);
    return fresh;
}

int64_t surface_limit(
    struct runpod_surface *f, const char *endpoint_id, enum limited_op op, int64_t real_now_ms)
{
    if (op == LIMIT_NONE || f == NULL) {
        return 0;
    }
    struct endpoint_limits *e = limits_of(f, endpoint_id);
    e->last = real_now_ms;
    int64_t wait = window_count(&e->window[op], limits[op].calls, DATA_WINDOW_MS, real_now_ms);
    return (wait + 999) / 1000;
}

bool surface_enter(struct runpod_surface *f, const char *endpoint_id, enum limited_op op)
{
    if (f == NULL) {
        return true;
    }
    int *held = &limits_of(f, endpoint_id)->held[op];
    if (limits[op].held > 0 && *held >= limits[op].held) {
        return false;
    }
    *held += 1;
    return true;
}

void surface_leave(struct runpod_surface *f, const char *endpoint_id, enum limited_op op)
{
    if (f != NULL) {
        int *held = &limits_of(f, endpoint_id)->held[op];
        *held -= *held > 0;
    }
}

int surface_quota(struct runpod_surface *f, const int quotas[QUOTA_WINDOWS], int64_t real_now_ms,
    struct quota_view out[QUOTA_WINDOWS])
{
    static const struct {
        const char *name;
        int seconds;
    } windows[QUOTA_WINDOWS] = {{"minute", 60}, {"hour", 3600}, {"day", 86400}};
    int exhausted = -1;
    for (int i = 0; i < QUOTA_WINDOWS; i++) {
        struct window *w = &f->quota[i];
        int64_t length = (int64_t)windows[i].seconds * 1000;
        if (window_count(w, quotas[i], length, real_now_ms) != 0) {
            exhausted = exhausted < 0 ? i : exhausted;
        }
        out[i] = (struct quota_view){.name = windows[i].name,
            .quota = quotas[i],
            .seconds = windows[i].seconds,
            .remaining = quotas[i] > w->used ? quotas[i] - w->used : 0,
            .resets_in_s = (w->began + length - real_now_ms + 999) / 1000};
    }
    return exhausted;
}
