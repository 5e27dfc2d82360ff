/* hub: names and addresses. What may become part of a URL is checked or encoded here, so that no id,
 * revision or page link can make another request than was meant, and "is this the Hub's own origin"
 * is answered by comparing with the endpoint as a whole up to its end: a URL that is only written
 * otherwise (a port, upper case) counts as foreign, which costs a refusal but never the token. */
#include "client/hub_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 96 };

static const char public_hub[] = "https://huggingface.co";

struct hub *hub_new(const struct hub_options *options, struct http *http, struct err *e)
{
    const char *endpoint = options->endpoint ? options->endpoint : "";
    if (strncmp(endpoint, "https://", 8) != 0 && strncmp(endpoint, "http://", 7) != 0) {
        (void)err_set(e, ERR_INPUT, 0, "the Hub's address \"%s\" is no http(s) URL", endpoint);
        (void)err_hint(e, "set HF_ENDPOINT, or leave it out for %s", public_hub);
        return NULL;
    }
    struct hub *h = calloc(1, sizeof *h);
    size_t n = strlen(endpoint);
    while (n > 0 && endpoint[n - 1] == '/')
        n--;
    if (h)
        h->endpoint = strndup(endpoint, n);
    if (!h || !h->endpoint) {
        free(h);
        (void)err_set(e, ERR_IO, 0, "out of memory for the Hub's client");
        return NULL;
    }
    h->http = http;
    h->token = options->token;
    return h;
}

void hub_free(struct hub *h)
{
    if (h)
        free(h->endpoint);
    free(h);
}

bool hub_has_token(const struct hub *h)
{
    return h->token != NULL;
}

const char *hub_endpoint(const struct hub *h)
{
    return h->endpoint;
}

/* ---- repository ids -------------------------------------------------------------------------- */

static bool is_edge(char c)
{
    return c == '-' || c == '.';
}

/* NULL, or what is wrong with the owner or the name (§1.4). */
static const char *part_fault(const char *s, size_t n)
{
    if (n == 0 || n > NAME_MAX_BYTES)
        return "has to be 1 to 96 characters long";
    if (is_edge(s[0]) || is_edge(s[n - 1]))
        return "may not begin or end with \"-\" or \".\"";
    if (n >= 4 && memcmp(s + n - 4, ".git", 4) == 0)
        return "may not end in \".git\"";
    for (size_t i = 0; i < n; i++) {
        if (!(isalnum((unsigned char)s[i]) && (unsigned char)s[i] < 0x80) && !strchr("-_.", s[i]))
            return "may only have letters, digits, \"-\", \"_\" and \".\"";
        if (i > 0 && is_edge(s[i]) && s[i] == s[i - 1])
            return "may not have \"--\" or \"..\"";
    }
    return NULL;
}

int hub_check_repo_id(const char *id, struct err *e)
{
    const char *slash = id ? strchr(id, '/') : NULL;
    if (!slash || strchr(slash + 1, '/'))
        return err_set(
            e, ERR_INPUT, 0, "\"%.200s\" is no repository: it has to be OWNER/NAME", id ? id : "");
    const char *owner = part_fault(id, (size_t)(slash - id));
    const char *name = part_fault(slash + 1, strlen(slash + 1));
    if (!owner && !name)
        return 0;
    return err_set(e, ERR_INPUT, 0, "\"%.200s\" is no repository: its %s %s", id,
        owner ? "owner" : "name", owner ? owner : name);
}

bool hub_is_hex(const char *s, size_t digits)
{
    return s && strlen(s) == digits && strspn(s, "0123456789abcdef") == digits;
}

/* ---- URLs ------------------------------------------------------------------------------------ */

int hub_encode(const char *s, struct buf *out)
{
    int failed = 0;
    for (; *s && !failed; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = c < 0x80 && (isalnum(c) || strchr("-_.~", c));
        failed = plain ? buf_char(out, *s) : buf_printf(out, "%%%02X", c);
    }
    return failed;
}

int hub_repo_url(const struct hub *h, const char *repo, const char *word, const char *revision,
    struct buf *out, struct err *e)
{
    if (hub_check_repo_id(repo, e))
        return -1;
    int failed = buf_printf(out, "%s/api/models/%s", h->endpoint, repo);
    if (word)
        failed |= buf_printf(out, "/%s", word);
    if (revision) {
        failed |= buf_char(out, '/');
        failed |= hub_encode(revision, out);
    }
    return failed ? err_set(e, ERR_INPUT, 0, "the name of the revision is too long") : 0;
}

/* What stands behind `prefix` when the URL lies on the same origin, else NULL. */
static const char *below(const char *url, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(url, prefix, n) != 0)
        return NULL;
    return url[n] == '\0' || strchr("/?#", url[n]) ? url + n : NULL;
}

bool hub_owns(const struct hub *h, const char *url)
{
    return below(url, h->endpoint) != NULL;
}

int hub_turn_url(const struct hub *h, const char *url, struct buf *out)
{
    const char *rest = below(url, public_hub);
    return rest ? buf_printf(out, "%s%s", h->endpoint, rest) : buf_str_append(out, url);
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Whether the parameters of a link, up to its end, say rel="next". */
static bool is_next(const char *s, size_t n)
{
    while (n > 0) {
        size_t part = 0;
        while (part < n && s[part] != ';')
            part++;
        size_t skip = 0;
        while (skip < part && (s[skip] == ' ' || s[skip] == '\t'))
            skip++;
        const char *word = s + skip;
        size_t length = part - skip;
        while (length > 0 && (word[length - 1] == ' ' || word[length - 1] == '\t'))
            length--;
        if ((length == 10 && strncasecmp(word, "rel=\"next\"", 10) == 0) ||
            (length == 8 && strncasecmp(word, "rel=next", 8) == 0))
            return true;
        part += part < n;
        s += part;
        n -= part;
    }
    return false;
}

/* The URL between < and > of the link that says next; NULL when none does. A comma ends a link only
 * outside of <>. */
static const char *find_next(const char *link, size_t *length)
{
    for (const char *open = strchr(link, '<'); open; open = strchr(open, '<')) {
        const char *close = strchr(open, '>');
        if (!close)
            return NULL;
        size_t n = strcspn(close + 1, ",");
        if (is_next(close + 1, n)) {
            *length = (size_t)(close - open - 1);
            return open + 1;
        }
        open = close + 1 + n;
    }
    return NULL;
}

int hub_next_page(const struct hub *h, const char *link, struct buf *out, struct err *e)
{
    size_t n = 0;
    const char *url = find_next(link, &n);
    int failed = 0;
    buf_clear(out);
    if (!url)
        return 0;
    if (n > 1 && url[0] == '/' && url[1] != '/') {
        const char *host = strstr(h->endpoint, "://") + 3;
        failed = buf_append(out, h->endpoint, (size_t)(host - h->endpoint) + strcspn(host, "/"));
    }
    failed |= buf_append(out, url, n);
    if (failed || !hub_owns(h, buf_str(out)))
        return err_set(e, ERR_REMOTE, 0, "the Hub's next page lies on another server");
    return 0;
}
