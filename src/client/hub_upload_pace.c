/* Hill climbing: a window is as long as a full set of parts takes; a wider one has to be faster by a
 * twentieth, else the width before it comes back and is held for some windows. */
#include "client/hub_upload_pace.h"

enum { BEGIN = 4, HOLD = 8, WINDOW_MS = 100, SHARE_LEAST = 64 * 1024 };
static const double gain = 1.05;

static void new_window(struct upload_pace *p, int64_t now)
{
    p->window_at = now;
    p->bytes = 0;
    p->parts = 0;
    p->idle = false;
}

void upload_pace_init(struct upload_pace *p, int64_t rate_max, size_t most, int64_t now)
{
    *p = (struct upload_pace){.most = most, .narrowed_at = now - 1};
    /* Under a limit each has to have enough of it that its connection does not seem dead. */
    if (rate_max > 0 && rate_max / SHARE_LEAST < (int64_t)most)
        p->most = rate_max < SHARE_LEAST ? 1 : (size_t)(rate_max / SHARE_LEAST);
    p->width = p->proven = p->most < BEGIN ? p->most : BEGIN;
    new_window(p, now);
}

static void widen(struct upload_pace *p, double rate)
{
    p->proven = p->width;
    p->proven_rate = rate;
    p->width += 1 + p->width / 4;
    if (p->width > p->most)
        p->width = p->most;
}

static void judge(struct upload_pace *p, double rate)
{
    if (p->hold > 0) {
        p->hold--;
    } else if (p->width > p->proven && rate < p->proven_rate * gain) {
        p->width = p->proven;
        p->hold = HOLD;
    } else {
        widen(p, rate);
    }
}

void upload_pace_sent(struct upload_pace *p, int64_t bytes, int64_t now)
{
    p->bytes += bytes;
    p->parts++;
    if (p->parts < p->width || now - p->window_at < WINDOW_MS)
        return;
    if (!p->idle)
        judge(p, (double)p->bytes / (double)(now - p->window_at));
    new_window(p, now);
}

void upload_pace_idle(struct upload_pace *p)
{
    p->idle = true;
}

void upload_pace_refused(struct upload_pace *p, int64_t begun_at, int64_t now)
{
    if (begun_at <= p->narrowed_at)
        return;
    p->width = p->width > 1 ? p->width / 2 : 1;
    p->proven = p->width;
    p->hold = HOLD;
    p->narrowed_at = now;
    new_window(p, now);
}
