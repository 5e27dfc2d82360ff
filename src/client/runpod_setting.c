/* runpod_setting: the settings of an endpoint that a change can touch, one row each: where it stands in the
 * endpoint's JSON, how it is shown, and whether workers are replaced for it. Diffs, bodies and looks
 * whether a change took effect all go by these rows; the environment, whose entries are settings of their
 * own, is treated beside them. */
#include "client/runpod_change_internal.h"
#include "client/runpod_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 512 };

const struct setting_row runpod_setting_rows[] = {
    {"image", NULL, "image", SETTING_WORD, "", true},
    {"GPU pools", "gpu", "pools", SETTING_WORDS, "", true},
    {"excluded GPUs", "gpu", "excludedTypes", SETTING_WORDS, "", true},
    {"GPUs a worker", "gpu", "count", SETTING_NUMBER, "", true},
    {"CUDA at least", "gpu", "minCudaVersion", SETTING_WORD, "", true},
    {"disk", NULL, "disk", SETTING_NUMBER, " GB", true},
    {"workers min", "workers", "min", SETTING_NUMBER, "", false},
    {"workers max", "workers", "max", SETTING_NUMBER, "", false},
    {"idle time", "workers", "idleTimeout", SETTING_NUMBER, " s", false},
    {"scaling", NULL, "scaling", SETTING_SCALING, "", false},
    {"time limit", NULL, "timeout", SETTING_MS, "", false},
};
const size_t runpod_setting_count = sizeof runpod_setting_rows / sizeof *runpod_setting_rows;

/* ---- finding and comparing --------------------------------------------------------------------- */

const struct json *runpod_setting(const struct json *settings, const struct setting_row *row)
{
    const struct json *group = row->group ? json_get(settings, row->group) : settings;
    const struct json *found = json_get(group, row->member);
    bool nothing = json_kind(found) <= JSON_NULL ||
                   (json_string(found) && *json_string(found) == '\0') ||
                   (row->kind == SETTING_WORDS && json_count(found) == 0);
    return nothing ? NULL : found;
}

bool runpod_setting_same(const struct json *a, const struct json *b, const struct setting_row *row)
{
    const struct json *x = runpod_setting(a, row), *y = runpod_setting(b, row);
    return x && y ? json_equal(x, y) : x == y;
}

bool runpod_env_same(const struct json *a, const struct json *b)
{
    const struct json *x = json_get(a, "env"), *y = json_get(b, "env");
    if (json_count(x) == 0 || json_count(y) == 0)
        return json_count(x) == json_count(y);
    return json_equal(x, y);
}

bool runpod_counts_requests(const struct json *settings)
{
    const char *type = json_str_or(json_get(settings, "scaling"), "type", "");
    return strcmp(json_str_or(settings, "type", ""), "LOAD_BALANCER") != 0 &&
           strcmp(type, "REQUEST_COUNT") == 0;
}

/* ---- showing ----------------------------------------------------------------------------------- */

static struct text number_text(struct arena *a, double v, const char *unit)
{
    char out[64];
    if (!isfinite(v))
        return TEXT("unknown");
    (void)snprintf(out, sizeof out, "%.10g%s", v, unit);
    return text_from(a, out);
}

struct text runpod_scaling_text(struct arena *a, const struct json *scaling)
{
    char out[96];
    const char *type = json_str_or(scaling, "type", "");
    double delay = json_num(scaling, "queueDelay", NAN);
    double count = json_num(scaling, "requestCount", NAN);
    if (strcmp(type, "QUEUE_DELAY") == 0 && isfinite(delay))
        (void)snprintf(out, sizeof out, "queue delay %.10g s", delay);
    else if (strcmp(type, "REQUEST_COUNT") == 0 && isfinite(count))
        (void)snprintf(
            out, sizeof out, "%.10g request%s a worker", count, fabs(count - 1) < 1e-9 ? "" : "s");
    else
        return *type ? runpod_value_text(a, type) : TEXT("unknown");
    return text_from(a, out);
}

struct text runpod_words_text(struct arena *a, const struct json *list)
{
    struct buf out;
    struct text t = TEXT("none");
    buf_init(&out, 64 * 1024);
    for (const struct json *j = json_first(list); j && !out.full; j = json_next(j))
        if (json_string(j))
            (void)buf_printf(&out, "%s%s", out.len > 0 ? ", " : "", json_string(j));
    if (out.len > 0)
        t = runpod_text(a, buf_str(&out), out.len, SHOWN_MAX, TEXT_LINE);
    buf_release(&out);
    return t;
}

static struct text word_text(struct arena *a, const struct json *value)
{
    const char *s = json_string(value);
    return s ? runpod_value_text(a, s) : TEXT("none");
}

struct text runpod_setting_text(
    struct arena *a, const struct json *value, const struct setting_row *row)
{
    switch (row->kind) {
    case SETTING_NUMBER:
        return number_text(a, json_number(value, NAN), row->unit);
    case SETTING_MS:
        return number_text(a, json_number(value, NAN) / 1000, " s");
    case SETTING_WORDS:
        return runpod_words_text(a, value);
    case SETTING_SCALING:
        return runpod_scaling_text(a, value);
    case SETTING_WORD:
        break;
    }
    return word_text(a, value);
}
