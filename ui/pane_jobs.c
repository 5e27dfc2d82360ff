/* 1 Training jobs: what the registry says of each job. A job that failed today needs attention; older
 * ones are history. The curve is of the losses seen since the dashboard runs. */
#include "ui/chart.h"
#include "ui/pane.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { COLUMN_JOB, COLUMN_METHOD, COLUMN_STEP, COLUMN_LOSS, COLUMN_CURVE, COLUMN_ETA };
enum {
    CURVE_COLUMNS = 8,
    CURVE_POINTS = 512,
    FRESH_MS = 24 * 3600 * 1000,
    UPLOAD_FRESH_MS = 60 * 1000
};

static const struct table_column columns[] = {
    {"JOB", 10, 28, 0, ALIGN_LEFT},
    {"METHOD", 6, 6, 4, ALIGN_LEFT},
    {"STEP", 9, 11, 0, ALIGN_LEFT},
    {"LOSS", 6, 7, 1, ALIGN_RIGHT},
    {"", CURVE_COLUMNS, CURVE_COLUMNS, 3, ALIGN_LEFT},
    {"ETA", 6, 6, 2, ALIGN_RIGHT},
};

/* What a status means here; any other word is shown as it is. */
struct status {
    const char *word, *shown;
    enum role role;
};
static const struct status statuses[] = {
    {"running", "running", ROLE_ACTIVE},
    {"completed", "done", ROLE_OK},
    {"failed", "failed", ROLE_BAD},
    {"cancelled", "cancelled", ROLE_FAINT},
    {"pending", "pending", ROLE_FAINT},
    {"queued", "queued", ROLE_FAINT},
    {"paused", "paused", ROLE_WARNING},
};

static const struct job *job_at(void *pane, size_t row)
{
    return store_job(((struct pane_view *)pane)->x->store, row);
}

static bool is_status(const struct job *j, const char *word)
{
    return j->status.len == strlen(word) && strncasecmp(j->status.s, word, j->status.len) == 0;
}

static size_t rows(void *pane)
{
    return store_jobs(((struct pane_view *)pane)->x->store);
}

static uint64_t version(void *pane)
{
    return store_version(((struct pane_view *)pane)->x->store, STORE_JOBS);
}

static void id(void *pane, size_t row, char out[TABLE_ID_MAX])
{
    snprintf(out, TABLE_ID_MAX, "%s", job_at(pane, row)->id);
}

static bool attention(void *pane, size_t row)
{
    const struct job *j = job_at(pane, row);
    int64_t when = j->completed_ms >= 0 ? j->completed_ms : j->updated_ms;
    return is_status(j, "failed") && when >= 0 &&
           store_wall_ms(((struct pane_view *)pane)->x->store) - when < FRESH_MS;
}

/* ---- cells ----------------------------------------------------------------------------------------- */

/* Perhaps by somebody elsewhere: the registry tells (client/registry.h). */
static bool is_uploading(const struct job *j, int64_t wall_ms)
{
    return j->upload_total > 0 && j->upload_state.len == 9 &&
           memcmp(j->upload_state.s, "uploading", 9) == 0 &&
           wall_ms - j->upload_ms < UPLOAD_FRESH_MS;
}

static void step_cell(const struct job *j, int64_t wall_ms, struct table_cell *out)
{
    if (!isnan(j->progress))
        out->number = j->progress;
    if (is_uploading(j, wall_ms)) {
        table_cell_printf(out, "upload %d%%",
            canvas_steps((double)j->upload_sent / (double)j->upload_total, 100));
        out->role = ROLE_ACTIVE;
        return;
    }
    if (is_status(j, "running") && j->step >= 0 && j->total_steps > 0) {
        table_cell_printf(out, "%lld/%lld", (long long)j->step, (long long)j->total_steps);
        out->role = ROLE_ACTIVE;
        return;
    }
    cell_text(out, j->status, ROLE_NORMAL);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (is_status(j, statuses[i].word))
            cell_word(out, statuses[i].shown, statuses[i].role);
}

