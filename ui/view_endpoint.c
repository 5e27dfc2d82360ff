/* An endpoint, opened: what it is set to, how it is, its workers, and below them the log of its
 * workers, which is the log view itself (ui/log_view.c) made for this endpoint: it scrolls, follows and
 * filters as everywhere.
 *
 * Workers in trouble come first, and of many only as many are listed as leave the log its room. */
#include "ui/opened.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_ROWS_LEAST = 6, WORKERS_LEAST = 3, COMMIT_SHORT = 7 };

struct view_endpoint {
    struct opened o;
    void *log; /* of view_logs; NULL when memory was out */
};

static const struct endpoint_row *row_of(const struct view_endpoint *v)
{
    return store_endpoint_by_id(v->o.x->store, v->o.id);
}

static void focus(const struct view_endpoint *v, const char *id)
{
    v->o.x->host->focus(v->o.x->host->arg, id);
}

static void release(void *p)
{
    struct view_endpoint *v = p;
    if (v->log)
        view_logs.free(v->log);
    focus(v, "");
    opened_release(&v->o);
    free(v);
}

static void *make(const struct view_context *x, const char *id)
{
    struct view_endpoint *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    if (opened_init(&v->o, x, id) || !row_of(v)) {
        opened_release(&v->o);
        free(v);
        return NULL;
    }
    v->log = view_logs.make(x, id);
    focus(v, id);
    return v;
}

static struct text title(void *p, struct arena *a)
{
    const struct endpoint_row *e = row_of(p);
    return opened_title(a, "Endpoints", e ? e->settings->name : TEXT("gone"));
}

static struct text note(void *p, struct arena *a)
{
    const struct opened *o = p;
    const struct endpoint_row *e = row_of(p);
    char age[SAY_MAX];
    if (!e || !e->health)
        return say_word(o->id);
    return say_text(a, "%s · seen %s ago", o->id,
        say_age_short(age, store_mono_ms(o->x->store) - e->health->seen_ms));
}

/* ---- settings -------------------------------------------------------------------------------------- */

static struct text pools_of(struct arena *a, const struct endpoint *e)
{
    struct text all = TEXT("");
    for (size_t i = 0; i < e->pool_count; i++)
        all = say_text(a, "%.*s%s%.*s", SAY_ARGS(all), i ? "," : "", SAY_ARGS(e->pools[i]));
    if (e->gpu_count > 0)
        all = say_text(a, "%.*s ×%d", SAY_ARGS(all), e->gpu_count);
    return all.len ? all : TEXT("no GPU");
}

static void add_settings(struct lines *l, const struct endpoint *e)
{
    struct arena *a = lines_arena(l);
    struct text all = say_text(a, "%.*s · %.*s · workers %d..%d · idle %d s%s", SAY_ARGS(e->image),
        SAY_ARGS(pools_of(a, e)), e->workers_min, e->workers_max, e->idle_s,
        e->load_balancer ? " · load balancer" : "");
    if (e->version >= 0)
        all = say_text(a, "%.*s · v%d", SAY_ARGS(all), e->version);
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, all, ROLE_FAINT, 0);
}

static void add_model(struct lines *l, const struct view_endpoint *v, const struct endpoint *e)
{
    struct arena *a = lines_arena(l);
    const struct model_row *row = store_model_of_endpoint(v->o.x->store, v->o.id);
    char n[SAY_MAX];
    if (e->model.len == 0)
        return;
    struct text all = say_text(a, "serves %.*s", SAY_ARGS(e->model));
    if (e->revision.len > 0)
        all =
            say_text(a, "%.*s@%.*s", SAY_ARGS(all), SAY_ARGS(text_cut(e->revision, COMMIT_SHORT)));
    if (e->served.len > 0 && !opened_same(e->served, e->model))
        all = say_text(a, "%.*s as %.*s", SAY_ARGS(all), SAY_ARGS(e->served));
    if (e->context_length > 0)
        all = say_text(a, "%.*s · context %s", SAY_ARGS(all), say_count(n, e->context_length));
    if (row)
        all = say_text(a, "%.*s · in the registry as %.*s", SAY_ARGS(all), SAY_ARGS(row->name));
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, all, ROLE_NORMAL, 0);
}

/* ---- how it is ------------------------------------------------------------------------------------- */

