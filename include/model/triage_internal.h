/* What the files of the triage family share; for src/model/triage*.c only.
 *
 * A rule is one row: it looks whether it holds (find), says so with its evidence (tell), and what helps (mend).
 * What many rules ask of the evidence is worked out once, in triage_reader. The tables are in the order of what
 * decides: the first rule that is at least likely is the cause, the others stand behind it. */
#ifndef SLIPWAY_MODEL_TRIAGE_INTERNAL_H
#define SLIPWAY_MODEL_TRIAGE_INTERNAL_H

#include "model/preflight.h"
#include "model/triage.h"

enum triage_effect {
    TRIAGE_PROOF, /* one look is enough for stuck */
    TRIAGE_STOPS, /* stuck, after its grace and two looks */
    TRIAGE_SLOWS, /* is being served, or will be: waiting */
    TRIAGE_NOTES  /* says something of single requests, nothing of the endpoint */
};

/* What a rule must have read to speak. */
enum {
    TRIAGE_NEEDS_HEALTH = 1,
    TRIAGE_NEEDS_WORKERS = 2,
    TRIAGE_NEEDS_DETAIL = 4,
    TRIAGE_NEEDS_ACCOUNT = 8,
    TRIAGE_NEEDS_CATALOG = 16,
    TRIAGE_NEEDS_LOGS = 32 /* at least one */
};

enum {
    TRIAGE_SECOND = 1000,
    TRIAGE_MINUTE = 60 * TRIAGE_SECOND,
    TRIAGE_GRACE_READY = TRIAGE_MINUTE,
    TRIAGE_GRACE_PLACE = 5 * TRIAGE_MINUTE,      /* throttled, or no worker */
    TRIAGE_GRACE_NO_OTHER = 15 * TRIAGE_MINUTE,  /* … and no other pool to go to */
    TRIAGE_GRACE_INIT = 30 * TRIAGE_MINUTE,      /* of a worker that initialises */
    TRIAGE_GRACE_INIT_MOST = 90 * TRIAGE_MINUTE, /* … of a very big model */
    TRIAGE_POOLS = 32,
    TRIAGE_POOLS_USED = 3, /* more than three are ignored (spec/runpod.md §4.7) */
    TRIAGE_ENV_MAX = 96,
    TRIAGE_INIT_TIMEOUT_S = 420, /* the platform's, when RUNPOD_INIT_TIMEOUT is not set */
    TRIAGE_HUNG_MS = 30 * TRIAGE_MINUTE,
    TRIAGE_RUN_DEFAULT = 10 * TRIAGE_MINUTE /* what a request may take, when nothing else is set */
};

struct triage_reader {
    const struct triage_evidence *v;
    struct arena *a;
    struct triage *out;             /* NULL while only looked at */
    bool failed;                    /* memory was out */
    const struct triage_job *asked; /* of triage_judge_job; else NULL */

    const struct health *health; /* the newest; NULL = none */
    int by[WORKER_STATUSES];     /* listed now, by status; of health where the list was not read */
    int listed, vanished, up;    /* up: running or idle, as it is said */
    int crashing, starting, pulling, loading, serving; /* by their logs; starting: initialising */
    int unplaced;                                      /* initialising, without a host */
    int unread, unread_here; /* workers whose logs were not read; … that are still there */
    int well;                /* up, and not known to crash */
    bool clear;              /* the logs were read as far as there are any, and nothing crashes */
    bool waits, late, two_looks;
    bool serves_now;   /* requests were served a moment ago, or are at work and nothing crashes */
    int64_t queue;     /* requests that wait; -1 = unknown */
    int64_t running;   /* … that are at work; -1 = unknown */
    int64_t waited_ms; /* how long the oldest waits, as far as that is known; 0 = unknown */
    int64_t coming_ms; /* for how long a worker is there and not up; 0 = none is */
    int64_t served_ms; /* wall: when something was completed last, as seen; -1 = never */
    struct worker_image image;
    double worker_price; /* $/h of one worker; NAN = unknown */

    struct gpu_pool pools[TRIAGE_POOLS]; /* the catalog's */
    size_t pool_count;
    struct preflight_env env[TRIAGE_ENV_MAX];
    struct checklist files;
    struct preflight_evidence
        fit; /* what the model needs; facts_known tells whether it means something */
    bool facts_known;
    struct triage_remedy dropped; /* where a remedy goes for which there was no room */
};
int triage_read(struct triage_reader *r, const struct triage_evidence *v, struct arena *a);

struct triage_rule;
/* That a rule holds, and with whom. */
struct triage_find {
    const struct triage_rule *rule;
    enum triage_certainty certainty;
    bool ripe;        /* the grace of its phase has passed */
    int64_t since_ms; /* wall; -1 = as long as the oldest request waits */
    const struct triage_worker *worker;
    const struct triage_job *job;
    int count;            /* of workers or jobs that show it */
    bool unqueued;        /* holds up work that is in no queue: at work, or a load balancer's */
    bool at_once;         /* is told even while nothing waits for long */
    struct text sentence; /* for the verdict; empty = the brief */
};

