/* Which files of a base model are added to a folder, from the Hub's cache; README.md and .gitattributes have
 * tests of their own. */
#include "complete_fixture.h"

/* ---- real folders -------------------------------------------------------------------------------- */

static void a_real_folder_becomes_complete(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    unpack(state, "cache");
    struct completed *d = complete(state, "tiny-sft-incomplete", NULL);
    assert_int_equal(d->c.list->blockers, 0);
    assert_line(&d->c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_VALID,
        "from acme/tiny-base@0c28799b");
    assert_line(&d->c, "chat_template.jinja", CHECK_RECOMMENDED, CHECK_VALID, "from acme/");
    assert_line(&d->c, "generation_config.json", CHECK_RECOMMENDED, CHECK_VALID, "from acme/");
    assert_line(&d->c, "README.md", CHECK_RECOMMENDED, CHECK_WARNING,
        "written: text-generation, transformers, base_model acme/tiny-base; no license is known");
    assert_int_equal(line_of(&d->c, "tokenizer.json")->origin, CHECK_HERE);
    assert_int_equal(d->report.added, 4);
    assert_string_equal(d->report.base_model.s, "acme/tiny-base");
    assert_string_equal(d->report.base_commit, "0c28799b8e22c925bec757ed6238fcadbc041008");
    assert_true(d->c.list->facts.chat_template);
    assert_int_equal(d->c.list->send_count, 7);
    completed_free(d);
}

