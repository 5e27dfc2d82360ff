/* Many requests at a time: their order, their width, their queue at one origin. */
#include "http_fixture.h"

#include <pthread.h>

/* ---- batches --------------------------------------------------------------------------------- */

enum { MANY = 40 };

static void a_batch_keeps_its_order(void **state)
{
    struct fixture *f = *state;
    struct http_request requests[MANY];
    static struct http_response responses[MANY];
    static struct err errors[MANY];
    static char urls[MANY][64], bodies[MANY][8], paths[MANY][8];
    for (int i = 0; i < MANY; i++) {
        snprintf(paths[i], sizeof paths[i], "/%d", i);
        snprintf(bodies[i], sizeof bodies[i], "<%d>", i);
        snprintf(urls[i], sizeof urls[i], "%s", fault_server_url(f->server, paths[i]));
        if (i % 10 != 9)
            fault_server_add(f->server, &(struct fault_rule){.path = paths[i],
                                            .delay_ms = i % 5,
                                            .body = bodies[i],
                                            .length = strlen(bodies[i])});
        else
            fault_server_add(f->server, &(struct fault_rule){.path = paths[i], .lost = true});
        requests[i] = fixture_get(i % 10 == 8 ? "http://10.0.0.1/" : urls[i]);
        http_response_init(&responses[i]);
    }
    assert_int_equal(http_batch(f->http, requests, responses, errors, MANY, 0, f->cancel), 8);
    for (int i = 0; i < MANY; i++) {
        if (i % 10 < 8) {
            assert_int_equal(errors[i].class, ERR_NONE);
            assert_string_equal(buf_str(&responses[i].body), bodies[i]);
        } else {
            assert_int_equal(errors[i].class, i % 10 == 8 ? ERR_INPUT : ERR_NET);
        }
        http_response_release(&responses[i]);
    }
    assert_int_equal(http_batch(f->http, requests, responses, errors, 0, 0, f->cancel), 0);
}

static void a_batch_is_no_wider_than_asked(void **state)
{
    struct fixture *f = *state;
    struct http_request requests[12];
    struct http_response responses[12];
    struct err errors[12];
    fault_server_add(f->server, &(struct fault_rule){.path = "/slow", .delay_ms = 20});
    const char *url = fault_server_url(f->server, "/slow");
    for (int i = 0; i < 12; i++) {
        requests[i] = fixture_get(url);
        http_response_init(&responses[i]);
    }
    assert_int_equal(http_batch(f->http, requests, responses, errors, 12, 3, f->cancel), 0);
    assert_int_equal(fault_server_connections(f->server), 3);
    for (int i = 0; i < 12; i++)
        http_response_release(&responses[i]);
}

static void *one_request(void *arg)
{
    struct fixture *f = arg;
    struct http_response response;
    char url[64];
    http_response_init(&response);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/slow", fault_server_port(f->server));
    struct http_request r = fixture_get(url);
    struct err e;
    int result = http_do(f->http, &r, &response, f->cancel, &e);
    http_response_release(&response);
    return result == 0 ? NULL : arg;
}

static void requests_to_one_origin_queue_up(void **state)
{
    struct fixture *f = *state;
    struct http_options options = {.user_agent = "t", .connections_per_host = 2};
    pthread_t threads[8];
    http_free(f->http);
    f->http = http_new(&options, NULL);
    assert_non_null(f->http);
    fault_server_add(f->server, &(struct fault_rule){.path = "/slow", .delay_ms = 30});
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_request, f), 0);
    for (int i = 0; i < 8; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(fault_server_count(f->server, "/slow"), 8);
    assert_int_equal(fault_server_connections(f->server), 2);
}

/* ---- one by one ------------------------------------------------------------------------------ */

enum { WIDTH = 3 };

struct loop {
    struct wait wake;
    struct http_many *many;
    struct http_request requests[WIDTH];
    struct http_response responses[WIDTH];
    struct err errors[WIDTH];
};

static void loop_begin(struct loop *l, struct fixture *f)
{
    struct err e;
    assert_int_equal(wait_init(&l->wake), 0);
    l->many = http_many_new(f->http, WIDTH, &l->wake, &e);
    assert_non_null(l->many);
    for (int i = 0; i < WIDTH; i++)
        http_response_init(&l->responses[i]);
}

static void loop_end(struct loop *l)
{
    http_many_free(l->many);
    for (int i = 0; i < WIDTH; i++)
        http_response_release(&l->responses[i]);
    wait_release(&l->wake);
}

static int loop_start(struct loop *l, int i, const char *url)
{
    l->requests[i] = fixture_get(url);
    return http_many_start(
        l->many, &l->requests[i], &l->responses[i], &l->errors[i], &l->requests[i]);
}

