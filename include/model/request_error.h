/* request_error: what went wrong with a request, as its `error` says it (spec/runpod.md §2.3, §7.6): JSON of the
 * worker SDK, a dict as Python prints it, a traceback, or a sentence of the platform. Pure. */
#ifndef SLIPWAY_MODEL_REQUEST_ERROR_H
#define SLIPWAY_MODEL_REQUEST_ERROR_H

#include "base/json.h"

enum { REQUEST_WHY_MAX = 240 };

/* It in one line of at most REQUEST_WHY_MAX bytes, in the arena: "ValueError: the prompt is empty". Empty for
 * an empty error, or without room. */
struct text request_error_line(struct arena *a, struct text error);

/* As a JSON document, when it is one or a Python dict; else NULL. The caller frees it. */
struct json *request_error_json(struct text error);

#endif
