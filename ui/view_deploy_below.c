/* The preflight's rules, live, over what is known here (view_deploy_look.c). What the Hub alone can tell is left to
 * the plan, which Enter leads to and which asks again for everything.
 *
 * The price first, then what stops it, what it needs against each pool, and what else is to be thought of: where
 * there is little room, that is the order in which it is needed. */
#include "ui/view_deploy.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 15 };

/* ---- memory and disk -------------------------------------------------------------------------------- */

/* A little is not nothing. */
static const char *gigabytes(char out[SAY_MAX], double gb)
{
    if (gb > 0 && gb < 0.05)
        snprintf(out, SAY_MAX, "<0.1");
    else
        snprintf(out, SAY_MAX, "%.1f", gb);
    return out;
}

static struct text parts_of(struct arena *a, const struct preflight_memory *m, int gpus)
{
    char weights[SAY_MAX], cache[SAY_MAX], tokens[SAY_MAX];
    const char *each = gpus > 1 ? " on each GPU" : "";
    gigabytes(weights, m->weights);
    if (isnan(m->cache))
        return say_text(
            a, "≈%.1f GB%s: weights %s; its cache is not known", m->needed, each, weights);
    return say_text(a, "≈%.1f GB%s: weights %s, cache of %s tokens %s, the rest %.0f", m->needed,
        each, weights, say_tokens(tokens, m->context), gigabytes(cache, m->cache), m->rest);
}

/* "✓ AMPERE_24 24 GB", "✗ AMPERE_16 16 GB, 2 GPUs do", "✗ …" */
static struct text pool_words(
    struct arena *a, const struct gpu_pool *p, const struct preflight_memory *m)
{
    bool fits = m->fit == PREFLIGHT_FITS;
    if (!fits && m->gpus > 1)
        return say_text(a, "✗ %.*s %d GB: %d GPUs do", SAY_ARGS(p->id), p->memory_gb, m->gpus);
    return say_text(a, "%s %.*s %d GB", fits ? "✓" : "✗", SAY_ARGS(p->id), p->memory_gb);
}

static void add_each_pool(struct deploy_look *k, struct lines *l)
{
    int x = LABEL;
    lines_row(l, x);
    for (size_t i = 0; i < k->pool_count; i++) {
        struct preflight_memory m = preflight_memory_of(&k->evidence, k->pools[i].memory_gb);
        struct text words = pool_words(lines_arena(l), &k->pools[i], &m);
        int width = (int)text_width(words);
        if (x > LABEL && x + width > lines_width(l) - 1)
            lines_row(l, x = LABEL);
        lines_at(l, x);
        lines_add(l, words, m.fit == PREFLIGHT_FITS ? ROLE_OK : ROLE_FAINT, 0);
        x += width + 3;
    }
}

static void add_memory(struct deploy_look *k, struct lines *l)
{
    struct preflight_memory m = preflight_memory_of(&k->evidence, 0);
    if (isnan(m.weights)) {
        lines_fact(
            l, "Memory", TEXT("how much the model needs is read from the Hub first"), ROLE_FAINT);
        return;
    }
    lines_fact(l, "Memory", parts_of(lines_arena(l), &m, k->evidence.gpus), ROLE_NORMAL);
    if (k->pool_count > 0)
        add_each_pool(k, l);
}

static void add_disk(struct deploy_look *k, struct lines *l)
{
    double gb = preflight_weights_gb(&k->evidence);
    if (!isnan(gb))
        lines_fact(l, "Disk",
            say_text(lines_arena(l), "%d GB: the image, and %.1f GB of weights",
                k->evidence.disk_gb, gb),
            ROLE_NORMAL);
}

/* ---- price ------------------------------------------------------------------------------------------ */

/* "$0/h asleep · ≈$2.04/h with 3 workers" */
static void add_price(struct deploy_look *k, const struct preflight *found, struct lines *l)
{
    struct arena *a = lines_arena(l);
    char price[VIEW_DEPLOY_PRICE];
    double gpus = k->evidence.gpus;
    int min = k->evidence.workers_min, max = k->evidence.workers_max;
    if (!k->priced || isnan(k->priced->price_least)) {
        lines_fact(l, "Price",
            k->priced            ? TEXT("the catalog does not say")
            : k->pool_count == 0 ? TEXT("the GPU catalog has not been read yet")
                                 : TEXT("the plan will tell, with the pools that were chosen"),
            ROLE_FAINT);
        return;
    }
    struct text least = TEXT("$0/h asleep");
    if (min > 0)
        least = say_text(
            a, "≈%s/h all the time with %d", view_deploy_price(price, k->priced, gpus * min), min);
    struct text words = say_text(a, "%.*s · ≈%s/h with %d worker%s", SAY_ARGS(least),
        view_deploy_price(price, k->priced, gpus * max), max, max == 1 ? "" : "s");
    if (!isnan(found->price_thousand_tokens))
        words = say_text(
            a, "%.*s · ≈$%.5f for 1000 tokens", SAY_ARGS(words), found->price_thousand_tokens);
    lines_fact(l, "Price", words, ROLE_MONEY);
}

