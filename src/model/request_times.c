/* The times lie in a heap with the oldest on top, so that the newest REQUEST_TIMES_MAX stay whatever the
 * order in which requests are heard of: new ones as they end, old ones from the ledger. Which request a
 * time was of is not kept: two with the same times are worth the same. */
#include "model/request_times.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 16 };

static bool time_of(const struct request *q, struct request_time *out)
{
    if (!request_is_final(q->status) || (q->delay_ms < 0 && q->execution_ms < 0))
        return false;
    *out = (struct request_time){q->ended_ms >= 0 ? q->ended_ms : q->submitted_ms,
        q->delay_ms >= 0 ? q->delay_ms : -1, q->execution_ms >= 0 ? q->execution_ms : -1};
    return true;
}

/* ---- the heap -------------------------------------------------------------------------------------- */

static void swap(struct request_times *t, size_t a, size_t b)
{
    struct request_time kept = t->kept[a];
    t->kept[a] = t->kept[b];
    t->kept[b] = kept;
}

static void rise(struct request_times *t, size_t i)
{
    for (size_t above; i > 0 && t->kept[i].ended_ms < t->kept[(i - 1) / 2].ended_ms; i = above) {
        above = (i - 1) / 2;
        swap(t, i, above);
    }
}

static void sink(struct request_times *t, size_t i)
{
    for (;;) {
        size_t first = i;
        for (size_t below = 2 * i + 1; below <= 2 * i + 2 && below < t->count; below++)
            if (t->kept[below].ended_ms < t->kept[first].ended_ms)
                first = below;
        if (first == i)
            return;
        swap(t, i, first);
        i = first;
    }
}

static bool make_room(struct request_times *t)
{
    if (t->count < t->room)
        return true;
    size_t room = t->room ? 2 * t->room : ROOM_LEAST;
    room = room < REQUEST_TIMES_MAX ? room : REQUEST_TIMES_MAX;
    struct request_time *kept = realloc(t->kept, room * sizeof *kept);
    if (!kept)
        return false;
    t->kept = kept;
    t->room = room;
    return true;
}

void request_times_add(struct request_times *t, const struct request *q)
{
    struct request_time fresh;
    if (!time_of(q, &fresh))
        return;
    if (t->count == REQUEST_TIMES_MAX) {
        if (fresh.ended_ms <= t->kept[0].ended_ms)
            return;
        t->kept[0] = fresh;
        sink(t, 0);
    } else if (make_room(t)) {
        t->kept[t->count++] = fresh;
        rise(t, t->count - 1);
    }
    t->summed = false;
}

static bool same(const struct request_time *a, const struct request_time *b)
{
    return a->ended_ms == b->ended_ms && a->delay_ms == b->delay_ms &&
           a->execution_ms == b->execution_ms;
}

void request_times_remove(struct request_times *t, const struct request *q)
{
    struct request_time gone;
    if (!time_of(q, &gone))
        return;
    for (size_t i = 0; i < t->count; i++) {
        if (!same(&t->kept[i], &gone))
            continue;
        t->kept[i] = t->kept[--t->count];
        if (i < t->count) {
            rise(t, i);
            sink(t, i);
        }
        t->summed = false;
        return;
    }
}

void request_times_release(struct request_times *t)
{
    free(t->kept);
    *t = (struct request_times){0};
}

/* ---- percentiles ----------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The smallest value that `percent` of all do not exceed. */
static int64_t percentile(const int64_t *sorted, size_t count, size_t percent)
{
    return count ? sorted[(count * percent + 99) / 100 - 1] : -1;
}

enum what { DELAY, EXECUTION, ANSWER };

static int64_t value_of(const struct request_time *t, enum what what)
{
    if (what == DELAY)
        return t->delay_ms;
    if (what == EXECUTION)
        return t->execution_ms;
    return t->delay_ms < 0 || t->execution_ms < 0 || t->delay_ms > INT64_MAX - t->execution_ms
               ? -1
               : t->delay_ms + t->execution_ms;
}

static void sum_up(const struct request_times *t, enum what what, int64_t *p50, int64_t *p95)
{
    int64_t values[REQUEST_TIMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        int64_t value = value_of(&t->kept[i], what);
        if (value >= 0)
            values[count++] = value;
    }
    qsort(values, count, sizeof *values, by_size);
    *p50 = percentile(values, count, 50);
    *p95 = percentile(values, count, 95);
}

struct endpoint_times request_times_sum(struct request_times *t)
{
    struct endpoint_times *sum = &t->sum;
    if (t->summed)
        return *sum;
    *sum = (struct endpoint_times){.count = t->count};
    for (size_t i = 0; i < t->count; i++)
        sum->cold += t->kept[i].delay_ms > REQUEST_COLD_MS;
    sum_up(t, DELAY, &sum->delay_p50, &sum->delay_p95);
    sum_up(t, EXECUTION, &sum->execution_p50, &sum->execution_p95);
    sum_up(t, ANSWER, &sum->answer_p50, &sum->answer_p95);
    t->summed = true;
    return *sum;
}
