/* The logs that tell most: at most RUNPOD_EVIDENCE_LOGS workers at a time, side by side, those first that are in
 * trouble. A stream never ends and says nothing until there is a line (spec/runpod.md §5), so what is there already
 * is cut off by a silence, or after a few seconds; nothing at all is a finding, not a failure.
 *
 * Of a worker that has vanished the service may still have what the system said; what its container said is
 * gone with it, unless an earlier run of ours kept it. */
#include "client/runpod_evidence_internal.h"

#include "client/runpod_internal.h"
#include "client/runpod_logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL = 400,       /* lines of each source */
    QUIET_MS = 750,   /* a silence that ends the past … */
    SILENT_MS = 2500, /* … where nothing came at all */
    LISTEN_MS = 5000,
    LINES_MAX = 2 * TAIL + EVIDENCE_KEPT_LINES,
    LOG_ARENA = 8 << 20,
    BATCH_ARENA = 1 << 20
};

/* A log that is being read. */
struct reading {
    struct runpod_evidence *ev;
    struct runpod_log *log; /* owned */
    size_t place;           /* of its worker */
    struct arena *arena;    /* owned until it is the worker's */
    struct log_line *lines;
    size_t count;
    int64_t first_ms[LINE_SOURCES]; /* of what the service gave; INT64_MAX = nothing */
    int64_t heard_ms;               /* monotonic, of the last line; -1 = none */
    bool done;
};

/* ---- which ------------------------------------------------------------------------------------------------ */

static bool serves(const struct triage_evidence *v)
{
    const struct triage_look *last = v->look_count ? &v->looks[v->look_count - 1] : NULL;
    return last && last->health.in_progress > 0;
}

/* How much its log is likely to tell. 0 = it need not be read. */
static int telling(const struct triage_evidence *v, const struct triage_worker *w)
{
    if (w->vanished)
        return 30;
    switch (w->worker.status) {
    case WORKER_UNHEALTHY:
        return 60;
    case WORKER_INITIALIZING:
        return 50;
    case WORKER_OTHER:
        return 45;
    case WORKER_RUNNING:
    case WORKER_IDLE:
        return serves(v) ? 20 : 40;
    case WORKER_THROTTLED:
    default:
        return 10;
    }
}

/* Those alike: the longest in their state first; of the vanished the one that was seen last. */
static bool before(const struct triage_evidence *v, size_t a, size_t b)
{
    const struct triage_worker *x = &v->workers[a], *y = &v->workers[b];
    int tx = telling(v, x), ty = telling(v, y);
    if (tx != ty)
        return tx > ty;
    if (x->vanished)
        return x->last_ms > y->last_ms || (x->last_ms == y->last_ms && a > b);
    return x->first_ms < y->first_ms;
}

/* A worker that was there at the last look and is not any more is told by its system lines alone, which the
 * look after the next has not: so logs are read again for whoever is new, and for whoever is in trouble. */
static size_t choose(struct runpod_evidence *ev, size_t out[RUNPOD_EVIDENCE_LOGS])
{
    const struct triage_evidence *v = &ev->v;
    size_t n = 0;
    while (n < RUNPOD_EVIDENCE_LOGS) {
        size_t best = TRIAGE_WORKERS_MAX;
        for (size_t i = 0; i < v->worker_count; i++) {
            bool taken = ev->beside[i].asked;
            for (size_t k = 0; k < n; k++)
                taken = taken || out[k] == i;
            if (!taken && (best == TRIAGE_WORKERS_MAX || before(v, i, best)))
                best = i;
        }
        if (best == TRIAGE_WORKERS_MAX)
            break;
        out[n++] = best;
    }
    return n;
}

/* ---- reading ---------------------------------------------------------------------------------------------- */

static void take_line(struct reading *r, const struct log_line *line)
{
    if (r->count == LINES_MAX || line->source == LINE_OWN)
        return;
    struct log_line *kept = &r->lines[r->count];
    *kept = *line;
    kept->line = text_dup(r->arena, line->line);
    kept->origin = TEXT("");
    kept->endpoint_id = NULL;
    kept->order_ms = (int64_t)r->count;
    if (kept->line.len == line->line.len)
        r->count++;
}

