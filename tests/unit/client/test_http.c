/* The HTTP engine with servers that behave: what goes out, what comes back,
 * uploads, compression, caps, connection reuse. */
#include "http_fixture.h"

#include <unistd.h>

/* ---- requests and answers -------------------------------------------------------------------- */

static void an_answer_comes_whole(void **state)
{
    struct fixture *f = *state;
    struct buf value;
    buf_init(&value, 100);
    fault_server_add(f->server, &(struct fault_rule){.path = "/a?b=c",
                                    .headers = "X-Thing:  One \r\nx-Empty:\r\nX-Thing: two\r\n",
                                    .body = "hello",
                                    .length = 5});
    struct http_request r = fixture_get(fault_server_url(f->server, "/a?b=c"));
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "hello");
    assert_true(http_response_header(&f->response, "x-thing", &value));
    assert_string_equal(buf_str(&value), "One");
    assert_true(http_response_header(&f->response, "x-empty", &value));
    assert_string_equal(buf_str(&value), "");
    assert_false(http_response_header(&f->response, "x-other", &value));
    assert_string_equal(buf_str(&f->response.url), r.url);
    assert_int_equal(f->response.attempts, 1);
    assert_false(f->response.http2);
    struct fault_request seen = fixture_request(f->server, "/a?b=c", 0);
    assert_string_equal(seen.method, "GET");
    fixture_header(&seen, "User-Agent", "slipway-test/1");
    fixture_header(&seen, "Authorization", NULL);
    fixture_header(&seen, "Content-Length", NULL);
    fixture_header(&seen, "Cookie", NULL);
    buf_release(&value);
}

static void an_error_status_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct http_request r = fixture_get(fault_server_url(f->server, "/none"));
    fixture_expect(f, &r, 404);
    assert_string_equal(buf_str(&f->response.body), "no rule");
}

static void a_response_can_be_used_again(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/1", .headers = "X-A: 1\r\n", .fill = 1000});
    fault_server_add(f->server, &(struct fault_rule){.path = "/2", .status = 204});
    struct http_request r = fixture_get(fault_server_url(f->server, "/1"));
    struct buf value;
    buf_init(&value, 100);
    fixture_expect(f, &r, 200);
    r.url = fault_server_url(f->server, "/2");
    fixture_expect(f, &r, 204);
    assert_int_equal(f->response.body.len, 0);
    assert_false(http_response_header(&f->response, "x-a", &value));
    buf_release(&value);
}

static void every_method_with_its_body(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum http_method method;
        const char *name, *body, *length;
    } rows[] = {
        {HTTP_GET, "GET", "", NULL},
        {HTTP_POST, "POST", "{\"a\":1}", "7"},
        {HTTP_POST, "POST", "", "0"},
        {HTTP_PUT, "PUT", "bytes", "5"},
        {HTTP_PUT, "PUT", "", "0"},
        {HTTP_PATCH, "PATCH", "p", "1"},
        {HTTP_DELETE, "DELETE", "", NULL},
        {HTTP_DELETE, "DELETE", "d", "1"},
    };
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request r = fixture_post(fault_server_url(f->server, "/"), rows[i].body);
        r.method = rows[i].method;
        fixture_expect(f, &r, 200);
        struct fault_request seen = fixture_request(f->server, "/", i);
        assert_string_equal(seen.method, rows[i].name);
        assert_string_equal(seen.body, rows[i].body);
        fixture_header(&seen, "Content-Length", rows[i].length);
        fixture_header(&seen, "Transfer-Encoding", NULL);
        fixture_header(&seen, "Content-Type", NULL); /* the caller's to say */
        fixture_header(&seen, "Expect", NULL);
    }
}

static void head_has_headers_only(void **state)
{
    struct fixture *f = *state;
    struct buf value;
    buf_init(&value, 100);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = 12345});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.method = HTTP_HEAD;
    r.answer_max = 0;
    fixture_expect(f, &r, 200);
    assert_int_equal(f->response.body.len, 0);
    assert_true(http_response_header(&f->response, "content-length", &value));
    assert_string_equal(buf_str(&value), "12345");
    buf_release(&value);
}

