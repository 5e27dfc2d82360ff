/* http_job: one request from its begin to its end, as a machine with two states on the net thread.
 *
 *        begin ──▶ WAITING ──start_at, and room──▶ RUNNING ──▶ end
 *                     ▲                               │
 *                     └──── redirect, another try ────┘
 *
 * A job in WAITING has no easy handle: it is new, it follows a redirect, or it waits before another
 * try. A redirect is another hop of the same try; another try starts from the request's own URL,
 * with its secrets, since a presigned address that a redirect gave may have expired meanwhile.
 *
 * The limits that belong to the job as a whole (drop, deadline, stall, requests at a time to one
 * origin) are looked at in http_job_step, which the loop calls for every job each time it wakes. */
#include "client/http_internal.h"

#include <utlist.h>

/* ---- the end --------------------------------------------------------------------------------- */

/* Gives the job back to whoever sleeps on it. Nothing of it may be touched afterwards. */
static void finish(struct http *h, struct http_job *job, const struct err *why)
{
    struct http_group *g = job->group;
    DL_DELETE(h->jobs, job);
    if (job->stream != NULL)
        http_stream_ended(job->stream, why);
    pthread_mutex_lock(&g->lock);
    g->ended++;
    job->ended = true;
    pthread_cond_signal(&g->changed);
    if (g->wake != NULL)
        wait_poke(g->wake); /* under the lock: afterwards it may be gone */
    pthread_mutex_unlock(&g->lock);
}

void http_job_fail(
    struct http *h, struct http_job *job, enum http_fault fault, const char *detail, int64_t now)
{
    struct err why;
    struct buf where;
    char kept[CURL_ERROR_SIZE]; /* detail may lie in what is cleared below */
    (void)snprintf(kept, sizeof kept, "%s", detail);
    if (job->transfer.easy != NULL)
        http_transfer_stop(h, job, fault, now);
    buf_init(&where, 512);
    http_url_show(buf_str(&job->response->url), false, &where);
    http_fault_describe(fault, buf_str(&where), kept, job->transfer.number, &why);
    buf_release(&where);
    buf_release(&job->response->body);
    job->response->again = http_retry_allowed(HTTP_RETRY_SAFE, fault, 0);
    job->failed = true;
    if (job->error != NULL)
        *job->error = why;
    finish(h, job, &why);
}

/* ---- begin and start ------------------------------------------------------------------------- */

/* To the request's own URL, for a first or another try. */
static int go_home(struct http_job *job, int64_t start_at)
{
    job->state = HTTP_JOB_WAITING;
    job->start_at = start_at;
    job->origin = job->home;
    job->away = false;
    job->redirects = 0;
    buf_clear(&job->response->url);
    return buf_str_append(&job->response->url, job->request->url);
}

void http_job_begin(struct http *h, struct http_job *job, int64_t now)
{
    int64_t left = INT64_MAX - now;
    int64_t ms = job->request->deadline_ms;
    job->deadline_at = now + (ms < left ? ms : left);
    DL_APPEND(h->jobs, job);
    if (go_home(job, now) != 0)
        http_job_fail(h, job, HTTP_FAULT_MEMORY, "", now);
}

/* Streams stay for hours and have connections of their own; they leave the others their room. */
static bool has_room(const struct http *h, const struct http_job *job)
{
    long busy = 0;
    const struct http_job *other;
    if (job->stream != NULL)
        return true;
    DL_FOREACH(h->jobs, other)
    {
        busy += other->state == HTTP_JOB_RUNNING && other->stream == NULL &&
                http_origin_equal(&other->origin, &job->origin);
    }
    return busy < h->per_host;
}

static void start(struct http *h, struct http_job *job, int64_t now)
{
    struct http_response *r = job->response;
    buf_clear(&r->body);
    buf_clear(&r->headers);
    r->status = 0;
    r->retry_after_ms = 0;
    job->attempts += job->redirects == 0;
    r->attempts = job->attempts;
    enum http_fault fault = http_transfer_start(h, job, now);
    if (fault != HTTP_FAULT_NONE)
        http_job_fail(h, job, fault, job->transfer.message, now);
    else
        job->state = HTTP_JOB_RUNNING;
}

/* ---- after an attempt ------------------------------------------------------------------------ */

static bool is_redirect(const struct http_request *r, int status)
{
    bool any_method = status == 307 || status == 308;
    bool only_reads = status == 301 || status == 302 || status == 303;
    return any_method || (only_reads && (r->method == HTTP_GET || r->method == HTTP_HEAD));
}

