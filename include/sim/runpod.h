/* runpod: the RunPod account that slipway-sim plays.
 *
 * Two halves. The physics (runpod_world.c and the files that runpod_physics.h names) knows nothing
 * of HTTP: it advances endpoints, workers, jobs, logs, stock and bills through simulated time,
 * event by event, so that the result does not depend on how an advance is cut into steps. The
 * surfaces (runpod_rest_*.c, runpod_data_jobs.c, runpod_data_openai.c, runpod_graphql.c, runpod_rest_logs.c)
 * translate requests into reads and changes of it, as spec/runpod.md says. All of it runs with the
 * world's lock held; times are simulated wall milliseconds. Everything is freed with the world.
 *
 * Life of a worker (spec §3.4): PLACING (wanted; waits for stock; not listed) → PULLING → STARTING
 * (container start and model load) → IDLE ⇄ RUNNING → gone; THROTTLED when its host is busy; a
 * crash goes back to STARTING after a delay, and after `unhealthy_after` crashes (0 = never, as the
 * real platform often does not) shows UNHEALTHY. With FlashBoot an idle worker is PARKED instead of
 * gone: not listed, not billed, but counted idle and ready by /health, and quickly up again. The v2
 * list shows PULLING and STARTING as INITIALIZING. /health lags behind and counts differently on
 * purpose (spec §3.2, §3.3): see struct health.
 *
 * "Now" of the physics is runpod_world.advanced_to; everything a surface changes happens then. */
#ifndef SLIPWAY_SIM_RUNPOD_H
#define SLIPWAY_SIM_RUNPOD_H

#include "base/err.h"
#include "base/json.h"
#include "sim/sim.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ENDPOINT_JOBS_MAX = 200000, /* kept in memory; finished ones expire as spec §2.6 says */
    ENDPOINT_WORKERS_MAX = 64,
    WORKER_LOG_MAX = 6000, /* lines kept a worker and source, more than the 5000 one may ask for */
    RELEASES_MAX = 500
};

/* ---- GPUs ------------------------------------------------------------------------------------ */

enum stock { STOCK_NONE, STOCK_LOW, STOCK_MEDIUM, STOCK_HIGH };
const char *stock_name(enum stock s); /* "NONE" … */

struct gpu_type { /* constant facts, spec §6.1; stock may be changed by a scenario */
    const char *id, *name, *pool, *manufacturer;
    int memory_gb;
    double price_serverless, price_secure, price_community; /* $/h per GPU */
};
extern const struct gpu_type gpu_types[]; /* ended by id NULL; runpod_catalog_data.c */
const struct gpu_type *gpu_type_find(const char *id);

struct data_center {
    const char *id, *name, *region, *country; /* "US-KS-2", "US-KS-2", "NORTH_AMERICA", "US" */
};
extern const struct data_center data_centers[]; /* ended by id NULL */

extern const char *const cuda_versions[]; /* "13.0" first, ended by NULL */

/* Whether any host with the type has a driver for that CUDA version now (t NULL = any type). */
bool runpod_cuda_available(struct sim *s, const struct gpu_type *t, const char *version);

/* Stock of a type in the account's world now (scenario, data centre, CUDA floor taken into
 * account). dc and min_cuda may be NULL. */
enum stock runpod_stock(
    struct sim *s, const struct gpu_type *t, const char *dc, const char *min_cuda);

/* ---- endpoints ------------------------------------------------------------------------------- */

enum scaler { SCALER_QUEUE_DELAY, SCALER_REQUEST_COUNT };

enum worker_state {
    WORKER_PLACING,
    WORKER_PULLING,
    WORKER_STARTING,
    WORKER_IDLE,
    WORKER_RUNNING,
    WORKER_THROTTLED,
    WORKER_UNHEALTHY,
    WORKER_PARKED,
    WORKER_GONE
};

enum log_source { LOG_CONTAINER, LOG_SYSTEM, LOG_SOURCES };

struct log_entry {
    int64_t at;
    uint64_t seq; /* rising over both sources of a worker */
    char *line;
};

struct log_ring { /* oldest first: log_ring_at(r, 0 … count-1); runpod_log_ring.c */
    struct log_entry *entries;
    size_t first, count, cap;
};

struct script_line; /* runpod_script.c */

struct job_lane { /* jobs linked by lane_next: a queue, a worker's, finished ones */
    struct job *first, *last;
    size_t count;
};

