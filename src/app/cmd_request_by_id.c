/* One request by its id: `slipway request`, `cancel`, `retry`; and the table of the commands about requests. */
#include "app/asked.h"
#include "app/command_requests.h"
#include "app/request_words.h"
#include "app/requests.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { READ_ARENA = 64 << 20, ROW_ARENA = 16 << 20, WAIT_MS = 60 * 60 * 1000 };

/* ---- request ------------------------------------------------------------------------------------- */

struct looking {
    struct arena *arena;
    struct request q;
    struct err stale;
};

/* ENDPOINT JOB, or the beginning of an id that the ledger knows. */
static int find_request(
    struct call *c, struct looking *l, const struct request_desk *d, struct err *e)
{
    const char *word = asked_text(c->asked, "endpoint"), *job = asked_text(c->asked, "job");
    char endpoint[ENDPOINT_ID_MAX];
    bool found = false;
    if (job)
        return words_endpoint(&c->engine, d->ledger, word, endpoint, l->arena, d->cancel, e) ||
                       request_of_job(d, endpoint, job, l->arena, &l->q, e)
                   ? -1
                   : 0;
    if (state_request_find(d->ledger, word, l->arena, &l->q, &found, e))
        return -1;
    if (found)
        return 0;
    err_set(e, ERR_INPUT, 0, "no request that is known here begins with %s", word);
    return err_hint(e, "say the endpoint too: slipway request ENDPOINT JOB");
}

static int wait_for(struct call *c, struct looking *l, const struct request_desk *d, struct err *e)
{
    const struct request_task task = {.engine = &c->engine,
        .ledger = d->ledger,
        .endpoint_id = l->q.endpoint_id,
        .deadline_ms = WAIT_MS,
        .cancel = d->cancel};
    return request_follow(&task, &l->q, l->arena, e);
}

static int look_at_request(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct looking *l = arg;
    struct request_desk d = {.engine = &c->engine, .cancel = cancel};
    if (!(d.ledger = engine_state(&c->engine, e)))
        return -1;
    int failed = find_request(c, l, &d, e);
    bool known = !failed && (l->q.seen_ms >= 0 || !l->q.listed);
    bool kept = asked_yes(c->asked, "kept", false), asks = !kept && l->q.job_id[0];
    if (!failed && kept && !known)
        failed = err_set(e, ERR_INPUT, 0, "no request %s is known here", l->q.job_id);
    if (!failed && asks && !(known && request_is_final(l->q.status)) &&
        request_look(&d, &l->q, l->arena, e)) {
        failed = known && e->class != ERR_CANCEL ? 0 : -1;
        if (!failed)
            l->stale = *e;
    }
    if (!failed && asked_yes(c->asked, "wait", false) && !request_is_final(l->q.status))
        failed = wait_for(c, l, &d, e);
    state_close(d.ledger);
    return failed;
}

static void print_line(struct call *c, const char *label, struct text t)
{
    if (t.len > 0)
        call_line(c, "%-11s %.*s", label, (int)t.len, t.s);
}

static void print_words(struct call *c, const char *label, const char *words)
{
    call_line(c, "%-11s %s", label, words);
}

/* Several lines, each cleaned and behind the same column. */
static void print_block(struct call *c, const char *label, struct text t)
{
    for (size_t at = 0; at < t.len;) {
        const char *feed = memchr(t.s + at, '\n', t.len - at);
        size_t n = feed ? (size_t)(feed - (t.s + at)) : t.len - at;
        call_line(c, "%-11s %.*s", at == 0 ? label : "", (int)n, t.s + at);
        at += n + 1;
    }
}

static void print_time_line(struct call *c, const struct request *q)
{
    char at[CLOCK_RFC3339_MAX], span[WORDS_MAX];
    call_line(c, "%-11s %s%s", q->listed ? "first seen" : "submitted",
        words_moment(at, q->submitted_ms), q->listed ? "   (not sent from here)" : "");
    if (q->delay_ms >= 0 || q->worker_id[0])
        call_line(c, "%-11s after %s%s%s%s%.*s", "picked up", words_seconds(span, q->delay_ms),
            q->worker_id[0] ? "   on worker " : "", q->worker_id, q->gpu.len ? ", " : "",
            (int)q->gpu.len, q->gpu.len ? q->gpu.s : "");
    if (q->first_token_ms >= 0)
        print_words(c, "first token", words_seconds(span, q->first_token_ms));
    if (q->execution_ms >= 0)
        print_words(c, "ran", words_seconds(span, q->execution_ms));
    if (q->retries > 0)
        call_line(c, "%-11s %d time%s by RunPod", "retried", q->retries, q->retries > 1 ? "s" : "");
    if (q->ended_ms >= 0)
        print_words(c, "ended", words_moment(at, q->ended_ms));
    else if (q->seen_ms >= 0)
        print_words(c, "seen", words_moment(at, q->seen_ms));
}

