/* The HTTP engine with servers that misbehave: each failure has its own class and words, happens
 * within its limit, and is tried again exactly where the caller's promise allows it. */
#include "http_fixture.h"

#include <unistd.h>

static int64_t now_ms(void)
{
    return clock_mono_ms(clock_real());
}

/* ---- distinct errors ------------------------------------------------------------------------- */

static void nobody_listens(void **state)
{
    struct fixture *f = *state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", fault_closed_port());
    struct http_request r = fixture_get(url);
    fixture_fails(f, &r, ERR_NET, "could not connect to http://127.0.0.1:");
    assert_true(f->err.hint[0] != '\0');
}

static void a_name_nobody_knows(void **state)
{
    struct fixture *f = *state;
    struct http_request r = fixture_get("https://no-such-host.invalid/path?secret=qqq");
    fixture_fails(f, &r, ERR_NET, "could not resolve https://no-such-host.invalid");
    assert_null(strstr(f->err.message, "qqq"));
}

static void connections_that_break(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/reset", .reset = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/lost", .lost = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/mid",
                                    .fill = 50000,
                                    .chunk = 1000,
                                    .cut_after = 20000,
                                    .cut_by_reset = true});
    struct http_request r = fixture_get(fault_server_url(f->server, "/reset"));
    fixture_fails(f, &r, ERR_NET, "connection was lost");
    r.url = fault_server_url(f->server, "/lost");
    fixture_fails(f, &r, ERR_NET, "connection was lost");
    r.url = fault_server_url(f->server, "/mid");
    fixture_fails(f, &r, ERR_NET, "");
}

static void answers_that_are_cut(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/length", .fill = 50000, .cut_after = 49999});
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/chunked", .fill = 5000, .cut_after = 4000, .chunked = true});
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/head", .raw = "HTTP/1.1 200 OK\r\nContent-Le"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/length"));
    fixture_fails(f, &r, ERR_NET, "cut short");
    r.url = fault_server_url(f->server, "/chunked");
    fixture_fails(f, &r, ERR_NET, "cut short");
    r.url = fault_server_url(f->server, "/head");
    fixture_fails(f, &r, ERR_NET, "cut short");
}

static void answers_that_are_no_http(void **state)
{
    struct fixture *f = *state;
    static const char *const raw[] = {"hello there, I am no web server\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 777 High\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2000 Long\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        fault_server_add(f->server, &(struct fault_rule){.raw = raw[i], .times = 1});
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
        struct http_request r = fixture_get(fault_server_url(f->server, "/"));
        r.retry = HTTP_RETRY_UNSENT; /* it was sent: never again */
        assert_int_equal(fixture_do(f, &r), -1);
        if (f->err.class != ERR_REMOTE && f->err.class != ERR_NET)
            fail_msg("%zu: %s", i, f->err.message);
    }
    assert_int_equal(fault_server_count(f->server, NULL), sizeof raw / sizeof *raw);
}

static void interim_answers_without_end(void **state)
{
    struct fixture *f = *state;
    static char raw[HTTP_HEADER_BYTES_MAX * 2];
    size_t n = 0;
    while (n < sizeof raw - 64)
        n += (size_t)snprintf(raw + n, sizeof raw - n, "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n");
    fault_server_add(f->server, &(struct fault_rule){.raw = raw});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_fails(f, &r, ERR_REMOTE, "headers");
}

/* ---- time ------------------------------------------------------------------------------------ */

static void fails_within(
    struct fixture *f, const struct http_request *r, const char *words, int64_t least, int64_t most)
{
    int64_t begun = now_ms();
    fixture_fails(f, r, ERR_TIMEOUT, words);
    int64_t took = now_ms() - begun;
    if (took < least || took > most)
        fail_msg("took %lld ms", (long long)took);
}

static void the_deadline_ends_every_phase(void **state)
{
    struct fixture *f = *state;
    struct fault_blackhole hole;
    char url[64];
    fault_blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", hole.port);
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/drip", .fill = 100000, .chunk = 10, .drip_ms = 20});
    struct http_request r = fixture_get(url);
    r.deadline_ms = 300;
    r.retry = HTTP_RETRY_SAFE;
    fails_within(f, &r, "while connecting", 300, 3000);
    r.url = fault_server_url(f->server, "/hang");
    fails_within(f, &r, "while waiting for the answer", 300, 3000);
    r.url = fault_server_url(f->server, "/drip");
    fails_within(f, &r, "while receiving the answer", 300, 3000);
    fault_blackhole_close(&hole);
}

