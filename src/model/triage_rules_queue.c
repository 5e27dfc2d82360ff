/* Workers are up, and requests wait all the same (rows 26 to 30). What is being served, however slowly,
 * is waiting and not stuck. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum { SLOW_DELAY_S = 10, SLOW_SLACK_S = 60, USUAL_DELAY_S = 4, MAX_MOST = 100 };

/* ---- nobody takes jobs ------------------------------------------------------------------------------------ */

static bool ready_and_idle(const struct health *h)
{
    return h->in_queue > 0 && h->in_progress == 0 &&
           (h->ready > 0 || h->idle > 0 || h->running > 0);
}

static bool takes_no_jobs(const struct triage_worker *w)
{
    bool says =
        w->logs_read && (w->log.local_api || triage_has_cause(w, "image-does-not-take-jobs"));
    return says && !w->vanished && !w->worker.stale;
}

/* The logs of all that are up reach back to their start, and none has ever spoken of jobs. */
static bool none_speaks_of_jobs(const reader *r)
{
    int up = 0;
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        if (w->vanished || (w->worker.status != WORKER_RUNNING && w->worker.status != WORKER_IDLE))
            continue;
        if (!w->logs_read || w->log.starts == 0 || w->log.serves)
            return false;
        up++;
    }
    return up > 0;
}

/* By its log, by what the image is known to be, or by nothing but that it sits there. */
static bool find_takes_none(reader *r, find *f)
{
    int64_t held = triage_held_ms(r->v, ready_and_idle);
    bool read = r->v->workers_read && r->unread == 0 && r->v->worker_count > 0;
    f->worker = triage_first_worker(r, takes_no_jobs);
    f->ripe = (held >= 0 && held >= TRIAGE_GRACE_READY) || r->waited_ms >= TRIAGE_GRACE_READY;
    if (f->worker)
        f->certainty = TRIAGE_CERTAIN;
    else if (read && (r->image.kind == WORKER_IMAGE_NO_WORKER || none_speaks_of_jobs(r)))
        f->certainty = TRIAGE_LIKELY;
    else
        f->certainty = TRIAGE_POSSIBLE;
    if (!r->waits || r->v->endpoint.load_balancer)
        return false;
    if (f->worker)
        return true;
    return held >= 0 && f->ripe && r->up > 0 && r->crashing == 0 && r->loading == 0 &&
           r->pulling == 0 && !r->serves_now;
}

static void tell_takes_none(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("workers are ready and take no requests");
    if (f->certainty == TRIAGE_POSSIBLE)
        triage_sum(r, d,
            "Workers are ready, and no request is taken: the image may be none that takes jobs from the queue.");
    else
        triage_sum(r, d, "The image %.120s does not take requests from the queue.",
            triage_str(r->v->endpoint.image));
    for (size_t i = 0; f->worker && i < f->worker->log.line_count && i < 2; i++)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.lines[i].at_ms, "%s",
            triage_str(f->worker->log.lines[i].line));
    if (f->worker && f->worker->log.local_api && !f->worker->log.line_count)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.moved_ms,
            "the SDK serves its local test API instead of taking jobs");
    if (r->image.kind == WORKER_IMAGE_NO_WORKER)
        triage_line(r, d, "settings", NULL, -1, "%s", r->image.warning);
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_takes_none(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (r->v->endpoint.model.len && r->image.kind != WORKER_IMAGE_GOOD)
        triage_set_image(r, d, WORKER_IMAGE_DEFAULT, WORKER_IMAGE_DEFAULT_CUDA);
    triage_by_hand(r, d,
        "Take an image that calls runpod.serverless.start, or deploy a new endpoint of type QUEUE");
}

/* ---- slow ------------------------------------------------------------------------------------------------------ */

static bool idle_beside_busy(const struct health *h)
{
    return h->in_queue > 0 && h->in_progress > 0 && h->idle > 0;
}

static bool find_one_worker(reader *r, find *f)
{
    bool volumes = r->v->detail_read && r->v->detail.volumes.len > 0;
    bool older = r->image.version.major >= 0 && r->image.generation != WORKER_GENERATION_B;
    f->certainty = volumes && older ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->count = r->by[WORKER_IDLE];
    return r->late && r->by[WORKER_RUNNING] == 1 && r->by[WORKER_IDLE] >= 1 && r->two_looks &&
           triage_held_ms(r->v, idle_beside_busy) > 0;
}

