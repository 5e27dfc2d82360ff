/* What RunPod's answers say: records from bodies as they come, with members missing, of other kinds,
 * out of range, or hostile; outputs of every worker generation; log lines; the pieces of a chat. */
#include "client/chat_internal.h"
#include "client/runpod.h"
#include "client/runpod_internal.h"
#include "client/runpod_jobs.h"
#include "client/runpod_log_line.h"
#include "client/runpod_read.h"
#include "dice.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_MAX = 4 * 1024 * 1024 };

static struct arena *arena;
static struct json *tree;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_MAX);
    tree = NULL;
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    json_free(tree);
    return 0;
}
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const struct json *parse(const char *s)
{
    struct err e;
    json_free(tree);
    tree = json_parse(s, strlen(s), &e);
    if (!tree)
        fail_msg("%s: %s", s, e.message);
    return tree;
}

static void expect_text(struct text t, const char *s)
{
    assert_non_null(t.s);
    if (t.len != strlen(s) || memcmp(t.s, s, t.len) != 0)
        fail_msg("«%.*s» instead of «%s»", (int)t.len, t.s, s);
}

/* ---- ids, addresses, quota ----------------------------------------------------------------------- */

static void ids_that_may_stand_in_a_url(void **state)
{
    (void)state;
    char longest[97];
    memset(longest, 'a', sizeof longest);
    longest[95] = '\0';
    assert_true(runpod_id_ok(longest));
    longest[95] = 'a';
    longest[96] = '\0';
    assert_false(runpod_id_ok(longest));
    assert_true(runpod_id_ok("sync-3f0c12aa-0000-4000-8000-000000000000-u1"));
    const char *const bad[] = {NULL, "", "a/b", "..", "a b", "a?b", "a%2f", "ä", "a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(runpod_id_ok(bad[i]));
}

static void addresses_lose_their_slash_and_fit(void **state)
{
    (void)state;
    struct err e;
    char out[64], small[8];
    struct runpod_options options = {.api_base = "http://127.0.0.1:1/",
        .endpoint_base = "http://127.0.0.1:2/v2//",
        .clock = clock_real()};
    struct runpod *r = runpod_new(&options, NULL, &e);
    assert_non_null(r);
    assert_false(runpod_has_key(r));
    assert_int_equal(runpod_openai_url(r, "abc", out, sizeof out), 0);
    assert_string_equal(out, "http://127.0.0.1:2/v2/abc/openai/v1");
    assert_int_equal(runpod_openai_url(r, "abc", small, sizeof small), -1);
    runpod_free(r);
    options.api_base = "///";
    assert_null(runpod_new(&options, NULL, &e));
    assert_int_equal(e.class, ERR_INPUT);
}

static void the_quota_in_an_error_becomes_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *message;
        const char *number; /* NULL = no such hint */
    } cases[] = {
        {"Max workers across all endpoints must not exceed your workers quota (10). Reduce",
            "10 w"},
        {"Max workers across all endpoints will exceed your worker quota of 5. Lower to at most 2",
            "5 w"},
        {"worker concurrency cannot go beyond the maximum limit of (20)", "20 w"},
        {"the quota is unknown to 17 people", NULL},
        {"quota (99999999999999999999999)", NULL},
        {"bad image", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e;
        err_set(&e, ERR_REMOTE, 400, "%s", cases[i].message);
        runpod_explain(&e);
        if (cases[i].number ? !strstr(e.hint, cases[i].number) : strstr(e.hint, "at most") != NULL)
            fail_msg("%s: hint «%s»", cases[i].message, e.hint);
    }
}

/* ---- endpoints ------------------------------------------------------------------------------------ */

