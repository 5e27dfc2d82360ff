/* runpod_rest_pod: /v2/pods (spec/runpod.md §4.5). What a pod does is in runpod_pods.c. */
#include "sim/image.h"
#include "sim/runpod_http.h"
#include "sim/runpod_pods.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <string.h>

/* ---- tables ------------------------------------------------------------------------------------------ */

static const char *const clouds[] = {"SECURE", "COMMUNITY", NULL};
static const char *const actions[] = {"start", "stop", "restart", "terminate", NULL};

static const struct schema gpu_members[] = {
    {.name = "id", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = "count", .kind = SCHEMA_INTEGER, .least = 1, .most = 64},
    {.name = "allowedCudaVersions",
        .kind = SCHEMA_STRINGS,
        .pattern = CUDA_PATTERN,
        .matches = schema_is_cuda},
    {.name = "minCudaVersion",
        .kind = SCHEMA_STRING,
        .most = 7,
        .pattern = CUDA_PATTERN,
        .matches = schema_is_cuda},
    {.name = NULL},
};

static const struct schema cpu_members[] = {
    {.name = "id", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "vcpuCount", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 2},
    {.name = NULL},
};

static const struct schema persistent_mount[] = {
    {.name = "size", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 10},
    {.name = "path", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = NULL},
};

static const struct schema network_mount[] = {
    {.name = "volumeId", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = "path", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = NULL},
};

static const struct schema mounts[] = {
    {.name = "persistent", .kind = SCHEMA_OBJECT, .members = persistent_mount},
    {.name = "network", .kind = SCHEMA_OBJECTS, .most = 1, .members = network_mount},
    {.name = NULL},
};

static const struct schema shared_members[] = {
    {.name = "name", .kind = SCHEMA_STRING, .least = 1},
    {.name = "globalNetworking", .kind = SCHEMA_BOOL},
    {.name = "mounts", .kind = SCHEMA_OBJECT, .members = mounts},
    {.name = "templateId", .kind = SCHEMA_STRING, .least = 1},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = container_schema},
    {.name = NULL},
};

static const struct schema create_schema[] = {
    {.name = "name", .kind = SCHEMA_PRESENT},
    {.name = "cloud", .kind = SCHEMA_STRING, .words = clouds},
    {.name = "cpu", .kind = SCHEMA_OBJECT, .members = cpu_members},
    {.name = "gpu", .kind = SCHEMA_OBJECT, .members = gpu_members},
    {.name = "dataCenterIds", .kind = SCHEMA_STRINGS},
    {.name = "startJupyter", .kind = SCHEMA_BOOL},
    {.name = "startSsh", .kind = SCHEMA_BOOL},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = shared_members},
    {.name = NULL},
};

static const struct schema update_schema[] = {
    {.name = "locked", .kind = SCHEMA_BOOL},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = shared_members},
    {.name = NULL},
};

static const struct schema action_schema[] = {
    {.name = "action", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .words = actions},
    {.name = NULL},
};

/* What GET answers of a pod that says nothing more. */
static const char defaults[] =
    "{\"name\":\"\",\"image\":\"\",\"args\":\"\",\"entrypoint\":[],\"cmd\":[],\"disk\":50,\"ports\":[],\"env\":{},"
    "\"registry\":null,\"mounts\":{},\"cloud\":\"SECURE\",\"dataCenterId\":null,"
    "\"cudaVersion\":null,\"template\":null,\"locked\":false,"
    "\"ssh\":{\"proxy\":null,\"direct\":null},\"globalNetworking\":{\"enabled\":false}}";

/* ---- creating ------------------------------------------------------------------------------------------ */

static const char no_instances[] =
    "There are no longer any instances available with the requested specifications. Please refresh "
    "and try again.";

static bool refuse(struct refusal *no, int status, const char *text)
{
    no->status = status;
    (void)snprintf(no->text, sizeof no->text, "%s", text);
    return false;
}

