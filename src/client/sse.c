/* sse: bytes are gathered into lines, lines into an event.
 *
 * The splitter is a state machine over whole lines: take_bytes fills `line` up to its cap, end_line
 * gives it to the field it names, and an empty line hands the event out. Only data lines can make
 * an event too large; what overflows is handed out cut at that moment (a line that never ends would
 * otherwise never be seen), and `event_ended` lets the remaining lines pass without adding data.
 *
 * Memory that is missing counts as a cap that was reached: the event is cut, nothing is lost
 * silently. */
#include "client/sse.h"

#include <string.h>

enum { KEEP_MAX = 64 * 1024 }; /* of memory, from one event to the next */

static const char bom[3] = "\xEF\xBB\xBF";

void sse_init(struct sse *s)
{
    *s = (struct sse){0};
    buf_init(&s->line, SSE_EVENT_MAX);
    buf_init(&s->data, SSE_EVENT_MAX);
    buf_init(&s->type, SSE_ID_MAX);
}

void sse_release(struct sse *s)
{
    buf_release(&s->line);
    buf_release(&s->data);
    buf_release(&s->type);
}

/* One huge event must not be paid for ever after. */
static void empty(struct buf *b)
{
    if (b->cap > KEEP_MAX)
        buf_release(b);
    else
        buf_clear(b);
}

static void forget_event(struct sse *s)
{
    empty(&s->data);
    buf_clear(&s->type);
    s->has_data = s->event_ended = false;
}

void sse_restart(struct sse *s)
{
    forget_event(s);
    empty(&s->line);
    s->bom = 0;
    s->started = s->after_cr = s->line_full = false;
}

static void hand_out(struct sse *s, bool cut, sse_fn *fn, void *arg)
{
    struct sse_event event = {
        .data = buf_str(&s->data),
        .length = s->data.len,
        .type = s->type.len > 0 ? buf_str(&s->type) : "message",
        .id = s->id,
        .cut = cut,
    };
    fn(&event, arg);
}

/* Appends as much as fits; false when something was left out. */
static bool append_some(struct buf *b, const char *bytes, size_t n)
{
    size_t room = b->max - b->len;
    if (n <= room)
        return buf_append(b, bytes, n) == 0;
    (void)buf_append(b, bytes, room);
    return false;
}

/* `whole` is false for a line that was cut at its cap. */
static void data_line(struct sse *s, const char *value, size_t n, bool whole, sse_fn *fn, void *arg)
{
    if (s->event_ended)
        return;
    if (s->has_data)
        whole = append_some(&s->data, "\n", 1) && whole;
    s->has_data = true;
    whole = append_some(&s->data, value, n) && whole;
    if (whole)
        return;
    hand_out(s, true, fn, arg);
    s->event_ended = true;
}

static void type_line(struct sse *s, const char *value, size_t n)
{
    if (n >= SSE_ID_MAX || memchr(value, '\0', n) != NULL)
        return;
    buf_clear(&s->type);
    (void)buf_append(&s->type, value, n);
}

static void id_line(struct sse *s, const char *value, size_t n)
{
    if (n >= SSE_ID_MAX || memchr(value, '\0', n) != NULL)
        return;
    memcpy(s->id, value, n);
    s->id[n] = '\0';
}

static bool is_field(const char *name, size_t n, const char *field)
{
    return n == strlen(field) && memcmp(name, field, n) == 0;
}

static void field_line(struct sse *s, bool whole, sse_fn *fn, void *arg)
{
    const char *line = buf_str(&s->line), *end = line + s->line.len;
    const char *colon = memchr(line, ':', s->line.len);
    size_t name = (size_t)((colon != NULL ? colon : end) - line);
    const char *value = colon != NULL ? colon + 1 : end;
    if (value < end && *value == ' ')
        value++;
    size_t n = (size_t)(end - value);

    if (is_field(line, name, "data"))
        data_line(s, value, n, whole, fn, arg);
    else if (!whole)
        return;
    else if (is_field(line, name, "id"))
        id_line(s, value, n);
    else if (is_field(line, name, "event"))
        type_line(s, value, n);
}

static void end_line(struct sse *s, sse_fn *fn, void *arg)
{
    if (s->line_full) {
        s->line_full = false; /* its beginning was used when it overflowed */
    } else if (s->line.len > 0) {
        field_line(s, true, fn, arg);
    } else {
        if (s->has_data && !s->event_ended)
            hand_out(s, false, fn, arg);
        forget_event(s);
    }
    empty(&s->line);
}

static void take_bytes(struct sse *s, const char *bytes, size_t n, sse_fn *fn, void *arg)
{
    if (n == 0 || s->line_full || append_some(&s->line, bytes, n))
        return;
    s->line_full = true;
    field_line(s, false, fn, arg);
    empty(&s->line);
}

/* Returns what follows the BOM, or gives its first bytes back to the line when it was none. */
static const char *skip_bom(struct sse *s, const char *p, const char *end, sse_fn *fn, void *arg)
{
    while (!s->started && p < end) {
        if (*p == bom[s->bom]) {
            p++;
            s->started = ++s->bom == sizeof bom;
        } else {
            s->started = true;
            take_bytes(s, bom, s->bom, fn, arg);
        }
    }
    return p;
}

void sse_feed(struct sse *s, const void *bytes, size_t n, sse_fn *fn, void *arg)
{
    if (n == 0)
        return;
    const char *end = (const char *)bytes + n;
    const char *p = skip_bom(s, bytes, end, fn, arg);
    while (p < end) {
        if (s->after_cr && *p == '\n')
            p++;
        s->after_cr = false;
        const char *stop = p;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        take_bytes(s, p, (size_t)(stop - p), fn, arg);
        if (stop == end)
            break;
        s->after_cr = *stop == '\r';
        p = stop + 1;
        end_line(s, fn, arg);
    }
}
