/* runpod_watch_detail: everything of the endpoint that a person looks at.
 *
 * It is read in three parts, each with its own cadence: the settings, the releases, the bill. All are due
 * when the focus moves there, and then every minute; the releases oftener while a rollout goes on, which
 * they say themselves, or which the workers betray before (a stale one, or one of a version that is not
 * known yet). What was read of the one before is forgotten: main keeps it (model/store.h).
 *
 * Each part is read into an arena of its own, so that a new answer replaces the old part alone. The whole
 * is sent when a part changed; a part that could not be read stays as it was, and it is said why. */
#include "client/runpod_watch_internal.h"

#include "client/runpod_change_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    PART_ARENA = 2 * 1024 * 1024,
    MESSAGE_ARENA = 8 * 1024 * 1024,
    DETAIL_MS = 60 * 1000,
    ROLLOUT_MS = 5 * 1000,
    AGAIN_MAX_MS = 5 * 60 * 1000
};

/* ---- when --------------------------------------------------------------------------------------- */

void watch_detail_release(struct runpod_watch *w)
{
    arena_free(w->detail.settings);
    arena_free(w->detail.releases);
    w->detail = (struct watched_detail){0};
}

void watch_detail_begin(struct runpod_watch *w)
{
    watch_detail_release(w);
    endpoint_detail_init(&w->detail.seen, w->focus);
    for (int i = 0; i < DETAIL_PARTS; i++) {
        err_clear(&w->detail.why[i]);
        cadence_init(&w->detail.again[i], DETAIL_MS, AGAIN_MAX_MS, 0.1,
            (uint64_t)clock_mono_ms(w->clock) + (uint64_t)i);
    }
}

struct cadence *watch_detail_cadence(struct runpod_watch *w, enum thing thing)
{
    return &w->detail.again[thing - THING_SETTINGS];
}

static bool is_listed(const struct runpod_watch *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->endpoints[i].focused)
            return true;
    return false;
}

int64_t watch_detail_due_ms(struct runpod_watch *w)
{
    int64_t due = INT64_MAX;
    for (int i = 0; i < DETAIL_PARTS && is_listed(w); i++)
        if (w->detail.again[i].due_ms < due)
            due = w->detail.again[i].due_ms;
    return due;
}

int64_t watch_detail_ms(const struct runpod_watch *w, enum thing thing)
{
    bool rolling = w->detail.seen.rolling || w->detail.moving;
    return thing == THING_RELEASES && rolling ? ROLLOUT_MS : DETAIL_MS;
}

void watch_detail_hurry(struct runpod_watch *w)
{
    for (int i = 0; i < DETAIL_PARTS; i++)
        cadence_hurry(&w->detail.again[i], clock_mono_ms(w->clock));
}

void watch_detail_workers(struct runpod_watch *w, const struct worker_page *page)
{
    struct watched_detail *d = &w->detail;
    bool unknown = d->seen.release_count > 0 && page->version > d->seen.releases[0].version;
    bool moving = unknown;
    for (size_t i = 0; i < page->count; i++)
        moving = moving || page->workers[i].stale;
    int64_t now = clock_mono_ms(w->clock);
    if (unknown)
        cadence_hurry(watch_detail_cadence(w, THING_SETTINGS), now);
    if (unknown || moving != d->moving)
        cadence_hurry(watch_detail_cadence(w, THING_RELEASES), now);
    d->moving = moving;
}

/* ---- taking ------------------------------------------------------------------------------------- */

/* Puts the part that was just read in the place of the old one; an arena that is not needed goes. */
static void settle(struct watched_detail *d, struct endpoint_detail *fresh, struct arena **place,
    struct arena *take)
{
    if (endpoint_detail_same(fresh, &d->seen)) {
        arena_free(take);
        return;
    }
    if (place) {
        arena_free(*place);
        *place = take;
    }
    d->seen = *fresh;
    d->changed = true;
}

