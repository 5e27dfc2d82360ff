/* What goes wrong before anything is done: each time one sentence that says what and what to do, the exit code
 * that scripts go by, and nothing changed. */
#include "command_world.h"

#define REPO "acme/tiny-base"

enum { WORDS = 10, STOP_LIMIT_S = 15 };

/* A call, how it ends and what its sentence holds. A word of "@" is the model folder. */
struct failing {
    const char *arguments[WORDS];
    int code;
    const char *words;
};
#define ROWS(table) (sizeof(table) / sizeof *(table))

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

static void begin(struct program *p, const struct failing *f)
{
    const char *arguments[WORDS + 1] = {NULL};
    for (size_t i = 0; i < WORDS && f->arguments[i]; i++)
        arguments[i] = strcmp(f->arguments[i], "@") == 0 ? world.model : f->arguments[i];
    program_start_list(p, &world.env, false, arguments);
}

static void end(struct program *p, const struct failing *f)
{
    char what[256];
    snprintf(what, sizeof what, "%s %s %s", f->arguments[0], f->arguments[1] ? f->arguments[1] : "",
        f->arguments[2] ? f->arguments[2] : "");
    world_finish(p);
    world_expect(p, f->code, what);
    one_sentence(p, what);
    if (!strstr(buf_str(&p->err), f->words))
        fail_msg("slipway %s: no «%s» in: %s", what, f->words, buf_str(&p->err));
}

static void each(const struct failing *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct program p;
        begin(&p, &table[i]);
        end(&p, &table[i]);
        program_release(&p);
    }
}

