/* An entry is made by whatever comes first of an endpoint: its place in the list, its health or its
 * workers. Entries that are not in the list are not shown. Those that never were wait for it: a freshly
 * made endpoint answers before the next list names it. They go when a list comes without them after
 * EARLY_KEPT_MS; those that a list had and the next one lacks go at once. */
#include "model/store_internal.h"

#include "model/record_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY_KEPT_MS = 60 * 1000, EARLY_MAX = 1024 };

struct endpoint_entry {
    struct endpoint_row row;
    struct message *health, *workers;
    struct history *history;
    struct starts *starts;
    bool listed;
    uint64_t mark;   /* of the last list that named it */
    int64_t made_ms; /* monotonic */
    UT_hash_handle hh;
    char id[ENDPOINT_ID_MAX];
};

static struct endpoint_entry *entry_of(const struct store_endpoints_part *part, const char *id)
{
    struct endpoint_entry *e;
    HASH_FIND(hh, part->by_id, id, strlen(id), e);
    return e;
}

static struct endpoint_entry *entry_new(struct store *s, const char *id)
{
    struct store_endpoints_part *part = &s->endpoints;
    struct endpoint_entry *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    memcpy(e->id, id, strlen(id));
    e->row = (struct endpoint_row){
        .waiting_since_ms = -1, .cost_hour = NAN, .cost_request = store_request_cost_mean(s, id)};
    e->made_ms = clock_mono_ms(s->clock);
    HASH_ADD_STR(part->by_id, id, e);
    if (!e->hh.tbl) {
        free(e);
        return NULL;
    }
    part->early++;
    return e;
}

static void entry_free(struct store_endpoints_part *part, struct endpoint_entry *e)
{
    HASH_DEL(part->by_id, e);
    part->early -= !e->listed;
    message_free(e->health);
    message_free(e->workers);
    free(e->history);
    free(e->starts);
    free(e);
}

static const void *payload_of(const struct message *m)
{
    return m ? m->payload : NULL;
}

/* Works out what follows from the records. */
static void entry_sum(const struct store *s, struct endpoint_entry *e)
{
    struct endpoint_row *row = &e->row;
    row->health = payload_of(e->health);
    row->workers = payload_of(e->workers);
    row->cost_hour = worker_page_cost_hour(row->workers, store_gpus(s));
    row->condition = row->settings ? endpoint_condition(row->settings, row->health, row->workers)
                                   : ENDPOINT_UNKNOWN;
}

static void entry_changed(struct store *s, struct endpoint_entry *e)
{
    entry_sum(s, e);
    if (e->listed)
        store_touch(s, STORE_ENDPOINTS);
}

/* The list */

/* Entries for all usable records, each once, in order; -1 when memory is out. */
static int gather(struct store *s, const struct endpoint_page *page, uint64_t mark,
    struct endpoint_entry **list, size_t *count)
{
    for (size_t i = 0; i < page->count; i++) {
        const char *id = page->endpoints[i].id;
        if (!*id)
            continue;
        struct endpoint_entry *e = entry_of(&s->endpoints, id);
        if (!e && !(e = entry_new(s, id)))
            return -1;
        if (e->mark == mark)
            continue;
        e->mark = mark;
        list[(*count)++] = e;
    }
    return 0;
}

/* Back to how it was before: what was made for nothing goes. */
static void ungather(struct store_endpoints_part *part)
{
    struct endpoint_entry *e, *next;
    HASH_ITER(hh, part->by_id, e, next)
    if (!e->listed && !e->health && !e->workers)
        entry_free(part, e);
}

/* Those of the list before that this one does not name. */
static void drop_gone(struct store_endpoints_part *part)
{
    struct endpoint_entry *e, *next;
    HASH_ITER(hh, part->by_id, e, next)
    if (e->listed && e->mark != part->mark)
        entry_free(part, e);
}

static void drop_early(struct store *s)
{
    int64_t now = clock_mono_ms(s->clock);
    struct endpoint_entry *e, *next;
    HASH_ITER(hh, s->endpoints.by_id, e, next)
    if (!e->listed && now - e->made_ms >= EARLY_KEPT_MS)
        entry_free(&s->endpoints, e);
}

/* Each entry gets the record that first named it. */
static void settle(struct store *s, const struct endpoint_page *page)
{
    struct store_endpoints_part *part = &s->endpoints;
    for (size_t i = 0, next = 0; i < page->count && next < part->count; i++) {
        struct endpoint_entry *e = part->listed[next];
        if (strcmp(e->id, page->endpoints[i].id) != 0)
            continue;
        part->early -= !e->listed;
        e->listed = true;
        e->row.settings = &page->endpoints[i];
        entry_sum(s, e);
        next++;
    }
}

static bool same_list(const struct message *old, const struct endpoint_page *page)
{
    const struct endpoint_page *had = payload_of(old);
    return had &&
           records_same(&record_endpoint, had->endpoints, had->count, page->endpoints, page->count);
}

/* Makes the page's list the one that is shown. -1 when memory is out: then all is as it was. */
static int relist(struct store *s, const struct endpoint_page *page)
{
    struct store_endpoints_part *part = &s->endpoints;
    size_t count = 0;
    struct endpoint_entry **list = calloc(page->count + 1, sizeof(struct endpoint_entry *));
    if (!list)
        return -1;
    if (gather(s, page, ++part->mark, list, &count)) {
        ungather(part);
        free(list);
        return -1;
    }
    free(part->listed);
    part->listed = list;
    part->count = count;
    settle(s, page);
    drop_gone(part);
    return 0;
}

