/* Streaming answers: bytes as they come, back-pressure instead of loss, many at once with requests
 * beside them, and an end that is told apart from a break. */
#include "http_fixture.h"

#include <pthread.h>

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

struct reader {
    struct wait wait;
    struct http_stream *stream;
    struct buf bytes;
    enum http_stream_state state;
    int status;
    struct err err;
};

static struct http_request stream_request(const char *url)
{
    struct http_request r = fixture_get(url);
    r.answer_max = 64 * 1024;
    return r;
}

static void reader_open(struct reader *r, struct fixture *f, const struct http_request *request)
{
    *r = (struct reader){0};
    assert_int_equal(wait_init(&r->wait), 0);
    buf_init(&r->bytes, 64 * 1024 * 1024);
    r->stream = http_stream_open(f->http, request, &r->wait, &r->err);
    if (r->stream == NULL)
        fail_msg("%s", r->err.message);
}

static void reader_close(struct reader *r)
{
    http_stream_close(r->stream);
    buf_release(&r->bytes);
    wait_release(&r->wait);
}

/* Reads until the stream has ended or has given `bytes`; at most 20 s. */
static void reader_run(struct reader *r, size_t bytes)
{
    int64_t until = now_ms() + 20000;
    for (;;) {
        uint64_t seen = wait_seen(&r->wait);
        r->state = http_stream_read(r->stream, &r->bytes, &r->status, &r->err);
        if (r->state >= HTTP_STREAM_ENDED || r->bytes.len >= bytes)
            return;
        if (now_ms() > until)
            fail_msg("only %zu bytes", r->bytes.len);
        wait_until(&r->wait, seen, until - now_ms());
    }
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void bytes_come_as_they_are_sent(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(f->server, &(struct fault_rule){.path = "/",
                                    .body = "data: a\n\n",
                                    .length = 9,
                                    .endless = true,
                                    .drip_ms = 20,
                                    .headers = "Content-Type: text/event-stream\r\n"});
    struct http_request request = stream_request(fault_server_url(f->server, "/"));
    reader_open(&r, f, &request);
    reader_run(&r, 27);
    assert_int_equal(r.state, HTTP_STREAM_OPEN);
    assert_int_equal(r.status, 200);
    assert_memory_equal(buf_str(&r.bytes), "data: a\n\ndata: a\n\ndata: a\n\n", 27);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    fixture_header(&seen, "Accept-Encoding", NULL);
    reader_close(&r);
}

static void an_end_is_told_from_a_break(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/ends", .fill = 5000, .chunked = true});
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/cut", .fill = 5000, .chunked = true, .chunk = 1000, .cut_after = 3000});
    fault_server_add(f->server, &(struct fault_rule){.path = "/lost", .lost = true});
    struct http_request request = stream_request(fault_server_url(f->server, "/ends"));
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    assert_int_equal(r.bytes.len, 5000);
    assert_int_equal(http_stream_read(r.stream, &r.bytes, NULL, NULL), HTTP_STREAM_ENDED);
    reader_close(&r);

    request.url = fault_server_url(f->server, "/cut");
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_FAILED);
    assert_int_equal(r.err.class, ERR_NET);
    assert_int_equal(r.bytes.len, 3000); /* what came before the break is handed out first */
    reader_close(&r);

    request.url = fault_server_url(f->server, "/lost");
    request.retry = HTTP_RETRY_SAFE; /* streams are never tried again by the engine */
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_FAILED);
    assert_int_equal(r.status, 0);
    assert_int_equal(fault_server_count(f->server, "/lost"), 1);
    reader_close(&r);
}

static void an_error_status_is_seen_with_its_body(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(
        f->server, &(struct fault_rule){
                       .path = "/", .status = 404, .body = "{\"error\":\"x\"}", .length = 13});
    struct http_request request = stream_request(fault_server_url(f->server, "/"));
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    assert_int_equal(r.status, 404);
    assert_string_equal(buf_str(&r.bytes), "{\"error\":\"x\"}");
    reader_close(&r);
}

