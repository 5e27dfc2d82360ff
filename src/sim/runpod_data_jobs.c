/* runpod_data_jobs: the serverless data plane, /v2/{endpoint}/… (spec/runpod.md §2).
 *
 * Every handler begins alike: the endpoint must be known to the service (a new one is not, for a few
 * simulated seconds: 404), then the call is counted against its rate limit. Holding calls (runsync,
 * status-sync, stream) sleep in real time, because the client waits in it; after every sleep the
 * endpoint and the job are looked up again, since the world may have moved on without them. A hold
 * that passes Cloudflare's 100 s is cut with 524, like the real one; the job runs on.
 *
 * Success is always exactly 200: npm runpod-sdk takes anything else for a failure. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN_BODY_MAX = 10 * 1024 * 1024,
    RUNSYNC_BODY_MAX = 20 * 1024 * 1024,
    WAIT_LEAST_MS = 1000,
    WAIT_MOST_MS = 300 * 1000,
    RUNSYNC_WAIT_MS = 90 * 1000,
    STREAM_WAIT_MS = 10 * 1000
};

/* ---- what every handler needs ------------------------------------------------------------------------ */

static void too_many(struct reply *p, int64_t seconds, const char *message)
{
    reply_header(p, "Retry-After", "%lld", (long long)seconds);
    runpod_data_error(p, 429, message);
}

struct endpoint *data_begin(struct sim *s, struct request *r, struct reply *p, enum limited_op op)
{
    struct endpoint *e = endpoint_find(s, request_param(r, "endpoint"));
    if (e == NULL || sim_now(s) - e->created < PROPAGATION_MS) {
        runpod_data_error(p, 404, "endpoint not found");
        return NULL;
    }
    int64_t wait = surface_limit(surface_of(s), e->id, op, real_now());
    if (wait > 0) {
        too_many(p, wait, "rate limit exceeded for this endpoint");
        return NULL;
    }
    return e;
}

static struct job *job_of(struct sim *s, struct request *r, struct reply *p, struct endpoint *e)
{
    struct job *j = job_find(s, e, request_param(r, "job"));
    if (j == NULL) {
        runpod_data_error(p, 404, "job not found");
    }
    return j;
}

/* Milliseconds of ?wait=, clamped; fallback when absent or no number. */
static int64_t query_wait(const struct request *r, int64_t fallback)
{
    int64_t wait = request_query_int(r, "wait", fallback);
    return wait < WAIT_LEAST_MS ? WAIT_LEAST_MS : wait > WAIT_MOST_MS ? WAIT_MOST_MS : wait;
}

/* ---- a job as it is shown (spec §2.3) ------------------------------------------------------------------ */

static struct json *job_view(const struct job *j)
{
    struct json *out = json_new_object();
    int64_t delay = job_delay_ms(j), ran = job_execution_ms(j);
    if (delay >= 0) {
        (void)json_add_int(out, "delayTime", delay);
    }
    if (j->error != NULL) {
        (void)json_add_str(out, "error", j->error);
    }
    if (ran >= 0) {
        (void)json_add_int(out, "executionTime", ran);
    }
    (void)json_add_str(out, "id", j->id);
    if (j->output != NULL) {
        (void)json_add(out, "output", json_dup(j->output));
    }
    if (j->retries > 0) {
        (void)json_add_int(out, "retries", j->retries);
    }
    (void)json_add_str(out, "status", job_state_name(j->state));
    if (j->worker[0] != '\0') {
        (void)json_add_str(out, "workerId", j->worker);
    }
    return out;
}

static void answer_state(struct reply *p, const struct job *j)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", j->id);
    (void)json_add_str(out, "status", job_state_name(j->state));
    reply_json(p, 200, out);
}

/* ---- submitting ------------------------------------------------------------------------------------------ */

static bool wrong(struct reply *p, const char *message)
{
    runpod_data_error(p, 400, message);
    return false;
}

