/* Each thing that can be wrong with a deployment, one at a time: it is said, at its level, with its numbers and
 * the way out, and nothing else blocks. */
#include "preflight_world.h"

/* ---- what goes wrong ------------------------------------------------------------------------------- */

/* clang-format off */
static void is_absent(void) { w.v.exists = KNOWN_NO; }
static void is_disabled(void) { w.v.disabled = true; }
static void is_adapter(void)
{
    w.list.facts.adapter = true;
    w.list.facts.base_model = TEXT("acme/base");
}
static void is_adapter_with_base(void)
{
    is_adapter();
    set_env("MODEL_NAME", "acme/base");
}
/* As slipway deploys one: everything the base needs counts, and it is no wrong by itself. */
static struct checklist base_list;
static void is_served_beside_base(void)
{
    is_adapter_with_base();
    base_list = w.list;
    base_list.facts.adapter = false;
    w.list.facts.weight_bytes = 400000000;
    w.v.base = &base_list;
    w.v.base_repo = "acme/base";
    w.v.base_exists = KNOWN_YES;
    w.v.base_readable = KNOWN_YES;
}
static void is_adapter_of_nothing(void)
{
    w.list.facts.adapter = true;
    w.list.facts.base_model = TEXT("");
}
static void is_dora(void)
{
    is_served_beside_base();
    w.list.facts.lora_flaw = "is a DoRA (use_dora)";
}
static void is_adapter_of_absent(void)
{
    is_adapter_with_base();
    w.v.base_repo = "acme/base";
    w.v.base_exists = KNOWN_NO;
}
static void has_high_rank(void)
{
    is_served_beside_base();
    w.list.facts.lora_rank = 64;
    set_env("MAX_LORA_RANK", "32");
}
static void has_large_base(void)
{
    is_served_beside_base();
    base_list.facts.weight_bytes = 60000000000;
    base_list.facts.parameters = 30000000000;
    w.v.disk_gb = 200;
}
static void has_closed_base(void)
{
    is_served_beside_base();
    w.v.base_closed = true;
}
static void has_base_path(void) { set_env("BASE_PATH", "/runpod-volume"); }
static void is_for_images(void) { w.v.pipeline_tag = TEXT("text-to-image"); }
static void is_encoder(void)
{
    w.v.pipeline_tag = TEXT("");
    w.list.facts.architecture = TEXT("BertModel");
    w.list.facts.text_generation = false;
}
static void has_code(void) { w.list.facts.custom_code = true; }
static void lacks_shards(void)
{
    add_file("model-00002-of-00005.safetensors", -1, CHECK_WEIGHTS, CHECK_MISSING, "shard 2 of 5");
    add_file("model-00004-of-00005.safetensors", -1, CHECK_WEIGHTS, CHECK_MISSING, "shard 4 of 5");
}
static void has_bad_config(void)
{
    w.files[1].state = CHECK_BAD;
    w.files[1].result = TEXT("not JSON");
}
static void has_doubtful_weights(void) { w.files[0].state = CHECK_WARNING; }
static void lacks_template(void) { add_file("chat_template.jinja", -1, CHECK_RECOMMENDED, CHECK_MISSING, "makes a prompt"); }
static void is_private(void) { w.v.is_private = true; }
static void is_gated_shut(void)
{
    w.v.gated = true;
    w.v.readable = KNOWN_NO;
    set_env("HUGGING_FACE_HUB_TOKEN", NULL);
}
static void is_private_unseen(void)
{
    w.v.is_private = true;
    w.v.readable = KNOWN_NOT;
    set_env("HUGGING_FACE_HUB_TOKEN", NULL);
}
static void has_no_image(void) { w.v.image = ""; }
static void has_server(void) { w.v.image = "vllm/vllm-openai:v0.27.1"; }
static void has_document_image(void) { w.v.image = "runpod/worker-vllm:stable"; }
static void has_document_pod_image(void) { w.v.image = "runpod/worker-v1-vllm:stable-cuda12.1.0"; }
static void has_latest(void) { w.v.image = "runpod/worker-v1-vllm:latest"; }
static void has_bad_boolean(void) { set_env("ENFORCE_EAGER", "maybe"); }
static void has_bad_boolean_in_a(void)
{
    w.v.image = WORKER_IMAGE_OLDER_HOSTS;
    has_bad_boolean();
}
static void has_ignored(void) { set_env("RAW_OPENAI_OUTPUT", "1"); }
static void has_length(void) { set_env("MAX_MODEL_LENGTH", "8192"); }
static void has_reserved(void) { set_env("MODEL", "acme/x"); }
static void prints_token(void) { set_env("HF_TOKEN", NULL); }
static void has_typo(void) { set_env("MAX_CONCURENCY", "30"); }
static void has_other_model(void) { set_env("MODEL_NAME", "acme/other"); }
static void is_offline(void) { set_env("HF_HUB_OFFLINE", "1"); }
static void wastes_gpu(void) { w.v.gpus = 2; }
static void takes_too_many(void) { set_env("TENSOR_PARALLEL_SIZE", "2"); }
static void cannot_spread(void)
{
    w.v.gpus = 3;
    set_env("TENSOR_PARALLEL_SIZE", "3");
}
static void takes_all_memory(void) { set_env("GPU_MEMORY_UTILIZATION", "90"); }
static void is_too_long(void)
{
    set_env("MAX_MODEL_LEN", "200k");
    w.pools[0].memory_gb = 80;
}
static void is_slow(void)
{
    w.env[4].value = "300";
    w.list.facts.weight_bytes = 30000000000;
    w.list.facts.parameters = 15000000000;
    w.pools[0].memory_gb = 80;
}
static void has_short_context(void) { set_env("MAX_MODEL_LEN", "65536"); }
static void has_tight_context(void) { set_env("MAX_MODEL_LEN", "40960"); }
static void is_too_large(void)
{
    w.list.facts.weight_bytes = 60000000000;
    w.list.facts.parameters = 30000000000;
    w.v.disk_gb = 150;
}
static void is_quantized_while_loaded(void)
{
    is_too_large();
    set_env("QUANTIZATION", "bitsandbytes");
}
static void has_second_small_pool(void)
{
    w.pools[1] = (struct preflight_pool){TEXT("AMPERE_16"), 16, 0.58, STOCK_HIGH, 1300};
    w.v.pool_count = 2;
}
static void has_no_disk(void) { w.v.disk_gb = 15; }
static void has_little_disk(void) { w.v.disk_gb = 20; }
static void has_no_floor(void) { w.v.min_cuda = NULL; }
static void has_old_hosts(void) { w.pools[0].cuda = 1209; }
static void has_one_old_pool(void)
{
    w.pools[1] = w.catalog[1];
    w.pools[1].cuda = 1211;
    w.v.pool_count = 2;
}
static void has_no_pool(void) { w.v.pool_count = 0; }
static void has_four_pools(void)
{
    memcpy(w.pools, w.catalog, sizeof w.pools);
    w.pools[3].stock = STOCK_LOW;
    w.v.pool_count = 4;
}
static void is_sold_out(void) { w.pools[0].stock = STOCK_NONE; }
static void is_half_sold_out(void)
{
    w.pools[1] = w.catalog[3];
    w.v.pool_count = 2;
}
static void is_scarce(void) { w.pools[0].stock = STOCK_LOW; }
static void has_min_above_max(void) { w.v.workers_min = 4; }
static void has_no_worker(void) { w.v.workers_max = 0; }
static void has_no_quota_left(void) { w.v.workers_used = 8; }
static void has_full_quota(void) { w.v.workers_used = 10; }
static void has_no_money(void) { w.v.balance = 0; }
static void has_little_money(void) { w.v.balance = 1.68; }
static void is_at_limit(void) { w.v.spend_hour = 80; }
static void is_near_limit(void) { w.v.spend_hour = 79.5; }
static void has_short_name(void) { w.v.name = "ab"; }
static void has_taken_name(void) { w.names[1] = TEXT("support-v7"); }
static void has_taken_name_with_mark(void) { w.names[1] = TEXT("support-v7 -fb"); }
/* clang-format on */

