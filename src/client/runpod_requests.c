/* runpod_requests: the undocumented list of an endpoint's requests (spec/runpod.md §2.1). Scripts know it as
 * {"requests":[{"id","status",…}]}; since nobody has promised that, all that could be a list of jobs is read as
 * one: the list itself, under any of the usual names, one level down in "data" or "output", an object whose
 * keys are the ids, bare ids. Times are taken as RFC 3339, or as numbers that can only be seconds or
 * milliseconds of this century.
 *
 * Outputs are not read here: a list of a thousand would be as large as its jobs. */
#include "client/runpod_internal.h"
#include "client/runpod_read.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { REQUESTS_LISTED_MAX = 2000, DEPTH_MAX = 3 };

static const char *first_str(const struct json *j, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_str(j, keys[i]))
            return json_str(j, keys[i]);
    return NULL;
}
#define FIRST_STR(j, keys) first_str(j, keys, sizeof(keys) / sizeof *(keys))

/* ---- one job ------------------------------------------------------------------------------------- */

static int64_t time_of(const struct json *j)
{
    static const double least_s = 946684800, most_s = 4102444800; /* 2000 to 2100 */
    int64_t ms = -1;
    const char *s = json_string(j);
    double v = json_number(j, NAN);
    if (s)
        return clock_parse_rfc3339(s, &ms) == 0 ? ms : -1;
    if (v >= least_s && v < most_s)
        return (int64_t)(v * 1000);
    return v >= least_s * 1000 && v < most_s * 1000 ? (int64_t)v : -1;
}

static int64_t first_time(const struct json *j, const char *const *keys, size_t n)
{
    int64_t ms = -1;
    for (size_t i = 0; i < n && ms < 0; i++)
        ms = time_of(json_get(j, keys[i]));
    return ms;
}
#define FIRST_TIME(j, keys) first_time(j, keys, sizeof(keys) / sizeof *(keys))

static int64_t span_of(const struct json *j, const char *key)
{
    const int64_t most = INT64_C(7) * 24 * 3600 * 1000; /* §2.2: no request lives longer */
    int64_t ms = json_int(j, key, -1);
    return ms >= 0 && ms <= most ? ms : -1;
}

/* A list need not say how it went: then it is not known to be over. */
static enum request_status status_of(const struct json *j)
{
    static const char *const keys[] = {"status", "state"};
    char upper[32];
    const char *s = FIRST_STR(j, keys);
    size_t n = 0;
    for (; s && s[n] && n + 1 < sizeof upper; n++)
        upper[n] = (char)(s[n] >= 'a' && s[n] <= 'z' ? s[n] - 32 : s[n] == ' ' ? '_' : s[n]);
    upper[n] = '\0';
    return n > 0 ? request_status_of(upper) : REQUEST_IN_PROGRESS;
}

static void copy_id(char *out, size_t size, const char *id)
{
    bool good = runpod_id_ok(id) && strlen(id) < size;
    (void)snprintf(out, size, "%s", good ? id : "");
}

static void read_members(const struct json *j, struct request *q)
{
    static const char *const begins[] = {
        "createdAt", "created_at", "submittedAt", "queuedAt", "enqueuedAt", "created", "timestamp"};
    static const char *const ends[] = {"completedAt", "completed_at", "finishedAt", "endedAt"};
    static const char *const workers[] = {"workerId", "worker_id", "podId"};
    q->submitted_ms = FIRST_TIME(j, begins);
    q->ended_ms = request_is_final(q->status) ? FIRST_TIME(j, ends) : -1;
    q->delay_ms = span_of(j, "delayTime");
    q->execution_ms = span_of(j, "executionTime");
    q->retries = (int)(json_int(j, "retries", 0) > 0 && json_int(j, "retries", 0) < 1000
                           ? json_int(j, "retries", 0)
                           : 0);
    copy_id(q->worker_id, sizeof q->worker_id, FIRST_STR(j, workers));
}

/* ---- the list ------------------------------------------------------------------------------------ */

struct walk {
    struct runpod_rows rows;
    const char *endpoint_id;
};

static bool is_there(const struct walk *w, const char *job_id)
{
    const struct request *rows = (const struct request *)(const void *)w->rows.bytes.data;
    size_t n = w->rows.bytes.len / sizeof *rows;
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].job_id, job_id) == 0)
            return true;
    return false;
}

/* `key`: the id where the job itself does not say it; may be NULL. */
static void add_job(struct walk *w, const struct json *j, const char *key)
{
    static const char *const ids[] = {"id", "jobId", "job_id", "requestId", "request_id"};
    const char *id = json_string(j) ? json_string(j) : FIRST_STR(j, ids);
    id = id ? id : key;
    if (!runpod_id_ok(id) || w->rows.bytes.len / sizeof(struct request) >= REQUESTS_LISTED_MAX ||
        is_there(w, id))
        return;
    struct request *q = runpod_rows_add(&w->rows);
    if (!q)
        return;
    request_init(q);
    q->listed = true;
    q->status = status_of(j);
    copy_id(q->job_id, sizeof q->job_id, id);
    (void)snprintf(q->endpoint_id, sizeof q->endpoint_id, "%s", w->endpoint_id);
    request_listed_id(w->endpoint_id, q->job_id, q->id);
    read_members(j, q);
}

static bool is_job(const struct json *j)
{
    return json_kind(j) == JSON_OBJECT && (json_str(j, "status") || json_str(j, "state"));
}

static bool walk(struct walk *w, const struct json *j, int depth)
{
    static const char *const names[] = {
        "requests", "jobs", "items", "results", "data", "output", "inQueue", "inProgress"};
    bool found = false;
    if (json_kind(j) == JSON_ARRAY) {
        for (const struct json *i = json_first(j); i; i = json_next(i))
            add_job(w, i, NULL);
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names && depth < DEPTH_MAX; i++)
        if (json_kind(json_get(j, names[i])) >= JSON_ARRAY)
            found = walk(w, json_get(j, names[i]), depth + 1) || found;
    for (const struct json *i = found ? NULL : json_first(j); i; i = json_next(i))
        if (is_job(i)) {
            add_job(w, i, json_key(i));
            found = true;
        }
    return found || (json_kind(j) == JSON_OBJECT && depth > 0 && json_count(j) == 0);
}

int runpod_read_requests(const struct json *j, const char *endpoint_id, struct arena *a,
    struct request **out, size_t *n, struct err *e)
{
    struct walk w = {.endpoint_id = endpoint_id};
    void *rows;
    *out = NULL;
    *n = 0;
    if (json_kind(j) < JSON_ARRAY)
        return err_set(e, ERR_REMOTE, 0, "the answer is no list of requests");
    runpod_rows_init(&w.rows, sizeof(struct request));
    int failed = 0;
    if (!walk(&w, j, 0) && json_count(j) > 0)
        failed = err_set(e, ERR_REMOTE, 0, "the answer is no list of requests");
    if (!failed && (failed = runpod_rows_take(&w.rows, a, &rows, n, e)) == 0)
        *out = rows;
    runpod_rows_release(&w.rows);
    return failed;
}
