/* A second, plain splitter for Server-Sent Events that sees the whole stream at once. The unit test
 * and the fuzzer compare what client/sse.h makes of any chunking with what this makes of the whole.
 *
 * Both write a transcript, one line an event: "type|id|cut|length|data". */
#ifndef SLIPWAY_TESTS_SSE_REFERENCE_H
#define SLIPWAY_TESTS_SSE_REFERENCE_H

#include "base/buf.h"
#include "client/sse.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reference {
    size_t cap;
    char *data; /* of `cap` bytes and more than enough */
    size_t length;
    char type[SSE_ID_MAX], id[SSE_ID_MAX];
    bool has_data, ended;
    struct buf *out;
};

static inline void transcript(
    struct buf *out, const char *type, const char *id, bool cut, const char *data, size_t length)
{
    (void)buf_printf(out, "%s|%s|%d|%zu|", type[0] ? type : "message", id, cut, length);
    (void)buf_append(out, data, length);
    (void)buf_char(out, '\n');
}

static inline void transcript_event(const struct sse_event *event, void *arg)
{
    transcript(arg, event->type, event->id, event->cut, event->data, event->length);
}

static inline bool reference_add(struct reference *r, const char *bytes, size_t n)
{
    size_t room = r->cap - r->length, take = n < room ? n : room;
    if (take > 0)
        memcpy(r->data + r->length, bytes, take);
    r->length += take;
    return take == n;
}

static inline void reference_set(char out[SSE_ID_MAX], const char *value, size_t n)
{
    if (n >= SSE_ID_MAX || memchr(value, 0, n) != NULL)
        return;
    memcpy(out, value, n);
    out[n] = 0;
}

static inline void reference_line(struct reference *r, const char *line, size_t n)
{
    if (n == 0) {
        if (r->has_data && !r->ended)
            transcript(r->out, r->type, r->id, false, r->data, r->length);
        r->length = 0;
        r->has_data = r->ended = false;
        r->type[0] = 0;
        return;
    }
    bool cut = n > r->cap;
    if (cut)
        n = r->cap;
    size_t name = 0;
    while (name < n && line[name] != ':')
        name++;
    size_t start = name < n ? name + 1 : n;
    if (start < n && line[start] == ' ')
        start++;
    const char *value = line + start;
    n -= start;
    if (name == 2 && memcmp(line, "id", 2) == 0 && !cut)
        reference_set(r->id, value, n);
    if (name == 5 && memcmp(line, "event", 5) == 0 && !cut)
        reference_set(r->type, value, n);
    if (name != 4 || memcmp(line, "data", 4) != 0 || r->ended)
        return;
    bool fits = !r->has_data || reference_add(r, "\n", 1);
    fits = reference_add(r, value, n) && fits && !cut;
    r->has_data = true;
    if (fits)
        return;
    transcript(r->out, r->type, r->id, true, r->data, r->length);
    r->ended = true;
}

/* -1 when memory is out. `cap` stands for SSE_EVENT_MAX. */
static inline int reference_split(struct buf *out, const char *bytes, size_t n, size_t cap)
{
    struct reference r = {.cap = cap, .data = malloc(cap + 1), .out = out};
    if (r.data == NULL)
        return -1;
    size_t at = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < n) {
        size_t end = at;
        while (end < n && bytes[end] != '\n' && bytes[end] != '\r')
            end++;
        if (end < n || end - at > cap) /* a line that has ended, or is too long anyway */
            reference_line(&r, bytes + at, end - at);
        at = end + 1;
        if (end < n && bytes[end] == '\r' && at < n && bytes[at] == '\n')
            at++;
    }
    free(r.data);
    return 0;
}

#endif
