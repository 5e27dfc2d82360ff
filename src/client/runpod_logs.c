/* runpod_logs: the log of one worker, followed for as long as the worker is.
 *
 *     no stream ──due, quota──▶ stream ──ended, failed, refused──▶ no stream (back-off)
 *                                  └────404────▶ over
 *
 * Bytes go from the stream through the SSE splitter into a queue of events, and from there, one by one, to
 * whoever reads: splitting is cheap, reading an event (JSON, cleaning, masking) is not. A reader that
 * only reads takes in no more than it reads, so the service has to wait; the watch takes in everything
 * (runpod_log_take_in), and what the queue has no room for is let go unread, the oldest first, and
 * counted: so a flood costs little and the newest lines, which say why a worker ended, are never behind.
 *
 * `last_id` is that of the last line handed out, `queued_id` that of the last in the queue, from which a
 * new connection goes on. Without ids it goes on from the time of the last line, once the queue is
 * empty; the lines of that very millisecond come again and are left out.
 *
 * A stream that ended without a line, a gateway's 524 while a worker is silent among them, waits
 * longer each time; one that brought lines starts over. */
#include "client/runpod_logs_internal.h"

#include "base/log.h"
#include "client/http_error.h"
#include "client/runpod_internal.h"
#include "client/runpod_log_line.h"
#include "client/runpod_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL_MAX = 5000, /* spec/runpod.md §5 */
    BYTES_MAX = 128 * 1024,
    PIECE = 4096,          /* of the stream, for a reader that takes in only what it reads */
    AHEAD_MAX = 64 * 1024, /* bytes in the queue with which it stops to */
    TAKE_IN_MAX = 4 << 20, /* in one go; then others get their turn */
    AGAIN_MS = 2000,
    AGAIN_MAX_MS = 2 * 60 * 1000,
    REFUSED_MS = 5 * 60 * 1000,       /* no right to it, or too many calls */
    HEADERS_MS = 24 * 60 * 60 * 1000, /* they come with the first line (§5) */
    NAME_SHOWN_MAX = 64
};

struct runpod_log {
    struct runpod *r;
    struct wait *wait;
    char endpoint_id[ENDPOINT_ID_MAX], worker_id[WORKER_ID_MAX];
    char name[NAME_SHOWN_MAX + 1]; /* the endpoint's, clean */
    struct runpod_log_ask ask;
    bool over, answered;
    int status; /* as runpod_log_status has it */

    struct http_stream *stream; /* NULL = none; borrows what follows */
    struct http_request request;
    struct buf url;
    struct http_header resume; /* Last-Event-ID */
    char sent_id[RUNPOD_LOG_ID_MAX];
    bool brought; /* events, since it was opened */
    struct cadence again;

    struct sse sse;
    struct buf bytes; /* not yet in the splitter */
    size_t used;      /* … but for so many at its beginning */
    struct log_queue queue;
    char queued_id[RUNPOD_LOG_ID_MAX], last_id[RUNPOD_LOG_ID_MAX];

    /* for a service without ids */
    int64_t last_ms;  /* of the last line; 0 = none, or it did not say */
    int last_count;   /* how many of that millisecond were handed out */
    int64_t again_ms; /* where the present connection began; 0 = by id, or at the tail */
    int again_count;  /* how many of that millisecond are still to be left out */
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

struct runpod_log *runpod_log_open_from(struct runpod *r, const char *endpoint_id, const char *name,
    const char *worker_id, const struct runpod_log_ask *ask, struct wait *wait, struct err *e)
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
    l->ask = *ask;
    l->ask.tail = ask->tail < 0 ? 0 : ask->tail > TAIL_MAX ? TAIL_MAX : ask->tail;
    (void)snprintf(l->endpoint_id, sizeof l->endpoint_id, "%.*s", ENDPOINT_ID_MAX - 1, endpoint_id);
    (void)snprintf(l->worker_id, sizeof l->worker_id, "%.*s", WORKER_ID_MAX - 1, worker_id);
    copy_name(l->name, name ? name : "");
    sse_init(&l->sse);
    buf_init(&l->bytes, BYTES_MAX);
    log_queue_init(&l->queue);
    cadence_init(&l->again, AGAIN_MS, AGAIN_MAX_MS, 0.2, seed_of(worker_id));
    return l;
}

