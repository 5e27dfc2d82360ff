/* schema: one recursive walk over table and value.
 *
 * Each kind of value has one check function; the table row says what it may be. The path ("where")
 * is written into a small buffer on the stack of each level, so the deepest path is bounded by the
 * tables, not by the input. The number of sentences is capped: a hostile body with a million unknown
 * members answers twenty. */
#include "sim/schema.h"

#include "base/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHERE_MAX = 200, SENTENCE_MAX = 400 };

void schema_error(struct json *errors, const char *where, const char *format, ...)
{
    if (json_count(errors) >= SCHEMA_ERRORS_MAX) {
        return;
    }
    char text[SENTENCE_MAX];
    int n = snprintf(text, sizeof text, "%s: ", where);
    if (n < 0 || (size_t)n >= sizeof text) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    (void)json_push(errors, json_new_string(text));
}

static const char *kind_word(const struct json *j)
{
    static const char *const words[] = {
        [JSON_ABSENT] = "nothing",
        [JSON_NULL] = "null",
        [JSON_BOOL] = "boolean",
        [JSON_NUMBER] = "number",
        [JSON_STRING] = "string",
        [JSON_ARRAY] = "array",
        [JSON_OBJECT] = "object",
    };
    return words[json_kind(j)];
}

static bool of_kind(const struct json *j, enum json_kind want, const char *word, const char *where,
    struct json *errors)
{
    if (json_kind(j) == want) {
        return true;
    }
    schema_error(errors, where, "got %s, want %s", kind_word(j), word);
    return false;
}

static void check_range(
    const struct schema *rule, const char *what, double got, const char *where, struct json *errors)
{
    char low[16] = "minimum", high[16] = "maximum";
    if (*what != '\0') {
        (void)snprintf(low, sizeof low, "min%s", what);
        (void)snprintf(high, sizeof high, "max%s", what);
    }
    if (got < rule->least) {
        schema_error(errors, where, "%s: got %g, want %g", low, got, rule->least);
    } else if (rule->most > 0 && got > rule->most) {
        schema_error(errors, where, "%s: got %.17g, want %.17g", high, got, rule->most);
    }
}

static bool listed(const char *const *words, const char *s)
{
    for (; *words != NULL; words++) {
        if (strcmp(*words, s) == 0) {
            return true;
        }
    }
    return false;
}

static void say_words(const char *const *words, const char *where, struct json *errors)
{
    char list[SENTENCE_MAX / 2];
    size_t used = 0;
    list[0] = '\0';
    for (const char *const *w = words; *w != NULL && used < sizeof list; w++) {
        int n = snprintf(list + used, sizeof list - used, "%s'%s'", w == words ? "" : ", ", *w);
        if (n < 0) {
            break;
        }
        used += (size_t)n;
    }
    schema_error(
        errors, where, "%s %s", words[1] == NULL ? "value must be" : "value must be one of", list);
}

static void check_text(
    const struct schema *rule, const char *s, const char *where, struct json *errors)
{
    if (rule->words != NULL && !listed(rule->words, s)) {
        say_words(rule->words, where, errors);
    }
    if (rule->matches != NULL && !rule->matches(s)) {
        schema_error(errors, where, "'%.100s' does not match pattern '%s'", s, rule->pattern);
    }
}

static void check_string(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    if (of_kind(j, JSON_STRING, "string", where, errors)) {
        check_range(rule, "Length", (double)strlen(json_string(j)), where, errors);
        check_text(rule, json_string(j), where, errors);
    }
}

static void check_number(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    const char *word = rule->kind == SCHEMA_INTEGER ? "integer" : "number";
    if (!of_kind(j, JSON_NUMBER, word, where, errors)) {
        return;
    }
    double value = json_number(j, 0);
    if (rule->kind == SCHEMA_INTEGER && (value != floor(value) || fabs(value) > 9e15)) {
        schema_error(errors, where, "got number, want integer");
        return;
    }
    check_range(rule, "", value, where, errors);
}

static void check_twice(const struct json *array, const char *where, struct json *errors)
{
    size_t i = 0;
    for (const struct json *a = json_first(array); a != NULL; a = json_next(a), i++) {
        size_t k = i + 1;
        for (const struct json *b = json_next(a); b != NULL; b = json_next(b), k++) {
            if (json_equal(a, b)) {
                schema_error(errors, where, "items at %zu and %zu are equal", i, k);
                return;
            }
        }
    }
}

static void check_object(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    if (of_kind(j, JSON_OBJECT, "object", where, errors)) {
        (void)schema_check(rule->members, j, where, errors);
    }
}

static void check_array(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    if (!of_kind(j, JSON_ARRAY, "array", where, errors)) {
        return;
    }
    check_range(rule, "Items", (double)json_count(j), where, errors);
    if ((rule->flags & SCHEMA_UNIQUE) != 0 && json_count(j) <= 1000) {
        check_twice(j, where, errors);
    }
    size_t i = 0;
    for (const struct json *item = json_first(j); item != NULL; item = json_next(item), i++) {
        char deeper[WHERE_MAX];
        (void)snprintf(deeper, sizeof deeper, "%.180s[%zu]", where, i);
        if (rule->kind == SCHEMA_OBJECTS) {
            check_object(rule, item, deeper, errors);
        } else if (of_kind(item, JSON_STRING, "string", deeper, errors)) {
            check_text(rule, json_string(item), deeper, errors);
        }
    }
}

