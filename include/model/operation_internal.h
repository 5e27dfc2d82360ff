/* operation_internal: for the store. */
#ifndef SLIPWAY_MODEL_OPERATION_INTERNAL_H
#define SLIPWAY_MODEL_OPERATION_INTERNAL_H

#include "model/operation.h"

/* Whether two records of an operation say the same, but for when they were updated. */
bool operation_same(const struct operation *a, const struct operation *b);

#endif
