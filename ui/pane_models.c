/* 4 Models: the registry's rows and what serves them. A row whose endpoint is in trouble, or is not
 * there, needs attention. The column for budgets is there when a row has one. */
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMN_NAME, COLUMN_SERVES, COLUMN_CONTEXT, COLUMN_REQUEST, COLUMN_BUDGET };

static const struct table_column columns[] = {
    {"NAME", 10, 36, 0, ALIGN_LEFT},
    {"SERVES", 8, 20, 1, ALIGN_LEFT},
    {"CTX", 4, 5, 3, ALIGN_RIGHT},
    {"$/REQ", 6, 7, 2, ALIGN_RIGHT},
    {"BUDGET", 7, 9, 4, ALIGN_RIGHT},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const struct store *store_of(const void *pane)
{
    return ((const struct pane_view *)pane)->x->store;
}

static const struct model_row *model_at(void *pane, size_t row)
{
    return store_model(store_of(pane), row);
}

static size_t rows(void *pane)
{
    return store_models(store_of(pane));
}

static uint64_t version(void *pane)
{
    return store_version(store_of(pane), STORE_MODELS) +
           store_version(store_of(pane), STORE_ENDPOINTS);
}

static void id(void *pane, size_t row, char out[TABLE_ID_MAX])
{
    snprintf(out, TABLE_ID_MAX, "%s", model_at(pane, row)->id);
}

/* ---- the endpoint ---------------------------------------------------------------------------------- */

/* An endpoint that is not in the list is known to be gone only while the list is fresh. */
static bool is_gone(void *pane, const struct model_row *m)
{
    return m->endpoint_id[0] != '\0' &&
           store_source(store_of(pane), SOURCE_RUNPOD)->health == SOURCE_OK &&
           store_version(store_of(pane), STORE_ENDPOINTS) > 0 &&
           !store_endpoint_by_id(store_of(pane), m->endpoint_id);
}

static bool attention(void *pane, size_t row)
{
    const struct model_row *m = model_at(pane, row);
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), m->endpoint_id);
    return m->enabled && ((e && e->condition == ENDPOINT_WAITING) || is_gone(pane, m));
}

static void serves_cell(void *pane, const struct model_row *m, struct table_cell *out)
{
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), m->endpoint_id);
    if (!m->enabled)
        cell_word(out, "disabled", ROLE_FAINT);
    else if (e)
        cell_text(
            out, e->settings->name, e->condition == ENDPOINT_WAITING ? ROLE_BAD : ROLE_NORMAL);
    else if (is_gone(pane, m))
        cell_word(out, "endpoint gone", ROLE_BAD);
    else if (m->endpoint_id[0])
        table_cell_printf(out, "%s", m->endpoint_id);
    else
        cell_text(out, m->provider, ROLE_FAINT);
}

/* What the requests of this program cost says more than what was written at registration. */
static double request_price(void *pane, const struct model_row *m)
{
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), m->endpoint_id);
    return e && !isnan(e->cost_request) ? e->cost_request : m->cost_per_request;
}

static void cell(void *pane, size_t row, size_t column, struct table_cell *out)
{
    const struct model_row *m = model_at(pane, row);
    char words[SAY_MAX];
    double price;
    switch (column) {
    case COLUMN_NAME:
        cell_text(out, m->name, m->enabled ? ROLE_NORMAL : ROLE_FAINT);
        return;
    case COLUMN_SERVES:
        serves_cell(pane, m, out);
        return;
    case COLUMN_CONTEXT:
        cell_number(out, m->context_length > 0 ? (double)m->context_length : (double)NAN,
            say_tokens(words, m->context_length));
        return;
    case COLUMN_REQUEST:
        price = request_price(pane, m);
        cell_number(out, price, say_amount(words, price));
        return;
    default:
        cell_number(out, m->budget_limit, say_money(words, m->budget_limit));
        return;
    }
}

/* ---- words ----------------------------------------------------------------------------------------- */

static size_t fields(void *pane, size_t row, struct filter_field out[PANE_FIELDS_MAX])
{
    const struct model_row *m = model_at(pane, row);
    const struct endpoint_row *e = store_endpoint_by_id(store_of(pane), m->endpoint_id);
    const struct filter_field all[] = {{"name", m->name}, {"provider", m->provider},
        {"hub", m->hub_id}, {"served", m->served_name}, {"base", m->base_model},
        {"method", m->training_method}, {"endpoint", e ? e->settings->name : TEXT("")},
        {"state", m->enabled ? TEXT("enabled") : TEXT("disabled")}, {"id", {m->id, strlen(m->id)}}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

static struct text note(void *pane, struct arena *a)
{
    size_t count = rows(pane), enabled = 0;
    for (size_t i = 0; i < count; i++)
        enabled += model_at(pane, i)->enabled;
    const char *which = store_models_more(store_of(pane)) ? "newest " : "";
    return say_text(a, "%zu enabled · %s%zu", enabled, which, count);
}

static struct text empty(void *pane, struct arena *a)
{
    char key[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_DEPLOY_FORM);
    return say_text(a,
        "No model in the registry. A deployment puts its model here when it has answered: %s "
        "deploys a repository.",
        key);
}

/* Not a drawing of its own: the last moment before the table is drawn. */
static struct rect fit_columns(void *pane, struct canvas *c, struct rect r, bool compact)
{
    bool budget = false;
    (void)c;
    (void)compact;
    for (size_t i = 0; i < rows(pane) && !budget; i++)
        budget = !isnan(model_at(pane, i)->budget_limit);
    table_set_columns(((struct pane_view *)pane)->table, columns, (size_t)(COLUMNS - !budget));
    return r;
}

static const struct pane_kind kind = {
    .title = "4 Models",
    .source = SOURCE_REGISTRY,
    .size = sizeof(struct pane_view),
    .columns = columns,
    .column_count = COLUMNS,
    .opens = PLACE_MODEL,
    .rows = rows,
    .version = version,
    .id = id,
    .cell = cell,
    .attention = attention,
    .fields = fields,
    .note = note,
    .empty = empty,
    .beside = fit_columns,
};

static void *make(const struct view_context *x, const char *of)
{
    (void)of;
    return pane_make(&kind, x);
}

const struct view_class view_models = PANE_CLASS(PLACE_MODELS, make);
