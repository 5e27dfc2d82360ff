/* runpod_mask: which values of an endpoint may be shown.
 *
 * Names say most: what is called a token, a key or a password is one. The few settings of vLLM that have
 * such a word in their name and are none (TOKENIZER_MODE, MAX_NUM_BATCHED_TOKENS) are told apart, for an
 * operator has to see them. Values say the rest: what the redactor knows, addresses with a password in
 * them, private keys, and keys among arguments. In doubt a value is masked: whole, since a part of a
 * secret is still a part of it. */
#include "client/runpod_change_internal.h"
#include "client/runpod_read.h"

#include "base/secret.h"
#include "model/worker_env.h"

#include <string.h>
#include <strings.h>

enum { SHOWN_MAX = 512 };

const struct text runpod_masked = TEXT("•••");

static bool holds(const char *s, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(s, *words))
            return true;
    return false;
}

/* ---- names ------------------------------------------------------------------------------------- */

static bool only_digits(const char *s)
{
    return s[strspn(s, "0123456789")] == '\0';
}

/* Whether every "TOKEN" in the name is that of a tokenizer, or counts tokens. */
static bool innocent_tokens(const char *name, const char *value)
{
    for (const char *at = name; (at = strcasestr(at, "TOKEN")) != NULL; at += 5) {
        bool tokenizer = strncasecmp(at + 5, "IZER", 4) == 0;
        bool counts = strncasecmp(at + 5, "S", 1) == 0 && only_digits(value);
        if (!tokenizer && !counts)
            return false;
    }
    return true;
}

static bool named_as_secret(const char *name, const char *value)
{
    static const char *const words[] = {"KEY", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL", NULL};
    return holds(name, words) || worker_env_is_secret(name) || !innocent_tokens(name, value);
}

/* ---- values ------------------------------------------------------------------------------------ */

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

/* "{{ RUNPOD_SECRET_name }}" and nothing else: RunPod puts the secret in when the worker boots (§1.1). */
static bool placeholder(const char *value)
{
    static const char begin[] = "RUNPOD_SECRET_";
    static const char name[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
    const char *s = skip_blanks(value);
    if (strncmp(s, "{{", 2) != 0)
        return false;
    s = skip_blanks(s + 2);
    if (strncmp(s, begin, sizeof begin - 1) != 0)
        return false;
    s += sizeof begin - 1;
    size_t n = strspn(s, name);
    s = skip_blanks(s + n);
    return n > 0 && strncmp(s, "}}", 2) == 0 && *skip_blanks(s + 2) == '\0';
}

/* Also when there is no memory to find out. */
static bool redactor_masks(const char *value)
{
    struct buf out;
    size_t n = strlen(value);
    buf_init(&out, n + 1);
    bool masks = secret_redact(&out, value, n) != 0 || strcmp(buf_str(&out), value) != 0;
    buf_release_secret(&out);
    return masks;
}

/* "scheme://user:password@host". */
bool runpod_address_secret(const char *value)
{
    for (const char *at = value; (at = strstr(at, "://")) != NULL; at += 3) {
        size_t authority = strcspn(at + 3, "/?# \t\r\n");
        if (memchr(at + 3, '@', authority))
            return true;
    }
    return false;
}

bool runpod_value_secret(const char *value)
{
    static const char *const words[] = {"api-key", "api_key", "apikey", "access-key", "access_key",
        "private-key", "private_key", "private key", "password", "secret", "credential", "token ",
        "token=", "token\"", "token'", NULL};
    return redactor_masks(value) || runpod_address_secret(value) || holds(value, words);
}

bool runpod_env_secret(const char *name, const char *value)
{
    return !placeholder(value) && (named_as_secret(name, value) || runpod_value_secret(value));
}

/* ---- texts ------------------------------------------------------------------------------------- */

struct text runpod_value_text(struct arena *a, const char *value)
{
    return runpod_text(a, value, strlen(value), SHOWN_MAX, TEXT_LINE);
}

struct text runpod_env_text(struct arena *a, const char *name, const char *value)
{
    if (!value)
        return TEXT("");
    if (*value == '\0')
        return TEXT("\"\"");
    return runpod_env_secret(name, value) ? runpod_masked : runpod_value_text(a, value);
}
