/* Refs and the list of commits. */
#include "sim/hub_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- refs ------------------------------------------------------------------------------------ */

static struct json *ref_list(const struct hub_repo *repo, enum hub_ref_kind kind)
{
    struct json *list = json_new_array();
    for (const struct hub_ref *ref = repo->refs; ref; ref = ref->next) {
        char full[HUB_REF + 16];
        if (ref->kind != kind)
            continue;
        struct json *j = json_new_object();
        hub_ref_full_name(ref, full);
        json_add_str(j, "name", kind == HUB_PULL ? full : ref->name);
        json_add_str(j, "ref", full);
        json_add_str(j, "targetCommit", ref->commit->oid);
        json_push(list, j);
    }
    return list;
}

void hub_refs(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    if (!repo)
        return;
    struct json *j = json_new_object();
    json_add(j, "branches", ref_list(repo, HUB_BRANCH));
    json_add(j, "converts", json_new_array());
    json_add(j, "tags", ref_list(repo, HUB_TAG));
    if (hub_query_true(r, "include_prs"))
        json_add(j, "pullRequests", ref_list(repo, HUB_PULL));
    reply_json(p, 200, j);
}

/* The name in the route, for a new ref; NULL when it has answered. */
static const char *new_name(struct reply *p, const char *name)
{
    if (name && hub_ref_ok(name))
        return name;
    hub_refuse(p, 400, NULL, "Invalid reference name");
    return NULL;
}

static struct hub_commit *starting_point(
    const struct hub_repo *repo, const char *rev, struct reply *p)
{
    return hub_revision_for(repo, rev ? rev : "main", p);
}

/* Sets a ref that may exist already, when `overwrite` says so. */
static void set_ref(struct hub_repo *repo, struct reply *p, enum hub_ref_kind kind,
    const char *name, struct hub_commit *commit, bool overwrite)
{
    struct hub_ref *ref = hub_ref_find(repo, kind, name);
    if (ref && !overwrite) {
        hub_refuse(p, 409, NULL, "Reference already exists");
        return;
    }
    if (!ref && !hub_ref_add(repo, kind, name, commit)) {
        hub_out_of_memory(p);
        return;
    }
    if (ref)
        ref->commit = commit;
    reply_json(p, 200, json_new_object());
}

void hub_branch_create(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_WRITE, NULL);
    const char *name = repo ? new_name(p, request_param(r, "ref")) : NULL;
    if (!name)
        return;
    const char *from = json_str(r->json, "startingPoint");
    bool overwrite = json_bool(r->json, "overwrite", false);
    struct hub_ref *there = hub_ref_find(repo, HUB_BRANCH, name);
    struct hub_commit *commit =
        there && overwrite && !from ? there->commit : starting_point(repo, from, p);
    if (commit)
        set_ref(repo, p, HUB_BRANCH, name, commit, overwrite);
}

/* {rev} is what the tag is put on, its name is in the body. */
void hub_tag_create(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_WRITE, NULL);
    const char *name = repo ? new_name(p, json_str(r->json, "tag")) : NULL;
    struct hub_commit *commit = name ? starting_point(repo, request_param(r, "ref"), p) : NULL;
    if (commit)
        set_ref(repo, p, HUB_TAG, name, commit, false);
}

static void delete_ref(struct sim *s, struct request *r, struct reply *p, enum hub_ref_kind kind)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_WRITE, NULL);
    const char *name = request_param(r, "ref");
    if (!repo || !name)
        return;
    if (kind == HUB_BRANCH && strcmp(name, "main") == 0)
        hub_refuse(p, 403, NULL, "Cannot delete the main branch");
    else if (!hub_ref_remove(repo, kind, name))
        hub_refuse(p, 404, "RevisionNotFound", "Reference does not exist");
    else
        reply_json(p, 200, json_new_object());
}

void hub_branch_delete(struct sim *s, struct request *r, struct reply *p)
{
    delete_ref(s, r, p, HUB_BRANCH);
}

void hub_tag_delete(struct sim *s, struct request *r, struct reply *p)
{
    delete_ref(s, r, p, HUB_TAG);
}

/* ---- commits --------------------------------------------------------------------------------- */

static struct json *commit_json(const struct hub_commit *c)
{
    struct json *j = json_new_object(), *authors = json_new_array(), *author = json_new_object();
    json_add_str(author, "user", c->author);
    json_add_str(author, "avatar", "/avatars/user.svg");
    json_push(authors, author);
    json_add_str(j, "id", c->oid);
    json_add_str(j, "title", c->title);
    json_add_str(j, "message", c->message);
    json_add(j, "authors", authors);
    hub_add_time(j, "date", c->at);
    return j;
}

static int64_t history_length(const struct hub_commit *c)
{
    int64_t n = 0;
    for (; c; c = c->parent)
        n++;
    return n;
}

/* The cursor of a page is the number of commits before it. */
void hub_commits(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    char rev[HUB_REF], next[32];
    const char *rest;
    if (!repo)
        return;
    hub_split_revision(repo, request_param(r, "rev"), NULL, rev, &rest);
    const struct hub_commit *c = hub_revision_for(repo, rev, p);
    if (!c)
        return;
    int64_t limit = request_query_int(r, "limit", 50), skip = request_query_int(r, "cursor", 0);
    limit = limit < 1 ? 1 : limit > 1000 ? 1000 : limit;
    int64_t total = history_length(c), left = limit;
    skip = skip < 0 ? 0 : skip > total ? total : skip;
    struct json *list = json_new_array();
    for (int64_t i = 0; c && i < skip; i++)
        c = c->parent;
    for (; c && left > 0; c = c->parent, left--)
        json_push(list, commit_json(c));
    reply_json(p, 200, list);
    reply_header(p, "X-Total-Count", "%lld", (long long)total);
    snprintf(next, sizeof next, "%lld", (long long)(skip + limit));
    if (c)
        hub_next_page(s, r, p, next);
}
