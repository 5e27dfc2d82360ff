/* runpod_setup_endpoint: an endpoint as a scenario describes it.
 *
 * Its settings are spelt as a create body spells them and go through the same merge; beside them
 * stand what only the stand-in knows: behaviour, traffic, age, and a past of releases, counters and
 * bills, so that a fresh world does not look as if it had begun this minute. */
#include "sim/runpod_http.h"
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t day_ms = 24 * (int64_t)HOUR;

int endpoint_read(
    struct endpoint *e, const struct json *settings, bool *container, struct json **diff)
{
    int failed = -1;
    bool rolls = false;
    struct json *before = settings_of(e);
    struct json *full = settings_merge(settings_of(e), settings);
    if (before && full && settings_apply(e, full) == 0) {
        struct json *d = settings_diff(before, full, &rolls);
        if (container)
            *container = rolls;
        if (diff)
            *diff = d;
        else
            json_free(d);
        failed = 0;
    }
    json_free(before);
    json_free(full);
    return failed;
}

static int64_t days_ago(
    const struct runpod_world *world, const struct json *row, const char *key, double usual)
{
    return world->start - (int64_t)(json_num(row, key, usual) * (double)day_ms);
}

/* Versions 1 … n of the past; "releases" may say when each was and what it changed. */
static void past_releases(struct endpoint *e, const struct json *row)
{
    const struct json *given = json_get(row, "releases");
    int64_t n = json_int(row, "version", (int64_t)json_count(given));
    n = n < 1 ? 1 : n > RELEASES_MAX / 2 ? RELEASES_MAX / 2 : n;
    for (int64_t i = 0; i < n; i++) {
        const struct json *own = json_at(given, (size_t)i);
        struct release *r = &e->releases[e->release_count++];
        double share = (double)i / (double)n;
        double usual = (double)(e->world->start - e->created) / (double)day_ms * (1 - share);
        random_id(e, r->id, 14);
        r->version = (int)i + 1;
        r->worker_count = e->workers_max;
        r->created = days_ago(e->world, own, "days_ago", usual);
        (void)snprintf(r->source, sizeof r->source, "%s", json_str_or(own, "source", "MANUAL"));
        r->diff = json_get(own, "diff") ? json_dup(json_get(own, "diff")) : json_new_array();
    }
    e->version = (int)n;
}

static int64_t past_seconds(struct endpoint *e, const struct json *history, int64_t hour)
{
    double each = json_num(history, "seconds_per_request", 8);
    double busy = traffic_rate(e, hour + HOUR / 2) * each * (0.85 + 0.3 * random_unit(e));
    double least = e->workers_min * 3600.0, most = e->workers_max * 3600.0;
    busy = busy < least ? least : busy > most ? most : busy;
    return (int64_t)busy;
}

/* Hour bills before the world begins: what the traffic of those hours would have cost. */
static int past_bills(struct endpoint *e, const struct json *history)
{
    struct worker sample = {.endpoint = e,
        .gpu = gpu_type_find(json_str(history, "gpu")),
        .gpu_count = e->gpu_count > 0 ? e->gpu_count : 1};
    int64_t now = e->world->advanced_to, until = now - now % HOUR;
    int64_t from = until - (int64_t)(json_num(history, "days", 0) * 24) * HOUR;
    double disk_hour = e->disk_gb * 0.10 / (30 * 24);
    for (int64_t hour = from; hour < until; hour += HOUR) {
        int64_t seconds = past_seconds(e, history, hour);
        if (hour >= e->created && seconds > 0 &&
            bill_past(e, hour, seconds, price_per_second(&sample),
                disk_hour * (double)seconds / 3600) != 0)
            return -1;
    }
    return 0;
}

static void past_counters(struct endpoint *e, const struct json *row)
{
    e->completed = json_int(row, "completed", 0);
    e->failed = json_int(row, "failed", 0);
    e->retried = json_int(row, "retried", 0);
    e->submitted = e->completed + e->failed;
    e->last_request = days_ago(e->world, row, "last_request_days_ago", 0);
    e->changed = e->created;
}

int setup_endpoint(struct runpod_world *world, const struct json *row, struct err *err)
{
    const char *id = json_str(row, "id"), *name = json_str(row, "name");
    if (!id || !name || strlen(id) >= sizeof((struct endpoint *)0)->id)
        return err_set(err, ERR_INPUT, 0, "an endpoint of the scenario has no good id or name");
    for (const struct endpoint *other = world->endpoints; other; other = other->next)
        if (strcmp(other->id, id) == 0)
            return err_set(err, ERR_INPUT, 0, "the scenario has the endpoint %s twice", id);
    struct endpoint *e = endpoint_make(world, id, name);
    if (!e || endpoint_read(e, row, NULL, NULL) != 0)
        return err_set(err, ERR_IO, 0, "out of memory");
    e->behaviour = json_get(row, "behaviour");
    e->extra = json_dup(json_get(row, "extra"));
    (void)snprintf(
        e->template_id, sizeof e->template_id, "%.15s", json_str_or(row, "template_id", ""));
    e->created = days_ago(world, row, "created_days_ago", 20);
    past_releases(e, row);
    past_counters(e, row);
    endpoint_learn(e);
    traffic_begin(e, json_get(row, "traffic"));
    if (past_bills(e, json_get(row, "history")) != 0)
        return err_set(err, ERR_IO, 0, "out of memory");
    return 0;
}
