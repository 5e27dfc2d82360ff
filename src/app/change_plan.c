/* What a change would mean, as lines: what is set, before and after; the price; who is interrupted. Prices are
 * the catalog's, of the dearest of the pools, and marked as estimates. What was not seen is not said. */
#include "app/change.h"

#include "client/runpod_jobs.h"
#include "ui/say.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOLS_KNOWN_MAX = 64, DIFF_SHOWN_MAX = 40, WHAT_COLUMNS_MAX = 44 };

/* ---- looking round --------------------------------------------------------------------------------- */

void change_look_round(struct change *c)
{
    struct work *w = c->w;
    struct runpod *r = w->engine->runpod;
    c->health_seen = !runpod_health(r, c->id, &c->health, w->cancel, NULL);
    c->workers_seen = !runpod_workers(r, c->id, w->keep, &c->workers, w->cancel, NULL);
    if (prices_get(w->engine->prices, w->keep, &c->gpus, w->cancel, NULL))
        c->gpus = (struct gpu_page){0};
}

static size_t known_pools(const struct gpu_page *gpus, struct gpu_pool pools[POOLS_KNOWN_MAX])
{
    size_t n = gpu_pools(gpus, pools, POOLS_KNOWN_MAX);
    return n < POOLS_KNOWN_MAX ? n : POOLS_KNOWN_MAX;
}

static const struct gpu_pool *find_pool(const struct gpu_pool *pools, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pools[i].id.s, id) == 0)
            return &pools[i];
    return NULL;
}

int change_check_pools(const struct change *c, struct err *e)
{
    struct gpu_pool pools[POOLS_KNOWN_MAX];
    size_t n = known_pools(&c->gpus, pools);
    for (size_t i = 0; n && i < c->want.pool_count; i++) {
        if (find_pool(pools, n, c->want.pools[i]))
            continue;
        char known[ERR_HINT_MAX] = "";
        for (size_t k = 0, used = 0; k < n && used + pools[k].id.len + 3 < sizeof known; k++)
            used += (size_t)snprintf(
                known + used, sizeof known - used, "%s%s", k ? ", " : "", pools[k].id.s);
        err_set(e, ERR_INPUT, 0, "there is no GPU pool %s", c->want.pools[i]);
        return err_hint(e, "there are %s", known);
    }
    return 0;
}

/* ---- prices ------------------------------------------------------------------------------------------ */

struct hour {
    double min, max; /* $/h at so many workers */
};

static struct hour hour_of(double worker, int min, int max)
{
    return (struct hour){min ? worker * min : 0, max ? worker * max : 0};
}

static int either(int wanted, int now)
{
    return wanted >= 0 ? wanted : now;
}

static struct hour hour_before(const struct change *c)
{
    const struct endpoint *p = c->now;
    double worker = gpu_pools_price(&c->gpus, p->pools, p->pool_count, p->gpu_count);
    return hour_of(worker, p->workers_min, p->workers_max);
}

static struct hour hour_after(const struct change *c)
{
    const struct endpoint *p = c->now;
    const struct endpoint_change *want = &c->want;
    struct text pools[ENDPOINT_POOLS_MAX];
    size_t n = want->pool_count ? want->pool_count : p->pool_count;
    for (size_t i = 0; i < n && i < ENDPOINT_POOLS_MAX; i++)
        pools[i] = want->pool_count ? say_word(want->pools[i]) : p->pools[i];
    double worker = gpu_pools_price(&c->gpus, pools, n, either(want->gpu_count, p->gpu_count));
    return hour_of(worker, either(want->workers_min, p->workers_min),
        either(want->workers_max, p->workers_max));
}

/* "≈$1.22/h", "$0/h", "unknown" */
static const char *per_hour(char out[2 * SAY_MAX], double dollars)
{
    char money[SAY_MAX];
    if (isnan(dollars))
        snprintf(out, 2 * SAY_MAX, "unknown");
    else
        snprintf(out, 2 * SAY_MAX, "%s%s/h", dollars > 0 ? "≈" : "", say_money(money, dollars));
    return out;
}

static void plan_pair(struct change *c, int columns, struct text what, const char *before,
    const char *after, const char *behind)
{
    int pad = columns - (int)text_width(what);
    work_plan(
        c->w, "%.*s%*s  %s → %s%s", SAY_ARGS(what), pad > 0 ? pad : 0, "", before, after, behind);
}

static bool same_price(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 0.00005;
}

static void plan_same(struct change *c, int columns, struct text what, double price)
{
    char is[2 * SAY_MAX];
    int pad = columns - (int)text_width(what);
    work_plan(
        c->w, "%.*s%*s  %s, as it is", SAY_ARGS(what), pad > 0 ? pad : 0, "", per_hour(is, price));
}

