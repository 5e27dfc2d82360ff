/* Cleaning: one pass over the input, a step a code point. Each step looks up what the code point is
 * (text_class.c), leaves out control sequences (text_sequence.c), and appends either nothing or a
 * whole character. Runs of printable ASCII, nearly everything in practice, are copied at once.
 *
 * The state is what has been written, not what was read: column, the character begun last, and the
 * number of its marks. That makes cleaning idempotent: what is dropped leaves no trace.
 *
 * When the buffer is full, the character whose mark did not fit is taken back as a whole. */
#include "base/text.h"
#include "base/text_internal.h"

#include <string.h>

enum {
    TAB_STOP = 8,
    NO_BASE = -1,     /* in cleaner.marks: a mark here would have nothing to stand on */
    PICTURE = 0x2400, /* the picture of NUL; those of the other C0 controls follow */
    PICTURE_DEL = 0x2421,
    DOTTED_CIRCLE = 0x25CC,
};

struct cleaner {
    struct buf *out;
    enum text_mode mode;
    size_t column;    /* since the line began */
    size_t character; /* where in `out` the last character begins */
    int marks;        /* that it has, or NO_BASE */
};

/* ---- writing ----------------------------------------------------------------------------------- */

/* Columns are counted by the caller. */
static int put_code(struct cleaner *c, int32_t code)
{
    unsigned char bytes[TEXT_UTF8_MAX];
    return buf_append(c->out, bytes, text_encode(bytes, code));
}

static int put_base(struct cleaner *c, int32_t code)
{
    c->character = c->out->len;
    c->marks = 0;
    c->column += (size_t)text_class_columns(code);
    return put_code(c, code);
}

static int put_mark(struct cleaner *c, int32_t code)
{
    if (c->marks == NO_BASE && put_base(c, DOTTED_CIRCLE))
        return -1;
    if (c->marks == TEXT_MARKS_MAX)
        return 0;
    c->marks++;
    if (put_code(c, code) == 0)
        return 0;
    c->out->len = c->character;
    c->out->data[c->out->len] = '\0';
    return -1;
}

/* Printable ASCII, as much of it as fits. */
static int put_ascii(struct cleaner *c, const void *bytes, size_t n)
{
    size_t room = c->out->max - c->out->len;
    size_t fits = n < room ? n : room;
    if (buf_append(c->out, bytes, fits))
        return -1;
    c->column += n;
    c->marks = 0;
    if (fits > 0)
        c->character = c->out->len - 1;
    /* The rest is refused by the buffer, which notes that. */
    return fits == n ? 0 : buf_append(c->out, bytes, n);
}

static int put_line_feed(struct cleaner *c)
{
    if (c->mode == TEXT_LINE)
        return put_base(c, PICTURE + '\n');
    c->column = 0;
    c->marks = NO_BASE;
    return buf_char(c->out, '\n');
}

static int put_tab(struct cleaner *c)
{
    return put_ascii(c, "        ", TAB_STOP - c->column % TAB_STOP);
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* A control that begins no sequence. */
static int clean_control(struct cleaner *c, int32_t code, bool before_line_feed)
{
    if (code == '\n')
        return put_line_feed(c);
    if (code == '\t')
        return put_tab(c);
    if (code == '\r' && before_line_feed)
        return 0;
    if (code == 0x7F)
        return put_base(c, PICTURE_DEL);
    return put_base(c, code < 0x20 ? PICTURE + code : TEXT_REPLACEMENT);
}

static int clean_code(struct cleaner *c, int32_t code, bool before_line_feed)
{
    switch (text_class(code)) {
    case TEXT_CLASS_BASE:
        return put_base(c, code);
    case TEXT_CLASS_MARK:
        return put_mark(c, code);
    case TEXT_CLASS_DROP:
        return 0;
    case TEXT_CLASS_BREAK:
        return put_base(c, PICTURE + '\n');
    case TEXT_CLASS_CONTROL:
        return clean_control(c, code, before_line_feed);
    default:
        return put_base(c, TEXT_REPLACEMENT);
    }
}

static size_t printable_run(const unsigned char *p, size_t n)
{
    size_t run = 0;
    while (run < n && p[run] >= 0x20 && p[run] < 0x7F)
        run++;
    return run;
}

/* Cleans what begins at `p` (n > 0) and says how many bytes that were. */
static int clean_step(struct cleaner *c, const unsigned char *p, size_t n, size_t *used)
{
    *used = printable_run(p, n);
    if (*used > 0)
        return put_ascii(c, p, *used);
    *used = text_sequence(p, n);
    if (*used > 0)
        return 0;
    int32_t code;
    int length = text_decode(p, n, &code);
    *used = (size_t)(length < 0 ? -length : length);
    return clean_code(c, code, *used < n && p[*used] == '\n');
}

int text_clean(struct buf *out, const void *bytes, size_t n, enum text_mode mode)
{
    struct cleaner c = {.out = out, .mode = mode, .character = out->len, .marks = NO_BASE};
    const unsigned char *p = bytes;
    size_t used;
    for (size_t at = 0; at < n; at += used)
        if (clean_step(&c, p + at, n - at, &used))
            return -1;
    return 0;
}
