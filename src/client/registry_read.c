/* Reading jobs and models. The list of columns to select is the table below cut down to what the
 * live database has: a secret cannot come along, because no list names one and there is no "*". A
 * column that is missing is one that is not in the result, whose cell is NULL, like one that holds
 * NULL. */
#include "base/json.h"
#include "client/registry_internal.h"

#include <math.h>
#include <string.h>

/* A column; or a key of a json column, which comes out under the name of the key. */
struct wanted {
    const char *column, *key;
};

static const struct wanted job_columns[] = {
    {"id", NULL},
    {"model_name", NULL},
    {"status", NULL},
    {"base_model", NULL},
    {"dataset_path", NULL},
    {"model_url", NULL},
    {"error_message", NULL},
    {"loss_trend", NULL},
    {"progress", NULL},
    {"loss", NULL},
    {"eval_loss", NULL},
    {"best_eval_loss", NULL},
    {"learning_rate", NULL},
    {"current_step", NULL},
    {"total_steps", NULL},
    {"current_epoch", NULL},
    {"total_epochs", NULL},
    {"elapsed_seconds", NULL},
    {"remaining_seconds", NULL},
    {"started_at", NULL},
    {"completed_at", NULL},
    {"created_at", NULL},
    {"updated_at", NULL},
    {"config", "training_method"},
    {"config", "method"},
    {"metadata", "hf_upload"},
};

static const struct wanted model_columns[] = {
    {"id", NULL},
    {"name", NULL},
    {"provider", NULL},
    {"base_url", NULL},
    {"model_id", NULL},
    {"served_model_name", NULL},
    {"base_model", NULL},
    {"training_method", NULL},
    {"context_length", NULL},
    {"max_output_tokens", NULL},
    {"price_per_input_token", NULL},
    {"price_per_output_token", NULL},
    {"enabled", NULL},
    {"is_global", NULL},
    {"is_default", NULL},
    {"created_at", NULL},
    {"updated_at", NULL},
    {"last_used_at", NULL},
    {"metadata", "runpod_endpoint_id"},
    {"metadata", "revision"},
    {"metadata", "training_job_id"},
    {"metadata", "cost_per_request"},
    {"metadata", "budget_limit"},
};

/* ---- the statement ------------------------------------------------------------------------------ */

static int append_columns(const struct registry *r, enum registry_table t,
    const struct wanted *wanted, size_t n, struct buf *sql)
{
    const char *comma = "";
    int failed = 0;
    for (size_t i = 0; i < n; i++) {
        if (!registry_has(r, t, wanted[i].column))
            continue;
        failed |= buf_str_append(sql, comma);
        if (wanted[i].key)
            failed |= buf_printf(
                sql, "{json %s %s} AS %s", wanted[i].column, wanted[i].key, wanted[i].key);
        else
            failed |= buf_str_append(sql, wanted[i].column);
        comma = ", ";
    }
    return failed;
}

/* Models: also the global ones. */
static int append_condition(const struct registry *r, enum registry_table t, struct buf *sql)
{
    int failed = buf_char(sql, '(') | registry_append_user(r, sql, 1);
    if (t == REGISTRY_MODELS && r->user_id[0])
        failed |= buf_str_append(sql, " OR user_id IS NULL");
    if (t == REGISTRY_MODELS && registry_has(r, t, "is_global"))
        failed |= buf_str_append(sql, " OR is_global");
    return failed | buf_char(sql, ')');
}

/* What is read: `id` NULL = all rows, newest first. */
struct query {
    enum registry_table table;
    const struct wanted *wanted;
    size_t n, max;
    const char *id;
};

static int build(const struct registry *r, const struct query *q, struct buf *sql)
{
    enum registry_table t = q->table;
    size_t limit = q->max < DB_ROWS_MAX ? q->max : DB_ROWS_MAX;
    bool dated = registry_has(r, t, "created_at");
    int failed = buf_str_append(sql, "SELECT ") | append_columns(r, t, q->wanted, q->n, sql);
    failed |= buf_printf(sql, " FROM {table %s} WHERE ", registry_schemas[t].name);
    failed |= append_condition(r, t, sql);
    if (q->id)
        failed |= buf_printf(sql, " AND id = $%d", r->user_id[0] ? 2 : 1);
    failed |= buf_printf(
        sql, " ORDER BY %sid DESC LIMIT %zu", dated ? "created_at DESC NULLS LAST, " : "", limit);
    return failed;
}

