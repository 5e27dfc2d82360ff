#include "bench_tools.h"

#include "base/json.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEYS_MAX = 1000 };
static const double PAUSE_S = 0.004; /* longer than within a frame, shorter than until the next news */

void bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

int bench_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- a home ---------------------------------------------------------------------------------------- */

void bench_home(char folder[64])
{
    snprintf(folder, 64, "/tmp/slipway-bench-XXXXXX");
    if (!mkdtemp(folder))
        bench_fail("no temporary folder");
    setenv("HOME", folder, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    static const char *const unset[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "RUNPOD_API_KEY",
        "HF_TOKEN", "SLIPWAY_DATABASE_URL", "LC_ALL", "NO_COLOR", "HF_HOME"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void bench_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_run(char *const argv[])
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execv(argv[0], argv);
        _exit(127);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || status)
        bench_fail("a program that prepares the bench failed");
}

/* ---- the stand-in -------------------------------------------------------------------------------- */

static void set_address(const struct json *urls, const char *key, const char *variable)
{
    if (!json_str(urls, key))
        bench_fail("the stand-in does not say its addresses");
    setenv(variable, json_str(urls, key), 1);
}

struct bench_sim bench_start_sim(const char *sim, const char *scenario)
{
    struct bench_sim s;
    int in[2], out[2];
    char line[1024];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        bench_fail("no pipe");
    s.pid = fork();
    if (s.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(sim, sim, "--scenario", scenario, "--exit-with-stdin", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    s.input = in[1];
    ssize_t n = read(out[0], line, sizeof line);
    struct json *urls = n > 0 ? json_parse(line, (size_t)n, NULL) : NULL;
    set_address(urls, "data", "RUNPOD_ENDPOINT_BASE_URL");
    set_address(urls, "control", "RUNPOD_API_BASE_URL");
    set_address(urls, "hub", "HF_ENDPOINT");
    setenv("RUNPOD_API_KEY", "bench-key-of-the-stand-in", 1);
    setenv("HF_TOKEN", "hf_benchTokenOfTheStandIn", 1);
    json_free(urls);
    close(out[0]);
    return s;
}

void bench_stop_sim(const struct bench_sim *s)
{
    close(s->input);
    waitpid(s->pid, NULL, 0);
}

/* ---- what the kernel counts ---------------------------------------------------------------------- */

double bench_cpu_s(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, sys = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    const char *behind = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (!behind ||
        sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
        bench_fail("cannot read the CPU time");
    fclose(f);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

/* The clock ticks of stat are too coarse. */
void bench_threads(pid_t pid, double *cpu_s, double *sleeps)
{
    char path[300], line[256];
    *cpu_s = *sleeps = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    for (struct dirent *t; d && (t = readdir(d));) {
        unsigned long long ns = 0;
        unsigned long n = 0;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, t->d_name);
        FILE *f = t->d_name[0] != '.' ? fopen(path, "r") : NULL;
        if (f && fgets(line, sizeof line, f) && sscanf(line, "%llu", &ns) == 1)
            *cpu_s += (double)ns / 1e9;
        if (f)
            fclose(f);
        snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)pid, t->d_name);
        f = t->d_name[0] != '.' ? fopen(path, "r") : NULL;
        while (f && fgets(line, sizeof line, f))
            if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1)
                *sleeps += (double)n;
        if (f)
            fclose(f);
    }
    if (d)
        closedir(d);
}

double bench_resident_mb(pid_t pid)
{
    char path[64], line[256];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %lf", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb / 1024;
}

/* ---- at rest ------------------------------------------------------------------------------------- */

void bench_rest(struct pty_program *p, const char *what, double seconds)
{
    double cpu, sleeps, cpu_after, sleeps_after, begin = pty_now();
    uint64_t bytes = p->bytes;
    bench_threads(p->pid, &cpu, &sleeps);
    while (pty_now() < begin + seconds)
        pty_read(p, 0.2);
    double took = pty_now() - begin;
    bench_threads(p->pid, &cpu_after, &sleeps_after);
    printf(
        "%-20s %3.0f s      CPU %.3f %% of a core   wake-ups %.1f/s   to the terminal %.0f B/s"
        "   resident %.1f MB   (since exec: %.2f s of CPU)\n",
        what, took, (cpu_after - cpu) / took * 100, (sleeps_after - sleeps) / took,
        (double)(p->bytes - bytes) / took, bench_resident_mb(p->pid), bench_cpu_s(p->pid));
}

/* ---- keys ---------------------------------------------------------------------------------------- */

void bench_keys(
    struct pty_program *p, const char *what, const char *const *walk, size_t walk_length, int count)
{
    double took[KEYS_MAX];
    uint64_t bytes = 0;
    for (int i = 0; i < count && i < KEYS_MAX; i++) {
        uint64_t before = p->bytes;
        double begin = pty_now();
        pty_press(p, walk[(size_t)i % walk_length]);
        if (!pty_read(p, 2))
            bench_fail("a key painted nothing");
        while (pty_read(p, PAUSE_S))
            continue;
        took[i] = p->last_byte_s - begin;
        bytes += p->bytes - before;
    }
    qsort(took, (size_t)count, sizeof *took, bench_by_value);
    printf("%-28s p50 %.2f ms   p99 %.2f ms   most %.2f ms   %.0f bytes a key   resident %.1f MB\n",
        what, took[count / 2] * 1e3, took[count * 99 / 100] * 1e3, took[count - 1] * 1e3,
        (double)bytes / count, bench_resident_mb(p->pid));
}
