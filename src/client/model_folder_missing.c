/* What is not there. Each row of the table says when its file is needed; a question for each of those
 * conditions is answered here. Shards that lack among their numbers are named one by one, or, where
 * that would be a page, all at once. */
#include "client/model_folder_internal.h"

#include <stdio.h>
#include <string.h>

enum { SHARDS_NAMED = 16 };

static bool has_ending(const struct folder *f, const char *end)
{
    size_t m = strlen(end);
    for (size_t i = 0; i < f->count; i++) {
        size_t n = strlen(f->files[i].raw);
        if (n >= m && strcmp(f->files[i].raw + n - m, end) == 0 && !strchr(f->files[i].raw, '/'))
            return true;
    }
    return false;
}

static bool always(const struct folder *f)
{
    (void)f;
    return true;
}

static bool whole(const struct folder *f)
{
    return !f->adapter;
}

static bool adapter(const struct folder *f)
{
    return f->adapter;
}

static bool weights(const struct folder *f)
{
    return !f->adapter && !f->safe_weights && !f->legacy_weights;
}

static bool adapter_weights(const struct folder *f)
{
    return f->adapter && !f->safe_weights && !f->legacy_weights;
}

static bool an_index(const struct folder *f)
{
    return !f->adapter && folder_has_shards(f) && !folder_has(f, "model.safetensors") &&
           !has_ending(f, ".safetensors.index.json");
}

static bool tokenizer(const struct folder *f)
{
    return !f->adapter && !folder_has(f, "tokenizer.json") && !folder_has(f, "tokenizer.model") &&
           !folder_has(f, "vocab.json");
}

static bool merges(const struct folder *f)
{
    return !f->adapter && !folder_has(f, "tokenizer.json") && !folder_has(f, "tokenizer.model") &&
           folder_has(f, "vocab.json");
}

static bool template(const struct folder *f)
{
    return !f->adapter && !f->facts.chat_template;
}

static bool license(const struct folder *f)
{
    const char *named = f->card.license;
    return !named || strcmp(named, "other") == 0;
}

static bool (*const needed[])(const struct folder *) = {
    [NEED_ALWAYS] = always,
    [NEED_WHOLE] = whole,
    [NEED_WEIGHTS] = weights,
    [NEED_INDEX] = an_index,
    [NEED_ADAPTER] = adapter,
    [NEED_ADAPTER_WEIGHTS] = adapter_weights,
    [NEED_TOKENIZER] = tokenizer,
    [NEED_MERGES] = merges,
    [NEED_TEMPLATE] = template,
    [NEED_LICENSE] = license,
};

/* The pattern as the name of the one file that is meant. */
static const char *proper_name(const char *pattern)
{
    if (strcmp(pattern, "*.safetensors.index.json") == 0)
        return "model.safetensors.index.json";
    return strcmp(pattern, "LICENSE*") == 0 ? "LICENSE" : pattern;
}

static bool has_row(const struct folder *f, const struct folder_rule *rule)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->files[i].rule == rule)
            return true;
    return false;
}

static void miss_row(struct folder *f, const struct folder_rule *rule)
{
    if (rule->need == NEED_NEVER || !needed[rule->need](f) || has_row(f, rule))
        return;
    folder_miss(f, proper_name(rule->pattern), f->adapter ? rule->adapter : rule->whole, rule->why);
}

/* ---- shards ------------------------------------------------------------------------------------- */

static const char *ending(const struct shard_name *s)
{
    return s->pickle ? ".bin" : ".safetensors";
}

static void miss_shard(struct folder *f, const struct found *first, int number)
{
    const struct shard_name *s = &first->shard;
    char path[2 * NAME_MAX], why[64];
    snprintf(path, sizeof path, "%.*s%0*d-of-%0*d%s", (int)s->stem, first->raw, s->digits, number,
        s->digits, s->total, ending(s));
    snprintf(why, sizeof why, "shard %d of %d", number, s->total);
    folder_miss(f, path, first->line.kind, why);
}

static void miss_shards(struct folder *f, const struct found *first, int lacking)
{
    const struct shard_name *s = &first->shard;
    char path[2 * NAME_MAX], why[64];
    snprintf(path, sizeof path, "%.*s*-of-%0*d%s", (int)s->stem, first->raw, s->digits, s->total,
        ending(s));
    snprintf(why, sizeof why, "%d of %d shards", lacking, s->total);
    folder_miss(f, path, first->line.kind, why);
}

/* The numbers from `from` up to, not including, `to`. Returns how many. */
static int walk_gap(struct folder *f, const struct found *first, int from, int to, bool name_them)
{
    for (int i = from; name_them && i < to; i++)
        miss_shard(f, first, i);
    return to > from ? to - from : 0;
}

/* How many shards of the set lack. They follow each other in the list, by number. */
static int walk_set(struct folder *f, size_t at, bool name_them)
{
    const struct found *first = &f->files[at];
    int next = 1, lacking = 0, total = first->shard.total;
    for (; at < f->count; at++) {
        const struct found *file = &f->files[at];
        int number = file->shard.number;
        if (file->first_shard != first || file->shard.total != total || number > total)
            continue;
        lacking += walk_gap(f, first, next, number, name_them);
        next = number >= next ? number + 1 : next;
    }
    return lacking + walk_gap(f, first, next, total + 1, name_them);
}

static void miss_set(struct folder *f, size_t at)
{
    int lacking = walk_set(f, at, false);
    if (lacking > SHARDS_NAMED)
        miss_shards(f, &f->files[at], lacking);
    else if (lacking > 0)
        walk_set(f, at, true);
}

void folder_missing(struct folder *f)
{
    for (size_t i = 0; i < folder_rule_count; i++)
        miss_row(f, &folder_rules[i]);
    for (size_t i = 0; i < f->count; i++)
        if (f->files[i].first_shard == &f->files[i] && f->files[i].line.kind == CHECK_WEIGHTS)
            miss_set(f, i);
}
