/* Charts: no point is lost however many there are, lines have no holes and gaps have no lines. */
#include "ui/chart.h"

#include "dice.h"
#include "screen.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const struct chart_options plain = {
    .least = (double)NAN, .most = (double)NAN, .role = ROLE_CHART};

static struct canvas canvas_of(int width, int height)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, width, height), 0);
    return c;
}

static void check_chart(const struct chart_points *p, const struct chart_options *o, int width,
    int height, bool ascii, const char *expected)
{
    struct canvas c = canvas_of(width, height);
    struct chart *ch = chart_new();
    assert_non_null(ch);
    c.ascii = ascii;
    chart_draw(ch, &c, (struct rect){0, 0, width, height}, p, o);
    check_screen(&c, false, expected);
    chart_free(ch);
    canvas_release(&c);
}

/* ---- examples ---------------------------------------------------------------------------------------- */

static void test_lines(void **state)
{
    (void)state;
    static const double up[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const double few[] = {0, 7, 0};
    static const double flat[] = {5, 5, 5, 5};
    struct chart_points p = {.y = up, .count = 8};
    check_chart(&p, &plain, 4, 2, false,
        "  ⡠⠊\n"
        "⡠⠊\n");
    check_chart(&p, &plain, 8, 4, true,
        "      .'\n"
        "    .'\n"
        "  .'\n"
        ".'\n");
    p = (struct chart_points){.y = few, .count = 3};
    check_chart(&p, &plain, 8, 2, false,
        "  ⡠⠊⠑⢄\n"
        "⡠⠊    ⠑⢄\n");
    p = (struct chart_points){.y = flat, .count = 4};
    check_chart(&p, &plain, 4, 2, false,
        "⣀⣀⣀⣀\n"
        "\n");
    struct chart_options area = plain;
    area.area = true;
    p = (struct chart_points){.y = up, .count = 8};
    check_chart(&p, &area, 8, 1, false, "⣀⣠⣤⣤⣶⣶⣿⣿\n");
    struct chart_options zero = plain;
    zero.least = 0;
    zero.most = 10;
    p = (struct chart_points){.y = flat, .count = 4};
    check_chart(&p, &zero, 4, 2, false,
        "⣀⣀⣀⣀\n"
        "\n");
}

static void test_gaps(void **state)
{
    (void)state;
    static const double y[] = {1, 1, (double)NAN, 1, 1, (double)INFINITY, 1, (double)NAN};
    struct chart_points p = {.y = y, .count = 8};
    check_chart(&p, &plain, 8, 1, false, "⠤⠄ ⠤⠤ ⠠\n");
    static const double none[] = {(double)NAN, (double)NAN};
    p = (struct chart_points){.y = none, .count = 2};
    check_chart(&p, &plain, 4, 1, false, "\n");
    p = (struct chart_points){.count = 0};
    check_chart(&p, &plain, 4, 1, false, "\n");
    /* nothing at or below zero on a log scale */
    static const double logs[] = {1, 10, 100, 0, -5, 1000};
    struct chart_options o = plain;
    o.log = true;
    p = (struct chart_points){.y = logs, .count = 6};
    check_chart(&p, &o, 6, 2, false,
        " ⢀⠄  ⠈\n"
        "⡠⠃\n");
}

/* Two charts in one place keep each other's dots, and what is under no dot shows. */
static void test_two_lines(void **state)
{
    (void)state;
    static const double up[] = {0, 1}, down[] = {1, 0};
    struct canvas c = canvas_of(6, 3);
    struct chart *a = chart_new(), *b = chart_new();
    for (int i = 0; i < 3; i++)
        canvas_text(&c, (struct rect){0, 0, 6, 3}, 0, i, 6, TEXT("label "), ROLE_LABEL, 0);
    struct rect r = {1, 0, 4, 3};
    chart_draw(a, &c, r, &(struct chart_points){.y = up, .count = 2}, &plain);
    chart_draw(b, &c, r, &(struct chart_points){.y = down, .count = 2}, &plain);
    check_screen(&c, true,
        "l⠣⡀⢠⠊\n"
        "la⡱⡇l\n"
        "l⡔⠁⠘⢄\n"
        "--\n"
        "lccccl\n"
        "llccll\n"
        "lccccl\n");
    chart_free(a);
    chart_free(b);
    canvas_release(&c);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static void test_reading(void **state)
{
    (void)state;
    static const double x[] = {100, 110, 120, 180, 200}, y[] = {5, 9, 2, 3, 4};
    struct chart_points p = {x, y, 5, 1};
    struct canvas c = canvas_of(10, 2);
    struct chart *ch = chart_new();
    double least, most;
    assert_false(chart_scale(ch, &least, &most));
    assert_int_equal(chart_read(ch, 0).count, 0);
    assert_int_equal(chart_column(ch, 100), -1);
    chart_draw(ch, &c, (struct rect){0, 0, 5, 2}, &p, &plain);
    assert_true(chart_scale(ch, &least, &most));
    assert_true(least == 2 && most == 9);
    struct chart_span s = chart_read(ch, 0);
    assert_int_equal(s.count, 2);
    assert_true(s.least == 5 && s.most == 9 && s.first == 5 && s.last == 9);
    assert_int_equal(chart_read(ch, 1).count, 1);
    assert_int_equal(chart_read(ch, 2).count, 0);
    s = chart_read(ch, 4);
    assert_int_equal(s.count, 2);
    assert_true(s.first == 3 && s.last == 4);
    assert_int_equal(chart_read(ch, 5).count + chart_read(ch, -1).count, 0);
    assert_int_equal(chart_column(ch, 100), 0);
    assert_int_equal(chart_column(ch, 125), 1);
    assert_int_equal(chart_column(ch, 200), 4);
    assert_int_equal(
        chart_column(ch, 99) + chart_column(ch, 201) + chart_column(ch, (double)NAN), -3);
    chart_free(ch);
    canvas_release(&c);
}

/* The points are looked at again only when something says that they changed. */
static void test_work_is_kept(void **state)
{
    (void)state;
    double y[] = {0, 1};
    struct chart_points p = {.y = y, .count = 2, .version = 1};
    struct canvas c = canvas_of(4, 2);
    struct rect r = {0, 0, 4, 2};
    struct chart *ch = chart_new();
    double least, most;
    chart_draw(ch, &c, r, &p, &plain);
    y[1] = 50;
    chart_draw(ch, &c, r, &p, &plain);
    assert_true(chart_scale(ch, &least, &most) && most == 1);
    p.version++;
    chart_draw(ch, &c, r, &p, &plain);
    assert_true(chart_scale(ch, &least, &most) && most == 50);
    y[1] = 60;
    r.w = 3;
    chart_draw(ch, &c, r, &p, &plain);
    assert_true(chart_scale(ch, &least, &most) && most == 60);
    struct chart_options o = plain;
    o.most = 100;
    chart_draw(ch, &c, r, &p, &o);
    assert_true(chart_scale(ch, &least, &most) && most == 100);
    chart_free(ch);
    canvas_release(&c);
}

/* One point among a million is seen. */
static void test_a_spike_stays(void **state)
{
    (void)state;
    enum { MANY = 1000000 };
    double *y = calloc(MANY, sizeof *y);
    struct chart_span spans[160];
    assert_non_null(y);
    y[777777] = 9;
    y[123456] = -9;
    chart_reduce(&(struct chart_points){.y = y, .count = MANY}, false, spans, 160);
    size_t count = 0, high = 0, low = 0;
    for (int i = 0; i < 160; i++) {
        count += spans[i].count;
        high += spans[i].most == 9;
        low += spans[i].least == -9;
    }
    assert_true(count == MANY && high == 1 && low == 1);
    assert_true(spans[777777 / (MANY / 160)].most == 9);
    free(y);
}

/* ---- anything ---------------------------------------------------------------------------------------- */

enum { WIDTH = 24, HEIGHT = 6, POINTS = 300 };

static double any_value(struct dice *d)
{
    static const double odd[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 0, -1, DBL_MAX,
        -DBL_MAX, DBL_MIN, 5e-324};
    if (dice_below(d, 20) == 0)
        return odd[dice_below(d, 9)];
    return (double)dice_below(d, 1000) / 7 - 40;
}

/* Whether dot (x, y from below) is set. */
static bool dot(const struct canvas *c, int x, int y)
{
    static const int bits[2][4] = {{6, 2, 1, 0}, {7, 5, 4, 3}};
    const char *s = canvas_at(c, c->ascii ? x : x / 2, c->rows - 1 - y / (c->ascii ? 2 : 4))->bytes;
    if (c->ascii)
        return *s == ':' || *s == (y % 2 ? '\'' : '.');
    int32_t code;
    text_decode(s, strlen(s), &code);
    return code >= 0x2800 && (code - 0x2800) >> bits[x % 2][y % 4] & 1;
}

static const char *check_points(
    const struct canvas *c, const struct chart *ch, const double *y, size_t count, bool log)
{
    int wide = c->columns * (c->ascii ? 1 : 2), high = c->rows * (c->ascii ? 2 : 4);
    double least, most;
    bool scaled = chart_scale(ch, &least, &most);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(y[i]) || (log && y[i] <= 0))
            continue;
        if (!scaled || y[i] < least || y[i] > most)
            return "a point lies outside the scale";
        double part = log ? (log10(y[i]) - log10(least)) / (log10(most) - log10(least))
                          : (y[i] / 2 - least / 2) / (most / 2 - least / 2);
        double column = count > 1 ? (double)i / (double)(count - 1) * wide : 0;
        int x = column < wide ? (int)column : wide - 1;
        int row = isnan(part) ? 0 : (int)(part * (high - 1) + 0.5);
        if (!dot(c, x, row) && !(row > 0 && dot(c, x, row - 1)) &&
            !dot(c, x, row + 1 < high ? row + 1 : row))
            return "a point is not drawn";
    }
    return NULL;
}

