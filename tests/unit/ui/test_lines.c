/* Rows that scroll: nothing leaves the width, where one has scrolled to stays, bounds are said. */
#include "screen.h"

#include "ui/lines.h"

#include <stdlib.h>

static struct canvas canvas;

static int set_up(void **state)
{
    *state = lines_new();
    return *state && canvas_init(&canvas, 40, 10) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    lines_free(*state);
    canvas_release(&canvas);
    return 0;
}

static void fill(struct lines *l, int rows)
{
    char number[16];
    lines_begin(l, 40);
    for (int i = 0; i < rows; i++) {
        snprintf(number, sizeof number, "row %d", i);
        lines_row(l, 0);
        lines_add(l, text_from(lines_arena(l), number), ROLE_NORMAL, 0);
    }
}

static const char *drawn(struct lines *l)
{
    static char text[4096];
    struct buf shown;
    canvas_clear(&canvas);
    lines_draw(l, &canvas, (struct rect){0, 0, 40, 5});
    buf_init(&shown, sizeof text - 1);
    assert_int_equal(canvas_print(&canvas, false, &shown), 0);
    memcpy(text, buf_str(&shown), shown.len + 1);
    buf_release(&shown);
    assert_null(check_canvas(&canvas));
    return text;
}

static void assert_top(struct lines *l, const char *first)
{
    const char *text = drawn(l);
    size_t n = strlen(first);
    if (strncmp(text, first, n) != 0 || text[n] != '\n')
        fail_msg("the first row should be \"%s\":\n%s", first, text);
}

static void test_scrolling_stays_within(void **state)
{
    struct lines *l = *state;
    fill(l, 20);
    assert_true(lines_act(l, ACTION_UP));
    assert_top(l, "row 0");
    assert_non_null(strstr(drawn(l), "▼ 16 below"));
    lines_act(l, ACTION_DOWN);
    assert_top(l, "row 1");
    assert_non_null(strstr(drawn(l), "▲ 1 above · ▼ 15 below"));
    lines_act(l, ACTION_PAGE_DOWN); /* one row of the last page stays in sight */
    assert_top(l, "row 4");
    for (int i = 0; i < 100; i++)
        lines_act(l, ACTION_PAGE_DOWN);
    assert_top(l, "row 16");
    assert_non_null(strstr(drawn(l), "▲ 16 above"));
    lines_act(l, ACTION_UP);
    assert_top(l, "row 15");
    lines_act(l, ACTION_FIRST);
    assert_top(l, "row 0");
    assert_false(lines_act(l, ACTION_FILTER));
}

static void test_place_is_kept_when_rows_change(void **state)
{
    struct lines *l = *state;
    fill(l, 20);
    drawn(l);
    for (int i = 0; i < 7; i++)
        lines_act(l, ACTION_DOWN);
    fill(l, 30);
    assert_top(l, "row 7");
    fill(l, 8);
    assert_top(l, "row 4");
    fill(l, 5); /* all fit: no note */
    assert_top(l, "row 0");
    assert_null(strstr(drawn(l), "above"));
    lines_act(l, ACTION_LAST);
    fill(l, 50);
    assert_top(l, "row 46"); /* who is at the end stays there */
    fill(l, 60);
    assert_top(l, "row 56");
}

static void test_rows_that_are_wanted_are_shown(void **state)
{
    struct lines *l = *state;
    fill(l, 20);
    drawn(l);
    lines_show(l, 2, 3); /* to be seen already */
    assert_top(l, "row 0");
    assert_int_equal(lines_place(l, 3), 3);
    assert_int_equal(lines_place(l, 4), -1);
    lines_show(l, 5, 6); /* no further than that takes */
    assert_top(l, "row 3");
    assert_int_equal(lines_place(l, 5), 2);
    assert_int_equal(lines_place(l, 2), -1);
    lines_show(l, 5, 15); /* more than fit: the first above all */
    assert_top(l, "row 5");
    lines_show(l, 1, 1);
    assert_top(l, "row 1");
    lines_act(l, ACTION_LAST);
    drawn(l);
    lines_show(l, 0, 0); /* who is at the end does not stay there then */
    assert_top(l, "row 0");
    lines_show(l, 500, 900); /* rows that are gone when it is drawn */
    assert_top(l, "row 16");
    assert_int_equal(lines_place(l, 700), -1);
}

static void test_pieces_never_leave_the_width(void **state)
{
    struct lines *l = *state;
    struct text wide = TEXT("日本語日本語日本語 and words that go on");
    for (int width = 0; width <= 12; width++) {
        lines_begin(l, width);
        for (int x = -2; x <= 14; x++) {
            lines_row(l, x);
            lines_wrap(l, wide, ROLE_NORMAL, 0);
            lines_row(l, x);
            lines_add(l, wide, ROLE_NORMAL, 0);
            lines_add(l, wide, ROLE_NORMAL, 0);
            lines_row(l, 0);
            lines_cell(l, x, 5, ALIGN_RIGHT, wide, ROLE_NORMAL, 0);
            lines_bar(l, x, 20, 0.5, ROLE_NORMAL);
        }
        for (size_t i = 0; i < lines_count(l); i++) {
            canvas_clear(&canvas);
            lines_draw(l, &canvas, (struct rect){0, 0, 40, 2});
            assert_null(check_canvas(&canvas));
            for (int x = width; x < 40; x++)
                for (int y = 0; y < 2; y++)
                    assert_string_equal(canvas_at(&canvas, x, y)->bytes, " ");
            lines_act(l, ACTION_DOWN);
        }
        lines_act(l, ACTION_FIRST);
    }
}

/* What is wrapped is all there, in order, when the rows are put together again. */
static void test_wrapping_loses_nothing(void **state)
{
    struct lines *l = *state;
    struct text t = TEXT("one two  three\n\nfour fivesixseveneightnineteneleventwelve thirteen");
    lines_begin(l, 12);
    lines_row(l, 2);
    lines_wrap(l, t, ROLE_NORMAL, 0);
    canvas_clear(&canvas);
    lines_draw(l, &canvas, (struct rect){0, 0, 40, 10});
    check_screen(&canvas, false,
        "  one two\n"
        "  three\n"
        "\n"
        "  four\n"
        "  fivesixsev\n"
        "  eneightnin\n"
        "  eteneleven\n"
        "  twelve\n"
        "  thirteen\n"
        "\n");
}

static void test_too_much_is_cut_and_said(void **state)
{
    struct lines *l = *state;
    size_t n = LINES_ROWS_MAX + 100;
    char *feeds = malloc(n);
    assert_non_null(feeds);
    memset(feeds, '\n', n);
    lines_begin(l, 40);
    lines_row(l, 0);
    lines_wrap(l, (struct text){feeds, n}, ROLE_NORMAL, 0);
    assert_int_equal(lines_count(l), LINES_ROWS_MAX);
    lines_act(l, ACTION_LAST);
    assert_non_null(strstr(drawn(l), "the rest is not shown"));
    fill(l, 3); /* and begins afresh */
    assert_top(l, "row 0");
    free(feeds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scrolling_stays_within, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_place_is_kept_when_rows_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_that_are_wanted_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pieces_never_leave_the_width, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrapping_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_much_is_cut_and_said, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
