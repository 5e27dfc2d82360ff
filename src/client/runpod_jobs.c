/* runpod_jobs: jobs and health of queue endpoints over the data plane. */
#include "client/runpod_jobs.h"

#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include <stdio.h>
#include <string.h>

enum { RUN_BODY_MAX = 10 * 1024 * 1024 }; /* §2.6 */

/* What the endpoint answers under "/ID/VERB" or "/ID/VERB/JOB". `body` NULL = a GET. */
static struct json *ask(struct runpod *r, const char *endpoint_id, const char *verb,
    const char *job_id, const struct buf *body, enum http_retry retry, const char *what,
    struct cancel *c, struct err *e)
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
        j = runpod_call(r, &request, what, c, e);
    }
    buf_release(&url);
    return j;
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

int runpod_status(
    struct runpod *r, struct request *q, struct arena *a, struct cancel *c, struct err *e)
{
    static const char what[] = "read the request's status";
    struct err why;
    struct json *j =
        ask(r, q->endpoint_id, "status", q->job_id, NULL, HTTP_RETRY_SAFE, what, c, &why);
    int failed = 0;
    if (j)
        failed = runpod_read_job(j, a, q, &why) ? err_wrap(&why, what) : 0;
    else if (why.class == ERR_REMOTE && why.number == 404)
        q->status = REQUEST_GONE;
    else
        failed = -1;
    json_free(j);
    if (!failed)
        q->seen_ms = clock_wall_ms(r->clock);
    else if (e)
        *e = why;
    return failed;
}

int runpod_cancel(
    struct runpod *r, const char *endpoint_id, const char *job_id, struct cancel *c, struct err *e)
{
    struct buf body;
    buf_init(&body, 8);
    (void)buf_str_append(&body, "{}");
    struct json *j =
        ask(r, endpoint_id, "cancel", job_id, &body, HTTP_RETRY_SAFE, "cancel the request", c, e);
    buf_release(&body);
    int failed = j ? 0 : -1;
    json_free(j);
    return failed;
}
