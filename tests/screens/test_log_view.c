/* The log: what is shown of it, where it stays while lines arrive, and that it costs no more than what is
 * seen. */
#include "fixture.h"

#include "../unit/ui/screen.h"
#include "ui/log_index.h"

#include <string.h>

static void start(struct fixture *f, int columns, int rows, int lines)
{
    char line[64];
    fixture_start(f);
    fixture_open(f, columns, rows, false);
    for (int i = 0; i < lines; i++) {
        snprintf(line, sizeof line, "line %d.", i);
        fixture_log(f, i % 2 ? "legal/8g3n" : "slipway", (enum line_level)(i % LINE_LEVELS), line);
    }
    fixture_type(f, "6z");
    fixture_text(f, false);
}

static void test_follows(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 80, 24, 100);
    fixture_assert_shows(&f, "line 99.");
    fixture_log(&f, "slipway", LINE_INFO, "the newest");
    fixture_assert_shows(&f, "the newest");
    fixture_assert_shows(&f, "following");
    fixture_end(&f);
}

/* What one reads stays where it is, whatever arrives. */
static void test_keeps_its_place(void **state)
{
    static char before[1 << 16];
    struct fixture f;
    char line[64];
    (void)state;
    start(&f, 80, 24, 100);
    fixture_press(&f, PRESS_PAGE_UP);
    fixture_press(&f, PRESS_PAGE_UP);
    fixture_assert_hides(&f, "line 99.");
    fixture_assert_hides(&f, "following");
    const char *text = fixture_text(&f, false);
    snprintf(before, sizeof before, "%s", strchr(strchr(text, '\n') + 1, '\n'));
    for (int i = 0; i < 50; i++) {
        snprintf(line, sizeof line, "later %d", i);
        fixture_log(&f, "slipway", LINE_ERROR, line);
    }
    text = fixture_text(&f, false);
    assert_string_equal(strchr(strchr(text, '\n') + 1, '\n'), before);
    fixture_press(&f, 'G');
    fixture_assert_shows(&f, "later 49");
    fixture_end(&f);
}

static void test_pages_show_every_line(void **state)
{
    bool seen[60] = {false};
    struct fixture f;
    (void)state;
    start(&f, 80, 24, 60);
    fixture_type(&f, "vvv"); /* warn, error, debug: all */
    for (int page = 0; page < 10; page++) {
        const char *text = fixture_text(&f, false);
        for (int i = 0; i < 60; i++) {
            char line[64];
            snprintf(line, sizeof line, "line %d.", i);
            seen[i] = seen[i] || strstr(text, line);
        }
        fixture_press(&f, PRESS_PAGE_UP);
    }
    for (int i = 0; i < 60; i++)
        assert_true(seen[i]);
    fixture_press(&f, 'g');
    fixture_assert_shows(&f, "line 0.");
    for (int i = 0; i < 60; i++)
        fixture_press(&f, PRESS_DOWN);
    fixture_assert_shows(&f, "following"); /* who arrives at the end follows again */
    fixture_end(&f);
}

static void test_level(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 80, 24, 40);
    fixture_assert_hides(&f, "debug");
    fixture_type(&f, "v");
    fixture_assert_shows(&f, "warn+");
    fixture_assert_hides(&f, "info ");
    fixture_type(&f, "v");
    fixture_assert_hides(&f, "warn");
    fixture_assert_shows(&f, "error");
    fixture_log(&f, "slipway", LINE_INFO, "must not show");
    fixture_assert_hides(&f, "must not show");
    fixture_end(&f);
}

static void test_filter(void **state)
{
    struct fixture f;
    (void)state;
    start(&f, 80, 24, 40);
    fixture_type(&f, "/origin:legal !error");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_hides(&f, "slipway      ");
    fixture_assert_hides(&f, "line 39."); /* legal's, an error */
    fixture_assert_shows(&f, "line 37.");
    fixture_log(&f, "legal/8g3n", LINE_WARN, "this passes");
    fixture_log(&f, "embed/1", LINE_WARN, "this does not");
    fixture_assert_shows(&f, "this passes");
    fixture_assert_hides(&f, "this does not");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_shows(&f, "this does not");
    fixture_end(&f);
}

static void test_long_lines(void **state)
{
    static char line[1500];
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof line - 1; i++)
        line[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    memcpy(line + sizeof line - 6, " tail", 5);
    start(&f, 80, 24, 3);
    fixture_log(&f, "slipway", LINE_INFO, line);
    fixture_assert_hides(&f, "…"); /* with the focus all of it is there, as far as it fits */
    fixture_press(&f, 'z');
    fixture_press(&f, PRESS_TAB);
    fixture_assert_shows(&f, "…");
    fixture_assert_hides(&f, "tail");
    fixture_end(&f);
}

/* More lines than the store keeps: the place that one reads is gone, the next best is shown. */
static void test_ring_is_full(void **state)
{
    struct fixture f;
    uint64_t first;
    char line[64];
    (void)state;
    start(&f, 80, 24, 100);
    fixture_press(&f, 'g');
    fixture_assert_shows(&f, "line 1.");
    for (int i = 0; i < STORE_LOG_LINES_MAX + 10; i++) {
        snprintf(line, sizeof line, "flood %d.", i);
        fixture_log(&f, "slipway", LINE_INFO, line);
    }
    store_log(f.store, &first);
    assert_true(first > 0);
    snprintf(line, sizeof line, "flood %llu.", (unsigned long long)(first - 100));
    fixture_assert_shows(&f, line);
    store_log_note_dropped(f.store, 3); /* on their way here */
    fixture_assert_shows(&f, "3 lines lost");
    fixture_end(&f);
}

/* ---- the index --------------------------------------------------------------------------------------- */

static bool count_and_pass(void *arg, const struct log_line *line)
{
    ++*(size_t *)arg;
    return line->level >= LINE_WARN;
}

static void test_index_looks_once(void **state)
{
    struct fixture f;
    struct log_index ix = {0};
    size_t looks = 0;
    (void)state;
    start(&f, 80, 24, 1000);
    log_index_update(&ix, f.store, count_and_pass, &looks);
    assert_int_equal(looks, 1000);
    assert_int_equal(log_index_count(&ix), 500);
    log_index_update(&ix, f.store, count_and_pass, &looks);
    assert_int_equal(looks, 1000);
    fixture_log(&f, "slipway", LINE_ERROR, "one more");
    log_index_update(&ix, f.store, count_and_pass, &looks);
    assert_int_equal(looks, 1001);
    for (size_t i = 1; i < log_index_count(&ix); i++) {
        assert_true(log_index_number(&ix, i - 1) < log_index_number(&ix, i));
        assert_int_equal(log_index_place(&ix, log_index_number(&ix, i)), i);
        assert_int_equal(log_index_place(&ix, log_index_number(&ix, i - 1) + 1), i);
    }
    log_index_release(&ix);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follows),
        cmocka_unit_test(test_keeps_its_place),
        cmocka_unit_test(test_pages_show_every_line),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_ring_is_full),
        cmocka_unit_test(test_index_looks_once),
    };
    return cmocka_run_group_tests_name("log view", tests, NULL, NULL);
}
