/* help: what the keys of a place do, from the action table, over the screen. Thread: main. */
#ifndef SLIPWAY_UI_HELP_H
#define SLIPWAY_UI_HELP_H

#include "ui/action.h"
#include "ui/canvas.h"

struct help {
    size_t top, page, rows;
};

void help_open(struct help *h);
/* False when it is to be closed: any key that does not scroll. */
bool help_press(struct help *h, int32_t press);
struct help_facts {
    bool typing;    /* characters are typed there, and do nothing else */
    bool read_only; /* what writes is shown as not possible */
};
void help_draw(struct help *h, struct canvas *c, struct rect area, const struct action_table *t,
    enum place place, const struct help_facts *facts);

/* "Enter  Space" of an action into out; while one types, without the keys that are characters. */
enum { KEYS_TEXT_MAX = 80 };
const char *action_keys(const struct action *action, bool typing, char out[KEYS_TEXT_MAX]);
/* "Endpoints", "upload form": what a place is called. */
const char *place_name(enum place place);

#endif
