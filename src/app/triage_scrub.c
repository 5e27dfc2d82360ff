/* What a recorded log line must not take along. Everything that leaves the program goes through the redactor
 * (base/secret.h), which knows keys by their shape; a file that is made to be sent to somebody goes further: what
 * stands behind a word that announces a secret, and who logs in by a URL.
 *
 * One pass from left to right; an announcing word is known by its end ("HF_TOKEN", "api-key", "X-Amz-Signature"), and
 * its value ends at white space, a quote, or what parts the values of a URL or a list. Numbers and words of a few
 * letters are kept: they are settings. */
#include "app/triage_record_internal.h"

#include "base/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LINE_MOST = 2 << 20, VALUE_LEAST = 6, USER_MOST = 512 };

static const char mask[] = "***";

/* ---- announced ------------------------------------------------------------------------------------------- */

static const char *const announcing[] = {"authorization", "password", "passwd", "pwd", "secret",
    "token", "api_key", "api-key", "apikey", "access_key", "access-key", "accesskey", "signature",
    "credential", "cookie", "passphrase"};

/* The length of the announcing word that ends just before `at`. 0 = none does. */
static size_t announced(const char *s, size_t at)
{
    for (size_t i = 0; i < sizeof announcing / sizeof *announcing; i++) {
        size_t n = strlen(announcing[i]);
        if (n <= at && strncasecmp(s + at - n, announcing[i], n) == 0)
            return n;
    }
    return 0;
}

static bool is_end(char c)
{
    return c == '\0' || strchr(" \t\"'&,;)]}<>\\", c) != NULL;
}

static size_t skip(const char *s, size_t at, const char *set)
{
    return at + strspn(s + at, set);
}

/* "Bearer" and the like belong to what is announced. */
static size_t behind_scheme(const char *s, size_t at)
{
    static const char *const schemes[] = {"bearer ", "basic ", "token ", "apikey "};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strncasecmp(s + at, schemes[i], strlen(schemes[i])) == 0)
            return skip(s, at + strlen(schemes[i]), " ");
    return at;
}

static size_t value_end(const char *s, size_t at)
{
    while (!is_end(s[at]))
        at++;
    return at;
}

/* A setting's value, not a secret's: a number, a short word. */
static bool is_harmless(const char *s, size_t n)
{
    size_t digits = 0;
    while (digits < n && (isdigit((unsigned char)s[digits]) || s[digits] == '.'))
        digits++;
    return n < VALUE_LEAST || digits == n;
}

/* Where a secret's value begins that is announced just before `at`, and its end. false = there is none. */
static bool find_announced(const char *s, size_t at, size_t *begin, size_t *end)
{
    size_t to = skip(s, at, "\\\"'");
    bool scheme = at >= 6 && strncasecmp(s + at - 6, "bearer", 6) == 0;
    if (!scheme && !announced(s, at))
        return false;
    if (s[to] != '=' && s[to] != ':' && !(s[to] == ' ' && (scheme || s[skip(s, to, " ")] == '=')))
        return false;
    to = behind_scheme(s, skip(s, to, " \t=:\\\"'"));
    *begin = to;
    *end = value_end(s, to);
    return *end > to && !is_harmless(s + to, *end - to);
}

/* ---- a URL's user ---------------------------------------------------------------------------------------- */

/* "://user:password@": from behind the slashes to the '@'. */
static bool find_user(const char *s, size_t at, size_t *end)
{
    size_t n = 0;
    if (strncmp(s + at, "://", 3) != 0)
        return false;
    while (n < USER_MOST && s[at + 3 + n] && !strchr("/ \t\"'<>?#@", s[at + 3 + n]))
        n++;
    *end = at + 3 + n;
    return n > 0 && s[*end] == '@';
}

/* ---- a line ------------------------------------------------------------------------------------------------ */

static int scrub(struct buf *out, const char *s)
{
    size_t from = 0, begin, end;
    int failed = 0;
    for (size_t at = 0; s[at] && !failed; at++) {
        if (find_user(s, at, &end))
            begin = at + 3;
        else if (!find_announced(s, at, &begin, &end))
            continue;
        failed = buf_append(out, s + from, begin - from) || buf_str_append(out, mask);
        from = end;
        at = end - 1;
    }
    return failed || buf_str_append(out, s + from) ? -1 : 0;
}

struct json *record_text(struct text t)
{
    struct buf redacted, scrubbed;
    struct json *j = NULL;
    buf_init(&redacted, LINE_MOST);
    buf_init(&scrubbed, LINE_MOST);
    if (secret_redact(&redacted, t.s, t.len) == 0 && scrub(&scrubbed, buf_str(&redacted)) == 0)
        j = json_new_string(buf_str(&scrubbed));
    buf_release_secret(&redacted);
    buf_release(&scrubbed);
    return j;
}
