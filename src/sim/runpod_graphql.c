/* runpod_graphql: POST /graphql.
 *
 * A document is first checked as a whole against the table of the schema: a field that is not there,
 * or a selection set too many or too few, answers 400 before anything ran, as the real server does.
 * Then every top-level field is resolved into one JSON value that holds all its type may be asked
 * for, and the answer is that value cut down to the selection. Resolvers with arguments inside an
 * object run while cutting.
 *
 * The key: none at all is allowed and finds no account (myself is null), one that never was answers
 * 401; mutations without a right to write are refused in errors[]. Business errors come with HTTP
 * 200, errors[] and null (spec §4.7). Introspection is disabled. */
#include "sim/runpod_graphql.h"

#include "sim/graphql.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <string.h>

/* ---- errors ------------------------------------------------------------------------------------------ */

static void add_error(struct json *errors, const char *message, const char *code, const char *field)
{
    struct json *error = json_new_object(), *extensions = json_new_object();
    (void)json_add_str(error, "message", message);
    if (field != NULL) {
        struct json *path = json_new_array();
        (void)json_push(path, json_new_string(field));
        (void)json_add(error, "path", path);
    }
    (void)json_add_str(extensions, "code", code);
    (void)json_add(error, "extensions", extensions);
    (void)json_push(errors, error);
}

struct json *graphql_refuse(struct graphql_call *c, const char *message)
{
    add_error(c->errors, message, "RUNPOD", c->root);
    return NULL;
}

/* An answer without data. */
static void answer_error(struct reply *p, int status, const char *message, const char *code)
{
    struct json *errors = json_new_array(), *body = json_new_object();
    add_error(errors, message, code, NULL);
    (void)json_add(body, "errors", errors);
    reply_json(p, status, body);
}

/* ---- checking ------------------------------------------------------------------------------------------- */

static const struct graphql_row *row_of(const char *type, const char *name)
{
    const struct graphql_row *row = graphql_schema;
    while (row->type != NULL && (strcmp(row->type, type) != 0 || strcmp(row->name, name) != 0)) {
        row++;
    }
    return row->type == NULL ? NULL : row;
}

/* The first thing wrong with a selection; false when there is one. Depth: the parser's. */
static bool selection_valid(const struct graphql_field *f, const char *type, char *why, size_t size)
{
    for (; f != NULL; f = f->next) {
        if (strcmp(f->name, "__typename") == 0) {
            continue;
        }
        const struct graphql_row *row = row_of(type, f->name);
        if (row == NULL) {
            bool introspection = strncmp(f->name, "__", 2) == 0;
            (void)snprintf(why, size,
                introspection ? "GraphQL introspection is not allowed, but the query contained "
                                "\"%.80s\" on type \"%.40s\"."
                              : "Cannot query field \"%.80s\" on type \"%.40s\".",
                f->name, type);
            return false;
        }
        if (row->of == NULL && f->selection != NULL) {
            (void)snprintf(why, size,
                "Field \"%.80s\" must not have a selection since it has no subfields.", f->name);
            return false;
        }
        if (row->of != NULL && f->selection == NULL && row->bare == NULL) {
            (void)snprintf(why, size,
                "Field \"%.80s\" of type \"%.40s\" must have a selection of subfields. Did you mean "
                "\"%.80s { ... }\"?",
                f->name, row->of, f->name);
            return false;
        }
        if (row->of != NULL && !selection_valid(f->selection, row->of, why, size)) {
            return false;
        }
    }
    return true;
}

/* ---- running ---------------------------------------------------------------------------------------------- */

static struct json *cut(struct graphql_call *c, const char *type, const struct json *value,
    const struct graphql_field *f);

/* One member of each item: a list that was asked for without a selection set. */
static struct json *bare_list(const struct json *list, const char *member)
{
    struct json *out = json_new_array();
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        (void)json_push(out, json_new_string(json_str(item, member)));
    }
    return out;
}

