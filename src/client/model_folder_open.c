/* Opening what lies below a folder, and nothing else. A path is walked part by part with openat and
 * O_NOFOLLOW, so that no part of it can be a link, also not one that was put there a moment ago. Only
 * the last part may be a link; its text is resolved here, as text, against the folder's top: what is
 * absolute or climbs above the top leads out, and what it names is walked like any other path, so a
 * link to a link is not followed. What is no regular file is never opened: some devices act when they
 * are. */
#include "client/model_folder_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK };

static const char *const words[FOUND_KINDS] = {
    [FOUND_FILE] = "a file",
    [FOUND_SPECIAL] = "not a regular file",
    [FOUND_GONE] = "not there any more",
    [FOUND_SHUT] = "cannot be looked at: its folder does not allow it",
    [FOUND_LINK_OUT] = "a link out of the folder: put a copy in its place (cp -L)",
    [FOUND_LINK_LOST] = "a link to nothing, or to another link",
    [FOUND_LINK_FOLDER] = "a link to a folder, not followed",
    [FOUND_FOLDER] = "a folder",
    [FOUND_FOLDER_HIDDEN] = "hidden folder, not looked into",
    [FOUND_FOLDER_SHUT] = "a folder that cannot be read",
    [FOUND_FOLDER_DEEP] = "a folder nested too deeply, not looked into",
};

const char *found_words(enum found_as as)
{
    return (unsigned)as < FOUND_KINDS ? words[as] : "unknown";
}

int64_t folder_modified_ns(const struct stat *st)
{
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)st->st_mtim.tv_sec, (int64_t)1000000000, &ns) ||
        __builtin_add_overflow(ns, (int64_t)st->st_mtim.tv_nsec, &ns))
        return 0;
    return ns;
}

int folder_open_folder(int parent, const char *name)
{
    return openat(parent, name, FOLDER_FLAGS);
}

/* Opens the folder that holds the path's last part, and points `name` at that. -1 with errno. */
static int open_parent(int root, const char *path, const char **name)
{
    int fd = folder_open_folder(root, ".");
    for (const char *slash; fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
        char part[NAME_MAX + 1];
        size_t n = (size_t)(slash - path);
        int next = -1;
        if (n > 0 && n < sizeof part) {
            memcpy(part, path, n);
            part[n] = '\0';
            next = folder_open_folder(fd, part);
        } else {
            errno = ENOENT;
        }
        int failed = errno;
        close(fd);
        errno = failed;
        fd = next;
    }
    *name = path;
    return fd;
}

static int stat_below(int root, const char *path, struct stat *st)
{
    const char *name;
    int parent = open_parent(root, path, &name);
    if (parent < 0)
        return -1;
    int result = fstatat(parent, name, st, AT_SYMLINK_NOFOLLOW);
    int failed = errno;
    close(parent);
    errno = failed;
    return result;
}

static ssize_t read_link(int root, const char *path, char text[PATH_MAX])
{
    const char *name;
    int parent = open_parent(root, path, &name);
    if (parent < 0)
        return -1;
    ssize_t n = readlinkat(parent, name, text, PATH_MAX - 1);
    close(parent);
    if (n >= 0)
        text[n] = '\0';
    return n;
}

/* Goes from the folder `out` (a path below the top, "" = the top) one part on. */
static bool step(char out[PATH_MAX], const char *part, size_t n)
{
    size_t len = strlen(out);
    if (n == 0 || (n == 1 && part[0] == '.'))
        return true;
    if (n == 2 && part[0] == '.' && part[1] == '.') {
        if (len == 0)
            return false;
        char *slash = strrchr(out, '/');
        *(slash ? slash : out) = '\0';
        return true;
    }
    if (len + 1 + n >= PATH_MAX)
        return false;
    if (len > 0)
        out[len++] = '/';
    memcpy(out + len, part, n);
    out[len + n] = '\0';
    return true;
}

/* Where the link at `path` leads, as a path below the top; false when that is outside. */
static bool link_leads(const char *path, const char *text, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) : 0;
    if (text[0] == '/' || folder >= PATH_MAX)
        return false;
    memcpy(out, path, folder);
    out[folder] = '\0';
    for (;;) {
        size_t n = strcspn(text, "/");
        if (!step(out, text, n))
            return false;
        if (text[n] == '\0')
            return true;
        text += n + 1;
    }
}

