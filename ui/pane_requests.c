/* 5 Requests: those that Slipway sent, those that RunPod lists of the endpoint one looks at, and those looked
 * up by their id, newest first. One that waits longer than a cold start usually takes needs attention; since
 * that comes with time alone, the pane remembers when the next one will, and its version changes then.
 *
 * There may be very many: only those that are not over are ever walked through, and where these are many
 * too, not at every change. */
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/views.h"
#include "ui/why.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    COLUMN_ID,
    COLUMN_ENDPOINT,
    COLUMN_STATE,
    COLUMN_AGE,
    COLUMN_WAITED,
    COLUMN_RAN,
    COLUMN_WORKER,
    COLUMN_TOKENS,
    COLUMN_COST,
    COLUMN_WHY
};
enum { LONG_WAIT_MS = 5 * 60 * 1000, MANY_OPEN = 1000, AGAIN_MS = 1000, OPEN_TOLD_MAX = 100 };

static const struct table_column columns[] = {
    {"ID", 9, 10, 0, ALIGN_LEFT},
    {"ENDPOINT", 8, 15, 1, ALIGN_LEFT},
    {"STATE", 9, 9, 0, ALIGN_LEFT},
    {"AGE", 6, 7, 0, ALIGN_RIGHT},
    {"WAITED", 6, 7, 3, ALIGN_RIGHT},
    {"RAN", 5, 7, 4, ALIGN_RIGHT},
    {"WORKER", 8, 9, 7, ALIGN_LEFT},
    {"TOKENS", 8, 9, 6, ALIGN_RIGHT},
    {"COST", 8, 9, 5, ALIGN_RIGHT},
    {"WHY", 20, 0, 2, ALIGN_LEFT},
};

struct requests {
    struct pane_view pane;
    uint64_t seen, own; /* version looked at; own changes */
    int64_t looked_ms;  /* wall: when */
    int64_t next_ms;    /* wall: when the next one has waited too long; -1 = never */
    struct {            /* what the table has been told of */
        uint64_t requests, lists, endpoints, own;
        int64_t due_ms; /* wall: those that were due by then */
        size_t open;    /* of those that are not over, the last one */
    } told;
};

static const struct store *store_of(const void *pane)
{
    return ((const struct pane_view *)pane)->x->store;
}

static const struct request *request_at(void *pane, size_t row)
{
    return store_request(store_of(pane), row);
}

static size_t rows(void *pane)
{
    return store_requests(store_of(pane));
}

static bool attention(void *pane, size_t row)
{
    const struct request *r = request_at(pane, row);
    return r->status == REQUEST_IN_QUEUE &&
           store_wall_ms(store_of(pane)) - r->submitted_ms >= LONG_WAIT_MS;
}

static size_t open_of(const void *pane)
{
    return store_requests_open(store_of(pane));
}

static void look_again(struct requests *v, int64_t now)
{
    v->next_ms = -1;
    for (size_t i = 0; i < open_of(v); i++) {
        const struct request *r = store_request_open(store_of(v), i);
        int64_t due = r->submitted_ms + LONG_WAIT_MS;
        if (r->status == REQUEST_IN_QUEUE && due > now && (v->next_ms < 0 || due < v->next_ms))
            v->next_ms = due;
    }
}

static uint64_t version(void *pane)
{
    struct requests *v = pane;
    uint64_t stored = store_version(store_of(pane), STORE_REQUESTS);
    int64_t now = store_wall_ms(store_of(pane));
    bool due = v->next_ms >= 0 && now >= v->next_ms;
    bool soon = open_of(v) > MANY_OPEN && now >= v->looked_ms && now - v->looked_ms < AGAIN_MS;
    if ((stored != v->seen || due) && !soon) {
        look_again(v, now);
        v->seen = stored;
        v->looked_ms = now;
        v->own += due;
    }
    /* names of endpoints are shown */
    return stored + v->own + store_version(store_of(pane), STORE_ENDPOINTS);
}

static int64_t due(void *pane)
{
    struct requests *v = pane;
    version(pane);
    if (rows(pane) == 0)
        return -1;
    return pane_next_tick(store_of(pane), open_of(v) > 0 ? 0 : INT64_MAX);
}

/* ---- what changed ---------------------------------------------------------------------------------- */

