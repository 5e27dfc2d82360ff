/* What a status and its body mean: every shape of error body that the services are known to send
 * (spec/runpod.md §2.7 and §4.2, spec/huggingface.md §7.1), and bodies made to do harm. */
#include "client/http_error.h"

#include "base/secret.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *body, size_t n, const char *type, const char *wanted)
{
    struct buf out;
    buf_init(&out, 1000);
    bool found = http_error_sentence(body, n, type, &out);
    assert_string_equal(buf_str(&out), wanted != NULL ? wanted : "");
    assert_int_equal(found, wanted != NULL);
    buf_release(&out);
}
#define EXPECT(body, type, wanted) expect(body, sizeof(body) - 1, type, wanted)

static void json_shapes(void **state)
{
    (void)state;
    const char *json = "application/json";
    EXPECT("{\"error\":\"no such endpoint\"}", json, "no such endpoint");
    EXPECT("{\"error\":[\"a\",\"b\"]}", json, "a; b");
    EXPECT("{\"message\":\"said so\"}", json, "said so");
    EXPECT("{\"error\":{\"message\":\"inner\",\"type\":\"x\"}}", json, "inner");
    EXPECT("{\"errors\":[{\"message\":\"one\"},{\"message\":\"two\"}]}", json, "one; two");
    EXPECT("{\"error\":\"text\",\"error_description\":\"more\"}", json, "text");
    EXPECT("{\"error\":\"failed\",\"errors\":[\"x must be 1\"]}", json, "failed; x must be 1");
    EXPECT("{\"title\":\"Not Found\",\"status\":404,\"detail\":\"endpoint not found\"}",
        "application/problem+json", "endpoint not found");
    EXPECT("{\"title\":\"Unprocessable\",\"status\":422,\"detail\":\"invalid\","
           "\"errors\":[\"workers.max is too large\",\"disk is missing\"]}",
        "application/problem+json", "invalid; workers.max is too large; disk is missing");
    EXPECT("{\"title\":\"Forbidden\",\"status\":403}", json, "Forbidden");
    EXPECT(
        "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\"}]}", json, "field required");
    EXPECT("{\"error\":true,\"message\":\"m\"}", json, "m");
    EXPECT("{\"error\":null,\"message\":\"\"}", json, NULL);
    EXPECT("\"just a string\"", json, "just a string");
    EXPECT("[\"a\",{\"message\":\"b\"}]", json, "a; b");
    EXPECT(" \r\n{\"error\":\"white space\"}", json, "white space");
    EXPECT("{\"error\":\"no type\"}", NULL, "no type");
    EXPECT("{\"status\":500}", json, NULL);
    EXPECT("{\"error\":\"cut off", json, NULL);
    EXPECT("{}", json, NULL);
}

static void xml_of_object_stores(void **state)
{
    (void)state;
    EXPECT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>RequestTimeout</Code>"
           "<Message>Your socket was idle &amp; closed</Message><RequestId>X</RequestId></Error>",
        "application/xml", "Your socket was idle & closed (RequestTimeout)");
    EXPECT("<Error><Message>&lt;only&gt; &#39;this&#39;</Message></Error>", NULL, "<only> 'this'");
    EXPECT("<Error><Code>NoSuchKey</Code></Error>", "application/xml", NULL);
    EXPECT("<Error><Message>never closed", "application/xml", NULL);
    EXPECT("<Error><Message", "application/xml", NULL);
    EXPECT("<Error><Message></Message></Error>", "application/xml", NULL);
}

static void html_of_gateways(void **state)
{
    (void)state;
    EXPECT("<!DOCTYPE html><html><head><title>api.runpod.ai | 524: A timeout occurred</title>"
           "</head><body><h1>x</h1></body></html>",
        "text/html", "api.runpod.ai | 524: A timeout occurred");
    EXPECT("<html>\r\n<head><TITLE lang=\"en\">\n 502 Bad\n\n Gateway </TITLE></head></html>",
        "text/html", "502 Bad Gateway");
    EXPECT("<html><body><center><h1>503 Service Temporarily Unavailable</h1></center>", "text/html",
        "503 Service Temporarily Unavailable");
    EXPECT("<html><titles>no</titles></html>", "text/html", NULL);
    EXPECT("<", "text/html", NULL);
    EXPECT("<html></html>", "text/html", NULL);
}

static void plain_text_and_nothing(void **state)
{
    (void)state;
    EXPECT("error code: 1010", "text/plain", "error code: 1010");
    EXPECT("Not Found\n", NULL, "Not Found");
    EXPECT("a\r\n\tb   c\n", "text/plain; charset=utf-8", "a b c");
    EXPECT("", NULL, NULL);
    EXPECT("  \r\n ", NULL, NULL);
    EXPECT("plain", "application/octet-stream", NULL);
    EXPECT("\x1f\x8b\x08\x00\x01", "text/plain", NULL); /* a compressed page is no sentence */
    EXPECT("a\0b", "text/plain", NULL);
}

static void hostile_bodies_become_harmless(void **state)
{
    (void)state;
    EXPECT("{\"error\":\"\\u001b[2J\\u001b]0;owned\\u0007red\"}", NULL, "red");
    EXPECT("{\"error\":\"a\\u202eb\\u200bc\"}", NULL, "abc");
    EXPECT("\x1b[31mred\x1b[0m", "text/plain", "red");
    EXPECT("bad \xff\xfe bytes", "text/plain", "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes");
    EXPECT("{\"error\":\"token hf_abcdefghijklmnopqrstuvwx leaked\"}", NULL, "token hf_*** leaked");
}

