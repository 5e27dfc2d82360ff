/* worker_env: which settings (environment variables) a vLLM worker's image reads, and what becomes of the
 * others (spec/runpod.md §7.3–§7.5). Names that nobody knows are ignored in silence by the worker, which
 * is why somebody must look at them before. Pure. */
#ifndef SLIPWAY_MODEL_WORKER_ENV_H
#define SLIPWAY_MODEL_WORKER_ENV_H

#include "model/worker_image.h"

enum worker_env_verdict {
    WORKER_ENV_FINE,        /* read, or one of the platform's or of a library's own */
    WORKER_ENV_OWN,         /* known to nobody here: the operator's own, or ignored */
    WORKER_ENV_IGNORED,     /* this generation does not read it */
    WORKER_ENV_TRANSLATE,   /* this version reads it under the name `instead` */
    WORKER_ENV_RESERVED,    /* the worker sets it itself; `instead` may say what was meant */
    WORKER_ENV_BAD_BOOLEAN, /* no boolean: generation B exits, A takes it for false */
    WORKER_ENV_SECRET,      /* printed in clear at the start; `instead` is not */
    WORKER_ENV_TYPO,        /* not known, but nearly `instead` */
    WORKER_ENV_VERDICTS
};

struct worker_env {
    enum worker_env_verdict verdict;
    const char *instead; /* another name; NULL = none. Static */
};

/* What this image makes of NAME=VALUE. `value` NULL: it is not known (a secret), and is not looked at. */
struct worker_env worker_env_look(
    const struct worker_image *image, const char *name, const char *value);

/* "ignored", "bad-boolean", …; static. */
const char *worker_env_verdict_name(enum worker_env_verdict verdict);

/* Whether the name tells that the value is a key, a token or a password, and must never be shown: "HF_TOKEN",
 * "AWS_SECRET_ACCESS_KEY"; not "MAX_NUM_BATCHED_TOKENS", "TOKENIZER_NAME". */
bool worker_env_is_secret(const char *name);

/* As generation B reads it: true, 1, yes, on; false, 0, no, off. False when it is neither. */
bool worker_env_boolean(const char *value, bool *out);

#endif
