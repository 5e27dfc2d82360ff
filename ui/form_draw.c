/* A form from its top: the fields, one a row, scrolled so that the one with the cursor is seen; a row
 * that helps, or says what is wrong; and while there is something to choose from, a short list. */
#include "ui/form_internal.h"
#include "ui/say.h"

#include <string.h>

enum {
    LABEL_MOST = 18,
    VALUE_MOST = 64,
    NUMBER_COLUMNS = 12,
    LIST_ROWS_MOST = 6,
    SIGN_COLUMNS = 2
};

struct drawing {
    struct form *f;
    struct canvas *c;
    struct rect r; /* what is not yet drawn */
    int label;     /* columns of the labels with a gap */
    bool focused;
};

static struct rect next_row(struct drawing *d)
{
    struct rect row = {d->r.x, d->r.y, d->r.w, d->r.h > 0};
    d->r.y += row.h;
    d->r.h -= row.h;
    return row;
}

static int label_columns(const struct form *f, int width)
{
    int most = 0;
    for (size_t i = 0; i < f->count; i++) {
        int columns = (int)text_width(say_word(f->slots[i].field.label));
        most = columns > most ? columns : most;
    }
    most = (most < LABEL_MOST ? most : LABEL_MOST) + 2;
    return most < width / 2 ? most : width / 2;
}

/* ---- fields ---------------------------------------------------------------------------------------- */

static void draw_line(struct drawing *d, struct form_slot *slot, struct rect box, bool here)
{
    int most = slot->field.kind == FIELD_NUMBER ? NUMBER_COLUMNS : VALUE_MOST;
    bool empty = edit_text(&slot->value).len == 0;
    if (slot->field.kind == FIELD_NUMBER && empty && slot->field.empty)
        most = (int)strlen(slot->field.empty) + 2;
    box.w = box.w < most ? box.w : most;
    edit_draw(&slot->value, d->c, box, here && d->focused);
    if (empty && slot->field.empty)
        canvas_text_cut(d->c, box, box.x + here, box.y, box.w - here, say_word(slot->field.empty),
            ROLE_INPUT, STYLE_DIM);
}

/* "‹ ADA_24 ›  24 GB …" with the cursor, without the signs otherwise; the first stands in the gap
 * behind the label. */
static void draw_word(struct drawing *d, const struct form_slot *slot, struct rect box, bool here)
{
    struct rect row = {d->r.x, box.y, d->r.w, 1};
    struct text value = edit_text(&slot->value);
    int x = box.x, end = box.x + box.w;
    if (value.len == 0 && slot->field.empty)
        value = say_word(slot->field.empty);
    if (here)
        canvas_text(d->c, row, x - 2, box.y, 1, TEXT("‹"), ROLE_KEY, 0);
    x += canvas_text_cut(d->c, box, x, box.y, end - x, value, ROLE_NORMAL, here ? STYLE_BOLD : 0);
    x += canvas_text(d->c, box, x, box.y, end - x, here ? TEXT(" ›") : TEXT("  "), ROLE_KEY, 0);
    if (slot->notes && slot->chosen < slot->choice_count)
        canvas_text_cut(
            d->c, box, x + 2, box.y, end - x - 2, slot->notes[slot->chosen], ROLE_FAINT, 0);
}

static void draw_field(struct drawing *d, size_t number)
{
    struct form_slot *slot = &d->f->slots[number];
    bool here = number == d->f->at;
    struct rect row = next_row(d);
    struct rect box = {
        row.x + SIGN_COLUMNS + d->label, row.y, row.w - SIGN_COLUMNS - d->label - 1, row.h};
    if (here)
        canvas_text(d->c, row, row.x, row.y, 1, TEXT("▸"), ROLE_TITLE, STYLE_BOLD);
    canvas_text_cut(d->c, row, row.x + SIGN_COLUMNS, row.y, d->label - 1,
        say_word(slot->field.label), here ? ROLE_TITLE : ROLE_LABEL, 0);
    if (box.w <= 0 || box.h <= 0)
        return;
    if (slot->field.kind == FIELD_TEXT || slot->field.kind == FIELD_NUMBER)
        draw_line(d, slot, box, here);
    else
        draw_word(d, slot, box, here);
}