static void add_balance(struct deploy_look *k, struct lines *l)
{
    char money[SAY_MAX], left[SAY_MAX];
    double balance = k->evidence.balance;
    double hour =
        k->priced ? k->priced->price_most * k->evidence.gpus * k->evidence.workers_max : 0;
    if (!isfinite(balance) || !(hour > 0))
        return;
    double hours = fmax(balance, 0) / hour;
    lines_fact(l, "Balance",
        say_text(lines_arena(l), "%s: ≈%s with all workers up", say_money(money, balance),
            say_age_short(left, (int64_t)fmin(hours * 3.6e6, 1e15))),
        hours < 1 ? ROLE_WARNING : ROLE_NORMAL);
}

/* ---- the preflight ---------------------------------------------------------------------------------- */

/* What the plan finds out, and the form cannot know: no wonder, so nothing to warn of. */
static bool is_for_the_plan(const struct deploy_look *k, const char *id)
{
    static const char *const hub[] = {"repository", "files", "access"};
    static const char *const model[] = {"memory", "disk"};
    static const char *const pools[] = {"stock", "cuda", "memory"};
    for (size_t i = 0; i < sizeof hub / sizeof *hub; i++)
        if (strcmp(hub[i], id) == 0)
            return true;
    for (size_t i = 0; i < sizeof model / sizeof *model; i++)
        if (strcmp(model[i], id) == 0 && !k->evidence.files)
            return true;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        if (strcmp(pools[i], id) == 0 && k->evidence.pool_count == 0)
            return true;
    return strcmp(id, "quota") == 0 && k->evidence.workers_used < 0;
}

static const char *label_of(struct arena *a, const char *id)
{
    char *label = arena_strdup(a, id);
    if (label)
        label[0] = (char)toupper((unsigned char)label[0]);
    return label ? label : id;
}

static void add_line(struct lines *l, const struct preflight_line *line)
{
    struct arena *a = lines_arena(l);
    bool fix = line->fix.len > 0;
    struct text words = say_text(a, "%s %.*s%s%.*s", preflight_level_sign(line->level),
        SAY_ARGS(line->sentence), fix ? "; " : "", SAY_ARGS(line->fix));
    lines_fact(l, label_of(a, line->id), words,
        line->level == PREFLIGHT_BLOCKER ? ROLE_BAD : ROLE_WARNING);
}

static void add_level(struct deploy_look *k, const struct preflight *found,
    enum preflight_level level, struct lines *l)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct preflight_line *line = &found->lines[i];
        bool unseen = level == PREFLIGHT_WARNING && strcmp(line->id, "balance") == 0 &&
                      (!isfinite(k->evidence.balance) || !k->priced);
        if (line->level == level && !is_for_the_plan(k, line->id) && !unseen)
            add_line(l, line);
    }
}

/* What is good is only named. */
static void add_good(struct deploy_look *k, const struct preflight *found, struct lines *l)
{
    struct text fine = TEXT("");
    for (size_t i = 0; i < found->count; i++)
        if (found->lines[i].level == PREFLIGHT_OK && !is_for_the_plan(k, found->lines[i].id))
            fine = say_text(lines_arena(l), "%.*s%s%s", SAY_ARGS(fine), fine.len ? ", " : "✓ ",
                found->lines[i].id);
    if (fine.len)
        lines_fact(l, "Good", fine, ROLE_OK);
    lines_fact(
        l, "With Enter", TEXT("the repository's files and rights, read from the Hub"), ROLE_FAINT);
}

void view_deploy_below(struct form_view *v, struct lines *l)
{
    struct deploy_look *k = calloc(1, sizeof *k);
    struct preflight *found = calloc(1, sizeof *found);
    opened_source(l, v->o.x->store, SOURCE_RUNPOD);
    if (k && found) {
        k->v = v;
        k->arena = lines_arena(l);
        view_deploy_gather(k);
        if (preflight_run(&k->evidence, lines_arena(l), found, NULL) == 0) {
            add_price(k, found, l);
            add_level(k, found, PREFLIGHT_BLOCKER, l);
            add_memory(k, l);
            add_level(k, found, PREFLIGHT_WARNING, l);
            add_disk(k, l);
            add_balance(k, l);
            add_good(k, found, l);
        }
    }
    free(found);
    free(k);
}
