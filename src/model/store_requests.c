/* Requests on a timeline, and for each endpoint the sum of what the finished ones cost, kept by adding
 * and taking away, so that no update looks at the others. Those that are not over are besides in a list of
 * their own, for all that changes with time alone.
 *
 * Several threads tell of the same request; what was seen earlier than what is known is left out. */
#include "model/store_internal.h"

#include "model/record_internal.h"
#include "model/request_error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct request_cost_sum {
    double sum;
    size_t count;
    UT_hash_handle hh;
    char endpoint_id[ENDPOINT_ID_MAX];
};

static struct request_cost_sum *sum_of(const struct store_requests_part *part, const char *id)
{
    struct request_cost_sum *c;
    HASH_FIND(hh, part->costs, id, strlen(id), c);
    return c;
}

static struct request_cost_sum *sum_new(struct store_requests_part *part, const char *id)
{
    struct request_cost_sum *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    memcpy(c->endpoint_id, id, strlen(id));
    HASH_ADD_STR(part->costs, endpoint_id, c);
    if (c->hh.tbl)
        return c;
    free(c);
    return NULL;
}

static bool counts(const struct request *q)
{
    return q && q->endpoint_id[0] && request_is_final(q->status) && isfinite(q->cost);
}

static int cost_add(struct store_requests_part *part, const struct request *q)
{
    if (!counts(q))
        return 0;
    struct request_cost_sum *c = sum_of(part, q->endpoint_id);
    if (!c && !(c = sum_new(part, q->endpoint_id)))
        return -1;
    c->sum += q->cost;
    c->count++;
    return 0;
}

static void cost_take_away(struct store_requests_part *part, const struct request *q)
{
    struct request_cost_sum *c = counts(q) ? sum_of(part, q->endpoint_id) : NULL;
    if (!c)
        return;
    c->sum -= q->cost;
    if (--c->count == 0) {
        HASH_DEL(part->costs, c);
        free(c);
    }
}

double store_request_cost_mean(const struct store *s, const char *endpoint_id)
{
    const struct request_cost_sum *c = sum_of(&s->requests, endpoint_id);
    return c ? c->sum / (double)c->count : NAN;
}

/* ---- what changed -------------------------------------------------------------------------------- */

/* Makes the next version. */
static void note(struct store *s, enum store_change_kind kind, size_t row)
{
    store_touch(s, STORE_REQUESTS);
    uint64_t version = s->version[STORE_REQUESTS];
    s->requests.changes[version % STORE_CHANGES_MAX] = (struct store_change){version, kind, row};
}

const struct store_change *store_request_change(const struct store *s, uint64_t version)
{
    const struct store_change *c = &s->requests.changes[version % STORE_CHANGES_MAX];
    return version > 0 && c->version == version ? c : NULL;
}

/* ---- those that are not over --------------------------------------------------------------------- */

/* Room for one more; -1 when memory is out. */
static int open_reserve(struct store_requests_part *part)
{
    if (part->open_count < part->open_room)
        return 0;
    size_t room = part->open_room ? 2 * part->open_room : 64;
    struct timeline_entry **open = realloc(part->open, room * sizeof(struct timeline_entry *));
    if (!open)
        return -1;
    part->open = open;
    part->open_room = room;
    return 0;
}

static void open_remove(struct store_requests_part *part, struct timeline_entry *e)
{
    if (e->slot == 0)
        return;
    struct timeline_entry *last = part->open[--part->open_count];
    part->open[e->slot - 1] = last;
    last->slot = e->slot;
    e->slot = 0;
}

/* After open_reserve. */
static void open_note(struct store_requests_part *part, struct timeline_entry *e)
{
    const struct request *q = e->record;
    if (request_is_final(q->status)) {
        open_remove(part, e);
    } else if (e->slot == 0) {
        part->open[part->open_count++] = e;
        e->slot = part->open_count;
    }
}

size_t store_requests_open(const struct store *s)
{
    return s->requests.open_count;
}

const struct request *store_request_open(const struct store *s, size_t i)
{
    return i < s->requests.open_count ? s->requests.open[i]->record : NULL;
}

size_t store_request_open_row(const struct store *s, size_t i)
{
    return timeline_place(&s->requests.line, s->requests.open[i]);
}

/* ---- bounds -------------------------------------------------------------------------------------- */

static void drop(struct store *s, struct timeline_entry *e)
{
    struct store_requests_part *part = &s->requests;
    struct request gone = *(const struct request *)e->record;
    part->bytes -= e->shared->bytes;
    cost_take_away(part, &gone);
    store_times_remove(part, &gone);
    open_remove(part, e);
    note(s, STORE_REMOVED, timeline_place(&part->line, e));
    timeline_remove(&part->line, e); /* frees its texts; the ids are copies */
    if (counts(&gone))
        store_endpoint_cost(s, gone.endpoint_id);
}

static void drop_oldest(struct store *s)
{
    struct store_requests_part *part = &s->requests;
    drop(s, timeline_at(&part->line, part->line.count - 1));
    s->lost++;
}

