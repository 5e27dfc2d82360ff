/* Hosts match, and none has room: bound to a volume, nothing in stock, throttled, or nothing but a record (rows 3, 5,
 * 7, 34). What the catalog says of stock is a sign, not a proof: with no worker there it is likely, by itself only
 * possible. */
#include "model/triage_internal.h"

#include <inttypes.h>
#include <string.h>

typedef struct triage_reader reader;
typedef struct triage_find find;
typedef struct triage_diagnosis diagnosis;

enum { WORKERS_USUAL = 3 };

static bool nowhere(const reader *r)
{
    return triage_none_there(r) || (r->waits && r->v->workers_read && r->up == 0 &&
                                       r->starting == 0 && r->by[WORKER_THROTTLED] > 0);
}

/* ---- placement --------------------------------------------------------------------------------------------------- */

static bool find_volume(reader *r, find *f)
{
    enum stock stock = triage_own_stock(r);
    bool elsewhere = stock >= STOCK_LOW;
    triage_place(r, f, elsewhere ? TRIAGE_LIKELY : TRIAGE_POSSIBLE);
    return nowhere(r) && r->v->detail.volumes.len > 0;
}

static void tell_stock(reader *r, diagnosis *d)
{
    static const char *const names[] = {"unknown", "none", "low", "medium", "high"};
    for (size_t i = 0; i < r->v->endpoint.pool_count; i++) {
        const struct gpu_pool *p = triage_pool(r, r->v->endpoint.pools[i]);
        if (p)
            triage_line(r, d, "catalog", NULL, -1, "%s (%d GB): stock %s", p->id.s, p->memory_gb,
                names[p->stock]);
    }
}

static void tell_volume(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_sum(r, d,
        "The network volume %.60s binds workers to its data center, and none gets a place there.",
        triage_str(r->v->detail.volumes));
    triage_line(r, d, "settings", NULL, -1, "network volume: %.80s%s%.80s",
        triage_str(r->v->detail.volumes), r->v->detail.data_centers.len ? ", data center: " : "",
        triage_str(r->v->detail.data_centers));
    triage_line_workers(r, d);
    tell_stock(r, d);
    triage_line_queue(r, d);
}

static void mend_volume(reader *r, find *f, diagnosis *d)
{
    (void)f;
    struct triage_remedy *m = triage_remedy(
        r, d, "by-hand", "Take the volume off, and let the host's cached model hold the weights");
    triage_put(r, triage_patch(r, m), "networkVolumes", json_new_array());
    triage_means(r, m, "console or API: not a setting that slipway changes; what it holds stays");
    triage_mend_place(r, d);
}

static bool find_capacity(reader *r, find *f)
{
    enum stock stock = triage_own_stock(r);
    bool none = stock == STOCK_NONE && r->v->account_read;
    triage_place(r, f, none ? TRIAGE_LIKELY : TRIAGE_POSSIBLE);
    return triage_none_there(r) &&
           (stock == STOCK_NONE || stock == STOCK_LOW || r->v->detail.data_centers.len > 0);
}

static void tell_capacity(reader *r, find *f, diagnosis *d)
{
    (void)f;
    if (triage_own_stock(r) >= STOCK_MEDIUM)
        triage_sum(r, d, "No worker gets a place in %.80s.", triage_str(r->v->detail.data_centers));
    else
        triage_sum(r, d, "There is %s of the endpoint's GPUs in stock.",
            triage_own_stock(r) == STOCK_NONE ? "none" : "little");
    triage_line_workers(r, d);
    tell_stock(r, d);
    if (r->v->detail_read && r->v->detail.data_centers.len)
        triage_line(r, d, "settings", NULL, -1, "only in %.120s", r->v->detail.data_centers.s);
    triage_line_queue(r, d);
}

static void mend_capacity(reader *r, find *f, diagnosis *d)
{
    (void)f;
    triage_mend_place(r, d);
    triage_wait(r, d, "it starts when a GPU is given back");
}

/* ---- throttled ------------------------------------------------------------------------------------------------------ */

static int64_t throttled_ms(const reader *r, int64_t *since)
{
    int64_t longest = 0;
    *since = -1;
    for (size_t i = 0; r->v->workers_read && i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        int64_t held = r->v->now_ms - w->first_ms;
        if (!w->vanished && w->worker.status == WORKER_THROTTLED && w->first_ms > 0 &&
            held > longest) {
            longest = held;
            *since = w->first_ms;
        }
    }
    return longest;
}

static bool find_throttled(reader *r, find *f)
{
    int64_t longest = throttled_ms(r, &f->since_ms), grace = triage_grace_place(r);
    bool here = r->v->workers_read && r->crashing == 0 && r->unread_here == 0;
    f->certainty = r->clear ? TRIAGE_CERTAIN : here ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->ripe = longest >= grace || r->waited_ms >= grace;
    f->count = r->by[WORKER_THROTTLED];
    return r->waits && r->by[WORKER_THROTTLED] > 0 && r->up == 0 && r->starting == 0;
}

