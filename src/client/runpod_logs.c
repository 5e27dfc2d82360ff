/* runpod_logs: the log of one worker, followed for as long as the worker is.
 *
 *     no stream ──due, quota──▶ stream ──ended, failed, refused──▶ no stream (back-off)
 *                                  └────404────▶ over
 *
 * Bytes go from the stream into `bytes`, and from there into the SSE splitter one line of the
 * protocol at a time: so one step makes at most one event, and the reader can stop at any of them.
 * An event for which the arena has no room is kept in `held` until the next call. `last_id` is that
 * of the last line handed out, never of one that is merely under way, so that nothing is lost when
 * the connection is.
 *
 * A stream that ended without a line, a gateway's 524 while a worker is silent among them, waits
 * longer each time; one that brought lines starts over. */
#include "client/runpod_logs_internal.h"

#include "base/log.h"
#include "client/http_error.h"
#include "client/runpod_internal.h"
#include "client/runpod_log_line.h"
#include "client/runpod_read.h"
#include "client/sse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL_MAX = 5000, /* spec/runpod.md §5 */
    BYTES_MAX = 64 * 1024,
    AGAIN_MS = 2000,
    AGAIN_MAX_MS = 2 * 60 * 1000,
    REFUSED_MS = 5 * 60 * 1000,       /* no right to it, or too many calls */
    HEADERS_MS = 24 * 60 * 60 * 1000, /* they come with the first line (§5) */
    NAME_SHOWN_MAX = 64
};

struct runpod_log {
    struct runpod *r;
    struct wait *wait;
    char worker_id[WORKER_ID_MAX];
    char name[NAME_SHOWN_MAX + 1]; /* the endpoint's, clean */
    int tail;
    bool over;

    struct http_stream *stream; /* NULL = none; borrows what follows */
    struct http_request request;
    struct buf url;
    struct http_header resume; /* Last-Event-ID */
    char sent_id[RUNPOD_LOG_ID_MAX];
    bool brought; /* lines, since it was opened */
    struct cadence again;

    struct sse sse;
    struct buf bytes; /* not yet in the splitter */
    size_t used;      /* … but for so many at its beginning */
    struct buf held;  /* an event that had no room */
    bool holds;
    char held_id[RUNPOD_LOG_ID_MAX], last_id[RUNPOD_LOG_ID_MAX];
};

/* ---- life -------------------------------------------------------------------------------------- */

static uint64_t seed_of(const char *s)
{
    uint64_t seed = 1469598103934665603u;
    for (; *s; s++)
        seed = (seed ^ (unsigned char)*s) * 1099511628211u;
    return seed;
}

static void copy_name(char out[NAME_SHOWN_MAX + 1], const char *name)
{
    struct arena *a = arena_new(64 * 1024);
    struct text t = a ? runpod_text(a, name, strlen(name), NAME_SHOWN_MAX, TEXT_LINE) : TEXT("");
    (void)snprintf(out, NAME_SHOWN_MAX + 1, "%s", t.s);
    arena_free(a);
}

struct runpod_log *runpod_log_open(struct runpod *r, const char *endpoint_id, const char *name,
    const char *worker_id, int tail, struct wait *wait, struct err *e)
{
    if (runpod_check_key(r, e) || runpod_check_id(endpoint_id, "endpoint", e) ||
        runpod_check_id(worker_id, "worker", e))
        return NULL;
    struct runpod_log *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_IO, 0, "out of memory for a log");
        return NULL;
    }
    l->r = r;
    l->wait = wait;
    l->tail = tail < 0 ? 0 : tail > TAIL_MAX ? TAIL_MAX : tail;
    (void)snprintf(l->worker_id, sizeof l->worker_id, "%.*s", WORKER_ID_MAX - 1, worker_id);
    copy_name(l->name, name ? name : "");
    sse_init(&l->sse);
    buf_init(&l->bytes, BYTES_MAX);
    buf_init(&l->held, SSE_EVENT_MAX);
    cadence_init(&l->again, AGAIN_MS, AGAIN_MAX_MS, 0.2, seed_of(worker_id));
    if (runpod_url(r, RUNPOD_CONTROL, &l->url, e, "/v2/serverless/%s/workers/%s/logs?tail=%d",
            endpoint_id, worker_id, l->tail) == 0)
        return l;
    runpod_log_close(l);
    return NULL;
}

