/* weights_folder: a model folder of any size that passes the checklist: a Llama model cut into shards, valid
 * headers, cheap pseudo-random numbers. */
#ifndef TESTS_SUPPORT_WEIGHTS_FOLDER_H
#define TESTS_SUPPORT_WEIGHTS_FOLDER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct weights_plan {
    int64_t bytes; /* about, of all shards together */
    size_t shards;
    uint64_t seed; /* the same seed is the same content */
};

/* Fills the empty folder. The repository's root is the working folder (the small files come from
 * tests/data). */
int weights_folder_make(const char *folder, const struct weights_plan *plan, struct err *e);

#endif
