/* runpod_worker: the life of one worker, from wish to ready (spec/runpod.md §3.4).
 *
 * Each state has one time at which something comes next, state_until; worker_step then goes on:
 *
 *   PLACING ──host found──▶ [THROTTLED] ──▶ PULLING ──▶ STARTING ──ready──▶ IDLE ⇄ RUNNING
 *      └─ none: look again           └─ trouble: again     └─ trouble: crash, again
 *
 * STARTING covers three things that the outside cannot tell apart: the container loads (container
 * is true), it crashed and will be started again (container is false), and it resumes from a
 * FlashBoot snapshot. What goes wrong is asked of the scenario's troubles at the beginning of each
 * phase. Endings are in runpod_worker_end.c. */
#include "sim/runpod_physics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_AGAIN_MS = 10 * SECOND };

bool worker_is_ghost(const struct worker *w)
{
    return w && w->state == WORKER_PLACING && json_bool(w->trouble, "listed", false);
}

bool worker_listed(const struct worker *w)
{
    return worker_is_ghost(w) || (w && w->state != WORKER_PLACING && w->state != WORKER_PARKED &&
                                     w->state != WORKER_GONE);
}

bool worker_live(const struct worker *w)
{
    return w->state != WORKER_PARKED && w->state != WORKER_GONE;
}

bool worker_is_up(const struct worker *w)
{
    return w->state == WORKER_IDLE || w->state == WORKER_RUNNING;
}

bool worker_takes_jobs(const struct worker *w)
{
    return worker_is_up(w) && !w->draining && json_bool(w->trouble, "takes_jobs", true);
}

const char *worker_state_name(const struct worker *w)
{
    static const char *const names[] = {[WORKER_PLACING] = "INITIALIZING",
        [WORKER_PULLING] = "INITIALIZING",
        [WORKER_STARTING] = "INITIALIZING",
        [WORKER_IDLE] = "IDLE",
        [WORKER_RUNNING] = "RUNNING",
        [WORKER_THROTTLED] = "THROTTLED",
        [WORKER_UNHEALTHY] = "UNHEALTHY",
        [WORKER_PARKED] = "EXITED",
        [WORKER_GONE] = "EXITED"};
    return w && w->state <= WORKER_GONE ? names[w->state] : "EXITED";
}

const struct json *worker_model_failure(const struct worker *w)
{
    return w ? json_get(w->trouble, "model_failure") : NULL;
}

void worker_enter(struct worker *w, enum worker_state state, int64_t until)
{
    w->state = state;
    w->state_since = w->endpoint->world->advanced_to;
    w->state_until = until;
    if (!worker_is_up(w))
        w->idle_since = 0;
}

static int64_t now_of(const struct worker *w)
{
    return w->endpoint->world->advanced_to;
}

/* ---- a place --------------------------------------------------------------------------------- */

static bool make_room(struct endpoint *e)
{
    size_t count = 0;
    struct worker **oldest = NULL;
    for (struct worker **at = &e->workers; *at; at = &(*at)->next, count++)
        if (!oldest && (*at)->state == WORKER_GONE)
            oldest = at;
    if (count < ENDPOINT_WORKERS_MAX)
        return true;
    if (!oldest)
        return false;
    struct worker *w = *oldest;
    *oldest = w->next;
    worker_free(w);
    return true;
}

struct worker *worker_new(struct endpoint *e)
{
    struct worker *w = make_room(e) ? calloc(1, sizeof *w) : NULL;
    if (!w)
        return NULL;
    random_id(e, w->id, 14);
    w->endpoint = e;
    w->created = e->world->advanced_to;
    w->number = ++e->workers_made;
    w->version = e->version;
    w->gpu_count = e->gpu_count > 0 ? e->gpu_count : 1;
    w->disk_gb = e->disk_gb;
    w->ready_at = w->crash_at = w->stats_at = NEVER;
    (void)snprintf(w->image, sizeof w->image, "%s", e->image);
    struct worker **end = &e->workers;
    while (*end)
        end = &(*end)->next;
    *end = w;
    worker_enter(w, WORKER_PLACING, w->created + random_ms(e, behave(e, "place_s"), 0.8, 3));
    return w;
}

void worker_free(struct worker *w)
{
    script_clear(w);
    for (int i = 0; i < LOG_SOURCES; i++)
        log_ring_release(&w->log[i]);
    free(w);
}

