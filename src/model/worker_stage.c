/* A table of what lines begin with or hold, each with what it means. The platform's own lines go before vLLM's,
 * since a container cannot print them. The image's percentage is that of all layers whose size was told: a
 * layer's bar starts again when it is unpacked, so only downloading counts.
 *
 * Of a start that fails, the line to show is the first that names an exception: what follows it, "engine
 * initialization failed" and the like, only tells that it failed. */
#include "model/worker_stage.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *words;
    bool first; /* the line begins so */
    enum worker_stage_kind kind;
} told[] = {
    {"create container: still fetching image", true, WORKER_STAGE_FETCHING},
    {"create container", true, WORKER_STAGE_FETCHING},
    {"error creating container", true, WORKER_STAGE_REFUSED},
    {"error starting container", true, WORKER_STAGE_REFUSED},
    {"start container", true, WORKER_STAGE_STARTING},
    {"Pulling from", false, WORKER_STAGE_FETCHING},
    {"Pulling fs layer", false, WORKER_STAGE_FETCHING},
    {"Downloading [", false, WORKER_STAGE_FETCHING},
    {"Extracting [", false, WORKER_STAGE_FETCHING},
    {"Loading safetensors checkpoint shards", false, WORKER_STAGE_LOADING},
    {"Loading pt checkpoint shards", false, WORKER_STAGE_LOADING},
    {"Starting to load model", false, WORKER_STAGE_LOADING},
    {"Loading weights", false, WORKER_STAGE_LOADING},
    {"Capturing CUDA graph", false, WORKER_STAGE_LOADING},
    {"Application startup complete", false, WORKER_STAGE_READY},
    {"Starting Serverless Worker", false, WORKER_STAGE_READY},
};

/* ---- the image ---------------------------------------------------------------------------------- */

/* "3.2GB" in bytes; -1 = none stands there. */
static double bytes_of(const char *s, const char **end)
{
    static const struct {
        const char *unit;
        double times;
    } units[] = {{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}};
    char *number_end;
    double number = strtod(s, &number_end);
    for (size_t i = 0; number_end != s && i < sizeof units / sizeof *units; i++) {
        size_t n = strlen(units[i].unit);
        if (strncmp(number_end, units[i].unit, n) == 0 && number >= 0 && number < 1e9) {
            *end = number_end + n;
            return number * units[i].times;
        }
    }
    return -1;
}

static void put_layer(struct worker_stage *w, const char *line, double done, double whole)
{
    size_t n = strspn(line, "0123456789abcdef"), i = 0;
    if (n == 0 || n >= WORKER_STAGE_LAYER_ID)
        return;
    while (i < w->layer_count &&
           (strncmp(w->layers[i].id, line, n) != 0 || w->layers[i].id[n] != '\0'))
        i++;
    if (i == WORKER_STAGE_LAYERS)
        return;
    if (i == w->layer_count) {
        memcpy(w->layers[i].id, line, n);
        w->layers[i].id[n] = '\0';
        w->layer_count++;
    }
    w->layers[i].done = done < whole ? done : whole;
    w->layers[i].whole = whole;
}

/* "5f0d6c1b Downloading [===>   ]  3.2GB/7.5GB" */
static void take_bar(struct worker_stage *w, const char *line)
{
    const char *bar = strstr(line, "Downloading ["), *bracket = bar ? strchr(bar, ']') : NULL;
    const char *end = NULL;
    double done = bracket ? bytes_of(bracket + 1, &end) : -1;
    double whole = done >= 0 && *end == '/' ? bytes_of(end + 1, &end) : -1;
    if (whole > 0)
        put_layer(w, line, done, whole);
}

static int image_percent(const struct worker_stage *w)
{
    double done = 0, whole = 0;
    for (size_t i = 0; i < w->layer_count; i++) {
        done += w->layers[i].done;
        whole += w->layers[i].whole;
    }
    return whole > 0 ? (int)(100 * done / whole) : -1;
}

