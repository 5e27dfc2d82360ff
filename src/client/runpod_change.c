/* runpod_change: from a change to the settings that shall be, and from those to a sparse PATCH.
 *
 * A change is laid over what is there first, into a tree of wanted settings. Then everything else is a
 * comparison of two trees: the diff shows where they differ, the body sends the groups that differ, and
 * after a lost answer the endpoint is compared with what was wanted. So what is shown, what is sent and
 * what is looked for cannot say different things.
 *
 * The traps of §4.4 are in wanted_…: what has to go along is put into the wanted tree there; what
 * must not be sent is left out by runpod_change_patch.c. A tree holds raw values: it is wiped, and never shown. */
#include "client/runpod_change_internal.h"

#include "base/secret.h"

#include <ctype.h>
#include <string.h>

enum {
    NAME_MAX_BYTES = 256,
    IMAGE_MAX_BYTES = 255,
    WORKERS_MOST = 10000,
    IDLE_MOST_S = 3600,
    DISK_MOST_GB = 100000,
    GPUS_MOST = 64
};

void endpoint_change_init(struct endpoint_change *c)
{
    *c = (struct endpoint_change){.workers_min = -1,
        .workers_max = -1,
        .idle_s = -1,
        .gpu_count = -1,
        .disk_gb = -1,
        .timeout_ms = -1};
}

/* A wanted tree in the making. */
struct wanting {
    const struct runpod_settings *s;
    const struct endpoint_change *change;
    struct json *out;
};

/* Takes the value; -1 when memory is out. */
static int put(struct json *object, const char *key, struct json *take, struct err *e)
{
    return json_set(object, key, take) ? err_set(e, ERR_IO, 0, "out of memory") : 0;
}

static int copy(const struct wanting *w, const char *key, struct err *e)
{
    const struct json *there = json_get(w->s->j, key);
    return json_kind(there) > JSON_NULL ? put(w->out, key, json_dup(there), e) : 0;
}

static int in_range(const char *what, int64_t v, int64_t least, int64_t most, struct err *e)
{
    if (v >= least && v <= most)
        return 0;
    return err_set(e, ERR_INPUT, 0, "%s must be between %lld and %lld", what, (long long)least,
        (long long)most);
}

/* ---- environment ------------------------------------------------------------------------------- */

static const struct endpoint_env *setting_of(const struct endpoint_change *change, const char *name)
{
    for (size_t i = change->set_count; i > 0; i--)
        if (strcmp(change->set[i - 1].name, name) == 0)
            return &change->set[i - 1];
    return NULL;
}

static bool unsets(const struct endpoint_change *change, const char *name)
{
    for (size_t i = 0; i < change->unset_count; i++)
        if (strcmp(change->unset[i], name) == 0)
            return true;
    return false;
}

static const char *value_of(const struct endpoint_env *v)
{
    const char *value = v->secret ? secret_value(v->secret) : v->value;
    return value ? value : "";
}

static int check_name(const char *name, struct err *e)
{
    size_t n = strlen(name);
    bool good = n > 0 && n <= NAME_MAX_BYTES && !strchr(name, '=') && text_is_utf8(name, n);
    for (const char *p = name; good && *p; p++)
        good = (unsigned char)*p > ' ' && *p != 0x7f;
    return good ? 0 : err_set(e, ERR_INPUT, 0, "“%.80s” is no name of a variable", name);
}

static int check_env(const struct wanting *w, const struct json *env, struct err *e)
{
    const struct endpoint_change *c = w->change;
    for (size_t i = 0; i < c->set_count; i++) {
        const char *value = value_of(&c->set[i]);
        if (check_name(c->set[i].name, e))
            return -1;
        if (!text_is_utf8(value, strlen(value)))
            return err_set(e, ERR_INPUT, 0, "the value of %s is no text", c->set[i].name);
        if (unsets(c, c->set[i].name))
            return err_set(e, ERR_INPUT, 0, "%s cannot be set and unset", c->set[i].name);
    }
    for (size_t i = 0; i < c->unset_count; i++)
        if (!json_get(env, c->unset[i]))
            return err_set(e, ERR_INPUT, 0, "%.100s is not set", c->unset[i]);
    return 0;
}

/* What is there, with what was changed in it, in its order. */
static int lay_over(
    const struct wanting *w, const struct json *env, struct json *out, struct err *e)
{
    for (const struct json *m = json_first(env); m; m = json_next(m)) {
        const char *name = json_key(m);
        const struct endpoint_env *set = setting_of(w->change, name);
        if (!json_string(m))
            return err_set(e, ERR_STATE, 0,
                "the environment cannot be sent along: %.80s is no text as RunPod answers it",
                name);
        if (unsets(w->change, name) || json_get(out, name))
            continue;
        if (put(out, name, json_new_string(set ? value_of(set) : json_string(m)), e))
            return -1;
    }
    for (size_t i = 0; i < w->change->set_count; i++) {
        const char *name = w->change->set[i].name;
        if (!json_get(out, name) &&
            put(out, name, json_new_string(value_of(setting_of(w->change, name))), e))
            return -1;
    }
    return 0;
}

