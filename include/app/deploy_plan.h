/* deploy_plan: from what was asked, what the repository holds and what the catalog offers, to the exact
 * endpoint that would be made (spec/runpod.md §4.4, §7). What was asked for is never overruled; what was
 * not is chosen by rules that are written down here:
 *   image      runpod/worker-v1-vllm:v2.25.2, which wants CUDA 13.0
 *   pools      the two cheapest in stock that hold the weights (model/fit.h)
 *   disk       40 GB for the image and its temporary files, plus weights × 1.2
 *   workers    0 to 3, idle 10 s
 *   context    not set: the model's own
 * Thread: the operation's; deploy_plan_check any. */
#ifndef SLIPWAY_APP_DEPLOY_PLAN_H
#define SLIPWAY_APP_DEPLOY_PLAN_H

#include "app/work.h"
#include "client/runpod_control.h"

enum { DEPLOY_ENV_MAX = 64 };

struct deploy_plan {
    const char *repo, *name; /* in the arena, as are all texts below */
    char revision[41];       /* commit id, once deploy_plan_model has looked */
    const struct json *asked;
    const struct profile *profile;
    struct arena *arena;
    int64_t context, weight_bytes; /* -1, 0 = unknown */
    bool closed;                   /* private or gated: the worker needs a token */
    double price_hour;             /* $/h of a worker, the dearest of the pools */
    char pools_shown[160], doubt[240];
    struct endpoint_env env[DEPLOY_ENV_MAX];
    struct endpoint_plan endpoint;
};

/* Whether what was asked makes sense, without looking anything up. */
int deploy_plan_check(const struct json *asked, struct err *e);
int deploy_plan_init(struct deploy_plan *p, const struct json *asked, const struct profile *profile,
    struct arena *a, struct err *e);
/* Asks the Hub for the commit and the weights; `noted` (may be NULL) is the commit an earlier run took.
 * ERR_INPUT when there is no such repository. */
int deploy_plan_model(struct deploy_plan *p, struct hub *hub, const char *noted, struct arena *a,
    struct cancel *c, struct err *e);
/* Chooses or checks the pools, and completes the endpoint. ERR_INPUT names the pools there are. */
int deploy_plan_gpus(struct deploy_plan *p, const struct gpu_page *gpus, struct err *e);
/* Adds the exact requests to the operation's plan (--dry-run), secrets masked. */
void deploy_plan_print(const struct deploy_plan *p, struct work *w);

#endif
