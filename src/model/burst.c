/* Times are kept one by one and in order: a burst is bounded, so exact quantiles cost less than any
 * sketch of them would need explaining. The classes are for showing: 1, 1.5, 2, 3, 5 and 7 of every power of
 * ten, so that two neighbours make one of the usual 1-2-5. */
#include "model/burst.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { A_DECADE = 6, FIRST_MS = 10 };

/* ---- names ------------------------------------------------------------------------------------- */

static const char *const routes[BURST_ROUTES] = {"async", "sync", "stream", "chat"};

const char *burst_route_name(enum burst_route route)
{
    return (unsigned)route < BURST_ROUTES ? routes[route] : "unknown";
}

enum burst_route burst_route_of(const char *name)
{
    enum burst_route route = 0;
    while (route < BURST_ROUTES && strcmp(name ? name : "", routes[route]) != 0)
        route++;
    return route;
}

const char *burst_time_name(enum burst_time time)
{
    static const char *const names[BURST_TIMES] = {"total", "waited", "ran", "first_piece"};
    return (unsigned)time < BURST_TIMES ? names[time] : "unknown";
}

/* ---- classes ------------------------------------------------------------------------------------ */

int64_t burst_class_from(int class)
{
    static const int64_t steps[A_DECADE] = {10, 15, 20, 30, 50, 70};
    int64_t ten = FIRST_MS / 10;
    if (class <= 0)
        return 0;
    for (int decade = (class - 1) / A_DECADE; decade > 0; decade--)
        ten *= 10;
    return steps[(class - 1) % A_DECADE] * ten;
}

int burst_class_of(int64_t ms)
{
    int class = 0;
    while (class + 1 < BURST_CLASSES && ms >= burst_class_from(class + 1))
        class ++;
    return class;
}

/* ---- samples ------------------------------------------------------------------------------------ */

void burst_samples_release(struct burst_samples *s)
{
    free(s->sorted);
    *s = (struct burst_samples){0};
}

static int make_room(struct burst_samples *s)
{
    if (s->count < s->room)
        return 0;
    size_t more = s->room ? 2 * s->room : 64;
    int64_t *grown =
        s->count < BURST_COUNT_MAX ? reallocarray(s->sorted, more, sizeof *grown) : NULL;
    if (!grown)
        return -1;
    s->sorted = grown;
    s->room = more;
    return 0;
}

int burst_samples_add(struct burst_samples *s, int64_t ms)
{
    size_t low = 0, high = s->count;
    if (s->count >= BURST_COUNT_MAX || make_room(s))
        return -1;
    ms = ms > 0 ? ms : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->sorted[middle] <= ms)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(s->sorted + low + 1, s->sorted + low, (s->count - low) * sizeof *s->sorted);
    s->sorted[low] = ms;
    s->count++;
    return 0;
}

int64_t burst_quantile(const struct burst_samples *s, double part)
{
    if (s->count == 0)
        return -1;
    double rank = ceil(fmin(fmax(part, 0), 1) * (double)s->count);
    return s->sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

struct burst_times burst_times_of(const struct burst_samples *s)
{
    struct burst_times t = {.count = (int64_t)s->count,
        .least = burst_quantile(s, 0),
        .p50 = burst_quantile(s, 0.50),
        .p95 = burst_quantile(s, 0.95),
        .p99 = burst_quantile(s, 0.99),
        .most = burst_quantile(s, 1)};
    for (size_t i = 0; i < s->count; i++)
        t.classes[burst_class_of(s->sorted[i])]++;
    return t;
}

/* ---- what it would cost -------------------------------------------------------------------------- */

struct burst_evidence burst_evidence_none(void)
{
    return (struct burst_evidence){.cost_request = NAN,
        .cost_count = 0,
        .run_ms = NAN,
        .price_least = NAN,
        .price_most = NAN,
        .workers_up = -1,
        .idle_s = -1};
}

void burst_evidence_past(struct burst_evidence *v, const char *endpoint_id,
    const struct request *const *requests, size_t count)
{
    double cost = 0, ran = 0;
    int64_t costs = 0, runs = 0;
    for (size_t i = 0; i < count; i++) {
        const struct request *q = requests[i];
        if (q->status != REQUEST_COMPLETED || strcmp(q->endpoint_id, endpoint_id) != 0)
            continue;
        if (isfinite(q->cost) && q->cost >= 0)
            cost += q->cost, costs++;
        if (q->execution_ms >= 0)
            ran += (double)q->execution_ms, runs++;
    }
    v->cost_request = costs ? cost / (double)costs : NAN;
    v->cost_count = costs;
    v->run_ms = runs ? ran / (double)runs : NAN;
}

void burst_evidence_workers(
    struct burst_evidence *v, const struct worker_page *workers, const struct health *health)
{
    v->workers_up = workers ? 0 : health ? health->idle + health->running : -1;
    v->workers_may_sleep = !workers && health && health->idle > 0;
    for (size_t i = 0; workers && i < workers->count; i++) {
        enum worker_status status = workers->workers[i].status;
        v->workers_up += status == WORKER_RUNNING || status == WORKER_IDLE;
    }
}

static bool in_pools(const struct endpoint *e, struct text pool)
{
    for (size_t i = 0; i < e->pool_count; i++)
        if (e->pools[i].len == pool.len && memcmp(e->pools[i].s, pool.s, pool.len) == 0)
            return true;
    return false;
}

void burst_evidence_price(
    struct burst_evidence *v, const struct endpoint *endpoint, const struct gpu_page *gpus)
{
    double count = endpoint && endpoint->gpu_count > 0 ? endpoint->gpu_count : 1;
    v->price_least = v->price_most = NAN;
    for (size_t i = 0; endpoint && gpus && i < gpus->count; i++) {
        double price = gpus->gpus[i].price_hour * count;
        if (!isfinite(price) || !gpus->gpus[i].pool.len || !in_pools(endpoint, gpus->gpus[i].pool))
            continue;
        v->price_least = fmin(isnan(v->price_least) ? price : v->price_least, price);
        v->price_most = fmax(isnan(v->price_most) ? price : v->price_most, price);
    }
}

struct burst_estimate burst_estimate(const struct burst_evidence *v, int64_t count)
{
    const double hour_ms = 3600e3;
    double n = (double)count;
    if (isfinite(v->cost_request))
        return (struct burst_estimate){BURST_BY_COST, n * v->cost_request, n * v->cost_request};
    if (isfinite(v->run_ms) && isfinite(v->price_least))
        return (struct burst_estimate){BURST_BY_TIME, n * v->run_ms / hour_ms * v->price_least,
            n * v->run_ms / hour_ms * v->price_most};
    return (struct burst_estimate){BURST_UNKNOWN, NAN, NAN};
}

/* ---- how it goes ----------------------------------------------------------------------------------- */

int64_t burst_ended(const struct burst_report *r)
{
    int64_t ended = 0;
    for (enum request_status s = 0; s < REQUEST_STATUSES; s++)
        ended += request_is_final(s) ? r->outcomes[s] : 0;
    return ended;
}

int64_t burst_failed(const struct burst_report *r)
{
    return burst_ended(r) - r->outcomes[REQUEST_COMPLETED] - r->outcomes[REQUEST_CANCELLED];
}
