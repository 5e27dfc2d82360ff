/* The loop that reads what the rules want, and looks again where they need a second look. Nothing is read twice in one
 * gathering, whatever the rules say: an answer that does not help them once does not help them again. */
#include "client/runpod_evidence_internal.h"

#include "client/runpod_internal.h"

enum {
    NOTES_ARENA = 256 << 10,
    STALE_MS = 60 * 1000, /* what was read longer ago is read again by the next gathering */
    STALE_JOBS_MS = 10 * 1000,
    LOOKS_A_GATHERING = 3,
    COMPLETE_MS = 20 * 1000
};

static const struct {
    unsigned want;
    const char *words;
    evidence_part_fn *read;
} parts[] = {
    {TRIAGE_WANT_WORKERS, "reading its workers", evidence_workers},
    {TRIAGE_WANT_DETAIL, "reading its settings and releases", evidence_detail},
    {TRIAGE_WANT_JOBS, "reading its requests", evidence_jobs},
    {TRIAGE_WANT_ACCOUNT, "reading the account", evidence_account},
    {TRIAGE_WANT_CATALOG, "reading what GPUs there are", evidence_catalog},
    {TRIAGE_WANT_LOGS, "reading its workers' logs", evidence_logs},
    {TRIAGE_WANT_MODEL, "looking at the model on the Hub", evidence_model},
};
enum { PARTS = sizeof parts / sizeof *parts };

static int read_parts(struct runpod_evidence *ev, unsigned wants, int64_t deadline_ms,
    struct cancel *c, struct err *e)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (!(wants & parts[i].want) || clock_mono_ms(ev->options.clock) >= deadline_ms)
            continue;
        evidence_say(ev, parts[i].words);
        if (parts[i].read(ev, c, e))
            return -1;
    }
    return 0;
}

/* Another look, when it is time for one. 1 = there is no time for it. */
static int look_again(
    struct runpod_evidence *ev, int64_t deadline_ms, struct cancel *c, struct err *e)
{
    int64_t now = clock_mono_ms(ev->options.clock), due = ev->looked_ms + TRIAGE_LOOK_MS;
    if (due >= deadline_ms)
        return 1;
    if (due > now) {
        evidence_say(ev, "waiting a few seconds for a second look");
        if (runpod_sleep(clock_real_wait_ms(ev->options.clock, due - now), c, e))
            return -1;
    }
    return runpod_evidence_look(ev, c, e);
}

int runpod_evidence_rest(int64_t ms, struct cancel *c, struct err *e)
{
    return runpod_sleep(ms, c, e);
}

static bool is_old(struct runpod_evidence *ev, int64_t at_ms, int64_t most)
{
    return at_ms >= 0 && clock_mono_ms(ev->options.clock) - at_ms > most;
}

/* What is old is forgotten, so that the rules ask for it again. */
static void forget_old(struct runpod_evidence *ev)
{
    if (is_old(ev, ev->detail_ms, STALE_MS))
        ev->v.detail_read = false;
    if (is_old(ev, ev->account_ms, STALE_MS))
        ev->v.account_read = false;
    if (is_old(ev, ev->catalog_ms, STALE_MS))
        ev->v.catalog = NULL;
    if (is_old(ev, ev->jobs_ms, STALE_JOBS_MS))
        evidence_put_jobs_aside(ev);
}

void runpod_evidence_changed(struct runpod_evidence *ev)
{
    ev->v.detail_read = ev->v.account_read = false;
    evidence_put_jobs_aside(ev);
}

static void begin(struct runpod_evidence *ev)
{
    forget_old(ev);
    for (size_t i = 0; i < ev->v.worker_count; i++) {
        ev->beside[i].asked = false;
        ev->v.workers[i].logs_read &= ev->v.workers[i].vanished; /* one that is there has gone on */
    }
    ev->v.not_read_count = 0;
    struct arena *a = evidence_arena(NOTES_ARENA);
    if (a)
        evidence_swap(&ev->notes, a);
}

/* The worker that crashes may well have come with the last look, so logs may be read once after each; see
 * evidence_logs for which. */
static unsigned once_more(unsigned done)
{
    return done & ~(unsigned)TRIAGE_WANT_LOGS;
}

int runpod_evidence_gather(struct runpod_evidence *ev, int64_t ms, struct cancel *c, struct err *e)
{
    int64_t deadline = clock_mono_ms(ev->options.clock) + ms;
    unsigned done = 0;
    int looks = 1;
    begin(ev);
    evidence_say(ev, "looking at the queue and the workers");
    if (runpod_evidence_look(ev, c, e))
        return -1;
    for (;;) {
        unsigned wants = triage_wants(runpod_evidence_get(ev)), now = wants & ~done;
        now &= ~(unsigned)TRIAGE_WANT_LOOK;
        if (now) {
            done |= now;
            if (read_parts(ev, now, deadline, c, e))
                return -1;
            continue;
        }
        if (!(wants & TRIAGE_WANT_LOOK) || looks++ >= LOOKS_A_GATHERING)
            break;
        int looked = look_again(ev, deadline, c, e);
        if (looked < 0)
            return -1;
        if (looked)
            break;
        done = once_more(done);
    }
    return 0;
}

int runpod_evidence_complete(struct runpod_evidence *ev, struct cancel *c, struct err *e)
{
    const struct triage_evidence *v = runpod_evidence_get(ev);
    unsigned missing = (v->detail_read ? 0 : (unsigned)TRIAGE_WANT_DETAIL) |
                       (v->account_read ? 0 : (unsigned)TRIAGE_WANT_ACCOUNT) |
                       (v->catalog ? 0 : (unsigned)TRIAGE_WANT_CATALOG) |
                       (v->facts ? 0 : (unsigned)TRIAGE_WANT_MODEL);
    return read_parts(ev, missing, clock_mono_ms(ev->options.clock) + COMPLETE_MS, c, e);
}