static bool wanted_there(const struct json *ids, const char *data_center)
{
    for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
        if (json_string(id) != NULL && strcmp(json_string(id), data_center) == 0) {
            return true;
        }
    }
    return json_count(ids) == 0;
}

static const struct data_center *place(struct sim *s, const struct json *body, bool *known)
{
    const struct json *gpu = json_get(body, "gpu");
    const struct gpu_type *type = gpu_type_find(json_str_or(gpu, "id", ""));
    *known = gpu == NULL || type != NULL;
    for (const struct data_center *d = data_centers; *known && d->id != NULL; d++) {
        if (wanted_there(json_get(body, "dataCenterIds"), d->id) &&
            (type == NULL ||
                runpod_stock(s, type, d->id, json_str(gpu, "minCudaVersion")) != STOCK_NONE)) {
            return d;
        }
    }
    return NULL;
}

static bool allowed(struct sim *s, const struct json *body, struct refusal *no)
{
    if ((json_get(body, "gpu") != NULL) == (json_get(body, "cpu") != NULL)) {
        return refuse(no, 400, "exactly one of gpu or cpu must be set");
    }
    const char *image = json_str_or(body, "image", "");
    if (*image == '\0') {
        return refuse(no, 422, "$: missing property 'image'");
    }
    if (!image_reference_valid(image)) {
        return refuse(no, 400, "image is not a valid image reference");
    }
    const struct json *m = json_get(body, "mounts");
    if (json_get(m, "persistent") != NULL && json_get(m, "network") != NULL) {
        return refuse(no, 400, "mounts.persistent and mounts.network are mutually exclusive");
    }
    const char *volume = json_str(json_first(json_get(m, "network")), "volumeId");
    if (volume != NULL && row_find(s->runpod->volumes, volume) == NULL) {
        return refuse(no, 404, "network volume not found");
    }
    if (s->runpod->balance <= 0) {
        return refuse(no, 402, "Your account balance is too low to start a pod.");
    }
    return true;
}

static double rate_of(const struct json *body)
{
    const struct json *gpu = json_get(body, "gpu");
    const struct gpu_type *type = gpu_type_find(json_str_or(gpu, "id", ""));
    if (type == NULL) {
        return 0.03 * json_num(json_get(body, "cpu"), "vcpuCount", 2);
    }
    bool community = strcmp(json_str_or(body, "cloud", "SECURE"), "COMMUNITY") == 0;
    double price =
        community && type->price_community > 0 ? type->price_community : type->price_secure;
    return price * (double)json_int(gpu, "count", 1);
}

/* The fields that GET answers, of a body that passed. */
static struct json *fields_of(
    struct sim *s, const struct json *body, const struct data_center *where)
{
    struct json *out = settings_merge(json_parse(defaults, sizeof defaults - 1, NULL), body);
    static const char *const only_asked[] = {"dataCenterIds", "startJupyter", "startSsh"};
    for (size_t i = 0; i < sizeof only_asked / sizeof *only_asked; i++) {
        json_remove(out, only_asked[i]);
    }
    if (json_get(body, "gpu") != NULL) {
        struct json *gpu = json_new_object();
        (void)json_add_str(gpu, "id", json_str(json_get(body, "gpu"), "id"));
        (void)json_add_int(gpu, "count", json_int(json_get(body, "gpu"), "count", 1));
        (void)json_set(out, "gpu", gpu);
        (void)json_set(out, "cudaVersion", json_new_string(cuda_versions[0]));
    }
    if (json_get(body, "cpu") != NULL) {
        struct json *cpu = json_dup(json_get(body, "cpu"));
        int64_t gb = cpu_memory_gb(json_str(cpu, "id"), json_int(cpu, "vcpuCount", 0));
        (void)json_add_int(cpu, "memory", gb);
        (void)json_set(out, "cpu", cpu);
    }
    struct json *networking = json_new_object();
    (void)json_add_bool(networking, "enabled", json_bool(body, "globalNetworking", false));
    (void)json_set(out, "globalNetworking", networking);
    (void)json_set(out, "dataCenterId", json_new_string(where->id));
    json_remove(out, "createdAt");
    (void)add_time(out, "createdAt", sim_now(s));
    return out;
}

