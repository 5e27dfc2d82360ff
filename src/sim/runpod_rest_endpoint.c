/* runpod_rest_endpoint: /v2/serverless and /v2/serverless/{id} (spec/runpod.md §4.4). */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <string.h>

/* ---- showing ------------------------------------------------------------------------------------ */

static struct json *request_urls(struct sim *s, const struct request *r, const struct endpoint *e)
{
    static const char *const urls[][2] = {{"run", "run"}, {"runSync", "runsync"},
        {"status", "status/{job_id}"}, {"stream", "stream/{job_id}"}, {"cancel", "cancel/{job_id}"},
        {"retry", "retry/{job_id}"}, {"purgeQueue", "purge-queue"}, {"health", "health"}};
    struct json *out = json_new_object();
    struct buf base, url;
    buf_init(&base, 1024);
    buf_init(&url, 2048);
    request_base_url(s, r, PLANE_DATA, &base);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        buf_clear(&url);
        (void)buf_printf(&url, "%s/v2/%s/%s", buf_str(&base), e->id, urls[i][1]);
        (void)json_add_str(out, urls[i][0], buf_str(&url));
    }
    buf_release(&url);
    buf_release(&base);
    return out;
}

/* A load balancer has a host of its own, which the stand-in does not play; the URLs stay on the
 * stand-in all the same, so that nobody's key goes to the real one. */
static struct json *balancer_urls(struct sim *s, const struct request *r, const struct endpoint *e)
{
    struct json *out = json_new_object();
    struct buf url;
    buf_init(&url, 2048);
    request_base_url(s, r, PLANE_DATA, &url);
    (void)buf_printf(&url, "/lb/%s", e->id);
    (void)json_add_str(out, "base", buf_str(&url));
    (void)buf_str_append(&url, json_str_or(e->env, "HEALTH_CHECK_PATH", "/ping"));
    (void)json_add_str(out, "health", buf_str(&url));
    buf_release(&url);
    return out;
}

/* The CPU choices with the memory that each brings. */
static struct json *cpu_choices(const struct json *cpu)
{
    struct json *out = json_new_array();
    for (const struct json *c = json_first(cpu); c != NULL; c = json_next(c)) {
        struct json *row = json_dup(c);
        int64_t gb = cpu_memory_gb(json_str(c, "id"), json_int(c, "vcpuCount", 0));
        (void)json_add_int(row, "memory", gb);
        (void)json_push(out, row);
    }
    return out;
}

struct json *endpoint_view(struct sim *s, const struct request *r, const struct endpoint *e)
{
    struct json *out = json_new_object(), *settings = settings_of(e);
    (void)json_add_str(out, "id", e->id);
    for (const struct json *m = json_first(settings); m != NULL; m = json_next(m)) {
        (void)json_add(out, json_key(m), json_dup(m));
    }
    json_free(settings);
    if (!e->load_balancer && e->scaler == SCALER_REQUEST_COUNT) {
        struct json *workers = json_dup(json_get(out, "workers"));
        json_remove(workers, "idleTimeout");
        (void)json_set(out, "workers", workers);
    }
    if (e->cpu != NULL) {
        (void)json_set(out, "cpu", cpu_choices(e->cpu));
    }
    (void)add_time(out, "createdAt", e->created);
    (void)json_add(
        out, "requestUrls", e->load_balancer ? balancer_urls(s, r, e) : request_urls(s, r, e));
    return out;
}

/* ---- creating and changing ------------------------------------------------------------------------ */

/* The defaults of spec §4.4; disk is not documented there: 50 GB, as the console offers. */
static const char defaults[] =
    "{\"args\":\"\",\"entrypoint\":[],\"cmd\":[],\"disk\":50,\"ports\":[],\"env\":{},\"registry\":null,"
    "\"workers\":{\"min\":0,\"max\":3,\"idleTimeout\":10},\"timeout\":300000,\"flashboot\":\"OFF\","
    "\"dataCenterIds\":[],\"networkVolumes\":[]}";

static bool out_of_memory(struct refusal *no)
{
    no->status = 500;
    (void)snprintf(no->text, sizeof no->text, "out of memory");
    return false;
}

static bool has_image(const struct json *body, struct refusal *no)
{
    if (json_str_or(body, "image", "")[0] != '\0') {
        return true;
    }
    no->status = 422;
    (void)snprintf(no->text, sizeof no->text, "$: missing property 'image'");
    return false;
}

