/* runpod_rest_misc: the small resources of REST v2 (spec/runpod.md §4.3): network volumes, registry
 * credentials, secrets, SSH keys; empty lists of what the stand-in does not play (clusters, registry
 * delegations); and the tombstone of REST v1.
 *
 * A resource is a row: an id and the fields as they are answered. What must never be read back
 * (a secret's value, a registry's password) is not kept at all. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ------------------------------------------------------------------------------------------ */

struct named_row *row_find(struct named_row *rows, const char *id)
{
    while (rows != NULL && (id == NULL || strcmp(rows->id, id) != 0)) {
        rows = rows->next;
    }
    return rows;
}

struct named_row *row_add(struct sim *s, struct named_row **rows, struct json *take_fields)
{
    struct named_row *row = calloc(1, sizeof *row);
    if (row == NULL || take_fields == NULL) {
        json_free(take_fields);
        free(row);
        return NULL;
    }
    sim_id(s, row->id, 10);
    row->fields = take_fields;
    while (*rows != NULL) {
        rows = &(*rows)->next;
    }
    *rows = row;
    return row;
}

void row_remove(struct named_row **rows, const char *id)
{
    while (*rows != NULL && strcmp((*rows)->id, id) != 0) {
        rows = &(*rows)->next;
    }
    struct named_row *gone = *rows;
    if (gone != NULL) {
        *rows = gone->next;
        json_free(gone->fields);
        free(gone);
    }
}

struct json *row_view(const char *id, const struct json *fields)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", id);
    for (const struct json *m = json_first(fields); m != NULL; m = json_next(m)) {
        (void)json_add(out, json_key(m), json_dup(m));
    }
    return out;
}

static void list_rows(
    struct request *r, struct reply *p, const char *list, const struct named_row *rows)
{
    struct json *items = json_new_array();
    for (; rows != NULL; rows = rows->next) {
        (void)json_push(items, row_view(rows->id, rows->fields));
    }
    rest_list(r, p, list, items);
}

static struct named_row *found(
    struct request *r, struct reply *p, struct named_row *rows, const char *missing)
{
    struct named_row *row = row_find(rows, request_param(r, "id"));
    if (row == NULL) {
        runpod_control_error(p, 404, missing);
    }
    return row;
}

static void answer_row(struct reply *p, int status, const struct named_row *row)
{
    if (row == NULL) {
        runpod_control_error(p, 500, "out of memory");
        return;
    }
    reply_json(p, status, row_view(row->id, row->fields));
}

static void delete_row(
    struct request *r, struct reply *p, struct named_row **rows, const char *missing)
{
    if (found(r, p, *rows, missing) != NULL) {
        row_remove(rows, request_param(r, "id"));
        rest_no_content(p);
    }
}

/* ---- network volumes ---------------------------------------------------------------------------------- */

static const char *const volume_types[] = {"STANDARD", "HIGH_PERFORMANCE", NULL};
static const char no_volume[] = "network volume not found";

static const struct schema volume_create[] = {
    {.name = "name", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "size", .kind = SCHEMA_INTEGER, .flags = SCHEMA_REQUIRED, .least = 10, .most = 4096},
    {.name = "dataCenter", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "type", .kind = SCHEMA_STRING, .words = volume_types},
    {.name = NULL},
};

static const struct schema volume_update[] = {
    {.name = "name", .kind = SCHEMA_STRING, .least = 1},
    {.name = "size", .kind = SCHEMA_INTEGER, .least = 10, .most = 4096},
    {.name = NULL},
};

void rest_volume_list(struct sim *s, struct request *r, struct reply *p)
{
    list_rows(r, p, "networkVolumes", s->runpod->volumes);
}

static bool data_center_known(const char *id)
{
    const struct data_center *d = data_centers;
    while (d->id != NULL && strcmp(d->id, id) != 0) {
        d++;
    }
    return d->id != NULL;
}

