/* The canvas: what is drawn where, and what holds after any drawing with any numbers. */
#include "dice.h"
#include "screen.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

static const struct rect everywhere = {0, 0, CANVAS_COLUMNS_MAX, CANVAS_ROWS_MAX};

static struct canvas canvas_of(int columns, int rows)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, columns, rows), 0);
    return c;
}

/* ---- texts ----------------------------------------------------------------------------------------- */

static void test_text_goes_where_it_should(void **state)
{
    (void)state;
    struct canvas c = canvas_of(12, 3);
    assert_int_equal(canvas_text(&c, everywhere, 1, 0, 99, TEXT("slipway"), ROLE_OK, 0), 7);
    assert_int_equal(canvas_text(&c, everywhere, 0, 1, 3, TEXT("slipway"), ROLE_BAD, 0), 3);
    assert_int_equal(canvas_text_right(&c, everywhere, 2, 2, 10, TEXT("41.20"), ROLE_MONEY, 0), 5);
    check_screen(&c, true,
        " slipway\n"
        "sli\n"
        "       41.20\n"
        "--\n"
        ".ooooooo\n"
        "bbb\n"
        ".......$$$$$\n");
    assert_int_equal(canvas_at(&c, 1, 0)->style, 0);
    assert_null(canvas_at(&c, 12, 0));
    assert_null(canvas_at(&c, 0, -1));
    canvas_release(&c);
}

static void test_what_does_not_fit_ends_in_an_ellipsis(void **state)
{
    (void)state;
    struct canvas c = canvas_of(10, 6);
    assert_int_equal(canvas_text_cut(&c, everywhere, 0, 0, 7, TEXT("slipway"), ROLE_OK, 0), 7);
    assert_int_equal(canvas_text_cut(&c, everywhere, 0, 1, 6, TEXT("slipway"), ROLE_OK, 0), 6);
    assert_int_equal(canvas_text_cut(&c, everywhere, 0, 2, 1, TEXT("slipway"), ROLE_OK, 0), 1);
    assert_int_equal(canvas_text_cut(&c, everywhere, 0, 3, 0, TEXT("slipway"), ROLE_OK, 0), 0);
    /* no half of a wide character before the ellipsis */
    assert_int_equal(canvas_text_cut(&c, everywhere, 0, 4, 4, TEXT("你好吗"), ROLE_OK, 0), 3);
    assert_int_equal(canvas_text_right(&c, everywhere, 2, 5, 4, TEXT("slipway"), ROLE_OK, 0), 4);
    check_screen(&c, false, "slipway\nslipw…\n…\n\n你…\n  sli…\n");
    canvas_release(&c);
}

static void test_wide_characters_are_never_halved(void **state)
{
    (void)state;
    struct canvas c = canvas_of(8, 6);
    canvas_text(&c, everywhere, 7, 0, 9, TEXT("好"), ROLE_OK, 0);   /* at the right edge */
    canvas_text(&c, everywhere, -1, 1, 9, TEXT("好x"), ROLE_OK, 0); /* at the left edge */
    canvas_text(&c, everywhere, 0, 2, 3, TEXT("你好"), ROLE_OK, 0); /* at the width */
    canvas_text(&c, everywhere, 0, 3, 9, TEXT("你好吗"), ROLE_OK, 0);
    canvas_text(&c, everywhere, 3, 3, 9, TEXT("x"), ROLE_BAD, 0); /* over the second half */
    canvas_text(&c, everywhere, 0, 3, 9, TEXT("y"), ROLE_BAD, 0); /* over the first */
    canvas_text(&c, everywhere, 0, 4, 9, TEXT("你好吗"), ROLE_OK, 0);
    canvas_text(&c, everywhere, 1, 4, 9, TEXT("啊"), ROLE_BAD, 0); /* over two halves */
    canvas_text(&c, (struct rect){3, 5, 2, 1}, 2, 5, 9, TEXT("你好"), ROLE_OK, 0);
    assert_null(check_canvas(&c));
    check_screen(&c, true,
        "\n"
        " x\n"
        "你\n"
        "y  x吗\n"
        " 啊 吗\n"
        "\n"
        "--\n"
        ".......o\n"
        "oo\n"
        "ooo\n"
        "booboo\n"
        "obbooo\n"
        "...oo\n");
    canvas_release(&c);
}

