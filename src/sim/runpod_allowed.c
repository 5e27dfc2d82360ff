/* runpod_allowed: what an endpoint's body may say, and the rules that a table cannot express.
 *
 * The tables are REST v2's (spec/runpod.md §4.4): what breaks them answers 422 with `errors`. The
 * rules behind them need the world or several members at once and answer one sentence, 400 unless
 * said otherwise. Inferred, because nothing says it: 400 (not 422) for both or neither of gpu and
 * cpu, min above max, an unpublished image, an unknown volume or registry; 422 for idleTimeout beside
 * QUEUE + REQUEST_COUNT; and that unknown pools and data centres are accepted, as GraphQL accepts
 * them (§4.7). */
#include "sim/image.h"
#include "sim/runpod_http.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- tables -------------------------------------------------------------------------------------- */

static const char *const types[] = {"QUEUE", "LOAD_BALANCER", NULL};
static const char *const flashboots[] = {"OFF", "FLASHBOOT", "PRIORITY_FLASHBOOT", NULL};
static const char *const scalers[] = {"QUEUE_DELAY", "REQUEST_COUNT", NULL};

static const struct schema queue_delay[] = {
    {.name = "type", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = "queueDelay", .kind = SCHEMA_NUMBER, .flags = SCHEMA_REQUIRED, .least = 0.5},
    {.name = NULL},
};

static const struct schema request_count[] = {
    {.name = "type", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = "requestCount", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = NULL},
};

static const struct schema *const scaler_tables[] = {queue_delay, request_count};

static const struct schema worker_members[] = {
    {.name = "min", .kind = SCHEMA_INTEGER, .most = 10000},
    {.name = "max", .kind = SCHEMA_INTEGER, .most = 10000},
    {.name = "idleTimeout", .kind = SCHEMA_INTEGER, .least = 1, .most = 3600},
    {.name = NULL},
};

static bool not_dashed(const char *s)
{
    s += strspn(s, " \t");
    return *s != '\0' && *s != '-';
}

static const struct schema gpu_members[] = {
    {.name = "pools", .kind = SCHEMA_STRINGS, .least = 1},
    {.name = "excludedTypes",
        .kind = SCHEMA_STRINGS,
        .flags = SCHEMA_UNIQUE,
        .pattern = "^\\s*[^-\\s]",
        .matches = not_dashed,
        .needs = "pools"},
    {.name = "count", .kind = SCHEMA_INTEGER, .least = 1, .most = 64},
    {.name = "allowedCudaVersions",
        .kind = SCHEMA_STRINGS,
        .pattern = CUDA_PATTERN,
        .matches = schema_is_cuda},
    {.name = "minCudaVersion",
        .kind = SCHEMA_STRING,
        .most = 7,
        .pattern = "^$|" CUDA_PATTERN,
        .matches = schema_is_cuda_or_empty},
    {.name = NULL},
};

static const struct schema gpu_create[] = {
    {.name = "pools", .kind = SCHEMA_PRESENT},
    {.name = "minCudaVersion",
        .kind = SCHEMA_STRING,
        .most = 7,
        .pattern = CUDA_PATTERN,
        .matches = schema_is_cuda},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = gpu_members},
    {.name = NULL},
};

static const struct schema cpu_members[] = {
    {.name = "id", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "vcpuCount", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 2},
    {.name = NULL},
};

const struct schema container_schema[] = {
    {.name = "image", .kind = SCHEMA_STRING, .most = 255},
    {.name = "args", .kind = SCHEMA_STRING},
    {.name = "entrypoint", .kind = SCHEMA_STRINGS},
    {.name = "cmd", .kind = SCHEMA_STRINGS},
    {.name = "disk", .kind = SCHEMA_INTEGER, .least = 1, .most = 100000},
    {.name = "env", .kind = SCHEMA_MAP},
    {.name = "ports", .kind = SCHEMA_STRINGS},
    {.name = "registry", .kind = SCHEMA_STRING, .flags = SCHEMA_NULLABLE},
    {.name = NULL},
};