static void the_callers_headers_go_out(void **state)
{
    struct fixture *f = *state;
    const struct http_header headers[] = {{.name = "Content-Type", .value = "application/json"},
        {.name = "X-Empty", .value = ""}, {.name = "Range", .value = "bytes=0-1"}};
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = fixture_post(fault_server_url(f->server, "/"), "{}");
    r.headers = headers;
    r.header_count = 3;
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    fixture_header(&seen, "Content-Type", "application/json");
    fixture_header(&seen, "X-Empty", "");
    fixture_header(&seen, "Range", "bytes=0-1");
}

static void odd_header_lines_do_no_harm(void **state)
{
    struct fixture *f = *state;
    struct buf value;
    buf_init(&value, 100);
    fault_server_add(f->server, &(struct fault_rule){.path = "/",
                                    .raw = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                                           "HTTP/1.1 200 OK\r\n: no name\r\nX-Folded: a\r\n  b\r\n"
                                           "X-Tab:\tt\t\r\nContent-Length: 2\r\n\r\nok"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "ok");
    assert_true(http_response_header(&f->response, "x-folded", &value));
    assert_string_equal(buf_str(&value), "a b");
    assert_true(http_response_header(&f->response, "x-tab", &value));
    assert_string_equal(buf_str(&value), "t");
    assert_false(http_response_header(&f->response, "x-early", &value));
    assert_null(strstr(buf_str(&f->response.headers), "no name"));
    buf_release(&value);
}

static void chunked_answers_and_their_trailers(void **state)
{
    struct fixture *f = *state;
    struct buf value;
    buf_init(&value, 100);
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/",
                       .raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
                              "3\r\nabc\r\n0\r\nX-A: trailer\r\nX-B: trailer\r\n\r\n"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "abc");
    assert_true(http_response_header(&f->response, "x-a", &value));
    assert_string_equal(buf_str(&value), "1");
    assert_false(http_response_header(&f->response, "x-b", &value));
    buf_release(&value);
}

static void connections_are_used_again(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = 10});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    for (int i = 0; i < 10; i++)
        fixture_expect(f, &r, 200);
    assert_int_equal(fault_server_connections(f->server), 1);
}

static void progress_counts_both_ways(void **state)
{
    struct fixture *f = *state;
    struct http_progress progress = {0};
    atomic_store(&progress.sent, 100);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = 70000});
    struct http_request r = fixture_post(fault_server_url(f->server, "/"), "0123456789");
    r.progress = &progress;
    fixture_expect(f, &r, 200);
    assert_int_equal(atomic_load(&progress.sent), 110);
    assert_int_equal(atomic_load(&progress.received), 70000);
}

/* ---- compression ----------------------------------------------------------------------------- */

/* gzip of "unpacked" */
static const char packed_word[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\xcd\x2b\x48\x4c\xce\x4e\x4d\x01\x00\x96\x62\x2f\xca\x08\x00\x00\x00";
enum { PACKED_WORD = sizeof packed_word - 1 };

/* Fixed Huffman codes, least significant bit first: a zero, then matches of 258 zeros in 13 bits
 * each. */
static size_t bomb(unsigned char *out, size_t matches)
{
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    memcpy(out, head, sizeof head);
    unsigned long bits = 3 | 0x0cul << 3; /* last block, fixed codes; literal 0 */
    size_t n = sizeof head, have = 3 + 8;
    for (size_t i = 0; i < matches; i++) {
        bits |= 0xa3ul << have; /* length 258 is 11000101, distance 1 is 00000 */
        for (have += 13; have >= 8; have -= 8, bits >>= 8)
            out[n++] = (unsigned char)bits;
    }
    return n;
}

static void compressed_answers_are_unpacked(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/",
                                    .headers = "Content-Encoding: gzip\r\n",
                                    .body = packed_word,
                                    .length = PACKED_WORD});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "unpacked");
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_non_null(strstr(fault_header(&seen, "Accept-Encoding"), "gzip"));
    const struct http_header identity = {.name = "Accept-Encoding", .value = "identity"};
    r.headers = &identity;
    r.header_count = 1;
    fixture_expect(f, &r, 200);
    seen = fixture_request(f->server, "/", 1);
    fixture_header(&seen, "Accept-Encoding", "identity");
    assert_int_equal(f->response.body.len, PACKED_WORD); /* as it came: the caller said so */
    assert_memory_equal(f->response.body.data, packed_word, PACKED_WORD);
}

