/* runpod_physics: what the files of the RunPod physics share; the surfaces include only runpod.h.
 *
 *   runpod_world.c     the event loop, endpoints coming and going, releases, account
 *   runpod_setup.c     a world from a scenario        runpod_setup_endpoint.c  its endpoints
 *   runpod_timeline.c  what a scenario does at set times
 *   runpod_catalog_data.c  GPU types, data centers    runpod_stock.c  stock, CUDA, placement
 *   runpod_scaler.c    how many workers there should be; rollouts
 *   runpod_worker.c    the life of one worker         runpod_worker_end.c  crashes and endings
 *   runpod_health.c    counting them
 *   runpod_job.c       submit, find, cancel, retry …  runpod_lane.c  the lists jobs are in
 *   runpod_dispatch.c  picking up and finishing       runpod_outcome.c  how an attempt ends
 *   runpod_traffic.c   requests that the scenario sends
 *   runpod_facts.c     what is true of an image and a model; does it fit
 *   runpod_trouble.c   which of a scenario's troubles hits
 *   runpod_script.c    lines of a start, from templates (runpod_script_data.c)
 *   runpod_log_ring.c       rings of lines                 runpod_log_requests.c  lines of a request
 *   runpod_bill.c      charging by the second
 *   runpod_answer.c    what a model says              runpod_answer_shape.c  how it is wrapped
 *   runpod_answer_error.c  requests that a worker refuses
 *   runpod_script_fill.c   {names} in templates       runpod_script_args.c  vllm's command line
 *   runpod_random.c    draws of an endpoint           runpod_state.c  the truth as JSON
 *
 * Two rules make the result independent of how an advance is cut. Everything happens in an event at
 * a time of its own, never "at the end of the advance"; and every endpoint draws from its own
 * random numbers, in the order of its own events. Money and billed time are whole numbers, because
 * sums of doubles depend on their order. world->advanced_to is the time of the event being played.
 */
#ifndef SLIPWAY_SIM_RUNPOD_PHYSICS_H
#define SLIPWAY_SIM_RUNPOD_PHYSICS_H

#include "base/buf.h"
#include "sim/runpod.h"

#define NEVER INT64_MAX

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    JOB_TTL_MS = 24 * HOUR, /* spec §2.2 */
    INIT_TIMEOUT_S = 420,   /* spec §7.5 */
    POOLS_MAX = 3           /* more are ineffective, spec §4.7 */
};

/* ---- scenario data --------------------------------------------------------------------------- */

/* A top-level member of the scenario, or of the one it builds on. */
const struct json *world_get(const struct runpod_world *world, const char *key);
/* A member of the endpoint's behaviour, else of the scenario's common "behaviour". */
const struct json *behave(const struct endpoint *e, const char *key);

/* Whether `text` fits a pattern in which '*' stands for anything. */
bool pattern_fits(const char *pattern, const char *text);

/* ---- draws (runpod_random.c) ----------------------------------------------------------------- */

uint64_t random_next(struct endpoint *e);
double random_unit(struct endpoint *e);                  /* [0,1) */
void random_id(struct endpoint *e, char *out, size_t n); /* out[n+1]; starts with a letter */
void random_uuid(struct endpoint *e, char out[37]);
void random_hex(struct endpoint *e, char *out, size_t n);
/* A number as a scenario writes it: 5, [2, 8] (uniform) or {"p50":2, "p95":9} (log-normal, with
 * optional "min", "max"). low and high are used when j is NULL. Never negative. */
double random_draw(struct endpoint *e, const struct json *j, double low, double high);
int64_t random_ms(struct endpoint *e, const struct json *seconds, double low, double high);
uint64_t text_hash(const char *s); /* FNV-1a */

/* ---- facts (runpod_facts.c) ------------------------------------------------------------------ */

enum generation { IMAGE_OTHER, IMAGE_VLLM_2023, IMAGE_VLLM_A, IMAGE_VLLM_B, IMAGE_EMBEDDING };

struct image_facts {
    enum generation generation;
    int version;   /* 22502 = v2.25.2; 0 = unknown */
    char vllm[16]; /* of worker-vllm images */
    char cuda[8];  /* that it needs, "" = any */
    double gb;
    bool missing, denied, arm64;
    const char *tag; /* inside the reference; "latest" */
};

