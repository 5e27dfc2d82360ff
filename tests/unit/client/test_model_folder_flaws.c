/* One file of a model's folder with something wrong in it: what the checklist says of each row of the
 * table in spec/huggingface.md §8.2. Safetensors have a test of their own (test_safetensors.c). */
#include "model_fixture.h"

/* ---- one file with something wrong in it ------------------------------------------------------------------- */

struct flaw {
    const char *file, *content;
    enum check_kind kind;
    enum check_state line_state;
    const char *words;
};

static void assert_flaws(void **state, void (*good)(void **), const struct flaw *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        good(state);
        put(state, rows[i].file, rows[i].content);
        assert_checks(state, rows[i].file, rows[i].kind, rows[i].line_state, rows[i].words);
        drop(state, rows[i].file);
    }
}

#define CONFIG(...)                                                                                \
    {                                                                                              \
        "config.json", __VA_ARGS__                                                                 \
    }
#define REQUIRED_BAD CHECK_REQUIRED, CHECK_BAD
#define ADVISED      CHECK_RECOMMENDED, CHECK_WARNING
#define LLAMA        "{\"model_type\":\"llama\",\"architectures\":[\"LlamaForCausalLM\"],"
#define CARD(lines)  "---\n" lines "\n---\n"
#define CARD_REST    "\nlicense: mit\nlibrary_name: transformers\npipeline_tag: text-generation"

