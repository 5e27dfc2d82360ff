/* Each round: idle, sleep in poll, then the callbacks of what is ready and of the deadline. What is
 * watched may change in any callback, so poll's answers are matched with the watches by an identity
 * that is never used again: a watch that was removed is not called, nor is a new one on the same
 * descriptor called for what poll said about the old one. */
#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

struct watch {
    int fd;
    loop_fn *fn;
    void *arg;
    uint64_t id;
};

struct loop {
    struct clock *clock;
    struct watch watch[LOOP_FDS_MAX];
    size_t watches;
    uint64_t next_id;
    int64_t deadline_ms; /* negative: none */
    loop_fn *deadline_fn;
    void *deadline_arg;
    bool stopped;
    int result;
};

/* What one poll was asked, and of which watch each line is. */
struct round {
    struct pollfd pollfd[LOOP_FDS_MAX];
    uint64_t id[LOOP_FDS_MAX];
    size_t n;
};

struct loop *loop_new(struct clock *clock)
{
    struct loop *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->clock = clock;
    l->deadline_ms = -1;
    return l;
}

void loop_free(struct loop *l)
{
    free(l);
}

static struct watch *watch_of_fd(struct loop *l, int fd)
{
    for (size_t i = 0; i < l->watches; i++)
        if (l->watch[i].fd == fd)
            return &l->watch[i];
    return NULL;
}

static struct watch *watch_of_id(struct loop *l, uint64_t id)
{
    for (size_t i = 0; i < l->watches; i++)
        if (l->watch[i].id == id)
            return &l->watch[i];
    return NULL;
}

int loop_add(struct loop *l, int fd, loop_fn *fn, void *arg, struct err *e)
{
    if (fd < 0 || watch_of_fd(l, fd))
        return err_set(e, ERR_STATE, 0, "descriptor %d cannot be watched (again)", fd);
    if (l->watches == LOOP_FDS_MAX)
        return err_set(e, ERR_STATE, 0, "more than %d descriptors to watch", LOOP_FDS_MAX);
    l->watch[l->watches++] = (struct watch){fd, fn, arg, l->next_id++};
    return 0;
}

void loop_remove(struct loop *l, int fd)
{
    struct watch *w = watch_of_fd(l, fd);
    if (!w)
        return;
    l->watches--;
    for (; w < l->watch + l->watches; w++)
        w[0] = w[1];
}

void loop_set_deadline(struct loop *l, int64_t mono_ms, loop_fn *fn, void *arg)
{
    l->deadline_ms = mono_ms;
    l->deadline_fn = fn;
    l->deadline_arg = arg;
}

/* poll's timeout: -1 when there is no deadline, or when the clock stands still before it. */
static int timeout_ms(struct loop *l)
{
    if (l->deadline_ms < 0)
        return -1;
    int64_t wait = clock_real_wait_ms(l->clock, l->deadline_ms - clock_mono_ms(l->clock));
    return wait > INT_MAX ? INT_MAX : (int)wait;
}

static struct round round_of(const struct loop *l)
{
    struct round r = {.n = l->watches};
    for (size_t i = 0; i < r.n; i++) {
        r.pollfd[i] = (struct pollfd){.fd = l->watch[i].fd, .events = POLLIN};
        r.id[i] = l->watch[i].id;
    }
    return r;
}

static void call_ready(struct loop *l, const struct round *r)
{
    for (size_t i = 0; i < r->n && !l->stopped; i++) {
        const struct watch *w = r->pollfd[i].revents ? watch_of_id(l, r->id[i]) : NULL;
        if (w)
            w->fn(l, w->fd, r->pollfd[i].revents, w->arg);
    }
}

static void call_deadline(struct loop *l)
{
    if (l->stopped || l->deadline_ms < 0 || clock_mono_ms(l->clock) < l->deadline_ms)
        return;
    l->deadline_ms = -1;
    l->deadline_fn(l, -1, 0, l->deadline_arg);
}

/* One sleep and the callbacks behind it. */
static int run_once(struct loop *l, struct err *e)
{
    struct round r = round_of(l);
    int ready = poll(r.pollfd, (nfds_t)r.n, timeout_ms(l));
    if (ready < 0 && errno != EINTR)
        return err_errno(e, errno, "cannot wait for input");
    if (ready > 0)
        call_ready(l, &r);
    call_deadline(l);
    return 0;
}

int loop_run(struct loop *l, void (*idle)(void *), void *idle_arg, struct err *e)
{
    while (!l->stopped) {
        if (idle)
            idle(idle_arg);
        if (!l->stopped && run_once(l, e))
            return -1;
    }
    l->stopped = false;
    return l->result;
}

void loop_stop(struct loop *l, int result)
{
    l->stopped = true;
    l->result = result;
}
