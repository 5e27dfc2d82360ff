/* Three queues, one a kind, so that the oldest of a kind can be dropped at once; every message gets a
 * number when it comes, and receive merges the three by it. One lock, held only to link or unlink:
 * messages are freed and merged outside it, so no sender waits for the receiver's work.
 *
 * A status is found again by its key through a hash table over the waiting ones. A newer one swaps
 * its content into the waiting one, which thereby keeps its place. When the table has no memory to
 * grow, the status just waits without being found: it is then received before the newer one.
 *
 * The descriptor is made readable by the first thing after a receive and drained by the receive, both
 * under the lock: it is readable exactly while there is something to fetch. */
#include "core/inbox.h"

#include "core/wake.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { KINDS = MESSAGE_RESULT + 1 };

/* Every message lies in one of these; message_new makes them. */
struct envelope {
    struct message m; /* first, so that both have the same address */
    uint64_t number;  /* order of coming */
    size_t bytes;     /* of the arena, when it came */
    UT_hash_handle hh;
};

struct queue {
    struct message *first, **end; /* *end is the NULL behind the last */
    size_t count;
};

struct inbox {
    struct inbox_limits limits;
    struct wake wake;
    pthread_mutex_t lock;
    struct queue queue[KINDS];
    struct envelope *by_key; /* the statuses that wait */
    uint64_t next_number;
    size_t log_bytes;
    size_t reserved; /* places for results that did not come yet */
    struct inbox_dropped dropped;
    bool signalled; /* the descriptor is readable */
    bool closed;
};

static struct envelope *envelope_of(struct message *m)
{
    return (struct envelope *)m;
}

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->end = &q->first;
    q->count = 0;
}

static void queue_append(struct queue *q, struct message *m)
{
    m->next = NULL;
    *q->end = m;
    q->end = &m->next;
    q->count++;
}

static struct message *queue_take_first(struct queue *q)
{
    struct message *m = q->first;
    q->first = m->next;
    if (!q->first)
        q->end = &q->first;
    q->count--;
    return m;
}

struct inbox *inbox_new(const struct inbox_limits *limits)
{
    struct inbox *in = calloc(1, sizeof *in);
    if (!in)
        return NULL;
    in->limits = *limits;
    in->limits.statuses += !limits->statuses; /* the newest has a place always */
    in->limits.logs += !limits->logs;
    for (int kind = 0; kind < KINDS; kind++)
        queue_init(&in->queue[kind]);
    if (wake_init(&in->wake))
        goto no_wake;
    if (pthread_mutex_init(&in->lock, NULL))
        goto no_lock;
    return in;
no_lock:
    wake_release(&in->wake);
no_wake:
    free(in);
    return NULL;
}

static void free_list(struct message *m)
{
    for (struct message *next; m; m = next) {
        next = m->next;
        message_free(m);
    }
}

void inbox_free(struct inbox *in)
{
    if (!in)
        return;
    free_list(inbox_receive(in, NULL));
    pthread_mutex_destroy(&in->lock);
    wake_release(&in->wake);
    free(in);
}

struct message *message_new(enum message_kind kind, int type, const char *key, size_t arena_max)
{
    size_t length = key ? strlen(key) : 0;
    if (length >= MESSAGE_KEY_MAX)
        return NULL;
    struct envelope *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->m.kind = kind;
    e->m.type = type;
    if (length)
        memcpy(e->m.key, key, length);
    e->m.arena = arena_new(arena_max);
    if (e->m.arena)
        return &e->m;
    free(e);
    return NULL;
}

void message_free(struct message *m)
{
    if (!m)
        return;
    if (m->release && m->payload)
        m->release(m->payload);
    arena_free(m->arena);
    free(envelope_of(m));
}

static void swap_content(struct message *a, struct message *b)
{
    struct message old = *a;
    a->type = b->type;
    a->payload = b->payload;
    a->arena = b->arena;
    a->release = b->release;
    b->type = old.type;
    b->payload = old.payload;
    b->arena = old.arena;
    b->release = old.release;
}

/* The functions below run with the lock held. They return what is to be freed after it was given
 * back: a list, mostly empty. */

static void append(struct inbox *in, struct message *m)
{
    envelope_of(m)->number = in->next_number++;
    queue_append(&in->queue[m->kind], m);
}

static struct message *drop_oldest_status(struct inbox *in)
{
    struct message *m = queue_take_first(&in->queue[MESSAGE_STATUS]);
    struct envelope *e = envelope_of(m);
    if (e->hh.tbl)
        HASH_DEL(in->by_key, e);
    in->dropped.statuses++;
    m->next = NULL;
    return m;
}

static struct message *take_status(struct inbox *in, struct message *m)
{
    struct envelope *e = envelope_of(m), *waiting;
    HASH_FIND_STR(in->by_key, m->key, waiting);
    if (waiting) {
        swap_content(&waiting->m, m);
        return m;
    }
    struct message *dropped = NULL;
    if (in->queue[MESSAGE_STATUS].count >= in->limits.statuses)
        dropped = drop_oldest_status(in);
    HASH_ADD_STR(in->by_key, m.key, e);
    append(in, m);
    return dropped;
}

