/* A request, opened: what became of it, why it failed (JSON as JSON, also where it came as Python prints it),
 * its time line, what it cost, then what came out and what went in, wrapped; JSON a member a line.
 *
 * The time line is worked out of spans that the service measured; of one that was not sent from here it is
 * not known when it was submitted, so there are no times of day but that of its end. */
#include "model/request_error.h"
#include "ui/opened.h"
#include "ui/pretty.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>

static const struct request *request_of(const void *p)
{
    const struct opened *o = p;
    return store_request_by_id(o->x->store, o->id);
}

static void release(void *p)
{
    opened_release(p);
    free(p);
}

static void *make(const struct view_context *x, const char *id)
{
    struct opened *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    if (opened_init(o, x, id) || !request_of(o)) {
        release(o);
        return NULL;
    }
    return o;
}

static struct text title(void *p, struct arena *a)
{
    const struct request *q = request_of(p);
    return opened_title(
        a, "Requests", q ? say_word(q->job_id[0] ? q->job_id : q->id) : TEXT("gone"));
}

static struct text note(void *p, struct arena *a)
{
    const struct request *q = request_of(p);
    (void)a;
    return q ? say_word(request_status_name(q->status)) : TEXT("");
}

/* ---- how it went ----------------------------------------------------------------------------------- */

static const struct {
    const char *sign;
    enum role role;
} statuses[REQUEST_STATUSES] = {
    [REQUEST_SENDING] = {"⟳", ROLE_ACTIVE},
    [REQUEST_IN_QUEUE] = {"·", ROLE_WARNING},
    [REQUEST_IN_PROGRESS] = {"⟳", ROLE_ACTIVE},
    [REQUEST_COMPLETED] = {"✓", ROLE_OK},
    [REQUEST_FAILED] = {"✗", ROLE_BAD},
    [REQUEST_CANCELLED] = {"✗", ROLE_FAINT},
    [REQUEST_TIMED_OUT] = {"✗", ROLE_BAD},
    [REQUEST_GONE] = {"!", ROLE_WARNING},
    [REQUEST_EXPIRED] = {"·", ROLE_FAINT},
};

static void add_state(struct lines *l, const struct store *s, const struct request *q)
{
    const struct endpoint_row *e = store_endpoint_by_id(s, q->endpoint_id);
    struct text to = e ? e->settings->name : say_word(q->endpoint_id);
    struct text what =
        say_text(lines_arena(l), "%.*s%sto %.*s%s", SAY_ARGS(q->model), q->model.len ? " " : "",
            SAY_ARGS(to), q->route == REQUEST_ROUTE_OPENAI ? " · OpenAI route" : "");
    opened_state(l, say_word(statuses[q->status].sign), say_word(request_status_name(q->status)),
        what, statuses[q->status].role);
}

static struct text worker_of(struct arena *a, const struct request *q)
{
    if (q->worker_id[0] == '\0')
        return TEXT("");
    return say_text(
        a, "on worker %s%s%.*s", q->worker_id, q->gpu.len ? ", " : "", SAY_ARGS(q->gpu));
}

static void add_submitted(struct lines *l, const struct store *s, const struct request *q)
{
    struct arena *a = lines_arena(l);
    char clock[SAY_MAX], age[SAY_MAX];
    int64_t now = store_wall_ms(s), waits = now > q->submitted_ms ? now - q->submitted_ms : 0;
    const char *at = say_clock(clock, q->submitted_ms), *ago = say_age(age, waits);
    if (q->listed)
        lines_fact(l, "First seen",
            say_text(a, "%s   %s ago, in RunPod's list: not sent from here", at, ago), ROLE_NORMAL);
    else
        lines_fact(l, "Submitted", say_text(a, "%s   %s ago", at, ago), ROLE_NORMAL);
    if (q->status == REQUEST_IN_QUEUE || q->status == REQUEST_SENDING)
        lines_fact(l, "Waits", say_text(a, "%s%s so far", q->listed ? "≥" : "", ago), ROLE_WARNING);
}

static void add_picked_up(struct lines *l, const struct request *q)
{
    struct arena *a = lines_arena(l);
    char span[SAY_MAX], clock[SAY_MAX];
    struct text worker = worker_of(a, q);
    if (q->delay_ms < 0) {
        if (worker.len > 0)
            lines_fact(l, "Picked up", worker, ROLE_NORMAL);
        return;
    }
    const char *waited = say_span(span, q->delay_ms), *apart = worker.len > 0 ? "   " : "";
    bool known = !q->listed && q->retries == 0 && q->delay_ms < INT64_MAX - q->submitted_ms;
    lines_fact(l, "Picked up",
        known ? say_text(a, "%s   after %s%s%.*s", say_clock(clock, q->submitted_ms + q->delay_ms),
                    waited, apart, SAY_ARGS(worker))
              : say_text(a, "after %s%s%.*s", waited, apart, SAY_ARGS(worker)),
        ROLE_NORMAL);
}

