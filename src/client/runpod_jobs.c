/* runpod_jobs: jobs and health of queue endpoints over the data plane. */
#include "client/runpod_jobs.h"

#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include <stdio.h>
#include <string.h>

enum {
    RUN_BODY_MAX = 10 * 1024 * 1024, /* §2.6 */
    LOOK_MS = 10 * 1000              /* for one of several that are asked again anyway */
};

/* What the endpoint answers under "/ID/VERB" or "/ID/VERB/JOB". `body` NULL = a GET. */
static struct json *ask_within(struct runpod *r, const char *endpoint_id, const char *verb,
    const char *job_id, const struct buf *body, enum http_retry retry, int64_t within_ms,
    const char *what, struct cancel *c, struct err *e)
{
    struct buf url;
    struct json *j = NULL;
    if (runpod_check_id(endpoint_id, "endpoint", e) ||
        (job_id && runpod_check_id(job_id, "job", e)))
        return NULL;
    if (runpod_url(r, RUNPOD_DATA, &url, e, "/%s/%s%s%s", endpoint_id, verb, job_id ? "/" : "",
            job_id ? job_id : "") == 0) {
        struct http_request request = body ? runpod_post(r, buf_str(&url), body, RUNPOD_OUTPUT_MAX)
                                           : runpod_get(r, buf_str(&url), RUNPOD_OUTPUT_MAX);
        request.retry = retry;
        request.deadline_ms = runpod_deadline(r, within_ms);
        j = runpod_call(r, &request, what, c, e);
    }
    buf_release(&url);
    return j;
}

static struct json *ask(struct runpod *r, const char *endpoint_id, const char *verb,
    const char *job_id, const struct buf *body, enum http_retry retry, const char *what,
    struct cancel *c, struct err *e)
{
    return ask_within(r, endpoint_id, verb, job_id, body, retry, RUNPOD_CALL_MS, what, c, e);
}

int runpod_health(
    struct runpod *r, const char *endpoint_id, struct health *out, struct cancel *c, struct err *e)
{
    static const char what[] = "read the endpoint's health";
    struct json *j = ask(r, endpoint_id, "health", NULL, NULL, HTTP_RETRY_SAFE, what, c, e);
    if (!j)
        return -1;
    int failed = runpod_read_health(j, out, e) ? err_wrap(e, what) : 0;
    json_free(j);
    (void)snprintf(out->endpoint_id, sizeof out->endpoint_id, "%s", endpoint_id);
    out->seen_ms = clock_mono_ms(r->clock);
    return failed;
}

/* {"input": …}; the caller releases `body`. */
static int run_body(const struct json *input, struct buf *body, struct err *e)
{
    buf_init(body, RUN_BODY_MAX);
    if (json_kind(input) != JSON_OBJECT)
        return err_set(e, ERR_INPUT, 0, "the input must be a JSON object");
    if (json_count(input) == 0) {
        err_set(e, ERR_INPUT, 0, "the input is empty, which workers reject");
        return err_hint(e, "give it a prompt or messages");
    }
    if (buf_str_append(body, "{\"input\":") || json_print(input, body) || buf_char(body, '}'))
        return err_set(e, ERR_INPUT, 0, "the input is larger than %d bytes", RUN_BODY_MAX);
    return 0;
}

int runpod_run(struct runpod *r, const char *endpoint_id, const struct json *input, char *job_id,
    struct cancel *c, struct err *e)
{
    static const char what[] = "queue the request";
    struct buf body;
    struct json *j = NULL;
    job_id[0] = '\0';
    if (run_body(input, &body, e) == 0)
        j = ask(r, endpoint_id, "run", NULL, &body, HTTP_RETRY_UNSENT, what, c, e);
    buf_release_secret(&body);
    if (!j)
        return -1;
    const char *id = json_str(j, "id");
    int failed = 0;
    if (runpod_id_ok(id))
        (void)snprintf(job_id, REQUEST_ID_MAX, "%s", id);
    else
        failed = err_set(e, ERR_REMOTE, 0, "%s: the answer has no job id", what);
    json_free(j);
    return failed;
}

/* ---- status -------------------------------------------------------------------------------------- */

static const char status_what[] = "read the request's status";

/* Of the answer (taken; NULL = there is none, and `why` tells). */
static int take_status(
    struct runpod *r, struct request *q, struct arena *a, struct json *take, struct err *why)
{
    int failed = 0;
    int64_t now = clock_wall_ms(r->clock);
    if (take)
        failed = runpod_read_job(take, a, q, why) ? err_wrap(why, status_what) : 0;
    else if (why->class == ERR_REMOTE && why->number == 404)
        q->status = request_gone_as(q, now);
    else
        failed = -1;
    json_free(take);
    if (failed)
        return -1;
    err_clear(why);
    q->seen_ms = now;
    return 0;
}

int runpod_status(
    struct runpod *r, struct request *q, struct arena *a, struct cancel *c, struct err *e)
{
    struct err why;
    struct json *j =
        ask(r, q->endpoint_id, "status", q->job_id, NULL, HTTP_RETRY_SAFE, status_what, c, &why);
    int failed = take_status(r, q, a, j, &why);
    if (failed && e)
        *e = why;
    return failed;
}

