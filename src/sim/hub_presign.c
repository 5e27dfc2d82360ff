/* URLs that carry their own right, as S3 signs them: X-Amz-Date and X-Amz-Expires say until when,
 * X-Amz-Signature covers method, path, date, life and everything added. Times are real ones,
 * because clients compare them with their own clock.
 *
 * A scenario may set "storage_host" (such as "localhost"): then the URLs name another host than the
 * Hub's own, and a key that follows a redirect there is refused, as S3 refuses two ways of signing.
 */
#include "sim/hub_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void sign_text(const struct hub_world *h, const struct buf *text, char out[HUB_SHA256])
{
    if (text->full || hub_hmac_hex(h->key, sizeof h->key, buf_str(text), text->len, out) != 0)
        out[0] = '\0';
}

void hub_sign(const struct hub_world *h, const char *a, const char *b, char out[HUB_SHA256])
{
    struct buf text;
    buf_init(&text, 4096);
    buf_printf(&text, "%s\n%s", a, b);
    sign_text(h, &text, out);
    buf_release(&text);
}

static void signature(const struct hub_world *h, const char *method, const char *path,
    const char *query, char out[HUB_SHA256])
{
    struct buf text;
    buf_init(&text, 8192);
    buf_printf(&text, "%s\n%s\n%s", method, path, query);
    sign_text(h, &text, out);
    buf_release(&text);
}

/* The Hub's base URL, with the scenario's own host for storage. */
static void storage_base(struct sim *s, const struct request *r, struct buf *out)
{
    const char *host = json_str(s->hub->scenario, "storage_host");
    struct buf base;
    buf_init(&base, 512);
    hub_base_url(s, r, &base);
    const char *port = strrchr(buf_str(&base), ':');
    if (host && port)
        buf_printf(out, "http://%s%s", host, port);
    else
        buf_str_append(out, buf_str(&base));
    buf_release(&base);
}

int hub_presign(
    struct sim *s, const struct request *r, const struct hub_presign *what, struct buf *out)
{
    char query[512], date[32], good[HUB_SHA256];
    time_t now = (time_t)(clock_wall_ms(clock_real()) / 1000);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(query, sizeof query,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%s&X-Amz-Expires=%" PRId64
        "&X-Amz-SignedHeaders=host%s",
        date, what->seconds, what->extra);
    signature(s->hub, what->method, what->path, query, good);
    storage_base(s, r, out);
    return buf_printf(out, "%s?%s&X-Amz-Signature=%s", what->path, query, good);
}

/* Whether the date and life in the query are over; false also for nonsense, which no signature
 * fits. */
static bool expired(const struct request *r)
{
    const char *date = request_query(r, "X-Amz-Date");
    int64_t life = request_query_int(r, "X-Amz-Expires", 0);
    struct tm tm = {0};
    const char *end = date ? strptime(date, "%Y%m%dT%H%M%SZ", &tm) : NULL;
    if (!end || *end)
        return false;
    int64_t begun = (int64_t)timegm(&tm);
    return clock_wall_ms(clock_real()) / 1000 >= begun + life;
}

static bool signed_well(const struct hub_world *h, const struct request *r)
{
    static const char mark[] = "&X-Amz-Signature=";
    char good[HUB_SHA256], path[1024], *query;
    const char *start = strchr(r->target, '?'), *end = start ? strstr(start, mark) : NULL;
    if (!end || (size_t)(start - r->target) >= sizeof path)
        return false;
    snprintf(path, sizeof path, "%.*s", (int)(start - r->target), r->target);
    query = strndup(start + 1, (size_t)(end - start - 1));
    if (!query)
        return false;
    bool head = strcmp(r->method, "HEAD") == 0;
    signature(h, head ? "GET" : r->method, path, query, good);
    free(query);
    return *good && strcmp(end + sizeof mark - 1, good) == 0;
}

bool hub_presigned(struct sim *s, const struct request *r, struct reply *p)
{
    bool reads = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    bool other_host = json_str(s->hub->scenario, "storage_host") != NULL;
    bool refuses_key = strcmp(r->method, "PUT") == 0 || (reads && other_host);
    if (refuses_key && request_header(r, "Authorization"))
        hub_refuse_xml(p, 400, "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified");
    else if (!signed_well(s->hub, r))
        hub_refuse_xml(p, 403, "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your key and signing method.");
    else if (expired(r))
        hub_refuse_xml(p, 403, "AccessDenied", "Request has expired");
    else
        return true;
    return false;
}
