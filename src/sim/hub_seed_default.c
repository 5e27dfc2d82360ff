/* What the Hub holds when a scenario does not say: a small base model that a fine-tune may name as
 * its base and complete missing files from, and a gated one that nobody has been let into. JSON, in
 * the forms of a scenario's "hub" (include/sim/hub.h). */
#include "sim/hub_store.h"

/* clang-format off */

const char hub_users_default[] =
    "[{\"name\":\"ada\",\"fullname\":\"Ada L.\",\"email\":\"ada@example.org\",\"canPay\":true,"
    "\"orgs\":["
    "{\"name\":\"acme\",\"fullname\":\"Acme\",\"roleInOrg\":\"write\",\"plan\":\"team\"},"
    "{\"name\":\"readers\",\"fullname\":\"Readers\",\"roleInOrg\":\"read\"}]}]";

#define BASE_README \
    "\"README.md\":\"---\\nlicense: apache-2.0\\nlibrary_name: transformers\\n" \
    "pipeline_tag: text-generation\\nlanguage:\\n- en\\ntags:\\n- conversational\\n---\\n" \
    "# tiny-base\\n\\nA very small base model to try things with.\\n\","

#define BASE_CONFIG \
    "\"config.json\":{\"json\":{" \
    "\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"dtype\":\"bfloat16\"," \
    "\"hidden_size\":128,\"intermediate_size\":344,\"head_dim\":32,\"num_hidden_layers\":4," \
    "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"max_position_embeddings\":1024," \
    "\"vocab_size\":2048,\"bos_token_id\":1,\"eos_token_id\":2,\"pad_token_id\":0," \
    "\"attention_bias\":false,\"attention_dropout\":0.0,\"hidden_act\":\"silu\"," \
    "\"initializer_range\":0.02,\"mlp_bias\":false,\"rms_norm_eps\":1e-06," \
    "\"rope_parameters\":{\"rope_theta\":10000.0,\"rope_type\":\"default\"}," \
    "\"tie_word_embeddings\":false,\"transformers_version\":\"5.17.0\",\"use_cache\":true}},"

#define BASE_GENERATION \
    "\"generation_config.json\":{\"json\":{\"bos_token_id\":1,\"do_sample\":true," \
    "\"eos_token_id\":2,\"max_length\":1024,\"pad_token_id\":0,\"temperature\":0.7," \
    "\"top_p\":0.9,\"transformers_version\":\"5.17.0\"}},"

#define ADDED(id, text) \
    "{\"id\":" id ",\"content\":\"" text "\",\"single_word\":false,\"lstrip\":false," \
    "\"rstrip\":false,\"normalized\":false,\"special\":true}"

#define BYTE_LEVEL(prefix) \
    "{\"type\":\"ByteLevel\",\"add_prefix_space\":" prefix ",\"trim_offsets\":true," \
    "\"use_regex\":true}"

#define BASE_TOKENIZER \
    "\"tokenizer.json\":{\"json\":{\"version\":\"1.0\",\"truncation\":null,\"padding\":null," \
    "\"added_tokens\":[" ADDED("0", "<|pad|>") "," ADDED("1", "<|bos|>") "," \
    ADDED("2", "<|eos|>") "," ADDED("3", "<|user|>") "," ADDED("4", "<|assistant|>") "]," \
    "\"normalizer\":null,\"pre_tokenizer\":" BYTE_LEVEL("false") "," \
    "\"post_processor\":null,\"decoder\":" BYTE_LEVEL("true") "," \
    "\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"fuse_unk\":false," \
    "\"byte_fallback\":false,\"vocab\":{\"<|pad|>\":0,\"<|bos|>\":1,\"<|eos|>\":2," \
    "\"<|user|>\":3,\"<|assistant|>\":4,\"a\":5,\"e\":6,\"h\":7,\"i\":8,\"n\":9,\"o\":10," \
    "\"s\":11,\"t\":12,\"th\":13,\"the\":14},\"merges\":[[\"t\",\"h\"],[\"th\",\"e\"]]}}}," \
    "\"tokenizer_config.json\":{\"json\":{\"bos_token\":\"<|bos|>\",\"eos_token\":\"<|eos|>\"," \
    "\"model_max_length\":1024,\"pad_token\":\"<|pad|>\"," \
    "\"tokenizer_class\":\"PreTrainedTokenizerFast\"}}," \
    "\"special_tokens_map.json\":{\"json\":{\"bos_token\":\"<|bos|>\"," \
    "\"eos_token\":\"<|eos|>\",\"pad_token\":\"<|pad|>\"}},"

#define BASE_TEMPLATE \
    "\"chat_template.jinja\":\"{{ bos_token }}{% for m in messages %}" \
    "{% if m['role'] == 'user' %}<|user|>{{ m['content'] }}" \
    "{% else %}<|assistant|>{{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}" \
    "{% if add_generation_prompt %}<|assistant|>{% endif %}\","

#define WEIGHTS "\"model.safetensors\":{\"weights_of\":\"config.json\"}"

#define GATED_FILES \
    "\"README.md\":\"---\\nlicense: other\\nlicense_name: meridian-license\\n" \
    "license_link: LICENSE\\nlibrary_name: transformers\\npipeline_tag: text-generation\\n" \
    "---\\n# meridian-1b\\n\"," \
    "\"LICENSE\":\"Ask before use.\\n\"," \
    "\"config.json\":{\"json\":{\"architectures\":[\"LlamaForCausalLM\"]," \
    "\"model_type\":\"llama\",\"dtype\":\"bfloat16\",\"hidden_size\":128," \
    "\"intermediate_size\":256,\"num_attention_heads\":4,\"num_hidden_layers\":2," \
    "\"num_key_value_heads\":4,\"vocab_size\":512}}," WEIGHTS

const char hub_seed_default[] =
    "[{\"id\":\"acme/tiny-base\",\"likes\":12,\"downloads\":3405,\"created_days_ago\":120,"
    "\"files\":{" BASE_README BASE_CONFIG BASE_GENERATION BASE_TOKENIZER BASE_TEMPLATE WEIGHTS "}},"
    "{\"id\":\"meridian/meridian-1b\",\"gated\":\"manual\",\"likes\":890,\"downloads\":120311,"
    "\"created_days_ago\":300,\"files\":{" GATED_FILES "}}]";
