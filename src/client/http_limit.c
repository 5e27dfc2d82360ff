/* http_limit: one rate for several transfers. libcurl limits each transfer by itself, so the rate is
 * divided evenly among those that run, and divided anew when one begins or ends. Everything here runs
 * on the net thread. */
#include "client/http_internal.h"

#include <utlist.h>

static void divide(const struct http *h, const struct http_limit *limit)
{
    int64_t share = limit->running > 0 ? limit->bytes_per_s / (int64_t)limit->running : 0;
    const struct http_job *job;
    DL_FOREACH(h->jobs, job)
    {
        if (job->request->limit == limit && job->transfer.easy != NULL)
            (void)curl_easy_setopt(job->transfer.easy, CURLOPT_MAX_SEND_SPEED_LARGE,
                (curl_off_t)(share > 0 ? share : 1));
    }
}

static bool counts(const struct http_limit *limit)
{
    return limit != NULL && limit->bytes_per_s > 0;
}

void http_limit_begin(const struct http *h, struct http_limit *limit)
{
    if (!counts(limit))
        return;
    limit->running++;
    divide(h, limit);
}

void http_limit_end(const struct http *h, struct http_limit *limit)
{
    if (!counts(limit))
        return;
    limit->running--;
    divide(h, limit);
}

/* libcurl sends a buffer at a time: a small one makes an even flow. */
long http_limit_buffer(const struct http_limit *limit, long most)
{
    enum { LEAST = 16 * 1024, A_SECOND = 32 };
    if (!counts(limit))
        return most;
    int64_t size = limit->bytes_per_s / A_SECOND;
    return size < LEAST ? LEAST : size > most ? most : (long)size;
}
