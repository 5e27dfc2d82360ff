/* The walk: the tree becomes one list, sorted by path. Folders are opened one below the other without
 * following links. What Git and the Hub's client keep for themselves is passed over in silence; every
 * other thing that is not read gets a line that says so, as nothing may go missing unseen. */
#include "client/model_folder_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct walk {
    struct folder *f;
    char path[PATH_MAX]; /* of the entry just looked at */
    struct err *e;
};

static int out_of_memory(struct err *e)
{
    return err_set(e, ERR_IO, ENOMEM, "out of memory for the list of files");
}

static struct found *grow(struct folder *f, struct err *e)
{
    if (f->count == MODEL_FOLDER_FILES_MAX) {
        err_set(e, ERR_INPUT, 0, "the folder holds more than %d files", MODEL_FOLDER_FILES_MAX);
        err_hint(e, "give the folder that holds just the model");
        return NULL;
    }
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        struct found *files = realloc(f->files, room * sizeof *files);
        if (!files) {
            out_of_memory(e);
            return NULL;
        }
        f->files = files;
        f->room = room;
    }
    return memset(&f->files[f->count], 0, sizeof *f->files);
}

/* A line for the path in `w`; st NULL when there is nothing to say about its size. */
static int add(struct walk *w, enum found_as as, const struct stat *st)
{
    struct found *file = grow(w->f, w->e);
    if (!file)
        return -1;
    file->raw = arena_strdup(w->f->arena, w->path);
    if (!file->raw)
        return out_of_memory(w->e);
    file->as = as;
    file->line.raw_path = file->raw;
    file->line.path = folder_clean(w->f, file->raw);
    if (file->line.path.len == 0)
        file->line.path = TEXT("(a name of invisible characters)");
    file->line.size = st ? st->st_size : -1;
    file->line.modified_ns = st ? folder_modified_ns(st) : 0;
    w->f->count++;
    return 0;
}

static int add_folder(struct walk *w, size_t len, enum found_as as)
{
    if (len + 1 < sizeof w->path) {
        w->path[len] = '/';
        w->path[len + 1] = '\0';
    }
    return add(w, as, NULL);
}

static bool passed_over(const char *name)
{
    return strcmp(name, ".git") == 0 || strcmp(name, ".cache") == 0;
}

static int walk_folder(struct walk *w, int fd, size_t len, int depth);

static int enter_folder(struct walk *w, int parent, const char *name, size_t len, int depth)
{
    if (passed_over(name))
        return 0;
    if (name[0] == '.')
        return add_folder(w, len, FOUND_FOLDER_HIDDEN);
    if (depth == MODEL_FOLDER_DEPTH_MAX)
        return add_folder(w, len, FOUND_FOLDER_DEEP);
    int fd = folder_open_folder(parent, name);
    if (fd < 0)
        return add_folder(w, len, FOUND_FOLDER_SHUT);
    w->path[len] = '/';
    return walk_folder(w, fd, len + 1, depth + 1);
}

static int add_link(struct walk *w)
{
    struct stat st;
    enum found_as as = folder_look(w->f->root, w->path, &st, NULL);
    return add(w, as, as == FOUND_FILE ? &st : NULL);
}

/* `len`: bytes of the path up to the entry's folder, with its slash. */
static int walk_entry(struct walk *w, int parent, const char *name, size_t len, int depth)
{
    struct stat st;
    size_t n = strlen(name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (len + n + 2 > sizeof w->path) {
        w->path[len - 1] = '\0'; /* too long only below a folder */
        return add_folder(w, len - 1, FOUND_FOLDER_DEEP);
    }
    memcpy(w->path + len, name, n + 1);
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : add(w, FOUND_SHUT, NULL);
    if (S_ISDIR(st.st_mode))
        return enter_folder(w, parent, name, len + n, depth);
    if (S_ISLNK(st.st_mode))
        return add_link(w);
    return S_ISREG(st.st_mode) ? add(w, FOUND_FILE, &st) : add(w, FOUND_SPECIAL, NULL);
}

/* Takes the descriptor. */
static int walk_folder(struct walk *w, int fd, size_t len, int depth)
{
    int result = 0;
    DIR *d = fdopendir(fd);
    if (!d) {
        err_errno(w->e, errno, "cannot read the folder");
        close(fd);
        return -1;
    }
    while (result == 0) {
        errno = 0;
        const struct dirent *entry = readdir(d);
        if (!entry && errno)
            result = err_errno(w->e, errno, "cannot read the folder");
        if (!entry)
            break;
        result = cancel_check(w->f->cancel, w->e);
        if (result == 0)
            result = walk_entry(w, fd, entry->d_name, len, depth);
    }
    closedir(d);
    return result;
}

static int by_path(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return strcmp(x->raw, y->raw);
}

int folder_scan(struct folder *f, struct err *e)
{
    struct walk w = {.f = f, .e = e};
    int fd = folder_open_folder(f->root, ".");
    if (fd < 0)
        return err_errno(e, errno, "cannot read the folder");
    if (walk_folder(&w, fd, 0, 0))
        return -1;
    if (f->count == 0)
        return err_set(e, ERR_INPUT, 0, "the folder is empty");
    qsort(f->files, f->count, sizeof *f->files, by_path);
    return 0;
}

struct found *folder_find(const struct folder *f, const char *raw)
{
    struct found key = {.raw = raw};
    return f->count ? bsearch(&key, f->files, f->count, sizeof key, by_path) : NULL;
}

bool folder_has(const struct folder *f, const char *raw)
{
    return folder_find(f, raw) != NULL;
}