static enum found_as found_mode(const struct stat *st)
{
    return S_ISREG(st->st_mode) ? FOUND_FILE : S_ISDIR(st->st_mode) ? FOUND_FOLDER : FOUND_SPECIAL;
}

static enum found_as look_behind_link(
    int root, const char *path, struct stat *st, char real[PATH_MAX])
{
    char text[PATH_MAX];
    if (read_link(root, path, text) < 0)
        return FOUND_LINK_LOST;
    if (!link_leads(path, text, real))
        return FOUND_LINK_OUT;
    if (real[0] == '\0')
        return FOUND_LINK_FOLDER; /* the top itself */
    if (stat_below(root, real, st) || S_ISLNK(st->st_mode))
        return FOUND_LINK_LOST;
    enum found_as as = found_mode(st);
    return as == FOUND_FOLDER ? FOUND_LINK_FOLDER : as;
}

enum found_as folder_look(int root, const char *path, struct stat *st, char real[PATH_MAX])
{
    char own[PATH_MAX];
    char *target = real ? real : own;
    size_t n = strlen(path);
    if (n >= PATH_MAX)
        return FOUND_GONE;
    if (stat_below(root, path, st))
        return errno == EACCES ? FOUND_SHUT : FOUND_GONE;
    if (S_ISLNK(st->st_mode))
        return look_behind_link(root, path, st, target);
    memcpy(target, path, n + 1);
    return found_mode(st);
}

/* Opens what was seen, if it is still that. -1 with errno. */
static int open_seen(int root, const char *path, struct stat *st)
{
    const char *name;
    struct stat seen = *st;
    int parent = open_parent(root, path, &name);
    if (parent < 0)
        return -1;
    int fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int failed = errno;
    close(parent);
    errno = failed;
    if (fd < 0)
        return -1;
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_dev == seen.st_dev &&
        st->st_ino == seen.st_ino)
        return fd;
    close(fd);
    errno = ESTALE;
    return -1;
}

int folder_open_file(int root, const char *path, struct stat *st, struct err *e)
{
    char real[PATH_MAX];
    enum found_as as = folder_look(root, path, st, real);
    if (as != FOUND_FILE)
        return err_set(e, ERR_INPUT, 0, "%s", found_words(as));
    int fd = open_seen(root, real, st);
    return fd >= 0 ? fd : err_errno(e, errno, "cannot be read");
}

/* Bytes that lie outside of the folder, where the program itself has put or found them. */
static int open_source(const char *path, struct stat *st, struct err *e)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(e, errno, "cannot be read");
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
        return fd;
    close(fd);
    return err_set(e, ERR_INPUT, 0, "%s", found_words(FOUND_SPECIAL));
}

static int open_in_folder(
    const struct checklist *list, const struct check_file *file, struct stat *st, struct err *e)
{
    int root = open(list->raw_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_errno(e, errno, "cannot open the folder %s", list->raw_folder);
    int fd = folder_open_file(root, file->raw_path, st, e);
    close(root);
    return fd;
}

static int open_unchanged(
    const struct checklist *list, const struct check_file *file, struct err *e)
{
    struct stat st;
    struct err why;
    int fd = file->raw_source ? open_source(file->raw_source, &st, &why)
                              : open_in_folder(list, file, &st, &why);
    if (fd < 0 && why.class == ERR_IO && why.number != ESTALE)
        return err_set(e, ERR_IO, why.number, "%s", why.message);
    if (fd >= 0 && st.st_size == file->size && folder_modified_ns(&st) == file->modified_ns)
        return fd;
    if (fd >= 0)
        close(fd);
    return err_set(e, ERR_STATE, 0, "changed while it was being uploaded");
}

int model_folder_open(const struct checklist *list, const struct check_file *file, struct err *e)
{
    if (!file->raw_path)
        return err_set(e, ERR_INPUT, 0, "%s is not in the folder", file->path.s);
    int fd = open_unchanged(list, file, e);
    if (fd < 0)
        err_wrap(e, "%s", file->path.s);
    return fd;
}
