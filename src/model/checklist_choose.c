/* What is sent of a folder, by patterns. Two passes: the first only looks, so that a choice that cannot be
 * meant leaves the list as it was; the second changes the lines.
 *
 * A pattern says something about a file in one of three ways: it does not match; it matches; or it matches
 * and is special enough to put back what is left out by default. "*" is not: who writes it means the
 * model, and neither the optimizer's state nor .env. */
#include "model/checklist.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_MAX = 4096 };

struct choice {
    struct checklist *list;
    const char *const *include, *const *exclude;
    size_t n_include, n_exclude;
    bool one_stays, shards_stay, shard_goes; /* of the weights */
};

/* ---- patterns -------------------------------------------------------------------------------------- */

static const char *without_dot(const char *pattern)
{
    return strncmp(pattern, "./", 2) == 0 ? pattern + 2 : pattern;
}

static bool is_exact(const char *pattern, const struct check_file *file)
{
    return strcmp(without_dot(pattern), file->raw_path) == 0;
}

/* A name with brackets in it matches itself, too. */
static bool matches(const char *pattern, const struct check_file *file)
{
    char below[PATTERN_MAX];
    size_t n = strlen(pattern = without_dot(pattern));
    if (n == 0 || n + 2 > sizeof below)
        return false;
    snprintf(below, sizeof below, "%s%s", pattern, pattern[n - 1] == '/' ? "*" : "");
    return is_exact(pattern, file) || fnmatch(below, file->raw_path, FNM_NOESCAPE) == 0;
}

static bool is_mere_wildcards(const char *pattern)
{
    return without_dot(pattern)[strspn(without_dot(pattern), "*?/.")] == '\0';
}

/* Whether it is sent when the pattern includes it. */
static bool brings(const char *pattern, const struct check_file *file)
{
    if (file->send)
        return matches(pattern, file);
    if (file->kind != CHECK_KEEP_OUT || file->size < 0)
        return false; /* it cannot be sent */
    if (file->guarded)
        return is_exact(pattern, file);
    return matches(pattern, file) && !is_mere_wildcards(pattern);
}

static bool is_excluded(const struct choice *c, const struct check_file *file)
{
    for (size_t i = 0; i < c->n_exclude; i++)
        if (matches(c->exclude[i], file))
            return true;
    return false;
}

/* Whether an include names it, be it that it can be sent or not. */
static bool is_named(const struct choice *c, const struct check_file *file)
{
    for (size_t i = 0; i < c->n_include; i++)
        if (matches(c->include[i], file))
            return true;
    return c->n_include == 0;
}

static bool is_included(const struct choice *c, const struct check_file *file)
{
    for (size_t i = 0; i < c->n_include; i++)
        if (brings(c->include[i], file))
            return true;
    return c->n_include == 0 && file->send;
}

static bool is_chosen(const struct choice *c, const struct check_file *file)
{
    return file->raw_path && is_included(c, file) && !is_excluded(c, file);
}

/* ---- looking --------------------------------------------------------------------------------------- */

static const struct check_file *first_match(const struct checklist *list, const char *pattern)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].raw_path && matches(pattern, &list->files[i]))
            return &list->files[i];
    return NULL;
}

/* A folder's name without its slash is the likeliest slip. */
static int no_match(const struct checklist *list, const char *pattern, struct err *e)
{
    char below[PATTERN_MAX];
    int n = snprintf(below, sizeof below, "%s/", pattern);
    err_set(e, ERR_INPUT, 0, "no file of the folder matches \"%s\"", pattern);
    if (n > 1 && (size_t)n < sizeof below && first_match(list, below))
        return err_hint(e, "\"%s\" is all that is below the folder", below);
    return err_hint(
        e, "patterns are compared with the path below the folder, as slipway check shows it");
}

