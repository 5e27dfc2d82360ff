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
/* The one expression as it stands, upper and lower case the same: what --grep takes. */
struct filter *filter_of_expression(const char *expression, struct err *e);

/* Where in `value` something stands that the filter looks for (not what it must not have), from byte `from`
 * on: the first such piece. `field` is the value's name. False when there is none (any more). */
bool filter_find(const struct filter *f, const char *field, struct text value, size_t from,
    size_t *start, size_t *end);
/* Whether a row with these fields passes; NULL passes all. An unknown field name never matches. */
bool filter_matches(const struct filter *f, const struct filter_field *fields, size_t count);

/* Whether what passes the second, as it was typed, surely passes the first as well: a person typed on. Both
 * can be understood. */
bool filter_narrows(struct text first, struct text second);

#endif
