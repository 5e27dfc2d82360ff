/* hub_watch: one thread that asks the Hub now and then. Each look asks for what is not known yet: whose
 * token it is (once, the Hub counts that strictly), then the repositories of that user and of the
 * organisations it may write to, merged into one page, newest first. An organisation that refuses is
 * left out; anything else that fails makes the whole look a failure, and what was sent last stays.
 *
 * Without a token there is nothing to ask: it says so once and waits for its end. */
#include "client/hub_watch.h"

#include "base/log.h"
#include "core/cadence.h"
#include "model/source.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 2 * 60 * 1000,
    LOOK_MAX_MS = 15 * 60 * 1000,
    NAP_MS = 60 * 1000, /* the clock may have been moved meanwhile */
    REPOS_EACH = 500,
    ACCOUNT_ARENA = 256 * 1024,
    STATE_ARENA = 16 * 1024,
    PAGE_ARENA = 16 * 1024 * 1024
};

struct hub_watch {
    struct hub *hub;
    struct inbox *inbox;
    struct clock *clock;
    struct cancel *cancel;
    struct cancel_hook hook;
    struct wait wait;
    atomic_bool hurried;
    pthread_t thread;

    /* the thread's own */
    struct cadence cadence;
    struct arena *account; /* what user points to; NULL = not known yet */
    struct hub_user user;
    int64_t seen_ms;
};

/* ---- telling --------------------------------------------------------------------------------- */

/* Memory being out is the one thing that cannot be told; the next look will be. */
static void send_state(struct hub_watch *w, enum source_health health, const struct err *why)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_SOURCE, "source/hub", STATE_ARENA);
    struct source_state *s = m ? arena_alloc(m->arena, sizeof *s) : NULL;
    if (!s) {
        message_free(m);
        return;
    }
    *s = (struct source_state){.source = SOURCE_HUB,
        .health = health,
        .seen_ms = w->seen_ms,
        .retry_ms = health == SOURCE_FAILED ? w->cadence.due_ms : -1,
        .who = text_new(m->arena, w->user.name.s, w->user.name.len, TEXT_LINE)};
    if (why)
        s->error = *why;
    m->payload = s;
    (void)inbox_send(w->inbox, m);
}

static void send_off(struct hub_watch *w)
{
    struct err e;
    (void)err_set(&e, ERR_AUTH, 0, "no token of the Hub is given");
    (void)err_hint(&e, "set HF_TOKEN, or hf_token in the profile");
    send_state(w, SOURCE_OFF, &e);
}

/* ---- one look -------------------------------------------------------------------------------- */

static int know_user(struct hub_watch *w, struct err *e)
{
    if (w->account)
        return 0;
    struct arena *a = arena_new(ACCOUNT_ARENA);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory for the Hub's account");
    if (hub_whoami(w->hub, a, &w->user, w->cancel, e)) {
        arena_free(a);
        w->user = (struct hub_user){.name = TEXT("")};
        return -1;
    }
    w->account = a;
    return 0;
}

/* Newest first; those of unknown age last. */
static int newer(const void *a, const void *b)
{
    const struct repo *x = a, *y = b;
    return (x->modified_ms < y->modified_ms) - (x->modified_ms > y->modified_ms);
}

/* The pages of every owner, in the arena of the message that they become. */
static int list_all(struct hub_watch *w, struct arena *a, struct repo_page *out, struct err *e)
{
    struct repo_page pages[1 + sizeof w->user.orgs / sizeof *w->user.orgs];
    size_t total = 0, n = 1 + w->user.org_count;
    for (size_t i = 0; i < n; i++) {
        const char *owner = i == 0 ? w->user.name.s : w->user.orgs[i - 1].s;
        if (hub_list(w->hub, owner, REPOS_EACH, a, &pages[i], w->cancel, e)) {
            if (i == 0 || (e->class != ERR_AUTH && e->number != 404))
                return -1;
            log_err(LOG_WARN, "hub", e);
            pages[i].count = 0;
        }
        total += pages[i].count;
    }
    out->count = 0;
    out->repos = arena_array(a, total, sizeof *out->repos);
    if (!out->repos)
        return err_set(e, ERR_IO, 0, "no memory for a list of %zu repositories", total);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < pages[i].count; k++)
            out->repos[out->count++] = pages[i].repos[k];
    qsort(out->repos, out->count, sizeof *out->repos, newer);
    return 0;
}

