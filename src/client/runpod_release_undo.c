/* runpod_release_undo: from the releases since a version to the change that takes them back.
 *
 * RunPod keeps no settings of a release, only what each one changed. So what was set at a version is, field
 * by field, the `old` of the first release after it that changed the field. That holds only when no
 * release in between is missing from the list and each says what it changed; else nothing is guessed. A
 * field that several releases changed and that is back where it was needs nothing. */
#include "client/runpod_change_internal.h"
#include "client/runpod_internal.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS_MAX = 64, RELEASES_WALKED_MAX = 5000 };
static const int64_t timeout_most_ms = INT64_C(1) << 50;

static const char what[] = "undo releases";

/* A field that was changed since: `old` as the first release had it, `new` as the last one left it. */
struct undone {
    const char *field;
    const struct json *old, *new;
    int version; /* of the first one */
};

struct undoing {
    const struct json *releases, *there;
    struct json *words; /* what the change borrows and the releases do not hold as it is */
    struct endpoint_change *out;
    struct undone fields[FIELDS_MAX];
    size_t count;
    const struct json *scaler_type, *scaler_value; /* NULL = stays */
};

static int unclear(const struct undone *u, struct err *e)
{
    return err_set(e, ERR_STATE, 0, "%s: release %d does not say what %.80s was before", what,
        u->version, u->field);
}

/* ---- fields ------------------------------------------------------------------------------------- */

typedef int undo_fn(struct undoing *d, const struct undone *u, struct err *e);

static const char *hold(struct undoing *d, const char *word)
{
    struct json *held = json_new_string(word);
    return json_push(d->words, held) ? NULL : json_string(held);
}

static int number_of(
    const struct undone *u, int64_t least, int64_t most, int64_t *out, struct err *e)
{
    double v = json_number(u->old, -1);
    if (!(v >= (double)least && v <= (double)most) || fabs(v - floor(v)) > 0)
        return unclear(u, e);
    *out = (int64_t)v;
    return 0;
}

static int small_of(const struct undone *u, int least, int *out, struct err *e)
{
    int64_t v = -1;
    if (number_of(u, least, INT_MAX, &v, e))
        return -1;
    *out = (int)v;
    return 0;
}

static int undo_image(struct undoing *d, const struct undone *u, struct err *e)
{
    d->out->image = json_string(u->old);
    return d->out->image && *d->out->image ? 0 : unclear(u, e);
}

static int undo_disk(struct undoing *d, const struct undone *u, struct err *e)
{
    return small_of(u, 1, &d->out->disk_gb, e);
}

static int undo_gpu_count(struct undoing *d, const struct undone *u, struct err *e)
{
    return small_of(u, 1, &d->out->gpu_count, e);
}

static int undo_workers_min(struct undoing *d, const struct undone *u, struct err *e)
{
    return small_of(u, 0, &d->out->workers_min, e);
}

static int undo_workers_max(struct undoing *d, const struct undone *u, struct err *e)
{
    return small_of(u, 0, &d->out->workers_max, e);
}

static int undo_idle(struct undoing *d, const struct undone *u, struct err *e)
{
    return small_of(u, 1, &d->out->idle_s, e);
}

static int undo_timeout(struct undoing *d, const struct undone *u, struct err *e)
{
    return number_of(u, 0, timeout_most_ms, &d->out->timeout_ms, e);
}

static int undo_cuda(struct undoing *d, const struct undone *u, struct err *e)
{
    d->out->min_cuda = json_kind(u->old) <= JSON_NULL ? "" : json_string(u->old);
    return d->out->min_cuda ? 0 : unclear(u, e);
}

static int undo_scaler_type(struct undoing *d, const struct undone *u, struct err *e)
{
    d->scaler_type = u->old;
    return json_string(u->old) ? 0 : unclear(u, e);
}

static int undo_scaler_value(struct undoing *d, const struct undone *u, struct err *e)
{
    d->scaler_value = u->old;
    return json_kind(u->old) == JSON_NUMBER ? 0 : unclear(u, e);
}

/* "ADA_24,AMPERE_24,-NVIDIA L4": pools, and behind a dash what is excluded. */
static int undo_gpu_ids(struct undoing *d, const struct undone *u, struct err *e)
{
    struct endpoint_change *c = d->out;
    const char *s = json_string(u->old);
    for (size_t n; s && *s; s += n + (s[n] == ',')) {
        char word[128];
        n = strcspn(s, ",");
        bool excluded = *s == '-';
        if (n == 0 || n >= sizeof word || n == excluded)
            return unclear(u, e);
        (void)snprintf(word, sizeof word, "%.*s", (int)(n - excluded), s + excluded);
        const char *held = hold(d, word);
        if (!held)
            return err_set(e, ERR_IO, 0, "out of memory");
        if (excluded && c->excluded_count < CHANGE_EXCLUDED_MAX)
            c->excluded[c->excluded_count++] = held;
        else if (!excluded && c->pool_count < ENDPOINT_POOLS_MAX)
            c->pools[c->pool_count++] = held;
        else
            return unclear(u, e);
    }
    c->excluded_set = true;
    return c->pool_count > 0 ? 0 : unclear(u, e);
}

