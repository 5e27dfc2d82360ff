/* fit: whether a model roughly fits GPUs: what the deploy form says and what chooses pools. An estimate
 * (spec/huggingface.md §10.3, §10.4). Pure. */
#ifndef SLIPWAY_MODEL_FIT_H
#define SLIPWAY_MODEL_FIT_H

#include "model/checklist.h"

struct fit {
    double weights; /* GB; NAN = unknown: then needed is, too */
    double cache;   /* GB: the KV cache of one sequence of full length; NAN = unknown */
    double needed;  /* GB in all, over all GPUs of a worker */
    bool splits;    /* the attention heads can be spread evenly over so many GPUs */
};

/* `context` <= 0: the model's own length. gpus >= 1. */
struct fit fit_of(const struct model_facts *facts, int64_t context, int gpus);

/* What vLLM may use of so many GPUs' memory, GB. */
double fit_usable(int memory_gb, int gpus);

#endif
