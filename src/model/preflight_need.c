/* How much memory a GPU of the worker needs, as vLLM counts it (spec/huggingface.md §10.4): its share of the
 * weights, the cache of one sequence of full length, and the rest, against the part of the memory that it may
 * use.
 *
 * Two bounds keep estimates from stopping anybody. A card of "24 GB" has at least 24e9 bytes and at most
 * 24 GiB; and the rest is the least certain part. So it never fits when weights and cache alone are more than
 * the larger memory, and it is tight when all together is more than the smaller one. */
#include "model/preflight_internal.h"

#include "model/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double GIGA = 1e9, GIBI = 1073741824.0 / 1e9;
enum { BLOCK_TOKENS = 16, HALF_BYTES = 2, WIDE_BYTES = 4 };

/* ---- how it is run ---------------------------------------------------------------------------------- */

static bool is_value(const struct preflight_evidence *v, const char *name, const char *word)
{
    const char *value = preflight_env_value(v, name, NULL);
    return value && strcasecmp(value, word) == 0;
}

static bool is_wide(const struct preflight_evidence *v)
{
    return is_value(v, "DTYPE", "float32") || is_value(v, "DTYPE", "float");
}

static int element_bytes(const struct preflight_evidence *v)
{
    const char *cache = preflight_env_value(v, "KV_CACHE_DTYPE", NULL);
    if (cache && strncmp(cache, "fp8", 3) == 0)
        return 1;
    return is_wide(v) ? WIDE_BYTES : HALF_BYTES;
}

/* Generation A spreads over all GPUs, whatever is set; B over one unless it is told. */
static int spread_of(const struct preflight_look *l)
{
    int64_t told = preflight_env_number(l->v, "TENSOR_PARALLEL_SIZE", 0);
    int gpus = l->v->gpus > 1 ? l->v->gpus : 1;
    if (l->image.generation == WORKER_GENERATION_B && told <= 0)
        return 1;
    bool heeded = l->image.generation != WORKER_GENERATION_A && told > 0 && told <= gpus;
    return heeded ? (int)told : gpus;
}

bool preflight_utilization(const struct preflight_evidence *v, double *out)
{
    const char *value = preflight_env_value(v, "GPU_MEMORY_UTILIZATION", NULL);
    char *end = NULL;
    *out = value ? strtod(value, &end) : 0;
    return value && end != value && !*end;
}

static double utilization_of(const struct preflight_look *l)
{
    double told;
    if (preflight_utilization(l->v, &told) && told > 0 && told <= 1)
        return told;
    return l->image.generation == WORKER_GENERATION_A ? 0.95 : 0.9;
}

/* "auto" and -1 leave it to vLLM, which takes what fits. */
static int64_t context_of(const struct preflight_look *l)
{
    bool set = false;
    (void)preflight_env_value(l->v, "MAX_MODEL_LEN", &set);
    int64_t told = preflight_env_number(l->v, "MAX_MODEL_LEN", 0);
    if (set)
        return told > 0 ? told : 0;
    if (l->v->context > 0)
        return l->v->context;
    return l->facts ? l->facts->context_length : 0;
}

/* What is quantized only while it is loaded takes less than its files, nobody here knows how much. */
static bool is_shrunk(const struct preflight_look *l)
{
    const char *how = preflight_env_value(l->v, "QUANTIZATION", NULL);
    return how && how[0] && l->facts && l->facts->quantization.len == 0;
}

static bool is_float32(struct text dtype)
{
    return dtype.len == 7 && memcmp(dtype.s, "float32", 7) == 0;
}

/* vLLM makes halves of wide numbers, unless it is told not to. Quantized weights stay as they are. */
static double weights_bytes(const struct preflight_look *l)
{
    const struct model_facts *f = l->facts;
    if (!f || f->adapter || f->weight_bytes <= 0)
        return NAN;
    double bytes = (double)f->weight_bytes;
    if (!f->quantization.len && !is_wide(l->v))
        bytes = f->parameters > 0      ? fmin(bytes, HALF_BYTES * (double)f->parameters)
                : is_float32(f->dtype) ? bytes / 2
                                       : bytes;
    return bytes + (l->listed != f ? (double)l->listed->weight_bytes : 0);
}

/* ---- the need ------------------------------------------------------------------------------------ */

static double cache_gb(const struct preflight_look *l, int64_t context, int spread)
{
    double bytes = l->facts ? fit_kv_bytes(l->facts, context, spread, l->need.element) : 0;
    return bytes > 0 ? bytes / GIGA : NAN;
}

