/* One thread that looks at the registry now and then: connect if need be, read both pages, tell
 * main, sleep until the next look, a hurry or the end.
 *
 * A page is sent when it differs from the one sent last. What was sent belongs to main, so a
 * digest is kept instead: of the record's bytes with the texts' pointers blanked, and of the
 * texts. A text that is forgotten in the table below makes a page look changed, never unchanged.
 *
 * A lost connection is reopened by the registry itself; what could not be opened at all is tried
 * anew at the next look. Failures double the interval up to LONGEST_MS. */
#include "client/registry_watch.h"

#include "base/log.h"
#include "base/secret.h"
#include "core/cadence.h"
#include "core/cancel.h"
#include "core/wait.h"
#include "model/news.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_MS = 10000, LONGEST_MS = 60000, ROWS_MAX = 1000 };
enum { PAGE_BYTES_MAX = 64 << 20, NOTE_BYTES_MAX = 16 * 1024 };

static const double jitter = 0.1;

struct digest {
    uint64_t value;
    bool sent;
};

struct registry_watch {
    struct registry_watch_options options; /* its strings are owned */
    struct inbox *inbox;
    struct clock *clock;
    struct cancel *cancel;
    struct cancel_hook hook;
    struct wait wait;
    pthread_t thread;
    atomic_bool hurried;

    /* the thread's */
    struct registry *registry; /* NULL = not open */
    struct cadence cadence;
    int64_t seen_ms; /* of the last good look; -1 = none yet */
    struct digest jobs, models;
};

/* ---- digests --------------------------------------------------------------------------------- */

static const size_t job_texts[] = {offsetof(struct job, name), offsetof(struct job, status),
    offsetof(struct job, base_model), offsetof(struct job, method), offsetof(struct job, dataset),
    offsetof(struct job, model_url), offsetof(struct job, error), offsetof(struct job, loss_trend)};

static const size_t model_texts[] = {offsetof(struct model_row, name),
    offsetof(struct model_row, provider), offsetof(struct model_row, base_url),
    offsetof(struct model_row, hub_id), offsetof(struct model_row, served_name),
    offsetof(struct model_row, base_model), offsetof(struct model_row, training_method),
    offsetof(struct model_row, revision)};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* FNV-1a. */
static void fold(uint64_t *digest, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        *digest = (*digest ^ p[i]) * UINT64_C(0x100000001b3);
}

/* `scratch` is a copy of the record, which is used up. */
static void fold_record(
    uint64_t *digest, void *scratch, size_t size, const size_t *texts, size_t text_count)
{
    for (size_t i = 0; i < text_count; i++) {
        struct text *t = (void *)((char *)scratch + texts[i]);
        fold(digest, &t->len, sizeof t->len);
        fold(digest, t->s, t->len);
        memset(t, 0, sizeof *t);
    }
    fold(digest, scratch, size);
}

/* Whether what was read differs from what was sent last; then it counts as sent. */
static bool has_changed(struct digest *known, uint64_t now)
{
    bool changed = !known->sent || known->value != now;
    *known = (struct digest){now, true};
    return changed;
}

static uint64_t digest_jobs(const struct job_page *page)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    fold(&digest, &page->more, sizeof page->more);
    for (size_t i = 0; i < page->count; i++) {
        struct job scratch;
        memcpy(&scratch, &page->jobs[i], sizeof scratch); /* with its padding, which is zero */
        fold_record(&digest, &scratch, sizeof scratch, job_texts, COUNT(job_texts));
    }
    return digest;
}

static uint64_t digest_models(const struct model_page *page)
{
    uint64_t digest = UINT64_C(0xcbf29ce484222325);
    fold(&digest, &page->more, sizeof page->more);
    for (size_t i = 0; i < page->count; i++) {
        struct model_row scratch;
        memcpy(&scratch, &page->rows[i], sizeof scratch);
        fold_record(&digest, &scratch, sizeof scratch, model_texts, COUNT(model_texts));
    }
    return digest;
}

/* ---- looking --------------------------------------------------------------------------------- */

