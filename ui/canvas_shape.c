/* Frames and bars: drawn as texts, so that clipping and ASCII need no second thought here; and
 * the canvas as text. */
#include "ui/canvas.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { EIGHTHS = 8 };

/* ---- frames ---------------------------------------------------------------------------------------- */

static void repeat(
    struct canvas *c, struct rect r, int x, int y, int count, struct text sign, enum role role)
{
    for (int i = 0; i < count && x < r.x + r.w; i++)
        canvas_text(c, r, x++, y, 1, sign, role, 0);
}

/* The signs of a frame's lines; ASCII has no other way to show the focus without colours. */
static struct text line_sign(const struct canvas *c, bool focused)
{
    return c->ascii && focused ? TEXT("=") : TEXT("─");
}

/* Whatever the caller asks for, only what can be seen is drawn. */
static struct rect sane(struct rect r)
{
    return rect_clip(r, (struct rect){-CANVAS_COLUMNS_MAX, -CANVAS_ROWS_MAX, 3 * CANVAS_COLUMNS_MAX,
                            3 * CANVAS_ROWS_MAX});
}

/* A line with the title at its start and the note at its end, between two corners. */
static void top_line(
    struct canvas *c, struct rect r, struct text title, struct text note, bool focused)
{
    enum role role = focused ? ROLE_FRAME_FOCUSED : ROLE_FRAME;
    repeat(c, r, r.x, r.y, r.w, line_sign(c, focused), role);
    int room = r.w - 2;
    if (room <= 0)
        return;
    int used =
        canvas_text_cut(c, r, r.x + 1, r.y, room, title, ROLE_TITLE, focused ? STYLE_BOLD : 0);
    if (used > 0 && used < room)
        used += canvas_text(c, r, r.x + 1 + used, r.y, 1, TEXT(" "), role, 0);
    size_t width = text_width(text_cut(note, (size_t)room));
    /* a space on either side of the note, and a bit of line before it */
    if (width == 0 || (size_t)used + width + 3 > (size_t)room ||
        text_cut(note, (size_t)room).len < note.len)
        return;
    int x = r.x + r.w - 1 - (int)width - 2;
    x += canvas_text(c, r, x, r.y, 1, TEXT(" "), role, 0);
    x += canvas_text(c, r, x, r.y, (int)width, note, ROLE_LABEL, 0);
    canvas_text(c, r, x, r.y, 1, TEXT(" "), role, 0);
}

void canvas_rule(struct canvas *c, struct rect r, struct text title, struct text note, bool focused)
{
    r = sane(r);
    if (r.h > 0)
        top_line(c, r, title, note, focused);
}

void canvas_frame(
    struct canvas *c, struct rect r, struct text title, struct text note, bool focused)
{
    enum role role = focused ? ROLE_FRAME_FOCUSED : ROLE_FRAME;
    r = sane(r);
    canvas_rule(c, r, title, note, focused);
    if (r.w < 2 || r.h < 2)
        return;
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    repeat(c, r, r.x, bottom, r.w, line_sign(c, focused), role);
    for (int y = r.y + 1; y < bottom; y++) {
        canvas_text(c, r, r.x, y, 1, TEXT("│"), role, 0);
        canvas_text(c, r, right, y, 1, TEXT("│"), role, 0);
    }
    canvas_text(c, r, r.x, r.y, 1, TEXT("┌"), role, 0);
    canvas_text(c, r, right, r.y, 1, TEXT("┐"), role, 0);
    canvas_text(c, r, r.x, bottom, 1, TEXT("└"), role, 0);
    canvas_text(c, r, right, bottom, 1, TEXT("┘"), role, 0);
}

/* ---- bars ------------------------------------------------------------------------------------------ */

int canvas_steps(double part, int whole)
{
    if (!(part > 0) || whole <= 0)
        return 0;
    if (part >= 1)
        return whole;
    int n = (int)(part * whole + 0.5);
    n = n >= whole ? whole - 1
                   : n; /* not yet all; where there is but one step, something goes first */
    return n < 1 ? 1 : n;
}

void canvas_bar(
    struct canvas *c, struct rect clip, int x, int y, int width, double part, enum role role)
{
    static const struct text blocks[EIGHTHS + 1] = {
        {"░", 3}, {"▏", 3}, {"▎", 3}, {"▍", 3}, {"▌", 3}, {"▋", 3}, {"▊", 3}, {"▉", 3}, {"█", 3}};
    width = width < 3 * CANVAS_COLUMNS_MAX ? width : 3 * CANVAS_COLUMNS_MAX;
    int per_column = c->ascii ? 1 : EIGHTHS;
    int full = canvas_steps(part, width > 0 ? width * per_column : 0) * (EIGHTHS / per_column);
    for (int i = 0; i < width && x <= INT32_MAX - width; i++, full -= EIGHTHS) {
        int level = full <= 0 ? 0 : full >= EIGHTHS ? EIGHTHS : full;
        canvas_text(c, clip, x + i, y, 1, blocks[level], level ? role : ROLE_FAINT, 0);
    }
}

/* ---- as text --------------------------------------------------------------------------------------- */

/* Ends a line, without the `blank` signs at its end. */
static int end_line(struct buf *out, size_t start, char blank)
{
    while (out->len > start && out->data[out->len - 1] == blank)
        out->len--;
    return buf_char(out, '\n');
}

static int print_text(const struct canvas *c, struct buf *out)
{
    const struct cell *cell = c->cells;
    for (int y = 0; y < c->rows; y++) {
        size_t start = out->len;
        for (int x = 0; x < c->columns; x++, cell++)
            if (buf_str_append(out, cell->bytes))
                return -1;
        if (end_line(out, start, ' '))
            return -1;
    }
    return 0;
}

static int print_roles(const struct canvas *c, struct buf *out)
{
#define X(name, word, letter) letter,
    static const char letters[ROLE_COUNT] = {ROLES(X)};
#undef X
    const struct cell *cell = c->cells;
    for (int y = 0; y < c->rows; y++) {
        size_t start = out->len;
        for (int x = 0; x < c->columns; x++, cell++)
            if (buf_char(out, cell->role < ROLE_COUNT ? letters[cell->role] : '?'))
                return -1;
        if (end_line(out, start, '.'))
            return -1;
    }
    return 0;
}

int canvas_print(const struct canvas *c, bool roles, struct buf *out)
{
    if (print_text(c, out))
        return -1;
    if (!roles)
        return 0;
    return buf_str_append(out, "--\n") || print_roles(c, out) ? -1 : 0;
}
