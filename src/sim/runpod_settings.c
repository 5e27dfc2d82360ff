/* runpod_settings: an endpoint's settings as one JSON object, spelt as a create body spells them.
 *
 * Creating and changing is the same walk (spec/runpod.md §4.4): full settings (of the endpoint, or
 * the defaults) + what the body says = full settings; these are checked as a whole, written into the
 * endpoint, and compared with the old ones for the release. So a PATCH cannot behave differently from
 * a create, and the traps of sparse updates live in settings_merge alone. */
#include "sim/runpod_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---------------------------------------------------------------------------------- */

static struct json *dup_or_array(const struct json *j)
{
    return j == NULL ? json_new_array() : json_dup(j);
}

static struct json *gpu_settings(const struct endpoint *e)
{
    struct json *gpu = json_new_object();
    (void)json_add(gpu, "pools", dup_or_array(e->pools));
    (void)json_add(gpu, "excludedTypes", dup_or_array(e->excluded));
    (void)json_add_int(gpu, "count", e->gpu_count);
    (void)json_add(gpu, "allowedCudaVersions", dup_or_array(e->allowed_cuda));
    (void)json_add_str(gpu, "minCudaVersion", e->min_cuda[0] == '\0' ? NULL : e->min_cuda);
    return gpu;
}

static struct json *scaling_settings(const struct endpoint *e)
{
    struct json *scaling = json_new_object();
    bool delay = e->scaler == SCALER_QUEUE_DELAY;
    (void)json_add_str(scaling, "type", delay ? "QUEUE_DELAY" : "REQUEST_COUNT");
    (void)json_add_num(scaling, delay ? "queueDelay" : "requestCount", e->scaler_value);
    return scaling;
}

static struct json *worker_settings(const struct endpoint *e)
{
    struct json *workers = json_new_object();
    (void)json_add_int(workers, "min", e->workers_min);
    (void)json_add_int(workers, "max", e->workers_max);
    (void)json_add_int(workers, "idleTimeout", e->idle_timeout_s);
    return workers;
}

static void container_settings(const struct endpoint *e, struct json *out)
{
    (void)json_add_str(out, "image", e->image);
    (void)json_add_str(out, "args", e->args == NULL ? "" : e->args);
    (void)json_add(out, "entrypoint", dup_or_array(e->entrypoint));
    (void)json_add(out, "cmd", dup_or_array(e->cmd));
    (void)json_add_int(out, "disk", e->disk_gb);
    (void)json_add(out, "ports", dup_or_array(e->ports));
    (void)json_add(out, "env", e->env == NULL ? json_new_object() : json_dup(e->env));
    (void)json_add_str(out, "registry", e->registry);
}

struct json *settings_of(const struct endpoint *e)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "name", e->name);
    (void)json_add_str(out, "type", e->load_balancer ? "LOAD_BALANCER" : "QUEUE");
    container_settings(e, out);
    if (e->cpu != NULL) {
        (void)json_add(out, "cpu", json_dup(e->cpu));
    } else {
        (void)json_add(out, "gpu", gpu_settings(e));
    }
    (void)json_add(out, "workers", worker_settings(e));
    (void)json_add(out, "scaling", scaling_settings(e));
    (void)json_add_int(out, "timeout", e->timeout_ms);
    (void)json_add_str(out, "flashboot", e->flashboot);
    (void)json_add(out, "dataCenterIds", dup_or_array(e->data_centers));
    (void)json_add(out, "networkVolumes", dup_or_array(e->volumes));
    return out;
}

/* ---- merging ---------------------------------------------------------------------------------- */

static void lay_over(struct json *base, const struct json *patch)
{
    for (const struct json *m = json_first(patch); m != NULL; m = json_next(m)) {
        (void)json_set(base, json_key(m), json_dup(m));
    }
}

static struct json *merged_object(const struct json *base, const struct json *patch)
{
    struct json *out = json_kind(base) == JSON_OBJECT ? json_dup(base) : json_new_object();
    lay_over(out, patch);
    return out;
}

/* The words without the white space around them. */
static struct json *trimmed(const struct json *words)
{
    struct json *out = json_new_array();
    for (const struct json *w = json_first(words); w != NULL; w = json_next(w)) {
        const char *s = json_string(w);
        s += strspn(s, " \t");
        char copy[128];
        (void)snprintf(copy, sizeof copy, "%s", s);
        for (size_t n = strlen(copy); n > 0 && strchr(" \t", copy[n - 1]) != NULL; n--) {
            copy[n - 1] = '\0';
        }
        (void)json_push(out, json_new_string(copy));
    }
    return out;
}