static const struct {
    const char *sign;
    enum role role;
} conditions[] = {
    [ENDPOINT_UNKNOWN] = {"·", ROLE_STALE},
    [ENDPOINT_OK] = {"✓", ROLE_OK},
    [ENDPOINT_ASLEEP] = {"·", ROLE_FAINT},
    [ENDPOINT_STARTING] = {"⟳", ROLE_ACTIVE},
    [ENDPOINT_WAITING] = {"!", ROLE_BAD},
    [ENDPOINT_OFF] = {"·", ROLE_FAINT},
};

static struct text queue_of(
    struct arena *a, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const struct store *s = v->o.x->store;
    char age[SAY_MAX], waiting[SAY_MAX], running[SAY_MAX];
    if (!e->health)
        return TEXT("its health has not been read yet");
    struct text all = say_text(a, "%s waiting · %s running",
        say_count(waiting, e->health->in_queue), say_count(running, e->health->in_progress));
    if (e->waiting_since_ms >= 0)
        all = say_text(a, "none served for %s · %.*s",
            say_age(age, store_mono_ms(s) - e->waiting_since_ms), SAY_ARGS(all));
    if (isfinite(e->cost_hour))
        all = say_text(a, "%.*s · ≈%s/h", SAY_ARGS(all), say_money(waiting, e->cost_hour));
    if (isfinite(e->cost_request))
        all =
            say_text(a, "%.*s · ≈%s a request", SAY_ARGS(all), say_money(waiting, e->cost_request));
    return all;
}

static void add_condition(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const char *word = endpoint_condition_name(e->condition), *sign = conditions[e->condition].sign;
    enum role role = conditions[e->condition].role;
    if (e->condition == ENDPOINT_OK && e->waiting_since_ms >= 0) {
        sign = "!"; /* workers are up, and yet nobody is served */
        role = ROLE_WARNING;
    }
    opened_state(l, say_word(sign), say_word(e->condition == ENDPOINT_UNKNOWN ? "unknown" : word),
        queue_of(lines_arena(l), v, e), role);
}

/* ---- workers --------------------------------------------------------------------------------------- */

enum { COLUMN_ID, COLUMN_STATUS, COLUMN_GPU, COLUMN_PLACE, COLUMN_UPTIME };
static const struct table_column columns[] = {
    [COLUMN_ID] = {"WORKER", 8, 14, 0, ALIGN_LEFT},
    [COLUMN_STATUS] = {"STATUS", 12, 20, 0, ALIGN_LEFT},
    [COLUMN_GPU] = {"GPU", 12, 34, 1, ALIGN_LEFT},
    [COLUMN_PLACE] = {"DATA CENTER", 11, 12, 3, ALIGN_LEFT},
    [COLUMN_UPTIME] = {"UPTIME", 7, 7, 2, ALIGN_RIGHT},
};

/* What is wrong first. */
static const struct {
    enum worker_status status;
    enum role role;
} orders[] = {
    {WORKER_UNHEALTHY, ROLE_BAD},
    {WORKER_THROTTLED, ROLE_WARNING},
    {WORKER_OTHER, ROLE_NORMAL},
    {WORKER_INITIALIZING, ROLE_ACTIVE},
    {WORKER_RUNNING, ROLE_OK},
    {WORKER_IDLE, ROLE_NORMAL},
};

static void add_worker(
    struct lines *l, const struct lines_columns *fit, const struct worker *w, enum role role)
{
    struct arena *a = lines_arena(l);
    char uptime[SAY_MAX];
    struct text status =
        w->status == WORKER_OTHER ? w->word : say_word(worker_status_name(w->status));
    struct text gpu = w->gpu.len ? w->gpu : TEXT("—");
    if (w->stale)
        status = say_text(a, "%.*s, old v%d", SAY_ARGS(status), w->version);
    if (w->gpu_count > 1)
        gpu = say_text(a, "%d× %.*s", w->gpu_count, SAY_ARGS(gpu));
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_in(l, fit, COLUMN_ID, say_word(w->id), ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_STATUS, status, role, 0);
    lines_in(l, fit, COLUMN_GPU, gpu, ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_PLACE, w->data_center, ROLE_NORMAL, 0);
    lines_in(l, fit, COLUMN_UPTIME,
        say_text(a, "%s", say_age(uptime, w->uptime_s < 0 ? -1 : w->uptime_s * 1000)), ROLE_NORMAL,
        0);
}

