/* What text.h says, case by case. What must hold for any input is in test_text_any.c. */
#include "base/secret.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- cleaning: bytes in, bytes out ---------------------------------------------------------------- */

struct example {
    const char *in;
    size_t n;
    const char *out;
};
#define CASE(in, out)                                                                              \
    {                                                                                              \
        in, sizeof(in) - 1, out                                                                    \
    }

static void check_example(const struct example *e, enum text_mode mode)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(text_clean(&b, e->in, e->n, mode), 0);
    if (b.len != strlen(e->out) || strcmp(buf_str(&b), e->out) != 0)
        print_message("input \"%.*s\" gives \"%s\"\n", (int)e->n, e->in, buf_str(&b));
    assert_string_equal(buf_str(&b), e->out);
    assert_int_equal(b.len, strlen(e->out));
    buf_release(&b);
}

static void check_examples(const struct example *examples, size_t n, enum text_mode mode)
{
    for (size_t i = 0; i < n; i++)
        check_example(&examples[i], mode);
}
#define CHECK_EXAMPLES(examples, mode)                                                             \
    check_examples(examples, sizeof examples / sizeof *examples, mode)

static void test_plain_text_stays(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("", ""),
        CASE("plain ASCII ~ text", "plain ASCII ~ text"),
        CASE("Gr\u00FC\u00DFe, \u4F60\u597D, \u2192 \U0001F600",
            "Gr\u00FC\u00DFe, \u4F60\u597D, \u2192 \U0001F600"),
        CASE("\u00A0\u3000\u2800", "\u00A0\u3000\u2800"),
        CASE("\uFFFD\u25CC\u2400", "\uFFFD\u25CC\u2400"),
        CASE(
            "\U0001F1E9\U0001F1EA\U0001F44D\U0001F3FD", "\U0001F1E9\U0001F1EA\U0001F44D\U0001F3FD"),
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(examples, TEXT_BLOCK);
}