static bool has_location(const struct http_job *job, struct buf *out)
{
    return http_response_header(job->response, "location", out) && out->len > 0;
}

bool http_job_redirects(const struct http_job *job)
{
    if (!job->request->follow || !is_redirect(job->request, job->transfer.status))
        return false;
    struct buf location;
    buf_init(&location, HTTP_HEADER_BYTES_MAX);
    bool found = has_location(job, &location);
    buf_release(&location);
    return found;
}

/* What this attempt counted did not count. */
static void undo_progress(struct http_job *job)
{
    struct http_progress *p = job->request->progress;
    if (p == NULL)
        return;
    atomic_fetch_sub(&p->sent, job->transfer.uploaded);
    atomic_fetch_sub(&p->received, job->transfer.received);
}

static void follow(struct http *h, struct http_job *job, int64_t now)
{
    struct buf location, url;
    struct err why;
    buf_init(&location, HTTP_HEADER_BYTES_MAX);
    buf_init(&url, HTTP_URL_MAX);
    (void)has_location(job, &location);
    if (job->redirects == HTTP_REDIRECTS_MAX) {
        http_job_fail(h, job, HTTP_FAULT_REDIRECT, "too many redirects", now);
    } else if (http_url_redirect(buf_str(&job->response->url), buf_str(&location), &url,
                   &job->origin, &why) != 0) {
        http_job_fail(h, job, HTTP_FAULT_REDIRECT, why.message, now);
    } else {
        undo_progress(job);
        buf_release(&job->response->url);
        job->response->url = url;
        buf_init(&url, HTTP_URL_MAX);
        job->away = job->away || !http_origin_equal(&job->origin, &job->home);
        job->redirects++;
        job->state = HTTP_JOB_WAITING;
        job->start_at = now;
    }
    buf_release(&location);
    buf_release(&url);
}

static uint64_t next_random(struct http *h)
{
    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return h->random;
}

/* False when there is no other try: not allowed, no more left, or no time for it. */
static bool try_again(struct http *h, struct http_job *job, enum http_fault fault, int64_t now)
{
    const struct http_request *r = job->request;
    int most = r->attempts > 0 ? r->attempts : HTTP_ATTEMPTS;
    if (job->stream != NULL || job->attempts >= most ||
        !http_retry_allowed(r->retry, fault, job->response->status))
        return false;
    int64_t wait = http_retry_backoff_ms(job->attempts, h->backoff_ms, next_random(h));
    if (fault == HTTP_FAULT_NONE && job->response->retry_after_ms > 0)
        wait = job->response->retry_after_ms;
    if (wait >= job->deadline_at - now)
        return false;
    undo_progress(job);
    if (go_home(job, now + wait) != 0)
        http_job_fail(h, job, HTTP_FAULT_MEMORY, "", now);
    return true;
}

/* Of an answer that libcurl took for whole; it is content with half a header and with any
 * status. */
static enum http_fault fault_of_answer(struct http_transfer *t)
{
    if (!t->headers_end)
        return HTTP_FAULT_CUT;
    if (t->status < 600)
        return HTTP_FAULT_NONE;
    (void)snprintf(t->message, sizeof t->message, "status %d", t->status);
    return HTTP_FAULT_NONSENSE;
}

/* Only the connection has a limit that libcurl keeps by itself. */
static enum http_fault fault_of_timeout(const struct http_transfer *t)
{
    curl_off_t resolved = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
    return resolved > 0 ? HTTP_FAULT_CONNECT : HTTP_FAULT_RESOLVE;
}

/* What really happened, from libcurl's code and what the callbacks noted. */
static enum http_fault fault_of(struct http_transfer *t, CURLcode code)
{
    if (t->fault != HTTP_FAULT_NONE)
        return t->fault;
    if (code == CURLE_OK || t->enough)
        return fault_of_answer(t);
    t->number = (int)code;
    if (t->message[0] == '\0')
        (void)snprintf(t->message, sizeof t->message, "%s", curl_easy_strerror(code));
    return code == CURLE_OPERATION_TIMEDOUT ? fault_of_timeout(t) : http_fault_of(code, t->sent);
}

static const char *detail_of(const struct http_job *job)
{
    const struct http_transfer *t = &job->transfer;
    return t->fault != HTTP_FAULT_NONE ? t->words : t->message;
}