const struct schema endpoint_update_schema[] = {
    {.name = "name", .kind = SCHEMA_STRING, .least = 1, .most = 127},
    {.name = "gpu", .kind = SCHEMA_OBJECT, .members = gpu_members},
    {.name = "cpu",
        .kind = SCHEMA_OBJECTS,
        .flags = SCHEMA_UNIQUE,
        .least = 1,
        .members = cpu_members},
    {.name = "workers", .kind = SCHEMA_OBJECT, .members = worker_members},
    {.name = "scaling", .kind = SCHEMA_VARIANT, .words = scalers, .variants = scaler_tables},
    {.name = "timeout", .kind = SCHEMA_INTEGER},
    {.name = "dataCenterIds", .kind = SCHEMA_STRINGS},
    {.name = "networkVolumes", .kind = SCHEMA_STRINGS},
    {.name = "flashboot", .kind = SCHEMA_STRING, .words = flashboots},
    {.name = "templateId", .kind = SCHEMA_STRING, .least = 1},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = container_schema},
    {.name = NULL},
};

const struct schema endpoint_create_schema[] = {
    {.name = "name", .kind = SCHEMA_PRESENT},
    {.name = "scaling", .kind = SCHEMA_PRESENT},
    {.name = "type", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .words = types},
    {.name = "gpu", .kind = SCHEMA_OBJECT, .members = gpu_create},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = endpoint_update_schema},
    {.name = NULL},
};

/* ---- rules ---------------------------------------------------------------------------------------- */

struct proposal {
    struct sim *s;
    const struct endpoint *self;
    const struct json *body, *full;
};

static bool refuse(struct refusal *no, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct refusal *no, int status, const char *format, ...)
{
    no->status = status;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(no->text, sizeof no->text, format, args);
    va_end(args);
    return false;
}

static bool text_is(const struct json *object, const char *member, const char *want)
{
    return strcmp(json_str_or(object, member, ""), want) == 0;
}

static bool one_compute_family(const struct proposal *q, struct refusal *no)
{
    bool gpu = json_get(q->full, "gpu") != NULL, cpu = json_get(q->full, "cpu") != NULL;
    if (gpu != cpu) {
        return true;
    }
    if (q->self != NULL) {
        return refuse(no, 400, "the endpoint's compute family cannot be changed");
    }
    return refuse(no, 400, "exactly one of gpu or cpu must be set");
}

static bool one_cuda_constraint(const struct proposal *q, struct refusal *no)
{
    const struct json *gpu = json_get(q->full, "gpu");
    if (json_count(json_get(gpu, "allowedCudaVersions")) == 0 ||
        json_str_or(gpu, "minCudaVersion", "")[0] == '\0') {
        return true;
    }
    return refuse(no, 400, "gpu.allowedCudaVersions and gpu.minCudaVersion are mutually exclusive");
}

static bool listed(const struct json *array, const char *word)
{
    for (const struct json *item = json_first(array); item != NULL; item = json_next(item)) {
        if (json_string(item) != NULL && strcmp(json_string(item), word) == 0) {
            return true;
        }
    }
    return false;
}

static bool exclusions_within_pools(const struct proposal *q, struct refusal *no)
{
    const struct json *pools = json_get(json_get(q->full, "gpu"), "pools");
    const struct json *sent = json_get(json_get(q->body, "gpu"), "excludedTypes");
    const struct json *x =
        sent == NULL ? NULL : json_first(json_get(json_get(q->full, "gpu"), "excludedTypes"));
    for (; x != NULL; x = json_next(x)) {
        const struct gpu_type *type = gpu_type_find(json_string(x));
        if (type == NULL || type->pool == NULL || !listed(pools, type->pool)) {
            return refuse(no, 400,
                "gpu.excludedTypes: '%.80s' is not a GPU type in one of the selected pools",
                json_string(x));
        }
    }
    return true;
}

static bool vcpus_are_powers_of_two(const struct proposal *q, struct refusal *no)
{
    const struct json *c = json_first(json_get(q->full, "cpu"));
    for (; c != NULL; c = json_next(c)) {
        int64_t n = json_int(c, "vcpuCount", 0);
        if ((n & (n - 1)) != 0) {
            return refuse(no, 400, "cpu.vcpuCount must be a power of two, got %lld", (long long)n);
        }
    }
    return true;
}