/* One U+FFFD for each maximal bad prefix: Unicode 15 §3.9, tables 3-8 to 3-11. */
static void test_invalid_utf8(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41",
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"),
        CASE("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41",
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA"),
        CASE(
            "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB"),
        CASE("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "\uFFFD\uFFFD\uFFFD\uFFFDA"),
        CASE("a\xE2\x82", "a\uFFFD"),
        CASE("a\xF0\x9F\x98", "a\uFFFD"),
        CASE("\x9B"
             "31m",
            "\uFFFD31m"), /* a raw C1 byte is no control in UTF-8 */
        CASE("\xC3(", "\uFFFD("),
        CASE("\xF8\x88\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"),
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
}

static void test_sequences_are_dropped(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("\033[1;31mred\033[0m", "red"), CASE("a\033[38:2::255:0:0mb", "ab"),
        CASE("a\033[?2004hb\033[>c\033[!pd", "abd"), CASE("a\033[2 qb", "ab"), /* an intermediate */
        CASE("a\033]0;title\007b", "ab"),                                      /* OSC by BEL */
        CASE("a\033]0;title\033\\b", "ab"),                                    /* OSC by ST */
        CASE("a\033]52;c;cm0gLXJm\302\234b", "ab"), /* OSC by the C1 form of ST */
        CASE("a\033]8;;http://x/\033\\link\033]8;;\033\\b", "alinkb"),
        CASE("a\033Pq#0;\007still\033\\b", "ab"), /* DCS: BEL does not end it */
        CASE("a\033_apc\033\\b\033^pm\033\\c\033Xsos\033\\d", "abcd"),
        CASE("a\033"
             "7b\033Mc\033=d\033(Be\033#8f\033 Fg",
            "abcdefg"),
        CASE("a\033"
             "cb",
            "ab"), /* full reset */
        CASE(
            "a\302\23331mb\302\2350;t\007c\302\220q\302\234d\302\237x\302\234e\302\236y\302\234f\302\230z\302\234g",
            "abcdefg"),
        CASE("a\033\033[31mb", "ab"),                                   /* ESC begins anew */
        CASE("a\033[3\033[1mb", "ab"), CASE("a\033]0;x\033[1mb", "ab"), /* also inside a string */
        CASE("a\033\\b", "ab"),                                         /* a lone ST */
        CASE("a\033]0;\xFF\xE2\x82\u4F60\007b", "ab"), /* foreign bytes in a string */
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(examples, TEXT_BLOCK);
}

/* What cannot belong to a sequence is text again; what can is gone with it. */
static void test_broken_sequences(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("a\033", "a"),
        CASE("a\033[", "a"),
        CASE("a\033[31", "a"),
        CASE("a\033]0;never ended", "a"),
        CASE("a\033P never ended", "a"),
        CASE("a\302\235never ended", "a"),
        CASE("a\033\u00E9", "a\u00E9"),
        CASE("a\033[3\u00E9m", "a\u00E9m"),
        CASE("a\033[3\bm", "a\u2408m"),
        CASE("a\033[3\xFFm", "a\uFFFDm"),
        CASE("a\033]0;x\030b", "a\u2418b"), /* CAN ends anything */
        CASE("a\033Px\032b", "a\u241Ab"),   /* so does SUB */
        CASE("a\033]0;x\302\205b", "a\uFFFDb"),
        CASE("a\033\177b", "a\u2421b"),
        CASE("a\033 \033c", "a"),
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(examples, TEXT_BLOCK);
}

static void test_line_feed_ends_a_sequence(void **state)
{
    (void)state;
    static const struct example in_block[] = {
        CASE("a\033]0;x\nb", "a\nb"),
        CASE("a\033[3\nb", "a\nb"),
        CASE("a\033\nb", "a\nb"),
        CASE("a\033Px\r\nb", "a\nb"),
    };
    static const struct example in_line[] = {
        CASE("a\033]0;x\nb", "a\u240Ab"),
        CASE("a\033[3\nb", "a\u240Ab"),
    };
    CHECK_EXAMPLES(in_block, TEXT_BLOCK);
    CHECK_EXAMPLES(in_line, TEXT_LINE);
}

/* An unfinished string takes TEXT_SEQUENCE_MAX bytes with it and not one more. */
static void test_sequence_maximum(void **state)
{
    (void)state;
    enum { BEHIND = 10 };
    char in[TEXT_SEQUENCE_MAX + BEHIND];
    static const char *const openers[] = {"\033]", "\033P", "\302\235", "\033["};
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        memset(in, i == 3 ? ';' : 'x', sizeof in);
        memcpy(in, openers[i], strlen(openers[i]));
        struct buf b;
        buf_init(&b, sizeof in);
        assert_int_equal(text_clean(&b, in, TEXT_SEQUENCE_MAX, TEXT_LINE), 0);
        assert_int_equal(b.len, 0);
        assert_int_equal(text_clean(&b, in, sizeof in, TEXT_LINE), 0);
        assert_int_equal(b.len, BEHIND);
        buf_release(&b);
    }
}

/* A character that straddles the maximum is shown whole. */
static void test_sequence_maximum_at_a_character(void **state)
{
    (void)state;
    char in[TEXT_SEQUENCE_MAX + 1];
    memset(in, 'x', sizeof in);
    memcpy(in, "\033]", 2);
    memcpy(in + TEXT_SEQUENCE_MAX - 2, "\u20AC", 3);
    struct buf b;
    buf_init(&b, 16);
    assert_int_equal(text_clean(&b, in, sizeof in, TEXT_LINE), 0);
    assert_string_equal(buf_str(&b), "\u20AC");
    buf_release(&b);
}

static void test_controls_become_visible(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("a\0b", "a\u2400b"),
        CASE(
            "\001\007\010\013\014\016\037\177", "\u2401\u2407\u2408\u240B\u240C\u240E\u241F\u2421"),
        CASE("50%\r60%\r", "50%\u240D60%\u240D"),
        CASE("\302\200\302\205\302\234\302\231", "\uFFFD\uFFFD\uFFFD\uFFFD"),
        CASE("a\u2028b\u2029c", "a\u240Ab\u240Ac"),
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(examples, TEXT_BLOCK);
}

static void test_line_feeds(void **state)
{
    (void)state;
    static const struct example in_line[] = {
        CASE("a\nb\n", "a\u240Ab\u240A"),
        CASE("a\r\nb", "a\u240Ab"),
        CASE("a\r\r\nb", "a\u240D\u240Ab"),
    };
    static const struct example in_block[] = {
        CASE("a\nb\n", "a\nb\n"),
        CASE("a\r\nb\r\n", "a\nb\n"),
        CASE("a\r\r\nb", "a\u240D\nb"),
        CASE("\n\n\n", "\n\n\n"),
    };
    CHECK_EXAMPLES(in_line, TEXT_LINE);
    CHECK_EXAMPLES(in_block, TEXT_BLOCK);
}

static void test_tabs_go_to_the_next_stop(void **state)
{
    (void)state;
    static const struct example in_both[] = {
        CASE("\t|", "        |"),
        CASE("a\tb", "a       b"),
        CASE("1234567\tb", "1234567 b"),
        CASE("12345678\tb", "12345678        b"),
        CASE("\u4F60\u597D\tb", "\u4F60\u597D    b"), /* by columns, not characters */
        CASE("e\u0301\tb", "e\u0301       b"),
        CASE("\033[1mab\033[0m\tb", "ab      b"),
        CASE("a\u200B\tb", "a       b"),
    };
    static const struct example in_block[] = {CASE("abc\n\tb", "abc\n        b")};
    static const struct example in_line[] = {CASE("abc\n\tb", "abc\u240A    b")};
    CHECK_EXAMPLES(in_both, TEXT_LINE);
    CHECK_EXAMPLES(in_both, TEXT_BLOCK);
    CHECK_EXAMPLES(in_block, TEXT_BLOCK);
    CHECK_EXAMPLES(in_line, TEXT_LINE);
}

static void test_invisible_characters_are_dropped(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("a\u202Eb\u202Ac\u2066d\u2069e\u200Ff\u061Cg", "abcdefg"), /* bidi */
        CASE("a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf", "abcdef"),         /* zero width */
        CASE("a\uFE0Fb\U000E0100c\u180Bd", "abcd"),                     /* variation selectors */
        CASE("a\u00ADb", "ab"), CASE("a\u115Fb\u1160c\u3164d\uFFA0e", "abcde"), /* Hangul fillers */
        CASE("a\U000E0041\U000E007Fb", "ab"),                                   /* tags */
        CASE("a\u034Fb\u17B4c\u2061d\uFFF9e\U0001D173f", "abcdef"),
        CASE("\U0001F468\u200D\U0001F469", "\U0001F468\U0001F469"), /* a joined pair comes apart */
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(examples, TEXT_BLOCK);
}

static void test_unknown_characters_are_replaced(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("\uE000\uF8FF\U000F0000\U0010FFFD", "\uFFFD\uFFFD\uFFFD\uFFFD"),
        CASE("\u0378\U000E0080", "\uFFFD\uFFFD"),
        CASE("\uFFFE\uFFFF\uFDD0\U0010FFFF", "\uFFFD\uFFFD\uFFFD\uFFFD"),
    };
    CHECK_EXAMPLES(examples, TEXT_LINE);
}

