/* http_error: the class is looked up by status, the sentence is searched for in the body by shape.
 *
 * The first byte that is no white space decides the shape: '{', '[' and '"' are JSON, '<' is markup
 * (S3's XML or a gateway's HTML), anything else is plain text. What does not parse as promised
 * falls through to plain text or to nothing. In JSON the sentence is the first of a short list of
 * members, and the list `errors` is put behind it, since validators say there what exactly is
 * wrong.
 *
 * Nothing here trusts the body: sentences are gathered raw in a capped buffer, folded to one line,
 * cleaned, redacted, and cut at a character. */
#include "client/http_error.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

enum {
    SENTENCE_MAX = 300,
    RAW_MAX = 4 * 1024,      /* of a sentence before it is cleaned */
    CLEAN_MAX = 8 * RAW_MAX, /* cleaning never makes more of it */
    BODY_MAX = 256 * 1024,   /* larger ones are not searched: no error is that long */
    LIST_MAX = 8,            /* entries of a list that are put together */
    REQUEST_ID_MAX = 80
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static const char *const members[] = {
    "detail", "error", "message", "error_description", "msg", "title"};

static bool json_sentence(struct buf *raw, const struct json *j, int depth);

static bool is_white(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool add(struct buf *raw, const char *s)
{
    if (s == NULL || s[strspn(s, " \t\r\n\v\f")] == '\0')
        return false;
    if (raw->len > 0)
        (void)buf_str_append(raw, "; ");
    size_t n = strlen(s), room = raw->max - raw->len;
    (void)buf_append(raw, s, n < room ? n : room);
    return true;
}

static bool list_sentence(struct buf *raw, const struct json *list, int depth)
{
    bool found = false;
    int n = 0;
    for (const struct json *j = json_first(list); j != NULL && n < LIST_MAX; j = json_next(j), n++)
        found = json_sentence(raw, j, depth) || found;
    return found;
}

static bool object_sentence(struct buf *raw, const struct json *object, int depth)
{
    bool found = false;
    for (size_t i = 0; i < sizeof members / sizeof *members && !found; i++)
        found = json_sentence(raw, json_get(object, members[i]), depth);
    return json_sentence(raw, json_get(object, "errors"), depth) || found;
}

/* A text is itself; a list is its entries; an object is its sentence. Three levels are as deep as
 * any known shape goes. */
static bool json_sentence(struct buf *raw, const struct json *j, int depth)
{
    if (depth == 0)
        return false;
    switch (json_kind(j)) {
    case JSON_STRING:
        return add(raw, json_string(j));
    case JSON_ARRAY:
        return list_sentence(raw, j, depth - 1);
    case JSON_OBJECT:
        return object_sentence(raw, j, depth - 1);
    default:
        return false;
    }
}

static bool from_json(struct buf *raw, const char *body, size_t n)
{
    struct json *j = json_parse(body, n, NULL);
    bool found = json_sentence(raw, j, 4);
    json_free(j);
    return found;
}

/* ---- markup ---------------------------------------------------------------------------------- */

struct span {
    const char *s;
    size_t n;
};

static const char *find(const char *s, size_t n, const char *word)
{
    size_t w = strlen(word);
    for (size_t i = 0; i + w <= n; i++)
        if (strncasecmp(s + i, word, w) == 0)
            return s + i;
    return NULL;
}

/* What stands between <name …> and </name>. */
static bool element(const char *body, size_t n, const char *name, struct span *out)
{
    const char *end = body + n;
    for (const char *p = body; (p = find(p, (size_t)(end - p), name)) != NULL; p++) {
        const char *after = p + strlen(name);
        if (p == body || p[-1] != '<' || after == end || (*after != '>' && !is_white(*after)))
            continue;
        const char *from = memchr(after, '>', (size_t)(end - after));
        const char *to = from != NULL ? find(from, (size_t)(end - from), "</") : NULL;
        if (to == NULL)
            return false;
        *out = (struct span){from + 1, (size_t)(to - from - 1)};
        return true;
    }
    return false;
}

static const struct entity {
    const char *name;
    char c;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''},
    {"&#39;", '\''}, {"&#34;", '"'}, {"&nbsp;", ' '}};

static size_t entity(const char *s, size_t n, char *c)
{
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t w = strlen(entities[i].name);
        if (w <= n && memcmp(s, entities[i].name, w) == 0) {
            *c = entities[i].c;
            return w;
        }
    }
    return 0;
}

