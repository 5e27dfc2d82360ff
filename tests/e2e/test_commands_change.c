/* Endpoints changed by commands: what is said is compared with what the stand-in holds afterwards; what must
 * not be sent is looked for in its log; and a change that was killed ends as one that was not. */
#include "command_world.h"

#include "client/db.h"
#include "model/endpoint.h"

#define LEGAL   "x2x496ymkidl3m"
#define NIGHTLY "k7mqw03v9zt1ab"
#define PATCH   "PATCH /v2/serverless/" LEGAL
#define DELETE  "DELETE /v2/serverless/"
#define REPO    "ada/tiny"

static int start(void **state)
{
    (void)state;
    world_start("tests/data/change.json", "500");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* ---- what the service holds ---------------------------------------------------------------------- */

static struct json *settings(const char *id)
{
    char path[128];
    snprintf(path, sizeof path, "/v2/serverless/%s", id);
    return sim_get(&world.sim, world.sim.control, path);
}

static void workers_are(int min, int max, int idle)
{
    struct json *j = settings(LEGAL);
    const struct json *w = json_get(j, "workers");
    assert_int_equal(json_int(w, "min", -1), min);
    assert_int_equal(json_int(w, "max", -1), max);
    if (idle)
        assert_int_equal(json_int(w, "idleTimeout", -1), idle);
    json_free(j);
}

/* NULL = not set. */
static void env_of(const char *id, const char *name, const char *value)
{
    struct json *j = settings(id);
    const char *is = json_str(json_get(j, "env"), name);
    if (!value)
        assert_null(is);
    else if (!is)
        fail_msg("%s is not set", name);
    else
        assert_string_equal(is, value);
    json_free(j);
}

/* The first line of the plan that holds the words; fails without. */
static const char *planned(const struct json *operation, const char *words)
{
    for (const struct json *l = json_first(json_get(operation, "plan")); l; l = json_next(l))
        if (strstr(json_string(l), words))
            return json_string(l);
    fail_msg("no «%s» in the plan: %s", words, heard());
    return NULL;
}

/* ---- workers -------------------------------------------------------------------------------------- */

static void test_scale(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(0, "scale", "legal", "--max", "6", "--idle", "45", "--timeout", "900", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    assert_string_equal(json_str_or(j, "kind", ""), "change");
    assert_string_equal(json_str_or(j, "state", ""), "done");
    assert_string_equal(json_str_or(j, "endpoint_id", ""), LEGAL);
    planned(j, "4 → 6");
    planned(j, "price at max");
    planned(j, "no worker starts anew");
    json_free(j);
    workers_are(1, 6, 45);
    j = settings(LEGAL);
    assert_int_equal(json_int(j, "timeout", 0), 900000);
    json_free(j);
    assert_int_equal(world_count(mark, NULL), 1);
    mark = world_mark();
    RUN(0, "scale", LEGAL, "--max", "6");
    HEARS("nothing to change");
    assert_int_equal(world_count(mark, NULL), 0);
}

static void test_pause_and_unpause(void **state)
{
    (void)state;
    RUN(0, "pause", "legal", "--yes");
    HEARS("nothing rolls");
    workers_are(0, 0, 30);
    int64_t mark = world_mark();
    RUN(0, "pause", "legal", "--yes");
    HEARS("paused already");
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "unpause", "legal", "--dry-run");
    HEARS("0 → 4");
    workers_are(0, 0, 30);
    RUN(0, "unpause", "legal", "--yes");
    workers_are(1, 4, 30);
    mark = world_mark();
    RUN(0, "unpause", "legal", "--yes");
    HEARS("not paused");
    assert_int_equal(world_count(mark, NULL), 0);
}

/* What somebody else has paused: three, and it is said. What was scaled by hand since is not put back. */
static void test_unpause_without_memory(void **state)
{
    (void)state;
    RUN(0, "scale", "legal", "--min", "0", "--max", "0", "--yes");
    RUN(0, "scale", "legal", "--max", "2", "--yes");
    json_free(sim_call(&world.sim, HTTP_PATCH, world.sim.control, "/v2/serverless/" LEGAL,
        "{\"workers\":{\"min\":0,\"max\":0,\"idleTimeout\":30}}", NULL));
    RUN(0, "unpause", "legal", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    planned(j, "is not remembered");
    json_free(j);
    workers_are(0, 3, 30);
}

/* ---- the container ---------------------------------------------------------------------------------- */

static void test_environment(void **state)
{
    (void)state;
    RUN(0, "set-env", "legal", "--env", "FOO=a b", "--env", "MY_TOKEN=" RUNPOD_KEY, "--env",
        "MAX_MODEL_LENGTH=2048", "--unset", "MAX_CONCURRENCY", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    planned(j, "MAX_MODEL_LENGTH is MAX_MODEL_LEN to this image");
    planned(j, "rolls ");
    json_free(j);
    env_of(LEGAL, "FOO", "a b");
    env_of(LEGAL, "MY_TOKEN", RUNPOD_KEY);
    env_of(LEGAL, "MAX_MODEL_LEN", "2048");
    env_of(LEGAL, "MAX_MODEL_LENGTH", NULL);
    env_of(LEGAL, "MAX_CONCURRENCY", NULL);
    env_of(LEGAL, "MODEL_NAME", "acme/legal-qwen3-8b"); /* the rest stays */
    env_of(LEGAL, "HF_TOKEN", "hf_kDqSlipwayExampleTokenNotReal00000");
}

static void test_context(void **state)
{
    (void)state;
    RUN(0, "set-context", NIGHTLY, "8192", "--dry-run");
    HEARS("whether the model allows 8192 tokens could not be checked");
    RUN(0, "set-context", NIGHTLY, "8192", "--yes");
    env_of(NIGHTLY, "MAX_MODEL_LEN", "8192");
    RUN(0, "set-context", NIGHTLY, "own", "--yes");
    env_of(NIGHTLY, "MAX_MODEL_LEN", NULL);
    RUN(2, "set-context", NIGHTLY, "none", "--yes");
    COMPLAINS("own");
}

/* A length under a name that the image does not read is put right when the workers start anew anyway. */
static void test_a_length_that_nobody_reads_is_mended(void **state)
{
    (void)state;
    json_free(sim_call(&world.sim, HTTP_PATCH, world.sim.control, "/v2/serverless/" LEGAL,
        "{\"env\":{\"MODEL_NAME\":\"acme/legal-qwen3-8b\",\"MAX_MODEL_LENGTH\":\"1000\"}}", NULL));
    RUN(0, "scale", "legal", "--idle", "60", "--yes");
    env_of(LEGAL, "MAX_MODEL_LENGTH", "1000");
    RUN(0, "set-env", "legal", "--env", "FOO=1", "--yes");
    env_of(LEGAL, "MAX_MODEL_LENGTH", NULL);
    env_of(LEGAL, "MAX_MODEL_LEN", "1000");
}

static void test_image_and_pools(void **state)
{
    (void)state;
    RUN(0, "set-image", "legal", "runpod/worker-v1-vllm:v2.18.1", "--cuda", "12.9", "--disk", "80",
        "--yes");
    struct json *j = settings(LEGAL);
    assert_string_equal(json_str_or(j, "image", ""), "runpod/worker-v1-vllm:v2.18.1");
    assert_string_equal(json_str_or(json_get(j, "gpu"), "minCudaVersion", ""), "12.9");
    assert_int_equal(json_int(j, "disk", 0), 80);
    json_free(j);
    RUN(0, "set-pools", "legal", "ADA_48_PRO,AMPERE_48", "--gpus", "2", "--yes");
    j = settings(LEGAL);
    const struct json *gpu = json_get(j, "gpu");
    assert_int_equal(json_count(json_get(gpu, "pools")), 2);
    assert_string_equal(json_string(json_at(json_get(gpu, "pools"), 0)), "ADA_48_PRO");
    assert_int_equal(json_int(gpu, "count", 0), 2);
    json_free(j);
    env_of(LEGAL, "TENSOR_PARALLEL_SIZE", "2");
    RUN(0, "set-image", "legal", "runpod/worker-vllm:stable", "--dry-run");
    HEARS("not known upstream");
}

/* ---- releases ----------------------------------------------------------------------------------------- */

static void test_rollback(void **state)
{
    (void)state;
    RUN(0, "set-env", "legal", "--env", "MAX_MODEL_LEN=4096", "--env", "MY_TOKEN=" RUNPOD_KEY,
        "--yes");
    RUN(0, "releases", "legal", "--json");
    struct json *j = document("slipway.releases/1");
    const struct json *newest = json_at(json_get(j, "releases"), 0);
    assert_int_equal(json_int(newest, "version", 0), 4);
    assert_int_equal(json_count(json_get(newest, "changes")), 2);
    assert_string_equal(
        json_str_or(row_with(json_get(newest, "changes"), "field", "env MY_TOKEN"), "after", ""),
        "•••");
    json_free(j);
    RUN(0, "rollback", "legal", "--yes");
    env_of(LEGAL, "MAX_MODEL_LEN", "8192");
    env_of(LEGAL, "MY_TOKEN", NULL);
    RUN(0, "rollback", "legal", "--to", "1", "--dry-run");
    HEARS("\"image\":\"runpod/worker-v1-vllm:v2.18.1\"");
    HEARS("\"disk\":40");
    RUN(0, "releases", "legal");
    HEARS("image");
    RUN(2, "rollback", "legal", "--to", "99", "--yes");
}

/* ---- the queue and the end ------------------------------------------------------------------------------ */

/* Requests that nobody will take. */
/* Others send too, so it may be full already (429): then enough waits. */
static void queue(int n)
{
    RUN(0, "pause", "legal", "--yes");
    for (int i = 0, status; i < n; i++) {
        json_free(sim_call(&world.sim, HTTP_POST, world.sim.data, "/" LEGAL "/run",
            "{\"input\":{\"prompt\":\"wait\"}}", &status));
        assert_true(status == 200 || status == 429);
    }
}

static int64_t queued(void)
{
    struct json *j = sim_get(&world.sim, world.sim.data, "/" LEGAL "/health");
    int64_t n = json_int(json_get(j, "jobs"), "inQueue", -1);
    json_free(j);
    return n;
}

static void test_purge(void **state)
{
    (void)state;
    queue(3);
    RUN(0, "purge", "legal", "--dry-run");
    HEARS("queued requests are dropped");
    assert_true(queued() >= 3);
    RUN(0, "purge", "legal", "--yes");
    HEARS("removed");
}

static void test_purge_of_nothing(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(0, "purge", NIGHTLY, "--yes");
    if (strstr(heard(), "nothing is queued")) /* its traffic may have queued one just now */
        assert_int_equal(world_count(mark, "POST /v2/" NIGHTLY "/purge-queue"), 0);
}

static void deploy(const char *repo, const char *name)
{
    RUN(0, "deploy", repo, "--name", name, "--yes");
}

static void test_delete(void **state)
{
    (void)state;
    deploy("acme/tiny-base", "doomed");
    RUN(0, "delete-endpoint", "doomed", "--dry-run");
    HEARS("the row doomed of the registry stays");
    assert_int_equal(world_endpoints("doomed"), 1);
    RUN(0, "delete-endpoint", "doomed", "--yes");
    assert_int_equal(world_endpoints("doomed"), 0);
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    assert_non_null(row_with(json_get(j, "models"), "name", "doomed"));
    json_free(j);
    RUN(2, "delete-endpoint", "doomed", "--yes");
    COMPLAINS("there is no endpoint doomed");
}

/* ---- a newer revision ------------------------------------------------------------------------------------ */

static char endpoint_id[ENDPOINT_ID_MAX];

/* An endpoint that serves REPO, and a newer commit there. */
static void prepare_revision(void)
{
    char card[PATH_MAX], text[256];
    RUN(0, "upload", world.model, "--repo", REPO, "--yes");
    deploy(REPO, "tiny");
    snprintf(card, sizeof card, "%.*s/README.md", PATH_MAX - 16, world.model);
    snprintf(text, sizeof text,
        "---\nlicense: apache-2.0\npipeline_tag: text-generation\nlibrary_name: transformers\n---\n"
        "# tiny %d\n",
        world.homes);
    world_write(card, text);
    RUN(0, "upload", world.model, "--repo", REPO, "--yes");
    struct json *truth = world_truth();
    const struct json *row =
        row_with(json_get(json_get(truth, "runpod"), "endpoints"), "name", "tiny");
    snprintf(endpoint_id, sizeof endpoint_id, "%s", json_str_or(row, "id", ""));
    json_free(truth);
}

static void head_of_repo(char out[64])
{
    struct json *truth = world_truth();
    const struct json *repo = row_with(json_get(json_get(truth, "hub"), "repos"), "id", REPO);
    snprintf(out, 64, "%s", json_str_or(repo, "head", ""));
    json_free(truth);
}

static void row_says(const char *revision)
{
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    const struct json *row = row_with(json_get(j, "models"), "name", "tiny");
    assert_int_equal(json_count(json_get(j, "models")), 1);
    assert_string_equal(json_str_or(row, "revision", ""), revision);
    json_free(j);
}

static void test_redeploy(void **state)
{
    (void)state;
    char head[64];
    prepare_revision();
    head_of_repo(head);
    int64_t mark = world_mark();
    RUN(0, "redeploy", "tiny", "--dry-run");
    HEARS("one short request is sent");
    HEARS(head);
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "redeploy", "tiny", "--yes");
    env_of(endpoint_id, "MODEL_REVISION", head);
    row_says(head);
    mark = world_mark();
    RUN(0, "redeploy", "tiny", "--yes");
    HEARS("nothing to change");
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "rollback", "tiny", "--yes"); /* the row follows back, too */
    struct json *j = settings(endpoint_id);
    char before[64];
    snprintf(before, sizeof before, "%s", json_str_or(json_get(j, "env"), "MODEL_REVISION", ""));
    json_free(j);
    assert_string_not_equal(before, head);
    row_says(before);
    RUN(6, "set-context", "tiny", "900000", "--yes"); /* what cannot work is not done */
    COMPLAINS("is more than the model's");
}

/* ---- what must not be sent --------------------------------------------------------------------------------- */

static const char *const commands[][6] = {
    {"scale", "legal", "--max", "7"},
    {"pause", "legal"},
    {"set-env", "legal", "--env", "A_TOKEN=" RUNPOD_KEY},
    {"set-image", "legal", "runpod/worker-v1-vllm:v2.18.1"},
    {"set-pools", "legal", "ADA_48_PRO"},
    {"set-context", "legal", "1024"},
    {"rollback", "legal"},
    {"delete-endpoint", "legal"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void run_with(int code, size_t which, const char *one, const char *two)
{
    const char *arguments[10];
    size_t n = 0;
    for (size_t k = 0; k < 6 && commands[which][k]; k++)
        arguments[n++] = commands[which][k];
    arguments[n++] = one ? one : "--quiet";
    arguments[n++] = two ? two : "--quiet";
    arguments[n] = NULL;
    program_release(&world.p);
    program_start_list(&world.p, &world.env, false, arguments);
    world_finish(&world.p);
    world_expect(&world.p, code, commands[which][0]);
}

/* The exact request is told, its secrets masked, and not sent: neither with a profile that may not write. */
static void test_dry_runs_send_nothing(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    for (size_t i = 0; i < COMMANDS; i++)
        for (int k = 0; k < 2; k++) {
            run_with(0, i, "--dry-run", k ? "--read-only" : NULL);
            HEARS(i == COMMANDS - 1 ? "DELETE http" : "PATCH http");
            if (strstr(heard(), "hf_kDq"))
                fail_msg("a token is shown: %s", heard());
        }
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

static void test_nothing_without_a_yes_or_the_right(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    for (size_t i = 0; i < COMMANDS; i++) {
        run_with(6, i, "--yes", "--read-only");
        COMPLAINS("read-only");
        run_with(2, i, NULL, NULL);
        COMPLAINS("this needs a yes");
    }
    assert_int_equal(world_count(mark, NULL), 0);
}

static void test_bad_words(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    RUN(2, "scale", "legal", "--yes");
    RUN(2, "scale", "legal", "--min", "3", "--max", "2", "--yes");
    RUN(2, "scale", "legal", "--min", "9", "--yes");
    RUN(2, "scale", "legal", "--max", "-1", "--yes");
    RUN(2, "scale", "nobody", "--max", "2", "--yes");
    RUN(2, "set-env", "legal", "--yes");
    RUN(2, "set-env", "legal", "--env", "A-B=1", "--yes");
    RUN(2, "set-env", "legal", "--env", "A=1", "--unset", "A", "--yes");
    RUN(2, "set-env", "legal", "--unset", "NOBODY_SET_THIS", "--yes");
    RUN(2, "set-pools", "legal", "ADA_99", "--yes");
    COMPLAINS("there are ");
    RUN(2, "set-pools", "legal", "ADA_24,AMPERE_24,AMPERE_48,ADA_48_PRO", "--yes");
    RUN(2, "set-pools", "legal", ",", "--yes");
    RUN(2, "rollback", "legal", "--to", "yesterday", "--yes");
    COMPLAINS("“yesterday” is no release: say the number of one");
    RUN(2, "redeploy", "legal", "--yes"); /* its repository is not on this Hub */
    assert_int_equal(world_count(mark, NULL), 0);
}

/* ---- killed ------------------------------------------------------------------------------------------------- */

static void begin(const char *const arguments[])
{
    program_release(&world.p);
    program_start_list(&world.p, &world.env, false, arguments);
}

static void kill_it(void)
{
    program_signal(&world.p, SIGKILL);
    world_finish(&world.p);
    world_no_faults();
}

/* The only unfinished operation is gone on with, to its end. */
static void resumes(void)
{
    char id[64];
    RUN(0, "resume", "--json");
    struct json *list = document("slipway.unfinished/1");
    const struct json *row = json_at(json_get(list, "operations"), 0);
    if (json_count(json_get(list, "operations")) != 1)
        fail_msg("not one unfinished operation: %s", heard());
    assert_string_equal(json_str_or(row, "kind", ""), "change");
    snprintf(id, sizeof id, "%s", json_str_or(row, "id", ""));
    json_free(list);
    int64_t mark = world_mark();
    RUN(0, "resume", id, "--dry-run", "--read-only");
    assert_int_equal(world_count(mark, NULL), 0);
    RUN(0, "resume", id, "--yes");
    RUN(0, "resume");
    HEARS("nothing is unfinished");
}

/* The fault, what it is begun with, and whether it took effect before the end. */
static void killed_at(const char *fault, const char *const arguments[], const char *request)
{
    int64_t mark = world_mark();
    world_fault(fault);
    begin(arguments);
    UNTIL(world_count(mark, request) >= 1);
    kill_it();
    resumes();
}

#define HANG_PATCH "{\"method\":\"PATCH\",\"path\":\"/v2/serverless/*\",\"kind\":\"hang\"}"
#define DRIP_PATCH                                                                                 \
    "{\"method\":\"PATCH\",\"path\":\"/v2/serverless/*\",\"kind\":\"drip\",\"ms\":2000}"
#define HANG_RELEASES "{\"method\":\"GET\",\"path\":\"*/releases\",\"skip\":1,\"kind\":\"hang\"}"

static void test_killed_changes(void **state)
{
    (void)state;
    static const char *const context[] = {"set-context", "legal", "4096", "--yes", NULL};
    static const char *const back[] = {"set-context", "legal", "6000", "--yes", NULL};
    static const char *const more[] = {"set-context", "legal", "2048", "--yes", NULL};
    killed_at(HANG_PATCH, context, PATCH);
    env_of(LEGAL, "MAX_MODEL_LEN", "4096");
    killed_at(DRIP_PATCH, back, PATCH);
    env_of(LEGAL, "MAX_MODEL_LEN", "6000");
    killed_at(HANG_RELEASES, more, PATCH);
    env_of(LEGAL, "MAX_MODEL_LEN", "2048");
}

/* The journal does not keep a secret: where it took effect the rest is gone on with, else it is asked for. */
static void test_killed_with_a_secret(void **state)
{
    (void)state;
    static const char *const set[] = {
        "set-env", "legal", "--env", "MY_TOKEN=" RUNPOD_KEY "-2", "--yes", NULL};
    killed_at(DRIP_PATCH, set, PATCH);
    env_of(LEGAL, "MY_TOKEN", RUNPOD_KEY "-2");
    RUN(0, "rollback", "legal", "--yes");
    int64_t mark = world_mark();
    world_fault(HANG_PATCH);
    begin(set);
    UNTIL(world_count(mark, PATCH) >= 1);
    kill_it();
    RUN(0, "resume", "--json");
    struct json *list = document("slipway.unfinished/1");
    char id[64];
    snprintf(id, sizeof id, "%s", json_str_or(json_at(json_get(list, "operations"), 0), "id", ""));
    json_free(list);
    RUN(6, "resume", id, "--yes");
    COMPLAINS("MY_TOKEN was a secret");
    env_of(LEGAL, "MY_TOKEN", NULL);
}

static void test_killed_pause(void **state)
{
    (void)state;
    static const char *const pause[] = {"pause", "legal", "--yes", NULL};
    static const char *const unpause[] = {"unpause", "legal", "--yes", NULL};
    killed_at(DRIP_PATCH, pause, PATCH);
    workers_are(0, 0, 30);
    killed_at(DRIP_PATCH, unpause, PATCH); /* what it had is not forgotten between */
    workers_are(1, 4, 30);
    killed_at(HANG_PATCH, pause, PATCH);
    killed_at(HANG_PATCH, unpause, PATCH);
    workers_are(1, 4, 30);
}

/* Going back is not undone by going on. */
static void test_killed_rollback(void **state)
{
    (void)state;
    static const char *const rollback[] = {"rollback", "legal", "--yes", NULL};
    RUN(0, "set-context", "legal", "4096", "--yes");
    killed_at(DRIP_PATCH, rollback, PATCH);
    env_of(LEGAL, "MAX_MODEL_LEN", "8192");
    RUN(0, "set-context", "legal", "4096", "--yes");
    killed_at(HANG_PATCH, rollback, PATCH);
    env_of(LEGAL, "MAX_MODEL_LEN", "8192");
}

static void test_killed_delete(void **state)
{
    (void)state;
    static const char *const delete[] = {"delete-endpoint", "legal", "--yes", NULL};
    static const char fault[] =
        "{\"method\":\"DELETE\",\"path\":\"/v2/serverless/*\",\"kind\":\"hang\"}";
    killed_at(fault, delete, DELETE);
    assert_int_equal(world_endpoints("legal"), 0);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", "{}", NULL));
    int64_t mark = world_mark();
    world_fault(fault);
    begin(delete);
    UNTIL(world_count(mark, DELETE) >= 1);
    kill_it();
    json_free(
        sim_call(&world.sim, HTTP_DELETE, world.sim.control, "/v2/serverless/" LEGAL, NULL, NULL));
    resumes(); /* as if it had been carried out after all */
}

static void test_killed_purge(void **state)
{
    (void)state;
    static const char *const purge[] = {"purge", "legal", "--yes", NULL};
    queue(2);
    killed_at("{\"plane\":\"data\",\"path\":\"*/purge-queue\",\"kind\":\"hang\"}", purge,
        "POST /v2/" LEGAL "/purge-queue");
}

static void tell_the_journal(const char *sql)
{
    char url[PATH_MAX + 64];
    struct err e;
    snprintf(url, sizeof url, "sqlite:%s/.local/state/slipway/default/state.db", world.home);
    const struct db_options options = {.url = url};
    struct db *db = db_open(&options, NULL, &e);
    if (!db || db_begin(db, DB_WRITE, NULL, &e) || db_exec(db, sql, NULL, 0, NULL, &e) ||
        db_commit(db, &e))
        fail_msg("%s", e.message);
    db_close(db);
}

static void kill_a_purge(char id[64])
{
    static const char *const purge[] = {"purge", "legal", "--yes", NULL};
    int64_t mark = world_mark();
    world_fault("{\"plane\":\"data\",\"path\":\"*/purge-queue\",\"kind\":\"hang\"}");
    begin(purge);
    UNTIL(world_count(mark, "POST /v2/" LEGAL "/purge-queue") >= 1);
    kill_it();
    RUN(0, "resume", "--json");
    struct json *list = document("slipway.unfinished/1");
    snprintf(id, 64, "%s", json_str_or(json_at(json_get(list, "operations"), 0), "id", ""));
    json_free(list);
}

/* What waits now is not what was agreed to then. */
static void test_an_old_purge_is_not_gone_on_with(void **state)
{
    (void)state;
    char id[64];
    queue(2);
    kill_a_purge(id);
    tell_the_journal("UPDATE operations SET started_ms = started_ms - 3600000");
    queue(2);
    int64_t mark = world_mark();
    RUN(2, "resume", id); /* asks anew, and nobody answers */
    COMPLAINS("needs a yes");
    RUN(6, "resume", id, "--yes");
    COMPLAINS("was asked for 1h00m ago");
    assert_int_equal(world_count(mark, "POST "), 0);
}

/* The journal is a file that anybody may have written. */
static void test_the_journals_words_are_checked(void **state)
{
    (void)state;
    char id[64];
    queue(2);
    kill_a_purge(id);
    tell_the_journal("UPDATE operations SET asked = '{\"endpoint\":\"legal\",\"purge\":true,"
                     "\"delete\":true}'");
    int64_t mark = world_mark();
    RUN(2, "resume", id, "--yes");
    COMPLAINS("what the journal says");
    assert_int_equal(world_count(mark, NULL), 0);
}

static void test_killed_redeploy(void **state)
{
    (void)state;
    static const char *const faults[] = {DRIP_PATCH, HANG_RELEASES,
        "{\"plane\":\"data\",\"path\":\"*/run\",\"kind\":\"hang\"}",
        "{\"plane\":\"data\",\"path\":\"*/status/*\",\"kind\":\"hang\"}"};
    static const char *const redeploy[] = {"redeploy", "tiny", "--yes", NULL};
    char head[64], patch[128], run[128], look[128];
    prepare_revision();
    head_of_repo(head);
    snprintf(patch, sizeof patch, "PATCH /v2/serverless/%s", endpoint_id);
    snprintf(run, sizeof run, "POST /v2/%s/run", endpoint_id);
    snprintf(look, sizeof look, "GET /v2/%s/status/", endpoint_id);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        int64_t mark = world_mark();
        killed_at(faults[i], redeploy, i == 3 ? look : i == 2 ? run : patch);
        /* What the service has is not sent again; what nobody knows of, is. */
        assert_int_equal(world_count(mark, run), i == 2 ? 2 : 1);
        env_of(endpoint_id, "MODEL_REVISION", head);
        row_says(head);
        RUN(0, "rollback", "tiny", "--yes");
    }
}

/* A registry that is not there: the endpoint is changed, that is said, and the row is written later. */
static void test_without_a_registry(void **state)
{
    (void)state;
    char head[64];
    prepare_revision();
    head_of_repo(head);
    program_env_set(
        &world.env, "SLIPWAY_DATABASE_URL", "postgresql://slipway:" DB_PASSWORD "@127.0.0.1:1/x");
    RUN(6, "redeploy", "tiny", "--yes");
    COMPLAINS("is not up to date");
    env_of(endpoint_id, "MODEL_REVISION", head);
    program_env_set(&world.env, "SLIPWAY_DATABASE_URL", NULL);
    resumes();
    row_says(head);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_home, world_leave)
    const struct CMUnitTest tests[] = {
        TEST(test_scale),
        TEST(test_pause_and_unpause),
        TEST(test_unpause_without_memory),
        TEST(test_environment),
        TEST(test_context),
        TEST(test_a_length_that_nobody_reads_is_mended),
        TEST(test_image_and_pools),
        TEST(test_rollback),
        TEST(test_purge),
        TEST(test_purge_of_nothing),
        TEST(test_delete),
        TEST(test_redeploy),
        TEST(test_dry_runs_send_nothing),
        TEST(test_nothing_without_a_yes_or_the_right),
        TEST(test_bad_words),
        TEST(test_killed_changes),
        TEST(test_killed_with_a_secret),
        TEST(test_killed_pause),
        TEST(test_killed_rollback),
        TEST(test_killed_delete),
        TEST(test_killed_purge),
        TEST(test_an_old_purge_is_not_gone_on_with),
        TEST(test_the_journals_words_are_checked),
        TEST(test_killed_redeploy),
        TEST(test_without_a_registry),
    };
    return cmocka_run_group_tests_name("commands change", tests, start, stop);
}
