/* operation: a long piece of work that a person started: an upload, a deployment, a registration.
 *
 * Each runs on a thread of its own (app/operations.h), is journaled step by step, and tells main how
 * far it is by sending this record whole, in an arena of its own, under the key "operation/ID". While
 * it asks, it waits for a yes: `plan` says exactly what would be done and what it costs. */
#ifndef SLIPWAY_MODEL_OPERATION_H
#define SLIPWAY_MODEL_OPERATION_H

#include "base/err.h"
#include "model/burst.h"
#include "model/checklist.h"
#include "model/endpoint.h"
#include "model/model_row.h"

enum { OPERATION_ID_MAX = 40, OPERATION_STEPS_MAX = 12, OPERATION_PLAN_MAX = 64 };

enum operation_kind {
    OPERATION_UPLOAD,
    OPERATION_DEPLOY,
    OPERATION_REGISTER,
    OPERATION_CHANGE, /* of an endpoint: its settings, its queue, its end */
    OPERATION_TEST,   /* requests to an endpoint, to see how it answers */
    OPERATION_KINDS
};

enum operation_state {
    OPERATION_RUNNING,
    OPERATION_ASKING, /* waits for a yes to its plan */
    OPERATION_DONE,
    OPERATION_FAILED,
    OPERATION_CANCELLED,
    OPERATION_INTERRUPTED, /* of an earlier run of the program; can be resumed */
    OPERATION_STATES
};

enum step_state { STEP_WAITING, STEP_RUNNING, STEP_DONE, STEP_WARNED, STEP_FAILED, STEP_STATES };

struct operation_step {
    const char *name; /* static: "repository", "endpoint", "first answer" … */
    enum step_state state;
    struct text note; /* what is happening or came of it; may be empty */
};

/* The five ticks of a file (screens.md). */
enum upload_tick {
    TICK_HASHED = 1,
    TICK_OFFERED = 2,
    TICK_SENT = 4,
    TICK_COMMITTED = 8,
    TICK_READ_BACK = 16,
    TICKS_ALL = 31
};
struct upload_file {
    struct text path;
    int64_t size, sent; /* bytes; sent counts up to size */
    unsigned ticks;
    bool unchanged;   /* the Hub has it already */
    char sha256[65];  /* lower-case hex; "" = not hashed */
    struct text note; /* check's result, or what went wrong */
};

struct operation {
    char id[OPERATION_ID_MAX];
    enum operation_kind kind;
    enum operation_state state;
    struct text title; /* "acme/support-v7" */
    struct text note;  /* one line: what is happening now, or how it ended */
    struct operation_step steps[OPERATION_STEPS_MAX];
    size_t step_count;
    struct err
        error; /* of FAILED; also of DONE when something not fatal went wrong (registration) */
    int64_t started_ms, updated_ms, ended_ms; /* wall; ended -1 = not yet */

    /* while ASKING */
    struct text plan[OPERATION_PLAN_MAX]; /* lines */
    size_t plan_count;
    int risk; /* confirmation class 0..3; 3: confirm_word is to be typed */
    struct text confirm_word;

    /* progress of bytes; total 0 = none to count */
    int64_t done, total;
    double speed; /* bytes/s over the last seconds; NAN = unknown */
    double eta_s; /* NAN = unknown */

    /* uploads */
    struct text folder, repository, revision, commit; /* commit: 40 hex once there is one */
    bool is_private;
    const struct checklist *checklist; /* NULL until read */
    struct upload_file *files;
    size_t file_count;
    struct text pipeline_tag; /* as the Hub says; empty = not yet */
    bool safe_to_delete;      /* every file has every tick */
    bool held;                /* a person holds it: nothing new is begun */

    /* deployments and changes */
    struct text endpoint_name;
    char endpoint_id[ENDPOINT_ID_MAX];
    double price_min, price_max;     /* $/h at min and at max workers; NAN = unknown */
    double first_cost;               /* $ of the first answer; NAN */
    char model_id[MODEL_ROW_ID_MAX]; /* of the registry's row; "" = not registered */

    /* tests */
    const struct burst_report *test; /* NULL until the endpoint was looked at */
};

const char *operation_kind_name(enum operation_kind kind);    /* "upload", … */
const char *operation_state_name(enum operation_state state); /* "running", "asking", … */
const char *step_state_name(enum step_state state);
bool operation_is_over(enum operation_state state); /* done, failed or cancelled */

/* A deep copy of everything in it into an arena (steps, plan, checklist, files). NULL when it does
 * not fit. */
struct operation *operation_dup(struct arena *a, const struct operation *o);

#endif
