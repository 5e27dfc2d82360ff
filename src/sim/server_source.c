/* Where an answer's body comes from when it is not simply handed to the library: a stream that a
 * handler makes, filler for a fault, or anything that a fault truncates or slows down. */
#include "sim/exchange.h"
#include "sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(struct source *o, const struct reply *p)
{
    struct stat st;
    o->kind = SOURCE_FILE;
    o->offset = p->file_offset;
    o->length = p->file_length;
    o->fd = open(p->file_path, O_RDONLY | O_CLOEXEC);
    if (o->fd < 0 || fstat(o->fd, &st))
        return -1;
    return o->offset >= 0 && o->length >= 0 && o->length <= st.st_size - o->offset ? 0 : -1;
}

int source_open(struct exchange *x)
{
    struct source *o = &x->source;
    const struct reply *p = &x->reply;
    if (o->kind == SOURCE_FILL)
        return 0;
    if (p->stream) {
        o->kind = SOURCE_STREAM;
        o->length = -1;
        return 0;
    }
    if (p->file_path[0])
        return open_file(o, p);
    o->kind = SOURCE_BYTES;
    o->bytes = buf_str(&p->body);
    o->length = (int64_t)p->body.len;
    return 0;
}

void source_release(struct source *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
}

bool source_plain(const struct exchange *x)
{
    if (x->fault.kind == FAULT_TRUNCATE || x->fault.kind == FAULT_DRIP)
        return false;
    return x->source.kind == SOURCE_BYTES || x->source.kind == SOURCE_FILE;
}

static size_t at_most(size_t n, int64_t limit)
{
    return limit < (int64_t)n ? (size_t)limit : n;
}

static long read_file(struct source *o, char *out, size_t max)
{
    ssize_t n;
    do
        n = pread(o->fd, out, max, o->offset + o->sent);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (long)n : -1;
}

static long read_fill(const struct source *o, char *out, size_t max)
{
    static const char line[] = "slipway-sim filler, 32 bytes...\n";
    enum { LINE = sizeof line - 1 };
    for (size_t i = 0; i < max; i++)
        out[i] = line[((size_t)o->sent + i) % LINE];
    return (long)max;
}

static long read_some(struct exchange *x, char *out, size_t max)
{
    struct source *o = &x->source;
    switch (o->kind) {
    case SOURCE_STREAM:
        return x->reply.stream(x->sim, x->reply.stream_arg, out, max);
    case SOURCE_FILE:
        return read_file(o, out, max);
    case SOURCE_FILL:
        return read_fill(o, out, max);
    case SOURCE_BYTES:
        break;
    }
    memcpy(out, o->bytes + o->sent, max);
    return (long)max;
}

/* What was handed over is sent now, not when more has come together. */
static void flush(const struct exchange *x)
{
    int on = 1;
    if (x->socket >= 0)
        setsockopt(x->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* Waits where a dripping fault says so; false when there is no point in going on. */
static bool drip(const struct exchange *x)
{
    return x->fault.kind != FAULT_DRIP || x->source.sent == 0 || sim_pause(x->sim, x->fault.ms);
}

long source_read(struct exchange *x, char *out, size_t max)
{
    struct source *o = &x->source;
    if (o->length >= 0 && o->sent >= o->length)
        return 0;
    if (o->kind == SOURCE_STREAM || x->fault.kind == FAULT_DRIP)
        flush(x);
    if (o->length >= 0)
        max = at_most(max, o->length - o->sent);
    if (x->fault.kind == FAULT_TRUNCATE)
        max = at_most(max, x->fault.after_bytes - o->sent);
    if (x->fault.kind == FAULT_DRIP)
        max = at_most(max, x->fault.chunk);
    if (max == 0 || !drip(x))
        return -1;
    long n = read_some(x, out, max);
    if (n > 0)
        o->sent += n;
    return n;
}
