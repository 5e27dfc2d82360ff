/* runpod_plan: the body that creates an endpoint (spec/runpod.md §4.4). What the service has a
 * surprising default for is always sent: the timeout, FlashBoot, the idle time. */
#include "client/runpod_control.h"

#include "base/json.h"
#include "client/runpod_change.h"
#include "model/worker_env.h"

#include <string.h>

static const double queue_delay_s = 4; /* the console's own default */

/* By its name or shape too: one that is too short to be known anywhere else. RunPod's own placeholders are no
 * keys. */
static bool is_hidden(const struct endpoint_env *v, const char *value)
{
    bool placeholder = strncmp(value, "{{", 2) == 0;
    return v->secret ||
           (!placeholder && (worker_env_is_secret(v->name) || runpod_address_secret(value)));
}

static struct json *env_json(const struct endpoint_plan *plan, bool masked)
{
    struct json *env = json_new_object();
    for (size_t i = 0; i < plan->env_count; i++) {
        const struct endpoint_env *v = &plan->env[i];
        const char *value = v->secret ? secret_value(v->secret) : v->value;
        value = value ? value : "";
        (void)json_add_str(env, v->name, masked && is_hidden(v, value) ? "***" : value);
    }
    return env;
}

static struct json *gpu_json(const struct endpoint_plan *plan)
{
    struct json *gpu = json_new_object(), *pools = json_new_array();
    for (size_t i = 0; i < plan->pool_count && i < ENDPOINT_POOLS_MAX; i++)
        (void)json_push(pools, json_new_string(plan->pools[i]));
    (void)json_add(gpu, "pools", pools);
    (void)json_add_int(gpu, "count", plan->gpu_count);
    if (plan->min_cuda)
        (void)json_add_str(gpu, "minCudaVersion", plan->min_cuda);
    return gpu;
}

static struct json *workers_json(const struct endpoint_plan *plan)
{
    struct json *workers = json_new_object();
    (void)json_add_int(workers, "min", plan->workers_min);
    (void)json_add_int(workers, "max", plan->workers_max);
    (void)json_add_int(workers, "idleTimeout", plan->idle_s);
    return workers;
}

static struct json *scaling_json(void)
{
    struct json *scaling = json_new_object();
    (void)json_add_str(scaling, "type", "QUEUE_DELAY");
    (void)json_add_num(scaling, "queueDelay", queue_delay_s);
    return scaling;
}

struct json *endpoint_plan_json(const struct endpoint_plan *plan, bool masked)
{
    struct json *j = json_new_object();
    int failed = json_add_str(j, "name", plan->name) || json_add_str(j, "type", "QUEUE") ||
                 json_add_str(j, "image", plan->image) || json_add_int(j, "disk", plan->disk_gb) ||
                 json_add(j, "env", env_json(plan, masked)) || json_add(j, "gpu", gpu_json(plan)) ||
                 json_add(j, "workers", workers_json(plan)) ||
                 json_add(j, "scaling", scaling_json()) ||
                 json_add_int(j, "timeout", plan->timeout_ms) ||
                 json_add_str(j, "flashboot", plan->flashboot ? "FLASHBOOT" : "OFF");
    if (!failed)
        return j;
    json_free(j);
    return NULL;
}
