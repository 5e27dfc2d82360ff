/* Taking the terminal and giving it back.
 *
 * ncurses composes frames but does not touch the terminal itself: its modes (termios) are set here, and
 * its bytes are staged (terminal_out.c), so that every way out can be had without ncurses. Going the
 * usual way, ncurses says its farewell (endwin) and that is staged like a frame. Where the terminal takes
 * nothing, or on a crash, bytes prepared beforehand are written instead: they begin with CAN, as the
 * frame before may have stopped inside a sequence, and what waits in the kernel is thrown away to make
 * room for them.
 *
 * In the background the terminal is somebody else's: its modes and its screen are left alone. */
#include "ui/terminal_internal.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { LEAVE_MAX = 512, LEAVE_MS = 300, SIZE_MAX_ASKED = 4096 };

/* What gives the screen back, as bytes; of two, so that the crash path never meets a half-made one. */
struct leave {
    char bytes[LEAVE_MAX];
    size_t length;
};

static struct {
    SCREEN *screen; /* NULL = closed */
    struct termios saved, raw;
    int columns, rows;
    bool ascii, paste;
    int colours;
    struct keys keys;
} terminal;

static struct leave leaves[2];
static atomic_int leave_now;
static atomic_bool taken;

bool terminal_taken(void)
{
    return atomic_load(&taken);
}

struct keys *terminal_typed(void)
{
    return &terminal.keys;
}

/* ---- giving it back without ncurses ------------------------------------------------------------------------ */

static void prepare_leave(void)
{
    struct buf b;
    int next = !atomic_load(&leave_now);
    buf_init(&b, LEAVE_MAX);
    buf_char(&b, 0x18);
    if (terminal.paste)
        buf_str_append(&b, "\033[?2004l");
    static const char *const names[] = {"rmkx", "op", "sgr0", "cnorm", "rmcup"};
    terminal_caps_put(&b, terminal_colour_undo());
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        terminal_caps_put(&b, terminal_caps_string(names[i]));
    if (!terminal_caps_string("rmcup")) {
        terminal_caps_place(&b, 0, terminal.rows - 1);
        buf_str_append(&b, "\r\n");
    }
    leaves[next].length = b.len;
    memcpy(leaves[next].bytes, buf_str(&b), b.len);
    atomic_store(&leave_now, next);
    buf_release(&b);
}

/* Async-signal-safe. */
static bool in_background(int tty)
{
    pid_t group = tcgetpgrp(tty);
    return group > 0 && group != getpgrp();
}

/* Async-signal-safe. What is written once may be too much for the line; written again behind an emptied
 * queue it is not. */
static void leave_at_once(int tty)
{
    const struct leave *leave = &leaves[atomic_load(&leave_now)];
    if (write(tty, leave->bytes, leave->length) == (ssize_t)leave->length)
        return;
    tcflush(tty, TCOFLUSH);
    if (write(tty, leave->bytes, leave->length) < 0)
        return; /* nobody is there */
}

void terminal_restore(void)
{
    int before = errno, tty = terminal_out_fd();
    if (atomic_exchange(&taken, false) && tty >= 0 && !in_background(tty)) {
        leave_at_once(tty);
        tcsetattr(tty, TCSANOW, &terminal.saved);
    }
    errno = before;
}

/* ---- taking and leaving -------------------------------------------------------------------------------------- */

