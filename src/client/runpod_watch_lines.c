/* runpod_watch_lines: what the followed logs say, on the way to main.
 *
 * What comes is taken in at once, which is cheap; ten times a second a batch of it is read, sorted by
 * time, folded (model/log_fold.h) and sent as one message. So a flood costs main ten messages a second,
 * and this thread what BATCH_LINES cost; what is more than that stays in the logs' queues, where the newest
 * push the oldest out, which is counted and said in the place where they are missing.
 *
 * Each log has its share of a batch, and what others leave; another one is first each time. */
#include "client/runpod_watch_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH_LINES = 2000,
    LOSSES = 2 * RUNPOD_WATCH_LOGS, /* rows beside them, one for each look at a log */
    BATCH_ARENA = 1024 * 1024,      /* of their texts */
    PAGE_ARENA = 2 * BATCH_ARENA,
    GATHER_MS = 100,
    OVER_AGAIN_MS = 60 * 1000,  /* a worker without a log is asked again */
    GONE_SILENT_MS = 60 * 1000, /* so long a vanished worker is listened to */
    WEIGHT_MAX = 1 << 30
};

struct log_batch {
    struct log_line lines[BATCH_LINES + LOSSES];
    size_t count;
    struct place {
        int64_t at_ms;
        size_t i;
    } places[BATCH_LINES + LOSSES]; /* in their order */
    struct arena *arena;            /* of the lines' texts */
    uint64_t lost;                  /* before the next line */
};

int watch_lines_init(struct runpod_watch *w)
{
    w->batch = calloc(1, sizeof *w->batch);
    return w->batch ? 0 : -1;
}

void watch_lines_release(struct runpod_watch *w)
{
    free(w->batch);
    w->batch = NULL;
}

/* ---- a batch ----------------------------------------------------------------------------------- */

static void add(struct log_batch *b, const struct log_line *line)
{
    b->places[b->count] = (struct place){line->at_ms, b->count};
    b->lines[b->count++] = *line;
}

static void add_line(const struct log_line *line, void *arg)
{
    struct log_batch *b = arg;
    if (b->lost > 0) {
        struct log_line loss =
            log_line_of_loss(b->arena, b->lost, line->at_ms, line->origin, line->endpoint_id);
        add(b, &loss);
        b->lost = 0;
    }
    add(b, line);
}

/* Lines of one time stay in the order in which they came. */
static int by_time(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return x->i < y->i ? -1 : x->i > y->i;
}

static void read_log(struct runpod_watch *w, struct followed *f, size_t most)
{
    struct log_batch *b = w->batch;
    size_t room = BATCH_LINES + LOSSES - b->count;
    if (!runpod_log_holds(f->log) || room < 2)
        return;
    most = most < room - 1 ? most : room - 1; /* a row for what was lost */
    b->lost = f->lost + runpod_log_take_lost(f->log);
    if (runpod_log_read_some(f->log, most, b->arena, add_line, b, NULL) > 0)
        f->heard_ms = clock_mono_ms(w->clock);
    f->lost = b->lost;
}

/* Reads a share of each log, then what there is still room for. */
static void fill(struct runpod_watch *w)
{
    struct log_batch *b = w->batch;
    size_t first = w->logs_turn++, holding = 0;
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
        holding += w->logs[i].log && runpod_log_holds(w->logs[i].log);
    for (size_t pass = 0; holding > 0 && pass < 2; pass++)
        for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++) {
            struct followed *f = &w->logs[(first + i) % RUNPOD_WATCH_LOGS];
            size_t left = b->count < BATCH_LINES ? BATCH_LINES - b->count : 0;
            size_t share = pass == 0 ? BATCH_LINES / holding : left;
            if (f->log)
                read_log(w, f, share < left ? share : left);
        }
}

/* ---- a message --------------------------------------------------------------------------------- */

