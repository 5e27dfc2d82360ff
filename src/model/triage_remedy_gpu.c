/* Remedies that take other GPUs: pools and their price, GPUs a worker. */
#include "model/triage_internal.h"

#include "model/record_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- GPUs ------------------------------------------------------------------------------------------------ */

static struct json *put_pools(
    struct triage_reader *r, struct triage_remedy *m, const struct text *pools, size_t count)
{
    struct json *asked = json_new_array(), *array = json_new_array();
    struct json *gpu = triage_object(r, triage_patch(r, m), "gpu");
    for (size_t i = 0; i < count; i++) {
        r->failed |= json_push(asked, json_new_string(triage_str(pools[i]))) != 0;
        r->failed |= json_push(array, json_new_string(triage_str(pools[i]))) != 0;
    }
    triage_put(r, triage_asks(r, m), "pool", asked);
    triage_put(r, gpu, "pools", array);
    return gpu;
}

void triage_set_pools(
    struct triage_reader *r, struct triage_diagnosis *d, const struct text *pools, size_t count)
{
    char names[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof names; i++) {
        const struct gpu_pool *p = triage_pool(r, pools[i]);
        used += (size_t)snprintf(
            names + used, sizeof names - used, "%s%.40s", i ? ", " : "", pools[i].s);
        if (p && p->memory_gb > 0 && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, " (%d GB)", p->memory_gb);
    }
    struct triage_remedy *m = triage_remedy(r, d, "set-pools", "Run on %s", names);
    (void)put_pools(r, m, pools, count);
    double price = r->v->catalog
                       ? gpu_pools_price(r->v->catalog, pools, count, r->v->endpoint.gpu_count)
                       : NAN;
    m->cost_per_hour_delta = price - r->worker_price;
    triage_means(r, m, "new hosts, a cold start; the price is of one worker");
}

void triage_set_gpus(struct triage_reader *r, struct triage_diagnosis *d, int gpus)
{
    int now = r->v->endpoint.gpu_count;
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", gpus);
    struct triage_remedy *m = triage_remedy(r, d, "set-gpus",
        "Give each worker %d GPUs instead of %d, and spread the model over them", gpus,
        now > 0 ? now : 1);
    triage_put(r, triage_asks(r, m), "gpus", json_new_int(gpus));
    struct json *body = triage_patch(r, m);
    triage_put(r, triage_object(r, body, "gpu"), "count", json_new_int(gpus));
    triage_put_env(r, triage_object(r, body, "env"), "TENSOR_PARALLEL_SIZE", digits);
    m->cost_per_hour_delta = now > 0 ? r->worker_price / now * (gpus - now) : NAN;
    triage_means(r, m, "new hosts, a cold start; the price is of one worker");
}