static void on_line(const struct log_line *line, void *arg)
{
    struct reading *r = arg;
    int64_t *first = &r->first_ms[line->source];
    *first = line->at_ms < *first ? line->at_ms : *first;
    r->heard_ms = clock_mono_ms(clock_real());
    evidence_saw_time(r->ev, line->at_ms);
    take_line(r, line);
}

static int begin(
    struct reading *r, struct runpod_evidence *ev, size_t place, struct wait *wait, struct err *e)
{
    const struct triage_evidence *v = &ev->v;
    const struct runpod_log_ask ask = {.tail = TAIL};
    *r = (struct reading){.ev = ev, .place = place, .heard_ms = -1};
    for (size_t i = 0; i < LINE_SOURCES; i++)
        r->first_ms[i] = INT64_MAX;
    r->arena = evidence_arena(LOG_ARENA);
    r->lines = r->arena ? arena_array(r->arena, LINES_MAX, sizeof *r->lines) : NULL;
    if (!r->lines)
        return err_set(e, ERR_IO, 0, "out of memory");
    r->log = runpod_log_open_from(ev->options.runpod, v->endpoint.id, v->endpoint.name.s,
        v->workers[place].worker.id, &ask, wait, e);
    ev->cost.calls++;
    ev->beside[place].asked = true;
    return r->log ? 0 : -1;
}

/* Takes what has come; returns when to come back at the latest. */
static int64_t read_some(struct reading *r, int64_t began_ms)
{
    int64_t now = clock_mono_ms(clock_real()), next = -1;
    int64_t quiet = r->ev->options.quiet_ms > 0 ? r->ev->options.quiet_ms : QUIET_MS;
    struct arena *a = evidence_arena(BATCH_ARENA);
    if (a)
        (void)runpod_log_read(r->log, a, on_line, r, &next);
    arena_free(a);
    int64_t until =
        r->heard_ms >= 0 ? r->heard_ms + quiet : began_ms + SILENT_MS * quiet / QUIET_MS;
    if (until > began_ms + LISTEN_MS)
        until = began_ms + LISTEN_MS;
    r->done = runpod_log_over(r->log) || now >= until;
    if (next >= 0 && next < until)
        until = next;
    return until;
}

static int listen_to(
    struct reading *readings, size_t n, struct wait *wait, struct cancel *c, struct err *e)
{
    struct clock *clock =
        clock_real(); /* how fast a network is has nothing to do with a test's clock */
    int64_t began = clock_mono_ms(clock);
    for (size_t open = n; open > 0;) {
        uint64_t seen = wait_seen(wait);
        int64_t until = began + LISTEN_MS;
        open = 0;
        for (size_t i = 0; i < n; i++) {
            if (readings[i].done)
                continue;
            int64_t at = read_some(&readings[i], began);
            if (readings[i].done)
                continue;
            open++;
            until = at < until ? at : until;
        }
        if (cancel_check(c, e))
            return -1;
        int64_t now = clock_mono_ms(clock);
        if (open > 0)
            (void)wait_until(wait, seen, until > now ? until - now + 1 : 20);
    }
    return 0;
}

/* ---- what came of it ---------------------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const struct log_line *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->order_ms < y->order_ms ? -1 : x->order_ms > y->order_ms;
}

/* Nothing of it was read, and that is not because nothing was said. */
static bool was_refused(const struct reading *r)
{
    return r->count == 0 && runpod_log_status(r->log) != 0;
}

/* Lines of an earlier run, from before what the service has. */
static void add_kept(struct reading *r)
{
    const struct evidence_worker *w = &r->ev->beside[r->place];
    for (size_t i = 0; i < w->kept_count; i++)
        if (w->kept_lines[i].at_ms < r->first_ms[w->kept_lines[i].source])
            take_line(r, &w->kept_lines[i]);
}

