/* Each thing that makes a deployment impossible is provoked, one at a time: it is refused with its sentence, and the
 * stand-in's log shows that nothing was created, or even tried to be: not one writing request to RunPod. */
#include "command_world.h"

#define REPO "acme/tiny-base"
#define BASE "\"base\":\"healthy\","

/* A repository whose list says that its weights are far too large for anything: 900 GB. */
#define HUGE_LIST                                                                                  \
    "{\"plane\":\"hub\",\"method\":\"GET\",\"path\":\"/api/models/acme/tiny-base/revision/*\","    \
    "\"kind\":\"status\",\"status\":200,\"body\":{\"id\":\"acme/tiny-base\","                      \
    "\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":["                          \
    "{\"rfilename\":\"config.json\",\"size\":718},{\"rfilename\":\"tokenizer.json\",\"size\":99}," \
    "{\"rfilename\":\"model.safetensors\",\"size\":900000000000}]}}"

#define CLOSED_LIST                                                                                \
    "{\"plane\":\"hub\",\"method\":\"GET\",\"path\":\"/api/models/acme/tiny-base/revision/*\","    \
    "\"kind\":\"status\",\"status\":200,\"body\":{\"id\":\"acme/tiny-base\",\"gated\":\"manual\"," \
    "\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":["                          \
    "{\"rfilename\":\"config.json\",\"size\":718},{\"rfilename\":\"tokenizer.json\",\"size\":99}," \
    "{\"rfilename\":\"model.safetensors\",\"size\":900000}]}}"

static const struct blocker {
    const char *scenario; /* a name, or what is added to "healthy"; NULL = healthy */
    const char *fault;
    const char *flags[8];
    int code;
    const char *says, *hint;
    bool no_token;
} blockers[] = {
    /* repository, files, access */
    {.flags = {"acme/no-such-model"}, .code = 2, .says = "the Hub has no repository acme/no-such"},
    {.flags = {REPO "@no-such-revision"}, .code = 2, .says = "the Hub has no repository"},
    {.flags = {"meridian/meridian-1b"}, .code = 6, .says = "cannot work: files: "},
    {.fault = CLOSED_LIST,
        .flags = {REPO},
        .code = 6,
        .says = "cannot work: access: acme/tiny-base is gated, and the worker gets no token",
        .hint = "give HUGGING_FACE_HUB_TOKEN",
        .no_token = true},
    /* image */
    {.flags = {REPO, "--image", "vllm/vllm-openai:v0.27.1"},
        .code = 6,
        .says = "cannot work: image: ",
        .hint = "take runpod/worker-v1-vllm"},
    {.flags = {REPO, "--image", "runpod/worker-vllm:base-0.3.2"},
        .code = 6,
        .says = "a base image holds no handler"},
    /* settings */
    {.flags = {REPO, "--env", "ENFORCE_EAGER=perhaps"},
        .code = 6,
        .says = "cannot work: settings: ENFORCE_EAGER=perhaps is neither true nor false"},
    {.flags = {REPO, "--env", "GPU_MEMORY_UTILIZATION=95"},
        .code = 6,
        .says = "GPU_MEMORY_UTILIZATION=95 is no part of a whole"},
    {.flags = {REPO, "--gpus-per-worker", "3"}, .code = 6, .says = "cannot be spread over 3 GPUs"},
    {.flags = {REPO, "--env", "TENSOR_PARALLEL_SIZE=2"},
        .code = 6,
        .says = "the settings take 2 GPUs, a worker has 1"},
    {.flags = {REPO, "--max-model-len", "900000"},
        .code = 6,
        .says = "a context of 900000 tokens is more than the model's 1024",
        .hint = "MAX_MODEL_LEN=1024"},
    /* memory and disk */
    {.flags = {REPO, "--gpu", "AMPERE_16", "--env", "GPU_MEMORY_UTILIZATION=0.000001"},
        .code = 6,
        .says = "cannot work: memory: AMPERE_16 x1: "},
    {.fault = HUGE_LIST, .flags = {REPO}, .code = 6, .says = "cannot work: memory: no GPU pool"},
    {.fault = HUGE_LIST,
        .flags = {REPO, "--gpu", "BLACKWELL_180", "--disk", "100"},
        .code = 6,
        .says = "cannot work: "},
    /* CUDA and stock */
    {.scenario = BASE
        "\"stock\":{\"default\":\"HIGH\",\"cuda\":{\"12.4\":1,\"12.8\":1,\"12.9\":1,\"13.0\":0}}",
        .flags = {REPO},
        .code = 6,
        .says = "has CUDA 13.0",
        .hint = "other pools, or runpod/worker-v1-vllm:v2.18.1"},
    {.scenario = BASE "\"stock\":{\"default\":\"NONE\"}",
        .flags = {REPO},
        .code = 6,
        .says = "cannot work: stock: no GPU pool is in stock"},
    {.scenario = BASE "\"stock\":{\"default\":\"HIGH\",\"pools\":{\"ADA_24\":\"NONE\"}}",
        .flags = {REPO, "--gpu", "ADA_24"},
        .code = 6,
        .says = "cannot work: stock: ADA_24 is out of stock",
        .hint = "is in stock"},
    {.flags = {REPO, "--gpu", "ADA_99"}, .code = 2, .says = "there is no GPU pool ADA_99"},
    /* account */
    {.scenario = "account-no-funds", .flags = {REPO}, .code = 6, .says = "cannot work: balance: "},
    {.scenario = BASE "\"account\":{\"balance\":50,\"spend_limit\":0.01}",
        .flags = {REPO},
        .code = 6,
        .says = "its limit is $0.01/h: no worker will start"},
    {.flags = {REPO, "--name", "legal"},
        .code = 6,
        .says = "an endpoint named legal exists already"},
    {.flags = {REPO, "--min", "4"}, .code = 2, .says = "min workers (4) cannot be above max (3)"},
    {.flags = {REPO, "--wait", "soon"}, .code = 2, .says = "wait must be a time"},
};

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

static void play(const char *scenario)
{
    char path[PATH_MAX], body[PATH_MAX + 32];
    bool added = scenario[0] == '"';
    if (added) {
        struct buf text;
        buf_init(&text, 64 * 1024);
        assert_int_equal(buf_printf(&text, "{%s,\"warm_up_s\":2700}", scenario), 0);
        temp_folder_path(path, &world.folder, "blocker.json");
        world_write(path, buf_str(&text));
        buf_release(&text);
    }
    snprintf(body, sizeof body, "{\"scenario\":\"%s\"}", added ? path : scenario);
    json_free(sim_call(&world.sim, HTTP_POST, world.sim.control, "/_sim/reset", body, NULL));
}

static void run(const struct blocker *b)
{
    const char *arguments[16] = {"deploy", "--yes"};
    size_t n = 2;
    bool named = false;
    for (size_t i = 0; i < 8 && b->flags[i]; i++) {
        named |= strcmp(b->flags[i], "--name") == 0;
        arguments[n++] = b->flags[i];
    }
    if (!named) {
        arguments[n++] = "--name";
        arguments[n++] = "impossible";
    }
    program_release(&world.p);
    program_start_list(&world.p, &world.env, false, arguments);
    world_finish(&world.p);
}

static void test_each_is_refused_before_anything_is_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof blockers / sizeof *blockers; i++) {
        const struct blocker *b = &blockers[i];
        play(b->scenario ? b->scenario : "healthy");
        if (b->fault)
            world_fault(b->fault);
        program_env_set(&world.env, "HF_TOKEN", b->no_token ? NULL : HUB_TOKEN);
        int64_t mark = world_mark();
        run(b);
        world_expect(&world.p, b->code, b->says);
        COMPLAINS(b->says);
        COMPLAINS(b->hint ? b->hint : "");
        assert_int_equal(world_count(mark, NULL), 0);
        assert_int_equal(world_endpoints("impossible"), 0);
        world_no_faults();
    }
}

/* RunPod tells the quota only when it refuses; from then on it is known before. */
static void test_the_quota_is_learnt(void **state)
{
    (void)state;
    play("worker-quota");
    int64_t mark = world_mark();
    RUN(5, "deploy", REPO, "--name", "impossible", "--yes");
    COMPLAINS("workers quota (10)");
    assert_int_equal(world_count(mark, "POST /v2/serverless"), 1);
    mark = world_mark();
    RUN(6, "deploy", REPO, "--name", "impossible", "--yes");
    COMPLAINS("cannot work: quota: 3 workers are more than the quota of 10 leaves");
    COMPLAINS("lower max workers of other endpoints");
    assert_int_equal(world_count(mark, NULL), 0);
    assert_int_equal(world_endpoints("impossible"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_is_refused_before_anything_is_made),
        TEST(test_the_quota_is_learnt),
    };
    return cmocka_run_group_tests_name("deploy blockers", tests, start, stop);
}