/* The trap of spec §4.4: pools without excludedTypes clears the exclusions. */
static struct json *merged_gpu(const struct json *base, const struct json *patch)
{
    struct json *out = merged_object(base, patch);
    if (json_get(patch, "pools") != NULL) {
        (void)json_set(out, "excludedTypes", trimmed(json_get(patch, "excludedTypes")));
    }
    static const char *const lists[] = {"pools", "excludedTypes", "allowedCudaVersions"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (json_get(out, lists[i]) == NULL) {
            (void)json_set(out, lists[i], json_new_array());
        }
    }
    if (json_get(out, "count") == NULL) {
        (void)json_set(out, "count", json_new_int(1));
    }
    if (json_str_or(out, "minCudaVersion", "")[0] == '\0') {
        (void)json_set(out, "minCudaVersion", json_new_null());
    }
    return out;
}

void settings_tie_command(struct json *full, const struct json *patch)
{
    const struct json *entrypoint = json_get(patch, "entrypoint"), *cmd = json_get(patch, "cmd");
    if (entrypoint != NULL || cmd != NULL) {
        struct json *both = json_new_object();
        (void)json_add(both, "entrypoint", json_dup(json_get(full, "entrypoint")));
        (void)json_add(both, "cmd", json_dup(json_get(full, "cmd")));
        struct buf text;
        buf_init(&text, CONTROL_BODY_MAX);
        bool empty =
            json_count(json_get(both, "entrypoint")) + json_count(json_get(both, "cmd")) == 0;
        if (!empty) {
            (void)json_print(both, &text);
        }
        (void)json_set(full, "args", json_new_string(buf_str(&text)));
        buf_release(&text);
        json_free(both);
    } else if (json_str(patch, "args") != NULL) {
        const char *args = json_str(patch, "args");
        struct json *both = *args == '{' ? json_parse(args, strlen(args), NULL) : NULL;
        (void)json_set(full, "entrypoint", dup_or_array(json_get(both, "entrypoint")));
        (void)json_set(full, "cmd", dup_or_array(json_get(both, "cmd")));
        json_free(both);
    }
}

