/* The dashboard on a terminal of its own while a worker's log floods it: 100 000 lines a second for ten
 * seconds, and a stream that is hostile in every way we know. The screen stays whole, keys work, memory
 * is bounded, what is lost is counted and said. The times it takes are printed, not judged, but for
 * seconds. */
#include "../bench/pty_program.h"
#include "fault_server.h"
#include "temp_folder.h"

#include "base/buf.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

enum {
    COLUMNS = 80,
    ROWS = 24,
    BURST = 10000, /* lines in each tenth of a second */
    FLOOD_S = 10,
    HOSTILE_S = 4,
    KEYS_MAX = 1 << 17,
    LIMIT_S = 60,
    MEMORY_MAX_KB = 400 * 1024
};

struct flood {
    struct fault_server *server;
    struct buf body;
    void *home;
    struct pty_program p;
};

/* ---- what is sent ---------------------------------------------------------------------------------- */

static void event(struct buf *out, int number, const char *line)
{
    buf_printf(out,
        "id: 2026-11-23T06:00:00.%09dZ\n"
        "data: {\"source\":\"container\",\"line\":\"%s\",\"ts\":\"2026-11-23T06:00:00.%03dZ\"}\n\n",
        number, line, number % 1000);
}

static void write_burst(struct buf *out)
{
    char line[160];
    buf_init(out, 16 << 20);
    for (int i = 0; i < BURST; i++) {
        snprintf(line, sizeof line,
            "INFO 11-23 06:00:00 [engine.py:%d] request %d: prompt %d tokens, generated %d tokens",
            i % 700, i, i * 7 % 4096, i * 13 % 512);
        buf_printf(out,
            "id: 2026-11-23T06:00:00.%09dZ\n"
            "data: {\"source\":\"container\",\"line\":\"%s\"}\n\n",
            i, line);
    }
    assert_false(out->full);
}

static void many(struct buf *out, const char *piece, int times)
{
    for (int i = 0; i < times; i++)
        buf_str_append(out, piece);
}

/* Everything that a stream may do to a screen and to whoever reads it. */
static void write_hostile(struct buf *out)
{
    static const char nul[] = "data: {\"line\":\"a\0b\"}\n\n";
    buf_init(out, 16 << 20);
    event(out, 1, "\\u001b[2J\\u001b[1;1Hgone\\u001b]0;title\\u0007\\u001b[?1049l\\u009b31m");
    buf_str_append(out, "data: \x1b[2J\x1b(0raw\x0e\x1b[999;999H\x07\n\n");
    event(out, 2,
        "wide \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9 e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85 "
        "\xe2\x80\xae"
        "reversed\xe2\x80\xac");
    event(out, 3, "\xff\xfe\xc3\x28 bad \xed\xa0\x80 \\ud800 \\u0000 half \xe2\x82");
    buf_append(out, nul, sizeof nul - 1);
    buf_str_append(out, ": a comment\r\n\r\nid: with\\nfeed\r\ndata: {\"line\":\"CRLF\"}\r\n\r\n");
    buf_str_append(out, "data: {\"line\":\ndata: \"over several\ndata:  data lines\"}\n\n");
    buf_str_append(out, "id\ndata\n\ndata: no id\n\nevent: x\nretry: 0\n\n");
    buf_str_append(out, "data: {\"line\":\"");
    many(out, " 42%|####      | 42/100\\r", 20000); /* a flood of carriage returns */
    buf_str_append(out, "100%|##########| 100/100\"}\n\n");
    buf_str_append(out, "data: {\"line\":\"");
    many(out, "0123456789abcdef", (1 << 20) / 16 + 100); /* more than an event may have */
    buf_str_append(out, "\",\"ts\":\"2026-11-23T06:00:00Z\"}\n\n");
    buf_str_append(out, "data: {\"line\":\"{\\\"message\\\":\\\"");
    many(out, "[{", 5000); /* nested deeply, were it read */
    buf_str_append(out, "\\\"}\"}\n\n");
    many(out, "data: {\"line\":\"tick\"}\n\n", 2000);
    event(out, 9, "token hf_abcdefghijklmnopqrstuvwxyz0123 is masked");
    buf_str_append(out, "data: half a frame");
    assert_false(out->full);
}

