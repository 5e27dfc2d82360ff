/* The registry: the same cases on SQLite and PostgreSQL, then what only a shared database can do to
 * us. */
#include "base/json.h"
#include "clean_check.h"
#include "client/registry.h"
#include "client/registry_internal.h"
#include "db_fixture.h"

#include <math.h>
#include <pthread.h>

enum { ARENA_MAX = 1 << 20, ROWS = 100 };

static struct registry *open_as(const struct fixture *f, const char *url, const char *user)
{
    struct err e;
    struct db *d = fixture_try(url ? url : f->url, user, &e);
    struct registry *r = d ? registry_new(d, user, &e) : NULL;
    if (!r)
        fail_msg("%s", e.message);
    return r;
}

static void migrate(struct registry *r, int expected)
{
    struct err e;
    int made;
    if (registry_migrate(r, &made, NULL, &e))
        fail_msg("registry_migrate: %s", e.message);
    assert_int_equal(expected, made);
}

static const struct registry_upload uploaded = {.url = "https://huggingface.co/o/n",
    .commit = "abc",
    .state = "uploaded",
    .sent = 1000,
    .total = 1000};

static struct registration sample(void)
{
    return (struct registration){.name = "my model",
        .hub_id = "org/name",
        .revision = "0123456789abcdef0123456789abcdef01234567",
        .endpoint_id = "vllm-abc123",
        .endpoint_url = "https://api.runpod.ai/v2/vllm-abc123/openai/v1",
        .base_model = "org/base",
        .training_method = "lora",
        .context_length = 8192,
        .max_output_tokens = 1000,
        .cost_per_request = 0.00125,
        .budget_limit = -1,
        .config_json = "{\"gpu_type\": \"L4\", \"environment_variables\": {\"HF_TOKEN\": \"x\"}}",
        .answered = true};
}

static void do_register(struct registry *r, const struct registration *w, char id[MODEL_ROW_ID_MAX])
{
    struct err e;
    if (registry_register(r, w, id, NULL, &e))
        fail_msg("registry_register: %s", e.message);
    assert_true(id[0] != '\0');
}

static struct model_row *read_models(struct registry *r, struct arena *a, size_t expected)
{
    struct model_row *rows;
    struct err e;
    size_t n;
    if (registry_models(r, a, &rows, &n, ROWS, NULL, &e))
        fail_msg("registry_models: %s", e.message);
    assert_int_equal(expected, n);
    return rows;
}

static struct job *read_jobs(struct registry *r, struct arena *a, size_t expected)
{
    struct job *jobs;
    struct err e;
    size_t n;
    if (registry_jobs(r, a, &jobs, &n, ROWS, NULL, &e))
        fail_msg("registry_jobs: %s", e.message);
    assert_int_equal(expected, n);
    return jobs;
}

static char *missing_of(struct registry *r)
{
    struct buf b;
    struct err e;
    buf_init(&b, 65536);
    if (registry_missing(r, &b, NULL, &e))
        fail_msg("registry_missing: %s", e.message);
    return buf_take(&b, NULL);
}

/* ---- migrate
 * ------------------------------------------------------------------------------------- */

static void migrate_makes_all_once(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    char *missing = missing_of(r);
    assert_non_null(strstr(missing, "llm_models: no such table"));
    assert_non_null(strstr(missing, "local_training_metrics: no such table"));
    free(missing);
    migrate(r, REGISTRY_TABLES);
    migrate(r, 0);
    missing = missing_of(r);
    assert_string_equal("", missing);
    free(missing);
    registry_free(r);
}