static int open_registry(struct registry_watch *w, struct err *e)
{
    if (w->registry)
        return 0;
    struct db *d = db_open(&w->options.db, w->cancel, e);
    w->registry = d ? registry_new(d, w->options.db.user_id, e) : NULL;
    int made;
    if (w->registry && w->options.make_tables &&
        registry_migrate(w->registry, &made, w->cancel, e)) {
        registry_free(w->registry);
        w->registry = NULL;
    }
    return w->registry ? 0 : -1;
}

/* Sends the page or frees it. */
static void deliver(struct registry_watch *w, struct message *page, bool changed)
{
    if (changed)
        inbox_send(w->inbox, page);
    else
        message_free(page);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_IO, 0, "no memory to read the registry");
}

/* An empty page where rows are hidden would say that there are none. */
static int check_hidden(const struct registry_watch *w, struct err *e)
{
    if (!registry_hidden(w->registry))
        return 0;
    err_set(e, ERR_AUTH, 0, "no rows visible to role %s (row level security)",
        registry_role(w->registry));
    return err_hint(e, "set user_id in the profile, or log in as a role that may see them");
}

/* One row more than is shown was asked for, to learn whether there are more. */
static bool cut(size_t *count, size_t max)
{
    bool more = *count > max;
    *count = more ? max : *count;
    return more;
}

static int look_at_jobs(struct registry_watch *w, struct err *e)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_JOBS, "jobs", PAGE_BYTES_MAX);
    struct job_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (!page) {
        message_free(m);
        return no_memory(e);
    }
    m->payload = page;
    if (registry_jobs(w->registry, m->arena, &page->jobs, &page->count, w->options.jobs_max + 1,
            w->cancel, e) ||
        check_hidden(w, e)) {
        message_free(m);
        return -1;
    }
    page->more = cut(&page->count, w->options.jobs_max);
    deliver(w, m, has_changed(&w->jobs, digest_jobs(page)));
    return 0;
}

static int look_at_models(struct registry_watch *w, struct err *e)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_MODELS, "models", PAGE_BYTES_MAX);
    struct model_page *page = m ? arena_alloc(m->arena, sizeof *page) : NULL;
    if (!page) {
        message_free(m);
        return no_memory(e);
    }
    m->payload = page;
    if (registry_models(w->registry, m->arena, &page->rows, &page->count, w->options.models_max + 1,
            w->cancel, e) ||
        check_hidden(w, e)) {
        message_free(m);
        return -1;
    }
    page->more = cut(&page->count, w->options.models_max);
    deliver(w, m, has_changed(&w->models, digest_models(page)));
    return 0;
}

