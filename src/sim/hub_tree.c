/* Listing a revision: folders, single paths, sizes.
 *
 * A revision is one sorted list of files; folders are runs of it. A listing walks that run once,
 * emits a folder where its first file stands, and counts entries to find its page. */
#include "sim/hub_request.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- entries --------------------------------------------------------------------------------- */

struct json *hub_lfs_json(const struct hub_file *f, const char *oid_name)
{
    char pointer[HUB_POINTER_MAX];
    if (!f->lfs)
        return NULL;
    struct json *j = json_new_object();
    json_add_str(j, oid_name, f->sha256);
    json_add_int(j, "size", f->size);
    json_add_int(j, "pointerSize", (int64_t)hub_pointer(f->sha256, f->size, pointer));
    return j;
}

static void add_expanded(struct json *j, const struct hub_commit *c, const char *path)
{
    const struct hub_commit *last = hub_last_change(c, path);
    struct json *commit = json_new_object();
    json_add_str(commit, "id", last->oid);
    json_add_str(commit, "title", last->title);
    hub_add_time(commit, "date", last->at);
    json_add(j, "lastCommit", commit);
}

/* The result of the scans that run after a push; here nothing is ever found. */
static void add_security(struct json *j)
{
    struct json *status = json_new_object(), *virus = json_new_object(),
                *pickle = json_new_object();
    json_add_str(virus, "status", "safe");
    json_add(virus, "virusNames", json_new_array());
    json_add_str(pickle, "status", "unscanned");
    json_add(pickle, "pickleImports", json_new_array());
    json_add_str(status, "status", "safe");
    json_add(status, "avScan", virus);
    json_add(status, "pickleImportScan", pickle);
    json_add(j, "securityFileStatus", status);
}

static struct json *file_json(const struct hub_commit *c, const struct hub_file *f, bool expand)
{
    struct json *j = json_new_object();
    json_add_str(j, "type", "file");
    json_add_str(j, "oid", f->oid);
    json_add_int(j, "size", f->size);
    if (f->lfs)
        json_add(j, "lfs", hub_lfs_json(f, "oid"));
    json_add_str(j, "path", f->path);
    if (expand) {
        add_expanded(j, c, f->path);
        add_security(j);
    }
    return j;
}

static struct json *folder_json(const struct hub_commit *c, const char *folder, bool expand)
{
    char oid[HUB_OID] = "";
    size_t first, n = hub_files_folder(&c->files, folder, &first);
    hub_tree_oid(c->files.all + first, n, strlen(folder) + 1, oid);
    struct json *j = json_new_object();
    json_add_str(j, "type", "directory");
    json_add_str(j, "oid", oid);
    json_add_int(j, "size", 0);
    json_add_str(j, "path", folder);
    if (expand)
        add_expanded(j, c, folder);
    return j;
}

/* ---- tree ------------------------------------------------------------------------------------ */

struct listing {
    const struct hub_commit *commit;
    bool recursive, expand;
    int64_t from, limit, seen; /* entries; those before `from` are counted, not shown */
    struct json *out;
};

/* Whether the entry that comes now is on the page. */
static bool on_page(struct listing *l)
{
    int64_t at = l->seen++;
    return at >= l->from && at - l->from < l->limit;
}

/* How many bytes of two paths are the same whole folders. */
static size_t common_folders(const char *a, const char *b)
{
    size_t same = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/')
            same = i + 1;
    return same;
}

/* The folders that begin with this file: those of its path behind the first `known` bytes. */
static void list_folders(struct listing *l, const char *path, size_t known)
{
    const char *slash = strchr(path + known, '/');
    for (; slash; slash = l->recursive ? strchr(slash + 1, '/') : NULL) {
        char folder[HUB_PATH_MAX + 1];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (on_page(l))
            json_push(l->out, folder_json(l->commit, folder, l->expand));
    }
}

static void list_run(struct listing *l, const char *folder)
{
    size_t first, n = hub_files_folder(&l->commit->files, folder, &first);
    size_t prefix = *folder ? strlen(folder) + 1 : 0;
    const char *before = NULL;
    for (size_t i = first; i < first + n; i++) {
        const struct hub_file *f = l->commit->files.all[i];
        size_t known = before ? common_folders(before, f->path) : 0;
        known = known > prefix ? known : prefix;
        bool inside = strchr(f->path + prefix, '/') != NULL;
        if (l->recursive || known == prefix)
            list_folders(l, f->path, known);
        if ((l->recursive || !inside) && on_page(l))
            json_push(l->out, file_json(l->commit, f, l->expand));
        before = f->path;
    }
}

static int64_t page_limit(struct sim *s, const struct request *r, bool expand)
{
    int64_t most = expand ? 100 : 1000, usual = expand ? 50 : 1000;
    usual = hub_setting(s->hub, "tree_page", usual);
    usual = usual < 1 ? 1 : usual;
    int64_t limit = request_query_int(r, "limit", usual);
    most = usual < most ? usual : most;
    return limit < 1 || limit > most ? most : limit;
}

