/* temp_folder: a folder for one test, gone with all it holds when the test ends. For use as cmocka's
 * setup and teardown; the state is then the folder's path. */
#ifndef SLIPWAY_TESTS_TEMP_FOLDER_H
#define SLIPWAY_TESTS_TEMP_FOLDER_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int temp_folder_make(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *path = malloc(PATH_MAX);
    if (!path)
        return -1;
    snprintf(path, PATH_MAX, "%s/slipway-test-XXXXXX", parent ? parent : P_tmpdir);
    if (!mkdtemp(path)) {
        free(path);
        return -1;
    }
    *state = path;
    return 0;
}

static inline int temp_folder_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline int temp_folder_remove(void **state)
{
    int result = nftw(*state, temp_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

/* FOLDER/NAME; `out` holds PATH_MAX. */
static inline char *temp_folder_path(char *out, void *const *state, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", (const char *)*state, name);
    return out;
}

#endif