/* PATCH replaces the whole map, so it is wanted whole. */
static int wanted_env(const struct wanting *w, struct err *e)
{
    const struct json *env = json_get(w->s->j, "env");
    if (w->change->set_count + w->change->unset_count == 0)
        return copy(w, "env", e);
    if (json_kind(env) > JSON_NULL && json_kind(env) != JSON_OBJECT)
        return err_set(e, ERR_STATE, 0, "RunPod does not say the environment, which is sent whole");
    if (check_env(w, env, e))
        return -1;
    struct json *out = json_new_object();
    if (!out)
        return err_set(e, ERR_IO, 0, "out of memory");
    if (lay_over(w, env, out, e)) {
        json_free_secret(out);
        return -1;
    }
    return put(w->out, "env", out, e);
}

/* ---- GPUs -------------------------------------------------------------------------------------- */

static bool wants_gpu(const struct endpoint_change *c)
{
    return c->pool_count > 0 || c->gpu_count >= 0 || c->min_cuda || c->excluded_set;
}

static bool is_pool(const struct endpoint_change *c, struct text pool)
{
    for (size_t i = 0; i < c->pool_count; i++)
        if (strlen(c->pools[i]) == pool.len && memcmp(c->pools[i], pool.s, pool.len) == 0)
            return true;
    return false;
}

/* An excluded type of a pool that is no longer wanted would be refused (§4.4). */
static bool stays_excluded(const struct wanting *w, const char *type)
{
    size_t n = strlen(type);
    for (size_t i = 0; i < w->s->gpus.count; i++) {
        const struct gpu *g = &w->s->gpus.gpus[i];
        if (g->id.len == n && memcmp(g->id.s, type, n) == 0)
            return g->pool.len == 0 || is_pool(w->change, g->pool);
    }
    return true;
}

static struct json *words_json(const char *const *words, size_t n)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < n; i++)
        if (json_push(list, json_new_string(words[i]))) {
            json_free(list);
            return NULL;
        }
    return list;
}

static struct json *excluded_json(const struct wanting *w)
{
    const struct json *now = json_get(json_get(w->s->j, "gpu"), "excludedTypes");
    if (w->change->excluded_set)
        return words_json(w->change->excluded, w->change->excluded_count);
    struct json *list = json_new_array();
    for (const struct json *j = json_first(now); j && list; j = json_next(j)) {
        const char *type = json_string(j);
        if (type && (w->change->pool_count == 0 || stays_excluded(w, type)) &&
            json_push(list, json_new_string(type))) {
            json_free(list);
            list = NULL;
        }
    }
    return list;
}

static int check_cuda(const struct json *gpu, const char *floor, struct err *e)
{
    size_t major = strspn(floor, "0123456789");
    size_t minor = floor[major] == '.' ? strspn(floor + major + 1, "0123456789") : 0;
    if (*floor == '\0')
        return 0;
    if (major == 0 || minor == 0 || floor[major + 1 + minor] != '\0' || major + minor > 5)
        return err_set(e, ERR_INPUT, 0, "“%.20s” is no CUDA version, such as 13.0", floor);
    if (json_count(json_get(gpu, "allowedCudaVersions")) == 0)
        return 0;
    err_set(
        e, ERR_INPUT, 0, "the endpoint lists the CUDA versions it may have: no least one besides");
    return err_hint(e, "clear the list in RunPod's console first");
}

static int check_gpu(const struct wanting *w, const struct json *gpu, struct err *e)
{
    const struct endpoint_change *c = w->change;
    if (json_kind(gpu) != JSON_OBJECT) {
        err_set(e, ERR_INPUT, 0, "the endpoint runs on CPUs, which cannot be changed to GPUs");
        return err_hint(e, "deploy a new one on GPUs");
    }
    for (size_t i = 0; i < c->pool_count; i++)
        if (c->pools[i][0] == '\0')
            return err_set(e, ERR_INPUT, 0, "the name of a GPU pool is empty");
    if (c->gpu_count >= 0 && in_range("GPUs a worker", c->gpu_count, 1, GPUS_MOST, e))
        return -1;
    return c->min_cuda ? check_cuda(gpu, c->min_cuda, e) : 0;
}

/* The exclusions are always there, since they go along with the pools. */
static int wanted_gpu(const struct wanting *w, struct err *e)
{
    const struct json *now = json_get(w->s->j, "gpu");
    const struct endpoint_change *c = w->change;
    if (!wants_gpu(c))
        return copy(w, "gpu", e);
    if (check_gpu(w, now, e))
        return -1;
    struct json *gpu = json_dup(now);
    if (put(gpu, "excludedTypes", excluded_json(w), e) ||
        (c->pool_count > 0 && put(gpu, "pools", words_json(c->pools, c->pool_count), e)) ||
        (c->gpu_count >= 0 && put(gpu, "count", json_new_int(c->gpu_count), e)) ||
        (c->min_cuda && put(gpu, "minCudaVersion", json_new_string(c->min_cuda), e))) {
        json_free(gpu);
        return -1;
    }
    return put(w->out, "gpu", gpu, e);
}

