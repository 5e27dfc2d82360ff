/* The grid and its texts. Every write goes through put(), which alone knows about wide
 * characters: it mends the half of what it overwrites and turns into spaces what the clip would
 * cut in half, so that no other function can break what canvas.h says always holds. Coordinates
 * may be any int; sums of them are made in 64 bits. */
#include "ui/canvas.h"
#include "ui/canvas_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- size ---------------------------------------------------------------------------------------- */

static int between(int least, int value, int most)
{
    return value < least ? least : value > most ? most : value;
}

int canvas_init(struct canvas *c, int columns, int rows)
{
    *c = (struct canvas){.cursor_column = -1, .cursor_row = -1};
    return canvas_resize(c, columns, rows);
}

void canvas_release(struct canvas *c)
{
    free(c->cells);
    *c = (struct canvas){.cursor_column = -1, .cursor_row = -1};
}

int canvas_resize(struct canvas *c, int columns, int rows)
{
    columns = between(0, columns, CANVAS_COLUMNS_MAX);
    rows = between(0, rows, CANVAS_ROWS_MAX);
    size_t count = (size_t)columns * (size_t)rows;
    struct cell *cells = realloc(c->cells, (count ? count : 1) * sizeof *cells);
    if (!cells)
        return -1;
    c->cells = cells;
    c->columns = columns;
    c->rows = rows;
    canvas_clear(c);
    return 0;
}

void canvas_clear(struct canvas *c)
{
    static const struct cell blank = {.bytes = " ", .columns = 1, .role = ROLE_NORMAL};
    size_t count = (size_t)c->columns * (size_t)c->rows;
    for (size_t i = 0; i < count; i++)
        c->cells[i] = blank;
    c->cursor_column = c->cursor_row = -1;
}

/* ---- rectangles ------------------------------------------------------------------------------------ */

struct rect rect_inset(struct rect r, int x, int y)
{
    int64_t w = r.w - 2 * (int64_t)x, h = r.h - 2 * (int64_t)y;
    int64_t left = r.x + (int64_t)x, top = r.y + (int64_t)y;
    bool fits = left >= INT32_MIN && left <= INT32_MAX && top >= INT32_MIN && top <= INT32_MAX;
    if (!fits || w <= 0 || h <= 0 || w > INT32_MAX || h > INT32_MAX)
        return (struct rect){r.x, r.y, 0, 0};
    return (struct rect){(int)left, (int)top, (int)w, (int)h};
}

/* Where two spans of columns or rows overlap; false when nowhere. */
static bool overlap(int a, int a_size, int b, int b_size, int *at, int *size)
{
    int64_t first = a > b ? a : b;
    int64_t a_end = (int64_t)a + a_size, b_end = (int64_t)b + b_size;
    int64_t end = a_end < b_end ? a_end : b_end;
    if (a_size <= 0 || b_size <= 0 || end <= first)
        return false;
    *at = (int)first;
    *size = (int)(end - first);
    return true;
}

struct rect rect_clip(struct rect a, struct rect b)
{
    struct rect r;
    if (overlap(a.x, a.w, b.x, b.w, &r.x, &r.w) && overlap(a.y, a.h, b.y, b.h, &r.y, &r.h))
        return r;
    return (struct rect){a.x, a.y, 0, 0};
}

static struct rect on_canvas(const struct canvas *c, struct rect r)
{
    return rect_clip(r, (struct rect){0, 0, c->columns, c->rows});
}

/* ---- cells ----------------------------------------------------------------------------------------- */

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
    return &c->cells[(size_t)y * (size_t)c->columns + (size_t)x];
}

const struct cell *canvas_at(const struct canvas *c, int x, int y)
{
    return x >= 0 && y >= 0 && x < c->columns && y < c->rows ? cell_at(c, x, y) : NULL;
}

static void make_space(struct cell *cell)
{
    memcpy(cell->bytes, " ", 2);
    cell->columns = 1;
}

/* Half of a wide character is about to be overwritten: the other half becomes a space. */
static void split(struct canvas *c, int x, int y)
{
    struct cell *cell = cell_at(c, x, y);
    if (cell->columns == 0) {
        make_space(cell - 1);
        make_space(cell);
    } else if (cell->columns == 2) {
        make_space(cell + 1);
        make_space(cell);
    }
}

static void put_bytes(struct canvas *c, int x, int y, const char *s, size_t len, int columns,
    enum role role, int style)
{
    struct cell *cell = cell_at(c, x, y);
    split(c, x, y);
    memcpy(cell->bytes, s, len);
    cell->bytes[len] = '\0';
    cell->columns = (unsigned char)columns;
    cell->role = (unsigned char)role;
    cell->style = (unsigned char)style;
}