void rest_volume_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, volume_create);
    if (body == NULL) {
        return;
    }
    if (!data_center_known(json_str(body, "dataCenter"))) {
        runpod_control_error(p, 400, "data center not found");
        return;
    }
    struct json *fields = json_dup(body);
    if (json_get(fields, "type") == NULL) {
        (void)json_add_str(fields, "type", "STANDARD");
    }
    answer_row(p, 201, row_add(s, &s->runpod->volumes, fields));
}

void rest_volume_read(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *row = found(r, p, s->runpod->volumes, no_volume);
    if (row != NULL) {
        answer_row(p, 200, row);
    }
}

void rest_volume_update(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *row = found(r, p, s->runpod->volumes, no_volume);
    const struct json *body = row == NULL ? NULL : rest_body(r, p, volume_update);
    if (body == NULL) {
        return;
    }
    if (json_count(body) == 0) {
        struct json *errors = json_new_array();
        schema_error(errors, "$", "minProperties: got 0, want 1");
        rest_invalid(p, errors);
        return;
    }
    if (json_int(body, "size", INT64_MAX) < json_int(row->fields, "size", 0)) {
        runpod_control_error(p, 400, "network volume size cannot be reduced");
        return;
    }
    row->fields = settings_merge(row->fields, body);
    answer_row(p, 200, row);
}

void rest_volume_delete(struct sim *s, struct request *r, struct reply *p)
{
    delete_row(r, p, &s->runpod->volumes, no_volume);
}

/* ---- registries ------------------------------------------------------------------------------------------ */

static const char no_registry[] = "registry not found";

static const struct schema registry_create[] = {
    {.name = "name", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "username", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "password", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = NULL},
};

void rest_registry_list(struct sim *s, struct request *r, struct reply *p)
{
    list_rows(r, p, "registries", s->runpod->registries);
}

void rest_registry_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, registry_create);
    if (body != NULL) {
        struct json *fields = json_new_object();
        (void)json_add_str(fields, "name", json_str(body, "name"));
        answer_row(p, 201, row_add(s, &s->runpod->registries, fields));
    }
}

void rest_registry_read(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *row = found(r, p, s->runpod->registries, no_registry);
    if (row != NULL) {
        answer_row(p, 200, row);
    }
}

void rest_registry_delete(struct sim *s, struct request *r, struct reply *p)
{
    delete_row(r, p, &s->runpod->registries, no_registry);
}

void rest_delegation_list(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    rest_list(r, p, "delegations", json_new_array());
}

void rest_cluster_list(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    rest_list(r, p, "clusters", json_new_array());
}

/* ---- secrets ---------------------------------------------------------------------------------------------- */

static const char no_secret[] = "secret not found";

/* Letters, digits and '_', not beginning with RUNPOD (spec §4.3). */
static bool secret_name_valid(const char *s)
{
    if (strncmp(s, "RUNPOD", 6) == 0) {
        return false;
    }
    for (; *s != '\0'; s++) {
        if (!isalnum((unsigned char)*s) && *s != '_' && *s != '-') {
            return false;
        }
    }
    return true;
}

#define SECRET_PATTERN "^(?!RUNPOD)[A-Za-z0-9_-]+$"

static const struct schema secret_create[] = {
    {.name = "name",
        .kind = SCHEMA_STRING,
        .flags = SCHEMA_REQUIRED,
        .least = 1,
        .pattern = SECRET_PATTERN,
        .matches = secret_name_valid},
    {.name = "value", .kind = SCHEMA_STRING, .flags = SCHEMA_REQUIRED, .least = 1},
    {.name = "description", .kind = SCHEMA_STRING},
    {.name = NULL},
};

static const struct schema secret_update[] = {
    {.name = "value", .kind = SCHEMA_STRING, .least = 1},
    {.name = "description", .kind = SCHEMA_STRING},
    {.name = NULL},
};

static const struct named_row *secret_named(struct sim *s, const char *name)
{
    const struct named_row *row = s->runpod->secrets;
    while (row != NULL && strcmp(json_str_or(row->fields, "name", ""), name) != 0) {
        row = row->next;
    }
    return row;
}

