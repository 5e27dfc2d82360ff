/* Injected faults as a client sees them, and the control surface that orders them. */
#include "live.h"

#include <pthread.h>

static atomic_int handled;

static void count(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    atomic_fetch_add(&handled, 1);
    for (int64_t i = request_query_int(r, "n", 10); i > 0; i--)
        buf_char(&p->body, (char)('0' + i % 10));
    p->content_type = "text/plain";
}

static long one_byte(struct sim *s, void *arg, char *out, size_t max)
{
    int *left = arg;
    (void)s;
    (void)max;
    if (*left == 0)
        return 0;
    *out = (char)('a' + --*left % 26);
    return 1;
}

static void stream(struct sim *s, struct request *r, struct reply *p)
{
    (void)s;
    int *left = malloc(sizeof *left);
    *left = (int)request_query_int(r, "n", 10);
    p->stream = one_byte;
    p->stream_arg = left;
    p->stream_free = free;
    p->content_type = "text/plain";
}

static const struct route routes[] = {
    {"GET", "/count", count, 0},
    {"PUT", "/count", count, ROUTE_FILE_BODY},
    {"POST", "/count", count, 0},
    {"GET", "/stream", stream, 0},
    {NULL, NULL, NULL, 0},
};

static int start(void **state)
{
    (void)state;
    atomic_store(&handled, 0);
    live_start(routes);
    return 0;
}

static int end(void **state)
{
    (void)state;
    live_end();
    return 0;
}

static int64_t real_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* What the log says of the last request. */
static void assert_logged(const char *fault, int status, int64_t received, int64_t sent)
{
    struct json *j = last_request();
    assert_string_equal(json_str_or(j, "fault", "none"), fault);
    assert_int_equal(json_int(j, "status", 0), status);
    assert_int_equal(json_int(j, "received", -1), received);
    assert_int_equal(json_int(j, "sent", -1), sent);
    json_free(j);
}

/* ---- answers instead ------------------------------------------------------------------------------ */

static void status_answers_instead(void **state)
{
    (void)state;
    char value[100];
    post_faults("{\"kind\":\"status\",\"status\":503,\"body\":\"<html>busy</html>\",\"times\":1,"
                "\"headers\":{\"Retry-After\":\"7\",\"content-type\":\"text/html\"}}");
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 503);
    assert_string_equal(buf_str(&a.body), "<html>busy</html>");
    assert_true(answer_header(&a, "Retry-After", value, sizeof value));
    assert_string_equal(value, "7");
    assert_true(answer_header(&a, "Content-Type", value, sizeof value));
    assert_string_equal(value, "text/html");
    answer_release(&a);
    assert_logged("status", 503, 0, 17);

    post_faults("{\"kind\":\"status\",\"status\":429,\"body\":{\"error\":[1]},\"times\":1}");
    a = call("POST", "/count", "{}");
    assert_int_equal(a.status, 429);
    assert_string_equal(buf_str(&a.body), "{\"error\":[1]}");
    answer_release(&a);

    post_faults("{\"kind\":\"status\",\"status\":418,\"times\":1}");
    a = call("GET", "/nowhere", NULL);
    assert_int_equal(a.status, 418);
    assert_int_not_equal(a.body.len, 0); /* the plane's own shape */
    answer_release(&a);
    assert_int_equal(atomic_load(&handled), 0);
    a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 200);
    answer_release(&a);
}

static void filler_is_as_long_as_it_says(void **state)
{
    (void)state;
    char value[100];
    post_faults("{\"kind\":\"status\",\"status\":200,\"fill\":20000001,\"times\":1}");
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.body.len, 20000001);
    assert_memory_equal(a.body.data, a.body.data + 32 * 1000, 32);
    answer_release(&a);
    assert_logged("status", 200, 0, 20000001);

    post_faults("{\"kind\":\"status\",\"status\":200,\"fill\":1125899906842624,\"times\":1}");
    int fd = raw_connect(live.port);
    raw_text(fd, "GET /count HTTP/1.1\r\nHost: x\r\n\r\n");
    a = raw_answer_head(fd);
    assert_true(answer_header(&a, "Content-Length", value, sizeof value));
    assert_string_equal(value, "1125899906842624");
    close(fd);
    answer_release(&a);
    json_free(last_request()); /* it ends with its client */
}

