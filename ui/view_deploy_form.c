/* The form of a deployment. The endpoint's name follows the repository until somebody edits it. Below
 * it, from the catalog: what it would cost, and whether the model would fit, as far as the model is
 * known here: when an upload to the same repository was checked. Both are estimates and say so; the
 * plan that Enter leads to is made from the Hub's own numbers. */
#include "model/fit.h"
#include "ui/form_view.h"
#include "ui/say.h"
#include "ui/views.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_MAX = 32, SCRATCH_MAX = 64 * 1024 };
static const char AUTOMATIC[] = "automatic";

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
    {.name = "pool",
        .label = "GPU pool",
        .help = "‹ › choose; automatic: the cheapest in stock that hold the model",
        .kind = FIELD_CHOICE},
    {.name = "gpus",
        .label = "GPUs per worker",
        .help = "from 1 to 16; the model is split over them",
        .kind = FIELD_NUMBER,
        .required = true,
        .least = 1,
        .most = 16},
    {.name = "context",
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
    set_default(v, "image", "runpod/worker-v1-vllm:v2.25.2");
    set_default(v, "pool", AUTOMATIC);
    set_default(v, "gpus", "1");
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

static int gpus_of(const struct form_view *v)
{
    int64_t n = number_of(v, "gpus", 1);
    return n < 1 ? 1 : n > 16 ? 16 : (int)n;
}

/* ---- pools ----------------------------------------------------------------------------------------- */

static size_t pools_of(const struct form_view *v, struct gpu_pool pools[POOLS_MAX])
{
    const struct gpu_page *page = store_gpus(v->o.x->store);
    size_t count = page ? gpu_pools(page, pools, POOLS_MAX) : 0;
    return count < POOLS_MAX ? count : POOLS_MAX;
}

/* "$0.69" or "$0.44–0.69" */
static const char *price_range(char out[SAY_MAX * 2], const struct gpu_pool *p, double times)
{
    char least[SAY_MAX], most[SAY_MAX];
    say_money(least, p->price_least * times);
    if (p->price_least < p->price_most)
        snprintf(out, SAY_MAX * 2, "%s–%s", least, say_amount(most, p->price_most * times));
    else
        snprintf(out, SAY_MAX * 2, "%s", least);
    return out;
}

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
    struct gpu_pool pools[POOLS_MAX];
    struct text choices[POOLS_MAX + 1] = {say_word(AUTOMATIC)};
    struct text notes[POOLS_MAX + 1] = {TEXT("the cheapest in stock that hold the model")};
    size_t count = pools_of(v, pools);
    struct arena *a = arena_new(SCRATCH_MAX);
    char price[SAY_MAX * 2];
    for (size_t i = 0; a && i < count; i++) {
        choices[i + 1] = pools[i].id;
        notes[i + 1] = say_text(a, "%4d GB  ≈%s/h  %s", pools[i].memory_gb,
            price_range(price, &pools[i], 1), stock_words(pools[i].stock));
    }
    if (a)
        form_choices(v->form, "pool", choices, notes, count + 1);
    arena_free(a);
}

