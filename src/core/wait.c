/* A counter of pokes under a lock. The sleeper compares the count it saw before it looked at its
 * sources with the present one, so a poke between looking and sleeping ends the sleep at once. */
#include "core/wait.h"

#include "base/clock.h"

#include <errno.h>
#include <time.h>

int wait_init(struct wait *w)
{
    w->pokes = 0;
    int failed = pthread_mutex_init(&w->lock, NULL);
    if (failed)
        return failed;
    failed = clock_cond_init(&w->poked);
    if (failed)
        pthread_mutex_destroy(&w->lock);
    return failed;
}

void wait_release(struct wait *w)
{
    pthread_cond_destroy(&w->poked);
    pthread_mutex_destroy(&w->lock);
}

void wait_poke(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    w->pokes++;
    /* Under the lock: a sleeper that is woken by this may release `w` as soon as it has the lock. */
    pthread_cond_broadcast(&w->poked);
    pthread_mutex_unlock(&w->lock);
}

uint64_t wait_seen(struct wait *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t seen = w->pokes;
    pthread_mutex_unlock(&w->lock);
    return seen;
}

bool wait_until(struct wait *w, uint64_t seen, int64_t ms)
{
    struct timespec deadline = clock_deadline(ms);
    int late = 0;
    pthread_mutex_lock(&w->lock);
    while (w->pokes == seen && late != ETIMEDOUT)
        late = ms < 0 ? pthread_cond_wait(&w->poked, &w->lock)
                      : pthread_cond_timedwait(&w->poked, &w->lock, &deadline);
    bool poked = w->pokes != seen;
    pthread_mutex_unlock(&w->lock);
    return poked;
}
