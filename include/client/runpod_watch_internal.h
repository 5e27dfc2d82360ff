/* What the files of RunPod's client thread share; for src/client/runpod_watch*.c only. */
#ifndef SLIPWAY_CLIENT_RUNPOD_WATCH_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_WATCH_INTERNAL_H

#include "client/runpod_internal.h"
#include "client/runpod_logs_internal.h"
#include "client/runpod_watch.h"
#include "core/cadence.h"
#include "core/wait.h"
#include "model/log_fold.h"
#include "model/news.h"

#include <pthread.h>

enum {
    WATCH_ENDPOINTS_MAX = 2000, /* that are looked after; the list may be longer */
    WATCH_WORKERS_MAX = 100,    /* … of each endpoint, for their logs */
    WATCH_ASKS_MAX = 48,        /* requests of one round */
    WATCH_HEALTH_MAX = 24,      /* … of them for health */
    WATCH_NAME_MAX = 64,
    WATCH_WHO_MAX = 520
};

/* The things that are asked for: from health on of an endpoint, from settings on of the one in focus. */
enum thing {
    THING_LIST,
    THING_ACCOUNT,
    THING_GPUS,
    THING_HEALTH,
    THING_WORKERS,
    THING_SETTINGS,
    THING_RELEASES,
    THING_BILLING,
    THINGS
};
enum { DETAIL_PARTS = THINGS - THING_SETTINGS };

/* What was seen of a worker. */
struct watched_worker {
    char id[WORKER_ID_MAX];
    enum worker_status status;
    int64_t uptime_s;
};

/* What was seen of an endpoint, and when to look again. */
struct watched {
    char id[ENDPOINT_ID_MAX];
    char name[WATCH_NAME_MAX + 1]; /* clean */
    bool queue;                    /* not a load balancer: it has a health */
    bool focused, visible, trouble;
    int64_t
        young_until_ms; /* it was made while we watched, perhaps by us; -1 = it was not, or no longer */
    bool has_health, has_workers;
    struct health health;
    int64_t health_ms, workers_ms; /* of the last look, good or bad; -1 = none */
    int64_t health_told_ms;        /* when what was seen was sent last */
    struct cadence health_again;   /* only while it fails; else every beat */
    struct cadence workers_again;
    uint64_t workers_mark;
    struct watched_worker *workers; /* owned */
    size_t worker_count;
};

/* The endpoint in focus, read whole in parts. */
struct watched_detail {
    struct cadence again[DETAIL_PARTS];
    struct err why[DETAIL_PARTS]; /* why it was not read last time; class ERR_NONE = it was */
    struct endpoint_detail seen;
    struct arena *settings, *releases; /* what `seen` borrows from; owned */
    bool has_settings, changed;        /* changed: since it was sent */
    bool moving;                       /* its workers look as if there were a rollout */
};

/* Endpoints that somebody has before his eyes. */
struct watch_visible {
    char ids[RUNPOD_WATCH_VISIBLE][ENDPOINT_ID_MAX];
    size_t count;
};

/* A log that is followed; log NULL = a free place. */
struct followed {
    struct runpod_log *log; /* owned */
    int score;              /* how much it is wanted; 0 = its worker has vanished */
    bool gone;              /* it had vanished before this was begun */
    int64_t heard_ms;       /* of the last line, or of its beginning */
    uint64_t lost;          /* lines before the next one; to be told with it */
};

/* A worker that vanished from its endpoint's list. What the system said of it can be read for a while
 * longer (spec/runpod.md §5), so it is tried once whenever a person looks at an endpoint without
 * workers. */
struct gone_worker {
    char endpoint_id[ENDPOINT_ID_MAX], id[WORKER_ID_MAX];
    bool tried;
};
enum { WATCH_GONE = 256, WATCH_GONE_TRIED = 4 /* … of an endpoint, the newest */ };

struct log_batch;

/* A log that was followed: where to go on, and when at the earliest. */
struct remembered {
    char worker[WORKER_ID_MAX], last_id[RUNPOD_LOG_ID_MAX];
    int64_t not_before_ms;
};
enum { WATCH_REMEMBERED = 64 };

struct runpod_watch {
    struct runpod *r; /* borrowed, as inbox and clock */
    struct runpod_watch_options options;
    struct inbox *inbox;
    struct clock *clock;
    struct cancel *cancel; /* its own, below the parent's */
    struct cancel_hook hook;
    struct wait wait;
    pthread_t thread;

    pthread_mutex_t lock; /* of the orders */
    struct {
        bool hurry, hurry_list, refocus, see;
        char focus[ENDPOINT_ID_MAX];
        struct watch_visible visible;
    } orders;

    /* From here on the thread's own. */
    struct cadence list, account, gpus, beat;
    char focus[ENDPOINT_ID_MAX];
    struct watch_visible visible;
    unsigned served[2]; /* turns that were not the focus's: health's, worker lists' */
    struct watched_detail detail;
    double tokens; /* calls of the control plane that may be made now */
    int64_t tokens_ms;
    struct watched *endpoints; /* owned */
    size_t count;
    bool has_list, has_gpus, has_account;
    uint64_t list_mark, gpus_mark;
    struct account last_account;
    char who[WATCH_WHO_MAX];
    struct err trouble[THINGS]; /* class ERR_NONE = none */
    int64_t seen_ms;            /* of the last good answer; -1 = none */

