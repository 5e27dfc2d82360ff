/* What is asked for becomes what is sent: forms' texts and commands' values alike. And what cannot be sent is
 * told by a sentence before anything is. */
#include "temp_folder.h"

#include "app/sending.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json *parse(const char *s)
{
    struct json *j = json_parse(s, strlen(s), NULL);
    assert_non_null(j);
    return j;
}

static void bodies_are_made(void **state)
{
    static const struct {
        const char *asked, *sent;
    } cases[] = {
        {"{\"prompt\":\"hi\"}", "POST b/e/run {\"input\":{\"prompt\":\"hi\"}}"},
        {"{\"prompt\":\"hi\",\"max-tokens\":\"7\",\"input\":\"\"}",
            "POST b/e/run {\"input\":{\"prompt\":\"hi\",\"sampling_params\":{\"max_tokens\":7}}}"},
        {"{\"prompt\":\"hi\",\"route\":\"sync\"}",
            "POST b/e/runsync?wait=90000 {\"input\":{\"prompt\":\"hi\"}}"},
        {"{\"prompt\":\"hi\",\"route\":\"stream\"}",
            "POST b/e/run {\"input\":{\"prompt\":\"hi\",\"stream\":true}}"},
        {"{\"input\":\"{\\\"a\\\": [1, 2]}\",\"route\":\"stream\"}", /* one's own stays as it is */
            "POST b/e/run {\"input\":{\"a\":[1,2]}}"},
        {"{\"input\":{\"a\":{}}}", "POST b/e/run {\"input\":{\"a\":{}}}"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
            "POST b/e/run {\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}"},
        {"{\"prompt\":\"hi\",\"route\":\"chat\",\"max-tokens\":3}",
            "POST b/e/openai/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"hi\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            "\"max_tokens\":3}"},
        {"{\"messages\":\"[{\\\"role\\\":\\\"system\\\",\\\"content\\\":\\\"s\\\"}]\",\"route\":"
         "\"chat\"}",
            "POST b/e/openai/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":\"system\","
            "\"content\":\"s\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}"},
        {"{\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"sampling_params\":{"
         "\"max_tokens\":5}},\"route\":\"chat\"}",
            "POST b/e/openai/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":\"user\","
            "\"content\":\"x\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true},"
            "\"max_tokens\":5}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *asked = parse(cases[i].asked);
        struct arena *a = arena_new(1 << 20);
        struct sending_body b;
        struct buf said;
        struct err e;
        buf_init(&said, 1 << 20);
        if (sending_read(asked, a, &b, &e))
            fail_msg("%s: %s", cases[i].asked, e.message);
        assert_int_equal(sending_say(&b, "b", "e", "m", &said, &e), 0);
        assert_string_equal(buf_str(&said), cases[i].sent);
        buf_release(&said);
        sending_body_release(&b);
        arena_free(a);
        json_free(asked);
    }
}

static void nonsense_is_refused(void **state)
{
    static const struct {
        const char *asked, *why;
    } cases[] = {
        {"{}", "say what to send"},
        {"{\"prompt\":\"\"}", "say what to send"},
        {"{\"prompt\":\"a\",\"input\":\"{}\"}", "one of them"},
        {"{\"prompt\":\"a\",\"messages\":[]}", "one of them"},
        {"{\"input\":\"[1]\"}", "JSON object"},
        {"{\"input\":\"{}\"}", "not empty"},
        {"{\"input\":{}}", "not empty"},
        {"{\"input\":\"{bad\"}", "input: not valid JSON"},
        {"{\"input\":\"@/nowhere/at-all.json\"}", "No such file"},
        {"{\"input\":{\"a\":1},\"max-tokens\":5}", "max tokens go with a prompt"},
        {"{\"input\":{\"a\":1},\"route\":\"chat\"}", "messages are a list"},
        {"{\"messages\":[{\"role\":\"user\"}],\"route\":\"chat\"}", "role"},
        {"{\"messages\":{}}", "messages are a list"},
        {"{\"prompt\":\"a\",\"route\":\"carrier pigeon\"}", "carrier pigeon"},
        {"{\"prompt\":\"a\",\"count\":\"0\"}", "count"},
        {"{\"prompt\":\"a\",\"count\":\"10001\"}", "10000"},
        {"{\"prompt\":\"a\",\"count\":\"5\",\"concurrency\":\"65\"}", "concurrency"},
        {"{\"prompt\":\"a\",\"count\":\"50\",\"concurrency\":\"9\",\"route\":\"sync\"}", "8"},
        {"{\"prompt\":\"a\",\"max-tokens\":\"-1\"}", "max-tokens"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *asked = parse(cases[i].asked);
        struct arena *a = arena_new(1 << 20);
        struct sending_body b;
        struct err e;
        if (!sending_read(asked, a, &b, &e))
            fail_msg("taken: %s", cases[i].asked);
        assert_int_equal(e.class, ERR_INPUT);
        if (!strstr(e.message, cases[i].why))
            fail_msg("%s: no «%s» in: %s", cases[i].asked, cases[i].why, e.message);
        sending_body_release(&b);
        arena_free(a);
        json_free(asked);
    }
}

/* Looking at it beforehand needs no file, and finds every wrong number. */
static void checking_looks_at_no_file(void **state)
{
    (void)state;
    struct err e;
    struct json *asked = parse("{\"endpoint\":\"e\",\"input\":\"@/nowhere\",\"count\":\"3\"}");
    assert_int_equal(sending_check(asked, &e), 0);
    json_set(asked, "count", json_new_string("x"));
    assert_int_equal(sending_check(asked, &e), -1);
    json_remove(asked, "count");
    json_remove(asked, "endpoint");
    assert_int_equal(sending_check(asked, &e), -1);
    json_free(asked);
}

static void files_hold_bodies(void **state)
{
    (void)state;
    void *folder = NULL;
    char path[PATH_MAX], value[PATH_MAX + 1];
    struct sending_body b;
    struct err e;
    assert_int_equal(temp_folder_make(&folder), 0);
    temp_folder_path(path, &folder, "body.json");
    assert_int_equal(file_write(path, " {\"prompt\": \"from a file\"}\n", 27, &e), 0);
    assert_true(snprintf(value, sizeof value, "@%s", path) < (int)sizeof value);
    struct json *asked = json_new_object();
    json_add_str(asked, "input", value);
    struct arena *a = arena_new(1 << 20);
    assert_int_equal(sending_read(asked, a, &b, &e), 0);
    assert_string_equal(json_str(b.input, "prompt"), "from a file");
    sending_body_release(&b);
    arena_free(a);
    json_free(asked);
    temp_folder_remove(&folder);
}

static void no_more_at_once_than_there_are(void **state)
{
    (void)state;
    struct json *asked = parse("{\"prompt\":\"a\",\"count\":3}");
    struct arena *a = arena_new(1 << 20);
    struct sending_body b;
    assert_int_equal(sending_read(asked, a, &b, NULL), 0);
    assert_int_equal(b.at_once, 3);
    assert_int_equal(b.count, 3);
    sending_body_release(&b);
    arena_free(a);
    json_free(asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_made),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(checking_looks_at_no_file),
        cmocka_unit_test(files_hold_bodies),
        cmocka_unit_test(no_more_at_once_than_there_are),
    };
    return cmocka_run_group_tests_name("sending", tests, NULL, NULL);
}
