/* The terminal on a real one: taken and given back on every way out, keys as presses, clipboard. libvterm
 * looks at what an operator would see. */
#include "terminal_program.h"

static bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

/* ---- taking and giving back --------------------------------------------------------------------------------- */

static void the_screen_is_taken_and_given_back(void **state)
{
    (void)state;
    static const char *const terms[] = {
        "xterm-256color", "xterm", "screen-256color", "tmux-256color", "vt100", "linux"};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        bool alternate = i < 4;
        open_as(terms[i]);
        pty_ask(&pty, "show hello", "shown");
        assert_string_equal(pty_row(&pty, 0), "hello");
        assert_int_equal(pty.alternate, alternate);
        struct termios t = pty_modes(&pty);
        assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG), 0);
        pty_ask(&pty, "close", "closed");
        assert_given_back();
        assert_int_equal(pty_has_seen(&pty, "\033[?2004l"), alternate);
        buf_clear(&pty.seen);
        pty_ask(&pty, "set TERM=", "set");
    }
}

static void what_cannot_be_used_is_said(void **state)
{
    (void)state;
    char line[LINE_BYTES];
    pty_ask(&pty, "set TERM=no-such-thing", "set");
    pty_command(&pty, "open");
    pty_answer(&pty, line);
    assert_non_null(strstr(line, "input: TERM is \"no-such-thing\""));
    assert_non_null(strstr(line, "export TERM="));
    pty_ask(&pty, "set TERM=", "set");
    pty_command(&pty, "open");
    pty_answer(&pty, line);
    assert_non_null(strstr(line, "input: TERM is not set"));
    pty_ask(&pty, "set TERM=dumb", "set");
    pty_command(&pty, "open");
    pty_answer(&pty, line);
    assert_non_null(strstr(line, "input: TERM is \"dumb\""));
    assert_given_back();
    assert_int_equal(pty.seen.len, 0);
    open_as("xterm-256color");
    pty_ask(&pty, "show still fine", "shown");
}

