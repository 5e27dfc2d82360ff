/* What an error says, in whatever shape it came (spec/runpod.md §2.3, §7.6); values as Python prints them; what a
 * 404 means. */
#include "model/python_value.h"
#include "model/request.h"
#include "model/request_error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(4 << 20);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct text text_of(const char *s)
{
    return text_new(arena, s, strlen(s), TEXT_BLOCK);
}

static void errors_in_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *error, *line;
    } cases[] = {
        {"", ""},
        {"job timed out after 1 retries", "job timed out after 1 retries"},
        /* the worker SDK */
        {"{\"error_type\":\"<class 'ValueError'>\",\"error_message\":\"the prompt is empty\","
         "\"error_traceback\":\"Traceback (most recent call last):\\n  File x\\nValueError: the prompt\","
         "\"hostname\":\"h\",\"worker_id\":\"w\",\"runpod_version\":\"1.7\"}",
            "ValueError: the prompt is empty"},
        {"{\"error_type\":\"<class 'torch.cuda.OutOfMemoryError'>\",\"error_message\":\"CUDA out of memory\"}",
            "OutOfMemoryError: CUDA out of memory"},
        {"{\"error_type\":\"KeyError\",\"error_traceback\":\"Traceback (most recent call last):\\n"
         "  File \\\"/src/handler.py\\\", line 4\\nKeyError: 'prompt'\\n\"}",
            "KeyError: 'prompt'"},
        {"{\"error_type\":\"OSError\"}", "OSError"},
        /* generation B, as Python prints it, with JSON inside the message */
        {"{'message': 'vLLM returned HTTP 400: {\"error\":{\"message\":\"Field required\",\"code\":400}}', "
         "'type': 'worker_error', 'code': None}",
            "vLLM returned HTTP 400: Field required"},
        {"{'error': {'message': \"it's \\\\ broken\", 'ok': False, 'n': (1, 2.5)}}",
            "it's \\ broken"},
        {"{\"error\":{\"message\":\"no such model\"}}", "no such model"},
        {"{\"errors\":[{\"message\":\"first\"},{\"message\":\"second\"}]}", "first"},
        {"[{\"error\":\"in a list\"}]", "in a list"},
        /* texts */
        {"\n\n  first line\nsecond line", "first line"},
        {"Traceback (most recent call last):\n  File \"h.py\", line 3\nRuntimeError: boom\n\n",
            "RuntimeError: boom"},
        {"Error {not json} here", "Error {not json} here"},
        {"{\"cut\": \"off", "{\"cut\": \"off"},
        {"{'cut': 'off", "{'cut': 'off"},
        {"{\"what\":1}", "{\"what\":1}"},
        {"{}", "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text line = request_error_line(arena, text_of(cases[i].error));
        if (strcmp(line.s, cases[i].line) != 0)
            fail_msg("«%s»: «%s», not «%s»", cases[i].error, line.s, cases[i].line);
    }
}

/* However long and deep, it is one short line of whole characters. */
static void a_line_is_bounded(void **state)
{
    (void)state;
    static char deep[60001], wide[60001];
    for (size_t i = 0; i + 2 < sizeof wide; i += 2)
        memcpy(wide + i, "ä", 2);
    memset(deep, '{', sizeof deep - 1);
    struct text line = request_error_line(arena, text_of(wide));
    assert_true(line.len > REQUEST_WHY_MAX - 4 && line.len <= REQUEST_WHY_MAX);
    assert_true(text_is_utf8(line.s, line.len));
    assert_true(request_error_line(arena, text_of(deep)).len <= REQUEST_WHY_MAX);
    /* a message in a message in a message … */
    char nested[2000] = "x";
    for (int i = 0; i < 6; i++) {
        char next[2000];
        int n = snprintf(next, sizeof next, "a {'message': 'b %.1500s'}", i == 0 ? nested : "y");
        assert_true(n > 0);
        memcpy(nested, next, sizeof nested);
    }
    assert_true(request_error_line(arena, text_of(nested)).len > 0);
}

