/* What Slipway writes: a deployment's rows, and the upload on its training job.
 *
 * llm_models: one INSERT … ON CONFLICT (user_id, name) DO UPDATE. Where that cannot protect (the
 * live table has no such index, or user_id is NULL, which differs from every other NULL) the row is
 * looked for under a lock of the transaction first. inference_deployments knows no uniqueness at
 * all, so there it is always so; the lock is named after what must be unique. */
#include "base/clock.h"
#include "base/json.h"
#include "client/registry_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 40, URL_MAX = 2048, JSON_TEXT_MAX = 256 * 1024, LOCK_NAME_MAX = 1024 };

static const char model_provider[] = "runpod", deployment_provider[] = "runpod-serverless";

/* The texts of a registration that are made here. */
struct made {
    struct buf url, metadata, config, cost, budget;
    char context[NUMBER_MAX], tokens[NUMBER_MAX];
};

/* ---- making the texts
 * ---------------------------------------------------------------------------- */

static bool is_known(double v)
{
    return isfinite(v) && v >= 0;
}

/* A text for the column; NULL when there is none. */
static const char *text_of(const struct buf *b)
{
    return b->len > 0 ? b->data : NULL;
}

static const char *integer_of(char out[NUMBER_MAX], int64_t v)
{
    snprintf(out, NUMBER_MAX, "%lld", (long long)v);
    return v > 0 ? out : NULL;
}

static int add_if(struct json *o, const char *key, const char *value)
{
    return value && value[0] ? json_add_str(o, key, value) : 0;
}

static int print(struct json *take, struct buf *out, struct err *e)
{
    int failed = !take || json_print(take, out);
    json_free(take);
    return failed ? err_set(e, ERR_INPUT, 0, "what is to be registered is too large") : 0;
}

static int make_metadata(const struct registration *w, struct made *m, struct err *e)
{
    char now[CLOCK_RFC3339_MAX];
    struct json *o = json_new_object();
    clock_rfc3339(now, clock_wall_ms(clock_real()), 0);
    int failed = add_if(o, "training_job_id", w->training_job_id) |
                 add_if(o, "runpod_endpoint_id", w->endpoint_id) |
                 add_if(o, "runpod_endpoint_url", buf_str(&m->url)) |
                 add_if(o, "deployment_type", "runpod_serverless") |
                 add_if(o, "revision", w->revision) | add_if(o, "deployed_at", now);
    if (is_known(w->cost_per_request))
        failed |= json_add_num(o, "cost_per_request", w->cost_per_request);
    if (is_known(w->budget_limit))
        failed |= json_add_num(o, "budget_limit", w->budget_limit);
    if (failed) {
        json_free(o);
        return err_set(e, ERR_IO, 0, "no memory for the registry");
    }
    return print(o, &m->metadata, e);
}

/* Environment values hold tokens (spec/database.md): they never go along. */
static int make_config(const struct registration *w, struct made *m, struct err *e)
{
    if (!w->config_json)
        return 0;
    struct json *o = json_parse(w->config_json, strlen(w->config_json), NULL);
    if (json_kind(o) != JSON_OBJECT) {
        json_free(o);
        return err_set(e, ERR_INPUT, 0, "the deployment's config is not a JSON object");
    }
    json_remove(o, "environment_variables");
    json_remove(o, "env");
    return print(o, &m->config, e);
}

static int make_texts(
    const struct registry *r, const struct registration *w, struct made *m, struct err *e)
{
    int failed = registry_openai_url(&m->url, w->endpoint_url);
    if (is_known(w->cost_per_request))
        failed |= registry_append_number(r, &m->cost, w->cost_per_request);
    if (is_known(w->budget_limit))
        failed |= registry_append_number(r, &m->budget, w->budget_limit);
    if (failed)
        return err_set(e, ERR_INPUT, 0, "what is to be registered is too large");
    return make_metadata(w, m, e) || make_config(w, m, e) ? -1 : 0;
}

static void made_init(struct made *m)
{
    buf_init(&m->url, URL_MAX);
    buf_init(&m->metadata, JSON_TEXT_MAX);
    buf_init(&m->config, JSON_TEXT_MAX);
    buf_init(&m->cost, NUMBER_MAX);
    buf_init(&m->budget, NUMBER_MAX);
}

static void made_release(struct made *m)
{
    buf_release(&m->url);
    buf_release(&m->metadata);
    buf_release(&m->config);
    buf_release(&m->cost);
    buf_release(&m->budget);
}

/* ---- finding the row
 * ----------------------------------------------------------------------------- */

static int lock(struct registry *r, const char *table, const char *what, struct err *e)
{
    struct buf name;
    buf_init(&name, LOCK_NAME_MAX);
    buf_printf(&name, "slipway:%s:%s:%s", table, r->user_id, what);
    const char *params[] = {buf_str(&name)};
    int result = name.full ? err_set(e, ERR_INPUT, 0, "what is to be registered is too large")
                           : db_exec(r->db, "SELECT {lock $1}", params, 1, NULL, e);
    buf_release(&name);
    return result;
}

