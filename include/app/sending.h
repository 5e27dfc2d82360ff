/* sending: what is sent as a test, read from what was asked for; and one test request by any route, from its
 * first byte to its end. Used by `slipway run` and by bursts (app/burst.h).
 *
 * Thread: one that may sleep, but for what is said to be pure. */
#ifndef SLIPWAY_APP_SENDING_H
#define SLIPWAY_APP_SENDING_H

#include "app/engine.h"
#include "app/pace.h"
#include "base/json.h"
#include "client/chat.h"
#include "model/burst.h"
#include "model/request.h"

enum { SENDING_INPUT_MAX = 10 * 1024 * 1024 };

/* ---- what is sent ---------------------------------------------------------------------------------- */

struct sending_body {
    enum burst_route route;
    int64_t count, at_once;
    struct json *input;            /* the value of "input"; NULL with BURST_CHAT; owned */
    struct chat_message *messages; /* BURST_CHAT; in the arena */
    size_t message_count;
    int64_t max_tokens; /* BURST_CHAT; 0 = the server's */
};
/* From the members that app/operations.h names for tests; numbers alone, without looking at files: ERR_INPUT
 * says which is wrong. Pure. */
int sending_check(const struct json *asked, struct err *e);
/* The same with what is to be sent; reads a file where one is named. The caller releases `out`, also on
 * failure. */
int sending_read(
    const struct json *asked, struct arena *a, struct sending_body *out, struct err *e);
void sending_body_release(struct sending_body *b);
/* "POST https://…/run {"input":…}": what a request is, exactly. ERR_IO without memory. */
int sending_say(const struct sending_body *b, const char *base, const char *endpoint_id,
    const char *served, struct buf *out, struct err *e);

/* ---- one request ----------------------------------------------------------------------------------- */

struct sending {
    struct engine *engine;
    const struct sending_body *body;
    const char *endpoint_id, *model; /* the served name */
    struct pace *pace;
    int64_t deadline_ms; /* for the end of the request; required */
    /* Whenever its status changed, and at the end; before it is sent it is REQUEST_SENDING. May fill gpu,
     * price_hour and cost; texts that it puts there must stay. */
    void (*changed)(void *arg, struct request *q);
    /* The answer so far, whole and cleaned, at most some fifteen times a second. May be NULL. */
    void (*piece)(void *arg, struct text answer);
    void *arg;
    struct cancel
        *cancel;  /* a job that the service has is cancelled there, unless the program quits */
    bool clears;  /* it is cancelled also then, as far as that can be done in a second */
    bool reached; /* set here: the service has the request, or may have it */
};
/* 0 when it came to a final status, whatever that is; -1 when it could not be sent or followed: ERR_TIMEOUT
 * past the deadline, ERR_CANCEL. `q` is as it was last seen, its texts in the arena. */
int sending_run(struct sending *s, struct request *q, struct arena *a, struct err *e);

#endif
