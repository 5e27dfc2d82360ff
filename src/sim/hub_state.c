/* The Hub's truth, for tests: what is there, whoever may see it. */
#include "sim/hub_request.h"

#include <string.h>

static struct json *files_json(const struct hub_commit *c)
{
    struct json *list = json_new_array();
    for (size_t i = 0; c && i < c->files.count; i++) {
        const struct hub_file *f = c->files.all[i];
        struct json *j = json_new_object();
        json_add_str(j, "path", f->path);
        json_add_int(j, "size", f->size);
        json_add_bool(j, "lfs", f->lfs);
        json_add_str(j, "oid", f->oid);
        json_add_str(j, "sha256", f->sha256);
        json_push(list, j);
    }
    return list;
}

static int64_t count_commits(const struct hub_repo *repo)
{
    int64_t n = 0;
    for (const struct hub_commit *c = repo->commits; c; c = c->next)
        n++;
    return n;
}

static struct json *lfs_json(const struct hub_repo *repo)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < repo->lfs_count; i++) {
        struct json *j = json_new_object();
        json_add_str(j, "oid", repo->lfs[i].sha256);
        json_add_int(j, "size", repo->lfs[i].size);
        json_push(list, j);
    }
    return list;
}

static struct json *repo_json(const struct hub_repo *repo)
{
    const struct hub_commit *head = hub_head(repo);
    struct json *j = json_new_object(), *refs = json_new_object();
    json_add_str(j, "id", repo->id);
    json_add_str(j, "type", hub_type_name(repo->type));
    json_add_bool(j, "private", repo->private);
    json_add_bool(j, "gated", repo->gate != HUB_OPEN);
    json_add_str(j, "head", head ? head->oid : NULL);
    json_add_str(j, "title", head ? head->title : NULL);
    json_add_int(j, "commits", count_commits(repo));
    for (const struct hub_ref *ref = repo->refs; ref; ref = ref->next) {
        char name[HUB_REF + 16];
        hub_ref_full_name(ref, name);
        json_add_str(refs, name, ref->commit->oid);
    }
    json_add(j, "refs", refs);
    json_add(j, "files", files_json(head));
    json_add(j, "objects", lfs_json(repo));
    return j;
}

static struct json *upload_json(const struct hub_upload *u)
{
    static const char *const states[] = {
        [HUB_UPLOAD_OPEN] = "open", [HUB_UPLOAD_JOINING] = "joining", [HUB_UPLOAD_DONE] = "done"};
    struct json *j = json_new_object(), *here = json_new_array();
    json_add_str(j, "oid", u->oid);
    json_add_int(j, "size", u->size);
    json_add_int(j, "chunk", u->chunk);
    json_add_int(j, "parts", (int64_t)u->part_count);
    json_add_str(j, "state", states[u->state]);
    for (size_t i = 0; i < u->part_count; i++)
        if (u->parts[i].etag[0])
            json_push(here, json_new_int((int64_t)i + 1));
    json_add(j, "received", here);
    return j;
}

struct json *hub_state(struct sim *s)
{
    struct json *j = json_new_object(), *repos = json_new_array(), *uploads = json_new_array();
    for (const struct hub_repo *repo = s->hub->repos; repo; repo = repo->next)
        json_push(repos, repo_json(repo));
    for (const struct hub_upload *u = s->hub->uploads; u; u = u->next)
        json_push(uploads, upload_json(u));
    json_add(j, "repos", repos);
    json_add(j, "uploads", uploads);
    return j;
}
