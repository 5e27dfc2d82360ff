/* Each wording of crash_wordings.h alone: as the deciding line of the newest start it names its cause, behind the
 * prefixes that lines come with as well; as a warning it names none. Each pattern is held by three wordings. */
#include "crash_wordings.h"
#include "model/crash_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct wording {
    char source;
    const char *id, *variant, *line;
} wordings[] = {
#define WORDING(source, id, variant, line) {#source[0], id, variant, line},
    CRASH_WORDINGS_START(WORDING) CRASH_WORDINGS_GPU(WORDING) CRASH_WORDINGS_MODEL(WORDING)
        CRASH_WORDINGS_ENGINE(WORDING)
#undef WORDING
};
enum { WORDINGS = sizeof wordings / sizeof *wordings, ARENA = 1 << 20 };

static struct log_line line_of(const char *s, enum line_source source, int64_t at_ms)
{
    return (struct log_line){.line = {s, strlen(s)},
        .source = source,
        .at_ms = at_ms,
        .order_ms = at_ms,
        .origin = TEXT("e/w")};
}

/* Reads a start, some progress, and the line; says what is wrong with it. */
static bool is_told(struct arena *a, const struct wording *w, const char *line)
{
    struct crash c;
    const struct log_line lines[] = {
        line_of("create container acme/worker:1", LINE_SYSTEM, 1000),
        w->source == 'S'
            ? line_of("create container: still fetching image acme/worker:1", LINE_SYSTEM, 1500)
            : line_of("start container for acme/worker:1: begin", LINE_SYSTEM, 1500),
        line_of(line, w->source == 'S' ? LINE_SYSTEM : LINE_CONTAINER, 2000),
    };
    assert_int_equal(crash_read(lines, 3, a, &c), 0);
    bool right = c.cause && c.crashed && !c.serves && c.line_count > 0 &&
                 c.lines[0].line.s == line && strcmp(c.cause->id, w->id) == 0 &&
                 strcmp(c.cause->variant, w->variant) == 0;
    if (!right)
        print_message("# %s/%s, not %s/%s (crashed %d): %s\n", w->id, w->variant,
            c.cause ? c.cause->id : "nothing", c.cause ? c.cause->variant : "", c.crashed, line);
    return right;
}

static void each_wording_names_its_cause(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < WORDINGS; i++) {
        struct arena *a = arena_new(ARENA);
        wrong += !is_told(a, &wordings[i], wordings[i].line);
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
}

/* Prefixes of vLLM's processes, Ray's, Python's logging, a time stamp. */
static void prefixes_change_nothing(void **state)
{
    (void)state;
    static const char *const prefixes[] = {
        "(EngineCore_DP0 pid=112) ERROR 11-23 06:05:12 [core.py:708] ",
        "(EngineCore pid=84) ERROR 11-23 06:05:12.123 [v1/engine/core.py:1100] ",
        "(RayWorkerWrapper pid=1021, ip=10.0.0.2) ERROR 04-26 01:59:07 worker_base.py:157] ",
        "(APIServer pid=1) ", "[rank0]: ", "2026-11-23T06:05:12.123456789Z ",
        "2026-11-23 06:05:12,345 - ERROR - ", "2026-11-23 06:05:12,345 ERROR root: ", "ERROR:root:",
        "ERROR:    ", "ERROR 11-18 18:07:28 engine.py:366] "};
    size_t wrong = 0;
    for (size_t i = 0; i < WORDINGS; i++) {
        const struct wording *w = &wordings[i];
        if (w->source == 'S' || w->line[0] == '{' || w->line[0] == '(' || w->line[0] == '[' ||
            strncmp(w->line, "ERROR", 5) == 0 || strncmp(w->line, "2026", 4) == 0 ||
            strncmp(w->line, "WARN", 4) == 0)
            continue;
        struct arena *a = arena_new(ARENA);
        struct buf b;
        buf_init(&b, 8192);
        assert_int_equal(
            buf_printf(&b, "%s%s", prefixes[i % (sizeof prefixes / sizeof *prefixes)], w->line), 0);
        wrong += !is_told(a, w, buf_str(&b));
        buf_release(&b);
        arena_free(a);
    }
    assert_int_equal(wrong, 0);
}

/* The same words at a level below "error" decide nothing. */
static void a_warning_is_no_cause(void **state)
{
    (void)state;
    static const char *const prefixes[] = {
        "(EngineCore_DP0 pid=112) WARNING 11-23 06:05:12 [core.py:708] ",
        "WARNING 11-18 18:07:28 engine.py:366] ", "INFO 11-23 06:05:12 [utils.py:1] ",
        "2026-11-23 06:05:12,345 WARNING root: ", "WARNING:root:"};
    for (size_t i = 0; i < WORDINGS; i++) {
        const struct wording *w = &wordings[i];
        if (w->source == 'S' || w->line[0] == '{' || w->line[0] == '(' || w->line[0] == '[' ||
            strncmp(w->line, "ERROR", 5) == 0 || strncmp(w->line, "2026", 4) == 0 ||
            strncmp(w->line, "WARN", 4) == 0)
            continue;
        struct arena *a = arena_new(ARENA);
        struct crash c;
        struct buf b;
        buf_init(&b, 8192);
        assert_int_equal(
            buf_printf(&b, "%s%s", prefixes[i % (sizeof prefixes / sizeof *prefixes)], w->line), 0);
        const struct log_line lines[] = {
            line_of("start container for acme/worker:1: begin", LINE_SYSTEM, 1000),
            line_of(buf_str(&b), LINE_CONTAINER, 2000)};
        assert_int_equal(crash_read(lines, 2, a, &c), 0);
        if (c.cause || c.crashed)
            print_message("# a warning: %s\n", buf_str(&b));
        assert_null(c.cause);
        assert_false(c.crashed);
        buf_release(&b);
        arena_free(a);
    }
}

static void each_pattern_has_three_wordings(void **state)
{
    (void)state;
    const struct crash_row *row;
    struct crash_matcher *m = crash_matcher_new();
    assert_non_null(m);
    assert_int_equal(crash_matcher_check(m), -1);
    for (size_t i = 0; (row = crash_row(i)) != NULL; i++) {
        size_t held = 0;
        for (size_t k = 0; k < WORDINGS; k++)
            held += strcmp(row->cause.id, wordings[k].id) == 0 &&
                    strcmp(row->cause.variant, wordings[k].variant) == 0;
        if (row->weight >= CRASH_GENERAL && held < 3)
            print_message("# %s/%s: %zu wordings\n", row->cause.id, row->cause.variant, held);
        assert_true(row->weight < CRASH_GENERAL || held >= 3);
    }
    crash_matcher_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_has_three_wordings),
        cmocka_unit_test(each_wording_names_its_cause),
        cmocka_unit_test(prefixes_change_nothing),
        cmocka_unit_test(a_warning_is_no_cause),
    };
    return cmocka_run_group_tests_name("crash wordings", tests, NULL, NULL);
}
