/* Names of presses: each press has one, and every name that is shown is understood. */
#include "ui/press.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_named(int32_t press, const char *name)
{
    char shown[PRESS_NAME_MAX];
    assert_string_equal(press_name(press, shown), name);
    assert_int_equal(press_of(name), press);
}

static void names_are_what_people_call_keys(void **state)
{
    (void)state;
    assert_named(PRESS_ENTER, "Enter");
    assert_named(PRESS_ESCAPE, "Esc");
    assert_named(PRESS_CTRL('l'), "Ctrl-L");
    assert_named(' ', "space");
    assert_named(PRESS_PAGE_UP, "PgUp");
    assert_named('u', "u");
    assert_named('G', "G");
    assert_named('/', "/");
    assert_named('-', "-");
    assert_named('^', "^");
    assert_named(PRESS_F1, "F1");
    assert_named(PRESS_LAST, "F12");
    assert_named(0xE9, "é");
    assert_named(0x20AC, "€");
    assert_named(0x1F600, "😀");
    assert_named(PRESS_CTRL('\\'), "Ctrl-\\");
}

static void other_spellings_are_understood(void **state)
{
    (void)state;
    assert_int_equal(press_of("enter"), PRESS_ENTER);
    assert_int_equal(press_of("ctrl-l"), PRESS_CTRL('l'));
    assert_int_equal(press_of("^L"), PRESS_CTRL('l'));
    assert_int_equal(press_of("pageup"), PRESS_PAGE_UP);
    assert_int_equal(press_of("f11"), PRESS_LAST - 1);
    assert_int_equal(press_of("Ctrl-H"), PRESS_BACKSPACE); /* as it arrives */
    assert_int_equal(press_of("Ctrl-M"), PRESS_ENTER);
    assert_int_equal(press_of("^J"), PRESS_ENTER);
    assert_int_equal(press_of("Ctrl-I"), PRESS_TAB);
}

static void what_is_no_name_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", " ", "uu", "Ctrl-", "Ctrl-é", "Ctrl-ab", "F0", "F13",
        "\x1b", "\x7f", "\xc3", "\xff", "\xed\xa0\x80", "\xc2\x85", "Hyper-x", "éa"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(press_of(wrong[i]), PRESS_NONE);
    char shown[PRESS_NAME_MAX];
    static const int32_t nameless[] = {
        PRESS_NONE, -1, 0xD800, 0x85, 0x110000, PRESS_LAST + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++)
        assert_string_equal(press_name(nameless[i], shown), "");
}

static void every_name_that_is_shown_is_understood(void **state)
{
    (void)state;
    char shown[PRESS_NAME_MAX];
    int named = 0;
    for (int32_t press = 1; press <= PRESS_LAST; press++) {
        if (*press_name(press, shown) == '\0')
            continue;
        int32_t expected = press == 8 ? PRESS_BACKSPACE : press == 10 ? PRESS_ENTER : press;
        if (press_of(shown) != expected)
            fail_msg("press %#x is shown as \"%s\", which means %#x", (unsigned)press, shown,
                (unsigned)press_of(shown));
        named++;
    }
    assert_true(named > 0x10FFFF - 0x800 - 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_what_people_call_keys),
        cmocka_unit_test(other_spellings_are_understood),
        cmocka_unit_test(what_is_no_name_is_none),
        cmocka_unit_test(every_name_that_is_shown_is_understood),
    };
    return cmocka_run_group_tests_name("press", tests, NULL, NULL);
}