/* A policy time in milliseconds: absent (0), or within [least, 7 days]. */
static bool policy_time(
    const struct json *policy, const char *member, int64_t least, int64_t *out, struct reply *p)
{
    const int64_t week = INT64_C(7) * 24 * 3600 * 1000;
    const struct json *value = json_get(policy, member);
    *out = json_int(policy, member, 0);
    if (value == NULL || (json_kind(value) == JSON_NUMBER && *out >= least && *out <= week)) {
        return true;
    }
    char text[128];
    (void)snprintf(text, sizeof text, "policy.%s must be between %lld and %lld milliseconds",
        member, (long long)least, (long long)week);
    return wrong(p, text);
}

struct policy {
    int64_t timeout, ttl;
    bool low_priority;
};

static bool body_valid(const struct request *r, size_t most, struct policy *policy, struct reply *p)
{
    if (r->body.len > most) {
        runpod_data_error(p, 413, "request body too large");
        return false;
    }
    if (json_kind(r->json) != JSON_OBJECT) {
        return wrong(p, "request body must be a JSON object");
    }
    if (json_kind(json_get(r->json, "input")) != JSON_OBJECT) {
        return wrong(p, "input must be a JSON object");
    }
    const struct json *webhook = json_get(r->json, "webhook");
    if (webhook != NULL && json_kind(webhook) != JSON_NULL && json_string(webhook) == NULL) {
        return wrong(p, "webhook must be a string");
    }
    const struct json *policies = json_get(r->json, "policy");
    if (policies != NULL && json_kind(policies) != JSON_NULL &&
        json_kind(policies) != JSON_OBJECT) {
        return wrong(p, "policy must be an object");
    }
    policy->low_priority = json_bool(policies, "lowPriority", false);
    return policy_time(policies, "executionTimeout", 5000, &policy->timeout, p) &&
           policy_time(policies, "ttl", 10000, &policy->ttl, p);
}

/* The new job, or NULL when it has answered. */
static struct job *submit(
    struct sim *s, struct request *r, struct reply *p, struct endpoint *e, bool sync)
{
    struct policy policy = {0};
    if (e->load_balancer) {
        (void)wrong(p, "this is a load-balancing endpoint: it has no queue");
        return NULL;
    }
    if (!body_valid(r, sync ? RUNSYNC_BODY_MAX : RUN_BODY_MAX, &policy, p)) {
        return NULL;
    }
    struct job *j = job_submit(s, e, json_dup(json_get(r->json, "input")), sync);
    if (j == NULL) {
        too_many(p, 10, "too many requests in the queue of this endpoint");
        return NULL;
    }
    const char *webhook = json_str(r->json, "webhook");
    j->webhook = webhook == NULL ? NULL : strdup(webhook);
    j->execution_timeout = policy.timeout;
    j->ttl = policy.ttl;
    j->low_priority = policy.low_priority;
    sim_changed(s); /* now, not when a held call comes back */
    return j;
}

void jobs_run(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_RUN);
    const struct job *j = e == NULL ? NULL : submit(s, r, p, e, false);
    if (j != NULL) {
        answer_state(p, j);
    }
}

/* ---- holding ------------------------------------------------------------------------------------------------ */

/* The job when it is done or the time is up; NULL when it has answered or nobody waits any more. */
static struct job *hold(const struct data_hold *h)
{
    int64_t now = real_now(), began = now;
    int64_t cut = h->wait < CLOUDFLARE_HOLD_MS ? h->wait : CLOUDFLARE_HOLD_MS;
    for (;;) {
        struct endpoint *e = endpoint_find(h->s, request_param(h->r, "endpoint"));
        struct job *j = e == NULL ? NULL : job_find(h->s, e, h->job_id);
        if (j == NULL) {
            runpod_data_error(h->p, 404, "job not found");
            return NULL;
        }
        now = real_now();
        if (h->done(j) || now - began >= cut) {
            if (!h->done(j) && h->wait > CLOUDFLARE_HOLD_MS) {
                cloudflare_error(h->p, 524, "524: A timeout occurred");
                return NULL;
            }
            return j;
        }
        if (!sim_sleep(h->s, began + cut - now)) {
            runpod_data_error(h->p, 503, "shutting down");
            return NULL;
        }
    }
}

