/* What was read of an endpoint while somebody looked at it. There are few, so they stand in a row, the
 * one that was read last in front; the one at the end goes when there is no room. */
#include "model/store_internal.h"

#include <string.h>

static struct endpoint_detail *detail_at(const struct store_details_part *part, size_t i)
{
    return part->m[i] ? part->m[i]->payload : NULL;
}

/* Its place; STORE_DETAILS_MAX = none. */
static size_t place_of(const struct store_details_part *part, const char *id)
{
    size_t i = 0;
    while (i < STORE_DETAILS_MAX &&
           (!detail_at(part, i) || strcmp(detail_at(part, i)->endpoint_id, id) != 0))
        i++;
    return i;
}

/* Puts the message in front; what was at `place` (or else the last one) goes. */
static void put_in_front(struct store_details_part *part, size_t place, struct message *m)
{
    size_t last = place < STORE_DETAILS_MAX ? place : STORE_DETAILS_MAX - 1;
    if (part->m[last] != m)
        message_free(part->m[last]);
    memmove(&part->m[1], &part->m[0], last * sizeof *part->m);
    part->m[0] = m;
}

enum applied store_take_detail(struct store *s, struct message *m)
{
    struct store_details_part *part = &s->details;
    const struct endpoint_detail *fresh = m->payload;
    if (!fresh->endpoint_id[0])
        return APPLIED_DONE;
    size_t place = place_of(part, fresh->endpoint_id);
    struct endpoint_detail *old = place < STORE_DETAILS_MAX ? detail_at(part, place) : NULL;
    if (old && endpoint_detail_same(old, fresh)) {
        old->seen_ms = fresh->seen_ms;
        put_in_front(part, place, part->m[place]);
        return APPLIED_DONE;
    }
    put_in_front(part, place, m);
    store_touch(s, STORE_ENDPOINTS);
    return APPLIED_KEPT;
}

const struct endpoint_detail *store_endpoint_detail(const struct store *s, const char *id)
{
    size_t place = id ? place_of(&s->details, id) : STORE_DETAILS_MAX;
    return place < STORE_DETAILS_MAX ? detail_at(&s->details, place) : NULL;
}

void store_details_release(struct store_details_part *part)
{
    for (size_t i = 0; i < STORE_DETAILS_MAX; i++)
        message_free(part->m[i]);
}
