/* One function a part of the document. What is not known is null, never a number. */
#include "app/endpoint_json.h"

#include "base/clock.h"

static void add_count(struct json *j, const char *key, int64_t n)
{
    json_add(j, key, n >= 0 ? json_new_int(n) : json_new_null());
}

static void add_time(struct json *j, const char *key, int64_t wall_ms)
{
    char at[CLOCK_RFC3339_MAX];
    if (wall_ms >= 0)
        clock_rfc3339(at, wall_ms, 0);
    json_add_str(j, key, wall_ms >= 0 ? at : NULL);
}

/* Empty = there is none. */
static void add_words(struct json *j, const char *key, struct text t)
{
    if (t.len > 0)
        json_add_text(j, key, t);
    else
        json_add(j, key, json_new_null());
}

/* ---- of each in the list --------------------------------------------------------------------------- */

static struct json *health_json(const struct health *h)
{
    if (!h)
        return json_new_null();
    struct json *j = json_new_object();
    const struct {
        const char *name;
        int64_t n;
    } counters[] = {{"completed", h->completed}, {"failed", h->failed},
        {"in_progress", h->in_progress}, {"in_queue", h->in_queue}, {"retried", h->retried},
        {"idle", h->idle}, {"initializing", h->initializing}, {"ready", h->ready},
        {"running", h->running}, {"throttled", h->throttled}, {"unhealthy", h->unhealthy}};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        json_add_int(j, counters[i].name, counters[i].n);
    return j;
}

static struct json *workers_json(const struct worker_page *page)
{
    if (!page)
        return json_new_null();
    struct json *list = json_new_array();
    for (size_t i = 0; i < page->count; i++) {
        const struct worker *w = &page->workers[i];
        struct json *j = json_new_object();
        json_add_str(j, "id", w->id);
        json_add_text(j, "status", w->word);
        json_add_text(j, "gpu", w->gpu);
        json_add_int(j, "gpu_count", w->gpu_count);
        json_add_text(j, "data_center", w->data_center);
        json_add_text(j, "image", w->image);
        add_count(j, "uptime_s", w->uptime_s);
        add_time(j, "started_at", w->started_ms);
        add_count(j, "version", w->version);
        json_add_bool(j, "stale", w->stale);
        json_push(list, j);
    }
    return list;
}

static struct json *times_json(const struct endpoint_times *t)
{
    if (!t)
        return json_new_null();
    struct json *j = json_new_object();
    json_add_int(j, "requests", (int64_t)t->count);
    json_add_int(j, "cold", (int64_t)t->cold);
    json_add_int(j, "cold_over_ms", REQUEST_COLD_MS);
    add_count(j, "delay_p50_ms", t->delay_p50);
    add_count(j, "delay_p95_ms", t->delay_p95);
    add_count(j, "execution_p50_ms", t->execution_p50);
    add_count(j, "execution_p95_ms", t->execution_p95);
    add_count(j, "answer_p50_ms", t->answer_p50);
    add_count(j, "answer_p95_ms", t->answer_p95);
    return j;
}

/* The list does not always say it; the workers' list does. */
static int version_of(const struct endpoint_row *row)
{
    return row->settings->version < 0 && row->workers ? row->workers->version
                                                      : row->settings->version;
}

struct json *endpoint_json(const struct endpoint_row *row, const struct endpoint_times *times)
{
    const struct endpoint *p = row->settings;
    struct json *j = json_new_object(), *pools = json_new_array();
    for (size_t k = 0; k < p->pool_count; k++)
        json_push(pools, json_new_string(p->pools[k].s));
    json_add_str(j, "id", p->id);
    json_add_text(j, "name", p->name);
    json_add_str(j, "condition", endpoint_condition_name(row->condition));
    json_add_bool(j, "paused", row->condition == ENDPOINT_OFF);
    json_add_text(j, "image", p->image);
    json_add_text(j, "model", p->model);
    json_add_text(j, "revision", p->revision);
    json_add_text(j, "served_model_name", p->served);
    add_count(j, "context_length", p->context_length);
    json_add(j, "pools", pools);
    json_add_int(j, "gpu_count", p->gpu_count);
    json_add_int(j, "workers_min", p->workers_min);
    json_add_int(j, "workers_max", p->workers_max);
    json_add_int(j, "idle_s", p->idle_s);
    json_add_bool(j, "load_balancer", p->load_balancer);
    add_count(j, "version", version_of(row));
    add_time(j, "created_at", p->created_ms);
    json_add(j, "health", health_json(row->health));
    json_add(j, "workers", workers_json(row->workers));
    json_add(j, "times", times_json(times));
    json_add_money(j, "estimated_cost_hour", row->cost_hour);
    json_add_money(j, "estimated_cost_request", row->cost_request);
    return j;
}

/* ---- of one ---------------------------------------------------------------------------------------- */

static struct json *settings_json(const struct endpoint_detail *d)
{
    struct json *j = json_new_object(), *env = json_new_object();
    for (size_t i = 0; i < d->env_count; i++)
        json_add_text(env, d->env[i].name.s, d->env[i].value);
    json_add(j, "env", env);
    add_count(j, "disk_gb", d->disk_gb);
    add_count(j, "timeout_ms", d->timeout_ms);
    add_words(j, "scaling", d->scaling);
    add_words(j, "flashboot", d->flashboot);
    add_words(j, "min_cuda", d->min_cuda);
    add_words(j, "cuda_versions", d->cuda_versions);
    add_words(j, "data_centers", d->data_centers);
    add_words(j, "excluded_gpus", d->excluded);
    add_words(j, "volumes", d->volumes);
    add_words(j, "registry", d->registry);
    return j;
}

static struct json *release_json(const struct release *r)
{
    struct json *j = json_new_object(), *changes = json_new_array();
    for (size_t i = 0; i < r->change_count; i++) {
        struct json *change = json_new_object();
        json_add_text(change, "field", r->changes[i].field);
        json_add_text(change, "before", r->changes[i].before);
        json_add_text(change, "after", r->changes[i].after);
        json_push(changes, change);
    }
    json_add_int(j, "version", r->version);
    add_words(j, "source", r->source);
    add_time(j, "created_at", r->created_ms);
    add_count(j, "workers", r->workers);
    json_add(j, "changes", changes);
    return j;
}

static struct json *billed_json(const struct endpoint_detail *d)
{
    if (d->billed_count == 0)
        return json_new_null();
    struct json *j = json_new_object(), *hours = json_new_array();
    for (size_t i = 0; i < d->billed_count && i < ENDPOINT_BILLED_MAX; i++)
        json_push(hours, json_new_money(d->billed[i]));
    add_time(j, "newest_hour", d->billed_from_ms);
    json_add(j, "hours", hours);
    return j;
}

void endpoint_json_detail(struct json *j, const struct endpoint_detail *d)
{
    struct json *releases = json_new_array(), *rollout = json_new_object();
    for (size_t i = 0; i < d->release_count; i++)
        json_push(releases, release_json(&d->releases[i]));
    json_add_bool(rollout, "in_progress", d->rolling);
    add_count(rollout, "workers_on_newest", d->rolled);
    add_count(rollout, "workers", d->rolling_total);
    json_add(j, "settings", settings_json(d));
    json_add(j, "releases", releases);
    json_add(j, "rollout", rollout);
    json_add(j, "billed", billed_json(d));
    add_words(j, "not_read", d->not_read);
}
