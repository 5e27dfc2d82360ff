/* The furthest of the workers that are followed speaks for all: they load the same image and the same model. Its
 * refusal counts only while no other has come further.
 *
 * When to stop: the registry's "no" three times over (the platform asks again and again), a fourth start of one
 * container, and an image that is not known upstream and has not come after twenty minutes. A known one may
 * take as long as the whole wait. */
#include "app/deploy_watch.h"

#include "client/runpod_control.h"
#include "model/worker_image.h"
#include "ui/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    WORKERS_FIRST_MS = 1500, /* until there is one */
    WORKERS_EVERY_MS = 5000,
    FETCH_UNKNOWN_MS = 20 * 60 * 1000,
    REFUSALS_MOST = 3,
    STARTS_MOST = 4,
    TAIL = 100,
    PAGE_ARENA = 1 << 20,
    PAGES_A_LOOK = 8
};

static int64_t now_of(const struct deploy_watch *d)
{
    return clock_mono_ms(d->w->engine->clock);
}

void deploy_watch_init(struct deploy_watch *d)
{
    d->since_ms = now_of(d);
    d->fetching_ms = -1;
}

void deploy_watch_release(struct deploy_watch *d)
{
    for (size_t i = 0; i < DEPLOY_FOLLOWED; i++) {
        runpod_log_close(d->followed[i].log);
        d->followed[i].log = NULL;
    }
}

/* ---- logs ---------------------------------------------------------------------------------------- */

static void take_line(const struct log_line *line, void *arg)
{
    worker_stage_take(arg, line);
}

/* A worker that writes faster than it is read keeps nobody here: the rest is for the next look. */
static void read_logs(struct deploy_watch *d)
{
    for (size_t i = 0; i < DEPLOY_FOLLOWED; i++) {
        size_t lines = 1;
        for (int page = 0; d->followed[i].log && lines > 0 && page < PAGES_A_LOOK; page++) {
            struct arena *a = arena_new(PAGE_ARENA);
            lines =
                a ? runpod_log_read(d->followed[i].log, a, take_line, &d->followed[i].stage, NULL)
                  : 0;
            arena_free(a);
        }
    }
}

static bool is_followed(const struct deploy_watch *d, const char *worker)
{
    for (size_t i = 0; i < DEPLOY_FOLLOWED; i++)
        if (d->followed[i].log && strcmp(runpod_log_worker(d->followed[i].log), worker) == 0)
            return true;
    return false;
}

/* The place of one that is gone, or that was never taken. What the gone one was at stays known until then. */
static size_t free_place(const struct deploy_watch *d)
{
    for (size_t i = 0; i < DEPLOY_FOLLOWED; i++)
        if (!d->followed[i].log || runpod_log_over(d->followed[i].log))
            return i;
    return DEPLOY_FOLLOWED;
}

static void follow(struct deploy_watch *d, const struct worker_page *page)
{
    struct runpod *r = d->w->engine->runpod;
    for (size_t i = 0; i < page->count; i++) {
        size_t place = free_place(d);
        if (place == DEPLOY_FOLLOWED || runpod_wait_ms(r, 1) > 0)
            return;
        if (is_followed(d, page->workers[i].id))
            continue;
        runpod_log_close(d->followed[place].log);
        memset(&d->followed[place].stage, 0, sizeof d->followed[place].stage);
        d->followed[place].log = runpod_log_open(
            r, d->endpoint_id, d->name, page->workers[i].id, TAIL, &d->w->wait, NULL);
    }
}

/* ---- workers ------------------------------------------------------------------------------------- */

static void count_workers(struct deploy_watch *d, const struct worker_page *page)
{
    size_t used = 0, throttled = 0;
    d->workers[0] = 0;
    for (int s = 0; s < WORKER_STATUSES; s++) {
        int n = 0;
        for (size_t i = 0; i < page->count; i++)
            n += page->workers[i].status == (enum worker_status)s;
        throttled += s == WORKER_THROTTLED ? (size_t)n : 0;
        int wrote = n ? snprintf(d->workers + used, sizeof d->workers - used, "%s%d %s",
                            used ? ", " : "", n, worker_status_name((enum worker_status)s))
                      : 0;
        if (wrote < 0 || (size_t)wrote >= sizeof d->workers - used)
            break;
        used += (size_t)wrote;
    }
    d->any = page->count > 0;
    d->throttled = page->count > 0 && throttled == page->count;
    if (page->count && page->workers[0].gpu.len)
        snprintf(d->workers + used, sizeof d->workers - used, " (%s, %s)", page->workers[0].gpu.s,
            page->workers[0].data_center.len ? page->workers[0].data_center.s : "?");
}

static void look_at_workers(struct deploy_watch *d)
{
    struct work *w = d->w;
    struct worker_page page;
    int64_t now = now_of(d);
    if (now < d->workers_due_ms || runpod_wait_ms(w->engine->runpod, 1) > 0)
        return;
    struct arena *a = arena_new(PAGE_ARENA);
    d->workers_due_ms = now + (d->any ? WORKERS_EVERY_MS : WORKERS_FIRST_MS);
    if (a && !runpod_workers(w->engine->runpod, d->endpoint_id, a, &page, w->cancel, NULL)) {
        count_workers(d, &page);
        follow(d, &page);
    }
    arena_free(a);
}

/* ---- telling ------------------------------------------------------------------------------------- */

