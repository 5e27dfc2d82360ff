/* Server-Sent Events: the examples of the WHATWG text, the caps, and the property that any chunking
 * of the same bytes gives the same events as a plain splitter that sees them all at once. */
#include "client/sse.h"
#include "sse_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROOM = 64 * 1024 * 1024 };

static void feed_all(struct buf *out, const char *bytes, size_t n, size_t step)
{
    struct sse s;
    sse_init(&s);
    for (size_t at = 0; at < n; at += step)
        sse_feed(&s, bytes + at, n - at < step ? n - at : step, transcript_event, out);
    sse_release(&s);
}

/* The same transcript whole, byte by byte, and in threes. */
static void expect(const char *stream, size_t n, const char *wanted)
{
    const size_t steps[] = {n > 0 ? n : 1, 1, 3};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct buf out;
        buf_init(&out, ROOM);
        feed_all(&out, stream, n, steps[i]);
        assert_string_equal(buf_str(&out), wanted);
        buf_release(&out);
    }
}
#define EXPECT(stream, wanted) expect(stream, sizeof(stream) - 1, wanted)

static void examples_of_the_standard(void **state)
{
    (void)state;
    EXPECT("data: YHOO\ndata: +2\ndata: 10\n\n", "message||0|10|YHOO\n+2\n10\n");
    EXPECT(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        "message|1|0|11|first event\nmessage||0|12|second event\nmessage||0|12| third event\n");
    EXPECT("data\n\ndata\ndata\n\ndata:", "message||0|0|\nmessage||0|1|\n\n");
    EXPECT("data:test\n\ndata: test\n\n", "message||0|4|test\nmessage||0|4|test\n");
    EXPECT("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
        "add||0|8|73857293\nremove||0|4|2153\n");
}

static void line_ends_may_be_mixed(void **state)
{
    (void)state;
    EXPECT("data: a\r\ndata: b\rdata: c\n\r\n", "message||0|5|a\nb\nc\n");
    EXPECT("data: a\r\r", "message||0|1|a\n");
    EXPECT("data: a\r\n\rdata: b\n\n", "message||0|1|a\nmessage||0|1|b\n");
    EXPECT("\r\n\r\n\n\ndata: a\n\n\n\n", "message||0|1|a\n");
}

static void a_leading_bom_is_skipped_once(void **state)
{
    (void)state;
    EXPECT("\xEF\xBB\xBF"
           "data: a\n\n",
        "message||0|1|a\n");
    EXPECT("\xEF\xBB\xBF\xEF\xBB\xBF"
           "data: a\n\n",
        "");
    EXPECT("\xEF\xBB"
           "data: a\n\ndata: b\n\n",
        "message||0|1|b\n");
    EXPECT("\xEF\n"
           "data: a\n\n",
        "message||0|1|a\n");
}

static void nothing_without_data(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("event: ping\nid: 7\n\n:keep-alive\n\ndata: x\n\n", "message|7|0|1|x\n");
    EXPECT("data: unfinished\n", "");
    EXPECT("data: unfinished", "");
}

static void unknown_fields_and_odd_values(void **state)
{
    (void)state;
    EXPECT("retry: 10\nDATA: no\ndatax: no\n data: no\ndata : no\ndata: yes\n\n",
        "message||0|3|yes\n");
    EXPECT("id: a\0b\ndata: x\n\n", "message||0|1|x\n"); /* an id with NUL is ignored */
    EXPECT("event: a\nevent: b\ndata: x\n\n", "b||0|1|x\n");
    EXPECT("event: a\nevent\ndata: x\n\n", "message||0|1|x\n");
}

static void data_keeps_nul_bytes(void **state)
{
    (void)state;
    static const char stream[] = "data: a\0b\n\n";
    struct buf out;
    buf_init(&out, ROOM);
    feed_all(&out, stream, sizeof stream - 1, 2);
    assert_int_equal(out.len, strlen("message||0|3|") + 4);
    assert_memory_equal(buf_str(&out), "message||0|3|a\0b\n", out.len);
    buf_release(&out);
}

