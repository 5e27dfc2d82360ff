/* What the store keeps of what triage says: the newest of each endpoint, with the JSON that lies outside the arena,
 * also when it is pushed out, or replaced before anybody received it. */
#include "news_make.h"

static struct clock *the_clock;
static struct store *store;

static int setup(void **state)
{
    (void)state;
    the_clock = clock_new(0, 0);
    store = the_clock ? store_new(the_clock) : NULL;
    return store ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    store_free(store);
    clock_free(the_clock);
    return 0;
}
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* One diagnosis with one remedy, whose body and question are JSON of its own. */
static struct message *triage_news(const char *id, int64_t observed_ms, const char *sentence)
{
    static struct triage t;
    memset(&t, 0, sizeof t);
    snprintf(t.endpoint_id, sizeof t.endpoint_id, "%s", id);
    t.name = TEXT("legal");
    t.observed_ms = observed_ms;
    t.verdict = TRIAGE_STUCK;
    t.sentence = (struct text){sentence, strlen(sentence)};
    t.count = 1;
    struct triage_diagnosis *d = &t.diagnoses[0];
    *d = (struct triage_diagnosis){.id = "does-not-fit-gpu",
        .row = 17,
        .certainty = TRIAGE_CERTAIN,
        .summary = TEXT("It does not fit"),
        .brief = TEXT("does not fit"),
        .remedy_count = 1};
    struct triage_remedy *r = &d->remedies[0];
    *r = (struct triage_remedy){.id = "set-env",
        .text = TEXT("Lower it"),
        .means = TEXT(""),
        .asked = json_new_object(),
        .call_count = 1};
    json_add_int(r->asked, "context", 4096);
    r->calls[0] = (struct triage_call){
        .method = "PATCH", .path = TEXT("/v2/serverless/x"), .body = json_new_object()};
    struct message *m = news_triage(&t);
    assert_non_null(m);
    triage_release(&t);
    return m;
}

static void the_newest_of_each_is_kept(void **state)
{
    (void)state;
    uint64_t before = store_version(store, STORE_ENDPOINTS);
    assert_null(store_triage(store, "a"));
    store_apply(store, triage_news("a", 1, "one"));
    store_apply(store, triage_news("b", 2, "two"));
    store_apply(store, triage_news("a", 3, "three"));
    assert_true(store_version(store, STORE_ENDPOINTS) > before);
    const struct triage *t = store_triage(store, "a");
    assert_non_null(t);
    assert_string_equal(t->sentence.s, "three");
    assert_int_equal(json_int(t->diagnoses[0].remedies[0].asked, "context", 0), 4096);
    assert_string_equal(store_triage(store, "b")->sentence.s, "two");
    assert_null(store_triage(store, "c"));
    assert_null(store_triage(store, NULL));
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
    (void)state;
    char id[ENDPOINT_ID_MAX];
    for (int i = 0; i <= STORE_TRIAGES_MAX; i++) {
        snprintf(id, sizeof id, "e%d", i);
        store_apply(store, triage_news(id, i == 7 ? 0 : 10 + i, "stuck"));
    }
    assert_null(store_triage(store, "e7"));
    assert_non_null(store_triage(store, "e0"));
    snprintf(id, sizeof id, "e%d", STORE_TRIAGES_MAX);
    assert_non_null(store_triage(store, id));
    assert_int_equal(store_lost(store), 0);
}

/* Under a leak checker: whoever ends a message ends its JSON. */
static void a_status_that_is_overtaken_leaves_nothing(void **state)
{
    (void)state;
    const struct inbox_limits limits = {.statuses = 1, .logs = 1, .log_bytes = 1, .results = 1};
    struct inbox *in = inbox_new(&limits);
    assert_non_null(in);
    assert_int_equal(inbox_send(in, triage_news("a", 1, "one")), 0);
    assert_int_equal(inbox_send(in, triage_news("a", 2, "two")), 0);
    assert_int_equal(inbox_send(in, triage_news("b", 3, "pushes the other out")), 0);
    struct message *m = inbox_receive(in, NULL);
    assert_non_null(m);
    assert_null(m->next);
    store_apply(store, m);
    assert_non_null(store_triage(store, "b"));
    assert_null(store_triage(store, "a"));
    inbox_free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_of_each_is_kept),
        TEST(the_oldest_goes_when_there_are_too_many),
        TEST(a_status_that_is_overtaken_leaves_nothing),
    };
    return cmocka_run_group_tests_name("store_triage", tests, NULL, NULL);
}
