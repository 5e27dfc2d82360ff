/* http_answer: what comes back, line by line of the headers and piece by piece of the body.
 *
 * A transfer can bring several header blocks (100 Continue, early hints, the final one); each
 * begins anew, and all together count against HTTP_HEADER_BYTES_MAX, so that an endless row of
 * interim answers ends too. The body of an answer that is not a success is kept up to
 * HTTP_ERROR_BYTES_MAX and then left: its status says more than "too large" would. */
#include "client/http_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t refuse(struct http_transfer *t, enum http_fault fault, const char *words)
{
    t->fault = fault;
    (void)snprintf(t->words, sizeof t->words, "%s", words);
    return 0;
}

/* ---- headers --------------------------------------------------------------------------------- */

/* "HTTP/1.1 200 OK" and "HTTP/2 200": 0 when it is no status line. */
static int read_status(const char *line, size_t n)
{
    if (n < 9 || memcmp(line, "HTTP/", 5) != 0)
        return 0;
    const char *space = memchr(line, ' ', n);
    if (space == NULL || (size_t)(space - line) + 5 > n)
        return 0;
    int status = 0;
    for (int i = 1; i <= 3; i++) {
        if (!isdigit((unsigned char)space[i]))
            return 0;
        status = status * 10 + (space[i] - '0');
    }
    return isdigit((unsigned char)space[4]) ? 0 : status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes the white space off both ends. */
static void trim(const char **s, size_t *n)
{
    while (*n > 0 && is_blank(**s))
        (*s)++, (*n)--;
    while (*n > 0 && is_blank((*s)[*n - 1]))
        (*n)--;
}

/* A line that goes on the one before (RFC 9112 §5.2). */
static int unfold(struct buf *headers, const char *line, size_t n)
{
    trim(&line, &n);
    if (headers->len == 0 || n == 0)
        return 0;
    headers->len--; /* the line feed */
    return buf_char(headers, ' ') || buf_append(headers, line, n) || buf_char(headers, '\n');
}

static bool is_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isgraph((unsigned char)s[i]))
            return false;
    return n > 0;
}

/* Lines that are no header are left out. */
static int keep_header(struct buf *headers, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    if (is_blank(*line))
        return unfold(headers, line, n);
    if (colon == NULL || !is_name(line, (size_t)(colon - line)))
        return 0;
    const char *value = colon + 1;
    size_t length = (size_t)(line + n - value);
    trim(&value, &length);
    if (memchr(value, '\n', length) != NULL)
        return 0;
    for (const char *p = line; p < colon; p++)
        if (buf_char(headers, (char)tolower((unsigned char)*p)))
            return -1;
    return buf_append(headers, ": ", 2) || buf_append(headers, value, length) ||
           buf_char(headers, '\n');
}

static void begin_block(struct http_job *job, int status)
{
    job->transfer.status = status;
    job->transfer.headers_end = false;
    buf_clear(&job->response->headers);
}

/* Interim answers (1xx) are followed by another block. */
static void end_block(struct http_job *job)
{
    struct http_transfer *t = &job->transfer;
    t->headers_end = t->status >= 200;
    if (t->headers_end && job->stream != NULL && !http_job_redirects(job))
        http_stream_opened(job->stream, t->status);
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_job *job = arg;
    struct http_transfer *t = &job->transfer;
    size_t n = size * count;
    t->moved_at = clock_mono_ms(clock_real());
    t->header_bytes += n;
    if (t->header_bytes > HTTP_HEADER_BYTES_MAX)
        return refuse(t, HTTP_FAULT_TOO_LARGE, "its headers alone are");
    if (t->headers_end && t->received > 0)
        return n; /* trailers: nobody asks for them */
    int status = read_status(line, n);
    if (status > 0)
        begin_block(job, status);
    else if (n <= 2 && is_blank(*line))
        end_block(job);
    else if (keep_header(&job->response->headers, line, n) != 0)
        return refuse(t, HTTP_FAULT_MEMORY, "");
    return n;
}

/* ---- body ------------------------------------------------------------------------------------ */

static void count(struct http_job *job, size_t n)
{
    job->transfer.received += (int64_t)n;
    if (job->request->progress != NULL)
        atomic_fetch_add(&job->request->progress->received, (int64_t)n);
}

static size_t keep_error(struct http_job *job, const char *bytes, size_t n)
{
    struct buf *body = &job->response->body;
    size_t room = body->max - body->len;
    job->transfer.enough = n > room;
    (void)buf_append(body, bytes, n < room ? n : room);
    return job->transfer.enough ? 0 : n;
}

static size_t keep_body(struct http_job *job, const char *bytes, size_t n)
{
    struct http_transfer *t = &job->transfer;
    struct buf *body = &job->response->body;
    bool success = t->status >= 200 && t->status < 300;
    body->max = success ? job->request->answer_max : HTTP_ERROR_BYTES_MAX;
    if (!success)
        return keep_error(job, bytes, n);
    if (n > body->max - body->len) {
        char words[64];
        (void)snprintf(words, sizeof words, "more than %zu bytes", body->max);
        return refuse(t, HTTP_FAULT_TOO_LARGE, words);
    }
    return buf_append(body, bytes, n) == 0 ? n : refuse(t, HTTP_FAULT_MEMORY, "");
}

static size_t hand_to_stream(struct http_job *job, const char *bytes, size_t n)
{
    switch (http_stream_take(job->stream, bytes, n)) {
    case HTTP_STREAM_TOOK:
        return n;
    case HTTP_STREAM_NO_ROOM:
        return CURL_WRITEFUNC_PAUSE;
    default:
        return refuse(&job->transfer, HTTP_FAULT_MEMORY, "");
    }
}

static size_t on_body(char *bytes, size_t size, size_t count_, void *arg)
{
    struct http_job *job = arg;
    size_t n = size * count_, taken;
    job->transfer.moved_at = clock_mono_ms(clock_real());
    if (job->stream != NULL && !http_job_redirects(job))
        taken = hand_to_stream(job, bytes, n);
    else
        taken = keep_body(job, bytes, n);
    if (taken == n)
        count(job, n);
    return taken;
}

int http_answer_forget(struct http_job *job)
{
    struct http_transfer *t = &job->transfer;
    if (t->headers_end && job->stream != NULL)
        return -1; /* the reader has seen it */
    if (job->request->progress != NULL)
        atomic_fetch_sub(&job->request->progress->received, t->received);
    t->received = 0;
    t->status = 0;
    t->headers_end = t->enough = false;
    buf_clear(&job->response->headers);
    buf_clear(&job->response->body);
    return 0;
}

CURLcode http_answer_setup(CURL *easy, struct http_job *job)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_HEADERDATA, job);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
    return rc;
}
