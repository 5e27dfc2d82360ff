/* The world's storage: one folder of contents, and lists of everything else.
 *
 * Lists are plain and searched in order: a played Hub holds tens of repositories. Contents are
 * found through a table by the first byte of their sha-256. They lie in the world's own store,
 * which no other world shares, so that one which is being thrown away cannot disturb the one that
 * takes its place. */
#include "sim/hub_multipart.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const type_names[HUB_TYPES][2] = {
    {"model", "models"}, {"dataset", "datasets"}, {"space", "spaces"}};

const char *hub_type_name(enum hub_type t)
{
    return type_names[t][0];
}

const char *hub_type_plural(enum hub_type t)
{
    return type_names[t][1];
}

static bool find_type(const char *name, int form, enum hub_type *out)
{
    *out = HUB_MODEL;
    for (int t = 0; name && t < HUB_TYPES; t++)
        if (strcmp(name, type_names[t][form]) == 0) {
            *out = (enum hub_type)t;
            return true;
        }
    return !name;
}

bool hub_type_find(const char *name, enum hub_type *out)
{
    return find_type(name, 0, out);
}

bool hub_type_find_plural(const char *name, enum hub_type *out)
{
    return find_type(name, 1, out);
}

int64_t hub_setting(const struct hub_world *h, const char *key, int64_t fallback)
{
    return json_int(h->scenario, key, fallback);
}

void hub_uid(struct sim *s, char out[25])
{
    unsigned char bytes[16];
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        uint64_t r = sim_random(s);
        memcpy(bytes + i, &r, 8);
    }
    hub_hex(bytes, 12, out);
}

/* ---- contents -------------------------------------------------------------------------------- */

void hub_stored_path(const struct hub_world *h, const char *sha256, char out[HUB_STORE_PATH])
{
    snprintf(out, HUB_STORE_PATH, "%s/%s", h->folder, sha256);
}

static struct hub_stored **bucket(struct hub_world *h, const char *sha256)
{
    char first[3] = {sha256[0], sha256[0] ? sha256[1] : '\0', '\0'};
    return &h->stored[strtoul(first, NULL, 16) & 255];
}

struct hub_stored *hub_stored_find(struct hub_world *h, const char *sha256)
{
    struct hub_stored *o = *bucket(h, sha256);
    while (o && strcmp(o->sha256, sha256) != 0)
        o = o->next;
    return o;
}

static int remember(struct hub_world *h, const char *sha256, int64_t size)
{
    struct hub_stored *o = calloc(1, sizeof *o), **list = bucket(h, sha256);
    if (!o)
        return -1;
    snprintf(o->sha256, sizeof o->sha256, "%s", sha256);
    o->size = size;
    o->next = *list;
    *list = o;
    return 0;
}

int hub_stored_put(struct hub_world *h, const void *bytes, size_t n, char sha256[HUB_SHA256])
{
    char path[HUB_STORE_PATH];
    if (hub_sha256_hex(bytes, n, sha256) != 0)
        return -1;
    if (hub_stored_find(h, sha256))
        return 0;
    hub_stored_path(h, sha256, path);
    FILE *f = fopen(path, "wbe");
    bool ok = f && fwrite(bytes, 1, n, f) == n;
    ok = (!f || fclose(f) == 0) && ok;
    if (ok && remember(h, sha256, (int64_t)n) == 0)
        return 0;
    unlink(path);
    return -1;
}

int hub_stored_take(struct hub_world *h, const char *path, const char *sha256, int64_t size)
{
    char to[HUB_STORE_PATH];
    if (hub_stored_find(h, sha256)) {
        hub_spare_drop(h, path);
        return 0;
    }
    hub_stored_path(h, sha256, to);
    if (rename(path, to) != 0)
        return -1;
    if (remember(h, sha256, size) == 0)
        return 0;
    unlink(to);
    return -1;
}