static const struct worker_stage *furthest(const struct deploy_watch *d)
{
    static const struct worker_stage none = {.percent = -1};
    const struct worker_stage *best = &none;
    for (size_t i = 0; i < DEPLOY_FOLLOWED; i++)
        if (d->followed[i].stage.kind > best->kind)
            best = &d->followed[i].stage;
    return best;
}

static void tell(struct deploy_watch *d, const struct worker_stage *s)
{
    char words[WORKER_STAGE_SHOWN], age[SAY_MAX];
    const char *said = s->error;
    const char *stage = d->throttled ? "throttled: its hosts are busy"
                        : d->any     ? worker_stage_words(s, words)
                                     : "no worker yet";
    work_step(d->w, d->step, STEP_RUNNING, "%s%s%s, %s%s%s", stage, d->workers[0] ? ", " : "",
        d->workers, say_age(age, now_of(d) - d->since_ms), said[0] ? ": " : "", said);
}

void deploy_watch_up(struct deploy_watch *d, const char *gpu)
{
    char age[SAY_MAX];
    if (d->up)
        return;
    d->up = true;
    work_step(d->w, d->step, STEP_DONE, "up after %s%s%s", say_age(age, now_of(d) - d->since_ms),
        gpu && *gpu ? ", " : "", gpu ? gpu : "");
}

/* ---- in vain --------------------------------------------------------------------------------------- */

static int hint_image(const struct deploy_watch *d, struct err *e)
{
    return err_hint(e,
        "deploy again with --image %s; the endpoint %s stays: delete it, or set its "
        "image and resume",
        WORKER_IMAGE_DEFAULT, d->endpoint_id);
}

static bool is_known(const struct deploy_watch *d)
{
    const struct worker_image image = worker_image_read(d->image);
    return image.kind == WORKER_IMAGE_GOOD || image.kind == WORKER_IMAGE_OLD;
}

static int refused(const struct deploy_watch *d, const struct worker_stage *s, struct err *e)
{
    if (strstr(s->error, "no space left")) {
        err_set(e, ERR_REMOTE, 0, "the image %s does not fit the disk: %s", d->image, s->error);
        return err_hint(e, "deploy again with a larger --disk; the endpoint %s stays: delete it",
            d->endpoint_id);
    }
    err_set(e, ERR_REMOTE, 0, "the image %s cannot be had%s: %s", d->image,
        is_known(d) ? "" : " (no such tag is known upstream)", s->error);
    return hint_image(d, e);
}

static int still_fetched(const struct deploy_watch *d, struct err *e)
{
    char age[SAY_MAX];
    err_set(e, ERR_TIMEOUT, 0, "the image %s is still being fetched after %s%s", d->image,
        say_age(age, now_of(d) - d->fetching_ms),
        is_known(d) ? "" : ": no such tag is known upstream");
    return hint_image(d, e);
}

static int dies(const struct deploy_watch *d, const struct worker_stage *s, struct err *e)
{
    err_set(e, ERR_REMOTE, 0, "the workers die at their start (%d times): %s", s->starts,
        s->error[0] ? s->error : "no line says why");
    return err_hint(e, "mend what it says; the endpoint %s stays: slipway logs %s", d->endpoint_id,
        d->endpoint_id);
}

static void keep_time(struct deploy_watch *d, const struct worker_stage *s)
{
    if (s->kind != WORKER_STAGE_FETCHING && s->kind != WORKER_STAGE_REFUSED)
        d->fetching_ms = -1;
    else if (d->fetching_ms < 0)
        d->fetching_ms = now_of(d);
}

static bool fetches_too_long(const struct deploy_watch *d)
{
    int64_t most = d->wait_ms < FETCH_UNKNOWN_MS ? d->wait_ms : FETCH_UNKNOWN_MS;
    return d->fetching_ms >= 0 && !is_known(d) && now_of(d) - d->fetching_ms >= most;
}

int deploy_watch_look(struct deploy_watch *d, struct err *e)
{
    look_at_workers(d);
    read_logs(d);
    const struct worker_stage *s = furthest(d);
    keep_time(d, s);
    tell(d, s);
    if (s->kind <= WORKER_STAGE_REFUSED && s->refusals >= REFUSALS_MOST)
        return refused(d, s, e);
    if (fetches_too_long(d))
        return still_fetched(d, e);
    return s->kind < WORKER_STAGE_READY && s->starts >= STARTS_MOST ? dies(d, s, e) : 0;
}

int deploy_watch_explain(const struct deploy_watch *d, struct err *e)
{
    const struct worker_stage *s = furthest(d);
    char words[WORKER_STAGE_SHOWN], age[SAY_MAX];
    if (s->kind <= WORKER_STAGE_REFUSED && s->refusals > 0)
        return refused(d, s, e);
    if (s->kind == WORKER_STAGE_FETCHING && d->fetching_ms >= 0)
        return still_fetched(d, e);
    say_age(age, now_of(d) - d->since_ms);
    err_set(e, ERR_TIMEOUT, 0, "no answer after %s: %s%s%s", age,
        d->throttled ? "every worker waits for a busy host"
        : d->any     ? worker_stage_words(s, words)
                     : "no host was found for a worker",
        s->error[0] ? ": " : "", s->error);
    return err_hint(e,
        d->any && !d->throttled
            ? "the endpoint %s stays and can bill: look at its logs; `slipway resume` "
              "waits on"
            : "the endpoint %s stays: give it more pools (slipway set-pools), then "
              "`slipway resume`",
        d->endpoint_id);
}