static void test_marks_stay_with_their_character(void **state)
{
    (void)state;
    struct canvas c = canvas_of(4, 1);
    canvas_text(&c, everywhere, 0, 0, 2, TEXT("e\u0301\u0302\u0303o\u0308x"), ROLE_OK, 0);
    check_screen(&c, false, "e\u0301\u0302\u0303o\u0308\n");
    /* more marks than a cleaned text can have do not overflow a cell */
    canvas_text(&c, everywhere, 0, 0, 2,
        TEXT("e\u0301\u0302\u0303\u0301\u0302\u0303\u0301\u0302\u0303\u0301"), ROLE_OK, 0);
    assert_null(check_canvas(&c));
    /* a line feed, as only blocks have, is a space */
    canvas_text(&c, everywhere, 0, 0, 4, TEXT("a\nb"), ROLE_OK, 0);
    check_screen(&c, false, "a b\n");
    canvas_release(&c);
}

static void test_ascii_keeps_columns(void **state)
{
    (void)state;
    struct canvas c = canvas_of(24, 4);
    c.ascii = true;
    canvas_text(&c, everywhere, 0, 0, 24, TEXT("▸ ● · — → ≈ ▁▂▃▄▅▆▇█ ✓"), ROLE_OK, 0);
    canvas_text(&c, everywhere, 0, 1, 24, TEXT("Grüße 你好 e\u0301."), ROLE_OK, 0);
    canvas_text_cut(&c, everywhere, 0, 2, 6, TEXT("slipway"), ROLE_OK, 0);
    canvas_text(&c, everywhere, 0, 3, 3, TEXT("你好"), ROLE_OK, 0);
    check_screen(&c, false, "> * . - > ~ _.-:=+*# +\nGr??e ???? e.\nslipw~\n??\n");
    assert_null(check_canvas(&c));
    canvas_release(&c);
}

/* ---- areas ----------------------------------------------------------------------------------------- */

static void test_paint_keeps_characters_whole(void **state)
{
    (void)state;
    struct canvas c = canvas_of(6, 2);
    canvas_text(&c, everywhere, 0, 0, 6, TEXT("a你b你"), ROLE_OK, 0);
    canvas_paint(&c, (struct rect){2, 0, 3, 9}, ROLE_CURSOR, STYLE_BOLD);
    assert_null(check_canvas(&c));
    check_screen(&c, true, "a你b你\n\n--\noooCCC\n..CCC\n");
    assert_int_equal(canvas_at(&c, 3, 0)->style, STYLE_BOLD);
    canvas_fill(&c, (struct rect){1, 0, 1, 1}, ROLE_BAD, 0);
    check_screen(&c, true,
        "a  b你\n\n--\nobo"
        "CCC\n..CCC\n");
    canvas_release(&c);
}

static void test_frames(void **state)
{
    (void)state;
    struct canvas c = canvas_of(24, 7);
    canvas_frame(&c, (struct rect){0, 0, 24, 3}, TEXT("2 Uploads"), TEXT("1 active"), false);
    canvas_frame(&c, (struct rect){0, 3, 14, 2}, TEXT("2 Uploads"), TEXT("1 active"), true);
    canvas_frame(&c, (struct rect){16, 3, 8, 2}, TEXT("2 Uploads"), TEXT(""), true);
    canvas_rule(&c, (struct rect){0, 5, 24, 2}, TEXT("6 Logs"), TEXT("all"), true);
    check_screen(&c, true,
        "┌2 Uploads ── 1 active ┐\n"
        "│                      │\n"
        "└──────────────────────┘\n"
        "┌2 Uploads ──┐  ┌2 Upl…┐\n"
        "└────────────┘  └──────┘\n"
        "─6 Logs ────────── all ─\n"
        "\n"
        "--\n"
        "ftttttttttffffllllllllff\n"
        "f......................f\n"
        "ffffffffffffffffffffffff\n"
        "FtttttttttFFFF..FttttttF\n"
        "FFFFFFFFFFFFFF..FFFFFFFF\n"
        "FttttttFFFFFFFFFFFFlllFF\n"
        "\n");
    c.ascii = true;
    canvas_clear(&c);
    canvas_frame(&c, (struct rect){0, 0, 12, 2}, TEXT("Why"), TEXT(""), false);
    canvas_frame(&c, (struct rect){12, 0, 12, 2}, TEXT("Why"), TEXT(""), true);
    check_screen(&c, false, "+Why ------++Why ======+\n+----------++==========+\n\n\n\n\n\n");
    canvas_release(&c);
}

