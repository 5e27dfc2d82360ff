/* runpod_rest_places: the data centres, and which GPUs each has now (spec/runpod.md §4.5). */
#include "sim/runpod_http.h"
#include "sim/runpod_rest.h"

#include <string.h>

enum { WORDS_MAX = 64, WORDS_BYTES = 1024 };

static bool among(const char *const *words, size_t n, const char *s)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], s) == 0) {
            return true;
        }
    }
    return false;
}

static struct json *gpus_there(struct sim *s, const struct data_center *d)
{
    struct json *out = json_new_array();
    for (const struct gpu_type *t = gpu_types; t->id != NULL; t++) {
        enum stock level = runpod_stock(s, t, d->id, NULL);
        if (level != STOCK_NONE) {
            (void)json_push(out, catalog_availability(t->id, t->name, level));
        }
    }
    return out;
}

static struct json *data_center_view(struct sim *s, const struct data_center *d, bool gpus)
{
    struct json *out = json_new_object(), *types = json_new_array();
    (void)json_add_str(out, "id", d->id);
    (void)json_add_str(out, "name", d->name);
    (void)json_add_str(out, "region", d->region);
    (void)json_add_bool(out, "globalNetwork", true);
    (void)json_push(types, json_new_string("STANDARD"));
    (void)json_add(out, "networkVolumeTypes", types);
    (void)json_add(out, "compliance", json_new_array());
    if (gpus) {
        (void)json_add(out, "gpuAvailability", gpus_there(s, d));
    }
    return out;
}

/* False when it has answered 422. */
static bool includes_gpus(struct request *r, struct reply *p, bool *gpus)
{
    char text[WORDS_BYTES];
    const char *words[WORDS_MAX];
    size_t n = query_words(r, "include", text, sizeof text, words, WORDS_MAX);
    *gpus = false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], "GPU_AVAILABILITY") == 0) {
            *gpus = true;
        } else if (strcmp(words[i], "CPU_AVAILABILITY") != 0) {
            runpod_control_error(
                p, 422, "include: value must be one of 'GPU_AVAILABILITY', 'CPU_AVAILABILITY'");
            return false;
        }
    }
    return true;
}

void rest_data_center_list(struct sim *s, struct request *r, struct reply *p)
{
    bool gpus = false;
    if (!includes_gpus(r, p, &gpus)) {
        return;
    }
    char text[WORDS_BYTES];
    const char *regions[WORDS_MAX];
    size_t n = query_words(r, "regions", text, sizeof text, regions, WORDS_MAX);
    struct json *items = json_new_array();
    for (const struct data_center *d = data_centers; d->id != NULL; d++) {
        if (n == 0 || among(regions, n, d->region)) {
            (void)json_push(items, data_center_view(s, d, gpus));
        }
    }
    rest_list(r, p, "dataCenters", items);
}

void rest_data_center_read(struct sim *s, struct request *r, struct reply *p)
{
    bool gpus = false;
    if (!includes_gpus(r, p, &gpus)) {
        return;
    }
    for (const struct data_center *d = data_centers; d->id != NULL; d++) {
        if (strcmp(d->id, request_param(r, "id")) == 0) {
            reply_json(p, 200, data_center_view(s, d, gpus));
            return;
        }
    }
    runpod_control_error(p, 404, "data center not found");
}