enum applied store_take_endpoints(struct store *s, struct message *m)
{
    struct store_endpoints_part *part = &s->endpoints;
    bool same = same_list(part->m, m->payload);
    if (!same && relist(s, m->payload))
        return APPLIED_LOST;
    drop_early(s);
    if (same)
        return APPLIED_DONE;
    store_swap(&part->m, m);
    store_touch(s, STORE_ENDPOINTS);
    part->lists++;
    return APPLIED_KEPT;
}

/* Health, workers, prices */

/* The entry for news of an endpoint; NULL when there is no room or no memory. */
static struct endpoint_entry *entry_for(struct store *s, const char *id, enum applied *why)
{
    *why = APPLIED_DONE;
    if (!*id)
        return NULL;
    struct endpoint_entry *e = entry_of(&s->endpoints, id);
    if (e || s->endpoints.early >= EARLY_MAX)
        return e;
    *why = APPLIED_LOST;
    return entry_new(s, id);
}

static int64_t waiting_since(int64_t before, const struct health *h)
{
    if (h->in_queue <= 0 || h->in_progress > 0)
        return -1;
    return before >= 0 ? before : h->seen_ms;
}

enum applied store_take_health(struct store *s, struct message *m)
{
    const struct health *health = m->payload;
    enum applied why;
    struct endpoint_entry *e = entry_for(s, health->endpoint_id, &why);
    if (!e)
        return why;
    history_take(&e->history, health);
    struct health *old = e->health ? e->health->payload : NULL;
    if (old && record_same(&record_health, old, health)) {
        old->seen_ms = health->seen_ms;
        return APPLIED_DONE;
    }
    e->row.waiting_since_ms = waiting_since(e->row.waiting_since_ms, health);
    store_swap(&e->health, m);
    entry_changed(s, e);
    return APPLIED_KEPT;
}

enum applied store_take_workers(struct store *s, struct message *m)
{
    const struct worker_page *page = m->payload;
    enum applied why;
    struct endpoint_entry *e = entry_for(s, page->endpoint_id, &why);
    if (!e)
        return why;
    starts_take(&e->starts, page);
    struct worker_page *old = e->workers ? e->workers->payload : NULL;
    if (old && old->version == page->version &&
        records_same(&record_worker, old->workers, old->count, page->workers, page->count)) {
        old->seen_ms = page->seen_ms;
        return APPLIED_DONE;
    }
    store_swap(&e->workers, m);
    entry_changed(s, e);
    return APPLIED_KEPT;
}

enum applied store_take_gpus(struct store *s, struct message *m)
{
    struct store_endpoints_part *part = &s->endpoints;
    const struct gpu_page *page = m->payload;
    struct gpu_page *old = part->gpus ? part->gpus->payload : NULL;
    if (old && records_same(&record_gpu, old->gpus, old->count, page->gpus, page->count)) {
        old->seen_ms = page->seen_ms;
        return APPLIED_DONE;
    }
    store_swap(&part->gpus, m);
    struct endpoint_entry *e, *next;
    HASH_ITER(hh, part->by_id, e, next)
    entry_sum(s, e);
    store_touch(s, STORE_ENDPOINTS);
    return APPLIED_KEPT;
}

void store_endpoint_cost(struct store *s, const char *endpoint_id)
{
    struct endpoint_entry *e = entry_of(&s->endpoints, endpoint_id);
    if (!e)
        return;
    e->row.cost_request = store_request_cost_mean(s, endpoint_id);
    if (e->listed)
        store_touch(s, STORE_ENDPOINTS);
}

void store_endpoints_release(struct store_endpoints_part *part)
{
    struct endpoint_entry *e, *next;
    HASH_ITER(hh, part->by_id, e, next)
    entry_free(part, e);
    free(part->listed);
    message_free(part->m);
    message_free(part->gpus);
}

uint64_t store_endpoints_listed(const struct store *s)
{
    return s->endpoints.lists;
}

size_t store_endpoints(const struct store *s)
{
    return s->endpoints.count;
}

const struct endpoint_row *store_endpoint(const struct store *s, size_t i)
{
    return i < s->endpoints.count ? &s->endpoints.listed[i]->row : NULL;
}

const struct endpoint_row *store_endpoint_by_id(const struct store *s, const char *id)
{
    const struct endpoint_entry *e = id ? entry_of(&s->endpoints, id) : NULL;
    return e && e->listed ? &e->row : NULL;
}

const struct history *store_endpoints_history(
    const struct store_endpoints_part *part, const char *id)
{
    const struct endpoint_entry *e = id ? entry_of(part, id) : NULL;
    return e ? e->history : NULL;
}

struct starts *store_endpoints_starts(const struct store_endpoints_part *part, const char *id)
{
    const struct endpoint_entry *e = id ? entry_of(part, id) : NULL;
    return e ? e->starts : NULL;
}

double store_cost_hour(const struct store *s)
{
    double sum = s->endpoints.m ? 0 : NAN;
    for (size_t i = 0; i < s->endpoints.count; i++)
        sum += s->endpoints.listed[i]->row.cost_hour;
    return sum;
}
