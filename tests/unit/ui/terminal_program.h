/* The program that the terminal's tests run on a pseudo-terminal: it does with a terminal what it is
 * told, a command a line, and answers each with a line. And what those tests share. */
#ifndef SLIPWAY_TESTS_UI_TERMINAL_PROGRAM_H
#define SLIPWAY_TESTS_UI_TERMINAL_PROGRAM_H

#include "base/secret.h"
#include "core/signals.h"
#include "dice.h"
#include "pty.h"
#include "ui/press.h"
#include "ui/terminal.h"

#include <locale.h>
#include <sys/mman.h>

/* ---- the program ------------------------------------------------------------------------------------------ */

static struct {
    struct arena *arena;
    struct canvas canvas;
    struct theme theme;
    struct terminal_options options;
    int answers;
} me;

static inline void fit_canvas(void)
{
    int columns, rows;
    terminal_size(&columns, &rows);
    if (me.canvas.columns != columns || me.canvas.rows != rows)
        canvas_resize(&me.canvas, columns, rows);
    canvas_clear(&me.canvas);
    me.canvas.ascii = terminal_ascii();
}

static inline void put(int x, int y, enum role role, const char *s)
{
    struct rect all = {0, 0, me.canvas.columns, me.canvas.rows};
    canvas_text(&me.canvas, all, x, y, me.canvas.columns, text_from(me.arena, s), role, 0);
}

static inline void do_blit(const char *rest)
{
    (void)rest;
    uint64_t before = terminal_written();
    bool shown = terminal_blit(&me.canvas, &me.theme);
    pty_say(me.answers, "%s%s\n", shown ? "shown" : "waits",
        shown && terminal_written() == before ? ", nothing written" : "");
}

/* "show TEXT": the text alone, top left. */
static inline void do_show(const char *rest)
{
    fit_canvas();
    put(0, 0, ROLE_NORMAL, rest);
    do_blit(NULL);
}

/* "frame N": every cell differs from the frame before. */
static inline void do_frame(const char *rest)
{
    fit_canvas();
    struct rect all = {0, 0, me.canvas.columns, me.canvas.rows};
    for (int y = 0; y < me.canvas.rows; y++)
        for (int x = 0; x < me.canvas.columns; x++) {
            char c[2] = {(char)('a' + (x + y + atoi(rest)) % 26), '\0'};
            canvas_text(&me.canvas, all, x, y, 1, text_from(me.arena, c),
                (enum role)((x + y) % ROLE_COUNT), 0);
        }
    put(0, 0, ROLE_NORMAL, rest);
    do_blit(NULL);
}

static inline void wait_for(short events, int64_t ms)
{
    struct pollfd p = {.fd = terminal_fd(), .events = events};
    poll(&p, 1, (int)(ms < 0 ? PATIENCE_MS : ms));
}

/* Something or other, on top of what is there: the program and the test draw the same. */
static inline void scribble(struct canvas *c, struct arena *a, uint64_t seed)
{
    static const char *const pieces[] = {
        "a", "bc", " ", "漢", "字漢字", "é", "─", "x漢y", "      ", "\U0001F600"};
    struct rect all = {0, 0, c->columns, c->rows};
    struct dice d = dice_new(seed);
    for (size_t n = 1 + dice_below(&d, 20); n > 0; n--) {
        struct text t = text_from(a, pieces[dice_below(&d, sizeof pieces / sizeof *pieces)]);
        int x = (int)dice_below(&d, (size_t)c->columns), y = (int)dice_below(&d, (size_t)c->rows);
        canvas_text(c, all, x, y, c->columns, t, (enum role)dice_below(&d, ROLE_COUNT), 0);
    }
}

/* "scribble SEED" */
static inline void do_scribble(const char *rest)
{
    if (me.canvas.columns == 0)
        fit_canvas();
    scribble(&me.canvas, me.arena, strtoull(rest, NULL, 10));
    do_blit(NULL);
}

/* "settle": until the newest frame is out. */
static inline void do_settle(const char *rest)
{
    (void)rest;
    while (!terminal_blit(&me.canvas, &me.theme))
        wait_for(POLLOUT, -1);
    pty_say(me.answers, "settled\n");
}

static inline void tell_input(struct input input)
{
    char name[PRESS_NAME_MAX];
    if (input.kind == INPUT_PRESS)
        pty_say(me.answers, "%s\n", press_name(input.press, name));
    else if (input.kind == INPUT_PASTE)
        pty_say(me.answers, "pasted %.*s\n", (int)input.paste_length, input.paste);
    else
        pty_say(me.answers, "gone\n");
}

/* "read N": the next N things typed, a line each. */
static inline void do_read(const char *rest)
{
    int64_t again_ms = -1;
    for (int n = atoi(rest); n > 0;) {
        struct input input = terminal_read(&again_ms);
        if (input.kind == INPUT_NONE) {
            wait_for(POLLIN, again_ms);
            continue;
        }
        tell_input(input);
        n--;
    }
}

static inline void do_size(const char *rest)
{
    int columns, rows;
    (void)rest;
    terminal_resized();
    terminal_size(&columns, &rows);
    pty_say(me.answers, "%dx%d\n", columns, rows);
}

static inline void do_suspend(const char *rest)
{
    (void)rest;
    terminal_suspend();
    signals_suspend();
    terminal_resume();
    pty_say(me.answers, "resumed\n");
}

static inline void do_close(const char *rest)
{
    (void)rest;
    terminal_close();
    terminal_close();
    pty_say(me.answers, "closed\n");
}

static inline void do_open(const char *rest)
{
    struct err e;
    (void)rest;
    if (terminal_open(&me.options, &e))
        pty_say(me.answers, "%s: %s; %s\n", err_class_name(e.class), e.message, e.hint);
    else
        pty_say(me.answers, "open %d\n", terminal_colours());
}

