/* The table: a cursor and marks that keep to their rows whatever the data does, and drawing that
 * asks for no more than it shows. What holds after any change is in test_table_any.c. */
#include "table_world.h"

#include <limits.h>

static struct canvas canvas_of(int width, int height)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, width, height), 0);
    return c;
}

static void check_shown(struct fixture *f, int width, int height, const char *expected)
{
    struct canvas c = canvas_of(width, height);
    table_draw(f->table, &c, (struct rect){0, 0, width, height}, true, true);
    assert_null(check_canvas(&c));
    check_screen(&c, false, expected);
    canvas_release(&c);
}

/* ---- drawing ----------------------------------------------------------------------------------------- */

static void test_example(void **state)
{
    (void)state;
    struct fixture f = fixture_of(4);
    f.world->rows[2].trouble = true;
    f.world->rows[3].queue = (double)NAN;
    table_mark(f.table, "id-3", true);
    table_select(f.table, "id-1");
    struct canvas c = canvas_of(26, 6);
    table_draw(f.table, &c, (struct rect){0, 0, 26, 6}, true, true);
    check_screen(&c, true,
        "  NAME        QUEUE  STATE\n"
        "! row 2           2  STUCK\n"
        "  row 0           0  ok\n"
        "▸ row 1           1  ok\n"
        " *row 3           —  ok\n"
        "\n"
        "--\n"
        "..llll........lllll..lllll\n"
        "b....................bbbbb\n"
        ".....................oo\n"
        "CCCCCCCCCCCCCCCCCCCCCCCCCC\n"
        ".MMMMMM..............oo\n"
        "\n");
    canvas_release(&c);
    fixture_end(&f);
}

static void test_all_widths(void **state)
{
    (void)state;
    struct fixture f = fixture_of(2);
    f.world->rows[1].trouble = true;
    check_shown(&f, 22, 3,
        "  NAME    QUEUE  STATE\n"
        "▸!row 1       1  STUCK\n"
        "  row 0       0  ok\n");
    check_shown(&f, 16, 3, "  NAME     STATE\n▸!row 1    STUCK\n  row 0    ok\n");
    check_shown(&f, 8, 3, " NAME\n▸row 1\n row 0\n");
    check_shown(&f, 3, 3, "NA…\nro…\nro…\n");
    check_shown(&f, 1, 3, "…\n…\n…\n");
    check_shown(&f, 12, 1, "▸!row 1\n");
    for (int width = 1; width < 60; width++) {
        struct canvas c = canvas_of(width + 4, 5);
        table_draw(f.table, &c, (struct rect){2, 1, width, 3}, true, true);
        assert_null(check_canvas(&c));
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < width + 4; x++)
                if (x < 2 || x >= width + 2 || y < 1 || y > 3)
                    assert_string_equal(canvas_at(&c, x, y)->bytes, " ");
        canvas_release(&c);
    }
    fixture_end(&f);
}

static void test_ascii(void **state)
{
    (void)state;
    struct fixture f = fixture_of(2);
    struct canvas c = canvas_of(24, 3);
    c.ascii = true;
    table_sort(f.table, 1, true);
    f.world->rows[0].queue = (double)NAN;
    table_draw(f.table, &c, (struct rect){0, 0, 24, 3}, true, true);
    check_screen(&c, false,
        "  NAME     vQUEUE  STATE\n"
        "> row 1         1  ok\n"
        "  row 0         -  ok\n");
    canvas_release(&c);
    fixture_end(&f);
}

/* Without the focus no cursor is shown; shrunk, trouble comes first whatever the sort. */
static void test_brief(void **state)
{
    (void)state;
    struct fixture f = fixture_of(9);
    f.world->rows[7].trouble = f.world->rows[3].trouble = true;
    table_sort(f.table, 0, false);
    table_move_to(f.table, 5);
    struct canvas c = canvas_of(24, 8);
    table_draw_brief(f.table, &c, (struct rect){0, 0, 24, 2});
    table_draw_brief(f.table, &c, (struct rect){0, 2, 24, 4});
    table_draw(f.table, &c, (struct rect){0, 6, 24, 2}, false, false);
    check_screen(&c, false,
        "! row 3         3  STUCK\n"
        "! row 7         0  STUCK\n"
        "! row 3         3  STUCK\n"
        "! row 7         0  STUCK\n"
        "  row 0         0  ok\n"
        "  row 1         1  ok\n"
        "  row 4         4  ok\n"
        "  row 5         5  ok\n");
    canvas_release(&c);
    fixture_end(&f);
}

