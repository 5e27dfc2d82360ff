/* crash_attempt: one attempt of a worker to start, and what its lines hold against it. Of the files that read
 * crashes. Lines are named by their number among those that are read. */
#ifndef SLIPWAY_MODEL_CRASH_ATTEMPT_H
#define SLIPWAY_MODEL_CRASH_ATTEMPT_H

#include "model/crash_internal.h"

enum { CRASH_EVIDENCE_MAX = 32, CRASH_TRACES_MAX = 8 };

struct crash_evidence {
    size_t line;
    const struct crash_row *row;
    const struct crash_cause *cause; /* the row's, or what the traceback makes of it */
    unsigned stage;                  /* how much progress there had been */
    bool exception;                  /* the line is one */
};

/* Where the lines of one process are in a traceback. */
struct crash_trace {
    uint32_t stream;
    bool used, open, chained;
    bool mild;   /* a warning tells it */
    bool first;  /* its exception is the one that the attempt keeps */
    size_t site; /* the newest "File …" */
    bool has_site;
    const struct crash_cause
        *memory; /* what its frames do that needs memory; NULL = nothing known */
};

struct crash_attempt {
    size_t first, last; /* lines; last is the newest of the container */
    bool created, started, pulling, refused, ended, exited, graceful, late, final, serves, served,
        local_api;
    int jobs;                  /* lines that tell of a job */
    int64_t start_ms, stop_ms; /* wall; -1 = unknown */
    int64_t until_ms;          /* … when the next one began */
    int exit_code;             /* -1 = not said */
    size_t said;               /* lines of the container */
    unsigned stage;
    struct crash_evidence evidence[CRASH_EVIDENCE_MAX];
    size_t evidence_count;
    struct crash_trace traces[CRASH_TRACES_MAX];
    size_t next_trace;
    /* Of the first traceback, or the newest stage's. */
    bool has_exception, has_site, has_error;
    size_t exception, root, site, error;
    unsigned exception_stage;
    /* Where nothing of that is known: the line that sounds most like the end, and what it announces. */
    int loudness; /* 0 = none does */
    bool announces, has_told;
    size_t loud, told;
};

enum crash_attempt_outcome {
    CRASH_ATTEMPT_OPEN,
    CRASH_ATTEMPT_SERVES,
    CRASH_ATTEMPT_ENDED, /* was told to, or nothing is known */
    CRASH_ATTEMPT_FAILED
};

void crash_attempt_init(struct crash_attempt *t, size_t line);
bool crash_attempt_is_new(const struct crash_attempt *t); /* not started yet, nor refused */
void crash_attempt_progress(struct crash_attempt *t);
void crash_attempt_serves(struct crash_attempt *t, bool job);
void crash_attempt_fatal(struct crash_attempt *t);
void crash_attempt_told_to_end(struct crash_attempt *t);
/* `row`: what the line matches, NULL = nothing; `serious`: it is more than a warning; `fatal`: nothing comes after
 * it. */
void crash_attempt_take(struct crash_attempt *t, size_t i, const struct log_line *line,
    const struct crash_words *w, const struct crash_row *row, bool serious, bool fatal);
/* `newest`: no other has begun since. */
enum crash_attempt_outcome crash_attempt_outcome(const struct crash_attempt *t, bool newest);

/* It was stopped before it came to serve, soon, and nothing says why: a scale-down once, a loop when it goes on. */
bool crash_attempt_cut_short(const struct crash_attempt *t);

/* The line that decides; NULL = no pattern knows one. */
const struct crash_evidence *crash_attempt_best(const struct crash_attempt *t);
/* The lines that a person would look at where no pattern knows one; how many. */
size_t crash_attempt_lines(const struct crash_attempt *t, size_t lines[CRASH_LINES_MAX]);
/* What is told by no line but by how it ended; NULL = nothing. */
const struct crash_cause *crash_attempt_unsaid(const struct crash_attempt *t, int crashes);

#endif
