/* safetensors headers, good and forged (spec/huggingface.md §10.1), the sets that shards make, and their
 * index. */
#include "client/safetensors.h"

#include "model_fixture.h"

#include "dice.h"

#include <inttypes.h>

/* ---- one header -------------------------------------------------------------------------------------- */

static int parse(
    const char *json, int64_t data, struct safetensors *s, struct arena *a, struct err *e)
{
    *e = (struct err){0};
    return safetensors_parse(json, strlen(json), data, a, s, e);
}

static void assert_bad(const char *json, int64_t data, const char *words)
{
    struct safetensors s;
    struct err e;
    struct arena *a = arena_new(1 << 20);
    if (parse(json, data, &s, a, &e) == 0)
        fail_msg("accepted: %s", json);
    if (e.class != ERR_INPUT || !strstr(e.message, words))
        fail_msg("%s: %s, expected %s", json, e.message, words);
    arena_free(a);
}

#define T(name, dtype, shape, begin, end)                                                          \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end \
    "]}"

static void test_good_headers(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int64_t data;
        size_t count;
        int64_t parameters;
    } rows[] = {
        {"{" T("a", "F32", "[2,3]", 0, 24) "}", 24, 1, 6},
        {"{" T("a", "F32", "[2,3]", 0, 24) "}   \n ", 24, 1, 6}, /* padded */
        {"{" T("b", "BF16", "[4]", 8, 16) "," T("a", "F64", "[]", 0, 8) "}", 16, 2, 5},
        {"{" T("a", "F4", "[3,2]", 0, 3) "}", 3, 1, 6},
        {"{" T("a", "F6_E2M3", "[4]", 0, 3) "}", 3, 1, 4},
        {"{" T("a", "U8", "[0,7]", 0, 0) "," T("b", "I64", "[1]", 0, 8) "}", 8, 2, 1},
        {"{" T("a", "BOOL", "[2]", 0, 2) "," T("e", "F16", "[0]", 2, 2) "}", 2, 2, 2},
        {"{\"__metadata__\":{}}", 0, 0, 0},
        {"{}", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct safetensors s;
        struct err e;
        struct arena *a = arena_new(1 << 20);
        if (parse(rows[i].json, rows[i].data, &s, a, &e))
            fail_msg("%s: %s", rows[i].json, e.message);
        assert_int_equal(s.count, rows[i].count);
        assert_int_equal(s.parameters, rows[i].parameters);
        for (size_t k = 1; k < s.count; k++)
            assert_true(strcmp(s.tensors[k - 1].name, s.tensors[k].name) < 0);
        arena_free(a);
    }
}

static void test_bad_headers(void **state)
{
    (void)state;
    assert_bad("", 0, "no JSON object");
    assert_bad("[]", 0, "no JSON object");
    assert_bad(" {}", 0, "no JSON object"); /* must begin with the brace */
    assert_bad("{\"a\":", 0, "not valid JSON");
    assert_bad("{} x", 0, "not valid JSON");
    assert_bad("{\"a\":3}", 0, "a is not a JSON object");
    assert_bad("{" T("a", "F31", "[1]", 0, 4) "}", 4, "unknown type \"F31\"");
    assert_bad("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "no shape");
    assert_bad("{" T("a", "U8", "[-1]", 0, 1) "}", 1, "impossible shape");
    assert_bad("{" T("a", "U8", "[1.5]", 0, 1) "}", 1, "impossible shape");
    assert_bad("{" T("a", "U8", "[\"1\"]", 0, 1) "}", 1, "impossible shape");
    assert_bad("{" T("a", "U8", "[1e300]", 0, 1) "}", 1, "impossible shape");
    assert_bad("{" T("a", "U8", "[4294967296,4294967296]", 0, 0) "}", 0, "impossible shape");
    assert_bad("{" T("a", "F64", "[1152921504606846976,2]", 0, 0) "}", 0, "impossible shape");
    assert_bad("{" T("a", "F4", "[3]", 0, 2) "}", 2, "impossible shape"); /* half a byte */
    assert_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "data_offsets");
    assert_bad("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1, "data_offsets");
    assert_bad("{" T("a", "U8", "[1]", 1, 0) "}", 1, "data_offsets");
    assert_bad("{" T("a", "U8", "[1]", -1, 0) "}", 1, "data_offsets");
    assert_bad("{" T("a", "U8", "[1]", 9007199254740993, 1e19) "}", 1, "data_offsets");
    assert_bad("{" T("a", "F32", "[2]", 0, 4) "}", 4, "has 4 bytes, its shape and type need 8");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 2, 6) "}", 6, "overlap");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 0, 4) "}", 4, "overlap");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "," T("b", "U8", "[4]", 6, 10) "}", 10,
        "2 bytes before tensor b belong to none");
    assert_bad("{" T("a", "U8", "[4]", 3, 7) "}", 7, "3 bytes before tensor a");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "," T("a", "U8", "[4]", 4, 8) "}", 8, "a twice");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "}", 3, "truncated");
    assert_bad("{" T("a", "U8", "[4]", 0, 4) "}", 5, "too long");
    assert_bad("{}", 5, "too long");
    assert_bad("{\"__metadata__\":[]}", 0, "__metadata__ is not");
    assert_bad("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__ holds");
}

