/* What several core tests need: random numbers from a fixed seed, and waiting that fails instead of
 * hanging. */
#ifndef TESTS_UNIT_CORE_HELPERS_H
#define TESTS_UNIT_CORE_HELPERS_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

/* No test waits longer than this for anything: it fails then. */
enum { PATIENCE_MS = 60 * 1000 };

static inline int64_t real_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
    return next_random(state) % n;
}

/* Waits for another thread to set the flag; false when patience ends. */
static inline bool await(atomic_bool *flag)
{
    for (int64_t end = real_ms() + PATIENCE_MS; !atomic_load(flag);) {
        if (real_ms() > end)
            return false;
        sched_yield();
    }
    return true;
}

/* As await, for a number that others raise. */
static inline bool await_count(atomic_int *count, int least)
{
    for (int64_t end = real_ms() + PATIENCE_MS; atomic_load(count) < least;) {
        if (real_ms() > end)
            return false;
        sched_yield();
    }
    return true;
}

/* Valgrind plays the kernel itself where limits and stop signals are concerned, and does less. */
static inline bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

/* Hang-ups count as readable too: read then says so. */
static inline bool is_readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n == 1 && (p.revents & (POLLIN | POLLHUP));
}

static inline pthread_t start(void *(*fn)(void *), void *arg)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
    return thread;
}

static inline void join(pthread_t thread)
{
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#endif
