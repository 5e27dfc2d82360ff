/* runpod_graphql_read: the account, its templates, volumes and endpoints, as GraphQL shows them
 * (spec/runpod.md §4.7). Each function makes one whole object; runpod_graphql.c cuts it down to what
 * was asked for. */
#include "base/clock.h"
#include "sim/runpod_graphql.h"
#include "sim/runpod_pods.h"

#include <stdio.h>
#include <string.h>

/* ---- small conversions --------------------------------------------------------------------------------- */

struct json *graphql_pairs(const struct json *map)
{
    struct json *out = json_new_array();
    for (const struct json *m = json_first(map); m != NULL; m = json_next(m)) {
        struct json *pair = json_new_object();
        (void)json_add_str(pair, "key", json_key(m));
        (void)json_add_str(pair, "value", json_string(m));
        (void)json_push(out, pair);
    }
    return out;
}

struct json *graphql_map(const struct json *pairs)
{
    struct json *out = json_new_object();
    for (const struct json *p = json_first(pairs); p != NULL; p = json_next(p)) {
        if (json_str(p, "key") != NULL) {
            (void)json_set(out, json_str(p, "key"), json_new_string(json_str_or(p, "value", "")));
        }
    }
    return out;
}

/* Words joined by `by`, each with `before` in front. */
void graphql_join(struct buf *out, const struct json *words, const char *by, const char *before)
{
    for (const struct json *w = json_first(words); w != NULL; w = json_next(w)) {
        (void)buf_printf(
            out, "%s%s%s", out->len == 0 ? "" : by, before, json_string(w) ? json_string(w) : "");
    }
}

void graphql_add_joined(struct json *out, const char *key, const struct json *words)
{
    struct buf text;
    buf_init(&text, CONTROL_BODY_MAX);
    graphql_join(&text, words, ",", "");
    (void)json_add_str(out, key, buf_str(&text));
    buf_release(&text);
}

static int add_date(struct json *out, const char *key, int64_t ms)
{
    char text[CLOCK_RFC3339_MAX];
    clock_rfc3339(text, ms, 1);
    return json_add_str(out, key, text);
}

/* ---- templates and volumes -------------------------------------------------------------------------------- */

struct json *graphql_template(const struct named_row *t)
{
    struct json *out = json_new_object();
    const struct json *f = t->fields, *mount = json_get(json_get(f, "mounts"), "persistent");
    (void)json_add_str(out, "id", t->id);
    (void)json_add_str(out, "name", json_str(f, "name"));
    (void)json_add_str(out, "imageName", json_str(f, "image"));
    (void)json_add_str(out, "dockerArgs", json_str_or(f, "args", ""));
    (void)json_add_int(out, "containerDiskInGb", json_int(f, "disk", 0));
    (void)json_add_int(out, "volumeInGb", json_int(mount, "size", 0));
    (void)json_add_str(out, "volumeMountPath", json_str_or(mount, "path", ""));
    graphql_add_joined(out, "ports", json_get(f, "ports"));
    (void)json_add(out, "env", graphql_pairs(json_get(f, "env")));
    (void)json_add_bool(out, "isServerless", json_bool(f, "serverless", false));
    (void)json_add_bool(out, "isPublic", json_bool(f, "public", false));
    (void)json_add_str(out, "readme", "");
    (void)json_add_bool(out, "startSsh", json_bool(f, "startSsh", true));
    (void)json_add_str(out, "containerRegistryAuthId", json_str_or(f, "registry", ""));
    return out;
}

static struct json *templates_view(struct sim *s, bool serverless)
{
    struct json *out = json_new_array();
    for (const struct named_row *t = s->runpod->templates; t != NULL; t = t->next) {
        if (json_bool(t->fields, "serverless", false) == serverless) {
            (void)json_push(out, graphql_template(t));
        }
    }
    return out;
}

static struct json *volume_view(const struct named_row *row)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", row->id);
    (void)json_add_str(out, "name", json_str(row->fields, "name"));
    (void)json_add_int(out, "size", json_int(row->fields, "size", 0));
    (void)json_add_str(out, "dataCenterId", json_str(row->fields, "dataCenter"));
    return out;
}

/* ---- endpoints ------------------------------------------------------------------------------------------------ */

