/* The thread: its life, its orders, its loop. Each turn does what is due and sleeps until the next thing is, at
 * most a second or two, since writing to the ledger by others pokes nobody.
 *
 * The ledger is what all share: a row is read before its status is asked for and written before main is told,
 * so what another process did meanwhile is not undone. */
#include "app/follow.h"

#include "app/follow_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NET_MS = 2000,
    NET_MAX_MS = 60 * 1000,
    AUTH_MS = 60 * 1000,
    HELD_MS = 10 * 1000,
    SLEEP_LEAST_MS = 20,
    SLEEP_BUSY_MS = 1000, /* while something is open */
    SLEEP_IDLE_MS = 2000
};

int64_t follow_now(const struct follow *f)
{
    return clock_mono_ms(f->engine->clock);
}

struct request_desk follow_desk(const struct follow *f)
{
    return (struct request_desk){.engine = f->engine, .ledger = f->ledger, .cancel = f->cancel};
}

/* ---- what is followed ------------------------------------------------------------------------------ */

struct followed_request *follow_find(struct follow *f, const char *id)
{
    struct followed_request *r;
    HASH_FIND_STR(f->requests, id, r);
    return r;
}

void follow_untrack(struct follow *f, struct followed_request *r)
{
    if (!r)
        return;
    HASH_DEL(f->requests, r);
    free(r);
}

static struct followed_request *begin(struct follow *f, const struct request *q)
{
    if (HASH_COUNT(f->requests) >= FOLLOW_MAX) {
        f->overflow = true;
        return NULL;
    }
    struct followed_request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    snprintf(r->id, sizeof r->id, "%s", q->id);
    HASH_ADD_STR(f->requests, id, r);
    if (r->hh.tbl)
        return r;
    free(r);
    return NULL;
}

struct followed_request *follow_track(struct follow *f, const struct request *q, int64_t due_ms)
{
    struct followed_request *r = follow_find(f, q->id);
    if (request_is_final(q->status)) {
        if (r && !r->details)
            follow_untrack(f, r);
        return NULL;
    }
    bool fresh = !r;
    if (!r && !(r = begin(f, q)))
        return NULL;
    if (fresh || r->status != q->status) {
        r->since_ms = follow_now(f);
        r->due_ms = due_ms;
    }
    memcpy(r->endpoint_id, q->endpoint_id, sizeof r->endpoint_id);
    r->status = q->status;
    r->listed = q->listed;
    r->details = false;
    return r;
}

void follow_read_once(struct follow *f, const struct request *q)
{
    struct followed_request *r = follow_find(f, q->id);
    if (!r && !(r = begin(f, q)))
        return;
    memcpy(r->endpoint_id, q->endpoint_id, sizeof r->endpoint_id);
    r->status = q->status;
    r->listed = q->listed;
    r->details = request_is_final(q->status);
    r->since_ms = r->due_ms = follow_now(f);
}

struct followed_place *follow_place(struct follow *f, const char *endpoint_id)
{
    for (size_t i = 0; i < FOLLOW_PLACES; i++)
        if (strcmp(f->places[i].endpoint_id, endpoint_id) == 0)
            return &f->places[i];
    struct followed_place *p = &f->places[f->next_place];
    f->next_place = (f->next_place + 1) % FOLLOW_PLACES;
    *p = (struct followed_place){.held_ms = INT64_MIN, .listed_ms = INT64_MIN};
    snprintf(p->endpoint_id, sizeof p->endpoint_id, "%s", endpoint_id);
    return p;
}

void follow_failed(struct follow *f, const char *endpoint_id, const struct err *e, int64_t again_ms)
{
    int64_t now = follow_now(f);
    bool net = e->class == ERR_NET || e->class == ERR_TIMEOUT;
    if (net && f->net_ms <= now) { /* those that were under way together count once */
        int64_t ms = (int64_t)NET_MS << (f->net_failures < 5 ? f->net_failures++ : 5);
        f->net_ms = now + (ms < NET_MAX_MS ? ms : NET_MAX_MS);
    } else if (e->class == ERR_AUTH)
        f->net_ms = now + AUTH_MS;
    else if (e->class == ERR_RATE || e->class == ERR_REMOTE)
        follow_place(f, endpoint_id)->held_ms = now + (again_ms > HELD_MS ? again_ms : HELD_MS);
}

void follow_answered(struct follow *f)
{
    f->net_failures = 0;
    f->net_ms = INT64_MIN;
}

/* ---- the thread ------------------------------------------------------------------------------------ */

/* One that is over and was only listed says little: what the status has besides is read when somebody
 * opens it. */
static void look_at(struct follow *f)
{
    struct request q;
    bool found = false;
    struct arena *a = f->request_id[0] && f->ledger ? arena_new(FOLLOW_ROW_ARENA) : NULL;
    if (a && !state_request_get(f->ledger, f->request_id, a, &q, &found, NULL) && found) {
        bool bare = q.listed && request_is_final(q.status) && q.output.len + q.error.len == 0;
        struct followed_request *r = follow_find(f, q.id);
        if (bare)
            follow_read_once(f, &q);
        else if (r)
            r->due_ms = follow_now(f);
    }
    arena_free(a);
}

