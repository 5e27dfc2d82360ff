/* runpod_rest_billing: /v2/billing… (spec/runpod.md §4.6).
 *
 * Every route is the same walk: read the window, gather rows (an owner's cost in one bucket), sort
 * them by time, show them and their sum. What differs is who the owners are and what the amounts are
 * called: struct product. Serverless costs come from the physics in hours; pods are asked per bucket.
 * The stand-in has no public endpoints, no clusters and free storage, so those lists stay empty. */
#include "base/clock.h"
#include "sim/buckets.h"
#include "sim/runpod_http.h"
#include "sim/runpod_pods.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_MAX = 20000, LAST_N_MAX = 10000, ROWS_MAX = 200000 };

enum amount { GPU, CPU, DISK, POD_GPU, POD_CPU, AMOUNTS };

struct window {
    enum bucket_size size;
    int64_t from, to;
};

struct row {
    int64_t start;
    const char *owner; /* borrowed; "" in the total of all products */
    double amounts[AMOUNTS];
};

struct rows {
    struct row *rows;
    size_t count, cap;
};

/* ---- the window ------------------------------------------------------------------------------------------ */

static bool invalid(struct reply *p, const char *where, const char *text)
{
    struct json *errors = json_new_array();
    schema_error(errors, where, "%s", text);
    rest_invalid(p, errors);
    return false;
}

static bool read_time(
    struct request *r, struct reply *p, const char *name, int64_t fallback, int64_t *out)
{
    const char *text = request_query(r, name);
    *out = fallback;
    return text == NULL || clock_parse_rfc3339(text, out) == 0 ||
           invalid(p, name, "must be an RFC 3339 time");
}

static bool last_n(struct request *r, struct reply *p, int64_t now, struct window *w)
{
    int64_t n = request_query_int(r, "lastN", 0);
    if (request_query(r, "startTime") != NULL || request_query(r, "endTime") != NULL) {
        runpod_control_error(p, 400, "lastN and startTime/endTime are mutually exclusive");
        return false;
    }
    if (n < 1 || n > LAST_N_MAX) {
        return invalid(p, "lastN", "minimum: got less than 1, or too large");
    }
    int64_t running = bucket_start(w->size, now);
    w->to = bucket_add(w->size, running, 1);
    w->from = bucket_add(w->size, running, 1 - (int)n);
    return true;
}

/* False when it has answered 400 or 422. */
static bool window_read(struct sim *s, struct request *r, struct reply *p, struct window *w)
{
    const char *size = request_query(r, "bucketSize");
    int64_t now = sim_now(s);
    w->size = BUCKET_DAY;
    if (size != NULL && !bucket_size_read(size, &w->size)) {
        return invalid(
            p, "bucketSize", "value must be one of 'hour', 'day', 'week', 'month', 'year'");
    }
    if (request_query(r, "lastN") != NULL) {
        return last_n(r, p, now, w);
    }
    if (!read_time(r, p, "startTime", now - INT64_C(30) * 24 * 3600 * 1000, &w->from) ||
        !read_time(r, p, "endTime", now, &w->to)) {
        return false;
    }
    if (w->from > w->to) {
        runpod_control_error(p, 400, "startTime must not be after endTime");
        return false;
    }
    w->from = bucket_start(w->size, w->from);
    int64_t last = bucket_start(w->size, w->to);
    w->to = last == w->to ? last : bucket_add(w->size, last, 1);
    if ((w->to - w->from) / (3600 * 1000) > BUCKETS_MAX * (w->size == BUCKET_HOUR ? 1 : 24)) {
        return invalid(p, "startTime", "the window holds too many buckets");
    }
    return true;
}

/* ---- gathering -------------------------------------------------------------------------------------------- */

/* The row of that owner and bucket, made when it is not the last one already. */
static struct row *row_of(struct rows *rows, int64_t start, const char *owner)
{
    struct row *last = rows->count == 0 ? NULL : &rows->rows[rows->count - 1];
    if (last != NULL && last->start == start && strcmp(last->owner, owner) == 0) {
        return last;
    }
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 64 : rows->cap * 2;
        struct row *more = cap > ROWS_MAX ? NULL : reallocarray(rows->rows, cap, sizeof *more);
        if (more == NULL) {
            return NULL;
        }
        rows->rows = more;
        rows->cap = cap;
    }
    struct row *fresh = &rows->rows[rows->count++];
    memset(fresh, 0, sizeof *fresh);
    fresh->start = start;
    fresh->owner = owner;
    return fresh;
}

