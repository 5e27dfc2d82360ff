/* Two halves that share a table.
 *
 * Ordinary signals become something to read. On Linux they are blocked and read from a signalfd;
 * elsewhere (or with SLIPWAY_PORTABLE) a handler marks which one came and makes a core/wake.h
 * descriptor readable: marks, not a byte a signal, so that a flood of one cannot push out another.
 * What was ignored when the program was started (nohup, a shell without job control) stays ignored.
 *
 * Deadly signals run the last acts on a stack of their own, so that a stack overflow can run them
 * too. The next act is counted before it runs, and the handler may interrupt itself: a crash inside
 * an act comes back here and goes on with the following one. An alarm ends acts that hang, e.g. a
 * write to a terminal that is stopped. Only the first thread that crashes acts. */
#include "core/signals.h"

#include "base/secret.h"
#include "core/wake.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(SLIPWAY_PORTABLE)
#include <sys/signalfd.h>
#define USE_SIGNALFD 1
#else
#define USE_SIGNALFD 0
#endif

enum role { TAKEN, DEADLY, UNWANTED };

static const struct handled {
    int signo;
    enum role role;
    bool may_stay_ignored;
    const char *name;
} handled[] = {
    {SIGINT, TAKEN, true, "SIGINT"},
    {SIGTERM, TAKEN, true, "SIGTERM"},
    {SIGHUP, TAKEN, true, "SIGHUP"},
    {SIGTSTP, TAKEN, true, "SIGTSTP"},
    {SIGWINCH, TAKEN, false, "SIGWINCH"},
    {SIGCONT, TAKEN, false, "SIGCONT"},
    {SIGCHLD, TAKEN, false, "SIGCHLD"},
    {SIGQUIT, DEADLY, true, "SIGQUIT"},
    {SIGSEGV, DEADLY, false, "SIGSEGV"},
    {SIGBUS, DEADLY, false, "SIGBUS"},
    {SIGFPE, DEADLY, false, "SIGFPE"},
    {SIGILL, DEADLY, false, "SIGILL"},
    {SIGABRT, DEADLY, false, "SIGABRT"},
    {SIGPIPE, UNWANTED, false, "SIGPIPE"},
};

enum {
    HANDLED = sizeof handled / sizeof handled[0],
    CRASH_SECONDS = 2,
    CRASH_LINE_MAX = 96,
    CRASH_STACK_BYTES = 128 * 1024 /* several signal frames with all vector registers */
};

static bool ready;
static struct sigaction found[HANDLED]; /* how it was before signals_init */
static sigset_t found_mask;
static stack_t found_stack;

/* ---- the last acts ------------------------------------------------------------------------- */

static _Alignas(16) char crash_stack[CRASH_STACK_BYTES];
static char crash_line[HANDLED][CRASH_LINE_MAX]; /* made beforehand: formatting is not safe here */
static _Atomic(void (*)(void)) restore;
static atomic_uintptr_t crashing_thread;
static sigset_t crash_unblocks; /* the deadly ones and the alarm */
static volatile sig_atomic_t crash_signal, next_act;

static void act_restore(void)
{
    void (*fn)(void) = atomic_load(&restore);
    if (fn)
        fn();
}

static void act_tell(void)
{
    for (size_t i = 0; i < HANDLED; i++) {
        const char *line = crash_line[i];
        if (handled[i].signo == crash_signal && write(STDERR_FILENO, line, strlen(line)) < 0)
            return; /* nobody can be told */
    }
}

static void (*const acts[])(void) = {act_restore, secrets_zero, act_tell};

static void set_action(int signo, void (*fn)(int))
{
    struct sigaction action = {.sa_handler = fn};
    sigemptyset(&action.sa_mask);
    sigaction(signo, &action, NULL);
}

static void die(int signo)
{
    set_action(signo, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &crash_unblocks, NULL);
    raise(signo);
    /* Only process 1 of a container comes here: what it sends to itself does not kill it. */
    _exit(128 + signo);
}

static void crash_hangs(int signo)
{
    (void)signo;
    die(crash_signal);
}

static void crash(int signo)
{
    uintptr_t self = (uintptr_t)pthread_self(), first = 0;
    if (atomic_compare_exchange_strong(&crashing_thread, &first, self)) {
        crash_signal = signo;
        set_action(SIGALRM, crash_hangs);
        alarm(CRASH_SECONDS);
    } else if (first != self) {
        sleep(CRASH_SECONDS + 1); /* the first one ends the process meanwhile */
    }
    pthread_sigmask(SIG_UNBLOCK, &crash_unblocks, NULL);
    while (next_act < (int)(sizeof acts / sizeof acts[0]))
        acts[next_act++]();
    die(crash_signal);
}

/* Whatever a handler could not do safely itself. */
static void prepare_crash(const sigset_t *deadly)
{
    crash_unblocks = *deadly;
    sigaddset(&crash_unblocks, SIGALRM);
    for (size_t i = 0; i < HANDLED; i++)
        snprintf(crash_line[i], sizeof crash_line[i], "slipway %s crashed: signal %d (%s)\n",
            SLIPWAY_VERSION, handled[i].signo, handled[i].name);
}