static void test_flaws_of_a_model(void **state)
{
    static const struct flaw rows[] = {
        CONFIG("", REQUIRED_BAD, "empty"),
        CONFIG("[]", REQUIRED_BAD, "not a JSON object"),
        CONFIG("{", REQUIRED_BAD, "not valid JSON"),
        CONFIG("{\"a\":\"\xFF\"}", REQUIRED_BAD, "UTF-8"),
        CONFIG("{\"architectures\":[\"XForCausalLM\"]}", REQUIRED_BAD, "no model_type"),
        CONFIG("{\"model_type\":\"x\",\"architectures\":[]}", REQUIRED_BAD, "no architectures"),
        CONFIG("{\"model_type\":\"x\",\"architectures\":[\"XModel\"]}", CHECK_REQUIRED,
            CHECK_WARNING, "does not generate text"),
        CONFIG(LLAMA "\"num_hidden_layers\":0}", REQUIRED_BAD, "num_hidden_layers is not"),
        CONFIG(LLAMA "\"vocab_size\":8.5}", REQUIRED_BAD, "vocab_size is not"),
        CONFIG(LLAMA "\"vocab_size\":-5}", REQUIRED_BAD, "vocab_size is not"),
        CONFIG(LLAMA "\"num_attention_heads\":[4,8]}", CHECK_REQUIRED, CHECK_WARNING,
            "num_attention_heads is not one number"),
        CONFIG(LLAMA "\"num_attention_heads\":4,\"num_key_value_heads\":3}", REQUIRED_BAD,
            "4 heads cannot share 3"),
        CONFIG(
            LLAMA "\"num_attention_heads\":4,\"hidden_size\":66}", REQUIRED_BAD, "hidden_size 66"),
        CONFIG(LLAMA "\"num_attention_heads\":4,\"hidden_size\":66,\"head_dim\":32}",
            CHECK_REQUIRED, CHECK_WARNING, "no num_hidden_layers"),
        CONFIG(LLAMA "\"auto_map\":{\"AutoModel\":\"modeling_x.X\"}}", CHECK_REQUIRED,
            CHECK_WARNING, "1 of its .py files not here"),
        {"tokenizer.json", "{\"model\":{}}", REQUIRED_BAD, "no model.type"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\"}}", REQUIRED_BAD, "no model.vocab"},
        {"tokenizer.json", "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":8}}}", CHECK_REQUIRED,
            CHECK_WARNING, "token 8 lies outside"},
        {"tokenizer.json",
            "{\"added_tokens\":[{\"id\":9}],\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}",
            CHECK_REQUIRED, CHECK_WARNING, "token 9"},
        {"tokenizer_config.json", "3", REQUIRED_BAD, "not a JSON object"},
        {"tokenizer_config.json", "{\"eos_token\":\"x\"}", CHECK_REQUIRED, CHECK_WARNING,
            "no tokenizer_class"},
        {"tokenizer_config.json", "{\"tokenizer_class\":\"X\"}", CHECK_REQUIRED, CHECK_WARNING,
            "no eos_token"},
        {"tokenizer_config.json",
            "{\"tokenizer_class\":\"X\",\"eos_token\":\"x\",\"chat_template\":\"{{ messages\"}",
            CHECK_REQUIRED, CHECK_WARNING, "not closed"},
        {"special_tokens_map.json", "[]", ADVISED, "not a JSON object"},
        {"added_tokens.json", "{\"x\":8}", CHECK_OPTIONAL, CHECK_WARNING, "1 token lies outside"},
        {"chat_template.jinja", "", ADVISED, "empty"},
        {"chat_template.jinja", "\xC3\x28", ADVISED, "UTF-8"},
        {"chat_template.jinja", "hello", ADVISED, "does not use messages"},
        {"chat_template.jinja", "{% for m in messages %}{{ m", ADVISED, "not closed"},
        {"chat_template.jinja", "{{ messages }} {# no end", ADVISED, "not closed"},
        {"chat_template.jinja", "{{ messages ~ '}}' ~ {'a':{}}['a'] }}", CHECK_RECOMMENDED,
            CHECK_VALID, "valid"},
        {"chat_template.jinja", "{{ {'a':{}}, '{{' }} messages", CHECK_RECOMMENDED, CHECK_VALID,
            "valid"},
        {"additional_chat_templates/tool.jinja", "{{ x }}", CHECK_OPTIONAL, CHECK_WARNING,
            "messages"},
        {"generation_config.json", "{}", ADVISED, "no eos_token_id"},
        {"generation_config.json", "{\"eos_token_id\":8}", ADVISED, "no token of the vocabulary"},
        {"generation_config.json", "{\"eos_token_id\":[1,\"2\"]}", ADVISED, "no token"},
        {"README.md", "# A model\n", ADVISED, "no front matter"},
        {"README.md", "---\nlicense: mit\n", ADVISED, "no front matter"},
        {"README.md", CARD("tags:\n- x"), ADVISED, "no pipeline_tag, library_name, license"},
        {"README.md", CARD("license: mit\nlibrary_name: peft\npipeline_tag: fill-mask"), ADVISED,
            "pipeline_tag is fill-mask"},
        {"README.md", CARD("base_model: /data/llama" CARD_REST), ADVISED, "/data/llama"},
        {"README.md", CARD("what is this" CARD_REST), ADVISED, "line 2 is no"},
        {"README.md", CARD("license: mit" CARD_REST), ADVISED, "line 3 gives a key a second time"},
        {"README.md", CARD("tags:\n\t- x" CARD_REST), CHECK_RECOMMENDED, CHECK_VALID, ""},
        {"README.md", CARD("x: y\n\tz: 1" CARD_REST), ADVISED, "line 3 begins with a tab"},
        {"processor_config.json", "[]", CHECK_OPTIONAL, CHECK_WARNING, "not a JSON object"},
        {"extra.json", "{", CHECK_OPTIONAL, CHECK_WARNING, "not valid JSON"},
        {"small.gguf", "GGUX", CHECK_OPTIONAL, CHECK_WARNING, "not a GGUF"},
        {"small.gguf", "GGUF1", CHECK_OPTIONAL, CHECK_VALID, "valid"},
        {"notes.txt", "hello", CHECK_OPTIONAL, CHECK_PRESENT, "present"},
        {"model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
            CHECK_WEIGHTS, CHECK_BAD, "LFS pointer"},
        {"tokenizer.model", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n",
            CHECK_OPTIONAL, CHECK_BAD, "LFS pointer"},
    };
    assert_flaws(state, put_good_model, rows, sizeof rows / sizeof *rows);
}

#define PEFT(rest) "{\"peft_type\":\"LORA\",\"task_type\":\"CAUSAL_LM\"," rest "}"
#define RANK       "\"r\":8,\"lora_alpha\":16,\"target_modules\":\"all-linear\""

