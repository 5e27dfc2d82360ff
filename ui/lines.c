/* Rows are an array of first pieces, pieces an array beside it: adding is appending, drawing looks only
 * at the rows that are seen. Both grow by doubling up to their bound and are kept for the next time.
 * Once something did not fit, nothing more is taken (`full`), so that what is shown is a beginning
 * without holes. */
#include "ui/lines.h"

#include "ui/say.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 4 * LINES_ROWS_MAX, FIRST_ROOM = 64, LABEL_COLUMNS = 15, INDENT = 1 };
enum { NOTE_FROM = 3 /* rows from which there is room to say what is above and below */ };

enum piece_kind { PIECE_TEXT, PIECE_RIGHT, PIECE_BAR };

struct piece {
    struct text text;
    float part; /* of a bar */
    short x, width;
    unsigned char kind, role, style;
};

struct lines {
    struct arena *arena;
    struct piece *pieces;
    size_t *rows; /* the first piece of each */
    size_t piece_count, piece_room, row_count, row_room;
    int width, pen;
    bool full;
    size_t top, page; /* as drawn last */
    bool at_end;
    bool wanted; /* rows that the next drawing has to show */
    size_t first_wanted, last_wanted;
};

struct lines *lines_new(void)
{
    struct lines *l = calloc(1, sizeof *l);
    if (l && !(l->arena = arena_new(LINES_ARENA_MAX))) {
        free(l);
        return NULL;
    }
    return l;
}

void lines_free(struct lines *l)
{
    if (!l)
        return;
    arena_free(l->arena);
    free(l->pieces);
    free(l->rows);
    free(l);
}

void lines_begin(struct lines *l, int width)
{
    struct arena *fresh = arena_new(LINES_ARENA_MAX);
    if (fresh) { /* else the old one goes on: texts from it are empty once it is full */
        arena_free(l->arena);
        l->arena = fresh;
    }
    l->piece_count = l->row_count = 0;
    l->width = width < 0 ? 0 : width > CANVAS_COLUMNS_MAX ? CANVAS_COLUMNS_MAX : width;
    l->pen = 0;
    l->full = false;
}

struct arena *lines_arena(struct lines *l)
{
    return l->arena;
}

int lines_width(const struct lines *l)
{
    return l->width;
}

size_t lines_count(const struct lines *l)
{
    return l->row_count;
}

/* ---- rows and pieces ------------------------------------------------------------------------------- */

/* Room for one more of `size` bytes. */
static bool grow(
    struct lines *l, void **array, size_t *room, size_t count, size_t most, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    wanted = wanted < most ? wanted : most;
    void *grown = count < wanted ? realloc(*array, wanted * size) : NULL;
    if (!grown) {
        l->full = true;
        return false;
    }
    *array = grown;
    *room = wanted;
    return true;
}

void lines_row(struct lines *l, int x)
{
    void *rows = l->rows;
    if (l->full || !grow(l, &rows, &l->row_room, l->row_count, LINES_ROWS_MAX, sizeof *l->rows))
        return;
    l->rows = rows;
    l->rows[l->row_count++] = l->piece_count;
    l->pen = x;
}

void lines_at(struct lines *l, int x)
{
    l->pen = x;
}

void lines_gap(struct lines *l)
{
    if (l->row_count > 0 && l->rows[l->row_count - 1] < l->piece_count)
        lines_row(l, 0);
}

/* A piece on the last row, clipped to the width; NULL when there is no room for it. */
static struct piece *piece(struct lines *l, int x, int width)
{
    void *pieces = l->pieces;
    if (x < 0 || x >= l->width || width <= 0 || l->row_count == 0 || l->full)
        return NULL;
    if (!grow(l, &pieces, &l->piece_room, l->piece_count, PIECES_MAX, sizeof *l->pieces))
        return NULL;
    l->pieces = pieces;
    struct piece *p = &l->pieces[l->piece_count++];
    *p = (struct piece){
        .x = (short)x, .width = (short)(width < l->width - x ? width : l->width - x)};
    return p;
}

static void put(struct lines *l, int x, int width, enum piece_kind kind, struct text t,
    enum role role, int style)
{
    struct piece *p = t.len > 0 ? piece(l, x, width) : NULL;
    if (!p)
        return;
    p->kind = (unsigned char)kind;
    p->text = t;
    p->role = (unsigned char)role;
    p->style = (unsigned char)style;
}

/* Columns of a text, as far as they matter here. */
static int columns_of(const struct lines *l, struct text t)
{
    return (int)text_width(text_cut(t, (size_t)l->width + 1));
}

void lines_add(struct lines *l, struct text t, enum role role, int style)
{
    put(l, l->pen, l->width - l->pen, PIECE_TEXT, t, role, style);
    if (l->pen < l->width)
        l->pen += columns_of(l, t);
}

void lines_cell(
    struct lines *l, int x, int width, enum align align, struct text t, enum role role, int style)
{
    put(l, x, width, align == ALIGN_RIGHT ? PIECE_RIGHT : PIECE_TEXT, t, role, style);
    l->pen = x + width;
}

void lines_bar(struct lines *l, int x, int width, double part, enum role role)
{
    struct piece *p = piece(l, x, width);
    if (p) {
        p->kind = PIECE_BAR;
        p->part = (float)part;
        p->role = (unsigned char)role;
    }
    l->pen = x + width;
}