/* Brackets as deep as any parser would take, and objects that only refer to more objects. */
static void deep_and_large_bodies(void **state)
{
    (void)state;
    static char body[300 * 1024];
    struct buf out;
    buf_init(&out, 1000);
    memset(body, '[', sizeof body);
    assert_false(http_error_sentence(body, 100000, NULL, &out));
    memset(body, 'a', sizeof body);
    assert_false(http_error_sentence(body, sizeof body, "text/plain", &out));
    EXPECT("{\"error\":{\"error\":{\"error\":{\"error\":{\"error\":\"deep\"}}}}}", NULL, NULL);
    buf_release(&out);
}

static void a_sentence_is_cut_at_a_character(void **state)
{
    (void)state;
    char body[2000];
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i + 2 <= sizeof body; i += 2)
        memcpy(body + i, "\xc3\xa4", 2);
    assert_true(http_error_sentence(body, sizeof body, "text/plain", &out));
    assert_int_equal(out.len, 300);
    assert_true(text_is_utf8(out.data, out.len));
    buf_clear(&out);
    assert_true(http_error_sentence(body + 1, sizeof body - 1, "text/plain", &out));
    assert_true(out.len <= 300 && out.len > 290 && text_is_utf8(out.data, out.len));
    buf_release(&out);
}

/* A registered key at the place of the cut must not leave its beginning behind. */
static void a_key_is_masked_before_the_cut(void **state)
{
    (void)state;
    char body[400];
    struct buf out;
    buf_init(&out, 1000);
    assert_non_null(secret_register("TEST_KEY", "opensesame-opensesame-opensesame", NULL));
    for (size_t at = 260; at < 310; at++) {
        memset(body, '.', sizeof body);
        memcpy(body + at, "opensesame-opensesame-opensesame", 32);
        buf_clear(&out);
        assert_true(http_error_sentence(body, sizeof body, "text/plain", &out));
        assert_null(strstr(buf_str(&out), "open"));
    }
    buf_release(&out);
}

/* ---- the status ------------------------------------------------------------------------------ */

static struct err check(int status, const char *headers, const char *body)
{
    struct http_response r;
    struct err e;
    http_response_init(&r);
    r.body.max = 1000;
    r.status = status;
    (void)buf_str_append(&r.headers, headers);
    (void)buf_str_append(&r.body, body);
    err_clear(&e);
    int result = http_check(&r, "create the endpoint", &e);
    assert_int_equal(result, status >= 200 && status < 300 ? 0 : -1);
    http_response_release(&r);
    return e;
}

static void classes_come_from_the_status(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum err_class class;
    } rows[] = {{200, ERR_NONE}, {201, ERR_NONE}, {204, ERR_NONE}, {302, ERR_REMOTE},
        {304, ERR_REMOTE}, {400, ERR_REMOTE}, {401, ERR_AUTH}, {402, ERR_REMOTE}, {403, ERR_AUTH},
        {404, ERR_REMOTE}, {408, ERR_TIMEOUT}, {409, ERR_STATE}, {410, ERR_REMOTE},
        {412, ERR_STATE}, {413, ERR_REMOTE}, {418, ERR_REMOTE}, {422, ERR_REMOTE}, {429, ERR_RATE},
        {500, ERR_REMOTE}, {502, ERR_REMOTE}, {503, ERR_REMOTE}, {504, ERR_TIMEOUT},
        {524, ERR_TIMEOUT}, {599, ERR_REMOTE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = check(rows[i].status, "", "");
        assert_int_equal(e.class, rows[i].class);
        assert_int_equal(e.number, rows[i].class == ERR_NONE ? 0 : rows[i].status);
    }
}

static void the_sentence_names_what_was_tried(void **state)
{
    (void)state;
    struct err e = check(404, "content-type: application/json\n", "{\"error\":\"gone fishing\"}");
    assert_string_equal(e.message, "create the endpoint: HTTP 404: gone fishing");
    e = check(401, "", "");
    assert_string_equal(e.message, "create the endpoint: HTTP 401: the key is missing or wrong");
    assert_true(e.hint[0] != '\0');
    e = check(404, "x-error-message: Repository not found\nx-request-id: Root=1-2\n", "");
    assert_string_equal(
        e.message, "create the endpoint: HTTP 404: Repository not found (request Root=1-2)");
    e = check(500, "x-amz-cf-id: \x1b[2Jabc\n", "");
    assert_string_equal(
        e.message, "create the endpoint: HTTP 500: the server failed (request abc)");
}

static void a_rate_limit_says_when(void **state)
{
    (void)state;
    struct http_response r;
    struct err e;
    http_response_init(&r);
    r.status = 429;
    r.retry_after_ms = 55001;
    assert_int_equal(http_check(&r, "list", &e), -1);
    assert_int_equal(e.class, ERR_RATE);
    assert_non_null(strstr(e.hint, "56 s"));
    http_response_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_shapes),
        cmocka_unit_test(xml_of_object_stores),
        cmocka_unit_test(html_of_gateways),
        cmocka_unit_test(plain_text_and_nothing),
        cmocka_unit_test(hostile_bodies_become_harmless),
        cmocka_unit_test(deep_and_large_bodies),
        cmocka_unit_test(a_sentence_is_cut_at_a_character),
        cmocka_unit_test(a_key_is_masked_before_the_cut),
        cmocka_unit_test(classes_come_from_the_status),
        cmocka_unit_test(the_sentence_names_what_was_tried),
        cmocka_unit_test(a_rate_limit_says_when),
    };
    return cmocka_run_group_tests_name("http_error", tests, NULL, NULL);
}
