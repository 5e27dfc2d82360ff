/* confirm: asks before an intent that could be regretted, by its class (screens.md): 1 `y`; 2 shows
 * what changes, `y`; 3 its name is to be typed. Thread: main. */
#ifndef SLIPWAY_UI_CONFIRM_H
#define SLIPWAY_UI_CONFIRM_H

#include "ui/action.h"
#include "ui/prompt.h"

enum { CONFIRM_LINES_MAX = 16, CONFIRM_WORD_MAX = 256 };

struct confirm {
    const struct action *action; /* of the table */
    int risk;
    struct arena *arena;
    struct text lines[CONFIRM_LINES_MAX]; /* what would happen, in the arena */
    size_t line_count;
    struct text word, ask; /* of class 3 */
    struct prompt prompt;
};

enum confirm_reply { CONFIRM_OPEN, CONFIRM_YES, CONFIRM_NO };

int confirm_init(struct confirm *f); /* 0, -1 when memory is out */
void confirm_release(struct confirm *f);
/* Copies the word; lines are added by confirm_line. */
void confirm_open(struct confirm *f, const struct action *action, int risk, struct text word);
void confirm_line(struct confirm *f, struct text line);
/* Whatever is not a yes is a no, but for the typing of class 3. */
enum confirm_reply confirm_press(struct confirm *f, int32_t press);
void confirm_draw(struct confirm *f, struct canvas *c, struct rect area);

#endif
