/* What text.h promises for any input (tests/support/clean_check.h says what): for every code point,
 * for every short string of the bytes that matter, for random bytes, and for random compositions of
 * what an attacker would use. */
#include "base/text.h"

#include "clean_check.h"
#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void check(const void *bytes, size_t n, uint64_t seed)
{
    for (enum text_mode mode = TEXT_LINE; mode <= TEXT_BLOCK; mode++) {
        const char *fault = check_text(bytes, n, mode, seed);
        if (fault)
            fail_msg("%s (mode %d, %zu bytes, round %llu)", fault, (int)mode, n,
                (unsigned long long)seed);
    }
    const char *fault = check_decode(bytes, n);
    if (fault)
        fail_msg("%s (%zu bytes, round %llu)", fault, n, (unsigned long long)seed);
}

static size_t encode(char *out, int32_t code)
{
    return (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)out);
}

/* Between a base and a mark, which is where each kind of code point shows; planes 4 to 13 hold nothing
 * assigned and are left out. Surrogates are encoded too: as invalid bytes. */
static void test_every_code_point(void **state)
{
    (void)state;
    for (int32_t code = 0; code <= 0x10FFFF; code++) {
        if (code == 0x40000)
            code = 0xE0000;
        char s[16] = "a";
        size_t n = 1 + encode(s + 1, code);
        n += encode(s + n, 0x0301);
        struct buf clean;
        buf_init(&clean, sizeof s);
        assert_int_equal(text_clean(&clean, s, n, TEXT_LINE), 0);
        const char *fault = check_is_clean(buf_str(&clean), clean.len, TEXT_LINE);
        if (!fault)
            fault = check_cells((struct text){buf_str(&clean), clean.len});
        if (fault)
            fail_msg("%s (U+%04X)", fault, (unsigned)code);
        buf_release(&clean);
        if (code == 0xEFFFF)
            code = 0x10FFEF; /* private use is all the same */
    }
}

/* Every string of up to four of the bytes that steer the machine. */
static void test_every_short_string(void **state)
{
    (void)state;
    static const unsigned char alphabet[] = {
        'a', '[', ']', '\\', 0x1B, 0x07, '\r', '\n', 0xC2, 0x9C, 0xCC, 0x81};
    enum { LETTERS = sizeof alphabet, LONGEST = 4 };
    size_t strings = 1;
    for (size_t n = 1; n <= LONGEST; n++) {
        strings *= LETTERS;
        for (size_t i = 0; i < strings; i++) {
            unsigned char s[LONGEST];
            for (size_t k = 0, rest = i; k < n; k++, rest /= LETTERS)
                s[k] = alphabet[rest % LETTERS];
            check(s, n, i);
        }
    }
}

static void test_random_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct dice d = dice_new(seed);
        unsigned char s[200];
        size_t n = dice_below(&d, sizeof s + 1);
        for (size_t i = 0; i < n; i++)
            s[i] = dice_byte(&d);
        check(s, n, seed);
    }
}

struct piece {
    const char *s;
    size_t n;
};
#define PIECE(s)                                                                                   \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }

