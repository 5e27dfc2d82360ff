/* The form of test requests to one endpoint. Its id is the endpoint's; below the fields stands, live, what they
 * would cost and whether they would wait, from what the store has seen. A single request goes at once;
 * several are a plan that is asked about. */
#include "base/json.h"
#include "model/burst.h"
#include "ui/form_view.h"
#include "ui/say.h"
#include "ui/say_burst.h"
#include "ui/views.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct form_field fields[] = {
    {.name = "prompt", .label = "Prompt", .help = "sent as {\"prompt\": …}; or say a body instead"},
    {.name = "input",
        .label = "or body",
        .help = "the whole input as JSON, or @FILE that holds it",
        .empty = "none"},
    {.name = "route",
        .label = "Route",
        .help = "‹ › choose how it is sent and how the answer comes",
        .kind = FIELD_CHOICE},
    {.name = "max-tokens",
        .label = "Max tokens",
        .help = "of the answer; goes with a prompt",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 1000000,
        .empty = "the worker's own"},
    {.name = "count",
        .label = "How many",
        .help = "1 shows its answer; more are a burst with a histogram",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = BURST_COUNT_MAX},
    {.name = "concurrency",
        .label = "At once",
        .help = "so many are under way at the same time, at most",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = BURST_AT_ONCE_MAX},
};

static const struct endpoint_row *row_of(const struct form_view *v)
{
    return store_endpoint_by_id(v->o.x->store, v->o.id);
}

/* ---- filling --------------------------------------------------------------------------------------- */

static void set_default(struct form_view *v, const char *field, const char *value)
{
    if (form_get(v->form, field).len == 0)
        form_set(v->form, field, say_word(value));
}

static void fill(struct form_view *v, const char *id)
{
    static const struct text notes[BURST_ROUTES] = {
        [BURST_ASYNC] = {"run, then status: queued, and followed to its end", 49},
        [BURST_SYNC] = {"runsync: held for 90 s at most, no id before the answer", 55},
        [BURST_STREAM] = {"run, then stream: its pieces as they come", 41},
        [BURST_CHAT] = {"the OpenAI route: a chat, streaming", 35}};
    struct text routes[BURST_ROUTES];
    (void)id;
    for (enum burst_route i = 0; i < BURST_ROUTES; i++)
        routes[i] = say_word(burst_route_name(i));
    form_choices(v->form, "route", routes, notes, BURST_ROUTES);
    set_default(v, "count", "1");
    set_default(v, "concurrency", "8");
}

static void changed(struct form_view *v, const char *field)
{
    (void)v, (void)field;
}

static int64_t number_of(const struct form_view *v, const char *field, int64_t fallback)
{
    struct text t = form_get(v->form, field);
    return t.len > 0 ? strtoll(t.s, NULL, 10) : fallback;
}

static enum burst_route route_of(const struct form_view *v)
{
    return burst_route_of(form_get(v->form, "route").s);
}

/* ---- checking -------------------------------------------------------------------------------------- */

static bool check_body(struct form_view *v, struct text input)
{
    struct err e;
    if (input.s[0] == '@')
        return true; /* whether it is there is seen when it is read */
    struct json *tree = json_parse(input.s, input.len, &e);
    bool object = json_kind(tree) == JSON_OBJECT && json_count(tree) > 0;
    bool chat = route_of(v) != BURST_CHAT || json_kind(json_get(tree, "messages")) == JSON_ARRAY;
    if (!tree)
        form_complain(v->form, "input", "%s", e.message);
    else if (!object)
        form_complain(v->form, "input", "the body is a JSON object that is not empty");
    else if (!chat)
        form_complain(v->form, "input", "on the chat route a body needs \"messages\": a list");
    json_free(tree);
    return tree && object && chat;
}

static bool check(struct form_view *v)
{
    struct text prompt = form_get(v->form, "prompt"), input = form_get(v->form, "input");
    if (prompt.len == 0 && input.len == 0)
        form_complain(v->form, "prompt", "say what to send: a prompt, or a body");
    else if (prompt.len > 0 && input.len > 0)
        form_complain(v->form, "input", "a prompt or a body: empty one of them");
    else if (input.len > 0 && form_get(v->form, "max-tokens").len > 0)
        form_complain(v->form, "max-tokens", "a body says its own limit: empty this");
    else if (route_of(v) == BURST_SYNC && number_of(v, "count", 1) > 1 &&
             number_of(v, "concurrency", 1) > BURST_SYNC_AT_ONCE_MAX)
        form_complain(v->form, "concurrency",
            "sync requests hold a connection each: at most %d at once", BURST_SYNC_AT_ONCE_MAX);
    else if (input.len > 0)
        return check_body(v, input);
    else
        return true;
    return false;
}

static struct text value(const char *field, struct text t)
{
    (void)field;
    return t;
}

/* ---- the live part --------------------------------------------------------------------------------- */

