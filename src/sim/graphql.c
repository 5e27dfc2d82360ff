/* graphql: a recursive-descent reader, one function a grammar rule, over graphql_lexer's tokens.
 *
 * Operations that were not asked for are read all the same (their syntax counts), then dropped:
 * whether an operation is wanted is known from its name before its selection set is read, so fields
 * go into the arena in any case and only the wanted list is kept. Depth and number of fields are
 * capped. */
#include "sim/graphql.h"

#include "base/arena.h"
#include "sim/graphql_lexer.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_MAX = 4 * 1024 * 1024 };

struct reader {
    struct lexer l;
    struct arena *arena;
    struct json *values;
    const struct json *given; /* variables of the request */
    struct json *variables;   /* defined ones of the operation being read, with their values */
    int depth, fields;
};

/* A name, copied; NULL when there is none. */
static const char *name(struct reader *r)
{
    if (r->l.failed || r->l.kind != T_NAME) {
        lexer_unexpected(&r->l);
        return NULL;
    }
    const char *copy = arena_dup(r->arena, buf_str(&r->l.token), r->l.token.len);
    if (copy == NULL) {
        lexer_fail(&r->l, "The document is too large.");
    }
    lexer_advance(&r->l);
    return copy;
}

static bool deeper(struct reader *r)
{
    if (++r->depth > GRAPHQL_DEPTH_MAX) {
        lexer_fail(&r->l, "The document is nested too deeply.");
    }
    return !r->l.failed;
}

/* ---- values ------------------------------------------------------------------------------------------ */

static struct json *value(struct reader *r);

/* NULL without failure for a variable that was left out. */
static struct json *variable(struct reader *r)
{
    const char *n = name(r);
    if (n == NULL) {
        return NULL;
    }
    const struct json *known = json_get(r->variables, n);
    if (known == NULL) {
        lexer_fail(&r->l, "Variable \"$%.80s\" is not defined.", n);
        return NULL;
    }
    const struct json *found = json_get(known, "value"); /* see define */
    return found == NULL ? NULL : json_dup(found);
}

static struct json *list(struct reader *r)
{
    struct json *out = json_new_array();
    while (!r->l.failed && !lexer_is(&r->l, ']')) {
        struct json *item = value(r);
        (void)json_push(out, item == NULL ? json_new_null() : item);
    }
    lexer_expect(&r->l, ']');
    return out;
}

static struct json *object(struct reader *r, char end)
{
    struct json *out = json_new_object();
    while (!r->l.failed && !lexer_is(&r->l, end)) {
        const char *key = name(r);
        lexer_expect(&r->l, ':');
        struct json *member = r->l.failed ? NULL : value(r);
        if (member != NULL && json_get(out, key) != NULL) {
            lexer_fail(&r->l, "There can be only one argument or field named \"%.80s\".", key);
        }
        if (member != NULL && !r->l.failed) {
            (void)json_add(out, key, member);
        } else {
            json_free(member);
        }
    }
    lexer_expect(&r->l, end);
    return out;
}

static struct json *scalar(struct reader *r)
{
    const char *token = buf_str(&r->l.token);
    struct json *out = NULL;
    if (r->l.kind == T_NUMBER) {
        out = json_new_num(strtod(token, NULL));
    } else if (r->l.kind == T_STRING) {
        out = json_new_string(token);
    } else if (lexer_is_word(&r->l, "true") || lexer_is_word(&r->l, "false")) {
        out = json_new_bool(*token == 't');
    } else if (lexer_is_word(&r->l, "null")) {
        out = json_new_null();
    } else {
        out = json_new_string(token); /* an enum word */
    }
    lexer_advance(&r->l);
    return out;
}

static struct json *value(struct reader *r)
{
    if (r->l.failed || !deeper(r)) {
        return NULL;
    }
    struct json *out = NULL;
    if (lexer_accept(&r->l, '$')) {
        out = variable(r);
    } else if (lexer_accept(&r->l, '[')) {
        out = list(r);
    } else if (lexer_accept(&r->l, '{')) {
        out = object(r, '}');
    } else if (r->l.kind == T_PUNCTUATOR || r->l.kind == T_END) {
        lexer_unexpected(&r->l);
    } else {
        out = scalar(r);
    }
    r->depth--;
    return out;
}

/* ---- fields ------------------------------------------------------------------------------------------ */

static struct graphql_field *selection(struct reader *r);

/* Gives the value to the document, so that it can be borrowed. */
static const struct json *owned(struct reader *r, struct json *take)
{
    if (json_push(r->values, take) != 0) {
        lexer_fail(&r->l, "The document is too large.");
        return NULL;
    }
    return take;
}

static struct graphql_field *field(struct reader *r)
{
    if (lexer_is(&r->l, '.')) {
        lexer_fail(&r->l, "Fragments are not served here.");
    }
    struct graphql_field *f = arena_alloc(r->arena, sizeof *f);
    if (f == NULL || ++r->fields > GRAPHQL_FIELDS_MAX) {
        lexer_fail(&r->l, "The document is too large.");
        return NULL;
    }
    f->name = name(r);
    f->key = f->name;
    if (lexer_accept(&r->l, ':')) {
        f->name = name(r);
    }
    struct json *arguments = lexer_accept(&r->l, '(') ? object(r, ')') : json_new_object();
    f->arguments = owned(r, arguments);
    if (lexer_is(&r->l, '@')) {
        lexer_fail(&r->l, "Directives are not served here.");
    }
    if (lexer_is(&r->l, '{')) {
        f->selection = selection(r);
    }
    return r->l.failed ? NULL : f;
}

