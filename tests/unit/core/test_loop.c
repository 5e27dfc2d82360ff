#include "core/loop.h"

#include "core/inbox.h"
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* A pipe end that is watched, and what was called for it. */
struct source {
    int fd, other_end;
    int calls;
    int last_fd;
    short last_events;
    int stop_after; /* calls, 0 = never */
    struct source *victim;
};

static void source_open(struct source *s)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *s = (struct source){.fd = ends[0], .other_end = ends[1]};
}

static void source_close(struct source *s)
{
    close(s->fd);
    if (s->other_end >= 0)
        close(s->other_end);
}

static void make_ready(struct source *s)
{
    assert_int_equal(write(s->other_end, "x", 1), 1);
}

static void take_byte(struct source *s)
{
    char byte;
    assert_int_equal(read(s->fd, &byte, 1), 1);
}

static void note(struct loop *l, int fd, short events, void *arg)
{
    struct source *s = arg;
    s->calls++;
    s->last_fd = fd;
    s->last_events = events;
    if (s->calls == s->stop_after)
        loop_stop(l, 100 + s->calls);
}

static void note_and_take(struct loop *l, int fd, short events, void *arg)
{
    take_byte(arg);
    note(l, fd, events, arg);
}

static void stop_with(struct loop *l, int fd, short events, void *arg)
{
    assert_int_equal(fd, -1);
    assert_int_equal(events, 0);
    loop_stop(l, *(int *)arg);
}

static int set_up(void **state)
{
    *state = loop_new(clock_real());
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    loop_free(*state);
    return 0;
}

static void end_after(struct loop *l, int64_t ms, int *result)
{
    loop_set_deadline(l, clock_mono_ms(clock_real()) + ms, stop_with, result);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void what_is_ready_is_called(void **state)
{
    struct loop *l = *state;
    struct source ready, quiet;
    source_open(&ready);
    source_open(&quiet);
    assert_int_equal(loop_add(l, quiet.fd, note, &quiet, NULL), 0);
    assert_int_equal(loop_add(l, ready.fd, note_and_take, &ready, NULL), 0);
    make_ready(&ready);
    make_ready(&ready);
    ready.stop_after = 2;
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 102);
    assert_int_equal(ready.last_fd, ready.fd);
    assert_int_equal(ready.last_events, POLLIN);
    assert_int_equal(quiet.calls, 0);
    source_close(&ready);
    source_close(&quiet);
}

static void hang_ups_are_told(void **state)
{
    struct loop *l = *state;
    struct source s;
    source_open(&s);
    assert_int_equal(loop_add(l, s.fd, note, &s, NULL), 0);
    close(s.other_end);
    s.other_end = -1;
    s.stop_after = 1;
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    assert_true(s.last_events & POLLHUP);
    source_close(&s);
    s.stop_after = 2; /* and that the descriptor is gone altogether */
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 102);
    assert_true(s.last_events & POLLNVAL);
}

static void only_so_many_can_be_watched(void **state)
{
    struct loop *l = *state;
    struct err e;
    int fd[LOOP_FDS_MAX + 1];
    for (int i = 0; i <= LOOP_FDS_MAX; i++)
        fd[i] = open("/dev/null", O_RDONLY);
    for (int i = 0; i < LOOP_FDS_MAX; i++)
        assert_int_equal(loop_add(l, fd[i], note, NULL, &e), 0);
    assert_int_equal(loop_add(l, fd[LOOP_FDS_MAX], note, NULL, &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    loop_remove(l, fd[3]);
    loop_remove(l, fd[3]); /* not watched: fine */
    loop_remove(l, -1);
    assert_int_equal(loop_add(l, fd[4], note, NULL, &e), -1); /* watched already */
    assert_int_equal(e.class, ERR_STATE);
    assert_int_equal(loop_add(l, -1, note, NULL, &e), -1);
    assert_int_equal(e.class, ERR_STATE);
    assert_int_equal(loop_add(l, fd[LOOP_FDS_MAX], note, NULL, &e), 0);
    assert_int_equal(loop_add(l, fd[3], note, NULL, NULL), -1);
    for (int i = 0; i <= LOOP_FDS_MAX; i++)
        close(fd[i]);
}

static void remove_victim(struct loop *l, int fd, short events, void *arg)
{
    struct source *s = arg;
    loop_remove(l, s->victim->fd);
    note(l, fd, events, arg);
}

static void a_callback_may_remove_what_is_ready_too(void **state)
{
    struct loop *l = *state;
    struct source a, b;
    source_open(&a);
    source_open(&b);
    a.victim = &b;
    b.victim = &a;
    make_ready(&a);
    make_ready(&b);
    assert_int_equal(loop_add(l, a.fd, remove_victim, &a, NULL), 0);
    assert_int_equal(loop_add(l, b.fd, remove_victim, &b, NULL), 0);
    a.stop_after = b.stop_after = 3; /* the survivor is called in later rounds */
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 103);
    assert_int_equal(a.calls + b.calls, 3);
    source_close(&a);
    source_close(&b);
}

static void remove_itself(struct loop *l, int fd, short events, void *arg)
{
    loop_remove(l, fd);
    note(l, fd, events, arg);
}

static void a_callback_may_remove_itself(void **state)
{
    struct loop *l = *state;
    struct source s[3];
    int result = 5;
    for (int i = 0; i < 3; i++) {
        source_open(&s[i]);
        make_ready(&s[i]);
        assert_int_equal(loop_add(l, s[i].fd, remove_itself, &s[i], NULL), 0);
    }
    end_after(l, 20, &result);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 5);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s[i].calls, 1);
        source_close(&s[i]);
    }
}