void lines_wrap(struct lines *l, struct text t, enum role role, int style)
{
    int x = l->pen, room = l->width - x;
    struct text line;
    size_t offset = 0;
    if (room <= 0)
        return;
    for (bool first = true; !l->full && say_wrap(t, room, &offset, &line); first = false) {
        if (!first)
            lines_row(l, x);
        put(l, x, room, PIECE_TEXT, line, role, style);
    }
    l->pen = l->width;
}

/* ---- what most views have --------------------------------------------------------------------------- */

void lines_fact(struct lines *l, const char *label, struct text t, enum role role)
{
    lines_row(l, INDENT);
    lines_cell(l, INDENT, LABEL_COLUMNS - INDENT - 1, ALIGN_LEFT, say_word(label), ROLE_LABEL, 0);
    l->pen = LABEL_COLUMNS;
    lines_wrap(l, t, role, 0);
}

void lines_heading(struct lines *l, struct text t)
{
    lines_gap(l);
    lines_row(l, INDENT);
    lines_add(l, t, ROLE_TITLE, 0);
}

void lines_columns(struct lines *l, struct lines_columns *fit, int indent,
    const struct table_column *columns, size_t count)
{
    count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    *fit = (struct lines_columns){.columns = columns, .count = count};
    int gap = table_fit(columns, count, l->width - indent, fit->width), x = indent;
    lines_row(l, indent);
    for (size_t i = 0; i < count; i++) {
        fit->x[i] = x;
        x += fit->width[i] > 0 ? fit->width[i] + gap : 0;
        lines_in(l, fit, i, say_word(columns[i].title), ROLE_LABEL, 0);
    }
}

void lines_in(struct lines *l, const struct lines_columns *fit, size_t column, struct text t,
    enum role role, int style)
{
    lines_cell(l, fit->x[column], fit->width[column], fit->columns[column].align, t, role, style);
}

/* ---- scrolling and drawing -------------------------------------------------------------------------- */

void lines_follow(struct lines *l)
{
    l->at_end = true;
}

static void scroll(struct lines *l, long by)
{
    if (by < 0)
        l->at_end = false;
    size_t up = by < 0 ? (size_t)-by : 0;
    l->top = by < 0 ? l->top - (up < l->top ? up : l->top) : l->top + (size_t)by;
}

bool lines_act(struct lines *l, enum action_id action)
{
    long page = l->page > 1 ? (long)l->page - 1 : 1;
    switch ((int)action) {
    case ACTION_UP:
        scroll(l, -1);
        return true;
    case ACTION_DOWN:
        scroll(l, 1);
        return true;
    case ACTION_PAGE_UP:
        scroll(l, -page);
        return true;
    case ACTION_PAGE_DOWN:
        scroll(l, page);
        return true;
    case ACTION_FIRST:
        scroll(l, -LINES_ROWS_MAX);
        return true;
    case ACTION_LAST:
        lines_follow(l);
        return true;
    default:
        return false;
    }
}

void lines_show(struct lines *l, size_t first, size_t last)
{
    l->wanted = true;
    l->first_wanted = first;
    l->last_wanted = last;
}

int lines_place(const struct lines *l, size_t row)
{
    bool seen = row < l->row_count && row >= l->top && row - l->top < l->page;
    return seen ? (int)(row - l->top) : -1;
}

static void reveal(struct lines *l, size_t page)
{
    l->wanted = l->at_end = false;
    if (page > 0 && l->last_wanted >= l->top + page)
        l->top = l->last_wanted - page + 1;
    if (l->first_wanted < l->top)
        l->top = l->first_wanted;
}

/* Never past the end; who has come to the end stays there. */
static void settle(struct lines *l, size_t page)
{
    size_t last = l->row_count > page ? l->row_count - page : 0;
    l->page = page;
    if (l->wanted)
        reveal(l, page);
    if (l->at_end || l->top > last)
        l->top = last;
}

static void draw_row(const struct lines *l, size_t row, struct canvas *c, struct rect r, int y)
{
    size_t end = row + 1 < l->row_count ? l->rows[row + 1] : l->piece_count;
    for (size_t i = l->rows[row]; i < end; i++) {
        const struct piece *p = &l->pieces[i];
        int x = r.x + p->x;
        if (p->kind == PIECE_BAR)
            canvas_bar(c, r, x, y, p->width, (double)p->part, p->role);
        else
            (p->kind == PIECE_RIGHT ? canvas_text_right : canvas_text_cut)(
                c, r, x, y, p->width, p->text, p->role, p->style);
    }
}

/* "▲ 3 above · ▼ 12 below" */
static void draw_note(const struct lines *l, struct canvas *c, struct rect r, size_t below)
{
    struct arena *a = arena_new(1024);
    if (!a)
        return;
    struct text note;
    if (l->top > 0 && below > 0)
        note = say_text(a, "▲ %zu above · ▼ %zu below", l->top, below);
    else if (below > 0)
        note = say_text(a, "▼ %zu below", below);
    else
        note = say_text(a, "▲ %zu above%s", l->top, l->full ? " · the rest is not shown" : "");
    canvas_text_right(c, r, r.x, r.y + r.h - 1, r.w, note, ROLE_FAINT, 0);
    arena_free(a);
}

void lines_draw(struct lines *l, struct canvas *c, struct rect r)
{
    if (r.w <= 0 || r.h <= 0)
        return;
    bool noted = l->row_count > (size_t)r.h && r.h >= NOTE_FROM;
    size_t page = (size_t)(noted ? r.h - 1 : r.h);
    settle(l, page);
    for (size_t i = 0; i < page && l->top + i < l->row_count; i++)
        draw_row(l, l->top + i, c, r, r.y + (int)i);
    if (noted)
        draw_note(l, c, r, l->row_count - l->top - page);
}
