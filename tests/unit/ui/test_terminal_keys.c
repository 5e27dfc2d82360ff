/* Typed bytes become presses, wherever a slow line cuts them, and hostile ones harm nobody. */
#include "ui/terminal_internal.h"

#include "dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PRESSES_MAX = 8192 };

struct typed {
    int32_t presses[PRESSES_MAX];
    size_t count;
    char pasted[KEYS_PASTE_MAX + 1];
    size_t pasted_length;
    int pastes;
    int64_t again_ms;
};

static struct keys keys;
static struct typed typed;

static int set_up(void **state)
{
    (void)state;
    keys_init(&keys);
    keys_know(&keys, "\033OA", PRESS_UP);
    keys_know(&keys, "\033[A", PRESS_UP);
    keys_know(&keys, "\177", PRESS_BACKSPACE);
    keys_know(&keys, NULL, PRESS_DOWN);
    keys_know(&keys, "\033\001weird", PRESS_F1 + 4); /* no grammar knows it */
    memset(&typed, 0, sizeof typed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    keys_release(&keys);
    return 0;
}

static void take_all(int64_t now_ms)
{
    for (;;) {
        struct input input = keys_next(&keys, now_ms, &typed.again_ms);
        if (input.kind == INPUT_NONE)
            return;
        if (input.kind == INPUT_PRESS) {
            assert_true(typed.count < PRESSES_MAX);
            typed.presses[typed.count++] = input.press;
        } else {
            assert_int_equal(input.kind, INPUT_PASTE);
            assert_true(typed.pasted_length + input.paste_length <= KEYS_PASTE_MAX);
            memcpy(typed.pasted + typed.pasted_length, input.paste, input.paste_length);
            typed.pasted_length += input.paste_length;
            typed.pastes++;
        }
    }
}

static void type_at(const char *bytes, size_t n, int64_t now_ms)
{
    keys_feed(&keys, bytes, n, now_ms);
    take_all(now_ms);
}

static void assert_presses(const int32_t *expected, size_t count)
{
    assert_int_equal(typed.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(typed.presses[i], expected[i]);
    typed.count = 0;
}
#define ASSERT_PRESSES(...)                                                                        \
    assert_presses(                                                                                \
        (const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

/* ---- keys and what they send -------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    int32_t press; /* PRESS_NONE = it means no key */
} sent[] = {{"a", 'a'}, {"\r", PRESS_ENTER}, {"\n", PRESS_ENTER}, {"\t", PRESS_TAB},
    {"\b", PRESS_BACKSPACE}, {"\177", PRESS_BACKSPACE}, {"\003", PRESS_CTRL('c')},
    {"\032", PRESS_CTRL('z')}, {"\034", PRESS_CTRL('\\')}, {"é", 0xE9}, {"→", 0x2192},
    {"😀", 0x1F600},
    /* xterm, in both modes of its arrows */
    {"\033[A", PRESS_UP}, {"\033OA", PRESS_UP}, {"\033OB", PRESS_DOWN}, {"\033[B", PRESS_DOWN},
    {"\033[C", PRESS_RIGHT}, {"\033OD", PRESS_LEFT}, {"\033[H", PRESS_HOME}, {"\033OF", PRESS_END},
    {"\033[1~", PRESS_HOME}, {"\033[4~", PRESS_END}, {"\033[7~", PRESS_HOME},
    {"\033[5~", PRESS_PAGE_UP}, {"\033[6~", PRESS_PAGE_DOWN}, {"\033[2~", PRESS_INSERT},
    {"\033[3~", PRESS_DELETE}, {"\033[Z", PRESS_BACK_TAB}, {"\033OP", PRESS_F1},
    {"\033[11~", PRESS_F1}, {"\033[15~", PRESS_F1 + 4}, {"\033[24~", PRESS_LAST},
    {"\033[[A", PRESS_F1}, {"\033[[E", PRESS_F1 + 4}, {"\033OM", PRESS_ENTER}, {"\033Oq", '1'},
    /* words: xterm's Ctrl and Alt, rxvt, Alt and a letter */
    {"\033[1;5D", PRESS_WORD_LEFT}, {"\033[1;5C", PRESS_WORD_RIGHT}, {"\033[1;3D", PRESS_WORD_LEFT},
    {"\033O5D", PRESS_WORD_LEFT}, {"\033Od", PRESS_WORD_LEFT}, {"\033Oc", PRESS_WORD_RIGHT},
    {"\033b", PRESS_WORD_LEFT}, {"\033f", PRESS_WORD_RIGHT}, {"\033\177", PRESS_CTRL('w')},
    /* other modifiers change no arrow */
    {"\033[1;2D", PRESS_LEFT}, {"\033[1;5A", PRESS_UP}, {"\033[3;5~", PRESS_DELETE},
    {"\033\001weird", PRESS_F1 + 4},
    /* no keys: replies, reports, modified function keys, nonsense */
    {"\033[1;5P", PRESS_NONE}, {"\033[?1;2c", PRESS_NONE}, {"\033[<0;3;4M", PRESS_NONE},
    {"\033[99~", PRESS_NONE}, {"\033[I", PRESS_NONE}, {"\033[12345678901234567890~", PRESS_NONE},
    {"\033[201~", PRESS_NONE}, {"\033[1;2;3;4;5;6;7;8x", PRESS_NONE}, {"\033O~", PRESS_NONE}};
enum { SENT = sizeof sent / sizeof *sent };

static void check_sent(size_t i, size_t cut)
{
    const char *bytes = sent[i].bytes;
    size_t n = strlen(bytes);
    typed.count = 0;
    type_at(bytes, cut, 1000);
    if (cut < n && cut > 0 && (typed.count > 0 || typed.again_ms <= 0))
        fail_msg("key %zu cut behind byte %zu was not waited for", i, cut);
    type_at(bytes + cut, n - cut, 1001);
    type_at("!", 1, 1002); /* and what follows is what it is */
    size_t expected = sent[i].press != PRESS_NONE;
    if (typed.count != expected + 1 || (expected && typed.presses[0] != sent[i].press) ||
        typed.presses[expected] != '!' || keys_midway(&keys))
        fail_msg("key %zu cut behind byte %zu: %zu presses, first %#x", i, cut, typed.count,
            (unsigned)typed.presses[0]);
}

static void keys_are_known_wherever_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENT; i++)
        for (size_t cut = 0; cut < strlen(sent[i].bytes); cut++)
            check_sent(i, cut);
}

static void many_at_once_come_in_order(void **state)
{
    (void)state;
    type_at("j\033[Bé\033b\r", 8, 0);
    ASSERT_PRESSES('j', PRESS_DOWN, 0xE9, PRESS_WORD_LEFT);
    type_at("\r", 1, 0);
    ASSERT_PRESSES(PRESS_ENTER);
}

/* ---- Esc --------------------------------------------------------------------------------------------- */

static void a_lone_escape_is_a_key_after_a_moment(void **state)
{
    (void)state;
    type_at("\033", 1, 1000);
    assert_int_equal(typed.count, 0);
    assert_true(typed.again_ms > 0 && typed.again_ms <= KEYS_ESCAPE_MS);
    take_all(1000 + typed.again_ms - 1);
    assert_int_equal(typed.count, 0);
    take_all(1000 + KEYS_ESCAPE_MS);
    ASSERT_PRESSES(PRESS_ESCAPE);
    assert_int_equal(typed.again_ms, -1);
}

static void escape_and_a_key_are_both(void **state)
{
    (void)state;
    type_at("\033q", 2, 0);
    ASSERT_PRESSES(PRESS_ESCAPE, 'q');
    type_at("\033\033[A", 4, 0);
    ASSERT_PRESSES(PRESS_ESCAPE, PRESS_UP);
    type_at("\033\033", 2, 0);
    take_all(KEYS_ESCAPE_MS);
    ASSERT_PRESSES(PRESS_ESCAPE, PRESS_ESCAPE);
    type_at("\033é", 3, 0);
    ASSERT_PRESSES(PRESS_ESCAPE, 0xE9);
}

/* Alt-[ and Alt-O begin what other keys send. */
static void what_only_looks_like_a_beginning_is_given_up(void **state)
{
    (void)state;
    type_at("\033[", 2, 0);
    take_all(KEYS_SEQUENCE_MS - 1);
    assert_int_equal(typed.count, 0);
    take_all(KEYS_SEQUENCE_MS);
    ASSERT_PRESSES(PRESS_ESCAPE, '[');
    type_at("\033[1;5", 5, 0);
    take_all(KEYS_SEQUENCE_MS); /* typing 1 would open pane 1 */
    assert_int_equal(typed.count, 0);
    type_at("\xe2\x86", 2, 0);
    take_all(KEYS_SEQUENCE_MS);
    ASSERT_PRESSES(0xFFFD);
    assert_false(keys_midway(&keys));
}

static void a_broken_off_sequence_spoils_nothing(void **state)
{
    (void)state;
    type_at("\033[1\033[B", 6, 0);
    ASSERT_PRESSES(PRESS_DOWN);
    type_at("\033[1\rx", 5, 0);
    ASSERT_PRESSES(PRESS_ENTER, 'x');
    type_at("\xe2\x86q\xff\x80", 5, 0);
    ASSERT_PRESSES(0xFFFD, 'q', 0xFFFD, 0xFFFD);
}

static void an_endless_sequence_is_dropped(void **state)
{
    (void)state;
    char bytes[3 * KEYS_SEQUENCE_MAX];
    memset(bytes, '0', sizeof bytes);
    memcpy(bytes, "\033[", 2);
    type_at(bytes, sizeof bytes, 0);
    take_all(KEYS_SEQUENCE_MS);
    assert_int_equal(typed.count, 0);
    type_at("x", 1, KEYS_SEQUENCE_MS);
    ASSERT_PRESSES('x');
}

/* ---- pasting ------------------------------------------------------------------------------------------ */

static void a_paste_is_one_piece_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char bytes[] = "\033[200~rm -rf /\n\033[A\003\033[201\r\0é\033[201~q";
    static const char inside[] = "rm -rf /\n\033[A\003\033[201\r\0é";
    for (size_t cut = 1; cut < sizeof bytes - 1; cut++) {
        typed.pastes = 0;
        typed.count = typed.pasted_length = 0;
        type_at(bytes, cut, 0);
        type_at(bytes + cut, sizeof bytes - 1 - cut, 1);
        ASSERT_PRESSES('q');
        assert_int_equal(typed.pastes, 1);
        assert_int_equal(typed.pasted_length, sizeof inside - 1);
        assert_memory_equal(typed.pasted, inside, sizeof inside - 1);
    }
}

