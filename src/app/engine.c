/* In the order in which things depend on each other; released backwards. */
#include "app/engine.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const struct inbox_limits limits = {
    .statuses = 4096, .logs = 1024, .log_bytes = 8 << 20, .results = 256};

enum { WORKERS_QUEUE = 256, STATE_WAIT_MS = 5000, STATE_WAIT_NOW_MS = 20 };

static int start(struct engine *g, struct err *e)
{
    const struct profile *p = g->profile;
    g->clock = clock_real();
    if (!(g->quit = cancel_new(NULL)) || !(g->inbox = inbox_new(&limits)))
        return err_set(e, ERR_IO, 0, "out of memory or descriptors");
    if (!(g->workers = workers_new(0, WORKERS_QUEUE, e)))
        return -1;
    const struct http_options http = {
        .user_agent = "slipway/" SLIPWAY_VERSION, .read_only = p->read_only};
    if (!(g->http = http_new(&http, e)))
        return -1;
    const struct runpod_options runpod = {.api_base = p->runpod_api_base,
        .endpoint_base = p->runpod_endpoint_base,
        .key = p->runpod_key,
        .clock = g->clock};
    if (!(g->runpod = runpod_new(&runpod, g->http, e)))
        return -1;
    const struct hub_options hub = {.endpoint = p->hub_endpoint, .token = p->hub_token};
    if (!(g->hub = hub_new(&hub, g->http, e)))
        return -1;
    if (!(g->prices = prices_new(g->runpod, g->clock)))
        return err_set(e, ERR_IO, 0, "out of memory");
    return 0;
}

int engine_init(struct engine *g, const struct profile *profile, struct err *e)
{
    *g = (struct engine){.profile = profile};
    if (!start(g, e))
        return 0;
    engine_release(g);
    return -1;
}

void engine_release(struct engine *g)
{
    cancel_fire(g->quit);
    prices_free(g->prices);
    http_free(g->http);
    runpod_free(g->runpod);
    hub_free(g->hub);
    workers_free(g->workers);
    log_keep_free(g->keep);
    inbox_free(g->inbox);
    cancel_unref(g->quit);
    *g = (struct engine){0};
}

int engine_may_write(const struct engine *g, struct err *e)
{
    const struct profile *p = g->profile;
    if (!p->read_only)
        return 0;
    err_set(e, ERR_STATE, 0, "the profile %s is read-only (%s): nothing can be written with it",
        p->name, p->origin[SETTING_READ_ONLY]);
    return err_hint(e, strcmp(p->origin[SETTING_READ_ONLY], "--read-only") == 0
                           ? "leave out --read-only"
                           : "choose another profile (--profile)");
}

/* The embedded registry is ours alone, so its tables are made without being asked for; a database that
 * somebody named is left as it is (`slipway migrate`). */
static bool is_embedded(const struct engine *g)
{
    return strcmp(g->profile->origin[SETTING_DATABASE_URL], "built-in") == 0;
}

bool engine_makes_tables(const struct engine *g)
{
    return !g->profile->read_only && is_embedded(g);
}

bool engine_has_registry(const struct engine *g)
{
    const char *file = strchr(g->profile->database_url, ':') + 1;
    return !is_embedded(g) || engine_makes_tables(g) || file_exists(file);
}

struct registry *engine_registry(struct engine *g, struct cancel *cancel, struct err *e)
{
    const struct db_options options = profile_database(g->profile);
    struct db *db = db_open(&options, cancel, e);
    struct registry *r = db ? registry_new(db, options.user_id, e) : NULL;
    int made;
    if (!r && e && e->class == ERR_NET && !e->hint[0])
        err_hint(e, "its address is from %s", g->profile->origin[SETTING_DATABASE_URL]);
    if (!r || !engine_makes_tables(g) || !registry_migrate(r, &made, cancel, e))
        return r;
    registry_free(r);
    return NULL;
}

static struct state *open_state(struct engine *g, int64_t wait_ms, struct err *e)
{
    struct state *s = state_open_within(g->profile->state_file, wait_ms, g->quit, e);
    if (!s && e && e->class == ERR_IO && !e->hint[0])
        err_hint(e, "Slipway keeps its journal there; XDG_STATE_HOME names another place");
    return s;
}

struct state *engine_state(struct engine *g, struct err *e)
{
    return open_state(g, STATE_WAIT_MS, e);
}

struct state *engine_state_now(struct engine *g, struct err *e)
{
    return open_state(g, STATE_WAIT_NOW_MS, e);
}
