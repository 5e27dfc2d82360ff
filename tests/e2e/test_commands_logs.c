/* `slipway logs` against a stand-in whose clock runs fast, so that its workers never stop talking: how many
 * lines, of whom, in which order; and what is known of workers that have gone. */
#include "command_world.h"

static void all_in_order(void)
{
    char before[64] = "";
    char *rest = world.p.out.data;
    for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
        struct json *j = json_parse(line, strlen(line), NULL);
        if (!j)
            fail_msg("no JSON: %s", line);
        assert_string_equal(json_str_or(j, "schema", ""), "slipway.log/1");
        const char *at = json_str_or(j, "at", "");
        assert_true(strcmp(before, at) <= 0);
        snprintf(before, sizeof before, "%s", at);
        json_free(j);
    }
}

static size_t lines_heard(void)
{
    size_t n = 0;
    for (size_t i = 0; i < world.p.out.len; i++)
        n += world.p.out.data[i] == '\n';
    return n;
}

/* Each line is a document in which `key` is `value`. */
static void all_have(const char *key, const char *value)
{
    struct buf copy;
    buf_init(&copy, HEARD_MAX);
    buf_append(&copy, buf_str(&world.p.out), world.p.out.len);
    assert_true(copy.len > 0);
    char *rest = copy.data;
    for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
        struct json *j = json_parse(line, strlen(line), NULL);
        if (strcmp(json_str_or(j, key, ""), value) != 0)
            fail_msg("%s is not %s: %s", key, value, line);
        json_free(j);
    }
    buf_release(&copy);
}

/* ---- which lines ----------------------------------------------------------------------------------- */

static void test_tail_is_of_all_together(void **state)
{
    (void)state;
    RUN(0, "logs", "--tail", "2");
    assert_int_equal(lines_heard(), 2);
    RUN(0, "logs", "legal", "--tail", "1", "--json");
    assert_int_equal(lines_heard(), 1);
    RUN(0, "logs", "--tail", "0");
    assert_int_equal(lines_heard(), 0);
    RUN(0, "logs", "--tail", "50", "--json");
    assert_in_range(lines_heard(), 10, 50);
    all_in_order();
}

static void test_lines_are_picked(void **state)
{
    (void)state;
    RUN(0, "logs", "contracts-long", "--level", "error", "--tail", "20", "--json");
    all_have("level", "error");
    all_have("endpoint", "c5r2a8s1h0lp7q");
    RUN(0, "logs", "--source", "system", "--tail", "20", "--json");
    all_have("source", "system");
    RUN(0, "logs", "legal", "--grep", "Jobs in (queue|progress): [0-9]+$", "--tail", "3");
    HEARS("Jobs in ");
    assert_in_range(lines_heard(), 1, 3);
    RUN(0, "logs", "legal", "--grep", "no such words", "--quiet");
    assert_int_equal(lines_heard(), 0);
    RUN(0, "logs", "legal", "--since", "3h", "--json");
    size_t all = lines_heard();
    RUN(0, "logs", "legal", "--since", "9999-01-01T00:00:00Z", "--json");
    assert_int_equal(lines_heard(), 0);
    COMPLAINS("no lines");
    assert_true(all > 100);
}

static void test_what_cannot_be_understood(void **state)
{
    (void)state;
    static const char *const wrongs[][2] = {{"--level", "loud"}, {"--since", "soon"},
        {"--since", "-5m"}, {"--since", "99999999999999d"}, {"--grep", "("}, {"--source", "all"},
        {"--tail", "many"}};
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        RUN(2, "logs", wrongs[i][0], wrongs[i][1]);
        one_sentence(&world.p, wrongs[i][0]);
    }
}

/* ---- workers --------------------------------------------------------------------------------------- */

static void state_file(char out[PATH_MAX], const char *name)
{
    assert_true(
        snprintf(out, PATH_MAX, "%s/.local/state/slipway/default/%s", world.home, name) < PATH_MAX);
}

static void test_one_worker(void **state)
{
    char worker[64];
    (void)state;
    RUN(0, "logs", "contracts-long", "--tail", "1", "--json");
    struct json *j = document("slipway.log/1");
    snprintf(worker, sizeof worker, "%s", json_str_or(j, "worker", ""));
    json_free(j);
    RUN(0, "logs", "--worker", worker, "--tail", "30", "--json");
    all_have("worker", worker);
    RUN(0, "logs", "contracts-long", "--worker", worker, "--tail", "30", "--json");
    all_have("worker", worker);
}