static void check_map(const struct json *j, const char *where, struct json *errors)
{
    if (!of_kind(j, JSON_OBJECT, "object", where, errors)) {
        return;
    }
    for (const struct json *m = json_first(j); m != NULL; m = json_next(m)) {
        char deeper[WHERE_MAX];
        (void)snprintf(deeper, sizeof deeper, "%.90s.%.90s", where, json_key(m));
        (void)of_kind(m, JSON_STRING, "string", deeper, errors);
    }
}

static void check_variant(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    if (!of_kind(j, JSON_OBJECT, "object", where, errors)) {
        return;
    }
    const char *type = json_str(j, "type");
    if (type == NULL) {
        schema_error(errors, where, "missing property 'type'");
        return;
    }
    for (size_t i = 0; rule->words[i] != NULL; i++) {
        if (strcmp(rule->words[i], type) == 0) {
            (void)schema_check(rule->variants[i], j, where, errors);
            return;
        }
    }
    char deeper[WHERE_MAX];
    (void)snprintf(deeper, sizeof deeper, "%.180s.type", where);
    say_words(rule->words, deeper, errors);
}

static void check_value(
    const struct schema *rule, const struct json *j, const char *where, struct json *errors)
{
    if (json_kind(j) == JSON_NULL && (rule->flags & SCHEMA_NULLABLE) != 0) {
        return;
    }
    switch (rule->kind) {
    case SCHEMA_ANY:
        break;
    case SCHEMA_STRING:
        check_string(rule, j, where, errors);
        break;
    case SCHEMA_INTEGER:
    case SCHEMA_NUMBER:
        check_number(rule, j, where, errors);
        break;
    case SCHEMA_BOOL:
        (void)of_kind(j, JSON_BOOL, "boolean", where, errors);
        break;
    case SCHEMA_STRINGS:
    case SCHEMA_OBJECTS:
        check_array(rule, j, where, errors);
        break;
    case SCHEMA_MAP:
        check_map(j, where, errors);
        break;
    case SCHEMA_OBJECT:
        check_object(rule, j, where, errors);
        break;
    case SCHEMA_VARIANT:
        check_variant(rule, j, where, errors);
        break;
    case SCHEMA_PRESENT:
    case SCHEMA_INCLUDE:
        break; /* not about a value; row_of never gives them */
    }
}

static const struct schema *row_of(const struct schema *members, const char *name)
{
    for (; members->name != NULL; members++) {
        if (members->kind == SCHEMA_INCLUDE) {
            const struct schema *found = row_of(members->members, name);
            if (found != NULL) {
                return found;
            }
        } else if (members->kind != SCHEMA_PRESENT && strcmp(members->name, name) == 0) {
            return members;
        }
    }
    return NULL;
}

static void check_missing(
    const struct schema *members, const struct json *body, const char *where, struct json *errors)
{
    for (const struct schema *m = members; m->name != NULL; m++) {
        if (m->kind == SCHEMA_INCLUDE) {
            check_missing(m->members, body, where, errors);
            continue;
        }
        const struct json *value = json_get(body, m->name);
        bool wanted = m->kind == SCHEMA_PRESENT || (m->flags & SCHEMA_REQUIRED) != 0;
        if (value == NULL && wanted) {
            schema_error(errors, where, "missing property '%s'", m->name);
        }
        if (value != NULL && m->needs != NULL && json_get(body, m->needs) == NULL) {
            schema_error(
                errors, where, "property '%s' required, if '%s' exists", m->needs, m->name);
        }
    }
}

bool schema_check(
    const struct schema *members, const struct json *body, const char *where, struct json *errors)
{
    size_t before = json_count(errors);
    check_missing(members, body, where, errors);
    for (const struct json *m = json_first(body); m != NULL; m = json_next(m)) {
        const struct schema *rule = row_of(members, json_key(m));
        if (rule == NULL) {
            schema_error(errors, where, "additional properties '%.100s' not allowed", json_key(m));
            continue;
        }
        char deeper[WHERE_MAX];
        (void)snprintf(deeper, sizeof deeper, "%.140s.%s", where, rule->name);
        check_value(rule, m, deeper, errors);
    }
    return json_count(errors) == before;
}

bool schema_is_cuda(const char *s)
{
    size_t whole = strspn(s, "0123456789");
    if (whole == 0 || s[whole] != '.') {
        return false;
    }
    const char *rest = s + whole + 1;
    return *rest != '\0' && rest[strspn(rest, "0123456789")] == '\0';
}

bool schema_is_cuda_or_empty(const char *s)
{
    return *s == '\0' || schema_is_cuda(s);
}
