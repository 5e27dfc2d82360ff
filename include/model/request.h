/* request: one inference request: sent by Slipway (by `run`, by the chat, or to see whether a new endpoint
 * answers), or seen in the service's own list, or asked for by its id. Kept in the ledger of the state
 * database. Texts are cleaned. */
#ifndef SLIPWAY_MODEL_REQUEST_H
#define SLIPWAY_MODEL_REQUEST_H

#include "base/err.h"
#include "base/text.h"
#include "model/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_ID_MAX = 96, REQUEST_TEXT_MAX = 64 * 1024 };

/* How long the service knows a request (spec/runpod.md §2.2, §2.6). */
enum { REQUEST_TTL_MS = 24 * 60 * 60 * 1000, REQUEST_RESULT_KEPT_MS = 30 * 60 * 1000 };

enum request_status {
    REQUEST_SENDING,     /* not accepted yet */
    REQUEST_IN_QUEUE,    /* spec/runpod.md §2.3 from here on */
    REQUEST_IN_PROGRESS, /* also any word that is not known: still running */
    REQUEST_COMPLETED,
    REQUEST_FAILED,
    REQUEST_CANCELLED,
    REQUEST_TIMED_OUT,
    REQUEST_GONE,    /* the service does not know the id: lost, or another endpoint's */
    REQUEST_EXPIRED, /* … and it need not any more: the time it keeps requests or results is over */
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
    bool
        listed; /* not sent from here, so `submitted_ms` is when we saw it first, or what the list says */
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
        error;       /* output: the answer's text where it is understood, else JSON */
    struct text why; /* the error in one line; filled by the store alone */
};

/* Everything unknown. */
void request_init(struct request *q);

bool request_is_final(enum request_status status);
/* "in queue", "done", … for people; static. */
const char *request_status_name(enum request_status status);
/* "IN_QUEUE", … as the service says it, for --json; static. Ours: "SENDING", "GONE", "EXPIRED". */
const char *request_status_word(enum request_status status);
/* Words that are not known count as IN_PROGRESS, NULL and "" as COMPLETED (spec/runpod.md §2.3). */
enum request_status request_status_of(const char *word);

/* What a 404 of its status means (never that it is starting): REQUEST_EXPIRED when it may have ended so long
 * ago that its result is not kept any more, or was submitted longer ago than requests live; else
 * REQUEST_GONE. An end that was seen stays what it was. Pure. */
enum request_status request_gone_as(const struct request *q, int64_t now_wall_ms);

/* What its status means where the word does not say it; static, "" = nothing to say. */
const char *request_status_note(enum request_status status);
/* Why it cannot be queued again under its id, or sent once more as a new one; static, NULL = it can. */
const char *request_refuses_retry(const struct request *q);
const char *request_refuses_send(const struct request *q);

/* The id of a record for a job that was not sent from here: always the same for the same job. */
void request_listed_id(const char *endpoint_id, const char *job_id, char out[REQUEST_ID_MAX]);

/* When it ended, as its times tell, but not before `not_before_ms` and not after `now_wall_ms`. Pure. */
int64_t request_end_ms(const struct request *q, int64_t not_before_ms, int64_t now_wall_ms);

/* $ of `execution_ms` on a worker of price_hour; NAN when either is unknown. Pure. */
double request_cost(int64_t execution_ms, double price_hour);

#endif
