/* A canvas → ncurses' window → what is staged for the terminal.
 *
 * The canvas that was shown last is kept, so only cells that differ are given to ncurses, and when
 * none does, nothing happens at all.
 *
 * Terminals, the C library and we do not always agree how wide a character is. Where the C library,
 * which ncurses asks, says otherwise than the canvas, the character is replaced. Where the terminal may
 * see it otherwise (wide characters, marks, newer signs: "odd" ones below), ncurses would go on writing
 * at a place where the cursor is not. So a frame is staged in passes, each of which ends a row behind
 * the first odd cell, and after each pass the cursor is placed by its absolute position, which makes
 * what ncurses believes true again. Thus one cell may be wrong but not the row. */
#include "base/text.h"
#include "ui/terminal_internal.h"

#include <curses.h>
#include <string.h>
#include <wchar.h>

enum { PASSES_MAX = 64 /* rows with more odd cells are written through in the last */ };

static struct {
    bool ascii;
    bool all;            /* what the terminal shows is not known */
    struct canvas shown; /* its cells, as they were given to ncurses */
    int cursor_x, cursor_y, cursor_shows;
    int next[CANVAS_ROWS_MAX]; /* where the next pass goes on in each row */
} blit;

void terminal_blit_open(bool ascii)
{
    memset(&blit, 0, sizeof blit);
    canvas_init(&blit.shown, 0, 0);
    blit.ascii = ascii;
    blit.all = true;
    blit.cursor_shows = -1; /* neither of both */
}

void terminal_blit_close(void)
{
    canvas_release(&blit.shown);
}

void terminal_blit_all(void)
{
    blit.all = true;
}

/* ---- one cell ---------------------------------------------------------------------------------------------- */

enum { CELL_CODES = 5 };

/* The code points of a cell, 0 behind the last. */
static void codes_of(const struct cell *cell, wchar_t codes[CELL_CODES + 1])
{
    size_t n = strnlen(cell->bytes, CELL_BYTES_MAX), count = 0;
    for (size_t at = 0; at < n && count < CELL_CODES;) {
        int32_t code;
        int length = text_decode(cell->bytes + at, n - at, &code);
        at += (size_t)(length < 0 ? -length : length);
        codes[count++] = (wchar_t)code;
    }
    codes[count] = L'\0';
}

/* Signs of one column everywhere: letters of Europe, arrows, frames, blocks, braille. */
static bool is_plain(const wchar_t codes[])
{
    static const wchar_t ranges[][2] = {{0x20, 0x7E}, {0xA0, 0x2FF}, {0x370, 0x482}, {0x48A, 0x52F},
        {0x2010, 0x2027}, {0x20A0, 0x20C0}, {0x2190, 0x22FF}, {0x2500, 0x25FF}, {0x2700, 0x27BF},
        {0x2800, 0x28FF}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (codes[0] >= ranges[i][0] && codes[0] <= ranges[i][1])
            return codes[1] == L'\0';
    return false;
}

static bool is_odd(const struct cell *cell)
{
    wchar_t codes[CELL_CODES + 1];
    if (cell->columns == 0 || (cell->bytes[0] > 0 && cell->bytes[1] == '\0'))
        return false;
    codes_of(cell, codes);
    return cell->columns != 1 || !is_plain(codes);
}

static void put_code(const struct cell *cell, int x, int y, const wchar_t codes[])
{
    short pair;
    cchar_t c;
    attr_t style = (attr_t)terminal_colour_style(cell->role, cell->style, &pair);
    if (setcchar(&c, codes, style, pair, NULL) == OK)
        mvadd_wch(y, x, &c); /* ERR in the last corner, though it is written */
}

static void put_cell(const struct cell *cell, int x, int y)
{
    wchar_t codes[CELL_CODES + 1];
    codes_of(cell, codes);
    bool no_such = blit.ascii && (codes[0] > 0x7E || codes[1]);
    if (!no_such && wcwidth(codes[0]) == cell->columns) {
        put_code(cell, x, y, codes);
        return;
    }
    for (int i = 0; i < cell->columns; i++)
        put_code(cell, x + i, y, blit.ascii ? L"?" : L"\uFFFD");
}

/* ---- a frame ------------------------------------------------------------------------------------------------- */

/* What a pass has found. */
struct pass {
    bool last;  /* odd cells do not end it */
    bool wrote; /* something differed */
    bool odd;   /* it ended at an odd cell: the cursor may be elsewhere */
    bool left;  /* there is more for another one */
};

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->columns == b->columns && a->role == b->role && a->style == b->style &&
           strncmp(a->bytes, b->bytes, CELL_BYTES_MAX) == 0;
}

static struct cell *shown_row(int y)
{
    return blit.shown.cells + (size_t)y * (size_t)blit.shown.columns;
}

