/* hub_cache: paths are walked without following links (model_folder_open.c), with the model's folder as the
 * top, so that nothing in a cache, whoever filled it, makes us read elsewhere. That only blobs/ may be led to
 * keeps one snapshot's file from being another's, or a lock or a listing. */
#include "client/hub_cache.h"

#include "client/model_folder_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REF_MAX = 256, COMMIT_DIGITS = 40 };

/* ---- where it is ----------------------------------------------------------------------------- */

static const struct {
    const char *variable, *below;
} places[] = {
    {"HF_HUB_CACHE", ""},
    {"HUGGINGFACE_HUB_CACHE", ""},
    {"HF_HOME", "/hub"},
    {"XDG_CACHE_HOME", "/huggingface/hub"},
    {"HOME", "/.cache/huggingface/hub"},
};

const char *hub_cache_folder(struct arena *a)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *top = getenv(places[i].variable);
        char path[PATH_MAX];
        if (!top || !top[0])
            continue;
        int n = snprintf(path, sizeof path, "%s%s", top, places[i].below);
        return n > 0 && (size_t)n < sizeof path ? arena_strdup(a, path) : NULL;
    }
    return NULL;
}

/* ---- a model --------------------------------------------------------------------------------- */

/* "models--ORG--NAME". An id that is one has no "--" of its own. */
static int folder_name(const char *repo, char out[NAME_MAX + 1], struct err *e)
{
    const char *slash = strchr(repo, '/');
    int owner = slash ? (int)(slash - repo) : 0;
    if (!folder_is_repo_name(repo))
        return err_set(e, ERR_INPUT, 0, "\"%.200s\" is no model of the Hub", repo);
    int n = slash ? snprintf(out, NAME_MAX + 1, "models--%.*s--%s", owner, repo, slash + 1)
                  : snprintf(out, NAME_MAX + 1, "models--%s", repo);
    return n > 0 && n <= NAME_MAX ? 0 : err_set(e, ERR_INPUT, 0, "the name is too long");
}

static int open_model(const char *cache, const char *name, struct err *e)
{
    int top = open(cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int root = top < 0 ? -1 : folder_open_folder(top, name), number = errno;
    if (top >= 0)
        close(top);
    if (root >= 0)
        return root;
    if (number == ENOENT)
        return err_set(e, ERR_STATE, 0, "not in the cache");
    return err_errno(e, number, "its folder in the cache cannot be used");
}

static int read_ref(int root, char commit[COMMIT_DIGITS + 1], struct err *e)
{
    struct stat st;
    char text[REF_MAX + 1];
    int fd = folder_open_file(root, "refs/main", &st, e);
    if (fd < 0)
        return err_set(e, ERR_STATE, 0, "the cache has no refs/main of it");
    ssize_t n = pread(fd, text, REF_MAX, 0);
    close(fd);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    text[n > 0 ? n : 0] = '\0';
    if (n != COMMIT_DIGITS || strspn(text, "0123456789abcdef") != COMMIT_DIGITS)
        return err_set(e, ERR_IO, 0, "refs/main in the cache names no commit");
    memcpy(commit, text, COMMIT_DIGITS + 1);
    return 0;
}

int hub_cache_open(const char *cache, const char *repo, struct hub_cache *out, struct err *e)
{
    char name[NAME_MAX + 1];
    out->root = -1;
    out->commit[0] = '\0';
    if (folder_name(repo, name, e))
        return -1;
    out->root = open_model(cache, name, e);
    if (out->root < 0)
        return -1;
    if (read_ref(out->root, out->commit, e) == 0)
        return 0;
    hub_cache_close(out);
    return -1;
}

void hub_cache_close(struct hub_cache *c)
{
    if (c->root >= 0)
        close(c->root);
    c->root = -1;
}

/* ---- a file ---------------------------------------------------------------------------------- */

static bool is_blob(const char *path)
{
    return strncmp(path, "blobs/", 6) == 0 && !strchr(path + 6, '/');
}

int hub_cache_file(const struct hub_cache *c, const char *path, struct stat *st, struct err *e)
{
    char full[PATH_MAX], real[PATH_MAX];
    struct stat seen;
    int n = snprintf(full, sizeof full, "snapshots/%s/%s", c->commit, path);
    if (n <= 0 || (size_t)n >= sizeof full)
        return err_set(e, ERR_IO, 0, "the path is too long");
    enum found_as as = folder_look(c->root, full, &seen, real);
    if (as == FOUND_GONE)
        return err_set(e, ERR_STATE, 0, "not in the cache");
    if (as == FOUND_LINK_OUT || (as == FOUND_FILE && strcmp(full, real) != 0 && !is_blob(real)))
        return err_set(e, ERR_IO, 0, "in the cache it is a link out of the model's blobs");
    if (as != FOUND_FILE)
        return err_set(e, ERR_IO, 0, "in the cache it is %s", found_words(as));
    int fd = folder_open_file(c->root, real, st, e);
    if (fd < 0 || (st->st_dev == seen.st_dev && st->st_ino == seen.st_ino))
        return fd;
    close(fd);
    return err_set(e, ERR_IO, 0, "in the cache it changed just now");
}