struct worker {
    char id[16];
    struct endpoint *endpoint;
    enum worker_state state;
    int64_t created, started;         /* placed; first container start (0 = not yet) */
    int64_t state_since, state_until; /* until INT64_MAX = no timed change */
    int64_t idle_since;               /* 0 while a job runs or it is not up */
    int64_t ended;                    /* GONE since; remembered for its logs for 1 h */
    int version;                      /* of the endpoint at its start */
    int number;                       /* the endpoint's first, second … */
    bool stale;                       /* the endpoint has a newer version */
    bool draining;                    /* ends when its jobs are done, takes no more */
    int starts, crashes;
    struct job_lane jobs;       /* what it executes */
    const struct gpu_type *gpu; /* NULL before placement and on CPU endpoints */
    char data_center[16];
    char cuda[8]; /* of its host's driver, "12.8" */
    char image[256];
    struct log_ring log[LOG_SOURCES];
    uint64_t log_seq; /* of the newest line of both sources; 0 = none yet */
    struct worker *next;

    /* the physics' own */
    bool container;             /* its container runs now (else it is between two starts) */
    int64_t container_at;       /* since then */
    int64_t ready_at;           /* when this start will be ready; INT64_MAX = never */
    int64_t crash_at;           /* when its container will die by itself */
    int64_t billed_from;        /* 0 = not billed now */
    int64_t billed_seconds;     /* of this stretch, charged so far */
    int64_t billed_total;       /* seconds, all stretches */
    const struct json *trouble; /* what is wrong with it, borrowed from the scenario; or NULL */
    struct script_line *script; /* lines to come */
    size_t script_count, script_next;
    int64_t stats_at;              /* next engine statistics line; INT64_MAX = none */
    int64_t tokens_in, tokens_out; /* since the last such line */
    int64_t kv_tokens;             /* what its KV cache holds */
    int generation;                /* enum generation of its image */
    size_t slots;                  /* jobs it takes at a time */
    int gpu_count, disk_gb;        /* of its version: what it is charged for */
};

enum job_state {
    JOB_IN_QUEUE,
    JOB_IN_PROGRESS,
    JOB_COMPLETED,
    JOB_FAILED,
    JOB_CANCELLED,
    JOB_TIMED_OUT
};
const char *job_state_name(enum job_state s);

/* How the attempt that runs now will end, unless something comes between. */
enum job_end { END_DONE, END_ERROR, END_SILENT, END_REJECTED, END_KILLS, END_TOO_LONG };

struct job {
    char id[64];
    enum job_state state;
    bool sync;           /* id starts sync-; result kept 1 min */
    struct json *input;  /* owned */
    struct json *output; /* owned, NULL until there is one */
    char *error;         /* owned */
    char *webhook;       /* owned; a surface may set it */
    int64_t submitted, queued, picked,
        ended;                      /* queued = last (re)queueing by /retry; 0 = not yet */
    int64_t finish_at;              /* when the worker will be done */
    int64_t execution_timeout, ttl; /* ms; 0 = endpoint's / default; a surface may set them */
    bool low_priority;              /* likewise */
    int retries;
    char worker[16];         /* "" before the first pick-up */
    struct json *chunks;     /* array of streamed outputs so far; NULL = none */
    size_t chunks_sent;      /* drained by /stream */
    int64_t expires;         /* final: when its result is forgotten; a surface may lower it */
    bool traffic;            /* made by the scenario, not by a client */
    bool webhook_due;        /* became final with a webhook set; the surface clears it */
    struct job *next, *prev; /* in order of submission */

    /* the physics' own */
    enum job_end end;
    int64_t available;                 /* the queue hands it out from then on */
    int64_t tokens_in, tokens_out;     /* of the present attempt */
    const struct json *trouble;        /* END_KILLS: what it does, borrowed from the scenario */
    struct json *all_chunks;           /* what chunks will hold at the end */
    struct job *lane_next, *lane_prev; /* queue, a worker's jobs, or finished ones */
    struct job *id_next;               /* same bucket of the id table */
};

struct release {
    char id[16];
    int version;
    char source[12]; /* MANUAL */
    int worker_count;
    int64_t created;
    struct json *diff; /* array of {field, old, new} */
};

struct bill_bucket {  /* one hour, as endpoint_bills gives it */
    int64_t start;    /* ms, on the hour */
    double gpu, disk; /* $ */
    double worker_seconds;
};
struct bill_hour; /* the same in whole numbers; runpod_bill.c */