/* A header cut or changed anywhere never crashes, and never passes with tensors outside the data. */
static void test_damaged_headers(void **state)
{
    (void)state;
    static const char good[] = "{\"__metadata__\":{\"format\":\"pt\"}," T("a", "F32", "[2,3]", 0,
        24) "," T("b", "BF16", "[4]", 24, 32) "," T("c", "I8", "[3]", 32, 35) "}";
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct dice d = dice_new(seed);
        char json[sizeof good];
        size_t n = sizeof good - 1 - (dice_below(&d, 4) == 0 ? dice_below(&d, sizeof good - 1) : 0);
        memcpy(json, good, sizeof good);
        for (size_t i = 0; i < 1 + dice_below(&d, 3); i++)
            json[dice_below(&d, sizeof good - 1)] = "0123456789{}[],:\"ab\\"[dice_below(&d, 20)];
        struct safetensors s;
        struct err e = {0};
        struct arena *a = arena_new(1 << 20);
        int result = safetensors_parse(json, n, 35, a, &s, &e);
        if (result != 0 && (e.class != ERR_INPUT || !e.message[0]))
            fail_msg("seed %" PRIu64 ": %s", seed, e.message);
        uint64_t sum = 0;
        for (size_t i = 0; result == 0 && i < s.count; i++)
            sum += s.tensors[i].end - s.tensors[i].begin;
        if (result == 0 && sum != 35)
            fail_msg("seed %" PRIu64 " passed with %" PRIu64 " bytes", seed, sum);
        arena_free(a);
    }
}

static void test_size_words(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *words;
    } rows[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {999949, "999.9 kB"},
        {999950, "1.0 MB"}, {2500864, "2.5 MB"}, {4900000000, "4.9 GB"}, {INT64_MAX, "9.2 EB"}};
    char out[SAFETENSORS_SIZE_WORDS];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(safetensors_size_words(out, rows[i].bytes), rows[i].words);
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static void put_length(void **state, uint64_t length, size_t rest)
{
    char bytes[64] = "";
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(length >> (8 * i));
    memset(bytes + 8, '{', rest);
    put_bytes(state, "model.safetensors", bytes, 8 + rest);
}

static void assert_weights(void **state, enum check_state line_state, const char *words)
{
    assert_checks(state, "model.safetensors", CHECK_WEIGHTS, line_state, words);
}

static void test_bad_files(void **state)
{
    char path[PATH_MAX];
    put_good_model(state);
    put(state, "model.safetensors", "");
    assert_weights(state, CHECK_BAD, "it has 0 bytes");
    put(state, "model.safetensors", "1234567");
    assert_weights(state, CHECK_BAD, "it has 7 bytes");
    put_length(state, UINT64_MAX, 8);
    assert_weights(state, CHECK_BAD, "would have 18446744073709551615 bytes");
    put_length(state, SAFETENSORS_HEADER_MAX + 1ull, 8);
    assert_weights(state, CHECK_BAD, "would have 100000001 bytes");
    put_length(state, 9, 8);
    assert_weights(state, CHECK_BAD, "truncated: its header alone has 9 bytes, the file has 16");
    put_length(state, 8, 8);
    assert_weights(state, CHECK_BAD, "not valid JSON");
    put_tensors(state, "model.safetensors", "{" T("a", "U8", "[5000]", 0, 5000) "}", 5000);
    assert_int_equal(truncate(temp_folder_path(path, state, "model.safetensors"), 3000), 0);
    assert_weights(state, CHECK_BAD, "truncated: the header says 5.1 kB, the file has 3.0 kB");
    put_tensors(state, "model.safetensors", "{" T("a", "U8", "[4]", 0, 4) "}", 4);
    assert_weights(state, CHECK_WARNING, "no format");
    put_tensors(state, "model.safetensors", "{\"__metadata__\":{\"format\":\"pt\"}}", 0);
    assert_weights(state, CHECK_BAD, "no parameters");
    put_length(state, SAFETENSORS_HEADER_HUB + 1ull, 8);
    assert_int_equal(truncate(temp_folder_path(path, state, "model.safetensors"), 30000000), 0);
    assert_weights(state, CHECK_WARNING, "a header of 25.0 MB, more than the Hub reads");
    struct checked c = check_folder(state);
    assert_int_equal(c.list->facts.parameters, 0);
    assert_int_equal(c.list->facts.weight_bytes, 0);
    checked_free(&c);
}