static void a_server_that_stops_reading(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .status = 500, .hang = true});
    char *large = calloc(1, 16 * 1024 * 1024);
    assert_non_null(large);
    struct http_request r = fixture_post(fault_server_url(f->server, "/"), "");
    r.body = large; /* above 1 MiB: the server is asked first and never says go on, then hangs */
    r.body_length = 16 * 1024 * 1024;
    r.stall_ms = 1500;
    fails_within(f, &r, "no byte for 1.5 s, while sending", 1500, 10000);
    free(large);
}

static void silence_is_a_stall(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/hang", .hang = true});
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/mid", .headers = "Content-Length: 999\r\n", .fill = 10, .stall = true});
    struct http_request r = fixture_get(fault_server_url(f->server, "/hang"));
    r.stall_ms = 200;
    fails_within(f, &r, "while waiting for the answer", 200, 3000);
    r.url = fault_server_url(f->server, "/mid");
    fails_within(f, &r, "while receiving the answer", 200, 3000);
}

/* Ten times as long as the stall limit in all, but never silent for that long. */
static void a_slow_answer_is_no_stall(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .fill = 60, .chunk = 1, .drip_ms = 25});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.stall_ms = 1000;
    fixture_expect(f, &r, 200);
    assert_int_equal(f->response.body.len, 60);
}

/* ---- another try ----------------------------------------------------------------------------- */

static void safe_requests_are_tried_again(void **state)
{
    struct fixture *f = *state;
    static const struct fault_rule faults[] = {
        {.path = "/0", .times = 2, .reset = true},
        {.path = "/1", .times = 2, .lost = true},
        {.path = "/2", .times = 2, .fill = 100, .cut_after = 50},
        {.path = "/3", .times = 2, .hang = true},
        {.path = "/4", .times = 2, .status = 503},
        {.path = "/5", .times = 2, .status = 500},
        {.path = "/6", .times = 2, .status = 429},
        {.path = "/7", .times = 2, .status = 408},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        fault_server_add(f->server, &faults[i]);
        struct http_request r = fixture_post(fault_server_url(f->server, faults[i].path), "body");
        fault_server_add(
            f->server, &(struct fault_rule){.path = faults[i].path, .body = "done", .length = 4});
        r.retry = HTTP_RETRY_SAFE;
        r.stall_ms = 300;
        fixture_expect(f, &r, 200);
        assert_string_equal(buf_str(&f->response.body), "done");
        /* libcurl itself sends again, uncounted, when a reused connection turns out dead */
        assert_in_range(f->response.attempts, 2, 3);
        assert_int_equal(fault_server_count(f->server, faults[i].path), 3);
        struct fault_request seen = fixture_request(f->server, faults[i].path, 2);
        assert_string_equal(seen.body, "body");
    }
}

static void tries_have_an_end(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/503", .status = 503});
    fault_server_add(f->server, &(struct fault_rule){.path = "/lost", .lost = true});
    struct http_request r = fixture_get(fault_server_url(f->server, "/503"));
    r.retry = HTTP_RETRY_SAFE;
    fixture_expect(f, &r, 503); /* the last answer is the answer */
    assert_int_equal(f->response.attempts, 5);
    assert_int_equal(fault_server_count(f->server, "/503"), 5);
    r.url = fault_server_url(f->server, "/lost");
    r.attempts = 2;
    fixture_fails(f, &r, ERR_NET, "lost");
    assert_int_equal(f->response.attempts, 2);
}

/* Design rule 4: what may have happened is not done again. */
static void unsafe_requests_are_sent_once(void **state)
{
    struct fixture *f = *state;
    static const struct fault_rule faults[] = {
        {.path = "/0", .reset = true},
        {.path = "/1", .lost = true},
        {.path = "/2", .fill = 100, .cut_after = 50},
        {.path = "/3", .hang = true},
        {.path = "/4", .status = 503},
        {.path = "/5", .status = 500},
        {.path = "/6", .status = 408},
    };
    static const enum http_retry promises[] = {HTTP_RETRY_NONE, HTTP_RETRY_UNSENT};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        fault_server_add(f->server, &faults[i]);
        for (size_t p = 0; p < 2; p++) {
            struct http_request r = fixture_post(fault_server_url(f->server, faults[i].path), "x");
            r.retry = promises[p];
            r.stall_ms = 100;
            int result = fixture_do(f, &r);
            assert_int_equal(result, i < 4 ? -1 : 0);
            assert_int_equal(f->response.attempts, 1);
        }
        assert_int_equal(fault_server_count(f->server, faults[i].path), 2);
    }
}

