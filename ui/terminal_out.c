/* Bytes to the terminal without ever waiting for it.
 *
 * ncurses writes to a descriptor and, when that takes nothing, tries again until it does. So what it
 * is given is a file in memory: a frame is staged there whole and carried over from here, as fast as
 * the terminal takes it. While something is staged no new frame is drawn, so there is never more
 * than one frame and a few small things.
 *
 * The terminal is opened anew, because O_NONBLOCK belongs to what was opened, and the descriptors
 * that we were started with are shared with the shell. /dev/tty is the second choice: not every
 * system can poll it, but a terminal that belongs to somebody else (after `su`) cannot be opened by
 * its name. */
#include "base/clock.h"
#include "ui/terminal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { PIECE = 4096, STAGED_MAX = 1 << 20 /* to which something may still be added */ };

static struct {
    int tty;
    FILE *file; /* given to ncurses; the staged bytes */
    off_t at;   /* so many of them are written */
    bool diverted, gone;
    uint64_t written;
} out = {.tty = -1};

/* ---- opening ------------------------------------------------------------------------------------------- */

static int open_again(const char *path)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && !isatty(fd)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The terminal behind fd as an open file of its own, or -1. */
static int open_terminal(int fd)
{
    char path[PATH_MAX];
    int again = ttyname_r(fd, path, sizeof path) ? -1 : open_again(path);
    if (again < 0 && tcgetsid(fd) == getsid(0))
        again = open_again("/dev/tty"); /* it is our session's */
    return again;
}

int terminal_out_open(int fd, struct err *e)
{
    int tty = open_terminal(fd);
    if (tty < 0)
        return err_errno(e, errno, "cannot open the terminal");
    int copy = fcntl(tty, F_DUPFD_CLOEXEC, 0);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "w+");
    if (!file) {
        err_errno(e, errno, "cannot open the terminal");
        if (copy >= 0)
            close(copy);
        close(tty);
        return -1;
    }
    out.tty = tty;
    out.file = file;
    out.at = 0;
    out.diverted = out.gone = false;
    out.written = 0;
    return 0;
}

void terminal_out_close(void)
{
    if (out.tty < 0)
        return;
    fclose(out.file);
    close(out.tty);
    out.file = NULL;
    out.tty = -1;
    out.diverted = false;
}

int terminal_out_fd(void)
{
    return out.tty;
}

FILE *terminal_out_file(void)
{
    return out.file;
}

#if defined(__linux__) && !defined(SLIPWAY_PORTABLE)

static int memory_file(void)
{
    return memfd_create("slipway-screen", MFD_CLOEXEC);
}

#else

static int memory_file(void)
{
    FILE *f = tmpfile();
    int fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 0) : -1;
    if (f)
        fclose(f);
    return fd;
}

#endif

int terminal_out_divert(struct err *e)
{
    int memory = memory_file();
    int fd = memory < 0 ? -1 : dup2(memory, fileno(out.file));
    if (fd < 0)
        err_errno(e, errno, "cannot make room for the screen");
    else
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (memory >= 0)
        close(memory);
    out.diverted = fd >= 0;
    return fd < 0 ? -1 : 0;
}

/* ---- staging --------------------------------------------------------------------------------------------- */

static off_t staged_end(void)
{
    return out.diverted ? lseek(fileno(out.file), 0, SEEK_CUR) : 0;
}

bool terminal_out_add(const void *bytes, size_t n)
{
    if (!out.diverted || staged_end() - out.at > STAGED_MAX)
        return false;
    off_t before = staged_end();
    if (write(fileno(out.file), bytes, n) == (ssize_t)n)
        return true;
    lseek(fileno(out.file), before, SEEK_SET); /* memory is out */
    return false;
}

/* The file keeps its size: the next bytes go over the old ones. */
void terminal_out_discard(void)
{
    if (out.diverted)
        lseek(fileno(out.file), 0, SEEK_SET);
    out.at = 0;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

/* What write says, once it was not interrupted. */
static ssize_t write_some(const char *bytes, size_t n)
{
    ssize_t done;
    do
        done = write(out.tty, bytes, n);
    while (done < 0 && errno == EINTR);
    return done;
}

/* Writes a piece; false when the terminal takes nothing now. */
static bool write_piece(off_t end)
{
    char piece[PIECE];
    size_t most = end - out.at < PIECE ? (size_t)(end - out.at) : PIECE;
    ssize_t n = pread(fileno(out.file), piece, most, out.at);
    ssize_t done = n > 0 ? write_some(piece, (size_t)n) : n;
    if (done > 0) {
        out.at += done;
        out.written += (uint64_t)done;
        return true;
    }
    if (n > 0 && done < 0 && errno == EAGAIN)
        return false;
    if (n > 0)
        out.gone = true;
    out.at = end;
    return true;
}

bool terminal_out_flush(void)
{
    off_t end = staged_end();
    while (out.at < end)
        if (!write_piece(end))
            return false;
    if (end > 0)
        terminal_out_discard();
    return true;
}

bool terminal_out_drain(int64_t ms)
{
    int64_t end = clock_mono_ms(clock_real()) + ms, left = ms;
    bool done;
    while (!(done = terminal_out_flush()) && left > 0) {
        struct pollfd p = {.fd = out.tty, .events = POLLOUT};
        poll(&p, 1, (int)left);
        left = end - clock_mono_ms(clock_real());
    }
    return done;
}

bool terminal_out_gone(void)
{
    return out.gone;
}

uint64_t terminal_out_written(void)
{
    return out.written;
}
