/* Weights, the KV cache of one sequence of full length, and what activations and the CUDA context take
 * on each GPU. Sizes are in powers of 1000, which errs on the careful
 * side; so does every default here.
 *
 * The cache keeps for each token and layer a key and a value of every key-value head. Heads are spread over
 * the GPUs, and repeated where there are fewer of them than GPUs. Models with a latent cache (MLA) keep one
 * vector in place of all heads, on every GPU. Layers with a sliding window forget what lies behind it,
 * except for the tokens that are being read in just now. */
#include "model/fit.h"

#include <math.h>
#include <string.h>

static const double REST_GB = 2, GIGA = 1e9;
static const double EXACT_MAX = 9007199254740992; /* 2^53 */
enum { BLOCK_TOKENS = 16, BATCHED_TOKENS = 8192 };

/* ---- the cache ------------------------------------------------------------------------------------- */

static int element_bytes(const struct model_facts *f)
{
    bool wide =
        f->dtype.len == strlen("float32") && memcmp(f->dtype.s, "float32", f->dtype.len) == 0;
    return wide ? 4 : 2;
}

/* Of one layer, for one token, on one GPU. */
static double layer_bytes(const struct model_facts *f, int gpus, int element)
{
    int bytes = element > 0 ? element : element_bytes(f);
    if (f->latent > 0)
        return (double)f->latent * bytes;
    return 2 * ceil((double)f->kv_heads / gpus) * (double)f->head_dim * bytes;
}

static double cached_layers(const struct model_facts *f)
{
    return f->plain_layers < f->layers ? (double)(f->layers - f->plain_layers) : 0;
}

static double windowed_layers(const struct model_facts *f)
{
    return f->window > 0 ? fmin((double)f->window_layers, cached_layers(f)) : 0;
}

static double whole_blocks(double tokens)
{
    return ceil(tokens / BLOCK_TOKENS) * BLOCK_TOKENS;
}

int64_t fit_kv_bytes_per_token(const struct model_facts *facts, int gpus, int element)
{
    double bytes = cached_layers(facts) * layer_bytes(facts, gpus, element);
    return bytes <= EXACT_MAX ? (int64_t)bytes : 0;
}

double fit_kv_bytes(const struct model_facts *facts, int64_t tokens, int gpus, int element)
{
    double kept = fmin((double)tokens, (double)facts->window - 1 + BATCHED_TOKENS);
    double sliding = windowed_layers(facts), whole = cached_layers(facts) - sliding;
    if (tokens <= 0)
        return 0;
    return layer_bytes(facts, gpus, element) *
           (whole * whole_blocks((double)tokens) + sliding * whole_blocks(kept));
}

/* ---- all together ------------------------------------------------------------------------------------ */

bool fit_splits(const struct model_facts *facts, int gpus)
{
    int64_t heads = facts->heads, shared = facts->kv_heads;
    if (heads <= 0)
        return true;
    if (heads % gpus != 0)
        return false;
    return facts->latent > 0 || shared <= 0 || shared % gpus == 0 || gpus % shared == 0;
}

size_t fit_tensor_parallel_sizes(const struct model_facts *facts, int sizes[FIT_SIZES_MAX])
{
    size_t count = 0;
    for (int gpus = 1, i = 0; facts->heads > 0 && i < FIT_SIZES_MAX; i++, gpus *= 2)
        if (fit_splits(facts, gpus))
            sizes[count++] = gpus;
    return count;
}

static double weights_gb(const struct model_facts *f)
{
    return f->weight_bytes > 0 && !f->adapter ? (double)f->weight_bytes / GIGA : NAN;
}

static double cache_gb(const struct model_facts *f, int64_t context, int gpus)
{
    double bytes = fit_kv_bytes(f, context > 0 ? context : f->context_length, gpus, 0);
    return bytes > 0 ? bytes * gpus / GIGA : NAN;
}

struct fit fit_of(const struct model_facts *facts, int64_t context, int gpus)
{
    struct fit fit = {.weights = weights_gb(facts),
        .cache = cache_gb(facts, context, gpus),
        .rest = REST_GB * gpus,
        .splits = fit_splits(facts, gpus)};
    fit.needed = fit.weights + (isnan(fit.cache) ? 0.2 * fit.weights : fit.cache) + fit.rest;
    return fit;
}
