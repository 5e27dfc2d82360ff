/* What is on its way (rows 9, 33, 35, cold starts): none of it is a fault while it moves on. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum { PULL_STALLED_MS = 20 * TRIAGE_MINUTE };

/* ---- the host's cached model --------------------------------------------------------------------------- */

static bool find_cached(reader *r, find *f)
{
    f->certainty = TRIAGE_CERTAIN;
    f->ripe = r->waited_ms >= TRIAGE_GRACE_READY;
    return r->waits && r->v->cached_failure.len > 0 && r->serving == 0 && r->loading == 0 &&
           !r->serves_now;
}

static void tell_cached(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_sum(r, d, "The host's cached model cannot be used: %.80s.", r->v->cached_failure.s);
    triage_line(r, d, "workers", NULL, -1, "cached model %.120s: %.80s",
        triage_str(r->v->cached_model), r->v->cached_failure.s);
    triage_line_queue(r, d);
}

static void mend_download(reader *r, diagnosis *d)
{
    if (r->v->detail_read && !triage_env_set(r->v, "HF_TOKEN") &&
        !triage_env_set(r->v, "HUGGING_FACE_HUB_TOKEN"))
        triage_give_token(r, d);
    triage_by_hand(r, d,
        "Correct the cached model's reference, or give it a token that may read it (console)");
}

static void mend_cached(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (triage_has(r->v->cached_failure, "download"))
        mend_download(r, d);
    triage_by_hand(
        r, d, "Drop the cached model: the worker fetches the model itself then (console)");
}

/* ---- the image ------------------------------------------------------------------------------------------ */

static const struct triage_worker *worker_that(
    const reader *r, bool (*such)(const struct triage_worker *w))
{
    const struct triage_worker *first = NULL;
    for (size_t i = 0; r->v->workers_read && i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        if (!w->vanished && such(w) && (!first || w->first_ms < first->first_ms))
            first = w;
    }
    return first;
}

static bool pulls(const struct triage_worker *w)
{
    return w->logs_read && w->log.pulling && !triage_worker_crashes(w);
}

static int64_t begun(const struct triage_worker *w)
{
    return w->log.first_start_ms > 0  ? w->log.first_start_ms
           : w->worker.started_ms > 0 ? w->worker.started_ms
           : w->first_ms > 0          ? w->first_ms
                                      : -1;
}

static bool find_pull(reader *r, find *f)
{
    f->worker = worker_that(r, pulls);
    if (!r->waits || !f->worker || r->up > r->pulling)
        return false;
    f->since_ms = f->worker->first_ms > 0 ? f->worker->first_ms : begun(f->worker);
    int64_t moved = f->worker->log.moved_ms;
    f->certainty =
        moved >= 0 && r->v->now_ms - moved > PULL_STALLED_MS ? TRIAGE_POSSIBLE : TRIAGE_CERTAIN;
    f->count = r->pulling;
    return true;
}

static void tell_pull(reader *r, find *f, diagnosis *d)
{
    const struct triage_worker *w = f->worker;
    char span[TRIAGE_SPAN_SHOWN];
    int64_t held = f->since_ms > 0 ? r->v->now_ms - f->since_ms : 0;
    f->sentence = triage_text(r, "fetching the image, for %s%s", triage_span(held, span),
        f->certainty == TRIAGE_POSSIBLE ? ", and nothing moves on" : "");
    triage_sum(r, d, "The host fetches the image %.120s; the first time takes minutes.",
        triage_str(r->v->endpoint.image));
    if (w->log.line_count)
        triage_line(r, d, "log", w->worker.id, w->log.lines[0].at_ms, "%s",
            triage_str(w->log.lines[0].line));
    else
        triage_line(r, d, "log", w->worker.id, w->log.moved_ms, "it is still being fetched");
    triage_line_queue(r, d);
}

static void mend_pull(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_wait(r, d, "an image of 10 GB takes some minutes, and is not billed");
    triage_by_hand(r, d, "Take a smaller image if this happens often");
}

/* ---- a rollout ------------------------------------------------------------------------------------------- */

static int stale_workers(const reader *r)
{
    int n = 0;
    for (size_t i = 0; r->v->workers_read && i < r->v->worker_count; i++)
        n += !r->v->workers[i].vanished && r->v->workers[i].worker.stale;
    return n;
}

static bool find_rollout(reader *r, find *f)
{
    const struct endpoint_detail *e = &r->v->detail;
    bool rolling = r->v->detail_read && e->rolling;
    int64_t at = rolling && e->release_count ? e->releases[0].created_ms : -1;
    f->count = stale_workers(r);
    f->since_ms = at;
    int64_t held = at > 0 ? r->v->now_ms - at : r->waited_ms;
    bool moves =
        held < (r->up + r->starting > r->unplaced ? triage_grace_init(r) : triage_grace_place(r));
    f->certainty = !moves ? TRIAGE_POSSIBLE : rolling ? TRIAGE_CERTAIN : TRIAGE_LIKELY;
    f->at_once = rolling && f->count > 0 && f->count >= r->up;
    return r->waits && (rolling || f->count > 0);
}

