/* Reading files: /resolve/ (LFS files by way of a presigned URL, others at once) and /raw/ (the
 * bytes that git has, so pointers for LFS files). spec/huggingface.md §2.5. */
#include "sim/hub_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(
    sizeof((struct reply *)0)->file_path >= HUB_STORE_PATH, "a stored file's path fits a reply");

void hub_send_content(
    struct hub_world *h, const struct request *r, struct reply *p, const char *sha256, int64_t size)
{
    int64_t offset, length;
    enum hub_range_kind kind = hub_range(request_header(r, "Range"), size, &offset, &length);
    reply_header(p, "Accept-Ranges", "bytes");
    if (kind == HUB_RANGE_BAD) {
        reply_text(p, 416, "text/plain", "Range Not Satisfiable");
        reply_header(p, "Content-Range", "bytes */%" PRId64, size);
        return;
    }
    p->status = kind == HUB_RANGE_PART ? 206 : 200;
    if (kind == HUB_RANGE_PART)
        reply_header(p, "Content-Range", "bytes %" PRId64 "-%" PRId64 "/%" PRId64, offset,
            offset + length - 1, size);
    hub_stored_path(h, sha256, p->file_path);
    p->file_offset = offset;
    p->file_length = length;
}

/* What browsers should take a file for; others are plain text, as the Hub does. */
static const char *content_type(const char *path)
{
    static const struct {
        const char *end, *type;
    } types[] = {{".json", "application/json"}, {".html", "text/plain; charset=utf-8"},
        {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
        {".gif", "image/gif"}, {".svg", "image/svg+xml"}, {".pdf", "application/pdf"}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t end = strlen(types[i].end);
        if (n > end && strcasecmp(path + n - end, types[i].end) == 0)
            return types[i].type;
    }
    return "text/plain; charset=utf-8";
}

/* The file that a route means and the commit it was found in; NULL when it has answered. */
static const struct hub_file *find_file(
    struct sim *s, struct request *r, struct reply *p, struct hub_repo **repo)
{
    char rev[HUB_REF];
    const char *path;
    *repo = hub_repo_for(s, r, p, HUB_READ_FILES, NULL);
    if (!*repo)
        return NULL;
    hub_split_revision(*repo, request_param(r, "rev"), request_param(r, "path"), rev, &path);
    struct hub_commit *c = hub_revision_for(*repo, rev, p);
    if (!c)
        return NULL;
    const struct hub_file *f = hub_files_find(&c->files, path);
    if (!f)
        hub_refuse(p, 404, "EntryNotFound", "Entry not found");
    reply_header(p, "X-Repo-Commit", "%s", c->oid);
    return f;
}

static void add_disposition(struct reply *p, const char *path)
{
    struct buf name;
    const char *slash = strrchr(path, '/');
    buf_init(&name, 4096);
    hub_url_encode(slash ? slash + 1 : path, "", &name);
    reply_header(p, "Content-Disposition", "inline; filename*=UTF-8''%s", buf_str(&name));
    buf_release(&name);
}

/* A renamed repository is a relative redirect to its new name (§2.5); true when it has answered. */
static bool redirect_moved(struct request *r, struct reply *p, const struct hub_repo *repo)
{
    char asked[HUB_REPO_ID];
    const char *kind = request_param(r, "kind");
    snprintf(asked, sizeof asked, "%s/%s", request_param(r, "owner"), request_param(r, "name"));
    size_t before = 1 + (kind ? strlen(kind) + 1 : 0), skip = before + strlen(asked);
    if (strcasecmp(asked, repo->id) == 0 || strlen(r->target) < skip ||
        strncmp(r->target + before, asked, strlen(asked)) != 0)
        return false;
    reply_text(p, 307, "text/plain; charset=utf-8", "Temporary Redirect");
    reply_header(
        p, "Location", "/%s%s%s%s", kind ? kind : "", kind ? "/" : "", repo->id, r->target + skip);
    return true;
}

static void redirect_to_storage(struct sim *s, struct request *r, struct reply *p,
    const struct hub_repo *repo, const struct hub_file *f)
{
    char path[160];
    struct buf url;
    snprintf(path, sizeof path, "/lfs-storage/%s/%s", repo->uid, f->sha256);
    struct hub_presign what = {.method = "GET",
        .path = path,
        .seconds = hub_setting(s->hub, "url_seconds", 900),
        .extra = ""};
    buf_init(&url, 4096);
    hub_presign(s, r, &what, &url);
    struct buf body;
    buf_init(&body, 8192);
    buf_printf(&body, "Found. Redirecting to %s", buf_str(&url));
    reply_text(p, 302, "text/plain; charset=utf-8", buf_str(&body));
    reply_header(p, "Location", "%s", buf_str(&url));
    reply_header(p, "ETag", "\"%s\"", f->sha256);
    reply_header(p, "X-Linked-Etag", "\"%s\"", f->sha256);
    reply_header(p, "X-Linked-Size", "%" PRId64, f->size);
    reply_header(p, "Accept-Ranges", "bytes");
    buf_release(&body);
    buf_release(&url);
}

void hub_resolve(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo;
    const struct hub_file *f = find_file(s, r, p, &repo);
    if (!f || redirect_moved(r, p, repo))
        return;
    if (f->lfs) {
        redirect_to_storage(s, r, p, repo, f);
        return;
    }
    p->content_type = content_type(f->path);
    reply_header(p, "ETag", "\"%s\"", f->oid);
    add_disposition(p, f->path);
    hub_send_content(s->hub, r, p, f->sha256, f->size);
}

void hub_raw(struct sim *s, struct request *r, struct reply *p)
{
    struct hub_repo *repo;
    char pointer[HUB_POINTER_MAX], sha256[HUB_SHA256];
    const struct hub_file *f = find_file(s, r, p, &repo);
    if (!f)
        return;
    size_t n = f->lfs ? hub_pointer(f->sha256, f->size, pointer) : 0;
    if (f->lfs && hub_stored_put(s->hub, pointer, n, sha256) != 0) {
        hub_out_of_memory(p);
        return;
    }
    p->content_type = "text/plain; charset=utf-8";
    reply_header(p, "ETag", "\"%s\"", f->oid);
    hub_send_content(s->hub, r, p, f->lfs ? sha256 : f->sha256, f->lfs ? (int64_t)n : f->size);
}
