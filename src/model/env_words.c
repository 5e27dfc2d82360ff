/* One word at a time into a buffer on the stack, without its quotes. */
#include "model/env_words.h"

#include <ctype.h>
#include <string.h>

bool env_name_ok(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > ENV_WORD_NAME_MAX || isdigit((unsigned char)*name))
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

/* Moves *at behind the next word; 0 = none is left, 1 = there is one, -1 = it cannot be read. */
static int next_word(const char **at, char out[ENV_WORD_MAX], struct err *e)
{
    const char *s = *at + strspn(*at, " \t");
    char quote = 0;
    size_t n = 0;
    if (!*s)
        return 0;
    for (; *s && (quote || (*s != ' ' && *s != '\t')); s++) {
        if (quote ? *s == quote : *s == '"' || *s == '\'') {
            quote = quote ? 0 : *s;
            continue;
        }
        if (n + 1 >= ENV_WORD_MAX)
            return err_set(e, ERR_INPUT, 0, "a value is longer than %d bytes", ENV_WORD_MAX);
        out[n++] = *s;
    }
    out[n] = 0;
    *at = s;
    return quote ? err_set(e, ERR_INPUT, 0, "a %c is not closed", quote) : 1;
}

static int take(char *word, int (*each)(void *, const char *, const char *, struct err *),
    void *arg, struct err *e)
{
    char *equals = strchr(word, '=');
    bool away = word[0] == '-';
    const char *name = away ? word + 1 : word, *value = away || !equals ? NULL : equals + 1;
    if (!away && equals)
        *equals = 0;
    if (!away && !equals)
        return err_set(
            e, ERR_INPUT, 0, "%.64s: NAME=VALUE sets a variable, -NAME takes it away", word);
    if (!env_name_ok(name))
        return err_set(e, ERR_INPUT, 0, "“%.64s” is no name of a variable", name);
    return each ? each(arg, name, value, e) : 0;
}

int env_words(const char *words,
    int (*each)(void *arg, const char *name, const char *value, struct err *e), void *arg,
    struct err *e)
{
    char word[ENV_WORD_MAX];
    int found = 1, failed = 0;
    while (!failed && (found = next_word(&words, word, e)) > 0)
        failed = take(word, each, arg, e);
    return failed || found < 0 ? -1 : 0;
}
