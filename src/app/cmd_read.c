/* What the panes show, as commands: jobs, endpoints, models (requests: cmd_requests.c). Each reads on a thread of its own
 * into an arena and prints on main. */
#include "app/columns.h"
#include "app/command.h"
#include "app/endpoint_json.h"
#include "app/endpoint_sums.h"
#include "client/runpod_control.h"
#include "client/runpod_jobs.h"
#include "model/store.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 10000, READ_ARENA = 256 << 20 };

struct reading {
    struct arena *arena;
    struct job *jobs;
    struct model_row *models;
    struct endpoint_row *endpoints;
    struct endpoint_sums sums; /* of their requests */
    size_t count;
    bool more; /* there are older ones, which are left out */
};

/* Of jobs and models one row more is asked for than is shown, to learn whether there are more. */
static void cut(struct reading *r, size_t most)
{
    r->more = r->count > most;
    r->count = r->more ? most : r->count;
}

/* ---- shapes that several print ------------------------------------------------------------------- */

static void add_time(struct json *j, const char *key, int64_t wall_ms)
{
    char at[CLOCK_RFC3339_MAX];
    if (wall_ms >= 0)
        clock_rfc3339(at, wall_ms, 0);
    json_add_str(j, key, wall_ms >= 0 ? at : NULL);
}

static void add_count(struct json *j, const char *key, int64_t n)
{
    json_add(j, key, n >= 0 ? json_new_int(n) : json_new_null());
}

static const char *money(char out[32], double dollars)
{
    if (isnan(dollars))
        return "—";
    snprintf(out, 32, dollars != 0 && dollars < 0.01 ? "$%.5f" : "$%.2f", dollars);
    return out;
}

/* A text that may have several lines, and may be long, as one cell. */
static void add_line(struct columns *t, struct text words)
{
    enum { SHOWN = 80 };
    struct text cut = text_cut(words, SHOWN);
    columns_add(t, "%.*s%s", (int)cut.len, cut.s, cut.len < words.len ? "…" : "");
}

/* Runs `read`, then prints the rows: as a document whose `name` is the array, or as a table. */
static int show(struct call *c, call_fn *read, struct json *(*row)(const struct reading *, size_t),
    const char *name, const char *const titles[], size_t width,
    void (*cells)(struct columns *, const struct reading *, size_t), const char *none)
{
    struct reading r = {.arena = arena_new(READ_ARENA)};
    struct err e;
    char schema[64];
    int code = call_open(c);
    if (code)
        goto out;
    if (!r.arena || call_task(c, read, NULL, &r, &e)) {
        code = r.arena ? call_fail(c, &e) : EXIT_CODE_STATE;
        goto out;
    }
    if (c->json) {
        struct json *document = json_new_object(), *rows = json_new_array();
        for (size_t i = 0; i < r.count; i++)
            json_push(rows, row(&r, i));
        json_add(document, name, rows);
        json_add_bool(document, "more", r.more);
        snprintf(schema, sizeof schema, "slipway.%s/1", name);
        code = call_print(c, document, schema);
        goto out;
    }
    if (!r.count) {
        call_line(c, "%s", none);
        goto out;
    }
    struct columns table;
    if (!columns_init(&table, titles, width))
        for (size_t i = 0; i < r.count; i++)
            cells(&table, &r, i);
    columns_print(&table, c->out);
    columns_release(&table);
    if (r.more)
        call_line(c, "these are the newest %zu; there are more", r.count);
out:
    endpoint_sums_release(&r.sums);
    arena_free(r.arena);
    return code;
}

/* ---- jobs ---------------------------------------------------------------------------------------- */

static int read_jobs(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct reading *r = arg;
    if (!engine_has_registry(&c->engine))
        return 0;
    struct registry *registry = engine_registry(&c->engine, cancel, e);
    int result =
        registry ? registry_jobs(registry, r->arena, &r->jobs, &r->count, ROWS_MAX + 1, cancel, e)
                 : -1;
    registry_free(registry);
    cut(r, ROWS_MAX);
    return result;
}