static void id_and_type_have_a_cap(void **state)
{
    (void)state;
    char fits[SSE_ID_MAX] = {0}, stream[4 * SSE_ID_MAX];
    memset(fits, 'i', SSE_ID_MAX - 1);
    struct buf out, wanted;
    buf_init(&out, ROOM);
    buf_init(&wanted, ROOM);
    int n = snprintf(stream, sizeof stream, "id: %s\nevent: %s\ndata: x\n\n", fits, fits);
    feed_all(&out, stream, (size_t)n, 5);
    n = snprintf(stream, sizeof stream, "id: %sj\nevent: %sj\ndata: x\n\n", fits, fits);
    feed_all(&out, stream, (size_t)n, 5);
    (void)buf_printf(&wanted, "%s|%s|0|1|x\nmessage||0|1|x\n", fits, fits);
    assert_string_equal(buf_str(&out), buf_str(&wanted));
    buf_release(&out);
    buf_release(&wanted);
}

static void a_restart_keeps_only_the_id(void **state)
{
    (void)state;
    struct buf out;
    struct sse s;
    buf_init(&out, ROOM);
    sse_init(&s);
    static const char before[] = "id: 5\nevent: e\ndata: lost\ndata: hal";
    static const char after[] = "\xEF\xBB\xBF"
                                "data: new\n\n";
    sse_feed(&s, before, sizeof before - 1, transcript_event, &out);
    sse_restart(&s);
    sse_feed(&s, after, sizeof after - 1, transcript_event, &out);
    assert_string_equal(buf_str(&out), "message|5|0|3|new\n");
    sse_release(&s);
    buf_release(&out);
}

/* ---- the caps, with their true size ---------------------------------------------------------- */

static void filler(struct buf *b, size_t n)
{
    assert_int_equal(buf_reserve(b, n), 0);
    for (size_t i = 0; i < n; i++)
        b->data[b->len + i] = (char)('a' + i % 26);
    b->len += n;
    b->data[b->len] = 0;
}

static void compare(const struct buf *stream, size_t cap, size_t step)
{
    struct buf got, wanted;
    buf_init(&got, ROOM);
    buf_init(&wanted, ROOM);
    feed_all(&got, buf_str(stream), stream->len, step);
    assert_int_equal(reference_split(&wanted, buf_str(stream), stream->len, cap), 0);
    assert_false(got.full || wanted.full);
    assert_int_equal(got.len, wanted.len);
    assert_memory_equal(buf_str(&got), buf_str(&wanted), got.len);
    buf_release(&got);
    buf_release(&wanted);
}

struct seen {
    int events, cut;
    size_t longest;
};

static void count(const struct sse_event *event, void *arg)
{
    struct seen *seen = arg;
    seen->events++;
    seen->cut += event->cut;
    if (event->length > seen->longest)
        seen->longest = event->length;
}

static void a_line_without_end_is_cut_and_shown_at_once(void **state)
{
    (void)state;
    struct sse s;
    struct seen seen = {0};
    char block[4096];
    memset(block, '#', sizeof block);
    sse_init(&s);
    sse_feed(&s, "data: ", 6, count, &seen);
    for (size_t i = 0; i <= SSE_EVENT_MAX / sizeof block; i++)
        sse_feed(&s, block, sizeof block, count, &seen);
    assert_int_equal(seen.events, 1); /* its end has not come, and may never */
    assert_int_equal(seen.cut, 1);
    assert_int_equal(seen.longest, SSE_EVENT_MAX - 6);
    for (size_t i = 0; i < 4 * SSE_EVENT_MAX / sizeof block; i++)
        sse_feed(&s, block, sizeof block, count, &seen);
    assert_int_equal(seen.events, 1);
    assert_true(s.line.cap <= SSE_EVENT_MAX + 1 && s.data.cap <= SSE_EVENT_MAX + 1);
    sse_feed(&s, "\ndata: more of it\n\ndata: next\n\n", 31, count, &seen);
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.cut, 1);
    sse_release(&s);
}

