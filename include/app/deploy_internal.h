/* What the files of the deploy operation share; for src/app/deploy*.c only. */
#ifndef SLIPWAY_APP_DEPLOY_INTERNAL_H
#define SLIPWAY_APP_DEPLOY_INTERNAL_H

#include "app/deploy_plan.h"
#include "app/deploy_watch.h"

enum deploy_step {
    DEPLOY_REPOSITORY,
    DEPLOY_PRICE,
    DEPLOY_PREFLIGHT,
    DEPLOY_ENDPOINT,
    DEPLOY_WORKER,
    DEPLOY_ANSWER,
    DEPLOY_STREAM,
    DEPLOY_REGISTER
};

struct deploy {
    struct work *w;
    struct deploy_plan plan;
    struct gpu_page gpus;
    struct endpoint endpoint;
    struct request first;
};

/* deploy_answer.c: the endpoint answers one short request by `run` and `status`, shown with the worker that
 * comes up for it; -1 when it does not. What was queued for a worker that never comes is taken back, so that
 * nothing goes on trying. */
int deploy_first_answer(struct deploy *d, struct err *e);
/* … and one by the OpenAI route, streamed. That it does not is a warning: the first one was answered. -1 only
 * when cancelled, or the journal cannot be written. */
int deploy_streamed_answer(struct deploy *d, struct err *e);
/* Adds both to the operation's plan (--dry-run). */
void deploy_answers_print(const struct deploy *d);

#endif
