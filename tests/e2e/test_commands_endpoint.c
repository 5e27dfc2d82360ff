/* `slipway endpoint` and `endpoints`: that they say what the opened view and the pane say, from the service
 * and from the ledger, and no value that may be a secret. */
#include "command_world.h"

#define NAME     "legal"
#define ENDPOINT "x2x496ymkidl3m"
#define HIDDEN   "violet-lantern-8842"

static int start(void **state)
{
    (void)state;
    world_start("demo", "200");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

static struct json *seen_as(const char *asked)
{
    RUN(0, "endpoint", asked, "--json");
    struct json *j = document("slipway.endpoint/1");
    assert_string_equal(json_str_or(j, "id", ""), ENDPOINT);
    assert_string_equal(json_str_or(j, "name", ""), NAME);
    return j;
}

/* ---- what the service knows ------------------------------------------------------------------------ */

static void put_secret(void)
{
    struct sim_process *sim = &world.sim;
    int status = 0;
    struct json *there = sim_get(sim, sim->control, "/v2/serverless/" ENDPOINT);
    const struct json *had =
        json_get(json_get(there, "env"), "MODEL_NAME") ? json_get(there, "env") : NULL;
    struct json *body = json_new_object(), *env = had ? json_dup(had) : json_new_object();
    json_set(env, "MY_API_KEY", json_new_string(HIDDEN));
    json_add(body, "env", env);
    struct buf text;
    buf_init(&text, 64 * 1024);
    assert_int_equal(json_print(body, &text), 0);
    json_free(sim_call(
        sim, HTTP_PATCH, sim->control, "/v2/serverless/" ENDPOINT, buf_str(&text), &status));
    assert_int_equal(status / 100, 2);
    buf_release(&text);
    json_free(body);
    json_free(there);
}

static void everything_of_one(void **state)
{
    (void)state;
    put_secret();
    int64_t mark = world_mark();
    struct json *j = seen_as(NAME), *again = seen_as(ENDPOINT);
    const struct json *settings = json_get(j, "settings"), *env = json_get(settings, "env"),
                      *releases = json_get(j, "releases");
    assert_string_equal(json_str_or(env, "MODEL_NAME", ""), json_str_or(j, "model", "?"));
    assert_string_not_equal(json_str_or(env, "MY_API_KEY", ""), "");
    assert_null(strstr(heard(), HIDDEN));
    assert_true(json_int(settings, "disk_gb", -1) > 0);
    assert_true(json_int(settings, "timeout_ms", -1) > 0);
    assert_true(json_count(releases) >= 2);
    int64_t version = json_int(j, "version", -1);
    for (const struct json *r = json_first(releases); r; r = json_next(r), version--)
        assert_int_equal(json_int(r, "version", -2), version); /* newest first, none left out */
    assert_int_equal(json_kind(json_get(j, "billed")), JSON_OBJECT);
    assert_int_equal(json_kind(json_get(j, "not_read")), JSON_NULL);
    assert_int_equal(json_int(json_get(j, "times"), "requests", -1), 0);
    assert_int_equal(json_kind(json_get(json_get(j, "times"), "delay_p95_ms")), JSON_NULL);
    assert_int_equal(world_count(mark, NULL), 0);
    json_free(again);
    json_free(j);
    RUN(0, "endpoint", NAME, "--read-only");
    HEARS("legal  " ENDPOINT);
    HEARS("MODEL_NAME=");
    HEARS("Releases");
    HEARS("UPTIME");
    HEARS("m00s a request");
    assert_null(strstr(heard(), " s  ")); /* times are said as in the dashboard, not "3391 s" */
    assert_null(strstr(heard(), HIDDEN));
}

/* What of it cannot be read is said, and the rest is shown. */
static void parts_that_fail(void **state)
{
    (void)state;
    world_fault(
        "{\"kind\":\"status\",\"status\":403,\"plane\":\"control\",\"path\":\"*/releases*\"}");
    world_fault("{\"kind\":\"status\",\"status\":404,\"plane\":\"data\",\"path\":\"*/health\"}");
    struct json *j = seen_as(NAME);
    world_no_faults();
    assert_int_equal(json_kind(json_get(j, "health")), JSON_NULL);
    assert_string_not_equal(json_str_or(j, "not_read", ""), "");
    assert_true(json_int(json_get(j, "settings"), "disk_gb", -1) > 0);
    json_free(j);
}

static void none_of_that_name(void **state)
{
    (void)state;
    RUN(2, "endpoint", "nobody");
    COMPLAINS("nobody");
    RUN(2, "endpoint");
}

/* ---- what the ledger knows ------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void times_of_the_ledger(void **state)
{
    int64_t delays[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        RUN(0, "run", NAME, "--prompt", "hi", "--json");
        struct json *q = document("slipway.request/1");
        delays[i] = json_int(q, "delay_ms", -1);
        assert_true(delays[i] >= 0);
        json_free(q);
    }
    qsort(delays, 3, sizeof *delays, by_size);
    struct json *j = seen_as(NAME);
    const struct json *times = json_get(j, "times");
    assert_int_equal(json_int(times, "requests", -1), 3);
    assert_int_equal(json_int(times, "delay_p50_ms", -1), delays[1]);
    assert_int_equal(json_int(times, "delay_p95_ms", -1), delays[2]);
    assert_true(json_num(j, "estimated_cost_request", -1) > 0);
    RUN(0, "endpoints", "--json");
    struct json *all = document("slipway.endpoints/1");
    const struct json *row = row_with(json_get(all, "endpoints"), "id", ENDPOINT);
    assert_int_equal(json_int(json_get(row, "times"), "delay_p95_ms", -1), delays[2]);
    row = row_with(json_get(all, "endpoints"), "name", "embeddings");
    assert_int_equal(json_int(json_get(row, "times"), "requests", -1), 0);
    row = row_with(json_get(all, "endpoints"), "name", "archive-search");
    assert_string_equal(json_str_or(row, "condition", ""), "paused");
    json_free(all);
    json_free(j);
}

#define AT_HOME(test) cmocka_unit_test_setup_teardown(test, world_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_HOME(everything_of_one),
        AT_HOME(parts_that_fail),
        AT_HOME(none_of_that_name),
        AT_HOME(times_of_the_ledger),
    };
    return cmocka_run_group_tests_name("commands_endpoint", tests, start, stop);
}
