/* 5 Requests: those that Slipway sent, newest first. One that waits longer than a cold start usually
 * takes needs attention; since that comes with time alone, the pane remembers when the next one will,
 * and its version changes then. */
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/views.h"

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
enum { LONG_WAIT_MS = 5 * 60 * 1000 };

static const struct table_column columns[] = {
    {"ID", 9, 14, 0, ALIGN_LEFT},
    {"ENDPOINT", 8, 20, 1, ALIGN_LEFT},
    {"STATE", 11, 11, 0, ALIGN_LEFT},
    {"AGE", 6, 7, 0, ALIGN_RIGHT},
    {"WAITED", 6, 7, 2, ALIGN_RIGHT},
    {"RAN", 5, 7, 3, ALIGN_RIGHT},
    {"WORKER", 8, 14, 6, ALIGN_LEFT},
    {"TOKENS", 8, 13, 5, ALIGN_RIGHT},
    {"COST", 8, 9, 4, ALIGN_RIGHT},
    {"WHY", 12, 0, 7, ALIGN_LEFT},
};

struct requests {
    struct pane_view pane;
    uint64_t seen, own; /* version looked at; own changes */
    size_t open;
    int64_t next_ms; /* wall: when the next one has waited too long; -1 = never */
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

static void look_again(struct requests *v, int64_t now)
{
    v->open = 0;
    v->next_ms = -1;
    for (size_t i = 0; i < rows(v); i++) {
        const struct request *r = request_at(v, i);
        v->open += !request_is_final(r->status);
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
    if (stored != v->seen || due) {
        look_again(v, now);
        v->seen = stored;
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
    return pane_next_tick(store_of(pane), v->open > 0 ? 0 : INT64_MAX);
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
        [REQUEST_GONE] = ROLE_FAINT,
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

static void age_cell(void *pane, const struct request *r, struct table_cell *out)
{
    char words[SAY_MAX];
    int64_t age = store_wall_ms(store_of(pane)) - r->submitted_ms;
    age = age < 0 ? 0 : age;
    cell_number(out, (double)age,
        request_is_final(r->status) && age >= 60000 ? say_age_short(words, age)
                                                    : say_age(words, age));
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
        if (r->delay_ms < 0 && waited(pane, r) >= 0) /* it counts on: whole seconds */
            cell_number(out, (double)waited(pane, r), say_age(words, waited(pane, r)));
        else
            span_cell(out, waited(pane, r));
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
        cell_text(out, r->error, ROLE_FAINT);
        return;
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
        {"worker", {r->worker_id, strlen(r->worker_id)}}, {"error", r->error}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

static struct text note(void *pane, struct arena *a)
{
    struct requests *v = pane;
    version(pane);
    return v->open > 0 ? say_text(a, "%zu open · %zu", v->open, rows(pane))
                       : say_text(a, "%zu", rows(pane));
}

static struct text empty(void *pane, struct arena *a)
{
    char key[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_CHAT);
    return say_text(a,
        "No request sent yet. What Slipway sends is kept here with its time and price: %s on an "
        "endpoint or model opens a chat with it.",
        key);
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
