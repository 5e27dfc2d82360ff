/* runpod_release: an endpoint's releases and how far a rollout is (spec/runpod.md §4.5).
 *
 * A release's diff names settings as RunPod's older interface does ("template.imageName"); what is known gets
 * the name that settings have everywhere else. Its values can be those of the environment, secrets among
 * them, so they are masked as those are; and fields that are not known are trusted less. */
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RELEASES_MOST = 50, CHANGES_MOST = 100 };

static const char what[] = "read the releases";

/* Fields whose values are never secret but for their shape. */
static const struct known_field {
    const char *field, *label;
} known_fields[] = {
    {"template.imageName", "image"},
    {"template.containerDiskInGb", "disk in GB"},
    {"gpuIds", "GPU pools"},
    {"gpuCount", "GPUs a worker"},
    {"minCudaVersion", "CUDA at least"},
    {"allowedCudaVersions", "CUDA versions"},
    {"workersMin", "workers min"},
    {"workersMax", "workers max"},
    {"idleTimeout", "idle time in s"},
    {"scalerType", "scaling"},
    {"scalerValue", "scaling value"},
    {"executionTimeoutMs", "time limit in ms"},
    {"flashBootType", "FlashBoot"},
    {"locations", "data centers"},
    {"networkVolumeIds", "network volumes"},
    {"instanceIds", "CPU types"},
    {"name", "name"},
};

static const char *label_of(const char *field)
{
    for (size_t i = 0; i < sizeof known_fields / sizeof *known_fields; i++)
        if (strcmp(known_fields[i].field, field) == 0)
            return known_fields[i].label;
    return NULL;
}

/* ---- the environment in a diff ------------------------------------------------------------------ */

const char *runpod_diff_env_name(const struct json *entry)
{
    const char *key = json_key(entry);
    return key ? key : json_str(entry, "key");
}

const char *runpod_diff_env_value(const struct json *entry)
{
    const char *value = json_string(entry);
    return value ? value : json_str(entry, "value");
}

const char *runpod_diff_env(const struct json *env, const char *name)
{
    if (json_kind(env) == JSON_OBJECT)
        return json_str(env, name);
    for (const struct json *j = json_first(env); j; j = json_next(j)) {
        const char *key = runpod_diff_env_name(j);
        if (key && strcmp(key, name) == 0)
            return runpod_diff_env_value(j);
    }
    return NULL;
}

/* ---- changes ------------------------------------------------------------------------------------ */

struct changes {
    struct arena *a;
    struct runpod_rows rows;
    size_t left_out;
};

static void add_change(struct changes *c, struct text field, struct text before, struct text after)
{
    struct release_change *row = NULL;
    if (c->rows.bytes.len / c->rows.size < CHANGES_MOST)
        row = runpod_rows_add(&c->rows);
    if (row)
        *row = (struct release_change){field, before, after};
    else
        c->left_out++;
}

static void env_change(
    struct changes *c, const char *name, const struct json *old, const struct json *new)
{
    char field[512];
    const char *before = runpod_diff_env(old, name), *after = runpod_diff_env(new, name);
    if (before && after && strcmp(before, after) == 0)
        return;
    (void)snprintf(field, sizeof field, "env %s", name);
    add_change(c, runpod_value_text(c->a, field), runpod_env_text(c->a, name, before),
        runpod_env_text(c->a, name, after));
}

static bool is_env(const struct json *j)
{
    return json_kind(j) == JSON_OBJECT || json_kind(j) == JSON_ARRAY || json_kind(j) <= JSON_NULL;
}

static void env_changes(struct changes *c, const struct json *old, const struct json *new)
{
    if (!is_env(old) || !is_env(new) || json_count(old) > RUNPOD_ENV_MOST ||
        json_count(new) > RUNPOD_ENV_MOST) {
        add_change(c, TEXT("env"), runpod_masked, runpod_masked);
        return;
    }
    for (const struct json *j = json_first(new); j; j = json_next(j))
        if (runpod_diff_env_name(j))
            env_change(c, runpod_diff_env_name(j), old, new);
    for (const struct json *j = json_first(old); j; j = json_next(j)) {
        const char *name = runpod_diff_env_name(j);
        if (name && !runpod_diff_env(new, name))
            env_change(c, name, old, new);
    }
}