static bool add_markup(struct buf *raw, struct span span)
{
    struct buf text;
    buf_init(&text, RAW_MAX);
    for (size_t i = 0; i < span.n && !text.full;) {
        char c = span.s[i];
        size_t w = c == '&' ? entity(span.s + i, span.n - i, &c) : 0;
        (void)buf_char(&text, c);
        i += w > 0 ? w : 1;
    }
    bool found = add(raw, buf_str(&text));
    buf_release(&text);
    return found;
}

/* S3 says <Message> and <Code>; pages say <title>, else <h1>. */
static bool from_markup(struct buf *raw, const char *body, size_t n)
{
    struct span code, span;
    if (element(body, n, "message", &span) && add_markup(raw, span)) {
        if (element(body, n, "code", &code) && code.n > 0 && code.n < 64)
            (void)buf_printf(raw, " (%.*s)", (int)code.n, code.s);
        return true;
    }
    return (element(body, n, "title", &span) && add_markup(raw, span)) ||
           (element(body, n, "h1", &span) && add_markup(raw, span));
}

/* ---- plain text ------------------------------------------------------------------------------ */

static bool is_text_type(const char *content_type)
{
    return content_type == NULL || content_type[0] == '\0' ||
           strncasecmp(content_type, "text/", 5) == 0 || strcasestr(content_type, "json") != NULL ||
           strcasestr(content_type, "xml") != NULL;
}

/* Bytes that are no text (an image, a compressed page) are no sentence. */
static bool from_plain(struct buf *raw, const char *body, size_t n, const char *content_type)
{
    if (n > RAW_MAX)
        n = RAW_MAX;
    if (!is_text_type(content_type) || memchr(body, '\0', n) != NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)body[i] < ' ' && !is_white(body[i]) && body[i] != '\033')
            return false;
    return buf_append(raw, body, n) == 0;
}

/* ---- putting it together --------------------------------------------------------------------- */