/* The descriptor's number now means another thing, of which poll said nothing. */
static void watch_victim_anew(struct loop *l, int fd, short events, void *arg)
{
    struct source *s = arg;
    loop_remove(l, s->victim->fd);
    loop_remove(l, fd);
    take_byte(s->victim);
    assert_int_equal(loop_add(l, s->victim->fd, note, s->victim, NULL), 0);
    note(l, fd, events, arg);
}

static void a_new_watch_is_not_called_for_an_old_one(void **state)
{
    struct loop *l = *state;
    struct source a, b;
    int result = 6;
    source_open(&a);
    source_open(&b);
    a.victim = &b;
    make_ready(&a);
    make_ready(&b);
    assert_int_equal(loop_add(l, a.fd, watch_victim_anew, &a, NULL), 0);
    assert_int_equal(loop_add(l, b.fd, note, &b, NULL), 0);
    end_after(l, 20, &result);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 6);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 0);
    make_ready(&b);
    b.stop_after = 1;
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    source_close(&a);
    source_close(&b);
}

static void add_victim(struct loop *l, int fd, short events, void *arg)
{
    struct source *s = arg;
    loop_remove(l, fd);
    assert_int_equal(loop_add(l, s->victim->fd, note, s->victim, NULL), 0);
    note(l, fd, events, arg);
}

static void a_callback_may_add(void **state)
{
    struct loop *l = *state;
    struct source a, b;
    source_open(&a);
    source_open(&b);
    make_ready(&a);
    make_ready(&b);
    a.victim = &b;
    b.stop_after = 1;
    assert_int_equal(loop_add(l, a.fd, add_victim, &a, NULL), 0);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    assert_int_equal(a.calls, 1);
    source_close(&a);
    source_close(&b);
}

/* ---- stopping ---------------------------------------------------------------------------------- */

static void nothing_is_called_after_stopping(void **state)
{
    struct loop *l = *state;
    struct source a, b;
    int result = 9;
    source_open(&a);
    source_open(&b);
    make_ready(&a);
    make_ready(&b);
    a.stop_after = b.stop_after = 1;
    assert_int_equal(loop_add(l, a.fd, note, &a, NULL), 0);
    assert_int_equal(loop_add(l, b.fd, note, &b, NULL), 0);
    loop_set_deadline(l, 0, stop_with, &result);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    assert_int_equal(a.calls + b.calls, 1);
    loop_remove(l, a.fd);
    loop_remove(l, b.fd);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 9); /* runs again; the deadline stands */
    source_close(&a);
    source_close(&b);
}

struct idler {
    struct loop *l;
    struct clock *clock;
    int64_t step;
    int calls, stop_at;
    struct source *feed; /* made ready at the second call */
};

static void idle(void *arg)
{
    struct idler *i = arg;
    i->calls++;
    if (i->clock)
        clock_advance(i->clock, i->step);
    if (i->feed && i->calls == 2)
        make_ready(i->feed);
    if (i->calls == i->stop_at)
        loop_stop(i->l, 40 + i->calls);
}

static void idle_may_stop_and_is_not_run_when_stopped_before(void **state)
{
    struct loop *l = *state;
    struct idler i = {.l = l, .stop_at = 1};
    assert_int_equal(loop_run(l, idle, &i, NULL), 41);
    assert_int_equal(i.calls, 1);
    loop_stop(l, 3);
    assert_int_equal(loop_run(l, idle, &i, NULL), 3);
    assert_int_equal(i.calls, 1);
}

