/* From what was asked and the catalog to the exact endpoint: what is chosen, what is refused, and that no
 * token is ever printed. */
#include "app/deploy_plan.h"

#include "base/secret.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct plan_test {
    struct arena *arena;
    struct json *asked;
    struct profile profile;
    struct deploy_plan plan;
    struct gpu gpus[4];
    struct gpu_page page;
    struct err e;
};

static struct gpu gpu(const char *pool, int memory_gb, double price, enum stock stock)
{
    const struct text name = {pool, strlen(pool)};
    return (struct gpu){.id = name,
        .name = name,
        .pool = name,
        .memory_gb = memory_gb,
        .price_hour = price,
        .stock = stock};
}

static int set_up(void **state)
{
    static struct plan_test t;
    t = (struct plan_test){.arena = arena_new(1 << 20), .asked = json_new_object()};
    t.profile.runpod_api_base = "https://api.example";
    t.profile.runpod_endpoint_base = "https://data.example/v2";
    t.gpus[0] = gpu("ADA_24", 24, 1.12, STOCK_HIGH);
    t.gpus[1] = gpu("AMPERE_16", 16, 0.58, STOCK_HIGH);
    t.gpus[2] = gpu("AMPERE_24", 24, 0.68, STOCK_NONE);
    t.gpus[3] = gpu("AMPERE_48", 48, 1.22, STOCK_LOW);
    t.page = (struct gpu_page){t.gpus, 4, 0};
    json_add_str(t.asked, "repo", "acme/support-v7");
    *state = &t;
    return 0;
}

static int tear_down(void **state)
{
    struct plan_test *t = *state;
    json_free(t->asked);
    arena_free(t->arena);
    return 0;
}

/* A model of so many GB, as it is when the Hub has been asked (deploy_plan_model). */
static int make(struct plan_test *t, double weights_gb)
{
    struct deploy_plan *p = &t->plan;
    if (deploy_plan_init(p, t->asked, &t->profile, t->arena, &t->e))
        return -1;
    memset(p->revision, 'a', 40);
    p->model.list.facts.weight_bytes = (int64_t)(weights_gb * 1e9);
    p->model_seen = true;
    p->evidence.files = &p->model.list;
    return deploy_plan_fill_env(p, &t->e) ? -1 : deploy_plan_gpus(p, &t->page, &t->e);
}

static const char *env(const struct plan_test *t, const char *name)
{
    for (size_t i = 0; i < t->plan.endpoint.env_count; i++)
        if (strcmp(t->plan.env[i].name, name) == 0)
            return t->plan.env[i].secret ? "(secret)" : t->plan.env[i].value;
    return NULL;
}

static void the_cheapest_in_stock_that_hold_it_are_chosen(void **state)
{
    struct plan_test *t = *state;
    assert_int_equal(make(t, 0.1), 0);
    assert_int_equal(t->plan.endpoint.pool_count, 2);
    assert_string_equal(t->plan.endpoint.pools[0], "AMPERE_16");
    assert_string_equal(t->plan.endpoint.pools[1], "ADA_24"); /* AMPERE_24 is out of stock */
    assert_true(fabs(t->plan.price_hour - 1.12) < 1e-9);      /* the dearest that may come */
    assert_int_equal(make(t, 15), 0);
    assert_string_equal(t->plan.endpoint.pools[0], "ADA_24");
    assert_string_equal(t->plan.endpoint.pools[1], "AMPERE_48");
}

static void what_fits_nowhere_is_refused(void **state)
{
    struct plan_test *t = *state;
    assert_int_equal(make(t, 140), -1);
    assert_int_equal(t->e.class, ERR_STATE);
    json_add_int(t->asked, "gpus-per-worker", 4);
    assert_int_equal(make(t, 130), 0); /* 4 x 48 GB */
    assert_string_equal(env(t, "TENSOR_PARALLEL_SIZE"), "4");
}

static void named_pools_are_taken_in_their_order(void **state)
{
    struct plan_test *t = *state;
    json_add_str(t->asked, "gpu", "AMPERE_48, AMPERE_24");
    assert_int_equal(make(t, 1), 0);
    assert_string_equal(t->plan.endpoint.pools[0], "AMPERE_48");
    assert_string_equal(t->plan.endpoint.pools[1], "AMPERE_24");
    json_set(t->asked, "gpu", json_new_string("AMPERE_16"));
    assert_int_equal(make(t, 30), 0); /* a person may know better; the preflight tells */
    json_set(t->asked, "gpu", json_new_string("ADA_42"));
    assert_int_equal(make(t, 1), -1);
    assert_int_equal(t->e.class, ERR_INPUT);
    assert_non_null(strstr(t->e.message, "ADA_42"));
    assert_non_null(strstr(t->e.hint, "AMPERE_16"));
}