struct model_facts {
    char name[200];             /* "" = none */
    char served[200];           /* what clients call it */
    double weights_gib, kv_kib; /* KV cache a token */
    int64_t max_len;            /* of its configuration */
    int shards;
    bool gated, missing;
    const char *lacks; /* as struct hub_model has it (sim/hub.h) */
    char architecture[64];
};

struct fit { /* of a model on a GPU, spec §8.1 row 17 */
    int tensor_parallel;
    double utilization, total_gib, weights_gib, free_gib, need_gib; /* per GPU */
    int64_t max_len, best_len, kv_tokens;
    bool weights_fit, fits;
};

struct endpoint_facts { /* worked out at a change of settings, the model also at each start */
    struct image_facts image;
    struct model_facts model;
    double disk_need_gb;
    size_t slots; /* jobs one worker takes at a time */
};

void endpoint_learn(struct endpoint *e);        /* settings have changed */
void endpoint_learn_model(struct endpoint *e);  /* its repository may have changed */
const char *generation_name(enum generation g); /* "other", "2023", "A", "B", "embedding" */
bool generation_is_vllm(enum generation g);
void fit_facts(const struct endpoint *e, const struct gpu_type *gpu, struct fit *out);
const char *endpoint_env(const struct endpoint *e, const char *name); /* NULL = not set */
int64_t endpoint_env_int(const struct endpoint *e, const char *name, int64_t fallback);
bool endpoint_has_token(const struct endpoint *e);
int cuda_number(const char *version); /* "12.8" → 1208; 0 = no version */

/* ---- troubles (runpod_trouble.c) ------------------------------------------------------------- */

/* The first trouble of that phase whose "when" holds for the worker (j for phase "job", else NULL);
 * NULL when all is well. */
const struct json *trouble_find(
    struct endpoint *e, const struct worker *w, const struct job *j, const char *phase);

/* Whether all conditions of a "when" hold; none = they do. w may be NULL. */
bool conditions_hold(struct endpoint *e, const struct worker *w, const struct json *when);

/* ---- stock and placement (runpod_stock.c) ---------------------------------------------------- */

struct place {
    const struct gpu_type *gpu; /* NULL on CPU endpoints */
    const struct data_center *dc;
    enum stock stock;
    char cuda[8];
};

/* A host for one more worker of the endpoint now; false when there is none. */
bool place_pick(struct endpoint *e, struct place *out);
/* Stock of the type where the endpoint may run. */
enum stock endpoint_stock(const struct endpoint *e, const struct gpu_type *t);
enum stock world_stock(const struct runpod_world *world, const struct gpu_type *t, const char *dc,
    const char *min_cuda);

/* ---- workers (runpod_worker.c, runpod_worker_end.c) ------------------------------------------ */

struct worker *worker_new(struct endpoint *e); /* PLACING; NULL when there are too many */
void worker_free(struct worker *w);
void worker_step(struct worker *w); /* state_until has come */
void worker_wake(struct worker *w); /* from PARKED */
void worker_park(struct worker *w);
void worker_up(struct worker *w); /* done with a job: IDLE, RUNNING, or the end */
void worker_start_container(struct worker *w);
/* Its container dies: jobs go back to the queue, and it starts again after a while. */
void worker_crash(struct worker *w, const struct json *trouble);
/* Its container is stopped and removed; jobs it still has go back to the queue. */
void worker_end(struct worker *w);
void worker_enter(struct worker *w, enum worker_state state, int64_t until);
void workers_forget(struct endpoint *e);   /* those gone for an hour; their container logs */
bool worker_live(const struct worker *w);  /* counts against workers.max */
bool worker_is_up(const struct worker *w); /* IDLE or RUNNING */
bool worker_takes_jobs(const struct worker *w);
/* A stale record: listed, though it never gets a host (spec/runpod.md §8.1 row 34). */
bool worker_is_ghost(const struct worker *w);

/* ---- jobs (runpod_lane.c, runpod_job.c, runpod_dispatch.c, runpod_outcome.c) ----------------- */

