/* Arithmetic of memory, against the worked examples of spec/huggingface.md §10.3 and §10.4. */
#include "model/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct model_facts llama(void)
{
    return (struct model_facts){.weight_bytes = 16000000000,
        .context_length = 8192,
        .layers = 32,
        .heads = 32,
        .kv_heads = 8,
        .head_dim = 128,
        .dtype = TEXT("bfloat16")};
}

static void test_bytes_per_token(void **state)
{
    (void)state;
    struct model_facts f = llama();
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 131072);
    assert_int_equal(fit_kv_bytes_per_token(&f, 2, 0), 65536);
    assert_int_equal(fit_kv_bytes_per_token(&f, 8, 0), 16384);
    assert_int_equal(fit_kv_bytes_per_token(&f, 16, 0), 16384); /* max(1, K/T): repeated */
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 1), 65536);  /* fp8 */
    f.dtype = TEXT("float32");
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 262144);
    f = (struct model_facts){.layers = 24, .heads = 14, .kv_heads = 2, .head_dim = 64};
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 12288);
    f.plain_layers = 18; /* a hybrid */
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 12288 / 4);
    f.plain_layers = 24;
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 0);
    assert_int_equal(fit_kv_bytes_per_token(&(struct model_facts){0}, 1, 0), 0);
}

/* One vector for all heads, no key apart from a value, and each GPU has all of it. */
static void test_latent(void **state)
{
    (void)state;
    struct model_facts f = {
        .layers = 61, .heads = 128, .kv_heads = 128, .head_dim = 56, .latent = 576};
    assert_int_equal(fit_kv_bytes_per_token(&f, 1, 0), 70272);
    assert_int_equal(fit_kv_bytes_per_token(&f, 8, 0), 70272);
    assert_true(fit_splits(&f, 8));
}

static void test_sequence(void **state)
{
    (void)state;
    struct model_facts f = llama();
    assert_true(fit_kv_bytes(&f, 8192, 1, 0) == 1073741824.0); /* 1 GiB */
    assert_true(fit_kv_bytes(&f, 1, 1, 0) == 16 * 131072.0);   /* a block at least */
    assert_true(fit_kv_bytes(&f, 17, 1, 0) == 32 * 131072.0);
    assert_true(fit_kv_bytes(&f, 0, 1, 0) == 0);
    assert_true(fit_kv_bytes(&f, -5, 1, 0) == 0);
    /* Half of the layers forget: they keep window - 1 + what is read in at once. */
    f.window = 1025;
    f.window_layers = 16;
    assert_true(fit_kv_bytes(&f, 1 << 17, 1, 0) == 65536.0 * (1 << 17) + 65536.0 * (1024 + 8192));
    assert_true(fit_kv_bytes(&f, 4096, 1, 0) == 4096 * 131072.0); /* too short to forget */
    f.window_layers = 99;                                         /* never more than there are */
    assert_true(fit_kv_bytes(&f, 1 << 17, 1, 0) == 131072.0 * (1024 + 8192));
    f.window = 0;
    assert_true(fit_kv_bytes(&f, 1 << 17, 1, 0) == 131072.0 * (1 << 17));
}

/* Never less for more tokens, and never more for a window. */
static void test_sequence_grows(void **state)
{
    (void)state;
    struct model_facts f = llama(), slides = llama();
    slides.window = 500;
    slides.window_layers = 20;
    double before = 0;
    for (int64_t tokens = 1; tokens < 40000; tokens += 7) {
        double bytes = fit_kv_bytes(&slides, tokens, 2, 0);
        assert_true(bytes >= before && bytes <= fit_kv_bytes(&f, tokens, 2, 0));
        before = bytes;
    }
}

static void test_tensor_parallel_sizes(void **state)
{
    (void)state;
    static const struct {
        int64_t heads, kv_heads;
        size_t count;
        int sizes[FIT_SIZES_MAX];
    } rows[] = {
        {32, 8, 4, {1, 2, 4, 8}}, {28, 4, 3, {1, 2, 4}}, /* 28 is no multiple of 8 */
        {14, 2, 2, {1, 2}}, {4, 1, 3, {1, 2, 4}}, {9, 3, 1, {1}},
        {24, 3, 1, {1}}, /* three key-value heads can neither be spread over two nor repeated */
        {32, 0, 4, {1, 2, 4, 8}}, {0, 0, 0, {0}}, /* unknown */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_facts f = {.heads = rows[i].heads, .kv_heads = rows[i].kv_heads};
        int sizes[FIT_SIZES_MAX] = {0};
        assert_int_equal(fit_tensor_parallel_sizes(&f, sizes), rows[i].count);
        assert_memory_equal(sizes, rows[i].sizes, rows[i].count * sizeof *sizes);
    }
    assert_true(fit_splits(&(struct model_facts){0}, 3));
}

static void test_needed(void **state)
{
    (void)state;
    struct model_facts f = llama();
    struct fit fit = fit_of(&f, 0, 1);
    assert_true(fabs(fit.needed - (16 + 1.073741824 + 2)) < 1e-9);
    assert_true(fabs(fit.needed - fit.weights - fit.cache - fit.rest) < 1e-9);
    f.parameters = 1; /* what counts is bytes */
    f.quantization = TEXT("awq");
    assert_true(fabs(fit_of(&f, 0, 1).weights - 16) < 1e-9);
    f.adapter = true; /* its base model is not here */
    assert_true(isnan(fit_of(&f, 0, 1).needed));
    f = llama();
    f.context_length = 0;
    assert_true(isnan(fit_of(&f, 0, 1).cache) && fit_of(&f, 0, 1).needed > 18);
    assert_true(fabs(fit_of(&f, 8192, 2).cache - 1.073741824) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_per_token),
        cmocka_unit_test(test_latent),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_sequence_grows),
        cmocka_unit_test(test_tensor_parallel_sizes),
        cmocka_unit_test(test_needed),
    };
    return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