static void the_environment_is_the_deployers_minimum(void **state)
{
    struct plan_test *t = *state;
    assert_int_equal(make(t, 1), 0);
    assert_string_equal(env(t, "MODEL_NAME"), "acme/support-v7");
    assert_int_equal(strlen(env(t, "MODEL_REVISION")), 40);
    assert_string_equal(env(t, "OPENAI_SERVED_MODEL_NAME_OVERRIDE"), "support-v7");
    assert_null(env(t, "MAX_MODEL_LEN"));
    assert_null(env(t, "HUGGING_FACE_HUB_TOKEN"));
    json_add_str(t->asked, "max-model-len", "8192");
    struct json *more = json_new_object();
    json_add_str(more, "MAX_CONCURRENCY", "4");
    json_add_str(more, "EXTRA", "x");
    json_add(t->asked, "env", more);
    assert_int_equal(make(t, 1), 0);
    assert_string_equal(env(t, "MAX_MODEL_LEN"), "8192");
    assert_string_equal(env(t, "MAX_CONCURRENCY"), "4"); /* what was asked for wins */
    assert_string_equal(env(t, "EXTRA"), "x");
}

/* A value with a password in its address is a key whatever it is called; one that cannot be kept out of sight
 * is not sent. */
static void keys_in_the_environment_are_guarded(void **state)
{
    struct plan_test *t = *state;
    struct buf printed;
    struct json *more = json_new_object();
    json_add_str(more, "DATABASE_URL", "postgresql://ada:opensesame@db.example/x");
    json_add_str(more, "A", "s://u:p@h"); /* as short as one can be */
    json_add_str(more, "EXTRA", "https://example.com/x");
    json_add(t->asked, "env", more);
    assert_int_equal(make(t, 1), 0);
    assert_string_equal(env(t, "DATABASE_URL"), "(secret)");
    assert_string_equal(env(t, "EXTRA"), "https://example.com/x");
    t->plan.env[0] = (struct endpoint_env){.name = "SHORT", .value = "s://@"};
    struct json *masked = endpoint_plan_json(&t->plan.endpoint, true);
    buf_init(&printed, 1 << 16);
    assert_int_equal(json_print(masked, &printed), 0);
    assert_null(strstr(buf_str(&printed), "opensesame"));
    assert_null(strstr(buf_str(&printed), "u:p@h"));
    assert_null(strstr(buf_str(&printed), "s://@"));
    assert_non_null(strstr(buf_str(&printed), "https://example.com/x"));
    buf_release(&printed);
    json_free(masked);
    more = json_dup(json_get(t->asked, "env"));
    json_add_str(more, "MY_TOKEN", "line one\nline two");
    json_set(t->asked, "env", more);
    assert_int_equal(make(t, 1), -1);
    assert_int_equal(t->e.class, ERR_INPUT);
}

static void a_closed_model_gets_the_token_and_nobody_sees_it(void **state)
{
    static const char value[] = "hf_notAnybodysRealToken0000";
    struct plan_test *t = *state;
    struct buf printed;
    t->profile.hub_token = secret_register("HF_TOKEN", value, &t->e);
    assert_non_null(t->profile.hub_token);
    assert_int_equal(deploy_plan_init(&t->plan, t->asked, &t->profile, t->arena, &t->e), 0);
    t->plan.closed = true;
    assert_int_equal(deploy_plan_fill_env(&t->plan, &t->e), 0);
    assert_int_equal(deploy_plan_gpus(&t->plan, &t->page, &t->e), 0);
    assert_string_equal(env(t, "HUGGING_FACE_HUB_TOKEN"), "(secret)");
    assert_null(env(t, "HF_TOKEN")); /* under that name the worker prints it */
    struct json *masked = endpoint_plan_json(&t->plan.endpoint, true);
    buf_init(&printed, 1 << 16);
    assert_int_equal(json_print(masked, &printed), 0);
    assert_null(strstr(buf_str(&printed), value));
    assert_non_null(strstr(buf_str(&printed), "HUGGING_FACE_HUB_TOKEN"));
    buf_release(&printed);
    json_free(masked);
}

static void what_was_asked_is_checked(void **state)
{
    struct plan_test *t = *state;
    const struct {
        const char *key, *value, *says;
    } wrong[] = {{"min", "4", "above max"}, {"max", "-1", "max"},
        {"gpus-per-worker", "two", "gpus-per-worker"}, {"idle", "0", "idle"},
        {"max-model-len", "1.5", "max-model-len"}, {"disk", "99999999999", "disk"},
        {"name", "ab", "three"}, {"repo", "no-slash-but spaces", "no-slash"}};
    assert_int_equal(deploy_plan_check(t->asked, &t->e), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct json *asked = json_dup(t->asked);
        json_set(asked, wrong[i].key, json_new_string(wrong[i].value));
        assert_int_equal(deploy_plan_check(asked, &t->e), -1);
        assert_int_equal(t->e.class, ERR_INPUT);
        if (!strstr(t->e.message, wrong[i].says))
            fail_msg("%s: %s", wrong[i].key, t->e.message);
        json_free(asked);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_cheapest_in_stock_that_hold_it_are_chosen),
        TEST(what_fits_nowhere_is_refused),
        TEST(named_pools_are_taken_in_their_order),
        TEST(the_environment_is_the_deployers_minimum),
        TEST(keys_in_the_environment_are_guarded),
        TEST(a_closed_model_gets_the_token_and_nobody_sees_it),
        TEST(what_was_asked_is_checked),
    };
    return cmocka_run_group_tests_name("deploy_plan", tests, NULL, NULL);
}
