/* request_words: how the commands put a request into words, and which endpoint a word means to them. */
#ifndef SLIPWAY_APP_REQUEST_WORDS_H
#define SLIPWAY_APP_REQUEST_WORDS_H

#include "app/engine.h"

enum { WORDS_MAX = 32 };

/* "0.82 s", "—" when unknown. */
const char *words_seconds(char out[WORDS_MAX], int64_t ms);
/* "$0.00041", "—" when unknown. */
const char *words_money(char out[WORDS_MAX], double dollars);
/* RFC 3339, "—" when unknown. */
const char *words_moment(char out[CLOCK_RFC3339_MAX], int64_t wall_ms);
/* What is known of why it is so, in one line; may be empty. */
struct text words_why(const struct request *q, struct arena *a);

/* An endpoint's id by its id or name. One that the ledger knows is not asked about; what is in no list that
 * the key may read can still be an id: the data plane will tell. `ledger` may be NULL. Sleeps. */
int words_endpoint(struct engine *g, struct state *ledger, const char *word,
    char out[ENDPOINT_ID_MAX], struct arena *a, struct cancel *cancel, struct err *e);

#endif