/* Without a gap, neighbouring columns are never more than a row apart, and none is empty. */
static const char *check_connected(const struct canvas *c)
{
    int wide = c->columns * (c->ascii ? 1 : 2), high = c->rows * (c->ascii ? 2 : 4);
    int last_bottom = 0, last_top = high;
    for (int x = 0; x < wide; x++) {
        int bottom = high, top = -1, count = 0;
        for (int y = 0; y < high; y++) {
            if (!dot(c, x, y))
                continue;
            bottom = y < bottom ? y : bottom;
            top = y;
            count++;
        }
        if (count == 0 || count != top - bottom + 1)
            return "a hole in the line";
        if (bottom > last_top + 1 || top < last_bottom - 1)
            return "the line is torn";
        last_bottom = bottom;
        last_top = top;
    }
    return NULL;
}

static void test_any_points(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct dice d = dice_new(seed);
        double y[POINTS];
        size_t count = dice_below(&d, POINTS);
        bool whole = count > 1;
        struct chart_options o = plain;
        o.log = dice_below(&d, 3) == 0;
        for (size_t i = 0; i < count; i++) {
            y[i] = seed % 2 ? any_value(&d) : (double)(1 + dice_below(&d, 90));
            whole = whole && isfinite(y[i]) && !(o.log && y[i] <= 0);
        }
        struct canvas c =
            canvas_of(1 + (int)dice_below(&d, WIDTH), 1 + (int)dice_below(&d, HEIGHT));
        struct chart *ch = chart_new();
        c.ascii = dice_below(&d, 2);
        chart_draw(ch, &c, (struct rect){0, 0, c.columns, c.rows},
            &(struct chart_points){.y = y, .count = count}, &o);
        const char *fault = check_points(&c, ch, y, count, o.log);
        fault = fault || !whole ? fault : check_connected(&c);
        fault = fault ? fault : check_canvas(&c);
        chart_free(ch);
        canvas_release(&c);
        if (fault)
            fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
    }
}