static bool same_value(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What differs from today is set as it was … */
static int set_again(
    struct undoing *d, const struct undone *u, const struct json *now, struct err *e)
{
    struct endpoint_change *c = d->out;
    for (const struct json *j = json_first(u->old); j; j = json_next(j)) {
        const char *name = runpod_diff_env_name(j), *value = runpod_diff_env_value(j);
        if (!name || !value)
            return unclear(u, e);
        if (same_value(value, json_str(now, name)))
            continue;
        if (c->set_count == CHANGE_ENV_MAX)
            return unclear(u, e);
        c->set[c->set_count++] = (struct endpoint_env){.name = name, .value = value};
    }
    return 0;
}

/* … and what was not there is unset. Its name is held, for `there` goes before the change does. */
static int unset_again(
    struct undoing *d, const struct undone *u, const struct json *now, struct err *e)
{
    struct endpoint_change *c = d->out;
    for (const struct json *j = json_first(now); j; j = json_next(j)) {
        if (runpod_diff_env(u->old, json_key(j)))
            continue;
        const char *name = hold(d, json_key(j));
        if (!name)
            return err_set(e, ERR_IO, 0, "out of memory");
        if (c->unset_count == CHANGE_ENV_MAX)
            return unclear(u, e);
        c->unset[c->unset_count++] = name;
    }
    return 0;
}

static int undo_env(struct undoing *d, const struct undone *u, struct err *e)
{
    const struct json *now = json_get(d->there, "env");
    bool map = json_kind(u->old) == JSON_OBJECT || json_kind(u->old) == JSON_ARRAY;
    if (!map || json_count(u->old) > RUNPOD_ENV_MOST ||
        (json_kind(now) > JSON_NULL && json_kind(now) != JSON_OBJECT))
        return unclear(u, e);
    return set_again(d, u, now, e) || unset_again(d, u, now, e) ? -1 : 0;
}

static const struct undo_row {
    const char *field;
    undo_fn *undo;
} rows[] = {
    {"template.imageName", undo_image},
    {"template.env", undo_env},
    {"template.containerDiskInGb", undo_disk},
    {"gpuIds", undo_gpu_ids},
    {"gpuCount", undo_gpu_count},
    {"minCudaVersion", undo_cuda},
    {"workersMin", undo_workers_min},
    {"workersMax", undo_workers_max},
    {"idleTimeout", undo_idle},
    {"scalerType", undo_scaler_type},
    {"scalerValue", undo_scaler_value},
    {"executionTimeoutMs", undo_timeout},
};

static int undo_field(struct undoing *d, const struct undone *u, struct err *e)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].field, u->field) == 0)
            return rows[i].undo(d, u, e);
    err_set(e, ERR_STATE, 0, "%s: release %d changed “%.80s”, which cannot be undone here", what,
        u->version, u->field);
    return err_hint(e, "set it back in RunPod's console, or choose a later release");
}

/* The type and its value go together. */
static int undo_scaling(struct undoing *d, struct err *e)
{
    const struct json *now = json_get(d->there, "scaling");
    if (!d->scaler_type && !d->scaler_value)
        return 0;
    const char *type = d->scaler_type ? json_string(d->scaler_type) : json_str(now, "type");
    const struct json *value = d->scaler_value ? d->scaler_value : json_get(now, "queueDelay");
    if (!value)
        value = json_get(now, "requestCount");
    if (!type || json_kind(value) != JSON_NUMBER)
        return err_set(e, ERR_STATE, 0, "%s: it is not known how the endpoint scaled", what);
    d->out->scaling = hold(d, type);
    d->out->scaling_value = json_number(value, 0);
    return d->out->scaling ? 0 : err_set(e, ERR_IO, 0, "out of memory");
}

/* ---- releases ----------------------------------------------------------------------------------- */

static const struct json *release_of(const struct json *releases, int64_t version)
{
    for (const struct json *j = json_first(releases); j; j = json_next(j))
        if (json_int(j, "version", -1) == version)
            return j;
    return NULL;
}

