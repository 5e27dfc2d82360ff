#include "app/asked.h"

#include <errno.h>
#include <inttypes.h>
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