/* The user's row where every column is its value; the oldest of several. "" when there is none. */
static int find(struct registry *r, enum registry_table t, const char *const columns[],
    const char *const values[], size_t n, char id[MODEL_ROW_ID_MAX], struct err *e)
{
    const char *params[DB_PARAMS_MAX];
    struct db_result *result;
    struct buf sql;
    id[0] = '\0';
    buf_init(&sql, REGISTRY_SQL_MAX);
    buf_printf(&sql, "SELECT id FROM {table %s} WHERE ", registry_schemas[t].name);
    for (size_t i = 0; i < n; i++) {
        params[i] = values[i];
        buf_printf(&sql, "%s = $%zu AND ", columns[i], i + 1);
    }
    params[n] = r->user_id;
    registry_append_user(r, &sql, n + 1);
    buf_printf(
        &sql, " ORDER BY %s LIMIT 1", registry_has(r, t, "created_at") ? "created_at, id" : "id");
    int done = db_exec(r->db, buf_str(&sql), params, n + (r->user_id[0] ? 1 : 0), &result, e);
    buf_release(&sql);
    if (done)
        return -1;
    if (db_rows(result) > 0)
        registry_id(id, MODEL_ROW_ID_MAX, db_cell_at(result, 0, 0));
    bool odd = db_rows(result) > 0 && !id[0];
    db_result_free(result);
    return odd ? err_set(e, ERR_STATE, 0, "%s has a row of ours with an id that is not plain",
                     registry_schemas[t].name)
               : 0;
}

static int need_columns(const struct registry *r, enum registry_table t,
    const char *const columns[], size_t n, struct err *e)
{
    if (registry_need(r, t, e))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!registry_has(r, t, columns[i]))
            return err_set(e, ERR_STATE, 0, "the database's %s has no column %s",
                registry_schemas[t].name, columns[i]);
    return 0;
}

/* ---- the two rows
 * -------------------------------------------------------------------------------- */

static const char *user_of(const struct registry *r)
{
    return r->user_id[0] ? r->user_id : NULL;
}

static void fill_model(struct registry_row *row, const struct registry *r,
    const struct registration *w, struct made *m)
{
    registry_row_init(row, r, REGISTRY_MODELS);
    registry_row_value(row, "user_id", user_of(r), REGISTRY_INSERT);
    registry_row_value(row, "name", w->name, REGISTRY_INSERT);
    registry_row_value(row, "provider", model_provider, REGISTRY_ALWAYS);
    registry_row_value(row, "base_url", text_of(&m->url), REGISTRY_ALWAYS);
    registry_row_value(row, "model_id", w->hub_id, REGISTRY_ALWAYS);
    registry_row_value(row, "served_model_name", w->hub_id, REGISTRY_ALWAYS);
    registry_row_value(row, "auth_type", "bearer", REGISTRY_ALWAYS);
    registry_row_literal(row, "supports_streaming", "TRUE", REGISTRY_INSERT);
    registry_row_literal(row, "enabled", "TRUE", REGISTRY_INSERT);
    registry_row_literal(row, "is_global", "FALSE", REGISTRY_INSERT);
    registry_row_value(
        row, "context_length", integer_of(m->context, w->context_length), REGISTRY_ALWAYS);
    registry_row_value(
        row, "max_output_tokens", integer_of(m->tokens, w->max_output_tokens), REGISTRY_ALWAYS);
    registry_row_value(row, "base_model", w->base_model, REGISTRY_ALWAYS);
    registry_row_value(row, "training_method", w->training_method, REGISTRY_ALWAYS);
    registry_row_value(row, "metadata", text_of(&m->metadata), REGISTRY_MERGE);
    registry_row_literal(row, "updated_at", "{now}", REGISTRY_ALWAYS);
}

static int write_model(struct registry *r, const struct registration *w, struct made *m,
    char id[MODEL_ROW_ID_MAX], struct err *e)
{
    static const char *const key[] = {"name"};
    struct registry_row row;
    if (need_columns(r, REGISTRY_MODELS, key, 1, e))
        return -1;
    fill_model(&row, r, w, m);
    if (r->name_unique && r->user_id[0])
        return registry_row_insert(&row, true, id, e);
    if (lock(r, "llm_models", w->name, e) || find(r, REGISTRY_MODELS, key, &w->name, 1, id, e))
        return -1;
    return id[0] ? registry_row_update(&row, id, e) : registry_row_insert(&row, false, id, e);
}

