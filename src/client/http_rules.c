/* http_rules: the one place every request passes before anything of it is sent.
 *
 * Read-only is decided here and nowhere else (design rule 3). The rest keeps a caller's mistake,
 * or a hostile value that got into one, from becoming another request than was meant: header
 * names and values that could break out of their line, headers that are the engine's own
 * business, bodies that cannot be sent as announced. */
#include "client/http_internal.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 64, HEADER_BYTES_MAX = 16 * 1024 };

static const char *const method_names[] = {
    [HTTP_GET] = "GET",
    [HTTP_HEAD] = "HEAD",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH",
    [HTTP_DELETE] = "DELETE",
};
enum { METHODS = sizeof method_names / sizeof *method_names };

/* What the engine writes itself: a second one would change how the request is framed or routed. */
static const char *const engine_headers[] = {"connection", "content-length", "expect", "host",
    "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
    "upgrade", "user-agent"};

static const char *const private_headers[] = {
    "authorization", "cookie", "x-amz-security-token", "x-api-key"};

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

const char *http_method_name(enum http_method method)
{
    return (size_t)method < METHODS ? method_names[method] : "?";
}

bool http_is_write(const struct http_request *r)
{
    bool asks = r->method == HTTP_POST && r->reads;
    return r->method != HTTP_GET && r->method != HTTP_HEAD && !asks;
}

bool http_header_is_private(const struct http_header *header)
{
    return header->same_origin || is_among(header->name, private_headers,
                                      sizeof private_headers / sizeof *private_headers);
}

/* RFC 9110 §5.6.2 */
static bool is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++)
        if (!isalnum((unsigned char)*s) && strchr("!#$%&'*+-.^_`|~", *s) == NULL)
            return false;
    return true;
}

static bool is_header_value(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

static int check_header(const struct http_header *header, struct err *e)
{
    if (header->name == NULL || header->value == NULL || !is_token(header->name))
        return err_set(e, ERR_BUG, 0, "a request header has no proper name");
    if (is_among(header->name, engine_headers, sizeof engine_headers / sizeof *engine_headers))
        return err_set(e, ERR_BUG, 0, "the header %s is not the caller's to set", header->name);
    if (!is_header_value(header->value))
        return err_set(e, ERR_INPUT, 0,
            "the value for the header %s holds a line feed or another "
            "control character",
            header->name);
    return 0;
}

static int check_headers(const struct http_request *r, struct err *e)
{
    size_t bytes = 0;
    if (r->header_count > HEADERS_MAX || (r->header_count > 0 && r->headers == NULL))
        return err_set(e, ERR_BUG, 0, "a request has more than %d headers", HEADERS_MAX);
    for (size_t i = 0; i < r->header_count; i++) {
        if (check_header(&r->headers[i], e))
            return -1;
        bytes += strlen(r->headers[i].name) + strlen(r->headers[i].value);
        if (bytes > HEADER_BYTES_MAX)
            return err_set(e, ERR_INPUT, 0, "the request's headers are larger than %d bytes",
                HEADER_BYTES_MAX);
        if (r->bearer != NULL && strcasecmp(r->headers[i].name, "authorization") == 0)
            return err_set(e, ERR_BUG, 0, "a request has two Authorization headers");
    }
    const char *key = secret_value(r->bearer);
    if (r->bearer != NULL && (*key == '\0' || !is_header_value(key)))
        return err_set(e, ERR_INPUT, 0, "the key %s cannot be sent", secret_name(r->bearer));
    return 0;
}

static int check_body(const struct http_request *r, struct err *e)
{
    bool bytes = r->body_length > 0;
    if (bytes && (r->body == NULL || r->has_file))
        return err_set(e, ERR_BUG, 0, "a request has no proper body");
    if (r->has_file && (r->file_fd < 0 || r->file_offset < 0 || r->file_length < 0 ||
                           r->file_length > INT64_MAX - r->file_offset))
        return err_set(e, ERR_BUG, 0, "a request has no proper file range");
    if ((bytes || r->has_file) && (r->method == HTTP_GET || r->method == HTTP_HEAD))
        return err_set(e, ERR_BUG, 0, "%s carries no body", http_method_name(r->method));
    return 0;
}

int http_rules_check(
    const struct http_request *r, bool read_only, struct http_origin *origin, struct err *e)
{
    if ((size_t)r->method >= METHODS || r->url == NULL || r->deadline_ms <= 0 || r->stall_ms < 0 ||
        r->attempts < 0 || (r->answer_max == 0 && r->method != HTTP_HEAD))
        return err_set(e, ERR_BUG, 0, "a request lacks its URL, deadline or limit");
    if (read_only && http_is_write(r)) {
        (void)err_set(e, ERR_STATE, 0, "%s is refused: read-only", http_method_name(r->method));
        return err_hint(e, "this session may only read; start one that may write");
    }
    if (http_url_read(r->url, origin, e) || check_headers(r, e))
        return -1;
    return check_body(r, e);
}