static void hang_up(struct runpod_log *l)
{
    http_stream_close(l->stream);
    l->stream = NULL;
    sse_restart(&l->sse);
    buf_clear(&l->bytes);
    l->used = 0;
}

void runpod_log_close(struct runpod_log *l)
{
    if (!l)
        return;
    hang_up(l);
    sse_release(&l->sse);
    buf_release(&l->bytes);
    buf_release(&l->held);
    buf_release(&l->url);
    free(l);
}

const char *runpod_log_worker(const struct runpod_log *l)
{
    return l->worker_id;
}

bool runpod_log_over(const struct runpod_log *l)
{
    return l->over && !l->holds;
}

const char *runpod_log_last_id(const struct runpod_log *l)
{
    return l->last_id;
}

void runpod_log_resume(struct runpod_log *l, const char *last_id)
{
    (void)snprintf(l->last_id, sizeof l->last_id, "%s", last_id);
}

/* ---- the stream -------------------------------------------------------------------------------- */

static void call(struct runpod_log *l, int64_t now)
{
    struct err why;
    l->request = runpod_get(l->r, buf_str(&l->url), BYTES_MAX);
    l->request.retry = HTTP_RETRY_NONE;
    l->request.deadline_ms = HEADERS_MS;
    if (l->last_id[0]) {
        memcpy(l->sent_id, l->last_id, sizeof l->sent_id);
        l->resume = (struct http_header){.name = "Last-Event-ID", .value = l->sent_id};
        l->request.headers = &l->resume;
        l->request.header_count = 1;
    }
    runpod_spend(l->r, 1);
    l->brought = false;
    l->stream = http_stream_open(l->r->http, &l->request, l->wait, &why);
    if (!l->stream) {
        log_err(LOG_WARN, "logs", &why);
        cadence_failed(&l->again, now, REFUSED_MS);
    }
}

/* What is to be done about an answer that brings no lines. */
static void refused(struct runpod_log *l, int status, int64_t now)
{
    if (status == 404 || status == 410) {
        l->over = true;
    } else if (status == 401 || status == 403 || status == 429) {
        cadence_failed(&l->again, now, REFUSED_MS);
    } else {
        if (status == 422) /* it does not know that id (any more) */
            l->last_id[0] = '\0';
        cadence_failed(&l->again, now, runpod_wait_ms(l->r, 1));
    }
}

/* Ends a stream that has ended, and says when to try again. */
static void ended(struct runpod_log *l, int status, int64_t now)
{
    hang_up(l);
    if (status != 0 && status / 100 != 2) {
        refused(l, status, now);
        return;
    }
    if (l->brought) /* it worked: the back-off begins anew */
        cadence_init(&l->again, AGAIN_MS, AGAIN_MAX_MS, 0.2, l->again.random);
    cadence_failed(&l->again, now, runpod_wait_ms(l->r, 1));
}

/* Fetches bytes; false when there are none (now). */
static bool fetch(struct runpod_log *l, int64_t now)
{
    int status = 0;
    struct err why;
    buf_clear(&l->bytes);
    l->used = 0;
    enum http_stream_state state = http_stream_read(l->stream, &l->bytes, &status, &why);
    bool refusal = status != 0 && status / 100 != 2;
    bool over = state == HTTP_STREAM_ENDED || state == HTTP_STREAM_FAILED;
    if (l->bytes.len > 0 && !refusal)
        return true; /* its end is seen at the next look */
    if (over || refusal)
        ended(l, status, now);
    return false;
}

/* ---- lines ------------------------------------------------------------------------------------- */

struct reader {
    struct runpod_log *l;
    struct arena *a;
    runpod_log_fn *each;
    void *arg;
    struct text origin;
    size_t lines;
    bool full;
};

