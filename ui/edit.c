/* The line is an array with its cursor as a byte offset: lines are short, and moving bytes on
 * every key costs nothing that a person could feel. Every change is one replace() of a range,
 * which alone keeps the bytes terminated and overwrites what falls off the end.
 *
 * An insertion is cleaned together with the character before it, so that a combining mark typed
 * on its own joins it, under the rule for marks that text.h has. Cleaning leaves that character
 * as it is, because it is clean; so what comes behind it is the insertion. */
#include "ui/edit.h"

#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

enum { CLEAN_GROWTH = 8 /* the most bytes that cleaning makes of one: a tab's spaces */ };

int edit_init(struct edit *e, size_t max, bool secret)
{
    max = max < EDIT_BYTES_MAX ? max : EDIT_BYTES_MAX;
    *e = (struct edit){.bytes = calloc(max + 1, 1), .secret = secret};
    if (!e->bytes)
        return -1;
    e->max = max;
    return 0;
}

void edit_release(struct edit *e)
{
    if (e->bytes)
        secret_wipe(e->bytes, e->max + 1);
    free(e->bytes);
    *e = (struct edit){0};
}

struct text edit_text(const struct edit *e)
{
    return e->bytes ? (struct text){e->bytes, e->len} : TEXT("");
}

/* ---- changing -------------------------------------------------------------------------------------- */

/* Puts n bytes in place of those from `from` to `to`, and the cursor behind them. */
static int replace(struct edit *e, size_t from, size_t to, const char *bytes, size_t n)
{
    size_t kept = e->len - (to - from);
    if (n > e->max - kept)
        return -1;
    if (!e->bytes)
        return 0;
    memmove(e->bytes + from + n, e->bytes + to, e->len - to);
    if (n > 0)
        memmove(e->bytes + from, bytes, n); /* may be our own */
    if (kept + n < e->len)
        secret_wipe(e->bytes + kept + n, e->len - (kept + n));
    e->len = kept + n;
    e->bytes[e->len] = '\0';
    e->cursor = from + n;
    return 0;
}

static bool delete_range(struct edit *e, size_t from, size_t to)
{
    return from < to && replace(e, from, to, NULL, 0) == 0;
}

void edit_clear(struct edit *e)
{
    delete_range(e, 0, e->len);
}

int edit_set(struct edit *e, struct text t)
{
    return replace(e, 0, e->len, t.s, t.len);
}

/* ---- characters ------------------------------------------------------------------------------------ */

/* Where the character before `at` begins; `at` > 0 is a boundary. */
static size_t before(const struct edit *e, size_t at)
{
    size_t start = 0, next = 0;
    struct text_cell cell;
    while (next < at) {
        start = next;
        if (!text_next(edit_text(e), &next, &cell))
            break;
    }
    return start;
}

static size_t behind(const struct edit *e, size_t at)
{
    struct text_cell cell;
    text_next(edit_text(e), &at, &cell);
    return at;
}

/* Letters and digits, and whatever is not ASCII but a space. */
static bool in_word(const struct text_cell *cell)
{
    unsigned char c = (unsigned char)cell->s[0];
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    bool space = cell->len >= 2 && memcmp(cell->s, "\u00A0", 2) == 0;
    return !space && !(cell->len >= 3 && memcmp(cell->s, "\u3000", 3) == 0);
}

/* The last beginning of a word before the cursor. */
static size_t word_before(const struct edit *e)
{
    size_t start = 0, next = 0, at = 0;
    bool inside = false;
    struct text_cell cell;
    if (e->secret)
        return 0;
    while (next < e->cursor && text_next(edit_text(e), &next, &cell)) {
        bool word = in_word(&cell);
        if (word && !inside)
            start = at;
        inside = word;
        at = next;
    }
    return start;
}

/* The first end of a word behind the cursor. */
static size_t word_behind(const struct edit *e)
{
    size_t next = e->cursor, at = e->cursor;
    bool inside = false;
    struct text_cell cell;
    while (!e->secret && text_next(edit_text(e), &next, &cell)) {
        bool word = in_word(&cell);
        if (inside && !word)
            return at;
        inside = word;
        at = next;
    }
    return e->len;
}

/* ---- editing --------------------------------------------------------------------------------------- */

int edit_insert(struct edit *e, const void *bytes, size_t n)
{
    const char *typed = bytes;
    while (n > 0 && (typed[n - 1] == '\n' || typed[n - 1] == '\r'))
        n--;
    if (n == 0)
        return 0;
    if (n > e->max)
        return -1;
    size_t from = e->cursor > 0 ? before(e, e->cursor) : 0, base = e->cursor - from;
    struct buf raw, clean;
    buf_init(&raw, base + n);
    buf_init(&clean, raw.max * CLEAN_GROWTH);
    /* room for all at once: growing would leave pieces of a secret behind */
    int result = buf_reserve(&raw, raw.max) || buf_reserve(&clean, clean.max) ? -1 : 0;
    if (result == 0) {
        buf_append(&raw, e->bytes + from, base);
        buf_append(&raw, typed, n);
        result = text_clean(&clean, raw.data, raw.len, TEXT_LINE);
    }
    if (result == 0)
        result = replace(e, from, e->cursor, buf_str(&clean), clean.len);
    buf_release_secret(&raw);
    buf_release_secret(&clean);
    return result;
}