void rest_pod_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *sent = rest_body(r, p, create_schema);
    if (sent == NULL) {
        return;
    }
    struct refusal no = {0};
    bool known = true;
    const struct data_center *where = NULL;
    const struct named_row *pod = NULL;
    struct json *body = json_dup(sent);
    if (template_expand(s, body, false, &no) && allowed(s, body, &no)) {
        where = place(s, body, &known);
        if (where == NULL) {
            (void)refuse(&no, 400, known ? no_instances : "gpu.id is not a known GPU type");
        } else {
            pod = pod_add(s, fields_of(s, body, where), rate_of(body));
            no.status = 500;
        }
    }
    json_free(body);
    if (pod == NULL) {
        rest_refuse(p, &no);
        return;
    }
    reply_json(p, 201, pod_view(s, pod));
}

/* ---- the rest --------------------------------------------------------------------------------------------- */

void rest_pod_list(struct sim *s, struct request *r, struct reply *p)
{
    struct json *items = json_new_array();
    for (const struct named_row *pod = pod_first(s); pod != NULL; pod = pod->next) {
        (void)json_push(items, pod_view(s, pod));
    }
    rest_list(r, p, "pods", items);
}

static struct named_row *found(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *pod = pod_find(s, request_param(r, "id"));
    if (pod == NULL) {
        runpod_control_error(p, 404, "pod not found");
    }
    return pod;
}

void rest_pod_read(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *pod = found(s, r, p);
    if (pod != NULL) {
        reply_json(p, 200, pod_view(s, pod));
    }
}

void rest_pod_update(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *pod = found(s, r, p);
    const struct json *sent = pod == NULL ? NULL : rest_body(r, p, update_schema);
    if (sent == NULL) {
        return;
    }
    struct refusal no = {0};
    struct json *body = json_dup(sent);
    if (!template_expand(s, body, false, &no)) {
        rest_refuse(p, &no);
    } else {
        if (json_get(body, "globalNetworking") != NULL) {
            struct json *networking = json_new_object();
            (void)json_add_bool(networking, "enabled", json_bool(body, "globalNetworking", false));
            (void)json_set(body, "globalNetworking", networking);
        }
        pod->fields = settings_merge(pod->fields, body);
        reply_json(p, 200, pod_view(s, pod));
    }
    json_free(body);
}

static bool is_locked(const struct named_row *pod, struct reply *p)
{
    if (!json_bool(pod->fields, "locked", false)) {
        return false;
    }
    runpod_control_error(p, 409, "pod is locked");
    return true;
}

void rest_pod_delete(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *pod = found(s, r, p);
    if (pod != NULL && !is_locked(pod, p)) {
        pod_remove(s, pod->id);
        rest_no_content(p);
    }
}

void rest_pod_action(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *pod = found(s, r, p);
    const struct json *body = pod == NULL ? NULL : rest_body(r, p, action_schema);
    if (body == NULL) {
        return;
    }
    const char *action = json_str(body, "action");
    if (strcmp(action, "start") != 0 && is_locked(pod, p)) {
        return;
    }
    if (!pod_may(s, pod, action)) {
        char text[128];
        (void)snprintf(text, sizeof text, "cannot %s a pod that is %s", action, pod_status(s, pod));
        runpod_control_error(p, 409, text);
        return;
    }
    if (strcmp(action, "terminate") == 0) {
        pod_remove(s, pod->id);
        rest_no_content(p);
        return;
    }
    if (strcmp(action, "start") != 0) {
        pod_stop(s, pod);
    }
    if (strcmp(action, "stop") != 0) {
        pod_start(s, pod);
    }
    reply_json(p, 200, pod_view(s, pod));
}