/* ---- the world ------------------------------------------------------------------------------------- */

static void serve(struct flood *f, const struct fault_rule *log)
{
    static const char endpoints[] =
        "{\"endpoints\":[{\"id\":\"flood\",\"name\":\"flood\",\"image\":\"i\",\"workers\":"
        "{\"min\":0,\"max\":3}}]}";
    static const char workers[] =
        "{\"workers\":[{\"id\":\"w1\",\"status\":\"RUNNING\",\"uptimeSeconds\":60}]}";
    static const char health[] = "{\"jobs\":{\"inQueue\":0},\"workers\":{\"running\":1}}";
    const struct fault_rule rules[] = {
        {.path = "/v2/serverless", .body = endpoints, .length = sizeof endpoints - 1},
        {.path = "/v2/serverless/flood/workers", .body = workers, .length = sizeof workers - 1},
        {.path = "/v2/flood/health", .body = health, .length = sizeof health - 1}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        fault_server_add(f->server, &rules[i]);
    fault_server_add(f->server, log);
}

static void start(struct flood *f)
{
    char *const argv[] = {getenv("SLIPWAY"), NULL};
    assert_non_null(argv[0]);
    assert_int_equal(temp_folder_make(&f->home), 0);
    setenv("HOME", f->home, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("RUNPOD_API_KEY", "a-key-of-no-shape-77", 1);
    setenv("RUNPOD_API_BASE_URL", fault_server_url(f->server, ""), 1);
    setenv("RUNPOD_ENDPOINT_BASE_URL", fault_server_url(f->server, "/v2"), 1);
    setenv("HF_ENDPOINT", fault_server_url(f->server, "/hub"), 1);
    static const char *const others[] = {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
        "HF_TOKEN", "HF_HOME", "SLIPWAY_DATABASE_URL", "NO_COLOR"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        unsetenv(others[i]);
    pty_start(&f->p, argv, COLUMNS, ROWS);
    assert_true(pty_wait(&f->p, -1, "6 Logs", LIMIT_S));
    pty_press(&f->p, "6");
    pty_press(&f->p, "z");
}

static void end(struct flood *f)
{
    pty_stop(&f->p);
    fault_server_free(f->server);
    buf_release(&f->body);
    temp_folder_remove(&f->home);
}

/* ---- looking --------------------------------------------------------------------------------------- */

static void row_text(struct flood *f, int row, char out[1024])
{
    const VTermRect rect = {
        .start_row = row, .end_row = row + 1, .start_col = 0, .end_col = COLUMNS};
    size_t n = vterm_screen_get_text(vterm_obtain_screen(f->p.vt), out, 1023, rect);
    out[n] = '\0';
}

static uint32_t char_at(struct flood *f, int row, int column)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(
        vterm_obtain_screen(f->p.vt), (VTermPos){.row = row, .col = column}, &cell);
    return cell.chars[0];
}

/* The frame is where it belongs, so nothing has moved or wiped the screen. */
static void assert_whole(struct flood *f)
{
    char row[1024];
    row_text(f, 0, row);
    assert_non_null(strstr(row, "runpod"));
    row_text(f, 1, row);
    assert_non_null(strstr(row, "6 Logs"));
    for (int r = 2; r < ROWS - 2; r++) {
        row_text(f, r, row);
        if (char_at(f, r, 0) != 0x2502 || char_at(f, r, COLUMNS - 1) != 0x2502)
            fail_msg("row %d is broken: %s", r, row);
    }
    assert_int_equal(char_at(f, ROWS - 2, 0), 0x2514);
    assert_int_equal(char_at(f, ROWS - 2, COLUMNS - 1), 0x2518);
    row_text(f, ROWS - 1, row);
    assert_non_null(strstr(row, "quit"));
}

static long memory_kb(const struct flood *f)
{
    char path[64], line[256];
    long kb = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)f->p.pid);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (status)
        fclose(status);
    return kb;
}

