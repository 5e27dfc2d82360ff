/* runpod_script: the lines that a worker will print, planned ahead.
 *
 * When a phase begins (pull, start, trouble) its lines are written out with their times and
 * appended to the worker's plan; the event loop lets each one come when its time has come. A new
 * start throws away what was still planned. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRIPT_MAX = 2000, LINE_ROOM = 64 * 1024, DEFAULT_GAP_MS = 3 };

struct script_line {
    int64_t at;
    enum log_source source;
    char *text;
};

void script_clear(struct worker *w)
{
    for (size_t i = 0; i < w->script_count; i++)
        free(w->script[i].text);
    free(w->script);
    w->script = NULL;
    w->script_count = w->script_next = 0;
}

int64_t script_next_at(const struct worker *w)
{
    return w->script_next < w->script_count ? w->script[w->script_next].at : NEVER;
}

void script_play(struct worker *w)
{
    while (script_next_at(w) <= w->endpoint->world->advanced_to) {
        struct script_line *l = &w->script[w->script_next++];
        log_add(w, l->source, l->text);
    }
    if (w->script_next == w->script_count)
        script_clear(w);
}

void script_play_all(struct worker *w)
{
    for (size_t i = w->script_next; i < w->script_count; i++)
        log_add(w, w->script[i].source, w->script[i].text);
    script_clear(w);
}

/* Takes text. Lines must come in order; one that is too early waits for the one before. */
static void plan(struct worker *w, int64_t at, enum log_source source, char *text)
{
    if (w->script_count > 0 && w->script[w->script_count - 1].at > at)
        at = w->script[w->script_count - 1].at;
    struct script_line *lines = NULL;
    if (text && w->script_count < SCRIPT_MAX)
        lines = realloc(w->script, (w->script_count + 1) * sizeof *lines);
    if (!lines) {
        free(text);
        return;
    }
    w->script = lines;
    w->script[w->script_count++] = (struct script_line){.at = at, .source = source, .text = text};
}

static void plan_template(struct worker *w, const struct job *j, const struct script_facts *facts,
    int64_t at, enum log_source source, const char *template)
{
    struct buf text;
    buf_init(&text, LINE_ROOM);
    if (script_fill(w, j, facts, template, at, &text) == 0)
        plan(w, at, source, buf_take(&text, NULL));
    buf_release(&text);
}

static void plan_printf(struct worker *w, int64_t at, enum log_source source, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

static void plan_printf(
    struct worker *w, int64_t at, enum log_source source, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, LINE_ROOM);
    va_start(args, format);
    if (buf_vprintf(&text, format, args) == 0)
        plan(w, at, source, buf_take(&text, NULL));
    va_end(args);
    buf_release(&text);
}

/* ---- a start --------------------------------------------------------------------------------- */

static void plan_shards(
    struct worker *w, const struct script_facts *facts, int64_t from, int64_t until, int64_t cut)
{
    int shards = facts->model->shards < 1    ? 1
                 : facts->model->shards > 60 ? 60
                                             : facts->model->shards;
    double each = (double)(until - from) / shards;
    plan_printf(w, from, LOG_CONTAINER,
        "Loading safetensors checkpoint shards:   0%% Completed | 0/%d [00:00<?, ?it/s]", shards);
    for (int i = 1; i <= shards; i++) {
        int64_t at = from + (int64_t)(each * i);
        int spent = (int)(each * i / SECOND), left = (int)(each * (shards - i) / SECOND);
        if (at < cut)
            plan_printf(w, at, LOG_CONTAINER,
                "Loading safetensors checkpoint shards: %3d%% Completed | %d/%d "
                "[%02d:%02d<%02d:%02d, %5.2fs/it]",
                100 * i / shards, i, shards, spent / 60, spent % 60, left / 60, left % 60,
                each / SECOND);
    }
}

static const struct script_row *rows_of(enum generation g)
{
    static const struct script_row *const rows[] = {[IMAGE_OTHER] = script_other,
        [IMAGE_VLLM_2023] = script_vllm_2023,
        [IMAGE_VLLM_A] = script_vllm_a,
        [IMAGE_VLLM_B] = script_vllm_b,
        [IMAGE_EMBEDDING] = script_embedding};
    return rows[g];
}

/* "startup": [{"at": 0.4, "text": "…"}, …] of the behaviour, for images of one's own. */
static void start_from_data(struct worker *w, const struct json *rows,
    const struct script_facts *facts, int64_t load_ms, int64_t from_ms, int64_t cut_ms)
{
    int64_t now = w->endpoint->world->advanced_to;
    for (const struct json *r = json_first(rows); r; r = json_next(r)) {
        int64_t after = (int64_t)(json_num(r, "at", 0) * (double)load_ms);
        const char *text = json_str(r, "text");
        if (after >= from_ms && after < cut_ms && text)
            plan_template(w, NULL, facts, now + after, LOG_CONTAINER, text);
    }
}

