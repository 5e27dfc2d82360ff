/* http_batch: many requests over a few slots. The caller's thread hands a job over for each free
 * slot, sleeps until any of them has ended, and fills the slot again; so `at_once` bounds what
 * is under way without the net thread knowing of batches. A cancel drops what is under way and
 * leaves the rest. */
#include "client/http_internal.h"

#include <stdlib.h>

enum { AT_ONCE = 8 };

struct batch {
    struct http *http;
    const struct http_request *requests;
    struct http_response *responses;
    struct err *errors;
    size_t n, next, failed, running;
    struct http_group group;
    struct http_job *slots;
    bool *busy;
    size_t width;
};

/* Fills the slot with the next request that the rules allow. */
static void fill(struct batch *b, size_t slot)
{
    while (b->next < b->n && !b->busy[slot]) {
        size_t i = b->next++;
        if (http_submit(b->http, &b->slots[slot], &b->requests[i], &b->responses[i], NULL,
                &b->group, &b->errors[i]))
            b->failed++;
        else
            b->busy[slot] = true, b->running++;
    }
}

/* Under the lock: a job that is seen to have ended is really let go of. */
static bool has_ended(struct batch *b, size_t slot)
{
    pthread_mutex_lock(&b->group.lock);
    bool ended = b->slots[slot].ended;
    pthread_mutex_unlock(&b->group.lock);
    return ended;
}

static void collect(struct batch *b, bool refill)
{
    for (size_t i = 0; i < b->width; i++) {
        if (b->busy[i] && has_ended(b, i)) {
            b->busy[i] = false;
            b->running--;
            b->failed += b->slots[i].failed;
        }
        if (refill)
            fill(b, i);
    }
}

static void drop_all(struct batch *b)
{
    for (size_t i = 0; i < b->width; i++)
        if (b->busy[i])
            atomic_store(&b->slots[i].dropped, true);
    http_wake(b->http);
}

static void run(struct batch *b)
{
    bool cancelled = false;
    size_t ended = 0;
    collect(b, true);
    while (b->running > 0) {
        bool before = cancelled;
        ended = http_group_wait(&b->group, ended, cancelled, &cancelled);
        if (cancelled && !before)
            drop_all(b);
        collect(b, !cancelled);
    }
}

static void fail_rest(struct batch *b, const struct err *why)
{
    for (; b->next < b->n; b->next++, b->failed++)
        b->errors[b->next] = *why;
}

size_t http_batch(struct http *h, const struct http_request *requests,
    struct http_response *responses, struct err *errors, size_t n, size_t at_once,
    struct cancel *cancel)
{
    struct batch b = {.http = h,
        .requests = requests,
        .responses = responses,
        .errors = errors,
        .n = n,
        .width = at_once > 0 ? at_once : AT_ONCE};
    struct cancel_hook hook = {.poke = http_group_cancel, .arg = &b.group};
    struct err why;
    (void)err_set(&why, ERR_CANCEL, 0, "cancelled: the request was not begun");
    for (size_t i = 0; i < n; i++)
        err_clear(&errors[i]);
    if (n == 0)
        return 0;
    if (b.width > n)
        b.width = n;
    if (http_enter(h, &why))
        goto none;
    b.slots = calloc(b.width, sizeof *b.slots);
    b.busy = calloc(b.width, sizeof *b.busy);
    if (b.slots == NULL || b.busy == NULL) {
        (void)err_set(&why, ERR_IO, 0, "out of memory for %zu requests", b.width);
        goto out;
    }
    if (http_group_init(&b.group, &why))
        goto out;
    cancel_add(cancel, &hook);
    run(&b);
    cancel_remove(cancel, &hook);
    http_group_release(&b.group);
out:
    free(b.slots);
    free(b.busy);
    http_leave(h);
none:
    fail_rest(&b, &why);
    return b.failed;
}
