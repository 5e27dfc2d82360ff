/* Making the change once, and watching it arrive. The journal notes before the request what must be known
 * behind it (the version that was there, whether workers roll), and behind it that it was made. */
#include "app/change.h"

#include "client/runpod_control.h"
#include "ui/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_FIRST_MS = 1000,
    LOOK_MOST_MS = 5000,
    LOOK_ARENA = 4 << 20,
    NEW_RELEASE_MS = 60 * 1000, /* until the service lists the release */
    ROLLOUT_MS =
        2 * 60 * 60 * 1000, /* a worker finishes what it runs first, the next one may pull long */
    SLOW_MS = 15 * 60 * 1000,
    WORDS_MAX = 200
};

static int noted_number(const struct work *w, const char *key, int fallback)
{
    const char *s = work_noted(w, key);
    return s ? (int)strtol(s, NULL, 10) : fallback;
}

/* ---- making it ------------------------------------------------------------------------------------------ */

/* The newest version, so that the one that comes of it can be told apart; one that cannot be read is not
 * waited for. */
static int note_version(struct change *c, struct err *e)
{
    struct work *w = c->w;
    struct endpoint_detail detail;
    char words[16];
    if (runpod_releases(w->engine->runpod, c->id, w->keep, &detail, w->cancel, NULL) ||
        detail.release_count == 0)
        return cancel_check(w->cancel, e);
    snprintf(words, sizeof words, "%d", detail.releases[0].version);
    return work_note(w, "version", words, e);
}

/* What it had before it was paused is remembered for unpausing it, and forgotten when it is not paused. */
static int remember_workers(struct change *c, struct err *e)
{
    char name[96], words[32];
    if (!c->w->state || c->want.workers_max != 0 || c->now->workers_max <= 0)
        return 0;
    change_paused_fact(c->id, name);
    snprintf(words, sizeof words, "%d %d", c->now->workers_min, c->now->workers_max);
    return state_fact_set(c->w->state, name, words, e);
}

static void forget_workers(struct change *c)
{
    char name[96];
    if (!c->w->state || c->want.workers_max <= 0)
        return;
    change_paused_fact(c->id, name);
    state_fact_set(c->w->state, name, NULL, NULL);
}

int change_make(struct change *c, size_t step, struct err *e)
{
    struct work *w = c->w;
    struct endpoint after;
    if (work_noted(w, "applied") || !c->diff.count) {
        work_step(w, step, STEP_DONE, "made before the interruption");
        return 0;
    }
    work_step(w, step, STEP_RUNNING, "sending");
    if (note_version(c, e) || work_note(w, "rolls", c->diff.rolls ? "yes" : "no", e) ||
        remember_workers(c, e) ||
        runpod_change_apply(
            w->engine->runpod, c->settings, &c->want, w->keep, &after, w->cancel, e))
        return -1;
    forget_workers(c);
    work_step(
        w, step, STEP_DONE, "%zu change%s made", c->diff.count, c->diff.count == 1 ? "" : "s");
    return work_note(w, "applied", "yes", e);
}

/* ---- until it is so ---------------------------------------------------------------------------------------- */

/* "2 running, 1 starting" */
static void count_workers(const struct worker_page *page, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "no worker is up");
    for (int s = 0; s < WORKER_STATUSES && used + 1 < size; s++) {
        int n = 0;
        for (size_t i = 0; i < page->count; i++)
            n += page->workers[i].status == (enum worker_status)s;
        if (n)
            used += (size_t)snprintf(out + used, size - used, "%s%d %s", used ? ", " : "", n,
                worker_status_name((enum worker_status)s));
    }
}

static void see_workers(struct change *c, char out[WORDS_MAX])
{
    struct worker_page page;
    struct arena *a = arena_new(LOOK_ARENA);
    out[0] = 0;
    if (a && !runpod_workers(c->w->engine->runpod, c->id, a, &page, c->w->cancel, NULL))
        count_workers(&page, out, WORDS_MAX);
    arena_free(a);
}

struct rollout {
    int version; /* the newest; -1 = none listed */
    bool rolling;
    int rolled, total;
};

static bool passes(const struct err *e)
{
    return e->class == ERR_NET || e->class == ERR_TIMEOUT || e->class == ERR_RATE ||
           (e->class == ERR_REMOTE && e->number != 404);
}

