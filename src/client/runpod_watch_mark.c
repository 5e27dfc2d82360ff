/* runpod_watch_mark: FNV-1a over what would be seen to change. Times of looking and uptimes are left
 * out: they change with every answer and are told by NEWS_SOURCE's age. */
#include "client/runpod_watch_internal.h"

#include <math.h>
#include <string.h>

static uint64_t mark_bytes(uint64_t mark, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        mark = (mark ^ p[i]) * 1099511628211u;
    return mark;
}

static uint64_t mark_begin(void)
{
    return 14695981039346656037u;
}

static uint64_t mark_int(uint64_t mark, int64_t v)
{
    return mark_bytes(mark, &v, sizeof v);
}

static uint64_t mark_text(uint64_t mark, struct text t)
{
    return mark_bytes(mark_int(mark, (int64_t)t.len), t.s, t.len);
}

static uint64_t mark_id(uint64_t mark, const char *id)
{
    return mark_bytes(mark, id, strlen(id) + 1);
}

/* All that is not a number is the same. */
static uint64_t mark_price(uint64_t mark, double v)
{
    double same = isnan(v) ? -1 : v;
    return mark_bytes(mark, &same, sizeof same);
}

static uint64_t mark_endpoint(uint64_t mark, const struct endpoint *e)
{
    mark = mark_id(mark, e->id);
    const struct text texts[] = {e->name, e->image, e->model, e->revision, e->served};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        mark = mark_text(mark, texts[i]);
    mark = mark_int(mark, (int64_t)e->pool_count);
    for (size_t i = 0; i < e->pool_count; i++)
        mark = mark_text(mark, e->pools[i]);
    const int64_t numbers[] = {e->gpu_count, e->context_length, e->workers_min, e->workers_max,
        e->idle_s, e->version, e->load_balancer, e->created_ms};
    return mark_bytes(mark, numbers, sizeof numbers);
}

uint64_t watch_mark_endpoints(const struct endpoint_page *page)
{
    uint64_t mark = mark_begin();
    for (size_t i = 0; i < page->count; i++)
        mark = mark_endpoint(mark, &page->endpoints[i]);
    return mark;
}

uint64_t watch_mark_workers(const struct worker_page *page)
{
    uint64_t mark = mark_int(mark_begin(), page->version);
    for (size_t i = 0; i < page->count; i++) {
        const struct worker *w = &page->workers[i];
        const int64_t numbers[] = {
            w->status, w->gpu_count, w->version, w->stale, w->uptime_s >= 0, w->started_ms};
        mark = mark_bytes(mark_id(mark, w->id), numbers, sizeof numbers);
        mark = mark_text(mark_text(mark, w->word), w->gpu);
        mark = mark_text(mark_text(mark, w->data_center), w->image);
    }
    return mark;
}

uint64_t watch_mark_gpus(const struct gpu_page *page)
{
    uint64_t mark = mark_begin();
    for (size_t i = 0; i < page->count; i++) {
        const struct gpu *g = &page->gpus[i];
        mark = mark_text(mark_text(mark_text(mark, g->id), g->name), g->pool);
        mark = mark_int(mark_int(mark_int(mark, g->memory_gb), g->stock), g->cuda);
        mark = mark_price(mark, g->price_hour);
    }
    return mark;
}

static bool same_money(double a, double b)
{
    return isnan(a) ? isnan(b) : !isnan(b) && a <= b && a >= b;
}

bool watch_same_account(const struct account *a, const struct account *b)
{
    return same_money(a->balance, b->balance) && same_money(a->spend_hour, b->spend_hour) &&
           same_money(a->spend_limit, b->spend_limit);
}

bool watch_same_health(const struct health *a, const struct health *b)
{
    struct health same = *b;
    same.seen_ms = a->seen_ms;
    memcpy(same.endpoint_id, a->endpoint_id, sizeof same.endpoint_id);
    return memcmp(a, &same, sizeof same) == 0;
}
