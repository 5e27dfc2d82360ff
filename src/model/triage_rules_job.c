/* What is wrong with single requests (rows 31, 32, 38 to 41): of the endpoint it says nothing. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum { RECENT_MS = 30 * TRIAGE_MINUTE, CAP_LEAST = 50, CAP_EACH = 500, PURGED_LEAST = 2 };

/* Of the request that was asked about, else of any recent one: the first. */
static const struct triage_job *job_that(
    const reader *r, bool (*such)(const struct triage_job *j), int *count)
{
    const struct triage_job *first = NULL;
    *count = 0;
    for (size_t i = 0; i < r->v->job_count; i++) {
        const struct triage_job *j = &r->v->jobs[i];
        bool meant = r->asked ? j == r->asked : j->age_ms <= RECENT_MS;
        if (!meant || !such(j))
            continue;
        first = first ? first : j;
        ++*count;
    }
    return first;
}

static bool found(reader *r, find *f, bool (*such)(const struct triage_job *j))
{
    f->job = job_that(r, such, &f->count);
    f->certainty = TRIAGE_CERTAIN;
    f->ripe = true;
    return f->job != NULL;
}

static void line_job(reader *r, diagnosis *d, const struct triage_job *j, const char *what)
{
    triage_line(r, d, "job", NULL, -1, "%.60s: %s%s%.160s", j->id, what, j->error.len ? "; " : "",
        triage_str(j->error));
}

/* ---- an empty input ---------------------------------------------------------------------------------- */

static bool is_empty(const struct triage_job *j)
{
    return j->empty_input && j->status != REQUEST_COMPLETED;
}

static const struct triage_worker *empty_said(const reader *r)
{
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct crash *c = &r->v->workers[i].log;
        if (r->v->workers[i].logs_read && c->notice && c->notice->id &&
            strcmp(c->notice->id, "empty-input") == 0)
            return &r->v->workers[i];
    }
    return NULL;
}

static bool find_empty(reader *r, find *f)
{
    bool job = found(r, f, is_empty);
    f->worker = empty_said(r);
    return job || (f->worker && !r->asked);
}

static void tell_empty(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("a request has an empty input");
    triage_sum(r, d,
        "The request's input is empty, which the worker refuses; it is tried again and fails in the end.");
    if (f->job)
        line_job(r, d, f->job, "its input is empty");
    if (f->worker)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.notice_line.at_ms, "%s",
            triage_str(f->worker->log.notice_line.line));
}

static void mend_empty(reader *r, find *f, diagnosis *d)
{
    triage_by_hand(r, d, "Send it again with something in `input`");
    if (f->job && !request_is_final(f->job->status))
        triage_cancel(r, d, f->job->id);
}

/* ---- gone ---------------------------------------------------------------------------------------------- */

static bool is_gone(const struct triage_job *j)
{
    return j->status == REQUEST_GONE || j->status == REQUEST_EXPIRED || j->error_status == 404;
}

/* Of one that nobody asked about only what is no ordinary forgetting of a result. */
static bool is_lost(const struct triage_job *j)
{
    return is_gone(j) && (j->status == REQUEST_GONE || (j->ttl_ms >= 0 && j->age_ms >= j->ttl_ms));
}

static bool find_gone(reader *r, find *f)
{
    return found(r, f, r->asked ? is_gone : is_lost);
}

static void tell_gone(reader *r, find *f, diagnosis *d)
{
    const struct triage_job *j = f->job;
    char age[TRIAGE_SPAN_SHOWN], ttl[TRIAGE_SPAN_SHOWN];
    int64_t lives = j->ttl_ms >= 0 ? j->ttl_ms : REQUEST_TTL_MS;
    f->sentence = TEXT("the service does not know the request any more");
    triage_span(j->age_ms, age);
    triage_span(lives, ttl);
    if (j->age_ms >= lives)
        triage_sum(r, d,
            "The request is %s old and lived for %s at most: the service has deleted it.", age,
            ttl);
    else if (j->age_ms >= REQUEST_RESULT_KEPT_MS)
        triage_sum(r, d,
            "The service does not know the request: results are kept for 30 min, and it is %s old.",
            age);
    else
        triage_sum(r, d,
            "The service does not know the request: its result was kept for too short a time, or it is another endpoint's.");
    line_job(r, d, j, "its status answers 404");
    if (j->age_ms > 0) /* else nobody here has sent it */
        triage_line(r, d, "job", NULL, -1, "it was sent %s ago, with %s to live", age, ttl);
}

