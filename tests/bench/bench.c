/* What the foundations cost, each as a ratio to something ordinary that does a like job in the same
 * run on the same machine:
 *   text_clean   against mbstowcs (glibc's own UTF-8 decoder) on the same bytes
 *   inbox        a message from another thread, against a pipe write and read of 8 bytes
 *   http         small GETs (of a route without a quota) through the engine, against the curl program making the same ones
 *
 * Usage: SLIPWAY_SIM=build/slipway-sim bench. Each figure is the median of ROUNDS rounds. */
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "client/http.h"
#include "core/inbox.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7, TEXT_BYTES = 4 * 1024 * 1024, MESSAGES = 200000, GETS = 2000 };

extern char **environ;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median time of a piece of work. */
static double median(void (*work)(void *), void *arg)
{
    double took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        work(arg);
        took[i] = seconds() - begin;
    }
    qsort(took, ROUNDS, sizeof *took, by_value);
    return took[ROUNDS / 2];
}

static void report(
    const char *what, double ours, const char *other, double theirs, double units, const char *unit)
{
    printf("%-28s %10.1f %s   %-26s %10.1f %s   ratio of times %.2f\n", what, units / ours, unit,
        other, units / theirs, unit, ours / theirs);
}

/* ---- text -------------------------------------------------------------------------------------- */

struct text_job {
    char *bytes;
    size_t n;
    struct buf out;
    wchar_t *wide;
};

static const char *const log_lines[] = {
    "INFO 11-23 06:05:12 [loader.py:458] Loading weights took 12.31 seconds\n",
    "\033[1;36m(APIServer pid=1)\033[0;0m INFO: Started server process [1]\n",
    "{\"requestId\": \"3f0c-u1\", \"message\": \"Finished.\", \"level\": \"INFO\"}\n",
    "Loading safetensors checkpoint shards:  50% |█████     | 2/4 [00:06<00:06]\n",
};

static void clean_all(void *arg)
{
    struct text_job *j = arg;
    buf_clear(&j->out);
    text_clean(&j->out, j->bytes, j->n, TEXT_BLOCK);
}

static void decode_all(void *arg)
{
    struct text_job *j = arg;
    if (mbstowcs(j->wide, j->bytes, j->n) == (size_t)-1)
        fprintf(stderr, "bench: mbstowcs refuses the sample\n");
}

static int bench_text(void)
{
    struct text_job j = {
        .bytes = malloc(TEXT_BYTES + 256), .wide = malloc((TEXT_BYTES + 256) * sizeof(wchar_t))};
    if (!j.bytes || !j.wide || !setlocale(LC_CTYPE, "C.UTF-8")) {
        free(j.bytes);
        free(j.wide);
        return -1;
    }
    buf_init(&j.out, 8 * TEXT_BYTES);
    for (size_t i = 0; j.n < TEXT_BYTES; i++) {
        size_t n = strlen(log_lines[i % 4]);
        memcpy(j.bytes + j.n, log_lines[i % 4], n + 1);
        j.n += n;
    }
    double mib = (double)j.n / (1024 * 1024);
    report("text_clean, log lines", median(clean_all, &j), "mbstowcs", median(decode_all, &j), mib,
        "MiB/s");
    buf_release(&j.out);
    free(j.bytes);
    free(j.wide);
    return 0;
}

/* ---- inbox ------------------------------------------------------------------------------------- */

static void *send_messages(void *arg)
{
    for (int i = 0; i < MESSAGES; i++) {
        struct message *m;
        while (inbox_reserve(arg))
            sched_yield();
        if ((m = message_new(MESSAGE_RESULT, i, NULL, 256)))
            inbox_send(arg, m);
    }
    return NULL;
}

static void inbox_round(void *arg)
{
    struct inbox *in = arg;
    pthread_t sender;
    if (pthread_create(&sender, NULL, send_messages, in))
        return;
    for (int got = 0; got < MESSAGES;) {
        struct pollfd ready = {.fd = inbox_fd(in), .events = POLLIN};
        poll(&ready, 1, 1000);
        for (struct message *m = inbox_receive(in, NULL), *next; m; m = next, got++) {
            next = m->next;
            message_free(m);
        }
    }
    pthread_join(sender, NULL);
}