static void print_text(struct call *c, const struct request *q, struct arena *a)
{
    char cost[WORDS_MAX], price[WORDS_MAX];
    call_line(c, "%s   %s   at %s", q->job_id[0] ? q->job_id : q->id,
        request_status_name(q->status), q->endpoint_id);
    print_line(c, "why", words_why(q, a));
    print_line(c, "model", q->model);
    print_time_line(c, q);
    if (q->tokens_in >= 0 || q->tokens_out >= 0)
        call_line(c, "%-11s %" PRId64 "→%" PRId64, "tokens", q->tokens_in, q->tokens_out);
    if (!isnan(q->cost))
        call_line(c, "%-11s ≈%s at %s/h", "cost", words_money(cost, q->cost),
            words_money(price, q->price_hour));
    print_block(c, "error", q->error);
    print_block(c, "output", q->output);
    print_block(c, "input", q->input);
    call_line(c, "%-11s %s", "id", q->id);
}

/* Whether the request is well, as `slipway check` and its kin say it. */
static int verdict(const struct request *q)
{
    if (q->status == REQUEST_FAILED || q->status == REQUEST_TIMED_OUT)
        return EXIT_CODE_BAD;
    return q->status == REQUEST_GONE ? EXIT_CODE_REMOTE : EXIT_CODE_OK;
}

static int show_request(struct call *c)
{
    struct looking l = {.arena = arena_new(READ_ARENA)};
    struct err e;
    err_clear(&l.stale);
    int code = call_open(c);
    if (!code && !l.arena)
        code = EXIT_CODE_STATE;
    if (!code && call_task(c, look_at_request, NULL, &l, &e)) {
        code = call_fail(c, &e);
    } else if (!code) {
        if (l.stale.class != ERR_NONE)
            call_complain(c, &l.stale);
        if (c->json)
            code = call_print(c, request_json(&l.q), "slipway.request/1");
        else
            print_text(c, &l.q, l.arena);
        code = code ? code : verdict(&l.q);
    }
    arena_free(l.arena);
    return code;
}

/* ---- cancel, retry --------------------------------------------------------------------------------- */

typedef int deed_fn(
    const struct request_desk *d, struct request *q, struct arena *a, struct err *e);

/* What became of one. */
struct deed {
    const char *job;
    struct json *request; /* owned; NULL = it failed */
    struct err error;
};

struct doing {
    deed_fn *deed;
    struct arena *arena;
    char endpoint[ENDPOINT_ID_MAX];
    struct deed *deeds;
    size_t count, done;
    struct err ledger; /* why nothing is kept; ERR_NONE = it is */
};

static void do_one(const struct doing *w, const struct request_desk *d, struct deed *one)
{
    struct request q;
    struct arena *a = arena_new(ROW_ARENA);
    err_clear(&one->error);
    if (!a)
        err_set(&one->error, ERR_IO, 0, "out of memory");
    else if (!request_of_job(d, w->endpoint, one->job, a, &q, &one->error) &&
             !w->deed(d, &q, a, &one->error))
        one->request = request_json(&q);
    arena_free(a);
}

static int do_all(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct doing *w = arg;
    struct request_desk d = {.engine = &c->engine, .cancel = cancel};
    d.ledger = c->dry_run ? NULL : engine_state(&c->engine, &w->ledger);
    int failed = words_endpoint(
        &c->engine, d.ledger, asked_text(c->asked, "endpoint"), w->endpoint, w->arena, cancel, e);
    for (; !failed && !c->dry_run && w->done < w->count; w->done++) {
        if ((failed = cancel_check(cancel, e)) != 0)
            break;
        do_one(w, &d, &w->deeds[w->done]);
    }
    state_close(d.ledger);
    return failed;
}

/* Exactly what would be sent. */
static int print_calls(struct call *c, const struct doing *w, const char *verb)
{
    const char **lines = arena_array(w->arena, w->count, sizeof *lines);
    struct buf line;
    buf_init(&line, HTTP_URL_MAX);
    for (size_t i = 0; lines && i < w->count; i++) {
        buf_clear(&line);
        buf_printf(&line, "POST %s/%s/%s/%s {}", c->profile.runpod_endpoint_base, w->endpoint, verb,
            w->deeds[i].job);
        lines[i] = arena_strdup(w->arena, buf_str(&line));
        lines = lines[i] ? lines : NULL;
    }
    buf_release(&line);
    return lines ? call_print_plan(c, lines, w->count) : EXIT_CODE_STATE;
}