static void tell_one_worker(reader *r, find *f, diagnosis *d)
{
    f->sentence =
        triage_text(r, "one worker takes all, %d stand%s idle", f->count, f->count == 1 ? "s" : "");
    triage_sum(r, d,
        "One worker takes all requests while %d stand%s idle: a fault of runpod's SDK 1.7.11 to 1.10.0.",
        f->count, f->count == 1 ? "s" : "");
    triage_line_workers(r, d);
    if (r->v->detail_read && r->v->detail.volumes.len)
        triage_line(r, d, "settings", NULL, -1, "network volume: %.80s", r->v->detail.volumes.s);
    triage_line_queue(r, d);
}

static void mend_one_worker(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (r->v->endpoint.model.len && r->image.version.major >= 0 &&
        r->image.generation != WORKER_GENERATION_B)
        triage_set_image(r, d, WORKER_IMAGE_DEFAULT, WORKER_IMAGE_DEFAULT_CUDA);
    triage_by_hand(r, d, "Build the image with runpod 1.10.1 or newer");
}

static bool by_requests(const reader *r)
{
    return strcmp(triage_str(r->v->scaler), "REQUEST_COUNT") == 0;
}

/* As many as the scaler asks for; -1 = it goes by time. */
static int64_t workers_wanted(const reader *r)
{
    double all = (double)r->queue + (double)(r->running > 0 ? r->running : 0);
    return by_requests(r) && r->v->scaler_value > 0
               ? (int64_t)fmin(ceil(all / r->v->scaler_value), 1e6)
               : -1;
}

static bool find_scaler(reader *r, find *f)
{
    int64_t wanted = workers_wanted(r);
    bool delay = r->v->scaler.len && !by_requests(r) && r->v->scaler_value >= SLOW_DELAY_S;
    bool room = r->listed > 0 && r->listed < r->v->endpoint.workers_max && r->starting == 0 &&
                r->by[WORKER_THROTTLED] == 0;
    bool in_time = (double)r->waited_ms < (r->v->scaler_value + SLOW_SLACK_S) * TRIAGE_SECOND;
    f->certainty = wanted >= 0 ? TRIAGE_CERTAIN : in_time ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    return r->late && r->up > 0 && r->running > 0 && room &&
           ((wanted >= 0 && wanted <= r->up) || delay);
}

