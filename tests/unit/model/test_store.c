#include "news_make.h"

#include "dice.h"

#include <stdlib.h>

struct world {
    struct clock *clock;
    struct store *s;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->clock = clock_new(1000000, 0);
    w->s = store_new(w->clock);
    *state = w;
    return w->clock && w->s ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    store_free(w->s);
    clock_free(w->clock);
    free(w);
    return 0;
}

static struct store *store_of(void **state)
{
    return ((struct world *)*state)->s;
}

/* Whether applying the message raised just this part's version (STORE_PARTS = none). */
static void apply_touching(struct store *s, struct message *m, enum store_part part)
{
    uint64_t before[STORE_PARTS];
    for (unsigned i = 0; i < STORE_PARTS; i++)
        before[i] = store_version(s, (enum store_part)i);
    store_apply(s, m);
    for (unsigned i = 0; i < STORE_PARTS; i++) {
        bool rose = store_version(s, (enum store_part)i) > before[i];
        if (rose != (i == (unsigned)part))
            fail_msg("part %u %s", i, rose ? "was touched" : "was not touched");
    }
}

static void assert_line(const struct store *s, size_t i, const char *begins)
{
    const struct log_line *line = store_log_line(s, i);
    assert_non_null(line);
    assert_memory_equal(line->line.s, begins, strlen(begins));
}

static void assert_near(double value, double expected, double off)
{
    if (!(fabs(value - expected) <= off))
        fail_msg("%.12g instead of %.12g", value, expected);
}

static void test_an_empty_store_answers(void **state)
{
    struct store *s = store_of(state);
    uint64_t first = 7;
    const double *losses;
    assert_int_equal(store_source(s, SOURCE_HUB)->health, SOURCE_STARTING);
    assert_int_equal(store_source(s, SOURCE_HUB)->source, SOURCE_HUB);
    assert_int_equal(store_source(s, SOURCE_HUB)->seen_ms, -1);
    assert_null(store_account(s));
    assert_null(store_gpus(s));
    assert_null(store_repos(s));
    assert_null(store_outcome(s));
    assert_null(store_job(s, 0));
    assert_null(store_job_by_id(s, "x"));
    assert_int_equal(store_job_losses(s, "x", &losses), 0);
    assert_null(store_operation(s, OPERATION_KINDS, 0));
    assert_null(store_endpoint(s, 0));
    assert_null(store_endpoint_by_id(s, "x"));
    assert_null(store_model(s, 0));
    assert_null(store_model_of_endpoint(s, ""));
    assert_null(store_request(s, 0));
    assert_int_equal(store_log(s, &first), 0);
    assert_int_equal(first, 0);
    assert_null(store_log_line(s, 0));
    assert_true(isnan(store_cost_hour(s)));
    assert_int_equal(store_wall_ms(s), 1000000);
}

static void test_what_cannot_be_used_is_taken_and_dropped(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, NULL);
    store_apply(s, message_new(MESSAGE_STATUS, NEWS_JOBS, NULL, 100));
    apply_touching(s, news_new((enum news)99, 1), STORE_PARTS);
    apply_touching(s, news_new((enum news) - 1, 1), STORE_PARTS);
    apply_touching(s, request_news("", "e", 1, REQUEST_COMPLETED, 1), STORE_PARTS);
    apply_touching(s, health_news("", 1, 1, 1, 1), STORE_PARTS);
    struct message *m = news_new(NEWS_SOURCE, sizeof(struct source_state));
    ((struct source_state *)m->payload)->source = (enum source)17;
    apply_touching(s, m, STORE_PARTS);
    assert_int_equal(store_lost(s), 0);
}

static struct message *source_news(enum source source, int64_t seen_ms)
{
    struct message *m = news_new(NEWS_SOURCE, sizeof(struct source_state));
    struct source_state *state = m->payload;
    state->source = source;
    state->health = SOURCE_OK;
    state->seen_ms = seen_ms;
    state->retry_ms = -1;
    state->who = text_in(m, "acme");
    return m;
}

static void test_the_age_of_a_source_is_a_change(void **state)
{
    struct store *s = store_of(state);
    apply_touching(s, source_news(SOURCE_REGISTRY, 5), STORE_SOURCES);
    apply_touching(s, source_news(SOURCE_REGISTRY, 5), STORE_PARTS);
    apply_touching(s, source_news(SOURCE_REGISTRY, 6), STORE_SOURCES);
    assert_int_equal(store_source(s, SOURCE_REGISTRY)->seen_ms, 6);
    assert_int_equal(store_source(s, SOURCE_RUNPOD)->health, SOURCE_STARTING);
}

