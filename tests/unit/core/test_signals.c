/* What kills or stops is tried in a child process, whose standard error the test reads. */
#include "core/signals.h"

#include "base/secret.h"
#include "helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_OK = 0, CHILD_SECONDS_MAX = 120 };

/* ---- children ---------------------------------------------------------------------------------- */

struct child {
    pid_t pid;
    int errors; /* its standard error */
    char said[1024];
    size_t length;
    int status;
};

/* Runs fn in a child; what it returns is the exit code. */
static void child_start(struct child *c, int (*fn)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *c = (struct child){.pid = fork(), .errors = ends[0]};
    assert_true(c->pid >= 0);
    if (c->pid)
        goto parent;
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        signal(crashes[i], SIG_DFL); /* not the test runner's */
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(CHILD_SECONDS_MAX);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    _exit(fn());
parent:
    close(ends[1]);
}

static void child_end(struct child *c)
{
    ssize_t n;
    while (c->length < sizeof c->said - 1 && is_readable(c->errors, PATIENCE_MS) &&
           (n = read(c->errors, c->said + c->length, sizeof c->said - 1 - c->length)) > 0)
        c->length += (size_t)n;
    close(c->errors);
    assert_int_equal(waitpid(c->pid, &c->status, 0), c->pid);
}

static void expect_exit(int (*fn)(void), int code)
{
    struct child c;
    child_start(&c, fn);
    child_end(&c);
    if (!WIFEXITED(c.status) || WEXITSTATUS(c.status) != code)
        fail_msg("status %#x, said: %s", (unsigned)c.status, c.said);
}

static void expect_death(int (*fn)(void), int signo, const char *said)
{
    struct child c;
    child_start(&c, fn);
    child_end(&c);
    if (!WIFSIGNALED(c.status) || WTERMSIG(c.status) != signo)
        fail_msg("status %#x, said: %s", (unsigned)c.status, c.said);
    assert_string_equal(c.said, said);
}

#define LINE(number, name) "slipway " SLIPWAY_VERSION " crashed: signal " number " (" name ")\n"

static void say(const char *s)
{
    if (write(STDERR_FILENO, s, strlen(s)) < 0)
        _exit(99);
}

/* A child's way to check: says what failed. */
static bool check(bool ok, const char *what)
{
    if (!ok) {
        say(what);
        _exit(1);
    }
    return ok;
}

#define CHECK(condition) check((condition), #condition " is not so\n")

static void restore(void)
{
    say("RESTORED\n");
}

static void begin(void)
{
    CHECK(signals_init(NULL) == 0);
    signals_set_restore(restore);
}

/* ---- ordinary signals -------------------------------------------------------------------------- */

static const int ordinary[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD};
enum { ORDINARY = sizeof ordinary / sizeof ordinary[0] };

static int index_of(int signo)
{
    for (int i = 0; i < ORDINARY; i++)
        if (ordinary[i] == signo)
            return i;
    return -1;
}

static void before_the_start_there_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(signals_next(), 0);
    assert_int_equal(signals_fd(), -1);
    signals_release();
}

static void each_signal_arrives_alone(void **state)
{
    (void)state;
    assert_int_equal(signals_init(NULL), 0);
    for (int i = 0; i < ORDINARY; i++) {
        assert_int_equal(signals_next(), 0);
        assert_false(is_readable(signals_fd(), 0));
        assert_int_equal(kill(getpid(), ordinary[i]), 0);
        assert_true(is_readable(signals_fd(), PATIENCE_MS));
        assert_int_equal(signals_next(), ordinary[i]);
        assert_int_equal(signals_next(), 0);
        assert_false(is_readable(signals_fd(), 0));
    }
    signals_release();
}

static void several_arrive_each_once(void **state)
{
    (void)state;
    bool came[ORDINARY] = {false};
    assert_int_equal(signals_init(NULL), 0);
    for (int i = 0; i < ORDINARY - 2; i++)
        assert_int_equal(kill(getpid(), ordinary[i]), 0);
    for (int i = 0; i < ORDINARY - 2; i++) {
        assert_true(is_readable(signals_fd(), PATIENCE_MS)); /* until the last one is read */
        int n = index_of(signals_next());
        assert_true(n >= 0 && !came[n]);
        came[n] = true;
    }
    assert_int_equal(signals_next(), 0);
    signals_release();
}

