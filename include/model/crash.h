/* crash: what a worker's log says of why it does not serve (spec/runpod.md §8.1 rows 9-25, 31, 35 and beyond): its
 * start cycles, and the one line that decided the newest of them, matched against a table of causes
 * (src/model/crash_causes*.c: PCRE2 patterns with the captures that fill the sentence).
 *
 * The newest crash counts, not an older one that was mended since; a warning is no cause; of a Python traceback
 * the last line decides, and of a crash that several lines speak of the one that is nearest to the cause, not
 * the wrapper ("Engine core initialization failed. See root cause above" is never the cause). A crash whose
 * wording no pattern knows is `cause` NULL with the lines that a person would have pointed at.
 *
 * Pure: lines in, a reading out. Texts of the reading are borrowed from the lines, or in the arena. */
#ifndef SLIPWAY_MODEL_CRASH_H
#define SLIPWAY_MODEL_CRASH_H

#include "base/arena.h"
#include "model/log_line.h"

enum { CRASH_LINES_MAX = 4, CRASH_VALUES_MAX = 4 };

/* What kind of number or word a capture is; a remedy is computed from them. */
enum crash_value_kind {
    CRASH_NEEDED_BYTES,    /* asked for: of memory, of KV cache, of disk */
    CRASH_AVAILABLE_BYTES, /* that there are */
    CRASH_TOKENS_ASKED,    /* max seq len */
    CRASH_TOKENS_FIT,      /* what would fit, as the log says */
    CRASH_FILE,
    CRASH_SETTING, /* a variable's or option's name */
    CRASH_VALUE,   /* … and what it is set to */
    CRASH_MODEL,   /* repository or path */
    CRASH_REVISION,
    CRASH_CODE, /* HTTP status, exit code, CUDA version … */
    CRASH_IMAGE,
    CRASH_HEADS, /* number that the tensor-parallel size has to divide */
    CRASH_VALUE_KINDS
};
struct crash_value {
    enum crash_value_kind kind;
    struct text text;
    double number; /* in bytes, tokens …; NAN = none */
};

/* A row of the table. `id` is the diagnosis (spec/triage.md); `variant` tells apart what has other remedies
 * ("kv-cache", "weights", "adapter-only" …), "" where there is one. */
struct crash_cause {
    const char *id, *variant;
};

struct crash {
    /* Of the newest start that failed, when none since has come to serve; NULL = no pattern knows it, or there
     * is none (line_count is 0 then). It is told as well while a newer start is under way (`again`). */
    const struct crash_cause *cause;
    struct log_line
        lines[CRASH_LINES_MAX]; /* the deciding one first, then what else a person would look at */
    size_t line_count;
    struct crash_value values[CRASH_VALUES_MAX];
    size_t value_count;
    /* The worker's life, as far as the lines reach. */
    int starts; /* of the container */
    int ends;   /* … and how often it ended, or did so without a word */
    int64_t first_start_ms, last_start_ms; /* wall; -1 = none seen */
    /* The newest start (or the newest attempt to make one) has failed; or at least two in a row have, and the
     * newest is on its way again. */
    bool crashed;
    int crashes; /* failed starts in a row, up to now: 0 = none, or one since has come to serve */
    bool again;  /* a newer start is on its way since the one that failed */
    bool after_serving;  /* the one that failed had come to serve: a job may have ended it */
    bool silent;         /* … without a line of its own */
    bool serves;         /* the newest start has come to take jobs */
    bool pulling;        /* the image is being fetched and moves on */
    bool loading;        /* the model is being loaded and moves on */
    bool local_api;      /* the SDK serves its local test API instead of taking jobs (row 26) */
    int exit_code;       /* of the newest end; -1 = not said */
    int64_t moved_ms;    /* wall: the newest line that shows progress; -1 = none */
    struct text version; /* vLLM's, as it says at start; empty = not said */
    /* What it says of single requests while it serves: "empty-input", "chat-template-missing" …; the newest. */
    const struct crash_cause *notice; /* NULL = nothing */
    struct log_line notice_line;
};

/* Lines of one worker, oldest first, both sources. -1 when memory or the arena is out. */
int crash_read(const struct log_line *lines, size_t count, struct arena *a, struct crash *out);

/* The value of a kind; NULL = it was not said. */
const struct crash_value *crash_value(const struct crash *c, enum crash_value_kind kind);

#endif