/* Where one table is missing or hidden the other is worth showing; the first failure is told. */
static int look(struct registry_watch *w, struct err *e)
{
    struct err second;
    if (open_registry(w, e))
        return -1;
    if (look_at_jobs(w, e) == 0)
        return look_at_models(w, e);
    if (e->class == ERR_STATE || e->class == ERR_AUTH)
        look_at_models(w, &second);
    return -1;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Whom the database takes us for; for a file, the file. */
static struct text who(const struct registry_watch *w, struct arena *a)
{
    static const char file[] = "sqlite:";
    const char *role = w->registry ? registry_role(w->registry) : "";
    bool is_file = strncmp(w->options.db.url, file, sizeof file - 1) == 0;
    return text_from(a, is_file ? w->options.db.url + sizeof file - 1 : role);
}

static void tell(struct registry_watch *w, const struct err *failure)
{
    struct message *m = message_new(MESSAGE_STATUS, NEWS_SOURCE, "source/db", NOTE_BYTES_MAX);
    struct source_state *state = m ? arena_alloc(m->arena, sizeof *state) : NULL;
    if (!state) {
        message_free(m);
        return;
    }
    *state = (struct source_state){.source = SOURCE_REGISTRY,
        .health = failure ? SOURCE_FAILED : SOURCE_OK,
        .seen_ms = w->seen_ms,
        .retry_ms = failure ? w->cadence.due_ms : -1,
        .who = who(w, m->arena)};
    if (failure)
        state->error = *failure;
    m->payload = state;
    inbox_send(w->inbox, m);
}

static void look_and_tell(struct registry_watch *w)
{
    struct err e;
    int failed = look(w, &e);
    int64_t now = clock_mono_ms(w->clock);
    if (cancel_fired(w->cancel))
        return;
    if (failed && e.class == ERR_IO) { /* a file that was moved away is opened anew */
        registry_free(w->registry);
        w->registry = NULL;
    }
    if (failed) {
        cadence_failed(&w->cadence, now, 0);
        if (w->cadence.failures == 1)
            log_err(LOG_WARN, "registry", &e);
    } else {
        cadence_ok(&w->cadence, now);
        w->seen_ms = now;
    }
    tell(w, failed ? &e : NULL);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void take_hurry(struct registry_watch *w)
{
    if (!atomic_exchange(&w->hurried, false))
        return;
    cadence_hurry(&w->cadence, clock_mono_ms(w->clock));
    w->jobs.sent = w->models.sent = false; /* a person asked: show it in any case */
}

static void *run(void *arg)
{
    struct registry_watch *w = arg;
    while (!cancel_fired(w->cancel)) {
        uint64_t seen = wait_seen(&w->wait);
        take_hurry(w);
        if (cadence_due(&w->cadence, clock_mono_ms(w->clock)))
            look_and_tell(w);
        int64_t left = cadence_wait_ms(&w->cadence, clock_mono_ms(w->clock));
        wait_until(&w->wait, seen, clock_real_wait_ms(w->clock, left));
    }
    return NULL;
}

static void poke(void *wait)
{
    wait_poke(wait);
}

void registry_watch_hurry(struct registry_watch *w)
{
    atomic_store(&w->hurried, true);
    wait_poke(&w->wait);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool copy_string(const char **s)
{
    char *made = *s ? strdup(*s) : NULL;
    bool failed = *s && !made;
    *s = made;
    return !failed;
}

/* All three in any case, so that what is freed later is ours. */
static bool copy_options(struct registry_watch *w, const struct registry_watch_options *options)
{
    w->options = *options;
    struct db_options *d = &w->options.db;
    bool url = copy_string(&d->url), ca = copy_string(&d->ca_file), user = copy_string(&d->user_id);
    if (w->options.interval_ms <= 0)
        w->options.interval_ms = INTERVAL_MS;
    if (w->options.jobs_max == 0)
        w->options.jobs_max = ROWS_MAX;
    if (w->options.models_max == 0)
        w->options.models_max = ROWS_MAX;
    return url && ca && user && d->url;
}

static void release_options(struct registry_watch *w)
{
    struct db_options *d = &w->options.db;
    if (d->url)
        secret_wipe((void *)d->url, strlen(d->url));
    free((void *)d->url);
    free((void *)d->ca_file);
    free((void *)d->user_id);
}

/* With its token and its place to sleep, which what follows relies on. */
static struct registry_watch *make(
    const struct registry_watch_options *options, struct cancel *parent)
{
    struct registry_watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (copy_options(w, options) && (w->cancel = cancel_new(parent)) && wait_init(&w->wait) == 0)
        return w;
    cancel_unref(w->cancel);
    release_options(w);
    free(w);
    return NULL;
}

static void unmake(struct registry_watch *w)
{
    cancel_remove(w->cancel, &w->hook);
    wait_release(&w->wait);
    cancel_unref(w->cancel);
    registry_free(w->registry);
    release_options(w);
    free(w);
}

struct registry_watch *registry_watch_new(const struct registry_watch_options *options,
    struct inbox *inbox, struct clock *clock, struct cancel *parent, struct err *e)
{
    struct registry_watch *w = make(options, parent);
    if (!w) {
        err_set(e, ERR_IO, 0, "no memory to watch the registry");
        return NULL;
    }
    w->inbox = inbox;
    w->clock = clock;
    w->seen_ms = -1;
    atomic_init(&w->hurried, false);
    cadence_init(&w->cadence, w->options.interval_ms, LONGEST_MS, jitter,
        (uint64_t)clock_wall_ms(clock_real()) ^ (uintptr_t)w);
    w->hook = (struct cancel_hook){.poke = poke, .arg = &w->wait};
    cancel_add(w->cancel, &w->hook);
    int failed = pthread_create(&w->thread, NULL, run, w);
    if (!failed)
        return w;
    err_errno(e, failed, "cannot start the registry's thread");
    unmake(w);
    return NULL;
}

void registry_watch_free(struct registry_watch *w)
{
    if (!w)
        return;
    cancel_fire(w->cancel);
    pthread_join(w->thread, NULL);
    unmake(w);
}
