/* Completing a model's folder from a base model on the Hub, against the stand-in. What was asked of it is
 * read from its own log. */
#include "hub_world.h"

#include "../unit/client/complete_fixture.h"

#include "core/cancel.h"

#define BASE "/acme/tiny-base/resolve/"

static struct completed *complete_from(void **state, const char *base, struct hub *asked)
{
    return complete(state, "tiny-sft-incomplete",
        &(struct complete_options){.base_model = base, .cache = "nowhere", .hub = asked});
}

static void what_the_hub_has_is_fetched(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    int64_t before = last_request();
    struct completed *d = complete_from(state, "acme/tiny-base", hub);
    assert_int_equal(d->c.list->blockers, 0);
    assert_int_equal(d->c.list->warnings, 0);
    assert_sent(d, "tokenizer_config.json",
        "{\"tokenizer_class\":\"TokenizersBackend\",\"eos_token\":\"<|eos|>\"}");
    assert_sent(d, "generation_config.json", "{\"eos_token_id\":2}");
    assert_int_equal(strlen(d->report.base_commit), 40);
    char words[64];
    snprintf(words, sizeof words, "from acme/tiny-base@%.8s", d->report.base_commit);
    assert_line(&d->c, "chat_template.jinja", CHECK_RECOMMENDED, CHECK_VALID, words);
    assert_null(line_of(&d->c, "LICENSE"));
    assert_int_equal(count_requests(before, "GET", BASE, 0), 4);
    assert_int_equal(count_requests(before, "GET", BASE "main/", 0), 0); /* all of one commit */
    assert_int_equal(count_requests(before, "GET", "/api/models/", 0), 1);
    completed_free(d);
}

/* The Hub itself takes the card that is written. */
static void the_written_card_is_valid(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    struct err e;
    struct text warning;
    struct arena *a = arena_new(1 << 20);
    struct job job = {.method = TEXT("sft: #1 \"best\""),
        .dataset = TEXT("acme/chats"),
        .loss = 1,
        .step = 5,
        .total_steps = -1,
        .epoch = -1};
    struct completed *d = complete(state, "tiny-sft-incomplete",
        &(struct complete_options){.cache = "nowhere", .hub = hub, .job = &job});
    char *card = sent_bytes(d, "README.md");
    if (hub_validate_card(hub, card, a, &warning, NULL, &e))
        fail_msg("%s in %s", e.message, card);
    assert_int_equal(warning.len, 0);
    free(card);
    completed_free(d);
    arena_free(a);
}

static void the_cache_goes_first(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    unpack(state, "cache");
    int64_t before = last_request();
    struct completed *d =
        complete(state, "tiny-sft-incomplete", &(struct complete_options){.hub = hub});
    assert_line(&d->c, "tokenizer_config.json", CHECK_REQUIRED, CHECK_VALID,
        "from acme/tiny-base@0c28799b");
    assert_string_equal(d->report.base_commit, "0c28799b8e22c925bec757ed6238fcadbc041008");
    assert_int_equal(count_requests(before, "GET", BASE, 0), 1);
    assert_int_equal(count_requests(before, "GET", "/README.md", 200), 1);
    assert_line(&d->c, "README.md", CHECK_RECOMMENDED, CHECK_VALID, "apache-2.0");
    completed_free(d);

    before = last_request(); /* with nothing wanted nobody is asked */
    unpack(state, "tiny-sft-merged");
    put(state, "tiny-sft-merged/README.md",
        "---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: text-generation\n"
        "base_model: acme/tiny-base\n---\n");
    d = complete(
        state, "tiny-sft-merged", &(struct complete_options){.cache = "nowhere", .hub = hub});
    assert_int_equal(d->report.added, 0);
    assert_int_equal(count_requests(before, NULL, "", 0), 0);
    completed_free(d);
}

/* What is broken in the cache is fetched, and then there is nothing to tell. */
static void the_hub_mends_a_broken_cache(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    put_cached(state, "tokenizer_config.json", "");
    put_cached(state, "generation_config.json", "{");
    struct completed *d =
        complete(state, "tiny-sft-incomplete", &(struct complete_options){.hub = hub});
    assert_sent(d, "generation_config.json", "{\"eos_token_id\":2}");
    assert_int_equal(d->c.list->blockers, 0);
    assert_int_equal(d->report.note_count, 0);
    completed_free(d);
}