static void a_bomb_is_stopped_at_the_cap(void **state)
{
    struct fixture *f = *state;
    static unsigned char packed[64 * 1024];
    size_t n = bomb(packed, 30000); /* 48 KB that would become 7.7 MB */
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/", .headers = "Content-Encoding: gzip\r\n", .body = packed, .length = n});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.retry = HTTP_RETRY_SAFE;
    fixture_fails(f, &r, ERR_REMOTE, "too large");
    assert_int_equal(fault_server_count(f->server, "/"), 1); /* asking again changes nothing */
}

static void broken_compression_is_nonsense(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/",
                                    .headers = "Content-Encoding: gzip\r\n",
                                    .body = "not gzip at all",
                                    .length = 15});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_fails(f, &r, ERR_REMOTE, "no proper HTTP");
}

/* ---- caps ------------------------------------------------------------------------------------ */

static void an_answer_at_the_cap_fits(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = 100000, .chunk = 999});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.answer_max = 100000;
    fixture_expect(f, &r, 200);
    assert_int_equal(f->response.body.len, 100000);
    r.answer_max = 99999;
    fixture_fails(f, &r, ERR_REMOTE, "too large");
}

static void an_endless_answer_is_stopped(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .fill = 4096, .endless = true});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_fails(f, &r, ERR_REMOTE, "too large");
}

static void an_error_page_is_cut_not_refused(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .status = 502, .fill = 4096, .endless = true});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.answer_max = 10;
    fixture_expect(f, &r, 502);
    assert_true(f->response.body.len > 1000 && f->response.body.len <= 64 * 1024);
}

static void endless_headers_are_stopped(void **state)
{
    struct fixture *f = *state;
    static char headers[HTTP_HEADER_BYTES_MAX + 2000];
    size_t n = 0;
    while (n < sizeof headers - 1100) {
        n += (size_t)snprintf(headers + n, sizeof headers - n, "X-%zu: ", n);
        memset(headers + n, 'h', 1000);
        n += 1000;
        n += (size_t)snprintf(headers + n, sizeof headers - n, "\r\n");
    }
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .headers = headers});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_fails(f, &r, ERR_REMOTE, "headers");
}

/* ---- uploads --------------------------------------------------------------------------------- */

static int temporary_file(size_t n, uint64_t *sum)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    unsigned state = 7;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        fputc((int)(state >> 24), file);
    }
    assert_int_equal(fflush(file), 0);
    int fd = dup(fileno(file));
    fclose(file);
    char *all = malloc(n + 1);
    assert_non_null(all);
    assert_int_equal(pread(fd, all, n, 0), n);
    *sum = fault_sum(0, all, n);
    free(all);
    return fd;
}

static struct http_request put_file(const char *url, int fd, int64_t length)
{
    struct http_request r = fixture_get(url);
    r.method = HTTP_PUT;
    r.has_file = true;
    r.file_fd = fd;
    r.file_length = length;
    return r;
}

static void a_file_is_uploaded(void **state)
{
    struct fixture *f = *state;
    const size_t n = 3 * 1024 * 1024 + 17;
    uint64_t sum;
    int fd = temporary_file(n, &sum);
    struct http_progress progress = {0};
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, (int64_t)n);
    r.progress = &progress;
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_int_equal(seen.length, n);
    assert_int_equal(seen.sum, sum);
    assert_true(seen.expected_continue);
    fixture_header(&seen, "Content-Length", "3145745");
    assert_int_equal(atomic_load(&progress.sent), n);
    close(fd);
}

static void a_range_of_a_file_is_uploaded(void **state)
{
    struct fixture *f = *state;
    uint64_t sum;
    int fd = temporary_file(200000, &sum);
    char part[70001];
    assert_int_equal(pread(fd, part, sizeof part, 1234), sizeof part);
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, sizeof part);
    r.file_offset = 1234;
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_int_equal(seen.sum, fault_sum(0, part, sizeof part));
    assert_false(seen.expected_continue);             /* below 1 MiB nobody waits */
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 200000); /* its own offset is left alone */
    close(fd);
}

