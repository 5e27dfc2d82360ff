/* clock: the time, real or set by a test.
 *
 * Two readings: `mono` never jumps and is for deadlines and ages; `wall` is UTC for display and
 * protocols. Both are int64_t milliseconds. Code takes a `struct clock *` and never asks the
 * system itself, so tests and the stand-in can set, advance and speed up the time.
 *
 * Threads: reading and setting from any thread (one small lock inside). */
#ifndef SLIPWAY_BASE_CLOCK_H
#define SLIPWAY_BASE_CLOCK_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { CLOCK_RFC3339_MAX = 32 };

struct clock;

/* The system's clock; one static object, never freed. */
struct clock *clock_real(void);

/* A clock that starts at the wall time given and runs at `speed` times the real pace (0 = stands
 * still until advanced). NULL when memory is out. */
struct clock *clock_new(int64_t wall_ms, double speed);
void clock_free(struct clock *c); /* NULL and clock_real() are fine */

int64_t clock_mono_ms(struct clock *c);
int64_t clock_wall_ms(struct clock *c);

/* Only on clocks of clock_new. */
void clock_advance(struct clock *c, int64_t ms);
void clock_set_speed(struct clock *c, double speed);
double clock_speed(struct clock *c); /* 1 for the real one */

/* How long, in real milliseconds, until `ms` of this clock's time have passed; -1 = never (it stands
 * still). */
int64_t clock_real_wait_ms(struct clock *c, int64_t ms);

/* "2026-11-23T06:05:00.123Z" (millis) or without the fraction. `out` holds CLOCK_RFC3339_MAX. */
void clock_rfc3339(char *out, int64_t wall_ms, int with_millis);

/* Reads RFC 3339 (with "Z" or an offset, any number of fraction digits). 0 or -1. */
int clock_parse_rfc3339(const char *s, int64_t *wall_ms);

/* The absolute CLOCK_MONOTONIC time `ms` from now, for pthread_cond_timedwait on condition variables
 * made with clock_cond_init. */
struct timespec clock_deadline(int64_t ms);
int clock_cond_init(pthread_cond_t *cond); /* 0 or an errno */

#endif
