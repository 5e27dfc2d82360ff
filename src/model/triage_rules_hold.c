/* What holds up what is at work: a request that ends its worker each time, one that hangs, a balancer that reaches
 * nobody (rows 36, 37, 42). */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum {
    HUNG_QUIET_MS = 10 * TRIAGE_MINUTE,
    HUNG_TIMEOUT_S = 600,
    OFTEN_STARTS = 4,
    OFTEN_PERIOD_S = 300,
    BALANCER_GRACE_MS = 2 * TRIAGE_MINUTE,
    TIMEOUT_LARGE_MS = 4 * 60 * TRIAGE_MINUTE
};

/* ---- of workers and requests -------------------------------------------------------------------------- */

bool triage_has_cause(const struct triage_worker *w, const char *id)
{
    return w->logs_read && w->log.cause && w->log.cause->id && strcmp(w->log.cause->id, id) == 0;
}

const struct triage_worker *triage_first_worker(
    const struct triage_reader *r, bool (*such)(const struct triage_worker *w))
{
    for (size_t i = 0; r->v->workers_read && i < r->v->worker_count; i++)
        if (!r->v->workers[i].vanished && such(&r->v->workers[i]))
            return &r->v->workers[i];
    for (size_t i = 0; r->v->workers_read && i < r->v->worker_count; i++)
        if (such(&r->v->workers[i]))
            return &r->v->workers[i];
    return NULL;
}

const struct triage_job *triage_job_that(const struct triage_reader *r,
    bool (*such)(const struct triage_reader *r, const struct triage_job *j), int *count)
{
    const struct triage_job *first = NULL;
    *count = 0;
    for (size_t i = 0; i < r->v->job_count; i++) {
        const struct triage_job *j = &r->v->jobs[i];
        if ((r->asked && j != r->asked) || !such(r, j))
            continue;
        first = first ? first : j;
        ++*count;
    }
    return first;
}

/* ---- a request that ends its worker ----------------------------------------------------------------- */

static bool crashes_with_job(const struct triage_worker *w)
{
    return triage_has_cause(w, "poison-job");
}

static int64_t retries_seen(const struct triage_evidence *v)
{
    int64_t rises = 0;
    for (size_t i = 1; i < v->look_count; i++)
        rises += v->looks[i].health.retried > v->looks[i - 1].health.retried;
    return rises;
}

static bool is_retried(const reader *r, const struct triage_job *j)
{
    (void)r;
    bool open = j->status == REQUEST_IN_QUEUE || j->status == REQUEST_IN_PROGRESS ||
                j->status == REQUEST_FAILED;
    return open && j->retries >= 1 && !j->empty_input;
}

static bool is_at_work(const reader *r, const struct triage_job *j)
{
    (void)r;
    return j->status == REQUEST_IN_PROGRESS;
}

/* A worker that had come to take jobs when it ended. */
static bool died_at_work(const struct triage_worker *w)
{
    return w->logs_read && (w->log.after_serving || crashes_with_job(w));
}

static bool starts_often(const struct triage_worker *w)
{
    int64_t period = triage_start_period_s(&w->log);
    return w->logs_read && !w->vanished && w->log.starts >= OFTEN_STARTS && period > 0 &&
           period < OFTEN_PERIOD_S;
}

/* Start after start within minutes, each of which came to take requests, and as many were tried again. */
static bool dies_often(const reader *r, const struct triage_worker *w)
{
    return w && starts_often(w) && w->log.after_serving && r->late && r->health &&
           r->health->retried >= OFTEN_STARTS - 1;
}

static bool find_poison(reader *r, find *f)
{
    f->job = triage_job_that(r, is_retried, &f->count);
    f->worker = triage_first_worker(r, crashes_with_job);
    bool said = f->worker != NULL, rises = retries_seen(r->v) >= 1;
    if (!said)
        f->worker = triage_first_worker(r, died_at_work);
    if (!f->worker && f->job && f->job->retries >= 2) /* just now it is at work again */
        f->worker = triage_first_worker(r, starts_often);
    if (!f->job && f->worker && rises)
        f->job = triage_job_that(r, is_at_work, &f->count);
    if (f->count > 1 && f->job && !is_retried(r, f->job))
        f->job = NULL; /* one of them: which, nobody has said */
    bool often =
        retries_seen(r->v) >= 2 || dies_often(r, f->worker) || (f->job && f->job->retries >= 2);
    f->certainty = said ? TRIAGE_CERTAIN : f->worker && often ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->ripe = f->unqueued = true;
    bool here = r->waits || r->running > 0 || r->asked;
    return here && (said || (f->worker && (f->job || rises || dies_often(r, f->worker))) ||
                       (f->job && f->job->retries >= 2));
}

