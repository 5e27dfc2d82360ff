/* http_retry: pure arithmetic about trying again; the waiting itself is http_job.c's.
 *
 * Classes are those of enum http_retry (design rule 4): UNSENT retries only where the server surely
 * did nothing, SAFE also what may have happened already but does no harm twice. A refused
 * certificate, nonsense and an answer that is too large stay the same when asked again, so nothing
 * retries them. */
#include "client/http_internal.h"

#include "core/cadence.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DOUBLINGS_MAX = 3, JITTER_PERCENT = 20 };

/* Indexed by fault: the weakest promise of the caller that allows another try. */
static const enum http_retry needed[HTTP_FAULTS] = {
    [HTTP_FAULT_RESOLVE] = HTTP_RETRY_UNSENT,
    [HTTP_FAULT_CONNECT] = HTTP_RETRY_UNSENT,
    [HTTP_FAULT_HANDSHAKE] = HTTP_RETRY_UNSENT,
    [HTTP_FAULT_LOST] = HTTP_RETRY_SAFE,
    [HTTP_FAULT_CUT] = HTTP_RETRY_SAFE,
    [HTTP_FAULT_STALL] = HTTP_RETRY_SAFE,
};

static const struct {
    int status;
    enum http_retry needed;
} statuses[] = {
    {408, HTTP_RETRY_SAFE},
    {429, HTTP_RETRY_UNSENT},
    {500, HTTP_RETRY_SAFE},
    {502, HTTP_RETRY_SAFE},
    {503, HTTP_RETRY_SAFE},
    {504, HTTP_RETRY_SAFE},
};

static enum http_retry needed_by_status(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].needed;
    return HTTP_RETRY_NONE;
}

bool http_retry_allowed(enum http_retry retry, enum http_fault fault, int status)
{
    enum http_retry least = fault == HTTP_FAULT_NONE ? needed_by_status(status) : needed[fault];
    return least != HTTP_RETRY_NONE && retry >= least;
}

int64_t http_retry_backoff_ms(int attempt, int64_t base_ms, uint64_t random)
{
    int doublings = attempt - 1 < DOUBLINGS_MAX ? attempt - 1 : DOUBLINGS_MAX;
    int64_t ms = base_ms << doublings;
    int64_t span = ms * 2 * JITTER_PERCENT / 100;
    return ms - span / 2 + (int64_t)(random % (uint64_t)(span + 1));
}

int64_t http_backoff_ms(const struct http *h, int attempt)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return http_retry_backoff_ms(attempt, h->backoff_ms, (uint64_t)now.tv_nsec / 1000);
}

/* Until the last of the windows that are spent opens again (cadence adds the second). */
static int64_t reset_ms(const char *ratelimit)
{
    struct rate_budget budget = {0};
    int64_t latest = 0;
    int n = rate_budget_read(&budget, ratelimit, NULL, 0);
    for (int i = 0; i < n; i++)
        if (budget.window[i].left == 0 && budget.window[i].reset_ms > latest)
            latest = budget.window[i].reset_ms;
    return latest;
}

/* RFC 9110 §10.2.3: seconds, or a date. */
static int64_t retry_after_ms(const char *value, int64_t wall_ms)
{
    char *end;
    if (*value >= '0' && *value <= '9') {
        long long s = strtoll(value, &end, 10);
        return *end != '\0' ? 0 : s > INT64_MAX / 1000 ? INT64_MAX : (int64_t)s * 1000;
    }
    time_t date = curl_getdate(value, NULL);
    if (date == (time_t)-1 || (int64_t)date > INT64_MAX / 1000 || (int64_t)date * 1000 <= wall_ms)
        return 0;
    return (int64_t)date * 1000 - wall_ms;
}

int64_t http_retry_after_ms(const struct http_response *r, int64_t wall_ms)
{
    struct buf value;
    buf_init(&value, HTTP_HEADER_BYTES_MAX);
    int64_t ms = 0;
    if (http_response_header(r, "ratelimit", &value))
        ms = reset_ms(buf_str(&value));
    if (ms == 0 && http_response_header(r, "retry-after", &value))
        ms = retry_after_ms(buf_str(&value), wall_ms);
    buf_release(&value);
    return ms;
}