static void tell_rollout(reader *r, find *f, diagnosis *d)
{
    const struct endpoint_detail *e = &r->v->detail;
    bool known = r->v->detail_read && e->rolling_total > 0;
    f->sentence =
        known ? triage_text(r, "a rollout: %d of %d workers are new", e->rolled, e->rolling_total)
              : TEXT("workers are being replaced after a change");
    triage_sum(r, d, "The settings were changed, and workers are being replaced.");
    if (known)
        triage_line(r, d, "releases", NULL, f->since_ms, "release v%d: %d of %d workers are on it",
            e->release_count ? e->releases[0].version : r->v->endpoint.version, e->rolled,
            e->rolling_total);
    else if (r->v->detail_read && e->rolling)
        triage_line(r, d, "releases", NULL, f->since_ms, "a rollout is in progress");
    if (f->count)
        triage_line(r, d, "workers", NULL, -1, "%d of %d workers are of the release before",
            f->count, r->listed);
    triage_line_queue(r, d);
}

static bool tag_moves(struct text image)
{
    const char *tag = image.len ? strrchr(image.s, ':') : NULL;
    return image.len && (!tag || strchr(tag, '/') || strcmp(tag, ":latest") == 0);
}

static void mend_rollout(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_wait(r, d, "the new workers take over one after the other");
    if (tag_moves(r->v->endpoint.image))
        triage_by_hand(
            r, d, "Pin the image to a version: hosts keep an old image under a tag that moves");
}

/* ---- a cold start -------------------------------------------------------------------------------------------- */

static bool loads(const struct triage_worker *w)
{
    return w->logs_read && w->log.loading && !triage_worker_crashes(w);
}

static bool initializes(const struct triage_worker *w)
{
    bool pulling = w->logs_read && w->log.pulling;
    return w->worker.status == WORKER_INITIALIZING && !pulling && !triage_worker_crashes(w);
}

/* While the log moves on it takes as long as it takes; what has no host yet should have one soon. */
static int64_t grace_cold(const reader *r, const struct triage_worker *w)
{
    bool moves = w && w->logs_read && w->log.loading && w->log.moved_ms > 0 &&
                 r->v->now_ms - w->log.moved_ms < TRIAGE_GRACE_PLACE;
    if (w && triage_is_unplaced(w))
        return TRIAGE_GRACE_PLACE;
    return moves ? 2 * TRIAGE_GRACE_INIT_MOST : triage_grace_init(r);
}

static bool find_cold(reader *r, find *f)
{
    f->worker = worker_that(r, loads);
    f->certainty = f->worker            ? TRIAGE_CERTAIN
                   : r->v->workers_read ? TRIAGE_LIKELY
                                        : TRIAGE_POSSIBLE;
    if (!f->worker)
        f->worker = worker_that(r, initializes);
    if (f->worker && triage_is_unplaced(f->worker))
        f->certainty = TRIAGE_POSSIBLE;
    if (f->worker)
        f->since_ms = begun(f->worker);
    f->count = r->starting > r->loading ? r->starting : r->loading;
    int64_t held = f->since_ms > 0 ? r->v->now_ms - f->since_ms : r->waited_ms;
    bool loading = f->worker && f->worker->log.loading;
    bool up_elsewhere = r->serving > 0 || (r->up > 0 && !loading);
    if ((r->v->workers_read && !f->worker) || (r->v->cached_failure.len && !loading))
        return false;
    return r->waits && !up_elsewhere && (r->starting > 0 || loading) &&
           held < grace_cold(r, f->worker);
}

static void tell_cold(reader *r, find *f, diagnosis *d)
{
    const struct triage_worker *w = f->worker;
    char span[TRIAGE_SPAN_SHOWN];
    bool loading = w && w->logs_read && w->log.loading;
    int64_t held = f->since_ms > 0 ? r->v->now_ms - f->since_ms : r->waited_ms;
    f->sentence = triage_text(r, "a cold start: %s, for %s",
        loading ? "loading the model" : "the worker starts", triage_span(held, span));
    triage_sum(r, d, "A worker starts and is not ready yet.");
    if (loading && w->log.line_count)
        triage_line(r, d, "log", w->worker.id, w->log.lines[0].at_ms, "%s",
            triage_str(w->log.lines[0].line));
    else if (loading)
        triage_line(r, d, "log", w->worker.id, w->log.moved_ms, "the model is being loaded");
    triage_line_workers(r, d);
    if (r->v->cached_model.len)
        triage_line(r, d, "settings", NULL, -1, "the host may fetch its cached model %.100s first",
            r->v->cached_model.s);
    triage_line_queue(r, d);
}

static void mend_cold(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_wait(r, d, "requests are served when it is ready");
    if (r->v->endpoint.workers_min == 0 && r->v->endpoint.workers_max > 0)
        triage_scale(r, d, 1, r->v->endpoint.workers_max);
}

const struct triage_rule triage_rules_coming[] = {
    {"cached-model-failed", 35, TRIAGE_STOPS, 0, "the cached model fails", find_cached, tell_cached,
        mend_cached},
    {"image-pulling", 9, TRIAGE_SLOWS, TRIAGE_NEEDS_LOGS, "fetching the image", find_pull,
        tell_pull, mend_pull},
    {"rollout-in-progress", 33, TRIAGE_SLOWS, 0, "a rollout is in progress", find_rollout,
        tell_rollout, mend_rollout},
    {"cold-start", 0, TRIAGE_SLOWS, 0, "a cold start", find_cold, tell_cold, mend_cold},
    {.id = NULL},
};
