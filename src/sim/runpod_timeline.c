/* runpod_timeline: what a scenario does at set times.
 *
 * "timeline" is a list in order of time; each entry names a second of the scenario, perhaps an
 * endpoint, and what happens then: requests, a purge, changed settings, stock, money, traffic,
 * behaviour. It plays on the second that follows. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <string.h>

enum { SUBMIT_MAX = 5000 };

static void do_submit(struct endpoint *e, const struct json *request)
{
    int64_t count = json_int(request, "count", 1);
    for (int64_t i = 0; i < count && i < SUBMIT_MAX; i++)
        if (!traffic_submit(e, request, json_get(request, "prompts")))
            return;
}

static void do_set(struct endpoint *e, const struct json *settings)
{
    bool container = false;
    struct json *diff = NULL;
    if (endpoint_read(e, settings, &container, &diff) == 0)
        endpoint_release(e, container, diff);
    else
        json_free(diff);
}

static void cancel_running(struct endpoint *e)
{
    for (struct worker *w = e->workers; w; w = w->next)
        while (w->jobs.first)
            job_cancel(NULL, e, w->jobs.first);
}

/* Open jobs whose input, as JSON text, fits the pattern. */
static void cancel_fitting(struct endpoint *e, const char *pattern)
{
    enum { INPUT_MAX = 64 * 1024 };
    struct buf text;
    buf_init(&text, INPUT_MAX);
    for (struct job *j = e->jobs; j; j = j->next) {
        buf_clear(&text);
        if (!job_final(j) && json_print(j->input, &text) == 0 &&
            pattern_fits(pattern, buf_str(&text)))
            job_cancel(NULL, e, j);
    }
    buf_release(&text);
}

static void play_on_endpoint(struct endpoint *e, const struct json *entry)
{
    const struct json *j;
    if ((j = json_get(entry, "behaviour")) != NULL)
        e->behaviour = j;
    if ((j = json_get(entry, "traffic")) != NULL)
        traffic_begin(e, json_kind(j) == JSON_OBJECT ? j : NULL);
    if ((j = json_get(entry, "set")) != NULL)
        do_set(e, j);
    if (json_bool(entry, "purge", false))
        (void)job_purge(NULL, e);
    if (json_bool(entry, "cancel_running", false))
        cancel_running(e);
    if (json_str(entry, "cancel"))
        cancel_fitting(e, json_str(entry, "cancel"));
    if ((j = json_get(entry, "submit")) != NULL)
        do_submit(e, j);
}

void timeline_play(struct runpod_world *world, const struct json *entry)
{
    const struct json *stock = json_get(entry, "stock");
    for (const struct json *m = json_first(stock); m; m = json_next(m))
        (void)json_set(world->stock, json_key(m), json_dup(m));
    if (json_get(entry, "balance")) {
        world_settle(world);
        world_balance_set(world, json_num(entry, "balance", 0));
    }
    world->spend_limit = json_num(entry, "spend_limit", world->spend_limit);
    struct endpoint *e = endpoint_named(world, json_str(entry, "endpoint"));
    if (e)
        play_on_endpoint(e, entry);
}

int runpod_play(struct sim *s, struct json *take_entry)
{
    struct runpod_world *world = s->runpod;
    const char *name = json_str(take_entry, "endpoint");
    if (name && !endpoint_named(world, name)) {
        json_free(take_entry);
        return -1;
    }
    runpod_advance(s);
    if (json_push(world->played, take_entry) != 0) /* its behaviour and traffic stay in use */
        return -1;
    timeline_play(world, take_entry);
    return 0;
}

/* A base's timeline is about the base's endpoints; those that a scenario replaces it leaves out. */
int timeline_check(const struct runpod_world *world, struct err *err)
{
    size_t i = 0;
    const struct json *entry = json_first(json_get(world->scenario, "timeline"));
    for (; entry; entry = json_next(entry), i++) {
        const char *name = json_str(entry, "endpoint");
        if (name && !endpoint_named(world, name))
            return err_set(err, ERR_INPUT, 0,
                "the scenario's timeline[%zu].endpoint names no endpoint of the scenario: \"%.60s\"",
                i, name);
    }
    entry = json_first(json_get(world->scenario, "expect"));
    for (i = 0; entry; entry = json_next(entry), i++)
        if (!endpoint_named(world, json_str(entry, "endpoint")))
            return err_set(err, ERR_INPUT, 0,
                "the scenario's expect[%zu].endpoint names no endpoint of the scenario", i);
    return 0;
}

void timeline_run(struct runpod_world *world)
{
    while (world->timeline_next) {
        const struct json *entry = world->timeline_next;
        if (world->start + (int64_t)(json_num(entry, "at_s", 0) * SECOND) > world->advanced_to)
            return;
        world->timeline_next = json_next(entry);
        timeline_play(world, entry);
    }
}
