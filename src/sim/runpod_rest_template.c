/* runpod_rest_template: /v2/templates (spec/runpod.md §4.5).
 *
 * A template is used up when an endpoint or pod is made from it: its settings are copied once, and
 * later edits never reach what exists. Only GraphQL links an endpoint to its template (template_id):
 * such a template cannot be deleted. The catalogue of public templates is those with "public". */
#include "sim/image.h"
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const categories[] = {"CPU", "NVIDIA", "AMD", NULL};

static const struct schema persistent_mount[] = {
    {.name = "size", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 10},
    {.name = "path", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED},
    {.name = NULL},
};

static const struct schema template_mounts[] = {
    {.name = "persistent", .kind = SCHEMA_OBJECT, .members = persistent_mount},
    {.name = NULL},
};

const struct schema template_update_schema[] = {
    {.name = "name", .kind = SCHEMA_STRING, .least = 1},
    {.name = "serverless", .kind = SCHEMA_BOOL},
    {.name = "public", .kind = SCHEMA_BOOL},
    {.name = "category", .kind = SCHEMA_STRING, .words = categories},
    {.name = "startSsh", .kind = SCHEMA_BOOL},
    {.name = "startJupyter", .kind = SCHEMA_BOOL},
    {.name = "mounts", .kind = SCHEMA_OBJECT, .members = template_mounts},
    {.name = "allowedCudaVersions",
        .kind = SCHEMA_STRINGS,
        .pattern = CUDA_PATTERN,
        .matches = schema_is_cuda},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = container_schema},
    {.name = NULL},
};

static const struct schema create_schema[] = {
    {.name = "name", .kind = SCHEMA_PRESENT},
    {.name = "image", .kind = SCHEMA_PRESENT},
    {.name = "*", .kind = SCHEMA_INCLUDE, .members = template_update_schema},
    {.name = NULL},
};

static const char defaults[] =
    "{\"args\":\"\",\"entrypoint\":[],\"cmd\":[],\"disk\":50,\"mounts\":{},\"ports\":[],\"env\":{},"
    "\"registry\":null,\"serverless\":false,\"public\":false,\"category\":\"NVIDIA\","
    "\"startSsh\":true,\"startJupyter\":true,\"allowedCudaVersions\":[]}";

/* ---- the rows -------------------------------------------------------------------------------------- */

struct named_row *template_find(struct sim *s, const char *id)
{
    return row_find(s->runpod->templates, id);
}

struct named_row *template_create(struct sim *s, const struct json *fields)
{
    struct json *full = json_parse(defaults, sizeof defaults - 1, NULL);
    return row_add(s, &s->runpod->templates, full ? settings_merge(full, fields) : NULL);
}

bool template_referenced(struct sim *s, const char *id)
{
    for (const struct endpoint *e = s->runpod->endpoints; e != NULL; e = e->next) {
        if (strcmp(e->template_id, id) == 0) {
            return true;
        }
    }
    return false;
}

void template_delete(struct sim *s, const char *id)
{
    struct named_row **at = &s->runpod->templates;
    while (*at != NULL && strcmp((*at)->id, id) != 0) {
        at = &(*at)->next;
    }
    struct named_row *gone = *at;
    if (gone != NULL) {
        *at = gone->next;
        json_free(gone->fields);
        free(gone);
    }
}

/* ---- using one --------------------------------------------------------------------------------------- */

static bool refuse(struct refusal *no, int status, const char *text)
{
    no->status = status;
    (void)snprintf(no->text, sizeof no->text, "%s", text);
    return false;
}

static void merge_env(struct json *body, const struct json *fields)
{
    struct json *env = json_dup(json_get(fields, "env"));
    if (env == NULL) {
        return;
    }
    const struct json *m = json_first(json_get(body, "env"));
    for (; m != NULL; m = json_next(m)) {
        (void)json_set(env, json_key(m), json_dup(m));
    }
    (void)json_set(body, "env", env);
}

