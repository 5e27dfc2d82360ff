/* runpod_rest_catalog: what can be rented, and whether there is any (spec/runpod.md §4.5, §6.1).
 *
 * Stock is asked of the physics per data centre and CUDA version; the query's filters choose which of
 * those count. Availability has no default product: include=AVAILABILITY without product, and every
 * filter without include, answers 400. The stand-in has the same stock for every product. */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64, WORDS_BYTES = 1024 };

/* A query's availability part. */
struct filter {
    bool availability;
    int count;
    const char *min_cuda;
    const char *countries[WORDS_MAX], *cudas[WORDS_MAX];
    size_t country_count, cuda_count;
    char country_text[WORDS_BYTES], cuda_text[WORDS_BYTES];
};

/* ---- reading the query ------------------------------------------------------------------------------ */

static bool bad(struct reply *p, int status, const char *text)
{
    runpod_control_error(p, status, text);
    return false;
}

static bool country_valid(const char *s)
{
    return isupper((unsigned char)s[0]) && isupper((unsigned char)s[1]) && s[2] == '\0';
}

static bool floor_valid(const char *s)
{
    return schema_is_cuda(s) || (*s != '\0' && s[strspn(s, "0123456789")] == '\0');
}

static bool words_valid(const char *const *words, size_t n, bool (*valid)(const char *))
{
    for (size_t i = 0; i < n; i++) {
        if (!valid(words[i])) {
            return false;
        }
    }
    return true;
}

static bool products_valid(const struct request *r, bool cluster)
{
    char text[WORDS_BYTES];
    const char *words[WORDS_MAX];
    size_t n = query_words(r, "product", text, sizeof text, words, WORDS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], "POD") != 0 && strcmp(words[i], "SERVERLESS") != 0 &&
            !(cluster && strcmp(words[i], "CLUSTER") == 0)) {
            return false;
        }
    }
    return n > 0;
}

/* Fills the filter; false when it has answered 400 or 422. */
static bool filter_read(struct request *r, struct reply *p, bool gpus, struct filter *f)
{
    memset(f, 0, sizeof *f);
    const char *include = request_query(r, "include");
    f->availability = include != NULL && strcmp(include, "AVAILABILITY") == 0;
    if (include != NULL && *include != '\0' && !f->availability) {
        return bad(p, 422, "include: value must be 'AVAILABILITY'");
    }
    static const char *const dependent[] = {
        "product", "count", "cloud", "countryCodes", "cudaVersions", "minCudaVersion", "vcpuCount"};
    for (size_t i = 0; !f->availability && i < sizeof dependent / sizeof *dependent; i++) {
        if (request_query(r, dependent[i]) != NULL) {
            char text[80];
            (void)snprintf(
                text, sizeof text, "%s is valid only with include=AVAILABILITY", dependent[i]);
            return bad(p, 400, text);
        }
    }
    if (f->availability && request_query(r, "product") == NULL) {
        return bad(p, 400, "product is required with include=AVAILABILITY");
    }
    if (f->availability && !products_valid(r, gpus)) {
        return bad(p, 422, "product: value must be one of 'POD', 'CLUSTER', 'SERVERLESS'");
    }
    f->count = (int)request_query_int(r, "count", 1);
    f->min_cuda = request_query(r, "minCudaVersion");
    f->country_count = query_words(
        r, "countryCodes", f->country_text, sizeof f->country_text, f->countries, WORDS_MAX);
    f->cuda_count =
        query_words(r, "cudaVersions", f->cuda_text, sizeof f->cuda_text, f->cudas, WORDS_MAX);
    if (f->min_cuda != NULL && f->cuda_count > 0) {
        return bad(p, 400, "cudaVersions and minCudaVersion are mutually exclusive");
    }
    if (f->count < 1 || !words_valid(f->countries, f->country_count, country_valid) ||
        !words_valid(f->cudas, f->cuda_count, schema_is_cuda) ||
        (f->min_cuda != NULL && !floor_valid(f->min_cuda))) {
        return bad(p, 422, "malformed count, countryCodes, cudaVersions or minCudaVersion");
    }
    return true;
}

/* ---- stock --------------------------------------------------------------------------------------------- */

static bool among(const char *const *words, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], s) == 0) {
            return true;
        }
    }
    return n == 0;
}