/* Until when the host has no room; 0 = it has. */
static int64_t throttled_until(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    if (json_bool(w->trouble, "throttled", false))
        return now_of(w) + random_ms(e, json_get(w->trouble, "restart_s"), 600, 900);
    if (!w->gpu)
        return 0;
    enum stock stock = endpoint_stock(e, w->gpu);
    const struct json *row = json_get(behave(e, "throttle"), stock_name(stock));
    double chance = json_num(row, "chance", stock == STOCK_LOW ? 0.12 : 0);
    if (chance <= 0 || random_unit(e) >= chance)
        return 0;
    return now_of(w) + random_ms(e, json_get(row, "s"), 15, 90);
}

static void pull(struct worker *w);

static void place(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    struct place host;
    bool early = e->place_at > now_of(w) || !e->world->may_spend;
    if (!early)
        w->trouble = trouble_find(e, w, NULL, "place");
    bool nowhere = w->trouble && !json_bool(w->trouble, "throttled", false);
    if (early || nowhere || !place_pick(e, &host)) {
        if (e->place_at <= now_of(w))
            e->place_at = now_of(w) + PLACE_AGAIN_MS;
        w->state_until = e->place_at;
        return;
    }
    w->gpu = host.gpu;
    (void)snprintf(w->data_center, sizeof w->data_center, "%s", host.dc->id);
    (void)snprintf(w->cuda, sizeof w->cuda, "%s", host.cuda);
    int64_t until = throttled_until(w);
    if (until)
        worker_enter(w, WORKER_THROTTLED, until);
    else
        pull(w);
}

/* ---- the image ------------------------------------------------------------------------------- */

static void pull(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    const struct json *trouble = trouble_find(e, w, NULL, "pull");
    w->trouble = trouble;
    if (trouble) {
        int64_t last = script_trouble(w, NULL, json_get(trouble, "lines"), 0);
        int64_t pause = random_ms(e, json_get(trouble, "restart_s"), 18, 30);
        worker_enter(w, WORKER_PULLING, last + (pause < SECOND ? SECOND : pause));
        return;
    }
    double gb = e->facts->image.gb;
    bool cached = random_unit(e) < json_number(behave(e, "cached"), 0.3);
    int64_t ms =
        cached ? random_ms(e, NULL, 0.9, 2.4) : random_ms(e, behave(e, "pull_s"), gb * 4.5, gb * 9);
    script_pull(w, ms, cached);
    worker_enter(w, WORKER_PULLING, now_of(w) + ms);
}

/* ---- the container --------------------------------------------------------------------------- */

static int64_t init_timeout_ms(const struct worker *w)
{
    int64_t s = endpoint_env_int(w->endpoint, "RUNPOD_INIT_TIMEOUT", INIT_TIMEOUT_S);
    return (s < 1 ? 1 : s > 86400 ? 86400 : s) * SECOND;
}

static int64_t load_ms(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    bool vllm = generation_is_vllm(e->facts->image.generation);
    double least = vllm ? 26 + e->facts->model.weights_gib * 1.1 : 5;
    return 1 + random_ms(e, behave(e, "load_s"), least, least * 1.35);
}

/* The container cannot even be created: nothing runs, nothing is billed. */
static void create_fails(struct worker *w, const struct json *trouble)
{
    w->trouble = trouble;
    int64_t last = script_trouble(w, NULL, json_get(trouble, "lines"), 0);
    w->crash_at = last;
    worker_enter(w, WORKER_STARTING, last + 1);
}

/* When a trouble of this start begins. */
static int64_t trouble_at(struct worker *w, int64_t load)
{
    if (json_get(w->trouble, "at_s"))
        return random_ms(w->endpoint, json_get(w->trouble, "at_s"), 0, 0);
    return (int64_t)((double)load * json_num(w->trouble, "at", 0.82));
}

/* It looks bad, and the start goes on. */
static void load_passes(struct worker *w, int64_t load)
{
    int64_t at = trouble_at(w, load);
    script_start(w, load, 0, at);
    (void)script_trouble(w, NULL, json_get(w->trouble, "lines"), at);
    script_start(w, load, at, NEVER);
    w->ready_at = now_of(w) + load;
}

static void load_fails(struct worker *w, int64_t load)
{
    int64_t at = trouble_at(w, load);
    bool startup = json_bool(w->trouble, "startup", true);
    script_start(w, load, 0, startup ? at : 0);
    int64_t last = script_trouble(w, NULL, json_get(w->trouble, "lines"), at);
    bool hangs = json_bool(w->trouble, "hangs", false);
    w->ready_at = NEVER;
    w->crash_at = hangs ? NEVER : last + 30;
}

