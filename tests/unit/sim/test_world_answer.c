/* What workers answer, in the shapes of every generation (spec/runpod.md §7.6). */
#include "world.h"

#define VLLM(tag)                                                                                  \
    ",'image':'runpod/" tag "','env':{'MODEL_NAME':'acme/Qwen3-8B','MAX_MODEL_LEN':'4096'}"
#define B_IMAGE VLLM("worker-v1-vllm:v2.25.2")
#define A_IMAGE VLLM("worker-v1-vllm:v2.14.0")

static struct json *answer(struct sim *s, const char *input)
{
    struct json *in = world_json(input);
    struct json *out = job_answer(s, world_endpoint(s), in);
    json_free(in);
    assert_non_null(out);
    return out;
}

static struct job *done(struct sim *s, const char *input)
{
    struct job *j = world_ask(s, input);
    WORLD_UNTIL(s, 300000, job_final(j));
    return job_find(s, world_endpoint(s), j->id);
}

static size_t words(const char *text)
{
    size_t n = 0;
    for (const char *c = text; *(c += strspn(c, " ")); c += strcspn(c, " "))
        n++;
    return n;
}

static void generation_a_has_tokens_and_its_own_usage(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(A_IMAGE)));
    struct json *j = answer(s, "{'prompt':'one two three','sampling_params':{'max_tokens':7}}");
    assert_int_equal(json_count(j), 1);
    const struct json *tokens = json_get(json_at(json_get(json_at(j, 0), "choices"), 0), "tokens");
    assert_int_equal(json_count(tokens), 1);
    assert_int_equal(words(json_string(json_at(tokens, 0))), 7);
    assert_int_equal(json_int(json_get(json_at(j, 0), "usage"), "input", 0), 3);
    assert_int_equal(json_int(json_get(json_at(j, 0), "usage"), "output", 0), 7);
    json_free(j);
    j = answer(s, "{'prompt':'one two three'}"); /* 100 unless said otherwise */
    assert_true(json_int(json_get(json_at(j, 0), "usage"), "output", 0) <= 100);
    json_free(j);
    world_end(s);
}

static void generation_a_streams_in_growing_batches(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(A_IMAGE ",'behaviour':{'answer_tokens':[90,90]}")));
    struct json *j = answer(s, "{'prompt':'one','stream':true}");
    static const size_t sizes[] = {1, 3, 9, 27, 50};
    assert_int_equal(json_count(j), 5);
    int64_t before = 0;
    for (size_t i = 0; i < 5; i++) {
        const struct json *c = json_at(j, i);
        size_t n = json_count(json_get(json_at(json_get(c, "choices"), 0), "tokens"));
        assert_int_equal(n, sizes[i]);
        int64_t out = json_int(json_get(c, "usage"), "output", 0);
        assert_int_equal(out, before + (int64_t)n); /* cumulative */
        before = out;
    }
    json_free(j);
    world_end(s);
}

static void generation_b_passes_the_openai_object_on(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(B_IMAGE)));
    struct json *j = answer(s, "{'prompt':'one two','sampling_params':{'max_tokens':4}}");
    const struct json *o = json_at(j, 0), *u = json_get(o, "usage");
    assert_string_equal(json_str(o, "object"), "text_completion");
    assert_string_equal(json_str(o, "model"), "acme/Qwen3-8B");
    assert_string_equal(json_str(json_at(json_get(o, "choices"), 0), "finish_reason"), "length");
    assert_int_equal(words(json_str(json_at(json_get(o, "choices"), 0), "text")), 4);
    assert_int_equal(json_int(u, "prompt_tokens", 0), 2);
    assert_int_equal(json_int(u, "completion_tokens", 0), 4);
    assert_int_equal(json_int(u, "total_tokens", 0), 6);
    json_free(j);
    j = answer(s, "{'messages':[{'role':'user','content':[{'type':'text','text':'good day'}]}]}");
    o = json_at(j, 0);
    assert_string_equal(json_str(o, "object"), "chat.completion");
    const struct json *choice = json_at(json_get(o, "choices"), 0);
    assert_string_equal(json_str(json_get(choice, "message"), "role"), "assistant");
    assert_int_equal(words(json_str(json_get(choice, "message"), "content")),
        json_int(json_get(o, "usage"), "completion_tokens", 0));
    assert_int_equal(json_int(json_get(o, "usage"), "prompt_tokens", 0), 2);
    json_free(j);
    world_end(s);
}

