/* Troubles follow from settings: conditions, facts about images and models; mending helps. */
#include "world.h"

#define ASK "{'text':'hello'}"

/* Whether a trouble with this "when" hits a worker that loads. */
static bool hits(const char *when, const char *endpoint_more)
{
    char text[3000];
    (void)snprintf(text, sizeof text,
        "{'seed':3,'behaviour':{" EXACT
        "},'stock':{'default':'HIGH','cuda':{'12.0':1,'12.8':1,'12.9':0}},"
        "'models':{'gated/*':{'gated':true},'gone/model':{'missing':true}},"
        "'images':{'acme/arm:*':{'arm64':true},'acme/secret:*':{'private':true}},"
        "'troubles':[{'name':'it','phase':'load','when':%s,'at_s':2,'lines':['it hits']}],"
        "'endpoints':[" ENDPOINT("%s") "]}",
        when, endpoint_more);
    struct sim *s = world_start(text);
    (void)world_ask(s, ASK);
    world_run(s, 60000);
    bool hit = world_endpoint(s)->workers->starts > 1;
    assert_true(hit == (world_line(world_endpoint(s)->workers, LOG_CONTAINER, "it hits") != NULL));
    world_end(s);
    return hit;
}

static void conditions_test_facts(void **state)
{
    (void)state;
    const char *env = ",'env':{'N':'12','WORD':'abc'}";
    assert_true(hits("{}", ""));
    assert_true(hits("{'env.WORD':'abc'}", env));
    assert_false(hits("{'env.WORD':'ab'}", env));
    assert_true(hits("{'env.WORD':{'has':'b'}}", env));
    assert_false(hits("{'env.WORD':{'has':'x'}}", env));
    assert_true(hits("{'env.WORD':{'fits':'a*c'}}", env));
    assert_false(hits("{'env.WORD':{'fits':'a*b'}}", env));
    assert_true(hits("{'env.N':{'ge':12}}", env));
    assert_false(hits("{'env.N':{'lt':12}}", env));
    assert_true(hits("{'env.N':{'lt':12.5,'ge':'3'}}", env));
    assert_true(hits("{'env.N':12}", env));
    assert_true(hits("{'env.NONE':{'set':false}}", env));
    assert_true(hits("{'env.NONE':null}", env));
    assert_false(hits("{'env.NONE':{'set':true}}", env));
    assert_false(hits("{'env.NONE':{'lt':5}}", env)); /* what is not there is not small */
    assert_true(hits("{'env.WORD':{'not':'xyz'}}", env));
    assert_false(hits("{'env.WORD':'abc','env.N':13}", env)); /* all must hold */
    assert_false(hits("{'no_such_fact':true}", env));
    assert_false(hits("{'env.N':{'no_such_test':1}}", env));
    assert_true(hits("{'disk':{'lt':60},'gpu_memory':24,'version':1,'workers_max':2}", ""));
    assert_true(hits("{'image':{'has':'acme/'},'generation':'other','vllm':false}", ""));
    assert_true(hits("{'host_cuda':'12.8'}", ""));
    assert_true(hits("{'starts':1}", ""));
}

#define MODEL(tag, name, more)                                                                     \
    ",'image':'runpod/worker-v1-vllm:" tag "','env':{'MODEL_NAME':'" name "'" more "}"

static void facts_about_images_and_models(void **state)
{
    (void)state;
    assert_true(hits("{'model_gated':true,'token':false}", MODEL("v2.25.2", "gated/one-8B", "")));
    assert_false(hits("{'model_gated':true,'token':false}",
        MODEL("v2.25.2", "gated/one-8B", ",'HF_TOKEN':'hf_x'")));
    assert_true(hits("{'model_missing':true}", MODEL("v2.25.2", "gone/model", "")));
    assert_true(
        hits("{'cuda_ok':false}", MODEL("v2.25.2", "acme/m-7B", ""))); /* needs 13.0 on 12.8 */
    assert_false(hits("{'cuda_ok':false}", MODEL("v2.12.0", "acme/m-7B", ""))); /* needs 12.8 */
    assert_true(hits("{'generation':'B'}", MODEL("v2.24.0", "acme/m-7B", "")));
    assert_true(hits("{'generation':'A'}", MODEL("v2.23.0", "acme/m-7B", "")));
    assert_true(hits("{'generation':'A'}", MODEL("stable-cuda12.1.0", "acme/m-7B", "")));
    assert_true(hits("{'image_arm64':true}", ",'image':'acme/arm:7'"));
    assert_true(hits("{'image_denied':true}", ",'image':'acme/secret:7'"));
    assert_false(hits("{'image_denied':true}", ",'image':'acme/secret:7','registry':'r1'"));
    assert_true(hits("{'disk_ok':false}", MODEL("v2.25.2", "acme/m-7B", "") ",'disk':20"));
    assert_false(hits("{'disk_ok':false}", MODEL("v2.25.2", "acme/m-7B", "") ",'disk':60"));
    assert_false(hits("{'disk_ok':false}", ",'disk':20"));
}

