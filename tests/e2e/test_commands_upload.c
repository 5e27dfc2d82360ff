/* `slipway upload` and `slipway check`: what is added, chosen, limited, told and left as it is. */
#include "command_world.h"

#include "model/operation.h"

static char incomplete[PATH_MAX];

static int start(void **state)
{
    (void)state;
    char command[2 * PATH_MAX];
    world_start("healthy", "500");
    snprintf(command, sizeof command,
        "for f in cache tiny-sft-incomplete; do tar -C '%s' -xzf tests/data/models/$f.tar.gz; done",
        (char *)world.folder);
    assert_int_equal(system(command), 0);
    temp_folder_path(incomplete, &world.folder, "tiny-sft-incomplete");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_stop();
    return 0;
}

static void use_cache(void)
{
    char path[PATH_MAX];
    temp_folder_path(path, &world.folder, "cache");
    program_env_set(&world.env, "HF_HUB_CACHE", path);
}

static struct json *repository(const char *id)
{
    struct json *truth = world_truth();
    const struct json *repo = row_with(json_get(json_get(truth, "hub"), "repos"), "id", id);
    struct json *copy = repo ? json_dup(repo) : NULL;
    json_free(truth);
    return copy;
}

/* Whether the repository holds the file; `sha256` (may be NULL) is compared. */
static bool holds_file(const char *id, const char *path, const char *sha256)
{
    struct json *repo = repository(id);
    const struct json *file = row_with(json_get(repo, "files"), "path", path);
    bool same = file && (!sha256 || strcmp(sha256, json_str_or(file, "sha256", "")) == 0);
    json_free(repo);
    return same;
}

/* ---- completion ---------------------------------------------------------------------------------- */

static void test_the_incomplete_becomes_complete(void **state)
{
    (void)state;
    static const char *const from_base[] = {
        "tokenizer_config.json", "generation_config.json", "chat_template.jinja"};
    RUN(1, "check", incomplete); /* nothing says from what it was trained */
    use_cache();
    RUN(0, "check", incomplete, "--base-model", "acme/tiny-base", "--json");
    struct json *j = document("slipway.checklist/1");
    assert_int_equal(json_int(j, "blockers", -1), 0);
    json_free(j);
    RUN(0, "upload", incomplete, "--repo", "ada/whole", "--base-model", "acme/tiny-base", "--yes",
        "--json");
    j = document("slipway.operation/1");
    const struct json *files = json_get(json_get(j, "checklist"), "files");
    for (size_t i = 0; i < sizeof from_base / sizeof *from_base; i++) {
        const struct json *f = row_with(files, "path", from_base[i]);
        assert_string_equal(json_str_or(f, "origin", "?"), "base-model");
        assert_true(holds_file("ada/whole", from_base[i], NULL));
    }
    assert_string_equal(
        json_str_or(row_with(files, "path", "README.md"), "origin", "?"), "written");
    assert_true(holds_file("ada/whole", "README.md", NULL));
    assert_false(holds_file("ada/whole", "training_args.bin", NULL));
    assert_string_equal(json_str_or(j, "pipeline_tag", ""), "text-generation");
    assert_true(json_bool(j, "safe_to_delete", false));
    json_free(j);
}

/* Nothing is written into the folder, and nothing is left in the staging folder. */
static void test_the_folder_stays_as_it_is(void **state)
{
    (void)state;
    char command[4 * PATH_MAX];
    use_cache();
    snprintf(command, sizeof command, "chmod -R a-w '%s'", incomplete);
    assert_int_equal(system(command), 0);
    RUN(0, "upload", incomplete, "--repo", "ada/whole", "--base-model", "acme/tiny-base", "--yes");
    snprintf(command, sizeof command,
        "chmod -R u+w '%s' && test $(ls '%s' | wc -l) = 5 && ! ls -d '%s'/.local/state/slipway/*/staging/*",
        incomplete, incomplete, world.home);
    assert_int_equal(system(command), 0);
}