static void mend_gone(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_by_hand(r, d,
        "Send it again, with a longer policy.ttl, and fetch the result within 30 min (or a webhook)");
}

/* ---- purged -------------------------------------------------------------------------------------------- */

static bool is_cancelled(const struct triage_job *j)
{
    return j->status == REQUEST_CANCELLED && j->running_ms < 0;
}

/* The queue emptied between two looks, and nothing was done meanwhile. */
static bool emptied(const struct triage_evidence *v)
{
    for (size_t i = 1; i < v->look_count; i++) {
        const struct health *a = &v->looks[i - 1].health, *b = &v->looks[i].health;
        if (a->in_queue >= PURGED_LEAST && b->in_queue == 0 && b->completed == a->completed &&
            b->failed == a->failed && b->in_progress <= a->in_progress)
            return true;
    }
    return false;
}

static bool find_purged(reader *r, find *f)
{
    int all = 0;
    bool job = found(r, f, is_cancelled), drop = emptied(r->v);
    for (size_t i = 0; i < r->v->job_count; i++)
        all += is_cancelled(&r->v->jobs[i]);
    f->count = all;
    f->certainty = drop || all >= 3 ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    return job && (r->asked || (drop && all >= PURGED_LEAST));
}

static void tell_purged(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("the queue was purged");
    if (f->count >= PURGED_LEAST)
        triage_sum(r, d,
            "%d requests were cancelled before a worker took them: somebody purged the queue.",
            f->count);
    else
        triage_sum(r, d,
            "The request was cancelled before a worker took it, by itself or with the whole queue.");
    line_job(r, d, f->job, "cancelled while it waited");
    if (f->count > 1)
        triage_line(r, d, "job", NULL, -1, "so were %d others", f->count - 1);
    if (emptied(r->v))
        triage_line(
            r, d, "health", NULL, -1, "the queue emptied at once, and nothing was completed");
}

static void mend_purged(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_by_hand(r, d, "Send them again (slipway requests, s)");
}

/* ---- refused -------------------------------------------------------------------------------------------- */

static bool is_denied(const struct triage_job *j)
{
    return j->error_status == 401 || j->error_status == 403;
}

/* What of the service's own answers says so: why it could not be read; NULL = nothing. */
static const char *refusal(const reader *r)
{
    for (size_t i = 0; i < r->v->not_read_count && i < TRIAGE_NOT_READ_MAX; i++) {
        const struct triage_not_read *n = &r->v->not_read[i];
        bool asked = n->what && (strcmp(n->what, "health") == 0 || strcmp(n->what, "workers") == 0);
        if (asked && (triage_has(n->why, "401") || triage_has(n->why, "403")))
            return n->why.s;
    }
    return NULL;
}

static bool find_denied(reader *r, find *f)
{
    return found(r, f, is_denied) || (!r->asked && refusal(r));
}

static void tell_denied(reader *r, find *f, diagnosis *d)
{
    int status = f->job ? f->job->error_status : strstr(refusal(r), "401") ? 401 : 403;
    bool agent = f->job && status == 403 &&
                 (triage_has(f->job->error, "1010") || triage_has(f->job->error, "loudflare"));
    f->sentence = triage_text(r, "the key is refused (%d)", status);
    if (agent)
        triage_sum(r, d,
            "A firewall before the service refuses the client (403): it sends no usual User-Agent.");
    else if (status == 401)
        triage_sum(r, d,
            "The service does not accept the key (401): it is wrong, restricted, or was revoked.");
    else
        triage_sum(r, d, "The key is not allowed to do this here (403): it is restricted.");
    if (f->job)
        triage_line(r, d, "job", NULL, -1, "%.60s: HTTP %d %.160s", f->job->id, status,
            triage_str(f->job->error));
    else
        triage_line(r, d, "account", NULL, -1, "%.200s", refusal(r));
}

