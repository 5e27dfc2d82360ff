/* chat: one streamed answer over the OpenAI route of an endpoint (spec/runpod.md §2.8). Sleeps; the
 * pieces come through a callback on the calling thread.
 *
 * The text of the answer is foreign and raw: clean it whole, as a block, before it is shown, so that a
 * control sequence cut between pieces cannot get through. */
#ifndef SLIPWAY_CLIENT_CHAT_H
#define SLIPWAY_CLIENT_CHAT_H

#include "base/arena.h"
#include "client/runpod.h"
#include "core/cancel.h"

enum { CHAT_ANSWER_MAX = 256 * 1024, CHAT_MESSAGES_MAX = 200 };

struct chat_message {
    const char *role;    /* "system", "user", "assistant" */
    const char *content; /* UTF-8 */
};

struct chat_options {
    const char *endpoint_id;
    const char *model; /* the served name */
    const struct chat_message *messages;
    size_t message_count;
    double temperature;  /* NAN = the server's */
    int64_t max_tokens;  /* 0 = the server's */
    int64_t deadline_ms; /* for the first byte: a cold start may take minutes; 0 = 10 minutes */
};

/* The body of the request; the caller releases `out`. ERR_INPUT when there is nothing to say or too
 * much. Pure. */
int chat_body(const struct chat_options *options, struct buf *out, struct err *e);

struct chat_answer {
    struct buf text;               /* of the answer so far, raw; clean it before it is shown */
    int64_t first_token_ms;        /* from sending; -1 = none yet */
    int64_t took_ms;               /* from sending to the end, or until now */
    int64_t tokens_in, tokens_out; /* -1 = the server did not say */
    int64_t pieces;                /* deltas that carried text */
    bool ended;                    /* [DONE] or a finish_reason came */
    bool cut;                      /* CHAT_ANSWER_MAX was reached */
};
void chat_answer_init(struct chat_answer *a);
void chat_answer_release(struct chat_answer *a);

/* `piece` is called after every piece that carried text. Errors: an error object in the stream or
 * instead of it is ERR_REMOTE with its sentence; a stream that ends without an end is ERR_NET; what
 * came so far stays in `answer`. ERR_CANCEL closes the connection. */
int chat_stream(struct runpod *r, const struct chat_options *options, struct chat_answer *answer,
    void (*piece)(void *arg, const struct chat_answer *answer), void *arg, struct cancel *c,
    struct err *e);

#endif