/* Nothing was changed outside, and nothing is left to go on with. */
static void nothing_done(int64_t mark)
{
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

/* ---- the command line ---------------------------------------------------------------------------- */

static void test_what_is_no_command(void **state)
{
    (void)state;
    static const struct failing table[] = {
        {{"chekc"}, 2, "unknown command chekc"},
        {{"bad\033[31mword"}, 2, "unknown command badword"},
        {{"--nope"}, 2, "unknown flag --nope; see slipway --help"},
        {{"--json"}, 2, "--json"},
        {{"--quiet", "endpoints"}, 2, "flags go behind the command"},
        {{"check"}, 2, "DIR is missing"},
        {{"check", "a", "b"}, 2, "one argument too many: b"},
        {{"check", "@", "--jsn"}, 2, "unknown flag --jsn; see slipway check --help"},
        {{"check", "@", "--json=yes"}, 2, "--json takes no value"},
        {{"endpoints", "--yes"}, 2, "--yes does not apply to `slipway endpoints`"},
        {{"chat", "legal", "hi", "--dry-run"}, 2, "--dry-run does not apply to `slipway chat`"},
        {{"endpoints", "--profile"}, 2, "--profile needs a value"},
        {{"endpoints", "--profile", "nope"}, 2, "no profile 'nope'"},
        {{"upload", "@", "--yes"}, 2, "--repo OWNER/NAME is missing"},
        {{"upload", "@", "--repo", "noslash", "--yes"}, 2, "OWNER/NAME"},
        {{"deploy", "noslash", "--yes"}, 2, "OWNER/NAME"},
        {{"deploy", REPO, "--max", "many", "--yes"}, 2, "max must be a whole number"},
        {{"deploy", REPO, "--min", "5", "--max", "2", "--yes"}, 2, "cannot be above max"},
        {{"deploy", REPO, "--env", "A", "--yes"}, 2, "NAME=VALUE"},
        {{"deploy", REPO, "--budget", "lots", "--yes"}, 2, "amount of dollars"},
        {{"deploy", "ada/x", "--yes"}, 2, "name it with --name"},
        {{"run", "legal"}, 2, "--prompt TEXT"},
        {{"run", "legal", "--prompt", "a", "--input", "{}"}, 2, "--prompt TEXT"},
        {{"run", "legal", "--input", "[1]"}, 2, "JSON object"},
        {{"run", "legal", "--input", "{bad"}, 2, "input: not valid JSON"},
        {{"run", "legal", "--input", "@/nowhere/in.json"}, 2, "No such file"},
        {{"run", "legal", "--prompt", "a", "--max-tokens", "0"}, 2, "max-tokens"},
        {{"chat", "legal"}, 2, "no question"},
        {{"logs", "legal", "--tail", "-1"}, 2, "tail must be"},
        {{"resume", "u123", "--yes"}, 2, "no operation u123"},
    };
    int64_t mark = world_mark();
    each(table, ROWS(table));
    nothing_done(mark);
}

/* With --json the complaint is a document too. */
static void test_a_failure_as_a_document(void **state)
{
    (void)state;
    RUN(2, "check", "/nowhere", "--json");
    struct json *j = document("slipway.error/1");
    assert_string_equal(json_str_or(j, "class", ""), "input");
    assert_non_null(strstr(json_str_or(j, "message", ""), "No such file"));
    json_free(j);
    one_sentence(&world.p, "check /nowhere");
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    static const struct failing table[] = {
        {{"check", "/nowhere"}, 2, "/nowhere: cannot open the folder"},
        {{"check", "/dev/null"}, 2, "Not a directory"},
        {{"upload", "/nowhere", "--repo", "ada/other", "--yes"}, 2, "cannot open the folder"},
        {{"upload", "@", "--repo", REPO, "--revision", "nope", "--yes"}, 2, "no revision nope"},
        {{"deploy", "ada/nowhere", "--yes"}, 2, "no repository ada/nowhere"},
        {{"deploy", REPO "@nope", "--yes"}, 2, "no repository " REPO "@nope"},
        {{"deploy", REPO, "--gpu", "ADA_23", "--yes"}, 2, "there are AMPERE_16"},
        {{"deploy", REPO, "--name", "legal", "--yes"}, 6, "exists already"},
        {{"run", "nowhere", "--prompt", "hi"}, 2, "`slipway endpoints`"},
        {{"chat", "nowhere", "hi"}, 2, "no model and no endpoint called nowhere"},
        {{"logs", "nowhere"}, 2, "no endpoint nowhere"},
    };
    int64_t mark = world_mark();
    each(table, ROWS(table));
    nothing_done(mark);
}

static void test_a_folder_that_must_be_mended(void **state)
{
    (void)state;
    char bad[PATH_MAX], file[PATH_MAX + 16];
    int64_t mark = world_mark();
    temp_folder_path(bad, &world.folder, "bad");
    assert_int_equal(mkdir(bad, 0700), 0);
    snprintf(file, sizeof file, "%s/config.json", bad);
    world_write(file, "{\"model_type\": ");
    RUN(1, "check", bad, "--json");
    struct json *j = document("slipway.checklist/1");
    assert_true(json_int(j, "blockers", 0) > 0);
    json_free(j);
    RUN(1, "upload", bad, "--repo", "ada/other", "--yes");
    one_sentence(&world.p, "upload");
    nothing_done(mark);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static const struct failing needs_keys[] = {
    {{"endpoints"}, 3, "RUNPOD_API_KEY"},
    {{"run", "legal", "--prompt", "hi"}, 3, "RUNPOD_API_KEY"},
    {{"chat", "legal", "hi"}, 3, "RUNPOD_API_KEY"},
    {{"logs", "legal"}, 3, "RUNPOD_API_KEY"},
    {{"upload", "@", "--repo", "ada/other", "--yes"}, 3, "oken"},
    {{"upload", "@", "--repo", "ada/other", "--dry-run"}, 3, "oken"},
};

static void test_without_keys(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    program_env_set(&world.env, "RUNPOD_API_KEY", NULL);
    program_env_set(&world.env, "HF_TOKEN", NULL);
    each(needs_keys, ROWS(needs_keys));
    RUN(3, "upload", world.model, "--repo", "ada/other", "--yes");
    COMPLAINS("HF_TOKEN");
    RUN(3, "deploy", REPO, "--yes");
    COMPLAINS("RUNPOD_API_KEY");
    RUN(0, "models");
    RUN(0, "requests");
    RUN(0, "doctor", "--json"); /* nothing is wrong, it is only off */
    struct json *j = document("slipway.doctor/1");
    const struct json *hub = row_with(json_get(j, "checks"), "check", "hub");
    assert_string_equal(json_str_or(hub, "state", ""), "off");
    assert_non_null(strstr(json_str_or(hub, "fix", ""), "HF_TOKEN"));
    json_free(j);
    nothing_done(mark);
}

static void test_with_wrong_keys(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    json_free(sim_call(
        &world.sim, HTTP_POST, world.sim.control, "/_sim/keys", "{\"only\":[\"another\"]}", NULL));
    each(needs_keys, ROWS(needs_keys));
    RUN(1, "doctor");
    HEARS("HTTP 401");
    nothing_done(mark);
}

/* A server that quotes the key in its answer does not get it onto the screen. */
static void test_a_key_that_comes_back(void **state)
{
    (void)state;
    world_fault("{\"plane\":\"control\",\"kind\":\"status\",\"status\":400,"
                "\"body\":{\"error\":\"what is " RUNPOD_KEY " for\"}}");
    RUN(5, "endpoints", "--json");
    COMPLAINS("what is ***");
}

/* ---- the network --------------------------------------------------------------------------------- */

static const struct failing asks_services[] = {
    {{"endpoints"}, 4, "could not connect"},
    {{"run", "legal", "--prompt", "hi"}, 4, "could not connect"},
    {{"chat", "legal", "hi"}, 4, "could not connect"},
    {{"logs", "legal"}, 4, "could not connect"},
    {{"upload", "@", "--repo", "ada/other", "--yes"}, 4, "could not connect"},
    {{"deploy", REPO, "--yes"}, 4, "could not connect"},
};

/* All at once: each tries a few times before it gives up. */
static void test_nobody_answers(void **state)
{
    (void)state;
    struct program p[ROWS(asks_services)], doctor;
    program_env_set(&world.env, "RUNPOD_API_BASE_URL", DEAD_PORT);
    program_env_set(&world.env, "RUNPOD_ENDPOINT_BASE_URL", DEAD_PORT "/v2");
    program_env_set(&world.env, "HF_ENDPOINT", DEAD_PORT);
    program_start(&doctor, &world.env, false, "doctor", NULL);
    for (size_t i = 0; i < ROWS(p); i++)
        begin(&p[i], &asks_services[i]);
    for (size_t i = 0; i < ROWS(p); i++) {
        end(&p[i], &asks_services[i]);
        program_release(&p[i]);
    }
    world_finish(&doctor);
    world_expect(&doctor, 1, "doctor");
    program_release(&doctor);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

/* One that takes the request and never answers: Ctrl-C and kill end every command at once. */
static void test_stopped_while_nobody_answers(void **state)
{
    (void)state;
    static const struct failing stopped[] = {
        {{"endpoints"}, 7, "cancelled"},
        {{"run", "legal", "--prompt", "hi"}, 7, "cancelled"},
        {{"chat", "legal", "hi"}, 7, "cancelled"},
        {{"doctor"}, 7, "cancelled"},
        {{"upload", "@", "--repo", "ada/other", "--yes"}, 7, "cancelled"},
        {{"deploy", REPO, "--yes"}, 7, "cancelled"},
    };
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct program p[ROWS(stopped)];
    int64_t mark = world_mark();
    world_fault("{\"kind\":\"hang\"}");
    for (size_t i = 0; i < ROWS(p); i++)
        begin(&p[i], &stopped[i]);
    UNTIL(world_count(mark, "") >= (int)ROWS(p) + 2); /* doctor asks three at once */
    int64_t begun = clock_mono_ms(clock_real());
    for (size_t i = 0; i < ROWS(p); i++)
        program_signal(&p[i], signals[i % ROWS(signals)]);
    for (size_t i = 0; i < ROWS(p); i++) {
        end(&p[i], &stopped[i]);
        program_release(&p[i]);
    }
    assert_in_range(clock_mono_ms(clock_real()) - begun, 0, STOP_LIMIT_S * 1000);
    world_no_faults();
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

/* Reading a question that never comes is a wait like any other. Following a log ends by Ctrl-C alone, so that
 * is no failure. */
static void test_stopped_while_nothing_comes(void **state)
{
    (void)state;
    struct program chat, logs;
    int64_t mark = world_mark();
    program_start(&chat, &world.env, true, "chat", "legal", NULL);
    program_start(&logs, &world.env, false, "logs", "legal", "--follow", NULL);
    UNTIL(world_count(mark, "GET /v2/serverless/x2x496ymkidl3m/workers/") > 0);
    program_signal(&chat, SIGINT);
    program_signal(&logs, SIGINT);
    world_finish(&chat);
    world_expect(&chat, 7, "chat");
    world_finish(&logs);
    world_expect(&logs, 0, "logs --follow");
    program_release(&chat);
    program_release(&logs);
}

/* `slipway logs --follow | head`: nobody reads any more, so there is nothing to follow for. */
static void test_nobody_reads(void **state)
{
    (void)state;
    struct program p;
    program_start(&p, &world.env, false, "logs", "legal", "--follow", NULL);
    close(p.out_fd);
    p.out_fd = -1;
    world_finish(&p);
    world_expect(&p, 6, "logs --follow");
    program_release(&p);
}

/* ---- this machine -------------------------------------------------------------------------------- */

static void write_config(const char *text, mode_t mode)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/slipway", world.home);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/slipway/config.ini", world.home);
    world_write(path, text);
    assert_int_equal(chmod(path, mode), 0);
    program_env_set(&world.env, "XDG_CONFIG_HOME", world.home);
}

static void test_a_broken_config(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
        struct failing call;
    } table[] = {
        {"[profile default]\nfoo = 3\n", 0600,
            {{"endpoints"}, 2, "config.ini line 2: unknown key"}},
        {"[profile default]\nbudget = much\n", 0600, {{"doctor"}, 2, "config.ini line 2: budget"}},
        {"oops\n", 0600, {{"models"}, 2, "config.ini line 1"}},
        {"[profile default]\n", 0644, {{"models"}, 2, "chmod 600"}},
        {"[profile a]\n[profile b]\n", 0600, {{"models"}, 2, "config.ini has: a, b"}},
    };
    for (size_t i = 0; i < ROWS(table); i++) {
        write_config(table[i].text, table[i].mode);
        each(&table[i].call, 1);
    }
}

/* A file stands where the state folder should be. What needs no state works, and says that it is not kept. */
static void test_no_place_for_the_state(void **state)
{
    (void)state;
    static const struct failing table[] = {
        {{"requests"}, 6, "XDG_STATE_HOME"},
        {{"resume"}, 6, "XDG_STATE_HOME"},
        {{"models"}, 6, "cannot make the folder"},
        {{"upload", "@", "--repo", "ada/other", "--yes"}, 6, "XDG_STATE_HOME"},
        {{"deploy", REPO, "--yes"}, 6, "XDG_STATE_HOME"},
    };
    char path[PATH_MAX + 32];
    int64_t mark = world_mark();
    snprintf(path, sizeof path, "%s/file", world.home);
    world_write(path, "");
    program_env_set(&world.env, "XDG_STATE_HOME", path);
    each(table, ROWS(table));
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "endpoints");
    RUN(0, "run", "legal", "--prompt", "hi");
    COMPLAINS("not kept");
}

