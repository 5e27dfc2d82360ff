/* A row: time, origin, level, text, and at the right how many equal lines it stands for. Time, origin and
 * level leave in this order where there is no room. Lines of the system around a worker have "sys" for a
 * level that says nothing else. */
#include "ui/log_view_internal.h"

#include "ui/box.h"
#include "ui/say.h"

#include <stdio.h>
#include <string.h>

enum { TIME_COLUMNS = 8, LEVEL_COLUMNS = 5, TIME_LEAST = 28, LEVEL_LEAST = 40, PIECES_MAX = 64 };
enum { HELD_MAX = 4 << 20 };

/* Rows of one line at most; it is cut before that (LOG_LINE_SHOWN_MAX), but for very narrow screens. */
enum { LINE_ROWS_MAX = 2100 };

static struct log_columns columns_of(int width, bool wrap)
{
    struct log_columns col = {.wrap = wrap};
    col.origin = width >= 100 ? 18 : width >= 60 ? 12 : 0;
    col.level = width >= LEVEL_LEAST;
    col.text_x = width >= TIME_LEAST ? TIME_COLUMNS + 1 : 0;
    col.text_x += col.origin > 0 ? col.origin + 1 : 0;
    col.text_x += col.level ? LEVEL_COLUMNS + 2 : 0;
    col.text = width - col.text_x;
    return col;
}

/* "×37" and its columns with the space in front; 0 = it is one line. */
static int count_words(const struct log_line *line, char out[SAY_MAX])
{
    if (line->count < 2)
        return 0;
    return snprintf(out, SAY_MAX, "×%u", (unsigned)line->count); /* × takes two bytes */
}

static int text_columns(const struct log_columns *col, const struct log_line *line)
{
    char words[SAY_MAX];
    int room = col->text - count_words(line, words);
    return room > 0 ? room : 1;
}

static int height_of(const struct log_columns *col, const struct log_line *line)
{
    if (!col->wrap)
        return 1;
    int rows = say_wrap_count(line->line, text_columns(col, line), LINE_ROWS_MAX);
    return rows > 0 ? rows : 1;
}

int log_view_height(const struct log_view *v, size_t place)
{
    return height_of(&v->columns, log_view_line(v, place));
}

/* ---- one line -------------------------------------------------------------------------------------- */

struct drawing {
    const struct log_view *v;
    struct canvas *c;
    const struct log_columns *col;
    const struct log_line *line;
};

/* Marks what is searched for in a piece of the line's text that stands at (x, y). */
static void mark_pieces(const struct drawing *d, struct text piece, int x, int y, int width)
{
    size_t offset = (size_t)(piece.s - d->line->line.s), start = 0, end = offset;
    for (int i = 0; i < PIECES_MAX && d->v->search; i++) {
        if (!filter_find(d->v->search, "text", d->line->line, end, &start, &end) ||
            start >= offset + piece.len)
            return;
        size_t to = end < offset + piece.len ? end : offset + piece.len;
        int left = (int)text_width((struct text){piece.s, start - offset});
        int columns = (int)text_width((struct text){d->line->line.s + start, to - start});
        columns = left + columns > width ? width - left : columns;
        if (left < width)
            canvas_paint(d->c, (struct rect){x + left, y, columns, 1}, ROLE_MARKED, STYLE_REVERSE);
    }
}

static void draw_head(const struct drawing *d, struct rect r)
{
    static const enum role roles[LINE_LEVELS] = {ROLE_FAINT, ROLE_LABEL, ROLE_WARNING, ROLE_BAD};
    const struct log_line *line = d->line;
    bool plain = line->source == LINE_SYSTEM && line->level == LINE_INFO;
    const char *level = plain ? "sys" : line_level_name(line->level);
    char clock[SAY_MAX];
    int x = r.x;
    if (r.w >= TIME_LEAST) {
        say_clock(clock, line->at_ms);
        canvas_text(d->c, r, x, r.y, TIME_COLUMNS, say_word(clock), ROLE_FAINT, 0);
        x += TIME_COLUMNS + 1;
    }
    if (d->col->origin > 0) {
        canvas_text_cut(d->c, r, x, r.y, d->col->origin, line->origin, ROLE_LABEL, 0);
        x += d->col->origin + 1;
    }
    if (d->col->level)
        canvas_text(d->c, r, x, r.y, LEVEL_COLUMNS, say_word(level), roles[line->level], 0);
}

