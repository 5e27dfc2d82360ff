/* terminal: taking the terminal and giving it back, on every way out (design rule 6); what is drawn on
 * it and what is typed on it.
 *
 * ncurses is used in ui/terminal*.c alone. terminal_blit writes the difference to what was written
 * last (ncurses finds it), placing every run of cells at its own column, so that a terminal whose
 * idea of a character's width differs from ours spoils one cell and not the row. On a crash
 * terminal_restore, which is async-signal-safe (prepared bytes and tcsetattr), is what core/signals
 * runs. A terminal that does not read (a stalled line) must not stop the program: a frame is written
 * only when the descriptor takes bytes; while it does not, frames are skipped and the newest is
 * written when it does (terminal_blit says so, and the caller polls).
 *
 * Thread: main. One terminal a process. */
#ifndef SLIPWAY_UI_TERMINAL_H
#define SLIPWAY_UI_TERMINAL_H

#include "base/err.h"
#include "ui/canvas.h"
#include "ui/theme.h"

#include <stdbool.h>
#include <stdint.h>

struct terminal_options {
    bool no_color; /* NO_COLOR, or asked for */
    bool ascii;    /* the locale is not UTF-8, or asked for */
};

/* ERR_STATE when standard input or output is no terminal; ERR_INPUT for an unknown TERM (names it and
 * says what to set); ERR_IO. The locale must have been set (LC_CTYPE) before. */
int terminal_open(const struct terminal_options *options, struct err *e);
void terminal_close(void);   /* idempotent; the screen is as it was before */
void terminal_suspend(void); /* before signals_suspend */
void terminal_resume(void);  /* after it: everything is painted anew */
void terminal_restore(void); /* async-signal-safe; from the crash path only */

void terminal_size(int *columns, int *rows);
void terminal_resized(void); /* after SIGWINCH: asks the size anew */
bool terminal_ascii(void);
int terminal_colours(void); /* 0, 8, 16, 256, 1<<24 */
int terminal_fd(void);      /* to poll for input */

/* Shows the canvas. Returns false when the terminal takes no more bytes at present: call it again, with
 * the newest canvas, when terminal_fd is ready for POLLOUT. True too while suspended or gone. */
bool terminal_blit(const struct canvas *c, const struct theme *t);
void terminal_repaint(void);     /* Ctrl-L: the next blit writes everything */
uint64_t terminal_written(void); /* bytes to the terminal so far; for the bench and tests */

void terminal_bell(void);
/* The text into the clipboard of the terminal's own machine (OSC 52), cut at 64 KiB; it is masked like
 * everything that leaves. */
void terminal_copy(struct text t);

/* One thing that was typed. Pasted text (bracketed paste) comes as one piece. */
enum input_kind { INPUT_NONE, INPUT_PRESS, INPUT_PASTE, INPUT_GONE /* the terminal is gone */ };
struct input {
    enum input_kind kind;
    int32_t press;
    const char *paste; /* foreign bytes, valid until the next terminal_read */
    size_t paste_length;
};
/* The next one without waiting; INPUT_NONE when there is no more. An escape sequence cut by a slow line is
 * waited for a little: *again_ms then says in how many milliseconds to call again, -1 = not needed. */
struct input terminal_read(int64_t *again_ms);

#endif
