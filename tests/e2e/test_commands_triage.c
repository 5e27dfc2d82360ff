/* `slipway triage` from the command line: its document and exit codes, what is refused before anybody is asked, a
 * remedy that helps, and a recording that plays. */
#include "command_world.h"

#define LEGAL "x2x496ymkidl3m"

static int start(void **state)
{
    (void)state;
    world_start("does-not-fit-gpu", "20");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

static void test_what_is_wrong_asks_nobody(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(6, "triage", LEGAL, "--fix", "1", "--read-only");
    one_sentence(&world.p, "triage --fix --read-only");
    RUN(2, "triage", LEGAL, "--fix", "zero");
    RUN(2, "triage", "--fix", "1");
    RUN(2, "triage", "--watch");
    RUN(2, "triage", LEGAL, "--fix", "1", "--watch");
    assert_int_equal(world_count(mark, "GET "), 0);
    assert_int_equal(world_count(mark, NULL), 0);
}

static void test_one_and_all(void **state)
{
    (void)state;
    char path[PATH_MAX], start_it[PATH_MAX + 64];
    temp_folder_path(path, &world.folder, "recorded.json");
    int64_t mark = world_mark();
    RUN(1, "triage", LEGAL, "--json", "--record", path);
    assert_int_equal(world_count(mark, NULL), 0); /* it only reads */
    struct json *j = document("slipway.triage/1");
    assert_string_equal(json_str_or(j, "endpoint", ""), LEGAL);
    assert_string_equal(json_str_or(j, "verdict", ""), "stuck");
    assert_true(json_int(json_get(j, "queue"), "waiting", 0) > 0);
    const struct json *d = json_first(json_get(j, "diagnoses"));
    assert_string_equal(json_str_or(d, "id", ""), "does-not-fit-gpu");
    assert_int_equal(json_int(d, "row", 0), 17);
    assert_string_equal(json_str_or(d, "certainty", ""), "certain");
    assert_true(json_count(json_get(d, "evidence")) > 0);
    const struct json *r = json_first(json_get(d, "remedies"));
    assert_true(json_count(json_get(r, "calls")) > 0);
    json_free(j);

    RUN(1, "triage", "--json");
    j = document("slipway.triage-list/1");
    const struct json *first = json_first(json_get(j, "endpoints"));
    assert_string_equal(json_str_or(first, "endpoint", ""), LEGAL); /* the worst */
    assert_true(json_count(json_get(j, "endpoints")) > 0);
    json_free(j);

    snprintf(start_it, sizeof start_it, "{\"scenario\":\"%s\"}", path);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", start_it, NULL));
    RUN(1, "triage", "legal", "--json");
    j = document("slipway.triage/1");
    d = json_first(json_get(j, "diagnoses"));
    assert_string_equal(json_str_or(d, "id", ""), "does-not-fit-gpu");
    json_free(j);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset",
        "{\"scenario\":\"does-not-fit-gpu\"}", NULL));
}

/* An answer is there within 30 s, and says what it lacks. */
static void test_a_server_that_hangs(void **state)
{
    (void)state;
    int64_t began = clock_mono_ms(clock_real());
    world_fault("[{\"plane\":\"control\",\"path\":\"*/workers\",\"kind\":\"hang\"}]");
    RUN(0, "triage", LEGAL, "--json");
    world_no_faults();
    assert_true(clock_mono_ms(clock_real()) - began < 30 * 1000);
    struct json *j = document("slipway.triage/1");
    assert_non_null(row_with(json_get(j, "not_read"), "what", "workers"));
    json_free(j);
}

static void test_a_remedy_helps(void **state)
{
    (void)state;
    RUN(2, "triage", LEGAL, "--fix", "40");
    COMPLAINS("there is no remedy r40");
    int64_t mark = world_mark();
    RUN(0, "triage", LEGAL, "--fix", "r1", "--dry-run");
    HEARS("MAX_MODEL_LEN");
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "triage", LEGAL, "--fix", "r1", "--yes");
    HEARS("it helped");
    assert_int_equal(world_count(mark, NULL), 1); /* one PATCH */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_wrong_asks_nobody, world_home, world_leave),
        cmocka_unit_test_setup_teardown(test_one_and_all, world_home, world_leave),
        cmocka_unit_test_setup_teardown(test_a_server_that_hangs, world_home, world_leave),
        cmocka_unit_test_setup_teardown(test_a_remedy_helps, world_home, world_leave),
    };
    return cmocka_run_group_tests_name("commands_triage", tests, start, stop);
}
