/* 3 Endpoints: deployments and changes that are under way or went wrong, then the endpoints of the account.
 * What is said of an endpoint is what triage found, where it looked; else what was seen, and no guess why.
 *
 * A deployment stays in the list until it is done or dismissed, or until a later one of the same endpoint
 * takes its place; one that failed before the program began, for a day; a done one only while its model is
 * not in the registry though it should be. */
#include "ui/pane_endpoints.h"
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/views.h"
#include "ui/why.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FRESH_MS = 24 * 3600 * 1000 };

static const struct table_column columns[] = {
    {"NAME", 10, 18, 0, ALIGN_LEFT},
    {"WORKERS", 12, 24, 0, ALIGN_LEFT},
    {"QUEUE", 5, 6, 1, ALIGN_RIGHT},
    {"P95", 5, 6, 3, ALIGN_RIGHT},
    {"$/REQ", 6, 8, 4, ALIGN_RIGHT},
    {"$/H", 5, 7, 2, ALIGN_RIGHT},
    {"STATE", 12, 0, 0, ALIGN_LEFT},
};

struct endpoints {
    struct pane_view pane;
    uint64_t seen; /* versions that `deployments` was made from, plus one; 0 = never */
    size_t deployments[STORE_OPERATIONS_MAX]; /* numbers of the store's */
    size_t deployment_count;
};

static const struct store *store_of(const void *pane)
{
    return ((const struct pane_view *)pane)->x->store;
}

/* ---- deployments ----------------------------------------------------------------------------------- */

/* One that failed early never came to its endpoint's name; its title is the same. */
static struct text name_of(const struct operation *o)
{
    return o->endpoint_name.len > 0 ? o->endpoint_name : o->title;
}

static bool is_about_one(const struct operation *o)
{
    return o->kind == OPERATION_DEPLOY || o->kind == OPERATION_CHANGE;
}

static bool same_endpoint(const struct operation *a, const struct operation *b)
{
    struct text x = name_of(a), y = name_of(b);
    return x.len == y.len && memcmp(x.s, y.s, x.len) == 0;
}

static bool is_superseded(const struct store *s, size_t number, const struct operation *o)
{
    for (size_t i = 0; i < number; i++) {
        const struct operation *newer = store_operation(s, OPERATION_KINDS, i);
        if (is_about_one(newer) && newer->kind == o->kind && same_endpoint(newer, o))
            return true;
    }
    return false;
}

static bool is_unregistered(const struct store *s, const struct operation *o)
{
    return o->kind == OPERATION_DEPLOY && o->state == OPERATION_DONE &&
           o->error.class != ERR_NONE && o->model_id[0] == '\0' &&
           !store_model_of_endpoint(s, o->endpoint_id);
}

static bool is_put_away(const struct view_context *x, const struct operation *o)
{
    return (x->dismissed && x->dismissed(x, o->id)) ||
           (opened_is_history(x, o) && store_wall_ms(x->store) - o->ended_ms >= FRESH_MS);
}

static bool is_shown(const struct view_context *x, size_t number)
{
    const struct store *s = x->store;
    const struct operation *o = store_operation(s, OPERATION_KINDS, number);
    if (!is_about_one(o))
        return false;
    if (!operation_is_over(o->state) && o->state != OPERATION_INTERRUPTED)
        return true;
    bool unsettled =
        o->state == OPERATION_FAILED || o->state == OPERATION_INTERRUPTED || is_unregistered(s, o);
    return unsettled && !is_put_away(x, o) && !is_superseded(s, number, o);
}

static uint64_t version(void *pane)
{
    const struct store *s = store_of(pane);
    return store_version(s, STORE_ENDPOINTS) + store_version(s, STORE_OPERATIONS) +
           store_version(s, STORE_MODELS) + store_version(s, STORE_REQUESTS) +
           ((const struct pane_view *)pane)->x->dismissals;
}

static void find_deployments(struct endpoints *v)
{
    const struct store *s = store_of(v);
    uint64_t now = version(v) + 1;
    if (v->seen == now)
        return;
    v->seen = now;
    v->deployment_count = 0;
    for (size_t i = 0; i < store_operations(s, OPERATION_KINDS); i++)
        if (v->deployment_count < STORE_OPERATIONS_MAX && is_shown(v->pane.x, i))
            v->deployments[v->deployment_count++] = i;
}