static uint32_t weight_of(const struct log_page *page)
{
    uint64_t weight = 0;
    for (size_t i = 0; i < page->count; i++)
        weight += page->lines[i].lost ? page->lines[i].lost
                                      : page->lines[i].count + !page->lines[i].count;
    return weight < WEIGHT_MAX ? (uint32_t)weight : WEIGHT_MAX;
}

/* Lines of one worker share the bytes that say so. */
static void copy_line(struct arena *a, struct log_line *out, const struct log_line *before,
    const struct log_line *line)
{
    bool same = before && before->origin.len == line->origin.len &&
                memcmp(before->origin.s, line->origin.s, line->origin.len) == 0;
    *out = *line;
    out->origin = same ? before->origin : text_dup(a, line->origin);
    out->endpoint_id = same ? before->endpoint_id : arena_strdup(a, line->endpoint_id);
    out->line = text_dup(a, line->line);
}

/* What goes out takes just the room that its lines need: main keeps it for as long as they are shown. */
static void send_lines(struct runpod_watch *w, const struct log_line *lines, size_t count)
{
    struct message *m = message_new(MESSAGE_LOG, NEWS_LOG, NULL, PAGE_ARENA);
    struct log_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (page)
        page->lines = arena_array(m->arena, count, sizeof *page->lines);
    if (!page || !page->lines) {
        message_free(m);
        return;
    }
    for (page->count = 0; page->count < count; page->count++)
        copy_line(m->arena, &page->lines[page->count],
            page->count > 0 ? &page->lines[page->count - 1] : NULL, &lines[page->count]);
    m->payload = page;
    m->weight = weight_of(page);
    if (w->options.heard)
        w->options.heard(w->options.memory, page);
    (void)inbox_send(w->inbox, m);
}

static void send_batch(struct runpod_watch *w)
{
    struct log_batch *b = w->batch;
    b->count = 0;
    b->lost = 0;
    b->arena = arena_new(BATCH_ARENA);
    struct log_line *sorted = calloc(BATCH_LINES + LOSSES, sizeof *sorted);
    if (b->arena && sorted)
        fill(w);
    qsort(b->places, b->count, sizeof *b->places, by_time);
    for (size_t i = 0; i < b->count; i++)
        sorted[i] = b->lines[b->places[i].i];
    if (b->count > 0)
        send_lines(w, sorted, log_fold_lines(sorted, b->count));
    free(sorted);
    arena_free(b->arena);
    b->arena = NULL;
}

/* ---- turns ------------------------------------------------------------------------------------- */

/* Not later than that. */
static void due_by(struct runpod_watch *w, int64_t ms)
{
    if (w->logs_due_ms < 0 || ms < w->logs_due_ms)
        w->logs_due_ms = ms;
}

/* Takes in what has come of one log, and gives its place up when nothing more will come. */
static void listen_to(struct runpod_watch *w, struct followed *f, int64_t now)
{
    int64_t next = runpod_log_take_in(f->log);
    if (next >= 0)
        due_by(w, next);
    if (runpod_log_over(f->log)) {
        watch_stop_following(w, f, now + OVER_AGAIN_MS);
        w->choose = true;
    } else if (f->gone && !runpod_log_holds(f->log) && now > f->heard_ms + GONE_SILENT_MS) {
        watch_stop_following(w, f, 0);
    }
}

void watch_lines(struct runpod_watch *w)
{
    int64_t now = clock_mono_ms(w->clock);
    bool holds = false;
    w->logs_due_ms = -1;
    for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++) {
        if (w->logs[i].log)
            listen_to(w, &w->logs[i], now);
        holds = holds || (w->logs[i].log && runpod_log_holds(w->logs[i].log));
    }
    if (holds && now >= w->logs_ms + GATHER_MS) {
        w->logs_ms = now;
        send_batch(w);
        holds = false;
        for (size_t i = 0; i < RUNPOD_WATCH_LOGS; i++)
            holds = holds || (w->logs[i].log && runpod_log_holds(w->logs[i].log));
    }
    if (holds)
        due_by(w, w->logs_ms + GATHER_MS);
}
