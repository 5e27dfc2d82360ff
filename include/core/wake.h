/* wake: a descriptor that another thread or a signal handler can make readable.
 *
 * eventfd on Linux, a non-blocking pipe elsewhere (and with -DSLIPWAY_PORTABLE); wake.c is the only
 * file that knows.
 * Threads: wake_up from any thread and from signal handlers; drain from the reader. */
#ifndef SLIPWAY_CORE_WAKE_H
#define SLIPWAY_CORE_WAKE_H

struct wake {
    int read_fd, write_fd; /* the same with eventfd */
};

/* 0, or -1 with errno; then both descriptors are -1 and wake_release does nothing. */
int wake_init(struct wake *w);
void wake_release(struct wake *w);

/* Makes the descriptor readable until the next drain. Never blocks, keeps errno. */
void wake_up(struct wake *w);
void wake_drain(struct wake *w);

/* What to poll for POLLIN. */
static inline int wake_fd(const struct wake *w)
{
    return w->read_fd;
}

#endif