static void an_empty_paste_is_nothing(void **state)
{
    (void)state;
    type_at("\033[200~\033[201~x", 13, 0);
    ASSERT_PRESSES('x');
    assert_int_equal(typed.pastes, 0);
}

static void a_huge_paste_is_cut_and_its_rest_not_typed(void **state)
{
    (void)state;
    char piece[1000];
    memset(piece, 'q', sizeof piece);
    type_at("\033[200~", 6, 0);
    for (int i = 0; i < 200; i++)
        type_at(piece, sizeof piece, i);
    type_at("\033[201~", 6, 200);
    assert_int_equal(typed.pastes, 1);
    assert_int_equal(typed.pasted_length, KEYS_PASTE_MAX);
    assert_int_equal(typed.count, 0);
    type_at("j", 1, 201);
    ASSERT_PRESSES('j');
}

static void a_paste_without_end_does_not_lock_the_keys(void **state)
{
    (void)state;
    type_at("\033[200~abc\033[20", 13, 1000);
    assert_true(typed.again_ms > 0 && typed.again_ms <= KEYS_PASTE_MS);
    take_all(1000 + KEYS_PASTE_MS);
    assert_int_equal(typed.pastes, 1);
    assert_int_equal(typed.pasted_length, 7);
    type_at("j", 1, 1000 + KEYS_PASTE_MS);
    ASSERT_PRESSES('j');
}

