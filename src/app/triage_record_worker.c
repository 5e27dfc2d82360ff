/* What the workers did, in a recording: what they printed is a trouble of the phase in which they failed; those that
 * did not fail are on their way, wait for their host, or take nothing. What took long takes long again. */
#include "app/triage_record_internal.h"

#include <math.h>
#include <string.h>

enum { LASTS_S = 3600, MODEL_AGAIN_S = 60, RESTART_LEAST_S = 3, LINES_SAID = 60 };

/* The worker that tells most: the one whose newest start failed, else one that has said anything. */
static const struct triage_worker *telling(const struct triage_evidence *v)
{
    const struct triage_worker *found = NULL;
    for (size_t i = 0; i < v->worker_count; i++) {
        const struct triage_worker *w = &v->workers[i];
        if (w->logs_read && (!found || (w->log.crashed && !found->log.crashed)))
            found = w;
    }
    return found && found->log.crashed ? found : NULL;
}

/* Braces are names to the stand-in: those of a template's own cannot be in it but for lower-case words. */
static struct json *line_json(const struct log_line *line, int64_t before_ms)
{
    struct json *j = json_new_object();
    json_add(j, "text", record_text(line->line));
    if (line->source == LINE_SYSTEM)
        json_add_str(j, "source", "system");
    json_add_num(
        j, "after_s", line->at_ms > before_ms ? (double)(line->at_ms - before_ms) / 1000 : 0);
    return j;
}

static struct json *new_trouble(const char *phase)
{
    struct json *j = json_new_object();
    json_add_str(j, "name", "recorded");
    json_add_str(j, "phase", phase);
    return j;
}

static const char *phase_of(const struct crash *c, bool said)
{
    if (said)
        return "load";
    return c->starts > 0 ? "create" : "pull";
}

/* The start that failed: the lines around the one that decided, from what the system said before to what it said
 * after. What the system itself decided is one line. */
static size_t failed_start(
    const struct log_line *lines, size_t n, const struct crash *c, size_t *end)
{
    size_t decided = n, first;
    for (size_t i = 0; c->line_count > 0 && i < n; i++)
        if (lines[i].at_ms == c->lines[0].at_ms && lines[i].line.len == c->lines[0].line.len &&
            strcmp(lines[i].line.s, c->lines[0].line.s) == 0)
            decided = i;
    *end = decided < n ? decided + 1 : n;
    first = decided < n ? decided : n;
    if (first == n || lines[first].source == LINE_SYSTEM)
        return first;
    while (first > 0 && lines[first - 1].source == LINE_CONTAINER && decided - first < LINES_SAID)
        first--;
    while (*end < n && lines[*end].source == LINE_CONTAINER && *end - decided < LINES_SAID)
        ++*end;
    return first;
}

static struct json *trouble_json(struct runpod_evidence *ev, const struct triage_worker *w)
{
    const struct log_line *lines;
    const struct crash *c = &w->log;
    size_t n = runpod_evidence_lines(ev, w->worker.id, &lines), end = 0;
    size_t first = failed_start(lines, n, c, &end);
    bool said = first < end && lines[first].source == LINE_CONTAINER;
    struct json *j = new_trouble(phase_of(c, said || c->silent)), *list = json_new_array();
    for (size_t i = first; i < end; i++)
        json_push(list, line_json(&lines[i], lines[i > first ? i - 1 : i].at_ms));
    double took = first < end ? (double)(lines[end - 1].at_ms - lines[first].at_ms) / 1000 : 0;
    json_add_bool(j, "startup", false);
    json_add_num(j, "at_s", 1);
    json_add(j, "lines", list);
    if (c->exit_code >= 0)
        json_add_int(j, "exit_code", c->exit_code);
    if (c->starts > 1 && c->first_start_ms >= 0)
        json_add_num(j, "restart_s",
            fmax(RESTART_LEAST_S,
                (double)(c->last_start_ms - c->first_start_ms) / 1000 / (c->starts - 1) - took));
    return j;
}

