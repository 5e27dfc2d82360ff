/* A burst as a document: counts by outcome, quantiles and classes of each time, what it cost. Times are those
 * of requests that were completed. */
#include "app/burst.h"

static struct json *classes_json(const struct burst_times *t)
{
    struct json *list = json_new_array();
    for (int i = 0; i < BURST_CLASSES; i++) {
        if (t->classes[i] == 0)
            continue;
        struct json *row = json_new_object();
        json_add_int(row, "from_ms", burst_class_from(i));
        if (i + 1 < BURST_CLASSES)
            json_add_int(row, "below_ms", burst_class_from(i + 1));
        else
            json_add(row, "below_ms", json_new_null());
        json_add_int(row, "count", t->classes[i]);
        json_push(list, row);
    }
    return list;
}

static void add_ms(struct json *j, const char *key, int64_t ms)
{
    json_add(j, key, ms >= 0 ? json_new_int(ms) : json_new_null());
}

static struct json *times_json(const struct burst_times *t)
{
    struct json *j = json_new_object();
    json_add_int(j, "count", t->count);
    add_ms(j, "min_ms", t->least);
    add_ms(j, "p50_ms", t->p50);
    add_ms(j, "p95_ms", t->p95);
    add_ms(j, "p99_ms", t->p99);
    add_ms(j, "max_ms", t->most);
    json_add(j, "histogram", classes_json(t));
    return j;
}

static struct json *outcomes_json(const struct burst_report *r)
{
    struct json *j = json_new_object();
    for (enum request_status s = 0; s < REQUEST_STATUSES; s++)
        if (r->outcomes[s] > 0)
            json_add_int(j, request_status_word(s), r->outcomes[s]);
    return j;
}

struct json *burst_json(const struct burst_report *r)
{
    struct json *j = json_new_object(), *times = json_new_object();
    for (enum burst_time t = 0; t < BURST_TIMES; t++)
        json_add(times, burst_time_name(t), times_json(&r->times[t]));
    json_add_str(j, "schema", "slipway.burst/1");
    json_add_str(j, "route", burst_route_name(r->route));
    json_add_int(j, "count", r->count);
    json_add_int(j, "concurrency", r->at_once);
    json_add_int(j, "sent", r->sent);
    json_add_int(j, "ended", burst_ended(r));
    json_add(j, "outcomes", outcomes_json(r));
    json_add_int(j, "refused", r->refused);
    json_add(j, "times", times);
    add_ms(j, "tokens_in", r->tokens_in);
    add_ms(j, "tokens_out", r->tokens_out);
    json_add_int(j, "took_ms", r->took_ms);
    json_add_num(j, "requests_per_second", r->per_second);
    json_add_money(j, "estimated_cost", r->cost);
    json_add_int(j, "priced", r->priced);
    json_add_money(j, "estimated_cost_before_least", r->estimate.least);
    json_add_money(j, "estimated_cost_before_most", r->estimate.most);
    json_add_text(j, "newest_error", r->error);
    return j;
}