static void idle_runs_before_every_sleep(void **state)
{
    struct loop *l = *state;
    struct source s;
    source_open(&s);
    struct idler i = {.l = l, .feed = &s};
    s.stop_after = 2;
    make_ready(&s);
    assert_int_equal(loop_add(l, s.fd, note_and_take, &s, NULL), 0);
    assert_int_equal(loop_run(l, idle, &i, NULL), 102); /* what idle makes ready wakes the loop */
    assert_int_equal(i.calls, 2);
    source_close(&s);
}

/* ---- the deadline ------------------------------------------------------------------------------ */

static void a_real_deadline_is_slept_for(void **state)
{
    struct loop *l = *state;
    struct idler i = {.l = l};
    int result = 7;
    int64_t due = clock_mono_ms(clock_real()) + 50;
    loop_set_deadline(l, due, stop_with, &result);
    assert_int_equal(loop_run(l, idle, &i, NULL), 7);
    assert_true(clock_mono_ms(clock_real()) >= due);
    assert_in_range(i.calls, 1, 10); /* it slept, it did not spin */
}

static void a_past_deadline_is_called_at_once(void **state)
{
    struct loop *l = *state;
    int result = 8;
    for (int64_t due = 0; due < 3; due++) {
        loop_set_deadline(l, due, stop_with, &result);
        assert_int_equal(loop_run(l, NULL, NULL, NULL), 8);
    }
}

struct ticker {
    struct clock *clock;
    int64_t at[4];
    int calls;
};

static void tick(struct loop *l, int fd, short events, void *arg)
{
    struct ticker *t = arg;
    (void)fd;
    (void)events;
    t->at[t->calls++] = clock_mono_ms(t->clock);
    if (t->calls == 4)
        loop_stop(l, 0);
    else
        loop_set_deadline(l, t->at[t->calls - 1] + 1000, tick, t);
}

/* A clock that stands still but for idle, which moves it: no real time is slept. */
static void deadlines_follow_the_tests_clock(void **state)
{
    (void)state;
    struct clock *clock = clock_new(1700000000000, 0);
    struct loop *l = loop_new(clock);
    struct source busy;
    struct ticker t = {.clock = clock};
    struct idler i = {.l = l, .clock = clock, .step = 250};
    source_open(&busy);
    make_ready(&busy); /* never taken: always ready, and must not keep the deadline waiting */
    assert_int_equal(loop_add(l, busy.fd, note, &busy, NULL), 0);
    loop_set_deadline(l, 500, tick, &t);
    assert_int_equal(loop_run(l, idle, &i, NULL), 0);
    static const int64_t expected[] = {500, 1500, 2500, 3500};
    assert_memory_equal(t.at, expected, sizeof expected);
    assert_int_equal(i.calls, 14);
    assert_int_equal(busy.calls, 14);
    source_close(&busy);
    loop_free(l);
    clock_free(clock);
}

static void a_fast_clock_is_slept_for_in_its_own_time(void **state)
{
    (void)state;
    struct clock *clock = clock_new(0, 100000);
    struct loop *l = loop_new(clock);
    struct idler i = {.l = l};
    int result = 2;
    int64_t due = clock_mono_ms(clock) + 3600 * 1000; /* an hour: 36 ms */
    loop_set_deadline(l, due, stop_with, &result);
    assert_int_equal(loop_run(l, idle, &i, NULL), 2);
    assert_true(clock_mono_ms(clock) >= due);
    assert_in_range(i.calls, 1, 10);
    loop_free(l);
    clock_free(clock);
}

static void a_deadline_can_be_replaced_and_taken_away(void **state)
{
    (void)state;
    struct clock *clock = clock_new(0, 0);
    struct loop *l = loop_new(clock);
    int first = 1, second = 2;
    struct idler i = {.l = l, .clock = clock, .step = 1000};
    loop_set_deadline(l, 1000, stop_with, &first);
    loop_set_deadline(l, 3000, stop_with, &second);
    struct source busy;
    source_open(&busy);
    make_ready(&busy);
    assert_int_equal(loop_add(l, busy.fd, note, &busy, NULL), 0);
    assert_int_equal(loop_run(l, idle, &i, NULL), 2);
    assert_int_equal(i.calls, 3);
    loop_set_deadline(l, 4000, stop_with, &first);
    loop_set_deadline(l, -1, stop_with, &first);
    i.stop_at = 10;
    assert_int_equal(loop_run(l, idle, &i, NULL), 50);
    source_close(&busy);
    loop_free(l);
    clock_free(clock);
}