static void an_endpoint_keeps_no_more_than_it_may(void **state)
{
    (void)state;
    struct endpoint e;
    runpod_read_endpoint(
        parse(
            "{\"id\":\"x2x4\",\"name\":\"legal\\u001b[31m\\n\",\"type\":\"QUEUE\",\"image\":\"i:1\","
            "\"env\":{\"MODEL_NAME\":\"acme/m\",\"HF_TOKEN\":\"geheimnis-1\","
            "\"OPENAI_SERVED_MODEL_NAME_OVERRIDE\":\" one , two\",\"MAX_MODEL_LEN\":\"8192\"},"
            "\"gpu\":{\"pools\":[\"ADA_24\",null,7,\"AMPERE_48\"],\"count\":2},"
            "\"workers\":{\"min\":1,\"max\":3,\"idleTimeout\":10},"
            "\"createdAt\":\"2026-11-23T06:05:00Z\"}"),
        arena, &e);
    assert_string_equal(e.id, "x2x4");
    assert_null(memchr(e.name.s, '\033', e.name.len));
    assert_null(memchr(e.name.s, '\n', e.name.len));
    expect_text(e.served, "one");
    assert_int_equal(e.pool_count, 2);
    expect_text(e.pools[1], "AMPERE_48");
    expect_text(e.pools[2], "");
    assert_int_equal(e.gpu_count, 2);
    assert_int_equal(e.context_length, 8192);
    assert_int_equal(e.version, -1);
    assert_int_equal(e.created_ms, 1795413900000);
}

static void an_endpoint_of_nonsense_is_unusable_but_whole(void **state)
{
    (void)state;
    static const char *const bodies[] = {"null", "[]", "{}",
        "{\"id\":7,\"env\":[],\"gpu\":[],\"workers\":3}",
        "{\"id\":\"../../x\",\"name\":{},\"env\":null}",
        "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct endpoint e;
        runpod_read_endpoint(parse(bodies[i]), arena, &e);
        assert_string_equal(e.id, "");
        const struct text all[] = {
            e.name, e.image, e.model, e.revision, e.served, e.pools[0], e.pools[7]};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            expect_text(all[k], "");
        assert_int_equal(e.context_length, -1);
        assert_int_equal(e.gpu_count, 0);
    }
}

static void numbers_are_brought_into_range(void **state)
{
    (void)state;
    struct endpoint e;
    runpod_read_endpoint(
        parse("{\"id\":\"a\",\"workers\":{\"min\":-5,\"max\":1e300,\"idleTimeout\":\"9\"},"
              "\"gpu\":{\"count\":-1},\"version\":-3}"),
        arena, &e);
    assert_int_equal(e.workers_min, 0);
    assert_int_equal(e.workers_max, INT_MAX);
    assert_int_equal(e.idle_s, 0);
    assert_int_equal(e.version, -1);
    static const char *const lengths[] = {
        "0", "-1", "8192x", "99999999999999999999", "", " 1", "8e3"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"env\":{\"MAX_MODEL_LEN\":\"%s\"}}", lengths[i]);
        runpod_read_endpoint(parse(body), arena, &e);
        assert_int_equal(e.context_length, -1);
    }
}

/* ---- workers, health, account ----------------------------------------------------------------------- */

static void workers_are_read(void **state)
{
    (void)state;
    struct worker_page page;
    struct err e;
    assert_int_equal(
        runpod_read_workers(
            parse("{\"endpointVersion\":4,\"workers\":[{\"id\":\"8g3n5t6r\",\"status\":\"RUNNING\","
                  "\"isStale\":true,\"version\":4,\"gpuCount\":1,\"uptimeSeconds\":3600,"
                  "\"gpuTypeId\":\"NVIDIA L40S\",\"startedAt\":\"2026-11-23T06:05:00Z\"},"
                  "{\"id\":\"w2\",\"status\":\"HIBERNATING\",\"uptimeSeconds\":null,"
                  "\"gpuTypeId\":null,\"startedAt\":null}, 5]}"),
            arena, &page, &e),
        0);
    assert_int_equal(page.version, 4);
    assert_int_equal(page.count, 3);
    assert_int_equal(page.workers[0].status, WORKER_RUNNING);
    assert_true(page.workers[0].stale);
    assert_int_equal(page.workers[0].uptime_s, 3600);
    assert_int_equal(page.workers[1].status, WORKER_OTHER);
    expect_text(page.workers[1].word, "HIBERNATING");
    expect_text(page.workers[1].gpu, "");
    assert_int_equal(page.workers[1].uptime_s, -1);
    assert_int_equal(page.workers[1].started_ms, -1);
    assert_string_equal(page.workers[2].id, "");
    assert_int_equal(runpod_read_workers(parse("{\"workers\":{}}"), arena, &page, &e), -1);
    assert_int_equal(e.class, ERR_REMOTE);
}

