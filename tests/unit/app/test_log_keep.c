/* The log in a file: what is kept is read back as it was; it is private, bounded, and nobody waits for it. */
#include "app/log_keep.h"

#include "temp_folder.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct text words(const char *s)
{
    return (struct text){s, strlen(s)};
}

static void keep(struct log_keep *k, struct log_line line)
{
    const struct log_page page = {.lines = &line, .count = 1};
    log_keep_page(k, &page);
}

static struct log_keep *open_keep(void **state)
{
    struct err e;
    struct log_keep *k = log_keep_new(*state, &e);
    if (!k)
        fail_msg("%s", e.message);
    return k;
}

struct seen {
    size_t count, bytes;
    struct log_line last;
    char endpoint[32], line[4096], origin[64], first[64];
};

static void see(void *arg, const struct log_line *line)
{
    struct seen *s = arg;
    if (s->count++ == 0)
        snprintf(s->first, sizeof s->first, "%s", line->line.s);
    s->last = *line;
    s->bytes += line->line.len;
    snprintf(s->endpoint, sizeof s->endpoint, "%s", line->endpoint_id ? line->endpoint_id : "none");
    snprintf(s->line, sizeof s->line, "%s", line->line.s);
    snprintf(s->origin, sizeof s->origin, "%s", line->origin.s);
}

static void what_is_kept_is_read_back(void **state)
{
    struct seen seen = {0};
    struct log_keep *k = open_keep(state);
    log_keep_page(NULL, &(struct log_page){0});
    keep(k, (struct log_line){.at_ms = 1795413600123,
                .origin = words("legal/8g3n"),
                .endpoint_id = "x2x4",
                .level = LINE_ERROR,
                .source = LINE_SYSTEM,
                .count = 37,
                .line = words("no space left on device")});
    log_keep_free(k);
    log_keep_read(*state, 1 << 20, see, &seen);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.line, "no space left on device");
    assert_string_equal(seen.origin, "legal/8g3n");
    assert_string_equal(seen.endpoint, "x2x4");
    assert_int_equal(seen.last.at_ms, 1795413600123);
    assert_int_equal(seen.last.level, LINE_ERROR);
    assert_int_equal(seen.last.source, LINE_SYSTEM);
    assert_int_equal(seen.last.count, 37);
    /* Slipway's own, of no endpoint; added to what is there. */
    k = open_keep(state);
    keep(k, (struct log_line){
                .at_ms = 1, .origin = words("slipway"), .source = LINE_OWN, .line = words("done")});
    log_keep_free(k);
    seen = (struct seen){0};
    log_keep_read(*state, 1 << 20, see, &seen);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.endpoint, "none");
    assert_int_equal(seen.last.source, LINE_OWN);
}

static void the_file_is_private_and_bounded(void **state)
{
    static char said[1001];
    char path[PATH_MAX], old[PATH_MAX];
    struct stat now, before;
    struct seen seen = {0};
    struct log_keep *k = open_keep(state);
    memset(said, 'x', sizeof said - 1);
    temp_folder_path(path, state, LOG_KEEP_NAME);
    temp_folder_path(old, state, LOG_KEEP_NAME ".1");
    /* in portions, as the thread takes no more at once than LOG_KEEP_WAITING_MAX */
    for (int portion = 0; portion < 15; portion++) {
        for (int i = 0; i < 3500; i++)
            keep(k, (struct log_line){.origin = words("a/1"), .line = words(said)});
        log_keep_free(k);
        k = open_keep(state);
    }
    log_keep_free(k);
    assert_int_equal(stat(path, &now), 0);
    assert_int_equal(stat(old, &before), 0);
    assert_int_equal(now.st_mode & 0777, 0600);
    assert_int_equal(before.st_mode & 0777, 0600);
    assert_true(now.st_size <= LOG_KEEP_FILE_MAX && before.st_size <= LOG_KEEP_FILE_MAX);
    assert_true(before.st_size > LOG_KEEP_FILE_MAX / 2);
    log_keep_read(*state, SIZE_MAX, see, &seen);
    assert_in_range(seen.count, LOG_KEEP_FILE_MAX / 2 / 1100, 2 * LOG_KEEP_FILE_MAX / 1000);
    seen = (struct seen){0};
    log_keep_read(*state, 100000, see, &seen);
    assert_in_range(seen.count, 80, 100);
}