/* ---- what they do without having failed ------------------------------------------------------------------------ */

/* Ready, something waits, and nothing is taken. */
static bool takes_nothing(const struct triage_evidence *v)
{
    const struct health *h = v->look_count ? &v->looks[v->look_count - 1].health : NULL;
    return h && h->in_queue > 0 && h->in_progress == 0 && (h->ready > 0 || h->idle > 0);
}

/* One that is there in this status; NULL = none is. */
static const struct triage_worker *one_in(
    const struct triage_evidence *v, enum worker_status status)
{
    for (size_t i = 0; i < v->worker_count; i++)
        if (!v->workers[i].vanished && v->workers[i].worker.status == status)
            return &v->workers[i];
    return NULL;
}

/* The last that the container of any worker there said. */
static void add_last_lines(struct json *j, struct runpod_evidence *ev)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    const struct log_line *lines;
    struct json *list = json_new_array();
    for (size_t i = 0; i < v->worker_count && json_count(list) == 0; i++) {
        size_t n = runpod_evidence_lines(ev, v->workers[i].worker.id, &lines);
        size_t first = n > LINES_SAID ? n - LINES_SAID : 0;
        for (size_t k = first; k < n && !v->workers[i].vanished; k++)
            if (lines[k].source == LINE_CONTAINER)
                json_push(list, line_json(&lines[k], lines[k].at_ms));
    }
    json_add(j, "lines", list);
}

static struct json *idle_json(struct runpod_evidence *ev)
{
    struct json *j = new_trouble("serve");
    json_add_bool(j, "takes_jobs", false);
    add_last_lines(j, ev);
    return j;
}

/* A load balancer's worker that is not reached is one that does not get ready. */
static struct json *unreached_json(struct runpod_evidence *ev)
{
    struct json *j = new_trouble("load");
    json_add_bool(j, "hangs", true);
    json_add_bool(j, "startup", false);
    json_add_num(j, "at_s", 1);
    add_last_lines(j, ev);
    return j;
}

static struct json *throttled_json(void)
{
    struct json *j = new_trouble("place");
    json_add_bool(j, "throttled", true);
    json_add_num(j, "restart_s", LASTS_S);
    return j;
}

static struct json *cached_model_json(const struct triage_evidence *v)
{
    struct json *j = new_trouble("pull"), *failure = json_new_object(), *lines = json_new_array();
    json_add_text(failure, "phase", v->cached_failure);
    json_add(j, "model_failure", failure);
    json_add(j, "lines", lines);
    json_add_num(j, "restart_s", MODEL_AGAIN_S);
    return j;
}

static struct json *troubles_json(struct runpod_evidence *ev, const struct triage_evidence *v)
{
    struct json *list = json_new_array();
    const struct triage_worker *w = telling(v);
    if (v->cached_failure.len > 0)
        json_push(list, cached_model_json(v));
    else if (w)
        json_push(list, trouble_json(ev, w));
    else if (one_in(v, WORKER_THROTTLED))
        json_push(list, throttled_json());
    else if (v->endpoint.load_balancer && v->worker_count > 0)
        json_push(list, unreached_json(ev));
    else if (takes_nothing(v))
        json_push(list, idle_json(ev));
    return list;
}

struct json *record_behaviour(struct runpod_evidence *ev)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    struct json *j = json_new_object();
    bool pulls = false;
    json_add(j, "troubles", troubles_json(ev, v));
    for (size_t i = 0; i < v->worker_count; i++)
        pulls = pulls ||
                (!v->workers[i].vanished && v->workers[i].logs_read && v->workers[i].log.pulling);
    json_add_num(j, "cached", pulls ? 0 : 1);
    if (pulls)
        json_add_num(j, "pull_s", LASTS_S);
    else if (!telling(v) && one_in(v, WORKER_INITIALIZING))
        json_add_num(j, "load_s", LASTS_S);
    return j;
}