/* Of one core, since it began. */
static double processor_s(const struct flood *f)
{
    char path[64];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)f->p.pid);
    FILE *stat = fopen(path, "r");
    if (stat) {
        if (fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                &kernel) != 2)
            user = kernel = 0;
        fclose(stat);
    }
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Presses `v` again and again, and waits each time for the level it brings. */
static void time_keys(struct flood *f, double for_s, const char *what)
{
    static const char *const levels[] = {"warn+", "error", "debug+", "info+"};
    static double took[KEYS_MAX];
    size_t n = 0;
    double began = pty_now(), used = processor_s(f);
    for (double until = pty_now() + for_s; pty_now() < until && n < KEYS_MAX; n++) {
        double pressed = pty_now();
        pty_press(&f->p, "v");
        if (!pty_wait(&f->p, 1, levels[n % 4], LIMIT_S))
            fail_msg("the key had no answer");
        took[n] = pty_now() - pressed;
        assert_whole(f);
    }
    qsort(took, n, sizeof *took, by_size);
    print_message("# %s: key to paint %.1f ms (median of %zu), %.1f ms (99 %%), %.1f ms (worst)\n",
        what, 1000 * took[n / 2], n, 1000 * took[n * 99 / 100], 1000 * took[n - 1]);
    print_message(
        "# it used %.0f %% of a core\n", 100 * (processor_s(f) - used) / (pty_now() - began));
    assert_true(took[n - 1] < 5);
    while (n++ % 4) /* back to info+ */
        pty_press(&f->p, "v");
    assert_true(pty_wait(&f->p, 1, "info+", LIMIT_S));
}

/* q asks first only where something is under way. */
static void assert_ends(struct flood *f)
{
    double asked = pty_now();
    int status = -1;
    pty_press(&f->p, "q");
    while (waitpid(f->p.pid, &status, WNOHANG) == 0 && pty_now() < asked + 10)
        pty_read(&f->p, 0.01);
    print_message("# quit took %.0f ms\n", 1000 * (pty_now() - asked));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Waits for a text on the screen; shows the screen when it does not come. */
static void await(struct flood *f, int row, const char *text)
{
    char line[1024];
    if (pty_wait(&f->p, row, text, LIMIT_S))
        return;
    for (int r = 0; r < ROWS; r++) {
        row_text(f, r, line);
        print_message("# %s\n", line);
    }
    fail_msg("never seen: %s", text);
}

/* The counts in the frame change with every frame: when they have, the one before is whole. */
static void await_next_frame(struct flood *f)
{
    char before[1024], now[1024];
    double until = pty_now() + LIMIT_S;
    row_text(f, 1, before);
    for (row_text(f, 1, now); strcmp(now, before) == 0 && pty_now() < until; row_text(f, 1, now))
        pty_read(&f->p, 0.05);
    assert_string_not_equal(now, before);
}

static bool has_all(const char *text, const char *const *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strstr(text, pieces[i]))
            return false;
    return true;
}

/* What was heard comes to stand in the file: cleaned, cut, masked. */
static void assert_kept(struct flood *f)
{
    static const char *const there[] = {"CRLF", "over several␊ data lines", "no id", "hf_***",
        "100%|##########| 100/100", "… (+", "wide ", "tick\t"};
    static const char *const nowhere[] = {"\x1b", "hf_abc", "\r", " 42%|####", "\x07"};
    enum { THERE = sizeof there / sizeof *there, NOWHERE = sizeof nowhere / sizeof *nowhere };
    char path[PATH_MAX];
    struct buf bytes;
    struct err e;
    snprintf(path, sizeof path, "%s/.local/state/slipway/default/workers.log", (char *)f->home);
    buf_init(&bytes, 64 << 20);
    for (double until = pty_now() + LIMIT_S; pty_now() < until; pty_read(&f->p, 0.2)) {
        buf_clear(&bytes);
        if (file_read(path, &bytes, &e))
            fail_msg("%s", e.message);
        if (has_all(buf_str(&bytes), there, THERE))
            break;
    }
    for (size_t i = 0; i < THERE; i++)
        if (!strstr(buf_str(&bytes), there[i]))
            fail_msg("not kept: %s", there[i]);
    for (size_t i = 0; i < NOWHERE; i++)
        if (strstr(buf_str(&bytes), nowhere[i]))
            fail_msg("kept: %s", nowhere[i]);
    buf_release(&bytes);
}

