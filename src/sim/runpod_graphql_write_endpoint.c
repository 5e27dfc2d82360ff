/* runpod_graphql_write_endpoint: what GraphQL mutations do to endpoints (spec/runpod.md §4.7).
 *
 * saveEndpoint is turned into a REST body and goes the way of REST, so quota, image and CUDA rules
 * are the same; the differences are what GraphQL is known for. It is not sparse: what an update
 * leaves out falls back to the defaults. GPU selections are not checked: unknown pools and exclusions
 * are stored as they come. */
#include "sim/runpod_graphql.h"

#include <stdio.h>
#include <string.h>

static void add_int_or(
    struct json *out, const char *key, const struct json *input, const char *from, int64_t fallback)
{
    (void)json_add_int(out, key, json_int(input, from, fallback));
}

static const char pod_template[] =
    "Serverless endpoints cannot use pod templates. Please use a serverless template.";

/* Container settings: of the named template, of one in place, or of the endpoint itself. */
static bool add_container(struct graphql_call *c, struct json *body, const struct json *input,
    const struct endpoint *self)
{
    const struct json *inline_template = json_get(input, "template");
    const char *id = json_str(input, "templateId");
    if (json_kind(inline_template) == JSON_OBJECT) {
        struct json *fields = graphql_template_fields(inline_template);
        static const char *const kept[] = {"image", "args", "disk", "env", "ports", "registry"};
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            (void)json_add(body, kept[i], json_dup(json_get(fields, kept[i])));
        }
        json_free(fields);
        return true;
    }
    if (id != NULL && *id != '\0') {
        const struct named_row *t = template_find(c->s, id);
        bool own = self != NULL && t == NULL && *id == 't' && strcmp(id + 1, self->id) == 0;
        if (t == NULL && !own) {
            (void)graphql_refuse(c, "Template not found.");
            return false;
        }
        if (t != NULL && !json_bool(t->fields, "serverless", false)) {
            (void)graphql_refuse(c, pod_template);
            return false;
        }
        if (t != NULL) {
            (void)json_add_str(body, "templateId", id);
        }
        return true;
    }
    if (self == NULL) {
        (void)graphql_refuse(c, json_str(input, "hubReleaseId") != NULL
                                    ? "Hub release not found."
                                    : "templateId, template or hubReleaseId is required");
    }
    return self != NULL;
}

static void add_gpu(struct json *body, const struct json *input, bool update)
{
    struct json *gpu = json_new_object();
    (void)json_add(gpu, "pools", graphql_split(json_str_or(input, "gpuIds", "AMPERE_16"), 0));
    add_int_or(gpu, "count", input, "gpuCount", 1);
    (void)json_add(
        gpu, "allowedCudaVersions", graphql_split(json_str(input, "allowedCudaVersions"), 0));
    const char *floor = json_str_or(input, "minCudaVersion", "");
    if (update || *floor != '\0') { /* "" takes the floor away; a create has none to take */
        (void)json_add_str(gpu, "minCudaVersion", floor);
    }
    (void)json_add(body, "gpu", gpu);
}

static void add_scaling(struct json *body, const struct json *input)
{
    struct json *workers = json_new_object(), *scaling = json_new_object();
    bool count = strcmp(json_str_or(input, "scalerType", ""), "REQUEST_COUNT") == 0;
    add_int_or(workers, "min", input, "workersMin", 0);
    add_int_or(workers, "max", input, "workersMax", 3);
    if (!count) {
        add_int_or(workers, "idleTimeout", input, "idleTimeout", 10);
    }
    (void)json_add_str(scaling, "type", count ? "REQUEST_COUNT" : "QUEUE_DELAY");
    add_int_or(scaling, count ? "requestCount" : "queueDelay", input, "scalerValue", 4);
    (void)json_add(body, "workers", workers);
    (void)json_add(body, "scaling", scaling);
}

static void add_placement(struct json *body, const struct json *input)
{
    struct json *volumes = json_new_array();
    const char *one = json_str_or(input, "networkVolumeId", "");
    const struct json *v = json_first(json_get(input, "networkVolumeIds"));
    for (; v != NULL; v = json_next(v)) {
        (void)json_push(volumes, json_new_string(json_str_or(v, "networkVolumeId", "")));
    }
    if (*one != '\0' && json_count(volumes) == 0) {
        (void)json_push(volumes, json_new_string(one));
    }
    (void)json_add(body, "networkVolumes", volumes);
    (void)json_add(body, "dataCenterIds", graphql_split(json_str(input, "locations"), 0));
    const char *boot = json_str_or(input, "flashBootType", "OFF");
    (void)json_add_str(body, "flashboot", boot);
    add_int_or(body, "timeout", input, "executionTimeoutMs", 0);
}

/* What the table of REST would refuse as well, in one sentence. */
static bool input_valid(struct graphql_call *c, const struct json *body, bool create)
{
    struct json *errors = json_new_array();
    bool good = schema_check(
        create ? endpoint_create_schema : endpoint_update_schema, body, "input", errors);
    if (!good) {
        (void)graphql_refuse(c, json_string(json_first(errors)));
    }
    json_free(errors);
    return good;
}

