/* http_url: what a URL means is asked of libcurl's own parser, so that what is checked here is what
 * the transfer later connects to: "127.1" is 127.0.0.1 for both, and a host hidden behind an @ or a
 * backslash is found out by neither more nor less than the one that matters. */
#include "client/http_internal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_percent_encoded(const char *url)
{
    for (const unsigned char *p = (const unsigned char *)url; *p != '\0'; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return true;
}

static bool starts_with(const char *url, const char *scheme)
{
    return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* One to three slashes are fine for libcurl; here it must be two and a host. */
static bool has_scheme(const char *url)
{
    const char *host = starts_with(url, "https://")  ? url + 8
                       : starts_with(url, "http://") ? url + 7
                                                     : NULL;
    return host != NULL && *host != '/';
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcmp(host, "localhost") == 0;
}

/* Copies the host in lower case, without the brackets of an IPv6 address. */
static int copy_host(char out[HTTP_HOST_MAX], const char *host)
{
    size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    }
    if (n == 0 || n >= HTTP_HOST_MAX)
        return -1;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)tolower((unsigned char)host[i]);
    out[n] = '\0';
    return 0;
}

static int read_origin(CURLU *u, struct http_origin *origin, struct err *e)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    int result = -1;
    if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        copy_host(origin->host, host) != 0) {
        (void)err_set(e, ERR_INPUT, 0, "the URL has no proper host");
        goto out;
    }
    origin->https = strcmp(scheme, "https") == 0;
    origin->port = (int)strtol(port, NULL, 10);
    origin->loopback = is_loopback(origin->host);
    result = 0;
out:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return result;
}

static int refuse(CURLUcode code, struct err *e)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        return err_set(e, ERR_IO, 0, "out of memory");
    if (code == CURLUE_USER_NOT_ALLOWED)
        return err_set(e, ERR_INPUT, 0, "the URL holds a user name or a password");
    return err_set(e, ERR_INPUT, 0, "the URL is malformed: %s", curl_url_strerror(code));
}

int http_url_read(const char *url, struct http_origin *origin, struct err *e)
{
    if (strlen(url) >= HTTP_URL_MAX)
        return err_set(e, ERR_INPUT, 0, "the URL is longer than %d bytes", HTTP_URL_MAX - 1);
    if (!is_percent_encoded(url))
        return err_set(e, ERR_INPUT, 0, "the URL holds bytes that must be percent-encoded");
    if (!has_scheme(url))
        return err_set(e, ERR_INPUT, 0, "the URL does not begin with https:// or http://");
    CURLU *u = curl_url();
    if (u == NULL)
        return refuse(CURLUE_OUT_OF_MEMORY, e);
    CURLUcode code = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);
    int result = code == CURLUE_OK ? read_origin(u, origin, e) : refuse(code, e);
    curl_url_cleanup(u);
    if (result == 0 && !origin->https && !origin->loopback) {
        (void)err_set(e, ERR_INPUT, 0, "plain http to %s is refused", origin->host);
        return err_hint(e, "use https:// (plain http only goes to this machine itself)");
    }
    return result;
}

bool http_origin_equal(const struct http_origin *a, const struct http_origin *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static CURLUcode resolve(const char *base, const char *location, struct buf *out)
{
    char *url = NULL;
    CURLU *u = curl_url();
    CURLUcode code = u != NULL ? curl_url_set(u, CURLUPART_URL, base, CURLU_DISALLOW_USER)
                               : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_set(
            u, CURLUPART_URL, location, CURLU_DISALLOW_USER | CURLU_URLENCODE | CURLU_ALLOW_SPACE);
    if (code == CURLUE_OK)
        code = curl_url_get(u, CURLUPART_URL, &url, 0);
    if (code == CURLUE_OK && buf_str_append(out, url) != 0)
        code = CURLUE_MALFORMED_INPUT; /* longer than any URL may be */
    curl_free(url);
    curl_url_cleanup(u);
    return code;
}

int http_url_redirect(const char *base, const char *location, struct buf *out,
    struct http_origin *origin, struct err *e)
{
    struct err why;
    err_clear(&why);
    buf_clear(out);
    CURLUcode code = resolve(base, location, out);
    if (code != CURLUE_OK)
        (void)refuse(code, &why);
    else if (http_url_read(buf_str(out), origin, &why) == 0 && !origin->https &&
             starts_with(base, "https:"))
        (void)err_set(&why, ERR_INPUT, 0, "it leads from https to plain http");
    if (why.class == ERR_NONE)
        return 0;
    return err_set(e, why.class == ERR_INPUT ? ERR_REMOTE : why.class, 0,
        "the server's redirect is refused: %s", why.message);
}

void http_url_show(const char *url, bool with_path, struct buf *out)
{
    const char *host = strstr(url, "://");
    size_t n = strcspn(url, "?#"), room = out->max - out->len;
    if (!with_path && host != NULL)
        n = (size_t)(host + 3 - url) + strcspn(host + 3, "/?#");
    (void)buf_append(out, url, n < room ? n : room);
}