static void tell_poison(reader *r, find *f, diagnosis *d)
{
    const struct triage_worker *w = f->worker;
    f->sentence = TEXT("a request crashes the worker each time");
    triage_sum(r, d,
        "A request crashes the worker that takes it, and is taken up again: each try is billed.");
    for (size_t i = 0; w && i < w->log.line_count && i < 3; i++)
        triage_line(r, d, "log", w->worker.id, w->log.lines[i].at_ms, "%s",
            triage_str(w->log.lines[i].line));
    if (w && w->log.ends > 0)
        triage_line(r, d, "log", w->worker.id, w->log.last_start_ms,
            "it ended after it had come up: %d start%s, %d end%s", w->log.starts,
            triage_plural(w->log.starts), w->log.ends, triage_plural(w->log.ends));
    if (f->job && f->job->retries > 0)
        triage_line(r, d, "job", NULL, -1, "%.60s was retried %d time%s", f->job->id,
            f->job->retries, triage_plural(f->job->retries));
    else if (f->job)
        triage_line(r, d, "job", NULL, -1, "%.60s is the one that is at work", f->job->id);
    if (retries_seen(r->v))
        triage_line(r, d, "health", NULL, -1, "the number of retries rises: %" PRId64 " now",
            r->health->retried);
}

static void mend_poison(reader *r, find *f, diagnosis *d)
{
    if (f->job && f->job->status != REQUEST_FAILED)
        triage_cancel(r, d, f->job->id);
    else if (!f->job)
        triage_by_hand(
            r, d, "Cancel the request that is at work when the worker ends (slipway requests)");
    triage_by_hand(r, d, "Look at its input: length, format, what it asks of the model");
}

static bool is_hung(const reader *r, const struct triage_job *j)
{
    return triage_at_work_ms(r, j) >= TRIAGE_HUNG_MS;
}

/* Longer than it may run; without a limit, or with one that is none, that is for the log to say. */
static bool may_still_run(const reader *r, const struct triage_job *j)
{
    int64_t limit = r->v->detail_read ? r->v->detail.timeout_ms : -1;
    return limit > 0 && limit <= TIMEOUT_LARGE_MS && triage_at_work_ms(r, j) < limit;
}

static bool find_hung(reader *r, find *f)
{
    f->job = triage_job_that(r, is_hung, &f->count);
    bool quiet = triage_quiet_ms(r->v) >= HUNG_QUIET_MS;
    f->certainty = f->job && quiet && !may_still_run(r, f->job) ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->ripe = f->unqueued = true;
    f->since_ms = f->job ? r->v->now_ms - triage_at_work_ms(r, f->job) : -1;
    return f->job && !(r->served_ms >= 0 && r->v->now_ms - r->served_ms < TRIAGE_GRACE_READY);
}

static void tell_hung(reader *r, find *f, diagnosis *d)
{
    char span[TRIAGE_SPAN_SHOWN];
    int64_t timeout = r->v->detail_read ? r->v->detail.timeout_ms : -1;
    f->sentence = triage_text(
        r, "a request is at work for %s", triage_span(triage_at_work_ms(r, f->job), span));
    triage_sum(r, d, "%d request%s at work for longer than any should be: the handler hangs.",
        f->count, f->count == 1 ? " is" : "s are");
    triage_line(r, d, "job", NULL, f->since_ms, "%.60s runs for %s", f->job->id, span);
    if (timeout >= 0)
        triage_line(r, d, "settings", NULL, -1,
            timeout ? "requests may run for %" PRId64 " s"
                    : "no limit for how long requests run (%" PRId64 ")",
            timeout / TRIAGE_SECOND);
    int64_t quiet = triage_quiet_ms(r->v);
    if (quiet >= HUNG_QUIET_MS)
        triage_line(r, d, "log", NULL, r->v->now_ms - quiet,
            "no worker's log says that anything moves on, for %s", triage_span(quiet, span));
    triage_line_queue(r, d);
}

static void mend_hung(reader *r, find *f, diagnosis *d)
{
    int64_t timeout = r->v->detail_read ? r->v->detail.timeout_ms : -1;
    triage_cancel(r, d, f->job->id);
    if (timeout == 0 || timeout > TRIAGE_HUNG_MS)
        triage_set_timeout(r, d, HUNG_TIMEOUT_S);
}

/* ---- load balancing ---------------------------------------------------------------------------------------------- */

static bool says_unreachable(const struct triage_worker *w)
{
    return triage_has_cause(w, "load-balancer-unreachable");
}

bool triage_job_unserved(const struct triage_job *j)
{
    return j->error_status == 502 || j->error_status == 503 || j->error_status == 504 ||
           triage_has(j->error, "no workers available");
}

static bool was_refused(const reader *r, const struct triage_job *j)
{
    (void)r;
    return triage_job_unserved(j);
}

