/* lineage: where a model comes from and what came of it, as links in a row: job → commit → endpoint →
 * row → requests → cost (screens.md). What is known of each link, and where the chain is broken: a
 * thing that is gone, a commit that is not the one deployed, a row that points elsewhere.
 *
 * For view_model.c; texts in the arena or borrowed from the store. Pure. */
#ifndef SLIPWAY_UI_LINEAGE_H
#define SLIPWAY_UI_LINEAGE_H

#include "model/store.h"
#include "ui/action.h"
#include "ui/canvas.h"

enum lineage_place {
    LINK_JOB,
    LINK_COMMIT,
    LINK_ENDPOINT,
    LINK_ROW,
    LINK_REQUESTS,
    LINK_COST,
    LINKS
};

struct lineage_link {
    struct text head, foot; /* what it is; how it is */
    enum role role;         /* of the foot */
    bool broken;            /* the chain breaks before it */
    enum place opens;       /* PLACES = nothing */
    const char *id;         /* of what it opens; "" = none */
};

void lineage_of(const struct store *s, const struct model_row *row, struct arena *a,
    struct lineage_link links[LINKS]);

#endif
