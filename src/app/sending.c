/* One test request. The routes differ in how it is sent and how its answer comes; what they share is a pace
 * that is kept with all others, a job that is looked at until it is over, and what happens to it when
 * somebody stops it.
 *
 * A request that is being queued is waited for, also when it is to be stopped: its id is what it can be
 * cancelled by. What the service does not say it took (429) is sent again; what may have been taken is not.
 * The texts of each look lie in an arena of its own, which replaces the one before. */
#include "app/sending.h"

#include "client/runpod_jobs.h"
#include "client/runpod_stream.h"
#include "core/wait.h"

#include <math.h>
#include <string.h>

enum {
    LOOK_ARENA = 12 << 20,
    LOOK_FIRST_MS = 400,
    LOOK_MOST_MS = 3000,
    PIECE_MS = 66,
    CANCEL_MS = 8 * 1000,
    LAST_CANCEL_MS = 800 /* a program that quits is gone within a second */
};

struct one {
    struct sending *s;
    struct request *q;
    struct arena *texts; /* of the last look; NULL = none yet */
    int64_t began_ms;    /* monotonic */
    int64_t sent_ms;     /* … of the last try */
    int64_t told_ms;     /* when the last piece was */
};

static struct runpod *service(const struct one *o)
{
    return o->s->engine->runpod;
}

static int64_t now_ms(const struct one *o)
{
    return clock_mono_ms(o->s->engine->clock);
}

static bool past_deadline(const struct one *o)
{
    return now_ms(o) - o->began_ms >= o->s->deadline_ms;
}

static void changed(struct one *o)
{
    if (request_is_final(o->q->status) && o->q->ended_ms < 0)
        o->q->ended_ms = clock_wall_ms(o->s->engine->clock);
    o->s->changed(o->s->arg, o->q);
}

/* ---- waiting ----------------------------------------------------------------------------------- */

static void poke(void *wait)
{
    wait_poke(wait);
}

static int sleep_ms(const struct one *o, int64_t ms, struct cancel *cancel, struct err *e)
{
    struct wait wait;
    if (wait_init(&wait))
        return err_set(e, ERR_IO, 0, "out of memory");
    struct cancel_hook hook = {.poke = poke, .arg = &wait};
    int64_t until = now_ms(o) + ms;
    cancel_add(cancel, &hook);
    for (int64_t left = ms; left > 0 && !cancel_fired(cancel); left = until - now_ms(o)) {
        uint64_t seen = wait_seen(&wait);
        if (!cancel_fired(cancel))
            wait_until(&wait, seen, left);
    }
    cancel_remove(cancel, &hook);
    wait_release(&wait);
    return cancel_check(cancel, e);
}

static int keep_pace(const struct one *o, enum pace_call call, struct err *e)
{
    return sleep_ms(o, pace_book(o->s->pace, call, now_ms(o)), o->s->cancel, e);
}

/* A request is as old as the try that was taken, not as its wait for its turn. */
static int begin_try(struct one *o, enum pace_call call, struct err *e)
{
    int failed = keep_pace(o, call, e);
    o->sent_ms = now_ms(o);
    o->q->submitted_ms = clock_wall_ms(o->s->engine->clock);
    return failed;
}

/* ---- sending ----------------------------------------------------------------------------------- */

/* A refusal says that it was not taken; no answer, nonsense, and a gateway's word leave it open. */
static bool may_be_there(const struct err *e)
{
    bool refused = e->number >= 400 && e->number < 500;
    return e->class == ERR_NET || e->class == ERR_TIMEOUT || e->class == ERR_CANCEL ||
           (e->class == ERR_REMOTE && !refused);
}

/* After a try that failed: 0 = it is to be tried again. */
static int after_failure(struct one *o, int64_t asked_ms, struct err *e)
{
    if (e->class != ERR_RATE || past_deadline(o)) {
        o->s->reached = o->s->reached || may_be_there(e);
        return -1;
    }
    pace_refused(o->s->pace, now_ms(o), asked_ms);
    return cancel_check(o->s->cancel, e);
}

