/* Staging folders lie side by side in the state folder, named by their operation, so that a resumed one finds
 * (and clears) what its killed run had left. Only plain files are ever made in them, one level deep or two. */
#include "app/upload.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_FDS = 8, STALE_SECONDS = 14 * 24 * 3600 };

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, DEPTH_FDS, FTW_DEPTH | FTW_PHYS);
}

static char *path_of(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static void remove_stale(const char *parent, int64_t now_s)
{
    DIR *d = opendir(parent);
    struct stat st;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        char *path = entry->d_name[0] == '.' ? NULL : path_of(parent, entry->d_name);
        if (path && !lstat(path, &st) && st.st_mtime + STALE_SECONDS < now_s)
            remove_tree(path);
        free(path);
    }
    if (d)
        closedir(d);
}

int upload_staging_make(struct upload *u, struct err *e)
{
    const struct engine *g = u->w->engine;
    char *parent = path_of(g->profile->state_folder, "staging");
    u->staging = parent ? path_of(parent, u->w->record.id) : NULL;
    int rc = u->staging ? file_make_folder(parent, e) : err_set(e, ERR_IO, 0, "out of memory");
    if (!rc) {
        remove_stale(parent, clock_wall_ms(g->clock) / 1000);
        remove_tree(u->staging);
        rc = file_make_folder(u->staging, e);
    }
    free(parent);
    return rc;
}

void upload_staging_remove(struct upload *u)
{
    if (u->staging)
        remove_tree(u->staging);
    free(u->staging);
    u->staging = NULL;
}