bool edit_backspace(struct edit *e)
{
    return e->cursor > 0 && delete_range(e, before(e, e->cursor), e->cursor);
}

/* What is ahead is deleted, so the cursor stays where it is. */
bool edit_delete(struct edit *e)
{
    return delete_range(e, e->cursor, behind(e, e->cursor));
}

bool edit_delete_word(struct edit *e)
{
    return delete_range(e, word_before(e), e->cursor);
}

bool edit_delete_to_home(struct edit *e)
{
    return delete_range(e, 0, e->cursor);
}

bool edit_delete_to_end(struct edit *e)
{
    return delete_range(e, e->cursor, e->len);
}

/* ---- moving ---------------------------------------------------------------------------------------- */

static bool move_to(struct edit *e, size_t cursor)
{
    bool moved = cursor != e->cursor;
    e->cursor = cursor;
    return moved;
}

bool edit_left(struct edit *e)
{
    return e->cursor > 0 && move_to(e, before(e, e->cursor));
}

bool edit_right(struct edit *e)
{
    return move_to(e, behind(e, e->cursor));
}

bool edit_word_left(struct edit *e)
{
    return move_to(e, word_before(e));
}

bool edit_word_right(struct edit *e)
{
    return move_to(e, word_behind(e));
}

bool edit_home(struct edit *e)
{
    return move_to(e, 0);
}

bool edit_end(struct edit *e)
{
    return move_to(e, e->len);
}

/* ---- drawing --------------------------------------------------------------------------------------- */

/* Columns of a part of the line, as it is shown. */
static size_t columns(const struct edit *e, size_t from, size_t to)
{
    struct text part = {e->bytes + from, to - from};
    size_t count = 0, offset = 0;
    struct text_cell cell;
    if (!e->secret)
        return text_width(part);
    while (text_next(part, &offset, &cell))
        count++;
    return count;
}

enum { ELLIPSIS_FROM = 5 }; /* columns from which there is room for ellipses */

/* The first column to show: as before if it can be, with the character at the cursor in sight
 * and not under an ellipsis. One column is kept behind the text for a cursor at its end. */
static size_t first_column(const struct edit *e, size_t width, size_t total)
{
    size_t margin = width >= ELLIPSIS_FROM, left = e->left;
    size_t cursor = columns(e, 0, e->cursor);
    size_t end = cursor + 1;
    if (e->cursor < e->len)
        end = columns(e, 0, behind(e, e->cursor)) + margin;
    if (total + 1 <= width)
        return 0;
    if (left > total + 1 - width)
        left = total + 1 - width;
    if (end > left + width)
        left = end - width;
    if (cursor < left + margin)
        left = cursor > margin ? cursor - margin : 0;
    return left;
}

static void draw_masked(struct canvas *c, struct rect r, size_t count)
{
    for (int x = 0; x < r.w && (size_t)x < count; x++)
        canvas_text(c, r, r.x + x, r.y, 1, TEXT("•"), ROLE_INPUT, 0);
}

void edit_draw(struct edit *e, struct canvas *c, struct rect r, bool focused)
{
    r.h = r.h < 1 ? r.h : 1;
    r = rect_clip(r, (struct rect){0, 0, c->columns, c->rows});
    if (r.w <= 0 || !e->bytes)
        return;
    size_t width = (size_t)r.w, total = columns(e, 0, e->len);
    e->left = first_column(e, width, total);
    canvas_fill(c, r, ROLE_INPUT, 0);
    if (e->secret)
        draw_masked(c, r, total - e->left);
    else
        canvas_text(
            c, r, r.x - (int)e->left, r.y, (int)(e->left + width), edit_text(e), ROLE_INPUT, 0);
    if (e->left > 0 && width >= ELLIPSIS_FROM)
        canvas_text(c, r, r.x, r.y, 1, TEXT("…"), ROLE_INPUT, STYLE_DIM);
    if (total > e->left + width && width >= ELLIPSIS_FROM)
        canvas_text(c, r, r.x + r.w - 1, r.y, 1, TEXT("…"), ROLE_INPUT, STYLE_DIM);
    if (!focused)
        return;
    c->cursor_column = r.x + (int)(columns(e, 0, e->cursor) - e->left);
    c->cursor_row = r.y;
}
