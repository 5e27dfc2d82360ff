/* Where the HTTP engine lets itself be sent, what it takes along, and what it refuses: redirects,
 * secrets, read-only, proxies, the log. */
#include "http_fixture.h"

#include "base/log.h"

#include <unistd.h>

/* ---- redirects and secrets ------------------------------------------------------------------- */

static char *location(struct fault_server *to, const char *path)
{
    static char headers[8][600];
    static int turn;
    char *h = headers[turn++ % 8];
    snprintf(h, sizeof headers[0], "Location: %s\r\n", fault_server_url(to, path));
    return h;
}

static const struct http_header marked[] = {
    {.name = "X-Marked", .value = "m", .same_origin = true}, {.name = "X-Other", .value = "o"}};

static struct http_request with_secrets(const char *url)
{
    static struct secret *secret;
    if (secret == NULL)
        secret = secret_register("TEST_TOKEN", "hf_opensesameopensesame", NULL);
    assert_non_null(secret);
    struct http_request r = fixture_get(url);
    r.bearer = secret;
    r.headers = marked;
    r.header_count = 2;
    r.follow = true;
    return r;
}

static void redirects_within_the_origin_keep_the_key(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/a", .status = 307, .headers = "Location: /b?x=1\r\n"});
    fault_server_add(f->server, &(struct fault_rule){.path = "/b?x=1", .body = "b", .length = 1});
    struct http_request r = with_secrets(fault_server_url(f->server, "/a"));
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/b?x=1", 0);
    fixture_header(&seen, "Authorization", "Bearer hf_opensesameopensesame");
    fixture_header(&seen, "X-Marked", "m");
    assert_string_equal(buf_str(&f->response.url), fault_server_url(f->server, "/b?x=1"));
    assert_int_equal(f->response.attempts, 1);
}

static void a_key_never_reaches_another_origin(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server,
        &(struct fault_rule){
            .path = "/a", .status = 302, .headers = location(f->other, "/b"), .fill = 300});
    fault_server_add(f->other,
        &(struct fault_rule){.path = "/b", .status = 302, .headers = location(f->server, "/c")});
    fault_server_add(f->server, &(struct fault_rule){.path = "/c", .body = "c", .length = 1});
    struct http_request r = with_secrets(fault_server_url(f->server, "/a"));
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "c");
    struct fault_request seen = fixture_request(f->server, "/a", 0);
    fixture_header(&seen, "Authorization", "Bearer hf_opensesameopensesame");
    seen = fixture_request(f->other, "/b", 0);
    fixture_header(&seen, "Authorization", NULL);
    fixture_header(&seen, "X-Marked", NULL);
    fixture_header(&seen, "X-Other", "o");
    seen = fixture_request(f->server, "/c", 0); /* sent there by a stranger: no key either */
    fixture_header(&seen, "Authorization", NULL);
    fixture_header(&seen, "X-Marked", NULL);
}