static void tell_scaler(reader *r, find *f, diagnosis *d)
{
    int64_t wanted = workers_wanted(r);
    (void)f;
    triage_sum(r, d, "Only %d of %d workers are up, because the scaler does not ask for more.",
        r->up, r->v->endpoint.workers_max);
    if (wanted >= 0)
        triage_line(r, d, "settings", NULL, -1,
            "a worker for each %.0f requests: %" PRId64 " queued and %" PRId64
            " running make %" PRId64,
            r->v->scaler_value, r->queue, r->running, wanted);
    else
        triage_line(r, d, "settings", NULL, -1, "a worker more only when requests wait for %.1f s",
            r->v->scaler_value);
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_scaler(reader *r, find *f, diagnosis *d)
{
    bool count = by_requests(r);
    double now = r->v->scaler_value;
    int to = count ? (now > 4 ? 4 : 1) : USUAL_DELAY_S;
    int min = r->up + 1 < r->v->endpoint.workers_max ? r->up + 1 : r->v->endpoint.workers_max;
    (void)f;
    struct triage_remedy *m =
        count
            ? triage_remedy(r, d, "scaling", "Start a worker for each %d request%s instead of %.0f",
                  to, triage_plural(to), now)
            : triage_remedy(
                  r, d, "scaling", "Start workers after a wait of %d s instead of %.1f s", to, now);
    struct json *scaling = triage_object(r, triage_patch(r, m), "scaling");
    triage_put(r, scaling, "type", json_new_string(count ? "REQUEST_COUNT" : "QUEUE_DELAY"));
    triage_put(r, scaling, count ? "requestCount" : "queueDelay", json_new_int(to));
    triage_means(r, m, "console or API: not a setting that slipway changes");
    m->risk = TRIAGE_RISK_PLAN;
    m->cost_per_hour_delta = NAN;
    triage_scale(r, d, min, r->v->endpoint.workers_max);
}

static bool queue_grows(const struct triage_evidence *v)
{
    return v->look_count >= 2 &&
           v->looks[v->look_count - 1].health.in_queue >= v->looks[0].health.in_queue;
}

static bool find_under(reader *r, find *f)
{
    int busy = r->v->workers_read ? r->by[WORKER_RUNNING] : (int)r->health->running;
    f->certainty = r->v->workers_read && queue_grows(r->v) ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->count = busy;
    return r->late && r->two_looks && r->serves_now && busy > 0 &&
           busy >= r->v->endpoint.workers_max && r->running > 0 && r->crashing == 0 &&
           r->loading == 0 && r->pulling == 0;
}

static void tell_under(reader *r, find *f, diagnosis *d)
{
    int64_t first = r->v->looks[0].health.in_queue;
    f->sentence =
        f->count == 1
            ? TEXT("the only worker is busy, the queue is longer than it can do")
            : triage_text(r, "all %d workers busy, the queue is longer than they can do", f->count);
    if (f->count == 1)
        triage_sum(r, d, "The only worker is at work, and more requests come than it can do.");
    else
        triage_sum(
            r, d, "All %d workers are at work, and more requests come than they can do.", f->count);
    triage_line_workers(r, d);
    triage_line(r, d, "settings", NULL, -1, "max workers is %d", r->v->endpoint.workers_max);
    triage_line(
        r, d, "health", NULL, -1, "queue: %" PRId64 " at first, %" PRId64 " now", first, r->queue);
    triage_line_queue(r, d);
}

static void mend_under(reader *r, find *f, diagnosis *d)
{
    const struct triage_evidence *v = r->v;
    int max = v->endpoint.workers_max, to = max * 2 < MAX_MOST ? max * 2 : MAX_MOST;
    int64_t each = triage_env_number(v, "MAX_CONCURRENCY");
    (void)f;
    if (v->quota > 0 && v->workers_elsewhere >= 0 && v->quota - v->workers_elsewhere < to)
        to = v->quota - v->workers_elsewhere;
    if (to > max)
        triage_scale(r, d, v->endpoint.workers_min, to);
    if (each > 0 && each < 30) {
        const char *pairs[] = {"MAX_CONCURRENCY", "30", NULL};
        triage_set_env(r, d, pairs);
    }
    triage_wait(r, d, "the queue is worked off when fewer requests come");
}

/* ---- low priority ---------------------------------------------------------------------------------- */

static bool is_low(const reader *r, const struct triage_job *j)
{
    (void)r;
    return j->status == REQUEST_IN_QUEUE && j->low_priority;
}

static bool is_queued(const reader *r, const struct triage_job *j)
{
    (void)r;
    return j->status == REQUEST_IN_QUEUE;
}

static bool find_low(reader *r, find *f)
{
    int queued;
    f->job = triage_job_that(r, is_low, &f->count);
    (void)triage_job_that(r, is_queued, &queued);
    f->certainty = TRIAGE_CERTAIN;
    f->ripe = f->job && f->job->age_ms >= TRIAGE_GRACE_PLACE;
    return f->job && f->count == queued && (r->asked || r->queue <= f->count) && r->up == 0 &&
           r->starting == 0 && r->v->endpoint.workers_max > 0;
}

static void tell_low(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("low-priority requests start no worker");
    triage_sum(r, d, "The request has low priority, which never starts a worker, and none is up.");
    triage_line(r, d, "job", NULL, -1, "%.60s: policy.lowPriority is true%s", f->job->id,
        f->count > 1 ? ", as of all that wait" : "");
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_low(reader *r, find *f, diagnosis *d)
{
    if (r->v->endpoint.workers_min == 0)
        triage_scale(r, d, 1, r->v->endpoint.workers_max);
    triage_by_hand(r, d, "Send it again without lowPriority");
    triage_cancel(r, d, f->job->id);
}

enum { W = TRIAGE_NEEDS_WORKERS, H = TRIAGE_NEEDS_HEALTH };
const struct triage_rule triage_rules_queue[] = {
    {"image-does-not-take-jobs", 26, TRIAGE_STOPS, H, "ready, but takes no requests",
        find_takes_none, tell_takes_none, mend_takes_none},
    {"low-priority-job", 30, TRIAGE_STOPS, 0, "low priority starts no worker", find_low, tell_low,
        mend_low},
    {"jobs-on-one-worker", 27, TRIAGE_SLOWS, W, "all requests on one worker", find_one_worker,
        tell_one_worker, mend_one_worker},
    {"scaler-too-slow", 28, TRIAGE_SLOWS, H, "the scaler asks for no more", find_scaler,
        tell_scaler, mend_scaler},
    {"under-provisioned", 29, TRIAGE_SLOWS, H, "too few workers for the load", find_under,
        tell_under, mend_under},
    {.id = NULL},
};