void lane_push(struct job_lane *lane, struct job *j);
void lane_push_first(struct job_lane *lane, struct job *j);
void lane_remove(struct job_lane *lane, struct job *j);
int jobs_init(struct endpoint *e); /* 0, -1 = out of memory */
void jobs_release(struct endpoint *e);
void job_link(struct endpoint *e, struct job *j);        /* into the list and the table of ids */
void job_unlink_free(struct endpoint *e, struct job *j); /* from everything but its lane */
struct job *job_new(struct endpoint *e, struct json *take_input, bool sync, bool traffic);
void job_requeue(struct endpoint *e, struct job *j); /* its worker is lost; or FAILED */
void job_finish(struct endpoint *e, struct job *j, enum job_state state, const char *error);
void jobs_expire(struct endpoint *e);
bool job_past_ttl(const struct endpoint *e, const struct job *j);
void job_delete_by_ttl(struct endpoint *e, struct job *j);
struct worker *job_worker(const struct endpoint *e, const struct job *j);
void dispatch(struct endpoint *e);                  /* queue → free workers */
int64_t dispatch_next(const struct endpoint *e);    /* when that can next happen */
void worker_finish_jobs(struct worker *w);          /* those whose finish_at has come */
void outcome_plan(struct worker *w, struct job *j); /* on pick-up: end, finish_at, tokens, chunks */
void outcome_happens(struct worker *w, struct job *j); /* at finish_at */
void job_reveal(struct endpoint *e, struct job *j);    /* output and chunks as of now */

/* ---- the rest -------------------------------------------------------------------------------- */

void scaler_run(struct endpoint *e);      /* once a second */
void scaler_released(struct endpoint *e); /* a new version is out: old workers are stale */
void idle_scale_down(struct endpoint *e); /* 3 and 7 days without a request */
void health_take(struct endpoint *e);

void bill_start(struct worker *w);
void bill_settle(struct worker *w); /* charges the seconds begun until now */
void bill_stop(struct worker *w);
void bill_pods(struct runpod_world *world);    /* the minute that has gone by */
void world_settle(struct runpod_world *world); /* all workers, and the balance */
bool world_money_gone(const struct runpod_world *world);
bool world_may_spend(const struct runpod_world *world); /* money left, below the spend limit */
int64_t price_per_second(const struct worker *w);       /* 1e-12 $ */
void bills_release(struct endpoint *e);
/* Adds spending of an hour in the past (a scenario's history). */
int bill_past(struct endpoint *e, int64_t hour, int64_t worker_seconds, int64_t price, double disk);

