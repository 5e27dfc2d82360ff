/* Logs of workers: rings, order, what programs print, what stays after the end (runpod.md §5). */
#include "world.h"

#define ASK   "{'prompt':'hello'}"
#define TOKEN "hf_NotARealTokenButShapedLikeOne00000"
#define VLLM(tag, env)                                                                             \
    ",'image':'runpod/worker-v1-vllm:" tag                                                         \
    "','env':{'MODEL_NAME':'acme/Qwen3-8B','MAX_MODEL_LEN':'8192'" env                             \
    "},'behaviour':{'load_s':50}"

static struct worker *warm_worker(struct sim *s)
{
    struct job *j = world_ask(s, ASK);
    WORLD_UNTIL(s, 200000, job_final(j));
    return world_endpoint(s)->workers;
}

static void a_ring_keeps_the_newest_in_order(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'workers':{'min':1,'max':1}")));
    WORLD_UNTIL(s, 30000, world_count(world_endpoint(s), WORKER_IDLE) == 1);
    struct worker *w = world_endpoint(s)->workers;
    enum { MORE = 300 };
    for (int i = 0; i < WORKER_LOG_MAX + MORE; i++)
        worker_log(s, w, i % 2 ? LOG_CONTAINER : LOG_SYSTEM, "line %d", i);
    for (int i = 0; i < WORKER_LOG_MAX + MORE; i++)
        worker_log(s, w, LOG_CONTAINER, "again %d", i);
    struct log_ring *r = &w->log[LOG_CONTAINER];
    assert_int_equal(r->count, WORKER_LOG_MAX);
    for (size_t i = 0; i < r->count; i++) {
        char want[32];
        (void)snprintf(want, sizeof want, "again %zu", i + MORE);
        assert_string_equal(log_ring_at(r, i)->line, want);
        if (i > 0)
            assert_true(log_ring_at(r, i)->seq > log_ring_at(r, i - 1)->seq);
    }
    assert_null(log_ring_at(r, r->count));
    assert_null(log_ring_at(NULL, 0));
    assert_int_equal(log_ring_at(r, r->count - 1)->seq, w->log_seq);
    worker_log(s, NULL, LOG_SYSTEM, "nobody");
    world_end(s);
}

static void lines_are_split_and_may_be_very_long(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'workers':{'min':1,'max':1}")));
    world_run(s, 5000);
    struct worker *w = world_endpoint(s)->workers;
    char *long_line = malloc(50001);
    assert_non_null(long_line);
    memset(long_line, '#', 50000);
    long_line[50000] = '\0';
    worker_log(s, w, LOG_CONTAINER, "%s", long_line);
    worker_log(s, w, LOG_CONTAINER, "one\ntwo\n");
    struct log_ring *r = &w->log[LOG_CONTAINER];
    assert_int_equal(strlen(log_ring_at(r, r->count - 4)->line), 50000);
    assert_string_equal(log_ring_at(r, r->count - 3)->line, "one");
    assert_string_equal(log_ring_at(r, r->count - 2)->line, "two");
    assert_string_equal(log_ring_at(r, r->count - 1)->line, "");
    free(long_line);
    world_end(s);
}

static void times_and_numbers_rise_over_both_sources(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(VLLM("v2.25.2", ""))));
    struct worker *w = warm_worker(s);
    for (int i = 0; i < LOG_SOURCES; i++) {
        int64_t at = 0;
        uint64_t seq = 0;
        for (size_t k = 0; k < w->log[i].count; k++) {
            const struct log_entry *l = log_ring_at(&w->log[i], k);
            assert_true(l->at >= at && l->seq > seq);
            at = l->at;
            seq = l->seq;
        }
    }
    assert_int_equal(w->log[0].count + w->log[1].count, w->log_seq);
    world_end(s);
}

static void all_in_order(const struct worker *w, enum log_source source, const char *const parts[])
{
    const struct log_entry *before = NULL;
    for (size_t i = 0; parts[i]; i++) {
        const struct log_entry *l = world_line(w, source, parts[i]);
        if (!l)
            fail_msg("no line with: %s", parts[i]);
        if (before && l->seq < before->seq)
            fail_msg("out of order: %s", parts[i]);
        before = l;
    }
}