static int select_rows(
    struct registry *r, const struct query *q, struct db_result **result, struct err *e)
{
    const char *table = registry_schemas[q->table].name, *values[2];
    size_t n = 0;
    struct buf sql;
    if (registry_need(r, q->table, e))
        return -1;
    if (r->user_id[0])
        values[n++] = r->user_id;
    if (q->id)
        values[n++] = q->id;
    buf_init(&sql, REGISTRY_SQL_MAX);
    int done = build(r, q, &sql) ? err_set(e, ERR_BUG, 0, "the statement for %s is too long", table)
                                 : db_exec(r->db, buf_str(&sql), values, n, result, e);
    buf_release(&sql);
    if (done == 0 && db_rows(*result) == 0 && !r->user_id[0])
        done = db_table_filtered(r->db, table, &r->hidden, e);
    return done;
}

/* One transaction around it. *result is NULL on failure. */
static int fetch(struct registry *r, const struct query *q, struct db_result **result,
    struct cancel *cancel, struct err *e)
{
    *result = NULL;
    r->hidden = false;
    if (registry_begin(r, DB_READ, cancel, e))
        return -1;
    int done = registry_end(r, select_rows(r, q, result, e), e);
    if (done) {
        db_result_free(*result);
        *result = NULL;
    }
    return done;
}

/* ---- rows to records ---------------------------------------------------------------------------- */

struct cursor {
    const struct registry *r;
    struct arena *arena;
    const struct db_result *result;
    size_t row;
};

static const char *cell(const struct cursor *c, const char *column)
{
    return db_cell(c->result, c->row, column);
}

static struct text words(const struct cursor *c, const char *column)
{
    return text_from(c->arena, cell(c, column));
}

static double number(const struct cursor *c, const char *column)
{
    return registry_number(c->r, cell(c, column));
}

static int64_t count(const struct cursor *c, const char *column, int64_t fallback)
{
    return registry_integer(c->r, cell(c, column), fallback);
}

/* Whether a run at one per cent says 1 or 0.01 is not known (spec/database.md gives no unit): the
 * steps are sure, and a number above one can only be a percentage. */
static double progress_of(const struct cursor *c, const struct job *j)
{
    double p = number(c, "progress");
    if (j->step >= 0 && j->total_steps > 0)
        p = (double)j->step / (double)j->total_steps;
    else if (p > 1)
        p /= 100;
    return isnan(p) ? p : p < 0 ? 0 : p > 1 ? 1 : p;
}

static void read_job_progress(const struct cursor *c, struct job *j)
{
    j->loss = number(c, "loss");
    j->eval_loss = number(c, "eval_loss");
    j->best_eval_loss = number(c, "best_eval_loss");
    j->learning_rate = number(c, "learning_rate");
    j->step = count(c, "current_step", -1);
    j->total_steps = count(c, "total_steps", -1);
    j->epoch = count(c, "current_epoch", -1);
    j->total_epochs = count(c, "total_epochs", -1);
    j->elapsed_s = number(c, "elapsed_seconds");
    j->remaining_s = number(c, "remaining_seconds");
    j->progress = progress_of(c, j);
}

/* What an upload of it, perhaps elsewhere, has noted (registry_job_upload). */
static void read_job_upload(const struct cursor *c, struct job *j)
{
    const char *words = cell(c, "hf_upload");
    struct err e;
    struct json *upload = words ? json_parse(words, strlen(words), &e) : NULL;
    j->upload_state = json_text(c->arena, upload, "state");
    j->upload_sent = json_int(upload, "bytes_sent", -1);
    j->upload_total = json_int(upload, "bytes_total", -1);
    j->upload_ms = registry_time(json_str(upload, "updated_at"));
    json_free(upload);
}

static void read_job(const struct cursor *c, struct job *j)
{
    const char *method = cell(c, "training_method");
    registry_id(j->id, sizeof j->id, cell(c, "id"));
    j->name = words(c, "model_name");
    j->status = words(c, "status");
    j->base_model = words(c, "base_model");
    j->method = text_from(c->arena, method ? method : cell(c, "method"));
    j->dataset = words(c, "dataset_path");
    j->model_url = words(c, "model_url");
    j->error = words(c, "error_message");
    j->loss_trend = words(c, "loss_trend");
    j->started_ms = registry_time(cell(c, "started_at"));
    j->completed_ms = registry_time(cell(c, "completed_at"));
    j->created_ms = registry_time(cell(c, "created_at"));
    j->updated_ms = registry_time(cell(c, "updated_at"));
    read_job_progress(c, j);
    read_job_upload(c, j);
}

static struct text openai_url(const struct cursor *c, const char *url)
{
    struct buf b;
    if (!url)
        return text_from(c->arena, NULL);
    buf_init(&b, strlen(url) + 32);
    registry_openai_url(&b, url);
    struct text t = text_from(c->arena, buf_str(&b));
    buf_release(&b);
    return t;
}

