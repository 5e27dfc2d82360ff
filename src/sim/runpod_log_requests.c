/* runpod_log_requests: what containers print about requests.
 *
 * The SDK writes one JSON object a line (spec/runpod.md §5), vllm its access lines and, while it
 * has something to do, statistics every ten seconds. */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STATS_MS = 10 * SECOND };

/* message must need no escaping. */
void log_sdk(struct worker *w, const char *request_id, const char *level, const char *message)
{
    char line[512];
    if (request_id)
        (void)snprintf(line, sizeof line,
            "{\"requestId\": \"%s\", \"message\": \"%s\", \"level\": \"%s\"}", request_id, message,
            level);
    else
        (void)snprintf(line, sizeof line,
            "{\"requestId\": null, \"message\": \"%s\", \"level\": \"%s\"}", message, level);
    log_add(w, LOG_CONTAINER, line);
}

static bool is_vllm(const struct worker *w)
{
    return generation_is_vllm((enum generation)w->generation);
}

void log_request_started(struct worker *w, const struct job *j)
{
    char text[64];
    if (j->end == END_REJECTED) {
        log_sdk(w, NULL, "ERROR",
            "Failed to get job. | Error Type: Exception | Error Message: Job has missing "
            "field(s): id or input.");
        return;
    }
    log_sdk(w, NULL, "INFO", "Jobs in queue: 1");
    (void)snprintf(text, sizeof text, "Jobs in progress: %zu", w->jobs.count);
    log_sdk(w, NULL, "INFO", text);
    if (!is_vllm(w))
        log_sdk(w, j->id, "INFO", "Started.");
    else if (w->stats_at == NEVER)
        w->stats_at = w->endpoint->world->advanced_to + STATS_MS;
}

/* The error object that the SDK made, as it prints it. */
static void log_exception(struct worker *w, const struct job *j)
{
    log_sdk(w, j->id, "ERROR", "Captured Handler Exception");
    struct json *line = json_new_object();
    struct buf b;
    buf_init(&b, 64 * 1024);
    (void)json_add(line, "requestId", json_new_null());
    (void)json_add_str(line, "message", j->error);
    (void)json_add_str(line, "level", "ERROR");
    if (json_print(line, &b) == 0)
        log_add(w, LOG_CONTAINER, buf_str(&b));
    buf_release(&b);
    json_free(line);
}

static void log_access(struct worker *w, const struct job *j)
{
    struct answer a;
    answer_measure(w->endpoint, j->input, &a);
    unsigned port = 32768 + (unsigned)(text_hash(j->id) % 28000);
    log_printf(w, LOG_CONTAINER,
        "(APIServer pid=27) INFO:     127.0.0.1:%u - \"%s %s HTTP/1.1\" %s", port,
        strcmp(a.route, "/v1/models") == 0 ? "GET" : "POST", a.route,
        j->error ? "400 Bad Request" : "200 OK");
}

void log_request_ended(struct worker *w, const struct job *j)
{
    if (j->end == END_REJECTED)
        return;
    if (w->generation == IMAGE_VLLM_B)
        log_access(w, j);
    if (is_vllm(w))
        log_sdk(w, NULL, "INFO", "Finished running generator.");
    else if (j->error && j->error[0] == '{')
        log_exception(w, j);
    log_sdk(w, j->id, "INFO", "Finished.");
}

static void print_stats(struct worker *w, double in, double out, double cache)
{
    int64_t now = w->endpoint->world->advanced_to;
    time_t s = (time_t)(now / SECOND);
    struct tm t = {0};
    (void)gmtime_r(&s, &t);
    char stamp[40];
    (void)snprintf(stamp, sizeof stamp, "%02d-%02d %02d:%02d:%02d", t.tm_mon + 1, t.tm_mday,
        t.tm_hour, t.tm_min, t.tm_sec);
    if (w->generation == IMAGE_VLLM_2023)
        log_printf(w, LOG_CONTAINER,
            "INFO %s llm_engine.py:706] Avg prompt throughput: %.1f tokens/s, Avg generation "
            "throughput: %.1f tokens/s, Running: %zu reqs, Swapped: 0 reqs, Pending: 0 reqs, GPU "
            "KV cache usage: %.1f%%, CPU KV cache usage: 0.0%%",
            stamp, in, out, w->jobs.count, cache);
    else
        log_printf(w, LOG_CONTAINER,
            "%sINFO %s [loggers.py:257] Engine 000: Avg prompt throughput: %.1f tokens/s, Avg "
            "generation throughput: %.1f tokens/s, Running: %zu reqs, Waiting: 0 reqs, GPU KV "
            "cache usage: %.1f%%, Prefix cache hit rate: %.1f%%",
            w->generation == IMAGE_VLLM_B ? "(APIServer pid=27) " : "", stamp, in, out,
            w->jobs.count, cache, 31.4);
}

void log_stats(struct worker *w)
{
    int64_t held = 0;
    for (const struct job *j = w->jobs.first; j; j = j->lane_next)
        held += j->tokens_in + j->tokens_out / 2;
    double cache = w->kv_tokens > 0 ? 100.0 * (double)held / (double)w->kv_tokens : 0;
    bool busy = w->jobs.count > 0 || w->tokens_out > 0;
    print_stats(
        w, (double)w->tokens_in / 10, (double)w->tokens_out / 10, cache > 100 ? 100 : cache);
    w->tokens_in = w->tokens_out = 0;
    w->stats_at = busy ? w->endpoint->world->advanced_to + STATS_MS : NEVER;
}
