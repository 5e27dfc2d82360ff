/* The undocumented list of requests, in every shape that it might have (spec/runpod.md §2.1), and outputs whose
 * pieces are mixed (§7.6). */
#include "client/runpod_jobs.h"
#include "client/runpod_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(32 << 20);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct listed {
    struct request *rows;
    size_t n;
    struct err e;
};

/* 0 or -1, as the reader says. */
static int read_list(const char *body, struct listed *out)
{
    struct json *j = json_parse(body, strlen(body), NULL);
    assert_non_null(j);
    int failed = runpod_read_requests(j, "x2x4", arena, &out->rows, &out->n, &out->e);
    json_free(j);
    return failed;
}

static void every_shape_of_a_list(void **state)
{
    (void)state;
    static const char *const shapes[] = {
        "{\"requests\":[{\"id\":\"a-u1\",\"status\":\"IN_QUEUE\"},{\"id\":\"b-u1\",\"status\":\"COMPLETED\"}]}",
        "[{\"id\":\"a-u1\",\"status\":\"IN_QUEUE\"},{\"id\":\"b-u1\",\"status\":\"COMPLETED\"}]",
        "{\"jobs\":[{\"jobId\":\"a-u1\",\"state\":\"in_queue\"},{\"job_id\":\"b-u1\",\"state\":\"completed\"}]}",
        "{\"data\":{\"requests\":[{\"requestId\":\"a-u1\",\"status\":\"in queue\"},"
        "{\"request_id\":\"b-u1\",\"status\":\"Completed\"}]},\"total\":2}",
        "{\"requests\":{\"a-u1\":{\"status\":\"IN_QUEUE\"},\"b-u1\":{\"status\":\"COMPLETED\"}}}",
        "{\"a-u1\":{\"status\":\"IN_QUEUE\"},\"b-u1\":{\"status\":\"COMPLETED\"}}",
        "{\"items\":[{\"id\":\"a-u1\",\"status\":\"IN_QUEUE\"}],"
        "\"results\":[{\"id\":\"b-u1\",\"status\":\"COMPLETED\"}]}",
        /* twice the same, one without an id, one whose id could not stand in a URL, and noise */
        "{\"requests\":[{\"id\":\"a-u1\",\"status\":\"IN_QUEUE\"},{\"id\":\"a-u1\",\"status\":\"FAILED\"},"
        "{\"status\":\"FAILED\"},{\"id\":\"../x\",\"status\":\"FAILED\"},7,null,[],\"\","
        "{\"id\":\"b-u1\",\"status\":\"COMPLETED\"}]}",
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct listed l;
        if (read_list(shapes[i], &l) || l.n != 2)
            fail_msg("%s: %zu", shapes[i], l.n);
        assert_string_equal(l.rows[0].job_id, "a-u1");
        assert_string_equal(l.rows[0].endpoint_id, "x2x4");
        assert_int_equal(l.rows[0].status, REQUEST_IN_QUEUE);
        assert_string_equal(l.rows[1].job_id, "b-u1");
        assert_int_equal(l.rows[1].status, REQUEST_COMPLETED);
        assert_true(l.rows[0].listed && l.rows[0].submitted_ms == -1 && l.rows[0].seen_ms == -1);
        assert_string_not_equal(l.rows[0].id, l.rows[1].id);
    }
    struct listed ids; /* bare ids: how they are doing is not said, so they are not over */
    assert_int_equal(read_list("[\"a-u1\",\"b-u1\"]", &ids), 0);
    assert_int_equal(ids.n, 2);
    assert_int_equal(ids.rows[1].status, REQUEST_IN_PROGRESS);
}

static void empty_lists_are_lists(void **state)
{
    (void)state;
    static const char *const empty[] = {"{\"requests\":[]}", "[]", "{}", "{\"data\":{}}",
        "{\"requests\":{}}", "{\"jobs\":[],\"total\":0}"};
    static const char *const none[] = {
        "\"text\"", "7", "null", "{\"message\":\"no\"}", "{\"requests\":\"none\"}"};
    struct listed l;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        if (read_list(empty[i], &l) || l.n != 0 || !l.rows)
            fail_msg("%s", empty[i]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        if (!read_list(none[i], &l) || l.n != 0)
            fail_msg("%s", none[i]);
        assert_int_equal(l.e.class, ERR_REMOTE);
    }
}

static void what_else_a_list_says(void **state)
{
    (void)state;
    struct listed l;
    assert_int_equal(
        read_list(
            "[{\"id\":\"a\",\"status\":\"COMPLETED\",\"delayTime\":824,\"executionTime\":3391,"
            "\"workerId\":\"8g3n\",\"createdAt\":\"2026-11-23T06:00:00Z\",\"completedAt\":1795413610,"
            "\"retries\":1},"
            "{\"id\":\"b\",\"status\":\"FAILED\",\"createdAt\":1795413600123,\"retries\":-4},"
            "{\"id\":\"c\",\"status\":\"IN_QUEUE\",\"createdAt\":\"yesterday\",\"delayTime\":-5,"
            "\"executionTime\":1e300,\"workerId\":\"a b\",\"completedAt\":1795413610}]",
            &l),
        0);
    assert_int_equal(l.n, 3);
    assert_int_equal(l.rows[0].submitted_ms, 1795413600000);
    assert_int_equal(l.rows[0].ended_ms, 1795413610000);
    assert_int_equal(l.rows[0].delay_ms, 824);
    assert_int_equal(l.rows[0].execution_ms, 3391);
    assert_int_equal(l.rows[0].retries, 1);
    assert_string_equal(l.rows[0].worker_id, "8g3n");
    assert_int_equal(l.rows[1].submitted_ms, 1795413600123);
    assert_int_equal(l.rows[1].retries, 0);
    assert_int_equal(l.rows[2].submitted_ms, -1);
    assert_int_equal(l.rows[2].delay_ms, -1);
    assert_int_equal(l.rows[2].execution_ms, -1);
    assert_int_equal(l.rows[2].ended_ms, -1); /* it is not over */
    assert_string_equal(l.rows[2].worker_id, "");
}

