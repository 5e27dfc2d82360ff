/* A remedy is an operation of kind change, with its plan, its confirmation and its journal; cancelling a request is
 * what `slipway cancel` does. Then it is watched whether requests are served: for a while, since a rollout and a cold
 * start take minutes, and what it waits for is said. */
#include "app/triage_internal.h"

#include "app/asked.h"
#include "app/call_operation.h"
#include "app/requests.h"
#include "client/state.h"
#include "ui/say.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HELP_MS = 240 * 1000,
    LOOK_MS = 5000,
    ASK_MS = 30 * 1000,
    ANSWER_LOOK_MS = 200,
    ROW_ARENA = 16 << 20
};

/* ---- applying -------------------------------------------------------------------------------------------------- */

struct cancelling {
    char job[REQUEST_ID_MAX];
    const char *endpoint_id, *text;
    bool refused; /* nobody was there to be asked */
};

/* As an operation of its class asks (call_operation.h): on a terminal, unless it was said beforehand. */
static int agree(struct call *c, struct cancelling *x, struct cancel *cancel, struct err *e)
{
    char line[64];
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (c->yes)
        return 0;
    fprintf(c->errors, "  %s\n", x->text);
    x->refused = !isatty(STDIN_FILENO);
    if (x->refused)
        return err_set(e, ERR_CANCEL, 0, "this needs a yes: add --yes, or run it on a terminal");
    fputs("Go on? y/n: ", c->errors);
    fflush(c->errors);
    while (poll(&in, 1, ANSWER_LOOK_MS) == 0)
        if (cancel_check(cancel, e))
            return -1;
    ssize_t n = cancel_check(cancel, e) ? -1 : read(STDIN_FILENO, line, sizeof line - 1);
    line[n > 0 ? n : 0] = 0;
    line[strcspn(line, "\r\n")] = 0;
    if (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
        return 0;
    return err_set(e, ERR_CANCEL, 0, "nothing was cancelled");
}

static int cancel_job(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct cancelling *x = arg;
    struct request q;
    if (agree(c, x, cancel, e))
        return -1;
    struct arena *a = arena_new(ROW_ARENA);
    struct request_desk d = {.engine = &c->engine, .cancel = cancel};
    int failed = a ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    d.ledger = engine_state(&c->engine, NULL);
    failed = failed || request_of_job(&d, x->endpoint_id, x->job, a, &q, e) ||
             request_cancel(&d, &q, a, e);
    state_close(d.ledger);
    arena_free(a);
    return failed ? -1 : 0;
}

/* The id at the end of ".../cancel/ID"; false when it cancels nothing. */
static bool job_of(const struct triage_remedy *r, char out[REQUEST_ID_MAX])
{
    const char *path = r->call_count ? r->calls[0].path.s : "", *at = strstr(path, "/cancel/");
    return at && at[8] && snprintf(out, REQUEST_ID_MAX, "%s", at + 8) < REQUEST_ID_MAX;
}

static int apply_cancel(struct asking *k, const struct triage_remedy *r)
{
    struct call *c = k->call;
    struct cancelling x = {.endpoint_id = k->result.endpoint_id, .text = r->text.s};
    struct err e;
    if (!job_of(r, x.job)) {
        err_set(&e, ERR_STATE, 0, "this is to be done by hand: %s", r->text.s);
        return call_fail(c, &e);
    }
    if (c->dry_run) {
        const char *const plan[] = {r->text.s, r->calls[0].path.s};
        return call_print_plan(c, plan, 2);
    }
    if (!c->json)
        call_line(c, "%.*s", SAY_ARGS(r->text));
    if (!call_task(c, cancel_job, NULL, &x, &e))
        return EXIT_CODE_OK;
    int code = call_fail(c, &e);
    return x.refused ? EXIT_CODE_USAGE : code;
}

static int apply(struct asking *k, const struct triage_remedy *r)
{
    struct call *c = k->call;
    if (!r->asked)
        return apply_cancel(k, r);
    json_free(c->asked);
    c->asked = json_dup(r->asked);
    return c->asked ? call_operation(c, OPERATION_CHANGE) : EXIT_CODE_STATE;
}

/* The document of the operation becomes a part of ours, so that there is one; where the operation failed, or
 * nothing was to be done, it is all there is to say. */
static int apply_quietly(struct asking *k, const struct triage_remedy *r, struct json **done)
{
    struct call *c = k->call;
    FILE *out = c->out;
    char *text = NULL;
    size_t n = 0;
    if (!(c->out = open_memstream(&text, &n))) {
        c->out = out;
        return EXIT_CODE_STATE;
    }
    int code = apply(k, r);
    fclose(c->out);
    c->out = out;
    if (code || c->dry_run)
        fwrite(text, 1, n, out);
    else
        *done = json_parse(text, n, NULL);
    free(text);
    return code;
}

/* ---- whether it helped -------------------------------------------------------------------------------------------- */

enum help { HELP_UNKNOWN, HELPED, HELPED_NOT };

struct helping {
    struct asking *k;
    int64_t completed, waiting; /* before; -1 = unknown */
    bool stops;                 /* it was to stop what costs */
    enum help help;
    int64_t served;    /* since then; -1 = unknown */
    struct json *done; /* the operation's document; NULL = none */
};

static const struct health *last_health(struct asking *k)
{
    const struct triage_evidence *v = runpod_evidence_get(k->ev);
    return v->look_count ? &v->looks[v->look_count - 1].health : NULL;
}

static bool no_worker(struct asking *k)
{
    const struct triage_evidence *v = runpod_evidence_get(k->ev);
    for (size_t i = 0; i < v->worker_count; i++)
        if (!v->workers[i].vanished)
            return false;
    return v->workers_read;
}

static bool has_helped(struct helping *x)
{
    const struct health *h = last_health(x->k);
    if (x->stops)
        return no_worker(x->k);
    if (!h)
        return false;
    x->served =
        x->completed >= 0 && h->completed >= x->completed ? h->completed - x->completed : -1;
    return h->in_queue == 0 || x->served > 0;
}

/* Looks often, and reads all anew now and then: whoever waits is told what for. */
static int see_whether(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct helping *x = arg;
    struct clock *clock = c->engine.clock;
    char says[256];
    int64_t began = clock_mono_ms(clock), asked = began;
    for (;;) {
        int64_t now = clock_mono_ms(clock);
        bool asks = now - asked >= ASK_MS || now - began >= HELP_MS;
        if (asks)
            asked = now;
        asking_hurry(x->k);
        if (asks ? asking_again(x->k, cancel, e) : runpod_evidence_look(x->k->ev, cancel, e))
            return -1;
        if (has_helped(x)) {
            x->help = HELPED;
            return asks ? 0 : asking_judge(x->k, e);
        }
        if (now - began >= HELP_MS)
            break;
        snprintf(says, sizeof says, "waiting for the remedy to help: %.*s",
            asks ? (int)x->k->result.sentence.len : 0, x->k->result.sentence.s);
        asking_say(
            x->k, asks && x->k->result.sentence.len ? says : "waiting for the remedy to help");
        if (runpod_evidence_rest(LOOK_MS, cancel, e))
            return -1;
    }
    x->help = x->k->result.verdict == TRIAGE_STUCK ? HELPED_NOT : HELP_UNKNOWN;
    return 0;
}

static int tell(struct helping *x)
{
    struct call *c = x->k->call;
    const struct triage *t = &x->k->result;
    asking_hush(x->k);
    if (c->json) {
        struct json *j = triage_json(t);
        json_add(j, "helped",
            x->help == HELP_UNKNOWN ? json_new_null() : json_new_bool(x->help == HELPED));
        if (x->done)
            json_add(j, "operation", json_dup(x->done));
        return call_print(c, j, "slipway.triage/1");
    }
    if (x->help == HELPED && x->stops)
        call_line(c, "it helped: no worker runs any more");
    else if (x->help == HELPED && x->served > 0)
        call_line(c, "it helped: %" PRId64 " request%s served since, %" PRId64 " waiting",
            x->served, x->served == 1 ? "" : "s", t->waiting < 0 ? 0 : t->waiting);
    else if (x->help == HELPED)
        call_line(c, "it helped: nothing waits any more");
    else if (x->help == HELPED_NOT)
        call_line(
            c, "it has not helped: %.*s; slipway triage %s", SAY_ARGS(t->sentence), t->endpoint_id);
    else
        call_line(c, "still waiting: %.*s; slipway triage %s --watch goes on looking",
            SAY_ARGS(t->sentence), t->endpoint_id);
    return call_flushed(c);
}

static bool stops_paying(const struct triage_remedy *r)
{
    int64_t max = json_int(r->asked, "max", -1);
    return asked_yes(r->asked, "pause", false) || max == 0 ||
           (json_str(r->asked, "max") && strcmp(json_str(r->asked, "max"), "0") == 0);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static const struct triage_remedy *choose(struct asking *k, size_t number, struct err *e)
{
    const struct triage_remedy *r = triage_remedy_at(&k->result, number);
    size_t count = 0;
    while (triage_remedy_at(&k->result, count + 1))
        count++;
    if (!r) {
        err_set(e, ERR_INPUT, 0, "there is no remedy r%zu: there %s %zu", number,
            count == 1 ? "is" : "are", count);
        err_hint(e, "`slipway triage %s` lists them", k->result.endpoint_id);
    } else if (!r->can_be_applied) {
        err_set(e, ERR_STATE, 0, "r%zu is to be done by hand: %s", number, r->text.s);
        r = NULL;
    }
    return r;
}

int triage_fix(struct asking *k, size_t number)
{
    struct call *c = k->call;
    struct err e;
    const struct health *h = last_health(k);
    struct helping x = {
        .k = k, .completed = h ? h->completed : -1, .waiting = h ? h->in_queue : -1, .served = -1};
    asking_hush(k);
    const struct triage_remedy *r = choose(k, number, &e);
    if (!r)
        return call_fail(c, &e);
    x.stops = stops_paying(r);
    if (!c->json && k->result.count)
        call_line(c, "%.*s", SAY_ARGS(k->result.diagnoses[0].summary));
    asking_take_time(k);
    int code = c->json ? apply_quietly(k, r, &x.done) : apply(k, r);
    if (code || c->dry_run)
        return code;
    runpod_evidence_changed(k->ev);
    if (call_task(c, see_whether, NULL, &x, &e)) {
        asking_hush(k);
        json_free(x.done);
        return call_fail(c, &e);
    }
    code = tell(&x);
    json_free(x.done);
    return code ? code : x.help == HELPED_NOT ? EXIT_CODE_BAD : EXIT_CODE_OK;
}
