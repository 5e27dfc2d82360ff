/* What the files of chat share; for src/client/chat*.c and their tests only. */
#ifndef SLIPWAY_CLIENT_CHAT_INTERNAL_H
#define SLIPWAY_CLIENT_CHAT_INTERNAL_H

#include "base/json.h"
#include "client/chat.h"

/* Takes one event's data into the answer. 1 when it carried text, 0 when not, -1 for an error object
 * or nonsense. *done is set by "[DONE]". Does not touch the times. */
int chat_take_event(
    struct chat_answer *answer, const char *data, size_t n, bool *done, struct err *e);

/* Takes an answer that is no stream: one whole completion, or an error. As chat_take_event. */
int chat_take_whole(struct chat_answer *answer, const char *data, size_t n, struct err *e);

#endif
