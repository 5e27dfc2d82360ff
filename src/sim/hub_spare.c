/* Files that are no longer needed, kept to be written over.
 *
 * The first touch of a page costs more than everything else that an upload does, on virtual machines
 * above all, and hides what is to be measured. A file that is written over has its pages already; the
 * largest that is kept is taken first. It becomes nothing but the file into which the parts of an object
 * go: all of that is written before anybody reads it. */
#include "sim/hub_store.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char prefix[] = "spare-";

struct spares {
    int64_t bytes;                /* of all that are kept */
    int64_t most;                 /* of the largest, -1 = none */
    char largest[HUB_STORE_PATH]; /* its path */
};

static void look(const struct hub_world *h, struct spares *out)
{
    char path[HUB_STORE_PATH];
    struct stat st;
    DIR *d = opendir(h->spare);
    *out = (struct spares){.most = -1};
    for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d)) {
        if (strncmp(f->d_name, prefix, sizeof prefix - 1) != 0)
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", h->spare, f->d_name);
        if (n < 0 || n >= (int)sizeof path || stat(path, &st) != 0)
            continue;
        out->bytes += st.st_size;
        if (st.st_size <= out->most)
            continue;
        out->most = st.st_size;
        memcpy(out->largest, path, sizeof path);
    }
    if (d)
        closedir(d);
}

void hub_spare_drop(const struct hub_world *h, const char *path)
{
    char kept[HUB_STORE_PATH];
    struct spares all;
    struct stat st;
    int64_t most = hub_setting(h, "spare_mb", 0) * 1000000;
    if (most > 0 && stat(path, &st) == 0) {
        look(h, &all);
        int n = snprintf(kept, sizeof kept, "%s/%s%" PRIu64, h->spare, prefix, (uint64_t)st.st_ino);
        bool fits = all.bytes + st.st_size <= most && n > 0 && n < (int)sizeof kept;
        if (fits && rename(path, kept) == 0)
            return;
    }
    unlink(path);
}

void hub_spare_take(const struct hub_world *h, const char *path, int64_t size)
{
    struct spares all;
    if (hub_setting(h, "spare_mb", 0) <= 0)
        return;
    look(h, &all);
    if (all.most >= 0 && rename(all.largest, path) == 0 && truncate(path, (off_t)size) != 0)
        unlink(path);
}
