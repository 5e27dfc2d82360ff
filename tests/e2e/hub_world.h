/* hub_world: the stand-in with the Hub of tests/data/hub.json, clients of it, and what it says has
 * happened, for the tests of the Hub's client. */
#ifndef TESTS_E2E_HUB_WORLD_H
#define TESTS_E2E_HUB_WORLD_H

#include "sim_process.h"

#include "client/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct sim_process sim;
static struct http *http;
static struct hub *hub, *reader; /* of a token that may write, and of one that only reads */

/* ---- what the stand-in knows ----------------------------------------------------------------- */

static inline int64_t last_request(void)
{
    struct json *j = sim_get(&sim, sim.hub, "/_sim/requests?after=999999999");
    int64_t last = json_int(j, "last", -1);
    json_free(j);
    return last;
}

static inline struct json *requests_after(int64_t after)
{
    char path[64];
    snprintf(path, sizeof path, "/_sim/requests?after=%lld", (long long)after);
    return sim_get(&sim, sim.hub, path);
}

/* Requests of this method (NULL = any) whose target has this in it; `status` 0 = any. */
static inline size_t count_requests(int64_t after, const char *method, const char *part, int status)
{
    struct json *j = requests_after(after);
    size_t n = 0;
    const struct json *r = json_first(json_get(j, "requests"));
    for (; r; r = json_next(r))
        n += (!method || strcmp(json_str_or(r, "method", ""), method) == 0) &&
             strstr(json_str_or(r, "target", ""), part) &&
             (status == 0 || json_int(r, "status", 0) == status);
    json_free(j);
    return n;
}

static inline void set_fault(const char *rule)
{
    int status = 0;
    json_free(sim_call(&sim, HTTP_POST, sim.hub, "/_sim/faults", rule, &status));
    assert_int_equal(status / 100, 2);
}

/* Takes all rules away and tells how often they struck. */
static inline int64_t faults_struck(void)
{
    struct json *j = sim_get(&sim, sim.hub, "/_sim/faults");
    const struct json *list = json_kind(j) == JSON_ARRAY ? j : json_get(j, "faults");
    int64_t hits = 0;
    for (const struct json *f = json_first(list); f; f = json_next(f))
        hits += json_int(f, "hits", 0);
    json_free(j);
    json_free(sim_call(&sim, HTTP_DELETE, sim.hub, "/_sim/faults", NULL, NULL));
    return hits;
}

struct truth {
    struct json *state;
    const struct json *repo;
};

static inline struct truth truth_of(const char *id)
{
    struct truth t = {.state = sim_get(&sim, sim.hub, "/_sim/state")};
    t.repo = json_first(json_get(json_get(t.state, "hub"), "repos"));
    while (t.repo && strcmp(json_str_or(t.repo, "id", ""), id) != 0)
        t.repo = json_next(t.repo);
    assert_non_null(t.repo);
    return t;
}

static inline int64_t commits_of(const char *id)
{
    struct truth t = truth_of(id);
    int64_t n = json_int(t.repo, "commits", -1);
    json_free(t.state);
    return n;
}

/* ---- making -------------------------------------------------------------------------------------- */

static inline void create(const char *repo)
{
    struct err e;
    bool existed = true;
    if (hub_create(hub, repo, true, &existed, NULL, &e))
        fail_msg("%s", e.message);
    assert_false(existed);
}

static inline void hub_world_start_with(const char *scenario)
{
    struct err e;
    sim_process_start(&sim, scenario, "1");
    http = http_new(&(struct http_options){.user_agent = "slipway-hub", .backoff_ms = 20}, &e);
    const struct secret *own = secret_register("HF_TOKEN", "hf_adasOwnToken0123456789", &e);
    const struct secret *read = secret_register("read token", "hf_adasReadToken012345678", &e);
    assert_true(http && own && read);
    hub = hub_new(&(struct hub_options){.endpoint = sim.hub, .token = own}, http, &e);
    reader = hub_new(&(struct hub_options){.endpoint = sim.hub, .token = read}, http, &e);
    assert_true(hub && reader);
}

static inline void hub_world_start(void)
{
    hub_world_start_with("tests/data/hub.json");
}

static inline void hub_world_stop(void)
{
    hub_free(hub);
    hub_free(reader);
    http_free(http);
    sim_process_stop(&sim);
}

/* A rule that strikes once, for set_fault. */
#define ONCE(method, path, rest)                                                                   \
    "{\"plane\":\"hub\",\"method\":\"" method "\",\"path\":\"" path "\",\"times\":1," rest "}"

#endif
