/* The document of spec/triage.md. What is not known is null, or left out where the page shows it so. */
#include "app/triage.h"

#include "base/clock.h"

#include <math.h>

static void add_time(struct json *j, const char *key, int64_t wall_ms)
{
    char at[CLOCK_RFC3339_MAX];
    if (wall_ms >= 0)
        clock_rfc3339(at, wall_ms, 0);
    json_add_str(j, key, wall_ms >= 0 ? at : NULL);
}

static void add_count(struct json *j, const char *key, int64_t n)
{
    json_add(j, key, n >= 0 ? json_new_int(n) : json_new_null());
}

static struct json *line_json(const struct triage_line *l)
{
    struct json *j = json_new_object();
    json_add_str(j, "source", l->source);
    if (l->worker[0])
        json_add_str(j, "worker", l->worker);
    if (l->at_ms >= 0)
        add_time(j, "at", l->at_ms);
    json_add_text(j, "text", l->text);
    return j;
}

static struct json *call_json(const struct triage_call *call)
{
    struct json *j = json_new_object();
    json_add_str(j, "method", call->method);
    json_add_text(j, "path", call->path);
    if (call->body)
        json_add(j, "body", json_dup(call->body));
    return j;
}

static struct json *remedy_json(const struct triage_remedy *r, size_t number)
{
    struct json *j = json_new_object(), *calls = json_new_array();
    json_add_int(j, "number", (int64_t)number);
    json_add_str(j, "id", r->id);
    json_add_text(j, "text", r->text);
    if (r->means.len > 0)
        json_add_text(j, "means", r->means);
    json_add_int(j, "risk", r->risk);
    json_add_num(j, "cost_per_hour_delta", r->cost_per_hour_delta);
    json_add_bool(j, "can_be_applied", r->can_be_applied);
    for (size_t i = 0; i < r->call_count; i++)
        json_push(calls, call_json(&r->calls[i]));
    json_add(j, "calls", calls);
    return j;
}

static struct json *diagnosis_json(const struct triage_diagnosis *d, size_t *number)
{
    struct json *j = json_new_object(), *evidence = json_new_array(), *remedies = json_new_array();
    json_add_str(j, "id", d->id);
    json_add(j, "row", d->row > 0 ? json_new_int(d->row) : json_new_null());
    json_add_str(j, "certainty", triage_certainty_name(d->certainty));
    json_add_text(j, "summary", d->summary);
    for (size_t i = 0; i < d->evidence_count; i++)
        json_push(evidence, line_json(&d->evidence[i]));
    json_add(j, "evidence", evidence);
    for (size_t i = 0; i < d->remedy_count; i++)
        json_push(remedies, remedy_json(&d->remedies[i], ++*number));
    json_add(j, "remedies", remedies);
    return j;
}

static struct json *queue_json(const struct triage *t)
{
    struct json *j = json_new_object();
    add_count(j, "waiting", t->waiting);
    add_count(j, "oldest_age_s", t->oldest_ms < 0 ? -1 : t->oldest_ms / 1000);
    add_count(j, "in_progress", t->in_progress);
    return j;
}

struct json *triage_json(const struct triage *t)
{
    struct json *j = json_new_object(), *diagnoses = json_new_array(), *missing = json_new_array();
    size_t number = 0;
    json_add_str(j, "endpoint", t->endpoint_id);
    json_add_text(j, "name", t->name);
    add_time(j, "observed_at", t->observed_ms);
    json_add_str(j, "verdict", triage_verdict_name(t->verdict));
    json_add_text(j, "sentence", t->sentence);
    add_time(j, "since", t->since_ms);
    json_add_num(j, "cost_per_hour", t->cost_hour);
    json_add(j, "queue", queue_json(t));
    for (size_t i = 0; i < t->count; i++)
        json_push(diagnoses, diagnosis_json(&t->diagnoses[i], &number));
    json_add(j, "diagnoses", diagnoses);
    for (size_t i = 0; i < t->not_read_count; i++) {
        struct json *row = json_new_object();
        json_add_str(row, "what", t->not_read[i].what);
        json_add_text(row, "why", t->not_read[i].why);
        json_push(missing, row);
    }
    json_add(j, "not_read", missing);
    return j;
}
