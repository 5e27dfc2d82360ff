/* A running Hub with the scenario of the test, and calls to it. */
#ifndef SLIPWAY_TEST_HUB_LIVE_H
#define SLIPWAY_TEST_HUB_LIVE_H

#include "raw_http.h"
#include "temp_folder.h"

#include "base/json.h"
#include "sim/sim.h"

#include <signal.h>

#define ADA    "Authorization: Bearer hf_ada\r\n"
#define BOB    "Authorization: Bearer hf_bob\r\n"
#define READER "Authorization: Bearer hf_reader\r\n"
#define NOBODY ""

/* The users of every scenario here: ada may write in acme; bob is a stranger. */
#define HUB_PEOPLE                                                                                 \
    "\"users\":[{\"name\":\"ada\",\"orgs\":[{\"name\":\"acme\",\"roleInOrg\":\"write\"},"          \
    "{\"name\":\"readers\",\"roleInOrg\":\"read\"}]},{\"name\":\"bob\"}],"                         \
    "\"tokens\":[{\"token\":\"hf_ada\",\"user\":\"ada\"},{\"token\":\"hf_bob\",\"user\":\"bob\"}," \
    "{\"token\":\"hf_reader\",\"user\":\"ada\",\"role\":\"read\"},"                                \
    "{\"token\":\"hf_gone\",\"user\":\"ada\",\"role\":\"revoked\"},"                               \
    "{\"token\":\"hf_fine\",\"user\":\"ada\",\"role\":\"fineGrained\",\"scoped\":[{\"entity\":"    \
    "{\"name\":\"acme/one\",\"type\":\"model\"},\"permissions\":[\"repo.write\"]}]}]"

struct hub_live {
    struct sim *sim;
    int port;
    void *folder;
};

static struct hub_live hub;

/* `members` is the inside of the scenario's "hub" object. The clock stands still. */
static inline void hub_start(const char *members)
{
    static const int any[PLANES];
    char path[PATH_MAX];
    struct err e;
    assert_int_equal(temp_folder_make(&hub.folder), 0);
    FILE *f = fopen(temp_folder_path(path, &hub.folder, "hub.json"), "w");
    assert_non_null(f);
    fprintf(f, "{\"seed\":7,\"hub\":{%s}}", members);
    fclose(f);
    setenv("TMPDIR", hub.folder, 1);
    signal(SIGPIPE, SIG_IGN);
    hub.sim = sim_new(path, 0, &e);
    if (!hub.sim || !server_start(hub.sim, any, &e))
        fail_msg("%s", e.message);
    hub.port = server_port(hub.sim->server, PLANE_HUB);
}

static inline int hub_end(void **state)
{
    (void)state;
    sim_free(hub.sim);
    unsetenv("TMPDIR");
    return temp_folder_remove(&hub.folder);
}

static inline struct answer hub_call_bytes(
    const char *method, const char *target, const char *headers, const void *body, size_t n)
{
    return raw_call(hub.port, method, target, headers, body, n);
}

static inline struct answer hub_call(
    const char *method, const char *target, const char *headers, const char *body)
{
    return hub_call_bytes(method, target, headers, body, body ? strlen(body) : 0);
}

/* The answer, which must be JSON with this status. */
static inline struct json *hub_json(
    const char *method, const char *target, const char *headers, const char *body, int status)
{
    struct answer a = hub_call(method, target, headers, body);
    struct json *j = json_parse(buf_str(&a.body), a.body.len, NULL);
    if (a.status != status || !j)
        fail_msg("%s %s: %d, not %d: %s", method, target, a.status, status, buf_str(&a.body));
    answer_release(&a);
    return j;
}

/* Only the status and a part of the body matter. */
static inline void hub_expect(const char *method, const char *target, const char *headers,
    const char *body, int status, const char *part)
{
    struct answer a = hub_call(method, target, headers, body);
    if (a.status != status || (part && !strstr(buf_str(&a.body), part)))
        fail_msg("%s %s: %d, not %d: %s", method, target, a.status, status, buf_str(&a.body));
    answer_release(&a);
}

/* … and one header. */
static inline void hub_expect_header(const char *method, const char *target, const char *headers,
    int status, const char *name, const char *value)
{
    char got[2048] = "";
    struct answer a = hub_call(method, target, headers, NULL);
    bool there = answer_header(&a, name, got, sizeof got);
    if (a.status != status || there != (value != NULL) || (value && strcmp(got, value) != 0))
        fail_msg("%s %s: %d, %s: %s", method, target, a.status, name, got);
    answer_release(&a);
}

/* The path and query of a URL of this Hub. */
static inline const char *hub_target(const char *url)
{
    const char *slash = strncmp(url, "http://", 7) == 0 ? strchr(url + 7, '/') : NULL;
    if (!slash)
        fail_msg("%s is no URL", url);
    return slash;
}

/* Moves the simulated clock on. */
static inline void hub_wait(int seconds)
{
    char body[64];
    snprintf(body, sizeof body, "{\"advance_s\":%d}", seconds);
    hub_expect("POST", "/_sim/clock", NOBODY, body, 200, NULL);
}

#endif