static void gather_endpoint(
    struct sim *s, const struct endpoint *e, const struct window *w, struct rows *rows)
{
    size_t max = e->bill_count + 1;
    struct bill_bucket *hours = calloc(max, sizeof *hours);
    size_t n = hours == NULL ? 0 : endpoint_bills(s, e, w->from, w->to, hours, max);
    for (size_t i = 0; i < n; i++) {
        if (hours[i].gpu <= 0 && hours[i].disk <= 0) {
            continue;
        }
        struct row *row = row_of(rows, bucket_start(w->size, hours[i].start), e->id);
        if (row != NULL) {
            row->amounts[e->cpu == NULL ? GPU : CPU] += hours[i].gpu;
            row->amounts[DISK] += hours[i].disk;
        }
    }
    free(hours);
}

static void gather_serverless(
    struct sim *s, struct request *r, const struct window *w, const char *only, struct rows *rows)
{
    for (const struct endpoint *e = s->runpod->endpoints; e != NULL; e = e->next) {
        if (request_may_see(s, r, e->id) && (only == NULL || strcmp(only, e->id) == 0)) {
            gather_endpoint(s, e, w, rows);
        }
    }
}

static void gather_pods(
    struct sim *s, struct request *r, const struct window *w, const char *only, struct rows *rows)
{
    (void)r;
    for (const struct named_row *pod = pod_first(s); pod != NULL; pod = pod->next) {
        if (only != NULL && strcmp(only, pod->id) != 0) {
            continue;
        }
        for (int64_t at = w->from; at < w->to; at = bucket_add(w->size, at, 1)) {
            double cost = pod_cost(s, pod, at, bucket_add(w->size, at, 1));
            struct row *row = cost > 0 ? row_of(rows, at, pod->id) : NULL;
            if (row != NULL) {
                row->amounts[json_get(pod->fields, "gpu") != NULL ? POD_GPU : POD_CPU] += cost;
            }
        }
    }
}

static void gather_nothing(
    struct sim *s, struct request *r, const struct window *w, const char *only, struct rows *rows)
{
    (void)s;
    (void)r;
    (void)w;
    (void)only;
    (void)rows;
}

static void gather_all(
    struct sim *s, struct request *r, const struct window *w, const char *only, struct rows *rows)
{
    gather_serverless(s, r, w, only, rows);
    gather_pods(s, r, w, only, rows);
}

/* ---- showing ------------------------------------------------------------------------------------------------- */

struct amount_name {
    const char *name;
    int amount; /* -1 = always 0 */
};

static const struct product {
    void (*gather)(
        struct sim *, struct request *, const struct window *, const char *only, struct rows *);
    const char *owner;  /* query parameter and member of a record; NULL = none */
    const char *unique; /* member of metadata; NULL = none */
    struct amount_name amounts[15];
} serverless = {gather_serverless, "serverlessId", "uniqueServerlessCount",
    {{"gpuAmount", GPU}, {"cpuAmount", CPU}, {"diskAmount", DISK}, {"feeAmount", -1}}},
  pods = {gather_pods, "podId", "uniquePodCount",
      {{"gpuAmount", POD_GPU}, {"cpuAmount", POD_CPU}, {"diskAmount", -1}}},
  public_endpoints = {gather_nothing, NULL, NULL, {{NULL, 0}}},
  volumes = {gather_nothing, "networkVolumeId", "uniqueNetworkVolumeCount",
      {{"standardAmount", -1}, {"highPerformanceAmount", -1}}},
  clusters = {gather_nothing, "clusterId", "uniqueClusterCount",
      {{"gpuAmount", -1}, {"diskAmount", -1}, {"networkingAmount", -1}}},
  everything = {gather_all, NULL, NULL,
      {{"podGpuAmount", POD_GPU}, {"podCpuAmount", POD_CPU}, {"podDiskAmount", -1},
          {"serverlessGpuAmount", GPU}, {"serverlessCpuAmount", CPU},
          {"serverlessDiskAmount", DISK}, {"serverlessFeeAmount", -1},
          {"storageStandardAmount", -1}, {"storageHighPerformanceAmount", -1},
          {"endpointAmount", -1}, {"clusterGpuAmount", -1}, {"clusterDiskAmount", -1},
          {"clusterNetworkingAmount", -1}}};

