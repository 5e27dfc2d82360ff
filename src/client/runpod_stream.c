/* runpod_stream: runsync and stream.
 *
 * What sends is tried once here: a 429 is told with what the service asked for, so that many senders can wait
 * as one. Reading pieces may be tried again by the engine: what a lost answer held is lost (each call drains),
 * and the job's own output, read at its end, is what counts. */
#include "client/runpod_stream.h"

#include "client/runpod_internal.h"
#include "client/runpod_jobs.h"
#include "client/runpod_read.h"

#include <stdio.h>

enum {
    RUN_BODY_MAX = 10 * 1024 * 1024,     /* §2.6 */
    RUNSYNC_BODY_MAX = 20 * 1024 * 1024, /* §2.6 */
    HELD_MS = 20 * 1000                  /* behind what it may hold, for the rest of the way */
};

/* {"input": …}; the caller releases `body`. */
static int make_body(const struct json *input, size_t max, struct buf *body, struct err *e)
{
    buf_init(body, max);
    if (json_kind(input) != JSON_OBJECT || json_count(input) == 0)
        return err_set(e, ERR_INPUT, 0,
            "the input must be a JSON object that is not empty: workers reject it");
    if (buf_str_append(body, "{\"input\":") || json_print(input, body) || buf_char(body, '}'))
        return err_set(e, ERR_INPUT, 0, "the input is larger than %zu bytes", max);
    return 0;
}

/* One try; the answer's tree, which the caller frees. */
static struct json *send_once(struct runpod *r, const struct http_request *request,
    const char *what, int64_t *again_ms, struct cancel *c, struct err *e)
{
    struct http_response response;
    struct json *j = NULL;
    *again_ms = 0;
    http_response_init(&response);
    if (http_do(r->http, request, &response, c, e)) {
        err_wrap(e, "%s", what);
    } else {
        *again_ms = response.retry_after_ms;
        j = runpod_answer(r, &response, what, e);
    }
    buf_release_secret(&response.body);
    http_response_release(&response);
    return j;
}

static struct json *post_once(struct runpod *r, const char *endpoint_id, const char *verb,
    const struct json *input, size_t body_max, int64_t hold_ms, int64_t *again_ms, const char *what,
    struct cancel *c, struct err *e)
{
    struct buf url, body;
    struct json *j = NULL;
    *again_ms = 0;
    if (runpod_check_key(r, e) || runpod_check_id(endpoint_id, "endpoint", e))
        return NULL;
    int failed = runpod_url(r, RUNPOD_DATA, &url, e, "/%s/%s", endpoint_id, verb);
    if (make_body(input, body_max, &body, failed ? NULL : e) == 0 && !failed) {
        struct http_request request = runpod_post(r, buf_str(&url), &body, RUNPOD_OUTPUT_MAX);
        if (hold_ms > 0)
            request.deadline_ms = request.stall_ms = hold_ms;
        j = send_once(r, &request, what, again_ms, c, e);
    }
    buf_release(&url);
    buf_release_secret(&body);
    return j;
}

static int take_id(const struct json *j, char *job_id, const char *what, struct err *e)
{
    const char *id = json_str(j, "id");
    if (!runpod_id_ok(id))
        return err_set(e, ERR_REMOTE, 0, "%s: the answer has no job id", what);
    (void)snprintf(job_id, REQUEST_ID_MAX, "%s", id);
    return 0;
}

int runpod_run_once(struct runpod *r, const char *endpoint_id, const struct json *input,
    char *job_id, int64_t *again_ms, struct cancel *c, struct err *e)
{
    static const char what[] = "queue the request";
    job_id[0] = '\0';
    struct json *j = post_once(r, endpoint_id, "run", input, RUN_BODY_MAX, 0, again_ms, what, c, e);
    int failed = j ? take_id(j, job_id, what, e) : -1;
    json_free(j);
    return failed;
}

int runpod_runsync(struct runpod *r, const struct json *input, struct request *q, struct arena *a,
    int64_t *again_ms, struct cancel *c, struct err *e)
{
    static const char what[] = "send the request and wait for its answer";
    char verb[48];
    (void)snprintf(verb, sizeof verb, "runsync?wait=%d", RUNSYNC_WAIT_MS);
    struct json *j = post_once(r, q->endpoint_id, verb, input, RUNSYNC_BODY_MAX,
        RUNSYNC_WAIT_MS + HELD_MS, again_ms, what, c, e);
    if (!j) {
        if (e && e->number == 524)
            err_hint(e, "the gateway cut it: the job may run on, and its id is not known; async "
                        "requests have one from the start");
        return -1;
    }
    int failed = take_id(j, q->job_id, what, e) || runpod_read_job(j, a, q, e) ? -1 : 0;
    json_free(j);
    if (!failed)
        q->seen_ms = clock_wall_ms(r->clock);
    return failed;
}

/* ---- pieces -------------------------------------------------------------------------------------- */

int runpod_pieces_init(struct runpod_pieces *p, struct err *e)
{
    *p = (struct runpod_pieces){.list = json_new_array()};
    return p->list ? 0 : err_set(e, ERR_IO, 0, "out of memory");
}

void runpod_pieces_release(struct runpod_pieces *p)
{
    json_free(p->list);
    *p = (struct runpod_pieces){0};
}

/* A piece is {"output": chunk}; what it weighs is what it is as JSON. */
static int take_piece(struct runpod_pieces *p, const struct json *piece, struct buf *scratch)
{
    const struct json *chunk = json_get(piece, "output");
    buf_clear(scratch);
    if (!chunk || p->cut)
        return 0;
    if (json_print(chunk, scratch) || scratch->len > PIECES_BYTES_MAX - p->bytes) {
        p->cut = true;
        return 0;
    }
    p->bytes += scratch->len;
    p->count++;
    return json_push(p->list, json_dup(chunk));
}

/* How many came, also of those that were left out; -1 without memory. */
static int take_pieces(struct runpod_pieces *p, const struct json *stream, struct err *e)
{
    struct buf scratch;
    int came = 0, failed = 0;
    buf_init(&scratch, PIECES_BYTES_MAX);
    for (const struct json *i = json_first(stream); i && !failed; i = json_next(i), came++)
        failed = take_piece(p, i, &scratch);
    buf_release(&scratch);
    return failed ? err_set(e, ERR_IO, 0, "out of memory") : came;
}

int runpod_stream(struct runpod *r, struct request *q, struct runpod_pieces *pieces,
    struct cancel *c, struct err *e)
{
    static const char what[] = "read the answer's pieces";
    struct buf url;
    struct err why;
    int result = -1;
    if (runpod_check_id(q->endpoint_id, "endpoint", e) || runpod_check_id(q->job_id, "job", e))
        return -1;
    if (runpod_url(r, RUNPOD_DATA, &url, &why, "/%s/stream/%s", q->endpoint_id, q->job_id) == 0) {
        struct http_request request = runpod_get(r, buf_str(&url), RUNPOD_OUTPUT_MAX);
        struct json *j = runpod_call(r, &request, what, c, &why);
        if (j) {
            q->status = request_status_of(json_str(j, "status"));
            result = take_pieces(pieces, json_get(j, "stream"), &why);
        } else if (why.class == ERR_REMOTE && why.number == 404) {
            q->status = REQUEST_GONE;
            result = 0;
        }
        json_free(j);
    }
    buf_release(&url);
    if (result >= 0)
        q->seen_ms = clock_wall_ms(r->clock);
    else if (e)
        *e = why;
    return result;
}
