#include "core/workers.h"

#include "helpers.h"

/* ---- run_all ----------------------------------------------------------------------------------- */

struct task {
    atomic_int runs, inside_max;
    atomic_int *inside;
    bool saw_fired;
};

static void note_run(void *arg, struct cancel *cancel)
{
    struct task *t = arg;
    int inside = atomic_fetch_add(t->inside, 1) + 1;
    atomic_fetch_add(&t->runs, 1);
    atomic_store(&t->inside_max, inside);
    t->saw_fired = cancel_fired(cancel);
    sched_yield();
    atomic_fetch_sub(t->inside, 1);
}

enum { TASKS_MAX = 200 };

struct tasks {
    struct task task[TASKS_MAX];
    void *args[TASKS_MAX];
    atomic_int inside;
};

static void tasks_init(struct tasks *t)
{
    *t = (struct tasks){0};
    for (int i = 0; i < TASKS_MAX; i++) {
        t->task[i].inside = &t->inside;
        t->args[i] = &t->task[i];
    }
}

static struct workers *pool(size_t threads, size_t queue_max)
{
    struct workers *w = workers_new(threads, queue_max, NULL);
    assert_non_null(w);
    return w;
}

static void every_argument_is_run_once_within_the_width(void **state)
{
    (void)state;
    static const size_t numbers[] = {0, 1, 2, 3, 5, TASKS_MAX};
    for (size_t width = 1; width <= 5; width++) {
        struct workers *w = pool(width, 1); /* a batch may be longer than the queue */
        assert_int_equal(workers_width(w), width);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            struct tasks t;
            tasks_init(&t);
            assert_int_equal(workers_run_all(w, note_run, t.args, numbers[i], NULL, NULL), 0);
            for (size_t k = 0; k < TASKS_MAX; k++) {
                assert_int_equal(atomic_load(&t.task[k].runs), k < numbers[i]);
                assert_true(atomic_load(&t.task[k].inside_max) <= (int)width);
                assert_false(t.task[k].saw_fired);
            }
        }
        workers_free(w);
    }
}

struct meeting {
    atomic_int present;
    atomic_int met;
    int expected;
};

static void meet(void *arg, struct cancel *cancel)
{
    struct meeting *m = arg;
    (void)cancel;
    atomic_fetch_add(&m->present, 1);
    if (await_count(&m->present, m->expected))
        atomic_fetch_add(&m->met, 1);
}

/* Each waits inside its job for all others. */
static void the_whole_width_works_at_once(void **state)
{
    (void)state;
    struct workers *w = pool(4, 0);
    for (int round = 0; round < 50; round++) { /* the later ones find the pool asleep */
        struct meeting m = {.expected = 4};
        void *args[] = {&m, &m, &m, &m};
        assert_int_equal(workers_run_all(w, meet, args, 4, NULL, NULL), 0);
        assert_int_equal(atomic_load(&m.met), 4);
    }
    workers_free(w);
}