static void draw_fields(struct drawing *d)
{
    size_t room = d->r.h > 2 ? (size_t)d->r.h - 1 : (size_t)d->r.h; /* the help's row */
    size_t shown = d->f->count < room ? d->f->count : room;
    size_t first = d->f->at >= shown ? d->f->at + 1 - shown : 0;
    for (size_t i = 0; i < shown; i++)
        draw_field(d, first + i);
}

/* ---- below them ------------------------------------------------------------------------------------ */

static void draw_help(struct drawing *d)
{
    const struct form *f = d->f;
    bool wrong = f->complaint.class != ERR_NONE;
    const char *words = wrong ? f->complaint.message : f->slots[f->at].field.help;
    struct rect row = next_row(d);
    int x = row.x + SIGN_COLUMNS;
    if (wrong)
        canvas_text(d->c, row, row.x, row.y, 1, TEXT("✗"), ROLE_BAD, STYLE_BOLD);
    if (words)
        canvas_text_cut(d->c, row, x, row.y, row.w - SIGN_COLUMNS - 1, say_word(words),
            wrong ? ROLE_BAD : ROLE_FAINT, 0);
}

struct offer {
    const struct text *items, *notes;
    size_t count, at; /* at == count: none */
};

static int widest(const struct offer *o)
{
    size_t most = 0;
    for (size_t i = 0; i < o->count; i++) {
        size_t columns = text_width(text_cut(o->items[i], CANVAS_COLUMNS_MAX));
        most = columns > most ? columns : most;
    }
    return (int)most;
}

static void draw_offer(struct drawing *d, const struct offer *o)
{
    size_t rows = (size_t)(d->r.h < LIST_ROWS_MOST ? d->r.h : LIST_ROWS_MOST);
    rows = rows < o->count ? rows : o->count;
    size_t first = o->at < o->count && o->at >= rows ? o->at + 1 - rows : 0;
    int column = SIGN_COLUMNS + d->label, width = widest(o);
    for (size_t i = first; i < first + rows; i++) {
        struct rect row = next_row(d);
        bool here = i == o->at;
        int x = row.x + column, end = row.x + row.w - 1;
        canvas_text(d->c, row, x, row.y, 2, here ? TEXT("▸ ") : TEXT("  "), ROLE_TITLE, 0);
        canvas_text_cut(
            d->c, row, x + 2, row.y, end - x - 2, o->items[i], here ? ROLE_TITLE : ROLE_NORMAL, 0);
        if (o->notes)
            canvas_text_cut(d->c, row, x + width + 4, row.y, end - x - width - 4, o->notes[i],
                here ? ROLE_NORMAL : ROLE_FAINT, 0);
    }
    if (first + rows < o->count && rows > 0) {
        struct rect last = {d->r.x, d->r.y - 1, d->r.w, 1};
        canvas_text_right(d->c, last, last.x, last.y, last.w - 1, TEXT(" ▼ more"), ROLE_FAINT, 0);
    }
}

static void draw_list(struct drawing *d)
{
    const struct form *f = d->f;
    const struct form_slot *slot = &f->slots[f->at];
    if (f->list.count > 0)
        draw_offer(d, &(struct offer){f->list.items, NULL, f->list.count, f->list.at});
    else if (slot->field.kind == FIELD_CHOICE)
        draw_offer(
            d, &(struct offer){slot->choices, slot->notes, slot->choice_count, slot->chosen});
}

int form_draw(struct form *f, struct canvas *c, struct rect r, bool focused)
{
    struct drawing d = {f, c, r, label_columns(f, r.w - SIGN_COLUMNS), focused};
    if (r.w <= 0 || r.h <= 0 || f->count == 0)
        return 0;
    draw_fields(&d);
    draw_help(&d);
    draw_list(&d);
    return r.h - d.r.h;
}