static void redirects_are_followed_unseen(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(f->server, &(struct fault_rule){.path = "/a",
                                    .status = 302,
                                    .headers = "Location: /b\r\n",
                                    .body = "moved",
                                    .length = 5});
    fault_server_add(f->server, &(struct fault_rule){.path = "/b", .body = "here", .length = 4});
    struct http_request request = stream_request(fault_server_url(f->server, "/a"));
    request.follow = true;
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.status, 200);
    assert_string_equal(buf_str(&r.bytes), "here");
    reader_close(&r);
    request.follow = false;
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.status, 302);
    assert_string_equal(buf_str(&r.bytes), "moved");
    reader_close(&r);
}

static void a_post_can_be_answered_by_a_stream(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .body = "data: x\n\n", .length = 9});
    struct http_request request =
        fixture_post(fault_server_url(f->server, "/"), "{\"stream\":true}");
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_string_equal(seen.body, "{\"stream\":true}");
    reader_close(&r);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void the_deadline_is_for_the_headers_only(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/slow", .fill = 40, .chunk = 1, .drip_ms = 25});
    struct http_request request = stream_request(fault_server_url(f->server, "/hang"));
    request.deadline_ms = 400;
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_FAILED);
    assert_int_equal(r.err.class, ERR_TIMEOUT);
    assert_int_equal(r.status, 0);
    reader_close(&r);

    request.url = fault_server_url(f->server, "/slow"); /* takes a second */
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    assert_int_equal(r.bytes.len, 40);
    reader_close(&r);
}

static void silence_is_a_stall_if_asked_for(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .fill = 10, .chunked = true, .stall = true});
    struct http_request request = stream_request(fault_server_url(f->server, "/"));
    request.stall_ms = 300;
    reader_open(&r, f, &request);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_FAILED);
    assert_int_equal(r.err.class, ERR_TIMEOUT);
    assert_int_equal(r.bytes.len, 10);
    reader_close(&r);
}

static void closing_is_prompt_at_any_time(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/flood", .fill = 65536, .endless = true});
    int64_t begun = now_ms();
    for (int i = 0; i < 40; i++) {
        struct http_request request =
            stream_request(fault_server_url(f->server, i % 2 ? "/hang" : "/flood"));
        reader_open(&r, f, &request);
        if (i % 4 >= 2)
            assert_true(fault_server_await(f->server, i % 2 ? "/hang" : "/flood", 1));
        if (i % 8 == 6)
            reader_run(&r, 200000);
        reader_close(&r);
    }
    assert_true(now_ms() - begun < 5000);
}

/* ---- back-pressure --------------------------------------------------------------------------- */

static void sleep_ms(int64_t ms)
{
    struct wait pause;
    assert_int_equal(wait_init(&pause), 0);
    wait_until(&pause, wait_seen(&pause), ms);
    wait_release(&pause);
}

/* The server stands still when nobody reads: its count stops moving. */
static int64_t settled(struct fault_server *s)
{
    int64_t before = -1, sent = fault_server_sent(s);
    for (int i = 0; i < 100 && (sent == 0 || sent != before); i++) {
        before = sent;
        sleep_ms(200);
        sent = fault_server_sent(s);
    }
    assert_int_equal(sent, before);
    return sent;
}

static void a_slow_reader_slows_the_server(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    enum { LENGTH = 40 * 1024 * 1024 };
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = LENGTH, .chunk = 65536});
    struct http_request request = stream_request(fault_server_url(f->server, "/"));
    request.stall_ms = 1000; /* a reader's slowness is not the server's silence */
    reader_open(&r, f, &request);
    int64_t sent = settled(f->server);
    assert_true(sent > 0 && sent < LENGTH / 2); /* the buffer and the kernel's, not all */
    sleep_ms(1200);
    reader_run(&r, SIZE_MAX);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    assert_int_equal(r.bytes.len, LENGTH);
    for (size_t i = 0; i < LENGTH; i += 4099)
        assert_int_equal(r.bytes.data[i], 'x');
    reader_close(&r);
}

