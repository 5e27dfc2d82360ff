/* README.md: the one that is written, and the one that a folder has and that is offered to be mended. */
#include "complete_fixture.h"

#include <math.h>

static struct job known_job(void)
{
    return (struct job){.method = TEXT("QLoRA + DPO"),
        .dataset = TEXT("acme/chats"),
        .status = TEXT("completed"),
        .loss = 1.25,
        .eval_loss = NAN,
        .best_eval_loss = INFINITY,
        .step = 600,
        .total_steps = 600,
        .epoch = 2,
        .total_epochs = 3};
}

static struct job empty_job(void)
{
    return (struct job){.loss = NAN,
        .eval_loss = NAN,
        .best_eval_loss = NAN,
        .step = -1,
        .total_steps = -1,
        .epoch = -1,
        .total_epochs = -1};
}

/* ---- a new one --------------------------------------------------------------------------------- */

static void all_that_is_known(void **state)
{
    static const char expected[] =
        "---\n"
        "license: apache-2.0\n"
        "language:\n"
        "- en\n"
        "- \"no\"\n"
        "library_name: transformers\n"
        "pipeline_tag: text-generation\n"
        "base_model: acme/tiny-base\n"
        "base_model_relation: finetune\n"
        "datasets:\n"
        "- acme/chats\n"
        "tags:\n"
        "- conversational\n"
        "- dpo\n"
        "- qlora\n"
        "---\n"
        "\n"
        "# tiny-chat\n"
        "\n"
        "Fine-tuned from [acme/tiny-base](https://huggingface.co/acme/tiny-base).\n"
        "\n"
        "## Training\n"
        "\n"
        "| | |\n"
        "|---|---|\n"
        "| Method | QLoRA \\+ DPO |\n"
        "| Dataset | acme/chats |\n"
        "| Steps | 600 |\n"
        "| Epochs | 2 of 3 |\n"
        "| Final loss | 1.25 |\n"
        "\n"
        "## Serving\n"
        "\n"
        "With [vLLM](https://docs.vllm.ai), as an OpenAI-compatible server on port 8000:\n"
        "\n"
        "```sh\n"
        "vllm serve acme/tiny-chat\n"
        "```\n"
        "\n"
        "## Files\n"
        "\n"
        "Unchanged from the base model: chat\\_template.jinja, generation\\_config.json, "
        "tokenizer.json, tokenizer\\_config.json.\n";
    struct job job = known_job();
    put_bare_model(state);
    put_good_base(state);
    struct completed *d =
        complete(state, "model", &(struct complete_options){.repo = "acme/tiny-chat", .job = &job});
    assert_sent(d, "README.md", expected);
    assert_line(&d->c, "README.md", CHECK_RECOMMENDED, CHECK_VALID,
        "written: text-generation, transformers, base_model acme/tiny-base, apache-2.0");
    completed_free(d);
}

/* Nothing is made up: no licence, no section for a training that nobody knows of. */
static void nothing_is_known(void **state)
{
    struct job job = empty_job();
    struct complete_options options = {.job = &job};
    struct completed look = {0};
    put_bare_model(state);
    read_and_complete(state, "model", &options, &look);
    assert_line(&look.c, "README.md", CHECK_RECOMMENDED, CHECK_WARNING,
        "written: text-generation, transformers; no base_model, license is known");
    checked_free(&look.c);

    options.cache = "nowhere";
    options.base_model = "/a/path";
    struct completed *d = complete(state, "model", &options);
    assert_sent(d, "README.md",
        "---\nlibrary_name: transformers\npipeline_tag: text-generation\n---\n\n# model\n\n"
        "## Serving\n\nWith [vLLM](https://docs.vllm.ai), as an OpenAI-compatible server on port "
        "8000:\n\n```sh\nvllm serve ./model\n```\n");
    completed_free(d);
}