static uint64_t weight_of(const struct message *m)
{
    return m->weight ? m->weight : 1;
}

static struct message *drop_oldest_log(struct inbox *in)
{
    struct message *m = queue_take_first(&in->queue[MESSAGE_LOG]);
    in->log_bytes -= envelope_of(m)->bytes;
    in->dropped.logs += weight_of(m);
    return m;
}

static struct message *take_log(struct inbox *in, struct message *m)
{
    struct queue *logs = &in->queue[MESSAGE_LOG];
    size_t bytes = envelope_of(m)->bytes;
    if (bytes > in->limits.log_bytes) {
        in->dropped.logs += weight_of(m); /* not even alone does it fit */
        return m;
    }
    struct message *dropped = NULL;
    while (logs->count >= in->limits.logs || in->log_bytes > in->limits.log_bytes - bytes) {
        struct message *oldest = drop_oldest_log(in);
        oldest->next = dropped;
        dropped = oldest;
    }
    in->log_bytes += bytes;
    append(in, m);
    return dropped;
}

static struct message *take_result(struct inbox *in, struct message *m)
{
    in->reserved--;
    append(in, m);
    return NULL;
}

static void make_readable(struct inbox *in)
{
    if (!in->signalled)
        wake_up(&in->wake);
    in->signalled = true;
}

/* Whether the message may come in at all. A result uses its reservation up also when it may not. */
static bool admit(struct inbox *in, enum message_kind kind)
{
    bool reserved = in->reserved > 0;
    if (kind == MESSAGE_RESULT && in->closed && reserved)
        in->reserved--;
    return !in->closed && (kind != MESSAGE_RESULT || reserved);
}

int inbox_send(struct inbox *in, struct message *m)
{
    static struct message *(*const take[KINDS])(struct inbox *, struct message *) = {
        [MESSAGE_STATUS] = take_status, [MESSAGE_LOG] = take_log, [MESSAGE_RESULT] = take_result};
    struct envelope *e = envelope_of(m);
    struct message *unwanted = m;
    m->next = NULL;
    e->bytes = m->arena ? arena_size(m->arena) : 0;
    pthread_mutex_lock(&in->lock);
    bool closed = in->closed, admitted = admit(in, m->kind);
    if (admitted) {
        unwanted = take[m->kind](in, m);
        make_readable(in);
    }
    pthread_mutex_unlock(&in->lock);
    free_list(unwanted);
    assert(admitted || closed); /* a result needs a reservation */
    (void)closed;
    return admitted ? 0 : -1;
}

int inbox_reserve(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    bool room = !in->closed && in->reserved + in->queue[MESSAGE_RESULT].count < in->limits.results;
    if (room)
        in->reserved++;
    pthread_mutex_unlock(&in->lock);
    return room ? 0 : -1;
}

void inbox_unreserve(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    bool reserved = in->reserved > 0;
    if (reserved)
        in->reserved--;
    pthread_mutex_unlock(&in->lock);
    assert(reserved);
    (void)reserved;
}

void inbox_close(struct inbox *in)
{
    pthread_mutex_lock(&in->lock);
    in->closed = true;
    pthread_mutex_unlock(&in->lock);
}

int inbox_fd(const struct inbox *in)
{
    return wake_fd(&in->wake);
}

/* The queue whose first message came first; NULL when all are empty. */
static struct queue *oldest_queue(struct queue *queue)
{
    struct queue *oldest = NULL;
    for (struct queue *q = queue; q < queue + KINDS; q++)
        if (q->first &&
            (!oldest || envelope_of(q->first)->number < envelope_of(oldest->first)->number))
            oldest = q;
    return oldest;
}

static struct message *merge(struct queue *queue)
{
    struct queue all;
    queue_init(&all);
    for (struct queue *q; (q = oldest_queue(queue));)
        queue_append(&all, queue_take_first(q));
    return all.first;
}

/* Moves what waits to `queue`; the table goes with it. Lock held. */
static struct envelope *take_all(struct inbox *in, struct queue *queue)
{
    for (int kind = 0; kind < KINDS; kind++) {
        queue[kind] = in->queue[kind];
        queue_init(&in->queue[kind]);
    }
    struct envelope *table = in->by_key;
    in->by_key = NULL;
    in->log_bytes = 0;
    if (in->signalled)
        wake_drain(&in->wake);
    in->signalled = false;
    return table;
}

struct message *inbox_receive(struct inbox *in, struct inbox_dropped *dropped)
{
    struct queue queue[KINDS];
    pthread_mutex_lock(&in->lock);
    struct envelope *table = take_all(in, queue);
    if (dropped) {
        *dropped = in->dropped;
        in->dropped = (struct inbox_dropped){0};
    }
    pthread_mutex_unlock(&in->lock);
    HASH_CLEAR(hh, table);
    return merge(queue);
}
