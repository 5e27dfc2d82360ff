/* Whether the endpoint can still work after the change: the rules of a deployment (model/preflight.h), run
 * twice: over what is there, and over what is wanted. Only what the change brings is told; and only what it
 * breaks stops it, so that an endpoint that does not work can be mended one setting at a time.
 *
 * Of the environment the rules see what was changed, and the few names that they reckon with. */
#include "app/change.h"

#include "client/runpod_account.h"
#include "model/preflight.h"
#include "ui/say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_MAX = 64, LOOK_ARENA = 8 << 20, ENV_MAX = 2 * CHANGE_ENV_MAX };

static const char *const reckoned[] = {"MODEL_NAME", "MAX_MODEL_LEN", "TENSOR_PARALLEL_SIZE",
    "PIPELINE_PARALLEL_SIZE", "DATA_PARALLEL_SIZE", "GPU_MEMORY_UTILIZATION", "KV_CACHE_DTYPE",
    "QUANTIZATION", "CPU_OFFLOAD_GB", "TRUST_REMOTE_CODE", "CUSTOM_CHAT_TEMPLATE",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "RUNPOD_INIT_TIMEOUT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"};
enum { RECKONED = sizeof reckoned / sizeof *reckoned };

struct side {
    struct preflight_evidence v;
    struct preflight_env env[ENV_MAX];
    struct preflight_pool chosen[ENDPOINT_POOLS_MAX];
    struct preflight found;
};
struct gathering {
    struct change *c;
    struct preflight_pool catalog[POOLS_MAX];
    size_t catalog_count;
    struct side before, after;
};

/* ---- the model ------------------------------------------------------------------------------------------ */

/* The number of workers says nothing about the model. */
static bool touches_the_model(const struct change *c)
{
    const struct endpoint_change *w = &c->want;
    return w->image || w->pool_count || w->gpu_count >= 0 || w->disk_gb >= 0 || w->set_count ||
           w->unset_count;
}

int change_look_at_model(struct change *c, struct err *e)
{
    struct work *w = c->w;
    const char *revision = c->now->revision.len ? c->now->revision.s : NULL;
    if (!c->now->model.len || !touches_the_model(c))
        return 0;
    c->model_seen =
        !hub_info(w->engine->hub, c->now->model.s, revision, w->keep, &c->info, w->cancel, NULL) &&
        !hub_model_facts(w->engine->hub, &c->info, w->keep, &c->model, w->cancel, NULL);
    return cancel_check(w->cancel, e);
}

static void add_model(const struct change *c, struct preflight_evidence *v)
{
    if (!c->model_seen)
        return;
    v->repo = c->now->model.s;
    memcpy(v->revision, c->info.sha, sizeof v->revision);
    v->exists = KNOWN_YES;
    v->is_private = c->info.is_private;
    v->gated = c->info.gated.len > 0;
    v->disabled = c->info.disabled;
    v->pipeline_tag = c->info.pipeline_tag;
    v->files = &c->model.list;
    v->readable = c->model.readable;
}

/* ---- the settings ----------------------------------------------------------------------------------------- */

static const char *set_value(const struct change *c, const char *name)
{
    for (size_t i = 0; i < c->want.set_count; i++)
        if (strcmp(c->want.set[i].name, name) == 0)
            return c->want.set[i].value;
    return NULL;
}

static bool is_unset(const struct change *c, const char *name)
{
    for (size_t i = 0; i < c->want.unset_count; i++)
        if (strcmp(c->want.unset[i], name) == 0)
            return true;
    return false;
}

static void put(struct side *s, const char *name, const char *value)
{
    if (s->v.env_count < ENV_MAX)
        s->env[s->v.env_count++] =
            (struct preflight_env){name, worker_env_is_secret(name) ? NULL : value};
}

static void add_env(const struct change *c, struct side *s, bool after)
{
    for (size_t i = 0; i < RECKONED; i++) {
        const char *value = runpod_settings_env(c->settings, reckoned[i]);
        if (value && !(after && (set_value(c, reckoned[i]) || is_unset(c, reckoned[i]))))
            put(s, reckoned[i], value);
    }
    for (size_t i = 0; after && i < c->want.set_count; i++)
        put(s, c->want.set[i].name, c->want.set[i].value);
    s->v.env = s->env;
}