struct endpoint *endpoint_create_from(struct sim *s, const struct json *body, struct refusal *no)
{
    struct endpoint *e = NULL;
    struct json *sent = json_dup(body), *full = NULL;
    if (!template_expand(s, sent, true, no) || !has_image(sent, no)) {
        goto out;
    }
    full = settings_merge(json_parse(defaults, sizeof defaults - 1, NULL), sent);
    if (!settings_allowed(s, NULL, sent, full, no)) {
        goto out;
    }
    e = endpoint_create(s, json_str_or(full, "name", ""));
    if (e == NULL || settings_apply(e, full) != 0) {
        (void)out_of_memory(no);
        if (e != NULL) {
            endpoint_delete(s, e);
            e = NULL;
        }
        goto out;
    }
    endpoint_released(s, e, true, json_new_array());
out:
    json_free(full);
    json_free(sent);
    return e;
}

bool endpoint_change(struct sim *s, struct endpoint *e, const struct json *body, struct refusal *no)
{
    bool done = false, container = false;
    struct json *sent = json_dup(body), *before = settings_of(e), *after = NULL, *diff = NULL;
    if (!template_expand(s, sent, true, no)) {
        goto out;
    }
    after = settings_merge(json_dup(before), sent);
    if (!settings_allowed(s, e, sent, after, no)) {
        goto out;
    }
    if (settings_apply(e, after) != 0) {
        (void)out_of_memory(no);
        goto out;
    }
    diff = settings_diff(before, after, &container);
    if (json_count(diff) > 0) {
        endpoint_released(s, e, container, diff);
        diff = NULL;
    }
    done = true;
out:
    json_free(diff);
    json_free(after);
    json_free(before);
    json_free(sent);
    return done;
}

void rest_refuse(struct reply *p, const struct refusal *no)
{
    if (no->status != 422) {
        runpod_control_error(p, no->status, no->text);
        return;
    }
    struct json *errors = json_new_array();
    (void)json_push(errors, json_new_string(no->text));
    rest_invalid(p, errors);
}

/* ---- routes ----------------------------------------------------------------------------------------- */

void rest_endpoint_list(struct sim *s, struct request *r, struct reply *p)
{
    struct json *items = json_new_array();
    for (const struct endpoint *e = s->runpod->endpoints; e != NULL; e = e->next) {
        if (request_may_see(s, r, e->id)) {
            (void)json_push(items, endpoint_view(s, r, e));
        }
    }
    rest_list(r, p, "endpoints", items);
}

void rest_endpoint_create(struct sim *s, struct request *r, struct reply *p)
{
    const struct json *body = rest_body(r, p, endpoint_create_schema);
    if (body == NULL) {
        return;
    }
    struct refusal no = {0};
    struct endpoint *e = endpoint_create_from(s, body, &no);
    if (e == NULL) {
        rest_refuse(p, &no);
        return;
    }
    reply_json(p, 201, endpoint_view(s, r, e));
}

void rest_endpoint_read(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = rest_endpoint(s, r, p);
    if (e != NULL) {
        reply_json(p, 200, endpoint_view(s, r, e));
    }
}

/* A rename reaches the linked template too (spec §4.4), even a shared one. */
static void rename_template(struct sim *s, const struct endpoint *e, const struct json *body)
{
    struct named_row *t = template_find(s, e->template_id);
    if (t != NULL && json_get(body, "name") != NULL) {
        (void)json_set(t->fields, "name", json_new_string(e->name));
    }
}

void rest_endpoint_update(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = rest_endpoint(s, r, p);
    const struct json *body = e == NULL ? NULL : rest_body(r, p, endpoint_update_schema);
    if (body == NULL) {
        return;
    }
    struct refusal no = {0};
    if (endpoint_change(s, e, body, &no)) {
        rename_template(s, e, body);
        reply_json(p, 200, endpoint_view(s, r, e));
    } else {
        rest_refuse(p, &no);
    }
}

/* Also its linked template, when no other endpoint uses it. */
void rest_endpoint_delete(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = rest_endpoint(s, r, p);
    if (e == NULL) {
        return;
    }
    char template_id[sizeof e->template_id];
    (void)snprintf(template_id, sizeof template_id, "%s", e->template_id);
    endpoint_delete(s, e);
    if (template_id[0] != '\0' && !template_referenced(s, template_id)) {
        template_delete(s, template_id);
    }
    rest_no_content(p);
}
