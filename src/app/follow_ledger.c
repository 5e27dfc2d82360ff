/* What others write into the ledger. SQLite tells whether anybody did (state_version), the ledger's own count of
 * changes tells what: each row that is new, or new in what it says, comes once. */
#include "app/follow_internal.h"

#include "base/log.h"

#include <string.h>

enum {
    AGAIN_MS = 30 * 1000,
    OPEN_LEAST = 500,
    OPEN_ARENA = 128 << 20,
    PULL_MAX = 64,
    PULL_ARENA = 32 << 20,
    PULLS_A_TURN = 8
};

/* What has not ended, from earlier runs too. */
static int take_open(struct follow *f, struct err *e)
{
    struct request *open;
    size_t n = 0;
    struct arena *a = arena_new(OPEN_ARENA);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    /* inputs may be long: then the newest do for now */
    int failed = state_requests_open(f->ledger, FOLLOW_MAX, a, &open, &n, e);
    f->overflow = failed != 0;
    if (failed) {
        arena_free(a);
        a = arena_new(OPEN_ARENA);
        failed = a ? state_requests_open(f->ledger, OPEN_LEAST, a, &open, &n, e) : -1;
    }
    for (size_t i = n; !failed && i-- > 0;) {
        request_tell(f->engine, &open[i]);
        follow_track(f, &open[i], follow_now(f));
    }
    arena_free(a);
    return failed;
}

/* First where the present is, then what is open, so that nothing falls between. */
static int begin(struct follow *f, struct err *e)
{
    f->ledger = engine_state(f->engine, e);
    if (!f->ledger)
        return -1;
    f->version = state_version(f->ledger);
    f->more = false;
    return state_requests_last_change(f->ledger, &f->last_change, e) || take_open(f, e) ? -1 : 0;
}

static void try_to_begin(struct follow *f)
{
    struct err e;
    if (follow_now(f) < f->ledger_ms || !begin(f, &e))
        return;
    f->ledger_ms = follow_now(f) + AGAIN_MS;
    log_err(LOG_WARN, "requests", &e);
    state_close(f->ledger);
    f->ledger = NULL;
}

/* How many rows there were; -1 when they could not be read. */
static int pull(struct follow *f)
{
    struct request *rows;
    size_t n = 0;
    struct arena *a = arena_new(PULL_ARENA);
    int failed = !a || state_requests_changed(f->ledger, f->last_change, PULL_MAX, a, &rows, &n,
                           &f->last_change, NULL);
    for (size_t i = 0; !failed && i < n; i++) {
        request_tell(f->engine, &rows[i]);
        follow_track(f, &rows[i], follow_now(f) + follow_interval_ms(0, false));
    }
    arena_free(a);
    return failed ? -1 : (int)n;
}

void follow_ledger(struct follow *f)
{
    if (!f->ledger) {
        try_to_begin(f);
        return;
    }
    if (f->overflow && HASH_COUNT(f->requests) < OPEN_LEAST / 2)
        (void)take_open(f, NULL);
    int64_t version = state_version(f->ledger);
    if (version == f->version && !f->more)
        return;
    int n = PULL_MAX;
    for (int i = 0; i < PULLS_A_TURN && n == PULL_MAX && !cancel_fired(f->cancel); i++)
        n = pull(f);
    if (n < 0) /* locked for long, or damaged: it is looked at again */
        return;
    f->version = version;
    f->more = n == PULL_MAX;
}
