/* hub_upload_pace: how many parts are under way at a time. Pure: the time comes from the caller.
 *
 * It begins narrow, and every now and then tries to be a little wider; what does not bring more bytes a
 * second is taken back. When the other side says that it is too much, it becomes half as wide. */
#ifndef SLIPWAY_CLIENT_HUB_UPLOAD_PACE_H
#define SLIPWAY_CLIENT_HUB_UPLOAD_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upload_pace {
    size_t width, most;  /* parts at a time */
    size_t proven;       /* the width before the try under way */
    double proven_rate;  /* bytes/ms with it */
    unsigned hold;       /* windows until the next try */
    int64_t window_at;   /* monotonic ms: when the measuring began */
    int64_t bytes;       /* since */
    size_t parts;        /* since */
    bool idle;           /* there was not enough to send: it measures nothing */
    int64_t narrowed_at; /* parts that began before say nothing new */
};

void upload_pace_init(struct upload_pace *p, int64_t rate_max, size_t most, int64_t now);
void upload_pace_sent(struct upload_pace *p, int64_t bytes, int64_t now);
void upload_pace_idle(struct upload_pace *p);
void upload_pace_refused(struct upload_pace *p, int64_t begun_at, int64_t now);

#endif
