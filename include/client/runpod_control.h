/* runpod_control: endpoints, workers and the catalog over REST v2 (spec/runpod.md §4.2–§4.5). */
#ifndef SLIPWAY_CLIENT_RUNPOD_CONTROL_H
#define SLIPWAY_CLIENT_RUNPOD_CONTROL_H

#include "base/arena.h"
#include "client/runpod.h"
#include "core/cancel.h"
#include "model/endpoint.h"

/* All of them, over pages. Env values other than MODEL_NAME, MODEL_REVISION, MAX_MODEL_LEN and the
 * served name are not kept. */
int runpod_endpoints(
    struct runpod *r, struct arena *a, struct endpoint_page *out, struct cancel *c, struct err *e);
/* One; ERR_REMOTE number 404 when it is gone. */
int runpod_endpoint(struct runpod *r, const char *id, struct arena *a, struct endpoint *out,
    struct cancel *c, struct err *e);

/* By name: *found false when there is none, ERR_STATE when several are called so. RunPod may put
 * " -fb" behind a name: that counts as the same. */
int runpod_endpoint_find(struct runpod *r, const char *name, struct arena *a, struct endpoint *out,
    bool *found, struct cancel *c, struct err *e);

struct endpoint_env {
    const char *name, *value;
    const struct secret *secret; /* instead of value; never logged */
};
/* What to create (§4.4, §7.5). The body that goes out, also printed by --dry-run. */
struct endpoint_plan {
    const char *name, *image;
    const char *pools[ENDPOINT_POOLS_MAX];
    size_t pool_count;
    int gpu_count, disk_gb, workers_min, workers_max, idle_s;
    int64_t timeout_ms;
    const char *min_cuda; /* NULL = none */
    bool flashboot;
    const struct endpoint_env *env;
    size_t env_count;
};
/* The JSON body; secrets as "***" when `masked`. The caller frees it. NULL out of memory. */
struct json *endpoint_plan_json(const struct endpoint_plan *plan, bool masked);

/* POST, never repeated by itself (design rule 4). When no answer came, the list is looked through for
 * the name: *out is that one then. */
int runpod_endpoint_create(struct runpod *r, const struct endpoint_plan *plan, struct arena *a,
    struct endpoint *out, struct cancel *c, struct err *e);

int runpod_workers(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct worker_page *out, struct cancel *c, struct err *e);

/* The serverless GPUs, with stock. */
int runpod_gpus(
    struct runpod *r, struct arena *a, struct gpu_page *out, struct cancel *c, struct err *e);

#endif
