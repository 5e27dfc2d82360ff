/* A stream for each worker, all read on the command's thread. What is there already is gathered until the
 * streams fall silent (they never end, spec/runpod.md §5) and printed by time, the newest lines that
 * were asked for. With --follow it goes on: what comes is gathered for a moment, so that the lines of several
 * workers are in their order, and the workers are looked for again now and then, so that new ones are
 * heard too.
 *
 * A worker that has vanished can mostly still be asked for what the system said of it, and what the
 * dashboard heard of it was kept (app/log_keep.h): from there come the lines from before the service's
 * first. */
#include "app/logs.h"

#include "app/asked.h"
#include "app/log_keep.h"
#include "app/logs_internal.h"
#include "client/runpod_control.h"
#include "core/wait.h"

#include <stdlib.h>
#include <string.h>

enum {
    STREAMS_MAX = 32,
    GONE_MAX = 8,     /* vanished workers of an endpoint that are asked once more */
    QUIET_MS = 1500,  /* a silence that ends the past … */
    LISTEN_MS = 5000, /* … where it comes; workers that never fall silent are left then */
    LOOK_AGAIN_MS = 15000,
    GATHER_MS = 300, /* lines that come so close together are put into their order */
    OWN_LOOK_MS = 1000,
    LEAST_MS = 50, /* between two looks */
    LINES_ARENA = 1 << 20,
    READ_ARENA = 64 << 20,
    KEPT_BYTES = 32 << 20
};

struct stream {
    struct runpod_log *log;
    bool listed;                    /* the worker was in the lists that were read last */
    bool gone;                      /* it was in none when it was opened */
    int64_t first_ms[LINE_SOURCES]; /* of what the service gave; INT64_MAX = nothing */
};

struct listening {
    struct call *call;
    struct logs_ask ask;
    struct wait wait;
    struct stream streams[STREAMS_MAX];
    size_t count;
    bool full; /* there are more workers */
    struct logs_lines lines;
    size_t heard, printed;
    int64_t own_at; /* how far the own log was read */
    struct stream *reading;
};

static void poke(void *wait)
{
    wait_poke(wait);
}

/* ---- lines ------------------------------------------------------------------------------------------- */

static void take(struct listening *l, const struct log_line *line)
{
    if (logs_ask_passes(&l->ask, line))
        logs_lines_add(&l->lines, line);
}

static void take_streamed(const struct log_line *line, void *arg)
{
    struct listening *l = arg;
    int64_t *first = &l->reading->first_ms[line->source];
    *first = line->at_ms < *first ? line->at_ms : *first;
    l->heard++;
    take(l, line);
}

static void take_own(void *arg, const struct log_line *line)
{
    take(arg, line);
}

static bool wants_own(const struct listening *l)
{
    return !l->ask.endpoint && !l->ask.worker && (!l->ask.one_source || l->ask.source == LINE_OWN);
}

static void read_own(struct listening *l)
{
    if (wants_own(l))
        logs_own_read(l->call->profile.log_file, &l->own_at, take_own, l);
}

/* What the service has no more of a worker that is gone. */
static void take_kept(void *arg, const struct log_line *line)
{
    struct listening *l = arg;
    const char *worker = line_worker(line).s;
    for (size_t i = 0; line->endpoint_id && i < l->count; i++) {
        const struct stream *s = &l->streams[i];
        if (s->gone && strcmp(runpod_log_worker(s->log), worker) == 0 &&
            line->at_ms < s->first_ms[line->source])
            take(l, line);
    }
}

static void read_kept(struct listening *l)
{
    bool gone = false;
    for (size_t i = 0; i < l->count; i++)
        gone = gone || l->streams[i].gone;
    if (gone)
        log_keep_read(l->call->profile.state_folder, KEPT_BYTES, take_kept, l);
}

