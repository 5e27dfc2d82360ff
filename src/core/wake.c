/* One eventfd on Linux; elsewhere (or with SLIPWAY_PORTABLE) the two ends of a pipe. Both never
 * block: a write that finds no room means that the reader has not yet looked, which is all that a
 * wake-up has to say. errno is kept, because signal handlers wake too. */
#include "core/wake.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#if defined(__linux__) && !defined(SLIPWAY_PORTABLE)

#include <sys/eventfd.h>

int wake_init(struct wake *w)
{
    w->read_fd = w->write_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->read_fd < 0 ? -1 : 0;
}

#else

#include <fcntl.h>

static int make_quiet(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) || fcntl(fd, F_SETFL, O_NONBLOCK) ? -1 : 0;
}

int wake_init(struct wake *w)
{
    int ends[2];
    w->read_fd = w->write_fd = -1;
    if (pipe(ends))
        return -1;
    w->read_fd = ends[0];
    w->write_fd = ends[1];
    if (!make_quiet(ends[0]) && !make_quiet(ends[1]))
        return 0;
    int error = errno;
    wake_release(w);
    errno = error;
    return -1;
}

#endif

void wake_release(struct wake *w)
{
    if (w->read_fd >= 0)
        close(w->read_fd);
    if (w->write_fd >= 0 && w->write_fd != w->read_fd)
        close(w->write_fd);
    w->read_fd = w->write_fd = -1;
}

void wake_up(struct wake *w)
{
    const uint64_t one = 1; /* an eventfd takes eight bytes; to a pipe any number is the same */
    int error = errno;
    while (write(w->write_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    errno = error;
}

void wake_drain(struct wake *w)
{
    char bytes[512];
    int error = errno;
    ssize_t n;
    do
        n = read(w->read_fd, bytes, sizeof bytes);
    while (n > 0 || (n < 0 && errno == EINTR));
    errno = error;
}
