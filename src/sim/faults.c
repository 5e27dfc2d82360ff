/* Fault rules: read once when they are posted, so that a mistake in a rule is answered at once and
 * matching needs no JSON. */
#include "sim/faults.h"

#include "sim/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS_MAX = 24 * 3600 * 1000, PLANE_ANY = -1 };

struct rule {
    struct json *json;         /* as posted */
    int plane;                 /* or PLANE_ANY */
    const char *method, *path; /* NULL = any; borrowed from json */
    const struct json *header; /* likewise */
    int64_t skip, times;
    struct fault fault; /* its rule is NULL here */
    int64_t matched, hits;
};

struct faults {
    struct rule rules[FAULT_RULES_MAX];
    size_t count;
    struct request_log *log;
};

static const char *const kind_names[] = {
    [FAULT_NONE] = NULL,
    [FAULT_DELAY] = "delay",
    [FAULT_STATUS] = "status",
    [FAULT_REDIRECT] = "redirect",
    [FAULT_RESET] = "reset",
    [FAULT_TRUNCATE] = "truncate",
    [FAULT_DRIP] = "drip",
    [FAULT_LOST] = "lost",
    [FAULT_HANG] = "hang",
    [FAULT_EXPIRED] = "expired",
};
enum { KINDS = sizeof kind_names / sizeof kind_names[0] };

const char *fault_kind_name(enum fault_kind k)
{
    return kind_names[k];
}

void fault_release(struct fault *f)
{
    json_free(f->rule);
    f->rule = NULL;
}

/* ---- life ---------------------------------------------------------------------------------------- */

struct faults *faults_new(void)
{
    struct faults *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->log = request_log_new();
    if (f->log)
        return f;
    free(f);
    return NULL;
}

void faults_remove_all(struct faults *f)
{
    for (size_t i = 0; i < f->count; i++)
        json_free(f->rules[i].json);
    f->count = 0;
}

void faults_clear(struct faults *f)
{
    faults_remove_all(f);
    request_log_clear(f->log);
}

void faults_free(struct faults *f)
{
    if (!f)
        return;
    faults_remove_all(f);
    request_log_free(f->log);
    free(f);
}

struct request_log *faults_requests(struct faults *f)
{
    return f->log;
}

/* ---- reading a rule ------------------------------------------------------------------------------ */

static const char *read_kind(struct rule *r)
{
    const char *name = json_str(r->json, "kind");
    for (int k = FAULT_NONE + 1; name && k < KINDS; k++) {
        if (strcmp(kind_names[k], name) == 0) {
            r->fault.kind = (enum fault_kind)k;
            return NULL;
        }
    }
    return "kind must be delay, status, redirect, reset, truncate, drip, lost, hang or expired";
}

static const char *read_plane(struct rule *r)
{
    static const char *const names[PLANES] = {"data", "control", "hub"};
    const struct json *plane = json_get(r->json, "plane");
    r->plane = PLANE_ANY;
    if (!plane)
        return NULL;
    for (int p = 0; p < PLANES; p++) {
        if (json_string(plane) && strcmp(names[p], json_string(plane)) == 0) {
            r->plane = p;
            return NULL;
        }
    }
    return "plane must be data, control or hub";
}

static bool is_string_or_absent(const struct json *j)
{
    return !j || json_kind(j) == JSON_STRING;
}

static bool is_object_of_strings(const struct json *j, bool null_too)
{
    if (!j)
        return true;
    if (json_kind(j) != JSON_OBJECT)
        return false;
    for (const struct json *m = json_first(j); m; m = json_next(m))
        if (json_kind(m) != JSON_STRING && !(null_too && json_kind(m) == JSON_NULL))
            return false;
    return true;
}

static const char *read_match(struct rule *r)
{
    r->method = json_str(r->json, "method");
    r->path = json_str(r->json, "path");
    r->header = json_get(r->json, "header");
    if (!is_string_or_absent(json_get(r->json, "method")))
        return "method must be a string";
    if (!is_string_or_absent(json_get(r->json, "path")))
        return "path must be a string";
    if (!is_object_of_strings(r->header, true))
        return "header must be an object of patterns (null = the header is absent)";
    return NULL;
}

/* Every number a rule may hold, with the value when it is absent. */
static const char *read_numbers(struct rule *r)
{
    bool redirect = r->fault.kind == FAULT_REDIRECT;
    int64_t status = 0;
    const struct number {
        const char *name;
        int64_t *to, fallback, least, most;
    } numbers[] = {
        {"skip", &r->skip, 0, 0, INT32_MAX},
        {"times", &r->times, 0, 0, INT32_MAX},
        {"delay_ms", &r->fault.delay_ms, 0, 0, WAIT_MS_MAX},
        {"ms", &r->fault.ms, 0, 0, WAIT_MS_MAX},
        {"after_bytes", &r->fault.after_bytes, 0, 0, INT64_C(1) << 50},
        {"chunk", &r->fault.chunk, 1, 1, INT64_C(1) << 30},
        {"fill", &r->fault.fill, 0, 0, INT64_C(1) << 50},
        {"status", &status, redirect ? 302 : 0, redirect ? 300 : 200, redirect ? 399 : 599},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const struct number *n = &numbers[i];
        const struct json *value = json_get(r->json, n->name);
        *n->to = n->fallback;
        if (!value)
            continue;
        double d = json_number(value, -1);
        if (json_kind(value) != JSON_NUMBER || d < (double)n->least || d > (double)n->most)
            return "a number in the rule is out of its range";
        *n->to = (int64_t)d;
    }
    r->fault.status = (int)status;
    return NULL;
}