static void test_marks(void **state)
{
    (void)state;
    static const struct example examples[] = {
        CASE("e\u0301\u0302\u0303", "e\u0301\u0302\u0303"),
        CASE("e\u0301\u0302\u0303\u0304\u0305x", "e\u0301\u0302\u0303x"),
        CASE("\u0301", "\u25CC\u0301"),
        CASE("\u0301\u0302\u0303\u0304", "\u25CC\u0301\u0302\u0303"),
        CASE("e\033[0m\u0301", "e\u0301"), /* what is dropped leaves no trace */
        CASE("e\u200D\u0301\u0302\u0303\u200D\u0304", "e\u0301\u0302\u0303"),
        CASE("\xFF\u0301", "\uFFFD\u0301"),
        CASE("\b\u0301", "\u2408\u0301"),
        CASE("\u20DD\u0903", "\u25CC\u20DD\u0903"),
        /* Decomposed Hangul: medial and final go into the cell of the initial. */
        CASE("\u1112\u1161\u11AB\u1100\u1173\u11AF", "\u1112\u1161\u11AB\u1100\u1173\u11AF"),
        CASE("\u1161", "\u25CC\u1161"),
    };
    static const struct example in_block[] = {CASE("a\n\u0301", "a\n\u25CC\u0301")};
    CHECK_EXAMPLES(examples, TEXT_LINE);
    CHECK_EXAMPLES(in_block, TEXT_BLOCK);
}

static void test_cleaning_appends(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 64);
    assert_int_equal(buf_str_append(&b, "e"), 0);
    assert_int_equal(text_clean(&b, "\u0301x", 3, TEXT_LINE), 0);
    /* What was there before is not ours to put marks on. */
    assert_string_equal(buf_str(&b), "e\u25CC\u0301x");
    buf_release(&b);
}

static void test_full_buffer_ends_at_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t max;
        const char *out;
    } cases[] = {
        {"abcdef", 3, "abc"},
        {"ab\u20AC", 4, "ab"},
        {"abe\u0301", 4, "ab"},
        {"ab\u4F60\u0301\u0302", 7, "ab"},
        {"\u0301", 4, ""},
        {"ab\033[1m\u20AC", 4, "ab"},
        {"a\t", 5, "a    "},
        {"abc", 0, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, cases[i].max);
        assert_int_equal(text_clean(&b, cases[i].in, strlen(cases[i].in), TEXT_LINE), -1);
        assert_string_equal(buf_str(&b), cases[i].out);
        assert_int_equal(b.len, strlen(cases[i].out));
        assert_true(b.full);
        buf_release(&b);
    }
}

