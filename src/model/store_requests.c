/* Requests on a timeline, and for each endpoint the sum of what the finished ones cost, kept by adding
 * and taking away, so that no update looks at the others. */
#include "model/store_internal.h"

#include "model/record_internal.h"

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

static size_t bytes_of(const struct message *m)
{
    return m->arena ? arena_size(m->arena) : 0;
}

static void drop_oldest(struct store *s)
{
    struct store_requests_part *part = &s->requests;
    struct timeline_entry *e = timeline_at(&part->line, part->line.count - 1);
    struct request oldest = *(const struct request *)e->m->payload;
    part->bytes -= bytes_of(e->m);
    cost_take_away(part, &oldest);
    timeline_remove(&part->line, e);
    s->lost++;
    if (counts(&oldest))
        store_endpoint_cost(s, oldest.endpoint_id);
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

static enum applied update(struct store *s, struct timeline_entry *e, struct message *m)
{
    struct store_requests_part *part = &s->requests;
    const struct request *q = m->payload;
    struct request *had = e->m->payload;
    if (record_same(&record_request, had, q)) {
        had->seen_ms = q->seen_ms;
        return APPLIED_DONE;
    }
    if (cost_add(part, q))
        return APPLIED_LOST;
    struct request old = *had;
    cost_take_away(part, &old);
    part->bytes = part->bytes - bytes_of(e->m) + bytes_of(m);
    timeline_replace(&part->line, e, q->submitted_ms, m);
    tell_costs(s, &old, q);
    return APPLIED_KEPT;
}

static enum applied add(struct store *s, struct message *m)
{
    struct store_requests_part *part = &s->requests;
    const struct request *q = m->payload;
    if (cost_add(part, q))
        return APPLIED_LOST;
    if (!timeline_add(&part->line, q->id, q->submitted_ms, m)) {
        cost_take_away(part, q);
        return APPLIED_LOST;
    }
    part->bytes += bytes_of(m);
    tell_costs(s, NULL, q);
    return APPLIED_KEPT;
}

enum applied store_take_request(struct store *s, struct message *m)
{
    const struct request *q = m->payload;
    if (!q->id[0])
        return APPLIED_DONE;
    struct timeline_entry *e = timeline_find(&s->requests.line, q->id);
    enum applied applied = e ? update(s, e, m) : add(s, m);
    if (applied != APPLIED_KEPT)
        return applied;
    keep_bounds(s);
    store_touch(s, STORE_REQUESTS);
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
    timeline_release(&part->line);
}

static const struct request *request_of(const struct timeline_entry *e)
{
    return e ? e->m->payload : NULL;
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