/* A failed job has no loss worth a column: where and why it failed stands there instead. */
static void loss_cell(const struct job *j, struct table_cell *out)
{
    char value[SAY_MAX];
    if (!is_status(j, "failed")) {
        cell_number(out, j->loss, say_value(value, j->loss));
        return;
    }
    out->rest = true;
    out->number = NAN;
    int room = TABLE_CELL_MAX - 40;
    const char *why = j->error.len > 0 ? j->error.s : "no reason given";
    if (j->step >= 0)
        table_cell_printf(out, "step %lld  %.*s", (long long)j->step, room, why);
    else
        table_cell_printf(out, "%.*s", room, why);
    out->role = ROLE_BAD;
}

static void curve_cell(struct pane_view *p, const struct job *j, struct table_cell *out)
{
    const double *losses;
    size_t count = store_job_losses(p->x->store, j->id, &losses);
    if (count < 2)
        return;
    size_t shown = count < CURVE_POINTS ? count : CURVE_POINTS;
    cell_text(out,
        chart_spark(out->bytes, sizeof out->bytes, CURVE_COLUMNS, losses + count - shown, shown,
            (double)NAN, (double)NAN),
        ROLE_CHART);
}

static void eta_cell(const struct job *j, struct table_cell *out)
{
    char left[SAY_MAX];
    if (is_status(j, "running") && j->remaining_s >= 0 && j->remaining_s < 1e9)
        cell_number(out, j->remaining_s, say_age_short(left, (int64_t)(j->remaining_s * 1000)));
    else
        cell_unknown(out);
}

static void cell(void *pane, size_t row, size_t column, struct table_cell *out)
{
    const struct job *j = job_at(pane, row);
    switch (column) {
    case COLUMN_JOB:
        cell_text(out, j->name, ROLE_NORMAL);
        return;
    case COLUMN_METHOD:
        cell_text(out, j->method, ROLE_NORMAL);
        return;
    case COLUMN_STEP:
        step_cell(j, store_wall_ms(((struct pane_view *)pane)->x->store), out);
        return;
    case COLUMN_LOSS:
        loss_cell(j, out);
        return;
    case COLUMN_CURVE:
        curve_cell(pane, j, out);
        return;
    default:
        eta_cell(j, out);
        return;
    }
}

/* ---- words ----------------------------------------------------------------------------------------- */

static size_t fields(void *pane, size_t row, struct filter_field out[PANE_FIELDS_MAX])
{
    const struct job *j = job_at(pane, row);
    const struct filter_field all[] = {{"name", j->name}, {"status", j->status},
        {"method", j->method}, {"base", j->base_model}, {"dataset", j->dataset},
        {"error", j->error}, {"id", {j->id, strlen(j->id)}}};
    memcpy(out, all, sizeof all);
    return sizeof all / sizeof *all;
}

static struct text note(void *pane, struct arena *a)
{
    size_t count = rows(pane), running = 0;
    for (size_t i = 0; i < count; i++)
        running += is_status(job_at(pane, i), "running");
    const char *which = store_jobs_more(((struct pane_view *)pane)->x->store) ? "newest " : "";
    return running > 0 ? say_text(a, "%zu running · %s%zu", running, which, count)
                       : say_text(a, "%s%zu", which, count);
}

static struct text empty(void *pane, struct arena *a)
{
    char key[SAY_MAX];
    say_key(key, ((struct pane_view *)pane)->x->actions, ACTION_UPLOAD_FORM);
    return say_text(a,
        "No training job in the registry. Jobs appear here when training writes them to "
        "local_training_jobs; a model folder that is ready needs none: %s uploads it.",
        key);
}

static const struct pane_kind kind = {
    .title = "1 Training jobs",
    .source = SOURCE_REGISTRY,
    .size = sizeof(struct pane_view),
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .opens = PLACE_JOB,
    .rows = rows,
    .version = version,
    .id = id,
    .cell = cell,
    .attention = attention,
    .fields = fields,
    .note = note,
    .empty = empty,
};

static void *make(const struct view_context *x, const char *of)
{
    (void)of;
    return pane_make(&kind, x);
}

const struct view_class view_jobs = PANE_CLASS(PLACE_JOBS, make);