static void a_start_of_generation_b_reads_like_one(void **state)
{
    (void)state;
    static const char *const system[] = {"create container runpod/worker-v1-vllm:v2.25.2",
        "v2.25.2 Pulling from runpod/worker-v1-vllm", "Digest: sha256:", "worker is ready",
        "start container for runpod/worker-v1-vllm:v2.25.2: begin", NULL};
    static const char *const container[] = {"INFO root: Starting vLLM: vllm serve --host 127.0.0.1",
        "vLLM API server version 0.27.1", "Resolved architecture: Qwen3ForCausalLM",
        "Starting to load model acme/Qwen3-8B...",
        "Loading safetensors checkpoint shards:   0% Completed",
        "Loading safetensors checkpoint shards: 100% Completed", "Loading weights took",
        "Model loading took", "torch.compile takes", "Available KV cache memory:",
        "GPU KV cache size:", "Maximum concurrency for 8,192 tokens per request:",
        "init engine (profile, create kv cache, warmup model) took",
        "Application startup complete.", "vLLM is healthy", "--- Starting Serverless Worker |",
        "\"Jobs in progress: 1\"", "\"POST /v1/completions HTTP/1.1\" 200 OK", "\"Finished.\"",
        NULL};
    struct sim *s = world_start(SCENARIO("", ENDPOINT(VLLM("v2.25.2", ""))));
    struct worker *w = warm_worker(s);
    all_in_order(w, LOG_SYSTEM, system);
    all_in_order(w, LOG_CONTAINER, container);
    assert_null(world_line(w, LOG_CONTAINER, "{model}"));
    assert_null(world_line(w, LOG_CONTAINER, "{stamp}"));
    world_end(s);
}

static void a_start_of_generation_a_reads_like_one(void **state)
{
    (void)state;
    static const char *const container[] = {"Engine config: model=acme/Qwen3-8B",
        "Starting to load model acme/Qwen3-8B...",
        "GPU KV cache size:", "Initialized vLLM engine in", "vLLM engines initialized successfully",
        "--- Starting Serverless Worker |", "Finished running generator.", NULL};
    struct sim *s = world_start(SCENARIO("", ENDPOINT(VLLM("v2.14.0", ",'HF_TOKEN':'" TOKEN "'"))));
    struct worker *w = warm_worker(s);
    all_in_order(w, LOG_CONTAINER, container);
    assert_null(world_line(w, LOG_CONTAINER, TOKEN)); /* only generation B logs it */
    assert_null(world_line(w, LOG_CONTAINER, "vllm serve"));
    world_end(s);
}

static void generation_b_leaks_the_token_under_one_name_only(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(VLLM("v2.25.2", ",'HF_TOKEN':'" TOKEN "'"))));
    assert_non_null(world_line(warm_worker(s), LOG_CONTAINER, "--hf-token " TOKEN));
    world_end(s);
    s = world_start(
        SCENARIO("", ENDPOINT(VLLM("v2.25.2", ",'HUGGING_FACE_HUB_TOKEN':'" TOKEN "'"))));
    assert_null(world_line(warm_worker(s), LOG_CONTAINER, TOKEN));
    world_end(s);
    s = world_start(SCENARIO(",'secrets':[{'id':'s1','name':'hub'}]",
        ENDPOINT(VLLM("v2.25.2", ",'HF_TOKEN':'{{ RUNPOD_SECRET_hub }}'"))));
    struct worker *w = warm_worker(s); /* a secret is put in before the command is logged */
    assert_non_null(world_line(w, LOG_CONTAINER, "--hf-token hf_"));
    assert_null(world_line(w, LOG_CONTAINER, "RUNPOD_SECRET"));
    world_end(s);
}

static void numbers_in_the_lines_agree_with_the_settings(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO(",'models':{'acme/*':{'weights_gib':18.9,'kv_kib':192}}",
        ENDPOINT(VLLM("v2.25.2", ",'GPU_MEMORY_UTILIZATION':'0.95'"))));
    struct worker *w = warm_worker(s);
    const struct log_entry *l = world_line(w, LOG_CONTAINER, "Model loading took");
    assert_non_null(strstr(l->line, "took 18.90 GiB"));
    l = world_line(w, LOG_CONTAINER, "Available KV cache memory:");
    double gib = strtod(strstr(l->line, "memory: ") + 8, NULL);
    l = world_line(w, LOG_CONTAINER, "Maximum concurrency for");
    double times = strtod(strstr(l->line, "request: ") + 9, NULL);
    assert_true(times > 1 && times < 3);
    assert_true(
        gib * 1048576 / 192 / 8192 > times - 0.03 && gib * 1048576 / 192 / 8192 < times + 0.03);
    world_end(s);
}