static void an_empty_file_is_uploaded(void **state)
{
    struct fixture *f = *state;
    uint64_t sum;
    int fd = temporary_file(0, &sum);
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, 0);
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    fixture_header(&seen, "Content-Length", "0");
    close(fd);
}

static void a_file_that_got_shorter_fails_at_once(void **state)
{
    struct fixture *f = *state;
    uint64_t sum;
    int fd = temporary_file(100000, &sum);
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, 100001);
    r.retry = HTTP_RETRY_SAFE;
    fixture_fails(f, &r, ERR_IO, "shorter");
    assert_int_equal(f->response.attempts, 1);
    close(fd);
    r.file_fd = 1000000;
    fixture_fails(f, &r, ERR_IO, "Bad file descriptor");
}

static void a_server_that_never_says_continue_gets_the_body(void **state)
{
    struct fixture *f = *state;
    const size_t n = 2 * 1024 * 1024;
    uint64_t sum;
    int fd = temporary_file(n, &sum);
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .silent_expect = true});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, (int64_t)n);
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_int_equal(seen.sum, sum);
    close(fd);
}

/* libcurl answers 417 by asking again without Expect; what came with the 417 must not stay. */
static void a_server_that_dislikes_expect(void **state)
{
    struct fixture *f = *state;
    const size_t n = 2 * 1024 * 1024;
    uint64_t sum;
    int fd = temporary_file(n, &sum);
    struct http_progress progress = {0};
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/", .times = 1, .status = 417, .headers = "X-Old: 1\r\n", .fill = 5000});
    fault_server_add(f->server, &(struct fault_rule){.path = "/", .body = "done", .length = 4});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, (int64_t)n);
    r.progress = &progress;
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "done");
    assert_null(strstr(buf_str(&f->response.headers), "x-old"));
    struct fault_request seen = fixture_request(f->server, "/", 1);
    assert_int_equal(seen.sum, sum);
    assert_false(seen.expected_continue);
    assert_int_equal(atomic_load(&progress.sent), n);
    assert_int_equal(atomic_load(&progress.received), 4);
    close(fd);
}

static void a_refusal_before_the_body_saves_sending_it(void **state)
{
    struct fixture *f = *state;
    const size_t n = 64 * 1024 * 1024;
    uint64_t sum;
    int fd = temporary_file(n, &sum);
    fault_server_add(
        f->server, &(struct fault_rule){.path = "/", .status = 403, .close = true, .fill = 9});
    struct http_request r = put_file(fault_server_url(f->server, "/"), fd, (int64_t)n);
    fixture_expect(f, &r, 403);
    struct fault_request seen = fixture_request(f->server, "/", 0);
    assert_int_equal(seen.length, 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(an_answer_comes_whole),
        FIXTURE_TEST(an_error_status_is_an_answer),
        FIXTURE_TEST(a_response_can_be_used_again),
        FIXTURE_TEST(every_method_with_its_body),
        FIXTURE_TEST(head_has_headers_only),
        FIXTURE_TEST(the_callers_headers_go_out),
        FIXTURE_TEST(odd_header_lines_do_no_harm),
        FIXTURE_TEST(chunked_answers_and_their_trailers),
        FIXTURE_TEST(connections_are_used_again),
        FIXTURE_TEST(progress_counts_both_ways),
        FIXTURE_TEST(compressed_answers_are_unpacked),
        FIXTURE_TEST(a_bomb_is_stopped_at_the_cap),
        FIXTURE_TEST(broken_compression_is_nonsense),
        FIXTURE_TEST(an_answer_at_the_cap_fits),
        FIXTURE_TEST(an_endless_answer_is_stopped),
        FIXTURE_TEST(an_error_page_is_cut_not_refused),
        FIXTURE_TEST(endless_headers_are_stopped),
        FIXTURE_TEST(a_file_is_uploaded),
        FIXTURE_TEST(a_range_of_a_file_is_uploaded),
        FIXTURE_TEST(an_empty_file_is_uploaded),
        FIXTURE_TEST(a_file_that_got_shorter_fails_at_once),
        FIXTURE_TEST(a_server_that_never_says_continue_gets_the_body),
        FIXTURE_TEST(a_server_that_dislikes_expect),
        FIXTURE_TEST(a_refusal_before_the_body_saves_sending_it),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
