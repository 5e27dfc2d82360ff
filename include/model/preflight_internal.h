/* What the files of the preflight family share; for src/model/preflight*.c only.
 *
 * A topic is one id with its rules. A rule looks at one thing and says something when it is not as it should
 * be; when none of a topic's rules did, its `fine` says what was seen. */
#ifndef SLIPWAY_MODEL_PREFLIGHT_INTERNAL_H
#define SLIPWAY_MODEL_PREFLIGHT_INTERNAL_H

#include "model/preflight.h"

/* What one GPU has to hold, GB. */
struct preflight_need {
    double weights, cache, rest; /* NAN = unknown; cache: one sequence of `context` */
    double utilization;          /* of a GPU's memory, that vLLM may use */
    int64_t context;             /* 0 = unknown, or left to vLLM */
    int spread;                  /* GPUs that share it: the tensor-parallel size */
    int element;                 /* bytes of a number in the cache */
    bool shrinks;                /* weights are quantized while they are loaded */
};

struct preflight_look {
    const struct preflight_evidence *v;
    const struct model_facts
        *facts; /* of what vLLM loads: an adapter's base model; NULL = not seen */
    const struct model_facts *listed; /* of the repository itself */
    struct worker_image image;
    struct preflight_need need;
    struct arena *arena;
    struct preflight *out;
    const char *id; /* of the topic */
    bool failed;
};

typedef void preflight_rule(struct preflight_look *l);

enum { PREFLIGHT_RULES_MAX = 12 };
struct preflight_topic {
    const char *id;
    preflight_rule *rules[PREFLIGHT_RULES_MAX]; /* up to a NULL */
    preflight_rule *fine;
};
extern const struct preflight_topic preflight_model[], preflight_worker[], preflight_place[],
    preflight_account[]; /* each up to a row without an id */

/* Adds a line; what is foreign in it is cleaned. */
void preflight_say(struct preflight_look *l, enum preflight_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What to do about the line just added. */
void preflight_fix(struct preflight_look *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The value of a setting: NULL when it is not set or not known; *set (may be NULL) tells the two apart. */
const char *preflight_env_value(const struct preflight_evidence *v, const char *name, bool *set);
/* A whole number, as vLLM reads it ("32k", "32K"); `fallback` when there is none. */
int64_t preflight_env_number(
    const struct preflight_evidence *v, const char *name, int64_t fallback);
bool preflight_env_true(const struct preflight_evidence *v, const char *name);
/* "a, b and 3 more". */
enum { PREFLIGHT_NAMES = 240 };
struct preflight_names {
    char words[PREFLIGHT_NAMES];
    size_t count, shown;
};
void preflight_names_add(struct preflight_names *n, const char *name);
const char *preflight_names_end(struct preflight_names *n);

/* Without its image and its facts nothing can be said of anything. */
struct preflight_look preflight_look_at(const struct preflight_evidence *v);

/* ---- preflight_need.c ------------------------------------------------------------------------------ */

void preflight_need_find(struct preflight_look *l);
/* GPU_MEMORY_UTILIZATION; false when it is not set, or no number. */
bool preflight_utilization(const struct preflight_evidence *v, double *out);
/* As it would be, were it spread over so many GPUs. */
struct preflight_need preflight_need_over(const struct preflight_look *l, int spread);
enum preflight_fit preflight_need_fits(const struct preflight_need *n, int memory_gb);
/* The fewest GPUs of this memory that hold it, when it is spread over them: 0 = none that it can be spread over. */
int preflight_need_gpus(const struct preflight_look *l, int memory_gb);
/* GB in all; unknown parts count nothing. */
double preflight_need_sum(const struct preflight_need *n);
/* The longest context that fits GPUs of this memory; 0 = none, or unknown. */
int64_t preflight_need_context(const struct preflight_look *l, int memory_gb);
/* The smallest pool of the catalog that is in stock and holds it, cheapest first; NULL = none. */
const struct preflight_pool *preflight_need_pool(const struct preflight_look *l);
/* $/h of one worker, of the dearest pool; NAN = unknown. */
double preflight_price(const struct preflight_evidence *v);

#endif
