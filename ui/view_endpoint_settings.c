/* Everything an endpoint is set to: what the list says, which is always there, and what is read only while
 * somebody looks (model/endpoint_detail.h). What has not been read is said to be so. */
#include "ui/say.h"
#include "ui/view_endpoint.h"

#include <string.h>

enum { NAME_COLUMNS_MOST = 34 };

void view_endpoint_read(struct lines *l, const struct view_endpoint *v)
{
    const struct endpoint_detail *d = view_endpoint_detail(v);
    struct arena *a = lines_arena(l);
    char age[SAY_MAX];
    lines_row(l, OPENED_SIGN_COLUMN);
    if (!d) {
        lines_wrap(l, TEXT("… not read yet; it is read while you look"), ROLE_STALE, 0);
        return;
    }
    lines_add(l,
        say_text(a, "read %s ago", say_age(age, store_mono_ms(v->o.x->store) - d->seen_ms)),
        ROLE_FAINT, 0);
    if (d->not_read.len == 0)
        return;
    lines_row(l, OPENED_SIGN_COLUMN);
    lines_wrap(l, say_text(a, "! not read: %.*s", SAY_ARGS(d->not_read)), ROLE_WARNING, 0);
}

static void fact(struct lines *l, const char *label, struct text t)
{
    lines_fact(l, label, t.len ? t : TEXT("—"), t.len ? ROLE_NORMAL : ROLE_FAINT);
}

/* Of the environment, which the list has whole: what is not there is not set. */
static void variable(struct lines *l, const char *label, struct text t)
{
    lines_fact(l, label, t.len ? t : TEXT("not set"), t.len ? ROLE_NORMAL : ROLE_FAINT);
}

/* Of what is not always there: nothing is said when it is not. */
static void rare(struct lines *l, const char *label, struct text t)
{
    if (t.len > 0)
        lines_fact(l, label, t, ROLE_NORMAL);
}

static void add_model(struct lines *l, const struct endpoint *e)
{
    char n[SAY_MAX];
    struct arena *a = lines_arena(l);
    variable(l, "Model", e->model);
    variable(l, "Revision", e->revision);
    variable(l, "Served as", e->served);
    variable(l, "Context",
        e->context_length > 0 ? say_text(a, "%s tokens", say_count(n, e->context_length))
                              : TEXT(""));
}

static void add_workers(struct lines *l, const struct endpoint *e)
{
    struct arena *a = lines_arena(l);
    fact(l, "Image", e->image);
    fact(l, "GPU", view_endpoint_pools(a, e));
    fact(l, "Workers",
        say_text(a, "%d to %d%s", e->workers_min, e->workers_max,
            e->workers_max == 0 ? " (paused)" : ""));
    fact(l, "Idle", say_text(a, "%d s until a worker is scaled down", e->idle_s));
}

static void add_detail(struct lines *l, const struct endpoint_detail *d)
{
    struct arena *a = lines_arena(l);
    char span[SAY_MAX];
    fact(l, "Scaling", d->scaling);
    fact(l, "Timeout",
        d->timeout_ms >= 0 ? say_text(a, "%s a request", say_age(span, d->timeout_ms)) : TEXT(""));
    fact(l, "Disk", d->disk_gb >= 0 ? say_text(a, "%d GB", d->disk_gb) : TEXT(""));
    fact(l, "FlashBoot", d->flashboot);
    if (d->min_cuda.len > 0)
        fact(l, "CUDA", say_text(a, "at least %.*s", SAY_ARGS(d->min_cuda)));
    else
        fact(l, "CUDA", d->cuda_versions);
    fact(l, "Data centers", d->data_centers.len ? d->data_centers : TEXT("any"));
    rare(l, "Not on", d->excluded);
    rare(l, "Volumes", d->volumes);
    rare(l, "Image login", d->registry);
}

static int name_columns(const struct endpoint_detail *d)
{
    size_t most = 4;
    for (size_t i = 0; i < d->env_count; i++) {
        size_t width = text_width(text_cut(d->env[i].name, NAME_COLUMNS_MOST));
        most = width > most ? width : most;
    }
    return (int)most;
}

static void add_env(struct lines *l, const struct endpoint_detail *d)
{
    struct arena *a = lines_arena(l);
    int columns = name_columns(d);
    lines_heading(l, d->env_count ? say_text(a, "Environment, %zu variable%s", d->env_count,
                                        d->env_count == 1 ? "" : "s")
                                  : TEXT("Environment: no variable"));
    for (size_t i = 0; i < d->env_count; i++) {
        lines_row(l, OPENED_SIGN_COLUMN);
        lines_cell(l, OPENED_SIGN_COLUMN, columns, ALIGN_LEFT, d->env[i].name, ROLE_LABEL, 0);
        lines_at(l, OPENED_SIGN_COLUMN + columns + 2);
        lines_wrap(l, d->env[i].value, ROLE_NORMAL, 0);
    }
}

void view_endpoint_settings(
    struct lines *l, const struct view_endpoint *v, const struct endpoint_row *e)
{
    const struct endpoint_detail *d = view_endpoint_detail(v);
    struct arena *a = lines_arena(l);
    view_endpoint_read(l, v);
    lines_gap(l);
    add_model(l, e->settings);
    lines_gap(l);
    add_workers(l, e->settings);
    if (d)
        add_detail(l, d);
    lines_gap(l);
    fact(l, "Id", say_text(a, "%s", e->settings->id));
    if (e->settings->created_ms >= 0)
        fact(l, "Made", opened_ago(a, v->o.x->store, e->settings->created_ms));
    if (d)
        add_env(l, d);
}