static struct message *account_news(double balance, int64_t seen_ms)
{
    struct message *m = news_new(NEWS_ACCOUNT, sizeof(struct account));
    *(struct account *)m->payload = (struct account){balance, NAN, NAN, seen_ms};
    return m;
}

static void test_age_alone_changes_no_version_but_is_kept(void **state)
{
    struct store *s = store_of(state);
    apply_touching(s, account_news(41.2, 1), STORE_ACCOUNT);
    const struct account *had = store_account(s);
    apply_touching(s, account_news(41.2, 2), STORE_PARTS);
    assert_ptr_equal(store_account(s), had); /* what was borrowed under the version stands */
    assert_int_equal(had->seen_ms, 2);
    apply_touching(s, account_news(41.1, 3), STORE_ACCOUNT);

    store_apply(s, ENDPOINTS("a"));
    apply_touching(s, health_news("a", 1, 0, 0, 1), STORE_ENDPOINTS);
    apply_touching(s, health_news("a", 2, 0, 0, 1), STORE_PARTS);
    assert_int_equal(store_endpoint(s, 0)->health->seen_ms, 2);
    apply_touching(s, worker_news("a", "RTX", 1), STORE_ENDPOINTS);
    apply_touching(s, worker_news("a", "RTX", 2), STORE_PARTS);
    assert_int_equal(store_endpoint(s, 0)->workers->seen_ms, 2);
    apply_touching(s, worker_news("a", "A40", 3), STORE_ENDPOINTS);
    apply_touching(s, gpu_news("A40", 1.2), STORE_ENDPOINTS);
    apply_touching(s, gpu_news("A40", 1.2), STORE_PARTS);
    apply_touching(s, ENDPOINTS("a"), STORE_PARTS);
    apply_touching(s, ENDPOINTS("a", "b"), STORE_ENDPOINTS);
}

static struct message *outcome_news(const char *sentence)
{
    struct message *m = news_new(NEWS_OUTCOME, sizeof(struct outcome));
    *(struct outcome *)m->payload =
        (struct outcome){.good = true, .sentence = text_in(m, sentence)};
    return m;
}

static void test_each_outcome_is_news(void **state)
{
    struct store *s = store_of(state);
    apply_touching(s, outcome_news("copied"), STORE_OUTCOME);
    apply_touching(s, outcome_news("copied"), STORE_OUTCOME);
    assert_string_equal(store_outcome(s)->sentence.s, "copied");
}

/* Jobs */

static void test_jobs_in_their_order_each_once(void **state)
{
    struct store *s = store_of(state);
    struct message *m = news_new(NEWS_JOBS, sizeof(struct job_page));
    struct job_page *page = m->payload;
    static const char *const ids[] = {"b", "", "a", "b", "c"};
    page->count = 5;
    page->jobs = news_array(m, 5, sizeof *page->jobs);
    for (size_t i = 0; i < 5; i++) {
        snprintf(page->jobs[i].id, sizeof page->jobs[i].id, "%s", ids[i]);
        page->jobs[i].step = (int64_t)i;
        page->jobs[i].loss = NAN;
    }
    apply_touching(s, m, STORE_JOBS);
    assert_int_equal(store_jobs(s), 3);
    assert_string_equal(store_job(s, 0)->id, "b");
    assert_int_equal(store_job(s, 0)->step, 0); /* the first of the two */
    assert_string_equal(store_job(s, 1)->id, "a");
    assert_string_equal(store_job(s, 2)->id, "c");
    assert_ptr_equal(store_job_by_id(s, "a"), store_job(s, 1));
    assert_null(store_job_by_id(s, ""));
    assert_null(store_job_by_id(s, "d"));
    assert_null(store_job(s, 3));
}

static void assert_losses(struct store *s, const char *id, size_t count, double first, double last)
{
    const double *losses;
    assert_int_equal(store_job_losses(s, id, &losses), count);
    assert_true(losses[0] == first);
    assert_true(losses[count - 1] == last);
}