static void fill_deployment(struct registry_row *row, const struct registry *r,
    const struct registration *w, const struct made *m)
{
    registry_row_init(row, r, REGISTRY_DEPLOYMENTS);
    registry_row_value(row, "user_id", user_of(r), REGISTRY_INSERT);
    registry_row_value(row, "provider", deployment_provider, REGISTRY_INSERT);
    registry_row_value(row, "deployment_id", w->endpoint_id, REGISTRY_INSERT);
    registry_row_value(row, "deployment_name", w->name, REGISTRY_ALWAYS);
    registry_row_value(row, "endpoint_url", text_of(&m->url), REGISTRY_ALWAYS);
    registry_row_value(row, "status", w->answered ? "active" : "deploying", REGISTRY_ALWAYS);
    registry_row_value(row, "config", text_of(&m->config), REGISTRY_MERGE);
    registry_row_value(row, "base_model", w->base_model, REGISTRY_ALWAYS);
    registry_row_value(row, "training_job_id", w->training_job_id, REGISTRY_ALWAYS);
    registry_row_value(row, "cost_per_request", text_of(&m->cost), REGISTRY_ALWAYS);
    registry_row_value(row, "budget_limit", text_of(&m->budget), REGISTRY_ALWAYS);
    registry_row_literal(row, "error_message", "NULL", REGISTRY_UPDATE);
    registry_row_literal(row, "updated_at", "{now}", REGISTRY_ALWAYS);
    if (!w->answered)
        return;
    registry_row_literal(row, "deployed_at", "{now}", REGISTRY_INSERT);
    registry_row_literal(row, "deployed_at", "coalesce(deployed_at, {now})", REGISTRY_UPDATE);
}

static int write_deployment(
    struct registry *r, const struct registration *w, const struct made *m, struct err *e)
{
    static const char *const key[] = {"provider", "deployment_id"};
    const char *const values[] = {deployment_provider, w->endpoint_id};
    char id[MODEL_ROW_ID_MAX];
    struct registry_row row;
    if (!registry_has(r, REGISTRY_DEPLOYMENTS, "id"))
        return 0; /* such databases exist; doctor says so */
    if (need_columns(r, REGISTRY_DEPLOYMENTS, key, 2, e) ||
        lock(r, "inference_deployments", w->endpoint_id, e) ||
        find(r, REGISTRY_DEPLOYMENTS, key, values, 2, id, e))
        return -1;
    fill_deployment(&row, r, w, m);
    return id[0] ? registry_row_update(&row, id, e) : registry_row_insert(&row, false, id, e);
}

/* ---- the calls
 * ----------------------------------------------------------------------------------- */

static int check(const struct registration *w, struct err *e)
{
    const char *const needed[] = {w->name, w->hub_id, w->endpoint_id, w->endpoint_url};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i] || !needed[i][0])
            return err_set(e, ERR_INPUT, 0,
                "a registration needs a name, a Hub repository and an endpoint with its address");
    return 0;
}

int registry_register(struct registry *r, const struct registration *what,
    char model_id[MODEL_ROW_ID_MAX], struct cancel *cancel, struct err *e)
{
    struct made m;
    model_id[0] = '\0';
    made_init(&m);
    int result =
        check(what, e) || make_texts(r, what, &m, e) || registry_begin(r, DB_WRITE, cancel, e) ? -1
                                                                                               : 0;
    if (result == 0) {
        result = write_model(r, what, &m, model_id, e) || write_deployment(r, what, &m, e);
        result = registry_end(r, result, e);
    }
    made_release(&m);
    if (result)
        model_id[0] = '\0';
    return result;
}

static bool is_uploaded(const struct registry_upload *u)
{
    return strcmp(u->state, "uploaded") == 0;
}

static int make_upload(struct buf *out, const struct registry_upload *u, struct err *e)
{
    char now[CLOCK_RFC3339_MAX];
    struct json *o = json_new_object(), *upload = json_new_object();
    clock_rfc3339(now, clock_wall_ms(clock_real()), 0);
    int failed = add_if(upload, "state", u->state) | add_if(upload, "url", u->url) |
                 add_if(upload, "commit", u->commit);
    failed |= json_add_int(upload, "bytes_sent", u->sent);
    failed |= json_add_int(upload, "bytes_total", u->total);
    failed |= add_if(upload, is_uploaded(u) ? "uploaded_at" : "updated_at", now);
    failed |= json_add(o, "hf_upload", upload);
    if (failed) {
        json_free(o);
        return err_set(e, ERR_IO, 0, "no memory for the registry");
    }
    return print(o, out, e);
}

int registry_job_upload(struct registry *r, const char *job_id,
    const struct registry_upload *upload, struct cancel *cancel, struct err *e)
{
    char id[MODEL_ROW_ID_MAX];
    struct buf metadata;
    registry_id(id, sizeof id, job_id);
    if (!id[0])
        return err_set(e, ERR_INPUT, 0, "that is not the id of a training job");
    buf_init(&metadata, JSON_TEXT_MAX);
    int result = make_upload(&metadata, upload, e);
    if (result == 0)
        result = registry_begin(r, DB_WRITE, cancel, e);
    if (result == 0) {
        struct registry_row row;
        registry_row_init(&row, r, REGISTRY_JOBS);
        if (is_uploaded(upload))
            registry_row_value(&row, "model_url", upload->url, REGISTRY_ALWAYS);
        registry_row_value(&row, "metadata", buf_str(&metadata), REGISTRY_MERGE);
        registry_row_literal(&row, "updated_at", "{now}", REGISTRY_ALWAYS);
        result = registry_need(r, REGISTRY_JOBS, e) || registry_row_update(&row, id, e);
        result = registry_end(r, result, e);
    }
    buf_release(&metadata);
    return result;
}
