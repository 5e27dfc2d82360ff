/* What the store keeps of an endpoint that somebody looked at: the newest, as long as few others were looked
 * at since, and nothing moves while its version stands. */
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

/* One variable, one release with one change. */
static struct message *detail_news(
    const char *id, int64_t seen_ms, const char *value, double billed)
{
    struct message *m = news_new(NEWS_DETAIL, sizeof(struct endpoint_detail));
    struct endpoint_detail *d = m->payload;
    snprintf(d->endpoint_id, sizeof d->endpoint_id, "%s", id);
    d->seen_ms = seen_ms;
    d->env_count = d->release_count = 1;
    d->env = news_array(m, 1, sizeof *d->env);
    d->env[0] = (struct endpoint_setting){text_in(m, "MAX_MODEL_LEN"), text_in(m, "8192")};
    d->releases = news_array(m, 1, sizeof *d->releases);
    d->releases[0] =
        (struct release){.version = 3, .source = text_in(m, "MANUAL"), .change_count = 1};
    d->releases[0].changes = news_array(m, 1, sizeof *d->releases[0].changes);
    d->releases[0].changes[0] =
        (struct release_change){text_in(m, "env A"), text_in(m, "1"), text_in(m, value)};
    d->billed[0] = billed;
    d->billed_count = 2;
    d->billed[1] = NAN;
    return m;
}

static void what_says_the_same_changes_nothing(void **state)
{
    (void)state;
    assert_null(store_endpoint_detail(store, "a"));
    assert_null(store_endpoint_detail(store, NULL));
    store_apply(store, detail_news("a", 10, "2", 0.5));
    uint64_t version = store_version(store, STORE_ENDPOINTS);
    const struct endpoint_detail *had = store_endpoint_detail(store, "a");
    assert_non_null(had);
    const char *text = had->releases[0].changes[0].after.s;
    store_apply(store, detail_news("a", 20, "2", 0.5));
    assert_int_equal(store_version(store, STORE_ENDPOINTS), version);
    assert_ptr_equal(store_endpoint_detail(store, "a"), had);
    assert_ptr_equal(had->releases[0].changes[0].after.s, text);
    assert_int_equal(had->seen_ms, 20);
}

static void each_difference_is_seen(void **state)
{
    (void)state;
    store_apply(store, detail_news("a", 10, "2", 0.5));
    for (int i = 0; i < 9; i++) {
        struct message *m = detail_news("a", 20 + i, i == 0 ? "3" : "2", i == 1 ? NAN : 0.5);
        struct endpoint_detail *d = m->payload;
        switch (i) {
        case 2:
            d->rolling = true;
            break;
        case 3:
            d->releases[0].workers = 2;
            break;
        case 4:
            d->env[0].value = text_in(m, "•••");
            break;
        case 5:
            d->env_count = 0;
            break;
        case 6:
            d->releases[0].change_count = 0;
            break;
        case 7:
            d->not_read = text_in(m, "bills");
            break;
        case 8:
            d->release_count = 0;
            break;
        default:
            break;
        }
        uint64_t version = store_version(store, STORE_ENDPOINTS);
        store_apply(store, m);
        if (store_version(store, STORE_ENDPOINTS) == version)
            fail_msg("difference %d", i);
        assert_int_equal(store_endpoint_detail(store, "a")->seen_ms, 20 + i);
    }
}

static void those_read_last_are_kept(void **state)
{
    (void)state;
    char id[32];
    for (int i = 0; i < STORE_DETAILS_MAX; i++) {
        snprintf(id, sizeof id, "e%d", i);
        store_apply(store, detail_news(id, i, "2", 0));
    }
    store_apply(store, detail_news("e0", 100, "2", 0)); /* read again, with the same answer */
    store_apply(store, detail_news("more", 101, "2", 0));
    assert_non_null(store_endpoint_detail(store, "e0"));
    assert_null(store_endpoint_detail(store, "e1"));
    for (int i = 2; i < STORE_DETAILS_MAX; i++) {
        snprintf(id, sizeof id, "e%d", i);
        assert_string_equal(store_endpoint_detail(store, id)->endpoint_id, id);
    }
    assert_string_equal(store_endpoint_detail(store, "more")->endpoint_id, "more");
    assert_int_equal(store_lost(store), 0);
}

static void one_of_nobody_is_dropped(void **state)
{
    (void)state;
    uint64_t version = store_version(store, STORE_ENDPOINTS);
    store_apply(store, detail_news("", 1, "2", 0));
    assert_int_equal(store_version(store, STORE_ENDPOINTS), version);
    assert_null(store_endpoint_detail(store, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_says_the_same_changes_nothing),
        TEST(each_difference_is_seen),
        TEST(those_read_last_are_kept),
        TEST(one_of_nobody_is_dropped),
    };
    return cmocka_run_group_tests_name("store_detail", tests, NULL, NULL);
}