struct endpoint {
    char id[20];
    char name[128];
    bool load_balancer;
    /* settings, spec §4.4; kept as they are answered */
    char image[256];
    int disk_gb;
    struct json *env;          /* object of strings */
    struct json *pools;        /* array of strings */
    struct json *excluded;     /* array */
    struct json *allowed_cuda; /* array */
    char min_cuda[8];
    int gpu_count;
    struct json *cpu; /* array or NULL */
    int workers_min, workers_max, idle_timeout_s;
    enum scaler scaler;
    double scaler_value;
    int64_t timeout_ms;
    char flashboot[20];
    struct json *data_centers;     /* array */
    struct json *volumes;          /* array */
    struct json *ports;            /* array */
    char *args;                    /* owned, may be NULL */
    struct json *entrypoint, *cmd; /* arrays or NULL */
    char *registry;                /* owned, may be NULL */
    char template_id[16];          /* linked through GraphQL; "" = none. The surfaces' own. */
    int64_t created;
    int version;
    struct release releases[RELEASES_MAX];
    size_t release_count;

    struct json *extra; /* object of what only other surfaces know (GraphQL's modelReferences,
                                  templateId …); may be NULL; freed with the endpoint */

    /* what happens in it */
    struct worker *workers; /* live and remembered, oldest first */
    struct job *jobs, *jobs_last;
    size_t job_count;
    int64_t completed, failed, retried; /* running totals; failed includes timed_out */
    int64_t submitted, cancelled, timed_out, expired; /* expired = deleted by ttl */
    struct health { /* what /health says of workers; refreshed late on purpose */
        int64_t taken;
        int idle, initializing, ready, running, throttled, unhealthy;
    } health;
    int64_t last_request;         /* for the automatic scale-down after 3 and 7 days */
    const struct json *behaviour; /* borrowed from the scenario: how its workers act; or NULL */
    struct traffic_state {
        int64_t next_arrival;    /* INT64_MAX = none */
        const struct json *plan; /* borrowed from the scenario; or NULL */
    } traffic;

    /* the physics' own */
    struct runpod_world *world;
    struct endpoint_facts *facts; /* what follows from the settings; runpod_facts.c */
    uint64_t random;              /* its own stream, so that endpoints do not disturb each other */
    struct job_lane queue, done[2]; /* done: async, sync */
    size_t in_progress;
    struct job **by_id;
    int64_t ttl_at, ttl_seen; /* no job is past its ttl before; submissions looked at until */
    struct bill_hour *bills;  /* one an hour, oldest first */
    size_t bill_count, bill_cap;
    int64_t scale_added;   /* when the scaler last wanted one more */
    int64_t changed;       /* settings, last */
    int64_t failing_since; /* no worker came up since; 0 = fine */
    int64_t retire_at;     /* a rollout takes the next old worker away then */
    int rollout_need;      /* workers it replaces */
    int workers_made;
    int64_t place_at;      /* no host is looked for before */
    struct endpoint *next;
};

struct named_row { /* a template, pod, network volume, registry or secret (spec §4.5) */
    char id[20];
    struct json *fields; /* owned; as answered, less id */
    struct named_row *next;
};

struct runpod_surface; /* what the surfaces remember (runpod_limits.c) */
void runpod_surface_free(struct runpod_surface *f); /* NULL is fine */

struct runpod_world {
    const struct json *scenario; /* owned by the world */
    const struct json *base;     /* the scenario it builds on, owned; or NULL */
    struct hub_world *hub;       /* where models are looked for, borrowed; NULL = none */
    struct endpoint *endpoints;
    struct named_row *templates, *pods, *volumes, *registries, *secrets;
    double balance; /* as of advanced_to; set it with runpod_balance_set */
    double spend_limit;
    int worker_quota;
    int rate_minute, rate_hour;     /* REST v2 quota; 0 = the default 60 and 3000 */
    int64_t advanced_to;            /* simulated time played so far */
    struct runpod_surface *surface; /* the surfaces' own; freed with the world */

    /* the physics' own */
    int64_t start;        /* when the scenario began, after its warm-up */
    int64_t next_tick;    /* whole seconds */
    int64_t money, spent; /* balance at the last setting, spent since; in 1e-12 $ */
    int64_t billing_lag;  /* ms */
    bool may_spend;       /* as of the last tick */
    struct json *stock;   /* owned */
    const struct json *behaviour, *troubles; /* common to all endpoints; borrowed */
    const struct json *timeline_next;        /* the entry that is due next; borrowed */
    struct json *played;                     /* entries that came from outside; owned */
    struct turn {
        int64_t at; /* when something happens in it by itself */
        struct endpoint *endpoint;
    } * turns; /* in the endpoints' order, while the world is played; room for all of them */
    size_t turn_count, turn_room;
};

/* ---- the physics ----------------------------------------------------------------------------- */

/* The Hub of s, if it has one, must be there by now and live as long as this world. */
struct runpod_world *runpod_world_new(struct sim *s, struct json *take_scenario, struct err *e);
void runpod_world_free(struct runpod_world *w);

