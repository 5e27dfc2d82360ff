/* What this program knows of a deployment without asking anybody: the catalog, the account, the other endpoints,
 * and of the model what an upload to the same repository, or an earlier try, found out. */
#include "ui/view_deploy.h"

#include "model/env_words.h"
#include "model/fit.h"
#include "model/preflight.h"
#include "model/worker_env.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER = 24, IMAGE_DISK_GB = 40, REQUESTS_LOOKED = 2000 };
static const double DISK_ROOM = 1.2;

/* ---- fields ---------------------------------------------------------------------------------------- */

static int64_t number_of(const struct form_view *v, const char *field, int64_t fallback)
{
    struct text t = form_get(v->form, field);
    int64_t n = t.len > 0 ? strtoll(t.s, NULL, 10) : fallback;
    return n < 0 ? 0 : n > 1000000000 ? 1000000000 : n;
}

static int gpus_of(const struct form_view *v)
{
    int64_t n = number_of(v, "gpus-per-worker", 1);
    return n < 1 ? 1 : n > 16 ? 16 : (int)n;
}

size_t view_deploy_pools(const struct form_view *v, struct gpu_pool pools[VIEW_DEPLOY_POOLS])
{
    const struct gpu_page *page = store_gpus(v->o.x->store);
    size_t count = page ? gpu_pools(page, pools, VIEW_DEPLOY_POOLS) : 0;
    return count < VIEW_DEPLOY_POOLS ? count : VIEW_DEPLOY_POOLS;
}

const char *view_deploy_price(char out[VIEW_DEPLOY_PRICE], const struct gpu_pool *p, double times)
{
    char least[SAY_MAX], most[SAY_MAX];
    say_money(least, p->price_least * times);
    if (p->price_least < p->price_most)
        snprintf(out, VIEW_DEPLOY_PRICE, "%s–%s", least, say_amount(most, p->price_most * times));
    else
        snprintf(out, VIEW_DEPLOY_PRICE, "%s", least);
    return out;
}

/* ---- evidence -------------------------------------------------------------------------------------- */

static bool knows(const struct operation *o, struct text repo)
{
    const struct checklist *c = o->checklist;
    return c && c->facts.weight_bytes > 0 && !c->facts.adapter && opened_same(o->repository, repo);
}

/* The facts of a model that was checked here on its way to this repository, or read from it; the newest. */
static const struct model_facts *facts_of(const struct store *s, struct text repo)
{
    static const enum operation_kind kinds[] = {OPERATION_DEPLOY, OPERATION_UPLOAD};
    const struct operation *newest = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < store_operations(s, kinds[k]); i++) {
            const struct operation *o = store_operation(s, kinds[k], i);
            if (knows(o, repo) && (!newest || o->started_ms > newest->started_ms))
                newest = o;
        }
    return newest ? &newest->checklist->facts : NULL;
}

static void put_env(struct deploy_look *k, const char *name, const char *value)
{
    struct preflight_evidence *e = &k->evidence;
    size_t i = 0;
    while (i < e->env_count && strcmp(k->env[i].name, name) != 0)
        i++;
    if (i == VIEW_DEPLOY_ENV || !name)
        return;
    k->env[i] = (struct preflight_env){name, worker_env_is_secret(name) ? NULL : value};
    e->env_count += i == e->env_count;
}

static int take_word(void *arg, const char *name, const char *value, struct err *e)
{
    struct deploy_look *k = arg;
    (void)e;
    const char *kept = value ? arena_strdup(k->arena, name) : NULL;
    if (kept)
        put_env(k, kept, arena_strdup(k->arena, value));
    return 0;
}

/* As the plan sets it (app/deploy_env.c), as far as the rules look at it. */
static void add_env(struct deploy_look *k)
{
    char gpus[NUMBER];
    struct text context = form_get(k->v->form, "max-model-len");
    snprintf(gpus, sizeof gpus, "%d", k->evidence.gpus);
    put_env(k, "GPU_MEMORY_UTILIZATION", FIT_UTILIZATION);
    put_env(k, "TENSOR_PARALLEL_SIZE", arena_strdup(k->arena, gpus));
    put_env(k, "RUNPOD_INIT_TIMEOUT", "1800");
    if (context.len)
        put_env(k, "MAX_MODEL_LEN", context.s);
    if (k->model.facts.custom_code)
        put_env(k, "TRUST_REMOTE_CODE", "true");
    (void)env_words(form_get(k->v->form, "env").s, take_word, k, NULL);
    k->evidence.env = k->env;
}

