/* columns: a table for the command line: cells of text, aligned by their widths on a terminal.
 * Ownership: the caller's struct; the cells' bytes are in its arena. Thread: main. */
#ifndef SLIPWAY_APP_COLUMNS_H
#define SLIPWAY_APP_COLUMNS_H

#include "base/arena.h"
#include "base/text.h"

#include <stdio.h>

enum { COLUMNS_MAX = 12 };

struct columns {
    struct arena *arena;
    struct text *cells;
    size_t count, room; /* cells */
    size_t width;       /* columns a row */
};

/* titles: `width` of them. 0, -1 when memory is out. */
int columns_init(struct columns *c, const char *const titles[], size_t width);
void columns_release(struct columns *c);
/* The next cell, row by row; cleaned. NULL gives "—". */
void columns_add(struct columns *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void columns_text(struct columns *c, struct text t);
void columns_print(const struct columns *c, FILE *out);

#endif
