/* runpod_watch_turns: which endpoints are asked for when not all can be.
 *
 * The one in focus comes first, whenever it is due. Of the others, those that somebody has before his eyes
 * or that are in trouble get two of three turns, and those nobody needs to see now the third, so that
 * nobody is left out however many there are of either. Among their like, who has waited longest for his
 * turn is first; who never had one, before all. */
#include "client/runpod_watch_internal.h"

#include <stdlib.h>
#include <string.h>

enum { EVERY = 3 /* … turn is a quiet one's */ };

enum rank { FOCUSED, WANTED, QUIET, RANKS };

struct turn {
    enum rank rank;
    size_t endpoint;
    int64_t last_ms;
};

static enum rank rank_of(const struct watched *e)
{
    return e->focused ? FOCUSED : e->visible || watch_urgent(e) ? WANTED : QUIET;
}

static bool is_due(const struct watched *e, enum thing thing, int64_t now)
{
    return thing == THING_HEALTH ? e->queue && cadence_due(&e->health_again, now)
                                 : cadence_due(&e->workers_again, now);
}

static int in_order(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->last_ms != y->last_ms)
        return x->last_ms < y->last_ms ? -1 : 1;
    return (x->endpoint > y->endpoint) - (x->endpoint < y->endpoint);
}

static size_t gather(
    const struct runpod_watch *w, enum thing thing, int64_t now, struct turn *turns, size_t *first)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct watched *e = &w->endpoints[i];
        if (is_due(e, thing, now))
            turns[n++] = (struct turn){
                rank_of(e), i, thing == THING_HEALTH ? e->health_ms : e->workers_ms};
    }
    qsort(turns, n, sizeof *turns, in_order);
    for (int rank = 0; rank < RANKS; rank++)
        for (first[rank] = 0; first[rank] < n && (int)turns[first[rank]].rank < rank;)
            first[rank]++;
    return n;
}

size_t watch_turns(
    const struct runpod_watch *w, enum thing thing, int64_t now, size_t *out, size_t max)
{
    struct turn *turns = calloc(w->count + 1, sizeof *turns);
    size_t first[RANKS], n = turns ? gather(w, thing, now, turns, first) : 0, count = 0;
    unsigned served = w->served[thing == THING_WORKERS];
    for (; n > 0 && first[FOCUSED] < first[WANTED] && count < max; first[FOCUSED]++)
        out[count++] = turns[first[FOCUSED]].endpoint;
    for (size_t wanted = n ? first[WANTED] : 0, quiet = n ? first[QUIET] : 0;
         count < max && (wanted < first[QUIET] || quiet < n); served++) {
        bool wants = wanted < first[QUIET] && (quiet >= n || served % EVERY != EVERY - 1);
        out[count++] = turns[wants ? wanted++ : quiet++].endpoint;
    }
    free(turns);
    return count;
}

void watch_turns_taken(struct runpod_watch *w, enum thing thing, const size_t *turns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        w->served[thing == THING_WORKERS] += !w->endpoints[turns[i]].focused;
}

static bool is_among(const struct watch_visible *v, const char *id)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->ids[i], id) == 0)
            return true;
    return false;
}

void watch_see(const struct runpod_watch *w, struct watched *e)
{
    e->visible = is_among(&w->visible, e->id);
}