void log_add(struct worker *w, enum log_source source, const char *line); /* now; split at \n */
void log_printf(struct worker *w, enum log_source source, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_ring_release(struct log_ring *r);
void log_request_started(struct worker *w, const struct job *j);
void log_request_ended(struct worker *w, const struct job *j);
void log_stats(struct worker *w); /* stats_at has come */
void log_sdk(struct worker *w, const char *request_id, const char *level, const char *message);

int64_t script_next_at(const struct worker *w); /* NEVER = played out */
void script_play(struct worker *w);             /* lines whose time has come */
void script_play_all(struct worker *w);         /* all that is planned, now */
void script_clear(struct worker *w);
/* Plans the lines of a start that lasts load_ms, those from from_ms on and before cut_ms. */
void script_start(struct worker *w, int64_t load_ms, int64_t from_ms, int64_t cut_ms);
/* Plans the lines of a trouble from now + delay_ms on; returns when the last one comes. */
int64_t script_trouble(
    struct worker *w, const struct job *j, const struct json *lines, int64_t delay_ms);
/* Plans the system lines of an image pull that lasts ms. */
void script_pull(struct worker *w, int64_t ms, bool cached);

/* Lines of a start, at a share of its length; ended by text NULL (runpod_script_data.c). "@shards"
 * stands for the lines of loading the model's files. */
struct script_row {
    double at;
    const char *text;
};
extern const struct script_row script_vllm_a[], script_vllm_b[], script_vllm_2023[];
extern const struct script_row script_embedding[], script_other[];

/* What {names} in a template stand for (runpod_script_fill.c). */
struct script_facts {
    const struct image_facts *image;
    const struct model_facts *model;
    struct fit fit;
    double load_s;
};
void script_facts(const struct worker *w, int64_t load_ms, struct script_facts *out);
/* Appends the template with the {names} it knows put in. */
int script_fill(const struct worker *w, const struct job *j, const struct script_facts *facts,
    const char *template, int64_t at, struct buf *out);
/* The arguments that worker-vllm of generation B gives to vllm serve, as it logs them. */
int script_arguments(const struct endpoint *e, struct buf *out);
/* An environment value with {{ RUNPOD_SECRET_name }} replaced, as the container sees it. */
int env_resolved(const struct endpoint *e, const char *value, struct buf *out);

void traffic_begin(struct endpoint *e, const struct json *plan); /* borrowed; NULL = none */
void traffic_arrive(struct endpoint *e);                         /* next_arrival has come */
double traffic_rate(const struct endpoint *e, int64_t at);       /* requests an hour then */

/* Settings as a create body spells them, sparse; *container: whether workers have to roll for it,
 * diff: the differences, owned by the caller. Both may be NULL. */
int endpoint_read(
    struct endpoint *e, const struct json *settings, bool *container, struct json **diff);
int world_setup(struct runpod_world *world, struct err *err);
/* Puts the words of `prompts` for "$prompt" and a number for "$number" into a copy of `input`. */
struct json *traffic_input(
    struct endpoint *e, const struct json *input, const struct json *prompts);
struct job *traffic_submit(
    struct endpoint *e, const struct json *request, const struct json *prompts);
int setup_endpoint(struct runpod_world *world, const struct json *row, struct err *err);
struct endpoint *endpoint_make(struct runpod_world *world, const char *id, const char *name);
void endpoint_drop(struct endpoint *e); /* unlinks and frees */
void endpoint_release(struct endpoint *e, bool container, struct json *take_diff);
struct endpoint *endpoint_named(const struct runpod_world *world, const char *name_or_id);
void world_play(struct runpod_world *world, int64_t until);
int64_t world_next(const struct runpod_world *world);
void timeline_run(struct runpod_world *world);
/* Does now what one entry says, whatever its time. */
void timeline_play(struct runpod_world *world, const struct json *entry);
/* ERR_INPUT when the scenario's own timeline names an endpoint that there is not. */
int timeline_check(const struct runpod_world *world, struct err *err);
void world_balance_set(struct runpod_world *world, double dollars);
double world_balance(const struct runpod_world *world);

/* ---- answers (runpod_answer.c, runpod_answer_shape.c, runpod_answer_error.c) ----------------- */

/* What a request asks for and what the model says to it: words, drawn from the text of the request
 * alone, so the same question always gets the same answer. */
struct answer {
    enum generation generation;
    const char *route; /* "/v1/chat/completions" …; native requests have one too */
    bool native;       /* neither openai_route nor route was given */
    bool stream;
    const struct json *body; /* where prompt, messages, max_tokens are */
    const char *fixed;       /* the scenario's own words, or NULL */
    uint64_t seed;
    int64_t tokens_in, tokens_out, most; /* most: max_tokens, 0 = not limited */
    bool cut;                            /* by max_tokens */
};
void answer_measure(const struct endpoint *e, const struct json *input, struct answer *out);

struct answer_words { /* one token after the other */
    const struct answer *a;
    const char *at;
    uint64_t state;
    int64_t given;
};
void answer_words_init(struct answer_words *x, const struct answer *a);
/* The next token with the space before it, not ended by NUL; false after the last. */
bool answer_words_next(struct answer_words *x, bool *space, const char **word, size_t *n);
int answer_text(const struct answer *a, struct buf *out);

/* Chunks as the worker yields them: with "stream" many, else one. The job's id makes the answer's id
 * one of its own. NULL when memory is out. */
struct json *answer_chunks(const struct endpoint *e, const struct json *input, const char *job_id);
/* The output of a job that yielded these chunks. Takes them. */
struct json *answer_output(const struct endpoint *e, struct json *take_chunks);
/* What is wrong with the input, as it appears in the job's error. False = nothing. */
bool answer_error(const struct endpoint *e, const struct json *input, struct buf *out);

#endif
