/* registry_watch: the registry's client thread: connects, and reconnects with back-off; reads jobs and
 * models by its cadence and sends NEWS_JOBS and NEWS_MODELS when they changed, NEWS_SOURCE always. A
 * database without our tables is SOURCE_FAILED with `slipway migrate` in the hint; rows hidden by row
 * level security are said so, not shown as none. */
#ifndef SLIPWAY_CLIENT_REGISTRY_WATCH_H
#define SLIPWAY_CLIENT_REGISTRY_WATCH_H

#include "base/clock.h"
#include "client/registry.h"
#include "core/inbox.h"

struct registry_watch;

struct registry_watch_options {
    struct db_options db;        /* copied */
    int64_t interval_ms;         /* 0 = 10000 */
    size_t jobs_max, models_max; /* 0 = 1000 */
    bool make_tables; /* where there are none: for the embedded registry, which is ours alone */
};

struct registry_watch *registry_watch_new(const struct registry_watch_options *options,
    struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e);
void registry_watch_free(struct registry_watch *w); /* fires, joins within a second; NULL is fine */
void registry_watch_hurry(struct registry_watch *w); /* from main, never blocks */

#endif
