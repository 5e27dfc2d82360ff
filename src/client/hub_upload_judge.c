/* hub_upload_judge: what the end of a request means for the object that it was for.
 *
 * The storage speaks S3: XML with a <Code>. 400 RequestTimeout is a connection that was too slow; 403
 * with one of three codes is an address whose time is over (spec/huggingface.md §4.2, §4.5). Any other
 * 4xx says that the storage does not know this upload (any more), or not so. */
#include "client/hub_upload_flow.h"

#include <string.h>

/* Whether the body has <Code>`code`</Code>. */
static bool has_code(const struct http_response *r, const char *code)
{
    const char *at = strstr(buf_str(&r->body), "<Code>");
    size_t n = strlen(code);
    return at && strncmp(at + 6, code, n) == 0 && at[6 + n] == '<';
}

static bool has_expired(const struct http_response *r)
{
    return r->status == 403 &&
           (has_code(r, "ExpiredToken") || has_code(r, "RequestTimeTooSkewed") ||
               (has_code(r, "AccessDenied") && strstr(buf_str(&r->body), "expired")));
}

static enum upload_fate judge_failure(const struct http_response *r, const struct err *error)
{
    if (error->class == ERR_TIMEOUT)
        return FATE_BUSY;
    if (r->again)
        return FATE_AGAIN;
    bool other_side =
        error->class == ERR_NET || error->class == ERR_REMOTE || error->class == ERR_INPUT;
    return other_side ? FATE_LOST : FATE_FATAL;
}

enum upload_fate upload_judge(
    const struct http_response *r, bool failed, const struct err *error, bool part)
{
    if (failed)
        return judge_failure(r, error);
    if (r->status >= 200 && r->status < 300)
        return FATE_GOOD;
    if (has_code(r, "RequestTimeout"))
        return FATE_AGAIN;
    if (r->status == 429 || r->status == 503 || r->status == 408)
        return FATE_BUSY;
    if (r->again)
        return FATE_AGAIN;
    if (has_expired(r) || (!part && r->status >= 500))
        return FATE_ANEW;
    return FATE_STALE;
}

/* The value of the query's uploadId, and its length; NULL = none. */
static const char *upload_id(const char *url, size_t *n)
{
    static const char name[] = "uploadId=";
    const char *at = strchr(url, '?');
    while (at && strncmp(at + 1, name, sizeof name - 1) != 0)
        at = strchr(at + 1, '&');
    if (!at)
        return NULL;
    at += sizeof name;
    *n = strcspn(at, "&#");
    return *n > 0 ? at : NULL;
}

bool upload_same_id(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    const char *x = upload_id(a, &n), *y = upload_id(b, &m);
    return x && y && n == m && memcmp(x, y, n) == 0;
}