/* ---- ordinary signals as something to read -------------------------------------------------- */

#if USE_SIGNALFD

enum { MASK_OF_TAKEN = SIG_BLOCK };

static void (*const taken_action)(int) = SIG_DFL; /* never runs: the signal is blocked */
static int source = -1;

static int source_open(const sigset_t *taken)
{
    source = signalfd(-1, taken, SFD_NONBLOCK | SFD_CLOEXEC);
    return source < 0 ? -1 : 0;
}

static void source_close(void)
{
    close(source);
    source = -1;
}

static int source_next(void)
{
    struct signalfd_siginfo info;
    ssize_t n;
    do
        n = read(source, &info, sizeof info);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

int signals_fd(void)
{
    return source;
}

#else

enum { MASK_OF_TAKEN = SIG_UNBLOCK };

static atomic_bool came[HANDLED];
static struct wake source = {-1, -1};

static void mark(int signo)
{
    for (size_t i = 0; i < HANDLED; i++)
        if (handled[i].signo == signo)
            atomic_store(&came[i], true);
    wake_up(&source);
}

static void (*const taken_action)(int) = mark;

static int source_open(const sigset_t *taken)
{
    (void)taken;
    return wake_init(&source);
}

static void source_close(void)
{
    wake_release(&source);
}

/* Drains first: whatever comes later makes the descriptor readable again. */
static int source_next(void)
{
    wake_drain(&source);
    for (size_t i = 0; i < HANDLED; i++) {
        if (!atomic_exchange(&came[i], false))
            continue;
        wake_up(&source); /* there may be more */
        return handled[i].signo;
    }
    return 0;
}

int signals_fd(void)
{
    return wake_fd(&source);
}

#endif

int signals_next(void)
{
    return ready ? source_next() : 0;
}

/* ---- setting up and taking down ------------------------------------------------------------- */

static bool stays_ignored(size_t i)
{
    return handled[i].may_stay_ignored && found[i].sa_handler == SIG_IGN;
}

static void find_actions(void)
{
    for (size_t i = 0; i < HANDLED; i++)
        sigaction(handled[i].signo, NULL, &found[i]);
}

static void install_actions(void)
{
    static const int flags[] = {[TAKEN] = SA_RESTART, [DEADLY] = SA_ONSTACK};
    void (*const fn[])(int) = {[TAKEN] = taken_action, [DEADLY] = crash, [UNWANTED] = SIG_IGN};
    for (size_t i = 0; i < HANDLED; i++) {
        enum role role = handled[i].role;
        struct sigaction action = {.sa_handler = fn[role]};
        action.sa_flags = role == UNWANTED ? 0 : flags[role];
        sigemptyset(&action.sa_mask);
        if (!stays_ignored(i))
            sigaction(handled[i].signo, &action, NULL);
    }
}

static sigset_t set_of(enum role role)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < HANDLED; i++)
        if (handled[i].role == role && !stays_ignored(i))
            sigaddset(&set, handled[i].signo);
    return set;
}

int signals_init(struct err *e)
{
    if (ready)
        return err_set(e, ERR_BUG, 0, "signals_init was called twice");
    find_actions();
    sigset_t taken = set_of(TAKEN), deadly = set_of(DEADLY);
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    if (source_open(&taken))
        return err_errno(e, errno, "cannot receive signals");
    if (sigaltstack(&stack, &found_stack)) {
        err_errno(e, errno, "cannot set up the crash stack");
        source_close();
        return -1;
    }
    prepare_crash(&deadly);
    pthread_sigmask(MASK_OF_TAKEN, &taken, &found_mask);
    install_actions();
    pthread_sigmask(SIG_UNBLOCK, &deadly, NULL);
    ready = true;
    return 0;
}

void signals_release(void)
{
    if (!ready)
        return;
    for (size_t i = 0; i < HANDLED; i++)
        sigaction(handled[i].signo, &found[i], NULL);
    while (source_next()) /* else what nobody read would act now */
        ;
    pthread_sigmask(SIG_SETMASK, &found_mask, NULL);
    sigaltstack(&found_stack, NULL);
    source_close();
    ready = false;
}

void signals_set_restore(void (*fn)(void))
{
    atomic_store(&restore, fn);
}

static bool tstp_stays_ignored(void)
{
    for (size_t i = 0; i < HANDLED; i++)
        if (handled[i].signo == SIGTSTP)
            return ready && stays_ignored(i);
    return false;
}

void signals_suspend(void)
{
    if (tstp_stays_ignored())
        return; /* nobody is there who could continue us */
    struct sigaction stop = {.sa_handler = SIG_DFL}, usual;
    sigset_t just_tstp, mask;
    sigemptyset(&stop.sa_mask);
    sigemptyset(&just_tstp);
    sigaddset(&just_tstp, SIGTSTP);
    sigaction(SIGTSTP, &stop, &usual);
    raise(SIGTSTP); /* where it is blocked it stops us only on the next line */
    pthread_sigmask(SIG_UNBLOCK, &just_tstp, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &usual, NULL);
}

void signals_reset_child(void)
{
    sigset_t none;
    for (size_t i = 0; i < HANDLED; i++)
        set_action(handled[i].signo, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