static size_t rows(void *pane)
{
    struct endpoints *v = pane;
    find_deployments(v);
    return v->deployment_count + store_endpoints(store_of(pane));
}

/* The row's deployment, or NULL and its endpoint. */
static const struct operation *at(void *pane, size_t row, const struct endpoint_row **endpoint)
{
    struct endpoints *v = pane;
    find_deployments(v);
    *endpoint = NULL;
    if (row < v->deployment_count)
        return store_operation(store_of(pane), OPERATION_KINDS, v->deployments[row]);
    *endpoint = store_endpoint(store_of(pane), row - v->deployment_count);
    return NULL;
}

static void id(void *pane, size_t row, char out[TABLE_ID_MAX])
{
    const struct endpoint_row *e;
    const struct operation *o = at(pane, row, &e);
    snprintf(out, TABLE_ID_MAX, "%s", o ? o->id : e->settings->id);
}

static bool attention(void *pane, size_t row)
{
    const struct endpoint_row *e;
    const struct operation *o = at(pane, row, &e);
    return o ? o->state != OPERATION_RUNNING : pane_endpoint_is_ill(store_of(pane), e);
}

/* ---- cells of a deployment ------------------------------------------------------------------------- */

static const char *why(const struct operation *o)
{
    return o->error.message[0] ? o->error.message : o->note.s;
}

/* What it does now: the step's own words, else the step's name. */
static const char *under_way(const struct operation *o)
{
    for (size_t i = 0; i < o->step_count; i++)
        if (o->steps[i].state == STEP_RUNNING)
            return o->steps[i].note.len > 0 ? o->steps[i].note.s : o->steps[i].name;
    return o->note.len > 0 ? o->note.s : "begins";
}

/* A change's plan begins with what it is and to which endpoint. */
static void asking_words(const struct operation *o, struct table_cell *out)
{
    int room = TABLE_CELL_MAX - 48;
    struct text plan = o->plan_count > 0 ? text_cut(o->plan[0], (size_t)room) : TEXT("");
    out->role = ROLE_WARNING;
    if (o->kind == OPERATION_CHANGE && plan.len > 0)
        table_cell_printf(out, "asks: %.*s? Enter shows the plan", SAY_ARGS(plan));
    else
        table_cell_printf(out, "asks before it %s %.*s: Enter shows the plan",
            o->kind == OPERATION_DEPLOY ? "deploys" : "changes", room,
            o->repository.len > 0 ? o->repository.s : o->title.s);
}

static void deployment_words(
    const struct store *s, const struct operation *o, struct table_cell *out)
{
    char age[SAY_MAX];
    int room = TABLE_CELL_MAX - 48;
    switch (o->state) {
    case OPERATION_RUNNING:
        table_cell_printf(out, "%s: %.*s · %s",
            o->kind == OPERATION_DEPLOY ? "deploying" : "changing", room, under_way(o),
            say_age(age, store_wall_ms(s) - o->started_ms));
        out->role = ROLE_ACTIVE;
        return;
    case OPERATION_ASKING:
        asking_words(o, out);
        return;
    case OPERATION_INTERRUPTED:
        table_cell_printf(out, "%sinterrupted: %.*s", o->kind == OPERATION_DEPLOY ? "" : "change ",
            room, o->note.s);
        out->role = ROLE_WARNING;
        return;
    case OPERATION_DONE:
        table_cell_printf(out, "answers, not registered: %.*s", room, why(o));
        out->role = ROLE_WARNING;
        return;
    default:
        table_cell_printf(
            out, "%sfailed: %.*s", o->kind == OPERATION_DEPLOY ? "" : "change ", room, why(o));
        out->role = ROLE_BAD;
        return;
    }
}

static void deployment_cell(
    const struct store *s, const struct operation *o, size_t column, struct table_cell *out)
{
    if (column == COLUMN_NAME) {
        cell_text(out, name_of(o), ROLE_NORMAL);
    } else if (column == COLUMN_WORKERS) {
        deployment_words(s, o, out);
        out->rest = true;
    }
}

/* ---- cells ------------------------------------------------------------------------------------------ */

static void cell(void *pane, size_t row, size_t column, struct table_cell *out)
{
    const struct endpoint_row *e;
    const struct operation *o = at(pane, row, &e);
    if (o)
        deployment_cell(store_of(pane), o, column, out);
    else
        pane_endpoint_cell(store_of(pane), e, column, out);
}

/* ---- words ----------------------------------------------------------------------------------------- */

