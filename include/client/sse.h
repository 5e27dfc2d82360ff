/* sse: splits a byte stream into Server-Sent Events (WHATWG HTML §9.2.6). Pure; no I/O.
 *
 * Bytes may come cut anywhere. LF, CR and CRLF end a line, also mixed; a leading BOM is skipped;
 * lines that start with ':' are keep-alives. An event is handed out at its empty line, if it has
 * data.
 *
 * Limits (containers print progress bars without line feeds, spec/runpod.md §5): a data line of
 * more than SSE_EVENT_MAX bytes, or data that would grow past SSE_EVENT_MAX, is cut there: the
 * event is handed out at once with `cut` set, and the rest of it, up to its empty line, is skipped
 * (an id in that rest still counts). A type or id that does not fit SSE_ID_MAX is ignored. An event
 * that the stream's end leaves unfinished is not handed out.
 *
 * Ownership: caller's struct; the event is borrowed during the call, which must not feed the same
 * splitter. Thread: the stream's. */
#ifndef SLIPWAY_CLIENT_SSE_H
#define SLIPWAY_CLIENT_SSE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { SSE_EVENT_MAX = 1024 * 1024, SSE_ID_MAX = 256 };

struct sse_event {
    const char *data; /* foreign bytes, NUL-terminated, may hold NULs before length */
    size_t length;
    const char *type; /* "message" when none was given */
    const char *id;   /* the last id seen, "" = none: what Last-Event-ID takes */
    bool cut;
};

typedef void sse_fn(const struct sse_event *event, void *arg);

struct sse {
    struct buf line, data, type;
    char id[SSE_ID_MAX];
    size_t bom;       /* bytes of a leading BOM seen */
    bool started;     /* past the place where a BOM may be */
    bool after_cr;    /* a line feed now belongs to the line that has ended */
    bool line_full;   /* the rest of this line is skipped */
    bool has_data;    /* a data line came, perhaps an empty one */
    bool event_ended; /* handed out cut: the rest of this event is skipped */
};

void sse_init(struct sse *s);
void sse_release(struct sse *s);
/* For a new connection: forgets the unfinished event, keeps the id. */
void sse_restart(struct sse *s);
void sse_feed(struct sse *s, const void *bytes, size_t n, sse_fn *fn, void *arg);

#endif