static struct json *job_json(const struct reading *r, size_t i)
{
    const struct job *q = &r->jobs[i];
    struct json *j = json_new_object();
    json_add_str(j, "id", q->id);
    json_add_text(j, "name", q->name);
    json_add_text(j, "status", q->status);
    json_add_text(j, "method", q->method);
    json_add_text(j, "base_model", q->base_model);
    json_add_text(j, "model_url", q->model_url);
    json_add_num(j, "progress", q->progress);
    add_count(j, "step", q->step);
    add_count(j, "total_steps", q->total_steps);
    json_add_num(j, "loss", q->loss);
    json_add_num(j, "eval_loss", q->eval_loss);
    json_add_num(j, "remaining_s", q->remaining_s);
    json_add_text(j, "error", q->error);
    add_time(j, "started_at", q->started_ms);
    add_time(j, "completed_at", q->completed_ms);
    add_time(j, "updated_at", q->updated_ms);
    return j;
}

static void job_cells(struct columns *t, const struct reading *r, size_t i)
{
    const struct job *q = &r->jobs[i];
    columns_text(t, q->name);
    columns_text(t, q->method);
    columns_text(t, q->status);
    if (q->step >= 0 && q->total_steps > 0)
        columns_add(t, "%" PRId64 "/%" PRId64, q->step, q->total_steps);
    else
        columns_text(t, TEXT(""));
    if (isnan(q->loss))
        columns_text(t, TEXT(""));
    else
        columns_add(t, "%.3f", q->loss);
    add_line(t, q->error.len ? q->error : q->model_url);
}

static int jobs(struct call *c)
{
    static const char *const titles[] = {"JOB", "METHOD", "STATUS", "STEP", "LOSS", "NOTE"};
    return show(
        c, read_jobs, job_json, "jobs", titles, 6, job_cells, "no training jobs in the registry");
}

/* ---- models -------------------------------------------------------------------------------------- */

static int read_models(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct reading *r = arg;
    if (!engine_has_registry(&c->engine))
        return 0;
    struct registry *registry = engine_registry(&c->engine, cancel, e);
    int result = registry ? registry_models(
                                registry, r->arena, &r->models, &r->count, ROWS_MAX + 1, cancel, e)
                          : -1;
    registry_free(registry);
    cut(r, ROWS_MAX);
    return result;
}

static struct json *model_json(const struct reading *r, size_t i)
{
    const struct model_row *m = &r->models[i];
    struct json *j = json_new_object();
    json_add_str(j, "id", m->id);
    json_add_text(j, "name", m->name);
    json_add_text(j, "provider", m->provider);
    json_add_text(j, "model_id", m->hub_id);
    json_add_text(j, "revision", m->revision);
    json_add_text(j, "base_url", m->base_url);
    json_add_text(j, "served_model_name", m->served_name);
    json_add_str(j, "endpoint_id", m->endpoint_id[0] ? m->endpoint_id : NULL);
    json_add_str(j, "training_job_id", m->training_job_id[0] ? m->training_job_id : NULL);
    add_count(j, "context_length", m->context_length);
    json_add_money(j, "cost_per_request", m->cost_per_request);
    json_add_money(j, "budget_limit", m->budget_limit);
    json_add_bool(j, "enabled", m->enabled);
    json_add_bool(j, "is_global", m->is_global);
    add_time(j, "updated_at", m->updated_ms);
    return j;
}

static void model_cells(struct columns *t, const struct reading *r, size_t i)
{
    const struct model_row *m = &r->models[i];
    char cost[32];
    columns_text(t, m->name);
    columns_text(t, m->hub_id);
    columns_add(t, "%s", m->endpoint_id);
    columns_add(t, "%" PRId64, m->context_length);
    columns_add(t, "%s", money(cost, m->cost_per_request));
    columns_add(t, "%s", m->enabled ? "enabled" : "disabled");
}

static int models(struct call *c)
{
    static const char *const titles[] = {
        "MODEL", "REPOSITORY", "ENDPOINT", "CTX", "$/REQ", "STATE"};
    return show(c, read_models, model_json, "models", titles, 6, model_cells,
        "no models in the registry; `slipway deploy` registers what it deploys");
}

/* ---- endpoints ----------------------------------------------------------------------------------- */

