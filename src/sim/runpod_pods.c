/* runpod_pods: there is no event and no timer: everything is computed from the stretches of time in
 * "_play" when somebody looks. The physics knows only what a pod costs: it reads "status" and "cost" of
 * the fields, so these are kept right here. */
#include "sim/runpod_pods.h"

#include "base/clock.h"
#include "sim/runpod_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROVISIONING_MS = 5 * 1000, /* of a new pod */
    STARTING_MS = 25 * 1000,    /* image and container, from the start */
    RUNS_MAX = 1000,
    LINES_MAX = WORKER_LOG_MAX
};

/* ---- the stretches ------------------------------------------------------------------------------------ */

static struct json *play_of(const struct named_row *pod)
{
    return (struct json *)json_get(pod->fields, "_play");
}

static const struct json *last_run(const struct named_row *pod)
{
    const struct json *last = NULL;
    const struct json *run = json_first(json_get(play_of(pod), "runs"));
    for (; run != NULL; run = json_next(run)) {
        last = run;
    }
    return last;
}

static bool is_on(const struct named_row *pod)
{
    const struct json *run = last_run(pod);
    return run != NULL && json_get(run, "to") == NULL;
}

static int64_t started_at(const struct named_row *pod)
{
    return json_int(last_run(pod), "from", 0);
}

/* Gives a scenario's pod its "_play": on since its startedAt, at its cost. */
static void adopt(struct sim *s, struct named_row *pod)
{
    const char *status = json_str_or(pod->fields, "status", "RUNNING");
    const char *started = json_str(pod->fields, "startedAt");
    int64_t from = sim_now(s) - STARTING_MS;
    if (started != NULL) {
        (void)clock_parse_rfc3339(started, &from);
    }
    struct json *play = json_new_object(), *runs = json_new_array();
    if (strcmp(status, "RUNNING") == 0) {
        struct json *run = json_new_object();
        (void)json_add_int(run, "from", from);
        (void)json_push(runs, run);
    }
    (void)json_add_num(play, "rate", json_num(pod->fields, "cost", 0));
    (void)json_add(play, "runs", runs);
    (void)json_add(pod->fields, "_play", play);
}

struct named_row *pod_first(struct sim *s)
{
    for (struct named_row *pod = s->runpod->pods; pod != NULL; pod = pod->next) {
        if (play_of(pod) == NULL) {
            adopt(s, pod);
        }
    }
    return s->runpod->pods;
}

struct named_row *pod_find(struct sim *s, const char *id)
{
    struct named_row *pod = pod_first(s);
    while (pod != NULL && (id == NULL || strcmp(pod->id, id) != 0)) {
        pod = pod->next;
    }
    return pod;
}

/* The physics charges what the fields say: "cost" while "status" is RUNNING. */
static void charge(struct named_row *pod, bool on)
{
    double rate = on ? json_num(play_of(pod), "rate", 0) : 0;
    (void)json_set(pod->fields, "status", json_new_string(on ? "RUNNING" : "EXITED"));
    (void)json_set(pod->fields, "cost", json_new_num(rate));
}

void pod_start(struct sim *s, struct named_row *pod)
{
    struct json *runs = (struct json *)json_get(play_of(pod), "runs");
    if (json_count(runs) < RUNS_MAX) {
        struct json *run = json_new_object();
        (void)json_add_int(run, "from", sim_now(s));
        (void)json_push(runs, run);
        charge(pod, true);
    }
}

void pod_stop(struct sim *s, struct named_row *pod)
{
    if (is_on(pod)) {
        (void)json_add_int((struct json *)last_run(pod), "to", sim_now(s));
        charge(pod, false);
    }
}

struct named_row *pod_add(struct sim *s, struct json *take_fields, double rate)
{
    struct named_row *pod = calloc(1, sizeof *pod);
    struct json *play = json_new_object();
    if (pod == NULL || play == NULL || take_fields == NULL) {
        json_free(take_fields);
        json_free(play);
        free(pod);
        return NULL;
    }
    sim_id(s, pod->id, 14);
    pod->fields = take_fields;
    (void)json_add_num(play, "rate", rate);
    (void)json_add(play, "runs", json_new_array());
    (void)json_add(pod->fields, "_play", play);
    pod_start(s, pod);
    struct named_row **end = &s->runpod->pods;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = pod;
    return pod;
}