static void what_fits_follows_from_size_context_and_card(void **state)
{
    (void)state;
    const char *no = "{'vllm':true,'fits':false}", *heavy = "{'vllm':true,'weights_fit':false}";
    assert_false(hits(no, MODEL("v2.25.2", "acme/m-8B", ",'MAX_MODEL_LEN':'8192'")));
    assert_true(hits(no, MODEL("v2.25.2", "acme/m-8B", ",'MAX_MODEL_LEN':'65536'")));
    assert_false(hits(no, MODEL("v2.25.2", "acme/m-8B",
                              ",'MAX_MODEL_LEN':'65536'") ",'gpu':{'pools':['AMPERE_48']}"));
    assert_true(hits(heavy, MODEL("v2.25.2", "acme/m-70B", "")));
    assert_true(hits(heavy, MODEL("v2.25.2", "acme/m-70B", "") ",'gpu':{'pools':['ADA_80_PRO']}"));
    assert_false(hits(no,
        MODEL("v2.25.2", "acme/m-70B",
            ",'MAX_MODEL_LEN':'8192','TENSOR_PARALLEL_SIZE':'4'") ",'gpu':{'pools':['ADA_80_PRO'],'count':4}"));
    /* several GPUs help generation B only when it is told (spec §7.4) */
    assert_true(
        hits(no, MODEL("v2.25.2", "acme/m-70B", "") ",'gpu':{'pools':['ADA_80_PRO'],'count':4}"));
    assert_false(
        hits(no, MODEL("v2.14.0", "acme/m-70B", "") ",'gpu':{'pools':['ADA_80_PRO'],'count':4}"));
    assert_false(hits(heavy, MODEL("v2.25.2", "acme/m-32B-AWQ", ",'MAX_MODEL_LEN':'2048'")));
    assert_true(hits(no, MODEL("v2.25.2", "acme/m-8B", ",'GPU_MEMORY_UTILIZATION':'0.5'")));
}

static void each_phase_shows_in_its_own_way(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'pull','restart_s':20,'lines':[{'source':'system','text':'no image {image}'}]}]",
        ENDPOINT(",'workers':{'min':0,'max':1}")));
    (void)world_ask(s, ASK);
    world_run(s, 5 * MINUTE);
    struct worker *w = world_endpoint(s)->workers;
    assert_int_equal(w->state, WORKER_PULLING);
    assert_true(w->log[LOG_SYSTEM].count >= 12);
    assert_non_null(world_line(w, LOG_SYSTEM, "no image acme/worker:1"));
    assert_int_equal(w->starts, 0);
    assert_int_equal(w->billed_total, 0);
    world_end(s);
    s = world_start(
        SCENARIO(",'troubles':[{'phase':'create','restart_s':9,'lines':[{'source':'system','text':"
                 "'no space left on device'}]}]",
            ENDPOINT(",'workers':{'min':0,'max':1}")));
    (void)world_ask(s, ASK);
    world_run(s, 5 * MINUTE);
    w = world_endpoint(s)->workers;
    assert_true(w->starts > 20);
    assert_int_equal(w->log[LOG_CONTAINER].count, 0);
    assert_int_equal(w->billed_total, 0);
    assert_null(world_line(w, LOG_SYSTEM, "start container"));
    world_end(s);
    s = world_start(
        SCENARIO(",'troubles':[{'phase':'load','startup':false,'at_s':0,'restart_s':16}]",
            ENDPOINT(",'workers':{'min':0,'max':1}")));
    (void)world_ask(s, ASK);
    world_run(s, 5 * MINUTE);
    w = world_endpoint(s)->workers; /* the start command exits at once: starts, and not one line */
    assert_true(w->starts > 10);
    assert_int_equal(w->log[LOG_CONTAINER].count, 0);
    world_end(s);
    s = world_start(SCENARIO(",'troubles':[{'phase':'place'}]", ENDPOINT("")));
    (void)world_ask(s, ASK);
    world_run(s, 5 * MINUTE);
    assert_int_equal(endpoint_active_workers(world_endpoint(s)), 0);
    world_end(s);
}

