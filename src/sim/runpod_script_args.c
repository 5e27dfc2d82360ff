/* runpod_script_args: the command line that worker-vllm of generation B builds from its
 * environment.
 *
 * The names and the flags they become are those of spec/runpod.md §7.5. The wrapper logs the whole
 * line before it starts the server, a token under the name HF_TOKEN included (§5): that leak is the
 * reason why this is played in detail. */
#include "sim/runpod_physics.h"

#include <inttypes.h>
#include <string.h>

static const struct flag {
    const char *env, *flag;
    bool boolean;
} flags[] = {
    {"MODEL_NAME", "--model", false},
    {"MODEL_REVISION", "--revision", false},
    {"TOKENIZER_NAME", "--tokenizer", false},
    {"TOKENIZER_REVISION", "--tokenizer-revision", false},
    {"OPENAI_SERVED_MODEL_NAME_OVERRIDE", "--served-model-name", false},
    {"CUSTOM_CHAT_TEMPLATE", "--chat-template", false},
    {"DTYPE", "--dtype", false},
    {"ENABLE_AUTO_TOOL_CHOICE", "--enable-auto-tool-choice", true},
    {"ENABLE_LORA", "--enable-lora", true},
    {"ENABLE_PREFIX_CACHING", "--enable-prefix-caching", true},
    {"ENFORCE_EAGER", "--enforce-eager", true},
    {"GPU_MEMORY_UTILIZATION", "--gpu-memory-utilization", false},
    {"HF_TOKEN", "--hf-token", false},
    {"KV_CACHE_DTYPE", "--kv-cache-dtype", false},
    {"LORA_MODULES", "--lora-modules", false},
    {"MAX_MODEL_LEN", "--max-model-len", false},
    {"MAX_NUM_BATCHED_TOKENS", "--max-num-batched-tokens", false},
    {"MAX_NUM_SEQS", "--max-num-seqs", false},
    {"PIPELINE_PARALLEL_SIZE", "--pipeline-parallel-size", false},
    {"QUANTIZATION", "--quantization", false},
    {"REASONING_PARSER", "--reasoning-parser", false},
    {"SEED", "--seed", false},
    {"SPECULATIVE_CONFIG", "--speculative-config", false},
    {"TENSOR_PARALLEL_SIZE", "--tensor-parallel-size", false},
    {"TOOL_CALL_PARSER", "--tool-call-parser", false},
    {"TRUST_REMOTE_CODE", "--trust-remote-code", true},
};

/* The stand-in keeps no values of secrets; one of the right shape stands for it. */
static void put_secret(const struct endpoint *e, const char *name, size_t n, struct buf *out)
{
    for (const struct named_row *r = e->world->secrets; r; r = r->next) {
        const char *own = json_str(r->fields, "name");
        if (!own || strlen(own) != n || memcmp(own, name, n) != 0)
            continue;
        uint64_t h = text_hash(own);
        (void)buf_printf(out, "hf_%016" PRIx64 "%016" PRIx64 "Xw", h, h * 0x9e3779b97f4a7c15U);
    }
}

int env_resolved(const struct endpoint *e, const char *value, struct buf *out)
{
    static const char word[] = "RUNPOD_SECRET_";
    while (*value) {
        const char *open = strstr(value, "{{");
        const char *close = open ? strstr(open, "}}") : NULL;
        if (!close)
            break;
        const char *name = open + 2 + strspn(open + 2, " ");
        (void)buf_append(out, value, (size_t)(open - value));
        if (strncmp(name, word, sizeof word - 1) == 0) {
            name += sizeof word - 1;
            put_secret(e, name, strcspn(name, " }"), out);
        } else {
            (void)buf_append(out, open, (size_t)(close + 2 - open));
        }
        value = close + 2;
    }
    return buf_str_append(out, value);
}

static bool truth(const char *value)
{
    return strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0 ||
           strcasecmp(value, "yes") == 0 || strcasecmp(value, "on") == 0;
}

int script_arguments(const struct endpoint *e, struct buf *out)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        const char *value = endpoint_env(e, flags[i].env);
        if (!value || (flags[i].boolean && !truth(value)))
            continue;
        (void)buf_printf(out, " %s", flags[i].flag);
        if (!flags[i].boolean) {
            (void)buf_char(out, ' ');
            (void)env_resolved(e, value, out);
        }
    }
    const char *extra = endpoint_env(e, "VLLM_EXTRA_ARGS");
    if (extra)
        (void)buf_printf(out, " %s", extra);
    return out->full ? -1 : 0;
}