/* Of the ledger; one that cannot be read leaves them unknown. */
static void add_sums(struct call *c, struct reading *r, const struct endpoint_page *page)
{
    if (endpoint_sums_read(&c->engine, page, &r->sums, NULL))
        return;
    for (size_t i = 0; i < r->count; i++)
        r->endpoints[i].cost_request = endpoint_sum_cost(endpoint_sums_of(&r->sums, page->endpoints[i].id));
}

/* The list, then health and workers of each; what cannot be had of one stays unknown. */
static int read_endpoints(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct reading *r = arg;
    struct runpod *runpod = c->engine.runpod;
    struct endpoint_page page;
    struct gpu_page gpus;
    if (runpod_endpoints(runpod, r->arena, &page, cancel, e))
        return -1;
    bool priced = !prices_get(c->engine.prices, r->arena, &gpus, cancel, NULL);
    r->endpoints = arena_array(r->arena, page.count, sizeof *r->endpoints);
    if (!r->endpoints)
        return err_set(e, ERR_IO, 0, "out of memory");
    for (size_t i = 0; i < page.count; i++) {
        struct endpoint_row *row = &r->endpoints[i];
        struct health *health = arena_alloc(r->arena, sizeof *health);
        struct worker_page *workers = arena_alloc(r->arena, sizeof *workers);
        const char *id = page.endpoints[i].id;
        if (cancel_check(cancel, e))
            return -1;
        row->settings = &page.endpoints[i];
        if (health && !runpod_health(runpod, id, health, cancel, NULL))
            row->health = health;
        if (workers && !runpod_workers(runpod, id, r->arena, workers, cancel, NULL))
            row->workers = workers;
        row->condition = endpoint_condition(row->settings, row->health, row->workers);
        row->cost_request = NAN;
        row->waiting_since_ms = -1;
        row->cost_hour = row->workers && priced ? worker_page_cost_hour(row->workers, &gpus) : NAN;
    }
    r->count = page.count;
    add_sums(c, r, &page);
    return 0;
}

static struct json *one_endpoint_json(const struct reading *r, size_t i)
{
    const struct endpoint_row *row = &r->endpoints[i];
    struct endpoint_sum *sum = endpoint_sums_of(&r->sums, row->settings->id);
    struct endpoint_times times = {0};
    if (sum)
        times = request_times_sum(&sum->times);
    return endpoint_json(row, sum ? &times : NULL);
}

static void endpoint_cells(struct columns *t, const struct reading *r, size_t i)
{
    const struct endpoint_row *row = &r->endpoints[i];
    char cost[32];
    columns_add(t, "%s", row->settings->id);
    columns_text(t, row->settings->name);
    if (row->workers)
        columns_add(t, "%zu", row->workers->count);
    else
        columns_text(t, TEXT(""));
    if (row->health)
        columns_add(t, "%" PRId64, row->health->in_queue);
    else
        columns_text(t, TEXT(""));
    struct endpoint_sum *sum = endpoint_sums_of(&r->sums, row->settings->id);
    int64_t p95 = sum ? request_times_sum(&sum->times).answer_p95 : -1;
    if (p95 >= 0)
        columns_add(t, "%.2f s", (double)p95 / 1000);
    else
        columns_text(t, TEXT(""));
    columns_add(t, "%s", money(cost, row->cost_request));
    columns_add(t, "%s", money(cost, row->cost_hour));
    columns_add(t, "%s", endpoint_condition_name(row->condition));
    columns_text(t, row->settings->model);
}

static int endpoints(struct call *c)
{
    static const char *const titles[] = {
        "ID", "NAME", "WORKERS", "QUEUE", "P95", "$/REQ", "$/H", "STATE", "MODEL"};
    return show(c, read_endpoints, one_endpoint_json, "endpoints", titles, 9, endpoint_cells,
        "no endpoints in this account; `slipway deploy OWNER/NAME` makes one");
}

const struct command commands_read[] = {
    {.name = "jobs", .help = "training jobs of the registry", .run = jobs},
    {.name = "endpoints", .help = "endpoints with health, workers and cost now", .run = endpoints},
    {.name = "models", .help = "models of the registry", .run = models},
    {.name = NULL},
};
