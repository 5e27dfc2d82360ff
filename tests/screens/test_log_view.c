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

/* More lines than the store keeps: the oldest that it has is the first. */
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
    fixture_press(&f, 'g');
    snprintf(line, sizeof line, "flood %llu.", (unsigned long long)(first - 100));
    fixture_assert_shows(&f, line);
    store_log_note_dropped(f.store, 3); /* on their way here */
    fixture_assert_shows(&f, "3 lines lost");
    fixture_end(&f);
}

/* ---- lines of workers --------------------------------------------------------------------------------- */

/* With its endpoint, its source, and its time, `ago_ms` before now. */
static void log_of(struct fixture *f, const char *origin, const char *endpoint_id,
    enum line_source source, int64_t ago_ms, const char *line)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, 16 * 1024);
    assert_non_null(m);
    struct log_page *page = arena_alloc(m->arena, sizeof *page);
    page->count = 1;
    page->lines = arena_alloc(m->arena, sizeof *page->lines);
    *page->lines = (struct log_line){.at_ms = store_wall_ms(f->store) - ago_ms,
        .origin = text_from(m->arena, origin),
        .endpoint_id = endpoint_id ? arena_strdup(m->arena, endpoint_id) : NULL,
        .level = LINE_INFO,
        .source = source,
        .line = text_from(m->arena, line)};
    page->lines->bar = line_bar_of(page->lines->line, &page->lines->percent);
    m->payload = page;
    store_apply(f->store, m);
    screen_news(f->screen);
}

/* Three workers of two endpoints, a line of the system, and one of ours. */
static void start_workers(struct fixture *f, int columns, int rows)
{
    fixture_start(f);
    fixture_fill(f);
    fixture_open(f, columns, rows, false);
    log_of(f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 4000, "says 8g3n");
    log_of(f, "legal/9xyz", "x2x4legal", LINE_CONTAINER, 3000, "says 9xyz");
    log_of(f, "legal/9xyz", "x2x4legal", LINE_SYSTEM, 2000, "start container");
    log_of(f, "embed/1abc", "x2x4embed", LINE_CONTAINER, 1000, "says 1abc");
    log_of(f, "slipway", NULL, LINE_OWN, 0, "did something");
    fixture_type(f, "6z");
    fixture_text(f, false);
}

/* Line `row` of the screen. */
static const char *row_of(struct fixture *f, int row)
{
    static char line[2048];
    const char *text = fixture_text(f, false);
    while (row-- > 0)
        text = strchr(text, '\n') + 1;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    return line;
}

static void assert_in_order(struct fixture *f, const char *first, const char *second)
{
    const char *text = fixture_text(f, false), *a = strstr(text, first), *b = strstr(text, second);
    if (!a || !b || a > b)
        fail_msg("%s is not above %s on\n%s", first, second, text);
}

static void test_merged_by_time(void **state)
{
    struct fixture f;
    (void)state;
    start_workers(&f, 80, 24);
    log_of(&f, "legal/late", "x2x4legal", LINE_CONTAINER, 2500, "came late");
    assert_in_order(&f, "says 9xyz", "came late");
    assert_in_order(&f, "came late", "start container");
    log_of(&f, "legal/clock", "x2x4legal", LINE_CONTAINER, -3600000, "from the future");
    fixture_advance(&f, 1000);
    log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 0, "after it");
    assert_in_order(&f, "from the future", "after it");
    fixture_assert_shows(&f, " sys ");
    fixture_end(&f);
}

static void test_source(void **state)
{
    struct fixture f;
    (void)state;
    start_workers(&f, 80, 24);
    fixture_type(&f, "S");
    fixture_assert_shows(&f, "Whose lines");
    fixture_assert_shows(&f, "Slipway itself");
    fixture_type(&f, "j");
    fixture_press(&f, PRESS_ENTER); /* slipway */
    fixture_assert_shows(&f, "did something");
    fixture_assert_hides(&f, "says");
    fixture_assert_shows(&f, "slipway itself");
    assert_string_equal(f.focus, "");
    fixture_type(&f, "Sj");
    fixture_press(&f, PRESS_ENTER); /* system lines */
    fixture_assert_shows(&f, "start container");
    fixture_assert_hides(&f, "says");
    fixture_type(&f, "Sj");
    fixture_press(&f, PRESS_ENTER); /* embed, the first by name */
    fixture_assert_shows(&f, "says 1abc");
    fixture_assert_hides(&f, "8g3n");
    assert_string_equal(f.focus, "x2x4embed"); /* is asked oftener while one looks */
    fixture_type(&f, "SG");
    fixture_press(&f, PRESS_UP);
    fixture_press(&f, PRESS_ESCAPE); /* nothing has changed */
    fixture_assert_shows(&f, "says 1abc");
    fixture_type(&f, "Sjjjj"); /* its worker, legal, then legal's workers */
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "says 9xyz");
    fixture_assert_shows(&f, "start container");
    fixture_assert_hides(&f, "says 8g3n");
    log_of(&f, "legal/9xyz", "x2x4legal", LINE_CONTAINER, 0, "one more");
    fixture_assert_shows(&f, "one more");
    fixture_type(&f, "Sg");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "says 1abc");
    fixture_end(&f);
}

