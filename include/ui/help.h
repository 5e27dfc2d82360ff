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
void help_draw(struct help *h, struct canvas *c, struct rect area, const struct action_table *t,
    enum place place, bool read_only);

/* "Enter  Space" of an action into out. */
enum { KEYS_TEXT_MAX = 80 };
const char *action_keys(const struct action *action, char out[KEYS_TEXT_MAX]);
/* "Endpoints", "upload form": what a place is called. */
const char *place_name(enum place place);

#endif
