/* request: one inference request that Slipway sent: by `run`, by the chat, or to see whether a new
 * endpoint answers. Kept in the ledger of the state database. Texts are cleaned. */
#ifndef SLIPWAY_MODEL_REQUEST_H
#define SLIPWAY_MODEL_REQUEST_H

#include "base/err.h"
#include "base/text.h"
#include "model/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_ID_MAX = 96, REQUEST_TEXT_MAX = 64 * 1024 };

enum request_status {
    REQUEST_SENDING,     /* not accepted yet */
    REQUEST_IN_QUEUE,    /* spec/runpod.md §2.3 from here on */
    REQUEST_IN_PROGRESS, /* also any word that is not known: still running */
    REQUEST_COMPLETED,
    REQUEST_FAILED,
    REQUEST_CANCELLED,
    REQUEST_TIMED_OUT,
    REQUEST_GONE, /* the service does not know the id any more */
    REQUEST_STATUSES
};

enum request_route { REQUEST_ROUTE_RUN, REQUEST_ROUTE_OPENAI };

struct request {
    char id[REQUEST_ID_MAX];     /* ours, unique: the journal's key */
    char job_id[REQUEST_ID_MAX]; /* RunPod's; "" = none yet, or an OpenAI-route request */
    char endpoint_id[ENDPOINT_ID_MAX];
    struct text model; /* the name that was sent; may be empty */
    enum request_route route;
    enum request_status status;
    int64_t submitted_ms;           /* wall */
    int64_t seen_ms;                /* wall: when the status was last read; -1 = never */
    int64_t ended_ms;               /* wall, as seen; -1 = not yet */
    int64_t delay_ms, execution_ms; /* the service's; -1 = unknown */
    int64_t first_token_ms;         /* from sending, streams only; -1 = unknown */
    int64_t tokens_in, tokens_out;  /* -1 = unknown */
    int retries;
    char worker_id[WORKER_ID_MAX];
    struct text gpu;   /* type of the worker, empty = unknown */
    double price_hour; /* $/h of the worker (all its GPUs) at that time; NAN = unknown */
    double cost;       /* $; NAN = unknown. Always an estimate (spec/runpod.md §6.3) */
    struct text input, output,
        error; /* output: the answer's text where it is understood, else JSON */
};

bool request_is_final(enum request_status status);
/* "in queue", "done", … for people; static. */
const char *request_status_name(enum request_status status);
/* "IN_QUEUE", … as the service says it, for --json; static. Ours: "SENDING", "GONE". */
const char *request_status_word(enum request_status status);
/* Words that are not known count as IN_PROGRESS, NULL and "" as COMPLETED (spec/runpod.md §2.3). */
enum request_status request_status_of(const char *word);

/* $ of `execution_ms` on a worker of price_hour; NAN when either is unknown. Pure. */
double request_cost(int64_t execution_ms, double price_hour);

#endif
