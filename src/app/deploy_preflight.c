/* Gathers what the preflight's rules look at (model/preflight.h) and tells what they find. What cannot be had
 * stays unknown, and unknown never blocks. */
#include "app/deploy_plan.h"

#include "client/runpod_account.h"
#include "model/preflight.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_MAX = 64, ACCOUNT_ARENA = 8 << 20 };

struct gathering {
    struct deploy_plan *plan;
    struct work *work;
    struct preflight_evidence v;
    struct preflight_env env[DEPLOY_ENV_MAX];
    struct preflight_pool catalog[POOLS_MAX], chosen[ENDPOINT_POOLS_MAX];
};

static void add_repository(struct gathering *g)
{
    const struct deploy_plan *p = g->plan;
    struct preflight_evidence *v = &g->v;
    v->repo = p->repo;
    memcpy(v->revision, p->revision, sizeof v->revision);
    v->exists = KNOWN_YES;
    v->is_private = p->info.is_private;
    v->gated = p->info.gated.len > 0;
    v->disabled = p->info.disabled;
    v->pipeline_tag = p->info.pipeline_tag;
    v->files = p->model_seen ? &p->model.list : NULL;
    v->readable = p->model_seen ? p->model.readable : KNOWN_NOT;
}

static void add_settings(struct gathering *g)
{
    const struct endpoint_plan *p = &g->plan->endpoint;
    struct preflight_evidence *v = &g->v;
    for (size_t i = 0; i < p->env_count; i++)
        g->env[i] =
            (struct preflight_env){p->env[i].name, p->env[i].secret ? NULL : p->env[i].value};
    v->env = g->env;
    v->env_count = p->env_count;
    v->image = p->image;
    v->min_cuda = p->min_cuda;
    v->context = g->plan->context;
    v->gpus = p->gpu_count;
    v->disk_gb = p->disk_gb;
    v->workers_min = p->workers_min;
    v->workers_max = p->workers_max;
    v->name = p->name;
}

static void add_pools(struct gathering *g, const struct gpu_page *gpus)
{
    struct gpu_pool pools[POOLS_MAX];
    size_t count = gpu_pools(gpus, pools, POOLS_MAX);
    count = count < POOLS_MAX ? count : POOLS_MAX;
    const struct endpoint_plan *p = &g->plan->endpoint;
    for (size_t i = 0; i < count; i++)
        g->catalog[i] = (struct preflight_pool){
            pools[i].id, pools[i].memory_gb, pools[i].price_most, pools[i].stock, pools[i].cuda};
    g->v.catalog = g->catalog;
    g->v.catalog_count = count;
    for (size_t k = 0; k < p->pool_count; k++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(pools[i].id.s, p->pools[k]) == 0)
                g->chosen[g->v.pool_count++] = g->catalog[i];
    g->v.pools = g->chosen;
}

/* `ours` is not among the others. */
static void add_endpoints(struct gathering *g, struct arena *a, bool ours)
{
    struct endpoint_page page;
    struct work *w = g->work;
    if (runpod_endpoints(w->engine->runpod, a, &page, w->cancel, NULL))
        return;
    struct text *names = arena_array(a, page.count + 1, sizeof *names);
    if (!names)
        return;
    g->v.workers_used = 0;
    for (size_t i = 0; i < page.count; i++) {
        if (ours && strcmp(page.endpoints[i].name.s, g->plan->name) == 0)
            continue;
        g->v.workers_used += page.endpoints[i].workers_max;
        names[g->v.name_count++] = page.endpoints[i].name;
    }
    g->v.names = names;
    g->v.names_seen = true;
}

static void add_account(struct gathering *g, struct arena *a)
{
    struct account account;
    struct work *w = g->work;
    if (runpod_account(w->engine->runpod, a, &account, NULL, w->cancel, NULL))
        return;
    g->v.balance = account.balance;
    g->v.spend_limit = account.spend_limit;
    g->v.spend_hour = account.spend_hour;
}

static int refuse(const struct preflight *found, struct err *e)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct preflight_line *line = &found->lines[i];
        if (line->level != PREFLIGHT_BLOCKER)
            continue;
        err_set(e, ERR_STATE, 0, "this deployment cannot work: %s: %s%s", line->id,
            line->sentence.s, found->blockers > 1 ? ", and more" : "");
        return line->fix.len ? err_hint(e, "%s", line->fix.s) : -1;
    }
    return 0;
}

/* Blockers first, then warnings; what is fine is only told in a dry run. */
static void tell(const struct preflight *found, struct work *w)
{
    static const enum preflight_level order[] = {
        PREFLIGHT_BLOCKER, PREFLIGHT_WARNING, PREFLIGHT_OK};
    size_t levels = w->flags.dry_run ? 3 : 2;
    for (size_t k = 0; k < levels; k++)
        for (size_t i = 0; i < found->count; i++) {
            const struct preflight_line *line = &found->lines[i];
            if (line->level == order[k])
                work_plan(w, "%s: %s: %s%s%s", preflight_level_name(line->level), line->id,
                    line->sentence.s, line->fix.len ? "; " : "", line->fix.s);
        }
}

int deploy_plan_preflight(struct deploy_plan *p, struct work *w, const struct gpu_page *gpus,
    bool ours, size_t *warnings, struct err *e)
{
    struct preflight found;
    struct gathering *g = calloc(1, sizeof *g);
    struct arena *a = arena_new(ACCOUNT_ARENA);
    int rc = g && a ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    if (rc == 0) {
        g->plan = p;
        g->work = w;
        preflight_evidence_init(&g->v);
        add_repository(g);
        add_settings(g);
        add_pools(g, gpus);
        add_endpoints(g, a, ours);
        add_account(g, a);
        rc = cancel_check(w->cancel, e) || preflight_run(&g->v, a, &found, e) ? -1 : 0;
    }
    if (rc == 0) {
        tell(&found, w);
        *warnings = found.warnings;
        rc = refuse(&found, e);
    }
    arena_free(a);
    free(g);
    return rc;
}
