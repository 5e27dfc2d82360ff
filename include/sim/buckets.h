/* buckets: the time windows of RunPod's billing history (spec/runpod.md §4.6).
 *
 * A bucket is an hour, day, week (from Monday), month or year in UTC. Windows are half-open and
 * snapped outward to buckets. Pure. */
#ifndef SLIPWAY_SIM_BUCKETS_H
#define SLIPWAY_SIM_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

enum bucket_size { BUCKET_HOUR, BUCKET_DAY, BUCKET_WEEK, BUCKET_MONTH, BUCKET_YEAR, BUCKET_SIZES };

extern const char *const bucket_names[BUCKET_SIZES + 1]; /* "hour" …, ended by NULL */
bool bucket_size_read(const char *name, enum bucket_size *out);

int64_t bucket_start(enum bucket_size size, int64_t ms); /* of the bucket that holds ms */
int64_t bucket_add(enum bucket_size size, int64_t start, int count); /* a start, count buckets on */

#endif
