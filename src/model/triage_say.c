/* How triage speaks: one line each, cleaned, cut, in the arena of the reading. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    TOLD_LEAST_MS = 20 * TRIAGE_SECOND,
    COLUMNS_MAX = 400,
    BYTES_MAX = 8192,
    BRIEF_COLUMNS = 32
};

static struct text words(struct triage_reader *r, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static struct text words(struct triage_reader *r, const char *format, va_list args)
{
    struct buf raw;
    struct text t = TEXT("");
    buf_init(&raw, BYTES_MAX);
    if (buf_vprintf(&raw, format, args)) {
        buf_clear(&raw);
        (void)buf_str_append(&raw, "(too long to be shown)");
    }
    t = text_new(r->a, buf_str(&raw), raw.len, TEXT_LINE);
    r->failed |= raw.len > 0 && t.len == 0;
    buf_release(&raw);
    struct text cut = text_cut(t, COLUMNS_MAX);
    return cut.len < t.len ? text_dup(r->a, cut) : t;
}

struct text triage_text(struct triage_reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct text t = words(r, format, args);
    va_end(args);
    return t;
}

void triage_sum(struct triage_reader *r, struct triage_diagnosis *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    d->summary = words(r, format, args);
    va_end(args);
}

void triage_line(struct triage_reader *r, struct triage_diagnosis *d, const char *source,
    const char *worker, int64_t at_ms, const char *format, ...)
{
    va_list args;
    if (d->evidence_count == TRIAGE_EVIDENCE_MAX)
        return;
    struct triage_line *line = &d->evidence[d->evidence_count++];
    *line = (struct triage_line){.source = source, .at_ms = at_ms};
    (void)snprintf(line->worker, sizeof line->worker, "%s", worker ? worker : "");
    va_start(args, format);
    line->text = words(r, format, args);
    va_end(args);
}

const char *triage_span(int64_t ms, char out[TRIAGE_SPAN_SHOWN])
{
    int64_t s = ms < 0 ? 0 : ms / TRIAGE_SECOND;
    if (s < 120)
        (void)snprintf(out, TRIAGE_SPAN_SHOWN, "%" PRId64 " s", s);
    else if (s < 120 * 60)
        (void)snprintf(out, TRIAGE_SPAN_SHOWN, "%" PRId64 " min", s / 60);
    else if (s < 48 * 3600)
        (void)snprintf(out, TRIAGE_SPAN_SHOWN, "%" PRId64 " h", s / 3600);
    else
        (void)snprintf(out, TRIAGE_SPAN_SHOWN, "%" PRId64 " days", s / 86400);
    return out;
}

const char *triage_str(struct text t)
{
    return t.s ? t.s : "";
}

bool triage_has(struct text t, const char *word)
{
    return t.len > 0 && memmem(t.s, t.len, word, strlen(word)) != NULL;
}

const char *triage_plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

void triage_line_queue(struct triage_reader *r, struct triage_diagnosis *d)
{
    char waited[TRIAGE_SPAN_SHOWN];
    const char *source = r->health ? "health" : "job";
    if (!r->waits || r->queue <= 0)
        return;
    if (r->waited_ms >= TOLD_LEAST_MS)
        triage_line(r, d, source, NULL, -1, "%" PRId64 " request%s wait%s, the oldest for %s",
            r->queue, triage_plural(r->queue), r->queue == 1 ? "s" : "",
            triage_span(r->waited_ms, waited));
    else
        triage_line(r, d, source, NULL, -1, "%" PRId64 " request%s wait%s", r->queue,
            triage_plural(r->queue), r->queue == 1 ? "s" : "");
}

void triage_line_workers(struct triage_reader *r, struct triage_diagnosis *d)
{
    char said[160] = "";
    size_t used = 0;
    for (unsigned i = 0; i < WORKER_STATUSES; i++)
        if (r->by[i] > 0 && used < sizeof said)
            used += (size_t)snprintf(said + used, sizeof said - used, "%s%d %s", used ? ", " : "",
                r->by[i], worker_status_name((enum worker_status)i));
    triage_line(r, d, r->v->workers_read ? "workers" : "health", NULL, -1, "%s",
        said[0] ? said : "no worker is there");
}