static void migrate_touches_nothing_that_exists(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct err e;
    int made;
    fixture_sql(d, "CREATE TABLE {table llm_models} (id text)", NULL);
    assert_int_equal(-1, registry_migrate(r, &made, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(0, made);
    assert_non_null(strstr(e.message, "local_training_jobs"));
    char names[4][DB_NAME_MAX];
    size_t n;
    bool exists;
    assert_int_equal(0, db_begin(d, DB_READ, NULL, &e));
    assert_int_equal(0, db_table_columns(d, "llm_models", names, 4, &n, &e));
    assert_int_equal(1, n);
    assert_int_equal(0, db_table_exists(d, "local_training_jobs", &exists, &e));
    assert_false(exists);
    db_close(d);
    registry_free(r);
}

/* ---- register
 * ------------------------------------------------------------------------------------ */

static void registering_twice_is_registering_once(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct registration w = sample();
    char first[MODEL_ROW_ID_MAX], second[MODEL_ROW_ID_MAX];
    migrate(r, REGISTRY_TABLES);
    w.answered = false;
    do_register(r, &w, first);
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table inference_deployments}"
                                         " WHERE status = 'deploying' AND deployed_at IS NULL"));
    /* in between somebody turns it off, adds keys of his own, and the price of it is known no more */
    fixture_sql(d,
        "UPDATE {table llm_models} SET enabled = FALSE, description = 'mine',"
        " metadata = '{\"theirs\":1}'",
        NULL);
    w.answered = true;
    w.endpoint_url = "https://api.runpod.ai/v2/vllm-abc123/runsync"; /* the old form */
    w.training_method = NULL;
    w.context_length = 16384;
    do_register(r, &w, second);
    assert_string_equal(first, second);
    struct model_row *m = read_models(r, a, 1);
    assert_string_equal(first, m->id);
    assert_string_equal("my model", m->name.s);
    assert_string_equal("runpod", m->provider.s);
    assert_string_equal("org/name", m->hub_id.s);
    assert_string_equal("https://api.runpod.ai/v2/vllm-abc123/openai/v1", m->base_url.s);
    assert_string_equal("vllm-abc123", m->endpoint_id);
    assert_string_equal(w.revision, m->revision.s);
    assert_string_equal("lora", m->training_method.s); /* unknown does not overwrite */
    assert_int_equal(16384, m->context_length);
    assert_true(m->cost_per_request == 0.00125);
    assert_true(isnan(m->budget_limit));
    assert_false(m->enabled);
    assert_false(m->is_global);
    assert_true(m->created_ms > 0 && m->updated_ms >= m->created_ms);
    assert_int_equal(
        1, fixture_count(d, "SELECT count(*) FROM {table llm_models} WHERE"
                            " {json metadata theirs} IS NOT NULL AND description = 'mine'"
                            " AND auth_type = 'bearer' AND api_key_encrypted IS NULL"));
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table inference_deployments}"));
    assert_int_equal(
        1, fixture_count(d,
               "SELECT count(*) FROM {table inference_deployments} WHERE status = 'active'"
               " AND deployed_at IS NOT NULL AND cost_per_request = 0.00125"
               " AND provider = 'runpod-serverless' AND budget_limit IS NULL"
               " AND {json config gpu_type} = 'L4'"
               " AND {json config environment_variables} IS NULL"));
    db_close(d);
    registry_free(r);
    arena_free(a);
}

struct racer {
    const struct fixture *f;
    const char *user, *name;
    char id[MODEL_ROW_ID_MAX];
    int result;
    struct err e;
};

static void *race(void *arg)
{
    struct racer *w = arg;
    struct registration what = sample();
    what.name = w->name;
    struct db *d = fixture_try(w->f->url, w->user, &w->e);
    struct registry *r = d ? registry_new(d, w->user, &w->e) : NULL;
    w->result = r ? registry_register(r, &what, w->id, NULL, &w->e) : -1;
    registry_free(r);
    return NULL;
}

/* Holds every insertion up before it is seen, so that whoever does not wait for the other comes in
 * between. */
static void make_inserts_slow(const struct fixture *f, struct db *d)
{
    if (!f->pg)
        return;
    fixture_sql(d,
        "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$",
        NULL);
    fixture_sql(d,
        "CREATE TRIGGER slow BEFORE INSERT ON public.llm_models FOR EACH ROW"
        " EXECUTE FUNCTION public.slow()",
        NULL);
    fixture_sql(d,
        "CREATE TRIGGER slow BEFORE INSERT ON public.inference_deployments FOR EACH ROW"
        " EXECUTE FUNCTION public.slow()",
        NULL);
}

enum { RACERS = 5 };

static void race_all(
    const struct fixture *f, const char *user, bool same, struct racer racers[RACERS])
{
    static const char *const names[RACERS] = {"one", "two", "three", "four", "five"};
    pthread_t threads[RACERS];
    for (size_t i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.f = f, .user = user, .name = names[same ? 0 : i]};
        assert_int_equal(0, pthread_create(&threads[i], NULL, race, &racers[i]));
    }
    for (size_t i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < RACERS; i++)
        if (racers[i].result)
            fail_msg("racer %zu: %s", i, racers[i].e.message);
}