static void add_pools(const struct gathering *g, struct side *s, bool after)
{
    const struct change *c = g->c;
    bool wanted = after && c->want.pool_count;
    size_t n = wanted ? c->want.pool_count : c->now->pool_count;
    for (size_t k = 0; k < n && k < ENDPOINT_POOLS_MAX; k++) {
        const char *id = wanted ? c->want.pools[k] : c->now->pools[k].s;
        for (size_t i = 0; i < g->catalog_count; i++)
            if (strcmp(g->catalog[i].id.s, id) == 0)
                s->chosen[s->v.pool_count++] = g->catalog[i];
    }
    s->v.pools = s->chosen;
    s->v.catalog = g->catalog;
    s->v.catalog_count = g->catalog_count;
}

static int either(bool after, int wanted, int now)
{
    return after && wanted >= 0 ? wanted : now;
}

static void fill(const struct gathering *g, struct side *s, bool after, struct arena *a)
{
    const struct change *c = g->c;
    const struct endpoint_change *want = &c->want;
    struct endpoint_detail detail;
    preflight_evidence_init(&s->v);
    add_model(c, &s->v);
    add_env(c, s, after);
    add_pools(g, s, after);
    runpod_settings_detail(c->settings, a, &detail);
    s->v.image = after && want->image ? want->image : c->now->image.s;
    s->v.min_cuda = after && want->min_cuda ? want->min_cuda : detail.min_cuda.s;
    s->v.gpus = either(after, want->gpu_count, c->now->gpu_count);
    s->v.disk_gb = either(after, want->disk_gb, detail.disk_gb);
    s->v.stored_elsewhere = detail.volumes.len > 0 || s->v.disk_gb < 0;
    s->v.workers_min = either(after, want->workers_min, c->now->workers_min);
    s->v.workers_max = either(after, want->workers_max, c->now->workers_max);
    s->v.workers_used = (int)c->others_max;
    s->v.name = c->name.s;
}

static void add_catalog(struct gathering *g)
{
    struct gpu_pool pools[POOLS_MAX];
    size_t n = gpu_pools(&g->c->gpus, pools, POOLS_MAX);
    g->catalog_count = n < POOLS_MAX ? n : POOLS_MAX;
    for (size_t i = 0; i < g->catalog_count; i++)
        g->catalog[i] = (struct preflight_pool){
            pools[i].id, pools[i].memory_gb, pools[i].price_most, pools[i].stock, pools[i].cuda};
}

static void add_account(const struct change *c, struct gathering *g, struct arena *a)
{
    struct account account;
    if (runpod_account(c->w->engine->runpod, a, &account, NULL, c->w->cancel, NULL))
        return;
    g->before.v.balance = g->after.v.balance = account.balance;
    g->before.v.spend_limit = g->after.v.spend_limit = account.spend_limit;
    g->before.v.spend_hour = g->after.v.spend_hour = account.spend_hour;
}

/* ---- what is told -------------------------------------------------------------------------------------------- */

/* What a change can be about. Of a redeployment everything that is said of the model counts, too. */
static bool matters(const struct change *c, const char *id)
{
    static const char *const always[] = {"image", "settings", "memory", "disk", "cuda", "stock"};
    static const char *const model[] = {"repository", "files", "access"};
    bool more = c->want.workers_max > c->now->workers_max ||
                c->want.workers_min > c->now->workers_min || c->want.gpu_count > c->now->gpu_count;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (strcmp(always[i], id) == 0)
            return touches_the_model(c);
    for (size_t i = 0; i < sizeof model / sizeof *model; i++)
        if (strcmp(model[i], id) == 0)
            return c->verb == CHANGE_REVISION;
    return more && (strcmp(id, "quota") == 0 || strcmp(id, "balance") == 0);
}

