/* worker_stage: how far a worker is that has not answered yet, from the lines of its log (spec/runpod.md §5):
 * fetching the image and how much of it, starting the container, loading the model, or failing, and why.
 * Wording follows what the platform and vLLM print; a line that says nothing about it changes nothing.
 *
 * Pure. A struct is one worker's; zeroed, it has seen nothing. */
#ifndef SLIPWAY_MODEL_WORKER_STAGE_H
#define SLIPWAY_MODEL_WORKER_STAGE_H

#include "model/log_line.h"

enum worker_stage_kind {
    WORKER_STAGE_NONE,     /* nothing seen yet */
    WORKER_STAGE_FETCHING, /* the image */
    WORKER_STAGE_REFUSED,  /* the image cannot be had, or the container cannot be made from it */
    WORKER_STAGE_STARTING, /* the container */
    WORKER_STAGE_LOADING,  /* the model */
    WORKER_STAGE_READY,
    WORKER_STAGES
};

enum { WORKER_STAGE_LAYERS = 64, WORKER_STAGE_LAYER_ID = 16, WORKER_STAGE_WORDS = 200 };

struct worker_stage {
    enum worker_stage_kind kind;
    int percent; /* of the image, or of the weights; -1 = not said */
    int starts;  /* of the container */
    int refusals;
    char said[WORKER_STAGE_WORDS]; /* the line that tells it, cleaned */
    /* The first error of the newest start, its cause as far as a line says it; "" = none */
    char error[WORKER_STAGE_WORDS];
    struct {
        char id[WORKER_STAGE_LAYER_ID];
        double done, whole; /* bytes, of what is downloaded */
    } layers[WORKER_STAGE_LAYERS];
    size_t layer_count;
};

void worker_stage_take(struct worker_stage *w, const struct log_line *line);

/* "fetching the image, 43 %", "loading the model, 50 %"; static but for the number, in `out`. */
enum { WORKER_STAGE_SHOWN = 64 };
const char *worker_stage_words(const struct worker_stage *w, char out[WORKER_STAGE_SHOWN]);

#endif