void rest_secret_list(struct sim *s, struct request *r, struct reply *p)
{
    const char *name = request_query(r, "name");
    struct json *items = json_new_array();
    for (const struct named_row *row = s->runpod->secrets; row != NULL; row = row->next) {
        if (name == NULL || strcmp(json_str_or(row->fields, "name", ""), name) == 0) {
            (void)json_push(items, row_view(row->id, row->fields));
        }
    }
    rest_list(r, p, "secrets", items);
}

void rest_secret_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, secret_create);
    if (body == NULL) {
        return;
    }
    if (secret_named(s, json_str(body, "name")) != NULL) {
        runpod_control_error(p, 409, "a secret of that name exists already");
        return;
    }
    struct json *fields = json_new_object();
    (void)json_add_str(fields, "name", json_str(body, "name"));
    (void)json_add_str(fields, "description", json_str_or(body, "description", ""));
    (void)add_time(fields, "createdAt", sim_now(s));
    answer_row(p, 201, row_add(s, &s->runpod->secrets, fields));
}

void rest_secret_read(struct sim *s, struct request *r, struct reply *p)
{
    const struct named_row *row = found(r, p, s->runpod->secrets, no_secret);
    if (row != NULL) {
        answer_row(p, 200, row);
    }
}

void rest_secret_update(struct sim *s, struct request *r, struct reply *p)
{
    struct named_row *row = found(r, p, s->runpod->secrets, no_secret);
    const struct json *body = row == NULL ? NULL : rest_body(r, p, secret_update);
    if (body == NULL) {
        return;
    }
    if (json_str(body, "description") != NULL) {
        (void)json_set(row->fields, "description", json_new_string(json_str(body, "description")));
    }
    answer_row(p, 200, row);
}

void rest_secret_delete(struct sim *s, struct request *r, struct reply *p)
{
    delete_row(r, p, &s->runpod->secrets, no_secret);
}

/* ---- SSH keys ---------------------------------------------------------------------------------------------- */

/* "<type> <base64> [comment]" */
static bool ssh_key_valid(const char *s)
{
    if (strncmp(s, "ssh-", 4) != 0 && strncmp(s, "ecdsa-", 6) != 0 && strncmp(s, "sk-", 3) != 0) {
        return false;
    }
    const char *space = strchr(s, ' ');
    return space != NULL && space[1] != '\0' && space[1] != ' ' && strpbrk(s, "\r\n") == NULL;
}

static const struct schema ssh_keys_schema[] = {
    {.name = "keys",
        .kind = SCHEMA_STRINGS,
        .flags = SCHEMA_REQUIRED,
        .pattern = "^(ssh|ecdsa|sk)-[^\\s]+ [^\\s]+([ \\t][^\\n\\r]*)?$",
        .matches = ssh_key_valid},
    {.name = NULL},
};

static void answer_keys(struct sim *s, struct reply *p)
{
    struct runpod_surface *surface = surface_of(s);
    struct json *out = json_new_object();
    (void)json_add(
        out, "keys", surface == NULL ? json_new_array() : json_dup(*surface_ssh_keys(surface)));
    reply_json(p, 200, out);
}

void rest_ssh_keys_read(struct sim *s, struct request *r, struct reply *p)
{
    (void)r;
    answer_keys(s, p);
}

void rest_ssh_keys_replace(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, ssh_keys_schema);
    struct runpod_surface *surface = surface_of(s);
    if (body == NULL || surface == NULL) {
        return;
    }
    struct json **keys = surface_ssh_keys(surface);
    json_free(*keys);
    *keys = json_dup(json_get(body, "keys"));
    answer_keys(s, p);
}

/* ---- REST v1 ------------------------------------------------------------------------------------------------ */

/* Retired on 2026-11-15; what the real host answers since is not established (spec §12). */
void rest_v1_gone(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    (void)r;
    struct json *body = json_new_object();
    (void)json_add_str(body, "error",
        "REST API v1 was retired on 2026-11-15; use REST v2 under /v2 "
        "(https://api.runpod.io/v2)");
    (void)json_add_int(body, "status", 410);
    reply_json(p, 410, body);
}