static void test_losses_are_remembered_while_the_job_is_there(void **state)
{
    struct store *s = store_of(state);
    const double *losses;
    store_apply(s, job_news("j", 10, NAN)); /* tells none yet */
    assert_int_equal(store_job_losses(s, "j", &losses), 0);
    store_apply(s, job_news("j", 20, 0.5));
    store_apply(s, job_news("j", 20, 0.5)); /* not a new one */
    store_apply(s, job_news("j", 30, 0.5)); /* the same loss at a later step is */
    store_apply(s, job_news("j", 40, INFINITY));
    assert_losses(s, "j", 3, 0.5, INFINITY);
    for (int i = 0; i < STORE_LOSSES_MAX; i++)
        store_apply(s, job_news("j", 50 + i, i));
    assert_losses(s, "j", STORE_LOSSES_MAX, 0, STORE_LOSSES_MAX - 1);
    store_apply(s, job_news("other", 1, NAN));
    assert_int_equal(store_job_losses(s, "j", &losses), 0);
    store_apply(s, job_news("j", 1, 2.5));
    assert_losses(s, "j", 1, 2.5, 2.5);
}

/* Models */

static void model_set(struct model_row *row, const char *id, const char *endpoint, bool enabled)
{
    snprintf(row->id, sizeof row->id, "%s", id);
    snprintf(row->endpoint_id, sizeof row->endpoint_id, "%s", endpoint);
    row->enabled = enabled;
    row->cost_per_request = NAN;
}

static struct message *models_news(void)
{
    struct message *m = news_new(NEWS_MODELS, sizeof(struct model_page));
    struct model_page *page = m->payload;
    page->count = 5;
    page->rows = news_array(m, 5, sizeof *page->rows);
    model_set(&page->rows[0], "m1", "e1", false);
    model_set(&page->rows[1], "m2", "e1", true);
    model_set(&page->rows[2], "m3", "", true);
    model_set(&page->rows[3], "m4", "e2", false);
    model_set(&page->rows[4], "m5", "e1", true);
    return m;
}

static void test_an_enabled_row_speaks_for_its_endpoint(void **state)
{
    struct store *s = store_of(state);
    apply_touching(s, models_news(), STORE_MODELS);
    apply_touching(s, models_news(), STORE_PARTS); /* NAN is equal to NAN */
    assert_int_equal(store_models(s), 5);
    assert_string_equal(store_model(s, 2)->id, "m3");
    assert_string_equal(store_model_of_endpoint(s, "e1")->id, "m2");
    assert_string_equal(store_model_of_endpoint(s, "e2")->id, "m4");
    assert_null(store_model_of_endpoint(s, ""));
    assert_string_equal(store_model_by_id(s, "m5")->id, "m5");
}

/* Endpoints */

static void test_endpoints_that_are_gone_go_with_what_they_had(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, ENDPOINTS("a", "", "b", "a"));
    assert_int_equal(store_endpoints(s), 2);
    store_apply(s, health_news("a", 1, 4, 0, 0));
    store_apply(s, worker_news("a", "RTX", 1));
    assert_non_null(store_endpoint_by_id(s, "a")->health);
    store_apply(s, ENDPOINTS("b"));
    assert_int_equal(store_endpoints(s), 1);
    assert_string_equal(store_endpoint(s, 0)->settings->id, "b");
    assert_null(store_endpoint_by_id(s, "a"));
    store_apply(s, ENDPOINTS("b", "a"));
    const struct endpoint_row *a = store_endpoint_by_id(s, "a");
    assert_null(a->health);
    assert_null(a->workers);
    assert_int_equal(a->waiting_since_ms, -1);
    assert_int_equal(a->condition, ENDPOINT_UNKNOWN);
}