/* The line without the first `skip` of its rows; what does not fit r is left out. */
static void draw_line(const struct drawing *d, struct rect r, int skip)
{
    static const enum role roles[LINE_LEVELS] = {ROLE_FAINT, ROLE_NORMAL, ROLE_NORMAL, ROLE_BAD};
    const struct log_line *line = d->line;
    enum role role = line->lost ? ROLE_WARNING : roles[line->level];
    int width = text_columns(d->col, line), x = r.x + d->col->text_x, row = 0;
    struct text piece = line->line;
    size_t offset = 0;
    char words[SAY_MAX];
    if (skip == 0) {
        draw_head(d, r);
        if (count_words(line, words))
            canvas_text_right(d->c, r, x + width + 1, r.y, d->col->text - width - 1,
                say_word(words), ROLE_ACTIVE, 0);
    }
    if (!d->col->wrap) {
        canvas_text_cut(d->c, r, x, r.y, width, piece, role, 0);
        mark_pieces(d, piece, x, r.y, width);
        return;
    }
    for (; row - skip < r.h && say_wrap(line->line, width, &offset, &piece); row++) {
        if (row < skip)
            continue;
        canvas_text(d->c, r, x, r.y + row - skip, width, piece, role, 0);
        mark_pieces(d, piece, x, r.y + row - skip, width);
    }
}

/* ---- all of them ----------------------------------------------------------------------------------- */

static void draw_nothing(struct log_view *v, struct canvas *c, struct rect r)
{
    struct arena *a = arena_new(4096);
    if (a)
        box_text(c, rect_inset(r, r.w > 4, 0), log_view_nothing(v, a), ROLE_FAINT, 0);
    arena_free(a);
    v->first = v->end = 0;
}

void log_view_let_go(struct log_view *v)
{
    arena_free(v->held.arena);
    v->held = (struct log_held){0};
}

/* Keeps what is shown. Without memory it goes when the store lets it go. */
static void hold(struct log_view *v)
{
    size_t count = v->end - v->first;
    log_view_let_go(v);
    struct arena *a = count > 0 ? arena_new(HELD_MAX) : NULL;
    struct log_line *lines = a ? arena_array(a, count, sizeof *lines) : NULL;
    for (size_t i = 0; lines && i < count; i++) {
        lines[i] = *log_view_line(v, v->first + i);
        lines[i].origin = text_dup(a, lines[i].origin);
        lines[i].line = text_dup(a, lines[i].line);
        lines[i].endpoint_id = NULL;
    }
    if (lines)
        v->held = (struct log_held){a, lines, count, v->top};
    else
        arena_free(a);
}

static bool is_gone(const struct log_view *v)
{
    uint64_t first;
    store_log(v->x->store, &first);
    return !v->follow && v->held.count > 0 && v->top.number < first &&
           v->held.top.number == v->top.number;
}

static void draw_held(struct log_view *v, struct canvas *c, struct rect r)
{
    int skip = v->top_row;
    for (size_t i = 0; i < v->held.count && r.h > 0; i++, skip = 0) {
        const struct drawing d = {v, c, &v->columns, &v->held.lines[i]};
        int rows = height_of(&v->columns, d.line);
        skip = skip < rows ? skip : rows - 1;
        draw_line(&d, r, skip);
        r = box_below(r, rows - skip);
    }
    v->first = v->end = 0;
}

static void draw_lines(struct log_view *v, struct canvas *c, struct rect r)
{
    size_t count = log_index_count(&v->index);
    struct log_spot at = log_view_top_spot(v);
    for (v->first = v->end = at.place; v->end < count && r.h > 0; v->end++, at.row = 0) {
        const struct drawing d = {v, c, &v->columns, log_view_line(v, v->end)};
        int rows = height_of(&v->columns, d.line) - at.row;
        draw_line(&d, r, at.row);
        r = box_below(r, rows);
    }
    if (v->end > 0)
        v->last = log_index_at(&v->index, v->end - 1);
    if (v->follow)
        log_view_let_go(v);
    else
        hold(v);
}

void log_view_draw(void *arg, struct canvas *c, struct rect r, bool focused, bool compact)
{
    struct log_view *v = arg;
    struct rect line = {r.x, r.y + r.h - 1, r.w, 1};
    log_view_update(v);
    if (v->searching && r.h > 1)
        r.h--;
    v->columns = columns_of(r.w, v->wrap && (focused || v->endpoint[0]) && !compact);
    v->width = r.w;
    v->rows = r.h;
    v->focused = focused && !compact;
    v->drawn = true;
    v->gone = is_gone(v);
    if (v->gone)
        draw_held(v, c, r);
    else if (log_index_count(&v->index) == 0)
        draw_nothing(v, c, r);
    else
        draw_lines(v, c, r);
    if (v->searching)
        prompt_draw(&v->prompt, c, line, TEXT("search: "));
    if (v->choosing)
        log_view_source_draw(v, c, r);
}
