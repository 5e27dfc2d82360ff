/* runpod_read: nothing here believes the answer. A member of the wrong kind counts as missing, a
 * number out of range is brought into it, an id that could not stand in a URL is none. What the
 * service leaves out is said to be unknown, never 0 where 0 would mean something. */
#include "client/runpod_read.h"

#include "base/clock.h"
#include "client/http_error.h"
#include "client/runpod.h"
#include "client/runpod_jobs.h"
#include "model/worker_image.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 512, CONTEXT_MAX = 1000 * 1000 * 1000 };

/* ---- values ------------------------------------------------------------------------------------ */

/* The end of the longest beginning of valid UTF-8 that has at most `max` bytes. */
static size_t cut_at(const char *s, size_t n, size_t max)
{
    if (n <= max)
        return n;
    while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80)
        max--;
    return max;
}

struct text runpod_text(
    struct arena *a, const void *bytes, size_t n, size_t max, enum text_mode mode)
{
    struct buf safe;
    struct text t = TEXT("");
    buf_init(&safe, n < SIZE_MAX / 8 ? n * 8 : SIZE_MAX); /* a TAB becomes up to 8 spaces */
    if (text_safe(&safe, bytes, n, mode) == 0)
        t = text_new(a, buf_str(&safe), cut_at(buf_str(&safe), safe.len, max), mode);
    buf_release(&safe);
    return t;
}

static struct text name_of(struct arena *a, const struct json *j, const char *key)
{
    const char *s = json_str_or(j, key, "");
    return runpod_text(a, s, strlen(s), NAME_MAX_BYTES, TEXT_LINE);
}

static int64_t ranged(const struct json *j, const char *key, int64_t most, int64_t fallback)
{
    int64_t v = json_int(j, key, fallback);
    return v < 0 ? fallback : v > most ? most : v;
}

static int small(const struct json *j, const char *key, int fallback)
{
    return (int)ranged(j, key, INT_MAX, fallback);
}

static int64_t time_of(const struct json *j, const char *key)
{
    int64_t ms = -1;
    const char *s = json_str(j, key);
    return s && clock_parse_rfc3339(s, &ms) == 0 ? ms : -1;
}

static void copy_id(char *out, size_t size, const char *id)
{
    if (runpod_id_ok(id) && strlen(id) < size)
        (void)snprintf(out, size, "%s", id);
    else
        out[0] = '\0';
}

/* ---- endpoints --------------------------------------------------------------------------------- */

/* Digits alone; anything else is not set. */
static int64_t context_of(const struct json *env)
{
    const char *s = json_str_or(env, "MAX_MODEL_LEN", "");
    size_t n = strspn(s, "0123456789");
    if (n == 0 || n > 10 || s[n] != '\0')
        return -1;
    long long v = strtoll(s, NULL, 10);
    return v > 0 && v <= CONTEXT_MAX ? v : -1;
}

/* A LoRA adapter beside its base model is what people want of the two; empty = there is none. */
static struct text adapter_of(struct arena *a, const struct json *env)
{
    const char *s = json_str_or(env, "LORA_MODULES", "");
    struct json *j = *s ? json_parse(s, strlen(s), NULL) : NULL;
    const char *name = json_str_or(j, "name", "");
    struct text t = runpod_text(a, name, strlen(name), NAME_MAX_BYTES, TEXT_LINE);
    json_free(j);
    return t;
}

/* Of several names that are served the first is the usual one (§7.5). */
static struct text served_of(struct arena *a, const struct json *env, struct text model)
{
    struct text adapter = adapter_of(a, env);
    if (adapter.len > 0)
        return adapter;
    const char *s = json_str_or(env, "OPENAI_SERVED_MODEL_NAME_OVERRIDE", "");
    s += strspn(s, " ");
    size_t n = strcspn(s, ",");
    while (n > 0 && s[n - 1] == ' ')
        n--;
    return n > 0 ? runpod_text(a, s, n, NAME_MAX_BYTES, TEXT_LINE) : model;
}

static void read_pools(const struct json *gpu, struct arena *a, struct endpoint *out)
{
    for (size_t i = 0; i < ENDPOINT_POOLS_MAX; i++)
        out->pools[i] = TEXT("");
    const struct json *j = json_first(json_get(gpu, "pools"));
    for (; j && out->pool_count < ENDPOINT_POOLS_MAX; j = json_next(j)) {
        const char *s = json_string(j);
        if (s)
            out->pools[out->pool_count++] = runpod_text(a, s, strlen(s), NAME_MAX_BYTES, TEXT_LINE);
    }
}