static void plan_hour(struct change *c, int columns, struct text what, double before, double after)
{
    char was[2 * SAY_MAX], is[2 * SAY_MAX], money[SAY_MAX], change[2 * SAY_MAX] = "";
    double more = after - before;
    if (isnan(before) && isnan(after))
        return;
    if (same_price(before, after)) {
        plan_same(c, columns, what, before);
        return;
    }
    if (!isnan(more))
        snprintf(change, sizeof change, "  (%s%s/h)", more > 0 ? "+" : "", say_money(money, more));
    plan_pair(c, columns, what, per_hour(was, before), per_hour(is, after), change);
}

static void plan_price(
    struct change *c, int columns, const struct hour *before, const struct hour *after)
{
    char min[2 * SAY_MAX], max[2 * SAY_MAX];
    if (same_price(before->min, after->min) && same_price(before->max, after->max)) {
        work_plan(c->w, "%-*s  %s at min, %s at max, as it is", columns, "price",
            per_hour(min, after->min), per_hour(max, after->max));
        return;
    }
    plan_hour(c, columns, TEXT("price at min"), before->min, after->min);
    plan_hour(c, columns, TEXT("price at max"), before->max, after->max);
}

/* ---- who is interrupted ------------------------------------------------------------------------------ */

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* Those that the change would have to replace or end. */
static int64_t workers_up(const struct change *c)
{
    if (c->workers_seen)
        return (int64_t)c->workers.count;
    const struct health *h = &c->health;
    return c->health_seen ? h->running + h->idle + h->initializing + h->throttled + h->unhealthy
                          : -1;
}

static void plan_workers(struct change *c)
{
    int64_t up = workers_up(c);
    int max = either(c->want.workers_max, c->now->workers_max);
    if (max == 0 && up > 0)
        work_plan(
            c->w, "stops %" PRId64 " worker%s: each finishes its request first", up, plural(up));
    else if (c->diff.rolls && up > 0)
        work_plan(
            c->w, "rolls %" PRId64 " worker%s: each finishes its request first", up, plural(up));
    else if (c->diff.rolls && up == 0)
        work_plan(c->w, "no worker is up: the next one starts with it");
    else if (up > max)
        work_plan(c->w, "stops %" PRId64 " of %" PRId64 " workers: each finishes its request first",
            up - max, up);
    else if (!c->diff.rolls)
        work_plan(c->w, "no worker starts anew for it");
}

static void plan_queue(struct change *c)
{
    int max = either(c->want.workers_max, c->now->workers_max);
    int64_t queued = c->health_seen ? c->health.in_queue : 0;
    if (queued > 0)
        work_plan(c->w, "%" PRId64 " request%s stay%s queued%s", queued, plural(queued),
            queued == 1 ? "s" : "", max == 0 ? ", and nothing answers until it is unpaused" : "");
    else if (max == 0)
        work_plan(c->w, "requests that come are queued until it is unpaused");
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

static int columns_of(const struct change_diff *d)
{
    size_t most = strlen("price at max");
    for (size_t i = 0; i < d->count && i < DIFF_SHOWN_MAX; i++)
        if (text_width(d->lines[i].what) > most)
            most = text_width(d->lines[i].what);
    return most < WHAT_COLUMNS_MAX ? (int)most : WHAT_COLUMNS_MAX;
}

static const char *or_nothing(struct text t)
{
    return t.len ? t.s : "—";
}

void change_plan(struct change *c)
{
    const struct change_diff *d = &c->diff;
    struct hour before = hour_before(c), after = hour_after(c);
    int columns = columns_of(d);
    c->w->record.plan_count = 0;
    c->w->record.price_min = after.min;
    c->w->record.price_max = after.max;
    work_plan(c->w, "Change the endpoint %s (%s)", c->name.s, c->id);
    for (size_t i = 0; i < d->count && i < DIFF_SHOWN_MAX; i++)
        plan_pair(c, columns, d->lines[i].what, or_nothing(d->lines[i].before),
            or_nothing(d->lines[i].after), "");
    if (d->count > DIFF_SHOWN_MAX)
        work_plan(c->w, "and %zu more", d->count - DIFF_SHOWN_MAX);
    plan_price(c, columns, &before, &after);
    plan_workers(c);
    plan_queue(c);
    for (size_t i = 0; i < c->note_count; i++)
        work_plan(c->w, "note: %s", c->notes[i].s);
}

void change_plan_request(struct change *c, const char *method, const char *url, struct json *take)
{
    struct buf printed;
    buf_init(&printed, 64 * 1024);
    if (!take || !json_print(take, &printed))
        work_plan(c->w, "%s %s%s%s", method, url, take ? " " : "", buf_str(&printed));
    buf_release(&printed);
    json_free(take);
}