/* Hostile x, scales and places. */
static void test_any_frame(void **state)
{
    (void)state;
    struct chart *ch = chart_new();
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct dice d = dice_new(seed);
        double x[20], y[20];
        for (int i = 0; i < 20; i++) {
            x[i] = any_value(&d);
            y[i] = any_value(&d);
        }
        struct chart_options o = {
            dice_below(&d, 2), dice_below(&d, 2), any_value(&d), any_value(&d), ROLE_CHART};
        struct rect r = {(int)dice_below(&d, 30) - 10, (int)dice_below(&d, 20) - 8,
            (int)dice_below(&d, 40) - 2, (int)dice_below(&d, 20) - 2};
        struct canvas c = canvas_of(20, 8);
        c.ascii = dice_below(&d, 2);
        chart_draw(ch, &c, r, &(struct chart_points){x, y, dice_below(&d, 21), seed}, &o);
        const char *fault = check_canvas(&c);
        for (int i = 0; i < 160 && !fault; i++)
            if (c.cells[i].role != ROLE_NORMAL &&
                rect_clip(r, (struct rect){i % 20, i / 20, 1, 1}).w == 0)
                fault = "drawn outside";
        chart_read(ch, (int)dice_below(&d, 50) - 5);
        chart_column(ch, any_value(&d));
        canvas_release(&c);
        if (fault)
            fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
    }
    chart_free(ch);
}