/* Reads what has come; returns when to come back, at most `most` ms from now. */
static int64_t read_streams(struct listening *l, int64_t most)
{
    int64_t now = clock_mono_ms(l->call->engine.clock), again = most;
    for (size_t i = 0; i < l->count; i++) {
        int64_t next = -1;
        struct arena *a = arena_new(LINES_ARENA);
        l->reading = &l->streams[i];
        if (a)
            (void)runpod_log_read(l->streams[i].log, a, take_streamed, l, &next);
        arena_free(a);
        if (next >= 0 && next - now < again)
            again = next > now ? next - now : 0;
    }
    return again;
}

static void print(struct listening *l)
{
    l->printed += logs_lines_print(&l->lines, l->call);
}

/* ---- workers ----------------------------------------------------------------------------------------- */

/* Room for one more: that of a worker that has gone and has said all. */
static struct stream *make_place(struct listening *l)
{
    if (l->count < STREAMS_MAX)
        return &l->streams[l->count++];
    for (size_t i = 0; i < l->count; i++)
        if (!l->streams[i].listed) {
            runpod_log_close(l->streams[i].log);
            return &l->streams[i];
        }
    l->full = true;
    return NULL;
}

static void listen_to(
    struct listening *l, const char *endpoint_id, const char *name, const char *worker, bool gone)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(runpod_log_worker(l->streams[i].log), worker) == 0) {
            l->streams[i].listed = true;
            return;
        }
    const struct runpod_log_ask ask = logs_ask_stream(&l->ask);
    struct runpod_log *log = runpod_log_open_from(
        l->call->engine.runpod, endpoint_id, name, worker, &ask, &l->wait, NULL);
    struct stream *place = log ? make_place(l) : NULL;
    if (!place) {
        runpod_log_close(log);
        return;
    }
    *place = (struct stream){.log = log, .listed = true, .gone = gone};
    for (size_t i = 0; i < LINE_SOURCES; i++)
        place->first_ms[i] = INT64_MAX;
}

static bool is_wanted(const struct logs_ask *ask, const struct endpoint *p)
{
    return !ask->endpoint || strcmp(p->id, ask->endpoint) == 0 ||
           strcmp(p->name.s, ask->endpoint) == 0;
}

/* Opens a stream for each worker of the endpoint that is new. */
static int listen_to_endpoint(struct listening *l, const struct endpoint *p, struct arena *a,
    size_t *found, struct cancel *cancel, struct err *e)
{
    struct worker_page workers;
    if (runpod_workers(l->call->engine.runpod, p->id, a, &workers, cancel, e))
        return l->ask.endpoint || e->class == ERR_CANCEL ? -1 : 0;
    for (size_t i = 0; i < workers.count; i++) {
        const char *id = workers.workers[i].id;
        if (l->ask.worker && strcmp(l->ask.worker, id) != 0)
            continue;
        listen_to(l, p->id, p->name.s, id, false);
        ++*found;
    }
    return 0;
}

/* ---- workers that have gone -------------------------------------------------------------------------- */

struct gone {
    struct listening *l;
    const struct endpoint_page *page;
    struct {
        char endpoint[ENDPOINT_ID_MAX], worker[WORKER_ID_MAX];
    } last[GONE_MAX]; /* the newest last, in a ring */
    size_t next;
};

static const struct endpoint *endpoint_of(const struct gone *g, const char *id)
{
    for (size_t i = 0; i < g->page->count; i++)
        if (strcmp(g->page->endpoints[i].id, id) == 0)
            return &g->page->endpoints[i];
    return NULL;
}

static void note_gone(void *arg, const struct log_line *line)
{
    struct gone *g = arg;
    const struct logs_ask *ask = &g->l->ask;
    const char *worker = line_worker(line).s;
    const struct endpoint *p = line->endpoint_id ? endpoint_of(g, line->endpoint_id) : NULL;
    bool wanted = line->endpoint_id && *worker &&
                  (!ask->worker || strcmp(ask->worker, worker) == 0) &&
                  (!ask->endpoint || (p && is_wanted(ask, p)) ||
                      strcmp(line->endpoint_id, ask->endpoint) == 0);
    for (size_t i = 0; wanted && i < GONE_MAX; i++)
        wanted = strcmp(g->last[i].worker, worker) != 0;
    if (!wanted)
        return;
    size_t place = g->next++ % GONE_MAX;
    snprintf(g->last[place].endpoint, sizeof g->last[place].endpoint, "%s", line->endpoint_id);
    snprintf(g->last[place].worker, sizeof g->last[place].worker, "%s", worker);
}

