/* `slipway run`: each way of sending one request, and bursts: that exactly as many jobs are made as were asked
 * for, whatever the service says meanwhile, and none when nobody agreed. What it says is compared with what the
 * stand-in saw. */
#include "command_world.h"

#define NAME     "legal"
#define ENDPOINT "x2x496ymkidl3m"
#define MESSAGES "[{\"role\":\"user\",\"content\":\"hello\"}]"

static int start(void **state)
{
    (void)state;
    world_start("tests/data/quiet.json", "200");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* Requests for a job, also those that were refused. */
static int runs(int64_t mark)
{
    return world_count(mark, "POST /v2/" ENDPOINT "/run") -
           world_count(mark, "POST /v2/" ENDPOINT "/runsync");
}

static int64_t submitted(void)
{
    struct json *truth = world_truth();
    const struct json *there =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "id", ENDPOINT);
    int64_t n = json_int(json_get(there, "jobs"), "submitted", -1);
    json_free(truth);
    assert_true(n >= 0);
    return n;
}

/* ---- one ----------------------------------------------------------------------------------------- */

static void completed(const char *route)
{
    struct json *j = document("slipway.request/1");
    assert_string_equal(json_str_or(j, "status", ""), "COMPLETED");
    assert_string_equal(json_str_or(j, "endpoint_id", ""), ENDPOINT);
    assert_string_equal(json_str_or(j, "route", ""), route);
    assert_true(strlen(json_str_or(j, "output", "")) > 0);
    assert_true(json_int(j, "execution_ms", -1) >= 0);
    assert_true(json_num(j, "estimated_cost", -1) > 0);
    json_free(j);
}

static void each_way_of_one_request(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    RUN(0, "run", NAME, "--prompt", "hi", "--json");
    completed("run");
    assert_int_equal(runs(mark), 1);
    mark = world_mark();
    RUN(0, "run", NAME, "--prompt", "hi", "--sync", "--json");
    completed("run");
    assert_int_equal(world_count(mark, "POST /v2/" ENDPOINT "/runsync?wait="), 1);
    assert_int_equal(runs(mark), 0);
    RUN(0, "run", NAME, "--messages", MESSAGES, "--max-tokens", "9", "--json");
    completed("run");
    mark = world_mark();
    RUN(0, "run", NAME, "--messages", MESSAGES, "--stream", "--json");
    completed("openai");
    assert_int_equal(world_count(mark, "POST /v2/" ENDPOINT "/openai/v1/chat/completions"), 1);
    assert_int_equal(submitted() - before, 4);
    RUN(0, "requests", "--json"); /* all are in the ledger */
    struct json *j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 4);
    json_free(j);
}

/* What is printed piece by piece is the whole answer in the end, and a line of its own. */
static void a_stream_is_printed_as_it_comes(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(0, "run", NAME, "--prompt", "hi", "--stream");
    size_t n = strlen(heard());
    assert_true(n > 1 && heard()[n - 1] == '\n');
    COMPLAINS("first piece after");
    assert_true(world_count(mark, "GET /v2/" ENDPOINT "/stream/") >= 1);
    char *streamed = strndup(heard(), n - 1);
    RUN(0, "requests", "--json");
    struct json *j = document("slipway.requests/1");
    assert_string_equal(json_str_or(json_first(json_get(j, "requests")), "output", ""), streamed);
    json_free(j);
    free(streamed);
    RUN(0, "run", NAME, "--prompt", "hi", "--sync");
    COMPLAINS("90 s at most");
}

static void a_dry_run_says_the_request(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    char line[256];
    RUN(0, "run", NAME, "--prompt", "hi", "--sync", "--dry-run");
    HEARS("cost: not known");
    HEARS("not in it: cold starts");
    HEARS("worker");
    snprintf(line, sizeof line,
        "POST %s/" ENDPOINT "/runsync?wait=90000 {\"input\":{\"prompt\":\"hi\"}}\n",
        world.sim.data);
    assert_ptr_equal(strstr(heard(), line), heard()); /* before its price */
    RUN(0, "run", NAME, "--prompt", "hi", "--count", "60", "--dry-run");
    snprintf(line, sizeof line, "POST %s/" ENDPOINT "/run {\"input\":{\"prompt\":\"hi\"}}",
        world.sim.data);
    HEARS(line);
    HEARS("60 requests to legal");
    HEARS("cost: not known"); /* nobody has asked it anything in this home */
    assert_int_equal(world_count(mark, NULL), 0);
}

