/* http_batch: many requests over a few slots (http_many). The caller's thread fills each free slot,
 * sleeps until any request has ended, and fills the slot again. A cancel drops what is under way and
 * leaves the rest. */
#include "client/http_internal.h"

enum { AT_ONCE = 8 };

struct batch {
    struct http_many *many;
    const struct http_request *requests;
    struct http_response *responses;
    struct err *errors;
    size_t n, next, failed, width;
};

/* Fills the free slots with the next requests that the rules allow. */
static void fill(struct batch *b)
{
    for (; b->next < b->n && http_many_under_way(b->many) < b->width; b->next++)
        if (http_many_start(
                b->many, &b->requests[b->next], &b->responses[b->next], &b->errors[b->next], NULL))
            b->failed++;
}

static void run(struct batch *b, struct wait *wake, struct cancel *cancel)
{
    bool dropped = false;
    for (;;) {
        uint64_t seen = wait_seen(wake);
        struct http_ended ended;
        bool cancelled = cancel_fired(cancel);
        if (cancelled && !dropped)
            http_many_drop(b->many);
        dropped = cancelled;
        while (http_many_next(b->many, &ended))
            b->failed += ended.failed;
        if (!cancelled)
            fill(b);
        if (http_many_under_way(b->many) == 0)
            return;
        (void)wait_until(wake, seen, WAIT_FOREVER); /* every job has a deadline of its own */
    }
}

static void fail_rest(struct batch *b, const struct err *why)
{
    for (; b->next < b->n; b->next++, b->failed++)
        b->errors[b->next] = *why;
}

static void poke(void *wake)
{
    wait_poke(wake);
}

size_t http_batch(struct http *h, const struct http_request *requests,
    struct http_response *responses, struct err *errors, size_t n, size_t at_once,
    struct cancel *cancel)
{
    struct batch b = {.requests = requests,
        .responses = responses,
        .errors = errors,
        .n = n,
        .width = at_once > 0 ? at_once : AT_ONCE};
    struct wait wake;
    struct cancel_hook hook = {.poke = poke, .arg = &wake};
    struct err why;
    (void)err_set(&why, ERR_CANCEL, 0, "cancelled: the request was not begun");
    for (size_t i = 0; i < n; i++)
        err_clear(&errors[i]);
    if (n == 0)
        return 0;
    if (b.width > n)
        b.width = n;
    int failed = wait_init(&wake);
    if (failed) {
        (void)err_errno(&why, failed, "no lock for requests");
        goto out;
    }
    b.many = http_many_new(h, b.width, &wake, &why);
    if (b.many != NULL) {
        cancel_add(cancel, &hook);
        run(&b, &wake, cancel);
        cancel_remove(cancel, &hook);
        http_many_free(b.many);
    }
    wait_release(&wake);
out:
    fail_rest(&b, &why);
    return b.failed;
}