static void test_smallest_frames(void **state)
{
    (void)state;
    struct canvas c = canvas_of(6, 4);
    canvas_frame(&c, (struct rect){0, 0, 1, 1}, TEXT("x"), TEXT("y"), false);
    canvas_frame(&c, (struct rect){2, 0, 2, 2}, TEXT("x"), TEXT("y"), false);
    canvas_frame(&c, (struct rect){0, 2, 5, 1}, TEXT("xyzxyz"), TEXT("y"), false);
    canvas_frame(&c, (struct rect){0, 3, 0, 1}, TEXT("x"), TEXT("y"), false);
    check_screen(&c, false, "─ ┌┐\n  └┘\n─xy…─\n\n");
    canvas_release(&c);
}

static void test_bars(void **state)
{
    (void)state;
    struct canvas c = canvas_of(10, 7);
    static const double parts[] = {0, 1e-9, 0.5, 0.71, 0.999999, 1, 7};
    for (int i = 0; i < 7; i++)
        canvas_bar(&c, everywhere, 0, i, 4, parts[i], ROLE_OK);
    canvas_bar(&c, everywhere, 5, 0, 4, (double)NAN, ROLE_OK);
    canvas_bar(&c, everywhere, 5, 1, 4, -3, ROLE_OK);
    check_screen(&c, false, "░░░░ ░░░░\n▏░░░ ░░░░\n██░░\n██▉░\n███▉\n████\n████\n");
    c.ascii = true;
    canvas_clear(&c);
    for (int i = 0; i < 7; i++)
        canvas_bar(&c, everywhere, 0, i, 4, parts[i], ROLE_OK);
    check_screen(&c, false, "....\n#...\n##..\n###.\n###.\n####\n####\n");
    canvas_release(&c);
}

static void test_rectangles(void **state)
{
    (void)state;
    struct rect r = rect_clip((struct rect){-5, 2, 10, 3}, (struct rect){0, 0, 4, 4});
    assert_true(r.x == 0 && r.y == 2 && r.w == 4 && r.h == 2);
    r = rect_clip((struct rect){0, 0, 4, 4}, (struct rect){4, 0, 4, 4});
    assert_true(r.w == 0 && r.h == 0);
    r = rect_clip((struct rect){1, 1, INT_MAX, INT_MAX}, (struct rect){INT_MIN, 0, INT_MAX, 9});
    assert_true(r.w == 0 && r.h == 0);
    r = rect_clip((struct rect){0, 0, -4, 4}, (struct rect){0, 0, 4, 4});
    assert_true(r.w == 0 && r.h == 0);
    r = rect_inset((struct rect){1, 1, 5, 3}, 1, 1);
    assert_true(r.x == 2 && r.y == 2 && r.w == 3 && r.h == 1);
    r = rect_inset((struct rect){1, 1, 5, 2}, 1, 1);
    assert_true(r.w == 0 && r.h == 0);
    r = rect_inset((struct rect){INT_MAX, 1, INT_MAX, 9}, INT_MIN, 1);
    assert_true(r.w == 0 && r.h == 0);
}

static void test_sizes(void **state)
{
    (void)state;
    struct canvas c = canvas_of(-3, 7);
    assert_int_equal(c.columns, 0);
    canvas_text(&c, everywhere, 0, 0, 9, TEXT("x"), ROLE_OK, 0);
    assert_int_equal(canvas_resize(&c, 1000000, 1000000), 0);
    assert_int_equal(c.columns, CANVAS_COLUMNS_MAX);
    assert_int_equal(c.rows, CANVAS_ROWS_MAX);
    assert_null(check_canvas(&c));
    c.ascii = true;
    assert_int_equal(canvas_resize(&c, 3, 2), 0);
    assert_true(c.ascii && c.cursor_column == -1 && c.cursor_row == -1);
    check_screen(&c, false, "\n\n");
    struct buf small;
    buf_init(&small, 1);
    assert_int_equal(canvas_print(&c, false, &small), -1);
    buf_release(&small);
    canvas_release(&c);
    canvas_release(&c);
}

/* ---- anything ---------------------------------------------------------------------------------------- */

static int any_int(struct dice *d)
{
    static const int edges[] = {INT_MIN, INT_MIN + 1, -1, 0, 1, INT_MAX - 1, INT_MAX};
    if (dice_below(d, 8) == 0)
        return edges[dice_below(d, 7)];
    return (int)dice_below(d, 50) - 12;
}

static struct rect any_rect(struct dice *d)
{
    struct rect r = {any_int(d), any_int(d), any_int(d), any_int(d)};
    return r;
}

static struct text any_text(struct dice *d)
{
    static const struct text texts[] = {{"", 0}, {"a", 1}, {"plain text", 10}, {"你好吗", 9},
        {"a你b好c", 9}, {"e\u0301好\u0301", 8}, {"😀👍🏽", 12}, {"▸●…", 9}};
    return texts[dice_below(d, sizeof texts / sizeof *texts)];
}

