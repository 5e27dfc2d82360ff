/* env_words: what a person types to change an environment, in one line: NAME=VALUE sets, -NAME takes away.
 * Words are parted by spaces; "…" and '…' keep what is between them together. Pure. */
#ifndef SLIPWAY_MODEL_ENV_WORDS_H
#define SLIPWAY_MODEL_ENV_WORDS_H

#include "base/err.h"

#include <stdbool.h>

enum { ENV_WORD_MAX = 4096, ENV_WORD_NAME_MAX = 128 };

/* Hands each to `each` (may be NULL: only looks), in order; value NULL = taken away. Both are borrowed during
 * the call. ERR_INPUT at the first word that is neither, or whatever `each` returns -1 with. */
int env_words(const char *words,
    int (*each)(void *arg, const char *name, const char *value, struct err *e), void *arg,
    struct err *e);

/* Letters, digits and _, not beginning with a digit. */
bool env_name_ok(const char *name);

#endif
