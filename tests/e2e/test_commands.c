/* The way down the slip, by commands: what they say is compared with what the stand-in saw. And what must
 * not happen on that way: a dry run, a read-only one and one without a yes change nothing. */
#include "command_world.h"

#define REPO "ada/tiny"
#define NAME "tiny"

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

/* ---- the whole way ------------------------------------------------------------------------------- */

static void checks(void)
{
    RUN(0, "check", world.model, "--json");
    struct json *j = document("slipway.checklist/1");
    assert_int_equal(json_int(j, "blockers", -1), 0);
    assert_int_equal(json_int(j, "send_count", -1), 7);
    assert_true(json_bool(json_get(j, "facts"), "chat_template", false));
    json_free(j);
    RUN(0, "check", world.model);
    HEARS("model.safetensors");
}

/* Every file is on the Hub with the hash that was said. */
static void uploads(void)
{
    RUN(0, "upload", world.model, "--repo", REPO, "--yes", "--json");
    struct json *j = document("slipway.operation/1"), *truth = world_truth();
    const struct json *repo = row_with(json_get(json_get(truth, "hub"), "repos"), "id", REPO);
    assert_non_null(repo);
    assert_string_equal(json_str_or(j, "state", ""), "done");
    assert_string_equal(json_str_or(j, "commit", ""), json_str_or(repo, "head", "?"));
    assert_true(json_bool(j, "safe_to_delete", false));
    assert_true(json_bool(j, "private", false) && json_bool(repo, "private", false));
    assert_string_equal(json_str_or(j, "pipeline_tag", ""), "text-generation");
    assert_int_equal(json_count(json_get(j, "files")), 7);
    for (const struct json *f = json_first(json_get(j, "files")); f; f = json_next(f)) {
        const struct json *there =
            row_with(json_get(repo, "files"), "path", json_str_or(f, "path", "?"));
        assert_string_equal(json_str_or(f, "sha256", ""), json_str_or(there, "sha256", "?"));
        assert_true(json_bool(f, "read_back", false));
    }
    json_free(truth);
    json_free(j);
}

static void deploys(char endpoint[64])
{
    int64_t mark = world_mark();
    RUN(0, "deploy", REPO, "--min", "1", "--max", "2", "--budget", "12.5", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    snprintf(endpoint, 64, "%s", json_str_or(j, "endpoint_id", ""));
    assert_string_equal(json_str_or(j, "state", ""), "done");
    assert_true(json_bool(j, "registered", false));
    assert_true(json_num(j, "estimated_cost_hour_max", 0) > 0);
    assert_int_equal(json_kind(json_get(j, "error")), JSON_NULL);
    assert_int_equal(world_endpoints(NAME), 1);
    assert_int_equal(world_count(mark, "POST /v2/serverless"), 1);
    struct json *truth = world_truth(); /* and two first requests */
    const struct json *there =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "id", endpoint);
    assert_int_equal(json_int(json_get(there, "jobs"), "submitted", -1), 2);
    json_free(truth);
    json_free(j);
}

static void asks(const char *endpoint)
{
    RUN(0, "run", endpoint, "--prompt", "hi", "--max-tokens", "8", "--json");
    struct json *j = document("slipway.request/1");
    assert_string_equal(json_str_or(j, "status", ""), "COMPLETED");
    assert_string_equal(json_str_or(j, "endpoint_id", ""), endpoint);
    assert_true(strlen(json_str_or(j, "output", "")) > 0);
    json_free(j);
    RUN(0, "run", NAME, "--input", "{\"prompt\":\"hi\"}"); /* by its registered name */
    COMPLAINS("done: waited");
    RUN(0, "chat", NAME, "hello", "--json");
    j = document("slipway.request/1");
    assert_string_equal(json_str_or(j, "route", ""), "openai");
    assert_true(json_int(j, "tokens_out", 0) > 0 && json_int(j, "first_token_ms", -1) >= 0);
    char *answer = strdup(json_str_or(j, "output", ""));
    json_free(j);
    RUN(0, "chat", NAME, "hello");
    size_t n = strlen(heard()); /* a line of its own, before anything else is said */
    assert_true(n > 1 && heard()[n - 1] == '\n' && strlen(answer) > 0);
    COMPLAINS("first token after");
    free(answer);
}