static void mend_denied(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_by_hand(
        r, d, "Give the client a key that may use this endpoint (console, Settings, API keys)");
    triage_by_hand(r, d, "Let the client send a User-Agent of its own");
}

static bool is_limited(const struct triage_job *j)
{
    return j->error_status == 429;
}

static bool at_cap(const reader *r)
{
    return r->queue > CAP_LEAST && r->queue > (int64_t)CAP_EACH * r->v->endpoint.workers_max;
}

static bool find_limited(reader *r, find *f)
{
    return found(r, f, is_limited);
}

static void tell_limited(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("requests are refused: too many (429)");
    if (at_cap(r))
        triage_sum(r, d,
            "The queue of %" PRId64 " is full: %d a worker are allowed, with at most %d workers.",
            r->queue, CAP_EACH, r->v->endpoint.workers_max);
    else
        triage_sum(r, d, "The service is called more often than it allows in 10 s.");
    triage_line(
        r, d, "job", NULL, -1, "%.60s: HTTP 429 %.160s", f->job->id, triage_str(f->job->error));
    triage_line_queue(r, d);
}

static void mend_limited(reader *r, find *f, diagnosis *d)
{
    int max = r->v->endpoint.workers_max;
    int64_t need = r->queue / CAP_EACH + 1;
    (void)f;
    if (at_cap(r) && need > max && need <= 1000)
        triage_scale(r, d, r->v->endpoint.workers_min, (int)need);
    triage_by_hand(
        r, d, "Let the client wait and try again more slowly, and ask for results less often");
}

static bool is_cut(const struct triage_job *j)
{
    return j->error_status == 524;
}

static bool find_cut(reader *r, find *f)
{
    bool job = found(r, f, is_cut);
    f->certainty =
        r->starting > 0 || r->loading > 0 || r->listed == 0 ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    return job;
}

static void tell_cut(reader *r, find *f, diagnosis *d)
{
    f->sentence = TEXT("the gateway gives up before the worker is ready (524)");
    triage_sum(r, d,
        "The gateway gives up after 100 s (524), and a cold start takes longer; the request may still run.");
    triage_line(
        r, d, "job", NULL, -1, "%.60s: HTTP 524 %.160s", f->job->id, triage_str(f->job->error));
    triage_line_workers(r, d);
}

static void mend_cut(reader *r, find *f, diagnosis *d)
{
    const struct endpoint *e = &r->v->endpoint;
    (void)f;
    triage_by_hand(
        r, d, "Send it with /run and ask /status, instead of /runsync or the OpenAI route");
    if (e->workers_min == 0 && e->workers_max > 0)
        triage_scale(r, d, 1, e->workers_max);
}

/* While it is going on it says what the endpoint waits for. */
static bool find_cut_now(reader *r, find *f)
{
    bool starts = r->starting > 0 || r->loading > 0;
    return !r->asked && r->waits && starts && r->crashing == 0 && !r->serves_now && find_cut(r, f);
}

const struct triage_rule triage_rules_now[] = {
    {"gateway-timeout-cold-start", 41, TRIAGE_SLOWS, 0, "the gateway gave up (524)", find_cut_now,
        tell_cut, mend_cut},
    {.id = NULL},
};
const struct triage_rule triage_rules_job[] = {
    {"empty-input", 31, TRIAGE_NOTES, 0, "its input is empty", find_empty, tell_empty, mend_empty},
    {"job-expired", 32, TRIAGE_NOTES, 0, "expired, the service forgot it", find_gone, tell_gone,
        mend_gone},
    {"key-refused", 39, TRIAGE_NOTES, 0, "the key is refused", find_denied, tell_denied,
        mend_denied},
    {"rate-limited", 40, TRIAGE_NOTES, 0, "too many calls (429)", find_limited, tell_limited,
        mend_limited},
    {"gateway-timeout-cold-start", 41, TRIAGE_NOTES, 0, "the gateway gave up (524)", find_cut,
        tell_cut, mend_cut},
    {"queue-purged", 38, TRIAGE_NOTES, 0, "the queue was purged", find_purged, tell_purged,
        mend_purged},
    {.id = NULL},
};