static void keep_bounds(struct store *s)
{
    const struct store_requests_part *part = &s->requests;
    while (part->line.count > STORE_REQUESTS_MAX ||
           (part->bytes > STORE_REQUEST_BYTES_MAX && part->line.count > 1))
        drop_oldest(s);
}

/* `old` is what the request was so far, NULL for a new one. */
static void tell_costs(struct store *s, const struct request *old, const struct request *q)
{
    bool moved = counts(old) && (!counts(q) || strcmp(old->endpoint_id, q->endpoint_id) != 0);
    if (moved)
        store_endpoint_cost(s, old->endpoint_id);
    if (counts(q) && (moved || !counts(old) || old->cost != q->cost))
        store_endpoint_cost(s, q->endpoint_id);
}

static enum applied update(
    struct store *s, struct timeline_entry *e, struct request *q, struct shared *shared)
{
    struct store_requests_part *part = &s->requests;
    struct request *had = e->record;
    if (q->seen_ms > 0 && q->seen_ms < had->seen_ms)
        return APPLIED_DONE;
    if (record_same(&record_request, had, q)) {
        had->seen_ms = q->seen_ms;
        return APPLIED_DONE;
    }
    if (cost_add(part, q))
        return APPLIED_LOST;
    struct request old = *had;
    cost_take_away(part, &old);
    store_times_remove(part, &old);
    store_times_add(part, q);
    part->bytes = part->bytes - e->shared->bytes + shared->bytes;
    bool stays = old.submitted_ms == q->submitted_ms;
    timeline_replace(&part->line, e, q->submitted_ms, shared, q);
    open_note(part, e);
    if (stays)
        note(s, STORE_CHANGED, timeline_place(&part->line, e));
    else
        store_touch(s, STORE_REQUESTS);
    tell_costs(s, &old, q);
    return APPLIED_KEPT;
}

static enum applied add(struct store *s, struct request *q, struct shared *shared)
{
    struct store_requests_part *part = &s->requests;
    if (cost_add(part, q))
        return APPLIED_LOST;
    struct timeline_entry *e = timeline_add(&part->line, q->id, q->submitted_ms, shared, q);
    if (!e) {
        cost_take_away(part, q);
        return APPLIED_LOST;
    }
    open_note(part, e);
    store_times_add(part, q);
    part->bytes += shared->bytes;
    note(s, STORE_ADDED, timeline_place(&part->line, e));
    tell_costs(s, NULL, q);
    return APPLIED_KEPT;
}

/* One of our own may have been in the service's list before its id was known here. */
static void drop_listed(struct store *s, const struct request *own)
{
    char id[REQUEST_ID_MAX];
    if (own->listed || !own->job_id[0])
        return;
    request_listed_id(own->endpoint_id, own->job_id, id);
    struct timeline_entry *e = timeline_find(&s->requests.line, id);
    if (e && strcmp(id, own->id) != 0)
        drop(s, e);
}

/* One of what is shared. APPLIED_KEPT: it uses it. */
static enum applied take(struct store *s, struct request *q, struct shared *shared)
{
    struct arena *a = shared->m->arena;
    if (!q->id[0])
        return APPLIED_DONE;
    if (open_reserve(&s->requests))
        return APPLIED_LOST;
    q->why = q->error.len > 0 && a ? request_error_line(a, q->error) : TEXT("");
    drop_listed(s, q);
    struct timeline_entry *e = timeline_find(&s->requests.line, q->id);
    enum applied applied = e ? update(s, e, q, shared) : add(s, q, shared);
    if (applied == APPLIED_KEPT)
        keep_bounds(s);
    return applied;
}

enum applied store_take_request(struct store *s, struct message *m)
{
    struct shared *shared = shared_new(m, 1);
    if (!shared)
        return APPLIED_LOST;
    enum applied applied = take(s, m->payload, shared);
    if (applied == APPLIED_KEPT)
        shared_drop(shared);
    else
        (void)shared_undo(shared);
    return applied;
}

enum applied store_take_requests(struct store *s, struct message *m)
{
    const struct request_page *page = m->payload;
    struct shared *shared = page->count > 0 ? shared_new(m, page->count) : NULL;
    if (!shared)
        return page->count > 0 ? APPLIED_LOST : APPLIED_DONE;
    for (size_t i = 0; i < page->count; i++)
        s->lost += take(s, &page->requests[i], shared) == APPLIED_LOST;
    shared_drop(shared);
    return APPLIED_KEPT;
}

void store_requests_release(struct store_requests_part *part)
{
    struct request_cost_sum *c, *next;
    HASH_ITER(hh, part->costs, c, next)
    {
        HASH_DEL(part->costs, c);
        free(c);
    }
    store_times_release(part);
    free(part->open);
    timeline_release(&part->line);
}

static const struct request *request_of(const struct timeline_entry *e)
{
    return e ? e->record : NULL;
}

size_t store_requests(const struct store *s)
{
    return s->requests.line.count;
}

const struct request *store_request(const struct store *s, size_t i)
{
    return request_of(timeline_at(&s->requests.line, i));
}

const struct request *store_request_by_id(const struct store *s, const char *id)
{
    return id ? request_of(timeline_find(&s->requests.line, id)) : NULL;
}