static struct http_ended loop_next(struct loop *l)
{
    struct http_ended ended;
    for (;;) {
        uint64_t seen = wait_seen(&l->wake);
        if (http_many_next(l->many, &ended))
            return ended;
        assert_true(wait_until(&l->wake, seen, DEADLINE_MS));
    }
}

static void requests_end_in_their_own_time(void **state)
{
    struct fixture *f = *state;
    struct loop l;
    struct http_ended ended;
    struct err e;
    struct http_response none;
    loop_begin(&l, f);
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/lost", .lost = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/busy", .status = 503});
    assert_false(http_many_next(l.many, &ended));
    assert_int_equal(loop_start(&l, 0, fault_server_url(f->server, "/hang")), 0);
    assert_int_equal(loop_start(&l, 1, fault_server_url(f->server, "/lost")), 0);
    ended = loop_next(&l);
    assert_ptr_equal(ended.tag, &l.requests[1]);
    assert_true(ended.failed);
    assert_int_equal(l.errors[1].class, ERR_NET);
    assert_true(l.responses[1].again);
    assert_int_equal(loop_start(&l, 1, "http://10.0.0.1/"), -1); /* a rule */
    assert_int_equal(http_many_under_way(l.many), 1);
    assert_int_equal(loop_start(&l, 1, fault_server_url(f->server, "/busy")), 0);
    assert_int_equal(loop_start(&l, 2, fault_server_url(f->server, "/absent")), 0);
    http_response_init(&none);
    assert_int_equal(http_many_start(l.many, &l.requests[2], &none, &e, NULL), -1);
    assert_int_equal(e.class, ERR_STATE); /* no wider than it was made */
    for (int i = 0; i < 2; i++) {
        ended = loop_next(&l);
        assert_false(ended.failed);
        bool busy = ended.tag == &l.requests[1];
        assert_int_equal(l.responses[busy ? 1 : 2].status, busy ? 503 : 404);
        assert_int_equal(l.responses[busy ? 1 : 2].again, busy);
    }
    http_many_drop(l.many);
    ended = loop_next(&l);
    assert_ptr_equal(ended.tag, &l.requests[0]);
    assert_int_equal(l.errors[0].class, ERR_CANCEL);
    assert_int_equal(http_many_under_way(l.many), 0);
    loop_end(&l);
}

static void freeing_waits_for_what_is_under_way(void **state)
{
    struct fixture *f = *state;
    struct loop l;
    loop_begin(&l, f);
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    for (int i = 0; i < WIDTH; i++)
        assert_int_equal(loop_start(&l, i, fault_server_url(f->server, "/hang")), 0);
    loop_end(&l);
}

/* ---- a rate for all -------------------------------------------------------------------------- */

static int64_t put_all(struct fixture *f, struct http_limit *limit)
{
    enum { BYTES = 150 * 1000 };
    static char body[BYTES];
    struct http_request requests[WIDTH];
    struct http_response responses[WIDTH];
    struct err errors[WIDTH];
    fault_server_add(f->server, &(struct fault_rule){.path = "/put"});
    const char *url = fault_server_url(f->server, "/put");
    for (int i = 0; i < WIDTH; i++) {
        requests[i] = fixture_get(url);
        requests[i].method = HTTP_PUT;
        requests[i].body = body;
        requests[i].body_length = sizeof body;
        requests[i].limit = limit;
        http_response_init(&responses[i]);
    }
    int64_t begun = clock_mono_ms(clock_real());
    assert_int_equal(http_batch(f->http, requests, responses, errors, WIDTH, 0, f->cancel), 0);
    for (int i = 0; i < WIDTH; i++) {
        assert_int_equal(responses[i].status, 200);
        http_response_release(&responses[i]);
    }
    return clock_mono_ms(clock_real()) - begun;
}

static void a_limit_is_for_all_together(void **state)
{
    struct fixture *f = *state;
    struct http_limit limit = {.bytes_per_s = 200 * 1000}, none = {0};
    assert_true(put_all(f, &limit) >= 1500); /* 450 kB: 2.25 s */
    assert_int_equal(limit.running, 0);
    assert_true(put_all(f, &none) < 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_batch_keeps_its_order),
        FIXTURE_TEST(a_batch_is_no_wider_than_asked),
        FIXTURE_TEST(requests_to_one_origin_queue_up),
        FIXTURE_TEST(requests_end_in_their_own_time),
        FIXTURE_TEST(freeing_waits_for_what_is_under_way),
        FIXTURE_TEST(a_limit_is_for_all_together),
    };
    return cmocka_run_group_tests_name("http batch", tests, NULL, NULL);
}
