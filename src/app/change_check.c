/* What was asked for, and whether it makes sense by itself, before anything is looked up: one verb, numbers in
 * their ranges, names that can be names. What it means for the endpoint as it is: change_want.c. */
#include "app/change.h"

#include "app/asked.h"
#include "model/env_words.h"
#include "model/worker_env.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CHANGE_POOLS_MAX = 3, SECRET_LEAST = 8 };

/* ---- the words ----------------------------------------------------------------------------------- */

static const struct verb {
    const char *key; /* NULL: settings alone */
    bool with_settings;
} verbs[CHANGE_VERBS] = {
    [CHANGE_SETTINGS] = {NULL, true},
    [CHANGE_PAUSE] = {"pause", false},
    [CHANGE_UNPAUSE] = {"unpause", false},
    [CHANGE_ROLLBACK] = {"rollback", false},
    [CHANGE_REVISION] = {"revision", true},
    [CHANGE_DELETE] = {"delete", false},
    [CHANGE_PURGE] = {"purge", false},
};

static const struct number {
    const char *key;
    int64_t least, most;
} numbers[CHANGE_NUMBERS] = {
    {"min", 0, 1000},
    {"max", 0, 1000},
    {"idle", 1, 3600},
    {"gpus", 1, 16},
    {"disk", 1, 10000},
    {"timeout", 5, 7 * 24 * 3600},
};

/* Settings that are no numbers. */
static const char *const texts[] = {"image", "pool", "cuda", "context", "env", "unset"};

bool change_asks(const struct json *asked, const char *key)
{
    const struct json *value = json_get(asked, key);
    const char *s = json_string(value);
    return value && json_kind(value) != JSON_NULL && !(s && !*s) &&
           !(json_kind(value) == JSON_BOOL && !json_is_true(value)) &&
           !((json_kind(value) == JSON_OBJECT || json_kind(value) == JSON_ARRAY) &&
               json_count(value) == 0);
}

static bool asks_verb(const struct json *asked, enum change_verb verb)
{
    return verbs[verb].key && change_asks(asked, verbs[verb].key) &&
           !(asked_text(asked, verbs[verb].key) &&
               strcmp(asked_text(asked, verbs[verb].key), "no") == 0);
}

enum change_verb change_verb_of(const struct json *asked)
{
    for (enum change_verb v = CHANGE_SETTINGS; v < CHANGE_VERBS; v++)
        if (asks_verb(asked, v))
            return v;
    return CHANGE_SETTINGS;
}

/* The first setting that is asked for; NULL = none. */
static const char *a_setting(const struct json *asked)
{
    for (size_t i = 0; i < CHANGE_NUMBERS; i++)
        if (change_asks(asked, numbers[i].key))
            return numbers[i].key;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (change_asks(asked, texts[i]))
            return texts[i];
    return NULL;
}

void change_title(const struct json *asked, char *out, size_t size)
{
    const char *name = asked_text(asked, "name"), *endpoint = asked_text(asked, "endpoint");
    snprintf(out, size, "%s", name ? name : endpoint ? endpoint : "");
}

/* ---- lists --------------------------------------------------------------------------------------- */

static size_t count_parts(const char *const *words, size_t n)
{
    size_t parts = 0;
    for (size_t i = 0; i < n; i++)
        for (const char *s = words[i]; *s; s += strcspn(s, ","), s += *s == ',')
            parts++;
    return parts;
}

int change_words(const struct json *asked, const char *key, struct arena *a,
    const char *const **words, size_t *n, struct err *e)
{
    const char *const *whole;
    size_t count, k = 0;
    *n = 0;
    if (asked_words(asked, key, a, &whole, &count, e))
        return -1;
    const char **parts = arena_array(a, count_parts(whole, count) + 1, sizeof *parts);
    bool good = parts != NULL;
    for (size_t i = 0; good && i < count; i++)
        for (const char *s = whole[i]; good && *s;) {
            size_t length = strcspn(s, ",");
            if (length)
                good = (parts[k++] = arena_dup(a, s, length)) != NULL;
            s += length;
            s += *s == ',';
        }
    *words = parts;
    *n = k;
    return good ? 0 : err_set(e, ERR_IO, 0, "out of memory");
}

/* ---- whether it makes sense ------------------------------------------------------------------------ */

int change_numbers(const struct json *asked, int64_t out[CHANGE_NUMBERS], struct err *e)
{
    for (size_t i = 0; i < CHANGE_NUMBERS; i++)
        if (asked_number(asked, numbers[i].key, numbers[i].least, numbers[i].most, -1, &out[i], e))
            return -1;
    if (out[CHANGE_MIN] >= 0 && out[CHANGE_MAX] >= 0 && out[CHANGE_MIN] > out[CHANGE_MAX])
        return err_set(e, ERR_INPUT, 0,
            "min workers (%" PRId64 ") cannot be above max (%" PRId64 ")", out[CHANGE_MIN],
            out[CHANGE_MAX]);
    return 0;
}