static void test_news_before_the_list_wait_for_it(void **state)
{
    struct world *w = *state;
    apply_touching(w->s, health_news("new", 5, 1, 0, 0), STORE_PARTS);
    apply_touching(w->s, worker_news("new", "RTX", 5), STORE_PARTS);
    apply_touching(w->s, health_news("old", 5, 1, 0, 0), STORE_PARTS);
    assert_int_equal(store_endpoints(w->s), 0);
    assert_null(store_endpoint_by_id(w->s, "new"));
    store_apply(w->s, ENDPOINTS("x"));
    assert_null(store_endpoint_by_id(w->s, "new"));
    clock_advance(w->clock, 30000);
    store_apply(w->s, ENDPOINTS("x", "new"));
    assert_int_equal(store_endpoint_by_id(w->s, "new")->health->in_queue, 1);
    assert_int_equal(store_endpoint_by_id(w->s, "new")->workers->count, 1);
    assert_int_equal(store_endpoint_by_id(w->s, "new")->waiting_since_ms, 5);
    clock_advance(w->clock, 60000);
    store_apply(w->s, ENDPOINTS("x", "new")); /* the same list: nobody names "old" any more */
    store_apply(w->s, ENDPOINTS("x", "new", "old"));
    assert_null(store_endpoint_by_id(w->s, "old")->health);
    assert_non_null(store_endpoint_by_id(w->s, "new")->health);
}

static void test_news_of_ever_new_endpoints_are_bounded(void **state)
{
    struct store *s = store_of(state);
    char ids[3000][16];
    for (size_t i = 0; i < 3000; i++) {
        id_set(ids[i], sizeof ids[i], "e", i);
        store_apply(s, health_news(ids[i], 1, 1, 0, 0));
    }
    const char *list[3001] = {0};
    for (size_t i = 0; i < 3000; i++)
        list[i] = ids[i];
    store_apply(s, endpoints_news(list));
    size_t kept = 0;
    for (size_t i = 0; i < 3000; i++)
        kept += store_endpoint(s, i)->health != NULL;
    assert_in_range(kept, 100, 2000);
    store_apply(s, health_news("another", 1, 1, 0, 0)); /* there is room again */
    list[0] = "another";
    store_apply(s, endpoints_news(list));
    assert_non_null(store_endpoint_by_id(s, "another")->health);
}

static void expect_waiting_since(struct store *s, struct message *m, int64_t since)
{
    store_apply(s, m);
    assert_int_equal(store_endpoint_by_id(s, "a")->waiting_since_ms, since);
}

static void test_waiting_since_the_first_of_successive_looks(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, ENDPOINTS("a"));
    expect_waiting_since(s, health_news("a", 100, 0, 0, 0), -1);
    expect_waiting_since(s, health_news("a", 200, 3, 0, 0), 200);
    expect_waiting_since(s, health_news("a", 300, 3, 0, 0), 200);
    expect_waiting_since(s, health_news("a", 400, 5, 0, 0), 200);
    expect_waiting_since(s, health_news("a", 500, 5, 1, 1), -1);
    expect_waiting_since(s, health_news("a", 600, 5, 0, 1), 600);
    expect_waiting_since(s, health_news("a", 700, 0, 0, 1), -1);
    store_apply(s, ENDPOINTS("a", "b"));
    expect_waiting_since(s, health_news("a", 800, 1, 0, 1), 800);
}

static void test_cost_of_an_hour(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, ENDPOINTS("a", "b"));
    assert_true(isnan(store_cost_hour(s)));
    store_apply(s, worker_news("a", "RTX", 1));
    assert_true(isnan(store_endpoint_by_id(s, "a")->cost_hour)); /* no price yet */
    store_apply(s, gpu_news("RTX", 1.5));
    assert_near(store_endpoint_by_id(s, "a")->cost_hour, 1.5, 1e-9);
    assert_true(isnan(store_cost_hour(s))); /* of b nothing was seen */
    store_apply(s, worker_news("b", "RTX", 1));
    assert_near(store_cost_hour(s), 3.0, 1e-9);
    store_apply(s, worker_news("b", "other", 2));
    assert_true(isnan(store_cost_hour(s)));
    store_apply(s, ENDPOINTS("a"));
    assert_near(store_cost_hour(s), 1.5, 1e-9);
    store_apply(s, endpoints_news((const char *const[]){NULL}));
    assert_true(store_cost_hour(s) == 0);
}

/* Requests */

static void expect_order(const struct store *s, const char *ids)
{
    assert_int_equal(store_requests(s), strlen(ids));
    for (size_t i = 0; ids[i]; i++)
        if (store_request(s, i)->id[0] != ids[i])
            fail_msg("at %zu is %s, not %c", i, store_request(s, i)->id, ids[i]);
    assert_null(store_request(s, strlen(ids)));
}

static void request_at(struct store *s, const char *id, int64_t at_ms)
{
    store_apply(s, request_news(id, "e", at_ms, REQUEST_IN_QUEUE, NAN));
}

