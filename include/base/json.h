/* json: the only door to the JSON library. cJSON.h is included in json.c alone.
 *
 * cJSON writes a process-global on every parse, so json_parse takes one lock; everything else is
 * lock-free on the caller's own tree. Limits from birth: JSON_BYTES_MAX bytes, JSON_DEPTH_MAX
 * levels; input past them is refused with ERR_REMOTE, never crashed on.
 *
 * Strings read from a tree are FOREIGN BYTES: valid for protocol use (ids, tokens, urls), but to be
 * cleaned (json_text) before they are shown. A \u0000 inside a string is refused by json_parse,
 * because a C string could not carry it and a cut name is a lie.
 *
 * Ownership: json_parse and json_new_* give a tree the caller frees with json_free; values found in
 * it are borrowed; json_add and json_push take their child (also on failure, when they free it).
 * Threads: a tree belongs to one thread at a time. */
#ifndef SLIPWAY_BASE_JSON_H
#define SLIPWAY_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 64, JSON_BYTES_MAX = 256 * 1024 * 1024 };

struct json;

enum json_kind {
    JSON_ABSENT, /* the pointer was NULL */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Parses exactly one document (white space around it is fine, anything else behind it is not). */
struct json *json_parse(const void *bytes, size_t n, struct err *e);
void json_free(struct json *j); /* NULL is fine */
/* As json_free, but overwrites its strings first (for what may hold a secret). */
void json_free_secret(struct json *j);
struct json *json_dup(const struct json *j);

/* Every reader accepts NULL and the wrong kind, and answers "absent" or the fallback. */
enum json_kind json_kind(const struct json *j);
const struct json *json_get(
    const struct json *object, const char *key); /* exact case, first wins */
const struct json *json_at(
    const struct json *array, size_t index); /* O(index): prefer first/next */
const struct json *json_first(const struct json *array_or_object);
const struct json *json_next(const struct json *item);
const char *json_key(const struct json *member); /* of an object; NULL otherwise. Foreign bytes. */
size_t json_count(const struct json *array_or_object);

const char *json_string(const struct json *j); /* NULL unless a string */
const char *json_str(const struct json *object, const char *key);
const char *json_str_or(const struct json *object, const char *key, const char *fallback);
double json_num(const struct json *object, const char *key, double fallback);
int64_t json_int(const struct json *object, const char *key, int64_t fallback); /* saturates */
bool json_bool(const struct json *object, const char *key, bool fallback);
double json_number(const struct json *j, double fallback);
bool json_is_true(const struct json *j);

/* The member's string, cleaned to one line; empty when absent. */
struct text json_text(struct arena *a, const struct json *object, const char *key);

/* Builders. NULL only when memory is out; adding to NULL or adding NULL returns -1. Strings that
 * are not valid UTF-8 are cleaned first, so that what is printed is always valid JSON. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *s); /* NULL gives null */
struct json *json_new_int(int64_t v);
struct json *json_new_num(double v);         /* NaN and infinities give null */
struct json *json_new_money(double dollars); /* … with six decimals, or six digits below 1 */
struct json *json_new_bool(bool v);
struct json *json_new_null(void);
int json_add(struct json *object, const char *key, struct json *take);
int json_add_str(struct json *object, const char *key, const char *s); /* NULL adds null */
int json_add_text(struct json *object, const char *key, struct text t);
int json_add_int(struct json *object, const char *key, int64_t v);
int json_add_num(struct json *object, const char *key, double v);
int json_add_money(struct json *object, const char *key, double dollars);
int json_add_bool(struct json *object, const char *key, bool v);
int json_push(struct json *array, struct json *take);
/* Replaces or adds a member. */
int json_set(struct json *object, const char *key, struct json *take);
/* Removes a member if it is there. */
void json_remove(struct json *object, const char *key);

/* Whether two trees hold the same value (object order does not matter). */
bool json_equal(const struct json *a, const struct json *b);

/* Appends the compact form (no line feed): valid UTF-8, safe to show on a terminal. -1 when the buffer is
 * full; then nothing was appended. */
int json_print(const struct json *j, struct buf *out);

#endif