static void took(struct one *o)
{
    pace_taken(o->s->pace);
    o->s->reached = true;
}

static int queue(struct one *o, struct err *e)
{
    const struct sending *s = o->s;
    int64_t asked_ms;
    do {
        if (begin_try(o, PACE_RUN, e))
            return -1;
        if (!runpod_run_once(service(o), s->endpoint_id, s->body->input, o->q->job_id, &asked_ms,
                s->engine->quit, e)) {
            took(o);
            o->q->status = REQUEST_IN_QUEUE;
            changed(o);
            return 0;
        }
    } while (!after_failure(o, asked_ms, e));
    return -1;
}

/* ---- looking ------------------------------------------------------------------------------------- */

static bool passing(enum err_class class)
{
    return class == ERR_NET || class == ERR_TIMEOUT || class == ERR_RATE || class == ERR_REMOTE;
}

/* What the answer may lack is taken along. */
static struct arena *begin_look(struct request *seen)
{
    struct arena *a = arena_new(LOOK_ARENA);
    if (a) {
        seen->output = text_dup(a, seen->output);
        seen->error = text_dup(a, seen->error);
    }
    return a;
}

static void end_look(struct one *o, const struct request *seen, struct arena *take)
{
    const struct request *q = o->q;
    bool moved = seen->status != q->status || strcmp(seen->worker_id, q->worker_id) != 0 ||
                 seen->retries != q->retries;
    arena_free(o->texts);
    o->texts = take;
    *o->q = *seen;
    if (moved)
        changed(o);
}

/* A failure that passes is borne. */
static int look(struct one *o, struct cancel *cancel, struct err *e)
{
    struct request seen = *o->q;
    struct arena *a = begin_look(&seen);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    if (runpod_status(service(o), &seen, a, cancel, e)) {
        arena_free(a);
        return passing(e->class) ? 0 : -1;
    }
    end_look(o, &seen, a);
    return 0;
}

static int too_late(const struct one *o, struct err *e)
{
    err_set(e, ERR_TIMEOUT, 0, "no answer yet: the request is still %s",
        request_status_name(o->q->status));
    return err_hint(e, "it stays queued; `slipway requests` shows it");
}

static int follow(struct one *o, int64_t first_ms, struct err *e)
{
    for (int64_t wait = first_ms; !request_is_final(o->q->status); wait += wait / 2 + 1) {
        wait = wait > LOOK_MOST_MS ? LOOK_MOST_MS : wait;
        if (sleep_ms(o, wait, o->s->cancel, e) || keep_pace(o, PACE_LOOK, e) ||
            look(o, o->s->cancel, e))
            return -1;
        if (!request_is_final(o->q->status) && past_deadline(o))
            return too_late(o, e);
    }
    return 0;
}

/* While the program quits, so by no token that has fired; what becomes of it the ledger's next reader asks. */
static void cancel_at_the_end(const struct one *o)
{
    const struct request *q = o->q;
    struct cancel *own = o->s->clears ? cancel_new(NULL) : NULL;
    if (own)
        (void)runpod_cancel_within(
            service(o), q->endpoint_id, q->job_id, LAST_CANCEL_MS, own, NULL);
    cancel_unref(own);
}

/* Cancels the job and sees what became of it: it may have ended before. */
static void cancel_there(struct one *o)
{
    const struct request *q = o->q;
    struct cancel *quit = o->s->engine->quit;
    struct err e;
    if (!q->job_id[0] || request_is_final(q->status))
        return;
    bool asked = !sleep_ms(o, pace_book(o->s->pace, PACE_CANCEL, now_ms(o)), quit, NULL) &&
                 !runpod_cancel(service(o), q->endpoint_id, q->job_id, quit, NULL);
    int64_t end = now_ms(o) + CANCEL_MS;
    if (!asked && cancel_fired(quit))
        cancel_at_the_end(o);
    if (cancel_fired(quit))
        return;
    while (!request_is_final(q->status) && now_ms(o) < end)
        if (look(o, quit, &e) ||
            (!request_is_final(q->status) && sleep_ms(o, LOOK_FIRST_MS, quit, &e)))
            return;
}