static int take_settings(
    struct runpod_watch *w, const struct json *j, struct arena *a, struct err *why)
{
    struct watched_detail *d = &w->detail;
    struct endpoint_detail fresh, old = d->seen;
    if (strcmp(json_str_or(j, "id", ""), w->focus) != 0) {
        arena_free(a);
        return err_set(why, ERR_REMOTE, 0, "read the endpoint: the answer is another one");
    }
    endpoint_detail_init(&fresh, w->focus);
    runpod_read_detail(j, a, &fresh);
    fresh.releases = old.releases;
    fresh.release_count = old.release_count;
    fresh.releases_read = old.releases_read;
    fresh.rolling = old.rolling;
    fresh.rolled = old.rolled;
    fresh.rolling_total = old.rolling_total;
    memcpy(fresh.billed, old.billed, sizeof fresh.billed);
    fresh.billed_count = old.billed_count;
    fresh.billed_from_ms = old.billed_from_ms;
    d->changed = d->changed || !d->has_settings;
    d->has_settings = true;
    settle(d, &fresh, &d->settings, a);
    return 0;
}

static int take_releases(
    struct runpod_watch *w, const struct json *j, struct arena *a, struct err *why)
{
    struct endpoint_detail fresh = w->detail.seen;
    if (runpod_read_releases(j, a, &fresh, why)) {
        arena_free(a);
        return err_wrap(why, "read the releases");
    }
    settle(&w->detail, &fresh, &w->detail.releases, a);
    return 0;
}

static int take_billing(
    struct runpod_watch *w, const struct json *j, struct arena *a, struct err *why)
{
    struct endpoint_detail fresh = w->detail.seen;
    arena_free(a);
    if (runpod_read_billing(j, clock_wall_ms(w->clock), &fresh, why))
        return err_wrap(why, "read what it was billed");
    settle(&w->detail, &fresh, NULL, NULL);
    return 0;
}

int watch_detail_take(struct runpod_watch *w, enum thing thing, struct json *take, struct err *why)
{
    static int (*const takes[DETAIL_PARTS])(struct runpod_watch *, const struct json *,
        struct arena *, struct err *) = {take_settings, take_releases, take_billing};
    struct arena *a = arena_new(PART_ARENA);
    int failed = a ? takes[thing - THING_SETTINGS](w, take, a, why)
                   : err_set(why, ERR_IO, 0, "out of memory for what RunPod answered");
    json_free_secret(take);
    if (!failed)
        w->detail.seen.seen_ms = clock_mono_ms(w->clock);
    return failed;
}

void watch_detail_note(struct runpod_watch *w, enum thing thing, const struct err *why)
{
    struct err *had = &w->detail.why[thing - THING_SETTINGS];
    const char *now = why ? why->message : "";
    if (strcmp(had->class == ERR_NONE ? "" : had->message, now) == 0)
        return;
    err_clear(had);
    if (why)
        *had = *why;
    w->detail.changed = true;
}

/* ---- telling ------------------------------------------------------------------------------------ */

static struct text not_read(const struct watched_detail *d, struct arena *a)
{
    struct buf out;
    buf_init(&out, DETAIL_PARTS * (ERR_MESSAGE_MAX + 2));
    for (int i = 0; i < DETAIL_PARTS; i++)
        if (d->why[i].class != ERR_NONE)
            (void)buf_printf(&out, "%s%s", out.len > 0 ? "; " : "", d->why[i].message);
    struct text t = text_from(a, buf_str(&out));
    buf_release(&out);
    return t;
}

void watch_detail_send(struct runpod_watch *w)
{
    struct watched_detail *d = &w->detail;
    char key[MESSAGE_KEY_MAX];
    if (!d->has_settings || !d->changed)
        return;
    int n = snprintf(key, sizeof key, "detail/%s", w->focus);
    struct message *m = n > 0 && (size_t)n < sizeof key
                            ? message_new(MESSAGE_STATUS, NEWS_DETAIL, key, MESSAGE_ARENA)
                            : NULL;
    struct endpoint_detail *copy = m ? arena_alloc(m->arena, sizeof *copy) : NULL;
    if (!copy || endpoint_detail_copy(copy, &d->seen, m->arena)) {
        message_free(m); /* it is tried again with the next answer */
        return;
    }
    copy->not_read = not_read(d, m->arena);
    m->payload = copy;
    (void)inbox_send(w->inbox, m);
    d->changed = false;
}