/* The body is edited in a private file that is gone afterwards, by a child that knows no key. */
static void a_body_is_edited(void **state)
{
    (void)state;
    char script[PATH_MAX], told[PATH_MAX], text[3 * PATH_MAX];
    struct buf seen;
    struct err e;
    temp_folder_path(script, &world.folder, "editor.sh");
    temp_folder_path(told, &world.folder, "told");
    snprintf(text, sizeof text,
        "env > '%s'; stat -c '%%a %%n' \"$1\" >> '%s'; sed -i 's/before/after/' \"$1\"\n", told,
        told);
    world_write(script, text);
    snprintf(text, sizeof text, "sh '%s'", script);
    program_env_set(&world.env, "EDITOR", text);
    program_env_set(
        &world.env, "SLIPWAY_DATABASE_URL", "postgresql://u:" DB_PASSWORD "@127.0.0.1/x");
    program_env_set(&world.env, "OTHER", "holds " RUNPOD_KEY " inside");
    RUN(0, "run", NAME, "--prompt", "before", "--edit", "--dry-run");
    HEARS("{\"input\":{\"prompt\":\"after\"}}");
    buf_init(&seen, 1 << 20);
    assert_int_equal(file_read(told, &seen, &e), 0);
    no_secret_in(buf_str(&seen), seen.len, "the editor's environment");
    char *mode = strstr(buf_str(&seen), "600 /");
    assert_non_null(mode);
    char *path = mode + 4;
    path[strcspn(path, "\n")] = 0;
    assert_int_not_equal(access(path, F_OK), 0);
    buf_release(&seen);
    program_env_set(&world.env, "EDITOR", "false");
    RUN(7, "run", NAME, "--prompt", "before", "--edit");
    program_env_set(&world.env, "EDITOR", "sh -c 'echo no json > \"$1\"' x");
    RUN(2, "run", NAME, "--edit");
    COMPLAINS("not valid JSON");
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(2, "run", NAME, "--prompt", "a", "--sync", "--stream");
    RUN(2, "run", NAME, "--prompt", "a", "--messages", MESSAGES);
    RUN(2, "run", NAME, "--prompt", "a", "--count", "0");
    RUN(2, "run", NAME, "--prompt", "a", "--count", "10001", "--yes");
    RUN(2, "run", NAME, "--prompt", "a", "--count", "9", "--concurrency", "65", "--yes");
    RUN(2, "run", NAME, "--prompt", "a", "--count", "99", "--concurrency", "9", "--sync", "--yes");
    RUN(2, "run", NAME, "--messages", "{\"not\":\"a list\"}", "--stream");
    assert_int_equal(world_count(mark, NULL), 0);
}

/* ---- many ------------------------------------------------------------------------------------------ */

static void burst_of(const struct json *j, int64_t count)
{
    const struct json *outcomes = json_get(j, "outcomes"), *times = json_get(j, "times");
    int64_t sum = 0, in_classes = 0;
    for (const struct json *o = json_first(outcomes); o; o = json_next(o))
        sum += (int64_t)json_number(o, 0);
    assert_int_equal(json_int(j, "count", -1), count);
    assert_int_equal(sum, count);
    const struct json *total = json_get(times, "total");
    for (const struct json *c = json_first(json_get(total, "histogram")); c; c = json_next(c))
        in_classes += json_int(c, "count", 0);
    assert_int_equal(in_classes, json_int(outcomes, "COMPLETED", 0));
    assert_int_equal(json_int(total, "count", -1), in_classes);
    int64_t p50 = json_int(total, "p50_ms", -1), p95 = json_int(total, "p95_ms", -1),
            p99 = json_int(total, "p99_ms", -1);
    assert_true(in_classes == 0 || (p50 >= 0 && p50 <= p95 && p95 <= p99));
}