static void lines_at_the_cap(void **state)
{
    (void)state;
    for (size_t over = 0; over < 3; over++) {
        struct buf stream;
        buf_init(&stream, ROOM);
        (void)buf_str_append(&stream, "id: 1\ndata:");
        filler(&stream, SSE_EVENT_MAX - 5 - 1 + over);
        (void)buf_str_append(&stream, "\r\ndata: tail\nid: 2\n\ndata: next\n\n");
        compare(&stream, SSE_EVENT_MAX, stream.len);
        compare(&stream, SSE_EVENT_MAX, 65537);
        buf_release(&stream);
    }
}

static void events_of_many_lines_at_the_cap(void **state)
{
    (void)state;
    for (size_t over = 0; over < 3; over++) {
        struct buf stream;
        buf_init(&stream, ROOM);
        for (int i = 0; i < 4;
             i++) { /* four lines with their line feeds make the cap or one less */
            (void)buf_str_append(&stream, "data: ");
            filler(&stream, SSE_EVENT_MAX / 4 - 1 + (i == 3 ? over : 0));
            (void)buf_str_append(&stream, "\n");
        }
        (void)buf_str_append(&stream, "\ndata: next\n\n");
        compare(&stream, SSE_EVENT_MAX, 100003);
        buf_release(&stream);
    }
}

/* ---- any chunking ---------------------------------------------------------------------------- */

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void compose(struct buf *stream, uint64_t *seed)
{
    static const char *const pieces[] = {"data", "data:", "data: ", "id: ", "id",
        "event:", "event: x", ":", "\n", "\n\n", "\r", "\r\n", "\n", "retry: 3", " ",
        "\xEF\xBB\xBF", "\xEF", "abc", "{\"line\":\"x\"}",
        "0123456789012345678901234567890123456789", "\xF0\x9F\x98\x80", "da"};
    size_t n = next(seed) % 60;
    for (size_t i = 0; i < n; i++) {
        size_t pick = next(seed) % (sizeof pieces / sizeof *pieces + 1);
        if (pick == sizeof pieces / sizeof *pieces)
            (void)buf_char(stream, '\0');
        else
            (void)buf_str_append(stream, pieces[pick]);
    }
}

/* `cap` stands for SSE_EVENT_MAX, small, so that short streams meet it. */
static void chunked(struct buf *out, const struct buf *stream, size_t cap, uint64_t *seed)
{
    struct sse s;
    sse_init(&s);
    s.line.max = s.data.max = cap;
    for (size_t at = 0; at < stream->len;) {
        size_t n = next(seed) % 9;
        if (n > stream->len - at)
            n = stream->len - at;
        sse_feed(&s, buf_str(stream) + at, n, transcript_event, out);
        at += n;
    }
    sse_release(&s);
}

static void any_chunking_gives_the_same_events(void **state)
{
    (void)state;
    uint64_t seed = 20261123;
    for (int round = 0; round < 20000; round++) {
        uint64_t start = seed;
        size_t cap = 16 + next(&seed) % 48;
        struct buf stream, got, wanted;
        buf_init(&stream, ROOM);
        buf_init(&got, ROOM);
        buf_init(&wanted, ROOM);
        compose(&stream, &seed);
        chunked(&got, &stream, cap, &seed);
        assert_int_equal(reference_split(&wanted, buf_str(&stream), stream.len, cap), 0);
        if (got.len != wanted.len || memcmp(buf_str(&got), buf_str(&wanted), got.len) != 0)
            fail_msg("seed %llu", (unsigned long long)start);
        buf_release(&stream);
        buf_release(&got);
        buf_release(&wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standard),
        cmocka_unit_test(line_ends_may_be_mixed),
        cmocka_unit_test(a_leading_bom_is_skipped_once),
        cmocka_unit_test(nothing_without_data),
        cmocka_unit_test(unknown_fields_and_odd_values),
        cmocka_unit_test(data_keeps_nul_bytes),
        cmocka_unit_test(id_and_type_have_a_cap),
        cmocka_unit_test(a_restart_keeps_only_the_id),
        cmocka_unit_test(a_line_without_end_is_cut_and_shown_at_once),
        cmocka_unit_test(lines_at_the_cap),
        cmocka_unit_test(events_of_many_lines_at_the_cap),
        cmocka_unit_test(any_chunking_gives_the_same_events),
    };
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
