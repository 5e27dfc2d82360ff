/* Who gets into the RunPod planes, and which answers tell of the account's quota (spec/runpod.md
 * §1.1, §4.2): over the wire. */
#include "live.h"

#define BARE  "Authorization: anykey12\r\n"
#define BASIC "Authorization: Basic dTphbnlrZXkxMg==\r\n" /* u:anykey12 */

static int start(void **state)
{
    (void)state;
    live_start(NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    live_end();
    return 0;
}

static struct answer control(
    const char *method, const char *target, const char *headers, const char *body)
{
    return raw_call(server_port(live.sim->server, PLANE_CONTROL), method, target, headers, body,
        body ? strlen(body) : 0);
}

static struct json *json_of(struct answer *a)
{
    struct json *j = json_parse(buf_str(&a->body), a->body.len, NULL);
    if (!j)
        fail_msg("no JSON: %s", buf_str(&a->body));
    answer_release(a);
    return j;
}

static bool tells_quota(const struct answer *a)
{
    char value[200];
    bool limit = answer_header(a, "RateLimit", value, sizeof value);
    assert_int_equal(limit, answer_header(a, "RateLimit-Policy", value, sizeof value));
    return limit;
}

/* What is left of the minute after this answer. */
static int left_of_minute(const struct answer *a)
{
    char value[200];
    int left = -1;
    assert_true(answer_header(a, "RateLimit", value, sizeof value));
    assert_int_equal(sscanf(value, "\"minute\";r=%d", &left), 1);
    return left;
}

static void rest_takes_bearer_only(void **state)
{
    (void)state;
    static const char *const refused[] = {"", BARE, BASIC};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char value[64];
        struct answer a = control("GET", "/v2/serverless", refused[i], NULL);
        assert_int_equal(a.status, 401);
        assert_false(tells_quota(&a));
        assert_true(answer_header(&a, "Content-Type", value, sizeof value));
        assert_string_equal(value, "application/problem+json");
        struct json *j = json_of(&a);
        assert_string_equal(json_str(j, "detail"), "missing bearer token");
        json_free(j);
    }
    struct answer a = control("GET", "/v2/serverless", KEY, NULL);
    assert_int_equal(a.status, 200);
    assert_true(tells_quota(&a));
    answer_release(&a);
}

/* Whether the query knows who asks; the public catalogue is there in any case. */
static bool graphql_knows(const char *target, const char *headers)
{
    struct answer a =
        control("POST", target, headers, "{\"query\":\"query { myself { id } gpuTypes { id } }\"}");
    assert_int_equal(a.status, 200);
    struct json *j = json_of(&a);
    const struct json *data = json_get(j, "data");
    assert_true(json_count(json_get(data, "gpuTypes")) > 0);
    assert_non_null(json_get(data, "myself"));
    bool known = json_str(json_get(data, "myself"), "id") != NULL;
    json_free(j);
    return known;
}

static void graphql_takes_bearer_or_the_query(void **state)
{
    (void)state;
    assert_false(graphql_knows("/graphql", ""));
    assert_false(graphql_knows("/graphql", BARE));
    assert_false(graphql_knows("/graphql", BASIC));
    assert_true(graphql_knows("/graphql", KEY));
    assert_true(graphql_knows("/graphql?api_key=anykey12", ""));
    assert_true(graphql_knows("/graphql?api_key=anykey12", BASIC));
}

static void the_data_plane_takes_bearer_and_bare(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status; /* 404: let in, and there is no such endpoint */
    } cases[] = {{"", 401}, {BASIC, 401}, {BARE, 404}, {KEY, 404}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = raw_call(live.port, "GET", "/v2/none/health", cases[i].headers, NULL, 0);
        assert_int_equal(a.status, cases[i].status);
        answer_release(&a);
    }
}

static void what_has_no_route_tells_the_quota_too(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target;
        int status;
        bool rest;
    } cases[] = {
        {"PUT", "/v2/pods", 405, true},
        {"GET", "/v2/nope", 404, true},
        {"GET", "/v2", 404, true},
        {"GET", "/v2nope", 404, false},
        {"GET", "/graphql", 405, false},
        {"GET", "/nope", 404, false},
    };
    int before = -1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char value[100];
        struct answer a = control(cases[i].method, cases[i].target, KEY, NULL);
        assert_int_equal(a.status, cases[i].status);
        assert_int_equal(answer_header(&a, "Allow", value, sizeof value), cases[i].status == 405);
        assert_int_equal(tells_quota(&a), cases[i].rest);
        if (cases[i].rest) {
            int left = left_of_minute(&a);
            assert_true(before < 0 || left < before || left == 59); /* a new minute began */
            before = left;
        }
        answer_release(&a);
        a = control(cases[i].method, cases[i].target, BARE, NULL);
        assert_int_equal(a.status, cases[i].status);
        assert_false(tells_quota(&a));
        answer_release(&a);
    }
}

static void the_quota_ends_for_what_has_no_route(void **state)
{
    (void)state;
    struct answer a = {0};
    for (int i = 0; i < 200 && a.status != 429; i++) { /* 60 a minute; a minute may end between */
        answer_release(&a);
        a = control("GET", "/v2/nope", KEY, NULL);
    }
    char value[64];
    assert_int_equal(a.status, 429);
    assert_true(tells_quota(&a));
    assert_true(answer_header(&a, "Retry-After", value, sizeof value));
    answer_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rest_takes_bearer_only, start, end),
        cmocka_unit_test_setup_teardown(graphql_takes_bearer_or_the_query, start, end),
        cmocka_unit_test_setup_teardown(the_data_plane_takes_bearer_and_bare, start, end),
        cmocka_unit_test_setup_teardown(what_has_no_route_tells_the_quota_too, start, end),
        cmocka_unit_test_setup_teardown(the_quota_ends_for_what_has_no_route, start, end),
    };
    return cmocka_run_group_tests_name("admit", tests, NULL, NULL);
}
