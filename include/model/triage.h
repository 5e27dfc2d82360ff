/* triage: why requests to an endpoint wait, from evidence alone (spec/triage.md; spec/runpod.md §8): pure rules
 * in a table over one struct. Who gathers the evidence (client/runpod_evidence.h) and what is done with a
 * remedy (app/triage.h) is the caller's affair.
 *
 * Honest: what was not read is said, and no rule that needs it speaks; `certain` needs the deciding fact itself;
 * `stuck` needs two looks (but where one is proof) and grace that depends on the phase (§8.2); health alone
 * never yields more than `possible`; capacity is blamed only when the logs were read and say nothing.
 * Texts are in the arena of the reading. Pure; any thread. */
#ifndef SLIPWAY_MODEL_TRIAGE_H
#define SLIPWAY_MODEL_TRIAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "model/checklist.h"
#include "model/crash.h"
#include "model/endpoint.h"
#include "model/endpoint_detail.h"
#include "model/known.h"
#include "model/request.h"

enum {
    TRIAGE_LOOKS_MAX = 240,
    TRIAGE_WORKERS_MAX = 64,
    TRIAGE_JOBS_MAX = 64,
    TRIAGE_NOT_READ_MAX = 16,
    TRIAGE_DIAGNOSES_MAX = 8,
    TRIAGE_EVIDENCE_MAX = 8,
    TRIAGE_REMEDIES_MAX = 6,
    TRIAGE_CALLS_MAX = 3,
    TRIAGE_OTHERS_MAX = 16
};

/* ---- evidence -------------------------------------------------------------------------------------- */

/* One look at health. */
struct triage_look {
    int64_t at_ms; /* wall */
    struct health health;
};

/* A worker that is there, or was and has vanished. */
struct triage_worker {
    struct worker worker;      /* as it was seen last */
    int64_t first_ms, last_ms; /* wall: since when it is in this status; when it was seen last */
    bool vanished;
    bool logs_read;
    struct crash log; /* means something when logs_read */
};

struct triage_job {
    char id[REQUEST_ID_MAX];
    enum request_status status;
    int64_t age_ms, running_ms; /* running: since it was seen in progress; -1 = not */
    int retries;
    bool low_priority, empty_input;
    int64_t ttl_ms;    /* -1 = default */
    struct text error; /* of a failed one */
    int error_status; /* HTTP status that a client of ours got for it: 401, 403, 404, 429, 524; 0 = none */
};

/* Another endpoint of the account: what it keeps of the quota of workers. */
struct triage_other {
    char id[ENDPOINT_ID_MAX];
    struct text name;
    int workers_max;
    bool idle; /* nothing waits or runs there, as it was seen last */
};

/* What of the evidence could not be read, or was not asked for. */
struct triage_not_read {
    const char *
        what; /* "health", "workers", "logs", "account", "catalog", "releases", "model", "hub"; static */
    struct text why;
};

struct triage_evidence {
    int64_t now_ms; /* wall */
    struct endpoint endpoint;
    struct endpoint_detail detail; /* env masked, but for values that are no secrets */
    bool detail_read;
    struct text scaler; /* "QUEUE_DELAY", "REQUEST_COUNT"; empty = unknown */
    double scaler_value;
    struct triage_look looks[TRIAGE_LOOKS_MAX]; /* oldest first; 0 = health was never read */
    size_t look_count;
    struct triage_worker workers[TRIAGE_WORKERS_MAX];
    size_t worker_count;
    bool workers_read;
    struct triage_job jobs[TRIAGE_JOBS_MAX]; /* oldest first */
    size_t job_count;
    bool
        jobs_recalled; /* they are as an earlier run saw them: whether they still wait was not asked since */
    int64_t oldest_ms; /* how long the oldest request waits; -1 = unknown */
    int64_t usual_ms;  /* how long requests to it usually wait (p95 of ours); -1 = unknown */
    struct account account;
    bool account_read;
    const struct gpu_page *catalog; /* NULL = not read */
    int quota, workers_elsewhere;   /* -1 = unknown */
    struct triage_other
        others[TRIAGE_OTHERS_MAX]; /* may be left empty: then the quota's remedy is advice */
    size_t other_count;
    struct text gpu_ids; /* GraphQL's raw gpuIds; empty = not read */
    struct text cached_model,
        cached_failure;        /* the host's cached model: reference, failurePhase; empty = none */
    int64_t max_zero_since_ms; /* wall; -1 = unknown */
    /* the model */
    const struct model_facts *facts; /* NULL = not known */
    enum known model_exists, model_readable;
    bool model_gated;
    struct text saved_by;  /* transformers version of the folder; empty = unknown */
    struct text image_has; /* … and of the image (worker_image.h) */
    /* `not_read` also holds what nobody needed to read: why says so. */
    struct triage_not_read not_read[TRIAGE_NOT_READ_MAX];
    size_t not_read_count;
};
void triage_evidence_init(struct triage_evidence *v); /* all unknown */