static struct graphql_field *selection(struct reader *r)
{
    struct graphql_field *first = NULL;
    const struct graphql_field **end = NULL;
    if (!deeper(r)) {
        return NULL;
    }
    lexer_expect(&r->l, '{');
    do {
        struct graphql_field *f = r->l.failed ? NULL : field(r);
        if (f == NULL) {
            return NULL;
        }
        if (first == NULL) {
            first = f;
        } else {
            *end = f;
        }
        end = &f->next;
    } while (!lexer_is(&r->l, '}'));
    lexer_expect(&r->l, '}');
    r->depth--;
    return first;
}

/* ---- operations ---------------------------------------------------------------------------------------- */

/* Reads a type; true when it ends in '!'. Its words go to `shown`. */
static bool type(struct reader *r, struct buf *shown)
{
    if (!deeper(r)) {
        return false;
    }
    if (lexer_accept(&r->l, '[')) {
        (void)buf_char(shown, '[');
        (void)type(r, shown);
        (void)buf_char(shown, ']');
        lexer_expect(&r->l, ']');
    } else {
        const char *n = name(r);
        (void)buf_str_append(shown, n == NULL ? "" : n);
    }
    r->depth--;
    bool required = lexer_accept(&r->l, '!');
    if (required) {
        (void)buf_char(shown, '!');
    }
    return required;
}

/* "$name: Type! = default": remembers {"value": …}, without the member when there is no value. */
static void define(struct reader *r, bool wanted)
{
    struct buf shown;
    buf_init(&shown, 200);
    lexer_expect(&r->l, '$');
    const char *n = name(r);
    lexer_expect(&r->l, ':');
    bool required = type(r, &shown);
    struct json *fallback = lexer_accept(&r->l, '=') ? value(r) : NULL;
    const struct json *given = n == NULL ? NULL : json_get(r->given, n);
    struct json *box = json_new_object();
    if (given != NULL) {
        (void)json_add(box, "value", json_dup(given));
    } else if (fallback != NULL) {
        (void)json_add(box, "value", json_dup(fallback));
    }
    json_free(fallback);
    bool empty = json_kind(json_get(box, "value")) <= JSON_NULL;
    if (!r->l.failed && wanted && required && empty) {
        lexer_fail(&r->l, "Variable \"$%.80s\" of required type \"%.80s\" was not provided.", n,
            buf_str(&shown));
    }
    (void)json_add(r->variables, n == NULL ? "" : n, box);
    buf_release(&shown);
}

/* Reads one operation; true when it is the wanted one, which goes to `out`. */
static bool operation(struct reader *r, const char *wanted, struct graphql *out)
{
    const char *n = "";
    bool mutation = lexer_is_word(&r->l, "mutation");
    json_free(r->variables);
    r->variables = json_new_object();
    if (!lexer_is(&r->l, '{')) {
        if (lexer_is_word(&r->l, "fragment") || lexer_is_word(&r->l, "subscription")) {
            lexer_fail(&r->l, "Fragments and subscriptions are not served here.");
        } else if (!mutation && !lexer_is_word(&r->l, "query")) {
            lexer_unexpected(&r->l);
        }
        lexer_advance(&r->l);
        n = r->l.kind == T_NAME ? name(r) : "";
    }
    bool chosen = n != NULL && (*wanted == '\0' || strcmp(wanted, n) == 0);
    if (lexer_accept(&r->l, '(')) {
        while (!r->l.failed && !lexer_is(&r->l, ')')) {
            define(r, chosen);
        }
        lexer_expect(&r->l, ')');
    }
    if (lexer_is(&r->l, '@')) {
        lexer_fail(&r->l, "Directives are not served here.");
    }
    const struct graphql_field *first = r->l.failed ? NULL : selection(r);
    if (chosen && first != NULL) {
        out->mutation = mutation;
        out->fields = first;
    }
    return chosen;
}

static void document(struct reader *r, const char *wanted, struct graphql *out)
{
    int chosen = 0;
    lexer_advance(&r->l);
    if (r->l.kind == T_END) {
        lexer_unexpected(&r->l);
    }
    while (!r->l.failed && r->l.kind != T_END) {
        chosen += operation(r, wanted, out);
    }
    if (!r->l.failed && chosen == 0) {
        lexer_fail(&r->l, "Unknown operation named \"%.80s\".", wanted);
    } else if (!r->l.failed && chosen > 1) {
        lexer_fail(&r->l, "Must provide operation name if query contains multiple operations.");
    }
}

struct graphql *graphql_parse(
    const char *text, const struct json *variables, const char *operation_name, struct err *e)
{
    if (strlen(text) > GRAPHQL_BYTES_MAX) {
        (void)err_set(e, ERR_INPUT, 0, "The document is too large.");
        return NULL;
    }
    struct graphql *out = calloc(1, sizeof *out);
    struct reader r = {.l = {.at = text, .text = text, .e = e}, .given = variables};
    buf_init(&r.l.token, TOKEN_MAX);
    if (out != NULL) {
        out->arena = r.arena = arena_new(ARENA_MAX);
        out->values = r.values = json_new_array();
    }
    if (out == NULL || r.arena == NULL || r.values == NULL) {
        (void)err_set(e, ERR_IO, 0, "out of memory");
        r.l.failed = true;
    } else {
        document(&r, operation_name == NULL ? "" : operation_name, out);
    }
    json_free(r.variables);
    buf_release(&r.l.token);
    if (r.l.failed) {
        graphql_free(out);
        return NULL;
    }
    return out;
}

void graphql_free(struct graphql *g)
{
    if (g != NULL) {
        arena_free(g->arena);
        json_free(g->values);
        free(g);
    }
}
