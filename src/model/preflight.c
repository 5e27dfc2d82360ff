/* The driver: topics in their order, lines, sums, and what rules read settings with. */
#include "model/preflight_internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4096, COLUMNS_MAX = 300 };

static const char *const level_names[PREFLIGHT_LEVELS] = {
    [PREFLIGHT_OK] = "ok",
    [PREFLIGHT_WARNING] = "warning",
    [PREFLIGHT_BLOCKER] = "blocker",
};

const char *preflight_level_name(enum preflight_level level)
{
    return (unsigned)level < PREFLIGHT_LEVELS ? level_names[level] : "unknown";
}

const char *preflight_level_sign(enum preflight_level level)
{
    static const char *const signs[PREFLIGHT_LEVELS] = {
        [PREFLIGHT_OK] = "✓", [PREFLIGHT_WARNING] = "!", [PREFLIGHT_BLOCKER] = "✗"};
    return (unsigned)level < PREFLIGHT_LEVELS ? signs[level] : "?";
}

void preflight_evidence_init(struct preflight_evidence *v)
{
    *v = (struct preflight_evidence){.gpus = 1,
        .quota = -1,
        .workers_used = -1,
        .balance = NAN,
        .spend_limit = NAN,
        .spend_hour = NAN,
        .tokens_per_second = NAN};
}

/* ---- lines --------------------------------------------------------------------------------------- */

/* A text that was made, even an empty one, takes room in the arena. */
static struct text keep(struct preflight_look *l, const char *s, size_t n)
{
    size_t before = arena_size(l->arena);
    struct text t = text_new(l->arena, s, n, TEXT_LINE);
    l->failed |= arena_size(l->arena) == before;
    return t;
}

/* Whole pieces are cleaned and masked, and cut afterwards. */
__attribute__((format(printf, 2, 0))) static struct text words(
    struct preflight_look *l, const char *format, va_list args)
{
    struct buf raw, safe;
    buf_init(&raw, WORDS_MAX);
    buf_init(&safe, 8 * WORDS_MAX);
    if (buf_vprintf(&raw, format, args)) {
        buf_clear(&raw);
        buf_str_append(&raw, "(too long to be shown)");
    }
    l->failed |= text_safe(&safe, buf_str(&raw), raw.len, TEXT_LINE) != 0;
    size_t cut = text_cut((struct text){buf_str(&safe), safe.len}, COLUMNS_MAX).len;
    struct text t = keep(l, buf_str(&safe), cut);
    buf_release(&raw);
    buf_release(&safe);
    return t;
}

void preflight_say(struct preflight_look *l, enum preflight_level level, const char *format, ...)
{
    struct preflight *out = l->out;
    out->blockers += level == PREFLIGHT_BLOCKER;
    out->warnings += level == PREFLIGHT_WARNING;
    if (out->count == PREFLIGHT_LINES_MAX) {
        out->left_out++;
        return;
    }
    va_list args;
    va_start(args, format);
    out->lines[out->count++] = (struct preflight_line){
        .id = l->id, .level = level, .sentence = words(l, format, args), .fix = TEXT("")};
    va_end(args);
}

void preflight_fix(struct preflight_look *l, const char *format, ...)
{
    if (l->out->left_out)
        return;
    va_list args;
    va_start(args, format);
    l->out->lines[l->out->count - 1].fix = words(l, format, args);
    va_end(args);
}

void preflight_names_add(struct preflight_names *n, const char *name)
{
    size_t used = strlen(n->words), want = strlen(name) + (n->count ? 2 : 0);
    n->count++;
    if (n->shown + 1 < n->count || want + sizeof " and 99999 more" > sizeof n->words - used)
        return;
    (void)snprintf(n->words + used, sizeof n->words - used, "%s%s", n->shown ? ", " : "", name);
    n->shown++;
}

const char *preflight_names_end(struct preflight_names *n)
{
    size_t used = strlen(n->words), more = n->count - n->shown;
    if (more)
        (void)snprintf(
            n->words + used, sizeof n->words - used, "%s%zu more", n->shown ? " and " : "", more);
    n->shown = n->count;
    return n->words;
}

/* ---- settings ------------------------------------------------------------------------------------ */

const char *preflight_env_value(const struct preflight_evidence *v, const char *name, bool *set)
{
    bool own;
    set = set ? set : &own;
    *set = false;
    for (size_t i = 0; i < v->env_count; i++)
        if (strcmp(v->env[i].name, name) == 0) {
            *set = true;
            return v->env[i].value;
        }
    return NULL;
}

int64_t preflight_env_number(const struct preflight_evidence *v, const char *name, int64_t fallback)
{
    static const struct {
        const char *unit;
        double times;
    } units[] = {{"", 1}, {"k", 1e3}, {"K", 1024}, {"m", 1e6}, {"M", 1048576}};
    const char *value = preflight_env_value(v, name, NULL);
    char *end = NULL;
    double number = value ? strtod(value, &end) : 0;
    if (!value || end == value || !(fabs(number) < 1e12))
        return fallback;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0)
            return (int64_t)(number * units[i].times);
    return fallback;
}

bool preflight_env_true(const struct preflight_evidence *v, const char *name)
{
    bool yes = false;
    const char *value = preflight_env_value(v, name, NULL);
    return value && worker_env_boolean(value, &yes) && yes;
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static void run_topic(struct preflight_look *l, const struct preflight_topic *topic)
{
    size_t said = l->out->blockers + l->out->warnings;
    l->id = topic->id;
    for (size_t i = 0; i < PREFLIGHT_RULES_MAX && topic->rules[i]; i++)
        topic->rules[i](l);
    if (l->out->blockers + l->out->warnings == said)
        topic->fine(l);
}

static void add_prices(struct preflight *out, const struct preflight_evidence *v)
{
    double worker = preflight_price(v);
    out->price_min = worker * v->workers_min;
    out->price_max = worker * v->workers_max;
    out->price_thousand_tokens =
        v->tokens_per_second > 0 ? worker / (v->tokens_per_second * 3.6) : NAN;
}

struct preflight_look preflight_look_at(const struct preflight_evidence *v)
{
    struct preflight_look l = {
        .v = v, .listed = v->files ? &v->files->facts : NULL, .image = worker_image_read(v->image)};
    l.facts = l.listed && l.listed->adapter && v->base ? &v->base->facts : l.listed;
    return l;
}

int preflight_run(
    const struct preflight_evidence *v, struct arena *a, struct preflight *out, struct err *e)
{
    static const struct preflight_topic *const all[] = {
        preflight_model, preflight_worker, preflight_place, preflight_account};
    struct preflight_look l = preflight_look_at(v);
    l.arena = a;
    l.out = out;
    *out = (struct preflight){0};
    add_prices(out, v);
    preflight_need_find(&l);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (const struct preflight_topic *topic = all[i]; topic->id; topic++)
            run_topic(&l, topic);
    return l.failed ? err_set(e, ERR_IO, 0, "out of memory for the preflight") : 0;
}
