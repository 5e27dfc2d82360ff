/* What the preflight says of a good deployment, of one of which little was seen, and of memory. What is
 * wrong in one thing: test_preflight_wrongs.c. */
#include "preflight_world.h"

/* ---- all good, and nothing seen --------------------------------------------------------------------- */

static void a_good_one_gives_only_ok(void **state)
{
    (void)state;
    healthy();
    run();
    check_shape();
    if (w.out.blockers || w.out.warnings)
        print_lines();
    assert_int_equal(w.out.blockers + w.out.warnings, 0);
    assert_int_equal(w.out.count, sizeof ids / sizeof *ids);
    assert_true(fabs(w.out.price_min) < 1e-9);
    assert_true(fabs(w.out.price_max - 3.36) < 1e-9);
    assert_true(isnan(w.out.price_thousand_tokens));
    w.v.tokens_per_second = 1000;
    run();
    assert_true(fabs(w.out.price_thousand_tokens - 1.12 / 3600) < 1e-9);
}

static void what_was_not_seen_never_blocks(void **state)
{
    (void)state;
    choose();
    run();
    check_shape();
    if (w.out.blockers)
        print_lines();
    assert_int_equal(w.out.blockers, 0);
    static const char *const unseen[] = {"repository", "files", "access", "memory", "disk", "cuda",
        "stock", "quota", "balance", "name"};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        size_t warnings = 0;
        for (size_t k = 0; k < w.out.count; k++)
            warnings += strcmp(w.out.lines[k].id, unseen[i]) == 0 &&
                        w.out.lines[k].level == PREFLIGHT_WARNING;
        if (!warnings)
            fail_msg("%s: not seen, and nobody says so", unseen[i]);
    }
}

/* Any one thing unseen in a good one. */
/* clang-format off */
static void forget_repository(void) { w.v.exists = KNOWN_NOT; }
static void forget_right(void) { w.v.readable = KNOWN_NOT; w.v.is_private = true; set_env("HF_TOKEN", NULL); }
static void forget_files(void) { w.v.files = NULL; }
static void forget_facts(void) { w.list.facts = (struct model_facts){0}; }
static void forget_size(void) { w.list.facts.weight_bytes = 0; }
static void forget_layers(void) { w.list.facts.layers = 0; }
static void forget_memory(void) { w.pools[0].memory_gb = 0; }
static void forget_cuda(void) { w.pools[0].cuda = 0; }
static void forget_stock(void) { w.pools[0].stock = STOCK_UNKNOWN; }
static void forget_price(void) { w.pools[0].price_hour = NAN; }
static void forget_quota(void) { w.v.quota = -1; w.v.workers_max = 4; }
static void forget_workers(void) { w.v.workers_used = -1; }
static void forget_balance(void) { w.v.balance = NAN; }
static void forget_names(void) { w.v.names_seen = false; }
static void forget_image(void) { w.v.image = "me/mine:1"; }
/* clang-format on */

static void (*const forgets[])(void) = {forget_repository, forget_right, forget_files, forget_facts,
    forget_size, forget_layers, forget_memory, forget_cuda, forget_stock, forget_price,
    forget_quota, forget_workers, forget_balance, forget_names, forget_image};

static void any_one_thing_unseen_never_blocks(void **state)
{
    for (size_t i = 0; i < sizeof forgets / sizeof *forgets; i++) {
        finish(state);
        start(state);
        healthy();
        forgets[i]();
        run();
        check_shape();
        if (w.out.blockers || w.out.warnings == 0) {
            print_lines();
            fail_msg("forgotten thing %zu", i);
        }
    }
}

/* ---- memory ------------------------------------------------------------------------------------------ */

static enum preflight_level memory_level(void)
{
    enum preflight_level worst = PREFLIGHT_OK;
    run();
    for (size_t i = 0; i < w.out.count; i++)
        if (strcmp(w.out.lines[i].id, "memory") == 0 && w.out.lines[i].level > worst)
            worst = w.out.lines[i].level;
    return worst;
}

