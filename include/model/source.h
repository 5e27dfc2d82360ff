/* source: how one of the three services is doing, as its client thread last told. */
#ifndef SLIPWAY_MODEL_SOURCE_H
#define SLIPWAY_MODEL_SOURCE_H

#include "base/err.h"
#include "base/text.h"

#include <stdint.h>

enum source { SOURCE_RUNPOD, SOURCE_HUB, SOURCE_REGISTRY, SOURCES };

enum source_health {
    SOURCE_STARTING, /* nothing heard yet */
    SOURCE_OFF,      /* not configured: the error says what is lacking and how to give it */
    SOURCE_OK,
    SOURCE_FAILED /* the last look failed; what is shown is from seen_ms */
};

struct source_state {
    enum source source;
    enum source_health health;
    int64_t seen_ms;  /* monotonic time of the last good answer; -1 = none yet */
    int64_t retry_ms; /* monotonic time of the next try; -1 = none planned */
    struct text who;  /* account e-mail, Hub user, database role or file; empty = unknown */
    struct err error; /* of OFF and FAILED */
};

/* "runpod", "hub", "db". Static. */
const char *source_name(enum source source);

#endif