/* ---- texts ------------------------------------------------------------------------------------- */

static void test_new_text(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    assert_non_null(a);
    struct text t = text_new(a, "a\tb\nc", 5, TEXT_BLOCK);
    assert_string_equal(t.s, "a       b\nc");
    assert_int_equal(t.len, strlen(t.s));
    t = text_from(a, "a\nb");
    assert_string_equal(t.s, "a\u240Ab");
    t = text_from(a, NULL);
    assert_string_equal(t.s, "");
    assert_int_equal(t.len, 0);
    t = text_new(a, NULL, 0, TEXT_LINE);
    assert_string_equal(t.s, "");
    arena_free(a);
}

static void test_new_text_in_a_full_arena(void **state)
{
    (void)state;
    struct arena *a = arena_new(64);
    assert_non_null(a);
    char large[200];
    memset(large, 'x', sizeof large);
    struct text t = text_new(a, large, sizeof large, TEXT_LINE);
    assert_non_null(t.s);
    assert_int_equal(t.len, 0);
    arena_free(a);
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(TEXT("")), 0);
    assert_int_equal(text_width(TEXT("abc")), 3);
    assert_int_equal(text_width(TEXT("\u4F60\u597D")), 4);
    assert_int_equal(text_width(TEXT("e\u0301a\u0308\u0323")), 2);
    assert_int_equal(text_width(TEXT("\U0001F600")), 2);
    assert_int_equal(text_width(TEXT("\uFF41\uFF71")), 3);
    assert_int_equal(text_width(TEXT("\u1112\u1161\u11AB")), 2);
    assert_int_equal(text_width(TEXT("\uFFFD\u2400\u25CC")), 3);
}

static void assert_cut(struct text t, size_t columns, const char *expected)
{
    struct text cut = text_cut(t, columns);
    assert_ptr_equal(cut.s, t.s);
    assert_int_equal(cut.len, strlen(expected));
    assert_memory_equal(cut.s, expected, cut.len);
}

static void test_cut(void **state)
{
    (void)state;
    assert_cut(TEXT("abc"), 0, "");
    assert_cut(TEXT("abc"), 2, "ab");
    assert_cut(TEXT("abc"), 99, "abc");
    assert_cut(TEXT("a\u4F60b"), 1, "a");
    assert_cut(TEXT("a\u4F60b"), 2, "a"); /* half a wide character does not exist */
    assert_cut(TEXT("a\u4F60b"), 3, "a\u4F60");
    assert_cut(TEXT("e\u0301\u0302x"), 1, "e\u0301\u0302");
    assert_cut(TEXT("e\u0301\u0302x"), 0, "");
    assert_cut(text_cut(TEXT("abcdef"), 4), 2, "ab"); /* a cut of a cut heeds its length */
    assert_cut(text_cut(TEXT("abcdef"), 2), 4, "ab");
}

static void test_next(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int columns;
    } cells[] = {
        {"a", 1}, {"e\u0301\u0302", 1}, {"\u4F60", 2}, {"\u1112\u1161\u11AB", 2}, {"z", 1}};
    struct text t = TEXT("ae\u0301\u0302\u4F60\u1112\u1161\u11ABz");
    size_t offset = 0;
    struct text_cell cell;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        assert_true(text_next(t, &offset, &cell));
        assert_int_equal(cell.len, strlen(cells[i].s));
        assert_memory_equal(cell.s, cells[i].s, cell.len);
        assert_int_equal(cell.columns, cells[i].columns);
    }
    assert_false(text_next(t, &offset, &cell));
    assert_int_equal(offset, t.len);
    /* Marks behind the end of a cut text are not its own. */
    offset = 0;
    assert_true(text_next((struct text){"e\u0301", 1}, &offset, &cell));
    assert_int_equal(cell.len, 1);
}