struct preflight_need preflight_need_over(const struct preflight_look *l, int spread)
{
    struct preflight_need n = l->need;
    double offloaded = (double)preflight_env_number(l->v, "CPU_OFFLOAD_GB", 0) * GIBI;
    n.spread = spread;
    n.weights = fmax(weights_bytes(l) / GIGA / spread - offloaded, 0);
    if (isnan(weights_bytes(l)))
        n.weights = NAN;
    n.cache = cache_gb(l, n.context, spread);
    return n;
}

void preflight_need_find(struct preflight_look *l)
{
    const struct model_facts none = {0};
    l->need = (struct preflight_need){.rest = fit_of(&none, 0, 1).rest,
        .utilization = utilization_of(l),
        .context = context_of(l),
        .element = element_bytes(l->v),
        .shrinks = is_shrunk(l)};
    l->need = preflight_need_over(l, spread_of(l));
}

int preflight_need_gpus(const struct preflight_look *l, int memory_gb)
{
    int sizes[FIT_SIZES_MAX];
    size_t count = l->facts ? fit_tensor_parallel_sizes(l->facts, sizes) : 0;
    for (size_t i = 0; i < count; i++) {
        struct preflight_need n = preflight_need_over(l, sizes[i]);
        if (preflight_need_fits(&n, memory_gb) == PREFLIGHT_FITS)
            return sizes[i];
    }
    return 0;
}

struct preflight_memory preflight_memory_of(const struct preflight_evidence *v, int memory_gb)
{
    struct preflight_look l = preflight_look_at(v);
    preflight_need_find(&l);
    const struct preflight_need *n = &l.need;
    return (struct preflight_memory){.weights = n->weights,
        .cache = n->cache,
        .rest = n->rest,
        .needed = preflight_need_sum(n),
        .usable = memory_gb * n->utilization,
        .fit = preflight_need_fits(n, memory_gb),
        .gpus = preflight_need_gpus(&l, memory_gb),
        .context = n->context};
}

double preflight_weights_gb(const struct preflight_evidence *v)
{
    struct preflight_look l = preflight_look_at(v);
    if (!l.facts || l.facts->adapter || l.facts->weight_bytes <= 0)
        return NAN;
    double bytes = (double)l.facts->weight_bytes;
    return (bytes + (l.listed != l.facts ? (double)l.listed->weight_bytes : 0)) / GIGA;
}

double preflight_need_sum(const struct preflight_need *n)
{
    return (isnan(n->weights) ? 0 : n->weights) + (isnan(n->cache) ? 0 : n->cache) + n->rest;
}

enum preflight_fit preflight_need_fits(const struct preflight_need *n, int memory_gb)
{
    if (memory_gb <= 0 || isnan(n->weights))
        return PREFLIGHT_FIT_UNKNOWN;
    double least = memory_gb * n->utilization, certain = preflight_need_sum(n) - n->rest;
    if (certain > least * GIBI && !n->shrinks)
        return PREFLIGHT_NEVER;
    return preflight_need_sum(n) > least ? PREFLIGHT_TIGHT : PREFLIGHT_FITS;
}

/* By halves, in whole blocks: a longer context never takes less. */
int64_t preflight_need_context(const struct preflight_look *l, int memory_gb)
{
    struct preflight_need n = l->need;
    int64_t fits = 0, not = n.context / BLOCK_TOKENS + 1;
    if (isnan(n.cache))
        return 0;
    while (not -fits > 1) {
        int64_t middle = fits + (not -fits) / 2;
        n.cache = cache_gb(l, middle * BLOCK_TOKENS, n.spread);
        if (preflight_need_fits(&n, memory_gb) == PREFLIGHT_FITS)
            fits = middle;
        else
            not = middle;
    }
    return fits * BLOCK_TOKENS;
}

/* ---- pools ------------------------------------------------------------------------------------- */

static bool is_better(const struct preflight_pool *a, const struct preflight_pool *b)
{
    if (!b || a->memory_gb != b->memory_gb)
        return !b || a->memory_gb < b->memory_gb;
    return a->price_hour < b->price_hour;
}

const struct preflight_pool *preflight_need_pool(const struct preflight_look *l)
{
    const struct preflight_pool *best = NULL;
    for (size_t i = 0; i < l->v->catalog_count; i++) {
        const struct preflight_pool *p = &l->v->catalog[i];
        if (p->stock != STOCK_NONE && p->stock != STOCK_UNKNOWN &&
            preflight_need_fits(&l->need, p->memory_gb) == PREFLIGHT_FITS && is_better(p, best))
            best = p;
    }
    return best;
}

double preflight_price(const struct preflight_evidence *v)
{
    double most = NAN;
    for (size_t i = 0; i < v->pool_count; i++) {
        if (isnan(v->pools[i].price_hour))
            return NAN;
        most = fmax(most, v->pools[i].price_hour);
    }
    return most * v->gpus;
}