/* More than may wait is dropped, and that stands in the file; whoever adds it never waits. */
static void a_burst_is_bounded(void **state)
{
    static struct log_line lines[1000];
    static char said[1001];
    const struct log_page page = {.lines = lines, .count = 1000};
    struct seen seen = {0};
    struct log_keep *k = open_keep(state);
    memset(said, 'y', sizeof said - 1);
    for (size_t i = 0; i < 1000; i++)
        lines[i] = (struct log_line){.origin = words("a/1"), .line = words(said)};
    for (int i = 0; i < 40; i++)
        log_keep_page(k, &page);
    log_keep_free(k);
    log_keep_read(*state, SIZE_MAX, see, &seen);
    assert_true(seen.count < 40000 && seen.bytes >= 2 << 20);
}

/* Only some states of a bar, and each of several bars. */
static void bars_are_thinned(void **state)
{
    struct seen seen = {0};
    struct log_keep *k = open_keep(state);
    for (int i = 0; i <= 100; i++)
        for (uint32_t bar = 1; bar <= 2; bar++)
            keep(k, (struct log_line){.origin = words("a/1"),
                        .bar = bar,
                        .percent = i,
                        .line = bar == 1 ? words("one") : words("two")});
    log_keep_free(k);
    log_keep_read(*state, SIZE_MAX, see, &seen);
    assert_int_equal(seen.count, 2 * 11);
}

/* What somebody has written into the file is foreign like all else. */
static void a_file_that_was_edited_is_read_with_care(void **state)
{
    static const char text[] =
        "2026-11-23T06:00:00.000Z\terror\tcontainer\te1\tlegal/w1\tgood\n"
        "garbage\n\n\t\t\t\t\t\n"
        "2026-11-23T06:00:00.000Z\terror\tcontainer\t../..\tlegal/w1\t\x1b[2Jhf_abcdefghijklmnopqrst\n"
        "2026-11-23T06:00:00.000Z\tloud\tcontainer\te1\tlegal/w1\tx\n"
        "yesterday\terror\tcontainer\te1\tlegal/w1\tx\n"
        "2026-11-23T06:00:00.000Z\terror\tcontainer\te1\tlegal/w1\ta\t1\tb\n"
        "2026-11-23T06:00:00.000Z\terror\tcontainer\te1\tlegal/w1\tnot whole";
    char path[PATH_MAX];
    struct seen seen = {0};
    struct err e;
    log_keep_read(*state, SIZE_MAX, see, &seen); /* there is no file */
    assert_int_equal(seen.count, 0);
    temp_folder_path(path, state, LOG_KEEP_NAME);
    assert_int_equal(file_write(path, text, sizeof text - 1, &e), 0);
    log_keep_read(*state, SIZE_MAX, see, &seen);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.first, "good");
    assert_string_equal(seen.line, "hf_***");
    assert_string_equal(seen.endpoint, "none");
}

static void a_folder_that_is_not_there(void **state)
{
    struct err e;
    (void)state;
    assert_null(log_keep_new("/nowhere/at/all", &e));
    assert_int_equal(e.class, ERR_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temp_folder_make, temp_folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_is_read_back),
        TEST(the_file_is_private_and_bounded),
        TEST(a_burst_is_bounded),
        TEST(bars_are_thinned),
        TEST(a_file_that_was_edited_is_read_with_care),
        TEST(a_folder_that_is_not_there),
    };
    return cmocka_run_group_tests_name("log keep", tests, NULL, NULL);
}
