/* Every kind of model folder is taken down the slip: uploaded to the stand-in, deployed to a streamed answer,
 * registered; and what the deployment says while an image does not come. */
#include "command_world.h"

static int start(void **state)
{
    (void)state;
    char command[2 * PATH_MAX];
    world_start("healthy", "500");
    snprintf(command, sizeof command,
        "for f in tests/data/models/*.tar.gz; do tar -C '%s' -xzf $f; done", (char *)world.folder);
    assert_int_equal(system(command), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* ---- what came of it ------------------------------------------------------------------------------- */

static const struct json *step_of(const struct json *operation, const char *name)
{
    const struct json *step = row_with(json_get(operation, "steps"), "name", name);
    if (!step)
        fail_msg("no step %s in: %s", name, heard());
    return step;
}

static void step_is(const struct json *operation, const char *name, const char *state)
{
    const struct json *step = step_of(operation, name);
    if (strcmp(json_str_or(step, "state", ""), state) != 0)
        fail_msg("%s is %s (%s), not %s", name, json_str_or(step, "state", ""),
            json_str_or(step, "note", ""), state);
}

/* The endpoint as the stand-in answers it; the caller frees it. */
static struct json *endpoint_of(const char *name)
{
    struct json *all = sim_get(&world.sim, world.sim.control, "/v2/serverless");
    const struct json *row = row_with(json_get(all, "endpoints"), "name", name);
    struct json *copy = row ? json_dup(row) : NULL;
    json_free(all);
    if (!copy)
        fail_msg("there is no endpoint %s", name);
    return copy;
}

static void env_is(const struct json *endpoint, const char *name, const char *value)
{
    assert_string_equal(json_str_or(json_get(endpoint, "env"), name, "(not set)"), value);
}

static void upload(const char *folder, const char *repo, const char *base)
{
    char path[PATH_MAX];
    temp_folder_path(path, &world.folder, folder);
    if (base)
        RUN(0, "upload", path, "--repo", repo, "--base-model", base, "--mend-readme", "--yes");
    else
        RUN(0, "upload", path, "--repo", repo, "--yes");
}

/* Deploys the repository under the name and returns the operation; the caller frees it. */
static struct json *deploy(const char *repo, const char *name)
{
    int64_t mark = world_mark();
    RUN(0, "deploy", repo, "--name", name, "--max", "1", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    step_is(j, "worker", "done");
    step_is(j, "first answer", "done");
    step_is(j, "streamed answer", "done");
    step_is(j, "register", "done");
    assert_non_null(strstr(json_str_or(step_of(j, "streamed answer"), "note", ""), "16 tokens"));
    assert_non_null(strstr(json_str_or(step_of(j, "first answer"), "note", ""), "$"));
    assert_int_equal(world_count(mark, "POST /v2/serverless"), 1);
    return j;
}

static void row_is(const char *name, int64_t context)
{
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    const struct json *row = row_with(json_get(j, "models"), "name", name);
    assert_non_null(row);
    assert_int_equal(json_int(row, "context_length", -1), context);
    json_free(j);
}

/* ---- models -------------------------------------------------------------------------------------------- */

static void test_whole_models(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *repo, *name, *base;
    } models[] = {
        {"tiny-sft-merged", "ada/merged", "merged", NULL},
        {"tiny-sft-sharded", "ada/sharded", "sharded", NULL},
        {"tiny-sft-incomplete", "ada/completed", "completed", "acme/tiny-base"},
    };
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        upload(models[i].folder, models[i].repo, models[i].base);
        json_free(deploy(models[i].repo, models[i].name));
        struct json *endpoint = endpoint_of(models[i].name);
        env_is(endpoint, "MODEL_NAME", models[i].repo);
        env_is(endpoint, "GPU_MEMORY_UTILIZATION", "0.95");
        env_is(endpoint, "TRUST_REMOTE_CODE", "(not set)");
        env_is(endpoint, "BASE_PATH", "(not set)");
        json_free(endpoint);
        row_is(models[i].name, 1024);
    }
}

/* Beside its base model, under the endpoint's own name: what is asked for by that name is the adapter. */
static void test_an_adapter_is_served_with_its_base(void **state)
{
    (void)state;
    upload("tiny-lora-adapter", "ada/lora", "acme/tiny-base");
    json_free(deploy("ada/lora", "tuned"));
    struct json *endpoint = endpoint_of("tuned");
    env_is(endpoint, "MODEL_NAME", "acme/tiny-base");
    env_is(endpoint, "OPENAI_SERVED_MODEL_NAME_OVERRIDE", "tuned-base");
    env_is(endpoint, "ENABLE_LORA", "true");
    env_is(endpoint, "LORA_MODULES",
        "{\"name\":\"tuned\",\"path\":\"ada/lora\",\"base_model_name\":\"acme/tiny-base\"}");
    assert_int_equal(strlen(json_str_or(json_get(endpoint, "env"), "MODEL_REVISION", "")), 40);
    json_free(endpoint);
    row_is("tuned", 1024);
}

static void test_two_gpus_share_a_model(void **state)
{
    (void)state;
    RUN(0, "deploy", "acme/tiny-base", "--name", "wide", "--gpus-per-worker", "2", "--gpu",
        "ADA_24,AMPERE_24", "--max", "1", "--budget", "12.50", "--yes");
    struct json *endpoint = endpoint_of("wide");
    const struct json *gpu = json_get(endpoint, "gpu");
    env_is(endpoint, "TENSOR_PARALLEL_SIZE", "2");
    assert_int_equal(json_int(gpu, "count", 0), 2);
    assert_string_equal(json_string(json_at(json_get(gpu, "pools"), 0)), "ADA_24");
    json_free(endpoint);
}

/* ---- keys -------------------------------------------------------------------------------------------- */

#define SHORT_KEY "Zq!9~" /* too short to be known by its value */
#define LONG_KEY  "w{Nd-7731-plain-words"

static int holds_no_key(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    struct buf bytes;
    struct err e;
    (void)st, (void)walk;
    if (type != FTW_F)
        return 0;
    buf_init(&bytes, HEARD_MAX);
    assert_int_equal(file_read(path, &bytes, &e), 0);
    if (holds(buf_str(&bytes), bytes.len, SHORT_KEY) || holds(buf_str(&bytes), bytes.len, LONG_KEY))
        fail_msg("%s holds a key", path);
    buf_release(&bytes);
    return 0;
}

static void nothing_said_holds_a_key(void)
{
    static const char *const keys[] = {SHORT_KEY, LONG_KEY};
    for (size_t i = 0; i < 2; i++)
        if (strstr(heard(), keys[i]) || strstr(complained(), keys[i]))
            fail_msg("a key is said: %s%s", heard(), complained());
}

static void test_keys_are_sent_and_never_shown(void **state)
{
    (void)state;
    static const char *const images[] = {
        "runpod/worker-v1-vllm:v2.25.2", "runpod/worker-v1-vllm:v2.18.1", "me/mine:1"};
    for (size_t i = 0; i < 3; i++) {
        RUN(0, "deploy", "acme/tiny-base", "--name", "keyed", "--env", "HF_TOKEN=" SHORT_KEY,
            "--env", "MY_SECRET=" LONG_KEY, "--image", images[i], "--dry-run", "--json");
        nothing_said_holds_a_key();
        HEARS("\\\"HUGGING_FACE_HUB_TOKEN\\\":\\\"***\\\"");
        HEARS("\\\"MY_SECRET\\\":\\\"***\\\"");
    }
    program_env_set(&world.env, "MY_SECRET", LONG_KEY); /* a name alone: not on the command line */
    RUN(0, "deploy", "acme/tiny-base", "--name", "keyed", "--env", "HF_TOKEN=" SHORT_KEY, "--env",
        "MY_SECRET", "--max", "1", "--yes", "--json");
    program_env_set(&world.env, "MY_SECRET", NULL);
    nothing_said_holds_a_key();
    nftw(world.home, holds_no_key, 16, FTW_PHYS);
    struct json *endpoint = endpoint_of("keyed");
    env_is(endpoint, "HUGGING_FACE_HUB_TOKEN", SHORT_KEY);
    env_is(endpoint, "HF_TOKEN", "(not set)");
    env_is(endpoint, "MY_SECRET", LONG_KEY);
    json_free(endpoint);
}

/* ---- images that do not come -------------------------------------------------------------------------- */

static void play(const char *scenario)
{
    char body[PATH_MAX + 32];
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", scenario);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
}

/* A request that nobody will answer is not left to start workers. */
static void test_an_image_that_never_comes(void **state)
{
    (void)state;
    int64_t mark = world_mark();
    play("image-never");
    RUN(4, "deploy", "acme/tiny-base", "--name", "never", "--image", "runpod/worker-vllm:stable",
        "--wait", "6s", "--yes", "--json");
    COMPLAINS("the image runpod/worker-vllm:stable is still being fetched after ");
    COMPLAINS("no such tag is known upstream; deploy again with --image runpod/worker-v1-vllm:v2");
    struct json *j = document("slipway.operation/1");
    step_is(j, "preflight", "warned");
    step_is(j, "worker", "failed");
    assert_non_null(
        strstr(json_str_or(step_of(j, "worker"), "note", ""), "fetching the image, 1 init"));
    json_free(j);
    assert_int_equal(world_endpoints("never"), 1);
    char target[128];
    struct json *endpoint = endpoint_of("never");
    snprintf(target, sizeof target, "POST /v2/%s/cancel/", json_str_or(endpoint, "id", "?"));
    json_free(endpoint);
    assert_int_equal(world_count(mark, target), 1);
    play("healthy");
}

static void test_an_image_that_is_refused(void **state)
{
    (void)state;
    play("healthy");
    int64_t mark = world_mark();
    RUN(5, "deploy", "acme/tiny-base", "--name", "none", "--image", "runpod/worker-vllm:stable",
        "--yes");
    COMPLAINS("does not resolve to a published image; take runpod/worker-v1-vllm:v2");
    assert_int_equal(world_endpoints("none"), 0);
    RUN(5, "deploy", "acme/tiny-base", "--name", "gone", "--image", "me/does-not-exist:1", "--yes");
    COMPLAINS("the image me/does-not-exist:1 cannot be had (no such tag is known upstream): ");
    COMPLAINS("manifest unknown");
    assert_int_equal(world_count(mark, "POST /v2/serverless"), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole_models),
        TEST(test_an_adapter_is_served_with_its_base),
        TEST(test_two_gpus_share_a_model),
        TEST(test_keys_are_sent_and_never_shown),
        TEST(test_an_image_that_never_comes),
        TEST(test_an_image_that_is_refused),
    };
    return cmocka_run_group_tests_name("deploy models", tests, start, stop);
}