static inline void do_copy(const char *rest)
{
    terminal_copy(text_from(me.arena, rest));
    pty_say(me.answers, "copied\n");
}

static inline void do_bell(const char *rest)
{
    (void)rest;
    terminal_bell();
    pty_say(me.answers, "rung\n");
}

static inline void do_repaint(const char *rest)
{
    (void)rest;
    terminal_repaint();
    do_blit(NULL);
}

static inline void do_cursor(const char *rest)
{
    me.canvas.cursor_column = atoi(rest);
    me.canvas.cursor_row = 2;
    do_blit(NULL);
}

static inline void do_theme(const char *rest)
{
    pty_say(me.answers, "%s\n", theme_load(&me.theme, rest, NULL) ? "no" : "loaded");
}

static inline void do_crash(const char *rest)
{
    (void)rest;
    volatile char *nothing = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *nothing = 1;
}

static inline void do_environment(const char *rest)
{
    char name[32];
    const char *is = strchr(rest, '=');
    snprintf(name, sizeof name, "%.*s", (int)(is - rest), rest);
    if (is[1])
        setenv(name, is + 1, 1);
    else
        unsetenv(name);
    pty_say(me.answers, "set\n");
}

static inline void do_plain(const char *rest)
{
    me.options.no_color = strstr(rest, "colour") != NULL;
    me.options.ascii = strstr(rest, "ascii") != NULL;
    pty_say(me.answers, "plain\n");
}

static const struct {
    const char *name;
    void (*fn)(const char *rest);
} commands[] = {{"open", do_open}, {"close", do_close}, {"show ", do_show}, {"frame ", do_frame},
    {"blit", do_blit}, {"settle", do_settle}, {"read ", do_read}, {"size", do_size},
    {"suspend", do_suspend}, {"copy ", do_copy}, {"bell", do_bell}, {"repaint", do_repaint},
    {"cursor ", do_cursor}, {"theme ", do_theme}, {"crash", do_crash}, {"set ", do_environment},
    {"plain ", do_plain}, {"scribble ", do_scribble}};

static inline void obey(const char *line)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t n = strlen(commands[i].name);
        if (strncmp(line, commands[i].name, n) == 0) {
            commands[i].fn(line + n);
            return;
        }
    }
    _exit(93);
}

/* One byte at a time, so that nothing is read ahead. False at the end. */
static inline bool next_command(int fd, char line[LINE_BYTES])
{
    for (size_t n = 0; n < LINE_BYTES; n++) {
        if (read(fd, &line[n], 1) != 1)
            return false;
        if (line[n] == '\n') {
            line[n] = '\0';
            return true;
        }
    }
    return false;
}

static inline void program(int fd, int answers)
{
    char line[LINE_BYTES];
    struct err e;
    me.answers = answers;
    me.arena = arena_new(512 << 20);
    setlocale(LC_ALL, "C.UTF-8");
    unsetenv("COLORTERM");
    setenv("TERM", "xterm-256color", 1);
    if (!me.arena || canvas_init(&me.canvas, 0, 0) || theme_load(&me.theme, "dark", &e) ||
        signals_init(&e))
        _exit(94);
    signals_set_restore(terminal_restore);
    while (next_command(fd, line))
        obey(line);
    terminal_close();
    canvas_release(&me.canvas);
    arena_free(me.arena);
}

/* ---- set-up --------------------------------------------------------------------------------------------------- */

static struct pty pty;
static struct termios usual;

static inline int start_small(void **state)
{
    (void)state;
    pty_start(&pty, 80, 24, program);
    usual = pty_modes(&pty);
    return 0;
}

static inline int start_large(void **state)
{
    (void)state;
    pty_start(&pty, 300, 100, program); /* far more than a terminal's queue holds */
    usual = pty_modes(&pty);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    pty_end(&pty);
    return 0;
}

static inline void open_as(const char *term)
{
    char command[64];
    snprintf(command, sizeof command, "set TERM=%s", term);
    pty_ask(&pty, command, "set");
    pty_command(&pty, "open");
    char line[LINE_BYTES];
    pty_answer(&pty, line);
    assert_memory_equal(line, "open ", 5);
}

/* A whole frame, which may be more than the queue takes at once. */
static inline void draw(int number)
{
    char command[32], line[LINE_BYTES];
    snprintf(command, sizeof command, "frame %d", number);
    pty_command(&pty, command);
    pty_answer(&pty, line);
    pty_ask(&pty, "settle", "settled");
}

/* As it was before, but for what was printed meanwhile. */
static inline void assert_given_back(void)
{
    pty_assert_modes(&pty, &usual);
    assert_false(pty.alternate);
    assert_true(pty.cursor);
}

/* Draws until nothing more is taken, which shows only after some tries: what is on its way inside the
 * kernel makes room for a while. */
static inline void stall(void)
{
    char command[32], line[LINE_BYTES];
    pty.stalled = true;
    for (int i = 1, refused = 0; refused < 50; i++) {
        assert_true(i < 1000);
        snprintf(command, sizeof command, "frame %d", i % 100);
        pty_command(&pty, command);
        pty_answer(&pty, line);
        refused = strcmp(line, "waits") == 0 ? refused + 1 : 0;
    }
}

static inline void assert_crash_gives_back(void)
{
    pty_command(&pty, "crash");
    pty_expect(&pty, "killed 11");
    pty.stalled = false;
    pty_read(&pty);
    assert_given_back();
    assert_true(pty_has_seen(&pty, "\033[?1049l"));
    assert_true(pty_has_seen(&pty, "\033[?2004l"));
}

#endif
