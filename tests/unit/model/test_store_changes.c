/* What became of the requests' rows: who follows the changes the store tells has the same rows as one who
 * looks at all of them; and pages of requests, whose records share a message. */
#include "news_make.h"

#include "dice.h"

#include <stdlib.h>

enum { IDS = 120, ROWS_MAX = IDS + 60 };

/* The rows as one knows them who only follows. */
struct mirror {
    char ids[ROWS_MAX][REQUEST_ID_MAX];
    bool stale[ROWS_MAX];          /* told to have changed */
    enum request_status seen[ROWS_MAX]; /* when they were looked at last */
    size_t count;
    uint64_t version;
    size_t followed, lost; /* changes told; times the store did not know */
};

static struct store *start(struct clock **clock)
{
    *clock = clock_new(1795442551000, 0);
    assert_non_null(*clock);
    struct store *s = store_new(*clock);
    assert_non_null(s);
    return s;
}

static void look_at(const struct store *s, struct mirror *m, size_t row)
{
    snprintf(m->ids[row], sizeof m->ids[row], "%s", store_request(s, row)->id);
    m->seen[row] = store_request(s, row)->status;
    m->stale[row] = false;
}

static void look_at_all(const struct store *s, struct mirror *m)
{
    m->count = store_requests(s);
    m->version = store_version(s, STORE_REQUESTS);
    for (size_t i = 0; i < m->count; i++)
        look_at(s, m, i);
    m->lost++;
}

static void shift(struct mirror *m, size_t from, size_t to, size_t count)
{
    memmove(m->ids[to], m->ids[from], count * sizeof m->ids[0]);
    memmove(&m->stale[to], &m->stale[from], count * sizeof m->stale[0]);
    memmove(&m->seen[to], &m->seen[from], count * sizeof m->seen[0]);
}

static bool follow_one(struct mirror *m, const struct store_change *c)
{
    if (!c)
        return false;
    assert_true(c->row < m->count + (c->kind == STORE_ADDED));
    if (c->kind == STORE_ADDED) {
        assert_true(m->count < ROWS_MAX);
        shift(m, c->row, c->row + 1, m->count - c->row);
        m->ids[c->row][0] = '\0';
        m->count++;
    } else if (c->kind == STORE_REMOVED) {
        m->count--;
        shift(m, c->row + 1, c->row, m->count - c->row);
        return true;
    }
    m->stale[c->row] = true;
    return true;
}

static void follow(const struct store *s, struct mirror *m)
{
    uint64_t now = store_version(s, STORE_REQUESTS);
    while (m->version < now) {
        if (!follow_one(m, store_request_change(s, m->version + 1))) {
            look_at_all(s, m);
            return;
        }
        m->version++;
        m->followed++;
    }
    assert_int_equal(m->count, store_requests(s));
    for (size_t i = 0; i < m->count; i++)
        if (m->stale[i])
            look_at(s, m, i);
}

static bool is_right(const struct store *s, const struct mirror *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->ids[i], store_request(s, i)->id) != 0 ||
            m->seen[i] != store_request(s, i)->status)
            return false;
    return m->count == store_requests(s);
}

/* ---- what happens ---------------------------------------------------------------------------------- */

static void fill(struct request *q, struct dice *d, struct message *m)
{
    size_t n = dice_below(d, IDS);
    request_init(q);
    snprintf(q->id, sizeof q->id, "q%zu", n);
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "e%zu", n % 3);
    if (dice_below(d, 2)) /* the record of a listed one goes when our own names its job */
        snprintf(q->job_id, sizeof q->job_id, "job-%zu", dice_below(d, 40));
    if (q->job_id[0] && dice_below(d, 3) == 0) {
        q->listed = true;
        request_listed_id(q->endpoint_id, q->job_id, q->id);
        q->job_id[0] = '\0';
    }
    q->submitted_ms = dice_below(d, 60) ? (int64_t)n * 100 : (int64_t)dice_below(d, 9000);
    q->seen_ms = (int64_t)dice_below(d, 1000) + 1;
    q->status = (enum request_status)dice_below(d, REQUEST_STATUSES);
    q->error = dice_below(d, 2) ? text_in(m, "Traceback: it died") : TEXT("");
}

static struct message *one(struct dice *d)
{
    struct message *m = news_new(NEWS_REQUEST, sizeof(struct request));
    fill(m->payload, d, m);
    return m;
}

static struct message *many(struct dice *d)
{
    struct message *m = news_new(NEWS_REQUESTS, sizeof(struct request_page));
    struct request_page *page = m->payload;
    page->count = dice_below(d, 12);
    page->requests = news_array(m, page->count + 1, sizeof *page->requests);
    for (size_t i = 0; i < page->count; i++)
        fill(&page->requests[i], d, m);
    return m;
}

static void test_who_follows_sees_the_same(void **state)
{
    (void)state;
    struct mirror *m = calloc(1, sizeof *m);
    assert_non_null(m);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct dice d = dice_new(seed);
        struct clock *clock;
        struct store *s = start(&clock);
        look_at_all(s, m);
        for (int step = 0; step < 150; step++) {
            for (size_t i = dice_below(&d, 5); i > 0 && store_requests(s) < IDS - 20; i--)
                store_apply(s, dice_below(&d, 4) ? one(&d) : many(&d));
            follow(s, m);
            if (!is_right(s, m))
                fail_msg("seed %llu, step %d: other rows", (unsigned long long)seed, step);
        }
        store_free(s);
        clock_free(clock);
    }
    assert_true(m->followed > 5 * m->lost); /* asking for all is the exception */
    free(m);
}