/* clang-format off */
static const struct piece pieces[] = {
    PIECE("a"), PIECE("word "), PIECE("\u4F60"), PIECE("\U0001F600"), PIECE("\u00E9"), PIECE(" "),
    PIECE("\033"), PIECE("\033["), PIECE("\033]"), PIECE("\033P"), PIECE("\033_"), PIECE("\033^"),
    PIECE("\033X"), PIECE("\033\\"), PIECE("\033(B"), PIECE("\033[31m"), PIECE("\033]0;x\007"),
    PIECE("\302\233"), PIECE("\302\235"), PIECE("\302\220"), PIECE("\302\234"), PIECE("\302\205"),
    PIECE("\302\237"), PIECE("\x9B"), PIECE("\x9C"), PIECE("1;2"), PIECE("m"), PIECE("\\"),
    PIECE("["), PIECE("\007"), PIECE("\030"), PIECE("\032"), PIECE("\0"), PIECE("\r"),
    PIECE("\n"), PIECE("\r\n"), PIECE("\t"), PIECE("\177"), PIECE("\b"), PIECE("\u202E"),
    PIECE("\u2066"), PIECE("\u200D"), PIECE("\uFE0F"), PIECE("\uFEFF"), PIECE("\u0301"),
    PIECE("\u0323"), PIECE("\u20DD"), PIECE("\u0903"), PIECE("\u1112"), PIECE("\u1161"),
    PIECE("\u11AB"), PIECE("\u3164"), PIECE("\uE000"), PIECE("\U0010FFFF"), PIECE("\u2028"),
    PIECE("\u25CC"), PIECE("\uFFFD"), PIECE("\xC2"), PIECE("\xE2\x82"), PIECE("\xF0\x9F"),
    PIECE("\xED\xA0\x80"), PIECE("\xE0\x80\x80"),
    PIECE("\xF4\x90\x80\x80"), PIECE("\xF0\x80\x80\x80"), PIECE("\xC1\xBF"), PIECE("\xFF"), PIECE("\x80"), PIECE("\U000E0041"), PIECE("\u00AD"),
};
/* clang-format on */
enum { PIECES = sizeof pieces / sizeof *pieces };

static size_t compose(struct dice *d, unsigned char *out, size_t size)
{
    size_t n = 0;
    for (size_t left = dice_below(d, 60); left > 0; left--) {
        const struct piece *p = &pieces[dice_below(d, PIECES)];
        if (p->n > size - n)
            break;
        memcpy(out + n, p->s, p->n);
        n += p->n;
    }
    return n;
}

static void test_adversarial_compositions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        struct dice d = dice_new(seed);
        unsigned char s[600];
        check(s, compose(&d, s, sizeof s), seed);
    }
}

/* Cleaning is local to a line: a block is cleaned as its lines are, each for itself. */
static void test_a_block_is_its_lines(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct dice d = dice_new(seed);
        unsigned char s[1210];
        size_t first = compose(&d, s, 600);
        s[first] = '\n';
        size_t n = first + 1 + compose(&d, s + first + 1, 600);
        struct buf whole, parts;
        buf_init(&whole, 1 << 16);
        buf_init(&parts, 1 << 16);
        text_clean(&whole, s, n, TEXT_BLOCK);
        text_clean(&parts, s, first + 1, TEXT_BLOCK);
        text_clean(&parts, s + first + 1, n - first - 1, TEXT_BLOCK);
        if (strcmp(buf_str(&whole), buf_str(&parts)) != 0)
            fail_msg(
                "a line is cleaned differently in a block (round %llu)", (unsigned long long)seed);
        buf_release(&whole);
        buf_release(&parts);
    }
}

/* A long hostile line is done in one pass: a quadratic one would not come back from this. */
static void test_one_very_long_line(void **state)
{
    (void)state;
    enum { LONG = 1024 * 1024 };
    static const struct piece fills[] = {PIECE("\033]"), PIECE("\u0301"), PIECE("\t"),
        PIECE("\xE2"), PIECE("\033[;"), PIECE("\302\233")};
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        char *s = malloc(LONG);
        assert_non_null(s);
        for (size_t i = 0; i < LONG; i++)
            s[i] = fills[f].s[i % fills[f].n];
        struct buf b;
        buf_init(&b, (size_t)LONG * CLEAN_GROWTH);
        assert_int_equal(text_clean(&b, s, LONG, TEXT_LINE), 0);
        assert_null(check_is_clean(buf_str(&b), b.len, TEXT_LINE));
        buf_release(&b);
        free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_short_string),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_adversarial_compositions),
        cmocka_unit_test(test_a_block_is_its_lines),
        cmocka_unit_test(test_one_very_long_line),
    };
    return cmocka_run_group_tests_name("text for any input", tests, NULL, NULL);
}
