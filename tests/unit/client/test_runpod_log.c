/* The log of a worker as a hostile or broken service sends it: what is read of it, where it goes on after the
 * connection broke, with ids and without, and what is let go when there is more than anybody can read. */
#include "http_fixture.h"

#include "base/clock.h"
#include "base/secret.h"
#include "client/runpod_log_line.h"
#include "client/runpod_logs_internal.h"

#include "dice.h"

#include <poll.h>

#define PATH "/v2/serverless/e1/workers/w1/logs?tail=100"

enum { LINES_MAX = 16384, PATIENCE_MS = 20000, SPEED = 50 };

struct world {
    struct fixture *f;
    struct clock *clock; /* runs fast, so that back-off does not make the tests long */
    struct runpod *r;
    struct wait wait;
    struct runpod_log *log;
    struct arena *arena;
    struct log_line lines[LINES_MAX];
    size_t count;
    struct buf stream; /* a long answer; the server borrows it to its end */
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct err e;
    assert_non_null(w);
    void *fixture;
    fixture_setup(&fixture);
    w->f = fixture;
    w->clock = clock_new(clock_wall_ms(clock_real()), SPEED);
    const struct runpod_options options = {.api_base = fault_server_url(w->f->server, ""),
        .endpoint_base = fault_server_url(w->f->server, "/v2"),
        .key = secret_register("RUNPOD_API_KEY", "a-key-of-no-shape", &e),
        .clock = w->clock};
    w->r = runpod_new(&options, w->f->http, &e);
    w->arena = arena_new(64 << 20);
    assert_true(w->r && w->arena && wait_init(&w->wait) == 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *fixture = w->f;
    runpod_log_close(w->log);
    fixture_teardown(&fixture);
    runpod_free(w->r);
    clock_free(w->clock);
    wait_release(&w->wait);
    arena_free(w->arena);
    buf_release(&w->stream);
    free(w);
    return 0;
}

static void serve(struct world *w, const char *path, const void *body, size_t n, int times)
{
    const struct fault_rule rule = {.path = path,
        .headers = "Content-Type: text/event-stream\r\n",
        .body = body,
        .length = n,
        .chunk = 5,
        .chunked = true,
        .times = times};
    fault_server_add(w->f->server, &rule);
}

static void open_log(struct world *w)
{
    struct err e;
    w->log = runpod_log_open(w->r, "e1", "legal", "w1", 100, &w->wait, &e);
    assert_non_null(w->log);
}

static void hear(const struct log_line *line, void *arg)
{
    struct world *w = arg;
    assert_true(w->count < LINES_MAX);
    w->lines[w->count++] = *line;
}

/* Reads until so many lines have come. */
static void read_lines(struct world *w, size_t count)
{
    int64_t until = clock_mono_ms(clock_real()) + PATIENCE_MS;
    while (w->count < count && clock_mono_ms(clock_real()) < until) {
        uint64_t seen = wait_seen(&w->wait);
        if (runpod_log_read(w->log, w->arena, hear, w, NULL) == 0)
            wait_until(&w->wait, seen, 20);
    }
    if (w->count < count)
        fail_msg("%zu lines came, not %zu", w->count, count);
}

static void expect(struct world *w, const char *const lines[], size_t count)
{
    read_lines(w, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(w->lines[i].line.s, lines[i]);
    assert_int_equal(w->count, count);
}

/* ---- hostile streams -------------------------------------------------------------------------------- */

static void every_form_of_event_is_read(void **state)
{
    static const char stream[] =
        ": a comment\n\n"
        "data: {\"line\":\"LF\",\"source\":\"system\"}\n\n"
        "data: {\"line\":\"CRLF\"}\r\n\r\n"
        "data: {\"line\":\ndata:  \"over several\"\ndata: }\n\n"
        "event: other\nid: 1\nretry: 5\ndata: no JSON\n\n"
        "data\n\ndata: {}\n\n: keep-alive\r\n\r\n"
        "data: {\"line\":\"a\0b\"}\n\n"
        "data: {\"line\":\"c\\u0000d \\ud800 \\ud83d\\ude00\"}\n\n"
        "data: {\"line\":\"\xff\xc3\x28 \\u001b[2J\\u009b1m\x1b]0;t\x07.\"}\n\n"
        "data: {\"line\":\"never ended";
    static const char *const lines[] = {"LF", "CRLF", "over several", "no JSON", "a␀b",
        "c␀d \xef\xbf\xbd \xf0\x9f\x98\x80", "\xef\xbf\xbd\xef\xbf\xbd( ."};
    struct world *w = *state;
    serve(w, PATH, stream, sizeof stream - 1, 1);
    open_log(w);
    expect(w, lines, sizeof lines / sizeof *lines);
    assert_int_equal(w->lines[0].source, LINE_SYSTEM);
    assert_int_equal(w->lines[1].source, LINE_CONTAINER);
    assert_string_equal(w->lines[0].origin.s, "legal/w1");
    assert_string_equal(w->lines[0].endpoint_id, "e1");
    assert_string_equal(line_worker(&w->lines[0]).s, "w1");
}

/* Longer than an event may be, and than a line may be shown: its beginning, and how much is missing. */
static void a_huge_line_is_cut(void **state)
{
    struct world *w = *state;
    struct buf *stream = &w->stream;
    buf_init(stream, 8 << 20);
    buf_str_append(stream, "id: 7\ndata: {\"source\":\"system\",\"line\":\"begin ");
    for (int i = 0; i < 150000; i++)
        buf_str_append(stream, "0123456789");
    buf_str_append(stream, "\",\"ts\":\"2026-11-23T06:00:00Z\"}\n\ndata: {\"line\":\"next\"}\n\n");
    const struct fault_rule rule = {
        .path = PATH, .body = buf_str(stream), .length = stream->len, .times = 1};
    fault_server_add(w->f->server, &rule);
    open_log(w);
    read_lines(w, 2);
    const struct text line = w->lines[0].line;
    assert_true(
        line.len > LOG_LINE_SHOWN_MAX && line.len <= LOG_LINE_SHOWN_MAX + LOG_LINE_TAIL_MAX);
    assert_memory_equal(line.s, "begin 0123456789", 16);
    assert_non_null(strstr(line.s, "… (+104"));
    assert_int_equal(w->lines[0].source, LINE_SYSTEM);
    assert_string_equal(w->lines[1].line.s, "next");
}

/* Wherever a key stands in a line that is far too long, nothing of it is shown. */
static void no_part_of_a_key_is_shown(void **state)
{
    struct world *w = *state;
    static const size_t leads[] = {
        0, LOG_LINE_SHOWN_MAX - 10, LOG_LINE_SHOWN_MAX, 60000, 65500, 131060};
    static const char key[] = "a-key-of-no-shape";
    struct log_line l;
    for (size_t k = 0; k < 2 * sizeof leads / sizeof *leads; k++) {
        struct buf event;
        buf_init(&event, 4 << 20);
        buf_str_append(&event, "{\"line\":\"");
        /* dropped by cleaning, so that little is left of much */
        for (size_t i = 0; i < leads[k / 2]; i += 4)
            buf_str_append(&event, k % 2 ? "...." : "\x1b[1m");
        buf_printf(&event, "%s", key);
        for (size_t i = 0; i < 300000; i += 4)
            buf_str_append(&event, "\x1b[1m");
        buf_str_append(&event, "\"}");
        enum runpod_log_line got =
            runpod_log_line_read(buf_str(&event), event.len, 0, w->arena, &l);
        for (size_t n = 4; got == RUNPOD_LOG_LINE && n < sizeof key; n++)
            assert_null(memmem(l.line.s, l.line.len, key, n));
        buf_release(&event);
    }
}

static void what_a_bar_has_overwritten_is_left_out(void **state)
{
    struct world *w = *state;
    struct log_line l;
    static const struct {
        const char *line, *shown;
    } cases[] = {{"{\"line\":\"10%|# |\\r100%|##|\\r     \\r\"}", "100%|##|"},
        {"{\"line\":\"\\r\\r\\r\"}", NULL}, {"{\"line\":\"a\\r\\nb\"}", "a␍␊b"},
        {"{\"line\":\"kept\\r   \"}", "kept"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum runpod_log_line got =
            runpod_log_line_read(cases[i].line, strlen(cases[i].line), 0, w->arena, &l);
        assert_int_equal(got, cases[i].shown ? RUNPOD_LOG_LINE : RUNPOD_LOG_LINE_NOTHING);
        if (cases[i].shown && i != 2)
            assert_string_equal(l.line.s, cases[i].shown);
    }
}

/* ---- going on --------------------------------------------------------------------------------------- */

static void it_goes_on_behind_the_last_id(void **state)
{
    static const char first[] =
        "id: one\ndata: {\"line\":\"1\"}\n\nid: two\ndata: {\"line\":\"2\"}\n\n"
        "id: three\ndata: {\"line\":\"cut";
    static const char second[] = "id: three\ndata: {\"line\":\"3\"}\n\n";
    static const char *const lines[] = {"1", "2", "3"};
    struct world *w = *state;
    serve(w, PATH, first, sizeof first - 1, 1);
    serve(w, PATH, second, sizeof second - 1, 1);
    open_log(w);
    expect(w, lines, 3);
    struct fault_request r = fixture_request(w->f->server, PATH, 0);
    fixture_header(&r, "Last-Event-ID", NULL);
    r = fixture_request(w->f->server, PATH, 1);
    fixture_header(&r, "Last-Event-ID", "two");
    assert_string_equal(runpod_log_last_id(w->log), "three");
}

/* An id that could not stand in a header is none; without one the time of the last line is where to go on,
 * and what came of that very moment is not shown twice. */
static void without_ids_it_goes_on_from_the_time(void **state)
{
    static const char first[] =
        "id: \x01\ndata: {\"line\":\"1\",\"ts\":\"2026-11-23T06:00:00.001Z\"}\n\n"
        "data: {\"line\":\"2\",\"ts\":\"2026-11-23T06:00:00.002Z\"}\n\n"
        "data: {\"line\":\"2\",\"ts\":\"2026-11-23T06:00:00.002Z\"}\n\n";
    static const char second[] =
        "data: {\"line\":\"2\",\"ts\":\"2026-11-23T06:00:00.002Z\"}\n\n"
        "data: {\"line\":\"2\",\"ts\":\"2026-11-23T06:00:00.002Z\"}\n\n"
        "data: {\"line\":\"2b\",\"ts\":\"2026-11-23T06:00:00.002Z\"}\n\n"
        "data: {\"line\":\"3\",\"ts\":\"2026-11-23T06:00:00.003Z\"}\n\n"
        "data: {\"line\":\"early\",\"ts\":\"2026-11-23T06:00:00.001Z\"}\n\n";
    static const char *const lines[] = {"1", "2", "2", "2b", "3", "early"};
    struct world *w = *state;
    serve(w, PATH, first, sizeof first - 1, 1);
    serve(w, PATH "&since=2026-11-23T06:00:00.002Z", second, sizeof second - 1, 1);
    open_log(w);
    expect(w, lines, 6);
    struct fault_request r =
        fixture_request(w->f->server, PATH "&since=2026-11-23T06:00:00.002Z", 0);
    fixture_header(&r, "Last-Event-ID", NULL);
}

static void a_worker_that_is_gone_is_over(void **state)
{
    struct world *w = *state;
    open_log(w); /* the server knows nothing: 404 */
    int64_t until = clock_mono_ms(clock_real()) + PATIENCE_MS;
    while (!runpod_log_over(w->log) && clock_mono_ms(clock_real()) < until) {
        uint64_t seen = wait_seen(&w->wait);
        assert_int_equal(runpod_log_read(w->log, w->arena, hear, w, NULL), 0);
        wait_until(&w->wait, seen, 20);
    }
    assert_true(runpod_log_over(w->log) && runpod_log_answered(w->log));
}

/* ---- too much ----------------------------------------------------------------------------------------- */

/* Whoever only takes in keeps the newest, and knows how many went before them. */
static void the_newest_are_kept(void **state)
{
    enum { SENT = 20000 };
    struct world *w = *state;
    struct buf *stream = &w->stream;
    size_t heard = 0;
    buf_init(stream, 16 << 20);
    for (int i = 0; i < SENT; i++)
        buf_printf(stream, "id: %d\ndata: {\"line\":\"%0200d\"}\n\n", i, i);
    const struct fault_rule rule = {.path = PATH,
        .body = buf_str(stream),
        .length = stream->len,
        .stall = true,
        .chunked = true};
    fault_server_add(w->f->server, &rule);
    open_log(w);
    int64_t until = clock_mono_ms(clock_real()) + PATIENCE_MS;
    while (clock_mono_ms(clock_real()) < until &&
           (fault_server_sent(w->f->server) < (int64_t)stream->len || heard++ < 20)) {
        uint64_t seen = wait_seen(&w->wait);
        runpod_log_take_in(w->log);
        wait_until(&w->wait, seen, 20);
    }
    uint64_t lost = runpod_log_take_lost(w->log);
    assert_true(lost > 0 && lost < SENT);
    assert_int_equal(runpod_log_take_lost(w->log), 0);
    read_lines(w, SENT - (size_t)lost);
    assert_int_equal(w->count + lost, SENT);
    assert_int_equal(strtol(w->lines[0].line.s, NULL, 10), lost);
    assert_int_equal(strtol(w->lines[w->count - 1].line.s, NULL, 10), SENT - 1);
    assert_string_equal(runpod_log_last_id(w->log), "19999");
}

/* Against a plain list: what is taken out is what was put in, oldest first, but for the oldest ones that
 * there was no room for. */
static void the_queue_is_a_queue(void **state)
{
    static char data[300000];
    struct log_queue q;
    struct dice dice = dice_new(__LINE__);
    size_t put = 0, taken = 0, sizes[4000];
    (void)state;
    log_queue_init(&q);
    for (int turn = 0; turn < 8000 && put < 4000; turn++) {
        const char *out, *id;
        size_t n;
        if (dice_below(&dice, 3) > 0) {
            char name[16];
            sizes[put] =
                dice_below(&dice, 20) ? dice_below(&dice, 400) : dice_below(&dice, sizeof data);
            snprintf(name, sizeof name, "%zu", put);
            memset(data, (int)('a' + put % 26), sizes[put]);
            log_queue_push(&q, data, sizes[put], name);
            put++;
        } else if (log_queue_first(&q, &out, &n, &id)) {
            size_t number = taken + (size_t)q.dropped;
            assert_int_equal(strtoul(id, NULL, 10), number);
            assert_int_equal(n, sizes[number]);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(out[i], 'a' + (int)(number % 26));
            assert_int_equal(out[n], '\0');
            log_queue_pop(&q);
            taken++;
        }
        assert_int_equal(q.count, put - taken - q.dropped);
        assert_true(log_queue_bytes(&q) <= LOG_QUEUE_BYTES_MAX);
    }
    assert_true(q.dropped > 0);
    while (q.count > 0)
        log_queue_pop(&q);
    assert_int_equal(log_queue_bytes(&q), 0);
    log_queue_release(&q);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_form_of_event_is_read),
        TEST(a_huge_line_is_cut),
        TEST(no_part_of_a_key_is_shown),
        TEST(what_a_bar_has_overwritten_is_left_out),
        TEST(it_goes_on_behind_the_last_id),
        TEST(without_ids_it_goes_on_from_the_time),
        TEST(a_worker_that_is_gone_is_over),
        TEST(the_newest_are_kept),
        TEST(the_queue_is_a_queue),
    };
    return cmocka_run_group_tests_name("runpod log", tests, NULL, NULL);
}