struct job *data_hold(const struct data_hold *h)
{
    const char *endpoint_id = request_param(h->r, "endpoint");
    if (!surface_enter(surface_of(h->s), endpoint_id, h->op)) {
        too_many(h->p, 1, "too many concurrent requests for this endpoint");
        return NULL;
    }
    struct job *j = hold(h);
    surface_leave(surface_of(h->s), endpoint_id, h->op);
    return j;
}

static struct data_hold hold_on(struct sim *s, struct request *r, struct reply *p,
    enum limited_op op, const char *job_id, int64_t wait, bool (*done)(const struct job *j))
{
    struct data_hold h = {
        .s = s, .r = r, .p = p, .op = op, .wait = query_wait(r, wait), .done = done};
    (void)snprintf(h.job_id, sizeof h.job_id, "%s", job_id);
    return h;
}

void jobs_runsync(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_RUNSYNC);
    const struct job *submitted = e == NULL ? NULL : submit(s, r, p, e, true);
    if (submitted == NULL) {
        return;
    }
    struct data_hold h = hold_on(s, r, p, LIMIT_RUNSYNC, submitted->id, RUNSYNC_WAIT_MS, job_final);
    const struct job *j = data_hold(&h);
    if (j != NULL) {
        reply_json(p, 200, job_view(j));
    }
}

void jobs_status_sync(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_STATUS);
    const struct job *known = e == NULL ? NULL : job_of(s, r, p, e);
    if (known == NULL) {
        return;
    }
    struct data_hold h = hold_on(s, r, p, LIMIT_STATUS, known->id, RUNSYNC_WAIT_MS, job_final);
    const struct job *j = data_hold(&h);
    if (j != NULL) {
        reply_json(p, 200, job_view(j));
    }
}

/* Something to deliver, or nothing will come any more. */
static bool stream_ready(const struct job *j)
{
    return job_final(j) || json_count(j->chunks) > j->chunks_sent;
}

static struct json *drain(struct job *j)
{
    struct json *out = json_new_array();
    size_t i = 0;
    for (const struct json *c = json_first(j->chunks); c != NULL; c = json_next(c), i++) {
        if (i >= j->chunks_sent) {
            struct json *entry = json_new_object();
            (void)json_add(entry, "output", json_dup(c));
            (void)json_push(out, entry);
        }
    }
    j->chunks_sent = i;
    return out;
}

/* Always an array under "stream": npm runpod-sdk iterates it unseen (spec §2.4). */
void jobs_stream(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_STATUS);
    const struct job *known = e == NULL ? NULL : job_of(s, r, p, e);
    if (known == NULL) {
        return;
    }
    struct data_hold h = hold_on(s, r, p, LIMIT_STATUS, known->id, STREAM_WAIT_MS, stream_ready);
    struct job *j = data_hold(&h);
    if (j == NULL) {
        return;
    }
    struct json *out = json_new_object();
    (void)json_add_str(out, "status", job_state_name(j->state));
    (void)json_add(out, "stream", drain(j));
    reply_json(p, 200, out);
}

/* ---- one job ---------------------------------------------------------------------------------------------- */

void jobs_status(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_STATUS);
    struct job *j = e == NULL ? NULL : job_of(s, r, p, e);
    if (j == NULL) {
        return;
    }
    int64_t ttl = request_query_int(r, "ttl", -1);
    if (ttl >= 0 && job_final(j) && ttl < j->expires - sim_now(s)) {
        j->expires = sim_now(s) + ttl;
    }
    reply_json(p, 200, job_view(j));
}

/* A job that is final already stays what it is; the answer tells. */
void jobs_cancel(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_CANCEL);
    struct job *j = e == NULL ? NULL : job_of(s, r, p, e);
    if (j != NULL) {
        if (!job_final(j)) {
            job_cancel(s, e, j);
        }
        answer_state(p, j);
    }
}

/* The status code for other states is not documented (spec §2.5, §12): 400. */
void jobs_retry(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_NONE);
    struct job *j = e == NULL ? NULL : job_of(s, r, p, e);
    if (j == NULL) {
        return;
    }
    if (job_retry(s, e, j)) {
        answer_state(p, j);
    } else {
        runpod_data_error(p, 400, "only FAILED or TIMED_OUT jobs can be retried");
    }
}
