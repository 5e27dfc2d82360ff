/* What the tests of the HTTP engine share: an engine with short retries, two servers (two origins),
 * one response, and the usual request. Header only: other layers' tests do not link the engine. */
#ifndef SLIPWAY_TESTS_HTTP_FIXTURE_H
#define SLIPWAY_TESTS_HTTP_FIXTURE_H

#include "client/http.h"
#include "fault_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct fault_server *server, *other;
    struct http *http;
    struct cancel *cancel;
    struct http_response response;
    struct err err;
};

enum { DEADLINE_MS = 20000, ANSWER_MAX = 1024 * 1024 };

static inline struct http *fixture_engine(bool read_only)
{
    struct http_options options = {
        .user_agent = "slipway-test/1", .read_only = read_only, .backoff_ms = 10};
    struct err e;
    struct http *h = http_new(&options, &e);
    if (h == NULL)
        fail_msg("%s", e.message);
    return h;
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->server = fault_server_new();
    f->other = fault_server_new();
    f->http = fixture_engine(false);
    f->cancel = cancel_new(NULL);
    assert_non_null(f->cancel);
    http_response_init(&f->response);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    http_free(f->http);
    http_response_release(&f->response);
    cancel_unref(f->cancel);
    fault_server_free(f->server);
    fault_server_free(f->other);
    free(f);
    return 0;
}

#define FIXTURE_TEST(function)                                                                     \
    cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

static inline struct http_request fixture_get(const char *url)
{
    return (struct http_request){
        .method = HTTP_GET, .url = url, .deadline_ms = DEADLINE_MS, .answer_max = ANSWER_MAX};
}

static inline struct http_request fixture_post(const char *url, const char *body)
{
    struct http_request r = fixture_get(url);
    r.method = HTTP_POST;
    r.body = body;
    r.body_length = strlen(body);
    return r;
}

static inline int fixture_do(struct fixture *f, const struct http_request *r)
{
    err_clear(&f->err);
    return http_do(f->http, r, &f->response, f->cancel, &f->err);
}

/* Does it and expects an answer with this status. */
static inline void fixture_expect(struct fixture *f, const struct http_request *r, int status)
{
    if (fixture_do(f, r) != 0)
        fail_msg("%s (%s)", f->err.message, err_class_name(f->err.class));
    assert_int_equal(f->response.status, status);
}

/* Does it and expects a failure of this class that says `words`. */
static inline void fixture_fails(
    struct fixture *f, const struct http_request *r, enum err_class class, const char *words)
{
    assert_int_equal(fixture_do(f, r), -1);
    if (f->err.class != class || strstr(f->err.message, words) == NULL)
        fail_msg("%s: %s", err_class_name(f->err.class), f->err.message);
    assert_int_equal(f->response.body.len, 0);
}

static inline struct fault_request fixture_request(
    struct fault_server *s, const char *path, size_t n)
{
    struct fault_request r;
    if (!fault_server_request(s, path, n, &r))
        fail_msg("request %zu for %s did not come", n, path != NULL ? path : "anything");
    return r;
}

static inline void fixture_header(
    const struct fault_request *r, const char *name, const char *value)
{
    const char *found = fault_header(r, name);
    if (value == NULL)
        assert_null(found);
    else if (found == NULL)
        fail_msg("no header %s", name);
    else
        assert_string_equal(found, value);
}

#endif