static void python_values(void **state)
{
    (void)state;
    static const struct {
        const char *python, *json; /* NULL = none */
    } cases[] = {
        {"{}", "{}"},
        {"{'a': None, 'b': True, 'c': False}", "{\"a\":null,\"b\":true,\"c\":false}"},
        {"[1, -2.5, 1e-05, 'x']", "[1,-2.5,1e-05,\"x\"]"},
        {"(1,)", "[1]"},
        {"{'q': \"it's\", \"d\": 'say \"hi\"'}", "{\"q\":\"it's\",\"d\":\"say \\\"hi\\\"\"}"},
        {"{'e': '\\n\\t\\\\ \\x41\\u00e9\\U0001F600'}", "{\"e\":\"\\n\\t\\\\ Aé😀\"}"},
        {"{1: 'one', None: 'none'}", "{\"1\":\"one\",\"null\":\"none\"}"},
        {" {'a': [{'b': (1, 2)}]} \n", "{\"a\":[{\"b\":[1,2]}]}"},
        {"'text'", NULL},
        {"7", NULL},
        {"{'a': nan}", NULL},
        {"{'a': <object at 0x7f>}", NULL},
        {"{1, 2}", NULL},
        {"{'a': 1", NULL},
        {"{'a': 'x}", NULL},
        {"{'a': 1} and more", NULL},
        {"{'a': '\\ud800'}", NULL},
        {"{'a': '\\x00'}", NULL},
        {"{'a': 007}", NULL},
        {"{'a' 1}", NULL},
        {"[1 2]", NULL},
        {"[,]", NULL},
        {"", NULL},
        {"{'a': '\\", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, 4096);
        buf_str_append(&b, "kept");
        int failed = python_value_json(cases[i].python, strlen(cases[i].python), &b);
        struct json *j = failed ? NULL : json_parse(buf_str(&b) + 4, b.len - 4, NULL);
        struct json *want =
            cases[i].json ? json_parse(cases[i].json, strlen(cases[i].json), NULL) : NULL;
        bool good = want ? json_equal(j, want) : failed && strcmp(buf_str(&b), "kept") == 0;
        if (!good)
            fail_msg("«%s»: «%s»", cases[i].python, buf_str(&b));
        json_free(j);
        json_free(want);
        buf_release(&b);
    }
}

/* Whatever is in it, it is JSON or none: never half of it. */
static void any_bytes_are_json_or_none(void **state)
{
    (void)state;
    static const char bytes[] = "{}[]()'\",:\\ x1-.eNonTrueFalsu\n\xc3";
    uint64_t random = 1;
    for (int round = 0; round < 20000; round++) {
        char s[40];
        size_t n = 1 + (size_t)(random % (sizeof s - 2));
        for (size_t i = 0; i < n; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            s[i] = i == 0 ? '{' : bytes[(random >> 33) % (sizeof bytes - 1)];
        }
        struct buf b;
        buf_init(&b, 4096);
        if (python_value_json(s, n, &b) == 0) {
            struct json *j = json_parse(buf_str(&b), b.len, NULL);
            if (!j && text_is_utf8(s, n))
                fail_msg("round %d: «%.*s» gave «%s»", round, (int)n, s, buf_str(&b));
            json_free(j);
        }
        buf_release(&b);
    }
}

/* ---- a 404 ----------------------------------------------------------------------------------------- */