    struct followed logs[RUNPOD_WATCH_LOGS];
    struct remembered remembered[WATCH_REMEMBERED];
    size_t remembered_next;
    struct gone_worker gone[WATCH_GONE];
    size_t gone_next;
    char gone_focus[ENDPOINT_ID_MAX]; /* for which they were tried last */
    struct log_batch *batch;          /* owned; room for the lines of one message */
    size_t logs_turn;    /* who is read first */
    bool choose;         /* who is followed is to be thought over */
    bool logs_waiting;   /* … for a call that may be made */
    int64_t logs_ms;     /* when lines were sent last */
    int64_t logs_due_ms; /* when to look at them though nothing pokes; -1 = no need */
};

/* ---- runpod_watch_round.c ---- */

/* Asks for everything that is due, all at once, and tells what is new. */
void watch_round(struct runpod_watch *w);

/* ---- runpod_watch_plan.c: how often each thing is asked for ---- */

void watch_plan_init(struct runpod_watch *w);
/* When the next round has something to do, monotonic. */
int64_t watch_next_ms(struct runpod_watch *w);
/* Whether a call of the control plane may be made; takes it when so. And how long until. */
bool watch_may_call(struct runpod_watch *w);
/* The same for a list of workers, which lets a log go first that waits to be followed. */
bool watch_may_list(struct runpod_watch *w);
int64_t watch_call_wait_ms(struct runpod_watch *w);
/* Everything of it is due. */
void watch_endpoint_init(struct watched *e, uint64_t seed);
void watch_health_due(struct watched *e, uint64_t seed); /* at the next beat */
/* Between two looks at its workers. */
int64_t watch_workers_ms(const struct watched *e);
/* Of the list, the account or the catalog. */
struct cadence *watch_cadence(struct runpod_watch *w, enum thing thing);
/* With a key that is refused nothing but the list is worth asking. */
bool watch_key_refused(const struct runpod_watch *w);
void watch_hurry_all(struct runpod_watch *w);
void watch_set_focus(struct runpod_watch *w, const char *endpoint_id);

/* ---- runpod_watch_turns.c: which endpoints come first when not all can be asked ---- */

/* The places of those whose health or workers are to be asked for now, in that order; returns how many.
 * Those that were asked are then told as taken. */
size_t watch_turns(
    const struct runpod_watch *w, enum thing thing, int64_t now, size_t *out, size_t max);
void watch_turns_taken(struct runpod_watch *w, enum thing thing, const size_t *turns, size_t count);
/* Notes whether it is among those that are seen. */
void watch_see(const struct runpod_watch *w, struct watched *e);

/* ---- runpod_watch_take.c: what an answer says, sent when it is new ---- */

/* 0, or -1 with the error. `e`: the endpoint it is about, else NULL. Takes the answer. */
int watch_take(struct runpod_watch *w, enum thing thing, struct watched *e,
    struct json *take_answer, struct err *why);
void watch_send_source(struct runpod_watch *w);
/* Whether requests wait or workers are not well; as seen last. */
bool watch_in_trouble(const struct watched *e);
/* Worth more looks than the others. */
bool watch_urgent(const struct watched *e);
void watch_release_endpoints(struct runpod_watch *w);

/* ---- runpod_watch_mark.c: fingerprints, without what merely ages ---- */

uint64_t watch_mark_endpoints(const struct endpoint_page *page);
uint64_t watch_mark_workers(const struct worker_page *page);
uint64_t watch_mark_gpus(const struct gpu_page *page);
bool watch_same_account(const struct account *a, const struct account *b);
bool watch_same_health(const struct health *a, const struct health *b);

/* ---- runpod_watch_detail.c: everything of the endpoint in focus ---- */

/* Another one is in focus (w->focus): what was known is forgotten, and everything is due. */
void watch_detail_begin(struct runpod_watch *w);
void watch_detail_release(struct runpod_watch *w);
struct cadence *watch_detail_cadence(struct runpod_watch *w, enum thing thing);
/* When the next part is due; INT64_MAX = there is no such endpoint. */
int64_t watch_detail_due_ms(struct runpod_watch *w);
/* How long until it is asked for again after it went well. */
int64_t watch_detail_ms(const struct runpod_watch *w, enum thing thing);
/* Takes the answer. */
int watch_detail_take(
    struct runpod_watch *w, enum thing thing, struct json *take, struct err *why);
/* How asking went; `why` NULL = well. */
void watch_detail_note(struct runpod_watch *w, enum thing thing, const struct err *why);
/* What its workers say of a rollout. */
void watch_detail_workers(struct runpod_watch *w, const struct worker_page *page);
void watch_detail_hurry(struct runpod_watch *w);
/* When anything changed but the age. */
void watch_detail_send(struct runpod_watch *w);

/* ---- runpod_watch_logs.c: whose logs are followed ---- */

void watch_logs(struct runpod_watch *w);
void watch_logs_close(struct runpod_watch *w);
void watch_stop_following(struct runpod_watch *w, struct followed *f, int64_t not_before_ms);
/* Before the endpoint's workers are replaced by those of the page: those that are missing there vanished. */
void watch_note_gone(
    struct runpod_watch *w, const struct watched *e, const struct worker_page *page);
/* What the options' recall says was seen in earlier runs. */
void watch_recall_gone(struct runpod_watch *w);

/* ---- runpod_watch_lines.c: their lines on the way to main ---- */

int watch_lines_init(struct runpod_watch *w); /* -1 when memory is out */
void watch_lines_release(struct runpod_watch *w);
/* Takes in what has come, and sends a batch now and then; sets logs_due_ms. */
void watch_lines(struct runpod_watch *w);

#endif
