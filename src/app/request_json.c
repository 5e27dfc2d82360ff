#include "app/requests.h"
#include "model/request_error.h"

static void add_count(struct json *j, const char *key, int64_t n)
{
    json_add(j, key, n >= 0 ? json_new_int(n) : json_new_null());
}

static void add_time(struct json *j, const char *key, int64_t wall_ms)
{
    char at[CLOCK_RFC3339_MAX];
    if (wall_ms >= 0)
        clock_rfc3339(at, wall_ms, 1);
    json_add_str(j, key, wall_ms >= 0 ? at : NULL);
}

/* What the error says in one line, and all of it where it is JSON. */
static void add_error(struct json *j, const struct request *q)
{
    struct arena *a = arena_new(64 * 1024);
    struct text why = a ? request_error_line(a, q->error) : TEXT("");
    struct json *detail = request_error_json(q->error);
    json_add_text(j, "error", q->error);
    json_add(j, "why", why.len > 0 ? json_new_string(why.s) : json_new_null());
    json_add(j, "error_detail", detail ? detail : json_new_null());
    arena_free(a);
}

static int64_t picked_up_ms(const struct request *q)
{
    bool known = !q->listed && q->submitted_ms >= 0 && q->delay_ms >= 0 && q->retries == 0;
    return known && q->delay_ms < INT64_MAX - q->submitted_ms ? q->submitted_ms + q->delay_ms : -1;
}

struct json *request_json(const struct request *q)
{
    struct json *j = json_new_object();
    json_add_str(j, "id", q->id);
    json_add_str(j, "job_id", q->job_id[0] ? q->job_id : NULL);
    json_add_str(j, "endpoint_id", q->endpoint_id);
    json_add_text(j, "model", q->model);
    json_add_str(j, "route", q->route == REQUEST_ROUTE_OPENAI ? "openai" : "run");
    json_add_str(j, "status", request_status_word(q->status));
    add_time(j, "submitted_at", q->submitted_ms);
    add_time(j, "picked_up_at", picked_up_ms(q));
    add_time(j, "ended_at", q->ended_ms);
    add_time(j, "seen_at", q->seen_ms);
    json_add_bool(j, "listed", q->listed);
    add_count(j, "delay_ms", q->delay_ms);
    add_count(j, "execution_ms", q->execution_ms);
    add_count(j, "first_token_ms", q->first_token_ms);
    add_count(j, "tokens_in", q->tokens_in);
    add_count(j, "tokens_out", q->tokens_out);
    json_add_int(j, "retries", q->retries);
    json_add_str(j, "worker_id", q->worker_id[0] ? q->worker_id : NULL);
    json_add_text(j, "gpu", q->gpu);
    json_add_money(j, "price_hour", q->price_hour);
    json_add_money(j, "estimated_cost", q->cost);
    json_add_text(j, "input", q->input);
    json_add_text(j, "output", q->output);
    add_error(j, q);
    return j;
}