/* Of an endpoint without workers, or for a worker that is in no list: those that were heard before. */
static void listen_to_gone(struct listening *l, const struct endpoint_page *page)
{
    struct gone g = {.l = l, .page = page};
    const struct endpoint *named = NULL;
    for (size_t i = 0; l->ask.endpoint && i < page->count && !named; i++)
        named = is_wanted(&l->ask, &page->endpoints[i]) ? &page->endpoints[i] : NULL;
    log_keep_read(l->call->profile.state_folder, KEPT_BYTES, note_gone, &g);
    for (size_t i = 0; i < GONE_MAX; i++) {
        const struct endpoint *p = endpoint_of(&g, g.last[i].endpoint);
        if (g.last[i].worker[0])
            listen_to(l, g.last[i].endpoint, p ? p->name.s : "", g.last[i].worker, true);
    }
    if (l->ask.worker && named)
        listen_to(l, named->id, named->name.s, l->ask.worker, true);
}

static int no_such(const struct listening *l, bool endpoint, struct err *e)
{
    if (!endpoint) {
        err_set(e, ERR_INPUT, 0, "there is no endpoint %s", l->ask.endpoint);
        return err_hint(e, "`slipway endpoints` lists what there is");
    }
    err_set(e, ERR_INPUT, 0, "there is no worker %s, and nothing is known of one", l->ask.worker);
    return err_hint(e, "name its endpoint too: a worker that has gone can be asked for a while");
}

/* Opens a stream for each worker that is new; the first time also for those that have gone. */
static int find_workers(struct listening *l, bool first, struct cancel *cancel, struct err *e)
{
    struct arena *a = arena_new(READ_ARENA);
    struct endpoint_page page = {0};
    size_t endpoints = 0, workers = 0;
    for (size_t i = 0; i < l->count; i++)
        l->streams[i].listed = false;
    int result = a ? runpod_endpoints(l->call->engine.runpod, a, &page, cancel, e)
                   : err_set(e, ERR_IO, 0, "out of memory");
    for (size_t i = 0; !result && i < page.count; i++) {
        if (!is_wanted(&l->ask, &page.endpoints[i]))
            continue;
        endpoints++;
        result = listen_to_endpoint(l, &page.endpoints[i], a, &workers, cancel, e);
    }
    if (!result && first && workers == 0 && (l->ask.endpoint || l->ask.worker))
        listen_to_gone(l, &page);
    if (!result && endpoints == 0 && l->ask.endpoint && l->count == 0)
        result = no_such(l, false, e);
    else if (!result && first && l->ask.worker && l->count == 0)
        result = no_such(l, true, e);
    arena_free(a);
    return result;
}

/* ---- listening --------------------------------------------------------------------------------------- */

static bool all_over(const struct listening *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (!runpod_log_over(l->streams[i].log))
            return false;
    return true;
}

/* What is there already. */
static int read_past(struct listening *l, struct cancel *cancel, struct err *e)
{
    struct clock *clock = l->call->engine.clock;
    int64_t begun = clock_mono_ms(clock), now = begun, quiet_ms = begun + 2 * QUIET_MS;
    while (now < quiet_ms && now - begun < LISTEN_MS && !all_over(l)) {
        uint64_t seen = wait_seen(&l->wait);
        size_t before = l->heard;
        int64_t wait = read_streams(l, QUIET_MS);
        now = clock_mono_ms(clock);
        if (l->heard != before)
            quiet_ms = now + QUIET_MS;
        if (cancel_check(cancel, e))
            return -1;
        int64_t left = quiet_ms - now;
        wait = wait < left ? wait : left;
        wait_until(&l->wait, seen, wait > LEAST_MS ? wait : LEAST_MS);
    }
    read_kept(l);
    read_own(l);
    return 0;
}