static void a_trouble_may_pass_with_time(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO(",'troubles':[{'phase':'load','when':{'second':{'lt':300}},'at_s':4,"
                             "'lines':['504 Server Error'],'restart_s':5}]",
            ENDPOINT("")));
    struct job *j = world_ask(s, ASK);
    world_run(s, 290000);
    assert_int_equal(j->state, JOB_IN_QUEUE);
    WORLD_UNTIL(s, 60000, job_final(j));
    assert_int_equal(j->state, JOB_COMPLETED);
    world_end(s);
}

static void chance_hits_some_of_the_time(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO(",'troubles':[{'phase':'load','chance':0.5,'at_s':1,'restart_s':1}]",
            ENDPOINT(",'workers':{'min':20,'max':20}")));
    world_run(s, 14000);
    size_t up = world_count(world_endpoint(s), WORKER_IDLE);
    assert_true(up > 2 && up < 18);
    world_run(s, 5 * MINUTE);
    assert_int_equal(world_count(world_endpoint(s), WORKER_IDLE), 20);
    world_end(s);
}

static void a_cached_model_that_failed_tells_why(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(
        ",'troubles':[{'phase':'pull','model_failure':{'phase':'download_failed','reason':'401'}}]",
        ENDPOINT("")));
    (void)world_ask(s, ASK);
    world_run(s, MINUTE);
    const struct json *f = worker_model_failure(world_endpoint(s)->workers);
    assert_string_equal(json_str(f, "phase"), "download_failed");
    assert_null(worker_model_failure(NULL));
    world_end(s);
}

/* ---- the built-in scenarios ------------------------------------------------------------------ */

static struct sim *play(const char *name)
{
    struct err e;
    struct json *j = scenario_load(name, &e);
    if (!j)
        fail_msg("%s", e.message);
    return world_start_json(j);
}

/* What is wrong stays wrong by itself, and the remedy that the table names mends it. */
static const struct mending {
    const char *scenario, *settings;
} mendings[] = {
    {"does-not-fit-gpu", "{'env':{'MODEL_NAME':'acme/legal-solar-10.7b','MAX_MODEL_LEN':'4096',"
                   "'OPENAI_SERVED_MODEL_NAME_OVERRIDE':'legal'}}"},
    {"does-not-fit-gpu", "{'gpu':{'pools':['AMPERE_48'],'minCudaVersion':'13.0'}}"},
    {"no-capacity", "{'gpu':{'pools':['ADA_80_PRO','AMPERE_24'],'minCudaVersion':'13.0'}}"},
    {"throttled", "{'gpu':{'pools':['ADA_80_PRO','AMPERE_80'],'minCudaVersion':'13.0'},"
                  "'workers':{'min':0,'max':3}}"},
    {"workers-max-zero", "{'workers':{'min':0,'max':3}}"},
    {"disk-full", "{'disk':80}"},
    {"image-not-found", "{'image':'runpod/worker-v1-vllm:v2.25.2'}"},
    {"model-access-denied",
        "{'env':{'MODEL_NAME':'meta-llama/Llama-3.1-8B-Instruct','MAX_MODEL_LEN':'8192',"
        "'OPENAI_SERVED_MODEL_NAME_OVERRIDE':'legal','HUGGING_FACE_HUB_TOKEN':'hf_x'}}"},
    {"init-timeout-loop", "{'env':{'MODEL_NAME':'acme/legal-qwen2.5-72b-awq','MAX_MODEL_LEN':'8192',"
                     "'OPENAI_SERVED_MODEL_NAME_OVERRIDE':'legal','RUNPOD_INIT_TIMEOUT':'1800'}}"},
    {"cuda-driver-mismatch", "{'gpu':{'pools':['AMPERE_24'],'minCudaVersion':'13.0'}}"},
    {"cuda-driver-mismatch", "{'image':'runpod/worker-v1-vllm:v2.11.3'}"},
};

