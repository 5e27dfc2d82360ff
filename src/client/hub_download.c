/* hub_download: one small file, whole. Large ones lie on another server, to which the Hub redirects with a URL
 * that carries its right in itself; the engine follows and leaves the token behind (http.h). */
#include "client/hub_internal.h"

#include <stdio.h>
#include <string.h>

int hub_file_url(const struct hub *h, const char *repo, const char *revision, const char *path,
    struct buf *out, struct err *e)
{
    if (hub_check_repo_id(repo, e))
        return -1;
    int failed = buf_printf(out, "%s/%s/resolve/", h->endpoint, repo);
    failed |= hub_encode(revision, out);
    while (*path && !failed) {
        char part[HUB_PATH_MAX + 1];
        size_t n = strcspn(path, "/");
        if (n == 0 || n > HUB_PATH_MAX || strncmp(path, "..", n) == 0)
            return err_set(e, ERR_INPUT, 0, "\"%.200s\" is no path in a repository", path);
        (void)snprintf(part, sizeof part, "%.*s", (int)n, path);
        failed = buf_char(out, '/') || hub_encode(part, out);
        path += n + (path[n] == '/');
    }
    return failed ? err_set(e, ERR_INPUT, 0, "the path in the repository is too long") : 0;
}

static int get(struct hub *h, const char *url, const char *what, struct buf *out,
    struct cancel *cancel, struct err *e)
{
    static const struct http_header any = {.name = "Accept", .value = "*/*"};
    struct hub_call call = {.method = HTTP_GET,
        .url = url,
        .retry = HTTP_RETRY_SAFE,
        .deadline_ms = HUB_SLOW_MS,
        .answer_max = out->max - out->len};
    struct http_request request;
    struct http_response response;
    hub_request(h, &call, &request);
    request.headers = &any;
    request.header_count = 1;
    http_response_init(&response);
    int rc = http_do(h->http, &request, &response, cancel, e);
    if (rc)
        (void)err_wrap(e, "%s", what);
    else
        rc = hub_check(h, &response, what, e);
    if (rc == 0 && buf_append(out, buf_str(&response.body), response.body.len))
        rc = err_set(e, ERR_IO, 0, "%s: out of memory", what);
    http_response_release(&response);
    return rc;
}

int hub_get_file(struct hub *h, const char *repo, const char *revision, const char *path,
    struct buf *out, struct cancel *c, struct err *e)
{
    char what[HUB_PATH_MAX];
    struct buf url;
    buf_init(&url, HTTP_URL_MAX);
    (void)snprintf(what, sizeof what, "fetch %.200s of %.200s", path, repo);
    int rc = hub_file_url(h, repo, revision, path, &url, e);
    if (rc == 0 && out->max == out->len)
        rc = err_set(e, ERR_INPUT, 0, "%s: there is no room for it", what);
    if (rc == 0)
        rc = get(h, buf_str(&url), what, out, c, e);
    buf_release(&url);
    return rc;
}
