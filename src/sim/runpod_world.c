/* runpod_world: the event loop of the RunPod account, and endpoints coming and going.
 *
 * Things happen at times of their own: a worker's next step, a line of its log, the end of a job,
 * an arrival; and once a second, on the whole second, what looks at everything (scaler, health,
 * expiry, money). world_play goes from event to event in order of time, so an advance of a day and
 * 86,400 of a second come to the same. Within one moment the order is fixed: endpoints as they were
 * made, and in each first log lines, then workers, ends of jobs, arrivals, pick-ups, and last the
 * second's work.
 *
 * Nothing that happens in an endpoint by itself happens to another. So it is remembered whose turn it is
 * when, and only those whose turn it is are looked at: with 1 000 endpoints and 10 000 workers an event
 * costs as much as with one. What comes from outside and the second's work may change any of them; after
 * these all are looked at. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEALTH_EVERY_S = 4, EXPIRE_EVERY_S = 5, MINUTE_S = 60 };

/* ---- what comes next ------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t worker_next(const struct worker *w)
{
    int64_t next = least(w->state_until, least(script_next_at(w), w->stats_at));
    for (const struct job *j = w->jobs.first; j; j = j->lane_next)
        next = least(next, j->finish_at);
    return next;
}

static int64_t endpoint_next(const struct endpoint *e)
{
    int64_t next = least(e->traffic.next_arrival, dispatch_next(e));
    for (const struct worker *w = e->workers; w; w = w->next)
        if (w->state != WORKER_GONE)
            next = least(next, worker_next(w));
    return next;
}

int64_t world_next(const struct runpod_world *world)
{
    int64_t next = world->next_tick;
    for (const struct endpoint *e = world->endpoints; e; e = e->next)
        next = least(next, endpoint_next(e));
    return next;
}

int64_t runpod_next_event(struct sim *s)
{
    return s && s->runpod ? world_next(s->runpod) : NEVER;
}

/* ---- a moment -------------------------------------------------------------------------------- */

static void play_workers(struct endpoint *e)
{
    int64_t now = e->world->advanced_to;
    for (struct worker *w = e->workers; w; w = w->next) {
        if (w->state == WORKER_GONE)
            continue;
        script_play(w);
        if (w->state_until <= now)
            worker_step(w);
        script_play(w); /* a step may plan lines for this very moment */
        worker_finish_jobs(w);
        if (w->stats_at <= now)
            log_stats(w);
    }
}

static void play_second(struct endpoint *e)
{
    int64_t second = e->world->advanced_to / SECOND;
    scaler_run(e);
    if (second % EXPIRE_EVERY_S == 0)
        jobs_expire(e);
    if (second % MINUTE_S == 0) {
        workers_forget(e);
        idle_scale_down(e);
    }
    if (second % HEALTH_EVERY_S == (int64_t)(text_hash(e->id) % HEALTH_EVERY_S))
        health_take(e);
}

static void stop_everything(struct runpod_world *world)
{
    for (struct endpoint *e = world->endpoints; e; e = e->next)
        for (struct worker *w = e->workers; w; w = w->next)
            worker_end(w);
}

static void play_minute(struct runpod_world *world)
{
    bill_pods(world);
    world_settle(world);
    if (world_money_gone(world))
        stop_everything(world);
}

static void play_tick(struct runpod_world *world)
{
    timeline_run(world);
    if (world->advanced_to % MINUTE == 0)
        play_minute(world);
    world->may_spend = world_may_spend(world);
    for (struct endpoint *e = world->endpoints; e; e = e->next)
        play_second(e);
}

static void look_at_all(struct runpod_world *world)
{
    world->turn_count = 0;
    for (struct endpoint *e = world->endpoints; e; e = e->next)
        world->turns[world->turn_count++] = (struct turn){endpoint_next(e), e};
}

static int64_t next_turn(const struct runpod_world *world)
{
    int64_t next = world->next_tick;
    for (size_t i = 0; i < world->turn_count; i++)
        next = least(next, world->turns[i].at);
    return next;
}