static void what_was_surely_not_done_is_tried_again(void **state)
{
    struct fixture *f = *state;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", fault_closed_port());
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .status = 429, .times = 3});
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .status = 201});
    struct http_request r = fixture_post(fault_server_url(f->server, "/"), "x");
    r.retry = HTTP_RETRY_UNSENT;
    fixture_expect(f, &r, 201);
    assert_int_equal(f->response.attempts, 4);
    r.url = url;
    fixture_fails(f, &r, ERR_NET, "could not connect");
    assert_int_equal(f->response.attempts, 5);
    r.retry = HTTP_RETRY_NONE;
    fixture_fails(f, &r, ERR_NET, "could not connect");
    assert_int_equal(f->response.attempts, 1);
}

/* libcurl sends a request again by itself when a reused connection dies without an answer. Here the
 * server has read the POST by then, and may have created something that costs money. */
static void a_post_on_a_reused_connection_is_sent_once(void **state)
{
    struct fixture *f = *state;
    static const enum http_retry promises[] = {HTTP_RETRY_NONE, HTTP_RETRY_UNSENT};
    static const enum http_method methods[] = {HTTP_POST, HTTP_PUT, HTTP_DELETE};
    fault_server_add(f->server, &(struct fault_rule){.path = "/warm"});
    fault_server_add(f->server, &(struct fault_rule){.path = "/create", .lost = true});
    size_t sent = 0;
    for (size_t p = 0; p < 2; p++) {
        for (size_t m = 0; m < 3; m++) {
            struct http_request r = fixture_get(fault_server_url(f->server, "/warm"));
            fixture_expect(f, &r, 200);
            r = fixture_post(fault_server_url(f->server, "/create"), m == 2 ? "" : "{}");
            r.method = methods[m];
            r.retry = promises[p];
            fixture_fails(f, &r, ERR_NET, "lost");
            assert_int_equal(fault_server_count(f->server, "/create"), ++sent);
        }
    }
}

static void the_server_says_when_to_come_back(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){
                       .path = "/", .status = 429, .headers = "Retry-After: 1\r\n", .times = 1});
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.retry = HTTP_RETRY_UNSENT;
    int64_t begun = now_ms();
    fixture_expect(f, &r, 200);
    assert_true(now_ms() - begun >= 1000); /* not the 10 ms of the back-off */
    assert_int_equal(f->response.attempts, 2);
    assert_int_equal(f->response.retry_after_ms, 0);
}

static void a_wait_past_the_deadline_is_not_begun(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path, *headers;
        int64_t asked;
    } rows[] = {
        {"/1", "Retry-After: 3600\r\n", 3600000},
        {"/2", "RateLimit: \"api\";r=0;t=300\r\n", 301000},
        {"/3", "RateLimit: \"minute\";r=58;t=12, \"hour\";r=0;t=1800\r\n", 1801000},
        {"/4", "Retry-After: 99999999999999999999\r\n", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fault_server_add(f->server,
            &(struct fault_rule){.path = rows[i].path, .status = 429, .headers = rows[i].headers});
        struct http_request r = fixture_get(fault_server_url(f->server, rows[i].path));
        r.retry = HTTP_RETRY_SAFE;
        int64_t begun = now_ms();
        fixture_expect(f, &r, 429);
        assert_true(now_ms() - begun < 5000);
        assert_int_equal(f->response.attempts, 1);
        assert_int_equal(f->response.retry_after_ms, rows[i].asked);
    }
}

static void the_deadline_covers_the_waits(void **state)
{
    struct fixture *f = *state;
    struct http_options options = {.user_agent = "t", .backoff_ms = 400};
    http_free(f->http);
    f->http = http_new(&options, NULL);
    assert_non_null(f->http);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .status = 503});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.retry = HTTP_RETRY_SAFE;
    r.deadline_ms = 1000;
    int64_t begun = now_ms();
    fixture_expect(f, &r, 503); /* a second wait of 0.8 s would not fit */
    assert_true(now_ms() - begun < 3000);
    assert_int_equal(f->response.attempts, 2);
}