/* ---- the routes ---------------------------------------------------------------------------------- */

static int by_run(struct one *o, struct err *e)
{
    return queue(o, e) || follow(o, LOOK_FIRST_MS, e) ? -1 : 0;
}

static int by_runsync(struct one *o, struct err *e)
{
    struct sending *s = o->s;
    int64_t asked_ms;
    for (;;) {
        if (begin_try(o, PACE_SYNC, e))
            return -1;
        struct request seen = *o->q;
        struct arena *a = begin_look(&seen);
        if (!a)
            return err_set(e, ERR_IO, 0, "out of memory");
        if (!runpod_runsync(service(o), s->body->input, &seen, a, &asked_ms, s->cancel, e)) {
            took(o);
            end_look(o, &seen, a);
            return follow(o, LOOK_FIRST_MS, e);
        }
        arena_free(a);
        if (after_failure(o, asked_ms, e))
            return -1;
    }
}

static void show(struct one *o, struct text answer, bool last)
{
    int64_t now = now_ms(o);
    if (!o->s->piece || (!last && now - o->told_ms < PIECE_MS))
        return;
    o->told_ms = now;
    o->s->piece(o->s->arg, answer);
}

/* What has come so far, read anew: pieces may be fragments. */
static int show_pieces(struct one *o, const struct runpod_pieces *pieces, struct err *e)
{
    struct request seen = *o->q;
    struct worker_output out;
    struct arena *a = begin_look(&seen);
    if (!a)
        return err_set(e, ERR_IO, 0, "out of memory");
    runpod_output_read(pieces->list, a, &out);
    seen.output = out.answer;
    seen.tokens_in = out.tokens_in >= 0 ? out.tokens_in : seen.tokens_in;
    seen.tokens_out = out.tokens_out >= 0 ? out.tokens_out : seen.tokens_out;
    if (seen.first_token_ms < 0)
        seen.first_token_ms = now_ms(o) - o->sent_ms;
    arena_free(o->texts);
    o->texts = a;
    *o->q = seen;
    show(o, seen.output, true);
    return 0;
}

/* Pieces come until the status is final and none are left. The job itself is read at the end: its times, its
 * error, and the whole answer. */
static int take_stream(struct one *o, struct runpod_pieces *pieces, struct err *e)
{
    for (;;) {
        struct request seen = *o->q;
        if (keep_pace(o, PACE_LOOK, e))
            return -1;
        int came = runpod_stream(service(o), &seen, pieces, o->s->cancel, e);
        if (came < 0 && !passing(e->class))
            return -1;
        if (came > 0 && show_pieces(o, pieces, e))
            return -1;
        if (came == 0 && request_is_final(seen.status))
            return 0;
        if (came >= 0 && !request_is_final(seen.status) && seen.status != o->q->status) {
            o->q->status = seen.status;
            changed(o);
        }
        if (past_deadline(o))
            return too_late(o, e);
        if (came <= 0 && sleep_ms(o, LOOK_FIRST_MS, o->s->cancel, e))
            return -1;
    }
}

static int by_stream(struct one *o, struct err *e)
{
    struct runpod_pieces pieces;
    if (runpod_pieces_init(&pieces, e))
        return -1;
    int failed = queue(o, e) || take_stream(o, &pieces, e) || follow(o, 0, e) ? -1 : 0;
    if (!failed)
        show(o, o->q->output, true);
    runpod_pieces_release(&pieces);
    return failed;
}

/* ---- the OpenAI route ------------------------------------------------------------------------------ */

