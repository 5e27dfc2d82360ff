/* preflight: whether a deployment can work, before it costs anything (spec/runpod.md §4.4, §6, §7, §8.1;
 * spec/huggingface.md §10.4). Pure rules over one struct of evidence; who looks for the evidence, and what is
 * done with the lines, is the caller's affair.
 *
 * A blocker is certain: what it says cannot work. What is an estimate, or was not seen, warns at most. */
#ifndef SLIPWAY_MODEL_PREFLIGHT_H
#define SLIPWAY_MODEL_PREFLIGHT_H

#include "base/arena.h"
#include "base/err.h"
#include "model/checklist.h"
#include "model/endpoint.h"
#include "model/known.h"
#include "model/worker_env.h"

struct preflight_env {
    const char *name;
    const char *value; /* NULL = a secret, or not known */
};

/* A GPU pool as the catalog has it. */
struct preflight_pool {
    struct text id;
    int memory_gb;     /* of one GPU; 0 = unknown */
    double price_hour; /* $/h per GPU; NAN = unknown */
    enum stock stock;
    int cuda; /* the newest that a host of it has, as worker_cuda_number; 0 = unknown */
};

struct preflight_evidence {
    /* the repository */
    const char *repo;
    char revision[41];                /* its commit; "" = unknown */
    enum known exists;                /* as far as we may see */
    bool is_private, gated, disabled; /* mean nothing unless it exists */
    enum known readable; /* whether the token that the worker gets may read its files */
    struct text pipeline_tag;
    const struct checklist *files; /* with the model's facts (hub_model_facts); NULL = not seen */
    /* of an adapter: the model that it is loaded with */
    const char *base_repo;    /* NULL = none is named, or it is no adapter */
    enum known base_exists;   /* as far as we may see */
    enum known base_readable; /* as `readable` */
    bool base_closed;         /* private or gated */
    const struct checklist
        *base; /* with its facts, which count for all that is needed; NULL = not seen */

    /* what runs it */
    const char *image;
    const char *min_cuda; /* NULL = none */
    const struct preflight_env *env;
    size_t env_count;
    int64_t context; /* tokens; <= 0: what MAX_MODEL_LEN says, else the model's own */
    int gpus;        /* of a worker */
    int disk_gb;
    bool stored_elsewhere; /* the weights lie on a volume or in the host's cache, not on the disk */

    /* where */
    const struct preflight_pool *pools; /* the chosen ones */
    size_t pool_count;
    const struct preflight_pool *catalog; /* all there are, for advice; none = not seen */
    size_t catalog_count;

    /* the account */
    int workers_min, workers_max;
    int quota; /* of workers, over all endpoints; -1 = unknown (RunPod has no field for it) */
    int workers_used; /* the sum of the other endpoints' max workers; -1 = unknown */
    double balance, spend_limit, spend_hour; /* $, $/h, $/h; NAN = unknown */
    const char *name;
    const struct text *names; /* of the other endpoints */
    size_t name_count;
    bool names_seen;
    double tokens_per_second; /* of one worker; NAN = unknown */
};

/* All unknown. */
void preflight_evidence_init(struct preflight_evidence *v);

enum preflight_level { PREFLIGHT_OK, PREFLIGHT_WARNING, PREFLIGHT_BLOCKER, PREFLIGHT_LEVELS };

struct preflight_line {
    const char
        *id; /* "repository", "files", "access", "image", "settings", "memory", "disk", "cuda",
                       "stock", "quota", "balance", "name"; static */
    enum preflight_level level;
    struct text sentence, fix; /* fix may be empty */
};

enum { PREFLIGHT_LINES_MAX = 96, PREFLIGHT_ARENA = 256 << 10 };
struct preflight {
    struct preflight_line
        lines[PREFLIGHT_LINES_MAX]; /* in the order of the ids, each at least once */
    size_t count, blockers, warnings;
    size_t left_out;              /* lines for which there was no room */
    double price_min, price_max;  /* $/h at min and max workers; NAN = unknown. Catalog prices,
                                             of the dearest of the pools */
    double price_thousand_tokens; /* NAN = no throughput is known */
};

/* Texts go to the arena. -1 and ERR_IO only when it is full. */
int preflight_run(
    const struct preflight_evidence *v, struct arena *a, struct preflight *out, struct err *e);

/* "ok", "warning", "blocker"; static. */
const char *preflight_level_name(enum preflight_level level);
/* "✓", "!", "✗"; static. */
const char *preflight_level_sign(enum preflight_level level);

/* ---- memory against one pool -------------------------------------------------------------------- */

enum preflight_fit {
    PREFLIGHT_FITS,
    PREFLIGHT_TIGHT, /* by estimate it does not */
    PREFLIGHT_NEVER, /* weights and cache alone are more than there is */
    PREFLIGHT_FIT_UNKNOWN
};

/* What each GPU of a worker has to hold, GB, and whether this pool's do, with the settings of the evidence
 * (utilization, context, cache type, tensor-parallel size). */
struct preflight_memory {
    double weights, cache, rest; /* NAN = unknown */
    double needed, usable;       /* their sum; what vLLM may use of one GPU */
    enum preflight_fit fit;
    int gpus;        /* the fewest GPUs of it that a worker needs; 0 = none help, or unknown */
    int64_t context; /* tokens that the cache is counted for; 0 = unknown */
};
struct preflight_memory preflight_memory_of(const struct preflight_evidence *v, int memory_gb);
/* Bytes of the weights that are fetched, an adapter's base model included; NAN = unknown. */
double preflight_weights_gb(const struct preflight_evidence *v);

#endif