/* Whose lines they are, made once a call. False when there is no room for it. */
static bool name_origin(struct reader *rd)
{
    const struct runpod_log *l = rd->l;
    char origin[NAME_SHOWN_MAX + WORKER_ID_MAX + 2];
    if (rd->origin.len == 0) {
        (void)snprintf(
            origin, sizeof origin, "%s%s%s", l->name, l->name[0] ? "/" : "", l->worker_id);
        rd->origin = text_from(rd->a, origin);
    }
    return rd->origin.len > 0;
}

/* Hands the event out as a line; false when the arena has no room. */
static bool emit(struct reader *rd, const char *data, size_t n, const char *id)
{
    struct runpod_log *l = rd->l;
    struct log_line line;
    enum runpod_log_line result =
        runpod_log_line_read(data, n, clock_wall_ms(l->r->clock), rd->a, &line);
    if (result == RUNPOD_LOG_LINE_NO_ROOM || !name_origin(rd))
        return false;
    if (result == RUNPOD_LOG_LINE) {
        line.origin = rd->origin;
        rd->each(&line, rd->arg);
        rd->lines++;
    }
    (void)snprintf(l->last_id, sizeof l->last_id, "%s", id);
    l->brought = true;
    return true;
}

/* An id goes back to the service in a header: what could not stand there is none. */
static const char *usable_id(const char *id)
{
    size_t n = 0;
    while (id[n] > ' ' && id[n] <= '~')
        n++;
    return id[n] == '\0' && n < RUNPOD_LOG_ID_MAX ? id : "";
}

static void take_event(const struct sse_event *event, void *arg)
{
    struct reader *rd = arg;
    struct runpod_log *l = rd->l;
    const char *id = usable_id(event->id);
    if (emit(rd, event->data, event->length, id))
        return;
    rd->full = true;
    buf_clear(&l->held);
    l->holds = buf_append(&l->held, event->data, event->length) == 0;
    (void)snprintf(l->held_id, sizeof l->held_id, "%s", id);
}

/* Feeds the splitter up to the next end of a line, which makes one event at most. */
static void feed_line(struct runpod_log *l, struct reader *rd)
{
    const char *s = buf_str(&l->bytes) + l->used;
    size_t left = l->bytes.len - l->used, n = 0;
    while (n < left && s[n] != '\n' && s[n] != '\r')
        n++;
    n += n < left;
    l->used += n;
    sse_feed(&l->sse, s, n, take_event, rd);
}

static bool give_held(struct runpod_log *l, struct reader *rd)
{
    if (!l->holds)
        return true;
    if (!emit(rd, buf_str(&l->held), l->held.len, l->held_id))
        return false;
    l->holds = false;
    buf_release(&l->held);
    return true;
}

static void open_when_due(struct runpod_log *l, int64_t now)
{
    if (l->stream || l->over || !cadence_due(&l->again, now))
        return;
    if (runpod_left(l->r) > 0)
        call(l, now);
    else
        cadence_failed(&l->again, now, runpod_wait_ms(l->r, 1));
}

/* When to be called though nothing pokes. */
static int64_t next_call(struct runpod_log *l, int64_t now)
{
    if (l->holds || l->used < l->bytes.len)
        return now;
    if (l->stream || l->over)
        return -1;
    return l->again.due_ms > now ? l->again.due_ms : now;
}

size_t runpod_log_read_some(struct runpod_log *l, size_t most, struct arena *a, runpod_log_fn *each,
    void *arg, int64_t *next_ms)
{
    struct reader rd = {.l = l, .a = a, .each = each, .arg = arg, .origin = TEXT("")};
    int64_t now = clock_mono_ms(l->r->clock);
    bool room = give_held(l, &rd);
    open_when_due(l, now);
    while (room && rd.lines < most && l->stream) {
        if (l->used < l->bytes.len)
            feed_line(l, &rd);
        else if (!fetch(l, now))
            break;
        room = !rd.full;
    }
    if (next_ms)
        *next_ms = next_call(l, now);
    return rd.lines;
}

size_t runpod_log_read(
    struct runpod_log *l, struct arena *a, runpod_log_fn *each, void *arg, int64_t *next_ms)
{
    return runpod_log_read_some(l, SIZE_MAX, a, each, arg, next_ms);
}
