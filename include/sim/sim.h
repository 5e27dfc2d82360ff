/* sim: the world that slipway-sim plays, and the lock around it.
 *
 * struct sim owns everything: the clock, the RunPod world, the Hub's repositories, faults and the
 * request log. One mutex guards all of it; a ticker thread advances the RunPod world and wakes whoever
 * sleeps in sim_sleep. Simulated time runs at --speed times the real one (0 = only when told, by
 * POST /_sim/clock); rate limits, Retry-After and injected delays are in real time, because clients
 * live in it. */
#ifndef SLIPWAY_SIM_SIM_H
#define SLIPWAY_SIM_SIM_H

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "sim/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct runpod_world; /* sim/runpod.h */
struct hub_world;    /* sim/hub.h */
struct faults;       /* sim/faults.h */
struct key_ring;     /* src/sim/key.c */

struct sim {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* monotonic clock; broadcast on every change and tick */
    struct clock *clock;
    struct server *server;
    struct runpod_world *runpod;
    struct hub_world *hub;
    struct faults *faults;
    struct key_ring *keys;
    const struct route
        *routes[PLANES]; /* what each plane serves; a test may put its own there before
                                           server_start */
    char folder[400];    /* everything on disk lies in it (0700, under $TMPDIR); removed at exit */
    char store[480];     /* inside it: of this world alone, for Hub objects; exists and is empty
                               when hub_world_new is called, removed with everything at reset */
    char scenario[512];  /* the name or file played now */
    uint64_t random;     /* state of sim_random; part of the scenario, so runs repeat */
    uint64_t next_id;    /* for ids that must be unique */
    atomic_bool stopping;
    pthread_t ticker;
    pthread_cond_t tick; /* wakes the ticker */
    int waiting;         /* threads in sim_sleep */
    bool ticking;        /* the ticker was started */
    unsigned worlds;     /* made so far */
};

enum { SIM_SPEED_MAX = 100000 };
#define SIM_SCENARIO_DEFAULT "demo"

/* Makes the world of a scenario (sim/scenario.h) and starts the ticker. speed < 0: the scenario's own
 * ("speed"), else 1. Besides "speed" a scenario may set, for this file: "seed" (of the random
 * numbers, 1), "start" (RFC 3339 time at which it begins; absent = now), "faults" and "keys" (as
 * posted to /_sim/faults and /_sim/keys). */
struct sim *sim_new(const char *scenario, double speed, struct err *e);
void sim_free(struct sim *s); /* stops the server first if there is one */

/* Throws the world away and plays the scenario (NULL = the same again) from its beginning, at the
 * speed of now; faults, keys and log are those of a fresh start. Lock held. On failure everything
 * stays as it was. */
int sim_reset(struct sim *s, const char *scenario, struct err *e);

/* Plays what is due (runpod_advance) and wakes those who sleep if anything was. Lock held. The server
 * calls it before every handler, so handlers need not. */
void sim_play(struct sim *s);

/* Moves the clock on and plays what happens meanwhile, each thing at its time. Lock held. */
void sim_advance(struct sim *s, int64_t ms);

void sim_lock(struct sim *s);
void sim_unlock(struct sim *s);

/* Gives the lock up until something changes, at most `real_ms`. False when the server is stopping
 * or the client whose request this thread serves has closed its connection (noticed within half a
 * second): then return at once, nobody reads the answer. Look again at every pointer into the world
 * afterwards: it may be gone. */
bool sim_sleep(struct sim *s, int64_t real_ms);
/* Waits the whole time, whatever changes, without the lock. False as above. */
bool sim_pause(struct sim *s, int64_t real_ms);
/* Wakes them, and lets the ticker look again when the next event is. Lock held. The server calls it
 * itself after every handler whose method is not GET or HEAD. */
void sim_changed(struct sim *s);

/* Simulated wall time, ms since 1970. Lock held. */
int64_t sim_now(struct sim *s);

/* Repeatable random numbers. Lock held. */
uint64_t sim_random(struct sim *s);
double sim_random_unit(struct sim *s); /* [0,1) */

/* What a key may do (POST /_sim/keys; until then every key that is not empty may write). Lock held.
 * endpoint_id NULL = not about one endpoint. The key of a request: request_key (sim/server.h). */
enum key_right {
    KEY_UNKNOWN, /* no key, or none that is accepted: 401 */
    KEY_NONE,    /* a good key, but not for this endpoint: 403 */
    KEY_READ,    /* may look, not change */
    KEY_WRITE
};
enum key_right sim_key_right(struct sim *s, const char *key, const char *endpoint_id);

/* A fresh id: `n` lower-case alphanumerics starting with a letter, into out[n+1]. */
void sim_id(struct sim *s, char *out, size_t n);
/* A fresh random version-4 UUID, into out[37]. */
void sim_uuid(struct sim *s, char out[37]);

#endif
