/* What the log reader says to runpod_watch beside client/runpod_logs.h. */
#ifndef SLIPWAY_CLIENT_RUNPOD_LOGS_INTERNAL_H
#define SLIPWAY_CLIENT_RUNPOD_LOGS_INTERNAL_H

#include "client/runpod_logs.h"

enum { RUNPOD_LOG_ID_MAX = 64 };

/* The id of the last line handed out, "" = none; and to go on behind it. Before the first read. */
const char *runpod_log_last_id(const struct runpod_log *l);
void runpod_log_resume(struct runpod_log *l, const char *last_id);

/* As runpod_log_read, but at most `most` lines. */
size_t runpod_log_read_some(struct runpod_log *l, size_t most, struct arena *a, runpod_log_fn *each,
    void *arg, int64_t *next_ms);

#endif
