/* A program on a terminal of its own, for tests: a pseudo-terminal with libvterm as the one who looks.
 *
 * Three processes: the test holds the terminal's other end; a leader plays the shell (a session of its
 * own, and the terminal while the program is stopped); the program is given commands as lines and
 * answers each with one line. The leader tells on the same way when the program stopped or ended:
 * "stopped", "ended 0", "killed 11".
 *
 * Every wait has a deadline and reads what the program writes meanwhile, unless it is stalled. */
#ifndef SLIPWAY_TESTS_UI_PTY_H
#define SLIPWAY_TESTS_UI_PTY_H

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60 * 1000, LINE_BYTES = 512, SEEN_MAX = 64 << 20 };

struct pty {
    pid_t leader;
    int master, slave; /* the slave only to look at its modes */
    int to, from, go;  /* commands, answers, and "go on" for a stopped program */
    VTerm *vt;
    VTermScreen *screen;
    bool alternate, cursor;
    bool stalled; /* nobody reads the terminal */
    struct buf seen, answers;
};

typedef void pty_program(int commands, int answers);

static inline int64_t pty_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void pty_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void pty_say(int fd, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof line || write(fd, line, (size_t)n) != n)
        _exit(90);
}

/* ---- the other processes -------------------------------------------------------------------------- */

/* The shell's part: waits for the program, takes the terminal while it is stopped. */
static inline void pty_lead(pid_t program, int tty, int answers, int go)
{
    int status;
    char c;
    while (waitpid(program, &status, WUNTRACED) == program) {
        if (!WIFSTOPPED(status)) {
            pty_say(answers, WIFEXITED(status) ? "ended %d\n" : "killed %d\n",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
            _exit(0);
        }
        tcsetpgrp(tty, getpgrp());
        pty_say(answers, "stopped\n");
        if (read(go, &c, 1) != 1)
            _exit(91);
        tcsetpgrp(tty, program);
        kill(program, SIGCONT);
    }
    _exit(92);
}

static inline void pty_child(
    const char *slave, int commands, int answers, int go, pty_program *program)
{
    setsid();
    int tty = open(slave, O_RDWR); /* becomes the session's */
    signal(SIGTTOU, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(tty, getpid());
        signal(SIGTTOU, SIG_DFL);
        dup2(tty, STDIN_FILENO);
        dup2(tty, STDOUT_FILENO);
        dup2(tty, STDERR_FILENO);
        close(tty);
        close(go);
        program(commands, answers);
        _exit(0);
    }
    signal(SIGHUP, SIG_IGN); /* to tell how the program ended */
    close(commands);
    pty_lead(pid, tty, answers, go);
}

/* ---- starting and ending ---------------------------------------------------------------------------- */

static inline int pty_property(VTermProp prop, VTermValue *value, void *user)
{
    struct pty *p = user;
    if (prop == VTERM_PROP_ALTSCREEN)
        p->alternate = value->boolean;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        p->cursor = value->boolean;
    return 1;
}

static inline void pty_set_size(struct pty *p, int columns, int rows)
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    assert_int_equal(ioctl(p->master, TIOCSWINSZ, &w), 0);
    if (p->vt)
        vterm_set_size(p->vt, rows, columns);
}

static inline void pty_look(struct pty *p, int columns, int rows)
{
    static VTermScreenCallbacks callbacks = {.settermprop = pty_property};
    p->vt = vterm_new(rows, columns);
    assert_non_null(p->vt);
    vterm_set_utf8(p->vt, 1);
    p->screen = vterm_obtain_screen(p->vt);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_reset(p->screen, 1);
}

static inline void pty_start(struct pty *p, int columns, int rows, pty_program *program)
{
    int to[2], from[2], go[2];
    *p = (struct pty){.cursor = true};
    buf_init(&p->seen, SEEN_MAX);
    buf_init(&p->answers, 4 * LINE_BYTES);
    p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(p->master >= 0 && grantpt(p->master) == 0 && unlockpt(p->master) == 0);
    const char *name = ptsname(p->master);
    p->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(p->slave >= 0);
    pty_set_size(p, columns, rows);
    pty_look(p, columns, rows);
    assert_true(pipe(to) == 0 && pipe(from) == 0 && pipe(go) == 0);
    p->leader = fork();
    assert_true(p->leader >= 0);
    if (p->leader == 0) {
        close(p->master);
        close(p->slave);
        close(to[1]);
        close(from[0]);
        close(go[1]);
        pty_child(name, to[0], from[1], go[0], program);
    }
    close(to[0]);
    close(from[1]);
    close(go[0]);
    p->to = to[1];
    p->from = from[0];
    p->go = go[1];
    fcntl(p->master, F_SETFL, O_NONBLOCK);
}

