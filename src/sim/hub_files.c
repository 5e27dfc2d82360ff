/* A revision's files: a sorted array of shared, immutable entries. Copying one is copying pointers,
 * so a commit costs its number of files, not their sizes. */
#include "sim/hub_store.h"

#include <stdlib.h>
#include <string.h>

int hub_files_copy(const struct hub_files *from, struct hub_files *to)
{
    *to = (struct hub_files){NULL, 0};
    to->all = calloc(from->count + 1, sizeof *to->all);
    if (!to->all)
        return -1;
    for (size_t i = 0; i < from->count; i++)
        to->all[i] = hub_file_ref(from->all[i]);
    to->count = from->count;
    return 0;
}

void hub_files_release(struct hub_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        hub_file_unref(f->all[i]);
    free(f->all);
    *f = (struct hub_files){NULL, 0};
}

/* The first index whose path is not before `path` in the order of bytes. */
static size_t lower_bound(const struct hub_files *f, const char *path)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(f->all[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct hub_file *hub_files_find(const struct hub_files *f, const char *path)
{
    size_t i = lower_bound(f, path);
    return i < f->count && strcmp(f->all[i]->path, path) == 0 ? f->all[i] : NULL;
}

size_t hub_files_folder(const struct hub_files *f, const char *folder, size_t *first)
{
    char prefix[HUB_PATH_MAX + 2];
    size_t n = strlen(folder), count = 0;
    *first = 0;
    if (n == 0)
        return f->count;
    if (n > HUB_PATH_MAX)
        return 0;
    memcpy(prefix, folder, n);
    memcpy(prefix + n, "/", 2);
    *first = lower_bound(f, prefix);
    while (*first + count < f->count && strncmp(f->all[*first + count]->path, prefix, n + 1) == 0)
        count++;
    return count;
}

int hub_files_put(struct hub_files *f, struct hub_file *take)
{
    size_t i = lower_bound(f, take->path);
    if (i < f->count && strcmp(f->all[i]->path, take->path) == 0) {
        hub_file_unref(f->all[i]);
        f->all[i] = take;
        return 0;
    }
    struct hub_file **more =
        f->count < HUB_FILES_MAX ? reallocarray(f->all, f->count + 1, sizeof *more) : NULL;
    if (!more) {
        hub_file_unref(take);
        return -1;
    }
    f->all = more;
    memmove(more + i + 1, more + i, (f->count - i) * sizeof *more);
    more[i] = take;
    f->count++;
    return 0;
}

static void remove_run(struct hub_files *f, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        hub_file_unref(f->all[i]);
    if (n > 0)
        memmove(f->all + first, f->all + first + n, (f->count - first - n) * sizeof *f->all);
    f->count -= n;
}

bool hub_files_remove(struct hub_files *f, const char *path)
{
    size_t i = lower_bound(f, path);
    if (i == f->count || strcmp(f->all[i]->path, path) != 0)
        return false;
    remove_run(f, i, 1);
    return true;
}

size_t hub_files_remove_folder(struct hub_files *f, const char *folder)
{
    size_t first, n = hub_files_folder(f, folder, &first);
    remove_run(f, first, n);
    return n;
}
