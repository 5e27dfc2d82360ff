/* Computed remedies: the context that fits, the cheapest pool, the GPUs, the disk.
 *
 * What vLLM itself estimated in the log outweighs what is computed here (model/preflight.h), which is an
 * estimate; a remedy is offered only where it is believed to help. */
#include "model/triage_internal.h"

#include "model/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_TOKENS = 16,
    CONTEXT_LEAST = 512, /* less is of no use to anybody */
    CONTEXT_MOST = 1 << 24,
    IMAGE_GB = 10,
    GPUS_MOST = 8, /* of one host */
    DISK_STEP_GB = 10,
    DISK_MOST_GB = 2000
};
static const double GIGA = 1e9, ROOM = 1.2 /* spec/runpod.md §7.2 */, PRICE_CLASS = 1.6;

static double number(const struct crash *c, enum crash_value_kind kind)
{
    const struct crash_value *value = c ? crash_value(c, kind) : NULL;
    return value ? value->number : NAN;
}

/* ---- the context --------------------------------------------------------------------------------------- */

int64_t triage_round_context(int64_t fits)
{
    int64_t best = 0;
    for (int64_t n = CONTEXT_LEAST; n <= fits && n <= CONTEXT_MOST; n *= 2) {
        best = n;
        if (n / 2 * 3 <= fits)
            best = n / 2 * 3;
    }
    return best / BLOCK_TOKENS * BLOCK_TOKENS;
}

static int64_t asked_tokens(const struct triage_reader *r, const struct crash *c)
{
    double said = number(c, CRASH_TOKENS_ASKED);
    int64_t set = triage_env_number(r->v, "MAX_MODEL_LEN");
    if (said > 0 && said < CONTEXT_MOST)
        return (int64_t)said;
    if (set > 0)
        return set;
    if (r->v->endpoint.context_length > 0)
        return r->v->endpoint.context_length;
    return r->v->facts ? r->v->facts->context_length : 0;
}

/* What the log says would fit; 0 = it does not. */
static int64_t logged_tokens(const struct crash *c, int64_t asked)
{
    double fits = number(c, CRASH_TOKENS_FIT), needed = number(c, CRASH_NEEDED_BYTES),
           there = number(c, CRASH_AVAILABLE_BYTES);
    if (fits > 0 && fits < CONTEXT_MOST)
        return (int64_t)fits;
    bool of_cache =
        c && c->cause && strcmp(c->cause->variant ? c->cause->variant : "", "kv-cache") == 0;
    if (of_cache && needed > there && there > 0 && asked > 0)
        return (int64_t)floor((double)asked * there / needed);
    return 0;
}

/* What is computed: a copy of what is set, but for the context. */
static int64_t computed_tokens(const struct triage_reader *r, int64_t asked)
{
    struct preflight_env env[TRIAGE_ENV_MAX];
    struct preflight_evidence v = r->fit;
    int memory = triage_own_memory(r);
    size_t n = 0;
    if (!r->facts_known || memory <= 0 || asked <= 0)
        return 0;
    for (size_t i = 0; i < r->fit.env_count; i++)
        if (strcmp(r->env[i].name, "MAX_MODEL_LEN") != 0)
            env[n++] = r->env[i];
    v.env = env;
    v.env_count = n;
    int64_t low = 0, high = asked / BLOCK_TOKENS + 1;
    while (high - low > 1) {
        v.context = (low + (high - low) / 2) * BLOCK_TOKENS;
        struct preflight_memory m = preflight_memory_of(&v, memory);
        if (isnan(m.cache))
            return 0;
        if (m.fit == PREFLIGHT_FITS)
            low = v.context / BLOCK_TOKENS;
        else
            high = v.context / BLOCK_TOKENS;
    }
    return low * BLOCK_TOKENS;
}

static void mend_context(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c)
{
    int64_t asked = asked_tokens(r, c), fits = logged_tokens(c, asked);
    if (fits <= 0)
        fits = computed_tokens(r, asked);
    int64_t to = triage_round_context(fits < asked ? fits : asked - 1);
    if (fits > 0 && to > 0 && (asked <= 0 || to < asked))
        triage_set_context(r, d, asked, to);
}

/* ---- GPUs and pools -------------------------------------------------------------------------------------- */

static enum preflight_fit pool_fits(const struct triage_reader *r, const struct gpu_pool *p)
{
    return r->facts_known ? preflight_memory_of(&r->fit, p->memory_gb).fit : PREFLIGHT_FIT_UNKNOWN;
}

static bool in_stock(const struct gpu_pool *p)
{
    return p->stock > STOCK_NONE;
}

/* The hosts of a pool have the CUDA that the image and the settings ask for, as far as that is known. */
static bool has_cuda(const struct triage_reader *r, const struct gpu_pool *p)
{
    int image = worker_cuda_number(r->image.cuda);
    int floor_ = r->v->detail_read ? worker_cuda_number(triage_str(r->v->detail.min_cuda)) : 0;
    int wanted = image > floor_ ? image : floor_;
    return p->cuda == 0 || p->cuda >= wanted;
}