/* Several at once: one row each, and all are told the same. */
static void expect_one(const struct fixture *f, const char *user)
{
    struct racer racers[RACERS];
    struct db *d = fixture_open(f, NULL);
    make_inserts_slow(f, d);
    race_all(f, user, true, racers);
    for (size_t i = 0; i < RACERS; i++)
        assert_string_equal(racers[0].id, racers[i].id);
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table llm_models}"));
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table inference_deployments}"));
    db_close(d);
}

/* Under several names at once: nothing but the endpoint's own lock keeps them apart. */
static void racing_names_share_one_endpoint(void **state)
{
    struct racer racers[RACERS];
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    migrate(r, REGISTRY_TABLES);
    make_inserts_slow(*state, d);
    race_all(*state, FIXTURE_USER, false, racers);
    assert_int_equal(RACERS, fixture_count(d, "SELECT count(*) FROM {table llm_models}"));
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table inference_deployments}"));
    db_close(d);
    registry_free(r);
}

static void racing_writers_make_one_row(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    migrate(r, REGISTRY_TABLES);
    registry_free(r);
    expect_one(*state, FIXTURE_USER);
}

static void racing_without_an_owner_makes_one_row(void **state)
{
    struct registry *r = open_as(*state, NULL, NULL);
    migrate(r, REGISTRY_TABLES);
    registry_free(r);
    expect_one(*state, NULL);
}

/* A live table as somebody made it by hand: text ids, no uniqueness, few columns. */
static void make_poor_tables(struct db *d)
{
    fixture_sql(d,
        "CREATE TABLE {table llm_models} (id text PRIMARY KEY {d:id}, user_id text,"
        " name text, provider text, base_url text, model_id text)",
        NULL);
    fixture_sql(d,
        "CREATE TABLE {table inference_deployments} (id text {d:id}, user_id text,"
        " provider text, deployment_id text)",
        NULL);
    fixture_sql(d,
        "CREATE TABLE {table local_training_jobs} (id {t:bigint}, user_id {t:uuid},"
        " status text, loss text)",
        NULL);
}

static void racing_without_uniqueness_makes_one_row(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    make_poor_tables(d);
    db_close(d);
    expect_one(*state, FIXTURE_USER);
}