static void a_fired_token_reaches_every_job(void **state)
{
    (void)state;
    struct workers *w = pool(2, 0);
    struct cancel *c = cancel_new(NULL);
    struct tasks t;
    struct err e;
    tasks_init(&t);
    cancel_fire(c);
    assert_int_equal(workers_run_all(w, note_run, t.args, 20, c, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(atomic_load(&t.task[i].runs), 1);
        assert_true(t.task[i].saw_fired);
    }
    assert_int_equal(workers_run_all(w, note_run, t.args, 0, c, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    cancel_unref(c);
    workers_free(w);
}

struct patient {
    struct cancel *token;
    atomic_int started;
    atomic_int ended;
};

static void work_until_cancelled(void *arg, struct cancel *cancel)
{
    struct patient *p = arg;
    atomic_fetch_add(&p->started, 1);
    for (int64_t end = real_ms() + PATIENCE_MS; !cancel_fired(cancel) && real_ms() < end;)
        sched_yield();
    atomic_fetch_add(&p->ended, cancel_fired(cancel));
}

static void *fire_when_begun(void *arg)
{
    struct patient *p = arg;
    if (await_count(&p->started, 2))
        cancel_fire(p->token);
    return NULL;
}

static void cancelling_ends_a_batch_under_way(void **state)
{
    (void)state;
    struct workers *w = pool(2, 0);
    struct patient p = {.token = cancel_new(NULL)};
    void *args[10];
    struct err e;
    for (int i = 0; i < 10; i++)
        args[i] = &p;
    pthread_t firer = start(fire_when_begun, &p);
    assert_int_equal(workers_run_all(w, work_until_cancelled, args, 10, p.token, &e), -1);
    assert_int_equal(e.class, ERR_CANCEL);
    assert_int_equal(atomic_load(&p.ended), 10);
    join(firer);
    cancel_unref(p.token);
    workers_free(w);
}

enum { CALLERS = 4, BATCHES = 60, BATCH = 37 };

struct caller {
    struct workers *w;
    int wrong;
};

static void add_one(void *arg, struct cancel *cancel)
{
    (void)cancel;
    ++*(int *)arg; /* its own until the batch is done: no lock */
}

static void *run_batches(void *arg)
{
    struct caller *c = arg;
    int numbers[BATCH] = {0};
    void *args[BATCH];
    for (int i = 0; i < BATCH; i++)
        args[i] = &numbers[i];
    for (int round = 1; round <= BATCHES; round++) {
        c->wrong += workers_run_all(c->w, add_one, args, BATCH, NULL, NULL) != 0;
        for (int i = 0; i < BATCH; i++)
            c->wrong += numbers[i] != round;
    }
    return NULL;
}

static void many_callers_share_the_pool(void **state)
{
    (void)state;
    struct workers *w = pool(3, 0);
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){w, 0};
        threads[i] = start(run_batches, &callers[i]);
    }
    for (int i = 0; i < CALLERS; i++) {
        join(threads[i]);
        assert_int_equal(callers[i].wrong, 0);
    }
    workers_free(w);
}

/* ---- start ------------------------------------------------------------------------------------- */

struct journal {
    pthread_mutex_t lock;
    int entry[32];
    int n;
};

struct job {
    struct journal *journal;
    int id;
    atomic_bool *open, entered;
    atomic_int done;
    bool saw_fired, done_after_fn;
};

static void write_down(void *arg, struct cancel *cancel)
{
    struct job *j = arg;
    atomic_store(&j->entered, true);
    if (j->open)
        await(j->open);
    j->saw_fired = cancel_fired(cancel);
    pthread_mutex_lock(&j->journal->lock);
    j->journal->entry[j->journal->n++] = j->id;
    j->done_after_fn = true;
    pthread_mutex_unlock(&j->journal->lock);
}

static void job_done(void *arg)
{
    struct job *j = arg;
    atomic_fetch_add(&j->done, j->done_after_fn ? 1 : 100);
}

static int start_job(struct workers *w, struct job *j, struct err *e)
{
    return workers_start(w, write_down, j, NULL, job_done, j, e);
}

static void jobs_start_in_order_and_tell_when_done(void **state)
{
    (void)state;
    struct journal journal = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct job jobs[20];
    struct workers *w = pool(1, 20);
    for (int i = 0; i < 20; i++) {
        jobs[i] = (struct job){.journal = &journal, .id = i};
        assert_int_equal(start_job(w, &jobs[i], NULL), 0);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(await_count(&jobs[i].done, 1));
        assert_int_equal(atomic_load(&jobs[i].done), 1);
    }
    workers_free(w);
    for (int i = 0; i < 20; i++)
        assert_int_equal(journal.entry[i], i);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    struct journal journal = {.lock = PTHREAD_MUTEX_INITIALIZER};
    atomic_bool open = false;
    struct job busy = {.journal = &journal, .open = &open};
    struct job waiting[3] = {{.journal = &journal}, {.journal = &journal}, {.journal = &journal}};
    struct workers *w = pool(1, 2);
    struct err e;
    struct tasks batch;
    tasks_init(&batch);
    assert_int_equal(workers_run_all(w, note_run, batch.args, 9, NULL, NULL), 0); /* counts not */
    assert_int_equal(start_job(w, &busy, NULL), 0);
    assert_true(await(&busy.entered)); /* under way, so it no longer counts as waiting */
    assert_int_equal(start_job(w, &waiting[0], &e), 0);
    assert_int_equal(start_job(w, &waiting[1], &e), 0);
    assert_int_equal(start_job(w, &waiting[2], &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    atomic_store(&open, true);
    assert_true(await_count(&waiting[1].done, 1));
    assert_int_equal(start_job(w, &waiting[2], &e), 0); /* room again */
    assert_true(await_count(&waiting[2].done, 1));
    assert_int_equal(workers_start(w, write_down, &waiting[0], NULL, NULL, NULL, NULL), 0);
    workers_free(w);
    assert_int_equal(atomic_load(&waiting[2].done), 1);
    assert_int_equal(journal.n, 5);
}

/* ---- ending ------------------------------------------------------------------------------------ */

static void *free_pool(void *arg)
{
    workers_free(arg);
    return NULL;
}

static void probe(void *arg, struct cancel *cancel)
{
    (void)cancel;
    atomic_fetch_sub((atomic_int *)arg, 1);
}

enum { ROOM = 1 << 30 };

/* A pool with all that room refuses only when it is ending. What it takes until then is run too. */
static void await_ending(struct workers *w, atomic_int *probes)
{
    for (int64_t end = real_ms() + PATIENCE_MS;
         !workers_start(w, probe, probes, NULL, NULL, NULL, NULL); sched_yield()) {
        atomic_fetch_add(probes, 1);
        assert_true(real_ms() < end);
    }
}

static void freeing_tells_the_jobs_that_still_wait(void **state)
{
    (void)state;
    struct journal journal = {.lock = PTHREAD_MUTEX_INITIALIZER};
    atomic_bool open = false;
    atomic_int probes = 0;
    struct job busy = {.journal = &journal, .open = &open}, waiting[3];
    struct workers *w = pool(1, ROOM);
    assert_int_equal(start_job(w, &busy, NULL), 0);
    assert_true(await(&busy.entered));
    for (int i = 0; i < 3; i++) {
        waiting[i] = (struct job){.journal = &journal};
        assert_int_equal(start_job(w, &waiting[i], NULL), 0);
    }
    pthread_t freer = start(free_pool, w);
    await_ending(w, &probes);
    atomic_store(&open, true);
    join(freer);
    assert_int_equal(atomic_load(&busy.done), 1);
    assert_false(busy.saw_fired); /* it was under way, with a token of its own */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(atomic_load(&waiting[i].done), 1);
        assert_true(waiting[i].saw_fired);
    }
    assert_int_equal(atomic_load(&probes), 0);
}

struct batch {
    struct workers *w;
    struct job jobs[3];
    void *args[3];
    struct err e;
    int result;
};

static void *run_batch(void *arg)
{
    struct batch *b = arg;
    b->result = workers_run_all(b->w, write_down, b->args, 3, NULL, &b->e);
    return NULL;
}

static void freeing_lets_a_waiting_caller_go(void **state)
{
    (void)state;
    struct journal journal = {.lock = PTHREAD_MUTEX_INITIALIZER};
    atomic_bool open = false;
    atomic_int probes = 0;
    struct batch b = {.w = pool(1, ROOM)};
    for (int i = 0; i < 3; i++) {
        b.jobs[i] = (struct job){.journal = &journal, .open = &open};
        b.args[i] = &b.jobs[i];
    }
    pthread_t caller = start(run_batch, &b);
    assert_true(await(&b.jobs[0].entered));
    pthread_t freer = start(free_pool, b.w);
    await_ending(b.w, &probes);
    atomic_store(&open, true);
    join(caller);
    join(freer);
    assert_int_equal(b.result, -1);
    assert_int_equal(b.e.class, ERR_CANCEL);
    assert_int_equal(journal.n, 3); /* all were called */
    assert_false(b.jobs[0].saw_fired);
    assert_true(b.jobs[1].saw_fired && b.jobs[2].saw_fired);
}

static void an_idle_pool_ends(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        workers_free(pool(1 + (size_t)i % 4, 1));
    workers_free(NULL);
}

static void the_width_has_limits(void **state)
{
    (void)state;
    struct workers *w = pool(0, 1);
    assert_in_range(workers_width(w), 2, 64);
    workers_free(w);
    w = pool(100000, 1);
    assert_in_range(workers_width(w), 1, 64);
    workers_free(w);
}

/* No thread can be had when each would need more stack than there is address space. */
static void no_thread_is_an_error(void **state)
{
    (void)state;
    pthread_attr_t usual, huge;
    struct err e;
    assert_int_equal(pthread_getattr_default_np(&usual), 0);
    assert_int_equal(pthread_attr_init(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0);
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    struct workers *w = workers_new(2, 1, &e);
    assert_int_equal(pthread_setattr_default_np(&usual), 0);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&huge);
    assert_null(w);
    assert_int_equal(e.class, ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_argument_is_run_once_within_the_width),
        cmocka_unit_test(the_whole_width_works_at_once),
        cmocka_unit_test(a_fired_token_reaches_every_job),
        cmocka_unit_test(cancelling_ends_a_batch_under_way),
        cmocka_unit_test(many_callers_share_the_pool),
        cmocka_unit_test(jobs_start_in_order_and_tell_when_done),
        cmocka_unit_test(a_full_queue_refuses),
        cmocka_unit_test(freeing_tells_the_jobs_that_still_wait),
        cmocka_unit_test(freeing_lets_a_waiting_caller_go),
        cmocka_unit_test(an_idle_pool_ends),
        cmocka_unit_test(the_width_has_limits),
        cmocka_unit_test(no_thread_is_an_error),
    };
    return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