/* However many: bounded, each once. */
static void a_long_list_is_bounded(void **state)
{
    (void)state;
    struct json *list = json_new_array();
    struct listed l;
    for (int i = 0; i < 6000; i++) {
        char id[32];
        snprintf(id, sizeof id, "job-%d", i);
        json_push(list, json_new_string(id));
    }
    assert_int_equal(runpod_read_requests(list, "x2x4", arena, &l.rows, &l.n, &l.e), 0);
    json_free(list);
    assert_true(l.n >= 1000 && l.n <= 5000);
    assert_string_equal(l.rows[0].job_id, "job-0");
}

/* ---- outputs ----------------------------------------------------------------------------------------- */

static void outputs_that_are_mixed(void **state)
{
    (void)state;
    static const struct {
        const char *output, *answer;
        int64_t in, out;
    } cases[] = {
        /* strings and objects in their order */
        {"[\"one \",{\"text\":\"two \"},\"thr\",\"ee\"]", "one two three", -1, -1},
        {"[\"data: {\\\"choices\\\":[{\\\"text\\\":\\\"a\\\"}]}\\n\\n\","
         "{\"choices\":[{\"tokens\":[\"b\"]}],\"usage\":{\"input\":2,\"output\":3}},"
         "\"data: {\\\"choices\\\":[{\\\"text\\\":\\\"c\\\"}]}\\n\\n\"]",
            "abc", 2, 3},
        /* a text of one's own may look like an event */
        {"\"key: 1\\ndata: none of ours\\n\"", "key: 1\ndata: none of ours\n", -1, -1},
        {"[\"data: [DONE]\\n\\n\"]", "data: [DONE]\n\n", -1, -1},
        /* events that only count */
        {"[\"data: {\\\"choices\\\":[],\\\"usage\\\":{\\\"prompt_tokens\\\":1,\\\"completion_tokens\\\":0}}\\n\\n\"]",
            "", 1, 0},
        {"[[{\"text\":[\"deep\"]}],[\"er\"]]", "deeper", -1, -1},
        {"{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{}]}}],"
         "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":5}}",
            "", 4, 5},
        {"[{\"usage\":{\"input\":5,\"output\":1}},{\"usage\":null},{\"usage\":{\"input\":5,\"output\":9}}]",
            "", 5, 9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *j = json_parse(cases[i].output, strlen(cases[i].output), NULL);
        struct worker_output said;
        assert_non_null(j);
        runpod_output_read(j, arena, &said);
        json_free(j);
        if (strcmp(said.answer.s, cases[i].answer) != 0 || said.tokens_in != cases[i].in ||
            said.tokens_out != cases[i].out)
            fail_msg("%s: «%s» %lld %lld", cases[i].output, said.answer.s,
                (long long)said.tokens_in, (long long)said.tokens_out);
    }
}

static uint64_t dice;

static size_t below(size_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (size_t)(dice >> 33) % n;
}

static struct json *any_tree(int depth)
{
    static const char *const keys[] = {"choices", "text", "tokens", "message", "delta", "content",
        "usage", "input", "output", "id", "status", "requests", "data", "error"};
    static const char *const words[] = {"", "x", "data: {\"choices\":[{\"text\":\"y\"}]}\n\n",
        "\ndata: {", "IN_QUEUE", "2026-11-23T06:00:00Z", "\x1b[31m"};
    size_t kind = depth > 4 ? below(3) : below(6);
    if (kind < 3)
        return kind == 0   ? json_new_null()
               : kind == 1 ? json_new_num((double)below(10) * 1e8 - 3)
                           : json_new_string(words[below(sizeof words / sizeof *words)]);
    struct json *j = kind == 3 ? json_new_array() : json_new_object();
    for (size_t i = below(4); i > 0; i--) {
        if (kind == 3)
            (void)json_push(j, any_tree(depth + 1));
        else
            (void)json_set(j, keys[below(sizeof keys / sizeof *keys)], any_tree(depth + 1));
    }
    return j;
}

/* Anything that JSON can be gives finished texts and records. */
static void any_output_is_read(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        dice = seed;
        struct json *j = any_tree(0);
        struct arena *small = arena_new(below(3) == 0 ? 2000 : 1 << 20);
        struct worker_output said;
        struct listed l;
        runpod_output_read(j, small, &said);
        if (!said.answer.s || !text_is_utf8(said.answer.s, said.answer.len) ||
            said.tokens_in < -1 || strchr(said.answer.s, 0x1b))
            fail_msg("seed %llu", (unsigned long long)seed);
        if (!runpod_read_requests(j, "x2x4", small, &l.rows, &l.n, &l.e))
            for (size_t i = 0; i < l.n; i++)
                if (!l.rows[i].job_id[0] || l.rows[i].status >= REQUEST_STATUSES)
                    fail_msg("seed %llu, row %zu", (unsigned long long)seed, i);
        arena_free(small);
        json_free(j);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_shape_of_a_list),
        T(empty_lists_are_lists),
        T(what_else_a_list_says),
        T(a_long_list_is_bounded),
        T(outputs_that_are_mixed),
        T(any_output_is_read),
    };
    return cmocka_run_group_tests_name("runpod requests", tests, NULL, NULL);
}