static void lists(const char *endpoint)
{
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    const struct json *row = json_at(json_get(j, "models"), 0);
    assert_int_equal(json_count(json_get(j, "models")), 1);
    assert_string_equal(json_str_or(row, "model_id", ""), REPO);
    assert_string_equal(json_str_or(row, "endpoint_id", ""), endpoint);
    assert_true(json_num(row, "budget_limit", 0) == 12.5);
    json_free(j);
    RUN(0, "endpoints", "--json");
    j = document("slipway.endpoints/1");
    struct json *truth = world_truth();
    row = row_with(json_get(j, "endpoints"), "id", endpoint);
    assert_int_equal(json_count(json_get(j, "endpoints")),
        json_count(json_get(json_get(truth, "runpod"), "endpoints")));
    assert_string_equal(json_str_or(row, "model", ""), REPO);
    assert_int_equal(json_int(row, "workers_min", -1), 1);
    assert_int_equal(json_int(json_get(row, "health"), "completed", -1), 6);
    json_free(truth);
    json_free(j);
    RUN(0, "requests", "--json");
    j = document("slipway.requests/1");
    assert_int_equal(
        json_count(json_get(j, "requests")), 5); /* the deployment's, two runs, two chats */
    json_free(j);
    RUN(0, "jobs", "--json");
    j = document("slipway.jobs/1");
    assert_int_equal(json_kind(json_get(j, "jobs")), JSON_ARRAY);
    json_free(j);
}

