/* A running stand-in whose data plane serves the routes of the test. `state` is the port of the data
 * plane; the world's scenario says nothing but a seed. */
#ifndef SLIPWAY_TEST_LIVE_H
#define SLIPWAY_TEST_LIVE_H

#include "raw_http.h"
#include "temp_folder.h"

#include "base/clock.h"
#include "base/json.h"
#include "sim/sim.h"

#include <signal.h>
#include <stdatomic.h>

#define KEY "Authorization: Bearer test-key-0001\r\n"

struct live {
    struct sim *sim;
    int port;
    void *folder; /* of the scenario file, and TMPDIR of the stand-in */
};

static struct live live;

static inline void live_start(const struct route *routes)
{
    static const int any[PLANES];
    char path[PATH_MAX];
    struct err e;
    assert_int_equal(temp_folder_make(&live.folder), 0);
    FILE *f = fopen(temp_folder_path(path, &live.folder, "plain.json"), "w");
    assert_non_null(f);
    fputs("{\"seed\": 7}", f);
    fclose(f);
    setenv("TMPDIR", live.folder, 1);
    signal(SIGPIPE, SIG_IGN);
    live.sim = sim_new(path, 1, &e);
    if (!live.sim)
        fail_msg("%s", e.message);
    if (routes)
        live.sim->routes[PLANE_DATA] = routes;
    if (!server_start(live.sim, any, &e))
        fail_msg("%s", e.message);
    live.port = server_port(live.sim->server, PLANE_DATA);
}

static inline void live_end(void)
{
    sim_free(live.sim);
    live.sim = NULL;
    unsetenv("TMPDIR");
    assert_int_equal(temp_folder_remove(&live.folder), 0);
}

static inline struct answer call(const char *method, const char *target, const char *body)
{
    return raw_call(live.port, method, target, KEY, body, body ? strlen(body) : 0);
}

/* The answer's body, which must be JSON with this status. */
static inline struct json *call_json(
    const char *method, const char *target, const char *body, int status)
{
    struct answer a = call(method, target, body);
    struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
    if (a.status != status || !j)
        fail_msg("%s %s: %d %s", method, target, a.status, buf_str(&a.body));
    answer_release(&a);
    return j;
}

static inline void post_faults(const char *rules)
{
    json_free(call_json("POST", "/_sim/faults", rules, 200));
}

/* The newest entry of the request log, once it has ended. */
static inline struct json *last_request(void)
{
    struct clock *real = clock_real();
    int64_t end = clock_mono_ms(real) + WAIT_S * 1000;
    while (clock_mono_ms(real) < end) {
        struct json *all = call_json("GET", "/_sim/requests", NULL, 200);
        const struct json *list = json_get(all, "requests");
        const struct json *last = json_at(list, json_count(list) - 1);
        struct json *copy = json_bool(last, "ended", false) ? json_dup(last) : NULL;
        json_free(all);
        if (copy)
            return copy;
        usleep(2000);
    }
    fail_msg("the last request did not end");
    return NULL;
}

/* Whether the flag is set within WAIT_S. */
static inline bool comes_true(atomic_bool *flag)
{
    struct clock *real = clock_real();
    int64_t end = clock_mono_ms(real) + WAIT_S * 1000;
    while (!atomic_load(flag) && clock_mono_ms(real) < end)
        usleep(2000);
    return atomic_load(flag);
}

#endif