/* ---- what is said of it ---------------------------------------------------------------------------- */

static const struct wrong {
    void (*make)(void);
    const char *id;
    enum preflight_level level;
    const char *sentence, *fix; /* parts of them */
} wrongs[] = {
    {is_absent, "repository", PREFLIGHT_BLOCKER, "acme/support-v7", "HF_TOKEN"},
    {is_disabled, "repository", PREFLIGHT_BLOCKER, "disabled", ""},
    {is_adapter, "repository", PREFLIGHT_BLOCKER, "acme/base", "LORA_MODULES"},
    {is_adapter_with_base, "memory", PREFLIGHT_WARNING, "base model", ""},
    {is_served_beside_base, "repository", PREFLIGHT_WARNING, "newest commit", ""},
    {is_adapter_of_nothing, "repository", PREFLIGHT_BLOCKER, "names no base model", "--base-model"},
    {is_dora, "repository", PREFLIGHT_BLOCKER, "DoRA", "merge it into acme/base"},
    {is_adapter_of_absent, "repository", PREFLIGHT_BLOCKER,
        "acme/base, which the Hub does not have", "--base-model"},
    {has_high_rank, "settings", PREFLIGHT_BLOCKER, "rank 64, MAX_LORA_RANK is 32", "leave"},
    {has_large_base, "memory", PREFLIGHT_BLOCKER, "60.4 GB of weights", "4 GPUs"},
    {has_closed_base, "access", PREFLIGHT_BLOCKER, "base model acme/base is private or gated",
        "HUGGING_FACE_HUB_TOKEN"},
    {has_base_path, "settings", PREFLIGHT_WARNING, "there is none", "leave it out"},
    {is_for_images, "repository", PREFLIGHT_WARNING, "text-to-image", ""},
    {is_encoder, "repository", PREFLIGHT_WARNING, "BertModel", ""},
    {has_code, "repository", PREFLIGHT_WARNING, "own code", "TRUST_REMOTE_CODE=true"},
    {lacks_shards, "files", PREFLIGHT_BLOCKER,
        "2 files missing that vLLM needs: model-00002-of-00005.safetensors, "
        "model-00004-of-00005.safetensors (shard 2 of 5)",
        "upload"},
    {has_bad_config, "files", PREFLIGHT_BLOCKER, "config.json (not JSON)", "upload"},
    {has_doubtful_weights, "files", PREFLIGHT_WARNING, "model.safetensors", ""},
    {lacks_template, "files", PREFLIGHT_WARNING, "chat template", "CUSTOM_CHAT_TEMPLATE"},
    {is_private, "access", PREFLIGHT_BLOCKER, "private", "HUGGING_FACE_HUB_TOKEN"},
    {is_gated_shut, "access", PREFLIGHT_BLOCKER, "gated", "terms"},
    {is_private_unseen, "access", PREFLIGHT_WARNING, "could not be seen", ""},
    {has_no_image, "image", PREFLIGHT_BLOCKER, "no image", WORKER_IMAGE_DEFAULT},
    {has_server, "image", PREFLIGHT_BLOCKER, "Pods", WORKER_IMAGE_DEFAULT},
    {has_document_image, "image", PREFLIGHT_WARNING, "refused", WORKER_IMAGE_DEFAULT},
    {has_document_pod_image, "image", PREFLIGHT_WARNING, "0.5.3", WORKER_IMAGE_DEFAULT},
    {has_latest, "image", PREFLIGHT_WARNING, "latest", WORKER_IMAGE_DEFAULT},
    {has_bad_boolean, "settings", PREFLIGHT_BLOCKER, "ENFORCE_EAGER=maybe", "ENFORCE_EAGER=true"},
    {has_bad_boolean_in_a, "settings", PREFLIGHT_WARNING, "counts as false", "ENFORCE_EAGER=true"},
    {has_ignored, "settings", PREFLIGHT_WARNING, "RAW_OPENAI_OUTPUT", ""},
    {has_length, "settings", PREFLIGHT_WARNING, "MAX_MODEL_LENGTH", "name it MAX_MODEL_LEN"},
    {has_reserved, "settings", PREFLIGHT_WARNING, "MODEL", "MODEL_NAME"},
    {prints_token, "settings", PREFLIGHT_WARNING, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"},
    {has_typo, "settings", PREFLIGHT_WARNING, "MAX_CONCURENCY", "MAX_CONCURRENCY?"},
    {has_other_model, "settings", PREFLIGHT_WARNING, "acme/other", ""},
    {is_offline, "settings", PREFLIGHT_WARNING, "HF_HUB_OFFLINE", ""},
    {wastes_gpu, "settings", PREFLIGHT_WARNING, "take 1 GPU, a worker has 2",
        "TENSOR_PARALLEL_SIZE=2"},
    {takes_too_many, "settings", PREFLIGHT_BLOCKER, "take 2 GPUs, a worker has 1",
        "TENSOR_PARALLEL_SIZE=1"},
    {cannot_spread, "settings", PREFLIGHT_BLOCKER, "32 heads (8 for keys", "1, 2, 4, 8"},
    {takes_all_memory, "settings", PREFLIGHT_BLOCKER, "=90", "0.90"},
    {is_too_long, "settings", PREFLIGHT_BLOCKER, "200000", "MAX_MODEL_LEN=131072"},
    {is_slow, "settings", PREFLIGHT_WARNING, "30 GB", "RUNPOD_INIT_TIMEOUT=1800"},
    {has_short_context, "memory", PREFLIGHT_BLOCKER, "16.1 GB of weights and 8.6 GB",
        "MAX_MODEL_LEN=26992, or 2 GPUs a worker, or the pool AMPERE_48 (48 GB)"},
    {has_tight_context, "memory", PREFLIGHT_WARNING, "21.6 GB", "MAX_MODEL_LEN=26992"},
    {is_too_large, "memory", PREFLIGHT_BLOCKER, "60.0 GB of weights", "4 GPUs"},
    {is_quantized_while_loaded, "memory", PREFLIGHT_WARNING, "quantized", ""},
    {has_second_small_pool, "memory", PREFLIGHT_BLOCKER, "AMPERE_16", "ADA_24 (24 GB)"},
    {has_no_disk, "disk", PREFLIGHT_BLOCKER, "15 GB", "at least 30 GB"},
    {has_little_disk, "disk", PREFLIGHT_WARNING, "20 GB", "at least 30 GB"},
    {has_no_floor, "cuda", PREFLIGHT_WARNING, "13.0", "minCudaVersion 13.0"},
    {has_old_hosts, "cuda", PREFLIGHT_BLOCKER, "no host of ADA_24 has CUDA 13.0",
        WORKER_IMAGE_OLDER_HOSTS},
    {has_one_old_pool, "cuda", PREFLIGHT_WARNING, "no host of AMPERE_48", "other pools"},
    {has_no_pool, "stock", PREFLIGHT_BLOCKER, "no GPU pool", ""},
    {has_four_pools, "stock", PREFLIGHT_WARNING, "more than 3", ""},
    {is_sold_out, "stock", PREFLIGHT_BLOCKER, "ADA_24 is out", "is in stock"},
    {is_half_sold_out, "stock", PREFLIGHT_WARNING, "AMPERE_80 is out", "is in stock"},
    {is_scarce, "stock", PREFLIGHT_WARNING, "few", "is in stock"},
    {has_min_above_max, "quota", PREFLIGHT_BLOCKER, "min workers (4)", ""},
    {has_no_worker, "quota", PREFLIGHT_WARNING, "max workers 0", ""},
    {has_no_quota_left, "quota", PREFLIGHT_BLOCKER, "quota of 10", "at most 2"},
    {has_full_quota, "quota", PREFLIGHT_BLOCKER, "quota of 10", "delete idle"},
    {has_no_money, "balance", PREFLIGHT_BLOCKER, "$0.00", "credit"},
    {has_little_money, "balance", PREFLIGHT_WARNING, "30 minutes with 3", "credit"},
    {is_at_limit, "balance", PREFLIGHT_BLOCKER, "$80.00/h", "raise"},
    {is_near_limit, "balance", PREFLIGHT_WARNING, "$1.12/h, the spend limit leaves $0.50/h",
        "raise"},
    {has_short_name, "name", PREFLIGHT_BLOCKER, "3 characters", ""},
    {has_taken_name, "name", PREFLIGHT_BLOCKER, "exists already", "another name"},
    {has_taken_name_with_mark, "name", PREFLIGHT_BLOCKER, "exists already", "another name"},
};

static bool is_said(const struct wrong *wrong)
{
    for (size_t i = 0; i < w.out.count; i++) {
        const struct preflight_line *line = &w.out.lines[i];
        if (strcmp(line->id, wrong->id) == 0 && line->level == wrong->level &&
            strstr(line->sentence.s, wrong->sentence) && strstr(line->fix.s, wrong->fix))
            return true;
    }
    return false;
}

static void each_wrong_is_said_once(void **state)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        finish(state);
        start(state);
        healthy();
        wrongs[i].make();
        run();
        check_shape();
        size_t blockers = wrongs[i].level == PREFLIGHT_BLOCKER;
        if (!is_said(&wrongs[i]) || w.out.blockers != blockers) {
            print_lines();
            fail_msg(
                "%s, wrong %zu: \"%s\" [%s]", wrongs[i].id, i, wrongs[i].sentence, wrongs[i].fix);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_wrong_is_said_once, start, finish),
    };
    return cmocka_run_group_tests_name("preflight_wrongs", tests, NULL, NULL);
}
