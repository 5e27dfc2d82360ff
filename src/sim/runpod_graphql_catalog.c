/* runpod_graphql_catalog: GPU types, their price and stock, pools and data centres (spec/runpod.md
 * §4.7); readable without a key. */
#include "sim/runpod_graphql.h"

#include <string.h>

/* High, Medium, Low, or null. */
static struct json *stock_status(enum stock level)
{
    static const char *const words[] = {
        [STOCK_NONE] = NULL, [STOCK_LOW] = "Low", [STOCK_MEDIUM] = "Medium", [STOCK_HIGH] = "High"};
    return json_new_string(words[level]);
}

static struct json *gpu_type(const struct gpu_type *t)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", t->id);
    (void)json_add_str(out, "displayName", t->name);
    (void)json_add_str(out, "manufacturer", t->manufacturer);
    (void)json_add_int(out, "memoryInGb", t->memory_gb);
    (void)json_add_int(out, "cudaCores", 0);
    (void)json_add_bool(out, "secureCloud", t->price_secure > 0);
    (void)json_add_bool(out, "communityCloud", t->price_community > 0);
    (void)json_add_num(out, "securePrice", t->price_secure);
    (void)json_add_num(out, "communityPrice", t->price_community);
    (void)json_add_num(out, "secureSpotPrice", t->price_secure * 0.6);
    (void)json_add_num(out, "communitySpotPrice", t->price_community * 0.6);
    (void)json_add_int(out, "maxGpuCount", 8);
    return out;
}

static bool among(const struct json *input, const char *id)
{
    const char *one = json_str(input, "id");
    const struct json *many = json_get(input, "ids");
    if (one == NULL && many == NULL) {
        return true;
    }
    for (const struct json *m = json_first(many); m != NULL; m = json_next(m)) {
        if (json_string(m) != NULL && strcmp(json_string(m), id) == 0) {
            return true;
        }
    }
    return one != NULL && strcmp(one, id) == 0;
}

struct json *read_gpu_types(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)c;
    (void)parent;
    struct json *out = json_new_array();
    for (const struct gpu_type *t = gpu_types; t->id != NULL; t++) {
        if (among(json_get(arguments, "input"), t->id)) {
            (void)json_push(out, gpu_type(t));
        }
    }
    return out;
}

/* Whether any of the wanted driver versions is to be had. */
static bool cuda_served(struct sim *s, const struct gpu_type *t, const struct json *wanted)
{
    for (const struct json *v = json_first(wanted); v != NULL; v = json_next(v)) {
        if (json_string(v) != NULL && runpod_cuda_available(s, t, json_string(v))) {
            return true;
        }
    }
    return json_count(wanted) == 0;
}

struct json *read_lowest_price(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    const struct gpu_type *t = gpu_type_find(json_str_or(parent, "id", ""));
    const struct json *input = json_get(arguments, "input");
    if (t == NULL) {
        return NULL;
    }
    enum stock level =
        runpod_stock(c->s, t, json_str(input, "dataCenterId"), json_str(input, "minCudaVersion"));
    if (!cuda_served(c->s, t, json_get(input, "allowedCudaVersions"))) {
        level = STOCK_NONE;
    }
    struct json *out = json_new_object(), *versions = json_new_array();
    bool some = level != STOCK_NONE;
    (void)json_add(out, "stockStatus", stock_status(level));
    (void)json_add(
        out, "uninterruptablePrice", some ? json_new_num(t->price_secure) : json_new_null());
    (void)json_add(
        out, "minimumBidPrice", some ? json_new_num(t->price_secure * 0.6) : json_new_null());
    for (const char *const *v = cuda_versions; *v != NULL; v++) {
        struct json *row = json_new_object();
        (void)json_add_str(row, "cudaVersion", *v);
        (void)json_add_str(
            row, "availability", runpod_cuda_available(c->s, t, *v) ? "AVAILABLE" : "UNAVAILABLE");
        (void)json_push(versions, row);
    }
    (void)json_add(out, "gpuTypeCudaVersions", versions);
    return out;
}

static struct json *pool_of(struct json *pools, const char *id)
{
    for (const struct json *p = json_first(pools); p != NULL; p = json_next(p)) {
        if (strcmp(json_str_or(p, "id", ""), id) == 0) {
            return (struct json *)json_get(p, "gpuTypeIds");
        }
    }
    struct json *pool = json_new_object(), *types = json_new_array();
    (void)json_add_str(pool, "id", id);
    (void)json_add(pool, "gpuTypeIds", types);
    (void)json_push(pools, pool);
    return types;
}

struct json *read_pools(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)c;
    (void)parent;
    (void)arguments;
    struct json *out = json_new_array();
    for (const struct gpu_type *t = gpu_types; t->id != NULL; t++) {
        if (t->pool != NULL) {
            (void)json_push(pool_of(out, t->pool), json_new_string(t->id));
        }
    }
    return out;
}

struct json *read_data_centers(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)parent;
    (void)arguments;
    struct json *out = json_new_array();
    for (const struct data_center *d = data_centers; d->id != NULL; d++) {
        struct json *row = json_new_object(), *gpus = json_new_array();
        for (const struct gpu_type *t = gpu_types; t->id != NULL; t++) {
            struct json *gpu = json_new_object();
            (void)json_add_str(gpu, "gpuTypeId", t->id);
            (void)json_add_str(gpu, "displayName", t->name);
            (void)json_add(gpu, "stockStatus", stock_status(runpod_stock(c->s, t, d->id, NULL)));
            (void)json_push(gpus, gpu);
        }
        (void)json_add_str(row, "id", d->id);
        (void)json_add_str(row, "name", d->name);
        (void)json_add_str(row, "location", d->country);
        (void)json_add(row, "gpuAvailability", gpus);
        (void)json_push(out, row);
    }
    return out;
}

/* The Hub's listings and the public endpoints, of which the stand-in has none. */
struct json *read_nothing(
    struct graphql_call *c, const struct json *parent, const struct json *arguments)
{
    (void)c;
    (void)parent;
    (void)arguments;
    return json_new_array();
}
