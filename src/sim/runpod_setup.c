/* runpod_setup: a world from a scenario (scenarios/README.md).
 *
 * A scenario may build on another one ("base"): every top-level key that it does not have itself it
 * takes from there. The world begins "warm_up_s" before the scenario does and plays that time at
 * once, so that workers are up, jobs have run and logs are filled when the first request comes. */
#include "sim/runpod_physics.h"
#include "sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct json *world_get(const struct runpod_world *world, const char *key)
{
    const struct json *own = json_get(world->scenario, key);
    return own ? own : json_get(world->base, key);
}

const struct json *behave(const struct endpoint *e, const char *key)
{
    const struct json *own = json_get(e->behaviour, key);
    return own ? own : json_get(e->world->behaviour, key);
}

/* ---- rows with an id ------------------------------------------------------------------------- */

static struct json *fields_of(const struct json *row)
{
    struct json *fields = json_dup(row);
    if (fields)
        json_remove(fields, "id");
    return fields;
}

static int no_memory(struct err *err)
{
    return err_set(err, ERR_IO, 0, "out of memory");
}

static int bad_row(struct err *err, const char *table)
{
    return err_set(err, ERR_INPUT, 0, "a row of the scenario's \"%s\" has no good id", table);
}

/* The id of a row when it is one that fits; otherwise NULL. */
static const char *row_id(const struct json *row, size_t room)
{
    const char *id = json_str(row, "id");
    return id && *id && strlen(id) < room ? id : NULL;
}

static int read_named(
    struct runpod_world *world, const char *table, struct named_row **end, struct err *err)
{
    const struct json *rows = world_get(world, table);
    for (const struct json *r = json_first(rows); r; r = json_next(r)) {
        const char *id = row_id(r, sizeof(*end)->id);
        if (!id)
            return bad_row(err, table);
        struct named_row *row = calloc(1, sizeof *row);
        if (!row)
            return no_memory(err);
        (void)snprintf(row->id, sizeof row->id, "%s", id);
        row->fields = fields_of(r);
        *end = row;
        end = &row->next;
    }
    return 0;
}

/* ---- the account ----------------------------------------------------------------------------- */

static int read_account(struct runpod_world *world, struct err *err)
{
    const struct json *account = world_get(world, "account");
    const struct json *stock = world_get(world, "stock");
    const struct json *rate = world_get(world, "rate");
    world_balance_set(world, json_num(account, "balance", 42.5));
    world->spend_limit = json_num(account, "spend_limit", 80);
    world->worker_quota = (int)json_int(account, "worker_quota", 10);
    world->billing_lag = (int64_t)(json_num(account, "billing_lag_s", 900) * SECOND);
    world->rate_minute = (int)json_int(rate, "minute", 0);
    world->rate_hour = (int)json_int(rate, "hour", 0);
    world->stock = json_kind(stock) == JSON_OBJECT ? json_dup(stock) : json_new_object();
    return world->stock ? 0 : no_memory(err);
}

static const struct json *row_named(const struct json *rows, const char *name)
{
    const struct json *r = json_first(rows);
    while (r && strcmp(json_str_or(r, "name", ""), name) != 0)
        r = json_next(r);
    return r;
}

/* {"like": "legal", …}: what the row does not say itself it takes from the base's endpoint. */
static int complete_row(struct runpod_world *world, struct json *row, struct err *err)
{
    const char *like = json_str(row, "like");
    if (!like)
        return 0;
    const struct json *model = row_named(json_get(world->base, "endpoints"), like);
    if (!model)
        return err_set(err, ERR_INPUT, 0, "the scenario's base has no endpoint \"%s\"", like);
    for (const struct json *m = json_first(model); m; m = json_next(m))
        if (!json_get(row, json_key(m)) && json_add(row, json_key(m), json_dup(m)) != 0)
            return no_memory(err);
    return 0;
}

static int read_endpoints(struct runpod_world *world, struct err *err)
{
    const struct json *rows = world_get(world, "endpoints");
    for (const struct json *r = json_first(rows); r; r = json_next(r))
        if (complete_row(world, (struct json *)r, err) != 0 || setup_endpoint(world, r, err) != 0)
            return -1;
    return 0;
}

static int load_base(struct runpod_world *world, struct err *err)
{
    const char *name = json_str(world->scenario, "base");
    if (!name)
        return 0;
    world->base = scenario_load(name, err);
    if (!world->base)
        return err_wrap(err, "the scenario's base");
    if (json_get(world->base, "base"))
        return err_set(err, ERR_INPUT, 0, "the scenario's base \"%s\" builds on another one", name);
    return 0;
}

int world_setup(struct runpod_world *world, struct err *err)
{
    if (load_base(world, err) != 0)
        return -1;
    int64_t warm_up = (int64_t)(json_number(world_get(world, "warm_up_s"), 0) * SECOND);
    world->advanced_to = world->start - (warm_up > 0 ? warm_up : 0);
    world->next_tick = world->advanced_to - world->advanced_to % SECOND + SECOND;
    world->may_spend = true;
    world->behaviour = world_get(world, "behaviour");
    world->troubles = world_get(world, "troubles");
    world->timeline_next = json_first(world_get(world, "timeline"));
    if (read_account(world, err) != 0 ||
        read_named(world, "templates", &world->templates, err) != 0 ||
        read_named(world, "pods", &world->pods, err) != 0 ||
        read_named(world, "network_volumes", &world->volumes, err) != 0 ||
        read_named(world, "registries", &world->registries, err) != 0 ||
        read_named(world, "secrets", &world->secrets, err) != 0 ||
        read_endpoints(world, err) != 0 || timeline_check(world, err) != 0)
        return -1;
    world_play(world, world->start);
    return 0;
}
