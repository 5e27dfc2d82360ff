/* Every look at the job fills texts in an arena of its own, which replaces the one before: a request that
 * waits for hours costs no more than one that is answered at once. */
#include "app/requests.h"

#include "app/own_log.h"
#include "client/runpod_jobs.h"
#include "core/wait.h"
#include "model/news.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { LOOK_ARENA = 12 << 20, LOOK_FIRST_MS = 400, LOOK_MOST_MS = 5000 };

static void copy_texts(struct arena *a, struct request *q)
{
    struct text *const texts[] = {&q->model, &q->gpu, &q->input, &q->output, &q->error};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_dup(a, *texts[i]);
}

void request_tell(struct engine *g, const struct request *q)
{
    char key[MESSAGE_KEY_MAX];
    if (snprintf(key, sizeof key, "request/%s", q->id) >= (int)sizeof key)
        return;
    struct message *m = message_new(MESSAGE_STATUS, NEWS_REQUEST, key, LOOK_ARENA);
    if (!m)
        return;
    struct request *copied = arena_alloc(m->arena, sizeof *copied);
    if (!copied) {
        message_free(m);
        return;
    }
    *copied = *q;
    copied->why = TEXT("");
    copy_texts(m->arena, copied);
    m->payload = copied;
    inbox_send(g->inbox, m);
}

void request_begin(const struct request_task *t, struct request *q, struct arena *a)
{
    unsigned char random[8] = {0};
    request_init(q);
    q->submitted_ms = clock_wall_ms(t->engine->clock);
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        memset(random, 0, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(q->id + 2 * i, 3, "%02x", random[i]);
    snprintf(q->endpoint_id, sizeof q->endpoint_id, "%s", t->endpoint_id);
    q->model = text_from(a, t->model);
    struct buf input;
    buf_init(&input, REQUEST_TEXT_MAX);
    if (t->input)
        json_print(t->input, &input);
    q->input = text_new(a, buf_str(&input), input.len, TEXT_LINE);
    buf_release(&input);
}

static void keep(const struct request_task *t, const struct request *q)
{
    if (t->ledger)
        state_request_save(t->ledger, q, NULL);
    request_tell(t->engine, q);
}

/* ---- waiting ----------------------------------------------------------------------------------- */

static void poke(void *wait)
{
    wait_poke(wait);
}

/* 0 after `ms`; -1 cancelled. */
static int sleep_ms(const struct request_task *t, int64_t ms, struct err *e)
{
    struct wait wait;
    if (wait_init(&wait))
        return err_set(e, ERR_IO, 0, "out of memory");
    uint64_t seen = wait_seen(&wait);
    struct cancel_hook hook = {.poke = poke, .arg = &wait};
    cancel_add(t->cancel, &hook);
    wait_until(&wait, seen, ms);
    cancel_remove(t->cancel, &hook);
    wait_release(&wait);
    return cancel_check(t->cancel, e);
}

static int64_t now_ms(const struct request_task *t)
{
    return clock_mono_ms(t->engine->clock);
}

/* A new endpoint is not known to the data plane at once: 404 is waited out. */
static int submit(const struct request_task *t, struct request *q, struct err *e)
{
    int64_t give_up = now_ms(t) + t->unknown_ms;
    for (int64_t wait = LOOK_FIRST_MS;; wait = wait * 3 / 2) {
        if (!runpod_run(t->engine->runpod, t->endpoint_id, t->input, q->job_id, t->cancel, e))
            break;
        if (!(e->class == ERR_REMOTE && e->number == 404) || now_ms(t) >= give_up)
            return -1;
        if (wait > LOOK_MOST_MS)
            wait = LOOK_MOST_MS;
        if ((t->looked && t->looked(t->arg, q, e)) || sleep_ms(t, wait, e))
            return -1;
    }
    q->status = REQUEST_IN_QUEUE;
    keep(t, q);
    return 0;
}

static bool passing(enum err_class class)
{
    return class == ERR_NET || class == ERR_TIMEOUT || class == ERR_RATE || class == ERR_REMOTE;
}

/* One look. *changed: the status or the worker did. A failure that passes is borne. */
static int look(
    const struct request_task *t, struct request *q, struct arena **texts, struct err *e)
{
    struct request seen = *q;
    struct arena *a = arena_new(LOOK_ARENA);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    copy_texts(a, &seen);
    if (runpod_status(t->engine->runpod, &seen, a, t->cancel, e)) {
        arena_free(a);
        return passing(e->class) ? 0 : -1;
    }
    bool changed = seen.status != q->status || strcmp(seen.worker_id, q->worker_id) != 0 ||
                   seen.retries != q->retries;
    arena_free(*texts);
    *texts = a;
    *q = seen;
    if (request_is_final(q->status)) {
        q->ended_ms = request_end_ms(q, q->submitted_ms, clock_wall_ms(t->engine->clock));
        own_log(t->engine, q->status == REQUEST_COMPLETED ? LINE_INFO : LINE_WARN,
            "request %s to %s: %s", q->job_id, t->model ? t->model : t->endpoint_id,
            request_status_name(q->status));
    }
    /* The worker is asked about while it is there: it may be gone when the request has ended. */
    if (changed && (q->worker_id[0] || request_is_final(q->status)))
        prices_request(t->engine->prices, q, a, t->cancel);
    if (changed)
        keep(t, q);
    return 0;
}

static int wait_for_end(
    const struct request_task *t, struct request *q, struct arena **texts, struct err *e)
{
    int64_t deadline = now_ms(t) + t->deadline_ms;
    for (int64_t wait = LOOK_FIRST_MS; !request_is_final(q->status); wait = wait * 3 / 2) {
        if (wait > LOOK_MOST_MS)
            wait = LOOK_MOST_MS;
        if (sleep_ms(t, wait, e) || look(t, q, texts, e) || (t->looked && t->looked(t->arg, q, e)))
            return -1;
        if (!request_is_final(q->status) && now_ms(t) >= deadline) {
            err_set(e, ERR_TIMEOUT, 0, "no answer yet: the request is still %s",
                request_status_name(q->status));
            return err_hint(e, "it stays queued; `slipway requests` shows it");
        }
    }
    return 0;
}

int request_send(const struct request_task *t, struct request *q, struct arena *a, struct err *e)
{
    keep(t, q);
    if (q->job_id[0] || !submit(t, q, e))
        return 0;
    q->status = e->class == ERR_CANCEL ? REQUEST_CANCELLED : REQUEST_FAILED;
    q->error = text_from(a, e->message);
    q->ended_ms = clock_wall_ms(t->engine->clock);
    keep(t, q);
    return -1;
}

int request_resume(
    const struct request_task *t, const char *id, struct request *q, struct arena *a, struct err *e)
{
    struct arena *texts = NULL;
    bool found = false;
    int failed = 0;
    if (id && t->ledger && state_request_get(t->ledger, id, a, q, &found, e))
        return -1;
    found = found && q->job_id[0];
    if (found && !request_is_final(q->status)) {
        failed = look(t, q, &texts, e);
        copy_texts(a, q);
        arena_free(texts);
    }
    if (!failed && !(found && (!request_is_final(q->status) || q->status == REQUEST_COMPLETED)))
        request_begin(t, q, a);
    return failed;
}

int request_follow(const struct request_task *t, struct request *q, struct arena *a, struct err *e)
{
    struct arena *texts = NULL;
    int result = request_send(t, q, a, e) ? -1 : wait_for_end(t, q, &texts, e);
    copy_texts(a, q);
    arena_free(texts);
    return result;
}
