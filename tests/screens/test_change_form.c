/* The form of an endpoint's settings: it is filled with what is there, says what an edit would mean, hands over
 * what was edited and nothing else, and refuses what cannot be. */
#include "view_bench.h"

#define ID "x2x4legal"

static struct text pools[] = {{"ADA_24", 6}, {"AMPERE_24", 9}};

static const struct endpoint legal = {.id = ID,
    .name = {"legal", 5},
    .image = {"runpod/worker-v1-vllm:v2.25.2", 29},
    .model = {"acme/legal-dpo", 14},
    .revision = {"", 0},
    .served = {"legal", 5},
    .gpu_count = 1,
    .context_length = 8192,
    .workers_min = 0,
    .workers_max = 3,
    .idle_s = 10,
    .version = 4,
    .created_ms = -1};

static void know_settings(struct bench *b)
{
    struct endpoint one = legal;
    for (size_t i = 0; i < 2; i++)
        one.pools[i] = pools[i];
    one.pool_count = 2;
    for (size_t i = 2; i < ENDPOINT_POOLS_MAX; i++)
        one.pools[i] = TEXT("");
    static struct endpoint kept;
    kept = one;
    const struct endpoint_page page = {&kept, 1};
    fixture_send(&b->f, MESSAGE_STATUS, NEWS_ENDPOINTS, &page, sizeof page);
}

static void know_catalog(struct bench *b)
{
    static struct gpu gpus[] = {{.id = {"NVIDIA GeForce RTX 4090", 23},
                                    .name = {"RTX 4090", 8},
                                    .pool = {"ADA_24", 6},
                                    .memory_gb = 24,
                                    .price_hour = 1.12,
                                    .stock = STOCK_HIGH},
        {.id = {"NVIDIA L4", 9},
            .name = {"L4", 2},
            .pool = {"AMPERE_24", 9},
            .memory_gb = 24,
            .price_hour = 0.68,
            .stock = STOCK_LOW},
        {.id = {"NVIDIA L40S", 11},
            .name = {"L40S", 4},
            .pool = {"ADA_48_PRO", 10},
            .memory_gb = 48,
            .price_hour = 1.91,
            .stock = STOCK_MEDIUM}};
    const struct gpu_page page = {gpus, 3, 0};
    fixture_send(&b->f, MESSAGE_STATUS, NEWS_GPUS, &page, sizeof page);
}

static void know_detail(struct bench *b)
{
    static struct endpoint_setting env[] = {{{"MODEL_NAME", 10}, {"acme/legal-dpo", 14}},
        {{"MAX_MODEL_LEN", 13}, {"8192", 4}}, {{"HF_TOKEN", 8}, {"•••", 9}}};
    static const struct text none = {"", 0};
    const struct endpoint_detail detail = {.endpoint_id = ID,
        .env = env,
        .env_count = 3,
        .disk_gb = 60,
        .timeout_ms = 600000,
        .scaling = none,
        .min_cuda = none,
        .cuda_versions = none,
        .data_centers = none,
        .volumes = none,
        .excluded = none,
        .flashboot = none,
        .registry = none,
        .not_read = none,
        .rolled = -1,
        .rolling_total = -1};
    fixture_send(&b->f, MESSAGE_STATUS, NEWS_DETAIL, &detail, sizeof detail);
}

static void begin(struct bench *b)
{
    bench_start(b, true);
    know_settings(b);
    know_catalog(b);
    know_detail(b);
}

/* Moves to a field; the form has nine. */
static void to_field(struct bench *b, int field)
{
    for (int i = 0; i < 9; i++)
        bench_press(b, PRESS_UP);
    for (int i = 0; i < field; i++)
        bench_press(b, PRESS_DOWN);
}
enum { MIN, MAX, IDLE, IMAGE, POOL, GPUS, CONTEXT, DISK, ENV };

static void retype(struct bench *b, int field, const char *value)
{
    to_field(b, field);
    bench_press(b, PRESS_CTRL('u'));
    for (int i = 0; i < 64; i++)
        bench_press(b, PRESS_BACKSPACE);
    bench_type(b, value);
}

static void test_looks(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    bench_goldens(&b, &view_change_form, ID, "view_change_form");
    bench_open(&b, &view_change_form, ID, 80, 24);
    retype(&b, MAX, "5");
    retype(&b, CONTEXT, "");
    to_field(&b, POOL);
    bench_golden(&b, "view_change_form_edited_80x24");
    bench_end(&b);
}