static void test_other_safetensors(void **state)
{
    put_good_model(state);
    put_tensors(state, "sub/dense.safetensors", GOOD_TENSORS, GOOD_DATA - 1);
    assert_checks(state, "sub/dense.safetensors", CHECK_OPTIONAL, CHECK_BAD, "truncated");
    drop(state, "sub/dense.safetensors");
    put_tensors(state, "model-1-of-2.safetensors", GOOD_TENSORS, GOOD_DATA);
    struct checked c = check_folder(state);
    assert_line(&c, "model-1-of-2.safetensors", CHECK_OPTIONAL, CHECK_VALID, "2 tensors");
    assert_int_equal(c.list->facts.parameters, 36);
    checked_free(&c);
    put_good_adapter(state);
    put_tensors(state, "adapter_model.safetensors", GOOD_TENSORS, GOOD_DATA);
    assert_checks(state, "adapter_model.safetensors", CHECK_WEIGHTS, CHECK_WARNING, "LoRA");
}

/* ---- shards --------------------------------------------------------------------------------------------- */

#define META      "{\"__metadata__\":{\"format\":\"pt\"},"
#define SHARD(k)  "model-0000" #k "-of-00003.safetensors"
#define INDEX     "model.safetensors.index.json"
#define MAP(rows) "{\"metadata\":{\"total_size\":12},\"weight_map\":{" rows "}}"

static void put_shards(void **state)
{
    put_good_model(state);
    drop(state, "model.safetensors");
    put_tensors(state, SHARD(1), META T("a", "U8", "[4]", 0, 4) "}", 4);
    put_tensors(state, SHARD(2), META T("b", "U8", "[4]", 0, 4) "}", 4);
    put_tensors(
        state, SHARD(3), META T("c", "U8", "[2]", 0, 2) "," T("d", "U8", "[2]", 2, 4) "}", 4);
    put(state, INDEX,
        MAP("\"a\":\"" SHARD(1) "\",\"b\":\"" SHARD(2) "\",\"c\":\"" SHARD(3) "\",\"d\":\"" SHARD(
            3) "\""));
}

static void test_good_shards(void **state)
{
    put_shards(state);
    struct checked c = check_folder(state);
    assert_int_equal(c.list->blockers + c.list->warnings, 0);
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_VALID, "4 tensors in 3 shards");
    assert_int_equal(c.list->facts.parameters, 12);
    assert_int_equal(c.list->facts.weight_bytes, 12);
    checked_free(&c);
    put_tensors(state, "model.safetensors", GOOD_TENSORS, GOOD_DATA);
    c = check_folder(state);
    assert_line(&c, "model.safetensors", CHECK_WEIGHTS, CHECK_WARNING, "beside shards");
    assert_int_equal(c.list->facts.parameters, 36); /* not both */
    checked_free(&c);
}

static void test_missing_shards(void **state)
{
    put_shards(state);
    drop(state, SHARD(2));
    struct checked c = check_folder(state);
    assert_line(&c, SHARD(2), CHECK_WEIGHTS, CHECK_MISSING, "shard 2 of 3");
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_BAD, SHARD(2) ", which it names, is not here");
    assert_null(strstr(line_of(&c, INDEX)->result.s, "tensor is"));
    assert_int_equal(c.list->facts.parameters, 0); /* part of it is unknown */
    checked_free(&c);
    drop(state, SHARD(3));
    drop(state, INDEX);
    c = check_folder(state);
    assert_line(&c, SHARD(2), CHECK_WEIGHTS, CHECK_MISSING, "shard 2 of 3");
    assert_line(&c, SHARD(3), CHECK_WEIGHTS, CHECK_MISSING, "shard 3 of 3");
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_MISSING, "which shard");
    assert_null(line_of(&c, "model.safetensors"));
    checked_free(&c);
}

static void test_index_without_shards(void **state)
{
    put_shards(state);
    drop(state, SHARD(1));
    drop(state, SHARD(2));
    drop(state, SHARD(3));
    struct checked c = check_folder(state);
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_BAD, "3 of the 3 files that it names");
    assert_line(&c, "model.safetensors", CHECK_WEIGHTS, CHECK_MISSING, "the weights");
    checked_free(&c);
}