/* "12.11" is above "12.2". */
static bool cuda_at_least(const char *version, const char *least)
{
    char *rest_v = NULL, *rest_l = NULL;
    long major_v = strtol(version, &rest_v, 10), major_l = strtol(least, &rest_l, 10);
    long minor_v = *rest_v == '.' ? strtol(rest_v + 1, NULL, 10) : 0;
    long minor_l = *rest_l == '.' ? strtol(rest_l + 1, NULL, 10) : 0;
    return major_v != major_l ? major_v > major_l : minor_v >= minor_l;
}

static bool cuda_wanted(const struct filter *f, const char *version)
{
    return f->min_cuda == NULL ? among(f->cudas, f->cuda_count, version)
                               : cuda_at_least(version, f->min_cuda);
}

/* Whether any driver version that the filter wants is to be had with this type. */
static bool cuda_served(struct sim *s, const struct gpu_type *t, const struct filter *f)
{
    if (f->min_cuda == NULL && f->cuda_count == 0) {
        return true;
    }
    for (const char *const *v = cuda_versions; *v != NULL; v++) {
        if (cuda_wanted(f, *v) && runpod_cuda_available(s, t, *v)) {
            return true;
        }
    }
    return false;
}

static enum stock stock_in(
    struct sim *s, const struct gpu_type *t, const struct filter *f, const struct data_center *d)
{
    if (!among(f->countries, f->country_count, d->country) || !cuda_served(s, t, f)) {
        return STOCK_NONE;
    }
    bool exact = f->min_cuda != NULL && schema_is_cuda(f->min_cuda);
    enum stock there = runpod_stock(s, t, d->id, exact ? f->min_cuda : NULL);
    return f->count > 4 && there == STOCK_LOW ? STOCK_NONE : there;
}

struct json *catalog_availability(const char *id, const char *name, enum stock level)
{
    struct json *out = json_new_object();
    (void)json_add_str(out, "id", id);
    (void)json_add_str(out, "name", name);
    (void)json_add_str(out, "availability", stock_name(level));
    return out;
}

/* ---- GPUs ------------------------------------------------------------------------------------------------ */

static struct json *cuda_view(struct sim *s, const struct gpu_type *t, const struct filter *f)
{
    struct json *out = json_new_array();
    for (const char *const *v = cuda_versions; *v != NULL; v++) {
        if (cuda_wanted(f, *v)) {
            struct json *row = json_new_object();
            (void)json_add_str(row, "version", *v);
            (void)json_add_bool(row, "available", runpod_cuda_available(s, t, *v));
            (void)json_push(out, row);
        }
    }
    return out;
}

/* Adds availability, dataCenters and cudaVersions; false when no data centre offers the type. */
static bool add_stock(
    struct sim *s, struct json *out, const struct gpu_type *t, const struct filter *f)
{
    enum stock best = STOCK_NONE;
    struct json *centers = json_new_array();
    for (const struct data_center *d = data_centers; d->id != NULL; d++) {
        enum stock there = stock_in(s, t, f, d);
        best = there > best ? there : best;
        if (there != STOCK_NONE) {
            (void)json_push(centers, catalog_availability(d->id, d->name, there));
        }
    }
    (void)json_add_str(out, "availability", stock_name(best));
    if (best != STOCK_NONE) {
        (void)json_add(out, "dataCenters", centers);
    } else {
        json_free(centers);
    }
    if (strcmp(t->manufacturer, "NVIDIA") == 0) {
        (void)json_add(out, "cudaVersions", cuda_view(s, t, f));
    }
    return best != STOCK_NONE;
}

static struct json *gpu_view(const struct gpu_type *t)
{
    struct json *out = json_new_object(), *price = json_new_object(), *most = json_new_object();
    (void)json_add_str(out, "id", t->id);
    (void)json_add_str(out, "name", t->name);
    (void)json_add_str(out, "pool", t->pool);
    (void)json_add_str(out, "manufacturer", t->manufacturer);
    (void)json_add_int(out, "memory", t->memory_gb);
    (void)json_add_bool(out, "secure", t->price_secure > 0);
    (void)json_add_bool(out, "community", t->price_community > 0);
    (void)json_add_num(price, "secure", t->price_secure);
    (void)json_add_num(price, "community", t->price_community);
    if (t->pool != NULL && t->price_serverless > 0) {
        (void)json_add_num(price, "serverless", t->price_serverless);
    }
    (void)json_add(out, "price", price);
    (void)json_add_int(most, "secure", t->price_secure > 0 ? 8 : 0);
    (void)json_add_int(most, "community", t->price_community > 0 ? 8 : 0);
    (void)json_add(out, "maxCount", most);
    return out;
}