static bool exists(const struct hub_commit *c, const char *folder)
{
    size_t first;
    return !*folder || hub_files_folder(&c->files, folder, &first) > 0;
}

static void refuse_entry(struct reply *p)
{
    hub_refuse(p, 404, "EntryNotFound", "Entry not found");
}

/* The commit and the path that a route's {rev} and {path} mean; NULL when it has answered. */
static struct hub_commit *commit_and_path(
    const struct hub_repo *repo, const struct request *r, struct reply *p, const char **path)
{
    char rev[HUB_REF];
    hub_split_revision(repo, request_param(r, "rev"), request_param(r, "path"), rev, path);
    return hub_revision_for(repo, rev, p);
}

void hub_tree(struct sim *s, struct request *r, struct reply *p)
{
    const char *folder;
    char next[32];
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    struct hub_commit *c = repo ? commit_and_path(repo, r, p, &folder) : NULL;
    if (!c)
        return;
    if (!exists(c, folder)) {
        refuse_entry(p);
        return;
    }
    bool expand = hub_query_true(r, "expand");
    struct listing l = {.commit = c,
        .recursive = hub_query_true(r, "recursive"),
        .expand = expand,
        .from = request_query_int(r, "cursor", 0),
        .limit = page_limit(s, r, expand),
        .out = json_new_array()};
    if (l.from < 0 || l.from > INT32_MAX)
        l.from = l.from < 0 ? 0 : INT32_MAX;
    list_run(&l, folder);
    reply_json(p, 200, l.out);
    snprintf(next, sizeof next, "%" PRId64, l.from + l.limit);
    if (l.seen > l.from + l.limit)
        hub_next_page(s, r, p, next);
}

/* ---- paths-info ------------------------------------------------------------------------------ */

enum { PATHS_MAX = 2000 };

static void add_path(struct json *out, const struct hub_commit *c, const char *path, bool expand)
{
    char clean[HUB_PATH_MAX + 1];
    size_t n = strlen(path), first;
    if (n == 0 || n > HUB_PATH_MAX)
        return;
    snprintf(clean, sizeof clean, "%.*s", (int)(path[n - 1] == '/' ? n - 1 : n), path);
    const struct hub_file *f = hub_files_find(&c->files, clean);
    if (f)
        json_push(out, file_json(c, f, expand));
    else if (*clean && hub_files_folder(&c->files, clean, &first) > 0)
        json_push(out, folder_json(c, clean, expand));
}

/* "paths" of a JSON body, one or many. */
static size_t json_paths(const struct json *body, const char **out, size_t max)
{
    const struct json *paths = json_get(body, "paths");
    size_t n = 0;
    if (json_string(paths))
        out[n++] = json_string(paths);
    for (const struct json *v = json_first(paths); v && n < max; v = json_next(v))
        if (json_string(v))
            out[n++] = json_string(v);
    return n;
}

static bool wants_expand(const struct request *r)
{
    const char *form = NULL;
    if (request_form_all(r, "expand", &form, 1) == 1)
        return strcasecmp(form, "true") == 0 || strcmp(form, "1") == 0;
    return json_bool(r->json, "expand", false);
}

void hub_paths_info(struct sim *s, struct request *r, struct reply *p)
{
    const char *rest;
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    struct hub_commit *c = repo ? commit_and_path(repo, r, p, &rest) : NULL;
    const char **paths = c ? calloc(PATHS_MAX + 1, sizeof *paths) : NULL;
    if (!c)
        return;
    if (!paths) {
        hub_out_of_memory(p);
        return;
    }
    size_t n = r->json ? json_paths(r->json, paths, PATHS_MAX + 1)
                       : request_form_all(r, "paths", paths, PATHS_MAX + 1);
    if (n > PATHS_MAX) {
        hub_refuse(p, 413, NULL, "\"paths\" must contain less than or equal to 2000 items");
    } else {
        struct json *out = json_new_array();
        bool expand = wants_expand(r);
        for (size_t i = 0; i < n; i++)
            add_path(out, c, paths[i], expand);
        reply_json(p, 200, out);
    }
    free(paths);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

void hub_tree_size(struct sim *s, struct request *r, struct reply *p)
{
    const char *path;
    struct hub_repo *repo = hub_repo_for(s, r, p, HUB_SEE, NULL);
    struct hub_commit *c = repo ? commit_and_path(repo, r, p, &path) : NULL;
    if (!c)
        return;
    const struct hub_file *f = hub_files_find(&c->files, path);
    size_t first, n = hub_files_folder(&c->files, path, &first);
    int64_t sum = f ? f->size : 0;
    for (size_t i = first; i < first + n; i++)
        sum += c->files.all[i]->size;
    if (!f && n == 0 && *path) {
        refuse_entry(p);
        return;
    }
    struct json *j = json_new_object();
    json_add_str(j, "path", path);
    json_add_int(j, "size", sum);
    reply_json(p, 200, j);
}