/* Joins the pieces of an event stream and checks every event. */
static void check_stream(const struct json *pieces, bool chat, bool usage)
{
    struct buf all, text;
    buf_init(&all, 1 << 20);
    buf_init(&text, 1 << 20);
    for (const struct json *p = json_first(pieces); p; p = json_next(p)) {
        assert_true(text_is_utf8(json_string(p), strlen(json_string(p))));
        assert_int_equal(buf_str_append(&all, json_string(p)), 0);
    }
    char *at = all.data;
    bool finished = false, counted = false;
    while (strncmp(at, "data: [DONE]\n\n", 14) != 0) {
        char *end = strstr(at, "\n\n");
        assert_non_null(end);
        assert_memory_equal(at, "data: ", 6);
        struct json *event = json_parse(at + 6, (size_t)(end - at - 6), NULL);
        assert_non_null(event);
        const struct json *choice = json_at(json_get(event, "choices"), 0);
        const char *part =
            chat ? json_str(json_get(choice, "delta"), "content") : json_str(choice, "text");
        (void)buf_str_append(&text, part ? part : "");
        finished = finished || json_str(choice, "finish_reason");
        const struct json *u = json_get(event, "usage");
        if (u) {
            counted = true;
            assert_int_equal(json_int(u, "completion_tokens", -1), words(buf_str(&text)));
        }
        json_free(event);
        at = end + 2;
    }
    assert_string_equal(at, "data: [DONE]\n\n");
    assert_true(finished);
    assert_true(counted == usage);
    buf_release(&all);
    buf_release(&text);
}

static void streams_are_pieces_of_one_event_stream(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(B_IMAGE)));
    struct json *j =
        answer(s, "{'prompt':'hello','stream':true,'sampling_params':{'max_tokens':60}}");
    assert_true(json_count(j) > 20);
    check_stream(j, false, false);
    json_free(j);
    j = answer(s,
        "{'openai_route':'/v1/chat/completions','openai_input':{'messages':[{'role':'user',"
        "'content':'hi'}],'stream':true,'stream_options':{'include_usage':true}}}");
    check_stream(j, true, true);
    json_free(j);
    world_end(s);
}

static void other_routes_have_their_own_shapes(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'image':'runpod/worker-v1-vllm:v2.25.2','env':{'MODEL_NAME':'acme/Qwen3-8B','MAX_MODEL_LEN':"
            "'4096','OPENAI_SERVED_MODEL_NAME_OVERRIDE':'nice, other'}")));
    struct json *j = answer(s, "{'openai_route':'/v1/models'}");
    const struct json *m = json_at(json_get(json_at(j, 0), "data"), 0);
    assert_string_equal(json_str(m, "id"), "nice");
    assert_int_equal(json_int(m, "max_model_len", 0), 4096);
    json_free(j);
    j = answer(s, "{'openai_route':'/v1/responses','openai_input':{'input':'hi'}}");
    assert_string_equal(json_str(json_at(j, 0), "object"), "response");
    json_free(j);
    j = answer(s,
        "{'openai_route':'/v1/messages','openai_input':{'messages':[{'role':'user','content':'x'}]}}");
    assert_string_equal(json_str(json_at(j, 0), "type"), "message");
    json_free(j);
    j = answer(s, "{'route':'/v1/embeddings','body':{'input':['a','b','c']}}");
    assert_int_equal(json_count(json_get(json_at(j, 0), "data")), 3);
    json_free(j);
    world_end(s);
}

