/* Which settings hold a key: told by the words of the name, which '_', '-' and digits part. A word counts
 * whole, so that what merely begins like one ("TOKENIZER", "KEYWORD") does not, and "tokens" are counted, not
 * kept. Wrong guesses hide a harmless value; the other way a key would be shown. */
#include "model/worker_env.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const words[] = {"TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASS",
    "PASSPHRASE", "KEY", "KEYS", "APIKEY", "CREDENTIAL", "CREDENTIALS", "AUTH", "AUTHORIZATION",
    "BEARER", "DSN", "PAT"};
/* Where nothing parts the words: "HFTOKEN", "MYSECRET". */
static const char *const endings[] = {"TOKEN", "SECRET", "PASSWORD", "APIKEY"};

static bool is_secret_word(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], s, n) == 0)
            return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t m = strlen(endings[i]);
        if (n > m && strncasecmp(endings[i], s + n - m, m) == 0)
            return true;
    }
    return false;
}

bool worker_env_is_secret(const char *name)
{
    while (*name) {
        size_t n = 0;
        while (isalpha((unsigned char)name[n]))
            n++;
        if (is_secret_word(name, n))
            return true;
        name += n + (name[n] != '\0');
    }
    return false;
}