void http_job_attempted(struct http *h, struct http_job *job, CURLcode code, int64_t now)
{
    enum http_fault fault = fault_of(&job->transfer, code);
    http_transfer_stop(h, job, fault, now);
    if (fault == HTTP_FAULT_NONE && http_job_redirects(job)) {
        follow(h, job, now);
        return;
    }
    if (fault == HTTP_FAULT_NONE)
        job->response->retry_after_ms =
            http_retry_after_ms(job->response, clock_wall_ms(clock_real()));
    if (try_again(h, job, fault, now))
        return;
    job->response->again = http_retry_allowed(HTTP_RETRY_SAFE, fault, job->response->status);
    if (fault != HTTP_FAULT_NONE)
        http_job_fail(h, job, fault, detail_of(job), now);
    else
        finish(h, job, NULL);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static bool is_open_stream(const struct http_job *job)
{
    return job->stream != NULL && job->state == HTTP_JOB_RUNNING && job->transfer.headers_end &&
           !http_job_redirects(job);
}

static int64_t deadline_of(const struct http_job *job)
{
    return is_open_stream(job) ? INT64_MAX : job->deadline_at;
}

/* When silence is too long; a stream whose reader is slow is not silent. */
static int64_t stall_at(const struct http_job *job)
{
    int64_t ms = job->request->stall_ms;
    if (ms == 0 && job->stream == NULL)
        ms = HTTP_STALL_MS;
    if (ms == 0 || job->state != HTTP_JOB_RUNNING || !job->transfer.sent ||
        (job->stream != NULL && http_stream_is_paused(job->stream)))
        return INT64_MAX;
    return job->transfer.moved_at < INT64_MAX - ms ? job->transfer.moved_at + ms : INT64_MAX;
}

static const char *phase(const struct http_job *job)
{
    const struct http_transfer *t = &job->transfer;
    if (job->state == HTTP_JOB_WAITING)
        return "waiting for a free connection";
    if (!t->sent)
        return "connecting";
    if (t->headers_end)
        return "receiving the answer";
    int64_t length =
        job->request->has_file ? job->request->file_length : (int64_t)job->request->body_length;
    return t->uploaded < length ? "sending" : "waiting for the answer";
}

static void fail_late(struct http *h, struct http_job *job, int64_t now)
{
    char words[96];
    int64_t ms = job->request->deadline_ms;
    (void)snprintf(words, sizeof words, "%lld.%lld s have passed, while %s", (long long)(ms / 1000),
        (long long)(ms % 1000 / 100), phase(job));
    http_job_fail(h, job, HTTP_FAULT_DEADLINE, words, now);
}

static void stop_stalled(struct http *h, struct http_job *job, int64_t now)
{
    struct http_transfer *t = &job->transfer;
    int64_t ms = now - t->moved_at;
    t->fault = HTTP_FAULT_STALL;
    (void)snprintf(t->words, sizeof t->words, "no byte for %lld.%lld s, while %s",
        (long long)(ms / 1000), (long long)(ms % 1000 / 100), phase(job));
    http_job_attempted(h, job, CURLE_OPERATION_TIMEDOUT, now);
}

static void resume(struct http *h, struct http_job *job, int64_t now)
{
    CURLcode code = curl_easy_pause(job->transfer.easy, CURLPAUSE_CONT);
    job->transfer.moved_at = now;
    if (code != CURLE_OK)
        http_job_attempted(h, job, code, now);
}

void http_job_step(struct http *h, struct http_job *job, int64_t now)
{
    bool waiting = job->state == HTTP_JOB_WAITING;
    if (atomic_load(&job->dropped))
        http_job_fail(h, job, HTTP_FAULT_CANCEL, "", now);
    else if (now >= deadline_of(job))
        fail_late(h, job, now);
    else if (waiting && now >= job->start_at && has_room(h, job))
        start(h, job, now);
    else if (!waiting && now >= stall_at(job))
        stop_stalled(h, job, now);
    else if (!waiting && job->stream != NULL && http_stream_resumes(job->stream))
        resume(h, job, now);
}

int64_t http_job_due(const struct http *h, const struct http_job *job, int64_t now)
{
    int64_t due = deadline_of(job), stall = stall_at(job);
    /* One that waits for room is looked at again when another has ended. */
    if (job->state == HTTP_JOB_WAITING && (now < job->start_at || has_room(h, job)))
        due = job->start_at < due ? job->start_at : due;
    return stall < due ? stall : due;
}