/* `columns` spaces, of which `clip` (on the canvas, with row y in it) shows a part. */
static void put_spaces(
    struct canvas *c, struct rect clip, int64_t x, int y, int columns, enum role role, int style)
{
    for (int64_t at = x; at < x + columns; at++)
        if (at >= clip.x && at < (int64_t)clip.x + clip.w)
            put_bytes(c, (int)at, y, " ", 1, 1, role, style);
}

static void put_wide(
    struct canvas *c, int x, int y, const struct text_cell *t, enum role role, int style)
{
    split(c, x + 1, y);
    put_bytes(c, x, y, t->s, t->len, 2, role, style);
    struct cell *next = cell_at(c, x + 1, y);
    *next = (struct cell){.role = (unsigned char)role, .style = (unsigned char)style};
}

/* As it is to be stored: in ASCII, and never longer than a cell holds. `sign` is room for it. */
static struct text_cell stored(const struct canvas *c, struct text_cell t, char sign[1])
{
    int32_t code;
    text_decode(t.s, t.len, &code);
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    if (control || t.len >= CELL_BYTES_MAX || (c->ascii && (code >= 0x7F || t.len > 1))) {
        sign[0] = code < 0x20 ? ' ' : canvas_ascii(code);
        t.s = sign;
        t.len = 1;
    }
    return t;
}

/* One character; `clip` lies on the canvas and row y in it. */
static void put(struct canvas *c, struct rect clip, int64_t x, int y, struct text_cell t,
    enum role role, int style)
{
    char sign[1];
    bool inside = x >= clip.x && x + t.columns <= (int64_t)clip.x + clip.w;
    if (!inside) {
        put_spaces(c, clip, x, y, t.columns, role, style);
        return;
    }
    t = stored(c, t, sign);
    if (t.s != sign && t.columns == 2) {
        put_wide(c, (int)x, y, &t, role, style);
        return;
    }
    for (int i = 0; i < t.columns; i++)
        put_bytes(c, (int)x + i, y, t.s, t.len, 1, role, style);
}

/* ---- texts ----------------------------------------------------------------------------------------- */

/* The columns of a text as far as `most`; more than that is told as `most` + 1. */
static int measure(struct text t, int most)
{
    int64_t columns = 0;
    size_t offset = 0;
    struct text_cell cell;
    most = most < INT32_MAX ? most : INT32_MAX - 1;
    while (columns <= most && text_next(t, &offset, &cell))
        columns += cell.columns;
    return columns > most ? most + 1 : (int)columns;
}

int canvas_text(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style)
{
    clip = on_canvas(c, clip);
    if (y < clip.y || y >= clip.y + clip.h)
        clip.w = 0;
    int64_t at = x, end = (int64_t)x + (width > 0 ? width : 0);
    size_t offset = 0;
    struct text_cell cell;
    while (at < end && text_next(t, &offset, &cell)) {
        if (at + cell.columns > end) /* half of a wide one */
            cell = (struct text_cell){" ", 1, 1};
        put(c, clip, at, y, cell, role, style);
        at += cell.columns;
    }
    return (int)(at - x);
}

int canvas_text_cut(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style)
{
    if (width <= 0)
        return 0;
    if (measure(t, width) <= width)
        return canvas_text(c, clip, x, y, width, t, role, style);
    struct text shown = text_cut(t, (size_t)width - 1);
    int used = canvas_text(c, clip, x, y, width, shown, role, style);
    int next = (x < INT32_MAX - used ? x : INT32_MAX - used) + used;
    return used + canvas_text(c, clip, next, y, 1, TEXT("…"), role, style);
}

int canvas_text_right(struct canvas *c, struct rect clip, int x, int y, int width, struct text t,
    enum role role, int style)
{
    if (width <= 0)
        return 0;
    int used = measure(t, width);
    int64_t start = (int64_t)x + width - used;
    if (used > width || start > INT32_MAX)
        return canvas_text_cut(c, clip, x, y, width, t, role, style);
    return canvas_text(c, clip, (int)start, y, used, t, role, style);
}

/* ---- areas ----------------------------------------------------------------------------------------- */

void canvas_fill(struct canvas *c, struct rect r, enum role role, int style)
{
    r = on_canvas(c, r);
    for (int y = r.y; y < r.y + r.h; y++)
        put_spaces(c, r, r.x, y, r.w, role, style);
}

void canvas_paint(struct canvas *c, struct rect r, enum role role, int style)
{
    r = on_canvas(c, r);
    for (int y = r.y; y < r.y + r.h; y++) {
        for (int x = r.x; x < r.x + r.w; x++) {
            struct cell *cell = cell_at(c, x, y);
            if (cell->columns == 0)
                continue;
            for (int i = 0; i < cell->columns; i++) {
                cell[i].role = (unsigned char)role;
                cell[i].style = (unsigned char)style;
            }
        }
    }
}