static bool is_loopback(const char *host)
{
    return host && (strcmp(host, "127.0.0.1") == 0 || strcmp(host, "localhost") == 0 ||
                       strcmp(host, "::1") == 0);
}

/* Its own log says that it is up, or that the platform ended it for not being up; the list says that it is not. */
static bool is_up_unseen(const struct triage_worker *w)
{
    bool not_ready =
        w->worker.status == WORKER_INITIALIZING || w->worker.status == WORKER_UNHEALTHY;
    bool late = triage_has_cause(w, "init-timeout-loop");
    return w->logs_read && !w->vanished && not_ready && (w->log.serves || late);
}

/* For how long it has been up by its own account; of one that was ended it is long enough. */
static int64_t up_unseen_ms(const reader *r, const struct triage_worker *w)
{
    if (!w->log.serves || w->log.moved_ms < 0)
        return r->waited_ms;
    return r->v->now_ms > w->log.moved_ms ? r->v->now_ms - w->log.moved_ms : 0;
}

static bool find_balancer(reader *r, find *f)
{
    f->worker = triage_first_worker(r, says_unreachable);
    bool said = f->worker != NULL, loopback = is_loopback(triage_env(r->v, "HOST"));
    if (!said)
        f->worker = triage_first_worker(r, is_up_unseen);
    f->job = triage_job_that(r, was_refused, &f->count);
    bool there = r->listed > 0 && r->up == 0 && r->crashing == 0 && r->pulling == 0;
    int64_t held = f->worker ? up_unseen_ms(r, f->worker) : r->waited_ms;
    f->certainty = said                                           ? TRIAGE_CERTAIN
                   : f->worker || (there && (f->job || loopback)) ? TRIAGE_LIKELY
                                                                  : TRIAGE_POSSIBLE;
    f->ripe = said || held >= BALANCER_GRACE_MS;
    f->unqueued = true;
    if (!r->v->endpoint.load_balancer || (r->up > 0 && !f->job && !said))
        return false;
    return said || f->worker || (there && (f->job || loopback)) || (r->up > 0 && f->job);
}

static void tell_balancer(reader *r, find *f, diagnosis *d)
{
    const char *port = triage_env(r->v, "PORT"), *path = triage_env(r->v, "HEALTH_CHECK_PATH"),
               *host = triage_env(r->v, "HOST");
    f->sentence = TEXT("the load balancer reaches no worker");
    triage_sum(r, d,
        "Workers are there, but the load balancer gets no answer from their server (PORT, /ping).");
    for (size_t i = 0; f->worker && i < f->worker->log.line_count && i < 2; i++)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.lines[i].at_ms, "%s",
            triage_str(f->worker->log.lines[i].line));
    if (f->job)
        triage_line(r, d, "job", NULL, -1, "%.60s was refused%s%.80s", f->job->id,
            f->job->error.len ? ": " : "", triage_str(f->job->error));
    if (r->v->detail_read)
        triage_line(r, d, "settings", NULL, -1,
            "HOST is %.40s, PORT is %.20s, HEALTH_CHECK_PATH is %.60s", host ? host : "not set",
            port ? port : "not set", path ? path : "not set (/ping)");
    if (f->worker && f->worker->log.serves)
        triage_line(r, d, "log", f->worker->worker.id, f->worker->log.moved_ms,
            "by its own log it is up, by the list it is %s",
            worker_status_name(f->worker->worker.status));
    triage_line_workers(r, d);
    triage_line_queue(r, d);
}

static void mend_balancer(reader *r, find *f, diagnosis *d)
{
    const char *pairs[] = {"PORT", "80", "HEALTH_CHECK_PATH", "/ping", NULL};
    const char *everywhere[] = {"HOST", "0.0.0.0", NULL};
    (void)f;
    if (is_loopback(triage_env(r->v, "HOST")))
        triage_set_env(r, d, everywhere);
    if (strstr(triage_str(r->v->endpoint.image), "vllm-openai")) {
        pairs[1] = "8000";
        pairs[3] = "/health";
    }
    if (r->v->detail_read && !triage_env_set(r->v, "PORT"))
        triage_set_env(r, d, pairs);
    triage_by_hand(
        r, d, "Let the server listen on 0.0.0.0:PORT, and answer /ping with 200 when it is ready");
}

enum { W = TRIAGE_NEEDS_WORKERS };
const struct triage_rule triage_rules_hold[] = {
    {"load-balancer-unreachable", 42, TRIAGE_STOPS, W, "the balancer reaches no worker",
        find_balancer, tell_balancer, mend_balancer},
    {"poison-job", 36, TRIAGE_STOPS, W, "a request crashes the worker", find_poison, tell_poison,
        mend_poison},
    {"hung-job", 37, TRIAGE_STOPS, 0, "a request hangs", find_hung, tell_hung, mend_hung},
    {.id = NULL},
};
