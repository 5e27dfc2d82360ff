/* runpod_outcome: how an attempt at a job ends.
 *
 * On pick-up everything is decided: how long it takes and how it ends. At finish_at that happens,
 * unless the job was cancelled, deleted or lost before. Ways to end: done; an error of the handler
 * (the job FAILED); silence (the worker never reports, TIMED_OUT at the execution timeout);
 * rejected by the SDK (an empty input, spec/runpod.md §2.2: given back after a while, FAILED in the
 * end); killing its worker (a poison job, §8.1 row 36); too long (FAILED at the execution timeout,
 * the worker is restarted). */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_ROOM = 64 * 1024 };

/* ---- planning -------------------------------------------------------------------------------- */

static double usual_ms(struct worker *w, const struct answer *a)
{
    struct endpoint *e = w->endpoint;
    if (a->generation == IMAGE_OTHER)
        return 350 + 900 * random_unit(e);
    if (a->generation == IMAGE_EMBEDDING)
        return 22 + 30 * random_unit(e) + 0.15 * (double)a->tokens_in;
    if (strcmp(a->route, "/v1/models") == 0)
        return 12 + 20 * random_unit(e);
    double token = 5 + 0.95 * e->facts->model.weights_gib / (e->gpu_count > 0 ? e->gpu_count : 1);
    double spread = 0.92 + 0.16 * random_unit(e);
    return 110 + spread * ((double)a->tokens_in * 0.35 + (double)a->tokens_out * token);
}

static int64_t execution_ms(struct worker *w, const struct answer *a)
{
    const struct json *own = behave(w->endpoint, "exec_ms");
    double ms = own ? random_draw(w->endpoint, own, 0, 0) : usual_ms(w, a);
    ms *= 1 + 0.025 * (double)(w->jobs.count - 1); /* shared with the others */
    return ms < 1 ? 1 : ms > 1e12 ? (int64_t)1e12 : (int64_t)ms;
}

static bool is_empty_object(const struct json *input)
{
    return json_kind(input) == JSON_OBJECT && json_count(input) == 0;
}

static enum job_end end_of(struct worker *w, struct job *j)
{
    struct endpoint *e = w->endpoint;
    if (is_empty_object(j->input))
        return END_REJECTED;
    j->trouble = trouble_find(e, w, j, "job");
    if (j->trouble)
        return json_bool(j->trouble, "hangs", false) ? END_SILENT
               : json_get(j->trouble, "error")       ? END_ERROR
                                                     : END_KILLS;
    double luck = random_unit(e);
    double fails = json_number(behave(e, "fail_rate"), 0);
    if (luck < fails)
        return END_ERROR;
    if (luck < fails + json_number(behave(e, "hang_rate"), 0))
        return END_SILENT;
    struct buf sink;
    buf_init(&sink, TEXT_ROOM);
    bool refused = answer_error(e, j->input, &sink);
    buf_release(&sink);
    return refused ? END_ERROR : END_DONE;
}

static int64_t execution_limit(const struct endpoint *e, const struct job *j)
{
    int64_t limit = j->execution_timeout > 0 ? j->execution_timeout : e->timeout_ms;
    return limit > 0 ? j->picked + limit : NEVER;
}

static int64_t planned_end(struct worker *w, struct job *j, const struct answer *a)
{
    struct endpoint *e = w->endpoint;
    switch (j->end) {
    case END_REJECTED:
        return j->picked + random_ms(e, behave(e, "reject_s"), 38, 46);
    case END_SILENT:
        return NEVER;
    case END_KILLS: {
        int64_t delay = random_ms(e, json_get(j->trouble, "at_s"), 1, 6);
        return script_trouble(w, j, json_get(j->trouble, "lines"), delay) + 30;
    }
    case END_ERROR:
        return j->picked + 1 + execution_ms(w, a) / 2;
    default:
        return j->picked + execution_ms(w, a);
    }
}

