/* What the files of `slipway triage` share; for src/app/cmd_triage.c and src/app/triage_*.c only. */
#ifndef SLIPWAY_APP_TRIAGE_INTERNAL_H
#define SLIPWAY_APP_TRIAGE_INTERNAL_H

#include "app/triage.h"

/* One endpoint that is asked about. */
struct asking {
    struct call *call;
    struct arena *arena; /* of `result`, replaced with each answer */
    struct triage result;
    struct runpod_evidence *ev; /* NULL until the endpoint is known */
    char job[REQUEST_ID_MAX];   /* "" = the endpoint is meant */
    int64_t until_ms;           /* monotonic, real time: when there has to be an answer */
    struct buf shown;           /* the progress that is on the screen */
};

/* Finds out which endpoint is meant, and gathers; on a thread that may sleep. */
int asking_begin(struct asking *k, struct cancel *c, struct err *e);
/* Gathers, as long as one answer may take, and judges anew. */
int asking_again(struct asking *k, struct cancel *c, struct err *e);
/* From now on somebody waits for an answer, for TRIAGE_WITHIN_MS at most; or nobody does. */
void asking_hurry(struct asking *k);
void asking_take_time(struct asking *k);
/* Judges what is there. */
int asking_judge(struct asking *k, struct err *e);
void asking_release(struct asking *k);
/* What is waited for, on `errors`. */
void asking_say(void *asking, const char *what);
void asking_hush(struct asking *k);

/* triage_fix.c: applies the remedy of that number and watches whether it helped. The exit code. */
int triage_fix(struct asking *k, size_t number);

#endif
