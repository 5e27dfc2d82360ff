/* status_bar: the first line: program, profile, sources with the age of their data, money, alerts,
 * clock. Where there is no room it says less, what matters least first; how a source is doing stays
 * longest, as a sign and not by colour alone. Thread: main. */
#ifndef SLIPWAY_UI_STATUS_BAR_H
#define SLIPWAY_UI_STATUS_BAR_H

#include "model/store.h"
#include "ui/canvas.h"

struct status_facts {
    const struct store *store;
    const char *profile, *demo; /* demo NULL = none */
    bool production, read_only, paused;
    size_t alerts;
};

void status_bar_draw(struct canvas *c, struct rect r, const struct status_facts *f);

/* The sign of a source's state: ● ○ ✗ –, and its role. */
struct text source_sign(enum source_health health, enum role *role);

#endif
