/* Two short requests, since they go different ways: `run` through the queue, where a worker is started for it and
 * nothing gives up after 100 s, and the OpenAI route as clients use it, once a worker is warm. */
#include "app/deploy_internal.h"

#include "app/requests.h"
#include "client/chat.h"
#include "client/runpod_jobs.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNKNOWN_MS = 120 * 1000, STREAM_MS = 3 * 60 * 1000, TOKENS = 16 };
static const char prompt[] = "Say hello.";

/* By the worker's own GPU, or, where that was gone too soon to be seen, the dearest that was asked for. */
static const char *money(char out[SAY_MAX], const struct deploy *d, int64_t ms)
{
    bool seen = !isnan(d->first.price_hour);
    double dollars = request_cost(ms, seen ? d->first.price_hour : d->plan.price_hour);
    if (isnan(dollars))
        snprintf(out, SAY_MAX, "cost unknown");
    else
        snprintf(out, SAY_MAX, "%s $%.5f", seen ? "about" : "at most about", dollars);
    return out;
}

/* ---- by run and status ----------------------------------------------------------------------------- */

/* An adapter answers only who names it; without a name the base model would. */
static struct json *first_input(const struct deploy *d)
{
    struct json *input = json_new_object(), *inner = json_new_object();
    if (deploy_plan_is_adapter(&d->plan)) {
        json_add_str(input, "openai_route", "/v1/completions");
        json_add_str(inner, "model", d->plan.name);
        json_add_str(inner, "prompt", prompt);
        json_add_int(inner, "max_tokens", TOKENS);
        json_add(input, "openai_input", inner);
        return input;
    }
    json_add_str(input, "prompt", prompt);
    json_add_int(inner, "max_tokens", TOKENS);
    json_add(input, "sampling_params", inner);
    return input;
}

struct looking {
    struct deploy *d;
    struct deploy_watch watch;
    int64_t since_ms;
};

/* By a worker: it may also have expired, or have been cancelled by somebody. */
static bool was_taken(const struct request *q)
{
    return q->status == REQUEST_IN_PROGRESS || q->status == REQUEST_COMPLETED ||
           q->worker_id[0] != '\0';
}

static int looked(void *arg, const struct request *q, struct err *e)
{
    struct looking *l = arg;
    struct work *w = l->d->w;
    char age[SAY_MAX];
    bool waits = q->status == REQUEST_SENDING || q->status == REQUEST_IN_QUEUE;
    if (waits)
        return deploy_watch_look(&l->watch, e);
    if (was_taken(q))
        deploy_watch_up(&l->watch, q->gpu.s);
    work_step(w, DEPLOY_ANSWER, STEP_RUNNING, "%s %s", request_status_name(q->status),
        say_age(age, clock_mono_ms(w->engine->clock) - l->since_ms));
    return 0;
}

/* Whoever waits for no answer any more leaves nothing in the queue that starts workers. A run that was stopped
 * is gone on with, and its request answered meanwhile. */
static void take_back(struct deploy *d)
{
    struct work *w = d->w;
    struct cancel *own =
        d->first.job_id[0] && !cancel_fired(w->cancel) ? cancel_new(w->cancel) : NULL;
    if (own && !runpod_cancel(w->engine->runpod, d->endpoint.id, d->first.job_id, own, NULL)) {
        d->first.status = REQUEST_CANCELLED;
        d->first.ended_ms = clock_wall_ms(w->engine->clock);
        if (w->state)
            state_request_save(w->state, &d->first, NULL);
        request_tell(w->engine, &d->first);
    }
    cancel_unref(own);
}

static int hint_stays(const struct deploy *d, struct err *e)
{
    char first[ERR_HINT_MAX];
    snprintf(first, sizeof first, "%s", e->hint);
    return err_hint(e, "%s%sthe endpoint %s stays and can bill: look at its logs", first,
        first[0] ? "; " : "", d->endpoint.id);
}

static int ask(struct looking *l, struct err *e)
{
    struct deploy *d = l->d;
    struct work *w = d->w;
    struct json *input = first_input(d);
    const struct request_task task = {.engine = w->engine,
        .ledger = w->state,
        .endpoint_id = d->endpoint.id,
        .model = d->plan.name,
        .input = input,
        .deadline_ms = d->plan.wait_ms,
        .unknown_ms = UNKNOWN_MS,
        .looked = looked,
        .arg = l,
        .cancel = w->cancel};
    int failed = request_resume(&task, work_noted(w, "request"), &d->first, w->keep, e) ||
                 work_note(w, "request", d->first.id, e) ||
                 request_follow(&task, &d->first, w->keep, e);
    json_free(input);
    if (!failed)
        return 0;
    if (e->class == ERR_CANCEL)
        return -1;
    bool waited = e->class == ERR_TIMEOUT && !l->watch.up && d->first.job_id[0];
    if (waited && clock_mono_ms(w->engine->clock) - l->since_ms >= d->plan.wait_ms)
        deploy_watch_explain(&l->watch, e);
    take_back(d);
    return strstr(e->hint, d->endpoint.id) ? -1 : hint_stays(d, e);
}

