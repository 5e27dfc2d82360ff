/* What the dashboard costs, measured from outside, on a terminal that the bench plays:
 *   first frame   exec until the last row stands, against a bare ncurses program on the same terminal
 *   idle          CPU, wake-ups and bytes to the terminal a second, with six endpoints polled
 *   keys          from a key's press to the last byte it caused, and how many, with 10 000 rows in a pane
 *   memory        resident, in both states
 *
 * Usage: dashboard SLIPWAY SLIPWAY_SIM BARE_NCURSES IDLE.json [IDLE SECONDS] */
#include "pty_program.h"

#include "base/json.h"
#include "client/db.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COLUMNS = 120, ROWS = 34, STARTS = 21, KEYS = 400, JOBS = 10000, WARM_UP_S = 25 };

struct bench {
    char *slipway, *sim, *bare, *scenario;
    char folder[64];
    int sim_input;
    pid_t sim_pid;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- first frame --------------------------------------------------------------------------------- */

static double first_frame(char *const argv[])
{
    struct pty_program p;
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, ROWS - 1, NULL, 10))
        fail("no first frame within 10 s");
    double took = p.last_byte_s - p.started_s;
    pty_stop(&p);
    return took;
}

/* Turn about, so that both see the same machine. */
static void bench_first_frame(struct bench *b)
{
    double ours[STARTS], bare[STARTS];
    char *const slipway[] = {b->slipway, NULL}, *const yardstick[] = {b->bare, NULL};
    first_frame(slipway); /* the page cache is warm then */
    first_frame(yardstick);
    for (int i = 0; i < STARTS; i++) {
        ours[i] = first_frame(slipway);
        bare[i] = first_frame(yardstick);
    }
    qsort(ours, STARTS, sizeof *ours, by_value);
    qsort(bare, STARTS, sizeof *bare, by_value);
    printf("first frame                  %7.1f ms   bare ncurses %7.1f ms   ratio of times %.2f\n",
        ours[STARTS / 2] * 1e3, bare[STARTS / 2] * 1e3, ours[STARTS / 2] / bare[STARTS / 2]);
}

/* ---- the stand-in -------------------------------------------------------------------------------- */

static void set_address(const struct json *urls, const char *key, const char *variable)
{
    if (!json_str(urls, key))
        fail("the stand-in does not say its addresses");
    setenv(variable, json_str(urls, key), 1);
}