static void a_flood_does_not_push_out_another(void **state)
{
    (void)state;
    bool came[ORDINARY] = {false};
    int read_count = 0;
    assert_int_equal(signals_init(NULL), 0);
    for (int i = 0; i < 100000; i++)
        kill(getpid(), SIGWINCH);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    for (int signo; (signo = signals_next()); read_count++)
        came[index_of(signo)] = true;
    assert_true(came[index_of(SIGWINCH)] && came[index_of(SIGTERM)]);
    assert_int_equal(read_count, 2);
    signals_release();
}

static void a_broken_pipe_is_only_an_error(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(signals_init(NULL), 0);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    signals_release();
    close(ends[1]);
}

static void releasing_puts_everything_back(void **state)
{
    (void)state;
    enum { LAST = 32 };
    struct sigaction before[LAST], after;
    sigset_t mask_before, mask_after;
    for (int signo = 1; signo < LAST; signo++)
        assert_int_equal(sigaction(signo, NULL, &before[signo]), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_before), 0);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(signals_init(NULL), 0);
        assert_true(signals_fd() >= 0);
        assert_int_equal(kill(getpid(), SIGHUP), 0); /* nobody reads it: forgotten */
        signals_release();
    }
    for (int signo = 1; signo < LAST; signo++) {
        assert_int_equal(sigaction(signo, NULL, &after), 0);
        assert_true(after.sa_handler == before[signo].sa_handler);
        assert_int_equal(after.sa_flags, before[signo].sa_flags);
    }
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_after), 0);
    for (int signo = 1; signo < LAST; signo++)
        assert_int_equal(sigismember(&mask_before, signo), sigismember(&mask_after, signo));
    assert_int_equal(signals_fd(), -1);
}

static void initialising_twice_is_a_bug(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(signals_init(&e), 0);
    assert_int_equal(signals_init(&e), -1);
    assert_int_equal(e.class, ERR_BUG);
    assert_int_equal(kill(getpid(), SIGINT), 0); /* the first one goes on working */
    assert_int_equal(signals_next(), SIGINT);
    signals_release();
}

static void no_descriptor_is_an_error(void **state)
{
    (void)state;
    struct rlimit usual, none;
    struct err e;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int failed = signals_init(&e);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(failed, -1);
    assert_int_equal(e.class, ERR_IO);
    assert_int_equal(signals_init(&e), 0);
    signals_release();
}

/* As under nohup, or in the background of a shell without job control. */
static int ignored_at_the_start(void)
{
    static const int stay[] = {SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGQUIT};
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        signal(stay[i], SIG_IGN);
    begin();
    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++)
        CHECK(kill(getpid(), stay[i]) == 0);
    CHECK(signals_next() == 0);
    signals_suspend(); /* nobody could continue us: returns */
    CHECK(signals_next() == 0);
    CHECK(kill(getpid(), SIGWINCH) == 0);
    CHECK(signals_next() == SIGWINCH);
    return CHILD_OK;
}

/* A parent that ignores SIGCHLD must not take our children's exit codes from us. */
static int children_ignored_at_the_start(void)
{
    int status;
    signal(SIGCHLD, SIG_IGN);
    begin();
    pid_t grandchild = fork();
    if (!grandchild)
        _exit(3);
    CHECK(grandchild > 0 && is_readable(signals_fd(), PATIENCE_MS));
    CHECK(signals_next() == SIGCHLD);
    CHECK(waitpid(grandchild, &status, 0) == grandchild);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    return CHILD_OK;
}

/* A parent that blocks signals must not make us deaf or immortal. */
static int blocked_at_the_start(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    begin();
    CHECK(kill(getpid(), SIGTERM) == 0);
    CHECK(is_readable(signals_fd(), PATIENCE_MS) && signals_next() == SIGTERM);
    raise(SIGABRT);
    return 1;
}

