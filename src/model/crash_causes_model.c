/* What the Hub and the model's files say: access, missing and broken files, formats that the image's software does not
 * know yet. Wordings of huggingface_hub 0.x and 1.x, transformers 4 and 5, tokenizers, safetensors and vLLM. */
#include "model/crash_internal.h"

static const struct crash_row rows[] = {
    {{"model-access-denied", "awaiting-review"}, CRASH_DECIDES, "awaiting a review",
        "request to access model (?<model>[\\w./-]+) is awaiting a review"},
    {{"model-access-denied", "gated"}, CRASH_DECIDES,
        "been rejected by the repo|gated repo|GatedRepo|is restricted|authorized list|public gated repositories",
        "trying to access a gated repo|"
        "request to access model (?<model>[\\w./-]+) has been rejected|"
        "cannot access gated repo for url https?://[^/]+/(?<model>[\\w.-]+/[\\w.-]+)/|"
        "access to model (?<model>[\\w./-]+) is restricted|GatedRepoError|"
        "not in the authorized list|"
        "access to public gated repositories"},
    {{"model-access-denied", "gated"}, CRASH_NOTE,
        "Make sure to have access to it at|resolve/|Visit https",
        "(?:make sure to have access to it at|"
        "visit) https?://[^/]+/(?<model>[\\w.-]+/[\\w.-]*\\w)"},
    {{"model-access-denied", "token"}, CRASH_DECIDES,
        "nvalid credentials|nvalid username|nvalid user token|oken is not valid|"
        "LocalTokenNotFound|401 Client Error|oken is required|oken has expired|403 Forbidden",
        "invalid credentials in authorization header|invalid username or password|"
        "invalid user token|"
        "token is not valid|LocalTokenNotFoundError|token is required|user access token .*expired|"
        "401 client error: unauthorized for url: https?://[^/]+/(?:api/models/)?(?<model>[\\w.-]"
        "+/[\\w.-]+)|"
        "403 forbidden: (?:authorization error|please enable|you don't have)"},
    {{"model-access-denied", "not-found"}, CRASH_DECIDES,
        "valid model identifier|epository Not Found|RepositoryNotFound|epo id must|"
        "HFValidationError|epo_id",
        "(?<model>[^\\s:'\"]+) is not a local folder and is not a valid model identifier|"
        "repository not found for url: https?://[^/]+/(?:api/models/)?(?<model>[\\w.-]+/[\\w.-]+"
        ")|RepositoryNotFoundError|"
        "repo id must (?:be in the form|use alphanumeric)[^:]*: '(?<model>[^']*)'|"
        "HFValidationError"},

    {{"model-incomplete", "revision"}, CRASH_DECIDES,
        "valid git identifier|evision Not Found|RevisionNotFound|nvalid rev id|ot a valid revision",
        "(?<revision>[^\\s:'\"]+) is not a valid git identifier|"
        "revision not found for url: https?://[^/]+/(?<model>[\\w.-]+/[\\w.-]+)/resolve/(?<revis"
        "ion>[^/\\s]+)/|"
        "revision not found for url|RevisionNotFoundError|invalid rev id: (?<revision>\\S+)"},
    {{"model-incomplete", "config"}, CRASH_DECIDES,
        "onfig.json|supported config format|model_type|params.json|Invalid repository ID",
        "(?<model>[^\\s'\"]+) does not appear to have a file named (?<file>(?:config|"
        "params)\\.json)|"
        "(?:entry|"
        "file) not found for url: https?://[^/]+/(?<model>[\\w.-]+/[\\w.-]+)/resolve/(?<revision"
        ">[^/]+)/(?<file>config\\.json)|"
        "no supported config format found|could not detect config format|"
        "invalid repository id or local directory specified|"
        "unrecognized model in (?<model>[^\\s.]+(?:\\.[^\\s.]+)*)\\. should have a .?model_type|"
        "it looks like the config file at '(?<file>[^']+)' is not a valid json|"
        "can't load (?:the )?config(?:uration)? (?:for|of) '(?<model>[^']+)'"},
    {{"model-incomplete", "weights"}, CRASH_DECIDES,
        "model weights|no file named|model.safetensors|model-0|pytorch_model|weight files|"
        ".safetensors",
        "cannot find any model weights with [`'](?<model>[^`']+)|"
        "(?:no file named|does not appear to have (?:a file|"
        "files) named) (?<file>(?:pytorch_model|model)\\S*[\\w])|"
        "no such file or directory:? \"?'?(?<file>[^'\"]*\\.(?:safetensors|bin|gguf|index\\.json))|"
        "no safetensors weights found|(?:entry|"
        "file) not found for url: \\S*/(?<file>[^/\\s]+\\.safetensors)"},
    {{"model-incomplete", "tokenizer"}, CRASH_DECIDES,
        "oad tokenizer|oad the tokenizer|okenizer.json|okenizer.model|backend tokenizer|tekken",
        "can't load (?:the )?tokenizer for '(?<model>[^']+)'|unable to load (?:the )?tokenizer|"
        "couldn't instantiate the backend tokenizer|"
        "(?:entry|file) not found for url: \\S*/(?<file>tokenizer[^/\\s]*)|"
        "no such file or directory: '?(?<file>[^']*tokenizer[^']*)"},
    {{"model-incomplete", "file"}, CRASH_LIKELY,
        "does not appear to have a file named|does not appear to have files named",
        "(?<model>[^\\s'\"]+) does not appear to have (?:a file|"
        "files) named \\(?'?(?<file>[\\w./-]*\\w)"},
    {{"weights-corrupt", ""}, CRASH_DECIDES,
        "deserializing header|eaderTooLarge|etadataIncompleteBuffer|nvalidHeader|"
        "invalid load key|central directory|SafetensorError|PytorchStreamReader|"
        "Consistency check",
        "error while deserializing header: ?(?<code>[\\w ]+)|HeaderTooLarge|"
        "(?:Metadata)?IncompleteBuffer|InvalidHeader\\w*|"
        "invalid load key|failed finding central directory|SafetensorError|"
        "PytorchStreamReader failed|"
        "consistency check failed: file should be of size (?<need>\\d+) but has size (?<have>\\d"
        "+)"},
    {{"weights-mismatch", ""}, CRASH_LIKELY,
        "oaded_weight|not initialized from checkpoint|no module or parameter named|"
        "ttempted to load weight|size mismatch|unexpected keys|KeyError: '",
        "param(?:_data|\\.data)?\\.(?:shape|size\\(\\)) == loaded_weight\\.(?:shape|size\\(\\))|"
        "weights (?:were|are) not initialized from checkpoints?: \\{?'?(?<file>[\\w.]*)|"
        "there is no module or parameter named '(?<file>[^']+)'|attempted to load weight|"
        "size mismatch for (?<file>[\\w.]+)|"
        "^KeyError: '(?<file>[\\w.]*(?:\\blayers?\\.\\d+\\.|\\.h\\.\\d+\\.)[\\w.]+|"
        "[\\w.]+\\.(?:weight|bias|weight_scale(?:_inv)?|qweight|qzeros|scales|g_idx))'"},

    {{"hub-offline", ""}, CRASH_DECIDES, "ffline|outgoing traffic|HF_HUB_OFFLINE",
        "outgoing traffic has been disabled|OfflineModeIsEnabled|offline mode is enabled"},
    {{"hub-outage", "rate-limit"}, CRASH_LIKELY, "429",
        "429 (?:client error: )?too many requests.*(?:huggingface|hf\\.co|rate limit|for url)|"
        "429 too many requests: you have reached"},
    {{"hub-outage", ""}, CRASH_LIKELY,
        "erver Error|erver error|Max retries exceeded|name resolution|couldn't connect to|"
        "LocalEntryNotFound|IncompleteSnapshotError|XetDownloadError|cannot find the requested files|ReadTimeout|ConnectTimeout|"
        "Failed to resolve|ead timed out|ocate the file(s)|onnectError|Gateway|CAS service|xet",
        "(?<code>5\\d\\d) server error: .* for url|"
        "server error '(?<code>5\\d\\d) [^']*' for url 'https?://(?:\\w+\\.)?(?:huggingface|"
        "hf)\\.co|"
        "(?:huggingface|hf)\\.co\\S*,? .*(?:max retries exceeded|read timed out|"
        "failed to resolve|name resolution)|"
        "host='(?:[\\w.-]+\\.)?(?:huggingface|hf)\\.co'|"
        "we couldn't connect to '?https?://|LocalEntryNotFoundError|"
        "cannot find the requested files in the (?:local|disk) cache|"
        "IncompleteSnapshotError|XetDownloadError|"
        "error happened while trying to locate the files? on the hub|"
        "error while downloading from https?://\\S*(?:huggingface|hf)\\.co|"
        "cas service error|^(?:httpx|httpcore|requests\\.exceptions)\\.(?:ReadTimeout|"
        "ConnectTimeout|ConnectError)\\b"},

    {{"tokenizer-mismatch", ""}, CRASH_DECIDES,
        "okenizer|untagged enum|TokenizersBackend|has no attribute 'keys'|special_tokens_extended",
        "tokenizer class (?<value>\\w+) does not exist or is not currently imported|"
        "did not match any variant of untagged enum (?<value>\\w+)|"
        "TokenizersBackend|'list' object has no attribute 'keys'|all_special_tokens_extended|"
        "unrecognized tokenizer (?:class|name)"},
    {{"architecture-unsupported", ""}, CRASH_DECIDES,
        "rchitecture|vLLM implementation|nrecognized configuration class|model module|"
        "ransformers does not recognize|not supported for now",
        "model architectures? \\[?'?(?<value>[^\\]']+)'?[^\\]]*\\]? (?:are|is) not supported|"
        "model architectures? \\[?'?(?<value>[^\\]']+)'?[^\\]]*\\]? failed to be inspected|"
        "model type [`'](?<value>[\\w.-]+)[`'] but transformers does not recognize|"
        "(?<value>\\w+) has no vLLM implementation|"
        "unrecognized configuration class <class '[^']*?(?<value>\\w+)'>|"
        "GGUF model with architecture (?<value>[\\w.-]+) is not supported|"
        "cannot find model module|no model architectures are specified"},
    {{"needs-trust-remote-code", ""}, CRASH_DECIDES,
        "trust_remote_code|trust-remote-code|custom code|requires you to execute",
        "(?:loading (?<model>[\\w./-]+) )?requires you to execute the (?:configuration|modeling|"
        "tokenizer|custom)|"
        "(?:repository (?:for )?(?<model>[\\w./-]+) contains )?custom code which must be executed|"
        "(?:set(?:ting)?|pass(?:ing)?|option|argument|with|specify) [`'\"]?(?:the option |"
        "the argument )?[`'\"]?(?:trust_remote_code ?= ?true|--trust-remote-code)|"
        "not trust_remote_code"},
    {{"model-config-invalid", ""}, CRASH_LIKELY, "RoPE|rope|head_size|Head size|head size",
        "(?<setting>rope_(?:scaling|parameters))[`'\"]?(?:'s)? (?:must|should|has|field|type|"
        "dictionary)|"
        "^KeyError: '(?<setting>rope_(?:type|theta|scaling))'|"
        "unknown rope scaling type (?<value>\\S+)|head size (?<value>\\d+) is not supported"},
    {{"chat-template-missing", ""}, CRASH_NOTICE, "hat template",
        "must provide a chat template|chat template is no longer allowed|"
        "tokenizer\\.chat_template is not set"},
};

const struct crash_table crash_causes_model = {rows, sizeof rows / sizeof *rows};
