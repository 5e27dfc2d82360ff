/* Frames on a real terminal: only what differs, at its own place, in the colours there are, and never
 * waiting for who reads. libvterm looks at what an operator would see. */
#include "terminal_program.h"

/* ---- frames ------------------------------------------------------------------------------------------------- */

static void an_unchanged_frame_writes_nothing(void **state)
{
    (void)state;
    open_as("xterm-256color");
    draw(1);
    pty_ask(&pty, "blit", "shown, nothing written");
    pty_ask(&pty, "frame 1", "shown, nothing written");
    size_t before = pty.seen.len;
    pty_ask(&pty, "frame 27", "shown"); /* the same letters but for the number */
    pty_ask(&pty, "blit", "shown, nothing written");
    assert_true(pty.seen.len - before < 100);
    before = pty.seen.len;
    pty_command(&pty, "repaint");
    char line[LINE_BYTES];
    pty_answer(&pty, line);
    pty_ask(&pty, "settle", "settled");
    assert_true(pty.seen.len - before > 80 * 24);
    pty_ask(&pty, "blit", "shown, nothing written");
}

static void the_cursor_goes_where_it_shall(void **state)
{
    (void)state;
    VTermPos at;
    open_as("xterm-256color");
    pty_ask(&pty, "show hello", "shown");
    assert_false(pty.cursor);
    pty_ask(&pty, "cursor 7", "shown");
    assert_true(pty.cursor);
    vterm_state_get_cursorpos(vterm_obtain_state(pty.vt), &at);
    assert_int_equal(at.col, 7);
    assert_int_equal(at.row, 2);
    pty_ask(&pty, "cursor 7", "shown, nothing written");
    pty_ask(&pty, "cursor -1", "shown");
    assert_false(pty.cursor);
}

/* Column by column, what libvterm shows where. */
static void assert_at(int column, uint32_t code)
{
    VTermScreenCell cell;
    vterm_screen_get_cell(pty.screen, (VTermPos){.row = 0, .col = column}, &cell);
    assert_int_equal(cell.chars[0], code);
}

static void a_width_that_is_disputed_spoils_one_cell(void **state)
{
    (void)state;
    open_as("xterm-256color");
    /* libvterm's tables are older than these two: it gives them one column. */
    pty_ask(&pty, "show ab\U0001FAE0cd\U0001F9CBef漢gh", "shown");
    assert_at(1, 'b');
    assert_at(4, 'c');
    assert_at(5, 'd');
    assert_at(8, 'e');
    assert_at(9, 'f');
    assert_at(10, 0x6F22);
    assert_at(12, 'g');
    assert_at(13, 'h');
    /* an odd cell that stays, with changes on both of its sides */
    pty_ask(&pty, "show aB\U0001FAE0Cd\U0001F9CBEf漢Gh", "shown");
    assert_at(1, 'B');
    assert_at(4, 'C');
    assert_at(5, 'd');
    assert_at(8, 'E');
    assert_at(12, 'G');
    assert_at(13, 'h');
    pty_ask(&pty, "show plain again, nothing is left", "shown");
    assert_string_equal(pty_row(&pty, 0), "plain again, nothing is left");
}

static void wide_characters_come_and_go(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_ask(&pty, "show 漢字 ok", "shown");
    assert_string_equal(pty_row(&pty, 0), "漢字 ok");
    buf_clear(&pty.seen);
    pty_ask(&pty, "show x漢字ok", "shown");
    if (getenv("DBG"))
        fprintf(stderr, "%s\n", buf_str(&pty.seen));
    assert_string_equal(pty_row(&pty, 0), "x漢字ok");
    pty_ask(&pty, "show xyz漢 e\xcc\x81", "shown");
    assert_string_equal(
        pty_row(&pty, 0), "xyz漢 e"); /* and its mark, which is another of the cell */
}

static uint32_t first_code(const struct cell *cell)
{
    int32_t code = -1; /* as libvterm marks the second half of a wide character */
    if (cell->columns > 0)
        text_decode(cell->bytes, strlen(cell->bytes), &code);
    return (uint32_t)code;
}

static void assert_shows(const struct canvas *c, uint64_t seed)
{
    for (int y = 0; y < c->rows; y++)
        for (int x = 0; x < c->columns; x++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(pty.screen, (VTermPos){.row = y, .col = x}, &cell);
            uint32_t is = cell.chars[0] ? cell.chars[0] : ' ';
            uint32_t shall = first_code(canvas_at(c, x, y));
            if (is != shall)
                fail_msg("seed %llu: at %d,%d is U+%04X, not U+%04X", (unsigned long long)seed, x,
                    y, is, shall);
        }
}

static void whatever_is_drawn_is_what_is_seen(void **state)
{
    (void)state;
    struct canvas c;
    struct arena *a = arena_new(16 << 20);
    assert_true(a && canvas_init(&c, 60, 8) == 0);
    pty_set_size(&pty, 60, 8);
    open_as("xterm-256color");
    for (uint64_t seed = 1; seed <= 300; seed++) {
        char command[32], line[LINE_BYTES];
        snprintf(command, sizeof command, "scribble %llu", (unsigned long long)seed);
        pty_command(&pty, command);
        pty_answer(&pty, line);
        pty_ask(&pty, "settle", "settled");
        scribble(&c, a, seed);
        assert_shows(&c, seed);
    }
    canvas_release(&c);
    arena_free(a);
}

