/* The line editor: characters are never split, what is in it is always clean, the cursor is
 * always seen, and a secret leaves nothing behind. */
#include "ui/edit.h"

#include "dice.h"
#include "screen.h"

#include <stdlib.h>

static struct edit edit_of(const char *s, bool secret)
{
    struct edit e;
    assert_int_equal(edit_init(&e, 200, secret), 0);
    assert_int_equal(edit_insert(&e, s, strlen(s)), 0);
    return e;
}

static void insert(struct edit *e, const char *s)
{
    assert_int_equal(edit_insert(e, s, strlen(s)), 0);
}

/* The line with | where the cursor stands. */
static void check_line(const struct edit *e, const char *expected)
{
    char line[512];
    struct text t = edit_text(e);
    snprintf(line, sizeof line, "%.*s|%s", (int)e->cursor, t.s, t.s + e->cursor);
    assert_string_equal(line, expected);
}

/* ---- editing --------------------------------------------------------------------------------------- */

static void test_typing_and_moving(void **state)
{
    (void)state;
    struct edit e = edit_of("acme", false);
    check_line(&e, "acme|");
    assert_true(edit_left(&e) && edit_left(&e));
    insert(&e, "ü");
    check_line(&e, "acü|me");
    assert_true(edit_home(&e));
    assert_false(edit_home(&e) || edit_left(&e) || edit_backspace(&e));
    assert_true(edit_right(&e) && edit_delete(&e));
    check_line(&e, "a|üme");
    assert_true(edit_end(&e));
    assert_false(edit_end(&e) || edit_right(&e) || edit_delete(&e));
    assert_true(edit_backspace(&e) && edit_left(&e) && edit_backspace(&e));
    check_line(&e, "a|m");
    assert_true(edit_delete_to_end(&e));
    assert_false(edit_delete_to_end(&e));
    check_line(&e, "a|");
    assert_true(edit_delete_to_home(&e));
    assert_false(edit_delete_to_home(&e));
    check_line(&e, "|");
    edit_release(&e);
}

static void test_characters_with_their_marks(void **state)
{
    (void)state;
    struct edit e = edit_of("xe\u0301\u0302你", false);
    assert_true(edit_left(&e) && edit_left(&e));
    check_line(&e, "x|e\u0301\u0302你");
    assert_true(edit_delete(&e));
    check_line(&e, "x|你");
    /* a mark typed on its own joins the character before the cursor, up to the three that it may
     * have */
    for (int i = 0; i < 5; i++)
        insert(&e, "\u0301");
    check_line(&e, "x\u0301\u0301\u0301|你");
    assert_true(edit_backspace(&e));
    check_line(&e, "|你");
    insert(&e, "\u0301");
    check_line(&e, "\u25CC\u0301|你");
    edit_release(&e);
}

static void test_words(void **state)
{
    (void)state;
    struct edit e = edit_of("acme/support-v7  größe 好", false);
    assert_true(edit_word_left(&e) && edit_word_left(&e));
    check_line(&e, "acme/support-v7  |größe 好");
    assert_true(edit_word_left(&e));
    check_line(&e, "acme/support-|v7  größe 好");
    assert_true(edit_word_left(&e) && edit_left(&e) && edit_delete_word(&e));
    check_line(&e, "|/support-v7  größe 好");
    assert_false(edit_word_left(&e) || edit_delete_word(&e));
    assert_true(edit_word_right(&e));
    check_line(&e, "/support|-v7  größe 好");
    assert_true(edit_word_right(&e) && edit_word_right(&e));
    check_line(&e, "/support-v7  größe| 好");
    assert_true(edit_delete_word(&e) && edit_word_right(&e));
    assert_false(edit_word_right(&e));
    check_line(&e, "/support-v7   好|");
    edit_release(&e);
}

static void test_what_comes_in_is_cleaned(void **state)
{
    (void)state;
    struct edit e = edit_of("hf_abc\r\n", false);
    check_line(&e, "hf_abc|");
    insert(&e, "\033[31mx\x07\nY\xFF\n");
    check_line(&e, "hf_abcx\u2407\u240AY\uFFFD|");
    insert(&e, "\n");
    insert(&e, "");
    check_line(&e, "hf_abcx\u2407\u240AY\uFFFD|");
    edit_release(&e);
}