static void add_span(struct lines *l, const char *label, int64_t ms)
{
    char span[SAY_MAX];
    if (ms >= 0)
        lines_fact(l, label, say_text(lines_arena(l), "%s", say_span(span, ms)), ROLE_NORMAL);
}

static void add_end(struct lines *l, const struct store *s, const struct request *q)
{
    struct arena *a = lines_arena(l);
    char clock[SAY_MAX], span[SAY_MAX];
    int64_t took = q->ended_ms > q->submitted_ms ? q->ended_ms - q->submitted_ms : 0;
    if (q->ended_ms < 0) {
        if (q->seen_ms >= 0 && !request_is_final(q->status))
            lines_fact(
                l, "Seen", say_text(a, "%.*s", SAY_ARGS(opened_ago(a, s, q->seen_ms))), ROLE_FAINT);
        return;
    }
    const char *at = say_clock(clock, q->ended_ms);
    if (q->status == REQUEST_GONE || q->status == REQUEST_EXPIRED)
        lines_fact(l, "Not found", say_text(a, "%s", at), ROLE_NORMAL);
    else if (q->listed)
        lines_fact(l, "Ended", say_text(a, "%s or before", at), ROLE_NORMAL);
    else
        lines_fact(l, "Ended", say_text(a, "%s   %s after it was sent", at, say_span(span, took)),
            ROLE_NORMAL);
}

static void add_times(struct lines *l, const struct store *s, const struct request *q)
{
    lines_heading(l, TEXT("Time line"));
    add_submitted(l, s, q);
    add_picked_up(l, q);
    add_span(l, "First token", q->first_token_ms);
    add_span(l, "Ran", q->execution_ms);
    if (q->retries > 0)
        lines_fact(l, "Retried",
            say_text(lines_arena(l), "%d time%s by RunPod", q->retries, q->retries > 1 ? "s" : ""),
            ROLE_WARNING);
    add_end(l, s, q);
}

static void add_cost(struct lines *l, const struct request *q)
{
    struct arena *a = lines_arena(l);
    char in[SAY_MAX], out[SAY_MAX], cost[SAY_MAX], hour[SAY_MAX];
    if (q->tokens_in >= 0 || q->tokens_out >= 0)
        lines_fact(l, "Tokens",
            say_text(a, "%s→%s", say_count(in, q->tokens_in), say_count(out, q->tokens_out)),
            ROLE_NORMAL);
    if (isfinite(q->cost))
        lines_fact(l, "Cost",
            isfinite(q->price_hour) ? say_text(a, "≈%s at %s/h", say_money(cost, q->cost),
                                          say_money(hour, q->price_hour))
                                    : say_text(a, "≈%s", say_money(cost, q->cost)),
            ROLE_MONEY);
}

static void add_block(struct lines *l, struct text heading, struct text t)
{
    if (t.len == 0)
        return;
    lines_heading(l, heading);
    lines_row(l, OPENED_TEXT_COLUMN);
    lines_wrap(l, pretty_text(lines_arena(l), t), ROLE_NORMAL, 0);
}

/* In one line what it is about; then all of it, where that is more. */
static void add_error(struct lines *l, const struct request *q)
{
    struct arena *a = lines_arena(l);
    const char *note = request_status_note(q->status);
    if (q->error.len == 0) {
        if (note[0])
            lines_fact(l, "Why", say_word(note), ROLE_WARNING);
        return;
    }
    struct json *j = request_error_json(q->error);
    struct text all = j ? pretty_json(a, j) : q->error;
    json_free(j);
    lines_heading(l, TEXT("Error"));
    lines_row(l, OPENED_TEXT_COLUMN);
    if (q->why.len > 0 && !opened_same(q->why, q->error)) {
        lines_wrap(l, q->why, ROLE_BAD, STYLE_BOLD);
        lines_row(l, OPENED_TEXT_COLUMN);
        lines_wrap(l, all.len > 0 ? all : q->error, ROLE_NORMAL, 0);
    } else {
        lines_wrap(l, q->error, ROLE_BAD, 0);
    }
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct opened *o = p;
    const struct request *q = request_of(o);
    struct lines *l = opened_begin(o, r);
    (void)focused, (void)compact;
    if (q) {
        add_state(l, o->x->store, q);
        add_error(l, q);
        add_times(l, o->x->store, q);
        add_cost(l, q);
        add_block(l, TEXT("Output"), q->output);
        add_block(l, TEXT("Input"), q->input);
        lines_gap(l);
        lines_fact(l, "Id", say_word(q->id), ROLE_FAINT);
        if (q->job_id[0] != '\0')
            lines_fact(l, "RunPod's id", say_word(q->job_id), ROLE_FAINT);
    } else {
        opened_state(l, TEXT("✗"), TEXT("gone"), TEXT("it is no longer in the list"), ROLE_BAD);
    }
    lines_draw(l, c, r);
}

static uint64_t version(void *p)
{
    return opened_version(p, 1u << STORE_REQUESTS | 1u << STORE_ENDPOINTS);
}

const struct view_class view_request = {
    .place = PLACE_REQUEST,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = opened_act,
    .target = opened_target,
    .version = version,
    .due = opened_due,
};