static int judge(struct deploy *d, struct err *e)
{
    const struct request *q = &d->first;
    if (q->status == REQUEST_COMPLETED)
        return 0;
    err_set(e, ERR_REMOTE, 0, "the first request ended as %s%s%s", request_status_name(q->status),
        q->error.len ? ": " : "", q->error.len ? q->error.s : "");
    return hint_stays(d, e);
}

int deploy_first_answer(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    char cost[SAY_MAX];
    if (work_noted(w, "answered")) {
        work_step(w, DEPLOY_WORKER, STEP_DONE, "came up before the interruption");
        work_step(w, DEPLOY_ANSWER, STEP_DONE, "answered before the interruption");
        return 0;
    }
    struct looking l = {.d = d,
        .since_ms = clock_mono_ms(w->engine->clock),
        .watch = {.w = w,
            .step = DEPLOY_WORKER,
            .endpoint_id = d->endpoint.id,
            .name = d->plan.name,
            .image = d->plan.endpoint.image,
            .wait_ms = d->plan.wait_ms}};
    deploy_watch_init(&l.watch);
    work_step(w, DEPLOY_WORKER, STEP_RUNNING, "the first request is sent, to start one");
    int failed = ask(&l, e);
    deploy_watch_release(&l.watch);
    if (failed)
        return -1;
    if (was_taken(&d->first))
        deploy_watch_up(&l.watch, d->first.gpu.s);
    work_step(w, DEPLOY_ANSWER, STEP_RUNNING, "%s", request_status_name(d->first.status));
    if (judge(d, e))
        return -1;
    w->record.first_cost = d->first.cost;
    work_step(w, DEPLOY_ANSWER, STEP_DONE, "by run: waited %.1f s, ran %.2f s, %s",
        (double)(d->first.delay_ms > 0 ? d->first.delay_ms : 0) / 1000,
        (double)(d->first.execution_ms > 0 ? d->first.execution_ms : 0) / 1000,
        money(cost, d, d->first.execution_ms));
    return work_note(w, "answered", "yes", e);
}

/* ---- by the OpenAI route, streamed ------------------------------------------------------------------- */

static void streams(void *arg, const struct chat_answer *a)
{
    struct work *w = arg;
    work_step(w, DEPLOY_STREAM, STEP_RUNNING, "%" PRId64 " pieces", a->pieces);
}

static void told(struct deploy *d, const struct chat_answer *a)
{
    char cost[SAY_MAX], tokens[SAY_MAX] = "";
    if (a->tokens_out >= 0)
        snprintf(tokens, sizeof tokens, "%" PRId64 " tokens, ", a->tokens_out);
    work_step(d->w, DEPLOY_STREAM, STEP_DONE,
        "by the OpenAI route: first token after %.2f s, all in %.2f s, %s%s",
        (double)(a->first_token_ms > 0 ? a->first_token_ms : 0) / 1000, (double)a->took_ms / 1000,
        tokens, money(cost, d, a->took_ms));
}

static struct chat_options chat_options(const struct deploy *d)
{
    static const struct chat_message message = {.role = "user", .content = prompt};
    return (struct chat_options){.endpoint_id = d->endpoint.id,
        .model = d->plan.name,
        .messages = &message,
        .message_count = 1,
        .temperature = NAN,
        .max_tokens = TOKENS,
        .deadline_ms = STREAM_MS};
}

int deploy_streamed_answer(struct deploy *d, struct err *e)
{
    struct work *w = d->w;
    const struct chat_options options = chat_options(d);
    struct chat_answer answer;
    struct err why;
    if (work_noted(w, "streamed")) {
        work_step(w, DEPLOY_STREAM, STEP_DONE, "answered before the interruption");
        return 0;
    }
    work_step(w, DEPLOY_STREAM, STEP_RUNNING, "asking by the OpenAI route");
    chat_answer_init(&answer);
    int failed = chat_stream(w->engine->runpod, &options, &answer, streams, w, w->cancel, &why);
    if (!failed && answer.pieces == 0)
        failed = err_set(&why, ERR_REMOTE, 0, "the answer was empty");
    if (failed)
        work_step(w, DEPLOY_STREAM, STEP_WARNED, "not by the OpenAI route: %s", why.message);
    else
        told(d, &answer);
    chat_answer_release(&answer);
    return cancel_check(w->cancel, e) || work_note(w, "streamed", failed ? "no" : "yes", e) ? -1
                                                                                            : 0;
}

/* ---- telling beforehand ---------------------------------------------------------------------------- */

void deploy_answers_print(const struct deploy *d)
{
    const char *base = d->plan.profile->runpod_endpoint_base;
    const struct chat_options options = chat_options(d);
    struct json *body = json_new_object();
    struct buf run, chat;
    buf_init(&run, 64 * 1024);
    if (!json_add(body, "input", first_input(d)) && !json_print(body, &run))
        work_plan(d->w, "POST %s/ENDPOINT/run %s", base, buf_str(&run));
    if (!chat_body(&options, &chat, NULL))
        work_plan(d->w, "POST %s/ENDPOINT/openai/v1/chat/completions %s", base, buf_str(&chat));
    buf_release(&run);
    buf_release(&chat);
    json_free(body);
}