/* What is sent, put into a folder, is a folder with nothing missing but a licence. */
static void what_is_added_reads_as_good(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    unpack(state, "cache");
    struct completed *d = complete(state, "tiny-sft-incomplete", NULL);
    for (size_t i = 0; i < d->c.list->count; i++) {
        const struct check_file *f = &d->c.list->files[i];
        char name[256];
        if (!f->raw_source)
            continue;
        struct stat st;
        assert_int_equal(stat(f->raw_source, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        snprintf(name, sizeof name, "tiny-sft-incomplete/%s", f->raw_path);
        char *bytes = sent_bytes(d, f->raw_path);
        put(state, name, bytes);
        free(bytes);
    }
    completed_free(d);
    char path[PATH_MAX];
    struct checked c = check_path(temp_folder_path(path, state, "tiny-sft-incomplete"));
    assert_int_equal(c.list->blockers, 0);
    assert_line(&c, "README.md", CHECK_RECOMMENDED, CHECK_WARNING, "no license");
    assert_line(&c, "LICENSE", CHECK_RECOMMENDED, CHECK_MISSING, "");
    assert_int_equal(c.list->warnings, 2);
    assert_string_equal(c.list->facts.base_model.s, "acme/tiny-base");
    checked_free(&c);
}

static void the_folder_itself_is_never_written(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    unpack(state, "cache");
    char path[PATH_MAX];
    struct stat before, after;
    temp_folder_path(path, state, "tiny-sft-incomplete");
    assert_int_equal(stat(path, &before), 0);
    struct completed *d = complete(state, "tiny-sft-incomplete", NULL);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    completed_free(d);
}

/* ---- which files --------------------------------------------------------------------------------- */

static void a_complete_folder_gets_nothing(void **state)
{
    put_good_base(state);
    put_cached(state, "special_tokens_map.json", "{\"eos_token\":\"</s>\"}");
    put_cached(state, "tokenizer.model", "sentencepiece");
    put_cached(state, "added_tokens.json", "{\"</s>\":1}");
    void *model = make_below(state, "model");
    put_good_model(&model);
    free(model);
    struct completed *d = complete(state, "model", NULL);
    assert_int_equal(d->report.added, 0);
    assert_int_equal(d->c.list->blockers + d->c.list->warnings, 0);
    assert_not_added(d, "tokenizer.model");
    assert_not_added(d, "special_tokens_map.json");
    assert_note(d, "special_tokens_map.json: ");
    assert_note(d, "added_tokens.json: ");
    completed_free(d);
}

static void a_bare_folder_gets_all(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    put_cached(state, "special_tokens_map.json", "{\"eos_token\":\"</s>\"}");
    put_cached(state, "added_tokens.json", "{\"</s>\":1}");
    put_cached(state, "tokenizer.model", "sentencepiece");
    put_cached(state, "vocab.json", "{\"a\":1}");
    struct completed *d = complete(state, "model", NULL);
    assert_int_equal(d->c.list->blockers, 0);
    assert_sent(d, "tokenizer.json", GOOD_TOKENIZER);
    assert_sent(d, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    assert_sent(d, "added_tokens.json", "{\"</s>\":1}");
    assert_line(&d->c, "added_tokens.json", CHECK_OPTIONAL, CHECK_VALID, "from acme/");
    assert_not_added(d, "tokenizer.model");
    assert_not_added(d, "vocab.json");
    assert_null(line_of(&d->c, "LICENSE")); /* the written README.md names it */
    assert_null(line_of(&d->c, "config.json")->raw_source);
    completed_free(d);
}

static void a_tokenizer_of_ones_own_is_not_mixed(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    put_cached(state, "added_tokens.json", "{\"</s>\":1}");
    put(state, "model/tokenizer.model", "sentencepiece");
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, "tokenizer.json");
    assert_not_added(d, "added_tokens.json");
    assert_sent(d, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    completed_free(d);
}

/* The older forms stand in when the base model has no newer one. */
static void older_tokenizers(void **state)
{
    put_bare_model(state);
    put_cached(state, "tokenizer.model", "sentencepiece");
    put_cached(state, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    struct completed *d = complete(state, "model", NULL);
    assert_int_equal(d->c.list->blockers, 0);
    assert_sent(d, "tokenizer.model", "sentencepiece");
    assert_null(line_of(&d->c, "tokenizer.json"));
    completed_free(d);
}

static void vocab_and_merges_come_together(void **state)
{
    put_bare_model(state);
    put_cached(state, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    put_cached(state, "vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, "vocab.json");
    assert_int_equal(d->c.list->blockers, 1);
    assert_note(d, "merges.txt: ");
    completed_free(d);

    put_cached(state, "merges.txt", "a b\n");
    d = complete(state, "model", NULL);
    assert_sent(d, "merges.txt", "a b\n");
    assert_sent(d, "vocab.json", "{\"a\":0,\"b\":1,\"ab\":2}");
    assert_int_equal(d->c.list->blockers, 0);
    completed_free(d);
}

static void merges_only_of_the_same_vocabulary(void **state)
{
    static const char vocab[] = "{\"a\":0,\"b\":1,\"ab\":2}";
    put_bare_model(state);
    put_cached(state, "tokenizer_config.json", BASE_TOKENIZER_CONFIG);
    put_cached(state, "vocab.json", vocab);
    put_cached(state, "merges.txt", "a b\n");
    put(state, "model/vocab.json", "{\"a\":0,\"b\":1,\"ba\":2}");
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, "merges.txt");
    assert_note(d, "merges.txt: the folder's vocab.json is not that of acme/tiny-base");
    assert_int_equal(d->c.list->blockers, 1);
    completed_free(d);

    put(state, "model/vocab.json", vocab);
    d = complete(state, "model", NULL);
    assert_sent(d, "merges.txt", "a b\n");
    assert_int_equal(d->c.list->blockers, 0);
    completed_free(d);
}

static void a_template_of_ones_own_stays_the_only_one(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    put(state, "model/tokenizer_config.json",
        "{\"tokenizer_class\":\"X\",\"eos_token\":\"</s>\",\"chat_template\":\"" GOOD_TEMPLATE
        "\"}");
    struct completed *d = complete(state, "model", NULL);
    assert_not_added(d, "chat_template.jinja");
    assert_null(find_note(d, "chat_template"));
    completed_free(d);
}

/* A template inside the base model's tokenizer_config.json is one. */
static void a_template_that_came_along(void **state)
{
    put_bare_model(state);
    put_cached(state, "tokenizer.json", GOOD_TOKENIZER);
    put_cached(state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"X\",\"eos_token\":\"</s>\",\"chat_template\":\"" GOOD_TEMPLATE
        "\"}");
    struct completed *d = complete(state, "model", NULL);
    assert_null(line_of(&d->c, "chat_template.jinja"));
    assert_true(d->c.list->facts.chat_template);
    assert_null(find_note(d, "chat_template"));
    assert_note(d, "generation_config.json: not in the cache of acme/tiny-base");
    char *card = sent_bytes(d, "README.md");
    assert_non_null(strstr(card, "\n- conversational\n"));
    free(card);
    completed_free(d);
}

static void the_vocabulary_must_fit(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    put_cached(state, "tokenizer.json",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"</s>\":1,\"b\":8},\"merges\":[]}}");
    put_cached(state, "generation_config.json", "{\"eos_token_id\":9}");
    struct completed *d = complete(state, "model", NULL);
    assert_line(&d->c, "tokenizer.json", CHECK_REQUIRED, CHECK_WARNING,
        "from acme/tiny-base@01234567; token 8 lies outside the model's 8");
    assert_line(&d->c, "generation_config.json", CHECK_RECOMMENDED, CHECK_WARNING, "eos_token_id");
    completed_free(d);
}

/* The folder's tokenizer and the base model's settings have to speak of the same tokens. */
static void tokens_that_the_folder_does_not_have_are_told(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    put(state, "model/tokenizer.json",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":1},\"merges\":[]}}");
    struct completed *d = complete(state, "model", NULL);
    assert_line(&d->c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_WARNING,
        "eos_token \"</s>\" is no token of tokenizer.json");
    completed_free(d);
}

static void an_adapter_takes_nothing_but_its_card(void **state)
{
    void *model = make_below(state, "model");
    put_good_adapter(&model);
    free(model);
    drop(state, "model/README.md");
    put_good_base(state);
    struct completed *d = complete(state, "model", NULL);
    assert_int_equal(d->report.added, 1);
    char *card = sent_bytes(d, "README.md");
    assert_non_null(strstr(card, "\nlibrary_name: peft\npipeline_tag: text-generation\n"));
    assert_non_null(strstr(card, "\nbase_model_relation: adapter\n"));
    assert_non_null(
        strstr(card, "vllm serve acme/tiny-base --enable-lora --lora-modules model=./model\n"));
    free(card);
    completed_free(d);
}

/* ---- the base model, and the repository ------------------------------------------------------------ */

static void where_the_base_models_name_comes_from(void **state)
{
    struct job job = {.base_model = TEXT("acme/of-the-job")};
    struct complete_options options = {.cache = "nowhere", .job = &job};
    struct completed d = {0};
    put_bare_model(state);
    read_and_complete(state, "model", &options, &d);
    assert_string_equal(d.report.base_model.s, "acme/of-the-job");
    checked_free(&d.c);

    put(state, "model/README.md", GOOD_README);
    read_and_complete(state, "model", &options, &d);
    assert_string_equal(d.report.base_model.s, "acme/tiny-base");
    checked_free(&d.c);

    options.base_model = "acme/said";
    read_and_complete(state, "model", &options, &d);
    assert_string_equal(d.report.base_model.s, "acme/said");
    checked_free(&d.c);
}

static void what_is_no_id_is_never_used_as_one(void **state)
{
    static const char *const names[] = {"/data/models/x", "../../etc", "acme/../x", "./model",
        "acme/tiny-base/..", "acme--x/y", "C:\\models\\x", "acme/b\xff", "acme/t\xc3\xa9", "~/m",
        "acme/x\n", "a/b/c"};
    put_bare_model(state);
    put_good_base(state);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct completed *d =
            complete(state, "model", &(struct complete_options){.base_model = names[i]});
        assert_int_equal(d->report.added, 1); /* README.md */
        assert_int_equal(d->report.base_model.len, 0);
        assert_note(d, "is no model of the Hub");
        char *card = sent_bytes(d, "README.md");
        assert_null(strstr(card, "base_model"));
        free(card);
        completed_free(d);
    }
}

static void nothing_known_is_told_once(void **state)
{
    struct complete_options options = {.cache = "nowhere"};
    struct completed d = {0};
    put_bare_model(state);
    read_and_complete(state, "model", &options, &d);
    assert_int_equal(d.report.note_count, 1);
    assert_note(&d, "files of the base model: ");
    assert_int_equal(d.c.list->blockers, 2);
    checked_free(&d.c);
}

static void what_the_repository_has_is_left_there(void **state)
{
    struct hub_file files[] = {{.path = "tokenizer_config.json", .size = 7}, {.path = "README.md"},
        {.path = "tokenizer.model", .size = 9}, {.path = ".gitattributes"}};
    struct hub_info there = {.files = files, .file_count = 4};
    put_bare_model(state);
    put_good_base(state);
    struct completed *d = complete(state, "model", &(struct complete_options){.there = &there});
    assert_int_equal(d->c.list->blockers, 0);
    assert_line(
        &d->c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_PRESENT, "the repository has one");
    assert_line(&d->c, "tokenizer.json", CHECK_REQUIRED, CHECK_PRESENT,
        "the repository has tokenizer.model");
    assert_false(line_of(&d->c, "tokenizer_config.json")->send);
    assert_null(line_of(&d->c, "tokenizer_config.json")->raw_path);
    assert_line(&d->c, "LICENSE", CHECK_RECOMMENDED, CHECK_PRESENT, "the repository has README.md");
    assert_not_added(d, "README.md");
    assert_not_added(d, "chat_template.jinja");
    assert_note(d, "chat_template.jinja: the repository's tokenizer_config.json may hold one");
    assert_int_equal(d->report.added, 1); /* generation_config.json */
    completed_free(d);
}

/* ---- without a staging folder ---------------------------------------------------------------------- */

static void looking_says_the_same_and_writes_nothing(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    struct completed *d = complete(state, "model", NULL), look = {0};
    struct complete_options options = {.base_model = "acme/tiny-base", .cache = d->cache};
    read_and_complete(state, "model", &options, &look);
    assert_int_equal(look.c.list->count, d->c.list->count);
    for (size_t i = 0; i < d->c.list->count; i++) {
        const struct check_file *a = &d->c.list->files[i], *b = &look.c.list->files[i];
        assert_string_equal(a->path.s, b->path.s);
        assert_string_equal(a->result.s, b->result.s);
        assert_int_equal(a->size, b->size);
        assert_int_equal(a->state, b->state);
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->origin, b->origin);
        assert_int_equal(a->send, b->send);
        assert_null(b->raw_source);
    }
    assert_int_equal(look.c.list->blockers, 0);
    assert_int_equal(look.report.added, d->report.added);
    checked_free(&look.c);
    completed_free(d);
}

static void a_staging_folder_that_cannot_be_written_is_a_failure(void **state)
{
    struct err e;
    struct complete_report report;
    char path[PATH_MAX], cache[PATH_MAX], staging[PATH_MAX];
    put_bare_model(state);
    put_good_base(state);
    put(state, "staging", "a file");
    struct checked c = check_path(temp_folder_path(path, state, "model"));
    struct complete_options options = {.base_model = "acme/tiny-base",
        .cache = temp_folder_path(cache, state, "cache"),
        .staging = temp_folder_path(staging, state, "staging")};
    size_t count = c.list->count, blockers = c.list->blockers;
    assert_int_equal(model_complete(c.list, &options, c.arena, &report, NULL, &e), -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(c.list->count, count); /* as it was */
    assert_int_equal(c.list->blockers, blockers);
    checked_free(&c);
}

static void the_same_gives_the_same_bytes(void **state)
{
    put_bare_model(state);
    put_good_base(state);
    struct completed *d = complete(state, "model", NULL);
    char *first = sent_bytes(d, "README.md");
    completed_free(d);
    d = complete(state, "model", NULL);
    assert_sent(d, "README.md", first);
    free(first);
    completed_free(d);
}

/* Trained from a model that was only on a disk: peft writes null. It can go once somebody names the base, and its
 * file goes as it is. */
static void an_adapter_without_a_base_needs_one_named(void **state)
{
    unpack(state, "tiny-lora-adapter");
    struct checked alone =
        check_path(temp_folder_path((char[PATH_MAX]){0}, state, "tiny-lora-adapter"));
    assert_int_equal(line_of(&alone, "adapter_config.json")->state, CHECK_BAD);
    assert_int_equal(alone.list->blockers, 1);
    checked_free(&alone);
    struct completed *d = complete(state, "tiny-lora-adapter", NULL);
    const struct check_file *line = line_of(&d->c, "adapter_config.json");
    assert_int_equal(line->state, CHECK_WARNING);
    assert_non_null(strstr(line->result.s, "acme/tiny-base"));
    assert_int_equal(line->origin, CHECK_HERE);
    assert_true(line->send);
    assert_int_equal(d->c.list->blockers, 0);
    completed_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)
        T(a_real_folder_becomes_complete),
        T(what_is_added_reads_as_good),
        T(the_folder_itself_is_never_written),
        T(a_complete_folder_gets_nothing),
        T(a_bare_folder_gets_all),
        T(a_tokenizer_of_ones_own_is_not_mixed),
        T(older_tokenizers),
        T(vocab_and_merges_come_together),
        T(merges_only_of_the_same_vocabulary),
        T(a_template_of_ones_own_stays_the_only_one),
        T(a_template_that_came_along),
        T(the_vocabulary_must_fit),
        T(tokens_that_the_folder_does_not_have_are_told),
        T(an_adapter_takes_nothing_but_its_card),
        T(an_adapter_without_a_base_needs_one_named),
        T(where_the_base_models_name_comes_from),
        T(what_is_no_id_is_never_used_as_one),
        T(nothing_known_is_told_once),
        T(what_the_repository_has_is_left_there),
        T(looking_says_the_same_and_writes_nothing),
        T(a_staging_folder_that_cannot_be_written_is_a_failure),
        T(the_same_gives_the_same_bytes),
    };
    return cmocka_run_group_tests_name("model_complete", tests, NULL, NULL);
}