static int64_t newest_of(const struct json *releases)
{
    int64_t newest = -1;
    for (const struct json *j = json_first(releases); j; j = json_next(j))
        if (json_int(j, "version", -1) > newest)
            newest = json_int(j, "version", -1);
    return newest;
}

static struct undone *field_of(struct undoing *d, const char *field)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->fields[i].field, field) == 0)
            return &d->fields[i];
    if (d->count == FIELDS_MAX)
        return NULL;
    d->fields[d->count] = (struct undone){.field = field};
    return &d->fields[d->count++];
}

/* Notes what a release changed; the newest comes first. */
static int note_release(struct undoing *d, const struct json *release, int version, struct err *e)
{
    const struct json *diff = json_get(release, "diff");
    bool manual = strcmp(json_str_or(release, "source", "MANUAL"), "MANUAL") == 0;
    if (json_kind(diff) != JSON_ARRAY || (!manual && json_count(diff) == 0))
        return err_set(
            e, ERR_STATE, 0, "%s: release %d does not say what it changed", what, version);
    for (const struct json *j = json_first(diff); j; j = json_next(j)) {
        const char *field = json_str(j, "field");
        struct undone *u = field ? field_of(d, field) : NULL;
        if (!u || !json_get(j, "old") || !json_get(j, "new"))
            return err_set(
                e, ERR_STATE, 0, "%s: release %d does not say what it changed", what, version);
        u->new = u->new ? u->new : json_get(j, "new");
        u->old = json_get(j, "old");
        u->version = version;
    }
    return 0;
}

static int note_releases(struct undoing *d, int version, struct err *e)
{
    int64_t newest = newest_of(d->releases);
    if (version < 0 || !release_of(d->releases, version))
        return err_set(e, ERR_INPUT, 0, "the endpoint has no release %d", version);
    if (newest - version > RELEASES_WALKED_MAX)
        return err_set(e, ERR_STATE, 0, "%s: too many releases came after %d", what, version);
    for (int64_t v = newest; v > version; v--) {
        const struct json *release = release_of(d->releases, v);
        if (!release)
            return err_set(
                e, ERR_STATE, 0, "%s: RunPod does not list release %lld", what, (long long)v);
        if (note_release(d, release, (int)v, e))
            return -1;
    }
    return 0;
}

int runpod_undo_releases(struct json *keep, int version, const struct json *there,
    struct endpoint_change *out, struct err *e)
{
    struct json *words = json_new_array();
    struct undoing d = {
        .releases = json_get(keep, "releases"), .there = there, .words = words, .out = out};
    if (json_set(keep, "words", words))
        return err_set(e, ERR_IO, 0, "out of memory");
    if (note_releases(&d, version, e))
        return -1;
    for (size_t i = 0; i < d.count; i++)
        if (!json_equal(d.fields[i].old, d.fields[i].new) && undo_field(&d, &d.fields[i], e))
            return -1;
    return undo_scaling(&d, e);
}

/* ---- reading them ------------------------------------------------------------------------------- */

static int keep_release(const struct json *j, void *arg, struct err *e)
{
    struct json *releases = arg;
    if (json_count(releases) >= RELEASES_WALKED_MAX)
        return err_set(e, ERR_REMOTE, 0, "there are too many releases");
    return json_push(releases, json_dup(j)) ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

static struct json *read_all(
    struct runpod *r, const char *endpoint_id, struct cancel *c, struct err *e)
{
    char path[160];
    struct json *keep = json_new_object(), *releases = json_new_array();
    struct runpod_list list = {
        .path = path, .key = "releases", .what = "read the releases", .item = keep_release};
    list.arg = releases;
    (void)snprintf(path, sizeof path, "%s/%s/releases", RUNPOD_ENDPOINTS_PATH, endpoint_id);
    if (json_add(keep, "releases", releases)) {
        json_free(keep);
        err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    if (runpod_list_walk(r, &list, NULL, c, e) == 0)
        return keep;
    json_free_secret(keep);
    return NULL;
}

int runpod_release_undo(struct runpod *r, const char *endpoint_id, int version,
    struct endpoint_change *out, struct json **keep, struct cancel *c, struct err *e)
{
    endpoint_change_init(out);
    *keep = NULL;
    struct runpod_settings *s = runpod_settings_read(r, endpoint_id, c, e);
    struct json *all = s ? read_all(r, endpoint_id, c, e) : NULL;
    int failed = all ? runpod_undo_releases(all, version, s->j, out, e) : -1;
    runpod_settings_free(s);
    if (failed) {
        json_free_secret(all);
        endpoint_change_init(out);
        return -1;
    }
    *keep = all;
    return 0;
}