static void every_stuck_scenario_stays_stuck_until_it_is_mended(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mendings / sizeof *mendings; i++) {
        struct sim *s = play(mendings[i].scenario);
        struct endpoint *e = world_endpoint(s);
        assert_true(e->queue.count > 0);
        int64_t completed = e->completed;
        world_run(s, 30 * MINUTE);
        assert_int_equal(e->completed, completed);
        assert_true(e->queue.count > 0);
        world_set(s, mendings[i].settings);
        for (int k = 0; k < 25 * 60 && e->queue.count + e->in_progress > 0; k++)
            world_run(s, SECOND);
        if (e->queue.count + e->in_progress > 0 || e->completed == completed)
            fail_msg("%s is not mended by %s", mendings[i].scenario, mendings[i].settings);
        world_check(s);
        world_end(s);
    }
}

/* "Requests keep coming and wait": and no release says so, because a change of `workers` makes none
 * (spec/runpod.md §4.4). */
static void with_a_maximum_of_zero_the_queue_grows(void **state)
{
    (void)state;
    struct sim *s = play("workers-max-zero");
    struct endpoint *e = world_endpoint(s);
    size_t before = e->queue.count;
    for (int i = 0; i < 3; i++, before = e->queue.count) {
        world_run(s, 10 * MINUTE);
        assert_true(e->queue.count > before);
    }
    assert_int_equal(world_live(e), 0);
    size_t releases = e->release_count;
    world_set(s, "{'workers':{'min':0,'max':3}}");
    assert_int_equal(e->release_count, releases);
    world_end(s);
}

/* What a built-in scenario tells of the past, the stand-in could have done itself. */
static void no_release_of_the_past_is_of_a_setting_that_makes_none(void **state)
{
    (void)state;
    static const char *const quiet[] = {"name", "workersMin", "workersMax", "idleTimeout",
        "scalerType", "scalerValue", "executionTimeoutMs", "flashBootType", "locations"};
    for (const struct scenario_builtin *b = scenario_builtins; b->name; b++) {
        struct sim *s = play(b->name);
        for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next)
            for (size_t i = 0; i < e->release_count; i++) {
                const struct json *d = json_first(e->releases[i].diff);
                bool all = d != NULL;
                for (; d; d = json_next(d)) {
                    bool makes_none = false;
                    for (size_t k = 0; k < sizeof quiet / sizeof *quiet; k++)
                        makes_none |= strcmp(json_str_or(d, "field", ""), quiet[k]) == 0;
                    all = all && makes_none;
                }
                if (all)
                    fail_msg("%s: release %d of %s", b->name, e->releases[i].version, e->name);
            }
        world_end(s);
    }
}

static void money_mends_the_account_without_any(void **state)
{
    (void)state;
    struct sim *s = play("account-no-funds");
    struct endpoint *e = world_endpoint(s);
    assert_true(s->runpod->balance <= 0);
    assert_int_equal(world_live(e), 0);
    assert_true(e->queue.count > 0);
    runpod_balance_set(s, 20);
    WORLD_UNTIL(s, 15 * MINUTE, e->queue.count == 0);
    world_end(s);
}

static void the_cold_start_and_the_rollout_end_well_by_themselves(void **state)
{
    (void)state;
    struct sim *s = play("cold-start");
    assert_int_equal(world_endpoint(s)->queue.count, 2);
    WORLD_UNTIL(s, 5 * MINUTE, world_endpoint(s)->completed >= 48213);
    world_end(s);
    s = play("frightening-rollout");
    int total = 0, latest = 0;
    endpoint_rollout(world_endpoint(s), &total, &latest);
    assert_true(total >= 3 && latest < total);
    for (int64_t ms = 0; latest < total && ms < 30 * MINUTE; ms += 1000) {
        world_run(s, 1000);
        endpoint_rollout(world_endpoint(s), &total, &latest);
    }
    assert_true(total >= 3 && latest == total);
    world_end(s);
}