static struct burst_evidence evidence_of(const struct form_view *v, const struct endpoint_row *row)
{
    const struct store *s = v->o.x->store;
    struct burst_evidence out = burst_evidence_none();
    struct endpoint_times times = store_endpoint_times(s, v->o.id);
    out.cost_request = row->cost_request;
    if (times.count > 0 && times.execution_p50 >= 0)
        out.run_ms = (double)times.execution_p50;
    burst_evidence_workers(&out, row->workers, row->health);
    burst_evidence_price(&out, row->settings, store_gpus(s));
    out.idle_s = row->settings->idle_s;
    return out;
}

static void below(struct form_view *v, struct lines *l)
{
    const struct endpoint_row *row = row_of(v);
    int64_t count = number_of(v, "count", 1);
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    if (!row) {
        lines_fact(l, "Endpoint", TEXT("! it is not in this account any more"), ROLE_WARNING);
        return;
    }
    struct arena *a = lines_arena(l);
    struct burst_evidence e = evidence_of(v, row);
    lines_fact(l, "Cost", say_burst_price(a, &e, count > 0 ? count : 1), ROLE_MONEY);
    lines_fact(l, "", say_burst_besides(a, &e), ROLE_FAINT);
    if (row->settings->workers_max == 0)
        lines_fact(
            l, "Workers", TEXT("! the endpoint is paused: requests would wait"), ROLE_WARNING);
    else
        lines_fact(
            l, "Workers", say_burst_workers(a, &e), e.workers_up == 0 ? ROLE_WARNING : ROLE_NORMAL);
    if (row->health && row->health->in_queue > 0)
        lines_fact(l, "Queue",
            say_text(a, "! %" PRId64 " wait%s already", row->health->in_queue,
                row->health->in_queue == 1 ? "s" : ""),
            ROLE_WARNING);
}

static const char *enter(const struct form_view *v)
{
    return number_of(v, "count", 1) > 1 ? " shows the plan first   " : " sends it   ";
}

static const struct form_kind kind = {
    .name = "test",
    .title = "Test requests",
    .place = PLACE_REQUEST_FORM,
    .action = ACTION_TEST,
    .fields = fields,
    .count = sizeof fields / sizeof *fields,
    .fill = fill,
    .changed = changed,
    .check = check,
    .value = value,
    .below = below,
    .enter = enter,
};

/* ---- the body in an editor -------------------------------------------------------------------------- */

enum { EDIT_ARENA = 64 * 1024 };

/* What would be sent; where nothing is said yet, a beginning. A file is edited where it lies. */
static struct text begin_edit(const struct form_view *v, struct arena *a)
{
    struct text prompt = form_get(v->form, "prompt"), input = form_get(v->form, "input");
    struct json *body = json_new_object(), *sampling = json_new_object();
    struct buf text;
    if (input.len > 0 && input.s[0] != '@') {
        json_free(body);
        json_free(sampling);
        return input;
    }
    buf_init(&text, EDIT_ARENA / 2);
    (void)json_add_text(body, "prompt", prompt);
    (void)json_add_int(sampling, "max_tokens", number_of(v, "max-tokens", 64));
    (void)json_add(body, "sampling_params", sampling);
    (void)json_print(body, &text);
    struct text made = text_new(a, buf_str(&text), text.len, TEXT_LINE);
    buf_release(&text);
    json_free(body);
    return made;
}

static void edit_body(struct form_view *v)
{
    const struct host *host = v->o.x->host;
    struct arena *a = arena_new(EDIT_ARENA);
    struct text edited;
    struct err e;
    if (!a || !host->edit) {
        arena_free(a);
        return;
    }
    if (host->edit(host->arg, begin_edit(v, a), FORM_VALUE_MAX, a, &edited, &e)) {
        form_complain(v->form, "input", "%s", e.class == ERR_CANCEL ? e.hint : e.message);
    } else {
        form_set(v->form, "input", edited);
        form_set(v->form, "prompt", TEXT(""));
        form_set(v->form, "max-tokens", TEXT(""));
        (void)check(v); /* says at once what is wrong with it */
    }
    v->o.own++;
    arena_free(a);
}

static bool act(void *p, enum action_id action)
{
    if (action != ACTION_EDIT_BODY)
        return opened_act(p, action);
    edit_body(p);
    return true;
}

static void *make(const struct view_context *x, const char *id)
{
    return store_endpoint_by_id(x->store, id) ? form_view_make(&kind, x, id) : NULL;
}

static struct text title(void *p, struct arena *a)
{
    const struct form_view *v = p;
    const struct endpoint_row *row = row_of(v);
    return row ? say_text(a, "Test requests to %.*s  %s", SAY_ARGS(row->settings->name), v->o.id)
               : TEXT("Test requests");
}

const struct view_class view_request_form = {
    .place = PLACE_REQUEST_FORM,
    .make = make,
    .free = form_view_free,
    .title = title,
    .note = form_view_note,
    .draw = form_view_draw,
    .act = act,
    .typing = form_view_typing,
    .press = form_view_press,
    .paste = form_view_paste,
    .target = opened_target,
    .version = form_view_version,
};
