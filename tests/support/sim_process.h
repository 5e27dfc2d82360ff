/* sim_process: slipway-sim as a child of the test, and short calls to it through our own engine.
 *
 * The program is $SLIPWAY_SIM (set by make). It ends with the test whatever happens: its standard
 * input is a pipe that closes with the test (--exit-with-stdin). Failures inside these helpers fail the
 * running cmocka test. */
#ifndef TESTS_SUPPORT_SIM_PROCESS_H
#define TESTS_SUPPORT_SIM_PROCESS_H

#include "base/json.h"
#include "client/http.h"

#include <sys/types.h>

struct sim_process {
    pid_t pid;
    int input;                           /* its standard input: closing ends it */
    char data[96], control[96], hub[96]; /* base URLs as it printed them */
    char scenario[512], speed[16];       /* as it was started */
    struct http *http;
    struct secret *key;
};

/* Starts it; `speed` as on the command line ("0" = the clock only moves when told). */
void sim_process_start(struct sim_process *p, const char *scenario, const char *speed);
/* Ends it and checks that it ended cleanly. */
void sim_process_stop(struct sim_process *p);
/* Ends it and starts another one in its place, on the same ports, which knows nothing of the first. */
void sim_process_restart(struct sim_process *p);

/* One call; the answer's status in *status (may be NULL: then it must be 2xx). `body` NULL = none.
 * The caller frees the tree; NULL when the answer was not JSON. */
struct json *sim_call(struct sim_process *p, enum http_method method, const char *base,
    const char *path, const char *body, int *status);
struct json *sim_get(struct sim_process *p, const char *base, const char *path);

/* Moves the simulated clock on. */
void sim_advance(struct sim_process *p, int64_t seconds);
void sim_speed(struct sim_process *p, double speed);

#endif