static void test_time_window(void **state)
{
    struct fixture f;
    (void)state;
    start_workers(&f, 80, 24);
    log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 600000, "ten minutes old");
    fixture_type(&f, "T");
    fixture_assert_shows(&f, "last 5 min");
    fixture_assert_hides(&f, "ten minutes old");
    fixture_assert_shows(&f, "says 8g3n");
    fixture_type(&f, "T");
    fixture_assert_shows(&f, "last 15 min");
    fixture_assert_shows(&f, "ten minutes old");
    fixture_advance(&f, 330000);
    fixture_assert_hides(&f, "ten minutes old"); /* by itself */
    assert_true(screen_due(f.screen) > 0);
    fixture_type(&f, "TTT");
    fixture_assert_hides(&f, "last");
    fixture_assert_shows(&f, "ten minutes old");
    fixture_end(&f);
}

static void test_search(void **state)
{
    struct fixture f;
    char line[64];
    (void)state;
    start(&f, 80, 24, 0);
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "line %d %s", i, i % 50 == 7 ? "a needle in it" : "hay");
        fixture_log(&f, "slipway", LINE_INFO, line);
    }
    fixture_type(&f, "n");
    fixture_assert_shows(&f, "Nothing is searched for");
    fixture_type(&f, "sNEEDLE");
    fixture_assert_shows(&f, "search: NEEDLE");
    fixture_assert_shows(&f, "found 4");
    fixture_press(&f, PRESS_ENTER); /* the nearest above the end */
    fixture_assert_shows(&f, "line 157 a needle");
    fixture_assert_shows(&f, "found 4 of 4");
    fixture_type(&f, "N");
    fixture_assert_shows(&f, "line 107 a needle");
    fixture_assert_shows(&f, "found 3 of 4");
    /* it is marked: reversed, in the role of what is marked */
    bool marked = false;
    for (int y = 0; y < f.canvas.rows; y++)
        for (int x = 0; x < f.canvas.columns; x++)
            marked = marked || (canvas_at(&f.canvas, x, y)->style & STYLE_REVERSE &&
                                   canvas_at(&f.canvas, x, y)->role == ROLE_MARKED &&
                                   strcmp(canvas_at(&f.canvas, x, y)->bytes, "n") == 0);
    assert_true(marked);
    fixture_type(&f, "nn"); /* 157, and round to the first */
    fixture_assert_shows(&f, "line 7 a needle");
    fixture_type(&f, "N");
    fixture_assert_shows(&f, "line 157 a needle");
    fixture_log(&f, "slipway", LINE_INFO, "a new needle");
    fixture_assert_shows(&f, "found 4 of 5");
    fixture_type(&f, "n");
    fixture_assert_shows(&f, "a new needle");
    fixture_type(&f, "snone such");
    fixture_press(&f, PRESS_ENTER);
    fixture_assert_shows(&f, "Nothing found");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_assert_hides(&f, "found 0");
    fixture_advance(&f, 60000); /* what was told is gone */
    fixture_type(&f, "s/(/");
    fixture_assert_shows(&f, "the expression cannot be");
    fixture_press(&f, PRESS_ESCAPE);
    fixture_end(&f);
}

static void test_wrap(void **state)
{
    static char line[1500];
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof line - 1; i++)
        line[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    memcpy(line + sizeof line - 6, " tail", 5);
    start(&f, 80, 24, 3);
    fixture_log(&f, "slipway", LINE_INFO, line);
    fixture_assert_shows(&f, "tail");
    fixture_type(&f, "W");
    fixture_assert_hides(&f, "tail");
    fixture_assert_shows(&f, "…");
    fixture_type(&f, "W");
    fixture_assert_shows(&f, "tail");
    fixture_end(&f);
}

/* One line on more rows than the screen has is walked through row by row. */
static void test_a_line_higher_than_the_screen(void **state)
{
    static char line[LOG_LINE_SHOWN_MAX];
    struct fixture f;
    size_t n = 0;
    (void)state;
    for (int i = 0; n < sizeof line - 16; i++)
        n += (size_t)snprintf(line + n, sizeof line - n, "word%03d. ", i);
    start(&f, 40, 12, 0);
    fixture_log(&f, "slipway", LINE_INFO, "the line before");
    fixture_log(&f, "slipway", LINE_INFO, line);
    const char *last = strrchr(line, 'w');
    char end[16];
    snprintf(end, sizeof end, "%.8s", last);
    fixture_assert_shows(&f, end);
    fixture_assert_hides(&f, "word000.");
    for (int i = 0; i < 300 && !fixture_shows(&f, "the line before"); i++)
        fixture_press(&f, PRESS_UP);
    fixture_assert_shows(&f, "word000.");
    fixture_assert_hides(&f, end);
    for (int i = 0; i < 300 && !fixture_shows(&f, "following"); i++)
        fixture_press(&f, PRESS_DOWN);
    fixture_assert_shows(&f, end);
    fixture_end(&f);
}

