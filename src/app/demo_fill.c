/* Rows for the demonstration's registry: a model for each endpoint of the stand-in that serves one, and
 * training jobs, the first of which goes on while one looks. */
#include "app/demo.h"

#include "base/log.h"
#include "client/runpod_control.h"
#include "core/wait.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    STEP_MS = 2000,
    STEPS_A_TURN = 2,
    RUNNING_STEPS = 2000,
    FILL_ARENA = 8 << 20,
    URL_MAX = 512
};

static const char running_id[] = "3f1c0a52-7d7e-4c57-9a57-0c6a0d7e9b11";

static const struct demo_job {
    const char *id, *name, *status, *method, *base, *error;
    int step, total;
    double loss;
    int started_ago_s, completed_ago_s; /* -1 = not yet */
} jobs[] = {
    {running_id, "support-v7", "running", "sft", "meta-llama/Llama-3.1-8B-Instruct", NULL, 1240,
        RUNNING_STEPS, 0.412, 3900, -1},
    {"a6b4d8d2-51c1-4b0c-8f0a-7f6f1a0e2c22", "legal-dpo", "completed", "dpo", "Qwen/Qwen3-8B", NULL,
        1500, 1500, 0.288, 26000, 7300},
    {"c0ffee00-0d15-4a6e-b1a5-5c1e9d3b7f33", "triage-v2", "failed", "lora", "Qwen/Qwen3-4B",
        "CUDA out of memory. Tried to allocate 1.50 GiB", 310, 900, 1.93, 90000, 88800},
};

/* The columns of the live table differ (spec/database.md); this one is ours, made by registry_migrate. */
static const char insert_job[] =
    "INSERT INTO {table local_training_jobs} (id, user_id, model_name, status, base_model, "
    "error_message, current_step, total_steps, loss, config, started_at, completed_at, created_at, "
    "updated_at) VALUES ($1, NULL, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, {now})";

static void ago(struct clock *clock, int seconds, char out[CLOCK_RFC3339_MAX])
{
    clock_rfc3339(out, clock_wall_ms(clock) - (int64_t)seconds * 1000, 0);
}

static int add_job(struct engine *g, struct db *db, const struct demo_job *j, struct err *e)
{
    char step[16], total[16], loss[32], config[64], started[CLOCK_RFC3339_MAX],
        completed[CLOCK_RFC3339_MAX];
    snprintf(step, sizeof step, "%d", j->step);
    snprintf(total, sizeof total, "%d", j->total);
    snprintf(loss, sizeof loss, "%.4f", j->loss);
    snprintf(config, sizeof config, "{\"training_method\":\"%s\"}", j->method);
    ago(g->clock, j->started_ago_s, started);
    ago(g->clock, j->completed_ago_s, completed);
    const char *const values[] = {j->id, j->name, j->status, j->base, j->error, step, total, loss,
        config, started, j->completed_ago_s < 0 ? NULL : completed};
    return db_exec(db, insert_job, values, sizeof values / sizeof *values, NULL, e);
}

static int add_jobs(struct engine *g, struct db *db, struct cancel *cancel, struct err *e)
{
    if (db_begin(db, DB_WRITE, cancel, e))
        return -1;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++)
        if (add_job(g, db, &jobs[i], e)) {
            db_rollback(db);
            return -1;
        }
    return db_commit(db, e);
}

static int add_models(struct engine *g, struct registry *r, struct cancel *cancel, struct err *e)
{
    struct arena *a = arena_new(FILL_ARENA);
    struct endpoint_page page = {0};
    char url[URL_MAX], row[MODEL_ROW_ID_MAX];
    int result = a ? runpod_endpoints(g->runpod, a, &page, cancel, e) : -1;
    for (size_t i = 0; !result && i < page.count; i++) {
        const struct endpoint *p = &page.endpoints[i];
        if (!p->model.len || runpod_openai_url(g->runpod, p->id, url, sizeof url))
            continue;
        const struct registration what = {.name = p->name.s,
            .hub_id = p->model.s,
            .revision = p->revision.len ? p->revision.s : NULL,
            .endpoint_id = p->id,
            .endpoint_url = url,
            .context_length = p->context_length,
            .cost_per_request = NAN,
            .budget_limit = NAN,
            .answered = true};
        result = registry_register(r, &what, row, cancel, e);
    }
    arena_free(a);
    return result;
}

/* ---- the job that goes on ------------------------------------------------------------------------ */

static void poke(void *wait)
{
    wait_poke(wait);
}

static void move_job(struct db *db, int step, struct cancel *cancel)
{
    static const char update[] =
        "UPDATE {table local_training_jobs} SET current_step = $1, loss = $2, "
        "status = $3, remaining_seconds = $5, updated_at = {now} WHERE id = $4";
    char steps[16], loss[32], left[16];
    struct err e;
    snprintf(steps, sizeof steps, "%d", step);
    snprintf(loss, sizeof loss, "%.4f", 0.35 + 1.6 * exp(-step / 420.0) + 0.02 * sin(step * 0.7));
    snprintf(left, sizeof left, "%d", (RUNNING_STEPS - step) * STEP_MS / STEPS_A_TURN / 1000);
    const char *const values[] = {
        steps, loss, step >= RUNNING_STEPS ? "completed" : "running", running_id, left};
    if (db_begin(db, DB_WRITE, cancel, &e))
        return;
    if (db_exec(db, update, values, sizeof values / sizeof *values, NULL, &e))
        db_rollback(db);
    else
        db_commit(db, &e);
}

static void train(struct db *db, struct cancel *cancel)
{
    struct wait wait;
    struct cancel_hook hook = {.poke = poke, .arg = &wait};
    if (wait_init(&wait))
        return;
    cancel_add(cancel, &hook);
    for (int step = jobs[0].step; step < RUNNING_STEPS;) {
        uint64_t seen = wait_seen(&wait);
        if (cancel_fired(cancel))
            break;
        wait_until(&wait, seen, STEP_MS);
        step += STEPS_A_TURN;
        if (!cancel_fired(cancel))
            move_job(db, step < RUNNING_STEPS ? step : RUNNING_STEPS, cancel);
    }
    cancel_remove(cancel, &hook);
    wait_release(&wait);
}

static struct registry *open_registry(
    const struct db_options *options, struct cancel *cancel, struct err *e)
{
    struct db *db = db_open(options, cancel, e);
    struct registry *r = db ? registry_new(db, options->user_id, e) : NULL;
    int made;
    if (!r || !registry_migrate(r, &made, cancel, e))
        return r;
    registry_free(r);
    return NULL;
}

void demo_fill(struct engine *g, struct cancel *cancel, void *arg)
{
    (void)arg;
    struct err e;
    struct db_options options = profile_database(g->profile);
    options.read_only = false; /* its own throw-away file, also with --read-only */
    struct registry *r = open_registry(&options, cancel, &e);
    struct db *db = r ? db_open(&options, cancel, &e) : NULL;
    if (!db || add_jobs(g, db, cancel, &e) || add_models(g, r, cancel, &e))
        log_err(LOG_WARN, "demo", &e);
    if (db)
        train(db, cancel);
    db_close(db);
    registry_free(r);
}
