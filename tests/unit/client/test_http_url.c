/* Which addresses may be asked, which redirects followed, what goes where, and when to try again:
 * the pure rules of the HTTP engine, with hostile input. */
#include "client/http_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- addresses ------------------------------------------------------------------------------- */

static void good_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
        bool https, loopback;
    } rows[] = {
        {"https://api.runpod.io/v2", "api.runpod.io", 443, true, false},
        {"HTTPS://API.RunPod.io:8443", "api.runpod.io", 8443, true, false},
        {"https://bucket.s3.amazonaws.com/a%2Fb?X-Amz-Signature=ab%3D&x=1",
            "bucket.s3.amazonaws.com", 443, true, false},
        {"http://127.0.0.1:8080/x", "127.0.0.1", 8080, false, true},
        {"http://127.8.9.10/", "127.8.9.10", 80, false, true},
        {"http://127.1/", "127.0.0.1", 80, false, true},
        {"http://0x7f000001/", "127.0.0.1", 80, false, true},
        {"http://localhost:1/", "localhost", 1, false, true},
        {"http://LOCALHOST/", "localhost", 80, false, true},
        {"http://[::1]:9/", "::1", 9, false, true},
        {"https://[2001:db8::1]/", "2001:db8::1", 443, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_origin o;
        struct err e;
        if (http_url_read(rows[i].url, &o, &e) != 0)
            fail_msg("%s: %s", rows[i].url, e.message);
        assert_string_equal(o.host, rows[i].host);
        assert_int_equal(o.port, rows[i].port);
        assert_int_equal(o.https, rows[i].https);
        assert_int_equal(o.loopback, rows[i].loopback);
    }
}

static void bad_addresses(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",
        "api.runpod.io/v2",
        "/v2",
        "//api.runpod.io/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https:/api.runpod.io/",
        "https:///api.runpod.io/",
        "https://",
        "https://user@api.runpod.io/",
        "https://user:pass@api.runpod.io/",
        "https://api.runpod.io@evil.example/",
        "https://api.runpod.io\\@evil.example/",
        "https://api.runpod.io:99999/",
        "https://api.runpod.io:x/",
        "https://api.runpod.io/a b",
        "https://api.runpod.io/a\r\nX: y",
        "https://api.runpod.io/a\nX: y",
        "https://api.runpod.io/\x01",
        "https://api.runpod.io/\x7f",
        "https://api.runpod.io/\xc3\xa4",
        "https://[::1/",
        " https://api.runpod.io/",
        /* plain http to anything but loopback */
        "http://api.runpod.io/",
        "http://10.0.0.1/",
        "http://128.0.0.1/",
        "http://126.255.255.255/",
        "http://0.0.0.0/",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://evil.localhost.example/",
        "http://notlocalhost/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://2130706433.evil/",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_origin o;
        struct err e;
        if (http_url_read(urls[i], &o, &e) == 0)
            fail_msg("%s was taken for %s", urls[i], o.host);
        assert_int_equal(e.class, ERR_INPUT);
    }
}

static void an_address_may_not_be_endless(void **state)
{
    (void)state;
    static char url[HTTP_URL_MAX + 1];
    struct http_origin o;
    memset(url, 'a', HTTP_URL_MAX);
    memcpy(url, "https://x/", 10);
    assert_int_equal(http_url_read(url, &o, NULL), -1);
    url[HTTP_URL_MAX - 1] = '\0';
    assert_int_equal(http_url_read(url, &o, NULL), 0);
}

static void errors_do_not_show_credentials(void **state)
{
    (void)state;
    struct http_origin o;
    struct err e;
    assert_int_equal(http_url_read("https://me:opensesame@api.runpod.io/", &o, &e), -1);
    assert_null(strstr(e.message, "opensesame"));
}

