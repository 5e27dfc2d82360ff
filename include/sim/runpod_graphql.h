/* runpod_graphql: the GraphQL surface of the RunPod account (spec/runpod.md §4.7).
 *
 *   graphql.c               reads a document (pure)
 *   runpod_graphql.c        checks it against the schema, runs it, answers
 *   runpod_graphql_schema.c the schema: one table
 *   runpod_graphql_read.c, _pod.c, _catalog.c         what queries read
 *   runpod_graphql_write.c, _write_endpoint.c         what mutations do */
#ifndef SLIPWAY_SIM_RUNPOD_GRAPHQL_H
#define SLIPWAY_SIM_RUNPOD_GRAPHQL_H

#include "sim/runpod_http.h"

struct graphql_call {
    struct sim *s;
    const char *key; /* NULL = none */
    enum key_right right;
    const char *root;    /* answer key of the top-level field that runs now */
    struct json *errors; /* array */
};

/* A field's value, owned by the caller: a scalar, an object with every member that its type's table
 * may be asked for, or an array of such. `parent` is the object it is of (NULL at the top). NULL
 * gives null. */
typedef struct json *graphql_resolve_fn(
    struct graphql_call *c, const struct json *parent, const struct json *arguments);

struct graphql_row {
    const char *type, *name;
    const char *of;              /* the type of its value; NULL = a scalar */
    graphql_resolve_fn *resolve; /* NULL = the parent's member of that name */
    const char *bare; /* not NULL: a list that may be asked for without a selection set as well; it
                         then holds this member of each item */
};
extern const struct graphql_row graphql_schema[]; /* ended by type NULL */

/* Notes an error of the field that runs now, with the code of business errors. Returns NULL. */
struct json *graphql_refuse(struct graphql_call *c, const char *message);

graphql_resolve_fn read_myself, read_endpoint, read_gpu_types, read_lowest_price, read_pools,
    read_data_centers, read_pod, read_nothing;
graphql_resolve_fn write_template, write_endpoint, write_delete_endpoint, write_delete_template,
    write_endpoint_template, write_workers_min, write_workers_max, write_pod_deploy,
    write_pod_resume, write_pod_stop, write_pod_terminate, write_user_settings;

/* The endpoint when the key may see it. */
struct endpoint *graphql_find(struct graphql_call *c, const char *id);

/* One object as the schema's type shows it. */
struct json *graphql_endpoint(struct sim *s, const struct endpoint *e);
struct json *graphql_template(const struct named_row *t);
struct json *graphql_pod(struct sim *s, struct named_row *pod);

/* [{key,value}] of an object of strings, and back. */
struct json *graphql_pairs(const struct json *map);
struct json *graphql_map(const struct json *pairs);
/* The words joined by `by`, each with `before` in front; and "a,b,c" as a member. */
void graphql_join(struct buf *out, const struct json *words, const char *by, const char *before);
void graphql_add_joined(struct json *out, const char *key, const struct json *words);
/* The comma-separated words of `text` (may be NULL) that begin with `sign` ('-'), without it; or,
 * with sign 0, those that do not. */
struct json *graphql_split(const char *text, char sign);
/* A template's fields as REST spells them, of a GraphQL input. */
struct json *graphql_template_fields(const struct json *input);

#endif