static void a_retry_starts_from_home_with_the_key(void **state)
{
    struct fixture *f = *state;
    char to[128];
    snprintf(to, sizeof to, "Location: %s\r\n", fault_server_url(f->other, "/store"));
    fault_server_add(f->server, &(struct fault_rule){.path = "/a", .status = 302, .headers = to});
    fault_server_add(f->other, &(struct fault_rule){.path = "/store", .status = 503, .times = 1});
    fault_server_add(f->other, &(struct fault_rule){.path = "/store", .body = "ok", .length = 2});
    struct http_request r = fixture_get(fault_server_url(f->server, "/a"));
    r.bearer = secret_register("TEST_TOKEN", "hf_opensesameopensesame", NULL);
    r.follow = true;
    r.retry = HTTP_RETRY_SAFE;
    fixture_expect(f, &r, 200);
    assert_int_equal(f->response.attempts, 2);
    assert_int_equal(fault_server_count(f->server, "/a"), 2);
    struct fault_request seen = fixture_request(f->server, "/a", 1);
    fixture_header(&seen, "Authorization", "Bearer hf_opensesameopensesame");
    seen = fixture_request(f->other, "/store", 1);
    fixture_header(&seen, "Authorization", NULL);
}

static void uploads_are_rewound(void **state)
{
    struct fixture *f = *state;
    enum { LENGTH = 3 * 1024 * 1024 };
    FILE *file = tmpfile();
    char *bytes = malloc(LENGTH);
    assert_true(file != NULL && bytes != NULL);
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (char)(i * 31 + i / 251);
    assert_int_equal(fwrite(bytes, 1, LENGTH, file), LENGTH);
    assert_int_equal(fflush(file), 0);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .times = 1, .reset_early = true});
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/", .times = 1, .status = 307, .headers = "Location: /\r\n"});
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .times = 1, .lost = true});
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .times = 1, .status = 503});
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_progress progress = {0};
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.method = HTTP_PUT;
    r.has_file = true;
    r.file_fd = fileno(file);
    r.file_offset = 1000;
    r.file_length = LENGTH - 1000;
    r.retry = HTTP_RETRY_SAFE;
    r.follow = true;
    r.progress = &progress;
    fixture_expect(f, &r, 200);
    size_t n = fault_server_count(f->server, "/");
    struct fault_request seen = fixture_request(f->server, "/", n - 1);
    assert_int_equal(seen.length, LENGTH - 1000);
    assert_int_equal(seen.sum, fault_sum(0, bytes + 1000, LENGTH - 1000));
    assert_int_equal(atomic_load(&progress.sent), LENGTH - 1000); /* failed tries do not count */
    free(bytes);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(nobody_listens),
        FIXTURE_TEST(a_name_nobody_knows),
        FIXTURE_TEST(connections_that_break),
        FIXTURE_TEST(answers_that_are_cut),
        FIXTURE_TEST(answers_that_are_no_http),
        FIXTURE_TEST(interim_answers_without_end),
        FIXTURE_TEST(the_deadline_ends_every_phase),
        FIXTURE_TEST(a_server_that_stops_reading),
        FIXTURE_TEST(silence_is_a_stall),
        FIXTURE_TEST(a_slow_answer_is_no_stall),
        FIXTURE_TEST(safe_requests_are_tried_again),
        FIXTURE_TEST(tries_have_an_end),
        FIXTURE_TEST(unsafe_requests_are_sent_once),
        FIXTURE_TEST(what_was_surely_not_done_is_tried_again),
        FIXTURE_TEST(a_post_on_a_reused_connection_is_sent_once),
        FIXTURE_TEST(the_server_says_when_to_come_back),
        FIXTURE_TEST(a_wait_past_the_deadline_is_not_begun),
        FIXTURE_TEST(the_deadline_covers_the_waits),
        FIXTURE_TEST(a_retry_starts_from_home_with_the_key),
        FIXTURE_TEST(uploads_are_rewound),
    };
    return cmocka_run_group_tests_name("http faults", tests, NULL, NULL);
}
