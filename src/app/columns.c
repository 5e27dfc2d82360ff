#include "app/columns.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA = 64 << 20, GAP = 2 };

int columns_init(struct columns *c, const char *const titles[], size_t width)
{
    *c = (struct columns){.arena = arena_new(ARENA), .width = width};
    for (size_t i = 0; i < width; i++)
        columns_add(c, "%s", titles[i]);
    return c->count == width ? 0 : -1;
}

void columns_release(struct columns *c)
{
    arena_free(c->arena);
    free(c->cells);
    *c = (struct columns){0};
}

void columns_text(struct columns *c, struct text t)
{
    if (c->count == c->room) {
        size_t room = c->room ? c->room * 2 : 64;
        struct text *more = realloc(c->cells, room * sizeof *more);
        if (!more)
            return;
        c->cells = more;
        c->room = room;
    }
    c->cells[c->count++] = t.len ? t : TEXT("—");
}

void columns_add(struct columns *c, const char *format, ...)
{
    struct buf b;
    buf_init(&b, 64 * 1024);
    va_list args;
    va_start(args, format);
    buf_vprintf(&b, format, args);
    va_end(args);
    columns_text(c, c->arena ? text_new(c->arena, buf_str(&b), b.len, TEXT_LINE) : TEXT(""));
    buf_release(&b);
}

void columns_print(const struct columns *c, FILE *out)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < c->count; i++) {
        size_t w = text_width(c->cells[i]);
        if (w > widths[i % c->width])
            widths[i % c->width] = w;
    }
    for (size_t i = 0; i < c->count; i++) {
        bool last = i % c->width == c->width - 1;
        size_t pad = last ? 0 : widths[i % c->width] - text_width(c->cells[i]) + GAP;
        fprintf(
            out, "%.*s%*s%s", (int)c->cells[i].len, c->cells[i].s, (int)pad, "", last ? "\n" : "");
    }
}
