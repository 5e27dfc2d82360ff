/* /_sim/…: how tests and the demo look behind the scenes and pull the strings. src/sim/README.md
 * describes it for them. Served on every port, logged nowhere, never hit by a fault. */
#include "sim/exchange.h"
#include "sim/faults.h"
#include "sim/hub.h"
#include "sim/key.h"
#include "sim/request_log.h"
#include "sim/runpod.h"
#include "sim/scenario_check.h"
#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

enum { ADVANCE_S_MAX = 400 * 86400 };

static void wrong(struct reply *p, const char *why)
{
    struct json *j = json_new_object();
    json_add_str(j, "error", why);
    reply_json(p, 400, j);
}

static struct json *clock_json(struct sim *s)
{
    char now[CLOCK_RFC3339_MAX];
    clock_rfc3339(now, sim_now(s), 1);
    struct json *j = json_new_object();
    json_add_str(j, "now", now);
    json_add_int(j, "now_ms", sim_now(s));
    json_add_num(j, "speed", clock_speed(s->clock));
    return j;
}

static void get_state(struct sim *s, struct request *r, struct reply *p)
{
    (void)r;
    struct json *j = json_new_object();
    json_add_str(j, "scenario", s->scenario);
    json_add(j, "clock", clock_json(s));
    json_add(j, "runpod", runpod_state(s));
    json_add(j, "hub", hub_state(s));
    reply_json(p, 200, j);
}

/* A number within the range, or absent. */
static bool number_fits(const struct json *j, double most)
{
    double value = json_number(j, -1);
    return !j || (json_kind(j) == JSON_NUMBER && value >= 0 && value <= most);
}

/* Whether the body is an object with members of these names only (a typing error must not pass for a
 * wish), or, when `may_lack`, no body at all. Answers 400 otherwise. */
static bool body_fits(
    const struct request *r, struct reply *p, const char *a, const char *b, bool may_lack)
{
    if (may_lack && r->body.len == 0)
        return true;
    if (json_kind(r->json) != JSON_OBJECT) {
        wrong(p, "the body must be a JSON object");
        return false;
    }
    for (const struct json *m = json_first(r->json); m; m = json_next(m)) {
        if (strcmp(json_key(m), a) != 0 && (!b || strcmp(json_key(m), b) != 0)) {
            wrong(p, "the body has a member that is not known here");
            return false;
        }
    }
    return true;
}

static void post_clock(struct sim *s, struct request *r, struct reply *p)
{
    if (!body_fits(r, p, "speed", "advance_s", false))
        return;
    const struct json *speed = json_get(r->json, "speed"),
                      *advance = json_get(r->json, "advance_s");
    if (!speed && !advance) {
        wrong(p, "give speed or advance_s");
    } else if (!number_fits(speed, SIM_SPEED_MAX)) {
        wrong(p, "speed must be a number from 0 to 100000");
    } else if (!number_fits(advance, ADVANCE_S_MAX)) {
        wrong(p, "advance_s must be a number from 0 to 34560000");
    } else {
        if (advance)
            sim_advance(s, (int64_t)(json_number(advance, 0) * 1000));
        if (speed)
            clock_set_speed(s->clock, json_number(speed, 1));
        reply_json(p, 200, clock_json(s));
    }
}

static void post_reset(struct sim *s, struct request *r, struct reply *p)
{
    struct err e;
    const struct json *scenario = json_get(r->json, "scenario");
    if (!body_fits(r, p, "scenario", NULL, true))
        return;
    if (scenario && json_kind(scenario) != JSON_STRING) {
        wrong(p, "scenario must be a name or a path");
        return;
    }
    if (sim_reset(s, json_string(scenario), &e)) {
        wrong(p, e.message);
        return;
    }
    struct json *j = json_new_object();
    json_add_str(j, "scenario", s->scenario);
    reply_json(p, 200, j);
}

static void post_play(struct sim *s, struct request *r, struct reply *p)
{
    struct err e;
    if (scenario_check_play(r->json, &e)) {
        wrong(p, e.message);
    } else if (runpod_play(s, json_dup(r->json))) {
        wrong(p, "there is no endpoint of that name");
    } else {
        sim_changed(s);
        reply_json(p, 200, clock_json(s));
    }
}

static void get_faults(struct sim *s, struct request *r, struct reply *p)
{
    (void)r;
    reply_json(p, 200, faults_list(s->faults));
}

static void post_faults(struct sim *s, struct request *r, struct reply *p)
{
    const char *why = faults_add(s->faults, r->json);
    if (why)
        wrong(p, why);
    else
        get_faults(s, r, p);
}

static void delete_faults(struct sim *s, struct request *r, struct reply *p)
{
    faults_remove_all(s->faults);
    get_faults(s, r, p);
}

static void get_requests(struct sim *s, struct request *r, struct reply *p)
{
    int64_t after = request_query_int(r, "after", 0);
    reply_json(p, 200, request_log_list(faults_requests(s->faults), after));
}

static void post_keys(struct sim *s, struct request *r, struct reply *p)
{
    const char *why = key_ring_set(s->keys, r->json);
    if (why)
        wrong(p, why);
    else
        reply_json(p, 200, json_new_object());
}

enum { OURS = ROUTE_OPEN | ROUTE_NO_LOG };

const struct route control_surface_routes[] = {
    {"GET", "/_sim/state", get_state, OURS},
    {"POST", "/_sim/clock", post_clock, OURS},
    {"POST", "/_sim/reset", post_reset, OURS},
    {"POST", "/_sim/play", post_play, OURS},
    {"GET", "/_sim/faults", get_faults, OURS},
    {"POST", "/_sim/faults", post_faults, OURS},
    {"DELETE", "/_sim/faults", delete_faults, OURS},
    {"GET", "/_sim/requests", get_requests, OURS},
    {"POST", "/_sim/keys", post_keys, OURS},
    {NULL, NULL, NULL, 0},
};