static void origins_are_scheme_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"https://x.example/a", "https://X.example:443/b?c", true},
        {"https://x.example/", "https://x.example:444/", false},
        {"https://x.example/", "https://y.example/", false},
        {"https://x.example/", "https://x.example./", false},
        {"http://localhost:443/", "https://localhost:443/", false},
        {"http://127.0.0.1/", "http://127.1:80/", true},
        {"http://127.0.0.1/", "http://localhost/", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_origin a, b;
        assert_int_equal(http_url_read(rows[i].a, &a, NULL), 0);
        assert_int_equal(http_url_read(rows[i].b, &b, NULL), 0);
        assert_int_equal(http_origin_equal(&a, &b), rows[i].same);
    }
}

static void what_is_shown_of_an_address(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 64);
    http_url_show("https://x.example:8/path/to?secret=1#f", true, &b);
    assert_string_equal(buf_str(&b), "https://x.example:8/path/to");
    buf_clear(&b);
    http_url_show("https://x.example:8/path/to?secret=1", false, &b);
    assert_string_equal(buf_str(&b), "https://x.example:8");
    buf_clear(&b);
    http_url_show("https://x.example?secret=1", false, &b);
    assert_string_equal(buf_str(&b), "https://x.example");
    buf_release(&b);
}

/* ---- redirects ------------------------------------------------------------------------------- */

static void redirects_that_are_followed(void **state)
{
    (void)state;
    static const struct {
        const char *base, *location, *url;
    } rows[] = {
        {"https://hf.co/a/b?x=1", "/c", "https://hf.co/c"},
        {"https://hf.co/a/b?x=1", "c?y=2", "https://hf.co/a/c?y=2"},
        {"https://hf.co/a/b?x=1", "?y=2", "https://hf.co/a/b?y=2"},
        {"https://hf.co/a/b", "../c", "https://hf.co/c"},
        {"https://hf.co/a/b", "//cdn.example/x", "https://cdn.example/x"},
        {"https://hf.co/a/b", "https://cdn.example:8443/x?Signature=a%2Bb~&k=%2F",
            "https://cdn.example:8443/x?Signature=a%2Bb~&k=%2F"},
        {"https://hf.co/", "https://cdn.example/a b", "https://cdn.example/a%20b"},
        {"https://hf.co/", "https://cdn.example/\xc3\xa4", "https://cdn.example/%c3%a4"},
        {"http://127.0.0.1:80/", "https://hf.co/", "https://hf.co/"},
        {"http://127.0.0.1:80/", "http://127.0.0.1:81/", "http://127.0.0.1:81/"},
    };
    struct buf out;
    buf_init(&out, HTTP_URL_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_origin o;
        struct err e;
        if (http_url_redirect(rows[i].base, rows[i].location, &out, &o, &e) != 0)
            fail_msg("%s: %s", rows[i].location, e.message);
        assert_string_equal(buf_str(&out), rows[i].url);
    }
    buf_release(&out);
}

static void redirects_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *base, *location;
    } rows[] = {
        {"https://hf.co/", "http://hf.co/"},
        {"https://hf.co/", "http://127.0.0.1/"},
        {"https://hf.co/", "HTTP://localhost/"},
        {"https://hf.co/", "file:///etc/passwd"},
        {"https://hf.co/", "ftp://hf.co/"},
        {"https://hf.co/", "javascript:alert(1)"},
        {"https://hf.co/", "https://user:opensesame@hf.co/"},
        {"https://hf.co/", "https://"},
        {"https://hf.co/", "https://hf.co:0x/"},
        {"http://127.0.0.1/", "http://10.0.0.1/"},
        {"http://127.0.0.1/", "//evil.example/"},
    };
    struct buf out;
    buf_init(&out, HTTP_URL_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_origin o;
        struct err e;
        if (http_url_redirect(rows[i].base, rows[i].location, &out, &o, &e) == 0)
            fail_msg("%s leads to %s", rows[i].location, buf_str(&out));
        assert_int_equal(e.class, ERR_REMOTE);
        assert_null(strstr(e.message, "opensesame"));
    }
    buf_release(&out);
}

