/* The senders are threads that each see one request to its end, then take the next number until all are
 * taken. What happens to a request they post to the calling thread and wait until it has been taken in: it
 * alone writes the ledger, counts, prices and tells. So there is never more on its way than threads, and a
 * posted request is nobody else's while it is looked at.
 *
 * Stopping fires a token below the caller's: what fails for good stops the others in the same way. */
#include "app/burst.h"

#include "app/requests.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUEST_ARENA = 32 << 20,
    DEADLINE_MS = 60 * 60 * 1000,
    TELL_MS = 200,
    LOST_IN_A_ROW_MAX = 10
};

struct team;

struct sender {
    struct team *team;
    pthread_t thread;
    struct wait taken;      /* poked when what was posted has been taken in */
    struct request *posted; /* under the lock; NULL = nothing */
    struct sending sending; /* the sender's; the caller's while something is posted */
    /* the calling thread's, of the request under way */
    bool counted, sent;
    enum request_status status;
};

struct team {
    const struct burst *b;
    struct burst_report *report;
    struct pace pace;
    struct cancel *cancel;

    pthread_mutex_t lock; /* of these */
    int64_t begun;
    size_t at_work;
    int lost_in_a_row;
    struct err fatal; /* class ERR_NONE: nothing */
    struct buf answer;

    /* the calling thread's */
    struct sender *senders;
    size_t started;
    struct burst_samples samples[BURST_TIMES];
    struct burst_prices prices;
    int64_t began_ms, ended_ms, told_ms; /* monotonic */
    struct buf error;
    bool moved; /* something happened since it was told last */
};

/* ---- the senders --------------------------------------------------------------------------------- */

static void post(void *arg, struct request *q)
{
    struct sender *s = arg;
    struct team *t = s->team;
    pthread_mutex_lock(&t->lock);
    s->posted = q;
    pthread_mutex_unlock(&t->lock);
    wait_poke(t->b->wake);
    for (bool taken = false; !taken;) {
        uint64_t seen = wait_seen(&s->taken);
        pthread_mutex_lock(&t->lock);
        taken = !s->posted;
        pthread_mutex_unlock(&t->lock);
        if (!taken)
            wait_until(&s->taken, seen, WAIT_FOREVER); /* the caller stays until all are back */
    }
}

static void put(struct buf *b, struct text t)
{
    buf_clear(b);
    (void)buf_append(b, t.s, t.len);
}

static void on_piece(void *arg, struct text answer)
{
    struct sender *s = arg;
    pthread_mutex_lock(&s->team->lock);
    put(&s->team->answer, answer);
    pthread_mutex_unlock(&s->team->lock);
    wait_poke(s->team->b->wake);
}

/* What the next one would meet as well. */
static bool is_fatal(const struct err *e)
{
    if (e->class == ERR_REMOTE)
        return e->number >= 400 && e->number < 500;
    return e->class == ERR_AUTH || e->class == ERR_INPUT || e->class == ERR_STATE ||
           e->class == ERR_IO || e->class == ERR_BUG || e->class == ERR_RATE;
}

static void note_failure(struct team *t, bool got_through, const struct err *e)
{
    pthread_mutex_lock(&t->lock);
    t->lost_in_a_row = got_through ? 0 : t->lost_in_a_row + 1;
    bool fatal = !got_through && (is_fatal(e) || t->lost_in_a_row >= LOST_IN_A_ROW_MAX);
    if (fatal && t->fatal.class == ERR_NONE)
        t->fatal = *e;
    pthread_mutex_unlock(&t->lock);
    if (fatal)
        cancel_fire(t->cancel);
}

static int send_one(struct sender *s)
{
    struct team *t = s->team;
    const struct burst *b = t->b;
    struct arena *a = arena_new(REQUEST_ARENA);
    struct request q;
    struct err e;
    if (!a) {
        err_set(&e, ERR_IO, 0, "out of memory");
        note_failure(t, false, &e);
        return -1;
    }
    const struct request_task task = {.engine = b->engine,
        .endpoint_id = b->endpoint_id,
        .model = b->model,
        .input = b->body->input};
    request_begin(&task, &q, a);
    if (b->body->route == BURST_CHAT) {
        const char *last = b->body->messages[b->body->message_count - 1].content;
        q.route = REQUEST_ROUTE_OPENAI;
        q.input = text_new(a, last, strlen(last), TEXT_BLOCK);
    }
    s->sending = (struct sending){.engine = b->engine,
        .body = b->body,
        .endpoint_id = b->endpoint_id,
        .model = b->model,
        .pace = &t->pace,
        .deadline_ms = DEADLINE_MS,
        .changed = post,
        .piece = b->body->count == 1 ? on_piece : NULL,
        .arg = s,
        .cancel = t->cancel,
        .clears = b->body->count > 1};
    int failed = sending_run(&s->sending, &q, a, &e);
    if (failed && e.class != ERR_CANCEL)
        note_failure(t, q.job_id[0] != 0, &e);
    else if (!failed)
        note_failure(t, true, NULL);
    arena_free(a);
    return 0;
}