static void start_from_table(struct worker *w, const struct script_row *row,
    const struct script_facts *facts, int64_t load_ms, int64_t from_ms, int64_t cut_ms)
{
    int64_t now = w->endpoint->world->advanced_to;
    int64_t cut = cut_ms < NEVER - now ? now + cut_ms : NEVER;
    for (; row->text; row++) {
        int64_t after = (int64_t)(row->at * (double)load_ms);
        if (after >= cut_ms)
            return;
        if (after < from_ms)
            continue;
        if (strcmp(row->text, "@shards") == 0)
            plan_shards(w, facts, now + after, now + (int64_t)(row[1].at * (double)load_ms), cut);
        else
            plan_template(w, NULL, facts, now + after, LOG_CONTAINER, row->text);
    }
}

void script_start(struct worker *w, int64_t load_ms, int64_t from_ms, int64_t cut_ms)
{
    struct script_facts facts;
    script_facts(w, load_ms, &facts);
    const struct json *own = behave(w->endpoint, "startup");
    if (json_kind(own) == JSON_ARRAY)
        start_from_data(w, own, &facts, load_ms, from_ms, cut_ms);
    else
        start_from_table(w, rows_of(facts.image->generation), &facts, load_ms, from_ms, cut_ms);
}

/* ---- a trouble ------------------------------------------------------------------------------- */

int64_t script_trouble(
    struct worker *w, const struct job *j, const struct json *lines, int64_t delay_ms)
{
    struct script_facts facts;
    script_facts(w, 40 * SECOND, &facts);
    int64_t at = w->endpoint->world->advanced_to + delay_ms;
    for (const struct json *l = json_first(lines); l; l = json_next(l)) {
        const char *source = json_str_or(l, "source", "container");
        const char *only = json_str(l, "generation");
        if (only && strcmp(only, generation_name(facts.image->generation)) != 0)
            continue;
        const char *text = json_string(l) ? json_string(l) : json_str(l, "text");
        at += DEFAULT_GAP_MS + (int64_t)(json_num(l, "after_s", 0) * SECOND);
        if (text)
            plan_template(
                w, j, &facts, at, strcmp(source, "system") == 0 ? LOG_SYSTEM : LOG_CONTAINER, text);
    }
    return at;
}

/* ---- a pull ---------------------------------------------------------------------------------- */

static void plan_bar(
    struct worker *w, int64_t at, const char *layer, const char *what, double done, double gb)
{
    enum { WIDTH = 50 };
    char bar[WIDTH + 1];
    int filled = (int)(done * WIDTH);
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    bar[WIDTH] = '\0';
    plan_printf(w, at, LOG_SYSTEM, "%s %s [%s]  %.3fGB/%.3fGB", layer, what, bar, done * gb, gb);
}

static void plan_layers(struct worker *w, int64_t from, int64_t ms, double gb)
{
    enum { STEPS = 12, STILL_MS = 60 * SECOND };
    char layer[13];
    random_hex(w->endpoint, layer, 12);
    plan_printf(w, from + 400, LOG_SYSTEM, "%s Pulling fs layer", layer);
    int64_t still = from + STILL_MS;
    for (int i = 1; i < STEPS; i++) {
        int64_t at = from + ms * i / STEPS;
        for (; still < at; still += STILL_MS)
            plan_printf(
                w, still, LOG_SYSTEM, "create container: still fetching image %s", w->image);
        bool extracting = i > STEPS * 2 / 3;
        double done = extracting ? (i - STEPS * 2 / 3.0) / (STEPS / 3.0) : i / (STEPS * 2 / 3.0);
        plan_bar(w, at, layer, extracting ? "Extracting" : "Downloading", done > 1 ? 1 : done,
            gb * 0.62);
    }
    plan_printf(w, from + ms - 200, LOG_SYSTEM, "%s Pull complete", layer);
}

void script_pull(struct worker *w, int64_t ms, bool cached)
{
    struct script_facts facts;
    script_facts(w, 0, &facts);
    int64_t now = w->endpoint->world->advanced_to;
    char digest[65];
    random_hex(w->endpoint, digest, 64);
    plan_template(w, NULL, &facts, now, LOG_SYSTEM, "create container {image}");
    plan_template(w, NULL, &facts, now + ms / 20, LOG_SYSTEM, "{tag} Pulling from {repository}");
    if (!cached)
        plan_layers(w, now + ms / 10, ms - ms / 8, facts.image->gb);
    plan_printf(w, now + ms - 20, LOG_SYSTEM, "Digest: sha256:%s", digest);
    plan_template(w, NULL, &facts, now + ms - 10, LOG_SYSTEM,
        cached ? "Status: Image is up to date for {image}"
               : "Status: Downloaded newer image for {image}");
    plan_template(w, NULL, &facts, now + ms - 5, LOG_SYSTEM, "worker is ready");
}