void pod_remove(struct sim *s, const char *id)
{
    struct named_row **at = &s->runpod->pods;
    while (*at != NULL && strcmp((*at)->id, id) != 0) {
        at = &(*at)->next;
    }
    struct named_row *gone = *at;
    if (gone != NULL) {
        *at = gone->next;
        json_free(gone->fields);
        free(gone);
    }
}

/* ---- state and money -------------------------------------------------------------------------------------- */

const char *pod_status(struct sim *s, const struct named_row *pod)
{
    if (!is_on(pod)) {
        return "EXITED";
    }
    int64_t age = sim_now(s) - started_at(pod);
    bool first = json_count(json_get(play_of(pod), "runs")) == 1;
    return first && age < PROVISIONING_MS ? "PROVISIONING"
           : age < STARTING_MS            ? "STARTING"
                                          : "RUNNING";
}

static const struct transition {
    const char *status;
    const char *actions[4];
} transitions[] = {
    {"PROVISIONING", {"stop", "terminate", NULL}},
    {"STARTING", {"stop", "restart", "terminate", NULL}},
    {"RUNNING", {"stop", "restart", "terminate", NULL}},
    {"EXITED", {"start", "terminate", NULL}},
};

static const char *const *actions_of(const char *status)
{
    static const char *const none[] = {NULL};
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        if (strcmp(transitions[i].status, status) == 0) {
            return transitions[i].actions;
        }
    }
    return none;
}

static bool locked(const struct named_row *pod)
{
    return json_bool(pod->fields, "locked", false);
}

bool pod_may(struct sim *s, const struct named_row *pod, const char *action)
{
    if (locked(pod) && strcmp(action, "start") != 0) {
        return false;
    }
    const char *const *a = actions_of(pod_status(s, pod));
    while (*a != NULL && strcmp(*a, action) != 0) {
        a++;
    }
    return *a != NULL;
}

double pod_rate(const struct named_row *pod)
{
    return is_on(pod) ? json_num(play_of(pod), "rate", 0) : 0;
}

double pod_cost(struct sim *s, const struct named_row *pod, int64_t from, int64_t to)
{
    double hours = 0;
    const struct json *run = json_first(json_get(play_of(pod), "runs"));
    for (; run != NULL; run = json_next(run)) {
        int64_t begin = json_int(run, "from", 0), end = json_int(run, "to", sim_now(s));
        begin = begin > from ? begin : from;
        end = end < to ? end : to;
        hours += end > begin ? (double)(end - begin) / 3600000.0 : 0;
    }
    return hours * json_num(play_of(pod), "rate", 0);
}

/* ---- showing ------------------------------------------------------------------------------------------------- */

static struct json *utilization(int64_t percent)
{
    struct json *out = json_new_object();
    (void)json_add_int(out, "util", percent);
    return out;
}

static struct json *runtime_view(struct sim *s, const struct named_row *pod)
{
    struct json *out = json_new_object(), *gpus = json_new_array();
    (void)json_add_int(out, "uptime", (sim_now(s) - started_at(pod) - STARTING_MS) / 1000);
    int64_t count = json_int(json_get(pod->fields, "gpu"), "count", 0);
    for (int64_t i = 0; i < count && i < 16; i++) {
        struct json *gpu = utilization(97);
        (void)json_add_int(gpu, "memoryUtil", 81);
        (void)json_push(gpus, gpu);
    }
    (void)json_add(out, "gpus", gpus);
    (void)json_add(out, "cpu", utilization(12));
    (void)json_add(out, "memory", utilization(34));
    (void)json_add(out, "ports", json_new_array());
    return out;
}

static void add_actions(struct sim *s, const struct named_row *pod, struct json *out)
{
    struct json *actions = json_new_array();
    for (const char *const *a = actions_of(pod_status(s, pod)); *a != NULL; a++) {
        if (pod_may(s, pod, *a)) {
            (void)json_push(actions, json_new_string(*a));
        }
    }
    (void)json_set(out, "actions", actions);
}