void rest_gpu_list(struct sim *s, struct request *r, struct reply *p)
{
    struct filter f;
    if (!filter_read(r, p, true, &f)) {
        return;
    }
    struct json *items = json_new_array();
    for (const struct gpu_type *t = gpu_types; t->id != NULL; t++) {
        struct json *row = gpu_view(t);
        bool offered = !f.availability || add_stock(s, row, t, &f);
        if (offered || f.country_count == 0) {
            (void)json_push(items, row);
        } else {
            json_free(row);
        }
    }
    rest_list(r, p, "gpus", items);
}

void rest_gpu_read(struct sim *s, struct request *r, struct reply *p)
{
    struct filter f;
    const struct gpu_type *t = gpu_type_find(request_param(r, "id"));
    if (t == NULL) {
        runpod_control_error(p, 404, "gpu type not found");
        return;
    }
    if (!filter_read(r, p, true, &f)) {
        return;
    }
    struct json *row = gpu_view(t);
    if (f.availability) {
        (void)add_stock(s, row, t, &f);
    }
    reply_json(p, 200, row);
}

/* ---- CPUs -------------------------------------------------------------------------------------------------- */

static const struct cpu_flavor {
    const char *id, *name, *group;
    int least, most;
    double ram_gb, secure, serverless; /* a vCPU; $/h */
} cpu_flavors[] = {
    {"cpu3c", "Compute-Optimized", "Gen 3", 2, 32, 2, 0.03, 0.036},
    {"cpu3g", "General Purpose", "Gen 3", 2, 32, 4, 0.04, 0.048},
    {"cpu3m", "Memory-Optimized", "Gen 3", 2, 32, 8, 0.055, 0.066},
    {"cpu5c", "Compute-Optimized", "Gen 5", 2, 32, 2, 0.035, 0.042},
    {"cpu5g", "General Purpose", "Gen 5", 2, 32, 4, 0.0465, 0.056},
    {"cpu5m", "Memory-Optimized", "Gen 5", 2, 32, 8, 0.0585, 0.07},
};

int64_t cpu_memory_gb(const char *id, int64_t vcpus)
{
    for (size_t i = 0; id != NULL && i < sizeof cpu_flavors / sizeof *cpu_flavors; i++) {
        if (strcmp(cpu_flavors[i].id, id) == 0) {
            return (int64_t)((double)vcpus * cpu_flavors[i].ram_gb);
        }
    }
    return 2 * vcpus;
}

static struct json *cpu_view(const struct cpu_flavor *c, const struct filter *f)
{
    struct json *out = json_new_object(), *vcpu = json_new_object(), *price = json_new_object();
    (void)json_add_str(out, "id", c->id);
    (void)json_add_str(out, "name", c->name);
    (void)json_add_str(out, "group", c->group);
    (void)json_add_int(vcpu, "min", c->least);
    (void)json_add_int(vcpu, "max", c->most);
    (void)json_add(out, "vcpu", vcpu);
    (void)json_add_num(out, "ramGbPerVcpu", c->ram_gb);
    (void)json_add_num(price, "securePerVcpu", c->secure);
    (void)json_add_num(price, "serverlessPerVcpu", c->serverless);
    (void)json_add(out, "price", price);
    if (f->availability) {
        (void)json_add_str(out, "availability", stock_name(STOCK_HIGH));
    }
    return out;
}

void rest_cpu_list(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    struct filter f;
    if (!filter_read(r, p, false, &f)) {
        return;
    }
    struct json *items = json_new_array();
    for (size_t i = 0; i < sizeof cpu_flavors / sizeof *cpu_flavors; i++) {
        (void)json_push(items, cpu_view(&cpu_flavors[i], &f));
    }
    rest_list(r, p, "cpus", items);
}

void rest_cpu_read(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    struct filter f;
    const char *id = request_param(r, "id");
    for (size_t i = 0; i < sizeof cpu_flavors / sizeof *cpu_flavors; i++) {
        if (strcmp(cpu_flavors[i].id, id) == 0) {
            if (filter_read(r, p, false, &f)) {
                reply_json(p, 200, cpu_view(&cpu_flavors[i], &f));
            }
            return;
        }
    }
    runpod_control_error(p, 404, "cpu type not found");
}
