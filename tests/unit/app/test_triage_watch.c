/* The dashboard's look into endpoints: an account in good order costs no call, whoever asks is told, and it ends at
 * once while a call hangs. */
#include "app/config.h"
#include "app/triage.h"
#include "client/runpod_control.h"
#include "client/runpod_jobs.h"
#include "model/news.h"
#include "sim_process.h"
#include "temp_folder.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60 * 1000, AT_ONCE_MS = 2000, LOOKS = 200 };

static struct {
    struct sim_process sim;
    void *folder;
    struct profile profile;
    struct engine engine;
    struct triages *t;
    struct arena *a;
    struct endpoint endpoint;
    struct err e;
    int homes;
} world;

#define WORKS(call)                                                                                \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s: %s", #call, world.e.message);                                            \
    } while (0)

static int start(void **state)
{
    (void)state;
    sim_process_start(&world.sim, "does-not-fit-gpu", "20");
    return temp_folder_make(&world.folder);
}

static int stop(void **state)
{
    (void)state;
    sim_process_stop(&world.sim);
    return temp_folder_remove(&world.folder);
}

static int begin(void **state)
{
    (void)state;
    char home[PATH_MAX], name[32];
    bool found = false;
    const struct config_flags flags = {0};
    struct sim_process *sim = &world.sim;
    snprintf(name, sizeof name, "home-%d", world.homes++);
    temp_folder_path(home, &world.folder, name);
    json_free(sim_call(sim, HTTP_DELETE, sim->control, "/_sim/faults", NULL, NULL));
    setenv("HOME", home, 1);
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    setenv("RUNPOD_API_KEY", "operators-key-0123456789-tulip", 1);
    setenv("RUNPOD_API_BASE_URL", sim->control, 1);
    setenv("RUNPOD_ENDPOINT_BASE_URL", sim->data, 1);
    setenv("HF_ENDPOINT", sim->hub, 1);
    WORKS(config_load(&world.profile, &flags, config_environment_process(), &world.e));
    WORKS(engine_init(&world.engine, &world.profile, &world.e));
    world.a = arena_new(16 << 20);
    WORKS(runpod_endpoint_find(world.engine.runpod, "legal", world.a, &world.endpoint, &found,
        world.engine.quit, &world.e));
    assert_true(found);
    world.t = triages_new(&world.engine, &world.e);
    return world.t ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    triages_free(world.t);
    engine_release(&world.engine);
    arena_free(world.a);
    profile_release(&world.profile);
    return 0;
}

static int64_t last_request(void)
{
    struct json *log = sim_get(&world.sim, world.sim.control, "/_sim/requests?after=1000000000");
    int64_t last = json_int(log, "last", 0);
    json_free(log);
    return last;
}

/* Some message of the kind; the others are dropped. */
static bool hears_of_triage(void)
{
    bool heard = false;
    struct message *m = inbox_receive(world.engine.inbox, NULL);
    for (struct message *next; m; m = next) {
        next = m->next;
        heard = heard || m->type == NEWS_TRIAGE;
        message_free(m);
    }
    return heard;
}

static bool until(bool (*condition)(void))
{
    int64_t limit = clock_mono_ms(clock_real()) + PATIENCE_MS;
    while (!condition()) {
        if (clock_mono_ms(clock_real()) > limit)
            return false;
        poll(NULL, 0, 20);
    }
    return true;
}

static void test_whoever_asks_is_told(void **state)
{
    (void)state;
    triages_ask(world.t, &world.endpoint);
    assert_true(until(hears_of_triage));
}

/* However often main looks: where nothing waits nobody is asked anything. */
static void test_good_order_costs_nothing(void **state)
{
    (void)state;
    const struct health well = {.in_queue = 0, .in_progress = 2, .running = 1, .ready = 1};
    int64_t before = last_request();
    for (int i = 0; i < LOOKS; i++)
        triages_see(world.t, &world.endpoint, &well);
    triages_free(world.t); /* all that was begun has ended */
    world.t = NULL;
    assert_int_equal(last_request(), before);
}

static bool is_asking(void)
{
    struct json *rules = sim_get(&world.sim, world.sim.control, "/_sim/faults");
    bool struck = false;
    const struct json *list = json_get(rules, "rules") ? json_get(rules, "rules") : rules;
    for (const struct json *r = json_first(list); r; r = json_next(r))
        struck = struck || json_int(r, "hits", 0) > 0;
    json_free(rules);
    return struck;
}

static void test_it_ends_while_a_call_hangs(void **state)
{
    (void)state;
    struct sim_process *sim = &world.sim;
    json_free(sim_call(sim, HTTP_POST, sim->control, "/_sim/faults",
        "[{\"kind\":\"hang\",\"path\":\"/v2/*\"}]", NULL));
    triages_ask(world.t, &world.endpoint);
    assert_true(until(is_asking));
    int64_t began = clock_mono_ms(clock_real());
    triages_free(world.t);
    world.t = NULL;
    assert_true(clock_mono_ms(clock_real()) - began < AT_ONCE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whoever_asks_is_told, begin, end),
        cmocka_unit_test_setup_teardown(test_good_order_costs_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_it_ends_while_a_call_hangs, begin, end),
    };
    return cmocka_run_group_tests_name("triage_watch", tests, start, stop);
}
