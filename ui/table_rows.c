/* What is known of the source's rows. Each is asked once, and again only when it changed.
 *
 * Rows lie one behind the other with room on both sides, and whichever side is shorter makes way for a new
 * one: what comes or goes at an end, as nearly all does, moves nothing, and so nobody who remembers a spot
 * has to be told.
 *
 * A key becomes a number that compares as it does: a double by its bits, a text by its first bytes, small
 * and capital letters alike. So nearly all comparisons are of two integers. */
#include "ui/table_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROOM_LEAST = 64, RANK_BYTES = 8 };

/* ---- where they lie -------------------------------------------------------------------------------- */

static int make(struct table_rows *rows, size_t count, size_t side)
{
    *rows = (struct table_rows){.first = side, .count = count, .room = count + 2 * side};
    rows->at = count < TABLE_ROWS_MAX ? calloc(rows->room, sizeof *rows->at) : NULL;
    return rows->at ? 0 : -1;
}

int table_rows_make(struct table_rows *rows, size_t count)
{
    return make(rows, count, count / 8 + ROOM_LEAST);
}

void table_rows_release(struct table_rows *rows)
{
    free(rows->at);
    *rows = (struct table_rows){0};
}

int table_rows_reserve(struct table_rows *rows, size_t more, struct table_shift *moved)
{
    struct table_rows wider;
    *moved = (struct table_shift){0};
    if (rows->first >= more && rows->room - rows->first - rows->count >= more)
        return 0;
    if (make(&wider, rows->count, more + rows->count / 8 + ROOM_LEAST))
        return -1;
    if (rows->count)
        memcpy(wider.at + wider.first, rows->at + rows->first, rows->count * sizeof *rows->at);
    *moved = (struct table_shift){
        rows->first, rows->first + rows->count, (long)wider.first - (long)rows->first};
    free(rows->at);
    *rows = wider;
    return 0;
}

static struct table_shift move(struct table_rows *rows, size_t from, size_t to, long by)
{
    struct table_row *at = rows->at + from;
    memmove(at + by, at, (to - from) * sizeof *at);
    return (struct table_shift){from, to, by};
}

void table_rows_open(struct table_rows *rows, size_t row, struct table_shift *moved)
{
    size_t begin = rows->first, here = begin + row, end = begin + rows->count;
    bool front = row < rows->count - row;
    *moved = front ? move(rows, begin, here, -1) : move(rows, here, end, 1);
    rows->first -= front;
    rows->count++;
    rows->at[rows->first + row] = (struct table_row){0};
}

void table_rows_close(struct table_rows *rows, size_t row, struct table_shift *moved)
{
    size_t begin = rows->first, here = begin + row, end = begin + rows->count;
    bool front = row < rows->count - row - 1;
    *moved = front ? move(rows, begin, here, 1) : move(rows, here + 1, end, -1);
    rows->first += front;
    rows->count--;
}

/* ---- asking ---------------------------------------------------------------------------------------- */

void table_id(const struct table *t, size_t row, char out[TABLE_ID_MAX])
{
    out[0] = '\0';
    t->source.id(t->source.data, row, out);
    out[TABLE_ID_MAX - 1] = '\0';
}

/* FNV-1a. */
static uint64_t number_of(const char *s, size_t length)
{
    uint64_t number = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        number = (number ^ (unsigned char)s[i]) * 1099511628211u;
    return number;
}

uint64_t table_id_number(const char *id)
{
    return number_of(id, strlen(id));
}

void table_ask_shown(struct table *t, size_t spot)
{
    const struct table_source *s = &t->source;
    size_t row = spot - t->rows.first;
    t->rows.at[spot].shown = !s->matches || !t->filter || s->matches(s->data, row, t->filter);
}

void table_ask_row(struct table *t, size_t spot)
{
    const struct table_source *s = &t->source;
    struct table_row *r = &t->rows.at[spot];
    size_t row = spot - t->rows.first;
    char id[TABLE_ID_MAX];
    table_id(t, row, id);
    struct table_mark *mark = marks_find(&t->marks, id);
    if (mark)
        mark->seen = true;
    r->id = table_id_number(id);
    r->marked = mark != NULL;
    r->attention = s->attention && s->attention(s->data, row);
    table_ask_shown(t, spot);
}

/* ---- keys ------------------------------------------------------------------------------------------ */

/* Of two doubles the greater one has the greater number. */
static uint64_t rank_of_number(double number)
{
    uint64_t bits;
    number += 0.0; /* there is one zero */
    memcpy(&bits, &number, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint64_t rank_of_text(struct text t)
{
    uint64_t rank = 0;
    for (size_t i = 0; i < RANK_BYTES; i++)
        rank = rank << 8 | (i < t.len ? lower(t.s[i]) : 0);
    return rank;
}

/* What a person calls the order of two texts: capital letters make a difference only between equals. A rank
 * that ends in a zero holds all of its text. */
int table_compare_texts(
    const struct table *t, const struct table_row *a, const struct table_row *b)
{
    if (a->text == b->text)
        return 0;
    const char *x = buf_str(&t->texts) + a->text, *y = buf_str(&t->texts) + b->text;
    int order = a->rank & 0xff ? strcasecmp(x + RANK_BYTES, y + RANK_BYTES) : 0;
    return order ? order : strcmp(x, y);
}

/* Where the text lies if it was kept of late: many rows say the same. */
static uint32_t *recent(struct table *t, struct text shown)
{
    uint64_t number = number_of(shown.s, shown.len);
    return &t->recent[(number ^ number >> 32) % TABLE_TEXTS_RECENT];
}

static bool lies_at(const struct table *t, size_t at, struct text shown)
{
    return at + shown.len < t->texts.len && t->texts.data[at + shown.len] == '\0' &&
           memcmp(t->texts.data + at, shown.s, shown.len) == 0;
}

static int keep_text(struct table *t, struct table_row *r, struct text shown)
{
    r->kind = shown.len ? KEY_TEXT : KEY_NOTHING;
    r->rank = rank_of_text(shown);
    r->text = 0;
    if (!shown.len)
        return 0;
    uint32_t *at = recent(t, shown);
    if (!lies_at(t, *at, shown)) {
        *at = (uint32_t)t->texts.len;
        if (buf_append(&t->texts, shown.s, shown.len) || buf_append(&t->texts, "", 1))
            return -1;
    }
    r->text = *at;
    return 0;
}

int table_ask_key(struct table *t, size_t spot)
{
    struct table_row *r = &t->rows.at[spot];
    size_t row = spot - t->rows.first, column = (size_t)t->sort_column;
    struct table_cell cell;
    struct table_key key = {.number = NAN, .text = TEXT("")};
    r->moves = false;
    if (t->sort_column < 0)
        return 0;
    if (!t->source.key || !t->source.key(t->source.data, row, column, &key)) {
        table_ask(t, row, column, &cell);
        key = (struct table_key){.number = cell.number, .text = cell.text};
    }
    r->moves = key.moves;
    if (isnan(key.number)) /* no text has more columns than bytes */
        return keep_text(
            t, r, key.text.len > TABLE_CELL_MAX ? text_cut(key.text, TABLE_CELL_MAX) : key.text);
    r->kind = KEY_NUMBER;
    r->rank = rank_of_number(key.number);
    return 0;
}
