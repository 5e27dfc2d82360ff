/* A request's states are one table: our word for people, the service's word, and whether anything can
 * still come of it. */
#include "model/request.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *word;
    bool final;
} statuses[REQUEST_STATUSES] = {
    [REQUEST_SENDING] = {"sending", "SENDING", false},
    [REQUEST_IN_QUEUE] = {"in queue", "IN_QUEUE", false},
    [REQUEST_IN_PROGRESS] = {"running", "IN_PROGRESS", false},
    [REQUEST_COMPLETED] = {"done", "COMPLETED", true},
    [REQUEST_FAILED] = {"failed", "FAILED", true},
    [REQUEST_CANCELLED] = {"cancelled", "CANCELLED", true},
    [REQUEST_TIMED_OUT] = {"timed out", "TIMED_OUT", true},
    [REQUEST_GONE] = {"lost", "GONE", true},
    [REQUEST_EXPIRED] = {"expired", "EXPIRED", true},
};

void request_init(struct request *q)
{
    *q = (struct request){.route = REQUEST_ROUTE_RUN,
        .status = REQUEST_SENDING,
        .submitted_ms = -1,
        .seen_ms = -1,
        .ended_ms = -1,
        .delay_ms = -1,
        .execution_ms = -1,
        .first_token_ms = -1,
        .tokens_in = -1,
        .tokens_out = -1,
        .price_hour = NAN,
        .cost = NAN,
        .model = TEXT(""),
        .gpu = TEXT(""),
        .input = TEXT(""),
        .output = TEXT(""),
        .error = TEXT(""),
        .why = TEXT("")};
}

bool request_is_final(enum request_status status)
{
    return (unsigned)status < REQUEST_STATUSES && statuses[status].final;
}

const char *request_status_name(enum request_status status)
{
    return (unsigned)status < REQUEST_STATUSES ? statuses[status].name : "unknown";
}

const char *request_status_word(enum request_status status)
{
    return (unsigned)status < REQUEST_STATUSES ? statuses[status].word : "UNKNOWN";
}

enum request_status request_status_of(const char *word)
{
    if (!word || !*word)
        return REQUEST_COMPLETED;
    for (unsigned i = 0; i < REQUEST_STATUSES; i++)
        if (strcmp(word, statuses[i].word) == 0)
            return (enum request_status)i;
    return REQUEST_IN_PROGRESS;
}

/* An end that nobody saw may lie anywhere behind the last time it was seen alive. */
enum request_status request_gone_as(const struct request *q, int64_t now)
{
    if (request_is_final(q->status))
        return q->status;
    int64_t alive = q->seen_ms > q->submitted_ms ? q->seen_ms : q->submitted_ms;
    bool result_over = alive >= 0 && now - alive >= REQUEST_RESULT_KEPT_MS;
    bool life_over = q->submitted_ms >= 0 && now - q->submitted_ms >= REQUEST_TTL_MS;
    return result_over || life_over ? REQUEST_EXPIRED : REQUEST_GONE;
}

const char *request_status_note(enum request_status status)
{
    if (status == REQUEST_GONE)
        return "RunPod does not know it: it was lost, or belongs to another endpoint";
    if (status == REQUEST_EXPIRED)
        return "RunPod keeps results for 30 minutes and requests for a day: how it ended was not seen";
    return "";
}

const char *request_refuses_retry(const struct request *q)
{
    if (!q->job_id[0])
        return "RunPod gave it no id that it could be queued again under: send it again";
    if (!request_is_final(q->status))
        return "This request is still under way";
    if (q->status == REQUEST_FAILED || q->status == REQUEST_TIMED_OUT)
        return NULL;
    return "RunPod queues only failed and timed out requests again: send it again instead";
}

const char *request_refuses_send(const struct request *q)
{
    if (q->route == REQUEST_ROUTE_OPENAI)
        return "It was part of a chat: open a chat to ask again";
    if (q->input.len == 0)
        return "Its input is not known: it was not sent from here";
    if (q->input.len >= REQUEST_TEXT_MAX - 4)
        return "Its input was too long to be kept whole";
    if (strstr(q->input.s, "***"))
        return "Its input holds ***, where a secret may have stood: send it by `slipway run`";
    return NULL;
}

/* FNV-1a, twice with different beginnings: 128 bits, so that two jobs do not meet. */
static uint64_t hash(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    return h;
}

void request_listed_id(const char *endpoint_id, const char *job_id, char out[REQUEST_ID_MAX])
{
    static const uint64_t begin[] = {UINT64_C(14695981039346656037), UINT64_C(0x9e3779b97f4a7c15)};
    uint64_t h[2];
    for (int i = 0; i < 2; i++)
        h[i] = hash(hash(hash(begin[i], endpoint_id), "/"), job_id);
    snprintf(out, REQUEST_ID_MAX, "%016" PRIx64 "%016" PRIx64, h[0], h[1]);
}

int64_t request_end_ms(const struct request *q, int64_t not_before_ms, int64_t now)
{
    bool known = !q->listed && q->submitted_ms >= 0 && q->delay_ms >= 0 && q->execution_ms >= 0 &&
                 q->delay_ms < now && q->execution_ms < now;
    int64_t end = known ? q->submitted_ms + q->delay_ms + q->execution_ms : now;
    end = end < not_before_ms ? not_before_ms : end;
    return end > now ? now : end;
}

double request_cost(int64_t execution_ms, double price_hour)
{
    const double ms_an_hour = 3600e3;
    return execution_ms < 0 ? NAN : (double)execution_ms / ms_an_hour * price_hour;
}
