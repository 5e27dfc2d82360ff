/* A chart is worked out in three steps, each kept until what it came from changes: points → a
 * span for every dot column (chart_reduce), spans → the rows of dots that are inked in it, and
 * those → signs on the canvas.
 *
 * In one dot column the ink is always one run of rows: the span of the values that fell into it,
 * with the pieces of the lines that come in at its first value and go out at its last. Lines
 * over columns without values are runs too, each touching its neighbour's, so that a steep line
 * has no holes.
 *
 * Sums and differences are made of halves, because values may be as large as a double can be. */
#include "ui/chart.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ink {
    int bottom, top; /* rows of dots from below; top < bottom: none */
};

/* What the spans and the ink were worked out for. */
struct key {
    uint64_t version;
    size_t count;
    int w, h;
    bool ascii, log, area;
    double least, most;
};

struct chart {
    struct key key;
    bool valid;
    size_t columns; /* of dots */
    struct chart_span *spans;
    struct ink *ink;
    double x_least, x_most;
    double least, most; /* the scale */
    bool scaled;
};

/* ---- points to spans ------------------------------------------------------------------------------- */

static double x_of(const struct chart_points *p, size_t i)
{
    return p->x ? p->x[i] : (double)i;
}

static void x_range(const struct chart_points *p, double *least, double *most)
{
    *least = *most = NAN;
    if (!p->x && p->count > 0) {
        *least = 0;
        *most = (double)(p->count - 1);
        return;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!isfinite(p->x[i]))
            continue;
        *least = fmin(*least, p->x[i]); /* the other one, when one is NAN */
        *most = fmax(*most, p->x[i]);
    }
}

/* Where a value lies between two others, 0..1. */
static double place(double value, double least, double most)
{
    double part = (value / 2 - least / 2) / (most / 2 - least / 2);
    return part > 0 ? (part < 1 ? part : 1) : 0;
}

static size_t column_of(double x, double least, double most, size_t columns)
{
    size_t column = (size_t)(place(x, least, most) * (double)columns);
    return column < columns ? column : columns - 1;
}

static void add_value(struct chart_span *s, double y, bool broken)
{
    if (s->count++ == 0)
        *s = (struct chart_span){1, y, y, y, y, broken};
    s->least = y < s->least ? y : s->least;
    s->most = y > s->most ? y : s->most;
    s->last = y;
}

static void reduce(const struct chart_points *p, bool log, double least, double most,
    struct chart_span *spans, size_t columns)
{
    bool broken = true;
    memset(spans, 0, columns * sizeof *spans);
    for (size_t i = 0; i < p->count; i++) {
        double x = x_of(p, i), y = p->y[i];
        if (!isfinite(x))
            continue;
        bool gap = !isfinite(y) || (log && y <= 0);
        if (!gap)
            add_value(&spans[column_of(x, least, most, columns)], y, broken);
        broken = gap;
    }
}

void chart_reduce(const struct chart_points *p, bool log, struct chart_span *spans, size_t columns)
{
    double least, most;
    if (columns == 0)
        return;
    x_range(p, &least, &most);
    reduce(p, log, least, most, spans, columns);
}

/* ---- the scale ------------------------------------------------------------------------------------- */

static double pad_of(double value)
{
    return value == 0 ? 1 : fabs(value) / 10;
}