static void statistics_come_only_while_there_is_something_to_do(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(VLLM("v2.25.2", "") ",'workers':{'min':1,'max':1}")));
    struct worker *w = warm_worker(s);
    world_run(s, 30000);
    size_t before = w->log[LOG_CONTAINER].count;
    assert_non_null(world_line(w, LOG_CONTAINER, "Avg prompt throughput:"));
    world_run(s, HOUR);
    assert_int_equal(w->log[LOG_CONTAINER].count, before);
    world_end(s);
}

static void a_long_pull_says_that_it_is_still_fetching(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'cached':0,'pull_s':400}")));
    (void)world_ask(s, ASK);
    world_run(s, 200000);
    struct worker *w = world_endpoint(s)->workers;
    assert_int_equal(w->state, WORKER_PULLING);
    assert_non_null(world_line(w, LOG_SYSTEM, "still fetching image acme/worker:1"));
    assert_non_null(world_line(w, LOG_SYSTEM, "Downloading ["));
    assert_null(world_line(w, LOG_SYSTEM, "Extracting"));
    assert_int_equal(w->log[LOG_CONTAINER].count, 0);
    world_run(s, 190000);
    assert_non_null(world_line(w, LOG_SYSTEM, "Extracting ["));
    world_end(s);
}

static void a_vanished_worker_is_remembered_for_a_while(void **state)
{
    (void)state;
    struct sim *s = world_start(SIMPLE);
    struct endpoint *e = world_endpoint(s);
    char id[16];
    strcpy(id, warm_worker(s)->id);
    WORLD_UNTIL(s, 60000, world_count(e, WORKER_GONE) == 1);
    struct worker *w = worker_find(e, id);
    assert_non_null(w);
    assert_false(worker_listed(w));
    assert_true(w->log[LOG_CONTAINER].count > 0);
    world_run(s, 20 * MINUTE); /* the container's lines go first */
    assert_int_equal(worker_find(e, id)->log[LOG_CONTAINER].count, 0);
    assert_true(worker_find(e, id)->log[LOG_SYSTEM].count > 0);
    world_run(s, 45 * MINUTE);
    assert_null(worker_find(e, id));
    world_end(s);
}

static void own_start_lines_and_unknown_names_are_kept_as_they_are(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'behaviour':{'startup':[{'at':0.1,'text':'hello from {worker} {nothing} {\\u0027a\\u0027: 1}'},"
            "{'at':0.9,'text':'done {'}]}")));
    struct worker *w = warm_worker(s);
    char want[80];
    (void)snprintf(want, sizeof want, "hello from %s {nothing} {'a': 1}", w->id);
    assert_non_null(world_line(w, LOG_CONTAINER, want));
    assert_non_null(world_line(w, LOG_CONTAINER, "done {"));
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_keeps_the_newest_in_order),
        cmocka_unit_test(lines_are_split_and_may_be_very_long),
        cmocka_unit_test(times_and_numbers_rise_over_both_sources),
        cmocka_unit_test(a_start_of_generation_b_reads_like_one),
        cmocka_unit_test(a_start_of_generation_a_reads_like_one),
        cmocka_unit_test(generation_b_leaks_the_token_under_one_name_only),
        cmocka_unit_test(numbers_in_the_lines_agree_with_the_settings),
        cmocka_unit_test(statistics_come_only_while_there_is_something_to_do),
        cmocka_unit_test(a_long_pull_says_that_it_is_still_fetching),
        cmocka_unit_test(a_vanished_worker_is_remembered_for_a_while),
        cmocka_unit_test(own_start_lines_and_unknown_names_are_kept_as_they_are),
    };
    return cmocka_run_group_tests_name("world log", tests, NULL, NULL);
}