/* One look; *seen false when it could not be had now. */
static int look(struct change *c, struct rollout *r, bool *seen, struct err *e)
{
    struct endpoint_detail detail;
    struct arena *a = arena_new(LOOK_ARENA);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    *seen = !runpod_releases(c->w->engine->runpod, c->id, a, &detail, c->w->cancel, e);
    if (*seen)
        *r = (struct rollout){.version = detail.release_count ? detail.releases[0].version : -1,
            .rolling = detail.rolling,
            .rolled = detail.rolled,
            .total = detail.rolling_total};
    arena_free(a);
    return *seen || passes(e) ? 0 : -1;
}

static void tell(struct change *c, size_t step, const struct rollout *r, bool seen, int64_t waited)
{
    char workers[WORDS_MAX];
    if (!seen) {
        work_step(c->w, step, STEP_RUNNING, "how far it is could not be read");
        return;
    }
    see_workers(c, workers);
    work_step(c->w, step, STEP_RUNNING, "v%d: %d of %d worker%s%s%s%s", r->version, r->rolled,
        r->total, r->total == 1 ? "" : "s", workers[0] ? " · " : "", workers,
        waited < SLOW_MS ? "" : " · it takes long: the workers' logs tell why");
}

static int too_late(struct change *c, struct err *e)
{
    err_set(e, ERR_TIMEOUT, 0, "the change is made, but not all workers have it yet");
    return err_hint(e, "it goes on by itself: `slipway releases %s` shows how far it is", c->id);
}

/* Not before the quota bears it. */
static int rest(struct change *c, int64_t ms, struct err *e)
{
    int64_t quota = runpod_wait_ms(c->w->engine->runpod, 2);
    return work_sleep(c->w, ms > quota ? ms : quota, e);
}

static int64_t longer(int64_t ms)
{
    return ms * 3 / 2 < LOOK_MOST_MS ? ms * 3 / 2 : LOOK_MOST_MS;
}

int change_follow(struct change *c, size_t step, struct err *e)
{
    struct work *w = c->w;
    struct rollout r = {.version = -1};
    const char *rolls = work_noted(w, "rolls");
    int before = noted_number(w, "version", -1);
    int64_t began = clock_mono_ms(w->engine->clock), waited = 0;
    if (!rolls || strcmp(rolls, "yes") != 0) {
        work_step(w, step, STEP_DONE, "nothing rolls");
        return 0;
    }
    work_step(w, step, STEP_RUNNING, "looking how far it is");
    for (int64_t wait = LOOK_FIRST_MS; waited < ROLLOUT_MS; wait = longer(wait)) {
        bool seen;
        if (look(c, &r, &seen, e))
            return -1;
        bool listed = seen && (before < 0 || r.version > before || waited >= NEW_RELEASE_MS);
        if (listed && !r.rolling)
            break;
        tell(c, step, &r, seen, waited);
        if (rest(c, wait, e))
            return -1;
        waited = clock_mono_ms(w->engine->clock) - began;
    }
    if (waited >= ROLLOUT_MS)
        return too_late(c, e);
    if (r.total > 0)
        work_step(w, step, STEP_DONE, "%d of %d worker%s on v%d", r.rolled, r.total,
            r.total == 1 ? "" : "s", r.version);
    else
        work_step(w, step, STEP_DONE, "v%d; no worker is up, the next one starts so", r.version);
    return 0;
}

/* ---- its last word ------------------------------------------------------------------------------------------- */

static void add_line(struct buf *out, const char *lead, const struct change_line *l)
{
    struct text after = l->after.len ? text_cut(l->after, 40) : TEXT("not set");
    buf_printf(out, "%s%.*s %.*s", lead, SAY_ARGS(text_cut(l->what, 40)), SAY_ARGS(after));
}

void change_say_end(struct change *c)
{
    char workers[WORDS_MAX];
    struct buf line;
    buf_init(&line, WORDS_MAX);
    size_t shown = c->diff.count < 3 ? c->diff.count : 3;
    for (size_t i = 0; i < shown; i++)
        add_line(&line, i ? ", " : ": ", &c->diff.lines[i]);
    if (c->diff.count > shown)
        buf_printf(&line, " and %zu more", c->diff.count - shown);
    see_workers(c, workers);
    work_say(c->w, "%s%s%s%s", c->name.s, buf_str(&line), workers[0] ? " · " : "", workers);
    buf_release(&line);
}
