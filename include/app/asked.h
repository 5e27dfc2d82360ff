/* asked: reading what a form, a command line or the journal asked of an operation. Values may be JSON
 * strings (forms) or numbers and booleans (commands). Pure. */
#ifndef SLIPWAY_APP_ASKED_H
#define SLIPWAY_APP_ASKED_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* NULL when absent or empty. Borrowed. */
const char *asked_text(const struct json *asked, const char *key);
/* What a deployment's endpoint is called: "name", else the repository's own name. NULL without either. */
const char *asked_endpoint_name(const struct json *asked);
/* "yes", "true", true. */
bool asked_yes(const struct json *asked, const char *key, bool fallback);
/* Absent gives the fallback; ERR_INPUT when it is no whole number within least..most. */
int asked_number(const struct json *asked, const char *key, int64_t least, int64_t most,
    int64_t fallback, int64_t *out, struct err *e);
/* A list: an array's texts (a flag that was given several times), or a text's words (a form). Into the
 * arena; none is 0 of them. ERR_IO when memory is out. */
int asked_words(const struct json *asked, const char *key, struct arena *a,
    const char *const **words, size_t *n, struct err *e);
/* Bytes a second: "750000", "500k", "2M", "1.5G" (powers of ten). Absent gives 0; ERR_INPUT when it is
 * none, or less than 1000. */
int asked_rate(const struct json *asked, const char *key, int64_t *out, struct err *e);

#endif
