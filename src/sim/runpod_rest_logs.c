/* runpod_rest_logs: log streams of workers and pods (spec/runpod.md §5).
 *
 * A stream never ends by itself, and nothing is sent, not even headers, until there is a line: so the
 * handler itself waits for the first one, and Cloudflare's 524 is what ends a wait for a line that
 * never comes. After that the stream looks for new lines whenever the world changed, and sends a
 * comment as a keep-alive every 15 s.
 *
 * An event's id is its time with nine digits, the last six from the line's number, so that lines of
 * one millisecond have ids of their own and Last-Event-ID (exclusive) loses none. Somebody who sends a
 * time of milliseconds instead means all lines of that millisecond. `since` is inclusive. `tail`
 * counts per source. The scenario's "log_crlf" makes the stream end its lines in CR LF. */
#include "base/clock.h"
#include "sim/runpod_http.h"
#include "sim/runpod_pods.h"
#include "sim/runpod_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL_DEFAULT = 100,
    TAIL_MAX = 5000,
    PENDING_MAX = 4 * 1024 * 1024,
    BATCH_BYTES = 256 * 1024, /* formatted at a time */
    KEEP_ALIVE_MS = 15 * 1000,
    LOOK_MS = 1000
};

static const char *const source_names[LOG_SOURCES] = {
    [LOG_CONTAINER] = "container", [LOG_SYSTEM] = "system"};

/* Where the lines come from. */
struct origin {
    char endpoint_id[20]; /* "" = a pod */
    char id[20];
};

struct log_stream {
    struct origin origin;
    unsigned sources;            /* bit 1 << source */
    uint64_t after[LOG_SOURCES]; /* numbers of the last lines given out */
    bool crlf;
    int64_t sent_at; /* real */
    struct buf pending;
};

/* The lines of both sources as they are now; what `release` frees belongs to a pod's. */
struct lines {
    const struct log_ring *ring[LOG_SOURCES];
    struct pod_lines *pod;
};

static bool lines_open(struct sim *s, const struct origin *o, struct lines *out)
{
    memset(out, 0, sizeof *out);
    if (o->endpoint_id[0] != '\0') {
        struct endpoint *e = endpoint_find(s, o->endpoint_id);
        const struct worker *w = e == NULL ? NULL : worker_find(e, o->id);
        for (int i = 0; w != NULL && i < LOG_SOURCES; i++) {
            out->ring[i] = &w->log[i];
        }
        return w != NULL;
    }
    out->pod = pod_lines_new(s, o->id);
    for (int i = 0; out->pod != NULL && i < LOG_SOURCES; i++) {
        out->ring[i] = pod_lines_ring(out->pod, (enum log_source)i);
    }
    return out->pod != NULL;
}

static void lines_close(struct lines *lines)
{
    pod_lines_free(lines->pod);
}

/* ---- times ------------------------------------------------------------------------------------------ */

/* A line's place in time: nanoseconds since 1970, of which the last six digits are its number. */
static int64_t place_of(const struct log_entry *entry)
{
    return entry->at * 1000000 + (int64_t)(entry->seq % 1000000);
}

/* Reads RFC 3339 with up to nine digits of fraction; *coarse when there were three at most. */
static int read_place(const char *text, int64_t *place, bool *coarse)
{
    int64_t ms = 0;
    if (clock_parse_rfc3339(text, &ms) != 0) {
        return -1;
    }
    const char *dot = strchr(text, '.');
    size_t digits = dot == NULL ? 0 : strspn(dot + 1, "0123456789");
    int64_t fraction = 0;
    for (size_t i = 0; i < 9; i++) {
        fraction = fraction * 10 + (i < digits ? dot[1 + i] - '0' : 0);
    }
    int64_t seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
    if (seconds > INT64_C(9000000000)) {
        return -1;
    }
    *place = seconds * 1000000000 + fraction;
    *coarse = digits <= 3;
    return 0;
}

/* ---- where to begin ------------------------------------------------------------------------------------ */

static uint64_t last_up_to(const struct log_ring *ring, int64_t place)
{
    uint64_t after = 0;
    for (size_t i = 0; i < ring->count && place_of(log_ring_at(ring, i)) <= place; i++) {
        after = log_ring_at(ring, i)->seq;
    }
    return after;
}

static uint64_t last_before_tail(const struct log_ring *ring, int64_t tail)
{
    size_t count = ring->count;
    if (count <= (size_t)tail) {
        return 0;
    }
    return log_ring_at(ring, count - (size_t)tail - 1)->seq;
}

