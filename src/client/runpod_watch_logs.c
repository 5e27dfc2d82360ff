/* runpod_watch_logs: whose logs are followed, and their lines on the way to main.
 *
 * There are fewer places than there may be workers, so every worker that is up has a score: what a
 * person looks at, then endpoints in trouble, then workers that start or are ill, then those that are
 * followed already (so that equals do not push each other out). The best get the places. A worker
 * that vanished from its list keeps its place until its stream ends or a listed one needs it: its
 * last lines are the ones that say why.
 *
 * Where a log was left is remembered, so that following it again shows no line twice. Lines of all logs
 * that came at about the same time go out as one batch, sorted by time. */
#include "client/runpod_watch_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAIL = 100,
    BATCH_LINES = 500,
    BATCH_ARENA = 512 * 1024,
    BATCHES_MAX = 8,          /* in one go; then the rounds get their turn */
    GATHER_MS = 100,          /* between two batches, so that lines come together */
    OVER_AGAIN_MS = 60 * 1000 /* a worker without a log is asked again */
};

/* Scores; a worker that is up has at least 1. */
enum { UP = 1, FOLLOWED = 1, ILL = 2, TROUBLE = 8, FOCUS = 16 };

struct candidate {
    const struct watched *endpoint;
    const struct watched_worker *worker;
    int score;
};

/* ---- memory ------------------------------------------------------------------------------------ */

static struct remembered *remembered(struct runpod_watch *w, const char *worker)
{
    for (size_t i = 0; i < WATCH_REMEMBERED; i++)
        if (strcmp(w->remembered[i].worker, worker) == 0)
            return &w->remembered[i];
    return NULL;
}

static void stop_following(struct runpod_watch *w, struct followed *f, int64_t not_before_ms)
{
    const char *worker = runpod_log_worker(f->log), *last = runpod_log_last_id(f->log);
    struct remembered *place = remembered(w, worker);
    if (!place)
        place = &w->remembered[w->remembered_next++ % WATCH_REMEMBERED];
    place->not_before_ms = not_before_ms;
    (void)snprintf(place->worker, sizeof place->worker, "%s", worker);
    (void)snprintf(place->last_id, sizeof place->last_id, "%s", last);
    runpod_log_close(f->log);
    *f = (struct followed){0};
}

void watch_logs_close(struct runpod_watch *w)
{
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
        runpod_log_close(w->logs[i].log);
    memset(w->logs, 0, sizeof w->logs);
}

/* ---- choosing ---------------------------------------------------------------------------------- */

static struct followed *followed(struct runpod_watch *w, const char *worker)
{
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
        if (w->logs[i].log && strcmp(runpod_log_worker(w->logs[i].log), worker) == 0)
            return &w->logs[i];
    return NULL;
}

/* 0 = it has no log to follow (now). */
static int score_of(struct runpod_watch *w, const struct watched *e,
    const struct watched_worker *worker, int64_t now)
{
    const struct remembered *left = remembered(w, worker->id);
    bool open = followed(w, worker->id) != NULL;
    if (!worker->id[0] || worker->status == WORKER_THROTTLED ||
        (!open && left && now < left->not_before_ms))
        return 0;
    bool ill = worker->status == WORKER_INITIALIZING || worker->status == WORKER_UNHEALTHY;
    return UP + (open ? FOLLOWED : 0) + (ill ? ILL : 0) + (e->trouble ? TROUBLE : 0) +
           (e->focused ? FOCUS : 0);
}

/* Puts it where it belongs among the best. */
static void consider(struct candidate best[RUNPOD_WATCH_LOGS], size_t *n, struct candidate c)
{
    size_t at = *n;
    while (at > 0 && best[at - 1].score < c.score)
        at--;
    if (at == RUNPOD_WATCH_LOGS)
        return;
    if (*n < RUNPOD_WATCH_LOGS)
        ++*n;
    memmove(&best[at + 1], &best[at], (*n - at - 1) * sizeof *best);
    best[at] = c;
}

static size_t choose(struct runpod_watch *w, struct candidate best[RUNPOD_WATCH_LOGS], int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct watched *e = &w->endpoints[i];
        for (size_t k = 0; k < e->worker_count; k++) {
            struct candidate c = {e, &e->workers[k], score_of(w, e, &e->workers[k], now)};
            if (c.score > 0)
                consider(best, &n, c);
        }
    }
    return n;
}

/* A free place, else the one that is wanted least; NULL when all are wanted at least as much. */
static struct followed *make_place(struct runpod_watch *w, int score)
{
    struct followed *least = &w->logs[0];
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++) {
        if (!w->logs[i].log)
            return &w->logs[i];
        if (w->logs[i].score < least->score)
            least = &w->logs[i];
    }
    if (least->score >= score)
        return NULL;
    stop_following(w, least, 0);
    return least;
}