/* Who looks away for too long is told so, and not something that is long past. */
static void test_old_changes_are_forgotten(void **state)
{
    (void)state;
    struct clock *clock;
    struct store *s = start(&clock);
    assert_null(store_request_change(s, 0));
    assert_null(store_request_change(s, 1));
    for (int i = 0; i < STORE_CHANGES_MAX + 10; i++)
        store_apply(s, request_news(i % 2 ? "a" : "b", "e", 5,
                           i / 2 % 2 ? REQUEST_IN_QUEUE : REQUEST_IN_PROGRESS, NAN));
    uint64_t now = store_version(s, STORE_REQUESTS);
    assert_non_null(store_request_change(s, now));
    assert_non_null(store_request_change(s, now - STORE_CHANGES_MAX + 1));
    assert_null(store_request_change(s, now - STORE_CHANGES_MAX));
    assert_null(store_request_change(s, now + 1));
    store_free(s);
    clock_free(clock);
}

/* A page stays for as long as one of its records does; what is known better already stays too. */
static void test_a_page_is_taken_one_by_one(void **state)
{
    (void)state;
    struct clock *clock;
    struct store *s = start(&clock);
    struct message *fresh = request_news("q1", "e", 20, REQUEST_COMPLETED, 0.5);
    ((struct request *)fresh->payload)->seen_ms = 900;
    store_apply(s, fresh);
    struct message *m = news_new(NEWS_REQUESTS, sizeof(struct request_page));
    struct request_page *page = m->payload;
    page->count = 4;
    page->requests = news_array(m, 4, sizeof *page->requests);
    for (size_t i = 0; i < 4; i++) {
        struct request *q = &page->requests[i];
        request_init(q);
        if (i < 3) /* the last has no id: it is no record */
            id_set(q->id, sizeof q->id, "q", i);
        q->submitted_ms = 10 * (int64_t)i + 10;
        q->seen_ms = 100;
        q->status = REQUEST_IN_QUEUE;
        q->input = text_in(m, "what was asked");
    }
    store_apply(s, m);
    assert_int_equal(store_requests(s), 3);
    assert_int_equal(store_request_by_id(s, "q1")->status, REQUEST_COMPLETED);
    assert_int_equal(store_requests_open(s), 2);
    for (size_t i = 0; i < 2; i++)
        assert_ptr_equal(store_request(s, store_request_open_row(s, i)), store_request_open(s, i));
    /* one of the page is replaced, the other one's texts are still there */
    store_apply(s, request_news("q0", "e", 10, REQUEST_FAILED, NAN));
    assert_string_equal(store_request_by_id(s, "q2")->input.s, "what was asked");
    store_apply(s, request_news("q2", "e", 30, REQUEST_FAILED, NAN));
    assert_int_equal(store_requests_open(s), 0);
    assert_int_equal(store_lost(s), 0);
    m = news_new(NEWS_REQUESTS, sizeof(struct request_page));
    store_apply(s, m); /* an empty one */
    store_free(s);
    clock_free(clock);
}

/* At the bound a new row takes the oldest one's place: both are told. */
static void test_the_oldest_is_told_to_go(void **state)
{
    (void)state;
    struct clock *clock;
    struct store *s = start(&clock);
    for (size_t begin = 0; begin < STORE_REQUESTS_MAX; begin += 1000) {
        struct message *m = news_new(NEWS_REQUESTS, sizeof(struct request_page));
        struct request_page *page = m->payload;
        page->count = 1000;
        page->requests = news_array(m, page->count, sizeof *page->requests);
        for (size_t i = 0; i < page->count; i++) {
            request_init(&page->requests[i]);
            id_set(page->requests[i].id, sizeof page->requests[i].id, "q", begin + i);
            page->requests[i].submitted_ms = (int64_t)(begin + i);
        }
        store_apply(s, m);
    }
    assert_int_equal(store_requests(s), STORE_REQUESTS_MAX);
    uint64_t before = store_version(s, STORE_REQUESTS);
    store_apply(s, request_news("new", "e", STORE_REQUESTS_MAX, REQUEST_COMPLETED, NAN));
    assert_int_equal(store_version(s, STORE_REQUESTS), before + 2);
    const struct store_change *added = store_request_change(s, before + 1);
    const struct store_change *removed = store_request_change(s, before + 2);
    assert_int_equal(added->kind, STORE_ADDED);
    assert_int_equal(added->row, 0);
    assert_int_equal(removed->kind, STORE_REMOVED);
    assert_int_equal(removed->row, STORE_REQUESTS_MAX);
    assert_null(store_request_by_id(s, "q0"));
    store_free(s);
    clock_free(clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_follows_sees_the_same),
        cmocka_unit_test(test_old_changes_are_forgotten),
        cmocka_unit_test(test_a_page_is_taken_one_by_one),
        cmocka_unit_test(test_the_oldest_is_told_to_go),
    };
    return cmocka_run_group_tests_name("store_changes", tests, NULL, NULL);
}