/* A cell of what is shown now; half of a wide character is a space. Returns the columns it took. */
static int write_shown(const struct cell *row, int x, int y)
{
    bool whole = row[x].columns == 1 ||
                 (row[x].columns == 2 && x + 1 < blit.shown.columns && row[x + 1].columns == 0);
    if (whole)
        put_cell(&row[x], x, y);
    else
        put_code(&row[x], x, y, L" ");
    return whole ? row[x].columns : 1;
}

/* Where wide characters come or go: ncurses does not keep its cells right when they overlap. */
static void rewrite_row(const struct cell *row, int y)
{
    move(y, 0);
    clrtoeol();
    for (int x = 0; x < blit.shown.columns;)
        x += write_shown(row, x, y);
}

/* Takes over `n` cells; false when they were the same. */
static bool take_cells(struct cell *before, const struct cell *now, int n, bool *wide)
{
    bool differ = false;
    for (int i = 0; i < n; i++) {
        if (same_cell(&now[i], &before[i]))
            continue;
        *wide |= now[i].columns != 1 || before[i].columns != 1;
        before[i] = now[i];
        differ = true;
    }
    return differ;
}

/* Writes what differs from column `x` on, up to the first odd cell at or behind a change. Returns the
 * column to go on from. */
static int put_row(const struct canvas *c, int y, int x, struct pass *pass)
{
    const struct cell *now = c->cells + (size_t)y * (size_t)c->columns;
    struct cell *before = shown_row(y);
    bool wrote = false, wide = false, ends = false;
    while (x < blit.shown.columns && !ends) {
        int span = now[x].columns == 2 && x + 1 < blit.shown.columns ? 2 : 1;
        if (take_cells(before + x, now + x, span, &wide)) {
            write_shown(before, x, y);
            wrote = true;
        }
        bool odd = wrote && is_odd(&now[x]);
        pass->odd |= odd;
        ends = odd && !pass->last;
        x += span;
    }
    if (wide)
        rewrite_row(before, y);
    pass->wrote |= wrote;
    return x;
}

static struct pass put_rows(const struct canvas *c, bool last)
{
    struct pass pass = {.last = last};
    for (int y = 0; y < blit.shown.rows; y++) {
        blit.next[y] = put_row(c, y, blit.next[y], &pass);
        pass.left |= blit.next[y] < blit.shown.columns;
    }
    return pass;
}

/* Lets ncurses stage what it was given, the cursor at its place in the end. */
static void update(int x, int y, bool lost)
{
    move(y, x);
    wnoutrefresh(stdscr);
    doupdate();
    if (lost)
        terminal_caps_stage_place(x, y);
}

static bool put_canvas(const struct canvas *c)
{
    struct pass pass = {.left = true};
    bool lost = false, wrote = false;
    memset(blit.next, 0, sizeof blit.next);
    for (int n = 1; pass.left; n++) {
        if (lost) {
            update(0, 0, true);
            lost = false;
        }
        pass = put_rows(c, n == PASSES_MAX);
        lost |= pass.odd;
        wrote |= pass.wrote;
    }
    if (lost)
        update(0, 0, true);
    return wrote;
}

/* Another size, or nothing is known of the screen: everything will differ. */
static void begin_anew(void)
{
    for (int i = 0; i < blit.shown.columns * blit.shown.rows; i++)
        blit.shown.cells[i].role = ROLE_COUNT;
    werase(stdscr);
    clearok(curscr, TRUE);
    blit.all = false;
}

static bool fit(const struct canvas *c)
{
    int columns = c->columns < COLS ? c->columns : COLS;
    int rows = c->rows < LINES ? c->rows : LINES;
    if (columns == blit.shown.columns && rows == blit.shown.rows)
        return true;
    blit.all = true;
    return canvas_resize(&blit.shown, columns, rows) == 0;
}

/* True when the cursor has to go elsewhere, or to appear or to vanish. */
static bool set_cursor(const struct canvas *c)
{
    bool shows = c->cursor_column >= 0 && c->cursor_column < COLS && c->cursor_row >= 0 &&
                 c->cursor_row < LINES;
    int x = shows ? c->cursor_column : COLS - 1, y = shows ? c->cursor_row : LINES - 1;
    bool same = blit.cursor_shows == shows && blit.cursor_x == x && blit.cursor_y == y;
    if (blit.cursor_shows != (int)shows)
        curs_set(shows);
    blit.cursor_shows = shows;
    blit.cursor_x = x;
    blit.cursor_y = y;
    return !same;
}

void terminal_blit_stage(const struct canvas *c, const struct theme *t)
{
    if (!fit(c))
        return; /* memory is out: the frame before stays */
    bool anew = terminal_colour_use(t) || blit.all;
    if (anew)
        begin_anew();
    bool wrote = put_canvas(c), moved = set_cursor(c);
    if (anew || wrote || moved)
        update(blit.cursor_x, blit.cursor_y, false);
}