int hub_stored_read(
    struct hub_world *h, const char *sha256, int64_t offset, size_t n, struct buf *out)
{
    char path[HUB_STORE_PATH], chunk[16384];
    hub_stored_path(h, sha256, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = fd < 0 ? -1 : 0;
    while (rc == 0 && n > 0) {
        ssize_t got = pread(fd, chunk, n < sizeof chunk ? n : sizeof chunk, (off_t)offset);
        if (got <= 0) {
            rc = got < 0 && errno == EINTR ? 0 : got == 0 ? 1 : -1;
            continue;
        }
        rc = buf_append(out, chunk, (size_t)got);
        offset += got;
        n -= (size_t)got;
    }
    if (fd >= 0)
        close(fd);
    return rc < 0 ? -1 : 0;
}

/* ---- repositories ---------------------------------------------------------------------------- */

struct hub_repo *hub_repo_find(struct hub_world *h, enum hub_type type, const char *id)
{
    struct hub_repo *r = h->repos;
    while (r && !(r->type == type && strcasecmp(r->id, id) == 0))
        r = r->next;
    return r;
}

struct hub_repo *hub_repo_follow(struct hub_world *h, enum hub_type type, const char *id)
{
    struct hub_repo *repo = hub_repo_find(h, type, id);
    for (const struct hub_alias *a = h->aliases; a && !repo; a = a->next)
        if (a->type == type && strcasecmp(a->from, id) == 0)
            return hub_repo_find(h, type, a->to);
    return repo;
}

struct hub_repo *hub_repo_by_uid(struct hub_world *h, const char *uid)
{
    struct hub_repo *r = h->repos;
    while (r && strcmp(r->uid, uid) != 0)
        r = r->next;
    return r;
}

struct hub_repo *hub_repo_new(
    struct sim *s, struct hub_world *h, enum hub_type type, const char *id)
{
    struct hub_repo *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->type = type;
    r->created = sim_now(s);
    snprintf(r->id, sizeof r->id, "%s", id);
    hub_uid(s, r->uid);
    r->next = h->repos;
    h->repos = r;
    return r;
}

static void commit_free(struct hub_commit *c)
{
    hub_files_release(&c->files);
    json_free(c->facts);
    free(c->title);
    free(c->message);
    free(c);
}

void hub_repo_free(struct hub_repo *repo)
{
    for (struct hub_commit *c = repo->commits, *next; c; c = next) {
        next = c->next;
        commit_free(c);
    }
    for (struct hub_ref *r = repo->refs, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    json_free(repo->granted);
    free(repo->lfs);
    free(repo);
}

void hub_repo_remove(struct hub_world *h, struct hub_repo *repo)
{
    struct hub_repo **at = &h->repos;
    while (*at && *at != repo)
        at = &(*at)->next;
    if (*at)
        *at = repo->next;
    hub_repo_free(repo);
}

const struct hub_lfs *hub_lfs_find(const struct hub_repo *repo, const char *sha256)
{
    for (size_t i = 0; i < repo->lfs_count; i++)
        if (strcmp(repo->lfs[i].sha256, sha256) == 0)
            return &repo->lfs[i];
    return NULL;
}

int hub_lfs_add(struct hub_repo *repo, const char *sha256, int64_t size)
{
    if (hub_lfs_find(repo, sha256))
        return 0;
    if (repo->lfs_count == repo->lfs_capacity) {
        size_t capacity = repo->lfs_capacity ? 2 * repo->lfs_capacity : 16;
        struct hub_lfs *more = reallocarray(repo->lfs, capacity, sizeof *more);
        if (!more)
            return -1;
        repo->lfs = more;
        repo->lfs_capacity = capacity;
    }
    struct hub_lfs *o = &repo->lfs[repo->lfs_count++];
    snprintf(o->sha256, sizeof o->sha256, "%s", sha256);
    o->size = size;
    return 0;
}

/* ---- the world ------------------------------------------------------------------------------- */

/* Removes this world's folder, which holds files only. */
static void remove_folder(const struct hub_world *h)
{
    char path[2 * HUB_STORE_PATH];
    DIR *d = *h->folder ? opendir(h->folder) : NULL;
    for (struct dirent *entry = d ? readdir(d) : NULL; entry; entry = readdir(d)) {
        snprintf(path, sizeof path, "%s/%s", h->folder, entry->d_name);
        if (entry->d_name[0] != '.')
            hub_spare_drop(h, path);
    }
    if (d)
        closedir(d);
    if (*h->folder)
        rmdir(h->folder);
}

#define FREE_LIST(type, list)                                                                      \
    for (struct type *it = (list), *after; it; it = after) {                                       \
        after = it->next;                                                                          \
        free(it);                                                                                  \
    }

static void free_uploads(struct hub_upload *list)
{
    for (struct hub_upload *u = list, *next; u; u = next) {
        next = u->next;
        hub_upload_free(u);
    }
}

void hub_world_free(struct hub_world *h)
{
    if (!h)
        return;
    while (h->repos)
        hub_repo_remove(h, h->repos);
    for (size_t i = 0; i < sizeof h->stored / sizeof *h->stored; i++)
        FREE_LIST(hub_stored, h->stored[i]);
    FREE_LIST(hub_alias, h->aliases);
    FREE_LIST(hub_window, h->windows);
    free_uploads(h->uploads);
    remove_folder(h);
    json_free(h->scenario);
    free(h);
}

static int make_folder(struct sim *s, struct hub_world *h, struct err *e)
{
    int n = snprintf(h->folder, sizeof h->folder, "%s/hub", s->store);
    if (n > 0 && (size_t)n < sizeof h->folder && mkdir(h->folder, 0700) == 0)
        return 0;
    h->folder[0] = '\0';
    return err_errno(e, errno, "cannot make a folder for the Hub's files");
}

struct hub_world *hub_world_new(struct sim *s, const struct json *scenario, struct err *e)
{
    struct hub_world *h = calloc(1, sizeof *h);
    const struct json *own = json_get(scenario, "hub");
    if (h)
        *h = (struct hub_world){.spare = s->folder,
            .scenario = json_kind(own) == JSON_OBJECT ? json_dup(own) : json_new_object()};
    if (!h || !h->scenario) {
        err_set(e, ERR_IO, 0, "out of memory");
        goto bad;
    }
    for (size_t i = 0; i < sizeof h->key; i += 8) {
        uint64_t r = sim_random(s);
        memcpy(h->key + i, &r, 8);
    }
    if (make_folder(s, h, e) == 0 && hub_seed(s, h, e) == 0)
        return h;
bad:
    hub_world_free(h);
    return NULL;
}