struct runpod_log *runpod_log_open(struct runpod *r, const char *endpoint_id, const char *name,
    const char *worker_id, int tail, struct wait *wait, struct err *e)
{
    const struct runpod_log_ask ask = {.tail = tail};
    return runpod_log_open_from(r, endpoint_id, name, worker_id, &ask, wait, e);
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
    log_queue_release(&l->queue);
    buf_release(&l->url);
    free(l);
}

const char *runpod_log_worker(const struct runpod_log *l)
{
    return l->worker_id;
}

bool runpod_log_holds(const struct runpod_log *l)
{
    return l->queue.count > 0;
}

bool runpod_log_over(const struct runpod_log *l)
{
    return l->over && !runpod_log_holds(l);
}

bool runpod_log_answered(const struct runpod_log *l)
{
    return l->answered;
}

int runpod_log_status(const struct runpod_log *l)
{
    return l->status;
}

uint64_t runpod_log_take_lost(struct runpod_log *l)
{
    uint64_t lost = l->queue.dropped;
    l->queue.dropped = 0;
    return lost;
}

const char *runpod_log_last_id(const struct runpod_log *l)
{
    return l->last_id;
}

void runpod_log_resume(struct runpod_log *l, const char *last_id)
{
    (void)snprintf(l->last_id, sizeof l->last_id, "%s", last_id);
    (void)snprintf(l->queued_id, sizeof l->queued_id, "%s", last_id);
}

/* ---- the stream -------------------------------------------------------------------------------- */

/* Where to begin: behind the last id, else at a time, else with the tail. */
static int write_url(struct runpod_log *l, struct err *e)
{
    char since[CLOCK_RFC3339_MAX + 8] = "";
    int64_t from = l->last_ms > 0 && !l->queued_id[0] ? l->last_ms : l->ask.since_ms;
    if (from > 0) {
        memcpy(since, "&since=", 7);
        clock_rfc3339(since + 7, from, 1);
    }
    l->again_ms = l->queued_id[0] ? 0 : l->last_ms;
    l->again_count = l->last_count;
    buf_release(&l->url);
    return runpod_url(l->r, RUNPOD_CONTROL, &l->url, e,
        "/v2/serverless/%s/workers/%s/logs?tail=%d%s%s%s", l->endpoint_id, l->worker_id,
        l->ask.tail, since, l->ask.one_source ? "&source=" : "",
        l->ask.one_source ? line_source_name(l->ask.source) : "");
}

static void call(struct runpod_log *l, int64_t now)
{
    struct err why;
    if (write_url(l, &why) == 0) {
        l->request = runpod_get(l->r, buf_str(&l->url), BYTES_MAX);
        l->request.retry = HTTP_RETRY_NONE;
        l->request.deadline_ms = HEADERS_MS;
        if (l->queued_id[0]) {
            memcpy(l->sent_id, l->queued_id, sizeof l->sent_id);
            l->resume = (struct http_header){.name = "Last-Event-ID", .value = l->sent_id};
            l->request.headers = &l->resume;
            l->request.header_count = 1;
        }
        runpod_spend(l->r, 1);
        l->brought = false;
        l->stream = http_stream_open(l->r->http, &l->request, l->wait, &why);
    }
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
            l->last_id[0] = l->queued_id[0] = '\0';
        cadence_failed(&l->again, now, runpod_wait_ms(l->r, 1));
    }
}

