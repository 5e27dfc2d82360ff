/* Killed, stopped or without a database at any point: what was begun is gone on with, what costs money is made
 * once, and what was left behind is told. */
#include "command_world.h"

#define REPO   "acme/tiny-base"
#define NO_DB  "postgresql://slipway:" DB_PASSWORD "@127.0.0.1:1/x"
#define CREATE "POST /v2/serverless"

static int start(void **state)
{
    (void)state;
    world_start("healthy", "500");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* The only operation that is unfinished; its id goes to `id`. The caller frees the list. */
static struct json *the_unfinished(
    char id[64], const char *kind, const char *title, const char *how)
{
    RUN(0, "resume", "--json");
    struct json *list = document("slipway.unfinished/1");
    const struct json *row = json_at(json_get(list, "operations"), 0);
    if (json_count(json_get(list, "operations")) != 1)
        fail_msg("not one unfinished operation: %s", heard());
    assert_string_equal(json_str_or(row, "kind", ""), kind);
    assert_string_equal(json_str_or(row, "title", ""), title);
    assert_string_equal(json_str_or(row, "state", ""), how);
    snprintf(id, 64, "%s", json_str_or(row, "id", ""));
    return list;
}

static void none_unfinished(void)
{
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

/* One endpoint of that name, one row of it, and the one belongs to the other. */
static void one_of(const char *name)
{
    assert_int_equal(world_endpoints(name), 1);
    RUN(0, "models", "--json");
    struct json *models = document("slipway.models/1"), *truth = world_truth();
    const struct json *row = json_at(json_get(models, "models"), 0);
    const struct json *endpoint =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "name", name);
    assert_int_equal(json_count(json_get(models, "models")), 1);
    assert_string_equal(json_str_or(row, "name", ""), name);
    assert_string_equal(json_str_or(row, "endpoint_id", ""), json_str_or(endpoint, "id", "?"));
    json_free(truth);
    json_free(models);
}

/* … though there are others besides. */
static void one_row_of(const char *name)
{
    int rows = 0;
    assert_int_equal(world_endpoints(name), 1);
    RUN(0, "models", "--json");
    struct json *models = document("slipway.models/1");
    for (const struct json *j = json_first(json_get(models, "models")); j; j = json_next(j))
        rows += strcmp(json_str_or(j, "name", ""), name) == 0;
    assert_int_equal(rows, 1);
    json_free(models);
}

/* Requests since the mark whose target ends so. */
static int count_ends(int64_t mark, const char *end)
{
    char path[64];
    int n = 0;
    snprintf(path, sizeof path, "/_sim/requests?after=%lld", (long long)mark);
    struct json *log = sim_get(&world.sim, world.sim.control, path);
    for (const struct json *j = json_first(json_get(log, "requests")); j; j = json_next(j)) {
        const char *target = json_str_or(j, "target", "");
        size_t a = strlen(target), b = strlen(end);
        n += a >= b && strcmp(target + a - b, end) == 0;
    }
    json_free(log);
    return n;
}

static int world_streams(int64_t mark)
{
    return count_ends(mark, "/openai/v1/chat/completions");
}

static int world_runs(int64_t mark)
{
    return count_ends(mark, "/run");
}

static void begin_deploy(const char *name)
{
    program_release(&world.p);
    program_start(
        &world.p, &world.env, false, "deploy", REPO, "--name", name, "--max", "1", "--yes", NULL);
}

static void kill_it(void)
{
    program_signal(&world.p, SIGKILL);
    world_finish(&world.p);
}

static void resumes(const char *name, int64_t mark, int creations)
{
    char id[64];
    world_no_faults();
    json_free(the_unfinished(id, "deploy", name, "interrupted"));
    RUN(0, "resume", id, "--yes");
    assert_int_equal(world_count(mark, CREATE), creations);
    one_of(name);
    none_unfinished();
    RUN(6, "resume", id, "--yes");
    COMPLAINS("done already");
    assert_int_equal(world_count(mark, CREATE), creations);
}

/* The endpoint was made, and the answer that says so had not arrived. */
static void test_killed_after_the_endpoint_was_made(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    world_fault("{\"method\":\"POST\",\"path\":\"/v2/serverless\",\"kind\":\"drip\",\"ms\":1000}");
    begin_deploy("killed-late");
    UNTIL(world_endpoints("killed-late") == 1);
    kill_it();
    resumes("killed-late", mark, 1);
}

static void test_killed_before_the_endpoint_was_made(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    world_fault("{\"method\":\"POST\",\"path\":\"/v2/serverless\",\"kind\":\"hang\"}");
    begin_deploy("killed-early");
    UNTIL(world_count(mark, CREATE) == 1);
    kill_it();
    assert_int_equal(world_endpoints("killed-early"), 0);
    resumes("killed-early", mark, 2);
}

/* Before anything was agreed to there is nothing to go on with, and nothing was made. */
static void test_killed_while_it_looks(void **state)
{
    (void)state;
    static const char *const hangs[] = {"{\"plane\":\"hub\",\"method\":\"GET\",\"kind\":\"hang\"}",
        "{\"plane\":\"control\",\"method\":\"GET\",\"path\":\"/v2/catalog/*\",\"kind\":\"hang\"}",
        "{\"plane\":\"control\",\"path\":\"/graphql\",\"kind\":\"hang\"}"};
    static const char *const seen[] = {"GET /api/models/", "GET /v2/catalog/", "POST /graphql"};
    for (size_t i = 0; i < sizeof hangs / sizeof *hangs; i++) {
        int64_t mark = world_mark();
        world_fault(hangs[i]);
        begin_deploy("looked");
        UNTIL(world_count(mark, seen[i]) >= 1);
        kill_it();
        world_no_faults();
        assert_int_equal(world_count(mark, NULL), 0);
        none_unfinished();
    }
    int64_t mark = world_mark();
    RUN(0, "deploy", REPO, "--name", "looked", "--yes");
    assert_int_equal(world_count(mark, CREATE), 1);
    one_of("looked");
}

/* While a worker comes up for the first request. */
static void test_killed_while_a_worker_starts(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    world_fault(
        "{\"plane\":\"data\",\"method\":\"GET\",\"path\":\"*/status/*\",\"kind\":\"hang\"}");
    begin_deploy("starting");
    UNTIL(world_count(mark, "POST /v2/") >= 2); /* the creation, and the first request */
    kill_it();
    resumes("starting", mark, 1);
}

/* The first answer was noted: it is not asked for again. */
static void test_killed_while_it_streams(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    world_fault("{\"plane\":\"data\",\"path\":\"*/openai/*\",\"kind\":\"hang\"}");
    begin_deploy("streaming");
    UNTIL(world_streams(mark) >= 1);
    kill_it();
    int runs = world_runs(mark);
    resumes("streaming", mark, 1);
    assert_int_equal(world_runs(mark), runs);
}

/* Wherever that is: while the row is written, or just before, or behind it. */
static void test_killed_about_its_row(void **state)
{
    (void)state;
    char id[64];
    for (int i = 0; i < 3; i++) {
        char name[32];
        int64_t mark = world_mark();
        snprintf(name, sizeof name, "row-%d", i);
        begin_deploy(name);
        UNTIL(world_streams(mark) >= 1);
        poll(NULL, 0, 4 * i);
        kill_it();
        RUN(0, "resume", "--json");
        struct json *list = document("slipway.unfinished/1");
        const struct json *row = json_at(json_get(list, "operations"), 0);
        snprintf(id, sizeof id, "%s", json_str_or(row, "id", ""));
        json_free(list);
        if (id[0])
            RUN(0, "resume", id, "--yes");
        assert_int_equal(world_count(mark, CREATE), 1);
        one_row_of(name);
        none_unfinished();
    }
}

/* It answers by the queue, and not by the OpenAI route: told, and no failure. */
static void test_the_streamed_answer_fails(void **state)
{
    (void)state;
    world_fault("{\"plane\":\"data\",\"path\":\"*/openai/*\",\"kind\":\"status\",\"status\":500,"
                "\"body\":{\"error\":\"no " RUNPOD_KEY " here\"}}");
    RUN(0, "deploy", REPO, "--name", "half", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    const struct json *step = row_with(json_get(j, "steps"), "name", "streamed answer");
    assert_string_equal(json_str_or(step, "state", ""), "warned");
    assert_non_null(strstr(json_str_or(step, "note", ""), "not by the OpenAI route: "));
    assert_true(json_bool(j, "registered", false));
    json_free(j);
    one_of("half");
}

/* Ctrl-C while the first answer is waited for: told what stays and how to go on, within a second or so. */
static void test_stopped_before_the_first_answer(void **state)
{
    (void)state;
    char id[64];
    int64_t mark = world_mark();
    world_fault("{\"plane\":\"data\",\"method\":\"POST\",\"kind\":\"hang\"}");
    begin_deploy("stopped");
    UNTIL(world_endpoints("stopped") == 1);
    program_signal(&world.p, SIGINT);
    world_finish(&world.p);
    world_expect(&world.p, 7, "deploy");
    COMPLAINS("slipway: cancelled");
    COMPLAINS("`slipway resume d");
    struct json *list = the_unfinished(id, "deploy", "stopped", "interrupted");
    json_free(list);
    resumes("stopped", mark, 1);
}

/* It serves and bills, so it is no failure; but a script that needs the row must not go on. */
static void test_without_a_registry(void **state)
{
    (void)state;
    char id[64];
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", NO_DB);
    RUN(6, "deploy", REPO, "--name", "orphan", "--yes", "--json");
    COMPLAINS("cannot connect to the database");
    COMPLAINS("registers it");
    struct json *j = document("slipway.operation/1");
    assert_string_equal(json_str_or(j, "state", ""), "done");
    assert_false(json_bool(j, "registered", true));
    assert_string_equal(json_str_or(json_get(j, "error"), "class", ""), "net");
    json_free(j);
    struct json *list = the_unfinished(id, "deploy", "orphan", "not registered");
    assert_true(
        strlen(json_str_or(json_at(json_get(list, "operations"), 0), "endpoint_id", "")) > 0);
    json_free(list);
    RUN(4, "resume", id, "--yes");
    COMPLAINS(id);
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", NULL);
    RUN(0, "resume", id, "--dry-run");
    HEARS("insert or update llm_models (orphan)");
    RUN(0, "resume", id, "--yes", "--json");
    j = document("slipway.operation/1");
    assert_true(json_bool(j, "registered", false));
    json_free(j);
    one_of("orphan");
    none_unfinished();
    RUN(6, "resume", id, "--yes");
}

/* Nothing is registered that is not there, and nobody is sent after it twice. */
static void test_a_leftover_that_is_gone(void **state)
{
    (void)state;
    char id[64], path[128];
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", NO_DB);
    RUN(6, "deploy", REPO, "--name", "deleted", "--yes");
    struct json *list = the_unfinished(id, "deploy", "deleted", "not registered");
    snprintf(path, sizeof path, "/v2/serverless/%s",
        json_str_or(json_at(json_get(list, "operations"), 0), "endpoint_id", ""));
    json_free(list);
    json_free(sim_call(&world.sim, HTTP_DELETE, world.sim.control, path, NULL, NULL));
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", NULL);
    RUN(6, "resume", id, "--yes");
    COMPLAINS("is gone");
    none_unfinished();
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    assert_int_equal(json_count(json_get(j, "models")), 0);
    json_free(j);
}

/* The first request ends badly: the endpoint stays, and that is said. */
static void test_the_first_answer_is_refused(void **state)
{
    (void)state;
    char id[64];
    world_fault("{\"plane\":\"data\",\"method\":\"POST\",\"kind\":\"status\",\"status\":400,"
                "\"body\":{\"error\":\"no " RUNPOD_KEY " here\"}}");
    RUN(5, "deploy", REPO, "--name", "refused", "--yes");
    COMPLAINS("stays and can bill");
    struct json *list = the_unfinished(id, "deploy", "refused", "failed");
    json_free(list);
    world_no_faults();
    RUN(0, "resume", id, "--yes");
    one_of("refused");
}

static int commits_of(const char *repo)
{
    struct json *truth = world_truth();
    const struct json *row = row_with(json_get(json_get(truth, "hub"), "repos"), "id", repo);
    int n = (int)json_int(row, "commits", 0);
    json_free(truth);
    return n;
}

/* The commit was made and its answer lost with the process: found again, not made again. */
static void test_an_upload_killed_at_its_commit(void **state)
{
    (void)state;
    char id[64];
    int64_t mark = world_mark();
    world_fault(
        "{\"plane\":\"hub\",\"method\":\"POST\",\"path\":\"*/commit/main\",\"kind\":\"drip\",\"ms\":1000}");
    program_release(&world.p);
    program_start(
        &world.p, &world.env, false, "upload", world.model, "--repo", "ada/cut", "--yes", NULL);
    UNTIL(commits_of("ada/cut") == 2);
    kill_it();
    world_no_faults();
    json_free(the_unfinished(id, "upload", "ada/cut", "interrupted"));
    RUN(0, "resume", id, "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    assert_true(json_bool(j, "safe_to_delete", false));
    json_free(j);
    assert_int_equal(commits_of("ada/cut"), 2);
    assert_int_equal(world_count(mark, "POST /api/repos/create"), 1);
    none_unfinished();
}

/* Two at the same: the second is told who has it, and what the first does stays its own. */
static void test_resumed_while_it_runs(void **state)
{
    (void)state;
    char id[64] = "";
    struct program second;
    world_fault("{\"plane\":\"data\",\"method\":\"POST\",\"kind\":\"hang\"}");
    begin_deploy("twice");
    UNTIL(world_endpoints("twice") == 1);
    kill_it();
    json_free(the_unfinished(id, "deploy", "twice", "interrupted"));
    int64_t mark = world_mark();
    program_release(&world.p);
    program_start(&world.p, &world.env, false, "resume", id, "--yes", NULL);
    UNTIL(world_count(mark, "POST /v2/") >= 1); /* the first request: it is well under way */
    program_start(&second, &world.env, false, "resume", id, "--yes", NULL);
    world_finish(&second);
    world_expect(&second, 6, "resume");
    one_sentence(&second, "resume");
    if (!strstr(buf_str(&second.err), "another Slipway"))
        fail_msg("%s", buf_str(&second.err));
    program_release(&second);
    program_signal(&world.p, SIGTERM);
    world_finish(&world.p);
    world_expect(&world.p, 7, "resume");
    json_free(the_unfinished(id, "deploy", "twice", "interrupted"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_killed_after_the_endpoint_was_made),
        TEST(test_killed_before_the_endpoint_was_made),
        TEST(test_killed_while_it_looks),
        TEST(test_killed_while_a_worker_starts),
        TEST(test_killed_while_it_streams),
        TEST(test_killed_about_its_row),
        TEST(test_the_streamed_answer_fails),
        TEST(test_stopped_before_the_first_answer),
        TEST(test_without_a_registry),
        TEST(test_a_leftover_that_is_gone),
        TEST(test_the_first_answer_is_refused),
        TEST(test_an_upload_killed_at_its_commit),
        TEST(test_resumed_while_it_runs),
    };
    return cmocka_run_group_tests_name("commands resumed", tests, start, stop);
}
