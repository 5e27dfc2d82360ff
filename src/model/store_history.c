/* What /health said of an endpoint, minute by minute of the monotonic clock: the last look of a minute
 * stands for it. Between two looks that are at most HELD_MINUTES apart (endpoints where nothing happens
 * are looked at less often) the earlier one holds, and what was completed is shared out over the minutes;
 * across a longer gap nothing is known.
 *
 * The counter of completed requests is the service's own and may fall back (spec/runpod.md §3.2): what
 * was completed in such a minute is unknown, as it is in the minute of the first look. */
#include "model/store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTE_MS = 60 * 1000, HELD_MINUTES = 3 };

struct history {
    double waiting[STORE_HISTORY_MAX], running[STORE_HISTORY_MAX], done[STORE_HISTORY_MAX];
    size_t count;
    int64_t minute;    /* of the last sample */
    int64_t completed; /* the counter as it was seen last */
    bool whole;        /* the last minute has been counted from its beginning */
};

static void push(struct history *h, double waiting, double running, double done)
{
    double *const series[] = {h->waiting, h->running, h->done};
    if (h->count == STORE_HISTORY_MAX) {
        h->count--;
        for (size_t i = 0; i < sizeof series / sizeof *series; i++)
            memmove(series[i], series[i] + 1, h->count * sizeof **series);
    }
    h->waiting[h->count] = waiting;
    h->running[h->count] = running;
    h->done[h->count] = done;
    h->count++;
}

static double shown(int64_t counter)
{
    return counter > 0 ? (double)counter : 0;
}

/* Everything up to the minute of the look, which gets what was completed a minute. */
static void go_on(struct history *h, int64_t minute, double done)
{
    int64_t gap = minute - h->minute;
    bool held = gap <= HELD_MINUTES;
    double waiting = held ? h->waiting[h->count - 1] : (double)NAN;
    double running = held ? h->running[h->count - 1] : (double)NAN;
    if (gap > STORE_HISTORY_MAX)
        h->count = 0; /* all of it is too long ago */
    for (int64_t m = 1; h->count > 0 && m < gap; m++)
        push(h, waiting, running, done);
}

static void next_minute(struct history *h, int64_t minute, const struct health *seen)
{
    double done = (double)NAN;
    int64_t gap = minute - h->minute;
    h->whole = h->count > 0 && gap <= HELD_MINUTES && seen->completed >= h->completed;
    if (h->whole)
        done = ((double)seen->completed - (double)h->completed) / (double)gap;
    if (h->count > 0)
        go_on(h, minute, done);
    push(h, 0, 0, done);
    h->minute = minute;
}

static void same_minute(struct history *h, const struct health *seen)
{
    h->whole = h->whole && seen->completed >= h->completed;
    if (h->whole)
        h->done[h->count - 1] += (double)seen->completed - (double)h->completed;
    else
        h->done[h->count - 1] = (double)NAN;
}

void history_take(struct history **history, const struct health *seen)
{
    struct history *h = *history ? *history : calloc(1, sizeof *h);
    int64_t minute = seen->seen_ms / MINUTE_MS;
    *history = h;
    if (!h || (h->count > 0 && minute < h->minute))
        return;
    if (h->count > 0 && minute == h->minute)
        same_minute(h, seen);
    else
        next_minute(h, minute, seen);
    h->waiting[h->count - 1] = shown(seen->in_queue);
    h->running[h->count - 1] = shown(seen->in_progress);
    h->completed = seen->completed;
}

struct endpoint_history store_endpoint_history(const struct store *s, const char *id)
{
    const struct history *h = store_endpoints_history(&s->endpoints, id);
    if (!h || h->count == 0)
        return (struct endpoint_history){.begins_ms = -1};
    int64_t begins_ms = (h->minute - (int64_t)h->count + 1) * MINUTE_MS;
    return (struct endpoint_history){.waiting = h->waiting,
        .running = h->running,
        .done = h->done,
        .count = h->count,
        .begins_ms = clock_wall_ms(s->clock) - (clock_mono_ms(s->clock) - begins_ms)};
}