static void test_requests_newest_first(void **state)
{
    struct store *s = store_of(state);
    request_at(s, "b", 20);
    request_at(s, "a", 30);
    request_at(s, "e", 10);
    request_at(s, "c", 20); /* stays behind b */
    request_at(s, "d", 20);
    expect_order(s, "abcde");
    store_apply(s, request_news("c", "e", 20, REQUEST_COMPLETED, 0.1));
    expect_order(s, "abcde");
    assert_int_equal(store_request_by_id(s, "c")->status, REQUEST_COMPLETED);
    request_at(s, "e", 40); /* its time changed */
    expect_order(s, "eabcd");
    apply_touching(s, request_news("e", "e", 40, REQUEST_IN_QUEUE, NAN), STORE_PARTS);
}

static int newer_first(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return x[0] != y[0] ? (x[0] < y[0] ? 1 : -1) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* Any order of coming, any changes of time, gives the order of a stable sort. */
static void test_any_requests_are_in_order(void **state)
{
    enum { COUNT = 300 };
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct dice dice = dice_new(seed);
        int64_t rows[COUNT][2]; /* time, number */
        struct store *s = store_new(((struct world *)*state)->clock);
        for (size_t i = 0; i < COUNT + 100; i++) {
            size_t n = i < COUNT ? i : dice_below(&dice, COUNT);
            char id[16];
            id_set(id, sizeof id, "r", n);
            rows[n][0] = (int64_t)dice_below(&dice, 50);
            rows[n][1] = (int64_t)n;
            request_at(s, id, rows[n][0]);
        }
        qsort(rows, COUNT, sizeof rows[0], newer_first);
        for (size_t i = 0; i < COUNT; i++) {
            char id[16];
            id_set(id, sizeof id, "r", (size_t)rows[i][1]);
            if (strcmp(store_request(s, i)->id, id) != 0)
                fail_msg("seed %llu: at %zu", (unsigned long long)seed, i);
        }
        store_free(s);
    }
}

static void expect_cost(const struct store *s, const char *endpoint, double mean)
{
    double cost = store_endpoint_by_id(s, endpoint)->cost_request;
    if (isnan(mean))
        assert_true(isnan(cost));
    else
        assert_near(cost, mean, 1e-12);
}

static void test_mean_cost_of_finished_requests(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, request_news("q0", "late", 1, REQUEST_COMPLETED, 7));
    store_apply(s, ENDPOINTS("a", "b", "late"));
    expect_cost(s, "late", 7);
    expect_cost(s, "a", NAN);
    apply_touching(s, request_news("q1", "a", 1, REQUEST_IN_PROGRESS, 9), STORE_REQUESTS);
    expect_cost(s, "a", NAN); /* not finished */
    uint64_t version = store_version(s, STORE_ENDPOINTS);
    store_apply(s, request_news("q1", "a", 1, REQUEST_COMPLETED, 0.5));
    assert_true(store_version(s, STORE_ENDPOINTS) > version);
    store_apply(s, request_news("q2", "a", 2, REQUEST_FAILED, 0.1));
    store_apply(s, request_news("q3", "a", 3, REQUEST_CANCELLED, NAN));
    store_apply(s, request_news("q4", "a", 4, REQUEST_COMPLETED, INFINITY));
    expect_cost(s, "a", 0.3);
    store_apply(s, request_news("q2", "a", 2, REQUEST_FAILED, 0.3)); /* corrected */
    expect_cost(s, "a", 0.4);
    store_apply(s, request_news("q2", "b", 2, REQUEST_FAILED, 0.3));
    expect_cost(s, "a", 0.5);
    expect_cost(s, "b", 0.3);
    store_apply(s, request_news("q1", "a", 1, REQUEST_IN_QUEUE, NAN)); /* retried */
    expect_cost(s, "a", NAN);
}

