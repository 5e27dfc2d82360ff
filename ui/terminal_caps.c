/* What the terminal's description (terminfo) says, for what ncurses does not do by itself. */
#include "ui/terminal_internal.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

enum { CAPABILITY_MAX = 1024 };

const char *terminal_caps_string(const char *name)
{
    const char *s = tigetstr(name);
    return s == (char *)-1 ? NULL : s;
}

int terminal_caps_check(int fd, struct err *e)
{
    static const char hint[] =
        "set it to what the terminal is like, e.g. export TERM=xterm-256color";
    const char *term = getenv("TERM");
    int found = 0;
    if (!term || !*term) {
        err_set(e, ERR_INPUT, 0, "TERM is not set, so nothing is known of the terminal");
    } else if (setupterm(term, fd, &found) != OK) {
        err_set(e, ERR_INPUT, 0, "TERM is \"%s\", but %s", term,
            found < 0 ? "there is no terminal database here" : "no such terminal is known here");
    } else {
        bool usable = terminal_caps_string("cup") && terminal_caps_string("clear");
        del_curterm(cur_term);
        if (usable)
            return 0;
        err_set(e, ERR_INPUT, 0, "TERM is \"%s\", a terminal that cannot show a screen", term);
    }
    return err_hint(e, "%s", hint);
}

/* tputs hands over one character at a time and nothing else. */
static struct buf *put_into;

static int put_one(int c)
{
    return buf_char(put_into, (char)c) ? ERR : c;
}

void terminal_caps_put(struct buf *out, const char *string)
{
    if (!string)
        return;
    put_into = out;
    tputs(string, 1, put_one);
    put_into = NULL;
}

void terminal_caps_stage(const char *string)
{
    struct buf bytes;
    buf_init(&bytes, CAPABILITY_MAX);
    terminal_caps_put(&bytes, string);
    if (bytes.len > 0)
        terminal_out_add(bytes.data, bytes.len);
    buf_release(&bytes);
}

void terminal_caps_place(struct buf *out, int x, int y)
{
    terminal_caps_put(out, tiparm(terminal_caps_string("cup"), y, x));
}

void terminal_caps_stage_place(int x, int y)
{
    terminal_caps_stage(tiparm(terminal_caps_string("cup"), y, x));
}

/* Newer descriptions say it (BE); for older ones the names of those that have had it for long. */
bool terminal_caps_like_xterm(void)
{
    static const char *const names[] = {"xterm", "screen", "tmux", "rxvt", "alacritty", "foot",
        "kitty", "konsole", "gnome", "vte", "putty", "st-", "iterm", "wezterm", "contour"};
    const char *term = getenv("TERM");
    if (terminal_caps_string("BE"))
        return true;
    for (size_t i = 0; term && i < sizeof names / sizeof *names; i++)
        if (strncmp(term, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static const struct {
    const char *capability;
    int32_t press;
} own_keys[] = {
    {"kcuu1", PRESS_UP},
    {"kcud1", PRESS_DOWN},
    {"kcub1", PRESS_LEFT},
    {"kcuf1", PRESS_RIGHT},
    {"khome", PRESS_HOME},
    {"kend", PRESS_END},
    {"kpp", PRESS_PAGE_UP},
    {"knp", PRESS_PAGE_DOWN},
    {"kich1", PRESS_INSERT},
    {"kdch1", PRESS_DELETE},
    {"kcbt", PRESS_BACK_TAB},
    {"kent", PRESS_ENTER},
    {"kbs", PRESS_BACKSPACE},
    {"kLFT5", PRESS_WORD_LEFT},
    {"kRIT5", PRESS_WORD_RIGHT},
    {"kLFT3", PRESS_WORD_LEFT},
    {"kRIT3", PRESS_WORD_RIGHT},
    {"kf1", PRESS_F1},
    {"kf2", PRESS_F1 + 1},
    {"kf3", PRESS_F1 + 2},
    {"kf4", PRESS_F1 + 3},
    {"kf5", PRESS_F1 + 4},
    {"kf6", PRESS_F1 + 5},
    {"kf7", PRESS_F1 + 6},
    {"kf8", PRESS_F1 + 7},
    {"kf9", PRESS_F1 + 8},
    {"kf10", PRESS_F1 + 9},
    {"kf11", PRESS_F1 + 10},
    {"kf12", PRESS_LAST},
};

void terminal_caps_keys(struct keys *k)
{
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        keys_know(k, terminal_caps_string(own_keys[i].capability), own_keys[i].press);
}