static void play_moment(struct runpod_world *world)
{
    int64_t now = world->advanced_to;
    for (size_t i = 0; i < world->turn_count; i++) {
        struct turn *turn = &world->turns[i];
        struct endpoint *e = turn->endpoint;
        if (turn->at > now)
            continue;
        play_workers(e);
        if (e->traffic.next_arrival <= now)
            traffic_arrive(e);
        dispatch(e);
        turn->at = endpoint_next(e);
    }
    if (world->next_tick <= now) {
        world->next_tick = now - now % SECOND + SECOND;
        play_tick(world);
        look_at_all(world);
    }
}

void world_play(struct runpod_world *world, int64_t until)
{
    look_at_all(world);
    for (int64_t next = next_turn(world); next <= until; next = next_turn(world)) {
        if (next > world->advanced_to)
            world->advanced_to = next;
        play_moment(world);
    }
    if (until > world->advanced_to)
        world->advanced_to = until;
    world_settle(world);
}

void runpod_advance(struct sim *s)
{
    if (s && s->runpod)
        world_play(s->runpod, sim_now(s));
}

/* ---- endpoints ------------------------------------------------------------------------------- */

struct endpoint *endpoint_find(struct sim *s, const char *id)
{
    struct endpoint *e = s && s->runpod && id ? s->runpod->endpoints : NULL;
    while (e && strcmp(e->id, id) != 0)
        e = e->next;
    return e;
}

struct endpoint *endpoint_named(const struct runpod_world *world, const char *name_or_id)
{
    struct endpoint *e = name_or_id ? world->endpoints : NULL;
    while (e && strcmp(e->name, name_or_id) != 0 && strcmp(e->id, name_or_id) != 0)
        e = e->next;
    return e;
}

/* Spec §4.4. */
static void set_defaults(struct endpoint *e)
{
    e->disk_gb = 50;
    e->gpu_count = 1;
    e->workers_max = 3;
    e->idle_timeout_s = 10;
    e->scaler = SCALER_QUEUE_DELAY;
    e->scaler_value = 4;
    e->timeout_ms = 300 * SECOND;
    (void)snprintf(e->flashboot, sizeof e->flashboot, "OFF");
    e->env = json_new_object();
    e->pools = json_new_array();
    e->excluded = json_new_array();
    e->allowed_cuda = json_new_array();
    e->data_centers = json_new_array();
    e->volumes = json_new_array();
    e->ports = json_new_array();
}

static void endpoint_free(struct endpoint *e)
{
    for (struct worker *w = e->workers, *next; w; w = next) {
        next = w->next;
        worker_free(w);
    }
    jobs_release(e);
    bills_release(e);
    free(e->facts);
    for (size_t i = 0; i < e->release_count; i++)
        json_free(e->releases[i].diff);
    struct json *trees[] = {e->env, e->pools, e->excluded, e->allowed_cuda, e->cpu, e->data_centers,
        e->volumes, e->ports, e->entrypoint, e->cmd, e->extra};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
        json_free(trees[i]);
    free(e->args);
    free(e->registry);
    free(e);
}

static int make_turn(struct runpod_world *world)
{
    size_t count = 1;
    for (const struct endpoint *e = world->endpoints; e; e = e->next)
        count++;
    if (count <= world->turn_room)
        return 0;
    struct turn *turns = realloc(world->turns, 2 * count * sizeof *turns);
    if (!turns)
        return -1;
    world->turns = turns;
    world->turn_room = 2 * count;
    return 0;
}

struct endpoint *endpoint_make(struct runpod_world *world, const char *id, const char *name)
{
    struct endpoint *e = calloc(1, sizeof *e);
    struct endpoint_facts *facts = calloc(1, sizeof *facts);
    if (!e || !facts || make_turn(world) || jobs_init(e) != 0) {
        free(facts);
        free(e);
        return NULL;
    }
    e->facts = facts;
    (void)snprintf(e->id, sizeof e->id, "%s", id);
    (void)snprintf(e->name, sizeof e->name, "%s", name ? name : "");
    e->world = world;
    e->random =
        text_hash(id) ^ (uint64_t)json_int(world->scenario, "seed", 1) * 0x9e3779b97f4a7c15U;
    e->created = e->changed = e->last_request = world->advanced_to;
    e->traffic.next_arrival = NEVER;
    e->health.taken = world->advanced_to;
    set_defaults(e);
    endpoint_learn(e);
    struct endpoint **end = &world->endpoints;
    while (*end)
        end = &(*end)->next;
    *end = e;
    return e;
}

