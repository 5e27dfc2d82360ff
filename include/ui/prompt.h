/* prompt: one line at the bottom in which something is typed, behind a sign. Thread: main. */
#ifndef SLIPWAY_UI_PROMPT_H
#define SLIPWAY_UI_PROMPT_H

#include "base/err.h"
#include "ui/edit.h"

enum { PROMPT_BYTES_MAX = 512 };

struct prompt {
    struct edit edit;
    struct err why; /* what is wrong with it; ERR_NONE = nothing */
};

enum prompt_reply { PROMPT_OPEN, PROMPT_CHANGED, PROMPT_DONE, PROMPT_LEFT };

int prompt_init(struct prompt *p); /* 0, -1 when memory is out */
void prompt_release(struct prompt *p);
void prompt_open(struct prompt *p, struct text begins);
enum prompt_reply prompt_press(struct prompt *p, int32_t press);
void prompt_draw(struct prompt *p, struct canvas *c, struct rect r, struct text sign);

#endif