void runpod_read_endpoint(const struct json *j, struct arena *a, struct endpoint *out)
{
    const struct json *env = json_get(j, "env"), *gpu = json_get(j, "gpu");
    const struct json *workers = json_get(j, "workers");
    *out = (struct endpoint){
        .name = name_of(a, j, "name"),
        .image = name_of(a, j, "image"),
        .model = name_of(a, env, "MODEL_NAME"),
        .revision = name_of(a, env, "MODEL_REVISION"),
        .gpu_count = json_kind(gpu) == JSON_OBJECT ? small(gpu, "count", 1) : 0,
        .context_length = context_of(env),
        .workers_min = small(workers, "min", 0),
        .workers_max = small(workers, "max", 0),
        .idle_s = small(workers, "idleTimeout", 0),
        .version = small(j, "version", -1),
        .load_balancer = strcmp(json_str_or(j, "type", ""), "LOAD_BALANCER") == 0,
        .created_ms = time_of(j, "createdAt"),
    };
    copy_id(out->id, sizeof out->id, json_str(j, "id"));
    out->served = served_of(a, env, out->model);
    read_pools(gpu, a, out);
}

/* ---- workers and health ------------------------------------------------------------------------ */

static void read_worker(const struct json *j, struct arena *a, struct worker *out)
{
    *out = (struct worker){
        .status = worker_status_of(json_str_or(j, "status", "")),
        .word = name_of(a, j, "status"),
        .gpu = name_of(a, j, "gpuTypeId"),
        .data_center = name_of(a, j, "dataCenterId"),
        .image = name_of(a, j, "image"),
        .gpu_count = small(j, "gpuCount", 0),
        .version = small(j, "version", -1),
        .stale = json_bool(j, "isStale", false),
        .uptime_s = ranged(j, "uptimeSeconds", INT_MAX, -1),
        .started_ms = time_of(j, "startedAt"),
    };
    copy_id(out->id, sizeof out->id, json_str(j, "id"));
}

int runpod_read_workers(
    const struct json *j, struct arena *a, struct worker_page *out, struct err *e)
{
    const struct json *list = json_get(j, "workers");
    *out = (struct worker_page){.version = small(j, "endpointVersion", -1)};
    if (json_kind(list) != JSON_ARRAY)
        return err_set(e, ERR_REMOTE, 0, "the answer has no list of workers");
    out->workers = arena_array(a, json_count(list), sizeof *out->workers);
    if (!out->workers)
        return err_set(e, ERR_IO, 0, "no room for a list of %zu workers", json_count(list));
    for (const struct json *w = json_first(list); w; w = json_next(w))
        read_worker(w, a, &out->workers[out->count++]);
    return 0;
}

int runpod_read_health(const struct json *j, struct health *out, struct err *e)
{
    const struct json *jobs = json_get(j, "jobs"), *workers = json_get(j, "workers");
    if (json_kind(jobs) != JSON_OBJECT && json_kind(workers) != JSON_OBJECT)
        return err_set(e, ERR_REMOTE, 0, "the answer says nothing about jobs or workers");
    *out = (struct health){
        .completed = ranged(jobs, "completed", INT64_MAX, 0),
        .failed = ranged(jobs, "failed", INT64_MAX, 0),
        .in_progress = ranged(jobs, "inProgress", INT64_MAX, 0),
        .in_queue = ranged(jobs, "inQueue", INT64_MAX, 0),
        .retried = ranged(jobs, "retried", INT64_MAX, 0),
        .idle = ranged(workers, "idle", INT64_MAX, 0),
        .initializing = ranged(workers, "initializing", INT64_MAX, 0),
        .ready = ranged(workers, "ready", INT64_MAX, 0),
        .running = ranged(workers, "running", INT64_MAX, 0),
        .throttled = ranged(workers, "throttled", INT64_MAX, 0),
        .unhealthy = ranged(workers, "unhealthy", INT64_MAX, 0),
    };
    return 0;
}

/* ---- catalog and account ----------------------------------------------------------------------- */

static enum stock stock_of(const char *word)
{
    static const char *const words[] = {[STOCK_NONE] = "NONE",
        [STOCK_LOW] = "LOW",
        [STOCK_MEDIUM] = "MEDIUM",
        [STOCK_HIGH] = "HIGH"};
    for (int i = STOCK_NONE; i <= STOCK_HIGH; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum stock)i;
    return STOCK_UNKNOWN;
}

/* NAN unless it is a number that money can be. */
static double money(const struct json *j, const char *key)
{
    double v = json_num(j, key, NAN);
    return isfinite(v) ? v : NAN;
}

