/* endpoint: a RunPod Serverless endpoint, its health, its workers and the GPU catalog, as finished
 * records in the arena of the message that brings them. Texts are cleaned; ids are kept as protocol
 * text of letters, digits, '-' and '_' (anything else makes the record unusable: id ""). */
#ifndef SLIPWAY_MODEL_ENDPOINT_H
#define SLIPWAY_MODEL_ENDPOINT_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENDPOINT_ID_MAX = 64, WORKER_ID_MAX = 64, ENDPOINT_POOLS_MAX = 8 };

struct endpoint {
    char id[ENDPOINT_ID_MAX];
    struct text name, image;
    struct text model;    /* env MODEL_NAME; empty = none */
    struct text revision; /* env MODEL_REVISION */
    struct text served;   /* what a client sends as `model`: the override, else MODEL_NAME */
    struct text pools[ENDPOINT_POOLS_MAX];
    size_t pool_count;
    int gpu_count;          /* a worker; 0 = CPU endpoint or unknown */
    int64_t context_length; /* env MAX_MODEL_LEN; -1 = not set */
    int workers_min, workers_max, idle_s;
    int version; /* -1 = unknown */
    bool load_balancer;
    int64_t created_ms; /* wall; -1 = unknown */
};

struct endpoint_page {
    struct endpoint *endpoints; /* in the order of the answer */
    size_t count;
};

/* Of /health (spec/runpod.md §3.1). Counters are what the service says, not lifetime totals. */
struct health {
    char endpoint_id[ENDPOINT_ID_MAX];
    int64_t seen_ms; /* monotonic */
    int64_t completed, failed, in_progress, in_queue, retried;
    int64_t idle, initializing, ready, running, throttled, unhealthy;
};

enum worker_status {
    WORKER_RUNNING,
    WORKER_IDLE,
    WORKER_INITIALIZING,
    WORKER_THROTTLED,
    WORKER_UNHEALTHY,
    WORKER_OTHER, /* a word we do not know; see `word` */
    WORKER_STATUSES
};

struct worker {
    char id[WORKER_ID_MAX];
    enum worker_status status;
    struct text word; /* the service's own */
    struct text gpu, data_center, image;
    int gpu_count, version;
    bool stale;
    int64_t uptime_s;   /* -1 = unknown */
    int64_t started_ms; /* wall; -1 = unknown */
};

struct worker_page {
    char endpoint_id[ENDPOINT_ID_MAX];
    int64_t seen_ms; /* monotonic */
    int version;     /* the endpoint's newest; -1 = unknown */
    struct worker *workers;
    size_t count;
};

/* A GPU type of the catalog (spec/runpod.md §4.5). */
enum stock { STOCK_UNKNOWN, STOCK_NONE, STOCK_LOW, STOCK_MEDIUM, STOCK_HIGH };
struct gpu {
    struct text id, name, pool; /* pool empty: not for serverless */
    int memory_gb;
    double price_hour; /* serverless, $/h per GPU; NAN = unknown */
    enum stock stock;
    int cuda; /* the newest that a host of it has now, 1300 = 13.0 (model/worker_image.h); 0 = unknown */
};
struct gpu_page {
    struct gpu *gpus;
    size_t count;
    int64_t seen_ms;
};

/* A pool as the forms offer it: what its member types have in common. */
struct gpu_pool {
    struct text id;
    int memory_gb;                  /* the least of its members */
    double price_least, price_most; /* $/h per GPU; NAN = unknown */
    enum stock stock;               /* the best of its members */
    int cuda;                       /* the newest of its members; 0 = unknown */
};
/* The pools of a page, cheapest first, at most `max`; returns how many were put into `pools`. Those
 * without a price come last. Texts are borrowed from the page. */
size_t gpu_pools(const struct gpu_page *page, struct gpu_pool *pools, size_t max);
/* $/h of a worker that may run in any of these pools with so many GPUs: the dearest. NAN when one of them is
 * not in the catalog, or has no price. */
double gpu_pools_price(
    const struct gpu_page *page, const struct text *pools, size_t count, int gpus);
/* $/h per GPU of a type by its id or name; NAN when the catalog does not say. */
double gpu_price(const struct gpu_page *page, struct text type);

struct account {
    double balance, spend_hour, spend_limit; /* $, $/h, $/h; NAN = unknown */
    int64_t seen_ms;
};

/* What an endpoint is doing, from what was seen alone. Triage says more later; this only sums up. */
enum endpoint_condition {
    ENDPOINT_UNKNOWN,  /* no health seen yet */
    ENDPOINT_OK,       /* workers are up and serve */
    ENDPOINT_ASLEEP,   /* no worker, nothing waits */
    ENDPOINT_STARTING, /* requests wait, workers initialise */
    ENDPOINT_WAITING,  /* requests wait and no worker is up or coming */
    ENDPOINT_OFF       /* max workers 0 */
};
/* Pure. `health` and `workers` may be NULL (unseen). */
enum endpoint_condition endpoint_condition(const struct endpoint *settings,
    const struct health *health, const struct worker_page *workers);
/* "ok", "asleep", "starting", "waiting", "paused", "…". Static. */
const char *endpoint_condition_name(enum endpoint_condition condition);

/* $/h of the workers that are running, idle-but-up or starting, by the price of each one's GPU type;
 * NAN when a price is unknown. An estimate. */
double worker_page_cost_hour(const struct worker_page *workers, const struct gpu_page *gpus);

enum worker_status worker_status_of(const char *word);
const char *worker_status_name(enum worker_status status); /* lower case, static */

#endif