/* ---- tests ----------------------------------------------------------------------------------------- */

static void a_flood_of_lines(void **state)
{
    struct flood f = {.server = fault_server_new()};
    (void)state;
    write_burst(&f.body);
    const struct fault_rule log = {.path = "/v2/serverless/flood/workers/w1/logs?tail=100",
        .headers = "Content-Type: text/event-stream\r\n",
        .body = buf_str(&f.body),
        .length = f.body.len,
        .endless = true,
        .drip_ms = 100};
    serve(&f, &log);
    start(&f);
    await(&f, -1, "flood/w1");
    double began = pty_now();
    int64_t sent = fault_server_sent(f.server);
    time_keys(&f, FLOOD_S, "flooded");
    double lines = (double)(fault_server_sent(f.server) - sent) / ((double)f.body.len / BURST);
    print_message(
        "# %.0f lines a second were taken from the service\n", lines / (pty_now() - began));
    await(&f, 1, "lost");
    long memory = memory_kb(&f);
    print_message("# memory at most %ld MB\n", memory / 1024);
    assert_in_range(memory, 1, MEMORY_MAX_KB);

    /* Who stands still sees the same for as long as he likes. */
    char before[ROWS][1024], now[1024];
    pty_press(&f.p, "\x1b[5~");
    await(&f, 1, " of ");
    await_next_frame(&f);
    for (int r = 2; r < ROWS - 2; r++)
        row_text(&f, r, before[r]);
    await(&f, 1, "older than"); /* the store has let them go */
    for (int r = 2; r < ROWS - 2; r++) {
        row_text(&f, r, now);
        assert_string_equal(now, before[r]);
    }
    pty_press(&f.p, "G");
    await(&f, 1, "following");
    assert_whole(&f);
    assert_ends(&f);
    end(&f);
}

static void a_hostile_stream(void **state)
{
    struct flood f = {.server = fault_server_new()};
    (void)state;
    write_hostile(&f.body);
    const struct fault_rule log = {.path = "/v2/serverless/flood/workers/w1/logs?tail=100",
        .headers = "Content-Type: text/event-stream\r\n",
        .body = buf_str(&f.body),
        .length = f.body.len,
        .chunk = 7919,
        .endless = true};
    serve(&f, &log);
    start(&f);
    await(&f, -1, "flood/w1");
    time_keys(&f, HOSTILE_S, "under a hostile stream");
    long memory = memory_kb(&f);
    print_message("# memory at most %ld MB\n", memory / 1024);
    assert_in_range(memory, 1, MEMORY_MAX_KB);
    assert_ends(&f);
    end(&f);
}

/* At a pace at which nothing of it has to be left out. */
static void what_is_hostile_is_kept_harmless(void **state)
{
    struct flood f = {.server = fault_server_new()};
    (void)state;
    write_hostile(&f.body);
    const struct fault_rule log = {.path = "/v2/serverless/flood/workers/w1/logs?tail=100",
        .headers = "Content-Type: text/event-stream\r\n",
        .body = buf_str(&f.body),
        .length = f.body.len,
        .chunk = 65521,
        .drip_ms = 20,
        .endless = true};
    serve(&f, &log);
    start(&f);
    await(&f, -1, "flood/w1");
    assert_kept(&f);
    assert_whole(&f);
    assert_ends(&f);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_lines),
        cmocka_unit_test(a_hostile_stream),
        cmocka_unit_test(what_is_hostile_is_kept_harmless),
    };
    return cmocka_run_group_tests_name("log flood", tests, NULL, NULL);
}
