/* runpod_traffic: requests that the scenario sends by itself.
 *
 * Arrivals are a Poisson process whose rate follows a curve of 24 hourly factors: candidates are
 * drawn at the highest rate and kept with the share that the present rate has of it. The hour of
 * the curve is told from the beginning of the scenario ("hour_at_start"), not from the clock, so
 * that a demo looks the same at any time of day. */
#include "sim/runpod_physics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_DEPTH = 12, HOURS = 24, RATE_MAX = 360000 };

/* ---- when ------------------------------------------------------------------------------------ */

static double curve_at(const struct json *plan, double hour)
{
    const struct json *curve = json_get(plan, "curve");
    size_t n = json_count(curve);
    if (n == 0)
        return 1;
    double at = hour * (double)n / HOURS;
    double whole = floor(at);
    size_t i = (size_t)fmod(whole + 1e6 * (double)n, (double)n);
    double a = json_number(json_at(curve, i), 0), b = json_number(json_at(curve, (i + 1) % n), 0);
    return a + (b - a) * (at - whole);
}

static double highest_rate(const struct json *plan)
{
    double best = json_count(json_get(plan, "curve")) ? 0 : 1;
    for (const struct json *c = json_first(json_get(plan, "curve")); c; c = json_next(c))
        best = json_number(c, 0) > best ? json_number(c, 0) : best;
    best *= json_num(plan, "per_hour", 0);
    return best > RATE_MAX ? RATE_MAX : best;
}

double traffic_rate(const struct endpoint *e, int64_t at)
{
    const struct json *plan = e->traffic.plan;
    double since = (double)(at - e->world->start) / SECOND;
    if (!plan || since < json_num(plan, "from_s", since) ||
        since >= json_num(plan, "until_s", INFINITY))
        return 0;
    double hour = json_num(plan, "hour_at_start", 10) + since / 3600;
    return json_num(plan, "per_hour", 0) * curve_at(plan, hour);
}

static void plan_next(struct endpoint *e)
{
    double most = highest_rate(e->traffic.plan);
    if (most <= 0) {
        e->traffic.next_arrival = NEVER;
        return;
    }
    double gap_ms = -log(1 - random_unit(e)) / most * HOUR;
    e->traffic.next_arrival =
        e->world->advanced_to + 1 + (gap_ms < 1e12 ? (int64_t)gap_ms : (int64_t)1e12);
}

void traffic_begin(struct endpoint *e, const struct json *plan)
{
    e->traffic.plan = plan;
    e->traffic.next_arrival = NEVER;
    if (plan)
        plan_next(e);
}

/* ---- what ------------------------------------------------------------------------------------ */

static struct json *filled_string(struct endpoint *e, const char *s, const struct json *prompts)
{
    if (strcmp(s, "$prompt") == 0 && json_count(prompts) > 0)
        return json_dup(json_at(prompts, random_next(e) % json_count(prompts)));
    if (strcmp(s, "$number") == 0)
        return json_new_int((int64_t)(random_next(e) % 1000000));
    return json_new_string(s);
}

static struct json *filled(
    struct endpoint *e, const struct json *j, const struct json *prompts, int depth)
{
    enum json_kind kind = json_kind(j);
    if (kind == JSON_STRING)
        return filled_string(e, json_string(j), prompts);
    if ((kind != JSON_OBJECT && kind != JSON_ARRAY) || depth >= INPUT_DEPTH)
        return json_dup(j);
    struct json *out = kind == JSON_OBJECT ? json_new_object() : json_new_array();
    for (const struct json *m = json_first(j); m; m = json_next(m)) {
        struct json *value = filled(e, m, prompts, depth + 1);
        if (kind == JSON_OBJECT)
            (void)json_add(out, json_key(m), value);
        else
            (void)json_push(out, value);
    }
    return out;
}

struct json *traffic_input(struct endpoint *e, const struct json *input, const struct json *prompts)
{
    return input ? filled(e, input, prompts, 0) : json_new_object();
}

struct job *traffic_submit(
    struct endpoint *e, const struct json *request, const struct json *prompts)
{
    const struct json *policy = json_get(request, "policy");
    struct json *input = traffic_input(e, json_get(request, "input"), prompts);
    struct job *j = job_submit(NULL, e, input, json_bool(request, "sync", false));
    if (!j)
        return NULL;
    j->traffic = true;
    j->execution_timeout = json_int(policy, "executionTimeout", 0);
    j->ttl = json_int(policy, "ttl", 0);
    j->low_priority = json_bool(policy, "lowPriority", false);
    return j;
}

static const struct json *pick_request(struct endpoint *e)
{
    const struct json *requests = json_get(e->traffic.plan, "requests");
    double total = 0;
    for (const struct json *r = json_first(requests); r; r = json_next(r))
        total += json_num(r, "weight", 1);
    double left = random_unit(e) * total;
    for (const struct json *r = json_first(requests); r; r = json_next(r)) {
        left -= json_num(r, "weight", 1);
        if (left < 0)
            return r;
    }
    return NULL;
}

void traffic_arrive(struct endpoint *e)
{
    const struct json *plan = e->traffic.plan;
    double most = highest_rate(plan);
    if (random_unit(e) * most < traffic_rate(e, e->world->advanced_to)) {
        const struct json *request = pick_request(e);
        if (request)
            (void)traffic_submit(e, request, json_get(plan, "prompts"));
    }
    plan_next(e);
}