static void add_workers(struct lines *l, const struct endpoint_row *e, size_t most)
{
    const struct worker_page *page = e->workers;
    struct lines_columns fit;
    size_t shown = 0;
    lines_gap(l);
    if (!page || page->count == 0) {
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_wrap(l,
            !page ? TEXT("its workers have not been read yet")
            : e->settings->workers_max == 0
                ? TEXT("no workers, and none can start: at most 0 are allowed")
                : TEXT("no workers"),
            ROLE_FAINT, 0);
        return;
    }
    lines_columns(l, &fit, OPENED_SIGN_COLUMN, columns, sizeof columns / sizeof *columns);
    for (size_t order = 0; order < sizeof orders / sizeof *orders; order++) {
        for (size_t i = 0; i < page->count && shown < most; i++) {
            if (page->workers[i].status != orders[order].status)
                continue;
            add_worker(l, &fit, &page->workers[i], orders[order].role);
            shown++;
        }
    }
    if (shown < page->count) {
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_add(l, say_text(lines_arena(l), "… %zu more", page->count - shown), ROLE_FAINT, 0);
    }
}

/* Seen, not guessed: RunPod starts nothing for an account without money. */
static void add_balance(struct lines *l, const struct store *s)
{
    const struct account *account = store_account(s);
    char balance[SAY_MAX];
    if (!account || !(account->balance <= 0))
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l,
        say_text(
            lines_arena(l), "! the account's balance is %s", say_money(balance, account->balance)),
        ROLE_BAD, 0);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

static void add_all(struct lines *l, const struct view_endpoint *v, int rows)
{
    const struct endpoint_row *e = row_of(v);
    if (!e) {
        opened_state(l, TEXT("✗"), TEXT("gone"),
            TEXT("RunPod does not list this endpoint any more"), ROLE_BAD);
        return;
    }
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    add_condition(l, v, e);
    add_balance(l, v->o.x->store);
    add_settings(l, e->settings);
    add_model(l, v, e->settings);
    int left = rows - (int)lines_count(l) - LOG_ROWS_LEAST - 3;
    add_workers(l, e, (size_t)(left > WORKERS_LEAST ? left : WORKERS_LEAST));
}

static void draw_log(struct view_endpoint *v, struct canvas *c, struct rect r, bool focused)
{
    struct arena *a = arena_new(16 * 1024);
    if (!a || !v->log || r.h < 2) {
        arena_free(a);
        return;
    }
    canvas_rule(c, (struct rect){r.x, r.y, r.w, 1}, view_logs.title(v->log, a),
        view_logs.note(v->log, a), false);
    view_logs.draw(v->log, c, (struct rect){r.x, r.y + 1, r.w, r.h - 1}, focused, false);
    arena_free(a);
}

static void draw(void *p, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct view_endpoint *v = p;
    struct lines *l = opened_begin(&v->o, r);
    (void)compact;
    add_all(l, v, r.h);
    int log = r.h - (int)lines_count(l) - 1;
    if (log < LOG_ROWS_LEAST)
        log = r.h >= 2 * LOG_ROWS_LEAST ? LOG_ROWS_LEAST : 0;
    lines_draw(l, c, (struct rect){r.x, r.y, r.w, r.h - log});
    draw_log(v, c, (struct rect){r.x, r.y + r.h - log, r.w, log}, focused);
}

static bool act(void *p, enum action_id action)
{
    struct view_endpoint *v = p;
    return v->log ? view_logs.act(v->log, action) : opened_act(v, action);
}

static bool filter(void *p, struct text typed, struct err *why)
{
    struct view_endpoint *v = p;
    return !v->log || view_logs.filter(v->log, typed, why);
}

static uint64_t version(void *p)
{
    struct view_endpoint *v = p;
    return opened_version(&v->o, 1u << STORE_ENDPOINTS | 1u << STORE_MODELS | 1u << STORE_SOURCES) +
           (v->log ? view_logs.version(v->log) : 0);
}

const struct view_class view_endpoint = {
    .place = PLACE_ENDPOINT,
    .make = make,
    .free = release,
    .title = title,
    .note = note,
    .draw = draw,
    .act = act,
    .filter = filter,
    .target = opened_target,
    .version = version,
    .due = opened_due,
};