static bool tell(
    struct table_change *out, size_t max, size_t *n, enum table_change_kind kind, size_t row)
{
    if (*n < max)
        out[*n] = (struct table_change){kind, row};
    return (*n)++ < max;
}

/* What the store noted; false when it does not know any more. */
static bool tell_stored(struct requests *v, struct table_change *out, size_t max, size_t *n)
{
    static const enum table_change_kind kinds[] = {[STORE_ADDED] = TABLE_ADDED,
        [STORE_REMOVED] = TABLE_REMOVED,
        [STORE_CHANGED] = TABLE_CHANGED};
    const struct store *s = store_of(v);
    for (uint64_t at = v->told.requests + 1; at <= store_version(s, STORE_REQUESTS); at++) {
        const struct store_change *c = store_request_change(s, at);
        if (!c || !tell(out, max, n, kinds[c->kind], c->row))
            return false;
    }
    return true;
}

/* Those that have waited too long since this was told last. False when they are too many. */
static bool tell_due(struct requests *v, struct table_change *out, size_t max, size_t *n)
{
    int64_t now = store_wall_ms(store_of(v));
    for (size_t i = 0; i < open_of(v); i++) {
        int64_t due = store_request_open(store_of(v), i)->submitted_ms + LONG_WAIT_MS;
        if (due <= v->told.due_ms || due > now)
            continue;
        size_t row = store_request_open_row(store_of(v), i);
        if (!tell(out, max, n, TABLE_CHANGED, row))
            return false;
    }
    v->told.due_ms = now;
    return true;
}

/* Why one waits depends on its endpoint. Where many do, some of them each time, so that all have their
 * turn. */
static void tell_open(struct requests *v, struct table_change *out, size_t max, size_t *n)
{
    size_t open = open_of(v);
    for (size_t i = 0; i < open && i < OPEN_TOLD_MAX && *n < max; i++) {
        v->told.open = v->told.open + 1 < open ? v->told.open + 1 : 0;
        tell(out, max, n, TABLE_CHANGED, store_request_open_row(store_of(v), v->told.open));
    }
}

static size_t changes(void *pane, struct table_change *out, size_t max)
{
    struct requests *v = pane;
    const struct store *s = store_of(v);
    size_t n = 0;
    bool known = tell_stored(v, out, max, &n) && v->told.lists == store_endpoints_listed(s) &&
                 (v->told.own == v->own || tell_due(v, out, max, &n));
    if (known && v->told.endpoints != store_version(s, STORE_ENDPOINTS))
        tell_open(v, out, max, &n);
    v->told.requests = store_version(s, STORE_REQUESTS);
    v->told.lists = store_endpoints_listed(s);
    v->told.endpoints = store_version(s, STORE_ENDPOINTS);
    v->told.own = v->own;
    return known ? n : TABLE_ANYTHING;
}

static void id(void *pane, size_t row, char out[TABLE_ID_MAX])
{
    const char *own = request_at(pane, row)->id; /* there may be very many */
    size_t length = strnlen(own, TABLE_ID_MAX - 1);
    memcpy(out, own, length);
    out[length] = '\0';
}

/* ---- cells ----------------------------------------------------------------------------------------- */

static struct text endpoint_name(void *pane, const struct request *r)
{
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), r->endpoint_id);
    return e && e->settings->name.len > 0 ? e->settings->name
                                          : (struct text){r->endpoint_id, strlen(r->endpoint_id)};
}

/* The service's id where there is one, as its own console shows it; the beginning is enough. */
static void id_cell(const struct request *r, struct table_cell *out)
{
    const char *shown = r->job_id[0] ? r->job_id : r->id;
    if (strlen(shown) <= 9)
        table_cell_printf(out, "%s", shown);
    else
        table_cell_printf(out, "%.4s…%s", shown, shown + strlen(shown) - 3);
}

static void state_cell(void *pane, size_t row, struct table_cell *out)
{
    static const enum role roles[REQUEST_STATUSES] = {
        [REQUEST_SENDING] = ROLE_ACTIVE,
        [REQUEST_IN_QUEUE] = ROLE_WARNING,
        [REQUEST_IN_PROGRESS] = ROLE_ACTIVE,
        [REQUEST_COMPLETED] = ROLE_OK,
        [REQUEST_FAILED] = ROLE_BAD,
        [REQUEST_CANCELLED] = ROLE_FAINT,
        [REQUEST_TIMED_OUT] = ROLE_BAD,
        [REQUEST_GONE] = ROLE_WARNING,
        [REQUEST_EXPIRED] = ROLE_FAINT,
    };
    const struct request *r = request_at(pane, row);
    cell_word(
        out, request_status_name(r->status), attention(pane, row) ? ROLE_BAD : roles[r->status]);
}

