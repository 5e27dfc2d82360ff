/* Workers that do not come up: what their logs say, and the values of the remedies. */
#include "triage_world.h"

#define ENDPOINT    "\"endpoint\":\"x2x496ymkidl3m\""
#define ENV(pairs)  "{" ENDPOINT ",\"env\":{" pairs "}}"
#define BODY(pairs) "{\"env\":{" pairs "}}"

static struct triage_worker *crash(const char *id, const char *variant, const char *line)
{
    return crashes(add_worker("8g3n5t6r", WORKER_RUNNING), id, variant, line);
}

static const struct triage_diagnosis *expect_stuck(const char *id, int row)
{
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, id, row, TRIAGE_CERTAIN);
    assert_string_equal(d->evidence[0].source, "log");
    assert_string_equal(d->evidence[0].worker, "8g3n5t6r");
    return d;
}

/* ---- every row ---------------------------------------------------------------------------------------- */

static void each_cause_is_its_row(void **state)
{
    (void)state;
    static const struct {
        const char *id, *variant;
        int row;
        const char *first; /* id of the first remedy */
    } rows[] = {
        {"image-not-found", "", 11, "by-hand"},
        {"registry-denied", "", 12, "by-hand"},
        {"wrong-architecture", "", 13, "by-hand"},
        {"disk-full", "", 14, "set-disk"},
        {"start-command-exits", "not-found", 15, "by-hand"},
        {"cuda-driver-mismatch", "", 16, "set-image"},
        {"does-not-fit-gpu", "kv-cache", 17, "set-env"},
        {"model-access-denied", "gated", 18, "by-hand"},
        {"model-incomplete", "revision", 19, "set-revision"},
        {"hub-outage", "", 20, "wait"},
        {"architecture-unsupported", "", 21, "by-hand"},
        {"bad-worker-setting", "", 22, "by-hand"},
        {"needs-trust-remote-code", "", 23, "set-env"},
        {"fitness-check-failed", "disk", 24, "set-disk"},
        {"engine-start-timeout", "", 25, "set-env"},
        {"init-timeout-loop", "", 10, "set-env"},
        {"cached-model-failed", "", 35, "by-hand"},
        {"host-memory", "", 0, "by-hand"},
        {"tokenizer-mismatch", "", 0, "by-hand"},
        {"handler-crash", "import", 0, "by-hand"},
        {"gpu-fault", "ecc", 0, "scale"},
        {"weights-corrupt", "", 0, "by-hand"},
        {"a-cause-of-tomorrow", "", 0, "by-hand"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w.v.worker_count = w.cause_count = 0;
        (void)crash(rows[i].id, rows[i].variant, "the line that decided");
        const struct triage_diagnosis *d = expect_stuck(rows[i].id, rows[i].row);
        assert_string_equal(d->evidence[0].text.s, "the line that decided");
        if (strcmp(remedy_of(d, 1)->id, rows[i].first) != 0) {
            print_reading();
            fail_msg("%s: %s first", rows[i].id, rows[i].first);
        }
        const struct triage_remedy *last = remedy_of(d, d->remedy_count);
        expect_remedy(last, "purge", "{" ENDPOINT ",\"purge\":true}", NULL);
    }
}

static void a_single_look_does_not_make_it_stuck(void **state)
{
    (void)state;
    (void)crash("disk-full", "", "no space left on device");
    w.v.look_count = 1;
    judge();
    expect_first(TRIAGE_UNKNOWN, "disk-full", 14, TRIAGE_CERTAIN);
    assert_int_equal(triage_wants(&w.v), TRIAGE_WANT_LOOK);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static void the_log_says_which_context_fits(void **state)
{
    (void)state;
    struct triage_worker *k =
        crash("does-not-fit-gpu", "kv-cache", "ValueError: To serve at least one request …");
    say_value(k, CRASH_TOKENS_ASKED, "8192", 8192);
    say_value(k, CRASH_TOKENS_FIT, "5216", 5216);
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    const struct triage_remedy *m = remedy_of(d, 1);
    assert_string_equal(m->text.s, "Lower MAX_MODEL_LEN from 8192 to 4096");
    assert_string_equal(m->means.s, "rolls 1 worker");
    assert_int_equal(m->risk, 2);
    assert_true(m->cost_per_hour_delta == 0);
    expect_remedy(
        m, "set-env", "{" ENDPOINT ",\"context\":4096}", BODY("\"MAX_MODEL_LEN\":\"4096\""));
    /* The cheapest pool that holds it, not the nearest in name. */
    expect_remedy(remedy_of(d, 2), "set-pools", "{" ENDPOINT ",\"pool\":[\"AMPERE_48\"]}",
        "{\"gpu\":{\"pools\":[\"AMPERE_48\"]}}");
    assert_true(fabs(remedy_of(d, 2)->cost_per_hour_delta - 0.10) < 1e-9);
    /* A worker of 1.12 $/h is paid for nothing. */
    assert_true(fabs(w.t.cost_hour - 1.12) < 1e-9);
    const struct triage_remedy *stop = remedy_of(d, d->remedy_count - 1);
    expect_remedy(stop, "scale", "{" ENDPOINT ",\"pause\":true}",
        "{\"workers\":{\"min\":0,\"max\":0,\"idleTimeout\":10}}");
    assert_true(fabs(stop->cost_per_hour_delta + 1.12) < 1e-9);
}

static void the_needed_and_the_available_cache_give_the_context(void **state)
{
    (void)state;
    struct triage_worker *k =
        crash("does-not-fit-gpu", "kv-cache", "4.00 GiB KV cache is needed, 3.10 GiB available");
    say_value(k, CRASH_TOKENS_ASKED, "32768", 32768);
    say_value(k, CRASH_NEEDED_BYTES, "4.00 GiB", 4.0 * 1073741824);
    say_value(k, CRASH_AVAILABLE_BYTES, "3.10 GiB", 3.1 * 1073741824);
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    expect_remedy(remedy_of(d, 1), "set-env", "{" ENDPOINT ",\"context\":24576}", NULL);
}

static void without_an_estimate_it_is_computed(void **state)
{
    (void)state;
    struct triage_worker *k =
        crash("does-not-fit-gpu", "memory", "torch.OutOfMemoryError: CUDA out of memory");
    (void)k;
    set_env("MAX_MODEL_LEN", "131072");
    /* 24 GB x 0.90 less 16.06 GB of weights and 2 GB: 3.54 GB are 27008 tokens of 131072 bytes, so 24576. */
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    expect_remedy(remedy_of(d, 1), "set-env", "{" ENDPOINT ",\"context\":24576}", NULL);
    expect_remedy(remedy_of(d, 2), "set-env", ENV("\"GPU_MEMORY_UTILIZATION\":\"0.85\""), NULL);
}

static void weights_that_do_not_fit_are_not_helped_by_less_context(void **state)
{
    (void)state;
    (void)crash("does-not-fit-gpu", "weights", "torch.OutOfMemoryError: CUDA out of memory");
    w.facts.weight_bytes = 65000000000;
    w.facts.parameters = 32500000000;
    w.facts.layers = 64;
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    expect_remedy(remedy_of(d, 1), "set-pools", "{" ENDPOINT ",\"pool\":[\"AMPERE_80\"]}", NULL);
    /* 65 GB of weights, and 8192 tokens of cache: four cards of 24 GB, by heads of which there are 32. */
    expect_remedy(remedy_of(d, 2), "set-gpus", "{" ENDPOINT ",\"gpus\":4}",
        "{\"gpu\":{\"count\":4},\"env\":{\"TENSOR_PARALLEL_SIZE\":\"4\"}}");
    assert_true(fabs(remedy_of(d, 2)->cost_per_hour_delta - 3 * 1.12) < 1e-9);
}

static void gpus_that_are_there_are_used_first(void **state)
{
    (void)state;
    (void)crash("does-not-fit-gpu", "weights", "torch.OutOfMemoryError: CUDA out of memory");
    w.v.endpoint.gpu_count = 2;
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    expect_remedy(remedy_of(d, 1), "set-env", ENV("\"TENSOR_PARALLEL_SIZE\":\"2\""), NULL);
}

static void an_old_image_reads_the_other_name(void **state)
{
    (void)state;
    w.v.endpoint.image = TEXT("runpod/worker-vllm:0.2.3");
    struct triage_worker *k =
        crash("does-not-fit-gpu", "kv-cache", "larger than the maximum number of tokens");
    say_value(k, CRASH_TOKENS_ASKED, "8192", 8192);
    say_value(k, CRASH_TOKENS_FIT, "6200", 6200);
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    assert_string_equal(remedy_of(d, 1)->text.s, "Lower MAX_MODEL_LENGTH from 8192 to 6144");
    expect_remedy(remedy_of(d, 1), "set-env", "{" ENDPOINT ",\"context\":6144}",
        BODY("\"MAX_MODEL_LENGTH\":\"6144\""));
}

static void no_useless_context_is_offered(void **state)
{
    (void)state;
    struct triage_worker *k = crash("does-not-fit-gpu", "kv-cache", "…");
    say_value(k, CRASH_TOKENS_ASKED, "8192", 8192);
    say_value(k, CRASH_TOKENS_FIT, "96", 96);
    const struct triage_diagnosis *d = expect_stuck("does-not-fit-gpu", 17);
    assert_string_equal(remedy_of(d, 1)->id, "set-pools");
}

/* ---- settings ------------------------------------------------------------------------------------------- */

static void heads_decide_the_tensor_parallel_size(void **state)
{
    (void)state;
    w.v.endpoint.gpu_count = 3;
    set_env("TENSOR_PARALLEL_SIZE", "3");
    struct triage_worker *k = crash(
        "bad-worker-setting", "heads", "Total number of attention heads (32) must be divisible …");
    say_value(k, CRASH_HEADS, "32", 32);
    const struct triage_diagnosis *d = expect_stuck("bad-worker-setting", 22);
    expect_remedy(remedy_of(d, 1), "set-env", ENV("\"TENSOR_PARALLEL_SIZE\":\"2\""),
        BODY("\"TENSOR_PARALLEL_SIZE\":\"2\""));
}

static void a_boolean_that_is_none(void **state)
{
    (void)state;
    set_env("ENABLE_PREFIX_CACHING", "ture");
    struct triage_worker *k = crash("bad-worker-setting", "",
        "ValueError: invalid boolean value 'ture' for ENABLE_PREFIX_CACHING");
    say_value(k, CRASH_SETTING, "ENABLE_PREFIX_CACHING", NAN);
    say_value(k, CRASH_VALUE, "'ture'", NAN);
    const struct triage_diagnosis *d = expect_stuck("bad-worker-setting", 22);
    expect_remedy(remedy_of(d, 1), "set-env", ENV("\"ENABLE_PREFIX_CACHING\":\"true\""), NULL);
    expect_remedy(
        remedy_of(d, 2), "set-env", "{" ENDPOINT ",\"unset\":\"ENABLE_PREFIX_CACHING\"}", NULL);
}

static void a_flag_is_the_setting_of_that_name(void **state)
{
    (void)state;
    set_env("SWAP_SPACE", "4");
    struct triage_worker *k =
        crash("bad-worker-setting", "", "error: unrecognized arguments: --swap-space");
    say_value(k, CRASH_SETTING, "--swap-space", NAN);
    expect_remedy(remedy_of(expect_stuck("bad-worker-setting", 22), 1), "set-env",
        "{" ENDPOINT ",\"unset\":\"SWAP_SPACE\"}", NULL);
}

static void the_log_says_the_right_number(void **state)
{
    (void)state;
    struct triage_worker *k = crash("bad-worker-setting", "batched-tokens",
        "max_num_batched_tokens (2048) is smaller than max_model_len (8192)");
    say_value(k, CRASH_TOKENS_ASKED, "8192", 8192);
    expect_remedy(remedy_of(expect_stuck("bad-worker-setting", 22), 1), "set-env",
        ENV("\"MAX_NUM_BATCHED_TOKENS\":\"8192\""), NULL);
    w.v.worker_count = 0;
    k = crash("bad-worker-setting", "lora-rank", "LoRA rank 48 is greater than max_lora_rank 16.");
    say_value(k, CRASH_TOKENS_ASKED, "48", 48);
    say_value(k, CRASH_TOKENS_FIT, "16", 16);
    expect_remedy(remedy_of(expect_stuck("bad-worker-setting", 22), 1), "set-env",
        ENV("\"MAX_LORA_RANK\":\"64\""), NULL);
    w.v.worker_count = 0;
    set_env("MAX_MODEL_LEN", "262144");
    k = crash("bad-worker-setting", "max-model-len",
        "User-specified max_model_len (262144) is greater than the derived max_model_len");
    say_value(k, CRASH_TOKENS_ASKED, "262144", 262144);
    say_value(k, CRASH_TOKENS_FIT, "131072", 131072);
    expect_remedy(remedy_of(expect_stuck("bad-worker-setting", 22), 1), "set-env",
        "{" ENDPOINT ",\"context\":131072}", NULL);
}

static void a_secret_is_never_in_a_call(void **state)
{
    (void)state;
    (void)crash("model-access-denied", "gated", "You are trying to access a gated repo.");
    w.v.model_gated = true;
    const struct triage_diagnosis *d = expect_stuck("model-access-denied", 18);
    expect_remedy(remedy_of(d, 2), "by-hand", NULL, BODY("\"HUGGING_FACE_HUB_TOKEN\":\"•••\""));
    assert_false(remedy_of(d, 2)->can_be_applied);
    /* It has a token, which may not: the terms come first. */
    assert_non_null(strstr(remedy_of(d, 1)->text.s, "huggingface.co/acme/legal-8b"));
}

/* ---- disk, hosts, time ------------------------------------------------------------------------------------ */

static void the_disk_that_suffices(void **state)
{
    (void)state;
    w.v.detail.disk_gb = 20;
    (void)crash("disk-full", "", "no space left on device");
    /* 10 GB of image and 16.06 GB x 1.2 are 29.3: in steps of ten. */
    const struct triage_diagnosis *d = expect_stuck("disk-full", 14);
    expect_remedy(remedy_of(d, 1), "set-disk", "{" ENDPOINT ",\"disk\":30}", "{\"disk\":30}");
    assert_string_equal(remedy_of(d, 1)->text.s, "Raise the container disk from 20 to 30 GB");
    w.v.detail.disk_gb = 40;
    judge();
    expect_remedy(remedy_of(&w.t.diagnoses[0], 1), "set-disk", "{" ENDPOINT ",\"disk\":80}", NULL);
}

static void hosts_without_the_images_cuda(void **state)
{
    (void)state;
    w.v.detail.min_cuda = TEXT("");
    (void)crash(
        "cuda-driver-mismatch", "", "CUDA driver version is insufficient for CUDA runtime version");
    const struct triage_diagnosis *d = expect_stuck("cuda-driver-mismatch", 16);
    expect_remedy(remedy_of(d, 1), "set-cuda", "{" ENDPOINT ",\"cuda\":\"13.0\"}",
        "{\"gpu\":{\"minCudaVersion\":\"13.0\"}}");
    expect_remedy(remedy_of(d, 2), "set-image",
        "{" ENDPOINT ",\"image\":\"" WORKER_IMAGE_OLDER_HOSTS "\",\"cuda\":\"none\"}",
        "{\"image\":\"" WORKER_IMAGE_OLDER_HOSTS "\",\"gpu\":{\"minCudaVersion\":\"\"}}");
    gpu_of("ADA_24")->cuda = 1208; /* a floor would leave no host */
    judge();
    assert_string_equal(remedy_of(&w.t.diagnoses[0], 1)->id, "set-image");
}

static void one_bad_host_is_no_reason_while_another_loads(void **state)
{
    (void)state;
    (void)crash(
        "cuda-driver-mismatch", "", "CUDA driver version is insufficient for CUDA runtime version");
    struct triage_worker *k = add_worker("other", WORKER_INITIALIZING);
    k->log.loading = true;
    judge();
    expect_verdict(TRIAGE_WAITING);
    w.v.worker_count = 1;
    judge();
    expect_verdict(TRIAGE_STUCK);
}

static void cycles_of_seven_minutes_are_the_platforms(void **state)
{
    (void)state;
    struct triage_worker *k = crash(NULL, NULL, NULL);
    k->log.first_start_ms = NOW - 15 * MINUTE;
    k->log.last_start_ms = k->log.first_start_ms + 2 * 421 * SECOND;
    judge();
    const struct triage_diagnosis *d =
        expect_first(TRIAGE_STUCK, "init-timeout-loop", 10, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-env",
        ENV("\"RUNPOD_INIT_TIMEOUT\":\"1800\",\"VLLM_STARTUP_TIMEOUT\":\"1800\""), NULL);
    set_env("RUNPOD_INIT_TIMEOUT", "1800");
    judge(); /* 421 s are not 1800 */
    expect_first(TRIAGE_STUCK, "start-command-exits", 15, TRIAGE_LIKELY);
    k->log.first_start_ms = NOW - 70 * MINUTE;
    k->log.last_start_ms = k->log.first_start_ms + 2 * 1810 * SECOND;
    judge();
    d = expect_first(TRIAGE_STUCK, "init-timeout-loop", 10, TRIAGE_CERTAIN);
    expect_remedy(remedy_of(d, 1), "set-env",
        ENV("\"RUNPOD_INIT_TIMEOUT\":\"3600\",\"VLLM_STARTUP_TIMEOUT\":\"3600\""), NULL);
}

static void once_too_late_is_not_a_loop(void **state)
{
    (void)state;
    struct triage_worker *k = crash("init-timeout-loop", "once", NULL);
    k->log.starts = 2;
    k->log.ends = k->log.crashes = 1;
    k->log.crashed = false;
    k->log.again = k->log.loading = true;
    judge();
    expect_verdict(TRIAGE_WAITING);
}

static void silence_is_a_start_command(void **state)
{
    (void)state;
    (void)crash(NULL, NULL, NULL);
    judge();
    expect_first(TRIAGE_STUCK, "start-command-exits", 15, TRIAGE_LIKELY);
    w.v.workers[0].log.exit_code = 137;
    judge();
    expect_first(TRIAGE_STUCK, "host-memory", 0, TRIAGE_LIKELY);
}

static void an_unknown_crash_shows_its_line(void **state)
{
    (void)state;
    (void)crash(NULL, NULL, "assert self.flux_capacitor is not None");
    judge();
    const struct triage_diagnosis *d = expect_first(TRIAGE_STUCK, "crash-loop", 0, TRIAGE_CERTAIN);
    assert_string_equal(d->evidence[0].text.s, "assert self.flux_capacitor is not None");
    w.v.workers[0].log.crashes = w.v.workers[0].log.ends = w.v.workers[0].log.starts = 1;
    judge(); /* one crash of no known cause may be the last */
    expect_first(TRIAGE_WAITING, "crash-loop", 0, TRIAGE_LIKELY);
}

static void the_release_before_is_a_way_back(void **state)
{
    (void)state;
    w.releases[0] = (struct release){5, TEXT("MANUAL"), NOW - 20 * MINUTE, 1, NULL, 0};
    w.releases[1] = (struct release){4, TEXT("MANUAL"), NOW - 200 * MINUTE, 0, NULL, 0};
    w.v.detail.releases = w.releases;
    w.v.detail.release_count = 2;
    (void)crash(
        "handler-crash", "missing-module", "ModuleNotFoundError: No module named 'pymupdf'");
    expect_remedy(remedy_of(expect_stuck("handler-crash", 0), 1), "rollback",
        "{" ENDPOINT ",\"rollback\":\"previous\"}", NULL);
}

static void workers_that_show_the_same_are_one_diagnosis(void **state)
{
    (void)state;
    (void)crash("disk-full", "", "no space left on device");
    crashes(add_worker("other1", WORKER_IDLE), "disk-full", "", "no space left on device");
    crashes(add_worker("other2", WORKER_UNHEALTHY), "disk-full", "", "no space left on device");
    judge();
    expect_first(TRIAGE_STUCK, "disk-full", 14, TRIAGE_CERTAIN);
    assert_int_equal(w.t.count, 1);
    assert_string_equal(w.t.sentence.s, "3 workers crash on start: the disk is full");
    assert_true(fabs(w.t.cost_hour - 2 * 1.12) < 1e-9);
}

static void what_a_release_mended_is_not_told(void **state)
{
    (void)state;
    struct triage_worker *old = crash("does-not-fit-gpu", "memory", "CUDA out of memory");
    old->vanished = true;
    old->worker.version = 3;
    crashes(
        add_worker("8g3n5t6s", WORKER_RUNNING), "cuda-driver-mismatch", "", "driver is too old");
    judge();
    expect_first(TRIAGE_STUCK, "cuda-driver-mismatch", 16, TRIAGE_CERTAIN);
    expect_no("does-not-fit-gpu");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        T(each_cause_is_its_row),
        T(a_single_look_does_not_make_it_stuck),
        T(the_log_says_which_context_fits),
        T(the_needed_and_the_available_cache_give_the_context),
        T(without_an_estimate_it_is_computed),
        T(weights_that_do_not_fit_are_not_helped_by_less_context),
        T(gpus_that_are_there_are_used_first),
        T(an_old_image_reads_the_other_name),
        T(no_useless_context_is_offered),
        T(heads_decide_the_tensor_parallel_size),
        T(a_boolean_that_is_none),
        T(a_flag_is_the_setting_of_that_name),
        T(the_log_says_the_right_number),
        T(a_secret_is_never_in_a_call),
        T(the_disk_that_suffices),
        T(hosts_without_the_images_cuda),
        T(one_bad_host_is_no_reason_while_another_loads),
        T(cycles_of_seven_minutes_are_the_platforms),
        T(once_too_late_is_not_a_loop),
        T(silence_is_a_start_command),
        T(an_unknown_crash_shows_its_line),
        T(the_release_before_is_a_way_back),
        T(workers_that_show_the_same_are_one_diagnosis),
        T(what_a_release_mended_is_not_told),
    };
    return cmocka_run_group_tests_name("triage: workers that do not come up", tests, NULL, NULL);
}