/* What is advised then fits, and one block of tokens more does not. */
static void advice_holds(void **state)
{
    (void)state;
    healthy();
    set_env("MAX_MODEL_LEN", "26992");
    assert_int_equal(memory_level(), PREFLIGHT_OK);
    set_env("MAX_MODEL_LEN", "27008");
    assert_int_equal(memory_level(), PREFLIGHT_WARNING);
    set_env("MAX_MODEL_LEN", "64k");
    assert_int_equal(memory_level(), PREFLIGHT_BLOCKER);
    set_env("KV_CACHE_DTYPE", "fp8");
    set_env("MAX_MODEL_LEN", "54000");
    assert_int_equal(memory_level(), PREFLIGHT_OK);
    set_env("KV_CACHE_DTYPE", "auto");
    set_env("MAX_MODEL_LEN", "64k");
    w.v.gpus = 2;
    set_env("TENSOR_PARALLEL_SIZE", "2");
    assert_int_equal(memory_level(), PREFLIGHT_OK);
    set_env("TENSOR_PARALLEL_SIZE", "1");
    assert_int_equal(memory_level(), PREFLIGHT_BLOCKER); /* generation B heeds it */
    w.v.image = WORKER_IMAGE_OLDER_HOSTS;
    assert_int_equal(memory_level(), PREFLIGHT_OK); /* A takes all GPUs */
    w.v.image = WORKER_IMAGE_DEFAULT;
    w.v.gpus = 1;
    set_env("MAX_MODEL_LEN", "-1"); /* vLLM takes what fits */
    assert_true(memory_level() != PREFLIGHT_BLOCKER);
}

/* Of weights in float32 vLLM makes halves, unless told not to; packed ones stay as they are. */
static void wide_weights_count_half(void **state)
{
    (void)state;
    healthy();
    w.v.disk_gb = 100;
    w.list.facts.dtype = TEXT("float32");
    w.list.facts.weight_bytes *= 2;
    assert_int_equal(memory_level(), PREFLIGHT_OK);
    set_env("DTYPE", "float32");
    assert_int_equal(memory_level(), PREFLIGHT_BLOCKER);
    set_env("DTYPE", "auto");
    w.list.facts.parameters = 0;
    assert_int_equal(memory_level(), PREFLIGHT_OK);
    w.list.facts.quantization = TEXT("awq");
    assert_int_equal(memory_level(), PREFLIGHT_BLOCKER);
}

/* ---- hostile and many ---------------------------------------------------------------------------------- */

static void foreign_bytes_are_cleaned(void **state)
{
    (void)state;
    healthy();
    set_env("ENFORCE_EAGER", "\x1b[31mhf_abcdefghijklmnopqrstuvwxyz0123456789");
    set_env("BAD\nNAME\x07", "x");
    w.v.image = "runpod/worker-v1-vllm:\x1b[2Jx";
    run();
    for (size_t i = 0; i < w.out.count; i++)
        for (const char *s = w.out.lines[i].sentence.s; *s; s++)
            assert_true((unsigned char)*s >= 0x20 && *s != 0x7f);
    for (size_t i = 0; i < w.out.count; i++)
        assert_null(strstr(w.out.lines[i].sentence.s, "hf_abcdefghijklmnop"));
}

static void more_lines_than_there_is_room_are_counted(void **state)
{
    (void)state;
    static struct preflight_env many[PREFLIGHT_LINES_MAX + 30];
    struct err e;
    healthy();
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (struct preflight_env){"RAW_OPENAI_OUTPUT", "1"};
    w.v.env = many;
    w.v.env_count = sizeof many / sizeof *many;
    assert_int_equal(preflight_run(&w.v, w.arena, &w.out, &e), 0);
    assert_int_equal(w.out.count, PREFLIGHT_LINES_MAX);
    assert_true(w.out.left_out >= 30);
    assert_true(w.out.warnings >= sizeof many / sizeof *many);

    struct arena *small = arena_new(200);
    assert_non_null(small);
    assert_int_equal(preflight_run(&w.v, small, &w.out, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    arena_free(small);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, finish)
    const struct CMUnitTest tests[] = {
        TEST(a_good_one_gives_only_ok),
        TEST(what_was_not_seen_never_blocks),
        TEST(any_one_thing_unseen_never_blocks),
        TEST(advice_holds),
        TEST(wide_weights_count_half),
        TEST(foreign_bytes_are_cleaned),
        TEST(more_lines_than_there_is_room_are_counted),
    };
    return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
