/* Lists of repositories: filtered, sorted, paged by a cursor that is an index into the sorted list.
 */
#include "sim/hub_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILTERS_MAX = 32, PAGE_MAX = 1000 };

struct query {
    struct sim *s;
    enum hub_type type;
    struct hub_caller caller;
    const char *author, *search, *task, *library;
    const char *filters[FILTERS_MAX];
    size_t filter_count;
};

/* ---- filters --------------------------------------------------------------------------------- */

static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static bool has_tag(const struct json *facts, const char *tag)
{
    for (const struct json *t = json_first(json_get(facts, "tags")); t; t = json_next(t))
        if (strcmp(json_string(t), tag) == 0)
            return true;
    return false;
}

/* "a,b" asks for both. */
static bool has_tags(const struct json *facts, const char *tags)
{
    char tag[256];
    for (const char *s = tags; *s;) {
        size_t n = strcspn(s, ",");
        snprintf(tag, sizeof tag, "%.*s", (int)(n < sizeof tag ? n : sizeof tag - 1), s);
        if (n > 0 && !has_tag(facts, tag))
            return false;
        s += n + (s[n] == ',');
    }
    return true;
}

static bool by_author(const struct hub_repo *repo, const char *author)
{
    size_t n = strlen(author);
    return strncasecmp(repo->id, author, n) == 0 && repo->id[n] == '/';
}

static bool fact_is(const struct json *facts, const char *name, const char *value)
{
    return strcmp(json_str_or(facts, name, ""), value) == 0;
}

static bool matches(const struct query *q, const struct hub_repo *repo)
{
    struct hub_commit *head = hub_head(repo);
    if (repo->type != q->type || repo->disabled || !head ||
        !hub_may_see(q->s->hub, &q->caller, repo))
        return false;
    if ((q->author && !by_author(repo, q->author)) || (q->search && !contains(repo->id, q->search)))
        return false;
    if (!q->task && !q->library && q->filter_count == 0)
        return true;
    const struct json *facts = hub_facts(q->s, repo, head);
    if ((q->task && !fact_is(facts, "pipeline_tag", q->task)) ||
        (q->library && !fact_is(facts, "library_name", q->library)))
        return false;
    for (size_t i = 0; i < q->filter_count; i++)
        if (!has_tags(facts, q->filters[i]))
            return false;
    return true;
}

/* ---- order ----------------------------------------------------------------------------------- */

typedef int order_fn(const void *a, const void *b);

static const struct hub_repo *at(const void *p)
{
    return *(const struct hub_repo *const *)p;
}

static int64_t modified(const struct hub_repo *repo)
{
    const struct hub_commit *head = hub_head(repo);
    return head ? head->at : repo->created;
}

/* Larger first; equal ones by name, so that pages never overlap. */
static int descending(int64_t x, int64_t y, const void *a, const void *b)
{
    return x != y ? (x < y) - (x > y) : strcmp(at(a)->id, at(b)->id);
}

static int order_modified(const void *a, const void *b)
{
    return descending(modified(at(a)), modified(at(b)), a, b);
}

static int order_created(const void *a, const void *b)
{
    return descending(at(a)->created, at(b)->created, a, b);
}

static int order_likes(const void *a, const void *b)
{
    return descending(at(a)->likes, at(b)->likes, a, b);
}

static int order_downloads(const void *a, const void *b)
{
    return descending(at(a)->downloads, at(b)->downloads, a, b);
}

static int order_id(const void *a, const void *b)
{
    return strcmp(at(a)->id, at(b)->id);
}

static order_fn *order_of(const char *sort)
{
    static const struct {
        const char *name;
        order_fn *order;
    } orders[] = {{"createdAt", order_created}, {"likes", order_likes}, {"likes30d", order_likes},
        {"downloads", order_downloads}, {"trendingScore", order_likes}, {"id", order_id}};
    for (size_t i = 0; sort && i < sizeof orders / sizeof *orders; i++)
        if (strcmp(orders[i].name, sort) == 0)
            return orders[i].order;
    return order_modified;
}

/* ---- the handler ----------------------------------------------------------------------------- */

static size_t collect(const struct query *q, struct hub_repo **out)
{
    size_t n = 0;
    for (struct hub_repo *repo = q->s->hub->repos; repo; repo = repo->next)
        if (matches(q, repo))
            out[n++] = repo;
    return n;
}

static struct hub_repo **new_list(const struct hub_world *h)
{
    size_t n = 1;
    for (const struct hub_repo *repo = h->repos; repo; repo = repo->next)
        n++;
    return calloc(n, sizeof(struct hub_repo *));
}

static void read_wanted(const struct request *r, struct hub_wanted *w)
{
    static const char *const full[] = {"modelId", "author", "sha", "private", "gated",
        "lastModified", "createdAt", "downloads", "likes", "library_name", "pipeline_tag", "tags",
        "siblings"};
    *w = (struct hub_wanted){.list = true};
    w->expand_count = hub_expand(r, w->expand, HUB_EXPAND_MAX);
    if (w->expand_count == 0 && hub_query_true(r, "full"))
        for (size_t i = 0; i < sizeof full / sizeof *full; i++)
            w->expand[w->expand_count++] = full[i];
}

static void answer_page(
    struct sim *s, struct request *r, struct reply *p, struct hub_repo **all, size_t n)
{
    struct hub_wanted wanted;
    char next[32];
    int64_t limit = request_query_int(r, "limit", 500), from = request_query_int(r, "cursor", 0);
    limit = limit < 1 || limit > PAGE_MAX ? PAGE_MAX : limit;
    size_t first = from > 0 ? (size_t)from : 0, i = first;
    read_wanted(r, &wanted);
    struct json *page = json_new_array();
    for (; i < n && i - first < (size_t)limit; i++)
        json_push(page, hub_page_json(s, all[i], hub_head(all[i]), &wanted));
    reply_json(p, 200, page);
    snprintf(next, sizeof next, "%zu", i);
    if (i < n)
        hub_next_page(s, r, p, next);
}

void hub_list(struct sim *s, struct request *r, struct reply *p)
{
    struct query q = {.s = s,
        .author = request_query(r, "author"),
        .search = request_query(r, "search"),
        .task = request_query(r, "pipeline_tag"),
        .library = request_query(r, "library")};
    q.filter_count = request_query_all(r, "filter", q.filters, FILTERS_MAX);
    if (!hub_type_find_plural(request_param(r, "kind"), &q.type)) {
        hub_refuse(p, 404, NULL, "Sorry, we can't find the page you are looking for.");
        return;
    }
    if (!hub_caller(s, r, &q.caller)) {
        hub_refuse(p, 401, NULL, "Invalid credentials in Authorization header");
        return;
    }
    struct hub_repo **all = new_list(s->hub);
    if (!all) {
        hub_out_of_memory(p);
        return;
    }
    size_t n = collect(&q, all);
    qsort(all, n, sizeof *all, order_of(request_query(r, "sort")));
    answer_page(s, r, p, all, n);
    free(all);
}
