/* The form of a deployment. The endpoint's name follows the repository until somebody edits it. What is below
 * it, live, is view_deploy_below.c's. */
#include "model/env_words.h"
#include "model/fit.h"
#include "model/worker_image.h"
#include "ui/form_view.h"
#include "ui/say.h"
#include "ui/view_deploy.h"
#include "ui/views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_MAX = 64 * 1024 };
static const char AUTOMATIC[] = VIEW_DEPLOY_AUTOMATIC;

static const struct form_field fields[] = {
    {.name = "repo",
        .label = "Repository",
        .help = "OWNER/NAME on the Hub; Tab completes",
        .complete = COMPLETE_REPO,
        .required = true},
    {.name = "revision",
        .label = "Revision",
        .help = "a commit, branch or tag; a branch is pinned to its newest commit",
        .empty = "newest commit"},
    {.name = "name",
        .label = "Endpoint",
        .help = "the endpoint's name on RunPod, at least three characters",
        .required = true},
    {.name = "image",
        .label = "Image",
        .help = "the worker's container image, with its tag",
        .required = true},
    {.name = "gpu",
        .label = "GPU pool",
        .help = "‹ › choose; automatic: the cheapest in stock that hold the model",
        .kind = FIELD_CHOICE},
    {.name = "gpus-per-worker",
        .label = "GPUs per worker",
        .help = "from 1 to 16; the model is spread over them (tensor parallel)",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = 16},
    {.name = "max-model-len",
        .label = "Context length",
        .help = "tokens in and out of one request; shorter needs less memory",
        .kind = FIELD_NUMBER,
        .least = 1,
        .most = 100000000,
        .empty = "the model's own"},
    {.name = "min",
        .label = "Workers, min",
        .help = "these run, and cost, all the time; 0 = asleep when nobody asks",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 0,
        .most = 1000},
    {.name = "max",
        .label = "Workers, max",
        .help = "no more than so many at once; 3 or more find a free host sooner",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = 1000},
    {.name = "idle",
        .label = "Idle seconds",
        .help = "how long a worker stays up, and costs, after its last request",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = 3600},
    {.name = "env",
        .label = "Environment",
        .help = "NAME=VALUE of the worker, parted by blanks; goes before what is set anyway",
        .empty = "what the model needs"},
    {.name = "budget",
        .label = "Budget",
        .help = "dollars; noted in the registry",
        .empty = "none"},
};

/* ---- filling --------------------------------------------------------------------------------------- */

static void set_default(struct form_view *v, const char *field, const char *value)
{
    if (form_get(v->form, field).len == 0)
        form_set(v->form, field, say_word(value));
}

static void name_from_repo(struct form_view *v)
{
    struct text repo = form_get(v->form, "repo");
    const char *slash = memchr(repo.s, '/', repo.len);
    size_t from = slash ? (size_t)(slash + 1 - repo.s) : repo.len;
    if (!v->own_name)
        form_set(v->form, "name", (struct text){repo.s + from, repo.len - from});
}

static void fill_from_job(struct form_view *v, const struct job *job)
{
    struct arena *a = arena_new(SCRATCH_MAX);
    snprintf(v->job, sizeof v->job, "%s", job->id);
    if (a)
        form_set(v->form, "repo", form_view_repo_of(a, job->model_url));
    arena_free(a);
}

static void fill_from_operation(struct form_view *v, const struct operation *o)
{
    form_set(v->form, "repo", o->repository);
    form_set(v->form, "revision", o->commit.len ? o->commit : o->revision);
    if (o->endpoint_name.len > 0) {
        form_set(v->form, "name", o->endpoint_name);
        v->own_name = true;
    }
}

static void fill_from_model(struct form_view *v, const struct model_row *row)
{
    snprintf(v->job, sizeof v->job, "%s", row->training_job_id);
    form_set(v->form, "repo", row->hub_id);
    form_set(v->form, "revision", row->revision);
}

static void fill(struct form_view *v, const char *id)
{
    const struct store *s = v->o.x->store;
    const struct operation *o = id[0] ? store_operation_by_id(s, id) : NULL;
    const struct job *job = id[0] ? store_job_by_id(s, id) : NULL;
    const struct model_row *row = id[0] ? store_model_by_id(s, id) : NULL;
    /* One that failed before it came to its repository: what was typed is remembered. */
    bool remembered =
        o && o->repository.len == 0 && opened_same(form_get(v->form, "name"), o->title);
    if (!remembered) {
        form_set(v->form, "repo", TEXT(""));
        form_set(v->form, "revision", TEXT(""));
        form_set(v->form, "name", TEXT(""));
    }
    set_default(v, "image", WORKER_IMAGE_DEFAULT);
    set_default(v, "gpu", AUTOMATIC);
    set_default(v, "gpus-per-worker", "1");
    set_default(v, "min", "0");
    set_default(v, "max", "3");
    set_default(v, "idle", "10");
    if (o && !remembered)
        fill_from_operation(v, o);
    else if (job)
        fill_from_job(v, job);
    else if (row)
        fill_from_model(v, row);
    name_from_repo(v);
}