/* Whatever a job's row or a folder's name holds stays within its cell and its quotes. */
static void foreign_words_cannot_break_out(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct job job = empty_job();
    job.method = text_from(a, "x | y\n---\n<script>`*_[a](http://b)\x1b[31m");
    job.dataset = text_from(a, "evil/set\"\nlicense: mit");
    job.status = text_from(a, "running");
    job.loss = 0.5;
    put_bare_model(state);
    struct completed *d = complete(state, "model",
        &(struct complete_options){.repo = "acme/x\n---\nlicense: mit", .job = &job});
    char *card = sent_bytes(d, "README.md");
    assert_null(strstr(card, "\nlicense"));
    assert_null(strstr(card, "datasets:"));
    assert_null(strstr(card, "\x1b"));
    assert_non_null(strstr(card, "\\<script\\>\\`"));
    assert_non_null(strstr(card, "\n| Last loss | 0.5 |\n"));
    assert_non_null(strstr(card, "| Method | x \\| y"));
    assert_non_null(strstr(card, "\nvllm serve ./model\n"));
    size_t fences = 0;
    for (const char *s = card; (s = strstr(s, "\n---\n")); s++)
        fences++;
    assert_int_equal(fences, 1); /* and the first, at the very beginning */
    free(card);
    completed_free(d);
    arena_free(a);
}

/* A path of the machine where it was trained is no dataset of the Hub. */
static void local_datasets_are_no_hub_ids(void **state)
{
    static const char *const local[] = {"data/train", "/mnt/x", "acme/x.jsonl", "../x/y", "chats",
        "s3://a/b", "acme/x/y", "~/chats"};
    put_bare_model(state);
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        struct arena *a = arena_new(1 << 20);
        struct job job = empty_job();
        job.dataset = text_from(a, local[i]);
        struct completed *d = complete(state, "model", &(struct complete_options){.job = &job});
        char *card = sent_bytes(d, "README.md");
        assert_null(strstr(card, "datasets:"));
        free(card);
        completed_free(d);
        arena_free(a);
    }
}

/* ---- the base model's card ------------------------------------------------------------------------ */

static void assert_front(void **state, const char *base_card, const char *expected)
{
    put_cached(state, "README.md", base_card);
    struct completed *d = complete(state, "model", NULL);
    char *card = sent_bytes(d, "README.md");
    char *end = strstr(card, "library_name:");
    assert_non_null(end);
    *end = '\0';
    assert_string_equal(card, expected);
    free(card);
    completed_free(d);
}

static void licences_and_languages(void **state)
{
    put_bare_model(state);
    assert_front(state, "no front matter\nlicense: mit\n", "---\n");
    assert_front(state, "---\nlicense: mit\n", "---\n"); /* not closed */
    assert_front(state, "---\r\nlicense: 'mit' # yes\r\nlanguage: de\r\n---\r\n",
        "---\nlicense: mit\nlanguage:\n- de\n");
    assert_front(state, "---\nlicense: [mit]\nlanguage: [en, \"zh\", ]\n---\n",
        "---\nlicense: mit\nlanguage:\n- en\n- zh\n");
    assert_front(state,
        "---\nlicense: other\nlicense_name: \"Ada's: own\"\nlicense_link: LICENSE\n---\n",
        "---\nlicense: other\nlicense_name: \"Ada's: own\"\nlicense_link: LICENSE\n");
    assert_front(state,
        "---\nlicense_name: not\nx:\n  license: nested\nlicense: >\n  folded\n---\n", "---\n");
    assert_front(
        state, "---\nlicense: \"a\\nb\"\nlanguage:\n- !!x y\n- *z\n- {a: b}\n---\n", "---\n");
    assert_front(state, "---\nlicense: mit\\n---\nlanguage:\n- '2024-01-01'\n---\n",
        "---\nlanguage:\n- \"2024-01-01\"\n");
    assert_front(state,
        "---\nlicense: m\xff"
        "it\n---\n",
        "---\n");
}

/* "other" names no terms, so the text is still missed. */
static void other_is_no_licence(void **state)
{
    put_bare_model(state);
    put_cached(state, "README.md", "---\nlicense: other\n---\n");
    struct completed *d = complete(state, "model", NULL);
    assert_line(&d->c, "LICENSE", CHECK_RECOMMENDED, CHECK_MISSING, "");
    completed_free(d);
}

