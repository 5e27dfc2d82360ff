#include "run_program.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { OUTPUT_MAX = 64 * 1024 * 1024, ARGUMENTS_MAX = 30 };

/* ---- environment --------------------------------------------------------------------------------- */

static size_t find(const struct program_env *env, const char *name)
{
    size_t i = 0, n = strlen(name);
    while (i < env->count && !(strncmp(env->entries[i], name, n) == 0 && env->entries[i][n] == '='))
        i++;
    return i;
}

void program_env_set(struct program_env *env, const char *name, const char *value)
{
    size_t at = find(env, name);
    if (at < env->count) {
        free(env->entries[at]);
        env->entries[at] = env->entries[--env->count];
        env->entries[env->count] = NULL;
    }
    if (!value)
        return;
    assert_in_range(env->count, 0, sizeof env->entries / sizeof *env->entries - 2);
    if (asprintf(&env->entries[env->count], "%s=%s", name, value) < 0)
        fail_msg("no memory");
    env->entries[++env->count] = NULL;
}

void program_env_init(struct program_env *env)
{
    static const char *const kept[] = {"PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "LSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"};
    memset(env, 0, sizeof *env);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        program_env_set(env, kept[i], getenv(kept[i]));
    program_env_set(env, "LANG", "C.UTF-8");
}

void program_env_release(struct program_env *env)
{
    for (size_t i = 0; i < env->count; i++)
        free(env->entries[i]);
    memset(env, 0, sizeof *env);
}

/* ---- starting ------------------------------------------------------------------------------------ */

static void spawn(struct program *p, char *const argv[], char *const envp[], bool piped)
{
    int in[2] = {-1, -1}, out[2], err[2];
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    if (piped)
        assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    if (piped)
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    int failed = posix_spawn(&p->pid, argv[0], &actions, NULL, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    if (piped)
        close(in[0]);
    close(out[1]);
    close(err[1]);
    p->input = in[1];
    p->out_fd = out[0];
    p->err_fd = err[0];
    if (failed)
        fail_msg("cannot start %s: %s", argv[0], strerror(failed));
}

void program_start_list(
    struct program *p, const struct program_env *env, bool piped, const char *const arguments[])
{
    const char *argv[ARGUMENTS_MAX + 2] = {getenv("SLIPWAY")};
    size_t n = 0;
    if (!argv[0])
        fail_msg("SLIPWAY does not say where slipway is");
    for (; arguments[n]; n++) {
        assert_in_range(n, 0, ARGUMENTS_MAX - 1);
        argv[n + 1] = arguments[n];
    }
    memset(p, 0, sizeof *p);
    buf_init(&p->out, OUTPUT_MAX);
    buf_init(&p->err, OUTPUT_MAX);
    spawn(p, (char *const *)(uintptr_t)argv, env->entries, piped);
}

void program_start(struct program *p, const struct program_env *env, int piped, ...)
{
    const char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    va_list list;
    va_start(list, piped);
    for (size_t i = 0; i < ARGUMENTS_MAX && (arguments[i] = va_arg(list, const char *)); i++)
        ;
    va_end(list);
    program_start_list(p, env, piped, arguments);
}

void program_signal(const struct program *p, int number)
{
    assert_int_equal(kill(p->pid, number), 0);
}

/* ---- finishing ----------------------------------------------------------------------------------- */

/* What is there; closes it at its end. */
static void drain(int *fd, struct buf *into)
{
    char piece[64 * 1024];
    ssize_t n = read(*fd, piece, sizeof piece);
    if (n > 0)
        assert_int_equal(buf_append(into, piece, (size_t)n), 0);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        close(*fd);
        *fd = -1;
    }
}

static void read_outputs(struct program *p, int64_t until_ms)
{
    while (p->out_fd >= 0 || p->err_fd >= 0) {
        struct pollfd fds[] = {
            {.fd = p->out_fd, .events = POLLIN}, {.fd = p->err_fd, .events = POLLIN}};
        int64_t left = until_ms - clock_mono_ms(clock_real());
        if (left <= 0)
            return;
        poll(fds, 2, (int)left);
        if (fds[0].revents)
            drain(&p->out_fd, &p->out);
        if (fds[1].revents)
            drain(&p->err_fd, &p->err);
    }
}

void program_finish(struct program *p, int limit_s)
{
    int status = 0;
    read_outputs(p, clock_mono_ms(clock_real()) + (int64_t)limit_s * 1000);
    bool late = p->out_fd >= 0 || p->err_fd >= 0;
    if (late)
        kill(p->pid, SIGKILL);
    assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
    p->pid = 0;
    if (late)
        fail_msg("no end within %d s; it said:\n%s%s", limit_s, buf_str(&p->out), buf_str(&p->err));
    p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void program_release(struct program *p)
{
    int *const fds[] = {&p->input, &p->out_fd, &p->err_fd};
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (*fds[i] > 0)
            close(*fds[i]);
    buf_release(&p->out);
    buf_release(&p->err);
    memset(p, 0, sizeof *p);
}