/* Ends a stream that has ended, and says when to try again. */
static void ended(struct runpod_log *l, int status, int64_t now)
{
    hang_up(l);
    l->status = status == 0 ? -1 : status / 100 != 2 ? status : l->status;
    if (status != 0 && status / 100 != 2) {
        l->answered = true;
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

static bool knows_where_to_go_on(const struct runpod_log *l)
{
    return l->queued_id[0] || l->last_ms == 0 || !runpod_log_holds(l);
}

static void open_when_due(struct runpod_log *l, int64_t now)
{
    if (l->stream || l->over || !cadence_due(&l->again, now) || !knows_where_to_go_on(l))
        return;
    if (runpod_left(l->r) > 0)
        call(l, now);
    else
        cadence_failed(&l->again, now, runpod_wait_ms(l->r, 1));
}

/* ---- taking in --------------------------------------------------------------------------------- */

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
    struct runpod_log *l = arg;
    const char *id = usable_id(event->id);
    if (event->length == 0)
        return; /* a keep-alive */
    log_queue_push(&l->queue, event->data, event->length, id);
    (void)snprintf(l->queued_id, sizeof l->queued_id, "%s", id);
    l->brought = l->answered = true;
}

/* Feeds the splitter from what was fetched. */
static size_t feed(struct runpod_log *l, size_t most)
{
    size_t left = l->bytes.len - l->used, n = left < most ? left : most;
    const char *s = buf_str(&l->bytes) + l->used;
    l->used += n;
    sse_feed(&l->sse, s, n, take_event, l);
    return n;
}

/* When to be called though nothing pokes. */
static int64_t next_call(struct runpod_log *l, int64_t now)
{
    if (l->used < l->bytes.len)
        return now;
    if (l->stream || l->over)
        return -1;
    return l->again.due_ms > now ? l->again.due_ms : now;
}

int64_t runpod_log_take_in(struct runpod_log *l)
{
    int64_t now = clock_mono_ms(l->r->clock);
    size_t taken = 0;
    open_when_due(l, now);
    while (l->stream && taken < TAKE_IN_MAX) {
        if (l->used == l->bytes.len && !fetch(l, now))
            break;
        taken += feed(l, SIZE_MAX);
    }
    return taken < TAKE_IN_MAX ? next_call(l, now) : now;
}

/* ---- reading ----------------------------------------------------------------------------------- */

struct reader {
    struct runpod_log *l;
    struct arena *a;
    runpod_log_fn *each;
    void *arg;
    struct text origin;
    size_t lines;
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

/* Whether the line was handed out already, before the connection broke. Notes where one is. */
static bool seen_before(struct runpod_log *l, int64_t at_ms)
{
    if (at_ms < 0) {
        l->last_ms = 0;
        return false;
    }
    if (at_ms < l->again_ms)
        return true;
    if (at_ms == l->again_ms && l->again_count > 0) {
        l->again_count--;
        return true;
    }
    if (at_ms > l->again_ms)
        l->again_ms = 0;
    l->last_count = at_ms == l->last_ms ? l->last_count + 1 : 1;
    l->last_ms = at_ms;
    return false;
}

/* Hands the event out as a line; false when the arena has no room. */
static bool emit(struct reader *rd, const char *data, size_t n)
{
    struct runpod_log *l = rd->l;
    struct log_line line;
    if (!name_origin(rd))
        return false;
    enum runpod_log_line result = runpod_log_line_read(data, n, -1, rd->a, &line);
    if (result == RUNPOD_LOG_LINE_NO_ROOM)
        return false;
    if (result != RUNPOD_LOG_LINE || seen_before(l, line.at_ms))
        return true;
    if (line.at_ms < 0)
        line.order_ms = line.at_ms = clock_wall_ms(l->r->clock);
    line.origin = rd->origin;
    line.endpoint_id = l->endpoint_id;
    rd->each(&line, rd->arg);
    rd->lines++;
    return true;
}

/* False when there is nothing (now), or no room for it. */
static bool read_one(struct reader *rd, int64_t now)
{
    struct runpod_log *l = rd->l;
    const char *data, *id;
    size_t n;
    while (l->stream && log_queue_bytes(&l->queue) < AHEAD_MAX) {
        if (l->used == l->bytes.len && !fetch(l, now))
            break;
        feed(l, PIECE);
    }
    if (!log_queue_first(&l->queue, &data, &n, &id) || !emit(rd, data, n))
        return false;
    memcpy(l->last_id, id, strlen(id) + 1);
    log_queue_pop(&l->queue);
    return true;
}

size_t runpod_log_read_some(struct runpod_log *l, size_t most, struct arena *a, runpod_log_fn *each,
    void *arg, int64_t *next_ms)
{
    struct reader rd = {.l = l, .a = a, .each = each, .arg = arg, .origin = TEXT("")};
    int64_t now = clock_mono_ms(l->r->clock);
    open_when_due(l, now);
    while (rd.lines < most && read_one(&rd, now))
        continue;
    if (next_ms)
        *next_ms = runpod_log_holds(l) ? now : next_call(l, now);
    return rd.lines;
}

size_t runpod_log_read(
    struct runpod_log *l, struct arena *a, runpod_log_fn *each, void *arg, int64_t *next_ms)
{
    return runpod_log_read_some(l, SIZE_MAX, a, each, arg, next_ms);
}