static void tell_throttled(reader *r, find *f, diagnosis *d)
{
    char span[TRIAGE_SPAN_SHOWN];
    int64_t since;
    f->sentence = triage_text(
        r, "%d worker%s throttled: the hosts' GPUs are busy", f->count, triage_plural(f->count));
    triage_sum(r, d, "The GPUs of the hosts on which %d worker%s should run are busy.", f->count,
        triage_plural(f->count));
    triage_line_workers(r, d);
    if (throttled_ms(r, &since) > 0)
        triage_line(r, d, "workers", NULL, since, "throttled for %s",
            triage_span(r->v->now_ms - since, span));
    if (r->pool_count)
        tell_stock(r, d);
    if (r->clear)
        triage_line(r, d, "log", NULL, -1, "no worker's log shows a crash");
    triage_line_queue(r, d);
}

static void mend_throttled(reader *r, find *f, diagnosis *d)
{
    const struct endpoint *e = &r->v->endpoint;
    (void)f;
    triage_mend_place(r, d);
    if (e->workers_max < WORKERS_USUAL)
        triage_scale(r, d, e->workers_min, WORKERS_USUAL);
    triage_wait(r, d, "it runs when a GPU of its host is given back");
}

/* ---- ghosts ---------------------------------------------------------------------------------------------------------- */

static bool has_initializing(const struct health *h)
{
    return h->initializing > 0 && h->ready == 0 && h->running == 0 && h->idle == 0;
}

/* For how long there has been nothing but a record; -1 = there is more, or not even that. */
static int64_t ghost_ms(const reader *r)
{
    int64_t most = triage_held_ms(r->v, has_initializing);
    if (most < 0 || r->listed != r->unplaced)
        return -1;
    for (size_t i = 0; i < r->v->worker_count; i++) {
        const struct triage_worker *w = &r->v->workers[i];
        int64_t since = w->worker.started_ms > 0 ? w->worker.started_ms : w->first_ms;
        if (triage_is_unplaced(w) && since > 0 && r->v->now_ms - since > most)
            most = r->v->now_ms - since;
    }
    return most;
}

static bool find_ghost(reader *r, find *f)
{
    int64_t held = ghost_ms(r);
    f->certainty = r->clear ? TRIAGE_LIKELY : TRIAGE_POSSIBLE;
    f->ripe = held >= TRIAGE_GRACE_NO_OTHER;
    f->since_ms = held > 0 ? r->v->now_ms - held : -1;
    return r->waits && held >= TRIAGE_GRACE_NO_OTHER;
}

static void tell_ghost(reader *r, find *f, diagnosis *d)
{
    char span[TRIAGE_SPAN_SHOWN];
    (void)f;
    triage_sum(
        r, d, "The service counts a worker as initialising that has no host: a stale record.");
    triage_line(r, d, "health", NULL, -1, "%" PRId64 " initialising, none ready, for %s",
        r->health->initializing, triage_span(ghost_ms(r), span));
    triage_line(r, d, "workers", NULL, -1,
        r->listed ? "it has no GPU and no data center" : "the list has no worker");
    triage_line_queue(r, d);
}

static void mend_ghost(reader *r, find *f, diagnosis *d)
{
    const struct endpoint *e = &r->v->endpoint;
    (void)f;
    struct triage_remedy *m = triage_remedy(r, d, "scale",
        "Set max workers to 0; when none is left, back to %d (slipway unpause)", e->workers_max);
    triage_put(r, triage_asks(r, m), "pause", json_new_bool(true));
    const int max[] = {0, e->workers_max};
    for (size_t i = 0; i < 2; i++) {
        struct json *w = triage_object(r, triage_patch(r, m), "workers");
        triage_put(r, w, "min", json_new_int(i ? e->workers_min : 0));
        triage_put(r, w, "max", json_new_int(max[i]));
    }
    triage_means(r, m, "requests stay queued meanwhile");
    triage_by_hand(
        r, d, "If it stays: deploy a new endpoint, and tell RunPod's support of %s", e->id);
}

enum {
    W = TRIAGE_NEEDS_WORKERS,
    D = TRIAGE_NEEDS_DETAIL,
    C = TRIAGE_NEEDS_CATALOG,
    H = TRIAGE_NEEDS_HEALTH
};
const struct triage_rule triage_rules_room[] = {
    {"volume-pins-placement", 5, TRIAGE_STOPS, W | D | C, "bound to its volume's location",
        find_volume, tell_volume, mend_volume},
    {"no-capacity", 3, TRIAGE_STOPS, W | C, "no GPU in stock", find_capacity, tell_capacity,
        mend_capacity},
    {"throttled", 7, TRIAGE_STOPS, 0, "throttled, GPUs are busy", find_throttled, tell_throttled,
        mend_throttled},
    {"ghost-worker", 34, TRIAGE_STOPS, H | W, "a worker that is not there", find_ghost, tell_ghost,
        mend_ghost},
    {.id = NULL},
};