static void old_and_other_images_answer_their_way(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(VLLM("worker-vllm:0.3.2-cuda12.1.0"))));
    struct json *j = answer(s, "{'prompt':'a b'}");
    assert_int_equal(json_int(json_at(j, 0), "input_tokens", 0), 2);
    assert_int_equal(json_count(json_get(json_at(j, 0), "text")), 1);
    json_free(j);
    world_end(s);
    s = world_start(SCENARIO("", ENDPOINT(",'behaviour':{'output':{'images':['x']}}")));
    j = answer(s, "{'prompt':'a b'}");
    assert_int_equal(json_kind(j), JSON_OBJECT); /* a handler that returns, no list */
    assert_int_equal(json_count(json_get(j, "images")), 1);
    json_free(j);
    world_end(s);
}

static void the_same_question_gets_the_same_answer(void **state)
{
    (void)state;
    struct sim *a = world_start(SCENARIO("", ENDPOINT(B_IMAGE)));
    struct json *x = answer(a, "{'prompt':'which one?'}"),
                *y = answer(a, "{'prompt':'which one?'}");
    struct json *z = answer(a, "{'prompt':'which two?'}");
    assert_true(json_equal(x, y));
    assert_false(json_equal(x, z));
    struct job *j = done(a, "{'prompt':'which one?'}");
    assert_int_equal(j->state, JOB_COMPLETED);
    const struct json *from_job = json_at(json_get(json_at(j->output, 0), "choices"), 0);
    assert_true(json_equal(from_job, json_at(json_get(json_at(x, 0), "choices"), 0)));
    json_free(x);
    json_free(y);
    json_free(z);
    world_end(a);
}

/* The id of the first event of a job's stream; every other event must have it too. */
static void stream_id(const struct job *j, char *out, size_t size)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    for (const struct json *p = json_first(j->output); p; p = json_next(p))
        (void)buf_str_append(&all, json_string(p));
    const char *first = strstr(buf_str(&all), "\"id\":");
    assert_non_null(first);
    snprintf(out, size, "%.*s", (int)strcspn(first + 6, ","), first + 6);
    for (const char *at = first; at; at = strstr(at + 1, "\"id\":"))
        assert_memory_equal(at + 6, out, strlen(out));
    buf_release(&all);
}

static const char *plain_id(const struct job *j)
{
    assert_int_equal(j->state, JOB_COMPLETED);
    assert_int_equal(json_count(j->output), 1);
    return json_str(json_at(j->output, 0), "id");
}

static void every_request_has_an_id_of_its_own(void **state)
{
    (void)state;
    char first[2][80], again[80];
    for (int round = 0; round < 2; round++) { /* in the same world it is the same id */
        struct sim *s = world_start(SCENARIO("", ENDPOINT(B_IMAGE)));
        const struct job *a = done(s, "{'prompt':'which one?'}");
        snprintf(first[round], sizeof first[round], "%s", plain_id(a));
        assert_memory_equal(first[round], "cmpl-", 5);
        struct json *choices = json_dup(json_get(json_at(a->output, 0), "choices"));
        a = done(s, "{'prompt':'which one?'}");
        assert_string_not_equal(plain_id(a), first[round]);
        assert_true(json_equal(choices, json_get(json_at(a->output, 0), "choices")));
        json_free(choices);
        char one[80];
        stream_id(done(s, "{'prompt':'which one?','stream':true}"), one, sizeof one);
        stream_id(done(s, "{'prompt':'which one?','stream':true}"), again, sizeof again);
        assert_string_not_equal(one, again);
        assert_null(strstr(one, first[round]));
        world_end(s);
    }
    assert_string_equal(first[0], first[1]);
}

static void tokens_make_the_text(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("", ENDPOINT(B_IMAGE)));
    struct json *in = world_json("{'prompt':'tokens','sampling_params':{'max_tokens':40}}");
    struct json *tokens = job_answer_tokens(s, world_endpoint(s), in);
    struct json *whole = job_answer(s, world_endpoint(s), in);
    struct buf text;
    buf_init(&text, 1 << 16);
    for (const struct json *t = json_first(tokens); t; t = json_next(t))
        (void)buf_str_append(&text, json_string(t));
    assert_string_equal(
        buf_str(&text), json_str(json_at(json_get(json_at(whole, 0), "choices"), 0), "text"));
    buf_release(&text);
    json_free(in);
    json_free(tokens);
    json_free(whole);
    world_end(s);
}

