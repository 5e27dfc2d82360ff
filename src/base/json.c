/* struct json is cJSON under another name: the two are never both visible outside this file, so the
 * library can be changed here alone. Before cJSON sees foreign bytes one linear scan refuses what it
 * would handle badly: too deep nesting (it recurses), and \u0000 in strings (it would cut them). */
#include "base/json.h"
#include "base/json_internal.h"
#include "base/secret.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t parse_lock = PTHREAD_MUTEX_INITIALIZER; /* cJSON's global error pointer */

static const cJSON *in(const struct json *j)
{
    return (const cJSON *)j;
}

static struct json *out(cJSON *c)
{
    return (struct json *)c;
}

/* ---- parsing ----------------------------------------------------------------------------------- */

static const char *scan_refuses(const char *s, size_t n)
{
    int depth = 0;
    bool string = false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\0')
            return "holds a NUL byte";
        if (string) {
            if (s[i] == '\\' && n - i >= 6 && memcmp(s + i + 1, "u0000", 5) == 0)
                return "holds a NUL character";
            if (s[i] == '\\')
                i++;
            else if (s[i] == '"')
                string = false;
        } else if (s[i] == '"') {
            string = true;
        } else if (s[i] == '[' || s[i] == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return "is nested too deeply";
        } else if (s[i] == ']' || s[i] == '}') {
            depth--;
        }
    }
    return NULL;
}

static bool only_space(const char *s, const char *end)
{
    while (s < end && strchr(" \t\r\n", *s))
        s++;
    return s == end;
}

struct json *json_parse(const void *bytes, size_t n, struct err *e)
{
    const char *s = bytes;
    if (n > JSON_BYTES_MAX) {
        err_set(e, ERR_REMOTE, 0, "the JSON has %zu bytes, more than %d", n, JSON_BYTES_MAX);
        return NULL;
    }
    const char *refused = scan_refuses(s, n);
    if (refused) {
        err_set(e, ERR_REMOTE, 0, "the JSON %s", refused);
        return NULL;
    }
    const char *end = s;
    pthread_mutex_lock(&parse_lock);
    cJSON *c = cJSON_ParseWithLengthOpts(s, n, &end, 0);
    pthread_mutex_unlock(&parse_lock);
    if (c && only_space(end, s + n))
        return out(c);
    cJSON_Delete(c);
    err_set(e, ERR_REMOTE, 0, "not valid JSON at byte %zu of %zu", n ? (size_t)(end - s) : 0, n);
    return NULL;
}

void json_free(struct json *j)
{
    cJSON_Delete((cJSON *)j);
}

static void wipe(cJSON *c)
{
    if (c->valuestring)
        secret_wipe(c->valuestring, strlen(c->valuestring));
    for (cJSON *child = c->child; child; child = child->next)
        wipe(child);
}

void json_free_secret(struct json *j)
{
    if (j)
        wipe((cJSON *)j);
    json_free(j);
}

struct json *json_dup(const struct json *j)
{
    return j ? out(cJSON_Duplicate(in(j), 1)) : NULL;
}

/* ---- reading ----------------------------------------------------------------------------------- */

enum json_kind json_kind(const struct json *j)
{
    if (!j)
        return JSON_ABSENT;
    switch (in(j)->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
        return JSON_BOOL;
    case cJSON_Number:
    case cJSON_Raw: /* our own integers */
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_STRING;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (json_kind(object) != JSON_OBJECT)
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(in(object), key);
}

const struct json *json_first(const struct json *j)
{
    enum json_kind kind = json_kind(j);
    return kind == JSON_ARRAY || kind == JSON_OBJECT ? (const struct json *)in(j)->child : NULL;
}

const struct json *json_next(const struct json *item)
{
    return item ? (const struct json *)in(item)->next : NULL;
}

const struct json *json_at(const struct json *array, size_t index)
{
    const struct json *item = json_kind(array) == JSON_ARRAY ? json_first(array) : NULL;
    while (item && index--)
        item = json_next(item);
    return item;
}

const char *json_key(const struct json *member)
{
    return member ? in(member)->string : NULL;
}

size_t json_count(const struct json *j)
{
    size_t n = 0;
    for (const struct json *i = json_first(j); i; i = json_next(i))
        n++;
    return n;
}

const char *json_string(const struct json *j)
{
    return json_kind(j) == JSON_STRING ? in(j)->valuestring : NULL;
}

const char *json_str(const struct json *object, const char *key)
{
    return json_string(json_get(object, key));
}

const char *json_str_or(const struct json *object, const char *key, const char *fallback)
{
    const char *s = json_str(object, key);
    return s ? s : fallback;
}

const char *json_digits(const struct json *j)
{
    return j && cJSON_IsRaw(in(j)) ? in(j)->valuestring : NULL;
}

double json_number(const struct json *j, double fallback)
{
    if (json_kind(j) != JSON_NUMBER)
        return fallback;
    const char *digits = json_digits(j);
    return digits ? strtod(digits, NULL) : in(j)->valuedouble;
}

double json_num(const struct json *object, const char *key, double fallback)
{
    return json_number(json_get(object, key), fallback);
}

int64_t json_int(const struct json *object, const char *key, int64_t fallback)
{
    const struct json *j = json_get(object, key);
    if (json_kind(j) != JSON_NUMBER)
        return fallback;
    if (json_digits(j))
        return strtoll(json_digits(j), NULL, 10);
    double v = in(j)->valuedouble;
    if (isnan(v))
        return fallback;
    if (v >= 9223372036854775807.0)
        return INT64_MAX;
    return v <= -9223372036854775808.0 ? INT64_MIN : (int64_t)v;
}

bool json_is_true(const struct json *j)
{
    return j && cJSON_IsTrue(in(j));
}

bool json_bool(const struct json *object, const char *key, bool fallback)
{
    const struct json *j = json_get(object, key);
    return json_kind(j) == JSON_BOOL ? json_is_true(j) : fallback;
}

struct text json_text(struct arena *a, const struct json *object, const char *key)
{
    return text_from(a, json_str(object, key));
}

/* ---- building ---------------------------------------------------------------------------------- */

struct json *json_new_object(void)
{
    return out(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
    return out(cJSON_CreateArray());
}

struct json *json_new_null(void)
{
    return out(cJSON_CreateNull());
}

struct json *json_new_bool(bool v)
{
    return out(cJSON_CreateBool(v));
}

struct json *json_new_int(int64_t v)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, v);
    return out(cJSON_CreateRaw(digits)); /* a double would round above 2^53 */
}

