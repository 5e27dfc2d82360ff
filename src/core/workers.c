/* One list of jobs under one lock. A job is a function and n arguments: workers_start queues one with
 * a single argument in memory of its own, workers_run_all one with all of them on the caller's
 * stack. A worker takes the next argument of the first job; the job leaves the list when its last
 * argument was taken and is done when all of them have come back.
 *
 * Only what workers_start queues counts against the queue's maximum: a batch is one entry, and its
 * caller sleeps until it is done, so there are never more of them than threads that call. */
#include "core/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { WIDTH_LEAST = 2, WIDTH_MAX = 64 };

struct job {
    workers_fn *fn;
    void *const *args;
    size_t n, taken, back;
    struct cancel *cancel; /* borrowed */
    void (*done)(void *);
    void *done_arg;
    void *single;  /* the argument of a job of workers_start */
    bool is_batch; /* else it is freed after done */
    bool refused;  /* the pool ended before the last argument was taken */
    struct job *next;
};

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t job_came, batch_left;
    struct job *first, **end; /* *end is the NULL behind the last */
    size_t waiting, waiting_max;
    size_t batches; /* callers inside workers_run_all */
    struct cancel *fired;
    bool ending;
    size_t width;
    pthread_t thread[];
};

/* Takes the next argument and sees to it. Lock held before and after. */
static void take_one(struct workers *w)
{
    struct job *job = w->first;
    void *arg = job->args[job->taken++];
    struct cancel *cancel = w->ending ? w->fired : job->cancel;
    job->refused = job->refused || w->ending;
    if (job->taken == job->n) {
        w->first = job->next;
        if (!w->first)
            w->end = &w->first;
        w->waiting -= !job->is_batch;
    }
    pthread_mutex_unlock(&w->lock);
    job->fn(arg, cancel);
    if (job->done)
        job->done(job->done_arg);
    pthread_mutex_lock(&w->lock);
    if (!job->is_batch)
        free(job);
    else if (++job->back == job->n)
        pthread_cond_broadcast(&w->batch_left);
}

static void *work(void *arg)
{
    struct workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->ending)
            pthread_cond_wait(&w->job_came, &w->lock);
        if (!w->first)
            break;
        take_one(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* One a core, at least two: while one waits for the disk the other computes. */
static size_t usual_width(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < WIDTH_LEAST ? WIDTH_LEAST : (size_t)cores;
}

/* 0, or an errno. */
static int init_locks(struct workers *w)
{
    int failed = pthread_mutex_init(&w->lock, NULL);
    if (failed)
        return failed;
    failed = pthread_cond_init(&w->job_came, NULL);
    if (failed)
        goto no_job_came;
    failed = pthread_cond_init(&w->batch_left, NULL);
    if (!failed)
        return 0;
    pthread_cond_destroy(&w->job_came);
no_job_came:
    pthread_mutex_destroy(&w->lock);
    return failed;
}

static void release_locks(struct workers *w)
{
    pthread_cond_destroy(&w->batch_left);
    pthread_cond_destroy(&w->job_came);
    pthread_mutex_destroy(&w->lock);
}

static struct cancel *fired_token(void)
{
    struct cancel *c = cancel_new(NULL);
    cancel_fire(c);
    return c;
}

/* Starts up to `threads`; fewer will do. 0, or the errno for which there is none at all. */
static int start_threads(struct workers *w, size_t threads)
{
    int failed = 0;
    while (w->width < threads && !failed) {
        failed = pthread_create(&w->thread[w->width], NULL, work, w);
        w->width += !failed;
    }
    return w->width ? 0 : failed;
}

struct workers *workers_new(size_t threads, size_t queue_max, struct err *e)
{
    if (!threads)
        threads = usual_width();
    if (threads > WIDTH_MAX)
        threads = WIDTH_MAX;
    int failed = ENOMEM;
    struct workers *w = calloc(1, sizeof *w + threads * sizeof w->thread[0]);
    if (!w)
        goto out;
    w->end = &w->first;
    w->waiting_max = queue_max;
    w->fired = fired_token();
    if (!w->fired)
        goto out;
    failed = init_locks(w);
    if (failed)
        goto out;
    failed = start_threads(w, threads);
    if (!failed)
        return w;
    release_locks(w);
out:
    err_errno(e, failed, "cannot start worker threads");
    if (w)
        cancel_unref(w->fired);
    free(w);
    return NULL;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->job_came);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->width; i++)
        pthread_join(w->thread[i], NULL);
    pthread_mutex_lock(&w->lock);
    while (w->batches)
        pthread_cond_wait(&w->batch_left, &w->lock);
    pthread_mutex_unlock(&w->lock);
    release_locks(w);
    cancel_unref(w->fired);
    free(w);
}

/* Lock held. */
static void queue(struct workers *w, struct job *job)
{
    *w->end = job;
    w->end = &job->next;
    if (job->n == 1)
        pthread_cond_signal(&w->job_came);
    else
        pthread_cond_broadcast(&w->job_came);
}

int workers_start(struct workers *w, workers_fn *fn, void *arg, struct cancel *cancel,
    void (*done)(void *), void *done_arg, struct err *e)
{
    struct job *job = malloc(sizeof *job);
    if (!job)
        return err_errno(e, ENOMEM, "cannot queue work");
    *job = (struct job){.fn = fn,
        .args = &job->single,
        .n = 1,
        .cancel = cancel,
        .done = done,
        .done_arg = done_arg,
        .single = arg};
    pthread_mutex_lock(&w->lock);
    bool taken = !w->ending && w->waiting < w->waiting_max;
    if (taken) {
        queue(w, job);
        w->waiting++;
    }
    pthread_mutex_unlock(&w->lock);
    if (taken)
        return 0;
    free(job);
    return err_set(e, ERR_STATE, 0, "too much work is under way");
}

int workers_run_all(struct workers *w, workers_fn *fn, void *const args[], size_t n,
    struct cancel *cancel, struct err *e)
{
    struct job batch = {.fn = fn, .args = args, .n = n, .cancel = cancel, .is_batch = true};
    if (!n)
        return cancel_check(cancel, e);
    pthread_mutex_lock(&w->lock);
    bool ending = w->ending;
    if (!ending) {
        w->batches++;
        queue(w, &batch);
        while (batch.back < n)
            pthread_cond_wait(&w->batch_left, &w->lock);
        w->batches--;
        pthread_cond_broadcast(&w->batch_left);
    }
    pthread_mutex_unlock(&w->lock);
    if (ending)
        return err_set(e, ERR_STATE, 0, "the worker threads have ended");
    if (batch.refused)
        return err_set(e, ERR_CANCEL, 0, "cancelled");
    return cancel_check(cancel, e);
}

size_t workers_width(const struct workers *w)
{
    return w->width;
}
