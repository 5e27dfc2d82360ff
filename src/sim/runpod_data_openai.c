/* runpod_data_openai: /v2/{endpoint}/openai/v1/… (spec/runpod.md §2.8).
 *
 * The platform turns such a call into a job with openai_route and openai_input, and relays what the
 * worker gives back as it is; even GET /models is a job and wakes a worker. A streamed answer begins
 * when the first piece is there; until then a silence of 100 s is cut with 524, as every call is.
 * What a client gets when the worker failed is not established (§7.6): here the 4xx that the
 * worker's error quotes, else 500, with OpenAI's error object. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_PENDING_MAX = 8 * 1024 * 1024, STREAM_LOOK_MS = 1000 };

/* ---- relaying whole answers ---------------------------------------------------------------------------- */

/* The status that the worker's text quotes ("… returned HTTP 404: …"), else 500. */
static int quoted_status(const char *text)
{
    const char *at = strstr(text, "HTTP 4");
    int64_t status = at == NULL ? 500 : strtol(at + 5, NULL, 10);
    return status >= 400 && status < 500 ? (int)status : 500;
}

static void relay_error(struct reply *p, const struct job *j)
{
    const char *text = j->error == NULL ? "the job did not complete" : j->error;
    struct json *body = json_new_object(), *error = json_new_object();
    (void)json_add_str(error, "message", text);
    (void)json_add_str(error, "type", "worker_error");
    (void)json_add_str(error, "code", NULL);
    (void)json_add(body, "error", error);
    reply_json(p, quoted_status(text), body);
}

/* The worker's one answer, out of the list that aggregated outputs come in (spec §7.6). */
static void relay(struct reply *p, const struct job *j)
{
    if (j->state != JOB_COMPLETED) {
        relay_error(p, j);
        return;
    }
    const struct json *answer = j->output;
    if (json_kind(answer) == JSON_ARRAY && json_count(answer) == 1) {
        answer = json_first(answer);
    }
    bool failed = json_get(answer, "error") != NULL && json_get(answer, "choices") == NULL;
    reply_json(p, failed ? 400 : 200, answer == NULL ? json_new_null() : json_dup(answer));
}

/* ---- relaying a stream ------------------------------------------------------------------------------------ */

struct relay_stream {
    char endpoint_id[20], job_id[64];
    size_t sent; /* chunks */
    struct buf pending;
};

static void relay_stream_free(void *arg)
{
    struct relay_stream *t = arg;
    buf_release(&t->pending);
    free(t);
}

/* Raw text as it is; an object as one event. */
static void append_chunk(struct buf *out, const struct json *chunk)
{
    const char *text = json_string(chunk);
    if (text != NULL) {
        (void)buf_str_append(out, text);
        return;
    }
    (void)buf_str_append(out, "data: ");
    (void)json_print(chunk, out);
    (void)buf_str_append(out, "\n\n");
}

/* Puts what came since into pending; true when the job is over and everything is there. */
static bool gather(struct sim *s, struct relay_stream *t)
{
    struct endpoint *e = endpoint_find(s, t->endpoint_id);
    struct job *j = e == NULL ? NULL : job_find(s, e, t->job_id);
    if (j == NULL) {
        return true;
    }
    size_t i = 0;
    for (const struct json *c = json_first(j->chunks); c != NULL; c = json_next(c), i++) {
        if (i >= t->sent) {
            append_chunk(&t->pending, c);
        }
    }
    t->sent = i;
    j->chunks_sent = i;
    return job_final(j);
}

static long relay_stream_next(struct sim *s, void *arg, char *out, size_t max)
{
    struct relay_stream *t = arg;
    long given = 0;
    sim_lock(s);
    for (;;) {
        bool over = t->pending.len == 0 && gather(s, t);
        if (t->pending.len > 0) {
            size_t n = t->pending.len < max ? t->pending.len : max;
            memcpy(out, t->pending.data, n);
            buf_drop(&t->pending, n);
            given = (long)n;
            break;
        }
        if (over) {
            break;
        }
        if (!sim_sleep(s, STREAM_LOOK_MS)) {
            given = -1;
            break;
        }
    }
    sim_unlock(s);
    return given;
}

static void start_stream(struct reply *p, const char *endpoint_id, const struct job *j)
{
    struct relay_stream *t = calloc(1, sizeof *t);
    if (t == NULL) {
        runpod_data_error(p, 500, "out of memory");
        return;
    }
    buf_init(&t->pending, STREAM_PENDING_MAX);
    (void)snprintf(t->endpoint_id, sizeof t->endpoint_id, "%s", endpoint_id);
    (void)snprintf(t->job_id, sizeof t->job_id, "%s", j->id);
    p->content_type = "text/event-stream; charset=utf-8";
    reply_header(p, "Cache-Control", "no-cache");
    p->stream = relay_stream_next;
    p->stream_arg = t;
    p->stream_free = relay_stream_free;
}

/* ---- routes ---------------------------------------------------------------------------------------------------- */

static bool begun(const struct job *j)
{
    return job_final(j) || json_count(j->chunks) > 0;
}

/* Makes the job and waits; NULL when it has answered. */
static struct job *run(struct sim *s, struct request *r, struct reply *p, const char *route,
    const struct json *body, bool stream)
{
    struct endpoint *e = data_begin(s, r, p, LIMIT_OPENAI);
    if (e == NULL) {
        return NULL;
    }
    if (e->load_balancer) {
        runpod_data_error(p, 400, "this is a load-balancing endpoint: it has no queue");
        return NULL;
    }
    struct json *input = json_new_object();
    (void)json_add_str(input, "openai_route", route);
    (void)json_add(input, "openai_input", body == NULL ? json_new_null() : json_dup(body));
    const struct job *submitted = job_submit(s, e, input, true);
    if (submitted == NULL) {
        runpod_data_error(p, 429, "too many requests in the queue of this endpoint");
        return NULL;
    }
    sim_changed(s);
    struct data_hold h = {.s = s,
        .r = r,
        .p = p,
        .op = LIMIT_OPENAI,
        .wait = CLOUDFLARE_HOLD_MS + 1,
        .done = stream ? begun : job_final};
    (void)snprintf(h.job_id, sizeof h.job_id, "%s", submitted->id);
    return data_hold(&h);
}

static bool route_served(const char *path)
{
    static const char *const served[] = {
        "chat/completions", "completions", "responses", "messages", "embeddings"};
    for (size_t i = 0; i < sizeof served / sizeof *served; i++) {
        if (strcmp(path, served[i]) == 0) {
            return true;
        }
    }
    return false;
}

void openai_post(struct sim *s, struct request *r, struct reply *p)
{
    const char *path = request_param(r, "path");
    if (!route_served(path)) {
        runpod_data_error(p, 404, "not found");
        return;
    }
    if (json_kind(r->json) != JSON_OBJECT) {
        runpod_data_error(p, 400, "request body must be a JSON object");
        return;
    }
    char route[64];
    (void)snprintf(route, sizeof route, "/v1/%s", path);
    bool stream = json_bool(r->json, "stream", false);
    const struct job *j = run(s, r, p, route, r->json, stream);
    if (j == NULL) {
        return;
    }
    if (stream && json_count(j->chunks) > 0) {
        start_stream(p, request_param(r, "endpoint"), j);
    } else {
        relay(p, j);
    }
}

void openai_models(struct sim *s, struct request *r, struct reply *p)
{
    const struct job *j = run(s, r, p, "/v1/models", NULL, false);
    if (j != NULL) {
        relay(p, j);
    }
}
