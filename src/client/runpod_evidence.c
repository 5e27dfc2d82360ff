/* runpod_evidence: the life of it, and its looks.
 *
 * Every part lies in an arena of its own that is replaced whole when the part is read again, so a dashboard that
 * looks for days needs no more memory than for one look. */
#include "client/runpod_evidence_internal.h"

#include "client/runpod_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALL_ARENA = 256 << 10,
    QUOTA_WAIT_MS = 4000, /* for the service's quota, before one call */
    AHEAD_MS = 1500,      /* less is not worth minding */
    JUST_MS = 1000
};

/* ---- small things ------------------------------------------------------------------------------------- */

void evidence_say(const struct runpod_evidence *ev, const char *what)
{
    if (ev->options.said)
        ev->options.said(ev->options.arg, what);
}

int64_t evidence_now(struct runpod_evidence *ev)
{
    return clock_wall_ms(ev->options.clock) + ev->ahead_ms;
}

void evidence_saw_time(struct runpod_evidence *ev, int64_t wall_ms)
{
    int64_t ahead = wall_ms - clock_wall_ms(ev->options.clock);
    if (wall_ms > 0 && ahead > AHEAD_MS && ahead > ev->ahead_ms)
        ev->ahead_ms = ahead;
}

struct arena *evidence_arena(size_t max)
{
    return arena_new(max);
}

void evidence_swap(struct arena **a, struct arena *take)
{
    arena_free(*a);
    *a = take;
}

void evidence_note(struct runpod_evidence *ev, const char *what, const char *why)
{
    struct triage_evidence *v = &ev->v;
    size_t i = 0;
    while (i < v->not_read_count && strcmp(v->not_read[i].what, what) != 0)
        i++;
    if (!why) {
        if (i < v->not_read_count) {
            memmove(&v->not_read[i], &v->not_read[i + 1],
                (v->not_read_count - i - 1) * sizeof *v->not_read);
            v->not_read_count--;
        }
        return;
    }
    if (i == TRIAGE_NOT_READ_MAX)
        return;
    v->not_read[i] = (struct triage_not_read){.what = what, .why = text_from(ev->notes, why)};
    if (i == v->not_read_count)
        v->not_read_count++;
}

int evidence_failed(
    struct runpod_evidence *ev, const char *what, const struct err *why, struct err *e)
{
    if (why->class == ERR_CANCEL) {
        if (e)
            *e = *why;
        return -1;
    }
    evidence_note(ev, what, why->message);
    return 0;
}