static bool scaler_fits_type(const struct proposal *q, struct refusal *no)
{
    bool counts = text_is(json_get(q->full, "scaling"), "type", "REQUEST_COUNT");
    bool balancer = text_is(q->full, "type", "LOAD_BALANCER");
    if (balancer && !counts) {
        return refuse(no, 422, "$.scaling.type: value must be 'REQUEST_COUNT'");
    }
    if (!balancer && counts && json_get(json_get(q->body, "workers"), "idleTimeout") != NULL) {
        return refuse(no, 422,
            "$.workers.idleTimeout: does not apply to queue-based endpoints that scale on "
            "REQUEST_COUNT");
    }
    return true;
}

static bool min_within_max(const struct proposal *q, struct refusal *no)
{
    const struct json *workers = json_get(q->full, "workers");
    if (json_int(workers, "min", 0) <= json_int(workers, "max", 3)) {
        return true;
    }
    return refuse(no, 400, "workers.min must not be greater than workers.max");
}

/* Spec §4.4: a registered endpoint counts its workers.max even when idle. */
static bool within_worker_quota(const struct proposal *q, struct refusal *no)
{
    int64_t others = 0, quota = q->s->runpod->worker_quota;
    for (const struct endpoint *e = q->s->runpod->endpoints; e != NULL; e = e->next) {
        others += e == q->self ? 0 : e->workers_max;
    }
    int64_t max = json_int(json_get(q->full, "workers"), "max", 3);
    if (quota <= 0 || others + max <= quota || (q->self != NULL && max <= q->self->workers_max)) {
        return true;
    }
    return refuse(no, 400,
        "Max workers across all endpoints must not exceed your workers quota (%lld). Reduce the max "
        "workers for other endpoints or lower the max worker count for this endpoint to at most "
        "%lld.",
        (long long)quota, (long long)(quota > others ? quota - others : 0));
}

static bool image_exists(const struct proposal *q, struct refusal *no)
{
    const char *image = json_str_or(q->full, "image", "");
    if (q->self != NULL && strcmp(image, q->self->image) == 0) {
        return true;
    }
    if (!image_reference_valid(image)) {
        return refuse(no, 400, "image '%.200s' is not a valid image reference", image);
    }
    if (listed(surface_setting(q->s, "unchecked_images"), image)) {
        return true;
    }
    if (image_published(image) && !listed(surface_setting(q->s, "unpublished_images"), image)) {
        return true;
    }
    return refuse(no, 400, "image '%.200s' does not resolve to a published image", image);
}

static bool row_exists(const struct named_row *rows, const char *id)
{
    while (rows != NULL && strcmp(rows->id, id) != 0) {
        rows = rows->next;
    }
    return rows != NULL;
}

static bool references_exist(const struct proposal *q, struct refusal *no)
{
    const struct json *v = json_first(json_get(q->body, "networkVolumes"));
    for (; v != NULL; v = json_next(v)) {
        if (!row_exists(q->s->runpod->volumes, json_string(v))) {
            return refuse(no, 400, "network volume '%.80s' not found", json_string(v));
        }
    }
    const char *registry = json_str(q->body, "registry");
    if (registry != NULL && !row_exists(q->s->runpod->registries, registry)) {
        return refuse(no, 400, "container registry credential '%.80s' not found", registry);
    }
    return true;
}

static bool one_start_command(const struct proposal *q, struct refusal *no)
{
    bool parts = json_get(q->body, "entrypoint") != NULL || json_get(q->body, "cmd") != NULL;
    if (!parts || json_get(q->body, "args") == NULL) {
        return true;
    }
    return refuse(no, 400, "args and entrypoint/cmd are mutually exclusive");
}

bool settings_allowed(struct sim *s, const struct endpoint *self, const struct json *body,
    const struct json *full, struct refusal *no)
{
    static bool (*const rules[])(const struct proposal *, struct refusal *) = {
        one_compute_family,
        one_cuda_constraint,
        exclusions_within_pools,
        vcpus_are_powers_of_two,
        scaler_fits_type,
        min_within_max,
        one_start_command,
        references_exist,
        image_exists,
        within_worker_quota,
    };
    const struct proposal q = {s, self, body, full};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (!rules[i](&q, no)) {
            return false;
        }
    }
    return true;
}
