/* More than is shown: the reading commands say so, in words and in --json, and only then; and what has many
 * lines stays in its row. */
#include "command_world.h"

#include "client/db.h"
#include "client/state.h"

#include <math.h>

enum { JOBS_SHOWN = 10000, REQUESTS_SHOWN = 100 };

static int start(void **state)
{
    (void)state;
    world_start("healthy", "20");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* ---- filling ------------------------------------------------------------------------------------- */

static void insert_jobs(struct db *db, int from, int count)
{
    struct err e;
    if (db_begin(db, DB_WRITE, NULL, &e))
        fail_msg("%s", e.message);
    for (int i = from; i < from + count; i++) {
        char id[40];
        snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i);
        const char *const values[] = {id};
        if (db_exec(db,
                "INSERT INTO {table local_training_jobs} (id, model_name, status, created_at) "
                "VALUES ($1, 'job', 'completed', {now})",
                values, 1, NULL, &e))
            fail_msg("%s", e.message);
    }
    if (db_commit(db, &e))
        fail_msg("%s", e.message);
}

static void save_requests(struct state *s, int from, int count)
{
    struct err e;
    for (int i = from; i < from + count; i++) {
        struct request q = {.endpoint_id = "x2x496ymkidl3m",
            .status = REQUEST_COMPLETED,
            .submitted_ms = 1790000000000 + i,
            .delay_ms = -1,
            .execution_ms = 1210,
            .first_token_ms = -1,
            .tokens_in = -1,
            .tokens_out = -1,
            .price_hour = NAN,
            .cost = NAN,
            .model = TEXT("legal"),
            .gpu = TEXT(""),
            .input = TEXT("{}"),
            .output =
                TEXT("first line\nsecond line, which goes on and on and on and on and on and on "
                     "and on and on"),
            .error = TEXT("")};
        snprintf(q.id, sizeof q.id, "request-%03d", i);
        if (state_request_save(s, &q, &e))
            fail_msg("%s", e.message);
    }
}

/* ---- tests --------------------------------------------------------------------------------------- */

static size_t lines_heard(void)
{
    size_t n = 0;
    for (const char *s = heard(); (s = strchr(s, '\n')); s++)
        n++;
    return n;
}

/* The title, the rows, and one line more when there is more. */
static void check(const char *command, const char *schema, size_t rows, bool more)
{
    RUN(0, command);
    assert_int_equal(lines_heard(), 1 + rows + more);
    assert_int_equal(strstr(heard(), "there are more") != NULL, more);
    RUN(0, command, "--json");
    struct json *j = document(schema);
    assert_int_equal(json_count(json_get(j, command)), rows);
    assert_int_equal(json_kind(json_get(j, "more")), JSON_BOOL);
    assert_int_equal(json_bool(j, "more", !more), more);
    json_free(j);
}

static void test_jobs(void **state)
{
    char url[PATH_MAX + 32];
    struct err e;
    (void)state;
    snprintf(url, sizeof url, "sqlite:%s/jobs.db", world.home);
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", url);
    RUN(0, "migrate");
    const struct db_options options = {.url = url};
    struct db *db = db_open(&options, NULL, &e);
    if (!db)
        fail_msg("%s", e.message);
    insert_jobs(db, 0, JOBS_SHOWN);
    check("jobs", "slipway.jobs/1", JOBS_SHOWN, false);
    insert_jobs(db, JOBS_SHOWN, 1);
    check("jobs", "slipway.jobs/1", JOBS_SHOWN, true);
    db_close(db);
}

static void test_requests(void **state)
{
    char path[PATH_MAX];
    struct err e;
    (void)state;
    RUN(0, "requests"); /* makes the file */
    assert_true(snprintf(path, sizeof path, "%s/.local/state/slipway/default/state.db",
                    world.home) < (int)sizeof path);
    struct state *s = state_open(path, &e);
    if (!s)
        fail_msg("%s", e.message);
    save_requests(s, 0, REQUESTS_SHOWN);
    check("requests", "slipway.requests/1", REQUESTS_SHOWN, false);
    save_requests(s, REQUESTS_SHOWN, 1);
    check("requests", "slipway.requests/1", REQUESTS_SHOWN, true);
    RUN(0, "requests");
    HEARS("request-100");
    assert_null(strstr(heard(), "request-000")); /* the oldest is the one that is left out */
    HEARS("first line␊second line");
    HEARS("…");
    state_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_jobs),
        TEST(test_requests),
    };
    return cmocka_run_group_tests_name("commands_many", tests, start, stop);
}