static void missing_columns_are_left_out_and_named(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct arena *a = arena_new(ARENA_MAX);
    struct registration w = sample();
    char id[MODEL_ROW_ID_MAX];
    make_poor_tables(d);
    fixture_sql(d,
        "INSERT INTO {table local_training_jobs} VALUES (42, '" FIXTURE_USER "',"
        " 'running', '0.5')",
        NULL);
    do_register(r, &w, id);
    do_register(r, &w, id);
    struct model_row *m = read_models(r, a, 1);
    assert_string_equal(id, m->id);
    assert_string_equal("vllm-abc123", m->endpoint_id); /* out of base_url: there is no metadata */
    assert_true(m->enabled);
    assert_int_equal(-1, m->created_ms);
    assert_int_equal(-1, m->context_length);
    struct job *j = read_jobs(r, a, 1);
    assert_string_equal("42", j->id);
    assert_string_equal("running", j->status.s);
    assert_true(j->loss == 0.5);
    assert_true(isnan(j->eval_loss));
    assert_int_equal(-1, j->step);
    assert_int_equal(0, j->name.len);
    char *missing = missing_of(r);
    assert_non_null(strstr(missing, "llm_models: no column metadata\n"));
    assert_non_null(strstr(missing, "llm_models: (user_id, name) is not unique\n"));
    assert_non_null(strstr(missing, "local_training_jobs: no column model_url\n"));
    assert_non_null(strstr(missing, "local_training_metrics: no such table\n"));
    assert_null(strstr(missing, "job_token"));
    assert_null(strstr(missing, "api_key_encrypted"));
    free(missing);
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* No deployments table, no user_id: the first does without, the second is refused. */
static void what_cannot_be_guarded_is_refused(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct arena *a = arena_new(ARENA_MAX);
    struct registration w = sample();
    struct job *jobs;
    struct err e;
    size_t n;
    char id[MODEL_ROW_ID_MAX];
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_string_equal("", id);
    make_poor_tables(d);
    fixture_sql(d, "DROP TABLE {table inference_deployments}", NULL);
    fixture_sql(d, "DROP TABLE {table local_training_jobs}", NULL);
    fixture_sql(d, "CREATE TABLE {table local_training_jobs} (id text, status text)", NULL);
    do_register(r, &w, id);
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table llm_models}"));
    assert_int_equal(-1, registry_jobs(r, a, &jobs, &n, ROWS, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* A failure in the second row takes the first back. */
static void a_registration_is_whole_or_not_at_all(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct registration w = sample();
    struct err e;
    char id[MODEL_ROW_ID_MAX];
    make_poor_tables(d);
    fixture_sql(d, "DROP TABLE {table inference_deployments}", NULL);
    fixture_sql(d,
        "CREATE TABLE {table inference_deployments} (id text {d:id}, user_id text,"
        " provider text CHECK (provider <> 'runpod-serverless'), deployment_id text)",
        NULL);
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_string_equal("", id);
    assert_int_equal(0, fixture_count(d, "SELECT count(*) FROM {table llm_models}"));
    db_close(d);
    registry_free(r);
}

static void secrets_are_never_written(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct registration w = sample();
    struct err e;
    char id[MODEL_ROW_ID_MAX];
    migrate(r, REGISTRY_TABLES);
    w.config_json = "{\"template\": {\"HF_TOKEN\": \"hf_abcdefghijklmnopqrstuvwxyz\"}}";
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
    assert_null(strstr(e.message, "hf_abc"));
    w = sample();
    w.name = "rpa_abcdefghijklmnopqrstuvwxyz";
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    w = sample();
    w.name = "bad \xff utf-8";
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
    w = sample();
    w.config_json = "[1]";
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
    w = sample();
    w.endpoint_id = "";
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(0, fixture_count(d, "SELECT count(*) FROM {table llm_models}"));
    db_close(d);
    registry_free(r);
}

static void read_only_and_cancelled_write_nothing(void **state)
{
    const struct fixture *f = *state;
    struct registry *r = open_as(f, NULL, FIXTURE_USER);
    struct registration w = sample();
    struct err e;
    char id[MODEL_ROW_ID_MAX];
    int made;
    migrate(r, REGISTRY_TABLES);
    struct cancel *cancel = cancel_new(NULL);
    cancel_fire(cancel);
    assert_int_equal(-1, registry_register(r, &w, id, cancel, &e));
    assert_int_equal(ERR_CANCEL, e.class);
    registry_free(r);
    struct db_options o = {.url = f->url, .user_id = FIXTURE_USER, .read_only = true};
    struct db *d = db_open(&o, NULL, &e);
    assert_non_null(d);
    r = registry_new(d, FIXTURE_USER, &e);
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(-1, registry_migrate(r, &made, NULL, &e));
    assert_int_equal(-1, registry_job_upload(r, "x", &uploaded, NULL, &e));
    struct arena *a = arena_new(ARENA_MAX);
    read_models(r, a, 0);
    arena_free(a);
    registry_free(r);
    cancel_unref(cancel);
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

#define JOB(n) "aaaaaaaa-0000-4000-8000-00000000000" #n

static void jobs_come_newest_first_and_only_ours(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct job *some;
    struct err e;
    size_t n;
    migrate(r, REGISTRY_TABLES);
    fixture_sql(d,
        "INSERT INTO {table local_training_jobs} (id, user_id, status, created_at,"
        " started_at, current_step, total_steps, progress, total_epochs, config) VALUES"
        " ('" JOB(
            1) "', '" FIXTURE_USER "', 'odd', '2026-11-01T10:00:00Z',"
               " '2026-11-01T10:00:00.250Z', 25, 100, 0.9, 3, '{\"training_method\":\"dpo\"}'),"
               " ('" JOB(2) "', '" FIXTURE_USER "', 'running', '2026-11-03T10:00:00Z', NULL,"
                            " NULL, NULL, 50, NULL, '[1]'),"
                            " ('" JOB(3) "', '" FIXTURE_OTHER
                                         "', 'running', '2026-11-04T10:00:00Z', NULL,"
                                         " NULL, NULL, NULL, NULL, NULL),"
                                         " ('" JOB(
                                             4) "', NULL, 'running', '2026-11-05T10:00:00Z', NULL,"
                                                " NULL, NULL, NULL, NULL, NULL)",
        NULL);
    struct job *j = read_jobs(r, a, 2);
    assert_string_equal(JOB(2), j[0].id);
    assert_true(j[0].progress == 0.5);
    assert_int_equal(0, j[0].method.len);
    assert_int_equal(-1, j[0].started_ms);
    assert_string_equal(JOB(1), j[1].id);
    assert_string_equal("odd", j[1].status.s);
    assert_string_equal("dpo", j[1].method.s);
    assert_true(j[1].progress == 0.25); /* the steps are surer than the number */
    assert_int_equal(25, j[1].step);
    assert_int_equal(3, j[1].total_epochs);
    assert_int_equal(250, j[1].started_ms % 1000);
    assert_int_equal(j[1].created_ms + 250, j[1].started_ms);
    assert_int_equal(0, registry_jobs(r, a, &some, &n, 1, NULL, &e));
    assert_int_equal(1, n);
    assert_string_equal(JOB(2), some[0].id);
    assert_int_equal(0, registry_jobs(r, a, &some, &n, 0, NULL, &e));
    assert_int_equal(0, n);
    assert_false(registry_hidden(r));
    db_close(d);
    registry_free(r);
    arena_free(a);
}

static void hostile_rows_become_clean_records(void **state)
{
    const struct fixture *f = *state;
    struct registry *r = open_as(f, NULL, FIXTURE_USER);
    struct db *d = fixture_open(f, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct err e;
    const char *params[] = {"\x1b[31mred\x1b]0;title\x07 \xE2\x80\xAE"
                            "evil\r\nnext\x7f",
        "{\"runpod_endpoint_id\": \"a/../b\\u001b[2J\", \"revision\": \"\\u001b[2Jx\","
        " \"training_job_id\": \"" JOB(1) "'; --\", \"cost_per_request\": \"much\","
                                          " \"budget_limit\": 1e400}",
        FIXTURE_USER};
    migrate(r, REGISTRY_TABLES);
    if (f->pg) /* a number that jsonb cannot hold is not there then */
        params[1] = "{\"runpod_endpoint_id\": \"a/../b\\u001b[2J\", \"revision\": \"\\u001b[2Jx\","
                    " \"training_job_id\": \"" JOB(1) "'; --\", \"cost_per_request\": \"much\"}";
    assert_int_equal(0, db_begin(d, DB_OWNER, NULL, &e));
    if (db_exec(d,
            "INSERT INTO {table llm_models} (name, metadata, user_id, provider, base_url,"
            " model_id) VALUES ($1, $2, $3, 'runpod', 'https://x/v2/ok-1/run', 'm')",
            params, 3, NULL, &e) ||
        db_commit(d, &e))
        fail_msg("%s", e.message);
    struct model_row *m = read_models(r, a, 1);
    assert_null(check_is_clean(m->name.s, m->name.len, TEXT_LINE));
    assert_null(check_is_clean(m->revision.s, m->revision.len, TEXT_LINE));
    assert_non_null(strstr(m->name.s, "red"));
    assert_string_equal("ok-1", m->endpoint_id); /* what metadata says is no id */
    assert_string_equal("", m->training_job_id);
    assert_true(isnan(m->cost_per_request));
    assert_string_equal("https://x/v2/ok-1/openai/v1", m->base_url.s);
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* Whatever the locale has for a point. */
static void numbers_are_read_as_they_are(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct buf b;
    assert_true(isnan(registry_number(r, "NaN")));
    assert_true(isnan(registry_number(r, NULL)));
    assert_true(isnan(registry_number(r, "")));
    assert_true(isnan(registry_number(r, "1x")));
    assert_true(isinf(registry_number(r, "Infinity")));
    assert_true(registry_number(r, "-Infinity") < 0);
    assert_true(registry_number(r, "1.5e-3") == 0.0015);
    assert_int_equal(7, registry_integer(r, "7", -1));
    assert_int_equal(12, registry_integer(r, "12.0", -1));
    assert_int_equal(-1, registry_integer(r, "Infinity", -1));
    assert_int_equal(-1, registry_integer(r, "NaN", -1));
    assert_int_equal(-1, registry_integer(r, "1e300", -1));
    assert_int_equal(-1, registry_time("infinity"));
    assert_int_equal(0, registry_time("1970-01-01T00:00:00Z"));
    buf_init(&b, 64);
    assert_int_equal(0, registry_append_number(r, &b, 0.5));
    assert_string_equal("0.5", buf_str(&b));
    buf_release(&b);
    registry_free(r);
}

static void addresses_of_endpoints(void **state)
{
    static const char *const forms[][3] = {
        {"https://api.runpod.ai/v2/abc/runsync", "https://api.runpod.ai/v2/abc/openai/v1", "abc"},
        {"https://api.runpod.ai/v2/abc/run", "https://api.runpod.ai/v2/abc/openai/v1", "abc"},
        {"https://api.runpod.ai/v2/abc/", "https://api.runpod.ai/v2/abc/openai/v1", "abc"},
        {"https://api.runpod.ai/v2/abc", "https://api.runpod.ai/v2/abc/openai/v1", "abc"},
        {"https://api.runpod.ai/v2/abc/openai/v1", "https://api.runpod.ai/v2/abc/openai/v1", "abc"},
        {"https://api.runpod.ai/v2/abc/openai/v1/chat",
            "https://api.runpod.ai/v2/abc/openai/v1/chat", "abc"},
        {"https://example.org/v1", "https://example.org/v1", ""},
        {"https://api.runpod.ai/v2/", "https://api.runpod.ai/v2/", ""},
        {"https://x/v2/a b/run", "https://x/v2/a b/openai/v1", ""},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct buf b;
        char id[MODEL_ROW_REMOTE_ID_MAX];
        buf_init(&b, 256);
        assert_int_equal(0, registry_openai_url(&b, forms[i][0]));
        assert_string_equal(forms[i][1], buf_str(&b));
        registry_endpoint_of(id, sizeof id, forms[i][0]);
        assert_string_equal(forms[i][2], id);
        buf_release(&b);
    }
}

static void an_upload_is_noted_on_its_job(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct err e;
    migrate(r, REGISTRY_TABLES);
    fixture_sql(d,
        "INSERT INTO {table local_training_jobs} (id, user_id, status, metadata) VALUES"
        " ('" JOB(1) "', '" FIXTURE_USER "', 'completed', '{\"logs\":\"kept\"}'),"
                     " ('" JOB(2) "', '" FIXTURE_OTHER "', 'completed', '{}')",
        NULL);
    const struct registry_upload under_way = {
        .url = uploaded.url, .commit = "", .state = "uploading", .sent = 400, .total = 1000};
    struct job job;
    if (registry_job_upload(r, JOB(1), &under_way, NULL, &e) ||
        registry_job(r, JOB(1), a, &job, NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal("uploading", job.upload_state.s);
    assert_int_equal(400, job.upload_sent);
    assert_int_equal(1000, job.upload_total);
    assert_true(job.upload_ms > 0);
    assert_int_equal(0, job.model_url.len);
    assert_int_equal(-1, registry_job(r, JOB(2), a, &job, NULL, &e)); /* somebody else's */
    assert_int_equal(ERR_STATE, e.class);
    if (registry_job_upload(r, JOB(1), &uploaded, NULL, &e))
        fail_msg("%s", e.message);
    assert_string_equal("https://huggingface.co/o/n", read_jobs(r, a, 1)->model_url.s);
    assert_int_equal(1, fixture_count(d, "SELECT count(*) FROM {table local_training_jobs} WHERE"
                                         " {json metadata logs} = 'kept'"
                                         " AND {json metadata hf_upload} LIKE '%\"abc\"%'"));
    assert_int_equal(-1, registry_job_upload(r, JOB(2), &uploaded, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(-1, registry_job_upload(r, JOB(3), &uploaded, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    assert_int_equal(-1, registry_job_upload(r, "x' OR 1=1", &uploaded, NULL, &e));
    assert_int_equal(ERR_INPUT, e.class);
    assert_int_equal(
        1, fixture_count(d, "SELECT count(*) FROM {table local_training_jobs} WHERE model_url"
                            " IS NOT NULL"));
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* ---- PostgreSQL alone
 * ---------------------------------------------------------------------------- */

/* Supabase in small: users, auth.uid(), and a role that is held to the policies. */
static void make_supabase(struct db *d, bool may_become)
{
    static const char *const statements[] = {
        "CREATE SCHEMA auth",
        "CREATE TABLE auth.users (id uuid PRIMARY KEY)",
        "INSERT INTO auth.users VALUES ('" FIXTURE_USER "'), ('" FIXTURE_OTHER "')",
        "CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS"
        " $$ SELECT (current_setting('request.jwt.claims', true)::json->>'sub')::uuid $$",
        "CREATE ROLE authenticated NOLOGIN",
        "CREATE ROLE app LOGIN PASSWORD '" PG_PASSWORD "'",
        "CREATE ROLE stranger LOGIN PASSWORD '" PG_PASSWORD "'",
        "GRANT USAGE ON SCHEMA public, auth TO authenticated, app, stranger",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        fixture_sql(d, statements[i], NULL);
    if (may_become)
        fixture_sql(d, "GRANT authenticated TO app", NULL);
}

static char *url_of(char out[256], const char *role)
{
    snprintf(out, 256, "postgresql://%s:%s@127.0.0.1:%d/postgres", role, PG_PASSWORD,
        fixture_server.port);
    return out;
}

static void row_level_security_holds(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct registration w = sample();
    char app[256], id[MODEL_ROW_ID_MAX], other_id[MODEL_ROW_ID_MAX];
    make_supabase(d, true);
    struct registry *owner = open_as(*state, NULL, NULL);
    migrate(owner, REGISTRY_TABLES);
    registry_free(owner);
    assert_int_equal(4, fixture_count(d, "SELECT count(*) FROM pg_class WHERE relrowsecurity"));
    /* what Slipway must not read, nobody may read: then a look at it would fail */
    fixture_sql(d, "REVOKE SELECT ON public.local_training_jobs FROM authenticated", NULL);
    fixture_sql(d,
        "DO $$ DECLARE c text; BEGIN FOR c IN SELECT attname FROM pg_attribute WHERE"
        " attrelid = 'public.local_training_jobs'::regclass AND attnum > 0"
        " AND attname <> 'job_token' LOOP EXECUTE format("
        "'GRANT SELECT (%I) ON public.local_training_jobs TO authenticated', c);"
        " END LOOP; END $$",
        NULL);
    fixture_sql(d,
        "INSERT INTO public.local_training_jobs (id, user_id, status, job_token) VALUES"
        " ('" JOB(1) "', '" FIXTURE_USER "', 'running', 'token'),"
                     " ('" JOB(2) "', '" FIXTURE_OTHER "', 'running', 'token')",
        NULL);
    struct registry *r = open_as(*state, url_of(app, "app"), FIXTURE_USER);
    struct registry *other = open_as(*state, app, FIXTURE_OTHER);
    assert_string_equal("authenticated", registry_role(r));
    do_register(r, &w, id);
    do_register(r, &w, id);
    w.endpoint_id = "other-endpoint";
    do_register(other, &w, other_id); /* the same name, another's row */
    assert_string_not_equal(id, other_id);
    assert_int_equal(2, fixture_count(d, "SELECT count(*) FROM public.llm_models"));
    assert_string_equal(id, read_models(r, a, 1)->id);
    assert_string_equal(JOB(1), read_jobs(r, a, 1)->id);
    char *missing = missing_of(r);
    assert_string_equal("", missing);
    free(missing);
    registry_free(r);
    registry_free(other);
    db_close(d);
    arena_free(a);
}

static void hidden_rows_are_not_called_none(void **state)
{
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct registration w = sample();
    struct err e;
    struct model_row *rows;
    size_t n;
    char app[256], id[MODEL_ROW_ID_MAX];
    make_supabase(d, false);
    struct registry *owner = open_as(*state, NULL, NULL);
    migrate(owner, REGISTRY_TABLES);
    read_models(owner, a, 0);
    assert_false(registry_hidden(owner)); /* the owner sees all there is: nothing */
    registry_free(owner);
    fixture_sql(d, "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO app", NULL);
    struct registry *r = open_as(*state, url_of(app, "app"), NULL);
    read_models(r, a, 0);
    assert_true(registry_hidden(r));
    assert_string_equal("app", registry_role(r));
    char *missing = missing_of(r);
    assert_non_null(
        strstr(missing, "llm_models: no rows visible to role app (row level security)"));
    free(missing);
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_AUTH, e.class);
    registry_free(r);
    r = open_as(*state, app, FIXTURE_USER); /* claims without the role do as well */
    do_register(r, &w, id);
    read_models(r, a, 1);
    assert_false(registry_hidden(r));
    registry_free(r);
    r = open_as(*state, url_of(app, "stranger"), FIXTURE_USER); /* no rights at all */
    assert_int_equal(-1, registry_models(r, a, &rows, &n, ROWS, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    missing = missing_of(r);
    assert_non_null(strstr(missing, "llm_models: the role stranger may not see it"));
    free(missing);
    registry_free(r);
    r = open_as(*state, app, "77777777-0000-4000-8000-000000000000"); /* a user who is none */
    assert_int_equal(-1, registry_register(r, &w, id, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    registry_free(r);
    db_close(d);
    arena_free(a);
}

static void odd_numbers_of_postgresql_are_read(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    migrate(r, REGISTRY_TABLES);
    fixture_sql(d,
        "INSERT INTO public.local_training_jobs (id, user_id, loss, eval_loss, progress,"
        " learning_rate, started_at, completed_at) VALUES ('" JOB(
            1) "', '" FIXTURE_USER
               "', 'NaN', 'Infinity', 'Infinity', 1e-300, '-infinity', '0044-03-15 BC')",
        NULL);
    struct job *j = read_jobs(r, a, 1);
    assert_true(isnan(j->loss));
    assert_true(isinf(j->eval_loss));
    assert_true(j->progress == 1.0);
    assert_true(j->learning_rate == 1e-300);
    assert_int_equal(-1, j->started_ms);
    assert_int_equal(-1, j->completed_ms);
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* A column goes away under us: one failure, then it is left out. */
static void a_column_that_went_is_noticed(void **state)
{
    struct registry *r = open_as(*state, NULL, FIXTURE_USER);
    struct db *d = fixture_open(*state, NULL);
    struct arena *a = arena_new(ARENA_MAX);
    struct model_row *rows;
    struct err e;
    size_t n;
    migrate(r, REGISTRY_TABLES);
    read_models(r, a, 0);
    fixture_sql(d, "ALTER TABLE public.llm_models DROP COLUMN is_default", NULL);
    assert_int_equal(-1, registry_models(r, a, &rows, &n, ROWS, NULL, &e));
    assert_int_equal(ERR_STATE, e.class);
    read_models(r, a, 0);
    db_close(d);
    registry_free(r);
    arena_free(a);
}

/* ---- which where
 * --------------------------------------------------------------------------------- */

#define BOTH(ON)                                                                                   \
    ON(migrate_makes_all_once), ON(migrate_touches_nothing_that_exists),                           \
        ON(registering_twice_is_registering_once), ON(racing_writers_make_one_row),                \
        ON(racing_names_share_one_endpoint), ON(racing_without_an_owner_makes_one_row),            \
        ON(racing_without_uniqueness_makes_one_row), ON(missing_columns_are_left_out_and_named),   \
        ON(what_cannot_be_guarded_is_refused), ON(a_registration_is_whole_or_not_at_all),          \
        ON(secrets_are_never_written), ON(read_only_and_cancelled_write_nothing),                  \
        ON(jobs_come_newest_first_and_only_ours), ON(hostile_rows_become_clean_records),           \
        ON(numbers_are_read_as_they_are), ON(an_upload_is_noted_on_its_job)

int main(void)
{
    const struct CMUnitTest sqlite[] = {BOTH(ON_SQLITE), cmocka_unit_test(addresses_of_endpoints)};
    const struct CMUnitTest pg[] = {
        BOTH(ON_PG),
        ON_PG(row_level_security_holds),
        ON_PG(hidden_rows_are_not_called_none),
        ON_PG(odd_numbers_of_postgresql_are_read),
        ON_PG(a_column_that_went_is_noticed),
    };
    int failed = cmocka_run_group_tests_name("registry", sqlite, NULL, NULL);
    if (fixture_have_pg("registry"))
        failed += cmocka_run_group_tests_name("registry-pg", pg, fixture_start_pg, fixture_end_pg);
    return failed;
}
