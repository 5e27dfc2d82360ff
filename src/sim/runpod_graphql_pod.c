/* runpod_graphql_pod: pods as GraphQL shows them, and serverless workers under the name of pods, which
 * is how a failed cached model is found out (spec/runpod.md §4.7). */
#include "sim/runpod_graphql.h"
#include "sim/runpod_pods.h"

#include <stdio.h>
#include <string.h>

static struct json *machine(const char *gpu, const char *location)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "gpuDisplayName", gpu);
    (void)json_add_str(out, "location", location);
    (void)json_add_str(out, "podHostId", NULL);
    return out;
}

static struct json *env_lines(const struct json *map)
{
    struct json *out = json_new_array();
    struct buf line;
    buf_init(&line, CONTROL_BODY_MAX);
    for (const struct json *m = json_first(map); m != NULL; m = json_next(m)) {
        buf_clear(&line);
        (void)buf_printf(&line, "%s=%s", json_key(m), json_string(m) ? json_string(m) : "");
        (void)json_push(out, json_new_string(buf_str(&line)));
    }
    buf_release(&line);
    return out;
}

static struct json *runtime(const struct json *rest)
{
    if (json_kind(rest) != JSON_OBJECT) {
        return json_new_null();
    }
    struct json *out = json_new_object(), *container = json_new_object(), *gpus = json_new_array();
    (void)json_add_int(out, "uptimeInSeconds", json_int(rest, "uptime", 0));
    (void)json_add_int(container, "cpuPercent", json_int(json_get(rest, "cpu"), "util", 0));
    (void)json_add_int(container, "memoryPercent", json_int(json_get(rest, "memory"), "util", 0));
    (void)json_add(out, "container", container);
    int number = 0;
    for (const struct json *g = json_first(json_get(rest, "gpus")); g != NULL; g = json_next(g)) {
        struct json *gpu = json_new_object();
        char id[32];
        (void)snprintf(id, sizeof id, "GPU-%d", number++);
        (void)json_add_str(gpu, "id", id);
        (void)json_add_int(gpu, "gpuUtilPercent", json_int(g, "util", 0));
        (void)json_add_int(gpu, "memoryUtilPercent", json_int(g, "memoryUtil", 0));
        (void)json_push(gpus, gpu);
    }
    (void)json_add(out, "gpus", gpus);
    (void)json_add(out, "ports", json_new_array());
    return out;
}

struct json *graphql_pod(struct sim *s, struct named_row *pod)
{
    struct json *rest = pod_view(s, pod), *out = json_new_object();
    const struct json *gpu = json_get(rest, "gpu");
    const struct gpu_type *type = gpu_type_find(json_str_or(gpu, "id", ""));
    bool off = strcmp(pod_status(s, pod), "EXITED") == 0;
    (void)json_add_str(out, "id", pod->id);
    (void)json_add_str(out, "name", json_str(rest, "name"));
    (void)json_add_str(out, "desiredStatus", off ? "EXITED" : "RUNNING");
    (void)json_add_str(out, "lastStatusChange", off ? "Exited by user" : "Rented by User");
    (void)json_add_num(out, "costPerHr", json_num(rest, "cost", 0));
    (void)json_add_int(out, "uptimeSeconds", json_int(json_get(rest, "runtime"), "uptime", 0));
    (void)json_add_str(out, "imageName", json_str(rest, "image"));
    (void)json_add_int(out, "gpuCount", json_int(gpu, "count", 0));
    (void)json_add_int(out, "vcpuCount", json_int(json_get(rest, "cpu"), "vcpuCount", 8));
    (void)json_add_int(out, "memoryInGb", 32);
    (void)json_add_int(out, "containerDiskInGb", json_int(rest, "disk", 0));
    const struct json *mount = json_get(json_get(rest, "mounts"), "persistent");
    (void)json_add_int(out, "volumeInGb", json_int(mount, "size", 0));
    (void)json_add_str(out, "volumeMountPath", json_str_or(mount, "path", ""));
    (void)json_add_str(out, "dockerArgs", json_str_or(rest, "args", ""));
    (void)json_add(out, "env", env_lines(json_get(rest, "env")));
    (void)json_add_str(out, "machineId", pod->id);
    (void)json_add_str(out, "podType", "RESERVED");
    graphql_add_joined(out, "ports", json_get(rest, "ports"));
    (void)json_add(
        out, "machine", machine(type == NULL ? NULL : type->name, json_str(rest, "dataCenterId")));
    (void)json_add(out, "runtime", runtime(json_get(rest, "runtime")));
    (void)json_add(out, "modelVersions", json_new_array());
    json_free(rest);
    return out;
}

/* The cached models of the endpoint, and whether one failed on this worker. */
static struct json *model_versions(const struct worker *w)
{
    struct json *out = json_new_array();
    const struct json *failure = worker_model_failure(w);
    size_t models = json_count(json_get(w->endpoint->extra, "modelReferences"));
    size_t shown = models == 0 && failure != NULL ? 1 : models; /* who failed was there */
    for (size_t i = 0; i < shown; i++) {
        struct json *version = json_new_object();
        char uuid[64];
        (void)snprintf(uuid, sizeof uuid, "%s-%zu", w->endpoint->id, i);
        (void)json_add_str(version, "modelVersionUuid", uuid);
        (void)json_add_str(version, "modelVersionHash", NULL);
        (void)json_add_str(
            version, "machineAssignmentStatus", failure == NULL ? "READY" : "FAILED");
        (void)json_add_str(version, "failurePhase", json_str(failure, "phase"));
        (void)json_add_str(version, "failureReason", json_str(failure, "reason"));
        (void)json_add_str(version, "mountPath", "/runpod-volume/huggingface-cache/hub");
        (void)json_push(out, version);
    }
    return out;
}

static struct json *worker_as_pod(struct sim *s, const struct worker *w)
{
    struct json *out = json_new_object();
    bool billed = w->billed_from != 0;
    int64_t uptime = w->container ? (sim_now(s) - w->container_at) / 1000 : 0;
    (void)json_add_str(out, "id", w->id);
    (void)json_add_str(out, "name", w->endpoint->name);
    (void)json_add_str(out, "desiredStatus", billed ? "RUNNING" : "EXITED");
    (void)json_add_num(out, "costPerHr", worker_cost_per_hour(w));
    (void)json_add_int(out, "uptimeSeconds", uptime);
    (void)json_add_str(out, "imageName", w->image);
    (void)json_add_int(out, "gpuCount", w->endpoint->gpu_count);
    (void)json_add(out, "machine", machine(w->gpu == NULL ? NULL : w->gpu->name, w->data_center));
    (void)json_add(out, "modelVersions", model_versions(w));
    return out;
}

struct json *read_pod(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const char *id = json_str(json_get(arguments, "input"), "podId");
    if (c->right == KEY_UNKNOWN || id == NULL) {
        return NULL;
    }
    struct named_row *pod = pod_find(c->s, id);
    if (pod != NULL) {
        return graphql_pod(c->s, pod);
    }
    for (struct endpoint *e = c->s->runpod->endpoints; e != NULL; e = e->next) {
        const struct worker *w = worker_find(e, id);
        if (w != NULL && graphql_find(c, e->id) != NULL) {
            return worker_as_pod(c->s, w);
        }
    }
    return NULL;
}
