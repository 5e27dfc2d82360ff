/* A training job, opened: its facts as rows that scroll, below them the losses as a line chart that
 * takes what room is left. The losses are those seen while somebody watched, and it says so. */
#include "ui/chart.h"
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>

enum { CHART_ROWS_LEAST = 5, CHART_ROWS_MOST = 24, FACT_ROWS_LEAST = 6, SCALE_COLUMNS = 8 };

struct view_job {
    struct opened o;
    struct chart *chart;
};

static const struct job *job_of(const struct view_job *v)
{
    return store_job_by_id(v->o.x->store, v->o.id);
}

static void release(void *p)
{
    struct view_job *v = p;
    chart_free(v->chart);
    opened_release(&v->o);
    free(v);
}

static void *make(const struct view_context *x, const char *id)
{
    struct view_job *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, id) || !(v->chart = chart_new()) || !job_of(v)) {
        release(v);
        return NULL;
    }
    return v;
}

static struct text title(void *p, struct arena *a)
{
    const struct job *job = job_of(p);
    return opened_title(a, "Training jobs", job ? job->name : TEXT("gone"));
}

static struct text note(void *p, struct arena *a)
{
    const struct job *job = job_of(p);
    (void)a;
    return job ? job->status : TEXT("");
}

/* ---- facts ----------------------------------------------------------------------------------------- */

static struct text of_total(struct arena *a, const char *what, int64_t now, int64_t total)
{
    char n[SAY_MAX], of[SAY_MAX];
    if (now < 0)
        return TEXT("");
    if (total <= 0)
        return say_text(a, "%s %s", what, say_count(n, now));
    return say_text(a, "%s %s of %s", what, say_count(n, now), say_count(of, total));
}

static struct text joined(struct arena *a, struct text first, struct text second)
{
    if (first.len == 0 || second.len == 0)
        return first.len ? first : second;
    return say_text(a, "%.*s · %.*s", SAY_ARGS(first), SAY_ARGS(second));
}

static bool is_running(const struct job *job)
{
    return opened_is(job->status, "running");
}

static void add_progress(struct lines *l, const struct job *job)
{
    struct arena *a = lines_arena(l);
    char left[SAY_MAX];
    enum role role;
    struct text sign = opened_job_sign(job->status, &role);
    struct text steps = joined(a, of_total(a, "step", job->step, job->total_steps),
        of_total(a, "epoch", job->epoch, job->total_epochs));
    if (is_running(job) && isfinite(job->remaining_s))
        steps = joined(a, steps, say_text(a, "%s left", say_left(left, job->remaining_s)));
    opened_state(l, sign, job->status.len ? job->status : TEXT("unknown"), steps, role);
    if (!isfinite(job->progress))
        return;
    lines_row(l, 0);
    lines_bar(l, OPENED_SIGN_COLUMN, lines_width(l) - OPENED_SIGN_COLUMN - 7, job->progress, role);
    lines_add(l, say_text(a, " %.0f%%", floor(job->progress * 100)), ROLE_NORMAL, 0);
}

static void add_text(struct lines *l, const char *label, struct text t)
{
    if (t.len > 0)
        lines_fact(l, label, t, ROLE_NORMAL);
}

static void add_number(struct arena *a, struct text *all, const char *what, double value)
{
    char n[SAY_MAX];
    if (!isnan(value))
        *all = joined(a, *all, say_text(a, "%s%s", what, say_value(n, value)));
}

static void add_losses(struct lines *l, const struct job *job)
{
    struct arena *a = lines_arena(l);
    struct text all = TEXT("");
    add_number(a, &all, "", job->loss);
    add_number(a, &all, "eval ", job->eval_loss);
    add_number(a, &all, "best eval ", job->best_eval_loss);
    if (job->loss_trend.len > 0)
        all = joined(a, all, say_text(a, "trend %.*s", SAY_ARGS(job->loss_trend)));
    lines_fact(l, "Loss", all.len ? all : TEXT("—"),
        isinf(job->loss) ? ROLE_BAD
        : all.len        ? ROLE_NORMAL
                         : ROLE_FAINT);
    all = TEXT("");
    add_number(a, &all, "", job->learning_rate);
    add_text(l, "Learning rate", all);
}

static void add_times(struct lines *l, const struct store *s, const struct job *job)
{
    struct arena *a = lines_arena(l);
    char took[SAY_MAX];
    struct text all = TEXT("");
    if (job->started_ms >= 0)
        all = say_text(a, "started %.*s", SAY_ARGS(opened_ago(a, s, job->started_ms)));
    if (job->completed_ms >= 0)
        all = joined(
            a, all, say_text(a, "ended %.*s", SAY_ARGS(opened_ago(a, s, job->completed_ms))));
    if (job->elapsed_s >= 0 && job->elapsed_s < 1e9)
        all =
            joined(a, all, say_text(a, "ran %s", say_age(took, (int64_t)(job->elapsed_s * 1000))));
    add_text(l, "Time", all);
    lines_fact(l, "Last news", opened_ago(a, s, job->updated_ms), ROLE_FAINT);
}