static void span_cell(struct table_cell *out, int64_t ms)
{
    char words[SAY_MAX];
    cell_number(out, ms < 0 ? (double)NAN : (double)ms, say_span(words, ms));
}

/* The service's delay; while it says none, how long it has been waiting up to now. */
static int64_t waited(void *pane, const struct request *r)
{
    if (r->delay_ms >= 0 || r->status != REQUEST_IN_QUEUE)
        return r->delay_ms;
    return store_wall_ms(store_of(pane)) - r->submitted_ms;
}

static void waited_cell(void *pane, const struct request *r, struct table_cell *out)
{
    char words[SAY_MAX];
    int64_t ms = waited(pane, r);
    if (r->delay_ms >= 0 || ms < 0) {
        span_cell(out, ms);
        return;
    }
    table_cell_printf(out, "%s%s", r->listed ? "≥" : "", say_age(words, ms)); /* it counts on */
    out->number = (double)ms;
}

static void age_cell(void *pane, const struct request *r, struct table_cell *out)
{
    char words[SAY_MAX];
    int64_t age = store_wall_ms(store_of(pane)) - r->submitted_ms;
    age = age < 0 ? 0 : age;
    const char *said = request_is_final(r->status) && age >= 60000 ? say_age_short(words, age)
                                                                   : say_age(words, age);
    if (r->listed) /* it was there when we looked first */
        table_cell_printf(out, "≥%s", said);
    else
        cell_number(out, (double)age, said);
    out->number = (double)age;
}

static void tokens_cell(const struct request *r, struct table_cell *out)
{
    if (r->tokens_in < 0 && r->tokens_out < 0) {
        cell_unknown(out);
        return;
    }
    char in[SAY_MAX], to[SAY_MAX];
    table_cell_printf(out, "%s→%s", say_tokens(in, r->tokens_in), say_tokens(to, r->tokens_out));
    out->number = (double)(r->tokens_out < 0 ? 0 : r->tokens_out);
}

/* What is known of why it is so: the error, what its end means, what keeps it waiting. */
static struct text reason(void *pane, const struct request *r, bool waits_long)
{
    if (r->why.len > 0 || r->error.len > 0)
        return r->why.len > 0 ? r->why : r->error;
    if (request_is_final(r->status))
        return say_word(request_status_note(r->status));
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), r->endpoint_id);
    if (r->status != REQUEST_IN_QUEUE || !e)
        return TEXT("");
    const struct triage *t = why_now(store_of(pane), r->endpoint_id);
    if (t)
        return why_brief(t);
    if (e->settings->workers_max == 0)
        return TEXT("max workers is 0");
    return waits_long && e->condition == ENDPOINT_WAITING ? TEXT("no worker is up or coming")
                                                          : TEXT("");
}

static void why_cell(void *pane, size_t row, struct table_cell *out)
{
    const struct request *r = request_at(pane, row);
    struct text why = reason(pane, r, attention(pane, row));
    if (r->retries == 0 || (why.len > 0 && strstr(why.s, "retried"))) {
        cell_text(out, why, ROLE_FAINT);
        return;
    }
    struct text shown = text_cut(why, TABLE_CELL_MAX / 4);
    table_cell_printf(out, "%.*s%sretried %s", SAY_ARGS(shown), shown.len > 0 ? ", " : "",
        r->retries == 1 ? "once" : "more than once");
    out->role = ROLE_FAINT;
}

static void cell(void *pane, size_t row, size_t column, struct table_cell *out)
{
    const struct request *r = request_at(pane, row);
    char words[SAY_MAX];
    switch (column) {
    case COLUMN_ID:
        id_cell(r, out);
        return;
    case COLUMN_ENDPOINT:
        cell_text(out, endpoint_name(pane, r), ROLE_NORMAL);
        return;
    case COLUMN_STATE:
        state_cell(pane, row, out);
        return;
    case COLUMN_AGE:
        age_cell(pane, r, out);
        return;
    case COLUMN_WAITED:
        waited_cell(pane, r, out);
        return;
    case COLUMN_RAN:
        span_cell(out, r->execution_ms);
        return;
    case COLUMN_WORKER:
        if (r->worker_id[0])
            cell_word(out, r->worker_id, ROLE_NORMAL);
        else
            cell_unknown(out);
        return;
    case COLUMN_TOKENS:
        tokens_cell(r, out);
        return;
    case COLUMN_COST:
        cell_number(out, r->cost, say_money(words, r->cost));
        return;
    default:
        why_cell(pane, row, out);
        return;
    }
}

