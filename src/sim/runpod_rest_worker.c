/* runpod_rest_worker: what runs in an endpoint, and which releases it had (spec/runpod.md §3.3,
 * §4.5). The list shows active workers only; remembered ones answer on their logs alone. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <string.h>

static int add_str_or_null(struct json *out, const char *key, const char *s)
{
    return json_add_str(out, key, s == NULL || *s == '\0' ? NULL : s);
}

/* Whether the host is known: before that type, data centre and times are null. */
static bool placed(const struct worker *w)
{
    return w->state != WORKER_PLACING;
}

static struct json *worker_view(struct sim *s, const struct worker *w)
{
    struct json *out = json_new_object();
    const struct endpoint *e = w->endpoint;
    (void)json_add_str(out, "id", w->id);
    (void)json_add_str(out, "status", worker_state_name(w));
    (void)json_add_bool(out, "isStale", w->stale);
    (void)json_add_int(out, "version", w->version);
    (void)json_add_int(out, "gpuCount", e->cpu == NULL ? e->gpu_count : 0);
    (void)add_str_or_null(out, "image", w->image);
    int64_t since = w->container ? w->container_at : 0;
    (void)json_add(out, "uptimeSeconds",
        since == 0 ? json_new_null() : json_new_int((sim_now(s) - since) / 1000));
    (void)add_str_or_null(out, "gpuTypeId", placed(w) && w->gpu != NULL ? w->gpu->id : NULL);
    (void)add_str_or_null(out, "dataCenterId", placed(w) ? w->data_center : NULL);
    (void)add_time(out, "startedAt", since != 0 ? since : w->started);
    return out;
}

struct tally {
    const char *status, *member;
    int64_t count;
};

void rest_worker_list(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = rest_endpoint(s, r, p);
    if (e == NULL) {
        return;
    }
    struct tally tallies[] = {{"RUNNING", "running", 0}, {"IDLE", "idle", 0},
        {"INITIALIZING", "initializing", 0}, {"THROTTLED", "throttled", 0},
        {"UNHEALTHY", "unhealthy", 0}};
    size_t kinds = sizeof tallies / sizeof *tallies;
    struct json *workers = json_new_array(), *summary = json_new_object();
    for (const struct worker *w = e->workers; w != NULL; w = w->next) {
        if (!worker_listed(w)) {
            continue;
        }
        (void)json_push(workers, worker_view(s, w));
        for (size_t i = 0; i < kinds; i++) {
            tallies[i].count += strcmp(tallies[i].status, worker_state_name(w)) == 0;
        }
    }
    for (size_t i = 0; i < kinds; i++) {
        (void)json_add_int(summary, tallies[i].member, tallies[i].count);
    }
    (void)json_add_int(summary, "total", (int64_t)json_count(workers));
    struct json *out = json_new_object();
    (void)json_add_int(out, "endpointVersion", e->version);
    (void)json_add(out, "summary", summary);
    (void)json_add(out, "workers", workers);
    reply_json(p, 200, out);
}

/* ---- releases -------------------------------------------------------------------------------------- */

static int64_t workers_of_version(const struct endpoint *e, int version)
{
    int64_t count = 0;
    for (const struct worker *w = e->workers; w != NULL; w = w->next) {
        count += worker_listed(w) && w->version == version;
    }
    return count;
}

static struct json *release_view(const struct endpoint *e, const struct release *release)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", release->id);
    (void)json_add_int(out, "version", release->version);
    (void)json_add_str(out, "source", release->source);
    (void)json_add_str(out, "buildId", NULL);
    (void)json_add_str(out, "createdByUserId", RUNPOD_USER_ID);
    (void)json_add_int(out, "workerCount", workers_of_version(e, release->version));
    (void)add_time(out, "createdAt", release->created);
    (void)json_add(out, "diff", release->diff == NULL ? json_new_array() : json_dup(release->diff));
    return out;
}

static struct json *rollout_view(const struct endpoint *e)
{
    int total = 0, latest = 0;
    endpoint_rollout(e, &total, &latest);
    struct json *out = json_new_object();
    (void)json_add_bool(out, "inProgress", latest < total);
    (void)json_add_int(out, "workersOnLatest", latest);
    (void)json_add_int(out, "workersTotal", total);
    (void)json_add_int(out, "percentOnLatest", total == 0 ? 100 : 100 * latest / total);
    return out;
}

void rest_release_list(struct sim *s, struct request *r, struct reply *p)
{
    struct endpoint *e = rest_endpoint(s, r, p);
    if (e == NULL) {
        return;
    }
    struct json *items = json_new_array();
    for (size_t i = e->release_count; i > 0; i--) {
        (void)json_push(items, release_view(e, &e->releases[i - 1]));
    }
    struct json *page = rest_page(r, p, "releases", items);
    if (page != NULL) {
        (void)json_add_int(page, "endpointVersion", e->version);
        (void)json_add(page, "rollout", rollout_view(e));
        reply_json(p, 200, page);
    }
}

/* ---- builds: made from GitHub, which the stand-in does not play, so there are none ------------------ */

void rest_build_list(struct sim *s, struct request *r, struct reply *p)
{
    if (rest_endpoint(s, r, p) != NULL) {
        rest_list(r, p, "builds", json_new_array());
    }
}

void rest_build_read(struct sim *s, struct request *r, struct reply *p)
{
    if (rest_endpoint(s, r, p) != NULL) {
        runpod_control_error(p, 404, "build not found");
    }
}
