/* One table of names, each with who reads it and whether its value is a boolean; what the worker does with a
 * name of each kind follows from that. "A few more" flags exist than are documented, so an unknown name
 * counts for the operator's own; only when it is nearly a known one, a typing error is more likely. */
#include "model/worker_env.h"

#include <string.h>
#include <strings.h>

enum { R0 = 1, RA = 2, RB = 4, ALL = R0 | RA | RB };

struct row {
    const char *name;
    unsigned readers;
};

/* Of the worker and of the platform. */
static const struct row plain[] = {
    {"MODEL_NAME", ALL},
    {"MODEL_REVISION", ALL},
    {"TOKENIZER_NAME", ALL},
    {"TOKENIZER_REVISION", ALL},
    {"OPENAI_SERVED_MODEL_NAME_OVERRIDE", ALL},
    {"CUSTOM_CHAT_TEMPLATE", ALL},
    {"VLLM_CONFIG_FILE", RB},
    {"VLLM_EXTRA_ARGS", RB},
    {"VLLM_PORT", RB},
    {"VLLM_STARTUP_TIMEOUT", RB},
    {"REQUEST_TIMEOUT", RB},
    {"MAX_CONCURRENCY", ALL},
    {"BASE_PATH", RA | RB},
    {"HF_TOKEN", ALL},
    {"HUGGING_FACE_HUB_TOKEN", ALL},
    {"HF_HUB_OFFLINE", ALL},
    {"TRANSFORMERS_OFFLINE", ALL},
    {"HF_HUB_ENABLE_HF_TRANSFER", ALL},
    {"HF_ENDPOINT", ALL},
    {"RUNPOD_INIT_TIMEOUT", ALL},
    /* vLLM's flags */
    {"ADDITIONAL_CONFIG", RA | RB},
    {"ALLOWED_HEADERS", RB},
    {"ALLOWED_LOCAL_MEDIA_PATH", RA | RB},
    {"ALLOWED_MEDIA_DOMAINS", RA | RB},
    {"ALLOWED_METHODS", RB},
    {"ALLOWED_ORIGINS", RB},
    {"API_SERVER_COUNT", RB},
    {"ATTENTION_BACKEND", RA | RB},
    {"BLOCK_SIZE", ALL},
    {"CHAT_TEMPLATE", RB},
    {"CHAT_TEMPLATE_CONTENT_FORMAT", RB},
    {"CODE_REVISION", RA | RB},
    {"COMPILATION_CONFIG", RA | RB},
    {"CONFIG_FORMAT", RA | RB},
    {"CONVERT", RA | RB},
    {"CPU_OFFLOAD_GB", RA | RB},
    {"DATA_PARALLEL_SIZE", RA | RB},
    {"DATA_PARALLEL_SIZE_LOCAL", RA | RB},
    {"DATA_PARALLEL_RANK", RA | RB},
    {"DATA_PARALLEL_ADDRESS", RA | RB},
    {"DATA_PARALLEL_BACKEND", RA | RB},
    {"DATA_PARALLEL_RPC_PORT", RA | RB},
    {"DATA_PARALLEL_START_RANK", RA | RB},
    {"DECODE_CONTEXT_PARALLEL_SIZE", RA | RB},
    {"DEFAULT_MM_LORAS", RA | RB},
    {"DISTRIBUTED_EXECUTOR_BACKEND", RA | RB},
    {"DOWNLOAD_DIR", ALL},
    {"DTYPE", ALL},
    {"EPLB_CONFIG", RA | RB},
    {"EXPERT_PLACEMENT_STRATEGY", RA | RB},
    {"GENERATION_CONFIG", RA | RB},
    {"GPU_MEMORY_UTILIZATION", ALL},
    {"HF_CONFIG_PATH", RA | RB},
    {"HF_OVERRIDES", RA | RB},
    {"IGNORE_PATTERNS", RA | RB},
    {"KV_CACHE_DTYPE", ALL},
    {"KV_CACHE_MEMORY_BYTES", RA | RB},
    {"KV_OFFLOADING_SIZE", RA | RB},
    {"KV_OFFLOADING_BACKEND", RA | RB},
    {"KV_TRANSFER_CONFIG", RA | RB},
    {"LIMIT_MM_PER_PROMPT", RA | RB},
    {"LOAD_FORMAT", ALL},
    {"LOGITS_PROCESSORS", RA | RB},
    {"LOGPROBS_MODE", RA | RB},
    {"LORA_DTYPE", RA | RB},
    {"LORA_MODULES", RA | RB},
    {"MAX_CPU_LORAS", RA | RB},
    {"MAX_LOG_LEN", RA | RB},
    {"MAX_LOGPROBS", RA | RB},
    {"MAX_LORA_RANK", RA | RB},
    {"MAX_LORAS", RA | RB},
    {"MAX_MODEL_LEN", ALL},
    {"MAX_NUM_BATCHED_TOKENS", ALL},
    {"MAX_NUM_SEQS", ALL},
    {"MAX_PARALLEL_LOADING_WORKERS", ALL},
    {"MM_PROCESSOR_CACHE_GB", RA | RB},
    {"MM_PROCESSOR_KWARGS", RA | RB},
    {"MODEL_IMPL", RA | RB},
    {"MODEL_LOADER_EXTRA_CONFIG", RA | RB},
    {"NUM_GPU_BLOCKS_OVERRIDE", RA | RB},
    {"OTLP_TRACES_ENDPOINT", RA | RB},
    {"OVERRIDE_GENERATION_CONFIG", RA | RB},
    {"PIPELINE_PARALLEL_SIZE", ALL},
    {"POOLER_CONFIG", RA | RB},
    {"QUANTIZATION", ALL},
    {"REASONING_PARSER", RA | RB},
    {"RESPONSE_ROLE", RB},
    {"REVISION", RA | RB},
    {"ROOT_PATH", RB},
    {"RUNNER", RA | RB},
    {"SAFETENSORS_LOAD_STRATEGY", RA | RB},
    {"SCHEDULER_CLS", RA | RB},
    {"SCHEDULING_POLICY", RA | RB},
    {"SEED", ALL},
    {"SERVED_MODEL_NAME", RA | RB},
    {"SPECULATIVE_CONFIG", RA | RB},
    {"STRUCTURED_OUTPUTS_CONFIG", RA | RB},
    {"TENSOR_PARALLEL_SIZE", RA | RB},
    {"TOKENIZER", ALL},
    {"TOKENIZER_MODE", ALL},
    {"TOOL_CALL_PARSER", RA | RB},
    {"TOOL_PARSER_PLUGIN", RA | RB},
    {"TOOL_SERVER", RB},
    {"UVICORN_LOG_LEVEL", RB},
    {"WORKER_CLS", RA | RB},
    /* no longer read by generation B */
    {"RAW_OPENAI_OUTPUT", RA},
    {"OPENAI_RESPONSE_ROLE", RA},
    {"DEFAULT_BATCH_SIZE", R0 | RA},
    {"DEFAULT_MIN_BATCH_SIZE", R0 | RA},
    {"DEFAULT_BATCH_SIZE_GROWTH_FACTOR", R0 | RA},
    {"WORKER_USE_RAY", R0 | RA},
    {"USE_V2_BLOCK_MANAGER", RA},
    {"SWAP_SPACE", R0 | RA},
    {"MAX_SEQ_LEN_TO_CAPTURE", RA},
    {"MAX_CONTEXT_LEN_TO_CAPTURE", R0 | RA},
    {"NUM_LOOKAHEAD_SLOTS", RA},
    {"TOKENIZER_POOL_SIZE", RA},
    {"TOKENIZER_POOL_TYPE", RA},
    {"TOKENIZER_POOL_EXTRA_CONFIG", RA},
    {"ROPE_SCALING", RA},
    {"ROPE_THETA", RA},
    {"GUIDED_DECODING_BACKEND", RA},
    {"QUANTIZATION_PARAM_PATH", RA},
    {"SCHEDULER_DELAY_FACTOR", RA},
    {"SPECULATIVE_MODEL", RA},
    {"NUM_SPECULATIVE_TOKENS", RA},
    {"NGRAM_PROMPT_LOOKUP_MIN", RA},
    {"NGRAM_PROMPT_LOOKUP_MAX", RA},
    {"SPEC_DECODING_ACCEPTANCE_METHOD", RA},
    {"ENABLE_PROMPT_ADAPTER", RA},
    {"MAX_PROMPT_ADAPTERS", RA},
    {"LORA_EXTRA_VOCAB_SIZE", RA},
    {"LONG_LORA_SCALING_FACTORS", RA},
    {"NUM_SCHEDULER_STEPS", RA},
    {"DISABLE_LOG_REQUESTS", R0 | RA},
    {"DISABLE_LOGGING_REQUEST", RA},
    {"VLLM_ATTENTION_BACKEND", RA},
    {"STREAM_INTERVAL", RA},
    {"DEVICE", RA},
    {"TASK", RA},
    {"OVERRIDE_POOLER_CONFIG", RA},
    /* read by 0.x alone */
    {"MODEL_BASE_PATH", R0},
    {"USE_TENSOR_PARALLEL", R0},
    {"ALLOW_OPENAI_FORMAT", R0},
    {"BATCH_SIZE_GROWTH_FACTOR", R0},
    {"MIN_BATCH_SIZE", R0},
    {"WORKER_CUDA_VERSION", R0},
};

