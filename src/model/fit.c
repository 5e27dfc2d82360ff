/* Weights, the KV cache of one sequence of full length, and what activations and the CUDA context take
 * on each GPU, against nine tenths of the memory. Sizes are in powers of 1000, which errs on the careful
 * side. */
#include "model/fit.h"

#include <math.h>
#include <string.h>

static const double OVERHEAD_GB = 2, USABLE = 0.9, GIGA = 1e9;
enum { BLOCK_TOKENS = 16 };

static double cache_gb(const struct model_facts *f, int64_t context, int gpus)
{
    int64_t tokens = context > 0 ? context : f->context_length;
    if (tokens <= 0 || f->layers <= 0 || f->kv_heads <= 0 || f->head_dim <= 0)
        return NAN;
    bool wide =
        f->dtype.len == strlen("float32") && memcmp(f->dtype.s, "float32", f->dtype.len) == 0;
    double heads = fmax((double)f->kv_heads, gpus); /* fewer heads than GPUs are repeated */
    double blocks = ceil((double)tokens / BLOCK_TOKENS) * BLOCK_TOKENS;
    return (double)f->layers * 2 * heads * (double)f->head_dim * (wide ? 4 : 2) * blocks / GIGA;
}

struct fit fit_of(const struct model_facts *facts, int64_t context, int gpus)
{
    struct fit fit = {.weights = facts->weight_bytes > 0 ? (double)facts->weight_bytes / GIGA : NAN,
        .cache = cache_gb(facts, context, gpus),
        .splits = facts->heads <= 0 || facts->heads % gpus == 0};
    fit.needed =
        fit.weights + (isnan(fit.cache) ? 0.2 * fit.weights : fit.cache) + OVERHEAD_GB * gpus;
    return fit;
}

double fit_usable(int memory_gb, int gpus)
{
    return memory_gb * USABLE * gpus;
}
