/* model_row: a row of llm_models (spec/database.md), with what matters here of its metadata. */
#ifndef SLIPWAY_MODEL_MODEL_ROW_H
#define SLIPWAY_MODEL_MODEL_ROW_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { MODEL_ROW_ID_MAX = 40, MODEL_ROW_REMOTE_ID_MAX = 64 };

struct model_row {
    char id[MODEL_ROW_ID_MAX]; /* as a job's; "" = unusable */
    struct text name, provider, base_url, hub_id, served_name, base_model, training_method;
    char endpoint_id[MODEL_ROW_REMOTE_ID_MAX]; /* of metadata, or from base_url; "" */
    struct text revision;                      /* metadata.revision; empty = unknown */
    char training_job_id[MODEL_ROW_ID_MAX];
    int64_t context_length, max_output_tokens;
    double cost_per_request, budget_limit; /* NAN = unknown */
    double price_input, price_output;      /* $ a token; NAN = unknown */
    bool enabled, is_global, is_default;
    int64_t created_ms, updated_ms, last_used_ms; /* -1 = unknown */
};

#endif
