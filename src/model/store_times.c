/* For each endpoint that requests were sent to, the times of those that ended (model/request_times.h),
 * kept as requests come, change and go. */
#include "model/store_internal.h"

#include <stdlib.h>
#include <string.h>

struct times_entry {
    struct request_times times;
    UT_hash_handle hh;
    char endpoint_id[ENDPOINT_ID_MAX];
};

static struct times_entry *entry_of(const struct store_requests_part *part, const char *id)
{
    struct times_entry *e;
    HASH_FIND(hh, part->times, id, strlen(id), e);
    return e;
}

static struct times_entry *entry_new(struct store_requests_part *part, const char *id)
{
    struct times_entry *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    memcpy(e->endpoint_id, id, strlen(id));
    HASH_ADD_STR(part->times, endpoint_id, e);
    if (e->hh.tbl)
        return e;
    free(e);
    return NULL;
}

static void entry_free(struct store_requests_part *part, struct times_entry *e)
{
    HASH_DEL(part->times, e);
    request_times_release(&e->times);
    free(e);
}

void store_times_add(struct store_requests_part *part, const struct request *q)
{
    struct times_entry *e;
    if (!q->endpoint_id[0] || !request_is_final(q->status))
        return;
    if (!(e = entry_of(part, q->endpoint_id)) && !(e = entry_new(part, q->endpoint_id)))
        return;
    request_times_add(&e->times, q);
    if (e->times.count == 0)
        entry_free(part, e);
}

void store_times_remove(struct store_requests_part *part, const struct request *q)
{
    struct times_entry *e = request_is_final(q->status) ? entry_of(part, q->endpoint_id) : NULL;
    if (!e)
        return;
    request_times_remove(&e->times, q);
    if (e->times.count == 0)
        entry_free(part, e);
}

void store_times_release(struct store_requests_part *part)
{
    struct times_entry *e, *next;
    HASH_ITER(hh, part->times, e, next)
    entry_free(part, e);
}

struct endpoint_times store_endpoint_times(const struct store *s, const char *id)
{
    struct times_entry *e = id ? entry_of(&s->requests, id) : NULL;
    struct request_times none = {0};
    return request_times_sum(e ? &e->times : &none);
}