/* The cheapest with more memory than those it has, that holds the model. Pools are sorted by price. */
static const struct gpu_pool *larger_pool(const struct triage_reader *r)
{
    int own = triage_own_memory(r);
    for (size_t i = 0; i < r->pool_count; i++) {
        const struct gpu_pool *p = &r->pools[i];
        enum preflight_fit fit = pool_fits(r, p);
        if (p->memory_gb > own && in_stock(p) && has_cuda(r, p) && !triage_uses_pool(r, p->id) &&
            (fit == PREFLIGHT_FITS || fit == PREFLIGHT_FIT_UNKNOWN))
            return p;
    }
    return NULL;
}

/* Generation B uses one GPU of several unless it is told (spec/runpod.md §7.4). */
static bool leaves_gpus_idle(const struct triage_reader *r)
{
    int gpus = r->v->endpoint.gpu_count;
    return gpus > 1 && r->v->detail_read && r->image.generation == WORKER_GENERATION_B &&
           triage_env_number(r->v, "TENSOR_PARALLEL_SIZE") <= 1 &&
           (!r->v->facts || fit_splits(r->v->facts, gpus));
}

static void set_spread(struct triage_reader *r, struct triage_diagnosis *d, int size)
{
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", size);
    const char *pairs[] = {"TENSOR_PARALLEL_SIZE", digits, NULL};
    triage_set_env(r, d, pairs);
}

static void mend_gpus(struct triage_reader *r, struct triage_diagnosis *d)
{
    int now = r->v->endpoint.gpu_count, memory = triage_own_memory(r);
    if (!r->facts_known || memory <= 0 || now <= 0)
        return;
    int gpus = preflight_memory_of(&r->fit, memory).gpus;
    if (gpus > now)
        triage_set_gpus(r, d, gpus);
}

/* Whether so much more of the GPU's memory is what the cache lacks; without numbers it may be. */
static bool suffices(const struct triage_reader *r, const struct crash *c, double share)
{
    double lacks = number(c, CRASH_NEEDED_BYTES) - number(c, CRASH_AVAILABLE_BYTES);
    int memory = triage_own_memory(r);
    return isnan(lacks) || memory <= 0 || share * memory * GIGA >= lacks;
}

static void mend_utilization(
    struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c, bool cache)
{
    const char *set = triage_env(r->v, "GPU_MEMORY_UTILIZATION");
    double now = set ? strtod(set, NULL) : r->image.generation == WORKER_GENERATION_A ? 0.95 : 0.90;
    const char *raise[] = {"GPU_MEMORY_UTILIZATION", "0.95", NULL};
    const char *lower[] = {"GPU_MEMORY_UTILIZATION", "0.85", NULL};
    if (cache && now < 0.94 && suffices(r, c, 0.95 - now))
        triage_set_env(r, d, raise);
    else if (!cache && now > 0.86)
        triage_set_env(r, d, lower);
}

/* vLLM warms up with as many requests as it may run at once. */
static void mend_sequences(
    struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c)
{
    double now = number(c, CRASH_VALUE);
    char digits[16];
    if (!(now > 8) || now > 1e5)
        now = 1024;
    (void)snprintf(digits, sizeof digits, "%d", (int)now / 4);
    const char *pairs[] = {"MAX_NUM_SEQS", digits, NULL};
    triage_set_env(r, d, pairs);
}

void triage_mend_fit(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c)
{
    const char *variant = c && c->cause && c->cause->variant ? c->cause->variant : "";
    bool cache = strcmp(variant, "kv-cache") == 0, weights = strcmp(variant, "weights") == 0;
    bool context =
        !weights && strcmp(variant, "warm-up") != 0 && strcmp(variant, "gpu-in-use") != 0;
    if (leaves_gpus_idle(r))
        set_spread(r, d, r->v->endpoint.gpu_count);
    if (strcmp(variant, "warm-up") == 0)
        mend_sequences(r, d, c);
    if (context)
        mend_context(r, d, c);
    if (!cache && !weights)
        mend_utilization(r, d, c, false);
    const struct gpu_pool *p = larger_pool(r);
    if (p)
        triage_set_pools(r, d, &p->id, 1);
    mend_gpus(r, d);
    if (cache)
        mend_utilization(r, d, c, true);
    if (d->remedy_count == 0)
        triage_by_hand(r, d, "Take GPUs with more memory, or a quantized or smaller model");
}

/* ---- heads ------------------------------------------------------------------------------------------------ */

static int size_that_divides(const struct triage_reader *r, int64_t heads)
{
    int gpus = r->v->endpoint.gpu_count > 0 ? r->v->endpoint.gpu_count : 1;
    for (int size = gpus; size > 1; size--)
        if ((heads <= 0 || heads % size == 0) && (!r->v->facts || fit_splits(r->v->facts, size)))
            return size;
    return 1;
}

