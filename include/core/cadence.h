/* cadence: who asks when. Polite polling as arithmetic, with no clock or thread of its own.
 *
 * One struct cadence per thing polled. After each attempt the client reports how it went; cadence
 * says when the next one is due: the interval with jitter when all is well, doubling with jitter up
 * to a maximum after failures, never before a Retry-After, and slower when the service's own rate
 * headers say that little is left. struct rate_budget is shared by everything that spends the same
 * quota and is fed from the RateLimit header (spec/runpod.md §4.2, spec/huggingface.md §7.2).
 *
 * All times are milliseconds of the monotonic clock, handed in. Threads: owner's only. */
#ifndef SLIPWAY_CORE_CADENCE_H
#define SLIPWAY_CORE_CADENCE_H

#include <stdbool.h>
#include <stdint.h>

struct cadence {
    int64_t interval_ms;     /* between successes */
    int64_t interval_max_ms; /* the longest back-off */
    double jitter;           /* 0.1 = ±10 % */
    uint64_t random;         /* state of the jitter */
    int failures;            /* in a row */
    int64_t due_ms;          /* when the next attempt may start */
    int64_t held_ms;         /* the server said: not before this; never later than due_ms */
};

/* Due at once. `seed` makes the jitter repeatable; give each cadence another. Intervals are brought
 * into 1 ms to a day, jitter into 0 to 0.5; a maximum below the interval counts as the interval. */
void cadence_init(struct cadence *c, int64_t interval_ms, int64_t interval_max_ms, double jitter,
    uint64_t seed);

bool cadence_due(const struct cadence *c, int64_t now_ms);
int64_t cadence_wait_ms(const struct cadence *c, int64_t now_ms); /* 0 = now */

/* An interval from now, give or take the jitter. */
void cadence_ok(struct cadence *c, int64_t now_ms);

/* Twice the interval from now, four times after the second failure in a row, and so on up to the
 * longest, with jitter that does not pass that. retry_after_ms: what the server asked for, 0 or less
 * = nothing; honoured even past interval_max_ms, but never past a day. What it delays comes up to
 * interval * jitter later than that, so that those who were told the same moment spread. */
void cadence_failed(struct cadence *c, int64_t now_ms, int64_t retry_after_ms);

/* A person asked: due now, unless a back-off that the server demanded still runs: then at its end. */
void cadence_hurry(struct cadence *c, int64_t now_ms);

/* Another interval from now on (e.g. faster while something is stuck). The attempt that is due next
 * stays where it is; cadence_hurry moves it. */
void cadence_set_interval(struct cadence *c, int64_t interval_ms);

enum { RATE_WINDOWS_MAX = 4 };

/* What a service says is left: per window, the requests left and when it starts anew. */
struct rate_budget {
    struct rate_window {
        int64_t left;     /* requests */
        int64_t reset_ms; /* monotonic */
        int64_t quota;    /* 0 = unknown */
    } window[RATE_WINDOWS_MAX];
    int windows;
};

/* Reads the values of `RateLimit: "minute";r=58;t=12, "hour";r=2990;t=1800` and RateLimit-Policy; both
 * may be NULL. Items without a name, r and t, or with a number that is negative, fractional or none,
 * are skipped; numbers past 10^9 count as 10^9, t past a day as a day, and items past
 * RATE_WINDOWS_MAX are left out. reset_ms lies a second behind t, which may be rounded down
 * (spec/huggingface.md §7.2). Returns the number of windows understood; when there is none, `b` stays
 * as it was, else it holds these alone. */
int rate_budget_read(struct rate_budget *b, const char *ratelimit, const char *policy,
    int64_t now_ms);

/* How long to wait before spending `cost` requests: 0 while plenty is left; spread over what remains
 * of the window when less than a fifth of the quota is (fewer than 10 when that is unknown); until
 * the reset when there is not enough. The window that asks for the longest wait decides; one that
 * has been reset meanwhile asks for none. */
int64_t rate_budget_wait_ms(const struct rate_budget *b, int64_t cost, int64_t now_ms);

#endif