static void add_endpoints(struct deploy_look *k)
{
    const struct store *s = k->v->o.x->store;
    size_t n = store_endpoints(s);
    struct text *names = arena_array(k->arena, n + 1, sizeof *names);
    if (!names || (n == 0 && store_source(s, SOURCE_RUNPOD)->seen_ms < 0))
        return;
    k->evidence.workers_used = 0;
    for (size_t i = 0; i < n; i++) {
        names[i] = store_endpoint(s, i)->settings->name;
        k->evidence.workers_used += store_endpoint(s, i)->settings->workers_max;
    }
    k->evidence.names = names;
    k->evidence.name_count = n;
    k->evidence.names_seen = true;
}

static void add_account(struct deploy_look *k)
{
    const struct account *account = store_account(k->v->o.x->store);
    if (!account)
        return;
    k->evidence.balance = account->balance;
    k->evidence.spend_limit = account->spend_limit;
    k->evidence.spend_hour = account->spend_hour;
}

/* What it did an execution second where it was served before; one request after the other. */
static void add_throughput(struct deploy_look *k)
{
    const struct store *s = k->v->o.x->store;
    struct text name = form_get(k->v->form, "name");
    double tokens = 0, seconds = 0;
    for (size_t i = 0; i < store_requests(s) && i < REQUESTS_LOOKED; i++) {
        const struct request *q = store_request(s, i);
        if (q->status != REQUEST_COMPLETED || q->tokens_out <= 0 || q->execution_ms <= 0 ||
            !opened_same(q->model, name))
            continue;
        tokens += (double)(q->tokens_out + (q->tokens_in > 0 ? q->tokens_in : 0));
        seconds += (double)q->execution_ms / 1000;
    }
    if (seconds > 0)
        k->evidence.tokens_per_second = tokens / seconds;
}

static void add_catalog(struct deploy_look *k)
{
    k->pool_count = view_deploy_pools(k->v, k->pools);
    for (size_t i = 0; i < k->pool_count; i++) {
        const struct gpu_pool *p = &k->pools[i];
        k->catalog[i] =
            (struct preflight_pool){p->id, p->memory_gb, p->price_most, p->stock, p->cuda};
    }
    k->evidence.catalog = k->catalog;
    k->evidence.catalog_count = k->pool_count;
}

static void choose(struct deploy_look *k, size_t pool)
{
    const struct gpu_pool *p = &k->pools[pool];
    k->chosen[k->evidence.pool_count++] = k->catalog[pool];
    k->evidence.pools = k->chosen;
    if (!k->priced || p->price_most > k->priced->price_most)
        k->priced = p;
}

/* The one that was named, or those that the plan would choose: only of a model that is known here. */
static void add_pools(struct deploy_look *k)
{
    struct text named = form_get(k->v->form, "gpu");
    int floor = worker_cuda_number(k->evidence.min_cuda);
    bool automatic = opened_is(named, VIEW_DEPLOY_AUTOMATIC);
    for (size_t i = 0; i < k->pool_count && k->evidence.pool_count < VIEW_DEPLOY_CHOSEN; i++) {
        const struct gpu_pool *p = &k->pools[i];
        bool starts = p->cuda == 0 || p->cuda >= floor;
        bool fits = preflight_memory_of(&k->evidence, p->memory_gb).fit == PREFLIGHT_FITS;
        if (automatic ? p->stock != STOCK_NONE && !isnan(p->price_most) && starts && fits
                      : opened_same(p->id, named))
            choose(k, i);
    }
}

static int disk_for(const struct deploy_look *k)
{
    double gb = preflight_weights_gb(&k->evidence);
    return IMAGE_DISK_GB + (gb > 0 && gb < 100000 ? (int)ceil(gb * DISK_ROOM) : 0);
}

void view_deploy_gather(struct deploy_look *k)
{
    struct preflight_evidence *e = &k->evidence;
    const struct form *f = k->v->form;
    const struct model_facts *facts = facts_of(k->v->o.x->store, form_get(f, "repo"));
    preflight_evidence_init(e);
    if (facts) {
        k->model.facts = *facts;
        e->files = &k->model;
    }
    e->repo = form_get(f, "repo").s;
    e->image = form_get(f, "image").s;
    e->name = form_get(f, "name").s;
    e->gpus = gpus_of(k->v);
    e->workers_min = (int)number_of(k->v, "min", 0);
    e->workers_max = (int)number_of(k->v, "max", 0);
    k->image = worker_image_read(e->image);
    e->min_cuda = worker_image_needs_floor(&k->image) ? k->image.cuda : NULL;
    add_env(k);
    add_endpoints(k);
    add_account(k);
    add_throughput(k);
    add_catalog(k);
    add_pools(k);
    e->disk_gb = disk_for(k);
}