static void redirect_and_expired(void **state)
{
    (void)state;
    char value[100];
    post_faults("[{\"kind\":\"redirect\",\"location\":\"http://127.0.0.2/x\",\"times\":1},"
                "{\"kind\":\"expired\",\"times\":1}]");
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 302);
    assert_true(answer_header(&a, "Location", value, sizeof value));
    assert_string_equal(value, "http://127.0.0.2/x");
    answer_release(&a);
    a = call("PUT", "/count", "body");
    assert_int_equal(a.status, 403);
    assert_non_null(strstr(buf_str(&a.body), "<Code>AccessDenied</Code>"));
    assert_non_null(strstr(buf_str(&a.body), "expired"));
    assert_true(answer_header(&a, "Content-Type", value, sizeof value));
    assert_string_equal(value, "application/xml");
    answer_release(&a);
    assert_int_equal(atomic_load(&handled), 0);
}

/* ---- connections that break ----------------------------------------------------------------------- */

static void reset_before_reading(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"reset\"}");
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.ending, WAS_RESET);
    answer_release(&a);
    assert_logged("reset", 0, 0, 0);
}

static void reset_within_the_body(void **state)
{
    (void)state;
    enum { BODY = 1000000, AFTER = 654321 };
    char *body = calloc(1, BODY);
    post_faults("{\"kind\":\"reset\",\"after_bytes\":654321,\"method\":\"PUT\"}");
    struct answer a = raw_call(live.port, "PUT", "/count", KEY, body, BODY);
    assert_int_equal(a.ending, WAS_RESET);
    answer_release(&a);
    assert_logged("reset", 0, AFTER, 0);
    a = raw_call(live.port, "PUT", "/count", KEY, body, AFTER); /* all of it, but not handled */
    assert_int_equal(a.ending, WAS_RESET);
    answer_release(&a);
    assert_logged("reset", 0, AFTER, 0);
    a = raw_call(live.port, "PUT", "/count", KEY, body, 10);
    assert_int_equal(a.ending, WAS_RESET);
    answer_release(&a);
    assert_logged("reset", 0, 10, 0);
    assert_int_equal(atomic_load(&handled), 0);
    free(body);
}

static void truncate_promises_more(void **state)
{
    (void)state;
    char value[100];
    post_faults("{\"kind\":\"truncate\",\"after_bytes\":70000}");
    struct answer a = call("GET", "/count?n=100000", NULL);
    assert_int_equal(a.status, 200);
    assert_true(answer_header(&a, "Content-Length", value, sizeof value));
    assert_string_equal(value, "100000");
    assert_false(a.whole);
    assert_int_equal(a.ending, ENDED);
    assert_int_equal(a.body.len, 70000);
    answer_release(&a);
    assert_logged("truncate", 200, 0, 70000);
    a = call("GET", "/count?n=70000", NULL);
    assert_true(a.whole);
    assert_int_equal(a.body.len, 70000);
    answer_release(&a);
    json_free(call_json("DELETE", "/_sim/faults", NULL, 200));

    post_faults("{\"kind\":\"truncate\"}");
    a = call("GET", "/count?n=5", NULL);
    assert_int_equal(a.status, 200);
    assert_false(a.whole);
    assert_int_equal(a.body.len, 0);
    answer_release(&a);
}

static void truncate_cuts_streams_too(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"truncate\",\"after_bytes\":3}");
    struct answer a = call("GET", "/stream?n=10", NULL);
    assert_int_equal(a.status, 200);
    assert_false(a.whole);
    assert_string_equal(buf_str(&a.body), "jih");
    answer_release(&a);
}

static void drip_takes_its_time(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"drip\",\"chunk\":3,\"ms\":20}");
    int64_t before = real_ms();
    struct answer a = call("GET", "/count?n=10", NULL);
    assert_true(real_ms() - before >= 60);
    assert_true(a.whole);
    assert_string_equal(buf_str(&a.body), "0987654321");
    answer_release(&a);
    a = call("GET", "/stream?n=4", NULL);
    assert_true(a.whole);
    assert_string_equal(buf_str(&a.body), "dcba");
    answer_release(&a);
    assert_logged("drip", 200, 0, 4);
}

