/* http_transfer: one attempt is one easy handle, made for it and thrown away after it; connections
 * outlive it in the multi handle. Everything here runs on the net thread.
 *
 * What libcurl 7.88.1 does that the settings here answer:
 *   - On a reused connection that dies without a byte of answer it sends the request again by
 *     itself, also a POST (Curl_retry_request). The server may have acted on the first, so writes
 *     that are not HTTP_RETRY_SAFE always get a fresh connection (design rule 4).
 *   - Removing a handle joins its resolver thread, however long the resolver takes, unless
 *     CURLOPT_QUICK_EXIT lets go of it.
 *   - With HTTP/2, when a connection breaks while several requests share it, cut answers without a
 *     Content-Length are reported as whole, or never end; so HTTP/2 is left alone (http.c).
 *   - CURLOPT_UPLOAD with a size sends Content-Length for any method, also for an empty body, and
 *     adds no Content-Type of its own, as the POST options would. */
#include "client/http_internal.h"

#include "base/log.h"

#include <string.h>
#include <strings.h>

enum { HEADER_LINE_MAX = 17 * 1024, EXPECT_MS = 1000, EXPECT_FROM = 1024 * 1024 };

/* ---- headers --------------------------------------------------------------------------------- */

static int add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer == NULL)
        return -1;
    *list = longer;
    return 0;
}

static int add_header(struct curl_slist **list, const char *name, const char *value)
{
    struct buf line;
    buf_init(&line, HEADER_LINE_MAX);
    /* To libcurl "Name:" means "none of that name", and "Name;" one without a value. */
    int rc =
        *value != '\0' ? buf_printf(&line, "%s: %s", name, value) : buf_printf(&line, "%s;", name);
    if (rc == 0)
        rc = add_line(list, buf_str(&line));
    buf_release_secret(&line);
    return rc;
}

static void free_headers(struct curl_slist **list)
{
    for (struct curl_slist *l = *list; l != NULL; l = l->next)
        secret_wipe(l->data, strlen(l->data));
    curl_slist_free_all(*list);
    *list = NULL;
}

static bool names_accept_encoding(const struct http_request *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, "accept-encoding") == 0)
            return true;
    return false;
}

static int64_t body_length(const struct http_request *r)
{
    return r->has_file ? r->file_length : (int64_t)r->body_length;
}

/* Secrets and what the caller marked stay at home (design rule 8). */
static int build_headers(struct http_job *job)
{
    const struct http_request *r = job->request;
    struct curl_slist **list = &job->transfer.headers;
    struct buf bearer;
    buf_init(&bearer, HEADER_LINE_MAX);
    int rc = 0;
    for (size_t i = 0; i < r->header_count && rc == 0; i++)
        if (!job->away || !http_header_is_private(&r->headers[i]))
            rc = add_header(list, r->headers[i].name, r->headers[i].value);
    if (rc == 0 && r->bearer != NULL && !job->away)
        rc = buf_printf(&bearer, "Bearer %s", secret_value(r->bearer)) ||
             add_header(list, "Authorization", buf_str(&bearer));
    if (rc == 0 && (r->eager || body_length(r) <= EXPECT_FROM)) /* else libcurl asks by itself */
        rc = add_line(list, "Expect:");
    buf_release_secret(&bearer);
    return rc;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* The connection stands (with TLS, if any) and the request goes out next. */
static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    struct http_job *job = arg;
    struct http_transfer *t = &job->transfer;
    bool again = t->sent; /* libcurl begins anew: the connection was dead, or 417 for our Expect */
    t->sent = true;
    t->moved_at = now_ms();
    return again && http_answer_forget(job) != 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static int on_progress(
    void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    (void)down_total, (void)up_total;
    struct http_job *job = arg;
    struct http_transfer *t = &job->transfer;
    if (up != t->uploaded || down != t->downloaded)
        t->moved_at = now_ms();
    if (job->request->progress != NULL)
        atomic_fetch_add(&job->request->progress->sent, up - t->uploaded);
    t->uploaded = up;
    t->downloaded = down;
    return 0;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

/* Collects the first failure of many settings. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (rc == CURLE_OK)                                                                        \
            rc = curl_easy_setopt(easy, (option), (value));                                        \
    } while (0)

static CURLcode set_security(CURL *easy, const struct http *h, const struct http_job *job)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (h->ca_file != NULL) {
        SET(CURLOPT_CAINFO, h->ca_file);
        SET(CURLOPT_CAPATH, NULL); /* otherwise the system's would still count */
    }
    /* The usual variables (https_proxy, no_proxy, …) count for other hosts only. */
    if (job->origin.loopback)
        SET(CURLOPT_PROXY, "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return rc;
}

static bool may_be_sent_twice(const struct http_request *r)
{
    return r->retry == HTTP_RETRY_SAFE || !http_is_write(r);
}

static CURLcode set_connection(CURL *easy, const struct http *h, struct http_job *job)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)h->connect_ms);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_HTTP_VERSION,
        h->http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PIPEWAIT, h->http2 && job->origin.https ? 1L : 0L);
    SET(CURLOPT_FRESH_CONNECT, may_be_sent_twice(job->request) ? 0L : 1L);
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, job);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, job);
    SET(CURLOPT_ERRORBUFFER, job->transfer.message);
    SET(CURLOPT_PRIVATE, job);
    return rc;
}

