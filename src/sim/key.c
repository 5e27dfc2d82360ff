/* The keys that the stand-in accepts. Per default every key is good, because a demo has nothing to
 * protect; a test names those it wants to be good. */
#include "sim/key.h"

#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

struct key_ring {
    struct json *only; /* array as posted; NULL = any key */
};

struct key_ring *key_ring_new(void)
{
    return calloc(1, sizeof(struct key_ring));
}

void key_ring_free(struct key_ring *k)
{
    if (!k)
        return;
    json_free(k->only);
    free(k);
}

void key_ring_any(struct key_ring *k)
{
    json_free(k->only);
    k->only = NULL;
}

static const char *check_endpoints(const struct json *endpoints)
{
    if (endpoints && json_kind(endpoints) != JSON_ARRAY)
        return "endpoints must be an array of ids";
    for (const struct json *e = json_first(endpoints); e; e = json_next(e))
        if (!json_string(e))
            return "endpoints must be an array of ids";
    return NULL;
}

static const char *check_key(const struct json *j)
{
    if (json_kind(j) == JSON_STRING)
        return json_string(j)[0] ? NULL : "a key must not be empty";
    const char *key = json_str(j, "key");
    if (!key || !key[0])
        return "a key is a string or an object with key";
    const char *rights = json_str_or(j, "rights", json_get(j, "rights") ? "" : "write");
    if (strcmp(rights, "read") != 0 && strcmp(rights, "write") != 0)
        return "rights must be read or write";
    return check_endpoints(json_get(j, "endpoints"));
}

const char *key_ring_set(struct key_ring *k, const struct json *body)
{
    if (json_is_true(json_get(body, "any"))) {
        key_ring_any(k);
        return NULL;
    }
    const struct json *only = json_get(body, "only");
    if (json_kind(only) != JSON_ARRAY)
        return "give {\"any\": true} or {\"only\": [keys]}";
    for (const struct json *j = json_first(only); j; j = json_next(j)) {
        const char *wrong = check_key(j);
        if (wrong)
            return wrong;
    }
    struct json *copy = json_dup(only);
    if (!copy)
        return "out of memory";
    json_free(k->only);
    k->only = copy;
    return NULL;
}

static bool holds(const struct json *list, const char *word)
{
    for (const struct json *j = json_first(list); j; j = json_next(j))
        if (json_string(j) && strcmp(json_string(j), word) == 0)
            return true;
    return false;
}

static enum key_right right_of(const struct json *j, const char *endpoint_id)
{
    const struct json *endpoints = json_get(j, "endpoints");
    if (endpoints && endpoint_id && !holds(endpoints, endpoint_id))
        return KEY_NONE;
    return strcmp(json_str_or(j, "rights", "write"), "read") == 0 ? KEY_READ : KEY_WRITE;
}

enum key_right key_ring_right(const struct key_ring *k, const char *key, const char *endpoint_id)
{
    if (!key || !key[0])
        return KEY_UNKNOWN;
    if (!k->only)
        return KEY_WRITE;
    for (const struct json *j = json_first(k->only); j; j = json_next(j)) {
        const char *own = json_kind(j) == JSON_STRING ? json_string(j) : json_str(j, "key");
        if (strcmp(own, key) == 0)
            return right_of(j, endpoint_id);
    }
    return KEY_UNKNOWN;
}

enum key_right sim_key_right(struct sim *s, const char *key, const char *endpoint_id)
{
    return key_ring_right(s->keys, key, endpoint_id);
}