/* "… shards:  50% Completed"; -1 = none. */
static int percent_in(const char *line)
{
    const char *sign = strchr(line, '%'), *s = sign;
    while (s && s > line && isdigit((unsigned char)s[-1]))
        s--;
    long n = s && s < sign ? strtol(s, NULL, 10) : -1;
    return n >= 0 && n <= 100 ? (int)n : -1;
}

/* ---- failing ------------------------------------------------------------------------------------- */

/* Up to the word that names an exception, "ValueError: …": that and what follows; NULL = none. Wrappers that
 * only pass on what happened before do not count. */
static const char *exception_in(const char *line)
{
    static const char *const hollow[] = {"Engine core initialization failed", "See root cause"};
    for (size_t i = 0; i < sizeof hollow / sizeof *hollow; i++)
        if (strstr(line, hollow[i]))
            return NULL;
    for (const char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *s = colon;
        while (s > line && (isalnum((unsigned char)s[-1]) || s[-1] == '_'))
            s--;
        size_t n = (size_t)(colon - s);
        bool named = n > 5 && isupper((unsigned char)*s) && strncmp(colon - 5, "Error", 5) == 0;
        if (named && colon[1] == ' ')
            return s;
    }
    return NULL;
}

static void copy(char out[WORKER_STAGE_WORDS], const char *s)
{
    size_t columns = WORKER_STAGE_WORDS - 1;
    struct text shown = text_cut((struct text){s, strlen(s)}, columns);
    while (shown.len >= WORKER_STAGE_WORDS) /* wide and marked characters take more bytes */
        shown = text_cut(shown, columns -= 10);
    (void)snprintf(out, WORKER_STAGE_WORDS, "%.*s", (int)shown.len, shown.s);
}

static void take_failure(struct worker_stage *w, const char *line)
{
    const char *named = exception_in(line);
    if (named && !w->error[0])
        copy(w->error, named);
}

/* ---- lines --------------------------------------------------------------------------------------- */

static enum worker_stage_kind kind_of(const char *line)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char *at = strstr(line, told[i].words);
        if (at && (!told[i].first || at == line))
            return told[i].kind;
    }
    return WORKER_STAGE_NONE;
}

static void enter(struct worker_stage *w, enum worker_stage_kind kind, const char *line)
{
    w->kind = kind;
    copy(w->said, line);
    switch (kind) {
    case WORKER_STAGE_FETCHING:
        take_bar(w, line);
        w->percent = image_percent(w);
        break;
    case WORKER_STAGE_REFUSED:
        w->refusals++;
        copy(w->error, line);
        break;
    case WORKER_STAGE_STARTING:
        w->starts++;
        w->error[0] = '\0';
        w->percent = -1;
        break;
    default:
        w->percent = kind == WORKER_STAGE_LOADING ? percent_in(line) : -1;
    }
}

void worker_stage_take(struct worker_stage *w, const struct log_line *line)
{
    const char *s = line->line.s ? line->line.s : "";
    enum worker_stage_kind kind = kind_of(s);
    if (kind != WORKER_STAGE_NONE)
        enter(w, kind, s);
    else if (w->kind == WORKER_STAGE_STARTING || w->kind == WORKER_STAGE_LOADING)
        take_failure(w, s);
}

const char *worker_stage_words(const struct worker_stage *w, char out[WORKER_STAGE_SHOWN])
{
    static const char *const words[WORKER_STAGES] = {
        [WORKER_STAGE_NONE] = "its log says nothing yet",
        [WORKER_STAGE_FETCHING] = "fetching the image",
        [WORKER_STAGE_REFUSED] = "the image is refused",
        [WORKER_STAGE_STARTING] = "the container starts",
        [WORKER_STAGE_LOADING] = "loading the model",
        [WORKER_STAGE_READY] = "ready",
    };
    bool counted = (w->kind == WORKER_STAGE_FETCHING || w->kind == WORKER_STAGE_LOADING) &&
                   w->percent >= 0 && (w->kind == WORKER_STAGE_LOADING || w->layer_count > 0);
    (void)snprintf(out, WORKER_STAGE_SHOWN, counted ? "%s, %d %%" : "%s", words[w->kind],
        counted ? w->percent : 0);
    return out;
}
