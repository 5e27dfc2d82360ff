/* toast: sentences that are shown for a moment above the hints: what came of something. Thread: main. */
#ifndef SLIPWAY_UI_TOAST_H
#define SLIPWAY_UI_TOAST_H

#include "ui/canvas.h"

#include <stdint.h>

enum { TOASTS_MAX = 3, TOAST_BYTES_MAX = 512 };

struct toast {
    char bytes[TOAST_BYTES_MAX];
    enum role role; /* OK, WARNING, BAD: decides its sign and how long it stays */
    int64_t until_ms;
};

struct toasts {
    struct toast list[TOASTS_MAX]; /* oldest first */
    size_t count;
};

/* Copies; the oldest goes when there are too many. The same sentence again only stays longer. */
void toast_add(struct toasts *t, struct text sentence, enum role role, int64_t now_ms);
/* Forgets what is over. */
void toast_expire(struct toasts *t, int64_t now_ms);
void toast_clear(struct toasts *t);
int64_t toast_due(const struct toasts *t); /* -1 = never */
/* Upwards from the bottom of `area`, at its right. */
void toast_draw(const struct toasts *t, struct canvas *c, struct rect area);

#endif
