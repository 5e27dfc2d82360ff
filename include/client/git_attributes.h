/* git_attributes: which paths a .gitattributes gives to Git LFS. Pure. For src/client/model_*.c. */
#ifndef SLIPWAY_CLIENT_GIT_ATTRIBUTES_H
#define SLIPWAY_CLIENT_GIT_ATTRIBUTES_H

#include "base/arena.h"

#include <stdbool.h>

enum { GIT_ATTRIBUTES_MAX = 1000, GIT_ATTRIBUTES_PATTERN_MAX = 256 };

struct git_attributes {
    struct git_attributes_row {
        const char *pattern; /* borrowed */
        bool lfs;
    } rows[GIT_ATTRIBUTES_MAX]; /* of those that speak of a filter, in their order */
    size_t count;
};

/* In the arena. NULL `text`: without rows. NULL when the arena is full. */
struct git_attributes *git_attributes_read(struct arena *a, const char *text, size_t n);
void git_attributes_add(struct git_attributes *g, const char *pattern, bool lfs);
/* The last row that covers it decides; false when none does. */
bool git_attributes_lfs(const struct git_attributes *g, const char *path);

/* A pattern against a path, as Git has it: one star stays within a folder, two do not; without a slash it is
 * for names in any folder. */
bool git_attributes_covers(const char *pattern, const char *path);

#endif