static double clamped(double value)
{
    return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

/* A scale of no height: values in its middle, where no end is given. */
static void widen(struct chart *ch, bool least_given, bool most_given, bool log)
{
    double centre = least_given ? ch->least : ch->most;
    if (!least_given)
        ch->least = log ? centre / 2 : clamped(centre - pad_of(centre));
    if (!most_given || least_given)
        ch->most = log ? clamped(centre * 2) : clamped(centre + pad_of(centre));
}

static bool usable(double end, bool log)
{
    return isfinite(end) && !(log && end <= 0);
}

static void find_scale(struct chart *ch, const struct chart_options *o)
{
    bool least_given = usable(o->least, o->log), most_given = usable(o->most, o->log);
    ch->least = least_given ? o->least : NAN;
    ch->most = most_given ? o->most : NAN;
    ch->scaled = false;
    for (size_t i = 0; i < ch->columns; i++) {
        const struct chart_span *s = &ch->spans[i];
        if (s->count == 0)
            continue;
        ch->scaled = true;
        ch->least = least_given ? ch->least : fmin(ch->least, s->least);
        ch->most = most_given ? ch->most : fmax(ch->most, s->most);
    }
    if (ch->scaled && !(ch->least < ch->most))
        widen(ch, least_given, most_given, o->log);
}

/* ---- spans to ink ---------------------------------------------------------------------------------- */

static int row_of(const struct chart *ch, double value, int rows)
{
    bool log = ch->key.log;
    double part = log ? place(log10(value), log10(ch->least), log10(ch->most))
                      : place(value, ch->least, ch->most);
    return (int)(part * (rows - 1) + 0.5);
}

static void add_ink(struct ink *ink, int a, int b)
{
    int bottom = a < b ? a : b, top = a < b ? b : a;
    if (ink->top < ink->bottom) {
        *ink = (struct ink){bottom, top};
        return;
    }
    ink->bottom = bottom < ink->bottom ? bottom : ink->bottom;
    ink->top = top > ink->top ? top : ink->top;
}

/* The nearest row, of two the one that the line comes from. */
static int nearest_row(double row, bool rising)
{
    return (int)(rising ? ceil(row - 0.5) : floor(row + 0.5));
}

/* The line from row a of column `from` to row b of column `to`: each column has the rows that
 * the line has between half a column before its middle and half a column behind, and begins one
 * row further than the column before it ended. */
static void add_line(struct ink *ink, size_t from, size_t to, int a, int b)
{
    double columns = (double)(to - from);
    bool rising = a < b;
    int row = a;
    for (size_t i = from; i <= to; i++) {
        double part = fmin(1, ((double)(i - from) + 0.5) / columns);
        int end = nearest_row(a + (b - a) * part, rising);
        int start = i == from || end == row ? row : rising ? row + 1 : row - 1;
        add_ink(&ink[i], start, end);
        row = end;
    }
}

static void find_ink(struct chart *ch, int rows)
{
    size_t before = ch->columns; /* none yet */
    for (size_t i = 0; i < ch->columns; i++)
        ch->ink[i] = (struct ink){0, -1};
    for (size_t i = 0; i < ch->columns; i++) {
        const struct chart_span *s = &ch->spans[i];
        if (s->count == 0)
            continue;
        add_ink(&ch->ink[i], row_of(ch, s->least, rows), row_of(ch, s->most, rows));
        if (before < i && !s->broken)
            add_line(ch->ink, before, i, row_of(ch, ch->spans[before].last, rows),
                row_of(ch, s->first, rows));
        before = i;
    }
    for (size_t i = 0; ch->key.area && i < ch->columns; i++)
        ch->ink[i].bottom = 0;
}

/* ---- upkeep ---------------------------------------------------------------------------------------- */

struct chart *chart_new(void)
{
    return calloc(1, sizeof(struct chart));
}

void chart_free(struct chart *ch)
{
    if (!ch)
        return;
    free(ch->spans);
    free(ch->ink);
    free(ch);
}

static int dots_wide(bool ascii)
{
    return ascii ? 1 : 2;
}

static int dots_high(bool ascii)
{
    return ascii ? 2 : 4;
}

static int make_room(struct chart *ch, size_t columns)
{
    struct chart_span *spans = realloc(ch->spans, columns * sizeof *spans);
    if (spans)
        ch->spans = spans;
    struct ink *ink = realloc(ch->ink, columns * sizeof *ink);
    if (ink)
        ch->ink = ink;
    ch->columns = spans && ink ? columns : 0;
    return spans && ink ? 0 : -1;
}

static bool same_end(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b;
}

static bool same_key(const struct key *a, const struct key *b)
{
    return a->version == b->version && a->count == b->count && a->w == b->w && a->h == b->h &&
           a->ascii == b->ascii && a->log == b->log && a->area == b->area &&
           same_end(a->least, b->least) && same_end(a->most, b->most);
}

static int work_out(struct chart *ch, const struct key *key, const struct chart_points *p,
    const struct chart_options *o)
{
    if (ch->valid && same_key(&ch->key, key))
        return 0;
    ch->valid = ch->scaled = false;
    ch->key = *key;
    if (make_room(ch, (size_t)(key->w * dots_wide(key->ascii))))
        return -1;
    x_range(p, &ch->x_least, &ch->x_most);
    reduce(p, o->log, ch->x_least, ch->x_most, ch->spans, ch->columns);
    find_scale(ch, o);
    find_ink(ch, key->h * dots_high(key->ascii));
    ch->valid = true;
    return 0;
}

/* ---- ink to signs ---------------------------------------------------------------------------------- */

/* Bits as Unicode numbers the dots, from below; ASCII uses bit 0 and 1 of the first column. */
static const unsigned char braille_dots[2][4] = {
    {0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
static const unsigned char ascii_dots[2] = {1, 2};
static const char ascii_signs[] = {' ', '.', '\'', ':'};

static unsigned dots_at(const struct chart *ch, int column, int row)
{
    bool ascii = ch->key.ascii;
    int wide = dots_wide(ascii), high = dots_high(ascii);
    unsigned bits = 0;
    for (int x = 0; x < wide; x++) {
        const struct ink *ink = &ch->ink[column * wide + x];
        for (int y = 0; y < high; y++)
            if (row * high + y >= ink->bottom && row * high + y <= ink->top)
                bits |= ascii ? ascii_dots[y] : braille_dots[x][y];
    }
    return bits;
}

/* The dots of another chart that are there already. */
static unsigned dots_there(const struct cell *cell, bool ascii)
{
    const unsigned char *p = (const unsigned char *)cell->bytes;
    if (!ascii)
        return p[0] == 0xE2 && (p[1] & 0xFC) == 0xA0 ? (p[1] & 3U) << 6 | (p[2] & 0x3FU) : 0;
    for (unsigned i = 1; i < sizeof ascii_signs; i++)
        if (cell->bytes[0] == ascii_signs[i] && cell->bytes[1] == '\0')
            return i;
    return 0;
}

static void draw_dots(
    struct canvas *c, struct rect r, int x, int y, unsigned bits, bool ascii, enum role role)
{
    char sign[4] = {(char)0xE2, (char)(0xA0 | bits >> 6), (char)(0x80 | (bits & 0x3F)), '\0'};
    if (ascii)
        sign[0] = ascii_signs[bits];
    canvas_text(c, r, x, y, 1, (struct text){sign, ascii ? 1 : 3}, role, 0);
}

void chart_draw(struct chart *ch, struct canvas *c, struct rect r, const struct chart_points *p,
    const struct chart_options *o)
{
    r = rect_clip(r, (struct rect){0, 0, c->columns, c->rows});
    struct key key = {p->version, p->count, r.w, r.h, c->ascii, o->log, o->area, o->least, o->most};
    if (r.w <= 0 || r.h <= 0 || work_out(ch, &key, p, o))
        return;
    for (int y = 0; y < r.h; y++) {
        for (int x = 0; x < r.w; x++) {
            unsigned bits = dots_at(ch, x, r.h - 1 - y);
            if (bits == 0)
                continue;
            bits |= dots_there(canvas_at(c, r.x + x, r.y + y), c->ascii);
            draw_dots(c, r, r.x + x, r.y + y, bits, c->ascii, o->role);
        }
    }
}

/* ---- reading --------------------------------------------------------------------------------------- */

bool chart_scale(const struct chart *ch, double *least, double *most)
{
    if (!ch->valid || !ch->scaled)
        return false;
    *least = ch->least;
    *most = ch->most;
    return true;
}

static void join(struct chart_span *to, const struct chart_span *s)
{
    if (s->count == 0)
        return;
    if (to->count == 0) {
        *to = *s;
        return;
    }
    to->count += s->count;
    to->least = fmin(to->least, s->least);
    to->most = fmax(to->most, s->most);
    to->last = s->last;
}

struct chart_span chart_read(const struct chart *ch, int column)
{
    struct chart_span all = {0};
    if (!ch->valid || column < 0 || column >= ch->key.w)
        return all;
    int wide = dots_wide(ch->key.ascii);
    for (int i = 0; i < wide; i++)
        join(&all, &ch->spans[column * wide + i]);
    return all;
}

int chart_column(const struct chart *ch, double x)
{
    if (!ch->valid || !(x >= ch->x_least && x <= ch->x_most))
        return -1;
    return (int)column_of(x, ch->x_least, ch->x_most, ch->columns) / dots_wide(ch->key.ascii);
}