struct triage_rule {
    const char *id;
    int row;
    enum triage_effect effect;
    unsigned needs;
    const char *brief;
    bool (*find)(struct triage_reader *r, struct triage_find *f);
    void (*tell)(struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d);
    void (*mend)(struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d);
};
/* Each up to a row without an id. */
extern const struct triage_rule triage_rules_first[], triage_rules_hold[], triage_rules_queue[],
    triage_rules_now[], triage_rules_coming[], triage_rules_place[], triage_rules_room[],
    triage_rules_job[];

/* ---- triage_logs.c: what logs say ---- */

/* Causes by their ids, each up to a row without one; their `find` is NULL. */
extern const struct triage_rule triage_log_start[], triage_log_model[], triage_log_more[];
/* Of no known cause; of one that has no row. */
extern const struct triage_rule triage_log_loop, triage_log_other;

/* One find for each cause that live workers' logs show, most workers first; returns how many. */
size_t triage_find_logs(struct triage_reader *r, struct triage_find *finds, size_t max);
/* Whether the worker's newest starts fail, whatever its status says. */
bool triage_worker_crashes(const struct triage_worker *w);
/* Seconds between its starts; 0 = unknown. */
int64_t triage_start_period_s(const struct crash *c);

/* The text of a value; `fallback` when it was not said. */
const char *triage_value(const struct crash *c, enum crash_value_kind kind, const char *fallback);
double triage_amount(const struct crash *c, enum crash_value_kind kind); /* NAN = not said */
const char *triage_variant(const struct crash *c);
const char *triage_model(struct triage_reader *r, const struct crash *c);
/* The summary, with the log's lines as evidence. */
void triage_tell_log(
    struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d, struct text sum);
void triage_tell_setting(
    struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d);
void triage_mend_setting(
    struct triage_reader *r, struct triage_find *f, struct triage_diagnosis *d);
bool triage_is_vllm(const struct triage_reader *r);
/* The image that is to be taken for a vLLM worker on these hosts, or a newer one than it has; if there is any. */
void triage_default_image(struct triage_reader *r, struct triage_diagnosis *d);
void triage_newer_image(struct triage_reader *r, struct triage_diagnosis *d);

/* ---- triage_say.c ---- */

