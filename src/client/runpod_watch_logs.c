/* runpod_watch_logs: whose logs are followed.
 *
 * There are fewer places than there may be workers, so every worker that is up has a score: what a
 * person looks at, then endpoints in trouble, then workers that start or are ill, then those that are
 * followed already (so that equals do not push each other out). The best get the places. A worker
 * that vanished from its list keeps its place until its stream ends or a listed one needs it: its
 * last lines are the ones that say why.
 *
 * Where a log was left is remembered, so that following it again shows no line twice. So are workers that
 * vanished: when a person looks at an endpoint without workers, the last of them are followed once
 * more, for as long as they say something. */
#include "client/runpod_watch_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 100 };

/* Scores; a worker that is up has at least 1. */
enum { UP = 1, FOLLOWED = 1, ILL = 2, TROUBLE = 8, FOCUS = 16 };

struct candidate {
    const struct watched *endpoint;
    const char *worker;
    struct gone_worker *gone; /* NULL = it is up */
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

void watch_stop_following(struct runpod_watch *w, struct followed *f, int64_t not_before_ms)
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

/* Newest last; one that was there moves to the end. */
static void note_gone(void *to, const char *endpoint_id, const char *worker_id)
{
    struct runpod_watch *w = to;
    if (!runpod_id_ok(endpoint_id) || !runpod_id_ok(worker_id))
        return;
    for (size_t i = 0; i < WATCH_GONE; i++)
        if (strcmp(w->gone[i].id, worker_id) == 0)
            w->gone[i] = (struct gone_worker){0};
    struct gone_worker *g = &w->gone[w->gone_next++ % WATCH_GONE];
    *g = (struct gone_worker){.tried = false};
    (void)snprintf(g->endpoint_id, sizeof g->endpoint_id, "%.*s", ENDPOINT_ID_MAX - 1, endpoint_id);
    (void)snprintf(g->id, sizeof g->id, "%.*s", WORKER_ID_MAX - 1, worker_id);
}

void watch_note_gone(
    struct runpod_watch *w, const struct watched *e, const struct worker_page *page)
{
    for (size_t i = 0; i < e->worker_count; i++) {
        bool there = false;
        for (size_t k = 0; k < page->count && !there; k++)
            there = strcmp(page->workers[k].id, e->workers[i].id) == 0;
        if (!there)
            note_gone(w, e->id, e->workers[i].id);
    }
}

void watch_recall_gone(struct runpod_watch *w)
{
    if (w->options.recall)
        w->options.recall(w->options.memory, note_gone, w);
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

/* The last that vanished, of those that were not tried since a person came to look. */
static void choose_gone(struct runpod_watch *w, const struct watched *e,
    struct candidate best[RUNPOD_WATCH_LOGS], size_t *n)
{
    int left = WATCH_GONE_TRIED;
    for (size_t i = 0; i < WATCH_GONE && left > 0; i++) {
        struct gone_worker *g = &w->gone[(w->gone_next + WATCH_GONE - 1 - i) % WATCH_GONE];
        if (!g->id[0] || strcmp(g->endpoint_id, e->id) != 0)
            continue;
        left--;
        if (!g->tried && !followed(w, g->id))
            consider(best, n, (struct candidate){e, g->id, g, FOCUS});
    }
}

static size_t choose(struct runpod_watch *w, struct candidate best[RUNPOD_WATCH_LOGS], int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct watched *e = &w->endpoints[i];
        for (size_t k = 0; k < e->worker_count; k++) {
            struct candidate c = {e, e->workers[k].id, NULL, score_of(w, e, &e->workers[k], now)};
            if (c.score > 0)
                consider(best, &n, c);
        }
        if (e->focused && e->has_workers && e->worker_count == 0)
            choose_gone(w, e, best, &n);
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
    watch_stop_following(w, least, 0);
    return least;
}

static void follow(struct runpod_watch *w, const struct candidate *c)
{
    struct err why;
    struct followed *place = make_place(w, c->score);
    const struct remembered *left = remembered(w, c->worker);
    if (!place)
        return;
    place->log =
        runpod_log_open(w->r, c->endpoint->id, c->endpoint->name, c->worker, TAIL, &w->wait, &why);
    place->score = c->score;
    place->gone = c->gone != NULL;
    place->heard_ms = clock_mono_ms(w->clock);
    if (c->gone)
        c->gone->tried = true;
    if (!place->log)
        log_err(LOG_WARN, "runpod", &why);
    else if (left)
        runpod_log_resume(place->log, left->last_id);
}

/* Somebody has come to look at another endpoint. */
static void look_again_at_gone(struct runpod_watch *w)
{
    if (strcmp(w->gone_focus, w->focus) == 0)
        return;
    memcpy(w->gone_focus, w->focus, sizeof w->gone_focus);
    for (size_t i = 0; i < WATCH_GONE; i++)
        if (strcmp(w->gone[i].endpoint_id, w->focus) == 0)
            w->gone[i].tried = false;
}

/* Gives the places to the best; what could not be opened for lack of quota is tried again. */
static void rechoose(struct runpod_watch *w, int64_t now)
{
    struct candidate best[RUNPOD_WATCH_LOGS];
    look_again_at_gone(w);
    size_t n = choose(w, best, now);
    w->choose = w->logs_waiting = false;
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
        w->logs[i].score = 0;
    for (size_t i = 0; i < n; i++) {
        struct followed *f = followed(w, best[i].worker);
        if (f)
            f->score = best[i].score;
    }
    for (size_t i = 0; i < n && !w->choose; i++) {
        if (followed(w, best[i].worker))
            continue;
        if (watch_may_call(w))
            follow(w, &best[i]);
        else
            w->choose = w->logs_waiting = true;
    }
}

void watch_logs(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    if (w->choose)
        rechoose(w, now);
    watch_lines(w);
    if (w->choose) {
        int64_t again = now + watch_call_wait_ms(w);
        if (w->logs_due_ms < 0 || again < w->logs_due_ms)
            w->logs_due_ms = again;
    }
}