/* Of a known field, or of one that may hold anything. */
static struct text value_text(
    struct changes *c, const char *field, bool known, const struct json *j)
{
    struct buf printed;
    struct text t = TEXT("none");
    buf_init(&printed, 256 * 1024);
    if (json_string(j))
        (void)buf_str_append(&printed, json_string(j));
    else if (json_kind(j) > JSON_NULL && json_print(j, &printed))
        (void)buf_str_append(&printed, "…");
    if (printed.len > 0 && !known && runpod_env_secret(field, buf_str(&printed)))
        t = runpod_masked;
    else if (printed.len > 0)
        t = runpod_value_text(c->a, buf_str(&printed));
    buf_release_secret(&printed);
    return t;
}

static void read_change(struct changes *c, const struct json *j)
{
    const char *field = json_str_or(j, "field", "");
    const struct json *old = json_get(j, "old"), *new = json_get(j, "new");
    const char *label = label_of(field);
    if (strcmp(field, "template.env") == 0)
        env_changes(c, old, new);
    else if (*field)
        add_change(c, runpod_value_text(c->a, label ? label : field),
            value_text(c, field, label != NULL, old), value_text(c, field, label != NULL, new));
}

/* What there is no room for is counted in a row of its own. */
static int read_diff(const struct json *diff, struct arena *a, struct release *out, struct err *e)
{
    struct changes c = {.a = a};
    void *rows = NULL;
    runpod_rows_init(&c.rows, sizeof(struct release_change));
    for (const struct json *j = json_first(diff); j; j = json_next(j))
        read_change(&c, j);
    if (c.left_out > 0) {
        char more[64];
        struct release_change *row = runpod_rows_add(&c.rows);
        (void)snprintf(more, sizeof more, "and %zu more", c.left_out);
        if (row)
            *row = (struct release_change){text_from(a, more), TEXT(""), TEXT("")};
    }
    int failed = runpod_rows_take(&c.rows, a, &rows, &out->change_count, e);
    runpod_rows_release(&c.rows);
    out->changes = rows;
    return failed;
}

/* ---- releases ----------------------------------------------------------------------------------- */

static int64_t ranged(const struct json *j, const char *key)
{
    int64_t v = json_int(j, key, -1);
    return v < 0 ? -1 : v > INT_MAX ? INT_MAX : v;
}

static int read_release(const struct json *j, struct arena *a, struct release *out, struct err *e)
{
    const char *at = json_str(j, "createdAt");
    *out = (struct release){.version = (int)ranged(j, "version"),
        .source = runpod_value_text(a, json_str_or(j, "source", "")),
        .created_ms = -1,
        .workers = (int)ranged(j, "workerCount")};
    if (at)
        (void)clock_parse_rfc3339(at, &out->created_ms);
    return read_diff(json_get(j, "diff"), a, out, e);
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = ranged(*(const struct json *const *)a, "version");
    int64_t y = ranged(*(const struct json *const *)b, "version");
    return x > y ? -1 : x < y;
}

static void read_rollout(const struct json *page, struct endpoint_detail *out)
{
    const struct json *rollout = json_get(page, "rollout");
    out->rolling = json_bool(rollout, "inProgress", false);
    out->rolled = (int)ranged(rollout, "workersOnLatest");
    out->rolling_total = (int)ranged(rollout, "workersTotal");
}

int runpod_read_releases(
    const struct json *page, struct arena *a, struct endpoint_detail *out, struct err *e)
{
    const struct json *list = json_get(page, "releases");
    if (json_kind(list) != JSON_ARRAY)
        return err_set(e, ERR_REMOTE, 0, "the answer has no list of releases");
    size_t n = 0, all = json_count(list);
    const struct json **order = calloc(all + 1, sizeof(const struct json *));
    if (!order)
        return err_set(e, ERR_IO, 0, "out of memory");
    for (const struct json *j = json_first(list); j; j = json_next(j))
        if (ranged(j, "version") >= 0)
            order[n++] = j;
    qsort(order, n, sizeof(const struct json *), newest_first);
    n = n < RELEASES_MOST ? n : RELEASES_MOST;
    out->release_count = 0;
    out->releases = arena_array(a, n, sizeof *out->releases);
    int failed = out->releases ? 0 : err_set(e, ERR_IO, 0, "no room for %zu releases", n);
    for (size_t i = 0; i < n && !failed; i++)
        failed = read_release(order[i], a, &out->releases[out->release_count++], e);
    out->releases_read = !failed;
    read_rollout(page, out);
    free(order);
    return failed;
}

int runpod_releases(struct runpod *r, const char *endpoint_id, struct arena *a,
    struct endpoint_detail *out, struct cancel *c, struct err *e)
{
    struct json *page = runpod_read_of(r, endpoint_id, RUNPOD_RELEASES, what, c, e);
    int failed = -1;
    if (page)
        failed = runpod_read_releases(page, a, out, e) ? err_wrap(e, what) : 0;
    json_free_secret(page);
    return failed;
}