static void hurry(struct follow *f)
{
    struct followed_request *r, *next;
    follow_answered(f);
    HASH_ITER(hh, f->requests, r, next)
    r->due_ms = follow_now(f);
    if (f->endpoint_id[0])
        follow_place(f, f->endpoint_id)->listed_ms = INT64_MIN;
    f->ledger_ms = INT64_MIN;
}

static void take_orders(struct follow *f)
{
    char request[REQUEST_ID_MAX];
    memcpy(request, f->request_id, sizeof request);
    pthread_mutex_lock(&f->lock);
    bool hurries = f->orders.hurry;
    f->orders.hurry = false;
    f->fresh = f->orders.fresh;
    memcpy(f->endpoint_id, f->orders.endpoint_id, sizeof f->endpoint_id);
    memcpy(f->request_id, f->orders.request_id, sizeof f->request_id);
    pthread_mutex_unlock(&f->lock);
    if (hurries)
        hurry(f);
    if (strcmp(request, f->request_id) != 0)
        look_at(f);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t sleep_ms(struct follow *f)
{
    int64_t now = follow_now(f), most = f->requests ? SLEEP_BUSY_MS : SLEEP_IDLE_MS;
    int64_t due = earlier(follow_statuses_due(f), follow_list_due(f));
    int64_t ms = due <= now || f->more ? 0 : due - now;
    return ms < SLEEP_LEAST_MS ? SLEEP_LEAST_MS : earlier(ms, most);
}

static void *run(void *arg)
{
    struct follow *f = arg;
    while (!cancel_fired(f->cancel)) {
        uint64_t seen = wait_seen(&f->wait);
        follow_ledger(f);
        take_orders(f);
        if (runpod_has_key(f->engine->runpod)) {
            follow_list(f);
            follow_statuses(f);
        }
        if (!cancel_fired(f->cancel))
            (void)wait_until(&f->wait, seen, sleep_ms(f));
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------------ */

static void poke(void *wait)
{
    wait_poke(wait);
}

/* Signals are main's. */
static int start(struct follow *f)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int fault = pthread_create(&f->thread, NULL, run, f);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fault;
}

struct follow *follow_new(struct engine *g, struct err *e)
{
    int fault = ENOMEM;
    struct follow *f = calloc(1, sizeof *f);
    if (!f || !(f->cancel = cancel_new(g->quit)))
        goto no_cancel;
    f->engine = g;
    f->ledger_ms = f->looks_ms = f->list_ms = f->net_ms = INT64_MIN;
    f->version = -1;
    if ((fault = wait_init(&f->wait)) != 0)
        goto no_wait;
    if ((fault = pthread_mutex_init(&f->lock, NULL)) != 0)
        goto no_lock;
    f->hook = (struct cancel_hook){.poke = poke, .arg = &f->wait};
    cancel_add(f->cancel, &f->hook);
    if ((fault = start(f)) == 0)
        return f;
    cancel_remove(f->cancel, &f->hook);
    pthread_mutex_destroy(&f->lock);
no_lock:
    wait_release(&f->wait);
no_wait:
    cancel_unref(f->cancel);
no_cancel:
    free(f);
    err_errno(e, fault, "cannot follow requests");
    return NULL;
}

void follow_free(struct follow *f)
{
    if (!f)
        return;
    cancel_fire(f->cancel);
    pthread_join(f->thread, NULL);
    cancel_remove(f->cancel, &f->hook);
    cancel_unref(f->cancel);
    struct followed_request *r, *next;
    HASH_ITER(hh, f->requests, r, next)
    follow_untrack(f, r);
    state_close(f->ledger);
    pthread_mutex_destroy(&f->lock);
    wait_release(&f->wait);
    free(f);
}

/* ---- orders ---------------------------------------------------------------------------------------- */

void follow_look(struct follow *f, const char *endpoint_id, bool fresh, const char *request_id)
{
    if (strlen(endpoint_id) >= ENDPOINT_ID_MAX || strlen(request_id) >= REQUEST_ID_MAX)
        return;
    pthread_mutex_lock(&f->lock);
    bool other = strcmp(f->orders.endpoint_id, endpoint_id) != 0 ||
                 strcmp(f->orders.request_id, request_id) != 0;
    snprintf(f->orders.endpoint_id, sizeof f->orders.endpoint_id, "%s", endpoint_id);
    snprintf(f->orders.request_id, sizeof f->orders.request_id, "%s", request_id);
    f->orders.fresh = fresh;
    pthread_mutex_unlock(&f->lock);
    if (other)
        wait_poke(&f->wait);
}

void follow_hurry(struct follow *f)
{
    pthread_mutex_lock(&f->lock);
    f->orders.hurry = true;
    pthread_mutex_unlock(&f->lock);
    wait_poke(&f->wait);
}