static const char *check_kind(struct rule *r)
{
    const struct json *j = r->json;
    if (!is_object_of_strings(json_get(j, "headers"), false))
        return "headers must be an object of strings";
    if (r->fault.kind == FAULT_STATUS && r->fault.status == 0)
        return "a status fault needs a status from 200 to 599";
    if (r->fault.kind == FAULT_REDIRECT && !json_str(j, "location"))
        return "a redirect fault needs a location";
    if (r->fault.kind == FAULT_DELAY && !json_get(j, "ms"))
        return "a delay fault needs ms";
    if (r->fault.kind == FAULT_DELAY)
        r->fault.delay_ms += r->fault.ms;
    return NULL;
}

/* A misspelt key would make a rule that silently does something else. */
static const char *check_keys(struct rule *r)
{
    static const char *const known[] = {"plane", "method", "path", "header", "skip", "times",
        "kind", "delay_ms", "ms", "after_bytes", "chunk", "fill", "status", "headers", "body",
        "location"};
    for (const struct json *m = json_first(r->json); m; m = json_next(m)) {
        size_t i = 0, n = sizeof known / sizeof known[0];
        while (i < n && strcmp(known[i], json_key(m)) != 0)
            i++;
        if (i == n)
            return "the rule has a key that no rule has";
    }
    return NULL;
}

static const char *rule_read(struct rule *r, const struct json *json)
{
    static const char *(*const steps[])(struct rule *) = {
        check_keys, read_kind, read_plane, read_match, read_numbers, check_kind};
    memset(r, 0, sizeof *r);
    if (json_kind(json) != JSON_OBJECT)
        return "a rule is an object";
    r->json = json_dup(json);
    if (!r->json)
        return "out of memory";
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !wrong; i++)
        wrong = steps[i](r);
    if (wrong)
        json_free(r->json);
    return wrong;
}

static const char *add_one(struct faults *f, const struct json *json)
{
    if (f->count == FAULT_RULES_MAX)
        return "there are too many rules";
    const char *wrong = rule_read(&f->rules[f->count], json);
    if (!wrong)
        f->count++;
    return wrong;
}

const char *faults_add(struct faults *f, const struct json *rules)
{
    if (json_kind(rules) != JSON_ARRAY)
        return add_one(f, rules);
    size_t before = f->count;
    const char *wrong = NULL;
    for (const struct json *j = json_first(rules); j && !wrong; j = json_next(j))
        wrong = add_one(f, j);
    while (wrong && f->count > before)
        json_free(f->rules[--f->count].json);
    return wrong;
}

struct json *faults_list(const struct faults *f)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < f->count; i++) {
        struct json *j = json_dup(f->rules[i].json);
        json_add_int(j, "matched", f->rules[i].matched);
        json_add_int(j, "hits", f->rules[i].hits);
        json_push(list, j);
    }
    return list;
}

/* ---- matching ------------------------------------------------------------------------------------ */

bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL; /* the last '*' and where its run ends for now */
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool path_matches(const char *pattern, const struct request *r)
{
    return glob_match(pattern, strchr(pattern, '?') ? r->target : r->path);
}

static bool headers_match(const struct json *header, const struct request *r)
{
    for (const struct json *h = json_first(header); h; h = json_next(h)) {
        const char *value = request_header(r, json_key(h)), *pattern = json_string(h);
        if (!pattern ? value != NULL : !value || !glob_match(pattern, value))
            return false;
    }
    return true;
}

static bool rule_matches(const struct rule *rule, const struct request *r)
{
    return (rule->plane == PLANE_ANY || rule->plane == (int)r->plane) &&
           (!rule->method || strcmp(rule->method, r->method) == 0) &&
           (!rule->path || path_matches(rule->path, r)) && headers_match(rule->header, r);
}

/* Counts a matching request; true when it is one of those to hit. */
static bool rule_strikes(struct rule *rule)
{
    rule->matched++;
    if (rule->matched <= rule->skip || (rule->times > 0 && rule->hits == rule->times))
        return false;
    rule->hits++;
    return true;
}

struct fault faults_match(struct faults *f, const struct request *r)
{
    for (size_t i = 0; i < f->count; i++) {
        struct rule *rule = &f->rules[i];
        if (!rule_matches(rule, r) || !rule_strikes(rule))
            continue;
        struct fault hit = rule->fault;
        hit.rule = json_dup(rule->json);
        return hit;
    }
    return (struct fault){.kind = FAULT_NONE};
}
