/* Four fifths of what the service allows in ten seconds, spread evenly: the rest is for the dashboard's own
 * looks and for other programs of the same account. */
#include "app/pace.h"

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_MOST_MS = 30 * 1000, ASKED_MOST_MS = 10 * 60 * 1000 };

/* Calls in ten seconds (§2.6), as µs between two of them. */
#define EVERY_US(calls) (INT64_C(10000000) * 5 / 4 / (calls))
static const int64_t every_us[PACE_CALLS] = {[PACE_RUN] = EVERY_US(1000),
    [PACE_SYNC] = EVERY_US(2000),
    [PACE_LOOK] = EVERY_US(2000),
    [PACE_CHAT] = EVERY_US(2000),
    [PACE_CANCEL] = EVERY_US(100)};

void pace_init(struct pace *p)
{
    *p = (struct pace){0};
    pthread_mutex_init(&p->lock, NULL);
}

void pace_release(struct pace *p)
{
    pthread_mutex_destroy(&p->lock);
}

int64_t pace_book(struct pace *p, enum pace_call call, int64_t now_ms)
{
    bool held = call != PACE_LOOK && call != PACE_CANCEL;
    int64_t at = now_ms * 1000;
    pthread_mutex_lock(&p->lock);
    if (held && at < p->held_ms * 1000)
        at = p->held_ms * 1000;
    if (at < p->next_us[call])
        at = p->next_us[call];
    p->next_us[call] = at + every_us[call];
    pthread_mutex_unlock(&p->lock);
    return (at + 999) / 1000 - now_ms;
}

void pace_refused(struct pace *p, int64_t now_ms, int64_t asked_ms)
{
    pthread_mutex_lock(&p->lock);
    p->refused++;
    if (now_ms >= p->held_ms) {
        int64_t twice = p->backoff_ms > 0 ? 2 * p->backoff_ms : BACKOFF_FIRST_MS;
        p->backoff_ms = twice < BACKOFF_MOST_MS ? twice : BACKOFF_MOST_MS;
        asked_ms = asked_ms < ASKED_MOST_MS ? asked_ms : ASKED_MOST_MS;
        p->held_ms = now_ms + (asked_ms > p->backoff_ms ? asked_ms : p->backoff_ms);
    }
    pthread_mutex_unlock(&p->lock);
}

void pace_taken(struct pace *p)
{
    pthread_mutex_lock(&p->lock);
    p->backoff_ms = 0;
    pthread_mutex_unlock(&p->lock);
}

int64_t pace_refusals(struct pace *p)
{
    pthread_mutex_lock(&p->lock);
    int64_t refused = p->refused;
    pthread_mutex_unlock(&p->lock);
    return refused;
}

int64_t pace_held(struct pace *p, int64_t now_ms)
{
    pthread_mutex_lock(&p->lock);
    int64_t left = p->held_ms > now_ms ? p->held_ms - now_ms : 0;
    pthread_mutex_unlock(&p->lock);
    return left;
}