/* What the dashboard heard of it was kept; the service is asked once more, and knows nothing. */
static void test_a_worker_that_has_gone(void **state)
{
    static const char kept[] =
        "2026-11-23T06:00:00.000Z\terror\tcontainer\tx2x496ymkidl3m\tlegal/g0newithth3w1nd\tlast words\n"
        "2026-11-23T06:00:01.000Z\tinfo\tsystem\tx2x496ymkidl3m\tlegal/g0newithth3w1nd\tstop container\t3\n"
        "2026-11-23T06:00:02.000Z\tinfo\tsystem\tk7mqw03v9zt1ab\tsupport-nightly/other\tnot this\n";
    char path[PATH_MAX];
    (void)state;
    RUN(2, "logs", "--worker", "g0newithth3w1nd");
    COMPLAINS("no worker g0newithth3w1nd");
    state_file(path, "workers.log");
    world_write(path, kept);
    int64_t mark = world_mark();
    RUN(0, "logs", "--worker", "g0newithth3w1nd");
    HEARS("last words");
    HEARS("stop container ×3");
    assert_int_equal(lines_heard(), 2);
    assert_int_equal(
        world_count(mark, "GET /v2/serverless/x2x496ymkidl3m/workers/g0newithth3w1nd/logs"), 1);
    /* an endpoint that is asleep: its last workers are asked for */
    RUN(0, "logs", "support-nightly", "--json");
    all_have("worker", "other");
    /* one of which nothing was kept can still be asked for, where its endpoint is named */
    mark = world_mark();
    RUN(0, "logs", "legal", "--worker", "neverheardof1");
    COMPLAINS("no lines");
    assert_int_equal(
        world_count(mark, "GET /v2/serverless/x2x496ymkidl3m/workers/neverheardof1/logs"), 1);
}

static void test_slipways_own_lines(void **state)
{
    static const char own[] = "2026-11-23T06:00:00.000Z warn  app: a beginning\n"
                              "cut off\n2026-11-23T06:00:01.000Z info  app: \x1b[2Jdone\n"
                              "2026-11-23T06:00:02.000Z info  app: not whole";
    char path[PATH_MAX];
    (void)state;
    RUN(0, "logs", "--source", "slipway");
    state_file(path, "slipway.log");
    world_write(path, own);
    int64_t mark = world_mark();
    RUN(0, "logs", "--source", "slipway");
    HEARS("slipway warn  app: a beginning");
    HEARS("app: done");
    assert_int_equal(lines_heard(), 2);
    assert_int_equal(world_count(mark, "GET"), 0); /* nobody needs to be asked for that */
    RUN(0, "logs", "--since", "2026-11-23T06:00:00Z", "--grep", "app: |start container");
    HEARS("app: done");
    HEARS("start container");
    RUN(0, "logs", "legal", "--since", "2026-11-23T06:00:00Z");
    assert_null(strstr(heard(), "app: done")); /* it is none of legal's */
}

static void test_following(void **state)
{
    struct program p;
    (void)state;
    int64_t mark = world_mark();
    program_start(
        &p, &world.env, false, "logs", "legal", "--follow", "--tail", "1", "--json", NULL);
    UNTIL(world_count(mark, "GET /v2/serverless/x2x496ymkidl3m/workers/") > 0);
    struct pollfd out = {.fd = p.out_fd, .events = POLLIN};
    assert_int_equal(poll(&out, 1, PATIENCE_MS), 1);
    char bytes[4096];
    size_t lines = 0;
    while (lines < 20) { /* it goes on and on */
        ssize_t n = read(p.out_fd, bytes, sizeof bytes);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
            lines += bytes[i] == '\n';
    }
    program_signal(&p, SIGINT);
    world_finish(&p);
    world_expect(&p, 0, "logs --follow");
    program_release(&p);
}

static int start(void **state)
{
    (void)state;
    world_start("demo", "60");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_tail_is_of_all_together),
        TEST(test_lines_are_picked),
        TEST(test_what_cannot_be_understood),
        TEST(test_one_worker),
        TEST(test_a_worker_that_has_gone),
        TEST(test_slipways_own_lines),
        TEST(test_following),
    };
    return cmocka_run_group_tests_name("commands: logs", tests, start, stop);
}
