/* deploy_plan: from what was asked, what the repository holds and what the catalog offers, to the exact
 * endpoint that would be made (spec/runpod.md §4.4, §7). What was asked for is never overruled; what was
 * not is chosen by rules that are written down here:
 *   image      WORKER_IMAGE_DEFAULT, which wants CUDA 13.0 (model/worker_image.h)
 *   pools      the two cheapest in stock that hold the model (model/fit.h)
 *   disk       40 GB for the image and its temporary files, plus weights × 1.2
 *   workers    0 to 3, idle 10 s
 *   context    not set: the model's own
 *   own code   TRUST_REMOTE_CODE only when the model brings some
 * Settings that the image reads under another name, or would print although they are secret, go out under
 * the name that is right for it, with a note.
 * Thread: the operation's; deploy_plan_check any. */
#ifndef SLIPWAY_APP_DEPLOY_PLAN_H
#define SLIPWAY_APP_DEPLOY_PLAN_H

#include "app/work.h"
#include "client/hub_model_facts.h"
#include "client/runpod_control.h"

enum { DEPLOY_ENV_MAX = 64, DEPLOY_NOTES_MAX = 8 };

struct deploy_plan {
    const char *repo, *name; /* in the arena, as are all texts below */
    char revision[41];       /* commit id, once deploy_plan_model has looked */
    const struct json *asked;
    const struct profile *profile;
    struct arena *arena;
    int64_t context, weight_bytes; /* -1, 0 = unknown */
    bool closed;                   /* private or gated: the worker needs a token */
    double price_hour;             /* $/h of a worker, the dearest of the pools */
    char pools_shown[160];
    struct hub_info info;   /* once deploy_plan_model has looked */
    struct hub_model model; /* what it is made of; unless model_seen it could not be read */
    bool model_seen;
    struct text
        notes[DEPLOY_NOTES_MAX]; /* settings that go out otherwise than they were asked for */
    size_t note_count;
    struct endpoint_env env[DEPLOY_ENV_MAX];
    struct endpoint_plan endpoint;
};

/* Whether what was asked makes sense, without looking anything up. */
int deploy_plan_check(const struct json *asked, struct err *e);
int deploy_plan_init(struct deploy_plan *p, const struct json *asked, const struct profile *profile,
    struct arena *a, struct err *e);
/* Asks the Hub for the commit and what the model is made of; `noted` (may be NULL) is the commit an earlier
 * run took. ERR_INPUT when there is no such repository. */
int deploy_plan_model(struct deploy_plan *p, struct hub *hub, const char *noted, struct arena *a,
    struct cancel *c, struct err *e);
/* Chooses or checks the pools, and completes the endpoint. ERR_INPUT names the pools there are. */
int deploy_plan_gpus(struct deploy_plan *p, const struct gpu_page *gpus, struct err *e);
/* What a request may be as long as: what was asked for, else the model's own; 0 = unknown. */
int64_t deploy_plan_context(const struct deploy_plan *p);
/* Whether it can work (model/preflight.h), with what the account and the catalog say now: the lines go into
 * the operation's plan. `ours`: an endpoint of that name is this deployment's own. -1 with ERR_STATE when
 * something makes it impossible. */
int deploy_plan_preflight(struct deploy_plan *p, struct work *w, const struct gpu_page *gpus,
    bool ours, size_t *warnings, struct err *e);
/* Adds the exact requests to the operation's plan (--dry-run), secrets masked. */
void deploy_plan_print(const struct deploy_plan *p, struct work *w);

#endif