static void test_flaws_of_an_adapter(void **state)
{
    static const struct flaw rows[] = {
        {"adapter_config.json", "{", REQUIRED_BAD, "not valid JSON"},
        {"adapter_config.json", PEFT(RANK), CHECK_REQUIRED, CHECK_WARNING,
            "README.md says acme/tiny-base"},
        {"adapter_config.json", PEFT(RANK ",\"base_model_name_or_path\":\"/data/llama\""),
            REQUIRED_BAD, "\"/data/llama\" is no model of the Hub"},
        {"adapter_config.json", PEFT(RANK ",\"base_model_name_or_path\":\"../llama\""),
            REQUIRED_BAD, "no model of the Hub"},
        {"adapter_config.json", PEFT(RANK ",\"base_model_name_or_path\":\"a/b/c\""), REQUIRED_BAD,
            "no model of the Hub"},
        {"adapter_config.json", PEFT("\"base_model_name_or_path\":\"gpt2\""), CHECK_REQUIRED,
            CHECK_WARNING, "no rank r; no lora_alpha; no target_modules"},
        {"adapter_config.json", "{\"base_model_name_or_path\":\"gpt2\"}", REQUIRED_BAD,
            "no peft_type"},
        {"adapter_config.json",
            "{\"peft_type\":\"IA3\",\"task_type\":\"SEQ_CLS\",\"base_model_name_or_path\":\"g\"}",
            CHECK_REQUIRED, CHECK_WARNING, "SEQ_CLS, not CAUSAL_LM"},
        {"README.md", CARD("x: y" CARD_REST), ADVISED, "no base_model"},
        {"tokenizer.json", "{", CHECK_OPTIONAL, CHECK_WARNING, "not valid JSON"},
    };
    assert_flaws(state, put_good_adapter, rows, sizeof rows / sizeof *rows);
}

static void test_adapter_without_any_base(void **state)
{
    put_good_adapter(state);
    put(state, "adapter_config.json", PEFT(RANK ",\"base_model_name_or_path\":null"));
    put(state, "README.md", CARD("base_model: ''" CARD_REST));
    struct checked c = check_folder(state);
    assert_line(&c, "adapter_config.json", REQUIRED_BAD, "names no base model");
    assert_int_equal(c.list->facts.base_model.len, 0);
    assert_int_equal(c.list->blockers, 1);
    checked_free(&c);
}

/* ---- front matter -------------------------------------------------------------------------------- */

/* The front matter as people write it. */
static void test_front_matter(void **state)
{
    static const char *const cards[] = {
        "\xEF\xBB\xBF---\r\nbase_model: \"acme/tiny-base\"\r\n---\r\n",
        "\n\n---  \nbase_model: 'acme/tiny-base'  # comment\n---\nbase_model: no/no\n",
        "---\nbase_model:\n- acme/tiny-base\n- b/c\n---\n",
        "---\nbase_model:\n  # which\n  - 'acme/tiny-base'\n---\n",
        "---\nbase_model: [acme/tiny-base, b/c]\n---\n",
        "---\ndescription: |\n  base_model: no/no\n  ---\nbase_model: acme/tiny-base\n---\n",
        "---\nmodel-index:\n- name: x\n  base_model: no/no\nbase_model: acme/tiny-base\n---\n",
        "---\nwidget: {a: 1,\n b: 2}\nbase_model: acme/tiny-base\n---",
    };
    static const char *const unknown[] = {
        "---\nbase_model: &x acme/tiny-base\n---\n",
        "---\nbase_model: >\n  acme/tiny-base\n---\n",
        "---\nbase_model: \"acme\\u002ftiny\"\n---\n",
        "---\nbase_model: ~\n---\n",
        "---\nx:\n  base_model: acme/tiny-base\n---\n",
        "--- \n base_model: acme/tiny-base\n---\n",
    };
    put_good_model(state);
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        put(state, "README.md", cards[i]);
        struct checked c = check_folder(state);
        assert_string_equal(c.list->facts.base_model.s, "acme/tiny-base");
        assert_null(strstr(line_of(&c, "README.md")->result.s, "line "));
        checked_free(&c);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        put(state, "README.md", unknown[i]);
        struct checked c = check_folder(state);
        assert_int_equal(c.list->facts.base_model.len, 0);
        checked_free(&c);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_flaws_of_a_model),
        CASE(test_flaws_of_an_adapter),
        CASE(test_adapter_without_any_base),
        CASE(test_front_matter),
    };
    return cmocka_run_group_tests_name("model_folder_flaws", tests, NULL, NULL);
}
