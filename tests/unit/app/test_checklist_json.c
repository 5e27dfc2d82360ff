/* A checklist as a document: what is known as numbers, what is not as null, and what is an estimate below
 * a key that says so. */
#include "app/checklist_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct json *document(const struct model_facts *facts)
{
    static struct check_file files[] = {
        {.path = TEXT("model.safetensors"),
            .size = 100,
            .kind = CHECK_WEIGHTS,
            .state = CHECK_VALID,
            .send = true,
            .result = TEXT("valid")},
        {.path = TEXT("config.json"),
            .size = -1,
            .kind = CHECK_REQUIRED,
            .state = CHECK_MISSING,
            .result = TEXT("architecture")},
    };
    struct checklist list = {
        .folder = TEXT("/models/x"), .files = files, .count = 2, .facts = *facts};
    checklist_sum(&list);
    struct json *j = checklist_json(&list);
    assert_non_null(j);
    return j;
}

static void assert_number(const struct json *object, const char *key, int64_t value)
{
    if (json_int(object, key, -1) != value)
        fail_msg("%s: %lld", key, (long long)json_int(object, key, -1));
}

static void assert_null_at(const struct json *object, const char *key)
{
    if (json_kind(json_get(object, key)) != JSON_NULL)
        fail_msg("%s is not null", key);
}

static void test_facts(void **state)
{
    (void)state;
    const struct model_facts f = {.dtype = TEXT("bfloat16"),
        .parameters = 8000000000,
        .weight_bytes = 16000000001,
        .context_length = 131072,
        .context_trained = 8192,
        .layers = 32,
        .heads = 32,
        .kv_heads = 8,
        .head_dim = 128,
        .window = 4096,
        .window_layers = 16};
    struct json *j = document(&f);
    const struct json *facts = json_get(j, "facts"), *memory = json_get(facts, "memory");
    assert_number(facts, "parameters", 8000000000);
    assert_number(facts, "weight_bytes", 16000000001);
    assert_number(facts, "context_length", 131072);
    assert_number(facts, "context_length_without_rope_scaling", 8192);
    assert_number(facts, "kv_cache_bytes_per_token", 131072);
    assert_number(facts, "sliding_window", 4096);
    assert_number(facts, "sliding_window_layers", 16);
    assert_number(facts, "key_value_heads", 8);
    assert_int_equal(json_count(json_get(facts, "tensor_parallel_sizes")), 4);
    assert_true(json_bool(memory, "estimate", false));
    assert_number(memory, "weight_bytes", 16000000001);
    assert_number(memory, "kv_cache_bytes", 65536ll * 131072 + 65536 * (4096 - 1 + 8192 + 1));
    assert_number(memory, "other_bytes", 2000000000);
    assert_number(memory, "needed_bytes",
        json_int(memory, "weight_bytes", 0) + json_int(memory, "kv_cache_bytes", 0) + 2000000000);
    json_free(j);
}

static void test_unknown(void **state)
{
    (void)state;
    const struct model_facts none = {0}, adapter = {.adapter = true, .weight_bytes = 57344};
    struct json *j = document(&none);
    const struct json *facts = json_get(j, "facts"), *memory = json_get(facts, "memory");
    static const char *const keys[] = {"dtype", "parameters", "weight_bytes", "context_length",
        "context_length_without_rope_scaling", "layers", "sliding_window",
        "kv_cache_bytes_per_token"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_null_at(facts, keys[i]);
    assert_int_equal(json_count(json_get(facts, "tensor_parallel_sizes")), 0);
    assert_null_at(memory, "weight_bytes");
    assert_null_at(memory, "kv_cache_bytes");
    assert_null_at(memory, "needed_bytes");
    json_free(j);
    j = document(&adapter);
    facts = json_get(j, "facts");
    assert_number(facts, "weight_bytes", 57344);
    assert_null_at(json_get(facts, "memory"), "needed_bytes"); /* the base model is not here */
    json_free(j);
}

static void test_files(void **state)
{
    (void)state;
    struct json *j = document(&(struct model_facts){0});
    const struct json *files = json_get(j, "files"), *first = json_at(files, 0),
                      *second = json_at(files, 1);
    assert_number(j, "blockers", 1);
    assert_number(j, "send_bytes", 100);
    assert_int_equal(json_count(files), 2);
    assert_string_equal(json_str_or(first, "path", ""), "model.safetensors");
    assert_string_equal(json_str_or(first, "kind", ""), "weights");
    assert_true(json_bool(first, "send", false) && !json_bool(first, "blocks", true));
    assert_null_at(second, "size");
    assert_string_equal(json_str_or(second, "state", ""), "missing");
    assert_true(json_bool(second, "blocks", false));
    json_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests_name("checklist_json", tests, NULL, NULL);
}
