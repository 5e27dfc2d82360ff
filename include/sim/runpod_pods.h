/* runpod_pods: what pods do, as far as the stand-in plays them.
 *
 * A pod's fields are as REST answers them, and one more, "_play", that is never shown: when it ran
 * ({"runs":[{"from":ms,"to":ms},…]}, the last without "to" while it is on) and what it costs an hour
 * ("rate"). State, cost, runtime and log lines follow from that and from the time; a pod from a
 * scenario may bring "_logs": [{"after_s":n,"source":"container","line":"…"}], in
 * order, counted from the start of its container. A scenario's pod without "_play" gets one
 * when first looked at: on since its "startedAt", at its "cost", or off when its status is not RUNNING. */
#ifndef SLIPWAY_SIM_RUNPOD_PODS_H
#define SLIPWAY_SIM_RUNPOD_PODS_H

#include "sim/runpod.h"

#include <stdbool.h>

struct named_row *pod_first(struct sim *s); /* the list; do not walk world->pods by hand */
struct named_row *pod_find(struct sim *s, const char *id);
/* Links a new pod that starts now; takes fields. NULL when memory is out. */
struct named_row *pod_add(struct sim *s, struct json *take_fields, double rate);
void pod_remove(struct sim *s, const char *id);

const char *pod_status(struct sim *s, const struct named_row *pod); /* "RUNNING" … */
bool pod_may(struct sim *s, const struct named_row *pod, const char *action);
void pod_start(struct sim *s, struct named_row *pod);
void pod_stop(struct sim *s, struct named_row *pod);

double pod_rate(const struct named_row *pod); /* $/h now; 0 when it is off */
/* What it cost within [from, to), up to now. */
double pod_cost(struct sim *s, const struct named_row *pod, int64_t from, int64_t to);

/* As GET answers it. Owned by the caller. */
struct json *pod_view(struct sim *s, const struct named_row *pod);

/* Its log lines up to now, as rings; NULL for an unknown pod. */
struct pod_lines;
struct pod_lines *pod_lines_new(struct sim *s, const char *id);
const struct log_ring *pod_lines_ring(const struct pod_lines *lines, enum log_source source);
void pod_lines_free(struct pod_lines *lines); /* NULL is fine */

#endif
