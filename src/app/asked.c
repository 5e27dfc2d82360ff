#include "app/asked.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *asked_text(const struct json *asked, const char *key)
{
    const char *s = json_str(asked, key);
    return s && *s ? s : NULL;
}

const char *asked_endpoint_name(const struct json *asked)
{
    const char *name = asked_text(asked, "name"), *repo = asked_text(asked, "repo");
    const char *slash = repo ? strchr(repo, '/') : NULL;
    return name ? name : slash ? slash + 1 : repo;
}

bool asked_yes(const struct json *asked, const char *key, bool fallback)
{
    const struct json *value = json_get(asked, key);
    if (json_kind(value) == JSON_BOOL)
        return json_is_true(value);
    const char *word = json_string(value);
    if (!word || !*word)
        return fallback;
    return strcmp(word, "yes") == 0 || strcmp(word, "true") == 0;
}

static bool whole(const struct json *value, int64_t *out)
{
    const char *s = json_string(value);
    if (s) {
        char *end;
        errno = 0;
        *out = strtoll(s, &end, 10);
        return end != s && !*end && errno == 0;
    }
    double number = json_number(value, 0.5);
    if (!(number >= -9e15 && number <= 9e15))
        return false;
    *out = (int64_t)number;
    return (double)*out == number;
}

int asked_number(const struct json *asked, const char *key, int64_t least, int64_t most,
    int64_t fallback, int64_t *out, struct err *e)
{
    const struct json *value = json_get(asked, key);
    *out = fallback;
    if (!value || json_kind(value) == JSON_NULL || (json_string(value) && !*json_string(value)))
        return 0;
    if (!whole(value, out) || *out < least || *out > most)
        return err_set(e, ERR_INPUT, 0, "%s must be a whole number from %" PRId64 " to %" PRId64,
            key, least, most);
    return 0;
}

/* ---- lists --------------------------------------------------------------------------------------- */

static const char *const spaces = " \t\r\n";

static size_t count_words(const char *s)
{
    size_t n = 0;
    for (s += strspn(s, spaces); *s; s += strspn(s, spaces), n++)
        s += strcspn(s, spaces);
    return n;
}

static int add_word(const char **list, size_t *n, struct arena *a, const char *s, size_t length)
{
    list[*n] = arena_dup(a, s, length);
    return list[(*n)++] ? 0 : -1;
}

static int split(const char *s, struct arena *a, const char **list, size_t *n)
{
    int failed = 0;
    for (s += strspn(s, spaces); *s && !failed; s += strspn(s, spaces)) {
        size_t length = strcspn(s, spaces);
        failed = add_word(list, n, a, s, length);
        s += length;
    }
    return failed;
}

int asked_words(const struct json *asked, const char *key, struct arena *a,
    const char *const **words, size_t *n, struct err *e)
{
    const struct json *value = json_get(asked, key);
    const char *text = json_string(value);
    size_t most = text ? count_words(text) : json_count(value);
    const char **list = arena_array(a, most + 1, sizeof *list);
    int failed = !list;
    *n = 0;
    *words = list;
    if (list && text)
        failed = split(text, a, list, n);
    for (const struct json *j = text ? NULL : json_first(value); list && j; j = json_next(j))
        if (json_string(j) && *json_string(j))
            failed |= add_word(list, n, a, json_string(j), strlen(json_string(j)));
    return failed ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

int asked_rate(const struct json *asked, const char *key, int64_t *out, struct err *e)
{
    static const struct {
        char letter;
        double factor;
    } units[] = {{'\0', 1}, {'k', 1e3}, {'m', 1e6}, {'g', 1e9}};
    const char *s = asked_text(asked, key);
    *out = 0;
    if (!s)
        return 0;
    char *end;
    double value = isdigit((unsigned char)s[0]) ? strtod(s, &end) : NAN;
    for (size_t i = 0; isfinite(value) && i < sizeof units / sizeof *units; i++) {
        bool is_unit = tolower((unsigned char)*end) == units[i].letter && (!*end || !end[1]);
        if (!is_unit || value * units[i].factor < 1000 || value * units[i].factor > 1e15)
            continue;
        *out = (int64_t)(value * units[i].factor);
        return 0;
    }
    err_set(e, ERR_INPUT, 0, "%s is no rate", s);
    return err_hint(e, "bytes a second, at least 1k: 500k, 2M, 1.5G");
}
