/* crash_internal: what the files that read crashes share: a line without what loggers put before it, the table of
 * causes, and who matches the one against the other. */
#ifndef SLIPWAY_MODEL_CRASH_INTERNAL_H
#define SLIPWAY_MODEL_CRASH_INTERNAL_H

#include "model/crash.h"

/* ---- a line (crash_line.c) ----------------------------------------------------------------------- */

/* What is left of a line without time stamp, level, process and logger. */
struct crash_words {
    struct text body; /* borrows from the line: not ended by a NUL */
    uint32_t stream;  /* of which process it is; 0 = not said */
    int level;        /* enum line_level as the line's own prefix says; -1 = it has none */
    bool json;        /* a line of the worker's SDK */
    bool of_request;  /* … that belongs to one job */
};
struct crash_words crash_words_of(const struct log_line *line);

bool crash_begins(struct text t, const char *with);
bool crash_has(struct text t, const char *word);
/* "ValueError: …", "torch.OutOfMemoryError: …", or a bare "KeyboardInterrupt": the line ends a traceback. */
bool crash_is_exception(struct text body);
/* Passes on what happened elsewhere: "Engine core initialization failed. See root cause above". */
bool crash_is_wrapper(struct text body);
/* How much an unknown line sounds like the end: 0 = not at all. */
int crash_loudness(struct text body);
enum { CRASH_LOUD = 2, CRASH_LOUDEST = 4 };
/* The next line says what it is about: "terminate called …", then "what(): …". */
bool crash_announces(struct text body);
/* Frightens and means nothing: a retry, an optional file, an optional module. */
bool crash_is_harmless(struct text body);

/* ---- what lines tell of a worker's life (crash_events.c) -------------------------------------------- */

enum crash_event {
    CRASH_EVENT_NONE,
    CRASH_EVENT_CREATE,  /* the container is about to be made */
    CRASH_EVENT_PULL,    /* the image comes */
    CRASH_EVENT_REFUSED, /* the container cannot be made or started */
    CRASH_EVENT_START,   /* the container starts */
    CRASH_EVENT_STOP,
    CRASH_EVENT_LATE,   /* the platform gives up on a start that takes too long */
    CRASH_EVENT_EXIT,   /* the container has ended; crash_exit_code says how */
    CRASH_EVENT_BANNER, /* a program's first words */
    CRASH_EVENT_LOAD,   /* progress on the way to serving */
    CRASH_EVENT_SERVE,  /* has come to serve */
    CRASH_EVENT_JOB,    /* … and deals with a job */
    CRASH_EVENT_LOCAL,  /* serves the local test API */
    CRASH_EVENT_FATAL,  /* nothing comes after it: the process ends, or the engine is dead */
    CRASH_EVENT_GRACE   /* told to end, and does */
};
enum crash_event crash_event_of(const struct log_line *line, const struct crash_words *w);
int crash_exit_code(struct text body); /* "… exit code 137 …"; -1 = not said */
struct text crash_version(struct text body);

/* ---- causes (crash_causes*.c) -------------------------------------------------------------------- */

/* How near to the cause a line is: of several, the nearest decides. */
enum crash_weight {
    CRASH_NOTE,    /* decides nothing, but its numbers count: also in a warning */
    CRASH_NOTICE,  /* of a single request, while it serves */
    CRASH_GENERAL, /* tells of a failure that often has another cause */
    CRASH_LIKELY,  /* may follow from a stronger one */
    CRASH_DECIDES
};

struct crash_row {
    struct crash_cause cause;
    enum crash_weight weight;
    const char
        *words; /* one of these, divided by '|', stands in every line that matches, in this case */
    /* PCRE2, any case. Names of groups are kinds of values: need, have (bytes), asked, fit (tokens), file,
     * setting, value, model, revision, code, image, heads. */
    const char *pattern;
};
struct crash_table {
    const struct crash_row *rows;
    size_t count;
};
extern const struct crash_table crash_causes_start, crash_causes_gpu, crash_causes_model,
    crash_causes_engine;
/* Row by number; NULL behind the last. */
const struct crash_row *crash_row(size_t i);
/* Causes that no single line tells. */
extern const struct crash_cause crash_cause_init_timeout, crash_cause_init_timeout_once,
    crash_cause_silent_start;
/* Memory that ran out, by what was being done. */
extern const struct crash_cause crash_cause_memory_weights, crash_cause_memory_profile,
    crash_cause_memory_graphs, crash_cause_memory_serving;

/* ---- matching (crash_match.c) -------------------------------------------------------------------- */

struct crash_matcher;                          /* compiles a pattern when it is first needed */
struct crash_matcher *crash_matcher_new(void); /* NULL when memory is out */
void crash_matcher_free(struct crash_matcher *m);
/* The strongest row of up to this weight that the words match; NULL = none. */
const struct crash_row *crash_match(
    struct crash_matcher *m, struct text body, enum crash_weight most);
/* Adds the values that the row's groups find, of kinds that are not there yet. -1 when the arena is full. */
int crash_take_values(struct crash_matcher *m, const struct crash_row *row, struct text body,
    struct arena *a, struct crash *out);
/* Whether all patterns can be compiled and have words of two bytes at least: the number of the first that does not;
 * -1 = all do. For tests. */
int crash_matcher_check(struct crash_matcher *m);

#endif