static void without_a_terminal_nothing_is_taken(void **state)
{
    (void)state;
    struct err e;
    const struct terminal_options options = {0};
    int saved = dup(STDIN_FILENO), nothing = open("/dev/null", O_RDWR);
    assert_true(saved >= 0 && nothing >= 0);
    dup2(nothing, STDIN_FILENO);
    assert_int_equal(terminal_open(&options, &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(nothing);
    assert_int_equal(terminal_fd(), -1);
}

static void a_crash_gives_it_back(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_ask(&pty, "show hello", "shown");
    assert_crash_gives_back();
    assert_true(pty_has_seen(&pty, "crashed: signal 11"));
}

static void stopping_gives_it_back_and_takes_it_again(void **state)
{
    (void)state;
    if (under_valgrind()) {
        print_message("# not tried: valgrind does not stop for SIGTSTP\n");
        return;
    }
    open_as("xterm-256color");
    for (int i = 0; i < 2; i++) {
        pty_ask(&pty, "show hello", i == 0 ? "shown" : "shown, nothing written");
        pty_command(&pty, "suspend");
        pty_expect(&pty, "stopped");
        assert_given_back();
        assert_int_equal(write(pty.go, "g", 1), 1);
        pty_expect(&pty, "resumed");
        pty_ask(&pty, "blit", "shown");
        assert_true(pty.alternate);
        assert_string_equal(pty_row(&pty, 0), "hello");
        pty_type(&pty, "\003", 1); /* a press, as before */
        pty_ask(&pty, "read 1", "Ctrl-C");
    }
    pty_ask(&pty, "close", "closed");
    assert_given_back();
}

static void colours_come_back_after_stopping(void **state)
{
    (void)state;
    if (under_valgrind()) {
        print_message("# not tried: valgrind does not stop for SIGTSTP\n");
        return;
    }
    pty_ask(&pty, "set COLORTERM=truecolor", "set");
    open_as("xterm-256color");
    draw(1);
    pty_command(&pty, "suspend");
    pty_expect(&pty, "stopped");
    assert_true(pty_has_seen(&pty, "\033]104")); /* the palette is the person's */
    buf_clear(&pty.seen);
    assert_int_equal(write(pty.go, "g", 1), 1);
    pty_expect(&pty, "resumed");
    draw(1);
    assert_true(pty_has_seen(&pty, "\033]4;"));
}

static void a_hang_up_is_told(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_ask(&pty, "show hello", "shown");
    pty_hang_up(&pty);
    pty_ask(&pty, "read 1", "gone");
    pty_ask(&pty, "show more",
        "shown, nothing written"); /* nobody sees it; nothing waits for anybody */
    pty_ask(&pty, "close", "closed");
}

/* ---- where nobody reads ---------------------------------------------------------------------------- */

static void a_stalled_terminal_is_given_back(void **state)
{
    (void)state;
    open_as("xterm-256color");
    stall();
    pty_ask(&pty, "close", "closed"); /* returns */
    pty.stalled = false;
    pty_read(&pty);
    assert_given_back();
}

static void a_crash_gives_a_stalled_terminal_back(void **state)
{
    (void)state;
    open_as("xterm-256color");
    stall();
    assert_crash_gives_back();
}

/* ---- input -------------------------------------------------------------------------------------------------------- */

static void type_and_expect(const char *bytes, const char *const *expected, int count)
{
    char command[32];
    pty_type(&pty, bytes, strlen(bytes));
    snprintf(command, sizeof command, "read %d", count);
    pty_command(&pty, command);
    for (int i = 0; i < count; i++)
        pty_expect(&pty, expected[i]);
}

static void what_is_typed_arrives(void **state)
{
    (void)state;
    open_as("xterm-256color");
    static const char *const expected[] = {"j", "Up", "Ctrl-Left", "Ctrl-Right", "Ctrl-C", "Ctrl-Z",
        "Ctrl-\\", "Enter", "Tab", "é", "pasted a b\r", "q"};
    type_and_expect("j\033OA\033[1;5D\033f\003\032\034\r\té\033[200~a b\r\033[201~q", expected,
        sizeof expected / sizeof *expected);
}

static void what_is_cut_is_waited_for(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_type(&pty, "\033", 1);
    pty_ask(&pty, "read 1", "Esc");
    pty_type(&pty, "x\xe2\x86", 3);
    pty_ask(&pty, "read 1", "x"); /* the beginning was read along */
    pty_type(&pty, "\x92", 1);
    pty_ask(&pty, "read 1", "→");
}

static void own_keys_of_other_terminals_are_known(void **state)
{
    (void)state;
    static const char *const expected[] = {"Up", "Down", "F1"};
    open_as("vt100");
    type_and_expect("\033OA\033[B\033OP", expected, 3);
    pty_ask(&pty, "close", "closed");
    open_as("linux");
    type_and_expect("\033[A\033[B\033[[A", expected, 3);
}

/* ---- clipboard and bell -------------------------------------------------------------------------------------------- */

static void a_copy_goes_out_masked(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_ask(&pty, "show x", "shown");
    pty_ask(&pty, "copy hello", "copied");
    assert_true(pty_has_seen(&pty, "\033]52;c;aGVsbG8=\a"));
    pty_ask(&pty, "copy hf_abcdefghijklmnopqrstuvwxyz012345", "copied");
    assert_true(pty_has_seen(&pty, "\033]52;c;aGZfKioq\a")); /* hf_*** */
    pty_ask(&pty, "copy ", "copied");
    assert_true(pty_has_seen(&pty, "\033]52;c;\a"));
    pty_ask(&pty, "bell", "rung");
    assert_true(pty_has_seen(&pty, "\a"));
    pty_ask(&pty, "blit", "shown, nothing written");
    pty_ask(&pty, "close", "closed");
    buf_clear(&pty.seen);
    open_as("vt100");
    pty_ask(&pty, "copy hello", "copied");
    assert_false(pty_has_seen(&pty, "aGVsbG8")); /* it would be shown */
}

int main(void)
{
#define SMALL(name) cmocka_unit_test_setup_teardown(name, start_small, end)
#define LARGE(name) cmocka_unit_test_setup_teardown(name, start_large, end)
    const struct CMUnitTest tests[] = {
        SMALL(the_screen_is_taken_and_given_back),
        SMALL(what_cannot_be_used_is_said),
        cmocka_unit_test(without_a_terminal_nothing_is_taken),
        SMALL(a_crash_gives_it_back),
        SMALL(stopping_gives_it_back_and_takes_it_again),
        SMALL(colours_come_back_after_stopping),
        SMALL(a_hang_up_is_told),
        LARGE(a_stalled_terminal_is_given_back),
        LARGE(a_crash_gives_a_stalled_terminal_back),
        SMALL(what_is_typed_arrives),
        SMALL(what_is_cut_is_waited_for),
        SMALL(own_keys_of_other_terminals_are_known),
        SMALL(a_copy_goes_out_masked),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
