/* The registry's row of an endpoint that was changed. The row is what its endpoint_id says; others' rows
 * (global ones) are not ours to write. */
#include "app/change.h"

#include "app/register.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1000 };

/* *row NULL: there is none. Texts in the operation's arena. */
static int find_row(struct change *c, const struct model_row **row, struct err *e)
{
    struct work *w = c->w;
    struct model_row *rows;
    size_t n = 0;
    *row = NULL;
    if (!engine_has_registry(w->engine))
        return 0;
    struct registry *r = engine_registry(w->engine, w->cancel, e);
    int failed = !r || registry_models(r, w->keep, &rows, &n, ROWS_MAX, w->cancel, e);
    for (size_t i = 0; !failed && i < n && !*row; i++)
        if (strcmp(rows[i].endpoint_id, c->id) == 0 && !rows[i].is_global && rows[i].name.len)
            *row = &rows[i];
    registry_free(r);
    return failed ? -1 : 0;
}

int change_row_name(struct change *c, struct text *name, struct err *e)
{
    const struct model_row *row;
    if (find_row(c, &row, e))
        return -1;
    *name = row ? row->name : TEXT("");
    return 0;
}

static int either(int wanted, int now)
{
    return wanted >= 0 ? wanted : now;
}

static const char *set_value(const struct change *c, const char *name)
{
    for (size_t i = 0; i < c->want.set_count; i++)
        if (strcmp(c->want.set[i].name, name) == 0)
            return c->want.set[i].value;
    return NULL;
}

/* What a deployment of it would have been asked for. */
static struct json *asked_of(const struct change *c, const struct model_row *row)
{
    const struct endpoint *p = c->now;
    const struct endpoint_change *want = &c->want;
    const char *model = set_value(c, "MODEL_NAME");
    struct json *j = json_new_object(), *pools = json_new_array();
    json_add_text(j, "name", row->name);
    json_add_str(j, "repo", model ? model : row->hub_id.len ? row->hub_id.s : p->model.s);
    json_add_text(j, "base_model", row->base_model);
    json_add_str(j, "job", row->training_job_id);
    json_add_str(j, "image", want->image ? want->image : p->image.s);
    for (size_t i = 0; i < (want->pool_count ? want->pool_count : p->pool_count); i++)
        json_push(pools, json_new_string(want->pool_count ? want->pools[i] : p->pools[i].s));
    json_add(j, "pool", pools);
    json_add_int(j, "gpus", either(want->gpu_count, p->gpu_count));
    json_add_int(j, "min", either(want->workers_min, p->workers_min));
    json_add_int(j, "max", either(want->workers_max, p->workers_max));
    json_add_int(j, "idle", either(want->idle_s, p->idle_s));
    return j;
}

bool change_concerns_row(const struct change *c)
{
    static const char *const names[] = {
        "MODEL_NAME", "MODEL_REVISION", "MAX_MODEL_LEN", "MAX_MODEL_LENGTH"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        bool unset = false;
        for (size_t i = 0; i < c->want.unset_count; i++)
            unset |= strcmp(c->want.unset[i], names[k]) == 0;
        if (unset || set_value(c, names[k]))
            return true;
    }
    return false;
}

/* As it is now: what was set goes before what was there. 0 = not known. */
static int64_t context_of(const struct change *c)
{
    const char *told = set_value(c, "MAX_MODEL_LEN");
    told = told ? told : set_value(c, "MAX_MODEL_LENGTH");
    if (told)
        return strtoll(told, NULL, 10);
    bool own = c->want.unset_count > 0 && change_concerns_row(c); /* the model's */
    if (!own)
        return c->now->context_length;
    return c->model_seen ? c->model.list.facts.context_length : 0;
}

static struct json *done_of(const struct change *c, double cost_per_request)
{
    struct json *j = json_new_object();
    char number[32];
    const char *told = set_value(c, "MODEL_REVISION");
    const char *revision = told ? told : c->now->revision.s;
    json_add_str(j, "endpoint_id", c->id);
    json_add_str(j, "answered", "yes");
    if (*revision)
        json_add_str(j, "revision", revision);
    if (context_of(c) > 0) {
        snprintf(number, sizeof number, "%" PRId64, context_of(c));
        json_add_str(j, "context", number);
    }
    if (cost_per_request >= 0) {
        snprintf(number, sizeof number, "%.8f", cost_per_request);
        json_add_str(j, "cost_per_request", number);
    }
    return j;
}

static int bring_up_to_date(struct change *c, size_t step, double cost, struct err *e)
{
    const struct model_row *row;
    if (find_row(c, &row, e))
        return -1;
    if (!row) {
        work_step(c->w, step, STEP_DONE, "no row of the registry points to it");
        return 0;
    }
    struct json *asked = asked_of(c, row), *done = done_of(c, cost);
    int failed = register_deployment(c->w, asked, done, e);
    json_free(asked);
    json_free(done);
    if (!failed)
        work_step(c->w, step, STEP_DONE, "row %s", row->name.s);
    return failed;
}

int change_register(struct change *c, size_t step, double cost_per_request, struct err *e)
{
    struct work *w = c->w;
    struct err why;
    work_step(w, step, STEP_RUNNING, "looking for its row");
    if (!bring_up_to_date(c, step, cost_per_request, &why))
        return work_note(w, "registered", "yes", e);
    if (cancel_check(w->cancel, e))
        return -1;
    err_set(e, ERR_STATE, 0, "%s is changed, but its row in the registry is not up to date: %s",
        c->name.s, why.message);
    return why.hint[0] ? err_hint(e, "%s", why.hint) : -1;
}
