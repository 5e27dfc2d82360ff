/* graphql: reads a GraphQL document into the fields it asks for.
 *
 * What it understands: one or several operations (query, mutation, or a bare selection set), names
 * chosen by operationName; variable definitions with defaults; fields with aliases, arguments and
 * selection sets; every literal (numbers, strings, true, false, null, enum words, lists, objects) and
 * variables inside them. What it refuses with a sentence: fragments, directives, block strings and
 * subscriptions, which no client of RunPod sends. Pure: no schema, no world. */
#ifndef SLIPWAY_SIM_GRAPHQL_H
#define SLIPWAY_SIM_GRAPHQL_H

#include "base/err.h"
#include "base/json.h"

#include <stdbool.h>

enum { GRAPHQL_BYTES_MAX = 100 * 1024, GRAPHQL_DEPTH_MAX = 16, GRAPHQL_FIELDS_MAX = 2000 };

/* All of it belongs to the document. */
struct graphql_field {
    const char *key; /* under which the answer goes: the alias, or the name */
    const char *name;
    const struct json *arguments; /* object; variables are filled in; absent ones left out */
    const struct graphql_field *selection; /* first; NULL = no selection set */
    const struct graphql_field *next;
};

struct graphql {
    bool mutation;
    const struct graphql_field *fields; /* of the operation to run, first; never NULL */
    struct arena *arena;
    struct json *values; /* what the fields' arguments point into */
};

/* variables: an object, or NULL; operation: NULL or "" = the only one. NULL with ERR_INPUT and a
 * sentence as a GraphQL server words it. */
struct graphql *graphql_parse(
    const char *text, const struct json *variables, const char *operation, struct err *e);
void graphql_free(struct graphql *g); /* NULL is fine */

#endif