/* Any run of white space becomes one blank, so that the cleaned sentence is one line. */
static void fold(struct buf *out, const char *s, size_t n)
{
    bool blank = true;
    for (size_t i = 0; i < n; i++) {
        if (!is_white(s[i]) || !blank)
            (void)buf_char(out, is_white(s[i]) ? ' ' : s[i]);
        blank = is_white(s[i]);
    }
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

/* Masked before it is cut: a cut through a secret would leave a beginning that nobody
 * recognises. */
static bool finish(const struct buf *raw, struct buf *out)
{
    struct buf folded, safe, cut;
    buf_init(&folded, RAW_MAX);
    buf_init(&safe, CLEAN_MAX);
    buf_init(&cut, SENTENCE_MAX);
    fold(&folded, buf_str(raw), raw->len);
    (void)text_safe(&safe, buf_str(&folded), folded.len, TEXT_LINE);
    (void)text_clean(&cut, buf_str(&safe), safe.len, TEXT_LINE);
    bool found = cut.len > 0 && buf_append(out, buf_str(&cut), cut.len) == 0;
    buf_release(&folded);
    buf_release(&safe);
    buf_release(&cut);
    return found;
}

bool http_error_sentence(const void *body, size_t n, const char *content_type, struct buf *out)
{
    const char *s = body, *end = s + n;
    while (s < end && is_white(*s))
        s++;
    n = (size_t)(end - s);
    if (n == 0 || n > BODY_MAX)
        return false;

    struct buf raw;
    buf_init(&raw, RAW_MAX);
    bool found = false;
    if (*s == '{' || *s == '[' || *s == '"')
        found = from_json(&raw, s, n);
    else if (*s == '<')
        found = from_markup(&raw, s, n);
    else
        found = from_plain(&raw, s, n, content_type);
    found = found && finish(&raw, out);
    buf_release(&raw);
    return found;
}

/* ---- the status ------------------------------------------------------------------------------ */

static const struct meaning {
    int status;
    enum err_class class;
    const char *words; /* for an answer that says nothing itself */
    const char *hint;
} meanings[] = {
    {400, ERR_REMOTE, "the request was refused", ""},
    {401, ERR_AUTH, "the key is missing or wrong", "check the key: slipway doctor"},
    {402, ERR_REMOTE, "payment is required", "check the account's balance or plan"},
    {403, ERR_AUTH, "the key has no right to this", "give the key the right, or use another one"},
    {404, ERR_REMOTE, "not found", ""},
    {408, ERR_TIMEOUT, "the server gave up waiting for the request", ""},
    {409, ERR_STATE, "conflict with the present state", ""},
    {410, ERR_REMOTE, "no longer there", ""},
    {412, ERR_STATE, "it has changed meanwhile", ""},
    {413, ERR_REMOTE, "the request is too large", ""},
    {422, ERR_REMOTE, "the request was found invalid", ""},
    {429, ERR_RATE, "too many requests", "wait before asking again"},
    {500, ERR_REMOTE, "the server failed", ""},
    {502, ERR_REMOTE, "the gateway got no proper answer from the server", ""},
    {503, ERR_REMOTE, "the service is unavailable", ""},
    {504, ERR_TIMEOUT, "the gateway gave up waiting for the server", ""},
    {524, ERR_TIMEOUT, "the gateway gave up waiting for the server", ""},
};

static const struct meaning *meaning_of(int status)
{
    static const struct meaning redirect = {0, ERR_REMOTE, "an unexpected redirect", ""};
    static const struct meaning other = {0, ERR_REMOTE, "the request failed", ""};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].status == status)
            return &meanings[i];
    return status >= 300 && status < 400 ? &redirect : &other;
}

/* The sentence of the body, else of the header that HEAD answers carry it in, else our own. */
static void find_sentence(const struct http_response *r, const struct meaning *m, struct buf *out)
{
    struct buf value;
    buf_init(&value, HTTP_HEADER_BYTES_MAX);
    const char *type = http_response_header(r, "content-type", &value) ? buf_str(&value) : NULL;
    bool found = http_error_sentence(buf_str(&r->body), r->body.len, type, out);
    if (!found && http_response_header(r, "x-error-message", &value))
        found = finish(&value, out);
    if (!found)
        (void)buf_str_append(out, m->words);
    buf_release(&value);
}

/* What support asks for, as the Hub and S3 name it (spec/huggingface.md §7.1). */
static void add_request_id(const struct http_response *r, struct buf *out)
{
    static const char *const names[] = {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id", "cf-ray"};
    struct buf id;
    buf_init(&id, HTTP_HEADER_BYTES_MAX);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!http_response_header(r, names[i], &id) || id.len == 0 || id.len > REQUEST_ID_MAX)
            continue;
        (void)buf_printf(out, " (request %s)", buf_str(&id));
        break;
    }
    buf_release(&id);
}

int http_check(const struct http_response *r, const char *what, struct err *e)
{
    if (r->status >= 200 && r->status < 300)
        return 0;
    const struct meaning *m = meaning_of(r->status);
    struct buf sentence;
    buf_init(&sentence, SENTENCE_MAX + 2 * REQUEST_ID_MAX);
    find_sentence(r, m, &sentence);
    add_request_id(r, &sentence);
    (void)err_set(e, m->class, r->status, "%s: HTTP %d: %s", what, r->status, buf_str(&sentence));
    if (r->status == 429 && r->retry_after_ms > 0)
        (void)err_hint(e, "ask again in %lld s", (long long)((r->retry_after_ms + 999) / 1000));
    else if (m->hint[0] != '\0')
        (void)err_hint(e, "%s", m->hint);
    buf_release(&sentence);
    return -1;
}