struct endpoint *endpoint_create(struct sim *s, const char *name)
{
    if (!s || !s->runpod)
        return NULL;
    char id[15];
    do
        sim_id(s, id, sizeof id - 1);
    while (endpoint_find(s, id));
    struct endpoint *e = endpoint_make(s->runpod, id, name);
    if (e)
        e->behaviour = world_get(s->runpod, "new_endpoint");
    return e;
}

void endpoint_drop(struct endpoint *e)
{
    struct endpoint **at = &e->world->endpoints;
    while (*at && *at != e)
        at = &(*at)->next;
    if (*at)
        *at = e->next;
    endpoint_free(e);
}

void endpoint_delete(struct sim *s, struct endpoint *e)
{
    if (!e)
        return;
    (void)s;
    for (struct worker *w = e->workers; w; w = w->next)
        worker_end(w); /* charges what it has run */
    endpoint_drop(e);
}

/* ---- releases -------------------------------------------------------------------------------- */

static void note_release(struct endpoint *e, struct json *take_diff)
{
    if (e->release_count == RELEASES_MAX) {
        json_free(e->releases[0].diff);
        memmove(e->releases, e->releases + 1, (RELEASES_MAX - 1) * sizeof *e->releases);
        e->release_count--;
    }
    struct release *r = &e->releases[e->release_count++];
    memset(r, 0, sizeof *r);
    random_id(e, r->id, 14);
    (void)snprintf(r->source, sizeof r->source, "MANUAL");
    r->version = ++e->version;
    r->worker_count = e->workers_max;
    r->created = e->world->advanced_to;
    r->diff = take_diff ? take_diff : json_new_array();
}

void endpoint_release(struct endpoint *e, bool container, struct json *take_diff)
{
    bool first = e->version == 0;
    e->changed = e->world->advanced_to;
    endpoint_learn(e);
    e->place_at = 0;
    if (!container && !first) {
        json_free(take_diff);
        return;
    }
    note_release(e, take_diff);
    scaler_released(e);
}

void endpoint_released(struct sim *s, struct endpoint *e, bool container, struct json *diff)
{
    (void)s;
    if (e)
        endpoint_release(e, container, diff);
    else
        json_free(diff);
}

/* ---- the world ------------------------------------------------------------------------------- */

struct runpod_world *runpod_world_new(struct sim *s, struct json *take_scenario, struct err *e)
{
    struct runpod_world *world = calloc(1, sizeof *world);
    if (!world) {
        json_free(take_scenario);
        (void)err_set(e, ERR_IO, 0, "out of memory");
        return NULL;
    }
    world->scenario = take_scenario;
    world->hub = s->hub;
    world->start = sim_now(s);
    world->played = json_new_array();
    if (world_setup(world, e) != 0) {
        runpod_world_free(world);
        return NULL;
    }
    return world;
}

static void named_free(struct named_row *rows)
{
    for (struct named_row *next; rows; rows = next) {
        next = rows->next;
        json_free(rows->fields);
        free(rows);
    }
}

void runpod_world_free(struct runpod_world *w)
{
    if (!w)
        return;
    while (w->endpoints)
        endpoint_drop(w->endpoints);
    named_free(w->templates);
    named_free(w->pods);
    named_free(w->volumes);
    named_free(w->registries);
    named_free(w->secrets);
    runpod_surface_free(w->surface);
    free(w->turns);
    json_free(w->stock);
    json_free(w->played);
    json_free((struct json *)w->scenario);
    json_free((struct json *)w->base);
    free(w);
}