/* However many rows there are, a frame asks only for the cells that it shows. */
static void test_cells_asked_for(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 10, 100, 1000, ROWS_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct fixture f = fixture_of(counts[i]);
        struct canvas c = canvas_of(80, 24);
        struct rect r = {0, 2, 80, 11};
        size_t visible = counts[i] < 10 ? counts[i] : 10;
        table_sort(f.table, 1, true);
        table_draw(f.table, &c, r, true, true);
        assert_int_equal(f.world->cells, counts[i] + visible * 3);
        for (int frame = 0; frame < 20; frame++) {
            f.world->cells = f.world->ids = 0;
            table_move(f.table, (long)counts[i] / 7 - frame);
            table_draw(f.table, &c, r, true, true);
            assert_int_equal(f.world->cells, visible * 3);
            assert_int_equal(f.world->ids, 1); /* the cursor's row's */
        }
        f.world->cells = 0;
        table_draw_brief(f.table, &c, (struct rect){0, 0, 80, 2});
        assert_true(f.world->cells <= 2 * 3);
        /* rows that lie below the canvas are not asked for */
        f.world->cells = 0;
        table_draw(f.table, &c, (struct rect){0, 20, 80, 2000}, true, false);
        assert_true(f.world->cells <= 4 * 3);
        canvas_release(&c);
        fixture_end(&f);
    }
}

/* The order is built again only when something that it depends on changed. */
static void test_when_the_order_is_rebuilt(void **state)
{
    (void)state;
    struct fixture f = fixture_of(10);
    static const int even = 2;
    assert_true(table_update(f.table));
    assert_false(table_update(f.table));
    f.world->version++;
    assert_true(table_update(f.table));
    table_set_filter(f.table, &even);
    assert_true(table_update(f.table));
    table_sort(f.table, 1, false);
    assert_true(table_update(f.table));
    table_move(f.table, 3);
    table_mark(f.table, "id-4", true);
    table_mark_all(f.table);
    assert_false(table_update(f.table));
    fixture_end(&f);
}

/* The view does not jump: a scrolled one keeps the cursor's row in its line, one at the
 * beginning shows what comes in there. */
static void test_scrolling(void **state)
{
    (void)state;
    struct fixture f = fixture_of(50);
    struct canvas c = canvas_of(24, 4);
    struct rect r = {0, 0, 24, 4};
    table_draw(f.table, &c, r, true, false);
    assert_int_equal(table_page(f.table), 4);
    table_move_to(f.table, 20);
    table_draw(f.table, &c, r, true, false);
    assert_string_equal(canvas_at(&c, 0, 3)->bytes, "▸");
    table_move(f.table, -2);
    f.world->rows[40].trouble = true;
    f.world->version++;
    table_draw(f.table, &c, r, true, false);
    assert_string_equal(canvas_at(&c, 0, 1)->bytes, "▸");
    assert_string_equal(table_cursor_id(f.table), "id-18");
    table_move(f.table, LONG_MAX);
    assert_string_equal(table_cursor_id(f.table), "id-49");
    table_draw(f.table, &c, r, true, false);
    assert_string_equal(canvas_at(&c, 0, 3)->bytes, "▸");
    f.world->count = 30; /* no empty lines at the end while there are rows above */
    f.world->version++;
    canvas_clear(&c);
    table_draw(f.table, &c, r, true, false);
    assert_string_equal(canvas_at(&c, 0, 3)->bytes, "▸");
    table_move(f.table, LONG_MIN);
    assert_int_equal(table_place(f.table), 0);
    table_draw(f.table, &c, r, true, false);
    f.world->rows[9].trouble = true;
    f.world->version++;
    table_draw(f.table, &c, r, true, false);
    assert_string_equal(canvas_at(&c, 0, 0)->bytes, "!");
    assert_string_equal(canvas_at(&c, 0, 1)->bytes, "▸");
    fixture_end(&f);
    canvas_release(&c);
}

/* ---- the order --------------------------------------------------------------------------------------- */

static void check_order(struct fixture *f, const char *expected)
{
    char order[256] = "";
    size_t len = 0;
    table_mark_all(f->table);
    char ids[16][TABLE_ID_MAX];
    size_t count = table_marked(f->table, ids, 16);
    table_mark_all(f->table);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(order + len, sizeof order - len, "%s ", ids[i] + 3);
    assert_string_equal(order, expected);
}

