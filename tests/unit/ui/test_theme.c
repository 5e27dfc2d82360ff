/* Themes: the built-in ones are whole and readable at every number of colours; files say what they
 * mean or where they are wrong. */
#include "ui/theme.h"

#include "dice.h"
#include "temp_folder.h"
#include "ui/canvas.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int depths[] = {0, 2, 8, 16, 88, 256, 1 << 24};
enum { DEPTHS = sizeof depths / sizeof *depths };

/* ---- what a look gives on the screen, worked out apart from the module ------------------------------- */

/* xterm's own palette. */
static int32_t rgb_of(int32_t colour)
{
    static const int32_t base[16] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD,
        0x00CDCD, 0xE5E5E5, 0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF,
        0xFFFFFF};
    static const int32_t steps[6] = {0, 95, 135, 175, 215, 255};
    if (!(colour & LOOK_INDEX))
        return colour;
    int n = colour & 0xFF;
    if (n < 16)
        return base[n];
    if (n >= 232)
        return (8 + 10 * (n - 232)) * 0x010101;
    return steps[(n - 16) / 36] << 16 | steps[(n - 16) / 6 % 6] << 8 | steps[(n - 16) % 6];
}

/* WCAG 2, relative luminance and contrast. */
static double luminance(int32_t rgb)
{
    static const double weight[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v = (rgb >> (16 - 8 * i) & 0xFF) / 255.0;
        sum += weight[i] * (v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(int32_t a, int32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

/* The contrast of a look on a terminal with that background; bold shows a dark one of the 8
 * bright. */
static double contrast_of(struct look look, int32_t ground, int32_t ink, int colours)
{
    int32_t front = look.foreground, back = look.background;
    if (colours == 8 && (look.style & STYLE_BOLD) && front >= LOOK_INDEX && back == LOOK_DEFAULT)
        front += luminance(ground) < 0.5 ? 8 : 0; /* the worse for either ground */
    front = front == LOOK_DEFAULT ? ink : rgb_of(front);
    back = back == LOOK_DEFAULT ? ground : rgb_of(back);
    return contrast(front, back);
}

static void check_readable(const char *name, int32_t ground, int32_t ink)
{
    struct theme t;
    assert_int_equal(theme_load(&t, name, NULL), 0);
    for (int role = 0; role < ROLE_COUNT; role++) {
        for (int i = 0; i < DEPTHS; i++) {
            struct look look = theme_look(&t, (enum role)role, depths[i]);
            double is = contrast_of(look, ground, ink, depths[i]);
            /* 16 colours have no better; a frame need not be read */
            double least = role == ROLE_FRAME ? 3 : depths[i] <= 88 ? 3.9 : 4.5;
            if (is < least)
                fail_msg("%s: role %d with %d colours has a contrast of %.2f", name, role,
                    depths[i], is);
        }
    }
}

static void test_built_in_themes_are_readable(void **state)
{
    (void)state;
    check_readable("dark", 0x000000, 0xE5E5E5);
    check_readable("dark", 0x121212, 0xE5E5E5);
    check_readable("light", 0xFFFFFF, 0x000000);
    check_readable("light", 0xF8F8F8, 0x000000);
    check_readable("mono", 0x000000, 0xE5E5E5);
}

/* ---- reduction --------------------------------------------------------------------------------------- */

static const char *check_look(struct look look, int colours)
{
    int32_t parts[2] = {look.foreground, look.background};
    for (int i = 0; i < 2; i++) {
        if (parts[i] == LOOK_DEFAULT)
            continue;
        if (colours < 8)
            return "a colour where there are none";
        if (parts[i] < 0 || parts[i] > (LOOK_INDEX | 255))
            return "no colour at all";
        bool index = parts[i] & LOOK_INDEX;
        if (!index && colours < 1 << 24)
            return "a true colour where there are fewer";
        int most = colours >= 256 ? 256 : colours >= 16 ? 16 : 8;
        if (index && (parts[i] & 0xFF) >= most)
            return "a number that the terminal does not have";
    }
    if (colours < 1 << 24 && parts[0] != LOOK_DEFAULT && parts[0] == parts[1])
        return "invisible";
    return NULL;
}

static void test_looks_fit_the_terminal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct dice d = dice_new(seed);
        struct theme t = {.name = "any"};
        int32_t parts[2];
        for (int i = 0; i < 2; i++) {
            size_t kind = dice_below(&d, 3);
            parts[i] = kind == 0   ? LOOK_DEFAULT
                       : kind == 1 ? LOOK_INDEX | (int32_t)dice_below(&d, 256)
                                   : (int32_t)dice_below(&d, 1 << 24);
        }
        t.looks[0] = t.few[0] =
            (struct look){parts[0], parts[1], (unsigned char)dice_below(&d, 16)};
        for (int i = 0; i < DEPTHS; i++) {
            struct look look = theme_look(&t, ROLE_NORMAL, depths[i]);
            const char *fault = check_look(look, depths[i]);
            if (!fault && depths[i] < 8 && t.looks[0].background != LOOK_DEFAULT &&
                !(look.style & STYLE_REVERSE))
                fault = "a background is lost";
            if (!fault && (look.style & t.looks[0].style) != t.looks[0].style)
                fault = "a style is lost";
            if (fault)
                fail_msg("seed %llu, %d colours: %s", (unsigned long long)seed, depths[i], fault);
        }
    }
}

static void check_reduced(struct look from, int colours, struct look expected)
{
    struct theme t = {.looks = {from}, .few = {from}};
    struct look is = theme_look(&t, ROLE_NORMAL, colours);
    if (is.foreground != expected.foreground || is.background != expected.background ||
        is.style != expected.style)
        fail_msg("#%06x with %d colours is %x on %x style %d", (unsigned)from.foreground, colours,
            (unsigned)is.foreground, (unsigned)is.background, is.style);
}
#define N(n) (LOOK_INDEX | (n))

static void test_nearest_colours(void **state)
{
    (void)state;
    static const struct look red = {0xFF0000, LOOK_DEFAULT, 0};
    check_reduced(red, 1 << 24, red);
    check_reduced(red, 256, (struct look){N(196), LOOK_DEFAULT, 0});
    check_reduced(red, 16, (struct look){N(9), LOOK_DEFAULT, 0});
    check_reduced(red, 8, (struct look){N(1), LOOK_DEFAULT, STYLE_BOLD});
    check_reduced(red, 0, (struct look){LOOK_DEFAULT, LOOK_DEFAULT, 0});
    check_reduced(
        (struct look){0x5FD7FF, LOOK_DEFAULT, 0}, 256, (struct look){N(81), LOOK_DEFAULT, 0});
    check_reduced(
        (struct look){0x808080, LOOK_DEFAULT, 0}, 256, (struct look){N(244), LOOK_DEFAULT, 0});
    /* the user's own colours stay his own */
    check_reduced((struct look){N(3), N(12), 0}, 1 << 24, (struct look){N(3), N(12), 0});
    check_reduced(
        (struct look){N(200), LOOK_DEFAULT, 0}, 256, (struct look){N(200), LOOK_DEFAULT, 0});
    /* bright black must not become black on black */
    check_reduced((struct look){N(8), LOOK_DEFAULT, 0}, 8,
        (struct look){LOOK_DEFAULT, LOOK_DEFAULT, STYLE_DIM});
    check_reduced((struct look){0x101010, 0x000000, 0}, 16, (struct look){N(15), N(0), 0});
    check_reduced((struct look){0xEEEEEE, 0xFFFFFF, 0}, 8, (struct look){N(0), N(7), 0});
}

/* ---- files ------------------------------------------------------------------------------------------- */

static void write_theme(void **state, const char *text, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.3000s/my.ini", (char *)*state);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    fclose(f);
}

static void test_a_file(void **state)
{
    char path[PATH_MAX];
    struct theme t, light;
    struct err e;
    write_theme(state,
        "# mine\n\n[theme]\nkind = light\n[roles]\ncursor = black on bright-cyan bold\n"
        "bad = underline #Ff0080 reverse\nok=7\nfaint = default on 0\nkey = bold dim ; a comment\n"
        "[roles-16]\ntoast = red\n",
        path);
    assert_int_equal(theme_load(&t, path, &e), 0);
    assert_int_equal(theme_load(&light, "light", &e), 0);
    assert_string_equal(t.name, "my");
    assert_true(t.light);
    struct look l = theme_look(&t, ROLE_CURSOR, 1 << 24);
    assert_true(l.foreground == N(0) && l.background == N(14) && l.style == STYLE_BOLD);
    l = theme_look(&t, ROLE_BAD, 1 << 24);
    assert_true(l.foreground == 0xFF0080 && l.background == LOOK_DEFAULT);
    assert_int_equal(l.style, STYLE_UNDERLINE | STYLE_REVERSE);
    l = theme_look(&t, ROLE_OK, 16);
    assert_true(l.foreground == N(7) && l.background == LOOK_DEFAULT);
    l = theme_look(&t, ROLE_FAINT, 16);
    assert_true(l.foreground == LOOK_DEFAULT && l.background == N(0));
    l = theme_look(&t, ROLE_KEY, 16);
    assert_true(l.foreground == LOOK_DEFAULT && l.style == (STYLE_BOLD | STYLE_DIM));
    assert_int_equal(theme_look(&t, ROLE_TOAST, 16).foreground, N(1));
    /* what it does not name is as in the built-in of its kind */
    assert_int_equal(
        theme_look(&t, ROLE_TOAST, 256).background, theme_look(&light, ROLE_TOAST, 256).background);
    assert_int_equal(
        theme_look(&t, ROLE_LABEL, 1 << 24).foreground, light.looks[ROLE_LABEL].foreground);
    assert_int_equal(theme_look(&t, ROLE_LABEL, 16).foreground, light.few[ROLE_LABEL].foreground);
}

static void test_errors_name_file_and_line(void **state)
{
    static const struct {
        const char *text, *where, *what;
    } wrong[] = {
        {"", "my.ini:1:", "kind"},
        {"[theme]\nkind = purple\n", "my.ini:2:", "purple"},
        {"[theme]\nkind = dark\nsize = 3\n", "my.ini:3:", "size"},
        {"[theme]\nkind = dark\nname = \n", "my.ini:3:", "name"},
        {"[theme]\nkind = dark\n[roles]\ncurser = red\n", "my.ini:4:", "curser"},
        {"[theme]\nkind = dark\n[colours]\nok = red\n", "my.ini:4:", "section"},
        {"[theme]\nkind = dark\n[roles]\nok = reddish\n", "my.ini:4:", "reddish"},
        {"[theme]\nkind = dark\n[roles]\nok = red on\n", "my.ini:4:", "on"},
        {"[theme]\nkind = dark\n[roles]\nok = red on bold\n", "my.ini:4:", "bold"},
        {"[theme]\nkind = dark\n[roles]\nok = red blue\n", "my.ini:4:", "blue"},
        {"[theme]\nkind = dark\n[roles]\nok = red on blue on black\n", "my.ini:4:", "on"},
        {"[theme]\nkind = dark\n[roles]\nok =\n", "my.ini:4:", "missing"},
        {"[theme]\nkind = dark\n[roles]\nok = 256\n", "my.ini:4:", "256"},
        {"[theme]\nkind = dark\n[roles]\nok = -1\n", "my.ini:4:", "-1"},
        {"[theme]\nkind = dark\n[roles]\nok = #12345\n", "my.ini:4:", "#12345"},
        {"[theme]\nkind = dark\n[roles]\nok = #12345g\n", "my.ini:4:", "#12345g"},
        {"[theme]\nkind = dark\n[roles]\nok = #+12345\n", "my.ini:4:", "#+12345"},
        {"[theme]\nkind = dark\n[roles]\nok = red\nok = red\n", "my.ini:5:", "twice"},
        {"[theme]\nkind = dark\n[roles]\nok = red\n  bold\n", "my.ini:5:", "ok"},
        {"[theme]\nkind = dark\nnonsense\n[roles]\nok = reddish\n", "my.ini:3:", "neither"},
        {"[theme]\nkind = dark\n[roles]\nok = reddish\nnonsense\n", "my.ini:4:", "reddish"},
        {"[theme\nkind = dark\n", "my.ini:1:", "neither"},
    };
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err e;
        struct theme t = {.name = "untouched"};
        write_theme(state, wrong[i].text, path);
        assert_int_equal(theme_load(&t, path, &e), -1);
        assert_int_equal(e.class, ERR_INPUT);
        if (!strstr(e.message, wrong[i].where) || !strstr(e.message, wrong[i].what))
            fail_msg("“%s” gives: %s", wrong[i].text, e.message);
        assert_string_equal(t.name, "untouched");
        assert_int_equal(theme_load(&t, path, NULL), -1);
    }
}

static void test_odd_files(void **state)
{
    char path[PATH_MAX], text[1000] = "[theme]\nkind = dark\n# ";
    struct theme t;
    struct err e;
    memset(text + strlen(text), 'x', 700);
    write_theme(state, text, path);
    assert_int_equal(theme_load(&t, path, &e), -1);
    assert_non_null(strstr(e.message, "my.ini:3:"));
    assert_non_null(strstr(e.message, "too long"));
    assert_int_equal(theme_load(&t, "no-such-theme", &e), -1);
    assert_int_equal(e.class, ERR_INPUT);
    assert_non_null(strstr(e.message, "no-such-theme"));
    assert_non_null(strstr(e.hint, "dark"));
    assert_int_equal(theme_load(&t, (char *)*state, &e), -1); /* a folder */
    write_theme(state, "[theme]\r\nkind = mono\r\nname = Old style\r\n", path);
    assert_int_equal(theme_load(&t, path, &e), 0);
    assert_string_equal(t.name, "Old style");
}

/* No bytes make it fail in any other way than with an error. */
static void test_any_bytes(void **state)
{
    static const char *const pieces[] = {"[theme]", "kind", "=", "dark", "\n", " ", "[roles]", "ok",
        "on", "#", "123456", ";", "\xFF", "[", "]", "bold", "red", "\t", "999999999999999999999"};
    char path[PATH_MAX];
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct dice d = dice_new(seed);
        char text[600] = "";
        while (strlen(text) < 500)
            strncat(text, pieces[dice_below(&d, sizeof pieces / sizeof *pieces)], 40);
        write_theme(state, text, path);
        struct theme t;
        struct err e = {.class = ERR_NONE};
        int result = theme_load(&t, path, &e);
        if (result != (e.class == ERR_NONE ? 0 : -1) ||
            (result != 0 && !strstr(e.message, "my.ini:")))
            fail_msg("seed %llu: %d, %s", (unsigned long long)seed, result, e.message);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(theme_builtin_name(0), "dark");
    assert_string_equal(theme_builtin_name(1), "light");
    assert_string_equal(theme_builtin_name(2), "mono");
    assert_null(theme_builtin_name(3));
    assert_null(theme_builtin_name(SIZE_MAX));
    struct theme t;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(theme_load(&t, theme_builtin_name(i), NULL), 0);
        assert_string_equal(t.name, theme_builtin_name(i));
        assert_int_equal(t.light, i == 1);
        /* the cursor and production can be told without colours */
        assert_true(theme_look(&t, ROLE_CURSOR, 0).style & STYLE_REVERSE);
        assert_true(theme_look(&t, ROLE_PROFILE_PRODUCTION, 0).style & STYLE_REVERSE);
        assert_true(theme_look(&t, ROLE_BAD, 0).style != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_built_in_themes_are_readable),
        cmocka_unit_test(test_looks_fit_the_terminal),
        cmocka_unit_test(test_nearest_colours),
        cmocka_unit_test_setup_teardown(test_a_file, temp_folder_make, temp_folder_remove),
        cmocka_unit_test_setup_teardown(
            test_errors_name_file_and_line, temp_folder_make, temp_folder_remove),
        cmocka_unit_test_setup_teardown(test_odd_files, temp_folder_make, temp_folder_remove),
        cmocka_unit_test_setup_teardown(test_any_bytes, temp_folder_make, temp_folder_remove),
    };
    return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