/* What is worth reading next, in the order of spec/runpod.md §8.2: a set of these. 0 = it is known enough. */
enum triage_want {
    TRIAGE_WANT_WORKERS = 1,
    TRIAGE_WANT_DETAIL = 2, /* settings; releases */
    TRIAGE_WANT_ACCOUNT = 4,
    TRIAGE_WANT_CATALOG = 8,
    TRIAGE_WANT_LOGS = 16,
    TRIAGE_WANT_MODEL = 32,
    TRIAGE_WANT_JOBS = 64,
    TRIAGE_WANT_LOOK = 128 /* another look at health and workers, after TRIAGE_LOOK_MS */
};
enum { TRIAGE_LOOK_MS = 5000 };
unsigned triage_wants(const struct triage_evidence *v);

/* ---- reading --------------------------------------------------------------------------------------- */

enum triage_verdict {
    TRIAGE_HEALTHY,
    TRIAGE_WAITING,
    TRIAGE_UNKNOWN,
    TRIAGE_STUCK,
    TRIAGE_VERDICTS
};
enum triage_certainty { TRIAGE_POSSIBLE, TRIAGE_LIKELY, TRIAGE_CERTAIN, TRIAGE_CERTAINTIES };

struct triage_line {
    const char *
        source; /* "log", "workers", "health", "settings", "account", "catalog", "releases", "job", "model"; static */
    char worker[WORKER_ID_MAX]; /* "" = none */
    int64_t at_ms;              /* wall; -1 = none */
    struct text text;
};

/* One call as it would be sent; secrets masked. `what` is what app/change makes of it: the same keys as
 * `slipway scale/set-env/…` journal (app/change.h), so that a remedy is an operation like any other. */
struct triage_call {
    const char *method; /* static */
    struct text path;
    struct json *body; /* of the arena's life: freed by triage_release; NULL = none */
};
struct triage_remedy {
    const char *
        id; /* "set-env", "scale", "set-pools", "set-image", "purge", "cancel-job", "wait", "by-hand" …; static */
    struct text text;           /* "Lower MAX_MODEL_LEN from 8192 to 4096" */
    struct text means;          /* "rolls 3 workers", "cannot be undone"; may be empty */
    int risk;                   /* confirmation class 0..3 */
    double cost_per_hour_delta; /* $/h; NAN = unknown */
    bool can_be_applied;        /* else it is advice: a person has to do it elsewhere */
    struct json *asked;         /* for operations_start(OPERATION_CHANGE); NULL where none fits */
    struct triage_call calls[TRIAGE_CALLS_MAX];
    size_t call_count;
};

struct triage_diagnosis {
    const char *id; /* spec/triage.md; static */
    int row;        /* of spec/runpod.md §8.1; 0 = beyond the table */
    enum triage_certainty certainty;
    struct text summary;
    struct text brief; /* for the WHY column: "does not fit the GPU", at most 32 columns */
    struct triage_line evidence[TRIAGE_EVIDENCE_MAX];
    size_t evidence_count;
    struct triage_remedy remedies[TRIAGE_REMEDIES_MAX];
    size_t remedy_count;
};

struct triage {
    char endpoint_id[ENDPOINT_ID_MAX];
    struct text name;
    int64_t observed_ms; /* wall */
    enum triage_verdict verdict;
    struct text sentence;         /* "3 workers crash on start", "fetching the image, 43 %" */
    int64_t since_ms;             /* wall: since when it is so; -1 = unknown */
    int64_t waiting, in_progress; /* requests; -1 = unknown */
    int64_t oldest_ms;            /* -1 = unknown */
    double cost_hour;             /* $/h that is paid while nothing is served; NAN = unknown */
    struct triage_diagnosis diagnoses[TRIAGE_DIAGNOSES_MAX]; /* the deciding one first */
    size_t count;
    struct triage_not_read not_read[TRIAGE_NOT_READ_MAX];
    size_t not_read_count;
};

/* Judges. -1 only when memory is out. */
int triage_judge(
    const struct triage_evidence *v, struct arena *a, struct triage *out, struct err *e);
/* Frees the JSON in it. */
void triage_release(struct triage *t);
/* A deep copy, its texts in the arena. -1 when it does not fit. */
int triage_dup(struct triage *out, const struct triage *from, struct arena *a);

const char *triage_verdict_name(enum triage_verdict v);     /* "healthy", …; static */
const char *triage_certainty_name(enum triage_certainty c); /* "certain", …; static */
/* Of a job that fails or waits by itself: 31, 32, 30, 36-41. */
int triage_judge_job(const struct triage_evidence *v, const char *job_id, struct arena *a,
    struct triage *out, struct err *e);

#endif
