/* runpod_detail: everything of one endpoint that is worth a look: its settings, its releases, its bill.
 *
 * The settings must be read; the others may fail each by itself (a key may have no right to bills), which is
 * said beside what could be read. */
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include <limits.h>
#include <stdio.h>

enum { ENV_SHOWN_MOST = 500 };

void endpoint_detail_init(struct endpoint_detail *out, const char *endpoint_id)
{
    *out = (struct endpoint_detail){.disk_gb = -1,
        .timeout_ms = -1,
        .scaling = TEXT(""),
        .min_cuda = TEXT(""),
        .cuda_versions = TEXT(""),
        .data_centers = TEXT(""),
        .volumes = TEXT(""),
        .excluded = TEXT(""),
        .flashboot = TEXT(""),
        .registry = TEXT(""),
        .rolled = -1,
        .rolling_total = -1,
        .billed_from_ms = -1,
        .not_read = TEXT("")};
    (void)snprintf(out->endpoint_id, sizeof out->endpoint_id, "%s", endpoint_id);
}

/* ---- settings ----------------------------------------------------------------------------------- */

static void read_env(const struct json *env, struct arena *a, struct endpoint_detail *out)
{
    size_t n = json_kind(env) == JSON_OBJECT ? json_count(env) : 0;
    n = n < ENV_SHOWN_MOST ? n : ENV_SHOWN_MOST;
    out->env = arena_array(a, n, sizeof *out->env);
    const struct json *m = out->env ? json_first(env) : NULL;
    for (; m && out->env_count < n; m = json_next(m)) {
        struct endpoint_setting *row = &out->env[out->env_count++];
        row->name = runpod_value_text(a, json_key(m));
        row->value =
            json_string(m) ? runpod_env_text(a, json_key(m), json_string(m)) : runpod_masked;
    }
}

static struct text words(struct arena *a, const struct json *list)
{
    return json_count(list) > 0 ? runpod_words_text(a, list) : TEXT("");
}

static struct text word(struct arena *a, const struct json *j, const char *key)
{
    return runpod_value_text(a, json_str_or(j, key, ""));
}

static int64_t number(const struct json *j, const char *key, int64_t most)
{
    int64_t v = json_int(j, key, -1);
    return v < 0 ? -1 : v > most ? most : v;
}

void runpod_read_detail(const struct json *j, struct arena *a, struct endpoint_detail *out)
{
    const struct json *gpu = json_get(j, "gpu");
    read_env(json_get(j, "env"), a, out);
    out->disk_gb = (int)number(j, "disk", INT_MAX);
    out->timeout_ms = number(j, "timeout", INT64_MAX);
    out->scaling = runpod_scaling_text(a, json_get(j, "scaling"));
    out->min_cuda = word(a, gpu, "minCudaVersion");
    out->cuda_versions = words(a, json_get(gpu, "allowedCudaVersions"));
    out->excluded = words(a, json_get(gpu, "excludedTypes"));
    out->data_centers = words(a, json_get(j, "dataCenterIds"));
    out->volumes = words(a, json_get(j, "networkVolumes"));
    out->flashboot = word(a, j, "flashboot");
    out->registry = word(a, j, "registry");
}

void runpod_settings_detail(
    const struct runpod_settings *s, struct arena *a, struct endpoint_detail *out)
{
    endpoint_detail_init(out, s->endpoint.id);
    runpod_read_detail(s->j, a, out);
}

/* ---- reading it --------------------------------------------------------------------------------- */

static int read_settings(struct runpod *r, const char *id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e)
{
    struct json *j = runpod_read_of(r, id, "", "read the endpoint", c, e);
    if (j)
        runpod_read_detail(j, a, out);
    json_free_secret(j);
    return j ? 0 : -1;
}

static int read_billing(struct runpod *r, const char *id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e)
{
    static const char what[] = "read what it was billed";
    struct buf url;
    struct json *j = NULL;
    (void)a;
    if (runpod_url(r, RUNPOD_CONTROL, &url, e, RUNPOD_BILLING_PATH "%s", id) == 0) {
        struct http_request request = runpod_get(r, buf_str(&url), RUNPOD_SMALL_MAX);
        j = runpod_call(r, &request, what, c, e);
    }
    int failed = -1;
    if (j)
        failed = runpod_read_billing(j, clock_wall_ms(r->clock), out, e) ? err_wrap(e, what) : 0;
    json_free(j);
    buf_release(&url);
    return failed;
}

typedef int read_fn(struct runpod *r, const char *id, struct arena *a, struct endpoint_detail *out,
    struct cancel *c, struct err *e);

/* What may fail by itself. */
static int read_besides(struct runpod *r, const char *id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e)
{
    static read_fn *const parts[] = {runpod_releases, read_billing};
    struct buf missing;
    struct err why;
    int failed = 0;
    buf_init(&missing, 2 * ERR_MESSAGE_MAX + 8);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !failed; i++) {
        if (parts[i](r, id, a, out, c, &why) == 0)
            continue;
        (void)buf_printf(&missing, "%s%s", missing.len > 0 ? "; " : "", why.message);
        failed = why.class == ERR_CANCEL ? -1 : 0;
    }
    out->not_read = runpod_text(a, buf_str(&missing), missing.len, missing.max, TEXT_LINE);
    buf_release(&missing);
    if (failed && e)
        *e = why;
    return failed;
}

int runpod_endpoint_detail(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e)
{
    if (runpod_check_id(endpoint_id, "endpoint", e))
        return -1;
    endpoint_detail_init(out, endpoint_id);
    if (read_settings(r, endpoint_id, a, out, c, e) || read_besides(r, endpoint_id, a, out, c, e))
        return -1;
    out->seen_ms = clock_mono_ms(r->clock);
    return 0;
}
