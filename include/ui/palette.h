/* palette: the commands behind `:`, completed as one types, with their keys and what they risk.
 * Thread: main. */
#ifndef SLIPWAY_UI_PALETTE_H
#define SLIPWAY_UI_PALETTE_H

#include "ui/action.h"
#include "ui/prompt.h"

struct palette {
    struct prompt prompt;
    size_t chosen;
};

int palette_init(struct palette *p); /* 0, -1 when memory is out */
void palette_release(struct palette *p);
void palette_open(struct palette *p);

/* PROMPT_DONE: *action is what was chosen, NULL when nothing fits what was typed. */
enum prompt_reply palette_press(struct palette *p, const struct action_table *t, enum place place,
    int32_t press, const struct action **action);
void palette_paste(struct palette *p, const char *bytes, size_t n);

/* The line in `line`, the commands above it in `area`. */
void palette_draw(struct palette *p, struct canvas *c, struct rect area, struct rect line,
    const struct action_table *t, enum place place);

#endif
