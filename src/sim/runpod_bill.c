/* runpod_bill: what workers cost (spec/runpod.md §3.4, §6.2).
 *
 * A worker is billed from the start of its container until that stops: start, execution and warm
 * waiting, not the pull, not while throttled, unhealthy or parked. Every second is charged when it
 * begins, to the hour it begins in; the container disk in steps of five minutes. Amounts are whole
 * 1e-12 $, so settling often or rarely comes to the same.
 *
 * Reports lag: of the running hour, and of the last one shortly after its end, only the share that
 * is older than the lag is shown. */
#include "sim/runpod_physics.h"

#include <stdlib.h>
#include <string.h>

enum { DISK_STEP_S = 300, HOURS_KEPT = 400 * 24 };

static const double units = 1e12;

struct bill_hour {
    int64_t start;
    int64_t gpu, disk, seconds;
};

/* ---- prices ---------------------------------------------------------------------------------- */

static double vcpus(const struct endpoint *e)
{
    double n = json_num(json_first(e->cpu), "vcpuCount", 2);
    return n < 1 ? 1 : n;
}

double worker_cost_per_hour(const struct worker *w)
{
    if (!w)
        return 0;
    const struct endpoint *e = w->endpoint;
    if (!w->gpu)
        return json_count(e->cpu) ? vcpus(e) * 0.072 : 0;
    return w->gpu->price_serverless * w->gpu_count;
}

int64_t price_per_second(const struct worker *w)
{
    return (int64_t)(worker_cost_per_hour(w) * units / 3600 + 0.5);
}

static int64_t disk_step_price(const struct worker *w)
{
    const double steps_a_month = 30 * 24 * 3600 / (double)DISK_STEP_S;
    return (int64_t)(w->disk_gb * 0.10 * units / steps_a_month + 0.5);
}

double endpoint_cost_per_hour(const struct endpoint *e)
{
    double sum = 0;
    for (const struct worker *w = e ? e->workers : NULL; w; w = w->next)
        sum += w->billed_from ? worker_cost_per_hour(w) : 0;
    return sum;
}

static double pods_cost_per_hour(const struct runpod_world *world)
{
    double sum = 0;
    for (const struct named_row *p = world->pods; p; p = p->next)
        if (strcmp(json_str_or(p->fields, "status", ""), "RUNNING") == 0)
            sum += json_num(p->fields, "cost", 0);
    return sum;
}

double runpod_spend_per_hour(struct sim *s)
{
    if (!s || !s->runpod)
        return 0;
    double sum = pods_cost_per_hour(s->runpod);
    for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next)
        sum += endpoint_cost_per_hour(e);
    return sum;
}

/* ---- hours ----------------------------------------------------------------------------------- */

static int hours_grow(struct endpoint *e)
{
    if (e->bill_count == HOURS_KEPT) {
        memmove(e->bills, e->bills + 1, (HOURS_KEPT - 1) * sizeof *e->bills);
        e->bill_count--;
    }
    if (e->bill_count < e->bill_cap)
        return 0;
    size_t cap = e->bill_cap ? e->bill_cap * 2 : 32;
    struct bill_hour *bills = realloc(e->bills, cap * sizeof *bills);
    if (!bills)
        return -1;
    e->bills = bills;
    e->bill_cap = cap;
    return 0;
}

/* The bucket of an hour, made when it is new; hours only ever come in order. NULL = no memory. */
static struct bill_hour *hour_of(struct endpoint *e, int64_t at)
{
    int64_t start = at - at % HOUR;
    for (size_t i = e->bill_count; i > 0 && e->bills[i - 1].start >= start; i--)
        if (e->bills[i - 1].start == start)
            return &e->bills[i - 1];
    if (hours_grow(e) != 0)
        return NULL;
    e->bills[e->bill_count] = (struct bill_hour){.start = start};
    return &e->bills[e->bill_count++];
}

void bills_release(struct endpoint *e)
{
    free(e->bills);
    e->bills = NULL;
    e->bill_count = e->bill_cap = 0;
}

int bill_past(struct endpoint *e, int64_t hour, int64_t worker_seconds, int64_t price, double disk)
{
    struct bill_hour *h = hour_of(e, hour);
    if (!h)
        return -1;
    h->seconds += worker_seconds;
    h->gpu += worker_seconds * price;
    h->disk += (int64_t)(disk * units);
    return 0;
}

