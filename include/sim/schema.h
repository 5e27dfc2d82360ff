/* schema: checks a JSON body against a table, the way REST v2 does (spec/runpod.md §4.2: unknown
 * properties, missing ones and wrong values answer 422 with `errors`).
 *
 * A table lists the members an object may have; the first row of a name holds, and a row without a
 * name ends it. Sentences are
 * worded as a JSON Schema validator words them: "$.workers.max: minimum: got -1, want 0".
 * Pure: no state, no world. */
#ifndef SLIPWAY_SIM_SCHEMA_H
#define SLIPWAY_SIM_SCHEMA_H

#include "base/json.h"

#include <stdbool.h>

enum { SCHEMA_ERRORS_MAX = 20 };

enum schema_kind {
    SCHEMA_ANY,
    SCHEMA_STRING,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,
    SCHEMA_BOOL,
    SCHEMA_STRINGS, /* array of strings; words, pattern and matches are for its items */
    SCHEMA_MAP,     /* object whose values are strings */
    SCHEMA_OBJECT,  /* members */
    SCHEMA_OBJECTS, /* array of objects, each with members */
    SCHEMA_VARIANT, /* object whose "type" says which table of `variants` holds (words beside it) */
    SCHEMA_PRESENT, /* the member must be there; what it may be, another row says */
    SCHEMA_INCLUDE  /* all rows of `members`, behind the table's own (the name is not looked at) */
};

enum schema_flags {
    SCHEMA_REQUIRED = 1,
    SCHEMA_NULLABLE = 2,
    SCHEMA_UNIQUE = 4 /* arrays: no item twice */
};

struct schema {
    const char *name;
    enum schema_kind kind;
    unsigned flags;
    double least; /* numbers: value; strings: length in bytes; arrays: items; 0 with most 0 = any */
    double most;  /* 0 = no upper limit */
    const char *const *words; /* allowed strings, ended by NULL */
    const struct schema *members;
    const struct schema *const *variants;
    const char *pattern; /* as shown, with: */
    bool (*matches)(const char *s);
    const char *needs; /* another member that must be there when this one is */
};

/* Pushes a sentence for every violation onto `errors` (an array; at most SCHEMA_ERRORS_MAX). True
 * when there was none. `where` is "$" at the top. */
bool schema_check(
    const struct schema *members, const struct json *body, const char *where, struct json *errors);

/* Pushes one sentence of our own: "where: text". */
void schema_error(struct json *errors, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Patterns used by several tables. */
bool schema_is_cuda(const char *s);          /* ^\d+\.\d+$ */
bool schema_is_cuda_or_empty(const char *s); /* ^$|^\d+\.\d+$ */

#endif
