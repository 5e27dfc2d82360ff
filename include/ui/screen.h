/* screen: the whole of what is seen: status line, panes, opened views over them, overlays (help,
 * palette, filter prompt, confirmation, error details, toasts) and the hints.
 *
 * It draws on a canvas and gets presses: no terminal, no clock but the store's, so every screen is
 * tested as text (tests/screens). Nothing here sleeps or does I/O.
 *
 * The screen is drawn when screen_stale says so: after a press, after store_apply, when screen_due has
 * come. No timer redraws it.
 *
 * Thread: main. */
#ifndef SLIPWAY_UI_SCREEN_H
#define SLIPWAY_UI_SCREEN_H

#include "ui/view.h"

struct screen;

struct screen_options {
    const struct store *store; /* borrowed, as are the next two */
    const struct action_table *actions;
    const struct host *host;
    const char *profile; /* name in the status line */
    bool production;     /* reversed */
    bool read_only;      /* shown; actions that write say why they do not work */
    bool ascii;
    const char *demo; /* scenario's name when everything is the stand-in's; NULL otherwise */
};

struct screen *screen_new(const struct screen_options *options); /* NULL when memory is out */
void screen_free(struct screen *s);

/* A key or a piece of pasted text. ACTION_QUIT is an intent to the host. */
void screen_press(struct screen *s, int32_t press);
void screen_paste(struct screen *s, const char *bytes, size_t n);

/* After store_apply: takes note (an operation that asks is opened, one that ended is told, a finished
 * deployment's model row is shown). */
void screen_news(struct screen *s);

/* Whether what would be drawn differs from what was drawn last, as far as versions tell. False while
 * drawing is paused (`p`), but for presses. */
bool screen_stale(struct screen *s);
/* When it becomes stale by itself (ages, the clock, a toast that goes): monotonic ms; -1 = never. */
int64_t screen_due(struct screen *s);

/* Draws everything; the canvas has the size. */
void screen_draw(struct screen *s, struct canvas *c);

/* Where one is: the top view's place and the id it is about. */
enum place screen_place(const struct screen *s);

#endif
