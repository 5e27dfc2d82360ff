/* request_log: what clients asked and what they got, for tests to look at (GET /_sim/requests).
 *
 * At most REQUEST_LOG_MAX entries are kept, the newest; each has a number, from 1, that is never used
 * again. Keys are masked before they are stored. Everything here runs with the world's lock held. */
#ifndef SLIPWAY_SIM_REQUEST_LOG_H
#define SLIPWAY_SIM_REQUEST_LOG_H

#include "base/json.h"
#include "sim/server.h"

#include <stdint.h>

enum { REQUEST_LOG_MAX = 20000 };

struct request_log;
struct request_log *request_log_new(void);
void request_log_free(struct request_log *l);  /* NULL is fine */
void request_log_clear(struct request_log *l); /* numbers go on */

/* Notes that a request began; returns its number, 0 when memory is out. `now_ms` is simulated wall
 * time. */
int64_t request_log_begin(struct request_log *l, int64_t now_ms, const struct request *r);

struct request_end {
    int status; /* 0 = it ended without an answer */
    int64_t received;
    int64_t sent;      /* -1 = not known */
    const char *fault; /* static string; NULL = none */
};
/* How it ended. A number that is not kept any more is fine. */
void request_log_end(struct request_log *l, int64_t number, struct request_end end);

/* {"requests": [...], "last": number}; src/sim/README.md says what an entry holds. NULL when memory
 * is out. */
struct json *request_log_list(const struct request_log *l, int64_t after_number);

#endif