static CURLcode set_request(CURL *easy, const struct http *h, const struct http_job *job)
{
    const struct http_request *r = job->request;
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, buf_str(&job->response->url));
    SET(CURLOPT_PATH_AS_IS, 1L); /* presigned URLs are signed as they are */
    SET(CURLOPT_USERAGENT, h->user_agent);
    SET(CURLOPT_HTTPHEADER, job->transfer.headers);
    SET(CURLOPT_EXPECT_100_TIMEOUT_MS, (long)EXPECT_MS);
    /* Streams are read as they come: nothing is to be gained, and pausing is simpler without. */
    if (job->stream == NULL && !names_accept_encoding(r))
        SET(CURLOPT_ACCEPT_ENCODING, h->accept_encoding);
    if (r->method == HTTP_HEAD)
        SET(CURLOPT_NOBODY, 1L);
    else
        SET(CURLOPT_CUSTOMREQUEST, http_method_name(r->method));
    return rc;
}

/* POST, PUT and PATCH say how long their body is even when there is none. */
static bool announces_body(const struct http_request *r)
{
    return r->method == HTTP_POST || r->method == HTTP_PUT || r->method == HTTP_PATCH ||
           body_length(r) > 0;
}

static CURLcode set_up(CURL *easy, struct http *h, struct http_job *job)
{
    CURLcode rc = build_headers(job) == 0 ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    if (rc == CURLE_OK)
        rc = set_security(easy, h, job);
    if (rc == CURLE_OK)
        rc = set_connection(easy, h, job);
    if (rc == CURLE_OK)
        rc = set_request(easy, h, job);
    if (rc == CURLE_OK)
        rc = http_answer_setup(easy, job);
    if (rc == CURLE_OK && announces_body(job->request))
        rc = http_body_setup(easy, job, body_length(job->request));
    return rc;
}

enum http_fault http_transfer_start(struct http *h, struct http_job *job, int64_t now)
{
    struct http_transfer *t = &job->transfer;
    *t = (struct http_transfer){.started_at = now, .moved_at = now};
    t->easy = curl_easy_init();
    CURLcode rc = t->easy != NULL ? set_up(t->easy, h, job) : CURLE_OUT_OF_MEMORY;
    if (rc == CURLE_OK && curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
        rc = CURLE_OUT_OF_MEMORY;
    if (rc == CURLE_OK) {
        http_limit_begin(h, job->request->limit);
        return HTTP_FAULT_NONE;
    }
    (void)snprintf(t->message, sizeof t->message, "%s", curl_easy_strerror(rc));
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    free_headers(&t->headers);
    return http_fault_of(rc, false);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* One line an attempt: "GET https://host/path: 200 in 12 ms (try 1)". */
static void log_attempt(const struct http_job *job, enum http_fault fault)
{
    const struct http_request *r = job->request;
    struct buf shown;
    char status[16];
    buf_init(&shown, 512);
    http_url_show(buf_str(&job->response->url), !r->log_quiet, &shown);
    (void)snprintf(status, sizeof status, "%d", job->transfer.status);
    log_line(LOG_DEBUG, "http", "%s %s%s: %s in %lld ms (try %d)", http_method_name(r->method),
        buf_str(&shown), r->log_quiet ? "/\u2026" : "",
        fault == HTTP_FAULT_NONE ? status : http_fault_sentence(fault),
        (long long)job->response->took_ms, job->attempts);
    buf_release(&shown);
}

void http_transfer_stop(struct http *h, struct http_job *job, enum http_fault fault, int64_t now)
{
    struct http_transfer *t = &job->transfer;
    long version = 0;
    (void)curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    job->response->http2 = version == CURL_HTTP_VERSION_2_0;
    job->response->status = t->status;
    job->response->took_ms = now - t->started_at;
    (void)curl_multi_remove_handle(h->multi, t->easy);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    free_headers(&t->headers);
    http_limit_end(h, job->request->limit);
    log_attempt(job, fault);
}