/* ---- workers and scaling ----------------------------------------------------------------------- */

static int wanted_scaling(const struct wanting *w, struct err *e)
{
    const struct endpoint_change *c = w->change;
    if (!c->scaling)
        return copy(w, "scaling", e);
    bool delay = strcmp(c->scaling, "QUEUE_DELAY") == 0;
    if (!delay && strcmp(c->scaling, "REQUEST_COUNT") != 0)
        return err_set(e, ERR_INPUT, 0, "“%.40s” is no way to scale", c->scaling);
    struct json *scaling = json_new_object();
    if (json_add_str(scaling, "type", c->scaling) ||
        json_add_num(scaling, delay ? "queueDelay" : "requestCount", c->scaling_value)) {
        json_free(scaling);
        return err_set(e, ERR_IO, 0, "out of memory");
    }
    return put(w->out, "scaling", scaling, e);
}

static int check_workers(
    const struct wanting *w, const struct json *workers, int idle, struct err *e)
{
    int64_t min = json_int(workers, "min", -1), max = json_int(workers, "max", -1);
    if (min < 0 || max < 0)
        return err_set(e, ERR_STATE, 0,
            "RunPod does not say how many workers there may be, which is sent whole");
    if (max > WORKERS_MOST)
        return in_range("workers max", max, 0, WORKERS_MOST, e);
    if (min > max)
        return err_set(e, ERR_INPUT, 0, "workers min %lld is above workers max %lld",
            (long long)min, (long long)max);
    if (idle >= 0 && runpod_counts_requests(w->out))
        return err_set(
            e, ERR_INPUT, 0, "no idle time applies: the endpoint scales by its requests");
    return idle >= 0 ? in_range("the idle time", idle, 1, IDLE_MOST_S, e) : 0;
}

static int fill_workers(const struct wanting *w, struct json *workers, struct err *e)
{
    static const char *const members[] = {"min", "max", "idleTimeout"};
    const struct json *now = json_get(w->s->j, "workers");
    int idle = w->change->idle_s;
    if (idle == json_int(now, members[2], 0))
        idle = -1; /* nothing is asked for, also where none applies */
    const int given[] = {w->change->workers_min, w->change->workers_max, idle};
    for (size_t i = 0; i < 3; i++) {
        int64_t v = given[i] >= 0 ? given[i] : json_int(now, members[i], -1);
        if (v >= 0 && put(workers, members[i], json_new_int(v), e))
            return -1;
    }
    return check_workers(w, workers, idle, e);
}

static int wanted_workers(const struct wanting *w, struct err *e)
{
    const struct endpoint_change *c = w->change;
    if (c->workers_min < 0 && c->workers_max < 0 && c->idle_s < 0)
        return copy(w, "workers", e);
    struct json *workers = json_new_object();
    if (fill_workers(w, workers, e)) {
        json_free(workers);
        return -1;
    }
    return put(w->out, "workers", workers, e);
}

/* ---- the rest ---------------------------------------------------------------------------------- */

static int wanted_image(const struct wanting *w, struct err *e)
{
    const char *image = w->change->image;
    if (!image)
        return copy(w, "image", e);
    if (*image == '\0' || strlen(image) > IMAGE_MAX_BYTES || strpbrk(image, " \t\r\n"))
        return err_set(e, ERR_INPUT, 0, "“%.80s” is no image", image);
    return put(w->out, "image", json_new_string(image), e);
}

static int wanted_disk(const struct wanting *w, struct err *e)
{
    int disk = w->change->disk_gb;
    if (disk < 0)
        return copy(w, "disk", e);
    if (in_range("the disk in GB", disk, 1, DISK_MOST_GB, e))
        return -1;
    return put(w->out, "disk", json_new_int(disk), e);
}

static int wanted_timeout(const struct wanting *w, struct err *e)
{
    if (w->change->timeout_ms < 0)
        return copy(w, "timeout", e);
    return put(w->out, "timeout", json_new_int(w->change->timeout_ms), e);
}

static int wanted_type(const struct wanting *w, struct err *e)
{
    return copy(w, "type", e);
}

struct json *runpod_change_wanted(
    const struct runpod_settings *s, const struct endpoint_change *change, struct err *e)
{
    /* Workers after scaling: what may be said of them depends on it. */
    static int (*const parts[])(const struct wanting *, struct err *) = {wanted_type, wanted_env,
        wanted_gpu, wanted_image, wanted_disk, wanted_timeout, wanted_scaling, wanted_workers};
    struct wanting w = {.s = s, .change = change, .out = json_new_object()};
    if (change->set_count > CHANGE_ENV_MAX || change->unset_count > CHANGE_ENV_MAX ||
        change->pool_count > ENDPOINT_POOLS_MAX || change->excluded_count > CHANGE_EXCLUDED_MAX) {
        err_set(e, ERR_INPUT, 0, "too much is changed at a time");
        json_free(w.out);
        return NULL;
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](&w, e)) {
            json_free_secret(w.out);
            return NULL;
        }
    return w.out;
}
