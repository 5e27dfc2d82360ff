/* How often a worker began anew while we looked at it: a worker that crashes on start comes back under
 * the same id, and its list says "running" again. One that had left the list in between was scaled down
 * and called again, which is no restart. */
#include "model/store_internal.h"

#include <stdlib.h>
#include <string.h>

enum { STARTS_KEPT = 32, SAME_START_MS = 2000 };

struct start {
    char worker[WORKER_ID_MAX];
    int64_t started_ms, uptime_s; /* as the list said last; -1 = unknown */
    int count;
    int64_t first_ms; /* monotonic: the look that first had it */
    uint64_t look;    /* the last that had it */
};
struct starts {
    struct start kept[STARTS_KEPT];
    size_t count;
    uint64_t look;
};

static struct start *start_of(struct starts *s, const char *worker)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->kept[i].worker, worker) == 0)
            return &s->kept[i];
    return NULL;
}

/* A free place, else that of the one that has been away longest; NULL when all are there. */
static struct start *place_for(struct starts *s)
{
    struct start *oldest = &s->kept[0];
    if (s->count < STARTS_KEPT)
        return &s->kept[s->count++];
    for (size_t i = 1; i < STARTS_KEPT; i++)
        if (s->kept[i].look < oldest->look)
            oldest = &s->kept[i];
    return oldest->look < s->look ? oldest : NULL;
}

static bool began_anew(const struct start *before, const struct worker *now)
{
    if (before->started_ms >= 0 && now->started_ms >= 0)
        return now->started_ms - before->started_ms > SAME_START_MS;
    return before->uptime_s >= 0 && now->uptime_s >= 0 && now->uptime_s < before->uptime_s;
}

static void take_worker(struct starts *s, const struct worker *w, int64_t seen_ms)
{
    struct start *known = start_of(s, w->id);
    bool stayed = known && known->look + 1 == s->look;
    if (!known && !(known = place_for(s)))
        return;
    if (!stayed) {
        *known = (struct start){.count = 1, .first_ms = seen_ms};
        memcpy(known->worker, w->id, sizeof known->worker);
    } else if (began_anew(known, w)) {
        known->count++;
    }
    known->started_ms = w->started_ms;
    known->uptime_s = w->uptime_s;
    known->look = s->look;
}

void starts_take(struct starts **starts, const struct worker_page *page)
{
    struct starts *s = *starts;
    if (!s && (page->count == 0 || !(s = calloc(1, sizeof *s))))
        return;
    *starts = s;
    s->look++;
    for (size_t i = 0; i < page->count; i++)
        if (page->workers[i].id[0])
            take_worker(s, &page->workers[i], page->seen_ms);
}

struct worker_starts store_worker_starts(
    const struct store *s, const char *endpoint_id, const char *worker_id)
{
    struct starts *starts = store_endpoints_starts(&s->endpoints, endpoint_id);
    const struct start *known = starts ? start_of(starts, worker_id) : NULL;
    return known ? (struct worker_starts){known->count, known->first_ms}
                 : (struct worker_starts){0, -1};
}