static bool take_number(struct team *t)
{
    pthread_mutex_lock(&t->lock);
    bool more = t->begun < t->b->body->count && !cancel_fired(t->cancel);
    t->begun += more;
    pthread_mutex_unlock(&t->lock);
    return more;
}

static void *sender_run(void *arg)
{
    struct sender *s = arg;
    struct team *t = s->team;
    while (take_number(t) && !send_one(s))
        ;
    pthread_mutex_lock(&t->lock);
    t->at_work--;
    pthread_mutex_unlock(&t->lock);
    wait_poke(t->b->wake);
    return NULL;
}

/* ---- taking in ------------------------------------------------------------------------------------- */

/* The service's own times have no part of our looking; where it holds the answer itself, the clock is right. */
static int64_t total_of(enum burst_route route, const struct request *q)
{
    bool own = route == BURST_ASYNC || route == BURST_STREAM;
    if (own && q->delay_ms >= 0 && q->execution_ms >= 0)
        return q->delay_ms + q->execution_ms;
    return q->ended_ms >= q->submitted_ms ? q->ended_ms - q->submitted_ms : 0;
}

static void sample(struct team *t, enum burst_time time, int64_t ms)
{
    if (ms >= 0)
        (void)burst_samples_add(&t->samples[time], ms);
}

static void add_tokens(int64_t *sum, int64_t n)
{
    if (n >= 0)
        *sum = (*sum > 0 ? *sum : 0) + n;
}

static void take_end(struct team *t, const struct request *q)
{
    struct burst_report *r = t->report;
    t->ended_ms = clock_mono_ms(t->b->engine->clock);
    if (q->status == REQUEST_COMPLETED) {
        sample(t, BURST_TOTAL, total_of(r->route, q));
        sample(t, BURST_WAITED, q->delay_ms);
        sample(t, BURST_RAN, q->execution_ms);
        sample(t, BURST_FIRST, q->first_token_ms);
    } else if (q->error.len) {
        put(&t->error, q->error);
    }
    add_tokens(&r->tokens_in, q->tokens_in);
    add_tokens(&r->tokens_out, q->tokens_out);
    if (isfinite(q->cost)) {
        r->cost = (isnan(r->cost) ? 0 : r->cost) + q->cost;
        r->priced++;
    }
    if (t->b->body->count == 1 && q->output.len)
        put(&t->answer, q->output);
}

static void take(struct team *t, struct sender *s, struct request *q)
{
    struct burst_report *r = t->report;
    bool over = request_is_final(q->status);
    if (s->counted)
        r->outcomes[s->status]--;
    r->outcomes[q->status]++;
    r->sent += s->sending.reached && !s->sent;
    s->counted = !over;
    s->sent = s->sending.reached && !over;
    s->status = q->status;
    if (over || q->worker_id[0])
        burst_price(&t->prices, t->b->engine, q, t->b->cancel);
    if (over)
        take_end(t, q);
    if (t->b->body->count == 1)
        memcpy(r->request_id, q->id, sizeof r->request_id);
    if (t->b->ledger && q->status != REQUEST_IN_PROGRESS)
        state_request_save(t->b->ledger, q, NULL);
    request_tell(t->b->engine, q);
    t->moved = true;
}

/* What is posted, sender by sender; whether all are back. */
static bool take_all(struct team *t)
{
    pthread_mutex_lock(&t->lock);
    bool back = t->at_work == 0;
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < t->started; i++) {
        struct sender *s = &t->senders[i];
        pthread_mutex_lock(&t->lock);
        struct request *q = s->posted;
        pthread_mutex_unlock(&t->lock);
        if (!q)
            continue;
        take(t, s, q);
        pthread_mutex_lock(&t->lock);
        s->posted = NULL;
        pthread_mutex_unlock(&t->lock);
        wait_poke(&s->taken);
    }
    return back;
}

/* ---- telling --------------------------------------------------------------------------------------- */

static void note_of(struct team *t, int64_t now, char *out, size_t size)
{
    int64_t held = pace_held(&t->pace, now);
    out[0] = 0;
    if (cancel_fired(t->cancel))
        snprintf(out, size, "stopping: what is queued is cancelled");
    else if (held > 0)
        snprintf(out, size, "the service takes no more at present (429): goes on in %" PRId64 " s",
            (held + 999) / 1000);
}

