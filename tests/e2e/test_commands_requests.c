/* Requests by command: what is listed, one with its time line, cancelling and queueing again. What they say is
 * compared with what the stand-in saw. */
#include "command_world.h"

#define LEGAL "x2x496ymkidl3m"

static int start(void **state)
{
    (void)state;
    world_start("healthy", "100");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* Queued by somebody else: the id of the job. */
static void send_elsewhere(const char *input, char job[96])
{
    char body[512], path[96];
    snprintf(body, sizeof body, "{\"input\":%s}", input);
    snprintf(path, sizeof path, "/" LEGAL "/run");
    struct json *j = sim_call(&world.sim, HTTP_POST, world.sim.data, path, body, NULL);
    snprintf(job, 96, "%s", json_str_or(j, "id", ""));
    assert_true(strlen(job) > 8);
    json_free(j);
}

static int at_home(void **state)
{
    sim_speed(&world.sim, 100);
    return world_home(state);
}

/* What is queued stays so. */
static void stop_the_clock(void)
{
    sim_speed(&world.sim, 0);
}

static const struct json *request_row(const struct json *document, const char *job)
{
    return row_with(json_get(document, "requests"), "job_id", job);
}

/* ---- listing ----------------------------------------------------------------------------------------- */

static void test_requests_are_listed(void **state)
{
    (void)state;
    char foreign[96];
    RUN(0, "run", LEGAL, "--prompt", "Mine", "--max-tokens", "4", "--json");
    struct json *j = document("slipway.request/1");
    char mine[96];
    snprintf(mine, sizeof mine, "%s", json_str_or(j, "job_id", ""));
    assert_false(json_bool(j, "listed", true));
    json_free(j);
    stop_the_clock();
    send_elsewhere("{\"prompt\":\"Not mine\"}", foreign);
    RUN(0, "requests", "--json"); /* the ledger's */
    j = document("slipway.requests/1");
    assert_null(request_row(j, foreign));
    const struct json *row = request_row(j, mine);
    assert_string_equal(json_str_or(row, "status", ""), "COMPLETED");
    assert_true(strlen(json_str_or(row, "picked_up_at", "")) > 0);
    json_free(j);
    RUN(0, "requests", "--endpoint", "legal",
        "--json"); /* and what the endpoint lists, by its name */
    j = document("slipway.requests/1");
    row = request_row(j, foreign);
    assert_true(json_bool(row, "listed", false));
    assert_string_equal(json_str_or(row, "status", ""), "IN_QUEUE");
    assert_string_equal(json_str_or(row, "endpoint_id", ""), LEGAL);
    assert_non_null(request_row(j, mine));
    json_free(j);
    RUN(0, "requests", "legal"); /* the same without the flag */
    HEARS(foreign);
    RUN(0, "requests", "no-such-endpoint", "--kept");
    HEARS("no requests");
    RUN(0, "requests", "--state", "open", "--json");
    j = document("slipway.requests/1");
    assert_true(request_row(j, foreign) && !request_row(j, mine));
    json_free(j);
    RUN(0, "requests", "--filter", "sent:slipway !state:queue", "--limit", "1", "--json");
    j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 1);
    assert_non_null(request_row(j, mine));
    json_free(j);
    int64_t mark = world_mark();
    RUN(0, "requests", "--endpoint", LEGAL, "--kept");
    HEARS(foreign);
    assert_int_equal(world_count(mark, "GET "), 0); /* as it was seen last */
    RUN(2, "requests", "--state", "sleeping");
    RUN(2, "requests", "--filter", "/(/");
}

/* ---- one --------------------------------------------------------------------------------------------- */

static void test_one_request(void **state)
{
    (void)state;
    char job[96], begin[9];
    send_elsewhere("{\"prompt\":\"Hello\",\"sampling_params\":{\"max_tokens\":8}}", job);
    RUN(0, "request", LEGAL, job, "--wait", "--json");
    struct json *j = document("slipway.request/1");
    assert_string_equal(json_str_or(j, "status", ""), "COMPLETED");
    assert_true(json_bool(j, "listed", false) && json_int(j, "execution_ms", -1) >= 0);
    assert_true(strlen(json_str_or(j, "output", "")) > 0 && json_int(j, "tokens_out", 0) > 0);
    assert_true(json_num(j, "estimated_cost", -1) > 0);
    json_free(j);
    snprintf(begin, sizeof begin, "%.8s", job);
    int64_t mark = world_mark();
    RUN(0, "request", begin); /* it is known now, and over: nobody is asked */
    HEARS(job);
    HEARS("picked up");
    HEARS("first seen");
    assert_int_equal(world_count(mark, "GET "), 0);
    RUN(5, "request", LEGAL, "no-such-job-u1");
    COMPLAINS("does not know the request");
    RUN(2, "request", "ffffnothing");
    RUN(2, "request", LEGAL, "no-such-job-u1", "--kept");
    RUN(2, "request", LEGAL, "../x");
}