void triage_mend_heads(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c)
{
    double said = number(c, CRASH_HEADS);
    int64_t heads = said > 0 && said < 1e6 ? (int64_t)said : r->v->facts ? r->v->facts->heads : 0;
    int64_t now = triage_env_number(r->v, "TENSOR_PARALLEL_SIZE");
    int size = size_that_divides(r, heads);
    bool counts_itself =
        r->image.generation == WORKER_GENERATION_A; /* it takes all GPUs there are */
    bool gpus = c && c->cause && strcmp(c->cause->variant ? c->cause->variant : "", "gpus") == 0;
    double asked = gpus ? number(c, CRASH_TOKENS_ASKED) : NAN;
    if ((heads > 0 || r->v->facts || gpus) && now != size && !counts_itself)
        set_spread(r, d, size);
    if (counts_itself && size < r->v->endpoint.gpu_count)
        triage_set_gpus(r, d, size);
    if (asked > r->v->endpoint.gpu_count && asked <= GPUS_MOST)
        triage_set_gpus(r, d, (int)asked);
    if (d->remedy_count == 0)
        triage_by_hand(
            r, d, "Set TENSOR_PARALLEL_SIZE to a number that divides the attention heads");
}

/* ---- disk -------------------------------------------------------------------------------------------------- */

void triage_mend_disk(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c)
{
    int now = r->v->detail_read ? r->v->detail.disk_gb : -1;
    double weights = preflight_weights_gb(&r->fit), needed = number(c, CRASH_NEEDED_BYTES) / GIGA;
    double want = isnan(weights) ? 0 : IMAGE_GB + ROOM * weights;
    if (needed > 0)
        want = fmax(want, IMAGE_GB + ROOM * needed);
    if (want <= now)
        want = now > 0 ? 2.0 * now : 0; /* it was seen not to suffice */
    if (want <= 0)
        want = 100;
    int gb = (int)fmin(ceil(want / DISK_STEP_GB) * DISK_STEP_GB, DISK_MOST_GB);
    if (gb > now)
        triage_set_disk(r, d, gb);
    triage_by_hand(r, d,
        "Keep the weights off the disk: a network volume, or the host's cached model (console)");
}

/* ---- other hosts ------------------------------------------------------------------------------------------- */

static bool takes(const struct triage_reader *r, const struct gpu_pool *p)
{
    enum preflight_fit fit = pool_fits(r, p);
    bool large = r->facts_known ? fit == PREFLIGHT_FITS || fit == PREFLIGHT_FIT_UNKNOWN
                                : p->memory_gb >= triage_own_memory(r);
    return large && in_stock(p) && has_cuda(r, p) && !triage_uses_pool(r, p->id);
}

/* The cheapest other one. */
void triage_mend_pool(struct triage_reader *r, struct triage_diagnosis *d)
{
    for (size_t i = 0; i < r->pool_count; i++)
        if (takes(r, &r->pools[i])) {
            triage_set_pools(r, d, &r->pools[i].id, 1);
            return;
        }
}

/* Its own pools: those in stock before those that may be so again, with room left for one more. */
static size_t own_pools(const struct triage_reader *r, struct text *pools)
{
    const struct endpoint *e = &r->v->endpoint;
    size_t n = 0;
    for (int there = 1; there >= 0; there--)
        for (size_t i = 0; i < e->pool_count && n < TRIAGE_POOLS_USED - 1; i++) {
            const struct gpu_pool *p = triage_pool(r, e->pools[i]);
            if (p && in_stock(p) == (there == 1))
                pools[n++] = e->pools[i];
        }
    return n;
}

/* Its own stay, the cheapest others join; the second of them only when it is not a different class of price. */
void triage_mend_place(struct triage_reader *r, struct triage_diagnosis *d)
{
    struct text pools[TRIAGE_POOLS_USED];
    size_t kept = own_pools(r, pools), n = kept;
    double usual = r->worker_price / (r->v->endpoint.gpu_count > 0 ? r->v->endpoint.gpu_count : 1);
    for (size_t i = 0; i < r->pool_count && n < TRIAGE_POOLS_USED; i++) {
        const struct gpu_pool *p = &r->pools[i];
        if (!takes(r, p) || (n > kept && p->price_most > PRICE_CLASS * usual))
            continue;
        usual = fmax(usual, p->price_most);
        pools[n++] = p->id;
    }
    if (n > kept)
        triage_set_pools(r, d, pools, n);
    if (r->v->detail_read && r->v->detail.data_centers.len) {
        struct triage_remedy *m =
            triage_remedy(r, d, "by-hand", "Let it run in any data center, not only in %.120s",
                triage_str(r->v->detail.data_centers));
        triage_put(r, triage_patch(r, m), "dataCenterIds", json_new_array());
        triage_means(r, m, "console or API: not a setting that slipway changes");
    }
}
