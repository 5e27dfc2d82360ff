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

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_batch_keeps_its_order),
        FIXTURE_TEST(a_batch_is_no_wider_than_asked),
        FIXTURE_TEST(requests_to_one_origin_queue_up),
    };
    return cmocka_run_group_tests_name("http batch", tests, NULL, NULL);
}
