/* A stream for each worker that is up, all read on the command's thread and printed as the lines come. With
 * --follow the workers are looked for again now and then, so that new ones are heard too. */
#include "app/logs.h"

#include "app/asked.h"
#include "client/runpod_control.h"
#include "client/runpod_logs.h"
#include "core/wait.h"

#include <string.h>

enum {
    STREAMS_MAX = 32,
    QUIET_MS = 1500,  /* a silence that ends it without --follow … */
    LISTEN_MS = 5000, /* … where it comes; workers that never fall silent are left then */
    LOOK_AGAIN_MS = 15000,
    LEAST_MS = 50, /* between two looks */
    LINES_ARENA = 1 << 20,
    READ_ARENA = 64 << 20
};

struct listening {
    struct call *call;
    struct wait wait;
    struct runpod_log *streams[STREAMS_MAX];
    bool listed[STREAMS_MAX]; /* the worker was in the lists that were read last */
    size_t count, lines;
    bool full; /* there are more workers */
    int64_t tail;
};

static void poke(void *wait)
{
    wait_poke(wait);
}

static void print_line(const struct log_line *line, void *arg)
{
    struct listening *l = arg;
    char at[CLOCK_RFC3339_MAX];
    clock_rfc3339(at, line->at_ms, 1);
    l->lines++;
    if (!l->call->json) {
        fprintf(l->call->out, "%s %.*s %-5s %.*s\n", at, (int)line->origin.len, line->origin.s,
            line_level_name(line->level), (int)line->line.len, line->line.s);
        return;
    }
    struct json *j = json_new_object();
    json_add_str(j, "at", at);
    json_add_text(j, "origin", line->origin);
    json_add_str(j, "level", line_level_name(line->level));
    json_add_text(j, "line", line->line);
    call_print(l->call, j, "slipway.log/1");
}

static void listen_to(struct listening *l, const struct endpoint *p, const char *worker)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(runpod_log_worker(l->streams[i]), worker) == 0) {
            l->listed[i] = true;
            return;
        }
    l->full = l->count == STREAMS_MAX;
    struct runpod_log *s = l->full ? NULL
                                   : runpod_log_open(l->call->engine.runpod, p->id, p->name.s,
                                         worker, (int)l->tail, &l->wait, NULL);
    if (!s)
        return;
    l->listed[l->count] = true;
    l->streams[l->count++] = s;
}

/* Those whose worker has gone make room. */
static void close_unlisted(struct listening *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->listed[i])
            l->streams[kept++] = l->streams[i];
        else
            runpod_log_close(l->streams[i]);
    }
    l->count = kept;
}

/* Opens a stream for each worker that is new. */
static int find_workers(struct listening *l, struct cancel *cancel, struct err *e)
{
    struct call *c = l->call;
    const char *wanted = asked_text(c->asked, "endpoint");
    struct arena *a = arena_new(READ_ARENA);
    struct endpoint_page page;
    bool found = !wanted, all = true;
    memset(l->listed, 0, sizeof l->listed);
    int result = a ? runpod_endpoints(c->engine.runpod, a, &page, cancel, e)
                   : err_set(e, ERR_IO, 0, "out of memory");
    for (size_t i = 0; !result && i < page.count; i++) {
        const struct endpoint *p = &page.endpoints[i];
        struct worker_page workers;
        if (wanted && strcmp(p->id, wanted) != 0 && strcmp(p->name.s, wanted) != 0)
            continue;
        found = true;
        if (runpod_workers(c->engine.runpod, p->id, a, &workers, cancel, e)) {
            result = wanted || e->class == ERR_CANCEL ? -1 : 0;
            all = false;
            continue;
        }
        for (size_t k = 0; k < workers.count; k++)
            listen_to(l, p, workers.workers[k].id);
    }
    arena_free(a);
    if (!result && all)
        close_unlisted(l);
    if (!result && !found) {
        err_set(e, ERR_INPUT, 0, "there is no endpoint %s", wanted);
        return err_hint(e, "`slipway endpoints` lists what there is");
    }
    return result;
}

/* Reads what has come; returns when to come back, at most `most` ms from now. */
static int64_t read_streams(struct listening *l, int64_t most)
{
    int64_t now = clock_mono_ms(l->call->engine.clock), again = most;
    for (size_t i = 0; i < l->count; i++) {
        int64_t next = -1;
        size_t n;
        do {
            struct arena *a = arena_new(LINES_ARENA);
            n = a ? runpod_log_read(l->streams[i], a, print_line, l, &next) : 0;
            arena_free(a);
        } while (n);
        if (next >= 0 && next - now < again)
            again = next > now ? next - now : 0;
    }
    fflush(l->call->out);
    return again;
}

/* Without --follow the streams, which never end, are cut after a silence, or when there is none
 * (spec/runpod.md §5). */
static int listen_to_workers(struct call *c, void *arg, struct cancel *cancel, struct err *e)
{
    struct listening *l = arg;
    struct clock *clock = c->engine.clock;
    bool follow = json_get(c->asked, "follow") != NULL;
    struct cancel_hook hook = {.poke = poke, .arg = &l->wait};
    cancel_add(cancel, &hook);
    int result = find_workers(l, cancel, e);
    int64_t begun = clock_mono_ms(clock), look_ms = begun + LOOK_AGAIN_MS;
    int64_t quiet_ms = begun + 2 * QUIET_MS;
    while (!result && !(result = cancel_check(cancel, e))) {
        uint64_t seen = wait_seen(&l->wait);
        size_t before = l->lines;
        int64_t wait = read_streams(l, follow ? LOOK_AGAIN_MS : QUIET_MS);
        int64_t now = clock_mono_ms(clock);
        if (l->lines != before)
            quiet_ms = now + QUIET_MS;
        if (ferror(c->out)) /* nobody reads any more; told by the exit code */
            break;
        if (!follow && (now >= quiet_ms || now - begun >= LISTEN_MS || !l->count))
            break;
        if (follow && now >= look_ms) {
            find_workers(l, cancel, e); /* what fails now may work the next time */
            look_ms = now + LOOK_AGAIN_MS;
        }
        wait_until(&l->wait, seen, wait > LEAST_MS ? wait : LEAST_MS);
    }
    cancel_remove(cancel, &hook);
    if (result && follow && e->class == ERR_CANCEL)
        result = 0; /* that is how following ends */
    for (size_t i = 0; i < l->count; i++)
        runpod_log_close(l->streams[i]);
    return result;
}

int logs_call(struct call *c)
{
    struct listening l = {.call = c};
    struct err e;
    if (asked_number(c->asked, "tail", 0, 5000, 100, &l.tail, &e))
        return call_usage(c, "%s", e.message);
    int code = call_open(c);
    if (code)
        return code;
    if (wait_init(&l.wait))
        return EXIT_CODE_STATE;
    if (call_task(c, listen_to_workers, NULL, &l, &e))
        code = call_fail(c, &e);
    else if (!l.lines && !c->quiet && !cancel_fired(c->engine.quit))
        fprintf(c->errors, "no lines%s\n", l.count ? "" : ": no worker is up");
    if (l.full)
        fprintf(c->errors, "slipway: only the logs of %d workers are shown; name an endpoint\n",
            STREAMS_MAX);
    wait_release(&l.wait);
    return code;
}
