/* python_value: a value as Python prints it ("{'code': None, 'ok': True}"), as JSON. The worker SDK renders
 * what a handler yields as an error that way (spec/runpod.md §2.3). Pure. */
#ifndef SLIPWAY_MODEL_PYTHON_VALUE_H
#define SLIPWAY_MODEL_PYTHON_VALUE_H

#include "base/buf.h"

enum { PYTHON_DEPTH_MAX = 32 };

/* Appends JSON for a dict, list or tuple of such, strings, numbers, True, False, None. 0; -1 when it is none
 * (also: nan, inf, sets, objects), is nested too deeply or does not fit; `out` is then unchanged. */
int python_value_json(const char *s, size_t n, struct buf *out);

#endif
