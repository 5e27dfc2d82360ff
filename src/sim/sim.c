/* The world as a whole: its lock, its clock, its folder, its beginning and its end.
 *
 * Physics is played by whoever comes first past a due event: the ticker, or a request before it looks.
 * sim_play is the one door to it, because it also wakes those who wait. The ticker only exists so that
 * waiting requests see things happen; when nobody waits it nearly sleeps, and the next request plays
 * what was missed. */
#include "sim/sim.h"

#include "sim/faults.h"
#include "sim/hub.h"
#include "sim/key.h"
#include "sim/runpod.h"
#include "sim/scenario.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TICK_LEAST_MS = 20,
    TICK_WAITED_FOR_MS = 200,
    TICK_IDLE_MS = 1000,
    GONE_CHECK_MS = 400,
    SLEEP_MOST_MS = 24 * 3600 * 1000,
    FOLDER_LEVELS_OPEN = 16,
    ADVANCE_SLICE_MS = 3600 * 1000, /* simulated */
    ADVANCE_TURN_MS = 50,
    LET_OTHERS_NS = 1000 * 1000
};

/* ---- the lock and waiting ------------------------------------------------------------------------ */

void sim_lock(struct sim *s)
{
    pthread_mutex_lock(&s->lock);
}

void sim_unlock(struct sim *s)
{
    pthread_mutex_unlock(&s->lock);
}

int64_t sim_now(struct sim *s)
{
    return clock_wall_ms(s->clock);
}

void sim_changed(struct sim *s)
{
    pthread_cond_broadcast(&s->changed);
    pthread_cond_signal(&s->tick);
}

static bool worth_waiting(struct sim *s)
{
    return !atomic_load(&s->stopping) && !server_client_gone();
}

/* One wait on `changed`, cut into slices so that a client that goes is noticed. True when woken. */
static bool wait_for_change(struct sim *s, int64_t real_ms)
{
    struct clock *real = clock_real();
    int64_t end = clock_mono_ms(real) + (real_ms < SLEEP_MOST_MS ? real_ms : SLEEP_MOST_MS);
    for (int64_t left = real_ms; left > 0 && worth_waiting(s); left = end - clock_mono_ms(real)) {
        struct timespec until = clock_deadline(left < GONE_CHECK_MS ? left : GONE_CHECK_MS);
        if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
            return true;
    }
    return false;
}

bool sim_sleep(struct sim *s, int64_t real_ms)
{
    if (s->waiting++ == 0)
        pthread_cond_signal(&s->tick);
    wait_for_change(s, real_ms);
    s->waiting--;
    return worth_waiting(s);
}

bool sim_pause(struct sim *s, int64_t real_ms)
{
    struct clock *real = clock_real();
    int64_t end = clock_mono_ms(real) + real_ms;
    sim_lock(s);
    while (worth_waiting(s) && wait_for_change(s, end - clock_mono_ms(real)))
        continue;
    bool on = worth_waiting(s);
    sim_unlock(s);
    return on;
}

/* ---- time passes --------------------------------------------------------------------------------- */

void sim_play(struct sim *s)
{
    bool due = runpod_next_event(s) <= sim_now(s);
    runpod_advance(s);
    if (due)
        pthread_cond_broadcast(&s->changed);
}

/* Lets others at the world for a moment. A mutex alone would not: who gives it up and wants it again
 * at once mostly gets it. */
static void let_others(struct sim *s)
{
    sim_unlock(s);
    nanosleep(&(struct timespec){.tv_nsec = LET_OTHERS_NS}, NULL);
    sim_lock(s);
}

/* In slices, so that a year does not keep everybody else (and the end of the program) waiting. The
 * result does not depend on how time is cut. */
void sim_advance(struct sim *s, int64_t ms)
{
    int64_t since = clock_mono_ms(clock_real());
    for (int64_t step; ms > 0 && !atomic_load(&s->stopping); ms -= step) {
        step = ms < ADVANCE_SLICE_MS ? ms : ADVANCE_SLICE_MS;
        clock_advance(s->clock, step);
        runpod_advance(s);
        if (clock_mono_ms(clock_real()) - since < ADVANCE_TURN_MS)
            continue;
        let_others(s);
        since = clock_mono_ms(clock_real());
    }
    sim_changed(s);
}

static int64_t until_next_event_ms(struct sim *s)
{
    int64_t most = s->waiting ? TICK_WAITED_FOR_MS : TICK_IDLE_MS;
    int64_t next = runpod_next_event(s), now = sim_now(s);
    if (s->waiting == 0 || next == INT64_MAX)
        return most;
    int64_t real = clock_real_wait_ms(s->clock, next > now ? next - now : 0);
    return real < 0 || real > most ? most : real;
}