/* What the worker says of it is shown in one line and, as JSON, whole. */
static void test_a_failure_is_told(void **state)
{
    (void)state;
    char job[96];
    send_elsewhere("{\"prompt\":\"x\",\"sampling_params\":{\"max_tokens\":1000000}}", job);
    RUN(1, "request", LEGAL, job, "--wait", "--json");
    struct json *j = document("slipway.request/1");
    assert_string_equal(json_str_or(j, "status", ""), "FAILED");
    assert_non_null(strstr(json_str_or(j, "why", ""), "maximum context length"));
    assert_null(strstr(json_str_or(j, "why", ""), "{"));
    json_free(j);
    RUN(1, "request", LEGAL, job);
    HEARS("why ");
}

/* ---- cancel, retry ----------------------------------------------------------------------------------- */

static void test_cancelling(void **state)
{
    (void)state;
    char one[96], two[96], call[256];
    stop_the_clock();
    send_elsewhere("{\"prompt\":\"One\"}", one);
    send_elsewhere("{\"prompt\":\"Two\"}", two);
    int64_t mark = world_mark();
    RUN(0, "cancel", LEGAL, one, two, "--dry-run", "--json");
    struct json *j = document("slipway.plan/1");
    snprintf(call, sizeof call, "POST %s/" LEGAL "/cancel/%s {}", world.sim.data, two);
    assert_string_equal(json_string(json_at(json_get(j, "plan"), 1)), call);
    json_free(j);
    assert_int_equal(world_count(mark, "POST "), 0);
    RUN(6, "cancel", LEGAL, one, "--read-only");
    assert_int_equal(world_count(mark, "POST "), 0);
    RUN(5, "cancel", "legal", one, "no-such-u1", two, "--json"); /* the good ones are done */
    j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 2);
    assert_string_equal(json_str_or(request_row(j, two), "status", ""), "CANCELLED");
    assert_string_equal(json_str_or(json_at(json_get(j, "failed"), 0), "job_id", ""), "no-such-u1");
    json_free(j);
    COMPLAINS("404");
    RUN(2, "cancel", LEGAL);
    COMPLAINS("JOB is missing");
    RUN(2, "cancel", LEGAL, "a b");
    RUN(0, "requests", "--state", "cancelled", "--kept", "--json");
    j = document("slipway.requests/1");
    assert_true(request_row(j, one) && request_row(j, two));
    json_free(j);
}

static void test_cancelling_what_is_over(void **state)
{
    (void)state;
    char job[96];
    send_elsewhere("{\"prompt\":\"Quick\"}", job);
    RUN(0, "request", LEGAL, job, "--wait");
    RUN(6, "cancel", LEGAL, job);
    COMPLAINS("had ended already");
    COMPLAINS("done");
    RUN(6, "cancel", LEGAL, job, "--json");
    struct json *j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 0);
    assert_string_equal(json_str_or(json_at(json_get(j, "failed"), 0), "class", ""), "state");
    json_free(j);
}

static void test_queueing_again(void **state)
{
    (void)state;
    char job[96], good[96];
    send_elsewhere("{\"messages\":[]}", job); /* the worker refuses it */
    RUN(1, "request", LEGAL, job, "--wait");
    send_elsewhere("{\"prompt\":\"Fine\"}", good);
    RUN(0, "request", LEGAL, good, "--wait");
    int64_t mark = world_mark();
    RUN(6, "retry", LEGAL, good);
    COMPLAINS("only failed and timed out");
    assert_int_equal(world_count(mark, "POST "), 0);
    stop_the_clock();
    RUN(0, "retry", LEGAL, job, "--json");
    struct json *j = document("slipway.requests/1");
    assert_string_equal(json_str_or(request_row(j, job), "status", ""), "IN_QUEUE");
    assert_int_equal(json_kind(json_get(request_row(j, job), "ended_at")), JSON_NULL);
    assert_string_equal(json_str_or(request_row(j, job), "error", ""), "");
    json_free(j);
    assert_int_equal(world_count(mark, "POST "), 1);
    RUN(6, "retry", LEGAL, job); /* it is under way */
}

/* A service that is away is said; what was seen stands. */
static void test_without_the_service(void **state)
{
    (void)state;
    RUN(0, "run", LEGAL, "--prompt", "Mine", "--max-tokens", "4");
    program_env_set(&world.env, "RUNPOD_API_BASE_URL", DEAD_PORT);
    program_env_set(&world.env, "RUNPOD_ENDPOINT_BASE_URL", DEAD_PORT "/v2");
    RUN(0, "requests");
    HEARS(LEGAL);
    program_env_set(&world.env, "RUNPOD_API_KEY", "");
    RUN(0, "requests", "--json");
    struct json *j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 1);
    json_free(j);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, at_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests_are_listed),
        TEST(test_one_request),
        TEST(test_a_failure_is_told),
        TEST(test_cancelling),
        TEST(test_cancelling_what_is_over),
        TEST(test_queueing_again),
        TEST(test_without_the_service),
    };
    return cmocka_run_group_tests_name("commands requests", tests, start, stop);
}
