/* What the tests of the RunPod client share: a stand-in, a client of it, an arena, and looks at what
 * was asked of it. */
#ifndef SLIPWAY_TESTS_RUNPOD_WORLD_H
#define SLIPWAY_TESTS_RUNPOD_WORLD_H

#include "sim_process.h"

#include "base/clock.h"
#include "client/runpod.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define LEGAL   "x2x496ymkidl3m"
#define SUPPORT "k7mqw03v9zt1ab"

enum { ARENA_MAX = 8 * 1024 * 1024, PATIENCE_MS = 30000 };

struct world {
    struct sim_process sim;
    struct runpod *r;
    struct cancel *cancel;
    struct arena *a;
    struct err e;
};

static struct world world;

static inline struct runpod *world_client(const struct secret *key)
{
    char data[128];
    struct runpod_options options = {
        .api_base = world.sim.control, .endpoint_base = data, .key = key, .clock = clock_real()};
    snprintf(data, sizeof data, "%s", world.sim.data);
    struct runpod *r = runpod_new(&options, world.sim.http, &world.e);
    if (!r)
        fail_msg("%s", world.e.message);
    return r;
}

static inline void world_start(const char *scenario, const char *speed)
{
    memset(&world, 0, sizeof world);
    sim_process_start(&world.sim, scenario, speed);
    world.r = world_client(world.sim.key);
    world.cancel = cancel_new(NULL);
    world.a = arena_new(ARENA_MAX);
    assert_non_null(world.cancel);
    assert_non_null(world.a);
}

static inline void world_stop(void)
{
    arena_free(world.a);
    cancel_unref(world.cancel);
    runpod_free(world.r);
    sim_process_stop(&world.sim);
}

/* A fresh world for the next test, in the same process. */
static inline void world_reset(const char *scenario)
{
    char body[96];
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", scenario);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
    json_free(
        sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/keys", "{\"any\":true}", NULL));
    arena_free(world.a);
    world.a = arena_new(ARENA_MAX);
    assert_non_null(world.a);
    runpod_free(world.r);
    world.r = world_client(world.sim.key);
    cancel_unref(world.cancel);
    world.cancel = cancel_new(NULL);
    assert_non_null(world.cancel);
}

static inline void world_fault(const char *rule)
{
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/faults", rule, NULL));
}

static inline void world_no_faults(void)
{
    json_free(sim_call(&world.sim, HTTP_DELETE, world.sim.control, "/_sim/faults", NULL, NULL));
}

#define WORKS(call)                                                                                \
    do {                                                                                           \
        err_clear(&world.e);                                                                       \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, world.e.message);                                            \
    } while (0)

#define FAILS(call, expected, words)                                                               \
    do {                                                                                           \
        err_clear(&world.e);                                                                       \
        assert_int_equal(call, -1);                                                                \
        if (world.e.class != (expected) || !strstr(world.e.message, words))                        \
            fail_msg("%s: %s: %s", #call, err_class_name(world.e.class), world.e.message);         \
    } while (0)

static inline bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.s, s, t.len) == 0;
}
#define TEXT_EQUAL(text, string)                                                                   \
    do {                                                                                           \
        if (!text_is(text, string))                                                                \
            fail_msg("«%.*s» instead of «%s»", (int)(text).len, (text).s, string);                 \
    } while (0)

static inline int64_t world_last_request(void)
{
    struct json *log = sim_get(&world.sim, world.sim.control, "/_sim/requests?after=1000000000");
    int64_t last = json_int(log, "last", 0);
    json_free(log);
    return last;
}

/* Requests of the plane since `after` whose "METHOD target" begins with `what` ("" = all). */
static inline int world_count(int64_t after, const char *plane, const char *what)
{
    char path[64], line[512];
    int n = 0;
    snprintf(path, sizeof path, "/_sim/requests?after=%lld", (long long)after);
    struct json *log = sim_get(&world.sim, world.sim.control, path);
    for (const struct json *j = json_first(json_get(log, "requests")); j; j = json_next(j)) {
        snprintf(
            line, sizeof line, "%s %s", json_str_or(j, "method", ""), json_str_or(j, "target", ""));
        n += strcmp(json_str_or(j, "plane", ""), plane) == 0 &&
             strncmp(line, what, strlen(what)) == 0;
    }
    json_free(log);
    return n;
}

static inline int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* Between two looks at something that will come. */
static inline void pause_ms(int64_t ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

#endif
