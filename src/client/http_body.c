/* http_body: what is uploaded, from memory or from a range of a file.
 *
 * Both are read by position, so that sending again (a retry, a redirect, a connection that libcurl
 * found dead) only means setting the position back, and never moves the file's own offset, which
 * other parts of the same file may be sent from at the same time. */
#include "client/http_internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Large: each turn of the net thread hands over one of them. */
enum { UPLOAD_BUFFER = 512 * 1024, SMALL = 64 * 1024 };

static size_t fail(struct http_transfer *t, int number, const char *words)
{
    t->fault = HTTP_FAULT_FILE;
    t->number = number;
    (void)snprintf(t->words, sizeof t->words, "%s", words);
    return CURL_READFUNC_ABORT;
}

static size_t read_file(struct http_job *job, char *out, size_t n)
{
    const struct http_request *r = job->request;
    ssize_t got;
    do
        got = pread(r->file_fd, out, n, (off_t)(r->file_offset + job->transfer.body_at));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail(&job->transfer, errno, strerrordesc_np(errno));
    if (got == 0)
        return fail(&job->transfer, 0, "the file is shorter than when the request was made");
    return (size_t)got;
}

static size_t on_read(char *out, size_t size, size_t count, void *arg)
{
    struct http_job *job = arg;
    const struct http_request *r = job->request;
    int64_t length = r->has_file ? r->file_length : (int64_t)r->body_length;
    int64_t rest = length - job->transfer.body_at;
    size_t n = size * count;
    if ((int64_t)n > rest)
        n = (size_t)rest;
    if (n == 0)
        return 0;
    if (r->has_file)
        n = read_file(job, out, n);
    else
        memcpy(out, (const char *)r->body + job->transfer.body_at, n);
    if (n != CURL_READFUNC_ABORT)
        job->transfer.body_at += (int64_t)n;
    return n;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct http_job *job = arg;
    if (origin != SEEK_SET || offset < 0)
        return CURL_SEEKFUNC_CANTSEEK;
    job->transfer.body_at = offset;
    return CURL_SEEKFUNC_OK;
}

CURLcode http_body_setup(CURL *easy, struct http_job *job, int64_t length)
{
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_READDATA, job);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_SEEKDATA, job);
    if (rc == CURLE_OK && length > SMALL)
        rc = curl_easy_setopt(
            easy, CURLOPT_UPLOAD_BUFFERSIZE, http_limit_buffer(job->request->limit, UPLOAD_BUFFER));
    return rc;
}