/* One drawing of any kind; `clip` tells what it may touch. */
static void any_drawing(struct canvas *c, struct dice *d, struct rect *clip)
{
    struct rect r = any_rect(d);
    int x = any_int(d), y = any_int(d), width = any_int(d), style = (int)dice_below(d, 16);
    enum role role = (enum role)dice_below(d, ROLE_COUNT);
    struct text t = any_text(d), note = any_text(d);
    *clip = r;
    switch (dice_below(d, 9)) {
    case 0:
        canvas_fill(c, r, role, style);
        return;
    case 1:
        canvas_paint(c, r, role, style);
        return;
    case 2:
        canvas_frame(c, r, t, note, style & 1);
        return;
    case 3:
        canvas_rule(c, r, t, note, style & 1);
        return;
    case 4:
        canvas_bar(c, r, x, y, width, (double)style / 10, role);
        return;
    case 5:
        canvas_text_right(c, r, x, y, width, t, role, style);
        return;
    case 6:
        canvas_text_cut(c, r, x, y, width, t, role, style);
        return;
    default:
        canvas_text(c, r, x, y, width, t, role, style);
    }
}

static bool is_inside(struct rect r, int64_t x, int64_t y)
{
    return x >= r.x && x < (int64_t)r.x + r.w && y >= r.y && y < (int64_t)r.y + r.h;
}

/* What lies outside stays, but for the other half of a wide character that is touched inside. */
static const char *check_untouched(const struct canvas *c, const struct cell *old, struct rect clip)
{
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->columns; x++) {
            const struct cell *was = &old[y * c->columns + x];
            int other = was->columns == 2 ? x + 1 : was->columns == 0 ? x - 1 : x;
            if (!is_inside(clip, x, y) && !is_inside(clip, other, y) &&
                memcmp(was, canvas_at(c, x, y), sizeof *was) != 0)
                return "something outside the clip changed";
        }
    }
    return NULL;
}

static void test_any_drawings(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct dice d = dice_new(seed);
        struct canvas c = canvas_of((int)dice_below(&d, 30), (int)dice_below(&d, 8));
        size_t size = (size_t)c.columns * (size_t)c.rows * sizeof *c.cells;
        struct cell *old = malloc(size + 1);
        c.ascii = seed % 4 == 0;
        const char *fault = NULL;
        for (int i = 0; i < 60 && !fault; i++) {
            struct rect clip;
            memcpy(old, c.cells, size);
            any_drawing(&c, &d, &clip);
            fault = check_canvas(&c);
            fault = fault ? fault : check_untouched(&c, old, clip);
        }
        free(old);
        canvas_release(&c);
        if (fault)
            fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
    }
}

/* The columns that a drawing says it took are those that it changed. */
static void test_taken_columns(void **state)
{
    (void)state;
    struct canvas c = canvas_of(40, 1);
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct dice d = dice_new(seed);
        struct text t = any_text(&d);
        int width = (int)dice_below(&d, 12), kind = (int)dice_below(&d, 3), touched = 0;
        int (*const draw[])(struct canvas *, struct rect, int, int, int, struct text, enum role,
            int) = {canvas_text, canvas_text_cut, canvas_text_right};
        canvas_clear(&c);
        int taken = draw[kind](&c, everywhere, 10, 0, width, t, ROLE_BAD, 0);
        for (int x = 0; x < c.columns; x++)
            touched += canvas_at(&c, x, 0)->role == ROLE_BAD;
        if (taken != touched || taken > width)
            fail_msg("seed %llu: %d taken, %d touched", (unsigned long long)seed, taken, touched);
        if (taken > 0 && kind == 2 && (int)text_width(t) <= width)
            assert_int_equal(canvas_at(&c, 10 + width - 1, 0)->role, ROLE_BAD);
        /* clipped away, it takes as much */
        assert_int_equal(
            draw[kind](&c, (struct rect){0, 0, 0, 0}, 10, 0, width, t, ROLE_BAD, 0), taken);
    }
    canvas_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_goes_where_it_should),
        cmocka_unit_test(test_what_does_not_fit_ends_in_an_ellipsis),
        cmocka_unit_test(test_wide_characters_are_never_halved),
        cmocka_unit_test(test_marks_stay_with_their_character),
        cmocka_unit_test(test_ascii_keeps_columns),
        cmocka_unit_test(test_paint_keeps_characters_whole),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_smallest_frames),
        cmocka_unit_test(test_bars),
        cmocka_unit_test(test_rectangles),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_any_drawings),
        cmocka_unit_test(test_taken_columns),
    };
    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