static void add_gpu(struct json *out, const struct endpoint *e)
{
    struct buf ids;
    buf_init(&ids, CONTROL_BODY_MAX);
    graphql_join(&ids, e->pools, ",", "");
    graphql_join(&ids, e->excluded, ",", "-");
    (void)json_add_str(out, "gpuIds", buf_str(&ids));
    buf_release(&ids);
    (void)json_add_int(out, "gpuCount", e->gpu_count);
    (void)json_add_str(out, "computeType", e->cpu == NULL ? "GPU" : "CPU");
    (void)json_add_str(out, "minCudaVersion", e->min_cuda);
    graphql_add_joined(out, "allowedCudaVersions", e->allowed_cuda);
    struct json *instances = json_new_array();
    for (const struct json *c = json_first(e->cpu); c != NULL; c = json_next(c)) {
        char id[64];
        (void)snprintf(
            id, sizeof id, "%.40s-%d", json_str_or(c, "id", ""), (int)json_int(c, "vcpuCount", 0));
        (void)json_push(instances, json_new_string(id));
    }
    (void)json_add(out, "instanceIds", instances);
}

static void add_volumes(struct sim *s, struct json *out, const struct endpoint *e)
{
    struct json *ids = json_new_array();
    const struct named_row *first = NULL;
    for (const struct json *v = json_first(e->volumes); v != NULL; v = json_next(v)) {
        struct named_row *row = row_find(s->runpod->volumes, json_string(v));
        struct json *entry = json_new_object();
        (void)json_add_str(entry, "networkVolumeId", json_string(v));
        (void)json_add_str(
            entry, "dataCenterId", row == NULL ? NULL : json_str(row->fields, "dataCenter"));
        (void)json_push(ids, entry);
        first = first == NULL ? row : first;
    }
    (void)json_add_str(out, "networkVolumeId", first == NULL ? NULL : first->id);
    (void)json_add(out, "networkVolume", first == NULL ? json_new_null() : volume_view(first));
    (void)json_add(out, "networkVolumeIds", ids);
}

static void add_scaling(struct json *out, const struct endpoint *e)
{
    (void)json_add_int(out, "workersMin", e->workers_min);
    (void)json_add_int(out, "workersMax", e->workers_max);
    (void)json_add_int(out, "workersStandby", e->workers_min);
    (void)json_add_int(out, "workersPFBTarget", 0);
    (void)json_add_int(out, "idleTimeout", e->idle_timeout_s);
    (void)json_add_str(
        out, "scalerType", e->scaler == SCALER_QUEUE_DELAY ? "QUEUE_DELAY" : "REQUEST_COUNT");
    (void)json_add_num(out, "scalerValue", e->scaler_value);
    (void)json_add_str(out, "flashBootType", e->flashboot);
    (void)json_add_int(out, "executionTimeoutMs", e->timeout_ms);
}

/* The endpoint's workers as pods: what is RUNNING is what is billed now (spec §4.7). */
static struct json *worker_pods(const struct endpoint *e)
{
    struct json *out = json_new_array();
    for (const struct worker *w = e->workers; w != NULL; w = w->next) {
        if (w->state == WORKER_GONE || w->state == WORKER_PLACING) {
            continue;
        }
        struct json *pod = json_new_object();
        (void)json_add_str(pod, "id", w->id);
        (void)json_add_str(pod, "desiredStatus", w->billed_from != 0 ? "RUNNING" : "EXITED");
        (void)json_add_num(pod, "costPerHr", worker_cost_per_hour(w));
        (void)json_push(out, pod);
    }
    return out;
}

/* The linked template; of an endpoint made by REST one of its own, which only shows here. */
static void add_template(struct sim *s, struct json *out, const struct endpoint *e)
{
    const struct named_row *linked = template_find(s, e->template_id);
    if (linked != NULL) {
        (void)json_add_str(out, "templateId", linked->id);
        (void)json_add(out, "template", graphql_template(linked));
        return;
    }
    struct json *own = json_new_object();
    char id[sizeof e->id + 2], name[sizeof e->name + 16];
    (void)snprintf(id, sizeof id, "t%s", e->id);
    (void)snprintf(name, sizeof name, "%s__template", e->name);
    (void)json_add_str(own, "id", id);
    (void)json_add_str(own, "name", name);
    (void)json_add_str(own, "imageName", e->image);
    (void)json_add_str(own, "dockerArgs", e->args == NULL ? "" : e->args);
    (void)json_add_int(own, "containerDiskInGb", e->disk_gb);
    (void)json_add_int(own, "volumeInGb", 0);
    (void)json_add(own, "env", graphql_pairs(e->env));
    (void)json_add_bool(own, "isServerless", true);
    (void)json_add_str(out, "templateId", id);
    (void)json_add(out, "template", own);
}