static void tell(struct team *t, int64_t now)
{
    struct burst_report *r = t->report;
    char note[160];
    bool over = burst_ended(r) == r->count;
    int64_t end = over ? t->ended_ms : now;
    for (enum burst_time i = 0; i < BURST_TIMES; i++)
        r->times[i] = burst_times_of(&t->samples[i]);
    r->refused = pace_refusals(&t->pace);
    r->took_ms = end > t->began_ms ? end - t->began_ms : 0;
    r->per_second = burst_ended(r)
                        ? (double)burst_ended(r) * 1000 / (double)(r->took_ms ? r->took_ms : 1)
                        : NAN;
    r->error = (struct text){buf_str(&t->error), t->error.len};
    struct buf answer;
    buf_init(&answer, t->answer.max);
    pthread_mutex_lock(&t->lock);
    (void)buf_append(&answer, buf_str(&t->answer), t->answer.len);
    pthread_mutex_unlock(&t->lock);
    r->answer = (struct text){buf_str(&answer), answer.len};
    note_of(t, now, note, sizeof note);
    t->b->told(t->b->arg, r, note);
    r->answer = r->error = TEXT("");
    buf_release(&answer);
    t->told_ms = now;
    t->moved = false;
}

static void conduct(struct team *t)
{
    const struct burst *b = t->b;
    for (bool back = false; !back;) {
        uint64_t seen = wait_seen(b->wake);
        back = take_all(t);
        int64_t now = clock_mono_ms(b->engine->clock);
        if (now - t->told_ms >= TELL_MS)
            tell(t, now);
        if (!back)
            wait_until(b->wake, seen, TELL_MS);
    }
    tell(t, clock_mono_ms(b->engine->clock));
}

/* ---- from the first to the last --------------------------------------------------------------------- */

static int start(struct team *t, struct err *e)
{
    size_t n = (size_t)t->b->body->at_once;
    int failed = 0;
    for (; t->started < n && !failed; t->started += !failed) {
        struct sender *s = &t->senders[t->started];
        s->team = t;
        if ((failed = wait_init(&s->taken)))
            break;
        pthread_mutex_lock(&t->lock);
        t->at_work++;
        pthread_mutex_unlock(&t->lock);
        if ((failed = pthread_create(&s->thread, NULL, sender_run, s))) {
            pthread_mutex_lock(&t->lock);
            t->at_work--;
            pthread_mutex_unlock(&t->lock);
            wait_release(&s->taken);
        }
    }
    return t->started ? 0 : err_errno(e, failed, "cannot start a thread");
}

static void end(struct team *t, struct arena *a)
{
    for (size_t i = 0; i < t->started; i++) {
        pthread_join(t->senders[i].thread, NULL);
        wait_release(&t->senders[i].taken);
    }
    t->report->answer = text_new(a, buf_str(&t->answer), t->answer.len, TEXT_BLOCK);
    t->report->error = text_new(a, buf_str(&t->error), t->error.len, TEXT_BLOCK);
    buf_release(&t->error);
    for (enum burst_time i = 0; i < BURST_TIMES; i++)
        burst_samples_release(&t->samples[i]);
    buf_release(&t->answer);
    pthread_mutex_destroy(&t->lock);
    pace_release(&t->pace);
    cancel_unref(t->cancel);
    free(t->senders);
}

static void begin_report(struct burst_report *r, const struct sending_body *body)
{
    struct burst_evidence evidence = r->evidence;
    struct burst_estimate estimate = r->estimate;
    *r = (struct burst_report){.route = body->route,
        .count = body->count,
        .at_once = body->at_once,
        .tokens_in = -1,
        .tokens_out = -1,
        .cost = NAN,
        .per_second = NAN,
        .evidence = evidence,
        .estimate = estimate,
        .answer = TEXT(""),
        .error = TEXT("")};
}

int burst_run(const struct burst *b, struct burst_report *report, struct arena *a, struct err *e)
{
    struct team t = {.b = b,
        .report = report,
        .cancel = cancel_new(b->cancel),
        .senders = calloc((size_t)b->body->at_once, sizeof *t.senders),
        .prices = {.keep = a},
        .began_ms = clock_mono_ms(b->engine->clock)};
    int result = -1;
    begin_report(report, b->body);
    pthread_mutex_init(&t.lock, NULL);
    pace_init(&t.pace);
    buf_init(&t.answer, CHAT_ANSWER_MAX * 4);
    buf_init(&t.error, REQUEST_TEXT_MAX * 4);
    err_clear(&t.fatal);
    t.ended_ms = t.told_ms = t.began_ms;
    if (!t.cancel || !t.senders)
        err_set(e, ERR_IO, 0, "out of memory");
    else if (!start(&t, e)) {
        conduct(&t);
        result = 0;
    }
    if (!result && t.fatal.class != ERR_NONE) {
        result = -1;
        if (e)
            *e = t.fatal;
    } else if (!result) {
        result = cancel_check(b->cancel, e);
    }
    end(&t, a);
    return result;
}
