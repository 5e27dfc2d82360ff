/* pretty: JSON as people read it: a member a line, indented; strings with line feeds (tracebacks) as
 * lines. */
#ifndef SLIPWAY_UI_PRETTY_H
#define SLIPWAY_UI_PRETTY_H

#include "base/json.h"

/* A block in the arena when `t` is a JSON object or array and there is room; else `t` itself. */
struct text pretty_text(struct arena *a, struct text t);
/* The same of a tree; empty when there is no room. */
struct text pretty_json(struct arena *a, const struct json *j);

#endif