/* Until the next event, but never less than TICK_LEAST_MS whatever changes: or else a fast clock and a
 * client that waits would wake each other without end. */
static void tick_rest(struct sim *s)
{
    struct timespec least = clock_deadline(TICK_LEAST_MS);
    while (!atomic_load(&s->stopping) && pthread_cond_timedwait(&s->tick, &s->lock, &least) == 0)
        continue;
    struct timespec until = clock_deadline(until_next_event_ms(s));
    if (!atomic_load(&s->stopping))
        pthread_cond_timedwait(&s->tick, &s->lock, &until);
}

static void *ticker(void *arg)
{
    struct sim *s = arg;
    sim_lock(s);
    while (!atomic_load(&s->stopping)) {
        sim_play(s);
        tick_rest(s);
    }
    sim_unlock(s);
    return NULL;
}

/* ---- the folder ---------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    if (path[0])
        nftw(path, remove_entry, FOLDER_LEVELS_OPEN, FTW_DEPTH | FTW_PHYS);
}

static int make_folder(struct sim *s, struct err *e)
{
    const char *base = getenv("TMPDIR");
    if (!base || base[0] != '/')
        base = "/tmp";
    int n = snprintf(s->folder, sizeof s->folder, "%s/slipway-sim-XXXXXX", base);
    if (n < 0 || (size_t)n >= sizeof s->folder) {
        s->folder[0] = '\0';
        return err_set(e, ERR_INPUT, ENAMETOOLONG, "TMPDIR is too long");
    }
    if (mkdtemp(s->folder)) /* 0700 */
        return 0;
    s->folder[0] = '\0';
    return err_errno(e, errno, "cannot make a folder in %s", base);
}

/* ---- worlds -------------------------------------------------------------------------------------- */

/* What a reset replaces; kept aside until the new one stands. */
struct world {
    struct clock *clock;
    struct runpod_world *runpod;
    struct hub_world *hub;
    struct key_ring *keys;
    char store[sizeof((struct sim *)0)->store];
    uint64_t random, next_id;
};

static struct world world_take(struct sim *s)
{
    struct world w = {
        .clock = s->clock,
        .runpod = s->runpod,
        .hub = s->hub,
        .keys = s->keys,
        .random = s->random,
        .next_id = s->next_id,
    };
    memcpy(w.store, s->store, sizeof w.store);
    s->clock = NULL;
    s->runpod = NULL;
    s->hub = NULL;
    s->keys = NULL;
    s->store[0] = '\0';
    return w;
}

static void world_put(struct sim *s, const struct world *w)
{
    s->clock = w->clock;
    s->runpod = w->runpod;
    s->hub = w->hub;
    s->keys = w->keys;
    s->random = w->random;
    s->next_id = w->next_id;
    memcpy(s->store, w->store, sizeof s->store);
}

static void world_end(struct world *w)
{
    runpod_world_free(w->runpod); /* it borrows the Hub */
    hub_world_free(w->hub);
    key_ring_free(w->keys);
    clock_free(w->clock);
    remove_tree(w->store);
}

static int make_clock(struct sim *s, const struct json *scenario, double speed, struct err *e)
{
    int64_t start = clock_wall_ms(clock_real());
    const struct json *given = json_get(scenario, "start");
    if (given && (!json_string(given) || clock_parse_rfc3339(json_string(given), &start)))
        return err_set(
            e, ERR_INPUT, 0, "the scenario's start is not a time like 2026-01-31T08:00:00Z");
    if (speed < 0)
        speed = json_num(scenario, "speed", 1);
    if (!(speed >= 0 && speed <= SIM_SPEED_MAX))
        return err_set(e, ERR_INPUT, 0, "the speed must be from 0 to %d", SIM_SPEED_MAX);
    s->clock = clock_new(start, speed);
    return s->clock ? 0 : err_set(e, ERR_IO, ENOMEM, "out of memory");
}

static int make_store(struct sim *s, struct err *e)
{
    snprintf(s->store, sizeof s->store, "%s/world-%u", s->folder, ++s->worlds);
    return mkdir(s->store, 0700) ? err_errno(e, errno, "cannot make %s", s->store) : 0;
}

static int make_keys(struct sim *s, const struct json *scenario, struct err *e)
{
    const struct json *keys = json_get(scenario, "keys");
    s->keys = key_ring_new();
    if (!s->keys)
        return err_set(e, ERR_IO, ENOMEM, "out of memory");
    const char *wrong = keys ? key_ring_set(s->keys, keys) : NULL;
    return wrong ? err_set(e, ERR_INPUT, 0, "the scenario's keys: %s", wrong) : 0;
}