static void an_endless_redirect_is_refused(void **state)
{
    (void)state;
    static char location[2 * HTTP_URL_MAX];
    struct http_origin o;
    struct err e;
    struct buf out;
    buf_init(&out, HTTP_URL_MAX);
    memset(location, 'a', sizeof location - 1);
    location[0] = '/';
    assert_int_equal(http_url_redirect("https://hf.co/", location, &out, &o, &e), -1);
    assert_int_equal(e.class, ERR_REMOTE);
    buf_release(&out);
}

/* ---- what may be asked ----------------------------------------------------------------------- */

static struct http_request get(void)
{
    return (struct http_request){
        .method = HTTP_GET, .url = "https://hf.co/", .deadline_ms = 1000, .answer_max = 10};
}

static enum err_class verdict(const struct http_request *r, bool read_only)
{
    struct http_origin o;
    struct err e;
    err_clear(&e);
    return http_rules_check(r, read_only, &o, &e) == 0 ? ERR_NONE : e.class;
}

static void read_only_lets_only_reads_pass(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        bool reads, passes;
    } rows[] = {
        {HTTP_GET, false, true},
        {HTTP_HEAD, false, true},
        {HTTP_POST, false, false},
        {HTTP_POST, true, true},
        {HTTP_PUT, false, false},
        {HTTP_PUT, true, false},
        {HTTP_PATCH, true, false},
        {HTTP_DELETE, false, false},
        {HTTP_DELETE, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request r = get();
        r.method = rows[i].method;
        r.reads = rows[i].reads;
        assert_int_equal(verdict(&r, false), ERR_NONE);
        assert_int_equal(verdict(&r, true), rows[i].passes ? ERR_NONE : ERR_STATE);
    }
}

