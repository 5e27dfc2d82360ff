/* What can be said of an endpoint from the records alone. The worker list is the better source of how
 * many workers there are (spec/runpod.md §3.3); health's own counters stand in while it is unseen. */
#include "model/endpoint.h"

#include "model/record_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word, *name;
    bool billed;
} statuses[WORKER_STATUSES] = {
    [WORKER_RUNNING] = {"RUNNING", "running", true},
    [WORKER_IDLE] = {"IDLE", "idle", true},
    [WORKER_INITIALIZING] = {"INITIALIZING", "initializing", true},
    [WORKER_THROTTLED] = {"THROTTLED", "throttled", false},
    [WORKER_UNHEALTHY] = {"UNHEALTHY", "unhealthy", false},
    [WORKER_OTHER] = {"", "other", false},
};

enum worker_status worker_status_of(const char *word)
{
    for (unsigned i = 0; word && i < WORKER_OTHER; i++)
        if (strcmp(word, statuses[i].word) == 0)
            return (enum worker_status)i;
    return WORKER_OTHER;
}

const char *worker_status_name(enum worker_status status)
{
    return (unsigned)status < WORKER_STATUSES ? statuses[status].name : "other";
}

const char *endpoint_condition_name(enum endpoint_condition condition)
{
    static const char *const names[] = {[ENDPOINT_UNKNOWN] = "\u2026",
        [ENDPOINT_OK] = "ok",
        [ENDPOINT_ASLEEP] = "asleep",
        [ENDPOINT_STARTING] = "starting",
        [ENDPOINT_WAITING] = "waiting",
        [ENDPOINT_OFF] = "paused"};
    return (unsigned)condition <= ENDPOINT_OFF ? names[condition] : "\u2026";
}

struct presence {
    bool up, coming;
};

static struct presence presence_of(const struct health *h, const struct worker_page *workers)
{
    if (!workers)
        return (struct presence){
            h->running > 0 || h->idle > 0 || h->ready > 0, h->initializing > 0};
    struct presence p = {false, false};
    for (size_t i = 0; i < workers->count; i++) {
        const struct worker *w = &workers->workers[i];
        p.up |= w->status == WORKER_RUNNING || w->status == WORKER_IDLE;
        p.coming |= w->status == WORKER_INITIALIZING;
    }
    return p;
}

enum endpoint_condition endpoint_condition(
    const struct endpoint *settings, const struct health *health, const struct worker_page *workers)
{
    if (settings->workers_max == 0)
        return ENDPOINT_OFF;
    if (!health)
        return ENDPOINT_UNKNOWN;
    struct presence p = presence_of(health, workers);
    if (p.up || health->in_progress > 0)
        return ENDPOINT_OK;
    if (p.coming)
        return ENDPOINT_STARTING;
    return health->in_queue > 0 ? ENDPOINT_WAITING : ENDPOINT_ASLEEP;
}

static double dearest(const struct gpu_page *page, struct text pool)
{
    double most = NAN;
    for (size_t i = 0; i < page->count; i++) {
        const struct gpu *g = &page->gpus[i];
        if (g->pool.len == 0 || g->pool.len != pool.len || memcmp(g->pool.s, pool.s, pool.len) != 0)
            continue;
        most = isnan(most) || g->price_hour > most ? g->price_hour : most;
    }
    return most;
}

double gpu_pools_price(
    const struct gpu_page *page, const struct text *pools, size_t count, int gpus)
{
    double most = NAN;
    for (size_t i = 0; i < count; i++) {
        double price = dearest(page, pools[i]);
        if (isnan(price))
            return NAN;
        most = isnan(most) || price > most ? price : most;
    }
    return gpus > 0 ? most * gpus : NAN;
}

double gpu_price(const struct gpu_page *page, struct text type)
{
    if (!page || type.len == 0)
        return NAN;
    for (size_t i = 0; i < page->count; i++) {
        const struct gpu *g = &page->gpus[i];
        if (text_same(g->id, type) || text_same(g->name, type))
            return g->price_hour;
    }
    return NAN;
}

static bool is_billed(const struct worker *w)
{
    return (unsigned)w->status < WORKER_STATUSES && statuses[w->status].billed;
}

/* A worker that has a GPU has at least one, even where the number was not told. */
static double worker_price(const struct worker *w, const struct gpu_page *gpus)
{
    return gpu_price(gpus, w->gpu) * (w->gpu_count > 1 ? w->gpu_count : 1);
}

double worker_page_cost_hour(const struct worker_page *workers, const struct gpu_page *gpus)
{
    if (!workers)
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < workers->count; i++)
        if (is_billed(&workers->workers[i]))
            sum += worker_price(&workers->workers[i], gpus);
    return sum;
}

/* There are a dozen pools; a catalog that names more than this is not believed. */
enum { POOLS_LOOKED_AT = 64 };

static struct gpu_pool *pool_for(struct gpu_pool *pools, size_t *count, const struct gpu *g)
{
    for (size_t i = 0; i < *count; i++)
        if (text_same(pools[i].id, g->pool))
            return &pools[i];
    if (*count == POOLS_LOOKED_AT)
        return NULL;
    struct gpu_pool *p = &pools[(*count)++];
    *p = (struct gpu_pool){g->pool, g->memory_gb, NAN, NAN, STOCK_UNKNOWN, 0};
    return p;
}

static void pool_take(struct gpu_pool *p, const struct gpu *g)
{
    if (g->memory_gb > 0 && (p->memory_gb <= 0 || g->memory_gb < p->memory_gb))
        p->memory_gb = g->memory_gb;
    p->price_least = fmin(p->price_least, g->price_hour); /* fmin and fmax pass over NAN */
    p->price_most = fmax(p->price_most, g->price_hour);
    if (g->stock > p->stock)
        p->stock = g->stock;
    if (g->cuda > p->cuda)
        p->cuda = g->cuda;
}

static int by_price(const void *a, const void *b)
{
    const struct gpu_pool *x = a, *y = b;
    bool x_unknown = isnan(x->price_least), y_unknown = isnan(y->price_least);
    if (x_unknown != y_unknown)
        return x_unknown - y_unknown;
    if (!x_unknown && x->price_least != y->price_least)
        return x->price_least < y->price_least ? -1 : 1;
    if (x->memory_gb != y->memory_gb)
        return x->memory_gb < y->memory_gb ? -1 : 1;
    size_t shorter = x->id.len < y->id.len ? x->id.len : y->id.len;
    int order = memcmp(x->id.s, y->id.s, shorter);
    return order ? order : (x->id.len > y->id.len) - (x->id.len < y->id.len);
}

size_t gpu_pools(const struct gpu_page *page, struct gpu_pool *pools, size_t max)
{
    struct gpu_pool all[POOLS_LOOKED_AT];
    size_t count = 0;
    for (size_t i = 0; page && i < page->count; i++) {
        const struct gpu *g = &page->gpus[i];
        struct gpu_pool *p = g->pool.len ? pool_for(all, &count, g) : NULL;
        if (p)
            pool_take(p, g);
    }
    qsort(all, count, sizeof all[0], by_price);
    if (count > max)
        count = max;
    if (count)
        memcpy(pools, all, count * sizeof all[0]);
    return count;
}
