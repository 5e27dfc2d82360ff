/* How a table's columns share a width, and what goes into a cell. */
#include "dice.h"
#include "screen.h"
#include "ui/table.h"

#include <limits.h>

static void check_fit(const struct table_column *c, size_t count, int width, uint64_t seed)
{
    int widths[TABLE_COLUMNS_MAX], used = 0, kept = 0, dropped = INT_MAX, highest = -1;
    int gap = table_fit(c, count, width, widths);
    for (size_t i = 0; i < count; i++) {
        used += widths[i] > 0 ? widths[i] + gap * (kept++ > 0) : 0;
        if (widths[i] == 0 && c[i].priority < dropped)
            dropped = c[i].priority;
        if (widths[i] > 0 && c[i].priority > highest)
            highest = c[i].priority;
        if (widths[i] > 0 && widths[i] < c[i].least && c[i].priority > 0 && used < width)
            fail_msg("seed %llu width %d: too narrow", (unsigned long long)seed, width);
        if (c[i].most > 0 && widths[i] > c[i].most)
            fail_msg("seed %llu width %d: too wide", (unsigned long long)seed, width);
    }
    if (used > width || kept == 0 || (gap != 1 && gap != 2))
        fail_msg("seed %llu width %d: %d used", (unsigned long long)seed, width, used);
    if (dropped > 0 && dropped < highest)
        fail_msg(
            "seed %llu width %d: an important one was dropped", (unsigned long long)seed, width);
    if (dropped == 0 && highest > 0)
        fail_msg(
            "seed %llu width %d: one that must stay was dropped", (unsigned long long)seed, width);
}

static void test_any_columns_at_any_width(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice d = dice_new(seed);
        struct table_column c[TABLE_COLUMNS_MAX] = {{0}};
        size_t count = 1 + dice_below(&d, TABLE_COLUMNS_MAX);
        for (size_t i = 0; i < count; i++) {
            c[i].least = 1 + (int)dice_below(&d, 14);
            c[i].most = dice_below(&d, 3) ? c[i].least + (int)dice_below(&d, 20) : 0;
            c[i].priority = (int)dice_below(&d, 5);
        }
        for (int width = 1; width < 260; width += 1 + (int)dice_below(&d, 5))
            check_fit(c, count, width, seed);
    }
}

static void test_what_is_left(void **state)
{
    (void)state;
    static const struct table_column c[] = {{"A", 4, 0, 0, ALIGN_LEFT}, {"B", 2, 6, 2, ALIGN_LEFT},
        {"C", 2, 3, 1, ALIGN_LEFT}, {"D", 4, 0, 3, ALIGN_LEFT}};
    int w[4];
    assert_int_equal(table_fit(c, 4, 40, w), 2);
    assert_true(w[0] == 13 && w[1] == 6 && w[2] == 3 && w[3] == 12);
    assert_int_equal(table_fit(c, 4, 15, w), 1); /* as they are, with narrow gaps */
    assert_true(w[0] == 4 && w[1] == 2 && w[2] == 2 && w[3] == 4);
    assert_int_equal(table_fit(c, 4, 14, w), 2); /* one less leaves room again */
    assert_true(w[0] == 4 && w[1] == 3 && w[2] == 3 && w[3] == 0);
    table_fit(c, 4, 3, w);
    assert_true(w[0] == 3 && w[1] == 0 && w[2] == 0 && w[3] == 0);
}

static void test_cells_are_cleaned(void **state)
{
    (void)state;
    struct table_cell cell;
    table_cell_printf(&cell, "%s", "a\033[31mb\xFFÜ");
    assert_string_equal(cell.bytes, "ab\uFFFDÜ");
    assert_int_equal(cell.text.len, strlen(cell.bytes));
    char lots[3 * TABLE_CELL_MAX];
    for (size_t i = 0; i < sizeof lots; i++)
        lots[i] = "Ü"[i % 2];
    lots[sizeof lots - 1] = '\0';
    table_cell_printf(&cell, "x%s", lots);
    assert_true(cell.text.len < TABLE_CELL_MAX && text_is_utf8(cell.text.s, cell.text.len));
    assert_int_equal(text_width(cell.text), cell.text.len / 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_columns_at_any_width),
        cmocka_unit_test(test_what_is_left),
        cmocka_unit_test(test_cells_are_cleaned),
    };
    return cmocka_run_group_tests_name("table_fit", tests, NULL, NULL);
}