static void *write_words(void *arg)
{
    const int *fds = arg;
    for (int64_t i = 0; i < MESSAGES; i++)
        if (write(fds[1], &i, sizeof i) != sizeof i)
            return NULL;
    return NULL;
}

static void pipe_round(void *arg)
{
    int *fds = arg;
    pthread_t sender;
    if (pthread_create(&sender, NULL, write_words, fds))
        return;
    int64_t word;
    for (int got = 0; got < MESSAGES; got++)
        if (read(fds[0], &word, sizeof word) != sizeof word)
            break;
    pthread_join(sender, NULL);
}

static int bench_inbox(void)
{
    struct inbox *in = inbox_new(&(struct inbox_limits){64, 64, 1 << 20, 256});
    int fds[2];
    if (!in || pipe(fds))
        return -1;
    report("inbox, thread to thread", median(inbox_round, in), "pipe, 8 bytes",
        median(pipe_round, fds), MESSAGES / 1000.0, "k/s  ");
    inbox_free(in);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

/* ---- http -------------------------------------------------------------------------------------- */

struct http_job {
    struct http *http;
    char url[160], list[32];
};

static void engine_gets(void *arg)
{
    struct http_job *j = arg;
    static struct http_request requests[GETS];
    static struct http_response responses[GETS];
    static struct err errors[GETS];
    for (size_t i = 0; i < GETS; i++) {
        requests[i] = (struct http_request){
            .method = HTTP_GET, .url = j->url, .deadline_ms = 60000, .answer_max = 1 << 20};
        http_response_init(&responses[i]);
    }
    size_t failed = http_batch(j->http, requests, responses, errors, GETS, 8, NULL);
    for (size_t i = 0; i < GETS; i++) {
        failed += responses[i].status != 200;
        http_response_release(&responses[i]);
    }
    if (failed)
        fprintf(stderr, "bench: %zu of %d requests failed\n", failed, GETS);
}

static int run(char *const argv[], int *output, pid_t *pid)
{
    int out[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output) {
        if (pipe2(out, O_CLOEXEC))
            return -1;
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    int failed = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (output) {
        close(out[1]);
        *output = out[0];
    }
    return failed ? -1 : 0;
}

static void curl_gets(void *arg)
{
    struct http_job *j = arg;
    pid_t pid;
    char *argv[] = {"curl", "-s", "--no-progress-meter", "--parallel", "--parallel-max", "8", "-K",
        j->list, NULL};
    if (run(argv, NULL, &pid))
        return;
    int status;
    waitpid(pid, &status, 0);
    if (status)
        fprintf(stderr, "bench: curl failed\n");
}

/* A curl configuration with the URL GETS times; deleted by the caller. */
static int write_list(struct http_job *j)
{
    snprintf(j->list, sizeof j->list, "/tmp/slipway-bench-XXXXXX");
    int fd = mkstemp(j->list);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return -1;
    for (int i = 0; i < GETS; i++)
        fprintf(f, "url=%s\noutput=/dev/null\n", j->url);
    return fclose(f);
}

static int bench_http(char *sim)
{
    pid_t pid;
    int output;
    char line[512];
    struct http_job j = {0};
    if (run((char *[]){sim, "--speed", "0", NULL}, &output, &pid))
        return -1;
    FILE *f = fdopen(output, "r");
    struct json *urls =
        f && fgets(line, sizeof line, f) ? json_parse(line, strlen(line), NULL) : NULL;
    j.http = http_new(&(struct http_options){.user_agent = "slipway-bench"}, NULL);
    int result = -1;
    if (urls && j.http) {
        snprintf(j.url, sizeof j.url, "%s/_sim/faults", json_str_or(urls, "hub", ""));
        if (write_list(&j) == 0) {
            report("http, 8 at once", median(engine_gets, &j), "curl --parallel-max 8",
                median(curl_gets, &j), GETS, "req/s");
            result = 0;
        }
        unlink(j.list);
    }
    http_free(j.http);
    json_free(urls);
    if (f)
        fclose(f);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return result;
}

int main(void)
{
    char *sim = getenv("SLIPWAY_SIM");
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (bench_text() || bench_inbox() || !sim || bench_http(sim)) {
        fprintf(stderr, "bench: could not be run to its end\n");
        return 1;
    }
    return 0;
}