static void test_a_database_that_is_away(void **state)
{
    (void)state;
    static const struct failing table[] = {
        {{"models"}, 4, "its address is from SLIPWAY_DATABASE_URL"},
        {{"jobs"}, 4, "cannot connect to the database"},
        {{"migrate"}, 4, "cannot connect to the database"},
        {{"chat", "nowhere", "hi"}, 2, "the registry could not be asked"},
    };
    static const struct failing wrong = {{"models"}, 2, "SLIPWAY_DATABASE_URL: database_url"};
    program_env_set(
        &world.env, "SLIPWAY_DATABASE_URL", "postgresql://slipway:" DB_PASSWORD "@127.0.0.1:1/x");
    each(table, ROWS(table));
    RUN(1, "doctor");
    HEARS("cannot connect to the database");
    RUN(0, "endpoints"); /* which does not need it */
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", "mysql://u:" DB_PASSWORD "@h/x");
    each(&wrong, 1);
}

static void test_an_address_that_would_leak_the_key(void **state)
{
    (void)state;
    static const struct failing call = {{"endpoints"}, 2, "must be reached by https"};
    program_env_set(&world.env, "RUNPOD_API_BASE_URL", "http://example.com");
    each(&call, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_no_command),
        TEST(test_a_failure_as_a_document),
        TEST(test_what_is_not_there),
        TEST(test_a_folder_that_must_be_mended),
        TEST(test_without_keys),
        TEST(test_with_wrong_keys),
        TEST(test_a_key_that_comes_back),
        TEST(test_nobody_answers),
        TEST(test_stopped_while_nobody_answers),
        TEST(test_stopped_while_nothing_comes),
        TEST(test_nobody_reads),
        TEST(test_a_broken_config),
        TEST(test_no_place_for_the_state),
        TEST(test_a_database_that_is_away),
        TEST(test_an_address_that_would_leak_the_key),
    };
    return cmocka_run_group_tests_name("commands that fail", tests, start, stop);
}
