/* Requests in the store: those that are not over, stale news, why one failed, and listed ones that turn out to be
 * our own. */
#include "model/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct store *s;
static struct clock *now;

static int begin(void **state)
{
    (void)state;
    now = clock_new(INT64_C(1795413600000), 0);
    s = store_new(now);
    return s ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    store_free(s);
    clock_free(now);
    return 0;
}

static struct request request_of(const char *id, enum request_status status)
{
    struct request q;
    request_init(&q);
    snprintf(q.id, sizeof q.id, "%s", id);
    snprintf(q.endpoint_id, sizeof q.endpoint_id, "x2x4");
    q.status = status;
    q.submitted_ms = clock_wall_ms(now);
    return q;
}

static void tell(const struct request *q)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_REQUEST, q->id, 64 * 1024);
    struct request *copy = arena_alloc(m->arena, sizeof *copy);
    *copy = *q;
    m->payload = copy;
    store_apply(s, m);
}

/* The open ones are those that a walk over all finds, whatever happens. */
static void open_ones_are_kept_apart(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 3000; round++) {
        char id[16];
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        snprintf(id, sizeof id, "r%d", (int)((random >> 40) % 200));
        struct request q = request_of(id, (enum request_status)((random >> 33) % REQUEST_STATUSES));
        q.submitted_ms -= (int64_t)((random >> 50) % 1000);
        tell(&q);
        size_t open = 0;
        for (size_t i = 0; i < store_requests(s); i++)
            open += !request_is_final(store_request(s, i)->status);
        assert_int_equal(open, store_requests_open(s));
        for (size_t i = 0; i < open; i++) {
            const struct request *o = store_request_open(s, i);
            assert_ptr_equal(o, store_request_by_id(s, o->id));
            assert_false(request_is_final(o->status));
        }
        assert_null(store_request_open(s, open));
    }
}

/* Two threads tell of the same request: what was seen earlier does not undo what is known. */
static void stale_news_are_left_out(void **state)
{
    (void)state;
    struct request q = request_of("a", REQUEST_COMPLETED);
    q.seen_ms = 2000;
    tell(&q);
    uint64_t version = store_version(s, STORE_REQUESTS);
    q.status = REQUEST_IN_PROGRESS;
    q.seen_ms = 1000;
    tell(&q);
    assert_int_equal(store_request_by_id(s, "a")->status, REQUEST_COMPLETED);
    assert_int_equal(store_version(s, STORE_REQUESTS), version);
    q.status = REQUEST_IN_QUEUE; /* queued again */
    q.seen_ms = 3000;
    tell(&q);
    assert_int_equal(store_request_by_id(s, "a")->status, REQUEST_IN_QUEUE);
    q.status = REQUEST_IN_PROGRESS; /* nothing is known of when */
    q.seen_ms = -1;
    tell(&q);
    assert_int_equal(store_request_by_id(s, "a")->status, REQUEST_IN_PROGRESS);
}

static void why_is_the_error_in_a_line(void **state)
{
    (void)state;
    struct request q = request_of("a", REQUEST_FAILED);
    q.error = TEXT("{\"error_type\":\"<class 'ValueError'>\",\"error_message\":\"no prompt\"}");
    q.why = TEXT("not to be believed");
    tell(&q);
    assert_string_equal(store_request_by_id(s, "a")->why.s, "ValueError: no prompt");
    q.status = REQUEST_IN_QUEUE;
    q.error = TEXT("");
    tell(&q);
    assert_int_equal(store_request_by_id(s, "a")->why.len, 0);
}

static void ones_own_takes_the_place_of_a_listed_one(void **state)
{
    (void)state;
    struct request listed = request_of("", REQUEST_IN_QUEUE),
                   own = request_of("own", REQUEST_SENDING);
    tell(&own);
    snprintf(listed.job_id, sizeof listed.job_id, "job-u1");
    request_listed_id(listed.endpoint_id, listed.job_id, listed.id);
    listed.listed = true;
    listed.cost = 0.5;
    tell(&listed);
    assert_int_equal(store_requests(s), 2);
    snprintf(own.job_id, sizeof own.job_id, "job-u1");
    own.status = REQUEST_IN_QUEUE;
    tell(&own);
    assert_int_equal(store_requests(s), 1);
    assert_string_equal(store_request(s, 0)->id, "own");
    assert_int_equal(store_requests_open(s), 1);
    assert_int_equal(store_lost(s), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(open_ones_are_kept_apart),
        T(stale_news_are_left_out),
        T(why_is_the_error_in_a_line),
        T(ones_own_takes_the_place_of_a_listed_one),
    };
    return cmocka_run_group_tests_name("store requests", tests, NULL, NULL);
}
