/* Which GPUs: those that were asked for, or the cheapest in stock that hold the model as the preflight counts
 * it, with the settings that will be set. What does not fit is the preflight's to say when somebody asked for it,
 * and the choice's when nobody did. */
#include "app/deploy_plan.h"

#include "app/asked.h"
#include "model/worker_image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POOLS_CHOSEN = 2, POOLS_MOST = 3, IMAGE_DISK_GB = 40, DISK_MOST_GB = 100000 };
static const double DISK_ROOM = 1.2;

static int take(struct deploy_plan *p, const struct gpu_pool *pool)
{
    size_t n = p->endpoint.pool_count;
    if (n == POOLS_MOST)
        return -1;
    p->endpoint.pools[n] = pool->id.s;
    p->endpoint.pool_count++;
    p->chosen[n] = (struct preflight_pool){
        pool->id, pool->memory_gb, pool->price_most, pool->stock, pool->cuda};
    p->evidence.pools = p->chosen;
    p->evidence.pool_count = n + 1;
    double price = pool->price_most * p->endpoint.gpu_count;
    if (isnan(p->price_hour) || price > p->price_hour)
        p->price_hour = price;
    size_t used = strlen(p->pools_shown);
    snprintf(p->pools_shown + used, sizeof p->pools_shown - used, "%s%s %d GB", n ? ", " : "",
        pool->id.s, pool->memory_gb);
    return 0;
}

/* ---- nobody asked for any ------------------------------------------------------------------------- */

/* Weights of unknown size fit anywhere until something says otherwise. */
static bool fits(const struct deploy_plan *p, const struct gpu_pool *pool)
{
    enum preflight_fit fit = preflight_memory_of(&p->evidence, pool->memory_gb).fit;
    return fit == PREFLIGHT_FITS || fit == PREFLIGHT_FIT_UNKNOWN;
}

/* Whether its hosts can start the image at all. */
static bool starts(const struct deploy_plan *p, const struct gpu_pool *pool)
{
    int wanted = worker_cuda_number(p->endpoint.min_cuda);
    return wanted == 0 || pool->cuda == 0 || pool->cuda >= wanted;
}

/* With how many GPUs a worker would do, of the largest memory there is in stock; 0 = with none. */
static int gpus_that_do(const struct deploy_plan *p, const struct gpu_pool *pools, size_t count)
{
    int largest = 0;
    for (size_t i = 0; i < count; i++)
        if (pools[i].stock != STOCK_NONE && pools[i].memory_gb > largest)
            largest = pools[i].memory_gb;
    return largest ? preflight_memory_of(&p->evidence, largest).gpus : 0;
}

static bool is_for_sale(const struct gpu_pool *pool)
{
    return pool->stock != STOCK_NONE && !isnan(pool->price_most);
}

static int nothing_fits(
    const struct deploy_plan *p, const struct gpu_pool *pools, size_t count, struct err *e)
{
    struct preflight_memory m = preflight_memory_of(&p->evidence, 0);
    int gpus = gpus_that_do(p, pools, count), taken = p->endpoint.gpu_count;
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= is_for_sale(&pools[i]);
    if (!any) {
        err_set(e, ERR_STATE, 0,
            "this deployment cannot work: stock: no GPU pool is in stock at present");
        return err_hint(e, "try again later");
    }
    err_set(e, ERR_STATE, 0,
        "this deployment cannot work: memory: no GPU pool in stock holds %.1f GB on %s", m.needed,
        taken == 1 ? "one GPU" : "each GPU");
    if (gpus > taken)
        return err_hint(
            e, "--gpus-per-worker %d, a shorter --max-model-len, or name a pool (--gpu)", gpus);
    return err_hint(e, "take a shorter --max-model-len, or name a pool yourself (--gpu)");
}

static void choose_among(
    struct deploy_plan *p, const struct gpu_pool *pools, size_t count, bool any_cuda)
{
    for (size_t i = 0; i < count && p->endpoint.pool_count < POOLS_CHOSEN; i++)
        if (is_for_sale(&pools[i]) && (any_cuda || starts(p, &pools[i])) && fits(p, &pools[i]))
            take(p, &pools[i]);
}

/* Where no host can start the image, the preflight says so of those that would hold it. */
static int choose(struct deploy_plan *p, const struct gpu_pool *pools, size_t count, struct err *e)
{
    choose_among(p, pools, count, false);
    if (p->endpoint.pool_count == 0)
        choose_among(p, pools, count, true);
    return p->endpoint.pool_count ? 0 : nothing_fits(p, pools, count, e);
}

/* ---- somebody did ----------------------------------------------------------------------------------- */

static int unknown_pool(const char *name, const struct gpu_pool *pools, size_t count, struct err *e)
{
    char known[ERR_HINT_MAX] = "";
    for (size_t i = 0, used = 0; i < count && used + pools[i].id.len + 3 < sizeof known; i++)
        used += (size_t)snprintf(
            known + used, sizeof known - used, "%s%s", i ? ", " : "", pools[i].id.s);
    err_set(e, ERR_INPUT, 0, "there is no GPU pool %s", name);
    return err_hint(e, "there are %s", known);
}

/* "ADA_24, AMPERE_24" */
static int take_named(struct deploy_plan *p, const char *names, const struct gpu_pool *pools,
    size_t count, struct err *e)
{
    names += strspn(names, ", ");
    while (*names) {
        char name[64] = "";
        size_t n = strcspn(names, ", ");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        names += n;
        names += strspn(names, ", ");
        size_t i = 0;
        while (i < count && strcmp(pools[i].id.s, name) != 0)
            i++;
        if (i == count)
            return unknown_pool(name, pools, count, e);
        if (take(p, &pools[i]))
            return err_set(
                e, ERR_INPUT, 0, "at most %d pools: RunPod does not use more of them", POOLS_MOST);
    }
    return 0;
}

/* ---- both ------------------------------------------------------------------------------------------ */

static void see_catalog(struct deploy_plan *p, const struct gpu_pool *pools, size_t count)
{
    for (size_t i = 0; i < count; i++)
        p->catalog[i] = (struct preflight_pool){
            pools[i].id, pools[i].memory_gb, pools[i].price_most, pools[i].stock, pools[i].cuda};
    p->evidence.catalog = p->catalog;
    p->evidence.catalog_count = count;
}

static int disk_for(const struct deploy_plan *p)
{
    double gb = preflight_weights_gb(&p->evidence);
    double wanted = IMAGE_DISK_GB + (gb > 0 ? ceil(gb * DISK_ROOM) : 0);
    return wanted < DISK_MOST_GB ? (int)wanted : DISK_MOST_GB;
}

int deploy_plan_gpus(struct deploy_plan *p, const struct gpu_page *gpus, struct err *e)
{
    struct gpu_pool pools[DEPLOY_POOLS_MAX];
    size_t count = gpu_pools(gpus, pools, DEPLOY_POOLS_MAX);
    const char *named = asked_text(p->asked, "gpu");
    count = count < DEPLOY_POOLS_MAX ? count : DEPLOY_POOLS_MAX;
    see_catalog(p, pools, count);
    if (p->endpoint.disk_gb < 0)
        p->endpoint.disk_gb = disk_for(p);
    p->evidence.disk_gb = p->endpoint.disk_gb;
    return named ? take_named(p, named, pools, count, e) : choose(p, pools, count, e);
}