static void add_amounts(
    struct json *out, const struct product *product, const double amounts[AMOUNTS])
{
    double total = 0;
    for (int i = 0; i < AMOUNTS; i++) {
        total += amounts[i];
    }
    (void)json_add_num(out, "totalAmount", total);
    for (const struct amount_name *a = product->amounts; a->name != NULL; a++) {
        (void)json_add_num(out, a->name, a->amount < 0 ? 0 : amounts[a->amount]);
    }
}

static int by_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : strcmp(x->owner, y->owner);
}

/* Rows of one bucket become one: for the product that does not tell owners apart. */
static void fold(struct rows *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct row *into = kept == 0 ? NULL : &rows->rows[kept - 1];
        if (into == NULL || into->start != rows->rows[i].start) {
            rows->rows[kept++] = rows->rows[i];
            continue;
        }
        for (int a = 0; a < AMOUNTS; a++) {
            into->amounts[a] += rows->rows[i].amounts[a];
        }
    }
    rows->count = kept;
}

static struct json *record_view(
    const struct product *product, const struct window *w, const struct row *row)
{
    struct json *out = json_new_object();
    (void)add_time(out, "startTime", row->start);
    (void)add_time(out, "endTime", bucket_add(w->size, row->start, 1));
    if (product->owner != NULL) {
        (void)json_add_str(out, product->owner, row->owner);
    }
    add_amounts(out, product, row->amounts);
    return out;
}

static int64_t distinct(const struct rows *rows)
{
    int64_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = strcmp(rows->rows[k].owner, rows->rows[i].owner) == 0;
        }
        count += !seen;
    }
    return count;
}

static struct json *metadata_view(const struct product *product, const struct window *w,
    const char *only, const struct rows *rows)
{
    double sums[AMOUNTS] = {0};
    for (size_t i = 0; i < rows->count; i++) {
        for (int a = 0; a < AMOUNTS; a++) {
            sums[a] += rows->rows[i].amounts[a];
        }
    }
    struct json *out = json_new_object(), *query = json_new_object(), *totals = json_new_object();
    (void)add_time(query, "startTime", w->from);
    (void)add_time(query, "endTime", w->to);
    (void)json_add_str(query, "bucketSize", bucket_names[w->size]);
    if (product->owner != NULL) {
        (void)json_add_str(query, product->owner, only);
    }
    (void)json_add(out, "query", query);
    (void)json_add_int(out, "recordCount", (int64_t)rows->count);
    if (product->unique != NULL) {
        (void)json_add_int(out, product->unique, distinct(rows));
    }
    add_amounts(totals, product, sums);
    (void)json_add(out, "totals", totals);
    return out;
}

static void answer(struct sim *s, struct request *r, struct reply *p, const struct product *product)
{
    struct window w;
    if (!window_read(s, r, p, &w)) {
        return;
    }
    struct rows rows = {0};
    const char *only = product->owner == NULL ? NULL : request_query(r, product->owner);
    product->gather(s, r, &w, only, &rows);
    if (rows.count > 0) {
        qsort(rows.rows, rows.count, sizeof *rows.rows, by_time);
    }
    if (product->owner == NULL) {
        fold(&rows);
    }
    struct json *out = json_new_object(), *records = json_new_array();
    for (size_t i = 0; i < rows.count; i++) {
        (void)json_push(records, record_view(product, &w, &rows.rows[i]));
    }
    (void)json_add(out, "records", records);
    (void)json_add(out, "metadata", metadata_view(product, &w, only, &rows));
    free(rows.rows);
    reply_json(p, 200, out);
}

void rest_billing_serverless(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &serverless);
}

void rest_billing_pods(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &pods);
}

void rest_billing_all(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &everything);
}

void rest_billing_public(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &public_endpoints);
}

void rest_billing_volumes(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &volumes);
}

void rest_billing_clusters(struct sim *s, struct request *r, struct reply *p)
{
    answer(s, r, p, &clusters);
}