static const struct row booleans[] = {
    {"ASYNC_SCHEDULING", RA | RB},
    {"CALCULATE_KV_SCALES", RA | RB},
    {"DISABLE_CUSTOM_ALL_REDUCE", ALL},
    {"DISABLE_HYBRID_KV_CACHE_MANAGER", RA | RB},
    {"DISABLE_LOG_STATS", ALL},
    {"DISABLE_SLIDING_WINDOW", RA | RB},
    {"ENABLE_AUTO_TOOL_CHOICE", RA | RB},
    {"ENABLE_CHUNKED_PREFILL", RA | RB},
    {"ENABLE_EXPERT_PARALLEL", RA | RB},
    {"ENABLE_FORCE_INCLUDE_USAGE", RB},
    {"ENABLE_LOG_OUTPUTS", RA | RB},
    {"ENABLE_LOG_REQUESTS", RA | RB},
    {"ENABLE_LORA", RA | RB},
    {"ENABLE_PREFIX_CACHING", RA | RB},
    {"ENABLE_PROMPT_TOKENS_DETAILS", RB},
    {"ENABLE_SLEEP_MODE", RA | RB},
    {"ENFORCE_EAGER", ALL},
    {"EXCLUDE_TOOLS_WHEN_TOOL_CHOICE_NONE", RB},
    {"FULLY_SHARDED_LORAS", RA | RB},
    {"LOG_ERROR_STACK", RB},
    {"RETURN_TOKENS_AS_TOKEN_IDS", RB},
    {"SKIP_MM_PROFILING", RA | RB},
    {"SKIP_TOKENIZER_INIT", RA | RB},
    {"TRUST_REMOTE_CODE", ALL},
    {"TRUST_REQUEST_CHAT_TEMPLATE", RB},
};