static void the_decisive_lines_are_there_from_the_beginning(void **state)
{
    (void)state;
    static const struct {
        const char *scenario, *part;
        enum log_source source;
    } lines[] = {
        {"does-not-fit-gpu",
            "ValueError: To serve at least one request with the model's max seq len (8192)",
            LOG_CONTAINER},
        {"does-not-fit-gpu", "--hf-token hf_", LOG_CONTAINER},
        {"disk-full", "no space left on device", LOG_SYSTEM},
        {"image-not-found", "manifest unknown", LOG_SYSTEM},
        {"model-access-denied", "gated repo", LOG_CONTAINER},
        {"init-timeout-loop", "stop container", LOG_SYSTEM},
        {"cuda-driver-mismatch", "The NVIDIA driver on your system is too old (found version 12",
            LOG_CONTAINER},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct sim *s = play(lines[i].scenario);
        bool found = false;
        for (const struct worker *w = world_endpoint(s)->workers; w && !found; w = w->next)
            found = world_line(w, lines[i].source, lines[i].part) != NULL;
        if (!found)
            fail_msg("%s: no line with %s", lines[i].scenario, lines[i].part);
        assert_int_equal(world_endpoint(s)->health.unhealthy, 0);
        world_end(s);
    }
}

static void the_quota_is_used_up(void **state)
{
    (void)state;
    struct sim *s = play("worker-quota");
    int sum = 0;
    for (const struct endpoint *e = s->runpod->endpoints; e; e = e->next)
        sum += e->workers_max;
    assert_int_equal(sum, s->runpod->worker_quota);
    world_end(s);
}

static void the_demo_shows_one_of_each(void **state)
{
    (void)state;
    struct sim *s = play("demo");
    struct endpoint *good = endpoint_named(s->runpod, "legal");
    assert_true(good->completed > 48300 && good->queue.count < 20);
    struct endpoint *loop = endpoint_named(s->runpod, "contracts-long");
    assert_true(loop->queue.count == 3 && loop->workers->starts > 5);
    assert_int_equal(endpoint_named(s->runpod, "archive-search")->queue.count, 5);
    struct endpoint *nothing = endpoint_named(s->runpod, "research-70b");
    assert_int_equal(nothing->queue.count, 3);
    assert_int_equal(endpoint_active_workers(nothing), 0);
    assert_true(s->runpod->balance > 5 && s->runpod->balance < 38);
    world_end(s);
}

static void bad_scenarios_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{'base':'no-such'}",
        "{'endpoints':[{'name':'no id'}]}",
        "{'endpoints':[{'id':'far-too-long-an-id-for-an-endpoint','name':'x'}]}",
        "{'endpoints':[{'id':'a','like':'legal'}]}",
        "{'base':'does-not-fit-gpu'}",
        "{'endpoints':[{'id':'a','name':'x'},{'id':'a','name':'y'}]}",
        "{'templates':[{'name':'no id'}]}",
        "{'secrets':[{'id':''}]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sim s = {.clock = clock_new(WORLD_START, 0)};
        struct err e;
        assert_null(runpod_world_new(&s, world_json(bad[i]), &e));
        assert_true(strlen(e.message) > 10);
        clock_free(s.clock);
    }
    struct sim *s = world_start("{}"); /* a scenario that says nothing is an empty account */
    world_run(s, HOUR);
    assert_null(s->runpod->endpoints);
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_test_facts),
        cmocka_unit_test(facts_about_images_and_models),
        cmocka_unit_test(what_fits_follows_from_size_context_and_card),
        cmocka_unit_test(each_phase_shows_in_its_own_way),
        cmocka_unit_test(a_trouble_may_pass_with_time),
        cmocka_unit_test(chance_hits_some_of_the_time),
        cmocka_unit_test(a_cached_model_that_failed_tells_why),
        cmocka_unit_test(every_stuck_scenario_stays_stuck_until_it_is_mended),
        cmocka_unit_test(with_a_maximum_of_zero_the_queue_grows),
        cmocka_unit_test(no_release_of_the_past_is_of_a_setting_that_makes_none),
        cmocka_unit_test(money_mends_the_account_without_any),
        cmocka_unit_test(the_cold_start_and_the_rollout_end_well_by_themselves),
        cmocka_unit_test(the_decisive_lines_are_there_from_the_beginning),
        cmocka_unit_test(the_quota_is_used_up),
        cmocka_unit_test(the_demo_shows_one_of_each),
        cmocka_unit_test(bad_scenarios_are_refused_with_a_sentence),
    };
    return cmocka_run_group_tests_name("world trouble", tests, NULL, NULL);
}
