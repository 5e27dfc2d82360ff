/* pty_program: a program on a terminal of its own, which the bench plays: its bytes go through libvterm, so
 * that one can ask what stands on the screen. */
#ifndef SLIPWAY_TESTS_BENCH_PTY_PROGRAM_H
#define SLIPWAY_TESTS_BENCH_PTY_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <vterm.h>

struct pty_program {
    pid_t pid;
    int fd; /* the terminal's other side */
    int rows, columns;
    VTerm *vt;
    uint64_t bytes;   /* written by the program so far */
    double started_s; /* just before exec, CLOCK_MONOTONIC */
    double last_byte_s;
};

double pty_now(void);
/* Ends the bench with a sentence when it cannot be started. */
void pty_start(struct pty_program *p, char *const argv[], int columns, int rows);
/* Reads what comes within `seconds`; returns at once after each piece. False when nothing came. */
bool pty_read(struct pty_program *p, double seconds);
/* Reads until `row` (-1 = any) holds the text, or until something stands in it when text is NULL. False after
 * the limit. */
bool pty_wait(struct pty_program *p, int row, const char *text, double limit_s);
/* Reads until nothing has come for `quiet_s`. */
void pty_settle(struct pty_program *p, double quiet_s, double limit_s);
void pty_press(struct pty_program *p, const char *keys);
void pty_stop(struct pty_program *p); /* SIGTERM, then waits */

#endif