/* What an upload, perhaps elsewhere, noted in the registry while it ran. */
static void add_upload(struct lines *l, const struct store *s, const struct job *job)
{
    struct arena *a = lines_arena(l);
    char whole[SAY_MAX];
    if (!opened_is(job->upload_state, "uploading") || job->upload_total <= 0)
        return;
    lines_fact(l, "Upload",
        say_text(a, "%d%% of %s, noted %.*s",
            canvas_steps((double)job->upload_sent / (double)job->upload_total, 100),
            say_bytes(whole, job->upload_total), SAY_ARGS(opened_ago(a, s, job->upload_ms))),
        ROLE_ACTIVE);
}

static void add_facts(struct lines *l, const struct view_job *v, const struct job *job)
{
    struct arena *a = lines_arena(l);
    opened_source(l, v->o.x->store, SOURCE_REGISTRY);
    add_progress(l, job);
    lines_gap(l);
    if (job->error.len > 0) {
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_add(l, TEXT("✗ "), ROLE_BAD, STYLE_BOLD);
        lines_wrap(l, job->error, ROLE_BAD, 0);
        lines_gap(l);
    }
    add_text(l, "Base model", job->base_model);
    add_text(l, "Method", job->method);
    add_text(l, "Dataset", job->dataset);
    add_losses(l, job);
    add_times(l, v->o.x->store, job);
    add_upload(l, v->o.x->store, job);
    add_text(l, "On the Hub", job->model_url);
    lines_fact(l, "Id", say_text(a, "%s", job->id), ROLE_FAINT);
}

/* ---- the chart ------------------------------------------------------------------------------------- */

static void draw_scale(struct view_job *v, struct canvas *c, struct rect r)
{
    struct arena *a = arena_new(1024);
    char n[SAY_MAX];
    double least, most;
    if (!a)
        return;
    if (chart_scale(v->chart, &least, &most)) {
        canvas_text_right(c, r, r.x, r.y, SCALE_COLUMNS - 1, say_text(a, "%s", say_value(n, most)),
            ROLE_FAINT, 0);
        canvas_text_right(c, r, r.x, r.y + r.h - 1, SCALE_COLUMNS - 1,
            say_text(a, "%s", say_value(n, least)), ROLE_FAINT, 0);
    }
    arena_free(a);
}

static void draw_chart(struct view_job *v, struct canvas *c, struct rect r)
{
    const double *losses = NULL;
    size_t count = store_job_losses(v->o.x->store, v->o.id, &losses);
    struct rect line = {r.x, r.y, r.w, 1};
    canvas_text_cut(
        c, line, r.x + 1, r.y, r.w - 1, TEXT("Loss, as seen while Slipway watched"), ROLE_TITLE, 0);
    r.y++;
    r.h--;
    if (count < 2) {
        canvas_text_cut(c, r, r.x + 1, r.y, r.w - 1,
            TEXT("fewer than two points so far; they are collected while this program runs"),
            ROLE_FAINT, 0);
        return;
    }
    struct chart_points points = {
        .y = losses, .count = count, .version = store_version(v->o.x->store, STORE_JOBS)};
    struct chart_options options = {.least = NAN, .most = NAN, .role = ROLE_CHART};
    struct rect plot = {r.x + SCALE_COLUMNS, r.y, r.w - SCALE_COLUMNS - 1, r.h};
    chart_draw(v->chart, c, rect_clip(plot, r), &points, &options);
    draw_scale(v, c, r);
}

/* What the facts leave, if that is enough for a chart; else the facts give way and scroll. */
static int chart_rows(struct rect r, size_t facts)
{
    int left = r.h - 1 - (int)(facts < (size_t)r.h ? facts : (size_t)r.h);
    if (left < CHART_ROWS_LEAST)
        left = r.h - FACT_ROWS_LEAST >= CHART_ROWS_LEAST ? CHART_ROWS_LEAST : 0;
    return left < CHART_ROWS_MOST ? left : CHART_ROWS_MOST;
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_job *v = p;
    const struct job *job = job_of(v);
    struct lines *l = opened_begin(&v->o, r);
    (void)focused, (void)compact;
    if (job)
        add_facts(l, v, job);
    else
        opened_state(
            l, TEXT("✗"), TEXT("gone"), TEXT("the registry has no such job any more"), ROLE_BAD);
    int rows = chart_rows(r, lines_count(l));
    lines_draw(l, c, (struct rect){r.x, r.y, r.w, r.h - rows});
    if (rows > 0)
        draw_chart(v, c, (struct rect){r.x, r.y + r.h - rows, r.w, rows});
}

static uint64_t version(void *p)
{
    return opened_version(p, 1u << STORE_JOBS | 1u << STORE_SOURCES);
}

const struct view_class view_job = {
    .place = PLACE_JOB,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = opened_act,
    .target = opened_target,
    .version = version,
    .due = opened_due,
};
