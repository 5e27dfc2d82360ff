/* What the files of the dashboard's triage share; for src/app/triage_watch*.c only. */
#ifndef SLIPWAY_APP_TRIAGE_WATCH_INTERNAL_H
#define SLIPWAY_APP_TRIAGE_WATCH_INTERNAL_H

#include "app/triage.h"
#include "core/wait.h"

#include <pthread.h>

enum {
    PLACES = 64, /* endpoints that are looked after at once */
    ORDERS = 256 /* looks that wait to be taken in */
};

/* A look that main has handed over. */
struct seen {
    struct arena *arena; /* owned */
    struct endpoint endpoint;
    struct health health;
    int64_t at_ms; /* wall */
    bool has_health, asked;
};

/* An endpoint that is looked after. */
struct place {
    struct runpod_evidence *ev; /* owned; NULL = a free place */
    char id[ENDPOINT_ID_MAX];
    int64_t waits_ms; /* monotonic: since when something waits; -1 = nothing does */
    int64_t due_ms;   /* when it is asked; INT64_MAX = not */
    int64_t again_ms; /* the interval after that */
    int64_t seen_ms;  /* monotonic */
    int64_t usual_ms; /* -1 = unknown */
    enum triage_verdict verdict;
    const char *diagnosis; /* static */
    bool told;
};

struct triages {
    struct engine *engine;
    struct cancel *cancel; /* its own, below quit */
    struct cancel_hook hook;
    struct wait wait;
    pthread_t thread;

    pthread_mutex_t lock; /* of the orders */
    struct seen orders[ORDERS];
    size_t order_count;
    char troubled[PLACES][ENDPOINT_ID_MAX]; /* of whom main tells even when nothing waits */

    struct place places[PLACES]; /* the thread's own */
};

#endif