static struct termios raw_of(const struct termios *usual)
{
    struct termios t = *usual;
    t.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_oflag &= (tcflag_t)~OPOST;
    t.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t.c_cflag = (t.c_cflag & (tcflag_t) ~(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return t;
}

static int set_modes(const struct termios *t)
{
    int rc;
    do
        rc = tcsetattr(terminal_out_fd(), TCSANOW, t);
    while (rc < 0 && errno == EINTR);
    return rc;
}

/* The modes of the present are those to give back; a crash gives them back from the first change on. */
static int take(void)
{
    if (tcgetattr(terminal_out_fd(), &terminal.saved))
        return -1;
    terminal.raw = raw_of(&terminal.saved);
    prepare_leave();
    atomic_store(&taken, true);
    if (set_modes(&terminal.raw) == 0)
        return 0;
    atomic_store(&taken, false);
    return -1;
}

/* What a key sends and how pasting is marked; the rest is in ncurses' first frame. */
static void stage_modes(void)
{
    terminal_caps_stage(terminal_caps_string("smkx"));
    if (terminal.paste)
        terminal_out_add("\033[?2004h", 8);
}

static void stage_farewell(void)
{
    if (terminal.paste)
        terminal_out_add("\033[?2004l", 8);
    terminal_caps_stage(terminal_caps_string("rmkx"));
    terminal_caps_stage(terminal_colour_undo());
    endwin();
}

static void leave(void)
{
    int tty = terminal_out_fd();
    if (!atomic_load(&taken))
        return;
    bool ours = !in_background(tty), flows = ours && terminal_out_drain(LEAVE_MS);
    stage_farewell(); /* ncurses has to know in any case */
    if (ours) {
        if (keys_midway(&terminal.keys))
            tcflush(tty, TCIFLUSH); /* a shell would run the rest of what was pasted */
        if (!flows || !terminal_out_drain(LEAVE_MS))
            terminal_restore();
        set_modes(&terminal.saved);
    }
    atomic_store(&taken, false);
    terminal_out_discard();
}

/* ---- size ------------------------------------------------------------------------------------------------------ */

/* 0 when the terminal says nothing of use. */
static int size_asked(unsigned short said)
{
    return said > SIZE_MAX_ASKED ? SIZE_MAX_ASKED : said;
}

void terminal_resized(void)
{
    struct winsize w;
    if (!terminal.screen || ioctl(terminal_out_fd(), TIOCGWINSZ, &w))
        return;
    int columns = size_asked(w.ws_col), rows = size_asked(w.ws_row);
    if (columns > 0 && rows > 0 && (columns != terminal.columns || rows != terminal.rows) &&
        resize_term(rows, columns) == OK) {
        terminal.columns = columns;
        terminal.rows = rows;
        prepare_leave();
        terminal_blit_all();
    }
}

void terminal_size(int *columns, int *rows)
{
    *columns = terminal.columns;
    *rows = terminal.rows;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int check_is_terminal(struct err *e)
{
    struct stat in, out;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        err_set(e, ERR_STATE, 0, "standard input and output are not a terminal");
        return err_hint(e, "run it in a terminal, or use a command with --json");
    }
    if (fstat(STDIN_FILENO, &in) || fstat(STDOUT_FILENO, &out))
        return err_errno(e, errno, "cannot look at the terminal");
    if (in.st_rdev != out.st_rdev)
        return err_set(e, ERR_STATE, 0, "standard input and output are two terminals");
    return 0;
}

/* newterm sets handlers of its own; signals are core/signals' matter. */
static SCREEN *newterm_without_signals(FILE *f)
{
    static const int touched[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    enum { TOUCHED = sizeof touched / sizeof *touched };
    struct sigaction before[TOUCHED];
    for (int i = 0; i < TOUCHED; i++)
        sigaction(touched[i], NULL, &before[i]);
    SCREEN *screen = newterm(NULL, f, f);
    for (int i = 0; i < TOUCHED; i++)
        sigaction(touched[i], &before[i], NULL);
    return screen;
}

static int start_ncurses(const struct terminal_options *options, struct err *e)
{
    use_env(FALSE); /* the terminal's own size, not LINES and COLUMNS */
    use_tioctl(TRUE);
    struct termios usual;
    if (tcgetattr(terminal_out_fd(), &usual))
        return err_errno(e, errno, "cannot read the terminal's modes");
    terminal.screen = newterm_without_signals(terminal_out_file());
    set_modes(&usual);
    if (!terminal.screen)
        return err_set(e, ERR_IO, 0, "cannot set up the screen");
    if (terminal_out_divert(e))
        return -1;
    typeahead(-1); /* a frame is drawn whole, whatever is typed */
    idcok(stdscr, FALSE);
    terminal.columns = COLS;
    terminal.rows = LINES;
    terminal.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    terminal.paste = terminal_caps_like_xterm();
    terminal.colours = terminal_colour_open(options->no_color);
    return 0;
}

static void end_ncurses(void)
{
    if (terminal.screen)
        delscreen(terminal.screen);
    terminal.screen = NULL;
}

int terminal_open(const struct terminal_options *options, struct err *e)
{
    if (terminal.screen)
        return err_set(e, ERR_BUG, 0, "the terminal was opened twice");
    if (check_is_terminal(e) || terminal_out_open(STDOUT_FILENO, e))
        return -1;
    if (terminal_caps_check(terminal_out_fd(), e) || start_ncurses(options, e))
        goto fail;
    if (take()) {
        err_errno(e, errno, "cannot set the terminal's modes");
        goto fail;
    }
    keys_init(&terminal.keys);
    terminal_caps_keys(&terminal.keys);
    terminal_blit_open(terminal.ascii);
    stage_modes();
    return 0;
fail:
    end_ncurses();
    terminal_out_close();
    return -1;
}

void terminal_close(void)
{
    if (!terminal.screen)
        return;
    leave();
    terminal_blit_close();
    keys_release(&terminal.keys);
    end_ncurses();
    terminal_out_close();
}

void terminal_suspend(void)
{
    leave();
}

void terminal_resume(void)
{
    if (!terminal.screen)
        return;
    if (atomic_load(&taken))
        set_modes(&terminal.raw); /* stopped without having been asked */
    else if (take())
        atomic_store(&taken, true); /* it is gone, as reading will find */
    terminal_resized();
    stage_modes();
    terminal_colour_forget();
    terminal_blit_all();
}

/* ---- the rest ------------------------------------------------------------------------------------------------------ */

bool terminal_ascii(void)
{
    return terminal.ascii;
}

int terminal_colours(void)
{
    return terminal.colours;
}

int terminal_fd(void)
{
    return terminal_out_fd();
}

bool terminal_blit(const struct canvas *c, const struct theme *t)
{
    if (!atomic_load(&taken))
        return true; /* there is nothing to wait for */
    if (!terminal_out_flush())
        return false;
    bool had_undo = terminal_colour_undo() != NULL;
    terminal_blit_stage(c, t);
    if (had_undo != (terminal_colour_undo() != NULL))
        prepare_leave();
    return terminal_out_flush();
}

void terminal_repaint(void)
{
    terminal_blit_all();
}

uint64_t terminal_written(void)
{
    return terminal_out_written();
}