static void test_the_oldest_requests_go_when_there_are_too_many(void **state)
{
    struct store *s = store_of(state);
    char id[16];
    store_apply(s, ENDPOINTS("e"));
    store_apply(s, request_news("first", "e", -1, REQUEST_COMPLETED, 100));
    for (size_t i = 0; i < STORE_REQUESTS_MAX - 1; i++) {
        id_set(id, sizeof id, "r", i);
        request_at(s, id, (int64_t)i);
    }
    assert_int_equal(store_requests(s), STORE_REQUESTS_MAX);
    expect_cost(s, "e", 100);
    request_at(s, "newest", STORE_REQUESTS_MAX);
    assert_int_equal(store_requests(s), STORE_REQUESTS_MAX);
    assert_null(store_request_by_id(s, "first"));
    expect_cost(s, "e", NAN);
    assert_int_equal(store_lost(s), 1);
    request_at(s, "older than all", -5);
    assert_null(store_request_by_id(s, "older than all"));
    assert_string_equal(store_request(s, 0)->id, "newest");
    assert_string_equal(store_request(s, STORE_REQUESTS_MAX - 1)->id, "r0");
}

static void test_the_texts_of_requests_are_bounded(void **state)
{
    struct store *s = store_of(state);
    const size_t large = 4 << 20;
    char id[16];
    for (size_t i = 0; i < 80; i++) {
        id_set(id, sizeof id, "r", i);
        struct message *m = request_news(id, "e", (int64_t)i, REQUEST_COMPLETED, NAN);
        news_array(m, 1, large);
        store_apply(s, m);
    }
    assert_in_range(store_requests(s), 60, STORE_REQUEST_BYTES_MAX / large);
    assert_string_equal(store_request(s, 0)->id, "r79");
    assert_int_equal(store_lost(s), 80 - store_requests(s));
}

/* Operations */

static void test_operations_by_kind_newest_first(void **state)
{
    struct store *s = store_of(state);
    store_apply(s, operation_news("u1", OPERATION_UPLOAD, OPERATION_RUNNING, 10));
    store_apply(s, operation_news("d1", OPERATION_DEPLOY, OPERATION_RUNNING, 20));
    store_apply(s, operation_news("u2", OPERATION_UPLOAD, OPERATION_ASKING, 30));
    assert_int_equal(store_operations(s, OPERATION_KINDS), 3);
    assert_int_equal(store_operations(s, OPERATION_UPLOAD), 2);
    assert_string_equal(store_operation(s, OPERATION_UPLOAD, 0)->id, "u2");
    assert_string_equal(store_operation(s, OPERATION_UPLOAD, 1)->id, "u1");
    assert_null(store_operation(s, OPERATION_UPLOAD, 2));
    assert_string_equal(store_operation(s, OPERATION_KINDS, 1)->id, "d1");
    assert_int_equal(store_operations(s, OPERATION_REGISTER), 0);
    apply_touching(s, operation_news("u1", OPERATION_UPLOAD, OPERATION_DONE, 10), STORE_OPERATIONS);
    apply_touching(s, operation_news("u1", OPERATION_UPLOAD, OPERATION_DONE, 10), STORE_PARTS);
    assert_int_equal(store_operation_by_id(s, "u1")->state, OPERATION_DONE);
}

static void test_operations_that_are_over_go_first(void **state)
{
    struct store *s = store_of(state);
    char id[16];
    store_apply(s, operation_news("running", OPERATION_UPLOAD, OPERATION_RUNNING, 1));
    store_apply(s, operation_news("resumable", OPERATION_UPLOAD, OPERATION_INTERRUPTED, 2));
    for (size_t i = 0; i < STORE_OPERATIONS_MAX + 10; i++) {
        id_set(id, sizeof id, "o", i);
        store_apply(s, operation_news(id, OPERATION_UPLOAD, OPERATION_DONE, 10 + (int64_t)i));
    }
    assert_int_equal(store_operations(s, OPERATION_KINDS), STORE_OPERATIONS_MAX);
    assert_non_null(store_operation_by_id(s, "running"));
    assert_non_null(store_operation_by_id(s, "resumable"));
    assert_null(store_operation_by_id(s, "o11"));
    assert_non_null(store_operation_by_id(s, "o12"));
    for (size_t i = 0; i < STORE_OPERATIONS_MAX; i++) {
        id_set(id, sizeof id, "x", i);
        store_apply(s, operation_news(id, OPERATION_UPLOAD, OPERATION_RUNNING, 1000));
    }
    assert_int_equal(store_operations(s, OPERATION_KINDS), STORE_OPERATIONS_MAX);
    assert_null(store_operation_by_id(s, "resumable"));
}

/* Log */

