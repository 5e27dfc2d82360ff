/* fit: whether a model roughly fits GPUs: what the deploy form says and what chooses pools. An estimate
 * (spec/huggingface.md §10.3, §10.4). Pure. */
#ifndef SLIPWAY_MODEL_FIT_H
#define SLIPWAY_MODEL_FIT_H

#include "model/checklist.h"

struct fit {
    double weights; /* GB; NAN = unknown (an adapter's base model is): then needed is, too */
    double cache;   /* GB: the KV cache of one sequence of full length; NAN = unknown */
    double rest;    /* GB: activations, CUDA context, graphs */
    double needed;  /* GB in all, over all GPUs of a worker */
    bool splits;    /* as fit_splits */
};

/* `context` <= 0: the model's own length. gpus >= 1. Weights count by their bytes, so that quantized ones
 * count as they are. */
struct fit fit_of(const struct model_facts *facts, int64_t context, int gpus);

/* The part of a GPU's memory that vLLM is told to use when nobody says otherwise (GPU_MEMORY_UTILIZATION); the
 * preflight counts with what is really set. */
#define FIT_UTILIZATION "0.95"

/* Bytes of the KV cache that a token takes on each of so many GPUs, as long as no sliding window has passed
 * it. `element`: bytes of one number, 0 = as the model's dtype has it, 1 = --kv-cache-dtype fp8.
 * 0 = unknown. */
int64_t fit_kv_bytes_per_token(const struct model_facts *facts, int gpus, int element);

/* Bytes of the KV cache of one sequence of so many tokens, on each of so many GPUs: whole blocks, and
 * of layers with a sliding window only what they keep. 0 = unknown. */
double fit_kv_bytes(const struct model_facts *facts, int64_t tokens, int gpus, int element);

/* Whether the attention's heads can be spread evenly over so many GPUs; true while they are unknown. */
bool fit_splits(const struct model_facts *facts, int gpus);

/* The tensor-parallel sizes 1, 2, 4, 8 that split the model; none while its heads are unknown. Returns
 * how many. */
enum { FIT_SIZES_MAX = 4 };
size_t fit_tensor_parallel_sizes(const struct model_facts *facts, int sizes[FIT_SIZES_MAX]);

#endif