int evidence_pace(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    int64_t ms = runpod_wait_ms(ev->options.runpod, 1);
    if (ms > QUOTA_WAIT_MS)
        return err_set(e, ERR_RATE, 429, "RunPod's rate limit allows no call for %lld s",
            (long long)(ms + 999) / 1000);
    if (ms > 200)
        evidence_say(ev, "waiting for RunPod's rate limit");
    if (ms > 0 && runpod_sleep(ms, c, e))
        return -1;
    ev->cost.calls++;
    return cancel_check(c, e);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static void copy_endpoint(struct arena *a, struct endpoint *out, const struct endpoint *p)
{
    *out = *p;
    struct text *const texts[] = {
        &out->name, &out->image, &out->model, &out->revision, &out->served};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_dup(a, *texts[i]);
    for (size_t i = 0; i < out->pool_count; i++)
        out->pools[i] = text_dup(a, out->pools[i]);
}

void runpod_evidence_endpoint(struct runpod_evidence *ev, const struct endpoint *p)
{
    struct arena *a = evidence_arena(SMALL_ARENA);
    if (!a)
        return;
    bool first = !ev->settings;
    int max = ev->v.endpoint.workers_max;
    copy_endpoint(a, &ev->v.endpoint, p);
    evidence_swap(&ev->settings, a);
    if (p->workers_max != 0)
        ev->v.max_zero_since_ms = -1;
    else if (!first && max > 0)
        ev->v.max_zero_since_ms = evidence_now(ev);
}

struct runpod_evidence *runpod_evidence_new(
    const struct runpod_evidence_options *options, const struct endpoint *p)
{
    struct runpod_evidence *ev = calloc(1, sizeof *ev);
    if (!ev)
        return NULL;
    ev->options = *options;
    ev->looked_ms = ev->detail_ms = ev->account_ms = ev->catalog_ms = ev->jobs_ms = -1;
    triage_evidence_init(&ev->v);
    ev->v.now_ms = clock_wall_ms(options->clock);
    ev->notes = evidence_arena(SMALL_ARENA);
    runpod_evidence_endpoint(ev, p);
    if (ev->notes && ev->settings)
        return ev;
    runpod_evidence_free(ev);
    return NULL;
}

void runpod_evidence_free(struct runpod_evidence *ev)
{
    if (!ev)
        return;
    struct arena *const arenas[] = {
        ev->settings, ev->detail, ev->account, ev->catalog, ev->jobs, ev->model, ev->notes};
    for (size_t i = 0; i < sizeof arenas / sizeof *arenas; i++)
        arena_free(arenas[i]);
    while (ev->v.worker_count > 0)
        evidence_forget_worker(ev, ev->v.worker_count - 1);
    free(ev);
}

/* ---- what others have seen ------------------------------------------------------------------------------ */

/* Room for one more: of the older half every second one goes, so that the past gets coarser, not shorter. */
static void thin_looks(struct triage_evidence *v)
{
    size_t half = v->look_count / 2, kept = 0;
    for (size_t i = 0; i < v->look_count; i++)
        if (i >= half || i % 2 == 0)
            v->looks[kept++] = v->looks[i];
    v->look_count = kept;
}

void runpod_evidence_health(struct runpod_evidence *ev, int64_t at_ms, const struct health *h)
{
    struct triage_evidence *v = &ev->v;
    if (v->look_count > 0 && at_ms <= v->looks[v->look_count - 1].at_ms)
        return;
    if (v->look_count == TRIAGE_LOOKS_MAX)
        thin_looks(v);
    v->looks[v->look_count++] = (struct triage_look){.at_ms = at_ms, .health = *h};
}

void runpod_evidence_usual(struct runpod_evidence *ev, int64_t usual_ms)
{
    ev->v.usual_ms = usual_ms;
}

void runpod_evidence_elsewhere(struct runpod_evidence *ev, int workers)
{
    ev->v.workers_elsewhere = workers;
}

void runpod_evidence_quota(struct runpod_evidence *ev, int workers)
{
    ev->v.quota = workers;
}

void runpod_evidence_unread(struct runpod_evidence *ev, const char *what, const struct err *why)
{
    evidence_note(ev, what, why->message);
}

void runpod_evidence_account(struct runpod_evidence *ev, const struct account *account)
{
    ev->v.account = *account;
    ev->v.account_read = true;
    ev->account_ms = clock_mono_ms(ev->options.clock);
}

void runpod_evidence_catalog(struct runpod_evidence *ev, const struct gpu_page *gpus)
{
    struct arena *a = evidence_arena(4 << 20);
    struct gpu *copied = a ? arena_array(a, gpus->count, sizeof *copied) : NULL;
    if (!copied) {
        arena_free(a);
        return;
    }
    for (size_t i = 0; i < gpus->count; i++) {
        copied[i] = gpus->gpus[i];
        copied[i].id = text_dup(a, gpus->gpus[i].id);
        copied[i].name = text_dup(a, gpus->gpus[i].name);
        copied[i].pool = text_dup(a, gpus->gpus[i].pool);
    }
    evidence_swap(&ev->catalog, a);
    ev->gpus = (struct gpu_page){.gpus = copied, .count = gpus->count, .seen_ms = gpus->seen_ms};
    ev->v.catalog = &ev->gpus;
    ev->catalog_ms = clock_mono_ms(ev->options.clock);
}

/* ---- looking -------------------------------------------------------------------------------------------- */

static bool has_just_looked(struct runpod_evidence *ev)
{
    const struct triage_evidence *v = &ev->v;
    return v->look_count > 0 && evidence_now(ev) - v->looks[v->look_count - 1].at_ms < JUST_MS;
}

int runpod_evidence_look(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    ev->looked_ms = clock_mono_ms(ev->options.clock);
    ev->cost.looks++;
    if (ev->v.endpoint.load_balancer)
        evidence_note(ev, "health", "a load balancer has no queue to be looked at");
    else if (!has_just_looked(ev) && evidence_health(ev, c, e))
        return -1;
    return evidence_workers(ev, c, e);
}

static void age_jobs(struct triage_evidence *v, int64_t passed)
{
    for (size_t i = 0; i < v->job_count; i++) {
        struct triage_job *j = &v->jobs[i];
        j->age_ms += passed;
        if (j->running_ms >= 0)
            j->running_ms += passed;
    }
}

/* The oldest of those that wait; of one that others sent it is only known since when we saw it. */
static void find_oldest(struct triage_evidence *v)
{
    v->oldest_ms = -1;
    for (size_t i = 0; i < v->job_count; i++)
        if (v->jobs[i].status == REQUEST_IN_QUEUE && v->jobs[i].age_ms > v->oldest_ms)
            v->oldest_ms = v->jobs[i].age_ms;
}

const struct triage_evidence *runpod_evidence_get(struct runpod_evidence *ev)
{
    int64_t now = evidence_now(ev);
    if (now > ev->v.now_ms)
        age_jobs(&ev->v, now - ev->v.now_ms);
    ev->v.now_ms = now;
    find_oldest(&ev->v);
    return &ev->v;
}

bool runpod_evidence_ages_known(const struct runpod_evidence *ev)
{
    return ev->v.job_count > 0 && !ev->ages_seen;
}

struct runpod_evidence_cost runpod_evidence_cost(const struct runpod_evidence *ev)
{
    return ev->cost;
}