struct json *json_new_num(double v)
{
    return isfinite(v) ? out(cJSON_CreateNumber(v)) : json_new_null();
}

/* A sum of binary fractions would be printed with all its digits; nobody counts below millionths, and of what
 * is less than a dollar the first six digits say enough. */
struct json *json_new_money(double dollars)
{
    char decimals[400]; /* the largest double has 309 digits before its point */
    if (!isfinite(dollars))
        return json_new_null();
    snprintf(decimals, sizeof decimals, fabs(dollars) < 1 ? "%.6g" : "%.6f", dollars);
    return json_new_num(strtod(decimals, NULL));
}

/* Valid UTF-8 as it is, anything else cleaned: JSON cannot carry stray bytes. */
struct json *json_new_string(const char *s)
{
    if (!s)
        return json_new_null();
    size_t n = strlen(s);
    if (text_is_utf8(s, n))
        return out(cJSON_CreateString(s));
    struct buf clean;
    buf_init(&clean, 8 * n); /* cleaning makes no more of it: a TAB becomes up to eight spaces */
    int failed = text_clean(&clean, s, n, TEXT_BLOCK);
    struct json *j = failed ? NULL : out(cJSON_CreateString(buf_str(&clean)));
    buf_release(&clean);
    return j;
}

int json_push(struct json *array, struct json *take)
{
    if (take && json_kind(array) == JSON_ARRAY &&
        cJSON_AddItemToArray((cJSON *)array, (cJSON *)take))
        return 0;
    json_free(take);
    return -1;
}

int json_add(struct json *object, const char *key, struct json *take)
{
    if (take && json_kind(object) == JSON_OBJECT &&
        cJSON_AddItemToObject((cJSON *)object, key, (cJSON *)take))
        return 0;
    json_free(take);
    return -1;
}

int json_add_str(struct json *object, const char *key, const char *s)
{
    return json_add(object, key, json_new_string(s));
}

int json_add_text(struct json *object, const char *key, struct text t)
{
    char *s = strndup(t.s, t.len); /* a cut text does not end where its string does */
    int result = s ? json_add_str(object, key, s) : -1;
    free(s);
    return result;
}

int json_add_int(struct json *object, const char *key, int64_t v)
{
    return json_add(object, key, json_new_int(v));
}

int json_add_num(struct json *object, const char *key, double v)
{
    return json_add(object, key, json_new_num(v));
}

int json_add_money(struct json *object, const char *key, double dollars)
{
    return json_add(object, key, json_new_money(dollars));
}

int json_add_bool(struct json *object, const char *key, bool v)
{
    return json_add(object, key, json_new_bool(v));
}

int json_set(struct json *object, const char *key, struct json *take)
{
    if (take && json_get(object, key)) {
        if (cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)object, key, (cJSON *)take))
            return 0;
        json_free(take);
        return -1;
    }
    return json_add(object, key, take);
}

void json_remove(struct json *object, const char *key)
{
    if (json_kind(object) == JSON_OBJECT)
        cJSON_DeleteItemFromObjectCaseSensitive((cJSON *)object, key);
}

/* ---- comparing --------------------------------------------------------------------------------- */

/* Of members with the same key only the first counts. Values are compared in one direction only:
 * both would double the work at each level. */
static bool equal_members(const struct json *a, const struct json *b)
{
    for (const struct json *i = json_first(a); i; i = json_next(i)) {
        const struct json *other = json_get(b, json_key(i));
        if (!other || (json_get(a, json_key(i)) == i && !json_equal(i, other)))
            return false;
    }
    for (const struct json *i = json_first(b); i; i = json_next(i))
        if (!json_get(a, json_key(i)))
            return false;
    return true;
}

static bool equal_items(const struct json *a, const struct json *b)
{
    const struct json *i = json_first(a), *k = json_first(b);
    for (; i && k; i = json_next(i), k = json_next(k))
        if (!json_equal(i, k))
            return false;
    return !i && !k;
}

static bool equal_numbers(const struct json *a, const struct json *b)
{
    if (json_digits(a) && json_digits(b))
        return strcmp(json_digits(a), json_digits(b)) == 0;
    double x = json_number(a, 0), y = json_number(b, 0);
    return !(x < y) && !(x > y);
}

bool json_equal(const struct json *a, const struct json *b)
{
    enum json_kind kind = json_kind(a);
    if (kind != json_kind(b))
        return false;
    switch (kind) {
    case JSON_BOOL:
        return json_is_true(a) == json_is_true(b);
    case JSON_NUMBER:
        return equal_numbers(a, b);
    case JSON_STRING:
        return strcmp(json_string(a), json_string(b)) == 0;
    case JSON_ARRAY:
        return equal_items(a, b);
    case JSON_OBJECT:
        return equal_members(a, b);
    default:
        return true;
    }
}
