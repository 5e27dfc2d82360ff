/* Preupload: how each file is to be sent, and whether it is there already (spec/huggingface.md §3).
 */
#include "sim/hub_request.h"

#include <string.h>

enum { FILES_MAX = 1000, ATTRIBUTES_MAX = 10 * 1024 * 1024 };

struct rules { /* of the repository, or those sent along */
    struct buf attributes, ignore;
};

static void read_rule(struct hub_world *h, const struct hub_commit *c, const char *sent,
    const char *path, struct buf *out)
{
    buf_init(out, ATTRIBUTES_MAX);
    if (sent)
        buf_str_append(out, sent);
    else
        hub_read_file(h, &c->files, path, out);
}

static struct json *answer_file(
    const struct hub_commit *c, const struct rules *rules, const struct json *file)
{
    const char *path = json_str(file, "path"), *sample = json_str_or(file, "sample", "");
    int64_t size = json_int(file, "size", -1);
    struct buf bytes;
    buf_init(&bytes, 64 * 1024);
    bool ok = path && size >= 0 && !hub_path_error(path) &&
              hub_base64_decode(sample, strlen(sample), &bytes) == 0;
    struct json *j = ok ? json_new_object() : NULL;
    if (j) {
        bool lfs =
            hub_wants_lfs(buf_str(&rules->attributes), path, size, buf_str(&bytes), bytes.len);
        const struct hub_file *there = hub_files_find(&c->files, path);
        json_add_str(j, "path", path);
        json_add_str(j, "uploadMode", lfs ? "lfs" : "regular");
        json_add_bool(j, "shouldIgnore", hub_ignored(buf_str(&rules->ignore), path));
        if (there)
            json_add_str(j, "oid", there->lfs ? there->sha256 : there->oid);
    }
    buf_release(&bytes);
    return j;
}

static void answer_all(struct reply *p, const struct hub_commit *c, const struct rules *rules,
    const struct json *files)
{
    struct json *j = json_new_object(), *list = json_new_array();
    for (const struct json *f = json_first(files); f; f = json_next(f))
        if (json_push(list, answer_file(c, rules, f)) != 0) {
            json_free(list);
            json_free(j);
            hub_refuse(
                p, 422, NULL, "\"files\" must hold objects with a good path, size and sample");
            return;
        }
    json_add(j, "files", list);
    json_add_str(j, "commitOid", c->oid);
    reply_json(p, 200, j);
}

void hub_preupload(struct sim *s, struct request *r, struct reply *p)
{
    enum hub_need need = hub_query_true(r, "create_pr") ? HUB_SEE : HUB_WRITE;
    struct hub_caller caller;
    struct hub_repo *repo = hub_repo_for(s, r, p, need, &caller);
    struct hub_commit *c = repo ? hub_revision_for(repo, request_param(r, "rev"), p) : NULL;
    const struct json *files = json_get(r->json, "files");
    if (!c)
        return;
    if (!caller.known) {
        hub_refuse(p, 401, NULL, "Invalid username or password.");
    } else if (json_kind(files) != JSON_ARRAY || json_count(files) > FILES_MAX) {
        hub_refuse(p, 422, NULL, "\"files\" must be an array of at most 1000 items");
    } else {
        struct rules rules;
        read_rule(
            s->hub, c, json_str(r->json, "gitAttributes"), ".gitattributes", &rules.attributes);
        read_rule(s->hub, c, json_str(r->json, "gitIgnore"), ".gitignore", &rules.ignore);
        answer_all(p, c, &rules, files);
        buf_release(&rules.attributes);
        buf_release(&rules.ignore);
    }
}