static void read_model_endpoint(const struct cursor *c, struct model_row *m)
{
    const char *provider = cell(c, "provider"), *url = cell(c, "base_url");
    bool runpod = provider && strcmp(provider, "runpod") == 0;
    m->base_url = runpod ? openai_url(c, url) : text_from(c->arena, url);
    registry_id(m->endpoint_id, sizeof m->endpoint_id, cell(c, "runpod_endpoint_id"));
    if (!m->endpoint_id[0] && runpod)
        registry_endpoint_of(m->endpoint_id, sizeof m->endpoint_id, url);
}

static void read_model(const struct cursor *c, struct model_row *m)
{
    registry_id(m->id, sizeof m->id, cell(c, "id"));
    m->name = words(c, "name");
    m->provider = words(c, "provider");
    m->hub_id = words(c, "model_id");
    m->served_name = words(c, "served_model_name");
    m->base_model = words(c, "base_model");
    m->training_method = words(c, "training_method");
    m->revision = words(c, "revision");
    registry_id(m->training_job_id, sizeof m->training_job_id, cell(c, "training_job_id"));
    m->context_length = count(c, "context_length", -1);
    m->max_output_tokens = count(c, "max_output_tokens", -1);
    m->cost_per_request = number(c, "cost_per_request");
    m->budget_limit = number(c, "budget_limit");
    m->price_input = number(c, "price_per_input_token");
    m->price_output = number(c, "price_per_output_token");
    m->enabled = registry_flag(cell(c, "enabled"), true);
    m->is_global = registry_flag(cell(c, "is_global"), false);
    m->is_default = registry_flag(cell(c, "is_default"), false);
    m->created_ms = registry_time(cell(c, "created_at"));
    m->updated_ms = registry_time(cell(c, "updated_at"));
    m->last_used_ms = registry_time(cell(c, "last_used_at"));
    read_model_endpoint(c, m);
}

/* ---- the calls ---------------------------------------------------------------------------------- */

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void *make_array(struct arena *a, size_t n, size_t size, struct err *e)
{
    void *array = arena_array(a, n, size);
    if (!array)
        err_set(e, ERR_IO, 0, "no room for %zu rows of the registry", n);
    return array;
}

int registry_jobs(struct registry *r, struct arena *a, struct job **jobs, size_t *n, size_t max,
    struct cancel *cancel, struct err *e)
{
    struct db_result *result;
    *jobs = NULL;
    *n = 0;
    const struct query q = {REGISTRY_JOBS, job_columns, COUNT(job_columns), max, NULL};
    if (fetch(r, &q, &result, cancel, e))
        return -1;
    struct job *made = make_array(a, db_rows(result), sizeof *made, e);
    struct cursor c = {r, a, result, 0};
    for (; made && c.row < db_rows(result); c.row++)
        read_job(&c, &made[c.row]);
    *jobs = made;
    *n = made ? c.row : 0;
    db_result_free(result);
    return made ? 0 : -1;
}

int registry_job(struct registry *r, const char *job_id, struct arena *a, struct job *out,
    struct cancel *cancel, struct err *e)
{
    struct db_result *result;
    char id[JOB_ID_MAX];
    registry_id(id, sizeof id, job_id);
    if (!id[0])
        return err_set(e, ERR_INPUT, 0, "that is not the id of a training job");
    const struct query q = {REGISTRY_JOBS, job_columns, COUNT(job_columns), 1, id};
    if (fetch(r, &q, &result, cancel, e))
        return -1;
    struct cursor c = {r, a, result, 0};
    bool found = db_rows(result) == 1;
    if (found)
        read_job(&c, out);
    db_result_free(result);
    return found ? 0 : err_set(e, ERR_STATE, 0, "there is no training job %s", id);
}

int registry_models(struct registry *r, struct arena *a, struct model_row **rows, size_t *n,
    size_t max, struct cancel *cancel, struct err *e)
{
    struct db_result *result;
    *rows = NULL;
    *n = 0;
    const struct query q = {REGISTRY_MODELS, model_columns, COUNT(model_columns), max, NULL};
    if (fetch(r, &q, &result, cancel, e))
        return -1;
    struct model_row *made = make_array(a, db_rows(result), sizeof *made, e);
    struct cursor c = {r, a, result, 0};
    for (; made && c.row < db_rows(result); c.row++)
        read_model(&c, &made[c.row]);
    *rows = made;
    *n = made ? c.row : 0;
    db_result_free(result);
    return made ? 0 : -1;
}
