/* signals: ordinary ones as a descriptor, deadly ones with a last act.
 *
 * SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD arrive as something to read (signalfd on
 * Linux, a self-pipe elsewhere and with -DSLIPWAY_PORTABLE; only signals.c knows). The first three,
 * SIGTSTP and SIGQUIT stay ignored when they were ignored at the start, as under nohup. SIGPIPE is
 * ignored. SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT and SIGQUIT run the crash path: give the terminal
 * back, zero the secrets, write one line with version and signal to stderr, then die of the same
 * signal, so that the exit status tells the truth and a core can be had. A step that crashes is left
 * out, steps that hang for seconds are given up; the process dies in any case.
 *
 * A stack overflow on main runs the crash path too; one on another thread dies without it (a thread
 * has no second stack unless it brings one).
 *
 * Threads: signals_init on main before any thread starts (the mask is inherited); everything else on
 * main, signals_set_restore from any. */
#ifndef SLIPWAY_CORE_SIGNALS_H
#define SLIPWAY_CORE_SIGNALS_H

#include "base/err.h"

/* ERR_IO when descriptors are out, ERR_BUG the second time. */
int signals_init(struct err *e);

/* Puts everything back as signals_init found it; signals nobody read are forgotten. */
void signals_release(void);

/* Readable when a signal came; read with signals_next until that gives 0. -1 before signals_init. */
int signals_fd(void);

/* The next signal's number, 0 when none waits. The same signal twice may be read once. */
int signals_next(void);

/* What the crash path does first. Only async-signal-safe calls are allowed in it: writing prepared
 * bytes to the terminal and tcsetattr. NULL takes it away. */
void signals_set_restore(void (*restore)(void));

/* Stops the process the way Ctrl-Z does (SIGTSTP with its default action) and returns when it was
 * continued; SIGCONT can then be read too. Returns at once where nobody could continue it (no job
 * control). The caller gives the terminal back before and takes it again after. */
void signals_suspend(void);

/* In a child process before exec: default handlers and an empty mask. Async-signal-safe. */
void signals_reset_child(void);

#endif