static void take_look(
    struct runpod *r, struct runpod_look *look, struct http_response *response, struct cancel *c)
{
    struct json *j = NULL;
    look->again_ms = response->retry_after_ms;
    if (look->error.class == ERR_NONE)
        j = runpod_answer(r, response, status_what, &look->error);
    else
        err_wrap(&look->error, status_what);
    buf_release_secret(&response->body);
    if (cancel_check(c, &look->error))
        json_free(j);
    else
        take_status(r, look->q, look->arena, j, &look->error);
}

struct batch {
    struct runpod_look *asked[RUNPOD_LOOKS_MAX];
    struct http_request requests[RUNPOD_LOOKS_MAX];
    struct http_response responses[RUNPOD_LOOKS_MAX];
    struct err errors[RUNPOD_LOOKS_MAX];
    struct buf urls[RUNPOD_LOOKS_MAX];
    size_t n;
};

static void add_look(struct runpod *r, struct batch *b, struct runpod_look *look)
{
    const struct request *q = look->q;
    struct buf *url = &b->urls[b->n];
    if (runpod_check_key(r, &look->error) ||
        runpod_check_id(q->endpoint_id, "endpoint", &look->error) ||
        runpod_check_id(q->job_id, "job", &look->error))
        return;
    if (runpod_url(r, RUNPOD_DATA, url, &look->error, "/%s/status/%s", q->endpoint_id, q->job_id)) {
        buf_release(url);
        return;
    }
    b->requests[b->n] = runpod_get(r, buf_str(url), RUNPOD_OUTPUT_MAX);
    b->requests[b->n].retry = HTTP_RETRY_NONE;
    b->requests[b->n].deadline_ms = LOOK_MS;
    http_response_init(&b->responses[b->n]);
    err_clear(&b->errors[b->n]);
    b->asked[b->n++] = look;
}

/* Those whose ids are none are told so, the others are asked for. */
void runpod_status_many(struct runpod *r, struct runpod_look *looks, size_t n, struct cancel *c)
{
    struct batch b;
    b.n = 0;
    for (size_t i = 0; i < n && i < RUNPOD_LOOKS_MAX; i++)
        add_look(r, &b, &looks[i]);
    if (b.n > 0)
        (void)http_batch(r->http, b.requests, b.responses, b.errors, b.n, b.n, c);
    for (size_t i = 0; i < b.n; i++) {
        b.asked[i]->error = b.errors[i];
        take_look(r, b.asked[i], &b.responses[i], c);
        http_response_release(&b.responses[i]);
        buf_release(&b.urls[i]);
    }
}

/* ---- what changes something ---------------------------------------------------------------------- */

/* POSTs {}; the answer, which the caller frees. */
static struct json *post(struct runpod *r, const char *endpoint_id, const char *verb,
    const char *job_id, enum http_retry retry, const char *what, struct cancel *c, struct err *e)
{
    struct buf body;
    buf_init(&body, 8);
    (void)buf_str_append(&body, "{}");
    struct json *j = ask(r, endpoint_id, verb, job_id, &body, retry, what, c, e);
    buf_release(&body);
    return j;
}

/* What a 404 of a job means in words. */
static int unknown_job(struct err *e)
{
    if (e && e->class == ERR_REMOTE && e->number == 404)
        err_hint(e, "RunPod does not know it (any more): expired, lost, or another endpoint's");
    return -1;
}

int runpod_cancel_within(struct runpod *r, const char *endpoint_id, const char *job_id,
    int64_t within_ms, struct cancel *c, struct err *e)
{
    struct buf body;
    buf_init(&body, 8);
    (void)buf_str_append(&body, "{}");
    struct json *j = ask_within(r, endpoint_id, "cancel", job_id, &body, HTTP_RETRY_SAFE, within_ms,
        "cancel the request", c, e);
    buf_release(&body);
    int failed = j ? 0 : unknown_job(e);
    json_free(j);
    return failed;
}

int runpod_cancel(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e)
{
    return runpod_cancel_within(r, endpoint_id, job_id, RUNPOD_CALL_MS, c, e);
}

/* Asked again after a lost answer it would refuse what it has just done. */
int runpod_retry(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e)
{
    struct json *j =
        post(r, endpoint_id, "retry", job_id, HTTP_RETRY_UNSENT, "queue the request again", c, e);
    int failed = j ? 0 : unknown_job(e);
    json_free(j);
    return failed;
}

/* At most two are taken in ten seconds (§2.6); what was removed is told once, so it is not repeated. */
int runpod_purge(
    struct runpod *r, const char *endpoint_id, int64_t *removed, struct cancel *c, struct err *e)
{
    struct json *j =
        post(r, endpoint_id, "purge-queue", NULL, HTTP_RETRY_UNSENT, "purge the queue", c, e);
    *removed = json_int(j, "removed", -1);
    int failed = j ? 0 : -1;
    json_free(j);
    return failed;
}

/* ---- the list ------------------------------------------------------------------------------------ */

int runpod_requests(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct request **out, size_t *n, struct cancel *c, struct err *e)
{
    static const char what[] = "list the endpoint's requests";
    struct err why;
    *out = NULL;
    *n = 0;
    struct json *j = ask(r, endpoint_id, "requests", NULL, NULL, HTTP_RETRY_NONE, what, c, &why);
    int failed = 0;
    if (j)
        failed = runpod_read_requests(j, endpoint_id, a, out, n, &why) ? err_wrap(&why, what) : 0;
    else if (!(why.class == ERR_REMOTE && why.number == 404))
        failed = -1;
    json_free(j);
    if (failed && e)
        *e = why;
    return failed;
}