/* What comes from now on. */
static int read_on(struct listening *l, struct cancel *cancel, struct err *e)
{
    struct clock *clock = l->call->engine.clock;
    int64_t look_ms = clock_mono_ms(clock) + LOOK_AGAIN_MS;
    int64_t most = wants_own(l) ? OWN_LOOK_MS : LOOK_AGAIN_MS;
    l->lines.most = LOGS_LINES_MAX;
    while (!cancel_check(cancel, e)) {
        uint64_t seen = wait_seen(&l->wait);
        int64_t wait = read_streams(l, most);
        read_own(l);
        if (l->lines.count > 0) { /* others may have lines of the same moment */
            wait_until(&l->wait, wait_seen(&l->wait), GATHER_MS);
            wait = read_streams(l, most);
            print(l);
        }
        if (ferror(l->call->out)) /* nobody reads any more; told by the exit code */
            return 0;
        if (clock_mono_ms(clock) >= look_ms && !(l->ask.one_source && l->ask.source == LINE_OWN)) {
            find_workers(l, false, cancel, e); /* what fails now may work the next time */
            look_ms = clock_mono_ms(clock) + LOOK_AGAIN_MS;
        }
        wait_until(&l->wait, seen, wait > LEAST_MS ? wait : LEAST_MS);
    }
    return 0; /* that is how following ends */
}

static int listen_to_workers(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct listening *l = arg;
    struct cancel_hook hook = {.poke = poke, .arg = &l->wait};
    (void)c;
    cancel_add(cancel, &hook);
    bool own_alone = l->ask.one_source && l->ask.source == LINE_OWN;
    int result = own_alone ? 0 : find_workers(l, true, cancel, e);
    if (!result)
        result = read_past(l, cancel, e);
    print(l);
    if (!result && l->ask.follow && !ferror(c->out))
        result = read_on(l, cancel, e);
    cancel_remove(cancel, &hook);
    if (result && l->ask.follow && e->class == ERR_CANCEL)
        result = 0;
    for (size_t i = 0; i < l->count; i++)
        runpod_log_close(l->streams[i].log);
    return result;
}

/* ---- the command ------------------------------------------------------------------------------------- */

static void say_what_is_missing(const struct listening *l)
{
    const struct call *c = l->call;
    if (!l->printed && !c->quiet && !cancel_fired(c->engine.quit))
        fprintf(c->errors, "no lines%s\n",
            l->count       ? ""
            : wants_own(l) ? ": no worker is up, and Slipway has done nothing"
                           : ": no worker is up");
    if (l->full)
        fprintf(c->errors, "slipway: only the logs of %d workers are shown; name an endpoint\n",
            STREAMS_MAX);
    if (l->lines.dropped > 0)
        fprintf(c->errors, "slipway: %llu lines were left out for lack of memory\n",
            (unsigned long long)l->lines.dropped);
}

int logs_call(struct call *c)
{
    struct listening *l = calloc(1, sizeof *l);
    struct err e;
    if (!l)
        return EXIT_CODE_STATE;
    l->call = c;
    int code = logs_ask_read(&l->ask, c);
    if (code || (code = call_open(c)))
        goto out;
    code = EXIT_CODE_STATE;
    if (logs_lines_init(&l->lines, l->ask.tail))
        goto out;
    if (wait_init(&l->wait))
        goto no_wait;
    code = call_task(c, listen_to_workers, NULL, l, &e) ? call_fail(c, &e) : EXIT_CODE_OK;
    if (!code)
        say_what_is_missing(l);
    wait_release(&l->wait);
no_wait:
    logs_lines_release(&l->lines);
out:
    logs_ask_release(&l->ask);
    free(l);
    return code;
}
