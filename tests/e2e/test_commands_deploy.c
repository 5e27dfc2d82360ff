/* `slipway deploy`: what cannot work is refused with its reason before anything is made, and what is asked for
 * in another generation's words is put into the right ones. */
#include "command_world.h"

#define REPO "acme/tiny-base"

static int start(void **state)
{
    (void)state;
    world_start("healthy", "500");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

/* The first line of the plan that holds the words; NULL = none. */
static const char *planned(const struct json *operation, const char *words)
{
    for (const struct json *l = json_first(json_get(operation, "plan")); l; l = json_next(l))
        if (strstr(json_string(l), words))
            return json_string(l);
    return NULL;
}

static void test_what_cannot_work_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *flags[6], *says;
    } cases[] = {
        {{"meridian/meridian-1b"}, "this deployment cannot work: files"},
        {{REPO, "--max-model-len", "900000"}, "a context of 900000 tokens is more than the model"},
        {{REPO, "--gpus-per-worker", "3"}, "this deployment cannot work: settings"},
        {{REPO, "--env", "ENFORCE_EAGER=perhaps"}, "this deployment cannot work: settings"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *arguments[12] = {"deploy", "--name", "impossible", "--yes"};
        size_t n = 4;
        for (size_t k = 0; k < 6 && cases[i].flags[k]; k++)
            arguments[n++] = cases[i].flags[k];
        int64_t mark = world_mark();
        program_release(&world.p);
        program_start_list(&world.p, &world.env, false, arguments);
        world_finish(&world.p);
        world_expect(&world.p, 6, cases[i].says);
        COMPLAINS(cases[i].says);
        assert_int_equal(world_count(mark, NULL), 0);
        assert_int_equal(world_endpoints("impossible"), 0);
    }
}

static void test_old_words_are_translated(void **state)
{
    (void)state;
    RUN(0, "deploy", REPO, "--name", "older", "--env", "MAX_MODEL_LENGTH=512", "--image",
        "runpod/worker-vllm:stable", "--dry-run", "--json");
    struct json *j = document("slipway.operation/1");
    assert_non_null(planned(j, "MAX_MODEL_LENGTH is MAX_MODEL_LEN"));
    assert_non_null(planned(j, "\"MAX_MODEL_LEN\":\"512\""));
    const char *image = planned(j, "! image: ");
    assert_true(image && strstr(image, "not known upstream"));
    json_free(j);
}

/* What is fine is told in a dry run, each with what was seen. */
static void test_a_dry_run_tells_what_was_looked_at(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "repository", "files", "access", "settings", "memory", "disk", "stock", "balance", "name"};
    RUN(0, "deploy", REPO, "--name", "fine", "--dry-run", "--json");
    struct json *j = document("slipway.operation/1");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char line[64];
        snprintf(line, sizeof line, "✓ %s: ", ids[i]);
        if (!planned(j, line))
            fail_msg("no «%s» in: %s", line, heard());
    }
    json_free(j);
}

/* Not the table's default: what the model says of itself. */
static void test_the_context_is_the_models_own(void **state)
{
    (void)state;
    RUN(0, "deploy", REPO, "--name", "own-context", "--yes");
    RUN(0, "models", "--json");
    struct json *j = document("slipway.models/1");
    const struct json *row = row_with(json_get(j, "models"), "name", "own-context");
    assert_non_null(row);
    assert_int_equal(json_int(row, "context_length", -1), 1024);
    json_free(j);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_cannot_work_is_refused),
        TEST(test_old_words_are_translated),
        TEST(test_a_dry_run_tells_what_was_looked_at),
        TEST(test_the_context_is_the_models_own),
    };
    return cmocka_run_group_tests_name("commands deploy", tests, start, stop);
}
