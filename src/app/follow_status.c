/* Asking how those that are not over are doing: the longest overdue first, a few side by side, at a pace that
 * does not depend on how many there are. */
#include "app/follow_internal.h"

#include "base/log.h"
#include "client/runpod_jobs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    LEAST_MS = 1000,
    MOST_MS = 15 * 1000,
    LOOKED_AT_MS = 2000,
    A_CALL_MS = 50,             /* 20 a second */
    YOUNG_MS = 60 * 1000,       /* a 404 that soon after it was taken may pass */
    UNSENT_MS = 30 * 60 * 1000, /* whoever sends one that long does not live any more */
    FAILED_MS = 15 * 1000
};

int64_t follow_interval_ms(int64_t age_ms, bool looked_at)
{
    int64_t most = looked_at ? LOOKED_AT_MS : MOST_MS, ms = age_ms / 5;
    return ms < LEAST_MS ? LEAST_MS : ms > most ? most : ms;
}

static bool is_looked_at(const struct follow *f, const struct followed_request *r)
{
    return strcmp(f->request_id, r->id) == 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t follow_statuses_due(const struct follow *f)
{
    int64_t due = INT64_MAX;
    if (!f->ledger || !runpod_has_key(f->engine->runpod))
        return due;
    for (const struct followed_request *r = f->requests; r; r = r->hh.next)
        due = r->due_ms < due ? r->due_ms : due;
    return due == INT64_MAX ? due : later(due, later(f->looks_ms, f->net_ms));
}

/* ---- one ------------------------------------------------------------------------------------------- */

struct looking {
    struct followed_request *of;
    struct request before, q;
    struct arena *arena;
};

static void next_look(struct follow *f, struct followed_request *r)
{
    int64_t now = follow_now(f);
    r->due_ms = now + follow_interval_ms(now - r->since_ms, is_looked_at(f, r));
}

/* One that nobody sends any more, and that has no id to ask about. */
static void give_up(struct follow *f, struct looking *l)
{
    const struct request_desk d = follow_desk(f);
    struct request *q = &l->q;
    int64_t now = clock_wall_ms(f->engine->clock);
    l->of->due_ms = follow_now(f) + UNSENT_MS;
    if (now - q->submitted_ms < UNSENT_MS)
        return;
    q->status = REQUEST_GONE;
    q->error =
        TEXT("Slipway ended before RunPod had answered: it may have been queued all the same");
    q->seen_ms = now;
    request_seen(&d, &l->before, q, l->arena);
    follow_untrack(f, l->of);
}

/* Reads the row as it stands; false when there is nothing to ask. */
static bool begin_look(struct follow *f, struct followed_request *r, struct looking *l)
{
    bool found = false;
    *l = (struct looking){.of = r, .arena = arena_new(FOLLOW_ROW_ARENA)};
    if (!l->arena || state_request_get(f->ledger, r->id, l->arena, &l->q, &found, NULL)) {
        r->due_ms = follow_now(f) + FAILED_MS;
        return false;
    }
    l->before = l->q;
    if (!found || (request_is_final(l->q.status) && !r->details)) {
        if (found)
            request_tell(f->engine, &l->q);
        follow_untrack(f, r);
        return false;
    }
    if (!l->q.job_id[0])
        give_up(f, l);
    return l->q.job_id[0] != '\0';
}

static bool same_text(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

static bool moved(const struct request *a, const struct request *b)
{
    return a->status != b->status || a->retries != b->retries || a->delay_ms != b->delay_ms ||
           a->execution_ms != b->execution_ms || strcmp(a->worker_id, b->worker_id) != 0 ||
           !same_text(a->output, b->output) || !same_text(a->error, b->error);
}

/* A request that was taken a moment ago is not lost because one of the service's machines does not know it
 * yet. */
static bool too_young(const struct request *before, const struct request *q)
{
    return q->status == REQUEST_GONE && !before->listed &&
           q->seen_ms - before->submitted_ms < YOUNG_MS;
}

static void take(struct follow *f, struct looking *l)
{
    const struct request_desk d = follow_desk(f);
    struct followed_request *r = l->of;
    follow_answered(f);
    if (too_young(&l->before, &l->q)) {
        next_look(f, r);
        return;
    }
    if (moved(&l->before, &l->q))
        request_seen(&d, &l->before, &l->q, l->arena);
    else if (is_looked_at(f, r))
        request_tell(f->engine, &l->q);
    if (request_is_final(l->q.status)) {
        follow_untrack(f, r);
        return;
    }
    if (r->status != l->q.status)
        r->since_ms = follow_now(f);
    r->status = l->q.status;
    r->details = false;
    next_look(f, r);
}

static void failed(struct follow *f, struct looking *l, const struct runpod_look *look)
{
    follow_failed(f, l->of->endpoint_id, &look->error, look->again_ms);
    if (l->of->details)
        follow_untrack(f, l->of);
    else
        l->of->due_ms = follow_now(f) + FAILED_MS;
}

/* ---- several --------------------------------------------------------------------------------------- */

/* The one that is overdue longest, of an endpoint that may be asked, and not chosen yet. */
static struct followed_request *most_due(
    struct follow *f, const struct looking *chosen, size_t n, int64_t now)
{
    struct followed_request *best = NULL;
    for (struct followed_request *r = f->requests; r; r = r->hh.next) {
        bool is_chosen = false;
        for (size_t i = 0; i < n; i++)
            is_chosen |= chosen[i].of == r;
        if (!is_chosen && r->due_ms <= now && (!best || r->due_ms < best->due_ms))
            best = r;
    }
    return best;
}

static size_t choose(struct follow *f, struct looking looks[RUNPOD_LOOKS_MAX])
{
    int64_t now = follow_now(f);
    struct followed_request *r;
    size_t n = 0;
    while (n < RUNPOD_LOOKS_MAX && (r = most_due(f, looks, n, now))) {
        int64_t held = follow_place(f, r->endpoint_id)->held_ms;
        if (held > now)
            r->due_ms = held;
        else if (begin_look(f, r, &looks[n]))
            n++;
        else
            arena_free(looks[n].arena);
    }
    return n;
}

void follow_statuses(struct follow *f)
{
    struct looking looks[RUNPOD_LOOKS_MAX];
    struct runpod_look asked[RUNPOD_LOOKS_MAX];
    if (follow_statuses_due(f) > follow_now(f))
        return;
    size_t n = choose(f, looks);
    for (size_t i = 0; i < n; i++)
        asked[i] = (struct runpod_look){.q = &looks[i].q, .arena = looks[i].arena};
    runpod_status_many(f->engine->runpod, asked, n, f->cancel);
    for (size_t i = 0; i < n; i++) {
        if (cancel_fired(f->cancel))
            ;
        else if (asked[i].error.class == ERR_NONE)
            take(f, &looks[i]);
        else
            failed(f, &looks[i], &asked[i]);
        arena_free(looks[i].arena);
    }
    f->looks_ms = follow_now(f) + (int64_t)n * A_CALL_MS;
}