/* ---- one that is there --------------------------------------------------------------------------- */

static void put_model_with(void **state, const char *card)
{
    put_bare_model(state);
    put_good_base(state);
    put(state, "model/README.md", card);
}

static const char *diff_of(const struct completed *d, struct buf *b)
{
    buf_clear(b);
    for (size_t i = 0; i < d->report.readme_diff_count; i++)
        buf_printf(b, "%s\n", d->report.readme_diff[i].s);
    return buf_str(b);
}

static void assert_mended(
    void **state, const char *card, const char *diff, const char *mended, const char *result)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    put_model_with(state, card);
    struct completed *d = complete(state, "model", NULL); /* only offered */
    assert_string_equal(diff_of(d, &b), diff);
    assert_null(line_of(&d->c, "README.md")->raw_source);
    if (diff[0])
        assert_non_null(strstr(line_of(&d->c, "README.md")->result.s, " can be filled in"));
    completed_free(d);

    d = complete(state, "model", &(struct complete_options){.mend_readme = true});
    assert_string_equal(diff_of(d, &b), diff);
    if (mended) {
        assert_sent(d, "README.md", mended);
        assert_int_equal(line_of(&d->c, "README.md")->origin, CHECK_WRITTEN);
        assert_non_null(strstr(line_of(&d->c, "README.md")->result.s, result));
    } else {
        assert_not_added(d, "README.md");
    }
    completed_free(d);

    char path[PATH_MAX]; /* the folder's own is as it was */
    buf_clear(&b);
    assert_int_equal(file_read(temp_folder_path(path, state, "model/README.md"), &b, NULL), 0);
    assert_int_equal(b.len, strlen(card));
    assert_memory_equal(buf_str(&b), card, b.len);
    buf_release(&b);
}

static void missing_keys_are_offered_and_put_in(void **state)
{
    assert_mended(state,
        "---\nlibrary_name: transformers\ntags:\n- mine # and mine alone\n---\n# Mine\nlicense: ?\n",
        "+license: apache-2.0\n+pipeline_tag: text-generation\n+base_model: acme/tiny-base\n"
        "+base_model_relation: finetune\n",
        "---\nlibrary_name: transformers\ntags:\n- mine # and mine alone\nlicense: apache-2.0\n"
        "pipeline_tag: text-generation\nbase_model: acme/tiny-base\nbase_model_relation: finetune\n"
        "---\n# Mine\nlicense: ?\n",
        "written: the folder's own with license, pipeline_tag, base_model");
}

/* A second key of the same name would make the card invalid. */
static void an_empty_key_is_filled_in_place(void **state)
{
    assert_mended(state,
        "---\nbase_model: ''\nlicense:\n\n# a note\nlibrary_name: transformers\r\n"
        "pipeline_tag: ~\n---\n",
        "-license:\n+license: apache-2.0\n-pipeline_tag: ~\n+pipeline_tag: text-generation\n"
        "-base_model: ''\n+base_model: acme/tiny-base\n+base_model_relation: finetune\n",
        "---\nbase_model: acme/tiny-base\nlicense: apache-2.0\n\n# a note\n"
        "library_name: transformers\r\npipeline_tag: text-generation\n"
        "base_model_relation: finetune\n---\n",
        "written: ");
}

static void line_ends_stay(void **state)
{
    assert_mended(state,
        "\xEF\xBB\xBF---\r\nlicense: mit\r\nlibrary_name: transformers\r\nbase_model: a/b\r\n---\r\nx",
        "+pipeline_tag: text-generation\n",
        "\xEF\xBB\xBF---\r\nlicense: mit\r\nlibrary_name: transformers\r\nbase_model: a/b\r\n"
        "pipeline_tag: text-generation\r\n---\r\nx",
        "written: the folder's own with pipeline_tag");
}