static void the_scenario_may_fix_the_answer(void **state)
{
    (void)state;
    struct sim *s =
        world_start(SCENARIO("", ENDPOINT(B_IMAGE ",'behaviour':{'answer':'Forty two it is.'}")));
    struct json *j = answer(s, "{'prompt':'x','sampling_params':{'max_tokens':100}}");
    assert_string_equal(
        json_str(json_at(json_get(json_at(j, 0), "choices"), 0), "text"), "Forty two it is.");
    assert_int_equal(json_int(json_get(json_at(j, 0), "usage"), "completion_tokens", 0), 4);
    json_free(j);
    world_end(s);
}

static void refused(const char *endpoint, const char *input, const char *part)
{
    struct sim *s = world_start(endpoint);
    struct job *j = done(s, input);
    assert_int_equal(j->state, JOB_FAILED);
    assert_null(j->output);
    if (!strstr(j->error, part))
        fail_msg("%s has no %s", j->error, part);
    world_end(s);
}

static void bad_requests_fail_with_the_workers_words(void **state)
{
    (void)state;
    const char *b = SCENARIO("", ENDPOINT(B_IMAGE)), *a = SCENARIO("", ENDPOINT(A_IMAGE));
    refused(b, "{'nothing':1}", "Job input must contain one of");
    refused(b, "{'nothing':1}", "{'message': ");
    refused(b, "{'nothing':1}", "'type': 'worker_error', 'code': None}");
    refused(b,
        "{'openai_route':'/v1/chat/completions','openai_input':{'model':'gpt-4','messages':"
        "[{'role':'user','content':'x'}]}}",
        "The model `gpt-4` does not exist.");
    refused(b, "{'prompt':'x','sampling_params':{'max_tokens':5000}}", "vLLM returned HTTP 400: ");
    refused(b, "{'openai_route':'/v1/none','openai_input':{'a':1}}", "404");
    refused(a, "{'prompt':'x','sampling_params':{'max_tokens':5000}}",
        "maximum context length is 4096");
    refused(a, "{'nothing':1}", "NoneType");
}

static void an_exception_of_a_handler_is_json(void **state)
{
    (void)state;
    struct sim *s = world_start(SCENARIO("",
        ENDPOINT(
            ",'behaviour':{'fail_rate':1,'fail_errors':[{'type':'KeyError','message':'\\u0027text\\u0027'}]}")));
    struct job *j = done(s, "{'a':1}");
    struct json *e = json_parse(j->error, strlen(j->error), NULL);
    assert_non_null(e);
    assert_string_equal(json_str(e, "error_type"), "<class 'KeyError'>");
    assert_string_equal(json_str(e, "error_message"), "'text'");
    assert_string_equal(json_str(e, "worker_id"), j->worker);
    assert_non_null(json_str(e, "error_traceback"));
    assert_non_null(
        world_line(world_endpoint(s)->workers, LOG_CONTAINER, "Captured Handler Exception"));
    json_free(e);
    world_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generation_a_has_tokens_and_its_own_usage),
        cmocka_unit_test(generation_a_streams_in_growing_batches),
        cmocka_unit_test(generation_b_passes_the_openai_object_on),
        cmocka_unit_test(streams_are_pieces_of_one_event_stream),
        cmocka_unit_test(other_routes_have_their_own_shapes),
        cmocka_unit_test(old_and_other_images_answer_their_way),
        cmocka_unit_test(the_same_question_gets_the_same_answer),
        cmocka_unit_test(every_request_has_an_id_of_its_own),
        cmocka_unit_test(tokens_make_the_text),
        cmocka_unit_test(the_scenario_may_fix_the_answer),
        cmocka_unit_test(bad_requests_fail_with_the_workers_words),
        cmocka_unit_test(an_exception_of_a_handler_is_json),
    };
    return cmocka_run_group_tests_name("world answer", tests, NULL, NULL);
}
