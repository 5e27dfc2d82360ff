/* A repository's page as JSON. Its members come from one table of functions by name, so that the
 * whole page, a list's short entries and "expand" are the same thing with other names. */
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

struct hub_page {
    struct sim *s;
    struct hub_repo *repo;
    struct hub_commit *commit;
};

/* ---- members --------------------------------------------------------------------------------- */

static struct json *get_author(const struct hub_page *i)
{
    char owner[HUB_NAME];
    snprintf(owner, sizeof owner, "%.*s", (int)strcspn(i->repo->id, "/"), i->repo->id);
    return json_new_string(owner);
}

static struct json *get_sha(const struct hub_page *i)
{
    return json_new_string(i->commit->oid);
}

static struct json *get_id(const struct hub_page *i)
{
    return json_new_string(i->repo->id);
}

static struct json *get_uid(const struct hub_page *i)
{
    return json_new_string(i->repo->uid);
}

static struct json *get_private(const struct hub_page *i)
{
    return json_new_bool(i->repo->private);
}

static struct json *get_disabled(const struct hub_page *i)
{
    return json_new_bool(i->repo->disabled);
}

static struct json *get_gated(const struct hub_page *i)
{
    static const char *const words[] = {[HUB_GATE_AUTO] = "auto", [HUB_GATE_MANUAL] = "manual"};
    return i->repo->gate == HUB_OPEN ? json_new_bool(false) : json_new_string(words[i->repo->gate]);
}

static struct json *time_json(int64_t at)
{
    char text[CLOCK_RFC3339_MAX];
    clock_rfc3339(text, at, 1);
    return json_new_string(text);
}

static struct json *get_modified(const struct hub_page *i)
{
    return time_json(i->commit->at);
}

static struct json *get_created(const struct hub_page *i)
{
    return time_json(i->repo->created);
}

static struct json *get_downloads(const struct hub_page *i)
{
    return json_new_int(i->repo->downloads);
}

static struct json *get_likes(const struct hub_page *i)
{
    return json_new_int(i->repo->likes);
}

static struct json *get_storage(const struct hub_page *i)
{
    int64_t sum = 0;
    for (size_t k = 0; k < i->repo->lfs_count; k++)
        sum += i->repo->lfs[k].size;
    return json_new_int(sum);
}

/* With sizes and ids when `blobs`. */
static struct json *sibling(const struct hub_file *f, bool blobs)
{
    struct json *j = json_new_object();
    json_add_str(j, "rfilename", f->path);
    if (!blobs)
        return j;
    json_add_int(j, "size", f->size);
    json_add_str(j, "blobId", f->oid);
    if (f->lfs)
        json_add(j, "lfs", hub_lfs_json(f, "sha256"));
    return j;
}

static struct json *get_siblings(const struct hub_page *i)
{
    struct json *list = json_new_array();
    for (size_t k = 0; k < i->commit->files.count; k++)
        json_push(list, sibling(i->commit->files.all[k], false));
    return list;
}

static struct json *get_empty_list(const struct hub_page *i)
{
    (void)i;
    return json_new_array();
}

/* Members that facts have, under the same names. */
static struct json *get_fact(const struct hub_page *i, const char *name)
{
    const struct json *fact = json_get(hub_facts(i->s, i->repo, i->commit), name);
    if (fact)
        return json_dup(fact);
    return strcmp(name, "tags") == 0 ? json_new_array() : NULL;
}

static const struct member {
    const char *name;
    struct json *(*get)(const struct hub_page *); /* NULL = a fact */
    bool in_list;
} members[] = {
    {"_id", get_uid, true},
    {"id", get_id, true},
    {"modelId", get_id, true},
    {"author", get_author, false},
    {"sha", get_sha, false},
    {"private", get_private, true},
    {"gated", get_gated, false},
    {"disabled", get_disabled, false},
    {"lastModified", get_modified, false},
    {"createdAt", get_created, true},
    {"downloads", get_downloads, true},
    {"downloadsAllTime", get_downloads, false},
    {"likes", get_likes, true},
    {"usedStorage", get_storage, false},
    {"library_name", NULL, true},
    {"pipeline_tag", NULL, true},
    {"tags", NULL, true},
    {"config", NULL, false},
    {"transformersInfo", NULL, false},
    {"cardData", NULL, false},
    {"safetensors", NULL, false},
    {"spaces", get_empty_list, false},
    {"siblings", get_siblings, false},
};

static struct json *field(
    struct sim *s, struct hub_repo *repo, struct hub_commit *c, const char *name)
{
    struct hub_page page = {s, repo, c};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].get ? members[i].get(&page) : get_fact(&page, name);
    return NULL;
}

static void add_member(
    struct json *j, struct sim *s, struct hub_repo *repo, struct hub_commit *c, const char *name)
{
    struct json *value = json_get(j, name) ? NULL : field(s, repo, c, name);
    if (value)
        json_add(j, name, value);
}

struct json *hub_page_json(
    struct sim *s, struct hub_repo *repo, struct hub_commit *c, const struct hub_wanted *w)
{
    struct json *j = json_new_object();
    add_member(j, s, repo, c, "_id");
    add_member(j, s, repo, c, "id");
    for (size_t i = 0; i < w->expand_count; i++)
        add_member(j, s, repo, c, w->expand[i]);
    for (size_t i = 0; w->expand_count == 0 && i < sizeof members / sizeof *members; i++) {
        bool listed = members[i].in_list || !w->list;
        bool model = repo->type == HUB_MODEL || strcmp(members[i].name, "modelId") != 0;
        bool all_time = strcmp(members[i].name, "downloadsAllTime") == 0;
        if (listed && model && !all_time)
            add_member(j, s, repo, c, members[i].name);
    }
    return j;
}

/* ---- the handler ----------------------------------------------------------------------------- */

size_t hub_expand(const struct request *r, const char **out, size_t max)
{
    size_t n = request_query_all(r, "expand", out, max);
    return n + request_query_all(r, "expand[]", out + n, max - n);
}

static void with_blobs(struct json *page, const struct hub_commit *c)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < c->files.count; i++)
        json_push(list, sibling(c->files.all[i], true));
    json_set(page, "siblings", list);
}

void hub_info(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    const char *rev = request_param(r, "rev");
    struct hub_commit *c = repo ? hub_revision_for(repo, rev ? rev : "main", p) : NULL;
    if (!c)
        return;
    struct hub_wanted wanted = {.list = false};
    wanted.expand_count = hub_expand(r, wanted.expand, HUB_EXPAND_MAX);
    struct json *page = hub_page_json(s, repo, c, &wanted);
    if (hub_query_true(r, "blobs"))
        with_blobs(page, c);
    if (hub_query_true(r, "securityStatus")) {
        struct json *status = json_new_object();
        json_add_bool(status, "scansDone", true);
        json_add(status, "filesWithIssues", json_new_array());
        json_add(page, "securityRepoStatus", status);
    }
    reply_json(p, 200, page);
}