static void test_maximum(void **state)
{
    (void)state;
    struct edit e;
    assert_int_equal(edit_init(&e, 5, false), 0);
    insert(&e, "abc");
    assert_int_equal(edit_insert(&e, "def", 3), -1);
    assert_int_equal(edit_insert(&e, "üü", 4), -1);
    check_line(&e, "abc|");
    insert(&e, "ü");
    assert_int_equal(edit_insert(&e, "\u0301", 2), -1);
    check_line(&e, "abcü|");
    assert_int_equal(edit_set(&e, TEXT("sixsix")), -1);
    check_line(&e, "abcü|");
    assert_int_equal(edit_set(&e, TEXT("five5")), 0);
    check_line(&e, "five5|");
    assert_int_equal(edit_set(&e, edit_text(&e)), 0);
    check_line(&e, "five5|");
    edit_clear(&e);
    edit_clear(&e);
    check_line(&e, "|");
    edit_release(&e);
    assert_int_equal(edit_init(&e, (size_t)-1, false), 0);
    assert_int_equal(e.max, EDIT_BYTES_MAX);
    edit_release(&e);
    edit_release(&e);
    assert_int_equal(edit_text(&e).len, 0);
    assert_int_equal(edit_insert(&e, "x", 1), -1);
    assert_false(edit_backspace(&e) || edit_delete(&e) || edit_word_right(&e));
}

/* ---- secrets ----------------------------------------------------------------------------------------- */

static void test_a_secret_leaves_nothing(void **state)
{
    (void)state;
    struct edit e = edit_of("hf_secret-one", true);
    const char *memory = e.bytes;
    assert_true(edit_word_left(&e));
    assert_int_equal(e.cursor, 0);
    assert_true(edit_word_right(&e));
    assert_int_equal(e.cursor, e.len);
    edit_backspace(&e);
    edit_set(&e, TEXT("ab"));
    for (size_t i = 2; i <= e.max; i++)
        assert_int_equal(memory[i], 0);
    insert(&e, "cd");
    assert_true(edit_delete_word(&e));
    for (size_t i = 0; i <= e.max; i++)
        assert_int_equal(memory[i], 0);
    assert_ptr_equal(memory, e.bytes);
    edit_release(&e);
}

static struct canvas canvas_of(int width)
{
    struct canvas c;
    assert_int_equal(canvas_init(&c, width, 1), 0);
    return c;
}

static void check_drawn(struct edit *e, struct canvas *c, const char *expected, int cursor)
{
    canvas_clear(c);
    edit_draw(e, c, (struct rect){1, 0, c->columns - 2, 1}, true);
    check_screen(c, false, expected);
    assert_int_equal(c->cursor_column, cursor);
    assert_int_equal(c->cursor_row, 0);
}

static void test_a_secret_is_masked(void **state)
{
    (void)state;
    struct edit e = edit_of("hf_你e\u0301x", true);
    struct canvas c = canvas_of(12);
    check_drawn(&e, &c, " ••••••\n", 7);
    c.ascii = true;
    check_drawn(&e, &c, " ******\n", 7);
    insert(&e, "0123456789");
    check_drawn(&e, &c, " ~********\n", 10);
    canvas_release(&c);
    edit_release(&e);
}

/* ---- drawing ----------------------------------------------------------------------------------------- */

static void test_scrolling(void **state)
{
    (void)state;
    struct canvas c = canvas_of(12);
    struct edit e = edit_of("0123456789abcdef", false);
    check_drawn(&e, &c, " …89abcdef\n", 10);
    for (int i = 0; i < 8; i++)
        edit_left(&e);
    check_drawn(&e, &c, " …89abcdef\n", 2);
    edit_left(&e);
    check_drawn(&e, &c, " …789abcdef\n", 2);
    edit_left(&e);
    check_drawn(&e, &c, " …6789abcd…\n", 2);
    edit_home(&e);
    check_drawn(&e, &c, " 012345678…\n", 1);
    edit_right(&e);
    check_drawn(&e, &c, " 012345678…\n", 2);
    edit_delete_to_end(&e);
    check_drawn(&e, &c, " 0\n", 2);
    edit_set(&e, TEXT("你好你好你好你"));
    check_drawn(&e, &c, " …好你好你\n", 10);
    insert(&e, "x"); /* the ellipsis stands on half of a wide one */
    check_drawn(&e, &c, " … 你好你x\n", 10);
    edit_draw(&e, &c, (struct rect){1, 0, 5, 1}, false);
    canvas_release(&c);
    edit_release(&e);
}

/* ---- anything ---------------------------------------------------------------------------------------- */

