/* What cannot be undone: deleting an endpoint, and purging its queue. Both say what is lost, and want the
 * endpoint's name typed (risk 3).
 *
 * Deleting what is deleted is nothing. A purge is not so: what waits when it is gone on with may be other
 * requests than those that were agreed to, so a resumed run asks anew; and where that is answered beforehand,
 * only one that was begun a moment ago is gone on with. */
#include "app/change.h"

#include "client/runpod_jobs.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const change_steps_delete[] = {"endpoint", "delete", NULL};
const char *const change_steps_purge[] = {"queue", "purge", NULL};
enum { SEE, DO };
enum { PURGE_FRESH_MS = 5 * 60 * 1000 };

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* ---- deleting ------------------------------------------------------------------------------------------- */

static void plan_lost(struct change *c)
{
    struct work *w = c->w;
    const struct health *h = &c->health;
    if (c->workers_seen && c->workers.count > 0)
        work_plan(
            w, "stops %zu worker%s at once", c->workers.count, plural((int64_t)c->workers.count));
    else if (c->workers_seen)
        work_plan(w, "no worker is up");
    if (!c->health_seen)
        work_plan(w, "how many requests run or wait there could not be seen: they are lost");
    else if (h->in_progress + h->in_queue == 0)
        work_plan(w, "no request is running or queued");
    if (c->health_seen && h->in_progress > 0)
        work_plan(w, "%" PRId64 " running request%s lost", h->in_progress,
            h->in_progress == 1 ? " is" : "s are");
    if (c->health_seen && h->in_queue > 0)
        work_plan(w, "%" PRId64 " queued request%s lost", h->in_queue,
            h->in_queue == 1 ? " is" : "s are");
}

static void plan_saved(struct change *c)
{
    char money[SAY_MAX];
    double hour = c->workers_seen ? worker_page_cost_hour(&c->workers, &c->gpus) : (double)NAN;
    if (hour > 0)
        work_plan(c->w, "it stops costing ≈%s/h", say_money(money, hour));
    else if (!isnan(hour))
        work_plan(c->w, "it costs nothing at this moment");
}

static void plan_row(struct change *c)
{
    struct text name = TEXT("");
    struct err why;
    if (change_row_name(c, &name, &why))
        work_plan(c->w, "a row of the registry, if there is one, stays: it could not be read");
    else if (name.len)
        work_plan(c->w, "the row %s of the registry stays, and points to nothing then", name.s);
    else
        work_plan(c->w, "no row of the registry points to it");
}

static void plan_delete(struct change *c)
{
    struct work *w = c->w;
    char url[512];
    w->record.plan_count = 0;
    work_plan(w, "Delete the endpoint %s (%s)", c->name.s, c->id);
    plan_lost(c);
    plan_saved(c);
    plan_row(c);
    work_plan(w, "this cannot be undone");
    snprintf(url, sizeof url, "%s/v2/serverless/%s", w->engine->profile->runpod_api_base, c->id);
    if (w->flags.dry_run)
        change_plan_request(c, "DELETE", url, NULL);
    w->record.confirm_word = c->name;
}

static void forget_pause(struct change *c)
{
    char name[96];
    change_paused_fact(c->id, name);
    if (c->w->state)
        state_fact_set(c->w->state, name, NULL, NULL);
}

int change_run_delete(struct change *c, struct err *e)
{
    struct work *w = c->w;
    if (c->settings) {
        change_look_round(c);
        plan_delete(c);
        work_step(w, SEE, STEP_DONE, "%s", c->id);
        if (cancel_check(w->cancel, e) || work_ask(w, 3, e))
            return -1;
        work_step(w, DO, STEP_RUNNING, "deleting");
        if (runpod_endpoint_delete(w->engine->runpod, c->id, w->cancel, e))
            return -1;
    } else {
        work_step(w, SEE, STEP_DONE, "it is gone");
    }
    forget_pause(c);
    work_step(w, DO, STEP_DONE, "deleted");
    work_say(w, "%s is deleted; a row of the registry that points to it stays", c->name.s);
    return work_note(w, "applied", "yes", e);
}

/* ---- purging -------------------------------------------------------------------------------------------- */

static void plan_purge(struct change *c, bool again)
{
    struct work *w = c->w;
    int64_t n = c->health.in_queue, running = c->health.in_progress;
    char url[512];
    w->record.plan_count = 0;
    work_plan(w, "Purge the queue of %s (%s)", c->name.s, c->id);
    work_plan(w, "%" PRId64 " queued request%s %s dropped", n, plural(n), n == 1 ? "is" : "are");
    if (running)
        work_plan(w, "%" PRId64 " that run%s go%s on", running, running == 1 ? "s" : "",
            running == 1 ? "es" : "");
    if (again)
        work_plan(w, "whether the interrupted purge was done is not known: these wait now");
    work_plan(w, "this cannot be undone");
    snprintf(url, sizeof url, "%s/%s/purge-queue", w->engine->profile->runpod_endpoint_base, c->id);
    if (w->flags.dry_run)
        change_plan_request(c, "POST", url, NULL);
    w->record.confirm_word = c->name;
}

static int purge(struct change *c, struct err *e)
{
    struct work *w = c->w;
    int64_t removed = -1;
    char words[24];
    work_step(w, DO, STEP_RUNNING, "purging");
    if (work_note(w, "purging", "yes", e) ||
        runpod_purge(w->engine->runpod, c->id, &removed, w->cancel, e))
        return -1;
    snprintf(words, sizeof words, "%" PRId64, removed);
    if (removed >= 0)
        work_step(w, DO, STEP_DONE, "%s request%s removed", words, plural(removed));
    else
        work_step(w, DO, STEP_DONE, "how many were removed is not said");
    work_say(w, "%s: %s", c->name.s,
        removed < 0    ? "the queue was purged"
        : removed == 1 ? "1 queued request was removed"
                       : "the queued requests were removed");
    return work_note(w, "applied", words, e);
}

/* A yes to what nobody has been shown is worth little when the queue is another by now. */
static int refuse_old(const struct change *c, struct err *e)
{
    const struct work *w = c->w;
    char age[SAY_MAX];
    int64_t since = clock_wall_ms(w->engine->clock) - w->record.started_ms;
    if (!w->resumed || !w->flags.yes || since < PURGE_FRESH_MS)
        return 0;
    err_set(e, ERR_STATE, 0, "the purge was asked for %s ago: other requests may wait by now",
        say_age(age, since));
    return err_hint(e, "`slipway purge %s` shows what waits now, and asks", c->id);
}

int change_run_purge(struct change *c, struct err *e)
{
    struct work *w = c->w;
    bool again = work_noted(w, "purging") && !work_noted(w, "applied");
    if (work_noted(w, "applied")) {
        work_step(w, DO, STEP_DONE, "purged before the interruption");
        return 0;
    }
    if (runpod_health(w->engine->runpod, c->id, &c->health, w->cancel, e))
        return -1;
    if (c->health.in_queue == 0) {
        work_step(w, SEE, STEP_DONE, "nothing is queued");
        work_say(w, "%s: nothing is queued", c->name.s);
        return 0;
    }
    if (refuse_old(c, e))
        return -1;
    if (w->resumed)
        json_remove(w->done, "agreed");
    plan_purge(c, again);
    work_step(w, SEE, STEP_DONE, "%" PRId64 " queued", c->health.in_queue);
    return work_ask(w, 3, e) || purge(c, e) ? -1 : 0;
}