static inline void pty_hang_up(struct pty *p)
{
    if (p->slave >= 0)
        close(p->slave);
    if (p->master >= 0)
        close(p->master);
    p->slave = p->master = -1;
}

/* The program ends when its commands do. */
static inline void pty_end(struct pty *p)
{
    int status;
    close(p->to);
    pty_hang_up(p);
    close(p->go);
    assert_int_equal(waitpid(p->leader, &status, 0), p->leader);
    close(p->from);
    vterm_free(p->vt);
    buf_release(&p->seen);
    buf_release(&p->answers);
}

/* ---- reading and asking ----------------------------------------------------------------------------- */

static inline void pty_read(struct pty *p)
{
    char bytes[8192];
    ssize_t n;
    while (!p->stalled && p->master >= 0 && (n = read(p->master, bytes, sizeof bytes)) > 0) {
        vterm_input_write(p->vt, bytes, (size_t)n);
        assert_int_equal(buf_append(&p->seen, bytes, (size_t)n), 0);
    }
}

static inline void pty_wait(struct pty *p, int64_t end)
{
    struct pollfd fds[2] = {
        {.fd = p->from, .events = POLLIN}, {.fd = p->stalled ? -1 : p->master, .events = POLLIN}};
    if (pty_now_ms() > end)
        fail_msg("nothing came within %d s", PATIENCE_MS / 1000);
    poll(fds, 2, 1000);
    if (fds[1].revents)
        pty_read(p);
    if (fds[0].revents & POLLIN) {
        char bytes[LINE_BYTES];
        ssize_t n = read(p->from, bytes, sizeof bytes);
        if (n > 0)
            assert_int_equal(buf_append(&p->answers, bytes, (size_t)n), 0);
    }
}

/* The next line of the program or its leader. */
static inline void pty_answer(struct pty *p, char line[LINE_BYTES])
{
    const char *end;
    for (int64_t deadline = pty_now_ms() + PATIENCE_MS;
         !(end = strchr(buf_str(&p->answers), '\n'));)
        pty_wait(p, deadline);
    size_t n = (size_t)(end - buf_str(&p->answers));
    assert_true(n < LINE_BYTES);
    memcpy(line, buf_str(&p->answers), n);
    line[n] = '\0';
    buf_drop(&p->answers, n + 1);
    pty_read(p); /* what was written before the answer */
}

static inline void pty_command(struct pty *p, const char *command)
{
    size_t n = strlen(command);
    assert_int_equal(write(p->to, command, n), (ssize_t)n);
    assert_int_equal(write(p->to, "\n", 1), 1);
}

static inline void pty_expect(struct pty *p, const char *expected)
{
    char line[LINE_BYTES];
    pty_answer(p, line);
    assert_string_equal(line, expected);
}

static inline void pty_ask(struct pty *p, const char *command, const char *expected)
{
    pty_command(p, command);
    pty_expect(p, expected);
}

static inline void pty_type(struct pty *p, const char *bytes, size_t n)
{
    assert_int_equal(write(p->master, bytes, n), (ssize_t)n);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

/* A row as text, trailing spaces cut; the second half of a wide character is left out. */
static inline const char *pty_row(struct pty *p, int row)
{
    static char text[4096];
    size_t n = 0, kept = 0;
    int columns, rows;
    vterm_get_size(p->vt, &rows, &columns);
    for (int x = 0; x < columns && n < sizeof text - 8; x++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(p->screen, (VTermPos){.row = row, .col = x}, &cell);
        uint32_t c = cell.chars[0];
        if (c == (uint32_t)-1)
            continue;
        int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};
        text[n++] = (char)(c == 0 ? ' ' : lead[more] | c >> (6 * more));
        while (more-- > 0)
            text[n++] = (char)(0x80 | (c >> (6 * more) & 0x3F));
        if (c != 0 && c != ' ')
            kept = n;
    }
    text[kept] = '\0';
    return text;
}

static inline bool pty_has_seen(struct pty *p, const char *bytes)
{
    return memmem(buf_str(&p->seen), p->seen.len, bytes, strlen(bytes)) != NULL;
}

static inline struct termios pty_modes(struct pty *p)
{
    struct termios t;
    memset(&t, 0, sizeof t);
    assert_int_equal(tcgetattr(p->slave, &t), 0);
    return t;
}

static inline void pty_assert_modes(struct pty *p, const struct termios *expected)
{
    struct termios t = pty_modes(p);
    assert_memory_equal(&t, expected, sizeof t);
}

#endif
