#include "app/env_kept.h"

#include "client/runpod_change.h"
#include "model/env_words.h"
#include "model/worker_env.h"

#include <string.h>

enum { WORDS_MAX = 64 * 1024 };

/* RunPod puts its own secret in where this stands; the words themselves tell nothing. */
static bool is_placeholder(const char *value)
{
    return strncmp(value, "{{", 2) == 0;
}

static bool is_key(const char *name, const char *value)
{
    return value && !is_placeholder(value) &&
           (worker_env_is_secret(name) || runpod_address_secret(value));
}

struct json *env_kept(const struct json *asked)
{
    struct json *copy = json_dup(asked);
    const struct json *env = json_get(asked, "env");
    struct json *kept = json_kind(env) == JSON_OBJECT ? json_new_object() : NULL;
    int failed = !copy;
    for (const struct json *m = kept ? json_first(env) : NULL; m; m = json_next(m)) {
        const char *name = json_key(m) ? json_key(m) : "", *value = json_string(m);
        failed |= json_add_str(kept, name, is_key(name, value) ? "***" : value ? value : "");
    }
    if (kept && copy)
        failed |= json_set(copy, "env", kept);
    else
        json_free(kept);
    if (!failed)
        return copy;
    json_free(copy);
    return NULL;
}

/* In double quotes, since a value may hold blanks; one that holds such quotes goes into single ones. */
static int keep_word(void *arg, const char *name, const char *value, struct err *e)
{
    struct buf *out = arg;
    const char *quote = value && strchr(value, '"') ? "'" : "\"";
    bool plain = !value || !strpbrk(value, " \t\"'");
    if (is_key(name, value))
        return 0;
    return buf_printf(out, "%s%s%s%s%s%s%s", out->len ? " " : "", value ? "" : "-", name,
               value ? "=" : "", plain ? "" : quote, value ? value : "", plain ? "" : quote)
               ? err_set(e, ERR_INPUT, 0, "too many words")
               : 0;
}

struct text env_kept_words(struct text words, struct arena *a)
{
    struct buf out;
    buf_init(&out, WORDS_MAX);
    struct text kept = TEXT("");
    if (words.len && env_words(words.s, keep_word, &out, NULL) == 0)
        kept = text_new(a, buf_str(&out), out.len, TEXT_LINE);
    buf_release(&out);
    return kept;
}