static void what_was_ignored_stays_ignored(void **state)
{
    (void)state;
    expect_exit(ignored_at_the_start, CHILD_OK);
    expect_exit(children_ignored_at_the_start, CHILD_OK);
}

static void what_was_blocked_arrives(void **state)
{
    (void)state;
    expect_death(blocked_at_the_start, SIGABRT, "RESTORED\n" LINE("6", "SIGABRT"));
}

static void *until_told(void *arg)
{
    await(arg);
    return NULL;
}

static void other_threads_do_not_take_signals_away(void **state)
{
    (void)state;
    atomic_bool end = false;
    assert_int_equal(signals_init(NULL), 0);
    pthread_t other = start(until_told, &end);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(kill(getpid(), SIGTERM), 0);
        assert_true(is_readable(signals_fd(), PATIENCE_MS));
        assert_int_equal(signals_next(), SIGTERM);
        assert_int_equal(signals_next(), 0);
    }
    atomic_store(&end, true);
    join(other);
    signals_release();
}

/* ---- the last act ------------------------------------------------------------------------------ */

static void touch_nothing(void)
{
    volatile char *nothing = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *nothing = 1;
}

static int die_of_segv(void)
{
    begin();
    touch_nothing();
    return 1;
}

static int die_of_abort(void)
{
    begin();
    abort();
}

static int deadly;

static int die_of_raise(void)
{
    begin();
    raise(deadly);
    return 1;
}

static void deadly_signals_restore_tell_and_kill(void **state)
{
    (void)state;
    expect_death(die_of_segv, SIGSEGV, "RESTORED\n" LINE("11", "SIGSEGV"));
    expect_death(die_of_abort, SIGABRT, "RESTORED\n" LINE("6", "SIGABRT"));
    deadly = SIGBUS;
    expect_death(die_of_raise, SIGBUS, "RESTORED\n" LINE("7", "SIGBUS"));
    deadly = SIGFPE;
    expect_death(die_of_raise, SIGFPE, "RESTORED\n" LINE("8", "SIGFPE"));
    deadly = SIGILL;
    expect_death(die_of_raise, SIGILL, "RESTORED\n" LINE("4", "SIGILL"));
    deadly = SIGQUIT;
    expect_death(die_of_raise, SIGQUIT, "RESTORED\n" LINE("3", "SIGQUIT"));
}

static int die_with_restore_taken_away(void)
{
    begin();
    signals_set_restore(NULL);
    touch_nothing();
    return 1;
}

static int die_after_release(void)
{
    begin();
    signals_release();
    raise(SIGQUIT);
    return 1;
}

static void without_restore_it_only_tells(void **state)
{
    (void)state;
    expect_death(die_with_restore_taken_away, SIGSEGV, LINE("11", "SIGSEGV"));
    expect_death(die_after_release, SIGQUIT, "");
}

static volatile size_t depth_max = SIZE_MAX; /* opaque to the compiler */

__attribute__((noinline)) static size_t overflow(size_t depth)
{
    volatile char frame[1024];
    frame[depth % sizeof frame] = (char)depth;
    size_t below = depth < depth_max ? overflow(depth + 1) : 0;
    return below + (size_t)frame[depth % sizeof frame];
}

static int die_of_overflow(void)
{
    begin();
    return (int)overflow(0);
}

static void a_stack_overflow_is_told_too(void **state)
{
    (void)state;
    expect_death(die_of_overflow, SIGSEGV, "RESTORED\n" LINE("11", "SIGSEGV"));
}

static void crashing_restore(void)
{
    say("TRYING\n");
    touch_nothing();
}

static int die_in_restore(void)
{
    begin();
    signals_set_restore(crashing_restore);
    abort();
}

/* The same signal again, which is blocked while its handler runs. */
static int die_twice_of_the_same(void)
{
    begin();
    signals_set_restore(crashing_restore);
    touch_nothing();
    return 1;
}

static void aborting_restore(void)
{
    abort();
}

static int abort_in_restore(void)
{
    begin();
    signals_set_restore(aborting_restore);
    touch_nothing();
    return 1;
}

