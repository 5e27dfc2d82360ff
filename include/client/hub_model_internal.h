/* What the files of hub_model_facts.h share: which files of a repository are looked into, and how their
 * bytes come here. */
#ifndef SLIPWAY_CLIENT_HUB_MODEL_INTERNAL_H
#define SLIPWAY_CLIENT_HUB_MODEL_INTERNAL_H

#include "client/hub_internal.h"
#include "client/hub_model_facts.h"
#include "client/model_folder_internal.h"

/* One file that is looked into. */
struct hub_look {
    struct found *file;
    size_t max;   /* bytes of it that are read at most */
    bool head;    /* of weights: only its header */
    int64_t want; /* bytes from its beginning; 0 = not asked for */
    struct err error;
    struct buf bytes; /* what came, in as far as error.class is ERR_NONE */
};

/* Asks for all that have `want`, side by side, and clears it; the sum of what came goes to *fetched. -1 when
 * cancelled or out of memory. A refusal to let the files be read, and that they were, goes to *readable. */
int hub_model_fetch(struct hub *h, const struct hub_info *info, struct hub_look *looks, size_t n,
    enum known *readable, int64_t *fetched, struct cancel *c, struct err *e);

#endif
