/* A request's states are one table: our word for people, the service's word, and whether anything can
 * still come of it. */
#include "model/request.h"

#include <math.h>
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
    [REQUEST_GONE] = {"gone", "GONE", true},
};

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

double request_cost(int64_t execution_ms, double price_hour)
{
    const double ms_an_hour = 3600e3;
    return execution_ms < 0 ? NAN : (double)execution_ms / ms_an_hour * price_hour;
}