static void a_crash_while_restoring_does_not_keep_it_alive(void **state)
{
    (void)state;
    expect_death(die_in_restore, SIGABRT, "TRYING\n" LINE("6", "SIGABRT"));
    expect_death(die_twice_of_the_same, SIGSEGV, "TRYING\n" LINE("11", "SIGSEGV"));
    expect_death(abort_in_restore, SIGSEGV, LINE("11", "SIGSEGV"));
}

static void hanging_restore(void)
{
    for (;;)
        pause();
}

static int hang_in_restore(void)
{
    begin();
    signals_set_restore(hanging_restore);
    touch_nothing();
    return 1;
}

/* A terminal that takes no more bytes. */
static void restoring_that_hangs_is_given_up(void **state)
{
    (void)state;
    int64_t begin_ms = real_ms();
    expect_death(hang_in_restore, SIGSEGV, "");
    assert_true(real_ms() - begin_ms < PATIENCE_MS);
}

static void *crash_thread(void *arg)
{
    atomic_int *others = arg;
    atomic_fetch_sub(others, 1);
    for (int64_t end = real_ms() + PATIENCE_MS; atomic_load(others) > 0 && real_ms() < end;)
        ;
    touch_nothing();
    return NULL;
}

static void slow_restore(void)
{
    for (int i = 0; i < 100; i++) /* time for the others to come in between */
        sched_yield();
    restore();
}

static int crash_in_threads(int n)
{
    atomic_int others = n;
    pthread_t thread;
    begin();
    signals_set_restore(slow_restore);
    for (int i = 0; i < n; i++)
        CHECK(pthread_create(&thread, NULL, crash_thread, &others) == 0);
    pthread_join(thread, NULL);
    return 1;
}

static int crash_in_one_thread(void)
{
    return crash_in_threads(1);
}

static int crash_in_four_threads(void)
{
    return crash_in_threads(4);
}

static void crashes_of_other_threads_are_told_once(void **state)
{
    (void)state;
    expect_death(crash_in_one_thread, SIGSEGV, "RESTORED\n" LINE("11", "SIGSEGV"));
    for (int i = 0; i < 10; i++)
        expect_death(crash_in_four_threads, SIGSEGV, "RESTORED\n" LINE("11", "SIGSEGV"));
}

static const char secret_bytes[] = "rpa_0123456789abcdefghijklmnopqrstuvwxyz";

/* Fills its own standard error, so that the crash path stops at its last step. */
static int die_with_full_errors(void)
{
    char bytes[4096] = {0};
    begin();
    signals_set_restore(NULL);
    CHECK(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK) == 0);
    while (write(STDERR_FILENO, bytes, sizeof bytes) > 0 || write(STDERR_FILENO, bytes, 1) > 0)
        ;
    fcntl(STDERR_FILENO, F_SETFL, 0);
    touch_nothing();
    return 1;
}

static ssize_t read_memory(pid_t pid, const void *address, char *out, size_t n)
{
    struct iovec here = {out, n}, there = {(void *)(uintptr_t)address, n};
    return process_vm_readv(pid, &here, 1, &there, 1, 0);
}

static void secrets_are_zeroed_before_it_dies(void **state)
{
    (void)state;
    const struct secret *s = secret_register("RUNPOD_API_KEY", secret_bytes, NULL);
    assert_non_null(s);
    const char *address = secret_value(s);
    static const char zeros[sizeof secret_bytes];
    char seen[sizeof secret_bytes] = "?";
    struct child c;
    child_start(&c, die_with_full_errors);
    errno = 0;
    /* Its alarm ends it after seconds; until then its memory can be looked at. */
    while (read_memory(c.pid, address, seen, sizeof seen) == (ssize_t)sizeof seen &&
           memcmp(seen, zeros, sizeof seen) != 0)
        sched_yield();
    bool refused = errno == EPERM || errno == ENOSYS;
    assert_int_equal(waitpid(c.pid, &c.status, 0), c.pid);
    close(c.errors);
    if (refused) {
        print_message("# not tried: a parent may not read its child's memory here\n");
        return;
    }
    assert_memory_equal(seen, zeros, sizeof seen);
    assert_true(WIFSIGNALED(c.status) && WTERMSIG(c.status) == SIGSEGV);
    assert_string_equal(secret_value(s), secret_bytes); /* that was the child's alone */
}

