/* Times are sums of clamped durations: no interval, back-off or Retry-After is longer than a day or
 * shorter than a millisecond, so nothing a server sends can overflow or stop the polling for good.
 *
 * `held_ms` is what the server demanded, kept apart from `due_ms`, because a person may shorten our
 * own waiting (cadence_hurry) but not the server's. */
#include "core/cadence.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static const double jitter_max = 0.5;

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The next random number in [0, 1): splitmix64. */
static double random_fraction(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

/* `ms` with jitter to both sides. What would pass `most` is mirrored at it, so that many that have
 * reached the maximum do not all ask at the same moment. */
static int64_t jittered(struct cadence *c, int64_t ms, int64_t most)
{
    double swing = (2 * random_fraction(&c->random) - 1) * c->jitter;
    int64_t wait = ms + (int64_t)((double)ms * swing);
    return clamp(wait > most ? most - (wait - most) : wait, 1, DAY_MS);
}

/* The longest back-off: never shorter than the usual interval. */
static int64_t longest(const struct cadence *c)
{
    return later(c->interval_max_ms, c->interval_ms);
}

/* The interval doubled for each failure in a row, up to the longest. */
static int64_t back_off(const struct cadence *c)
{
    int64_t wait = c->interval_ms, most = longest(c);
    for (int i = 0; i < c->failures && wait < most; i++)
        wait *= 2;
    return wait < most ? wait : most;
}

void cadence_init(
    struct cadence *c, int64_t interval_ms, int64_t interval_max_ms, double jitter, uint64_t seed)
{
    *c = (struct cadence){.interval_max_ms = clamp(interval_max_ms, 1, DAY_MS),
        .jitter = jitter > 0 ? jitter : 0, /* also when it is not a number */
        .random = seed,
        .due_ms = INT64_MIN,
        .held_ms = INT64_MIN};
    if (c->jitter > jitter_max)
        c->jitter = jitter_max;
    cadence_set_interval(c, interval_ms);
}

void cadence_set_interval(struct cadence *c, int64_t interval_ms)
{
    c->interval_ms = clamp(interval_ms, 1, DAY_MS);
}

bool cadence_due(const struct cadence *c, int64_t now_ms)
{
    return now_ms >= c->due_ms;
}

int64_t cadence_wait_ms(const struct cadence *c, int64_t now_ms)
{
    return cadence_due(c, now_ms) ? 0 : c->due_ms - now_ms;
}

void cadence_ok(struct cadence *c, int64_t now_ms)
{
    c->failures = 0;
    c->due_ms = later(now_ms + jittered(c, c->interval_ms, DAY_MS), c->held_ms);
}

void cadence_failed(struct cadence *c, int64_t now_ms, int64_t retry_after_ms)
{
    if (c->failures < INT32_MAX)
        c->failures++;
    c->due_ms = now_ms + jittered(c, back_off(c), longest(c));
    if (retry_after_ms > 0)
        c->held_ms = later(c->held_ms, now_ms + clamp(retry_after_ms, 1, DAY_MS));
    if (c->due_ms >= c->held_ms)
        return;
    /* All that share a key are told the same moment; they come one after another. */
    double spread = (double)c->interval_ms * c->jitter * random_fraction(&c->random);
    c->due_ms = later(c->held_ms, clamp(c->held_ms + (int64_t)spread, INT64_MIN, now_ms + DAY_MS));
}

void cadence_hurry(struct cadence *c, int64_t now_ms)
{
    int64_t soonest = later(now_ms, c->held_ms);
    if (c->due_ms > soonest)
        c->due_ms = soonest;
}
