#include "pty_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

double pty_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

void pty_start(struct pty_program *p, char *const argv[], int columns, int rows)
{
    *p = (struct pty_program){.rows = rows, .columns = columns};
    p->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (p->fd < 0 || grantpt(p->fd) || unlockpt(p->fd))
        give_up("pty");
    char name[64];
    if (ptsname_r(p->fd, name, sizeof name))
        give_up("pty");
    const struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    ioctl(p->fd, TIOCSWINSZ, &size);
    p->vt = vterm_new(rows, columns);
    vterm_set_utf8(p->vt, 1);
    vterm_screen_reset(vterm_obtain_screen(p->vt), 1);
    p->started_s = pty_now();
    p->pid = fork();
    if (p->pid < 0)
        give_up("fork");
    if (p->pid == 0) {
        setsid();
        int tty = open(name, O_RDWR);
        if (tty < 0 || dup2(tty, 0) < 0 || dup2(tty, 1) < 0 || dup2(tty, 2) < 0)
            _exit(126);
        execv(argv[0], argv);
        _exit(127);
    }
}

bool pty_read(struct pty_program *p, double seconds)
{
    char bytes[64 * 1024];
    struct pollfd ready = {.fd = p->fd, .events = POLLIN};
    if (poll(&ready, 1, (int)(seconds * 1000)) <= 0)
        return false;
    ssize_t n = read(p->fd, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    p->last_byte_s = pty_now();
    p->bytes += (uint64_t)n;
    vterm_input_write(p->vt, bytes, (size_t)n);
    return true;
}

static bool row_holds(const struct pty_program *p, int row, const char *text)
{
    char line[4096];
    const VTermRect rect = {
        .start_row = row, .end_row = row + 1, .start_col = 0, .end_col = p->columns};
    size_t n = vterm_screen_get_text(vterm_obtain_screen(p->vt), line, sizeof line - 1, rect);
    line[n] = 0;
    return text ? strstr(line, text) != NULL : strspn(line, " \n") < strlen(line);
}

static bool holds(const struct pty_program *p, int row, const char *text)
{
    if (row >= 0)
        return row_holds(p, row, text);
    for (int r = 0; r < p->rows; r++)
        if (row_holds(p, r, text))
            return true;
    return false;
}

bool pty_wait(struct pty_program *p, int row, const char *text, double limit_s)
{
    double until = pty_now() + limit_s;
    while (!holds(p, row, text)) {
        double left = until - pty_now();
        if (left <= 0 || (!pty_read(p, left) && kill(p->pid, 0)))
            return false;
    }
    return true;
}

void pty_settle(struct pty_program *p, double quiet_s, double limit_s)
{
    double until = pty_now() + limit_s;
    while (pty_now() < until && pty_read(p, quiet_s))
        continue;
}

void pty_press(struct pty_program *p, const char *keys)
{
    if (write(p->fd, keys, strlen(keys)) < 0)
        give_up("write to the terminal");
}

void pty_stop(struct pty_program *p)
{
    kill(p->pid, SIGTERM);
    /* Its last bytes must be read, or it could not write them. */
    for (double until = pty_now() + 5; waitpid(p->pid, NULL, WNOHANG) == 0;) {
        pty_read(p, 0.01);
        if (pty_now() > until)
            kill(p->pid, SIGKILL);
    }
    vterm_free(p->vt);
    close(p->fd);
}