static void drips_arrive_before_the_end(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"drip\",\"chunk\":1,\"ms\":3600000}");
    int fd = raw_connect(live.port);
    raw_text(fd, "GET /count HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    struct answer a = raw_answer_head(fd);
    assert_int_equal(read_exactly(fd, &a.body, 1), STILL_OPEN);
    answer_release(&a);
    close(fd);
    assert_logged("drip", 200, 0, 1);
}

static void lost_is_done_but_not_answered(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"lost\"}");
    struct answer a = call("POST", "/count", "{}");
    assert_int_equal(a.status, 0);
    assert_int_equal(a.ending, ENDED);
    answer_release(&a);
    assert_int_equal(atomic_load(&handled), 1);
    assert_logged("lost", 0, 2, 0);
}

static void hang_waits_for_the_client_to_go(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"hang\",\"after_bytes\":2}");
    int fd = raw_connect(live.port);
    raw_text(fd, "POST /count HTTP/1.1\r\nHost: x\r\n" KEY "Content-Length: 4\r\n\r\n{\"a\"");
    char byte;
    struct timeval soon = {.tv_usec = 200000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    assert_int_equal(recv(fd, &byte, 1, 0), -1);
    close(fd);
    assert_logged("hang", 0, 2, 0);
    assert_int_equal(atomic_load(&handled), 0);
}

static void stopping_ends_a_hang(void **state)
{
    (void)state;
    post_faults("[{\"kind\":\"hang\",\"path\":\"/count\"},{\"kind\":\"delay\",\"ms\":3600000}]");
    int fd = raw_connect(live.port), other = raw_connect(live.port);
    raw_text(fd, "GET /count HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    raw_text(other, "GET /x HTTP/1.1\r\nHost: x\r\n" KEY "\r\n");
    struct json *j;
    do {
        j = call_json("GET", "/_sim/requests?after=1", NULL, 200);
        if (json_int(j, "last", 0) < 2)
            json_free(j);
        else
            break;
    } while (true);
    json_free(j);
    server_stop(live.sim->server);
    struct answer a = raw_answer_head(fd);
    assert_int_equal(a.status, 0);
    answer_release(&a);
    close(fd);
    close(other);
}

static void delay_goes_on_afterwards(void **state)
{
    (void)state;
    post_faults("[{\"kind\":\"delay\",\"ms\":80,\"times\":1},"
                "{\"kind\":\"status\",\"status\":504,\"delay_ms\":80}]");
    int64_t before = real_ms();
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 200);
    assert_true(real_ms() - before >= 80);
    answer_release(&a);
    before = real_ms();
    a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 504);
    assert_true(real_ms() - before >= 80);
    answer_release(&a);
}

enum { CLIENTS = 8, CALLS = 25 };

static void *count_faults(void *arg)
{
    intptr_t *hits = arg;
    for (int i = 0; i < CALLS; i++) {
        struct answer a = call("GET", "/count", NULL);
        *hits += a.status == 503;
        answer_release(&a);
    }
    return NULL;
}

static void counting_is_exact_among_many(void **state)
{
    (void)state;
    pthread_t threads[CLIENTS];
    intptr_t hits[CLIENTS] = {0}, sum = 0;
    post_faults("{\"kind\":\"status\",\"status\":503,\"skip\":50,\"times\":61}");
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_faults, &hits[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        sum += hits[i];
    }
    assert_int_equal(sum, 61);
    assert_int_equal(atomic_load(&handled), CLIENTS * CALLS - 61);
}

/* ---- the control surface --------------------------------------------------------------------------- */

static void the_surface_answers_on_every_port(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"reset\"}"); /* never hits /_sim/ */
    for (int i = 0; i < PLANES; i++) {
        struct answer a = raw_call(
            server_port(live.sim->server, (enum plane)i), "GET", "/_sim/faults", NULL, NULL, 0);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(buf_str(&a.body), "\"reset\""));
        answer_release(&a);
    }
    json_free(call_json("GET", "/_sim/nothing", NULL, 404));
    json_free(call_json("PUT", "/_sim/faults", "{}", 405));
    struct json *j = call_json("GET", "/_sim/requests", NULL, 200);
    assert_int_equal(json_int(j, "last", -1), 0);
    json_free(j);
}