static void a_key_in_a_plain_header_stays_home_too(void **state)
{
    struct fixture *f = *state;
    const struct http_header header = {.name = "authorization", .value = "Basic abc"};
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/a", .status = 302, .headers = location(f->other, "/b")});
    fault_server_add(f->other, &(struct fault_rule){.path = "/b"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/a"));
    r.headers = &header;
    r.header_count = 1;
    r.follow = true;
    fixture_expect(f, &r, 200);
    struct fault_request seen = fixture_request(f->server, "/a", 0);
    fixture_header(&seen, "Authorization", "Basic abc");
    seen = fixture_request(f->other, "/b", 0);
    fixture_header(&seen, "Authorization", NULL);
}

static void redirects_that_nobody_asked_to_follow(void **state)
{
    struct fixture *f = *state;
    fault_server_add(
        f->server, &(struct fault_rule){.status = 302, .headers = "Location: /b\r\n", .times = 1});
    fault_server_add(f->server, &(struct fault_rule){.status = 302}); /* without a place to go */
    struct http_request r = fixture_get(fault_server_url(f->server, "/a"));
    fixture_expect(f, &r, 302);
    r.follow = true;
    fixture_expect(f, &r, 302);
    assert_int_equal(fault_server_count(f->server, NULL), 2);
}

static void bodies_are_sent_again_for_307_only(void **state)
{
    struct fixture *f = *state;
    static const int codes[] = {307, 308, 301, 302, 303};
    static const char *const paths[] = {"/307", "/308", "/301", "/302", "/303"};
    for (int i = 0; i < 5; i++) {
        fault_server_add(f->server,
            &(struct fault_rule){
                .path = paths[i], .status = codes[i], .headers = location(f->other, "/to")});
    }
    fault_server_add(f->other, &(struct fault_rule){.path = "/to"});
    for (int i = 0; i < 5; i++) {
        struct http_request r = fixture_post(fault_server_url(f->server, paths[i]), "the body");
        r.follow = true;
        fixture_expect(f, &r, i < 2 ? 200 : codes[i]);
    }
    assert_int_equal(fault_server_count(f->other, "/to"), 2);
    for (size_t i = 0; i < 2; i++) {
        struct fault_request seen = fixture_request(f->other, "/to", i);
        assert_string_equal(seen.method, "POST");
        assert_string_equal(seen.body, "the body");
    }
}

static void five_redirects_are_enough(void **state)
{
    struct fixture *f = *state;
    static const char *const paths[] = {"/0", "/1", "/2", "/3", "/4", "/5"};
    static const char *const to[] = {"Location: 1\r\n", "Location: 2\r\n", "Location: 3\r\n",
        "Location: 4\r\n", "Location: 5\r\n"};
    for (int i = 0; i < 5; i++)
        fault_server_add(
            f->server, &(struct fault_rule){.path = paths[i], .status = 302, .headers = to[i]});
    fault_server_add(f->server, &(struct fault_rule){.path = "/5", .body = "5", .length = 1});
    fault_server_add(f->server,
        &(struct fault_rule){.path = "/loop", .status = 302, .headers = "Location: /loop\r\n"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/0"));
    r.follow = true;
    r.retry = HTTP_RETRY_SAFE;
    fixture_expect(f, &r, 200);
    assert_string_equal(buf_str(&f->response.body), "5");
    r.url = fault_server_url(f->server, "/loop");
    fixture_fails(f, &r, ERR_REMOTE, "too many redirects");
    assert_int_equal(fault_server_count(f->server, "/loop"), HTTP_REDIRECTS_MAX + 1);
}

static void redirects_to_forbidden_places_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const places[] = {"Location: http://10.255.255.1/\r\n",
        "Location: file:///etc/passwd\r\n", "Location: https://user:pass@127.0.0.1/\r\n",
        "Location: ftp://127.0.0.1/\r\n"};
    for (int i = 0; i < 4; i++)
        fault_server_add(f->server,
            &(struct fault_rule){.status = 302, .headers = places[i], .skip = 0, .times = 1});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.follow = true;
    for (int i = 0; i < 4; i++)
        fixture_fails(f, &r, ERR_REMOTE, "redirect");
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void read_only_sends_no_write(void **state)
{
    struct fixture *f = *state;
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    http_free(f->http);
    f->http = fixture_engine(true);
    struct http_request r = fixture_post(fault_server_url(f->server, "/"), "x");
    static const enum http_method writes[] = {HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        r.method = writes[i];
        fixture_fails(f, &r, ERR_STATE, "read-only");
    }
    assert_null(http_stream_open(f->http, &r, NULL, &f->err));
    assert_int_equal(f->err.class, ERR_STATE);
    assert_int_equal(fault_server_connections(f->server), 0);
    r.method = HTTP_POST;
    r.reads = true;
    fixture_expect(f, &r, 200);
}

static void refused_requests_are_never_sent(void **state)
{
    struct fixture *f = *state;
    const struct http_header split = {.name = "X-A", .value = "b\r\nX-Injected: 1"};
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    r.headers = &split;
    r.header_count = 1;
    fixture_fails(f, &r, ERR_INPUT, "line feed");
    r = fixture_get("http://10.255.255.1/");
    fixture_fails(f, &r, ERR_INPUT, "plain http");
    r = fixture_get("https://me:opensesame@127.0.0.1/");
    fixture_fails(f, &r, ERR_INPUT, "user name");
    assert_int_equal(fault_server_connections(f->server), 0);
}

static void proxies_are_not_used_for_loopback(void **state)
{
    struct fixture *f = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", fault_server_port(f->other));
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"};
    for (size_t i = 0; i < 4; i++)
        setenv(names[i], proxy, 1);
    fault_server_add(f->server, &(struct fault_rule){.path = "/"});
    struct http_request r = fixture_get(fault_server_url(f->server, "/"));
    fixture_expect(f, &r, 200);
    assert_int_equal(fault_server_connections(f->other), 0);

    /* … but for https to other hosts, through a tunnel that sees no key */
    fault_server_add(f->other, &(struct fault_rule){.status = 403, .close = true});
    r = with_secrets("https://registry.invalid/");
    fixture_fails(f, &r, ERR_NET, "registry.invalid");
    struct fault_request seen = fixture_request(f->other, "registry.invalid:443", 0);
    assert_string_equal(seen.method, "CONNECT");
    fixture_header(&seen, "Authorization", NULL);
    fixture_header(&seen, "X-Other", NULL);
    for (size_t i = 0; i < 4; i++)
        unsetenv(names[i]);
}

/* ---- log ------------------------------------------------------------------------------------- */

static void the_log_shows_no_secrets(void **state)
{
    struct fixture *f = *state;
    char path[] = "/tmp/slipway-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(log_open(path, LOG_DEBUG, clock_real(), NULL), 0);
    fault_server_add(f->server, &(struct fault_rule){.fill = 3});
    struct http_request r = with_secrets(fault_server_url(f->server, "/v2/loud?signature=qqq"));
    fixture_expect(f, &r, 200);
    r.url = fault_server_url(f->server, "/quiet/path?signature=qqq");
    r.log_quiet = true;
    fixture_expect(f, &r, 200);
    log_close();
    char text[4096] = "";
    ssize_t n = read(fd, text, sizeof text - 1);
    assert_true(n > 0);
    assert_non_null(strstr(text, "GET http://127.0.0.1:"));
    assert_non_null(strstr(text, "/v2/loud: 200 in "));
    assert_null(strstr(text, "qqq"));
    assert_null(strstr(text, "quiet"));
    assert_null(strstr(text, "opensesame"));
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(redirects_within_the_origin_keep_the_key),
        FIXTURE_TEST(a_key_never_reaches_another_origin),
        FIXTURE_TEST(a_key_in_a_plain_header_stays_home_too),
        FIXTURE_TEST(redirects_that_nobody_asked_to_follow),
        FIXTURE_TEST(bodies_are_sent_again_for_307_only),
        FIXTURE_TEST(five_redirects_are_enough),
        FIXTURE_TEST(redirects_to_forbidden_places_are_refused),
        FIXTURE_TEST(read_only_sends_no_write),
        FIXTURE_TEST(refused_requests_are_never_sent),
        FIXTURE_TEST(proxies_are_not_used_for_loopback),
        FIXTURE_TEST(the_log_shows_no_secrets),
    };
    return cmocka_run_group_tests_name("http redirects and secrets", tests, NULL, NULL);
}
