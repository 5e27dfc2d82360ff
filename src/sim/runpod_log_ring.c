/* runpod_log_ring: the lines of a worker, in one ring a source.
 *
 * A ring grows by doubling up to WORKER_LOG_MAX entries and then overwrites its oldest. Both
 * sources of a worker share one sequence, so a reader can merge them and go on behind the last line
 * it saw. When memory is out a line is lost, as a real log shipper would lose it. */
#include "sim/runpod_physics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { RING_FIRST = 64, LINE_MAX_BYTES = 64 * 1024 };

const struct log_entry *log_ring_at(const struct log_ring *r, size_t i)
{
    return r && i < r->count ? &r->entries[(r->first + i) % r->cap] : NULL;
}

static int ring_grow(struct log_ring *r)
{
    size_t cap = r->cap ? r->cap * 2 : RING_FIRST;
    cap = cap > WORKER_LOG_MAX ? WORKER_LOG_MAX : cap;
    struct log_entry *entries = calloc(cap, sizeof *entries);
    if (!entries)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        entries[i] = r->entries[(r->first + i) % r->cap];
    free(r->entries);
    r->entries = entries;
    r->cap = cap;
    r->first = 0;
    return 0;
}

static void ring_push(struct log_ring *r, struct log_entry take)
{
    if (r->count == r->cap && r->cap < WORKER_LOG_MAX && ring_grow(r) != 0 && r->cap == 0) {
        free(take.line);
        return;
    }
    if (r->count == r->cap) {
        free(r->entries[r->first].line);
        r->first = (r->first + 1) % r->cap;
        r->count--;
    }
    r->entries[(r->first + r->count) % r->cap] = take;
    r->count++;
}

void log_ring_release(struct log_ring *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->entries[(r->first + i) % r->cap].line);
    free(r->entries);
    memset(r, 0, sizeof *r);
}

static void add_line(struct worker *w, enum log_source source, const char *line, size_t n)
{
    char *copy = strndup(line, n);
    if (!copy)
        return;
    struct log_entry entry = {
        .at = w->endpoint->world->advanced_to, .seq = ++w->log_seq, .line = copy};
    ring_push(&w->log[source], entry);
}

void log_add(struct worker *w, enum log_source source, const char *line)
{
    for (;;) {
        size_t n = strcspn(line, "\n");
        add_line(w, source, line, n);
        if (line[n] == '\0')
            return;
        line += n + 1;
    }
}

static void log_vprintf(struct worker *w, enum log_source source, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static void log_vprintf(struct worker *w, enum log_source source, const char *format, va_list args)
{
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    if (buf_vprintf(&line, format, args) == 0)
        log_add(w, source, buf_str(&line));
    buf_release(&line);
}

void log_printf(struct worker *w, enum log_source source, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_vprintf(w, source, format, args);
    va_end(args);
}

void worker_log(struct sim *s, struct worker *w, enum log_source source, const char *format, ...)
{
    (void)s;
    va_list args;
    va_start(args, format);
    if (w && source >= 0 && source < LOG_SOURCES)
        log_vprintf(w, source, format, args);
    va_end(args);
}