struct json *pod_view(struct sim *s, const struct named_row *pod)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", pod->id);
    for (const struct json *m = json_first(pod->fields); m != NULL; m = json_next(m)) {
        if (json_key(m)[0] != '_') {
            (void)json_add(out, json_key(m), json_dup(m));
        }
    }
    const char *status = pod_status(s, pod);
    (void)json_set(out, "status", json_new_string(status));
    add_actions(s, pod, out);
    (void)json_set(out, "cost", json_new_num(pod_rate(pod)));
    bool running = strcmp(status, "RUNNING") == 0;
    (void)json_set(out, "runtime", running ? runtime_view(s, pod) : json_new_null());
    json_remove(out, "startedAt");
    (void)add_time(out, "startedAt", started_at(pod));
    return out;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

struct pod_lines {
    struct log_ring ring[LOG_SOURCES];
    uint64_t seq;
};

static void add_line(struct pod_lines *lines, enum log_source source, int64_t at, const char *text)
{
    struct log_ring *ring = &lines->ring[source];
    if (ring->count == ring->cap) {
        size_t cap = ring->cap == 0 ? 64 : ring->cap * 2;
        struct log_entry *more =
            cap > LINES_MAX * 2 ? NULL : reallocarray(ring->entries, cap, sizeof *more);
        if (more == NULL) {
            return;
        }
        ring->entries = more;
        ring->cap = cap;
    }
    char *line = strdup(text);
    if (line != NULL) {
        ring->entries[ring->count++] = (struct log_entry){at, ++lines->seq, line};
    }
}

/* A start as the host tells it, spec §5. */
static void add_start(
    struct pod_lines *lines, const struct named_row *pod, int64_t from, int64_t now)
{
    static const struct {
        int64_t after_ms;
        const char *before, *behind;
    } steps[] = {
        {PROVISIONING_MS, "create container ", ""},
        {PROVISIONING_MS + 1000, "create container: still fetching image ", ""},
        {STARTING_MS, "start container for ", ": begin"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (from + steps[i].after_ms <= now) {
            char text[320];
            (void)snprintf(text, sizeof text, "%s%.200s%s", steps[i].before,
                json_str_or(pod->fields, "image", "image"), steps[i].behind);
            add_line(lines, LOG_SYSTEM, from + steps[i].after_ms, text);
        }
    }
}

static void add_scripted(
    struct pod_lines *lines, const struct named_row *pod, int64_t from, int64_t until)
{
    const struct json *l = json_first(json_get(pod->fields, "_logs"));
    for (; l != NULL; l = json_next(l)) {
        int64_t at = from + STARTING_MS + json_int(l, "after_s", 0) * 1000;
        bool system = strcmp(json_str_or(l, "source", "container"), "system") == 0;
        if (at <= until) {
            add_line(lines, system ? LOG_SYSTEM : LOG_CONTAINER, at, json_str_or(l, "line", ""));
        }
    }
}

struct pod_lines *pod_lines_new(struct sim *s, const char *id)
{
    const struct named_row *pod = pod_find(s, id);
    struct pod_lines *lines = pod == NULL ? NULL : calloc(1, sizeof *lines);
    if (lines == NULL) {
        return NULL;
    }
    int64_t now = sim_now(s);
    const struct json *run = json_first(json_get(play_of(pod), "runs"));
    for (; run != NULL; run = json_next(run)) {
        int64_t from = json_int(run, "from", 0), to = json_int(run, "to", now);
        add_start(lines, pod, from, to);
        add_scripted(lines, pod, from, to);
        if (json_get(run, "to") != NULL) {
            add_line(lines, LOG_SYSTEM, to, "stop container");
        }
    }
    return lines;
}

const struct log_ring *pod_lines_ring(const struct pod_lines *lines, enum log_source source)
{
    return &lines->ring[source];
}

void pod_lines_free(struct pod_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    for (int i = 0; i < LOG_SOURCES; i++) {
        for (size_t k = 0; k < lines->ring[i].count; k++) {
            free(lines->ring[i].entries[k].line);
        }
        free(lines->ring[i].entries);
    }
    free(lines);
}