static void a_card_without_front_matter_gets_one(void **state)
{
    assert_mended(state, "# Only words\n",
        "+---\n+license: apache-2.0\n+library_name: transformers\n+pipeline_tag: text-generation\n"
        "+base_model: acme/tiny-base\n+base_model_relation: finetune\n+---\n",
        "---\nlicense: apache-2.0\nlibrary_name: transformers\npipeline_tag: text-generation\n"
        "base_model: acme/tiny-base\nbase_model_relation: finetune\n---\n\n# Only words\n",
        "written: ");
}

static void what_is_not_understood_is_left_alone(void **state)
{
    static const char *const cards[] = {
        "---\n{license: mit}\n---\n",
        "---\n? license\n: mit\n---\n",
        "---\nlicense: mit\n",
        "---\n\tlicense: mit\n---\n",
        "---\nno key at all\n---\n",
        "---\nlicense: m\xff\n---\n",
        "---\n&x license: mit\n---\n",
    };
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        assert_mended(state, cards[i], "", NULL, NULL);
}

/* Keys in quotes, values over several lines, lists: there is something, so nothing lacks. */
static void what_is_given_is_not_offered(void **state)
{
    assert_mended(state,
        "---\n\"license\": mit\n'library_name' : transformers\npipeline_tag:\n  text-generation\n"
        "base_model:\n# the first\n- acme/a\n- acme/b\n---\n",
        "", NULL, NULL);
    assert_mended(state, GOOD_README, "", NULL, NULL);
}

/* A card that is wanted whole costs no look at the base model's. */
static void a_card_that_is_left_out_is_not_mended(void **state)
{
    put_model_with(state, "# words\nhf_abcdefghij0123456789ABCDEFGHIJKLMN\n");
    struct completed *d = complete(state, "model", &(struct complete_options){.mend_readme = true});
    assert_int_equal(d->report.readme_diff_count, 0);
    assert_not_added(d, "README.md");
    assert_false(line_of(&d->c, "README.md")->send);
    completed_free(d);
}

/* Mending what was mended changes nothing, whatever the card looked like before. */
static void mending_is_done_once(void **state)
{
    static const char *const pieces[] = {"license: mit\n", "license: ''\n", "base_model:\n",
        "- x\n", "tags:\n", "  - y\n", "# note\n", "pipeline_tag: null # none\n", "\n",
        "library_name: \"\"\n", "language: [en]\n", "datasets:\n- a/b\n", "x: {a: b}\n", "\r\n"};
    unsigned seed = 20261123;
    for (int round = 0; round < 60; round++) {
        struct buf b;
        buf_init(&b, 1 << 16);
        buf_str_append(&b, "---\n");
        for (int i = 0; i < 5; i++)
            buf_str_append(&b, pieces[(unsigned)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
        buf_str_append(&b, "---\nbody\n");
        put_model_with(state, buf_str(&b));
        struct complete_options mend = {.mend_readme = true};
        struct completed *d = complete(state, "model", &mend);
        if (d->report.readme_diff_count) {
            char *mended = sent_bytes(d, "README.md");
            completed_free(d);
            put(state, "model/README.md", mended);
            free(mended);
            d = complete(state, "model", &mend);
            if (d->report.readme_diff_count)
                fail_msg("mended twice: %s", buf_str(&b));
        }
        completed_free(d);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)
        T(all_that_is_known),
        T(nothing_is_known),
        T(foreign_words_cannot_break_out),
        T(local_datasets_are_no_hub_ids),
        T(licences_and_languages),
        T(other_is_no_licence),
        T(missing_keys_are_offered_and_put_in),
        T(an_empty_key_is_filled_in_place),
        T(line_ends_stay),
        T(a_card_without_front_matter_gets_one),
        T(what_is_not_understood_is_left_alone),
        T(what_is_given_is_not_offered),
        T(a_card_that_is_left_out_is_not_mended),
        T(mending_is_done_once),
    };
    return cmocka_run_group_tests_name("model_complete_card", tests, NULL, NULL);
}