static struct json *failure_json(const struct deed *one)
{
    struct json *j = json_new_object();
    json_add_str(j, "job_id", one->job);
    json_add_str(j, "class", err_class_name(one->error.class));
    json_add_str(j, "message", one->error.message);
    json_add_str(j, "hint", one->error.hint);
    return j;
}

/* All that was done, also when it was stopped half-way; the code is that of the first that failed. */
static int print_deeds(struct call *c, struct doing *w)
{
    struct json *document = json_new_object(), *good = json_new_array(), *bad = json_new_array();
    int code = EXIT_CODE_OK, printed = EXIT_CODE_OK;
    for (size_t i = 0; i < w->done; i++) {
        struct deed *one = &w->deeds[i];
        if (one->request) {
            if (!c->json)
                call_line(c, "%s   %s", one->job, json_str_or(one->request, "status", ""));
            json_push(good, one->request);
            one->request = NULL;
        } else {
            call_complain(c, &one->error);
            code = code ? code : (int)exit_code_of(one->error.class);
            json_push(bad, failure_json(one));
        }
    }
    json_add(document, "requests", good);
    json_add(document, "failed", bad);
    if (c->json)
        printed = call_print(c, document, "slipway.requests/1");
    else
        json_free(document);
    return code ? code : printed;
}

/* The ids as they were typed; the exit code. */
static int read_jobs(struct call *c, struct doing *w)
{
    const struct json *jobs = json_get(c->asked, "job");
    w->deeds = w->arena ? arena_array(w->arena, json_count(jobs), sizeof *w->deeds) : NULL;
    if (!w->deeds)
        return EXIT_CODE_STATE;
    for (const struct json *j = json_first(jobs); j; j = json_next(j)) {
        w->deeds[w->count++].job = json_string(j);
        if (!runpod_id_ok(json_string(j)))
            return call_usage(c, "“%.100s” is no request id", json_string(j));
    }
    return EXIT_CODE_OK;
}

static int do_to_requests(struct call *c, const char *verb, deed_fn *deed)
{
    struct doing w = {.deed = deed, .arena = arena_new(READ_ARENA)};
    struct err e;
    err_clear(&w.ledger);
    int code = read_jobs(c, &w);
    if (!code)
        code = call_open(c);
    if (!code)
        code = call_may_write(c);
    if (!code) {
        int failed = call_task(c, do_all, NULL, &w, &e);
        if (w.ledger.class != ERR_NONE)
            call_complain(c, &w.ledger);
        if (w.done > 0)
            code = print_deeds(c, &w);
        if (failed)
            code = call_fail(c, &e);
        else if (c->dry_run)
            code = print_calls(c, &w, verb);
    }
    for (size_t i = 0; i < w.count; i++)
        json_free(w.deeds[i].request);
    arena_free(w.arena);
    return code;
}

static int cancel_requests(struct call *c)
{
    return do_to_requests(c, "cancel", request_cancel);
}

static int retry_requests(struct call *c)
{
    return do_to_requests(c, "retry", request_retry);
}

const struct command commands_requests[] = {
    {.name = "requests",
        .help = "the newest requests that are known: sent from here, or listed by an endpoint",
        .args = {"endpoint"},
        .flags = {{"endpoint", "ID",
                      "as ENDPOINT, an id or name: only those to it, also what RunPod "
                      "lists of it"},
            {"state", "STATE", "only those: open, in queue, running, done, failed, …"},
            {"filter", "WORDS", "only those that match, as behind / in the dashboard"},
            {"limit", "N", "so many; default 100"},
            {"kept", NULL, "as they were seen last: RunPod is not asked"}},
        .run = cmd_requests},
    {.name = "request",
        .help =
            "one request with its time line; by its endpoint and id, or an id that is known here",
        .args = {"endpoint", "job"},
        .args_least = 1,
        .flags = {{"wait", NULL, "until it is over"},
            {"kept", NULL, "as it was seen last: RunPod is not asked"}},
        .run = show_request},
    {.name = "cancel",
        .help = "cancels requests that are queued or running",
        .args = {"endpoint"},
        .args_least = 2,
        .rest = "job",
        .writes = true,
        .run = cancel_requests},
    {.name = "retry",
        .help = "queues requests that failed or timed out again, under their ids",
        .args = {"endpoint"},
        .args_least = 2,
        .rest = "job",
        .writes = true,
        .run = retry_requests},
    {.name = NULL},
};