static void test_sorting(void **state)
{
    (void)state;
    struct fixture f = fixture_of(9); /* queues 0 1 2 3 4 5 6 0 1 */
    check_order(&f, "0 1 2 3 4 5 6 7 8 ");
    f.world->rows[7].trouble = f.world->rows[4].trouble = true;
    f.world->version++;
    check_order(&f, "4 7 0 1 2 3 5 6 8 ");
    table_sort(f.table, -1, true);
    check_order(&f, "7 4 8 6 5 3 2 1 0 ");
    table_sort(f.table, 1, false);
    check_order(&f, "0 7 1 8 2 3 4 5 6 ");
    table_sort(f.table, 1, true);
    check_order(&f, "6 5 4 3 2 1 8 0 7 ");
    f.world->rows[6].queue = f.world->rows[5].queue = (double)NAN;
    f.world->version++;
    check_order(&f, "4 3 2 1 8 0 7 5 6 ");
    table_sort(f.table, 1, false);
    check_order(&f, "0 7 1 8 2 3 4 5 6 ");
    table_sort(f.table, 2, true); /* by text */
    check_order(&f, "4 7 0 1 2 3 5 6 8 ");
    table_sort(f.table, 77, false);
    bool descending;
    assert_int_equal(table_sorted(f.table, &descending), -1);
    fixture_end(&f);
}

/* ---- cursor and marks -------------------------------------------------------------------------------- */

static void test_a_vanished_row_hands_over(void **state)
{
    (void)state;
    struct fixture f = fixture_of(6);
    table_move_to(f.table, 2);
    remove_at(f.world, 2);
    assert_string_equal(table_cursor_id(f.table), "id-3");
    /* the next one is gone as well, and all have moved */
    remove_at(f.world, 2);
    remove_at(f.world, 2);
    f.world->rows[0].trouble = false;
    assert_string_equal(table_cursor_id(f.table), "id-5");
    remove_at(f.world, 2);
    assert_string_equal(table_cursor_id(f.table), "id-1");
    size_t row;
    assert_true(table_cursor(f.table, &row));
    assert_int_equal(row, 1);
    f.world->count = 0;
    f.world->version++;
    assert_string_equal(table_cursor_id(f.table), "");
    assert_false(table_cursor(f.table, &row));
    table_move(f.table, 3);
    table_move_to(f.table, 3);
    assert_int_equal(table_shown(f.table), 0);
    /* when the rows come back, so does the cursor */
    f.world->count = 2;
    f.world->version++;
    assert_string_equal(table_cursor_id(f.table), "id-1");
    /* all rows are others */
    f.world->rows[0].id = 70;
    f.world->rows[1].id = 71;
    f.world->version++;
    assert_string_equal(table_cursor_id(f.table), "id-71");
    fixture_end(&f);
}

static void test_marks_and_filter(void **state)
{
    (void)state;
    struct fixture f = fixture_of(10);
    static const int even = 2;
    char ids[10][TABLE_ID_MAX];
    table_mark(f.table, "id-3", true);
    table_mark(f.table, "id-4", true);
    table_mark(f.table, "id-4", true);
    table_mark(f.table, "nobody", true);
    assert_int_equal(table_marked(f.table, ids, 1), 2);
    assert_string_equal(ids[0], "id-3");
    /* what is hidden cannot be acted on, but comes back marked */
    table_set_filter(f.table, &even);
    assert_int_equal(table_marked(f.table, ids, 10), 1);
    assert_string_equal(ids[0], "id-4");
    assert_false(table_is_marked(f.table, "id-3"));
    table_mark_all(f.table);
    assert_int_equal(table_marked(f.table, NULL, 0), 5);
    table_mark_all(f.table);
    assert_int_equal(table_marked(f.table, NULL, 0), 0);
    table_set_filter(f.table, NULL);
    assert_int_equal(table_marked(f.table, ids, 10), 1);
    assert_true(table_is_marked(f.table, "id-3"));
    table_mark(f.table, "id-5", true);
    table_mark(f.table, "id-3", false);
    table_mark(f.table, "id-3", false);
    /* a row that goes takes its mark along, for one of the same name may come */
    struct row gone = f.world->rows[5];
    remove_at(f.world, 5);
    assert_int_equal(table_marked(f.table, NULL, 0), 0);
    f.world->rows[f.world->count++] = gone;
    f.world->version++;
    assert_int_equal(table_marked(f.table, NULL, 0), 0);
    assert_false(table_select(f.table, "nobody"));
    fixture_end(&f);
}

static void test_mark_all_of_many(void **state)
{
    (void)state;
    struct fixture f = fixture_of(ROWS_MAX);
    table_mark(f.table, "id-77", true);
    table_mark_all(f.table);
    assert_int_equal(table_marked(f.table, NULL, 0), ROWS_MAX);
    f.world->version++;
    assert_int_equal(table_marked(f.table, NULL, 0), ROWS_MAX);
    table_mark_all(f.table);
    assert_int_equal(table_marked(f.table, NULL, 0), 0);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_all_widths),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_cells_asked_for),
        cmocka_unit_test(test_when_the_order_is_rebuilt),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_a_vanished_row_hands_over),
        cmocka_unit_test(test_marks_and_filter),
        cmocka_unit_test(test_mark_all_of_many),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