static const char *check_edit(const struct edit *e)
{
    struct text t = edit_text(e);
    struct buf again;
    buf_init(&again, 4096);
    text_clean(&again, t.s, t.len, TEXT_LINE);
    bool clean = again.len == t.len && memcmp(buf_str(&again), t.s, t.len) == 0;
    buf_release(&again);
    if (!clean)
        return "not clean";
    size_t offset = 0;
    bool at_character = e->cursor == 0;
    struct text_cell cell;
    while (text_next(t, &offset, &cell))
        at_character = at_character || offset == e->cursor;
    if (!at_character)
        return "the cursor splits a character";
    for (size_t i = e->len; i <= e->max; i++)
        if (e->bytes[i] != 0)
            return "something is left behind the end";
    return NULL;
}

static const char *check_picture(struct edit *e, struct dice *d)
{
    int width = 1 + (int)dice_below(d, 30);
    struct canvas c = canvas_of(width + 2);
    const char *fault = NULL;
    edit_draw(e, &c, (struct rect){1, 0, width, 1}, true);
    size_t next = e->cursor;
    struct text_cell cell = {" ", 1, 1};
    text_next(edit_text(e), &next, &cell);
    if (c.cursor_column < 1 || c.cursor_column > width)
        fault = "the cursor is out of sight";
    else if (width >= 4 && !e->secret &&
             (strncmp(canvas_at(&c, c.cursor_column, 0)->bytes, cell.s, cell.len) != 0 ||
                 strlen(canvas_at(&c, c.cursor_column, 0)->bytes) != cell.len))
        fault = "the character at the cursor is not under it";
    else if (canvas_at(&c, 0, 0)->role != ROLE_NORMAL ||
             canvas_at(&c, width + 1, 0)->role != ROLE_NORMAL)
        fault = "drawn outside";
    fault = fault ? fault : check_canvas(&c);
    canvas_release(&c);
    return fault;
}

static void any_edit(struct edit *e, struct dice *d)
{
    static const char *const pieces[] = {"a", "word ", "你好", "\u0301", "e\u0301\u0302", "\t",
        "\xFF", "\033[1m", "/", "-", "\u200B", "😀", "\u1100\u1161", "paste\n"};
    static bool (*const acts[])(struct edit *) = {edit_backspace, edit_delete, edit_delete_word,
        edit_left, edit_right, edit_left, edit_right, edit_word_left, edit_word_right, edit_home,
        edit_end, edit_delete_to_end, edit_delete_to_home};
    if (dice_below(d, 5) < 3) {
        const char *piece = pieces[dice_below(d, sizeof pieces / sizeof *pieces)];
        edit_insert(e, piece, strlen(piece));
    } else {
        acts[dice_below(d, sizeof acts / sizeof *acts)](e);
    }
}

static void test_any_edits(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct dice d = dice_new(seed);
        struct edit e;
        assert_int_equal(edit_init(&e, dice_below(&d, 80), seed % 3 == 0), 0);
        const char *fault = NULL;
        for (int i = 0; i < 100 && !fault; i++) {
            any_edit(&e, &d);
            fault = check_edit(&e);
            fault = fault ? fault : check_picture(&e, &d);
        }
        edit_release(&e);
        if (fault)
            fail_msg("seed %llu: %s", (unsigned long long)seed, fault);
    }
}

/* What was typed anywhere is taken back by as many backspaces as there are characters in it. */
static void test_backspace_undoes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct dice d = dice_new(seed);
        struct edit e = edit_of("ab/你e\u0301 c", false);
        char before[256];
        size_t length = dice_below(&d, 12);
        for (size_t i = dice_below(&d, 9); i > 0; i--)
            edit_left(&e);
        size_t cursor = e.cursor;
        snprintf(before, sizeof before, "%s", e.bytes);
        for (size_t i = 0; i < length; i++)
            insert(&e, dice_below(&d, 2) ? "好\u0301" : "x");
        for (size_t i = 0; i < length; i++)
            assert_true(edit_backspace(&e));
        if (strcmp(before, e.bytes) != 0 || e.cursor != cursor)
            fail_msg("seed %llu: “%s” became “%s”", (unsigned long long)seed, before, e.bytes);
        edit_release(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing_and_moving),
        cmocka_unit_test(test_characters_with_their_marks),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_what_comes_in_is_cleaned),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_a_secret_leaves_nothing),
        cmocka_unit_test(test_a_secret_is_masked),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_any_edits),
        cmocka_unit_test(test_backspace_undoes),
    };
    return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
