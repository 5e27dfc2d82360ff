/* view_deploy: what the deploy form shows below its fields: whether it can work and what it costs, from what is
 * known here already. For ui/view_deploy_*.c only. */
#ifndef SLIPWAY_UI_VIEW_DEPLOY_H
#define SLIPWAY_UI_VIEW_DEPLOY_H

#include "model/endpoint.h"
#include "model/preflight.h"
#include "ui/form_view.h"
#include "ui/say.h"

#define VIEW_DEPLOY_AUTOMATIC                                                                      \
    "automatic" /* the choice of the field "gpu" that leaves it to the rules */
enum { VIEW_DEPLOY_POOLS = 32, VIEW_DEPLOY_PRICE = 2 * SAY_MAX };

/* The catalog's, cheapest first; 0 = it has not been read. */
size_t view_deploy_pools(const struct form_view *v, struct gpu_pool pools[VIEW_DEPLOY_POOLS]);
/* "$0.69" or "$0.44–0.69", times so many. */
const char *view_deploy_price(char out[VIEW_DEPLOY_PRICE], const struct gpu_pool *p, double times);

/* What is known here of the deployment that the fields describe. */
enum { VIEW_DEPLOY_ENV = 48, VIEW_DEPLOY_CHOSEN = 2 };
struct deploy_look {
    struct form_view *v;
    struct arena *arena;
    struct preflight_evidence evidence;
    struct checklist model; /* its facts alone */
    struct preflight_env env[VIEW_DEPLOY_ENV];
    struct gpu_pool pools[VIEW_DEPLOY_POOLS];
    size_t pool_count;
    struct preflight_pool catalog[VIEW_DEPLOY_POOLS], chosen[VIEW_DEPLOY_CHOSEN];
    const struct gpu_pool *priced; /* the dearest of the chosen ones; NULL = none */
    struct worker_image image;
};
/* Fills the rest: v and arena are set, all else is zero. */
void view_deploy_gather(struct deploy_look *k);

/* form_kind.below */
void view_deploy_below(struct form_view *v, struct lines *l);

#endif
