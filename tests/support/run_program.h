/* run_program: the built program as a child of the test: with an environment of its own, its two outputs
 * caught, and an end that comes in any case. Failures inside these helpers fail the running cmocka
 * test. Several may be under way at once: start them all, then finish them. */
#ifndef TESTS_SUPPORT_RUN_PROGRAM_H
#define TESTS_SUPPORT_RUN_PROGRAM_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

/* NAME=VALUE entries; nothing of the test's own environment but what a program needs to run at all. */
struct program_env {
    char *entries[64]; /* owned; NULL behind the last */
    size_t count;
};
void program_env_init(struct program_env *env);
void program_env_set(
    struct program_env *env, const char *name, const char *value); /* NULL: unset */
void program_env_release(struct program_env *env);

struct program {
    pid_t pid;
    int input; /* writing end of its standard input; -1 = it reads /dev/null */
    struct buf out, err;
    int exit_code;      /* once finished; -1 when a signal ended it */
    int out_fd, err_fd; /* reading ends */
};

/* $SLIPWAY with these arguments (NULL behind the last, at most 30). `piped`: standard input is a pipe that stays
 * open. */
void program_start(struct program *p, const struct program_env *env, int piped, ...)
    __attribute__((sentinel));
void program_start_list(
    struct program *p, const struct program_env *env, bool piped, const char *const arguments[]);
void program_signal(const struct program *p, int number);
/* Reads both outputs to their ends and waits; past the limit it is killed and the test fails. */
void program_finish(struct program *p, int limit_s);
void program_release(struct program *p);

#endif