static double price(const struct json *j, const char *key)
{
    double v = money(j, key);
    return v >= 0 ? v : NAN;
}

/* The newest of {"version","available"} that is there. */
static int newest_cuda(const struct json *versions)
{
    int newest = 0;
    for (const struct json *i = json_first(versions); i; i = json_next(i)) {
        int cuda = worker_cuda_number(json_str(i, "version"));
        if (cuda > newest && json_bool(i, "available", false))
            newest = cuda;
    }
    return newest;
}

void runpod_read_gpu(const struct json *j, struct arena *a, struct gpu *out)
{
    *out = (struct gpu){
        .id = name_of(a, j, "id"),
        .name = name_of(a, j, "name"),
        .pool = name_of(a, j, "pool"),
        .memory_gb = small(j, "memory", 0),
        .price_hour = price(json_get(j, "price"), "serverless"),
        .stock = stock_of(json_str_or(j, "availability", "")),
        .cuda = newest_cuda(json_get(j, "cudaVersions")),
    };
}

/* The first sentence in `errors`. */
static int account_refused(const struct json *j, struct err *e)
{
    struct buf body, sentence;
    buf_init(&body, 256 * 1024);
    buf_init(&sentence, 512);
    if (json_print(json_get(j, "errors"), &body) ||
        !http_error_sentence(buf_str(&body), body.len, "application/json", &sentence))
        (void)buf_str_append(&sentence, "RunPod does not say why");
    err_set(e, ERR_REMOTE, 0, "read the account: %s", buf_str(&sentence));
    buf_release(&body);
    buf_release(&sentence);
    return -1;
}

int runpod_read_account(
    const struct json *j, struct arena *a, struct account *out, struct text *email, struct err *e)
{
    const struct json *errors = json_get(j, "errors");
    const struct json *myself = json_get(json_get(j, "data"), "myself");
    if (json_kind(errors) == JSON_ARRAY ? json_count(errors) > 0 : json_kind(errors) > JSON_NULL)
        return account_refused(j, e);
    if (json_kind(myself) != JSON_OBJECT) {
        err_set(e, ERR_AUTH, 0, "read the account: RunPod does not say whose key this is");
        return err_hint(e, "check the key in RUNPOD_API_KEY: slipway doctor");
    }
    *out = (struct account){.balance = money(myself, "clientBalance"),
        .spend_hour = price(myself, "currentSpendPerHr"),
        .spend_limit = price(myself, "spendLimit")};
    if (email)
        *email = name_of(a, myself, "email");
    return 0;
}

/* ---- jobs -------------------------------------------------------------------------------------- */

/* A string as it is, anything else as JSON; nothing for null. */
static struct text value_text(struct arena *a, const struct json *j)
{
    const char *s = json_string(j);
    if (s || json_kind(j) <= JSON_NULL)
        return runpod_text(a, s ? s : "", s ? strlen(s) : 0, REQUEST_TEXT_MAX, TEXT_BLOCK);
    struct buf printed;
    struct text t = TEXT("");
    buf_init(&printed, JSON_BYTES_MAX);
    if (json_print(j, &printed) == 0)
        t = runpod_text(a, buf_str(&printed), printed.len, REQUEST_TEXT_MAX, TEXT_BLOCK);
    buf_release(&printed);
    return t;
}

static void read_output(const struct json *output, struct arena *a, struct request *q)
{
    struct worker_output said;
    runpod_output_read(output, a, &said);
    q->output = said.answer.len > 0 ? said.answer : value_text(a, output);
    q->tokens_in = said.tokens_in;
    q->tokens_out = said.tokens_out;
}

int runpod_read_job(const struct json *j, struct arena *a, struct request *q, struct err *e)
{
    if (json_kind(j) != JSON_OBJECT)
        return err_set(e, ERR_REMOTE, 0, "the answer is no job");
    q->status = request_status_of(json_str(j, "status"));
    q->delay_ms = ranged(j, "delayTime", INT64_MAX, q->delay_ms);
    q->execution_ms = ranged(j, "executionTime", INT64_MAX, q->execution_ms);
    q->retries = small(j, "retries", q->retries);
    if (runpod_id_ok(json_str(j, "workerId")))
        copy_id(q->worker_id, sizeof q->worker_id, json_str(j, "workerId"));
    if (json_kind(json_get(j, "output")) > JSON_NULL)
        read_output(json_get(j, "output"), a, q);
    if (json_kind(json_get(j, "error")) > JSON_NULL)
        q->error = value_text(a, json_get(j, "error"));
    return 0;
}