/* ---- UTF-8 ------------------------------------------------------------------------------------- */

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t n;
        int length;
        int32_t code;
    } cases[] = {
        {"\0", 1, 1, 0},
        {"A", 1, 1, 'A'},
        {"\302\200", 2, 2, 0x80},
        {"\u07FF", 2, 2, 0x7FF},
        {"\u0800", 3, 3, 0x800},
        {"\uFFFF", 3, 3, 0xFFFF},
        {"\U00010000", 4, 4, 0x10000},
        {"\U0010FFFF", 4, 4, 0x10FFFF},
        {"\u20AC", 2, -2, 0xFFFD},           /* ends too early */
        {"\U0001F600", 3, -3, 0xFFFD},       /* likewise */
        {"\U0001F600", 1, -1, 0xFFFD},       /* likewise */
        {"\x80", 1, -1, 0xFFFD},             /* a continuation alone */
        {"\xC1\xBF", 2, -1, 0xFFFD},         /* overlong */
        {"\xE0\x9F\xBF", 3, -1, 0xFFFD},     /* overlong */
        {"\xED\xA0\x80", 3, -1, 0xFFFD},     /* a surrogate */
        {"\xF4\x90\x80\x80", 4, -1, 0xFFFD}, /* too large */
        {"\xF1\x80\x80"
         "A",
            4, -3, 0xFFFD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t code = -1;
        assert_int_equal(text_decode(cases[i].s, cases[i].n, &code), cases[i].length);
        assert_int_equal(code, cases[i].code);
    }
}

static void test_is_utf8(void **state)
{
    (void)state;
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8(NULL, 0));
    assert_true(text_is_utf8("\0\033\u202E\uFFFF", 8)); /* well-formed, though not clean */
    assert_false(text_is_utf8("abc\xFF", 4));
    assert_false(text_is_utf8("\u20AC", 2));
}

/* ---- masked and cleaned -------------------------------------------------------------------------- */

/* A secret is masked also where cleaning would take a letter of it or join its halves. */
static void test_secrets_do_not_show(void **state)
{
    (void)state;
    static const char *const around[] = {"%s", "\033[%s", "\033]%s\a", "\033P%s", "\xc2\x9b%s",
        "a\033%s", "\xe2\x80\x8b%s\xe2\x80\x8b", "\xf0\x9f%s", "\r%s\t", "--hf-token=%s"};
    static const char *const split[] = {"", "\xe2\x80\x8b", "\033[0m", "\xef\xb8\x8f", "\xc2\xad"};
    assert_non_null(secret_register("planted", "Zq8-planted/secret+value", NULL));
    static const char *const halves[][2] = {
        {"Zq8-planted/", "secret+value"}, {"hf_AbCdEfGh", "IjKlMnOpQrStUv"}};
    for (size_t a = 0; a < sizeof around / sizeof *around; a++)
        for (size_t k = 0; k < sizeof split / sizeof *split; k++)
            for (size_t h = 0; h < 2; h++) {
                /* Half of it goes with the string sequence that the split ends; nobody can
                 * recognise the rest. */
                if ((a == 2 || a == 3) && k == 2)
                    continue;
                struct buf secret, line;
                buf_init(&secret, 100);
                buf_init(&line, 200);
                buf_printf(&secret, "%s%s%s", halves[h][0], split[k], halves[h][1]);
                const char *hole = strstr(around[a], "%s");
                buf_append(&line, around[a], (size_t)(hole - around[a]));
                buf_append(&line, buf_str(&secret), secret.len);
                buf_str_append(&line, hole + 2);
                struct arena *arena = arena_new(4096);
                struct text t = text_new(arena, buf_str(&line), line.len, TEXT_LINE);
                /* Neither the second half nor, but for an eaten letter, the first. */
                if (strstr(t.s, halves[h][1]) || strstr(t.s, halves[h][0] + 1))
                    fail_msg("shape %zu, split %zu, secret %zu: %s", a, k, h, t.s);
                arena_free(arena);
                buf_release(&secret);
                buf_release(&line);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_sequences_are_dropped),
        cmocka_unit_test(test_broken_sequences),
        cmocka_unit_test(test_line_feed_ends_a_sequence),
        cmocka_unit_test(test_sequence_maximum),
        cmocka_unit_test(test_sequence_maximum_at_a_character),
        cmocka_unit_test(test_controls_become_visible),
        cmocka_unit_test(test_line_feeds),
        cmocka_unit_test(test_tabs_go_to_the_next_stop),
        cmocka_unit_test(test_invisible_characters_are_dropped),
        cmocka_unit_test(test_unknown_characters_are_replaced),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_cleaning_appends),
        cmocka_unit_test(test_full_buffer_ends_at_a_character),
        cmocka_unit_test(test_new_text),
        cmocka_unit_test(test_new_text_in_a_full_arena),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_is_utf8),
        cmocka_unit_test(test_secrets_do_not_show),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