static void looking_fetches_nothing_but_the_card(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    int64_t before = last_request();
    struct completed look = {0};
    read_and_complete(state, "tiny-sft-incomplete",
        &(struct complete_options){.base_model = "acme/tiny-base", .hub = hub}, &look);
    assert_int_equal(count_requests(before, "GET", "/resolve/", 0), 1);
    assert_int_equal(count_requests(before, "GET", "/README.md", 0), 1);
    assert_int_equal(look.c.list->blockers, 0);
    assert_line(&look.c, "generation_config.json", CHECK_RECOMMENDED, CHECK_PRESENT, "from acme/");
    assert_int_equal(
        line_of(&look.c, "generation_config.json")->size, strlen("{\"eos_token_id\":2}"));
    assert_null(line_of(&look.c, "generation_config.json")->raw_source);
    checked_free(&look.c);
}

/* Large files lie elsewhere, behind a redirect. */
static void files_in_lfs_and_files_that_are_none(void **state)
{
    put_bare_model(state);
    int64_t before = last_request();
    struct completed *d = complete(state, "model",
        &(struct complete_options){
            .base_model = "acme/older-base", .cache = "nowhere", .hub = hub});
    assert_sent(d, "tokenizer.model", "sentencepiece");
    assert_int_equal(d->c.list->blockers, 0);
    assert_note(d, "generation_config.json: on the Hub it is larger");
    assert_note(d, "chat_template.jinja: empty");
    assert_not_added(d, "generation_config.json");
    assert_int_equal(count_requests(before, "GET", "generation_config.json", 0), 0);
    assert_int_equal(count_requests(before, "GET", "/lfs-storage/", 200), 1);
    completed_free(d);
}

static void what_may_not_be_seen_is_told(void **state)
{
    struct err e;
    struct hub *nobody = hub_new(&(struct hub_options){.endpoint = sim.hub}, http, &e);
    unpack(state, "tiny-sft-incomplete");
    struct completed *d = complete_from(state, "ada/private-base", nobody);
    assert_note(d, "tokenizer_config.json: not in the cache; look at ada/private-base");
    assert_int_equal(d->c.list->blockers, 1);
    completed_free(d);
    d = complete_from(state, "ada/private-base", reader);
    assert_int_equal(d->c.list->blockers, 0);
    assert_note(d, "generation_config.json: ada/private-base has none");
    completed_free(d);
    hub_free(nobody);

    int64_t before = last_request(); /* asked once, and not file by file */
    d = complete_from(state, "acme/not-there", hub);
    assert_int_equal(d->c.list->blockers, 1);
    assert_int_equal(count_requests(before, NULL, "not-there", 0), 1);
    completed_free(d);

    d = complete_from(state, "gpt2", hub);
    assert_note(d, "the Hub is asked only for OWNER/NAME");
    completed_free(d);
}

static void one_that_fails_does_not_stop_the_others(void **state)
{
    static const char *const faults[] = {
        "\"kind\":\"status\",\"status\":403,\"body\":{\"error\":\"no\"}",
        "\"kind\":\"status\",\"status\":200,\"body\":\"{\\\"eos_token_id\\\":3}\"",
        "\"kind\":\"status\",\"status\":200,\"fill\":17000000",
        "\"kind\":\"redirect\",\"location\":\"http://192.0.2.1/x\"",
    };
    unpack(state, "tiny-sft-incomplete");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char rule[512];
        snprintf(rule, sizeof rule,
            "{\"plane\":\"hub\",\"method\":\"GET\",\"path\":\"*/generation_config.json\",%s}",
            faults[i]);
        set_fault(rule);
        struct completed *d = complete_from(state, "acme/tiny-base", hub);
        if (i == 1) { /* one byte of it is another, so only its length would tell */
            assert_sent(d, "generation_config.json", "{\"eos_token_id\":3}");
        } else {
            assert_not_added(d, "generation_config.json");
            assert_note(d, "generation_config.json: ");
        }
        assert_int_equal(d->c.list->blockers, 0);
        assert_int_equal(d->report.added, i == 1 ? 4 : 3);
        assert_true(faults_struck() > 0);
        completed_free(d);
    }
    set_fault("{\"plane\":\"hub\",\"path\":\"*/tokenizer_config.json\",\"kind\":\"status\","
              "\"status\":200,\"body\":\"{}\"}");
    struct completed *d = complete_from(state, "acme/tiny-base", hub);
    assert_note(d, "tokenizer_config.json: the Hub gave more or less of it than it says to have");
    (void)faults_struck();
    completed_free(d);
}