/* What the request asks for. */
struct wish {
    unsigned sources;
    int64_t tail;
    bool resume; /* behind `place` */
    int64_t place;
};

static bool invalid(struct reply *p, const char *where, const char *text)
{
    struct json *errors = json_new_array();
    schema_error(errors, where, "%s", text);
    rest_invalid(p, errors);
    return false;
}

static bool wish_source(struct request *r, struct reply *p, struct wish *w)
{
    const char *source = request_query(r, "source");
    w->sources = (1U << LOG_SOURCES) - 1;
    if (source == NULL) {
        return true;
    }
    for (int i = 0; i < LOG_SOURCES; i++) {
        if (strcmp(source, source_names[i]) == 0) {
            w->sources = 1U << i;
            return true;
        }
    }
    return invalid(p, "source", "value must be one of 'container', 'system'");
}

static bool wish_tail(struct request *r, struct reply *p, struct wish *w)
{
    const char *tail = request_query(r, "tail");
    w->tail = TAIL_DEFAULT;
    if (tail == NULL) {
        return true;
    }
    size_t digits = strspn(tail, "0123456789");
    w->tail = digits > 0 && digits < 9 && tail[digits] == '\0' ? strtol(tail, NULL, 10) : -1;
    return (w->tail >= 0 && w->tail <= TAIL_MAX) ||
           invalid(p, "tail", "must be an integer from 0 to 5000");
}

/* Last-Event-ID overrides since, since overrides tail. */
static bool wish_resume(struct request *r, struct reply *p, struct wish *w)
{
    bool coarse = false;
    const char *last = request_header(r, "Last-Event-ID"), *since = request_query(r, "since");
    w->resume = last != NULL || since != NULL;
    if (last != NULL) {
        if (read_place(last, &w->place, &coarse) != 0) {
            return invalid(p, "Last-Event-ID", "must be an RFC 3339 time");
        }
        w->place += coarse ? 999999 : 0;
    } else if (since != NULL) {
        if (read_place(since, &w->place, &coarse) != 0) {
            return invalid(p, "since", "must be an RFC 3339 time");
        }
        w->place -= 1;
    }
    return true;
}

static void begin_at(struct log_stream *t, const struct lines *lines, const struct wish *w)
{
    t->sources = w->sources;
    for (int i = 0; i < LOG_SOURCES; i++) {
        t->after[i] = w->resume ? last_up_to(lines->ring[i], w->place)
                                : last_before_tail(lines->ring[i], w->tail);
    }
}

/* ---- events ------------------------------------------------------------------------------------------------ */

static void append_event(
    struct log_stream *t, enum log_source source, const struct log_entry *entry)
{
    const char *end = t->crlf ? "\r\n" : "\n";
    char ts[CLOCK_RFC3339_MAX], id[CLOCK_RFC3339_MAX];
    clock_rfc3339(ts, entry->at, 1);
    clock_rfc3339(id, entry->at, 0);
    struct json *data = json_new_object();
    (void)json_add_str(data, "source", source_names[source]);
    (void)json_add_str(data, "line", entry->line);
    (void)json_add_str(data, "ts", ts);
    (void)buf_printf(&t->pending, "id: %.19s.%03d%06dZ%sdata: ", id, (int)(entry->at % 1000),
        (int)(entry->seq % 1000000), end);
    (void)json_print(data, &t->pending);
    (void)buf_printf(&t->pending, "%s%s", end, end);
    json_free(data);
}

/* The first line behind `after`, NULL when there is none. The search starts at the newest. */
static const struct log_entry *next_of(const struct log_ring *ring, uint64_t after, size_t *index)
{
    size_t i = ring->count;
    while (i > 0 && log_ring_at(ring, i - 1)->seq > after) {
        i--;
    }
    *index = i;
    return log_ring_at(ring, i);
}

/* Formats lines that came since, in their order over both sources, a batch at most. */
static void gather(struct log_stream *t, const struct lines *lines)
{
    size_t at[LOG_SOURCES] = {0};
    const struct log_entry *next[LOG_SOURCES] = {NULL};
    for (int i = 0; i < LOG_SOURCES; i++) {
        if ((t->sources & (1U << i)) != 0) {
            next[i] = next_of(lines->ring[i], t->after[i], &at[i]);
        }
    }
    while (t->pending.len < BATCH_BYTES) {
        int first = -1;
        for (int i = 0; i < LOG_SOURCES; i++) {
            if (next[i] != NULL && (first < 0 || next[i]->seq < next[first]->seq)) {
                first = i;
            }
        }
        if (first < 0) {
            break;
        }
        append_event(t, (enum log_source)first, next[first]);
        t->after[first] = next[first]->seq;
        next[first] = log_ring_at(lines->ring[first], ++at[first]);
    }
}