static void where_there_is_only_ascii_it_stays_ascii(void **state)
{
    (void)state;
    pty_ask(&pty, "plain ascii", "plain");
    open_as("vt100");
    pty_ask(&pty, "show a─é漢→z", "shown");
    assert_string_equal(pty_row(&pty, 0), "a-?"
                                          "?"
                                          "?>z");
    for (size_t i = 0; i < pty.seen.len; i++)
        assert_true((unsigned char)buf_str(&pty.seen)[i] < 0x80);
}

static void another_size_is_filled(void **state)
{
    (void)state;
    open_as("xterm-256color");
    pty_ask(&pty, "size", "80x24");
    draw(1);
    static const int sizes[][2] = {{120, 34}, {80, 24}, {5, 3}, {1, 1}, {300, 90}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char size[32];
        pty_set_size(&pty, sizes[i][0], sizes[i][1]);
        snprintf(size, sizeof size, "%dx%d", sizes[i][0], sizes[i][1]);
        pty_ask(&pty, "size", size);
        draw(7);
        assert_int_equal(strlen(pty_row(&pty, sizes[i][1] - 1)), sizes[i][0]);
        assert_int_equal(pty_row(&pty, 0)[0], '7');
    }
}

/* ---- colours ---------------------------------------------------------------------------------------------------- */

static void ask_colours(const char *term, const char *says, const char *expected)
{
    char command[64];
    snprintf(command, sizeof command, "set COLORTERM=%s", says);
    pty_ask(&pty, command, "set");
    snprintf(command, sizeof command, "set TERM=%s", term);
    pty_ask(&pty, command, "set");
    buf_clear(&pty.seen);
    pty_ask(&pty, "open", expected);
    draw(1);
    pty_ask(&pty, "close", "closed");
}

/* Whether a colour was set: ESC [ … 3x or 4x … m */
static bool has_seen_colour(void)
{
    const char *p = buf_str(&pty.seen);
    while ((p = strstr(p, "\033["))) {
        p += 2;
        size_t n = strspn(p, "0123456789;");
        for (size_t i = 0; p[n] == 'm' && i + 1 < n; i++)
            if ((i == 0 || p[i - 1] == ';') && (p[i] == '3' || p[i] == '4') && p[i + 1] != ';')
                return true;
    }
    return false;
}

static void there_are_as_many_colours_as_there_are(void **state)
{
    (void)state;
    ask_colours("xterm-256color", "", "open 256");
    assert_true(has_seen_colour() && !pty_has_seen(&pty, "\033]4;"));
    ask_colours("xterm", "truecolor", "open 8");
    assert_true(has_seen_colour() && !pty_has_seen(&pty, "38;"));
    ask_colours("vt100", "", "open 0");
    assert_false(has_seen_colour());
    ask_colours("tmux-256color", "truecolor", "open 256"); /* its palette is not ours to change */
    ask_colours("xterm-256color", "truecolor", "open 16777216");
    assert_true(has_seen_colour() && pty_has_seen(&pty, "\033]4;"));
    const char *undone = memrchr(buf_str(&pty.seen), '\007', pty.seen.len);
    assert_true(undone && strncmp(undone - 5, "\033]104", 5) == 0); /* the palette is given back */
    assert_given_back();
    pty_ask(&pty, "plain colour", "plain");
    ask_colours("xterm-256color", "truecolor", "open 0");
    assert_false(has_seen_colour());
}

static void another_theme_is_painted_anew(void **state)
{
    (void)state;
    open_as("xterm-256color");
    draw(1);
    size_t before = pty.seen.len;
    pty_ask(&pty, "theme light", "loaded");
    pty_ask(&pty, "settle", "settled");
    assert_true(pty.seen.len - before > 80 * 24);
    pty_ask(&pty, "blit", "shown, nothing written");
}

/* ---- a reader who does not read ------------------------------------------------------------------------------ */

static void a_stalled_reader_stops_nobody_and_sees_the_newest(void **state)
{
    (void)state;
    char command[32];
    open_as("xterm-256color");
    pty_ask(&pty, "show begin", "shown");
    for (int round = 0; round < 3; round++) {
        stall();
        for (int i = 100; i < 150; i++) { /* all of them come back though nobody reads */
            snprintf(command, sizeof command, "frame %d", i * 10 + round);
            pty_ask(&pty, command, "waits");
        }
        size_t before = pty.seen.len;
        pty.stalled = false;
        pty_ask(&pty, "settle", "settled");
        snprintf(command, sizeof command, "%d", 1490 + round);
        assert_memory_equal(pty_row(&pty, 0), command, 4);
        assert_true(pty.seen.len - before < 2000000); /* not all 50 */
        pty_ask(&pty, "blit", "shown, nothing written");
    }
}

int main(void)
{
#define SMALL(name) cmocka_unit_test_setup_teardown(name, start_small, end)
#define LARGE(name) cmocka_unit_test_setup_teardown(name, start_large, end)
    const struct CMUnitTest tests[] = {
        SMALL(an_unchanged_frame_writes_nothing),
        SMALL(the_cursor_goes_where_it_shall),
        SMALL(a_width_that_is_disputed_spoils_one_cell),
        SMALL(wide_characters_come_and_go),
        SMALL(whatever_is_drawn_is_what_is_seen),
        SMALL(where_there_is_only_ascii_it_stays_ascii),
        SMALL(another_size_is_filled),
        SMALL(there_are_as_many_colours_as_there_are),
        SMALL(another_theme_is_painted_anew),
        LARGE(a_stalled_reader_stops_nobody_and_sees_the_newest),
    };
    return cmocka_run_group_tests_name("terminal_frames", tests, NULL, NULL);
}