/* ---- charging -------------------------------------------------------------------------------- */

/* Steps begun in so many seconds. */
static int64_t disk_steps(int64_t seconds)
{
    return (seconds + DISK_STEP_S - 1) / DISK_STEP_S;
}

/* Charges n seconds of which the first begins at `from`, all in one hour. */
static void charge(struct worker *w, int64_t from, int64_t n)
{
    struct endpoint *e = w->endpoint;
    int64_t steps = disk_steps(w->billed_total + n) - disk_steps(w->billed_total);
    int64_t gpu = n * price_per_second(w), disk = steps * disk_step_price(w);
    struct bill_hour *h = hour_of(e, from);
    if (h) {
        h->seconds += n;
        h->gpu += gpu;
        h->disk += disk;
    }
    w->billed_seconds += n;
    w->billed_total += n;
    e->world->spent += gpu + disk;
}

void bill_settle(struct worker *w)
{
    int64_t now = w->endpoint->world->advanced_to;
    while (w->billed_from) {
        int64_t next = w->billed_from + w->billed_seconds * SECOND;
        int64_t until = next - next % HOUR + HOUR;
        until = until < now ? until : now;
        if (next >= until)
            return;
        charge(w, next, (until - next + SECOND - 1) / SECOND);
    }
}

void bill_start(struct worker *w)
{
    if (w->billed_from)
        return;
    w->billed_from = w->endpoint->world->advanced_to;
    w->billed_seconds = 0;
}

void bill_stop(struct worker *w)
{
    bill_settle(w);
    w->billed_from = 0;
}

void bill_pods(struct runpod_world *world)
{
    world->spent += (int64_t)(pods_cost_per_hour(world) * units / 60);
}

void world_settle(struct runpod_world *world)
{
    for (struct endpoint *e = world->endpoints; e; e = e->next)
        for (struct worker *w = e->workers; w; w = w->next)
            bill_settle(w);
    world->balance = world_balance(world);
}

double world_balance(const struct runpod_world *world)
{
    return (double)(world->money - world->spent) / units;
}

void world_balance_set(struct runpod_world *world, double dollars)
{
    world->money = (int64_t)(dollars * units);
    world->spent = 0;
    world->balance = dollars;
}

void runpod_balance_set(struct sim *s, double dollars)
{
    if (!s || !s->runpod)
        return;
    world_settle(s->runpod);
    world_balance_set(s->runpod, dollars);
}

bool world_money_gone(const struct runpod_world *world)
{
    return world->money - world->spent <= 0;
}

bool world_may_spend(const struct runpod_world *world)
{
    if (world_money_gone(world))
        return false;
    double spend = pods_cost_per_hour(world);
    for (const struct endpoint *e = world->endpoints; e; e = e->next)
        spend += endpoint_cost_per_hour(e);
    return world->spend_limit <= 0 || spend < world->spend_limit;
}

/* ---- reports --------------------------------------------------------------------------------- */

/* The share of an hour's charges that reports show by now. */
static double shown(const struct runpod_world *world, const struct bill_hour *h)
{
    int64_t now = world->advanced_to, end = h->start + HOUR;
    if (now >= end + world->billing_lag)
        return 1;
    int64_t played = (now < end ? now : end) - h->start;
    int64_t old = now - world->billing_lag - h->start;
    return played <= 0 || old <= 0 ? 0 : old >= played ? 1 : (double)old / (double)played;
}

size_t endpoint_bills(struct sim *s, const struct endpoint *e, int64_t from, int64_t to,
    struct bill_bucket *out, size_t max)
{
    (void)s;
    size_t n = 0;
    for (size_t i = 0; e && i < e->bill_count && n < max; i++) {
        const struct bill_hour *h = &e->bills[i];
        double share = shown(e->world, h);
        if (h->start < from || h->start >= to || share <= 0)
            continue;
        out[n++] = (struct bill_bucket){.start = h->start,
            .gpu = (double)h->gpu / units * share,
            .disk = (double)h->disk / units * share,
            .worker_seconds = (double)h->seconds * share};
    }
    return n;
}
