/* The slots lie in one array, in the order of the page, so that the same array answers by place and
 * the hash table over it by id. */
#include "model/store_internal.h"

#include <stdlib.h>
#include <string.h>

int id_index_init(struct id_index *x, size_t most)
{
    *x = (struct id_index){0};
    if (most == 0)
        return 0;
    x->slots = calloc(most, sizeof *x->slots);
    return x->slots ? 0 : -1;
}

static struct id_slot *find(const struct id_index *x, const char *id)
{
    struct id_slot *slot;
    HASH_FIND(hh, x->by_id, id, strlen(id), slot);
    return slot;
}

int id_index_add(struct id_index *x, const char *id, const void *record)
{
    if (!*id || find(x, id))
        return 0;
    struct id_slot *slot = &x->slots[x->count];
    slot->record = record;
    HASH_ADD_KEYPTR(hh, x->by_id, id, strlen(id), slot);
    if (!slot->hh.tbl)
        return -1;
    x->count++;
    return 0;
}

void id_index_release(struct id_index *x)
{
    HASH_CLEAR(hh, x->by_id);
    free(x->slots);
    *x = (struct id_index){0};
}

const void *id_index_find(const struct id_index *x, const char *id)
{
    const struct id_slot *slot = id ? find(x, id) : NULL;
    return slot ? slot->record : NULL;
}

const void *id_index_at(const struct id_index *x, size_t i)
{
    return i < x->count ? x->slots[i].record : NULL;
}
