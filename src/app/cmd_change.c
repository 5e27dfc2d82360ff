/* Changing an endpoint that is there: each command says one thing of an operation of kind change
 * (app/operations.h) and lets that do it; `releases` only reads. */
#include "app/call_operation.h"
#include "app/columns.h"
#include "app/endpoint_named.h"
#include "client/runpod_change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { RELEASES_ARENA = 16 << 20, RELEASE_COLUMNS = 5 };

/* ---- operations ---------------------------------------------------------------------------------------- */

/* The command as it stands: its flags and arguments are the operation's own words. */
static int change(struct call *c)
{
    return call_operation(c, OPERATION_CHANGE);
}

static int say(struct call *c, const char *key, struct json *take)
{
    if (!take || json_set(c->asked, key, take))
        return EXIT_CODE_STATE;
    return change(c);
}

static int scale(struct call *c)
{
    static const char *const flags[] = {"min", "max", "idle", "timeout"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (json_get(c->asked, flags[i]))
            return change(c);
    return call_usage(c, "say --min, --max, --idle or --timeout");
}

static int set_env(struct call *c)
{
    if (!json_get(c->asked, "env") && !json_get(c->asked, "unset"))
        return call_usage(c, "say --env NAME=VALUE or --unset NAME");
    return change(c);
}

static int pause_endpoint(struct call *c)
{
    return say(c, "pause", json_new_bool(true));
}

static int unpause(struct call *c)
{
    return say(c, "unpause", json_new_bool(true));
}

static int delete_endpoint(struct call *c)
{
    return say(c, "delete", json_new_bool(true));
}

static int purge(struct call *c)
{
    return say(c, "purge", json_new_bool(true));
}

static int redeploy(struct call *c)
{
    const char *revision = json_str(c->asked, "revision");
    return say(c, "revision", json_new_string(revision ? revision : "newest"));
}

static int rollback(struct call *c)
{
    const char *version = json_str(c->asked, "to");
    return say(c, "rollback", json_new_string(version ? version : "previous"));
}

/* ---- releases ------------------------------------------------------------------------------------------- */

struct looking {
    struct arena *arena;
    struct endpoint endpoint;
    struct endpoint_detail detail;
};

static int read_releases(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct looking *l = arg;
    return endpoint_named(&c->engine, json_str(c->asked, "endpoint"), l->arena, &l->endpoint, NULL,
               cancel, e) ||
                   runpod_releases(
                       c->engine.runpod, l->endpoint.id, l->arena, &l->detail, cancel, e)
               ? -1
               : 0;
}

static const char *created(const struct release *r, char out[CLOCK_RFC3339_MAX])
{
    if (r->created_ms < 0)
        return "";
    clock_rfc3339(out, r->created_ms, 0);
    return out;
}

static struct json *release_json(const struct release *r)
{
    struct json *j = json_new_object(), *changes = json_new_array();
    char when[CLOCK_RFC3339_MAX];
    json_add_int(j, "version", r->version);
    json_add_str(j, "source", r->source.len ? r->source.s : NULL);
    json_add_str(j, "created_at", r->created_ms < 0 ? NULL : created(r, when));
    json_add(j, "workers", r->workers < 0 ? json_new_null() : json_new_int(r->workers));
    for (size_t i = 0; i < r->change_count; i++) {
        struct json *row = json_new_object();
        json_add_text(row, "field", r->changes[i].field);
        json_add_text(row, "before", r->changes[i].before);
        json_add_text(row, "after", r->changes[i].after);
        json_push(changes, row);
    }
    json_add(j, "changes", changes);
    return j;
}

static int print_json(struct call *c, const struct looking *l)
{
    const struct endpoint_detail *d = &l->detail;
    struct json *j = json_new_object(), *rollout = json_new_object(), *rows = json_new_array();
    json_add_str(j, "endpoint_id", l->endpoint.id);
    json_add_text(j, "endpoint_name", l->endpoint.name);
    json_add_bool(rollout, "in_progress", d->rolling);
    json_add_int(rollout, "workers_on_newest", d->rolled);
    json_add_int(rollout, "workers", d->rolling_total);
    json_add(j, "rollout", rollout);
    for (size_t i = 0; i < d->release_count; i++)
        json_push(rows, release_json(&d->releases[i]));
    json_add(j, "releases", rows);
    return call_print(c, j, "slipway.releases/1");
}

static void add_release(struct columns *table, const struct release *r)
{
    char when[CLOCK_RFC3339_MAX];
    columns_add(table, "v%d", r->version);
    columns_add(table, "%s", created(r, when));
    columns_text(table, r->source);
    if (r->workers >= 0)
        columns_add(table, "%d", r->workers);
    else
        columns_text(table, TEXT(""));
}

/* One row a field that was changed; the release's own words stand in its first. */
static void add_rows(struct columns *table, const struct release *r)
{
    for (size_t i = 0; i == 0 || i < r->change_count; i++) {
        if (i == 0)
            add_release(table, r);
        for (int k = 0; i > 0 && k < RELEASE_COLUMNS - 1; k++)
            columns_text(table, TEXT(" "));
        if (i >= r->change_count) {
            columns_text(table, TEXT(""));
            continue;
        }
        const struct release_change *change = &r->changes[i];
        columns_add(table, "%s  %s → %s", change->field.s,
            change->before.len ? change->before.s : "—", change->after.len ? change->after.s : "—");
    }
}

static int print_table(struct call *c, const struct looking *l)
{
    static const char *const titles[RELEASE_COLUMNS] = {
        "RELEASE", "CREATED", "SOURCE", "WORKERS", "CHANGED"};
    const struct endpoint_detail *d = &l->detail;
    struct columns table;
    if (columns_init(&table, titles, RELEASE_COLUMNS))
        return EXIT_CODE_STATE;
    for (size_t i = 0; i < d->release_count; i++)
        add_rows(&table, &d->releases[i]);
    if (d->release_count)
        columns_print(&table, c->out);
    else
        call_line(c, "%s has no release", l->endpoint.name.s);
    columns_release(&table);
    if (d->rolling)
        call_line(c, "rolling: %d of %d worker%s on the newest", d->rolled, d->rolling_total,
            d->rolling_total == 1 ? "" : "s");
    return call_flushed(c);
}

static int releases(struct call *c)
{
    struct looking l = {.arena = arena_new(RELEASES_ARENA)};
    struct err e;
    int code = call_open(c);
    if (!code && !l.arena)
        code = EXIT_CODE_STATE;
    if (!code && call_task(c, read_releases, NULL, &l, &e))
        code = call_fail(c, &e);
    else if (!code)
        code = c->json ? print_json(c, &l) : print_table(c, &l);
    arena_free(l.arena);
    return code;
}

/* ---- the table ------------------------------------------------------------------------------------------- */

const struct command commands_change[] = {
    {.name = "scale",
        .help = "sets how many workers an endpoint has, and how long they stay up",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"min", "N", "workers at least; they cost all the time"},
            {"max", "N", "workers at most; 0 pauses the endpoint"},
            {"idle", "SECONDS", "before a worker stops"},
            {"timeout", "SECONDS", "how long a request may run"}},
        .writes = true,
        .run = scale},
    {.name = "pause",
        .help = "lets no worker run: nothing costs, and requests stay queued",
        .args = {"endpoint"},
        .args_least = 1,
        .writes = true,
        .run = pause_endpoint},
    {.name = "unpause",
        .help = "gives a paused endpoint the workers back that it had",
        .args = {"endpoint"},
        .args_least = 1,
        .writes = true,
        .run = unpause},
    {.name = "set-env",
        .help = "sets or takes away environment variables; the others stay",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"env", "NAME=VALUE", "to be set; may be repeated"},
            {"unset", "NAME", "to be taken away; may be repeated"}},
        .repeats = {"unset"},
        .writes = true,
        .run = set_env},
    {.name = "set-image",
        .help = "changes the worker's image",
        .args = {"endpoint", "image"},
        .args_least = 2,
        .flags = {{"cuda", "VERSION", "the least that a host must have, as 13.0; or none"},
            {"disk", "GB", "container disk"}},
        .writes = true,
        .run = change},
    {.name = "set-pools",
        .help = "changes the GPU pools, in order, as ADA_24,AMPERE_24",
        .args = {"endpoint", "pool"},
        .args_least = 2,
        .flags = {{"gpus", "N", "GPUs a worker; TENSOR_PARALLEL_SIZE goes along"},
            {"disk", "GB", "container disk"}},
        .writes = true,
        .run = change},
    {.name = "set-context",
        .help = "changes the context length (MAX_MODEL_LEN); own: what the model says",
        .args = {"endpoint", "context"},
        .args_least = 2,
        .writes = true,
        .run = change},
    {.name = "redeploy",
        .help = "rolls an endpoint to a newer revision of its model",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"revision", "REV", "a commit, branch or tag; default the newest commit"},
            {"context", "N", "context length, with it"}},
        .writes = true,
        .run = redeploy},
    {.name = "rollback",
        .help = "gives an endpoint the settings of a former release back",
        .args = {"endpoint"},
        .args_least = 1,
        .flags = {{"to", "VERSION", "of `slipway releases`; default the one before the newest"}},
        .writes = true,
        .run = rollback},
    {.name = "releases",
        .help = "an endpoint's releases: when, what changed, how many workers run each",
        .args = {"endpoint"},
        .args_least = 1,
        .run = releases},
    {.name = "delete-endpoint",
        .help = "deletes an endpoint for good; its row in the registry stays",
        .args = {"endpoint"},
        .args_least = 1,
        .writes = true,
        .run = delete_endpoint},
    {.name = "purge",
        .help = "drops every request that is queued at an endpoint",
        .args = {"endpoint"},
        .args_least = 1,
        .writes = true,
        .run = purge},
    {.name = NULL},
};
