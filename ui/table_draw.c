/* Drawing a table: the rows that are visible and nothing else is asked of the source. */
#include "ui/table_internal.h"

#include <string.h>

enum { SIGNS_TWO_FROM = 12, SIGNS_ONE_FROM = 4 }; /* columns from which there is room for signs */

struct drawing {
    struct table *t;
    struct canvas *c;
    struct rect r; /* lies on the canvas; what is not yet drawn */
    int signs;     /* columns before the first, 0..2 */
    int gap;
    int widths[TABLE_COLUMNS_MAX];
};

static struct drawing drawing_of(struct table *t, struct canvas *c, struct rect r)
{
    struct drawing d = {.t = t, .c = c};
    table_update(t);
    d.r = rect_clip(r, (struct rect){0, 0, c->columns, c->rows});
    d.signs = d.r.w >= SIGNS_TWO_FROM ? 2 : d.r.w >= SIGNS_ONE_FROM;
    d.gap = table_fit(t->source.columns, t->source.column_count, d.r.w - d.signs, d.widths);
    return d;
}

/* ---- titles ---------------------------------------------------------------------------------------- */

/* Which way it is sorted stands behind the title, before one that ends at the right. */
static void draw_title(struct drawing *d, int x, size_t column)
{
    const struct table_column *col = &d->t->source.columns[column];
    struct text title = {col->title, strlen(col->title)};
    int width = d->widths[column], length = (int)text_width(title);
    bool right = col->align == ALIGN_RIGHT, sorted = d->t->sort_column == (int)column;
    int style = sorted ? STYLE_UNDERLINE : 0;
    (right ? canvas_text_right : canvas_text_cut)(
        d->c, d->r, x, d->r.y, width, title, ROLE_LABEL, style);
    if (!sorted || length >= width)
        return;
    struct text sign = d->t->descending ? TEXT("▼") : TEXT("▲");
    int at = right ? x + width - length - 1 : x + length;
    canvas_text(d->c, d->r, at, d->r.y, 1, sign, ROLE_LABEL, 0);
}

static void next_row(struct drawing *d)
{
    d->r.y++;
    d->r.h--;
}

static void draw_titles(struct drawing *d)
{
    int x = d->r.x + d->signs;
    canvas_fill(d->c, (struct rect){d->r.x, d->r.y, d->r.w, 1}, ROLE_NORMAL, 0);
    for (size_t i = 0; i < d->t->source.column_count; i++) {
        if (d->widths[i] == 0)
            continue;
        draw_title(d, x, i);
        x += d->widths[i] + d->gap;
    }
    next_row(d);
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static void draw_sign(struct drawing *d, int number, struct text sign, enum role role)
{
    canvas_text(d->c, d->r, d->r.x + number, d->r.y, 1, sign, role, STYLE_BOLD);
}

/* First the cursor, else that it needs attention; then its mark, else what the cursor stands on.
 * With room for one sign, the first of cursor, mark, attention. */
static void draw_signs(struct drawing *d, const struct table_row *row, bool cursor)
{
    bool second = d->signs == 2 || (d->signs == 1 && !cursor);
    if (d->signs > 0 && cursor)
        draw_sign(d, 0, TEXT("▸"), ROLE_TITLE);
    else if (d->signs > 0 && row->attention)
        draw_sign(d, 0, TEXT("!"), ROLE_BAD);
    if (second && row->marked)
        draw_sign(d, d->signs - 1, TEXT("*"), ROLE_MARKED);
    else if (second && cursor && row->attention)
        draw_sign(d, d->signs - 1, TEXT("!"), ROLE_BAD);
}

static void draw_cells(struct drawing *d, size_t place, bool marked)
{
    struct table_cell cell;
    int x = d->r.x + d->signs;
    bool first = true;
    for (size_t i = 0; i < d->t->source.column_count; i++) {
        if (d->widths[i] == 0)
            continue;
        table_ask(d->t, table_row_at(d->t, place), i, &cell);
        if (first && marked && cell.role == ROLE_NORMAL)
            cell.role = ROLE_MARKED;
        if (cell.rest) {
            canvas_text_cut(
                d->c, d->r, x, d->r.y, d->r.x + d->r.w - x, cell.text, cell.role, cell.style);
            return;
        }
        bool right = d->t->source.columns[i].align == ALIGN_RIGHT;
        (right ? canvas_text_right : canvas_text_cut)(
            d->c, d->r, x, d->r.y, d->widths[i], cell.text, cell.role, cell.style);
        x += d->widths[i] + d->gap;
        first = false;
    }
}

static void draw_row(struct drawing *d, size_t place, bool cursor)
{
    const struct table_row *row = &d->t->rows.at[d->t->order[place]];
    struct rect line = {d->r.x, d->r.y, d->r.w, 1};
    canvas_fill(d->c, line, ROLE_NORMAL, 0);
    draw_signs(d, row, cursor);
    draw_cells(d, place, row->marked);
    if (cursor)
        canvas_paint(d->c, line, ROLE_CURSOR, 0);
    next_row(d);
}

/* ---- tables ---------------------------------------------------------------------------------------- */

/* Scrolls as little as needed, and never past the end. */
static void scroll(struct table *t)
{
    size_t last = t->count > t->page ? t->count - t->page : 0;
    if (t->top > last)
        t->top = last;
    if (t->cursor < t->top)
        t->top = t->cursor;
    if (t->cursor - t->top >= t->page)
        t->top = t->cursor - t->page + 1;
}

void table_draw(struct table *t, struct canvas *c, struct rect r, bool focused, bool titles)
{
    struct drawing d = drawing_of(t, c, r);
    if (d.r.w <= 0 || d.r.h <= 0)
        return;
    if (titles && d.r.h >= 2)
        draw_titles(&d);
    t->page = (size_t)d.r.h;
    scroll(t);
    for (size_t place = t->top; place < t->count && d.r.h > 0; place++)
        draw_row(&d, place, focused && place == t->cursor);
}

/* The next rows that need attention, or those that do not. */
static void draw_some(struct drawing *d, bool attention, size_t count)
{
    const struct table *t = d->t;
    for (size_t place = 0; place < t->count && count > 0 && d->r.h > 0; place++) {
        if (t->rows.at[t->order[place]].attention != attention)
            continue;
        draw_row(d, place, false);
        count--;
    }
}

void table_draw_brief(struct table *t, struct canvas *c, struct rect r)
{
    struct drawing d = drawing_of(t, c, r);
    if (d.r.w <= 0)
        return;
    draw_some(&d, true, t->attention);
    draw_some(&d, false, t->count - t->attention);
}