/* Nothing is lost or doubled by many pauses: numbered lines through a narrow reader. */
static void pauses_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct reader r;
    enum { LINES = 200000 };
    struct buf body;
    buf_init(&body, 16 * 1024 * 1024);
    for (int i = 0; i < LINES; i++)
        assert_int_equal(buf_printf(&body, "%07d\n", i), 0);
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/", .body = body.data, .length = body.len, .chunked = true, .chunk = 7001});
    struct http_request request = stream_request(fault_server_url(f->server, "/"));
    request.answer_max = 1; /* as narrow as it gets */
    reader_open(&r, f, &request);
    r.bytes.max = 777;
    int next = 0;
    int64_t until = now_ms() + 60000;
    do {
        uint64_t seen = wait_seen(&r.wait);
        r.state = http_stream_read(r.stream, &r.bytes, NULL, &r.err);
        size_t used = 0;
        for (; used + 8 <= r.bytes.len; used += 8)
            assert_int_equal(strtol(r.bytes.data + used, NULL, 10), next++);
        if (used == 0 && r.state < HTTP_STREAM_ENDED)
            wait_until(&r.wait, seen, 20000);
        buf_drop(&r.bytes, used);
    } while (r.state < HTTP_STREAM_ENDED && now_ms() < until);
    assert_int_equal(r.state, HTTP_STREAM_ENDED);
    assert_int_equal(next, LINES);
    reader_close(&r);
    buf_release(&body);
}

/* ---- many ------------------------------------------------------------------------------------ */

enum { STREAMS = 32 };

static void many_streams_and_requests_beside_them(void **state)
{
    struct fixture *f = *state;
    static struct reader readers[STREAMS];
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/drip", .fill = 16, .endless = true, .drip_ms = 10});
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/flood", .fill = 65536, .endless = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/ask", .body = "ok", .length = 2});
    const struct http_request requests[2] = {stream_request(fault_server_url(f->server, "/flood")),
        stream_request(fault_server_url(f->server, "/drip"))};
    for (int i = 0; i < STREAMS; i++)
        reader_open(&readers[i], f, &requests[i % 2]);
    struct http_request ask = fixture_get(fault_server_url(f->server, "/ask"));
    for (int i = 0; i < 50; i++)
        fixture_expect(f, &ask, 200);
    for (int i = 1; i < STREAMS; i += 2) { /* the floods stand still all the while */
        reader_run(&readers[i], 64);
        assert_int_equal(readers[i].state, HTTP_STREAM_OPEN);
    }
    assert_int_equal(fault_server_count(f->server, "/drip"), STREAMS / 2);
    for (int i = 0; i < STREAMS; i += 2)
        reader_run(&readers[i], 300000);
    int64_t begun = now_ms();
    for (int i = 0; i < STREAMS; i++)
        reader_close(&readers[i]);
    assert_true(now_ms() - begun < 2000);
}

static void refusals_come_at_once(void **state)
{
    struct fixture *f = *state;
    struct http_request request = stream_request("http://10.0.0.1/");
    struct err e;
    assert_null(http_stream_open(f->http, &request, NULL, &e));
    assert_int_equal(e.class, ERR_INPUT);
    http_stream_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(bytes_come_as_they_are_sent),
        FIXTURE_TEST(an_end_is_told_from_a_break),
        FIXTURE_TEST(an_error_status_is_seen_with_its_body),
        FIXTURE_TEST(redirects_are_followed_unseen),
        FIXTURE_TEST(a_post_can_be_answered_by_a_stream),
        FIXTURE_TEST(the_deadline_is_for_the_headers_only),
        FIXTURE_TEST(silence_is_a_stall_if_asked_for),
        FIXTURE_TEST(closing_is_prompt_at_any_time),
        FIXTURE_TEST(a_slow_reader_slows_the_server),
        FIXTURE_TEST(pauses_lose_nothing),
        FIXTURE_TEST(many_streams_and_requests_beside_them),
        FIXTURE_TEST(refusals_come_at_once),
    };
    return cmocka_run_group_tests_name("http streams", tests, NULL, NULL);
}