/* The worker's log is what was read now; without any lines what was read before stays. */
static void take(struct reading *r)
{
    struct evidence_worker *beside = &r->ev->beside[r->place];
    struct triage_worker *w = &r->ev->v.workers[r->place];
    struct crash seen;
    bool refused = was_refused(r);
    add_kept(r);
    if (r->count == 0 && (refused || beside->line_count > 0))
        return;
    if (r->count > 1)
        qsort(r->lines, r->count, sizeof *r->lines, by_time);
    if (crash_read(r->lines, r->count, r->arena, &seen))
        return;
    w->log = seen;
    w->logs_read = true;
    if (w->last_ms < 0 && r->count > 0) /* of an earlier run: it was there when it last spoke */
        w->first_ms = w->last_ms = r->lines[r->count - 1].at_ms;
    evidence_swap(&beside->log, r->arena);
    beside->lines = r->lines;
    beside->line_count = r->count;
    r->arena = NULL;
}

static void end(struct reading *r)
{
    runpod_log_close(r->log);
    arena_free(r->arena);
}

/* Of how many no log was read, and why: of the last of them. */
struct refusals {
    size_t asked, refused, gone; /* gone: workers that have vanished, and their logs with them */
    int status;
};

static void count_refusal(struct refusals *x, const struct reading *r)
{
    bool vanished = r->ev->v.workers[r->place].vanished && runpod_log_over(r->log);
    x->asked++;
    if (!was_refused(r))
        return;
    x->refused++;
    x->gone += vanished;
    if (!vanished)
        x->status = runpod_log_status(r->log);
}

static void note_refusals(struct runpod_evidence *ev, const struct refusals *x)
{
    char why[EVIDENCE_NOTE_MAX], status[32] = "the connection was lost";
    if (x->status > 0)
        snprintf(status, sizeof status, "HTTP %d", x->status);
    if (x->gone == x->asked)
        snprintf(why, sizeof why, "the workers have vanished and their logs with them");
    else
        snprintf(why, sizeof why, "of %zu of %zu worker%s: %s", x->refused - x->gone, x->asked,
            x->asked == 1 ? "" : "s", status);
    evidence_note(ev, "logs", x->refused > 0 && (x->gone == x->asked || x->status) ? why : NULL);
}

static void note(struct runpod_evidence *ev, const struct refusals *x, const struct err *why)
{
    if (x->asked > 0)
        note_refusals(ev, x);
    else
        evidence_note(ev, "logs",
            ev->v.worker_count > 0 ? why->message : "there is no worker, and none is remembered");
}

int evidence_logs(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    struct reading readings[RUNPOD_EVIDENCE_LOGS];
    size_t chosen[RUNPOD_EVIDENCE_LOGS], n = 0;
    struct refusals refusals = {0};
    size_t wanted = choose(ev, chosen);
    struct err why;
    struct wait wait;
    if (wanted == 0 && ev->v.worker_count > 0)
        return 0; /* all that can be asked were */
    if (wait_init(&wait))
        return 0;
    struct cancel_hook hook = {.poke = runpod_poke, .arg = &wait};
    cancel_add(c, &hook);
    err_set(&why, ERR_IO, 0, "they could not be asked for");
    for (size_t i = 0; i < wanted; i++) {
        if (begin(&readings[n], ev, chosen[i], &wait, &why))
            end(&readings[n]);
        else
            n++;
    }
    int failed = n > 0 && listen_to(readings, n, &wait, c, e) ? -1 : 0;
    for (size_t i = 0; i < n; i++) {
        count_refusal(&refusals, &readings[i]);
        if (!failed)
            take(&readings[i]);
        end(&readings[i]);
    }
    if (!failed)
        note(ev, &refusals, &why);
    cancel_remove(c, &hook);
    wait_release(&wait);
    return failed;
}

size_t runpod_evidence_lines(
    const struct runpod_evidence *ev, const char *worker_id, const struct log_line **lines)
{
    for (size_t i = 0; i < ev->v.worker_count; i++)
        if (strcmp(ev->v.workers[i].worker.id, worker_id) == 0) {
            *lines = ev->beside[i].lines;
            return ev->beside[i].line_count;
        }
    return 0;
}