/* Plays everything up to sim_now(s). Called by the ticker and before every request. */
void runpod_advance(struct sim *s);

/* When something will happen next by itself (simulated ms); INT64_MAX = nothing planned. */
int64_t runpod_next_event(struct sim *s);

struct endpoint *endpoint_find(struct sim *s, const char *id);
/* A new endpoint with a fresh id, defaults of spec §4.4, and the scenario's "new_endpoint"
 * behaviour; linked into the world. The surface fills in the settings (all JSON members and strings
 * are owned by the endpoint: free the old one, or json_free it, when replacing), then calls
 * endpoint_released. NULL when memory is out. */
struct endpoint *endpoint_create(struct sim *s, const char *name);
void endpoint_delete(struct sim *s, struct endpoint *e); /* workers end, jobs are cancelled */
/* To be called after any change of settings. `container` = image, env, disk, args or GPU changed: a
 * new version, noted as a release with `diff`; workers roll. Else the scaler just looks again.
 * Takes diff (may be NULL). An endpoint's first call notes release 1 in either case. */
void endpoint_released(struct sim *s, struct endpoint *e, bool container, struct json *diff);

size_t endpoint_active_workers(const struct endpoint *e); /* those that the v2 list shows */
bool worker_listed(const struct worker *w);
const char *worker_state_name(const struct worker *w);          /* as the v2 list says it */
struct worker *worker_find(struct endpoint *e, const char *id); /* also remembered ones */
void endpoint_health(struct sim *s, struct endpoint *e, struct health *out);
/* Listed workers, and those of them on the latest version (spec §4.5 releases.rollout; in progress
 * while they differ). */
void endpoint_rollout(const struct endpoint *e, int *total, int *latest);
/* {"phase","reason"} of a cached model that failed on this worker (spec §4.7), or NULL.
 * Borrowed. */
const struct json *worker_model_failure(const struct worker *w);
double endpoint_cost_per_hour(const struct endpoint *e); /* of the workers billed now */
double worker_cost_per_hour(const struct worker *w);     /* its price, billed now or not */
double runpod_spend_per_hour(struct sim *s);
void runpod_balance_set(struct sim *s, double dollars);

/* Jobs. submit takes input (also when it fails); NULL when the queue cap is reached (spec §2.6).
 * Set policy and webhook in the job it returns. */
struct job *job_submit(struct sim *s, struct endpoint *e, struct json *input, bool sync);
/* NULL = expired, unknown. Brings output and chunks of the job up to now. */
struct job *job_find(struct sim *s, struct endpoint *e, const char *id);
bool job_final(const struct job *j);
int64_t job_delay_ms(const struct job *j);     /* spec §2.3 delayTime; -1 = not picked up yet */
int64_t job_execution_ms(const struct job *j); /* executionTime; -1 = not finished or never ran */
void job_cancel(struct sim *s, struct endpoint *e, struct job *j);
bool job_retry(struct sim *s, struct endpoint *e, struct job *j); /* false: not from this state */
int job_purge(struct sim *s, struct endpoint *e);
int endpoint_queue(const struct endpoint *e);       /* IN_QUEUE now */
int endpoint_in_progress(const struct endpoint *e); /* IN_PROGRESS now */
/* GPU-independent: the output a worker-vllm of the endpoint's image generation gives for an input
 * (spec §7.6, A and B, OpenAI routes); runpod_answer.c. */
struct json *job_answer(struct sim *s, const struct endpoint *e, const struct json *input);
/* The words of the answer, for streaming, cut as tokens: array of strings. */
struct json *job_answer_tokens(struct sim *s, const struct endpoint *e, const struct json *input);

/* Appends a line at the present time; the oldest goes when the ring is full. */
void worker_log(struct sim *s, struct worker *w, enum log_source source, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The i-th oldest, NULL past the end. Entries are sorted by at and by seq. */
const struct log_entry *log_ring_at(const struct log_ring *r, size_t i);

/* Bills: [from, to) in hour buckets; the running hour is incomplete and the last finished one lags
 * by the scenario's "billing_lag_s". Fills at most max; returns the number. */
size_t endpoint_bills(struct sim *s, const struct endpoint *e, int64_t from, int64_t to,
    struct bill_bucket *out, size_t max);

/* Does now what an entry of a scenario's timeline says; takes it. -1 = it names an endpoint that there
 * is not. */
int runpod_play(struct sim *s, struct json *take_entry);

/* The truth, for GET /_sim/state. */
struct json *runpod_state(struct sim *s);

#endif