/* Whole families: what no longer is read, and what belongs to the platform or a library. */
static const struct row families[] = {
    {"SPECULATIVE_", RA},
    {"TYPICAL_ACCEPTANCE_SAMPLER_", RA},
    {"PREEMPTION_", RA},
    {"TENSORIZE", RA},
    {"RUNPOD_", ALL},
    {"HF_", ALL},
    {"HUGGINGFACE_", ALL},
    {"TRANSFORMERS_", ALL},
    {"TOKENIZERS_", ALL},
    {"VLLM_", ALL},
    {"TORCH_", ALL},
    {"TORCHINDUCTOR_", ALL},
    {"PYTORCH_", ALL},
    {"CUDA_", ALL},
    {"NCCL_", ALL},
    {"NVIDIA_", ALL},
    {"OMP_", ALL},
    {"PYTHON", ALL},
    {"AWS_", ALL},
    {"S3_", ALL},
};

static const struct {
    const char *name, *meant;
} reserved[] = {
    {"HOST", NULL},
    {"PORT", "VLLM_PORT"},
    {"API_KEY", NULL},
    {"MODEL", "MODEL_NAME"},
    {"CONFIG", "VLLM_CONFIG_FILE"},
    {"HELP", NULL},
};

enum {
    PLAIN = sizeof plain / sizeof *plain,
    BOOLEANS = sizeof booleans / sizeof *booleans,
    FAMILIES = sizeof families / sizeof *families,
    RESERVED = sizeof reserved / sizeof *reserved
};