/* ---- stopping and children --------------------------------------------------------------------- */

static int suspend_twice(void)
{
    setpgid(0, 0); /* a job of its own, as a shell makes one */
    begin();
    for (int i = 0; i < 2; i++) {
        say("stopping\n");
        signals_suspend();
        say("continued\n");
        CHECK(is_readable(signals_fd(), PATIENCE_MS));
        CHECK(signals_next() == SIGCONT && signals_next() == 0);
        CHECK(kill(getpid(), SIGTSTP) == 0); /* read as ever, does not stop */
        CHECK(signals_next() == SIGTSTP && signals_next() == 0);
    }
    return CHILD_OK;
}

static void suspending_stops_until_continued(void **state)
{
    (void)state;
    struct child c;
    if (under_valgrind()) {
        print_message("# not tried: valgrind does not stop for SIGTSTP\n");
        return;
    }
    child_start(&c, suspend_twice);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(c.pid, &c.status, WUNTRACED), c.pid);
        assert_true(WIFSTOPPED(c.status));
        assert_int_equal(WSTOPSIG(c.status), SIGTSTP);
        assert_int_equal(kill(c.pid, SIGCONT), 0);
    }
    child_end(&c);
    assert_string_equal(c.said, "stopping\ncontinued\nstopping\ncontinued\n");
    assert_true(WIFEXITED(c.status) && WEXITSTATUS(c.status) == CHILD_OK);
}

static int all_default_after_reset(void)
{
    static const int others[] = {SIGQUIT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE};
    struct sigaction action;
    sigset_t mask;
    begin();
    signals_reset_child();
    for (int i = 0; i < ORDINARY; i++) {
        CHECK(sigaction(ordinary[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL);
        CHECK(sigaction(others[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    }
    CHECK(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
    for (int signo = 1; signo < 32; signo++)
        CHECK(sigismember(&mask, signo) == 0);
    return CHILD_OK;
}

static int terminated_after_reset(void)
{
    begin();
    signals_reset_child();
    kill(getpid(), SIGTERM);
    return 1;
}

static int crashed_after_reset(void)
{
    begin();
    signals_reset_child();
    touch_nothing();
    return 1;
}

static void a_reset_child_has_no_part_in_it(void **state)
{
    (void)state;
    expect_exit(all_default_after_reset, CHILD_OK);
    expect_death(terminated_after_reset, SIGTERM, "");
    expect_death(crashed_after_reset, SIGSEGV, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_start_there_is_nothing),
        cmocka_unit_test(each_signal_arrives_alone),
        cmocka_unit_test(several_arrive_each_once),
        cmocka_unit_test(a_flood_does_not_push_out_another),
        cmocka_unit_test(a_broken_pipe_is_only_an_error),
        cmocka_unit_test(releasing_puts_everything_back),
        cmocka_unit_test(initialising_twice_is_a_bug),
        cmocka_unit_test(no_descriptor_is_an_error),
        cmocka_unit_test(what_was_ignored_stays_ignored),
        cmocka_unit_test(what_was_blocked_arrives),
        cmocka_unit_test(deadly_signals_restore_tell_and_kill),
        cmocka_unit_test(without_restore_it_only_tells),
        cmocka_unit_test(a_stack_overflow_is_told_too),
        cmocka_unit_test(a_crash_while_restoring_does_not_keep_it_alive),
        cmocka_unit_test(restoring_that_hangs_is_given_up),
        cmocka_unit_test(crashes_of_other_threads_are_told_once),
        cmocka_unit_test(secrets_are_zeroed_before_it_dies),
        cmocka_unit_test(suspending_stops_until_continued),
        cmocka_unit_test(a_reset_child_has_no_part_in_it),
        cmocka_unit_test(other_threads_do_not_take_signals_away),
    };
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