static void test_the_first_lines_go(void **state)
{
    struct store *s = store_of(state);
    uint64_t first;
    apply_touching(s, log_news("a", 3, 1), STORE_LOG);
    apply_touching(s, log_news("none", 0, 1), STORE_PARTS);
    apply_touching(s, log_news("b", 2, 1), STORE_LOG);
    assert_int_equal(store_log(s, &first), 5);
    assert_int_equal(first, 0);
    assert_line(s, 2, "a 2 ");
    assert_line(s, 3, "b 0 ");
    for (size_t i = 0; i < STORE_LOG_LINES_MAX / 100; i++)
        store_apply(s, log_news("c", 100, 1));
    assert_int_equal(store_log(s, &first), STORE_LOG_LINES_MAX);
    assert_int_equal(first, 5);
    assert_int_equal(store_log_dropped(s), 0);
    assert_line(s, 0, "c 0 ");
    store_apply(s, log_news("d", 1, 1)); /* a page of which some lines went still has the others */
    assert_line(s, 0, "c 1 ");
    assert_line(s, STORE_LOG_LINES_MAX - 1, "d 0 ");
    assert_int_equal(store_lost(s), 0);
}

static void test_a_page_longer_than_the_ring(void **state)
{
    struct store *s = store_of(state);
    uint64_t first;
    store_apply(s, log_news("a", 10, 1));
    store_apply(s, log_news("b", STORE_LOG_LINES_MAX + 7, 1));
    assert_int_equal(store_log(s, &first), STORE_LOG_LINES_MAX);
    assert_int_equal(first, 17);
    assert_line(s, 0, "b 7 ");
}

static void test_the_bytes_of_the_log_are_bounded(void **state)
{
    struct store *s = store_of(state);
    uint64_t first;
    for (size_t i = 0; i < 100; i++)
        store_apply(s, log_news("x", 100, 1900));
    size_t count = store_log(s, &first), line = 1900;
    assert_in_range(count, STORE_LOG_BYTES_MAX / (2 * line), STORE_LOG_BYTES_MAX / line);
    assert_int_equal(first + count, 10000);
    struct message *m = log_news("huge", 1, 1); /* one line in more memory than the ring may have */
    news_array(m, 1, STORE_LOG_BYTES_MAX + 1);
    store_apply(s, m);
    assert_int_equal(store_log(s, &first), 0);
    assert_int_equal(first, 10001);
    store_apply(s, log_news("after", 1, 1));
    assert_line(s, 0, "after 0 ");
}

static void test_lines_lost_on_their_way_are_counted(void **state)
{
    struct store *s = store_of(state);
    uint64_t version = store_version(s, STORE_LOG), first;
    store_log_note_dropped(s, 0);
    assert_int_equal(store_version(s, STORE_LOG), version);
    store_log_note_dropped(s, 12);
    assert_true(store_version(s, STORE_LOG) > version);
    assert_int_equal(store_log_dropped(s), 12);
    store_log(s, &first);
    assert_int_equal(first, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_empty_store_answers),
        TEST(test_what_cannot_be_used_is_taken_and_dropped),
        TEST(test_the_age_of_a_source_is_a_change),
        TEST(test_age_alone_changes_no_version_but_is_kept),
        TEST(test_each_outcome_is_news),
        TEST(test_jobs_in_their_order_each_once),
        TEST(test_losses_are_remembered_while_the_job_is_there),
        TEST(test_an_enabled_row_speaks_for_its_endpoint),
        TEST(test_endpoints_that_are_gone_go_with_what_they_had),
        TEST(test_news_before_the_list_wait_for_it),
        TEST(test_news_of_ever_new_endpoints_are_bounded),
        TEST(test_waiting_since_the_first_of_successive_looks),
        TEST(test_cost_of_an_hour),
        TEST(test_requests_newest_first),
        TEST(test_any_requests_are_in_order),
        TEST(test_mean_cost_of_finished_requests),
        TEST(test_the_oldest_requests_go_when_there_are_too_many),
        TEST(test_the_texts_of_requests_are_bounded),
        TEST(test_operations_by_kind_newest_first),
        TEST(test_operations_that_are_over_go_first),
        TEST(test_the_first_lines_go),
        TEST(test_a_page_longer_than_the_ring),
        TEST(test_the_bytes_of_the_log_are_bounded),
        TEST(test_lines_lost_on_their_way_are_counted),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
