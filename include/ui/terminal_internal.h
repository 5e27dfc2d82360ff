/* What the files of the terminal share; for terminal*.c and their tests only. None of it is safe to
 * call from the crash path but what says so. Thread: main. */
#ifndef SLIPWAY_UI_TERMINAL_INTERNAL_H
#define SLIPWAY_UI_TERMINAL_INTERNAL_H

#include "base/buf.h"
#include "base/err.h"
#include "ui/press.h"
#include "ui/terminal.h"

#include <stdio.h>

/* ---- terminal_keys.c: typed bytes → presses; pure ------------------------------------------------- */

enum {
    KEYS_BYTES = 4096,        /* typed and not yet looked at */
    KEYS_PASTE_MAX = 65536,   /* what is pasted beyond is dropped */
    KEYS_OWN = 48,            /* sequences that the terminal's description names */
    KEYS_OWN_BYTES = 12,      /* longer ones are not kept */
    KEYS_SEQUENCE_MAX = 64,   /* no key sends more */
    KEYS_ESCAPE_MS = 50,      /* an ESC with nothing behind it for so long is the key Esc */
    KEYS_SEQUENCE_MS = 500,   /* a sequence that has begun, e.g. ESC [, is cut by the line */
    KEYS_PASTE_MS = 10 * 1000 /* the end of a paste does not come any more */
};

struct keys_sequence {
    char bytes[KEYS_OWN_BYTES];
    size_t length;
    int32_t press;
};

struct keys {
    unsigned char bytes[KEYS_BYTES];
    size_t length;
    int64_t newest_ms; /* when the newest of them came */
    bool pasting;      /* what comes is pasted, until its end mark */
    bool handed_out;   /* the caller has `paste`; the next call forgets it */
    struct buf paste;
    struct keys_sequence own[KEYS_OWN];
    size_t own_count;
};

void keys_init(struct keys *k);
void keys_release(struct keys *k); /* pasted and typed bytes are overwritten */

/* What the terminal's description says a key sends. Only what begins with ESC counts; NULL is fine. */
void keys_know(struct keys *k, const char *bytes, int32_t press);

/* How many bytes keys_feed takes. */
size_t keys_room(const struct keys *k);
void keys_feed(struct keys *k, const void *bytes, size_t n, int64_t now_ms);

/* INPUT_PRESS, INPUT_PASTE or INPUT_NONE; as terminal_read otherwise. */
struct input keys_next(struct keys *k, int64_t now_ms, int64_t *again_ms);

/* Whether a sequence or a paste is only half there: its rest must not reach a shell as typed. */
bool keys_midway(const struct keys *k);

/* ---- terminal_out.c: bytes to the terminal, never waiting ------------------------------------------ */

/* Opens the terminal behind `fd` anew. ERR_IO. */
int terminal_out_open(int fd, struct err *e);
void terminal_out_close(void);
int terminal_out_fd(void); /* -1 when closed; async-signal-safe */

/* What newterm is to be given: until terminal_out_divert it is the terminal itself, so that ncurses
 * can ask its size; from then on what is written there is staged here. NULL when closed. */
FILE *terminal_out_file(void);
int terminal_out_divert(struct err *e);

/* Stages bytes of our own behind what is there, all or none. False when too much waits already. */
bool terminal_out_add(const void *bytes, size_t n);

/* Writes as much of what is staged as the terminal takes at once. True when nothing is left. */
bool terminal_out_flush(void);
/* As terminal_out_flush, waiting at most so long. */
bool terminal_out_drain(int64_t ms);
void terminal_out_discard(void); /* forgets what is staged */
bool terminal_out_gone(void);    /* writing failed: nobody is there any more */
uint64_t terminal_out_written(void);

/* ---- terminal_colour.c: themes → pairs and attributes of ncurses ------------------------------------ */

/* After newterm. Returns the number of colours, as terminal_colours. */
int terminal_colour_open(bool none);

/* True when looks have changed: everything has to be written anew. */
bool terminal_colour_use(const struct theme *t);

/* After the terminal was somebody else's: looks are made anew when a theme is used next. */
void terminal_colour_forget(void);

/* Attributes (attr_t) and pair of a role. */
unsigned long terminal_colour_style(unsigned role, unsigned style, short *pair);

/* The sequence that gives the terminal's own palette back, NULL when it was not changed. */
const char *terminal_colour_undo(void);

/* ---- terminal_blit.c --------------------------------------------------------------------------------- */

void terminal_blit_open(bool ascii);
void terminal_blit_close(void);
void terminal_blit_all(void); /* the next frame is written whole */

/* Stages what differs from the frame before. */
void terminal_blit_stage(const struct canvas *c, const struct theme *t);

/* ---- terminal_caps.c: the terminal's description ------------------------------------------------------- */

/* ERR_INPUT when TERM names no terminal known here, or one that cannot show a screen. Before newterm,
 * which would only say that it failed. */
int terminal_caps_check(int fd, struct err *e);

/* The rest: after newterm. A string capability by its name; NULL when the terminal has none. */
const char *terminal_caps_string(const char *name);

/* A capability with its padding resolved, behind what is there. NULL is fine. */
void terminal_caps_put(struct buf *out, const char *string);
void terminal_caps_stage(const char *string);

/* The cursor to that place, wherever it is. */
void terminal_caps_place(struct buf *out, int x, int y);
void terminal_caps_stage_place(int x, int y);

/* Whether it understands xterm's private modes: bracketed paste, OSC 52. */
bool terminal_caps_like_xterm(void);

void terminal_caps_keys(struct keys *k);

/* ---- terminal.c ----------------------------------------------------------------------------------------- */

bool terminal_taken(void); /* between open and close, and not suspended */
struct keys *terminal_typed(void);

#endif
