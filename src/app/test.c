/* The operation of test requests: what they would cost is worked out and, for more than one, asked about;
 * then they are sent (app/burst.h). It is never resumed: what was sent is in the ledger, and what was not is
 * simply asked for again. */
#include "app/answering.h"
#include "app/asked.h"
#include "app/burst.h"
#include "app/work.h"
#include "client/runpod_control.h"
#include "ui/say_burst.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEP_PRICE, STEP_REQUESTS };
enum { LIST_ARENA = 64 << 20, BODY_SHOWN_MAX = 48 * 1024, BODY_BUF_MAX = 32 << 20 };

struct testing {
    struct work *w;
    struct arena *arena; /* bodies, and lists that were read */
    struct sending_body body;
    struct endpoint endpoint;
    struct text served;
    struct state *ledger,
        *own; /* own: opened here; NULL = the operation's is used, or there is none */
    struct burst_report report;
};

static int check(const struct json *asked, struct err *e)
{
    return sending_check(asked, e);
}

static void title(const struct json *asked, char *out, size_t size)
{
    const char *name = asked_text(asked, "name"), *endpoint = asked_text(asked, "endpoint");
    int64_t count = 1;
    (void)asked_number(asked, "count", 1, BURST_COUNT_MAX, 1, &count, NULL);
    snprintf(out, size, "%s, %" PRId64 " request%s",
        name       ? name
        : endpoint ? endpoint
                   : "",
        count, count == 1 ? "" : "s");
}

/* ---- what it would be ---------------------------------------------------------------------------- */

static int find_endpoint(struct testing *t, struct err *e)
{
    struct work *w = t->w;
    struct endpoint_page page;
    char id[ENDPOINT_ID_MAX];
    if (answer_resolve(
            w->engine, json_str(w->asked, "endpoint"), id, &t->served, t->arena, w->cancel, e) ||
        runpod_endpoints(w->engine->runpod, t->arena, &page, w->cancel, e))
        return -1;
    for (size_t i = 0; i < page.count; i++)
        if (strcmp(page.endpoints[i].id, id) == 0) {
            t->endpoint = page.endpoints[i];
            w->record.endpoint_name = text_dup(w->keep, t->endpoint.name);
            memcpy(w->record.endpoint_id, id, sizeof id);
            return 0;
        }
    return err_set(e, ERR_STATE, 0, "the endpoint %s is gone", id);
}

static void estimate(struct testing *t)
{
    struct work *w = t->w;
    t->report.evidence =
        burst_evidence_gather(w->engine, t->ledger, &t->endpoint, t->arena, w->cancel);
    t->report.estimate = burst_estimate(&t->report.evidence, t->body.count);
}

static int plan_request(struct testing *t, struct err *e)
{
    struct buf line;
    buf_init(&line, BODY_BUF_MAX);
    int failed = sending_say(&t->body, t->w->engine->profile->runpod_endpoint_base, t->endpoint.id,
        t->served.s, &line, e);
    if (!failed && line.len > BODY_SHOWN_MAX)
        work_plan(t->w, "%.*s… (%zu bytes in all)", BODY_SHOWN_MAX, buf_str(&line), line.len);
    else if (!failed)
        work_plan(t->w, "%s", buf_str(&line));
    buf_release(&line);
    return failed;
}

static int plan(struct testing *t, struct err *e)
{
    struct work *w = t->w;
    const struct burst_evidence *v = &t->report.evidence;
    const struct sending_body *b = &t->body;
    if (plan_request(t, e))
        return -1;
    work_plan(w, "%" PRId64 " request%s to %s (%s), %" PRId64 " at once, by the %s route", b->count,
        b->count == 1 ? "" : "s", t->endpoint.name.s, t->endpoint.id, b->at_once,
        burst_route_name(b->route));
    work_plan(w, "cost: %s", say_burst_price(t->arena, v, b->count).s);
    work_plan(w, "%s", say_burst_besides(t->arena, v).s);
    work_plan(w, "%s", say_burst_workers(t->arena, v).s);
    if (t->endpoint.workers_max == 0)
        work_plan(w, "! the endpoint is paused (max workers 0): requests would wait");
    return 0;
}

/* A single request is what was asked for; many are shown and asked about. */
static int prepare(struct testing *t, struct err *e)
{
    struct work *w = t->w;
    work_step(w, STEP_PRICE, STEP_RUNNING, "%s", "");
    if (sending_read(w->asked, t->arena, &t->body, e) || find_endpoint(t, e))
        return -1;
    estimate(t);
    if (plan(t, e))
        return -1;
    struct text price = say_burst_price(t->arena, &t->report.evidence, t->body.count);
    if ((t->body.count > 1 || w->flags.dry_run) && work_ask(w, 2, e))
        return -1;
    work_step(w, STEP_PRICE, STEP_DONE, "%s", price.s);
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------------- */

static void told(void *arg, const struct burst_report *report, const char *note)
{
    struct testing *t = arg;
    struct work *w = t->w;
    struct arena *a = arena_new(64 * 1024);
    w->record.test = report;
    work_say(w, "%s", note);
    work_step(w, STEP_REQUESTS, STEP_RUNNING, "%s", a ? say_burst_line(a, report).s : "");
    arena_free(a);
}

static int send_all(struct testing *t, struct err *e)
{
    struct work *w = t->w;
    if (work_note(w, "sending", "yes", e))
        return -1;
    const struct burst b = {.engine = w->engine,
        .ledger = t->ledger,
        .endpoint_id = t->endpoint.id,
        .model = t->served.s,
        .body = &t->body,
        .wake = &w->wait,
        .told = told,
        .arg = t,
        .cancel = w->cancel};
    int failed = burst_run(&b, &t->report, w->keep, e);
    struct text line = say_burst_line(w->keep, &t->report);
    /* The record stays for as long as the operation does, this function's memory does not. */
    struct burst_report *kept = arena_alloc(w->keep, sizeof *kept);
    if (kept)
        *kept = t->report;
    w->record.test = kept;
    bool bad = t->report.outcomes[REQUEST_COMPLETED] < t->body.count;
    work_say(w, "%s", line.s);
    work_step(w, STEP_REQUESTS, failed ? STEP_FAILED : bad ? STEP_WARNED : STEP_DONE, "%s", line.s);
    return failed;
}

static int run(struct work *w, struct err *e)
{
    struct testing t = {.w = w, .arena = arena_new(LIST_ARENA), .served = TEXT("")};
    t.own = w->state ? NULL : engine_state(w->engine, NULL);
    t.ledger = w->state ? w->state : t.own;
    int failed =
        t.arena ? prepare(&t, e) || send_all(&t, e) : err_set(e, ERR_IO, 0, "out of memory");
    sending_body_release(&t.body);
    state_close(t.own);
    arena_free(t.arena);
    return failed ? -1 : 0;
}

/* A single one is in the ledger, and that says all about it. */
static bool journals(const struct json *asked)
{
    int64_t count = 1;
    return !asked_number(asked, "count", 1, BURST_COUNT_MAX, 1, &count, NULL) && count > 1;
}

const struct work_kind work_test = {.steps = {"price", "requests"},
    .check = check,
    .title = title,
    .run = run,
    .journals = journals};
