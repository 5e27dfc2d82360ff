/* What the files of the following share; for src/app/follow*.c only. Everything but the orders is the thread's
 * own. */
#ifndef SLIPWAY_APP_FOLLOW_INTERNAL_H
#define SLIPWAY_APP_FOLLOW_INTERNAL_H

#include "app/follow.h"
#include "app/requests.h"
#include "core/wait.h"

#define HASH_NONFATAL_OOM 1
#include <pthread.h>
#include <uthash.h>

enum {
    FOLLOW_MAX = 4096, /* that are followed at once; the rest waits in the ledger */
    FOLLOW_PLACES = 64,
    FOLLOW_ROW_ARENA = 16 << 20 /* for a record and what its status says */
};

/* A request that is not over. */
struct followed_request {
    char id[REQUEST_ID_MAX];
    char endpoint_id[ENDPOINT_ID_MAX];
    enum request_status status;
    bool listed;
    bool details;     /* it is over, but what the list does not say of it is to be read, once */
    int64_t since_ms; /* monotonic: since when its status is this, as we know */
    int64_t due_ms;   /* when it is asked about */
    UT_hash_handle hh;
};

/* What is known of an endpoint's data plane. */
struct followed_place {
    char endpoint_id[ENDPOINT_ID_MAX];
    int64_t held_ms;   /* nothing is asked before */
    int64_t listed_ms; /* the last list, good or bad; INT64_MIN = none */
    bool no_list;
};

struct follow {
    struct engine *engine;
    struct cancel *cancel; /* its own, below quit */
    struct cancel_hook hook;
    struct wait wait;
    pthread_t thread;

    pthread_mutex_t lock; /* of the orders */
    struct {
        char endpoint_id[ENDPOINT_ID_MAX], request_id[REQUEST_ID_MAX];
        bool fresh, hurry;
    } orders;

    /* From here on the thread's own. */
    char endpoint_id[ENDPOINT_ID_MAX], request_id[REQUEST_ID_MAX]; /* what is looked at */
    bool fresh;
    struct state *ledger; /* NULL = cannot be opened now */
    int64_t ledger_ms;    /* when it is tried again */
    int64_t version, last_change;
    bool more;                         /* there is more to be read of the ledger at once */
    bool overflow;                     /* not all that is open found room */
    struct followed_request *requests; /* by id */
    struct followed_place places[FOLLOW_PLACES];
    size_t next_place;
    int64_t net_ms;   /* the service is not asked before this, after failures */
    int net_failures; /* in a row */
    int64_t looks_ms; /* the next look at the earliest: the pace */
    int64_t list_ms;  /* … and the next list */
    int refused_lists;
    bool listed_once, no_lists;
};

/* ---- follow.c ---- */

int64_t follow_now(const struct follow *f);
struct request_desk follow_desk(const struct follow *f);
struct followed_request *follow_find(struct follow *f, const char *id);
/* Follows it from now on, if it is not over; one that is no longer is. NULL when it is not followed. */
struct followed_request *follow_track(struct follow *f, const struct request *q, int64_t due_ms);
void follow_untrack(struct follow *f, struct followed_request *r);
/* Reads it once, now, even if it is over. */
void follow_read_once(struct follow *f, const struct request *q);
/* Of an endpoint; the longest unused is given up for a new one. */
struct followed_place *follow_place(struct follow *f, const char *endpoint_id);
/* How a call to an endpoint went: who is not asked for how long. */
void follow_answered(struct follow *f);
void follow_failed(
    struct follow *f, const char *endpoint_id, const struct err *e, int64_t again_ms);

/* ---- follow_ledger.c ---- */

/* Opens it, reads what changed, tells. */
void follow_ledger(struct follow *f);

/* ---- follow_status.c ---- */

/* How long from one look to the next at one that has been so for `age_ms`. Pure. */
int64_t follow_interval_ms(int64_t age_ms, bool looked_at);
/* Asks about those that are due. */
void follow_statuses(struct follow *f);
/* When that is, monotonic; INT64_MAX = never. */
int64_t follow_statuses_due(const struct follow *f);

/* ---- follow_list.c ---- */

void follow_list(struct follow *f);
int64_t follow_list_due(struct follow *f);

#endif