static void test_names_of_shards(void **state)
{
    put_shards(state);
    put_tensors(state, "model-00004-of-00003.safetensors", META T("e", "U8", "[1]", 0, 1) "}", 1);
    drop(state, SHARD(2));
    put_tensors(state, "model-00002-of-00007.safetensors", META T("f", "U8", "[1]", 0, 1) "}", 1);
    put_tensors(state, "other_000002-of-000900.safetensors", META T("g", "U8", "[1]", 0, 1) "}", 1);
    struct checked c = check_folder(state);
    assert_line(&c, "model-00004-of-00003.safetensors", CHECK_WEIGHTS, CHECK_BAD, "cannot be");
    assert_line(&c, SHARD(2), CHECK_WEIGHTS, CHECK_MISSING, "shard 2 of 3");
    assert_line(&c, "model-00002-of-00007.safetensors", CHECK_WEIGHTS, CHECK_BAD, "another set");
    assert_line(
        &c, "other_*-of-000900.safetensors", CHECK_WEIGHTS, CHECK_MISSING, "899 of 900 shards");
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_BAD, "2 shards are here that it does not name");
    checked_free(&c);
}

static void test_index_and_headers_disagree(void **state)
{
    static const struct {
        const char *index, *words;
        enum check_state line_state;
    } rows[] = {
        {"{}", "no weight_map", CHECK_BAD},
        {"[]", "not a JSON object", CHECK_BAD},
        {MAP("\"a\":1"), "tensor a is given no file", CHECK_BAD},
        {MAP("\"a\":\"../x\""), "../x, which it names, is not here", CHECK_BAD},
        {MAP("\"a\":\"" SHARD(1) "\",\"b\":\"" SHARD(2) "\",\"c\":\"" SHARD(3) "\""),
            "1 tensor is in the shards, but not in it", CHECK_BAD},
        {MAP("\"a\":\"" SHARD(1) "\",\"b\":\"" SHARD(2) "\",\"c\":\"" SHARD(3) "\",\"d\":\"" SHARD(
             3) "\",\"x\":\"" SHARD(1) "\",\"y\":\"" SHARD(1) "\""),
            "2 tensors are not in the shard that it names", CHECK_BAD},
        {MAP("\"a\":\"" SHARD(2) "\",\"b\":\"" SHARD(2) "\",\"c\":\"" SHARD(3) "\",\"d\":\"" SHARD(
             3) "\""),
            "1 shard is here that it does not name", CHECK_BAD},
        {MAP("\"a\":\"" SHARD(1) "\",\"b\":\"" SHARD(2) "\",\"c\":\"" SHARD(3) "\",\"d\":\"" SHARD(
             3) "\",\"a\":\"" SHARD(1) "\""),
            "it names tensor a twice", CHECK_BAD},
        {"{\"metadata\":{\"total_size\":99},\"weight_map\":{\"a\":\"" SHARD(1) "\",\"b\":\"" SHARD(
             2) "\",\"c\":\"" SHARD(3) "\",\"d\":\"" SHARD(3) "\"}}",
            "total_size says 99 B, the shards have 12 B", CHECK_WARNING},
    };
    put_shards(state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        put(state, INDEX, rows[i].index);
        assert_checks(state, INDEX, CHECK_REQUIRED, rows[i].line_state, rows[i].words);
    }
}

static void test_tensor_in_two_shards(void **state)
{
    put_shards(state);
    put_tensors(
        state, SHARD(2), META T("b", "U8", "[2]", 0, 2) "," T("a", "U8", "[2]", 2, 4) "}", 4);
    assert_checks(state, INDEX, CHECK_REQUIRED, CHECK_BAD, "1 tensor is in two shards");
}

/* What is wrong with a shard is said once, at the shard. */
static void test_bad_shard(void **state)
{
    put_shards(state);
    put(state, SHARD(2), "not a header");
    struct checked c = check_folder(state);
    assert_line(&c, SHARD(2), CHECK_WEIGHTS, CHECK_BAD, "not a safetensors file");
    assert_line(&c, INDEX, CHECK_REQUIRED, CHECK_VALID, "");
    assert_int_equal(c.list->facts.parameters, 0);
    checked_free(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_headers),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_size_words),
        CASE(test_bad_files),
        CASE(test_other_safetensors),
        CASE(test_good_shards),
        CASE(test_missing_shards),
        CASE(test_index_without_shards),
        CASE(test_names_of_shards),
        CASE(test_index_and_headers_disagree),
        CASE(test_tensor_in_two_shards),
        CASE(test_bad_shard),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