/* ---- texts ------------------------------------------------------------------------------------------- */

static void check_spark(
    const double *y, size_t count, int width, double least, const char *expected)
{
    char out[100];
    struct text t = chart_spark(out, sizeof out, width, y, count, least, (double)NAN);
    assert_string_equal(out, expected);
    assert_int_equal(t.len, strlen(expected));
    assert_int_equal(text_width(t), width);
}

static void test_sparks(void **state)
{
    (void)state;
    static const double up[] = {0, 1, 2, 3, 4, 5, 6, 7}, flat[] = {0, 0, 0};
    static const double gaps[] = {1, (double)NAN, 2, (double)INFINITY};
    static const double spike[] = {1, 1, 1, 9, 1, 1, 1, 1, 1, 1, 1, 1};
    static const double dip[] = {9, 9, 9, 9, 9, 1, 9, 9};
    check_spark(up, 8, 8, (double)NAN, "▁▂▃▄▅▆▇█");
    check_spark(up, 8, 4, (double)NAN, "▁▃▆█");
    check_spark(up, 8, 10, (double)NAN, "▁▂▃▄▅▆▇█  ");
    check_spark(spike, 12, 4, (double)NAN, "▁█▁▁");
    check_spark(dip, 8, 4, (double)NAN, "██▁█");
    check_spark(flat, 3, 3, (double)NAN, "▅▅▅");
    check_spark(flat, 3, 3, 0, "▁▁▁");
    check_spark(gaps, 4, 4, (double)NAN, "▁ █ ");
    check_spark(NULL, 0, 3, (double)NAN, "   ");
    check_spark(up, 8, 0, (double)NAN, "");
    char small[8] = "xxxxxxx";
    struct text t = chart_spark(small, sizeof small, 8, up, 8, (double)NAN, (double)NAN);
    assert_string_equal(small, "▁▂");
    assert_int_equal(t.len, 6);
    chart_spark(small, 1, 8, up, 8, (double)NAN, (double)NAN);
    assert_string_equal(small, "");
    assert_int_equal(chart_spark(small, 0, 8, up, 8, (double)NAN, (double)NAN).len, 0);
}

static void test_meters(void **state)
{
    (void)state;
    char out[64];
    static const struct {
        double part;
        const char *expected;
    } cases[] = {{0, "░░░░"}, {0.001, "█░░░"}, {0.5, "██░░"}, {0.999, "███░"}, {1, "████"},
        {1.5, "████"}, {-1, "░░░░"}, {(double)NAN, "░░░░"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        chart_meter(out, sizeof out, 4, cases[i].part);
        assert_string_equal(out, cases[i].expected);
    }
    chart_meter(out, 7, 9, 1);
    assert_string_equal(out, "██");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_two_lines),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_work_is_kept),
        cmocka_unit_test(test_a_spike_stays),
        cmocka_unit_test(test_any_points),
        cmocka_unit_test(test_any_frame),
        cmocka_unit_test(test_sparks),
        cmocka_unit_test(test_meters),
    };
    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
