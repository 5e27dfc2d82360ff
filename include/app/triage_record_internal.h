/* What the files of the recorder share; for src/app/triage_record*.c and src/app/triage_scrub.c only. */
#ifndef SLIPWAY_APP_TRIAGE_RECORD_INTERNAL_H
#define SLIPWAY_APP_TRIAGE_RECORD_INTERNAL_H

#include "app/triage.h"

/* What is known of the model as the stand-in's "models" and "hub": added where something is known. */
void record_add_model(struct json *j, const struct triage_evidence *v, const struct triage *t);

/* How the endpoint's workers behave: the stand-in's "behaviour" (triage_record_worker.c). */
struct json *record_behaviour(struct runpod_evidence *ev);

/* The text as JSON, with what gives access to something masked (triage_scrub.c). NULL: no memory. */
struct json *record_text(struct text t);

#endif
