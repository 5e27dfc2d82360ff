/* What the files of the RunPod client share; for src/client/runpod*.c and chat*.c only. */
#ifndef SLIPWAY_CLIENT_RUNPOD_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_INTERNAL_H

#include "base/arena.h"
#include "base/json.h"
#include "client/runpod.h"
#include "core/cadence.h"
#include "model/endpoint.h"

#include <pthread.h>

enum {
    RUNPOD_BASE_MAX = 512,
    RUNPOD_CALL_MS = 30 * 1000,          /* for one call with its retries */
    RUNPOD_LIST_MAX = 32 * 1024 * 1024,  /* bytes of an answer that lists things */
    RUNPOD_SMALL_MAX = 1024 * 1024,      /* … and of one that does not */
    RUNPOD_OUTPUT_MAX = 32 * 1024 * 1024 /* … and of one that carries a job's output */
};

struct runpod {
    struct http *http; /* borrowed, like clock and key */
    struct clock *clock;
    const struct secret *key; /* NULL = none was given */
    char api_base[RUNPOD_BASE_MAX], endpoint_base[RUNPOD_BASE_MAX];
    pthread_mutex_t lock; /* of `budget`; never held while sleeping */
    struct rate_budget budget;
    _Atomic int64_t call_ms, until_ms; /* as runpod_hurry has it; 0 = none */
    int64_t silent_ms; /* monotonic: no call before, a Retry-After said so; 0 = none did */
};

/* ---- the quota (runpod.c) ---- */

/* Takes calls off what is announced, before they are sent: answers may come late, or never. */
void runpod_spend(struct runpod *r, int calls);
/* The service wants no call for so long. */
void runpod_keep_silent(struct runpod *r, int64_t ms);
/* Calls a second that what is left bears until every window begins anew; what the service's example
 * says when nothing was announced yet. */
double runpod_pace(struct runpod *r);
/* Calls left in the window that has fewest; INT64_MAX when none was announced or all began anew; 0 while
 * silence is kept. */
int64_t runpod_left(struct runpod *r);

/* ---- calls (runpod_call.c) ---- */

enum runpod_plane { RUNPOD_CONTROL, RUNPOD_DATA };

/* Writes the URL; ERR_INPUT when it is too long. */
int runpod_url(const struct runpod *r, enum runpod_plane plane, struct buf *url, struct err *e,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
int runpod_check_key(const struct runpod *r, struct err *e);
/* ERR_INPUT unless it can stand in a URL; `what`: "endpoint", "job", "worker". */
int runpod_check_id(const char *id, const char *what, struct err *e);

/* What a call may take that usually may take `ms`. */
int64_t runpod_deadline(const struct runpod *r, int64_t ms);
/* A GET with what every call has; borrows the URL. */
struct http_request runpod_get(const struct runpod *r, const char *url, size_t answer_max);
/* A POST of JSON; the body is borrowed. */
struct http_request runpod_post(
    const struct runpod *r, const char *url, const struct buf *body, size_t answer_max);

/* Looks at an answer: notes the quota it announces, turns a status into an error with a hint, parses
 * the body. NULL on failure. */
struct json *runpod_answer(
    struct runpod *r, const struct http_response *response, const char *what, struct err *e);
/* A whole call: sends, sleeps, looks. `what` says what is tried, in words. */
struct json *runpod_call(struct runpod *r, const struct http_request *request, const char *what,
    struct cancel *c, struct err *e);
/* Reads what an endpoint's own route of the control plane (with `rest` behind it) answers. */
struct json *runpod_read_of(struct runpod *r, const char *id, const char *rest, const char *what,
    struct cancel *c, struct err *e);
/* As runpod_call for an answer without a body: 0 or -1. */
int runpod_call_empty(struct runpod *r, const struct http_request *request, const char *what,
    struct cancel *c, struct err *e);
/* Whether what failed so may have taken effect all the same: nothing was heard, a gateway answered in the
 * service's place, or the answer could not be read. A refusal says that it did not. */
bool runpod_may_have_happened(const struct err *e);
/* A whole call whose answer is an endpoint. */
int runpod_send_endpoint(struct runpod *r, const struct http_request *request, const char *what,
    struct arena *a, struct endpoint *out, struct cancel *c, struct err *e);
/* Adds what an operator can do about it: which key, what the worker quota is. */
void runpod_explain(struct err *e);

/* Sleeps; ERR_CANCEL when that was fired meanwhile. */
int runpod_sleep(int64_t ms, struct cancel *c, struct err *e);
/* A poke for cancel hooks: the arg is a struct wait. */
void runpod_poke(void *wait);

/* ---- lists (runpod_list.c) ---- */

/* Rows gathered while their number is not known. */
struct runpod_rows {
    struct buf bytes;
    size_t size; /* of a row */
};
void runpod_rows_init(struct runpod_rows *rows, size_t size);
void runpod_rows_release(struct runpod_rows *rows);
/* Room for one more, zeroed; valid until the next call. NULL past the maximum or out of memory. */
void *runpod_rows_add(struct runpod_rows *rows);
/* Copies them into the arena; ERR_IO when it is full. */
int runpod_rows_take(
    const struct runpod_rows *rows, struct arena *a, void **out, size_t *count, struct err *e);

/* Walks through every item of a list of REST v2, over pages. `path` with its leading slash and maybe
 * a query; `key` is the list's name in the answer. `take_first` is the first page when it is here
 * already, else NULL. The walk ends early when `item` returns -1 (with its error set). */
typedef int runpod_item_fn(const struct json *item, void *arg, struct err *e);
struct runpod_list {
    const char *path, *key, *what;
    runpod_item_fn *item;
    void *arg;
};
int runpod_list_walk(struct runpod *r, const struct runpod_list *list, struct json *take_first,
    struct cancel *c, struct err *e);

/* The lists that the watch begins by itself (take_first as above). */
#define RUNPOD_ENDPOINTS_PATH "/v2/serverless"
#define RUNPOD_GPUS_PATH      "/v2/catalog/gpus?include=AVAILABILITY&product=SERVERLESS"
int runpod_endpoints_from(struct runpod *r, struct json *take_first, struct arena *a,
    struct endpoint_page *out, struct cancel *c, struct err *e);
int runpod_gpus_from(struct runpod *r, struct json *take_first, struct arena *a,
    struct gpu_page *out, struct cancel *c, struct err *e);

/* The request of the account's query; its answer is read by runpod_read_account. */
extern const char runpod_account_query[];

#endif
