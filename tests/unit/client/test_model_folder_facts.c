/* What a folder says about its model: sizes under the names that families of models use, the context with
 * rope scaling, what the KV cache consists of (spec/huggingface.md §10.3), quantization. */
#include "model/fit.h"

#include "model_fixture.h"

#define BEGIN "{\"model_type\":\"x\",\"architectures\":[\"XForCausalLM\"],"
#define SIZES                                                                                      \
    "\"num_hidden_layers\":32,\"num_attention_heads\":32,\"hidden_size\":4096,\"vocab_size\":8,"
#define LONG "\"max_position_embeddings\":32768"

static struct model_facts facts_of(void **state, const char *config)
{
    put_good_model(state);
    put(state, "config.json", config);
    struct checked c = check_folder(state);
    struct model_facts facts = c.list->facts;
    const struct check_file *line = line_of(&c, "config.json");
    if (line->state == CHECK_BAD)
        fail_msg("%s: %s", config, line->result.s);
    checked_free(&c); /* the texts are gone */
    return facts;
}

/* ---- names of the numbers -------------------------------------------------------------------------- */

static void test_other_names(void **state)
{
    static const struct {
        const char *numbers;
        int64_t layers, heads, kv_heads, head_dim, context;
    } rows[] = {
        {SIZES LONG, 32, 32, 32, 128, 32768},
        {SIZES "\"num_key_value_heads\":8,\"head_dim\":64", 32, 32, 8, 64, 0},
        {"\"n_layer\":24,\"n_head\":16,\"n_embd\":1024,\"n_positions\":1024", 24, 16, 16, 64, 1024},
        {"\"num_layers\":28,\"num_attention_heads\":32,\"hidden_size\":4096,"
         "\"multi_query_group_num\":2,\"seq_length\":8192",
            28, 32, 2, 128, 8192},
        {"\"n_layer\":60,\"n_head\":128,\"hidden_size\":8192,\"n_head_kv\":8,\"multi_query\":true,"
         "\"new_decoder_architecture\":true,\"max_seq_len\":2048",
            60, 128, 8, 64, 2048},
        {"\"n_layer\":32,\"n_head\":64,\"hidden_size\":4096,\"multi_query\":true,"
         "\"model_max_length\":4096",
            32, 64, 1, 64, 4096},
        {"\"num_hidden_layers\":32,\"num_attention_heads\":32,\"hidden_size\":4096,"
         "\"num_attention_groups\":4",
            32, 32, 4, 128, 0},
        {"\"num_kv_heads\":2,\"num_attention_heads\":4,\"hidden_size\":64", 0, 4, 2, 16, 0},
        {"\"llm_config\":{\"num_hidden_layers\":3,\"num_attention_heads\":4,\"hidden_size\":8},"
         "\"num_hidden_layers\":7",
            3, 4, 4, 2, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char config[1024];
        snprintf(config, sizeof config, "%s%s}", BEGIN, rows[i].numbers);
        struct model_facts f = facts_of(state, config);
        if (f.layers != rows[i].layers || f.heads != rows[i].heads ||
            f.kv_heads != rows[i].kv_heads || f.head_dim != rows[i].head_dim ||
            f.context_length != rows[i].context)
            fail_msg("%s: %lld layers, %lld heads, %lld of %lld, context %lld", rows[i].numbers,
                (long long)f.layers, (long long)f.heads, (long long)f.kv_heads,
                (long long)f.head_dim, (long long)f.context_length);
    }
}

/* ---- context ----------------------------------------------------------------------------------------- */

static void test_rope_scaling(void **state)
{
    static const struct {
        const char *numbers;
        int64_t context, trained;
    } rows[] = {
        {LONG ",\"rope_scaling\":null", 32768, 0},
        {LONG ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":4.0}", 131072, 32768},
        {LONG ",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"factor\":2}", 65536, 32768},
        {LONG ",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4.0,"
              "\"original_max_position_embeddings\":32768}",
            131072, 32768},
        {"\"max_position_embeddings\":163840,\"rope_scaling\":{\"type\":\"yarn\",\"factor\":40,"
         "\"original_max_position_embeddings\":4096}",
            163840, 4096},
        {"\"max_position_embeddings\":131072,\"rope_scaling\":{\"rope_type\":\"llama3\","
         "\"factor\":8.0,\"original_max_position_embeddings\":8192}",
            131072, 8192},
        {"\"max_position_embeddings\":131072,\"original_max_position_embeddings\":4096,"
         "\"rope_scaling\":{\"type\":\"longrope\",\"short_factor\":[1],\"long_factor\":[2]}",
            131072, 4096},
        {LONG ",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":1e6}", 32768, 0},
        {LONG ",\"rope_parameters\":{\"rope_type\":\"yarn\",\"factor\":2}", 65536, 32768},
        {LONG ",\"rope_scaling\":{\"type\":\"mrope\",\"mrope_section\":[16,24,24]}", 32768, 0},
        {LONG ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":1e300}", 32768, 0},
        {LONG ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":-4}", 32768, 0},
        {LONG ",\"rope_scaling\":[1]", 32768, 0},
        {"\"rope_scaling\":{\"type\":\"linear\",\"factor\":4}", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char config[1024];
        snprintf(config, sizeof config, "%s%s%s}", BEGIN, SIZES, rows[i].numbers);
        struct model_facts f = facts_of(state, config);
        if (f.context_length != rows[i].context || f.context_trained != rows[i].trained)
            fail_msg("%s: %lld from %lld", rows[i].numbers, (long long)f.context_length,
                (long long)f.context_trained);
    }
    put(state, "config.json",
        BEGIN SIZES LONG ",\"rope_scaling\":{\"type\":\"linear\",\"factor\":4}}");
    assert_checks(state, "config.json", CHECK_REQUIRED, CHECK_VALID,
        "rope scaling (linear) extends its context from 32768 to 131072");
}

/* ---- layers ------------------------------------------------------------------------------------------ */

static void test_windows(void **state)
{
    static const struct {
        const char *numbers;
        int64_t window, window_layers, plain_layers;
    } rows[] = {
        {"\"sliding_window\":4096", 4096, 32, 0},
        {"\"sliding_window\":null", 0, 0, 0},
        {"\"sliding_window\":4096,\"use_sliding_window\":false", 0, 0, 0},
        {"\"sliding_window\":4096,\"use_sliding_window\":true,\"max_window_layers\":28", 4096, 4,
            0},
        {"\"sliding_window\":4096,\"use_sliding_window\":true,\"max_window_layers\":99", 0, 0, 0},
        {"\"sliding_window\":1024,\"sliding_window_pattern\":6", 1024, 27, 0},
        {"\"sliding_window\":1024,\"layer_types\":[\"sliding_attention\",\"full_attention\"]", 1024,
            1, 0},
        {"\"sliding_window\":null,\"layer_types\":[\"sliding_attention\",\"full_attention\"]", 0, 0,
            0},
        {"\"attention_chunk_size\":8192,\"layer_types\":[\"chunked_attention\",\"chunked_attention\","
         "\"full_attention\"]",
            8192, 2, 0},
        {"\"layer_types\":[\"linear_attention\",\"linear_attention\",\"full_attention\",7]", 0, 0,
            2},
        {"\"full_attention_interval\":4", 0, 0, 24},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char config[1024];
        snprintf(config, sizeof config, "%s%s%s}", BEGIN, SIZES, rows[i].numbers);
        struct model_facts f = facts_of(state, config);
        if (f.window != rows[i].window || f.window_layers != rows[i].window_layers ||
            f.plain_layers != rows[i].plain_layers)
            fail_msg("%s: %lld layers of %lld, %lld plain", rows[i].numbers,
                (long long)f.window_layers, (long long)f.window, (long long)f.plain_layers);
    }
    put(state, "config.json", BEGIN SIZES LONG ",\"layer_types\":[\"full_attention\"]}");
    assert_checks(
        state, "config.json", CHECK_REQUIRED, CHECK_WARNING, "layer_types names 1 layers of 32");
}

/* DeepSeek-V3: 61 layers of 512 + 64 elements, whatever its heads are. */
static void test_latent_cache(void **state)
{
    struct model_facts f = facts_of(state,
        "{\"model_type\":\"deepseek_v3\",\"architectures\":[\"DeepseekV3ForCausalLM\"],"
        "\"num_hidden_layers\":61,\"num_attention_heads\":128,\"num_key_value_heads\":128,"
        "\"hidden_size\":7168,\"vocab_size\":8,\"kv_lora_rank\":512,\"qk_rope_head_dim\":64,"
        "\"torch_dtype\":\"bfloat16\",\"max_position_embeddings\":4096}");
    assert_int_equal(f.latent, 576);
    f.dtype = TEXT("bfloat16");
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 61 * 576 * 2);
    f = facts_of(
        state, BEGIN "\"num_attention_heads\":40,\"hidden_size\":2500,\"kv_lora_rank\":256}");
    assert_int_equal(f.latent, 256); /* and no word of 2500 / 40 */
}

/* Numbers out of range leave nothing behind that could overflow. */
static void test_huge_numbers(void **state)
{
    struct model_facts f = facts_of(state, BEGIN
        "\"num_hidden_layers\":999999999999999,\"num_attention_heads\":999999999999999,"
        "\"head_dim\":999999999999999,\"max_position_embeddings\":999999999999999,"
        "\"sliding_window\":999999999999999,\"kv_lora_rank\":1e14,\"qk_rope_head_dim\":1e14}");
    f.dtype = TEXT("");
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 0); /* unknown */
}