static size_t fields(void *pane, size_t row, struct filter_field out[PANE_FIELDS_MAX])
{
    const struct endpoint_row *e;
    const struct operation *o = at(pane, row, &e);
    if (o) {
        const struct filter_field all[] = {{"name", name_of(o)}, {"model", o->repository},
            {"state", o->state != OPERATION_RUNNING ? say_word(operation_state_name(o->state))
                      : o->kind == OPERATION_DEPLOY ? TEXT("deploying")
                                                    : TEXT("changing")},
            {"id", {o->id, strlen(o->id)}}};
        memcpy(out, all, sizeof all);
        return sizeof all / sizeof *all;
    }
    return pane_endpoint_fields(store_of(pane), e, out);
}

static struct text note(void *pane, struct arena *a)
{
    const struct store *s = store_of(pane);
    const struct endpoint_row *e;
    size_t stuck = 0, waiting = 0, paused = 0, deploying = 0, all = store_endpoints(s);
    for (size_t i = 0, count = rows(pane); i < count; i++) {
        const struct operation *o = at(pane, i, &e);
        deploying += o && o->kind == OPERATION_DEPLOY &&
                     (o->state == OPERATION_RUNNING || o->state == OPERATION_ASKING);
    }
    for (size_t i = 0; i < all; i++) {
        const struct triage *t = why_now(s, store_endpoint(s, i)->settings->id);
        stuck += t && t->verdict == TRIAGE_STUCK;
        waiting +=
            !(t && t->verdict == TRIAGE_STUCK) && pane_endpoint_is_ill(s, store_endpoint(s, i));
        paused += store_endpoint(s, i)->condition == ENDPOINT_OFF;
    }
    struct text first = deploying > 0 ? say_text(a, "%zu deploying · ", deploying) : TEXT("");
    if (stuck > 0)
        first = say_text(a, "%s%zu stuck · ", first.s, stuck);
    if (waiting > 0)
        first = say_text(a, "%s%zu waiting · ", first.s, waiting);
    if (paused > 0)
        first = say_text(a, "%s%zu paused · ", first.s, paused);
    return say_text(a, "%s%zu", first.s, all);
}

static struct text empty(void *pane, struct arena *a)
{
    char key[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_DEPLOY_FORM);
    return say_text(
        a, "No endpoint in this RunPod account. %s deploys a repository of the Hub as one.", key);
}

static enum place opens(void *pane, const char *of)
{
    return store_operation_by_id(store_of(pane), of) ? PLACE_OPERATION : PLACE_ENDPOINT;
}

/* How long the words of a row have said that something waits; -1 = they do not. */
static int64_t waits_since(const struct store *s, const struct endpoint_row *e)
{
    const struct triage *t = why_now(s, e->settings->id);
    int64_t said = t && t->verdict != TRIAGE_HEALTHY ? why_since(s, t) : -1;
    int64_t seen = e->waiting_since_ms >= 0 ? store_mono_ms(s) - e->waiting_since_ms : -1;
    return said >= 0 ? said : seen;
}

/* Ages: of a deployment in seconds, of a queue that waits in its unit. */
static int64_t due(void *pane)
{
    const struct endpoint_row *e;
    int64_t oldest = -1;
    for (size_t i = 0, count = rows(pane); i < count; i++) {
        const struct operation *o = at(pane, i, &e);
        if (o && o->state == OPERATION_RUNNING)
            return pane_next_tick(store_of(pane), 0);
        int64_t waits = o ? -1 : waits_since(store_of(pane), e);
        if (waits >= 0)
            oldest = waits < 60000 ? 0 : INT64_MAX;
        if (oldest == 0)
            return pane_next_tick(store_of(pane), 0);
    }
    return oldest < 0 ? -1 : pane_next_tick(store_of(pane), oldest);
}

static const struct pane_kind kind = {
    .title = "3 Endpoints",
    .source = SOURCE_RUNPOD,
    .size = sizeof(struct endpoints),
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .opens = PLACE_ENDPOINT,
    .rows = rows,
    .version = version,
    .id = id,
    .cell = cell,
    .attention = attention,
    .fields = fields,
    .note = note,
    .empty = empty,
    .open = opens,
    .due = due,
};

static void *make(const struct view_context *x, const char *of)
{
    (void)of;
    return pane_make(&kind, x);
}

const struct view_class view_endpoints = PANE_CLASS(PLACE_ENDPOINTS, make);
