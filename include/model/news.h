/* news: what the client and operation threads tell main: the types of core/inbox.h's messages and the
 * record that each carries in message.payload. The payload and all it points to lie in the message's
 * arena; main keeps the message for as long as the record is shown. */
#ifndef SLIPWAY_MODEL_NEWS_H
#define SLIPWAY_MODEL_NEWS_H

#include "core/inbox.h"
#include "model/endpoint.h"
#include "model/endpoint_detail.h"
#include "model/job.h"
#include "model/log_line.h"
#include "model/model_row.h"
#include "model/operation.h"
#include "model/request.h"
#include "model/source.h"
#include "model/triage.h"

enum news {         /* key of a MESSAGE_STATUS */
    NEWS_SOURCE,    /* struct source_state           "source/NAME" */
    NEWS_ENDPOINTS, /* struct endpoint_page          "endpoints" */
    NEWS_HEALTH,    /* struct health                 "health/ENDPOINT" */
    NEWS_WORKERS,   /* struct worker_page            "workers/ENDPOINT" */
    NEWS_GPUS,      /* struct gpu_page               "gpus" */
    NEWS_ACCOUNT,   /* struct account                "account" */
    NEWS_REPOS,     /* struct repo_page              "repos" */
    NEWS_JOBS,      /* struct job_page               "jobs" */
    NEWS_MODELS,    /* struct model_page             "models" */
    NEWS_OPERATION, /* struct operation              "operation/ID"; the last one as MESSAGE_RESULT */
    NEWS_REQUEST,   /* struct request                "request/ID" */
    NEWS_REQUESTS,  /* struct request_page           "requests/NUMBER": many at once, of the ledger */
    NEWS_DETAIL,    /* struct endpoint_detail        "detail/ENDPOINT" */
    NEWS_TRIAGE,    /* struct triage                 "triage/ENDPOINT" */
    NEWS_LOG,       /* struct log_page               a MESSAGE_LOG, no key */
    NEWS_OUTCOME,   /* struct outcome                a MESSAGE_RESULT, no key */
    NEWS_KINDS
};

struct job_page {
    struct job *jobs;
    size_t count;
    bool more; /* there are older ones, which are left out */
};

struct request_page {
    struct request *requests;
    size_t count;
};

struct model_page {
    struct model_row *rows;
    size_t count;
    bool more; /* as above */
};

/* Repositories of the Hub's user and organisations, newest first, for completing names. */
struct repo {
    struct text id; /* OWNER/NAME */
    struct text pipeline_tag;
    bool is_private;
    int64_t modified_ms; /* wall; -1 = unknown */
};
struct repo_page {
    struct repo *repos;
    size_t count;
};

/* A message of what triage says, its deep copy in there: keyed by the endpoint, released with its JSON. NULL when
 * memory is out. */
struct message *news_triage(const struct triage *t);

/* How something small that a person asked for went, shown for a moment. */
struct outcome {
    bool good;
    struct text sentence; /* when good */
    struct err error;     /* when not */
};

#endif