void worker_start_container(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    int64_t now = now_of(w);
    script_clear(w);
    endpoint_learn_model(e);
    w->starts++;
    w->ready_at = w->crash_at = NEVER;
    const struct json *broken = trouble_find(e, w, NULL, "create");
    if (broken) {
        create_fails(w, broken);
        return;
    }
    log_printf(w, LOG_SYSTEM, "start container for %s: begin", w->image);
    w->container = true;
    w->container_at = now;
    w->started = w->started ? w->started : now;
    w->slots = e->facts->slots;
    bill_start(w);
    int64_t load = load_ms(w);
    w->trouble = trouble_find(e, w, NULL, "load");
    if (json_bool(w->trouble, "passes", false)) {
        load_passes(w, load);
    } else if (w->trouble) {
        load_fails(w, load);
    } else {
        script_start(w, load, 0, NEVER);
        w->ready_at = now + load;
    }
    int64_t next = w->ready_at < w->crash_at ? w->ready_at : w->crash_at;
    int64_t limit = now + init_timeout_ms(w);
    worker_enter(w, WORKER_STARTING, next < limit ? next : limit);
}

void worker_wake(struct worker *w)
{
    int64_t now = now_of(w), until = throttled_until(w);
    if (until) {
        worker_enter(w, WORKER_THROTTLED, until);
        return;
    }
    log_printf(w, LOG_SYSTEM, "start container for %s: begin", w->image);
    w->container = true;
    w->container_at = w->started = now;
    w->ready_at = now + 1 + random_ms(w->endpoint, behave(w->endpoint, "wake_s"), 0.5, 2.2);
    w->crash_at = NEVER;
    bill_start(w);
    worker_enter(w, WORKER_STARTING, w->ready_at);
}

/* ---- ready ----------------------------------------------------------------------------------- */

void worker_up(struct worker *w)
{
    if (!worker_is_up(w))
        return;
    bool idle = w->jobs.count == 0;
    if (idle && w->draining) {
        worker_end(w);
        return;
    }
    enum worker_state state = idle ? WORKER_IDLE : WORKER_RUNNING;
    if (w->state == state && w->state_until == w->crash_at)
        return;
    worker_enter(w, state, w->crash_at);
    w->idle_since = idle ? w->state_since : 0;
}

static void ready(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    struct fit fit;
    fit_facts(e, w->gpu, &fit);
    w->generation = (int)e->facts->image.generation;
    w->kv_tokens = fit.kv_tokens;
    w->trouble = trouble_find(e, w, NULL, "serve");
    w->crash_at = NEVER;
    if (w->trouble) {
        const struct json *at = json_get(w->trouble, "at_s");
        int64_t delay = at ? random_ms(e, at, 0, 0) : 0;
        int64_t last = script_trouble(w, NULL, json_get(w->trouble, "lines"), delay);
        w->crash_at = at ? last + 30 : NEVER;
    }
    e->failing_since = 0;
    worker_enter(w, WORKER_IDLE, w->crash_at);
    w->idle_since = w->state_since;
}

static void init_timeout(struct worker *w)
{
    struct endpoint *e = w->endpoint;
    log_printf(w, LOG_SYSTEM, "worker not ready after %d seconds, restarting",
        (int)(init_timeout_ms(w) / SECOND));
    log_printf(w, LOG_SYSTEM, "stop container");
    worker_crash(w, NULL);
    if (w->state == WORKER_STARTING)
        worker_enter(w, WORKER_UNHEALTHY, now_of(w) + random_ms(e, NULL, 5, 9));
}

static void starting_goes_on(struct worker *w)
{
    int64_t now = now_of(w);
    if (now >= w->crash_at)
        worker_crash(w, w->trouble);
    else if (now >= w->ready_at)
        ready(w);
    else if (w->container)
        init_timeout(w);
    else
        worker_start_container(w);
}

void worker_step(struct worker *w)
{
    w->state_until = NEVER;
    switch (w->state) {
    case WORKER_PLACING:
        place(w);
        break;
    case WORKER_THROTTLED:
        if (w->starts > 0)
            worker_wake(w);
        else
            pull(w);
        break;
    case WORKER_PULLING:
        if (w->trouble)
            pull(w);
        else
            worker_start_container(w);
        break;
    case WORKER_STARTING:
        starting_goes_on(w);
        break;
    case WORKER_UNHEALTHY:
        worker_start_container(w);
        break;
    case WORKER_IDLE:
    case WORKER_RUNNING:
        worker_crash(w, w->trouble);
        break;
    case WORKER_PARKED:
        worker_end(w);
        break;
    default:
        break;
    }
}