/* The template's CUDA versions seed a GPU block that states no constraint of its own. */
static void seed_cuda(struct json *body, const struct json *fields)
{
    const struct json *gpu = json_get(body, "gpu"), *seed = json_get(fields, "allowedCudaVersions");
    if (gpu == NULL || json_count(seed) == 0 || json_get(gpu, "allowedCudaVersions") != NULL ||
        json_get(gpu, "minCudaVersion") != NULL) {
        return;
    }
    struct json *seeded = json_dup(gpu);
    (void)json_add(seeded, "allowedCudaVersions", json_dup(seed));
    (void)json_set(body, "gpu", seeded);
}

bool template_expand(struct sim *s, struct json *body, bool serverless, struct refusal *no)
{
    const char *id = json_str(body, "templateId");
    if (id == NULL) {
        return true;
    }
    const struct named_row *t = template_find(s, id);
    if (t == NULL) {
        return refuse(no, 404, "template not found");
    }
    if (json_bool(t->fields, "serverless", false) != serverless) {
        return refuse(no, 422,
            serverless ? "$.templateId: template is not a serverless template"
                       : "$.templateId: template is a serverless template");
    }
    static const char *const copied[] = {"image", "disk", "ports", "registry"};
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        if (json_get(body, copied[i]) == NULL && json_get(t->fields, copied[i]) != NULL) {
            (void)json_add(body, copied[i], json_dup(json_get(t->fields, copied[i])));
        }
    }
    if (json_get(body, "args") == NULL && json_get(body, "entrypoint") == NULL &&
        json_get(body, "cmd") == NULL) {
        (void)json_add(body, "args", json_dup(json_get(t->fields, "args")));
    }
    merge_env(body, t->fields);
    seed_cuda(body, t->fields);
    json_remove(body, "templateId");
    return true;
}

/* ---- routes -------------------------------------------------------------------------------------------- */

static void list(struct sim *s, struct request *r, struct reply *p, bool public_only)
{
    struct json *items = json_new_array();
    for (const struct named_row *t = s->runpod->templates; t != NULL; t = t->next) {
        if (!public_only || json_bool(t->fields, "public", false)) {
            (void)json_push(items, row_view(t->id, t->fields));
        }
    }
    rest_list(r, p, "templates", items);
}

void rest_template_list(struct sim *s, struct request *r, struct reply *p)
{
    list(s, r, p, false);
}

void rest_catalog_templates(struct sim *s, struct request *r, struct reply *p)
{
    list(s, r, p, true);
}

static bool image_acceptable(const struct json *body, struct reply *p)
{
    const char *image = json_str(body, "image");
    if (image == NULL || image_reference_valid(image)) {
        return true;
    }
    runpod_control_error(p, 400, "image is not a valid image reference");
    return false;
}

void rest_template_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, create_schema);
    if (body == NULL || !image_acceptable(body, p)) {
        return;
    }
    const struct named_row *t = template_create(s, body);
    if (t == NULL) {
        runpod_control_error(p, 500, "out of memory");
        return;
    }
    reply_json(p, 201, row_view(t->id, t->fields));
}

static struct named_row *found(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *t = template_find(s, request_param(r, "id"));
    if (t == NULL) {
        runpod_control_error(p, 404, "template not found");
    }
    return t;
}

void rest_template_read(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *t = found(s, r, p);
    if (t != NULL) {
        reply_json(p, 200, row_view(t->id, t->fields));
    }
}

void rest_template_update(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *t = found(s, r, p);
    const struct json *body = t == NULL ? NULL : rest_body(r, p, template_update_schema);
    if (body != NULL && image_acceptable(body, p)) {
        t->fields = settings_merge(t->fields, body);
        reply_json(p, 200, row_view(t->id, t->fields));
    }
}

void rest_template_delete(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *t = found(s, r, p);
    if (t == NULL) {
        return;
    }
    if (template_referenced(s, t->id)) {
        runpod_control_error(p, 400, "template is in use by an endpoint");
        return;
    }
    template_delete(s, t->id);
    rest_no_content(p);
}