static void a_burst_is_exactly_as_many(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    RUN(0, "run", NAME, "--prompt", "hi", "--max-tokens", "8", "--count", "60", "--concurrency",
        "8", "--yes", "--json");
    struct json *j = document("slipway.burst/1");
    burst_of(j, 60);
    assert_int_equal(json_int(j, "sent", -1), 60);
    assert_int_equal(json_int(json_get(j, "outcomes"), "COMPLETED", 0), 60);
    assert_true(json_num(j, "estimated_cost", -1) > 0);
    assert_true(json_num(j, "requests_per_second", -1) > 0);
    json_free(j);
    assert_int_equal(runs(mark), 60);
    assert_int_equal(submitted() - before, 60);
    /* The list of workers costs calls of the account's quota: not one a request. */
    assert_in_range(world_count(mark, "GET /v2/serverless/" ENDPOINT "/workers"), 0, 8);
    RUN(0, "requests", "--json");
    j = document("slipway.requests/1");
    assert_int_equal(json_count(json_get(j, "requests")), 60);
    json_free(j);
    RUN(0, "run", NAME, "--prompt", "hi", "--count", "12", "--yes");
    HEARS("12 done in");
    HEARS("P50");
    HEARS("waited");
    HEARS("█");
}

static void bursts_by_other_routes(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    RUN(0, "run", NAME, "--prompt", "hi", "--count", "9", "--concurrency", "3", "--sync", "--yes",
        "--json");
    struct json *j = document("slipway.burst/1");
    burst_of(j, 9);
    json_free(j);
    assert_int_equal(world_count(mark, "POST /v2/" ENDPOINT "/runsync"), 9);
    RUN(0, "run", NAME, "--messages", MESSAGES, "--count", "9", "--stream", "--yes", "--json");
    j = document("slipway.burst/1");
    burst_of(j, 9);
    assert_int_equal(json_int(json_get(json_get(j, "times"), "first_piece"), "count", -1), 9);
    json_free(j);
    RUN(0, "run", NAME, "--prompt", "hi", "--count", "9", "--stream", "--yes", "--json");
    j = document("slipway.burst/1");
    burst_of(j, 9);
    json_free(j);
    assert_int_equal(submitted() - before, 27);
}

static void nobody_agreed(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(2, "run", NAME, "--prompt", "hi", "--count", "60");
    COMPLAINS("60 requests to legal");
    COMPLAINS("cost: ");
    COMPLAINS("needs a yes");
    RUN(6, "run", NAME, "--prompt", "hi", "--count", "60", "--yes", "--read-only");
    RUN(6, "run", NAME, "--prompt", "hi", "--read-only");
    RUN(6, "run", NAME, "--prompt", "hi", "--sync", "--read-only");
    RUN(6, "run", NAME, "--messages", MESSAGES, "--stream", "--read-only");
    assert_int_equal(world_count(mark, NULL), 0);
}

/* Refusals are waited out: no request is lost by them, and none is sent twice. */
static void a_storm_of_429_is_waited_out(void **state)
{
    (void)state;
    int64_t before = submitted();
    world_fault(
        "{\"plane\":\"data\",\"path\":\"*/run\",\"kind\":\"status\",\"status\":429,\"skip\":5,\"times\":9}");
    RUN(0, "run", NAME, "--prompt", "hi", "--count", "30", "--concurrency", "8", "--yes", "--json");
    struct json *j = document("slipway.burst/1");
    burst_of(j, 30);
    assert_int_equal(json_int(json_get(j, "outcomes"), "COMPLETED", 0), 30);
    assert_int_equal(json_int(j, "refused", -1), 9);
    json_free(j);
    assert_int_equal(submitted() - before, 30);
    world_no_faults();
}

/* An answer that is lost leaves open whether it was taken: such a request is not sent again. */
static void lost_answers_are_not_sent_again(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    world_fault("{\"plane\":\"data\",\"path\":\"*/run\",\"kind\":\"lost\",\"skip\":3,\"times\":4}");
    RUN(5, "run", NAME, "--prompt", "hi", "--count", "20", "--concurrency", "4", "--yes", "--json");
    struct json *j = document("slipway.burst/1");
    burst_of(j, 20);
    assert_int_equal(json_int(json_get(j, "outcomes"), "FAILED", 0), 4);
    assert_int_equal(json_int(json_get(j, "outcomes"), "COMPLETED", 0), 16);
    assert_int_equal(json_int(j, "sent", -1), 20);
    assert_true(strlen(json_str_or(j, "newest_error", "")) > 0);
    json_free(j);
    assert_int_equal(runs(mark), 20);
    assert_int_equal(submitted() - before, 20);
    world_no_faults();
}

/* What the next one would meet as well ends it, instead of being met a thousand times. */
static void what_cannot_work_ends_early(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    world_fault("{\"plane\":\"data\",\"path\":\"*/run\",\"kind\":\"status\",\"status\":401}");
    RUN(3, "run", NAME, "--prompt", "hi", "--count", "1000", "--concurrency", "8", "--yes");
    assert_in_range(runs(mark), 1, 16);
    world_no_faults();
}