static void health_lacks_what_it_likes(void **state)
{
    (void)state;
    struct health h;
    struct err e;
    assert_int_equal(runpod_read_health(parse("{\"jobs\":{\"inQueue\":4,\"completed\":12},"
                                              "\"workers\":{\"idle\":1,\"unhealthy\":-2}}"),
                         &h, &e),
        0);
    assert_int_equal(h.in_queue, 4);
    assert_int_equal(h.completed, 12);
    assert_int_equal(h.idle, 1);
    assert_int_equal(h.unhealthy, 0);
    assert_int_equal(h.in_progress, 0);
    const char *const wrong[] = {"{}", "[]", "{\"error\":\"x\"}", "\"ok\"", "{\"jobs\":3}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(runpod_read_health(parse(wrong[i]), &h, &e), -1);
}

static void account_without_numbers_is_unknown(void **state)
{
    (void)state;
    struct account a;
    struct text email;
    struct err e;
    assert_int_equal(runpod_read_account(
                         parse("{\"data\":{\"myself\":{\"clientBalance\":-3.5,\"spendLimit\":null,"
                               "\"email\":\"o@e.x\"}},\"errors\":[]}"),
                         arena, &a, &email, &e),
        0);
    assert_true(a.balance < -3.4 && a.balance > -3.6);
    assert_true(isnan(a.spend_hour) && isnan(a.spend_limit));
    expect_text(email, "o@e.x");
    assert_int_equal(runpod_read_account(parse("{\"errors\":[{\"message\":\"Unauthorized\"}],"
                                               "\"data\":{\"myself\":{\"clientBalance\":1}}}"),
                         arena, &a, NULL, &e),
        -1);
    assert_non_null(strstr(e.message, "Unauthorized"));
}

/* ---- jobs --------------------------------------------------------------------------------------------- */

static void a_job_fills_what_it_says(void **state)
{
    (void)state;
    struct err e;
    struct request q = {.delay_ms = -1, .execution_ms = -1, .tokens_in = -1, .tokens_out = -1};
    assert_int_equal(
        runpod_read_job(parse("{\"id\":\"a1\",\"status\":\"IN_PROGRESS\",\"delayTime\":41022,"
                              "\"workerId\":\"8g3n5t6r\",\"output\":{\"step\":3}}"),
            arena, &q, &e),
        0);
    assert_int_equal(q.status, REQUEST_IN_PROGRESS);
    assert_int_equal(q.delay_ms, 41022);
    assert_int_equal(q.execution_ms, -1);
    assert_string_equal(q.worker_id, "8g3n5t6r");
    expect_text(q.output, "{\"step\":3}"); /* not understood: as it is */
    assert_int_equal(
        runpod_read_job(parse("{\"status\":\"FAILED\",\"executionTime\":42078,\"retries\":1,"
                              "\"workerId\":\"../x\",\"error\":{\"error_type\":\"E\"}}"),
            arena, &q, &e),
        0);
    assert_int_equal(q.status, REQUEST_FAILED);
    assert_int_equal(q.delay_ms, 41022); /* not said again */
    assert_int_equal(q.retries, 1);
    assert_string_equal(q.worker_id, "8g3n5t6r");
    expect_text(q.error, "{\"error_type\":\"E\"}");
    assert_int_equal(runpod_read_job(parse("[]"), arena, &q, &e), -1);
}

static void a_long_output_is_cut_at_a_character(void **state)
{
    (void)state;
    struct err e;
    struct request q = {0};
    struct buf body;
    buf_init(&body, 1024 * 1024);
    buf_str_append(&body, "{\"output\":\"x");
    for (int i = 0; i < REQUEST_TEXT_MAX; i++)
        buf_str_append(&body, "ä");
    buf_str_append(&body, "\"}");
    assert_int_equal(runpod_read_job(parse(buf_str(&body)), arena, &q, &e), 0);
    assert_int_equal(q.output.len, REQUEST_TEXT_MAX - 1); /* 1 and twice n */
    assert_true(text_is_utf8(q.output.s, q.output.len));
    buf_release(&body);
}

static void outputs_of_every_generation(void **state)
{
    (void)state;
    static const struct {
        const char *output, *answer;
        int64_t in, out;
    } cases[] = {
        /* A */
        {"[{\"choices\":[{\"tokens\":[\"Hello there.\"]}],\"usage\":{\"input\":5,\"output\":4}}]",
            "Hello there.", 5, 4},
        {"[{\"choices\":[{\"tokens\":[\"Hel\"]}],\"usage\":{\"input\":5,\"output\":1}},"
         "{\"choices\":[{\"tokens\":[\"lo\",\" you\"]}],\"usage\":{\"input\":5,\"output\":3}}]",
            "Hello you", 5, 3},
        /* 2023 */
        {"{\"text\":[\"Hi.\"],\"input_tokens\":5,\"output_tokens\":2}", "Hi.", 5, 2},
        /* B: completion and chat */
        {"[{\"object\":\"text_completion\",\"choices\":[{\"index\":0,\"text\":\"Hello.\"}],"
         "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":4,\"total_tokens\":9}}]",
            "Hello.", 5, 4},
        {"[{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Hi\\nyou\"}},"
         "{\"message\":{\"content\":\"second choice\"}}],\"usage\":{\"prompt_tokens\":1}}]",
            "Hi\nyou", 1, -1},
        {"{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"parts\"}]}}]}",
            "parts", -1, -1},
        /* B streamed: raw events, cut anywhere */
        {"[\"data: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":\\\"He\", "
         "\"l\\\"}}]}\\n\\ndata: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":\\\"lo\\\"}}]}\\n\", \"\\n\","
         "\"data: {\\\"choices\\\":[],\\\"usage\\\":{\\\"prompt_tokens\\\":7,"
         "\\\"completion_tokens\\\":2}}\\n\\n\",\"data: [DONE]\\n\\n\"]",
            "Hello", 7, 2},
        /* the last event without its empty line; CRLF; junk between */
        {"\"data: {\\\"choices\\\":[{\\\"text\\\":\\\"a\\\"}]}\\r\\n\\r\\ndata: rubbish\\r\\n\\r\\n"
         "data: {\\\"choices\\\":[{\\\"text\\\":\\\"b\\\"}]}\"",
            "ab", -1, -1},
        /* handlers of one's own */
        {"\"just text\"", "just text", -1, -1},
        {"[\"one \",\"two\"]", "one two", -1, -1},
        /* not understood */
        {"[{\"error\":{\"message\":\"x\",\"code\":null}}]", "", -1, -1},
        {"{\"images\":[]}", "", -1, -1},
        {"null", "", -1, -1},
        {"[[[[[\"too deep\"]]]]]", "", -1, -1},
        {"{\"choices\":[],\"text\":\"no\"}", "", -1, -1},
        {"{\"choices\":{\"0\":1},\"usage\":{\"input\":-4,\"output\":\"9\"}}", "", -1, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct worker_output said;
        runpod_output_read(parse(cases[i].output), arena, &said);
        expect_text(said.answer, cases[i].answer);
        if (said.tokens_in != cases[i].in || said.tokens_out != cases[i].out)
            fail_msg("%s: %lld and %lld tokens", cases[i].output, (long long)said.tokens_in,
                (long long)said.tokens_out);
    }
}

/* The same events give the same answer wherever the fragments are cut, and what is cut is clean. */
static void fragments_are_cut_anywhere(void **state)
{
    (void)state;
    static const char events[] =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Zürich \\u001b[31m\"}}]}\n\n: ping\n\n"
        "data: {\"choices\":[{\"delta\":{\"content\":\"\\ud83d\\ude00\\nline\"}}]}\r\n\r\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}\n\n"
        "data: [DONE]\n\n";
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct dice d = dice_new(seed);
        struct json *list = json_new_array();
        for (size_t at = 0; at < sizeof events - 1;) {
            size_t n = 1 + dice_below(&d, 20);
            n = n < sizeof events - 1 - at ? n : sizeof events - 1 - at;
            while (at + n < sizeof events - 1 && ((unsigned char)events[at + n] & 0xC0) == 0x80)
                n++; /* JSON strings hold whole characters */
            char piece[64];
            snprintf(piece, sizeof piece, "%.*s", (int)n, events + at);
            assert_int_equal(json_push(list, json_new_string(piece)), 0);
            at += n;
        }
        struct worker_output said;
        runpod_output_read(list, arena, &said);
        json_free(list);
        if (said.answer.len != strlen("Zürich 😀\nline") || said.tokens_out != 9)
            fail_msg(
                "seed %llu: «%.*s»", (unsigned long long)seed, (int)said.answer.len, said.answer.s);
    }
}

/* ---- log lines ------------------------------------------------------------------------------------------ */

static void log_lines_are_unpacked(void **state)
{
    (void)state;
    static const struct {
        const char *event, *line; /* NULL = nothing to show */
        enum line_level level;
    } cases[] = {
        {"{\"source\":\"container\",\"line\":\"Starting to load model\",\"ts\":\"2026-11-23T06:00:00.123Z\"}",
            "Starting to load model", LINE_INFO},
        {"{\"line\":\"{\\\"requestId\\\":\\\"ab-u1\\\",\\\"message\\\":\\\"Started.\\\",\\\"level\\\":\\\"INFO\\\"}\"}",
            "ab-u1 | Started.", LINE_INFO},
        {"{\"line\":\"{\\\"requestId\\\":null,\\\"message\\\":\\\"boom\\\",\\\"level\\\":\\\"error\\\"}\"}",
            "boom", LINE_ERROR},
        {"{\"line\":\"{\\\"message\\\":\\\"m\\\",\\\"level\\\":\\\"WARNING\\\"}\"}", "m",
            LINE_WARN},
        {"{\"line\":\"{\\\"message\\\": broken\"}", "{\"message\": broken", LINE_INFO},
        {"{\"line\":\"{\\\"other\\\":1}\"}", "{\"other\":1}", LINE_INFO},
        /* progress bars */
        {"{\"line\":\" 10%|#\\r 20%|##\\r100%|###\"}", "100%|###", LINE_INFO},
        {"{\"line\":\"10%\\r20%\\r\"}", "20%", LINE_INFO},
        {"{\"line\":\"\\r\\n\"}", NULL, LINE_INFO},
        {"{\"line\":\"\"}", NULL, LINE_INFO},
        {"{\"line\":\"\\u001b[0m\"}", NULL, LINE_INFO},
        {"{}", NULL, LINE_INFO},
        {"not JSON", "not JSON", LINE_INFO},
        {"{\"line\":\"a\\u001b[31mred\\u001b[0m\\u202e\"}", "ared", LINE_INFO},
        {"{\"line\":\"--hf-token hf_abcdefghijklmnopqrstuvwx\"}", "--hf-token hf_***", LINE_INFO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_line l;
        enum runpod_log_line got =
            runpod_log_line_read(cases[i].event, strlen(cases[i].event), 77, arena, &l);
        assert_int_equal(got, cases[i].line ? RUNPOD_LOG_LINE : RUNPOD_LOG_LINE_NOTHING);
        if (!cases[i].line)
            continue;
        expect_text(l.line, cases[i].line);
        assert_int_equal(l.level, cases[i].level);
        assert_int_equal(l.at_ms, i == 0 ? 1795413600123 : 77);
    }
}

/* A key that the cut would behead is masked all the same; a full arena is told from an empty line. */
static void a_long_line_is_cut_clean(void **state)
{
    (void)state;
    struct log_line l;
    for (size_t lead = LOG_LINE_SHOWN_MAX - 30; lead < LOG_LINE_SHOWN_MAX; lead++) {
        struct buf event;
        buf_init(&event, 65536);
        buf_str_append(&event, "{\"line\":\"");
        for (size_t i = 0; i < lead; i++)
            buf_char(&event, '.');
        buf_str_append(&event, " hf_abcdefghijklmnopqrstuvwxyz and more\"}");
        assert_int_equal(
            runpod_log_line_read(buf_str(&event), event.len, 0, arena, &l), RUNPOD_LOG_LINE);
        assert_true(l.line.len <= LOG_LINE_SHOWN_MAX + LOG_LINE_TAIL_MAX);
        assert_null(strstr(l.line.s, "abc"));
        buf_release(&event);
    }
    struct arena *tiny = arena_new(64);
    static const char event[] =
        "{\"line\":\"a line that needs more than sixty-four bytes of room, which is not there\"}";
    assert_int_equal(
        runpod_log_line_read(event, sizeof event - 1, 0, tiny, &l), RUNPOD_LOG_LINE_NO_ROOM);
    arena_free(tiny);
}

/* ---- chat --------------------------------------------------------------------------------------------------- */

static void a_chat_body_asks_for_the_usage(void **state)
{
    (void)state;
    const struct chat_message m = {"user", "Say \"hi\"\n"};
    struct chat_options o = {
        .model = "legal", .messages = &m, .message_count = 1, .temperature = NAN};
    struct buf body;
    struct err e;
    assert_int_equal(chat_body(&o, &body, &e), 0);
    const struct json *j = parse(buf_str(&body));
    assert_true(json_bool(j, "stream", false));
    assert_true(json_bool(json_get(j, "stream_options"), "include_usage", false));
    assert_string_equal(json_str(json_first(json_get(j, "messages")), "content"), m.content);
    assert_null(json_get(j, "temperature"));
    assert_null(json_get(j, "max_tokens"));
    buf_release(&body);
    o.message_count = CHAT_MESSAGES_MAX + 1;
    assert_int_equal(chat_body(&o, &body, &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    buf_release(&body);
}

static void pieces_of_a_chat(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        int result;
    } cases[] = {
        {"{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}", 0},
        {"{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}", 1},
        {"{\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":null}]}", 0},
        {"{\"choices\":[{\"text\":\"!\"}],\"error\":null}", 1},
        {"{\"error\":{\"message\":\"no\"}}", -1},
        {"{\"object\":\"error\",\"message\":\"old form\"}", -1},
        {"{\"error\":\"text\"}", -1},
        {"{\"status\":\"IN_QUEUE\"}", -1},
        {"{\"choices\":7}", -1},
        {"{\"choices\":[", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chat_answer answer;
        struct err e;
        bool done = false;
        chat_answer_init(&answer);
        int got = chat_take_event(&answer, cases[i].data, strlen(cases[i].data), &done, &e);
        if (got != cases[i].result || done || answer.ended || answer.pieces != (got == 1))
            fail_msg("%s: %d", cases[i].data, got);
        if (got < 0)
            assert_int_equal(e.class, ERR_REMOTE);
        chat_answer_release(&answer);
    }
}

static void an_endless_answer_is_cut(void **state)
{
    (void)state;
    struct chat_answer answer;
    struct buf piece;
    struct err e;
    bool done = false;
    buf_init(&piece, 65536);
    buf_str_append(&piece, "{\"choices\":[{\"delta\":{\"content\":\"");
    for (int i = 0; i < 30000; i++)
        buf_char(&piece, 'x');
    buf_str_append(&piece, "\"}}]}");
    chat_answer_init(&answer);
    for (int i = 0; i < 20; i++)
        assert_int_equal(chat_take_event(&answer, buf_str(&piece), piece.len, &done, &e), 1);
    assert_true(answer.cut);
    assert_int_equal(answer.text.len, CHAT_ANSWER_MAX);
    assert_int_equal(chat_take_event(&answer, "[DONE]\n", 7, &done, &e), 0);
    assert_true(done && answer.ended);
    chat_answer_release(&answer);
    buf_release(&piece);
}

/* ---- anything ------------------------------------------------------------------------------------------------- */

/* Bytes changed at random in real bodies: every reader gives finished records. */
static void spoilt_bodies_do_no_harm(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"id\":\"x2\",\"name\":\"n\",\"env\":{\"MODEL_NAME\":\"m\",\"MAX_MODEL_LEN\":\"8192\"},"
        "\"gpu\":{\"pools\":[\"A\"],\"count\":1},\"workers\":{\"min\":0,\"max\":3}}",
        "{\"status\":\"COMPLETED\",\"delayTime\":824,\"executionTime\":3391,\"workerId\":\"w\",\"output\":"
        "[\"data: {\\\"choices\\\":[{\\\"delta\\\":{\\\"content\\\":\\\"x\\\"}}]}\\n\\n\"]}",
        "{\"jobs\":{\"inQueue\":4},\"workers\":[{\"id\":\"a\",\"status\":\"IDLE\",\"uptimeSeconds\":1}]}",
        "{\"source\":\"container\",\"line\":\"{\\\"message\\\":\\\"m\\\"}\",\"ts\":\"2026-11-23T06:00:00Z\"}",
    };
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        struct dice d = dice_new(seed);
        char body[512];
        snprintf(body, sizeof body, "%s", bodies[seed % 4]);
        size_t n = strlen(body);
        for (size_t k = dice_below(&d, 4); k > 0; k--)
            body[dice_below(&d, n)] = (char)dice_byte(&d);
        struct arena *a = arena_new(dice_below(&d, 3) == 0 ? dice_below(&d, 600) : 65536);
        assert_non_null(a);
        struct json *j = json_parse(body, n, NULL);
        struct endpoint endpoint;
        struct worker_page page = {0};
        struct health health;
        struct request q = {0};
        struct log_line line;
        struct err e;
        runpod_read_endpoint(j, a, &endpoint);
        (void)runpod_read_workers(j, a, &page, &e);
        (void)runpod_read_health(j, &health, &e);
        (void)runpod_read_job(j, a, &q, &e);
        (void)runpod_log_line_read(body, n, 0, a, &line);
        if (!endpoint.name.s || !text_is_utf8(endpoint.name.s, endpoint.name.len) || !line.line.s ||
            (q.output.s && !text_is_utf8(q.output.s, q.output.len)))
            fail_msg("seed %llu", (unsigned long long)seed);
        json_free(j);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_that_may_stand_in_a_url),
        TEST(addresses_lose_their_slash_and_fit),
        TEST(the_quota_in_an_error_becomes_a_hint),
        TEST(an_endpoint_keeps_no_more_than_it_may),
        TEST(an_endpoint_of_nonsense_is_unusable_but_whole),
        TEST(numbers_are_brought_into_range),
        TEST(workers_are_read),
        TEST(health_lacks_what_it_likes),
        TEST(account_without_numbers_is_unknown),
        TEST(a_job_fills_what_it_says),
        TEST(a_long_output_is_cut_at_a_character),
        TEST(outputs_of_every_generation),
        TEST(fragments_are_cut_anywhere),
        TEST(log_lines_are_unpacked),
        TEST(a_long_line_is_cut_clean),
        TEST(a_chat_body_asks_for_the_usage),
        TEST(pieces_of_a_chat),
        TEST(an_endless_answer_is_cut),
        TEST(spoilt_bodies_do_no_harm),
    };
    return cmocka_run_group_tests_name("runpod", tests, NULL, NULL);
}