/* ---- quantization ------------------------------------------------------------------------------------ */

/* Bytes are bytes: 4-bit weights, eight to a number. */
static void test_quantized(void **state)
{
    put_good_model(state);
    put(state, "config.json",
        BEGIN SIZES LONG ",\"compression_config\":{\"quant_method\":\"x4\"}}");
    put_tensors(state, "model.safetensors",
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"a.qweight\":{\"dtype\":\"I32\",\"shape\":[100],\"data_offsets\":[0,400]},"
        "\"a.scales\":{\"dtype\":\"F16\",\"shape\":[8],\"data_offsets\":[400,416]}}",
        416);
    struct checked c = check_folder(state);
    assert_string_equal(c.list->facts.quantization.s, "x4");
    assert_int_equal(c.list->facts.parameters, 0); /* not 108 */
    assert_int_equal(c.list->facts.weight_bytes, 416);
    assert_true(fit_of(&c.list->facts, 0, 1).weights * 1e9 < 417);
    checked_free(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_other_names),
        CASE(test_rope_scaling),
        CASE(test_windows),
        CASE(test_latent_cache),
        CASE(test_huge_numbers),
        CASE(test_quantized),
    };
    return cmocka_run_group_tests_name("model_folder_facts", tests, NULL, NULL);
}
