/* Settings that vLLM or the worker refuse, and Python code that does not even start. Wordings of vLLM 0.5 and later,
 * pydantic, argparse, the worker's wrapper, and Python itself. */
#include "model/crash_internal.h"

static const struct crash_row rows[] = {
    {{"bad-worker-setting", "max-model-len"}, CRASH_DECIDES, "max_model_len",
        "max_model_len ?\\(?(?<asked>[\\d,]+)\\)? is greater than the (?:derived|maximum|"
        "model).*?[=(:](?<fit>[\\d,]+)(?:\\.0)?\\b|"
        "max_model_len.*is greater than the derived max_model_len"},
    {{"bad-worker-setting", "batched-tokens"}, CRASH_DECIDES, "max_num_batched_tokens",
        "max_num_batched_tokens \\((?<value>\\d+)\\) (?:is smaller than max_model_len \\((?<aske"
        "d>\\d+)\\)|must be greater than or equal to max_num_seqs)|"
        "max_num_batched_tokens.*(?:must be|smaller than)"},
    {{"bad-worker-setting", "max-num-seqs"}, CRASH_DECIDES, "max_num_seqs",
        "max_num_seqs \\((?<value>\\d+)\\) exceeds available Mamba cache blocks \\((?<fit>\\d+)\\)|"
        "max_num_seqs.*(?:must be|greater than the)"},
    {{"bad-worker-setting", "heads"}, CRASH_DECIDES, "ivisible",
        "attention heads \\((?<heads>\\d+)\\) must be divisible by tensor parallel size \\((?<va"
        "lue>\\d+)\\)|"
        "(?<heads>\\d+) is not divisible by (?<value>\\d+)|"
        "not divisible by (?:weight quantization block_n|tensor parallel|tp)|"
        "(?:must|should) be divisible by (?:the )?(?:tensor|"
        "tp)[ _-]?(?:model )?(?:parallel)?[ _-]?size"},
    {{"bad-worker-setting", "quantization"}, CRASH_DECIDES,
        "uantization method specified|uantization config|config file for|BitsAndBytes",
        "BitsAndBytes (?:load format|quantization) and QLoRA adapter only support|"
        "quantization method specified in the model config \\((?<value>[\\w-]+)\\) does not matc"
        "h the quantization method "
        "specified in the [`']quantization[`'] argument \\((?<setting>[\\w-]+)\\)|"
        "cannot find the config file for (?<value>[\\w-]+)|quantization config .* (?:not found|"
        "missing)"},
    {{"bad-worker-setting", "lora-rank"}, CRASH_DECIDES, "LoRA rank|lora_rank|max_lora_rank",
        "LoRA rank (?<asked>\\d+) is greater than max_lora_rank (?<fit>\\d+)|"
        "max_lora_rank \\((?<asked>\\d+)\\) must be one of"},
    {{"lora-unusable", ""}, CRASH_LIKELY, "LoRA|lora|modules_to_save|DoRA",
        "(?<value>\\w+) does not support LoRA|loading lora (?<file>\\S+) failed|"
        "no adapter found for (?<file>\\S+)|"
        "call to add_lora method failed|LoRA is not supported|is unsupported LoRA weight|"
        "vLLM only supports modules_to_save being None|vLLM does not yet support DoRA"},
    {{"bad-worker-setting", "gpu-memory-utilization"}, CRASH_DECIDES,
        "pu_memory_utilization|PU memory utilization",
        "gpu memory utilization must be (?:less than|in|between).*?(?:got|"
        "\\. got) ?(?<value>[\\d.]+)|"
        "gpu_memory_utilization\\s+input should be"},
    {{"bad-worker-setting", ""}, CRASH_DECIDES,
        "invalid boolean|invalid tool call parser|invalid reasoning parser|unrecognized arguments|"
        "error: argument|invalid choice|"
        "nrecognized argument|got an unexpected keyword|invalid literal|required: --|"
        "not a valid |supplied chat template|nvalid JSON|cannot be converted|nput should be|"
        "ould not convert string",
        "invalid boolean value (?<value>'[^']*'|\\S+) for (?<setting>\\S+)|"
        "\\b(?<setting>(?-i:[A-Z][A-Z0-9_]+)): invalid boolean(?: value)? (?<value>'[^']*'|\\S+)|"
        "invalid (?<setting>tool call parser|reasoning parser): (?<value>[\\w-]+)|"
        "unrecognized arguments: (?<setting>--?[\\w-]+)|"
        "error: argument (?<setting>[\\w/-]+): (?:invalid (?:\\w+ )?(?:value|"
        "choice): (?<value>'[^']*'|\\S+)|expected|.*)|"
        "EngineArgs\\S*\\.?(?:__init__)?\\(\\) got an unexpected keyword argument '(?<setting>\\"
        "w+)'|"
        "the supplied chat template(?: string)? \\((?<value>[^)]*)\\) (?:appears path-like|"
        "(?:appears|looks) (?:to be |like )a file path)|"
        "the following arguments are required: (?<setting>--?[\\w-]+)|"
        "'(?<value>[^']*)' is not a valid (?<setting>\\w+)|"
        "invalid literal for int\\(\\) with base 10: '(?<value>[^']*)'|"
        "could not convert string to float: '(?<value>[^']*)'|"
        "input should be (?:a valid|greater|less|'|[\\w ]+ or).*\\[type="},
    {{"bad-worker-setting", "invalid"}, CRASH_GENERAL, "validation error",
        "validation errors? for (?<setting>\\w+)"},

    {{"handler-crash", "missing-module"}, CRASH_GENERAL, "No module named",
        "No module named '(?<file>[\\w.]+)'"},
    {{"handler-crash", "import"}, CRASH_GENERAL,
        "cannot import name|ImportError|attempted relative import",
        "cannot import name '(?<file>\\w+)'|^(?:\\w+\\.)*ImportError:|attempted relative import"},
    {{"handler-crash", "syntax"}, CRASH_LIKELY, "SyntaxError|IndentationError|TabError",
        "^(?:SyntaxError|IndentationError|TabError): "},
    {{"handler-crash", "handler"}, CRASH_LIKELY, "andler",
        "(?:AttributeError|NameError|KeyError|TypeError): .*\\bhandler\\b|"
        "config must contain a handler|"
        "^KeyError: 'handler'"},
    {{"handler-crash", "environment"}, CRASH_GENERAL, "KeyError|environment variable",
        "^KeyError: '(?<setting>(?-i:[A-Z][A-Z0-9_]{2,}))'|"
        "environment variable (?<setting>(?-i:[A-Z][A-Z0-9_]+)) (?:is )?(?:not set|missing|"
        "required)"},
};

const struct crash_table crash_causes_engine = {rows, sizeof rows / sizeof *rows};