/* The rules replace those of now only when they are right. */
static int make_faults(struct sim *s, const struct json *scenario, struct err *e)
{
    const struct json *rules = json_get(scenario, "faults");
    struct faults *trial = faults_new();
    const char *wrong = !trial ? "out of memory" : rules ? faults_add(trial, rules) : NULL;
    faults_free(trial);
    if (wrong)
        return err_set(e, ERR_INPUT, 0, "the scenario's faults: %s", wrong);
    faults_clear(s->faults);
    if (rules)
        faults_add(s->faults, rules);
    return 0;
}

static int make_hub(struct sim *s, const struct json *scenario, struct err *e)
{
    s->hub = hub_world_new(s, scenario, e);
    return s->hub ? 0 : -1;
}

/* Takes the scenario. Leaves what it has made in s, also on failure. The Hub comes before RunPod,
 * whose workers load their models from it. */
static int world_make(struct sim *s, struct json *scenario, double speed, struct err *e)
{
    s->random = (uint64_t)json_int(scenario, "seed", 1);
    s->next_id = 1;
    if (make_clock(s, scenario, speed, e) || make_store(s, e) || make_keys(s, scenario, e) ||
        make_hub(s, scenario, e)) {
        json_free(scenario);
        return -1;
    }
    s->runpod = runpod_world_new(s, scenario, e); /* the scenario lives as long as this */
    return s->runpod ? make_faults(s, scenario, e) : -1;
}

static int world_replace(struct sim *s, const char *name, double speed, struct err *e)
{
    struct json *scenario = scenario_load(name, e);
    if (!scenario)
        return -1;
    struct world old = world_take(s);
    if (world_make(s, scenario, speed, e) == 0) {
        world_end(&old);
        return 0;
    }
    struct world failed = world_take(s);
    world_end(&failed);
    world_put(s, &old);
    return -1;
}

int sim_reset(struct sim *s, const char *scenario, struct err *e)
{
    char name[sizeof s->scenario];
    int n = snprintf(name, sizeof name, "%s", scenario ? scenario : s->scenario);
    if (n < 0 || (size_t)n >= sizeof name)
        return err_set(e, ERR_INPUT, 0, "the scenario's name is too long");
    if (world_replace(s, name, clock_speed(s->clock), e))
        return -1;
    memcpy(s->scenario, name, sizeof name);
    sim_changed(s);
    return 0;
}

/* ---- life ---------------------------------------------------------------------------------------- */

static int start_ticker(struct sim *s, struct err *e)
{
    int failed = pthread_create(&s->ticker, NULL, ticker, s);
    s->ticking = !failed;
    return failed ? err_errno(e, failed, "cannot start a thread") : 0;
}

static int sim_start(struct sim *s, const char *scenario, double speed, struct err *e)
{
    s->faults = faults_new();
    if (!s->faults)
        return err_set(e, ERR_IO, ENOMEM, "out of memory");
    int n = snprintf(s->scenario, sizeof s->scenario, "%s", scenario);
    if (n < 0 || (size_t)n >= sizeof s->scenario)
        return err_set(e, ERR_INPUT, 0, "the scenario's name is too long");
    if (make_folder(s, e))
        return -1;
    sim_lock(s);
    int failed = world_replace(s, scenario, speed, e);
    sim_unlock(s);
    return failed ? -1 : start_ticker(s, e);
}

struct sim *sim_new(const char *scenario, double speed, struct err *e)
{
    struct sim *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_IO, ENOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    clock_cond_init(&s->changed);
    clock_cond_init(&s->tick);
    s->routes[PLANE_DATA] = runpod_data_routes;
    s->routes[PLANE_CONTROL] = runpod_control_routes;
    s->routes[PLANE_HUB] = hub_routes;
    if (sim_start(s, scenario, speed, e) == 0)
        return s;
    sim_free(s);
    return NULL;
}

static void stop_ticker(struct sim *s)
{
    sim_lock(s);
    atomic_store(&s->stopping, true);
    sim_changed(s);
    sim_unlock(s);
    if (s->ticking)
        pthread_join(s->ticker, NULL);
}

void sim_free(struct sim *s)
{
    if (!s)
        return;
    if (s->server)
        server_stop(s->server);
    stop_ticker(s);
    struct world last = world_take(s);
    world_end(&last);
    faults_free(s->faults);
    remove_tree(s->folder);
    pthread_cond_destroy(&s->tick);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