static void headers_cannot_break_out_of_their_line(void **state)
{
    (void)state;
    static const struct {
        struct http_header header;
        enum err_class wanted;
    } rows[] = {
        {{.name = "X-A", .value = "b"}, ERR_NONE},
        {{.name = "X-A", .value = ""}, ERR_NONE},
        {{.name = "X-A", .value = "tab\tand \xc3\xa4"}, ERR_NONE},
        {{.name = "X-A", .value = "b\r\nX-B: c"}, ERR_INPUT},
        {{.name = "X-A", .value = "b\nX-B: c"}, ERR_INPUT},
        {{.name = "X-A", .value = "b\r"}, ERR_INPUT},
        {{.name = "X-A", .value = "b\x01"}, ERR_INPUT},
        {{.name = "X-A\r\nX-B", .value = "b"}, ERR_BUG},
        {{.name = "X A", .value = "b"}, ERR_BUG},
        {{.name = "X-A:", .value = "b"}, ERR_BUG},
        {{.name = "", .value = "b"}, ERR_BUG},
        {{.name = NULL, .value = "b"}, ERR_BUG},
        {{.name = "X-A", .value = NULL}, ERR_BUG},
        {{.name = "Content-Length", .value = "0"}, ERR_BUG},
        {{.name = "transfer-encoding", .value = "chunked"}, ERR_BUG},
        {{.name = "HOST", .value = "evil.example"}, ERR_BUG},
        {{.name = "User-Agent", .value = "other"}, ERR_BUG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request r = get();
        r.headers = &rows[i].header;
        r.header_count = 1;
        if (verdict(&r, false) != rows[i].wanted)
            fail_msg("row %zu", i);
    }
}

static void a_request_must_be_complete(void **state)
{
    (void)state;
    struct http_request r = get();
    r.url = NULL;
    assert_int_equal(verdict(&r, false), ERR_BUG);
    r = get();
    r.deadline_ms = 0;
    assert_int_equal(verdict(&r, false), ERR_BUG);
    r = get();
    r.answer_max = 0;
    assert_int_equal(verdict(&r, false), ERR_BUG);
    r.method = HTTP_HEAD;
    assert_int_equal(verdict(&r, false), ERR_NONE);
    r = get();
    r.method = (enum http_method)17;
    assert_int_equal(verdict(&r, false), ERR_BUG);
    r = get();
    r.body = "x";
    r.body_length = 1;
    assert_int_equal(verdict(&r, false), ERR_BUG); /* GET carries none */
    r.method = HTTP_POST;
    assert_int_equal(verdict(&r, false), ERR_NONE);
    r.has_file = true;
    assert_int_equal(verdict(&r, false), ERR_BUG); /* not both */
    r.body_length = 0;
    r.file_length = -1;
    assert_int_equal(verdict(&r, false), ERR_BUG);
    r.file_length = INT64_MAX;
    r.file_offset = 1;
    assert_int_equal(verdict(&r, false), ERR_BUG);
}

static void some_headers_never_leave_home(void **state)
{
    (void)state;
    static const char *const names[] = {"Authorization", "authorization", "Cookie", "X-Api-Key"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(http_header_is_private(&(struct http_header){.name = names[i], .value = "x"}));
    assert_false(http_header_is_private(&(struct http_header){.name = "Range", .value = "x"}));
    assert_true(http_header_is_private(
        &(struct http_header){.name = "Range", .value = "x", .same_origin = true}));
}

/* ---- trying again ---------------------------------------------------------------------------- */

static void retry_classes(void **state)
{
    (void)state;
    static const struct {
        enum http_fault fault;
        int status;
        bool unsent, safe;
    } rows[] = {
        {HTTP_FAULT_RESOLVE, 0, true, true},
        {HTTP_FAULT_CONNECT, 0, true, true},
        {HTTP_FAULT_HANDSHAKE, 0, true, true},
        {HTTP_FAULT_CERTIFICATE, 0, false, false},
        {HTTP_FAULT_LOST, 0, false, true},
        {HTTP_FAULT_CUT, 200, false, true},
        {HTTP_FAULT_STALL, 0, false, true},
        {HTTP_FAULT_DEADLINE, 0, false, false},
        {HTTP_FAULT_TOO_LARGE, 200, false, false},
        {HTTP_FAULT_NONSENSE, 0, false, false},
        {HTTP_FAULT_REDIRECT, 302, false, false},
        {HTTP_FAULT_FILE, 0, false, false},
        {HTTP_FAULT_CANCEL, 0, false, false},
        {HTTP_FAULT_NONE, 200, false, false},
        {HTTP_FAULT_NONE, 302, false, false},
        {HTTP_FAULT_NONE, 400, false, false},
        {HTTP_FAULT_NONE, 404, false, false},
        {HTTP_FAULT_NONE, 408, false, true},
        {HTTP_FAULT_NONE, 409, false, false},
        {HTTP_FAULT_NONE, 429, true, true},
        {HTTP_FAULT_NONE, 500, false, true},
        {HTTP_FAULT_NONE, 501, false, false},
        {HTTP_FAULT_NONE, 502, false, true},
        {HTTP_FAULT_NONE, 503, false, true},
        {HTTP_FAULT_NONE, 504, false, true},
        {HTTP_FAULT_NONE, 524, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(http_retry_allowed(HTTP_RETRY_NONE, rows[i].fault, rows[i].status));
        assert_int_equal(
            http_retry_allowed(HTTP_RETRY_UNSENT, rows[i].fault, rows[i].status), rows[i].unsent);
        assert_int_equal(
            http_retry_allowed(HTTP_RETRY_SAFE, rows[i].fault, rows[i].status), rows[i].safe);
    }
}

static void back_off_doubles_to_eight_with_jitter(void **state)
{
    (void)state;
    static const int64_t seconds[] = {1, 2, 4, 8, 8, 8};
    uint64_t random = 88172645463325252u;
    for (int attempt = 1; attempt <= 6; attempt++) {
        int64_t least = INT64_MAX, most = 0, middle = seconds[attempt - 1] * 1000;
        for (int i = 0; i < 4000; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            int64_t ms = http_retry_backoff_ms(attempt, 1000, random >> 11);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        assert_true(least >= middle * 8 / 10 && least < middle * 82 / 100);
        assert_true(most <= middle * 12 / 10 && most > middle * 118 / 100);
    }
    assert_true(http_retry_backoff_ms(1, 1, 12345) >= 0);
    assert_true(http_retry_backoff_ms(1000, 1000, 0) <= 9600);
}

static int64_t asked_for(const char *headers, int64_t wall_ms)
{
    struct http_response r;
    http_response_init(&r);
    (void)buf_str_append(&r.headers, headers);
    int64_t ms = http_retry_after_ms(&r, wall_ms);
    http_response_release(&r);
    return ms;
}

static void what_the_server_asks_for(void **state)
{
    (void)state;
    const int64_t date = 784111777000; /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *headers;
        int64_t ms;
    } rows[] = {
        {"", 0},
        {"retry-after: 7\n", 7000},
        {"retry-after: 0\n", 0},
        {"retry-after: -5\n", 0},
        {"retry-after: 1.5\n", 0},
        {"retry-after: 12x\n", 0},
        {"retry-after: soon\n", 0},
        {"retry-after: \n", 0},
        {"retry-after: 99999999999999999999999\n", INT64_MAX},
        {"retry-after: Sun, 06 Nov 1994 08:49:47 GMT\n", 10000},
        {"retry-after: Sunday, 06-Nov-94 08:49:47 GMT\n", 10000},
        {"retry-after: Sun Nov  6 08:49:47 1994\n", 10000},
        {"retry-after: Sun, 06 Nov 1994 08:49:07 GMT\n", 0}, /* over */
        {"ratelimit: \"api\";r=0;t=55\n", 56000},
        {"ratelimit: \"api\";r=3;t=55\n", 0},
        {"ratelimit: \"api\";r=3;t=55\nretry-after: 9\n", 9000},
        {"ratelimit: \"api\";r=0;t=55\nretry-after: 9\n", 56000},
        {"ratelimit: \"minute\";r=0;t=12, \"hour\";r=0;t=1800\n", 1801000},
        {"ratelimit: \"minute\";r=0;t=12, \"hour\";r=2990;t=1800\n", 13000},
        {"ratelimit: nonsense\nretry-after: 2\n", 2000},
        {"x-retry-after: 5\n", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (asked_for(rows[i].headers, date) != rows[i].ms)
            fail_msg("%s: %lld", rows[i].headers, (long long)asked_for(rows[i].headers, date));
}

static void looking_up_headers(void **state)
{
    (void)state;
    struct http_response r;
    struct buf out;
    http_response_init(&r);
    buf_init(&out, 100);
    (void)buf_str_append(&r.headers, "a: 1\nab: 2: 3\na: 4\nempty: \n");
    assert_true(http_response_header(&r, "a", &out));
    assert_string_equal(buf_str(&out), "1");
    assert_true(http_response_header(&r, "ab", &out));
    assert_string_equal(buf_str(&out), "2: 3");
    assert_true(http_response_header(&r, "empty", &out));
    assert_int_equal(out.len, 0);
    assert_false(http_response_header(&r, "b", &out));
    assert_false(http_response_header(&r, "2", &out));
    assert_false(http_response_header(&r, "", &out));
    buf_release(&out);
    http_response_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_addresses),
        cmocka_unit_test(bad_addresses),
        cmocka_unit_test(an_address_may_not_be_endless),
        cmocka_unit_test(errors_do_not_show_credentials),
        cmocka_unit_test(origins_are_scheme_host_and_port),
        cmocka_unit_test(what_is_shown_of_an_address),
        cmocka_unit_test(redirects_that_are_followed),
        cmocka_unit_test(redirects_that_are_refused),
        cmocka_unit_test(an_endless_redirect_is_refused),
        cmocka_unit_test(read_only_lets_only_reads_pass),
        cmocka_unit_test(headers_cannot_break_out_of_their_line),
        cmocka_unit_test(a_request_must_be_complete),
        cmocka_unit_test(some_headers_never_leave_home),
        cmocka_unit_test(retry_classes),
        cmocka_unit_test(back_off_doubles_to_eight_with_jitter),
        cmocka_unit_test(what_the_server_asks_for),
        cmocka_unit_test(looking_up_headers),
    };
    return cmocka_run_group_tests_name("http rules", tests, NULL, NULL);
}
