/* Files that are no longer needed, kept to be written over.
 *
 * The first touch of a page costs more than everything else that an upload does, on virtual machines
 * above all, and hides what is to be measured. A file that is written over has its pages already. Only
 * what a part's place is in comes from here: all of it is written before anybody reads it. */
#include "sim/hub_store.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "spare-";

/* Calls `look` for each kept file until it says true; the path of that one is in `path`. */
static bool each(const struct hub_world *h, bool (*look)(const struct stat *, void *), void *arg,
    char path[HUB_STORE_PATH])
{
    bool found = false;
    struct stat st;
    DIR *d = opendir(h->spare);
    for (struct dirent *f = d ? readdir(d) : NULL; f && !found; f = readdir(d)) {
        if (strncmp(f->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        int n = snprintf(path, HUB_STORE_PATH, "%s/%s", h->spare, f->d_name);
        found = n > 0 && n < HUB_STORE_PATH && stat(path, &st) == 0 && look(&st, arg);
    }
    if (d)
        closedir(d);
    return found;
}

static bool add_size(const struct stat *st, void *arg)
{
    int64_t *sum = arg;
    *sum += st->st_size;
    return false;
}

static bool take_any(const struct stat *st, void *arg)
{
    (void)st, (void)arg;
    return true;
}

void hub_spare_drop(const struct hub_world *h, const char *path)
{
    char kept[HUB_STORE_PATH];
    struct stat st;
    int64_t most = hub_setting(h, "spare_mb", 0) * 1000000, sum = 0;
    if (most > 0 && stat(path, &st) == 0 && st.st_size <= most) {
        each(h, add_size, &sum, kept);
        int n = snprintf(kept, sizeof kept, "%s/%s%" PRIu64, h->spare, prefix, (uint64_t)st.st_ino);
        if (sum + st.st_size <= most && n > 0 && n < (int)sizeof kept && rename(path, kept) == 0)
            return;
    }
    unlink(path);
}

void hub_spare_take(const struct hub_world *h, const char *path, int64_t size)
{
    char kept[HUB_STORE_PATH];
    if (hub_setting(h, "spare_mb", 0) > 0 && each(h, take_any, NULL, kept) &&
        rename(kept, path) == 0 && truncate(path, (off_t)size) != 0)
        unlink(path);
}