static void test_hands_over_what_was_edited(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    bench_open(&b, &view_change_form, ID, 80, 24);
    bench_press(&b, PRESS_ENTER);
    bench_shows(&b, "nothing is changed yet");
    assert_int_equal(b.f.intent_count, 0);
    retype(&b, MAX, "5");
    retype(&b, CONTEXT, "");
    retype(&b, ENV, "FOO='a b' -MAX_CONCURRENCY");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(bench_intent(&b)->action, ACTION_CHANGE);
    assert_string_equal(bench_intent(&b)->id, ID);
    assert_string_equal(
        bench_intent(&b)->values, "max=5 context=own env=FOO='a b' -MAX_CONCURRENCY ");
    assert_int_equal(b.closed, 1);
    bench_end(&b);
}

/* Typed back to what was there is no change; and what somebody else changes meanwhile is not put back. */
static void test_unedited_is_not_sent(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    bench_open(&b, &view_change_form, ID, 80, 24);
    retype(&b, MAX, "5");
    retype(&b, MAX, "3");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    retype(&b, IDLE, "20");
    bench_press(&b, PRESS_ENTER);
    assert_string_equal(bench_intent(&b)->values, "idle=20 ");
    bench_end(&b);
}

static void test_refuses(void **state)
{
    static const struct {
        int field;
        const char *value, *says;
    } cases[] = {
        {MIN, "4", "fewer workers at most than at least"},
        {MAX, "1001", "from 0 to 1000"},
        {IMAGE, "", "is needed"},
        {POOL, "", "one to three pools"},
        {POOL, "ADA_24, AMPERE_24, ADA_48_PRO, ADA_24", "one to three pools"},
        {POOL, "ADA_99", "there is no pool ADA_99"},
        {ENV, "FOO", "NAME=VALUE sets a variable"},
        {ENV, "FOO='bar", "is not closed"},
        {ENV, "A-B=1", "is no name of a variable"},
    };
    struct bench b;
    (void)state;
    begin(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench_open(&b, &view_change_form, ID, 100, 30);
        retype(&b, cases[i].field, cases[i].value);
        bench_press(&b, PRESS_ENTER);
        bench_shows(&b, cases[i].says);
        assert_int_equal(b.f.intent_count, 0);
        bench_shut(&b);
    }
    bench_end(&b);
}

/* The dearest of the pools is what it may cost. */
static void test_prices(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    bench_open(&b, &view_change_form, ID, 100, 30);
    bench_shows(&b, "≈$3.36/h, as it is");
    retype(&b, MIN, "1");
    bench_shows(&b, "$0/h → ≈$1.12/h  +$1.12/h");
    bench_shows(&b, "none starts anew");
    retype(&b, POOL, "AMPERE_24");
    bench_shows(&b, "≈$3.36/h → ≈$2.04/h  −$1.32/h");
    bench_shows(&b, "would be replaced, one after the other");
    retype(&b, MAX, "0");
    bench_shows(&b, "≈$3.36/h → $0/h");
    to_field(&b, ENV);
    bench_shows(&b, "HF_TOKEN=•••");
    bench_end(&b);
}

/* The disk is known only when the detail was read, which is later; what was typed meanwhile stays. */
static void test_the_detail_comes_later(void **state)
{
    struct bench b;
    (void)state;
    for (int typed = 0; typed < 2; typed++) {
        bench_start(&b, true);
        know_settings(&b);
        bench_open(&b, &view_change_form, ID, 80, 24);
        bench_shows(&b, "as it is");
        if (typed)
            retype(&b, DISK, "80");
        know_detail(&b);
        bench_shows(&b, typed ? "80" : "60");
        bench_press(&b, PRESS_ENTER);
        if (typed)
            assert_string_equal(bench_intent(&b)->values, "disk=80 ");
        else
            assert_int_equal(b.f.intent_count, 0);
        bench_end(&b);
    }
}

static void test_read_only_and_gone(void **state)
{
    struct bench b;
    (void)state;
    begin(&b);
    b.x.read_only = true;
    bench_open(&b, &view_change_form, ID, 80, 24);
    retype(&b, MAX, "5");
    bench_press(&b, PRESS_ENTER);
    bench_shows(&b, "read-only");
    assert_int_equal(b.f.intent_count, 0);
    bench_shut(&b);
    b.x.read_only = false;
    bench_open(&b, &view_change_form, ID, 80, 24);
    retype(&b, MAX, "5");
    const struct endpoint_page none = {NULL, 0};
    fixture_send(&b.f, MESSAGE_STATUS, NEWS_ENDPOINTS, &none, sizeof none);
    bench_shows(&b, "it is gone");
    bench_press(&b, PRESS_ENTER);
    assert_int_equal(b.f.intent_count, 0);
    bench_shut(&b);
    assert_null(view_change_form.make(&b.x, ID));
    bench_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_hands_over_what_was_edited),
        cmocka_unit_test(test_unedited_is_not_sent),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_the_detail_comes_later),
        cmocka_unit_test(test_read_only_and_gone),
    };
    return cmocka_run_group_tests_name("change form", tests, NULL, NULL);
}