/* Most columns are sorted by what lies in the record. */
static bool key(void *pane, size_t row, size_t column, struct table_key *out)
{
    const struct request *r = request_at(pane, row);
    switch (column) {
    case COLUMN_ID:
        out->text = say_word(r->job_id[0] ? r->job_id : r->id);
        return true;
    case COLUMN_STATE:
        out->text = say_word(request_status_name(r->status));
        return true;
    case COLUMN_WHY:
        out->text = reason(pane, r, attention(pane, row));
        return r->retries == 0;
    case COLUMN_AGE: /* ages grow alike */
        out->number = -(double)r->submitted_ms;
        return true;
    case COLUMN_ENDPOINT:
        out->text = endpoint_name(pane, r);
        return true;
    case COLUMN_WAITED:
        out->moves = r->delay_ms < 0 && waited(pane, r) >= 0;
        out->number = waited(pane, r) < 0 ? (double)NAN : (double)waited(pane, r);
        return true;
    case COLUMN_WORKER:
        if (r->worker_id[0])
            out->text = (struct text){r->worker_id, strlen(r->worker_id)};
        return r->worker_id[0];
    case COLUMN_TOKENS:
        out->number = r->tokens_out < 0 ? 0 : (double)r->tokens_out;
        return r->tokens_in >= 0 || r->tokens_out >= 0;
    case COLUMN_RAN:
        out->number = r->execution_ms < 0 ? (double)NAN : (double)r->execution_ms;
        return true;
    case COLUMN_COST:
        out->number = r->cost;
        return true;
    default:
        return false;
    }
}

/* ---- words ----------------------------------------------------------------------------------------- */

static size_t fields(void *pane, size_t row, struct filter_field out[PANE_FIELDS_MAX])
{
    const struct request *r = request_at(pane, row);
    const char *state = request_status_name(r->status);
    const struct filter_field all[] = {{"id", {r->id, strlen(r->id)}},
        {"job", {r->job_id, strlen(r->job_id)}}, {"endpoint", endpoint_name(pane, r)},
        {"model", r->model}, {"state", {state, strlen(state)}},
        {"worker", {r->worker_id, strlen(r->worker_id)}}, {"error", r->error},
        {"why", reason(pane, r, attention(pane, row))}, {"gpu", r->gpu},
        {"sent", r->listed ? TEXT("elsewhere") : TEXT("slipway")}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

static struct text note(void *pane, struct arena *a)
{
    struct requests *v = pane;
    version(pane);
    return open_of(v) > 0 ? say_text(a, "%zu open · %zu", open_of(v), rows(pane))
                          : say_text(a, "%zu", rows(pane));
}

static struct text empty(void *pane, struct arena *a)
{
    char key[SAY_MAX], lookup[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_CHAT);
    say_key(lookup, ((struct pane_view *)pane)->x->actions, ACTION_LOOK_UP);
    return say_text(a,
        "No request sent yet. What Slipway sends is kept here with its time and price: %s on an "
        "endpoint or model opens a chat with it.%s%s%s",
        key, lookup[0] ? " " : "", lookup, lookup[0] ? " looks one up by its id." : "");
}

static const struct pane_kind kind = {
    .title = "5 Requests",
    .source = SOURCES,
    .size = sizeof(struct requests),
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .opens = PLACE_REQUEST,
    .rows = rows,
    .version = version,
    .id = id,
    .cell = cell,
    .attention = attention,
    .fields = fields,
    .changes = changes,
    .key = key,
    .note = note,
    .empty = empty,
    .due = due,
};

static void *make(const struct view_context *x, const char *of)
{
    (void)of;
    struct requests *v = pane_make(&kind, x);
    if (v)
        v->next_ms = -1;
    return v;
}

const struct view_class view_requests = PANE_CLASS(PLACE_REQUESTS, make);