static void test_as_it_is_adds_nothing(void **state)
{
    (void)state;
    RUN(0, "upload", world.model, "--repo", "ada/plain", "--as-is", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    for (const struct json *f = json_first(json_get(json_get(j, "checklist"), "files")); f;
         f = json_next(f))
        assert_string_equal(json_str_or(f, "origin", "?"), "here");
    json_free(j);
}

/* ---- the choice ---------------------------------------------------------------------------------- */

static void test_include_and_exclude(void **state)
{
    (void)state;
    RUN(0, "upload", world.model, "--repo", "ada/some", "--yes");
    int64_t mark = world_mark();
    /* A repository that has the rest may be renewed in part. */
    RUN(0, "upload", world.model, "--repo", "ada/some", "--include", "*.safetensors", "--include",
        "config.json", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    assert_int_equal(json_count(json_get(j, "files")), 2);
    json_free(j);
    assert_int_equal(world_count(mark, "POST /api/models/ada/some/commit"), 0); /* as they were */
    RUN(1, "upload", world.model, "--repo", "ada/none", "--exclude", "*.safetensors", "--yes");
    RUN(1, "check", world.model, "--exclude", "tokenizer*");
    RUN(2, "upload", world.model, "--repo", "ada/none", "--exclude", "*.gguf", "--yes");
    COMPLAINS("*.gguf");
    assert_null(repository("ada/none"));
}

/* ---- how it goes --------------------------------------------------------------------------------- */

static void test_progress_is_told_in_lines(void **state)
{
    (void)state;
    int lines = 0;
    RUN(0, "upload", world.model, "--repo", "ada/told", "--limit-rate", "1M", "--yes", "--json");
    json_free(document("slipway.operation/1"));
    char *rest = world.p.err.data;
    int64_t done = 0, total = 0;
    for (char *line; (line = strtok_r(rest, "\n", &rest)); lines++) {
        struct json *j = json_parse(line, strlen(line), NULL);
        assert_string_equal(json_str_or(j, "schema", "?"), "slipway.progress/1");
        total = json_int(j, "bytes_total", -1);
        done = json_int(j, "bytes_done", -1);
        assert_true(done >= 0 && done <= total);
        json_free(j);
    }
    assert_true(lines >= 5 && total > 2000000);
    RUN(0, "upload", world.model, "--repo", "ada/told", "--yes", "--json", "--quiet");
    assert_int_equal(world.p.err.len, 0);
}

static void test_again_sends_nothing(void **state)
{
    (void)state;
    RUN(0, "upload", world.model, "--repo", "ada/again", "--yes");
    int64_t mark = world_mark();
    RUN(0, "upload", world.model, "--repo", "ada/again", "--yes", "--json");
    struct json *j = document("slipway.operation/1");
    for (const struct json *f = json_first(json_get(j, "files")); f; f = json_next(f))
        assert_true(json_bool(f, "unchanged", false));
    assert_true(json_bool(j, "safe_to_delete", false));
    json_free(j);
    assert_int_equal(world_count(mark, "PUT "), 0);
    assert_int_equal(world_count(mark, "POST /api/models/ada/again/commit"), 0);
}

static void test_a_pull_request(void **state)
{
    (void)state;
    RUN(2, "upload", world.model, "--repo", "ada/pr", "--create-pr", "--yes");
    COMPLAINS("ada/pr does not exist");
    RUN(0, "upload", world.model, "--repo", "ada/pr", "--exclude", "README.md", "--as-is", "--yes");
    struct json *before = repository("ada/pr");
    RUN(0, "upload", world.model, "--repo", "ada/pr", "--create-pr", "--yes", "--json");
    struct json *j = document("slipway.operation/1"), *after = repository("ada/pr");
    const struct json *commit = row_with(json_get(j, "steps"), "name", "commit");
    assert_non_null(strstr(json_str_or(commit, "note", ""), "/ada/pr/discussions/1"));
    assert_string_equal(json_str_or(before, "head", "?"), json_str_or(after, "head", ""));
    json_free(j);
    json_free(before);
    json_free(after);
}

/* ---- what is refused before anything is hashed --------------------------------------------------- */

static void test_a_card_that_the_hub_refuses(void **state)
{
    (void)state;
    char card[PATH_MAX + 16];
    snprintf(card, sizeof card, "%s/README.md", world.model);
    struct buf good;
    struct err e;
    buf_init(&good, 1 << 20);
    assert_int_equal(file_read(card, &good, &e), 0);
    world_write(card, "---\nlicense: no-such-licence\npipeline_tag: text-generation\n"
                      "library_name: transformers\n---\n");
    int64_t mark = world_mark();
    RUN(2, "upload", world.model, "--repo", "ada/card", "--yes");
    COMPLAINS("README.md");
    assert_int_equal(world_count(mark, "POST /api/repos/create"), 0);
    world_write(card, buf_str(&good));
    buf_release(&good);
}

static void test_bad_flags(void **state)
{
    (void)state;
    RUN(2, "upload", world.model, "--repo", "ada/x", "--limit-rate", "fast", "--yes");
    one_sentence(&world.p, "upload --limit-rate fast");
    RUN(2, "upload", world.model, "--repo", "ada/x", "--public", "--private", "--yes");
    one_sentence(&world.p, "upload --public --private");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_home, world_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_incomplete_becomes_complete),
        TEST(test_the_folder_stays_as_it_is),
        TEST(test_as_it_is_adds_nothing),
        TEST(test_include_and_exclude),
        TEST(test_progress_is_told_in_lines),
        TEST(test_again_sends_nothing),
        TEST(test_a_pull_request),
        TEST(test_a_card_that_the_hub_refuses),
        TEST(test_bad_flags),
    };
    return cmocka_run_group_tests_name("commands upload", tests, start, stop);
}