static int send_repos(struct hub_watch *w, struct err *e)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_REPOS, "repos", PAGE_ARENA);
    struct repo_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (!page) {
        message_free(m);
        return err_set(e, ERR_IO, 0, "out of memory for the Hub's repositories");
    }
    if (list_all(w, m->arena, page, e)) {
        message_free(m);
        return -1;
    }
    m->payload = page;
    (void)inbox_send(w->inbox, m);
    return 0;
}

static void look(struct hub_watch *w)
{
    struct err e;
    int rc = know_user(w, &e) || send_repos(w, &e);
    int64_t now = clock_mono_ms(w->clock);
    if (cancel_fired(w->cancel))
        return;
    if (rc == 0) {
        w->seen_ms = now;
        cadence_ok(&w->cadence, now);
        send_state(w, SOURCE_OK, NULL);
    } else {
        cadence_failed(&w->cadence, now, 0);
        if (w->cadence.failures == 1)
            log_err(LOG_WARN, "hub", &e);
        send_state(w, SOURCE_FAILED, &e);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Without a token nothing is ever due: only the end wakes it. */
static void nap(struct hub_watch *w, uint64_t seen, bool off)
{
    if (off) {
        (void)wait_until(&w->wait, seen, WAIT_FOREVER);
        return;
    }
    int64_t ms = cadence_wait_ms(&w->cadence, clock_mono_ms(w->clock));
    ms = clock_real_wait_ms(w->clock, ms);
    (void)wait_until(&w->wait, seen, ms < 0 || ms > NAP_MS ? NAP_MS : ms);
}

static void *watch(void *arg)
{
    struct hub_watch *w = arg;
    bool off = !hub_has_token(w->hub);
    if (off)
        send_off(w);
    else
        send_state(w, SOURCE_STARTING, NULL);
    for (;;) {
        uint64_t seen = wait_seen(&w->wait);
        int64_t now = clock_mono_ms(w->clock);
        if (cancel_fired(w->cancel))
            return NULL;
        if (atomic_exchange(&w->hurried, false))
            cadence_hurry(&w->cadence, now);
        if (!off && cadence_due(&w->cadence, now))
            look(w);
        else
            nap(w, seen, off);
    }
}

static void poke(void *arg)
{
    wait_poke(arg);
}

static void release(struct hub_watch *w)
{
    cancel_unref(w->cancel);
    arena_free(w->account);
    free(w);
}

struct hub_watch *hub_watch_new(
    struct hub *h, struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e)
{
    struct hub_watch *w = calloc(1, sizeof *w);
    struct cancel *cancel = w ? cancel_new(parent) : NULL;
    if (!cancel) {
        free(w);
        (void)err_set(e, ERR_IO, 0, "out of memory for the Hub's thread");
        return NULL;
    }
    w->hub = h;
    w->inbox = inbox;
    w->clock = clock;
    w->cancel = cancel;
    w->seen_ms = -1;
    w->user.name = TEXT("");
    w->hook = (struct cancel_hook){.poke = poke, .arg = &w->wait};
    cadence_init(&w->cadence, LOOK_MS, LOOK_MAX_MS, 0.1, (uint64_t)clock_wall_ms(clock));
    int failed = wait_init(&w->wait);
    if (failed)
        goto no_wait;
    cancel_add(w->cancel, &w->hook);
    failed = pthread_create(&w->thread, NULL, watch, w);
    if (failed == 0)
        return w;
    cancel_remove(w->cancel, &w->hook);
    wait_release(&w->wait);
no_wait:
    (void)err_errno(e, failed, "cannot start the Hub's thread");
    release(w);
    return NULL;
}

void hub_watch_free(struct hub_watch *w)
{
    if (!w)
        return;
    cancel_fire(w->cancel);
    (void)pthread_join(w->thread, NULL);
    cancel_remove(w->cancel, &w->hook);
    wait_release(&w->wait);
    release(w);
}

void hub_watch_hurry(struct hub_watch *w)
{
    atomic_store(&w->hurried, true);
    wait_poke(&w->wait);
}