static void follow(struct runpod_watch *w, const struct candidate *c)
{
    struct err why;
    struct followed *place = make_place(w, c->score);
    const struct remembered *left = remembered(w, c->worker->id);
    if (!place)
        return;
    place->log = runpod_log_open(
        w->r, c->endpoint->id, c->endpoint->name, c->worker->id, TAIL, &w->wait, &why);
    place->score = c->score;
    if (!place->log)
        log_err(LOG_WARN, "runpod", &why);
    else if (left)
        runpod_log_resume(place->log, left->last_id);
}

/* Gives the places to the best; what could not be opened for lack of quota is tried again. */
static void rechoose(struct runpod_watch *w, int64_t now)
{
    struct candidate best[RUNPOD_WATCH_LOGS];
    size_t n = choose(w, best, now);
    w->choose = false;
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
        w->logs[i].score = 0;
    for (size_t i = 0; i < n; i++) {
        struct followed *f = followed(w, best[i].worker->id);
        if (f)
            f->score = best[i].score;
    }
    for (size_t i = 0; i < n && !w->choose; i++) {
        if (followed(w, best[i].worker->id))
            continue;
        if (watch_may_call(w))
            follow(w, &best[i]);
        else
            w->choose = true;
    }
}

/* ---- lines ------------------------------------------------------------------------------------- */

struct batch {
    struct arena *arena; /* of the lines' texts */
    struct log_line lines[BATCH_LINES];
    size_t count;
};

/* By time; lines of one time stay in the order in which they came. Mostly they come at the end. */
static void add_line(const struct log_line *line, void *arg)
{
    struct batch *b = arg;
    size_t at = b->count++;
    for (; at > 0 && b->lines[at - 1].at_ms > line->at_ms; at--)
        b->lines[at] = b->lines[at - 1];
    b->lines[at] = *line;
}

/* Not later than that. */
static void due_by(struct runpod_watch *w, int64_t ms)
{
    if (w->logs_due_ms < 0 || ms < w->logs_due_ms)
        w->logs_due_ms = ms;
}

/* Reads what has come of all logs, as far as it fits; the number of lines. Each time another log is
 * first, so that one that never stops leaves room for the others. */
static size_t fill(struct runpod_watch *w, struct batch *b)
{
    size_t first = w->logs_turn++;
    w->logs_due_ms = -1;
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++) {
        struct followed *f = &w->logs[(first + i) % RUNPOD_WATCH_LOGS];
        int64_t next;
        if (!f->log)
            continue;
        (void)runpod_log_read_some(f->log, BATCH_LINES - b->count, b->arena, add_line, b, &next);
        if (next >= 0)
            due_by(w, next);
        if (runpod_log_over(f->log)) {
            stop_following(w, f, clock_mono_ms(w->clock) + OVER_AGAIN_MS);
            w->choose = true;
        }
    }
    return b->count;
}

/* What goes out takes just the room that its lines need: main keeps it for as long as they are shown. */
static void send_lines(struct runpod_watch *w, const struct batch *b)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, 2 * BATCH_ARENA);
    struct log_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (page)
        page->lines = arena_array(m->arena, b->count, sizeof *page->lines);
    if (!page || !page->lines) {
        message_free(m);
        return;
    }
    for (page->count = 0; page->count < b->count; page->count++) {
        const struct log_line *line = &b->lines[page->count];
        page->lines[page->count] = *line;
        page->lines[page->count].origin = text_dup(m->arena, line->origin);
        page->lines[page->count].line = text_dup(m->arena, line->line);
    }
    m->payload = page;
    (void)inbox_send(w->inbox, m);
}

/* One batch; false when there was nothing. */
static bool send_batch(struct runpod_watch *w)
{
    struct batch b;
    b.count = 0;
    b.arena = arena_new(BATCH_ARENA);
    size_t count = b.arena ? fill(w, &b) : 0;
    if (count > 0) {
        send_lines(w, &b);
        w->logs_ms = clock_mono_ms(w->clock);
    }
    arena_free(b.arena);
    return count > 0;
}

void watch_logs(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    if (w->choose)
        rechoose(w, now);
    bool gathering = now < w->logs_ms + GATHER_MS;
    for (int i = 0; !gathering && i < BATCHES_MAX && !cancel_fired(w->cancel); i++)
        if (!send_batch(w))
            break;
    if (gathering)
        w->logs_due_ms = w->logs_ms + GATHER_MS;
    if (w->choose)
        due_by(w, now + watch_call_wait_ms(w));
}
