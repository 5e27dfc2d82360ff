/* env_kept: what of an environment may be kept (journal, remembered forms): all but the values that are keys by
 * their names (model/worker_env.h), however short, and addresses with a password in them. Those that look like
 * keys the redactor masks wherever they are written. Pure. */
#ifndef SLIPWAY_APP_ENV_KEPT_H
#define SLIPWAY_APP_ENV_KEPT_H

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

/* A copy of what was asked for, with "***" for the values of "env" that are keys. The caller frees it. NULL: no
 * memory. */
struct json *env_kept(const struct json *asked);
/* Words of a form (model/env_words.h) without those that set a key. In the arena. */
struct text env_kept_words(struct text words, struct arena *a);

#endif