static void test_rows_that_go_on(void **state)
{
    struct fixture f;
    (void)state;
    start_workers(&f, 80, 24);
    for (int i = 0; i < 37; i++)
        log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 0, "again and again");
    fixture_assert_shows(&f, "×37");
    log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 0, "Loading:  10% |#  | 1/10");
    fixture_assert_shows(&f, "10%");
    log_of(&f, "embed/1abc", "x2x4embed", LINE_CONTAINER, 0, "something else");
    log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 0, "Loading:  80% |## | 8/10");
    fixture_assert_shows(&f, "80%");
    fixture_assert_hides(&f, "10%");
    assert_in_order(&f, "80%", "something else");
    fixture_end(&f);
}

static void expect_same_rows(struct fixture *f, char before[24][2048])
{
    for (int r = 2; r < 22; r++)
        assert_string_equal(row_of(f, r), before[r]);
}

/* Late rows, a full ring, and in the end rows that the store has let go: what one reads stays as it is. */
static void test_stands_still(void **state)
{
    static char before[24][2048];
    struct fixture f;
    uint64_t first = 0;
    char line[64];
    (void)state;
    start(&f, 80, 24, 0);
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "line %d.", i);
        log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 100000 - 1000 * i, line);
    }
    fixture_press(&f, PRESS_PAGE_UP);
    fixture_press(&f, PRESS_PAGE_UP);
    fixture_assert_shows(&f, " of 100");
    for (int r = 2; r < 22; r++)
        snprintf(before[r], sizeof before[r], "%s", row_of(&f, r));
    for (int i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "late %d", i);
        log_of(&f, "legal/9xyz", "x2x4legal", LINE_CONTAINER, 100000 - 2500 * i, line);
    }
    fixture_assert_shows(&f, " of 130");
    expect_same_rows(&f, before);
    do {
        for (int i = 0; i < 700; i++) {
            snprintf(line, sizeof line, "flood %d %d", i, (int)first);
            fixture_log(&f, "slipway", LINE_INFO, line);
        }
        expect_same_rows(&f, before);
        store_log(f.store, &first);
    } while (first < 150); /* all that is seen is gone */
    fixture_assert_shows(&f, "older than what is kept");
    fixture_press(&f, PRESS_DOWN);
    fixture_assert_hides(&f, "older than");
    fixture_press(&f, 'G');
    fixture_assert_shows(&f, "following");
    fixture_end(&f);
}

/* ---- what it looks like -------------------------------------------------------------------------------- */

static void look(const char *name, int columns, int rows, const char *keys)
{
    struct fixture f;
    start_workers(&f, columns, rows);
    for (int i = 0; i < 37; i++)
        log_of(&f, "legal/8g3n", "x2x4legal", LINE_CONTAINER, 900, "Jobs in queue: 1");
    log_of(&f, "embed/1abc", "x2x4embed", LINE_SYSTEM, 800,
        "0fb9c4c4f86f Extracting [=========>          ]  1.2GB/2.4GB");
    log_of(&f, "legal/9xyz", "x2x4legal", LINE_CONTAINER, 700,
        "Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:01<00:01,  1.2it/s]");
    log_of(&f, "legal/9xyz", "x2x4legal", LINE_CONTAINER, 600,
        "Loading safetensors checkpoint shards:  75% Completed | 3/4 [00:02<00:01,  1.2it/s]");
    store_log_note_dropped(f.store, 80000);
    fixture_type(&f, keys);
    fixture_golden(&f, name);
    fixture_end(&f);
}

static void test_looks(void **state)
{
    (void)state;
    look("logs-120x34", 120, 34, "");
    look("logs-80x24", 80, 24, "f");
    look("logs-search-80x24", 80, 24, "sloading");
    look("logs-source-80x24", 80, 24, "Sjjj");
    look("logs-window-40x12", 40, 12, "T");
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
    log_index_update(&ix, f.store, INT64_MIN, count_and_pass, &looks);
    assert_int_equal(looks, 1000);
    assert_int_equal(log_index_count(&ix), 500);
    log_index_update(&ix, f.store, INT64_MIN, count_and_pass, &looks);
    assert_int_equal(looks, 1000);
    fixture_log(&f, "slipway", LINE_ERROR, "one more");
    log_index_update(&ix, f.store, INT64_MIN, count_and_pass, &looks);
    assert_int_equal(looks, 1001);
    for (size_t i = 1; i < log_index_count(&ix); i++) {
        struct log_place at = log_index_at(&ix, i), before = log_index_at(&ix, i - 1);
        assert_true(before.number < at.number);
        assert_int_equal(log_index_find(&ix, at), i);
        before.number++;
        assert_int_equal(log_index_find(&ix, before), i);
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
        cmocka_unit_test(test_merged_by_time),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_time_window),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_a_line_higher_than_the_screen),
        cmocka_unit_test(test_rows_that_go_on),
        cmocka_unit_test(test_stands_still),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_index_looks_once),
    };
    return cmocka_run_group_tests_name("log view", tests, NULL, NULL);
}