/* Ctrl-C: no more is sent, and nothing that was sent stays queued. */
static void a_burst_is_stopped(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    sim_speed(&world.sim, 0.05); /* hardly any of them can end by itself */
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "run", NAME, "--prompt", "hi", "--count", "500",
        "--concurrency", "6", "--yes", "--json", NULL);
    UNTIL(submitted() - before >= 6);
    kill(world.p.pid, SIGINT);
    UNTIL(world_count(mark, "POST /v2/" ENDPOINT "/cancel/") >= 1);
    sim_speed(&world.sim, 200);
    world_finish(&world.p);
    world_expect(&world.p, 7, "run, stopped");
    struct json *j = document("slipway.burst/1");
    int64_t sent = submitted() - before;
    assert_in_range(sent, 6, 20);
    assert_int_equal(json_int(j, "sent", -1), sent);
    const struct json *outcomes = json_get(j, "outcomes");
    assert_int_equal(json_int(outcomes, "IN_QUEUE", 0), 0);
    assert_true(json_int(outcomes, "CANCELLED", 0) > 0);
    json_free(j);
    struct json *truth = world_truth();
    const struct json *there =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "id", ENDPOINT);
    assert_int_equal(json_int(json_get(there, "jobs"), "in_queue", 0), 0);
    json_free(truth);
    assert_int_equal(submitted() - before, sent);
}

/* A program that is told to end has a second; what it sent is cancelled in that. */
static void a_burst_is_stopped_for_good(void **state)
{
    (void)state;
    int64_t before = submitted(), mark = world_mark();
    sim_speed(&world.sim, 0.05);
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "run", NAME, "--prompt", "hi", "--count", "500",
        "--concurrency", "6", "--yes", NULL);
    UNTIL(submitted() - before >= 6);
    UNTIL(world_count(mark, "GET /v2/" ENDPOINT "/status/") >= 12); /* all ids are known */
    kill(world.p.pid, SIGTERM);
    world_finish(&world.p);
    world_expect(&world.p, 7, "run, ended");
    assert_true(world_count(mark, "POST /v2/" ENDPOINT "/cancel/") >= 5);
    struct json *truth = world_truth();
    const struct json *there =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "id", ENDPOINT);
    assert_int_equal(json_int(json_get(there, "jobs"), "in_queue", 0), 0);
    json_free(truth);
    sim_speed(&world.sim, 200);
}

/* Killed, it is not resumed: what it sent is in the ledger, nothing is unfinished. */
static void a_killed_burst_leaves_its_requests(void **state)
{
    (void)state;
    int64_t before = submitted();
    sim_speed(&world.sim, 0.05);
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "run", NAME, "--prompt", "hi", "--count", "500",
        "--concurrency", "4", "--yes", NULL);
    UNTIL(submitted() - before >= 4);
    kill(world.p.pid, SIGKILL);
    program_finish(&world.p, LIMIT_S);
    sim_speed(&world.sim, 200);
    RUN(0, "requests", "--json");
    struct json *j = document("slipway.requests/1");
    assert_true((int64_t)json_count(json_get(j, "requests")) >= submitted() - before);
    json_free(j);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_way_of_one_request, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_stream_is_printed_as_it_comes, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_dry_run_says_the_request, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_body_is_edited, world_home, world_leave),
        cmocka_unit_test_setup_teardown(
            what_contradicts_itself_is_refused, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_burst_is_exactly_as_many, world_home, world_leave),
        cmocka_unit_test_setup_teardown(bursts_by_other_routes, world_home, world_leave),
        cmocka_unit_test_setup_teardown(nobody_agreed, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_storm_of_429_is_waited_out, world_home, world_leave),
        cmocka_unit_test_setup_teardown(lost_answers_are_not_sent_again, world_home, world_leave),
        cmocka_unit_test_setup_teardown(what_cannot_work_ends_early, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_burst_is_stopped, world_home, world_leave),
        cmocka_unit_test_setup_teardown(a_burst_is_stopped_for_good, world_home, world_leave),
        cmocka_unit_test_setup_teardown(
            a_killed_burst_leaves_its_requests, world_home, world_leave),
    };
    return cmocka_run_group_tests_name("slipway run", tests, start, stop);
}