/* Whether what is wanted needs another amount of memory, or has another amount of it. */
static bool weighs(const struct change *c)
{
    static const char *const names[] = {"MAX_MODEL_LEN", "TENSOR_PARALLEL_SIZE",
        "PIPELINE_PARALLEL_SIZE", "DATA_PARALLEL_SIZE", "GPU_MEMORY_UTILIZATION", "KV_CACHE_DTYPE",
        "QUANTIZATION", "CPU_OFFLOAD_GB"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (set_value(c, names[i]) || is_unset(c, names[i]))
            return true;
    return c->want.pool_count || c->want.gpu_count >= 0;
}

/* That the model was not seen is said again where it means that the change itself was not checked. */
static bool said_before(const struct gathering *g, const struct preflight_line *line)
{
    if (g->c->now->model.len && !g->c->model_seen && strcmp(line->id, "memory") == 0 &&
        weighs(g->c))
        return false;
    for (size_t i = 0; g->c->verb != CHANGE_REVISION && i < g->before.found.count; i++) {
        const struct preflight_line *b = &g->before.found.lines[i];
        if (b->level == line->level && strcmp(b->id, line->id) == 0 &&
            strcmp(b->sentence.s, line->sentence.s) == 0)
            return true;
    }
    return false;
}

static bool was_blocked(const struct gathering *g, const char *id)
{
    for (size_t i = 0; g->c->verb != CHANGE_REVISION && i < g->before.found.count; i++)
        if (g->before.found.lines[i].level == PREFLIGHT_BLOCKER &&
            strcmp(g->before.found.lines[i].id, id) == 0)
            return true;
    return false;
}

static int refuse(const struct preflight_line *line, struct err *e)
{
    err_set(e, ERR_STATE, 0, "this cannot work: %s: %s", line->id, line->sentence.s);
    return line->fix.len ? err_hint(e, "%s", line->fix.s) : -1;
}

static int tell(struct gathering *g, size_t *warnings, struct err *e)
{
    static const enum preflight_level order[] = {PREFLIGHT_BLOCKER, PREFLIGHT_WARNING};
    const struct preflight_line *breaks = NULL;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < g->after.found.count; i++) {
            const struct preflight_line *line = &g->after.found.lines[i];
            if (line->level != order[k] || !matters(g->c, line->id) || said_before(g, line))
                continue;
            bool blocks = line->level == PREFLIGHT_BLOCKER;
            bool new = blocks && !was_blocked(g, line->id);
            if (new && !breaks)
                breaks = line;
            work_plan(g->c->w, "%s: %s: %s%s%s",
                blocks && !new ? "still" : preflight_level_name(line->level), line->id,
                line->sentence.s, line->fix.len ? "; " : "", line->fix.s);
            ++*warnings;
        }
    return breaks ? refuse(breaks, e) : 0;
}

/* The rules compare a length with what the model says of itself; where that is not known nobody did. */
static void tell_unchecked_length(const struct change *c, size_t *warnings)
{
    const char *tokens = set_value(c, "MAX_MODEL_LEN");
    tokens = tokens ? tokens : set_value(c, "MAX_MODEL_LENGTH");
    if (!tokens || (c->model_seen && c->model.list.facts.context_length > 0))
        return;
    work_plan(c->w, "%s: settings: whether the model allows %.20s tokens could not be checked: %s",
        preflight_level_name(PREFLIGHT_WARNING), tokens,
        c->model_seen ? "it does not say its own limit" : "it could not be read");
    ++*warnings;
}

int change_preflight(struct change *c, size_t *warnings, struct err *e)
{
    struct gathering *g = calloc(1, sizeof *g);
    struct arena *a = arena_new(LOOK_ARENA);
    int rc = g && a ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    *warnings = 0;
    if (!rc) {
        g->c = c;
        add_catalog(g);
        fill(g, &g->before, false, a);
        fill(g, &g->after, true, a);
        add_account(c, g, a);
        rc = cancel_check(c->w->cancel, e) || preflight_run(&g->before.v, a, &g->before.found, e) ||
             preflight_run(&g->after.v, a, &g->after.found, e);
    }
    if (!rc)
        rc = tell(g, warnings, e);
    if (!rc)
        tell_unchecked_length(c, warnings);
    arena_free(a);
    free(g);
    return rc ? -1 : 0;
}