static void what_a_404_means(void **state)
{
    (void)state;
    enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };
    const int64_t now = INT64_C(1795413600000);
    static const struct {
        enum request_status was, is;
        int64_t submitted, seen; /* ago; -1 = never */
    } cases[] = {
        {REQUEST_IN_QUEUE, REQUEST_GONE, 5 * MINUTE, MINUTE},
        {REQUEST_IN_PROGRESS, REQUEST_GONE, 10 * HOUR, 29 * MINUTE},
        {REQUEST_IN_PROGRESS, REQUEST_EXPIRED, 10 * HOUR, 30 * MINUTE}, /* it may have ended then */
        {REQUEST_IN_QUEUE, REQUEST_EXPIRED, 24 * HOUR, MINUTE},         /* its own life is over */
        {REQUEST_IN_QUEUE, REQUEST_EXPIRED, HOUR, -1},
        {REQUEST_IN_QUEUE, REQUEST_GONE, MINUTE, -1},
        {REQUEST_COMPLETED, REQUEST_COMPLETED, 48 * HOUR, HOUR}, /* an end that was seen stays */
        {REQUEST_CANCELLED, REQUEST_CANCELLED, MINUTE, MINUTE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct request q;
        request_init(&q);
        q.status = cases[i].was;
        q.submitted_ms = now - cases[i].submitted;
        q.seen_ms = cases[i].seen < 0 ? -1 : now - cases[i].seen;
        if (request_gone_as(&q, now) != cases[i].is)
            fail_msg("case %zu: %s", i, request_status_name(request_gone_as(&q, now)));
    }
    struct request unknown;
    request_init(&unknown); /* typed in: nothing is known of it */
    unknown.status = REQUEST_IN_QUEUE;
    assert_int_equal(request_gone_as(&unknown, now), REQUEST_GONE);
}

static void an_end_lies_where_it_can(void **state)
{
    (void)state;
    struct request q;
    request_init(&q);
    q.submitted_ms = 1000;
    q.delay_ms = 200;
    q.execution_ms = 300;
    assert_int_equal(request_end_ms(&q, 1100, 9000), 1500); /* as its times say */
    assert_int_equal(request_end_ms(&q, 2000, 9000), 2000); /* it was seen alive then */
    assert_int_equal(request_end_ms(&q, 1100, 1400), 1400); /* not in the future */
    q.delay_ms = INT64_MAX;
    assert_int_equal(request_end_ms(&q, 1100, 9000), 9000);
    q.delay_ms = -1;
    assert_int_equal(request_end_ms(&q, 1100, 9000), 9000);
    q.delay_ms = 200;
    q.listed = true; /* nobody knows when it was sent */
    assert_int_equal(request_end_ms(&q, 1100, 9000), 9000);
}

static void what_may_be_done_to_one(void **state)
{
    (void)state;
    struct request q;
    request_init(&q);
    q.status = REQUEST_FAILED;
    assert_non_null(request_refuses_retry(&q)); /* it has no id */
    snprintf(q.job_id, sizeof q.job_id, "a-u1");
    for (int i = 0; i < REQUEST_STATUSES; i++) {
        q.status = (enum request_status)i;
        bool can = i == REQUEST_FAILED || i == REQUEST_TIMED_OUT;
        assert_int_equal(request_refuses_retry(&q) == NULL, can);
    }
    assert_non_null(strstr(request_refuses_send(&q), "not known"));
    q.input = TEXT("{\"prompt\":\"hi\"}");
    assert_null(request_refuses_send(&q));
    q.route = REQUEST_ROUTE_OPENAI;
    assert_non_null(strstr(request_refuses_send(&q), "chat"));
    q.route = REQUEST_ROUTE_RUN;
    q.input = TEXT("{\"token\":\"hf_***\"}");
    assert_non_null(strstr(request_refuses_send(&q), "secret"));
}

static void ids_of_listed_ones(void **state)
{
    (void)state;
    char a[REQUEST_ID_MAX], b[REQUEST_ID_MAX];
    request_listed_id("x2x4", "job-u1", a);
    request_listed_id("x2x4", "job-u1", b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 32);
    request_listed_id("x2x", "4job-u1", b); /* the border counts */
    assert_string_not_equal(a, b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(errors_in_one_line),
        T(a_line_is_bounded),
        T(python_values),
        T(any_bytes_are_json_or_none),
        T(what_a_404_means),
        T(an_end_lies_where_it_can),
        T(what_may_be_done_to_one),
        T(ids_of_listed_ones),
    };
    return cmocka_run_group_tests_name("request_error", tests, NULL, NULL);
}