/* False when what the stream is about is forgotten. */
static bool look(struct sim *s, struct log_stream *t)
{
    struct lines lines;
    if (!lines_open(s, &t->origin, &lines)) {
        return false;
    }
    gather(t, &lines);
    lines_close(&lines);
    return true;
}

static long hand_out(struct log_stream *t, char *out, size_t max)
{
    size_t n = t->pending.len < max ? t->pending.len : max;
    memcpy(out, t->pending.data, n);
    buf_drop(&t->pending, n);
    t->sent_at = real_now();
    return (long)n;
}

static long stream_next(struct sim *s, void *arg, char *out, size_t max)
{
    struct log_stream *t = arg;
    long given = 0;
    sim_lock(s);
    for (;;) {
        if (t->pending.len == 0 && !look(s, t)) {
            break;
        }
        if (t->pending.len == 0 && real_now() - t->sent_at >= KEEP_ALIVE_MS) {
            (void)buf_str_append(
                &t->pending, t->crlf ? ": keep-alive\r\n\r\n" : ": keep-alive\n\n");
        }
        if (t->pending.len > 0) {
            given = hand_out(t, out, max);
            break;
        }
        if (!sim_sleep(s, LOOK_MS)) {
            given = -1;
            break;
        }
    }
    sim_unlock(s);
    return given;
}

static void stream_free(void *arg)
{
    struct log_stream *t = arg;
    buf_release(&t->pending);
    free(t);
}

/* ---- routes -------------------------------------------------------------------------------------------------- */

/* Waits for the first line; false when it has answered. */
static bool wait_for_line(struct sim *s, struct reply *p, struct log_stream *t)
{
    int64_t deadline = real_now() + CLOUDFLARE_HOLD_MS;
    for (;;) {
        if (!look(s, t)) {
            runpod_control_error(p, 404, "logs not found");
            return false;
        }
        if (t->pending.len > 0) {
            return true;
        }
        int64_t left = deadline - real_now();
        if (left <= 0) {
            cloudflare_error(p, 524, "524: A timeout occurred");
            return false;
        }
        if (!sim_sleep(s, left < LOOK_MS ? left : LOOK_MS)) {
            runpod_control_error(p, 503, "shutting down");
            return false;
        }
    }
}

static void start(struct sim *s, struct request *r, struct reply *p, const struct origin *origin,
    const char *missing)
{
    struct wish wish = {0};
    struct lines lines;
    if (!lines_open(s, origin, &lines)) {
        runpod_control_error(p, 404, missing);
        return;
    }
    struct log_stream *t = calloc(1, sizeof *t);
    if (t == NULL || !wish_source(r, p, &wish) || !wish_tail(r, p, &wish) ||
        !wish_resume(r, p, &wish)) {
        lines_close(&lines);
        free(t);
        return;
    }
    buf_init(&t->pending, PENDING_MAX);
    t->origin = *origin;
    t->crlf = json_is_true(surface_setting(s, "log_crlf"));
    t->sent_at = real_now();
    begin_at(t, &lines, &wish);
    lines_close(&lines);
    if (!wait_for_line(s, p, t)) {
        stream_free(t);
        return;
    }
    p->content_type = "text/event-stream";
    reply_header(p, "Cache-Control", "no-cache");
    p->stream = stream_next;
    p->stream_arg = t;
    p->stream_free = stream_free;
}

void rest_worker_logs(struct sim *s, struct request *r, struct reply *p)
{
    const struct endpoint *e = rest_endpoint(s, r, p);
    if (e == NULL) {
        return;
    }
    struct origin origin = {0};
    (void)snprintf(origin.endpoint_id, sizeof origin.endpoint_id, "%s", e->id);
    (void)snprintf(origin.id, sizeof origin.id, "%.19s", request_param(r, "worker"));
    start(s, r, p, &origin, "worker not found");
}

void rest_pod_logs(struct sim *s, struct request *r, struct reply *p)
{
    struct origin origin = {0};
    (void)snprintf(origin.id, sizeof origin.id, "%.19s", request_param(r, "id"));
    start(s, r, p, &origin, "pod not found");
}