struct text triage_text(struct triage_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void triage_sum(struct triage_reader *r, struct triage_diagnosis *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void triage_line(struct triage_reader *r, struct triage_diagnosis *d, const char *source,
    const char *worker, int64_t at_ms, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* "17 requests wait, the oldest for 14 min"; of health, or jobs. */
void triage_line_queue(struct triage_reader *r, struct triage_diagnosis *d);
void triage_line_workers(struct triage_reader *r, struct triage_diagnosis *d);
enum { TRIAGE_SPAN_SHOWN = 24 };
const char *triage_span(int64_t ms, char out[TRIAGE_SPAN_SHOWN]); /* "14 min" */
const char *triage_str(struct text t);                            /* never NULL */
bool triage_has(struct text t, const char *word);
const char *triage_plural(int64_t n); /* "s", or "" for one */

/* ---- triage_sentence.c ---- */

bool triage_knows_nothing(const struct triage_reader *r); /* of what waits */
/* Whether there is work that a crash could hold up; or workers that are to be up, and are not. */
bool triage_logs_matter(const struct triage_reader *r);
struct text triage_sentence(
    struct triage_reader *r, const struct triage_find *f, enum triage_verdict verdict);
/* What is paid an hour while nothing is served; NAN = not known. */
double triage_paid(const struct triage_reader *r);

/* ---- what is asked of the evidence ---- */

const char *triage_env(
    const struct triage_evidence *v, const char *name); /* NULL = not set, or not known */
bool triage_env_set(const struct triage_evidence *v, const char *name);
int64_t triage_env_number(const struct triage_evidence *v, const char *name); /* -1 = none */
bool triage_could_not(const struct triage_evidence *v, const char *what);
bool triage_job_waits(const struct triage_job *j);
/* The balancer found no worker for it. */
bool triage_job_unserved(const struct triage_job *j);
int64_t triage_quiet_ms(const struct triage_evidence *v);
int64_t triage_at_work_ms(const struct triage_reader *r, const struct triage_job *j);
bool triage_is_unplaced(const struct triage_worker *w);
/* For how long every look up to now has had `such`; -1 = not even the newest. */
int64_t triage_held_ms(const struct triage_evidence *v, bool (*such)(const struct health *h));
const struct gpu_pool *triage_pool(const struct triage_reader *r, struct text id);
/* The stock of the endpoint's own pools: the best. */
enum stock triage_own_stock(const struct triage_reader *r);
/* The least memory of its pools in GB; 0 = unknown. */
int triage_own_memory(const struct triage_reader *r);
int triage_own_cuda(const struct triage_reader *r);
bool triage_uses_pool(const struct triage_reader *r, struct text id);
int64_t triage_grace_place(const struct triage_reader *r);
int64_t triage_grace_init(const struct triage_reader *r);

/* Whether the log names this cause. */
bool triage_has_cause(const struct triage_worker *w, const char *id);
/* The first of them, living or vanished; NULL = none. */
const struct triage_worker *triage_first_worker(
    const struct triage_reader *r, bool (*such)(const struct triage_worker *w));
/* The first of the requests, or the one that was asked about; how many there are. */
const struct triage_job *triage_job_that(const struct triage_reader *r,
    bool (*such)(const struct triage_reader *r, const struct triage_job *j), int *count);
/* Work waits, and no worker has as much as a host. */
bool triage_none_there(const struct triage_reader *r);
/* As sure as said when every log is clear; ripe when there was time for a place to be found. */
void triage_place(struct triage_reader *r, struct triage_find *f, enum triage_certainty if_clear);

/* ---- triage_remedy.c ---- */

enum { TRIAGE_RISK_NONE, TRIAGE_RISK_YES, TRIAGE_RISK_PLAN, TRIAGE_RISK_NAME };

/* The next remedy of the diagnosis, to be filled; never NULL: what has no room goes to one that is dropped. */
struct triage_remedy *triage_remedy(struct triage_reader *r, struct triage_diagnosis *d,
    const char *id, const char *format, ...) __attribute__((format(printf, 4, 5)));
void triage_remedy_release(struct triage_remedy *m);
void triage_means(struct triage_reader *r, struct triage_remedy *m, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the operation is asked for: begun with the endpoint, so that it can be applied. */
struct json *triage_asks(struct triage_reader *r, struct triage_remedy *m);
/* A PATCH of the endpoint with an empty body, which is returned (of the remedy). */
struct json *triage_patch(struct triage_reader *r, struct triage_remedy *m);
void triage_call(struct triage_reader *r, struct triage_remedy *m, const char *method,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
struct json *triage_object(struct triage_reader *r, struct json *in, const char *key);
void triage_put(struct triage_reader *r, struct json *in, const char *key, struct json *take);

/* Of an environment that is sent; what may be a secret is masked. */
void triage_put_env(struct triage_reader *r, struct json *env, const char *name, const char *value);

/* The remedies that several rules offer. */
void triage_wait(struct triage_reader *r, struct triage_diagnosis *d, const char *for_what);
void triage_by_hand(struct triage_reader *r, struct triage_diagnosis *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void triage_scale(struct triage_reader *r, struct triage_diagnosis *d, int min, int max);
/* Several: name, value, name, value …, NULL; under the names that the image reads. */
void triage_set_env(struct triage_reader *r, struct triage_diagnosis *d, const char *const *pairs);
void triage_unset_env(struct triage_reader *r, struct triage_diagnosis *d, const char *name);
/* A secret that a person has to give. */
void triage_give_token(struct triage_reader *r, struct triage_diagnosis *d);
void triage_set_context(
    struct triage_reader *r, struct triage_diagnosis *d, int64_t from, int64_t to);
void triage_set_pools(
    struct triage_reader *r, struct triage_diagnosis *d, const struct text *pools, size_t count);
void triage_set_gpus(struct triage_reader *r, struct triage_diagnosis *d, int gpus);
void triage_set_disk(struct triage_reader *r, struct triage_diagnosis *d, int gb);
void triage_set_image(
    struct triage_reader *r, struct triage_diagnosis *d, const char *image, const char *cuda);
void triage_set_cuda(struct triage_reader *r, struct triage_diagnosis *d, const char *cuda);
void triage_set_timeout(struct triage_reader *r, struct triage_diagnosis *d, int seconds);
void triage_roll_back(struct triage_reader *r, struct triage_diagnosis *d);
void triage_cancel(struct triage_reader *r, struct triage_diagnosis *d, const char *job_id);
void triage_stop_paying(struct triage_reader *r, struct triage_diagnosis *d);
void triage_purge(struct triage_reader *r, struct triage_diagnosis *d);

/* ---- triage_remedy_fit.c: computed values ---- */

/* A context that is a bit less than `fits`: 4096, 6144, 8192 …; 0 = too little to be of use. */
int64_t triage_round_context(int64_t fits);
void triage_mend_fit(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c);
void triage_mend_heads(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c);
void triage_mend_disk(struct triage_reader *r, struct triage_diagnosis *d, const struct crash *c);
/* One pool in stock that holds the model, instead of those it has. */
void triage_mend_pool(struct triage_reader *r, struct triage_diagnosis *d);
/* Pools in stock that hold the model, beside those it has. */
void triage_mend_place(struct triage_reader *r, struct triage_diagnosis *d);

#endif