/* ---- anything ------------------------------------------------------------------------------------------- */

static void feed_anything(struct dice *d, int64_t *now_ms)
{
    static const char likely[] = "\033[O;~015ABDb200~201\x7f\xc3\xe2";
    char bytes[40];
    size_t n = dice_below(d, sizeof bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = dice_below(d, 4) ? likely[dice_below(d, sizeof likely)] : (char)dice_byte(d);
    *now_ms += (int64_t)dice_below(d, 100);
    typed.count = typed.pasted_length = 0;
    type_at(bytes, n, *now_ms);
}

static void anything_typed_ends_in_an_empty_queue(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct dice d = dice_new(seed);
        int64_t now_ms = 0;
        for (int i = 0; i < 20; i++) {
            feed_anything(&d, &now_ms);
            for (size_t p = 0; p < typed.count; p++)
                if (typed.presses[p] <= 0 || typed.presses[p] > PRESS_LAST)
                    fail_msg("seed %llu: press %#x", (unsigned long long)seed,
                        (unsigned)typed.presses[p]);
            if (keys_midway(&keys) != (typed.again_ms > 0))
                fail_msg("seed %llu: waits without saying how long", (unsigned long long)seed);
        }
        typed.count = typed.pasted_length = 0;
        take_all(now_ms + KEYS_PASTE_MS);
        if (keys_midway(&keys))
            fail_msg("seed %llu: stuck", (unsigned long long)seed);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keys_are_known_wherever_they_are_cut),
        TEST(many_at_once_come_in_order),
        TEST(a_lone_escape_is_a_key_after_a_moment),
        TEST(escape_and_a_key_are_both),
        TEST(what_only_looks_like_a_beginning_is_given_up),
        TEST(a_broken_off_sequence_spoils_nothing),
        TEST(an_endless_sequence_is_dropped),
        TEST(a_paste_is_one_piece_wherever_it_is_cut),
        TEST(an_empty_paste_is_nothing),
        TEST(a_huge_paste_is_cut_and_its_rest_not_typed),
        TEST(a_paste_without_end_does_not_lock_the_keys),
        TEST(anything_typed_ends_in_an_empty_queue),
    };
    return cmocka_run_group_tests_name("terminal_keys", tests, NULL, NULL);
}
