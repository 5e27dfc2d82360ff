/* chat: one streamed answer over the OpenAI route.
 *
 * The caller's thread sleeps on one wait that the stream and the cancel token poke. The first bytes of
 * a good answer tell a stream from a whole JSON answer, which some errors come as; what comes with
 * another status is gathered and looked at as an error at its end.
 *
 * The limits: until the headers, what the caller allows for a cold start (RunPod's gateway itself gives up
 * after 100 s with 524, §2.6); between two pieces PIECE_MS; after the end was said END_MS for the token
 * counts that may still come. */
#include "client/chat.h"

#include "client/chat_internal.h"
#include "client/http_error.h"
#include "client/runpod_internal.h"
#include "client/sse.h"

#include <string.h>

enum {
    FIRST_MS = 10 * 60 * 1000,
    PIECE_MS = 120 * 1000,
    END_MS = 3 * 1000,
    CHUNK_MAX = 64 * 1024,
    WHOLE_MAX = 1024 * 1024
};

enum shape { SHAPE_UNKNOWN, SHAPE_EVENTS, SHAPE_WHOLE, SHAPE_REFUSAL };

struct talk {
    struct runpod *r;
    struct chat_answer *answer;
    void (*piece)(void *arg, const struct chat_answer *answer);
    void *arg;
    struct err *e;

    struct http_stream *stream;
    struct wait wait;
    struct sse sse;
    struct buf chunk, whole;
    int status;
    enum shape shape;
    int64_t sent_ms, moved_ms;
    bool done, failed; /* failed: `e` is set */
};

void chat_answer_init(struct chat_answer *a)
{
    *a = (struct chat_answer){.first_token_ms = -1, .tokens_in = -1, .tokens_out = -1};
    buf_init(&a->text, CHAT_ANSWER_MAX);
}

void chat_answer_release(struct chat_answer *a)
{
    buf_release(&a->text);
}

/* ---- pieces ------------------------------------------------------------------------------------ */

/* What chat_read made of a piece. */
static void took(struct talk *t, int result)
{
    struct chat_answer *a = t->answer;
    a->took_ms = clock_mono_ms(t->r->clock) - t->sent_ms;
    t->failed = t->failed || result < 0;
    if (result <= 0)
        return;
    if (a->first_token_ms < 0)
        a->first_token_ms = a->took_ms;
    if (t->piece)
        t->piece(t->arg, a);
}

static void on_event(const struct sse_event *event, void *arg)
{
    struct talk *t = arg;
    if (t->failed || t->done || t->answer->cut)
        return;
    if (event->cut)
        took(t, err_set(t->e, ERR_REMOTE, 0, "a piece of the answer is too large"));
    else
        took(t, chat_take_event(t->answer, event->data, event->length, &t->done, t->e));
}

static int refused(struct talk *t)
{
    struct http_response response;
    http_response_init(&response);
    response.status = t->status;
    response.body = t->whole;
    (void)http_check(&response, "ask the endpoint", t->e);
    if (t->e && t->e->number == 524)
        err_hint(t->e,
            "no worker answered within 100 s, the gateway's limit: queue it with slipway run, or set "
            "min workers to 1");
    else
        runpod_explain(t->e);
    return -1;
}

/* The first byte that is no white space tells. */
static void find_shape(struct talk *t)
{
    const char *s = buf_str(&t->chunk);
    s += strspn(s, " \t\r\n");
    if (t->status / 100 != 2)
        t->shape = SHAPE_REFUSAL;
    else if (*s)
        t->shape = *s == '{' || *s == '[' ? SHAPE_WHOLE : SHAPE_EVENTS;
}

static void take_chunk(struct talk *t)
{
    if (t->shape == SHAPE_UNKNOWN)
        find_shape(t);
    if (t->shape == SHAPE_EVENTS)
        sse_feed(&t->sse, buf_str(&t->chunk), t->chunk.len, on_event, t);
    else if (buf_append(&t->whole, buf_str(&t->chunk), t->chunk.len))
        took(t, t->shape == SHAPE_REFUSAL
                    ? refused(t)
                    : err_set(t->e, ERR_REMOTE, 0, "the answer is too large"));
}

/* ---- ends -------------------------------------------------------------------------------------- */

