/* deploy_plan: from what was asked, what the repository holds and what the catalog offers, to the exact
 * endpoint that would be made (spec/runpod.md §4.4, §7). What was asked for is never overruled; what was
 * not is chosen by rules that are written down here:
 *   image      WORKER_IMAGE_DEFAULT (model/worker_image.h)
 *   CUDA       what the image wants of its hosts, where not every host has it
 *   pools      the two cheapest in stock that hold the model by the preflight's own count (model/preflight.h)
 *   disk       40 GB for the image and its temporary files, plus weights × 1.2
 *   workers    0 to 3, idle 10 s
 *   context    not set: the model's own
 *   memory     GPU_MEMORY_UTILIZATION=0.95
 *   own code   TRUST_REMOTE_CODE only when the model brings some
 *   time       RUNPOD_INIT_TIMEOUT, and VLLM_STARTUP_TIMEOUT where the image has it: 1800 s, or what the weights
 *              take
 * BASE_PATH is not set: it is where a network volume is mounted, and no volume is. Settings that the image reads
 * under another name go out under the name that is right for it, HF_TOKEN as HUGGING_FACE_HUB_TOKEN, which no
 * worker prints, each with a note.
 *
 * An adapter (LoRA) is served with its base model: MODEL_NAME is the base, pinned to its commit, and LORA_MODULES
 * adds the adapter under the endpoint's name. What it needs of memory and disk is the base's and its own.
 *
 * Thread: the operation's; deploy_plan_check any. */
#ifndef SLIPWAY_APP_DEPLOY_PLAN_H
#define SLIPWAY_APP_DEPLOY_PLAN_H

#include "app/work.h"
#include "client/hub_model_facts.h"
#include "client/runpod_control.h"
#include "model/preflight.h"

enum { DEPLOY_ENV_MAX = 64, DEPLOY_NOTES_MAX = 12, DEPLOY_POOLS_MAX = 64 };

struct deploy_plan {
    const char *repo, *name; /* in the arena, as are all texts below */
    char revision[41];       /* commit id, once deploy_plan_model has looked */
    const struct json *asked;
    const struct profile *profile;
    struct arena *arena;
    int64_t context;   /* tokens that were asked for; -1 = none */
    int64_t wait_ms;   /* for the first answer */
    bool closed;       /* private or gated: the worker needs a token */
    double price_hour; /* $/h of a worker, the dearest of the pools */
    char pools_shown[160];
    struct hub_info info;   /* once deploy_plan_model has looked */
    struct hub_model model; /* what it is made of; unless model_seen it could not be read */
    bool model_seen;
    const char *base_repo; /* of an adapter: its base model; NULL = none is known */
    struct hub_info base_info;
    struct hub_model base; /* unless base_seen it could not be read */
    bool base_seen;
    struct text
        notes[DEPLOY_NOTES_MAX]; /* settings that go out otherwise than they were asked for */
    size_t note_count;
    struct endpoint_env env[DEPLOY_ENV_MAX];
    struct endpoint_plan endpoint;

    /* what the preflight looks at; filled by each step that finds something out */
    struct preflight_evidence evidence;
    struct preflight_env seen_env[DEPLOY_ENV_MAX];
    struct preflight_pool catalog[DEPLOY_POOLS_MAX], chosen[ENDPOINT_POOLS_MAX];
};

/* Whether what was asked makes sense, without looking anything up. */
int deploy_plan_check(const struct json *asked, struct err *e);
int deploy_plan_init(struct deploy_plan *p, const struct json *asked, const struct profile *profile,
    struct arena *a, struct err *e);
/* Asks the Hub for the commit and what the model is made of, and of an adapter its base model; `noted` (may be
 * NULL) is the commit an earlier run took. Completes the environment. ERR_INPUT when there is no such
 * repository. */
int deploy_plan_model(
    struct deploy_plan *p, struct hub *hub, const char *noted, struct cancel *c, struct err *e);
/* Chooses or checks the pools, and the disk. ERR_INPUT names the pools there are. */
int deploy_plan_gpus(struct deploy_plan *p, const struct gpu_page *gpus, struct err *e);
/* What a request may be as long as: what was asked for, else the model's own; 0 = unknown. */
int64_t deploy_plan_context(const struct deploy_plan *p);
/* Whether it can work (model/preflight.h), with what the account says now: the lines go into the operation's
 * plan, in order. -1 with ERR_STATE when something makes it impossible. */
int deploy_plan_preflight(struct deploy_plan *p, struct work *w, size_t *warnings, struct err *e);
/* RunPod tells the quota of workers only when it refuses (§4.4): what its sentence says is kept for a while. */
void deploy_plan_learn_quota(struct work *w, const struct err *refusal);
/* Adds the request that creates the endpoint to the operation's plan (--dry-run), secrets masked. */
void deploy_plan_print(const struct deploy_plan *p, struct work *w);

/* Whether an adapter is served beside its base model: requests name it then. */
bool deploy_plan_is_adapter(const struct deploy_plan *p);
/* What a setting goes out as; NULL = not set, or a secret. */
const char *deploy_plan_env(const struct deploy_plan *p, const char *name);

/* ---- deploy_env.c ------------------------------------------------------------------------------ */

/* The deployer's minimum (spec/runpod.md §7.5), what was asked for with `env` last, so that it wins. */
int deploy_plan_fill_env(struct deploy_plan *p, struct err *e);
void deploy_plan_note(struct deploy_plan *p, struct text t);

#endif