int change_context(const struct json *asked, int64_t *tokens, struct err *e)
{
    const char *word = asked_text(asked, "context");
    *tokens = 0;
    if (word && strcmp(word, "own") == 0)
        return 0;
    if (!asked_number(asked, "context", 1, 100000000, -1, tokens, e))
        return 0;
    return err_hint(e, "a number of tokens, or \"own\": what the model itself says");
}

static int check_name(const char *name, struct err *e)
{
    if (env_name_ok(name))
        return 0;
    err_set(e, ERR_INPUT, 0, "“%.64s” is no name of an environment variable", name);
    return err_hint(e, "letters, digits and _, as in MAX_MODEL_LEN");
}

/* Kept out of the log, the journal and every screen from here on. A number is no key, and masking a short word
 * would mask half the screen. */
static int guard_secret(const char *name, const char *value, struct err *e)
{
    bool number = value[strspn(value, "0123456789.")] == '\0';
    bool placeholder = strncmp(value, "{{", 2) == 0; /* RunPod puts the secret in (spec §1.1) */
    bool secret = worker_env_is_secret(name) && !number && !placeholder;
    return secret && strlen(value) >= SECRET_LEAST && !secret_register(name, value, e) ? -1 : 0;
}

static int check_env(const struct json *asked, struct err *e)
{
    const struct json *env = json_get(asked, "env");
    if (env && json_kind(env) != JSON_NULL && json_kind(env) != JSON_OBJECT)
        return err_set(e, ERR_INPUT, 0, "the environment must be names with their values");
    if (json_count(env) > CHANGE_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", CHANGE_ENV_MAX);
    for (const struct json *m = json_first(env); m; m = json_next(m)) {
        if (check_name(json_key(m), e))
            return -1;
        if (!json_string(m))
            return err_set(e, ERR_INPUT, 0, "the value of %s must be a text", json_key(m));
        if (guard_secret(json_key(m), json_string(m), e))
            return -1;
    }
    return 0;
}

static int check_unset(const struct json *asked, struct arena *a, struct err *e)
{
    const char *const *names;
    size_t n;
    if (change_words(asked, "unset", a, &names, &n, e))
        return -1;
    if (n > CHANGE_ENV_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d environment variables", CHANGE_ENV_MAX);
    for (size_t i = 0; i < n; i++) {
        if (check_name(names[i], e))
            return -1;
        if (json_get(json_get(asked, "env"), names[i]))
            return err_set(e, ERR_INPUT, 0, "%s cannot be both set and taken away", names[i]);
    }
    return 0;
}

static int check_pools(const struct json *asked, struct arena *a, struct err *e)
{
    const char *const *names;
    size_t n;
    if (change_words(asked, "pool", a, &names, &n, e))
        return -1;
    if (change_asks(asked, "pool") && n == 0)
        return err_set(e, ERR_INPUT, 0, "say which GPU pools, as ADA_24,AMPERE_24");
    if (n > CHANGE_POOLS_MAX)
        return err_set(e, ERR_INPUT, 0, "at most %d pools: RunPod does not use more of them",
            CHANGE_POOLS_MAX);
    return 0;
}

int change_version(const struct json *asked, int64_t *version, struct err *e)
{
    const char *word = asked_text(asked, "rollback");
    *version = -1;
    if (word && strcmp(word, "previous") == 0)
        return 0;
    if (!asked_number(asked, "rollback", 0, INT32_MAX, -1, version, e))
        return 0;
    if (word)
        err_set(e, ERR_INPUT, 0,
            "“%.100s” is no release: say the number of one, as `slipway releases` lists them, or "
            "\"previous\"",
            word);
    return -1;
}

static int check_verbs(const struct json *asked, struct err *e)
{
    enum change_verb verb = change_verb_of(asked);
    const char *setting = a_setting(asked);
    for (enum change_verb v = verb + 1; v < CHANGE_VERBS; v++)
        if (asks_verb(asked, v))
            return err_set(
                e, ERR_INPUT, 0, "%s and %s: say one of them", verbs[verb].key, verbs[v].key);
    if (setting && !verbs[verb].with_settings)
        return err_set(
            e, ERR_INPUT, 0, "%s does not go together with %s", verbs[verb].key, setting);
    if (setting || verb != CHANGE_SETTINGS)
        return 0;
    err_set(e, ERR_INPUT, 0, "nothing is asked for: say what to change");
    return err_hint(e, "for example --max 5");
}

int change_check(const struct json *asked, struct err *e)
{
    int64_t found[CHANGE_NUMBERS], number;
    struct arena *a = arena_new(1 << 20);
    int failed = a ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    if (!failed && !asked_text(asked, "endpoint"))
        failed = err_set(e, ERR_INPUT, 0, "say which endpoint, by its id or name");
    failed = failed || check_verbs(asked, e) || change_numbers(asked, found, e) ||
             change_context(asked, &number, e) || change_version(asked, &number, e) ||
             check_env(asked, e) || check_unset(asked, a, e) || check_pools(asked, a, e);
    arena_free(a);
    return failed ? -1 : 0;
}
