/* bench_tools: what the benches that measure the whole program share: a home of their own, the stand-in,
 * and what the kernel counts of a process. All end the bench with a sentence when they cannot. */
#ifndef SLIPWAY_TESTS_BENCH_TOOLS_H
#define SLIPWAY_TESTS_BENCH_TOOLS_H

#include "pty_program.h"

#include <stddef.h>
#include <sys/types.h>

void bench_fail(const char *what) __attribute__((noreturn));
int bench_by_value(const void *a, const void *b); /* of doubles, for qsort */

/* A new folder as HOME, and nothing of the environment that would change what is measured. */
void bench_home(char folder[64]);
void bench_remove(const char *folder);

struct bench_sim {
    int input; /* it ends with it */
    pid_t pid;
};
/* Returns when it listens; its addresses and keys are in the environment then. */
struct bench_sim bench_start_sim(const char *sim, const char *scenario);
void bench_stop_sim(const struct bench_sim *s);

/* Runs a program to its end, its output thrown away. */
void bench_run(char *const argv[]);

double bench_cpu_s(pid_t pid);
/* Of all threads: seconds on a CPU to the nanosecond, and how often they went to sleep. */
void bench_threads(pid_t pid, double *cpu_s, double *sleeps);
double bench_resident_mb(pid_t pid);

/* Leaves it alone for so long, and prints what that costs. */
void bench_rest(struct pty_program *p, const char *what, double seconds);

/* Presses keys one after the other, `count` in all, `walk` round and round; each must change what is seen.
 * Prints how long it took from the press to the last byte before a pause, which is what a person sees. */
void bench_keys(
    struct pty_program *p, const char *what, const char *const *walk, size_t walk_length, int count);

#endif
