/* answering: one streamed answer from its question to its ledger entry, for `slipway chat` and the
 * dashboard's conversations. Thread: one that may sleep. */
#ifndef SLIPWAY_APP_ANSWERING_H
#define SLIPWAY_APP_ANSWERING_H

#include "app/engine.h"
#include "client/chat.h"
#include "model/request.h"

/* Streams the answer, keeps it in the ledger (`ledger` NULL = not) and tells main of the request
 * (NEWS_REQUEST). Its cost is an estimate from the time it took, from the first token on, and the price of
 * the endpoint's GPU; unknown when no worker is seen. `q` gets the request as it ended, texts in the
 * arena. Errors as chat_stream's. */
int answer_stream(struct engine *g, struct state *ledger, const struct chat_options *options,
    struct chat_answer *answer, void (*piece)(void *arg, const struct chat_answer *answer),
    void *arg, struct request *q, struct arena *a, struct cancel *c, struct err *e);

/* Which endpoint and served name "MODEL" means: a registry row's name or id, an endpoint's id or name, in
 * that order. ERR_INPUT when there is none. */
int answer_resolve(struct engine *g, const char *model, char endpoint_id[ENDPOINT_ID_MAX],
    struct text *served, struct arena *a, struct cancel *c, struct err *e);

#endif
