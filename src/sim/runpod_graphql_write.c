/* runpod_graphql_write: what GraphQL mutations do to templates, pods and the account (spec/runpod.md
 * §4.7). Refusals come as errors[] with HTTP 200. */
#include "sim/runpod_graphql.h"
#include "sim/runpod_pods.h"

#include <stdlib.h>
#include <string.h>

struct json *graphql_split(const char *text, char sign)
{
    struct json *out = json_new_array();
    char *copy = strdup(text == NULL ? "" : text), *rest = copy;
    for (char *word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
        word += strspn(word, " ");
        bool signed_word = *word == '-';
        if (*word != '\0' && signed_word == (sign == '-')) {
            (void)json_push(out, json_new_string(word + signed_word));
        }
    }
    free(copy);
    return out;
}

/* ---- templates ------------------------------------------------------------------------------------------------ */

struct json *graphql_template_fields(const struct json *input)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "name", json_str_or(input, "name", ""));
    (void)json_add_str(out, "image", json_str_or(input, "imageName", ""));
    (void)json_add_str(out, "args", json_str_or(input, "dockerArgs", ""));
    (void)json_add_int(out, "disk", json_int(input, "containerDiskInGb", 10));
    (void)json_add(out, "env", graphql_map(json_get(input, "env")));
    (void)json_add(out, "ports", graphql_split(json_str(input, "ports"), 0));
    (void)json_add_bool(out, "serverless", json_bool(input, "isServerless", false));
    (void)json_add_bool(out, "public", json_bool(input, "isPublic", false));
    (void)json_add_bool(out, "startSsh", json_bool(input, "startSsh", true));
    const char *registry = json_str_or(input, "containerRegistryAuthId", "");
    (void)json_add_str(out, "registry", *registry == '\0' ? NULL : registry);
    if (json_int(input, "volumeInGb", 0) > 0) {
        struct json *mounts = json_new_object(), *persistent = json_new_object();
        (void)json_add_int(persistent, "size", json_int(input, "volumeInGb", 0));
        (void)json_add_str(persistent, "path", json_str_or(input, "volumeMountPath", "/workspace"));
        (void)json_add(mounts, "persistent", persistent);
        (void)json_add(out, "mounts", mounts);
    }
    return out;
}

/* What REST would refuse of them as well, in one sentence. */
static bool fields_valid(struct graphql_call *c, const struct json *fields)
{
    struct json *errors = json_new_array();
    bool good = schema_check(template_update_schema, fields, "input", errors);
    if (!good) {
        (void)graphql_refuse(c, json_string(json_first(errors)));
    }
    json_free(errors);
    return good;
}

static struct named_row *template_named(struct sim *s, const char *name)
{
    struct named_row *t = s->runpod->templates;
    while (t != NULL && strcmp(json_str_or(t->fields, "name", ""), name) != 0) {
        t = t->next;
    }
    return t;
}

struct json *write_template(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const struct json *input = json_get(arguments, "input");
    const char *id = json_str(input, "id"), *name = json_str_or(input, "name", "");
    if (*name == '\0' || json_str_or(input, "imageName", "")[0] == '\0') {
        return graphql_refuse(c, "name and imageName are required");
    }
    struct named_row *same = template_named(c->s, name);
    if (same != NULL && (id == NULL || strcmp(same->id, id) != 0)) {
        return graphql_refuse(c, "Template name must be unique.");
    }
    struct named_row *t = id == NULL ? NULL : template_find(c->s, id);
    if (id != NULL && t == NULL) {
        return graphql_refuse(c, "Template not found.");
    }
    struct json *fields = graphql_template_fields(input);
    if (!fields_valid(c, fields)) {
        json_free(fields);
        return NULL;
    }
    if (t == NULL) {
        t = template_create(c->s, fields);
    } else {
        t->fields = settings_merge(t->fields, fields);
    }
    json_free(fields);
    return t == NULL ? graphql_refuse(c, "out of memory") : graphql_template(t);
}