static const char *const verdict_names[WORKER_ENV_VERDICTS] = {
    [WORKER_ENV_FINE] = "fine",
    [WORKER_ENV_OWN] = "own",
    [WORKER_ENV_IGNORED] = "ignored",
    [WORKER_ENV_TRANSLATE] = "translate",
    [WORKER_ENV_RESERVED] = "reserved",
    [WORKER_ENV_BAD_BOOLEAN] = "bad-boolean",
    [WORKER_ENV_SECRET] = "secret",
    [WORKER_ENV_TYPO] = "typo",
};

const char *worker_env_verdict_name(enum worker_env_verdict verdict)
{
    return (unsigned)verdict < WORKER_ENV_VERDICTS ? verdict_names[verdict] : "unknown";
}

/* ---- finding ----------------------------------------------------------------------------------- */

static const struct row *find(const struct row *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static const struct row *find_family(const char *name)
{
    for (size_t i = 0; i < FAMILIES; i++)
        if (strncmp(families[i].name, name, strlen(families[i].name)) == 0)
            return &families[i];
    return NULL;
}

/* An image whose generation is not known may read anything; 0.x all that A does, for all that is known. */
static bool reads(const struct worker_image *image, const struct row *row)
{
    static const unsigned bits[WORKER_GENERATIONS] = {
        [WORKER_GENERATION_UNKNOWN] = ALL,
        [WORKER_GENERATION_0] = R0 | RA,
        [WORKER_GENERATION_A] = RA,
        [WORKER_GENERATION_B] = RB,
    };
    return (row->readers & bits[image->generation]) != 0;
}

bool worker_env_boolean(const char *value, bool *out)
{
    static const char *const words[] = {"false", "0", "no", "off", "true", "1", "yes", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(value, words[i]) == 0) {
            *out = i >= 4;
            return true;
        }
    return false;
}

/* ---- typing errors ----------------------------------------------------------------------------- */

enum { NAME_MAX_LETTERS = 64, FAR = 99 };

static int least(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Letters to be changed, left out, put in, or swapped with their neighbour, to make one of the other. */
static int distance(const char *a, const char *b)
{
    int rows[3][NAME_MAX_LETTERS + 1];
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > NAME_MAX_LETTERS || m > NAME_MAX_LETTERS || n - m > 2 || m - n > 2)
        return FAR;
    for (int k = 0; k <= m; k++)
        rows[0][k] = k;
    for (int i = 1; i <= n; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        now[0] = i;
        for (int k = 1; k <= m; k++) {
            now[k] = least(before[k] + 1, now[k - 1] + 1, before[k - 1] + (a[i - 1] != b[k - 1]));
            bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
            if (swapped && earlier[k - 2] + 1 < now[k])
                now[k] = earlier[k - 2] + 1;
        }
    }
    return rows[n % 3][m];
}

/* Short names are near to many things. */
static int nearness_wanted(const char *name)
{
    size_t n = strlen(name);
    return n < 6 ? 0 : n < 10 ? 1 : 2;
}

static void nearest(const struct row *rows, size_t n, const struct worker_image *image,
    const char *upper, int *best, const char **out)
{
    for (size_t i = 0; i < n; i++) {
        int far = reads(image, &rows[i]) ? distance(upper, rows[i].name) : FAR;
        if (far < *best) {
            *best = far;
            *out = rows[i].name;
        }
    }
}

/* The name in capitals and with '_', as the worker's are; false when it is too long to be one. */
static bool in_capitals(const char *name, char out[NAME_MAX_LETTERS + 1])
{
    size_t n = strlen(name);
    if (n > NAME_MAX_LETTERS)
        return false;
    for (size_t i = 0; i <= n; i++)
        out[i] = name[i] == '-'                     ? '_'
                 : name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A')
                                                    : name[i];
    return true;
}

static const char *likely_meant(const struct worker_image *image, const char *name)
{
    char upper[NAME_MAX_LETTERS + 1];
    const char *meant = NULL;
    if (!in_capitals(name, upper))
        return NULL;
    int best = nearness_wanted(upper) + 1;
    nearest(plain, PLAIN, image, upper, &best, &meant);
    nearest(booleans, BOOLEANS, image, upper, &best, &meant);
    return meant;
}

/* ---- the verdict ------------------------------------------------------------------------------- */

/* The versions that read MAX_MODEL_LENGTH, and not MAX_MODEL_LEN. */
static bool reads_length(const struct worker_image *image)
{
    static const struct worker_version first = {0, 2, 2}, last = {0, 3, 1};
    return image->version.major >= 0 && worker_version_compare(first, image->version) <= 0 &&
           worker_version_compare(image->version, last) <= 0;
}

static bool is_renamed(const struct worker_image *image, const char *name, const char **instead)
{
    bool length = strcmp(name, "MAX_MODEL_LENGTH") == 0;
    if (!length && strcmp(name, "MAX_MODEL_LEN") != 0)
        return false;
    *instead = reads_length(image) ? "MAX_MODEL_LENGTH" : "MAX_MODEL_LEN";
    return length != reads_length(image);
}

static bool is_reserved(const struct worker_image *image, const char *name, const char **instead)
{
    if (image->generation != WORKER_GENERATION_B)
        return false;
    for (size_t i = 0; i < RESERVED; i++)
        if (strcmp(reserved[i].name, name) == 0) {
            *instead = reserved[i].meant;
            return true;
        }
    return false;
}

static struct worker_env look_at_unknown(const struct worker_image *image, const char *name)
{
    const struct row *family = find_family(name);
    const char *meant = likely_meant(image, name);
    if (meant)
        return (struct worker_env){WORKER_ENV_TYPO, meant};
    if (!family)
        return (struct worker_env){WORKER_ENV_OWN, NULL};
    return (struct worker_env){reads(image, family) ? WORKER_ENV_FINE : WORKER_ENV_IGNORED, NULL};
}

struct worker_env worker_env_look(
    const struct worker_image *image, const char *name, const char *value)
{
    const struct row *boolean = find(booleans, BOOLEANS, name);
    const struct row *row = boolean ? boolean : find(plain, PLAIN, name);
    const char *instead = NULL;
    bool b;
    if (is_renamed(image, name, &instead))
        return (struct worker_env){WORKER_ENV_TRANSLATE, instead};
    if (strcmp(name, "MAX_MODEL_LENGTH") == 0)
        return (struct worker_env){WORKER_ENV_FINE, NULL};
    if (is_reserved(image, name, &instead))
        return (struct worker_env){WORKER_ENV_RESERVED, instead};
    if (!row)
        return look_at_unknown(image, name);
    if (!reads(image, row))
        return (struct worker_env){WORKER_ENV_IGNORED, NULL};
    if (boolean && value && !worker_env_boolean(value, &b))
        return (struct worker_env){WORKER_ENV_BAD_BOOLEAN, NULL};
    if (image->generation == WORKER_GENERATION_B && strcmp(name, "HF_TOKEN") == 0)
        return (struct worker_env){WORKER_ENV_SECRET, "HUGGING_FACE_HUB_TOKEN"};
    return (struct worker_env){WORKER_ENV_FINE, NULL};
}
