/* The page of the registry's rows, by their own id and by the endpoint that they say serves them.
 * Where several name one endpoint, the first that is enabled speaks for it. */
#include "model/store_internal.h"

#include "model/record_internal.h"

static int index_ids(struct id_index *x, const struct model_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        if (id_index_add(x, page->rows[i].id, &page->rows[i]))
            return -1;
    return 0;
}

/* Of what the first index holds: a row that cannot be shown does not speak for an endpoint. */
static int index_endpoints(struct id_index *x, const struct id_index *rows, bool enabled)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct model_row *row = id_index_at(rows, i);
        if (row->enabled == enabled && id_index_add(x, row->endpoint_id, row))
            return -1;
    }
    return 0;
}

/* Fills the indices of `next`; what it could not is to be released. */
static int index_models(struct store_models_part *next, const struct model_page *page)
{
    if (id_index_init(&next->by_id, page->count) || id_index_init(&next->by_endpoint, page->count))
        return -1;
    if (index_ids(&next->by_id, page))
        return -1;
    return index_endpoints(&next->by_endpoint, &next->by_id, true) ||
                   index_endpoints(&next->by_endpoint, &next->by_id, false)
               ? -1
               : 0;
}

static bool same_page(const struct message *old, const struct model_page *page)
{
    const struct model_page *had = old ? old->payload : NULL;
    return had && had->more == page->more &&
           records_same(&record_model_row, had->rows, had->count, page->rows, page->count);
}

enum applied store_take_models(struct store *s, struct message *m)
{
    if (same_page(s->models.m, m->payload))
        return APPLIED_DONE;
    struct store_models_part next = {0};
    if (index_models(&next, m->payload)) {
        store_models_release(&next);
        return APPLIED_LOST;
    }
    store_models_release(&s->models);
    next.m = m;
    s->models = next;
    store_touch(s, STORE_MODELS);
    return APPLIED_KEPT;
}

void store_models_release(struct store_models_part *part)
{
    id_index_release(&part->by_id);
    id_index_release(&part->by_endpoint);
    message_free(part->m);
}

size_t store_models(const struct store *s)
{
    return s->models.by_id.count;
}

bool store_models_more(const struct store *s)
{
    const struct model_page *page = s->models.m ? s->models.m->payload : NULL;
    return page && page->more;
}

const struct model_row *store_model(const struct store *s, size_t i)
{
    return id_index_at(&s->models.by_id, i);
}

const struct model_row *store_model_by_id(const struct store *s, const char *id)
{
    return id_index_find(&s->models.by_id, id);
}

const struct model_row *store_model_of_endpoint(const struct store *s, const char *endpoint_id)
{
    return id_index_find(&s->models.by_endpoint, endpoint_id);
}