static struct json *endpoint_body(
    struct graphql_call *c, const struct json *input, const struct endpoint *self)
{
    struct json *body = json_new_object();
    (void)json_add_str(body, "name", json_str_or(input, "name", ""));
    if (self == NULL) {
        bool balancer = strcmp(json_str_or(input, "type", "QB"), "LB") == 0;
        (void)json_add_str(body, "type", balancer ? "LOAD_BALANCER" : "QUEUE");
    }
    add_gpu(body, input, self != NULL);
    add_scaling(body, input);
    add_placement(body, input);
    if (!add_container(c, body, input, self) || !input_valid(c, body, self == NULL)) {
        json_free(body);
        return NULL;
    }
    return body;
}

/* What REST has no word for, and what it would have refused. */
static void apply_rest(struct endpoint *e, const struct json *input, const struct json *body)
{
    json_free(e->excluded);
    e->excluded = graphql_split(json_str(input, "gpuIds"), '-');
    e->idle_timeout_s = (int)json_int(input, "idleTimeout", 10);
    const char *id = json_str(body, "templateId");
    if (id != NULL) {
        (void)snprintf(e->template_id, sizeof e->template_id, "%s", id);
    }
    const struct json *models = json_get(input, "modelReferences");
    if (e->extra == NULL) {
        e->extra = json_new_object();
    }
    (void)json_set(
        e->extra, "modelReferences", models == NULL ? json_new_array() : json_dup(models));
}

struct json *write_endpoint(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const struct json *input = json_get(arguments, "input");
    const char *id = json_str(input, "id");
    struct endpoint *e = id == NULL ? NULL : graphql_find(c, id);
    if (id != NULL && e == NULL) {
        return graphql_refuse(c, "Endpoint not found.");
    }
    if (strlen(json_str_or(input, "name", "")) < 3) {
        return graphql_refuse(c, "Endpoint name must be at least 3 characters long.");
    }
    struct json *body = endpoint_body(c, input, e);
    if (body == NULL) {
        return NULL;
    }
    struct refusal no = {0};
    bool done = e != NULL;
    if (e == NULL) {
        e = endpoint_create_from(c->s, body, &no);
        done = e != NULL;
    } else {
        done = endpoint_change(c->s, e, body, &no);
    }
    if (done) {
        apply_rest(e, input, body);
    }
    json_free(body);
    return done ? graphql_endpoint(c->s, e) : graphql_refuse(c, no.text);
}

struct json *write_delete_endpoint(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    struct endpoint *e = graphql_find(c, json_str_or(arguments, "id", ""));
    if (e == NULL) {
        return graphql_refuse(c, "Endpoint not found.");
    }
    if (e->workers_min != 0 || e->workers_max != 0) {
        return graphql_refuse(
            c, "Endpoint must have workersMin and workersMax set to 0 before it can be deleted.");
    }
    endpoint_delete(c->s, e);
    return NULL;
}

/* A change of one thing, by way of REST. */
static struct json *patch(struct graphql_call *c, const char *id, struct json *take_body)
{
    struct refusal no = {0};
    struct endpoint *e = graphql_find(c, id);
    bool done = e != NULL && endpoint_change(c->s, e, take_body, &no);
    json_free(take_body);
    if (e == NULL) {
        return graphql_refuse(c, "Endpoint not found.");
    }
    return done ? graphql_endpoint(c->s, e) : graphql_refuse(c, no.text);
}

struct json *write_endpoint_template(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const struct json *input = json_get(arguments, "input");
    const char *template_id = json_str_or(input, "templateId", "");
    const struct named_row *t = template_find(c->s, template_id);
    if (t == NULL) {
        return graphql_refuse(c, "Template not found.");
    }
    if (!json_bool(t->fields, "serverless", false)) {
        return graphql_refuse(c, pod_template);
    }
    struct json *body = json_new_object();
    (void)json_add_str(body, "templateId", template_id);
    const char *id = json_str_or(input, "endpointId", "");
    struct json *out = patch(c, id, body);
    struct endpoint *e = graphql_find(c, id);
    if (out != NULL && e != NULL) {
        (void)snprintf(e->template_id, sizeof e->template_id, "%s", template_id);
        (void)json_set(out, "templateId", json_new_string(template_id));
    }
    return out;
}

static struct json *set_workers(
    struct graphql_call *c, const struct json *arguments, const char *member)
{
    const struct json *input = json_get(arguments, "input");
    int64_t count = json_int(input, "workerCount", -1);
    if (count < 0 || count > 10000) {
        return graphql_refuse(c, "workerCount must not be negative.");
    }
    struct json *body = json_new_object(), *workers = json_new_object();
    (void)json_add_int(workers, member, count);
    (void)json_add(body, "workers", workers);
    return patch(c, json_str_or(input, "endpointId", ""), body);
}

struct json *write_workers_min(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    return set_workers(c, arguments, "min");
}

struct json *write_workers_max(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    return set_workers(c, arguments, "max");
}
