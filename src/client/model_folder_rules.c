/* The table of spec/huggingface.md §8.2, row for row: which file, what it is for, how it is looked
 * into. A file belongs to the first row that fits, so training state and hidden files stand first.
 * Checks run in the order of the rows: config.json and README.md before what is compared with them,
 * the shards before their index.
 *
 * Patterns: "*" stands for anything but '/'; "** /NAME" (without the space) is a name in any folder;
 * "NAME/" is everything below a folder of that name. */
#include "client/model_folder_internal.h"

#include <fnmatch.h>
#include <string.h>

#define WEIGHTS     CHECK_WEIGHTS
#define REQUIRED    CHECK_REQUIRED
#define RECOMMENDED CHECK_RECOMMENDED
#define OPTIONAL    CHECK_OPTIONAL
#define KEEP_OUT    CHECK_KEEP_OUT

/* clang-format off */
const struct folder_rule folder_rules[] = {
    /* pattern                      in a model   in an adapter  check                        needed           why */
    {".gitattributes",              KEEP_OUT,    KEEP_OUT,    folder_check_gitattributes,    NEED_NEVER, "the Hub writes its own"},
    {"**/.*",                       KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "hidden file"},
    {"**/*.env",                    KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "may hold secrets"},
    {"checkpoint-*/",               KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"global_step*/",               KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/optimizer*.pt",            KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/optimizer*.bin",           KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/scheduler.pt",             KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/scaler.pt",                KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/rng_state*.pth",           KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/trainer_state.json",       KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/training_args.bin",        KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/scheduler.bin",            KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/random_states_*.pkl",      KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/*.distcp",                 KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/zero_to_fp32.py",          KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training state"},
    {"**/events.out.tfevents*",     KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training log"},
    {"wandb/",                      KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "training log"},
    {"__pycache__/",                KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "made by Python as it runs"},
    {"**/*.incomplete",             KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},
    {"**/*.tmp",                    KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},
    {"**/*.part",                   KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},
    {"**/*.partial",                KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},
    {"**/*.crdownload",             KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},
    {"**/*.aria2",                  KEEP_OUT,    KEEP_OUT,    folder_check_half_written,     NEED_NEVER, "half-written: what writes it has not finished"},

    {"config.json",                 REQUIRED,    OPTIONAL,    folder_check_config,           NEED_WHOLE, "architecture and sizes, where every loader starts"},
    {"README.md",                   RECOMMENDED, RECOMMENDED, folder_check_card,             NEED_ALWAYS, "task, licence and library; without it no \"Text Generation\" on the Hub"},
    {"LICENSE*",                    RECOMMENDED, RECOMMENDED, folder_check_not_empty,        NEED_LICENSE, "the terms of use, which README.md does not name either"},
    {"adapter_config.json",         OPTIONAL,    REQUIRED,    folder_check_adapter,          NEED_ADAPTER, "what the adapter changes, and in which base model"},

    {"adapter_model.safetensors",   OPTIONAL,    WEIGHTS,     folder_check_adapter_weights,  NEED_ADAPTER_WEIGHTS, "the adapter's weights"},
    {"adapter_model.bin",           KEEP_OUT,    WEIGHTS,     folder_check_pickle,           NEED_NEVER, "pickle of an adapter"},
    {"model.safetensors",           WEIGHTS,     OPTIONAL,    folder_check_weights,          NEED_WEIGHTS, "the weights"},
    {"*-of-*.safetensors",          WEIGHTS,     OPTIONAL,    folder_check_shard,            NEED_NEVER, ""},
    {"*.safetensors.index.json",    REQUIRED,    OPTIONAL,    folder_check_index,            NEED_INDEX, "says which shard holds which tensor"},
    {"**/*.safetensors",            OPTIONAL,    OPTIONAL,    folder_check_any_weights,      NEED_NEVER, ""},
    {"*.bin.index.json",            OPTIONAL,    OPTIONAL,    folder_check_pickle_index,     NEED_NEVER, ""},
    {"pytorch_model*.bin",          WEIGHTS,     KEEP_OUT,    folder_check_pickle,           NEED_NEVER, "pickle"},
    {"*.pt",                        WEIGHTS,     KEEP_OUT,    folder_check_pickle,           NEED_NEVER, "pickle"},
    {"*.pth",                       WEIGHTS,     KEEP_OUT,    folder_check_pickle,           NEED_NEVER, "pickle"},
    {"**/*.pt",                     KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "pickle"},
    {"**/*.pth",                    KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "pickle"},
    {"**/pytorch_model*.bin",       KEEP_OUT,    KEEP_OUT,    NULL,                          NEED_NEVER, "pickle"},
    {"**/*.gguf",                   OPTIONAL,    OPTIONAL,    folder_check_gguf,             NEED_NEVER, ""},

    {"tokenizer.json",              REQUIRED,    OPTIONAL,    folder_check_tokenizer,        NEED_TOKENIZER, "turns text into tokens"},
    {"tokenizer.model",             REQUIRED,    OPTIONAL,    folder_check_not_empty,        NEED_NEVER, ""},
    {"vocab.json",                  REQUIRED,    OPTIONAL,    folder_check_vocab,            NEED_NEVER, ""},
    {"merges.txt",                  REQUIRED,    OPTIONAL,    folder_check_not_empty,        NEED_MERGES, "the other half of vocab.json"},
    {"tokenizer_config.json",       REQUIRED,    OPTIONAL,    folder_check_tokenizer_config, NEED_WHOLE, "class and special tokens of the tokenizer"},
    {"special_tokens_map.json",     RECOMMENDED, OPTIONAL,    folder_check_special_tokens,   NEED_NEVER, ""},
    {"added_tokens.json",           OPTIONAL,    OPTIONAL,    folder_check_added_tokens,     NEED_NEVER, ""},
    {"chat_template.jinja",         RECOMMENDED, OPTIONAL,    folder_check_template,         NEED_TEMPLATE, "makes a prompt of a chat; without it only plain completion"},
    {"additional_chat_templates/*.jinja", OPTIONAL, OPTIONAL, folder_check_template,         NEED_NEVER, ""},
    {"chat_template.json",          OPTIONAL,    OPTIONAL,    folder_check_template_json,    NEED_NEVER, ""},
    {"generation_config.json",      RECOMMENDED, OPTIONAL,    folder_check_generation,       NEED_WHOLE, "end tokens and sampling that vLLM starts with"},
    {"preprocessor_config.json",    OPTIONAL,    OPTIONAL,    folder_check_object,           NEED_NEVER, ""},
    {"processor_config.json",       OPTIONAL,    OPTIONAL,    folder_check_object,           NEED_NEVER, ""},
    {"**/*.json",                   OPTIONAL,    OPTIONAL,    folder_check_json,             NEED_NEVER, ""},
    {"**/*",                        OPTIONAL,    OPTIONAL,    NULL,                          NEED_NEVER, ""},
};
/* clang-format on */

const size_t folder_rule_count = sizeof folder_rules / sizeof *folder_rules;

/* Whether one of the path's folders has the name; `pattern` without its slash. */
static bool below_folder(const char *pattern, const char *raw)
{
    char part[NAME_MAX + 1];
    for (const char *slash; (slash = strchr(raw, '/')); raw = slash + 1) {
        size_t n = (size_t)(slash - raw);
        if (n >= sizeof part)
            continue;
        memcpy(part, raw, n);
        part[n] = '\0';
        if (fnmatch(pattern, part, 0) == 0)
            return true;
    }
    return false;
}

static bool fits(const char *pattern, const char *raw)
{
    size_t n = strlen(pattern);
    const char *slash = strrchr(raw, '/');
    if (strncmp(pattern, "**/", 3) == 0)
        return fnmatch(pattern + 3, slash && slash[1] ? slash + 1 : raw, 0) == 0;
    if (pattern[n - 1] != '/')
        return fnmatch(pattern, raw, FNM_PATHNAME) == 0;
    char name[64];
    if (n > sizeof name)
        return false;
    memcpy(name, pattern, n - 1);
    name[n - 1] = '\0';
    return below_folder(name, raw);
}

const struct folder_rule *folder_rule_of(const char *raw)
{
    for (size_t i = 0; i < folder_rule_count; i++)
        if (fits(folder_rules[i].pattern, raw))
            return &folder_rules[i];
    return &folder_rules[folder_rule_count - 1];
}
