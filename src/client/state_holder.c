/* Who works on something. A process number alone is not enough: after a crash the same number may
 * belong to a stranger, so the time the process began goes with it. On Linux that is field 22 of
 * /proc/PID/stat, in ticks since the boot, behind the boot's own id; elsewhere there is no common
 * way, and the number must do.
 *
 * A process that ended but was not waited for (a zombie) does not work on anything any more. */
#include "client/state_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(SLIPWAY_PORTABLE)

#include <fcntl.h>

enum { STAT_MAX = 1024, STATE_FIELD = 3, BORN_FIELD = 22 };

/* The beginning of a small file, as text; "" when it cannot be read. */
static void read_start(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = '\0';
}

/* Field `number` of a stat line, NULL when it has fewer. The second is the name in brackets, which
 * may hold anything: count from behind it. */
static const char *field(const char *line, int number)
{
    const char *p = strrchr(line, ')');
    for (int at = 2; p && at < number; at++) {
        p = strchr(p, ' ');
        p += p != NULL;
    }
    return p;
}

static bool born(int64_t pid, char out[STATE_BORN_MAX])
{
    char path[64], line[STAT_MAX], boot[64];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    read_start(path, line, sizeof line);
    const char *state = field(line, STATE_FIELD), *ticks = field(line, BORN_FIELD);
    if (!state || !ticks || *state == 'Z' || *state == 'X')
        return false;
    read_start("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    snprintf(out, STATE_BORN_MAX, "%.36s/%.*s", boot, (int)strspn(ticks, "0123456789"), ticks);
    return true;
}

#else

static bool born(int64_t pid, char out[STATE_BORN_MAX])
{
    out[0] = '\0';
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

#endif

void state_holder_self(struct state_holder *out)
{
    out->pid = getpid();
    if (!born(out->pid, out->born))
        out->born[0] = '\0';
}

bool state_holder_is_self(const struct state_holder *h)
{
    struct state_holder self;
    state_holder_self(&self);
    return h->pid == self.pid && strcmp(h->born, self.born) == 0;
}

/* A process numbered so, in the sense of kill(2): 0 and below are groups. */
static bool is_pid(int64_t pid)
{
    return pid > 0 && pid <= INT_MAX;
}

bool state_holder_lives(const struct state_holder *h)
{
    char now[STATE_BORN_MAX];
    return is_pid(h->pid) && born(h->pid, now) && strcmp(now, h->born) == 0;
}