struct json *graphql_endpoint(struct sim *s, const struct endpoint *e)
{
    struct json *out = json_new_object();
    char ai_key[64];
    (void)snprintf(ai_key, sizeof ai_key, "rpa_STANDIN%sKEY", e->id);
    (void)json_add_str(out, "id", e->id);
    (void)json_add_str(out, "name", e->name);
    (void)json_add_str(out, "aiKey", ai_key);
    (void)json_add_str(out, "type", e->load_balancer ? "LB" : "QB");
    (void)json_add_str(out, "userId", RUNPOD_USER_ID);
    (void)json_add_int(out, "version", e->version);
    (void)add_date(out, "createdAt", e->created);
    graphql_add_joined(out, "locations", e->data_centers);
    (void)json_add(out, "env", graphql_pairs(e->env));
    const struct json *models = json_get(e->extra, "modelReferences");
    (void)json_add(out, "modelReferences", models == NULL ? json_new_array() : json_dup(models));
    add_gpu(out, e);
    add_volumes(s, out, e);
    add_scaling(out, e);
    add_template(s, out, e);
    (void)json_add(out, "pods", worker_pods(e));
    return out;
}

struct endpoint *graphql_find(struct graphql_call *c, const char *id)
{
    return sim_key_right(c->s, c->key, id) >= KEY_READ ? endpoint_find(c->s, id) : NULL;
}

struct json *read_endpoint(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const char *id = json_str(arguments, "id");
    const struct endpoint *e = id == NULL ? NULL : graphql_find(c, id);
    return e == NULL ? NULL : graphql_endpoint(c->s, e);
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

static struct json *pods_view(struct sim *s)
{
    struct json *out = json_new_array();
    for (struct named_row *pod = pod_first(s); pod != NULL; pod = pod->next) {
        (void)json_push(out, graphql_pod(s, pod));
    }
    return out;
}

static void add_money(struct sim *s, struct json *out)
{
    double balance = s->runpod->balance;
    (void)json_add_num(out, "clientBalance", balance);
    (void)json_add_num(out, "currentSpendPerHr", runpod_spend_per_hour(s));
    (void)json_add_num(out, "spendLimit", s->runpod->spend_limit);
    (void)json_add_num(out, "minBalance", 0);
    (void)json_add_bool(out, "underBalance", balance <= 0);
    (void)json_add_bool(out, "isAutoPayEnabled", false);
    (void)json_add_bool(out, "notifyLowBalance", true);
    (void)json_add_bool(out, "notifyPodsStale", true);
    (void)json_add_bool(out, "notifyPodsGeneral", true);
}

static void add_ssh_keys(struct sim *s, struct json *out)
{
    struct runpod_surface *surface = surface_of(s);
    struct buf keys;
    buf_init(&keys, CONTROL_BODY_MAX);
    if (surface != NULL) {
        graphql_join(&keys, *surface_ssh_keys(surface), "\n\n", "");
    }
    (void)json_add_str(out, "pubKey", buf_str(&keys));
    buf_release(&keys);
}

struct json *read_myself(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    (void)arguments;
    struct sim *s = c->s;
    if (c->right == KEY_UNKNOWN) {
        return NULL;
    }
    struct json *out = json_new_object(), *volumes = json_new_array(), *list = json_new_array();
    (void)json_add_str(out, "id", RUNPOD_USER_ID);
    (void)json_add_str(out, "email", "operator@example.com");
    add_money(s, out);
    add_ssh_keys(s, out);
    for (const struct named_row *row = s->runpod->volumes; row != NULL; row = row->next) {
        (void)json_push(volumes, volume_view(row));
    }
    for (const struct endpoint *e = s->runpod->endpoints; e != NULL; e = e->next) {
        if (graphql_find(c, e->id) != NULL) {
            (void)json_push(list, graphql_endpoint(s, e));
        }
    }
    (void)json_add(out, "networkVolumes", volumes);
    (void)json_add(out, "podTemplates", templates_view(s, false));
    (void)json_add(out, "serverlessTemplates", templates_view(s, true));
    (void)json_add(out, "pods", pods_view(s));
    (void)json_add(out, "endpoints", list);
    return out;
}