static void count_call(struct loop *l, int fd, short events, void *arg)
{
    (void)l;
    (void)fd;
    (void)events;
    ++*(int *)arg;
}

static void a_deadline_is_called_once(void **state)
{
    struct loop *l = *state;
    struct source busy;
    int calls = 0;
    source_open(&busy);
    make_ready(&busy);
    busy.stop_after = 20;
    assert_int_equal(loop_add(l, busy.fd, note, &busy, NULL), 0);
    loop_set_deadline(l, 0, count_call, &calls);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 120);
    assert_int_equal(calls, 1);
    source_close(&busy);
}

static void the_farthest_deadline_does_not_overflow(void **state)
{
    struct loop *l = *state;
    struct source s;
    int result = 1;
    source_open(&s);
    make_ready(&s);
    s.stop_after = 1;
    assert_int_equal(loop_add(l, s.fd, note, &s, NULL), 0);
    loop_set_deadline(l, INT64_MAX, stop_with, &result);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    source_close(&s);
}

/* ---- the world outside ------------------------------------------------------------------------- */

static volatile sig_atomic_t alarm_fd;

static void on_alarm(int signo)
{
    (void)signo;
    if (write((int)alarm_fd, "x", 1) < 0)
        return;
}

static void a_signal_does_not_end_it(void **state)
{
    struct loop *l = *state;
    struct source s;
    struct sigaction action = {.sa_handler = on_alarm}, usual;
    struct itimerval soon = {.it_value = {.tv_usec = 10000}};
    source_open(&s);
    alarm_fd = s.other_end;
    s.stop_after = 1;
    assert_int_equal(loop_add(l, s.fd, note_and_take, &s, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &action, &usual), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 101);
    assert_int_equal(sigaction(SIGALRM, &usual, NULL), 0);
    source_close(&s);
}

static void a_failing_poll_is_an_error(void **state)
{
    struct loop *l = *state;
    struct source s;
    struct rlimit usual, none;
    struct err e;
    if (under_valgrind()) {
        print_message("# not tried: valgrind does not let poll fail\n");
        return;
    }
    source_open(&s);
    assert_int_equal(loop_add(l, s.fd, note, &s, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = 0; /* poll refuses more descriptors than the limit */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = loop_run(l, NULL, NULL, &e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(result, -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(e.number, EINVAL);
    source_close(&s);
}

static void *send_a_message(void *arg)
{
    inbox_send(arg, message_new(MESSAGE_LOG, 77, NULL, 0));
    return NULL;
}

static void receive_and_stop(struct loop *l, int fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    struct message *m = inbox_receive(arg, NULL);
    loop_stop(l, m ? m->type : 0);
    message_free(m);
}

static void another_threads_message_wakes_it(void **state)
{
    struct loop *l = *state;
    const struct inbox_limits limits = {.logs = 1, .log_bytes = 1};
    struct inbox *in = inbox_new(&limits);
    assert_int_equal(loop_add(l, inbox_fd(in), receive_and_stop, in, NULL), 0);
    pthread_t sender = start(send_a_message, in);
    assert_int_equal(loop_run(l, NULL, NULL, NULL), 77);
    join(sender);
    inbox_free(in);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_ready_is_called),
        TEST(hang_ups_are_told),
        TEST(only_so_many_can_be_watched),
        TEST(a_callback_may_remove_what_is_ready_too),
        TEST(a_callback_may_remove_itself),
        TEST(a_new_watch_is_not_called_for_an_old_one),
        TEST(a_callback_may_add),
        TEST(nothing_is_called_after_stopping),
        TEST(idle_may_stop_and_is_not_run_when_stopped_before),
        TEST(idle_runs_before_every_sleep),
        TEST(a_real_deadline_is_slept_for),
        TEST(a_past_deadline_is_called_at_once),
        cmocka_unit_test(deadlines_follow_the_tests_clock),
        cmocka_unit_test(a_fast_clock_is_slept_for_in_its_own_time),
        cmocka_unit_test(a_deadline_can_be_replaced_and_taken_away),
        TEST(a_deadline_is_called_once),
        TEST(the_farthest_deadline_does_not_overflow),
        TEST(a_signal_does_not_end_it),
        TEST(a_failing_poll_is_an_error),
        TEST(another_threads_message_wakes_it),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