static void a_busy_hub_is_asked_again(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    set_fault(ONCE("GET", "*/tokenizer_config.json", "\"kind\":\"reset\""));
    set_fault(ONCE("GET", "/api/models/*", "\"kind\":\"status\",\"status\":503"));
    struct completed *d = complete_from(state, "acme/tiny-base", hub);
    assert_int_equal(d->c.list->blockers, 0);
    assert_int_equal(d->report.note_count, 0);
    assert_int_equal(faults_struck(), 2);
    completed_free(d);
}

static void cancelled_is_no_completion(void **state)
{
    unpack(state, "tiny-sft-incomplete");
    char path[PATH_MAX];
    struct err e;
    struct complete_report report;
    struct cancel *cancel = cancel_new(NULL);
    struct checked c = check_path(temp_folder_path(path, state, "tiny-sft-incomplete"));
    size_t count = c.list->count;
    cancel_fire(cancel);
    struct complete_options options = {.base_model = "acme/tiny-base", .hub = hub};
    assert_int_equal(model_complete(c.list, &options, c.arena, &report, cancel, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    assert_int_equal(c.list->count, count);
    assert_int_equal(c.list->blockers, 1);
    cancel_unref(cancel);
    checked_free(&c);
}

/* ---- hub_get_file ------------------------------------------------------------------------------ */

static void single_files(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 32);
    assert_int_equal(
        hub_get_file(hub, "acme/tiny-base", "main", "generation_config.json", &b, NULL, &e), 0);
    assert_string_equal(buf_str(&b), "{\"eos_token_id\":2}");
    assert_int_equal(/* what is left has no room for it */
        hub_get_file(hub, "acme/tiny-base", "main", "generation_config.json", &b, NULL, &e), -1);
    assert_int_equal(e.class, ERR_REMOTE);
    assert_int_equal(b.len, strlen("{\"eos_token_id\":2}"));
    buf_clear(&b);
    assert_int_equal(hub_get_file(hub, "acme/tiny-base", "main", "a b/c?d#e", &b, NULL, &e), -1);
    assert_int_equal(e.number, 404);
    int64_t before = last_request();
    static const char *const paths[] = {"../x", "a//b", "/a", "a/./b", "a/../../b"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(hub_get_file(hub, "acme/tiny-base", "main", paths[i], &b, NULL, &e), -1);
        assert_int_equal(e.class, ERR_INPUT);
    }
    assert_int_equal(hub_get_file(hub, "../x", "main", "a", &b, NULL, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_int_equal(count_requests(before, NULL, "", 0), 0);
    buf_release(&b);
}

static int start(void **state)
{
    (void)state;
    struct err e;
    sim_process_start(&sim, "tests/data/complete.json", "1");
    http = http_new(&(struct http_options){.user_agent = "slipway-hub", .backoff_ms = 20}, &e);
    const struct secret *own = secret_register("HF_TOKEN", "hf_adasOwnToken0123456789", &e);
    const struct secret *read = secret_register("read token", "hf_adasReadToken012345678", &e);
    assert_true(http && own && read);
    hub = hub_new(&(struct hub_options){.endpoint = sim.hub, .token = own}, http, &e);
    reader = hub_new(&(struct hub_options){.endpoint = sim.hub, .token = read}, http, &e);
    assert_true(hub && reader);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    hub_world_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, temp_folder_make, temp_folder_remove)
        T(what_the_hub_has_is_fetched),
        T(the_written_card_is_valid),
        T(the_cache_goes_first),
        T(the_hub_mends_a_broken_cache),
        T(looking_fetches_nothing_but_the_card),
        T(files_in_lfs_and_files_that_are_none),
        T(what_may_not_be_seen_is_told),
        T(one_that_fails_does_not_stop_the_others),
        T(a_busy_hub_is_asked_again),
        T(cancelled_is_no_completion),
        cmocka_unit_test(single_files),
    };
    return cmocka_run_group_tests_name("complete", tests, start, finish);
}