struct json *write_delete_template(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    struct named_row *t = template_named(c->s, json_str_or(arguments, "templateName", ""));
    if (t == NULL) {
        return graphql_refuse(c, "Template not found.");
    }
    if (template_referenced(c->s, t->id)) {
        return graphql_refuse(c, "Template is in use by an endpoint.");
    }
    template_delete(c->s, t->id);
    return NULL;
}

/* ---- pods ------------------------------------------------------------------------------------------------------------ */

struct json *write_pod_deploy(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const struct json *input = json_get(arguments, "input");
    const struct gpu_type *t = gpu_type_find(json_str_or(input, "gpuTypeId", ""));
    if (t == NULL || runpod_stock(c->s, t, json_str(input, "dataCenterId"), NULL) == STOCK_NONE) {
        return graphql_refuse(c,
            "There are no longer any instances available with the requested specifications. Please "
            "refresh and try again.");
    }
    int64_t count = json_int(input, "gpuCount", 1);
    if (count < 1 || count > 64) {
        return graphql_refuse(c, "gpuCount must be between 1 and 64.");
    }
    struct json *fields = graphql_template_fields(input), *gpu = json_new_object();
    if (!fields_valid(c, fields)) {
        json_free(fields);
        json_free(gpu);
        return NULL;
    }
    static const char *const not_of_pods[] = {"serverless", "public", "startSsh"};
    for (size_t i = 0; i < sizeof not_of_pods / sizeof *not_of_pods; i++) {
        json_remove(fields, not_of_pods[i]);
    }
    (void)json_add_str(gpu, "id", t->id);
    (void)json_add_int(gpu, "count", count);
    (void)json_add(fields, "gpu", gpu);
    (void)json_add_str(fields, "cloud", "SECURE");
    (void)json_add_str(
        fields, "dataCenterId", json_str_or(input, "dataCenterId", data_centers[0].id));
    (void)add_time(fields, "createdAt", sim_now(c->s));
    struct named_row *pod = pod_add(c->s, fields, t->price_secure * (double)count);
    return pod == NULL ? graphql_refuse(c, "out of memory") : graphql_pod(c->s, pod);
}

/* The pod of input.podId; NULL with an error noted. */
static struct named_row *pod_of(struct graphql_call *c, const struct json *arguments)
{
    struct named_row *pod = pod_find(c->s, json_str(json_get(arguments, "input"), "podId"));
    if (pod == NULL) {
        (void)graphql_refuse(c, "Pod not found.");
    }
    return pod;
}

struct json *write_pod_resume(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    struct named_row *pod = pod_of(c, arguments);
    if (pod == NULL) {
        return NULL;
    }
    if (pod_may(c->s, pod, "start")) {
        pod_start(c->s, pod);
    }
    return graphql_pod(c->s, pod);
}

struct json *write_pod_stop(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    struct named_row *pod = pod_of(c, arguments);
    if (pod == NULL) {
        return NULL;
    }
    if (pod_may(c->s, pod, "stop")) {
        pod_stop(c->s, pod);
    }
    return graphql_pod(c->s, pod);
}

struct json *write_pod_terminate(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    const struct named_row *pod = pod_of(c, arguments);
    if (pod != NULL) {
        pod_remove(c->s, pod->id);
    }
    return NULL;
}

/* ---- the account -------------------------------------------------------------------------------------------------------- */

struct json *write_user_settings(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    const char *keys = json_str(json_get(arguments, "input"), "pubKey");
    struct runpod_surface *surface = surface_of(c->s);
    if (keys != NULL && surface != NULL) {
        struct json *list = json_new_array();
        char *copy = strdup(keys), *rest = copy;
        for (char *k = strsep(&rest, "\n"); k != NULL; k = strsep(&rest, "\n")) {
            if (*k != '\0') {
                (void)json_push(list, json_new_string(k));
            }
        }
        free(copy);
        struct json **slot = surface_ssh_keys(surface);
        json_free(*slot);
        *slot = list;
    }
    return read_myself(c, parent, arguments);
}
