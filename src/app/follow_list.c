/* The requests that the data plane lists of the endpoint in focus (spec/runpod.md §2.1): undocumented, and with
 * a limit of its own, so it is asked rarely, only while somebody looks, and never again where there is none.
 *
 * A listed job that the ledger knows is only looked at (follow_status.c) when the list says something else. One
 * that it does not know goes into the ledger. While the list is read, its jobs that wait need no looks of
 * their own. */
#include "app/follow_internal.h"

#include "base/log.h"
#include "client/runpod_jobs.h"

#include <limits.h>
#include <string.h>

enum {
    LIST_MS = 10 * 1000,
    BETWEEN_MS = 2 * 1000, /* … also when another endpoint is looked at */
    LIST_FAILED_MS = 60 * 1000,
    LIST_ARENA = 8 << 20,
    DETAILS_MAX = 20,  /* of those that failed, to say why */
    NOT_THERE_MAX = 3, /* endpoints without a list, and none with one: there is none at all */
    NEXT_LIST_MS = LIST_MS + LIST_MS / 2
};

int64_t follow_list_due(struct follow *f)
{
    if (!f->endpoint_id[0] || f->no_lists || !f->ledger || !runpod_has_key(f->engine->runpod))
        return INT64_MAX;
    const struct followed_place *p = follow_place(f, f->endpoint_id);
    if (p->no_list)
        return INT64_MAX;
    int64_t due = p->listed_ms == INT64_MIN ? INT64_MIN : p->listed_ms + LIST_MS;
    due = due > p->held_ms ? due : p->held_ms;
    due = due > f->list_ms ? due : f->list_ms;
    return due > f->net_ms ? due : f->net_ms;
}

/* ---- taking ---------------------------------------------------------------------------------------- */

struct taking {
    struct follow *follow;
    size_t details;
};

/* One that is known: whether the list has news of it. */
static void compare(struct follow *f, const struct request *known, const struct request *listed)
{
    struct followed_request *r = follow_find(f, known->id);
    bool other = listed->status != known->status;
    if (request_is_final(known->status) && other && listed->status != REQUEST_IN_PROGRESS)
        follow_read_once(f, known); /* somebody queued it again */
    else if (r && other)
        r->due_ms = follow_now(f);
    else if (r && r->listed)
        r->due_ms = follow_now(f) + NEXT_LIST_MS;
}

static void on_listed(void *arg, const struct request *known, const struct request *listed)
{
    struct taking *t = arg;
    bool bad = listed->status == REQUEST_FAILED || listed->status == REQUEST_TIMED_OUT;
    if (known)
        compare(t->follow, known, listed);
    else if (!request_is_final(listed->status))
        follow_track(t->follow, listed, follow_now(t->follow) + NEXT_LIST_MS);
    else if (bad && t->details++ < DETAILS_MAX)
        follow_read_once(t->follow, listed);
}

static void take(struct follow *f, const struct request *listed, size_t n)
{
    const struct request_desk d = follow_desk(f);
    struct taking t = {.follow = f};
    struct err e;
    if (requests_take_list(&d, listed, n, on_listed, &t, &e) && e.class != ERR_CANCEL)
        log_err(LOG_WARN, "requests", &e);
}

/* ---- asking ---------------------------------------------------------------------------------------- */

/* A new endpoint is not known to the data plane at once. */
static void not_there(struct follow *f, struct followed_place *p)
{
    if (f->fresh)
        return;
    p->no_list = true;
    if (!f->listed_once && ++f->refused_lists >= NOT_THERE_MAX)
        f->no_lists = true;
}

static bool refused(const struct err *e)
{
    return e->class == ERR_REMOTE && e->number >= 400 && e->number < 500;
}

void follow_list(struct follow *f)
{
    struct request *rows;
    size_t n;
    struct err e;
    int64_t now = follow_now(f);
    if (follow_list_due(f) > now)
        return;
    struct followed_place *p = follow_place(f, f->endpoint_id);
    struct arena *a = arena_new(LIST_ARENA);
    p->listed_ms = now;
    f->list_ms = now + BETWEEN_MS;
    int failed = a ? runpod_requests(f->engine->runpod, p->endpoint_id, a, &rows, &n, f->cancel, &e)
                   : err_set(&e, ERR_IO, 0, "out of memory");
    if (!failed && rows) {
        f->listed_once = true;
        take(f, rows, n);
    } else if (!failed || refused(&e)) {
        not_there(f, p);
    } else if (!cancel_fired(f->cancel)) {
        p->listed_ms = now + LIST_FAILED_MS - LIST_MS;
        follow_failed(f, p->endpoint_id, &e, 0);
    }
    arena_free(a);
}