static void start_sim(struct bench *b)
{
    int in[2], out[2];
    char line[1024];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        fail("no pipe");
    b->sim_pid = fork();
    if (b->sim_pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execl(b->sim, b->sim, "--scenario", b->scenario, "--exit-with-stdin", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    b->sim_input = in[1];
    ssize_t n = read(out[0], line, sizeof line);
    struct json *urls = n > 0 ? json_parse(line, (size_t)n, NULL) : NULL;
    set_address(urls, "data", "RUNPOD_ENDPOINT_BASE_URL");
    set_address(urls, "control", "RUNPOD_API_BASE_URL");
    set_address(urls, "hub", "HF_ENDPOINT");
    setenv("RUNPOD_API_KEY", "bench-key-of-the-stand-in", 1);
    setenv("HF_TOKEN", "hf_benchTokenOfTheStandIn", 1);
    json_free(urls);
    close(out[0]);
}

static void stop_sim(struct bench *b)
{
    close(b->sim_input);
    waitpid(b->sim_pid, NULL, 0);
}

/* ---- what the kernel counts ---------------------------------------------------------------------- */

static double cpu_seconds(pid_t pid)
{
    char path[64], line[1024];
    unsigned long user = 0, sys = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    const char *behind = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (!behind ||
        sscanf(behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) != 2)
        fail("cannot read the CPU time");
    fclose(f);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

/* Of all threads: nanoseconds on a CPU, which the clock ticks of stat are too coarse for, and how often
 * they went to sleep. */
static void thread_sums(pid_t pid, double *cpu_s, double *sleeps)
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

static double resident_mb(pid_t pid)
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

/* ---- idle ---------------------------------------------------------------------------------------- */

static void bench_idle(struct bench *b, const char *what, const char *sign, double seconds)
{
    struct pty_program p;
    char *const argv[] = {b->slipway, NULL};
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, -1, sign, 20))
        fail("the dashboard does not show what it should within 20 s");
    for (double until = pty_now() + WARM_UP_S; pty_now() < until;)
        pty_read(&p, 0.2);
    double cpu, sleeps, cpu_after, sleeps_after, begin = pty_now();
    uint64_t bytes = p.bytes;
    thread_sums(p.pid, &cpu, &sleeps);
    while (pty_now() < begin + seconds)
        pty_read(&p, 0.2);
    double took = pty_now() - begin;
    thread_sums(p.pid, &cpu_after, &sleeps_after);
    printf(
        "idle, %-14s %3.0f s      CPU %.3f %% of a core   wake-ups %.1f/s   to the terminal %.0f B/s"
        "   resident %.1f MB   (since exec: %.2f s of CPU)\n",
        what, took, (cpu_after - cpu) / took * 100, (sleeps_after - sleeps) / took,
        (double)(p.bytes - bytes) / took, resident_mb(p.pid), cpu_seconds(p.pid));
    pty_stop(&p);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static void run_program(char *const argv[])
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
        fail("slipway migrate failed");
}

static void fill_jobs(struct bench *b, const char *url)
{
    char *const migrate[] = {b->slipway, "migrate", NULL};
    run_program(migrate);
    struct err e;
    const struct db_options options = {.url = url};
    struct db *db = db_open(&options, NULL, &e);
    if (!db || db_begin(db, DB_WRITE, NULL, &e))
        fail(e.message);
    for (int i = 0; i < JOBS; i++) {
        char id[40], name[40], step[16];
        snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", i);
        snprintf(name, sizeof name, "job-%05d", i);
        snprintf(step, sizeof step, "%d", i % 2000);
        const char *const values[] = {id, name, i % 3 ? "completed" : "running", step};
        if (db_exec(db,
                "INSERT INTO {table local_training_jobs} (id, model_name, status, current_step, "
                "total_steps, loss, created_at) VALUES ($1, $2, $3, $4, 2000, 0.5, {now})",
                values, 4, NULL, &e))
            fail(e.message);
    }
    if (db_commit(db, &e))
        fail(e.message);
    db_close(db);
}

/* The time to the last byte before a pause, which is what a person sees. */
static void bench_keys(struct bench *b)
{
    /* Each of them changes what is seen; one in twenty sorts all rows anew, from a row that lies away
     * from both ends in every order. */
    static const char *const walk[] = {"j", "j", "k", "\033[B", "\033[6~", "k", "j", "\033[5~", "j",
        "G", "k", "\033[5~", "g", "j", "\033[6~", "j", "G", "\033[5~", "\033[5~", "o"};
    struct pty_program p;
    double took[KEYS];
    uint64_t bytes = 0;
    char *const argv[] = {b->slipway, NULL};
    char url[128];
    snprintf(url, sizeof url, "sqlite:%s/jobs.db", b->folder);
    setenv("SLIPWAY_DATABASE_URL", url, 1);
    fill_jobs(b, url);
    pty_start(&p, argv, COLUMNS, ROWS);
    if (!pty_wait(&p, -1, "job-0", 30))
        fail("the jobs do not appear within 30 s");
    pty_press(&p, "z");
    pty_settle(&p, 0.5, 5);
    for (int i = 0; i < KEYS; i++) {
        uint64_t before = p.bytes;
        double begin = pty_now();
        pty_press(&p, walk[i % (int)(sizeof walk / sizeof *walk)]);
        p.last_byte_s = begin;
        if (!pty_read(&p, 2))
            fail("a key painted nothing");
        while (pty_read(&p, 0.012))
            continue;
        took[i] = p.last_byte_s - begin;
        bytes += p.bytes - before;
    }
    qsort(took, KEYS, sizeof *took, by_value);
    printf(
        "key to paint, %d rows      p50 %.2f ms   p99 %.2f ms   most %.2f ms   %.0f bytes a key   "
        "resident %.1f MB\n",
        JOBS, took[KEYS / 2] * 1e3, took[KEYS * 99 / 100] * 1e3, took[KEYS - 1] * 1e3,
        (double)bytes / KEYS, resident_mb(p.pid));
    pty_stop(&p);
    unsetenv("SLIPWAY_DATABASE_URL");
}

/* ---- all ----------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int main(int argc, char *argv[])
{
    if (argc < 5)
        fail("usage: dashboard SLIPWAY SLIPWAY_SIM BARE_NCURSES IDLE.json [IDLE SECONDS]");
    struct bench b = {.slipway = argv[1], .sim = argv[2], .bare = argv[3], .scenario = argv[4]};
    snprintf(b.folder, sizeof b.folder, "/tmp/slipway-bench-XXXXXX");
    if (!mkdtemp(b.folder))
        fail("no temporary folder");
    setenv("HOME", b.folder, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    static const char *const unset[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "RUNPOD_API_KEY",
        "HF_TOKEN", "SLIPWAY_DATABASE_URL", "LC_ALL", "NO_COLOR", "HF_HOME"};
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    bench_first_frame(&b);
    double seconds = argc > 5 ? strtod(argv[5], NULL) : 60;
    bench_idle(&b, "nothing set up", "RUNPOD_API_KEY", seconds / 3);
    start_sim(&b);
    bench_idle(&b, "6 endpoints", "asleep", seconds);
    bench_keys(&b);
    stop_sim(&b);
    nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
