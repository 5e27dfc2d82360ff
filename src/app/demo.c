#include "app/demo.h"

#include "base/file.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, END_MS = 2000, LINE_MAX_BYTES = 1024, ENVIRONMENT_MAX = 32 };

extern char **environ;

static const char sim_name[] = "slipway-sim";

/* The program beside our own, or just its name for the PATH. */
static void find_sim(char *out, size_t size)
{
    char self[4000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    snprintf(out, size, "%s", sim_name);
    if (n <= 0)
        return;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return;
    *slash = 0;
    char beside[4096];
    snprintf(beside, sizeof beside, "%s/%s", self, sim_name);
    if (access(beside, X_OK) == 0)
        snprintf(out, size, "%s", beside);
}

/* Of our own environment the stand-in gets what it needs, and nothing that may hold a key. */
static void make_environment(char *out[], size_t max)
{
    static const char *const passed[] = {"TMPDIR=", "PATH=", "LANG=", "LC_ALL=", "LD_LIBRARY_PATH=",
        "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS="};
    size_t n = 0;
    for (char **own = environ; *own; own++)
        for (size_t i = 0; n + 1 < max && i < sizeof passed / sizeof *passed; i++)
            if (strncmp(*own, passed[i], strlen(passed[i])) == 0)
                out[n++] = *own;
    out[n] = NULL;
}

/* With the signals as a fresh program has them. */
static int spawn(struct demo *d, const char *program, const char *const argv[], int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    char *environment[ENVIRONMENT_MAX];
    make_environment(environment, ENVIRONMENT_MAX);
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawnp(
        &d->pid, program, &files, &attributes, (char *const *)(uintptr_t)argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed)
        d->pid = 0;
    return failed;
}

/* Its first line within the limit: the addresses, or why it does not start. */
static void read_line(int fd, char *line, size_t size)
{
    size_t n = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (n + 1 < size && poll(&ready, 1, START_MS) > 0) {
        ssize_t got = read(fd, line + n, 1);
        if (got <= 0 || line[n] == '\n')
            break;
        n++;
    }
    line[n] = 0;
}

static int read_addresses(struct demo *d, int fd, struct err *e)
{
    char line[LINE_MAX_BYTES];
    read_line(fd, line, sizeof line);
    struct json *j = json_parse(line, strlen(line), NULL);
    if (!j) {
        if (line[0]) /* it says itself what to do */
            return err_set(e, ERR_INPUT, 0, "%s", line);
        err_set(e, ERR_INPUT, 0, "slipway-sim does not start");
        return err_hint(e, "it lies beside slipway after `make`");
    }
    snprintf(d->data, sizeof d->data, "%s", json_str_or(j, "data", ""));
    snprintf(d->api, sizeof d->api, "%s", json_str_or(j, "control", ""));
    snprintf(d->hub, sizeof d->hub, "%s", json_str_or(j, "hub", ""));
    json_free(j);
    return 0;
}

static int make_folder(struct demo *d, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    if (snprintf(d->folder, sizeof d->folder, "%s/slipway-demo-XXXXXX",
            tmp && *tmp ? tmp : "/tmp") < (int)sizeof d->folder &&
        mkdtemp(d->folder))
        return 0;
    err_errno(e, errno, "cannot make the folder %s", d->folder);
    d->folder[0] = 0;
    return err_hint(e, "TMPDIR names another place for it");
}

static void close_end(int fd)
{
    if (fd >= 0)
        close(fd);
}

int demo_start(struct demo *d, const char *scenario, const char *speed, struct err *e)
{
    char program[4096];
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    *d = (struct demo){.input = -1};
    find_sim(program, sizeof program);
    const char *const argv[] = {
        sim_name, "--scenario", scenario, "--speed", speed, "--exit-with-stdin", NULL};
    if (make_folder(d, e))
        return -1;
    int failed = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)
                     ? errno
                     : spawn(d, program, argv, in[0], out[1]);
    close_end(in[0]);
    close_end(out[1]);
    d->input = in[1];
    int result =
        failed ? err_errno(e, failed, "cannot start %s", sim_name) : read_addresses(d, out[0], e);
    close_end(out[0]);
    if (result)
        demo_stop(d);
    return result;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void demo_stop(struct demo *d)
{
    if (d->input >= 0)
        close(d->input);
    d->input = -1;
    for (int waited = 0; d->pid > 0; waited += 20) {
        if (waitpid(d->pid, NULL, WNOHANG) != 0)
            d->pid = 0;
        else if (waited > END_MS)
            kill(d->pid, SIGKILL);
        if (d->pid)
            poll(NULL, 0, 20);
    }
    if (d->folder[0])
        nftw(d->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    d->folder[0] = 0;
}

/* Everything of the person's own is hidden but how the terminal is to look. */
static const char *get(void *arg, const char *name)
{
    struct demo *d = arg;
    const struct {
        const char *name, *value;
    } set[] = {
        {"HOME", d->folder},
        {"XDG_CONFIG_HOME", d->folder},
        {"XDG_STATE_HOME", d->folder},
        {"XDG_CACHE_HOME", d->folder},
        {"RUNPOD_API_KEY", "demo-key-of-the-stand-in"},
        {"RUNPOD_API_BASE_URL", d->api},
        {"RUNPOD_ENDPOINT_BASE_URL", d->data},
        {"HF_TOKEN", "hf_demoTokenOfTheStandIn"},
        {"HF_ENDPOINT", d->hub},
    };
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        if (strcmp(name, set[i].name) == 0)
            return set[i].value;
    return strcmp(name, "NO_COLOR") == 0 ? getenv(name) : NULL;
}

struct config_environment demo_environment(struct demo *d)
{
    return (struct config_environment){.get = get, .arg = d};
}
