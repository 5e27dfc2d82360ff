/* job: a training job as the registry knows it (local_training_jobs, spec/database.md). Finished
 * records in the arena of the message that brings them. Texts are cleaned; what was NULL is an
 * empty text or NAN, -1. */
#ifndef SLIPWAY_MODEL_JOB_H
#define SLIPWAY_MODEL_JOB_H

#include "base/text.h"

#include <stdint.h>

enum { JOB_ID_MAX = 40 };

struct job {
    char id[JOB_ID_MAX]; /* uuid, number or plain text of letters, digits, - and _; "" = unusable */
    struct text name;    /* model_name */
    struct text status;  /* any text; spec/database.md lists the seven that are known */
    struct text base_model, method, dataset;
    struct text model_url; /* the Hub's, after upload */
    struct text error;
    struct text loss_trend;
    double progress; /* 0..1, from the steps where both are known; NAN = unknown */
    double loss, eval_loss, best_eval_loss, learning_rate; /* NAN = unknown; may be infinite */
    int64_t step, total_steps, epoch, total_epochs;        /* -1 = unknown */
    double elapsed_s, remaining_s;                         /* NAN = unknown */
    struct text
        upload_state; /* "uploading", "uploaded": what an upload, perhaps elsewhere, noted; or empty */
    int64_t upload_sent, upload_total, upload_ms; /* bytes; wall, when noted; -1 = unknown */
    int64_t started_ms, completed_ms, created_ms, updated_ms; /* wall; -1 = unknown */
};

#endif
