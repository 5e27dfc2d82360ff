/* filter: what a person types behind `/`: words (all must be there, any case), field:value, !not,
 * /regular expression/. "crash endpoint:legal !idle /timeout|reset/".
 *
 * "two words" in double quotes are one term, also behind a field; ! turns any term round; in an
 * expression \/ is a slash. A field's name is letters, digits, - and _ from a letter on, so 14:02 is a
 * word; what only looks like a field or an expression (ValueError:x, /usr/lib) goes into quotes.
 *
 * A row offers its text by field; a plain word looks in all of them. A filter that cannot be
 * understood yet (a half-typed expression) says why and lets everything pass.
 * Regular expressions are PCRE2's, with match limits, so a hostile line cannot stall the screen.
 * Thread: one at a time. Pure. */
#ifndef SLIPWAY_MODEL_FILTER_H
#define SLIPWAY_MODEL_FILTER_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { FILTER_TERMS_MAX = 16, FILTER_BYTES_MAX = 512 };

struct filter;

/* NULL with ERR_INPUT for what cannot be understood, ERR_IO out of memory. An empty one passes all. */
struct filter *filter_new(struct text typed, struct err *e);
void filter_free(struct filter *f); /* NULL is fine */

struct filter_field {
    const char *name; /* lower case: "endpoint" */
    struct text value;
};
/* Whether a row with these fields passes; NULL passes all. An unknown field name never matches. */
bool filter_matches(const struct filter *f, const struct filter_field *fields, size_t count);

#endif