struct json *settings_merge(struct json *take_base, const struct json *patch)
{
    for (const struct json *m = json_first(patch); m != NULL; m = json_next(m)) {
        const char *key = json_key(m);
        if (strcmp(key, "templateId") == 0) {
            continue;
        }
        struct json *value = NULL;
        if (strcmp(key, "workers") == 0) {
            value = merged_object(json_get(take_base, key), m);
        } else if (strcmp(key, "gpu") == 0) {
            value = merged_gpu(json_get(take_base, key), m);
        } else {
            value = json_dup(m);
        }
        (void)json_set(take_base, key, value);
    }
    settings_tie_command(take_base, patch);
    return take_base;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static bool replace_json(struct json **slot, const struct json *value)
{
    struct json *copy = json_dup(value);
    if (value != NULL && copy == NULL) {
        return false;
    }
    json_free(*slot);
    *slot = copy;
    return true;
}

static bool replace_text(char **slot, const char *value)
{
    char *copy = value == NULL || *value == '\0' ? NULL : strdup(value);
    if (value != NULL && *value != '\0' && copy == NULL) {
        return false;
    }
    free(*slot);
    *slot = copy;
    return true;
}

static bool apply_compute(struct endpoint *e, const struct json *full)
{
    const struct json *cpu = json_get(full, "cpu"), *gpu = json_get(full, "gpu");
    e->gpu_count = gpu == NULL ? 0 : (int)json_int(gpu, "count", 1);
    (void)snprintf(e->min_cuda, sizeof e->min_cuda, "%.7s", json_str_or(gpu, "minCudaVersion", ""));
    return replace_json(&e->cpu, cpu) && replace_json(&e->pools, json_get(gpu, "pools")) &&
           replace_json(&e->excluded, json_get(gpu, "excludedTypes")) &&
           replace_json(&e->allowed_cuda, json_get(gpu, "allowedCudaVersions"));
}

static bool apply_container(struct endpoint *e, const struct json *full)
{
    (void)snprintf(e->image, sizeof e->image, "%.255s", json_str_or(full, "image", ""));
    e->disk_gb = (int)json_int(full, "disk", 1);
    return replace_json(&e->env, json_get(full, "env")) &&
           replace_json(&e->ports, json_get(full, "ports")) &&
           replace_json(&e->entrypoint, json_get(full, "entrypoint")) &&
           replace_json(&e->cmd, json_get(full, "cmd")) &&
           replace_text(&e->args, json_str(full, "args")) &&
           replace_text(&e->registry, json_str(full, "registry"));
}

static void apply_scaling(struct endpoint *e, const struct json *full)
{
    const struct json *workers = json_get(full, "workers"), *scaling = json_get(full, "scaling");
    e->workers_min = (int)json_int(workers, "min", 0);
    e->workers_max = (int)json_int(workers, "max", 3);
    e->idle_timeout_s = (int)json_int(workers, "idleTimeout", 10);
    bool delay = strcmp(json_str_or(scaling, "type", ""), "QUEUE_DELAY") == 0;
    e->scaler = delay ? SCALER_QUEUE_DELAY : SCALER_REQUEST_COUNT;
    e->scaler_value = json_num(scaling, delay ? "queueDelay" : "requestCount", 4);
    e->timeout_ms = json_int(full, "timeout", e->timeout_ms);
}

int settings_apply(struct endpoint *e, const struct json *full)
{
    (void)snprintf(e->name, sizeof e->name, "%.127s", json_str_or(full, "name", ""));
    (void)snprintf(
        e->flashboot, sizeof e->flashboot, "%.19s", json_str_or(full, "flashboot", "OFF"));
    e->load_balancer = strcmp(json_str_or(full, "type", ""), "LOAD_BALANCER") == 0;
    apply_scaling(e, full);
    return apply_compute(e, full) && apply_container(e, full) &&
                   replace_json(&e->data_centers, json_get(full, "dataCenterIds")) &&
                   replace_json(&e->volumes, json_get(full, "networkVolumes"))
               ? 0
               : -1;
}

/* ---- the release's diff -------------------------------------------------------------------------- */

/* REST member → the name in a release's diff (spec §4.5), and whether workers roll for it. */
static const struct diff_row {
    const char *group, *member; /* group NULL = top level */
    const char *field;
    bool container;
} diff_rows[] = {
    {NULL, "name", "name", false},
    {NULL, "image", "template.imageName", true},
    {NULL, "env", "template.env", true},
    {NULL, "disk", "template.containerDiskInGb", true},
    {NULL, "args", "template.dockerArgs", true},
    {NULL, "ports", "template.ports", true},
    {NULL, "registry", "template.containerRegistryAuthId", true},
    {"gpu", NULL, "gpuIds", true}, /* both lists in one string, see gpu_ids */
    {"gpu", "count", "gpuCount", true},
    {"gpu", "allowedCudaVersions", "allowedCudaVersions", true},
    {"gpu", "minCudaVersion", "minCudaVersion", true},
    {NULL, "cpu", "instanceIds", true},
    {NULL, "networkVolumes", "networkVolumeIds", true},
    {NULL, "dataCenterIds", "locations", false},
    {"workers", "min", "workersMin", false},
    {"workers", "max", "workersMax", false},
    {"workers", "idleTimeout", "idleTimeout", false},
    {"scaling", "type", "scalerType", false},
    {"scaling", NULL, "scalerValue", false}, /* of either type */
    {NULL, "timeout", "executionTimeoutMs", false},
    {NULL, "flashboot", "flashBootType", false},
};

/* "ADA_24,AMPERE_24,-NVIDIA L4", as GraphQL has it; null without a GPU block. */
static struct json *gpu_ids(const struct json *gpu)
{
    static const char *const lists[][2] = {{"pools", ""}, {"excludedTypes", "-"}};
    struct buf text;
    buf_init(&text, CONTROL_BODY_MAX);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct json *id = json_first(json_get(gpu, lists[i][0]));
        for (; id != NULL; id = json_next(id)) {
            const char *word = json_string(id) == NULL ? "" : json_string(id);
            (void)buf_printf(&text, "%s%s%s", text.len == 0 ? "" : ",", lists[i][1], word);
        }
    }
    struct json *out = gpu == NULL ? json_new_null() : json_new_string(buf_str(&text));
    buf_release(&text);
    return out;
}

static const struct json *scaler_value(const struct json *scaling)
{
    const struct json *delay = json_get(scaling, "queueDelay");
    return delay == NULL ? json_get(scaling, "requestCount") : delay;
}

/* Owned by the caller; null when absent. */
static struct json *diff_value(const struct json *settings, const struct diff_row *row)
{
    const struct json *group = row->group == NULL ? settings : json_get(settings, row->group);
    if (row->member == NULL && strcmp(row->group, "gpu") == 0) {
        return gpu_ids(group);
    }
    const struct json *found =
        row->member == NULL ? scaler_value(group) : json_get(group, row->member);
    return found == NULL ? json_new_null() : json_dup(found);
}

struct json *settings_diff(const struct json *before, const struct json *after, bool *container)
{
    struct json *diff = json_new_array();
    *container = false;
    for (size_t i = 0; i < sizeof diff_rows / sizeof *diff_rows; i++) {
        const struct diff_row *row = &diff_rows[i];
        struct json *old = diff_value(before, row), *new = diff_value(after, row);
        if (json_equal(old, new)) {
            json_free(old);
            json_free(new);
            continue;
        }
        struct json *entry = json_new_object();
        (void)json_add_str(entry, "field", row->field);
        (void)json_add(entry, "old", old);
        (void)json_add(entry, "new", new);
        (void)json_push(diff, entry);
        *container = *container || row->container;
    }
    return diff;
}