static struct json *cut_field(struct graphql_call *c, const char *type, const struct json *value,
    const struct graphql_field *f)
{
    if (strcmp(f->name, "__typename") == 0) {
        return json_new_string(type);
    }
    const struct graphql_row *row = row_of(type, f->name);
    if (row == NULL) {
        return json_new_null();
    }
    struct json *made = row->resolve == NULL ? NULL : row->resolve(c, value, f->arguments);
    const struct json *found = row->resolve == NULL ? json_get(value, f->name) : made;
    struct json *out = NULL;
    if (f->selection != NULL) {
        out = cut(c, row->of, found, f->selection);
    } else if (row->of != NULL) {
        out = bare_list(found, row->bare);
    } else {
        out = found == NULL ? json_new_null() : json_dup(found);
    }
    json_free(made);
    return out;
}

static struct json *cut_object(struct graphql_call *c, const char *type, const struct json *value,
    const struct graphql_field *f)
{
    struct json *out = json_new_object();
    for (; f != NULL; f = f->next) {
        (void)json_set(out, f->key, cut_field(c, type, value, f));
    }
    return out;
}

/* The value with only what was selected; a list item by item. */
static struct json *cut(struct graphql_call *c, const char *type, const struct json *value,
    const struct graphql_field *f)
{
    if (json_kind(value) == JSON_OBJECT) {
        return cut_object(c, type, value, f);
    }
    if (json_kind(value) != JSON_ARRAY) {
        return json_new_null();
    }
    struct json *out = json_new_array();
    for (const struct json *item = json_first(value); item != NULL; item = json_next(item)) {
        (void)json_push(out, cut_object(c, type, item, f));
    }
    return out;
}

static struct json *run(struct graphql_call *c, const struct graphql *g)
{
    struct json *data = json_new_object();
    for (const struct graphql_field *f = g->fields; f != NULL; f = f->next) {
        c->root = f->key;
        struct json *value = NULL;
        if (g->mutation && c->right < KEY_WRITE) {
            add_error(c->errors, c->right == KEY_UNKNOWN ? "Unauthorized" : "Forbidden",
                c->right == KEY_UNKNOWN ? "UNAUTHENTICATED" : "FORBIDDEN", f->key);
        } else {
            value = cut_field(c, g->mutation ? "Mutation" : "Query", NULL, f);
        }
        (void)json_set(data, f->key, value == NULL ? json_new_null() : value);
    }
    return data;
}

static void answer(struct graphql_call *c, struct reply *p, const struct graphql *g)
{
    char why[320];
    if (!selection_valid(g->fields, g->mutation ? "Mutation" : "Query", why, sizeof why)) {
        answer_error(p, 400, why, "GRAPHQL_VALIDATION_FAILED");
        return;
    }
    c->errors = json_new_array();
    struct json *body = json_new_object(), *data = run(c, g);
    if (json_count(c->errors) > 0) {
        (void)json_add(body, "errors", c->errors);
    } else {
        json_free(c->errors);
    }
    (void)json_add(body, "data", data);
    reply_json(p, 200, body);
}

void runpod_graphql(struct sim *s, struct request *r, struct reply *p)
{
    const char *key = runpod_key(r);
    if (key == NULL) {
        key = request_query(r, "api_key");
    }
    struct graphql_call c = {.s = s, .key = key};
    c.right = key == NULL || *key == '\0' ? KEY_UNKNOWN : sim_key_right(s, key, NULL);
    if (key != NULL && *key != '\0' && c.right == KEY_UNKNOWN) {
        answer_error(p, 401, "Unauthorized", "UNAUTHENTICATED");
        return;
    }
    const char *query = json_str(r->json, "query");
    if (query == NULL) {
        answer_error(p, 400, "POST body must be a JSON object with a \"query\".", "BAD_REQUEST");
        return;
    }
    struct err e;
    err_clear(&e);
    struct graphql *g = graphql_parse(
        query, json_get(r->json, "variables"), json_str(r->json, "operationName"), &e);
    if (g == NULL) {
        answer_error(p, 400, e.message, "GRAPHQL_PARSE_FAILED");
        return;
    }
    answer(&c, p, g);
    graphql_free(g);
}