/* What it means that the stream has ended in this way. */
static int conclude(struct talk *t, enum http_stream_state state, const struct err *why)
{
    if (t->shape == SHAPE_REFUSAL || (t->shape == SHAPE_UNKNOWN && t->status / 100 > 2))
        return refused(t);
    if (t->answer->ended)
        return 0;
    if (state == HTTP_STREAM_FAILED) {
        if (t->e)
            *t->e = *why;
        return err_wrap(t->e, "ask the endpoint");
    }
    if (t->shape == SHAPE_WHOLE) {
        took(t, chat_take_whole(t->answer, buf_str(&t->whole), t->whole.len, t->e));
        return t->failed ? -1 : 0;
    }
    return err_set(t->e, ERR_NET, 0, "the answer broke off before its end");
}

static int silent(struct talk *t)
{
    if (t->answer->ended)
        return 0; /* only the token counts are missing */
    return err_set(t->e, ERR_TIMEOUT, 0, "the endpoint sent nothing for %d s", PIECE_MS / 1000);
}

/* ---- the loop ---------------------------------------------------------------------------------- */

/* How long nothing may come; the engine watches over the time until the headers. */
static int64_t patience_ms(const struct talk *t)
{
    if (t->status == 0)
        return 60 * 1000;
    int64_t most = t->answer->ended ? END_MS : PIECE_MS;
    int64_t left = t->moved_ms + most - clock_mono_ms(t->r->clock);
    return left > 0 ? left : 0;
}

static int listen_to(struct talk *t, struct cancel *c)
{
    for (;;) {
        struct err why;
        uint64_t seen = wait_seen(&t->wait);
        if (cancel_check(c, t->e))
            return -1;
        buf_clear(&t->chunk);
        bool waiting = t->status == 0;
        enum http_stream_state state = http_stream_read(t->stream, &t->chunk, &t->status, &why);
        if (t->chunk.len > 0 || (waiting && t->status != 0))
            t->moved_ms = clock_mono_ms(t->r->clock);
        if (t->chunk.len > 0)
            take_chunk(t);
        if (t->failed)
            return -1;
        if (t->done || t->answer->cut)
            return 0;
        if (state == HTTP_STREAM_ENDED || state == HTTP_STREAM_FAILED)
            return conclude(t, state, &why);
        if (t->chunk.len > 0)
            continue;
        int64_t patience = patience_ms(t);
        if (patience == 0)
            return silent(t);
        (void)wait_until(&t->wait, seen, patience);
    }
}

static int talk(struct talk *t, const struct http_request *request, struct cancel *c)
{
    struct cancel_hook hook = {.poke = runpod_poke, .arg = &t->wait};
    int fault = wait_init(&t->wait);
    if (fault)
        return err_errno(t->e, fault, "cannot wait");
    sse_init(&t->sse);
    buf_init(&t->chunk, CHUNK_MAX);
    buf_init(&t->whole, WHOLE_MAX);
    t->sent_ms = t->moved_ms = clock_mono_ms(t->r->clock);
    int result = -1;
    t->stream = http_stream_open(t->r->http, request, &t->wait, t->e);
    if (t->stream) {
        cancel_add(c, &hook);
        result = listen_to(t, c);
        cancel_remove(c, &hook);
        http_stream_close(t->stream);
    }
    t->answer->took_ms = clock_mono_ms(t->r->clock) - t->sent_ms;
    buf_release(&t->chunk);
    buf_release(&t->whole);
    sse_release(&t->sse);
    wait_release(&t->wait);
    return result;
}

int chat_stream(struct runpod *r, const struct chat_options *options, struct chat_answer *answer,
    void (*piece)(void *arg, const struct chat_answer *answer), void *arg, struct cancel *c,
    struct err *e)
{
    struct err unused;
    struct talk t = {.r = r, .answer = answer, .piece = piece, .arg = arg, .e = e ? e : &unused};
    struct buf url, body;
    int result = -1;
    if (runpod_check_key(r, e) || runpod_check_id(options->endpoint_id, "endpoint", e))
        return -1;
    int failed =
        runpod_url(r, RUNPOD_DATA, &url, e, "/%s/openai/v1/chat/completions", options->endpoint_id);
    if (chat_body(options, &body, e) == 0 && !failed) {
        struct http_request request = runpod_post(r, buf_str(&url), &body, CHUNK_MAX);
        request.deadline_ms = options->deadline_ms > 0 ? options->deadline_ms : FIRST_MS;
        result = talk(&t, &request, c);
    }
    buf_release(&url);
    buf_release(&body);
    return result;
}