/* Each line is a document; those of both log files of the worker are there. */
static void reads_logs(const char *endpoint)
{
    int lines = 0;
    RUN(0, "logs", endpoint, "--tail", "20", "--json");
    char *rest = world.p.out.data;
    for (char *line = strtok_r(rest, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        struct json *j = json_parse(line, strlen(line), NULL);
        assert_non_null(j);
        assert_string_equal(json_str_or(j, "schema", ""), "slipway.log/1");
        assert_true(strncmp(json_str_or(j, "origin", ""), NAME "/", sizeof NAME) == 0);
        lines++;
        json_free(j);
    }
    assert_in_range(lines, 5, 2000);
}

static void sets_up(void)
{
    RUN(0, "doctor", "--json");
    struct json *j = document("slipway.doctor/1");
    for (const struct json *k = json_first(json_get(j, "checks")); k; k = json_next(k))
        assert_string_not_equal(json_str_or(k, "state", "?"), "bad");
    assert_string_equal(
        json_str_or(row_with(json_get(j, "checks"), "check", "hub"), "state", ""), "ok");
    json_free(j);
    RUN(0, "migrate", "--json");
    j = document("slipway.migrate/1");
    assert_int_equal(json_int(j, "made", -1), 0); /* the embedded registry has them */
    json_free(j);
    RUN(0, "resume", "--json");
    j = document("slipway.unfinished/1");
    assert_int_equal(json_count(json_get(j, "operations")), 0);
    json_free(j);
}

static void test_down_the_slip(void **state)
{
    (void)state;
    char endpoint[64];
    checks();
    uploads();
    deploys(endpoint);
    asks(endpoint);
    lists(endpoint);
    reads_logs(endpoint);
    sets_up();
    RUN(6, "deploy", REPO, "--yes"); /* the name is taken, by somebody as far as this run knows */
    COMPLAINS("exists already");
    assert_int_equal(world_endpoints(NAME), 1);
    RUN(0, "upload", world.model, "--repo", REPO, "--yes");
    HEARS("nothing had changed");
}

/* A worker that never falls silent must not keep `logs` for ever. */
static void test_logs_end_though_workers_talk(void **state)
{
    (void)state;
    RUN(0, "logs", "legal", "--tail", "2");
    HEARS("legal/");
}

/* ---- nothing is done ----------------------------------------------------------------------------- */

static const struct json *plan_line(const struct json *j, const char *begins)
{
    for (const struct json *l = json_first(json_get(j, "plan")); l; l = json_next(l))
        if (strncmp(json_string(l), begins, strlen(begins)) == 0)
            return l;
    fail_msg("no «%s…» in: %s", begins, heard());
    return NULL;
}

static void plans_upload(void)
{
    RUN(0, "upload", world.model, "--repo", "ada/other", "--dry-run", "--json");
    struct json *j = document("slipway.operation/1");
    char begins[256];
    snprintf(begins, sizeof begins, "POST %s/api/repos/create {", world.sim.hub);
    plan_line(j, begins);
    snprintf(begins, sizeof begins, "POST %s/api/models/ada/other/commit/main", world.sim.hub);
    plan_line(j, begins);
    json_free(j);
}

/* The body is the one that would be sent, but for the token. */
static void plans_deploy(void)
{
    char begins[256];
    RUN(0, "deploy", "acme/tiny-base", "--name", "dry", "--max-model-len", "1024", "--env", "A=b",
        "--dry-run", "--json");
    struct json *j = document("slipway.operation/1");
    snprintf(begins, sizeof begins, "POST %s/v2/serverless ", world.sim.control);
    const char *body = json_string(plan_line(j, begins)) + strlen(begins);
    struct json *sent = json_parse(body, strlen(body), NULL);
    const struct json *env = json_get(sent, "env");
    assert_string_equal(json_str_or(sent, "name", ""), "dry");
    assert_string_equal(json_str_or(env, "MAX_MODEL_LEN", ""), "1024");
    assert_string_equal(json_str_or(env, "A", ""), "b");
    snprintf(begins, sizeof begins, "POST %s/ENDPOINT/run ", world.sim.data);
    plan_line(j, begins);
    json_free(sent);
    json_free(j);
}

static void test_a_dry_run_changes_nothing(void **state)
{
    (void)state;
    char begins[256];
    int64_t mark = world_mark();
    plans_upload();
    plans_deploy();
    RUN(0, "run", "legal", "--prompt", "hi", "--dry-run", "--json");
    struct json *j = document("slipway.plan/1");
    snprintf(begins, sizeof begins, "POST %s/x2x496ymkidl3m/run {\"input\":{\"prompt\":\"hi\"}}",
        world.sim.data);
    assert_string_equal(json_string(plan_line(j, begins)), begins);
    json_free(j);
    RUN(0, "migrate", "--dry-run", "--json");
    json_free(document("slipway.plan/1"));
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

static const char *const writers[][6] = {{"upload", NULL, "--repo", "ada/other", "--yes"},
    {"deploy", "acme/tiny-base", "--name", "other", "--yes"}, {"run", "legal", "--prompt", "hi"},
    {"chat", "legal", "hi"}, {"migrate"}, {"resume", "u12", "--yes"}};
enum { WRITERS = sizeof writers / sizeof *writers };

/* One of `writers`, with one more flag. */
static void run_writer(size_t i, const char *flag, int code)
{
    const char *arguments[8] = {NULL};
    size_t n = 0;
    for (; n < 6 && (writers[i][n] || n == 1) && writers[i][0]; n++) {
        if (n == 1 && !writers[i][1] && strcmp(writers[i][0], "upload") != 0)
            break;
        arguments[n] = writers[i][n] ? writers[i][n] : world.model;
    }
    arguments[n] = flag;
    program_release(&world.p);
    program_start_list(&world.p, &world.env, false, arguments);
    world_finish(&world.p);
    world_expect(&world.p, code, writers[i][0]);
}

static void test_read_only_only_reads(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    for (size_t i = 0; i < WRITERS; i++) {
        run_writer(i, "--read-only", 6);
        one_sentence(&world.p, writers[i][0]);
        COMPLAINS("is read-only (--read-only)");
    }
    RUN(0, "endpoints", "--read-only");
    RUN(0, "models", "--read-only"); /* of a registry that is not there yet */
    HEARS("no models");
    RUN(0, "jobs", "--read-only", "--json");
    RUN(0, "requests", "--read-only");
    RUN(0, "doctor", "--read-only");
    RUN(0, "check", world.model, "--read-only");
    RUN(0, "deploy", "acme/tiny-base", "--name", "other", "--dry-run", "--read-only");
    assert_int_equal(world_count(mark, NULL), 0);
}

/* The same by the profile, which no flag of the call overrules. */
static void test_a_read_only_profile(void **state)
{
    (void)state;
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/slipway", world.home);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/slipway/config.ini", world.home);
    world_write(path, "[profile default]\nread_only = yes\n");
    program_env_set(&world.env, "XDG_CONFIG_HOME", world.home);
    int64_t mark = world_mark();
    for (size_t i = 0; i < WRITERS; i++) {
        run_writer(i, NULL, 6);
        COMPLAINS("config.ini line 2");
    }
    assert_int_equal(world_count(mark, NULL), 0);
}

/* What it would do is said, a yes is wanted, and nobody is there to give it. */
static void test_without_a_yes(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(2, "upload", world.model, "--repo", "ada/other");
    COMPLAINS("Create the repository");
    COMPLAINS("add --yes");
    RUN(2, "deploy", "acme/tiny-base", "--name", "other", "--json");
    COMPLAINS("Create the endpoint other");
    struct json *j = document("slipway.operation/1");
    assert_string_equal(json_str_or(j, "state", ""), "cancelled");
    json_free(j);
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

static void test_help_names_everything(void **state)
{
    (void)state;
    static const char *const commands[] = {"check", "upload", "deploy", "resume", "run", "chat",
        "logs", "jobs", "endpoints", "requests", "models", "demo", "doctor", "migrate"};
    RUN(0, "--help");
    HEARS("Exit codes: 0 ok");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        RUN(0, "--help");
        HEARS(commands[i]);
        RUN(0, commands[i], "--help");
        HEARS("--read-only");
    }
    RUN(0, "--version");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_down_the_slip),
        TEST(test_logs_end_though_workers_talk),
        TEST(test_a_dry_run_changes_nothing),
        TEST(test_read_only_only_reads),
        TEST(test_a_read_only_profile),
        TEST(test_without_a_yes),
        TEST(test_help_names_everything),
    };
    return cmocka_run_group_tests_name("commands", tests, start, stop);
}