static int look_at_include(const struct checklist *list, const char *pattern, struct err *e)
{
    const struct check_file *first = first_match(list, pattern);
    if (!first)
        return no_match(list, pattern, e);
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].raw_path && brings(pattern, &list->files[i]))
            return 0;
    err_set(e, ERR_INPUT, 0, "\"%s\" matches only what cannot be sent or is left out: %s: %s",
        pattern, first->path.s, first->result.s);
    return first->size >= 0 ? err_hint(e, "its exact name puts a file back") : -1;
}

static int look(const struct choice *c, struct err *e)
{
    for (size_t i = 0; i < c->n_include; i++)
        if (look_at_include(c->list, c->include[i], e))
            return -1;
    for (size_t i = 0; i < c->n_exclude; i++)
        if (!first_match(c->list, c->exclude[i]))
            return no_match(c->list, c->exclude[i], e);
    for (size_t i = 0; i < c->list->count; i++)
        if (is_chosen(c, &c->list->files[i]))
            return 0;
    return err_set(e, ERR_INPUT, 0, "the patterns leave nothing to send");
}

/* ---- weights that are there twice ------------------------------------------------------------------- */

static bool is_shard(const struct check_file *file)
{
    return strstr(file->raw_path, "-of-") != NULL;
}

static bool is_index(const struct check_file *file)
{
    static const char end[] = ".index.json";
    size_t n = strlen(file->raw_path), m = sizeof end - 1;
    return n > m && strcmp(file->raw_path + n - m, end) == 0;
}

static void look_at_weights(struct choice *c)
{
    for (size_t i = 0; i < c->list->count; i++) {
        const struct check_file *file = &c->list->files[i];
        if (file->kind != CHECK_WEIGHTS || !file->raw_path)
            continue;
        bool stays = is_chosen(c, file), shard = is_shard(file);
        c->one_stays |= stays && !shard;
        c->shards_stay |= stays && shard;
        c->shard_goes |= !stays && shard;
    }
}

static bool is_needed(const struct choice *c, const struct check_file *file)
{
    bool others = c->one_stays && !c->shards_stay;
    if (file->kind == CHECK_WEIGHTS)
        return is_shard(file) ? !others : !c->shards_stay || c->shard_goes;
    return file->kind == CHECK_REQUIRED && !(is_index(file) && others);
}

/* ---- changing -------------------------------------------------------------------------------------- */

static void put_back(struct check_file *file)
{
    file->kind = CHECK_OPTIONAL;
    file->send = true;
    if (file->state == CHECK_WARNING)
        return; /* its words say what it is */
    file->state = CHECK_PRESENT;
    file->result = TEXT("left out by default, put back as asked");
}

static void leave_out(const struct choice *c, struct check_file *file)
{
    bool excluded = is_excluded(c, file);
    file->send = false;
    if (is_needed(c, file)) {
        file->state = CHECK_BAD;
        file->result = excluded ? TEXT("excluded, but needed to serve the model")
                                : TEXT("not included, but needed to serve the model");
        return;
    }
    file->kind = CHECK_KEEP_OUT;
    file->state = CHECK_PRESENT;
    file->result = excluded ? TEXT("excluded") : TEXT("not included");
}

/* What could not be sent anyway keeps its words, unless it is to be left out as well. */
static void choose(const struct choice *c, struct check_file *file)
{
    bool unnamed = !is_named(c, file) && file->kind != CHECK_KEEP_OUT;
    if (is_excluded(c, file) || unnamed)
        leave_out(c, file);
    else if (!file->send && is_included(c, file))
        put_back(file);
}

int checklist_choose(struct checklist *list, const char *const *include, size_t n_include,
    const char *const *exclude, size_t n_exclude, struct err *e)
{
    struct choice c = {.list = list,
        .include = include,
        .exclude = exclude,
        .n_include = n_include,
        .n_exclude = n_exclude};
    if (n_include + n_exclude == 0)
        return 0;
    if (look(&c, e))
        return -1;
    look_at_weights(&c);
    for (size_t i = 0; i < list->count; i++)
        if (list->files[i].raw_path)
            choose(&c, &list->files[i]);
    checklist_sort(list);
    checklist_sum(list);
    return 0;
}
