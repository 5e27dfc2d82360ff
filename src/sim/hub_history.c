/* Commits and refs of one repository: plain lists, newest commit first. */
#include "sim/hub_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- commits --------------------------------------------------------------------------------- */

static int name_commit(struct hub_commit *c)
{
    struct hub_commit_text text = {.tree = c->tree,
        .parent = c->parent ? c->parent->oid : NULL,
        .author = c->author,
        .at_ms = c->at,
        .title = c->title,
        .message = c->message};
    if (hub_tree_oid(c->files.all, c->files.count, 0, c->tree) != 0)
        return -1;
    return hub_commit_oid(&text, c->oid);
}

struct hub_commit *hub_commit_add(
    struct hub_repo *repo, const struct hub_commit_new *n, struct hub_files *take)
{
    struct hub_commit *c = calloc(1, sizeof *c);
    if (!c) {
        hub_files_release(take);
        return NULL;
    }
    c->files = *take;
    *take = (struct hub_files){NULL, 0};
    c->parent = n->parent;
    c->title = strdup(n->title);
    c->message = strdup(n->message);
    snprintf(c->author, sizeof c->author, "%s", n->author);
    c->at = n->at;
    if (!c->title || !c->message || name_commit(c) != 0) {
        hub_files_release(&c->files);
        free(c->title);
        free(c->message);
        free(c);
        return NULL;
    }
    c->next = repo->commits;
    repo->commits = c;
    return c;
}

struct hub_commit *hub_commit_find(const struct hub_repo *repo, const char *oid)
{
    struct hub_commit *c = repo->commits;
    while (c && strcmp(c->oid, oid) != 0)
        c = c->next;
    return c;
}

struct hub_commit *hub_head(const struct hub_repo *repo)
{
    struct hub_ref *main = hub_ref_find(repo, HUB_BRANCH, "main");
    return main ? main->commit : NULL;
}

/* Whether two revisions differ in the file or folder. Files are shared, so pointers tell. */
static bool differs(const struct hub_files *a, const struct hub_files *b, const char *path)
{
    if (hub_files_find(a, path) != hub_files_find(b, path))
        return true;
    size_t first_a, first_b;
    size_t n = hub_files_folder(a, path, &first_a), m = hub_files_folder(b, path, &first_b);
    return n != m || (n > 0 && memcmp(a->all + first_a, b->all + first_b, n * sizeof *a->all) != 0);
}

const struct hub_commit *hub_last_change(const struct hub_commit *c, const char *path)
{
    while (c->parent && !differs(&c->files, &c->parent->files, path))
        c = c->parent;
    return c;
}

/* ---- refs ------------------------------------------------------------------------------------ */

static const char *const ref_folders[] = {
    [HUB_BRANCH] = "refs/heads/", [HUB_TAG] = "refs/tags/", [HUB_PULL] = "refs/pr/"};

void hub_ref_full_name(const struct hub_ref *ref, char out[HUB_REF + 16])
{
    snprintf(out, HUB_REF + 16, "%s%s", ref_folders[ref->kind], ref->name);
}

struct hub_ref *hub_ref_find(const struct hub_repo *repo, enum hub_ref_kind kind, const char *name)
{
    struct hub_ref *r = repo->refs;
    while (r && !(r->kind == kind && strcmp(r->name, name) == 0))
        r = r->next;
    return r;
}

struct hub_ref *hub_ref_add(
    struct hub_repo *repo, enum hub_ref_kind kind, const char *name, struct hub_commit *commit)
{
    struct hub_ref *r = calloc(1, sizeof *r), **last = &repo->refs;
    if (!r)
        return NULL;
    r->kind = kind;
    r->commit = commit;
    snprintf(r->name, sizeof r->name, "%s", name);
    while (*last)
        last = &(*last)->next;
    *last = r;
    return r;
}

bool hub_ref_remove(struct hub_repo *repo, enum hub_ref_kind kind, const char *name)
{
    struct hub_ref *gone = hub_ref_find(repo, kind, name), **at = &repo->refs;
    if (!gone)
        return false;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    free(gone);
    return true;
}

struct hub_ref *hub_revision_ref(const struct hub_repo *repo, const char *rev)
{
    for (int kind = HUB_BRANCH; kind <= HUB_PULL; kind++) {
        size_t n = strlen(ref_folders[kind]);
        if (strncmp(rev, ref_folders[kind], n) == 0)
            return hub_ref_find(repo, (enum hub_ref_kind)kind, rev + n);
    }
    if (strcmp(rev, "HEAD") == 0)
        return hub_ref_find(repo, HUB_BRANCH, "main");
    struct hub_ref *branch = hub_ref_find(repo, HUB_BRANCH, rev);
    return branch ? branch : hub_ref_find(repo, HUB_TAG, rev);
}

struct hub_commit *hub_revision(const struct hub_repo *repo, const char *rev)
{
    struct hub_ref *ref = hub_revision_ref(repo, rev);
    if (ref)
        return ref->commit;
    return hub_is_hex(rev, HUB_OID - 1) ? hub_commit_find(repo, rev) : NULL;
}