static void take_chat(struct one *o, const struct chat_answer *answer, struct arena *a)
{
    struct request *q = o->q;
    q->output = text_new(a, buf_str(&answer->text), answer->text.len, TEXT_BLOCK);
    q->first_token_ms = answer->first_token_ms;
    q->tokens_in = answer->tokens_in;
    q->tokens_out = answer->tokens_out;
    if (answer->first_token_ms >= 0) {
        q->delay_ms = answer->first_token_ms;
        q->execution_ms = answer->took_ms - answer->first_token_ms;
    }
}

static void on_piece(void *arg, const struct chat_answer *answer)
{
    struct one *o = arg;
    struct arena *a = NULL;
    if (o->q->status == REQUEST_SENDING) {
        took(o);
        o->q->status = REQUEST_IN_PROGRESS;
        changed(o);
    }
    if (o->s->piece && now_ms(o) - o->told_ms >= PIECE_MS && (a = arena_new(LOOK_ARENA)))
        show(o, text_new(a, buf_str(&answer->text), answer->text.len, TEXT_BLOCK), false);
    arena_free(a);
}

/* Which worker it was nobody says, nor a job's id: a stream that is cut is all that can be done. */
static int by_chat(struct one *o, struct err *e)
{
    const struct sending *s = o->s;
    const struct sending_body *b = s->body;
    const struct chat_options options = {.endpoint_id = s->endpoint_id,
        .model = s->model,
        .messages = b->messages,
        .message_count = b->message_count,
        .temperature = NAN,
        .max_tokens = b->max_tokens};
    struct chat_answer answer;
    int failed;
    do {
        chat_answer_init(&answer);
        if ((failed = begin_try(o, PACE_CHAT, e)))
            break; /* never sent */
        failed = chat_stream(service(o), &options, &answer, on_piece, o, s->cancel, e);
        if (!failed || answer.pieces > 0)
            break;
        chat_answer_release(&answer);
        chat_answer_init(&answer);
        if (after_failure(o, 0, e))
            break;
    } while (true);
    arena_free(o->texts);
    o->texts = arena_new(LOOK_ARENA);
    if (o->texts)
        take_chat(o, &answer, o->texts);
    chat_answer_release(&answer);
    if (failed)
        return -1;
    took(o);
    o->q->status = REQUEST_COMPLETED;
    changed(o);
    show(o, o->q->output, true);
    return 0;
}

/* ---- from its first byte to its end ------------------------------------------------------------------ */

static void copy_texts(struct arena *a, struct request *q)
{
    struct text *const texts[] = {&q->gpu, &q->output, &q->error};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = text_dup(a, *texts[i]);
}

/* What could not be sent or followed: a job that the service has goes on, all else is over. */
static void give_up(struct one *o, struct arena *a, const struct err *e)
{
    struct request *q = o->q;
    if (e->class == ERR_CANCEL)
        cancel_there(o);
    if (q->job_id[0] || request_is_final(q->status))
        return;
    q->status = e->class == ERR_CANCEL ? REQUEST_CANCELLED : REQUEST_FAILED;
    if (e->class != ERR_CANCEL)
        q->error = text_from(a, e->message);
    else if (o->s->reached)
        q->error = text_from(a, "stopped before its answer came: the worker may go on with it");
    changed(o);
}

int sending_run(struct sending *s, struct request *q, struct arena *a, struct err *e)
{
    static int (*const by[BURST_ROUTES])(struct one * o, struct err * e) = {[BURST_ASYNC] = by_run,
        [BURST_SYNC] = by_runsync,
        [BURST_STREAM] = by_stream,
        [BURST_CHAT] = by_chat};
    struct err unused;
    struct one o = {.s = s, .q = q, .began_ms = clock_mono_ms(s->engine->clock)};
    e = e ? e : &unused;
    s->reached = false;
    changed(&o);
    int failed = by[s->body->route](&o, e);
    if (failed)
        give_up(&o, a, e);
    copy_texts(a, q);
    arena_free(o.texts);
    return failed ? -1 : 0;
}