static int64_t number_of(const struct form_view *v, const char *field, int64_t fallback)
{
    struct text t = form_get(v->form, field);
    return t.len > 0 ? strtoll(t.s, NULL, 10) : fallback;
}

/* ---- pools ----------------------------------------------------------------------------------------- */

static const char *stock_words(enum stock stock)
{
    static const char *const words[] = {[STOCK_UNKNOWN] = "stock unknown",
        [STOCK_NONE] = "none in stock",
        [STOCK_LOW] = "stock low",
        [STOCK_MEDIUM] = "stock medium",
        [STOCK_HIGH] = "stock high"};
    return words[stock];
}

static void refresh(struct form_view *v)
{
    struct gpu_pool pools[VIEW_DEPLOY_POOLS];
    struct text choices[VIEW_DEPLOY_POOLS + 1] = {say_word(AUTOMATIC)};
    struct text notes[VIEW_DEPLOY_POOLS + 1] = {TEXT("the cheapest in stock that hold the model")};
    size_t count = view_deploy_pools(v, pools);
    struct arena *a = arena_new(SCRATCH_MAX);
    char price[SAY_MAX * 2];
    for (size_t i = 0; a && i < count; i++) {
        choices[i + 1] = pools[i].id;
        notes[i + 1] = say_text(a, "%4d GB  ≈%s/h  %s", pools[i].memory_gb,
            view_deploy_price(price, &pools[i], 1), stock_words(pools[i].stock));
    }
    if (a)
        form_choices(v->form, "gpu", choices, notes, count + 1);
    arena_free(a);
}

/* ---- changes --------------------------------------------------------------------------------------- */

static void changed(struct form_view *v, const char *field)
{
    if (strcmp(field, "name") == 0)
        v->own_name = form_get(v->form, "name").len > 0;
    if (strcmp(field, "repo") == 0)
        name_from_repo(v);
}

/* Somebody's endpoint of that name is not taken over, so the plan would end there. */
static const struct endpoint_row *endpoint_named(const struct form_view *v)
{
    const struct store *s = v->o.x->store;
    struct text name = form_get(v->form, "name");
    for (size_t i = 0; name.len > 0 && i < store_endpoints(s); i++)
        if (opened_same(store_endpoint(s, i)->settings->name, name))
            return store_endpoint(s, i);
    return NULL;
}

static int is_set(void *arg, const char *name, const char *value, struct err *e)
{
    (void)arg;
    return value ? 0 : err_set(e, ERR_INPUT, 0, "-%s: there is nothing yet to be taken away", name);
}

static bool is_amount(struct text t)
{
    char *end = NULL;
    double dollars = t.len ? strtod(t.s, &end) : 0;
    return t.len == 0 || (end != t.s && !*end && dollars >= 0 && dollars <= 1e9);
}

static bool check(struct form_view *v)
{
    struct err e;
    if (!form_view_is_repo(form_get(v->form, "repo")))
        form_complain(v->form, "repo", "a repository is OWNER/NAME, of letters, digits, - _ and .");
    else if (endpoint_named(v))
        form_complain(
            v->form, "name", "an endpoint of this name exists already: choose another name");
    else if (form_get(v->form, "name").len < 3)
        form_complain(v->form, "name", "the endpoint's name needs at least three characters");
    else if (number_of(v, "min", 0) > number_of(v, "max", 0))
        form_complain(v->form, "min", "fewer workers at most than at least");
    else if (env_words(form_get(v->form, "env").s, is_set, NULL, &e))
        form_complain(v->form, "env", "%s", e.message);
    else if (!is_amount(form_get(v->form, "budget")))
        form_complain(v->form, "budget", "an amount of dollars, like 25 or 25.50");
    else
        return true;
    return false;
}

static struct text value(const char *field, struct text t)
{
    return strcmp(field, "gpu") == 0 && opened_is(t, AUTOMATIC) ? TEXT("") : t;
}

static const struct form_kind kind = {
    .name = "deploy",
    .title = "Deploy a model on RunPod Serverless",
    .place = PLACE_DEPLOY_FORM,
    .action = ACTION_DEPLOY,
    .fields = fields,
    .count = sizeof fields / sizeof *fields,
    .fill = fill,
    .changed = changed,
    .refresh = refresh,
    .check = check,
    .value = value,
    .below = view_deploy_below,
};

static void *make(const struct view_context *x, const char *id)
{
    return form_view_make(&kind, x, id);
}

const struct view_class view_deploy_form = FORM_VIEW_CLASS(PLACE_DEPLOY_FORM, make);
