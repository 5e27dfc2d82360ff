/* The commit call: who may, onto what, and the answer. What the operations do is in hub_commit_apply.c. */
#include "sim/hub_commit.h"
#include "sim/hub_request.h"

#include <stdio.h>
#include <string.h>

struct commit_call {
    struct sim *s;
    struct request *r;
    struct reply *p;
    struct hub_caller caller;
    struct hub_repo *repo;
    struct hub_ref *ref;     /* moved by the commit; NULL for a new pull request */
    struct hub_commit *base; /* the parent */
    bool pull;
};

static void refuse(struct reply *p, struct hub_refusal *no)
{
    if (no->errors)
        hub_refuse_all(p, no->status, no->errors);
    else
        hub_refuse(p, no->status, no->code, no->message);
    no->errors = NULL;
}

/* ---- onto what ------------------------------------------------------------------------------- */

static bool find_target(struct commit_call *c)
{
    const char *rev = request_param(c->r, "rev");
    if (c->pull && !c->caller.known) {
        hub_refuse(c->p, 401, NULL, "Invalid username or password.");
        return false;
    }
    c->base = hub_revision_for(c->repo, rev, c->p);
    c->ref = c->base && !c->pull ? hub_revision_ref(c->repo, rev) : NULL;
    if (!c->base)
        return false;
    if (!c->pull && (!c->ref || c->ref->kind == HUB_TAG)) {
        hub_refuse(c->p, 400, NULL, "A commit can only be made on a branch or a pull request");
        return false;
    }
    return true;
}

static bool check_parent(struct commit_call *c, const char *parent)
{
    if (!parent)
        return true;
    if (c->pull) {
        c->base = hub_revision_for(c->repo, parent, c->p);
        return c->base != NULL;
    }
    if (strcmp(parent, c->base->oid) == 0)
        return true;
    hub_refuse(c->p, 412, NULL, "A commit has happened since. Please refresh and try again.");
    return false;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void add_url(
    struct commit_call *c, struct json *j, const char *key, const char *kind, const char *last)
{
    struct buf url;
    buf_init(&url, 1024);
    hub_base_url(c->s, c->r, &url);
    if (c->repo->type != HUB_MODEL)
        buf_printf(&url, "/%s", hub_type_plural(c->repo->type));
    buf_printf(&url, "/%s/%s/%s", c->repo->id, kind, last);
    json_add_str(j, key, buf_str(&url));
    buf_release(&url);
}

static int open_pull(struct hub_repo *repo, struct hub_commit *made, char number[16])
{
    snprintf(number, 16, "%d", ++repo->discussions);
    return hub_ref_add(repo, HUB_PULL, number, made) ? 0 : -1;
}

static void answer(struct commit_call *c, struct hub_commit *made)
{
    char number[16] = "";
    if (!made || (c->pull && open_pull(c->repo, made, number) != 0)) {
        hub_out_of_memory(c->p);
        return;
    }
    if (c->ref)
        c->ref->commit = made;
    struct json *j = json_new_object();
    json_add_bool(j, "success", true);
    json_add_str(j, "commitOid", made->oid);
    add_url(c, j, "commitUrl", "commit", made->oid);
    json_add_str(j, "hookOutput", "");
    if (c->pull)
        add_url(c, j, "pullRequestUrl", "discussions", number);
    reply_json(c->p, 200, j);
}

static void commit_files(
    struct commit_call *c, const char *title, const char *message, struct hub_files *take)
{
    struct hub_commit_new n = {.title = title,
        .message = message,
        .author = c->caller.name,
        .parent = c->base,
        .at = sim_now(c->s)};
    answer(c, hub_commit_add(c->repo, &n, take));
}

/* ---- the body -------------------------------------------------------------------------------- */

/* One JSON object that is no line of a commit: the real server was seen to take it, make a commit
 * and drop every operation in it. */
static bool is_other_envelope(const struct request *r)
{
    return json_kind(r->json) == JSON_OBJECT && !json_get(r->json, "key");
}

static void commit_nothing(struct commit_call *c)
{
    struct hub_files files;
    if (hub_files_copy(&c->base->files, &files) != 0)
        hub_out_of_memory(c->p);
    else
        commit_files(c, "Update", "", &files);
}

static void commit_lines(struct commit_call *c)
{
    struct hub_ops ops;
    struct hub_refusal no;
    struct hub_files files;
    if (hub_ops_read(buf_str(&c->r->body), c->r->body.len, &ops, &no) != 0)
        refuse(c->p, &no);
    else if (check_parent(c, ops.parent)) {
        if (hub_ops_apply(c->s->hub, c->repo, &c->base->files, &ops, &files, &no) != 0)
            refuse(c->p, &no);
        else
            commit_files(c, ops.title, ops.message, &files);
    }
    hub_ops_release(&ops);
}

void hub_commit_post(struct sim *s, struct request *r, struct reply *p)
{
    struct commit_call c = {.s = s, .r = r, .p = p, .pull = hub_query_true(r, "create_pr")};
    c.repo = hub_repo_for(s, r, p, c.pull ? HUB_SEE : HUB_WRITE, &c.caller);
    if (!c.repo || !find_target(&c) || !hub_rate_commit(s, p, &c.caller))
        return;
    if (is_other_envelope(r))
        commit_nothing(&c);
    else
        commit_lines(&c);
}