static bool chosen_pool(const struct form_view *v, struct gpu_pool *out)
{
    struct gpu_pool pools[POOLS_MAX];
    size_t count = pools_of(v, pools);
    for (size_t i = 0; i < count; i++) {
        if (opened_same(pools[i].id, form_get(v->form, "pool"))) {
            *out = pools[i];
            return true;
        }
    }
    return false;
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

static bool check(struct form_view *v)
{
    if (!form_view_is_repo(form_get(v->form, "repo")))
        form_complain(v->form, "repo", "a repository is OWNER/NAME, of letters, digits, - _ and .");
    else if (endpoint_named(v))
        form_complain(
            v->form, "name", "an endpoint of this name exists already: choose another name");
    else if (form_get(v->form, "name").len < 3)
        form_complain(v->form, "name", "the endpoint's name needs at least three characters");
    else if (number_of(v, "min", 0) > number_of(v, "max", 0))
        form_complain(v->form, "min", "fewer workers at most than at least");
    else
        return true;
    return false;
}

static struct text value(const char *field, struct text t)
{
    return strcmp(field, "pool") == 0 && opened_is(t, AUTOMATIC) ? TEXT("") : t;
}

/* ---- the live part --------------------------------------------------------------------------------- */

/* The facts of a model that was checked here on its way to this repository; the newest. */
static const struct model_facts *facts_of(const struct store *s, struct text repo)
{
    size_t count = store_operations(s, OPERATION_UPLOAD);
    for (size_t i = 0; i < count; i++) {
        const struct operation *o = store_operation(s, OPERATION_UPLOAD, i);
        if (o->checklist && o->checklist->facts.weight_bytes > 0 && !o->checklist->facts.adapter &&
            opened_same(o->repository, repo))
            return &o->checklist->facts;
    }
    return NULL;
}

/* "$0/h asleep · ≈$2.04/h with 3 workers" */
static void add_price(struct form_view *v, struct lines *l, const struct gpu_pool *pool)
{
    struct arena *a = lines_arena(l);
    char price[SAY_MAX * 2];
    double gpus = gpus_of(v);
    long long min = (long long)number_of(v, "min", 0), max = (long long)number_of(v, "max", 0);
    if (isnan(pool->price_least)) {
        lines_fact(l, "Price", TEXT("the catalog does not say"), ROLE_FAINT);
        return;
    }
    struct text least = TEXT("$0/h asleep");
    if (min > 0)
        least = say_text(
            a, "≈%s/h all the time with %lld", price_range(price, pool, gpus * (double)min), min);
    lines_fact(l, "Price",
        say_text(a, "%.*s · ≈%s/h with %lld worker%s", SAY_ARGS(least),
            price_range(price, pool, gpus * (double)max), max, max == 1 ? "" : "s"),
        ROLE_MONEY);
}

static void add_balance(struct form_view *v, struct lines *l, const struct gpu_pool *pool)
{
    const struct account *account = store_account(v->o.x->store);
    char money[SAY_MAX], left[SAY_MAX];
    double hour = pool->price_most * gpus_of(v) * (double)number_of(v, "max", 0);
    if (!account || !isfinite(account->balance) || !(hour > 0))
        return;
    double hours = fmax(account->balance, 0) / hour;
    lines_fact(l, "Balance",
        say_text(lines_arena(l), "%s: ≈%s with all workers up", say_money(money, account->balance),
            say_age_short(left, (int64_t)fmin(hours * 3.6e6, 1e15))),
        hours < 1 ? ROLE_WARNING : ROLE_NORMAL);
}

/* A little is not nothing. */
static const char *gigabytes(char out[SAY_MAX], double gb)
{
    if (gb > 0 && gb < 0.05)
        snprintf(out, SAY_MAX, "<0.1");
    else
        snprintf(out, SAY_MAX, "%.1f", gb);
    return out;
}

/* "weights 14.7, cache of one full context 1.9, the rest 2 GB" */
static struct text parts_of(struct arena *a, const struct fit *fit)
{
    char weights[SAY_MAX], cache[SAY_MAX];
    if (isnan(fit->cache))
        return say_text(
            a, "weights %s GB; its cache is not known", gigabytes(weights, fit->weights));
    return say_text(a, "weights %s, cache of one full context %s, the rest %.0f GB",
        gigabytes(weights, fit->weights), gigabytes(cache, fit->cache),
        fit->needed - fit->weights - fit->cache);
}

/* The verdict first: it is what one looks for. */
static void add_fit(struct form_view *v, struct lines *l, const struct gpu_pool *pool)
{
    const struct model_facts *facts = facts_of(v->o.x->store, form_get(v->form, "repo"));
    struct arena *a = lines_arena(l);
    int gpus = gpus_of(v);
    if (!facts) {
        lines_fact(l, "Memory",
            pool ? say_text(a, "%d GB; how much the model needs is read from the Hub first",
                       pool->memory_gb * gpus)
                 : TEXT("how much the model needs is read from the Hub first"),
            ROLE_FAINT);
        return;
    }
    struct fit fit = fit_of(facts, number_of(v, "context", 0), gpus);
    double usable = pool ? fit_usable(pool->memory_gb, gpus) : 0;
    bool fits = usable >= fit.needed;
    if (!fit.splits)
        lines_fact(l, "Memory",
            say_text(a, "✗ %lld attention heads cannot be spread over %d GPUs",
                (long long)facts->heads, gpus),
            ROLE_BAD);
    if (pool)
        lines_fact(l, fit.splits ? "Memory" : "",
            say_text(a, "%s (estimate): ≈%.1f GB of ≈%.1f usable on %.*s ×%d",
                fits ? "✓ should fit" : "✗ will probably not fit", fit.needed, usable,
                SAY_ARGS(pool->id), gpus),
            fits ? ROLE_OK : ROLE_BAD);
    else
        lines_fact(l, fit.splits ? "Memory" : "",
            say_text(a, "≈%.1f GB needed (estimate)", fit.needed), ROLE_NORMAL);
    lines_fact(l, "", parts_of(a, &fit), ROLE_FAINT);
}

/* Tags that are known not to work (spec/runpod.md §7.1). */
static void add_image(struct form_view *v, struct lines *l)
{
    static const struct {
        const char *ends, *words;
    } known[] = {
        {"runpod/worker-vllm:stable", "this tag is not known upstream: workers would never start"},
        {"worker-v1-vllm:stable-cuda12.1.0", "this is vLLM 0.5 of 2024: newer models crash in it"},
        {":latest", "latest changes under a running endpoint: name a version"},
    };
    struct text image = form_get(v->form, "image");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].ends);
        if (image.len >= n && memcmp(image.s + image.len - n, known[i].ends, n) == 0)
            lines_fact(l, "Image", say_text(lines_arena(l), "! %s", known[i].words), ROLE_WARNING);
    }
}

static void below(struct form_view *v, struct lines *l)
{
    struct gpu_pool pool;
    bool known = chosen_pool(v, &pool);
    const struct endpoint_row *taken = endpoint_named(v);
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    if (taken)
        lines_fact(l, "Endpoint",
            say_text(lines_arena(l), "! %.*s exists already and serves %.*s: choose another name",
                SAY_ARGS(taken->settings->name),
                SAY_ARGS(
                    taken->settings->model.len ? taken->settings->model : TEXT("something else"))),
            ROLE_WARNING);
    if (known) {
        add_price(v, l, &pool);
        add_balance(v, l, &pool);
    } else {
        lines_fact(l, "Price",
            store_gpus(v->o.x->store) ? TEXT("the plan will tell, with the pools that were chosen")
                                      : TEXT("the GPU catalog has not been read yet"),
            ROLE_FAINT);
    }
    if (known && pool.stock == STOCK_NONE)
        lines_fact(l, "Stock", TEXT("! none at present: requests would wait"), ROLE_WARNING);
    add_fit(v, l, known ? &pool : NULL);
    add_image(v, l);
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
    .below = below,
};

static void *make(const struct view_context *x, const char *id)
{
    return form_view_make(&kind, x, id);
}

const struct view_class view_deploy_form = FORM_VIEW_CLASS(PLACE_DEPLOY_FORM, make);
