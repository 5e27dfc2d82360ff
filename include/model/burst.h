/* burst: how test requests to an endpoint went, one or many: counts by outcome, times by class, quantiles,
 * cost so far; and what they would cost, worked out before any is sent. Pure. */
#ifndef SLIPWAY_MODEL_BURST_H
#define SLIPWAY_MODEL_BURST_H

#include "model/endpoint.h"
#include "model/request.h"

enum {
    BURST_COUNT_MAX = 10000,
    BURST_AT_ONCE_MAX = 64,
    BURST_SYNC_AT_ONCE_MAX = 8, /* each holds a connection, of which there are few */
    BURST_CLASSES = 32
};

/* How they are sent (spec/runpod.md §2.1, §2.8). */
enum burst_route {
    BURST_ASYNC,  /* run, then status */
    BURST_SYNC,   /* runsync */
    BURST_STREAM, /* run, then stream */
    BURST_CHAT,   /* the OpenAI route, streaming */
    BURST_ROUTES
};
const char *burst_route_name(enum burst_route route); /* "async", "sync", "stream", "chat" */
/* BURST_ROUTES when it is none of these. */
enum burst_route burst_route_of(const char *name);

/* ---- times ----------------------------------------------------------------------------------------- */

enum burst_time {
    BURST_TOTAL,  /* from sending to the end: the service's own two times where it says them */
    BURST_WAITED, /* until a worker took it, cold start and all */
    BURST_RAN,
    BURST_FIRST, /* until the first piece of a stream came */
    BURST_TIMES
};
const char *burst_time_name(enum burst_time time); /* "total", "waited", "ran", "first_piece" */

/* Class 0 is below 10 ms, the last one from 1000 s up; between them six a decade: 10, 15, 20, 30, 50, 70,
 * 100 … Its lower bound in ms: */
int64_t burst_class_from(int class);
int burst_class_of(int64_t ms);

struct burst_times {
    int64_t count;
    int64_t classes[BURST_CLASSES];
    int64_t least, p50, p95, p99, most; /* ms; -1 while count is 0 */
};

/* Every time that was measured, in order. For one thread at a time. */
struct burst_samples {
    int64_t *sorted; /* owned */
    size_t count, room;
};
void burst_samples_release(struct burst_samples *s);
/* ERR-free: -1 when memory is out or it is full (BURST_COUNT_MAX). Negative times count as 0. */
int burst_samples_add(struct burst_samples *s, int64_t ms);
/* The least sample that at least `part` (0..1) of all are not above; -1 without samples. */
int64_t burst_quantile(const struct burst_samples *s, double part);
struct burst_times burst_times_of(const struct burst_samples *s);

/* ---- what it would cost ---------------------------------------------------------------------------- */

/* What is known beforehand; NAN and -1 = unknown. */
struct burst_evidence {
    double cost_request;            /* $, mean of past requests to the endpoint */
    int64_t cost_count;             /* … of so many */
    double run_ms;                  /* typical execution of past requests */
    double price_least, price_most; /* $/h of one worker, of those it may get */
    int64_t workers_up;             /* that could take one now */
    bool workers_may_sleep;         /* … at most: some of these may be asleep */
    int idle_s;                     /* a worker stays up, and costs, behind the last */
};
struct burst_evidence burst_evidence_none(void);
/* Counts the finished ones with a known cost or time among `requests` of that endpoint. */
void burst_evidence_past(struct burst_evidence *v, const char *endpoint_id,
    const struct request *const *requests, size_t count);
/* From the worker list, which holds only those that are up; else from health, whose `ready` counts workers that
 * sleep, and whose `idle` may (spec/runpod.md §3.2). NULL: not seen. */
void burst_evidence_workers(
    struct burst_evidence *v, const struct worker_page *workers, const struct health *health);
/* From the endpoint's pools and the catalog (either may be NULL). */
void burst_evidence_price(
    struct burst_evidence *v, const struct endpoint *endpoint, const struct gpu_page *gpus);

enum burst_basis { BURST_UNKNOWN, BURST_BY_COST, BURST_BY_TIME };
struct burst_estimate {
    enum burst_basis basis;
    double least, most; /* $ of all; NAN when unknown */
};
struct burst_estimate burst_estimate(const struct burst_evidence *v, int64_t count);

/* ---- how it goes ----------------------------------------------------------------------------------- */

struct burst_report {
    enum burst_route route;
    int64_t count, at_once; /* asked for */
    int64_t sent;           /* given to the service; also when its answer to that was lost */
    int64_t outcomes[REQUEST_STATUSES]; /* of those that were begun, as they were last seen */
    int64_t refused;                    /* times that the service said “not now” (429) */
    struct burst_times times[BURST_TIMES];
    int64_t tokens_in, tokens_out; /* of all that said so; -1 = none did */
    double cost;                   /* $ of those that are priced, an estimate; NAN = none is */
    int64_t priced;
    int64_t took_ms;   /* since the first was sent, to now or to the end of the last */
    double per_second; /* ended; NAN = none */
    struct burst_evidence evidence;
    struct burst_estimate estimate;
    struct text answer;              /* of a single request, as far as it came; a block */
    struct text error;               /* of the newest that failed */
    char request_id[REQUEST_ID_MAX]; /* ours, of a single one; "" = none yet */
};
int64_t burst_ended(const struct burst_report *r);  /* in a final status */
int64_t burst_failed(const struct burst_report *r); /* ended, and not completed or cancelled */

#endif
