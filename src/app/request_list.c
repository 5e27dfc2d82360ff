/* The service's own list against the ledger: what is new goes into it, all at once, since a write for each would
 * wait for the disk a thousand times. Of those that are over only the newest are taken: they are history. */
#include "app/requests.h"

#include <stdlib.h>

enum { ROW_ARENA = 2 << 20, OVER_MAX = 20 };

/* What the list does not say of one that was never seen: that it was there before now, in this order. */
static void fill(struct request *q, size_t place, int64_t now)
{
    if (q->submitted_ms < 0 || q->submitted_ms > now)
        q->submitted_ms = now - (int64_t)place;
    q->seen_ms = now;
}

int requests_take_list(const struct request_desk *d, const struct request *listed, size_t n,
    request_listed_fn *each, void *arg, struct err *e)
{
    int64_t now = clock_wall_ms(d->engine->clock);
    struct request *fresh = calloc(n + 1, sizeof *fresh);
    size_t count = 0, over = 0;
    int failed = fresh ? 0 : err_set(e, ERR_IO, 0, "out of memory");
    for (size_t i = 0; !failed && i < n && !(failed = cancel_check(d->cancel, e)); i++) {
        struct request known;
        bool history = request_is_final(listed[i].status) && over++ >= OVER_MAX;
        struct arena *a = arena_new(ROW_ARENA);
        if (!a || request_of_job(d, listed[i].endpoint_id, listed[i].job_id, a, &known, NULL))
            ; /* what cannot be read now is in the next list again */
        else if (known.seen_ms >= 0 || !known.listed)
            each(arg, &known, &listed[i]);
        else if (!history) {
            fresh[count] = listed[i];
            fill(&fresh[count++], i, now);
        }
        arena_free(a);
    }
    if (!failed && d->ledger)
        failed = state_requests_save(d->ledger, fresh, count, e);
    for (size_t i = 0; !failed && i < count; i++) {
        request_tell(d->engine, &fresh[i]);
        each(arg, NULL, &fresh[i]);
    }
    free(fresh);
    return failed;
}