void outcome_plan(struct worker *w, struct job *j)
{
    struct endpoint *e = w->endpoint;
    struct answer a;
    answer_measure(e, j->input, &a);
    j->tokens_in = a.tokens_in;
    j->tokens_out = a.tokens_out;
    j->end = end_of(w, j);
    j->finish_at = planned_end(w, j, &a);
    int64_t limit = execution_limit(e, j);
    if (j->finish_at > limit) {
        j->end = j->end == END_SILENT ? END_SILENT : END_TOO_LONG;
        j->finish_at = limit;
    }
    if (j->end == END_DONE && a.stream && !j->traffic)
        j->all_chunks = answer_chunks(e, j->input, j->id);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* What the SDK makes of an exception (spec §2.3): a JSON object, printed into a string. */
static void put_exception(
    const struct worker *w, const char *type, const char *message, struct buf *out)
{
    struct json *j = json_new_object();
    struct buf text;
    buf_init(&text, TEXT_ROOM);
    (void)buf_printf(&text, "<class '%s'>", type);
    (void)json_add_str(j, "error_type", buf_str(&text));
    (void)json_add_str(j, "error_message", message);
    buf_clear(&text);
    (void)buf_printf(&text,
        "Traceback (most recent call last):\n"
        "  File \"/usr/local/lib/python3.12/site-packages/runpod/serverless/modules/rp_job.py\", "
        "line 258, in run_job\n    await handler_return\n"
        "  File \"/src/handler.py\", line 47, in handler\n%s: %s\n",
        type, message);
    (void)json_add_str(j, "error_traceback", buf_str(&text));
    buf_clear(&text);
    (void)buf_printf(&text, "%s-64410d92", w->id);
    (void)json_add_str(j, "hostname", buf_str(&text));
    (void)json_add_str(j, "worker_id", w->id);
    (void)json_add_str(j, "runpod_version", "1.12.0");
    (void)json_print(j, out);
    buf_release(&text);
    json_free(j);
}

static void put_error(struct worker *w, const struct job *j, struct buf *out)
{
    struct endpoint *e = w->endpoint;
    const struct json *own = json_get(j->trouble, "error");
    const struct json *list = behave(e, "fail_errors");
    if (!own && answer_error(e, j->input, out))
        return;
    if (!own && json_count(list) > 0)
        own = json_at(list, random_next(e) % json_count(list));
    const char *text = json_string(own);
    if (text)
        (void)buf_str_append(out, text);
    else
        put_exception(w, json_str_or(own, "type", "RuntimeError"),
            json_str_or(own, "message", "the handler failed"), out);
}

/* ---- it happens ------------------------------------------------------------------------------ */

static void take_from_worker(struct worker *w, struct job *j)
{
    lane_remove(&w->jobs, j);
    w->endpoint->in_progress--;
}

static void done(struct worker *w, struct job *j)
{
    struct endpoint *e = w->endpoint;
    w->tokens_in += j->tokens_in;
    w->tokens_out += j->tokens_out;
    w->crashes = 0;
    take_from_worker(w, j);
    job_finish(e, j, JOB_COMPLETED, NULL);
    if (!j->traffic)
        job_reveal(e, j);
    log_request_ended(w, j);
}

static void failed(struct worker *w, struct job *j)
{
    struct buf text;
    buf_init(&text, TEXT_ROOM);
    put_error(w, j, &text);
    take_from_worker(w, j);
    job_finish(w->endpoint, j, JOB_FAILED, buf_str(&text));
    buf_release(&text);
    log_request_ended(w, j);
}

/* The platform gives up on it; the worker's container is started anew. */
static void given_up(struct worker *w, struct job *j)
{
    char text[96];
    int64_t limit = execution_limit(w->endpoint, j) - j->picked;
    bool silent = j->end == END_SILENT;
    (void)snprintf(text, sizeof text, "%s: execution timeout of %" PRId64 " ms exceeded",
        silent ? "worker did not report back" : "job stopped", limit);
    take_from_worker(w, j);
    job_finish(w->endpoint, j, silent ? JOB_TIMED_OUT : JOB_FAILED, text);
    log_printf(w, LOG_SYSTEM, "stop container");
    worker_crash(w, NULL);
}

static void rejected(struct worker *w, struct job *j)
{
    take_from_worker(w, j);
    job_requeue(w->endpoint, j);
}

void outcome_happens(struct worker *w, struct job *j)
{
    switch (j->end) {
    case END_DONE:
        done(w, j);
        break;
    case END_ERROR:
        failed(w, j);
        break;
    case END_REJECTED:
        rejected(w, j);
        break;
    case END_KILLS:
        worker_crash(w, j->trouble);
        break;
    case END_SILENT:
    case END_TOO_LONG:
        given_up(w, j);
        break;
    }
    worker_up(w);
}

/* ---- showing it ------------------------------------------------------------------------------ */

static size_t chunks_due(const struct job *j, int64_t now, size_t all)
{
    if (j->state == JOB_COMPLETED)
        return all;
    int64_t span = j->finish_at - j->picked, gone = now - j->picked;
    if (j->state != JOB_IN_PROGRESS || span <= 0 || gone <= 0)
        return 0;
    return gone >= span ? all : (size_t)((double)all * (double)gone / (double)span);
}

static void reveal_chunks(struct job *j, int64_t now)
{
    if (!j->chunks)
        j->chunks = json_new_array();
    size_t have = json_count(j->chunks), due = chunks_due(j, now, json_count(j->all_chunks));
    const struct json *c = have < due ? json_at(j->all_chunks, have) : NULL;
    for (; c && have < due; c = json_next(c), have++)
        (void)json_push(j->chunks, json_dup(c));
}

void job_reveal(struct endpoint *e, struct job *j)
{
    int64_t now = e->world->advanced_to;
    if (j->state == JOB_COMPLETED && !j->all_chunks)
        j->all_chunks = answer_chunks(e, j->input, j->id);
    if (j->all_chunks)
        reveal_chunks(j, now);
    if (j->state == JOB_COMPLETED && !j->output)
        j->output = answer_output(e, json_dup(j->all_chunks));
}