static void mistakes_are_answered_with_a_sentence(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"/_sim/faults", "{\"kind\":\"?\"}"},
        {"/_sim/faults", ""},
        {"/_sim/faults", "[{}]"},
        {"/_sim/clock", "{}"},
        {"/_sim/clock", ""},
        {"/_sim/clock", "{\"speed\":-1}"},
        {"/_sim/clock", "{\"speed\":\"1\"}"},
        {"/_sim/clock", "{\"advance_s\":1e9}"},
        {"/_sim/play", "[]"},
        {"/_sim/play", "{\"balance\":\"much\"}"},
        {"/_sim/play", "{\"endpoint\":\"nobody\",\"purge\":true}"},
        {"/_sim/keys", "{}"},
        {"/_sim/keys", "[]"},
        {"/_sim/clock", "{\"advance_s\":5,\"sped\":9}"},
        {"/_sim/clock", "{bad"},
        {"/_sim/reset", "{bad"},
        {"/_sim/reset", "[]"},
        {"/_sim/reset", "{\"scenario\":5}"},
        {"/_sim/reset", "{\"scenario\":\"no-such\"}"},
        {"/_sim/reset", "{\"scenario\":\"/no/such.json\"}"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct json *j = call_json("POST", bad[i][0], bad[i][1], 400);
        assert_non_null(json_str(j, "error"));
        json_free(j);
    }
    struct json *state_now = call_json("GET", "/_sim/state", NULL, 200);
    assert_string_equal(json_str(state_now, "scenario"), live.sim->scenario);
    json_free(state_now);
}

static void an_entry_of_the_timeline_is_played_at_once(void **state)
{
    (void)state;
    json_free(call_json("POST", "/_sim/play", "{\"balance\":7}", 200));
    struct json *j = call_json("GET", "/_sim/state", NULL, 200);
    double balance = json_num(json_get(j, "runpod"), "balance", 0);
    assert_true(balance > 6.5 && balance < 7.5);
    json_free(j);
}

static void the_clock_obeys(void **state)
{
    (void)state;
    struct json *j = call_json("POST", "/_sim/clock", "{\"speed\":0}", 200);
    int64_t stopped = json_int(j, "now_ms", 0);
    json_free(j);
    j = call_json("POST", "/_sim/clock", "{\"advance_s\":86400.5}", 200);
    assert_int_equal(json_int(j, "now_ms", 0), stopped + 86400500);
    assert_true(json_num(j, "speed", 1) == 0);
    json_free(j);
}

static void only_named_keys_get_in(void **state)
{
    (void)state;
    json_free(call_json("POST", "/_sim/keys", "{\"only\":[\"other-key\"]}", 200));
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 401);
    answer_release(&a);
    a = raw_call(live.port, "GET", "/count", "authorization: other-key\r\n", NULL, 0);
    assert_int_equal(a.status, 200);
    answer_release(&a);
    json_free(call_json("POST", "/_sim/reset", NULL, 200));
    a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 200);
    answer_release(&a);
}

static void reset_forgets(void **state)
{
    (void)state;
    post_faults("{\"kind\":\"status\",\"status\":500}");
    struct answer a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 500);
    answer_release(&a);
    json_free(last_request());
    json_free(call_json("POST", "/_sim/reset", "{}", 200));
    struct json *j = call_json("GET", "/_sim/requests", NULL, 200);
    assert_int_equal(json_count(json_get(j, "requests")), 0);
    assert_int_equal(json_int(j, "last", -1), 1); /* numbers go on */
    json_free(j);
    a = call("GET", "/count", NULL);
    assert_int_equal(a.status, 200);
    answer_release(&a);
}

#define test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(status_answers_instead),
        test(filler_is_as_long_as_it_says),
        test(redirect_and_expired),
        test(reset_before_reading),
        test(reset_within_the_body),
        test(truncate_promises_more),
        test(truncate_cuts_streams_too),
        test(drip_takes_its_time),
        test(drips_arrive_before_the_end),
        test(lost_is_done_but_not_answered),
        test(hang_waits_for_the_client_to_go),
        test(stopping_ends_a_hang),
        test(delay_goes_on_afterwards),
        test(counting_is_exact_among_many),
        test(the_surface_answers_on_every_port),
        test(mistakes_are_answered_with_a_sentence),
        test(an_entry_of_the_timeline_is_played_at_once),
        test(the_clock_obeys),
        test(only_named_keys_get_in),
        test(reset_forgets),
    };
    return cmocka_run_group_tests_name("server_faults", tests, NULL, NULL);
}
